//! What a test of a condition is about: which questions it allows, and which values it can have.

use crate::domain::definition::test::{Constant, Subject};
use crate::domain::directory::Directory;
use crate::domain::form::cell::Known;
use crate::domain::form::kind::Kind;
use crate::domain::form::{Cell, Field, Given, cell};
use crate::domain::ids::check_slug;
use crate::domain::nearest;
use crate::domain::work_order::state::Priority;

/// A field of every Work Order, or of a form.
pub enum Operand {
    Own(Subject),
    Field(Field),
}

type Refused = (String, Option<String>);

const WORD: &[&str] = &["in", "not_in", "equals", "empty"];
const TEXT: &[&str] = &["in", "not_in", "equals", "contains", "empty"];
const AMOUNT: &[&str] = &["in", "not_in", "equals", "less", "at_most", "more", "at_least", "between", "empty"];

impl Operand {
    fn questions(&self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Own(Subject::Priority) => ("a priority", &AMOUNT[..AMOUNT.len() - 1]),
            Self::Own(Subject::RecordType | Subject::Channel) => ("always filled in", &["in", "not_in", "equals"]),
            Self::Own(_) => ("a name", WORD),
            Self::Field(Field::Table(_)) => ("a table", &["empty"]),
            Self::Field(Field::Single(field)) => match &field.kind {
                Kind::Text { .. } | Kind::LongText { .. } | Kind::Phone { .. } | Kind::Email { .. } | Kind::Address { .. } => {
                    ("a text", TEXT)
                }
                Kind::Number { .. } => ("a number", AMOUNT),
                Kind::Money { .. } => ("an amount of money", AMOUNT),
                Kind::Date { .. } => ("a date", AMOUNT),
                Kind::Time { .. } => ("a point in time", AMOUNT),
                Kind::Stars { .. } => ("a rating", AMOUNT),
                Kind::Choice { .. } => ("a choice", WORD),
                Kind::Choices { .. } => ("a list of choices", &["contains", "empty"]),
                Kind::YesNo => ("yes or no", &["equals", "empty"]),
                Kind::Reference(_) => ("a reference", WORD),
                Kind::Location => ("a location", &["empty"]),
                Kind::Attachment { .. } | Kind::Signature => ("an attachment", &["empty"]),
            },
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Own(subject) => subject.name(),
            Self::Field(field) => field.name().as_str(),
        }
    }

    /// Whether it can be asked this; else the problem and a hint.
    pub fn allows(&self, key: &str) -> Result<(), (String, String)> {
        let (what, questions) = self.questions();
        if questions.contains(&key) {
            return Ok(());
        }
        Err((format!("{} is {what} and cannot be tested with {key}", self.name()), format!("possible are {}", questions.join(", "))))
    }

    /// A value that it can have; else the problem and a hint.
    pub fn constant(&self, given: &Given) -> Result<Constant, Refused> {
        match self {
            Self::Own(subject) => own(subject, given),
            Self::Field(Field::Single(field)) => of_kind(&field.kind, given),
            Self::Field(Field::Table(_)) => Err(("a table has no value to compare with".to_owned(), None)),
        }
    }
}

fn text(given: &Given) -> Result<&str, Refused> {
    match given {
        Given::Text(text) if !text.trim().is_empty() => Ok(text.trim()),
        Given::Text(_) => Err(("an empty text is never there".to_owned(), Some("write empty = true".to_owned()))),
        other => Err((format!("expected a text in quotes, found {}", other.words()), None)),
    }
}

fn own(subject: &Subject, given: &Given) -> Result<Constant, Refused> {
    let text = text(given)?;
    let name = subject.name();
    if let Some(closed) = subject.closed_values() {
        if !closed.contains(&text) {
            return Err((format!("{text:?} is not a {name}"), nearest::hint(text, closed.iter().copied())));
        }
    } else {
        let words = name.replace('_', " ");
        check_slug(text).map_err(|problem| (format!("the name of the {words} {problem}"), None))?;
    }
    Ok(match Priority::from_name(text).filter(|_| *subject == Subject::Priority) {
        Some(priority) => Constant::Priority(priority),
        None => Constant::Word(text.into()),
    })
}

fn of_kind(kind: &Kind, given: &Given) -> Result<Constant, Refused> {
    let free = match kind {
        Kind::Text { .. } | Kind::LongText { .. } | Kind::Phone { .. } | Kind::Email { .. } | Kind::Address { .. } => {
            return text(given).map(|text| Constant::Word(text.into()));
        }
        Kind::Reference(target) => {
            let text = text(given)?;
            check_slug(text).map_err(|problem| (format!("the name of the {} {problem}", target.name()), None))?;
            return Ok(Constant::Word(text.into()));
        }
        // The limits of the form are not those of the test: "more than the most" is allowed, it only never holds.
        Kind::Number { .. } => Kind::Number { min: None, max: None, decimals: None },
        Kind::Money { currency, .. } => Kind::Money { currency: *currency, min: None, max: None },
        Kind::Date { .. } => Kind::Date { min: None, max: None },
        Kind::Time { .. } => Kind::Time { min: None, max: None },
        Kind::Choices { choices, .. } => Kind::Choice { choices: choices.clone() },
        Kind::Choice { .. } | Kind::YesNo | Kind::Stars { .. } | Kind::Location | Kind::Attachment { .. } | Kind::Signature => kind.clone(),
    };
    match cell::check(&free, given, Known::all(&Directory::default())) {
        Ok(Cell::Number(number)) => Ok(Constant::Number(number)),
        Ok(Cell::Money { amount, currency }) => Ok(Constant::Money(amount, currency)),
        Ok(Cell::Date(date)) => Ok(Constant::Date(date)),
        Ok(Cell::Time(time)) => Ok(Constant::Time(time)),
        Ok(Cell::Choice(name)) => Ok(Constant::Word(name.as_str().into())),
        Ok(Cell::Flag(flag)) => Ok(Constant::Flag(flag)),
        Ok(Cell::Stars { value, .. }) => Ok(Constant::Stars(value)),
        Ok(Cell::Text(_) | Cell::Choices(_) | Cell::Location(_) | Cell::Reference(_) | Cell::Files(_)) => {
            Err(("cannot be compared".to_owned(), None))
        }
        Err(flaw) => Err((flaw.problem, None)),
    }
}
