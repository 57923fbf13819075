//! The time limits of a node (PRC-4).
//!
//! Refuses limits that could never take effect, so that nobody relies on them.

use super::book::Book;
use super::handler;
use crate::domain::definition::Limits;
use crate::domain::time::Span;
use crate::settings::show_span;
use crate::settings::toml_reader::{Located, Table};

/// Reads the limits of a node's table.
pub fn read(table: &Table<'_>, book: &mut Book<'_>) -> Option<Limits> {
    let remind = table.span("remind_after");
    let overdue = table.span("overdue_after");
    let auto_complete = table.span("auto_complete_after");
    let escalate_to = match table.text("escalate_to") {
        Some(text) => handler::read(&text, book).map(Some),
        None => Some(None),
    };
    if table.has("escalate_to") && !table.has("overdue_after") {
        table.sink().report_with(
            &table.place_of("escalate_to"),
            "is never used: there is no overdue_after",
            "add overdue_after = \"8h\", say",
        );
    }
    let message = table.text("limit_message").and_then(|m| book.use_message(&m, false));
    if table.has("limit_message") && !table.has("overdue_after") && !table.has("remind_after") {
        let problem = "is never sent: there is neither remind_after nor overdue_after";
        table.sink().report_with(&table.place_of("limit_message"), problem, "add remind_after = \"4h\", say");
    }
    if let Some(end) = &auto_complete {
        for limit in [("remind_after", &remind), ("overdue_after", &overdue)] {
            overtaken(table, limit, end);
        }
    }
    let value = |found: Option<Located<Span>>| found.map(|f| f.value);
    Some(Limits {
        remind_after: value(remind),
        overdue_after: value(overdue),
        escalate_to: escalate_to?,
        auto_complete_after: value(auto_complete),
        stand_still_on_hold: table.flag("stand_still_on_hold", false),
        message,
    })
}

fn overtaken(table: &Table<'_>, (key, limit): (&str, &Option<Located<Span>>), end: &Located<Span>) {
    if let Some(limit) = limit.as_ref().filter(|limit| limit.value >= end.value) {
        let (own, end) = (show_span(limit.value), show_span(end.value));
        let problem = format!("never happens: {key} is {own}, and the node completes by itself after {end}");
        table.sink().report_with(&limit.place, problem, format!("choose less than {end}"));
    }
}
