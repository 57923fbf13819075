//! What somebody has to do with a Work Order: the data gate of reading 10, and what of it lets one see it (PER-3, PER-5 to PER-8).

use super::portal;
use crate::domain::context::Context;
use crate::domain::definition::{Right, ShareFrom, ShareTo, SharingRule};
use crate::domain::directory::StaffUser;
use crate::domain::ids::{AccountId, ContactId, DepartmentId, Name, ServiceGroupId, StaffUserId};
use crate::domain::principal::Principal;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::life::Life;
use crate::domain::work_order::state::{Handler, Party};
use crate::domain::work_order::team::{Access, TeamMember};

/// What the gates look at, of an open or an ended Work Order.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub record_type: &'a Name,
    pub life: Life,
    pub owner: Option<&'a StaffUserId>,
    pub team: &'a [TeamMember],
    pub submitter: &'a Party,
    pub account: Option<&'a AccountId>,
    pub contact: Option<&'a ContactId>,
    pub created_by: Option<&'a StaffUserId>,
    pub engineer: Option<&'a StaffUserId>,
    pub group: Option<&'a ServiceGroupId>,
    /// Of the open node; none, if it has ended.
    pub handlers: &'a [Handler],
}

impl<'a> Subject<'a> {
    /// Of a Work Order.
    pub fn of(order: &'a WorkOrder) -> Self {
        Self {
            record_type: &order.record_type,
            life: order.life,
            owner: order.owner.as_ref(),
            team: &order.team,
            submitter: &order.submitter,
            account: order.account.as_ref(),
            contact: order.contact.as_ref(),
            created_by: order.created_by.as_ref(),
            engineer: order.engineer.as_ref(),
            group: order.group.as_ref(),
            handlers: order.visit().map(|v| v.handlers.as_slice()).unwrap_or_default(),
        }
    }

    /// The owner, who counts as a member with read and write, and the team.
    fn members(&self) -> impl Iterator<Item = (&'a StaffUserId, Access)> {
        self.owner.map(|owner| (owner, Access::ReadWrite)).into_iter().chain(self.team.iter().map(|m| (&m.user, m.access)))
    }
}

/// A way in which somebody has to do with a Work Order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// A role with `administer`: passes both gates.
    Admin,
    /// Timers and deliveries.
    System,
    /// A role with `read_all_work_orders`.
    SeesAll,
    Owner,
    SuperiorOfOwner,
    Member(Access),
    SuperiorOfMember(Access),
    /// Heads the main department of the owner or of a team member.
    DepartmentHead,
    Submitter,
    Engineer,
    /// Of the open node: counts as a member with read and write.
    Handler,
    Shared(Access),
    /// Leader or member of the service group it is in.
    Group,
    /// It was given to the service provider they work for.
    Provider,
    /// Of a terminal user: it is about their account, or about themselves.
    OwnAccount,
}

impl Relation {
    /// All of them, the weaker access of two that have one last.
    pub const ALL: [Self; 18] = {
        use Access::{Read, ReadWrite};
        [
            Self::Admin,
            Self::System,
            Self::SeesAll,
            Self::Owner,
            Self::SuperiorOfOwner,
            Self::Member(ReadWrite),
            Self::Member(Read),
            Self::SuperiorOfMember(ReadWrite),
            Self::SuperiorOfMember(Read),
            Self::DepartmentHead,
            Self::Submitter,
            Self::Engineer,
            Self::Handler,
            Self::Shared(ReadWrite),
            Self::Shared(Read),
            Self::Group,
            Self::Provider,
            Self::OwnAccount,
        ]
    };

