//! Labor time: started and stopped, or entered, by the engineer whose it is (ONS-2).
//!
//! Never negative, never in the future. That no two of one engineer overlap, across all Work Orders, is a claim that the writer
//! checks. A hold does not stop what runs; leaving the node, a transfer and the end of the Work Order do.

use super::WorkOrder;
use super::draft::Draft;
use super::event::Event;
use crate::domain::aggregate::Claim;
use crate::domain::ids::{Name, StaffUserId};
use crate::domain::may::{Action, may};
use crate::domain::process::{NodeState, on_site};
use crate::domain::rejection::Rejection;
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Most intervals of labor on one Work Order.
pub const LABOR_MAX: usize = 200;
/// Longest interval that can be entered.
pub const LONGEST_ENTERED: Span = Span::hours(24);

/// One interval of an engineer's work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labor {
    pub engineer: StaffUserId,
    pub from: Timestamp,
    /// None while it runs.
    pub to: Option<Timestamp>,
    pub step: Option<Name>,
    /// It may overlap other labor of the engineer, and other labor it.
    pub may_overlap: bool,
}

impl Labor {
    /// How long, up to `now` if it runs.
    pub fn span(&self, now: Timestamp) -> Span {
        self.to.unwrap_or(now).since(self.from)
    }
}

/// The claims of all labor of a Work Order that may not overlap.
pub fn claims(order: &WorkOrder) -> impl Iterator<Item = Claim> {
    order.labor().iter().filter(|l| !l.may_overlap).map(|l| claim(order, l))
}

/// The claims of labor that is not as it was: begun, ended or entered since.
pub fn new_claims(before: Option<&WorkOrder>, after: &WorkOrder) -> Vec<Claim> {
    let known = before.map_or(&[][..], WorkOrder::labor);
    let changed = after.labor().iter().enumerate().filter(|(i, l)| !l.may_overlap && known.get(*i) != Some(*l));
    let claims = changed.map(|(i, l)| match (known.get(i), l.to) {
        (Some(_), Some(to)) => Claim::LaborEnded { engineer: l.engineer.clone(), from: l.from, to },
        _ => claim(after, l),
    });
    claims.collect()
}

fn claim(order: &WorkOrder, labor: &Labor) -> Claim {
    Claim::Labor { engineer: labor.engineer.clone(), number: order.number.clone(), from: labor.from, to: labor.to }
}

/// The caller begins to work.
pub fn start(draft: &mut Draft<'_>, step: Option<&str>) -> Result<(), Rejection> {
    let site = site(draft, "StartLabor")?;
    if !at_site(draft) {
        return Err(draft.wrong_node("StartLabor"));
    }
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    draft.not_on_hold()?;
    let engineer = engineer(draft)?;
    let step = labor_step(draft, &site, step)?;
    room(draft)?;
    if let Some(runs) = running(&draft.order, &engineer) {
        let (number, from) = (draft.order.number.to_string(), runs.from.0);
        return Err(Rejection::LaborOverlaps { engineer: engineer.to_string(), number, from, to: None });
    }
    draft.push(Event::LaborStarted { engineer, from: draft.cx.now, step, may_overlap: site.overlapping_labor });
    Ok(())
}

/// The caller's work ends: now, or at an earlier time that is told afterwards. Also on hold.
pub fn stop(draft: &mut Draft<'_>, at: Option<Timestamp>) -> Result<(), Rejection> {
    draft.open_visit()?;
    let runs = |user: &&StaffUserId| draft.cx.directory.active(user).is_some() && running(&draft.order, user).is_some();
    let mine = draft.cx.principal.user().filter(runs).is_some();
    if !mine {
        may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    }
    let engineer = engineer(draft)?;
    let Some(from) = running(&draft.order, &engineer).map(|l| l.from) else {
        return Err(Rejection::LaborNotRunning { engineer: engineer.to_string() });
    };
    let now = draft.cx.now;
    let to = match at {
        None => now.max(from),
        Some(at) if at > now => return Err(Rejection::invalid("at", "is in the future")),
        Some(at) if at < from => return Err(Rejection::invalid("at", "is before it was started")),
        Some(at) => at,
    };
    draft.push(Event::LaborStopped { engineer, to });
    Ok(())
}

