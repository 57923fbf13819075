//! The offline checker: proves chain and gate from the history, with code that shares nothing with `decide` and `evolve`.

pub mod attachments;
pub mod gate;
pub mod labor;
pub mod page;
mod page_words;
pub mod report;

pub use page::Language;
pub use report::{Findings, main, verify};
