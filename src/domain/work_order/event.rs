//! What happened to a Work Order, in the past tense. These are the bytes that stay: a change here is a new schema version (`codec`).

use super::call::{CallStatus, PhoneCall};
use super::edit::Edited;
use super::mail::{Mail, MailStatus};
use super::state::{Channel, EntryPoint, Evaluation, Exit, HoldReason, Invitation, Outcome, Party, Priority, RecordKind, Visit};
use super::team::TeamMember;
use super::to_do::PersonalToDo;
use crate::domain::definition::VersionedName;
use crate::domain::form::Fields;
use crate::domain::form::value::Changes;
use crate::domain::ids::{AccountId, CallNo, ContactId, MailNo, Name, NodeIndex, PlannedNo, Region, StaffUserId, VisitNo, WorkOrderId};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::NodeEvent;
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// Events of one Work Order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    Created(Box<Created>),
    NodePassedOver {
        node: NodeIndex,
        name: Name,
        reason: Box<str>,
    },
    NodeEntered(Box<Visit>),
    /// Something happened within the node.
    Node(NodeEvent),
    /// The one door: every leaving of a node is this event.
    NodeLeft {
        node: NodeIndex,
        visit: VisitNo,
        exit: Exit,
        reason: Option<PersonalText>,
    },
    Invited(Invitation),
    EvaluationRecorded(Evaluation),
    Held {
        reason: HoldReason,
        note: Option<PersonalText>,
    },
    Resumed,
    Ended {
        outcome: Outcome,
        reason: Option<PersonalText>,
    },
    MovedToVersion {
        version: u32,
        node: NodeIndex,
    },
    ServiceRecordAdded {
        kind: RecordKind,
        by: Option<StaffUserId>,
        text: PersonalText,
    },
    Reminded {
        visit: VisitNo,
        /// How many reminders of the visit are through with this one.
        times: u8,
    },
    BecameOverdue {
        visit: VisitNo,
    },
    MailQueued(Box<Mail>),
    MailTried {
        mail: MailNo,
        /// To whom it was.
        party: Option<Party>,
        status: MailStatus,
    },
    /// Fields of the form of a node were filled in or emptied.
    FieldsSaved {
        form: VersionedName,
        changes: Changes,
    },
    LaborStarted {
        engineer: StaffUserId,
        from: Timestamp,
        step: Option<Name>,
        may_overlap: bool,
    },
    LaborStopped {
        engineer: StaffUserId,
        to: Timestamp,
    },
    LaborEntered {
        engineer: StaffUserId,
        from: Timestamp,
        to: Timestamp,
        step: Option<Name>,
        may_overlap: bool,
    },
    OwnerChanged {
        owner: StaffUserId,
    },
    /// Or may do something else than before.
    TeamMemberAdded(TeamMember),
    TeamMemberRemoved {
        user: StaffUserId,
    },
    Locked {
        by: Option<StaffUserId>,
    },
    Unlocked,
    Voided {
        reason: PersonalText,
    },
    Restored,
    Deleted {
        reason: PersonalText,
    },
    Edited(Box<Edited>),
    /// Something waits for one person, or will: forwarded, or to be reminded of.
    ToDoMade(PersonalToDo),
    ToDoFinished {
        no: u32,
    },
    ReminderDue {
        no: u32,
    },
    VisitPlanned {
        visit: PlannedNo,
        engineer: StaffUserId,
        from: Timestamp,
        until: Timestamp,
        note: Option<PersonalText>,
    },
    /// To another time, or to somebody else.
    VisitMoved {
        visit: PlannedNo,
        engineer: StaffUserId,
        from: Timestamp,
        until: Timestamp,
    },
    VisitCancelled {
        visit: PlannedNo,
        reason: Option<PersonalText>,
    },
    /// `whole`: it was theirs, and all texts go.
    PersonErased {
        who: Party,
        whole: bool,
    },
    /// A mail is about to be handed to a gateway that cannot tell a repeat; `segments` of the quota are taken for it.
    MailBegun {
        mail: MailNo,
        segments: u32,
    },
    /// Somebody of the staff calls: it is to be handed to the call center.
    CallStarted {
        call: Box<PhoneCall>,
    },
    /// What came of an attempt or a look, or what the call center brought.
    CallTold {
        call: CallNo,
        /// To whom it was.
        party: Option<Party>,
        status: CallStatus,
    },
}

/// Intake as recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    pub id: WorkOrderId,
    pub number: WorkOrderNumber,
    pub record_type: Name,
    pub process: VersionedName,
    pub subject: PersonalText,
    pub description: Option<PersonalText>,
    pub reference: Option<PersonalText>,
    pub account: Option<AccountId>,
    pub contact: Option<ContactId>,
    pub region: Option<Region>,
    pub priority: Priority,
    pub channel: Channel,
    pub entry_point: EntryPoint,
    pub submitter: Party,
    pub created_by: Option<StaffUserId>,
    /// The form of the record type, in the version that was filled in.
    pub form: Option<VersionedName>,
    pub fields: Fields,
}

impl Event {
    /// The event's name in histories and streams.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created(_) => "Created",
            Self::NodePassedOver { .. } => "NodePassedOver",
            Self::NodeEntered(_) => "NodeEntered",
            Self::Node(event) => event.name(),
            Self::NodeLeft { .. } => "NodeLeft",
            Self::Invited(_) => "Invited",
            Self::EvaluationRecorded(_) => "EvaluationRecorded",
            Self::Held { .. } => "Held",
            Self::Resumed => "Resumed",
            Self::Ended { .. } => "Ended",
            Self::MovedToVersion { .. } => "MovedToVersion",
            Self::ServiceRecordAdded { .. } => "ServiceRecordAdded",
            Self::Reminded { .. } => "Reminded",
            Self::BecameOverdue { .. } => "BecameOverdue",
            Self::MailQueued(_) => "MailQueued",
            Self::MailTried { .. } => "MailTried",
            Self::FieldsSaved { .. } => "FieldsSaved",
            Self::LaborStarted { .. } => "LaborStarted",
            Self::LaborStopped { .. } => "LaborStopped",
            Self::LaborEntered { .. } => "LaborEntered",
            Self::OwnerChanged { .. } => "OwnerChanged",
            Self::TeamMemberAdded(_) => "TeamMemberAdded",
            Self::TeamMemberRemoved { .. } => "TeamMemberRemoved",
            Self::Locked { .. } => "Locked",
            Self::Unlocked => "Unlocked",
            Self::Voided { .. } => "Voided",
            Self::Restored => "Restored",
            Self::Deleted { .. } => "Deleted",
            Self::Edited(_) => "Edited",
            Self::ToDoMade(_) => "ToDoMade",
            Self::ToDoFinished { .. } => "ToDoFinished",
            Self::ReminderDue { .. } => "ReminderDue",
            Self::VisitPlanned { .. } => "VisitPlanned",
            Self::VisitMoved { .. } => "VisitMoved",
            Self::VisitCancelled { .. } => "VisitCancelled",
            Self::PersonErased { .. } => "PersonErased",
            Self::MailBegun { .. } => "MailBegun",
            Self::CallStarted { .. } => "CallStarted",
            Self::CallTold { .. } => "CallTold",
        }
    }
}
