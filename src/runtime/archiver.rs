//! Moves old segments of the journal into its archive, so that no more of them than `data.journal_keep_mib` stays where steps are
//! written. A segment goes when the store has everything of it and no message of it is unsent, so that a start does without it.
//!
//! What fails is told once, in log and status, and tried again; nobody has to wait for it.

use super::shared::Shared;
use crate::journal::{Archive, ArchiveError, Archived, Position, Reader, RealStorage, WithArchive, archive_of};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often it is looked whether something can go.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What moves the segments.
pub struct Archiver {
    storage: Arc<WithArchive>,
    folder: std::path::PathBuf,
    reader: Reader,
    /// Bytes of segments that stay; 0: nothing is moved.
    keep: AtomicU64,
    state: Mutex<State>,
    /// One look at a time.
    archive: Mutex<Option<Archive>>,
}

/// How it stands with the archive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// How far segments were moved.
    pub moved: Option<Archived>,
    /// Why it does not go on.
    pub problem: Option<String>,
}

/// As long as it is there, nothing moves.
pub struct Still<'a>(#[expect(dead_code, reason = "held, not looked at")] MutexGuard<'a, Option<Archive>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Archiver {
    /// Of a data folder, as the start found it.
    pub fn new(data: &Path, storage: Arc<WithArchive>, reader: Reader, keep: u64, moved: Option<Archived>) -> Self {
        let state = Mutex::new(State { moved, problem: None });
        Self { storage, folder: archive_of(data), reader, keep: keep.into(), state, archive: Mutex::default() }
    }

    /// How it stands.
    pub fn state(&self) -> State {
        lock(&self.state).clone()
    }

    /// From now on so many bytes of segments stay; 0: nothing is moved.
    pub fn set_keep(&self, bytes: u64) {
        self.keep.store(bytes, Ordering::Relaxed);
    }

    /// Moves what may go; `limit`: the first segment that may not. Blocks as long as the disks take.
    fn look(&self, limit: u32) {
        let keep = self.keep.load(Ordering::Relaxed);
        if keep == 0 {
            lock(&self.state).problem = None;
            return;
        }
        let moved = self.move_all(keep, limit);
        let mut state = lock(&self.state);
        let problem = moved.err().map(|error| error.to_string());
        if let Some(problem) = problem.as_ref().filter(|problem| state.problem.as_ref() != Some(problem)) {
            tracing::warn!(%problem, "old segments of the journal stay where they are");
        } else if problem.is_none() && state.problem.is_some() {
            tracing::info!("old segments of the journal are moved again");
        }
        state.problem = problem;
    }

    fn move_all(&self, keep: u64, limit: u32) -> Result<(), ArchiveError> {
        let mut archive = lock(&self.archive);
        if archive.is_none() {
            *archive = Some(self.open()?);
        }
        while let Some(archive) = archive.as_mut().filter(|_| self.keep.load(Ordering::Relaxed) == keep)
            && let Some(moved) = archive.move_oldest(keep, limit)?
        {
            tracing::info!(segment = %moved.segment, through = moved.sequence, "a segment of the journal was moved to the archive");
            lock(&self.state).moved = archive.moved();
        }
        Ok(())
    }

    /// Nothing moves as long as what this gives is there, and each segment is in one place.
    ///
    /// # Errors
    /// The archive is away, or a folder fails.
    pub fn hold_still(&self) -> Result<Still<'_>, ArchiveError> {
        let mut archive = lock(&self.archive);
        if lock(&self.state).moved.is_some() || self.folder.exists() {
            let open = match archive.as_mut() {
                Some(open) => open,
                None => archive.insert(self.open()?),
            };
            open.settle()?;
        }
        Ok(Still(archive))
    }

    fn open(&self) -> Result<Archive, ArchiveError> {
        // Not anew where there was one: then its disk is away.
        if lock(&self.state).moved.is_none() {
            // As private as the journal.
            match std::fs::DirBuilder::new().mode(0o700).create(&self.folder) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(ArchiveError::Archive { action: "make", file: ".".into(), source: error });
                }
                _ => {}
            }
            RealStorage::new(&self.folder).map_err(|source| ArchiveError::Archive { action: "use", file: ".".into(), source })?;
        }
        Ok(Archive::open(Arc::clone(&self.storage), self.reader.clone())?)
    }
}

impl Shared {
    /// The first segment that a start may need, with one to spare: a power cut may take back the store's last moments.
    fn needed_from(&self) -> u32 {
        let applied = self.pending().applied_through().position;
        let unsent = self.views.delivery().oldest_position().unwrap_or(u64::MAX);
        Position(applied.min(unsent)).segment().saturating_sub(1)
    }
}

/// Looks again and again, for ever.
pub async fn run(shared: Arc<Shared>) {
    let mut pulse = tokio::time::interval(LOOK_EVERY);
    pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
        let shared = Arc::clone(&shared);
        // It does not panic; if it did, the next look would come all the same.
        let _ = tokio::task::spawn_blocking(move || shared.archiver.look(shared.needed_from())).await;
    }
}
