//! Erasing personal values in place.
//! Invariant: what will be overwritten stands, synced, in `erase.intent` before the first byte changes, so a crash in
//! the middle is finished at the next open and is no damage; chain hashes stay as they are.
//! Which values are whose is left to the caller, and that no segment moves to the archive meanwhile; old copies inside the drive or
//! in back-ups are beyond reach.

use super::append::Journal;
use super::error::{AppendError, Damage, IoFailure, JournalError, Why};
use super::part::{self, LEFT};
use super::position::{Position, SegmentName};
use super::record::{HEADER, MAX_RECORD, Record, length_in_header, personal_range, same_record};
use super::storage::{Storage, StorageFile, read_up_to, write_all};

/// Name of the file.
pub(super) const FILE: &str = "erase.intent";
/// `erase.intent`: magic · count u32 · per record (position u64, new header [128], count u32, per value (place of its slot within the
/// record u32, what is left there [36])) · crc32
const MAGIC: &[u8; 8] = b"WOJERAS1";
/// Records erased in under one intent.
const BATCH: usize = 256;
/// Values erased under one intent, but for those of one record.
const BATCH_VALUES: usize = 4096;
/// More than the longest intent, bytes.
const LONGEST: usize = 4 << 20;

/// Which personal values of a record are to be erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erase {
    /// Where the record lies.
    pub position: Position,
    /// Their places among its values, from 0.
    pub values: Vec<u32>,
}

/// What erasing changes in one record.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    position: Position,
    header: [u8; HEADER],
    /// Where a slot begins within the record, and what is left of it.
    slots: Vec<(u32, [u8; LEFT])>,
}

impl Patch {
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// What erases these values of a record; none, if none of them is there any more.
    fn of(record: &Record<'_>, values: &[u32], checksum: super::record::Checksum) -> Option<(Self, Vec<u8>)> {
        let start = record.personal_range().start;
        let wanted = |n: usize| u32::try_from(n).is_ok_and(|n| values.contains(&n));
        let wanted = record.slots().enumerate().filter(|(n, _)| wanted(*n));
        let slots = wanted.filter_map(|(_, slot)| Some(((start + slot.start) as u32, part::erasure(&slot.value)?)));
        let mut patch = Self { position: record.position(), header: [0; HEADER], slots: slots.collect() };
        if patch.slots.is_empty() {
            return None;
        }
        let mut bytes = record.bytes().to_vec();
        patch.apply_slots(&mut bytes, 0);
        checksum.seal(&mut bytes);
        patch.header.copy_from_slice(&bytes[..HEADER]);
        bytes.truncate(record.personal_range().end);
        Some((patch, bytes))
    }

    /// Whether it erases whole values in the personal part of the record whose new header it holds, and nothing else.
    fn is_sound(&self) -> bool {
        let range = personal_range(&self.header);
        let mut free = range.start;
        let fits = |(start, left): &(u32, [u8; LEFT])| {
            let start = *start as usize;
            let Some(end) = part::size_of_left(left).map(|size| start + size).filter(|end| start >= free && *end <= range.end) else {
                return false;
            };
            free = end;
            true
        };
        length_in_header(&self.header, MAX_RECORD).is_ok() && !self.slots.is_empty() && self.slots.iter().all(fits)
    }

    /// Changes `bytes`, which were read at `offset` of the record's segment.
    pub(super) fn apply(&self, bytes: &mut [u8], offset: u64) {
        let here = u64::from(self.position.offset());
        put(bytes, offset, here, &self.header, HEADER);
        self.apply_slots(bytes, offset.wrapping_sub(here));
    }

    /// Changes the slots alone; `offset` is that of `bytes` within the record.
    fn apply_slots(&self, bytes: &mut [u8], offset: u64) {
        for (start, left) in &self.slots {
            let size = part::size_of_left(left).unwrap_or(LEFT);
            put(bytes, offset, u64::from(*start), left, size);
        }
    }

