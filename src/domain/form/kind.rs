//! The kinds of fields, each with the rules that it can have (REC-3).

use super::date::Date;
use super::pattern::Pattern;
use crate::domain::currency::Currency;
use crate::domain::decimal::Decimal;
use crate::domain::ids::Name;
use crate::domain::label::Label;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Longest text of one line, in characters as a person counts them.
pub const TEXT_MAX: u32 = 1_000;
/// Longest text of several lines, in characters as a person counts them.
pub const LONG_TEXT_MAX: u32 = 20_000;
/// Most choices of one field.
pub const CHOICES_MAX: usize = 200;
/// Most attachments of one field.
pub const FILES_MAX: u16 = 50;

/// What a field that is no table holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// One line. Lengths are in characters as a person counts them.
    Text {
        min: u32,
        max: u32,
        pattern: Option<Pattern>,
    },
    LongText {
        min: u32,
        max: u32,
        pattern: Option<Pattern>,
    },
    Number {
        min: Option<Decimal>,
        max: Option<Decimal>,
        /// Most digits behind the point.
        decimals: Option<u8>,
    },
    Money {
        currency: Currency,
        min: Option<Decimal>,
        max: Option<Decimal>,
    },
    Date {
        min: Option<Date>,
        max: Option<Date>,
    },
    Time {
        min: Option<Timestamp>,
        max: Option<Timestamp>,
    },
    Choice {
        choices: Vec<Choice>,
    },
    Choices {
        choices: Vec<Choice>,
        min: u16,
        max: u16,
    },
    YesNo,
    Phone {
        pattern: Option<Pattern>,
    },
    Email {
        pattern: Option<Pattern>,
    },
    Address {
        min: u32,
        max: u32,
    },
    Location,
    Reference(Target),
    Attachment {
        min: u16,
        max: u16,
        /// Media types that are taken, such as `image/jpeg` or `image/*`; empty: all that the daemon takes.
        media_types: Vec<Box<str>>,
    },
    Signature,
    Stars {
        scale: u8,
    },
}

/// One of the things to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub name: Name,
    pub title: Label,
}

/// What a reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Target {
    Account,
    Contact,
    StaffUser,
    Terminal,
    Product,
}

impl Target {
    /// All of them with their names in files.
    pub const ALL: [(&'static str, Self); 5] = [
        ("account", Self::Account),
        ("contact", Self::Contact),
        ("terminal", Self::Terminal),
        ("product", Self::Product),
        ("staff-user", Self::StaffUser),
    ];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Contact => "contact",
            Self::StaffUser => "staff-user",
            Self::Terminal => "terminal",
            Self::Product => "product",
        }
    }
}

/// All names of kinds in files; `table` is the detail table.
pub const NAMES: [&str; 19] = [
    "text",
    "long-text",
    "number",
    "money",
    "date",
    "date-time",
    "choice",
    "choices",
    "yes-no",
    "phone",
    "e-mail",
    "address",
    "location",
    "reference",
    "attachment",
    "signature",
    "stars-5",
    "stars-10",
    "table",
];

impl Kind {
    /// The name in files and in the protocol.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::LongText { .. } => "long-text",
            Self::Number { .. } => "number",
            Self::Money { .. } => "money",
            Self::Date { .. } => "date",
            Self::Time { .. } => "date-time",
            Self::Choice { .. } => "choice",
            Self::Choices { .. } => "choices",
            Self::YesNo => "yes-no",
            Self::Phone { .. } => "phone",
            Self::Email { .. } => "e-mail",
            Self::Address { .. } => "address",
            Self::Location => "location",
            Self::Reference(_) => "reference",
            Self::Attachment { .. } => "attachment",
            Self::Signature => "signature",
            Self::Stars { scale: 10 } => "stars-10",
            Self::Stars { .. } => "stars-5",
        }
    }

    /// What makes two fields the same one: kind, currency, target. Rules and choices may differ from form to form.
    pub fn sort(&self) -> String {
        match self {
            Self::Money { currency, .. } => format!("money in {currency}"),
            Self::Reference(target) => format!("reference to {}", target.name()),
            other => other.name().to_owned(),
        }
    }

    /// The choices, where there are any.
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::Choice { choices } | Self::Choices { choices, .. } => choices,
            Self::Text { .. }
            | Self::LongText { .. }
            | Self::Number { .. }
            | Self::Money { .. }
            | Self::Date { .. }
            | Self::Time { .. }
            | Self::YesNo
            | Self::Phone { .. }
            | Self::Email { .. }
            | Self::Address { .. }
            | Self::Location
            | Self::Reference(_)
            | Self::Attachment { .. }
            | Self::Signature
            | Self::Stars { .. } => &[],
        }
    }
}
