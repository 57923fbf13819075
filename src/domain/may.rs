//! The one predicate of permissions: `may(principal, action, subject)`.
//!
//! A node's commands belong to the node's handlers (reading 10); the rest goes by the rights of roles.

use super::context::Context;
use super::definition::Right;
use super::ids::StaffUserId;
use super::principal::Principal;
use super::rejection::Rejection;
use super::work_order::WorkOrder;
use super::work_order::state::{Handler, Party};

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Something that a right of a role allows, whatever Work Order it is about.
    Use(Right),
    /// A command of the node the Work Order is at.
    HandleNode,
    /// Hold, resume, annotate: the node's handlers, the owner, and who has the right to handle Work Orders.
    Handle,
    /// Tell of one's labor afterwards: the node's handlers, and whose work it was.
    BookLabor,
    /// Cancel: the submitter (or who raised it on the submitter's behalf).
    CancelOwn,
    /// Say when somebody is absent: they themselves, their superiors, and who may change the directory.
    SetAbsence(&'a StaffUserId),
    /// What the daemon does by itself: timers, deliveries, mail outcomes.
    ActAsSystem,
}

/// Whether the principal may. The Work Order is given where the action is about one.
pub fn may(action: Action<'_>, order: Option<&WorkOrder>, cx: &Context<'_>) -> Result<(), Rejection> {
    let yes = match action {
        Action::Use(right) => has_right(right, cx),
        Action::HandleNode => order.is_some_and(|o| is_handler(o, cx)),
        Action::Handle => order.is_some_and(|o| is_handler(o, cx) || is_owner(o, cx)) || has_right(Right::HandleWorkOrders, cx),
        Action::BookLabor => order.is_some_and(|o| is_handler(o, cx) || is_owner(o, cx) || is_engineer(o, cx)),
        Action::CancelOwn => order.is_some_and(|o| is_submitter(o, cx)),
        Action::SetAbsence(user) => is_or_leads(user, cx) || has_right(Right::ChangeDirectory, cx),
        Action::ActAsSystem => matches!(cx.principal, Principal::System),
    };
    if yes || mutant!("everybody-may") {
        Ok(())
    } else {
        Err(Rejection::NotPermitted {
            action: action.describe(),
            who: who(cx.principal),
            handlers: order.filter(|_| action == Action::HandleNode).map(handlers_text).unwrap_or_default(),
        })
    }
}

/// Whether a role of the principal has the right. Disabled people have none.
pub fn has_right(right: Right, cx: &Context<'_>) -> bool {
    match cx.principal {
        Principal::Staff { user, roles, .. } => {
            user.as_ref().is_none_or(|u| cx.directory.active(u).is_some() || mutant!("the-disabled-may"))
                && roles.iter().any(|role| cx.catalogue.role_has(role.as_str(), right))
        }
        Principal::System => true,
        Principal::Guest { .. } => false,
    }
}

/// Whether the principal is one of the handlers of the node the Work Order is at.
pub fn is_handler(order: &WorkOrder, cx: &Context<'_>) -> bool {
    order.visit().is_some_and(|visit| visit.handlers.iter().any(|handler| matches_handler(handler, order, cx)))
}

/// Whether the principal raised the Work Order or is the one it was raised for.
pub fn is_submitter(order: &WorkOrder, cx: &Context<'_>) -> bool {
    match cx.principal {
        Principal::Staff { user: Some(user), .. } => {
            cx.directory.active(user).is_some()
                && (order.submitter == Party::Staff(user.clone()) || order.created_by.as_ref() == Some(user))
        }
        Principal::Staff { user: None, .. } => false,
        Principal::Guest { order: id, invitation } => *id == order.id && order.invitation(*invitation).is_some_and(|i| i.for_submitter),
        Principal::System => false,
    }
}

fn is_or_leads(user: &StaffUserId, cx: &Context<'_>) -> bool {
    let Some(by) = cx.principal.user().filter(|by| cx.directory.active(by).is_some()) else { return false };
    let above = |id: &StaffUserId| cx.directory.staff_user(id).and_then(|u| u.superior.clone());
    let mut line = std::iter::successors(Some(user.clone()), above).take(cx.directory.staff_users().count() + 1);
    line.any(|id| id == *by)
}

/// Whether the principal is the leader of the group the Work Order is in.
pub fn leads_group(order: &WorkOrder, cx: &Context<'_>) -> bool {
    order.group.as_ref().is_some_and(|group| matches_handler(&Handler::Leader(group.clone()), order, cx))
}

fn is_owner(order: &WorkOrder, cx: &Context<'_>) -> bool {
    cx.principal.user().is_some_and(|user| order.owner.as_ref() == Some(user) && cx.directory.active(user).is_some())
}

fn is_engineer(order: &WorkOrder, cx: &Context<'_>) -> bool {
    cx.principal.user().is_some_and(|user| order.engineer.as_ref() == Some(user) && cx.directory.active(user).is_some())
}

fn matches_handler(handler: &Handler, order: &WorkOrder, cx: &Context<'_>) -> bool {
    let Principal::Staff { user, roles, .. } = cx.principal else {
        return *handler == Handler::Submitter && is_submitter(order, cx);
    };
    if user.as_ref().is_some_and(|u| cx.directory.active(u).is_none()) {
        return false;
    }
    match handler {
        Handler::User(id) => user.as_ref() == Some(id),
        Handler::Role(name) => roles.contains(name),
        Handler::Members(group) => user.as_ref().is_some_and(|u| cx.directory.is_member(group, u)),
        Handler::Leader(group) => user.is_some() && cx.directory.group(group).and_then(|g| g.leader.as_ref()) == user.as_ref(),
        Handler::Submitter => is_submitter(order, cx),
    }
}

fn who(principal: &Principal) -> String {
    match principal {
        Principal::Staff { user: Some(user), roles, .. } => {
            format!("{user} ({})", roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", "))
        }
        Principal::Staff { user: None, roles, through } => {
            format!("{through} ({})", roles.iter().map(|r| r.as_str()).collect::<Vec<_>>().join(", "))
        }
        Principal::Guest { .. } => "the customer behind the link".into(),
        Principal::System => "the system".into(),
    }
}

fn handlers_text(order: &WorkOrder) -> String {
    order.visit().map(|v| v.handlers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

impl Action<'_> {
    fn describe(self) -> String {
        match self {
            Self::Use(right) => {
                let name = Right::ALL.iter().find(|(_, r)| *r == right).map_or("?", |(n, _)| n);
                format!("this needs the right {name}")
            }
            Self::HandleNode => "this is for the handlers of the node".into(),
            Self::Handle => "this is for the owner, the handlers of the node, or a role with handle_work_orders".into(),
            Self::BookLabor => "this is for the handlers of the node, and for whose work it was".into(),
            Self::CancelOwn => "this is for the submitter".into(),
            Self::SetAbsence(_) => "this is for themselves, their superiors, or a role with change_directory".into(),
            Self::ActAsSystem => "only the system does this".into(),
        }
    }
}