    /// In one write, so that whoever reads sees the old record or the new one.
    fn write(&self, file: &dyn StorageFile, length: usize) -> std::io::Result<()> {
        let here = u64::from(self.position.offset());
        let mut bytes = vec![0; length];
        if read_up_to(file, &mut bytes, here)? < length {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.apply(&mut bytes, here);
        write_all(file, &bytes, here)
    }
}

/// Puts `new` and zeros behind it, together `size` bytes, at place `at`, as far as that is within `bytes`, which begin at place
/// `offset`. (Places may be counted from behind zero.)
fn put(bytes: &mut [u8], offset: u64, at: u64, new: &[u8], size: usize) {
    for n in 0..size {
        let place = at.wrapping_add(n as u64).wrapping_sub(offset);
        if let Some(byte) = usize::try_from(place).ok().and_then(|place| bytes.get_mut(place)) {
            *byte = new.get(n).copied().unwrap_or(0);
        }
    }
}

fn encode(patches: &[Patch]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&(patches.len() as u32).to_le_bytes());
    for patch in patches {
        bytes.extend_from_slice(&patch.position.0.to_le_bytes());
        bytes.extend_from_slice(&patch.header);
        bytes.extend_from_slice(&(patch.slots.len() as u32).to_le_bytes());
        for (start, left) in &patch.slots {
            bytes.extend_from_slice(&start.to_le_bytes());
            bytes.extend_from_slice(left);
        }
    }
    let sum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Vec<Patch>> {
    let (bytes, sum) = bytes.split_last_chunk::<4>()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    if crc32fast::hash(bytes).to_le_bytes() != *sum {
        return None;
    }
    let (count, mut rest) = rest.split_first_chunk::<4>()?;
    let mut patches = Vec::new();
    for _ in 0..u32::from_le_bytes(*count) {
        let (position, more) = rest.split_first_chunk::<8>()?;
        let (header, more) = more.split_first_chunk::<HEADER>()?;
        let (count, mut more) = more.split_first_chunk::<4>()?;
        let mut slots = Vec::new();
        for _ in 0..u32::from_le_bytes(*count) {
            let (start, behind) = more.split_first_chunk::<4>()?;
            let (left, behind) = behind.split_first_chunk::<LEFT>()?;
            slots.push((u32::from_le_bytes(*start), *left));
            more = behind;
        }
        let patch = Patch { position: Position(u64::from_le_bytes(*position)), header: *header, slots };
        patches.push(Some(patch).filter(Patch::is_sound)?);
        rest = more;
    }
    rest.is_empty().then_some(patches)
}

/// The erasures that a crash interrupted. An intent that is not whole was never acted on and counts as none.
pub(super) fn pending(storage: &dyn Storage) -> Result<Vec<Patch>, IoFailure> {
    let file = match storage.open(FILE, false) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(IoFailure::of("open", FILE)(e)),
    };
    let length = file.len().map_err(IoFailure::of("measure", FILE))?;
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(LONGEST).min(LONGEST)];
    let n = read_up_to(file.as_ref(), &mut bytes, 0).map_err(IoFailure::of("read", FILE))?;
    Ok(decode(&bytes[..n]).unwrap_or_default())
}

/// Finishes interrupted erasures and removes the intent. What lies in a segment that the archive has taken and that is away cannot be
/// finished now: it is given back, and the intent stays. `sequence` is named in errors.
pub(super) fn finish(storage: &dyn Storage, patches: Vec<Patch>, sequence: u64) -> Result<Vec<Patch>, JournalError> {
    let mut away = Vec::new();
    for same in patches.chunk_by(|a, b| a.position.segment() == b.position.segment()) {
        let segment = same[0].position.file();
        let file = match storage.open(&segment.to_string(), true) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                away.extend_from_slice(same);
                continue;
            }
            other => other.map_err(IoFailure::of("open", segment))?,
        };
        for patch in same {
            let (mut old, offset) = ([0; HEADER], patch.position.offset());
            read_up_to(file.as_ref(), &mut old, offset.into()).map_err(IoFailure::of("read", segment))?;
            let length = length_in_header(&patch.header, MAX_RECORD).ok().filter(|_| same_record(&patch.header, &old));
            let Some(length) = length else {
                let why = Why::Intent;
                return Err(Damage { segment, offset, sequence, why }.into());
            };
            patch.write(file.as_ref(), length).map_err(IoFailure::of("write", segment))?;
        }
        file.sync_data().map_err(IoFailure::of("sync", segment))?;
    }
    if away.is_empty() {
        drop_intent(storage)?;
    }
    Ok(away)
}

