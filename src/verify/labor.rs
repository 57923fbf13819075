//! Labor as its events tell it, over all Work Orders: none is negative, and no two of one engineer overlap but where the node
//! allowed it (ONS-2). Shares nothing with the writer's guard.

use crate::domain::ids::{StaffUserId, WorkOrderId};
use crate::domain::work_order::event::Event;
use std::collections::HashMap;

#[derive(Debug)]
struct Interval {
    order: WorkOrderId,
    from: i64,
    /// None while it runs.
    to: Option<i64>,
    may_overlap: bool,
}

/// All labor, by engineer.
#[derive(Debug, Default)]
pub struct Labor(HashMap<StaffUserId, Vec<Interval>>);

impl Labor {
    /// Takes an event in.
    pub fn take(&mut self, order: WorkOrderId, event: &Event, wrong: &mut Vec<String>) {
        match event {
            Event::LaborStarted { engineer, from, may_overlap, .. } => self.begin(engineer, order, (from.0, None), *may_overlap),
            Event::LaborEntered { engineer, from, to, may_overlap, .. } => {
                self.begin(engineer, order, (from.0, Some(to.0)), *may_overlap);
            }
            Event::LaborStopped { engineer, to } => {
                let all = self.0.get_mut(engineer).map_or(&mut [][..], |all| all);
                match all.iter_mut().find(|labor| labor.order == order && labor.to.is_none()) {
                    Some(runs) => runs.to = Some(to.0),
                    None => wrong.push(format!("labor of {engineer} is stopped and does not run")),
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, engineer: &StaffUserId, order: WorkOrderId, (from, to): (i64, Option<i64>), may_overlap: bool) {
        self.0.entry(engineer.clone()).or_default().push(Interval { order, from, to, may_overlap });
    }

    /// How many intervals there are.
    pub fn count(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// At the end of the history: what must not be.
    pub fn wrong(&mut self, name: impl Fn(WorkOrderId) -> String) -> Vec<String> {
        let mut wrong = Vec::new();
        for (engineer, all) in &mut self.0 {
            for labor in all.iter().filter(|labor| labor.to.is_some_and(|to| to < labor.from)) {
                wrong.push(format!("labor of {engineer} on {} ends before it begins, at {} ms", name(labor.order), labor.from));
            }
            all.sort_by_key(|labor| labor.from);
            // The one that goes on longest so far; what begins before its end overlaps it.
            let mut longest: Option<(i64, WorkOrderId)> = None;
            for labor in all.iter().filter(|labor| !labor.may_overlap && labor.to.is_none_or(|to| to > labor.from)) {
                if let Some((until, other)) = longest
                    && labor.from < until
                {
                    let (here, there, from) = (name(labor.order), name(other), labor.from);
                    let until = if until == i64::MAX { "which runs".to_owned() } else { format!("until {until} ms") };
                    wrong.push(format!("labor of {engineer} on {here} from {from} ms overlaps that on {there}, {until}"));
                }
                let until = labor.to.unwrap_or(i64::MAX);
                if longest.is_none_or(|(latest, _)| until > latest) {
                    longest = Some((until, labor.order));
                }
            }
        }
        wrong.sort_unstable();
        wrong
    }
}
