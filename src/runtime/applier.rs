//! The applier: one thread brings what is durable in the journal into sled, in batches, and makes checkpoints.

use super::shared::Shared;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a checkpoint is made while there is something new.
const CHECKPOINT_EVERY_MS: u64 = 30_000;

/// Rows gather for so long between batches, unless there are many already.
const GATHER: Duration = Duration::from_millis(100);
const GATHER_BELOW: usize = 20_000;

/// Runs until told to stop and everything is in the store; then makes a last checkpoint.
pub fn run(mut store: Store, shared: &Arc<Shared>, stop: &AtomicBool) {
    let mut last_checkpoint = shared.clock.uptime_ms();
    let mut dirty = false;
    loop {
        shared.counters.applier_seen.store(shared.clock.uptime_ms(), Ordering::Relaxed);
        let batch = shared.wait_for_rows(Duration::from_millis(200)).begin();
        if let Some(batch) = batch {
            let rows = batch.rows.iter().map(|(key, row)| (&**key, &**row));
            let read_from = shared.views.delivery().oldest_position().unwrap_or(0);
            if let Err(error) = store.apply(rows, (batch.through.sequence, batch.through.position), read_from) {
                return fail(shared, &error);
            }
            shared.pending().applied();
            shared.look_at_room();
            dirty = true;
            // Several steps of one Work Order within a moment become one row; and the disk is the journal's first.
            if !stop.load(Ordering::Acquire) && shared.pending().len() < GATHER_BELOW {
                std::thread::sleep(GATHER);
            }
        } else if stop.load(Ordering::Acquire) && shared.pending().is_empty() {
            break;
        }
        if dirty && shared.clock.uptime_ms() - last_checkpoint > CHECKPOINT_EVERY_MS {
            if let Err(error) = store.checkpoint() {
                return fail(shared, &error);
            }
            last_checkpoint = shared.clock.uptime_ms();
            dirty = false;
        }
    }
    if let Err(error) = store.checkpoint() {
        fail(shared, &error);
    }
}

/// sled does not recover within a process: stop, and let the next start replay or rebuild. Nothing is lost.
fn fail(shared: &Shared, error: &StoreError) {
    // No timer is to blame.
    shared.marker.close();
    tracing::error!(%error, "the store cannot be written; stopping, the journal has everything and the next start goes on from it");
    std::process::exit(super::writer::EXIT_JOURNAL);
}
