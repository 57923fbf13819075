//! Identities, as newtypes: what is one kind of id cannot be passed for another.
//!
//! Slugs (staff users, groups, service providers, accounts, contacts, terminals, products, names of definitions) are checked once, here; a `Slug` in hand is a good one.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest slug, in characters.
pub const SLUG_MAX: usize = 60;

/// What is wrong with a slug.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlugProblem {
    #[error("is empty")]
    Empty,
    #[error("has {0} characters, at most {SLUG_MAX} are allowed")]
    TooLong(usize),
    #[error("has the character {0:?}; letters, digits and - _ . @ are allowed")]
    Character(char),
}

/// Checks the text of a slug: 1 to 60 letters (any script), digits and `- _ . @`.
pub fn check_slug(text: &str) -> Result<(), SlugProblem> {
    let count = text.chars().count();
    if count == 0 {
        return Err(SlugProblem::Empty);
    }
    if count > SLUG_MAX {
        return Err(SlugProblem::TooLong(count));
    }
    match text.chars().find(|c| !(c.is_alphanumeric() || "-_.@".contains(*c))) {
        Some(bad) => Err(SlugProblem::Character(bad)),
        None => Ok(()),
    }
}

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(CompactString);

        impl $name {
            /// Takes a text that is a good slug; see [`check_slug`].
            pub fn new(text: &str) -> Result<Self, SlugProblem> {
                check_slug(text).map(|()| Self(text.into()))
            }

            /// The text of the slug.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

slug!(
    /// A staff user: an inside person with a login.
    StaffUserId
);
slug!(
    /// A service group: a team of engineers with a leader.
    ServiceGroupId
);
slug!(
    /// A department: a node of the organisation tree, with a head.
    DepartmentId
);
slug!(
    /// A user group: an ad-hoc set of staff users, for data sharing.
    UserGroupId
);
slug!(
    /// A service provider: an outside company whose staff also dispatch and do work.
    ServiceProviderId
);
slug!(
    /// What an engineer can do, and some Work Orders need.
    Skill
);
slug!(
    /// Where an account is, and where an engineer works.
    Region
);
slug!(
    /// An account: a customer organisation or household.
    AccountId
);
slug!(
    /// A contact: a person at an account.
    ContactId
);
slug!(
    /// A product: a model that terminals are instances of.
    ProductId
);
slug!(
    /// A terminal: one installed device at a customer.
    TerminalId
);
slug!(
    /// The name of a definition (record type, process, template, rule, role, message).
    Name
);

/// A Work Order's inner identity, derived from who created it and the request id, so that a repeated create meets itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkOrderId(#[serde(with = "wide")] pub u128);

/// 128 bits: 32 hexadecimal digits where people may read it, since programs that read JSON lose digits of such a number; else a number.
pub mod wide {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    /// Writes.
    pub fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(&format_args!("{value:032x}")) } else { value.serialize(serializer) }
    }

    /// Reads.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        if !deserializer.is_human_readable() {
            return u128::deserialize(deserializer);
        }
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16).map_err(|_| D::Error::custom(format!("{text:?} is not 32 hexadecimal digits")))
    }
}

impl fmt::Debug for WorkOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Display for WorkOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Which node of a process, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NodeIndex(pub u16);

/// Which visit to a node, counted from 1 over the whole life of a Work Order; each visit is a gate of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct VisitNo(pub u32);

/// Which planned visit of a Work Order, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PlannedNo(pub u32);

/// Which invitation of a Work Order, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InvitationNo(pub u16);

/// Which mail of a Work Order, counted from 1. With the Work Order's id it names the intent, and so the Message-ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MailNo(pub u32);

/// Which call of a Work Order, counted from 1. With the Work Order's id it is what the call center knows it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CallNo(pub u32);

/// A contact in the portal, as links and timers name it: derived from the contact's id, so that a link tells nothing of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TerminalUserId(#[serde(with = "wide")] pub u128);

/// Which link to sign in of a contact, counted from 1. The session that it opens has the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SignInNo(pub u32);

/// A client's name for one mutation; the same again gets the same receipt. 1 to 64 printable ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(CompactString);

impl RequestId {
    /// Takes 1 to 64 printable ASCII characters without blanks.
    pub fn new(text: &str) -> Result<Self, &'static str> {
        if text.is_empty() || text.len() > 64 || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("must be 1 to 64 printable ASCII characters without blanks");
        }
        Ok(Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
