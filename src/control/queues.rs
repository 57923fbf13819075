//! What a dispatcher looks at: the queues with their counts, and the Work Orders of one, most pressing first.

use super::desk::Visit;
use super::present;
use super::refuse::{field, optional_slug};
use super::service::Outcome;
use super::work_orders::{bounded, shown_through};
use crate::domain::definition::Right;
use crate::domain::ids::{ServiceGroupId, StaffUserId};
use crate::engine::queues::{Counts, Only, Place, Queue};
use crate::engine::scope::Scope;
use crate::protocol::varlink::ErrorReply;
use crate::protocol::work_orders as shape;

/// Lines of one page at most.
const PAGE_MAX: i64 = 1000;

/// Every queue with its counts.
pub async fn queues(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let p: shape::GetQueues = visit.parameters()?;
    if let Some(sequence) = p.at_least {
        shown_through(visit, sequence).await?;
    }
    let scope = visit.judge(Scope::of);
    let board = visit.desk.runtime.views().board();
    let groups = board.group_queues(&scope).map(|(group, counts)| counted(group, counts)).collect();
    let mine = visit.principal.user().map(|user| counted(None, board.queue(&scope, &Queue::Engineer(user.clone()))));
    let all = counted(None, board.queue(&scope, &Queue::All));
    Ok(Outcome::reply(&shape::QueuesTold { all, mine, groups }))
}

fn counted(group: Option<&ServiceGroupId>, counts: Counts) -> shape::Queue {
    let [open, unassigned, overdue] = [counts.open, counts.unassigned, counts.overdue].map(|count| count as i64);
    shape::Queue { group: group.map(ToString::to_string), open, unassigned, overdue }
}

/// A page of a queue.
pub async fn pressing(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let p: shape::ListPressing = visit.parameters()?;
    let limit = bounded("limit", p.limit, 50, PAGE_MAX)?;
    let group = optional_slug("group", p.group.as_deref(), ServiceGroupId::new)?;
    let engineer = optional_slug("engineer", p.engineer.as_deref(), StaffUserId::new)?;
    let queue = match (group, p.no_group.unwrap_or(false), engineer) {
        (None, false, None) => Queue::All,
        (Some(group), false, None) => Queue::Group(Some(group)),
        (None, true, None) => Queue::Group(None),
        (None, false, Some(engineer)) => Queue::Engineer(engineer),
        _ => return Err(field("group", "name one of group, noGroup and engineer, or none")),
    };
    let only = Only { unassigned: p.unassigned.unwrap_or(false), overdue: p.overdue.unwrap_or(false) };
    let read = |text: &str| Place::read(text).ok_or_else(|| field("after", format!("{text:?} is not what a list gave as next")));
    let after = p.after.as_deref().map(read).transpose()?;
    if let Some(sequence) = p.at_least {
        shown_through(visit, sequence).await?;
    }
    let scope = visit.judge(Scope::of);
    let board = visit.desk.runtime.views().board();
    let (rows, next) = board.pressing(&scope, &queue, only, after, limit);
    let lines = rows.iter().map(|(row, due)| shape::Pressing { line: present::line(row), due: due.map(|at| at.0) }).collect();
    let next = next.map(Place::written);
    drop(board);
    Ok(Outcome::reply(&shape::PressingListed { lines, next, now: visit.desk.runtime.now().0 }))
}
