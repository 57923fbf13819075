//! Which actors may be let go: those of closed Work Orders and directory entries, the longest idle first.

use crate::domain::aggregate::Key;
use std::collections::{HashMap, VecDeque};

/// Keys of actors that need not stay, in the order they were last used.
#[derive(Debug, Default)]
pub struct Residency {
    touched: HashMap<Key, u64>,
    order: VecDeque<(u64, Key)>,
    clock: u64,
}

impl Residency {
    /// The actor was used and may be let go some time.
    pub fn touch(&mut self, key: &Key) {
        self.clock += 1;
        self.touched.insert(key.clone(), self.clock);
        self.order.push_back((self.clock, key.clone()));
        // Old places of keys that were touched again are dropped when they come up; this keeps them from piling up.
        if self.order.len() > 64 + 4 * self.touched.len() {
            let touched = &self.touched;
            self.order.retain(|(at, key)| touched.get(key) == Some(at));
        }
    }

    /// The actor must stay (its Work Order is open) or is gone.
    pub fn forget(&mut self, key: &Key) {
        self.touched.remove(key);
    }

    /// The longest idle keys above the number that may stay.
    pub fn surplus(&mut self, keep: usize) -> Vec<Key> {
        let mut out = Vec::new();
        while self.touched.len() > keep
            && let Some((at, key)) = self.order.pop_front()
        {
            if self.touched.get(&key) == Some(&at) {
                self.touched.remove(&key);
                out.push(key);
            }
        }
        out
    }
}
