//! How long each engineer worked, over all Work Orders: fed by durable steps, rebuilt at start.

use crate::domain::ids::StaffUserId;
use crate::domain::number::WorkOrderNumber;
use crate::domain::time::{Span, Timestamp};
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::labor::Labor;
use std::collections::BTreeMap;
use std::ops::Bound;

/// One engineer's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Total {
    /// Of all that has ended.
    pub ended: Span,
    pub intervals: u64,
    /// What runs: since when, and on which Work Order.
    pub running: BTreeMap<WorkOrderNumber, Timestamp>,
}

/// By engineer.
#[derive(Debug, Default)]
pub struct LaborTotals(BTreeMap<StaffUserId, Total>);

impl LaborTotals {
    /// Takes a step in. Labor is only ever added, or ended where it stands.
    pub fn take(&mut self, before: Option<&WorkOrder>, after: &WorkOrder) {
        let known = before.map_or(&[][..], WorkOrder::labor);
        for (index, labor) in after.labor().iter().enumerate() {
            match known.get(index) {
                Some(same) if same == labor => {}
                Some(_) => self.put(after, labor, false),
                None => self.put(after, labor, true),
            }
        }
    }

    fn put(&mut self, order: &WorkOrder, labor: &Labor, new: bool) {
        let total = self.0.entry(labor.engineer.clone()).or_default();
        total.intervals += u64::from(new);
        match labor.to {
            Some(to) => {
                total.ended = Span(total.ended.0 + to.since(labor.from).0);
                if !new {
                    total.running.remove(&order.number);
                }
            }
            None => {
                total.running.insert(order.number.clone(), labor.from);
            }
        }
    }

    /// By engineer, behind `after`, at most so many of those that are shown; or one engineer's.
    pub fn told(
        &self,
        engineer: Option<&StaffUserId>,
        after: Option<&StaffUserId>,
        most: usize,
        is_shown: impl Fn(&StaffUserId) -> bool,
    ) -> Vec<(StaffUserId, Total)> {
        let begin = after.map_or(Bound::Unbounded, Bound::Excluded);
        let all = self.0.range::<StaffUserId, _>((begin, Bound::Unbounded));
        let wanted = all.filter(|(id, _)| engineer.is_none_or(|e| e == *id) && is_shown(id));
        wanted.take(most).map(|(id, total)| (id.clone(), total.clone())).collect()
    }
}
