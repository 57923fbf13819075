//! Whom a group's own rule chooses: pure, over the group's record and the directory (ASG-3, reading 9).
//!
//! Passed over are those who have left, are absent, lack a skill, work elsewhere, carry as much as the limit allows, or could not
//! be given this Work Order a moment ago. The turn goes round by id, so that it survives changes of membership and restarts.

use super::group::{GroupRule, ServiceGroup};
use crate::domain::context::Context;
use crate::domain::ids::{Region, Skill, StaffUserId};
use serde::{Deserialize, Serialize};

/// What a Work Order needs of its engineer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Needs {
    /// All of them.
    pub skills: Vec<Skill>,
    /// Who names no region works in every one.
    pub region: Option<Region>,
    /// Whose turn it is for something beside the group's work, a follow-up: it goes round whatever the group's own rule, with a turn of
    /// its own, past nobody but those who are not there (FUP-2).
    pub turn: bool,
}

impl Needs {
    /// Nothing but that somebody's turn it is.
    pub fn turn() -> Self {
        Self { turn: true, ..Self::default() }
    }
}

/// The member whose turn it is, or why nobody is chosen.
pub fn choose(group: &ServiceGroup, needs: &Needs, tried: &[StaffUserId], cx: &Context<'_>) -> Result<StaffUserId, Box<str>> {
    if group.disabled {
        return Err("the service group is disabled".into());
    }
    let least = match group.rule {
        _ if needs.turn => false,
        GroupRule::RoundRobin => false,
        GroupRule::LeastLoaded => true,
        GroupRule::ByLeader | GroupRule::Pool => return Err(format!("the rule of the service group is {}", group.rule.name()).into()),
    };
    let last = if needs.turn { &group.last_turn } else { &group.last_chosen };
    let behind = |user: &&StaffUserId| last.as_ref().is_some_and(|last| *user > last);
    let in_turn = group.members.iter().filter(behind).chain(group.members.iter().filter(|user| !behind(user)));
    let mut passed_over = [0_usize; WHY.len()];
    let fits = in_turn.filter(|user| match obstacle(group, user, needs, tried, cx) {
        Some(why) => {
            passed_over[why] += 1;
            false
        }
        None => true,
    });
    // Of those who carry equally little it is the first in turn.
    let chosen = if least { fits.min_by_key(|user| group.carries(user)) } else { { fits }.next() };
    chosen.cloned().ok_or_else(|| {
        let told: Vec<_> = passed_over.iter().zip(WHY).filter(|(n, _)| **n > 0).map(|(n, why)| format!("{n} {why}")).collect();
        match told.is_empty() {
            true => "the service group has no members".into(),
            false => format!("nobody fits: {}", told.join(", ")).into(),
        }
    })
}

const WHY: [&str; 6] = ["left", "absent", "without the skill", "in other regions", "at the limit", "not available"];

fn obstacle(group: &ServiceGroup, user: &StaffUserId, needs: &Needs, tried: &[StaffUserId], cx: &Context<'_>) -> Option<usize> {
    let Some(entry) = cx.directory.active(user) else { return Some(0) };
    let elsewhere = |region: &Region| !entry.regions.is_empty() && !entry.regions.contains(region);
    match () {
        () if entry.is_absent(cx.now) => Some(1),
        () if needs.skills.iter().any(|skill| !entry.skills.contains(skill)) => Some(2),
        () if needs.region.as_ref().is_some_and(elsewhere) => Some(3),
        () if !needs.turn && group.limit.is_some_and(|limit| group.carries(user) >= limit) => Some(4),
        () if tried.contains(user) => Some(5),
        () => None,
    }
}
