//! Columns: for everything that lists can be filtered by, which Work Orders have it, so that no list goes through all of them.
//!
//! What many share (a status, a group) has a bitmap of places on the board; what few share (a contact, the value of a form's field) is
//! one ordered set of (hash, place). The board feeds it.

use super::listing::{FieldIs, Filter, LifeOf};
use crate::domain::form::{Fields, sought};
use crate::domain::ids::{AccountId, ContactId, Name, ServiceGroupId, StaffUserId};
use crate::domain::may::relation::Subject;
use crate::domain::work_order::life::Life;
use crate::domain::work_order::state::{Handler, Party, Priority, Status};
use crate::domain::work_order::to_do::PersonalToDo;
use roaring::{MultiOps, RoaringBitmap};
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, Hash, RandomState};

/// What filters look at, borrowed from wherever it is.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub status: Status,
    pub open: bool,
    pub priority: Priority,
    /// Whose it is, and who sees it.
    pub subject: Subject<'a>,
    pub account: Option<&'a AccountId>,
    pub contact: Option<&'a ContactId>,
    pub reference: Option<&'a str>,
    pub on_hold: bool,
    pub overdue: bool,
    pub fields: Found<'a>,
    pub to_dos: &'a [PersonalToDo],
    /// Who of its handlers has taken the task.
    pub taken_by: Option<&'a StaffUserId>,
    /// It is at a follow-up.
    pub follow_up: bool,
}

/// What is found by the fields of forms: the values, or of one that has ended their hashes alone.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    Values(&'a Fields),
    Hashes(&'a [u64]),
}

/// What many Work Orders share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shared {
    Status(Status),
    Open,
    Priority(Priority),
    RecordType(Name),
    Group(ServiceGroupId),
    Engineer(StaffUserId),
    OnHold,
    Overdue,
    /// Open, of no service group.
    NoGroup,
    /// Open, without an engineer.
    Unassigned,
    Owner(StaffUserId),
    /// On the team, the owner not counted.
    Member(StaffUserId),
    /// By whom, or for whom of the staff, it was raised.
    Raised(StaffUserId),
    /// Of the open node.
    Handler(Handler),
    Void,
    Deleted,
    /// Something waits for them alone.
    ToDo(StaffUserId),
    /// One of its handlers has taken the task: it waits for nobody else.
    Taken,
    TakenBy(StaffUserId),
    /// The contact did not submit it: somebody else did, or there is no contact.
    ByAnother,
    /// At a node of the kind follow-up.
    FollowUp,
}

