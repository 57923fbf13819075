//! Timers of all Work Orders in one ordered set, a function of their states (PRC-4).
//!
//! A due entry is lent out and comes back only if firing it failed; otherwise the state's change decides what is set.

use crate::domain::ids::WorkOrderId;
use crate::domain::time::Timestamp;
use crate::domain::work_order::deadline::Deadline;
use std::collections::{BTreeSet, HashMap};

/// One timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    pub due: Timestamp,
    pub order: WorkOrderId,
    pub deadline: Deadline,
}

/// How often firing may fail before a timer is parked and shown.
pub const FAILURES_MAX: u32 = 5;

/// The set.
#[derive(Debug, Default)]
pub struct Schedule {
    set: BTreeSet<Timer>,
    lent: HashMap<Timer, ()>,
    failures: HashMap<Timer, u32>,
    parked: Vec<Timer>,
    /// Fired, and fired for nothing because the state had moved on.
    pub fired: u64,
    pub stale: u64,
}

impl Schedule {
    /// Follows a change of deadlines from before a step to after it.
    pub fn change(&mut self, order: WorkOrderId, before: &[(Timestamp, Deadline)], after: &[(Timestamp, Deadline)]) {
        for &(due, deadline) in before.iter().filter(|d| !after.contains(d)) {
            let timer = Timer { due, order, deadline };
            self.set.remove(&timer);
            self.lent.remove(&timer);
            self.failures.remove(&timer);
        }
        for &(due, deadline) in after.iter().filter(|d| !before.contains(d)) {
            self.set.insert(Timer { due, order, deadline });
        }
    }

    /// Lends out up to `most` timers that are due, in order of due time.
    pub fn take_due(&mut self, now: Timestamp, most: usize) -> Vec<Timer> {
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(first) = self.set.first().copied()
            && first.due <= now
        {
            self.set.remove(&first);
            self.lent.insert(first, ());
            taken.push(first);
        }
        taken
    }

    /// Firing is over: it was recorded, or the state said that it does not apply. If the state still has it then, it was only
    /// not its time (the clock was set back meanwhile): it stays set.
    pub fn settled(&mut self, timer: Timer, stale: bool) {
        self.fired += 1;
        self.stale += u64::from(stale);
        if stale {
            self.failed(timer);
        } else {
            self.lent.remove(&timer);
        }
    }

    /// Firing failed before it was recorded: it is due again, or parked if it fails again and again.
    pub fn failed(&mut self, timer: Timer) {
        if self.lent.remove(&timer).is_none() {
            return;
        }
        let failures = self.failures.entry(timer).or_insert(0);
        *failures += 1;
        if *failures >= FAILURES_MAX {
            self.failures.remove(&timer);
            self.parked.push(timer);
        } else {
            self.set.insert(timer);
        }
    }

    /// Firing did not come about, because the daemon was busy: it is due again. That is no failure of the timer.
    pub fn again(&mut self, timer: Timer) {
        if self.lent.remove(&timer).is_some() {
            self.set.insert(timer);
        }
    }

    /// When the next timer is due.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.set.first().map(|t| t.due)
    }

    /// How many timers are set.
    pub fn len(&self) -> usize {
        self.set.len() + self.lent.len()
    }

    /// Whether no timer is set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Timers that failed again and again; an admin must look.
    pub fn parked(&self) -> &[Timer] {
        &self.parked
    }

    /// Every timer that is set or lent out, in no order.
    pub fn all(&self) -> impl Iterator<Item = Timer> + '_ {
        self.set.iter().copied().chain(self.lent.keys().copied())
    }
}
