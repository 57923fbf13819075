//! Staff users, departments, service groups, accounts, contacts as tables; a service group with the work its members carry.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, number, pliant, table, whole};
use super::width::line;
use crate::protocol::directory::{Absence, Account, Contact, Department, GotServiceGroup, ServiceGroup, ServiceGroupLoad, StaffUser};

pub(super) fn text(value: Option<&String>) -> Cell {
    value.map(|text| line(text)).unwrap_or_default().into()
}

pub(super) fn disabled(value: Option<bool>) -> Cell {
    Cell::toned(if value == Some(true) { "disabled" } else { "" }, Tone::Dim)
}

/// `absent until 11-25`, if it is so now or will be.
pub(super) fn absence(absence: Option<&Absence>, page: &Page) -> Option<String> {
    let (times, now) = (&page.times, page.times.now);
    match absence? {
        absence if now >= absence.until => None,
        absence if now >= absence.from => Some(format!("absent until {}", times.day(absence.until))),
        absence => Some(format!("absent from {}", times.day(absence.from))),
    }
}

/// Of a person.
pub(super) fn state_of((is_disabled, erased): (Option<bool>, Option<i64>), away: Option<&Absence>, page: &Page) -> Cell {
    match absence(away, page) {
        _ if erased.is_some() => Cell::toned("erased", Tone::Dim),
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
            state_of((one.disabled, one.erased), one.absence.as_ref(), page),
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
        vec![
            line(&one.id).into(),
            line(&one.name).into(),
            text(one.leader.as_ref()),
            members.into(),
            text(one.rule.as_ref()),
            one.limit.map(|n| n.to_string()).unwrap_or_default().into(),
            disabled(one.disabled),
        ]
    };
    let columns =
        [pliant("ID", 8), pliant("NAME", 8), pliant("LEADER", 8), pliant("MEMBERS", 12), whole("RULE"), number("LIMIT"), whole("STATE")];
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
            state_of((one.disabled, one.erased), None, page),
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

pub(super) fn listed(columns: &[super::table::Column], rows: &[Vec<Cell>], what: &str, page: &Page) -> String {
    if rows.is_empty() { format!("{}\n", page.paint.tone(Tone::Dim, &format!("no {what}"))) } else { table(columns, rows, page) }
}

/// One service group with the open work of its members.
pub fn service_group(got: &GotServiceGroup, page: &Page) -> String {
    let group = &got.service_group;
    let state = if group.disabled == Some(true) { ", disabled" } else { "" };
    let leader = group.leader.as_deref().map_or_else(|| "no leader".to_owned(), |leader| format!("led by {}", line(leader)));
    let head = page.paint.tone(Tone::Strong, &format!("{}  {}", line(&group.id), line(&group.name)));
    let rule = line(group.rule.as_deref().unwrap_or("by-leader"));
    let limit = group.limit.map_or_else(|| "no limit".to_owned(), |n| format!("at most {n} each"));
    let open = got.open.map(|open| format!(", {open} open in all")).unwrap_or_default();
    let mut out = format!("{head}\n{leader}{open}{state}\nrule {rule}, {limit}");
    if let Some(last) = &got.last_chosen {
        out.push_str(&format!(", last chosen {}", line(last)));
    }
    out.push('\n');
    let row = |one: &ServiceGroupLoad| {
        // Who carries work without being a member (any more) is not to be overlooked.
        let name = if one.member { line(&one.engineer) } else { format!("{} (no member)", line(&one.engineer)) };
        let full = group.limit.is_some_and(|limit| one.open + one.offered >= limit);
        let open = if one.offered > 0 { format!("{}+{}", one.open, one.offered) } else { one.open.to_string() };
        vec![
            name.into(),
            if full { Cell::toned(open, Tone::Now) } else { open.into() },
            line(&one.skills.join(", ")).into(),
            line(&one.regions.join(", ")).into(),
            state_of((Some(one.disabled), None), one.absence.as_ref(), page),
        ]
    };
    let rows: Vec<Vec<Cell>> = got.loads.iter().map(row).collect();
    if got.open.is_none() {
        let members: Vec<String> = group.members.iter().map(|member| line(member)).collect();
        out.push_str(&format!("members {}\n", if members.is_empty() { "none".to_owned() } else { members.join(", ") }));
    }
    if !rows.is_empty() {
        out.push('\n');
        out.push_str(&table(
            &[pliant("MEMBER", 8), number("OPEN"), pliant("SKILLS", 8), pliant("REGIONS", 8), whole("STATE")],
            &rows,
            page,
        ));
    }
    out
}
