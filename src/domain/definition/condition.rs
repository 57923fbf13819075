//! Conditions over a Work Order: all tests must hold, each test is "field is (not) one of these values" (PRC-3, EVA-3).
//!
//! Flat by intent: no recursive types reach the disk.

use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::state::{Channel, Priority};
use serde::{Deserialize, Serialize};

/// A conjunction of tests; without tests it always holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Condition {
    pub all: Vec<Test>,
}

/// One test of a field against a list of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Test {
    pub field: ConditionField,
    /// True: the field must be none of the values.
    pub not: bool,
    pub values: Vec<Box<str>>,
}

/// Which fields a condition may look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConditionField {
    RecordType,
    Priority,
    Channel,
    Account,
    ServiceGroup,
}

impl ConditionField {
    /// All fields with their names in definition files.
    pub const ALL: [(&'static str, Self); 5] = [
        ("record_type", Self::RecordType),
        ("priority", Self::Priority),
        ("channel", Self::Channel),
        ("account", Self::Account),
        ("service_group", Self::ServiceGroup),
    ];

    /// The values that make sense, where they are a closed list.
    pub fn closed_values(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Priority => Some(&Priority::NAMES),
            Self::Channel => Some(&Channel::NAMES),
            Self::RecordType | Self::Account | Self::ServiceGroup => None,
        }
    }
}

impl Condition {
    /// Whether every test holds for this Work Order.
    pub fn holds(&self, order: &WorkOrder) -> bool {
        self.all.iter().all(|test| {
            let value = match test.field {
                ConditionField::RecordType => Some(order.record_type.as_str()),
                ConditionField::Priority => Some(order.priority.name()),
                ConditionField::Channel => Some(order.channel.name()),
                ConditionField::Account => order.account.as_ref().map(|a| a.as_str()),
                ConditionField::ServiceGroup => order.group.as_ref().map(|g| g.as_str()),
            };
            test.values.iter().any(|v| Some(&**v) == value) != test.not
        })
    }
}