/// What few Work Orders share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Rare<'a> {
    Account(&'a AccountId),
    Contact(&'a ContactId),
    /// Of a submitter who is not the contact.
    Submitter(&'a ContactId),
    Reference(&'a str),
    /// Field, column of a table, and the text of a value.
    Field(&'a str, Option<&'a str>, &'a str),
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
    fn shared(&self, mut put: impl FnMut(Shared)) {
        let of = &self.subject;
        put(Shared::Status(self.status));
        put(Shared::Priority(self.priority));
        put(Shared::RecordType(of.record_type.clone()));
        let flags = [
            (self.open, Shared::Open),
            (self.on_hold, Shared::OnHold),
            (self.overdue, Shared::Overdue),
            (self.open && of.group.is_none(), Shared::NoGroup),
            (self.open && of.engineer.is_none(), Shared::Unassigned),
            (matches!(of.life, Life::Void { .. }), Shared::Void),
            (of.life == Life::Deleted, Shared::Deleted),
            (self.follow_up, Shared::FollowUp),
        ];
        flags.into_iter().filter(|(so, _)| *so).for_each(|(_, what)| put(what));
        of.group.cloned().map(Shared::Group).into_iter().for_each(&mut put);
        of.engineer.cloned().map(Shared::Engineer).into_iter().for_each(&mut put);
        of.owner.cloned().map(Shared::Owner).into_iter().for_each(&mut put);
        of.team.iter().map(|member| Shared::Member(member.user.clone())).for_each(&mut put);
        let submitter = match of.submitter {
            Party::Staff(user) => Some(user),
            Party::Contact(_) | Party::Guest(_) => None,
        };
        if !matches!(of.submitter, Party::Contact(by) if self.contact == Some(by)) {
            put(Shared::ByAnother);
        }
        submitter.into_iter().chain(of.created_by).cloned().map(Shared::Raised).for_each(&mut put);
        of.handlers.iter().cloned().map(Shared::Handler).for_each(&mut put);
        self.to_dos.iter().filter(|to_do| to_do.waits()).map(|to_do| Shared::ToDo(to_do.user.clone())).for_each(&mut put);
        self.taken_by.into_iter().flat_map(|by| [Shared::Taken, Shared::TakenBy(by.clone())]).for_each(&mut put);
    }

    fn all_shared(&self) -> Vec<Shared> {
        let mut all = Vec::with_capacity(12);
        self.shared(|what| all.push(what));
        all
    }

    fn rare(&self) -> [Option<Rare<'_>>; 4] {
        [
            self.account.map(Rare::Account),
            self.contact.map(Rare::Contact),
            self.reference.map(Rare::Reference),
            self.other_submitter().map(Rare::Submitter),
        ]
    }

    /// The contact who submitted it, where it is about another or about none.
    fn other_submitter(&self) -> Option<&ContactId> {
        match self.subject.submitter {
            Party::Contact(by) if self.contact != Some(by) => Some(by),
            Party::Contact(_) | Party::Staff(_) | Party::Guest(_) => None,
        }
    }
}

impl Filter {
    /// What must be so, and what must not.
    fn shared(&self) -> (Vec<Shared>, Vec<Shared>) {
        let either = [
            (self.open, Shared::Open),
            (self.on_hold, Shared::OnHold),
            (self.overdue, Shared::Overdue),
            (Some(self.life == LifeOf::Void), Shared::Void),
            (Some(self.life == LifeOf::Deleted), Shared::Deleted),
        ];
        let types = self.not_types.iter().cloned().map(Shared::RecordType);
        let not = either.iter().filter(|(wanted, _)| *wanted == Some(false)).map(|(_, what)| what.clone()).chain(types).collect();
        let wanted = [
            self.status.map(Shared::Status),
            self.priority.map(Shared::Priority),
            self.record_type.clone().map(Shared::RecordType),
            self.group.clone().map(Shared::Group),
            self.engineer.clone().map(Shared::Engineer),
            self.owner.clone().map(Shared::Owner),
            self.submitter.clone().map(Shared::Raised),
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
        all.into_iter().flatten().chain(self.fields.iter().map(FieldIs::rare))
    }
}

impl FieldIs {
    fn rare(&self) -> Rare<'_> {
        Rare::Field(self.field.as_str(), self.column.as_ref().map(Name::as_str), &self.text)
    }
}

impl Columns {
    /// Takes all in at once, at start, each with its place.
    pub fn load<'a>(&mut self, all: impl Iterator<Item = (u32, Seen<'a>)>) {
        let mut rare = Vec::new();
        for (place, seen) in all {
            self.places = self.places.max(place + 1);
            seen.shared(|what| {
                self.shared.entry(what).or_default().insert(place);
            });
            rare.extend(self.rare_of(&seen).into_iter().map(|hash| (hash, place)));
        }
        // Sorted first, which is faster than putting one after the other where it belongs.
        self.rare.append(&mut rare.into_iter().collect());
    }

    /// A Work Order at its place changed from `before` (none: it is new) to `after`.
    pub fn change(&mut self, place: u32, before: Option<&Seen<'_>>, after: &Seen<'_>) {
        self.places = self.places.max(place + 1);
        match before.map(Seen::all_shared) {
            None => after.shared(|new| {
                self.shared.entry(new).or_default().insert(place);
            }),
            Some(old) => {
                let new = after.all_shared();
                for old in old.iter().filter(|old| !new.contains(old)) {
                    let Some(bitmap) = self.shared.get_mut(old) else { continue };
                    bitmap.remove(place);
                    if bitmap.is_empty() {
                        self.shared.remove(old);
                    }
                }
                for new in new.into_iter().filter(|new| !old.contains(new)) {
                    self.shared.entry(new).or_default().insert(place);
                }
            }
        }
        let old = before.map(|before| self.rare_of(before)).unwrap_or_default();
        let new = self.rare_of(after);
        for gone in old.iter().filter(|hash| !new.contains(hash)) {
            self.rare.remove(&(*gone, place));
        }
        self.rare.extend(new.into_iter().filter(|hash| !old.contains(hash)).map(|hash| (hash, place)));
    }

    fn rare_of(&self, seen: &Seen<'_>) -> Vec<u64> {
        let mut hashes: Vec<u64> = seen.rare().into_iter().flatten().map(|rare| self.hasher.hash_one(rare)).collect();
        match seen.fields {
            Found::Values(fields) => self.hash_fields(fields, |hash| hashes.push(hash)),
            Found::Hashes(known) => hashes.extend_from_slice(known),
        }
        hashes
    }

    fn hash_fields(&self, fields: &Fields, mut put: impl FnMut(u64)) {
        sought::each(fields, |field, column, text| {
            put(self.hasher.hash_one(Rare::Field(field.as_str(), column.map(Name::as_str), text)));
        });
    }

    /// What a Work Order that has ended goes on to be found by.
    pub fn hashes(&self, fields: &Fields) -> Box<[u64]> {
        let mut hashes = Vec::new();
        self.hash_fields(fields, |hash| hashes.push(hash));
        hashes.into()
    }

    /// The places that have something.
    pub fn having(&self, what: &Shared) -> Option<&RoaringBitmap> {
        self.shared.get(what)
    }

    /// The places that have any of these.
    pub fn any_of(&self, wanted: impl IntoIterator<Item = Shared>) -> RoaringBitmap {
        wanted.into_iter().filter_map(|what| self.shared.get(&what)).union()
    }

    /// All places.
    pub fn all(&self) -> RoaringBitmap {
        let mut all = RoaringBitmap::new();
        all.insert_range(0..self.places);
        all
    }

    /// The places of what few share.
    fn rare_places(&self, what: Rare<'_>) -> RoaringBitmap {
        let hash = self.hasher.hash_one(what);
        self.rare.range((hash, 0)..=(hash, u32::MAX)).map(|(_, place)| *place).collect()
    }

    /// The places of what a contact submitted.
    pub fn submitted(&self, contact: &ContactId) -> RoaringBitmap {
        let mut own = self.rare_places(Rare::Contact(contact));
        if let Some(by_another) = self.shared.get(&Shared::ByAnother) {
            own -= by_another;
        }
        own | self.rare_places(Rare::Submitter(contact))
    }

    /// The places of what is about a contact, or about an account.
    pub fn about(&self, contact: &ContactId, account: Option<&AccountId>) -> RoaringBitmap {
        let of_account = account.map(|account| self.rare_places(Rare::Account(account))).unwrap_or_default();
        self.rare_places(Rare::Contact(contact)) | of_account
    }

    /// The places of all that match. What is rare is told apart by a hash of 64 bits.
    pub fn matching(&self, filter: &Filter) -> RoaringBitmap {
        let rare = filter.rare().map(|what| self.rare_places(what));
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
        let mut found = found.unwrap_or_else(|| self.all());
        for bitmap in not.iter().filter_map(|what| self.shared.get(what)) {
            found -= bitmap;
        }
        found
    }
}
