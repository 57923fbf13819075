//! What of the history is theirs who are being erased: found by reading all of it, record by record, as often as it takes.
//!
//! First it is seen which Work Orders have to do with them (`take`), and these are told that they are erased (`untold`). A Work Order
//! that was told says nothing more of them: what it was judged on had it no more. So what is theirs are values in the records before,
//! which `clear` takes out of a step; it gives the same each time, erased already or not, and so the sums are right after any crash.

use crate::domain::aggregate::{Event, Key};
use crate::domain::directory::DirectoryEvent;
use crate::domain::erasure::{Of, Sums};
use crate::domain::form::value::Reference;
use crate::domain::form::{Cell, Value};
use crate::domain::ids::{StaffUserId, WorkOrderId};
use crate::domain::text::PersonalText;
use crate::domain::transition::person_key;
use crate::domain::work_order::Event as OrderEvent;
use crate::domain::work_order::state::Party;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Somebody in one Work Order.
#[derive(Debug, Clone, Copy)]
struct Share {
    who: usize,
    whole: bool,
    /// Sequence of the record by which the Work Order was told, and whether it was told that it is theirs.
    told: Option<(u64, bool)>,
}

/// A Work Order that is to be told that somebody is erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    pub order: WorkOrderId,
    pub who: Party,
    pub whole: bool,
}

/// Those who are being erased, and what has to do with them.
#[derive(Debug, Default)]
pub struct Erasing {
    people: Vec<Party>,
    places: HashMap<Party, usize>,
    entries: HashMap<Key, usize>,
    /// Sequence of the record by which each entry was erased; none: it was not (then it is asked what would be).
    erased: Vec<Option<u64>>,
    orders: BTreeMap<WorkOrderId, Vec<Share>>,
    /// Others' Work Orders that somebody's id stays in, by person.
    named: Vec<HashSet<WorkOrderId>>,
    through: u64,
    /// Where the last record that was taken in lies in the journal.
    place: u64,
}

/// What was taken out of the history so far.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// By person, in the order in which they were given.
    pub sums: Vec<Sums>,
    /// Hashes of attachments of theirs, and whose.
    pub attachments: BTreeMap<Box<str>, BTreeSet<usize>>,
}

impl Erasing {
    /// Of these people.
    pub fn of(people: Vec<Party>) -> Self {
        let places = people.iter().cloned().enumerate().map(|(n, who)| (who, n)).collect();
        let entries = people.iter().enumerate().map(|(n, who)| (person_key(who), n)).collect();
        let (erased, named) = (vec![None; people.len()], vec![HashSet::new(); people.len()]);
        Self { people, places, entries, erased, named, ..Self::default() }
    }

    /// Those people.
    pub fn people(&self) -> &[Party] {
        &self.people
    }

    /// The last record that was taken in.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// Where it lies in the journal: reading goes on from there. 0: nowhere.
    pub fn place(&self) -> u64 {
        self.place
    }

