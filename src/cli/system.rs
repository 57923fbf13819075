//! The daemon itself: its status, who one is to it, and its clock if that is set by hand.

use serde_json::json;

use super::args_more::{ClockCommand, ParkedCommand, SmsCommand};
use super::failure::Failure;
use super::session::Session;
use super::view::{status, times};
use crate::protocol::system::{
    ChangeSmsQuota, ClockSet, ClockTrusted, NAME, ParkedTimers, RetryTimers, SetClock, SmsQuota, StatusTold, TimersRetried, TrustClock, Who,
};

/// How it is doing.
///
/// # Errors
/// What the daemon says.
pub fn status(session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let reply = session.ask(&format!("{NAME}.Status"), &json!({}))?;
    session.print(reply, |told: &StatusTold, page| {
        let mut page = page.clone();
        page.times.now = told.status.now;
        status::status(&told.status, &page)
    })
}

/// Who one is.
///
/// # Errors
/// What the daemon says.
pub fn whoami(session: &mut Session<'_, '_>) -> Result<(), Failure> {
    let reply = session.ask(&format!("{NAME}.WhoAmI"), &json!({}))?;
    session.print(reply, |who: &Who, page| status::who(who, page))
}

/// Sets the clock, or trusts it.
///
/// # Errors
/// A time that is none, or what the daemon says.
pub fn clock(session: &mut Session<'_, '_>, command: &ClockCommand) -> Result<(), Failure> {
    let request_id = session.request_id.clone();
    let parameters = match command {
        ClockCommand::Trust => {
            let reply = session.change(&format!("{NAME}.TrustClock"), &TrustClock { request_id })?;
            return session
                .print(reply, |trusted: &ClockTrusted, page| format!("the clock is trusted: it is {}\n", page.times.second(trusted.now)));
        }
        ClockCommand::Ahead { span } => SetClock { request_id, to: None, ahead_ms: Some(times::read_span(span).map_err(Failure::Usage)?) },
        ClockCommand::Set { time } => {
            let to = times::read_time(time, &session.page.times.zone).map_err(Failure::Usage)?;
            SetClock { request_id, to: Some(to), ahead_ms: None }
        }
    };
    let reply = session.change(&format!("{NAME}.SetClock"), &parameters)?;
    session.print(reply, |set: &ClockSet, page| format!("it is now {}\n", page.times.second(set.now)))
}

/// The quota of short messages.
///
/// # Errors
/// What the daemon says.
pub fn sms(session: &mut Session<'_, '_>, command: &SmsCommand) -> Result<(), Failure> {
    let by = match *command {
        SmsCommand::Quota { add: Some(add), .. } => Some(i64::from(add)),
        SmsCommand::Quota { take: Some(take), .. } => Some(-i64::from(take)),
        SmsCommand::Quota { .. } => None,
    };
    let reply = match by {
        Some(by) => session.change(&format!("{NAME}.ChangeSmsQuota"), &ChangeSmsQuota { request_id: session.request_id.clone(), by })?,
        None => session.ask(&format!("{NAME}.GetSmsQuota"), &json!({}))?,
    };
    session.print(reply, |quota: &SmsQuota, _| {
        let count = |n: i64| if n == 1 { "1 segment".to_owned() } else { format!("{n} segments") };
        format!("{} bought, {} used, {} left\n", count(quota.total), quota.used, quota.left)
    })
}

/// Parked timers.
///
/// # Errors
/// What the daemon says.
pub fn parked_timers(session: &mut Session<'_, '_>, command: &ParkedCommand) -> Result<(), Failure> {
    match command {
        ParkedCommand::List => {
            let reply = session.ask(&format!("{NAME}.ListParkedTimers"), &json!({}))?;
            session.print(reply, |parked: &ParkedTimers, page| status::parked(&parked.timers, page))
        }
        ParkedCommand::Retry { number } => {
            let parameters = RetryTimers { request_id: session.request_id.clone(), number: number.clone() };
            let reply = session.change(&format!("{NAME}.RetryTimers"), &parameters)?;
            session.print(reply, |retried: &TimersRetried, _| format!("{} timers are set again\n", retried.timers))
        }
    }
}
