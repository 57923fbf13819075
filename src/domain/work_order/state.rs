//! What is known of one Work Order. Written by `evolve` alone.

use super::call::PhoneCalls;
use super::field_work::FieldWork;
use super::follow_up::{Attempts, Way};
use super::guest::Guest;
use super::life::{Life, Lock};
use super::mail::Mail;
use super::notice::NoticeKind;
use super::team::TeamMember;
use super::to_do::{PersonalToDo, PersonalToDos};
use crate::domain::definition::{Answer, Recipient, VersionedName};
use crate::domain::form::Fields;
use crate::domain::ids::{AccountId, ContactId, InvitationNo, Name, NodeIndex, Region, ServiceGroupId, StaffUserId, VisitNo, WorkOrderId};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::NodeState;
use crate::domain::process::assign::Ask;
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A closed list of words: the variants with their names in files, protocol and tables.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All names, in order.
            pub const NAMES: [&'static str; [$($text),+].len()] = [$($text),+];
            /// All values, in order.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            /// The name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value of a name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

pub(crate) use words;

words!(
    /// How urgent it is.
    Priority { Low = "low", Normal = "normal", High = "high", Urgent = "urgent" }
);
words!(
    /// Where it was begun (INT-2, reading 23): at the list, from what is shown of an account or a contact, out of a service request, from a
    /// file, in the portal.
    EntryPoint { List = "list", Account = "account", Contact = "contact", ServiceRequest = "service-request", Import = "import", Portal = "portal" }
);
words!(
    /// How it came in (reading 23: who brought it, not where it was typed).
    Channel { Phone = "phone", Email = "e-mail", Portal = "portal", OnlineService = "online-service", ServiceProvider = "service-provider", Staff = "staff" }
);
words!(
    /// Business status; follows from the node, no command sets it (reading 21).
    Status { Open = "open", InProgress = "in progress", Resolved = "resolved", Closed = "closed" }
);
words!(
    /// Why a Work Order waits (PRC-6).
    HoldReason { Customer = "customer", Parts = "parts", Vendor = "vendor" }
);
words!(
    /// What a service record tells of (ONS-4).
    RecordKind { Visit = "visit", Call = "call", Email = "e-mail", Remark = "remark" }
);
words!(
    /// How a Work Order ended.
    Outcome { Completed = "completed", Cancelled = "cancelled", Rejected = "rejected" }
);
words!(
    /// By which way a node was left. Only `process::door` makes these.
    Exit {
        Assigned = "assigned",
        Accepted = "accepted",
        AutoAccepted = "auto-accepted",
        Declined = "declined",
        Transferred = "transferred",
        Completed = "completed",
        Solved = "solved",
        AutoConfirmed = "auto-completed, not confirmed",
        NotSolved = "not solved",
        Evaluated = "evaluated",
        Skipped = "skipped",
        AutoCompleted = "auto-completed, not evaluated",
        AssignedByRule = "assigned by a rule",
        FollowedUp = "followed up",
        NotReached = "not reached",
        AutoClosed = "auto-completed, not followed up",
    }
);
words!(
    /// Where an evaluation came from (EVA-4, reading 7); no invitation is from the staff.
    Source { Link = "link", QrCode = "qr-code", Staff = "staff" }
);

/// A person that a Work Order is raised by or for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Party {
    Staff(StaffUserId),
    Contact(ContactId),
    /// Nobody of the directory.
    Guest(Box<Guest>),
}

/// Who is to act on a node, resolved when it was entered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Handler {
    User(StaffUserId),
    Role(Name),
    Members(ServiceGroupId),
    Leader(ServiceGroupId),
    Submitter,
}

impl fmt::Display for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => write!(f, "{user}"),
            Self::Role(role) => write!(f, "role {role}"),
            Self::Members(group) => write!(f, "members of {group}"),
            Self::Leader(group) => write!(f, "leader of {group}"),
            Self::Submitter => f.write_str("submitter"),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Staff(user) => write!(f, "{user}"),
            Self::Contact(contact) => write!(f, "{contact}"),
            Self::Guest(_) => f.write_str("the guest"),
        }
    }
}

