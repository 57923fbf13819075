//! Open work as the auditor counts it: nobody is given more than the limit, and no rule chooses anybody who is absent or unfit.
//!
//! Counted from the states that the journal's records fold to, beside the writer's own count and the groups' ones. A step may have
//! been judged by limits, members and absences that were replaced a moment ago.

use std::collections::BTreeMap;
use workorderd::codec::StepBody;
use workorderd::domain::aggregate::{Claim, State};
use workorderd::domain::directory::StaffUser;
use workorderd::domain::ids::{ServiceGroupId, StaffUserId, WorkOrderId};
use workorderd::domain::process::NodeState;
use workorderd::domain::process::assign::Choice;
use workorderd::domain::service_group::ServiceGroup;
use workorderd::domain::service_group::group::Offer;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::WorkOrder;

/// For how many records what was replaced may still show in new steps.
const IN_FLIGHT: u64 = 300;

/// All of it.
#[derive(Default)]
pub struct Work {
    carried: BTreeMap<WorkOrderId, (ServiceGroupId, StaffUserId)>,
    groups: BTreeMap<ServiceGroupId, ServiceGroup>,
    limits: BTreeMap<ServiceGroupId, Vec<(u64, Option<u32>)>>,
    users: BTreeMap<StaffUserId, Vec<(u64, workorderd::domain::directory::StaffUser)>>,
}

impl Work {
    /// Whether the work is still to be done.
    pub fn is_open_work(order: &WorkOrder) -> bool {
        let Some(visit) = order.visit().filter(|_| order.is_open() && order.life.is_normal()) else { return false };
        let done = matches!(visit.state, NodeState::Confirm(_) | NodeState::Evaluate(_) | NodeState::FollowUp(_));
        let done = done && order.last_completed_at.is_some();
        !done
    }

    /// Takes the state after a record in.
    pub fn take(&mut self, state: &State, body: &StepBody, sequence: u64, at: i64) {
        match state {
            State::WorkOrder(order) => self.order(order, body, sequence, at),
            State::ServiceGroup(group) => {
                remember(self.limits.entry(group.id.clone()).or_default(), sequence, group.limit);
                self.groups.insert(group.id.clone(), (**group).clone());
            }
            State::StaffUser(user) => remember(self.users.entry(user.id.clone()).or_default(), sequence, (**user).clone()),
            _ => {}
        }
    }

    fn order(&mut self, order: &WorkOrder, body: &StepBody, sequence: u64, at: i64) {
        let carries = order.group.clone().zip(order.engineer.clone()).filter(|_| Self::is_open_work(order));
        let before = match &carries {
            Some(carries) => self.carried.insert(order.id, carries.clone()),
            None => self.carried.remove(&order.id),
        };
        let number = &order.number;
        let Some((group, engineer)) = carries.filter(|carries| before.as_ref() != Some(carries)) else { return };
        let limit = body.claims.iter().find_map(|claim| match claim {
            Claim::OpenWork { group: g, engineer: e, limit } if (g, e) == (&group, &engineer) => Some(*limit),
            _ => None,
        });
        let limit = limit.unwrap_or_else(|| panic!("record {sequence}: {engineer} gets {number} without a claim"));
        let count = self.carried.values().filter(|carried| **carried == (group.clone(), engineer.clone())).count() as u32;
        assert!(limit.is_none_or(|limit| count <= limit), "record {sequence}: {engineer} has {count} of {group}, the limit is {limit:?}");
        if matches!(&*body.command, "AssignByRule" | "Claim" | "Transfer" | "AcceptAssignment") {
            let limits = self.limits.get(&group).map(|l| l.iter().map(|(_, limit)| *limit).collect::<Vec<_>>()).unwrap_or_default();
            assert!(limits.contains(&limit), "record {sequence}: {} by the limit {limit:?}, it was {limits:?}", body.command);
        }
        if &*body.command == "AssignByRule" {
            self.chosen(order, &group, &engineer, sequence, at);
        }
    }

    /// Whose turn a group says it is: the first behind the one whose it was last, but for those who are not there.
    pub fn turn(&self, group: &ServiceGroup, offer: &Offer, sequence: u64, at: i64) {
        let Choice::Engineer(person) = &offer.choice else { return };
        let there = |user: &StaffUser| !user.disabled && !user.absence.is_some_and(|a| a.from <= Timestamp(at) && Timestamp(at) < a.until);
        let behind = |user: &&StaffUserId| group.last_turn.as_ref().is_some_and(|last| *user > last);
        let mut round = group.members.iter().filter(behind).chain(group.members.iter().filter(|user| !behind(user)));
        for passed in round.by_ref().take_while(|user| *user != person) {
            let always = self.users.get(passed).is_some_and(|versions| versions.iter().all(|(_, user)| there(user)));
            assert!(!always || offer.tried.contains(passed), "record {sequence}: it is the turn of {passed}, not of {person}");
        }
        assert!(group.members.contains(person), "record {sequence}: {person} is no member");
    }

    fn chosen(&self, order: &WorkOrder, group: &ServiceGroupId, engineer: &StaffUserId, sequence: u64, at: i64) {
        let group = self.groups.get(group).expect("a group that chose");
        let offer =
            group.offers.get(&order.id).unwrap_or_else(|| panic!("record {sequence}: {} chose nobody for {}", group.id, order.number));
        assert_eq!(offer.choice, Choice::Engineer(engineer.clone()), "record {sequence}: the group chose another");
        let versions = self.users.get(engineer).expect("somebody of the company");
        let fits = |user: &workorderd::domain::directory::StaffUser| {
            let away = user.absence.is_some_and(|a| a.from <= Timestamp(at) && Timestamp(at) < a.until);
            let here = user.regions.is_empty() || offer.needs.region.as_ref().is_none_or(|region| user.regions.contains(region));
            !away && !user.disabled && here && offer.needs.skills.iter().all(|skill| user.skills.contains(skill))
        };
        assert!(versions.iter().any(|(_, user)| fits(user)), "record {sequence}: {engineer} was chosen and does not fit");
    }
}

/// The newest last; what was replaced long ago is forgotten.
fn remember<T: PartialEq>(versions: &mut Vec<(u64, T)>, sequence: u64, new: T) {
    match versions.last_mut() {
        Some((until, last)) if *last == new => *until = u64::MAX,
        Some((until, _)) => {
            *until = sequence;
            versions.push((u64::MAX, new));
        }
        None => versions.push((u64::MAX, new)),
    }
    versions.retain(|(until, _)| until.saturating_add(IN_FLIGHT) > sequence);
}
