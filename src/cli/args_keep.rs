//! Whose a Work Order is, and whether it counts, as people type it.

use clap::Subcommand;

use super::args::Number;

/// What can be done with a Work Order as a whole, outside its nodes.
#[derive(Debug, Clone, Subcommand)]
pub enum KeepCommand {
    /// Make somebody else the owner; the former one stays on the team
    ChangeOwner {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Id of the staff user
        owner: String,
    },
    /// Who takes part beside the owner
    #[command(subcommand)]
    Team(TeamCommand),
    /// Lock: nobody of the staff changes it until it is unlocked
    Lock(Number),
    /// Unlock
    Unlock(Number),
    /// Make void: it stands still as if it had never been, and admins alone see it
    Void {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Restore what is void; it goes on where it was
    Restore(Number),
    /// Delete what is void; its number and its history stay
    Delete {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// What can be done with a team.
#[derive(Debug, Clone, Subcommand)]
pub enum TeamCommand {
    /// Add somebody, or change what they may do
    Add {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Id of the staff user
        user: String,
        /// What they may do with it [default: read-write]
        #[arg(long, value_parser = ["read", "read-write"])]
        access: Option<String>,
    },
    /// Remove somebody
    Remove {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Id of the staff user
        user: String,
    },
}
