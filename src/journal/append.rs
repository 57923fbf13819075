//! The writer: one group, one write, one fdatasync, then the head mark.
//! Invariant: what `append` returns is on disk; after the first write or fsync that fails nothing is written any more
//! and that fsync is not tried again (promise 7); a group lies in one segment, in one piece.
//! Grouping what waits, guards and revisions are left to the caller.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::erase::Patch;
use super::error::{AppendError, IoFailure};
use super::mark::{self, Mark, Marker};
use super::open::{Options, header};
use super::position::Position;
use super::prepare::{Preparation, Prepared};
use super::reader::Reader;
use super::record::{self, Checksum, Entry, Link, MAX_KEY, MAX_RECORD, Previous, length_of};
use super::segment::{SEGMENT_HEADER, hex};
use super::storage::{Storage, StorageFile, write_all};

/// Bytes the encoding buffer keeps between groups.
const BUFFER: usize = 4 << 20;

/// The journal, open for appending. One per folder.
pub struct Journal {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) options: Options,
    pub(super) checksum: Checksum,
    pub(super) file: Box<dyn StorageFile>,
    /// Size of the current segment, bytes.
    pub(super) size: u32,
    pub(super) next: Option<Prepared>,
    /// Whether the next segment was asked for already.
    pub(super) asked: bool,
    pub(super) head: Head,
    pub(super) marker: Marker,
    /// `head.end`, for readers.
    pub(super) durable_end: Arc<AtomicU64>,
    pub(super) buffer: Vec<u8>,
    /// Erasures that a crash interrupted, in segments that are away.
    pub(super) interrupted: Vec<Patch>,
    /// What failed, if something has: then nothing is written any more.
    pub(super) poisoned: Option<String>,
}

/// The end of the chain. Its `Display` is `sequence:hash`, for people and `verify --head`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Sequence of the last record; 0 if there is none.
    pub sequence: u64,
    /// Chain hash of the last record.
    pub hash: [u8; 32],
    /// Where the next record goes.
    pub end: Position,
    /// Where the last record lies.
    pub last: Position,
}

impl Head {
    /// The chain hash in hex.
    pub fn hex(&self) -> String {
        hex(&self.hash)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.sequence, self.hex())
    }
}

impl From<&Head> for Mark {
    fn from(head: &Head) -> Self {
        Mark { sequence: head.sequence, end: head.end, last: head.last, hash: head.hash }
    }
}

/// Where an entry went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its sequence.
    pub sequence: u64,
    /// Where it lies.
    pub position: Position,
}

