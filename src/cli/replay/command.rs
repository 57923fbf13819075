//! The subcommand: what a replay prints, and the exit code of what went wrong.
//! Keeps: the report is printed also where differences have no rule, and the exit code says so.

use super::args::ReplayArgs;
use super::run::{Options, ReplayError, run};
use crate::cli::failure::Failure;
use crate::cli::session::Session;

/// Replays a log and prints the report.
///
/// # Errors
/// The replay did not come to its end, or some differences have no rule.
pub fn replay(session: &mut Session<'_, '_>, args: &ReplayArgs) -> Result<(), Failure> {
    let report = run(session.client(), &args.file, Options { progress: true }).map_err(|error| match error {
        ReplayError::Client(error) => Failure::Client(error),
        ReplayError::Log(_) | ReplayError::Unfit(..) => Failure::Usage(error.to_string()),
        ReplayError::Lost { .. } => Failure::Nothing(error.to_string()),
    })?;
    if session.json() {
        session.print_json(&serde_json::to_value(&report).unwrap_or_default())?;
    } else {
        session.write(&report.text(args.verbose))?;
    }
    match report.unexplained.len() {
        0 => Ok(()),
        count => Err(Failure::Nothing(format!("{count} differences have no rule that explains them"))),
    }
}