/// The caller tells afterwards when they worked; also on hold, and when the visit is over but the Work Order has not ended.
pub fn enter(draft: &mut Draft<'_>, from: Timestamp, to: Timestamp, step: Option<&str>) -> Result<(), Rejection> {
    let site = site(draft, "EnterLabor")?;
    may(Action::BookLabor, Some(&draft.order), draft.cx)?;
    let engineer = engineer(draft)?;
    if from.0 < 0 {
        return Err(Rejection::invalid("from", "is before 1970"));
    }
    if to <= from {
        return Err(Rejection::invalid("to", "is not after from"));
    }
    if to > draft.cx.now {
        return Err(Rejection::invalid("to", "is in the future"));
    }
    if to.since(from) > LONGEST_ENTERED {
        return Err(Rejection::invalid("to", "is more than 24 hours after from; enter each day by itself"));
    }
    let step = labor_step(draft, &site, step)?;
    room(draft)?;
    draft.push(Event::LaborEntered { engineer, from, to, step, may_overlap: site.overlapping_labor });
    Ok(())
}

/// All that runs ends: the node is left, transferred, or the Work Order ends.
pub fn stop_all(draft: &mut Draft<'_>) {
    let running: Vec<_> = draft.order.labor().iter().filter(|l| l.to.is_none()).map(|l| (l.engineer.clone(), l.from)).collect();
    for (engineer, from) in running {
        draft.push(Event::LaborStopped { engineer, to: draft.cx.now.max(from) });
    }
}

/// The engineer's labor on a step ends, because the step is done.
pub fn stop_step(draft: &mut Draft<'_>, engineer: &StaffUserId, step: &Name) {
    if let Some(from) = running(&draft.order, engineer).filter(|l| l.step.as_ref() == Some(step)).map(|l| l.from) {
        draft.push(Event::LaborStopped { engineer: engineer.clone(), to: draft.cx.now.max(from) });
    }
}

/// The engineer's labor that runs on this Work Order; there is at most one.
pub fn running<'a>(order: &'a WorkOrder, engineer: &StaffUserId) -> Option<&'a Labor> {
    order.labor().iter().find(|l| l.to.is_none() && l.engineer == *engineer)
}

fn at_site(draft: &Draft<'_>) -> bool {
    draft.order.visit().is_some_and(|v| matches!(v.state, NodeState::OnSite(_)))
}

/// The on-site visit that is open, or else the last one.
fn site(draft: &Draft<'_>, command: &'static str) -> Result<on_site::State, Rejection> {
    draft.open_visit()?;
    draft.order.on_site().cloned().ok_or_else(|| draft.wrong_node(command))
}

fn engineer(draft: &Draft<'_>) -> Result<StaffUserId, Rejection> {
    draft.cx.principal.user().cloned().ok_or_else(|| Rejection::invalid("user", "labor is a person's; act as one"))
}

fn room(draft: &Draft<'_>) -> Result<(), Rejection> {
    let full = draft.order.labor().len() >= LABOR_MAX;
    if full { Err(Rejection::TooMany { what: "intervals of labor on one Work Order", limit: LABOR_MAX }) } else { Ok(()) }
}

fn labor_step(draft: &Draft<'_>, site: &on_site::State, step: Option<&str>) -> Result<Option<Name>, Rejection> {
    let Some(step) = step else { return Ok(None) };
    let found = on_site::sop(site, draft.cx.catalogue).and_then(|sop| sop.find(step));
    match found {
        Some((step, _)) if step.labor => Ok(Some(step.name.clone())),
        Some((step, _)) => Err(Rejection::invalid("step", format!("no labor is booked on step {}", step.name))),
        None => Err(Rejection::unknown("step", step.chars().take(64).collect::<String>())),
    }
}
