//! Makes segments: zero-filled and synced under a temporary name, then renamed, then the folder synced.
//! Invariant: a segment appears under its final name complete or not at all, and is never replaced, also when the
//! writer and a helper thread make the same one at the same time.
//! When to prepare is left to `Journal::wants_next` and its caller.

use std::io;
use std::sync::Arc;

use super::error::IoFailure;
use super::position::SegmentName;
use super::segment::SegmentHeader;
use super::storage::{Storage, StorageFile, write_all, write_zeros};

/// The making of the next segment, to be run on any thread.
#[must_use = "the next segment is only made by `run`"]
pub struct Preparation {
    pub(super) storage: Arc<dyn Storage>,
    pub(super) header: SegmentHeader,
    /// Makes the temporary name different from the writer's own.
    pub(super) helper: bool,
}

/// A segment that is ready; hand it to `Journal::adopt`.
pub struct Prepared {
    pub(super) header: SegmentHeader,
    pub(super) file: Box<dyn StorageFile>,
}

impl Preparation {
    /// Writes, syncs and names the segment. Takes as long as the disk needs for `segment_bytes`.
    ///
    /// # Errors
    /// The disk failed. What was made is removed; the journal goes on and makes the segment itself when it needs it.
    pub fn run(self) -> Result<Prepared, IoFailure> {
        let kind = if self.helper { "ahead" } else { "now" };
        let temporary = format!("{:08}.{kind}.tmp", self.header.number);
        let made = self.make(&temporary);
        if made.is_err() {
            // Gives back the space; a leftover is removed at the next open anyway.
            let _ = self.storage.remove(&temporary);
        }
        made
    }

    fn make(&self, temporary: &str) -> Result<Prepared, IoFailure> {
        let name = SegmentName(self.header.number).to_string();
        let storage = self.storage.as_ref();
        let file = storage.create(temporary).map_err(IoFailure::of("create", temporary))?;
        write_zeros(file.as_ref(), 0, self.header.size.into(), self.helper)
            .and_then(|()| write_all(file.as_ref(), &self.header.encode(), 0))
            .map_err(IoFailure::of("write", temporary))?;
        if !mutant!("segment-not-synced") {
            file.sync_all().map_err(IoFailure::of("sync", temporary))?;
        }
        let file = match storage.rename(temporary, &name) {
            Ok(()) => file,
            // The other thread was faster; its file is as good.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                storage.remove(temporary).map_err(IoFailure::of("remove", temporary))?;
                storage.open(&name, true).map_err(IoFailure::of("open", &name))?
            }
            Err(e) => return Err(IoFailure::of("rename", temporary)(e)),
        };
        if !mutant!("folder-not-synced") {
            storage.sync_dir().map_err(IoFailure::of("sync", "."))?;
        }
        let header = self.header;
        Ok(Prepared { header, file })
    }
}
