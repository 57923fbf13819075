//! Planned visits: who goes to the customer and when (OPS-5). Planned, moved and called off by whoever may handle the Work Order; that
//! two of one engineer overlap is told, not refused: only people know whether one can be at both.
//!
//! What is planned ends with the Work Order: visits that have not begun by then are no longer planned; those before stay.

use super::draft::Draft;
use super::event::Event;
use super::state::WorkOrder;
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::{PlannedNo, StaffUserId};
use crate::domain::may::relation::Subject;
use crate::domain::may::{Action, may, sees};
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, LONG_TEXT_MAX, PersonalText};
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Most visits that are planned on one Work Order at a time, past ones among them.
pub const PLANNED_MAX: usize = 100;
/// The longest visit; what takes more is planned day by day.
pub const LONGEST_PLANNED: Span = Span::hours(24);
/// How long ago a visit may have begun, to be planned at all.
pub const PAST_MAX: Span = Span::days(7);
/// How far ahead a visit may begin: further is a slip of the pen.
pub const AHEAD_MAX: Span = Span::days(731);
/// Longest note, in characters as a person counts them.
pub const NOTE_MAX: usize = 200;

/// One visit that is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedVisit {
    pub no: PlannedNo,
    pub engineer: StaffUserId,
    pub from: Timestamp,
    pub until: Timestamp,
    pub note: Option<PersonalText>,
    /// How often it was moved.
    pub moved: u32,
    /// When it was planned, or last moved.
    pub changed_at: Timestamp,
}

impl WorkOrder {
    /// Planned visits, in the order in which they were planned.
    pub fn planned(&self) -> &[PlannedVisit] {
        self.field_work.as_ref().map_or(&[], |w| &w.planned)
    }

    /// What calendars show of it: nothing of what does not count.
    pub fn on_calendars(&self) -> &[PlannedVisit] {
        if self.life.is_normal() || mutant!("voided-visit-stays-planned") { self.planned() } else { &[] }
    }

    fn planned_visit(&self, no: PlannedNo) -> Result<&PlannedVisit, Rejection> {
        let found = self.planned().iter().find(|v| v.no == no);
        found.ok_or_else(|| Rejection::unknown("visit", no.0.to_string()))
    }
}

/// Plans a visit; without an engineer it is whoever the Work Order is assigned to.
pub fn plan(
    draft: &mut Draft<'_>,
    engineer: Option<&StaffUserId>,
    (from, until): (Timestamp, Timestamp),
    note: Option<&str>,
) -> Result<(), Rejection> {
    draft.open_visit()?;
    may(Action::Handle, Some(&draft.order), draft.cx)?;
    let engineer = engineer.or(draft.order.engineer.as_ref()).cloned();
    let engineer = engineer.ok_or_else(|| Rejection::invalid("engineer", "is required: the Work Order has no engineer yet"))?;
    can_go(&engineer, &draft.order, draft.cx)?;
    good_times(from, until, draft.cx.now)?;
    let note = note.map(|note| text::long("note", note, NOTE_MAX).map(|note| PersonalText(Some(note)))).transpose()?;
    if draft.order.planned().len() >= PLANNED_MAX {
        return Err(Rejection::TooMany { what: "planned visits on one Work Order", limit: PLANNED_MAX });
    }
    let no = PlannedNo(draft.order.field_work.as_ref().map_or(0, |w| w.planned_made).saturating_add(1));
    draft.push(Event::VisitPlanned { visit: no, engineer, from, until, note });
    Ok(())
}

/// Plans it for another time, or for somebody else.
pub fn move_to(
    draft: &mut Draft<'_>,
    no: PlannedNo,
    (from, until): (Timestamp, Timestamp),
    engineer: Option<&StaffUserId>,
) -> Result<(), Rejection> {
    draft.open_visit()?;
    may(Action::Handle, Some(&draft.order), draft.cx)?;
    let old = draft.order.planned_visit(no)?;
    let new = engineer.unwrap_or(&old.engineer).clone();
    if (&new, from, until) == (&old.engineer, old.from, old.until) {
        return Err(Rejection::NothingToChange);
    }
    if new != old.engineer {
        can_go(&new, &draft.order, draft.cx)?;
    }
    good_times(from, until, draft.cx.now)?;
    draft.push(Event::VisitMoved { visit: no, engineer: new, from, until });
    Ok(())
}

/// Nobody goes.
pub fn cancel(draft: &mut Draft<'_>, no: PlannedNo, reason: Option<&str>) -> Result<(), Rejection> {
    draft.open_visit()?;
    may(Action::Handle, Some(&draft.order), draft.cx)?;
    draft.order.planned_visit(no)?;
    let reason = reason.map(|r| text::long("reason", r, LONG_TEXT_MAX).map(|r| PersonalText(Some(r)))).transpose()?;
    draft.push(Event::VisitCancelled { visit: no, reason });
    Ok(())
}

fn good_times(from: Timestamp, until: Timestamp, now: Timestamp) -> Result<(), Rejection> {
    if from.0 < 0 {
        return Err(Rejection::invalid("from", "is before 1970"));
    }
    if until <= from {
        return Err(Rejection::invalid("until", "is not after from"));
    }
    if until.since(from) > LONGEST_PLANNED {
        return Err(Rejection::invalid("until", "is more than 24 hours after from; plan each day by itself"));
    }
    if now.since(from) > PAST_MAX {
        return Err(Rejection::invalid("from", "is more than 7 days ago"));
    }
    if from.since(now) > AHEAD_MAX {
        return Err(Rejection::invalid("from", "is more than two years ahead"));
    }
    Ok(())
}

/// Whether somebody can be sent: they can act, and may see what they are sent to.
pub fn can_go(engineer: &StaffUserId, order: &WorkOrder, cx: &Context<'_>) -> Result<(), Rejection> {
    let user = cx.directory.active(engineer).ok_or_else(|| Rejection::unknown("engineer", engineer.as_str()))?;
    let principal = Principal::Staff { user: Some(user.id.clone()), roles: user.roles.clone(), through: user.id.as_str().into() };
    let reads = user.roles.iter().any(|role| cx.catalogue.role_has_for(role, Right::ReadWorkOrders, &order.record_type));
    if !reads {
        let problem = format!("{engineer} is no service staff: no role of theirs reads Work Orders of this type");
        return Err(Rejection::invalid("engineer", problem));
    }
    if !sees(&Subject::of(order), &Context { principal: &principal, ..*cx }) {
        let problem = format!("{engineer} may not see this Work Order; assign it to them first, or add them to its team");
        return Err(Rejection::invalid("engineer", problem));
    }
    Ok(())
}

/// Part of `evolve`: what has not begun when the Work Order ends is no longer planned.
pub(super) fn take_ended(order: &mut WorkOrder, at: Timestamp) {
    if let Some(work) = &mut order.field_work {
        work.planned.retain(|visit| visit.from < at);
    }
}
