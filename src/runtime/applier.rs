//! The applier: one thread brings what is durable in the journal into sled, in batches, and makes checkpoints. Where somebody is erased,
//! it writes the store anew.

use super::shared::Shared;
use crate::store::{Rewrite, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::oneshot;

/// How often a checkpoint is made while there is something new.
const CHECKPOINT_EVERY_MS: u64 = 30_000;

/// Rows gather for so long between batches, unless there are many already.
const GATHER: Duration = Duration::from_millis(100);
const GATHER_BELOW: usize = 20_000;

/// Runs until told to stop and everything is in the store; then makes a last checkpoint.
pub fn run(store: Store, shared: &Arc<Shared>, stop: &AtomicBool) {
    if let Err(error) = work(store, shared, stop) {
        fail(shared, &error);
    }
}

fn work(mut store: Store, shared: &Arc<Shared>, stop: &AtomicBool) -> Result<(), StoreError> {
    let mut last_checkpoint = shared.clock.uptime_ms();
    let mut dirty = false;
    let mut rewrite: Option<(Rewrite, oneshot::Sender<()>)> = None;
    loop {
        shared.counters.applier_seen.store(shared.clock.uptime_ms(), Ordering::Relaxed);
        if let Some(wanted) = shared.rewrite_wanted() {
            rewrite = Some((store.begin_rewrite()?, wanted));
        }
        let patience = if rewrite.is_some() { Duration::ZERO } else { Duration::from_millis(200) };
        let batch = shared.wait_for_rows(patience).begin();
        if let Some(batch) = batch {
            let rows = || batch.rows.iter().map(|(key, row)| (&**key, &**row));
            let read_from = shared.views.delivery().oldest_position().unwrap_or(0);
            let through = (batch.through.sequence, batch.through.position);
            store.apply(rows(), through, read_from)?;
            if let Some((rewrite, _)) = &mut rewrite {
                rewrite.apply(rows(), through, read_from)?;
            }
            shared.pending().applied();
            shared.look_at_room();
            dirty = true;
            // Several steps of one Work Order within a moment become one row; and the disk is the journal's first.
            if rewrite.is_none() && !stop.load(Ordering::Acquire) && shared.pending().len() < GATHER_BELOW {
                std::thread::sleep(GATHER);
            }
        } else if stop.load(Ordering::Acquire) && shared.pending().is_empty() {
            break;
        }
        if let Some((mut next, wanted)) = rewrite.take_if(|_| !stop.load(Ordering::Acquire)) {
            if next.copy_some(&store)? {
                store = next.finish(store)?;
                // Whoever asked may have gone.
                let _ = wanted.send(());
            } else {
                rewrite = Some((next, wanted));
            }
        }
        if dirty && shared.clock.uptime_ms() - last_checkpoint > CHECKPOINT_EVERY_MS {
            store.checkpoint()?;
            last_checkpoint = shared.clock.uptime_ms();
            dirty = false;
        }
    }
    if let Some((rewrite, _)) = rewrite {
        rewrite.give_up();
    }
    store.checkpoint()
}

/// sled does not recover within a process: stop, and let the next start replay or rebuild. Nothing is lost.
fn fail(shared: &Shared, error: &StoreError) {
    // No timer is to blame.
    shared.marker.close();
    tracing::error!(%error, "the store cannot be written; stopping, the journal has everything and the next start goes on from it");
    std::process::exit(super::writer::EXIT_JOURNAL);
}
