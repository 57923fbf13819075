//! Who is mailed when a node waits too long: its handlers or those it names, whom it is escalated to, and the customer (PRC-4, EVA-12).
//!
//! Roles and service groups stand for everyone of them who has an e-mail address, up to a bound; nobody is mailed twice for one event.

use super::draft::Draft;
use super::mail::Mail;
use super::state::{Handler, Party};
use crate::domain::directory::Directory;
use crate::domain::ids::Name;
use crate::domain::work_order::WorkOrder;

/// Most people that are mailed for one reminder or escalation.
pub const MAILED_MAX: usize = 50;

/// The time of a reminder has come: staff, and the customer whose answer is awaited.
pub fn reminded(draft: &mut Draft<'_>) {
    let Some(visit) = draft.order.visit() else { return };
    let limits = visit.limits.clone();
    let handlers = if limits.remind.is_empty() { visit.handlers.clone() } else { limits.remind };
    if let Some(message) = limits.message {
        mail_all(draft, &message.name, &handlers);
    }
    if let Some(message) = limits.customer_message {
        remind_customer(draft, &message.name);
    }
}

/// The node is overdue.
pub fn escalated(draft: &mut Draft<'_>) {
    let Some(visit) = draft.order.visit() else { return };
    let limits = visit.limits.clone();
    if let Some(message) = limits.message {
        mail_all(draft, &message.name, &limits.escalate_to);
    }
}

fn mail_all(draft: &mut Draft<'_>, message: &Name, handlers: &[Handler]) {
    let mut people: Vec<Party> = Vec::new();
    let mut unreachable = Vec::new();
    let mut left_out = 0_usize;
    for handler in handlers {
        let found = behind(handler, &draft.order, draft.cx.directory);
        if found.is_empty() {
            unreachable.push(handler.to_string());
        }
        for party in found {
            if people.contains(&party) {
                continue;
            }
            if people.len() < MAILED_MAX {
                people.push(party);
            } else {
                left_out += 1;
            }
        }
    }
    for party in people {
        draft.mail_party(message, &party, None, None);
    }
    if left_out > 0 {
        draft.mail_impossible(message, None, &format!("{left_out} more people are not mailed: {MAILED_MAX} at most are for one event"));
    }
    for handler in unreachable {
        draft.mail_impossible(message, None, &format!("nobody of {handler} has an e-mail address"));
    }
}

/// The people behind a handler. One who is named is mailed or it is recorded why not; of many, those who can be.
fn behind(handler: &Handler, order: &WorkOrder, directory: &Directory) -> Vec<Party> {
    let reachable = |user: &&_| directory.active(user).is_some_and(|u| u.email.is_some());
    match handler {
        Handler::User(user) => vec![Party::Staff(user.clone())],
        Handler::Leader(group) => directory.group(group).and_then(|g| g.leader.clone()).map(Party::Staff).into_iter().collect(),
        Handler::Submitter => vec![order.submitter.clone()],
        Handler::Role(role) => directory.with_role(role).map(|u| &u.id).filter(reachable).cloned().map(Party::Staff).collect(),
        Handler::Members(group) => {
            let people = directory.group(group).into_iter().flat_map(|g| g.members.iter().chain(&g.leader));
            people.filter(reachable).cloned().map(Party::Staff).collect()
        }
    }
}

/// Everyone who was asked by mail at this visit and has not answered gets the link again. Who has not got the first mail yet will.
fn remind_customer(draft: &mut Draft<'_>, message: &Name) {
    let Some(visit) = draft.order.visit().map(|v| v.no) else { return };
    let asked: Vec<Mail> = draft
        .order
        .invitations
        .iter()
        .filter(|i| i.visit == visit && i.single_use && i.used == 0 && draft.cx.now < i.expires_at)
        .filter_map(|i| {
            let mut mails = draft.order.mails.iter().filter(|m| m.invitation == Some(i.no));
            mails.clone().all(|m| m.status.is_settled()).then(|| mails.rfind(|m| m.status.has_arrived())).flatten()
        })
        .cloned()
        .collect();
    for mail in asked {
        draft.mail_again(message, &mail);
    }
}
