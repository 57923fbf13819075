//! Life and lock of a Work Order (OPS-1, reading 11): void and restored, deleted at last, locked and unlocked.
//!
//! What is void stands still as a whole: no timer, no mail, no load, no ask of a rule; restored it goes on where it was. What is
//! deleted keeps its number and its history for ever.

use super::command::Command;
use super::draft::Draft;
use super::event::Event;
use super::state::WorkOrder;
use crate::domain::definition::Right;
use crate::domain::ids::StaffUserId;
use crate::domain::may::{Action, may};
use crate::domain::principal::Principal;
use crate::domain::process::NodeState;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, LONG_TEXT_MAX, PersonalText};
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Whether a Work Order counts: beside its business status, which says how far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Life {
    #[default]
    Normal,
    /// Put aside as if it had never been; seen by admins alone (PER-7).
    Void {
        since: Timestamp,
    },
    Deleted,
}

/// Nobody of the staff changes it until it is unlocked; customers' answers and timers go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// None: a peer without a person.
    pub by: Option<StaffUserId>,
    pub since: Timestamp,
}

impl Life {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Void { .. } => "void",
            Self::Deleted => "deleted",
        }
    }

    /// Whether it counts.
    pub fn is_normal(self) -> bool {
        matches!(self, Self::Normal)
    }
}

/// What a command is to a Work Order that is void or locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Nature {
    Ordinary,
    Unlocks,
    /// Changes nothing of it: whom it is shown to, what one wants to be reminded of.
    Aside,
    /// Restore and delete: what is void is theirs.
    OfVoid,
    Timer,
    Choice,
    /// What became of a mail or a call that was on its way is kept whatever happened meanwhile.
    Outcome,
    /// Somebody's right, whatever became of the Work Order.
    Erasure,
}

fn nature(command: &Command) -> Nature {
    match command {
        Command::Create(_)
        | Command::AssignToGroup { .. }
        | Command::AssignToEngineer { .. }
        | Command::Claim
        | Command::AcceptAssignment
        | Command::DeclineAssignment { .. }
        | Command::Transfer { .. }
        | Command::TakeTask
        | Command::CompleteTask { .. }
        | Command::SaveFields { .. }
        | Command::ConfirmSolved { .. }
        | Command::ConfirmNotSolved { .. }
        | Command::SkipEvaluation { .. }
        | Command::SubmitEvaluation { .. }
        | Command::Hold { .. }
        | Command::Resume
        | Command::Cancel { .. }
        | Command::Reject { .. }
        | Command::MoveToVersion { .. }
        | Command::AddServiceRecord { .. }
        | Command::CompleteStep { .. }
        | Command::SkipStep { .. }
        | Command::StartLabor { .. }
        | Command::StopLabor { .. }
        | Command::EnterLabor { .. }
        | Command::RecordFollowUpAttempt { .. }
        | Command::SubmitFollowUp { .. }
        | Command::CloseFollowUp { .. }
        | Command::PassFollowUpOn { .. }
        | Command::Edit(_)
        | Command::PlanVisit { .. }
        | Command::MoveVisit { .. }
        | Command::CancelVisit { .. }
        | Command::StartCall { .. }
        | Command::ChangeOwner { .. }
        | Command::AddTeamMember { .. }
        | Command::RemoveTeamMember { .. }
        | Command::Lock
        | Command::Void { .. } => Nature::Ordinary,
        Command::Forward { .. } | Command::RemindMe { .. } | Command::FinishToDo { .. } => Nature::Aside,
        Command::Unlock => Nature::Unlocks,
        Command::Restore | Command::Delete { .. } => Nature::OfVoid,
        Command::Fire { .. } | Command::BeginMail { .. } => Nature::Timer,
        Command::AssignByRule { .. } => Nature::Choice,
        Command::RecordMail { .. } | Command::RecordCall { .. } => Nature::Outcome,
        Command::ErasePerson { .. } => Nature::Erasure,
    }
}

