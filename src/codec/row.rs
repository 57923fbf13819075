//! A stored row: the latest state of one aggregate with its revision, its place in the journal and its recent requests.

use super::envelope::{self, CodecError, Kind};
use crate::domain::aggregate::State;
use crate::domain::ids::RequestId;
use crate::domain::text::split;
use serde::{Deserialize, Serialize};

/// Newest schema version of a row.
pub const VERSION: u16 = 1;

/// A request that was accepted, with what is needed to give the same receipt again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedRequest {
    pub id: RequestId,
    /// Digest of the parameters.
    pub digest: u64,
    pub revision: u64,
    pub sequence: u64,
}

/// A state as bytes, its personal values apart, so that the checksum does not depend on them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateBytes {
    pub body: Vec<u8>,
    pub personal: Vec<u8>,
    pub checksum: u32,
}

/// What a row says beside the state. Version 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub revision: u64,
    /// Journal position of the aggregate's last record.
    pub position: u64,
    pub sequence: u64,
    pub recent: Vec<AcceptedRequest>,
}

/// Encodes a state; done once a step, for the checksum and for the row.
pub fn encode_state(state: &State) -> Result<StateBytes, CodecError> {
    let (body, values) = split::collect(|| envelope::encode(state));
    let body = body?;
    let personal = if values.is_empty() { Vec::new() } else { envelope::encode(&values)? };
    Ok(StateBytes { checksum: crc32fast::hash(&body), body, personal })
}

/// Encodes a row from its head and an encoded state.
pub fn encode(row: &Row, state: &StateBytes) -> Result<Vec<u8>, CodecError> {
    let room = 64 + 64 * row.recent.len() + state.body.len() + state.personal.len();
    envelope::sealed(Kind::Row, VERSION, room, |out| {
        let start = out.len();
        out.extend_from_slice(&[0; 4]);
        out.extend_from_slice(&(state.body.len() as u32).to_le_bytes());
        envelope::encode_into(out, row)?;
        let head = (out.len() - start - 8) as u32;
        out[start..start + 4].copy_from_slice(&head.to_le_bytes());
        out.extend_from_slice(&state.body);
        out.extend_from_slice(&state.personal);
        Ok(())
    })
}

/// Decodes a row.
pub fn decode(bytes: &[u8]) -> Result<(Row, State), CodecError> {
    let (_, body) = envelope::open(Kind::Row, VERSION, bytes)?;
    let cut_off = || CodecError::CutOff(body.len());
    let (lengths, rest) = body.split_first_chunk::<8>().ok_or_else(cut_off)?;
    let [a, b, c, d, e, f, g, h] = *lengths;
    let (head, rest) = rest.split_at_checked(u32::from_le_bytes([a, b, c, d]) as usize).ok_or_else(cut_off)?;
    let (state, personal) = rest.split_at_checked(u32::from_le_bytes([e, f, g, h]) as usize).ok_or_else(cut_off)?;
    let values: Vec<split::Value> = if personal.is_empty() { Vec::new() } else { envelope::decode(personal)? };
    Ok((envelope::decode(head)?, split::refill(values, || envelope::decode(state))?))
}
