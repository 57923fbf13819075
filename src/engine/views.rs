//! Everything that is fed by durable steps, in the order of the journal: reference, board, schedule, delivery, numbers.
//!
//! Locks are held for one step at most. Who needs two takes the reference before the board; no other two are held together, so that no
//! order of taking them can go wrong.

use super::board::Board;
use super::calendar::Calendar;
use super::cell::PendingStep;
use super::clock_guard::{ClockGuard, Look, Reading};
use super::delivery::{Delivery, Sending, choices};
use super::labor_totals::LaborTotals;
use super::messages::{self, Messages};
use super::numbers::Numbers;
use super::reference::Reference;
use super::schedule::{Schedule, Timer};
use crate::domain::aggregate::State;
use crate::domain::directory::Reach;
use crate::domain::ids::{ServiceGroupId, TerminalUserId};
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::reaction::LoadChanged;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The read side of the engine.
#[derive(Debug, Default)]
pub struct Views {
    reference: RwLock<Reference>,
    board: RwLock<Board>,
    schedule: Mutex<Schedule>,
    delivery: Mutex<Delivery>,
    numbers: Mutex<Numbers>,
    /// Choices of groups that were under way at the stop, by group.
    choices: Mutex<BTreeMap<ServiceGroupId, Vec<Sending>>>,
    clock: Mutex<ClockGuard>,
    labor: Mutex<LaborTotals>,
    messages: Mutex<Messages>,
    calendar: RwLock<Calendar>,
}

impl Views {
    /// Takes a stored state in, at start.
    pub fn load(&self, state: &Arc<State>, sequence: u64) {
        match &**state {
            State::WorkOrder(order) => {
                self.board_mut().load(state, sequence);
                self.numbers().load(&order.number);
                self.schedule().load(order.id, &state.deadlines());
                if !order.labor().is_empty() {
                    self.labor().take(None, order);
                }
                if !order.planned().is_empty() {
                    self.calendar_mut().take(order.id, &[], order.on_calendars());
                }
                if messages::concerns(None, order) {
                    self.messages().take(None, order);
                }
            }
            other => {
                if let State::ServiceGroup(group) = other {
                    self.choices().insert(group.id.clone(), choices(None, group));
                }
                self.guard(other);
                if let Some(of) = timers_of(other) {
                    self.schedule().change(of, &[], &other.deadlines());
                }
                self.reference_mut().take(other);
                self.board_mut().passed(sequence);
            }
        }
    }

    /// All stored states were taken in.
    pub fn loaded(&self) {
        std::thread::scope(|scope| {
            scope.spawn(|| self.schedule().loaded());
            self.board_mut().loaded();
        });
    }

    fn guard(&self, state: &State) {
        if let State::Installation(installation) = state {
            self.clock().take(installation);
            self.messages().quota(installation);
            self.schedule().look_again();
        }
    }

    /// Takes messages of a record in that may not have been delivered before the stop.
    pub fn load_messages(&self, sequence: u64, position: u64, messages: &[LoadChanged]) {
        self.delivery().take(sequence, position, messages);
    }

