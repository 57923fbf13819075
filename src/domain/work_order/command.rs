//! What can be asked of a Work Order, in the imperative. Raw texts come in here; `decide` checks them.

use super::call::{CallOutcome, CallTo};
use super::edit::Edit;
use super::follow_up::{Missed, Way};
use super::mail::MailOutcome;
use super::state::{Channel, EntryPoint, HoldReason, Party, Priority, RecordKind};
use super::team::Access;
use crate::domain::definition::evaluation::GivenAnswer;
use crate::domain::form::given::GivenFields;
use crate::domain::ids::{
    AccountId, CallNo, ContactId, InvitationNo, MailNo, Name, PlannedNo, ServiceGroupId, StaffUserId, VisitNo, WorkOrderId,
};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::assign::Choice;
use crate::domain::time::Timestamp;
use crate::domain::work_order::deadline::Deadline;

/// Commands to one Work Order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Create(Box<Create>),
    /// Commands of the node it is at.
    AssignToGroup {
        group: ServiceGroupId,
    },
    AssignToEngineer {
        engineer: StaffUserId,
        /// Also beyond the group's limit of open work; for the leader, and who may handle Work Orders.
        over_limit: bool,
    },
    /// A member takes it from the group's pool; the first has it.
    Claim,
    AcceptAssignment,
    DeclineAssignment {
        reason: String,
    },
    Transfer {
        to: TransferTo,
        reason: Option<String>,
    },
    TakeTask,
    CompleteTask {
        note: Option<String>,
        /// Of the node's form; what was saved before need not be given again.
        fields: GivenFields,
    },
    /// Keeps what is known so far of the node's form, or of the form of a step of its SOP; nothing is required.
    SaveFields {
        step: Option<String>,
        fields: GivenFields,
    },
    ConfirmSolved {
        /// Of the node's form.
        fields: GivenFields,
    },
    ConfirmNotSolved {
        reason: String,
    },
    SkipEvaluation {
        reason: Option<String>,
    },
    /// By a customer behind a link; `invitation` is the one of the token.
    SubmitEvaluation {
        invitation: InvitationNo,
        answers: Vec<GivenAnswer>,
    },
    /// Commands of the whole Work Order.
    Hold {
        reason: HoldReason,
        note: Option<String>,
    },
    Resume,
    Cancel {
        reason: Option<String>,
    },
    Reject {
        reason: String,
    },
    MoveToVersion {
        version: u32,
    },
    AddServiceRecord {
        kind: RecordKind,
        text: String,
    },
    /// What was said at intake, and fields of its forms.
    Edit(Box<Edit>),
    /// Somebody is to go to the customer; without an engineer, whoever it is assigned to.
    PlanVisit {
        engineer: Option<StaffUserId>,
        from: Timestamp,
        until: Timestamp,
        note: Option<String>,
    },
    MoveVisit {
        visit: PlannedNo,
        from: Timestamp,
        until: Timestamp,
        engineer: Option<StaffUserId>,
    },
    CancelVisit {
        visit: PlannedNo,
        reason: Option<String>,
    },
    /// Rings somebody up over the caller's call account (FUP-5).
    StartCall {
        to: CallTo,
    },
    ChangeOwner {
        owner: StaffUserId,
    },
    AddTeamMember {
        user: StaffUserId,
        access: Access,
    },
    RemoveTeamMember {
        user: StaffUserId,
    },
    /// Shares it with colleagues who see it, with a note.
    Forward {
        to: Vec<StaffUserId>,
        note: Option<String>,
    },
    RemindMe {
        at: Timestamp,
        note: Option<String>,
    },
    /// Of what was forwarded to one, or one wanted to be reminded of.
    FinishToDo {
        no: u32,
    },
    Lock,
    Unlock,
    Void {
        reason: String,
    },
    Restore,
    Delete {
        reason: String,
    },
    /// Commands of an on-site visit.
    CompleteStep {
        step: String,
        /// `LATITUDE,LONGITUDE` in degrees, where the step asks for it.
        location: Option<String>,
        note: Option<String>,
        /// Of the step's form.
        fields: GivenFields,
    },
    SkipStep {
        step: String,
        reason: String,
    },
    StartLabor {
        step: Option<String>,
    },
    /// Now, or at an earlier time.
    StopLabor {
        at: Option<Timestamp>,
    },
    EnterLabor {
        from: Timestamp,
        to: Timestamp,
        step: Option<String>,
    },
    /// Of a follow-up: the customer was tried to reach, in vain.
    RecordFollowUpAttempt {
        way: Way,
        outcome: Missed,
        note: Option<String>,
    },
    /// The customer's answers, taken down by the staff.
    SubmitFollowUp {
        way: Way,
        answers: Vec<GivenAnswer>,
    },
    /// The customer could not be reached.
    CloseFollowUp {
        reason: String,
    },
    PassFollowUpOn {
        to: StaffUserId,
        reason: Option<String>,
    },
    /// By the system: what the group's own rule chose at that visit.
    AssignByRule {
        group: ServiceGroupId,
        visit: VisitNo,
        choice: Choice,
    },
    /// By the system.
    Fire {
        deadline: Deadline,
        /// Up to when the clock was trusted: what was due later does not complete a node, whatever the clock says now.
        completes_until: Timestamp,
    },
    /// What came of the n-th attempt, counted from 1; it is recorded once, however often it is reported.
    RecordMail {
        mail: MailNo,
        attempt: u32,
        outcome: MailOutcome,
    },
    /// By the system: a mail is about to be handed to a gateway, for the n-th attempt; it takes that many segments of the quota.
    BeginMail {
        mail: MailNo,
        attempt: u32,
        segments: u32,
    },
    /// By the system: what came of a call; `told`: how often something was recorded of it, with this. It is recorded once.
    RecordCall {
        call: CallNo,
        told: u32,
        outcome: CallOutcome,
    },
    /// By the system: somebody was erased; `whole`: the Work Order was theirs at some time.
    ErasePerson {
        who: Party,
        whole: bool,
    },
}

