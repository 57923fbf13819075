//! Evaluation templates and rules (EVA-1, EVA-3), and the check of answers against a template.

use super::condition::Condition;
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

/// An answer as given: field name and text.
pub type GivenAnswer = (Box<str>, Box<str>);

impl EvaluationTemplate {
    /// Checks what was given against the fields; every problem names its field.
    pub fn check(&self, given: &[GivenAnswer]) -> Result<Vec<Answer>, Rejection> {
        for (index, (name, _)) in given.iter().enumerate() {
            if !self.fields.iter().any(|f| f.name.as_str() == &**name) {
                let known: Vec<_> = self.fields.iter().map(|f| f.name.as_str()).collect();
                return Err(Rejection::answer(name, format!("the template {} has no such field; it has {}", self.name, known.join(", "))));
            }
            if given[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(Rejection::answer(name, "is given twice"));
            }
        }
        let mut answers = Vec::new();
        for field in &self.fields {
            let value = given.iter().find(|(name, _)| field.name.as_str() == &**name).map(|(_, v)| v.trim()).filter(|v| !v.is_empty());
            match value {
                None if field.required => return Err(Rejection::answer(field.name.as_str(), "is required")),
                None => {}
                Some(value) => answers.push(field.check(value)?),
            }
        }
        if answers.is_empty() {
            return Err(Rejection::answer("answers", "an evaluation needs at least one answer"));
        }
        Ok(answers)
    }
}

impl TemplateField {
    fn check(&self, value: &str) -> Result<Answer, Rejection> {
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
        }
    }
}
