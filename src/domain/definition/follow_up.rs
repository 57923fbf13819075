//! Follow-up rules: what the customer is asked after the work, and who of the staff asks (FUP-2).

use super::condition::Condition;
use crate::domain::ids::{Name, ServiceGroupId, StaffUserId};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One rule. They stand in the order of their precedence; the first that matches wins, and where none does the node is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowUpRule {
    pub name: Name,
    pub precedence: u32,
    pub scope: Condition,
    /// An evaluation template.
    pub template: Name,
    pub by: FollowUpBy,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum FollowUpBy {
    Person(StaffUserId),
    /// Whose turn it is among the members of this service group.
    Rotation(ServiceGroupId),
}

impl fmt::Display for FollowUpBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(user) => write!(f, "{user}"),
            Self::Rotation(group) => write!(f, "whose turn it is in {group}"),
        }
    }
}
