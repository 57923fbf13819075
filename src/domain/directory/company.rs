//! Who works for whom: our own people, and those of service providers. The two do not mix.
//!
//! What a service provider's people see and do comes from what was given to their company; so they report to their own people alone,
//! are in no department and no user group of ours, and their service groups have no strangers. Somebody's company, and a service
//! group's, never changes: whoever changes it becomes another staff user. So no other entry can be wrong because of such a change.

use super::entry::{Department, StaffUser, UserGroup};
use super::read_model::Directory;
use crate::domain::context::Context;
use crate::domain::ids::{ServiceProviderId, StaffUserId};
use crate::domain::rejection::Rejection;
use crate::domain::service_group::{GroupEntry, ServiceGroup};

/// `service provider acme`, or `our own company`.
fn told(provider: Option<&ServiceProviderId>) -> String {
    provider.map_or_else(|| "our own company".to_owned(), |id| format!("service provider {id}"))
}

/// The company of a staff user: kept, there, and that of the superior; a department is ours.
pub fn of_staff_user(user: &StaffUser, known: Option<&StaffUser>, cx: &Context<'_>) -> Result<(), Rejection> {
    let StaffUser { id, provider, .. } = user;
    stays(provider.as_ref(), known.map(|known| known.provider.as_ref()), id.as_str(), "becomes another staff user", cx)?;
    if let Some(above) = &user.superior {
        belongs("superior", above, id.as_str(), provider.as_ref(), cx.directory)?;
    }
    match (provider, &user.department) {
        (Some(_), Some(department)) => {
            Err(Rejection::invalid("department", format!("{department} is of our own company, {id} of {}", told(provider.as_ref()))))
        }
        _ => Ok(()),
    }
}

/// The company of a service group: kept, there, and that of its leader and its members.
pub fn of_service_group(group: &GroupEntry, known: Option<&ServiceGroup>, cx: &Context<'_>) -> Result<(), Rejection> {
    let GroupEntry { id, provider, leader, members, .. } = group;
    stays(provider.as_ref(), known.map(|known| known.provider.as_ref()), id.as_str(), "becomes another service group", cx)?;
    let people = leader.iter().map(|leader| ("leader", leader)).chain(members.iter().map(|member| ("members", member)));
    for (field, user) in people {
        belongs(field, user, id.as_str(), provider.as_ref(), cx.directory)?;
    }
    Ok(())
}

/// A department has a head of ours.
pub fn of_department(department: &Department, directory: &Directory) -> Result<(), Rejection> {
    department.head.as_ref().map_or(Ok(()), |head| belongs("head", head, department.id.as_str(), None, directory))
}

/// User groups share data among our own people.
pub fn of_user_group(group: &UserGroup, directory: &Directory) -> Result<(), Rejection> {
    group.members.iter().try_for_each(|member| belongs("members", member, group.id.as_str(), None, directory))
}

/// `known` is the company of what is there already.
fn stays(
    provider: Option<&ServiceProviderId>,
    known: Option<Option<&ServiceProviderId>>,
    id: &str,
    instead: &str,
    cx: &Context<'_>,
) -> Result<(), Rejection> {
    match (known, provider) {
        (Some(known), _) if known == provider => Ok(()),
        (Some(known), _) => Err(Rejection::invalid("provider", format!("{id} is of {} for good; who changes {instead}", told(known)))),
        (None, None) => Ok(()),
        (None, Some(provider)) => match cx.directory.provider(provider) {
            None => Err(Rejection::unknown("provider", provider.as_str())),
            Some(known) if known.disabled => Err(Rejection::invalid("provider", format!("{} is disabled", told(Some(provider))))),
            Some(_) => Ok(()),
        },
    }
}

/// Whether there is such a person, of the same company as what they are put into.
fn belongs(
    field: &'static str,
    user: &StaffUserId,
    what: &str,
    provider: Option<&ServiceProviderId>,
    directory: &Directory,
) -> Result<(), Rejection> {
    let found = directory.staff_user(user).ok_or_else(|| Rejection::unknown(field, user.as_str()))?;
    if found.provider.as_ref() == provider {
        return Ok(());
    }
    Err(Rejection::invalid(field, format!("{user} is of {}, {what} of {}", told(found.provider.as_ref()), told(provider))))
}
