//! The archive: a second folder, which may be on another disk, that takes the oldest segments, so that what grows for ever need not
//! fill the disk that steps go to. Whoever reads looks in both, so the chain is proven over both.
//! Invariant: a segment leaves its folder only when a copy that was synced and read back equal is in the archive under its name, and the
//! archive mark says so durably. So at every moment one of the two has it, and a segment that is in neither is known to be away.
//! Which segments may go, and when, is left to the caller; also that nothing is erased in a segment while it moves.

use std::io;
use std::path::Path;
use std::sync::Arc;

use super::error::{IoFailure, ReadError};
use super::mark::{Mark, Marker};
use super::position::{Position, SegmentName};
use super::reader::Reader;
use super::real::RealStorage;
use super::segment::Listing;
use super::storage::{Storage, StorageFile, read_up_to, write_all};

/// Name of the archive mark in the journal's folder: how far segments were moved. Two slots as in the head mark, each synced.
pub(super) const FILE: &str = "archived";
/// Bytes copied at a time.
const CHUNK: usize = 1 << 20;

/// The journal's folder with its archive behind it: what is not in the one is looked for in the other. Changes go to the first.
pub struct WithArchive {
    here: Arc<dyn Storage>,
    archive: Arc<dyn Storage>,
}

impl WithArchive {
    /// Puts the two together; the archive may be away.
    pub fn new(here: Arc<dyn Storage>, archive: Arc<dyn Storage>) -> Self {
        Self { here, archive }
    }

    /// The folders of a data folder, of which the first must be there; changes nothing.
    ///
    /// # Errors
    /// The journal's folder is not there or cannot be read.
    pub fn existing(data: &Path) -> io::Result<Self> {
        Ok(Self::new(Arc::new(RealStorage::existing(data.join("journal"))?), Arc::new(RealStorage::at(archive_of(data)))))
    }

    /// The same, for the daemon: the journal's folder is made.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn make(data: &Path) -> io::Result<Self> {
        Ok(Self::new(Arc::new(RealStorage::new(data.join("journal"))?), Arc::new(RealStorage::at(archive_of(data)))))
    }
}

/// The archive of a data folder.
pub fn archive_of(data: &Path) -> std::path::PathBuf {
    data.join("journal-archive")
}

impl Storage for WithArchive {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = self.here.list()?;
        // An archive that is away or broken keeps nobody from working: what is needed of it is missed by its name.
        let behind = self.archive.list().unwrap_or_default().into_iter().filter(|name| SegmentName::parse(name).is_some());
        names.extend(behind);
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        self.here.create(name)
    }

    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>> {
        match self.here.open(name, write) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && SegmentName::parse(name).is_some() => {
                let archived = self.archive.open(name, write);
                match archived {
                    Err(error) if error.kind() == io::ErrorKind::NotFound && self.here.open(FILE, false).is_ok() => {
                        Err(io::Error::new(error.kind(), "it is not in the journal's archive (is the archive's disk mounted?)"))
                    }
                    other => other,
                }
            }
            other => other,
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.here.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.here.remove(name)
    }

    fn sync_dir(&self) -> io::Result<()> {
        self.here.sync_dir()
    }
}

/// Why a segment is not moved. Nothing is lost by any of these.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The journal's folder failed.
    #[error(transparent)]
    Here(#[from] IoFailure),
    /// The archive failed.
    #[error("cannot {action} journal-archive/{file}: {source}")]
    Archive {
        /// What was tried, as a verb.
        action: &'static str,
        /// File name within the archive.
        file: String,
        /// What the system said.
        source: io::Error,
    },
    /// The segment is damaged where it is.
    #[error("{segment} is damaged and stays where it is: {source}")]
    Damaged {
        /// File name.
        segment: SegmentName,
        /// What is wrong with it.
        source: Box<ReadError>,
    },
    /// What was moved last is not there.
    #[error("journal-archive does not have {0}, which was moved there: is its disk mounted?")]
    Away(SegmentName),
    /// A file of that name is there with other content.
    #[error("journal-archive has a {0} that is not the journal's: it is of something else, or was not written as it should have been")]
    Another(SegmentName),
}

impl ArchiveError {
    fn of(action: &'static str, file: impl ToString) -> impl FnOnce(io::Error) -> ArchiveError {
        let file = file.to_string();
        move |source| ArchiveError::Archive { action, file, source }
    }
}

/// How far segments were moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Archived {
    /// The last one.
    pub segment: SegmentName,
    /// Sequence of its last record.
    pub sequence: u64,
}

