//! Entries of the directory as they come over the socket, made into commands: ids and words are good from here on.

use super::refuse::{field, optional_slug, slug, word};
use crate::domain::aggregate::{Command, Key};
use crate::domain::directory::entry::Through;
use crate::domain::directory::{
    Account, Contact, Department, DirectoryCommand, Product, ServiceProvider, StaffUser, Terminal, UserGroup, WeChat,
};
use crate::domain::form::date::Date;
use crate::domain::ids::{
    AccountId, ContactId, DepartmentId, Name, ProductId, Region, ServiceGroupId, ServiceProviderId, Skill, StaffUserId, TerminalId,
    UserGroupId,
};
use crate::domain::service_group::{GroupEntry, GroupRule, ServiceGroupCommand};
use crate::domain::text::PersonalText;
use crate::domain::transition::directory_key;
use crate::protocol::directory as shape;
use crate::protocol::varlink::ErrorReply;

/// Which aggregate, and what it is told; or the field that is wrong.
pub type Entry = Result<(Key, Command), ErrorReply>;

/// A command to the directory with its key.
pub fn keyed(command: DirectoryCommand) -> (Key, Command) {
    (directory_key(&command), Command::Directory(command))
}

fn personal(text: Option<String>) -> Option<PersonalText> {
    text.filter(|t| !t.trim().is_empty()).map(|t| PersonalText(Some(t.into())))
}

fn plain(text: Option<String>) -> Option<Box<str>> {
    text.filter(|t| !t.trim().is_empty()).map(Into::into)
}

fn language(text: Option<String>) -> Box<str> {
    text.unwrap_or_else(|| "en".into()).into()
}

/// A staff user; the absence is set by commands of its own.
pub fn staff_user(u: shape::StaffUser) -> Entry {
    let roles = u.roles.iter().map(|r| slug("staffUser.roles", r, Name::new)).collect::<Result<Vec<_>, _>>()?;
    Ok(keyed(DirectoryCommand::PutStaffUser(StaffUser {
        id: slug("staffUser.id", &u.id, StaffUserId::new)?,
        name: PersonalText(Some(u.name.into())),
        email: personal(u.email),
        language: language(u.language),
        roles,
        superior: optional_slug("staffUser.superior", u.superior.as_deref(), StaffUserId::new)?,
        department: optional_slug("staffUser.department", u.department.as_deref(), DepartmentId::new)?,
        provider: optional_slug("staffUser.provider", u.provider.as_deref(), ServiceProviderId::new)?,
        call_account: personal(u.call_account),
        skills: u.skills.iter().flatten().map(|s| slug("staffUser.skills", s, Skill::new)).collect::<Result<_, _>>()?,
        regions: u.regions.iter().flatten().map(|r| slug("staffUser.regions", r, Region::new)).collect::<Result<_, _>>()?,
        absence: None,
        notices: None,
        disabled: u.disabled.unwrap_or(false),
        erased: None,
    })))
}

/// A department.
pub fn department(d: shape::Department) -> Entry {
    Ok(keyed(DirectoryCommand::PutDepartment(Department {
        id: slug("department.id", &d.id, DepartmentId::new)?,
        name: d.name.into(),
        head: optional_slug("department.head", d.head.as_deref(), StaffUserId::new)?,
        parent: optional_slug("department.parent", d.parent.as_deref(), DepartmentId::new)?,
        disabled: d.disabled.unwrap_or(false),
    })))
}

/// A user group.
pub fn user_group(g: shape::UserGroup) -> Entry {
    Ok(keyed(DirectoryCommand::PutUserGroup(UserGroup {
        id: slug("userGroup.id", &g.id, UserGroupId::new)?,
        name: g.name.into(),
        members: g.members.iter().map(|m| slug("userGroup.members", m, StaffUserId::new)).collect::<Result<_, _>>()?,
        disabled: g.disabled.unwrap_or(false),
    })))
}

/// A service provider.
pub fn service_provider(p: shape::ServiceProvider) -> Entry {
    Ok(keyed(DirectoryCommand::PutServiceProvider(ServiceProvider {
        id: slug("serviceProvider.id", &p.id, ServiceProviderId::new)?,
        name: p.name.into(),
        disabled: p.disabled.unwrap_or(false),
    })))
}

