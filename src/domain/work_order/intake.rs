//! For whom a new Work Order is and who raised it, through which channel and where it was begun (INT-1, INT-2, reading 23).
//!
//! Of the staff it is as they say. Whoever is in the portal says none of it: a signed-in contact raises it for themselves, and a guest
//! leaves who they are.

use super::command::Create;
use super::state::{Channel, EntryPoint, Party};
use crate::domain::context::Context;
use crate::domain::ids::{AccountId, ContactId};
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;

/// What is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    pub account: Option<AccountId>,
    pub contact: Option<ContactId>,
    pub submitter: Party,
    pub channel: Channel,
    pub entry_point: EntryPoint,
}

/// Works it out.
///
/// # Errors
/// Somebody is named whom there is not, or nobody is where somebody must be.
pub fn intake(create: &Create, cx: &Context<'_>) -> Result<Intake, Rejection> {
    let (channel, entry_point) = match cx.principal {
        Principal::TerminalUser { .. } if !mutant!("customers-say-how-it-came") => (Channel::Portal, EntryPoint::Portal),
        _ => (create.channel, create.entry_point),
    };
    match cx.principal {
        Principal::TerminalUser { contact: Some(id) } => {
            let contact = cx.directory.active_contact(id).ok_or_else(|| Rejection::unknown("contact", id.as_str()))?;
            let (account, contact) = (contact.account.clone(), Some(id.clone()));
            Ok(Intake { account, contact, submitter: Party::Contact(id.clone()), channel, entry_point })
        }
        Principal::TerminalUser { contact: None } => match &create.submitter {
            Some(guest @ Party::Guest(_)) => Ok(Intake { account: None, contact: None, submitter: guest.clone(), channel, entry_point }),
            Some(Party::Staff(_) | Party::Contact(_)) | None => {
                Err(Rejection::invalid("guest", "is required: a name, and how you can be reached"))
            }
        },
        Principal::Staff { .. } | Principal::Guest { .. } | Principal::System => {
            if entry_point == EntryPoint::Portal {
                return Err(Rejection::invalid("entryPoint", "is portal where it was begun in the portal, and nowhere else"));
            }
            let (account, submitter) = (customer(create.account.as_ref(), create.contact.as_ref(), cx)?, submitter(create, cx)?);
            Ok(Intake { account, contact: create.contact.clone(), submitter, channel, entry_point })
        }
    }
}

/// Whoever is named, else the contact, else the one who creates it.
fn submitter(create: &Create, cx: &Context<'_>) -> Result<Party, Rejection> {
    let submitter = match (&create.submitter, &create.contact, cx.principal.user()) {
        (Some(party), ..) => party.clone(),
        (None, Some(contact), _) => Party::Contact(contact.clone()),
        (None, None, Some(user)) => Party::Staff(user.clone()),
        (None, None, None) => {
            return Err(Rejection::invalid("submitter", "is required: there is no contact, and the caller is not a staff user"));
        }
    };
    let known = match &submitter {
        Party::Staff(user) => cx.directory.staff_user(user).is_some_and(|user| user.erased.is_none()),
        Party::Contact(contact) => cx.directory.contact(contact).is_some_and(|contact| contact.erased.is_none()),
        // Guests leave themselves, and nobody else does it for them.
        Party::Guest(_) => false,
    };
    if known { Ok(submitter) } else { Err(Rejection::unknown("submitter", submitter.to_string())) }
}

/// For whom it is: the account that is named, else the contact's (INT-2). A contact is a person at one account.
pub(super) fn customer(account: Option<&AccountId>, contact: Option<&ContactId>, cx: &Context<'_>) -> Result<Option<AccountId>, Rejection> {
    if let Some(account) = account
        && cx.directory.account(account).is_none_or(|a| a.disabled)
    {
        return Err(Rejection::unknown("account", account.as_str()));
    }
    let Some(id) = contact else { return Ok(account.cloned()) };
    let contact = cx.directory.contact(id).filter(|c| !c.disabled).ok_or_else(|| Rejection::unknown("contact", id.as_str()))?;
    match (account, &contact.account) {
        (Some(named), Some(own)) if named != own => {
            Err(Rejection::invalid("contact", format!("{id} is a person at the account {own}, not at {named}")))
        }
        (named, own) => Ok(named.or(own.as_ref()).cloned()),
    }
}
