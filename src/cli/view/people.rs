//! A staff user with what they carry; user groups and service providers, as tables and each with its people.

use super::customer::head;
use super::directory::{disabled, listed, service_groups, staff_users, state_of};
use super::page::Page;
use super::paint::Tone;
use super::show::{fact, section};
use super::table::{number, pliant, whole};
use super::width::line;
use crate::protocol::directory::{
    Carried, GotServiceProvider, GotStaffUser, GotUserGroup, PutOfStaffUser, ServiceProvider, StaffUser, UserGroup,
};

/// `staff user emil put (revision 3)`, and what somebody who is disabled leaves behind.
pub fn put(id: &str, put: &PutOfStaffUser, page: &Page) -> String {
    let mut out = format!("staff user {} put (revision {})\n", line(id), put.receipt.revision);
    if let Some(carried) = &put.carried {
        let mut left = String::new();
        carries(&mut left, carried, page);
        section(&mut out, "still carried in the directory; pass it on", &left, page);
    }
    out
}

/// A staff user; `open` is how many open Work Orders they carry.
pub fn staff_user(got: &GotStaffUser, open: i64, page: &Page) -> String {
    let StaffUser { id, name, email, language, roles, superior, department, provider, call_account, .. } = &got.staff_user;
    let StaffUser { skills, regions, absence, notices, disabled, erased, .. } = &got.staff_user;
    let mut out = head(id, name, *disabled, page);
    if let Some(erased) = erased {
        fact(&mut out, "erased", &page.times.minute(*erased), page);
    }
    if !got.can_act && *disabled != Some(true) {
        fact(&mut out, "can act", "no: the service provider is disabled", page);
    }
    fact(&mut out, "roles", &line(&roles.join(", ")), page);
    for (key, value) in [
        ("e-mail", email),
        ("language", language),
        ("superior", superior),
        ("department", department),
        ("provider", provider),
        ("call account", call_account),
    ] {
        if let Some(value) = value {
            fact(&mut out, key, &line(value), page);
        }
    }
    for (key, values) in [("skills", skills), ("regions", regions)] {
        if let Some(values) = values {
            fact(&mut out, key, &line(&values.join(", ")), page);
        }
    }
    if let Some(told) = super::directory::absence(absence.as_ref(), page) {
        fact(&mut out, "absence", &told, page);
    }
    if let Some(notices) = notices {
        fact(&mut out, "mailed about", &super::to_dos::notices(notices), page);
    }
    let work = if open == 1 { "1 Work Order".to_owned() } else { format!("{open} Work Orders") };
    fact(&mut out, "open work", &work, page);
    let mut left = String::new();
    carries(&mut left, &got.carried, page);
    section(&mut out, "carried in the directory", &left, page);
    out
}

fn carries(out: &mut String, carried: &Carried, page: &Page) {
    let Carried { superior_of, head_of, leader_of, member_of, user_groups } = carried;
    for (key, ids) in [
        ("superior of", superior_of),
        ("head of", head_of),
        ("leader of", leader_of),
        ("member of", member_of),
        ("user groups", user_groups),
    ] {
        if !ids.is_empty() {
            fact(out, key, &line(&ids.join(", ")), page);
        }
    }
}

/// User groups.
pub fn user_groups(all: &[UserGroup], page: &Page) -> String {
    let row = |one: &UserGroup| {
        let members = line(&one.members.join(", "));
        vec![line(&one.id).into(), line(&one.name).into(), one.members.len().to_string().into(), members.into(), disabled(one.disabled)]
    };
    let columns = [pliant("ID", 8), pliant("NAME", 8), number("PEOPLE"), pliant("MEMBERS", 12), whole("STATE")];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "user group", page)
}

/// A user group with its members.
pub fn user_group(got: &GotUserGroup, page: &Page) -> String {
    let UserGroup { id, name, disabled, .. } = &got.user_group;
    let mut out = head(id, name, *disabled, page);
    section(&mut out, "members", &people(&got.members, page), page);
    out
}

fn people(all: &[StaffUser], page: &Page) -> String {
    let row = |one: &StaffUser| {
        let roles = line(&one.roles.join(", "));
        vec![line(&one.id).into(), line(&one.name).into(), roles.into(), state_of((one.disabled, one.erased), one.absence.as_ref(), page)]
    };
    let columns = [pliant("ID", 8), pliant("NAME", 8), pliant("ROLES", 8), whole("STATE")];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "staff user", page)
}

/// Service providers.
pub fn service_providers(all: &[ServiceProvider], page: &Page) -> String {
    let row = |one: &ServiceProvider| vec![line(&one.id).into(), line(&one.name).into(), disabled(one.disabled)];
    let columns = [pliant("ID", 8), pliant("NAME", 8), whole("STATE")];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "service provider", page)
}

/// A service provider with its people and its service groups.
pub fn service_provider(got: &GotServiceProvider, page: &Page) -> String {
    let ServiceProvider { id, name, disabled } = &got.service_provider;
    let mut out = head(id, name, *disabled, page);
    if *disabled == Some(true) {
        out.push_str(&page.paint.tone(Tone::Now, "its people cannot act, its service groups get no work\n"));
    }
    section(&mut out, "people", &staff_users(&got.staff_users, page), page);
    section(&mut out, "service groups", &service_groups(&got.service_groups, page), page);
    out
}
