//! On-site work: labor with times as people write them, and the labor of each engineer.

use super::act::Step;
use super::args_more::LaborCommand;
use super::failure::Failure;
use super::orders;
use super::session::Session;
use super::view::field_work;
use super::view::times::read_time;
use crate::protocol::work_orders::{Act, LaborTotals, LaborTotalsTold, NAME};

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
    orders::act(session, step)
}

fn totals(session: &mut Session<'_, '_>, asked: LaborTotals) -> Result<(), Failure> {
    let reply = session.ask(&format!("{NAME}.LaborTotals"), &asked)?;
    session.print(reply, |told: &LaborTotalsTold, page| field_work::totals(told, page))
}