/// Time limits of a visit, worked out when the node was entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct FrozenLimits {
    /// Ascending.
    pub remind_after: Vec<Span>,
    /// Who is reminded; nobody named: the handlers.
    pub remind: Vec<Handler>,
    pub overdue_after: Option<Span>,
    pub escalate_to: Vec<Handler>,
    pub auto_complete_after: Option<Span>,
    pub stand_still_on_hold: bool,
    pub message: Option<VersionedName>,
    /// Goes with each reminder to those who were asked by mail and have not answered.
    pub customer_message: Option<VersionedName>,
}

/// One stay at a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub node: NodeIndex,
    pub name: Name,
    pub no: VisitNo,
    pub entered_at: Timestamp,
    /// How it came to its handlers: new, passed on, returned.
    pub came: NoticeKind,
    pub handlers: Vec<Handler>,
    /// Why the admins are the handlers, if it is for want of others.
    pub fallback: Option<Box<str>>,
    pub limits: FrozenLimits,
    /// On hold while the limits stand still, so far.
    pub stood_still: Span,
    /// How many reminders are through.
    pub reminded: u8,
    pub overdue: bool,
    /// What its handlers fill in, in the version of the time it was entered.
    pub form: Option<VersionedName>,
    pub state: NodeState,
}

/// Waiting, since when and for what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    pub reason: HoldReason,
    pub since: Timestamp,
}

/// What an invitation is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    Evaluate,
    Confirm,
}

/// One request to a customer, behind one link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    pub no: InvitationNo,
    pub visit: VisitNo,
    pub purpose: Purpose,
    pub source: Source,
    pub template: Option<VersionedName>,
    /// A link sent by message is for one submission, a QR code for many (reading 5).
    pub single_use: bool,
    pub for_submitter: bool,
    /// Whom it is sent to, where an evaluation rule says so.
    pub to: Option<Box<Recipient>>,
    pub expires_at: Timestamp,
    pub used: u32,
}

/// A customer's rating, with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// None: the staff took it.
    pub invitation: Option<InvitationNo>,
    pub visit: VisitNo,
    pub source: Source,
    pub template: VersionedName,
    pub answers: Vec<Answer>,
    pub at: Timestamp,
    /// Came through an open link when the node had been left (reading 5).
    pub after_completion: bool,
    /// Of a follow-up.
    pub taken: Option<Box<TakenBy>>,
}

/// Who of the staff took an evaluation down, and how they reached the customer (FUP-4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenBy {
    /// None: a peer without a person.
    pub by: Option<StaffUserId>,
    pub way: Way,
}

/// One Work Order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkOrder {
    pub id: WorkOrderId,
    pub number: WorkOrderNumber,
    pub record_type: Name,
    pub process: VersionedName,
    pub subject: PersonalText,
    pub description: Option<PersonalText>,
    /// The customer's or another system's number for it.
    pub reference: Option<PersonalText>,
    pub account: Option<AccountId>,
    pub contact: Option<ContactId>,
    /// Of the account, when it was created.
    pub region: Option<Region>,
    pub priority: Priority,
    pub channel: Channel,
    pub entry_point: EntryPoint,
    pub submitter: Party,
    pub created_by: Option<StaffUserId>,
    pub created_at: Timestamp,
    /// Who is responsible: whoever created it, until an engineer accepts it.
    pub owner: Option<StaffUserId>,
    /// Who takes part beside the owner.
    pub team: Vec<TeamMember>,
    pub life: Life,
    pub lock: Option<Box<Lock>>,
    pub group: Option<ServiceGroupId>,
    pub engineer: Option<StaffUserId>,
    /// Who assigned the engineer, and at which node: where a decline goes back to (reading 8).
    pub assigned_by: Option<StaffUserId>,
    pub assigned_at: Option<NodeIndex>,
    pub visit: Option<Visit>,
    pub visits: u32,
    /// Nodes passed over on the latest way through the process; nodes up to `reached` that are not among them were visited.
    pub passed_over: Vec<NodeIndex>,
    /// The furthest node of the latest way through the process; none before the first.
    pub reached: Option<NodeIndex>,
    pub hold: Option<Hold>,
    pub held_total: Span,
    pub first_accepted_at: Option<Timestamp>,
    pub first_completed_at: Option<Timestamp>,
    pub last_completed_at: Option<Timestamp>,
    pub last_completed_by: Option<StaffUserId>,
    /// The node of the last completion of work: where "not solved" goes back to.
    pub last_completed_node: Option<NodeIndex>,
    pub reopened: u32,
    pub reassigned: u32,
    pub outcome: Option<Outcome>,
    pub ended_at: Option<Timestamp>,
    pub invitations: Vec<Invitation>,
    pub evaluations: Vec<Evaluation>,
    pub mails: Vec<Mail>,
    pub mails_made: u32,
    /// Segments of short messages that were sent for it, or may have been (EVA-5).
    pub sms_segments: u32,
    /// What the forms of its record type and its nodes hold, by field name.
    pub fields: Fields,
    /// Forms that were to be filled in so far, each in its latest version here.
    pub forms: Vec<VersionedName>,
    pub field_work: Option<Box<FieldWork>>,
    pub to_dos: Option<Box<PersonalToDos>>,
    pub attempts: Option<Box<Attempts>>,
    pub calls: Option<Box<PhoneCalls>>,
}

