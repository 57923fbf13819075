//! `[[assignment_rule]]`.

use super::condition;
use super::sheet::Sheet;
use crate::domain::definition::{AssignTo, AssignmentRule};

/// Writes a rule.
pub fn write(rule: &AssignmentRule, sheet: &mut Sheet) {
    let AssignmentRule { name, precedence, scope, to, skills } = rule;
    sheet.table("assignment_rule");
    sheet.text("name", name.as_str());
    sheet.raw("precedence", &precedence.to_string());
    condition::write(scope, sheet);
    let to = match to {
        AssignTo::Group(group) => format!("group:{group}"),
        AssignTo::User(user) => format!("user:{user}"),
    };
    sheet.text("to", &to);
    sheet.names("skills", skills.iter().map(|s| s.as_str()));
}
