//! The personal part of a record: one slot for each value, so that a value can be erased and the others stay.
//! Invariant: the hash of a part covers length and salted hash of each value, and is the same before and after an erasure; every bit
//! of a slot is covered or must be zero, so nothing of an erased value can stay behind.
//! Which values are whose is left to the caller. The layout is frozen: see `HEAD` and the golden test.

use blake3::Hasher;

/// A personal value to be appended. None: it had been erased before it came here.
pub type Value = Option<Box<[u8]>>;

/// Bytes of a slot's head: length of the value (u32), whose highest bit says that it was erased. Behind it
///
/// | kept | erased |
/// | --- | --- |
/// | salt [16], value, zeros up to 16 bytes of it | hash of salt and value [32], zeros up to the same length |
const HEAD: usize = 4;
/// Bytes of the salt that keeps an erased value from being guessed by its hash.
pub(super) const SALT: usize = 16;
/// Bytes of the hash that is left.
const HASH: usize = 32;
/// A value has at least so much room, that its hash finds room where it was.
const LEAST: usize = HASH - SALT;
const ERASED: u32 = 1 << 31;
/// What an erasure writes at the beginning of a slot; behind it there are zeros.
pub(super) const LEFT: usize = HEAD + HASH;

/// One value of a personal part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Personal<'a> {
    /// As it was appended.
    Kept {
        /// What was put before it when it was hashed.
        salt: [u8; SALT],
        /// The value.
        bytes: &'a [u8],
    },
    /// Erased.
    Erased {
        /// Its length, bytes.
        length: u32,
        /// The hash that is left of it and its salt; zeros if it was erased before it came here.
        hash: [u8; HASH],
    },
}

/// A slot with its place in the part.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot<'a> {
    pub start: usize,
    pub value: Personal<'a>,
}

/// Bytes of the slot of a value of this length.
fn size(length: usize) -> usize {
    HEAD + SALT + length.max(LEAST)
}

/// Bytes of the part of these values.
pub(super) fn length(values: &[Value]) -> usize {
    values.iter().map(|value| size(value.as_ref().map_or(0, |bytes| bytes.len()))).sum()
}

/// The same, of values as they were.
pub(super) fn length_of(values: &[Personal<'_>]) -> usize {
    values.iter().map(|value| size(value.length() as usize)).sum()
}

/// Appends the part of these values. Each gets a salt of its own that follows from `seed`, which is kept nowhere: so no salt
/// that stays tells another one.
pub(super) fn write(out: &mut Vec<u8>, seed: &[u8; SALT], values: &[Value]) {
    let mut key = [0; 32];
    key[..SALT].copy_from_slice(seed);
    let mut salts = Hasher::new_keyed(&key).finalize_xof();
    for value in values {
        let mut salt = [0; SALT];
        salts.fill(&mut salt);
        write_one(
            out,
            &match value {
                Some(bytes) => Personal::Kept { salt, bytes },
                None => Personal::Erased { length: 0, hash: [0; HASH] },
            },
        );
    }
}

/// Appends one value as it was.
pub(super) fn write_one(out: &mut Vec<u8>, value: &Personal<'_>) {
    let end = out.len() + size(value.length() as usize);
    match value {
        Personal::Kept { salt, bytes } => {
            out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
            out.extend_from_slice(salt);
            out.extend_from_slice(bytes);
        }
        Personal::Erased { length, hash } => out.extend_from_slice(&left(*length, hash)),
    }
    out.resize(end, 0);
}

/// What is left at the beginning of a slot.
fn left(length: u32, hash: &[u8; HASH]) -> [u8; LEFT] {
    let mut bytes = [0; LEFT];
    bytes[..HEAD].copy_from_slice(&(length | ERASED).to_le_bytes());
    bytes[HEAD..].copy_from_slice(hash);
    bytes
}

/// What an erasure writes at the beginning of the slot, if the value is still there.
pub(super) fn erasure(value: &Personal<'_>) -> Option<[u8; LEFT]> {
    match value {
        Personal::Kept { bytes, .. } => Some(left(bytes.len() as u32, &value.hash())),
        Personal::Erased { .. } => None,
    }
}

/// Size of the slot that begins with this, if it is what an erasure leaves.
pub(super) fn size_of_left(left: &[u8; LEFT]) -> Option<usize> {
    let head = u32::from_le_bytes([left[0], left[1], left[2], left[3]]);
    (head & ERASED != 0).then(|| size((head & !ERASED) as usize))
}

impl<'a> Personal<'a> {
    /// The value; none if it was erased.
    pub fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Kept { bytes, .. } => Some(bytes),
            Self::Erased { .. } => None,
        }
    }

    /// Length of the value, also if it was erased, bytes.
    pub fn length(&self) -> u32 {
        match self {
            Self::Kept { bytes, .. } => bytes.len() as u32,
            Self::Erased { length, .. } => *length,
        }
    }

    /// The hash that the chain holds of it.
    pub fn hash(&self) -> [u8; HASH] {
        match self {
            Self::Kept { salt, bytes } => *Hasher::new().update(salt).update(bytes).finalize().as_bytes(),
            Self::Erased { hash, .. } => *hash,
        }
    }
}

