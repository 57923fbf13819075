//! Record types and processes: the ordered nodes a Work Order passes through (REC-1, PRC-1).

use super::button::Labels;
use super::condition::Condition;
use crate::domain::ids::{Name, NodeIndex, ServiceGroupId, Skill, StaffUserId};
use crate::domain::label::Label;
use crate::domain::number::NumberPattern;
use crate::domain::process::{accept, assign, confirm, evaluate, follow_up, on_site, task};
use crate::domain::time::Span;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Most reminders of one node.
pub const REMINDERS_MAX: usize = 10;

/// Most nodes of one process.
pub const NODES_MAX: usize = 100;

/// A kind of Work Order: its name and number pattern, and which process it runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordType {
    pub name: Name,
    pub title: Label,
    pub description: Box<str>,
    pub number: NumberPattern,
    pub process: Name,
    /// What is asked at intake.
    pub form: Option<Name>,
    /// Skills that its Work Orders need of their engineers.
    pub skills: Vec<Skill>,
    /// Whether it is of the kind "service ticket", of which there are few and with short names (REC-2).
    pub service_ticket: bool,
}

/// An ordered list of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub name: Name,
    pub title: Label,
    pub nodes: Vec<ProcessNode>,
}

/// One node of a process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessNode {
    /// Unique within the process; a move to another version finds nodes by it.
    pub name: Name,
    pub title: Label,
    pub handlers: Vec<HandlerSpec>,
    /// If it does not hold, the node is passed over and the history says so.
    pub condition: Condition,
    pub limits: Limits,
    /// What its handlers fill in before a person passes it on.
    pub form: Option<Name>,
    pub spec: NodeSpec,
    /// Words of its own for some of its commands.
    pub labels: Labels,
}

/// What a node does, one variant per node kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NodeSpec {
    Assign(assign::Spec),
    Accept(accept::Spec),
    Task(task::Spec),
    Confirm(confirm::Spec),
    Evaluate(evaluate::Spec),
    OnSite(on_site::Spec),
    FollowUp(follow_up::Spec),
}

impl NodeSpec {
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

    /// Whether the node can be completed by its time limit alone.
    pub fn may_auto_complete(&self) -> bool {
        match self {
            Self::Accept(_) | Self::Confirm(_) | Self::Evaluate(_) | Self::FollowUp(_) => true,
            Self::Assign(_) | Self::Task(_) | Self::OnSite(_) => false,
        }
    }
}

/// Time limits of a node, counted from its entry; frozen when it is entered (reading 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Limits {
    /// Ascending, at most [`REMINDERS_MAX`].
    pub remind_after: Vec<Span>,
    /// Who is reminded; nobody named: the handlers of the node.
    pub remind: Vec<HandlerSpec>,
    pub overdue_after: Option<Span>,
    /// Whom an overdue node is escalated to.
    pub escalate_to: Option<HandlerSpec>,
    pub auto_complete_after: Option<Span>,
    /// Whether the limits stand still while the Work Order is on hold (PRC-6).
    pub stand_still_on_hold: bool,
    /// Message to send with the reminder and the escalation.
    pub message: Option<Name>,
    /// Message to the customer with each reminder, with the link again; confirm and evaluate only (EVA-12).
    pub customer_message: Option<Name>,
}

/// Who handles a node (PRC-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandlerSpec {
    User(StaffUserId),
    Role(Name),
    /// Any member of a named service group.
    Members(ServiceGroupId),
    /// The leader of the group the Work Order is assigned to.
    Leader,
    Engineer,
    Owner,
    Submitter,
    /// The staff user whom a field of the forms names.
    Field(Name),
    SuperiorOf(Person),
    /// The head of the main department.
    DepartmentHeadOf(Person),
}

/// Of whom superior or department head handles a node. A type of its own: nothing that recurs reaches the disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Person {
    User(StaffUserId),
    Role(Name),
    Members(ServiceGroupId),
    Leader,
    Engineer,
    Owner,
    Submitter,
    Field(Name),
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user:{user}"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Members(group) => write!(f, "group:{group}"),
            Self::Leader => f.write_str("leader"),
            Self::Engineer => f.write_str("engineer"),
            Self::Owner => f.write_str("owner"),
            Self::Submitter => f.write_str("submitter"),
            Self::Field(field) => write!(f, "field:{field}"),
        }
    }
}

impl HandlerSpec {
    /// The field that names the person whom it goes by, if one does.
    pub fn field(&self) -> Option<&Name> {
        match self {
            Self::Field(field) | Self::SuperiorOf(Person::Field(field)) | Self::DepartmentHeadOf(Person::Field(field)) => Some(field),
            Self::User(_)
            | Self::Role(_)
            | Self::Members(_)
            | Self::Leader
            | Self::Engineer
            | Self::Owner
            | Self::Submitter
            | Self::SuperiorOf(_)
            | Self::DepartmentHeadOf(_) => None,
        }
    }
}

impl fmt::Display for HandlerSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "user:{user}"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Members(group) => write!(f, "group:{group}"),
            Self::Leader => f.write_str("leader"),
            Self::Engineer => f.write_str("engineer"),
            Self::Owner => f.write_str("owner"),
            Self::Submitter => f.write_str("submitter"),
            Self::Field(field) => write!(f, "field:{field}"),
            Self::SuperiorOf(person) => write!(f, "superior-of:{person}"),
            Self::DepartmentHeadOf(person) => write!(f, "department-head-of:{person}"),
        }
    }
}

impl Process {
    /// The node at an index, if the process has it.
    pub fn node(&self, index: NodeIndex) -> Option<&ProcessNode> {
        self.nodes.get(usize::from(index.0))
    }

    /// The index of the node of that name.
    pub fn find(&self, name: &Name) -> Option<NodeIndex> {
        self.nodes.iter().position(|n| n.name == *name).map(|i| NodeIndex(i as u16))
    }
}
