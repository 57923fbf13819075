//! Node kind "confirm": the submitter says solved or not solved (CNF-1, CNF-2).

use super::NodeState;
use super::door::{self, Back};
use crate::domain::definition::NodeSpec;
use crate::domain::form::given::GivenFields;
use crate::domain::ids::{Name, NodeIndex};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, LONG_TEXT_MAX, PersonalText};
use crate::domain::time::Span;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::fields;
use crate::domain::work_order::state::{Exit, Handler, Party, Purpose, Source};
use serde::{Deserialize, Serialize};

/// How the submitter is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Message that asks the submitter, with a link to answer; none: nobody is mailed.
    pub message: Option<Name>,
    /// Message to the one who worked on it when it comes back as not solved.
    pub returned_message: Option<Name>,
    pub link_ends_after: Span,
}

/// What was frozen at entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub returned_message: Option<Name>,
}

/// What happens here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Solved,
    NotSolved { reason: PersonalText },
}

impl Event {
    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Solved => "ConfirmedSolved",
            Self::NotSolved { .. } => "ConfirmedNotSolved",
        }
    }
}

/// The state at entry.
pub fn open(spec: &Spec) -> State {
    State { returned_message: spec.returned_message.clone() }
}

/// Asks the submitter by mail, once the node has been entered.
pub fn entered(draft: &mut Draft<'_>, spec: &Spec) {
    if let Some(message) = &spec.message {
        let submitter = draft.order.submitter.clone();
        let invitation = draft.invite(Purpose::Confirm, Source::Link, None, true, spec.link_ends_after, None);
        draft.mail_party(message, &submitter, Some(invitation), None);
    }
}

/// Solved: on to the next node.
pub fn solved(draft: &mut Draft<'_>, given: &GivenFields) -> Result<(), Rejection> {
    state(draft, "ConfirmSolved")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    fields::save(draft, given)?;
    draft.push(OrderEvent::Node(super::NodeEvent::Confirm(Event::Solved)));
    door::leave_to_next(draft, Exit::Solved, None)
}

/// Not solved: back by itself to the one who last completed the work; if that person is gone, to the preset handlers (reading 13).
pub fn not_solved(draft: &mut Draft<'_>, reason: &str) -> Result<(), Rejection> {
    let state = state(draft, "ConfirmNotSolved")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    let reason = PersonalText(Some(text::long("reason", reason, LONG_TEXT_MAX)?));
    let node = worked_at(draft)?.ok_or(Rejection::NotAllowedHere { what: "going back: no work was completed before this node" })?;
    let worker = draft.order.last_completed_by.clone().filter(|u| draft.cx.directory.active(u).is_some());
    draft.push(OrderEvent::Node(super::NodeEvent::Confirm(Event::NotSolved { reason: reason.clone() })));
    door::leave_back(draft, Exit::NotSolved, Some(reason.clone()), Back { node, handler: worker.clone().map(Handler::User) })?;
    if let (Some(message), Some(worker)) = (&state.returned_message, worker) {
        draft.mail_party(message, &Party::Staff(worker), None, Some(reason));
    }
    Ok(())
}

/// The task where the work was last completed. Moved to another version meanwhile, its index may be another node's, even one
/// ahead, past a gate: then it is the last task before this node.
fn worked_at(draft: &Draft<'_>) -> Result<Option<NodeIndex>, Rejection> {
    let Some(node) = draft.order.last_completed_node else { return Ok(None) };
    let (process, here) = (draft.process()?, draft.open_visit()?.node);
    let is_task = |spec: &NodeSpec| matches!(spec, NodeSpec::Task(_) | NodeSpec::OnSite(_));
    match process.node(node) {
        Some(there) if node < here && is_task(&there.spec) => Ok(Some(node)),
        Some(_) | None => super::transfer::last_before(draft, is_task),
    }
}

fn state(draft: &Draft<'_>, command: &'static str) -> Result<State, Rejection> {
    let visit = draft.open_visit()?;
    // The customer's word is taken also while the staff has it on hold.
    let NodeState::Confirm(state) = &visit.state else { return Err(draft.wrong_node(command)) };
    Ok(state.clone())
}
