//! Staff users, departments, user groups and service providers in the room of `org.workorderd.Directory1`.

use super::desk::Visit;
use super::directory::{absence, not_found, service_group, shown, some, submit};
use super::entries::{self, keyed};
use super::refuse::slug;
use super::service::Outcome;
use super::to_dos;
use crate::domain::definition::Right;
use crate::domain::directory::carried::CARRIED_MAX;
use crate::domain::directory::{Absence, Carried, Department, Directory, DirectoryCommand, ServiceProvider, StaffUser, UserGroup};
use crate::domain::ids::{ServiceProviderId, StaffUserId, UserGroupId};
use crate::domain::time::Timestamp;
use crate::protocol::directory as shape;
use crate::protocol::varlink::ErrorReply;

/// Makes or replaces a staff user. Of whoever is disabled it is told what they still carry.
pub async fn put_staff_user(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::PutStaffUser = visit.parameters()?;
    let gone = p.staff_user.disabled == Some(true);
    let id = slug("staffUser.id", &p.staff_user.id, StaffUserId::new)?;
    let receipt = submit(visit, entries::staff_user(p.staff_user)?, &p.request_id, p.expected_revision).await?;
    let carried = gone.then(|| carried(visit.desk.runtime.views().reference().directory.carried(&id)));
    Ok(Outcome::reply(&shape::PutOfStaffUser { receipt, carried }))
}

/// Says when somebody is absent.
pub async fn set_absence(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::SetAbsence = visit.parameters()?;
    let absence = Absence { from: Timestamp(p.from), until: Timestamp(p.until) };
    let command = keyed(DirectoryCommand::SetAbsence { user: slug("id", &p.id, StaffUserId::new)?, absence });
    let receipt = submit(visit, command, &p.request_id, p.expected_revision).await?;
    Ok(Outcome::reply(&shape::Accepted { receipt }))
}

/// Says that somebody is back.
pub async fn clear_absence(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ClearAbsence = visit.parameters()?;
    let command = keyed(DirectoryCommand::ClearAbsence { user: slug("id", &p.id, StaffUserId::new)? });
    let receipt = submit(visit, command, &p.request_id, p.expected_revision).await?;
    Ok(Outcome::reply(&shape::Accepted { receipt }))
}

/// A staff user with what they carry.
pub fn get_staff_user(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetEntry = visit.parameters()?;
    let id = slug("id", &p.id, StaffUserId::new)?;
    let reference = visit.desk.runtime.views().reference();
    let directory: &Directory = &reference.directory;
    let found = directory.staff_user(&id).ok_or_else(|| not_found("staff user", p.id))?;
    Ok(Outcome::reply(&shape::GotStaffUser {
        staff_user: staff_user(found),
        can_act: directory.active(&id).is_some(),
        carried: carried(directory.carried(&id)),
    }))
}

/// A user group with its members.
pub fn get_user_group(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetEntry = visit.parameters()?;
    let id = slug("id", &p.id, UserGroupId::new)?;
    let reference = visit.desk.runtime.views().reference();
    let directory: &Directory = &reference.directory;
    let found = directory.user_group(&id).ok_or_else(|| not_found("user group", p.id))?;
    let members = found.members.iter().filter_map(|id| directory.staff_user(id)).map(staff_user).collect();
    Ok(Outcome::reply(&shape::GotUserGroup { user_group: user_group(found), members }))
}

/// A service provider with its people and its service groups.
pub fn get_service_provider(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetEntry = visit.parameters()?;
    let id = slug("id", &p.id, ServiceProviderId::new)?;
    let reference = visit.desk.runtime.views().reference();
    let directory: &Directory = &reference.directory;
    let found = directory.provider(&id).ok_or_else(|| not_found("service provider", p.id))?;
    let people = directory.staff_users().filter(|user| user.provider.as_ref() == Some(&id));
    let groups = directory.groups().filter(|(_, group)| group.provider.as_ref() == Some(&id));
    Ok(Outcome::reply(&shape::GotServiceProvider {
        service_provider: service_provider(found),
        staff_users: people.take(CARRIED_MAX).map(staff_user).collect(),
        service_groups: groups.take(CARRIED_MAX).map(|(id, group)| service_group(id, group)).collect(),
    }))
}

fn carried(carried: Carried) -> shape::Carried {
    fn ids<T: ToString>(ids: &[T]) -> Vec<String> {
        ids.iter().map(ToString::to_string).collect()
    }
    let Carried { superior_of, head_of, leader_of, member_of, user_groups } = carried;
    shape::Carried {
        superior_of: ids(&superior_of),
        head_of: ids(&head_of),
        leader_of: ids(&leader_of),
        member_of: ids(&member_of),
        user_groups: ids(&user_groups),
    }
}

/// A staff user as it is told.
pub fn staff_user(u: &StaffUser) -> shape::StaffUser {
    shape::StaffUser {
        id: u.id.to_string(),
        name: u.name.shown().into(),
        email: shown(u.email.as_ref()),
        language: Some(u.language.to_string()),
        roles: u.roles.iter().map(ToString::to_string).collect(),
        superior: u.superior.as_ref().map(ToString::to_string),
        department: u.department.as_ref().map(ToString::to_string),
        provider: u.provider.as_ref().map(ToString::to_string),
        call_account: shown(u.call_account.as_ref()),
        skills: some(&u.skills),
        regions: some(&u.regions),
        absence: u.absence.map(absence),
        notices: u.notices.as_deref().map(to_dos::notices),
        disabled: Some(u.disabled),
        erased: u.erased.as_ref().map(|erasure| erasure.since.0),
    }
}

/// A department as it is told.
pub fn department(d: &Department) -> shape::Department {
    shape::Department {
        id: d.id.to_string(),
        name: d.name.to_string(),
        head: d.head.as_ref().map(ToString::to_string),
        parent: d.parent.as_ref().map(ToString::to_string),
        disabled: Some(d.disabled),
    }
}

/// A user group as it is told.
pub fn user_group(g: &UserGroup) -> shape::UserGroup {
    let members = g.members.iter().map(ToString::to_string).collect();
    shape::UserGroup { id: g.id.to_string(), name: g.name.to_string(), members, disabled: Some(g.disabled) }
}

/// A service provider as it is told.
pub fn service_provider(p: &ServiceProvider) -> shape::ServiceProvider {
    shape::ServiceProvider { id: p.id.to_string(), name: p.name.to_string(), disabled: Some(p.disabled) }
}
