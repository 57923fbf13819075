//! `workorderctl bench`: durable steps per second beside what the bare disk, a SQLite script and a bare echo do in the same run.

pub mod bare;
pub mod echo;
pub mod evaluations;
pub mod load;
pub mod million;
pub mod report;
pub mod rival;
pub mod run;
pub mod stage;

pub use run::main;
