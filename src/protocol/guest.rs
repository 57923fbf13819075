//! Shapes of `org.workorderd.Guest1`; its `.varlink` file says what each field means.

use super::work_orders::shapes;
use serde::{Deserialize, Serialize};

/// The interface's name.
pub const NAME: &str = "org.workorderd.Guest1";
/// Its description, served as it is.
pub const DESCRIPTION: &str = include_str!("org.workorderd.Guest1.varlink");

shapes! {
    /// A question of an evaluation template.
    Field { name: String, title: String, kind: String, required: bool, options: Vec<Choice> }
    /// One of the answers to choose from.
    Choice { name: String, title: String }
    /// An answer as given.
    Answer { field: String, value: String }
    /// What was given through a link.
    Given { at: i64, after_completion: bool, answers: Vec<Answer> }
    /// Parameters of `Show`.
    Show { token: String, language: Option<String> }
    /// Reply of `Show`.
    Shown {
        purpose: String, number: String, subject: String, language: String, template: Option<String>, fields: Vec<Field>, used: i64,
        open: bool, closed: Option<String>, given: Option<Given>,
    }
    /// Parameters of `Evaluate`.
    Evaluate { token: String, request_id: String, answers: Vec<Answer> }
    /// Reply of `Evaluate`.
    Evaluated { number: String, sequence: i64, after_completion: bool }
    /// Parameters of `Confirm`.
    Confirm { token: String, request_id: String, solved: bool, reason: Option<String> }
    /// Reply of `Confirm`.
    Confirmed { number: String, sequence: i64 }
}
