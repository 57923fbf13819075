//! The room of `org.workorderd.System1`: who one is, how the daemon is doing, its clock.

use super::back_up;
use super::desk::Visit;
use super::erasure;
use super::refuse::{self, field, slug};
use super::service::Outcome;
use super::work_orders::find;
use crate::domain::aggregate::{Command, Key};
use crate::domain::definition::Right;
use crate::domain::ids::StaffUserId;
use crate::domain::installation::InstallationCommand;
use crate::domain::may;
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::time::{Span, Timestamp};
use crate::engine::cell::Submission;
use crate::engine::schedule::{Of, Parked, Timer};
use crate::engine::scope::Scope;
use crate::engine::suspects;
use crate::protocol::system as shape;
use crate::protocol::varlink::ErrorReply;

/// Timers that wait for a clock that is trusted are counted up to here.
const HELD_COUNTED: usize = 100_000;

/// Most parked timers that are listed.
const PARKED_SHOWN: usize = 1_000;

/// Answers a call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    match visit.call.member() {
        "Status" => status(visit),
        "WhoAmI" => Ok(who_am_i(visit)),
        "ActAs" => act_as(visit),
        "SetClock" => set_clock(visit).await,
        "TrustClock" => trust_clock(visit).await,
        "GetSmsQuota" => get_sms_quota(visit),
        "ChangeSmsQuota" => change_sms_quota(visit).await,
        "ListParkedTimers" => list_parked_timers(visit),
        "RetryTimers" => retry_timers(visit),
        "GetBackUp" => back_up::get(visit),
        "ListBackUpFiles" => back_up::list(visit).await,
        "ReadBackUpFile" => back_up::read(visit).await,
        other => Err(ErrorReply::method_not_found(other)),
    }
}

fn roles(principal: &Principal) -> Vec<String> {
    match principal {
        Principal::Staff { roles, .. } => roles.iter().map(ToString::to_string).collect(),
        Principal::Guest { .. } | Principal::TerminalUser { .. } | Principal::System => Vec::new(),
    }
}

fn who_am_i(visit: &Visit<'_>) -> Outcome {
    Outcome::reply(&shape::Who {
        uid: visit.session.uid.into(),
        user: visit.principal.user().map(ToString::to_string),
        roles: roles(&visit.principal),
        through: format!("uid:{}", visit.session.uid),
        may_act_as: visit.session.may_act_as(),
    })
}

fn act_as(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ActAs = visit.parameters()?;
    if !visit.session.may_act_as() {
        let action = "acting as somebody else needs act_as in control.peers".to_owned();
        return Err(refuse::rejection(&Rejection::NotPermitted {
            action,
            who: format!("uid:{}", visit.session.uid),
            handlers: String::new(),
        }));
    }
    let user = slug("user", &p.user, StaffUserId::new)?;
    let reference = visit.desk.runtime.views().reference();
    if reference.directory.active(&user).is_none() {
        return Err(refuse::rejection(&Rejection::unknown("user", p.user)));
    }
    visit.session.act_as(user);
    Ok(Outcome::reply(&shape::Acting { user: p.user, roles: roles(&visit.session.principal(&reference)) }))
}

async fn set_clock(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::SetClock = visit.parameters()?;
    let runtime = &visit.desk.runtime;
    let request = visit.request(&p.request_id)?;
    let to = match (p.to, p.ahead_ms) {
        (Some(to), None) => Timestamp(to),
        (None, Some(ahead)) => runtime.now().plus(Span(u64::try_from(ahead).map_err(|_| field("aheadMs", "is negative"))?)),
        (Some(_), Some(_)) | (None, None) => return Err(field("to", "give either to or aheadMs")),
    };
    let command = Command::Installation(InstallationCommand::SetClock { to });
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision: None };
    runtime.submit(&Key::Installation, submission).await.map_err(refuse::refusal)?;
    Ok(Outcome::reply(&shape::ClockSet { now: runtime.now().0 }))
}

async fn trust_clock(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::TrustClock = visit.parameters()?;
    let runtime = &visit.desk.runtime;
    let request = visit.request(&p.request_id)?;
    let command = Command::Installation(InstallationCommand::TrustClock { anchor: runtime.clock_anchor() });
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision: None };
    runtime.submit(&Key::Installation, submission).await.map_err(refuse::refusal)?;
    Ok(Outcome::reply(&shape::ClockTrusted { now: runtime.now().0 }))
}

fn get_sms_quota(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    Ok(sms_quota(visit))
}

async fn change_sms_quota(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ChangeSmsQuota = visit.parameters()?;
    let request = visit.request(&p.request_id)?;
    let command = Command::Installation(InstallationCommand::ChangeSmsQuota { by: p.by });
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision: None };
    visit.desk.runtime.submit(&Key::Installation, submission).await.map_err(refuse::refusal)?;
    Ok(sms_quota(visit))
}

