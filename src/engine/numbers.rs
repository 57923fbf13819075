//! Which number comes next in each scope. Only a proposal: uniqueness is the writer's claim (INT-7).

use crate::domain::number::{self, WorkOrderNumber};
use std::collections::HashMap;

/// Highest counter used or proposed, per scope.
#[derive(Debug, Default)]
pub struct Numbers {
    highest: HashMap<String, u64>,
}

impl Numbers {
    /// Takes in a number that is used, at start.
    pub fn load(&mut self, number: &WorkOrderNumber) {
        if let Some((scope, counter)) = number::parse(number) {
            match self.highest.get_mut(scope) {
                Some(highest) => *highest = counter.max(*highest),
                None => {
                    self.highest.insert(scope.to_owned(), counter);
                }
            }
        }
    }

    /// The next number in a scope; never proposed before since the start, never below one that is used.
    pub fn propose(&mut self, scope: &str) -> WorkOrderNumber {
        let highest = self.highest.entry(scope.to_owned()).or_insert(0);
        *highest += 1;
        number::spell(scope, *highest)
    }
}
