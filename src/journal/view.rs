//! One segment as a place to look for records.
//! Invariant: whatever the bytes are, looking ends, allocates no more than a record, and never panics.
//! Which record must come next, and what a missing one means, is left to `walk`.

use super::erase::Patch;
use super::error::{Flaw, IoFailure, JournalError};
use super::position::{Position, SegmentName};
use super::record::{Checksum, HEADER, Record, length_in_header};
use super::segment::{SEGMENT_HEADER, SegmentHeader, hex};
use super::storage::Storage;
use super::window::Window;

/// Bytes examined at a time when looking for what is not zero.
const CHUNK: usize = 64 << 10;

pub(super) struct View {
    number: u32,
    size: u32,
    installation: [u8; 16],
    checksum: Checksum,
    window: Window,
}

/// What lies behind an offset.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// Offset behind the last byte that is not zero, rounded up to 8.
    pub written_to: Option<u32>,
    /// Offset and sequence of the first valid record that was wanted.
    pub wanted: Option<(u32, u64)>,
    /// Valid records that were not.
    pub others: u64,
}

impl View {
    /// Opens segment `number`, which must belong to `installation` if one is given. `sequence` is named in errors.
    pub(super) fn open(
        storage: &dyn Storage,
        number: u32,
        installation: Option<[u8; 16]>,
        patches: &[Patch],
        sequence: u64,
    ) -> Result<Self, JournalError> {
        let name = SegmentName(number);
        let file = storage.open(&name.to_string(), false).map_err(IoFailure::of("open", name))?;
        let of_this = |p: &&Patch| p.position().segment() == number;
        let patches = patches.iter().filter(of_this).cloned().collect();
        let mut window = Window::new(file, patches).map_err(IoFailure::of("measure", name))?;
        let length = window.length();
        let bytes = window.at(0, SEGMENT_HEADER as usize).map_err(IoFailure::of("read", name))?;
        let header = SegmentHeader::decode(number, bytes, length, sequence)?;
        match installation {
            Some(expected) if expected != header.installation => {
                Err(JournalError::ForeignInstallation { segment: name, found: hex(&header.installation), expected: hex(&expected) })
            }
            _ => Ok(View {
                number,
                size: header.size,
                installation: header.installation,
                checksum: Checksum::of(&header.installation),
                window,
            }),
        }
    }

    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// Size in bytes.
    pub(super) fn size(&self) -> u32 {
        self.size
    }

    pub(super) fn installation(&self) -> [u8; 16] {
        self.installation
    }

    pub(super) fn read(&mut self, offset: u32, need: usize) -> Result<&[u8], IoFailure> {
        let name = SegmentName(self.number);
        self.window.at(u64::from(offset), need).map_err(IoFailure::of("read", name))
    }

    /// Length of the valid record at `offset`, or what is wrong there. `held` then hands it out.
    pub(super) fn look(&mut self, offset: u32) -> Result<Result<usize, Flaw>, IoFailure> {
        let (room, checksum) = (self.size.saturating_sub(offset) as usize, self.checksum);
        let position = Position::new(self.number, offset);
        let header = self.read(offset, HEADER)?;
        if header.len() < HEADER {
            return Ok(Err(Flaw::Empty));
        }
        let length = match length_in_header(header, room) {
            Ok(length) => length,
            Err(flaw) => return Ok(Err(flaw)),
        };
        let bytes = self.read(offset, length)?;
        if bytes.len() < length {
            return Ok(Err(Flaw::Length));
        }
        Ok(Record::checked(checksum, position, bytes).map(|_| length))
    }

    /// As `look`, of the file as it is now.
    pub(super) fn look_again(&mut self, offset: u32) -> Result<Result<usize, Flaw>, IoFailure> {
        self.window.refresh();
        self.look(offset)
    }

    /// The record that `look` has just found.
    pub(super) fn held(&self, offset: u32, length: usize) -> Record<'_> {
        let position = Position::new(self.number, offset);
        Record::known(position, self.window.held(u64::from(offset), length))
    }

    /// Goes through everything from `from` on, record or not, until `wanted` says yes to a valid record.
    pub(super) fn survey(&mut self, from: u32, wanted: impl Fn(&Record<'_>) -> bool) -> Result<Survey, IoFailure> {
        let mut survey = Survey::default();
        let mut at = from;
        while at < self.size {
            let chunk = self.read(at, CHUNK)?;
            let n = chunk.len();
            if n == 0 {
                break;
            }
            let Some(first) = chunk.iter().position(|b| *b != 0) else {
                at += n as u32;
                continue;
            };
            // The record that holds this byte starts at it or, if its length has low zeros, shortly before.
            at += first as u32 & !7;
            survey.written_to = Some(at + 8);
            let steps = (at..self.size.min(at.saturating_add(CHUNK as u32))).step_by(8);
            for offset in steps {
                let eight = self.read(offset, 8)?;
                if eight.iter().all(|b| *b == 0) {
                    continue;
                }
                survey.written_to = Some(offset + 8);
                if let Ok(length) = self.look(offset)? {
                    let record = self.held(offset, length);
                    if wanted(&record) {
                        survey.wanted = Some((offset, record.sequence()));
                        return Ok(survey);
                    }
                    survey.others += 1;
                }
            }
            at = at.saturating_add(CHUNK as u32);
        }
        Ok(survey)
    }
}