fn drop_intent(storage: &dyn Storage) -> Result<(), IoFailure> {
    storage.remove(FILE).map_err(IoFailure::of("remove", FILE))?;
    storage.sync_dir().map_err(IoFailure::of("sync", "."))
}

impl Journal {
    /// Overwrites personal values (and their salts) with their hashes and makes that durable. Chain hashes stay valid. Values that
    /// were erased before, or never were, are skipped; returns how many were erased.
    ///
    /// # Errors
    /// `Read` if a position holds no record, or is in an archive that is away (nothing of its batch was changed), `Io` if the disk
    /// fails (the journal is then poisoned and the erasure is finished at the next open), `Poisoned`.
    pub fn erase_personal(&mut self, records: &[Erase]) -> Result<usize, AppendError> {
        let mut erased = 0;
        let mut sorted = records.to_vec();
        sorted.sort_unstable_by_key(|record| record.position);
        let (mut from, mut values) = (0, 0);
        for (n, record) in sorted.iter().enumerate() {
            if n > from && (n - from == BATCH || values + record.values.len() > BATCH_VALUES) {
                erased += self.erase_batch(&sorted[from..n])?;
                (from, values) = (n, 0);
            }
            values += record.values.len();
        }
        erased += self.erase_batch(&sorted[from..])?;
        Ok(erased)
    }

    fn erase_batch(&mut self, records: &[Erase]) -> Result<usize, AppendError> {
        self.refuse_if_poisoned()?;
        self.finish_interrupted()?;
        let mut reader = self.reader();
        let (mut patches, mut rewritten) = (Vec::new(), Vec::new());
        for same in records.chunk_by(|a, b| a.position == b.position) {
            let record = reader.read(same[0].position)?;
            let values: Vec<u32> = same.iter().flat_map(|erase| erase.values.iter().copied()).collect();
            if let Some((patch, bytes)) = Patch::of(&record, &values, self.checksum()) {
                patches.push(patch);
                rewritten.push(bytes);
            }
        }
        if !patches.is_empty() {
            let storage = self.storage();
            let done = overwrite(storage.as_ref(), &patches, &rewritten);
            self.poison_on_error(done)?;
        }
        Ok(patches.iter().map(|patch| patch.slots.len()).sum())
    }

    /// An erasure that a crash interrupted in a segment that was away: its intent must not be overwritten by another one.
    fn finish_interrupted(&mut self) -> Result<(), AppendError> {
        let interrupted = std::mem::take(&mut self.interrupted);
        if interrupted.is_empty() {
            return Ok(());
        }
        let storage = self.storage();
        let left = match finish(storage.as_ref(), interrupted, 0) {
            Ok(left) => left,
            Err(JournalError::Io(error)) => return self.poison_on_error(Err(error)),
            Err(other) => {
                let error = std::io::Error::other(other.to_string());
                return self.poison_on_error(Err(IoFailure { action: "finish", file: FILE.into(), source: error }));
            }
        };
        let Some(first) = left.first().map(|patch| patch.position.file()) else { return Ok(()) };
        self.interrupted = left;
        Err(AppendError::Read(super::error::ReadError::Io(IoFailure::of("open", first)(std::io::ErrorKind::NotFound.into()))))
    }
}

