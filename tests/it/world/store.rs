//! A simulated store: rows by key that can be rebuilt, checkpointed now and then.
//!
//! Invariant: a crash leaves it as it was after some batch not older than the last checkpoint, with that batch's meta. It may
//! also be gone, or have lost or aged a row, which its own sums show at the end of a scan, as those of the real one do.

use std::collections::BTreeMap;
use std::sync::Arc;
use workorderd::engine::pending::{Batch, Place};

type Rows = BTreeMap<Box<[u8]>, Arc<[u8]>>;

/// The store with what it says of itself.
#[derive(Debug, Default, Clone)]
pub struct Image {
    rows: Rows,
    pub applied: Place,
    pub read_from: u64,
    /// Its rows are not those its sums were made of.
    pub broken: bool,
}

/// What is applied, and what a crash may leave of it.
#[derive(Debug, Default)]
pub struct SimStore {
    now: Image,
    /// The last checkpoint and every state since, oldest first.
    since: Vec<Image>,
}

/// What the end of the process did to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Kept,
    Reverted,
    Lost,
    RowLost,
    RowAged,
}

impl Image {
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.rows.get(key).map(|row| row.to_vec())
    }

    pub fn rows(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.rows.iter().map(|(key, row)| (&**key, &**row))
    }
}

impl SimStore {
    pub fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.now.get(key)
    }

    /// Applies a batch whole, as one.
    pub fn apply(&mut self, batch: &Batch, read_from: u64) {
        if self.since.is_empty() {
            self.since.push(Image::default());
        }
        for (key, row) in batch.rows.iter() {
            self.now.rows.insert(key.clone(), Arc::clone(row));
        }
        assert!(batch.through >= self.now.applied, "the store never goes back");
        self.now.applied = batch.through;
        self.now.read_from = read_from;
        self.since.push(self.now.clone());
    }

    /// Everything applied so far is durable.
    pub fn checkpoint(&mut self) {
        self.since = vec![self.now.clone()];
    }

    /// The process or the machine ended.
    pub fn crash(&mut self, rng: &mut fastrand::Rng) -> Fate {
        let fate = match rng.u32(..20) {
            0..8 => Fate::Kept,
            8..16 => Fate::Reverted,
            16 => Fate::Lost,
            17 | 18 => Fate::RowLost,
            _ => Fate::RowAged,
        };
        if fate != Fate::Kept && !self.since.is_empty() {
            self.now = self.since[rng.usize(..self.since.len())].clone();
        }
        let names: Vec<_> = self.now.rows.keys().cloned().collect();
        match fate {
            Fate::Lost => self.now = Image::default(),
            Fate::RowLost if !names.is_empty() => {
                self.now.rows.remove(&names[rng.usize(..names.len())]);
                self.now.broken = true;
            }
            Fate::RowAged if !names.is_empty() => {
                let name = &names[rng.usize(..names.len())];
                let old = self.since.iter().find_map(|image| image.rows.get(name)).filter(|old| Some(*old) != self.now.rows.get(name));
                if let Some(old) = old {
                    self.now.rows.insert(name.clone(), Arc::clone(old));
                    self.now.broken = true;
                }
            }
            Fate::Kept | Fate::Reverted | Fate::RowLost | Fate::RowAged => {}
        }
        self.since = vec![self.now.clone()];
        fate
    }

    /// Moved aside: a new one begins.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What a start finds.
    pub fn image(&self) -> &Image {
        &self.now
    }
}
