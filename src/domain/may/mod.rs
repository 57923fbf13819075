//! The one predicate of permissions: `may(principal, action, subject)`.
//!
//! A node's commands belong to the node's handlers. Everything else on a Work Order has two gates, both needed (reading 10): the data
//! gate, which is what somebody has to do with it (`relation`), and the role gate, which is a right. Admins pass both.

pub mod calendars;
pub mod layout;
pub mod portal;
pub mod relation;
pub mod why;

use super::context::Context;
use super::definition::Right;
use super::ids::{ContactId, Name, ServiceGroupId, StaffUserId};
use super::principal::Principal;
use super::rejection::Rejection;
use super::work_order::WorkOrder;
use super::work_order::state::Handler;
use relation::{Relation, Subject, Viewer, data_gate};

pub use layout::Layout;
pub use relation::sees;

/// What somebody wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action<'a> {
    /// Something that a right of a role allows, whatever Work Order it is about; where one is given, for its record type.
    Use(Right),
    /// Raise a Work Order of this record type.
    Create(&'a Name),
    /// See it.
    See,
    /// Something outside the node's own commands: the data gate, and a role with the right.
    Outside(Right),
    /// A command of the node the Work Order is at.
    HandleNode,
    /// Hold, resume, annotate: the node's handlers; others need both gates.
    Handle,
    /// Tell of one's labor afterwards: the node's handlers, and whose work it was.
    BookLabor,
    /// Cancel: the submitter (or who raised it on the submitter's behalf).
    CancelOwn,
    /// Say when somebody is absent: they themselves, their superiors, and who may change the directory.
    SetAbsence(&'a StaffUserId),
    /// Say what somebody is told by mail: they themselves, and who may change the directory.
    SetNotices(&'a StaffUserId),
    /// Ask for a link to sign in, or come in by one: whoever is outside.
    SignIn,
    /// End a session: whose it is.
    SignOut(&'a ContactId),
    /// What the daemon does by itself: timers, deliveries, mail outcomes.
    ActAsSystem,
}

/// Whether the principal may. The Work Order is given where the action is about one.
pub fn may(action: Action<'_>, order: Option<&WorkOrder>, cx: &Context<'_>) -> Result<(), Rejection> {
    let outside = |right| {
        let role = has_right_for(right, order, cx) || mutant!("role-gate-open");
        order.is_some_and(|o| has_right(Right::Administer, cx) || (role && data_gate(&Subject::of(o), cx)))
    };
    // Customers answer what their node asks, and no more.
    let of_staff = || matches!(cx.principal, Principal::Staff { .. });
    let yes = match action {
        Action::Use(right) => has_right_for(right, order, cx),
        Action::Create(record_type) => has_right_of(Right::CreateWorkOrders, Some(record_type), cx),
        Action::See => order.is_some_and(|o| sees(&Subject::of(o), cx)),
        Action::Outside(right) => outside(right),
        Action::HandleNode => order.is_some_and(|o| is_handler(o, cx)),
        Action::Handle => of_staff() && order.is_some_and(|o| is_handler(o, cx)) || outside(Right::HandleWorkOrders),
        Action::BookLabor => of_staff() && order.is_some_and(|o| is_handler(o, cx) || is_owner(o, cx) || is_engineer(o, cx)),
        Action::CancelOwn => order.is_some_and(|o| is_submitter(o, cx)),
        Action::SetAbsence(user) => is_or_leads(user, cx) || has_right(Right::ChangeDirectory, cx),
        Action::SetNotices(user) => {
            cx.principal.user().filter(|by| cx.directory.active(by).is_some()) == Some(user) || has_right(Right::ChangeDirectory, cx)
        }
        Action::SignIn => matches!(cx.principal, Principal::TerminalUser { .. }),
        Action::SignOut(contact) => *cx.principal == (Principal::TerminalUser { contact: Some(contact.clone()) }),
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

/// Whether a role of the principal has the right, for any record type. Disabled people have none.
pub fn has_right(right: Right, cx: &Context<'_>) -> bool {
    has_right_of(right, None, cx)
}

/// Whether the principal is told how much work a service group has: its own people are, and who reads all Work Orders.
pub fn sees_load_of(group: &ServiceGroupId, cx: &Context<'_>) -> bool {
    has_right(Right::ReadAllWorkOrders, cx) || cx.principal.user().is_some_and(|user| cx.directory.is_member(group, user))
}

/// Whether a role of the principal has the right where a Work Order is concerned.
pub fn has_right_for(right: Right, order: Option<&WorkOrder>, cx: &Context<'_>) -> bool {
    has_right_of(right, order.map(|o| &o.record_type), cx)
}

fn has_right_of(right: Right, record_type: Option<&Name>, cx: &Context<'_>) -> bool {
    match cx.principal {
        Principal::System => true,
        Principal::TerminalUser { .. } => portal::has(right, record_type, cx),
        Principal::Staff { .. } | Principal::Guest { .. } => Viewer::of(cx).is_some_and(|viewer| viewer.has(right, record_type, cx)),
    }
}

/// Whether the principal is one of the handlers of the node the Work Order is at.
pub fn is_handler(order: &WorkOrder, cx: &Context<'_>) -> bool {
    matches!(cx.principal, Principal::Guest { .. })
        && order.visit().is_some_and(|v| v.handlers.contains(&Handler::Submitter))
        && is_submitter(order, cx)
        || Relation::Handler.holds(&Subject::of(order), cx)
}

/// Whether a handler stands for the principal, where a Work Order is concerned.
pub fn stands_for(handler: &Handler, subject: &Subject<'_>, cx: &Context<'_>) -> bool {
    Viewer::of(cx).is_some_and(|viewer| viewer.is(handler, subject, cx))
}

/// Whether the principal raised the Work Order or is the one it was raised for.
pub fn is_submitter(order: &WorkOrder, cx: &Context<'_>) -> bool {
    match cx.principal {
        Principal::Staff { .. } | Principal::TerminalUser { .. } => Relation::Submitter.holds(&Subject::of(order), cx),
        Principal::Guest { order: id, invitation } => *id == order.id && order.invitation(*invitation).is_some_and(|i| i.for_submitter),
        Principal::System => false,
    }
}

fn is_or_leads(user: &StaffUserId, cx: &Context<'_>) -> bool {
    let Some(by) = cx.principal.user().filter(|by| cx.directory.active(by).is_some()) else { return false };
    user == by || cx.directory.is_above(by, user)
}

/// Whether the principal is the leader of the group the Work Order is in.
pub fn leads_group(order: &WorkOrder, cx: &Context<'_>) -> bool {
    let leader = order.group.as_ref().map(|group| Handler::Leader(group.clone()));
    leader.is_some_and(|leader| Viewer::of(cx).is_some_and(|viewer| viewer.is(&leader, &Subject::of(order), cx)))
}

fn is_owner(order: &WorkOrder, cx: &Context<'_>) -> bool {
    Relation::Owner.holds(&Subject::of(order), cx)
}

fn is_engineer(order: &WorkOrder, cx: &Context<'_>) -> bool {
    Relation::Engineer.holds(&Subject::of(order), cx)
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
        Principal::TerminalUser { contact: Some(contact) } => format!("{contact} (terminal-user)"),
        Principal::TerminalUser { contact: None } => "a guest".into(),
        Principal::System => "the system".into(),
    }
}

fn handlers_text(order: &WorkOrder) -> String {
    order.visit().map(|v| v.handlers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

impl Action<'_> {
    fn describe(self) -> String {
        match self {
            Self::Use(right) => format!("this needs the right {}", right.name()),
            Self::Create(record_type) => format!("raising a Work Order of the record type {record_type} needs create_work_orders for it"),
            Self::See => "this is for those who have to do with it".into(),
            Self::Outside(right) => format!(
                "this is for the owner, their superiors, team members who may write, and those it is shared with to write; and for these \
                 with a role that has the right {}",
                right.name()
            ),
            Self::HandleNode => "this is for the handlers of the node".into(),
            Self::Handle => {
                "this is for the handlers of the node; for the owner, their superiors and those on the team with a role that has \
                            handle_work_orders"
                    .into()
            }
            Self::BookLabor => "this is for the handlers of the node, and for whose work it was".into(),
            Self::CancelOwn => "this is for the submitter".into(),
            Self::SetAbsence(_) => "this is for themselves, their superiors, or a role with change_directory".into(),
            Self::SetNotices(_) => "this is for themselves, or a role with change_directory".into(),
            Self::SignIn => "this is for people outside".into(),
            Self::SignOut(_) => "this is for whose session it is".into(),
            Self::ActAsSystem => "only the system does this".into(),
        }
    }
}
