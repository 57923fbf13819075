//! Opening: walk what lies behind the checkpoint, cut a torn tail, and only then let the journal be used.
//! Invariant: nothing on disk changes before the walk has found no damage, and no record is shown to the visitor
//! before it is durable (also after a failed fsync, whose pages may look written without being so).
//! What to do about damage is left to people.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::append::{Head, Journal};
use super::archive::{self, Archived};
use super::cut;
use super::erase::{self, Patch};
use super::error::{IoFailure, JournalError, VisitError};
use super::mark::{self, Mark, Marker};
use super::position::{Position, SegmentName};
use super::prepare::{Preparation, Prepared};
use super::record::{Checksum, HEADER, Record, genesis, length_in_header};
use super::segment::{Listing, MAX_SIZE, SEGMENT_HEADER, SegmentHeader};
use super::storage::{Storage, StorageFile, write_all};
use super::view::View;
use super::walk::{Passed, Tail, Torn, Walk, read_mark};

/// How to open a journal.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Size of new segments in bytes, 4096 to 2 GiB, a multiple of 8.
    pub segment_bytes: u32,
    /// Id of this installation; a journal of another one is refused.
    pub installation: [u8; 16],
    /// Epoch written into new records.
    pub epoch: u32,
}

/// The last record that is already applied elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Its sequence; 0 for none.
    pub sequence: u64,
    /// Where it lies.
    pub position: Position,
}

/// What opening found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// The folder was empty and the journal is new.
    pub created: bool,
    /// The tail that was cut, if a write had been interrupted.
    pub torn: Option<Torn>,
    /// Records shown to the visitor.
    pub records: u64,
    /// Interrupted erasures that were finished.
    pub erasures: usize,
    /// Unfinished segments and finished cuts that were removed.
    pub leftovers: usize,
    /// Segments that the archive has taken and that are not in it: what they hold cannot be read until they are.
    pub away: Vec<SegmentName>,
    /// How far segments were moved to the archive.
    pub archived: Option<Archived>,
}

/// The last group, kept back until it is known to be durable.
struct Held {
    from: Position,
    group: u64,
    bytes: Vec<u8>,
}

type Visitor<'a> = dyn FnMut(Record<'_>) -> Result<(), VisitError> + 'a;

impl Held {
    fn show(&mut self, visitor: &mut Visitor<'_>) -> Result<(), JournalError> {
        let mut at = 0;
        while let Some(header) = self.bytes.get(at..at + HEADER) {
            // The walk has checked these bytes.
            let Ok(length) = length_in_header(header, self.bytes.len() - at) else {
                break;
            };
            let position = Position(self.from.0 + at as u64);
            let record = Record::known(position, &self.bytes[at..at + length]);
            visitor(record).map_err(|source| JournalError::Visitor { sequence: record.sequence(), position, source })?;
            at += length;
        }
        self.bytes.clear();
        Ok(())
    }
}

impl Journal {
    /// Opens the journal in `storage`, or makes a new one if the folder is empty. The visitor gets every record
    /// behind `checkpoint` in order; all it gets is durable. A torn tail is cut and reported.
    ///
    /// # Errors
    /// `Damage` (nothing was changed), `ForeignInstallation`, `UnsupportedVersion`, `SegmentBytes`, `Io`, and
    /// `Visitor` with what the visitor returned.
    pub fn open(
        storage: Arc<dyn Storage>,
        options: Options,
        checkpoint: Option<Checkpoint>,
        visitor: &mut Visitor<'_>,
    ) -> Result<(Journal, OpenReport), JournalError> {
        let size = options.segment_bytes;
        if size < 4096 || !size.is_multiple_of(8) || u64::from(size) > MAX_SIZE {
            return Err(JournalError::SegmentBytes { found: size });
        }
        let mut report = OpenReport::default();
        let names = storage.list().map_err(IoFailure::of("list", "."))?;
        let listing = Listing::of(names);
        let applied = checkpoint.filter(|c| c.sequence > 0);
        if listing.segments.is_empty() {
            return create(storage, options, &listing, applied);
        }
        let known = applied.map_or(1, |c| c.sequence);
        let archived = archive::archived(storage.as_ref(), &options.installation)?;
        // Behind a checkpoint, what the archive has taken is not needed.
        let needed = archived.filter(|_| applied.is_some()).map_or(1, |archived| archived.segment.0 + 1);
        listing.without_gap(needed, known)?;
        report.archived = archived;
        report.away = (1..needed).filter(|number| listing.segments.binary_search(number).is_err()).map(SegmentName).collect();
        let first = applied.map_or(1, |c| c.position.segment());
        if !listing.segments.contains(&first) {
            return Err(listing.missing(first, known).into());
        }

        let patches = erase::pending(storage.as_ref())?;
        let installation = options.installation;
        let walk = match applied {
            Some(c) => Walk::behind(storage.clone(), &listing.segments, patches.clone(), installation, (c.sequence, c.position))?,
            None => Walk::from_start(storage.clone(), &listing.segments, patches.clone(), Some(installation))?,
        };
        let mark = read_mark(storage.as_ref(), &installation)?;
        let mut walk = walk.with_mark(mark)?;
        let mut held = Held { from: Position::NONE, group: 0, bytes: Vec::new() };
        while walk.advance()? {
            let record = walk.current();
            if record.group_first() != held.group {
                held.show(visitor)?;
                held.group = record.group_first();
            }
            if held.bytes.is_empty() {
                held.from = record.position();
            }
            held.bytes.extend_from_slice(record.bytes());
            report.records += 1;
        }
        let passed = walk.passed();
        let Some(mut tail) = walk.tail() else {
            return Err(listing.missing(first, known).into());
        };

        report.torn = tail.torn;
        report.leftovers = listing.leftovers.len();
        report.erasures = patches.len();
        let safe = mark.map_or(0, |m| m.sequence);
        let unsure = (passed.sequence > safe && !mutant!("last-group-not-made-certain")).then_some(&held);
        let interrupted = repair(storage.as_ref(), &options, &listing, patches, &mut tail, unsure)?;
        report.erasures -= interrupted.len();
        let mut journal = start(storage, options, passed, &tail, listing.head)?;
        journal.interrupted = interrupted;
        held.show(visitor)?;
        Ok((journal, report))
    }
}

