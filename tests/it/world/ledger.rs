//! A small stage for journal tests: items with made-up contents, opening, appending, and what was seen.
//! Invariant: `Seen` holds all that a caller can observe of a record, so two lists that are equal hide nothing.

use std::sync::Arc;

use workorderd::journal::{
    AppendError, Appended, Checkpoint, Entry, Erase, Journal, JournalError, OpenReport, Options, Position, Previous, Record, Value,
};

use super::disk::SimDisk;

pub const ID: [u8; 16] = *b"installation-one";
pub const SEED: [u8; 16] = *b"0123456789abcdef";

pub fn options() -> Options {
    Options { segment_bytes: 8 << 10, installation: ID, epoch: 1 }
}

/// What is appended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub key: Vec<u8>,
    pub time: i64,
    pub body: Vec<u8>,
    pub personal: Vec<Value>,
}

impl Item {
    /// An item of a size as real ones have, sometimes larger, sometimes bare.
    pub fn random(rng: &mut fastrand::Rng) -> Item {
        let most = [0, 40, 300, 1500][rng.usize(..4)];
        let mut bytes = |most: usize| -> Vec<u8> {
            let n = rng.usize(..=most);
            std::iter::repeat_with(|| rng.u8(..)).take(n).collect()
        };
        let (key, body) = (bytes(64), bytes(most));
        let personal = (0..most % 7).map(|_| Some(bytes(most / 8).into())).collect();
        Item { key, body, personal, time: 1_700_000_000_000 }
    }

    pub fn of(body: &str, personal: &str) -> Item {
        let personal = Some(personal.as_bytes()).filter(|value| !value.is_empty()).map(|value| Some(value.into()));
        Item { key: b"WO-1".to_vec(), time: 7, body: body.into(), personal: personal.into_iter().collect() }
    }

    pub fn entry(&self) -> Entry<'_> {
        Entry {
            key: &self.key,
            revision: self.body.len() as u64,
            previous: Previous::None,
            time: self.time,
            body: &self.body,
            personal: &self.personal,
            seed: SEED,
        }
    }
}

/// Erases all personal values of a record.
pub fn all_of(position: Position) -> Erase {
    Erase { position, values: (0..100).collect() }
}

/// What came back; of `personal` what was erased is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub sequence: u64,
    pub position: Position,
    pub key: Vec<u8>,
    pub time: i64,
    pub revision: u64,
    pub body: Vec<u8>,
    pub personal: Vec<Value>,
}

impl Seen {
    pub fn of(record: &Record<'_>) -> Seen {
        Seen {
            sequence: record.sequence(),
            position: record.position(),
            key: record.key().to_vec(),
            time: record.time(),
            revision: record.revision(),
            body: record.body().to_vec(),
            personal: record.personal().map(|value| value.bytes().map(Into::into)).collect(),
        }
    }

    pub fn item(&self) -> Item {
        Item { key: self.key.clone(), time: self.time, body: self.body.clone(), personal: self.personal.clone() }
    }

    /// Whether there were personal values, and none is left.
    pub fn is_erased(&self) -> bool {
        !self.personal.is_empty() && self.personal.iter().all(Option::is_none)
    }
}

pub fn append(journal: &mut Journal, items: &[Item]) -> Result<Vec<Appended>, AppendError> {
    let entries: Vec<_> = items.iter().map(Item::entry).collect();
    journal.append(&entries)
}

pub fn open(disk: &SimDisk) -> Result<(Journal, OpenReport, Vec<Seen>), JournalError> {
    open_from(disk, None)
}

pub fn open_from(disk: &SimDisk, checkpoint: Option<Checkpoint>) -> Result<(Journal, OpenReport, Vec<Seen>), JournalError> {
    let mut seen = Vec::new();
    let (journal, report) = Journal::open(Arc::new(disk.clone()), options(), checkpoint, &mut |record| {
        seen.push(Seen::of(&record));
        Ok(())
    })?;
    Ok((journal, report, seen))
}

/// What is wrong with the journal on `disk`, which must be wrong.
pub fn refusal(disk: &SimDisk) -> JournalError {
    match open(disk) {
        Ok((_, report, seen)) => panic!("opened with {} records, {report:?}", seen.len()),
        Err(error) => error,
    }
}
