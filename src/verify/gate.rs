//! The rules of the history as a reader would put them, written anew: revisions, numbers, visits, and the mandatory gate (EVA-10).

use super::labor::Labor;
use crate::codec::StepBody;
use crate::domain::aggregate::{Event, Key};
use crate::domain::ids::{VisitNo, WorkOrderId};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::NodeState;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::state::Exit;
use std::collections::{HashMap, HashSet};

/// What one Work Order's history says so far.
#[derive(Debug, Default)]
struct Seen {
    number: Option<WorkOrderNumber>,
    open: Option<OpenVisit>,
    last_visit: u32,
    ended: bool,
}

#[derive(Debug)]
struct OpenVisit {
    no: VisitNo,
    mandatory: bool,
    evaluates: bool,
    evaluated: bool,
    /// Earliest time at which it may complete by itself; none: never.
    auto_from: Option<i64>,
}

/// Reads steps in order and finds what must not be.
#[derive(Debug, Default)]
pub struct Gate {
    revisions: HashMap<Key, u64>,
    orders: HashMap<WorkOrderId, Seen>,
    numbers: HashSet<WorkOrderNumber>,
    labor: Labor,
    /// Mandatory visits by how they ended.
    pub evaluated: u64,
    pub auto_completed: u64,
    pub waiting: u64,
    pub ended_while_waiting: u64,
}

impl Gate {
    /// Takes a step in; what is wrong with it is told.
    pub fn take(&mut self, key: &Key, revision: u64, at: i64, step: &StepBody) -> Vec<String> {
        let mut wrong = Vec::new();
        let last = self.revisions.entry(key.clone()).or_insert(0);
        if revision != *last + 1 {
            wrong.push(format!("{key} goes from revision {last} to {revision}"));
        }
        *last = revision;
        if let Key::WorkOrder(id) = key {
            for event in &step.events {
                match event {
                    Event::WorkOrder(event) => {
                        self.order(*id, at, event, &mut wrong);
                        self.labor.take(*id, event, &mut wrong);
                    }
                    other => wrong.push(format!("{key} has the event {} of another kind", other.name())),
                }
            }
        }
        wrong
    }

    /// How much labor there is, and what of it must not be; asked when all was taken in.
    pub fn labor(&mut self) -> (usize, Vec<String>) {
        let name = |id| self.orders.get(&id).and_then(|seen| seen.number.as_ref()).map_or_else(|| id.to_string(), ToString::to_string);
        (self.labor.count(), self.labor.wrong(name))
    }

