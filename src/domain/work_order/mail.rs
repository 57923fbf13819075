//! Mail intents of a Work Order: facts, not wording (NTF-1, NTF-2). The text is rendered from them by a pinned template version.
//!
//! An e-mail that is handed over twice can be told by its Message-ID, so an attempt whose end is not known is made again. A short message
//! or a WeChat message cannot: that its attempt begins is written down first, and it is never made again unless it certainly did not go out.

use super::notice::NoticeKind;
use super::state::{Party, words};
use crate::domain::definition::VersionedName;
use crate::domain::ids::{InvitationNo, MailNo, Name, StaffUserId};
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// After this time without success an intent ends (unless its link ends before).
pub const GIVE_UP_AFTER: Span = Span::hours(72);

/// How many settled mails stay in the state; older ones are in the history alone.
pub const SETTLED_KEPT: usize = 16;

/// For this long an e-mail that is not the last of an ordered fall-back is tried, and a receipt of another message is waited for, where
/// a rule says nothing.
pub const FALL_BACK_AFTER: Span = Span::minutes(30);

/// A gateway knows after this time at the earliest what became of a message.
pub const ASK_AFTER: Span = Span::seconds(15);

words!(
    /// By which way a message goes to a customer (EVA-4).
    MessageChannel { Email = "e-mail", Sms = "sms", WeChat = "wechat" }
);

/// One intended mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    pub no: MailNo,
    pub channel: MessageChannel,
    pub template: VersionedName,
    /// Whom of the directory it is to; none: an address that a rule names, or nobody.
    pub party: Option<Party>,
    /// E-mail address, phone number or WeChat open id; the last with [`MINI_PROGRAM`] before it where it is one of the mini program.
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
    /// It is not tried after this time; where no receipt has come until then, it has failed.
    pub ends_at: Timestamp,
    pub attempts: u32,
    pub status: MailStatus,
    /// It tells one of the staff of something; several to the same person go as one mail.
    pub notice: Option<NoticeKind>,
}

/// Before an open id that the mini program knows, and the public account does not.
pub const MINI_PROGRAM: &str = "mini-program:";

/// Where an intent stands. That an e-mail is being sent is the mailer's business and never stored: after a crash it is tried again.
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
    /// It is being handed to a gateway that cannot tell a repeat. `due` is when it was to be tried: its timer stays the same one.
    Begun {
        due: Timestamp,
        /// Segments of the quota that it takes (EVA-5).
        segments: u32,
    },
    /// The gateway took it; whether it arrived, a receipt tells. It is asked for at `ask_at`.
    Accepted {
        at: Timestamp,
        reference: PersonalText,
        ask_at: Timestamp,
    },
    /// It may have gone out; nobody knows. A receipt may still come, and is asked for at `ask_at`.
    Unknown {
        at: Timestamp,
        why: PersonalText,
        ask_at: Timestamp,
    },
    Delivered {
        at: Timestamp,
    },
}

/// What the mailer reports of one attempt, or of one look for the receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MailOutcome {
    Sent,
    /// To be tried again at `until`; of an e-mail also when the outcome is unknown because the connection died after the final dot.
    Deferred {
        until: Timestamp,
        why: PersonalText,
    },
    Failed {
        why: PersonalText,
    },
    /// A gateway took it, which says nothing yet (reading 4).
    Accepted {
        reference: PersonalText,
        ask_at: Timestamp,
    },
    /// A gateway may have taken it.
    Unknown {
        why: PersonalText,
        ask_at: Timestamp,
    },
    Delivered,
    /// There is no receipt yet.
    Waiting {
        ask_at: Timestamp,
    },
}

/// What is to be done about a mail whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// Hand it over.
    HandOver,
    /// Write down that it begins, then hand it over.
    Begin,
    /// Ask the gateway for the receipt; without a reference, whether it has it at all.
    Ask { reference: Option<PersonalText>, sent_at: Timestamp },
    /// Nothing but to record this.
    Record(MailOutcome),
}

