//! `[[form]]`: what is asked, field by field (REC-3).
//!
//! Every field that is taken can be filled in: its limits leave room, its pattern runs, its default obeys its own rules. One name is
//! one field wherever it stands: a condition, a message or a list may name it without saying the form.

use super::book::{Book, Kind as Definition, name_of};
use super::field_kind::{self, KIND_KEYS};
use crate::domain::definition::message::VARIABLES;
use crate::domain::definition::test::Subject;
use crate::domain::form::definition::{COLUMNS_MAX, FIELDS_MAX, ROWS_MAX};
use crate::domain::form::{DetailTable, Field, Form, SingleField};
use crate::domain::ids::Name;
use crate::settings::toml_reader::Table;
use std::collections::BTreeMap;

/// Longest help text, in characters as a person counts them.
const HELP_MAX: usize = 400;

/// Reads one; none if it has problems, which are reported.
pub fn read(table: Table<'_>, book: &mut Book<'_>) -> Option<Form> {
    let (name, table) = book.define(Definition::Form, table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    let count = table.count("field");
    if count == 0 && !table.has("field") {
        table.sink().report_with(&table.place, "the form asks nothing", "add at least one table [[form.field]]");
    }
    if count > FIELDS_MAX {
        table.sink().report(&table.place_of("field"), format!("has {count} fields, at most {FIELDS_MAX} are allowed"));
    }
    let mut fields = Vec::new();
    let mut names = BTreeMap::new();
    for table in table.tables("field", FIELDS_MAX) {
        let place = table.place_of("name");
        let field = read_field(&table);
        if let Some(field) = &field {
            once(&table, field.name(), "fields of the form", &mut names);
            book.field_defined(field, name.as_ref(), &place);
        } else if let Some(name) = table.peek_text("name") {
            // It has problems of its own; whoever names it is not to blame.
            book.field_unread(name);
        }
        fields.push(field);
    }
    table.finish();
    Some(Form { name: name?, title: title?, fields: fields.into_iter().collect::<Option<_>>()? })
}

fn once(table: &Table<'_>, name: &Name, what: &str, names: &mut BTreeMap<Name, u32>) {
    let place = table.place_of("name");
    if let Some(first) = names.insert(name.clone(), place.line) {
        table.sink().report_with(&place, format!("two {what} are called {name}"), format!("the first is in line {first}"));
    }
}

fn read_field(table: &Table<'_>) -> Option<Field> {
    if table.peek_text("kind") != Some("table") {
        let single = read_single(table);
        if let Some(single) = &single {
            not_reserved(table, &single.name)?;
        }
        return single.map(Field::Single);
    }
    table.known("kind");
    let name = name_of(table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    let help = help(table);
    let required = table.flag("required", false);
    let min = field_kind::count(table, "min", ROWS_MAX.into(), if required { 1 } else { 0 });
    let max = field_kind::count(table, "max", ROWS_MAX.into(), 100.max(min.unwrap_or(0)));
    field_kind::in_order(table, min, max);
    for (key, _) in KIND_KEYS.iter().filter(|(key, _)| !["min", "max", "column"].contains(key)) {
        table.misplaced(key, "a field of the kind table has no such key", "it belongs to a column of the table");
    }
    let count = table.count("column");
    if count == 0 {
        table.sink().report_with(&table.place, "the table has no columns", "add at least one table [[form.field.column]]");
    }
    if count > COLUMNS_MAX {
        table.sink().report(&table.place_of("column"), format!("has {count} columns, at most {COLUMNS_MAX} are allowed"));
    }
    let mut columns = Vec::new();
    let mut names = BTreeMap::new();
    for column in table.tables("column", COLUMNS_MAX) {
        let read = if column.peek_text("kind") == Some("table") {
            column.sink().report_with(&column.place_of("kind"), "a table within a table is not possible", "make it a field of its own");
            None
        } else {
            read_single(&column)
        };
        if let Some(read) = &read {
            once(&column, &read.name, "columns of the table", &mut names);
        }
        columns.push(read);
    }
    table.finish();
    let name = name?;
    not_reserved(table, &name)?;
    let columns: Vec<_> = columns.into_iter().collect::<Option<_>>()?;
    let narrow = |n: Option<u32>| n.and_then(|n| u16::try_from(n).ok());
    (!columns.is_empty()).then_some(())?;
    Some(Field::Table(DetailTable { name, title: title?, help: help?, required, columns, min: narrow(min)?, max: narrow(max)? }))
}

/// Names that mean something else where conditions and messages name fields.
fn not_reserved(table: &Table<'_>, name: &Name) -> Option<()> {
    let own = Subject::OWN.iter().map(|(own, _)| *own).chain(VARIABLES);
    if own.into_iter().any(|own| own == name.as_str()) {
        let problem = format!("{name} is a field that every Work Order has already");
        table.sink().report_with(&table.place_of("name"), problem, "choose another name");
        return None;
    }
    Some(())
}

fn help(table: &Table<'_>) -> Option<Option<crate::domain::label::Label>> {
    if !table.has("help") {
        table.known("help");
        return Some(None);
    }
    table.words("help", HELP_MAX).map(Some)
}

fn read_single(table: &Table<'_>) -> Option<SingleField> {
    let name = name_of(table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    let help = help(table);
    let required = table.flag("required", false);
    let kind = field_kind::read(table);
    let default = match &kind {
        Some(kind) => field_kind::default(table, kind),
        None => {
            table.known("default");
            None
        }
    };
    table.finish();
    Some(SingleField { name: name?, title: title?, help: help?, required, default: default?, kind: kind? })
}
