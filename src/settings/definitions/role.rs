//! `[[role]]`: a named set of rights, its own and those of the roles it includes.
//!
//! What a role includes is worked out here, so that nobody later has to follow includes; circles are refused.

use super::book::{Book, Kind};
use crate::domain::definition::role::built_in;
use crate::domain::definition::{Right, RoleDefinition};
use crate::domain::ids::Name;
use crate::domain::nearest;
use crate::settings::problem::Place;
use crate::settings::toml_reader::Table;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The role that must stay able to change definitions.
const ADMIN: &str = "admin";

/// A role as written, before its includes are worked out.
#[derive(Debug)]
pub struct RoleDraft {
    name: Name,
    place: Place,
    includes_at: Place,
    rights: Vec<Right>,
    includes: Vec<Name>,
    /// None: all.
    record_types: Option<Vec<Name>>,
    hidden_fields: Vec<Name>,
    read_only_fields: Vec<Name>,
}

impl RoleDraft {
    /// Whether it says more than rights.
    fn has_bounds(&self) -> bool {
        self.record_types.is_some() || !self.hidden_fields.is_empty() || !self.read_only_fields.is_empty()
    }
}

/// Reads one into the book.
pub fn read(table: Table<'_>, book: &mut Book<'_>) {
    let (name, table) = book.define(Kind::Role, table);
    let mut rights = Vec::new();
    for text in table.texts("rights").map(|found| found.value).unwrap_or_default() {
        let names = || Right::ALL.iter().map(|(name, _)| *name);
        match Right::ALL.iter().find(|(name, _)| *name == text.value) {
            Some((_, right)) => rights.push(*right),
            None => table.sink().put(&text.place, format!("there is no right {:?}", text.value), nearest::hint(text.value, names())),
        }
    }
    let mut includes = Vec::new();
    for text in table.texts("includes").map(|found| found.value).unwrap_or_default() {
        includes.extend(book.refer(Kind::Role, text.value, &text.place));
    }
    let record_types = record_types(&table, book);
    let hidden_fields = fields(&table, "hidden_fields", book);
    let read_only_fields = fields(&table, "read_only_fields", book);
    table.finish();
    if let Some(name) = name {
        let (place, includes_at) = (table.place.clone(), table.place_of("includes"));
        book.roles.push(RoleDraft { name, place, includes_at, rights, includes, record_types, hidden_fields, read_only_fields });
    }
}

/// The record types that the rights are about, if they are not about all.
fn record_types(table: &Table<'_>, book: &mut Book<'_>) -> Option<Vec<Name>> {
    if !table.has("record_types") {
        return None;
    }
    let mut types = Vec::new();
    for text in table.texts("record_types").map(|found| found.value).unwrap_or_default() {
        types.extend(book.refer(Kind::RecordType, text.value, &text.place));
    }
    types.sort();
    types.dedup();
    Some(types)
}

/// Fields of forms, each once.
fn fields(table: &Table<'_>, key: &'static str, book: &mut Book<'_>) -> Vec<Name> {
    let mut fields = BTreeSet::new();
    for text in table.texts(key).map(|found| found.value).unwrap_or_default() {
        match Name::new(text.value).ok().filter(|name| book.field(name).is_some()) {
            Some(name) => drop(fields.insert(name)),
            None if book.may_be_unread(text.value) => {}
            None => {
                let hint = nearest::hint(text.value, book.fields().map(Name::as_str));
                table.sink().put(&text.place, format!("no form has a field {:?}", text.value), hint);
            }
        }
    }
    fields.into_iter().collect()
}

/// Works out the rights of all roles and reports circles.
pub fn resolve(book: &Book<'_>) -> Vec<RoleDefinition> {
    let roles: BTreeMap<&str, &RoleDraft> = book.roles.iter().rev().map(|role| (role.name.as_str(), role)).collect();
    let mut in_circles = BTreeSet::new();
    let mut resolved = Vec::new();
    for role in &book.roles {
        let (rights, circle) = reach(role, &roles);
        if let Some(circle) = circle.filter(|circle| !circle.iter().any(|name| in_circles.contains(name))) {
            let problem = format!("the role includes itself: {}", circle.join(" > "));
            let hint = if circle.len() == 2 && built_in(circle[0]).is_some() {
                "a role with the name of a built-in one replaces it, so there is nothing to include; list the rights"
            } else {
                "take one of them out of includes"
            };
            book.sink.report_with(&role.includes_at, problem, hint);
            in_circles.extend(circle);
        }
        let needed = [("change_definitions", Right::ChangeDefinitions), ("administer", Right::Administer)];
        let judged = role.name.as_str() == ADMIN && book.all_readable();
        for (name, _) in needed.iter().filter(|(_, right)| judged && !rights.contains(right)) {
            book.sink.report_with(&role.place, format!("the role admin must keep the right {name}"), "without it nobody could undo this");
        }
        for included in role.includes.iter().filter(|name| roles.get(name.as_str()).is_some_and(|r| r.has_bounds())) {
            let problem = format!("the role {included} is bound to record types, or to fields; included here that would be forgotten");
            book.sink.report_with(
                &role.includes_at,
                problem,
                "list its rights here, with record_types, hidden_fields and read_only_fields",
            );
        }
        let named = role.record_types.is_some() && role.name.as_str() == ADMIN;
        if named {
            book.sink.report_with(&role.place, "the role admin is about all record types".to_owned(), "leave record_types out");
        }
        if role.name.as_str() == ADMIN && !(role.hidden_fields.is_empty() && role.read_only_fields.is_empty()) {
            let problem = "the role admin sees all fields and may change them".to_owned();
            book.sink.report_with(&role.place, problem, "leave hidden_fields and read_only_fields out");
        }
        resolved.push(RoleDefinition {
            name: role.name.clone(),
            rights: rights.into_iter().collect(),
            record_types: role.record_types.clone(),
            hidden_fields: role.hidden_fields.clone(),
            read_only_fields: role.read_only_fields.clone(),
        });
    }
    resolved
}

/// All rights of a role, and the shortest way from it back to itself if there is one. Breadth first, so that depth costs no stack.
fn reach<'a>(start: &'a RoleDraft, roles: &BTreeMap<&'a str, &'a RoleDraft>) -> (BTreeSet<Right>, Option<Vec<&'a str>>) {
    let mut rights: BTreeSet<Right> = start.rights.iter().copied().collect();
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut circle = None;
    let mut waiting = VecDeque::from([start]);
    while let Some(role) = waiting.pop_front() {
        for included in role.includes.iter().map(Name::as_str) {
            if included == start.name.as_str() && circle.is_none() {
                circle = Some(way(&came_from, start.name.as_str(), role.name.as_str()));
            }
            if included == start.name.as_str() || came_from.contains_key(included) {
                continue;
            }
            came_from.insert(included, role.name.as_str());
            match roles.get(included) {
                Some(next) => {
                    rights.extend(&next.rights);
                    waiting.push_back(next);
                }
                None => rights.extend(built_in(included).unwrap_or_default()),
            }
        }
    }
    (rights, circle)
}

fn way<'a>(came_from: &BTreeMap<&'a str, &'a str>, start: &'a str, last: &'a str) -> Vec<&'a str> {
    let mut names = vec![start, last];
    let mut at = last;
    while at != start {
        at = came_from.get(at).copied().unwrap_or(start);
        names.push(at);
    }
    names.reverse();
    names
}
