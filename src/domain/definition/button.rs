//! Buttons: commands of a node that an admin may give words of their own (EVA-2, FUP-3). What they do stays the same.

use crate::domain::label::Label;
use crate::domain::work_order::state::words;
use serde::{Deserialize, Serialize};

words!(
    /// Which one, as definition files name it.
    Button {
        Skip = "skip",
        Attempt = "attempt",
        Submit = "submit",
        NotReached = "not_reached",
        PassOn = "pass_on",
    }
);

/// The words for some buttons of a node, each once.
pub type Labels = Vec<(Button, Label)>;

impl Button {
    /// The buttons of an evaluate node.
    pub const OF_EVALUATE: &[Self] = &[Self::Skip];
    /// Those of a follow-up node.
    pub const OF_FOLLOW_UP: &[Self] = &[Self::Attempt, Self::Submit, Self::NotReached, Self::PassOn];

    /// The command in the protocol that it gives.
    pub fn command(self) -> &'static str {
        match self {
            Self::Skip => "SkipEvaluation",
            Self::Attempt => "RecordFollowUpAttempt",
            Self::Submit => "SubmitFollowUp",
            Self::NotReached => "CloseFollowUp",
            Self::PassOn => "PassFollowUpOn",
        }
    }
}
