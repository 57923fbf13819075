//! To-dos and notices, as people type them.

use clap::{Args, Subcommand};

use super::args::{Number, Paging};
use crate::protocol::work_orders::SORTS;

/// What waits for one.
#[derive(Debug, Clone, Args)]
pub struct ToDosArgs {
    /// In which order
    #[arg(long, value_name = "ORDER", value_parser = SORTS)]
    pub sort: Option<String>,
    /// How many, and from where on.
    #[command(flatten)]
    pub paging: Paging,
}

/// A reminder.
#[derive(Debug, Clone, Args)]
pub struct RemindMeArgs {
    /// Which one.
    #[command(flatten)]
    pub of: Number,
    /// When, such as 2026-11-25 or 2026-11-25T08:00
    #[arg(long, value_name = "TIME")]
    pub at: String,
    /// Of what
    #[arg(long, value_name = "TEXT")]
    pub note: Option<String>,
}

/// What somebody is told by mail.
#[derive(Debug, Subcommand)]
pub enum NoticesCommand {
    /// Say what a staff user is mailed about; replaces what was said before
    Set {
        /// Id of the staff user
        id: String,
        /// Which notices, with commas [default: none]
        #[arg(long, value_name = "KINDS", value_delimiter = ',',
              value_parser = ["new", "passed-on", "returned", "overdue", "forwarded", "reminder"])]
        mail: Vec<String>,
        /// Also of what waits for a role or a service group of theirs, and not for them by name
        #[arg(long)]
        pools: bool,
        /// No mail in these hours, such as 22:00-07:00
        #[arg(long, value_name = "FROM-UNTIL", requires = "zone", value_parser = hours)]
        quiet: Option<(String, String)>,
        /// The time zone they are in, such as Asia/Shanghai
        #[arg(long, requires = "quiet")]
        zone: Option<String>,
    },
    /// As if nothing had been said: what is forwarded to them, and what they want to be reminded of
    Clear {
        /// Id of the staff user
        id: String,
    },
}

fn hours(text: &str) -> Result<(String, String), String> {
    match text.split_once('-') {
        Some((from, until)) => Ok((from.trim().to_owned(), until.trim().to_owned())),
        None => Err("quiet hours are written FROM-UNTIL, such as 22:00-07:00".to_owned()),
    }
}
