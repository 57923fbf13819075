//! `[[message]]`: a mail's wording in one or more languages (EVA-6), with words for short messages and for WeChat (NTF-2).
//!
//! No unknown `#Variable#` gets past here. Whether `#URL#` must be there depends on who uses the message: `book` says.

use super::book::{Book, Kind, MessageText};
use crate::domain::definition::message::{MiniProgramWording, Pair, SmsWording, WeChatWording};
use crate::domain::definition::message::{VARIABLES, unknown_variable};
use crate::domain::definition::{MessageTemplate, Wording};
use crate::domain::ids::Name;
use crate::domain::nearest;
use crate::domain::text::{self, LONG_TEXT_MAX, NAME_MAX, SUBJECT_MAX};
use crate::domain::work_order::mail::MessageChannel;
use crate::settings::problem::Place;
use crate::settings::toml_reader::{LIST_MAX, Table, reason};
use std::collections::BTreeMap;

/// Longest HTML part, in characters as a person counts them.
const HTML_MAX: usize = 20_000;
/// Longest short message, in characters: about ten segments.
const SMS_MAX: usize = 1_000;
/// Longest path of a page of a mini program, in characters.
const PAGE_MAX: usize = 400;
/// Most parameters of somebody else's template.
const PAIRS_MAX: usize = 30;

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
        let sms = match wording.table("sms") {
            Some(sms) => Words { table: sms, message: name.as_ref(), book }.sms().map(Some),
            None => (!wording.has("sms")).then_some(None),
        };
        let wechat = match wording.table("wechat") {
            Some(wechat) => Words { table: wechat, message: name.as_ref(), book }.wechat().map(Some),
            None => (!wording.has("wechat")).then_some(None),
        };
        if let Some(name) = name.as_ref().filter(|_| !wording.has("wechat")) {
            book.silent.push((name.clone(), MessageChannel::WeChat, wording.place.clone()));
        }
        for (key, words) in [("subject", subject.as_deref()), ("text", text.as_deref()), ("html", html.as_ref().and_then(|h| h.as_deref()))]
        {
            check_words(&wording, key, words, name.as_ref(), book);
        }
        wording.finish();
        wordings
            .push((|| Some(Wording { language: language?, subject: subject?, text: text?, html: html?, sms: sms?, wechat: wechat? }))());
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

/// A table of words for one channel.
struct Words<'t, 'b, 'a> {
    table: Table<'t>,
    message: Option<&'b Name>,
    book: &'b mut Book<'a>,
}

impl Words<'_, '_, '_> {
    fn sms(self) -> Option<SmsWording> {
        let has = |key| self.table.has(key);
        let text = if has("text") { self.table.long("text", SMS_MAX).map(Some) } else { Some(None) };
        self.table.known("text");
        if let Some(Some(text)) = &text {
            check_words(&self.table, "text", Some(text), self.message, self.book);
        }
        let template = if has("template") { self.table.line("template", NAME_MAX).map(Some) } else { Some(None) };
        self.table.known("template");
        let parameters = match (has("template"), has("parameters")) {
            (true, true) => pairs(&self.table, "parameters", self.book),
            (true, false) => Some(Vec::new()),
            (false, _) => {
                let hint = "add template = \"...\", the code that the gateway gave it, or leave it out";
                self.table.misplaced("parameters", "there is no template to put them in", hint);
                Some(Vec::new())
            }
        };
        self.table.known("parameters");
        if let (Some(message), Some(parameters), true) = (self.message, &parameters, has("template")) {
            // Without parameters the message is what the gateway has.
            let has_url = parameters.iter().any(|(_, words)| words.contains("#URL#"));
            self.book.message_texts.push(MessageText { message: message.clone(), place: self.table.place_of("parameters"), has_url });
        }
        if !has("text") && !has("template") {
            let hint = "add text, or the template of the gateway, or leave the table out";
            self.table.sink().report_with(&self.table.place, "the short message says nothing", hint);
        }
        self.table.finish();
        Some(SmsWording { text: text?, template: template?, parameters: parameters? })
    }

    fn wechat(self) -> Option<WeChatWording> {
        for key in ["template", "data"] {
            if !self.table.has(key) {
                self.table.missing(
                    key,
                    "for example template = \"ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY\", data = { thing1 = \"#Subject#\" }",
                );
            }
        }
        let template = self.table.line("template", NAME_MAX);
        let data = pairs(&self.table, "data", self.book);
        let mini_program = match self.table.table("mini_program") {
            None => (!self.table.has("mini_program")).then_some(None),
            Some(table) => {
                let template = table.required("template", "id of the template of the mini program").map(|_| ());
                let template = template.and_then(|()| table.line("template", NAME_MAX));
                let page = table.required("page", "the page that opens, with #URL#").map(|_| ());
                let page = page.and_then(|()| table.line("page", PAGE_MAX));
                check_words(&table, "page", page.as_deref(), self.message, self.book);
                table.finish();
                template.zip(page).map(|(template, page)| Some(MiniProgramWording { template, page }))
            }
        };
        self.table.finish();
        Some(WeChatWording { template: template?, data: data?, mini_program: mini_program? })
    }
}

fn pairs(table: &Table<'_>, key: &'static str, book: &mut Book<'_>) -> Option<Vec<Pair>> {
    let found = table.pairs(key, PAIRS_MAX)?;
    let mut pairs = Vec::new();
    for (name, words) in &found {
        let good_name = !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        if !good_name {
            table.sink().report_with(&words.place, format!("{name:?} is not the name of a parameter"), "up to 40 letters, digits and _");
            continue;
        }
        match text::line("text", words.value, SUBJECT_MAX) {
            Ok(text) => {
                known_variables(&words.place, table, &text, book);
                pairs.push(((*name).into(), text));
            }
            Err(refusal) => table.sink().report(&words.place, reason(&refusal)),
        }
    }
    (pairs.len() == found.len()).then_some(pairs)
}

fn check_words(wording: &Table<'_>, key: &str, words: Option<&str>, message: Option<&Name>, book: &mut Book<'_>) {
    let Some(words) = words else { return };
    known_variables(&wording.place_of(key), wording, words, book);
    if let Some(message) = message.filter(|_| key != "subject") {
        book.message_texts.push(MessageText { message: message.clone(), place: wording.place_of(key), has_url: words.contains("#URL#") });
    }
}

fn known_variables(place: &Place, wording: &Table<'_>, words: &str, book: &Book<'_>) {
    let is_field = |name: &str| book.may_be_unread(name) || Name::new(name).is_ok_and(|name| book.field(&name).is_some());
    if let Some(unknown) = unknown_variable(words, is_field) {
        let meant = nearest::nearest(&unknown, VARIABLES.into_iter().chain(book.fields().map(Name::as_str)))
            .map(|name| format!("did you mean #{name}#?"));
        let hint =
            meant.unwrap_or_else(|| format!("known are {}, and the fields of forms", VARIABLES.map(|name| format!("#{name}#")).join(", ")));
        wording.sink().report_with(place, format!("there is no variable #{unknown}#"), hint);
    }
}
