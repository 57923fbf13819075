//! The gate, checked from events alone and without `decide`: which node follows which, by which exit, and when.
//!
//! No node is left out: after a node comes the next one, entered or passed over for a reason that holds; back only by a
//! decline, a transfer or "not solved". A mandatory evaluation is left evaluated, or auto-completed when its time is up.

use super::follow_up;
use workorderd::domain::definition::{Catalogue, NodeSpec, ProcessNode, VersionedName};
use workorderd::domain::ids::{Name, NodeIndex, VisitNo};
use workorderd::domain::process::evaluate::{Method, Spec};
use workorderd::domain::process::follow_up::Event as Following;
use workorderd::domain::process::{NodeEvent, NodeState};
use workorderd::domain::time::Span;
use workorderd::domain::work_order::event::Event;
use workorderd::domain::work_order::state::{Exit, FrozenLimits, Outcome, Source, Visit, WorkOrder};

/// Where a Work Order stands, by its events.
pub struct Gate {
    process: VersionedName,
    open: Option<Open>,
    next: Next,
    visits: u32,
    /// Since when it is void, and whether it was deleted since.
    void: Option<i64>,
    deleted: bool,
}

enum Next {
    /// This node, or the end behind the last one.
    Forward(u16),
    Back {
        from: u16,
        kinds: &'static [&'static str],
    },
    Nowhere,
}

struct Open {
    visit: VisitNo,
    node: u16,
    name: Name,
    kind: &'static str,
    mandatory: bool,
    skip: bool,
    entered: i64,
    limits: FrozenLimits,
    stood: i64,
    held: Option<i64>,
    evaluated: bool,
    /// Tried in vain at a follow-up.
    attempted: bool,
    reminded: u8,
    overdue: bool,
}

impl Open {
    fn due(&self, after: Option<Span>) -> Option<i64> {
        if self.held.is_some() && self.limits.stand_still_on_hold {
            return None;
        }
        after.map(|after| self.entered + self.stood + after.0 as i64)
    }

    fn resume(&mut self, at: i64) {
        if let Some(since) = self.held.take()
            && self.limits.stand_still_on_hold
        {
            // A clock that was set back may have held it before it was entered.
            self.stood += (at - since.max(self.entered)).max(0);
        }
    }

    /// A timer may act only when its time has come.
    fn is_time(&self, what: &str, after: Option<Span>, at: i64) {
        let due = self.due(after).unwrap_or_else(|| panic!("{what} of {}: no such timer runs", self.name));
        assert!(at >= due, "{what} of {} at {at}, due only at {due}", self.name);
    }
}

impl Gate {
    /// A Work Order that was created and has entered nothing yet.
    pub fn new(process: VersionedName) -> Self {
        Self { process, open: None, next: Next::Forward(0), visits: 0, void: None, deleted: false }
    }

    /// Whether the state says the same as the events: at that visit, or ended.
    pub fn rests(&self, order: &WorkOrder) -> bool {
        let same = match (&self.open, order.visit()) {
            (None, None) => matches!(self.next, Next::Nowhere) && !order.is_open(),
            (Some(open), Some(visit)) => open.visit == visit.no && open.node == visit.node.0 && order.is_open(),
            _ => false,
        };
        same && order.process == self.process
    }

