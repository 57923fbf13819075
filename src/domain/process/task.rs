//! Node kind "task": its handlers take it and complete it; the first to take it has it (ASG-5, CNF-1).
//! Also what the node kind "on-site" has in common with it.

use super::NodeState;
use super::{door, on_site};
use crate::domain::form::given::GivenFields;
use crate::domain::ids::{Name, NodeIndex, StaffUserId};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::work_order::command::TransferTo;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::fields;
use crate::domain::work_order::state::Exit;
use serde::{Deserialize, Serialize};

/// What the node allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub may_transfer: bool,
    /// Whether a transfer may leave the service group.
    pub beyond_group: bool,
    /// Message to the other handlers when one of them has taken it (ASG-5).
    pub taken_message: Option<Name>,
}

/// Who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub spec: Spec,
    pub taken_by: Option<StaffUserId>,
}

/// What happens here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Taken {
        by: StaffUserId,
    },
    /// The work is done; `at` is the node that "not solved" goes back to.
    Completed {
        by: Option<StaffUserId>,
        at: NodeIndex,
        note: Option<PersonalText>,
    },
    /// Passed to another engineer without a new acceptance, where the process has no accept node.
    Transferred {
        engineer: StaffUserId,
        reason: Option<PersonalText>,
    },
}

impl Event {
    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Taken { .. } => "TaskTaken",
            Self::Completed { .. } => "TaskCompleted",
            Self::Transferred { .. } => "TaskTransferred",
        }
    }
}

/// The state at entry.
pub fn open(spec: &Spec) -> State {
    State { spec: spec.clone(), taken_by: None }
}

/// A handler takes the task; from then on it is theirs alone.
pub fn take(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    let state = state(draft, "TakeTask")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    let Some(user) = draft.cx.principal.user() else {
        return Err(Rejection::invalid("user", "a task is taken by a person; act as one"));
    };
    match &state.taken_by {
        None => {
            draft.push(OrderEvent::Node(super::NodeEvent::Task(Event::Taken { by: user.clone() })));
            if let Some(message) = &state.spec.taken_message {
                let all = draft.open_visit()?.handlers.clone();
                super::handlers::tell_others(draft, message, &all, user);
            }
        }
        Some(by) if by == user => return Err(Rejection::NothingToChange),
        Some(by) => return Err(Rejection::TakenByAnother { by: by.to_string() }),
    }
    Ok(())
}

/// The work is done: on to the next node.
pub fn complete(draft: &mut Draft<'_>, note: Option<PersonalText>, given: &GivenFields) -> Result<(), Rejection> {
    in_hand(draft, "CompleteTask")?;
    let (by, visit) = (draft.cx.principal.user().cloned(), draft.open_visit()?);
    if let NodeState::OnSite(state) = &visit.state {
        on_site::may_complete(draft, state)?;
    }
    let at = visit.node;
    fields::save(draft, given)?;
    draft.push(OrderEvent::Node(super::NodeEvent::Task(Event::Completed { by, at, note })));
    door::leave_to_next(draft, Exit::Completed, None)
}

/// Whether the caller may go on with it: a handler, and nobody else has taken it.
pub fn in_hand(draft: &Draft<'_>, command: &'static str) -> Result<(), Rejection> {
    let state = state(draft, command)?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    match &state.taken_by {
        Some(by) if draft.cx.principal.user() != Some(by) => Err(Rejection::TakenByAnother { by: by.to_string() }),
        Some(_) | None => Ok(()),
    }
}

/// Passed to another engineer, who is asked to accept it, or to another group.
pub fn transfer(draft: &mut Draft<'_>, to: &TransferTo, reason: Option<PersonalText>) -> Result<(), Rejection> {
    let state = state(draft, "Transfer")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    if !state.spec.may_transfer {
        return Err(Rejection::NotAllowedHere { what: "a transfer" });
    }
    match to {
        TransferTo::Engineer(engineer) => super::transfer::to_engineer(draft, engineer, state.spec.beyond_group, reason),
        TransferTo::Group(group) => super::transfer::to_group(draft, group, state.spec.beyond_group, reason),
    }
}

fn state(draft: &Draft<'_>, command: &'static str) -> Result<State, Rejection> {
    let visit = draft.open_visit()?;
    let state = visit.state.task().ok_or_else(|| draft.wrong_node(command))?;
    draft.not_on_hold().map(|()| state.clone())
}
