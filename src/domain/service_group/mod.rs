//! The service group: members, leader, and how much open work each engineer carries.
//!
//! It hears of work by messages from Work Orders; the last journal sequence it took is the whole of its de-duplication.

pub mod group;

pub use group::{ServiceGroup, ServiceGroupCommand, ServiceGroupEvent};
