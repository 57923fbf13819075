//! The enums over all node kinds.

use super::{accept, assign, confirm, evaluate, task};
use serde::{Deserialize, Serialize};

/// What is known of the node a Work Order is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    Assign(assign::State),
    Accept(accept::State),
    Task(task::State),
    Confirm(confirm::State),
    Evaluate(evaluate::State),
}

/// What happened within a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeEvent {
    Assign(assign::Event),
    Accept(accept::Event),
    Task(task::Event),
    Confirm(confirm::Event),
}

impl NodeState {
    /// The glossary's word for the kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Assign(_) => "assign",
            Self::Accept(_) => "accept",
            Self::Task(_) => "task",
            Self::Confirm(_) => "confirm",
            Self::Evaluate(_) => "evaluate",
        }
    }
}

impl NodeEvent {
    /// The event's name in histories and streams.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Assign(event) => event.name(),
            Self::Accept(event) => event.name(),
            Self::Task(event) => event.name(),
            Self::Confirm(event) => event.name(),
        }
    }
}
