//! Who handles a node: definitions resolved against Work Order and directory at the moment of entry, frozen in the visit (PRC-2).
//!
//! Keeps: no node is entered that nobody can handle. Whoever cannot act (has left, is not named) is left out; where nobody
//! remains it is the admins, and the visit says why.

use crate::domain::definition::{HandlerSpec, Person, ProcessNode};
use crate::domain::directory::Directory;
use crate::domain::form::Value;
use crate::domain::form::value::{Cell, Reference};
use crate::domain::ids::{Name, StaffUserId};
use crate::domain::text::PersonalText;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::state::{Handler, Party};

/// The role that handles a node nobody else can: an order must never be stuck for want of a handler.
pub const FALLBACK_ROLE: &str = "admin";

/// Most people that one entry of `handlers` may stand for, where it stands for people by name.
pub const PEOPLE_MAX: usize = 100;

/// Most people who are mailed that another has it.
pub const TOLD_MAX: usize = 20;

/// Handlers of a node for this Work Order, and why it is the admins if it is they for want of others.
pub fn resolve(node: &ProcessNode, order: &WorkOrder, directory: &Directory) -> (Vec<Handler>, Option<Box<str>>) {
    let mut handlers: Vec<Handler> = Vec::new();
    for handler in node.handlers.iter().flat_map(|spec| resolve_one(spec, order, directory)) {
        if !handlers.contains(&handler) {
            handlers.push(handler);
        }
    }
    if !handlers.is_empty() {
        return (handlers, None);
    }
    let specs: Vec<String> = node.handlers.iter().map(ToString::to_string).collect();
    (Name::new(FALLBACK_ROLE).map(Handler::Role).into_iter().collect(), Some(format!("nobody is there for {}", specs.join(", ")).into()))
}

/// Whom one entry stands for, without those who cannot act.
pub fn resolve_one(spec: &HandlerSpec, order: &WorkOrder, directory: &Directory) -> Vec<Handler> {
    let handlers = match spec {
        HandlerSpec::User(user) => vec![Handler::User(user.clone())],
        HandlerSpec::Role(role) => vec![Handler::Role(role.clone())],
        HandlerSpec::Members(group) => vec![Handler::Members(group.clone())],
        HandlerSpec::Leader => order.group.clone().map(Handler::Leader).into_iter().collect(),
        HandlerSpec::Engineer => order.engineer.clone().map(Handler::User).into_iter().collect(),
        HandlerSpec::Owner => order.owner.clone().map(Handler::User).into_iter().collect(),
        HandlerSpec::Submitter => vec![Handler::Submitter],
        HandlerSpec::Field(field) => named_in(field, order).map(Handler::User).into_iter().collect(),
        HandlerSpec::SuperiorOf(person) => related(person, order, directory, Directory::superior),
        HandlerSpec::DepartmentHeadOf(person) => related(person, order, directory, Directory::department_head),
    };
    handlers.into_iter().filter(|handler| can_act(handler, order, directory)).collect()
}

/// Whether there is anybody behind a handler. Roles are also given to peers that are nobody in the directory.
pub fn can_act(handler: &Handler, order: &WorkOrder, directory: &Directory) -> bool {
    match handler {
        Handler::User(user) => directory.active(user).is_some(),
        Handler::Members(group) => directory.group(group).is_some_and(|g| {
            let mut people = g.members.iter().chain(&g.leader);
            people.any(|user| directory.active(user).is_some())
        }),
        Handler::Leader(group) => {
            directory.group(group).and_then(|g| g.leader.as_ref()).is_some_and(|leader| directory.active(leader).is_some())
        }
        Handler::Submitter => match &order.submitter {
            Party::Staff(user) => directory.active(user).is_some(),
            Party::Contact(_) | Party::Guest(_) => true,
        },
        Handler::Role(_) => true,
    }
}

/// Mails the other people among several handlers that somebody has it now; those of them who have an e-mail address (ASG-5).
pub fn tell_others(draft: &mut Draft<'_>, message: &Name, handlers: &[Handler], taken_by: &StaffUserId) {
    let directory = draft.cx.directory;
    let mut others: Vec<StaffUserId> = Vec::new();
    for handler in handlers.iter().filter(|handler| **handler != Handler::Submitter) {
        for user in people_behind(handler, &draft.order, directory) {
            let reachable = directory.active(&user).is_some_and(|u| u.email.is_some());
            if reachable && user != *taken_by && !others.contains(&user) && others.len() < TOLD_MAX {
                others.push(user);
            }
        }
    }
    for user in others {
        draft.mail_party(message, &Party::Staff(user), None, Some(PersonalText::new(taken_by.as_str())));
    }
}

/// The staff users that a handler stands for. A role may also be given to peers that are nobody in the directory.
pub fn people_behind(handler: &Handler, order: &WorkOrder, directory: &Directory) -> Vec<StaffUserId> {
    match handler {
        Handler::User(user) => vec![user.clone()],
        Handler::Role(role) => people(&Person::Role(role.clone()), order, directory),
        Handler::Members(group) => people(&Person::Members(group.clone()), order, directory),
        Handler::Leader(group) => directory.group(group).and_then(|g| g.leader.clone()).into_iter().collect(),
        Handler::Submitter => people(&Person::Submitter, order, directory),
    }
}

/// The staff users that stand in a relation (superior, department head) to one of those named.
fn related<'a>(
    person: &Person,
    order: &WorkOrder,
    directory: &'a Directory,
    relation: impl Fn(&'a Directory, &StaffUserId) -> Option<&'a StaffUserId>,
) -> Vec<Handler> {
    let mut found = Vec::new();
    for user in people(person, order, directory) {
        if let Some(handler) = relation(directory, &user).cloned().map(Handler::User)
            && !found.contains(&handler)
            && found.len() < PEOPLE_MAX
        {
            found.push(handler);
        }
    }
    found
}

fn people(person: &Person, order: &WorkOrder, directory: &Directory) -> Vec<StaffUserId> {
    let members = |group| directory.group(group).map(|g| g.members.iter().chain(&g.leader).cloned().collect()).unwrap_or_default();
    match person {
        Person::User(user) => vec![user.clone()],
        Person::Role(role) => directory.with_role(role).map(|u| u.id.clone()).collect(),
        Person::Members(group) => members(group),
        Person::Leader => order.group.as_ref().and_then(|g| directory.group(g)?.leader.clone()).into_iter().collect(),
        Person::Engineer => order.engineer.clone().into_iter().collect(),
        Person::Owner => order.owner.clone().into_iter().collect(),
        Person::Submitter => match &order.submitter {
            Party::Staff(user) => vec![user.clone()],
            Party::Contact(_) | Party::Guest(_) => Vec::new(),
        },
        Person::Field(field) => named_in(field, order).into_iter().collect(),
    }
}

fn named_in(field: &Name, order: &WorkOrder) -> Option<StaffUserId> {
    match order.fields.get(field)? {
        Value::One(Cell::Reference(Reference::StaffUser(user))) => Some(user.clone()),
        Value::One(_) | Value::Table(_) => None,
    }
}
