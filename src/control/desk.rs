//! The desk: takes a checked call, finds who brings it, and hands it to the room of its interface.
//!
//! Rooms turn parameters into commands and states into shapes; rules are the domain's.

use super::peer::Peer;
use super::peers::{Match, PeerMap, PeerRule, Peers, Session};
use super::portal::Portal;
use super::refuse;
use super::service::{Outcome, Service};
use super::{definitions, directory, guest, system, watch, work_orders};
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::{Name, RequestId};
use crate::domain::may::{self, Action};
use crate::domain::principal::Principal;
use crate::domain::time::Timestamp;
use crate::engine::entity::Request;
use crate::protocol::catalogue::{Catalogue, StandardReply};
use crate::protocol::varlink::{Call, ErrorReply, INTERNAL, ServiceInfo};
use crate::protocol::{self, catalogue::CatalogueError};
use crate::runtime::Runtime;
use crate::settings::daemon::LookUpRules;
use crate::settings::definitions::SERVICE_TICKET_TYPES;
use serde::Deserialize;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Everything a room needs.
pub struct Desk {
    pub runtime: Runtime,
    pub peers: Peers,
    /// For a gateway: whoever may open this socket is one, and it serves customers behind links alone.
    for_guests: bool,
    /// What the start said; part of the status.
    pub said: Vec<String>,
    /// Links lead there; the token is put behind it.
    pub base_url: RefCell<String>,
    /// Most record types of the kind "service ticket" (REC-2).
    pub service_ticket_types: Cell<usize>,
    /// Looking customers up (INT-3).
    pub look_up: Cell<LookUpRules>,
    /// Customers who sign in, and guests; the same on every socket.
    pub portal: Rc<Portal>,
    /// How the last reload of the settings went.
    pub reloaded: RefCell<Reloaded>,
    catalogue: Catalogue,
}

/// Reloads of the settings, for the status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// How many were asked for since the start, good or bad.
    pub count: u64,
    /// When the last one was asked for.
    pub at: Option<Timestamp>,
    /// Why the last one was refused; empty: it was good.
    pub problems: Vec<String>,
}

/// One call with who brings it.
pub struct Visit<'a> {
    pub desk: &'a Desk,
    pub session: &'a Session,
    pub principal: Principal,
    pub call: &'a Call,
}

impl Desk {
    /// A desk for all interfaces.
    ///
    /// # Errors
    /// A description is broken; a test makes sure that none is.
    pub fn new(runtime: Runtime, peers: PeerMap, said: Vec<String>, base_url: String) -> Result<Self, CatalogueError> {
        Ok(Self {
            runtime,
            peers: Peers::new(peers),
            for_guests: false,
            said,
            base_url: RefCell::new(base_url),
            service_ticket_types: Cell::new(SERVICE_TICKET_TYPES),
            look_up: Cell::default(),
            portal: Rc::default(),
            reloaded: RefCell::default(),
            catalogue: catalogue(&DESCRIPTIONS)?,
        })
    }

    /// A desk for a gateway's socket: the guest interface alone, whoever calls. Who may open the socket is a matter of its mode.
    ///
    /// # Errors
    /// A description is broken; a test makes sure that none is.
    pub fn for_guests(runtime: Runtime, portal: Rc<Portal>) -> Result<Self, CatalogueError> {
        let catalogue = catalogue(&[protocol::ERRORS, protocol::guest::DESCRIPTION])?;
        let desk = Self::new(runtime, PeerMap::default(), Vec::new(), String::new())?;
        Ok(Self { for_guests: true, catalogue, portal, ..desk })
    }
}

