//! The work in the field: the SOP as a list with marks, labor with totals, service records; and labor by engineer.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, number, pliant, table, whole};
use super::width::{line, pad, width, wrap};
use crate::protocol::work_orders::{LaborTotalsTold, SopStep, WorkOrder};

const INDENT: &str = "  ";

/// `✓ arrive    Arrive at the customer   mei, 11-22 14:03:05`, and under it where and what was noted.
pub fn sop(order: &WorkOrder, page: &Page) -> String {
    let names = order.steps.iter().map(|s| width(&line(&s.name))).max().unwrap_or(0);
    let titles = order.steps.iter().map(|s| width(&line(&s.title))).max().unwrap_or(0).min(page.width / 2);
    order.steps.iter().map(|step| one(step, names, titles, page)).collect()
}

fn one(step: &SopStep, names: usize, titles: usize, page: &Page) -> String {
    let (mark, tone) = match (step.state.as_str(), step.required) {
        ("done", _) => ("✓", Tone::Good),
        ("skipped", _) => ("⊘", Tone::Dim),
        (_, true) => ("●", Tone::Now),
        (_, false) => ("○", Tone::Dim),
    };
    let by = step.by.as_deref().map_or_else(String::new, |by| format!("{}, ", line(by)));
    let told = match step.at {
        Some(at) => format!("{by}{}", page.times.short(at)),
        None => {
            let asks = [(step.required, "required"), (step.ordered, "in order"), (step.location, "with location")];
            let form = step.form.as_deref().map(|form| format!("form {}", line(form)));
            asks.iter().filter(|(is, _)| *is).map(|(_, word)| (*word).to_owned()).chain(form).collect::<Vec<_>>().join(", ")
        }
    };
    let text = format!("{}  {}", pad(&line(&step.name), names), pad(&line(&step.title), titles));
    // What does not fit beside the title goes under it.
    let fits = width(INDENT) + 2 + width(&text) + 2 + width(&told) <= page.width;
    let (text, below) = if fits { (format!("{text}  {told}"), None) } else { (text, Some(told)) };
    let mut out = format!("{INDENT}{} {}\n", page.paint.tone(tone, mark), text.trim_end());
    let place = step.place.as_deref().map(|place| format!("at {}", line(place)));
    for more in below.into_iter().chain(place).chain(step.note.as_deref().map(line)) {
        for piece in wrap(&more, page.width.saturating_sub(6)) {
            out.push_str(&format!("      {piece}\n"));
        }
    }
    out
}

/// Each interval, and what it comes to.
pub fn labor(order: &WorkOrder, page: &Page) -> String {
    if order.labor.is_empty() {
        return String::new();
    }
    let engineers = order.labor.iter().map(|l| width(&line(&l.engineer))).max().unwrap_or(0);
    let mut out = String::new();
    for one in &order.labor {
        let (end, time) = match one.to {
            Some(to) => (page.times.minute(to), hours(to - one.from)),
            None => ("runs            ".into(), hours(page.times.now - one.from)),
        };
        let step = one.step.as_deref().map_or_else(String::new, |s| format!("  {}", line(s)));
        out.push_str(&format!(
            "{INDENT}{}  {} - {end}  {time:>9}{step}\n",
            pad(&line(&one.engineer), engineers),
            page.times.minute(one.from)
        ));
    }
    out.push_str(&format!("{INDENT}{} in all\n", hours(order.labor_ms)));
    out
}

/// Newest first.
pub fn records(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    for one in &order.service_records {
        let by = one.by.as_deref().map_or_else(String::new, |by| format!(" by {}", line(by)));
        out.push_str(&format!("{INDENT}{}  {}{by}\n", page.times.minute(one.at), line(&one.kind)));
        for piece in wrap(&super::width::lines(&one.text), page.width.saturating_sub(4)) {
            out.push_str(&format!("    {piece}\n"));
        }
    }
    let left = order.service_records_made - i64::try_from(order.service_records.len()).unwrap_or(i64::MAX);
    if left > 0 {
        out.push_str(&format!("{INDENT}and {left} older, in the history\n"));
    }
    out
}

/// `1 h 05 min`.
pub fn hours(milliseconds: i64) -> String {
    let minutes = milliseconds.max(0) / 60_000;
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h {:02} min", minutes / 60, minutes % 60) }
}

/// Labor by engineer.
pub fn totals(told: &LaborTotalsTold, page: &Page) -> String {
    if told.totals.is_empty() {
        return "no labor has been booked\n".into();
    }
    let columns = [whole("ENGINEER"), number("TIME"), number("INTERVALS"), pliant("RUNS ON", 12)];
    let row = |t: &crate::protocol::work_orders::LaborTotal| -> Vec<Cell> {
        let running: Vec<String> = t.running.iter().map(|n| line(n)).collect();
        vec![line(&t.engineer).into(), hours(t.labor_ms).into(), t.intervals.to_string().into(), running.join(", ").into()]
    };
    let mut out = table(&columns, &told.totals.iter().map(row).collect::<Vec<_>>(), page);
    if let Some(next) = &told.next {
        out.push_str(&format!("there are more: --after {}\n", line(next)));
    }
    out
}
