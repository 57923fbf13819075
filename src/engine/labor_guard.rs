//! No two intervals of labor of one engineer overlap, whatever Work Orders they are on (ONS-2): the writer's book of them.
//!
//! Invariant: what it holds of one engineer does not overlap; so what ends last before a point also begins last before it.

use crate::domain::ids::StaffUserId;
use crate::domain::number::WorkOrderNumber;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// The end of what runs.
const NEVER: Timestamp = Timestamp(i64::MAX);

/// Labor of each engineer: by its beginning, its end and the Work Order it is on.
#[derive(Debug, Default)]
pub struct LaborGuard {
    books: HashMap<StaffUserId, BTreeMap<Timestamp, (Timestamp, WorkOrderNumber)>>,
}

impl LaborGuard {
    /// Why an interval cannot be booked; without an end it runs. One that ends as the other begins is not in its way.
    pub fn refusal(&self, engineer: &StaffUserId, from: Timestamp, to: Option<Timestamp>) -> Option<Rejection> {
        let (begin, (until, number)) = self.books.get(engineer)?.range(..to.unwrap_or(NEVER)).next_back()?;
        if *until <= from || mutant!("labor-overlaps") {
            return None;
        }
        let to = (*until != NEVER).then_some(until.0);
        Some(Rejection::LaborOverlaps { engineer: engineer.to_string(), number: number.to_string(), from: begin.0, to })
    }

    /// Books one. Of no length, it is not in anybody's way.
    pub fn book(&mut self, engineer: &StaffUserId, number: &WorkOrderNumber, from: Timestamp, to: Option<Timestamp>) {
        let to = to.unwrap_or(NEVER);
        if to > from {
            self.books.entry(engineer.clone()).or_default().insert(from, (to, number.clone()));
        }
    }

    /// What ran since `from` ran until `to`.
    pub fn end(&mut self, engineer: &StaffUserId, from: Timestamp, to: Timestamp) {
        let Some(book) = self.books.get_mut(engineer) else { return };
        if to <= from {
            book.remove(&from);
        } else if let Some((until, _)) = book.get_mut(&from) {
            *until = to;
        }
    }
}
