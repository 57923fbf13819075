//! Commands on sets of people: user groups and service providers.

use clap::{Args, Subcommand};

use super::args::Paging;

/// Somebody who is to be erased.
#[derive(Debug, Clone, Args)]
pub struct Erase {
    /// Whose personal data goes
    pub id: String,
    /// Only tell what would go
    #[arg(long)]
    pub dry_run: bool,
    /// Their id once more: this cannot be taken back
    #[arg(long, value_name = "ID", conflicts_with = "dry_run")]
    pub confirm: Option<String>,
}

/// What can be done with user groups.
#[derive(Debug, Subcommand)]
pub enum UserGroupCommand {
    /// Make a user group, or replace all that is known of one
    Put {
        /// Id: letters, digits and - _ . @
        id: String,
        /// Name for people
        #[arg(long)]
        name: String,
        /// Id of a member; may be given several times, or with commas
        #[arg(long = "member", value_name = "ID", value_delimiter = ',')]
        members: Vec<String>,
        /// Shares nothing any more; kept for the history
        #[arg(long)]
        disabled: bool,
    },
    /// Show a user group and its members
    Show {
        /// Id of the user group
        id: String,
    },
    /// List user groups
    List(Paging),
}

/// What can be done with service providers.
#[derive(Debug, Subcommand)]
pub enum ServiceProviderCommand {
    /// Make a service provider, or replace all that is known of one
    Put {
        /// Id: letters, digits and - _ . @
        id: String,
        /// Name for people
        #[arg(long)]
        name: String,
        /// Its people may do nothing any more, its service groups get no more work; kept for the history
        #[arg(long)]
        disabled: bool,
    },
    /// Show a service provider: its people and its service groups
    Show {
        /// Id of the service provider
        id: String,
    },
    /// List service providers
    List(Paging),
}
