//! State, commands, events and rules of a service group.
//!
//! A group with an automatic rule chooses for the Work Orders that ask for it. What it chose stands in its record until the Work
//! Order's answer has come back as a message, so that a choice is neither lost in a crash nor forgotten, and counts as load.

use super::choose::{Needs, choose};
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::directory::company;
use crate::domain::directory::read_model::GroupMembers;
use crate::domain::ids::{ServiceGroupId, ServiceProviderId, StaffUserId, VisitNo, WorkOrderId};
use crate::domain::may::{Action, may};
use crate::domain::process::assign::Choice;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, NAME_MAX};
use crate::domain::work_order::reaction::LoadChanged;
use crate::domain::work_order::state::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most members of one group.
pub const MEMBERS_MAX: usize = 1_000;

words!(
    /// How a group passes work on to its engineers (ASG-3).
    GroupRule {
        /// Its leader chooses.
        ByLeader = "by-leader",
        RoundRobin = "round-robin",
        LeastLoaded = "least-loaded",
        /// Its members claim it; the first has it.
        Pool = "pool",
    }
);

/// One service group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceGroup {
    pub id: ServiceGroupId,
    pub name: Box<str>,
    pub leader: Option<StaffUserId>,
    /// In order of id.
    pub members: Vec<StaffUserId>,
    pub rule: GroupRule,
    /// Most open Work Orders of the group that one engineer is given.
    pub limit: Option<u32>,
    /// The outside company it belongs to, for ever; none: ours.
    pub provider: Option<ServiceProviderId>,
    pub disabled: bool,
    /// Unresolved Work Orders assigned to the group.
    pub open: u32,
    /// Of these, how many each engineer carries.
    pub open_by_engineer: BTreeMap<StaffUserId, u32>,
    /// Whom the rule chose last: the turn is with the next.
    pub last_chosen: Option<StaffUserId>,
    /// Choices that are on their way to their Work Orders.
    pub offers: BTreeMap<WorkOrderId, Offer>,
    /// Messages of records up to this sequence have been taken.
    pub last_taken: u64,
    /// Whose turn it was last, of what is no work of the group ([`Needs::turn`]).
    pub last_turn: Option<StaffUserId>,
}

/// What the group chose for one Work Order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub visit: VisitNo,
    pub needs: Needs,
    pub choice: Choice,
    /// Whom it could not be given to.
    pub tried: Vec<StaffUserId>,
}

/// Commands to a service group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceGroupCommand {
    Put(GroupEntry),
    /// By the system: messages of one or more records, each with its sequence, in the order of the journal, up to `sequence`.
    /// Those that were taken before are left out.
    Take {
        sequence: u64,
        messages: Vec<(u64, LoadChanged)>,
    },
    /// By the system: the Work Order could not be given to the one chosen.
    Reconsider {
        order: WorkOrderId,
        visit: VisitNo,
        engineer: StaffUserId,
    },
}

/// What is put: all that people decide about a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupEntry {
    pub id: ServiceGroupId,
    pub name: Box<str>,
    pub leader: Option<StaffUserId>,
    pub members: Vec<StaffUserId>,
    pub rule: GroupRule,
    pub limit: Option<u32>,
    pub provider: Option<ServiceProviderId>,
    pub disabled: bool,
}

/// What happened to a service group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceGroupEvent {
    Put(GroupEntry),
    LoadTaken {
        sequence: u64,
        changes: Vec<LoadChange>,
    },
    /// The group's rule chose somebody for a Work Order, or found nobody; the Work Order is told.
    Chosen {
        order: WorkOrderId,
        offer: Offer,
    },
}

/// One change of open work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadChange {
    pub order: WorkOrderId,
    pub engineer: Option<StaffUserId>,
    pub change: i8,
}

/// Decides a command; the group may not exist yet.
pub fn decide(group: Option<&ServiceGroup>, command: &ServiceGroupCommand, cx: &Context<'_>) -> Result<Vec<ServiceGroupEvent>, Rejection> {
    match command {
        ServiceGroupCommand::Put(entry) => put(entry, group, cx).map(|entry| vec![ServiceGroupEvent::Put(entry)]),
        ServiceGroupCommand::Take { sequence, messages } => {
            may(Action::ActAsSystem, None, cx)?;
            let Some(group) = group else {
                return Err(Rejection::NotFound {
                    what: "service group",
                    id: messages.first().map(|(_, m)| m.group.to_string()).unwrap_or_default(),
                });
            };
            take(group, *sequence, messages, cx)
        }
        ServiceGroupCommand::Reconsider { order, visit, engineer } => {
            may(Action::ActAsSystem, None, cx)?;
            let standing = group.and_then(|g| Some((g, g.offers.get(order)?)));
            let chosen = Choice::Engineer(engineer.clone());
            let Some((group, offer)) = standing.filter(|(_, offer)| offer.visit == *visit && offer.choice == chosen) else {
                return Err(Rejection::ChoiceStale);
            };
            let mut tried = offer.tried.clone();
            tried.push(engineer.clone());
            Ok(vec![chosen_for(group, *order, offer.visit, &offer.needs, tried, cx)])
        }
    }
}

