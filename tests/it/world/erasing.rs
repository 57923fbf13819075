//! People are erased while everything else goes on: asked for by admins, told to Work Orders, taken out of the journal record by record
//! with a disk that fails, gone on with after each crash. The order of things is the daemon's own (`runtime/eraser.rs`).
//!
//! Invariant at its end: the fold of the history, in which values are gone, is what the daemon goes on with; and nothing of whoever was
//! erased is in it, nor in a row of the store.

use super::company::{self, CONTACTS, STAFF};
use super::daemon::Ticket;
use super::folders;
use super::people::administrator;
use super::world::World;
use std::collections::BTreeMap;
use workorderd::codec;
use workorderd::domain::aggregate::{Command, Event, Key, State};
use workorderd::domain::directory::DirectoryCommand;
use workorderd::domain::erasure::Erasure;
use workorderd::domain::text::split;
use workorderd::domain::time::Timestamp;
use workorderd::domain::transition::person_key;
use workorderd::domain::work_order;
use workorderd::domain::work_order::personal::is_needed;
use workorderd::domain::work_order::state::Party;
use workorderd::engine::erasing::{Erasing, Taken, Telling};
use workorderd::journal::{self, Archive, Erase};
use workorderd::runtime::{erasure_reading, recovery, step};

/// How far it is; gone with a crash.
#[derive(Debug)]
pub enum Eraser {
    /// What was judged before anybody knew is still on its way to the disk.
    Barrier,
    /// Work Orders are told; these were sent.
    Telling(Erasing, Vec<Telling>),
    /// Values are erased; these are left.
    Erasing(Erasing, Taken, Vec<Erase>),
    /// The store is behind.
    Store(Erasing, Taken),
    /// Entries are told.
    Finishing(Erasing, Taken),
}

impl Eraser {
    /// Nothing moves to the archive meanwhile.
    pub fn holds_still(&self) -> bool {
        matches!(self, Self::Erasing(..))
    }
}

impl World {
    /// An admin wants somebody erased, who is no longer needed or not.
    pub fn erase_somebody(&mut self) {
        let who = if self.rng.u32(..3) > 0 {
            Party::Contact(company::contact_id(CONTACTS[self.rng.usize(..CONTACTS.len())].0))
        } else {
            Party::Staff(company::user(STAFF[self.rng.usize(..STAFF.len())].0))
        };
        let open = self.daemon.views.board().open_for(|order| is_needed(&who, order));
        let open = if self.rng.u32(..8) == 0 { Vec::new() } else { open };
        let command = Command::Directory(DirectoryCommand::ErasePerson { who: who.clone(), open });
        let id = (self.rng.u32(..3) > 0).then(|| self.request_id());
        self.ask(person_key(&who), administrator(), command, id, None);
    }

    /// Whom an erasure is under way of.
    pub fn unfinished(&self) -> Vec<Party> {
        let open = |erased: &Option<Box<Erasure>>| erased.as_ref().is_some_and(|erasure| erasure.done.is_none());
        let reference = self.daemon.views.reference();
        let staff = reference.directory.staff_users().filter(|user| open(&user.erased)).map(|user| Party::Staff(user.id.clone()));
        let contacts = reference.directory.contacts().filter(|contact| open(&contact.erased));
        staff.chain(contacts.map(|contact| Party::Contact(contact.id.clone()))).collect()
    }

    /// The eraser goes on by one step.
    pub fn erasing_goes_on(&mut self) {
        let next = match self.daemon.eraser.take() {
            None => Some(Eraser::Barrier),
            Some(Eraser::Barrier) if self.daemon.steps.is_empty() => Some(Eraser::Telling(Erasing::of(self.unfinished()), Vec::new())),
            Some(Eraser::Barrier) => Some(Eraser::Barrier),
            Some(Eraser::Telling(erasing, sent)) => Some(self.tell(erasing, sent)),
            Some(Eraser::Erasing(erasing, taken, left)) => self.erase_some(erasing, taken, left),
            Some(Eraser::Store(erasing, taken)) if self.daemon.pending.applied_through().sequence >= erasing.through() => {
                // As the store that is written anew: of what was before nothing is left.
                self.store.checkpoint();
                Some(Eraser::Finishing(erasing, taken))
            }
            Some(Eraser::Store(erasing, taken)) => Some(Eraser::Store(erasing, taken)),
            Some(Eraser::Finishing(erasing, taken)) => self.finish(erasing, taken),
        };
        // A crash in between has made another daemon, which begins anew.
        if let Some(next) = next {
            self.daemon.eraser = Some(next);
        }
    }

    fn tell(&mut self, mut erasing: Erasing, mut sent: Vec<Telling>) -> Eraser {
        let through = self.daemon.journal.head().sequence;
        erasure_reading::read(&self.daemon.reader, &mut erasing, through, &Default::default()).expect("the history can be read");
        let untold: Vec<Telling> = erasing.untold().collect();
        if untold.is_empty() {
            self.coverage.count("erasure", "Work Orders were told");
            let mut wanted = Vec::new();
            let taken = erasure_reading::take(&self.daemon.reader, &erasing, &Default::default(), |some| {
                wanted.extend(some);
                Ok(())
            });
            return Eraser::Erasing(erasing, taken.expect("the history can be read"), wanted);
        }
        // One that was sent and has not come about may have been told that it is busy.
        let again = self.rng.u32(..6) == 0;
        for telling in untold.into_iter().filter(|telling| again || !sent.contains(telling)).collect::<Vec<_>>() {
            let command = work_order::Command::ErasePerson { who: telling.who.clone(), whole: telling.whole };
            self.send_as_system(&Key::WorkOrder(telling.order), Ticket::Nobody, Command::WorkOrder(command));
            sent.push(telling);
        }
        Eraser::Telling(erasing, sent)
    }

