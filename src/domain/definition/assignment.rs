//! Assignment rules: to whom Work Orders go by themselves when they come to an assign node (ASG-7).

use super::condition::Condition;
use crate::domain::ids::{Name, ServiceGroupId, Skill, StaffUserId};
use serde::{Deserialize, Serialize};

/// One rule. They stand in the order of their precedence; the first that matches wins, and people decide where none does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssignmentRule {
    pub name: Name,
    pub precedence: u32,
    pub scope: Condition,
    pub to: AssignTo,
    /// What the engineer must be able to do, beside what the record type needs; where the group's own rule chooses.
    pub skills: Vec<Skill>,
}

/// To whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum AssignTo {
    Group(ServiceGroupId),
    User(StaffUserId),
}
