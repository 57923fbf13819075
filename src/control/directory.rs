//! The room of `org.workorderd.Directory1`.

use super::desk::Visit;
use super::equipment;
use super::refuse::{self, field, optional_slug, slug, word};
use super::service::Outcome;
use super::work_orders::bounded;
use crate::domain::aggregate::{Command, Key, State};
use crate::domain::definition::Right;
use crate::domain::directory::{Absence, Account, Contact, Department, Directory, DirectoryCommand, StaffUser};
use crate::domain::ids::{AccountId, ContactId, DepartmentId, Name, Region, ServiceGroupId, Skill, StaffUserId};
use crate::domain::rejection::Rejection;
use crate::domain::service_group::{GroupEntry, GroupRule, ServiceGroup, ServiceGroupCommand};
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::transition::directory_key;
use crate::engine::cell::Submission;
use crate::protocol::directory as shape;
use crate::protocol::varlink::ErrorReply;

/// Most entries of a page.
pub(super) const PAGE_MAX: i64 = 1000;
/// Contacts, and terminals, told of one account.
const PARTS_MAX: usize = 200;

/// Answers a call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    match visit.call.member() {
        "PutStaffUser" => put_staff_user(visit).await,
        "PutServiceGroup" => put_service_group(visit).await,
        "PutDepartment" => put_department(visit).await,
        "SetAbsence" => set_absence(visit).await,
        "ClearAbsence" => clear_absence(visit).await,
        "PutAccount" => put_account(visit).await,
        "PutContact" => put_contact(visit).await,
        "GetServiceGroup" => get_service_group(visit).await,
        "GetAccount" => get_account(visit),
        "GetContact" => get_contact(visit),
        "PutProduct" => equipment::put_product(visit).await,
        "PutTerminal" => equipment::put_terminal(visit).await,
        "GetTerminal" => equipment::get_terminal(visit),
        "ListTerminals" => equipment::list_terminals(visit),
        _ => list(visit),
    }
}

async fn put(visit: &Visit<'_>, key: Key, command: Command, request_id: &str, expected: Option<i64>) -> Result<Outcome, ErrorReply> {
    let request = visit.request(request_id)?;
    let expected_revision = expected.map(|r| u64::try_from(r).map_err(|_| field("expectedRevision", "is negative"))).transpose()?;
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision };
    let receipt = visit.desk.runtime.submit(&key, submission).await.map_err(refuse::refusal)?;
    let receipt = shape::Receipt { revision: receipt.revision as i64, sequence: receipt.sequence as i64 };
    Ok(Outcome::reply(&shape::Accepted { receipt }))
}

pub(super) async fn put_entry(
    visit: &Visit<'_>,
    command: DirectoryCommand,
    request_id: &str,
    expected: Option<i64>,
) -> Result<Outcome, ErrorReply> {
    put(visit, directory_key(&command), Command::Directory(command), request_id, expected).await
}

pub(super) fn personal(text: Option<String>) -> Option<PersonalText> {
    text.filter(|t| !t.trim().is_empty()).map(|t| PersonalText(Some(t.into())))
}

fn language(text: Option<String>) -> Box<str> {
    text.unwrap_or_else(|| "en".into()).into()
}

async fn put_staff_user(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::PutStaffUser = visit.parameters()?;
    let u = p.staff_user;
    let roles = u.roles.iter().map(|r| slug("staffUser.roles", r, Name::new)).collect::<Result<Vec<_>, _>>()?;
    let user = StaffUser {
        id: slug("staffUser.id", &u.id, StaffUserId::new)?,
        name: PersonalText(Some(u.name.into())),
        email: personal(u.email),
        language: language(u.language),
        roles,
        superior: optional_slug("staffUser.superior", u.superior.as_deref(), StaffUserId::new)?,
        department: optional_slug("staffUser.department", u.department.as_deref(), DepartmentId::new)?,
        skills: u.skills.iter().flatten().map(|s| slug("staffUser.skills", s, Skill::new)).collect::<Result<_, _>>()?,
        regions: u.regions.iter().flatten().map(|r| slug("staffUser.regions", r, Region::new)).collect::<Result<_, _>>()?,
        absence: None,
        disabled: u.disabled.unwrap_or(false),
    };
    put_entry(visit, DirectoryCommand::PutStaffUser(user), &p.request_id, p.expected_revision).await
}

async fn put_department(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::PutDepartment = visit.parameters()?;
    let d = p.department;
    let department = Department {
        id: slug("department.id", &d.id, DepartmentId::new)?,
        name: d.name.into(),
        head: optional_slug("department.head", d.head.as_deref(), StaffUserId::new)?,
        parent: optional_slug("department.parent", d.parent.as_deref(), DepartmentId::new)?,
        disabled: d.disabled.unwrap_or(false),
    };
    put_entry(visit, DirectoryCommand::PutDepartment(department), &p.request_id, p.expected_revision).await
}

async fn set_absence(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::SetAbsence = visit.parameters()?;
    let absence = Absence { from: Timestamp(p.from), until: Timestamp(p.until) };
    let command = DirectoryCommand::SetAbsence { user: slug("id", &p.id, StaffUserId::new)?, absence };
    put_entry(visit, command, &p.request_id, p.expected_revision).await
}

async fn clear_absence(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ClearAbsence = visit.parameters()?;
    let command = DirectoryCommand::ClearAbsence { user: slug("id", &p.id, StaffUserId::new)? };
    put_entry(visit, command, &p.request_id, p.expected_revision).await
}

