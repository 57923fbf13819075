//! Lists of Work Orders: one line each, newest first, within the width of the page.
//! Marks stand for what wants attention; the last line says what they mean, if there are any.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, Column, Layout, pliant, whole};
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

/// A list that is written page by page; the first page lays out the columns.
#[derive(Debug, Default)]
pub struct ListView {
    layout: Option<Layout>,
    shown: usize,
    marks: [bool; MARKS.len()],
}

impl ListView {
    /// One page; the first begins with the headings.
    pub fn page(&mut self, lines: &[Line], page: &Page) -> String {
        let rows: Vec<Vec<Cell>> = lines.iter().map(cells).collect();
        let mut out = String::new();
        if self.layout.is_none() && !rows.is_empty() {
            let layout = Layout::fit(&COLUMNS, &rows, page.width);
            out.push_str(&layout.head(page));
            self.layout = Some(layout);
        }
        if let Some(layout) = &self.layout {
            rows.iter().for_each(|row| out.push_str(&layout.row(row, page)));
        }
        for ((_, _, has), seen) in MARKS.iter().zip(&mut self.marks) {
            *seen |= lines.iter().any(has);
        }
        self.shown += lines.len();
        out
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
        let count = match self.shown {
            0 => "no Work Order".to_owned(),
            1 => "1 Work Order".to_owned(),
            n => format!("{n} Work Orders"),
        };
        let all = if i64::try_from(self.shown).is_ok_and(|shown| shown < total) { format!(" of {total}") } else { String::new() };
        let more = next.map_or_else(String::new, |next| format!("; more with --after {} or --all", line(next)));
        out.push_str(&page.paint.tone(Tone::Dim, &format!("{count}{all}{more}")));
        out.push('\n');
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
