//! The arguments of `import`.

use std::path::PathBuf;

use clap::Args;

/// What is to be imported, and how.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Spreadsheet: CSV, or XLSX by the end of its name; its first line has the names of the columns
    pub file: PathBuf,
    /// What the lines are [default: as the mapping file says]
    #[arg(long, value_name = "KIND", value_parser = ["staff-user", "department", "user-group", "service-provider", "service-group", "account", "contact", "product", "terminal", "work-order"])]
    pub kind: Option<String>,
    /// Mapping file: which column is which field [default: columns are called as fields are]
    #[arg(long, value_name = "FILE")]
    pub mapping: Option<PathBuf>,
    /// Only judge the lines; nothing is changed
    #[arg(long)]
    pub dry_run: bool,
    /// Import nothing unless every line is good (as without an option)
    #[arg(long, conflicts_with = "good_lines")]
    pub all_or_nothing: bool,
    /// Import the good lines; the bad ones are written to this new file, with a column `error`, to be mended and imported
    #[arg(long, value_name = "FILE")]
    pub good_lines: Option<PathBuf>,
    /// Encoding of a CSV [default: utf-8]
    #[arg(long, value_parser = ["utf-8", "gb18030"])]
    pub encoding: Option<String>,
    /// Sheet of an XLSX [default: the first]
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}
