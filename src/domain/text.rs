//! Checked texts, and personal values that can be told apart from the rest.
//!
//! A `PersonalText` is stored in the second part of a journal record, so that it can be erased while the chain still holds (PER-9).

use super::rejection::Rejection;
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// Longest subject, in characters as a person counts them.
pub const SUBJECT_MAX: usize = 200;
/// Longest reason, note, description or comment, in characters as a person counts them.
pub const LONG_TEXT_MAX: usize = 4_000;
/// Longest name of a person or organisation, in characters as a person counts them.
pub const NAME_MAX: usize = 120;

/// A value that belongs to a person. `None` means that it was erased.
///
/// How it serialises depends on who serialises: plain, it is its text (where people may read it, an erased one says so, since a value
/// that never was there is told otherwise); inside [`split::collect`] it leaves no trace
/// in the output and its text goes to the collected values, from where [`split::refill`] puts it back.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct PersonalText(pub Option<Box<str>>);

impl PersonalText {
    /// A value that is there.
    pub fn new(text: &str) -> Self {
        Self(Some(text.into()))
    }

    /// The value, or `[erased]`.
    pub fn shown(&self) -> &str {
        self.0.as_deref().unwrap_or("[erased]")
    }
}

impl Serialize for PersonalText {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (split::keep(&self.0) && !mutant!("name-in-the-body"), serializer.is_human_readable(), &self.0) {
            (true, ..) => serializer.serialize_unit(),
            (false, true, None) => Told::Erased { erased: true }.serialize(serializer),
            (false, ..) => self.0.serialize(serializer),
        }
    }
}

/// A value in a text that people may read.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Told {
    Kept(Box<str>),
    Erased { erased: bool },
}

impl<'de> Deserialize<'de> for PersonalText {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match split::next() {
            Some(value) => <()>::deserialize(deserializer).map(|()| Self(value)),
            None if deserializer.is_human_readable() => Told::deserialize(deserializer).map(|told| match told {
                Told::Kept(text) => Self(Some(text)),
                Told::Erased { .. } => Self(None),
            }),
            None => Option::deserialize(deserializer).map(Self),
        }
    }
}

/// Telling personal values apart while something is serialised, so that no type can forget one of its fields.
pub mod split {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    /// A personal value, or none if it was erased.
    pub type Value = Option<Box<str>>;

    enum Mode {
        Plain,
        Collect(Vec<Value>),
        Refill(VecDeque<Value>),
    }

    thread_local! {
        static MODE: RefCell<Mode> = const { RefCell::new(Mode::Plain) };
    }

    /// Puts the mode back when it is dropped, also by a panic.
    struct Reset;

    impl Drop for Reset {
        fn drop(&mut self) {
            MODE.with_borrow_mut(|mode| *mode = Mode::Plain);
        }
    }

    /// Runs a serialisation; personal values are left out of it and given back beside it, in order.
    pub fn collect<R>(serialise: impl FnOnce() -> R) -> (R, Vec<Value>) {
        MODE.with_borrow_mut(|mode| *mode = Mode::Collect(Vec::new()));
        let reset = Reset;
        let result = serialise();
        let values = MODE.with_borrow_mut(|mode| match std::mem::replace(mode, Mode::Plain) {
            Mode::Collect(values) => values,
            Mode::Plain | Mode::Refill(_) => Vec::new(),
        });
        drop(reset);
        (result, values)
    }

    /// Runs a deserialisation; personal values are taken from `values` in order. What is missing counts as erased.
    pub fn refill<R>(values: Vec<Value>, deserialise: impl FnOnce() -> R) -> R {
        MODE.with_borrow_mut(|mode| *mode = Mode::Refill(values.into()));
        let reset = Reset;
        let result = deserialise();
        drop(reset);
        result
    }

