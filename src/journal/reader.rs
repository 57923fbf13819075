//! Reads single records and runs of records while the writer goes on.
//! Invariant: nothing behind the durable end is ever handed out; every record handed out has its checksum verified.
//! The chain is not checked here; that is for `open` and `verify_chain`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Flaw, IoFailure, JournalError, ReadError};
use super::position::Position;
use super::record::{Checksum, HEADER, Record, length_in_header};
use super::segment::SEGMENT_HEADER;
use super::storage::{Storage, StorageFile, read_up_to};
use super::view::View;

/// Bytes read at first: most records are smaller.
const FIRST_READ: usize = 4096;
/// Readings of one record before it counts as not valid: an erasure may be rewriting it.
const ATTEMPTS: usize = 3;

/// A reader with its own file handle; cheap to clone and to send to another thread.
pub struct Reader {
    storage: Arc<dyn Storage>,
    installation: [u8; 16],
    checksum: Checksum,
    durable_end: Arc<AtomicU64>,
    open: Option<(u32, Arc<dyn StorageFile>)>,
    buffer: Vec<u8>,
}

impl Clone for Reader {
    fn clone(&self) -> Self {
        Reader {
            storage: self.storage.clone(),
            installation: self.installation,
            checksum: self.checksum,
            durable_end: self.durable_end.clone(),
            open: self.open.clone(),
            buffer: Vec::new(),
        }
    }
}

impl Reader {
    pub(super) fn new(storage: Arc<dyn Storage>, installation: [u8; 16], durable_end: Arc<AtomicU64>) -> Self {
        Reader { storage, installation, checksum: Checksum::of(&installation), durable_end, open: None, buffer: Vec::new() }
    }

    /// Where what is durable ends now.
    pub fn end(&self) -> Position {
        Position(self.durable_end.load(Ordering::Acquire))
    }

    pub(super) fn place(&self) -> (&dyn Storage, [u8; 16]) {
        (self.storage.as_ref(), self.installation)
    }

    /// The record at `position`.
    ///
    /// # Errors
    /// `Beyond` if it is not durable yet, `NotARecord` if none starts there, `Io`.
    pub fn read(&mut self, position: Position) -> Result<Record<'_>, ReadError> {
        let end = self.end();
        if position >= end {
            return Err(ReadError::Beyond { position, end });
        }
        if position.segment() == 0 || position.offset() < SEGMENT_HEADER || !position.offset().is_multiple_of(8) {
            let flaw = Flaw::Magic;
            return Err(ReadError::NotARecord { position, flaw });
        }
        let file = self.file(position)?;
        let mut attempt = 1;
        let length = loop {
            let found = self.load(file.as_ref(), position).map_err(IoFailure::of("read", position.file()))?;
            match found {
                Ok(length) => break length,
                Err(_) if attempt < ATTEMPTS => attempt += 1,
                Err(flaw) => return Err(ReadError::NotARecord { position, flaw }),
            }
        };
        Ok(Record::known(position, &self.buffer[..length]))
    }

    fn file(&mut self, position: Position) -> Result<Arc<dyn StorageFile>, IoFailure> {
        match &self.open {
            Some((number, file)) if *number == position.segment() => Ok(file.clone()),
            _ => {
                let name = position.file();
                let file = self.storage.open(&name.to_string(), false).map_err(IoFailure::of("open", name))?;
                let file: Arc<dyn StorageFile> = file.into();
                self.open = Some((position.segment(), file.clone()));
                Ok(file)
            }
        }
    }

    /// Reads the record at `position` into the buffer; its length, or what is wrong.
    fn load(&mut self, file: &dyn StorageFile, position: Position) -> std::io::Result<Result<usize, Flaw>> {
        let offset = u64::from(position.offset());
        self.buffer.resize(FIRST_READ, 0);
        let mut got = read_up_to(file, &mut self.buffer, offset)?;
        if got < HEADER {
            return Ok(Err(Flaw::Empty));
        }
        let length = match length_in_header(&self.buffer[..HEADER], usize::MAX) {
            Ok(length) => length,
            Err(flaw) => return Ok(Err(flaw)),
        };
        if length > got {
            self.buffer.resize(length, 0);
            let rest = &mut self.buffer[got..length];
            got += read_up_to(file, rest, offset + got as u64)?;
        }
        if got < length {
            return Ok(Err(Flaw::Length));
        }
        let bytes = &self.buffer[..length];
        Ok(Record::checked(self.checksum, position, bytes).map(|_| length))
    }

    /// All records from `from` on (`Position::NONE`: from the first) to what is the durable end now.
    ///
    /// # Errors
    /// `Beyond` if `from` lies behind that end.
    pub fn records(&self, from: Position) -> Result<Records, ReadError> {
        let end = self.end();
        if from > end {
            let position = from;
            return Err(ReadError::Beyond { position, end });
        }
        Ok(Records {
            storage: self.storage.clone(),
            installation: self.installation,
            view: None,
            at: from.max(Position::new(1, SEGMENT_HEADER)),
            end,
        })
    }
}

/// Records in order, up to an end that was fixed at the beginning.
pub struct Records {
    storage: Arc<dyn Storage>,
    installation: [u8; 16],
    view: Option<View>,
    at: Position,
    end: Position,
}

impl Records {
    /// The next record, or `None` at the end.
    ///
    /// # Errors
    /// `NotARecord` where a record should be, `Segment` if a segment cannot be used, `Io`.
    #[expect(clippy::should_implement_trait, reason = "each record borrows from this")]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, ReadError> {
        while self.at < self.end {
            let position = self.at;
            let offset = position.offset();
            let mut view = match self.view.take() {
                Some(view) if view.number() == position.segment() => view,
                _ => self.enter(position)?,
            };
            let mut found = view.look(offset)?;
            if found.is_err() {
                found = view.look_again(offset)?;
            }
            match found {
                Ok(length) => {
                    self.at.0 += length as u64;
                    let view = self.view.insert(view);
                    return Ok(Some(view.held(offset, length)));
                }
                Err(Flaw::Empty) if position.segment() < self.end.segment() => {
                    self.at = Position::new(position.segment() + 1, SEGMENT_HEADER);
                }
                Err(flaw) => return Err(ReadError::NotARecord { position, flaw }),
            }
        }
        Ok(None)
    }

    fn enter(&self, position: Position) -> Result<View, ReadError> {
        let (storage, id) = (self.storage.as_ref(), Some(self.installation));
        View::open(storage, position.segment(), id, &[], 0).map_err(|e| match e {
            JournalError::Io(e) => ReadError::Io(e),
            other => ReadError::Segment(Box::new(other)),
        })
    }
}
