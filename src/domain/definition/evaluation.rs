//! Evaluation templates and rules (EVA-1, EVA-3), and the check of answers against a template.

use super::condition::Condition;
use crate::domain::form::value::StoredFile;
use crate::domain::ids::Name;
use crate::domain::label::Label;
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText};
use crate::domain::time::Span;
use crate::domain::work_order::mail::MessageChannel;
use serde::{Deserialize, Serialize};

/// What is asked: fields in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationTemplate {
    pub name: Name,
    pub title: Label,
    pub fields: Vec<TemplateField>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateField {
    pub name: Name,
    pub title: Label,
    pub required: bool,
    pub kind: FieldKind,
}

/// Kinds of questions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FieldKind {
    /// Stars from 1 to the scale, 5 or 10, stored as a number with its scale (reading 6).
    Rating {
        scale: u8,
    },
    Text,
    Choice {
        options: Vec<AnswerOption>,
    },
    YesNo,
    /// Up to so many photos.
    Photos {
        max: u8,
    },
}

/// One of several answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerOption {
    /// What is stored, and what counts are kept by.
    pub name: Box<str>,
    pub title: Label,
}

/// One answer as stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Rating { field: Name, value: u8, scale: u8 },
    Text { field: Name, text: PersonalText },
    Choice { field: Name, option: Box<str> },
    YesNo { field: Name, yes: bool },
    Photos { field: Name, files: Vec<StoredFile> },
}

impl Answer {
    /// The attachments in it.
    pub fn files(&self) -> &[StoredFile] {
        match self {
            Self::Photos { field: _, files } => files,
            Self::Rating { .. } | Self::Text { .. } | Self::Choice { .. } | Self::YesNo { .. } => &[],
        }
    }
}

/// Which Work Orders are evaluated with which template, how, and whether they must be (EVA-3).
/// Rules stand in the order of their precedence; the first that matches wins (reading 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationRule {
    pub name: Name,
    pub precedence: u32,
    pub scope: Condition,
    pub template: Name,
    pub mandatory: bool,
    /// Invitations go to these by message; none means QR code alone.
    pub recipients: Vec<Recipient>,
    /// Over these channels, the highest first (EVA-4); none where there are no recipients.
    pub channels: Vec<MessageChannel>,
    /// Ordered fall-back: one channel after the other, by outcome. Without it: all at once (reading 4).
    pub message_priority: bool,
    /// With message priority: for how long a channel is tried, and its receipt waited for, before the next one is.
    pub fall_back_after: Span,
    /// Whether the engineer can show a QR code, whatever becomes of messages.
    pub qr: bool,
    /// The message template, with words for each of the channels.
    pub message: Option<Name>,
}

/// Whom a rule invites by message (EVA-3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recipient {
    Contact,
    Submitter,
    /// A fixed e-mail address that the rule names.
    Address(Box<str>),
    /// A fixed phone number that the rule names.
    Number(Box<str>),
    /// Whom a field of a form names: an e-mail address, a phone number, a contact or one of the staff.
    Field(Name),
}

/// Most photos that one question takes.
pub const PHOTOS_MAX: u8 = 10;
/// Most bytes of a photo that answers a question.
pub const PHOTO_SIZE_MAX: u64 = 16 << 20;
/// What counts as a photo, as its content says.
pub const PHOTO_TYPES: [&str; 4] = ["image/jpeg", "image/png", "image/webp", "image/heif"];

/// An answer as given: the name of the field, and what is said to it. Several photos to one question are several answers.
pub type GivenAnswer = (Box<str>, Said);

/// What is said to a question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    Text(Box<str>),
    /// Its content has been brought, and its media type is what its content says.
    Photo(StoredFile),
}

impl<T: Into<Box<str>>> From<T> for Said {
    fn from(text: T) -> Self {
        Self::Text(text.into())
    }
}

