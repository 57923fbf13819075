//! The key `when`: a list of tests that must all hold (PRC-3, EVA-3).

use super::book::{Book, Kind};
use crate::domain::definition::{Condition, ConditionField, Test};
use crate::domain::ids::check_slug;
use crate::settings::nearest;
use crate::settings::toml_reader::{LIST_MAX, Located, Table};

/// Reads the condition of a table; without the key it always holds. None if it has problems, which are reported.
pub fn read(table: &Table<'_>, book: &mut Book<'_>) -> Option<Condition> {
    let count = table.count("when");
    if count > LIST_MAX {
        table.sink().report(&table.place_of("when"), format!("has {count} tests, at most {LIST_MAX} are allowed"));
    }
    let readable = !table.has("when") || count > 0;
    let tests: Vec<_> = table.tables("when", LIST_MAX).into_iter().map(|test| read_test(&test, book)).collect();
    if table.has("when") && tests.is_empty() {
        // An empty list is told apart from something that is no list, which `tables` has reported.
        return if readable { None } else { Some(Condition::default()) };
    }
    Some(Condition { all: tests.into_iter().collect::<Option<_>>()? })
}

fn read_test(table: &Table<'_>, book: &mut Book<'_>) -> Option<Test> {
    let names = || ConditionField::ALL.iter().map(|(name, _)| *name);
    let found = table.required("field", "for example { field = \"priority\", in = [\"urgent\"] }");
    let field = found.and_then(|found| {
        let field = ConditionField::ALL.iter().find(|(name, _)| *name == found.value).map(|(_, field)| *field);
        if field.is_none() {
            table.sink().put(&found.place, format!("there is no field {:?} to test", found.value), nearest::hint(found.value, names()));
        }
        field
    });
    let (inside, outside) = (table.texts("in"), table.texts("not_in"));
    let given = match (table.has("in"), table.has("not_in")) {
        (true, false) => inside.map(|values| (false, values)),
        (false, true) => outside.map(|values| (true, values)),
        (true, true) => {
            table.sink().report_with(&table.place, "has both in and not_in", "write two tests, both of which must hold");
            None
        }
        (false, false) => {
            table.missing("in", "for example { field = \"priority\", in = [\"urgent\"] }, or not_in");
            None
        }
    };
    table.finish();
    let (not, values) = given?;
    if values.value.is_empty() {
        table.sink().report_with(&values.place, "the list of values is empty", "name at least one value, or leave the test out");
    }
    let field = field?;
    let checked: Vec<_> = values.value.iter().map(|value| check_value(field, value, book)).collect();
    Some(Test { field, not, values: checked.into_iter().collect::<Option<_>>()? })
}

fn check_value(field: ConditionField, found: &Located<&str>, book: &mut Book<'_>) -> Option<Box<str>> {
    let name = ConditionField::ALL.iter().find(|(_, f)| *f == field).map_or("field", |(name, _)| name);
    if let Some(closed) = field.closed_values() {
        if !closed.contains(&found.value) {
            let hint = nearest::hint(found.value, closed.iter().copied());
            book.sink.put(&found.place, format!("{:?} is not a {name}", found.value), hint);
            return None;
        }
    } else if field == ConditionField::RecordType {
        book.refer(Kind::RecordType, found.value, &found.place)?;
    } else if let Err(problem) = check_slug(found.value) {
        book.sink.report(&found.place, format!("the name of the {name} {problem}"));
        return None;
    }
    Some(found.value.into())
}
