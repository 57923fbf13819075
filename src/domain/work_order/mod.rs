//! The Work Order: the unit of after-sales work, and everything that may happen to it.
//!
//! `transition` is the whole step: authorise, decide, evolve, difference of deadlines, reactions. `evolve` is the only writer.

pub mod call;
pub mod command;
pub mod deadline;
pub mod decide;
pub mod draft;
pub mod edit;
pub mod event;
pub mod evolve;
pub mod explain;
pub mod field_work;
pub mod fields;
pub mod follow_up;
pub mod guest;
pub mod intake;
pub mod labor;
pub mod life;
pub mod mail;
pub mod notice;
mod notify;
pub mod personal;
pub mod plan;
pub mod reach;
pub mod reaction;
pub mod remind;
pub mod state;
pub mod team;
pub mod to_do;

pub use command::Command;
pub use event::Event;
pub use state::WorkOrder;
