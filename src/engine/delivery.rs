//! Messages from Work Orders to service groups: at least once, in order of sequence, all that waits in one step of the group; and
//! what groups choose, on its way back to Work Orders.
//!
//! What a group took is in its state (`last_taken`), so what is delivered again after a crash is left out by the group itself.

use crate::domain::ids::{ServiceGroupId, VisitNo, WorkOrderId};
use crate::domain::process::assign::Choice;
use crate::domain::rejection::Rejection;
use crate::domain::service_group::group::Offer;
use crate::domain::service_group::{ServiceGroup, ServiceGroupCommand};
use crate::domain::work_order::reaction::LoadChanged;
use std::collections::{BTreeMap, VecDeque};

/// Most records' messages that go into one step of a group.
const BATCH: usize = 256;

#[derive(Debug)]
struct Letter {
    sequence: u64,
    position: u64,
    messages: Vec<LoadChanged>,
}

#[derive(Debug, Default)]
struct Mailbox {
    letters: VecDeque<Letter>,
    /// How many letters are on their way to the group.
    under_way: usize,
}

/// What a group is to take in one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    pub group: ServiceGroupId,
    /// Of the newest record in it.
    pub sequence: u64,
    /// Each with the sequence of its record, so that the group can tell what it took before.
    pub messages: Vec<(u64, LoadChanged)>,
}

/// What is to be brought to another aggregate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sending {
    ToGroup(Parcel),
    /// What a group's rule chose for a Work Order. It stands in the group's state until the Work Order's message about it comes
    /// back, so it needs no box: after a start it sets out again.
    ToOrder {
        group: ServiceGroupId,
        order: WorkOrderId,
        visit: VisitNo,
        choice: Choice,
    },
}

/// The choices of a group that its state before did not have.
pub fn choices(before: Option<&ServiceGroup>, after: &ServiceGroup) -> Vec<Sending> {
    let known = |order: &WorkOrderId, offer: &Offer| before.and_then(|b| b.offers.get(order)) == Some(offer);
    let new = after.offers.iter().filter(|(order, offer)| !known(order, offer));
    new.map(|(order, offer)| Sending::ToOrder { group: after.id.clone(), order: *order, visit: offer.visit, choice: offer.choice.clone() })
        .collect()
}

/// What comes of a choice that a Work Order did not take: nothing more if it no longer applies; else the group is to choose again.
pub fn after_refusal(order: WorkOrderId, visit: VisitNo, choice: &Choice, rejection: &Rejection) -> Option<ServiceGroupCommand> {
    match (choice, rejection) {
        (_, Rejection::ChoiceStale) | (Choice::Nobody(_), _) => None,
        (Choice::Engineer(engineer), _) => Some(ServiceGroupCommand::Reconsider { order, visit, engineer: engineer.clone() }),
    }
}

/// All boxes.
#[derive(Debug, Default)]
pub struct Delivery {
    boxes: BTreeMap<ServiceGroupId, Mailbox>,
}

impl Delivery {
    /// Takes the messages of a durable record in. Groups that can be sent a parcel now are returned.
    pub fn take(&mut self, sequence: u64, position: u64, messages: &[LoadChanged]) -> Vec<Parcel> {
        let mut by_group: BTreeMap<&ServiceGroupId, Vec<LoadChanged>> = BTreeMap::new();
        for message in messages {
            by_group.entry(&message.group).or_default().push(message.clone());
        }
        let mut ready = Vec::new();
        for (group, messages) in by_group {
            let mailbox = self.boxes.entry(group.clone()).or_default();
            mailbox.letters.push_back(Letter { sequence, position, messages });
            ready.extend(next(group, mailbox));
        }
        ready
    }

    /// The group took its parcel, or had taken it before; the next one, if any.
    pub fn delivered(&mut self, group: &ServiceGroupId) -> Option<Parcel> {
        let mailbox = self.boxes.get_mut(group)?;
        mailbox.letters.drain(..if mutant!("letters-lost-behind-a-parcel") { mailbox.letters.len() } else { mailbox.under_way });
        mailbox.under_way = 0;
        if mailbox.letters.is_empty() {
            self.boxes.remove(group);
            return None;
        }
        next(group, mailbox)
    }

    /// The parcel could not be handed over; it is to be tried again.
    pub fn again(&mut self, group: &ServiceGroupId) -> Option<Parcel> {
        let mailbox = self.boxes.get_mut(group)?;
        mailbox.under_way = 0;
        next(group, mailbox)
    }

    /// Position of the oldest record whose messages are not all taken; the next start must read from there.
    pub fn oldest_position(&self) -> Option<u64> {
        self.boxes.values().filter_map(|b| b.letters.front()).map(|l| l.position).min()
    }

    /// How many records' messages wait.
    pub fn waiting(&self) -> usize {
        self.boxes.values().map(|b| b.letters.len()).sum()
    }
}

fn next(group: &ServiceGroupId, mailbox: &mut Mailbox) -> Option<Parcel> {
    if mailbox.under_way > 0 {
        return None;
    }
    mailbox.under_way = mailbox.letters.len().min(BATCH);
    let letters = mailbox.letters.iter().take(mailbox.under_way);
    let sequence = letters.clone().next_back()?.sequence;
    Some(Parcel {
        group: group.clone(),
        sequence,
        messages: letters.flat_map(|l| l.messages.iter().map(|m| (l.sequence, m.clone()))).collect(),
    })
}
