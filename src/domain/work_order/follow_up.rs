//! Attempts to reach a customer for a follow-up that reached nobody (FUP-4): the newest are kept on the Work Order, the history has all.

use super::state::{WorkOrder, words};
use crate::domain::ids::{StaffUserId, VisitNo};
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// How many attempts the state keeps.
pub const ATTEMPTS_KEPT: usize = 20;

words!(
    /// The way of contact.
    Way { Phone = "phone", Email = "e-mail", WeChat = "wechat", Visit = "visit" }
);
words!(
    /// Why an attempt reached nobody who answered.
    Missed {
        NoAnswer = "no-answer",
        Busy = "busy",
        WrongNumber = "wrong-number",
        CallBack = "asked-to-call-back",
        Declined = "declined",
        Other = "other",
    }
);

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub visit: VisitNo,
    pub at: Timestamp,
    /// None: a peer without a person.
    pub by: Option<StaffUserId>,
    pub way: Way,
    pub outcome: Missed,
    pub note: Option<PersonalText>,
}

/// All of a Work Order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Attempts {
    pub made: u32,
    /// The newest, oldest first.
    pub list: Vec<Attempt>,
}

impl WorkOrder {
    /// The newest attempts, oldest first, and how many there were in all.
    pub fn attempts(&self) -> (&[Attempt], u32) {
        self.attempts.as_ref().map_or((&[], 0), |all| (&all.list, all.made))
    }

    /// Whether the customer was tried to reach at that visit.
    pub fn was_attempted_at(&self, visit: VisitNo) -> bool {
        self.attempts().0.iter().any(|attempt| attempt.visit == visit)
    }
}

/// Part of `evolve`: another one; the oldest gives way.
pub(super) fn take(order: &mut WorkOrder, attempt: Attempt) {
    let all = order.attempts.get_or_insert_default();
    all.made += 1;
    if all.list.len() >= ATTEMPTS_KEPT {
        all.list.remove(0);
    }
    all.list.reserve_exact(1);
    all.list.push(attempt);
}
