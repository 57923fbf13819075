//! On-site work: labor with times as people write them, and the labor of each engineer.

use super::act::Step;
use super::args_more::LaborCommand;
use super::failure::{ERRORS, Failure};
use super::orders;
use super::session::Session;
use super::view::field_work;
use super::view::times::{Times, read_time};
use crate::client::connection::ClientError;
use crate::protocol::work_orders::{Act, LaborTotals, LaborTotalsTold, NAME};
use serde_json::Value;

/// Starts, stops or enters labor; or tells whose there is.
///
/// # Errors
/// A time that is none, or what the daemon says.
pub fn labor(session: &mut Session<'_, '_>, command: LaborCommand) -> Result<(), Failure> {
    let zone = session.page.times.zone.clone();
    let time = |text: &str| read_time(text, &zone).map_err(Failure::Usage);
    let step = match command {
        LaborCommand::Start { of, step } => {
            Step { method: "StartLabor", act: Act { number: of.number, step, ..Act::default() }, done: "labor started".into() }
        }
        LaborCommand::Stop { of, at } => {
            let at = at.as_deref().map(time).transpose()?;
            Step { method: "StopLabor", act: Act { number: of.number, at, ..Act::default() }, done: "labor stopped".into() }
        }
        LaborCommand::Enter { of, from, to, step } => {
            let (from, to) = (Some(time(&from)?), Some(time(&to)?));
            Step { method: "EnterLabor", act: Act { number: of.number, from, to, step, ..Act::default() }, done: "labor entered".into() }
        }
        LaborCommand::Totals { engineer, limit, after } => return totals(session, LaborTotals { engineer, limit, after }),
    };
    let done = orders::act(session, step);
    done.map_err(|failure| with_times(failure, &session.page.times))
}

/// What is in the way, with the times as people read them.
fn with_times(failure: Failure, times: &Times) -> Failure {
    let Failure::Client(ClientError::Refused { name, mut parameters }) = failure else { return failure };
    if name == format!("{ERRORS}LaborOverlaps") {
        let text = |key: &str| parameters.get(key).and_then(Value::as_str).unwrap_or_default();
        let time = |key: &str| parameters.get(key).and_then(Value::as_i64).map(|at| times.minute(at));
        let from = time("from").unwrap_or_default();
        let until = time("to").map_or_else(|| "on, and it runs".to_owned(), |to| format!("to {to}"));
        let told = format!("{} has labor on {} from {from} {until}", text("engineer"), text("number"));
        parameters.insert("message".to_owned(), told.into());
    }
    Failure::Client(ClientError::Refused { name, parameters })
}

fn totals(session: &mut Session<'_, '_>, asked: LaborTotals) -> Result<(), Failure> {
    let reply = session.ask(&format!("{NAME}.LaborTotals"), &asked)?;
    session.print(reply, |told: &LaborTotalsTold, page| field_work::totals(told, page))
}
