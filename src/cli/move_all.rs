//! All running Work Orders of a process to one version of it: one command each, and a report of each, because each may have its own
//! reason to stay.

use serde_json::{Value, json};

use super::failure::Failure;
use super::orders::numbers;
use super::session::Session;
use super::view::width::line;
use crate::client::connection::ClientError;
use crate::protocol::work_orders::{Act, Get, Got, List, NAME};

/// What became of one.
struct Report {
    number: String,
    from: i64,
    /// None: moved, or would be.
    why_not: Option<String>,
}

/// Moves them, newest first. Fails at the end if one stayed behind.
///
/// # Errors
/// What the daemon says about the list, or that some could not be moved.
pub fn move_all(session: &mut Session<'_, '_>, process: &str, version: i64, dry_run: bool) -> Result<(), Failure> {
    // Taken before the first is moved: moving changes the list.
    let numbers = numbers(session, List { open: Some(true), ..List::default() }, None)?;
    let (mut moved, mut stayed, mut so_already) = (0_usize, 0_usize, 0_usize);
    for (index, number) in numbers.iter().enumerate() {
        session.progress(index + 1, numbers.len());
        let reply = session.ask(&format!("{NAME}.Get"), &Get { number: number.clone(), language: None })?;
        let order = session.shape::<Got>(reply)?.work_order;
        if order.process != process || order.outcome.is_some() {
            continue;
        }
        if order.process_version == version {
            so_already += 1;
            continue;
        }
        let why_not = if dry_run { None } else { one(session, number, version, index)? };
        if why_not.is_some() {
            stayed += 1
        } else {
            moved += 1
        }
        tell(session, &Report { number: number.clone(), from: order.process_version, why_not }, version, dry_run)?;
    }
    session.progress(0, 0);
    if session.json() {
        session.print_json_line(&json!({ "moved": moved, "stayed": stayed, "soAlready": so_already, "dryRun": dry_run }))?;
    } else {
        let would = if dry_run { "would be moved" } else { "moved" };
        session
            .write(&format!("{moved} {would} to version {version} of {}, {stayed} stayed, {so_already} had it already\n", line(process)))?;
    }
    if stayed > 0 { Err(Failure::Nothing(format!("{stayed} Work Orders stayed on their version"))) } else { Ok(()) }
}

/// Moves one; why not, where the daemon refuses.
fn one(session: &mut Session<'_, '_>, number: &str, version: i64, index: usize) -> Result<Option<String>, Failure> {
    let request_id = format!("{}.{index}", session.request_id);
    let act = Act { number: number.to_owned(), request_id, version: Some(version), ..Act::default() };
    match session.change(&format!("{NAME}.MoveToVersion"), &act) {
        Ok(_) => Ok(None),
        Err(Failure::Client(ClientError::Refused { name, parameters })) => {
            let said = parameters.get("message").and_then(Value::as_str).map(str::to_owned);
            Ok(Some(said.unwrap_or(name)))
        }
        Err(lost) => Err(lost),
    }
}

fn tell(session: &mut Session<'_, '_>, report: &Report, version: i64, dry_run: bool) -> Result<(), Failure> {
    let Report { number, from, why_not } = report;
    if session.json() {
        return session.print_json_line(
            &json!({ "number": number, "from": from, "to": version, "moved": why_not.is_none() && !dry_run, "whyNot": why_not }),
        );
    }
    let said = match (why_not, dry_run) {
        (Some(why_not), _) => format!("stays on version {from}: {}", line(why_not)),
        (None, true) => format!("would move from version {from}"),
        (None, false) => format!("moved from version {from}"),
    };
    session.write(&format!("{} {said}\n", line(number)))
}
