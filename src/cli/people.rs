//! Staff users, user groups and service providers: put, show, list.

use super::args_more::{PutStaffUser, StaffUserCommand};
use super::args_people::{ServiceProviderCommand, UserGroupCommand};
use super::directory::{list, method, put};
use super::erase;
use super::failure::Failure;
use super::session::Session;
use super::view::directory as tables;
use super::view::people as view;
use crate::protocol::directory::{
    self as shapes, GotServiceProvider, GotStaffUser, GotUserGroup, PutOfStaffUser, ServiceProviders, StaffUsers, UserGroups,
};
use crate::protocol::work_orders::{self, Listed};

/// Staff users.
///
/// # Errors
/// What the daemon says.
pub fn staff_user(session: &mut Session<'_, '_>, command: StaffUserCommand) -> Result<(), Failure> {
    match command {
        StaffUserCommand::Put(user) => put_staff_user(session, *user),
        StaffUserCommand::Show { id } => show(session, id),
        StaffUserCommand::Erase(of) => erase::erase(session, erase::Kind::StaffUser, of),
        StaffUserCommand::List(paging) => {
            // Who is absent depends on what time it is there.
            session.take_daemon_time()?;
            list(session, "ListStaffUsers", paging, |r: StaffUsers| (r.staff_users, r.next), tables::staff_users)
        }
    }
}

fn put_staff_user(session: &mut Session<'_, '_>, user: PutStaffUser) -> Result<(), Failure> {
    let PutStaffUser { id, name, email, language, roles, superior, department, provider, call_account, skills, regions, disabled } = user;
    let staff_user = shapes::StaffUser {
        id: id.clone(),
        name,
        email,
        language,
        roles,
        superior,
        department,
        provider,
        call_account,
        skills: some(skills),
        regions: some(regions),
        absence: None,
        notices: None,
        disabled: disabled.then_some(true),
        erased: None,
    };
    let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
    let parameters = shapes::PutStaffUser { request_id, expected_revision, staff_user };
    let reply = session.change(&method("PutStaffUser"), &parameters)?;
    session.print(reply, |put: &PutOfStaffUser, page| view::put(&id, put, page))
}

fn show(session: &mut Session<'_, '_>, id: String) -> Result<(), Failure> {
    let reply = session.ask(&method("GetStaffUser"), &shapes::GetEntry { id: id.clone() })?;
    if session.json() {
        return session.print_json(&reply);
    }
    session.take_daemon_time()?;
    let got: GotStaffUser = session.shape(reply)?;
    // As many as the caller may see.
    let wanted = work_orders::List { engineer: Some(id), open: Some(true), limit: Some(1), ..Default::default() };
    let reply = session.ask(&format!("{}.List", work_orders::NAME), &wanted)?;
    let open: Listed = session.shape(reply)?;
    let text = view::staff_user(&got, open.total, &session.page);
    session.write(&text)
}

fn some(items: Vec<String>) -> Option<Vec<String>> {
    Some(items).filter(|items| !items.is_empty())
}

/// User groups.
///
/// # Errors
/// What the daemon says.
pub fn user_group(session: &mut Session<'_, '_>, command: UserGroupCommand) -> Result<(), Failure> {
    match command {
        UserGroupCommand::Put { id, name, members, disabled } => {
            let user_group = shapes::UserGroup { id: id.clone(), name, members, disabled: disabled.then_some(true) };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            put(session, "PutUserGroup", &shapes::PutUserGroup { request_id, expected_revision, user_group }, &format!("user group {id}"))
        }
        UserGroupCommand::Show { id } => {
            session.take_daemon_time()?;
            let reply = session.ask(&method("GetUserGroup"), &shapes::GetEntry { id })?;
            session.print(reply, |got: &GotUserGroup, page| view::user_group(got, page))
        }
        UserGroupCommand::List(paging) => {
            list(session, "ListUserGroups", paging, |r: UserGroups| (r.user_groups, r.next), view::user_groups)
        }
    }
}

/// Service providers.
///
/// # Errors
/// What the daemon says.
pub fn service_provider(session: &mut Session<'_, '_>, command: ServiceProviderCommand) -> Result<(), Failure> {
    match command {
        ServiceProviderCommand::Put { id, name, disabled } => {
            let service_provider = shapes::ServiceProvider { id: id.clone(), name, disabled: disabled.then_some(true) };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            let parameters = shapes::PutServiceProvider { request_id, expected_revision, service_provider };
            put(session, "PutServiceProvider", &parameters, &format!("service provider {id}"))
        }
        ServiceProviderCommand::Show { id } => {
            session.take_daemon_time()?;
            let reply = session.ask(&method("GetServiceProvider"), &shapes::GetEntry { id })?;
            session.print(reply, |got: &GotServiceProvider, page| view::service_provider(got, page))
        }
        ServiceProviderCommand::List(paging) => {
            let parts = |r: ServiceProviders| (r.service_providers, r.next);
            list(session, "ListServiceProviders", paging, parts, view::service_providers)
        }
    }
}