    fn erase_some(&mut self, erasing: Erasing, taken: Taken, mut left: Vec<Erase>) -> Option<Eraser> {
        // There are few erasures: the disk fails in them more often than elsewhere.
        let fails = |world: &mut Self| !world.calm && world.rng.u32(..8) == 0;
        if fails(self) {
            self.spoil_the_disk();
        }
        let settled = Archive::open(folders::both(&self.disk), self.daemon.journal.reader())
            .map_err(|_| ())
            .and_then(|mut archive| archive.settle().map_err(|_| ()));
        if settled.is_ok() {
            if fails(self) {
                self.spoil_the_disk();
            }
            let some = left.split_off(left.len().saturating_sub(self.rng.usize(1..6)));
            let erased = self.daemon.journal.erase_personal(&some);
            if erased.is_err() || self.disk.is_off() {
                self.coverage.count("erasure", "the disk failed");
                self.crash();
                return None;
            }
        } else if self.disk.is_off() {
            self.crash();
            return None;
        }
        self.disk.forgive();
        if left.is_empty() { Some(Eraser::Store(erasing, taken)) } else { Some(Eraser::Erasing(erasing, taken, left)) }
    }

    fn finish(&mut self, erasing: Erasing, taken: Taken) -> Option<Eraser> {
        let unfinished = self.unfinished();
        let left: Vec<(usize, &Party)> = erasing.people().iter().enumerate().filter(|(_, who)| unfinished.contains(who)).collect();
        if left.is_empty() {
            self.check_erased(&erasing);
            self.coverage.count("erasure", "finished");
            return None;
        }
        for (n, who) in left {
            let sums = taken.sums.get(n).copied().unwrap_or_default();
            let command = Command::Directory(DirectoryCommand::FinishErasure { who: who.clone(), sums });
            self.send_as_system(&person_key(who), Ticket::Nobody, command);
        }
        Some(Eraser::Finishing(erasing, taken))
    }

    /// Nothing of them is left in history, states and rows, and all of these are one.
    fn check_erased(&self, erasing: &Erasing) {
        let nothing = erasure_reading::take(&self.daemon.reader, erasing, &Default::default(), |some| {
            assert!(some.is_empty(), "values of {:?} are still in the journal: {some:?}", erasing.people());
            Ok(())
        });
        nothing.expect("the history can be read");
        let mut folded: BTreeMap<Key, State> = BTreeMap::new();
        let read = journal::verify_chain(folders::both(&self.disk), &mut |record| {
            let (key, step) = recovery::step_of(&record).expect("it can be read");
            let state = folded.remove(&key);
            let state = step.events.iter().fold(state, |state, event| State::evolve(state, event, Timestamp(record.time())));
            folded.insert(key, state.expect("a state"));
            Ok(())
        });
        assert_eq!(read.expect("the chain holds").head, self.daemon.journal.head());
        for (key, known) in &self.audit.known {
            assert_eq!(folded.get(key), Some(&known.state), "{key}: the fold of what is left is what the daemon goes on with");
        }
        for who in erasing.people() {
            let bytes = codec::key::encode(&person_key(who));
            let row = self.store.get(&bytes).map(|row| step::decode_row(&row).expect("a row can be read"));
            if let Some(State::Contact(contact)) = row.and_then(|entity| entity.state).as_deref() {
                let values = (&contact.name.0, &contact.email, &contact.mobile);
                assert_eq!(values, (&None, &None, &None), "the store still knows {who:?}");
            }
        }
        for order in erasing.orders() {
            // What was written behind the erasure is nobody's of them.
            let row = self.store.get(&codec::key::encode(&Key::WorkOrder(order)));
            let state = row.and_then(|row| step::decode_row(&row).expect("a row can be read").state);
            let Some(mut order) = state.as_ref().and_then(|state| state.work_order()).cloned() else { continue };
            let number = order.number.clone();
            for who in erasing.people() {
                order.personal(&mut |of, text| {
                    assert!(!of.is_of(who, false) || text.0.is_none(), "{number} still has something of {who:?}: {of:?}");
                });
            }
        }
    }

    /// The same of a Work Order.
    pub fn check_state_values(state: &State, sequence: u64) {
        let Some(order) = state.work_order() else { return };
        let (encoded, collected) = split::collect(|| codec::envelope::encode(order));
        encoded.expect("it can be encoded");
        let mut seen = 0;
        order.clone().personal(&mut |_, _| seen += 1);
        assert_eq!(seen, collected.len(), "after record {sequence}: {order:?}");
    }

    /// Every personal value of a step is seen by whoever looks for them.
    pub fn check_values(key: &Key, sequence: u64, events: &[Event], collected: usize) {
        let mut events = events.to_vec();
        let mut seen = 0;
        events.iter_mut().for_each(|event| event.personal(&mut |_, _| seen += 1));
        assert_eq!(seen, collected, "record {sequence} of {key}: {events:?}");
    }
}
