//! What waits for one, as a table; and what somebody is told by mail.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, Column, Pages, pliant, whole};
use super::times::span;
use super::width::line;
use crate::protocol::directory::Notices;
use crate::protocol::work_orders::ToDo;

const COLUMNS: [Column; 6] = [whole("NUMBER"), whole("WHY"), whole("SINCE"), whole("PRIO"), pliant("NODE", 6), pliant("WHAT", 16)];

/// A to-do list that is written page by page.
#[derive(Debug, Default)]
pub struct ToDosView(Pages);

impl ToDosView {
    /// One page; the first begins with the headings.
    pub fn page(&mut self, to_dos: &[ToDo], page: &Page) -> String {
        self.0.page(&COLUMNS, &to_dos.iter().map(|one| cells(one, page)).collect::<Vec<_>>(), page)
    }

    /// What comes after the last page: how many there were, how to go on.
    pub fn end(&self, next: Option<&str>, page: &Page) -> String {
        self.0.end("nothing waits for you", None, next, page)
    }
}

fn cells(one: &ToDo, page: &Page) -> Vec<Cell> {
    let ToDo { line: order, kind, since, claimable, no, by, note } = one;
    let bad = kind == "overdue" || kind == "returned";
    let mut why = line(kind);
    if let Some(no) = no {
        why.push_str(&format!(" #{no}"));
    }
    if *claimable {
        why.push_str(" (open to all)");
    }
    let mut what = line(&order.subject);
    if by.is_some() || note.is_some() {
        let by = by.as_deref().map(line).unwrap_or_default();
        let note = note.as_deref().map(line).unwrap_or_default();
        what = [by, note].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ") + " · " + &what;
    }
    if order.on_hold {
        what.push_str(" (on hold)");
    }
    let priority = if order.priority == "normal" { String::new() } else { line(&order.priority) };
    vec![
        line(&order.number).into(),
        if bad { Cell::toned(why, Tone::Bad) } else { why.into() },
        span(page.times.now.saturating_sub(*since)).into(),
        if order.priority == "urgent" { Cell::toned(priority, Tone::Bad) } else { priority.into() },
        line(order.node.as_deref().unwrap_or_default()).into(),
        what.into(),
    ]
}

/// `new, overdue; also of roles and groups; not 22:00-07:00 (Asia/Shanghai)`.
pub fn notices(notices: &Notices) -> String {
    let mut told = if notices.mail.is_empty() { "nothing".to_owned() } else { line(&notices.mail.join(", ")) };
    if notices.pools {
        told.push_str("; also of roles and service groups");
    }
    if let Some(quiet) = &notices.quiet {
        told.push_str(&format!("; not {}-{} ({})", line(&quiet.from), line(&quiet.until), line(&quiet.zone)));
    }
    told
}
