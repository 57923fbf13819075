//! The shell around the engine: actix actors, the writer and applier threads, timers, mails. No rule lives here.
//!
//! A step goes: registry, actor (cell), writer (journal), then at once to views, reply, timers, deliveries; sled follows behind.

pub mod actor;
pub mod applier;
pub mod archiver;
pub mod attachments;
pub mod back_up;
pub mod clock;
pub mod defects;
mod deliver;
pub mod dialer;
pub mod eraser;
pub mod erasure_reading;
pub mod folder;
pub mod gateways;
pub mod handle;
pub mod health;
pub mod history;
pub mod links;
pub mod mailer;
pub mod marker;
pub mod measure;
pub mod naming;
mod notices;
pub mod recovery;
pub mod registry;
pub mod render;
pub mod room;
mod scan;
pub mod shared;
mod sign_in;
pub mod start;
pub mod step;
pub mod sweeper;
pub mod timers;
pub mod writer;

pub use clock::Clock;
pub use handle::Runtime;
pub use start::{Options, Progress, StartError, start};
