//! The calendar: what is planned for whom and when, and what overlaps it (OPS-5).
//!
//! Whose calendar one may look at is a rule of the domain (`may::calendars`). Of a Work Order that one may not see nothing is told but
//! that somebody is busy.

use super::desk::Visit;
use super::present;
use super::refuse::{self, field, optional_slug};
use super::service::Outcome;
use super::work_orders::{bounded, carry_out, read, shown_through};
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::StaffUserId;
use crate::domain::may::calendars::Calendars;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::plan::PlannedVisit;
use crate::engine::calendar::{Cursor, During, Entry, Slot};
use crate::protocol::varlink::ErrorReply;
use crate::protocol::work_orders as shape;

/// Visits of one page at most.
const PAGE_MAX: i64 = 1000;
/// Absences that are told at most.
const AWAY_MAX: usize = 1000;

/// Plans a visit or moves one, and tells what else the engineer has to do then.
pub async fn plan(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Act = visit.parameters()?;
    let (number, no, wanted) = (p.number.clone(), p.visit, (p.from, p.until, p.engineer.clone()));
    let receipt = carry_out(visit, p).await?;
    shown_through(visit, receipt.sequence).await?;
    let entity = read(visit, &number).await?;
    let order = entity.state.as_ref().and_then(|state| state.work_order());
    // Again under the same request id, the visit may be another one by now, or gone.
    let (from, until, engineer) = wanted;
    let is_it = |v: &&PlannedVisit| {
        no.is_none_or(|no| no == i64::from(v.no.0))
            && from == Some(v.from.0)
            && until == Some(v.until.0)
            && engineer.as_deref().is_none_or(|engineer| engineer == v.engineer.as_str())
    };
    let planned = order.and_then(|order| Some((order, order.planned().iter().rfind(is_it)?)));
    let Some((order, planned)) = planned else {
        return Ok(Outcome::reply(&shape::Planned { receipt, ..shape::Planned::default() }));
    };
    let open = visit.judge(|cx| Calendars::of(cx).has(&planned.engineer));
    let (absent, overlaps) = if open { beside(visit, order, planned) } else { (false, Vec::new()) };
    Ok(Outcome::reply(&shape::Planned { receipt, visit: Some(planned.no.0.into()), absent, overlaps }))
}

fn beside(visit: &Visit<'_>, order: &WorkOrder, planned: &PlannedVisit) -> (bool, Vec<shape::Overlap>) {
    let slot = Slot { from: planned.from, order: order.id, no: planned.no };
    let overlaps = visit.desk.runtime.views().calendar().overlaps(&planned.engineer, slot, planned.until);
    visit.judge(|cx| {
        let during = During { from: planned.from, until: planned.until };
        (absent(&planned.engineer, during, cx), overlaps.iter().map(|(slot, until)| overlap(visit, *slot, *until, cx)).collect())
    })
}

fn absent(engineer: &StaffUserId, during: During, cx: &Context<'_>) -> bool {
    let absence = cx.directory.staff_user(engineer).and_then(|user| user.absence);
    absence.is_some_and(|absence| during.meets(absence.from, absence.until))
}

fn overlap(visit: &Visit<'_>, slot: Slot, until: Timestamp, cx: &Context<'_>) -> shape::Overlap {
    let board = visit.desk.runtime.views().board();
    let seen = board.sees(slot.order, cx).then(|| board.number(slot.order)).flatten();
    shape::Overlap { from: slot.from.0, until: until.0, visit: seen.map(|_| i64::from(slot.no.0)), number: seen.map(ToString::to_string) }
}

