//! The command line of definitions: what there is, what became of it, and back to files.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Without a command: the list.
#[derive(Debug, Clone, Args)]
pub struct DefinitionsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: Option<DefinitionsCommand>,
}

/// What to do with definitions.
#[derive(Debug, Clone, Subcommand)]
pub enum DefinitionsCommand {
    /// List them, with versions and where record types stand
    List,
    /// Print one as it would be exported
    Show {
        /// form, record-type, process, evaluation-template, evaluation-rule, assignment-rule, follow-up-rule, plug-in, message or role
        kind: String,
        /// Its name
        name: String,
        /// Which version [default: the latest]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        version: Option<i64>,
    },
    /// Write files that apply to exactly what is defined now
    Export {
        /// Folder for the files; made if it is not there. Files of the same names are not overwritten without --force
        dir: PathBuf,
        /// Overwrite files that are there
        #[arg(long)]
        force: bool,
    },
    /// Tell who changed what, and when
    History {
        /// At most this many steps
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
        limit: Option<i64>,
    },
    /// Publish a record type: from now on Work Orders can be created under it
    Publish(RecordTypeName),
    /// Retire a record type: nothing new under it, what runs goes on to its end
    Retire(RecordTypeName),
    /// Delete a retired record type: its name may be used again, statistics still count it
    Delete(RecordTypeName),
    /// Show a message as a Work Order's customer would get it; nothing is sent
    PreviewMessage(PreviewMessage),
    /// Put an evaluation or assignment rule at another place: the first that matches counts
    #[command(group = clap::ArgGroup::new("place").required(true))]
    MoveRule(MoveRule),
    /// Move all running Work Orders of a process to a version of it, one by one
    Move {
        /// Name of the process
        process: String,
        /// Version to move to
        #[arg(value_parser = clap::value_parser!(i64).range(1..))]
        version: i64,
        /// Only tell which would be moved
        #[arg(long)]
        dry_run: bool,
    },
}

/// Which message, for which Work Order.
#[derive(Debug, Clone, Args)]
pub struct PreviewMessage {
    /// Name of the message
    pub message: String,
    /// Number of the Work Order
    pub number: String,
    /// Language, such as zh [default: the recipient's]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
    /// A definition file, or a folder of them, that would be applied
    #[arg(long, value_name = "PLACE")]
    pub with: Option<PathBuf>,
    /// Write the HTML there, to be looked at in a browser
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

/// Which rule, and where to.
#[derive(Debug, Clone, Args)]
pub struct MoveRule {
    /// evaluation-rule, assignment-rule or follow-up-rule
    #[arg(value_parser = ["evaluation-rule", "assignment-rule", "follow-up-rule"])]
    pub kind: String,
    /// Its name
    pub name: String,
    /// Directly before that rule
    #[arg(long, value_name = "RULE", group = "place")]
    pub before: Option<String>,
    /// Directly behind that rule
    #[arg(long, value_name = "RULE", group = "place")]
    pub after: Option<String>,
    /// A number that no other rule has; the smallest that matches counts
    #[arg(long, value_name = "N", group = "place", value_parser = clap::value_parser!(i64).range(1..))]
    pub precedence: Option<i64>,
    /// Only tell what would change
    #[arg(long)]
    pub dry_run: bool,
}

/// Which Work Orders the rules are tried on, and which rules.
#[derive(Debug, Clone, Args)]
pub struct TryRules {
    /// A definition file, or a folder of them, that would be applied [default: the rules as they are]
    pub place: Option<PathBuf>,
    /// Only of this record type
    #[arg(long, value_name = "NAME")]
    pub record_type: Option<String>,
    /// Only those created from then on, such as 2026-11-22 or 2026-11-22T08:00
    #[arg(long, value_name = "TIME")]
    pub created_from: Option<String>,
    /// Only those created before
    #[arg(long, value_name = "TIME")]
    pub created_until: Option<String>,
    /// The newest so many of them
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(i64).range(1..))]
    pub newest: i64,
    /// So many of those that would be evaluated otherwise are listed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i64).range(0..))]
    pub list: i64,
}

/// Which record type.
#[derive(Debug, Clone, Args)]
pub struct RecordTypeName {
    /// Name of the record type
    pub name: String,
}

impl DefinitionsCommand {
    /// Whether it is one change under one request id.
    pub fn takes_request_id(&self) -> bool {
        matches!(self, Self::Publish(_) | Self::Retire(_) | Self::Delete(_) | Self::MoveRule(_))
    }
}
