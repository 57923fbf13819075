//! Node kind "assign": to a service group and by it to an engineer, or straight to an engineer (ASG-1, ASG-2).

use super::NodeState;
use crate::domain::ids::{NodeIndex, ServiceGroupId, StaffUserId};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::state::{Exit, Handler};
use serde::{Deserialize, Serialize};

/// How the node may be passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Whether its handlers may choose a service group, whose leader then chooses the engineer.
    pub to_group: bool,
    /// Whether its handlers may choose an engineer straight away.
    pub straight: bool,
}

/// Where the assignment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub spec: Spec,
}

/// What happens here. Who did it is the actor of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The group's leader is the handler from now on; where it has none, any member.
    GroupChosen {
        group: ServiceGroupId,
        handler: Handler,
    },
    EngineerChosen {
        engineer: StaffUserId,
        by: Option<StaffUserId>,
        at: NodeIndex,
    },
}

impl Event {
    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GroupChosen { .. } => "AssignedToGroup",
            Self::EngineerChosen { .. } => "AssignedToEngineer",
        }
    }
}

/// The state at entry.
pub fn open(spec: &Spec) -> State {
    State { spec: spec.clone() }
}

/// Assigns to a service group; also again, while no engineer is chosen.
pub fn to_group(draft: &mut Draft<'_>, group: &ServiceGroupId) -> Result<(), Rejection> {
    let state = state(draft, "AssignToGroup")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    if !state.spec.to_group {
        return Err(Rejection::NotAllowedHere { what: "assigning to a service group" });
    }
    if draft.order.group.as_ref() == Some(group) {
        return Err(Rejection::NothingToChange);
    }
    choose_group(draft, group)
}

/// The group is recorded; the node stays open for its leader.
pub fn choose_group(draft: &mut Draft<'_>, group: &ServiceGroupId) -> Result<(), Rejection> {
    let Some(entry) = draft.cx.directory.group(group).filter(|g| !g.disabled) else {
        return Err(Rejection::unknown("group", group.as_str()));
    };
    let led = entry.leader.as_ref().is_some_and(|leader| draft.cx.directory.active(leader).is_some());
    let handler = if led { Handler::Leader(group.clone()) } else { Handler::Members(group.clone()) };
    draft.push(OrderEvent::Node(super::NodeEvent::Assign(Event::GroupChosen { group: group.clone(), handler })));
    Ok(())
}

/// Assigns an engineer: of the group, if one is chosen, else straight.
pub fn to_engineer(draft: &mut Draft<'_>, engineer: &StaffUserId) -> Result<(), Rejection> {
    let state = state(draft, "AssignToEngineer")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    if draft.order.group.is_none() && !state.spec.straight {
        return Err(Rejection::NotAllowedHere { what: "assigning straight to an engineer; choose the service group first" });
    }
    choose_engineer(draft, engineer, true)?;
    super::door::leave_to_next(draft, Exit::Assigned, None)
}

/// The engineer is recorded, if they can be assigned to.
pub fn choose_engineer(draft: &mut Draft<'_>, engineer: &StaffUserId, within_group: bool) -> Result<(), Rejection> {
    if draft.cx.directory.active(engineer).is_none() {
        return Err(Rejection::unknown("engineer", engineer.as_str()));
    }
    if let Some(group) = &draft.order.group
        && within_group
        && !draft.cx.directory.is_member(group, engineer)
    {
        return Err(Rejection::NotAMember { engineer: engineer.to_string(), group: group.to_string() });
    }
    let by = draft.cx.principal.user().cloned();
    let at = draft.order.visit().map_or(NodeIndex(0), |v| v.node);
    draft.push(OrderEvent::Node(super::NodeEvent::Assign(Event::EngineerChosen { engineer: engineer.clone(), by, at })));
    Ok(())
}

fn state(draft: &Draft<'_>, command: &'static str) -> Result<State, Rejection> {
    let visit = draft.open_visit()?;
    match &visit.state {
        NodeState::Assign(state) => draft.not_on_hold().map(|()| state.clone()),
        NodeState::Accept(_) | NodeState::Task(_) | NodeState::Confirm(_) | NodeState::Evaluate(_) => Err(draft.wrong_node(command)),
    }
}
