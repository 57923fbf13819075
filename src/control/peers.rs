//! Who a peer is: from kernel-given uid and groups to staff user and roles (settings, `control.peers`).
//!
//! The first rule that matches decides; a peer that no rule matches is refused.

use super::peer::Peer;
use crate::domain::ids::{Name, StaffUserId};
use crate::domain::principal::Principal;
use crate::engine::reference::Reference;
use std::cell::RefCell;

/// Whom a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    Uid(u32),
    Gid(u32),
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeerRule {
    pub who: Match,
    pub user: Option<StaffUserId>,
    /// Roles beside those of the staff user.
    pub roles: Vec<Name>,
    /// Whether it may act as any staff user.
    pub act_as: bool,
}

/// Rules in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerMap(pub Vec<PeerRule>);

impl PeerMap {
    /// The rule of a peer.
    pub fn find(&self, peer: &Peer) -> Option<&PeerRule> {
        self.0.iter().find(|rule| match rule.who {
            Match::Uid(uid) => uid == peer.uid,
            Match::Gid(gid) => gid == peer.gid || peer.groups.contains(&gid),
        })
    }
}

/// Who is behind a connection.
#[derive(Debug)]
pub struct Session {
    pub uid: u32,
    pub rule: PeerRule,
    /// Set by `ActAs`.
    acting_as: RefCell<Option<StaffUserId>>,
}

impl Session {
    /// A session of a peer with its rule.
    pub fn new(peer: &Peer, rule: PeerRule) -> Self {
        Self { uid: peer.uid, rule, acting_as: RefCell::new(None) }
    }

    /// From now on the connection acts as this staff user.
    pub fn act_as(&self, user: StaffUserId) {
        self.acting_as.replace(Some(user));
    }

    /// Who acts, with the roles they have now. Acting as somebody gives that person's roles and no others.
    pub fn principal(&self, reference: &Reference) -> Principal {
        let acting = self.acting_as.borrow().clone();
        let mut roles = if acting.is_some() { Vec::new() } else { self.rule.roles.clone() };
        let user = acting.or_else(|| self.rule.user.clone());
        if let Some(entry) = user.as_ref().and_then(|u| reference.directory.active(u)) {
            roles.extend(entry.roles.iter().filter(|r| !roles.contains(r)).cloned().collect::<Vec<_>>());
        }
        Principal::Staff { user, roles, through: format!("uid:{}", self.uid).into() }
    }
}
