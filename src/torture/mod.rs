//! `workorderd torture DIR`: the promises tried on the user's own machine and disk. The real daemon works under load from several
//! connections and is killed with SIGKILL again and again, also while it starts, rebuilds its store or reloads its settings; what it
//! acknowledged is kept outside of it and held against its history after every start.
//!
//! A kill shows that nothing is lost by the daemon; a power cut asks more of disk and kernel, and cannot be made from here.

mod daemon;
pub mod judge;
pub mod ledger;
mod life;
mod load;
mod program;

pub use program::{Arguments, main};
