//! The key `when`: tests, joined by all, any and not (PRC-3, EVA-3).
//!
//! Every test that is taken can come true: the field is there, it is of a kind that can be asked this, and the values are of it.

use super::book::{Book, Kind};
use super::operand::Operand;
use crate::domain::definition::condition::{Condition, DEPTH_MAX, SIZE_MAX};
use crate::domain::definition::test::{Check, Constant, Subject, Test};
use crate::domain::form::Given;
use crate::domain::ids::Name;
use crate::domain::nearest;
use crate::settings::toml_reader::{LIST_MAX, Located, Table};

/// What can be asked of a field, one of these in each test.
const CHECKS: [&str; 10] = ["in", "not_in", "equals", "contains", "less", "at_most", "more", "at_least", "between", "empty"];

const EXAMPLE: &str = "for example { field = \"priority\", in = [\"urgent\"] }";

/// Reads the condition of a table; without the key it always holds. None if it has problems, which are reported.
pub fn read(table: &Table<'_>, book: &mut Book<'_>) -> Option<Condition> {
    let condition = if !table.has("when") {
        table.known("when");
        Condition::default()
    } else if table.is_table("when") {
        one(&table.table("when")?, book, 1)?
    } else if table.is_list("when") && table.count("when") == 0 {
        table.known("when");
        Condition::default()
    } else {
        list(table, "when", book, 1).map(Condition::all)?
    };
    if condition.size() > SIZE_MAX {
        let problem = format!("has {} tests and joins, at most {SIZE_MAX} are allowed", condition.size());
        table.sink().report(&table.place_of("when"), problem);
        return None;
    }
    Some(condition)
}

/// The conditions under a key that holds a list of them.
fn list(table: &Table<'_>, key: &'static str, book: &mut Book<'_>, depth: usize) -> Option<Vec<Condition>> {
    let count = table.count(key);
    if count > LIST_MAX {
        table.sink().report(&table.place_of(key), format!("has {count} tests, at most {LIST_MAX} are allowed"));
    }
    if count == 0 && table.is_list(key) {
        table.sink().report_with(&table.place_of(key), "the list of tests is empty", "name at least one test, or leave it out");
    }
    let parts: Vec<_> = table.tables(key, LIST_MAX).into_iter().map(|part| one(&part, book, depth)).collect();
    if parts.is_empty() { None } else { parts.into_iter().collect() }
}

/// A test, or what all, any or not join.
fn one(table: &Table<'_>, book: &mut Book<'_>, depth: usize) -> Option<Condition> {
    if depth > DEPTH_MAX {
        let problem = format!("conditions are nested more than {DEPTH_MAX} deep");
        table.sink().report_with(&table.place, problem, "say it with fewer brackets");
        return None;
    }
    let joins: Vec<_> = ["all", "any", "not"].into_iter().filter(|key| table.has(key)).collect();
    let condition = match joins.as_slice() {
        [] => return test(table, book).map(Condition::test),
        ["all"] => list(table, "all", book, depth + 1).map(Condition::all),
        ["any"] => list(table, "any", book, depth + 1).map(Condition::any),
        ["not"] if table.is_table("not") => table.table("not").and_then(|inner| one(&inner, book, depth + 1)).map(Condition::not),
        ["not"] => list(table, "not", book, depth + 1).map(|parts| Condition::all(parts).not()),
        several => {
            several.iter().for_each(|key| table.known(key));
            let problem = format!("has {} side by side", several.join(" and "));
            table.sink().report_with(&table.place, problem, "nest them: { all = [{ any = [...] }, { not = {...} }] }");
            None
        }
    };
    for key in CHECKS.into_iter().chain(["field"]) {
        table.misplaced(key, "does not stand beside all, any or not", "make it a test of its own within the list");
    }
    table.finish();
    condition
}

