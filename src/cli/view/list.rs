//! Lists of Work Orders: one line each, newest first, within the width of the page.
//! Marks stand for what wants attention; the last line says what they mean, if there are any.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, Column, Pages, pliant, whole};
use super::width::line;
use crate::protocol::work_orders::Line;

const COLUMNS: [Column; 7] =
    [whole("NUMBER"), whole("PRIO"), whole("STATUS"), pliant("NODE", 6), pliant("WHO", 6), pliant("SUBJECT", 19), whole("!")];

/// A mark, its meaning, and which lines have it.
type Mark = (char, &'static str, fn(&Line) -> bool);

const MARKS: [Mark; 4] = [
    ('O', "overdue", |l| l.overdue),
    ('H', "on hold", |l| l.on_hold),
    ('E', "evaluation awaited", |l| l.evaluation_awaited),
    ('M', "mail trouble", |l| l.mail_trouble),
];

/// A list that is written page by page.
#[derive(Debug, Default)]
pub struct ListView {
    pages: Pages,
    marks: [bool; MARKS.len()],
}

impl ListView {
    /// One page; the first begins with the headings.
    pub fn page(&mut self, lines: &[Line], page: &Page) -> String {
        for ((_, _, has), seen) in MARKS.iter().zip(&mut self.marks) {
            *seen |= lines.iter().any(has);
        }
        self.pages.page(&COLUMNS, &lines.iter().map(cells).collect::<Vec<_>>(), page)
    }

    /// What comes after the last page: meaning of the marks, how many there are, how to go on.
    pub fn end(&self, total: i64, next: Option<&str>, page: &Page) -> String {
        let meanings: Vec<String> =
            MARKS.iter().zip(self.marks).filter(|(_, seen)| *seen).map(|((mark, meaning, _), _)| format!("{mark} {meaning}")).collect();
        let mut out = String::new();
        if !meanings.is_empty() {
            out.push_str(&page.paint.tone(Tone::Dim, &meanings.join("   ")));
            out.push('\n');
        }
        out.push_str(&self.pages.end("no Work Order", Some(total), next, page));
        out
    }
}

fn cells(one: &Line) -> Vec<Cell> {
    let who = one.engineer.as_deref().map(line).or_else(|| one.group.as_deref().map(|group| format!("@{}", line(group))));
    let marks: String = MARKS.iter().filter(|(_, _, has)| has(one)).map(|(mark, _, _)| *mark).collect();
    // What ended says how; that it is closed goes without saying.
    let status = one.outcome.as_deref().unwrap_or(&one.status);
    let priority = if one.priority == "normal" { String::new() } else { line(&one.priority) };
    vec![
        line(&one.number).into(),
        if one.priority == "urgent" { Cell::toned(priority, Tone::Bad) } else { priority.into() },
        if one.outcome.is_some() { Cell::toned(line(status), Tone::Dim) } else { line(status).into() },
        line(one.node.as_deref().unwrap_or_default()).into(),
        who.unwrap_or_default().into(),
        line(&one.subject).into(),
        Cell::toned(marks, Tone::Bad),
    ]
}