impl Journal {
    /// Appends `entries` as one group and makes it durable. After a crash before the return, a prefix of the group
    /// may be there; each record is there whole or not at all. An empty group writes nothing.
    ///
    /// # Errors
    /// `KeyTooLong`, `RecordTooLarge`, `GroupTooLarge`, `PreviousNotEarlier`: nothing was written, the journal goes
    /// on. `Io`, `Full`: the group may or may not be on disk, the journal is poisoned. `Poisoned`: it was before.
    pub fn append(&mut self, entries: &[Entry<'_>]) -> Result<Vec<Appended>, AppendError> {
        self.refuse_if_poisoned()?;
        let bytes = self.measure(entries)?;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        if bytes > (self.size - self.head.end.offset()) as usize {
            let rolled = self.roll();
            self.poison_on_error(rolled)?;
        }
        let start = self.head.end;
        let (appended, head) = self.encode(entries);
        let written = self.write(start);
        self.poison_on_error(written)?;

        self.head = head;
        self.durable_end.store(head.end.0, Ordering::Release);
        // The group is durable and must be answered; the next one will be refused.
        if !mutant!("no-head-mark") {
            let marked = self.marker.write(&Mark::from(&head)).map_err(IoFailure::of("write", mark::FILE));
            self.poisoned = marked.err().map(|failure| failure.to_string());
        }
        self.buffer.clear();
        self.buffer.shrink_to(BUFFER);
        Ok(appended)
    }

    /// Refuses what cannot be written; returns the bytes of the group.
    fn measure(&self, entries: &[Entry<'_>]) -> Result<usize, AppendError> {
        let room = (self.options.segment_bytes - SEGMENT_HEADER) as usize;
        let limit = room.min(MAX_RECORD);
        let mut total = 0;
        for (index, entry) in entries.iter().enumerate() {
            let bytes = entry.key.len();
            if bytes > MAX_KEY {
                return Err(AppendError::KeyTooLong { index, bytes });
            }
            let bytes = length_of(entry, &entry.part());
            if bytes > limit {
                return Err(AppendError::RecordTooLarge { index, bytes, limit });
            }
            if let Previous::InGroup(previous) = entry.previous
                && previous >= index
            {
                return Err(AppendError::PreviousNotEarlier { index, previous });
            }
            total += bytes;
        }
        if total > room {
            let (bytes, limit) = (total, room);
            return Err(AppendError::GroupTooLarge { bytes, limit });
        }
        Ok(total)
    }

    fn encode(&mut self, entries: &[Entry<'_>]) -> (Vec<Appended>, Head) {
        let mut head = self.head;
        let mut appended: Vec<Appended> = Vec::with_capacity(entries.len());
        let group_first = head.sequence + 1;
        self.buffer.clear();
        for entry in entries {
            let link = Link {
                sequence: head.sequence + 1,
                group_first,
                epoch: self.options.epoch,
                previous: match entry.previous {
                    Previous::None => Position::NONE,
                    Previous::At(position) => position,
                    Previous::InGroup(index) => appended[index].position,
                },
                hash_before: head.hash,
            };
            head.hash = record::encode(&mut self.buffer, self.checksum, entry, &entry.part(), &link);
            head.sequence = link.sequence;
            head.last = head.end;
            head.end = Position(self.head.end.0 + self.buffer.len() as u64);
            appended.push(Appended { sequence: head.sequence, position: head.last });
        }
        (appended, head)
    }

    fn write(&self, start: Position) -> Result<(), IoFailure> {
        let file = self.file.as_ref();
        write_all(file, &self.buffer, start.offset().into()).map_err(IoFailure::of("write", start.file()))?;
        if mutant!("no-fdatasync") {
            return Ok(());
        }
        file.sync_data().map_err(IoFailure::of("sync", start.file()))
    }

    /// Goes on in the next segment, making it if nobody has.
    fn roll(&mut self) -> Result<(), AppendError> {
        let number = self.following().ok_or(AppendError::Full)?;
        let prepared = match self.next.take() {
            Some(prepared) => prepared,
            None => self.preparation(number, false).run()?,
        };
        self.file = prepared.file;
        self.size = prepared.header.size;
        self.asked = false;
        self.head.end = Position::new(number, SEGMENT_HEADER);
        Ok(())
    }

    fn following(&self) -> Option<u32> {
        self.head.end.segment().checked_add(1)
    }

    fn preparation(&self, number: u32, helper: bool) -> Preparation {
        Preparation { storage: self.storage.clone(), header: header(&self.options, number), helper }
    }

    /// The making of the next segment, once per segment and when more than half of the current one is used. Run it
    /// on another thread and hand the result to `adopt`; if that is late or never, `append` makes the segment itself.
    pub fn wants_next(&mut self) -> Option<Preparation> {
        if !self.is_next_wanted() {
            return None;
        }
        self.asked = true;
        self.following().map(|n| self.preparation(n, true))
    }

    /// Whether `wants_next` would ask for the next segment now.
    pub fn is_next_wanted(&self) -> bool {
        !self.asked && self.poisoned.is_none() && self.head.end.offset() > self.size / 2
    }

    /// The preparation that was asked for came to nothing: `wants_next` asks again.
    pub fn not_prepared(&mut self) {
        self.asked = self.next.is_some();
    }

    /// Takes over a prepared segment; one that comes too late is dropped without harm.
    pub fn adopt(&mut self, prepared: Prepared) {
        if self.next.is_none() && Some(prepared.header.number) == self.following() {
            self.next = Some(prepared);
        }
    }

    /// The end of the durable chain.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Whether a write or fsync has failed, so that only a restart helps.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned.is_some()
    }

    /// A reader of what is durable, for this or another thread.
    pub fn reader(&self) -> Reader {
        Reader::new(self.storage.clone(), self.options.installation, self.durable_end.clone())
    }

    pub(super) fn checksum(&self) -> Checksum {
        self.checksum
    }

    pub(super) fn storage(&self) -> Arc<dyn Storage> {
        self.storage.clone()
    }

    pub(super) fn refuse_if_poisoned(&self) -> Result<(), AppendError> {
        match &self.poisoned {
            Some(cause) => Err(AppendError::Poisoned { cause: cause.clone() }),
            None => Ok(()),
        }
    }

    pub(super) fn poison_on_error<T, E: Into<AppendError>>(&mut self, result: Result<T, E>) -> Result<T, AppendError> {
        result.map_err(|e| {
            let error = e.into();
            self.poisoned = (!mutant!("fsync-tried-again")).then(|| error.to_string());
            error
        })
    }
}