fn catalogue(descriptions: &[&'static str]) -> Result<Catalogue, CatalogueError> {
    let info = ServiceInfo {
        vendor: "workorderd".into(),
        product: "workorderd".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        url: "https://varlink.org".into(),
        interfaces: Vec::new(),
    };
    Catalogue::new(info, descriptions)
}

/// All interfaces that are served, as they are described.
pub const DESCRIPTIONS: [&str; 6] = [
    protocol::ERRORS,
    protocol::work_orders::DESCRIPTION,
    protocol::directory::DESCRIPTION,
    protocol::definitions::DESCRIPTION,
    protocol::system::DESCRIPTION,
    protocol::guest::DESCRIPTION,
];

impl Visit<'_> {
    /// The parameters as a shape. The call was held against its description before.
    pub fn parameters<'a, T: Deserialize<'a>>(&'a self) -> Result<T, ErrorReply> {
        T::deserialize(&self.call.parameters).map_err(|error| ErrorReply::invalid_parameter("parameters", &error.to_string()))
    }

    /// Refuses unless a role of the caller has the right.
    pub fn need(&self, right: Right) -> Result<(), ErrorReply> {
        if mutant!("right-not-asked-for") {
            return Ok(());
        }
        self.judge(|cx| may::may(Action::Use(right), None, cx)).map_err(|rejection| refuse::rejection(&rejection))
    }

    /// Asks the domain something, with the caller as principal.
    pub fn judge<R>(&self, ask: impl FnOnce(&Context<'_>) -> R) -> R {
        let reference = self.desk.runtime.views().reference();
        ask(&Context {
            now: self.desk.runtime.now(),
            principal: &self.principal,
            catalogue: &reference.catalogue,
            directory: &reference.directory,
        })
    }

    /// The request of a mutation: its id, and a digest of who asks for what.
    pub fn request(&self, id: &str) -> Result<Request, ErrorReply> {
        let id = RequestId::new(id).map_err(|problem| refuse::field("requestId", problem))?;
        let mut text = Vec::with_capacity(256);
        for part in [self.call.method.as_str(), &self.principal.key()] {
            text.extend_from_slice(part.as_bytes());
            text.push(b'\n');
        }
        // Names are in order and values are JSON, so the same parameters are always the same text.
        for (name, value) in self.call.parameters.iter().filter(|(name, _)| *name != "requestId") {
            serde_json::to_writer(&mut text, &(name, value)).map_err(|_| ErrorReply::new(INTERNAL))?;
        }
        Ok(Runtime::request(id, &text))
    }
}

fn unknown_peer(uid: u32) -> ErrorReply {
    ErrorReply::new("org.workorderd.UnknownPeer")
        .with("message", format!("uid {uid} is not mapped to anybody; an admin can add it to control.peers"))
        .with("uid", uid)
}

impl Service for Desk {
    type Session = Session;

    fn open(&self, peer: &Peer) -> Result<Session, ErrorReply> {
        if self.for_guests {
            let roles = Name::new("gateway").into_iter().collect();
            return Ok(Session::fixed(peer, PeerRule { who: Match::Uid(peer.uid), user: None, roles, act_as: false }));
        }
        Session::open(peer, &self.peers).ok_or_else(|| unknown_peer(peer.uid))
    }

    async fn call(self: Rc<Self>, session: Rc<Session>, call: Call) -> Outcome {
        if !self.for_guests && !session.follow(&self.peers) {
            return unknown_peer(session.uid).into();
        }
        if let Err(error) = self.catalogue.check(&call) {
            return error.into();
        }
        if let Some(answer) = self.catalogue.answer(&call) {
            return match answer {
                Ok(reply @ (StandardReply::Info(_) | StandardReply::Description(_))) => Outcome::reply(&reply),
                Err(error) => error.into(),
            };
        }
        let principal = session.principal(&self.runtime.views().reference());
        let visit = Visit { desk: &self, session: &session, principal, call: &call };
        let result = match call.interface() {
            protocol::work_orders::NAME if call.member() == "Watch" => watch::watch(&visit),
            protocol::work_orders::NAME => work_orders::call(&visit).await,
            protocol::directory::NAME => directory::call(&visit).await,
            protocol::definitions::NAME => definitions::call(&visit).await,
            protocol::system::NAME => system::call(&visit).await,
            protocol::guest::NAME => guest::call(&visit).await,
            _ => Err(ErrorReply::method_not_found(&call.method)),
        };
        result.unwrap_or_else(Outcome::Error)
    }
}
