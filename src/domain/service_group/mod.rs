//! The service group: members, leader, its own rule, and how much open work each engineer carries.
//!
//! It hears of work by messages from Work Orders; the last journal sequence it took is the whole of its de-duplication.

pub mod choose;
pub mod group;

pub use choose::Needs;
pub use group::{GroupEntry, GroupRule, ServiceGroup, ServiceGroupCommand, ServiceGroupEvent};
