//! Editing a Work Order outside its nodes (OPS-1): what was said at intake, and the fields of its forms by their rules.
//!
//! It moves nothing: what a node asked of these values when it was entered stays as it was.

use super::decide::optional;
use super::draft::Draft;
use super::event::Event;
use super::fields;
use super::intake::customer;
use super::state::{Priority, WorkOrder};
use crate::domain::definition::Right;
use crate::domain::form::given::GivenFields;
use crate::domain::ids::{AccountId, ContactId, Region};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText, SUBJECT_MAX};
use serde::{Deserialize, Serialize};

/// What is to be otherwise; what is not given stays. An empty text takes away what was there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edit {
    pub subject: Option<String>,
    pub description: Option<String>,
    pub reference: Option<String>,
    pub account: Option<Option<AccountId>>,
    /// The account of the contact comes with it, unless one is given.
    pub contact: Option<Option<ContactId>>,
    pub priority: Option<Priority>,
    /// Of any form that the Work Order was to be filled in so far.
    pub fields: GivenFields,
}

/// What is otherwise now, beside fields of forms.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Edited {
    pub subject: Option<PersonalText>,
    pub description: Option<Now<PersonalText>>,
    pub reference: Option<Now<PersonalText>>,
    pub account: Option<Now<AccountId>>,
    pub contact: Option<Now<ContactId>>,
    /// Of the account.
    pub region: Option<Now<Region>>,
    pub priority: Option<Priority>,
}

/// What something is now. Not an `Option` in an `Option`: as JSON nobody could tell the two kinds of nothing apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Now<T> {
    Is(T),
    Nothing,
}

impl<T> Now<T> {
    /// What is new, if it is not what was.
    fn unless_was(new: Option<T>, was: &Option<T>) -> Option<Self>
    where
        T: PartialEq,
    {
        (new != *was).then(|| new.map_or(Self::Nothing, Self::Is))
    }

    /// As it may be there.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Nothing => None,
        }
    }
}

/// By hand, open or ended.
pub fn edit(draft: &mut Draft<'_>, edit: &Edit) -> Result<(), Rejection> {
    may(Action::Outside(Right::EditWorkOrders), Some(&draft.order), draft.cx)?;
    let edited = judged(draft, edit)?;
    let other = edited != Edited::default();
    if other {
        draft.push(Event::Edited(Box::new(edited)));
    }
    let saved = fields::edit(draft, &edit.fields)?;
    if other || saved { Ok(()) } else { Err(Rejection::NothingToChange) }
}

/// What of an edit makes a difference.
fn judged(draft: &Draft<'_>, edit: &Edit) -> Result<Edited, Rejection> {
    let order = &draft.order;
    let emptied = |text: &String| text.trim().is_empty();
    let subject = edit.subject.as_deref().map(|t| text::line("subject", t, SUBJECT_MAX).map(|t| PersonalText(Some(t)))).transpose()?;
    let description = match &edit.description {
        Some(text) if !emptied(text) => Some(optional("description", Some(text))?),
        given => given.as_ref().map(|_| None),
    };
    let reference = match &edit.reference {
        Some(text) if !emptied(text) => Some(Some(PersonalText(Some(text::line("reference", text, 64)?)))),
        given => given.as_ref().map(|_| None),
    };
    let (account, contact) = if edit.account.is_some() || edit.contact.is_some() {
        let contact = edit.contact.clone().unwrap_or_else(|| order.contact.clone());
        // Another contact is a person at another account, perhaps: theirs is taken unless one is named.
        let kept = if edit.contact.as_ref().is_some_and(Option::is_some) { None } else { order.account.clone() };
        let account = edit.account.clone().unwrap_or(kept);
        let found = customer(account.as_ref(), contact.as_ref(), draft.cx)?;
        (found.or_else(|| order.account.clone().filter(|_| edit.account.is_none())), contact)
    } else {
        (order.account.clone(), order.contact.clone())
    };
    let region = if account == order.account {
        order.region.clone()
    } else {
        account.as_ref().and_then(|id| draft.cx.directory.account(id)?.region.clone())
    };
    Ok(Edited {
        subject: subject.filter(|new| *new != order.subject),
        description: description.and_then(|new| Now::unless_was(new, &order.description)),
        reference: reference.and_then(|new| Now::unless_was(new, &order.reference)),
        account: Now::unless_was(account, &order.account),
        contact: Now::unless_was(contact, &order.contact),
        region: Now::unless_was(region, &order.region),
        priority: edit.priority.filter(|new| *new != order.priority),
    })
}

/// Part of `evolve`.
pub(super) fn take(order: &mut WorkOrder, edited: &Edited) {
    fn put<T: Clone>(here: &mut Option<T>, new: &Option<Now<T>>) {
        if let Some(new) = new {
            *here = new.get().cloned();
        }
    }
    if let Some(subject) = &edited.subject {
        order.subject.clone_from(subject);
    }
    put(&mut order.description, &edited.description);
    put(&mut order.reference, &edited.reference);
    put(&mut order.account, &edited.account);
    put(&mut order.contact, &edited.contact);
    put(&mut order.region, &edited.region);
    if let Some(priority) = edited.priority {
        order.priority = priority;
    }
}
