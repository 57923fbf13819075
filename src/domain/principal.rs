//! Who acts: a staff user, a customer behind a link, a terminal user in the portal, or the system itself.

use super::ids::{ContactId, InvitationNo, Name, StaffUserId, WorkOrderId};
use serde::{Deserialize, Serialize};

/// The one on whose behalf a command is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// A person of the staff, or a peer that is mapped to roles without a person (`user` is then none).
    Staff { user: Option<StaffUserId>, roles: Vec<Name>, through: Box<str> },
    /// A customer who came with a valid link token.
    Guest { order: WorkOrderId, invitation: InvitationNo },
    /// Somebody in the portal (INT-6): a contact who has signed in, else a guest.
    TerminalUser { contact: Option<ContactId> },
    /// Timers and deliveries.
    System,
}

/// Who acted, as the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// `through` names the peer (for example `uid:1000`) where it is not the person itself.
    Staff {
        user: Option<StaffUserId>,
        through: Box<str>,
    },
    Guest {
        invitation: InvitationNo,
    },
    System,
    TerminalUser {
        contact: Option<ContactId>,
    },
}

impl Principal {
    /// The staff user, if it is one.
    pub fn user(&self) -> Option<&StaffUserId> {
        match self {
            Self::Staff { user, .. } => user.as_ref(),
            Self::Guest { .. } | Self::TerminalUser { .. } | Self::System => None,
        }
    }

    /// What the history keeps of it.
    pub fn actor(&self) -> Actor {
        match self {
            Self::Staff { user, through, .. } => Actor::Staff { user: user.clone(), through: through.clone() },
            Self::Guest { invitation, .. } => Actor::Guest { invitation: *invitation },
            Self::TerminalUser { contact } => Actor::TerminalUser { contact: contact.clone() },
            Self::System => Actor::System,
        }
    }

    /// A stable text of who it is, for ids derived from it.
    pub fn key(&self) -> String {
        match self {
            Self::Staff { user: Some(user), .. } => format!("staff:{user}"),
            Self::Staff { user: None, through, .. } => format!("peer:{through}"),
            Self::Guest { order, invitation } => format!("guest:{order}:{}", invitation.0),
            Self::TerminalUser { contact: Some(contact) } => format!("contact:{contact}"),
            Self::TerminalUser { contact: None } => "visitor".into(),
            Self::System => "system".into(),
        }
    }
}
