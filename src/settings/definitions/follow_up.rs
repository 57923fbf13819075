//! `[[follow_up_rule]]` (FUP-2) and `[plug_ins]` (FUP-1).
//!
//! People and groups are in the directory, which is not in files: whether they are there shows when the rule is followed.

use super::book::{Book, Kind};
use super::{condition, evaluation};
use crate::domain::definition::{FollowUpBy, FollowUpRule, PlugIn, plug_in};
use crate::domain::ids::{Name, ServiceGroupId, StaffUserId};
use crate::settings::toml_reader::Table;

/// The table of plug-ins.
pub const PLUG_INS: &str = "plug_ins";

const BY: &str = "write person = \"ID\" for a staff user, or rotation = \"ID\" for the service group that takes turns";

/// Reads a rule; none if it has problems, which are reported.
pub fn read_rule(table: Table<'_>, book: &mut Book<'_>) -> Option<FollowUpRule> {
    let (name, table) = book.define(Kind::FollowUpRule, table);
    let precedence = evaluation::precedence(Kind::FollowUpRule, &table, book);
    let scope = condition::read(&table, book);
    let template = table
        .required("template", "name the [[evaluation_template]] that is asked")
        .and_then(|found| book.refer(Kind::EvaluationTemplate, found.value, &found.place));
    let by = by(&table);
    table.finish();
    Some(FollowUpRule { name: name?, precedence: precedence?, scope: scope?, template: template?, by: by? })
}

fn by(table: &Table<'_>) -> Option<FollowUpBy> {
    let person = person(table);
    let rotation = table.text("rotation").and_then(|found| {
        let wrong = |problem| table.sink().report(&found.place, format!("the name of a service group {problem}"));
        ServiceGroupId::new(found.value).map_err(wrong).ok()
    });
    match (table.has("person"), table.has("rotation")) {
        (true, true) => {
            table.sink().report_with(&table.place_of("rotation"), "person names somebody already", "leave one of the two out");
            None
        }
        (false, false) => {
            table.sink().report_with(&table.place, "nobody is named to follow up", BY);
            None
        }
        (true, false) => person.map(FollowUpBy::Person),
        (false, true) => rotation.map(FollowUpBy::Rotation),
    }
}

/// The staff user under the key `person`.
pub fn person(table: &Table<'_>) -> Option<StaffUserId> {
    let found = table.text("person")?;
    let wrong = |problem| table.sink().report(&found.place, format!("the name of a staff user {problem}"));
    StaffUserId::new(found.value).map_err(wrong).ok()
}

/// What a file says of plug-ins, beside what others have said.
pub fn read_plug_ins(root: &Table<'_>, said: &mut Vec<PlugIn>) {
    let Some(table) = root.table(PLUG_INS) else { return };
    for (key, name) in plug_in::PLUG_INS {
        let on = table.flag(key, false);
        let Some(name) = Name::new(name).ok().filter(|_| table.has(key)) else { continue };
        match said.iter().find(|earlier| earlier.name == name) {
            Some(_) => table.sink().report_with(&table.place_of(key), "another file says it as well", "say it once"),
            None => said.push(PlugIn { name, on }),
        }
    }
    table.finish();
}
