//! Writing a journal anew from records that were read elsewhere: same places, same groups, same chain.
//! Invariant: what is written is what `append` and `erase` would have left; whatever is given, nothing is written past a segment.
//! Whether groups and chain hold is left to `verify_chain`, which is to be run on the result.

use std::sync::Arc;

use super::append::Head;
use super::error::IoFailure;
use super::part::Personal;
use super::position::{Position, SegmentName};
use super::record::{self, Checksum, Entry, Link, MAX_KEY, MAX_RECORD, Part, Previous, Record, genesis};
use super::segment::{MAX_SIZE, SEGMENT_HEADER, SegmentHeader};
use super::storage::{Storage, StorageFile, write_all, write_zeros};

/// Bytes that are collected before they are written.
const AT_ONCE: usize = 1 << 20;

/// A record as it was.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// See `Record::sequence`.
    pub sequence: u64,
    /// See `Record::group_first`.
    pub group_first: u64,
    /// See `Record::epoch`.
    pub epoch: u32,
    /// See `Record::time`.
    pub time: i64,
    /// See `Record::revision`.
    pub revision: u64,
    /// See `Record::previous`.
    pub previous: Position,
    /// See `Record::key`.
    pub key: &'a [u8],
    /// See `Record::body`.
    pub body: &'a [u8],
    /// See `Record::personal`.
    pub personal: &'a [Personal<'a>],
}

/// Why a record cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] IoFailure),
    /// It is not what can follow.
    #[error("{field}: {problem}")]
    Wrong {
        /// Which part of it.
        field: &'static str,
        /// What is wrong with it.
        problem: String,
    },
}

fn wrong(field: &'static str, problem: impl Into<String>) -> RebuildError {
    RebuildError::Wrong { field, problem: problem.into() }
}

/// A journal in the making.
pub struct Rebuild {
    storage: Arc<dyn Storage>,
    installation: [u8; 16],
    checksum: Checksum,
    segment: Option<(SegmentHeader, Box<dyn StorageFile>)>,
    head: Head,
    /// From `written` on.
    buffer: Vec<u8>,
    /// Offset in the segment up to which bytes are in the file.
    written: u32,
}

impl Rebuild {
    /// Begins in an empty folder.
    pub fn new(storage: Arc<dyn Storage>, installation: [u8; 16]) -> Self {
        let head = Head { sequence: 0, hash: genesis(&installation), end: Position::NONE, last: Position::NONE };
        let checksum = Checksum::of(&installation);
        Rebuild { storage, installation, checksum, segment: None, head, buffer: Vec::new(), written: 0 }
    }

    /// Begins the next segment.
    ///
    /// # Errors
    /// It is not the next one, or of an impossible size; `Io`.
    pub fn segment(&mut self, number: u32, bytes: u64) -> Result<(), RebuildError> {
        let expected = self.head.end.segment() + 1;
        if number != expected {
            return Err(wrong("number", format!("is {number}, segment {expected} comes next")));
        }
        if !(4096..=MAX_SIZE).contains(&bytes) || !bytes.is_multiple_of(8) {
            return Err(wrong("bytes", "must be 4096 to 2147483648, a multiple of 8"));
        }
        if self.segment.is_some() && self.head.last.segment() != self.head.end.segment() {
            return Err(wrong("number", format!("segment {} has no record", self.head.end.segment())));
        }
        self.close()?;
        let header = SegmentHeader { number, installation: self.installation, size: bytes as u32 };
        let name = SegmentName(number);
        let file = self.storage.create(&name.to_string()).map_err(IoFailure::of("create", name))?;
        self.segment = Some((header, file));
        self.buffer.extend_from_slice(&header.encode());
        self.written = 0;
        self.head.end = Position::new(number, SEGMENT_HEADER);
        Ok(())
    }

    /// Writes a record; gives it as it will be read.
    ///
    /// # Errors
    /// It cannot follow, or does not fit; `Io`.
    pub fn record(&mut self, given: &Given<'_>) -> Result<Record<'_>, RebuildError> {
        let Some((header, _)) = &self.segment else { return Err(wrong("sequence", "there is no segment yet")) };
        let size = header.size;
        let expected = self.head.sequence + 1;
        if given.sequence != expected {
            return Err(wrong("sequence", format!("is {}, {expected} comes next", given.sequence)));
        }
        if given.group_first == 0 || given.group_first > given.sequence {
            return Err(wrong("group", "must be 1 up to the sequence"));
        }
        if given.key.len() > MAX_KEY {
            return Err(wrong("key", format!("has {} bytes, at most {MAX_KEY} are allowed", given.key.len())));
        }
        if given.previous >= self.head.end {
            return Err(wrong("previous", "does not lie before the record"));
        }
        if given.personal.iter().map(|value| u64::from(value.length())).sum::<u64>() > MAX_RECORD as u64 {
            return Err(wrong("personal", "is too long"));
        }
        let (key, body, time, revision) = (given.key, given.body, given.time, given.revision);
        let entry = Entry { key, revision, previous: Previous::None, time, body, personal: &[], seed: [0; 16] };
        let part = Part::Given(given.personal);
        let length = record::length_of(&entry, &part);
        if length > MAX_RECORD || length > (size - self.head.end.offset()) as usize {
            return Err(wrong("sequence", format!("the record has {length} bytes and does not fit into what is left of its segment")));
        }
        if self.buffer.len() >= AT_ONCE {
            self.flush()?;
        }
        let link = Link {
            sequence: given.sequence,
            group_first: given.group_first,
            epoch: given.epoch,
            previous: given.previous,
            hash_before: self.head.hash,
        };
        let start = self.buffer.len();
        let hash = record::encode(&mut self.buffer, self.checksum, &entry, &part, &link);
        let position = self.head.end;
        self.head = Head { sequence: given.sequence, hash, end: Position(position.0 + length as u64), last: position };
        Ok(Record::known(position, &self.buffer[start..]))
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// `Io`, or there is no record.
    pub fn finish(mut self) -> Result<Head, RebuildError> {
        if self.head.last.segment() != self.head.end.segment() || self.head.sequence == 0 {
            return Err(wrong("end", "the last segment has no record"));
        }
        self.close()?;
        Ok(self.head)
    }

    fn flush(&mut self) -> Result<(), IoFailure> {
        if let Some((header, file)) = &self.segment {
            let name = SegmentName(header.number);
            write_all(file.as_ref(), &self.buffer, self.written.into()).map_err(IoFailure::of("write", name))?;
            self.written += self.buffer.len() as u32;
            self.buffer.clear();
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), IoFailure> {
        self.flush()?;
        if let Some((header, file)) = self.segment.take() {
            let name = SegmentName(header.number);
            write_zeros(file.as_ref(), self.written.into(), header.size.into(), false).map_err(IoFailure::of("write", name))?;
            file.sync_all().map_err(IoFailure::of("sync", name))?;
            self.storage.sync_dir().map_err(IoFailure::of("sync", "."))?;
        }
        Ok(())
    }
}
