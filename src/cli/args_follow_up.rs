//! Follow-ups, as people type them.

use clap::{Args, Subcommand};
use std::path::PathBuf;

use super::args::{Number, Paging};
use super::args_guest::{answer, photo};
use crate::protocol::work_orders::SORTS;

/// The ways of contact.
const WAYS: [&str; 4] = ["phone", "e-mail", "wechat", "visit"];

/// What can be done about follow-ups.
#[derive(Debug, Clone, Subcommand)]
pub enum FollowUpCommand {
    /// List what is to be followed up, for those who may
    List(FollowUpList),
    /// Show a follow-up: whom to reach, what is asked, and what was tried
    Show {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Language of questions, such as zh [default: that of the staff user]
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// Tell by which rule a Work Order is followed up, and why not by the others
    Explain {
        /// Which one.
        #[command(flatten)]
        of: Number,
    },
    /// Note that the customer was tried to reach, in vain
    Attempt {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Over which way of contact
        #[arg(long, value_parser = WAYS)]
        way: String,
        /// What came of it
        #[arg(long, value_parser = ["no-answer", "busy", "wrong-number", "asked-to-call-back", "declined", "other"])]
        outcome: String,
        /// More about it
        #[arg(long, value_name = "TEXT")]
        note: Option<String>,
    },
    /// Take down what the customer answered; it is an evaluation that says who took it down
    Submit {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Over which way of contact
        #[arg(long, value_parser = WAYS)]
        way: String,
        /// Answers, such as overall=5
        #[arg(required_unless_present = "photos", value_name = "FIELD=ANSWER", value_parser = answer)]
        answers: Vec<(String, String)>,
        /// Photo for a question, that the customer sent; several times
        #[arg(long = "photo", value_name = "FIELD=FILE", value_parser = photo)]
        photos: Vec<(String, PathBuf)>,
    },
    /// Close it: the customer could not be reached, though it was tried
    Close {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Pass it on to another who may follow up
    PassOn {
        /// Which one.
        #[command(flatten)]
        of: Number,
        /// Id of the staff user
        user: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
}

/// Which follow-ups.
#[derive(Debug, Clone, Args)]
pub struct FollowUpList {
    /// Only those that wait for you by name
    #[arg(long)]
    pub mine: bool,
    /// In which order [default: oldest]
    #[arg(long, value_name = "ORDER", value_parser = SORTS)]
    pub sort: Option<String>,
    /// How many, and from where on.
    #[command(flatten)]
    pub paging: Paging,
}

impl FollowUpCommand {
    /// Whether it changes something.
    pub fn changes(&self) -> bool {
        match self {
            Self::List(_) | Self::Show { .. } | Self::Explain { .. } => false,
            Self::Attempt { .. } | Self::Submit { .. } | Self::Close { .. } | Self::PassOn { .. } => true,
        }
    }
}
