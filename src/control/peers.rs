//! Who a peer is: from kernel-given uid and groups to staff user and roles (settings, `control.peers`).
//!
//! The first rule that matches decides; a peer that no rule matches is refused.

use super::peer::Peer;
use crate::domain::ids::{Name, StaffUserId};
use crate::domain::principal::Principal;
use crate::engine::reference::Reference;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

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

/// The peer map in force, with a number that changes with it, so that connections notice.
#[derive(Debug, Default)]
pub struct Peers {
    map: RefCell<Rc<PeerMap>>,
    version: Cell<u64>,
}

impl Peers {
    /// Begins with this map.
    pub fn new(map: PeerMap) -> Self {
        Self { map: RefCell::new(Rc::new(map)), version: Cell::new(1) }
    }

    /// From now on every call of every connection goes by this map.
    pub fn set(&self, map: PeerMap) {
        self.map.replace(Rc::new(map));
        self.version.set(self.version.get() + 1);
    }

    fn find(&self, peer: &Peer) -> Option<PeerRule> {
        self.map.borrow().find(peer).cloned()
    }
}

/// Who is behind a connection.
#[derive(Debug)]
pub struct Session {
    pub uid: u32,
    peer: Peer,
    rule: RefCell<PeerRule>,
    /// Of the peer map that the rule is from.
    version: Cell<u64>,
    /// Set by `ActAs`.
    acting_as: RefCell<Option<StaffUserId>>,
}

impl Session {
    /// A session of a peer, if a rule is for it.
    pub fn open(peer: &Peer, peers: &Peers) -> Option<Self> {
        Some(Self::with(peer, peers.find(peer)?, peers.version.get()))
    }

    /// A session of a peer with a rule that does not come from a map.
    pub fn fixed(peer: &Peer, rule: PeerRule) -> Self {
        Self::with(peer, rule, 0)
    }

    fn with(peer: &Peer, rule: PeerRule, version: u64) -> Self {
        let (rule, version) = (RefCell::new(rule), Cell::new(version));
        Self { uid: peer.uid, peer: peer.clone(), rule, version, acting_as: RefCell::new(None) }
    }

    /// Goes by a peer map that changed meanwhile. False: nobody knows this peer any more. One that may no longer act for others
    /// is itself again.
    pub fn follow(&self, peers: &Peers) -> bool {
        if self.version.get() == peers.version.get() {
            return true;
        }
        let Some(rule) = peers.find(&self.peer) else { return false };
        if !rule.act_as {
            self.acting_as.replace(None);
        }
        self.rule.replace(rule);
        self.version.set(peers.version.get());
        true
    }

    /// Whether it may act as others.
    pub fn may_act_as(&self) -> bool {
        self.rule.borrow().act_as
    }

    /// From now on the connection acts as this staff user.
    pub fn act_as(&self, user: StaffUserId) {
        self.acting_as.replace(Some(user));
    }

    /// Who acts, with the roles they have now. Acting as somebody gives that person's roles and no others.
    pub fn principal(&self, reference: &Reference) -> Principal {
        let acting = self.acting_as.borrow().clone();
        let rule = self.rule.borrow();
        let mut roles = if acting.is_some() { Vec::new() } else { rule.roles.clone() };
        let user = acting.or_else(|| rule.user.clone());
        if let Some(entry) = user.as_ref().and_then(|u| reference.directory.active(u)) {
            roles.extend(entry.roles.iter().filter(|r| !roles.contains(r)).cloned().collect::<Vec<_>>());
        }
        Principal::Staff { user, roles, through: format!("uid:{}", self.uid).into() }
    }
}
