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
    /// Parameters of `MoveRule`.
    MoveRule {
        request_id: String, kind: String, name: String, precedence: Option<i64>, before: Option<String>, after: Option<String>,
        dry_run: Option<bool>,
    }
    /// A Work Order with the evaluation rules that count for it.
    Tried { number: String, record_type: String, created_at: i64, now: Option<String>, then: Option<String> }
    /// Parameters of `TryRules`.
    TryRules {
        files: Option<Vec<File>>, record_type: Option<String>, created_from: Option<i64>, created_until: Option<i64>, after: Option<String>,
        limit: Option<i64>,
    }
    /// Reply of `TryRules`.
    RulesTried { tried: Vec<Tried>, rules: Vec<String>, next: Option<String>, total: i64 }
    /// Parameters of `PreviewMessage`.
    PreviewMessage { number: String, message: String, language: Option<String>, files: Option<Vec<File>> }
    /// Reply of `PreviewMessage`.
    MessagePreviewed {
        to: Option<String>, name: Option<String>, language: String, subject: String, text: String, html: Option<String>,
        sms: String, sms_segments: i64, sms_template: Option<String>, sms_parameters: Vec<Put>,
        wechat_template: Option<String>, wechat_data: Vec<Put>,
    }
    /// What is put into a template of a gateway.
    Put { name: String, value: String }
    /// Parameters of `History`.
    History { limit: Option<i64> }
    /// Reply of `History`.
    HistoryTold { steps: Vec<Step>, more: bool }
    /// Parameters of `Publish`, `Retire` and `Delete`.
    OfType { request_id: String, record_type: String }
    /// Reply of these.
    Done { sequence: i64 }
}
