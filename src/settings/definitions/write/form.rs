//! `[[form]]` with its fields, and the keys of each kind of field.

use super::sheet::{Sheet, list, named, quoted};
use crate::domain::form::date::show_time;
use crate::domain::form::{Cell, Choice, DetailTable, Field, Form, Kind, Pattern, SingleField};
use crate::domain::ids::Name;
use crate::domain::label::Label;

/// Writes one.
pub fn write(form: &Form, sheet: &mut Sheet) {
    let Form { name, title, fields } = form;
    sheet.table("form");
    sheet.text("name", name.as_str());
    sheet.title(title, name.as_str());
    for field in fields {
        sheet.table("form.field");
        match field {
            Field::Single(single) => write_single(single, sheet),
            Field::Table(table) => write_table(table, sheet),
        }
    }
}

fn head(name: &Name, title: &Label, help: Option<&Label>, kind: &str, required: bool, sheet: &mut Sheet) {
    sheet.text("name", name.as_str());
    sheet.title(title, name.as_str());
    if let Some(help) = help {
        sheet.label("help", help);
    }
    sheet.text("kind", kind);
    sheet.flag("required", required, false);
}

fn write_single(field: &SingleField, sheet: &mut Sheet) {
    let SingleField { name, title, help, required, default, kind } = field;
    head(name, title, help.as_ref(), kind.name(), *required, sheet);
    write_kind(kind, sheet);
    if let Some(value) = default.as_ref().and_then(cell) {
        sheet.raw("default", &value);
    }
}

fn write_table(table: &DetailTable, sheet: &mut Sheet) {
    let DetailTable { name, title, help, required, columns, min, max } = table;
    head(name, title, help.as_ref(), "table", *required, sheet);
    sheet.number("min", u32::from(*min), u32::from(*required));
    sheet.number("max", u32::from(*max), u32::from(*min).max(100));
    for column in columns {
        sheet.table("form.field.column");
        write_single(column, sheet);
    }
}

fn write_kind(kind: &Kind, sheet: &mut Sheet) {
    match kind {
        Kind::Text { min, max, pattern } => text(*min, *max, 200, pattern.as_ref(), sheet),
        Kind::LongText { min, max, pattern } => text(*min, *max, 4_000, pattern.as_ref(), sheet),
        Kind::Address { min, max } => text(*min, *max, 400, None, sheet),
        Kind::Number { min, max, decimals } => {
            limits(min.map(|n| n.to_string()), max.map(|n| n.to_string()), sheet);
            if let Some(decimals) = decimals {
                sheet.raw("decimals", &decimals.to_string());
            }
        }
        Kind::Money { currency, min, max } => {
            sheet.text("currency", currency.code());
            limits(min.map(|n| n.to_string()), max.map(|n| n.to_string()), sheet);
        }
        Kind::Date { min, max } => limits(min.map(|d| quoted(&d.to_string())), max.map(|d| quoted(&d.to_string())), sheet),
        Kind::Time { min, max } => limits(min.map(|t| quoted(&show_time(t))), max.map(|t| quoted(&show_time(t))), sheet),
        Kind::Choice { choices } => write_choices(choices, sheet),
        Kind::Choices { choices, min, max } => {
            write_choices(choices, sheet);
            sheet.number("min", u32::from(*min), 0);
            sheet.number("max", u32::from(*max), choices.len() as u32);
        }
        Kind::Phone { pattern } | Kind::Email { pattern } => sheet.some("pattern", pattern.as_ref().map(Pattern::source)),
        Kind::Reference(target) => sheet.text("to", target.name()),
        Kind::Attachment { min, max, media_types } => {
            sheet.number("min", u32::from(*min), 0);
            sheet.number("max", u32::from(*max), u32::from(*min).max(10));
            if !media_types.is_empty() {
                sheet.texts("media_types", media_types);
            }
        }
        Kind::YesNo | Kind::Location | Kind::Signature | Kind::Stars { .. } => {}
    }
}

fn text(min: u32, max: u32, usual: u32, pattern: Option<&Pattern>, sheet: &mut Sheet) {
    sheet.number("min", min, 0);
    sheet.number("max", max, usual.max(min));
    sheet.some("pattern", pattern.map(Pattern::source));
}

fn limits(min: Option<String>, max: Option<String>, sheet: &mut Sheet) {
    for (key, limit) in [("min", min), ("max", max)] {
        if let Some(limit) = limit {
            sheet.raw(key, &limit);
        }
    }
}

fn write_choices(choices: &[Choice], sheet: &mut Sheet) {
    let choice = |Choice { name, title }: &Choice| named(name.as_str(), title);
    sheet.list("choices", &choices.iter().map(choice).collect::<Vec<_>>());
}

/// A default; what has none by its kind has none here.
fn cell(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) | Cell::Location(text) => text.0.as_deref().map(quoted),
        Cell::Number(number) => Some(number.to_string()),
        Cell::Money { amount, currency: _ } => Some(amount.to_string()),
        Cell::Date(date) => Some(quoted(&date.to_string())),
        Cell::Time(time) => Some(quoted(&show_time(*time))),
        Cell::Choice(name) => Some(quoted(name.as_str())),
        Cell::Choices(names) => Some(list(&names.iter().map(|name| quoted(name.as_str())).collect::<Vec<_>>())),
        Cell::Flag(flag) => Some(flag.to_string()),
        Cell::Stars { value, scale: _ } => Some(value.to_string()),
        Cell::Reference(_) | Cell::Files(_) => None,
    }
}