impl MailStatus {
    /// Whether nothing more will happen to it.
    pub fn is_settled(&self) -> bool {
        match self {
            Self::Pending | Self::Deferred { .. } | Self::Begun { .. } | Self::Accepted { .. } | Self::Unknown { .. } => false,
            Self::Sent { .. } | Self::Delivered { .. } | Self::Failed { .. } | Self::Expired { .. } | Self::Cancelled => true,
        }
    }

    /// Whether it ended without having reached anybody: then the next channel is tried (reading 4).
    pub fn has_failed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Expired { .. })
    }

    /// Whether it arrived, as far as can be known of its channel.
    pub fn has_arrived(&self) -> bool {
        matches!(self, Self::Sent { .. } | Self::Delivered { .. })
    }

    /// What an attempt makes of it; none, where it was settled already or the outcome is not one of such a mail.
    pub fn after(&self, outcome: &MailOutcome, ends_at: Timestamp, now: Timestamp) -> Option<Self> {
        let open = matches!(self, Self::Pending | Self::Deferred { .. } | Self::Begun { .. });
        let awaits = matches!(self, Self::Accepted { .. } | Self::Unknown { .. });
        Some(match outcome {
            // It went out while it was called off: the history tells what is true.
            MailOutcome::Sent if open || *self == Self::Cancelled => Self::Sent { at: now },
            MailOutcome::Failed { why } if open || awaits => Self::Failed { why: why.clone() },
            MailOutcome::Deferred { until, why } if open && *until < ends_at => Self::Deferred { until: *until, why: why.clone() },
            MailOutcome::Deferred { why, .. } if open => Self::Expired { why: why.clone() },
            MailOutcome::Accepted { reference, ask_at } if open => {
                Self::Accepted { at: now, reference: reference.clone(), ask_at: (*ask_at).min(ends_at) }
            }
            MailOutcome::Unknown { why, ask_at } if open => {
                // It may have begun in an earlier life of the daemon.
                let at = if let Self::Begun { due, .. } = self { *due } else { now };
                Self::Unknown { at, why: why.clone(), ask_at: (*ask_at).min(ends_at) }
            }
            // Nobody waits for its receipt any more.
            MailOutcome::Accepted { .. } | MailOutcome::Unknown { .. } if *self == Self::Cancelled => Self::Sent { at: now },
            MailOutcome::Delivered if awaits || matches!(self, Self::Sent { .. }) => Self::Delivered { at: now },
            MailOutcome::Waiting { ask_at } => match self {
                Self::Accepted { at, reference, .. } => {
                    Self::Accepted { at: *at, reference: reference.clone(), ask_at: (*ask_at).min(ends_at) }
                }
                Self::Unknown { at, why, .. } => Self::Unknown { at: *at, why: why.clone(), ask_at: (*ask_at).min(ends_at) },
                _ => return None,
            },
            MailOutcome::Sent
            | MailOutcome::Failed { .. }
            | MailOutcome::Deferred { .. }
            | MailOutcome::Accepted { .. }
            | MailOutcome::Unknown { .. }
            | MailOutcome::Delivered => return None,
        })
    }

    /// What becomes of it when nobody wants it any more; none, where it is settled, or on its way right now: then what comes of that is
    /// called off. What has gone out stays told so.
    pub fn called_off(&self, now: Timestamp) -> Option<Self> {
        match self {
            Self::Pending | Self::Deferred { .. } => Some(Self::Cancelled),
            Self::Accepted { .. } | Self::Unknown { .. } => Some(Self::Sent { at: now }),
            Self::Begun { .. } => None,
            Self::Sent { .. } | Self::Delivered { .. } | Self::Failed { .. } | Self::Expired { .. } | Self::Cancelled => None,
        }
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
            Self::Begun { .. } => "being sent",
            Self::Accepted { .. } => "accepted",
            Self::Unknown { .. } => "unknown",
            Self::Delivered { .. } => "delivered",
        }
    }

    /// What of it is personal, to be erased: why, or what the gateway calls it.
    pub fn personal_mut(&mut self) -> Option<&mut PersonalText> {
        match self {
            Self::Deferred { why, .. } | Self::Failed { why } | Self::Expired { why } | Self::Unknown { why, .. } => Some(why),
            Self::Accepted { reference, .. } => Some(reference),
            Self::Pending | Self::Sent { .. } | Self::Cancelled | Self::Begun { .. } | Self::Delivered { .. } => None,
        }
    }

    /// Why, where there is a reason.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Deferred { why, .. } | Self::Failed { why } | Self::Expired { why } | Self::Unknown { why, .. } => Some(why.shown()),
            Self::Pending | Self::Sent { .. } | Self::Cancelled | Self::Begun { .. } | Self::Accepted { .. } | Self::Delivered { .. } => {
                None
            }
        }
    }

    /// Segments of the quota that are given back when this becomes of it: a gateway that took it, or may have, has counted them.
    pub fn given_back(&self, after: &Self) -> u32 {
        match (self, after) {
            (Self::Begun { segments, .. }, Self::Failed { .. } | Self::Deferred { .. } | Self::Expired { .. } | Self::Cancelled) => {
                *segments
            }
            _ => 0,
        }
    }
}