    fn order(&mut self, id: WorkOrderId, at: i64, event: &OrderEvent, wrong: &mut Vec<String>) {
        let seen = self.orders.entry(id).or_default();
        let name = seen.number.as_ref().map_or_else(|| id.to_string(), ToString::to_string);
        if seen.number.is_none() && !matches!(event, OrderEvent::Created(_)) {
            wrong.push(format!("{name} has the event {} before it was created", event.name()));
        }
        match event {
            OrderEvent::Created(created) => {
                if seen.number.replace(created.number.clone()).is_some() {
                    wrong.push(format!("{name} was created twice"));
                }
                if !self.numbers.insert(created.number.clone()) {
                    wrong.push(format!("the number {} was given out twice", created.number));
                }
            }
            OrderEvent::NodeEntered(visit) => {
                if seen.open.is_some() || seen.ended {
                    wrong.push(format!("{name} enters {} without having left the node before", visit.name));
                }
                if visit.no.0 != seen.last_visit + 1 {
                    wrong.push(format!("{name} has visit {} after visit {}", visit.no.0, seen.last_visit));
                }
                seen.last_visit = visit.no.0;
                let (evaluates, mandatory) =
                    if let NodeState::Evaluate(state) = &visit.state { (true, state.mandatory) } else { (false, false) };
                self.waiting += u64::from(mandatory);
                let auto_from = visit.limits.auto_complete_after.map(|after| visit.entered_at.0.saturating_add_unsigned(after.0));
                seen.open = Some(OpenVisit { no: visit.no, mandatory, evaluates, evaluated: false, auto_from });
            }
            OrderEvent::EvaluationRecorded(evaluation) => {
                if let Some(open) = seen.open.as_mut().filter(|v| v.no == evaluation.visit) {
                    open.evaluated = true;
                }
            }
            OrderEvent::NodeLeft { visit, exit, .. } => {
                let Some(open) = seen.open.take().filter(|v| v.no == *visit) else {
                    wrong.push(format!("{name} leaves visit {}, which is not open", visit.0));
                    return;
                };
                left(&open, *exit, at, &name, wrong);
                if open.mandatory {
                    self.waiting -= 1;
                    match exit {
                        Exit::Evaluated => self.evaluated += 1,
                        Exit::AutoCompleted => self.auto_completed += 1,
                        _ => {}
                    }
                }
            }
            OrderEvent::Ended { outcome, .. } => {
                if seen.ended {
                    wrong.push(format!("{name} ends twice"));
                }
                seen.ended = true;
                if let Some(open) = seen.open.take() {
                    if outcome.name() == "completed" {
                        wrong.push(format!("{name} is completed although visit {} was not left", open.no.0));
                    }
                    if open.mandatory {
                        self.waiting -= 1;
                        self.ended_while_waiting += 1;
                    }
                }
            }
            // Void or not, owned by whomever: it is at the node where it was.
            OrderEvent::Edited(_)
            | OrderEvent::ToDoMade(_)
            | OrderEvent::ToDoFinished { .. }
            | OrderEvent::ReminderDue { .. }
            | OrderEvent::OwnerChanged { .. }
            | OrderEvent::TeamMemberAdded(_)
            | OrderEvent::TeamMemberRemoved { .. }
            | OrderEvent::VisitPlanned { .. }
            | OrderEvent::VisitMoved { .. }
            | OrderEvent::VisitCancelled { .. }
            | OrderEvent::Locked { .. }
            | OrderEvent::Unlocked
            | OrderEvent::Voided { .. }
            | OrderEvent::Restored
            | OrderEvent::Deleted { .. }
            | OrderEvent::NodePassedOver { .. }
            | OrderEvent::Node(_)
            | OrderEvent::Invited(_)
            | OrderEvent::Held { .. }
            | OrderEvent::Resumed
            | OrderEvent::MovedToVersion { .. }
            | OrderEvent::ServiceRecordAdded { .. }
            | OrderEvent::Reminded { .. }
            | OrderEvent::BecameOverdue { .. }
            | OrderEvent::MailQueued(_)
            | OrderEvent::MailTried { .. }
            | OrderEvent::FieldsSaved { .. }
            | OrderEvent::LaborStarted { .. }
            | OrderEvent::LaborStopped { .. }
            | OrderEvent::LaborEntered { .. }
            | OrderEvent::PersonErased { .. } => {}
        }
    }
}

fn left(open: &OpenVisit, exit: Exit, at: i64, name: &str, wrong: &mut Vec<String>) {
    let no = open.no.0;
    if open.mandatory && !matches!(exit, Exit::Evaluated | Exit::AutoCompleted) {
        wrong.push(format!("{name} leaves visit {no}, a mandatory evaluation, as {:?}", exit.name()));
    }
    if exit == Exit::Evaluated && !(open.evaluates && open.evaluated) {
        wrong.push(format!("{name} leaves visit {no} as evaluated, but no evaluation of it came in"));
    }
    if exit == Exit::AutoCompleted && !open.evaluates {
        wrong.push(format!("{name} leaves visit {no} as not evaluated, but it is no evaluation"));
    }
    let early = open.auto_from.is_none_or(|from| at < from);
    if matches!(exit, Exit::AutoCompleted | Exit::AutoAccepted | Exit::AutoConfirmed) && early {
        wrong.push(format!("{name} leaves visit {no} by itself before its time"));
    }
}
