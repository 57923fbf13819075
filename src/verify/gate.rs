//! The rules of the history as a reader would put them, written anew: revisions, numbers, visits, and the mandatory gate (EVA-10).

use super::labor::Labor;
use crate::codec::StepBody;
use crate::domain::aggregate::{Event, Key};
use crate::domain::ids::{Name, VisitNo, WorkOrderId};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::{NodeEvent, NodeState, follow_up};
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::state::{Exit, Source};
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
    name: Name,
    /// When it was entered, and by which record.
    entered: Moment,
    mandatory: bool,
    evaluates: bool,
    /// It is a follow-up; what was told to the staff there, and whether they tried in vain.
    follows_up: bool,
    followed_up: bool,
    attempted: bool,
    /// The first evaluation of it that came in from a customer.
    evaluated: Option<(Moment, Source)>,
    /// Earliest time at which it may complete by itself; none: never.
    auto_from: Option<i64>,
}

/// A time, in milliseconds since 1970, and the record that tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub at: i64,
    pub record: u64,
}

/// What a Work Order has at a mandatory evaluation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stay {
    pub number: WorkOrderNumber,
    pub node: Name,
    pub entered: Moment,
    /// None: it waits there.
    pub over: Option<(Moment, How)>,
}

/// How a stay at a mandatory evaluation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It was let pass by an evaluation that had come in.
    Evaluated { first: Moment, source: Source },
    /// By the system, when its period, which ended then, was up.
    AutoCompleted { due: i64 },
    /// The whole Work Order ended; it did not pass.
    Ended(&'static str),
    /// In a way in which nothing may leave: the exit's name.
    Otherwise(&'static str),
}

/// Reads steps in order and finds what must not be.
#[derive(Debug, Default)]
pub struct Gate {
    revisions: HashMap<Key, u64>,
    orders: HashMap<WorkOrderId, Seen>,
    numbers: HashSet<WorkOrderNumber>,
    labor: Labor,
    /// All stays at mandatory evaluations that are over, if they are to be told.
    stays: Option<Vec<Stay>>,
    /// Mandatory visits by how they ended.
    pub evaluated: u64,
    pub auto_completed: u64,
    pub waiting: u64,
    pub ended_while_waiting: u64,
}

impl Gate {
    /// One that remembers each stay at a mandatory evaluation.
    pub fn remembering() -> Self {
        Self { stays: Some(Vec::new()), ..Self::default() }
    }

    /// Every stay at a mandatory evaluation, in the order in which they ended, and last those that wait.
    pub fn stays(&self) -> Vec<Stay> {
        let mut waiting: Vec<Stay> = self.orders.values().filter_map(Seen::stay).collect();
        waiting.sort_by_key(|stay| stay.entered.record);
        self.stays.iter().flatten().cloned().chain(waiting).collect()
    }

    /// Takes the step of a record in; what is wrong with it is told.
    pub fn take(&mut self, key: &Key, revision: u64, (at, record): (i64, u64), step: &StepBody) -> Vec<String> {
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
                        self.order(*id, Moment { at, record }, event, &mut wrong);
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

    fn order(&mut self, id: WorkOrderId, now: Moment, event: &OrderEvent, wrong: &mut Vec<String>) {
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
                let follows_up = matches!(visit.state, NodeState::FollowUp(_));
                let auto_from = visit.limits.auto_complete_after.map(|after| visit.entered_at.0.saturating_add_unsigned(after.0));
                let name = visit.name.clone();
                seen.open = Some(OpenVisit {
                    no: visit.no,
                    name,
                    entered: now,
                    mandatory,
                    evaluates,
                    follows_up,
                    followed_up: false,
                    attempted: false,
                    evaluated: None,
                    auto_from,
                });
            }
            OrderEvent::EvaluationRecorded(evaluation) => {
                let open = seen.open.as_mut().filter(|v| v.no == evaluation.visit);
                let (no, by_staff) = (evaluation.visit.0, evaluation.source == Source::Staff);
                match open {
                    Some(open) if by_staff && open.follows_up => open.followed_up = true,
                    // What the staff write down is no evaluation by the customer, wherever it stands.
                    Some(_) | None if by_staff => {
                        wrong.push(format!("{name} has an evaluation by the staff of visit {no}, which is no follow-up"))
                    }
                    Some(open) if open.follows_up => {
                        wrong.push(format!("{name} has an evaluation by a customer of visit {no}, a follow-up"))
                    }
                    Some(open) => drop(open.evaluated.get_or_insert((now, evaluation.source))),
                    None => {}
                }
            }
            OrderEvent::NodeLeft { visit, exit, .. } => {
                let Some(open) = seen.open.take().filter(|v| v.no == *visit) else {
                    wrong.push(format!("{name} leaves visit {}, which is not open", visit.0));
                    return;
                };
                left(&open, *exit, now.at, &name, wrong);
                if open.mandatory {
                    self.waiting -= 1;
                    let how = match (exit, open.evaluated, open.auto_from) {
                        (Exit::Evaluated, Some((first, source)), _) => How::Evaluated { first, source },
                        (Exit::AutoCompleted, _, Some(due)) if due <= now.at => How::AutoCompleted { due },
                        _ => How::Otherwise(exit.name()),
                    };
                    match exit {
                        Exit::Evaluated => self.evaluated += 1,
                        Exit::AutoCompleted => self.auto_completed += 1,
                        _ => {}
                    }
                    remember(&mut self.stays, seen.number.as_ref(), open, now, how);
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
                        let how = if outcome.name() == "completed" { How::Otherwise("completed") } else { How::Ended(outcome.name()) };
                        remember(&mut self.stays, seen.number.as_ref(), open, now, how);
                    }
                }
            }
            OrderEvent::Node(NodeEvent::FollowUp(follow_up::Event::Attempted { .. })) => {
                seen.open.iter_mut().for_each(|open| open.attempted = true);
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
            | OrderEvent::MailBegun { .. }
            | OrderEvent::CallStarted { .. }
            | OrderEvent::CallTold { .. }
            | OrderEvent::FieldsSaved { .. }
            | OrderEvent::LaborStarted { .. }
            | OrderEvent::LaborStopped { .. }
            | OrderEvent::LaborEntered { .. }
            | OrderEvent::PersonErased { .. } => {}
        }
    }
}

