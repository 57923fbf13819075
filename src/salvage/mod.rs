//! `workorderd salvage`: what is left of a data folder whose journal is damaged, in a new folder.
//!
//! The whole front of the history becomes a data folder that starts. Records behind the damage cannot follow on it (their chain is
//! broken, and steps between are missing), so they are told for people and programs, not played. The damaged folder is only read.

pub mod behind;
pub mod folder;
pub mod report;

pub use folder::{SalvageError, Salvaged, salvage};
pub use report::main;
