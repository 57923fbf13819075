//! `workorderctl top`: a board for a dispatcher. `model` is what is known and what a key means, `view` draws it, `worker` talks to the
//! daemon, `shell` holds the terminal.
//! Keeps: model and view know neither socket, clock nor terminal; the daemon is never asked for more than one page of a list.

pub mod event;
mod keys;
pub mod layout;
pub mod model;
pub mod overlay;
mod shell;
pub mod view;
mod worker;

pub use shell::top;
