//! Removes what was brought and is not wanted: attachments that no step names after a time (`data.keep_unnamed`), and what was begun
//! and not gone on with for as long. Never one that the history names: it is read before anything goes.
//!
//! What fails is told once, and tried again; nobody has to wait for it.

use super::history::HistoryError;
use super::recovery;
use super::shared::Shared;
use crate::domain::erasure::Of;
use crate::domain::time::Timestamp;
use crate::journal::{Position, Reader};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How often it is looked whether something can go.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long what no step names is kept.
#[derive(Debug)]
pub struct Sweeper {
    /// Milliseconds.
    keep: AtomicU64,
    troubled: AtomicBool,
}

/// Why nothing goes.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("an attachment cannot be removed: {0}")]
    Io(#[from] std::io::Error),
}

impl Sweeper {
    /// Keeps it for so long.
    pub fn new(keep: Duration) -> Self {
        Self { keep: millis(keep).into(), troubled: AtomicBool::new(false) }
    }

    /// From now on for so long.
    pub fn set_keep(&self, keep: Duration) {
        self.keep.store(millis(keep), Ordering::Relaxed);
    }

    /// Looks, and removes what may go. Reads the disk.
    fn look(&self, shared: &Shared, now: Timestamp) {
        let before = Timestamp(now.0.saturating_sub_unsigned(self.keep.load(Ordering::Relaxed)));
        let begun = shared.attachments.forget_begun_before(before);
        let swept = sweep(shared, before);
        if swept.is_ok() {
            self.troubled.store(false, Ordering::Relaxed);
        }
        match swept {
            Ok(0) if begun == 0 => {}
            Ok(removed) => tracing::info!(removed, begun, "attachments that no step names were removed"),
            Err(error) if self.troubled.swap(true, Ordering::Relaxed) => tracing::debug!(%error, "attachments that no step names stay"),
            Err(error) => tracing::warn!(%error, "attachments that no step names stay"),
        }
    }
}

fn millis(keep: Duration) -> u64 {
    u64::try_from(keep.as_millis()).unwrap_or(u64::MAX)
}

fn sweep(shared: &Shared, before: Timestamp) -> Result<usize, SweepError> {
    let attachments = &shared.attachments;
    // Whom a call is about to name stays; and nobody begins to while it is looked.
    let mut found = attachments.unnamed_before(before);
    found.retain(|(hash, _)| attachments.let_go(hash));
    let Some(from) = found.iter().map(|(_, from)| *from).min() else { return Ok(0) };
    let hashes: BTreeSet<&str> = found.iter().map(|(hash, _)| hash.as_str()).collect();
    let removed = named_since(&shared.reader, Position(from), &hashes).map_err(SweepError::from).and_then(|named| {
        let mut removed = 0;
        for hash in &hashes {
            if named.contains(*hash) && !mutant!("sweeper-does-not-read") {
                attachments.named(&[(*hash).to_owned()]);
            } else {
                removed += usize::from(attachments.remove(hash)?);
            }
        }
        Ok(removed)
    });
    hashes.iter().for_each(|hash| attachments.stay(hash));
    removed
}

/// Which of these attachments a step names that begins behind a place of the journal, and whose name was not erased.
///
/// # Errors
/// The journal cannot be read.
pub(super) fn named_since(reader: &Reader, from: Position, hashes: &BTreeSet<&str>) -> Result<BTreeSet<String>, HistoryError> {
    let mut named = BTreeSet::new();
    let mut records = reader.records(from)?;
    while let Some(record) = records.next()? {
        let (_, mut step) = recovery::step_of(&record)?;
        for event in &mut step.events {
            event.personal(&mut |of, name| {
                if let Of::File(hash) = of
                    && hashes.contains(hash)
                    && name.0.is_some()
                {
                    named.insert(hash.to_owned());
                }
            });
        }
    }
    Ok(named)
}

/// Looks again and again, for ever.
pub async fn run(shared: Arc<Shared>) {
    let mut pulse = tokio::time::interval(LOOK_EVERY);
    pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        pulse.tick().await;
        let shared = Arc::clone(&shared);
        // It does not panic; if it did, the next look would come all the same.
        let _ = tokio::task::spawn_blocking(move || shared.sweeper.look(&shared, shared.clock.now())).await;
    }
}
