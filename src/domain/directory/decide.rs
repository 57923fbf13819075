//! Rules of the directory: names and addresses are clean, references exist, neither the reporting line nor the tree of departments
//! has a cycle (reading 19).

use super::company;
use super::entry::{
    Absence, Account, Contact, Department, DirectoryCommand, DirectoryEvent, Product, ServiceProvider, StaffUser, Terminal, UserGroup,
    WeChat,
};
use super::erase::{self, Known};
use super::read_model::Directory;
use super::sign_in;
use crate::domain::context::Context;
use crate::domain::ids::StaffUserId;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, NAME_MAX, PersonalText};
use crate::domain::work_order::call::ACCOUNT_MAX;
use crate::domain::work_order::notice::NoticeSettings;
use crate::domain::work_order::state::Party;

/// Most skills, and most regions, of one staff user.
pub const SKILLS_MAX: usize = 100;

/// Most members of one user group.
pub const USER_GROUP_MAX: usize = 1_000;

/// Longest serial number, in characters.
pub const SERIAL_NUMBER_MAX: usize = 60;
/// Longest description of a site, in characters.
pub const SITE_MAX: usize = 400;
/// Longest WeChat open id, in characters; those that there are have 28.
pub const OPEN_ID_MAX: usize = 64;

/// Decides a command; `whom` is the person it is about, as they are. An entry comes back normalised.
pub fn decide(command: &DirectoryCommand, whom: &Known<'_>, cx: &Context<'_>) -> Result<DirectoryEvent, Rejection> {
    let known = whom.staff_user;
    match command {
        DirectoryCommand::PutStaffUser(user) => {
            whom.not_erased(&Party::Staff(user.id.clone()))?;
            let absence = known.and_then(|known| known.absence);
            let notices = known.and_then(|known| known.notices.clone());
            let user = staff_user(user, cx)?;
            company::of_staff_user(&user, known, cx)?;
            Ok(DirectoryEvent::StaffUserPut(StaffUser { absence, notices, erased: None, ..user }))
        }
        DirectoryCommand::PutDepartment(department) => self::department(department, cx).map(DirectoryEvent::DepartmentPut),
        DirectoryCommand::SetAbsence { user, absence } => {
            whom.not_erased(&Party::Staff(user.clone()))?;
            let Absence { from, until } = absence;
            if until <= from {
                return Err(Rejection::invalid("until", "an absence ends after it begins"));
            }
            absence_of(user, known, Some(*absence))
        }
        DirectoryCommand::ClearAbsence { user } => absence_of(user, known, None),
        DirectoryCommand::SetNotices { user, notices } => {
            whom.not_erased(&Party::Staff(user.clone()))?;
            let known = known.ok_or_else(|| Rejection::NotFound { what: "staff user", id: user.to_string() })?;
            let notices = notices.clone().map(NoticeSettings::checked).transpose()?;
            if known.notices.as_deref() == notices.as_ref() {
                return Err(Rejection::NothingToChange);
            }
            Ok(DirectoryEvent::NoticesSet { user: user.clone(), notices })
        }
        DirectoryCommand::PutAccount(account) => {
            let name = checked_name(&account.name)?;
            Ok(DirectoryEvent::AccountPut(Account { name, ..account.clone() }))
        }
        DirectoryCommand::PutContact(contact) => {
            whom.not_erased(&Party::Contact(contact.id.clone()))?;
            let contact = self::contact(contact, cx)?;
            Ok(DirectoryEvent::ContactPut(Contact { sign_ins: sign_in::kept(whom.contact, &contact), ..contact }))
        }
        DirectoryCommand::ErasePerson { who, open } => erase::erase(who, open, whom, cx.now),
        DirectoryCommand::FinishErasure { who, sums } => erase::finish(who, *sums, whom, cx.now),
        DirectoryCommand::SignIn { contact, command } => sign_in::decide(contact, command, whom.contact, cx),
        DirectoryCommand::PutProduct(product) => self::product(product).map(DirectoryEvent::ProductPut),
        DirectoryCommand::PutTerminal(terminal) => self::terminal(terminal, cx).map(DirectoryEvent::TerminalPut),
        DirectoryCommand::PutUserGroup(group) => user_group(group, cx).map(DirectoryEvent::UserGroupPut),
        DirectoryCommand::PutServiceProvider(provider) => {
            let name = text::line("name", &provider.name, NAME_MAX)?;
            Ok(DirectoryEvent::ServiceProviderPut(ServiceProvider { name, ..provider.clone() }))
        }
    }
}

fn absence_of(user: &StaffUserId, known: Option<&StaffUser>, absence: Option<Absence>) -> Result<DirectoryEvent, Rejection> {
    let known = known.ok_or_else(|| Rejection::NotFound { what: "staff user", id: user.to_string() })?;
    if known.absence == absence {
        return Err(Rejection::NothingToChange);
    }
    Ok(DirectoryEvent::AbsenceSet { user: user.clone(), absence })
}

fn department(department: &Department, cx: &Context<'_>) -> Result<Department, Rejection> {
    company::of_department(department, cx.directory)?;
    let mut above = department.parent.as_ref();
    for _ in 0..=cx.directory.departments().count() {
        let Some(id) = above else {
            return Ok(Department { name: text::line("name", &department.name, NAME_MAX)?, ..department.clone() });
        };
        if *id == department.id {
            break;
        }
        above = cx.directory.department(id).ok_or_else(|| Rejection::unknown("parent", id.as_str()))?.parent.as_ref();
    }
    Err(Rejection::invalid("parent", format!("{} would stand below itself", department.id)))
}

