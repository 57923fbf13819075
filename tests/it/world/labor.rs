//! Labor, checked from events alone: no two intervals of one engineer overlap, whatever Work Orders they are on; none is negative,
//! none ends after the time of its record, none runs where nobody is on site.

use std::collections::BTreeMap;
use workorderd::domain::ids::{StaffUserId, WorkOrderId};
use workorderd::domain::work_order::WorkOrder;
use workorderd::domain::work_order::event::Event;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Interval {
    order: WorkOrderId,
    from: i64,
    /// None: it runs.
    to: Option<i64>,
    may_overlap: bool,
}

/// All labor, by engineer.
#[derive(Default)]
pub struct LaborBook(BTreeMap<StaffUserId, Vec<Interval>>);

impl LaborBook {
    /// Takes an event in, with the time of its record.
    pub fn take(&mut self, order: WorkOrderId, event: &Event, at: i64) {
        match event {
            Event::LaborStarted { engineer, from, may_overlap, .. } => {
                assert_eq!(from.0, at, "labor starts at the time of its record");
                self.put(engineer, Interval { order, from: from.0, to: None, may_overlap: *may_overlap });
            }
            Event::LaborEntered { engineer, from, to, may_overlap, .. } => {
                assert!(from < to && to.0 <= at, "labor that was entered is not negative and not in the future");
                self.put(engineer, Interval { order, from: from.0, to: Some(to.0), may_overlap: *may_overlap });
            }
            Event::LaborStopped { engineer, to } => {
                let mut mine = self.0.entry(engineer.clone()).or_default().iter_mut();
                let runs = mine.find(|i| i.to.is_none() && i.order == order).expect("only what runs is stopped");
                assert!(to.0 >= runs.from && to.0 <= at.max(runs.from), "labor of {engineer} ends between its start and now");
                runs.to = Some(to.0);
            }
            _ => {}
        }
    }

    fn put(&mut self, engineer: &StaffUserId, new: Interval) {
        let all = self.0.entry(engineer.clone()).or_default();
        let until = |i: &Interval| i.to.unwrap_or(i64::MAX);
        let overlaps = |old: &&Interval| old.from < until(&new) && new.from < until(old) && until(old) > old.from;
        let clash = all.iter().filter(|old| !old.may_overlap && !new.may_overlap).find(overlaps);
        assert!(clash.is_none(), "{engineer} is at two places at once: {clash:?} and {new:?}");
        all.push(new);
    }

    /// After a record: the state holds what the events say, and what runs, runs on an open on-site visit.
    pub fn rests(&self, order: &WorkOrder) {
        let on_site = order.visit().is_some_and(|v| v.state.kind() == "on-site");
        let running = order.labor().iter().filter(|l| l.to.is_none()).count();
        assert!(running == 0 || on_site, "{} has {running} intervals of labor that run, and nobody is on site", order.number);
        for engineer in order.labor().iter().map(|l| &l.engineer) {
            let held = order.labor().iter().filter(|l| l.engineer == *engineer);
            let mut held: Vec<_> =
                held.map(|l| Interval { order: order.id, from: l.from.0, to: l.to.map(|t| t.0), may_overlap: l.may_overlap }).collect();
            let mut told: Vec<_> = self.0.get(engineer).into_iter().flatten().filter(|i| i.order == order.id).copied().collect();
            held.sort_unstable();
            told.sort_unstable();
            assert_eq!(held, told, "{} keeps the labor of {engineer} that its events tell of", order.number);
        }
    }

    /// Of one engineer: milliseconds that have ended, how many intervals there are, and how many of them run.
    pub fn sum(&self, engineer: &StaffUserId) -> (i64, usize, usize) {
        let all = self.0.get(engineer).map_or(&[][..], |all| all);
        let ended = all.iter().filter_map(|i| Some(i.to? - i.from)).sum();
        (ended, all.len(), all.iter().filter(|i| i.to.is_none()).count())
    }

    /// Engineers with labor.
    pub fn engineers(&self) -> Vec<&StaffUserId> {
        self.0.keys().collect()
    }
}
