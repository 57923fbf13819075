//! How much room the disk of the data folder has. While less is free than the reserve (`data.reserve_mib`), people's steps are
//! refused and timers and mails wait; everything can be read, and what was under way comes to its end: the reserve is for that,
//! for the store, which follows behind, and for what other programs write in between.
//!
//! Looked at every second, after each batch of the store and before each new segment, not for each step.

use super::shared::Shared;
use crate::engine::cell::Refusal;
use crate::engine::room::is_scarce;
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked at when nothing is written.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// A row takes more in the store than its own bytes: pages are written anew, old ones go later.
const STORE_FACTOR: u64 = 2;

/// The room there is, and whether it is enough.
#[derive(Debug)]
pub struct Room {
    folder: File,
    /// Bytes; 0: nothing is kept free.
    reserve: AtomicU64,
    /// Size of one segment of the journal, in bytes.
    segment: u64,
    /// The next segment is wanted and there was no room for it above the reserve.
    segment_waits: AtomicBool,
    /// The next segment was tried and there was no room after all: of files, of a quota, or another program took it.
    segment_failed: AtomicBool,
    /// Bytes that were free when it was looked at last.
    free: AtomicU64,
    scarce: watch::Sender<bool>,
}

/// The room as the status tells it, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    pub free: u64,
    pub reserve: u64,
    /// No new steps are taken.
    pub scarce: bool,
}

impl Room {
    /// Of a data folder.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn new(data: &Path, reserve: u64, segment_bytes: u32) -> io::Result<Self> {
        Ok(Self {
            folder: File::open(data)?,
            reserve: reserve.into(),
            segment: segment_bytes.into(),
            segment_waits: AtomicBool::new(false),
            segment_failed: AtomicBool::new(false),
            free: AtomicU64::new(u64::MAX),
            scarce: watch::Sender::new(false),
        })
    }

    /// As it was when it was looked at last.
    pub fn space(&self) -> Space {
        Space { free: self.free.load(Ordering::Relaxed), reserve: self.reserve.load(Ordering::Relaxed), scarce: *self.scarce.borrow() }
    }

    /// The refusal of a new step, while there must be none.
    pub fn refusal(&self) -> Option<Refusal> {
        if !*self.scarce.borrow() {
            return None;
        }
        let Space { free, reserve, .. } = self.space();
        Some(Refusal::DiskNearlyFull { free, reserve })
    }

    /// Returns as soon as there is room.
    pub async fn wait(&self) {
        // The sender lives as long as this.
        let _ = self.scarce.subscribe().wait_for(|scarce| !scarce).await;
    }

    /// Looks at the disk and tells whether the bytes that are free are enough; `owed`: bytes that are promised to the store and not in
    /// it yet.
    fn look(&self, owed: u64) -> bool {
        match rustix::fs::fstatvfs(&self.folder) {
            Ok(found) => self.free.store(found.f_bavail.saturating_mul(found.f_frsize), Ordering::Relaxed),
            // What was found last stands: a disk that does not tell is no reason to refuse work.
            Err(error) => tracing::debug!(%error, "how much of the disk is free cannot be found out"),
        }
        let free = self.free.load(Ordering::Relaxed);
        let reserve = self.reserve.load(Ordering::Relaxed);
        let more = if self.segment_waits.load(Ordering::Acquire) { self.segment } else { 0 };
        let failed = self.segment_failed.load(Ordering::Acquire);
        let enough = !is_scarce(*self.scarce.borrow(), free.saturating_sub(owed), reserve, more);
        self.scarce.send_if_modified(|scarce| {
            let now = !enough || failed;
            let changed = now != *scarce;
            let (free_mib, reserve_mib) = (free >> 20, reserve >> 20);
            match (changed, now) {
                (true, true) => tracing::warn!(
                    free_mib,
                    reserve_mib,
                    "the disk is nearly full: no new steps are taken until there is room; reading goes on"
                ),
                (true, false) => tracing::info!(free_mib, reserve_mib, "there is room on the disk again: steps are taken"),
                (false, _) => {}
            }
            *scarce = now;
            changed
        });
        enough
    }
}

impl Shared {
    /// Looks at the disk now.
    pub fn look_at_room(&self) {
        let enough = self.room.look(self.owed());
        let wanted = self.room.segment_waits.load(Ordering::Acquire) || self.room.segment_failed.load(Ordering::Acquire);
        if enough && wanted {
            self.writer.make_segment();
        }
    }

    /// The next segment could not be made, or now it could: no steps are taken in between. It is tried again whenever it is looked.
    pub fn segment_failed(&self, failed: bool) {
        let failed = failed && self.room.reserve.load(Ordering::Relaxed) > 0;
        if self.room.segment_failed.swap(failed, Ordering::AcqRel) != failed {
            self.room.look(self.owed());
        }
    }

    /// Bytes that are promised to the store and not in it yet.
    fn owed(&self) -> u64 {
        self.pending().bytes() as u64 * STORE_FACTOR
    }

    /// Whether a segment can be made without the reserve; if not, steps are refused until one can.
    pub fn room_for_segment(&self) -> bool {
        let room = &self.room;
        // Scarce or not is judged as if it were missing.
        room.segment_waits.store(room.reserve.load(Ordering::Relaxed) > 0, Ordering::Release);
        let fits = room.look(self.owed());
        if fits {
            room.segment_waits.store(false, Ordering::Release);
        }
        fits
    }

    /// From now on so many bytes are kept free; 0: none.
    pub fn set_reserve(&self, bytes: u64) {
        self.room.reserve.store(bytes, Ordering::Relaxed);
        if bytes == 0 {
            // Without a reserve the journal itself finds out, when it needs the segment.
            self.room.segment_failed.store(false, Ordering::Release);
        }
        self.look_at_room();
    }
}

/// Looks again and again, for ever.
pub async fn run(shared: Arc<Shared>) {
    let mut pulse = tokio::time::interval(LOOK_EVERY);
    pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
        shared.look_at_room();
    }
}