    /// Takes one event in, with its time and up to when nodes could complete. `order` is the state before it; `editions` are the definitions it may have been decided by.
    pub fn take(
        &mut self,
        event: &Event,
        order: Option<&WorkOrder>,
        command: &str,
        (at, completes_until): (i64, i64),
        editions: &[&Catalogue],
    ) {
        let stands_still = matches!(
            event,
            Event::Restored | Event::Deleted { .. } | Event::MailTried { .. } | Event::CallTold { .. } | Event::PersonErased { .. }
        );
        assert!(self.void.is_none() || stands_still, "{} while it is void", event.name());
        match event {
            Event::NodePassedOver { node, .. } => {
                assert!(self.open.is_none() && matches!(self.next, Next::Forward(n) if n == node.0), "node {node:?} is not the next one");
                let order = order.expect("it was created");
                let reason = |c: &&Catalogue| {
                    let Some(node) = node_of(c, &self.process, *node) else { return false };
                    let asks_nobody = match &node.spec {
                        NodeSpec::Evaluate(spec) => mandatory(c, spec, order).is_none(),
                        NodeSpec::FollowUp(spec) => follow_up::asked(c, spec, order).is_none(),
                        _ => false,
                    };
                    !node.condition.holds(order) || asks_nobody
                };
                assert!(editions.iter().any(reason), "node {node:?} was passed over without a reason that holds");
                self.next = Next::Forward(node.0 + 1);
            }
            Event::NodeEntered(visit) => self.enter(visit, order.expect("it was created"), at, editions),
            Event::NodeLeft { node, visit, exit, .. } => {
                let filled = |order: &WorkOrder, field: &str| order.fields.keys().any(|name| name.as_str() == field);
                if let Some(order) = order.filter(|o| *exit == Exit::Completed && o.visit().is_some_and(|v| v.form.is_some())) {
                    assert!(filled(order, "cause"), "the work was completed without what its form requires");
                }
                let mut open = self.open.take().expect("a node is open");
                assert_eq!((node.0, *visit), (open.node, open.visit), "the node that is left is the one that is open");
                leave(&open, *exit, command, at);
                open.resume(at);
                self.next = match exit {
                    Exit::Declined => Next::Back { from: open.node, kinds: &["assign"] },
                    Exit::Transferred => Next::Back { from: open.node, kinds: &["assign", "accept"] },
                    Exit::NotSolved => Next::Back { from: open.node, kinds: &["task", "on-site"] },
                    _ => Next::Forward(open.node + 1),
                };
            }
            Event::EvaluationRecorded(evaluation) => {
                let in_time = self.open.as_ref().is_some_and(|o| o.visit == evaluation.visit);
                assert_eq!(in_time, !evaluation.after_completion, "an evaluation says whether it came after completion");
                if let Some(open) = self.open.as_mut().filter(|_| in_time) {
                    let kind = if evaluation.source == Source::Staff { "follow-up" } else { "evaluate" };
                    assert_eq!(open.kind, kind, "an evaluation by {} of a visit of another kind", evaluation.source.name());
                    assert!(!open.evaluated, "an evaluation of the open visit opens its gate once");
                    open.evaluated = true;
                }
            }
            Event::Held { .. } => {
                let open = self.open.as_mut().expect("only what is open can be held");
                assert!(open.held.replace(at).is_none(), "it was on hold already");
            }
            Event::Resumed => {
                let open = self.open.as_mut().expect("only what is open can be resumed");
                assert!(open.held.is_some(), "it was not on hold");
                open.resume(at);
            }
            Event::Ended { outcome: Outcome::Completed, .. } => {
                let Next::Forward(next) = self.next else { panic!("completed without having gone forward") };
                let end = editions.iter().any(|c| c.pinned_process(&self.process).is_some_and(|p| p.nodes.len() == usize::from(next)));
                assert!(self.open.is_none() && end, "completed at node {next}, which is not the end");
                self.next = Next::Nowhere;
            }
            Event::Ended { .. } => {
                assert!(self.open.take().is_some(), "only what is open can be cancelled or rejected");
                self.next = Next::Nowhere;
            }
            Event::MovedToVersion { version, node } => {
                self.process.version = *version;
                let open = self.open.as_mut().expect("only what is open can be moved");
                let same = |n: &ProcessNode| n.name == open.name && n.spec.kind() == open.kind;
                let there = editions.iter().any(|c| node_of(c, &self.process, *node).is_some_and(same));
                assert!(there, "moved to another node than {}", open.name);
                open.node = node.0;
            }
            Event::Reminded { visit, times } => {
                let open = self
                    .open
                    .as_mut()
                    .filter(|o| o.visit == *visit && o.reminded < *times)
                    .expect("a visit is reminded of once at each time");
                let after = open.limits.remind_after.get(usize::from(*times) - 1).copied();
                assert!(after.is_some(), "there is no reminder {times} of {}", open.name);
                open.is_time("a reminder", after, at);
                let overtaken = open.due(open.limits.auto_complete_after).is_some_and(|due| at.min(completes_until) >= due);
                assert!(!overtaken, "a reminder of {} that its own auto-completion has overtaken is dropped", open.name);
                open.reminded = *times;
            }
            Event::BecameOverdue { visit } => {
                let open = self.open.as_mut().filter(|o| o.visit == *visit && !o.overdue).expect("a visit is overdue once");
                open.is_time("overdue", open.limits.overdue_after, at);
                open.overdue = true;
            }
            Event::Created(created) => {
                let published = |c: &&Catalogue| c.published_type(&created.record_type).is_ok();
                assert!(editions.iter().any(published), "created under {}, which is not published", created.record_type);
            }
            Event::Voided { .. } => self.void = Some(at),
            Event::Restored => {
                let since = self.void.take().expect("only what is void is restored");
                assert!(!self.deleted, "what was deleted came back");
                // A hold that stops the limits counts that time itself.
                if let Some(open) = self.open.as_mut().filter(|o| o.held.is_none() || !o.limits.stand_still_on_hold) {
                    open.stood += (at - since.max(open.entered)).max(0);
                }
            }
            Event::Deleted { .. } => {
                assert!(self.void.is_some() && !self.deleted, "only what is void is deleted, once");
                self.deleted = true;
            }
            Event::Node(NodeEvent::FollowUp(event)) => {
                let open = self.open.as_mut().filter(|open| open.kind == "follow-up").expect("a follow-up is open");
                open.attempted |= matches!(event, Following::Attempted { .. });
            }
            Event::Node(_)
            | Event::Edited(_)
            | Event::ToDoMade(_)
            | Event::ToDoFinished { .. }
            | Event::ReminderDue { .. }
            | Event::OwnerChanged { .. }
            | Event::TeamMemberAdded(_)
            | Event::TeamMemberRemoved { .. }
            | Event::VisitPlanned { .. }
            | Event::VisitMoved { .. }
            | Event::VisitCancelled { .. }
            | Event::Locked { .. }
            | Event::Unlocked
            | Event::Invited(_)
            | Event::ServiceRecordAdded { .. }
            | Event::MailQueued(_)
            | Event::MailTried { .. }
            | Event::MailBegun { .. }
            | Event::CallStarted { .. }
            | Event::CallTold { .. }
            | Event::LaborStarted { .. }
            | Event::LaborStopped { .. }
            | Event::LaborEntered { .. }
            | Event::FieldsSaved { .. }
            | Event::PersonErased { .. } => {}
        }
    }