/// The slots of a part, up to its end or to what is none.
pub(super) struct Slots<'a> {
    part: &'a [u8],
    at: usize,
    /// All that was passed was as it must be.
    pub sound: bool,
}

impl<'a> Slots<'a> {
    pub(super) fn of(part: &'a [u8]) -> Self {
        Slots { part, at: 0, sound: true }
    }

    fn read(&mut self) -> Option<Slot<'a>> {
        let rest = &self.part[self.at..];
        let (head, content) = rest.split_first_chunk::<HEAD>()?;
        let head = u32::from_le_bytes(*head);
        let length = (head & !ERASED) as usize;
        let size = size(length);
        let content = content.get(..size - HEAD)?;
        let (value, padding) = if head & ERASED != 0 {
            let (hash, padding) = content.split_first_chunk::<HASH>()?;
            (Personal::Erased { length: length as u32, hash: *hash }, padding)
        } else {
            let (salt, content) = content.split_first_chunk::<SALT>()?;
            let (bytes, padding) = content.split_at(length);
            (Personal::Kept { salt: *salt, bytes }, padding)
        };
        self.sound &= padding.iter().all(|b| *b == 0);
        let slot = Slot { start: self.at, value };
        self.at += size;
        Some(slot)
    }
}

impl<'a> Iterator for Slots<'a> {
    type Item = Slot<'a>;

    fn next(&mut self) -> Option<Slot<'a>> {
        if self.at == self.part.len() {
            return None;
        }
        let slot = self.read();
        if slot.is_none() {
            self.sound = false;
            self.at = self.part.len();
        }
        slot
    }
}

/// The hash of a part; none if it is no part. Of nothing it is zeros.
pub(super) fn hash(part: &[u8]) -> Option<[u8; HASH]> {
    if part.is_empty() {
        return Some([0; HASH]);
    }
    let mut slots = Slots::of(part);
    let mut hasher = Hasher::new();
    for slot in &mut slots {
        hasher.update(&slot.value.length().to_le_bytes()).update(&slot.value.hash());
    }
    slots.sound.then(|| *hasher.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Personal, Slots, Value, erasure, hash, length, size, write};

    fn part(values: &[&str]) -> Vec<u8> {
        let values: Vec<Value> = values.iter().map(|v| Some(v.as_bytes().into())).collect();
        let mut out = Vec::new();
        write(&mut out, &[7; 16], &values);
        assert_eq!(out.len(), length(&values));
        out
    }

    #[test]
    fn one_value_is_erased_and_neither_the_hash_nor_another_value_changes() {
        let texts = ["王伟", "wang@example.cn", "", "a note that is longer than a hash would be, by some words"];
        let whole = part(&texts);
        for erased in 0..texts.len() {
            let mut bytes = whole.clone();
            let slot = Slots::of(&whole).nth(erased).unwrap();
            let left = erasure(&slot.value).unwrap();
            bytes[slot.start..][..size(slot.value.length() as usize)].fill(0);
            bytes[slot.start..slot.start + left.len()].copy_from_slice(&left);
            assert_eq!(hash(&bytes), hash(&whole));
            let found: Vec<_> = Slots::of(&bytes).map(|slot| slot.value).collect();
            for (n, (value, text)) in found.iter().zip(texts).enumerate() {
                match value {
                    Personal::Kept { bytes, .. } => assert_eq!((*bytes, n == erased), (text.as_bytes(), false)),
                    Personal::Erased { length, .. } => assert_eq!((*length as usize, n), (text.len(), erased)),
                }
            }
        }
    }

    #[test]
    fn no_two_values_have_the_same_salt_and_the_same_value_has_another_hash_each_time() {
        let bytes = part(&["same", "same", "same"]);
        let mut hashes: Vec<_> = Slots::of(&bytes).map(|slot| slot.value.hash()).collect();
        hashes.dedup();
        assert_eq!(hashes.len(), 3);
    }

    #[test]
    fn every_bit_of_a_part_is_covered() {
        let mut bytes = part(&["Grace", "a note that is longer than a hash would be"]);
        let slot = Slots::of(&bytes).nth(1).unwrap();
        let (start, left) = (slot.start, erasure(&slot.value).unwrap());
        bytes[start..].fill(0);
        bytes[start..start + left.len()].copy_from_slice(&left);
        let whole = hash(&bytes);
        for bit in 0..bytes.len() * 8 {
            bytes[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(hash(&bytes), whole, "bit {bit}");
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        for cut in 1..bytes.len() {
            assert_ne!(hash(&bytes[..cut]), whole, "{cut} bytes");
        }
    }
}
