//! Node kind "accept": the engineer accepts, declines with a reason, or transfers (ASG-4, reading 8).

use super::NodeState;
use super::door::{self, Back};
use crate::domain::ids::StaffUserId;
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, LONG_TEXT_MAX, PersonalText};
use crate::domain::work_order::command::TransferTo;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::fields;
use crate::domain::work_order::state::{Exit, Handler};
use serde::{Deserialize, Serialize};

/// What the node allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub may_decline: bool,
    pub may_transfer: bool,
    /// Whether a transfer may leave the service group.
    pub beyond_group: bool,
}

/// What was frozen at entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub spec: Spec,
}

/// What happens here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The engineer is the owner from now on.
    Accepted { engineer: Option<StaffUserId> },
    /// Offered to another engineer; the node stays open.
    Transferred { engineer: StaffUserId, reason: Option<PersonalText> },
}

impl Event {
    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "AssignmentAccepted",
            Self::Transferred { .. } => "AssignmentTransferred",
        }
    }
}

/// The state at entry.
pub fn open(spec: &Spec) -> State {
    State { spec: spec.clone() }
}

/// The handler accepts; of several handlers the first to do so has it (ASG-5).
pub fn accept(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    state(draft, "AcceptAssignment")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    let engineer = draft.cx.principal.user().cloned().or_else(|| draft.order.engineer.clone());
    accepted(draft, engineer, Exit::Accepted)
}

/// Who claimed the work from a pool is not asked again whether they accept it, unless there is a form to fill in.
pub fn claimed(draft: &mut Draft<'_>, user: &StaffUserId) -> Result<(), Rejection> {
    let asked = draft.order.visit().is_some_and(|v| matches!(v.state, NodeState::Accept(_)) && v.handlers == [Handler::User(user.clone())]);
    if asked && fields::complete(draft).is_ok() { accepted(draft, Some(user.clone()), Exit::Accepted) } else { Ok(()) }
}

/// The time limit accepts (reading 8).
pub fn accept_by_itself(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    let engineer = draft.order.engineer.clone();
    accepted(draft, engineer, Exit::AutoAccepted)
}

fn accepted(draft: &mut Draft<'_>, engineer: Option<StaffUserId>, exit: Exit) -> Result<(), Rejection> {
    draft.push(OrderEvent::Node(super::NodeEvent::Accept(Event::Accepted { engineer })));
    door::leave_to_next(draft, exit, None)
}

/// Declined: back to whoever assigned, with the reason.
pub fn decline(draft: &mut Draft<'_>, reason: &str) -> Result<(), Rejection> {
    let state = state(draft, "DeclineAssignment")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    if !state.spec.may_decline {
        return Err(Rejection::NotAllowedHere { what: "declining" });
    }
    let reason = text::long("reason", reason, LONG_TEXT_MAX)?;
    let node = super::transfer::assigning_node(draft)?;
    let assigner = draft.order.assigned_by.clone().filter(|u| draft.cx.directory.active(u).is_some()).map(Handler::User);
    // Where a rule chose, its group decides by hand: it would only choose in turn again.
    let handler = assigner.or_else(|| super::transfer::group_by_hand(draft));
    door::leave_back(draft, Exit::Declined, Some(PersonalText(Some(reason))), Back { node, handler })
}

/// Passed to another engineer, who is asked in turn, or to another group.
pub fn transfer(draft: &mut Draft<'_>, to: &TransferTo, reason: Option<PersonalText>) -> Result<(), Rejection> {
    let state = state(draft, "Transfer")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    if !state.spec.may_transfer {
        return Err(Rejection::NotAllowedHere { what: "a transfer" });
    }
    match to {
        TransferTo::Engineer(engineer) => {
            super::transfer::check_engineer(draft, engineer, state.spec.beyond_group)?;
            draft.push(OrderEvent::Node(super::NodeEvent::Accept(Event::Transferred { engineer: engineer.clone(), reason })));
            Ok(())
        }
        TransferTo::Group(group) => super::transfer::to_group(draft, group, state.spec.beyond_group, reason),
    }
}

fn state(draft: &Draft<'_>, command: &'static str) -> Result<State, Rejection> {
    let visit = draft.open_visit()?;
    let NodeState::Accept(state) = &visit.state else { return Err(draft.wrong_node(command)) };
    draft.not_on_hold().map(|()| state.clone())
}
