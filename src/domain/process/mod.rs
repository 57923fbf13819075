//! Node kinds, one file each with the same items: Spec (as defined), State (frozen at entry), Event, `open` and its commands.
//!
//! The enums here hold them all and are matched in full: a new kind is one new file and the lines the compiler then asks for.
//! A node is left through `door` and by no other way.

pub mod accept;
pub mod assign;
pub mod confirm;
pub mod door;
pub mod evaluate;
pub mod follow_up;
pub mod handlers;
pub mod node;
pub mod on_site;
pub mod task;
pub mod transfer;

pub use node::{NodeEvent, NodeState};
