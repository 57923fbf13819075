//! `workorderctl import`: entries and Work Orders from a spreadsheet (OPS-2).
//! Keeps: each line is judged by the daemon, by the rules of the command that it becomes, before the first one is sent; a line that is
//! not good is named with its number in the file and its column.
//! Leaves to others: what is good, which is the daemon's.

mod bad_lines;
mod kinds;
mod mapping;
mod run;
mod table;
mod values;

pub use run::import;
