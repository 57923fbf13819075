//! Columns: for everything that lists can be filtered by, which Work Orders have it, so that no list goes through all of them.
//!
//! What many share (a status, a group) has a bitmap of places on the board; what few share (a contact) is one ordered set of
//! (hash, place). The board feeds it.

use super::board::Filter;
use crate::domain::ids::{AccountId, ContactId, Name, ServiceGroupId, StaffUserId};
use crate::domain::work_order::state::{Priority, Status};
use roaring::RoaringBitmap;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, Hash, RandomState};

/// What filters look at, borrowed from wherever it is.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub status: Status,
    pub open: bool,
    pub priority: Priority,
    pub record_type: &'a Name,
    pub group: Option<&'a ServiceGroupId>,
    pub engineer: Option<&'a StaffUserId>,
    pub account: Option<&'a AccountId>,
    pub contact: Option<&'a ContactId>,
    pub reference: Option<&'a str>,
    pub on_hold: bool,
    pub overdue: bool,
}

/// What many Work Orders share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Shared {
    Status(Status),
    Open,
    Priority(Priority),
    RecordType(Name),
    Group(ServiceGroupId),
    Engineer(StaffUserId),
    OnHold,
    Overdue,
}

/// What few Work Orders share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rare<'a> {
    Account(&'a AccountId),
    Contact(&'a ContactId),
    Reference(&'a str),
}

/// All columns.
#[derive(Debug, Default)]
pub struct Columns {
    shared: HashMap<Shared, RoaringBitmap>,
    rare: BTreeSet<(u64, u32)>,
    hasher: RandomState,
    places: u32,
}

impl Seen<'_> {
    fn shared(&self) -> [Option<Shared>; 8] {
        [
            Some(Shared::Status(self.status)),
            self.open.then_some(Shared::Open),
            Some(Shared::Priority(self.priority)),
            Some(Shared::RecordType(self.record_type.clone())),
            self.group.cloned().map(Shared::Group),
            self.engineer.cloned().map(Shared::Engineer),
            self.on_hold.then_some(Shared::OnHold),
            self.overdue.then_some(Shared::Overdue),
        ]
    }

    fn rare(&self) -> [Option<Rare<'_>>; 3] {
        [self.account.map(Rare::Account), self.contact.map(Rare::Contact), self.reference.map(Rare::Reference)]
    }
}

impl Filter {
    /// What must be so, and what must not.
    fn shared(&self) -> (Vec<Shared>, Vec<Shared>) {
        let either = [(self.open, Shared::Open), (self.on_hold, Shared::OnHold), (self.overdue, Shared::Overdue)];
        let not = either.iter().filter(|(wanted, _)| *wanted == Some(false)).map(|(_, what)| what.clone()).collect();
        let wanted = [
            self.status.map(Shared::Status),
            self.priority.map(Shared::Priority),
            self.record_type.clone().map(Shared::RecordType),
            self.group.clone().map(Shared::Group),
            self.engineer.clone().map(Shared::Engineer),
        ];
        let so = either.into_iter().filter(|(wanted, _)| *wanted == Some(true)).map(|(_, what)| what);
        (wanted.into_iter().flatten().chain(so).collect(), not)
    }

    fn rare(&self) -> impl Iterator<Item = Rare<'_>> {
        let all = [
            self.account.as_ref().map(Rare::Account),
            self.contact.as_ref().map(Rare::Contact),
            self.reference.as_deref().map(Rare::Reference),
        ];
        all.into_iter().flatten()
    }
}

impl Columns {
    /// A Work Order at its place changed from `before` (none: it is new) to `after`.
    pub fn change(&mut self, place: u32, before: Option<&Seen<'_>>, after: &Seen<'_>) {
        self.places = self.places.max(place + 1);
        let old = before.map(Seen::shared).unwrap_or_default();
        for (old, new) in old.into_iter().zip(after.shared()).filter(|(old, new)| old != new) {
            if let Some(old) = old
                && let Some(bitmap) = self.shared.get_mut(&old)
            {
                bitmap.remove(place);
                if bitmap.is_empty() {
                    self.shared.remove(&old);
                }
            }
            if let Some(new) = new {
                self.shared.entry(new).or_default().insert(place);
            }
        }
        let old = before.map(Seen::rare).unwrap_or_default();
        for (old, new) in old.into_iter().zip(after.rare()).filter(|(old, new)| old != new) {
            if let Some(old) = old {
                self.rare.remove(&(self.hasher.hash_one(old), place));
            }
            if let Some(new) = new {
                self.rare.insert((self.hasher.hash_one(new), place));
            }
        }
    }

    /// The places of all that match. What is rare is told apart by a hash of 64 bits.
    pub fn matching(&self, filter: &Filter) -> RoaringBitmap {
        let rare = filter.rare().map(|what| {
            let hash = self.hasher.hash_one(what);
            self.rare.range((hash, 0)..=(hash, u32::MAX)).map(|(_, place)| *place).collect::<RoaringBitmap>()
        });
        let (so, not) = filter.shared();
        let mut found: Option<RoaringBitmap> = None;
        for bitmap in rare {
            found = Some(found.map_or_else(|| bitmap.clone(), |found| found & &bitmap));
        }
        for what in so {
            found = Some(match (found, self.shared.get(&what)) {
                (_, None) => return RoaringBitmap::new(),
                (None, Some(bitmap)) => bitmap.clone(),
                (Some(found), Some(bitmap)) => found & bitmap,
            });
        }
        let mut found = found.unwrap_or_else(|| {
            let mut all = RoaringBitmap::new();
            all.insert_range(0..self.places);
            all
        });
        for bitmap in not.iter().filter_map(|what| self.shared.get(what)) {
            found -= bitmap;
        }
        found
    }

    /// How many Work Orders are in each status that any is in.
    pub fn counts(&self) -> impl Iterator<Item = (Status, u64)> + '_ {
        Status::ALL.into_iter().filter_map(|status| Some((status, self.shared.get(&Shared::Status(status))?.len())))
    }
}
