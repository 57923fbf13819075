//! Holds a ledger against what the daemon tells of its history. Pure: it decides what is lost, half, doubled or invented.

use super::ledger::Order;
use crate::protocol::work_orders::HistoryLine;
use std::collections::BTreeMap;

/// Who acts when nobody does.
const SYSTEM: &str = "system";

/// How many calls without a receipt are in the history all the same.
///
/// # Errors
/// What is wrong with the history, for people: something acknowledged that is not there or is not as it was told, a gap in the
/// revisions, a step that nobody sent or that is there twice.
pub fn held(order: &Order, lines: &[HistoryLine]) -> Result<usize, String> {
    let mut steps: BTreeMap<i64, &HistoryLine> = BTreeMap::new();
    for line in lines {
        steps.entry(line.sequence).or_insert(line);
    }
    for (expected, step) in (1..).zip(steps.values()) {
        if step.revision != expected {
            return Err(format!("revision {expected} is missing: sequence {} has revision {}", step.sequence, step.revision));
        }
    }
    let mut found = steps.values().filter(|step| step.by != SYSTEM);
    let (mut gone, mut survived) = (None, 0);
    for call in &order.calls {
        match (found.next(), call.receipt) {
            (None, Some(receipt)) => return Err(format!("lost: {} was acknowledged as {receipt:?} and is not there", call.command)),
            (None, None) => gone = Some(call.command),
            (Some(step), _) if step.command != call.command => {
                return Err(format!("sequence {} is {}, where {} was sent", step.sequence, step.command, call.command));
            }
            (Some(_), _) if gone.is_some() => return Err(format!("{:?} is not there, and what was sent after it is", gone)),
            (Some(step), Some(receipt)) if receipt != (step.revision, step.sequence) => {
                return Err(format!("{} was acknowledged as {receipt:?} and is ({}, {})", call.command, step.revision, step.sequence));
            }
            (Some(_), None) => survived += 1,
            (Some(_), Some(_)) => {}
        }
    }
    match found.next() {
        Some(step) => Err(format!("sequence {} ({}) was sent by nobody, or is there twice", step.sequence, step.command)),
        None => Ok(survived),
    }
}

/// Whether the evaluation of a Work Order whose work is done was ended by its timer, once.
///
/// # Errors
/// How often it was instead.
pub fn completed_once(lines: &[HistoryLine]) -> Result<(), String> {
    let times = lines.iter().filter(|line| line.by == SYSTEM && line.event == "NodeLeft").count();
    if times == 1 { Ok(()) } else { Err(format!("its auto-completion is there {times} times")) }
}
