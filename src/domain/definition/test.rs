//! One test of a condition: what it looks at, and what is asked of it.

use crate::domain::currency::Currency;
use crate::domain::decimal::Decimal;
use crate::domain::form::date::{Date, show_time};
use crate::domain::form::{Cell, Value};
use crate::domain::ids::Name;
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::state::{Channel, Priority};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// Longest list of values of one test.
pub const VALUES_MAX: usize = 100;

/// One test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    pub subject: Subject,
    pub check: Check,
}

/// What a test looks at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    RecordType,
    Priority,
    Channel,
    Account,
    Contact,
    ServiceGroup,
    /// Of the account.
    Region,
    /// A field of the forms.
    Field(Name),
}

/// What is asked of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Check {
    OneOf(Vec<Constant>),
    NoneOf(Vec<Constant>),
    /// A text holds that text (letters of either case), a list of choices that choice.
    Contains(Box<str>),
    Less(Constant),
    AtMost(Constant),
    More(Constant),
    AtLeast(Constant),
    /// Both ends included.
    Between(Constant, Constant),
    Empty,
    NotEmpty,
}

/// A value that an admin wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Constant {
    Word(Box<str>),
    Number(Decimal),
    Money(Decimal, Currency),
    Date(Date),
    Time(Timestamp),
    Flag(bool),
    Stars(u8),
    Priority(Priority),
}

/// What a test sees.
enum Seen<'a> {
    Nothing,
    /// A value that belongs to no person, and may be told in a reason.
    Plain(Constant),
    /// A text that somebody typed.
    Typed(Cow<'a, str>),
    Words(Vec<&'a str>),
    /// Something that is there but cannot be compared: a table, an attachment, a location.
    Something,
}

impl Subject {
    /// What every Work Order has, with its name in definition files. No field of a form may be called so.
    pub const OWN: [(&'static str, Self); 7] = [
        ("record_type", Self::RecordType),
        ("priority", Self::Priority),
        ("channel", Self::Channel),
        ("account", Self::Account),
        ("contact", Self::Contact),
        ("service_group", Self::ServiceGroup),
        ("region", Self::Region),
    ];

    /// The values that make sense, where they are a closed list.
    pub fn closed_values(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Priority => Some(&Priority::NAMES),
            Self::Channel => Some(&Channel::NAMES),
            Self::RecordType | Self::Account | Self::Contact | Self::ServiceGroup | Self::Region | Self::Field(_) => None,
        }
    }

    /// Its name in definition files.
    pub fn name(&self) -> &str {
        match self {
            Self::Field(name) => name.as_str(),
            own => Self::OWN.iter().find(|(_, subject)| subject == own).map_or("?", |(name, _)| name),
        }
    }

    fn of<'a>(&self, order: &'a WorkOrder) -> Seen<'a> {
        let word = |text: Option<&str>| text.map_or(Seen::Nothing, |text| Seen::Plain(Constant::Word(text.into())));
        match self {
            Self::RecordType => word(Some(order.record_type.as_str())),
            Self::Priority => Seen::Plain(Constant::Priority(order.priority)),
            Self::Channel => word(Some(order.channel.name())),
            Self::Account => word(order.account.as_ref().map(|a| a.as_str())),
            Self::Contact => word(order.contact.as_ref().map(|c| c.as_str())),
            Self::ServiceGroup => word(order.group.as_ref().map(|g| g.as_str())),
            Self::Region => word(order.region.as_ref().map(|r| r.as_str())),
            Self::Field(name) => match order.fields.get(name) {
                None => Seen::Nothing,
                Some(Value::Table(_)) => Seen::Something,
                Some(Value::One(cell)) => seen(cell),
            },
        }
    }
}

fn seen(cell: &Cell) -> Seen<'_> {
    match cell {
        Cell::Text(text) => text.0.as_deref().map_or(Seen::Nothing, |text| Seen::Typed(text.into())),
        Cell::Number(number) => Seen::Plain(Constant::Number(*number)),
        Cell::Money { amount, currency } => Seen::Plain(Constant::Money(*amount, *currency)),
        Cell::Date(date) => Seen::Plain(Constant::Date(*date)),
        Cell::Time(time) => Seen::Plain(Constant::Time(*time)),
        Cell::Choice(name) => Seen::Plain(Constant::Word(name.as_str().into())),
        Cell::Choices(names) => Seen::Words(names.iter().map(Name::as_str).collect()),
        Cell::Flag(flag) => Seen::Plain(Constant::Flag(*flag)),
        Cell::Reference(reference) => Seen::Plain(Constant::Word(reference.id().into())),
        Cell::Stars { value, .. } => Seen::Plain(Constant::Stars(*value)),
        Cell::Location(_) | Cell::Files(_) => Seen::Something,
    }
}

