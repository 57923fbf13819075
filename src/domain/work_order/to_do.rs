//! What waits for one person beside the node: what a colleague forwarded to them, and what they wanted to be reminded of (OPS-1, OPS-4).
//! What waits at the node is a to-do of its handlers by itself.

use super::decide::optional;
use super::draft::Draft;
use super::event::Event;
use super::notice::NoticeKind;
use super::state::WorkOrder;
use crate::domain::context::Context;
use crate::domain::ids::StaffUserId;
use crate::domain::may::relation::{Subject, sees};
use crate::domain::may::{Action, may};
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// Most of them of one Work Order.
pub const TO_DOS_MAX: usize = 64;
/// Most people it is forwarded to at once.
pub const FORWARD_MAX: usize = 20;
/// How far ahead somebody is reminded.
const REMIND_WITHIN: Span = Span::hours(5 * 366 * 24);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalToDo {
    /// Counted within the Work Order.
    pub no: u32,
    pub user: StaffUserId,
    /// Forwarded, or reminder.
    pub kind: NoticeKind,
    /// Who forwarded it; none: a peer that is nobody, or they themselves wanted to be reminded.
    pub by: Option<StaffUserId>,
    pub note: Option<PersonalText>,
    /// Since when it waits; of a reminder whose time has not come: when it comes.
    pub at: Timestamp,
    /// A reminder whose time has not come.
    pub ahead: bool,
}

/// All of a Work Order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PersonalToDos {
    pub made: u32,
    pub list: Vec<PersonalToDo>,
}

impl PersonalToDo {
    /// Whether it waits for them now.
    pub fn waits(&self) -> bool {
        !self.ahead
    }
}

/// Shares it with colleagues who may see it anyway, with a note.
pub fn forward(draft: &mut Draft<'_>, to: &[StaffUserId], note: Option<&str>) -> Result<(), Rejection> {
    may(Action::See, Some(&draft.order), draft.cx)?;
    let note = optional("note", note)?;
    if to.is_empty() {
        return Err(Rejection::invalid("users", "is empty; name whom it is forwarded to"));
    }
    if to.len() > FORWARD_MAX {
        return Err(Rejection::TooMany { what: "people at once", limit: FORWARD_MAX });
    }
    for (index, user) in to.iter().enumerate() {
        if to.iter().take(index).any(|earlier| earlier == user) {
            return Err(Rejection::invalid("users", format!("{user} is named twice")));
        }
        if !is_seen_by(user, &draft.order, draft.cx)? {
            return Err(Rejection::invalid("users", format!("{user} does not see it; take them on the team first")));
        }
        let no = next(draft)?;
        let by = draft.cx.principal.user().cloned();
        let at = draft.cx.now;
        let (user, note) = (user.clone(), note.clone());
        draft.push(Event::ToDoMade(PersonalToDo { no, user, kind: NoticeKind::Forwarded, by, note, at, ahead: false }));
    }
    Ok(())
}

fn is_seen_by(user: &StaffUserId, order: &WorkOrder, cx: &Context<'_>) -> Result<bool, Rejection> {
    let known = cx.directory.active(user).ok_or_else(|| Rejection::unknown("users", user.as_str()))?;
    let principal = Principal::Staff { user: Some(user.clone()), roles: known.roles.clone(), through: user.as_str().into() };
    Ok(sees(&Subject::of(order), &Context { principal: &principal, ..*cx }))
}

/// Somebody wants to be reminded.
pub fn remind_me(draft: &mut Draft<'_>, at: Timestamp, note: Option<&str>) -> Result<(), Rejection> {
    may(Action::See, Some(&draft.order), draft.cx)?;
    let user = me(draft)?.clone();
    let note = optional("note", note)?;
    if at <= draft.cx.now {
        return Err(Rejection::invalid("at", "is not in the future"));
    }
    if at > draft.cx.now.plus(REMIND_WITHIN) {
        return Err(Rejection::invalid("at", "is more than five years ahead"));
    }
    let no = next(draft)?;
    draft.push(Event::ToDoMade(PersonalToDo { no, user, kind: NoticeKind::Reminder, by: None, note, at, ahead: true }));
    Ok(())
}

/// It is done, or no longer wanted: by whose it is.
pub fn finish(draft: &mut Draft<'_>, no: u32) -> Result<(), Rejection> {
    may(Action::See, Some(&draft.order), draft.cx)?;
    let user = me(draft)?;
    let found = draft.order.to_dos().iter().any(|to_do| to_do.no == no && to_do.user == *user);
    if !found {
        return Err(Rejection::NotFound { what: "to-do", id: format!("{} of {}", no, draft.order.number) });
    }
    draft.push(Event::ToDoFinished { no });
    Ok(())
}

fn me<'a>(draft: &Draft<'a>) -> Result<&'a StaffUserId, Rejection> {
    let nobody = || Rejection::invalid("requestId", "only a staff user has to-dos, and the caller is none");
    draft.cx.principal.user().ok_or_else(nobody)
}

fn next(draft: &Draft<'_>) -> Result<u32, Rejection> {
    if draft.order.to_dos().len() >= TO_DOS_MAX {
        return Err(Rejection::TooMany { what: "to-dos of one Work Order", limit: TO_DOS_MAX });
    }
    Ok(draft.order.to_dos.as_ref().map_or(0, |all| all.made) + 1)
}

/// Part of `evolve`: another one.
pub(super) fn take_made(order: &mut WorkOrder, to_do: &PersonalToDo) {
    let all = order.to_dos.get_or_insert_default();
    all.made = to_do.no;
    all.list.reserve_exact(1);
    all.list.push(to_do.clone());
}

/// Part of `evolve`: one is over.
pub(super) fn take_finished(order: &mut WorkOrder, no: u32) {
    if let Some(all) = &mut order.to_dos {
        all.list.retain(|to_do| to_do.no != no);
    }
}

/// Part of `evolve`: the time of a reminder has come.
pub(super) fn take_due(order: &mut WorkOrder, no: u32, at: Timestamp) {
    let found = order.to_dos.as_mut().and_then(|all| all.list.iter_mut().find(|to_do| to_do.no == no));
    if let Some(to_do) = found {
        (to_do.ahead, to_do.at) = (false, at);
    }
}
