//! Erasing personal parts in place.
//! Invariant: what will be overwritten stands, synced, in `erase.intent` before the first byte changes, so a crash in
//! the middle is finished at the next open and is no damage; chain hashes stay as they are.
//! Which records hold whose values is left to the caller; old copies inside the drive or in back-ups are beyond reach.

use super::append::Journal;
use super::error::{AppendError, Damage, IoFailure, JournalError, Why};
use super::position::{Position, SegmentName};
use super::record::{HEADER, MAX_RECORD, Personal, erase, erased_range, length_in_header, same_record};
use super::storage::{Storage, StorageFile, read_up_to, write_all};

/// Name of the file.
pub(super) const FILE: &str = "erase.intent";
/// `erase.intent`: magic · count u32 · per record (position u64, personal start u32, length u32, new header [128]) · crc32
const MAGIC: &[u8; 8] = b"WOJERAS1";
const PATCH: usize = 16 + HEADER;
/// Records erased under one intent.
const BATCH: usize = 256;

/// What erasing changes in one record.
#[derive(Clone, Debug)]
pub(super) struct Patch {
    position: Position,
    /// Personal part within the record, bytes.
    start: u32,
    length: u32,
    header: [u8; HEADER],
}

impl Patch {
    pub(super) fn position(&self) -> Position {
        self.position
    }

    /// Whether it erases the personal part of the record whose new header it holds, all of it and nothing else.
    fn is_sound(&self) -> bool {
        let (start, length) = (self.start as usize, self.length as usize);
        length_in_header(&self.header, MAX_RECORD).is_ok()
            && erased_range(&self.header).is_some_and(|r| r.start == start && r.len() == length)
    }

    /// Changes `bytes`, which were read at `offset` of the record's segment.
    pub(super) fn apply(&self, bytes: &mut [u8], offset: u64) {
        let here = u64::from(self.position.offset());
        for (i, new) in self.header.iter().enumerate() {
            if let Some(byte) = index(here + i as u64, offset).and_then(|i| bytes.get_mut(i)) {
                *byte = *new;
            }
        }
        let start = here + u64::from(self.start);
        let end = start + u64::from(self.length);
        let from = (start.max(offset) - offset) as usize;
        let to = (end.max(offset) - offset).min(bytes.len() as u64) as usize;
        if from < to {
            bytes[from..to].fill(0);
        }
    }
}

fn index(at: u64, offset: u64) -> Option<usize> {
    at.checked_sub(offset).map(|i| i as usize)
}

fn encode(patches: &[Patch]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&(patches.len() as u32).to_le_bytes());
    for patch in patches {
        bytes.extend_from_slice(&patch.position.0.to_le_bytes());
        bytes.extend_from_slice(&patch.start.to_le_bytes());
        bytes.extend_from_slice(&patch.length.to_le_bytes());
        bytes.extend_from_slice(&patch.header);
    }
    let sum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<Vec<Patch>> {
    let (bytes, sum) = bytes.split_last_chunk::<4>()?;
    let rest = bytes.strip_prefix(MAGIC)?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let whole = rest.len() == u32::from_le_bytes(*count) as usize * PATCH;
    if !whole || crc32fast::hash(bytes).to_le_bytes() != *sum {
        return None;
    }
    let patch = |bytes: &[u8]| {
        let (position, rest) = bytes.split_first_chunk::<8>()?;
        let (start, rest) = rest.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let patch = Patch {
            position: Position(u64::from_le_bytes(*position)),
            start: u32::from_le_bytes(*start),
            length: u32::from_le_bytes(*length),
            header: rest.try_into().ok()?,
        };
        patch.is_sound().then_some(patch)
    };
    rest.chunks_exact(PATCH).map(patch).collect()
}

/// The erasures that a crash interrupted. An intent that is not whole was never acted on and counts as none.
pub(super) fn pending(storage: &dyn Storage) -> Result<Vec<Patch>, IoFailure> {
    let file = match storage.open(FILE, false) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(IoFailure::of("open", FILE)(e)),
    };
    let mut bytes = vec![0; 16 + BATCH * PATCH];
    let n = read_up_to(file.as_ref(), &mut bytes, 0).map_err(IoFailure::of("read", FILE))?;
    Ok(decode(&bytes[..n]).unwrap_or_default())
}

/// Finishes interrupted erasures and removes the intent. `sequence` is named in errors.
pub(super) fn finish(storage: &dyn Storage, patches: &[Patch], sequence: u64) -> Result<(), JournalError> {
    for same in patches.chunk_by(|a, b| a.position.segment() == b.position.segment()) {
        let segment = same[0].position.file();
        let file = storage.open(&segment.to_string(), true).map_err(IoFailure::of("open", segment))?;
        let (read, write) = (IoFailure::of("read", segment), IoFailure::of("write", segment));
        let mut old = [[0; HEADER]; BATCH];
        let headers = same.iter().zip(&mut old);
        headers
            .into_iter()
            .try_for_each(|(patch, old)| read_up_to(file.as_ref(), old, patch.position.offset().into()).map(|_| ()))
            .map_err(read)?;
        if let Some((patch, _)) = (same.iter().zip(&old)).find(|(p, o)| !same_record(&p.header, *o)) {
            let offset = patch.position.offset();
            let why = Why::Intent;
            return Err(Damage { segment, offset, sequence, why }.into());
        }
        same.iter().try_for_each(|patch| patch.write(file.as_ref())).map_err(write)?;
        file.sync_data().map_err(IoFailure::of("sync", segment))?;
    }
    drop_intent(storage)?;
    Ok(())
}

