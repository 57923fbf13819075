//! The room of `org.workorderd.Directory1`.

use super::desk::Visit;
use super::refuse::{self, field, slug};
use super::service::Outcome;
use super::work_orders::bounded;
use super::{entries, equipment, erasure, judge, look_up, people, to_dos};
use crate::domain::aggregate::{Command, Key, State};
use crate::domain::definition::Right;
use crate::domain::directory::{Absence, Account, Contact, Directory};
use crate::domain::ids::{AccountId, ContactId, ServiceGroupId, StaffUserId};
use crate::domain::may;
use crate::domain::rejection::Rejection;
use crate::domain::service_group::ServiceGroup;
use crate::domain::text::PersonalText;
use crate::engine::cell::Submission;
use crate::protocol::directory as shape;
use crate::protocol::varlink::ErrorReply;

/// Most entries of a page.
pub(super) const PAGE_MAX: i64 = 1000;
/// Contacts, and terminals, told of one account.
pub(super) const PARTS_MAX: usize = 200;

/// Answers a call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    match visit.call.member() {
        "PutStaffUser" => people::put_staff_user(visit).await,
        "PutServiceGroup" => {
            let p: shape::PutServiceGroup = visit.parameters()?;
            put(visit, entries::service_group(p.service_group)?, &p.request_id, p.expected_revision).await
        }
        "PutDepartment" => {
            let p: shape::PutDepartment = visit.parameters()?;
            put(visit, entries::department(p.department)?, &p.request_id, p.expected_revision).await
        }
        "PutUserGroup" => {
            let p: shape::PutUserGroup = visit.parameters()?;
            put(visit, entries::user_group(p.user_group)?, &p.request_id, p.expected_revision).await
        }
        "PutServiceProvider" => {
            let p: shape::PutServiceProvider = visit.parameters()?;
            put(visit, entries::service_provider(p.service_provider)?, &p.request_id, p.expected_revision).await
        }
        "PutAccount" => {
            let p: shape::PutAccount = visit.parameters()?;
            put(visit, entries::account(p.account)?, &p.request_id, p.expected_revision).await
        }
        "PutContact" => {
            let p: shape::PutContact = visit.parameters()?;
            put(visit, entries::contact(p.contact)?, &p.request_id, p.expected_revision).await
        }
        "PutProduct" => {
            let p: shape::PutProduct = visit.parameters()?;
            put(visit, entries::product(p.product)?, &p.request_id, p.expected_revision).await
        }
        "PutTerminal" => {
            let p: shape::PutTerminal = visit.parameters()?;
            put(visit, entries::terminal(p.terminal)?, &p.request_id, p.expected_revision).await
        }
        "JudgePut" => judge::put(visit).await,
        "ErasePerson" => erasure::erase(visit).await,
        "JudgeErasePerson" => erasure::judge(visit).await,
        "GetErasure" => erasure::get(visit),
        "SetAbsence" => people::set_absence(visit).await,
        "ClearAbsence" => people::clear_absence(visit).await,
        "SetNotices" => to_dos::set_notices(visit).await,
        "GetStaffUser" => people::get_staff_user(visit),
        "GetUserGroup" => people::get_user_group(visit),
        "GetServiceProvider" => people::get_service_provider(visit),
        "GetServiceGroup" => get_service_group(visit).await,
        "GetAccount" => get_account(visit),
        "GetContact" => get_contact(visit),
        "LookUp" => look_up::look_up(visit),
        "GetTerminal" => equipment::get_terminal(visit),
        "ListTerminals" => equipment::list_terminals(visit),
        _ => list(visit),
    }
}

/// Submits a put, or what else changes an entry.
pub(super) async fn submit(
    visit: &Visit<'_>,
    (key, command): (Key, Command),
    request_id: &str,
    expected: Option<i64>,
) -> Result<shape::Receipt, ErrorReply> {
    let request = visit.request(request_id)?;
    let expected_revision = expected.map(|r| u64::try_from(r).map_err(|_| field("expectedRevision", "is negative"))).transpose()?;
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision };
    let receipt = visit.desk.runtime.submit(&key, submission).await.map_err(refuse::refusal)?;
    Ok(shape::Receipt { revision: receipt.revision as i64, sequence: receipt.sequence as i64 })
}