    /// All Work Orders that have to do with them.
    pub fn orders(&self) -> impl Iterator<Item = WorkOrderId> + '_ {
        self.orders.keys().copied()
    }

    /// Takes a step in; steps that were taken in before change nothing.
    pub fn take(&mut self, key: &Key, sequence: u64, place: u64, events: &mut [Event]) {
        if sequence <= self.through {
            return;
        }
        (self.through, self.place) = (sequence, place);
        match key {
            Key::WorkOrder(order) => events.iter_mut().for_each(|event| {
                if let Event::WorkOrder(event) = event {
                    self.take_order(*order, sequence, event);
                }
            }),
            other => {
                let erased = |event: &Event| matches!(event, Event::Directory(DirectoryEvent::PersonErased { .. }));
                if let Some(n) = self.entries.get(other).copied()
                    && events.iter().any(erased)
                {
                    self.erased[n] = Some(sequence);
                }
            }
        }
    }

    fn take_order(&mut self, order: WorkOrderId, sequence: u64, event: &mut OrderEvent) {
        for who in event.makes_it_of().into_iter().flatten() {
            self.concern(order, &who).into_iter().for_each(|share| share.whole = true);
        }
        let mut own: Vec<Party> = Vec::new();
        event.personal(&mut |of, _| own.extend(of.people().into_iter().flatten()));
        for who in &own {
            self.concern(order, who);
        }
        if let OrderEvent::PersonErased { who, whole } = event
            && let Some(share) = self.concern(order, who)
        {
            share.told = Some((sequence, *whole));
        }
        for who in references(event) {
            if let Some(n) = self.places.get(&who) {
                self.named[*n].insert(order);
            }
        }
    }

    fn concern(&mut self, order: WorkOrderId, who: &Party) -> Option<&mut Share> {
        let who = *self.places.get(who)?;
        let shares = self.orders.entry(order).or_default();
        let known = shares.iter().position(|share| share.who == who);
        let at = known.unwrap_or_else(|| {
            shares.push(Share { who, whole: false, told: None });
            shares.len() - 1
        });
        shares.get_mut(at)
    }

    /// Work Orders that have not been told yet.
    pub fn untold(&self) -> impl Iterator<Item = Telling> + '_ {
        self.orders.iter().flat_map(|(order, shares)| {
            let untold = shares.iter().filter(|share| share.told.is_none_or(|(_, whole)| share.whole && !whole));
            untold.map(|share| Telling { order: *order, who: self.people[share.who].clone(), whole: share.whole })
        })
    }

    /// Takes what is theirs out of a step, and counts it; whether there was anything.
    pub fn clear(&self, key: &Key, sequence: u64, by: Option<&StaffUserId>, events: &mut [Event], taken: &mut Taken) -> bool {
        taken.sums.resize(self.people.len(), Sums::default());
        let mut found = vec![0; self.people.len()];
        match key {
            Key::WorkOrder(order) => self.clear_order(*order, sequence, by, events, taken, &mut found),
            other => {
                if let Some(n) = self.entries.get(other).copied()
                    && self.erased[n].is_none_or(|erased| sequence < erased)
                {
                    events.iter_mut().for_each(|event| event.personal(&mut |_, text| take_out(text, &mut found[n])));
                }
            }
        }
        for (sums, values) in taken.sums.iter_mut().zip(&found).filter(|(_, values)| **values > 0) {
            sums.records += 1;
            sums.values += *values;
        }
        found.iter().any(|values| *values > 0)
    }

    fn clear_order(
        &self,
        order: WorkOrderId,
        sequence: u64,
        by: Option<&StaffUserId>,
        events: &mut [Event],
        taken: &mut Taken,
        found: &mut [u64],
    ) {
        let shares = self.orders.get(&order).map_or(&[][..], Vec::as_slice);
        let before = |share: &&Share| share.told.is_none_or(|(told, _)| sequence < told);
        let shares: Vec<&Share> = shares.iter().filter(before).collect();
        let writer = by.and_then(|user| self.places.get(&Party::Staff(user.clone()))).copied();
        let mut wrote = false;
        for event in events {
            if let Event::WorkOrder(OrderEvent::MailQueued(mail)) = event
                && let Some(n) = mail.party.as_ref().and_then(|party| self.places.get(party))
            {
                taken.sums[*n].mails += 1;
            }
            event.personal(&mut |of, text| {
                let share = shares.iter().find(|share| of.is_of(&self.people[share.who], share.whole));
                match (share, of) {
                    (Some(share), Of::File(hash)) => {
                        taken.attachments.entry(hash.into()).or_default().insert(share.who);
                        take_out(text, &mut found[share.who]);
                    }
                    (Some(share), _) => take_out(text, &mut found[share.who]),
                    (None, Of::Text) => wrote = true,
                    (None, _) => {}
                }
            });
        }
        if let Some(n) = writer.filter(|_| wrote) {
            taken.sums[n].written += 1;
        }
    }

    /// Counts the Work Orders, once the whole history was taken in.
    pub fn count_orders(&self, taken: &mut Taken) {
        taken.sums.resize(self.people.len(), Sums::default());
        for share in self.orders.values().flatten() {
            let sums = &mut taken.sums[share.who];
            *(if share.whole { &mut sums.work_orders } else { &mut sums.others }) += 1;
        }
        for (n, orders) in self.named.iter().enumerate() {
            let theirs = |order: &&WorkOrderId| self.orders.get(order).is_some_and(|all| all.iter().any(|s| s.who == n && s.whole));
            taken.sums[n].named = orders.iter().filter(|order| !theirs(order)).count() as u64;
        }
    }
}

fn take_out(text: &mut PersonalText, found: &mut u64) {
    text.0 = None;
    *found += 1;
}

/// People whom fields of the event lead to.
fn references(event: &OrderEvent) -> Vec<Party> {
    let values: Vec<&Value> = match event {
        OrderEvent::Created(created) => created.fields.values().collect(),
        OrderEvent::FieldsSaved { changes, .. } => changes.iter().filter_map(|(_, value)| value.as_ref()).collect(),
        _ => Vec::new(),
    };
    let cells = values.into_iter().flat_map(|value| match value {
        Value::One(cell) => vec![cell],
        Value::Table(rows) => rows.iter().flat_map(|row| row.values()).collect(),
    });
    let party = |cell: &Cell| match cell {
        Cell::Reference(Reference::Contact(id)) => Some(Party::Contact(id.clone())),
        Cell::Reference(Reference::StaffUser(id)) => Some(Party::Staff(id.clone())),
        _ => None,
    };
    cells.filter_map(party).collect()
}