    pub(super) fn keep(value: &Value) -> bool {
        MODE.with_borrow_mut(|mode| match mode {
            Mode::Collect(values) => {
                values.push(value.clone());
                true
            }
            Mode::Plain | Mode::Refill(_) => false,
        })
    }

    pub(super) fn next() -> Option<Value> {
        MODE.with_borrow_mut(|mode| match mode {
            Mode::Refill(values) => Some(values.pop_front().flatten()),
            Mode::Plain | Mode::Collect(_) => None,
        })
    }
}

/// How many characters a person counts in a text (grapheme clusters). A cluster counts once more for each further 64 bytes, so
/// that a pile of combining marks is no way around a limit.
pub fn characters(text: &str) -> usize {
    text.graphemes(true).map(|cluster| cluster.len().div_ceil(64)).sum()
}

/// One line of 1 to `max` characters, trimmed, without control characters.
pub fn line(field: &'static str, text: &str, max: usize) -> Result<Box<str>, Rejection> {
    let text = text.trim();
    if let Some(bad) = text.chars().find(|c| c.is_control()) {
        return Err(Rejection::invalid(field, format!("holds the control character {bad:?}; one line of text is expected")));
    }
    long(field, text, max)
}

/// Text of 1 to `max` characters (grapheme clusters), trimmed; line breaks and tabs are kept.
pub fn long(field: &'static str, text: &str, max: usize) -> Result<Box<str>, Rejection> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Rejection::invalid(field, "is empty"));
    }
    if let Some(bad) = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Rejection::invalid(field, format!("holds the control character {bad:?}")));
    }
    // A character has at least one byte.
    let count = if text.len() <= max { text.len() } else { characters(text) };
    if count > max {
        return Err(Rejection::invalid(field, format!("has {count} characters, at most {max} are allowed")));
    }
    Ok(text.into())
}

/// A language tag such as `en` or `pt-BR`, at most 16 bytes.
pub fn language(field: &'static str, text: &str) -> Result<Box<str>, Rejection> {
    let good = !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if good { Ok(text.into()) } else { Err(Rejection::invalid(field, format!("{text:?} is not a language tag such as en or zh"))) }
}

/// A phone number with its country (E.164): `+` and 7 to 15 digits, as which it is kept; blanks, dots, dashes and brackets between them go.
pub fn international_phone(field: &'static str, text: &str) -> Result<Box<str>, Rejection> {
    let bad = || Rejection::invalid(field, format!("{text:?} is no phone number with its country, such as +86 138 0013 8000"));
    let rest = text.trim().strip_prefix('+').ok_or_else(bad)?;
    if !rest.chars().all(|c| c.is_ascii_digit() || " -./()".contains(c)) {
        return Err(bad());
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    if !(7..=15).contains(&digits.len()) || digits.starts_with('0') {
        return Err(bad());
    }
    Ok(format!("+{digits}").into())
}

/// An e-mail address that a mail server would take: one `@`, no blanks, no line breaks, ASCII, at most 254 bytes.
pub fn email(field: &'static str, text: &str) -> Result<Box<str>, Rejection> {
    let text = text.trim();
    let bad = |problem: &str| Err(Rejection::invalid(field, format!("{text:?} is not an e-mail address: {problem}")));
    if text.is_empty() || text.len() > 254 {
        return bad("it must have 1 to 254 bytes");
    }
    if let Some(c) = text.chars().find(|c| !c.is_ascii_graphic() || "<>()[]\\,;:\"".contains(*c)) {
        return bad(&format!("the character {c:?} is not allowed"));
    }
    match text.split_once('@') {
        None => bad("there is no @"),
        Some((user, host)) if user.is_empty() || host.is_empty() || host.contains('@') => bad("it must be name@host"),
        Some((user, host)) if [user, host].iter().any(|p| p.starts_with('.') || p.ends_with('.') || p.contains("..")) => {
            bad("a dot stands at the wrong place")
        }
        Some(_) => Ok(text.into()),
    }
}