fn sms_quota(visit: &Visit<'_>) -> Outcome {
    let told = visit.desk.runtime.views().messages().sms();
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Outcome::reply(&shape::SmsQuota { total: number(told.total), used: number(told.used), left: number(told.left()) })
}

fn list_parked_timers(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let views = visit.desk.runtime.views();
    let parked: Vec<_> = views.schedule().parked().collect();
    let parked: Vec<_> = visit.judge(|cx| {
        let board = views.board();
        let shown = |timer: &Timer| match timer.of() {
            Of::WorkOrder(order) => board.sees(order, cx),
            Of::TerminalUser(_) => may::has_right(Right::Administer, cx),
        };
        parked.into_iter().filter(|(timer, _)| shown(timer)).take(PARKED_SHOWN).collect()
    });
    let (reference, board) = (views.reference(), views.board());
    let whose = |timer: &Timer| match timer.of() {
        Of::WorkOrder(order) => board.number(order).map(ToString::to_string),
        Of::TerminalUser(id) => reference.terminal_user(id).map(|contact| format!("contact {contact}")),
    };
    let shown = parked.into_iter().map(|(timer, why)| shape::ParkedTimer {
        number: whose(&timer).unwrap_or_else(|| timer.of.to_string()),
        kind: suspects::kind(timer.deadline).into(),
        due: timer.due.0,
        why: match why {
            Parked::Failed { times } => format!("it failed {times} times; the log says how"),
            Parked::Crashed { times } => format!("the daemon ended {times} times while it was fired"),
        },
    });
    Ok(Outcome::reply(&shape::ParkedTimers { timers: shown.collect() }))
}

fn retry_timers(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::Administer)?;
    let p: shape::RetryTimers = visit.parameters()?;
    visit.request(&p.request_id)?;
    let order = p.number.as_deref().map(|number| find(visit, number)).transpose()?;
    let timers = visit.desk.runtime.retry_timers(order);
    Ok(Outcome::reply(&shape::TimersRetried { timers: timers as i64 }))
}

fn status(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let runtime = &visit.desk.runtime;
    let figures = runtime.figures();
    let head = runtime.head();
    let space = runtime.space();
    let reloaded = visit.desk.reloaded.borrow();
    let scope = visit.judge(Scope::of);
    let by_status: Vec<_> =
        runtime.views().board().counts(&scope).map(|(s, n)| shape::Count { status: s.name().into(), count: n as i64 }).collect();
    let messages_under_way = runtime.views().delivery().waiting() as i64;
    let work_orders = by_status.iter().map(|counted| counted.count).sum();
    let (clock_doubt, clock_synchronised) = {
        let clock = runtime.views().clock();
        (clock.doubt().map(|doubt| doubt.to_string()), clock.is_synchronised())
    };
    let archive = runtime.archive();
    let schedule = runtime.views().schedule();
    let status = shape::Status {
        version: env!("CARGO_PKG_VERSION").into(),
        pid: std::process::id().into(),
        uptime_ms: runtime.uptime_ms() as i64,
        now: runtime.now().0,
        clock: if runtime.clock_is_manual() { "manual" } else { "system" }.into(),
        clock_synchronised,
        clock_doubt,
        time_zone: runtime.time_zone().iana_name().unwrap_or("UTC").into(),
        head: head.to_string(),
        sequence: head.sequence as i64,
        work_orders,
        by_status,
        actors: figures.actors as i64,
        timers: schedule.len() as i64,
        next_timer: schedule.next_due().map(|t| t.0),
        timers_fired: schedule.fired as i64,
        timers_stale: schedule.stale as i64,
        timers_held: schedule.held(HELD_COUNTED) as i64,
        timers_parked: schedule.parked().len() as i64,
        messages_under_way,
        steps: figures.steps as i64,
        groups: figures.groups as i64,
        mails_sent: figures.mails_sent as i64,
        mails_failed: figures.mails_failed as i64,
        store_behind: figures.store_behind as i64,
        store_through: figures.store_through as i64,
        disk_free: i64::try_from(space.free).unwrap_or(i64::MAX),
        disk_reserve: i64::try_from(space.reserve).unwrap_or(i64::MAX),
        disk_nearly_full: space.scarce,
        archived_through: archive.moved.map(|moved| moved.sequence as i64),
        archive_problem: archive.problem,
        erasing: erasure::status(&runtime.erasing()),
        panics: figures.panics as i64,
        said: visit.desk.said.clone(),
        reloads: reloaded.count as i64,
        reloaded_at: reloaded.at.map(|at| at.0),
        reload_problems: reloaded.problems.clone(),
    };
    Ok(Outcome::reply(&shape::StatusTold { status }))
}
