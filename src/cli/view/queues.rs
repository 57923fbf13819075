//! Queues with what is counted of them, and the Work Orders of one: the most pressing first, with when they are due.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, Column, Pages, number, pliant, table, whole};
use super::times::span;
use super::width::line;
use crate::protocol::work_orders::{Pressing, Queue, QueuesTold};

const COLUMNS: [Column; 6] = [whole("NUMBER"), whole("DUE"), whole("PRIO"), pliant("NODE", 6), pliant("WHO", 6), pliant("SUBJECT", 19)];

/// Every queue in a line: all, one's own, those of service groups.
pub fn queues(told: &QueuesTold, page: &Page) -> String {
    let row = |name: String, queue: &Queue| {
        let overdue = queue.overdue.to_string();
        vec![
            name.into(),
            queue.open.to_string().into(),
            queue.unassigned.to_string().into(),
            if queue.overdue > 0 { Cell::toned(overdue, Tone::Bad) } else { overdue.into() },
        ]
    };
    let group = |queue: &Queue| row(queue.group.as_deref().map_or_else(|| "(no service group)".to_owned(), line), queue);
    let mut rows = vec![row("(all)".to_owned(), &told.all)];
    rows.extend(told.mine.as_ref().map(|mine| row("(mine)".to_owned(), mine)));
    rows.extend(told.groups.iter().map(group));
    table(&[pliant("QUEUE", 12), number("OPEN"), number("UNASSIGNED"), number("OVERDUE")], &rows, page)
}

/// When the node it is at is due: `in 3 h`, `overdue 2 h`; nothing, if it has no such time.
pub fn due(one: &Pressing, now: i64) -> String {
    match (one.line.overdue, one.due) {
        (true, Some(due)) => format!("overdue {}", span(now.saturating_sub(due))),
        (true, None) => "overdue".to_owned(),
        // Its timer fires in a moment, or waits for the clock.
        (false, Some(due)) if due <= now => "now".to_owned(),
        (false, Some(due)) => format!("in {}", span(due.saturating_sub(now))),
        (false, None) => String::new(),
    }
}

/// A queue that is written page by page.
#[derive(Debug, Default)]
pub struct PressingView(Pages);

impl PressingView {
    /// One page; the first begins with the headings.
    pub fn page(&mut self, lines: &[Pressing], page: &Page) -> String {
        self.0.page(&COLUMNS, &lines.iter().map(|one| cells(one, page)).collect::<Vec<_>>(), page)
    }

    /// What comes after the last page: how many there were, how to go on.
    pub fn end(&self, next: Option<&str>, page: &Page) -> String {
        self.0.end("no open Work Order", None, next, page)
    }
}

fn cells(one: &Pressing, page: &Page) -> Vec<Cell> {
    let Pressing { line: order, .. } = one;
    let who = order.engineer.as_deref().map(line).or_else(|| order.group.as_deref().map(|group| format!("@{}", line(group))));
    let due = match (due(one, page.times.now), order.on_hold) {
        (due, true) if due.is_empty() => "on hold".to_owned(),
        (due, _) => due,
    };
    let priority = if order.priority == "normal" { String::new() } else { line(&order.priority) };
    vec![
        line(&order.number).into(),
        if order.overdue { Cell::toned(due, Tone::Bad) } else { due.into() },
        if order.priority == "urgent" { Cell::toned(priority, Tone::Bad) } else { priority.into() },
        line(order.node.as_deref().unwrap_or_default()).into(),
        who.unwrap_or_default().into(),
        line(&order.subject).into(),
    ]
}
