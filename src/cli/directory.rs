//! Departments, service groups, accounts and contacts: put, list, show; and who is absent when.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::args::Paging;
use super::args_more::{AbsenceCommand, AccountCommand, ContactCommand, DepartmentCommand, GroupCommand, PutContact, PutGroup};
use super::erase;
use super::failure::Failure;
use super::session::Session;
use super::view::customer;
use super::view::directory as view;
use super::view::page::Page;
use super::view::times;
use super::view::width::line;
use crate::protocol::directory::{
    self as shapes, Accepted, Accounts, Contacts, Departments, GotAccount, GotContact, GotServiceGroup, LookedUp, ServiceGroups,
};
use crate::protocol::work_orders::{self, Listed};

/// Work Orders shown of a customer.
const LATEST: i64 = 10;

/// Departments.
///
/// # Errors
/// What the daemon says.
pub fn department(session: &mut Session<'_, '_>, command: DepartmentCommand) -> Result<(), Failure> {
    match command {
        DepartmentCommand::Put { id, name, head, parent, disabled } => {
            let department = shapes::Department { id: id.clone(), name, head, parent, disabled: disabled.then_some(true) };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            put(session, "PutDepartment", &shapes::PutDepartment { request_id, expected_revision, department }, &format!("department {id}"))
        }
        DepartmentCommand::List(paging) => {
            list(session, "ListDepartments", paging, |r: Departments| (r.departments, r.next), view::departments)
        }
    }
}

/// When somebody is absent.
///
/// # Errors
/// A time that is none, or what the daemon says.
pub fn absence(session: &mut Session<'_, '_>, command: AbsenceCommand) -> Result<(), Failure> {
    let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
    match command {
        AbsenceCommand::Set { id, from, until } => {
            let zone = session.page.times.zone.clone();
            let read = |text: &str| times::read_time(text, &zone).map_err(Failure::Usage);
            let until = read(&until)?;
            let from = match &from {
                Some(from) => read(from)?,
                None => {
                    session.take_daemon_time()?;
                    session.page.times.now
                }
            };
            let parameters = shapes::SetAbsence { request_id, expected_revision, id: id.clone(), from, until };
            let reply = session.change(&method("SetAbsence"), &parameters)?;
            session.print(reply, |_: &Accepted, page| {
                format!("{} is absent from {} until {}\n", line(&id), page.times.minute(from), page.times.minute(until))
            })
        }
        AbsenceCommand::Clear { id } => {
            let parameters = shapes::ClearAbsence { request_id, expected_revision, id: id.clone() };
            let reply = session.change(&method("ClearAbsence"), &parameters)?;
            session.print(reply, |_: &Accepted, _| format!("{} is not absent\n", line(&id)))
        }
    }
}

/// Service groups.
///
/// # Errors
/// What the daemon says.
pub fn group(session: &mut Session<'_, '_>, command: GroupCommand) -> Result<(), Failure> {
    match command {
        GroupCommand::Put(PutGroup { id, name, leader, members, rule, limit, provider, disabled }) => {
            let disabled = disabled.then_some(true);
            let service_group = shapes::ServiceGroup { id: id.clone(), name, leader, members, rule, limit, provider, disabled };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            let parameters = shapes::PutServiceGroup { request_id, expected_revision, service_group };
            put(session, "PutServiceGroup", &parameters, &format!("service group {id}"))
        }
        GroupCommand::List(paging) => {
            list(session, "ListServiceGroups", paging, |r: ServiceGroups| (r.service_groups, r.next), view::service_groups)
        }
        GroupCommand::Show { id } => {
            session.take_daemon_time()?;
            let reply = session.ask(&method("GetServiceGroup"), &shapes::GetServiceGroup { id })?;
            session.print(reply, |got: &GotServiceGroup, page| view::service_group(got, page))
        }
    }
}

/// Accounts.
///
/// # Errors
/// What the daemon says.
pub fn account(session: &mut Session<'_, '_>, command: AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::Put { id, name, region, disabled } => {
            let account = shapes::Account { id: id.clone(), name, region, disabled: disabled.then_some(true) };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            put(session, "PutAccount", &shapes::PutAccount { request_id, expected_revision, account }, &format!("account {id}"))
        }
        AccountCommand::Show { id } => {
            let reply = session.ask(&method("GetAccount"), &shapes::GetEntry { id: id.clone() })?;
            if session.json() {
                return session.print_json(&reply);
            }
            // Whether a warranty has ended depends on what day it is there.
            session.take_daemon_time()?;
            let got: GotAccount = session.shape(reply)?;
            let latest = latest(session, work_orders::List { account: Some(id), ..Default::default() })?;
            let text = customer::account(&got, &latest, &session.page);
            session.write(&text)
        }
        AccountCommand::List(paging) => list(session, "ListAccounts", paging, |r: Accounts| (r.accounts, r.next), view::accounts),
    }
}

