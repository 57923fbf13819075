//! Commands on what customers have: products and terminals.

use clap::{Args, Subcommand};

use super::args::Paging;

/// What can be done with products.
#[derive(Debug, Subcommand)]
pub enum ProductCommand {
    /// Make a product, or replace all that is known of one
    Put {
        /// Id: letters, digits and - _ . @
        id: String,
        /// Name for people
        #[arg(long)]
        name: String,
        /// The maker's own name of it
        #[arg(long)]
        model: Option<String>,
        /// What kind of equipment it is
        #[arg(long)]
        category: Option<String>,
        /// Not for new Work Orders; kept for the history
        #[arg(long)]
        disabled: bool,
    },
    /// List products
    List(Paging),
}

/// What can be done with terminals.
#[derive(Debug, Subcommand)]
pub enum TerminalCommand {
    /// Make a terminal, or replace all that is known of one
    Put(PutTerminal),
    /// Show a terminal: product, account, contact, warranty, and how to create a Work Order
    Show {
        /// Id of the terminal
        id: String,
    },
    /// List terminals
    List(ListTerminals),
}

/// A terminal.
#[derive(Debug, Clone, Args)]
pub struct PutTerminal {
    /// Id: letters, digits and - _ . @
    pub id: String,
    /// Name for people
    #[arg(long)]
    pub name: String,
    /// Id of the product it is one of
    #[arg(long, value_name = "ID")]
    pub product: String,
    /// Id of the account it belongs to
    #[arg(long, value_name = "ID")]
    pub account: String,
    /// Id of the contact to ask for there
    #[arg(long, value_name = "ID")]
    pub contact: Option<String>,
    /// Serial number
    #[arg(long, value_name = "NUMBER")]
    pub serial_number: Option<String>,
    /// Where it stands
    #[arg(long, value_name = "ADDRESS")]
    pub site: Option<String>,
    /// Last day of the warranty, such as 2027-12-31
    #[arg(long, value_name = "DATE")]
    pub warranty_end: Option<String>,
    /// Not for new Work Orders; kept for the history
    #[arg(long)]
    pub disabled: bool,
}

/// Which terminals.
#[derive(Debug, Clone, Args)]
pub struct ListTerminals {
    /// Only those of this account
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Only those of this product
    #[arg(long, value_name = "ID")]
    pub product: Option<String>,
    /// Only with this serial number, the whole of it
    #[arg(long, value_name = "NUMBER")]
    pub serial_number: Option<String>,
    /// How much.
    #[command(flatten)]
    pub paging: Paging,
}