impl Mail {
    /// When it is to be tried, or asked about, next; none when it is settled.
    pub fn due(&self) -> Option<Timestamp> {
        match self.status {
            MailStatus::Pending => Some(self.queued_at),
            MailStatus::Deferred { until, .. } => Some(until),
            MailStatus::Begun { due, .. } => Some(due),
            MailStatus::Accepted { ask_at, .. } | MailStatus::Unknown { ask_at, .. } => Some(ask_at),
            MailStatus::Sent { at } if mutant!("sent-again") => Some(at),
            MailStatus::Sent { .. }
            | MailStatus::Delivered { .. }
            | MailStatus::Failed { .. }
            | MailStatus::Expired { .. }
            | MailStatus::Cancelled => None,
        }
    }

    /// What is to be done now that its time has come; none where it is settled.
    pub fn errand(&self, now: Timestamp) -> Option<Errand> {
        let failed = |why: &str| Errand::Record(MailOutcome::Failed { why: PersonalText::new(why) });
        match &self.status {
            MailStatus::Sent { .. } if mutant!("sent-again") => Some(Errand::HandOver),
            MailStatus::Pending | MailStatus::Deferred { .. } if self.channel == MessageChannel::Email => Some(Errand::HandOver),
            MailStatus::Begun { .. } if mutant!("begun-is-sent-again") => Some(Errand::HandOver),
            MailStatus::Pending | MailStatus::Deferred { .. } if now >= self.ends_at => {
                let last = self.status.why().map(|why| format!(": {why}")).unwrap_or_default();
                let why = PersonalText::new(&format!("its time is up{last}"));
                Some(Errand::Record(MailOutcome::Deferred { until: self.ends_at, why }))
            }
            MailStatus::Pending | MailStatus::Deferred { .. } => Some(Errand::Begin),
            MailStatus::Begun { .. } => {
                let why = PersonalText::new("the daemon ended while it was being sent; it is not sent again");
                Some(Errand::Record(MailOutcome::Unknown { why, ask_at: now.plus(ASK_AFTER) }))
            }
            MailStatus::Accepted { .. } if now >= self.ends_at => Some(failed("no receipt came in time")),
            MailStatus::Accepted { at, reference, .. } => Some(Errand::Ask { reference: Some(reference.clone()), sent_at: *at }),
            MailStatus::Unknown { why, .. } if now >= self.ends_at => Some(failed(&format!("no receipt came in time: {}", why.shown()))),
            MailStatus::Unknown { at, .. } => Some(Errand::Ask { reference: None, sent_at: *at }),
            MailStatus::Sent { .. }
            | MailStatus::Delivered { .. }
            | MailStatus::Failed { .. }
            | MailStatus::Expired { .. }
            | MailStatus::Cancelled => None,
        }
    }
}
