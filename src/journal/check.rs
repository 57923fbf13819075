//! Reading everything: strictly, to prove the chain, and patiently, to salvage what is readable.
//! Invariant: the folder is never changed, and both may run while the daemon writes.
//! What the records mean, and what to do about damage, is left to the caller.

use std::sync::Arc;

use super::append::Head;
use super::erase::{self, Patch};
use super::error::{Damage, IoFailure, JournalError, VisitError, Why, Witness};
use super::position::{Position, SegmentName};
use super::record::{Record, genesis};
use super::segment::{Listing, SEGMENT_HEADER};
use super::storage::Storage;
use super::view::View;
use super::walk::{Torn, Walk, read_mark};

/// A journal in which every record follows from the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The end of the chain.
    pub head: Head,
    /// An unfinished group behind it: a crash, or the daemon is writing right now.
    pub torn: Option<Torn>,
    /// Whose journal it is.
    pub installation: [u8; 16],
}

/// What a patient scan meets.
#[derive(Debug)]
pub enum Found<'a> {
    /// A record whose checksum is right.
    Record(Record<'a>),
    /// What is wrong before the next record found. (The torn end of an interrupted write is reported so, too.)
    Damage(Damage),
}

fn listing(storage: &dyn Storage) -> Result<Listing, JournalError> {
    let names = storage.list().map_err(IoFailure::of("list", "."))?;
    Ok(Listing::of(names))
}

/// Reads the whole journal and checks checksums, sequences, chain, groups, personal parts and the head mark.
/// The visitor gets every record in order, before what lies behind it is known to be sound.
///
/// # Errors
/// The first `Damage`, `UnsupportedVersion`, `ForeignInstallation` (segments of different installations), `Io`, or
/// `Visitor` with what the visitor returned.
pub fn verify_chain(
    storage: Arc<dyn Storage>,
    visitor: &mut dyn FnMut(Record<'_>) -> Result<(), VisitError>,
) -> Result<Verified, JournalError> {
    // The head mark first: a running daemon moves on, and the mark must not be ahead of what is read.
    let listed = listing(storage.as_ref())?;
    if !listed.segments.contains(&1) {
        return Err(listed.missing(1, 1).into());
    }
    let first = View::open(storage.as_ref(), 1, None, &[], 1)?;
    let installation = first.installation();
    let mark = read_mark(storage.as_ref(), &installation)?;
    let patches = erase::pending(storage.as_ref())?;
    let listing = listing(storage.as_ref())?;
    listing.without_gap(1, 1)?;
    let walk = Walk::from_start(storage, &listing.segments, patches, Some(installation))?;
    let mut walk = walk.with_mark(mark)?;
    while walk.advance()? {
        let record = walk.current();
        visitor(record).map_err(|e| refused(&record, e))?;
    }
    let passed = walk.passed();
    let (end, torn) = match walk.tail() {
        Some(tail) => (tail.end, tail.torn),
        None => (passed.last, None),
    };
    Ok(Verified {
        head: Head { sequence: passed.sequence, hash: passed.hash, end, last: passed.last },
        torn,
        installation: walk.installation(),
    })
}

fn refused(record: &Record<'_>, source: VisitError) -> JournalError {
    JournalError::Visitor { sequence: record.sequence(), position: record.position(), source }
}

/// Reads every record that can be read, reporting what is wrong in between and going on behind it.
/// Returns the number of records.
///
/// # Errors
/// `Io` if the folder cannot be listed, and `Visitor` with what the visitor returned. A segment that cannot be
/// read is reported as damage, also if it is the disk that failed.
pub fn scan_all(storage: Arc<dyn Storage>, visitor: &mut dyn FnMut(Found<'_>) -> Result<(), VisitError>) -> Result<u64, JournalError> {
    let storage = storage.as_ref();
    let mut scan = Scan { patches: erase::pending(storage)?, visitor, expected: 1, hash: None, records: 0 };
    let mut next = 1;
    let listing = listing(storage)?;
    for &number in &listing.segments {
        if number != next {
            scan.report(SegmentName(next), 0, listing.missing(next, 0).why)?;
        }
        next = number.saturating_add(1);
        let view = View::open(storage, number, None, &scan.patches, scan.expected);
        match view.and_then(|view| scan.segment(view)) {
            Ok(()) => {}
            Err(JournalError::Damage(damage)) => scan.report(damage.segment, damage.offset, damage.why)?,
            // A bad sector: what other segments hold is still to be had.
            Err(JournalError::Io(error)) => scan.report(SegmentName(number), 0, Why::Disk { kind: error.source.kind() })?,
            Err(other) => return Err(other),
        }
    }
    Ok(scan.records)
}

struct Scan<'a> {
    patches: Vec<Patch>,
    visitor: &'a mut dyn FnMut(Found<'_>) -> Result<(), VisitError>,
    expected: u64,
    /// Chain hash of the record before, if it is known.
    hash: Option<[u8; 32]>,
    records: u64,
}

impl Scan<'_> {
    fn report(&mut self, segment: SegmentName, offset: u32, why: Why) -> Result<(), JournalError> {
        let sequence = self.expected;
        let damage = Damage { segment, offset, sequence, why };
        self.hash = None;
        (self.visitor)(Found::Damage(damage)).map_err(|source| JournalError::Visitor {
            sequence,
            position: Position::new(segment.0, offset),
            source,
        })
    }

    fn segment(&mut self, mut view: View) -> Result<(), JournalError> {
        let name = SegmentName(view.number());
        if self.records == 0 && view.number() == 1 {
            self.hash = Some(genesis(&view.installation()));
        }
        let mut offset = SEGMENT_HEADER;
        loop {
            let flaw = match view.look(offset)? {
                Ok(length) => {
                    let record = view.held(offset, length);
                    self.record(record)?;
                    offset += length as u32;
                    continue;
                }
                Err(flaw) => flaw,
            };
            let survey = view.survey(offset, |_| true)?;
            if survey.written_to.is_none() {
                return Ok(());
            }
            let why = match survey.wanted {
                Some((at, sequence)) => Why::Lost { flaw, witness: Witness::Later { sequence, position: Position::new(name.0, at) } },
                None => Why::Unreadable { flaw },
            };
            self.report(name, offset, why)?;
            match survey.wanted {
                Some((at, _)) => offset = at,
                None => return Ok(()),
            }
        }
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), JournalError> {
        let (name, offset) = (record.position().file(), record.position().offset());
        let found = record.sequence();
        if found != self.expected {
            self.report(name, offset, Why::Sequence { found })?;
        }
        self.expected = found;
        if self.hash.is_some_and(|h| h != record.hash_before()) {
            self.report(name, offset, Why::Chain)?;
        }
        if !record.personal_is_sound() {
            self.report(name, offset, Why::Personal)?;
        }
        (self.visitor)(Found::Record(record)).map_err(|e| refused(&record, e))?;
        self.records += 1;
        self.expected = found.saturating_add(1);
        self.hash = Some(record.hash());
        Ok(())
    }
}