async fn put(visit: &Visit<'_>, entry: (Key, Command), request_id: &str, expected: Option<i64>) -> Result<Outcome, ErrorReply> {
    let receipt = submit(visit, entry, request_id, expected).await?;
    Ok(Outcome::reply(&shape::Accepted { receipt }))
}

async fn get_service_group(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetServiceGroup = visit.parameters()?;
    let id = slug("id", &p.id, ServiceGroupId::new)?;
    let entity = visit.desk.runtime.read(&Key::ServiceGroup(id)).await.map_err(refuse::refusal)?;
    let Some(State::ServiceGroup(group)) = entity.state.as_deref() else {
        return Err(refuse::rejection(&Rejection::NotFound { what: "service group", id: p.id }));
    };
    let service_group = service_group(&group.id, &group.as_members());
    if !visit.judge(|cx| may::sees_load_of(&group.id, cx)) {
        return Ok(Outcome::reply(&shape::GotServiceGroup { service_group, open: None, loads: Vec::new(), last_chosen: None }));
    }
    let reference = visit.desk.runtime.views().reference();
    let strangers = group.open_by_engineer.keys().filter(|e| !group.members.contains(e));
    let loads = group.members.iter().chain(strangers).map(|engineer| load(group, engineer, &reference.directory)).collect();
    let last_chosen = group.last_chosen.as_ref().map(ToString::to_string);
    Ok(Outcome::reply(&shape::GotServiceGroup { service_group, open: Some(i64::from(group.open)), loads, last_chosen }))
}

