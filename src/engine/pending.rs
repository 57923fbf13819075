//! What is durable in the journal but not in the store yet: by key, the newest wins. Loads read through it.
//!
//! Bounded: a store that cannot keep up slows new steps down, it does not make memory grow. A batch says through which record the
//! store is complete once the batch is in: everything before the first record that is announced and not put yet.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Rows by key bytes.
pub type Rows = HashMap<Box<[u8]>, Arc<[u8]>>;

/// Most rows that may wait before new steps are slowed down.
pub const ROWS_MAX: usize = 100_000;
/// Most bytes that may wait before new steps are slowed down.
pub const BYTES_MAX: usize = 256 << 20;

/// A place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    pub sequence: u64,
    pub position: u64,
}

/// A batch on its way to the store.
#[derive(Debug, Clone)]
pub struct Batch {
    pub rows: Arc<Rows>,
    /// The store is complete through this record once the batch is in.
    pub through: Place,
}

/// Waiting rows, and the batch that is being applied.
#[derive(Debug, Default)]
pub struct Pending {
    waiting: Rows,
    bytes: usize,
    /// Bytes of the batch that is being applied.
    bytes_applying: usize,
    /// Records that are durable and whose rows have not been put yet.
    announced: BTreeMap<u64, u64>,
    /// The last record before the first announced one.
    complete: Place,
    newest: Place,
    applying: Option<Batch>,
    applied: Place,
}

impl Pending {
    /// Begins where the store is complete.
    pub fn starting_at(place: Place) -> Self {
        Self { complete: place, newest: place, applied: place, ..Self::default() }
    }

    /// A record is durable; its row will be put.
    pub fn announce(&mut self, place: Place) {
        self.announced.insert(place.sequence, place.position);
        self.newest = self.newest.max(place);
    }

    /// Takes the row of an announced record in.
    pub fn put(&mut self, key: &[u8], row: Arc<[u8]>, place: Place) {
        self.bytes += row.len();
        if let Some(old) = self.waiting.insert(key.into(), row) {
            self.bytes -= old.len();
        }
        self.announced.remove(&place.sequence);
        self.complete = match self.announced.first_key_value() {
            // The record before it is complete; reading on from there passes a few records twice, which does no harm.
            Some((first, _)) if *first <= place.sequence && !mutant!("store-claims-too-much") => self.complete,
            Some(_) => self.complete.max(place),
            None => self.newest,
        };
    }

    /// The newest row of a key that is not in the store yet.
    pub fn get(&self, key: &[u8]) -> Option<Arc<[u8]>> {
        if mutant!("load-past-pending") {
            return None;
        }
        self.waiting.get(key).or_else(|| self.applying.as_ref()?.rows.get(key)).cloned()
    }

    /// Takes everything that waits as one batch; none if nothing waits or a batch is being applied.
    pub fn begin(&mut self) -> Option<Batch> {
        if self.waiting.is_empty() || self.applying.is_some() {
            return None;
        }
        self.bytes_applying = std::mem::take(&mut self.bytes);
        let batch = Batch { rows: Arc::new(std::mem::take(&mut self.waiting)), through: self.complete };
        self.applying = Some(batch.clone());
        Some(batch)
    }

    /// The batch is in the store.
    pub fn applied(&mut self) {
        if let Some(batch) = self.applying.take() {
            self.applied = batch.through;
            self.bytes_applying = 0;
        }
    }

    /// The store is complete through this record.
    pub fn applied_through(&self) -> Place {
        self.applied
    }

    /// Bytes of rows that are not in the store yet.
    pub fn bytes(&self) -> usize {
        self.bytes + self.bytes_applying
    }

    /// Whether new steps must wait for the store.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= ROWS_MAX || self.bytes >= BYTES_MAX
    }

    /// Whether everything is in the store.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.applying.is_none() && self.announced.is_empty()
    }

    /// Whether there are rows that are not in the store yet.
    pub fn has_rows(&self) -> bool {
        !self.waiting.is_empty() || self.applying.is_some()
    }

    /// Rows that are not in the store yet.
    pub fn len(&self) -> usize {
        self.waiting.len() + self.applying.as_ref().map_or(0, |b| b.rows.len())
    }
}