/// Writes the intent, then the records whole (one write each, so that readers see old or new), then drops the intent.
fn overwrite(storage: &dyn Storage, patches: &[Patch], rewritten: &[Vec<u8>]) -> Result<(), IoFailure> {
    let intent = storage.create(FILE).map_err(IoFailure::of("create", FILE))?;
    write_all(intent.as_ref(), &encode(patches), 0).map_err(IoFailure::of("write", FILE))?;
    if mutant!("erasure-without-intent") {
        drop_intent(storage)?;
    }
    intent.sync_all().map_err(IoFailure::of("sync", FILE))?;
    storage.sync_dir().map_err(IoFailure::of("sync", "."))?;
    let records: Vec<_> = patches.iter().zip(rewritten).collect();
    for same in records.chunk_by(|a, b| a.0.position.segment() == b.0.position.segment()) {
        let segment: SegmentName = same[0].0.position.file();
        let file = storage.open(&segment.to_string(), true).map_err(IoFailure::of("open", segment))?;
        for (patch, bytes) in same {
            write_all(file.as_ref(), bytes, patch.position.offset().into()).map_err(IoFailure::of("write", segment))?;
        }
        file.sync_data().map_err(IoFailure::of("sync", segment))?;
    }
    drop_intent(storage)
}

#[cfg(test)]
mod tests {
    use super::super::position::Position;
    use super::super::record::{Checksum, Entry, Link, Previous, Record, encode as record};
    use super::{HEADER, Patch, decode, encode};

    /// What erases two of the three values of a record.
    fn patch() -> Patch {
        let (key, body) = (b"wo".as_slice(), b"what happened".as_slice());
        let personal = ["Zoe M, Paris", "+33 1 23 45 67 89", "the gate on the left"].map(|text| Some(text.as_bytes().into()));
        let entry = Entry { key, revision: 1, previous: Previous::None, time: 5, body, personal: &personal, seed: [7; 16] };
        let link = Link { sequence: 3, group_first: 2, epoch: 0, previous: Position::NONE, hash_before: [1; 32] };
        let checksum = Checksum::of(&[9; 16]);
        let mut bytes = Vec::new();
        let before = record(&mut bytes, checksum, &entry, &entry.part(), &link);
        let (patch, new) = Patch::of(&Record::known(Position(4096), &bytes), &[0, 2], checksum).unwrap();
        let mut patched = bytes.clone();
        patch.apply(&mut patched, 4096);
        assert!(patched.starts_with(&new) && Record::checked(checksum, Position(4096), &patched).is_ok());
        let patched = Record::known(Position(4096), &patched);
        assert_eq!((patched.hash(), patched.personal_is_sound()), (before, true));
        patch
    }

    #[test]
    fn only_what_erases_whole_values_of_one_record_and_nothing_else_is_taken_for_an_intent() {
        assert_eq!(decode(&encode(&[patch(), patch()])).map(|p| p.len()), Some(2));
        type Change = fn(&mut Patch);
        let wrong: [(&str, Change); 8] = [
            ("it begins in the body", |p| p.slots[0].0 -= 1),
            ("it ends in the padding, or the next record", |p| p.slots[1].0 += 8),
            ("one slot over another", |p| p.slots[1].0 = p.slots[0].0 + 1),
            ("beyond all", |p| p.slots[0].0 = u32::MAX),
            ("the value would still be there", |p| p.slots[0].1[3] = 0),
            ("no record", |p| p.header[8] = b'X'),
            ("a personal part without end", |p| p.header[120..124].fill(255)),
            ("nothing", |p| p.slots.clear()),
        ];
        for (what, change) in wrong {
            let mut one = patch();
            change(&mut one);
            assert!(decode(&encode(&[patch(), one])).is_none(), "{what}");
        }
    }

    #[test]
    fn an_intent_that_was_cut_or_has_a_digit_changed_is_none() {
        let whole = encode(&[patch(), patch()]);
        assert_eq!(whole.len(), 16 + 2 * (8 + HEADER + 4 + 2 * 40));
        assert!((0..whole.len()).all(|n| decode(&whole[..n]).is_none()));
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bytes).is_none(), "bit {bit}");
        }
    }
}
