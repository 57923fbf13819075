//! Erasing a person's entry (PER-9): it stays with its id, disabled, without what is personal; nobody gets the id again.

use super::entry::{Contact, DirectoryEvent, StaffUser};
use crate::domain::aggregate::State;
use crate::domain::erasure::{Done, Erasure, Of, See, Sums, kind, told};
use crate::domain::number::WorkOrderNumber;
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::work_order::state::Party;

/// Work Orders that are named in a refusal.
const NAMED_MAX: usize = 20;

/// What is known of whom a command is about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub staff_user: Option<&'a StaffUser>,
    pub contact: Option<&'a Contact>,
}

impl<'a> Known<'a> {
    /// Of the state of an entry.
    pub fn of(state: Option<&'a State>) -> Self {
        match state {
            Some(State::StaffUser(user)) => Self { staff_user: Some(user), contact: None },
            Some(State::Contact(contact)) => Self { staff_user: None, contact: Some(contact) },
            _ => Self::default(),
        }
    }

    /// Whether and when they were erased; none: there is no such person.
    fn erasure(&self) -> Option<Option<&'a Erasure>> {
        let staff_user = self.staff_user.map(|user| user.erased.as_deref());
        staff_user.or_else(|| self.contact.map(|contact| contact.erased.as_deref()))
    }

    /// Refuses to change anything of somebody who was erased: a mistake would give the id to somebody else.
    pub fn not_erased(&self, who: &Party) -> Result<(), Rejection> {
        match self.erasure() {
            Some(Some(_)) if !mutant!("erased-id-is-given-again") => Err(Rejection::Erased { what: kind(who), id: who.to_string() }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Somebody is to be erased: not as long as work for them, or by them, is open.
pub fn erase(who: &Party, open: &[WorkOrderNumber], known: &Known<'_>, at: Timestamp) -> Result<DirectoryEvent, Rejection> {
    match known.erasure() {
        None => Err(Rejection::NotFound { what: kind(who), id: who.to_string() }),
        Some(Some(_)) => Err(Rejection::NothingToChange),
        Some(None) if !open.is_empty() => {
            let numbers = open.iter().take(NAMED_MAX).map(ToString::to_string).collect();
            Err(Rejection::HasOpenWork { who: told(who), numbers, more: open.len().saturating_sub(NAMED_MAX) })
        }
        Some(None) => Ok(DirectoryEvent::PersonErased { who: who.clone(), at }),
    }
}

/// All of them is gone.
pub fn finish(who: &Party, sums: Sums, known: &Known<'_>, at: Timestamp) -> Result<DirectoryEvent, Rejection> {
    match known.erasure() {
        Some(Some(Erasure { done: None, .. })) => Ok(DirectoryEvent::ErasureFinished { who: who.clone(), done: Done { at, sums } }),
        Some(_) | None => Err(Rejection::NothingToChange),
    }
}

impl StaffUser {
    /// Part of `evolve`. The line of superiors and the department stay: what others did under them is still told so.
    pub fn erase(&mut self, at: Timestamp) {
        self.name.0 = None;
        (self.email, self.call_account) = (None, None);
        (self.skills, self.regions) = (Vec::new(), Vec::new());
        (self.absence, self.notices) = (None, None);
        self.disabled = true;
        self.erased = Some(Box::new(Erasure { since: at, done: None }));
    }

    /// Part of `evolve`.
    pub fn erasure_done(&mut self, done: &Done) {
        if let Some(erasure) = &mut self.erased {
            erasure.done = Some(done.clone());
        }
    }
}

impl Contact {
    /// Part of `evolve`.
    pub fn erase(&mut self, at: Timestamp) {
        self.name.0 = None;
        (self.email, self.mobile, self.wechat, self.sign_ins) = (None, None, None, None);
        self.disabled = true;
        self.erased = Some(Box::new(Erasure { since: at, done: None }));
    }

    /// Part of `evolve`.
    pub fn erasure_done(&mut self, done: &Done) {
        if let Some(erasure) = &mut self.erased {
            erasure.done = Some(done.clone());
        }
    }
}

impl DirectoryEvent {
    /// Shows each of its personal values: all of them are about whom, or what, the entry is of.
    pub fn personal(&mut self, see: &mut See<'_>) {
        let mut texts = |texts: [Option<&mut PersonalText>; 4]| texts.into_iter().flatten().for_each(|text| see(Of::Text, text));
        match self {
            Self::StaffUserPut(user) => texts([Some(&mut user.name), user.email.as_mut(), user.call_account.as_mut(), None]),
            Self::ContactPut(contact) => {
                let open_id = contact.wechat.as_mut().map(|wechat| &mut wechat.open_id);
                texts([Some(&mut contact.name), contact.email.as_mut(), contact.mobile.as_mut(), open_id]);
            }
            Self::AccountPut(account) => texts([Some(&mut account.name), None, None, None]),
            Self::TerminalPut(terminal) => texts([Some(&mut terminal.name), terminal.site.as_mut(), None, None]),
            Self::SignIn { event, .. } => event.personal(see),
            Self::DepartmentPut(_)
            | Self::AbsenceSet { .. }
            | Self::ProductPut(_)
            | Self::UserGroupPut(_)
            | Self::ServiceProviderPut(_)
            | Self::NoticesSet { .. }
            | Self::PersonErased { .. }
            | Self::ErasureFinished { .. } => {}
        }
    }
}
