//! `[[evaluation_template]]` and `[[evaluation_rule]]` (EVA-1, EVA-3).
//!
//! Every rule that is taken can reach somebody: it has a QR code, or recipients and a message for them.

use super::book::{Book, Kind as Defined, name_of};
use super::condition;
use crate::domain::definition::evaluation::PHOTOS_MAX;
use crate::domain::definition::{AnswerOption, EvaluationRule, EvaluationTemplate, FieldKind, Recipient, TemplateField};
use crate::domain::form::Field;
use crate::domain::form::kind::{Kind, Target};
use crate::domain::ids::Name;
use crate::domain::nearest;
use crate::domain::text::{self, NAME_MAX};
use crate::domain::time::Span;
use crate::domain::work_order::mail::{FALL_BACK_AFTER, GIVE_UP_AFTER, MessageChannel};
use crate::settings::show_span;
use crate::settings::toml_reader::{Entry, LIST_MAX, Located, Table, reason};
use std::collections::BTreeMap;

/// Most recipients of one rule: each gets a mail and a link of its own.
const RECIPIENTS_MAX: usize = 20;

/// Shortest time after which the next channel is tried: a receipt takes a while.
const FALL_BACK_MIN: Span = Span::minutes(1);

/// Photos that a question takes where it does not say how many.
pub const PHOTOS: u8 = 3;

const KINDS: &str = "known are stars-5, stars-10, text, choice, yes-no, photos";
const OPTIONS: &str = "for example options = [\"yes\", { name = \"late\", title = { en = \"a little late\", zh = \"稍晚\" } }]";