/// A service group.
pub fn service_group(g: shape::ServiceGroup) -> Entry {
    let id = slug("serviceGroup.id", &g.id, ServiceGroupId::new)?;
    let limit = g.limit.map(|n| u32::try_from(n).map_err(|_| field("serviceGroup.limit", format!("{n} is no number of Work Orders"))));
    let entry = GroupEntry {
        id: id.clone(),
        name: g.name.into(),
        leader: optional_slug("serviceGroup.leader", g.leader.as_deref(), StaffUserId::new)?,
        members: g.members.iter().map(|m| slug("serviceGroup.members", m, StaffUserId::new)).collect::<Result<_, _>>()?,
        rule: g.rule.map_or(Ok(GroupRule::ByLeader), |t| word("serviceGroup.rule", &t, &GroupRule::NAMES, GroupRule::from_name))?,
        limit: limit.transpose()?,
        provider: optional_slug("serviceGroup.provider", g.provider.as_deref(), ServiceProviderId::new)?,
        disabled: g.disabled.unwrap_or(false),
    };
    Ok((Key::ServiceGroup(id), Command::ServiceGroup(ServiceGroupCommand::Put(entry))))
}

/// An account.
pub fn account(a: shape::Account) -> Entry {
    Ok(keyed(DirectoryCommand::PutAccount(Account {
        id: slug("account.id", &a.id, AccountId::new)?,
        name: PersonalText(Some(a.name.into())),
        region: optional_slug("account.region", a.region.as_deref(), Region::new)?,
        disabled: a.disabled.unwrap_or(false),
    })))
}

/// A contact.
pub fn contact(c: shape::Contact) -> Entry {
    Ok(keyed(DirectoryCommand::PutContact(Contact {
        id: slug("contact.id", &c.id, ContactId::new)?,
        account: optional_slug("contact.account", c.account.as_deref(), AccountId::new)?,
        name: PersonalText(Some(c.name.into())),
        email: personal(c.email),
        mobile: personal(c.mobile),
        wechat: wechat(c.wechat, c.wechat_through.as_deref())?,
        language: language(c.language),
        sign_ins: None,
        disabled: c.disabled.unwrap_or(false),
        erased: None,
    })))
}

fn wechat(open_id: Option<String>, through: Option<&str>) -> Result<Option<Box<WeChat>>, ErrorReply> {
    let through = through.map(|text| word("contact.wechatThrough", text, &Through::NAMES, Through::from_name)).transpose()?;
    match (open_id, through) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(field("contact.wechatThrough", "there is no open id in contact.wechat")),
        (Some(open_id), through) => {
            let through = through.unwrap_or(Through::Account);
            Ok(Some(Box::new(WeChat { open_id: PersonalText(Some(open_id.into())), through })))
        }
    }
}

/// A product.
pub fn product(p: shape::Product) -> Entry {
    Ok(keyed(DirectoryCommand::PutProduct(Product {
        id: slug("product.id", &p.id, ProductId::new)?,
        name: p.name.into(),
        model: plain(p.model),
        category: plain(p.category),
        disabled: p.disabled.unwrap_or(false),
    })))
}

/// A terminal.
pub fn terminal(t: shape::Terminal) -> Entry {
    let warranty_end = t.warranty_end.as_deref().map(|text| Date::parse(text).map_err(|problem| field("terminal.warrantyEnd", problem)));
    Ok(keyed(DirectoryCommand::PutTerminal(Terminal {
        id: slug("terminal.id", &t.id, TerminalId::new)?,
        name: PersonalText(Some(t.name.into())),
        product: slug("terminal.product", &t.product, ProductId::new)?,
        account: slug("terminal.account", &t.account, AccountId::new)?,
        contact: optional_slug("terminal.contact", t.contact.as_deref(), ContactId::new)?,
        serial_number: plain(t.serial_number),
        site: personal(t.site),
        warranty_end: warranty_end.transpose()?,
        disabled: t.disabled.unwrap_or(false),
    })))
}
