//! The second order: urgent, so that its evaluation is mandatory. Nobody gets past the gate: not the engineer, not an admin,
//! not a new version of the process, not a crash. Only time does, and the history says so.

use super::cast;
use super::crash;
use super::error::{DemoError, Result};
use super::mail_catcher::Reaction;
use super::stage::{MINUTE, Stage, on, trouble};
use crate::protocol::work_orders::{Act, Create};

/// Plays it; gives its number.
///
/// # Errors
/// Something was refused that must not be, or something did not happen in time.
pub fn play(stage: &mut Stage) -> Result<String> {
    stage.narrator.scene("An urgent repair: its evaluation is mandatory");
    stage.later(30)?;
    let intake = Create {
        record_type: "repair".into(),
        subject: "Escalator smells of burning".into(),
        contact: Some("zoe".into()),
        priority: Some("urgent".into()),
        channel: Some("phone".into()),
        ..Create::default()
    };
    let number = stage.create("sue", intake)?;
    stage.tell(&format!("Zoë Müller calls: an escalator smells of burning. Sue enters {number}, urgent."));
    stage.later(1)?;
    stage.act("dora", "AssignToEngineer", Act { engineer: Some("emil".into()), ..on(&number) })?;
    stage.tell("Dora assigns Emil straight away, without a group.");
    stage.later(2)?;
    stage.act("emil", "AcceptAssignment", on(&number))?;
    stage.later(95)?;
    stage.act("emil", "CompleteTask", Act { note: Some("drive belt replaced".into()), ..on(&number) })?;
    stage.tell("Emil has accepted, replaced the drive belt, and completes the work.");
    let mail = stage.next_mail("zoe")?;
    let token = stage.link(&mail)?;
    stage.later(30)?;

    stage.catcher.behave(trouble(&Reaction::Silence));
    stage.tell("The mail server stops answering.");
    stage.confirm(&token, None)?;
    stage.tell("Zoë says by the link: solved. Her invitation to evaluate is on its way, and hangs.");
    pushed(stage, &number)?;
    stage.later(1)?;
    crash::play(stage, "emil", &number)?;
    stage.later(1)?;
    let mail = stage.next_mail("zoe")?;
    stage.link(&mail)?;
    stage.narrator.more("The mail server answers again, and the invitation that hung has arrived: once.");
    completed_by_time(stage, &number)?;
    Ok(number)
}

/// Everybody who might want to get past the gate tries.
fn pushed(stage: &mut Stage, number: &str) -> Result<()> {
    stage.later(15)?;
    let order = stage.get(number)?;
    stage.checks.that("the evaluation of the urgent order is mandatory", order.mandatory, order.mandatory);
    let skip = || Act { reason: Some("the customer is happy, she told me".into()), ..on(number) };
    let refusal = stage.act_refused("emil", "SkipEvaluation", skip(), "EvaluationMissing")?;
    stage.tell("Emil tries to skip the evaluation:");
    stage.narrator.more(&refusal);
    stage.later(2)?;
    let refusal = stage.act_refused("ada", "SkipEvaluation", skip(), "NotPermitted")?;
    stage.tell("Ada, the admin, tries to skip it:");
    stage.narrator.more(&refusal);
    stage.later(10)?;
    let processes = without_evaluation()?;
    cast::apply(stage, "ada", cast::files(Some(("processes.toml", &processes))))?;
    let version = order.process_version + 1;
    let moved = Act { version: Some(version), ..on(number) };
    let refusal = stage.act_refused("ada", "MoveToVersion", moved, "WouldDropGate")?;
    stage.tell("Ada applies a process without the evaluation and tries to move the order to it:");
    stage.narrator.more(&refusal);
    cast::apply(stage, "ada", cast::files(None))?;
    stage.tell("She puts the old process back.");
    let still = stage.get(number)?;
    let same = (still.node, still.process_version, still.revision) == (order.node, order.process_version, order.revision);
    stage.checks.that("the refused tries have changed nothing", same, format_args!("revision {}", still.revision));
    Ok(())
}

/// The shipped processes, the one for repairs without its last node.
fn without_evaluation() -> Result<String> {
    let text = cast::DEFINITIONS.iter().find(|(path, _)| *path == "processes.toml").map_or("", |(_, text)| text);
    let begins = text.match_indices("[[process.node]]").map(|(at, _)| at);
    let is_evaluation = |at: &usize| text[*at..].starts_with("[[process.node]]\nname = \"evaluate\"");
    let found = begins.clone().find(is_evaluation).and_then(|from| {
        let rest = &text[from + 1..];
        Some((from, from + 1 + rest.find("\n[[")?))
    });
    let (from, to) =
        found.ok_or_else(|| DemoError::Unexpected("the shipped repairs have no evaluation that another node follows".into()))?;
    Ok(format!("{}{}", &text[..from], &text[to..]))
}

/// Up to a minute before its time the node waits; then it completes by itself.
fn completed_by_time(stage: &mut Stage, number: &str) -> Result<()> {
    let order = stage.get(number)?;
    let due = order.timers.iter().find(|timer| timer.what.contains("completes by itself")).map(|timer| timer.due);
    let due = due.ok_or_else(|| DemoError::Unexpected("no timer waits at the mandatory evaluation".into()))?;
    stage.clock_to(due - MINUTE)?;
    std::thread::sleep(std::time::Duration::from_millis(100));
    let waiting = stage.get(number)?;
    let kind = waiting.node_kind.as_deref().unwrap_or("none");
    stage.checks.that("a minute before its time the evaluation still waits", kind == "evaluate", kind);
    stage.tell("A week goes by without an answer. One minute is left: the order still waits.");
    stage.clock_to(due)?;
    stage.until("the auto-completion", |stage| Ok((stage.get(number)?.status == "closed").then_some(())))?;
    let lines = stage.history(number)?;
    let left = lines.iter().rev().find(|line| line.event == "NodeLeft").map_or("?", |line| line.details.as_str());
    stage.checks.equal("the history says how the gate was left", left, "auto-completed, not evaluated");
    stage.tell(&format!("Its time is up: the node completes by itself. The history says: \"{left}\"."));
    Ok(())
}
