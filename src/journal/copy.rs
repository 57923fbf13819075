//! A segment as a back-up takes it: everything up to an end that was fixed before, zeros from there on, while the writer goes on.
//! Invariant: what is summed are records whose checksums are right, so damage on this disk is never taken for news by a back-up.
//! The chain from segment to segment is left to whoever puts the back-up in place.

use super::error::{Flaw, IoFailure, JournalError, ReadError};
use super::position::{Position, SegmentName};
use super::reader::Reader;
use super::segment::SEGMENT_HEADER;
use super::storage::read_up_to;
use super::view::View;

/// Zeros hashed at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// What a segment holds up to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Size of the file, bytes.
    pub bytes: u64,
    /// Behind these bytes there are only zeros.
    pub written: u64,
    /// BLAKE3 of all `bytes`.
    pub hash: [u8; 32],
    /// Sequences of its first and last record.
    pub records: Option<(u64, u64)>,
    /// Chain hash of its last record.
    pub head: Option<[u8; 32]>,
    /// Chain hash of the record that was asked for, if it is in this segment.
    pub known: Option<[u8; 32]>,
}

impl Reader {
    /// Reads segment `number` up to `end`. `known`: a sequence whose chain hash is wanted.
    ///
    /// # Errors
    /// `Beyond` if `end` is not durable or lies before the segment, `NotARecord` and `Segment` for damage, `Io`.
    pub fn image(&self, number: u32, end: Position, known: Option<u64>) -> Result<Image, ReadError> {
        let start = Position::new(number, SEGMENT_HEADER);
        let durable = self.end();
        if start > end || end > durable {
            return Err(ReadError::Beyond { position: end.max(start), end: durable });
        }
        let (storage, installation) = self.place();
        let mut view = View::open(storage, number, Some(installation), &[], 0).map_err(|e| match e {
            JournalError::Io(e) => ReadError::Io(e),
            other => ReadError::Segment(Box::new(other)),
        })?;
        let last = number == end.segment();
        let limit = if last { end.offset() } else { view.size() };
        let mut hasher = blake3::Hasher::new();
        hasher.update(view.read(0, SEGMENT_HEADER as usize)?);
        let (mut records, mut head, mut wanted, mut offset) = (None, None, None, SEGMENT_HEADER);
        while offset < limit {
            let mut found = view.look(offset)?;
            if found.is_err() {
                // An erasure may be rewriting it.
                found = view.look_again(offset)?;
            }
            let position = Position::new(number, offset);
            let length = match found {
                Ok(length) => length,
                Err(Flaw::Empty) if !last && view.survey(offset, |_| false)?.written_to.is_none() => break,
                Err(flaw) => return Err(ReadError::NotARecord { position, flaw }),
            };
            let record = view.held(offset, length);
            hasher.update(record.bytes());
            let sequence = record.sequence();
            records = Some((records.map_or(sequence, |(first, _)| first), sequence));
            head = Some(record.hash());
            if known == Some(sequence) {
                wanted = head;
            }
            offset += length as u32;
        }
        let mut left = (view.size() - offset) as usize;
        while left > 0 {
            let zeros = &ZEROS[..left.min(ZEROS.len())];
            hasher.update(zeros);
            left -= zeros.len();
        }
        Ok(Image { bytes: view.size().into(), written: offset.into(), hash: *hasher.finalize().as_bytes(), records, head, known: wanted })
    }

    /// Bytes of segment `number` from `offset` on, at most `most`, none behind `end`; as they are on disk.
    ///
    /// # Errors
    /// `Beyond` if the place is not durable, `Io`.
    pub fn piece(&self, number: u32, end: Position, offset: u64, most: usize) -> Result<Vec<u8>, ReadError> {
        let durable = self.end();
        if number > end.segment() || end > durable {
            return Err(ReadError::Beyond { position: end, end: durable });
        }
        let name = SegmentName(number);
        let (storage, _) = self.place();
        let file = storage.open(&name.to_string(), false).map_err(IoFailure::of("open", name))?;
        let room = if number == end.segment() { u64::from(end.offset()).saturating_sub(offset) } else { u64::MAX };
        let mut bytes = vec![0; most.min(usize::try_from(room).unwrap_or(usize::MAX))];
        let got = read_up_to(file.as_ref(), &mut bytes, offset).map_err(IoFailure::of("read", name))?;
        bytes.truncate(got);
        Ok(bytes)
    }
}
