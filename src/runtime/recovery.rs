//! From journal and store to what the daemon starts with. Pure but for what it is handed; the simulated world uses it as well.
//!
//! The journal is the truth: records behind the store are folded in, and each record's checksum of the resulting state is compared.

use super::history::{self, HistoryError};
use super::step::{decode_row, encode_row};
use crate::codec::{self, CodecError, StepBody};
use crate::domain::aggregate::{Event, Key, State};
use crate::domain::time::Timestamp;
use crate::domain::work_order::reaction::LoadChanged;
use crate::engine::commit::Committer;
use crate::engine::entity::{Entity, Request};
use crate::engine::pending::{Pending, Place};
use crate::engine::views::Views;
use crate::journal::{Position, Reader, Record};
use std::collections::HashMap;
use std::sync::Arc;

/// Why a record or row cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    #[error("record {sequence} cannot be read: {source}")]
    Record { sequence: u64, source: CodecError },
    #[error("a row of the store cannot be read: {0}")]
    Row(#[from] CodecError),
    #[error("record {sequence} of {key} has revision {found}, {expected} was expected: the journal does not fit together")]
    Revision { sequence: u64, key: Key, expected: u64, found: u64 },
    #[error(
        "record {sequence} of {key} leads to a state with checksum {found:08x}, the record says {expected:08x}: \
         this program folds the history differently from the one that wrote it; use that version, or report a defect"
    )]
    FoldsDifferently { sequence: u64, key: Key, expected: u32, found: u32 },
    #[error("record {sequence} has an event that does not fit {key}")]
    Misfit { sequence: u64, key: Key },
}

impl RecoveryError {
    /// Whether a row of the store that is lost, old or broken explains it.
    pub fn may_be_the_stores(&self) -> bool {
        match self {
            Self::Row(_) | Self::Revision { .. } | Self::Misfit { .. } => true,
            Self::Record { .. } | Self::FoldsDifferently { .. } => false,
        }
    }
}

/// Aggregates that the journal brought further than the store.
#[derive(Debug, Default)]
pub struct Overlay {
    pub entities: HashMap<Vec<u8>, Entity>,
    pub records: u64,
}

/// Loads the row of a key from the store.
pub type Stored<'a> = dyn FnMut(&[u8]) -> Result<Option<Vec<u8>>, CodecError> + 'a;

/// Decodes a record of the journal.
pub fn step_of(record: &Record<'_>) -> Result<(Key, StepBody), RecoveryError> {
    let at = |source| RecoveryError::Record { sequence: record.sequence(), source };
    let key = codec::key::decode(record.key()).map_err(at)?;
    let personal = record.personal().map(|value| value.bytes());
    Ok((key, codec::record::decode(record.body(), personal).map_err(at)?))
}

impl Overlay {
    /// Folds a record in. `stored` loads what the store has of a key.
    pub fn fold(&mut self, record: &Record<'_>, stored: &mut Stored<'_>) -> Result<StepBody, RecoveryError> {
        let (key, step) = step_of(record)?;
        let sequence = record.sequence();
        let mut entity = match self.entities.remove(record.key()) {
            Some(entity) => entity,
            None => match stored(record.key())? {
                Some(row) => decode_row(&row)?,
                None => Entity::default(),
            },
        };
        if record.sequence() > entity.sequence {
            if record.revision() != entity.revision + 1 {
                return Err(RecoveryError::Revision { sequence, key, expected: entity.revision + 1, found: record.revision() });
            }
            let state = entity.state.take().map(Arc::unwrap_or_clone);
            let at = Timestamp(record.time());
            let state = step.events.iter().fold(state, |state, event| State::evolve(state, event, at));
            let Some(state) = state.filter(|s| s.key() == key) else {
                return Err(RecoveryError::Misfit { sequence, key });
            };
            let found = codec::row::encode_state(&state)?.checksum;
            if found != step.checksum {
                return Err(RecoveryError::FoldsDifferently { sequence, key, expected: step.checksum, found });
            }
            if step.events.iter().any(Event::forgets_requests) {
                entity.forget_requests();
            }
            let asked = step.request.as_ref().and_then(|asked| Some((asked, asked.digest()?)));
            let request = asked.map(|(asked, digest)| Request { id: asked.id.clone(), digest });
            entity.take(Arc::new(state), record.revision(), sequence, record.position().0, request.as_ref());
            self.records += 1;
        }
        self.entities.insert(record.key().to_vec(), entity);
        Ok(step)
    }
}

/// Takes one aggregate into the views and the writer's checks.
pub fn load_entity(views: &Views, committer: &mut Committer, entity: &Entity) -> Option<Key> {
    let state = entity.state.as_ref()?;
    let key = state.key();
    views.load(state, entity.sequence);
    committer.load(&key, entity.revision, entity.position, &state.claims());
    Some(key)
}

/// What the journal brought further is loaded, and put on its way into the store, which is complete through `applied`.
///
/// # Errors
/// A state or row cannot be encoded.
pub fn put_overlay(
    overlay: Overlay,
    applied: Place,
    newest: Place,
    (views, committer): (&Views, &mut Committer),
    entities: &mut Vec<(Key, Entity)>,
) -> Result<Pending, RecoveryError> {
    let mut pending = Pending::starting_at(applied);
    if overlay.entities.is_empty() {
        return Ok(pending);
    }
    pending.announce(newest);
    for (bytes, entity) in overlay.entities {
        let Some(state) = entity.state.clone() else { continue };
        let encoded = codec::row::encode_state(&state)?;
        let row = encode_row(&entity, &encoded)?;
        let place = Place { sequence: entity.sequence, position: entity.position };
        if place.sequence != newest.sequence {
            pending.put(&bytes, row.into(), place);
        } else {
            pending.put(&bytes, row.into(), newest);
        }
        if let Some(key) = load_entity(views, committer, &entity)
            && state.is_resident()
        {
            entities.push((key, entity));
        }
    }
    Ok(pending)
}

/// Messages of one record: its sequence, its position, and what it tells service groups.
pub type Letters = (u64, u64, Vec<LoadChanged>);

/// Messages that groups may not have taken: of the records just read, and of older ones from where the store says.
///
/// # Errors
/// The journal cannot be read.
pub fn load_letters(reader: &Reader, read_from: u64, applied: Place, letters: Vec<Letters>, views: &Views) -> Result<(), HistoryError> {
    let mut all = Vec::new();
    if read_from > 0 && !mutant!("letters-not-sent-out-again") {
        let (told, _) = history::forwards(reader, Position(read_from), 0, usize::MAX)?;
        let older = told.into_iter().filter(|t| t.sequence <= applied.sequence && !t.step.messages.is_empty());
        all.extend(older.map(|t| (t.sequence, t.position, t.step.messages)));
    }
    all.extend(letters);
    for (sequence, position, messages) in all {
        views.load_messages(sequence, position, &messages);
    }
    Ok(())
}
