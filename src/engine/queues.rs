//! Queues: the open Work Orders of each service group and engineer, most pressing first, with what is counted of them.
//!
//! Kept with every durable step, so that nobody who looks has to go through all Work Orders. The board feeds it.

use crate::domain::ids::{ServiceGroupId, StaffUserId, WorkOrderId};
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::deadline::overdue_at;
use crate::domain::work_order::state::Priority;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};
use std::ops::Bound;

/// Where a Work Order stands in every queue it is in: overdue ones first, longest overdue first; then what is overdue soonest; then
/// what has no such time, by priority and age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Below 0: overdue.
    rank: i64,
    created_at: Timestamp,
    id: WorkOrderId,
}

/// What is counted of a queue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Not ended.
    pub open: u64,
    /// Of these, without an engineer.
    pub unassigned: u64,
    /// Of these, at a node whose time is over.
    pub overdue: u64,
}

/// Which queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Queue {
    /// Every open Work Order.
    All,
    /// Of this service group; `None`: of none.
    Group(Option<ServiceGroupId>),
    /// Of this engineer.
    Engineer(StaffUserId),
}

/// What is asked of a queue; what is not asked for does not matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Only {
    /// Without an engineer.
    pub unassigned: bool,
    /// At a node whose time is over.
    pub overdue: bool,
}

/// In which queues a Work Order is, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing<'a> {
    place: Place,
    group: Option<&'a ServiceGroupId>,
    engineer: Option<&'a StaffUserId>,
}

/// Those of a queue, in order.
#[derive(Debug, Default)]
struct Places {
    places: BTreeSet<Place>,
    overdue: u64,
}

/// Of a service group: each Work Order is in one of the two.
#[derive(Debug, Default)]
struct GroupQueue {
    unassigned: Places,
    assigned: Places,
}

/// All queues that anything is in.
#[derive(Debug, Default)]
pub struct Queues {
    groups: BTreeMap<Option<ServiceGroupId>, GroupQueue>,
    engineers: BTreeMap<StaffUserId, Places>,
}

impl Place {
    /// Times of work are far smaller, so what is moved by this is below 0.
    const OVERDUE: i64 = i64::MIN / 2;
    const PARTS: usize = 3;

    fn of(order: &WorkOrder) -> Self {
        let rank = match (overdue_at(order), order.visit().is_some_and(|v| v.overdue)) {
            (due, true) => due.unwrap_or_default().0.saturating_add(Self::OVERDUE).min(-1),
            (Some(due), false) => due.0.max(0),
            (None, false) => i64::MAX - Self::weight(order.priority),
        };
        Self { rank, created_at: order.created_at, id: order.id }
    }

    fn weight(priority: Priority) -> i64 {
        match priority {
            Priority::Low => 0,
            Priority::Normal => 1,
            Priority::High => 2,
            Priority::Urgent => 3,
        }
    }

    fn is_overdue(self) -> bool {
        self.rank < 0
    }

    /// The Work Order that stands here.
    pub fn id(self) -> WorkOrderId {
        self.id
    }

    /// As a text that [`Place::read`] reads; it does not begin with a sign, which would look like an option where it is typed.
    pub fn written(self) -> String {
        format!("{:x}.{}.{}", self.rank, self.created_at.0, self.id)
    }

    /// What [`Place::written`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(Self::PARTS, '.').collect();
        let [rank, created_at, id] = parts.as_slice() else { return None };
        let id = WorkOrderId(u128::from_str_radix(id, 16).ok()?);
        Some(Self { rank: u64::from_str_radix(rank, 16).ok()?.cast_signed(), created_at: Timestamp(created_at.parse().ok()?), id })
    }
}

impl<'a> Standing<'a> {
    /// Of an open Work Order that is not void.
    pub fn of(order: &'a WorkOrder) -> Option<Self> {
        (order.is_open() && order.life.is_normal()).then(|| Self {
            place: Place::of(order),
            group: order.group.as_ref(),
            engineer: order.engineer.as_ref(),
        })
    }
}

impl Standing<'_> {
    /// Where, in each of its queues.
    pub fn place(self) -> Place {
        self.place
    }
}

impl Places {
    fn of(places: Vec<Place>) -> Self {
        let overdue = places.iter().filter(|place| place.is_overdue()).count() as u64;
        Self { places: places.into_iter().collect(), overdue }
    }

    fn insert(&mut self, place: Place) {
        if self.places.insert(place) && place.is_overdue() {
            self.overdue += 1;
        }
    }

    fn remove(&mut self, place: Place) {
        if self.places.remove(&place) && place.is_overdue() {
            self.overdue -= 1;
        }
    }

    fn counts(&self, assigned: bool) -> Counts {
        let open = self.places.len() as u64;
        Counts { open, unassigned: if assigned { 0 } else { open }, overdue: self.overdue }
    }
}