/// Reads a template; none if it has problems, which are reported.
pub fn read_template(table: Table<'_>, book: &mut Book<'_>) -> Option<EvaluationTemplate> {
    let (name, table) = book.define(Defined::EvaluationTemplate, table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    let count = table.count("field");
    if count == 0 && !table.has("field") {
        table.sink().report_with(&table.place, "the template asks nothing", "add at least one table [[evaluation_template.field]]");
    }
    if count > LIST_MAX {
        table.sink().report(&table.place_of("field"), format!("has {count} fields, at most {LIST_MAX} are allowed"));
    }
    let mut fields = Vec::new();
    let mut names = BTreeMap::new();
    for field in table.tables("field", LIST_MAX) {
        let place = field.place_of("name");
        let field_name = name_of(&field);
        if let Some(name) = &field_name
            && let Some(first) = names.insert(name.clone(), place.line)
        {
            table.sink().report_with(
                &place,
                format!("two fields of the template are called {name}"),
                format!("the first is in line {first}"),
            );
        }
        let title = field.label("title", field_name.as_ref().map_or("", |n| n.as_str()));
        let required = field.flag("required", false);
        let kind = field_kind(&field);
        field.finish();
        fields.push((|| Some(TemplateField { name: field_name?, title: title?, required, kind: kind? }))());
    }
    table.finish();
    Some(EvaluationTemplate { name: name?, title: title?, fields: fields.into_iter().collect::<Option<_>>()? })
}

fn field_kind(field: &Table<'_>) -> Option<FieldKind> {
    let Some(found) = field.required("kind", KINDS) else {
        field.known("options");
        field.known("max");
        return None;
    };
    if found.value == "photos" {
        field.misplaced("options", "only fields of the kind choice have options", "leave it out, or set kind = \"choice\"");
        return photos(field).map(|max| FieldKind::Photos { max });
    }
    field.misplaced("max", "only fields of the kind photos have a max", "leave it out, or set kind = \"photos\"");
    if found.value == "choice" {
        return options(field).map(|options| FieldKind::Choice { options });
    }
    field.misplaced("options", "only fields of the kind choice have options", "leave it out, or set kind = \"choice\"");
    match found.value {
        "stars-5" => Some(FieldKind::Rating { scale: 5 }),
        "stars-10" => Some(FieldKind::Rating { scale: 10 }),
        "text" => Some(FieldKind::Text),
        "yes-no" => Some(FieldKind::YesNo),
        other => {
            match other.strip_prefix("stars-") {
                Some(scale) => {
                    field.sink().report_with(&found.place, format!("a scale of {scale} stars is not possible"), "stars-5 and stars-10 are")
                }
                None => field.sink().report_with(&found.place, format!("there is no field kind {other:?}"), KINDS),
            }
            None
        }
    }
}

fn photos(field: &Table<'_>) -> Option<u8> {
    let Some(found) = field.number("max") else { return (!field.has("max")).then_some(PHOTOS) };
    let max = u8::try_from(found.value).ok().filter(|max| (1..=PHOTOS_MAX).contains(max));
    if max.is_none() {
        field.sink().report_with(
            &found.place,
            format!("a question cannot take {} photos", found.value),
            format!("1 to {PHOTOS_MAX} are possible"),
        );
    }
    max
}

fn options(field: &Table<'_>) -> Option<Vec<AnswerOption>> {
    if !field.has("options") {
        field.known("options");
        field.missing("options", OPTIONS);
        return None;
    }
    let entries = field.entries("options", LIST_MAX)?;
    if entries.is_empty() {
        field.sink().report_with(&field.place_of("options"), "the list of options is empty", OPTIONS);
    }
    let mut options: Vec<AnswerOption> = Vec::new();
    for entry in entries {
        let (place, option) = match entry {
            Entry::Text(found) => match text::line("option", found.value, NAME_MAX) {
                Ok(name) => (found.place, Some(AnswerOption { title: (&*name).into(), name })),
                Err(refusal) => {
                    field.sink().report(&found.place, format!("an option {}", reason(&refusal)));
                    continue;
                }
            },
            Entry::Table(entry) => {
                let place = entry.place_of("name");
                if !entry.has("name") {
                    entry.missing("name", OPTIONS);
                }
                let name = entry.line("name", NAME_MAX);
                let title = entry.label("title", name.as_deref().unwrap_or_default());
                entry.finish();
                (place, name.zip(title).map(|(name, title)| AnswerOption { name, title }))
            }
        };
        match option {
            Some(option) if options.iter().any(|o| o.name == option.name) => {
                field.sink().report(&place, format!("the option {:?} stands there twice", option.name));
            }
            Some(option) => options.push(option),
            None => {}
        }
    }
    Some(options)
}

/// Reads a rule; none if it has problems, which are reported.
pub fn read_rule(table: Table<'_>, book: &mut Book<'_>) -> Option<EvaluationRule> {
    let (name, table) = book.define(Defined::EvaluationRule, table);
    let precedence = precedence(Defined::EvaluationRule, &table, book);
    let scope = condition::read(&table, book);
    let template = table
        .required("template", "name the [[evaluation_template]] that is asked")
        .and_then(|found| book.refer(Defined::EvaluationTemplate, found.value, &found.place));
    let mandatory = table.flag("mandatory", false);
    let qr = table.flag("qr", false);
    let recipients = recipients(&table, book);
    let channels = channels(&table);
    let message_priority = table.flag("message_priority", false);
    let fall_back_after = fall_back_after(&table, message_priority);
    let message = table.text("message").and_then(|m| book.use_message(&m, true));
    let invites = table.count("recipients") > 0;
    let unreadable = table.has("recipients") && recipients.is_none();
    if !(qr || invites || unreadable) {
        let hint = "add recipients = [\"contact\"] and a message, or qr = true";
        table.sink().report_with(&table.place, "the rule can reach nobody: it has neither recipients nor qr", hint);
    }
    if invites && !table.has("message") {
        table.sink().report_with(
            &table.place_of("recipients"),
            "there is no message to send to the recipients",
            "add message = \"...\", which names a [[message]]",
        );
    }
    if table.has("channels") && !(invites || unreadable) {
        let hint = "add recipients = [\"contact\"], say";
        table.sink().report_with(&table.place_of("channels"), "go to nobody: the rule has no recipients", hint);
    }
    if message_priority && channels.as_ref().is_some_and(|channels| channels.len() < 2) {
        let hint = "add channels = [\"sms\", \"e-mail\"], say, or leave it out";
        table.sink().report_with(&table.place_of("message_priority"), "there is one channel, and none to fall back to", hint);
    }
    if let (Some(message), Some(channels)) = (&message, &channels) {
        book.channels_used(message, channels, &table.place_of("channels"));
    }
    if table.has("message") && !(invites || unreadable) {
        table.sink().report_with(
            &table.place_of("message"),
            "is never sent: the rule has no recipients",
            "add recipients = [\"contact\"], say",
        );
    }
    table.finish();
    let recipients = if table.has("recipients") { recipients? } else { Vec::new() };
    let channels = if recipients.is_empty() { Vec::new() } else { channels? };
    Some(EvaluationRule {
        name: name?,
        precedence: precedence?,
        scope: scope?,
        template: template?,
        mandatory,
        recipients,
        channels,
        message_priority,
        fall_back_after: fall_back_after?,
        qr,
        message,
    })
}

/// Over which channels messages go, in order; e-mail where nothing is said. None: it cannot be read, which is reported.
fn channels(table: &Table<'_>) -> Option<Vec<MessageChannel>> {
    if !table.has("channels") {
        table.known("channels");
        return Some(vec![MessageChannel::Email]);
    }
    let found = table.texts("channels")?;
    let hint = format!("known are {}; a QR code is qr = true", MessageChannel::NAMES.join(", "));
    if found.value.is_empty() {
        table.sink().report_with(&found.place, "the list of channels is empty", &*hint);
        return None;
    }
    let mut channels = Vec::new();
    for text in &found.value {
        match MessageChannel::from_name(text.value) {
            Some(channel) if channels.contains(&channel) => {
                table.sink().report(&text.place, format!("the channel {:?} stands there twice", text.value));
            }
            Some(channel) => channels.push(channel),
            None => table.sink().report_with(&text.place, format!("there is no channel {:?}", text.value), &*hint),
        }
    }
    (channels.len() == found.value.len()).then_some(channels)
}

fn fall_back_after(table: &Table<'_>, message_priority: bool) -> Option<Span> {
    if !message_priority {
        table.misplaced(
            "fall_back_after",
            "there is no fall-back without message_priority",
            "leave it out, or add message_priority = true",
        );
        return Some(FALL_BACK_AFTER);
    }
    if !table.has("fall_back_after") {
        table.known("fall_back_after");
        return Some(FALL_BACK_AFTER);
    }
    let found = table.span("fall_back_after")?;
    if found.value < FALL_BACK_MIN || found.value > GIVE_UP_AFTER {
        let hint = format!("from {} to {}", show_span(FALL_BACK_MIN), show_span(GIVE_UP_AFTER));
        table.sink().report_with(&found.place, format!("{} is too short or too long", show_span(found.value)), hint);
        return None;
    }
    Some(found.value)
}

/// The precedence of a rule among those of its kind.
pub fn precedence(kind: Defined, table: &Table<'_>, book: &mut Book<'_>) -> Option<u32> {
    if !table.has("precedence") {
        table.missing("precedence", "a whole number from 1; the smallest that matches wins");
    }
    let found = table.number("precedence")?;
    match u32::try_from(found.value) {
        Ok(value) if value > 0 => {
            book.precedence(kind, value, &found.place);
            Some(value)
        }
        _ => {
            table.sink().report(&found.place, format!("{} is not between 1 and {}", found.value, u32::MAX));
            None
        }
    }
}

fn recipients(table: &Table<'_>, book: &mut Book<'_>) -> Option<Vec<Recipient>> {
    let found = table.texts("recipients")?;
    if found.value.len() > RECIPIENTS_MAX {
        table.sink().report(&found.place, format!("has {} recipients, at most {RECIPIENTS_MAX} are allowed", found.value.len()));
    }
    let mut recipients = Vec::new();
    for text in &found.value {
        let Some(recipient) = recipient(table, text, book) else { continue };
        if recipients.contains(&recipient) {
            table.sink().report(&text.place, format!("the recipient {:?} stands there twice", text.value));
        }
        recipients.push(recipient);
    }
    Some(recipients)
}

const RECIPIENTS: &str =
    "write contact, submitter, field:NAME, an e-mail address or a phone number with its country such as +86 138 0013 8000";

fn recipient(table: &Table<'_>, text: &Located<&str>, book: &Book<'_>) -> Option<Recipient> {
    match text.value {
        "contact" => return Some(Recipient::Contact),
        "submitter" => return Some(Recipient::Submitter),
        _ => {}
    }
    if let Some(name) = text.value.strip_prefix("field:") {
        return recipient_field(table, text, name, book);
    }
    let read = if text.value.starts_with('+') {
        text::international_phone("recipient", text.value).map(Recipient::Number)
    } else {
        text::email("recipient", text.value).map(Recipient::Address)
    };
    read.map_err(|refusal| table.sink().report_with(&text.place, reason(&refusal), RECIPIENTS)).ok()
}

/// A field that names somebody who can be reached.
fn recipient_field(table: &Table<'_>, text: &Located<&str>, name: &str, book: &Book<'_>) -> Option<Recipient> {
    let field = Name::new(name).ok()?;
    let reaches = match book.field(&field) {
        Some(Field::Single(single)) => {
            matches!(single.kind, Kind::Phone { .. } | Kind::Email { .. } | Kind::Reference(Target::Contact | Target::StaffUser))
        }
        Some(Field::Table(_)) => false,
        None if book.may_be_unread(name) => true,
        None => {
            let hint = nearest::hint(name, book.fields().map(Name::as_str)).unwrap_or_else(|| RECIPIENTS.to_owned());
            table.sink().report_with(&text.place, format!("there is no field {name:?}"), hint);
            return None;
        }
    };
    if !reaches {
        let hint = "name a field of the kind e-mail, phone, or reference to a contact or a staff-user";
        table.sink().report_with(&text.place, format!("the field {name} names nobody who can be reached"), hint);
        return None;
    }
    Some(Recipient::Field(field))
}