    /// As a sentence about whoever has it goes on.
    pub fn words(self) -> &'static str {
        match self {
            Self::Admin => "is an admin",
            Self::System => "is the system",
            Self::SeesAll => "has a role that sees all Work Orders",
            Self::Owner => "is the owner",
            Self::SuperiorOfOwner => "is a superior of the owner",
            Self::Member(Access::ReadWrite) => "is on the team, to read and write",
            Self::Member(Access::Read) => "is on the team, to read",
            Self::SuperiorOfMember(Access::ReadWrite) => "is a superior of a team member who may write",
            Self::SuperiorOfMember(Access::Read) => "is a superior of a team member who may read",
            Self::DepartmentHead => "heads the department of the owner or of a team member",
            Self::Submitter => "is the submitter, or raised it",
            Self::Engineer => "is the engineer",
            Self::Handler => "is a handler of the node",
            Self::Shared(Access::ReadWrite) => "has it shared, to read and write",
            Self::Shared(Access::Read) => "has it shared, to read",
            Self::Group => "is in its service group",
            Self::Provider => "works for the service provider it was given to",
            Self::OwnAccount => "it is of their own account",
        }
    }

    /// Whether it opens the data gate of reassigning, editing and handling outside a node (reading 10).
    pub fn writes(self) -> bool {
        match self {
            Self::Admin
            | Self::System
            | Self::Owner
            | Self::SuperiorOfOwner
            | Self::Member(Access::ReadWrite)
            | Self::SuperiorOfMember(Access::ReadWrite)
            | Self::Handler
            | Self::Shared(Access::ReadWrite) => true,
            Self::SeesAll
            | Self::Member(Access::Read)
            | Self::SuperiorOfMember(Access::Read)
            | Self::DepartmentHead
            | Self::Submitter
            | Self::Engineer
            | Self::Shared(Access::Read)
            | Self::Group
            | Self::Provider
            | Self::OwnAccount => false,
        }
    }

    /// Whether it lets one see, without any right of a role: submitters always read what they submitted, and a node would stand still
    /// if those who are to handle it did not see it.
    pub fn sees_without_right(self) -> bool {
        matches!(self, Self::Submitter | Self::Handler | Self::System)
    }

    /// Whether it holds between who acts and a Work Order.
    pub fn holds(self, subject: &Subject<'_>, cx: &Context<'_>) -> bool {
        let Some(viewer) = Viewer::of(cx) else {
            return portal::holds(self, subject, cx) || self == Self::System && *cx.principal == Principal::System;
        };
        let me = |user: Option<&StaffUserId>| user.is_some() && user == viewer.id();
        let led = |user: &StaffUserId| viewer.id().is_some_and(|me| cx.directory.is_above(me, user));
        match self {
            Self::System | Self::OwnAccount => false,
            Self::Admin => viewer.user.is_none_or(|u| u.provider.is_none()) && viewer.has(Right::Administer, None, cx),
            Self::SeesAll => {
                viewer.user.is_none_or(|u| u.provider.is_none()) && viewer.has(Right::ReadAllWorkOrders, Some(subject.record_type), cx)
            }
            Self::Owner => me(subject.owner),
            Self::SuperiorOfOwner => subject.owner.is_some_and(led),
            Self::Member(access) => subject.team.iter().any(|m| m.access == access && me(Some(&m.user))),
            Self::SuperiorOfMember(access) => subject.team.iter().any(|m| m.access == access && led(&m.user)),
            Self::DepartmentHead => {
                viewer.id().is_some_and(|me| subject.members().any(|(member, _)| cx.directory.heads_department_of(me, member)))
            }
            Self::Submitter => is_submitter(subject, viewer.id()),
            Self::Engineer => me(subject.engineer),
            Self::Handler => subject.handlers.iter().any(|handler| viewer.is(handler, subject, cx)),
            Self::Shared(access) => cx.catalogue.sharing_rules().iter().any(|rule| {
                rule.access == access
                    && subject.owner.is_some_and(|owner| shares(rule, owner, cx))
                    && viewer.user.is_some_and(|user| is_shared_with(rule, user, cx))
            }),
            Self::Group => {
                subject.group.zip(viewer.id()).is_some_and(|(group, me)| viewer.user.is_some() && cx.directory.is_member(group, me))
            }
            Self::Provider => viewer.user.is_some_and(|user| user.provider.is_some() && given_to(user, subject, cx)),
        }
    }
}

/// All relations there are between who acts and a Work Order.
pub fn relations<'a>(subject: &'a Subject<'a>, cx: &'a Context<'a>) -> impl Iterator<Item = Relation> + 'a {
    Relation::ALL.into_iter().filter(|relation| relation.holds(subject, cx))
}

/// Whether who acts may see it. What one may not see does not exist for one (PER-8).
pub fn sees(subject: &Subject<'_>, cx: &Context<'_>) -> bool {
    if let Principal::Guest { .. } | Principal::System = cx.principal {
        // A customer is behind a link, which is about one Work Order; what is void tells them so.
        return true;
    }
    if mutant!("everybody-sees") {
        return true;
    }
    if Relation::Admin.holds(subject, cx) {
        return true;
    }
    if !subject.life.is_normal() && !mutant!("void-is-seen") {
        return false;
    }
    let reads = match Viewer::of(cx) {
        Some(viewer) => viewer.has(Right::ReadWorkOrders, Some(subject.record_type), cx),
        None => portal::has(Right::ReadWorkOrders, Some(subject.record_type), cx),
    };
    Relation::ALL.into_iter().any(|relation| (reads || relation.sees_without_right()) && relation.holds(subject, cx))
}

