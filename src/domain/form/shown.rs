//! Values as people read them, in their language.

use super::definition::{Field, SingleField};
use super::kind::Kind;
use super::value::{Cell, Reference, Value};
use crate::domain::directory::Directory;
use crate::domain::form::date::show_time;
use crate::domain::ids::Name;

/// A value in words. Without a field (its form has gone) it is told by names.
pub fn value(value: &Value, field: Option<&Field>, language: &str, directory: &Directory) -> String {
    match (value, field) {
        (Value::One(one), Some(Field::Single(field))) => cell(one, Some(&field.kind), language, directory),
        (Value::One(one), Some(Field::Table(_)) | None) => cell(one, None, language, directory),
        (Value::Table(rows), field) => {
            let columns: &[SingleField] = match field {
                Some(Field::Table(table)) => &table.columns,
                Some(Field::Single(_)) | None => &[],
            };
            let row = |row: &super::Row| {
                let named = |(name, one): (&Name, &Cell)| {
                    let column = columns.iter().find(|c| c.name == *name);
                    let title = column.map_or(name.as_str(), |c| c.title.text(language));
                    format!("{title}: {}", cell(one, column.map(|c| &c.kind), language, directory))
                };
                row.iter().map(named).collect::<Vec<_>>().join(", ")
            };
            rows.iter().map(row).collect::<Vec<_>>().join("\n")
        }
    }
}

/// A cell in words.
pub fn cell(cell: &Cell, kind: Option<&Kind>, language: &str, directory: &Directory) -> String {
    let title = |name: &Name| {
        let choice = kind.and_then(|kind| kind.choices().iter().find(|choice| choice.name == *name));
        choice.map_or_else(|| name.to_string(), |choice| choice.title.text(language).to_owned())
    };
    match cell {
        Cell::Text(text) | Cell::Location(text) => text.shown().to_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Money { amount, currency } => format!("{amount} {currency}"),
        Cell::Date(date) => date.to_string(),
        Cell::Time(time) => show_time(*time),
        Cell::Choice(name) => title(name),
        Cell::Choices(names) => names.iter().map(title).collect::<Vec<_>>().join(", "),
        Cell::Flag(flag) => yes_no(*flag, language).to_owned(),
        Cell::Reference(reference) => entry(reference, directory),
        Cell::Files(files) => {
            files.iter().map(|file| format!("{} ({} bytes)", file.name.shown(), file.size)).collect::<Vec<_>>().join(", ")
        }
        Cell::Stars { value, scale } => {
            let (value, scale) = (usize::from(*value).min(10), usize::from(*scale).min(10));
            format!("{}{} {value}/{scale}", "★".repeat(value), "☆".repeat(scale.saturating_sub(value)))
        }
    }
}

fn yes_no(flag: bool, language: &str) -> &'static str {
    match (language.starts_with("zh"), flag) {
        (true, true) => "是",
        (true, false) => "否",
        (false, true) => "yes",
        (false, false) => "no",
    }
}

fn entry(reference: &Reference, directory: &Directory) -> String {
    let name = match reference {
        Reference::Account(id) => directory.account(id).map(|a| a.name.shown()),
        Reference::Contact(id) => directory.contact(id).map(|c| c.name.shown()),
        Reference::StaffUser(id) => directory.staff_user(id).map(|u| u.name.shown()),
        Reference::Terminal(id) => directory.terminal(id).map(|t| t.name.shown()),
        Reference::Product(id) => directory.product(id).map(|p| &*p.name),
    };
    match name {
        Some(name) => format!("{name} ({})", reference.id()),
        None => reference.id().to_owned(),
    }
}
