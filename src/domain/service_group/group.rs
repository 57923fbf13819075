//! State, commands, events and rules of a service group.

use crate::domain::context::Context;
use crate::domain::directory::read_model::GroupMembers;
use crate::domain::ids::{ServiceGroupId, StaffUserId};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, NAME_MAX};
use crate::domain::work_order::reaction::LoadChanged;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most members of one group.
pub const MEMBERS_MAX: usize = 1_000;

/// One service group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceGroup {
    pub id: ServiceGroupId,
    pub name: Box<str>,
    pub leader: Option<StaffUserId>,
    pub members: Vec<StaffUserId>,
    pub disabled: bool,
    /// Open Work Orders assigned to the group.
    pub open: u32,
    /// Of these, how many each engineer carries.
    pub open_by_engineer: BTreeMap<StaffUserId, u32>,
    /// Next place in the rotation.
    pub rotation: u32,
    /// Messages of records up to this sequence have been taken.
    pub last_taken: u64,
}

/// Commands to a service group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServiceGroupCommand {
    Put {
        id: ServiceGroupId,
        name: String,
        leader: Option<StaffUserId>,
        members: Vec<StaffUserId>,
        disabled: bool,
    },
    /// By the system: messages of one or more records, each with its sequence, in the order of the journal, up to `sequence`.
    /// Those that were taken before are left out.
    Take {
        sequence: u64,
        messages: Vec<(u64, LoadChanged)>,
    },
}

/// What happened to a service group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ServiceGroupEvent {
    Put { id: ServiceGroupId, name: Box<str>, leader: Option<StaffUserId>, members: Vec<StaffUserId>, disabled: bool },
    LoadTaken { sequence: u64, changes: Vec<(Option<StaffUserId>, i8)> },
}

/// Decides a command; the group may not exist yet.
pub fn decide(group: Option<&ServiceGroup>, command: &ServiceGroupCommand, cx: &Context<'_>) -> Result<ServiceGroupEvent, Rejection> {
    match command {
        ServiceGroupCommand::Put { id, name, leader, members, disabled } => {
            may(Action::Use(crate::domain::definition::Right::ChangeDirectory), None, cx)?;
            let name = text::line("name", name, NAME_MAX)?;
            if members.len() > MEMBERS_MAX {
                return Err(Rejection::TooMany { what: "members", limit: MEMBERS_MAX });
            }
            for (field, user) in leader.iter().map(|l| ("leader", l)).chain(members.iter().map(|m| ("members", m))) {
                if cx.directory.staff_user(user).is_none() {
                    return Err(Rejection::unknown(field, user.as_str()));
                }
            }
            let mut members = members.clone();
            members.sort();
            members.dedup();
            Ok(ServiceGroupEvent::Put { id: id.clone(), name, leader: leader.clone(), members, disabled: *disabled })
        }
        ServiceGroupCommand::Take { sequence, messages } => {
            may(Action::ActAsSystem, None, cx)?;
            let Some(group) = group else {
                return Err(Rejection::NotFound {
                    what: "service group",
                    id: messages.first().map(|(_, m)| m.group.to_string()).unwrap_or_default(),
                });
            };
            if *sequence <= group.last_taken {
                return Err(Rejection::MessageTakenAlready);
            }
            // After a crash old and new ones come in one parcel.
            let new = messages.iter().filter(|(sequence, _)| *sequence > group.last_taken);
            Ok(ServiceGroupEvent::LoadTaken { sequence: *sequence, changes: new.map(|(_, m)| (m.engineer.clone(), m.change)).collect() })
        }
    }
}

/// Takes an event in; total.
pub fn evolve(group: Option<ServiceGroup>, event: &ServiceGroupEvent) -> Option<ServiceGroup> {
    match event {
        ServiceGroupEvent::Put { id, name, leader, members, disabled } => {
            let mut group = group.unwrap_or_else(|| ServiceGroup {
                id: id.clone(),
                name: name.clone(),
                leader: None,
                members: Vec::new(),
                disabled: false,
                open: 0,
                open_by_engineer: BTreeMap::new(),
                rotation: 0,
                last_taken: 0,
            });
            group.name.clone_from(name);
            group.leader.clone_from(leader);
            group.members.clone_from(members);
            group.disabled = *disabled;
            Some(group)
        }
        ServiceGroupEvent::LoadTaken { sequence, changes } => {
            let mut group = group?;
            group.last_taken = *sequence;
            for (engineer, change) in changes {
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
    }
}

impl ServiceGroup {
    /// What decisions about other aggregates see of it.
    pub fn as_members(&self) -> GroupMembers {
        GroupMembers { name: self.name.clone(), leader: self.leader.clone(), members: self.members.clone(), disabled: self.disabled }
    }
}
