//! The arguments of `workorderctl replay`.
//! Leaves to others: the socket and `--json`, which are options of every command.

use std::path::PathBuf;

/// Arguments of `replay`; what the command is for stands with the command (`cli::args`).
#[derive(Debug, Clone, clap::Args)]
pub struct ReplayArgs {
    /// The log
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// List the incidents under each rule
    #[arg(long)]
    pub verbose: bool,
}
