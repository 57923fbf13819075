//! Shapes of `org.workorderd.Definitions1`; its `.varlink` file says what each field means.

use super::work_orders::shapes;
use serde::{Deserialize, Serialize};

/// The interface's name.
pub const NAME: &str = "org.workorderd.Definitions1";
/// Its description, served as it is.
pub const DESCRIPTION: &str = include_str!("org.workorderd.Definitions1.varlink");

shapes! {
    /// One definition file.
    File { path: String, text: String }
    /// One difference.
    Change {
        kind: String, name: String, change: String, from: Option<i64>, to: Option<i64>, state: Option<String>, before: Option<String>,
        after: Option<String>,
    }
    /// One definition, how many versions of it there are, and where it stands if it is a record type.
    Definition { kind: String, name: String, versions: i64, state: Option<String> }
    /// One change of the definitions.
    Step { sequence: i64, at: i64, by: String, event: String, changes: Vec<Change> }
    /// Parameters of `Apply`.
    Apply { request_id: String, files: Vec<File>, dry_run: Option<bool> }
    /// Reply of `Apply`.
    Applied { changes: Vec<Change>, sequence: Option<i64> }
    /// Reply of `List`.
    Listed { definitions: Vec<Definition> }
    /// Parameters of `Show`.
    Show { kind: String, name: String, version: Option<i64> }
    /// Reply of `Show`.
    Shown { kind: String, name: String, version: i64, state: Option<String>, text: String }
    /// Reply of `Export`.
    Exported { files: Vec<File> }
    /// Parameters of `History`.
    History { limit: Option<i64> }
    /// Reply of `History`.
    HistoryTold { steps: Vec<Step>, more: bool }
    /// Parameters of `Publish`, `Retire` and `Delete`.
    OfType { request_id: String, record_type: String }
    /// Reply of these.
    Done { sequence: i64 }
}
