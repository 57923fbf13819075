//! What is defined and what is referred to, over all files: names, references, precedences, number patterns, uses of messages.
//!
//! Noted also of things that have problems of their own, so that one problem neither hides nor makes another.

use super::asked::Asked;
use super::fields::Fields;
use super::role::RoleDraft;
use super::service_ticket::Title;
use crate::domain::definition::role::BUILT_IN;
use crate::domain::directory::sign_in;
use crate::domain::form::Field;
use crate::domain::ids::{Name, check_slug};
use crate::domain::nearest;
use crate::domain::work_order::mail::MessageChannel;
use crate::settings::problem::{Place, Sink};
use crate::settings::toml_reader::{Located, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Kinds of definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Form,
    RecordType,
    Process,
    EvaluationTemplate,
    EvaluationRule,
    Message,
    Role,
    AssignmentRule,
    Sop,
    SharingRule,
    FollowUpRule,
}

/// A text of a message that may hold a link.
#[derive(Debug)]
pub struct MessageText {
    pub message: Name,
    pub place: Place,
    pub has_url: bool,
}

/// Where a message is used, and whether it is sent with a link there.
#[derive(Debug)]
pub struct MessageUse {
    pub message: Box<str>,
    pub place: Place,
    pub with_link: bool,
}

/// Everything that can be judged only when all files are read.
pub struct Book<'a> {
    pub sink: &'a Sink,
    pub roles: Vec<RoleDraft>,
    pub message_texts: Vec<MessageText>,
    /// Of record types, in the order in which they were read.
    pub titles: Vec<Title>,
    /// What processes ask, and what they look at.
    pub asked: Asked,
    counts: BTreeMap<Kind, usize>,
    defined: BTreeMap<(Kind, Name), Place>,
    references: Vec<(Kind, Located<Box<str>>)>,
    message_uses: Vec<MessageUse>,
    /// Wordings that have nothing for a channel.
    pub silent: Vec<(Name, MessageChannel, Place)>,
    channel_uses: Vec<(Name, MessageChannel, Place)>,
    precedences: BTreeMap<(Kind, u32), Place>,
    numbers: Vec<Located<Box<str>>>,
    fields: Fields,
    /// Words of files that could not be read; none where all could.
    unreadable: Option<BTreeSet<&'a str>>,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 11] = [
        Self::Form,
        Self::RecordType,
        Self::Process,
        Self::EvaluationTemplate,
        Self::EvaluationRule,
        Self::Message,
        Self::Role,
        Self::AssignmentRule,
        Self::Sop,
        Self::SharingRule,
        Self::FollowUpRule,
    ];

    /// The name of its table.
    pub fn table(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::RecordType => "record_type",
            Self::Process => "process",
            Self::EvaluationTemplate => "evaluation_template",
            Self::EvaluationRule => "evaluation_rule",
            Self::Message => "message",
            Self::Role => "role",
            Self::AssignmentRule => "assignment_rule",
            Self::Sop => "sop",
            Self::SharingRule => "sharing_rule",
            Self::FollowUpRule => "follow_up_rule",
        }
    }

    /// What it is called.
    pub fn words(self) -> &'static str {
        match self {
            Self::Form => "form",
            Self::RecordType => "record type",
            Self::Process => "process",
            Self::EvaluationTemplate => "evaluation template",
            Self::EvaluationRule => "evaluation rule",
            Self::Message => "message",
            Self::Role => "role",
            Self::AssignmentRule => "assignment rule",
            Self::Sop => "SOP",
            Self::SharingRule => "sharing rule",
            Self::FollowUpRule => "follow-up rule",
        }
    }
}

impl<'a> Book<'a> {
    /// An empty book.
    pub fn new(sink: &'a Sink) -> Self {
        Self {
            sink,
            roles: Vec::new(),
            message_texts: Vec::new(),
            titles: Vec::new(),
            asked: Asked::default(),
            counts: BTreeMap::new(),
            defined: BTreeMap::new(),
            references: Vec::new(),
            message_uses: Vec::new(),
            silent: Vec::new(),
            channel_uses: Vec::new(),
            precedences: BTreeMap::new(),
            numbers: Vec::new(),
            fields: Fields::default(),
            unreadable: None,
        }
    }

