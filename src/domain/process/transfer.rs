//! Passing work on to another engineer or group, from an accept or a task node (ASG-4, reading 8).

use super::door::{self, Back};
use super::{assign, handlers, task};
use crate::domain::definition::NodeSpec;
use crate::domain::ids::{NodeIndex, ServiceGroupId, StaffUserId};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::labor;
use crate::domain::work_order::state::{Exit, Handler};

/// Who chooses for the group by hand: its leader, or any member where it has none.
pub fn group_by_hand(draft: &Draft<'_>) -> Option<Handler> {
    let group = draft.order.group.as_ref()?;
    let handlers = [Handler::Leader(group.clone()), Handler::Members(group.clone())];
    handlers.into_iter().find(|handler| handlers::can_act(handler, &draft.order, draft.cx.directory))
}

/// Whether the work may go to that engineer: active, another one, and of the group unless the node allows others.
pub fn check_engineer(draft: &Draft<'_>, engineer: &StaffUserId, beyond_group: bool) -> Result<(), Rejection> {
    if draft.cx.directory.active(engineer).is_none() {
        return Err(Rejection::unknown("engineer", engineer.as_str()));
    }
    if draft.order.engineer.as_ref() == Some(engineer) {
        return Err(Rejection::NothingToChange);
    }
    if let Some(group) = &draft.order.group
        && !beyond_group
        && !draft.cx.directory.is_member(group, engineer)
    {
        return Err(Rejection::NotAMember { engineer: engineer.to_string(), group: group.to_string() });
    }
    Ok(())
}

/// From a task node to another engineer: back to the accept node, or on in the task where the process has none.
pub fn to_engineer(
    draft: &mut Draft<'_>,
    engineer: &StaffUserId,
    beyond_group: bool,
    reason: Option<PersonalText>,
) -> Result<(), Rejection> {
    check_engineer(draft, engineer, beyond_group)?;
    let accept = last_before(draft, |spec| matches!(spec, NodeSpec::Accept(_)))?;
    match accept {
        Some(node) => {
            assign::choose_engineer(draft, engineer, !beyond_group, assign::How::ByHand)?;
            door::leave_back(draft, Exit::Transferred, reason, Back { node, handler: None })
        }
        None => {
            labor::stop_all(draft);
            draft.push(OrderEvent::Node(super::NodeEvent::Task(task::Event::Transferred { engineer: engineer.clone(), reason })));
            Ok(())
        }
    }
}

/// To another group: back to the assign node, with the group chosen.
pub fn to_group(draft: &mut Draft<'_>, group: &ServiceGroupId, beyond_group: bool, reason: Option<PersonalText>) -> Result<(), Rejection> {
    if !beyond_group {
        return Err(Rejection::NotAllowedHere { what: "a transfer to another service group" });
    }
    if draft.order.group.as_ref() == Some(group) {
        return Err(Rejection::NothingToChange);
    }
    let node = assigning_node(draft)?;
    door::leave_back(draft, Exit::Transferred, reason, Back { node, handler: None })?;
    assign::choose_group(draft, group, None, &[])
}

/// The node at which the engineer was assigned, else the last assign node before the current one.
pub fn assigning_node(draft: &Draft<'_>) -> Result<NodeIndex, Rejection> {
    let (process, here) = (draft.process()?, draft.open_visit()?.node);
    // Moved to another version meanwhile, the index may be another node's; never ahead, past a gate.
    let is_assign = |at: &NodeIndex| *at < here && process.node(*at).is_some_and(|n| matches!(n.spec, NodeSpec::Assign(_)));
    let known = draft.order.assigned_at.filter(is_assign);
    let node = match known {
        Some(at) => Some(at),
        None => last_before(draft, |spec| matches!(spec, NodeSpec::Assign(_)))?,
    };
    node.ok_or(Rejection::NotAllowedHere { what: "going back: the process has no assign node before this one" })
}

/// The last node before the current one that is wanted.
pub fn last_before(draft: &Draft<'_>, wanted: impl Fn(&NodeSpec) -> bool) -> Result<Option<NodeIndex>, Rejection> {
    let here = usize::from(draft.open_visit()?.node.0);
    let nodes = &draft.process()?.nodes;
    Ok(nodes.iter().take(here).rposition(|n| wanted(&n.spec)).map(|i| NodeIndex(i as u16)))
}
