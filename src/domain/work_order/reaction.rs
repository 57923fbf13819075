//! What a Work Order tells others because of a step. Part of the same record, delivered after it.

use super::state::WorkOrder;
use crate::domain::ids::{ServiceGroupId, StaffUserId};
use serde::{Deserialize, Serialize};

/// A message to a service group: its open work changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadChanged {
    pub group: ServiceGroupId,
    pub engineer: Option<StaffUserId>,
    /// Plus one or minus one.
    pub change: i8,
}

/// Messages from the difference of two states: off the old group and engineer, onto the new.
pub fn reactions(before: Option<&WorkOrder>, after: &WorkOrder) -> Vec<LoadChanged> {
    let old = before.and_then(WorkOrder::load);
    let new = after.load();
    if old == new {
        return Vec::new();
    }
    let message = |(group, engineer): (&ServiceGroupId, Option<&StaffUserId>), change| LoadChanged {
        group: group.clone(),
        engineer: engineer.cloned(),
        change,
    };
    old.map(|load| message(load, -1)).into_iter().chain(new.map(|load| message(load, 1))).collect()
}