impl From<&Mark> for Archived {
    fn from(mark: &Mark) -> Self {
        Self { segment: mark.end.file(), sequence: mark.sequence }
    }
}

/// How far segments were moved, as the archive mark has it.
pub(super) fn archived(storage: &dyn Storage, installation: &[u8; 16]) -> Result<Option<Archived>, IoFailure> {
    let file = match storage.open(FILE, false) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(IoFailure::of("open", FILE))?,
    };
    let mark = Mark::read(file.as_ref(), installation).map_err(IoFailure::of("read", FILE))?;
    Ok(mark.as_ref().map(Archived::from))
}

/// Moves segments, one at a time.
pub struct Archive {
    storage: Arc<WithArchive>,
    reader: Reader,
    marker: Marker,
    moved: Option<Archived>,
}

impl Archive {
    /// Gets ready to move; makes the archive mark if there is none.
    ///
    /// # Errors
    /// The journal's folder failed.
    pub fn open(storage: Arc<WithArchive>, reader: Reader) -> Result<Self, IoFailure> {
        let here = storage.here.as_ref();
        let (_, installation) = reader.place();
        let file = match here.open(FILE, true) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => here.create(FILE),
            other => other,
        };
        let file = file.map_err(IoFailure::of("open", FILE))?;
        let mark = Mark::read(file.as_ref(), &installation).map_err(IoFailure::of("read", FILE))?;
        here.sync_dir().map_err(IoFailure::of("sync", "."))?;
        let moved = mark.as_ref().map(Archived::from);
        let marker = match mark {
            Some(mark) => Marker::start(file, installation, &mark).map_err(IoFailure::of("write", FILE))?,
            None => Marker::new(file, installation),
        };
        Ok(Self { storage, reader, marker, moved })
    }

    /// How far segments were moved.
    pub fn moved(&self) -> Option<Archived> {
        self.moved
    }

    /// Moves the oldest segment, if it lies before segment `limit` and the segments here take more than `keep` bytes.
    ///
    /// # Errors
    /// See [`ArchiveError`]; the segment is still where it was, and can be tried again.
    pub fn move_oldest(&mut self, keep: u64, limit: u32) -> Result<Option<Archived>, ArchiveError> {
        let Some(number) = self.oldest(keep)?.filter(|oldest| *oldest < limit) else { return Ok(None) };
        let (here, archive) = (self.storage.here.as_ref(), self.storage.archive.as_ref());
        let segment = SegmentName(number);
        let name = segment.to_string();
        let last = self.moved.map(|moved| moved.segment);
        if let Some(last) = last
            && !there(archive, &last.to_string())?
        {
            return Err(ArchiveError::Away(last));
        }
        let damaged = |source| ArchiveError::Damaged { segment, source: Box::new(source) };
        let image = self.reader.image(number, self.reader.end(), None).map_err(damaged)?;
        let source = here.open(&name, false).map_err(IoFailure::of("open", &name))?;
        if !there(archive, &name)? {
            copy(source.as_ref(), archive, &name)?;
        }
        if !is_copy(source.as_ref(), archive, &name)? {
            return Err(ArchiveError::Another(segment));
        }
        let (sequence, hash) = image.records.map(|(_, last)| last).zip(image.head).unwrap_or_default();
        let end = Position::new(number, u32::try_from(image.written).unwrap_or(u32::MAX));
        if last.is_none_or(|last| last.0 < number) {
            self.marker.write(&Mark { sequence, end, last: Position::NONE, hash }).map_err(IoFailure::of("write", FILE))?;
            if !mutant!("archive-mark-not-synced") {
                self.marker.sync().map_err(IoFailure::of("sync", FILE))?;
            }
            self.moved = Some(Archived { segment, sequence });
        }
        here.remove(&name).map_err(IoFailure::of("remove", &name))?;
        here.sync_dir().map_err(IoFailure::of("sync", "."))?;
        Ok(Some(Archived { segment, sequence }))
    }

    /// Before anything is erased: what an interrupted move has left in the archive is cleared away, or the move is finished, so that
    /// each segment is in one place; and each must be there.
    ///
    /// # Errors
    /// See [`ArchiveError`]; nothing is lost, and it can be tried again.
    pub fn settle(&mut self) -> Result<(), ArchiveError> {
        let (here, archive) = (self.storage.here.as_ref(), self.storage.archive.as_ref());
        let names = match archive.list() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && self.moved.is_none() => return Ok(()),
            other => other.map_err(ArchiveError::of("list", "."))?,
        };
        for name in names.iter().filter(|name| name.strip_suffix(".tmp").is_some_and(|name| SegmentName::parse(name).is_some())) {
            archive.remove(name).map_err(ArchiveError::of("remove", name))?;
        }
        let moved = self.moved.map_or(0, |moved| moved.segment.0);
        let listed = here.list().map_err(IoFailure::of("list", "."))?;
        for segment in names.iter().filter(|name| listed.contains(name)).filter_map(|name| SegmentName::parse(name)) {
            let name = segment.to_string();
            if segment.0 > moved {
                archive.remove(&name).map_err(ArchiveError::of("remove", &name))?;
                continue;
            }
            let source = here.open(&name, false).map_err(IoFailure::of("open", &name))?;
            if !is_copy(source.as_ref(), archive, &name)? {
                return Err(ArchiveError::Another(segment));
            }
            here.remove(&name).map_err(IoFailure::of("remove", &name))?;
        }
        archive.sync_dir().map_err(ArchiveError::of("sync", "."))?;
        here.sync_dir().map_err(IoFailure::of("sync", "."))?;
        let away = |number: &u32| !names.iter().chain(&listed).any(|name| *name == SegmentName(*number).to_string());
        (1..=moved).find(away).map_or(Ok(()), |away| Err(ArchiveError::Away(SegmentName(away))))
    }

    /// The oldest segment here, if all take more than `keep` bytes.
    fn oldest(&self, keep: u64) -> Result<Option<u32>, IoFailure> {
        let here = self.storage.here.as_ref();
        let listing = Listing::of(here.list().map_err(IoFailure::of("list", "."))?);
        let mut bytes = 0;
        for number in &listing.segments {
            let name = SegmentName(*number).to_string();
            bytes += here.open(&name, false).and_then(|file| file.len()).map_err(IoFailure::of("measure", &name))?;
        }
        Ok(listing.segments.first().copied().filter(|_| bytes > keep))
    }
}

