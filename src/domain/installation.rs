//! The installation itself: whether its clock is set by hand and where that clock stands, or which clock of the machine is trusted; and
//! how many short messages it may send.

use super::context::Context;
use super::definition::Right;
use super::may::{Action, may};
use super::rejection::Rejection;
use super::time::Timestamp;
use serde::{Deserialize, Serialize};

/// One per data folder, made when the folder is created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installation {
    /// Time set by hand; none: the machine's clock.
    pub manual_clock: Option<Timestamp>,
    /// What the machine's clock is held against; see `engine::clock_guard`.
    pub anchor: Option<ClockAnchor>,
    /// Segments of short messages that were bought, since ever (EVA-5). What of them is used is in the Work Orders.
    pub sms_quota: u64,
}

/// Most segments that are added at a time.
pub const SMS_ADDED_MAX: u64 = 1_000_000_000;

/// A moment at which the machine's clock was trusted: how far it was ahead of the time since the machine's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAnchor {
    /// Which start of the machine; the next one has another.
    #[serde(with = "super::ids::wide")]
    pub boot: u128,
    /// The wall clock less the time since that start, in milliseconds.
    pub offset: i64,
    /// Whether the kernel said that the clock was synchronised.
    pub synchronised: bool,
}

/// Commands to the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallationCommand {
    Found {
        manual_clock: Option<Timestamp>,
        anchor: Option<ClockAnchor>,
    },
    /// Sets a manual clock ahead.
    SetClock {
        to: Timestamp,
    },
    /// The machine's clock is right as it is now: by the daemon where nothing speaks against it, else by an admin.
    TrustClock {
        anchor: ClockAnchor,
    },
    /// So many segments more, or fewer; not fewer than are used.
    ChangeSmsQuota {
        by: i64,
    },
}

/// What happened to the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstallationEvent {
    Founded { manual_clock: Option<Timestamp>, anchor: Option<ClockAnchor> },
    ClockSet { to: Timestamp },
    ClockTrusted { anchor: ClockAnchor },
    SmsQuotaChanged { by: i64, total: u64 },
}

/// Decides a command.
pub fn decide(
    installation: Option<&Installation>,
    command: &InstallationCommand,
    cx: &Context<'_>,
) -> Result<InstallationEvent, Rejection> {
    match (command, installation) {
        (InstallationCommand::Found { .. }, Some(_)) => Err(Rejection::NothingToChange),
        (InstallationCommand::Found { manual_clock, anchor }, None) => {
            may(Action::ActAsSystem, None, cx)?;
            Ok(InstallationEvent::Founded { manual_clock: *manual_clock, anchor: *anchor })
        }
        (InstallationCommand::SetClock { to }, Some(Installation { manual_clock: Some(now), .. })) => {
            may(Action::Use(Right::Administer), None, cx)?;
            if to <= now {
                return Err(Rejection::ClockGoesAhead { now: now.0, to: to.0 });
            }
            Ok(InstallationEvent::ClockSet { to: *to })
        }
        (InstallationCommand::SetClock { .. }, _) => Err(Rejection::ClockNotManual),
        (InstallationCommand::TrustClock { anchor }, installation) => {
            may(Action::Use(Right::Administer), None, cx)?;
            // A clock set by hand is right by definition.
            if installation.is_some_and(|i| i.manual_clock.is_some() || i.anchor == Some(*anchor)) {
                return Err(Rejection::NothingToChange);
            }
            Ok(InstallationEvent::ClockTrusted { anchor: *anchor })
        }
        (InstallationCommand::ChangeSmsQuota { by }, installation) => {
            may(Action::Use(Right::Administer), None, cx)?;
            if *by == 0 {
                return Err(Rejection::NothingToChange);
            }
            if by.unsigned_abs() > SMS_ADDED_MAX {
                return Err(Rejection::invalid("segments", format!("{by} is more than {SMS_ADDED_MAX} at a time")));
            }
            let now = installation.map_or(0, |i| i.sms_quota);
            let total = now.checked_add_signed(*by).ok_or_else(|| {
                Rejection::invalid("segments", format!("the quota is {now} segments, so {} cannot be taken away", by.unsigned_abs()))
            })?;
            Ok(InstallationEvent::SmsQuotaChanged { by: *by, total })
        }
    }
}

/// Takes an event in; total.
pub fn evolve(installation: Option<Installation>, event: &InstallationEvent) -> Installation {
    let before = installation.unwrap_or(Installation { manual_clock: None, anchor: None, sms_quota: 0 });
    match event {
        InstallationEvent::Founded { manual_clock, anchor } => Installation { manual_clock: *manual_clock, anchor: *anchor, ..before },
        InstallationEvent::ClockSet { to } => Installation { manual_clock: Some(*to), ..before },
        InstallationEvent::ClockTrusted { anchor } => Installation { anchor: Some(*anchor), ..before },
        InstallationEvent::SmsQuotaChanged { total, .. } => Installation { sms_quota: *total, ..before },
    }
}
