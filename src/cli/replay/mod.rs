//! `workorderctl replay`: the log of a real help desk, driven through a real daemon, and its outcome compared with ours.
//! Keeps: commands come from the differences between successive rows of the log and from nothing else; what is compared is
//! read from the daemon's own history; every difference is explained by a named rule whose predicate is checked, or counts as a fault.
//! Leaves to others: starting the daemon (with a clock set by hand, not ahead of the log), and the words of the command line.

pub mod args;
pub mod command;
pub mod compare;
pub mod desk;
pub mod drive;
pub mod facts;
pub mod log;
pub mod ours;
pub mod people;
pub mod report;
pub mod rules;
pub mod rules_part;
pub mod run;
pub mod steps;

pub use args::ReplayArgs;
pub use command::replay;
pub use report::Report;
pub use run::{Options, ReplayError, run};

#[cfg(test)]
mod made_up;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod steps_tests;
