//! The readings of an erasure: through the whole journal and its archive, record by record. What they find is `engine::erasing`'s.

use super::recovery::{self, RecoveryError};
use crate::codec::{self, CodecError, StepBody};
use crate::domain::aggregate::Key;
use crate::domain::erasure::Of;
use crate::domain::principal::Actor;
use crate::engine::erasing::{Erasing, Taken};
use crate::journal::{self, Erase, Position, Reader, Record};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Records whose values are erased at a time.
const AT_ONCE: usize = 256;

/// Why the history cannot be read, or be erased in.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("the history cannot be read, or be erased in: {0}")]
    Journal(#[from] journal::ReadError),
    #[error(transparent)]
    Record(#[from] RecoveryError),
    #[error("record {sequence} cannot be encoded as it was read: {source}")]
    Encode { sequence: u64, source: CodecError },
    #[error("record {0} has other personal values than its body refers to; `workorderd verify` tells more")]
    Values(u64),
    #[error("the daemon stops")]
    Stopping,
}

impl ReadError {
    /// Whether a segment is not there: then it is in the archive, and that is away.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Journal(journal::ReadError::Io(error)) if error.source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// How a reading gets on.
#[derive(Debug, Default)]
pub struct Reading {
    /// The last record that was read.
    pub done: AtomicU64,
    /// It is to end.
    pub stop: AtomicBool,
}

fn each(
    reader: &Reader,
    from: Position,
    through: u64,
    reading: &Reading,
    mut see: impl FnMut(&Record<'_>, &Key, StepBody) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut records = reader.records(from)?;
    while let Some(record) = records.next()? {
        if record.sequence() > through {
            break;
        }
        let (key, step) = recovery::step_of(&record)?;
        see(&record, &key, step)?;
        reading.done.store(record.sequence(), Ordering::Relaxed);
        if reading.stop.load(Ordering::Relaxed) {
            return Err(ReadError::Stopping);
        }
    }
    Ok(())
}

/// Reads what has to do with them, on from where it was read before.
///
/// # Errors
/// See [`ReadError`].
pub fn read(reader: &Reader, erasing: &mut Erasing, through: u64, reading: &Reading) -> Result<(), ReadError> {
    let from = Position(erasing.place());
    each(reader, from, through, reading, |record, key, mut step| {
        erasing.take(key, record.sequence(), record.position().0, &mut step.events);
        Ok(())
    })
}

/// Takes what is theirs out of every step that was read, and gives what is to be erased for it to `erase`, some records at a time.
///
/// # Errors
/// See [`ReadError`], or what `erase` gives.
pub fn take(
    reader: &Reader,
    erasing: &Erasing,
    reading: &Reading,
    mut erase: impl FnMut(Vec<Erase>) -> Result<(), ReadError>,
) -> Result<Taken, ReadError> {
    let mut taken = Taken::default();
    let mut wanted: Vec<Erase> = Vec::new();
    each(reader, Position::NONE, erasing.through(), reading, |record, key, mut step| {
        let by = if let Actor::Staff { user, .. } = &step.actor { user.clone() } else { None };
        if erasing.clear(key, record.sequence(), by.as_ref(), &mut step.events, &mut taken) {
            step.request.iter_mut().for_each(codec::Asked::erase);
            let values = gone(record, &step)?;
            if !values.is_empty() {
                wanted.push(Erase { position: record.position(), values });
            }
        }
        if wanted.len() >= AT_ONCE { erase(std::mem::take(&mut wanted)) } else { Ok(()) }
    })?;
    erase(wanted)?;
    Ok(taken)
}

/// The places of values that the record has and the step has no more.
fn gone(record: &Record<'_>, step: &StepBody) -> Result<Vec<u32>, ReadError> {
    let sequence = record.sequence();
    let kept = codec::record::kept(step).map_err(|source| ReadError::Encode { sequence, source })?;
    let there: Vec<bool> = record.personal().map(|value| value.bytes().is_some()).collect();
    if there.len() != kept.len() {
        return Err(ReadError::Values(sequence));
    }
    Ok((0..).zip(there.iter().zip(&kept)).filter(|(_, (there, kept))| **there && !**kept).map(|(n, _)| n).collect())
}

/// Which of these attachments a Work Order names for which the name is nobody's of them.
///
/// # Errors
/// See [`ReadError`].
pub fn named_by_others(reader: &Reader, erasing: &Erasing, hashes: &BTreeSet<&str>) -> Result<BTreeSet<String>, ReadError> {
    let mut named = BTreeSet::new();
    let mut unneeded = Taken::default();
    if hashes.is_empty() {
        return Ok(named);
    }
    each(reader, Position::NONE, u64::MAX, &Reading::default(), |record, key, mut step| {
        erasing.clear(key, record.sequence(), None, &mut step.events, &mut unneeded);
        for event in &mut step.events {
            event.personal(&mut |of, name| {
                if let Of::File(hash) = of
                    && name.0.is_some()
                    && hashes.contains(hash)
                {
                    named.insert(hash.to_owned());
                }
            });
        }
        Ok(())
    })?;
    Ok(named)
}