/// Answers `GetCalendar`.
pub async fn get(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let p: shape::GetCalendar = visit.parameters()?;
    let limit = bounded("limit", p.limit, 200, PAGE_MAX)?;
    let engineer = optional_slug("engineer", p.engineer.as_deref(), StaffUserId::new)?;
    let read = |text: &str| Cursor::read(text).ok_or_else(|| field("after", format!("{text:?} is not what a calendar gave as next")));
    let after = p.after.as_deref().map(read).transpose()?;
    let during = During { from: Timestamp(p.from), until: Timestamp(p.until) };
    if during.until <= during.from {
        return Err(field("until", "is not after from"));
    }
    if let Some(sequence) = p.at_least {
        shown_through(visit, sequence).await?;
    }
    let open = visit.judge(|cx| whose(engineer.as_ref(), cx)).map_err(|rejection| refuse::rejection(&rejection))?;
    let (found, more) = visit.desk.runtime.views().calendar().page(engineer.as_ref(), during, after.as_ref(), limit, |user| open.has(user));
    let next = found.last().filter(|_| more).map(|last| Cursor { slot: last.slot, engineer: last.engineer.clone() }.written());
    let entries = visit.judge(|cx| found.into_iter().map(|found| entry(visit, found, cx)).collect());
    let away = visit.judge(|cx| {
        let users = cx.directory.staff_users().filter(|user| after.is_none() && engineer.as_ref().is_none_or(|e| *e == user.id));
        let absences = users.filter(|user| open.has(&user.id)).filter_map(|user| Some((user.id.to_string(), user.absence?)));
        let then = absences.filter(|(_, absence)| during.meets(absence.from, absence.until)).take(AWAY_MAX);
        then.map(|(engineer, absence)| shape::Away { engineer, from: absence.from.0, until: absence.until.0 }).collect()
    });
    Ok(Outcome::reply(&shape::CalendarTold { entries, absences: away, next, now: visit.desk.runtime.now().0 }))
}

/// The calendars that are open to who asks; refused where one is asked for that is not. Who there is, is no secret; when they are busy is.
fn whose(engineer: Option<&StaffUserId>, cx: &Context<'_>) -> Result<Calendars, Rejection> {
    let open = Calendars::of(cx);
    match engineer {
        Some(user) if cx.directory.staff_user(user).is_none() => Err(Rejection::unknown("engineer", user.as_str())),
        Some(user) if !open.has(user) => Err(Rejection::NotPermitted {
            action: format!(
                "the calendar of {user} is for themselves, their superiors, the leaders of their service groups, and roles with {}",
                Right::ReadAllWorkOrders.name()
            ),
            who: cx.principal.key(),
            handlers: String::new(),
        }),
        Some(_) | None => Ok(open),
    }
}

fn entry(visit: &Visit<'_>, found: Entry, cx: &Context<'_>) -> shape::CalendarEntry {
    let Entry { engineer, slot, until, note, moved, changed_at, overlaps } = found;
    let row = {
        let board = visit.desk.runtime.views().board();
        let seen = board.sees(slot.order, cx) || mutant!("busy-tells-all");
        seen.then(|| board.row(slot.order)).flatten()
    };
    let common = shape::CalendarEntry {
        from: slot.from.0,
        until: until.0,
        absent: absent(&engineer, During { from: slot.from, until }, cx),
        overlaps: overlaps.into_iter().map(|(slot, until)| overlap(visit, slot, until, cx)).collect(),
        ..shape::CalendarEntry::default()
    };
    match row {
        Some(row) => shape::CalendarEntry {
            number: Some(row.number.to_string()),
            visit: Some(slot.no.0.into()),
            subject: Some(row.subject.shown().into()),
            account: row.account.as_ref().map(ToString::to_string),
            note: note.as_ref().map(|note| note.shown().into()),
            moved: moved.into(),
            changed_at: changed_at.0,
            uid: format!("{}-{}", slot.order, slot.no.0),
            engineer: engineer.to_string(),
            ..common
        },
        None => shape::CalendarEntry {
            changed_at: slot.from.0,
            uid: format!("busy-{}-{}-{engineer}", slot.from.0, until.0),
            engineer: engineer.to_string(),
            ..common
        },
    }
}

/// Planned visits of a Work Order, by time.
pub fn planned(order: &WorkOrder) -> Vec<shape::PlannedVisit> {
    let mut visits: Vec<&PlannedVisit> = order.planned().iter().collect();
    visits.sort_by_key(|visit| (visit.from, visit.no));
    let one = |v: &PlannedVisit| shape::PlannedVisit {
        visit: v.no.0.into(),
        engineer: v.engineer.to_string(),
        from: v.from.0,
        until: v.until.0,
        note: present::shown(v.note.as_ref()),
        moved: v.moved.into(),
    };
    visits.into_iter().map(one).collect()
}
