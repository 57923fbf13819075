//! `workorder-portal`: the page behind the links that customers get (UIX-1). A process of its own, which holds no data and speaks the
//! guest interface alone, over the gateway socket.
//!
//! Keeps: a link is never used up by looking at it (GET), and never told: in no log line, to no other site. Nothing of the pages needs a
//! script. Whoever asks too much, sends too much or too slowly is turned away; the others go on.
//! Leaves to others: every rule, which the daemon has; and TLS, which a web server in front of it has.

pub mod answers;
pub mod args;
pub mod limits;
pub mod page;
pub mod receipts;
pub mod route;
pub mod serve;
pub mod uploads;
pub mod words;

pub use serve::main;
