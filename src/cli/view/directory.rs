//! Staff users, departments, service groups, accounts, contacts as tables; a service group with the work its members carry.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, number, pliant, table, whole};
use super::width::line;
use crate::protocol::directory::{Absence, Account, Contact, Department, GotServiceGroup, ServiceGroup, StaffUser};

fn text(value: Option<&String>) -> Cell {
    value.map(|text| line(text)).unwrap_or_default().into()
}

fn disabled(value: Option<bool>) -> Cell {
    Cell::toned(if value == Some(true) { "disabled" } else { "" }, Tone::Dim)
}

/// `absent until 11-25`, if it is so now or will be.
fn absence(absence: Option<&Absence>, page: &Page) -> Option<String> {
    let (times, now) = (&page.times, page.times.now);
    match absence? {
        absence if now >= absence.until => None,
        absence if now >= absence.from => Some(format!("absent until {}", times.day(absence.until))),
        absence => Some(format!("absent from {}", times.day(absence.from))),
    }
}

fn state(is_disabled: Option<bool>, away: Option<&Absence>, page: &Page) -> Cell {
    match absence(away, page) {
        Some(text) if is_disabled != Some(true) => Cell::toned(text, Tone::Now),
        _ => disabled(is_disabled),
    }
}

/// Departments.
pub fn departments(all: &[Department], page: &Page) -> String {
    let row = |one: &Department| {
        vec![line(&one.id).into(), line(&one.name).into(), text(one.head.as_ref()), text(one.parent.as_ref()), disabled(one.disabled)]
    };
    let columns = [pliant("ID", 8), pliant("NAME", 8), pliant("HEAD", 8), pliant("BELONGS TO", 10), whole("STATE")];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "department", page)
}

/// Staff users.
pub fn staff_users(all: &[StaffUser], page: &Page) -> String {
    let row = |one: &StaffUser| {
        let roles = line(&one.roles.join(", "));
        vec![
            line(&one.id).into(),
            line(&one.name).into(),
            roles.into(),
            text(one.email.as_ref()),
            text(one.superior.as_ref()),
            text(one.department.as_ref()),
            state(one.disabled, one.absence.as_ref(), page),
        ]
    };
    let columns = [
        pliant("ID", 6),
        pliant("NAME", 6),
        pliant("ROLES", 8),
        pliant("E-MAIL", 8),
        pliant("SUPERIOR", 8),
        pliant("DEPT", 6),
        whole("STATE"),
    ];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "staff user", page)
}

/// Service groups.
pub fn service_groups(all: &[ServiceGroup], page: &Page) -> String {
    let row = |one: &ServiceGroup| {
        let members = line(&one.members.join(", "));
        vec![line(&one.id).into(), line(&one.name).into(), text(one.leader.as_ref()), members.into(), disabled(one.disabled)]
    };
    let columns = [pliant("ID", 8), pliant("NAME", 8), pliant("LEADER", 8), pliant("MEMBERS", 12), whole("STATE")];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "service group", page)
}

/// Accounts.
pub fn accounts(all: &[Account], page: &Page) -> String {
    let row = |one: &Account| vec![line(&one.id).into(), line(&one.name).into(), text(one.region.as_ref()), disabled(one.disabled)];
    listed(
        &[pliant("ID", 8), pliant("NAME", 8), pliant("REGION", 6), whole("STATE")],
        &all.iter().map(row).collect::<Vec<_>>(),
        "account",
        page,
    )
}

/// Contacts.
pub fn contacts(all: &[Contact], page: &Page) -> String {
    let row = |one: &Contact| {
        vec![
            line(&one.id).into(),
            line(&one.name).into(),
            text(one.account.as_ref()),
            text(one.email.as_ref()),
            text(one.mobile.as_ref()),
            text(one.language.as_ref()),
            disabled(one.disabled),
        ]
    };
    let columns = [
        pliant("ID", 8),
        pliant("NAME", 8),
        pliant("ACCOUNT", 8),
        pliant("E-MAIL", 10),
        pliant("MOBILE", 8),
        whole("LANGUAGE"),
        whole("STATE"),
    ];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "contact", page)
}

fn listed(columns: &[super::table::Column], rows: &[Vec<Cell>], what: &str, page: &Page) -> String {
    if rows.is_empty() { format!("{}\n", page.paint.tone(Tone::Dim, &format!("no {what}"))) } else { table(columns, rows, page) }
}

/// One service group with the open work of its members.
pub fn service_group(got: &GotServiceGroup, page: &Page) -> String {
    let group = &got.service_group;
    let state = if group.disabled == Some(true) { ", disabled" } else { "" };
    let leader = group.leader.as_deref().map_or_else(|| "no leader".to_owned(), |leader| format!("led by {}", line(leader)));
    let head = page.paint.tone(Tone::Strong, &format!("{}  {}", line(&group.id), line(&group.name)));
    let mut out = format!("{head}\n{leader}, {} open in all{state}\n", got.open);
    let load = |engineer: &str| got.loads.iter().find(|load| load.engineer == engineer).map_or(0, |load| load.open);
    let mut rows: Vec<Vec<Cell>> = group.members.iter().map(|m| vec![line(m).into(), load(m).to_string().into()]).collect();
    // Who carries work without being a member (any more) is not to be overlooked.
    let strangers = got.loads.iter().filter(|load| load.open > 0 && !group.members.contains(&load.engineer));
    rows.extend(strangers.map(|load| vec![format!("{} (no member)", line(&load.engineer)).into(), load.open.to_string().into()]));
    if !rows.is_empty() {
        out.push('\n');
        out.push_str(&table(&[pliant("MEMBER", 8), number("OPEN")], &rows, page));
    }
    out
}
