//! Timers of all Work Orders in one ordered set, a function of their states (PRC-4); and those of contacts' mails with a link to sign in.
//!
//! A due entry is lent out and comes back only if firing it failed; otherwise the state's change decides what is set.
//! Auto-completions stand apart, so that they can wait while the clock is doubted (see `clock_guard`) and nothing else does.

use crate::domain::ids::{TerminalUserId, WorkOrderId};
use crate::domain::time::Timestamp;
use crate::domain::work_order::deadline::Deadline;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

/// What a timer belongs to: a Work Order, or a contact in the portal; which of the two, the deadline tells. One number, as there may be a
/// million timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Holder(pub u128);

/// One timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timer {
    pub due: Timestamp,
    pub of: Holder,
    pub deadline: Deadline,
}

/// A holder told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    WorkOrder(WorkOrderId),
    TerminalUser(TerminalUserId),
}

impl From<WorkOrderId> for Holder {
    fn from(id: WorkOrderId) -> Self {
        Self(id.0)
    }
}

impl From<TerminalUserId> for Holder {
    fn from(id: TerminalUserId) -> Self {
        Self(id.0)
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl Timer {
    /// What it belongs to.
    pub fn of(&self) -> Of {
        match self.deadline {
            Deadline::SignInMail(_) => Of::TerminalUser(TerminalUserId(self.of.0)),
            Deadline::AutoComplete(_)
            | Deadline::Overdue(_)
            | Deadline::Remind(_)
            | Deadline::Mail(_)
            | Deadline::ToDo(_)
            | Deadline::Call(_) => Of::WorkOrder(WorkOrderId(self.of.0)),
        }
    }

    /// The Work Order it belongs to, if it is one of a Work Order.
    pub fn work_order(&self) -> Option<WorkOrderId> {
        match self.of() {
            Of::WorkOrder(id) => Some(id),
            Of::TerminalUser(_) => None,
        }
    }
}

/// How often firing may fail before a timer is parked and shown.
pub const FAILURES_MAX: u32 = 5;

/// Why a timer is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parked {
    /// Firing it was refused or went wrong so many times.
    Failed { times: u32 },
    /// The daemon ended so many times while it was fired (see `suspects`).
    Crashed { times: u32 },
}

/// The set.
#[derive(Debug)]
pub struct Schedule {
    set: BTreeSet<Timer>,
    completions: BTreeSet<Timer>,
    /// Taken in at a start so far: auto-completions, and others.
    loading: [Vec<Timer>; 2],
    /// Each with whether its state has it still: one that is fired while a Work Order is voided and restored is not lent out twice.
    lent: HashMap<Timer, bool>,
    failures: HashMap<Timer, u32>,
    parked: BTreeMap<Timer, Parked>,
    /// As of the last look: what was due until then may complete a node.
    completes_until: Timestamp,
    looked_at: Timestamp,
    /// Fired, and fired for nothing because the state had moved on.
    pub fired: u64,
    pub stale: u64,
}

impl Default for Schedule {
    fn default() -> Self {
        Self {
            set: BTreeSet::new(),
            completions: BTreeSet::new(),
            loading: Default::default(),
            lent: HashMap::new(),
            failures: HashMap::new(),
            parked: BTreeMap::new(),
            completes_until: Timestamp(i64::MAX),
            looked_at: Timestamp(i64::MIN),
            fired: 0,
            stale: 0,
        }
    }
}

impl Schedule {
    /// Takes the deadlines of a stored Work Order in, at start. They are set when all are there (see [`Schedule::loaded`]).
    pub fn load(&mut self, of: impl Into<Holder>, deadlines: &[(Timestamp, Deadline)]) {
        let of = of.into();
        let [completions, others] = &mut self.loading;
        for &(due, deadline) in deadlines.iter().filter(|(_, d)| !(mutant!("overdue-not-set") && matches!(d, Deadline::Overdue(_)))) {
            let part = if matches!(deadline, Deadline::AutoComplete(_)) { &mut *completions } else { &mut *others };
            part.push(Timer { due, of, deadline });
        }
    }

    /// All that is stored was taken in. Sets are made of all at once: that is quicker than one by one, and they take less room.
    pub fn loaded(&mut self) {
        let [completions, others] = std::mem::take(&mut self.loading);
        self.completions.append(&mut completions.into_iter().collect());
        self.set.append(&mut others.into_iter().collect());
    }

    /// Follows a change of deadlines from before a step to after it.
    pub fn change(&mut self, of: impl Into<Holder>, before: &[(Timestamp, Deadline)], after: &[(Timestamp, Deadline)]) {
        let of = of.into();
        for &(due, deadline) in before.iter().filter(|d| !after.contains(d) && !mutant!("timer-outlives-its-state")) {
            let timer = Timer { due, of, deadline };
            self.set_of(deadline).remove(&timer);
            self.lent.entry(timer).and_modify(|wanted| *wanted = false);
            self.failures.remove(&timer);
            self.parked.remove(&timer);
        }
        for &(due, deadline) in
            after.iter().filter(|(_, d)| !(mutant!("overdue-not-set") && matches!(d, Deadline::Overdue(_)))).filter(|d| !before.contains(d))
        {
            self.insert(Timer { due, of, deadline });
        }
    }

