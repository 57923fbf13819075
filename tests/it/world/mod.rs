//! The simulated world that tests run in: a disk that can fail, and a stage for the journal.
//! Invariant: nothing here reads a clock or the real disk; a seed decides everything.

pub mod disk;
pub mod ledger;
