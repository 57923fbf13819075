//! What our history tells of the incidents: read back through `List`, `Get` and `History`, and from nowhere else.
//! Keeps: every incident has exactly one Work Order, found by its reference.
//! Leaves to others: the comparison with the log.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::drive::RECORD_TYPE;
use super::facts::{Facts, Phase};
use super::log::Incident;
use super::run::ReplayError;
use crate::client::connection::Client;
use crate::protocol::work_orders::{Got, HistoryLine, HistoryTold, Listed, WorkOrder};

/// Work Orders asked for in one go.
const AT_ONCE: usize = 100;
/// Steps of a history that are asked for; there is no incident with nearly as many rows.
const HISTORY_LIMIT: i64 = 1000;

/// One incident as our history tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// Our number.
    pub number: String,
    /// What is compared.
    pub facts: Facts,
    /// What it was doing from when on.
    pub course: Vec<(i64, Phase)>,
    /// When a hold was ended and another begun at the same moment.
    pub interruptions: Vec<i64>,
}

impl Ours {
    /// What it was doing at a time.
    pub fn phase_at(&self, at: i64) -> Option<Phase> {
        self.course.iter().rev().find(|(from, _)| *from <= at).map(|(_, phase)| *phase)
    }
}

/// Reads all incidents back, in the order of the log.
///
/// # Errors
/// [`ReplayError::Client`]; [`ReplayError::Lost`] where an incident has no Work Order, or more than one.
pub fn read(client: &mut Client, incidents: &[Incident], sequence: i64) -> Result<Vec<Ours>, ReplayError> {
    let numbers = numbers(client, sequence)?;
    let mut all = Vec::with_capacity(incidents.len());
    for chunk in incidents.chunks(AT_ONCE) {
        let number = |incident: &Incident| match numbers.get(&incident.number).map(Vec::as_slice) {
            Some([number]) => Ok(number.clone()),
            Some(several) => Err(ReplayError::Lost { incident: incident.number.clone(), work_orders: several.len() }),
            None => Err(ReplayError::Lost { incident: incident.number.clone(), work_orders: 0 }),
        };
        let chunk = chunk.iter().map(number).collect::<Result<Vec<_>, _>>()?;
        let gets: Vec<_> = chunk.iter().map(|n| ("org.workorderd.WorkOrders1.Get", json!({ "number": n }))).collect();
        let orders = client.pipeline::<_, Got>(&gets)?;
        let tells: Vec<_> =
            chunk.iter().map(|n| ("org.workorderd.WorkOrders1.History", json!({ "number": n, "limit": HISTORY_LIMIT }))).collect();
        let histories = client.pipeline::<_, HistoryTold>(&tells)?;
        for (order, history) in orders.into_iter().zip(histories) {
            let mut lines = history?.lines;
            lines.reverse();
            all.push(ours(order?.work_order, &lines));
        }
    }
    Ok(all)
}

/// Our numbers by the log's.
fn numbers(client: &mut Client, sequence: i64) -> Result<HashMap<String, Vec<String>>, ReplayError> {
    let mut numbers: HashMap<String, Vec<String>> = HashMap::new();
    let mut after: Option<String> = None;
    loop {
        let mut parameters = json!({ "recordType": RECORD_TYPE, "limit": 1000, "atLeast": sequence });
        if let Some(after) = &after {
            parameters["after"] = Value::from(after.as_str());
        }
        let page: Listed = client.call("org.workorderd.WorkOrders1.List", &parameters)?;
        for line in page.lines {
            numbers.entry(line.reference.unwrap_or_default()).or_default().push(line.number);
        }
        after = page.next;
        if after.is_none() {
            return Ok(numbers);
        }
    }
}

/// From a Work Order and its history, oldest line first.
pub fn ours(order: WorkOrder, lines: &[HistoryLine]) -> Ours {
    let told = Told::of(lines);
    let state = match (order.outcome.as_deref(), &order.on_hold, order.node_kind.as_deref()) {
        (Some("completed"), ..) => Phase::Closed,
        (Some(_), ..) => Phase::Dropped,
        (None, Some(_), _) => Phase::Awaiting,
        (None, None, Some("confirm")) => Phase::Resolved,
        (None, None, Some("task" | "on-site")) => Phase::Active,
        (None, None, _) => Phase::New,
    };
    Ours {
        number: order.number,
        facts: Facts {
            state,
            group: order.group,
            engineer: order.engineer,
            priority: order.priority,
            caller: order.contact,
            channel: order.channel,
            account: order.account,
            // The first group is no change.
            group_changes: (told.groups - 1).max(0),
            reopenings: order.reopened,
            holds: told.holds,
            waited: order.held_ms,
            resolved_at: order.last_completed_at,
            closed_at: order.ended_at,
        },
        course: told.course,
        interruptions: told.interruptions,
    }
}

/// What the lines of a history add up to.
#[derive(Debug, Default)]
struct Told {
    groups: i64,
    holds: i64,
    course: Vec<(i64, Phase)>,
    interruptions: Vec<i64>,
}

impl Told {
    fn of(lines: &[HistoryLine]) -> Self {
        let mut told = Self::default();
        let mut at_node = Phase::New;
        let mut resumed = None;
        for line in lines {
            let now = match line.event.as_str() {
                "Created" => Phase::New,
                // "work, for resolver-7": the node's name comes first.
                "NodeEntered" => {
                    at_node = node(&line.details);
                    at_node
                }
                "Held" => {
                    told.holds += 1;
                    if resumed == Some(line.at) {
                        told.interruptions.push(line.at);
                    }
                    Phase::Awaiting
                }
                "Resumed" => {
                    resumed = Some(line.at);
                    at_node
                }
                "Ended" if line.details == "completed" => Phase::Closed,
                "Ended" => Phase::Dropped,
                "AssignedToGroup" => {
                    told.groups += 1;
                    continue;
                }
                _ => continue,
            };
            told.course.push((line.at, now));
        }
        told
    }
}

fn node(details: &str) -> Phase {
    match details.split(',').next() {
        Some("work") => Phase::Active,
        Some("confirm") => Phase::Resolved,
        Some(_) | None => Phase::New,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: i64, event: &str, details: &str) -> HistoryLine {
        HistoryLine { at, event: event.into(), details: details.into(), ..HistoryLine::default() }
    }

    #[test]
    fn a_history_adds_up_to_groups_holds_and_a_course() {
        let lines = [
            line(1, "Created", ""),
            line(1, "NodeEntered", "assign, for role dispatcher"),
            line(1, "AssignedToGroup", "to service group g1"),
            line(2, "Held", "waiting for customer"),
            line(3, "Resumed", ""),
            line(3, "AssignedToGroup", "to service group g2"),
            line(3, "Held", "waiting for customer"),
            line(4, "Resumed", ""),
            line(5, "NodeEntered", "work, for e, role dispatcher"),
            line(6, "NodeEntered", "confirm, for submitter"),
            line(7, "Ended", "completed"),
        ];
        let ours = ours(WorkOrder { outcome: Some("completed".into()), ..WorkOrder::default() }, &lines);
        assert_eq!((ours.facts.group_changes, ours.facts.holds, ours.interruptions.as_slice()), (1, 2, [3].as_slice()));
        let phases: Vec<_> = (1..=7).filter_map(|at| ours.phase_at(at)).collect();
        use Phase::{Active, Awaiting, Closed, New, Resolved};
        assert_eq!(phases, [New, Awaiting, Awaiting, New, Active, Resolved, Closed]);
        assert_eq!(ours.phase_at(0), None);
    }
}
