//! What Work Orders are found by in a field of a form (OPS-3): each value is one text, the same in whatever way it was typed.

use super::date::{Date, parse_time, show_time};
use super::kind::Kind;
use super::value::{Cell, Fields, Value};
use crate::domain::decimal::Decimal;
use crate::domain::ids::Name;

/// Longest text, in characters, that is found by as a whole.
pub const SOUGHT_MAX: usize = 200;

/// Tells of each value that can be found by its field, its column in a table, and its text.
pub fn each(fields: &Fields, mut found: impl FnMut(&Name, Option<&Name>, &str)) {
    for (field, value) in fields {
        match value {
            Value::One(cell) => of_cell(cell, |text| found(field, None, text)),
            Value::Table(rows) => {
                for (column, cell) in rows.iter().flatten() {
                    of_cell(cell, |text| found(field, Some(column), text));
                }
            }
        }
    }
}

fn of_cell(cell: &Cell, mut found: impl FnMut(&str)) {
    match cell {
        Cell::Text(text) => text.0.as_deref().filter(|text| is_short(text)).into_iter().for_each(|text| found(&folded(text))),
        Cell::Number(number) | Cell::Money { amount: number, .. } => found(&shortest(*number)),
        Cell::Date(date) => found(&date.to_string()),
        Cell::Time(time) => found(&show_time(*time)),
        Cell::Choice(name) => found(name.as_str()),
        Cell::Choices(names) => names.iter().for_each(|name| found(name.as_str())),
        Cell::Flag(flag) => found(yes_or_no(*flag)),
        Cell::Reference(reference) => found(reference.id()),
        Cell::Stars { value, .. } => found(&value.to_string()),
        Cell::Location(_) | Cell::Files(_) => {}
    }
}

/// The text by which what somebody typed is found in a field of that kind.
///
/// # Errors
/// A lower-case fragment: it is no value of the kind, or the kind cannot be found by.
pub fn wanted(kind: &Kind, typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    if typed.is_empty() {
        return Err("is empty".to_owned());
    }
    match kind {
        Kind::Text { .. } | Kind::LongText { .. } | Kind::Phone { .. } | Kind::Email { .. } | Kind::Address { .. } => {
            if is_short(typed) {
                Ok(folded(typed))
            } else {
                Err(format!("has more than {SOUGHT_MAX} characters"))
            }
        }
        Kind::Number { .. } | Kind::Money { .. } | Kind::Stars { .. } => Decimal::parse(typed).map(shortest),
        Kind::Date { .. } => Date::parse(typed).map(|date| date.to_string()),
        Kind::Time { .. } => parse_time(typed).map(show_time),
        Kind::Choice { .. } | Kind::Choices { .. } | Kind::Reference(_) => Ok(typed.to_owned()),
        Kind::YesNo => match typed {
            "yes" | "true" => Ok(yes_or_no(true).to_owned()),
            "no" | "false" => Ok(yes_or_no(false).to_owned()),
            other => Err(format!("{other:?} is neither yes nor no")),
        },
        Kind::Location | Kind::Attachment { .. } | Kind::Signature => Err("a list cannot be filtered by this kind of field".to_owned()),
    }
}

fn is_short(text: &str) -> bool {
    text.len() <= SOUGHT_MAX || text.chars().count() <= SOUGHT_MAX
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Without zeros at the end that change nothing.
fn shortest(number: Decimal) -> String {
    let text = number.to_string();
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn yes_or_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}
