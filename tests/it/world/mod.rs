//! The simulated world that tests run in: a disk that can fail, a stage for the journal, and a company on a daemon whose
//! threads, clock, disk, store, mail server and people are all moved by one seed.
//! Invariant: nothing here reads a clock or the real disk; a seed decides everything.

pub mod answers;
mod audit;
pub mod clients;
pub mod companies;
pub mod company;
pub mod coverage;
pub mod crash;
pub mod customers;
pub mod daemon;
pub mod deliver;
pub mod dialer;
pub mod disk;
pub mod equipment;
pub mod erasing;
pub mod folders;
pub mod follow_up;
pub mod gate;
pub mod keeping;
pub mod labor;
pub mod ledger;
pub mod lists;
pub mod mailer;
pub mod people;
pub mod planning;
pub mod post;
pub mod promises;
pub mod restart;
pub mod rights;
pub mod settings;
pub mod shell;
pub mod site;
pub mod steps;
pub mod store;
pub mod work;
#[expect(clippy::module_inception, reason = "the world itself")]
pub mod world;
