//! Histories and what watchers see: steps in the order in which they were taken.

use super::page::Page;
use super::paint::Tone;
use super::width::{line, width, wrap};
use crate::protocol::work_orders::{HistoryLine, HistoryTold, Step};

/// A history, oldest step first; it comes as the daemon gives it, newest step first.
pub fn history(told: &HistoryTold, page: &Page) -> String {
    let mut out = String::new();
    if let Some(away) = &told.away {
        let pieces = wrap(&format!("older steps cannot be shown: {}", line(away)), page.width);
        pieces.iter().for_each(|piece| out.push_str(&format!("{}\n", page.paint.tone(Tone::Bad, piece))));
    } else if told.more {
        out.push_str(&page.paint.tone(Tone::Dim, "older steps are not shown (history NUMBER --limit N)"));
        out.push('\n');
    }
    let oldest_first: Vec<&HistoryLine> = told.lines.iter().rev().collect();
    for step in oldest_first.chunk_by(|a, b| a.sequence == b.sequence) {
        out.push_str(&one_step(step, page));
    }
    out
}

/// Its head, then its events.
fn one_step(events: &[&HistoryLine], page: &Page) -> String {
    let first = events[0];
    let by = page.paint.tone(Tone::Dim, &format!("by {}", line(&first.by)));
    let mut out = format!("{:>4}  {}  {} {by}\n", first.revision, page.times.minute(first.at), words(&first.command));
    let indent = " ".repeat(6);
    for event in events {
        let details = line(&event.details);
        let text = if details.is_empty() { words(&event.event) } else { format!("{}: {details}", words(&event.event)) };
        for (i, piece) in wrap(&text, page.width.saturating_sub(indent.len() + 2)).into_iter().enumerate() {
            out.push_str(&format!("{indent}{}{piece}\n", if i == 0 { "· " } else { "  " }));
        }
    }
    out
}

/// `AcceptAssignment` as people read it: `accept assignment`.
pub fn words(name: &str) -> String {
    if name == "Fire" {
        return "timer".to_owned();
    }
    let mut out = String::new();
    for c in line(name).chars() {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// One step as a line: its sequence, when, which Work Order, what, by whom; then its events, as far as the line goes.
pub fn step(step: &Step, page: &Page) -> String {
    let what = step.number.as_deref().unwrap_or(&step.what);
    let lead = format!("{:>6}  {}  {}  {}", step.sequence, page.times.short(step.at), line(what), words(&step.command));
    let by = match &step.to_do {
        Some(kind) => format!(" by {} ({} for you)", line(&step.by), line(kind)),
        None => format!(" by {}", line(&step.by)),
    };
    let mut out = format!("{lead}{}", page.paint.tone(Tone::Dim, &by));
    let mut left = page.width.saturating_sub(width(&lead) + width(&by));
    for (i, event) in step.events.iter().enumerate() {
        let piece = format!("{}{}", if i == 0 { ": " } else { ", " }, words(event));
        // Room for the dots is kept unless it is the last.
        let needed = width(&piece) + if i + 1 < step.events.len() { 3 } else { 0 };
        if needed > left {
            out.push_str(if left >= 3 { if i == 0 { ": …" } else { ", …" } } else { "" });
            break;
        }
        left -= width(&piece);
        out.push_str(&piece);
    }
    out.push('\n');
    out
}
