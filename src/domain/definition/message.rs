//! Message templates (EVA-6): wordings per language with `#Variables#`.
//!
//! Variables are checked when the template is saved; filling them in is the renderer's job.

use crate::domain::ids::Name;
use serde::{Deserialize, Serialize};

/// The variables a message may use.
pub const VARIABLES: [&str; 8] = ["WorkOrderNumber", "Subject", "URL", "RecipientName", "RecordType", "Engineer", "Reason", "Node"];

/// A message in one or more languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageTemplate {
    pub name: Name,
    /// The first wording is used where the recipient's language has none.
    pub wordings: Vec<Wording>,
}

/// One language's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// Language tag such as `en` or `zh`.
    pub language: Box<str>,
    pub subject: Box<str>,
    pub text: Box<str>,
    pub html: Option<Box<str>>,
    /// For short messages; none: the text.
    pub sms: Option<SmsWording>,
    /// Without it there is no WeChat message in this language.
    pub wechat: Option<WeChatWording>,
}

/// Words of a short message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmsWording {
    pub text: Option<Box<str>>,
    /// The code of a template that the gateway has approved, where it takes no free text.
    pub template: Option<Box<str>>,
    /// What is put into that template: its parameter, and the words for it.
    pub parameters: Vec<Pair>,
}

/// Words of a WeChat message: WeChat has the template, these are put into it. The link is behind the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeChatWording {
    /// Id of the template of the public account.
    pub template: Box<str>,
    pub data: Vec<Pair>,
    /// For those who came in through the mini program.
    pub mini_program: Option<MiniProgramWording>,
}

/// The message of a mini program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiniProgramWording {
    /// Id of the template of the mini program, with the same data.
    pub template: Box<str>,
    /// The page that opens, with `#URL#` in it.
    pub page: Box<str>,
}

/// A key of somebody else's template, and the words for it.
pub type Pair = (Box<str>, Box<str>);

impl MessageTemplate {
    /// The wording for a language tag: the same tag, else the same primary language, else the first.
    pub fn wording(&self, language: &str) -> Option<&Wording> {
        let primary = language.split(['-', '_']).next().unwrap_or(language);
        self.wordings
            .iter()
            .find(|w| &*w.language == language)
            .or_else(|| self.wordings.iter().find(|w| &*w.language == primary))
            .or_else(|| self.wordings.first())
    }
}

/// The first `#Name#` in a text that is neither a variable nor the name of a field, if any. A lone `#` is plain text.
pub fn unknown_variable(text: &str, is_field: impl Fn(&str) -> bool) -> Option<String> {
    pieces(text).find_map(|piece| match piece {
        Piece::Variable(name) if !VARIABLES.contains(&name) && !is_field(name) => Some(name.to_owned()),
        Piece::Variable(_) | Piece::Text(_) => None,
    })
}

/// Replaces each variable by what `value` gives for it; an unknown one stays as it stands.
pub fn fill(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    pieces(text)
        .map(|piece| match piece {
            Piece::Text(text) => text.to_owned(),
            Piece::Variable(name) => value(name).unwrap_or_else(|| format!("#{name}#")),
        })
        .collect()
}

enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(start) = rest.find('#') else {
            return Some(Piece::Text(std::mem::take(&mut rest)));
        };
        if start > 0 {
            let (before, after) = rest.split_at(start);
            rest = after;
            return Some(Piece::Text(before));
        }
        let name_end = rest[1..].find(|c: char| !(c.is_alphanumeric() || "-_.@".contains(c))).map(|i| i + 1);
        match name_end {
            Some(end) if end > 1 && rest[end..].starts_with('#') => {
                let name = &rest[1..end];
                rest = &rest[end + 1..];
                Some(Piece::Variable(name))
            }
            _ => {
                rest = &rest[1..];
                Some(Piece::Text("#"))
            }
        }
    })
}
