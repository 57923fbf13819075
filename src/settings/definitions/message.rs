//! `[[message]]`: a mail's wording in one or more languages (EVA-6).
//!
//! No unknown `#Variable#` gets past here. Whether `#URL#` must be there depends on who uses the message: `book` says.

use super::book::{Book, Kind, MessageText};
use crate::domain::definition::message::{VARIABLES, unknown_variable};
use crate::domain::definition::{MessageTemplate, Wording};
use crate::domain::ids::Name;
use crate::domain::nearest;
use crate::domain::text::{LONG_TEXT_MAX, SUBJECT_MAX};
use crate::settings::toml_reader::{LIST_MAX, Table};
use std::collections::BTreeMap;

/// Longest HTML part, in characters as a person counts them.
const HTML_MAX: usize = 20_000;

/// Reads one; none if it has problems, which are reported.
pub fn read(table: Table<'_>, book: &mut Book<'_>) -> Option<MessageTemplate> {
    let (name, table) = book.define(Kind::Message, table);
    let count = table.count("wording");
    if count == 0 && !table.has("wording") {
        table.sink().report_with(&table.place, "the message says nothing", "add at least one table [[message.wording]]");
    }
    if count > LIST_MAX {
        table.sink().report(&table.place_of("wording"), format!("has {count} wordings, at most {LIST_MAX} are allowed"));
    }
    let mut wordings = Vec::new();
    let mut languages = BTreeMap::new();
    for wording in table.tables("wording", LIST_MAX) {
        let language = language(&wording);
        let place = wording.place_of("language");
        if let Some(language) = &language
            && let Some(first) = languages.insert(language.clone(), place.line)
        {
            let hint = format!("the first is in line {first}");
            table.sink().report_with(&place, format!("the message has two wordings for the language {language}"), hint);
        }
        let subject = required(&wording, "subject", |key| wording.line(key, SUBJECT_MAX));
        let text = required(&wording, "text", |key| wording.long(key, LONG_TEXT_MAX));
        let html = if wording.has("html") { wording.long("html", HTML_MAX).map(Some) } else { Some(None) };
        wording.known("html");
        for (key, words) in [("subject", subject.as_deref()), ("text", text.as_deref()), ("html", html.as_ref().and_then(|h| h.as_deref()))]
        {
            check_words(&wording, key, words, name.as_ref(), book);
        }
        wording.finish();
        wordings.push((|| Some(Wording { language: language?, subject: subject?, text: text?, html: html? }))());
    }
    table.finish();
    Some(MessageTemplate { name: name?, wordings: wordings.into_iter().collect::<Option<_>>()? })
}

fn required(wording: &Table<'_>, key: &'static str, read: impl Fn(&'static str) -> Option<Box<str>>) -> Option<Box<str>> {
    if !wording.has(key) {
        wording.known(key);
        wording.missing(key, "every wording needs language, subject and text");
        return None;
    }
    read(key)
}

fn language(wording: &Table<'_>) -> Option<Box<str>> {
    let found = wording.required("language", "a tag such as \"en\" or \"zh\"")?;
    let mut parts = found.value.split('-');
    let primary = parts.next().is_some_and(|p| (2..=3).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_lowercase()));
    let rest = parts.all(|p| (1..=8).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_alphanumeric()));
    if primary && rest && found.value.len() <= 35 {
        return Some(found.value.into());
    }
    wording.sink().report_with(&found.place, format!("{:?} is not a language tag", found.value), "write a tag such as en, zh or pt-BR");
    None
}

fn check_words(wording: &Table<'_>, key: &str, words: Option<&str>, message: Option<&Name>, book: &mut Book<'_>) {
    let Some(words) = words else { return };
    let is_field = |name: &str| book.may_be_unread(name) || Name::new(name).is_ok_and(|name| book.field(&name).is_some());
    if let Some(unknown) = unknown_variable(words, is_field) {
        let meant = nearest::nearest(&unknown, VARIABLES.into_iter().chain(book.fields().map(Name::as_str)))
            .map(|name| format!("did you mean #{name}#?"));
        let hint =
            meant.unwrap_or_else(|| format!("known are {}, and the fields of forms", VARIABLES.map(|name| format!("#{name}#")).join(", ")));
        wording.sink().report_with(&wording.place_of(key), format!("there is no variable #{unknown}#"), hint);
    }
    if let Some(message) = message.filter(|_| key != "subject") {
        book.message_texts.push(MessageText { message: message.clone(), place: wording.place_of(key), has_url: words.contains("#URL#") });
    }
}
