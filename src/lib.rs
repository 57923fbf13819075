//! workorderd.
pub mod client;
pub mod codec;
pub mod control;
pub mod daemon;
pub mod demo;
pub mod domain;
pub mod engine;
pub mod journal;
pub mod mail;
pub mod protocol;
pub mod runtime;
pub mod settings;
pub mod store;
pub mod verify;
