//! An SMS, what is known after one attempt to send it, and what became of it later; and the providers behind one enum.
//! Invariant: what these types show in `Debug` holds no phone number, no text of a message and no secret.
//! Time and randomness come in as a [`Stamp`].

use std::fmt;

use super::aliyun::Aliyun;
use super::twilio::Twilio;

/// One SMS to one number.
#[derive(Clone, PartialEq, Eq)]
pub struct Sms {
    /// The number, +E.164.
    pub to: String,
    /// What it says. A provider of templates does not send it, but then it should be what the template makes of the parameters.
    pub text: String,
    /// The provider's template, for providers that send nothing else.
    pub template: Option<SmsTemplate>,
    /// How the provider's report finds its way back.
    pub receipt: Option<Callback>,
}

impl fmt::Debug for Sms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let template = self.template.as_ref().map(|template| &template.code);
        f.debug_struct("Sms").field("template", &template).field("receipt", &self.receipt.is_some()).finish_non_exhaustive()
    }
}

/// A template that the provider has approved, and its values.
#[derive(Clone, PartialEq, Eq)]
pub struct SmsTemplate {
    /// The provider's code of it.
    pub code: String,
    /// Names and values.
    pub parameters: Vec<(String, String)>,
}

impl fmt::Debug for SmsTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmsTemplate").field("code", &self.code).field("parameters", &self.parameters.len()).finish()
    }
}

/// Where a report goes, and which message it is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// The address that the provider calls (Twilio's `StatusCallback`); Aliyun knows one address an account, from its console.
    pub url: String,
    /// Comes back with the report (Aliyun's `OutId`, shorter than 256 bytes). Aliyun signs nothing: it must not be guessable.
    pub token: String,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

/// What is known after one attempt to send something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The provider has taken it over.
    Accepted {
        /// The provider's id of it; empty if it gave none.
        reference: String,
    },
    /// Refused for good: this message or this recipient.
    Failed {
        /// The provider's answer, or what is wrong with the message.
        why: String,
    },
    /// Certainly not sent; try again later.
    Deferred {
        /// What stood in the way.
        why: String,
    },
    /// It may have gone out.
    Unknown {
        /// What happened.
        why: String,
    },
}

/// What became of a message that a provider has taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// It is on the phone.
    Delivered,
    /// It did not get there and will not.
    Failed {
        /// Why.
        why: String,
    },
    /// Nothing is known yet; ask again.
    NotYet,
}

/// What a provider reported by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The provider's id of the message, as in [`Answer::Accepted`].
    pub reference: String,
    /// The token of the [`Callback`], if the provider gives it back.
    pub token: Option<String>,
    /// What became of it.
    pub receipt: Receipt,
    /// How many segments the provider counted, if it says.
    pub segments: Option<u32>,
}

/// Why a pushed report is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushProblem {
    /// Not from the provider, or changed on the way.
    #[error("the signature is wrong or missing")]
    NotSigned,
    /// Not the shape that the provider describes.
    #[error("cannot be read: {why}")]
    Unreadable {
        /// What is wrong.
        why: String,
    },
}

impl PushProblem {
    pub(super) fn unreadable(why: impl Into<String>) -> Self {
        Self::Unreadable { why: why.into() }
    }
}

/// The moment and the dice of one attempt. Never used for two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Milliseconds since 1970.
    pub now_ms: i64,
    /// Random.
    pub nonce: [u8; 16],
}

/// The SMS providers.
#[derive(Debug)]
pub enum Gateway {
    /// Twilio, and what speaks like it.
    Twilio(Twilio),
    /// Aliyun (Alibaba Cloud), version 2017-05-25.
    Aliyun(Aliyun),
}

impl Gateway {
    /// One attempt to hand one SMS over.
    pub async fn send(&self, sms: &Sms, stamp: Stamp) -> Answer {
        match self {
            Self::Twilio(twilio) => twilio.send(sms).await,
            Self::Aliyun(aliyun) => aliyun.send(sms, stamp).await,
        }
    }

    /// What became of a message that was accepted with this reference.
    ///
    /// # Errors
    /// Why nothing could be learned; ask again later.
    pub async fn ask(&self, reference: &str, to: &str, sent_at_ms: i64, stamp: Stamp) -> Result<Receipt, String> {
        match self {
            Self::Twilio(twilio) => twilio.ask(reference, to).await,
            Self::Aliyun(aliyun) => aliyun.ask(reference, to, sent_at_ms, stamp).await,
        }
    }

    /// What became of a message after [`Answer::Unknown`], by the token of its [`Callback`]. `None`: the provider does not have it (it
    /// shows messages after a while only), or cannot be asked by token (Twilio; there the report that it pushes tells).
    ///
    /// # Errors
    /// Why nothing could be learned; ask again later.
    pub async fn find(&self, token: &str, to: &str, sent_at_ms: i64, stamp: Stamp) -> Result<Option<Receipt>, String> {
        match self {
            Self::Twilio(_) => Ok(None),
            Self::Aliyun(aliyun) => aliyun.find(token, to, sent_at_ms, stamp).await,
        }
    }
}
