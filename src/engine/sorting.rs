//! In which order a list comes, and from where its next page goes on.

use super::columns::{Columns, Shared};
use crate::domain::ids::WorkOrderId;
use crate::domain::time::Timestamp;
use crate::domain::work_order::state::{Priority, words};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::str::FromStr;

words!(
    /// In which order a list comes.
    Sort {
        /// As they came, the last one first.
        Newest = "newest",
        Oldest = "oldest",
        /// The most urgent first, of equals the newest.
        Priority = "priority",
        /// Those that took a step last first.
        Changed = "changed",
    }
);

/// Behind which line a page goes on: by what it was sorted then, so that a page is right even if that one has moved since.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// Of the line, where it is sorted by something that changes; else 0.
    pub key: u64,
    pub id: WorkOrderId,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key == 0 { write!(f, "{}", self.id) } else { write!(f, "{:x}.{}", self.key, self.id) }
    }
}

impl FromStr for Cursor {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, id) = text.split_once('.').unwrap_or(("0", text));
        Ok(Self { key: u64::from_str_radix(key, 16)?, id: WorkOrderId(u128::from_str_radix(id, 16)?) })
    }
}

/// When each place was created, and the record that changed it last.
#[derive(Debug, Default)]
pub struct Times {
    created: Vec<Timestamp>,
    changed: Vec<u64>,
    /// A clock was set back: the later place is not always the later time.
    mixed: bool,
}

impl Times {
    /// A Work Order at its place, the next one or one that is there, took this step.
    pub fn put(&mut self, place: u32, created: Timestamp, sequence: u64) {
        match self.changed.get_mut(place as usize) {
            Some(changed) => *changed = sequence,
            None => {
                self.mixed |= self.created.last().is_some_and(|last| *last > created);
                self.created.push(created);
                self.changed.push(sequence);
            }
        }
    }

    /// The places created from a time on, and before another.
    pub fn created_within(&self, from: Option<Timestamp>, until: Option<Timestamp>) -> RoaringBitmap {
        let (from, until) = (from.unwrap_or(Timestamp(i64::MIN)), until.unwrap_or(Timestamp(i64::MAX)));
        let mut found = RoaringBitmap::new();
        if self.mixed {
            let within = (0..).zip(&self.created).filter(|(_, at)| (from..until).contains(at)).map(|(place, _)| place);
            found.extend(within);
        } else {
            let before = |time: Timestamp| self.created.partition_point(|at| *at < time) as u32;
            found.insert_range(before(from)..before(until));
        }
        found
    }

    /// What a place is sorted by besides its place.
    pub fn key(&self, sort: Sort, place: u32, columns: &Columns) -> u64 {
        match sort {
            Sort::Newest | Sort::Oldest => 0,
            Sort::Priority => {
                let has = |p: &Priority| columns.having(&Shared::Priority(*p)).is_some_and(|places| places.contains(place));
                Priority::ALL.into_iter().find(has).map_or(0, rank)
            }
            Sort::Changed => self.changed.get(place as usize).copied().unwrap_or(0),
        }
    }

    /// The places of a page in its order, out of those that match; and whether there are more. `behind`: key and place of the line that
    /// the page before it ended with.
    pub fn page(
        &self,
        mut matching: RoaringBitmap,
        sort: Sort,
        behind: Option<(u64, u32)>,
        most: usize,
        columns: &Columns,
    ) -> (Vec<u32>, bool) {
        match sort {
            Sort::Newest => {
                if let Some((_, place)) = behind {
                    matching.remove_range(place..);
                }
                (matching.iter().rev().take(most).collect(), matching.len() > most as u64)
            }
            Sort::Oldest => {
                if let Some((_, place)) = behind {
                    matching.remove_range(..=place);
                }
                (matching.iter().take(most).collect(), matching.len() > most as u64)
            }
            Sort::Priority => {
                let (mut page, mut more) = (Vec::new(), false);
                for priority in Priority::ALL.into_iter().rev() {
                    let Some(places) = columns.having(&Shared::Priority(priority)) else { continue };
                    if behind.is_some_and(|(key, _)| rank(priority) > key) {
                        continue;
                    }
                    let mut places = places & &matching;
                    if let Some((_, place)) = behind.filter(|(key, _)| *key == rank(priority)) {
                        places.remove_range(place..);
                    }
                    let room = most - page.len();
                    page.extend(places.iter().rev().take(room));
                    more |= places.len() > room as u64;
                }
                (page, more)
            }
            Sort::Changed => {
                // The newest `most` and one more, the oldest of them on top.
                let most = most.min(matching.len() as usize);
                let mut newest = BinaryHeap::with_capacity(most + 2);
                let limit = behind.unwrap_or((u64::MAX, u32::MAX));
                for place in &matching {
                    let key = (self.changed.get(place as usize).copied().unwrap_or(0), place);
                    if key >= limit || (newest.len() > most && newest.peek().is_some_and(|Reverse(oldest)| key < *oldest)) {
                        continue;
                    }
                    newest.push(Reverse(key));
                    if newest.len() > most + 1 {
                        newest.pop();
                    }
                }
                let mut page: Vec<u32> = newest.into_sorted_vec().into_iter().map(|Reverse((_, place))| place).collect();
                let more = page.len() > most;
                page.truncate(most);
                (page, more)
            }
        }
    }
}

/// Never 0, which stands for no key.
fn rank(priority: Priority) -> u64 {
    priority as u64 + 1
}
