//! The time limits of a node (PRC-4).
//!
//! Refuses limits that could never take effect, so that nobody relies on them.

use super::book::Book;
use super::handler;
use crate::domain::definition::{Limits, REMINDERS_MAX};
use crate::domain::time::Span;
use crate::settings::show_span;
use crate::settings::toml_reader::{Located, Table};

/// Reads the limits of a node's table.
pub fn read(table: &Table<'_>, book: &mut Book<'_>) -> Option<Limits> {
    let remind_after = reminders(table);
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
    let remind = if table.has("remind") { handler::read_list(table, "remind", book)? } else { Vec::new() };
    let customer_message = table.text("remind_customer").and_then(|m| book.use_message(&m, true));
    for (key, hint) in [("remind", "add remind_after = \"4h\", say"), ("remind_customer", "add remind_after = [\"1d\", \"3d\"], say")] {
        if table.has(key) && !table.has("remind_after") {
            table.sink().report_with(&table.place_of(key), "is never used: there is no remind_after", hint);
        }
    }
    let message = table.text("limit_message").and_then(|m| book.use_message(&m, false));
    if table.has("limit_message") && !table.has("overdue_after") && !table.has("remind_after") {
        let problem = "is never sent: there is neither remind_after nor overdue_after";
        table.sink().report_with(&table.place_of("limit_message"), problem, "add remind_after = \"4h\", say");
    }
    if let Some(end) = &auto_complete {
        for after in &remind_after {
            overtaken(table, ("remind_after", after), end);
        }
        if let Some(after) = &overdue {
            overtaken(table, ("overdue_after", after), end);
        }
    }
    let value = |found: Option<Located<Span>>| found.map(|f| f.value);
    Some(Limits {
        remind_after: remind_after.into_iter().map(|f| f.value).collect(),
        remind,
        overdue_after: value(overdue),
        escalate_to: escalate_to?,
        auto_complete_after: value(auto_complete),
        stand_still_on_hold: table.flag("stand_still_on_hold", false),
        message,
        customer_message,
    })
}

/// One time or several, each later than the one before.
fn reminders(table: &Table<'_>) -> Vec<Located<Span>> {
    let all = table.spans("remind_after");
    if let Some(first) = all.first()
        && all.len() > REMINDERS_MAX
    {
        table.sink().report(&first.place, format!("{} reminders are too many; at most {REMINDERS_MAX}", all.len()));
    }
    for pair in all.windows(2) {
        if let [before, after] = pair
            && after.value <= before.value
        {
            let (own, earlier) = (show_span(after.value), show_span(before.value));
            table.sink().report_with(&after.place, format!("{own} does not come after {earlier}"), "write them in order, each once");
        }
    }
    all
}

fn overtaken(table: &Table<'_>, (key, limit): (&str, &Located<Span>), end: &Located<Span>) {
    if limit.value >= end.value {
        let (own, end) = (show_span(limit.value), show_span(end.value));
        let problem = format!("never happens: {key} is {own}, and the node completes by itself after {end}");
        table.sink().report_with(&limit.place, problem, format!("choose less than {end}"));
    }
}
