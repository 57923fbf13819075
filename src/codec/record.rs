//! The two parts of a journal record: the body, and the personal values it refers to.

use super::envelope::{self, CodecError, Kind};
use crate::domain::aggregate::{Claim, Event};
use crate::domain::ids::RequestId;
use crate::domain::principal::Actor;
use crate::domain::text::{PersonalText, split};
use crate::domain::work_order::reaction::LoadChanged;
use serde::{Deserialize, Serialize};

/// Newest schema version of a record body.
pub const VERSION: u16 = 1;

/// Everything a step did. Version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepBody {
    pub actor: Actor,
    /// The name of the command, for the history.
    pub command: Box<str>,
    pub request: Option<Asked>,
    pub events: Vec<Event>,
    pub messages: Vec<LoadChanged>,
    pub claims: Vec<Claim>,
    /// CRC-32 of the resulting state without its personal values.
    pub checksum: u32,
}

/// The client's request, by which a repeat is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub id: RequestId,
    /// Digest of the parameters, in hexadecimal digits. Guesses at what somebody typed could be tried against it: so it can be erased
    /// with that, and a repeat is then no longer known.
    digest: PersonalText,
}

impl Asked {
    /// A request with the digest of its parameters.
    pub fn new(id: RequestId, digest: u64) -> Self {
        Self { id, digest: PersonalText(Some(format!("{digest:016x}").into())) }
    }

    /// The digest, if it was not erased.
    pub fn digest(&self) -> Option<u64> {
        u64::from_str_radix(self.digest.0.as_deref()?, 16).ok()
    }

    /// Nobody knows any more what was asked for.
    pub fn erase(&mut self) {
        self.digest.0 = None;
    }
}

/// The two parts as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordParts {
    pub body: Vec<u8>,
    /// Values in the order in which the body refers to them; none stands for one that was erased.
    pub personal: Vec<Option<Box<[u8]>>>,
}

impl RecordParts {
    /// Bytes that both take in a record, about.
    pub fn size(&self) -> usize {
        /// What stands before a value, and the least room that it takes.
        const SLOT: (usize, usize) = (20, 16);
        let personal = self.personal.iter().flatten().map(|value| value.len().max(SLOT.1));
        self.body.len() + personal.sum::<usize>() + SLOT.0 * self.personal.len()
    }
}

/// Encodes a step.
pub fn encode(step: &StepBody) -> Result<RecordParts, CodecError> {
    let (body, values) = split::collect(|| envelope::sealed(Kind::Record, VERSION, 300, |out| envelope::encode_into(out, step)));
    let personal = values.into_iter().map(|value| value.map(str::into_boxed_bytes)).collect();
    Ok(RecordParts { body: body?, personal })
}

/// Which of the personal values of a step are there, in the order of its record.
pub fn kept(step: &StepBody) -> Result<Vec<bool>, CodecError> {
    let (body, values) = split::collect(|| envelope::encode(step));
    body?;
    Ok(values.iter().map(Option::is_some).collect())
}

/// Decodes a step from its body and its personal values, none for one that was erased. What is missing counts as erased.
pub fn decode<'a>(body: &[u8], personal: impl IntoIterator<Item = Option<&'a [u8]>>) -> Result<StepBody, CodecError> {
    let (_, body) = envelope::open(Kind::Record, VERSION, body)?;
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).map(Into::into).map_err(|_| CodecError::NoText);
    let values = personal.into_iter().map(|value| value.map(text).transpose()).collect::<Result<Vec<split::Value>, _>>()?;
    split::refill(values, || envelope::decode(body))
}