async fn put_account(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::PutAccount = visit.parameters()?;
    let a = p.account;
    let account = Account {
        id: slug("account.id", &a.id, AccountId::new)?,
        name: PersonalText(Some(a.name.into())),
        region: optional_slug("account.region", a.region.as_deref(), Region::new)?,
        disabled: a.disabled.unwrap_or(false),
    };
    put_entry(visit, DirectoryCommand::PutAccount(account), &p.request_id, p.expected_revision).await
}

async fn put_contact(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::PutContact = visit.parameters()?;
    let c = p.contact;
    let contact = Contact {
        id: slug("contact.id", &c.id, ContactId::new)?,
        account: optional_slug("contact.account", c.account.as_deref(), AccountId::new)?,
        name: PersonalText(Some(c.name.into())),
        email: personal(c.email),
        mobile: personal(c.mobile),
        language: language(c.language),
        disabled: c.disabled.unwrap_or(false),
    };
    put_entry(visit, DirectoryCommand::PutContact(contact), &p.request_id, p.expected_revision).await
}

async fn put_service_group(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::PutServiceGroup = visit.parameters()?;
    let g = p.service_group;
    let id = slug("serviceGroup.id", &g.id, ServiceGroupId::new)?;
    let members = g.members.iter().map(|m| slug("serviceGroup.members", m, StaffUserId::new)).collect::<Result<Vec<_>, _>>()?;
    let leader = optional_slug("serviceGroup.leader", g.leader.as_deref(), StaffUserId::new)?;
    let rule = g.rule.map_or(Ok(GroupRule::ByLeader), |t| word("serviceGroup.rule", &t, &GroupRule::NAMES, GroupRule::from_name))?;
    let limit = g.limit.map(|n| u32::try_from(n).map_err(|_| field("serviceGroup.limit", format!("{n} is no number of Work Orders"))));
    let entry = GroupEntry {
        id: id.clone(),
        name: g.name.into(),
        leader,
        members,
        rule,
        limit: limit.transpose()?,
        disabled: g.disabled.unwrap_or(false),
    };
    let command = ServiceGroupCommand::Put(entry);
    put(visit, Key::ServiceGroup(id), Command::ServiceGroup(command), &p.request_id, p.expected_revision).await
}

async fn get_service_group(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetServiceGroup = visit.parameters()?;
    let id = slug("id", &p.id, ServiceGroupId::new)?;
    let entity = visit.desk.runtime.read(&Key::ServiceGroup(id)).await.map_err(refuse::refusal)?;
    let Some(State::ServiceGroup(group)) = entity.state.as_deref() else {
        return Err(refuse::rejection(&Rejection::NotFound { what: "service group", id: p.id }));
    };
    let reference = visit.desk.runtime.views().reference();
    let strangers = group.open_by_engineer.keys().filter(|e| !group.members.contains(e));
    let loads = group.members.iter().chain(strangers).map(|engineer| load(group, engineer, &reference.directory)).collect();
    let last_chosen = group.last_chosen.as_ref().map(ToString::to_string);
    let service_group = service_group(&group.id, &group.as_members());
    Ok(Outcome::reply(&shape::GotServiceGroup { service_group, open: i64::from(group.open), loads, last_chosen }))
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

fn absence(absence: Absence) -> shape::Absence {
    shape::Absence { from: absence.from.0, until: absence.until.0 }
}

fn service_group(id: &ServiceGroupId, group: &crate::domain::directory::read_model::GroupMembers) -> shape::ServiceGroup {
    shape::ServiceGroup {
        id: id.to_string(),
        name: group.name.to_string(),
        leader: group.leader.as_ref().map(ToString::to_string),
        members: group.members.iter().map(ToString::to_string).collect(),
        rule: Some(group.rule.name().into()),
        limit: group.limit.map(i64::from),
        disabled: Some(group.disabled),
    }
}

pub(super) fn shown(text: Option<&PersonalText>) -> Option<String> {
    text.map(|t| t.shown().to_owned())
}

fn staff_user(u: &StaffUser) -> shape::StaffUser {
    shape::StaffUser {
        id: u.id.to_string(),
        name: u.name.shown().into(),
        email: shown(u.email.as_ref()),
        language: Some(u.language.to_string()),
        roles: u.roles.iter().map(ToString::to_string).collect(),
        superior: u.superior.as_ref().map(ToString::to_string),
        department: u.department.as_ref().map(ToString::to_string),
        skills: some(&u.skills),
        regions: some(&u.regions),
        absence: u.absence.map(absence),
        disabled: Some(u.disabled),
    }
}

fn some<T: ToString>(items: &[T]) -> Option<Vec<String>> {
    (!items.is_empty()).then(|| items.iter().map(ToString::to_string).collect())
}

fn department(d: &Department) -> shape::Department {
    shape::Department {
        id: d.id.to_string(),
        name: d.name.to_string(),
        head: d.head.as_ref().map(ToString::to_string),
        parent: d.parent.as_ref().map(ToString::to_string),
        disabled: Some(d.disabled),
    }
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
        language: Some(c.language.to_string()),
        disabled: Some(c.disabled),
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
            Outcome::reply(&shape::StaffUsers { staff_users: users.into_iter().map(staff_user).collect(), next })
        }
        "ListServiceGroups" => {
            let (groups, next) = page(directory.groups(), |(id, _)| id.as_str(), after, limit);
            Outcome::reply(&shape::ServiceGroups { service_groups: groups.into_iter().map(|(id, g)| service_group(id, g)).collect(), next })
        }
        "ListDepartments" => {
            let (departments, next) = page(directory.departments(), |d| d.id.as_str(), after, limit);
            Outcome::reply(&shape::Departments { departments: departments.into_iter().map(department).collect(), next })
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
