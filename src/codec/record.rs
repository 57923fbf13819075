//! The two parts of a journal record: the body, and the personal values it refers to.

use super::envelope::{self, CodecError, Kind};
use crate::domain::aggregate::{Claim, Event};
use crate::domain::ids::RequestId;
use crate::domain::principal::Actor;
use crate::domain::text::split;
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
    /// The client's request id and a digest of its parameters.
    pub request: Option<(RequestId, u64)>,
    pub events: Vec<Event>,
    pub messages: Vec<LoadChanged>,
    pub claims: Vec<Claim>,
    /// CRC-32 of the resulting state without its personal values.
    pub checksum: u32,
}

/// The two parts as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordParts {
    pub body: Vec<u8>,
    /// Empty if the body refers to no personal value.
    pub personal: Vec<u8>,
}

/// Encodes a step.
pub fn encode(step: &StepBody) -> Result<RecordParts, CodecError> {
    let (body, values) = split::collect(|| envelope::sealed(Kind::Record, VERSION, 300, |out| envelope::encode_into(out, step)));
    let personal = if values.is_empty() { Vec::new() } else { envelope::encode(&values)? };
    Ok(RecordParts { body: body?, personal })
}

/// The personal values of a record, in the order in which its body refers to them; none stands for one that was erased.
///
/// # Errors
/// The bytes are no such values.
pub fn personal_values(bytes: &[u8]) -> Result<Vec<Option<Box<str>>>, CodecError> {
    if bytes.is_empty() { Ok(Vec::new()) } else { envelope::decode(bytes) }
}

/// Decodes a step. `personal` is none if that part was erased.
pub fn decode(body: &[u8], personal: Option<&[u8]>) -> Result<StepBody, CodecError> {
    let (_, body) = envelope::open(Kind::Record, VERSION, body)?;
    let values: Vec<split::Value> = match personal {
        Some(bytes) if !bytes.is_empty() => envelope::decode(bytes)?,
        Some(_) | None => Vec::new(),
    };
    split::refill(values, || envelope::decode(body))
}
