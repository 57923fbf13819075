//! The calendar as iCalendar (RFC 5545), for calendar programs: the same visit has the same UID for ever, its SEQUENCE grows when it is
//! moved, and what was called off is no longer in the file. Times are in UTC, so that no zone has to be described.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::view::width;
use crate::protocol::work_orders::{Away, CalendarEntry, CalendarTold};

/// Longest line, in bytes without its end.
const LINE_MOST: usize = 75;

/// The whole file. `engineer`: whose alone it is.
pub fn calendar(told: &CalendarTold, engineer: Option<&str>) -> String {
    let mut out = String::new();
    let name = engineer.map_or_else(|| "workorderd".to_owned(), |engineer| format!("workorderd: {engineer}"));
    for (key, value) in
        [("BEGIN", "VCALENDAR"), ("VERSION", "2.0"), ("PRODID", "-//workorderd//workorderctl//EN"), ("CALSCALE", "GREGORIAN")]
    {
        property(&mut out, key, value);
    }
    property(&mut out, "X-WR-CALNAME", &text(&name));
    for entry in &told.entries {
        visit(&mut out, entry, engineer.is_none());
    }
    for away in &told.absences {
        absence(&mut out, away, engineer.is_none());
    }
    property(&mut out, "END", "VCALENDAR");
    out
}

fn visit(out: &mut String, entry: &CalendarEntry, named: bool) {
    let what = match (&entry.number, &entry.subject) {
        (Some(number), subject) => format!("{number} {}", subject.as_deref().unwrap_or_default()),
        (None, _) => "busy".to_owned(),
    };
    begin(out, &entry.uid, entry.changed_at, (entry.from, entry.until));
    property(out, "SEQUENCE", &entry.moved.to_string());
    property(out, "SUMMARY", &text(&owned(&entry.engineer, &what, named)));
    if let Some(account) = &entry.account {
        property(out, "LOCATION", &text(account));
    }
    if let Some(note) = &entry.note {
        property(out, "DESCRIPTION", &text(note));
    }
    property(out, "STATUS", "CONFIRMED");
    property(out, "END", "VEVENT");
}

fn absence(out: &mut String, away: &Away, named: bool) {
    let Away { engineer, from, until } = away;
    begin(out, &format!("absence-{from}-{engineer}"), *from, (*from, *until));
    property(out, "SUMMARY", &text(&owned(engineer, "absent", named)));
    property(out, "END", "VEVENT");
}

fn owned(engineer: &str, what: &str, named: bool) -> String {
    if named { format!("{engineer}: {what}") } else { what.to_owned() }
}

fn begin(out: &mut String, uid: &str, stamp: i64, (from, until): (i64, i64)) {
    property(out, "BEGIN", "VEVENT");
    property(out, "UID", &text(&format!("{uid}@workorderd")));
    for (key, at) in [("DTSTAMP", stamp), ("DTSTART", from), ("DTEND", until)] {
        property(out, key, &utc(at));
    }
}

/// `20261122T140305Z`.
fn utc(at: i64) -> String {
    let at = Timestamp::from_millisecond(at).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text value: what has a meaning in the format is escaped, and control characters do not get into it.
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in width::lines(value).chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c => out.push(c),
        }
    }
    out
}

/// A line, folded where it gets too long, but never within a character.
fn property(out: &mut String, key: &str, value: &str) {
    let mut used = 0;
    for c in key.chars().chain([':']).chain(value.chars()) {
        if used + c.len_utf8() > LINE_MOST {
            out.push_str("\r\n ");
            used = 1;
        }
        out.push(c);
        used += c.len_utf8();
    }
    out.push_str("\r\n");
}
