//! `workorderd demo`, and what it brings along so that it runs on one machine without anybody else's servers.

pub mod mail_catcher;
mod mail_dialogue;
mod mail_parts;

use std::process::ExitCode;

/// The whole subcommand.
pub fn main(_stay: bool) -> ExitCode {
    ExitCode::FAILURE
}
