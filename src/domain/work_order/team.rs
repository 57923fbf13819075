//! The team of a Work Order: who takes part beside the owner, and who the owner is (OPS-1, ASG-6).
//!
//! The owner is whoever created it until an engineer accepts it. A former owner, and whoever assigned by hand, stay on the team with
//! read and write: a dispatcher does not lose sight of what they gave away.

use super::draft::Draft;
use super::event::Event;
use super::state::{WorkOrder, words};
use crate::domain::definition::Right;
use crate::domain::ids::StaffUserId;
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use serde::{Deserialize, Serialize};

/// Most members of a team.
pub const TEAM_MAX: usize = 50;

words!(
    /// What somebody may do with what they were let into.
    Access { Read = "read", ReadWrite = "read-write" }
);

/// Somebody on the team, beside the owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamMember {
    pub user: StaffUserId,
    pub access: Access,
}

/// By hand: somebody else is responsible from now on; open or ended.
pub fn change_owner(draft: &mut Draft<'_>, owner: &StaffUserId) -> Result<(), Rejection> {
    may(Action::Outside(Right::ReassignWorkOrders), Some(&draft.order), draft.cx)?;
    known("owner", owner, draft)?;
    if draft.order.owner.as_ref() == Some(owner) {
        return Err(Rejection::NothingToChange);
    }
    draft.push(Event::OwnerChanged { owner: owner.clone() });
    Ok(())
}

/// By hand: somebody joins, or may do more or less than before.
pub fn add(draft: &mut Draft<'_>, user: &StaffUserId, access: Access) -> Result<(), Rejection> {
    may(Action::Outside(Right::ReassignWorkOrders), Some(&draft.order), draft.cx)?;
    known("user", user, draft)?;
    match draft.order.team.iter().find(|member| member.user == *user) {
        Some(member) if member.access == access => return Err(Rejection::NothingToChange),
        Some(_) => {}
        None if draft.order.owner.as_ref() == Some(user) => return Err(Rejection::invalid("user", format!("{user} is the owner"))),
        None if draft.order.team.len() >= TEAM_MAX => return Err(Rejection::TooMany { what: "team members", limit: TEAM_MAX }),
        None => {}
    }
    draft.push(Event::TeamMemberAdded(TeamMember { user: user.clone(), access }));
    Ok(())
}

/// By hand: somebody leaves the team.
pub fn remove(draft: &mut Draft<'_>, user: &StaffUserId) -> Result<(), Rejection> {
    may(Action::Outside(Right::ReassignWorkOrders), Some(&draft.order), draft.cx)?;
    if !draft.order.team.iter().any(|member| member.user == *user) {
        return Err(Rejection::invalid("user", format!("{user} is not on the team")));
    }
    draft.push(Event::TeamMemberRemoved { user: user.clone() });
    Ok(())
}

fn known(field: &'static str, user: &StaffUserId, draft: &Draft<'_>) -> Result<(), Rejection> {
    draft.cx.directory.active(user).map(|_| ()).ok_or_else(|| Rejection::unknown(field, user.as_str()))
}

/// Part of `evolve`: another owner; the former one stays on the team.
pub(super) fn take_owner(order: &mut WorkOrder, owner: &StaffUserId) {
    order.team.retain(|member| member.user != *owner);
    if let Some(former) = order.owner.replace(owner.clone()).filter(|former| former != owner) {
        join(order, TeamMember { user: former, access: Access::ReadWrite });
    }
}

/// Part of `evolve`: somebody joins, or may do something else than before. Where the team is full, the rules let nobody in, and who
/// would come in by the way (a former owner) stays outside.
pub(super) fn join(order: &mut WorkOrder, new: TeamMember) {
    let full = order.team.len() >= TEAM_MAX;
    match order.team.iter_mut().find(|member| member.user == new.user) {
        Some(member) => member.access = new.access,
        None if order.owner.as_ref() == Some(&new.user) || full => {}
        None => {
            order.team.reserve_exact(1);
            order.team.push(new);
        }
    }
}
