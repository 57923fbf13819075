//! The bytes of one record: a fixed header, key, body, personal part, zeros up to a multiple of 8.
//! Invariant: every bit is covered by length or checksum, and everything but flags, checksum and an erased personal
//! part by the chain hash; so erasing changes no hash. The layout is frozen: see `HEADER` and the golden test.
//! Order, groups and places are left to `walk` and `append`.

use super::error::Flaw;
use super::position::Position;

/// Bytes of the fixed header. Numbers are little-endian.
///
/// | offset | field | offset | field |
/// | --- | --- | --- | --- |
/// | 0 | length u32, with padding | 32 | time i64 (ms) |
/// | 4 | checksum u32, from 8 on | 40 | revision u64 |
/// | 8 | `W`, 1 | 48 | previous position u64 |
/// | 10 | flags, key length | 56 | hash of the record before |
/// | 12 | epoch u32 | 88 | hash of the personal part |
/// | 16 | sequence u64 | 120 | personal length u32 |
/// | 24 | first of group u64 | 124 | body length u32 |
pub(super) const HEADER: usize = 128;
/// Longest key, bytes.
pub const MAX_KEY: usize = 255;
/// Longest record, bytes, header and padding included (a segment may allow less).
pub const MAX_RECORD: usize = 4 << 20;
/// Bytes of the salt that opens a personal part.
pub(super) const SALT: usize = 16;
/// Flag: the personal part was erased.
const ERASED: u8 = 1;

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
    /// What may be erased later; empty for none.
    pub personal: &'a [u8],
    /// Random bytes that keep an erased value from being guessed by its hash; unused if `personal` is empty.
    pub salt: [u8; SALT],
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

/// The personal part of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal<'a> {
    /// There never was one.
    None,
    /// As it was appended, without its salt.
    Kept(&'a [u8]),
    /// Erased; only its hash is left.
    Erased,
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
pub(super) fn length_of(entry: &Entry<'_>) -> usize {
    let salt = if entry.personal.is_empty() { 0 } else { SALT };
    (HEADER + entry.key.len() + entry.body.len() + salt + entry.personal.len()).next_multiple_of(8)
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
pub(super) fn encode(out: &mut Vec<u8>, checksum: Checksum, entry: &Entry<'_>, link: &Link) -> [u8; 32] {
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
    let personal = match entry.personal.len() {
        0 => 0,
        n => SALT + n,
    };
    out.extend_from_slice(&(personal as u32).to_le_bytes());
    out.extend_from_slice(&(entry.body.len() as u32).to_le_bytes());
    out.extend_from_slice(entry.key);
    out.extend_from_slice(entry.body);
    if personal > 0 {
        let at = out.len();
        out.extend_from_slice(&entry.salt);
        out.extend_from_slice(entry.personal);
        let hash = blake3::hash(&out[at..]);
        out[start + 88..start + 120].copy_from_slice(hash.as_bytes());
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
    if header[8] != b'W' || header[9] != 1 || header[10] & !ERASED != 0 || key > MAX_KEY {
        return Err(Flaw::Magic);
    }
    let (personal, body) = (u32_at(header, 120) as usize, u32_at(header, 124) as usize);
    let parts = (HEADER + key + personal + body).next_multiple_of(8);
    let (sequence, group_first) = (u64_at(header, 16), u64_at(header, 24));
    if length != parts || length > room.min(MAX_RECORD) || (1..=SALT).contains(&personal) || group_first == 0 || group_first > sequence {
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

    /// Hash of salt and personal part, as stored; zeros if there never was one.
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

    /// The part that may be erased.
    pub fn personal(&self) -> Personal<'a> {
        let bytes = self.bytes;
        match self.personal_range() {
            range if range.is_empty() => Personal::None,
            _ if bytes[10] & ERASED != 0 => Personal::Erased,
            range => Personal::Kept(&bytes[range.start + SALT..range.end]),
        }
    }

    /// What was put before the personal part, if it is kept.
    pub fn salt(&self) -> Option<[u8; SALT]> {
        let kept = matches!(self.personal(), Personal::Kept(_));
        kept.then(|| self.bytes[self.personal_range()].first_chunk().copied()).flatten()
    }

    /// Bytes of the personal part with its salt, also if it was erased.
    pub fn personal_length(&self) -> u32 {
        u32_at(self.bytes, 120)
    }

    /// The hash the next record carries.
    pub fn hash(&self) -> [u8; 32] {
        // Header from offset 8 on with the flags as zero, key, hash of the body: at most 120 + 64 + 32 bytes.
        let mut bytes = [0; HEADER - 8 + MAX_KEY + 32];
        let key_end = HEADER + usize::from(self.bytes[11]);
        let n = key_end - 8;
        bytes[..n].copy_from_slice(&self.bytes[8..key_end]);
        bytes[2] = 0;
        bytes[n..n + 32].copy_from_slice(blake3::hash(self.body()).as_bytes());
        *blake3::hash(&bytes[..n + 32]).as_bytes()
    }

    /// Salt and personal part within the record.
    pub(super) fn personal_range(&self) -> std::ops::Range<usize> {
        let start = HEADER + usize::from(self.bytes[11]) + u32_at(self.bytes, 124) as usize;
        start..start + u32_at(self.bytes, 120) as usize
    }

    /// Whether the personal part is what was hashed, or properly erased.
    pub(super) fn personal_is_sound(&self) -> bool {
        let part = &self.bytes[self.personal_range()];
        let erased = self.bytes[10] & ERASED != 0;
        if part.is_empty() {
            !erased && self.personal_hash() == [0; 32]
        } else if erased {
            part.iter().all(|b| *b == 0)
        } else {
            *blake3::hash(part).as_bytes() == self.personal_hash()
        }
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

/// Where the personal part of a record was, of which only the header is at hand; none if it has none, or still has it.
pub(super) fn erased_range(header: &[u8]) -> Option<std::ops::Range<usize>> {
    let range = Record::known(Position::NONE, header).personal_range();
    (header[10] & ERASED != 0 && !range.is_empty()).then_some(range)
}

/// Erases the personal part of the record in `bytes`.
pub(super) fn erase(checksum: Checksum, bytes: &mut [u8]) {
    let range = Record::known(Position::NONE, bytes).personal_range();
    bytes[range].fill(0);
    bytes[10] |= ERASED;
    checksum.seal(bytes);
}

/// Makes the record in `bytes`, whose personal part is not known any more, one whose part with this hash was erased; its chain hash.
pub(super) fn erased_as(checksum: Checksum, bytes: &mut [u8], hash: [u8; 32]) -> [u8; 32] {
    bytes[88..120].copy_from_slice(&hash);
    erase(checksum, bytes);
    Record::known(Position::NONE, bytes).hash()
}

/// Whether two record headers are of the same record, erased or not.
pub(super) fn same_record(a: &[u8], b: &[u8]) -> bool {
    a[0..4] == b[0..4] && a[8..10] == b[8..10] && a[11..HEADER] == b[11..HEADER]
}
