//! The bytes of one record: a fixed header, key, body, personal part, zeros up to a multiple of 8.
//! Invariant: every bit is covered by length or checksum, and everything but the checksum and erased personal values by
//! the chain hash; so erasing changes no hash. The layout is frozen: see `HEADER` and the golden test.
//! Order, groups and places are left to `walk` and `append`, what is within the personal part to `part`.

use super::error::Flaw;
use super::part::{self, Personal, SALT, Slot, Slots, Value};
use super::position::Position;

/// Bytes of the fixed header. Numbers are little-endian.
///
/// | offset | field | offset | field |
/// | --- | --- | --- | --- |
/// | 0 | length u32, with padding | 32 | time i64 (ms) |
/// | 4 | checksum u32, from 8 on | 40 | revision u64 |
/// | 8 | `W`, 1 | 48 | previous position u64 |
/// | 10 | 0, key length | 56 | hash of the record before |
/// | 12 | epoch u32 | 88 | hash of the personal part |
/// | 16 | sequence u64 | 120 | personal length u32 |
/// | 24 | first of group u64 | 124 | body length u32 |
pub(super) const HEADER: usize = 128;
/// Longest key, bytes.
pub const MAX_KEY: usize = 255;
/// Longest record, bytes, header and padding included (a segment may allow less).
pub const MAX_RECORD: usize = 4 << 20;

/// What to append.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Which aggregate; at most `MAX_KEY` bytes.
    pub key: &'a [u8],
    /// The aggregate's revision after this record.
    pub revision: u64,
    /// The aggregate's previous record.
    pub previous: Previous,
    /// Milliseconds since the epoch of the clock that the caller reads.
    pub time: i64,
    /// What can never be erased.
    pub body: &'a [u8],
    /// What may be erased later, value by value; empty for none.
    pub personal: &'a [Value],
    /// Random bytes that the salts of the values follow from; unused if there are none.
    pub seed: [u8; SALT],
}

/// The values of a record that is to be encoded.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    New { seed: [u8; SALT], values: &'a [Value] },
    Given(&'a [Personal<'a>]),
}

impl<'a> Entry<'a> {
    pub(super) fn part(&self) -> Part<'a> {
        Part::New { seed: self.seed, values: self.personal }
    }
}

impl Part<'_> {
    fn length(&self) -> usize {
        match self {
            Self::New { values, .. } => part::length(values),
            Self::Given(values) => part::length_of(values),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::New { seed, values } => part::write(out, seed, values),
            Self::Given(values) => values.iter().for_each(|value| part::write_one(out, value)),
        }
    }
}

/// Where the previous record of the same aggregate lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Previous {
    /// There is none.
    None,
    /// Appended before.
    At(Position),
    /// In the same group, at this index.
    InGroup(usize),
}

/// A record as read, its checksum verified.
#[derive(Clone, Copy)]
pub struct Record<'a> {
    position: Position,
    bytes: &'a [u8],
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

fn hash_at(bytes: &[u8], at: usize) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(&bytes[at..at + 32]);
    hash
}

/// Bytes a record takes, padding included.
pub(super) fn length_of(entry: &Entry<'_>, part: &Part<'_>) -> usize {
    (HEADER + entry.key.len() + entry.body.len() + part.length()).next_multiple_of(8)
}

/// The hash that stands before the first record: it ties the chain to the installation.
pub(super) fn genesis(installation: &[u8; 16]) -> [u8; 32] {
    blake3::derive_key("workorderd journal 1 genesis", installation)
}

/// The checksum of this installation's records. It starts from the installation id, so that bytes which somebody
/// put into a body cannot pass for a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Checksum(u32);

impl Checksum {
    pub(super) fn of(installation: &[u8; 16]) -> Self {
        Checksum(crc32fast::hash(installation))
    }

    fn over(self, bytes: &[u8]) -> u32 {
        let mut hasher = crc32fast::Hasher::new_with_initial(self.0);
        hasher.update(bytes);
        hasher.finalize()
    }

    /// Writes length and checksum of the record in `bytes`.
    pub(super) fn seal(self, bytes: &mut [u8]) {
        let length = bytes.len() as u32;
        bytes[0..4].copy_from_slice(&length.to_le_bytes());
        let sum = self.over(&bytes[8..]);
        bytes[4..8].copy_from_slice(&sum.to_le_bytes());
    }
}

/// What a record holds beside its entry.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub sequence: u64,
    pub group_first: u64,
    pub epoch: u32,
    pub previous: Position,
    pub hash_before: [u8; 32],
}

/// Appends a record to `out` and returns its chain hash. The caller has checked the lengths.
pub(super) fn encode(out: &mut Vec<u8>, checksum: Checksum, entry: &Entry<'_>, part: &Part<'_>, link: &Link) -> [u8; 32] {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&[b'W', 1, 0, entry.key.len() as u8]);
    out.extend_from_slice(&link.epoch.to_le_bytes());
    out.extend_from_slice(&link.sequence.to_le_bytes());
    out.extend_from_slice(&link.group_first.to_le_bytes());
    out.extend_from_slice(&entry.time.to_le_bytes());
    out.extend_from_slice(&entry.revision.to_le_bytes());
    out.extend_from_slice(&link.previous.0.to_le_bytes());
    out.extend_from_slice(&link.hash_before);
    out.extend_from_slice(&[0; 32]);
    out.extend_from_slice(&(part.length() as u32).to_le_bytes());
    out.extend_from_slice(&(entry.body.len() as u32).to_le_bytes());
    out.extend_from_slice(entry.key);
    out.extend_from_slice(entry.body);
    let at = out.len();
    part.write(out);
    if let Some(hash) = part::hash(&out[at..]) {
        out[start + 88..start + 120].copy_from_slice(&hash);
    }
    out.resize(start + (out.len() - start).next_multiple_of(8), 0);
    let bytes = &mut out[start..];
    checksum.seal(bytes);
    let position = Position::NONE;
    Record { position, bytes }.hash()
}

