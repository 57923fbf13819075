//! The 64 bytes that open a segment file, and which file names are segments.
//! Invariant: a segment under its final name was complete, zero-filled and synced before it got that name, so a
//! wrong header or length is damage. The layout is frozen.
//! Filling and naming a segment is left to `prepare`.

use super::error::{Damage, JournalError, Why};
use super::position::SegmentName;

/// Bytes of the segment header, and offset of the first record.
pub(super) const SEGMENT_HEADER: u32 = 64;
/// Largest segment, bytes.
pub(super) const MAX_SIZE: u64 = 1 << 31;
/// Version of the format.
const VERSION: u32 = 1;
/// magic `WOJRNL1\0` · version u32 · 4 zeros · number u64 · installation id [16] · file size u64 · 12 zeros · crc32 u32
const MAGIC: &[u8; 8] = b"WOJRNL1\0";

/// What a segment header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    pub number: u32,
    pub installation: [u8; 16],
    /// Size of the file in bytes, header included.
    pub size: u32,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER as usize] {
        let mut bytes = [0; SEGMENT_HEADER as usize];
        bytes[0..8].copy_from_slice(MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[16..24].copy_from_slice(&u64::from(self.number).to_le_bytes());
        bytes[24..40].copy_from_slice(&self.installation);
        bytes[40..48].copy_from_slice(&u64::from(self.size).to_le_bytes());
        let sum = crc32fast::hash(&bytes[..60]);
        bytes[60..].copy_from_slice(&sum.to_le_bytes());
        bytes
    }

    /// Reads the header of segment `number`, whose file has `file_length` bytes. `sequence` is named in errors.
    pub(super) fn decode(number: u32, bytes: &[u8], file_length: u64, sequence: u64) -> Result<Self, JournalError> {
        let segment = SegmentName(number);
        let damage = |why| Damage { segment, offset: 0, sequence, why };
        let field = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        if bytes.len() < SEGMENT_HEADER as usize {
            return Err(damage(Why::Header).into());
        }
        if &bytes[0..8] != MAGIC || crc32fast::hash(&bytes[..60]).to_le_bytes() != bytes[60..64] {
            return Err(damage(Why::Header).into());
        }
        let version = field(8) as u32;
        if version != VERSION {
            let found = version;
            return Err(JournalError::UnsupportedVersion { segment, found });
        }
        let expected = field(40);
        if field(16) != u64::from(number) || expected > MAX_SIZE || expected % 8 != 0 {
            return Err(damage(Why::Header).into());
        }
        if expected != file_length {
            let found = file_length;
            return Err(damage(Why::FileLength { found, expected }).into());
        }
        let mut installation = [0; 16];
        installation.copy_from_slice(&bytes[24..40]);
        Ok(SegmentHeader { number, installation, size: expected as u32 })
    }
}

/// The files of a journal folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// Segment numbers, ascending.
    pub segments: Vec<u32>,
    /// Segments that were never finished, and cuts.
    pub leftovers: Vec<String>,
    /// Whether there is a file of this name.
    pub head: bool,
    pub intent: bool,
    pub archived: bool,
}

impl Listing {
    pub(super) fn of(names: Vec<String>) -> Self {
        let mut listing = Listing::default();
        for name in names {
            if let Some(SegmentName(number)) = SegmentName::parse(&name) {
                listing.segments.push(number);
            } else if name.ends_with(".tmp") {
                listing.leftovers.push(name);
            } else {
                listing.archived |= name == super::archive::FILE;
                listing.head |= name == super::mark::FILE;
                listing.intent |= name == super::erase::FILE;
            }
        }
        listing.segments.sort_unstable();
        listing
    }

    /// Refuses a gap in the numbers from `first` on. `sequence` is named in the error.
    pub(super) fn without_gap(&self, first: u32, sequence: u64) -> Result<(), Damage> {
        let there = self.segments.iter().copied().filter(|n| *n >= first);
        for (expected, found) in (first..).zip(there) {
            if expected != found {
                return Err(self.missing(expected, sequence));
            }
        }
        Ok(())
    }

    /// A segment is not there.
    pub(super) fn missing(&self, segment: u32, sequence: u64) -> Damage {
        let why = if self.archived { Why::Archived } else { Why::Missing };
        Damage { segment: SegmentName(segment), offset: 0, sequence, why }
    }
}

/// An id in hex, for people.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
