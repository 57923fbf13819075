//! Handlers as files name them: `role:dispatcher`, `user:anna`, `group:hydraulics`, `leader`, `engineer`, `owner`, `submitter`,
//! `field:NAME` (a field that refers to a staff user), and `superior-of:` or `department-head-of:` one of these.
//!
//! Roles are checked against all files. People and groups are in the directory, which is not in files.

use super::book::{Book, Kind};
use crate::domain::definition::{HandlerSpec, Person};
use crate::domain::form::{Field, Kind as Kinds, SingleField, Target};
use crate::domain::ids::{Name, ServiceGroupId, StaffUserId};
use crate::settings::toml_reader::{Located, Table};

const FORMS: &str = "write role:NAME, user:NAME, group:NAME, leader, engineer, owner, submitter or field:NAME, or superior-of: or department-head-of: one of these";

/// A list of handlers; none where it is missing or unreadable.
pub fn read_list(table: &Table<'_>, key: &'static str, book: &mut Book<'_>) -> Option<Vec<HandlerSpec>> {
    let found = table.texts(key)?;
    if found.value.is_empty() {
        table.sink().report_with(
            &found.place,
            "the list of handlers is empty",
            "leave the key out for the handlers that are usual for this kind of node",
        );
    }
    let mut handlers = Vec::new();
    for text in &found.value {
        let Some(handler) = read(text, book) else { continue };
        if handlers.contains(&handler) {
            table.sink().report(&text.place, format!("the handler {:?} stands there twice", text.value));
        }
        handlers.push(handler);
    }
    Some(handlers)
}

/// One handler; none if it is unreadable, which is reported.
pub fn read(text: &Located<&str>, book: &mut Book<'_>) -> Option<HandlerSpec> {
    match text.value.split_once(':') {
        Some(("superior-of", rest)) => person(rest, text, book).map(HandlerSpec::SuperiorOf),
        Some(("department-head-of", rest)) => person(rest, text, book).map(HandlerSpec::DepartmentHeadOf),
        Some(_) | None => person(text.value, text, book).map(|person| match person {
            Person::User(user) => HandlerSpec::User(user),
            Person::Role(role) => HandlerSpec::Role(role),
            Person::Members(group) => HandlerSpec::Members(group),
            Person::Leader => HandlerSpec::Leader,
            Person::Engineer => HandlerSpec::Engineer,
            Person::Owner => HandlerSpec::Owner,
            Person::Submitter => HandlerSpec::Submitter,
            Person::Field(field) => HandlerSpec::Field(field),
        }),
    }
}

/// Whom a handler is, or of whom superior or department head it is.
fn person(word: &str, text: &Located<&str>, book: &mut Book<'_>) -> Option<Person> {
    let bad = |problem: String| {
        book.sink.report_with(&text.place, format!("{:?} is not a handler: {problem}", text.value), FORMS);
        None
    };
    match word.split_once(':') {
        Some(("role", name)) => book.refer(Kind::Role, name, &text.place).map(Person::Role),
        Some(("user", name)) => StaffUserId::new(name).map(Person::User).map_or_else(|p| bad(format!("the name {p}")), Some),
        Some(("group", name)) => ServiceGroupId::new(name).map(Person::Members).map_or_else(|p| bad(format!("the name {p}")), Some),
        Some(("field", name)) => {
            let problem = match Name::new(name).map(|name| (book.field(&name), name)) {
                Ok((Some(Field::Single(SingleField { kind: Kinds::Reference(Target::StaffUser), .. })), name)) => {
                    book.asked.uses(&name, &text.place);
                    return Some(Person::Field(name));
                }
                Ok((None, name)) if book.may_be_unread(name.as_str()) => return Some(Person::Field(name)),
                Ok((Some(_), _)) => format!("the field {name} does not refer to a staff user"),
                Ok((None, _)) => format!("there is no field {name}"),
                Err(problem) => format!("the name {problem}"),
            };
            bad(problem)
        }
        Some((other, _)) => bad(format!("there is no form {other:?}")),
        None => match word {
            "leader" => Some(Person::Leader),
            "engineer" => Some(Person::Engineer),
            "owner" => Some(Person::Owner),
            "submitter" => Some(Person::Submitter),
            _ => bad("it is none of the words".to_owned()),
        },
    }
}
