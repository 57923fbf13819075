//! Everything that can go wrong with the journal, spelled out, with the file, the offset and what to do.
//! Invariant: `Damage` is never the result of a mere crash, so whoever sees it must not repair by himself.
//! Exit codes and wording for people are left to the daemon.

use std::io;

use thiserror::Error;

use super::position::{Position, SegmentName};

/// An error a visitor returns to stop a scan; it comes back as `JournalError::Visitor`.
pub type VisitError = Box<dyn std::error::Error + Send + Sync>;

/// A failed call to the disk.
#[derive(Debug, Error)]
#[error("cannot {action} journal/{file}: {source}")]
pub struct IoFailure {
    /// What was tried, as a verb.
    pub action: &'static str,
    /// File name within the journal folder (`.` is the folder).
    pub file: String,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl IoFailure {
    /// Whether the disk, or what this user may have of it, is full.
    pub fn is_for_want_of_room(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }

    pub(super) fn of(action: &'static str, file: impl ToString) -> impl FnOnce(io::Error) -> IoFailure {
        let file = file.to_string();
        move |source| IoFailure { action, file, source }
    }
}

/// What keeps some bytes from being a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Flaw {
    /// Length 0: nothing was written here.
    #[error("there is no record")]
    Empty,
    /// The length is impossible, does not match its parts, or runs past the end of the segment.
    #[error("the length of the record is wrong")]
    Length,
    /// The bytes do not start like a record of this version.
    #[error("the bytes do not start like a record")]
    Magic,
    /// The checksum over the record does not match.
    #[error("the checksum of the record does not match")]
    Checksum,
}

/// Why something is damage and not the torn end of an interrupted write.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Why {
    /// Not a record, although later groups, the head mark or the checkpoint say that it was durable.
    #[error("{flaw}, although {witness}")]
    Lost {
        /// What is wrong with the bytes.
        flaw: Flaw,
        /// Who says that a record must be there.
        witness: Witness,
    },
    /// Not a record, and none behind it in this segment (salvage only; at the tail it may be an interrupted write).
    #[error("{flaw}, and there is none behind it")]
    Unreadable {
        /// What is wrong with the bytes.
        flaw: Flaw,
    },
    /// A valid record with another sequence than the one that must follow.
    #[error("found sequence {found}")]
    Sequence {
        /// Sequence of the record found.
        found: u64,
    },
    /// The record does not carry the hash of the one before it.
    #[error("the hash of the record before does not match")]
    Chain,
    /// The head mark holds another hash for this sequence.
    #[error("the head mark holds another hash for this record")]
    Mark,
    /// The group numbers contradict each other.
    #[error("the group number {found} does not fit")]
    Group {
        /// `group_first` of the record found.
        found: u64,
    },
    /// The personal part is neither what was hashed nor erased.
    #[error("the personal part is neither what was written nor erased")]
    Personal,
    /// Bytes behind the last record of a segment that is followed by others.
    #[error("the rest of a finished segment is not empty")]
    Slack,
    /// A segment without a record has segments behind it.
    #[error("an empty segment is followed by others")]
    EmptyInside,
    /// A segment file is not there.
    #[error("the segment is missing")]
    Missing,
    /// A segment file is not there, and segments were moved to the archive.
    #[error("the segment is neither in the journal nor in journal-archive (is the archive's disk mounted?)")]
    Archived,
    /// The segment file has another length than its header says; sizes in bytes.
    #[error("the file has {found} bytes instead of {expected}")]
    FileLength {
        /// Bytes found.
        found: u64,
        /// Bytes according to the header.
        expected: u64,
    },
    /// The first 64 bytes of the segment are not a segment header, or that of another segment.
    #[error("the segment header is not valid")]
    Header,
    /// The record a checkpoint names is not there.
    #[error("the record at the checkpoint has another sequence: {found}")]
    Checkpoint {
        /// Sequence of the record found there.
        found: u64,
    },
    /// The disk does not give the bytes out (salvage only; a copy of the disk made with a tool for that may hold more).
    #[error("the disk does not give it out: {kind}")]
    Disk {
        /// What the system said.
        kind: io::ErrorKind,
    },
    /// `erase.intent` names a record that is not there.
    #[error("erase.intent names another record than the one here")]
    Intent,
}

/// Who says that a record must be there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Witness {
    /// A valid record of a later group.
    #[error("a later group has a valid record {sequence} at {position}")]
    Later {
        /// Sequence of that record.
        sequence: u64,
        /// Where it lies.
        position: Position,
    },
    /// The head mark or the checkpoint.
    #[error("records up to {sequence} were durable (head mark or checkpoint)")]
    Floor {
        /// The highest sequence known to have been durable.
        sequence: u64,
    },
}