/// Everything known at intake (INT-1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    pub id: WorkOrderId,
    /// A number that was free when this was asked; the writer's claim makes sure.
    pub number: WorkOrderNumber,
    pub record_type: Name,
    pub subject: String,
    pub description: Option<String>,
    pub reference: Option<String>,
    pub account: Option<AccountId>,
    pub contact: Option<ContactId>,
    pub priority: Priority,
    pub channel: Channel,
    pub entry_point: EntryPoint,
    /// None: the contact, else the one who creates it.
    pub submitter: Option<Party>,
    /// Of the record type's form.
    pub fields: GivenFields,
}

/// Whom a transfer goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferTo {
    Engineer(StaffUserId),
    Group(ServiceGroupId),
}

impl Command {
    /// The command's name in the protocol and in errors.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Create(_) => "Create",
            Self::AssignToGroup { .. } => "AssignToGroup",
            Self::AssignToEngineer { .. } => "AssignToEngineer",
            Self::Claim => "Claim",
            Self::AssignByRule { .. } => "AssignByRule",
            Self::AcceptAssignment => "AcceptAssignment",
            Self::DeclineAssignment { .. } => "DeclineAssignment",
            Self::Transfer { .. } => "Transfer",
            Self::TakeTask => "TakeTask",
            Self::CompleteTask { .. } => "CompleteTask",
            Self::SaveFields { .. } => "SaveFields",
            Self::ConfirmSolved { .. } => "ConfirmSolved",
            Self::ConfirmNotSolved { .. } => "ConfirmNotSolved",
            Self::SkipEvaluation { .. } => "SkipEvaluation",
            Self::SubmitEvaluation { .. } => "SubmitEvaluation",
            Self::Hold { .. } => "Hold",
            Self::Resume => "Resume",
            Self::Cancel { .. } => "Cancel",
            Self::Reject { .. } => "Reject",
            Self::MoveToVersion { .. } => "MoveToVersion",
            Self::AddServiceRecord { .. } => "AddServiceRecord",
            Self::Edit(_) => "Edit",
            Self::PlanVisit { .. } => "PlanVisit",
            Self::MoveVisit { .. } => "MoveVisit",
            Self::CancelVisit { .. } => "CancelVisit",
            Self::StartCall { .. } => "StartCall",
            Self::ChangeOwner { .. } => "ChangeOwner",
            Self::AddTeamMember { .. } => "AddTeamMember",
            Self::RemoveTeamMember { .. } => "RemoveTeamMember",
            Self::Forward { .. } => "Forward",
            Self::RemindMe { .. } => "RemindMe",
            Self::FinishToDo { .. } => "FinishToDo",
            Self::Lock => "Lock",
            Self::Unlock => "Unlock",
            Self::Void { .. } => "Void",
            Self::Restore => "Restore",
            Self::Delete { .. } => "Delete",
            Self::CompleteStep { .. } => "CompleteStep",
            Self::SkipStep { .. } => "SkipStep",
            Self::StartLabor { .. } => "StartLabor",
            Self::StopLabor { .. } => "StopLabor",
            Self::EnterLabor { .. } => "EnterLabor",
            Self::RecordFollowUpAttempt { .. } => "RecordFollowUpAttempt",
            Self::SubmitFollowUp { .. } => "SubmitFollowUp",
            Self::CloseFollowUp { .. } => "CloseFollowUp",
            Self::PassFollowUpOn { .. } => "PassFollowUpOn",
            Self::Fire { .. } => "Fire",
            Self::RecordMail { .. } => "RecordMail",
            Self::BeginMail { .. } => "BeginMail",
            Self::RecordCall { .. } => "RecordCall",
            Self::ErasePerson { .. } => "ErasePerson",
        }
    }
}
