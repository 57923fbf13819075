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
    Change { kind: String, name: String }
    /// One definition and how many versions of it there are.
    Definition { kind: String, name: String, versions: i64 }
    /// Parameters of `Apply`.
    Apply { request_id: String, files: Vec<File>, dry_run: Option<bool> }
    /// Reply of `Apply`.
    Applied { changes: Vec<Change>, sequence: Option<i64> }
    /// Reply of `List`.
    Listed { definitions: Vec<Definition> }
}