/// Contacts.
///
/// # Errors
/// What the daemon says.
pub fn contact(session: &mut Session<'_, '_>, command: ContactCommand) -> Result<(), Failure> {
    match command {
        ContactCommand::Put(PutContact { id, name, account, email, mobile, wechat, wechat_through, language, disabled }) => {
            let contact = shapes::Contact {
                id: id.clone(),
                name,
                account,
                email,
                mobile,
                wechat,
                wechat_through,
                language,
                disabled: disabled.then_some(true),
                erased: None,
            };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            put(session, "PutContact", &shapes::PutContact { request_id, expected_revision, contact }, &format!("contact {id}"))
        }
        ContactCommand::Show { id } => {
            let reply = session.ask(&method("GetContact"), &shapes::GetEntry { id: id.clone() })?;
            if session.json() {
                return session.print_json(&reply);
            }
            let got: GotContact = session.shape(reply)?;
            let latest = latest(session, work_orders::List { contact: Some(id), ..Default::default() })?;
            let text = customer::contact(&got, &latest, &session.page);
            session.write(&text)
        }
        ContactCommand::Erase(of) => erase::erase(session, erase::Kind::Contact, of),
        ContactCommand::List(paging) => list(session, "ListContacts", paging, |r: Contacts| (r.contacts, r.next), view::contacts),
    }
}

/// Accounts and contacts by what is known of them.
///
/// # Errors
/// What the daemon says.
pub fn look_up(session: &mut Session<'_, '_>, query: &str, exact: bool) -> Result<(), Failure> {
    let parameters = shapes::LookUp { query: query.to_owned(), exact: exact.then_some(true) };
    let reply = session.ask(&method("LookUp"), &parameters)?;
    session.print(reply, |found: &LookedUp, page| customer::found(found, page))
}

/// The newest Work Orders of a customer.
fn latest(session: &mut Session<'_, '_>, of: work_orders::List) -> Result<Listed, Failure> {
    let reply = session.ask(&format!("{}.List", work_orders::NAME), &work_orders::List { limit: Some(LATEST), ..of })?;
    session.shape(reply)
}

pub(super) fn method(member: &str) -> String {
    format!("{}.{member}", shapes::NAME)
}

pub(super) fn put(session: &mut Session<'_, '_>, member: &str, parameters: &impl Serialize, what: &str) -> Result<(), Failure> {
    let reply = session.change(&method(member), parameters)?;
    session.print(reply, |accepted: &Accepted, _| format!("{} put (revision {})\n", line(what), accepted.receipt.revision))
}

/// Pages of a list that is not narrowed.
pub(super) fn list<R: DeserializeOwned + Serialize, T>(
    session: &mut Session<'_, '_>,
    member: &str,
    paging: Paging,
    parts: fn(R) -> (Vec<T>, Option<String>),
    view: fn(&[T], &Page) -> String,
) -> Result<(), Failure> {
    pages(session, member, paging, |after, limit| shapes::List { after, limit }, parts, view)
}

/// Pages of a list until what was asked for is there; for people they become one table.
pub(super) fn pages<P: Serialize, R: DeserializeOwned + Serialize, T>(
    session: &mut Session<'_, '_>,
    member: &str,
    paging: Paging,
    ask: impl Fn(Option<String>, Option<i64>) -> P,
    parts: fn(R) -> (Vec<T>, Option<String>),
    view: fn(&[T], &Page) -> String,
) -> Result<(), Failure> {
    let mut parameters = ask(paging.after.clone(), paging.next_limit(0));
    let mut all = Vec::new();
    let next = loop {
        let reply = session.ask(&method(member), &parameters)?;
        if session.json() {
            session.print_json_line(&reply)?;
        }
        let (page, next) = parts(session.shape(reply)?);
        let lines = i64::try_from(page.len()).unwrap_or(i64::MAX);
        all.extend(page);
        let got = i64::try_from(all.len()).unwrap_or(i64::MAX);
        if next.is_none() || !paging.wants_more(lines, got) {
            break next;
        }
        parameters = ask(next, paging.next_limit(got));
    };
    if session.json() {
        return Ok(());
    }
    let mut text = view(&all, &session.page);
    if let Some(next) = next {
        text.push_str(&format!("more with --after {} or --all\n", line(&next)));
    }
    session.write(&text)
}
