//! One command on many Work Orders, each for itself: of each it is told whether it was done, or why not (ASG-6).
//!
//! Calls go out many at a time, so that their steps share what is written to the disk. All have the batch's request id, each for its
//! own Work Order: the same batch asked for again does what is left, and nothing twice.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::{Args, Parser};
use serde_json::{Value, json};

use super::act::{self, Step};
use super::args::{Arguments, Command, List};
use super::attachments;
use super::failure::Failure;
use super::orders;
use super::session::Session;
use super::view::width::line;
use crate::client::connection::ClientError;
use crate::protocol::work_orders::{Accepted, Act, NAME, Receipt};

/// Stands in the command for the number of each.
const NUMBER: &str = "NUMBER";
/// Calls that are sent before their replies are read.
const AT_ONCE: usize = 128;
/// How often a busy daemon is asked again, and the pause before it.
const TRIES: usize = 50;
const PAUSE: Duration = Duration::from_millis(100);

/// Which Work Orders, and what to do with each.
#[derive(Debug, Clone, Args)]
pub struct Batch {
    /// File with one number a line (-: standard input), instead of filters as of `list`
    #[arg(long, value_name = "FILE")]
    pub numbers: Option<PathBuf>,
    /// Only tell which Work Orders it would be
    #[arg(long)]
    pub dry_run: bool,
    /// Tell only of those that were refused, and how many were done
    #[arg(long)]
    pub refused_only: bool,
    /// Which ones.
    #[command(flatten)]
    pub list: List,
    /// A command on one Work Order, with NUMBER in the place of its number: -- change-owner NUMBER mei
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

/// Carries it out. Fails at the end if any was refused.
///
/// # Errors
/// What makes no sense as a batch; what the daemon says about the list; that some were refused; a connection that was lost.
pub fn batch(session: &mut Session<'_, '_>, batch: Batch) -> Result<(), Failure> {
    let step = step(session, &batch.command)?;
    let numbers = match &batch.numbers {
        Some(file) => read(file)?,
        None => orders::numbers_of(session, &batch.list)?,
    };
    if batch.dry_run {
        for number in &numbers {
            if session.json() {
                session.print_json_line(&json!({ "number": number }))?;
            } else {
                session.write(&format!("{}\n", line(number)))?;
            }
        }
        return if session.json() { Ok(()) } else { session.write(&format!("{} would be asked for {}\n", numbers.len(), step.method)) };
    }
    let (mut done, mut refused) = (0_usize, 0_usize);
    for part in numbers.chunks(AT_ONCE) {
        let outcomes = ask(session, &step, part)?;
        for (number, outcome) in part.iter().zip(outcomes) {
            *(if outcome.is_ok() { &mut done } else { &mut refused }) += 1;
            if outcome.is_err() || !batch.refused_only {
                session.progress(0, 0);
                tell(session, &step, number, &outcome)?;
            }
        }
        session.progress(done + refused, numbers.len());
    }
    session.progress(0, 0);
    if session.json() {
        session.print_json_line(&json!({ "done": done, "refused": refused }))?;
    } else {
        session.write(&format!("{done} done, {refused} refused\n"))?;
    }
    if refused > 0 { Err(Failure::Nothing(format!("{refused} of {} were refused", numbers.len()))) } else { Ok(()) }
}

/// The command, read as it would be alone.
fn step(session: &mut Session<'_, '_>, words: &[String]) -> Result<Step, Failure> {
    let words = || std::iter::once("workorderctl").chain(words.iter().map(String::as_str));
    let parsed = Arguments::try_parse_from(words()).map_err(|error| Failure::Usage(format!("the command of the batch: {error}")))?;
    let Command::Act(mut command) = parsed.command else {
        return Err(Failure::Usage("a batch is of a command on one Work Order, such as: -- change-owner NUMBER mei".to_owned()));
    };
    let global = &parsed.global;
    if global.json || global.request_id.is_some() || global.expected_revision.is_some() || global.time_zone.is_some() {
        return Err(Failure::Usage("global options stand before `batch`; --expected-revision has no place in one".to_owned()));
    }
    if let Some(fields) = command.fields_mut() {
        attachments::bring(session, fields)?;
    }
    let step = act::step(&command);
    if step.act.number != NUMBER {
        return Err(Failure::Usage(format!("write {NUMBER} in the place of the number; which ones it is about, filters or --numbers say")));
    }
    Ok(step)
}

/// One number a line, each once; empty lines count for nothing.
fn read(file: &Path) -> Result<Vec<String>, Failure> {
    let wrong = |error: std::io::Error| Failure::Usage(format!("{}: {error}", file.display()));
    let text = if file.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(wrong)?;
        text
    } else {
        std::fs::read_to_string(file).map_err(wrong)?
    };
    let mut known = BTreeSet::new();
    let numbers = text.lines().map(|line| line.trim().trim_start_matches('\u{feff}')).filter(|line| !line.is_empty());
    if let Some((at, odd)) = numbers.clone().enumerate().find(|(_, number)| number.contains(char::is_whitespace)) {
        return Err(Failure::Usage(format!("{}: {odd:?} (the {}. number) is not a number alone", file.display(), at + 1)));
    }
    Ok(numbers.filter(|number| known.insert(*number)).map(str::to_owned).collect())
}

