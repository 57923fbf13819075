//! A small stage for journal tests: items with made-up contents, opening, appending, and what was seen.
//! Invariant: `Seen` holds all that a caller can observe of a record, so two lists that are equal hide nothing.

use std::sync::Arc;

use workorderd::journal::{
    AppendError, Appended, Checkpoint, Entry, Journal, JournalError, OpenReport, Options, Personal, Position, Previous, Record,
};

use super::disk::SimDisk;

pub const ID: [u8; 16] = *b"installation-one";
pub const SALT: [u8; 16] = *b"0123456789abcdef";

pub fn options() -> Options {
    Options { segment_bytes: 8 << 10, installation: ID, epoch: 1 }
}

/// What is appended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Item {
    pub key: Vec<u8>,
    pub time: i64,
    pub body: Vec<u8>,
    pub personal: Vec<u8>,
}

impl Item {
    /// An item of a size as real ones have, sometimes larger, sometimes bare.
    pub fn random(rng: &mut fastrand::Rng) -> Item {
        let most = [0, 40, 300, 1500][rng.usize(..4)];
        let mut bytes = |most: usize| -> Vec<u8> {
            let n = rng.usize(..=most);
            std::iter::repeat_with(|| rng.u8(..)).take(n).collect()
        };
        Item { key: bytes(64), body: bytes(most), personal: bytes(most / 4), time: 1_700_000_000_000 }
    }

    pub fn of(body: &str, personal: &str) -> Item {
        Item { key: b"WO-1".to_vec(), time: 7, body: body.into(), personal: personal.into() }
    }

    pub fn entry(&self) -> Entry<'_> {
        Entry {
            key: &self.key,
            revision: self.body.len() as u64,
            previous: Previous::None,
            time: self.time,
            body: &self.body,
            personal: &self.personal,
            salt: SALT,
        }
    }
}

/// What came back. `personal` is `None` once erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub sequence: u64,
    pub position: Position,
    pub key: Vec<u8>,
    pub time: i64,
    pub revision: u64,
    pub body: Vec<u8>,
    pub personal: Option<Vec<u8>>,
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
            personal: match record.personal() {
                Personal::None => Some(Vec::new()),
                Personal::Kept(bytes) => Some(bytes.to_vec()),
                Personal::Erased => None,
            },
        }
    }

    pub fn item(&self) -> Item {
        Item { key: self.key.clone(), time: self.time, body: self.body.clone(), personal: self.personal.clone().unwrap_or_default() }
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