    fn enter(&mut self, visit: &Visit, order: &WorkOrder, at: i64, editions: &[&Catalogue]) {
        assert!(self.open.is_none(), "a node was entered while another is open");
        self.visits += 1;
        assert_eq!(visit.no.0, self.visits, "visits are counted");
        assert_eq!(visit.entered_at.0, at, "entered at the time of the record");
        let (frozen, skip) = match &visit.state {
            NodeState::Evaluate(state) => (Some(state.mandatory), state.skip),
            _ => (None, false),
        };
        assert!(!(skip && frozen == Some(true)), "a mandatory evaluation offers no skip");
        let fits = |c: &&Catalogue| {
            let Some(node) = node_of(c, &self.process, visit.node) else { return false };
            let gate = match &node.spec {
                NodeSpec::Evaluate(spec) => mandatory(c, spec, order),
                _ => None,
            };
            node.name == visit.name
                && node.spec.kind() == visit.state.kind()
                && gate == frozen
                && follow_up::fits(c, &node.spec, &visit.state, order)
                && node.limits.auto_complete_after == visit.limits.auto_complete_after
        };
        assert!(editions.iter().any(fits), "visit {visit:?} is not what the definitions say: mandatory, limits, kind, name");
        match &self.next {
            Next::Forward(next) => assert_eq!(visit.node.0, *next, "the next node is entered"),
            Next::Back { from, kinds } => {
                assert!(visit.node.0 < *from, "going back from node {from} led ahead to {:?}, past what lies between", visit.node);
                assert!(kinds.contains(&visit.state.kind()), "going back led to {} of kind {}", visit.name, visit.state.kind());
            }
            Next::Nowhere => panic!("an ended Work Order entered {}", visit.name),
        }
        self.open = Some(Open {
            visit: visit.no,
            node: visit.node.0,
            name: visit.name.clone(),
            kind: visit.state.kind(),
            mandatory: frozen == Some(true),
            skip,
            entered: at,
            limits: visit.limits.clone(),
            stood: 0,
            held: None,
            evaluated: false,
            attempted: false,
            reminded: 0,
            overdue: false,
        });
    }
}

/// The door, from outside: by which exits a node may be left.
fn leave(open: &Open, exit: Exit, command: &str, at: i64) {
    let kind = match exit {
        Exit::Assigned | Exit::AssignedByRule => "assign",
        Exit::Accepted | Exit::AutoAccepted | Exit::Declined => "accept",
        Exit::Transferred => open.kind,
        Exit::Completed if open.kind == "on-site" => "on-site",
        Exit::Completed => "task",
        Exit::Solved | Exit::AutoConfirmed | Exit::NotSolved => "confirm",
        Exit::Evaluated | Exit::Skipped | Exit::AutoCompleted => "evaluate",
        Exit::FollowedUp | Exit::NotReached | Exit::AutoClosed => "follow-up",
    };
    assert_eq!(open.kind, kind, "{} was left as {}", open.name, exit.name());
    match exit {
        Exit::AutoCompleted | Exit::AutoAccepted | Exit::AutoConfirmed | Exit::AutoClosed => {
            assert_eq!(command, "Fire", "only time completes by itself");
            open.is_time(exit.name(), open.limits.auto_complete_after, at);
        }
        Exit::FollowedUp => assert!(open.evaluated, "{} was left as followed up without answers", open.name),
        Exit::NotReached => assert!(open.attempted, "{} was left as not reached though nobody tried", open.name),
        Exit::Evaluated => assert!(open.evaluated, "{} was left as evaluated without an evaluation", open.name),
        Exit::Skipped => assert!(open.skip && !open.mandatory, "{} was skipped, which it does not offer", open.name),
        Exit::Transferred => assert!(matches!(open.kind, "accept" | "task" | "on-site"), "{} was left by a transfer", open.name),
        _ => {}
    }
    let gate_kept = matches!(exit, Exit::Evaluated | Exit::AutoCompleted);
    assert!(!open.mandatory || gate_kept, "the mandatory gate {} was left as {}", open.name, exit.name());
}

fn node_of<'a>(catalogue: &'a Catalogue, pin: &VersionedName, node: NodeIndex) -> Option<&'a ProcessNode> {
    catalogue.pinned_process(pin)?.node(node)
}

/// Whether an evaluation would be mandatory; none if there would be none.
fn mandatory(catalogue: &Catalogue, spec: &Spec, order: &WorkOrder) -> Option<bool> {
    match &spec.method {
        Method::QrCode { mandatory, .. } => Some(*mandatory),
        Method::Rules => catalogue.rules().iter().find(|r| r.scope.holds(order)).map(|r| r.mandatory),
    }
}