impl WorkOrder {
    /// What it asks its service group for, while it waits for the group's rule to choose.
    pub fn ask(&self) -> Option<&Ask> {
        if !self.life.is_normal() {
            return None;
        }
        match &self.visit.as_ref()?.state {
            NodeState::Assign(state) => state.ask.as_ref(),
            NodeState::Accept(_)
            | NodeState::Task(_)
            | NodeState::OnSite(_)
            | NodeState::Confirm(_)
            | NodeState::Evaluate(_)
            | NodeState::FollowUp(_) => None,
        }
    }

    /// What it asks a service group for beside its own, while it waits to hear whose turn it is.
    pub fn asks_for_turn(&self) -> Option<(&ServiceGroupId, &Ask)> {
        if !self.life.is_normal() {
            return None;
        }
        match &self.visit.as_ref()?.state {
            NodeState::FollowUp(state) => state.rotation.as_ref().zip(state.ask.as_ref()),
            NodeState::Assign(_)
            | NodeState::Accept(_)
            | NodeState::Task(_)
            | NodeState::OnSite(_)
            | NodeState::Confirm(_)
            | NodeState::Evaluate(_) => None,
        }
    }

    /// What waits for one person beside the node, and reminders ahead.
    pub fn to_dos(&self) -> &[PersonalToDo] {
        self.to_dos.as_ref().map(|all| all.list.as_slice()).unwrap_or_default()
    }

    /// The visit that is open, if the Work Order has not ended.
    pub fn visit(&self) -> Option<&Visit> {
        self.visit.as_ref()
    }

    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.outcome.is_none()
    }

    /// An invitation by its number.
    pub fn invitation(&self, no: InvitationNo) -> Option<&Invitation> {
        self.invitations.iter().find(|i| i.no == no)
    }

    /// Business status (reading 21): open until accepted, in progress until the work is done, resolved until it ends.
    pub fn status(&self) -> Status {
        let Some(visit) = &self.visit else { return Status::Closed };
        match visit.state {
            NodeState::Confirm(_) | NodeState::Evaluate(_) | NodeState::FollowUp(_) if self.last_completed_at.is_some() => Status::Resolved,
            NodeState::Task(_) | NodeState::OnSite(_) | NodeState::Confirm(_) | NodeState::Evaluate(_) | NodeState::FollowUp(_) => {
                Status::InProgress
            }
            NodeState::Assign(_) | NodeState::Accept(_) if self.first_accepted_at.is_some() => Status::InProgress,
            NodeState::Assign(_) | NodeState::Accept(_) => Status::Open,
        }
    }

    /// Which group and engineer carry it as open work, while it is unresolved (reading 21); what the service groups count.
    pub fn load(&self) -> Option<(&ServiceGroupId, Option<&StaffUserId>)> {
        if !self.life.is_normal() {
            return None;
        }
        let group = self.group.as_ref()?;
        match self.status() {
            Status::Open | Status::InProgress => Some((group, self.engineer.as_ref())),
            Status::Resolved | Status::Closed => None,
        }
    }
}
