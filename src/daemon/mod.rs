//! The daemon `workorderd`: arguments, settings, start, serve, reload, stop, and its word with systemd.

pub mod arguments;
pub mod descriptors;
pub mod gateways;
mod health;
pub mod log;
pub mod notify;
pub mod peers;
pub mod prepare;
pub mod reload;
pub mod run;
pub mod sockets;

pub use arguments::main;