/// The journal is not what was written. Nothing has been changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "damaged journal: {segment} at offset {offset}, where record {sequence} is expected: {why}; nothing was changed: \
     copy the folder, check the disk, then restore a back-up, or save what is whole with \"workorderd salvage\""
)]
pub struct Damage {
    /// Segment file.
    pub segment: SegmentName,
    /// Byte offset in it.
    pub offset: u32,
    /// Sequence of the record that is expected there.
    pub sequence: u64,
    /// What is wrong.
    pub why: Why,
}

/// Why a journal could not be opened or checked.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] IoFailure),
    /// The journal is not what was written.
    #[error(transparent)]
    Damage(#[from] Damage),
    /// The segment belongs to another installation.
    #[error("{segment} belongs to installation {found} and not to {expected}: put the right folder in place")]
    ForeignInstallation {
        /// Segment file.
        segment: SegmentName,
        /// Installation id in the segment header, in hex.
        found: String,
        /// Installation id that was asked for, in hex.
        expected: String,
    },
    /// The segment was written by another version of the format.
    #[error("{segment} has format version {found}, this program reads version 1: use the program that wrote it")]
    UnsupportedVersion {
        /// Segment file.
        segment: SegmentName,
        /// Its format version.
        found: u32,
    },
    /// `segment_bytes` is out of range.
    #[error("segment_bytes is {found}, allowed are 4096 to 2147483648 in steps of 8")]
    SegmentBytes {
        /// The value given.
        found: u32,
    },
    /// The visitor returned an error.
    #[error("record {sequence} at {position} was refused by its reader: {source}")]
    Visitor {
        /// Sequence of the record.
        sequence: u64,
        /// Where it lies.
        position: Position,
        /// What the visitor said.
        #[source]
        source: VisitError,
    },
}

/// Why an append or an erasure did not happen.
#[derive(Debug, Error)]
pub enum AppendError {
    /// An earlier write or fsync failed; only a restart helps.
    #[error("the journal failed before ({cause}) and takes no more writes: restart the daemon")]
    Poisoned {
        /// What failed then.
        cause: String,
    },
    /// The disk failed now. Whether the group is on disk is unknown; the journal is poisoned.
    #[error(transparent)]
    Io(#[from] IoFailure),
    /// A key is longer than `MAX_KEY` bytes; nothing was written.
    #[error("the key of entry {index} has {bytes} bytes, at most 64 are allowed")]
    KeyTooLong {
        /// Index of the entry in the group.
        index: usize,
        /// Bytes of the key.
        bytes: usize,
    },
    /// A record does not fit; nothing was written.
    #[error("entry {index} makes a record of {bytes} bytes, at most {limit} are allowed")]
    RecordTooLarge {
        /// Index of the entry in the group.
        index: usize,
        /// Bytes of the record.
        bytes: usize,
        /// Largest record, bytes.
        limit: usize,
    },
    /// The group does not fit into one segment; nothing was written. Append it in smaller groups.
    #[error("the group has {bytes} bytes, a segment holds {limit}: append smaller groups")]
    GroupTooLarge {
        /// Bytes of the group.
        bytes: usize,
        /// Largest group, bytes.
        limit: usize,
    },
    /// `Previous::InGroup` names an entry that does not come earlier; nothing was written.
    #[error("entry {index} names entry {previous} as its previous one, which does not come before it")]
    PreviousNotEarlier {
        /// Index of the entry in the group.
        index: usize,
        /// Index it names.
        previous: usize,
    },
    /// Segment numbers are used up.
    #[error("the journal has as many segments as it can number")]
    Full,
    /// The record to erase cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Why a record could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The position is at or behind the end of what is durable.
    #[error("{position} lies behind the durable end of the journal, {end}")]
    Beyond {
        /// What was asked for.
        position: Position,
        /// The durable end.
        end: Position,
    },
    /// No valid record starts there: a wrong position or damage; `verify` tells which.
    #[error("no valid record at {position}: {flaw}; run verify to see whether the journal is damaged")]
    NotARecord {
        /// What was asked for.
        position: Position,
        /// What is wrong there.
        flaw: Flaw,
    },
    /// A segment cannot be used.
    #[error(transparent)]
    Segment(Box<JournalError>),
    /// The disk failed.
    #[error(transparent)]
    Io(#[from] IoFailure),
}
