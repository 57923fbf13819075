//! Mail intents of a Work Order: facts, not wording (NTF-1). The text is rendered from them by a pinned template version.

use super::notice::NoticeKind;
use super::state::Party;
use crate::domain::definition::VersionedName;
use crate::domain::ids::{InvitationNo, MailNo, Name, StaffUserId};
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// After this time without success an intent ends (unless its link ends before).
pub const GIVE_UP_AFTER: Span = Span::hours(72);

/// How many settled mails stay in the state; older ones are in the history alone.
pub const SETTLED_KEPT: usize = 16;

/// One intended mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub no: MailNo,
    pub template: VersionedName,
    /// Whom of the directory it is to; none: an address that a rule names, or nobody.
    pub party: Option<Party>,
    pub to: PersonalText,
    pub name: PersonalText,
    pub language: Box<str>,
    /// The link it carries, if any.
    pub invitation: Option<InvitationNo>,
    /// For `#Reason#`.
    pub reason: Option<PersonalText>,
    /// Who wrote the reason for the addressee alone, as what it is erased with; none: it is a text of the Work Order.
    pub by: Option<StaffUserId>,
    /// For `#Node#`.
    pub node: Name,
    pub queued_at: Timestamp,
    /// It is not tried after this time.
    pub ends_at: Timestamp,
    pub attempts: u32,
    pub status: MailStatus,
    /// It tells one of the staff of something; several to the same person go as one mail.
    pub notice: Option<NoticeKind>,
}

/// Where an intent stands. `sending` is the mailer's business and never stored: after a crash it is tried again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailStatus {
    Pending,
    Deferred {
        until: Timestamp,
        why: PersonalText,
    },
    Sent {
        at: Timestamp,
    },
    /// The server refused it for good, or it could not be addressed.
    Failed {
        why: PersonalText,
    },
    Expired {
        why: PersonalText,
    },
    /// The Work Order ended or the node was left before it was sent.
    Cancelled,
}

/// What the mailer reports of one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailOutcome {
    Sent,
    /// To be tried again at `until`; also when the outcome is unknown because the connection died after the final dot.
    Deferred {
        until: Timestamp,
        why: PersonalText,
    },
    Failed {
        why: PersonalText,
    },
}

impl MailStatus {
    /// Whether nothing more will happen to it.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Pending | Self::Deferred { .. } => false,
            Self::Sent { .. } | Self::Failed { .. } | Self::Expired { .. } | Self::Cancelled => true,
        }
    }

    /// What an attempt makes of it; none, where it was settled already.
    pub fn after(&self, outcome: &MailOutcome, ends_at: Timestamp, now: Timestamp) -> Option<Self> {
        Some(match (self, outcome) {
            // It went out while it was called off: the history tells what is true.
            (Self::Pending | Self::Deferred { .. } | Self::Cancelled, MailOutcome::Sent) => Self::Sent { at: now },
            (Self::Pending | Self::Deferred { .. }, MailOutcome::Failed { why }) => Self::Failed { why: why.clone() },
            (Self::Pending | Self::Deferred { .. }, MailOutcome::Deferred { until, why }) if *until < ends_at => {
                Self::Deferred { until: *until, why: why.clone() }
            }
            (Self::Pending | Self::Deferred { .. }, MailOutcome::Deferred { why, .. }) => Self::Expired { why: why.clone() },
            (Self::Cancelled | Self::Sent { .. } | Self::Failed { .. } | Self::Expired { .. }, _) => return None,
        })
    }

    /// The word for tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Deferred { .. } => "deferred",
            Self::Sent { .. } => "sent",
            Self::Failed { .. } => "failed",
            Self::Expired { .. } => "expired",
            Self::Cancelled => "cancelled",
        }
    }

    /// Why, to be erased.
    pub fn why_mut(&mut self) -> Option<&mut PersonalText> {
        match self {
            Self::Deferred { why, .. } | Self::Failed { why } | Self::Expired { why } => Some(why),
            Self::Pending | Self::Sent { .. } | Self::Cancelled => None,
        }
    }

    /// Why, where there is a reason.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Deferred { why, .. } | Self::Failed { why } | Self::Expired { why } => Some(why.shown()),
            Self::Pending | Self::Sent { .. } | Self::Cancelled => None,
        }
    }
}

impl Mail {
    /// When it is to be tried next; none when it is settled.
    pub fn due(&self) -> Option<Timestamp> {
        match self.status {
            MailStatus::Pending => Some(self.queued_at),
            MailStatus::Deferred { until, .. } => Some(until),
            MailStatus::Sent { at } if mutant!("sent-again") => Some(at),
            MailStatus::Sent { .. } | MailStatus::Failed { .. } | MailStatus::Expired { .. } | MailStatus::Cancelled => None,
        }
    }
}
