//! `workorderd demo`, and what it brings along so that it runs on one machine without anybody else's servers.

mod cast;
pub mod checks;
mod crash;
mod daemon_process;
mod emergency;
mod error;
mod folder;
pub mod mail_catcher;
mod mail_dialogue;
mod mail_parts;
mod narrator;
mod outcome;
mod program;
mod sms_provider;
mod stage;
mod stay;
mod story_follow_up;
mod story_gate;
mod story_group;
mod story_short;

pub use program::main;
