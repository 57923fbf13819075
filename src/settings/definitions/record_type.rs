//! `[[record_type]]`: a kind of Work Order, its number pattern and its process (REC-1, REC-2).

use super::book::{Book, Kind};
use super::service_ticket::Title;
use crate::domain::definition::{RecordType, TypeState};
use crate::domain::nearest;
use crate::domain::number::NumberPattern;
use crate::settings::toml_reader::Table;

/// Longest description, in characters as a person counts them (REC-2).
const DESCRIPTION_MAX: usize = 140;

/// Reads one, and where it is to stand if that is said; none if it has problems, which are reported.
pub fn read(table: Table<'_>, book: &mut Book<'_>) -> Option<(RecordType, Option<TypeState>)> {
    let (name, table) = book.define(Kind::RecordType, table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    // An empty description is the same as none.
    let blank = table.text("description").is_none_or(|d| d.value.trim().is_empty());
    let description = if blank { Some("".into()) } else { table.long("description", DESCRIPTION_MAX) };
    let number =
        table.required("number", "for example number = \"WO-{date}-{counter}\"").and_then(|found| match NumberPattern::new(found.value) {
            Ok(pattern) => {
                book.number(pattern.as_str(), &found.place);
                Some(pattern)
            }
            Err(problem) => {
                table.sink().report_with(&found.place, problem, "for example WO-{date}-{counter}");
                None
            }
        });
    let process =
        table.required("process", "name the [[process]] it runs").and_then(|found| book.refer(Kind::Process, found.value, &found.place));
    let form = table.text("form").map(|found| book.refer(Kind::Form, found.value, &found.place));
    if let Some(process) = &process {
        book.asked.runs(process);
        if table.has("form") {
            book.asked.form(process.clone(), form.as_ref().and_then(Option::as_ref));
        }
    }
    let skills = super::assignment::skills(&table);
    let service_ticket = table.flag("service_ticket", false);
    let state = state(&table);
    table.finish();
    if let (Some(name), Some(title)) = (&name, &title) {
        let at = if table.has("title") { table.place_of("title") } else { table.place_of("name") };
        let type_at = table.place_of("service_ticket");
        book.titles.push(Title { name: name.clone(), title: title.clone(), service_ticket, at, type_at });
    }
    let form = form.map_or(Some(None), |form| form.map(Some));
    let (name, title, description, number, process, form, skills) = (name?, title?, description?, number?, process?, form?, skills?);
    Some((RecordType { name, title, description, number, process, form, skills, service_ticket }, state?))
}

/// Where it is to stand; none if that is none of the states.
fn state(table: &Table<'_>) -> Option<Option<TypeState>> {
    if !table.has("state") {
        table.known("state");
        return Some(None);
    }
    let found = table.text("state")?;
    match TypeState::IN_FILES.iter().find(|(name, _)| *name == found.value) {
        Some((_, state)) => Some(Some(*state)),
        None => {
            let names = TypeState::IN_FILES.map(|(name, _)| name);
            let hint = match found.value {
                "deleted" => Some("retire it here, then: workorderctl definitions delete".to_owned()),
                other => nearest::hint(other, names),
            };
            table.sink().put(&found.place, format!("there is no state {:?}", found.value), hint);
            None
        }
    }
}
