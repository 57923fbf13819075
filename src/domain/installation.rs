//! The installation itself: whether its clock is set by hand, and where that clock stands.

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
}

/// Commands to the installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstallationCommand {
    Found {
        manual_clock: Option<Timestamp>,
    },
    /// Sets a manual clock ahead.
    SetClock {
        to: Timestamp,
    },
}

/// What happened to the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstallationEvent {
    Founded { manual_clock: Option<Timestamp> },
    ClockSet { to: Timestamp },
}

/// Decides a command.
pub fn decide(
    installation: Option<&Installation>,
    command: &InstallationCommand,
    cx: &Context<'_>,
) -> Result<InstallationEvent, Rejection> {
    match (command, installation) {
        (InstallationCommand::Found { .. }, Some(_)) => Err(Rejection::NothingToChange),
        (InstallationCommand::Found { manual_clock }, None) => {
            may(Action::ActAsSystem, None, cx)?;
            Ok(InstallationEvent::Founded { manual_clock: *manual_clock })
        }
        (InstallationCommand::SetClock { to }, Some(Installation { manual_clock: Some(now) })) => {
            may(Action::Use(Right::Administer), None, cx)?;
            if to <= now {
                return Err(Rejection::ClockGoesAhead { now: now.0, to: to.0 });
            }
            Ok(InstallationEvent::ClockSet { to: *to })
        }
        (InstallationCommand::SetClock { .. }, _) => Err(Rejection::ClockNotManual),
    }
}

/// Takes an event in; total.
pub fn evolve(event: &InstallationEvent) -> Installation {
    match event {
        InstallationEvent::Founded { manual_clock } => Installation { manual_clock: *manual_clock },
        InstallationEvent::ClockSet { to } => Installation { manual_clock: Some(*to) },
    }
}
