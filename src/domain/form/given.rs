//! What somebody gave for a field, before it is checked: as plain as JSON. Kept in memory alone, never on disk.

use serde::Serialize;

/// A raw value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Given {
    /// Nothing: what was there is taken away.
    Nothing,
    Flag(bool),
    /// A number as it was written, digit by digit.
    Number(Box<str>),
    Text(Box<str>),
    List(Vec<Given>),
    Map(Vec<(Box<str>, Given)>),
    /// An attachment whose content is known to be stored; only who has looked makes one.
    File(super::value::StoredFile),
}

/// Raw values of a form, by field name.
pub type GivenFields = Vec<(Box<str>, Given)>;

impl Given {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// What it is, in words.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Flag(_) => "true or false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "an object",
            Self::File(_) => "an attachment",
        }
    }

    /// Whether there is nothing in it: an empty text, list or object counts as nothing.
    pub fn is_nothing(&self) -> bool {
        match self {
            Self::Nothing => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(list) => list.is_empty(),
            Self::Map(map) => map.is_empty(),
            Self::Flag(_) | Self::Number(_) | Self::File(_) => false,
        }
    }
}
