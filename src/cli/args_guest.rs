//! What people outside may do, for trying it out: customers behind a link, contacts who have signed in, guests.

use clap::{Args, Subcommand};
use serde_json::Value;
use std::path::PathBuf;

use super::fields;

/// What people outside may do.
#[derive(Debug, Subcommand)]
pub enum GuestCommand {
    /// Show what a link is for; uses nothing up
    Show {
        /// The link, or the token at its end (which may begin with -)
        #[arg(allow_hyphen_values = true)]
        link: String,
    },
    /// Evaluate
    Evaluate {
        /// The link, or the token at its end (which may begin with -)
        #[arg(allow_hyphen_values = true)]
        link: String,
        /// Answers, such as overall=5
        #[arg(required_unless_present = "photos", value_name = "FIELD=ANSWER", value_parser = answer)]
        answers: Vec<(String, String)>,
        /// Photo for a question; several times
        #[arg(long = "photo", value_name = "FIELD=FILE", value_parser = photo)]
        photos: Vec<(String, PathBuf)>,
    },
    /// Say whether it is solved, by a link
    #[command(group(clap::ArgGroup::new("verdict").required(true)))]
    Confirm {
        /// The link, or the token at its end (which may begin with -)
        #[arg(allow_hyphen_values = true)]
        link: String,
        /// It is solved
        #[arg(long, group = "verdict")]
        solved: bool,
        /// It is not solved; with what is still wrong
        #[arg(long, group = "verdict", value_name = "REASON")]
        not_solved: Option<String>,
    },
    /// Ask for a link to sign in, which is mailed to the address if a contact has it; the answer never says so
    RequestSignIn {
        /// E-mail address
        email: String,
        /// Language of the mail, such as zh [default: that of the contact]
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// Sign in by a link, which is used up; prints the session
    SignIn {
        /// The link, or the token at its end
        #[arg(allow_hyphen_values = true)]
        link: String,
    },
    /// End the session
    SignOut(InSession),
    /// What can be raised
    RecordTypes(AsGuest),
    /// What is asked of whoever raises one
    Form {
        /// Name of the record type
        record_type: String,
        #[command(flatten)]
        as_guest: AsGuest,
    },
    /// Raise a Work Order
    Create(GuestCreate),
    /// What one submitted, and what is of one's own account
    List(GuestList),
    /// Show one of them
    Get {
        /// Number of the Work Order
        number: String,
        #[command(flatten)]
        of: InSession,
        /// Language of titles and words, such as zh [default: that of the contact]
        #[arg(long, value_name = "TAG")]
        language: Option<String>,
    },
    /// Say whether one's own is solved
    #[command(group(clap::ArgGroup::new("verdict").required(true)))]
    ConfirmOwn {
        /// Number of the Work Order
        number: String,
        /// It is solved
        #[arg(long, group = "verdict")]
        solved: bool,
        /// It is not solved; with what is still wrong
        #[arg(long, group = "verdict", value_name = "REASON")]
        not_solved: Option<String>,
        #[command(flatten)]
        of: InSession,
    },
    /// Cancel one's own
    Cancel {
        /// Number of the Work Order
        number: String,
        /// Why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        of: InSession,
    },
    /// Product and warranty of a device, by its serial number; of one's own also what was done
    Terminal {
        /// Serial number
        serial_number: String,
        #[command(flatten)]
        as_guest: AsGuest,
    },
    /// Bring what a provider of messages brings: a receipt, as workorder-portal does
    Receipt {
        /// twilio, aliyun or wechat
        provider: String,
        /// Behind the address, of twilio
        #[arg(long)]
        token: Option<String>,
        /// Of the address, without ?, of wechat
        #[arg(long)]
        query: Option<String>,
        /// X-Twilio-Signature
        #[arg(long)]
        signature: Option<String>,
        /// What it brings
        #[arg(long)]
        body: Option<String>,
    },
}

/// Of whoever has signed in.
#[derive(Debug, Clone, Args)]
pub struct InSession {
    /// What sign-in printed
    #[arg(long, env = "WORKORDERD_GUEST_SESSION", hide_env_values = true, value_name = "SESSION")]
    pub session: String,
}

/// Of whoever has signed in, or of a guest.
#[derive(Debug, Clone, Args)]
pub struct AsGuest {
    /// What sign-in printed [default: nothing, as a guest]
    #[arg(long, env = "WORKORDERD_GUEST_SESSION", hide_env_values = true, value_name = "SESSION")]
    pub session: Option<String>,
    /// Language of titles and words, such as zh [default: that of the contact]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
}

/// A new Work Order.
#[derive(Debug, Clone, Args)]
pub struct GuestCreate {
    /// Name of the record type, such as repair
    pub record_type: String,
    /// What it is about, in one line
    pub subject: String,
    /// More about it
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,
    /// The customer's own number for it
    #[arg(long, value_name = "TEXT")]
    pub reference: Option<String>,
    /// Field of the form; several times. Lists and tables are JSON; @FILE: what is in the file
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = fields::field)]
    pub fields: Vec<(String, Value)>,
    /// Name of the guest
    #[arg(long)]
    pub name: Option<String>,
    /// Phone number of the guest
    #[arg(long)]
    pub phone: Option<String>,
    /// E-mail address of the guest
    #[arg(long)]
    pub email: Option<String>,
    #[command(flatten)]
    pub as_guest: AsGuest,
}

/// Which to list.
#[derive(Debug, Clone, Args)]
pub struct GuestList {
    /// Only those that have not ended (=false: that have)
    #[arg(long, num_args = 0..=1, default_missing_value = "true", require_equals = true, value_name = "BOOL")]
    pub open: Option<bool>,
    /// What changed last comes first, and not the newest
    #[arg(long)]
    pub changed: bool,
    /// At most this many
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    pub limit: Option<i64>,
    /// Go on behind this one, as the end of a page says
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,
    #[command(flatten)]
    pub of: InSession,
    /// Language of titles and words, such as zh [default: that of the contact]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
}

impl GuestCommand {
    /// Whether it changes something.
    pub fn takes_request_id(&self) -> bool {
        match self {
            Self::Evaluate { .. }
            | Self::Confirm { .. }
            | Self::SignIn { .. }
            | Self::SignOut(_)
            | Self::Create(_)
            | Self::ConfirmOwn { .. }
            | Self::Cancel { .. } => true,
            Self::Show { .. }
            | Self::RequestSignIn { .. }
            | Self::RecordTypes(_)
            | Self::Form { .. }
            | Self::List(_)
            | Self::Get { .. }
            | Self::Terminal { .. }
            | Self::Receipt { .. } => false,
        }
    }
}

pub(super) fn answer(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((field, answer)) if !field.trim().is_empty() => Ok((field.trim().to_owned(), answer.to_owned())),
        _ => Err("an answer is written FIELD=ANSWER, such as overall=5".to_owned()),
    }
}

pub(super) fn photo(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((field, file)) if !field.trim().is_empty() && !file.is_empty() => Ok((field.trim().to_owned(), file.into())),
        _ => Err("a photo is written FIELD=FILE, such as damage=door.jpg".to_owned()),
    }
}