/// Whether a relation opens the data gate.
pub fn data_gate(subject: &Subject<'_>, cx: &Context<'_>) -> bool {
    mutant!("data-gate-open") || Relation::ALL.into_iter().any(|relation| relation.writes() && relation.holds(subject, cx))
}

/// A staff user who can act, or a peer that has roles without being anybody.
pub(super) struct Viewer<'a> {
    pub(super) user: Option<&'a StaffUser>,
    roles: &'a [Name],
}

impl<'a> Viewer<'a> {
    pub(super) fn of(cx: &Context<'a>) -> Option<Self> {
        match cx.principal {
            Principal::Staff { user: None, roles, .. } => Some(Self { user: None, roles }),
            Principal::Staff { user: Some(id), roles, .. } => {
                let known = if mutant!("the-disabled-may") { cx.directory.staff_user(id) } else { cx.directory.active(id) };
                Some(Self { user: Some(known?), roles })
            }
            Principal::Guest { .. } | Principal::TerminalUser { .. } | Principal::System => None,
        }
    }

    pub(super) fn id(&self) -> Option<&'a StaffUserId> {
        self.user.map(|user| &user.id)
    }

    /// Whether a role gives the right, for a record type or at all.
    pub(super) fn has(&self, right: Right, record_type: Option<&Name>, cx: &Context<'_>) -> bool {
        self.roles.iter().any(|role| match record_type {
            Some(record_type) => cx.catalogue.role_has_for(role, right, record_type),
            None => cx.catalogue.role_has(role, right),
        })
    }

    /// The roles that give the right.
    pub(super) fn roles_with(&self, right: Right, record_type: Option<&Name>, cx: &Context<'_>) -> Vec<&'a Name> {
        let gives = |role: &&Name| match record_type {
            Some(record_type) => cx.catalogue.role_has_for(role, right, record_type),
            None => cx.catalogue.role_has(role, right),
        };
        self.roles.iter().filter(gives).collect()
    }

    /// Whether a handler stands for them. A role of ours means a service provider's people only where the work was given to them.
    pub(super) fn is(&self, handler: &Handler, subject: &Subject<'_>, cx: &Context<'_>) -> bool {
        match handler {
            Handler::User(id) => self.id() == Some(id),
            Handler::Role(name) => {
                self.roles.contains(name) && self.user.is_none_or(|user| user.provider.is_none() || given_to(user, subject, cx))
            }
            Handler::Members(group) => self.id().is_some_and(|me| cx.directory.is_member(group, me)),
            Handler::Leader(group) => self.id().is_some() && cx.directory.group(group).and_then(|g| g.leader.as_ref()) == self.id(),
            Handler::Submitter => is_submitter(subject, self.id()),
        }
    }
}

fn is_submitter(subject: &Subject<'_>, me: Option<&StaffUserId>) -> bool {
    let Some(me) = me else { return false };
    matches!(subject.submitter, Party::Staff(user) if user == me) || subject.created_by == Some(me)
}

/// Whether it is with the service provider somebody works for: its group, its engineer or its owner is of that company.
fn given_to(user: &StaffUser, subject: &Subject<'_>, cx: &Context<'_>) -> bool {
    let theirs = |id: &StaffUserId| cx.directory.staff_user(id).is_some_and(|other| other.provider == user.provider);
    let group = subject.group.and_then(|group| cx.directory.group(group));
    group.is_some_and(|group| group.provider == user.provider) || subject.engineer.is_some_and(theirs) || subject.owner.is_some_and(theirs)
}

fn in_department(user: &StaffUser, department: &DepartmentId, cx: &Context<'_>) -> bool {
    user.department.as_ref().is_some_and(|own| cx.directory.is_within(own, department))
}

/// Whether a rule shares what somebody owns.
pub fn shares(rule: &SharingRule, owner: &StaffUserId, cx: &Context<'_>) -> bool {
    match &rule.from {
        ShareFrom::User(user) => user == owner,
        ShareFrom::Department(department) => cx.directory.staff_user(owner).is_some_and(|owner| in_department(owner, department, cx)),
    }
}

/// Whether a rule shares with somebody.
pub fn is_shared_with(rule: &SharingRule, user: &StaffUser, cx: &Context<'_>) -> bool {
    match &rule.to {
        ShareTo::User(id) => *id == user.id,
        ShareTo::Department(department) => in_department(user, department, cx),
        ShareTo::UserGroup(group) => {
            cx.directory.user_group(group).is_some_and(|group| !group.disabled && group.members.contains(&user.id))
        }
    }
}
