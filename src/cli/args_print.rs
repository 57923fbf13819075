//! The printed page, as it is asked for.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::args::Number;

/// What to print, and where to.
#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("to").required(true).multiple(true)))]
pub struct PrintArgs {
    /// Which one.
    #[command(flatten)]
    pub of: Number,
    /// File to write, PDF or HTML as its name ends; one that is there is replaced
    #[arg(value_name = "FILE", group = "to")]
    pub file: Option<PathBuf>,
    /// Write HTML into this file, or - for standard output
    #[arg(long, value_name = "FILE", group = "to")]
    pub html: Option<PathBuf>,
    /// Write PDF into this file, or - for standard output
    #[arg(long, value_name = "FILE", group = "to")]
    pub pdf: Option<PathBuf>,
    /// Language of the page [default: that of the contact, else English]
    #[arg(long, value_name = "TAG", value_parser = ["zh", "en"])]
    pub language: Option<String>,
    /// Name of the company at the head of the page
    #[arg(long, env = "WORKORDERCTL_COMPANY", value_name = "TEXT")]
    pub company: Option<String>,
    /// A word or two beside it, in the place of a logo
    #[arg(long, env = "WORKORDERCTL_LOGO", value_name = "TEXT")]
    pub logo: Option<String>,
    /// Font of the PDF, TTF, OTF or TTC [default: Noto Sans CJK, WenQuanYi or DejaVu, where they usually are]
    #[arg(long, env = "WORKORDERCTL_FONT", value_name = "FILE")]
    pub font: Option<PathBuf>,
    /// Which font of a collection (TTC), from 0 on [default: the one for simplified Chinese, else the first]
    #[arg(long, value_name = "N", requires = "font")]
    pub font_index: Option<u32>,
    /// Without the QR code of the evaluation
    #[arg(long)]
    pub no_code: bool,
    /// The QR code of the evaluation alone, on a card of A6 without the customer's name
    #[arg(long, conflicts_with = "no_code")]
    pub card: bool,
}
