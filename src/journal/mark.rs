//! The head mark: a small file that says how far the journal was durable, rewritten after each sync.
//! Invariant: it is never ahead of the truth, so a journal that ends before it has lost something. It is itself not
//! synced on each write and may lag; of its two slots, written in turn, a torn write spoils one.
//! Judging the journal by it is left to `walk` and `open`.

use std::io;

use super::position::Position;
use super::storage::{StorageFile, read_up_to, write_all};

/// Name of the file.
pub(super) const FILE: &str = "head";
/// Slots at offset 0 and 512: magic · sequence u64 · end u64 · last position u64 · hash [32] · crc32, which starts
/// from the installation id.
const MAGIC: &[u8; 8] = b"WOJHEAD1";
const SLOT: usize = 68;
const SLOTS: [u64; 2] = [0, 512];

/// How far the journal was durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub sequence: u64,
    pub end: Position,
    pub last: Position,
    pub hash: [u8; 32],
}

impl Mark {
    fn encode(&self, installation: &[u8; 16]) -> [u8; SLOT] {
        let mut bytes = [0; SLOT];
        bytes[0..8].copy_from_slice(MAGIC);
        bytes[8..16].copy_from_slice(&self.sequence.to_le_bytes());
        bytes[16..24].copy_from_slice(&self.end.0.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.last.0.to_le_bytes());
        bytes[32..64].copy_from_slice(&self.hash);
        let sum = sum(&bytes[..64], installation);
        bytes[64..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8], installation: &[u8; 16]) -> Option<Self> {
        let (rest, stored) = bytes.split_last_chunk::<4>()?;
        let rest = rest.strip_prefix(MAGIC)?;
        if sum(&bytes[..64], installation).to_le_bytes() != *stored {
            return None;
        }
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let (end, rest) = rest.split_first_chunk::<8>()?;
        let (last, hash) = rest.split_first_chunk::<8>()?;
        Some(Mark {
            sequence: u64::from_le_bytes(*sequence),
            end: Position(u64::from_le_bytes(*end)),
            last: Position(u64::from_le_bytes(*last)),
            hash: hash.try_into().ok()?,
        })
    }

    /// The newest valid slot.
    pub(super) fn read(file: &dyn StorageFile, installation: &[u8; 16]) -> io::Result<Option<Self>> {
        let mut newest: Option<Mark> = None;
        for offset in SLOTS {
            let mut bytes = [0; SLOT];
            if read_up_to(file, &mut bytes, offset)? == SLOT
                && let Some(mark) = Mark::decode(&bytes, installation)
                && newest.is_none_or(|n| n.sequence < mark.sequence)
            {
                newest = Some(mark);
            }
        }
        Ok(newest)
    }
}

fn sum(bytes: &[u8], installation: &[u8; 16]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(crc32fast::hash(installation));
    hasher.update(bytes);
    hasher.finalize()
}

/// Writes the mark.
pub(super) struct Marker {
    file: Box<dyn StorageFile>,
    installation: [u8; 16],
    slot: usize,
}

impl Marker {
    /// Goes on in `file` with `mark`, in both slots, and syncs them.
    pub(super) fn start(file: Box<dyn StorageFile>, installation: [u8; 16], mark: &Mark) -> io::Result<Self> {
        let mut marker = Marker { file, installation, slot: 0 };
        marker.write(mark)?;
        marker.write(mark)?;
        marker.file.sync_all()?;
        Ok(marker)
    }

    /// Goes on in `file`, in which no slot is valid.
    pub(super) fn new(file: Box<dyn StorageFile>, installation: [u8; 16]) -> Self {
        Marker { file, installation, slot: 0 }
    }

    /// Makes what was written durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    /// Writes into the older slot, without a sync.
    pub(super) fn write(&mut self, mark: &Mark) -> io::Result<()> {
        let bytes = mark.encode(&self.installation);
        write_all(self.file.as_ref(), &bytes, SLOTS[self.slot])?;
        self.slot ^= 1;
        Ok(())
    }
}