fn there(archive: &dyn Storage, name: &str) -> Result<bool, ArchiveError> {
    match archive.open(name, false) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ArchiveError::of("open", name)(error)),
    }
}

/// Copies a segment into the archive, so that it is there complete or not at all.
fn copy(source: &dyn StorageFile, archive: &dyn Storage, name: &str) -> Result<(), ArchiveError> {
    let temporary = format!("{name}.tmp");
    match archive.remove(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(ArchiveError::of("remove", &temporary)(error)),
        _ => {}
    }
    let write = || {
        let target = archive.create(&temporary).map_err(ArchiveError::of("create", &temporary))?;
        let (mut buffer, mut at) = (vec![0; CHUNK], 0);
        loop {
            let got = read_up_to(source, &mut buffer, at).map_err(IoFailure::of("read", name))?;
            if got == 0 {
                break;
            }
            write_all(target.as_ref(), &buffer[..got], at).map_err(ArchiveError::of("write", &temporary))?;
            at += got as u64;
        }
        if !mutant!("archive-copy-not-synced") {
            target.sync_all().map_err(ArchiveError::of("sync", &temporary))?;
        }
        archive.rename(&temporary, name).map_err(ArchiveError::of("rename", &temporary))?;
        archive.sync_dir().map_err(ArchiveError::of("sync", "."))
    };
    let written = write();
    if written.is_err() {
        // Gives back the space; what is left is removed at the next try anyway.
        let _ = archive.remove(&temporary);
    }
    written
}

/// Whether the archive's file of that name has the same content; its name is made durable, whoever put it there.
fn is_copy(source: &dyn StorageFile, archive: &dyn Storage, name: &str) -> Result<bool, ArchiveError> {
    let target = archive.open(name, false).map_err(ArchiveError::of("open", name))?;
    archive.sync_dir().map_err(ArchiveError::of("sync", "."))?;
    let (mut ours, mut theirs, mut at) = (vec![0; CHUNK], vec![0; CHUNK], 0);
    loop {
        let got = read_up_to(source, &mut ours, at).map_err(IoFailure::of("read", name))?;
        let copied = read_up_to(target.as_ref(), &mut theirs, at).map_err(ArchiveError::of("read", name))?;
        if ours[..got] != theirs[..copied] {
            return Ok(false);
        }
        if got == 0 {
            return Ok(true);
        }
        at += got as u64;
    }
}