fn test(table: &Table<'_>, book: &mut Book<'_>) -> Option<Test> {
    let found = table.required("field", EXAMPLE);
    let operand = found.as_ref().and_then(|found| operand(table, found, book));
    if let (Some((Subject::Field(field), _)), Some(found)) = (&operand, &found) {
        book.asked.uses(field, &found.place);
    }
    let asked: Vec<_> = CHECKS.into_iter().filter(|key| table.has(key)).collect();
    let check = match asked.as_slice() {
        [] => {
            table.missing("in", &format!("{EXAMPLE}, or {}", CHECKS[1..].join(", ")));
            None
        }
        [key] => match &operand {
            Some((_, operand)) => check(table, key, operand, book),
            None => None,
        },
        [first, second, ..] => {
            table.sink().report_with(&table.place, format!("has both {first} and {second}"), "write two tests, both of which must hold");
            None
        }
    };
    CHECKS.iter().for_each(|key| table.known(key));
    table.finish();
    Some(Test { subject: operand?.0, check: check? })
}

fn operand(table: &Table<'_>, found: &Located<&str>, book: &Book<'_>) -> Option<(Subject, Operand)> {
    if let Some((_, subject)) = Subject::OWN.into_iter().find(|(name, _)| *name == found.value) {
        return Some((subject.clone(), Operand::Own(subject)));
    }
    if let Some((name, field)) = Name::new(found.value).ok().and_then(|name| Some((name.clone(), book.field(&name)?))) {
        return Some((Subject::Field(name), Operand::Field(field)));
    }
    if !book.may_be_unread(found.value) {
        let known = Subject::OWN.iter().map(|(name, _)| *name).chain(book.fields().map(Name::as_str));
        table.sink().put(&found.place, format!("there is no field {:?} to test", found.value), nearest::hint(found.value, known));
    }
    None
}

fn check(table: &Table<'_>, key: &'static str, operand: &Operand, book: &mut Book<'_>) -> Option<Check> {
    if let Err((problem, hint)) = operand.allows(key) {
        table.sink().report_with(&table.place_of(key), problem, hint);
        return None;
    }
    match key {
        "in" | "not_in" => {
            let values = table.givens(key)?;
            if values.value.is_empty() {
                table.sink().report_with(&values.place, "the list of values is empty", "name at least one value, or leave the test out");
                return None;
            }
            let checked: Vec<_> = values.value.iter().map(|value| constant(table, value, operand, book)).collect();
            let values = checked.into_iter().collect::<Option<_>>()?;
            Some(if key == "in" { Check::OneOf(values) } else { Check::NoneOf(values) })
        }
        "between" => {
            let values = table.givens(key)?;
            let [low, high] = values.value.as_slice() else {
                table.sink().report_with(&values.place, "needs two values", "for example between = [1, 10]");
                return None;
            };
            let (low, high) = (constant(table, low, operand, book)?, constant(table, high, operand, book)?);
            if low.compare(&high).is_none_or(std::cmp::Ordering::is_gt) {
                table.sink().report_with(&values.place, format!("nothing is between {low} and {high}"), "write the smaller one first");
                return None;
            }
            Some(Check::Between(low, high))
        }
        "empty" => match table.given(key)?.value {
            Given::Flag(true) => Some(Check::Empty),
            Given::Flag(false) => Some(Check::NotEmpty),
            other => {
                table.sink().report(&table.place_of(key), format!("expected true or false without quotes, found {}", other.words()));
                None
            }
        },
        "contains" => {
            let value = constant(table, &table.given(key)?, operand, book)?;
            match value {
                Constant::Word(word) => Some(Check::Contains(word)),
                other => {
                    table.sink().report(&table.place_of(key), format!("expected a text, found {other}"));
                    None
                }
            }
        }
        _ => {
            let value = constant(table, &table.given(key)?, operand, book)?;
            Some(match key {
                "less" => Check::Less(value),
                "at_most" => Check::AtMost(value),
                "more" => Check::More(value),
                "at_least" => Check::AtLeast(value),
                _ => Check::OneOf(vec![value]),
            })
        }
    }
}

/// A value that the field can have; else it is reported.
fn constant(table: &Table<'_>, found: &Located<Given>, operand: &Operand, book: &mut Book<'_>) -> Option<Constant> {
    match operand.constant(&found.value) {
        Ok(constant) => {
            if let (Operand::Own(Subject::RecordType), Constant::Word(name)) = (operand, &constant) {
                book.refer(Kind::RecordType, name, &found.place)?;
            }
            Some(constant)
        }
        Err((problem, hint)) => {
            table.sink().put(&found.place, problem, hint);
            None
        }
    }
}
