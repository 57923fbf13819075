//! The call action, as people type it.

use clap::Args;

use super::args::Number;

/// Whom to ring up.
#[derive(Debug, Clone, Args)]
pub struct CallArgs {
    /// Which one.
    #[command(flatten)]
    pub of: Number,
    /// Who of the Work Order [default: the contact, else the submitter]
    #[arg(long, value_parser = ["contact", "submitter"], conflicts_with = "phone")]
    pub to: Option<String>,
    /// A number instead, such as 021 5888 0000 or +86 138 0013 8000
    #[arg(long, value_name = "NUMBER")]
    pub phone: Option<String>,
}
