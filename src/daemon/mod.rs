//! The daemon `workorderd`: arguments, settings, start, serve, stop.

pub mod arguments;
pub mod peers;
pub mod run;

pub use arguments::main;
