//! A pending step as bytes. Pure; the simulated world uses it as well.

use crate::codec::{self, Asked, CodecError, RecordParts, Row, StateBytes, StepBody};
use crate::engine::cell::PendingStep;
use crate::engine::entity::{Accepted, Entity, Receipt, Request};
use std::sync::Arc;

/// Longest record of a step, in bytes, however large the segments are.
pub const RECORD_MAX: usize = 1 << 20;

/// A step ready for the journal.
#[derive(Debug)]
pub struct EncodedStep {
    pub pending: Box<PendingStep>,
    pub key: Vec<u8>,
    pub parts: RecordParts,
    pub state: StateBytes,
}

/// Encodes a step and the state it leads to.
pub fn encode(pending: Box<PendingStep>) -> Result<EncodedStep, CodecError> {
    let state = codec::row::encode_state(&pending.after)?;
    let mut pending = pending;
    let body = StepBody {
        actor: pending.actor.clone(),
        command: pending.command.into(),
        request: pending.request.as_ref().map(|r| Asked::new(r.id.clone(), r.digest)),
        // The record takes them over; nobody else needs them.
        events: std::mem::take(&mut pending.events),
        messages: pending.messages.clone(),
        claims: pending.claims.clone(),
        checksum: state.checksum,
    };
    let parts = codec::record::encode(&body)?;
    Ok(EncodedStep { key: codec::key::encode(&pending.key), pending, parts, state })
}

/// The row of an entity, from its encoded state.
pub fn encode_row(entity: &Entity, state: &StateBytes) -> Result<Vec<u8>, CodecError> {
    let recent = entity.recent.iter().map(|a| codec::row::AcceptedRequest {
        id: a.request.id.clone(),
        digest: a.request.digest,
        revision: a.receipt.revision,
        sequence: a.receipt.sequence,
    });
    let row = Row { revision: entity.revision, position: entity.position, sequence: entity.sequence, recent: recent.collect() };
    codec::row::encode(&row, state)
}

/// The entity of a row.
pub fn decode_row(bytes: &[u8]) -> Result<Entity, CodecError> {
    let (row, state) = codec::row::decode(bytes)?;
    let recent = row.recent.into_iter().map(|r| Accepted {
        request: Request { id: r.id, digest: r.digest },
        receipt: Receipt { revision: r.revision, sequence: r.sequence },
    });
    Ok(Entity {
        state: Some(Arc::new(state)),
        revision: row.revision,
        position: row.position,
        sequence: row.sequence,
        recent: recent.collect(),
    })
}
