//! Planned visits: plan, move, call off; and the calendar, for people, for programs, and as iCalendar.

use std::path::Path;

use super::act::{Step, told};
use super::args::PAGE_MOST;
use super::args_calendar::{CalendarArgs, VisitCommand, When};
use super::failure::Failure;
use super::ics;
use super::orders;
use super::out_file::replace;
use super::session::Session;
use super::view::calendar as view;
use super::view::times::{day_after, read_span, read_time};
use crate::protocol::work_orders::{Act, CalendarTold, GetCalendar, NAME, Planned};

/// Days of a calendar where nothing else is said.
const DAYS: u32 = 14;

/// Plans, moves or calls off.
///
/// # Errors
/// A time that is none, or what the daemon says.
pub fn visit(session: &mut Session<'_, '_>, command: VisitCommand) -> Result<(), Failure> {
    let (method, act) = match command {
        VisitCommand::Plan { of, when, engineer, note } => {
            let (from, until) = read_when(session, &when)?;
            ("PlanVisit", Act { number: of.number, from, until, engineer, note, ..Act::default() })
        }
        VisitCommand::MoveVisit { of, visit, when, engineer } => {
            let (from, until) = read_when(session, &when)?;
            ("MoveVisit", Act { number: of.number, visit: Some(visit), from, until, engineer, ..Act::default() })
        }
        VisitCommand::CancelVisit { of, visit, reason } => {
            let act = Act { number: of.number, visit: Some(visit), reason, ..Act::default() };
            return orders::act(session, Step { method: "CancelVisit", act, done: format!("visit {visit} called off") });
        }
    };
    let act = Act { request_id: session.request_id.clone(), expected_revision: session.expected_revision(), ..act };
    let reply = session.change(&format!("{NAME}.{method}"), &act)?;
    session.print(reply, |planned: &Planned, page| {
        let visit = planned.visit.map_or_else(String::new, |visit| format!(" visit {visit}"));
        let done = if method == "PlanVisit" { format!("planned{visit}") } else { format!("moved{visit}") };
        told(&planned.receipt, &done) + &view::beside(planned.absent, &planned.overlaps, page)
    })
}

fn read_when(session: &Session<'_, '_>, when: &When) -> Result<(Option<i64>, Option<i64>), Failure> {
    let time = |text: &str| read_time(text, &session.page.times.zone).map_err(Failure::Usage);
    let from = time(&when.from)?;
    let until = match (&when.until, &when.lasts) {
        (Some(until), _) => time(until)?,
        (None, lasts) => from.saturating_add(read_span(lasts.as_deref().unwrap_or_default()).map_err(Failure::Usage)?),
    };
    Ok((Some(from), Some(until)))
}

/// What is planned for whom and when.
///
/// # Errors
/// A time that is none, what the daemon says, or a file that cannot be written.
pub fn calendar(session: &mut Session<'_, '_>, of: CalendarArgs) -> Result<(), Failure> {
    session.take_daemon_time()?;
    let times = session.page.times.clone();
    let time = |text: &String| read_time(text, &times.zone).map_err(Failure::Usage);
    let from = match &of.from {
        Some(text) => time(text)?,
        None => day_after(times.now, 0, &times.zone),
    };
    let until = match &of.until {
        Some(text) if text.contains([':', 'T']) => time(text)?,
        Some(text) => day_after(time(text)?, 1, &times.zone),
        None => day_after(from, DAYS, &times.zone),
    };
    let mut asked = GetCalendar { engineer: of.engineer.clone(), from, until, limit: Some(PAGE_MOST), ..GetCalendar::default() };
    let mut all: Option<CalendarTold> = None;
    loop {
        let reply = session.ask(&format!("{NAME}.GetCalendar"), &asked)?;
        if session.json() && of.ics.is_none() {
            session.print_json_line(&reply)?;
        }
        let page: CalendarTold = session.shape(reply)?;
        asked.after.clone_from(&page.next);
        match &mut all {
            Some(all) => all.entries.extend(page.entries),
            None => all = Some(page),
        }
        if asked.after.is_none() {
            break;
        }
    }
    let all = all.unwrap_or_default();
    match &of.ics {
        Some(file) => {
            let text = ics::calendar(&all, of.engineer.as_deref());
            write(session, file, &text, all.entries.len())
        }
        None if session.json() => Ok(()),
        None => {
            let text = view::calendar(&all, of.engineer.as_deref(), (from, until), &session.page);
            session.write(&text)
        }
    }
}

/// Into the file, all or nothing: a calendar program may look at any moment.
fn write(session: &mut Session<'_, '_>, file: &Path, text: &str, visits: usize) -> Result<(), Failure> {
    if file == Path::new("-") {
        return session.write(text);
    }
    replace(file, text.as_bytes())?;
    let visits = if visits == 1 { "1 visit".to_owned() } else { format!("{visits} visits") };
    session.write(&format!("{visits} written to {}\n", file.display()))
}