fn staff_user(user: &StaffUser, cx: &Context<'_>) -> Result<StaffUser, Rejection> {
    for role in &user.roles {
        let known = crate::domain::definition::role::built_in(role.as_str()).is_some()
            || cx.catalogue.list().iter().any(|d| d.kind == "role" && d.name == *role);
        if !known {
            return Err(Rejection::unknown("roles", role.as_str()));
        }
    }
    if let Some(superior) = &user.superior {
        no_cycle(user, superior, cx.directory)?;
    }
    if let Some(department) = &user.department
        && cx.directory.department(department).is_none()
    {
        return Err(Rejection::unknown("department", department.as_str()));
    }
    Ok(StaffUser {
        skills: set("skills", &user.skills)?,
        regions: set("regions", &user.regions)?,
        name: checked_name(&user.name)?,
        email: checked_email(user.email.as_ref())?,
        call_account: user.call_account.as_ref().map(call_account).transpose()?,
        language: text::language("language", &user.language)?,
        ..user.clone()
    })
}

fn call_account(account: &PersonalText) -> Result<PersonalText, Rejection> {
    let account = text::line("callAccount", account.0.as_deref().unwrap_or(""), ACCOUNT_MAX)?;
    match account.chars().find(|c| !c.is_ascii()) {
        Some(bad) => Err(Rejection::invalid("callAccount", format!("holds {bad:?}; a call account is written in ASCII"))),
        None => Ok(PersonalText(Some(account))),
    }
}

/// Sorted, each once.
fn set<T: Clone + Ord>(field: &'static str, items: &[T]) -> Result<Vec<T>, Rejection> {
    if items.len() > SKILLS_MAX {
        return Err(Rejection::TooMany { what: field, limit: SKILLS_MAX });
    }
    let mut items = items.to_vec();
    items.sort();
    items.dedup();
    Ok(items)
}

fn user_group(group: &UserGroup, cx: &Context<'_>) -> Result<UserGroup, Rejection> {
    if group.members.len() > USER_GROUP_MAX {
        return Err(Rejection::TooMany { what: "members", limit: USER_GROUP_MAX });
    }
    company::of_user_group(group, cx.directory)?;
    let mut members = group.members.clone();
    members.sort();
    members.dedup();
    Ok(UserGroup { name: text::line("name", &group.name, NAME_MAX)?, members, ..group.clone() })
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
        language: text::language("language", &contact.language)?,
        wechat: contact.wechat.as_deref().map(wechat).transpose()?,
        mobile,
        erased: None,
        ..contact.clone()
    })
}

fn wechat(wechat: &WeChat) -> Result<Box<WeChat>, Rejection> {
    let open_id = text::line("wechat", wechat.open_id.shown(), OPEN_ID_MAX)?;
    if !open_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err(Rejection::invalid("wechat", format!("{open_id:?} is no open id: it has letters, digits, - and _")));
    }
    Ok(Box::new(WeChat { open_id: PersonalText(Some(open_id)), through: wechat.through }))
}

fn product(product: &Product) -> Result<Product, Rejection> {
    Ok(Product {
        name: text::line("name", &product.name, NAME_MAX)?,
        model: optional_line("model", product.model.as_deref(), NAME_MAX)?,
        category: optional_line("category", product.category.as_deref(), NAME_MAX)?,
        ..product.clone()
    })
}

fn terminal(terminal: &Terminal, cx: &Context<'_>) -> Result<Terminal, Rejection> {
    let Terminal { product, account, contact, .. } = terminal;
    if cx.directory.product(product).is_none() {
        return Err(Rejection::unknown("product", product.as_str()));
    }
    if cx.directory.account(account).is_none() {
        return Err(Rejection::unknown("account", account.as_str()));
    }
    if let Some(id) = contact {
        let contact = cx.directory.contact(id).ok_or_else(|| Rejection::unknown("contact", id.as_str()))?;
        if let Some(own) = contact.account.as_ref().filter(|own| *own != account) {
            return Err(Rejection::invalid("contact", format!("{id} is a person at the account {own}, not at {account}")));
        }
    }
    let site = optional_line("site", terminal.site.as_ref().map(PersonalText::shown), SITE_MAX)?;
    Ok(Terminal {
        name: checked_name(&terminal.name)?,
        serial_number: optional_line("serialNumber", terminal.serial_number.as_deref(), SERIAL_NUMBER_MAX)?,
        site: site.map(|site| PersonalText(Some(site))),
        ..terminal.clone()
    })
}

fn optional_line(field: &'static str, text: Option<&str>, max: usize) -> Result<Option<Box<str>>, Rejection> {
    text.map(|text| text::line(field, text, max)).transpose()
}

fn checked_name(name: &PersonalText) -> Result<PersonalText, Rejection> {
    text::line("name", name.0.as_deref().unwrap_or(""), NAME_MAX).map(|n| PersonalText(Some(n)))
}

fn checked_email(email: Option<&PersonalText>) -> Result<Option<PersonalText>, Rejection> {
    email.map(|e| text::email("email", e.0.as_deref().unwrap_or("")).map(|e| PersonalText(Some(e)))).transpose()
}