    /// Whether there is room for one more of a kind; reported once when there is none.
    pub fn room(&mut self, kind: Kind, place: &Place) -> bool {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let max = super::PER_KIND_MAX;
        if *count == max + 1 {
            self.sink.report(place, format!("there are more than {max} definitions of the kind {}", kind.words()));
        }
        *count <= max
    }

    /// Reads and notes the name of a definition, and calls the table by it.
    pub fn define<'t>(&mut self, kind: Kind, table: Table<'t>) -> (Option<Name>, Table<'t>) {
        let Some(name) = name_of(&table) else { return (None, table) };
        let key = (kind, name.clone());
        let table = table.called(format!("{}.{name}", kind.table()));
        let place = table.place_of("name");
        match self.defined.get(&key) {
            None => {
                self.defined.insert(key, place);
            }
            Some(first) => {
                let problem = format!("the {} {name} is defined twice", kind.words());
                self.sink.report_with(&place, problem, format!("the first is at {}:{}", first.file, first.line));
            }
        }
        (Some(name), table)
    }

    /// Notes a reference to a definition; a text that cannot be a name is reported at once.
    pub fn refer(&mut self, kind: Kind, name: &str, place: &Place) -> Option<Name> {
        match Name::new(name) {
            Ok(checked) => {
                self.references.push((kind, Located { value: name.into(), place: place.clone() }));
                Some(checked)
            }
            Err(problem) => {
                self.sink.report(place, format!("the name of a {} {problem}", kind.words()));
                None
            }
        }
    }

    /// Notes that a message is sent from a place, with a link to answer or without one.
    pub fn use_message(&mut self, found: &Located<&str>, with_link: bool) -> Option<Name> {
        self.message_uses.push(MessageUse { message: found.value.into(), place: found.place.clone(), with_link });
        self.refer(Kind::Message, found.value, &found.place)
    }

    /// Notes over which channels a message is sent.
    pub fn channels_used(&mut self, message: &Name, channels: &[MessageChannel], place: &Place) {
        self.channel_uses.extend(channels.iter().map(|channel| (message.clone(), *channel, place.clone())));
    }

    /// Notes the precedence of a rule among those of its kind.
    pub fn precedence(&mut self, kind: Kind, value: u32, place: &Place) {
        if let Some(first) = self.precedences.get(&(kind, value)) {
            let hint = format!("the first is {} at {}:{}; the smallest number that matches wins", first.key, first.file, first.line);
            self.sink.report_with(place, format!("two rules have the precedence {value}"), hint);
        } else {
            self.precedences.insert((kind, value), place.clone());
        }
    }

    /// Notes the number pattern of a record type.
    pub fn number(&mut self, pattern: &str, place: &Place) {
        if let Some(first) = self.numbers.iter().find(|first| may_meet(&first.value, pattern)) {
            let problem = format!("the number pattern {pattern:?} gives the same numbers as {:?} of {}", first.value, first.place.key);
            self.sink.report_with(place, problem, "give each record type a text of its own before {counter}");
        }
        self.numbers.push(Located { value: pattern.into(), place: place.clone() });
    }

    /// Notes a field of a form; the same name elsewhere must be the same field.
    pub fn field_defined(&mut self, field: &Field, form: Option<&Name>, place: &Place) {
        if let Some(form) = form {
            self.asked.field(form, field.name());
        }
        self.fields.define(field, form, place, self.sink);
    }

    /// Notes a field that has problems of its own.
    pub fn field_unread(&mut self, name: &str) {
        self.fields.unread(name);
    }

    /// The field of that name, with all choices that it has in any form.
    pub fn field(&self, name: &Name) -> Option<Field> {
        self.fields.get(name)
    }

    /// Names of all fields of forms.
    pub fn fields(&self) -> impl Iterator<Item = &Name> {
        self.fields.names()
    }

    /// Whether a field of that name may stand where nothing could be read.
    pub fn may_be_unread(&self, name: &str) -> bool {
        self.fields.has_unread(name) || self.unreadable.as_ref().is_some_and(|words| words.contains(name))
    }

    /// Notes a file whose content is not known: names it may define are not reported as unknown.
    pub fn unreadable(&mut self, text: &'a str) {
        self.unreadable.get_or_insert_default().extend(text.split(|c: char| check_slug(c.encode_utf8(&mut [0; 4])).is_err()));
    }

    /// Whether the content of every file is known.
    pub fn all_readable(&self) -> bool {
        self.unreadable.is_none()
    }

    /// Whether a name leads somewhere, or may do so in a file that could not be read.
    pub fn knows(&self, kind: Kind, name: &str) -> bool {
        let defined = Name::new(name).is_ok_and(|name| self.defined.contains_key(&(kind, name)));
        defined || (kind == Kind::Role && BUILT_IN.contains(&name)) || self.unreadable.as_ref().is_some_and(|words| words.contains(name))
    }

    /// Reports what shows only now that all files are read.
    pub fn check(&self) {
        for (kind, found) in &self.references {
            if !self.sink.is_full(&found.place.file) && !self.knows(*kind, &found.value) {
                let defined = self.defined.keys().filter(|(k, _)| k == kind).map(|(_, name)| name.as_str());
                let built_in = BUILT_IN.into_iter().filter(|_| *kind == Kind::Role);
                let hint = nearest::hint(&found.value, defined.chain(built_in));
                let hint = hint.unwrap_or_else(|| format!("none is defined; add a table [[{}]]", kind.table()));
                self.sink.report_with(&found.place, format!("there is no {} {:?}", kind.words(), found.value), hint);
            }
        }
        if self.all_readable() {
            self.asked.check(self.sink, |field| self.fields.has_unread(field.as_str()));
        }
        for (message, channel, place) in &self.channel_uses {
            if let Some((_, _, wording)) = self.silent.iter().find(|(name, silent, _)| name == message && silent == channel) {
                let problem = format!(
                    "the wording of the message {message} at {}:{} has no words for {}",
                    wording.file,
                    wording.line,
                    channel.name()
                );
                let hint = format!("add a table [message.wording.{}] there, or take the channel out", channel.name());
                self.sink.report_with(place, problem, hint);
            }
        }
        // The portal sends it, and no process.
        let mut with_link: BTreeMap<&str, &str> = BTreeMap::from([(sign_in::MESSAGE, "the portal")]);
        let mut without_link = BTreeMap::new();
        for used in &self.message_uses {
            let map = if used.with_link { &mut with_link } else { &mut without_link };
            map.entry(&*used.message).or_insert(&*used.place.key);
        }
        for text in &self.message_texts {
            if let Some(by) = with_link.get(text.message.as_str()).filter(|_| !text.has_url) {
                self.sink.report_with(
                    &text.place,
                    format!("#URL# is missing, but {by} sends this message as an invitation"),
                    "put #URL# where the link is to stand",
                );
            }
            if let Some(by) = without_link.get(text.message.as_str()).filter(|_| text.has_url) {
                self.sink.report_with(
                    &text.place,
                    format!("holds #URL#, but {by} sends this message without a link"),
                    "use another message there",
                );
            }
        }
    }
}

/// The name of a table, where it is there and good; reported otherwise.
pub fn name_of(table: &Table<'_>) -> Option<Name> {
    let found = table.required("name", "every table needs one, for example name = \"repair\"")?;
    match Name::new(found.value) {
        Ok(name) => Some(name),
        Err(problem) => {
            table.sink().report(&found.place, format!("the name {problem}"));
            None
        }
    }
}

/// Whether two number patterns can give the same text before the counter on some day: `{date}` stands for any eight digits.
fn may_meet(a: &str, b: &str) -> bool {
    let shape = |pattern: &str| pattern.replacen("{date}", "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}", 1).chars().collect::<Vec<_>>();
    let (a, b) = (shape(a), shape(b));
    let meets = |(x, y): (&char, &char)| x == y || (*x == '\u{1}' && y.is_ascii_digit()) || (*y == '\u{1}' && x.is_ascii_digit());
    a.len() == b.len() && a.iter().zip(&b).all(meets)
}
