//! What a Work Order tells others because of a step. Part of the same record, delivered after it.

use super::state::WorkOrder;
use crate::domain::ids::{ServiceGroupId, StaffUserId, WorkOrderId};
use crate::domain::process::assign::Ask;
use serde::{Deserialize, Serialize};

/// A message to a service group: its open work changed, or what a Work Order waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadChanged {
    pub group: ServiceGroupId,
    pub order: WorkOrderId,
    pub engineer: Option<StaffUserId>,
    /// Plus one, minus one, or zero.
    pub change: i8,
    /// The group's rule is asked to choose. Any message without it ends an earlier one of the same Work Order.
    pub ask: Option<Ask>,
}

/// Messages from the difference of two states: off the old group and engineer, onto the new, and what is asked.
pub fn reactions(before: Option<&WorkOrder>, after: &WorkOrder) -> Vec<LoadChanged> {
    let old = before.and_then(WorkOrder::load);
    let new = after.load();
    let ask = after.ask();
    let message = |(group, engineer): (&ServiceGroupId, Option<&StaffUserId>), change, ask: Option<&Ask>| LoadChanged {
        group: group.clone(),
        order: after.id,
        engineer: engineer.cloned(),
        change,
        ask: ask.cloned(),
    };
    let mut messages: Vec<LoadChanged> = if old == new {
        let asks_otherwise = before.and_then(WorkOrder::ask) != ask;
        new.filter(|_| asks_otherwise).map(|load| message(load, 0, ask)).into_iter().collect()
    } else {
        old.map(|load| message(load, -1, None)).into_iter().chain(new.map(|load| message(load, 1, ask))).collect()
    };
    // Whose turn it is, is asked last: any message after it would end it.
    let (asked, asks) = (before.and_then(WorkOrder::asks_for_turn), after.asks_for_turn());
    let ended = |group: &ServiceGroupId| messages.iter().any(|message| message.group == *group);
    let again = asks.is_some_and(|(group, _)| ended(group));
    if asked != asks || again {
        let over = asked.filter(|(group, _)| asks.is_none_or(|(other, _)| other != *group) && !ended(group));
        let over = over.map(|(group, _)| message((group, None), 0, None));
        messages.extend(over.into_iter().chain(asks.map(|(group, ask)| message((group, None), 0, Some(ask)))));
    }
    messages
}