    /// Takes a durable step in; what can be delivered now is returned.
    pub fn publish(&self, step: &PendingStep, sequence: u64, position: u64) -> Vec<Sending> {
        match &*step.after {
            State::WorkOrder(order) => {
                let before = step.before.as_ref().map(|s| s.deadlines()).unwrap_or_default();
                let after = step.after.deadlines();
                if before != after {
                    self.schedule().change(order.id, &before, &after);
                }
                let known = step.before.as_ref().and_then(|s| s.work_order());
                if known.map_or(&[][..], WorkOrder::labor) != order.labor() {
                    self.labor().take(known, order);
                }
                if messages::concerns(known, order) {
                    self.messages().take(known, order);
                }
                let shown = known.map_or(&[][..], WorkOrder::on_calendars);
                if shown != order.on_calendars() {
                    self.calendar_mut().take(order.id, shown, order.on_calendars());
                }
                self.board_mut().take(&step.after, sequence);
            }
            other => {
                // A group's counters change often; who is in it seldom does.
                if !step.before.as_deref().is_some_and(|before| same_members(before, other)) {
                    self.reference_mut().take(other);
                }
                // Of whom is erased nothing is left after the step that could have timers.
                if let Some(of) = timers_of(other).or_else(|| timers_of(step.before.as_deref()?)) {
                    let before = step.before.as_ref().map(|s| s.deadlines()).unwrap_or_default();
                    self.schedule().change(of, &before, &other.deadlines());
                }
                self.guard(other);
                self.board_mut().passed(sequence);
            }
        }
        if let State::ServiceGroup(after) = &*step.after {
            let before = match step.before.as_deref() {
                Some(State::ServiceGroup(before)) => Some(&**before),
                _ => None,
            };
            return choices(before, after);
        }
        if step.messages.is_empty() {
            return Vec::new();
        }
        self.delivery().take(sequence, position, &step.messages).into_iter().map(Sending::ToGroup).collect()
    }

    /// Looks at the clock and lends out timers that are due by it, as far as it is trusted.
    pub fn take_due(&self, reading: &Reading, most: usize) -> (Look, Vec<Timer>) {
        let look = self.clock().look(reading);
        let due = self.schedule().take_due(look.now, look.completes_until, most);
        (look, due)
    }

    /// What is to be delivered after a start: messages that groups may not have taken, choices that Work Orders may not have.
    pub fn left_over(&self) -> Vec<Sending> {
        let groups: Vec<ServiceGroupId> = self.reference().directory.groups().map(|(id, _)| id.clone()).collect();
        let parcels: Vec<Sending> = groups.iter().filter_map(|group| self.delivery().again(group)).map(Sending::ToGroup).collect();
        parcels.into_iter().chain(std::mem::take(&mut *self.choices()).into_values().flatten()).collect()
    }

    fn choices(&self) -> MutexGuard<'_, BTreeMap<ServiceGroupId, Vec<Sending>>> {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For reading definitions and directory.
    pub fn reference(&self) -> RwLockReadGuard<'_, Reference> {
        self.reference.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on those above reach so far.
    pub fn set_reach(&self, reach: Reach) {
        self.reference_mut().directory.set_reach(reach);
    }

    /// For reading lists.
    pub fn board(&self) -> RwLockReadGuard<'_, Board> {
        self.board.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The timers.
    pub fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The messages under way.
    pub fn delivery(&self) -> MutexGuard<'_, Delivery> {
        self.delivery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the clock is trusted.
    pub fn clock(&self) -> MutexGuard<'_, ClockGuard> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Labor by engineer.
    pub fn labor(&self) -> MutexGuard<'_, LaborTotals> {
        self.labor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The quota of short messages, and what waits for a receipt.
    pub fn messages(&self) -> MutexGuard<'_, Messages> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Planned visits by engineer and time.
    pub fn calendar(&self) -> RwLockReadGuard<'_, Calendar> {
        self.calendar.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next numbers.
    pub fn numbers(&self) -> MutexGuard<'_, Numbers> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reference_mut(&self) -> RwLockWriteGuard<'_, Reference> {
        self.reference.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn calendar_mut(&self) -> RwLockWriteGuard<'_, Calendar> {
        self.calendar.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn board_mut(&self) -> RwLockWriteGuard<'_, Board> {
        self.board.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whose timers those of a state that is no Work Order are, if it has any.
fn timers_of(state: &State) -> Option<TerminalUserId> {
    match state {
        State::Contact(contact) => contact.sign_ins.as_ref().map(|known| known.id),
        _ => None,
    }
}

fn same_members(before: &State, after: &State) -> bool {
    match (before, after) {
        (State::ServiceGroup(a), State::ServiceGroup(b)) => {
            a.name == b.name
                && a.leader == b.leader
                && a.members == b.members
                && a.rule == b.rule
                && a.limit == b.limit
                && a.provider == b.provider
                && a.disabled == b.disabled
        }
        _ => false,
    }
}