    fn set_of(&mut self, deadline: Deadline) -> &mut BTreeSet<Timer> {
        match deadline {
            Deadline::AutoComplete(_) => &mut self.completions,
            Deadline::Remind(_)
            | Deadline::Overdue(_)
            | Deadline::Mail(_)
            | Deadline::ToDo(_)
            | Deadline::SignInMail(_)
            | Deadline::Call(_) => &mut self.set,
        }
    }

    fn insert(&mut self, timer: Timer) {
        match self.lent.get_mut(&timer) {
            Some(wanted) if !mutant!("lent-out-twice") => *wanted = true,
            Some(_) | None => drop(self.set_of(timer.deadline).insert(timer)),
        }
    }

    /// Lends out up to `most` timers that are due, in order of due time; auto-completions only as far as the clock is trusted.
    pub fn take_due(&mut self, now: Timestamp, completes_until: Timestamp, most: usize) -> Vec<Timer> {
        (self.looked_at, self.completes_until) = (now, completes_until);
        let mut taken = Vec::new();
        while taken.len() < most
            && let Some(first) = self.next_to_fire()
            && (first.due <= now || mutant!("timer-taken-early"))
        {
            self.set_of(first.deadline).remove(&first);
            self.lent.insert(first, true);
            taken.push(first);
        }
        taken
    }

    /// What was held back may not be any more: the next look tells.
    pub fn look_again(&mut self) {
        self.completes_until = Timestamp(i64::MAX);
    }

    /// The next timer that is not held back.
    fn next_to_fire(&self) -> Option<Timer> {
        let held = |t: &&Timer| t.due > self.completes_until && t.due <= self.looked_at;
        let completion = self.completions.first().filter(|t| !held(t));
        self.set.first().into_iter().chain(completion).min().copied()
    }

    /// Lends out one timer that is set; whether it is.
    pub fn take(&mut self, timer: Timer) -> bool {
        let set = self.set_of(timer.deadline).remove(&timer);
        if set {
            self.lent.insert(timer, true);
        }
        set
    }

    /// Firing is over: it was recorded, or the state said that it does not apply. If the state still has it then, it was only
    /// not its time (the clock was set back meanwhile): it stays set.
    pub fn settled(&mut self, timer: Timer, stale: bool) {
        self.fired += 1;
        self.stale += u64::from(stale);
        if stale && !mutant!("stale-timer-forgotten") {
            self.failed(timer);
        } else {
            self.lent.remove(&timer);
        }
    }

    /// Firing failed before it was recorded: it is due again, or parked if it fails again and again.
    pub fn failed(&mut self, timer: Timer) {
        if self.lent.remove(&timer) != Some(true) {
            return;
        }
        let failures = self.failures.entry(timer).or_insert(0);
        *failures += 1;
        if *failures >= FAILURES_MAX {
            self.failures.remove(&timer);
            self.parked.insert(timer, Parked::Failed { times: FAILURES_MAX });
        } else {
            self.insert(timer);
        }
    }

    /// Firing did not come about, because the daemon was busy: it is due again. That is no failure of the timer.
    pub fn again(&mut self, timer: Timer) {
        if self.lent.remove(&timer) == Some(true) {
            self.insert(timer);
        }
    }

    /// Sets a timer aside; whether it was set.
    pub fn park(&mut self, timer: Timer, why: Parked) -> bool {
        let set = self.set_of(timer.deadline).remove(&timer) || self.lent.remove(&timer) == Some(true);
        if set {
            self.parked.insert(timer, why);
        }
        set
    }

    /// Sets parked timers again, of one Work Order or all of them; gives which.
    pub fn unpark(&mut self, order: Option<WorkOrderId>) -> Vec<Timer> {
        let chosen: Vec<Timer> = self.parked.keys().filter(|t| order.is_none_or(|o| t.work_order() == Some(o))).copied().collect();
        for timer in &chosen {
            self.parked.remove(timer);
            self.insert(*timer);
        }
        chosen
    }

    /// When the next timer is due; one that is held back because the clock is doubted does not count.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.next_to_fire().map(|t| t.due)
    }

    /// Auto-completions that are due and wait for a clock that is trusted, as of the last look; counted up to `most`.
    pub fn held(&self, most: usize) -> usize {
        let due = |t: &&Timer| t.due <= self.looked_at;
        self.completions.iter().take_while(due).filter(|t| t.due > self.completes_until).take(most).count()
    }

    /// How many timers are set.
    pub fn len(&self) -> usize {
        self.set.len() + self.completions.len() + self.lent.values().filter(|wanted| **wanted).count()
    }

    /// Whether no timer is set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Timers that failed again and again, in order of due time; an admin must look.
    pub fn parked(&self) -> impl ExactSizeIterator<Item = (Timer, Parked)> + '_ {
        self.parked.iter().map(|(timer, why)| (*timer, *why))
    }

    /// Every timer that is set, lent out or parked, in no order.
    pub fn all(&self) -> impl Iterator<Item = Timer> + '_ {
        let waiting = self.set.iter().chain(&self.completions).copied();
        let lent = self.lent.iter().filter(|(_, wanted)| **wanted).map(|(timer, _)| *timer);
        waiting.chain(lent).chain(self.parked.keys().copied())
    }
}