fn put(entry: &GroupEntry, known: Option<&ServiceGroup>, cx: &Context<'_>) -> Result<GroupEntry, Rejection> {
    may(Action::Use(Right::ChangeDirectory), None, cx)?;
    let name = text::line("name", &entry.name, NAME_MAX)?;
    if entry.members.len() > MEMBERS_MAX {
        return Err(Rejection::TooMany { what: "members", limit: MEMBERS_MAX });
    }
    if entry.limit == Some(0) {
        return Err(Rejection::invalid("limit", "nobody could be given anything; leave it out for no limit"));
    }
    company::of_service_group(entry, known, cx)?;
    let mut members = entry.members.clone();
    members.sort();
    members.dedup();
    let entry = GroupEntry { name, members, ..entry.clone() };
    let same = known.is_some_and(|known| evolve(Some(known.clone()), &ServiceGroupEvent::Put(entry.clone())).as_ref() == Some(known));
    if same { Err(Rejection::NothingToChange) } else { Ok(entry) }
}

fn take(
    group: &ServiceGroup,
    sequence: u64,
    messages: &[(u64, LoadChanged)],
    cx: &Context<'_>,
) -> Result<Vec<ServiceGroupEvent>, Rejection> {
    if sequence <= group.last_taken {
        return Err(Rejection::MessageTakenAlready);
    }
    // After a crash old and new ones come in one parcel.
    let new: Vec<&LoadChanged> =
        messages.iter().filter(|(sequence, _)| *sequence > group.last_taken || mutant!("load-counted-twice")).map(|(_, m)| m).collect();
    let change = |m: &&LoadChanged| LoadChange { order: m.order, engineer: m.engineer.clone(), change: m.change };
    let mut events = vec![ServiceGroupEvent::LoadTaken { sequence, changes: new.iter().map(change).collect() }];
    let mut after = evolve(Some(group.clone()), &events[0]);
    for (at, message) in new.iter().enumerate() {
        // What was asked and is over within the same parcel needs no answer.
        let over = new[at + 1..].iter().any(|later| later.order == message.order);
        if let (Some(ask), Some(group), false) = (&message.ask, &after, over) {
            let event = chosen_for(group, message.order, ask.visit, &ask.needs, Vec::new(), cx);
            after = evolve(after, &event);
            events.push(event);
        }
    }
    Ok(events)
}

fn chosen_for(
    group: &ServiceGroup,
    order: WorkOrderId,
    visit: VisitNo,
    needs: &Needs,
    tried: Vec<StaffUserId>,
    cx: &Context<'_>,
) -> ServiceGroupEvent {
    let choice = match choose(group, needs, &tried, cx) {
        Ok(engineer) => Choice::Engineer(engineer),
        Err(why) => Choice::Nobody(why),
    };
    ServiceGroupEvent::Chosen { order, offer: Offer { visit, needs: needs.clone(), choice, tried } }
}

/// Takes an event in; total.
pub fn evolve(group: Option<ServiceGroup>, event: &ServiceGroupEvent) -> Option<ServiceGroup> {
    match event {
        ServiceGroupEvent::Put(entry) => {
            let GroupEntry { id, name, leader, members, rule, limit, provider, disabled } = entry.clone();
            Some(match group {
                Some(group) => ServiceGroup { id, name, leader, members, rule, limit, provider, disabled, ..group },
                None => ServiceGroup {
                    id,
                    name,
                    leader,
                    members,
                    rule,
                    limit,
                    provider,
                    disabled,
                    open: 0,
                    open_by_engineer: BTreeMap::new(),
                    last_chosen: None,
                    offers: BTreeMap::new(),
                    last_taken: 0,
                    last_turn: None,
                },
            })
        }
        ServiceGroupEvent::LoadTaken { sequence, changes } => {
            let mut group = group?;
            group.last_taken = *sequence;
            for LoadChange { order, engineer, change } in changes {
                // Whatever a Work Order says after it asked, it no longer waits for the choice.
                group.offers.remove(order);
                group.open = group.open.saturating_add_signed(i32::from(*change));
                if let Some(engineer) = engineer {
                    let count = group.open_by_engineer.entry(engineer.clone()).or_insert(0);
                    *count = count.saturating_add_signed(i32::from(*change));
                    if *count == 0 {
                        group.open_by_engineer.remove(engineer);
                    }
                }
            }
            Some(group)
        }
        ServiceGroupEvent::Chosen { order, offer } => {
            let mut group = group?;
            match &offer.choice {
                Choice::Engineer(_) if offer.needs.turn && mutant!("rotation-pointer-lost") => {}
                Choice::Engineer(person) if offer.needs.turn => group.last_turn = Some(person.clone()),
                Choice::Engineer(engineer) => group.last_chosen = Some(engineer.clone()).filter(|_| !mutant!("turn-does-not-move")),
                Choice::Nobody(_) => {}
            }
            group.offers.insert(*order, offer.clone());
            Some(group)
        }
    }
}

impl ServiceGroup {
    /// Open Work Orders of the group that an engineer carries or is about to be given.
    pub fn carries(&self, engineer: &StaffUserId) -> u32 {
        let work = self.offers.values().filter(|offer| !offer.needs.turn);
        let offered = work.filter(|o| matches!(&o.choice, Choice::Engineer(chosen) if chosen == engineer)).count();
        self.open_by_engineer.get(engineer).copied().unwrap_or(0) + offered as u32
    }

    /// What decisions about other aggregates see of it.
    pub fn as_members(&self) -> GroupMembers {
        let Self { name, leader, members, rule, limit, provider, disabled, .. } = self.clone();
        GroupMembers { name, leader, members, rule, limit, provider, disabled }
    }
}
