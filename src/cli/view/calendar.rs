//! Planned visits: the calendar day by day, those of one Work Order, and what overlaps.

use super::page::Page;
use super::paint::Tone;
use super::width::{cut, line, pad, width, wrap};
use crate::protocol::work_orders::{Away, CalendarEntry, CalendarTold, Overlap, WorkOrder};

const INDENT: &str = "  ";

/// Day by day: when, who, which Work Order; under it the note, and what overlaps.
pub fn calendar(told: &CalendarTold, engineer: Option<&str>, (from, until): (i64, i64), page: &Page) -> String {
    let mut out = String::new();
    for away in &told.absences {
        out.push_str(&page.paint.tone(Tone::Now, &absence(away, page)));
        out.push('\n');
    }
    if told.entries.is_empty() {
        let whose = engineer.map_or_else(String::new, |engineer| format!(" for {}", line(engineer)));
        let span = format!("from {} until {}", page.times.minute(from), page.times.minute(until));
        out.push_str(&page.paint.tone(Tone::Dim, &format!("nothing is planned{whose} {span}")));
        out.push('\n');
        return out;
    }
    let times: Vec<String> = told.entries.iter().map(|entry| period(entry.from, entry.until, page)).collect();
    let widest = |texts: &mut dyn Iterator<Item = String>| texts.map(|text| width(&text)).max().unwrap_or(0);
    let time = widest(&mut times.iter().cloned());
    let who = if engineer.is_some() { 0 } else { widest(&mut told.entries.iter().map(|e| line(&e.engineer))).min(16) };
    let mut day = String::new();
    for (entry, time_of) in told.entries.iter().zip(&times) {
        let today = page.times.weekday(entry.from);
        if today != day {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&page.paint.tone(Tone::Strong, &today));
            out.push('\n');
            day = today;
        }
        out.push_str(&one(entry, time_of, (time, who), page));
    }
    out
}

fn one(entry: &CalendarEntry, time_of: &str, (time, who): (usize, usize), page: &Page) -> String {
    let clashes = entry.absent || !entry.overlaps.is_empty();
    let mark = if clashes { page.paint.tone(Tone::Bad, "!") } else { " ".to_owned() };
    let engineer = if who == 0 { String::new() } else { format!("{}  ", pad(&cut(&line(&entry.engineer), who), who)) };
    let lead = format!("{}  {engineer}", pad(time_of, time));
    let what = match &entry.number {
        Some(number) => format!("{}  {}", line(number), line(entry.subject.as_deref().unwrap_or_default())),
        None => "busy".to_owned(),
    };
    let head = format!("{lead}{}", cut(&what, page.width.saturating_sub(width(&lead) + 2)));
    let mut out = format!("{mark} {}\n", head.trim_end());
    let left = width(&lead) + 2;
    let account = entry.account.as_deref().map(|account| format!("at {}", line(account)));
    let said = account.into_iter().chain(entry.note.as_deref().map(line)).collect::<Vec<_>>().join(": ");
    if !said.is_empty() {
        below(&mut out, &said, left, None, page);
    }
    for clash in clash(entry.absent, &entry.overlaps, page) {
        below(&mut out, &clash, left, Some(Tone::Bad), page);
    }
    out
}

fn below(out: &mut String, text: &str, left: usize, tone: Option<Tone>, page: &Page) {
    for piece in wrap(text, page.width.saturating_sub(left)) {
        let piece = tone.map_or_else(|| piece.clone(), |tone| page.paint.tone(tone, &piece));
        out.push_str(&format!("{}{piece}\n", " ".repeat(left)));
    }
}

/// Sentences about what the engineer has to do at the same time.
fn clash(absent: bool, overlaps: &[Overlap], page: &Page) -> Vec<String> {
    let one = |overlap: &Overlap| {
        let what = match (&overlap.number, overlap.visit) {
            (Some(number), Some(visit)) => format!("visit {visit} of {}", line(number)),
            _ => "another visit".to_owned(),
        };
        format!("overlaps {what}, {}", period(overlap.from, overlap.until, page))
    };
    absent.then(|| "the engineer is absent".to_owned()).into_iter().chain(overlaps.iter().map(one)).collect()
}

/// What is told below the receipt of a visit that was planned.
pub fn beside(absent: bool, overlaps: &[Overlap], page: &Page) -> String {
    let mut out = String::new();
    for clash in clash(absent, overlaps, page) {
        for piece in wrap(&clash, page.width.saturating_sub(2)) {
            out.push_str(&format!("{INDENT}{}\n", page.paint.tone(Tone::Bad, &piece)));
        }
    }
    out
}

fn absence(away: &Away, page: &Page) -> String {
    format!("{} is absent from {} until {}", line(&away.engineer), page.times.minute(away.from), page.times.minute(away.until))
}

/// `09:00-11:00`; an end on another day says which.
fn period(from: i64, until: i64, page: &Page) -> String {
    let times = &page.times;
    let same_day = times.date(from) == times.date(until);
    let end = if same_day { times.clock(until) } else { format!("{} {}", times.day(until), times.clock(until)) };
    format!("{}-{end}", times.clock(from))
}

/// Those of one Work Order: `#1 2026-11-22 09:00-11:00  emil  bring the valve`.
pub fn planned(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    for visit in &order.planned {
        let note = visit.note.as_deref().map_or_else(String::new, |note| format!("  {}", line(note)));
        let time = period(visit.from, visit.until, page);
        let text = format!("#{} {} {time}  {}{note}", visit.visit, page.times.date(visit.from), line(&visit.engineer));
        for (i, piece) in wrap(&text, page.width.saturating_sub(4)).into_iter().enumerate() {
            out.push_str(&format!("{}{piece}\n", if i == 0 { INDENT } else { "    " }));
        }
    }
    out
}
