//! The replay from beginning to end: read the log, drive it, read our history back, compare.
//! Keeps: nothing is sent before the whole log was read and the daemon is known to fit.

use std::path::Path;
use std::time::Instant;

use super::compare::{Case, explain_refusal};
use super::drive::Driver;
use super::facts;
use super::log::{self, LogError, MINUTE};
use super::ours;
use super::people;
use super::report::{Report, Tally};
use crate::client::connection::{Client, ClientError};
use crate::protocol::system::StatusTold;

/// How to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Show a line of progress on standard error, if that is a terminal.
    pub progress: bool,
}

/// Why a replay did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The daemon, or the way to it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The daemon is not fit for a replay.
    #[error("{0}; start one with: workorderd run --data DIR --socket PATH --clock manual --clock-start {1}")]
    Unfit(String, i64),
    /// An incident cannot be found again.
    #[error("incident {incident} has {work_orders} Work Orders where it should have one")]
    Lost {
        /// The log's number.
        incident: String,
        /// How many there are.
        work_orders: usize,
    },
}

/// Replays a log through the daemon behind `client`, which must be an admin that may act as others.
///
/// # Errors
/// See [`ReplayError`]. Differences are not errors: they are in the report ([`Report::is_explained`]).
pub fn run(client: &mut Client, csv: &Path, options: Options) -> Result<Report, ReplayError> {
    let began = Instant::now();
    let incidents = log::read(csv)?;
    let first = incidents.iter().flat_map(|incident| &incident.rows).map(|row| row.at).min().unwrap_or(0);
    let now = fit(client, first)?;
    let mut driver = Driver::new(client, options.progress)?;
    driver.apply_definitions()?;
    driver.enter_people(&people::of(&incidents))?;
    let driven = driver.drive(&incidents, now)?;
    let ours = ours::read(client, &incidents, driven.sequence)?;
    let mut tally = Tally::new(csv, &incidents, &driven);
    for (incident, ours) in incidents.iter().zip(&ours) {
        let log = facts::of_log(incident);
        let case = Case { incident, log: &log, ours };
        tally.take(&case, case.judge());
    }
    for refused in &driven.refused {
        let incident = &incidents[refused.incident];
        tally.take_refusal(incident, refused, explain_refusal(incident, refused));
    }
    Ok(tally.report(began.elapsed()))
}

/// The daemon's time, if it is fit: a clock set by hand that is not ahead of the log, and nothing in it yet.
fn fit(client: &mut Client, first: i64) -> Result<i64, ReplayError> {
    let told: StatusTold = client.call("org.workorderd.System1.Status", &serde_json::json!({}))?;
    let status = told.status;
    let problem = if status.clock != "manual" {
        Some("the daemon's clock is not set by hand".to_owned())
    } else if status.now > first {
        Some(format!("the daemon's clock is at {}, the log begins at {}", facts::minute(status.now), facts::minute(first)))
    } else if status.work_orders > 0 {
        Some(format!("the daemon has {} Work Orders already; a replay needs a fresh data folder", status.work_orders))
    } else {
        None
    };
    match problem {
        Some(problem) => Err(ReplayError::Unfit(problem, first - MINUTE)),
        None => Ok(status.now),
    }
}