type Outcome = Result<Receipt, (String, String)>;

/// Asks for a part of them, those that the daemon was too busy for again.
fn ask(session: &mut Session<'_, '_>, step: &Step, numbers: &[String]) -> Result<Vec<Outcome>, Failure> {
    let method = format!("{NAME}.{}", step.method);
    let mut outcomes: Vec<Option<Outcome>> = numbers.iter().map(|_| None).collect();
    for tried in 1.. {
        let open: Vec<usize> = (0..numbers.len()).filter(|at| outcomes[*at].is_none()).collect();
        if open.is_empty() {
            break;
        }
        let call = |at: &usize| {
            let act = Act { number: numbers[*at].clone(), request_id: session.request_id.clone(), ..step.act.clone() };
            (method.as_str(), act)
        };
        let calls: Vec<(&str, Act)> = open.iter().map(call).collect();
        let id = session.request_id.clone();
        let replies = session.client().pipeline::<_, Accepted>(&calls).map_err(|lost| Failure::Unknown(lost, id.clone()))?;
        for (at, reply) in open.into_iter().zip(replies) {
            outcomes[at] = match reply {
                Ok(accepted) => Some(Ok(accepted.receipt)),
                Err(ClientError::Refused { name, .. }) if name.ends_with(".Busy") && tried < TRIES => None,
                Err(ClientError::Refused { name, parameters }) => {
                    let said = parameters.get("message").and_then(Value::as_str).map(str::to_owned);
                    Some(Err((name.clone(), said.unwrap_or(name))))
                }
                Err(lost) => return Err(Failure::Unknown(lost, id)),
            };
        }
        if outcomes.iter().any(Option::is_none) {
            thread::sleep(PAUSE);
        }
    }
    Ok(outcomes.into_iter().flatten().collect())
}

fn tell(session: &mut Session<'_, '_>, step: &Step, number: &str, outcome: &Outcome) -> Result<(), Failure> {
    match (outcome, session.json()) {
        (Ok(receipt), false) => session.write(&act::told(receipt, &step.done)),
        (Err((_, why_not)), false) => session.write(&format!("{} refused: {}\n", line(number), line(why_not))),
        (Ok(receipt), true) => session.print_json_line(&json!({ "number": number, "done": true, "receipt": receipt })),
        (Err((error, why_not)), true) => {
            session.print_json_line(&json!({ "number": number, "done": false, "error": error, "whyNot": why_not }))
        }
    }
}