/// Refuses what a Work Order does not take while it is void, deleted or locked.
pub fn allows(order: &WorkOrder, command: &Command, principal: &Principal) -> Result<(), Rejection> {
    let nature = nature(command);
    if !order.life.is_normal() {
        match nature {
            Nature::Outcome | Nature::Erasure => {}
            Nature::Timer if mutant!("void-timers-run") => {}
            Nature::Timer => return Err(Rejection::TimerStale),
            Nature::Choice => return Err(Rejection::ChoiceStale),
            Nature::OfVoid if order.life != Life::Deleted => {}
            Nature::Ordinary if mutant!("void-goes-on") => {}
            Nature::OfVoid | Nature::Ordinary | Nature::Unlocks | Nature::Aside => return Err(Rejection::Void { life: order.life.name() }),
        }
    }
    let staff = matches!(principal, Principal::Staff { .. });
    match &order.lock {
        Some(lock) if staff && !matches!(nature, Nature::Unlocks | Nature::Aside) && !mutant!("lock-opens") => {
            Err(Rejection::Locked { by: lock.by.as_ref().map_or_else(|| "an admin".to_owned(), ToString::to_string) })
        }
        Some(_) | None => Ok(()),
    }
}

/// From now on nobody of the staff changes it.
pub fn lock(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    may(Action::Outside(Right::LockWorkOrders), Some(&draft.order), draft.cx)?;
    draft.push(Event::Locked { by: draft.cx.principal.user().cloned() });
    Ok(())
}

/// It can be changed again.
pub fn unlock(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    may(Action::Outside(Right::LockWorkOrders), Some(&draft.order), draft.cx)?;
    if draft.order.lock.is_none() {
        return Err(Rejection::NotLocked);
    }
    draft.push(Event::Unlocked);
    Ok(())
}

/// Puts it aside, with a reason. It passes no node (reading 1).
pub fn void(draft: &mut Draft<'_>, reason: &str) -> Result<(), Rejection> {
    may(Action::Outside(Right::VoidWorkOrders), Some(&draft.order), draft.cx)?;
    let reason = PersonalText(Some(text::long("reason", reason, LONG_TEXT_MAX)?));
    super::labor::stop_all(draft);
    draft.push(Event::Voided { reason });
    Ok(())
}

/// It counts again, and goes on where it was.
pub fn restore(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    may(Action::Outside(Right::VoidWorkOrders), Some(&draft.order), draft.cx)?;
    if draft.order.life.is_normal() {
        return Err(Rejection::NotVoid);
    }
    draft.push(Event::Restored);
    super::reach::resume(draft);
    Ok(())
}

/// By admins, and of what is void alone (OPS-1).
pub fn delete(draft: &mut Draft<'_>, reason: &str) -> Result<(), Rejection> {
    may(Action::Use(Right::Administer), Some(&draft.order), draft.cx)?;
    if draft.order.life.is_normal() {
        return Err(Rejection::NotVoid);
    }
    let reason = PersonalText(Some(text::long("reason", reason, LONG_TEXT_MAX)?));
    draft.push(Event::Deleted { reason });
    Ok(())
}

/// Part of `evolve`: nothing goes on; and what a group's own rule was asked for is no longer asked, also once it is restored: people
/// decide then, and a choice that comes late is not followed.
pub(super) fn take_voided(order: &mut WorkOrder, at: Timestamp) {
    order.life = Life::Void { since: at };
    if let Some(NodeState::Assign(state)) = order.visit.as_mut().map(|visit| &mut visit.state) {
        state.ask = None;
    }
}

/// Part of `evolve`: the time limits of the open visit did not run meanwhile; a hold that stops them counts that time itself.
pub(super) fn take_restored(order: &mut WorkOrder, at: Timestamp) {
    let Life::Void { since } = order.life else { return };
    order.life = Life::Normal;
    let held = order.hold.is_some();
    if let Some(visit) = &mut order.visit
        && !(held && visit.limits.stand_still_on_hold)
    {
        visit.stood_still = Span(visit.stood_still.0 + at.since(since.max(visit.entered_at)).0);
    }
}
