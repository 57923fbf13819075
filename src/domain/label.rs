//! What people read: a title or help text in one language or in several.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Most languages of one label.
pub const LANGUAGES_MAX: usize = 20;

/// Texts by language tag; the first one is used where there is none in the reader's language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Label(Vec<(Box<str>, Box<str>)>);

impl Label {
    /// Texts by language, the first one for everybody else.
    pub fn of(texts: Vec<(Box<str>, Box<str>)>) -> Self {
        Self(texts)
    }

    /// The text for a language tag: the same tag, else the same primary language, else the first.
    pub fn text(&self, language: &str) -> &str {
        let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
        let exact = self.0.iter().find(|(tag, _)| **tag == *language);
        let near = || self.0.iter().find(|(tag, _)| !tag.is_empty() && primary(tag) == primary(language));
        exact.or_else(near).or(self.0.first()).map_or("", |(_, text)| text)
    }

    /// All texts with their tags; the tag is empty where none was given.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(tag, text)| (&**tag, &**text))
    }
}

impl From<&str> for Label {
    fn from(text: &str) -> Self {
        Self(vec![("".into(), text.into())])
    }
}

impl From<String> for Label {
    fn from(text: String) -> Self {
        Self::from(&*text)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text(""))
    }
}
