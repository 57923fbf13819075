//! `[[assignment_rule]]`: to which group or person Work Orders go by themselves (ASG-7); and `skills`, wherever it stands.
//!
//! People and groups are in the directory, which is not in files: whether they are there shows when the rule is followed.

use super::book::{Book, Kind};
use super::{condition, evaluation};
use crate::domain::definition::{AssignTo, AssignmentRule};
use crate::domain::ids::{ServiceGroupId, Skill, StaffUserId};
use crate::settings::toml_reader::Table;

/// Reads a rule; none if it has problems, which are reported.
pub fn read_rule(table: Table<'_>, book: &mut Book<'_>) -> Option<AssignmentRule> {
    let (name, table) = book.define(Kind::AssignmentRule, table);
    let precedence = evaluation::precedence(Kind::AssignmentRule, &table, book);
    let scope = condition::read(&table, book);
    let to = to(&table);
    let skills = skills(&table);
    if table.has("skills") && matches!(to, Some(AssignTo::User(_))) {
        table.sink().report_with(&table.place_of("skills"), "is never used: the rule names the person", "leave it out, or name a group");
    }
    table.finish();
    Some(AssignmentRule { name: name?, precedence: precedence?, scope: scope?, to: to?, skills: skills? })
}

fn to(table: &Table<'_>) -> Option<AssignTo> {
    const FORMS: &str = "write group:NAME or user:NAME";
    let found = table.required("to", FORMS)?;
    let read = match found.value.split_once(':') {
        Some(("group", id)) => ServiceGroupId::new(id).map(AssignTo::Group).map_err(|problem| format!("the name {problem}")),
        Some(("user", id)) => StaffUserId::new(id).map(AssignTo::User).map_err(|problem| format!("the name {problem}")),
        Some(_) | None => Err(format!("{:?} is neither a group nor a person", found.value)),
    };
    read.map_err(|problem| table.sink().report_with(&found.place, problem, FORMS)).ok()
}

/// The key `skills`; without it none.
pub fn skills(table: &Table<'_>) -> Option<Vec<Skill>> {
    if !table.has("skills") {
        return Some(Vec::new());
    }
    let mut skills = Vec::new();
    for text in &table.texts("skills")?.value {
        match Skill::new(text.value) {
            Ok(skill) if skills.contains(&skill) => table.sink().report(&text.place, format!("the skill {skill} stands there twice")),
            Ok(skill) => skills.push(skill),
            Err(problem) => table.sink().report(&text.place, format!("the name of the skill {problem}")),
        }
    }
    Some(skills)
}