fn create(
    storage: Arc<dyn Storage>,
    options: Options,
    listing: &Listing,
    applied: Option<Checkpoint>,
) -> Result<(Journal, OpenReport), JournalError> {
    // The head mark is made after the first segment is durable.
    if listing.head || applied.is_some() {
        return Err(listing.missing(1, applied.map_or(1, |c| c.sequence)).into());
    }
    remove_all(storage.as_ref(), &listing.leftovers)?;
    let preparation = Preparation { storage: storage.clone(), header: header(&options, 1), helper: false };
    preparation.run()?;
    let passed = Passed { sequence: 0, hash: genesis(&options.installation), last: Position::NONE, group: 0 };
    let tail = Tail { end: Position::new(1, SEGMENT_HEADER), torn: None, spare: None };
    let report = OpenReport { created: true, leftovers: listing.leftovers.len(), ..OpenReport::default() };
    Ok((start(storage, options, passed, &tail, false)?, report))
}

pub(super) fn header(options: &Options, number: u32) -> SegmentHeader {
    SegmentHeader { number, installation: options.installation, size: options.segment_bytes }
}

fn remove_all(storage: &dyn Storage, names: &[String]) -> Result<(), IoFailure> {
    names.iter().try_for_each(|name| storage.remove(name).map_err(IoFailure::of("remove", name)))
}

/// Finishes erasures (those in segments that are away are given back), cuts the torn tail, makes the last group certain, and clears
/// away what was left over.
fn repair(
    storage: &dyn Storage,
    options: &Options,
    listing: &Listing,
    patches: Vec<Patch>,
    tail: &mut Tail,
    unsure: Option<&Held>,
) -> Result<Vec<Patch>, JournalError> {
    let mut interrupted = Vec::new();
    if !patches.is_empty() {
        interrupted = erase::finish(storage, patches, 0)?;
    } else if listing.intent {
        remove_all(storage, &[erase::FILE.to_string()])?;
    }
    let leftovers = if mutant!("tear-not-wiped") { Vec::new() } else { cut::wipe(storage, &listing.leftovers, tail)? };
    // After a failed fsync, pages can be there to read and marked clean without being on disk: write them again.
    if let Some(held) = unsure.filter(|h| !h.bytes.is_empty()) {
        let name = held.from.file();
        let file = open(storage, name)?;
        write_all(file.as_ref(), &held.bytes, held.from.offset().into()).map_err(IoFailure::of("write", name))?;
        file.sync_data().map_err(IoFailure::of("sync", name))?;
    }
    remove_all(storage, &leftovers)?;
    if let Some(spare) = tail.spare {
        let installation = Some(options.installation);
        let view = View::open(storage, spare, installation, &[], 0)?;
        // `segment_bytes` was changed: a group must fit into the next segment.
        if view.size() != options.segment_bytes {
            remove_all(storage, &[SegmentName(spare).to_string()])?;
            tail.spare = None;
        }
    }
    Ok(interrupted)
}

fn open(storage: &dyn Storage, name: SegmentName) -> Result<Box<dyn StorageFile>, IoFailure> {
    storage.open(&name.to_string(), true).map_err(IoFailure::of("open", name))
}

/// Makes the names durable, renews the head mark, and puts the journal together.
fn start(storage: Arc<dyn Storage>, options: Options, passed: Passed, tail: &Tail, has_mark: bool) -> Result<Journal, JournalError> {
    let head = Head { sequence: passed.sequence, hash: passed.hash, end: tail.end, last: passed.last };
    let mark_file = match has_mark {
        true => storage.open(mark::FILE, true),
        false => storage.create(mark::FILE),
    }
    .map_err(IoFailure::of("open", mark::FILE))?;
    storage.sync_dir().map_err(IoFailure::of("sync", "."))?;
    let marker = Marker::start(mark_file, options.installation, &Mark::from(&head)).map_err(IoFailure::of("write", mark::FILE))?;

    let number = tail.end.segment();
    let view = View::open(storage.as_ref(), number, Some(options.installation), &[], 0)?;
    let next = match tail.spare {
        Some(spare) => Some(Prepared { header: header(&options, spare), file: open(storage.as_ref(), SegmentName(spare))? }),
        None => None,
    };
    Ok(Journal {
        file: open(storage.as_ref(), SegmentName(number))?,
        size: view.size(),
        asked: next.is_some(),
        next,
        checksum: Checksum::of(&options.installation),
        durable_end: Arc::new(AtomicU64::new(tail.end.0)),
        storage,
        options,
        head,
        marker,
        buffer: Vec::new(),
        interrupted: Vec::new(),
        poisoned: None,
    })
}