fn drop_intent(storage: &dyn Storage) -> Result<(), IoFailure> {
    storage.remove(FILE).map_err(IoFailure::of("remove", FILE))?;
    storage.sync_dir().map_err(IoFailure::of("sync", "."))
}

impl Patch {
    fn write(&self, file: &dyn StorageFile) -> std::io::Result<()> {
        let here = u64::from(self.position.offset());
        write_all(file, &vec![0; self.length as usize], here + u64::from(self.start))?;
        write_all(file, &self.header, here)
    }
}

impl Journal {
    /// Overwrites the personal parts (and salts) of the records at `positions` with zeros and makes that durable.
    /// Chain hashes stay valid. Records without a personal part, or erased before, are skipped; returns how many
    /// were erased.
    ///
    /// # Errors
    /// `Read` if a position holds no record (nothing of its batch was changed), `Io` if the disk fails (the journal
    /// is then poisoned and the erasure is finished at the next open), `Poisoned`.
    pub fn erase_personal(&mut self, positions: &[Position]) -> Result<usize, AppendError> {
        let mut erased = 0;
        let mut sorted = positions.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        for batch in sorted.chunks(BATCH) {
            erased += self.erase_batch(batch)?;
        }
        Ok(erased)
    }

    fn erase_batch(&mut self, positions: &[Position]) -> Result<usize, AppendError> {
        self.refuse_if_poisoned()?;
        let mut reader = self.reader();
        let mut patches = Vec::new();
        let mut rewritten = Vec::new();
        for position in positions {
            let record = reader.read(*position)?;
            if matches!(record.personal(), Personal::Kept(_)) {
                let mut bytes = record.bytes().to_vec();
                let range = record.personal_range();
                erase(self.checksum(), &mut bytes);
                let mut header = [0; HEADER];
                header.copy_from_slice(&bytes[..HEADER]);
                bytes.truncate(range.end);
                patches.push(Patch { position: *position, start: range.start as u32, length: range.len() as u32, header });
                rewritten.push(bytes);
            }
        }
        if !patches.is_empty() {
            let storage = self.storage();
            let done = overwrite(storage.as_ref(), &patches, &rewritten);
            self.poison_on_error(done)?;
        }
        Ok(patches.len())
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
    use super::super::record::{Checksum, Entry, Link, Previous, encode as record, erase};
    use super::{HEADER, PATCH, Patch, decode, encode};

    /// What erases the personal part of a record, which is 12 bytes and its salt.
    fn patch() -> Patch {
        let (key, body, personal, salt) = (b"wo".as_slice(), b"what happened".as_slice(), b"Zoe M, Paris".as_slice(), [7; 16]);
        let entry = Entry { key, revision: 1, previous: Previous::None, time: 5, body, personal, salt };
        let link = Link { sequence: 3, group_first: 2, epoch: 0, previous: Position::NONE, hash_before: [1; 32] };
        let checksum = Checksum::of(&[9; 16]);
        let mut bytes = Vec::new();
        record(&mut bytes, checksum, &entry, &link);
        erase(checksum, &mut bytes);
        let start = (HEADER + key.len() + body.len()) as u32;
        Patch { position: Position(4096), start, length: 28, header: *bytes.first_chunk().unwrap() }
    }

    #[test]
    fn only_what_erases_all_of_one_personal_part_and_nothing_else_is_taken_for_an_intent() {
        assert_eq!(decode(&encode(&[patch(), patch()])).map(|p| p.len()), Some(2));
        type Change = fn(&mut Patch);
        let wrong: [(&str, Change); 9] = [
            ("it begins in the body", |p| p.start -= 1),
            ("it begins later", |p| p.start += 1),
            ("it ends early", |p| p.length -= 1),
            ("it goes on into the next record", |p| p.length += 8),
            ("all there can be", |p| (p.start, p.length) = (u32::MAX, u32::MAX)),
            ("the record would still have its personal part", |p| p.header[10] = 0),
            ("no record", |p| p.header[8] = b'X'),
            ("a personal part without end", |p| p.header[120..124].fill(255)),
            ("no personal part", |p| {
                (p.header[120], p.header[0]) = (0, 144);
                p.length = 0;
            }),
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
        assert_eq!(whole.len(), 16 + 2 * PATCH);
        assert!((0..whole.len()).all(|n| decode(&whole[..n]).is_none()));
        for bit in 0..whole.len() * 8 {
            let mut bytes = whole.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&bytes).is_none(), "bit {bit}");
        }
    }
}
