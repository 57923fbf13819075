//! `[[follow_up_rule]]`, and what is said of plug-ins.

use super::condition;
use super::sheet::Sheet;
use crate::domain::definition::{FollowUpBy, FollowUpRule, PlugIn, plug_in};

/// Writes a rule.
pub fn write_rule(rule: &FollowUpRule, sheet: &mut Sheet) {
    let FollowUpRule { name, precedence, scope, template, by } = rule;
    sheet.table("follow_up_rule");
    sheet.text("name", name.as_str());
    sheet.raw("precedence", &precedence.to_string());
    condition::write(scope, sheet);
    sheet.text("template", template.as_str());
    match by {
        FollowUpBy::Person(person) => sheet.text("person", person.as_str()),
        FollowUpBy::Rotation(group) => sheet.text("rotation", group.as_str()),
    }
}

/// Writes one, as a key of the file itself, so that there may be several above the tables.
pub fn write_plug_in(plug_in: &PlugIn, sheet: &mut Sheet) {
    let PlugIn { name, on } = plug_in;
    let key = plug_in::PLUG_INS.iter().find(|(_, known)| *known == name.as_str()).map_or(name.as_str(), |(key, _)| key);
    sheet.raw(&format!("{}.{key}", super::super::follow_up::PLUG_INS), if *on { "true" } else { "false" });
}