fn load(group: &ServiceGroup, engineer: &StaffUserId, directory: &Directory) -> shape::ServiceGroupLoad {
    let open = group.open_by_engineer.get(engineer).copied().unwrap_or(0);
    let user = directory.staff_user(engineer);
    shape::ServiceGroupLoad {
        engineer: engineer.to_string(),
        open: i64::from(open),
        offered: i64::from(group.carries(engineer) - open),
        member: group.members.contains(engineer),
        skills: user.map(|u| u.skills.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        regions: user.map(|u| u.regions.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        absence: user.and_then(|u| u.absence).map(absence),
        disabled: user.is_none_or(|u| u.disabled),
    }
}

pub(super) fn absence(absence: Absence) -> shape::Absence {
    shape::Absence { from: absence.from.0, until: absence.until.0 }
}

pub(super) fn service_group(id: &ServiceGroupId, group: &crate::domain::directory::read_model::GroupMembers) -> shape::ServiceGroup {
    shape::ServiceGroup {
        id: id.to_string(),
        name: group.name.to_string(),
        leader: group.leader.as_ref().map(ToString::to_string),
        members: group.members.iter().map(ToString::to_string).collect(),
        rule: Some(group.rule.name().into()),
        limit: group.limit.map(i64::from),
        provider: group.provider.as_ref().map(ToString::to_string),
        disabled: Some(group.disabled),
    }
}

pub(super) fn shown(text: Option<&PersonalText>) -> Option<String> {
    text.map(|t| t.shown().to_owned())
}

pub(super) fn some<T: ToString>(items: &[T]) -> Option<Vec<String>> {
    (!items.is_empty()).then(|| items.iter().map(ToString::to_string).collect())
}

pub(super) fn account(a: &Account) -> shape::Account {
    shape::Account {
        id: a.id.to_string(),
        name: a.name.shown().into(),
        region: a.region.as_ref().map(ToString::to_string),
        disabled: Some(a.disabled),
    }
}

pub(super) fn contact(c: &Contact) -> shape::Contact {
    shape::Contact {
        id: c.id.to_string(),
        name: c.name.shown().into(),
        account: c.account.as_ref().map(ToString::to_string),
        email: shown(c.email.as_ref()),
        mobile: shown(c.mobile.as_ref()),
        wechat: c.wechat.as_ref().map(|wechat| wechat.open_id.shown().into()),
        wechat_through: c.wechat.as_ref().map(|wechat| wechat.through.name().into()),
        language: Some(c.language.to_string()),
        disabled: Some(c.disabled),
        erased: c.erased.as_ref().map(|erasure| erasure.since.0),
    }
}

/// A page of what comes behind an id, and the id to go on from if there is more.
pub(super) fn page<T>(
    entries: impl Iterator<Item = T>,
    id: impl Fn(&T) -> &str,
    after: Option<&str>,
    limit: usize,
) -> (Vec<T>, Option<String>) {
    let mut page: Vec<T> = entries.filter(|entry| after.is_none_or(|after| id(entry) > after)).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|entry| id(entry).to_owned());
    (page, next)
}

fn get_account(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetEntry = visit.parameters()?;
    let id = slug("id", &p.id, AccountId::new)?;
    let reference = visit.desk.runtime.views().reference();
    let directory: &Directory = &reference.directory;
    let found = directory.account(&id).ok_or_else(|| not_found("account", p.id))?;
    let contacts = directory.contacts().filter(|contact| contact.account.as_ref() == Some(&id));
    let terminals = directory.terminals().filter(|terminal| terminal.account == id);
    Ok(Outcome::reply(&shape::GotAccount {
        account: account(found),
        contacts: contacts.take(PARTS_MAX).map(contact).collect(),
        terminals: terminals.take(PARTS_MAX).map(equipment::terminal).collect(),
    }))
}

fn get_contact(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetEntry = visit.parameters()?;
    let id = slug("id", &p.id, ContactId::new)?;
    let reference = visit.desk.runtime.views().reference();
    let directory: &Directory = &reference.directory;
    let found = directory.contact(&id).ok_or_else(|| not_found("contact", p.id))?;
    let of = found.account.as_ref().and_then(|id| directory.account(id));
    Ok(Outcome::reply(&shape::GotContact { contact: contact(found), account: of.map(account) }))
}

pub(super) fn not_found(what: &'static str, id: String) -> ErrorReply {
    refuse::rejection(&Rejection::NotFound { what, id })
}

fn list(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::List = visit.parameters()?;
    let limit = bounded("limit", p.limit, 100, PAGE_MAX)?;
    let after = p.after.as_deref();
    let reference = visit.desk.runtime.views().reference();
    let directory: &Directory = &reference.directory;
    Ok(match visit.call.member() {
        "ListStaffUsers" => {
            let (users, next) = page(directory.staff_users(), |u| u.id.as_str(), after, limit);
            Outcome::reply(&shape::StaffUsers { staff_users: users.into_iter().map(people::staff_user).collect(), next })
        }
        "ListServiceGroups" => {
            let (groups, next) = page(directory.groups(), |(id, _)| id.as_str(), after, limit);
            Outcome::reply(&shape::ServiceGroups { service_groups: groups.into_iter().map(|(id, g)| service_group(id, g)).collect(), next })
        }
        "ListDepartments" => {
            let (departments, next) = page(directory.departments(), |d| d.id.as_str(), after, limit);
            Outcome::reply(&shape::Departments { departments: departments.into_iter().map(people::department).collect(), next })
        }
        "ListUserGroups" => {
            let (groups, next) = page(directory.user_groups(), |g| g.id.as_str(), after, limit);
            Outcome::reply(&shape::UserGroups { user_groups: groups.into_iter().map(people::user_group).collect(), next })
        }
        "ListServiceProviders" => {
            let (providers, next) = page(directory.providers(), |p| p.id.as_str(), after, limit);
            Outcome::reply(&shape::ServiceProviders {
                service_providers: providers.into_iter().map(people::service_provider).collect(),
                next,
            })
        }
        "ListAccounts" => {
            let (accounts, next) = page(directory.accounts(), |a| a.id.as_str(), after, limit);
            Outcome::reply(&shape::Accounts { accounts: accounts.into_iter().map(account).collect(), next })
        }
        "ListContacts" => {
            let (contacts, next) = page(directory.contacts(), |c| c.id.as_str(), after, limit);
            Outcome::reply(&shape::Contacts { contacts: contacts.into_iter().map(contact).collect(), next })
        }
        "ListProducts" => {
            let (products, next) = page(directory.products(), |p| p.id.as_str(), after, limit);
            Outcome::reply(&shape::Products { products: products.into_iter().map(equipment::product).collect(), next })
        }
        other => return Err(ErrorReply::method_not_found(other)),
    })
}
