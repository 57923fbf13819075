//! Copies what is whole from the front of a damaged journal: the longest chain of records from the first on, into a new folder.
//! Invariant: the source is only read; records keep their places, so that positions within them stay right; unfinished erasures
//! are finished in the copy.
//! What lies behind the damage is found by `scan_all`; whether the copy is used is left to people.

use std::sync::Arc;

use super::append::Head;
use super::erase;
use super::error::{Damage, IoFailure, JournalError, Why};
use super::position::{Position, SegmentName};
use super::prepare::{Preparation, Prepared};
use super::record::{Record, genesis};
use super::segment::{Listing, SEGMENT_HEADER, SegmentHeader};
use super::storage::{Storage, write_all};
use super::view::View;
use super::walk::{Walk, read_mark};

/// The whole front of a journal.
#[derive(Debug)]
pub struct Whole {
    /// The end of what was copied; sequence 0 if not even the first record is whole.
    pub head: Head,
    /// Why it ends there; none if nothing is damaged (an interrupted write at the tail is no damage, and not copied).
    pub ends_with: Option<JournalError>,
    /// Up to which record the journal was durable, as far as its head mark says.
    pub marked: Option<u64>,
}

/// Whose journal it is, as the first segment that can be read says.
///
/// # Errors
/// The folder cannot be listed.
pub fn installation_of(storage: &dyn Storage) -> Result<Option<[u8; 16]>, IoFailure> {
    let listing = Listing::of(storage.list().map_err(IoFailure::of("list", "."))?);
    Ok(listing.segments.iter().find_map(|n| View::open(storage, *n, None, &[], 1).ok()).map(|view| view.installation()))
}

/// Copies the whole front of the journal of this installation from one folder into another, which must be empty. The visitor gets
/// each record that was copied.
///
/// # Errors
/// `Io` of the target, or of listing the source. What is wrong with the source is no error, but in the result.
pub fn copy_whole(
    from: &Arc<dyn Storage>,
    to: &Arc<dyn Storage>,
    installation: [u8; 16],
    visitor: &mut dyn FnMut(Record<'_>),
) -> Result<Whole, JournalError> {
    let listing = Listing::of(from.list().map_err(IoFailure::of("list", "."))?);
    let start = Position::new(1, SEGMENT_HEADER);
    let mut copy = Copy {
        to,
        installation,
        target: None,
        held: None,
        head: Head { sequence: 0, hash: genesis(&installation), end: start, last: Position::NONE },
    };
    let mark = read_mark(from.as_ref(), &installation).ok().flatten();
    let marked = mark.map(|mark| mark.sequence);
    let connected: Vec<u32> = listing.segments.iter().copied().zip(1..).take_while(|(n, wanted)| n == wanted).map(|(n, _)| n).collect();
    let mut ends_with = listing.without_gap(1, 0).err().map(JournalError::from);
    if connected.is_empty() {
        return Ok(Whole { head: copy.head, ends_with: Some(listing.missing(1, 1).into()), marked });
    }
    // Those that name a record that is not there any more do nothing.
    let patches = erase::pending(from.as_ref()).unwrap_or_default();
    let walk = Walk::from_start(from.clone(), &connected, patches, Some(installation));
    match walk.and_then(|walk| walk.with_mark(mark)) {
        Err(error) => ends_with = Some(error),
        Ok(mut walk) => loop {
            match walk.advance() {
                Ok(true) => {
                    copy.flush(visitor)?;
                    copy.held =
                        Some(Held { bytes: walk.current().bytes().to_vec(), position: walk.current().position(), size: walk.size() });
                }
                Ok(false) => {
                    copy.flush(visitor)?;
                    break;
                }
                Err(error) => {
                    // If hashes disagree, the one before may be the altered one: it is not taken for whole.
                    if !matches!(&error, JournalError::Damage(Damage { why: Why::Chain | Why::Mark, .. })) {
                        copy.flush(visitor)?;
                    }
                    ends_with = Some(error);
                    break;
                }
            }
        },
    }
    copy.finish()?;
    Ok(Whole { head: copy.head, ends_with, marked })
}

/// A record that is copied once the one behind it has not contradicted it.
struct Held {
    bytes: Vec<u8>,
    position: Position,
    /// Size of its segment.
    size: u32,
}

struct Copy<'a> {
    to: &'a Arc<dyn Storage>,
    installation: [u8; 16],
    target: Option<Prepared>,
    held: Option<Held>,
    head: Head,
}

impl Copy<'_> {
    fn flush(&mut self, visitor: &mut dyn FnMut(Record<'_>)) -> Result<(), IoFailure> {
        let Some(Held { bytes, position, size }) = self.held.take() else { return Ok(()) };
        let number = position.segment();
        let target = match self.target.take() {
            Some(target) if target.header.number == number => self.target.insert(target),
            before => {
                if let Some(before) = before {
                    before.file.sync_all().map_err(IoFailure::of("sync", SegmentName(before.header.number)))?;
                }
                let header = SegmentHeader { number, installation: self.installation, size };
                self.target.insert(Preparation { storage: self.to.clone(), header, helper: false }.run()?)
            }
        };
        write_all(target.file.as_ref(), &bytes, position.offset().into()).map_err(IoFailure::of("write", position.file()))?;
        let record = Record::known(position, &bytes);
        self.head = Head { sequence: record.sequence(), hash: record.hash(), end: record.end(), last: position };
        visitor(record);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), IoFailure> {
        match self.target.take() {
            Some(last) => last.file.sync_all().map_err(IoFailure::of("sync", SegmentName(last.header.number))),
            None => Ok(()),
        }
    }
}
