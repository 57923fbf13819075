//! Every way a command can be refused. A refusal changes nothing, names what stands in the way, and can be compared.

use serde::Serialize;

/// Why a command was refused. Serialises to the parameters of a protocol error; [`Rejection::name`] is the error's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize)]
#[serde(untagged)]
pub enum Rejection {
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: String },
    #[error("{field}: {problem}")]
    InvalidField { field: String, problem: String },
    /// A field of a form; `rule` is what of its definition stands in the way, such as `required`, `max` or `pattern`.
    #[error("{field}: {problem}")]
    InvalidFormField { field: String, rule: &'static str, problem: String },
    #[error("{field}: there is no {value:?}")]
    UnknownReference { field: String, value: String },
    #[error("{who} may not: {action}{}", if handlers.is_empty() { String::new() } else { format!(" (now: {handlers})") })]
    NotPermitted { action: String, who: String, handlers: String },
    #[error("{command} does not fit: the Work Order is at node {node}, of kind {kind}")]
    WrongNode { command: &'static str, node: String, kind: &'static str },
    #[error("the Work Order has ended: {outcome}")]
    Ended { outcome: String },
    #[error("the Work Order is on hold ({reason}); resume it first")]
    OnHold { reason: String },
    #[error("the Work Order is not on hold")]
    NotOnHold,
    /// `life`: void, or deleted.
    #[error("the Work Order is {life}")]
    Void { life: &'static str },
    #[error("the Work Order is not void")]
    NotVoid,
    #[error("the Work Order is locked by {by}; unlock it first")]
    Locked { by: String },
    #[error("the Work Order is not locked")]
    NotLocked,
    #[error("the node cannot be left: a mandatory evaluation has not come in, and nobody can skip it")]
    EvaluationMissing,
    #[error("skip is not offered at this node")]
    SkipNotOffered,
    #[error("the customer has not been tried to reach at this follow-up; record an attempt first")]
    NotAttempted,
    #[error("it is too late to cancel: the work is done and is to be confirmed or evaluated")]
    TooLateToCancel,
    #[error("answers.{field}: {problem}")]
    InvalidAnswer { field: String, problem: String },
    #[error("this link is not known")]
    UnknownInvitation,
    #[error("this link has ended")]
    InvitationExpired,
    #[error("this link is for {purpose}")]
    InvitationPurpose { purpose: &'static str },
    #[error("this link was used already")]
    InvitationUsed,
    #[error("{engineer} is not a member of service group {group}")]
    NotAMember { engineer: String, group: String },
    #[error(
        "{engineer} carries {open} open Work Orders of service group {group}, which is the limit of {limit}; choose another, or say \
         that it may be more"
    )]
    OverLimit { engineer: String, group: String, open: u32, limit: u32 },
    #[error("the choice no longer applies")]
    ChoiceStale,
    #[error("the node is taken by {by}")]
    TakenByAnother { by: String },
    #[error("required steps are open: {}", steps.join(", "))]
    StepsMissing { steps: Vec<String> },
    #[error("step {step} waits for {}", first.join(", "))]
    StepOutOfOrder { step: String, first: Vec<String> },
    #[error("{engineer} has labor on {number} from {from} ms {}", to.map_or("on, and it runs".into(), |to| format!("to {to} ms")))]
    LaborOverlaps {
        engineer: String,
        number: String,
        from: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        to: Option<i64>,
    },
    #[error("{engineer} has no labor running here")]
    LaborNotRunning { engineer: String },
    #[error("the node does not allow {what}")]
    NotAllowedHere { what: &'static str },
    #[error("expected revision {expected}, the actual one is {actual}")]
    Conflict { expected: u64, actual: u64 },
    #[error("request id {request_id:?} was used before with other parameters")]
    RequestIdReused { request_id: String },
    #[error("number {number} is taken")]
    NumberTaken { number: String },
    /// Segments of short messages: those left of the quota, and those that the message takes (EVA-5).
    #[error("the quota of short messages is used up: {left} segments are left, the message takes {needed}")]
    SmsQuotaUsedUp { left: u64, needed: u32 },
    /// Calls go over the caller's own account at the call center (FUP-5).
    #[error("{user} is bound to no call account")]
    NoCallAccount { user: String },
    /// `status`: how far that call is.
    #[error("{user} is calling already: call {call} of this Work Order is {status}")]
    CallUnderWay { user: String, call: u32, status: &'static str },
    #[error("the timer no longer applies")]
    TimerStale,
    #[error("nothing to change: it is so already")]
    NothingToChange,
    #[error("too many {what}: at most {limit}")]
    TooMany { what: &'static str, limit: usize },
    #[error("the message was taken already")]
    MessageTakenAlready,
    #[error("moving to version {version} would drop the gate the Work Order waits at")]
    WouldDropGate { version: u32 },
    #[error("the record type {record_type} is {state}: Work Orders are created under published ones only")]
    RecordTypeNotPublished { record_type: String, state: &'static str },
    #[error("the record type {record_type} is {state}: only a retired one can be deleted; retire it first")]
    RecordTypeNotRetired { record_type: String, state: &'static str },
    #[error("the record type {record_type} cannot be deleted: {why}")]
    RecordTypeInUse { record_type: String, why: String },
    #[error("{what} {id} was erased: the entry cannot be changed, and the id is given to nobody else; take another id")]
    Erased { what: &'static str, id: String },
    #[error(
        "{who} has open Work Orders: {}{}; let them end, or pass them on, first", numbers.join(", "),
        if *more > 0 { format!(" and {more} more") } else { String::new() }
    )]
    HasOpenWork { who: String, numbers: Vec<String>, more: usize },
    #[error("the clock of this data folder is not set by hand")]
    ClockNotManual,
    #[error("the clock only goes ahead: it is at {now} ms, {to} ms is not later")]
    ClockGoesAhead { now: i64, to: i64 },
}

impl Rejection {
    /// A field that is wrong, and how.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::InvalidField { field: field.into(), problem: problem.into() }
    }

    /// A reference to something that does not exist (or is disabled).
    pub fn unknown(field: impl Into<String>, value: impl Into<String>) -> Self {
        Self::UnknownReference { field: field.into(), value: value.into() }
    }

    /// An answer that is wrong.
    pub fn answer(field: &str, problem: impl Into<String>) -> Self {
        Self::InvalidAnswer { field: field.into(), problem: problem.into() }
    }

    /// The name of the error in the protocol.
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "NotFound",
            Self::InvalidField { .. } => "InvalidField",
            Self::InvalidFormField { .. } => "InvalidFormField",
            Self::UnknownReference { .. } => "UnknownReference",
            Self::NotPermitted { .. } => "NotPermitted",
            Self::WrongNode { .. } => "WrongNode",
            Self::Ended { .. } => "Ended",
            Self::OnHold { .. } => "OnHold",
            Self::NotOnHold => "NotOnHold",
            Self::Void { .. } => "Void",
            Self::NotVoid => "NotVoid",
            Self::Locked { .. } => "Locked",
            Self::NotLocked => "NotLocked",
            Self::EvaluationMissing => "EvaluationMissing",
            Self::SkipNotOffered => "SkipNotOffered",
            Self::NotAttempted => "NotAttempted",
            Self::TooLateToCancel => "TooLateToCancel",
            Self::InvalidAnswer { .. } => "InvalidAnswer",
            Self::UnknownInvitation => "UnknownInvitation",
            Self::InvitationExpired => "InvitationExpired",
            Self::InvitationPurpose { .. } => "InvitationPurpose",
            Self::InvitationUsed => "InvitationUsed",
            Self::NotAMember { .. } => "NotAMember",
            Self::OverLimit { .. } => "OverLimit",
            Self::ChoiceStale => "ChoiceStale",
            Self::TakenByAnother { .. } => "TakenByAnother",
            Self::StepsMissing { .. } => "StepsMissing",
            Self::StepOutOfOrder { .. } => "StepOutOfOrder",
            Self::LaborOverlaps { .. } => "LaborOverlaps",
            Self::LaborNotRunning { .. } => "LaborNotRunning",
            Self::NotAllowedHere { .. } => "NotAllowedHere",
            Self::Conflict { .. } => "Conflict",
            Self::RequestIdReused { .. } => "RequestIdReused",
            Self::NumberTaken { .. } => "NumberTaken",
            Self::SmsQuotaUsedUp { .. } => "SmsQuotaUsedUp",
            Self::NoCallAccount { .. } => "NoCallAccount",
            Self::CallUnderWay { .. } => "CallUnderWay",
            Self::TimerStale => "TimerStale",
            Self::NothingToChange => "NothingToChange",
            Self::RecordTypeNotPublished { .. } => "RecordTypeNotPublished",
            Self::RecordTypeNotRetired { .. } => "RecordTypeNotRetired",
            Self::RecordTypeInUse { .. } => "RecordTypeInUse",
            Self::TooMany { .. } => "TooMany",
            Self::MessageTakenAlready => "MessageTakenAlready",
            Self::WouldDropGate { .. } => "WouldDropGate",
            Self::Erased { .. } => "Erased",
            Self::HasOpenWork { .. } => "HasOpenWork",
            Self::ClockNotManual => "ClockNotManual",
            Self::ClockGoesAhead { .. } => "ClockGoesAhead",
        }
    }
}
