//! Rules of the directory: names and addresses are clean, references exist, the reporting line has no cycle (reading 19).

use super::entry::{Account, Contact, DirectoryCommand, DirectoryEvent, StaffUser};
use super::read_model::Directory;
use crate::domain::context::Context;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, NAME_MAX, PersonalText};

/// Decides a put. The entry comes back normalised.
pub fn decide(command: &DirectoryCommand, cx: &Context<'_>) -> Result<DirectoryEvent, Rejection> {
    match command {
        DirectoryCommand::PutStaffUser(user) => staff_user(user, cx).map(DirectoryEvent::StaffUserPut),
        DirectoryCommand::PutAccount(account) => {
            let name = checked_name(&account.name)?;
            Ok(DirectoryEvent::AccountPut(Account { name, ..account.clone() }))
        }
        DirectoryCommand::PutContact(contact) => self::contact(contact, cx).map(DirectoryEvent::ContactPut),
    }
}

fn staff_user(user: &StaffUser, cx: &Context<'_>) -> Result<StaffUser, Rejection> {
    for role in &user.roles {
        let known = crate::domain::definition::role::built_in(role.as_str()).is_some()
            || cx.catalogue.list().iter().any(|(k, n, _)| *k == "role" && n == role);
        if !known {
            return Err(Rejection::unknown("roles", role.as_str()));
        }
    }
    if let Some(superior) = &user.superior {
        no_cycle(user, superior, cx.directory)?;
    }
    Ok(StaffUser {
        name: checked_name(&user.name)?,
        email: checked_email(user.email.as_ref())?,
        language: checked_language(&user.language)?,
        ..user.clone()
    })
}

fn no_cycle(user: &StaffUser, superior: &crate::domain::ids::StaffUserId, directory: &Directory) -> Result<(), Rejection> {
    let mut line = vec![user.id.to_string()];
    let mut next = Some(superior);
    while let Some(above) = next {
        line.push(above.to_string());
        if *above == user.id {
            return Err(Rejection::invalid("superior", format!("the reporting line would be a cycle: {}", line.join(" > "))));
        }
        // Should the directory ever hold a cycle, this must still end.
        if line.len() > directory.staff_users().count() + 1 {
            return Err(Rejection::invalid("superior", format!("the reporting line of {superior} is a cycle")));
        }
        let entry = directory.staff_user(above).ok_or_else(|| Rejection::unknown("superior", above.as_str()))?;
        next = entry.superior.as_ref();
    }
    Ok(())
}

fn contact(contact: &Contact, cx: &Context<'_>) -> Result<Contact, Rejection> {
    if let Some(account) = &contact.account
        && cx.directory.account(account).is_none()
    {
        return Err(Rejection::unknown("account", account.as_str()));
    }
    let mobile = match &contact.mobile {
        Some(mobile) => Some(PersonalText(Some(text::line("mobile", mobile.shown(), 40)?))),
        None => None,
    };
    Ok(Contact {
        name: checked_name(&contact.name)?,
        email: checked_email(contact.email.as_ref())?,
        language: checked_language(&contact.language)?,
        mobile,
        ..contact.clone()
    })
}

fn checked_name(name: &PersonalText) -> Result<PersonalText, Rejection> {
    text::line("name", name.0.as_deref().unwrap_or(""), NAME_MAX).map(|n| PersonalText(Some(n)))
}

fn checked_email(email: Option<&PersonalText>) -> Result<Option<PersonalText>, Rejection> {
    email.map(|e| text::email("email", e.0.as_deref().unwrap_or("")).map(|e| PersonalText(Some(e)))).transpose()
}

fn checked_language(language: &str) -> Result<Box<str>, Rejection> {
    let good = !language.is_empty() && language.len() <= 16 && language.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if good {
        Ok(language.into())
    } else {
        Err(Rejection::invalid("language", format!("{language:?} is not a language tag such as en or zh")))
    }
}
