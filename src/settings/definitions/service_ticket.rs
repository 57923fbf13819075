//! Record types of the kind "service ticket" (REC-2): few, with short names, no two alike among all live types.

use super::book::Book;
use crate::domain::ids::Name;
use crate::domain::label::Label;
use crate::domain::text;
use crate::settings::problem::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Longest title of a service ticket type, in characters as a person counts them.
const TITLE_MAX: usize = 12;
/// Most service ticket types where nothing else is said.
pub const DEFAULT_MAX: usize = 15;

/// The title of a record type, with where it stands.
#[derive(Debug)]
pub struct Title {
    pub name: Name,
    pub title: Label,
    pub service_ticket: bool,
    pub at: Place,
    pub type_at: Place,
}

/// Reports what shows only now that all record types are read. `there`: service ticket types that are live already; these are not
/// refused, even where the limit was lowered since.
pub fn check(book: &Book<'_>, most: usize, there: &BTreeSet<&Name>) {
    let tickets = || book.titles.iter().filter(|title| title.service_ticket);
    let (old, new): (Vec<_>, Vec<_>) = tickets().partition(|title| there.contains(&title.name));
    for title in new.iter().skip(most.saturating_sub(old.len())) {
        let problem = format!("there would be {} service ticket types, at most {most} are allowed", old.len() + new.len());
        let hint = "retire and delete one with workorderctl definitions, or raise definitions.service_ticket_types in the settings";
        book.sink.report_with(&title.type_at, problem, hint);
    }
    for title in tickets() {
        for (language, words) in title.title.all() {
            let count = text::characters(words);
            if count > TITLE_MAX {
                let place = if language.is_empty() { title.at.clone() } else { title.at.key(language) };
                let problem = format!("the title has {count} characters, a service ticket type has at most {TITLE_MAX}");
                book.sink.report_with(&place, problem, "shorten it, and say the rest in the description");
            }
        }
    }
    let mut seen: BTreeMap<String, &Title> = BTreeMap::new();
    for title in &book.titles {
        let words: BTreeSet<_> = title.title.all().map(|(_, words)| words.to_lowercase()).collect();
        for words in words {
            match seen.get(&words) {
                Some(first) if first.name != title.name && (first.service_ticket || title.service_ticket) => {
                    let problem =
                        format!("the record type {} has the title {words:?} too; that of a service ticket type is its own", first.name);
                    book.sink.report_with(&title.at, problem, format!("the other is at {}:{}", first.at.file, first.at.line));
                }
                // A service ticket type is kept in mind before others, so that whoever comes later is held against it.
                Some(first) if first.service_ticket || !title.service_ticket => {}
                Some(_) | None => {
                    seen.insert(words, title);
                }
            }
        }
    }
}