impl Seen {
    /// Where it waits at a mandatory evaluation.
    fn stay(&self) -> Option<Stay> {
        let open = self.open.as_ref().filter(|open| open.mandatory)?;
        Some(Stay { number: self.number.clone()?, node: open.name.clone(), entered: open.entered, over: None })
    }
}

fn remember(stays: &mut Option<Vec<Stay>>, number: Option<&WorkOrderNumber>, open: OpenVisit, now: Moment, how: How) {
    if let (Some(stays), Some(number)) = (stays, number) {
        stays.push(Stay { number: number.clone(), node: open.name, entered: open.entered, over: Some((now, how)) });
    }
}

fn left(open: &OpenVisit, exit: Exit, at: i64, name: &str, wrong: &mut Vec<String>) {
    let no = open.no.0;
    if open.mandatory && !matches!(exit, Exit::Evaluated | Exit::AutoCompleted) {
        wrong.push(format!("{name} leaves visit {no}, a mandatory evaluation, as {:?}", exit.name()));
    }
    if exit == Exit::Evaluated && !(open.evaluates && open.evaluated.is_some()) {
        wrong.push(format!("{name} leaves visit {no} as evaluated, but no evaluation of it came in"));
    }
    if exit == Exit::AutoCompleted && !open.evaluates {
        wrong.push(format!("{name} leaves visit {no} as not evaluated, but it is no evaluation"));
    }
    let of_follow_up = matches!(exit, Exit::FollowedUp | Exit::NotReached | Exit::AutoClosed);
    if of_follow_up != open.follows_up {
        wrong.push(format!("{name} leaves visit {no} as {:?}, which does not go with its kind", exit.name()));
    }
    if exit == Exit::FollowedUp && !open.followed_up {
        wrong.push(format!("{name} leaves visit {no} as followed up, but no answers of it came in"));
    }
    if exit == Exit::NotReached && !open.attempted {
        wrong.push(format!("{name} leaves visit {no} as not reached, but nobody tried"));
    }
    let early = open.auto_from.is_none_or(|from| at < from);
    if matches!(exit, Exit::AutoCompleted | Exit::AutoAccepted | Exit::AutoConfirmed | Exit::AutoClosed) && early {
        wrong.push(format!("{name} leaves visit {no} by itself before its time"));
    }
}
