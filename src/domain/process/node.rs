//! The enums over all node kinds.

use super::{accept, assign, confirm, evaluate, follow_up, on_site, task};
use serde::{Deserialize, Serialize};

/// What is known of the node a Work Order is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeState {
    Assign(assign::State),
    Accept(accept::State),
    Task(task::State),
    Confirm(confirm::State),
    Evaluate(evaluate::State),
    /// Behind a pointer: larger than the others, and seldom at hand.
    OnSite(Box<on_site::State>),
    FollowUp(Box<follow_up::State>),
}

/// What happened within a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeEvent {
    Assign(assign::Event),
    Accept(accept::Event),
    Task(task::Event),
    Confirm(confirm::Event),
    OnSite(on_site::Event),
    FollowUp(follow_up::Event),
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
            Self::OnSite(_) => "on-site",
            Self::FollowUp(_) => "follow-up",
        }
    }
}

impl NodeState {
    /// What it has of a task: who took it.
    pub fn task(&self) -> Option<&task::State> {
        match self {
            Self::Task(state) => Some(state),
            Self::OnSite(state) => Some(&state.task),
            Self::Assign(_) | Self::Accept(_) | Self::Confirm(_) | Self::Evaluate(_) | Self::FollowUp(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn task_mut(&mut self) -> Option<&mut task::State> {
        match self {
            Self::Task(state) => Some(state),
            Self::OnSite(state) => Some(&mut state.task),
            Self::Assign(_) | Self::Accept(_) | Self::Confirm(_) | Self::Evaluate(_) | Self::FollowUp(_) => None,
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
            Self::OnSite(event) => event.name(),
            Self::FollowUp(event) => event.name(),
        }
    }
}