impl EvaluationTemplate {
    /// Checks what was given against the fields; every problem names its field.
    pub fn check(&self, given: &[GivenAnswer]) -> Result<Vec<Answer>, Rejection> {
        for (name, _) in given {
            if !self.fields.iter().any(|f| f.name.as_str() == &**name) {
                let known: Vec<_> = self.fields.iter().map(|f| f.name.as_str()).collect();
                return Err(Rejection::answer(name, format!("the template {} has no such field; it has {}", self.name, known.join(", "))));
            }
        }
        let mut answers = Vec::new();
        for field in &self.fields {
            let said: Vec<&Said> = given.iter().filter(|(name, _)| field.name.as_str() == &**name).map(|(_, said)| said).collect();
            match field.check(&said)? {
                None if field.required => return Err(Rejection::answer(field.name.as_str(), "is required")),
                None => {}
                Some(answer) => answers.push(answer),
            }
        }
        if answers.is_empty() {
            return Err(Rejection::answer("answers", "an evaluation needs at least one answer"));
        }
        Ok(answers)
    }
}

impl TemplateField {
    /// What was said to this question; none: nothing.
    fn check(&self, said: &[&Said]) -> Result<Option<Answer>, Rejection> {
        let refuse = |problem: String| Err(Rejection::answer(self.name.as_str(), problem));
        if let FieldKind::Photos { max } = self.kind {
            return self.photos(said, max);
        }
        match said {
            [] => Ok(None),
            [Said::Text(text)] if text.trim().is_empty() => Ok(None),
            [Said::Text(text)] => self.check_text(text.trim()).map(Some),
            [Said::Photo(_), ..] => refuse("takes no photo".to_owned()),
            [_, _, ..] => refuse("is given twice".to_owned()),
        }
    }

    fn photos(&self, said: &[&Said], max: u8) -> Result<Option<Answer>, Rejection> {
        let name = self.name.as_str();
        let mut files: Vec<StoredFile> = Vec::new();
        for one in said {
            match one {
                Said::Text(text) if text.trim().is_empty() => {}
                Said::Text(_) => return Err(Rejection::answer(name, "takes photos, which are brought before (BringPhoto), and no text")),
                Said::Photo(file) if !PHOTO_TYPES.contains(&&*file.media_type) => {
                    let known = PHOTO_TYPES.map(|kind| kind.trim_start_matches("image/")).join(", ");
                    return Err(Rejection::answer(name, format!("is no photo that is taken here; {known} are")));
                }
                Said::Photo(file) if file.size > PHOTO_SIZE_MAX => {
                    return Err(Rejection::answer(name, format!("a photo has at most {} MiB", PHOTO_SIZE_MAX >> 20)));
                }
                // The same once more, as when a page is handed in again.
                Said::Photo(file) if files.iter().any(|known| known.hash == file.hash) => {}
                Said::Photo(file) => files.push(file.clone()),
            }
        }
        if files.len() > max.into() {
            return Err(Rejection::answer(name, format!("takes at most {max} photos, and there are {}", files.len())));
        }
        Ok((!files.is_empty()).then(|| Answer::Photos { field: self.name.clone(), files }))
    }

    fn check_text(&self, value: &str) -> Result<Answer, Rejection> {
        let name = self.name.as_str();
        match &self.kind {
            FieldKind::Rating { scale } => match value.parse::<u8>() {
                Ok(stars) if (1..=*scale).contains(&stars) => Ok(Answer::Rating { field: self.name.clone(), value: stars, scale: *scale }),
                _ => Err(Rejection::answer(name, format!("{value:?} is not a whole number from 1 to {scale}"))),
            },
            FieldKind::Text => {
                let text = text::long("comment", value, text::LONG_TEXT_MAX).map_err(|r| Rejection::answer(name, r.to_string()))?;
                Ok(Answer::Text { field: self.name.clone(), text: PersonalText(Some(text)) })
            }
            FieldKind::Choice { options } => match options.iter().find(|o| *o.name == *value) {
                Some(option) => Ok(Answer::Choice { field: self.name.clone(), option: option.name.clone() }),
                None => {
                    let known: Vec<_> = options.iter().map(|o| &*o.name).collect();
                    Err(Rejection::answer(name, format!("{value:?} is none of {}", known.join(", "))))
                }
            },
            FieldKind::YesNo => match value {
                "yes" => Ok(Answer::YesNo { field: self.name.clone(), yes: true }),
                "no" => Ok(Answer::YesNo { field: self.name.clone(), yes: false }),
                _ => Err(Rejection::answer(name, format!("{value:?} is neither yes nor no"))),
            },
            FieldKind::Photos { .. } => Err(Rejection::answer(name, "takes photos")),
        }
    }
}
