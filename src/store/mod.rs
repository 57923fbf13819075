//! sled: the latest state of each aggregate, and how far it reaches. All of it can be rebuilt from the journal.
//!
//! Not trusted: count and set-hash are compared at every start; what does not open or does not match is moved aside and rebuilt.

pub mod db;
pub mod meta;
pub mod rewrite;

pub use db::{Opened, Store, StoreError};
pub use meta::Meta;
pub use rewrite::Rewrite;
