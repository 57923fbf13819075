//! Where a Work Order of the replay stands, as far as it takes to put the log's next difference into commands.
//! Keeps: it changes by accepted commands alone, so that a refusal is seen in everything that follows.
//! Leaves to others: the rules, which are the daemon's; nothing of this is compared with the log.

use super::log::Awaiting;

/// A command to the daemon, without the Work Order's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// To a service group, which then names the engineer.
    AssignToGroup(String),
    /// The engineer is named.
    AssignToEngineer(String),
    /// The engineer takes it on.
    Accept,
    /// Back to whoever assigned it.
    Decline,
    /// Passed on to a service group.
    TransferToGroup(String),
    /// Passed on to an engineer.
    TransferToEngineer(String),
    /// The work is done.
    Complete,
    /// Confirmed: over.
    Solved,
    /// Not confirmed: back to work.
    NotSolved,
    /// On hold.
    Hold(Awaiting),
    /// No longer on hold.
    Resume,
}

impl Command {
    /// The method of the protocol.
    pub fn method(&self) -> &'static str {
        match self {
            Self::AssignToGroup(_) => "org.workorderd.WorkOrders1.AssignToGroup",
            Self::AssignToEngineer(_) => "org.workorderd.WorkOrders1.AssignToEngineer",
            Self::Accept => "org.workorderd.WorkOrders1.AcceptAssignment",
            Self::Decline => "org.workorderd.WorkOrders1.DeclineAssignment",
            Self::TransferToGroup(_) | Self::TransferToEngineer(_) => "org.workorderd.WorkOrders1.Transfer",
            Self::Complete => "org.workorderd.WorkOrders1.CompleteTask",
            Self::Solved => "org.workorderd.WorkOrders1.ConfirmSolved",
            Self::NotSolved => "org.workorderd.WorkOrders1.ConfirmNotSolved",
            Self::Hold(_) => "org.workorderd.WorkOrders1.Hold",
            Self::Resume => "org.workorderd.WorkOrders1.Resume",
        }
    }

    /// The method's name without its interface.
    pub fn name(&self) -> &'static str {
        self.method().rsplit('.').next().unwrap_or_default()
    }
}

/// A command and the staff user who gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The staff user.
    pub by: String,
    /// What is asked for.
    pub command: Command,
}

/// The node of the help desk's process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Node {
    /// Nobody is named.
    #[default]
    Assign,
    /// Somebody is named and has not taken it on.
    Accept,
    /// Worked on.
    Work,
    /// The work is done.
    Confirm,
    /// Over.
    Ended,
}

/// Where the Work Order stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Desk {
    /// The node.
    pub node: Node,
    /// The one person who may act on the node, where it is handed to one alone.
    pub only: Option<String>,
    /// The service group.
    pub group: Option<String>,
    /// The engineer.
    pub engineer: Option<String>,
    /// Who named the engineer.
    pub assigned_by: Option<String>,
    /// Who last said that the work is done.
    pub completed_by: Option<String>,
    /// Whether it is on hold.
    pub on_hold: bool,
}

impl Desk {
    /// Takes an accepted command in.
    pub fn take(&mut self, step: &Step) {
        let by = Some(step.by.clone());
        match &step.command {
            Command::AssignToGroup(group) => {
                self.group = Some(group.clone());
                self.only = None;
            }
            Command::AssignToEngineer(engineer) => {
                self.engineer = Some(engineer.clone());
                self.assigned_by = by;
                self.enter(Node::Accept, None);
            }
            Command::Accept => {
                self.engineer = by;
                self.enter(Node::Work, None);
            }
            Command::Decline => {
                self.engineer = None;
                self.enter(Node::Assign, self.assigned_by.clone());
            }
            Command::TransferToGroup(group) => {
                self.group = Some(group.clone());
                self.engineer = None;
                self.enter(Node::Assign, None);
            }
            Command::TransferToEngineer(engineer) => {
                self.engineer = Some(engineer.clone());
                if self.node == Node::Work {
                    self.assigned_by = by;
                    self.enter(Node::Accept, None);
                } else {
                    self.only = Some(engineer.clone());
                }
            }
            Command::Complete => {
                self.completed_by = by;
                self.enter(Node::Confirm, None);
            }
            Command::Solved => self.enter(Node::Ended, None),
            Command::NotSolved => self.enter(Node::Work, self.completed_by.clone()),
            Command::Hold(_) => self.on_hold = true,
            Command::Resume => self.on_hold = false,
        }
    }

    fn enter(&mut self, node: Node, only: Option<String>) {
        self.node = node;
        self.only = only;
        self.on_hold = false;
    }
}