impl Counts {
    fn and(self, other: Self) -> Self {
        Self { open: self.open + other.open, unassigned: self.unassigned + other.unassigned, overdue: self.overdue + other.overdue }
    }
}

impl GroupQueue {
    fn counts(&self) -> Counts {
        self.unassigned.counts(false).and(self.assigned.counts(true))
    }

    fn part(&mut self, assigned: bool) -> &mut Places {
        if assigned { &mut self.assigned } else { &mut self.unassigned }
    }

    fn parts(&self, only: Only) -> impl Iterator<Item = &Places> {
        std::iter::once(&self.unassigned).chain((!only.unassigned).then_some(&self.assigned))
    }
}

impl Queues {
    /// Takes all in at once, at start: sorted first, which is faster than putting one after the other where it belongs.
    pub fn load<'a>(&mut self, all: impl Iterator<Item = Standing<'a>>) {
        let mut parts: HashMap<(Option<&ServiceGroupId>, bool), Vec<Place>> = HashMap::new();
        let mut engineers: HashMap<&StaffUserId, Vec<Place>> = HashMap::new();
        for Standing { place, group, engineer } in all {
            parts.entry((group, engineer.is_some())).or_default().push(place);
            if let Some(engineer) = engineer {
                engineers.entry(engineer).or_default().push(place);
            }
        }
        for ((group, assigned), places) in parts {
            *self.groups.entry(group.cloned()).or_default().part(assigned) = Places::of(places);
        }
        self.engineers = engineers.into_iter().map(|(engineer, places)| (engineer.clone(), Places::of(places))).collect();
    }

    /// Moves a Work Order from where it stood to where it stands now.
    pub fn change(&mut self, before: Option<Standing<'_>>, after: Option<Standing<'_>>) {
        if before == after {
            return;
        }
        if let Some(before) = before {
            self.remove(before);
        }
        if let Some(after) = after {
            self.groups.entry(after.group.cloned()).or_default().part(after.engineer.is_some()).insert(after.place);
            if let Some(engineer) = after.engineer {
                self.engineers.entry(engineer.clone()).or_default().insert(after.place);
            }
        }
    }

    fn remove(&mut self, standing: Standing<'_>) {
        let group = standing.group.cloned();
        if let Some(queue) = self.groups.get_mut(&group) {
            queue.part(standing.engineer.is_some()).remove(standing.place);
            if queue.counts() == Counts::default() {
                self.groups.remove(&group);
            }
        }
        let Some(engineer) = standing.engineer else { return };
        if let Some(places) = self.engineers.get_mut(engineer) {
            places.remove(standing.place);
            if places.places.is_empty() {
                self.engineers.remove(engineer);
            }
        }
    }

    /// Of every service group with open Work Orders, by id; first those of none, if there are any.
    pub fn groups(&self) -> impl Iterator<Item = (Option<&ServiceGroupId>, Counts)> {
        self.groups.iter().map(|(group, queue)| (group.as_ref(), queue.counts()))
    }

    /// Of a queue.
    pub fn counts(&self, queue: &Queue) -> Counts {
        match queue {
            Queue::All => self.groups.values().map(GroupQueue::counts).fold(Counts::default(), Counts::and),
            Queue::Group(group) => self.groups.get(group).map(GroupQueue::counts).unwrap_or_default(),
            Queue::Engineer(engineer) => self.engineers.get(engineer).map(|places| places.counts(true)).unwrap_or_default(),
        }
    }

    /// Up to `most` of a queue, most pressing first, behind a place; and whether there are more.
    pub fn list(&self, queue: &Queue, only: Only, after: Option<Place>, most: usize) -> (Vec<Place>, bool) {
        let parts: Vec<&Places> = match queue {
            Queue::All => self.groups.values().flat_map(|queue| queue.parts(only)).collect(),
            Queue::Group(group) => self.groups.get(group).into_iter().flat_map(|queue| queue.parts(only)).collect(),
            Queue::Engineer(engineer) => self.engineers.get(engineer).into_iter().filter(|_| !only.unassigned).collect(),
        };
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let mut rest: Vec<_> = parts.iter().map(|part| part.places.range((from, Bound::Unbounded))).collect();
        let mut heads: BinaryHeap<_> = rest.iter_mut().enumerate().filter_map(|(i, part)| Some(Reverse((*part.next()?, i)))).collect();
        let mut found = Vec::new();
        while let Some(Reverse((place, i))) = heads.pop() {
            if only.overdue && !place.is_overdue() {
                break;
            }
            if found.len() == most {
                return (found, true);
            }
            found.push(place);
            heads.extend(rest.get_mut(i).and_then(Iterator::next).map(|next| Reverse((*next, i))));
        }
        (found, false)
    }
}
