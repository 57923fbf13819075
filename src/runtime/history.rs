//! Reads records back from the journal: the history of one aggregate, newest first, and everything after a sequence.

use super::recovery::{self, RecoveryError};
use crate::codec::StepBody;
use crate::domain::aggregate::Key;
use crate::domain::time::Timestamp;
use crate::journal::{Position, ReadError, Reader};

/// One step as it is told.
#[derive(Debug, Clone)]
pub struct Told {
    pub key: Key,
    pub sequence: u64,
    pub revision: u64,
    pub at: Timestamp,
    pub position: u64,
    pub step: StepBody,
}

/// Why the history cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("the journal cannot be read: {0}")]
    Read(#[from] ReadError),
    #[error(transparent)]
    Record(#[from] RecoveryError),
}

impl HistoryError {
    /// Whether a segment is not there: then it is in the archive, and that is away.
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Read(ReadError::Io(error)) if error.source.kind() == std::io::ErrorKind::NotFound)
    }
}

/// Steps of one aggregate.
#[derive(Debug)]
pub struct Past {
    /// Newest first.
    pub steps: Vec<Told>,
    /// What comes before these is in an archive that is away.
    pub away: Option<HistoryError>,
}

/// Steps of one aggregate from its last record back, at most `most`; `position` 0 means none.
pub fn backwards(reader: &Reader, position: u64, most: usize) -> Result<Past, HistoryError> {
    let mut reader = reader.clone();
    let mut told = Vec::new();
    let mut next = Position(position);
    while next != Position::NONE && told.len() < most {
        let record = match reader.read(next).map_err(HistoryError::from) {
            Err(error) if error.is_away() => return Ok(Past { steps: told, away: Some(error) }),
            read => read?,
        };
        let (key, step) = recovery::step_of(&record)?;
        told.push(Told {
            key,
            sequence: record.sequence(),
            revision: record.revision(),
            at: Timestamp(record.time()),
            position: next.0,
            step,
        });
        next = record.previous();
    }
    Ok(Past { steps: told, away: None })
}

/// Reads on from a place: up to `most` steps with a sequence above `after`, and the position to go on from.
pub fn forwards(reader: &Reader, from: Position, after: u64, most: usize) -> Result<(Vec<Told>, Position), HistoryError> {
    let mut records = reader.records(from)?;
    let mut told = Vec::new();
    let mut next = from;
    while told.len() < most
        && let Some(record) = records.next()?
    {
        next = record.end();
        if record.sequence() > after {
            let (key, step) = recovery::step_of(&record)?;
            told.push(Told {
                key,
                sequence: record.sequence(),
                revision: record.revision(),
                at: Timestamp(record.time()),
                position: record.position().0,
                step,
            });
        }
    }
    Ok((told, next))
}