impl Constant {
    /// Which is the larger; none where they are of different kinds, or cannot be ordered.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => Some(a.compare(*b)),
            (Self::Money(a, x), Self::Money(b, y)) => (x == y).then(|| a.compare(*b)),
            (Self::Date(a), Self::Date(b)) => Some(a.cmp(b)),
            (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (Self::Stars(a), Self::Stars(b)) => Some(a.cmp(b)),
            (Self::Priority(a), Self::Priority(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match self.compare(other) {
            Some(order) => order == Ordering::Equal,
            None => self == other,
        }
    }
}

impl Seen<'_> {
    fn is(&self, constant: &Constant) -> bool {
        match (self, constant) {
            (Self::Plain(value), constant) => value.equals(constant),
            (Self::Typed(text), Constant::Word(word)) => text.trim() == &**word,
            (Self::Nothing | Self::Typed(_) | Self::Words(_) | Self::Something, _) => false,
        }
    }

    fn compare(&self, constant: &Constant) -> Option<Ordering> {
        match self {
            Self::Plain(value) => value.compare(constant),
            Self::Nothing | Self::Typed(_) | Self::Words(_) | Self::Something => None,
        }
    }
}

impl Test {
    /// Whether it holds for this Work Order.
    pub fn holds(&self, order: &WorkOrder) -> bool {
        let seen = self.subject.of(order);
        let than = |constant: &Constant, wanted: fn(Ordering) -> bool| seen.compare(constant).is_some_and(wanted);
        match &self.check {
            Check::OneOf(values) => values.iter().any(|value| seen.is(value)),
            Check::NoneOf(values) => !values.iter().any(|value| seen.is(value)),
            Check::Contains(wanted) => match &seen {
                Seen::Words(words) => words.contains(&&**wanted),
                Seen::Typed(text) => text.to_lowercase().contains(&wanted.to_lowercase()),
                Seen::Nothing | Seen::Plain(_) | Seen::Something => false,
            },
            Check::Less(limit) => than(limit, Ordering::is_lt),
            Check::AtMost(limit) => than(limit, Ordering::is_le),
            Check::More(limit) => than(limit, Ordering::is_gt),
            Check::AtLeast(limit) => than(limit, Ordering::is_ge),
            Check::Between(low, high) => than(low, Ordering::is_ge) && than(high, Ordering::is_le),
            Check::Empty => matches!(seen, Seen::Nothing),
            Check::NotEmpty => !matches!(seen, Seen::Nothing),
        }
    }

    /// That it failed: what is there (unless somebody typed it), and what was asked.
    pub fn told_failed(&self, order: &WorkOrder) -> String {
        let name = self.subject.name();
        match self.subject.of(order) {
            Seen::Nothing if self.check != Check::NotEmpty => format!("{name} is empty, and must be {}", self.check),
            Seen::Plain(value) => format!("{name} is {value}, and must be {}", self.check),
            Seen::Words(words) if !words.is_empty() => format!("{name} is {}, and must be {}", quoted(&words.join(", ")), self.check),
            Seen::Nothing | Seen::Typed(_) | Seen::Words(_) | Seen::Something => format!("{name} must be {}", self.check),
        }
    }

    /// That it held although it must not.
    pub fn told_although(&self, _order: &WorkOrder) -> String {
        format!("{} must not be {}", self.subject.name(), self.check)
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.subject.name(), self.check)
    }
}

/// A text cut so that it does not fill a history.
pub fn quoted(text: &str) -> Cow<'_, str> {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", &text[..at]).into(),
        None => text.into(),
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[Constant]| {
            let shown = values.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(" or ");
            if values.len() > 5 { format!("{shown} or {} others", values.len() - 5) } else { shown }
        };
        match self {
            Self::OneOf(values) => f.write_str(&quoted(&list(values))),
            Self::NoneOf(values) => write!(f, "other than {}", quoted(&list(values))),
            Self::Contains(text) => write!(f, "something that contains {:?}", quoted(text)),
            Self::Less(limit) => write!(f, "less than {limit}"),
            Self::AtMost(limit) => write!(f, "at most {limit}"),
            Self::More(limit) => write!(f, "more than {limit}"),
            Self::AtLeast(limit) => write!(f, "at least {limit}"),
            Self::Between(low, high) => write!(f, "from {low} to {high}"),
            Self::Empty => f.write_str("empty"),
            Self::NotEmpty => f.write_str("filled in"),
        }
    }
}

impl fmt::Display for Constant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Number(number) => write!(f, "{number}"),
            Self::Money(amount, currency) => write!(f, "{amount} {currency}"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Time(time) => f.write_str(&show_time(*time)),
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::Stars(stars) => write!(f, "{stars} stars"),
            Self::Priority(priority) => f.write_str(priority.name()),
        }
    }
}
