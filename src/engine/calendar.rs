//! The calendar: planned visits by engineer and time, over all Work Orders (OPS-5). Fed by durable steps, rebuilt at start.
//!
//! Each engineer's visits are in order of time, and none is longer than a day; so what goes on in a span is found without looking at
//! anything but that span and the day before it, however many Work Orders there are.

use crate::domain::ids::{PlannedNo, StaffUserId, WorkOrderId};
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::work_order::plan::{LONGEST_PLANNED, PlannedVisit};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::ops::Bound;

/// How many of the visits that overlap one are told.
pub const OVERLAPS_MAX: usize = 10;

/// From a time on, before another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct During {
    pub from: Timestamp,
    pub until: Timestamp,
}

/// Where a visit stands among those of its engineer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    pub from: Timestamp,
    pub order: WorkOrderId,
    pub no: PlannedNo,
}

/// What is kept of a visit beside that.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Kept {
    until: Timestamp,
    note: Option<PersonalText>,
    moved: u32,
    changed_at: Timestamp,
}

/// Where a page ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub slot: Slot,
    pub engineer: StaffUserId,
}

/// A visit on the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub engineer: StaffUserId,
    pub slot: Slot,
    pub until: Timestamp,
    pub note: Option<PersonalText>,
    pub moved: u32,
    pub changed_at: Timestamp,
    /// The first of the same engineer's other visits that go on at the same time, each with its end.
    pub overlaps: Vec<(Slot, Timestamp)>,
}

/// All planned visits, by engineer.
#[derive(Debug, Default)]
pub struct Calendar(BTreeMap<StaffUserId, BTreeMap<Slot, Kept>>);

impl During {
    /// Whether a span goes on in this one; what ends as the other begins does not.
    pub fn meets(self, from: Timestamp, until: Timestamp) -> bool {
        from < self.until && self.from < until
    }

    /// What goes on in it began after this.
    fn earliest(self) -> Timestamp {
        Timestamp(self.from.0.saturating_sub_unsigned(LONGEST_PLANNED.0))
    }
}

impl Slot {
    fn of(order: WorkOrderId, visit: &PlannedVisit) -> Self {
        Self { from: visit.from, order, no: visit.no }
    }

    fn first(from: Timestamp) -> Self {
        Self { from, order: WorkOrderId(0), no: PlannedNo(0) }
    }

    fn last(from: Timestamp) -> Self {
        Self { from, order: WorkOrderId(u128::MAX), no: PlannedNo(u32::MAX) }
    }
}

impl Cursor {
    const PARTS: usize = 4;

    /// As a text that [`Cursor::read`] reads.
    pub fn written(&self) -> String {
        format!("{}.{}.{}.{}", self.slot.from.0, self.slot.order, self.slot.no.0, self.engineer)
    }

    /// What [`Cursor::written`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(Self::PARTS, '.').collect();
        let [from, order, no, engineer] = parts.as_slice() else { return None };
        let slot = Slot {
            from: Timestamp(from.parse().ok()?),
            order: WorkOrderId(u128::from_str_radix(order, 16).ok()?),
            no: PlannedNo(no.parse().ok()?),
        };
        Some(Self { slot, engineer: StaffUserId::new(engineer).ok()? })
    }

    /// Where another engineer's, or the same one's, go on behind it: all are in order of time, and at the same time of engineer.
    fn behind(&self, engineer: &StaffUserId) -> Bound<Slot> {
        match engineer.cmp(&self.engineer) {
            std::cmp::Ordering::Less => Bound::Excluded(Slot::last(self.slot.from)),
            std::cmp::Ordering::Equal => Bound::Excluded(self.slot),
            std::cmp::Ordering::Greater => Bound::Included(Slot::first(self.slot.from)),
        }
    }
}

impl Calendar {
    /// What calendars showed of a Work Order gives way to what they show now.
    pub fn take(&mut self, order: WorkOrderId, before: &[PlannedVisit], after: &[PlannedVisit]) {
        if before == after {
            return;
        }
        for visit in before {
            if let Some(visits) = self.0.get_mut(&visit.engineer) {
                visits.remove(&Slot::of(order, visit));
                if visits.is_empty() {
                    self.0.remove(&visit.engineer);
                }
            }
        }
        for visit in after {
            let kept = Kept { until: visit.until, note: visit.note.clone(), moved: visit.moved, changed_at: visit.changed_at };
            self.0.entry(visit.engineer.clone()).or_default().insert(Slot::of(order, visit), kept);
        }
    }

    /// Up to `most` visits that go on in a span, by time and then by engineer, behind a place; and whether there are more.
    pub fn page(
        &self,
        engineer: Option<&StaffUserId>,
        during: During,
        after: Option<&Cursor>,
        most: usize,
        is_shown: impl Fn(&StaffUserId) -> bool,
    ) -> (Vec<Entry>, bool) {
        if during.until <= during.from {
            return (Vec::new(), false);
        }
        let end = Slot::first(during.until);
        let one = engineer.and_then(|id| self.0.get_key_value(id));
        let all = engineer.is_none().then(|| self.0.iter()).into_iter().flatten();
        let begin = |id: &StaffUserId| {
            let earliest = Slot::first(during.earliest());
            match after.map(|after| after.behind(id)) {
                Some(Bound::Excluded(slot)) if slot >= earliest => Bound::Excluded(slot),
                Some(Bound::Included(slot)) if slot >= earliest => Bound::Included(slot),
                _ => Bound::Included(earliest),
            }
        };
        let shown = one.into_iter().chain(all).filter(|(id, _)| is_shown(id));
        let mut rest: Vec<_> = shown
            .filter(|(id, _)| !matches!(begin(id), Bound::Excluded(slot) | Bound::Included(slot) if slot >= end))
            .map(|(id, visits)| (id, visits, visits.range((begin(id), Bound::Excluded(end)))))
            .collect();
        let mut heads = BinaryHeap::new();
        for (i, (_, _, visits)) in rest.iter_mut().enumerate() {
            heads.extend(visits.find(|(_, kept)| kept.until > during.from).map(|(slot, kept)| Reverse((slot.from, i, *slot, kept.until))));
        }
        let mut found = Vec::new();
        while let Some(Reverse((_, i, slot, until))) = heads.pop() {
            if found.len() == most {
                return (found, true);
            }
            let Some((id, visits, more)) = rest.get_mut(i) else { break };
            if let Some(kept) = visits.get(&slot) {
                found.push(Entry {
                    engineer: (*id).clone(),
                    slot,
                    until,
                    note: kept.note.clone(),
                    moved: kept.moved,
                    changed_at: kept.changed_at,
                    overlaps: overlaps(visits, slot, until),
                });
            }
            let next = more.find(|(_, kept)| kept.until > during.from);
            heads.extend(next.map(|(slot, kept)| Reverse((slot.from, i, *slot, kept.until))));
        }
        (found, false)
    }

    /// An engineer's other visits that go on during one.
    pub fn overlaps(&self, engineer: &StaffUserId, slot: Slot, until: Timestamp) -> Vec<(Slot, Timestamp)> {
        self.0.get(engineer).map(|visits| overlaps(visits, slot, until)).unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn overlaps(visits: &BTreeMap<Slot, Kept>, slot: Slot, until: Timestamp) -> Vec<(Slot, Timestamp)> {
    let during = During { from: slot.from, until };
    let near = visits.range(Slot::first(during.earliest())..Slot::first(until));
    let others = near.filter(|(other, kept)| **other != slot && kept.until > slot.from && !mutant!("overlaps-untold"));
    others.take(OVERLAPS_MAX).map(|(other, kept)| (*other, kept.until)).collect()
}