/// The length of the record whose first `HEADER` bytes are given, if it can be one within `room` bytes.
pub(super) fn length_in_header(header: &[u8], room: usize) -> Result<usize, Flaw> {
    let length = u32_at(header, 0) as usize;
    if length == 0 {
        return Err(Flaw::Empty);
    }
    let key = usize::from(header[11]);
    if header[8] != b'W' || header[9] != 1 || header[10] != 0 || key > MAX_KEY {
        return Err(Flaw::Magic);
    }
    let (personal, body) = (u32_at(header, 120) as usize, u32_at(header, 124) as usize);
    let parts = (HEADER + key + personal + body).next_multiple_of(8);
    let (sequence, group_first) = (u64_at(header, 16), u64_at(header, 24));
    if length != parts || length > room.min(MAX_RECORD) || group_first == 0 || group_first > sequence {
        return Err(Flaw::Length);
    }
    Ok(length)
}

impl<'a> Record<'a> {
    /// The record in `bytes` (of the length `length_in_header` gave), if its checksum is right.
    pub(super) fn checked(checksum: Checksum, position: Position, bytes: &'a [u8]) -> Result<Self, Flaw> {
        if checksum.over(&bytes[8..]) != u32_at(bytes, 4) {
            return Err(Flaw::Checksum);
        }
        Ok(Record { position, bytes })
    }

    /// Bytes that were checked before.
    pub(super) fn known(position: Position, bytes: &'a [u8]) -> Self {
        Record { position, bytes }
    }

    /// Where it lies.
    pub fn position(&self) -> Position {
        self.position
    }

    /// The place right behind it.
    pub fn end(&self) -> Position {
        Position(self.position.0 + self.bytes.len() as u64)
    }

    /// Its number, 1 and up, without gaps.
    pub fn sequence(&self) -> u64 {
        u64_at(self.bytes, 16)
    }

    /// Sequence of the first record of the group it was written in.
    pub fn group_first(&self) -> u64 {
        u64_at(self.bytes, 24)
    }

    /// The writer's epoch.
    pub fn epoch(&self) -> u32 {
        u32_at(self.bytes, 12)
    }

    /// Milliseconds, as given by the caller.
    pub fn time(&self) -> i64 {
        u64_at(self.bytes, 32) as i64
    }

    /// The aggregate's revision.
    pub fn revision(&self) -> u64 {
        u64_at(self.bytes, 40)
    }

    /// The same aggregate's previous record; `Position::NONE` if this is its first.
    pub fn previous(&self) -> Position {
        Position(u64_at(self.bytes, 48))
    }

    /// Hash of the record before, as stored.
    pub fn hash_before(&self) -> [u8; 32] {
        hash_at(self.bytes, 56)
    }

    /// Hash of the personal part, as stored; zeros if there is none.
    pub fn personal_hash(&self) -> [u8; 32] {
        hash_at(self.bytes, 88)
    }

    /// Which aggregate.
    pub fn key(&self) -> &'a [u8] {
        &self.bytes[HEADER..HEADER + usize::from(self.bytes[11])]
    }

    /// The part that is never erased.
    pub fn body(&self) -> &'a [u8] {
        let start = HEADER + usize::from(self.bytes[11]);
        &self.bytes[start..start + u32_at(self.bytes, 124) as usize]
    }

    /// The values that may be erased, in the order in which they were appended.
    pub fn personal(&self) -> impl Iterator<Item = Personal<'a>> + use<'a> {
        self.slots().map(|slot| slot.value)
    }

    /// The same, each with its place in the personal part.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot<'a>> + use<'a> {
        Slots::of(&self.bytes[self.personal_range()])
    }

    /// Bytes of the personal part, which no erasure changes.
    pub fn personal_length(&self) -> u32 {
        u32_at(self.bytes, 120)
    }

    /// The hash the next record carries.
    pub fn hash(&self) -> [u8; 32] {
        // Header from offset 8 on, key, hash of the body.
        let mut bytes = [0; HEADER - 8 + MAX_KEY + 32];
        let key_end = HEADER + usize::from(self.bytes[11]);
        let n = key_end - 8;
        bytes[..n].copy_from_slice(&self.bytes[8..key_end]);
        bytes[n..n + 32].copy_from_slice(blake3::hash(self.body()).as_bytes());
        *blake3::hash(&bytes[..n + 32]).as_bytes()
    }

    /// The personal part within the record.
    pub(super) fn personal_range(&self) -> std::ops::Range<usize> {
        let start = HEADER + usize::from(self.bytes[11]) + u32_at(self.bytes, 124) as usize;
        start..start + u32_at(self.bytes, 120) as usize
    }

    /// Whether each personal value is what was hashed, or properly erased.
    pub(super) fn personal_is_sound(&self) -> bool {
        part::hash(&self.bytes[self.personal_range()]) == Some(self.personal_hash())
    }

    pub(super) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "record {} at {}", self.sequence(), self.position)
    }
}

/// Where the personal part of a record is, of which only the header is at hand.
pub(super) fn personal_range(header: &[u8]) -> std::ops::Range<usize> {
    Record::known(Position::NONE, header).personal_range()
}

/// Whether two record headers are of the same record, whatever was erased in it.
pub(super) fn same_record(a: &[u8], b: &[u8]) -> bool {
    a[0..4] == b[0..4] && a[8..HEADER] == b[8..HEADER]
}
