//! Whose a Work Order is, and whether it counts, as people type it.

use clap::Subcommand;

use super::args::Number;
use super::fields::FieldArgs;

/// What can be done with a Work Order as a whole, outside its nodes.
#[derive(Debug, Clone, Subcommand)]
pub enum KeepCommand {
    /// Change what was said at intake, or a field of any of its forms; "" takes away what was there
    Edit {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// One line that says what it is about
        #[arg(long, value_name = "TEXT")]
        subject: Option<String>,
        /// What is known
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
        /// The customer's own number for it
        #[arg(long, value_name = "TEXT")]
        reference: Option<String>,
        /// For whom it is
        #[arg(long, value_name = "ID")]
        account: Option<String>,
        /// The person at the customer; their account comes with them
        #[arg(long, value_name = "ID")]
        contact: Option<String>,
        /// How urgent it is
        #[arg(long, value_parser = ["low", "normal", "high", "urgent"])]
        priority: Option<String>,
        /// Of any of its forms.
        #[command(flatten)]
        fields: FieldArgs,
    },
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
    /// Forward to colleagues who see it too, with a note: it is on their to-do lists
    Forward {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Id of a staff user; several times, or with commas
        #[arg(long = "to", value_name = "ID", value_delimiter = ',', required = true)]
        users: Vec<String>,
        /// What they should look at
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Finish what was forwarded to you, or you wanted to be reminded of
    FinishToDo {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Its number on your to-do list
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        to_do: i64,
    },
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
