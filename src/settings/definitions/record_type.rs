//! `[[record_type]]`: a kind of Work Order, its number pattern and its process (REC-1, REC-2).

use super::book::{Book, Kind};
use crate::domain::definition::RecordType;
use crate::domain::number::NumberPattern;
use crate::settings::toml_reader::Table;

/// Longest description, in characters as a person counts them (REC-2).
const DESCRIPTION_MAX: usize = 140;

/// Reads one; none if it has problems, which are reported.
pub fn read(table: Table<'_>, book: &mut Book<'_>) -> Option<RecordType> {
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
    let skills = super::assignment::skills(&table);
    table.finish();
    let form = form.map_or(Some(None), |form| form.map(Some));
    Some(RecordType {
        name: name?,
        title: title?,
        description: description?,
        number: number?,
        process: process?,
        form: form?,
        skills: skills?,
    })
}
