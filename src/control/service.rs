//! What a service has to offer to be put on a socket: a session per connection, and an outcome per call.
//! Keeps: what a service answers is serialised once, where it is made; the loop only frames bytes.
//! Leaves to others: the loop (`connection`), and every meaning.

use std::future::Future;
use std::rc::Rc;

use serde::Serialize;
use tokio::sync::mpsc;

use super::peer::Peer;
use crate::protocol::varlink::{Call, ErrorReply, INTERNAL};

/// A service on a socket. One value serves all connections; it lives on one thread.
pub trait Service: 'static {
    /// What is kept for one connection, such as the principal behind it.
    type Session: 'static;

    /// A client has connected.
    ///
    /// # Errors
    /// The reply that the client gets before its connection is closed.
    fn open(&self, peer: &Peer) -> Result<Self::Session, ErrorReply>;

    /// A client calls. Calls of one connection are started in the order sent and then run beside one another; their replies
    /// are put in order by the loop. The future is run to its end (or `stop_time`) even if the client has gone.
    /// A panic in it becomes `org.workorderd.Internal` for this call alone.
    fn call(self: Rc<Self>, session: Rc<Self::Session>, call: Call) -> impl Future<Output = Outcome> + 'static;
}

/// How a call ends.
#[derive(Debug)]
pub enum Outcome {
    /// Done; output parameters.
    Reply(Body),
    /// Refused or failed.
    Error(ErrorReply),
    /// Replies follow, as long as the sender lives. Only for calls with `more`; others get `ExpectedMore`.
    Stream(mpsc::Receiver<Item>),
}

/// One reply of a stream. The channel bounds how far a service may run ahead of its client: `try_send` tells it that the client lags.
#[derive(Debug)]
pub enum Item {
    /// A reply, and more follow.
    Next(Body),
    /// The last reply.
    Last(Body),
    /// The stream ends with an error.
    Error(ErrorReply),
}

/// Output parameters as JSON, always an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body(Vec<u8>);

impl Body {
    /// Parameters of any serialisable struct or map.
    ///
    /// # Errors
    /// `org.workorderd.Internal` when it is no object in JSON or cannot be serialised; the log says which.
    pub fn of(parameters: &impl Serialize) -> Result<Body, ErrorReply> {
        let mut bytes = Vec::with_capacity(128);
        let fault = match serde_json::to_writer(&mut bytes, parameters) {
            Ok(()) if bytes.starts_with(b"{") => return Ok(Body(bytes)),
            Ok(()) => "not an object".to_owned(),
            Err(error) => error.to_string(),
        };
        tracing::error!(fault, "reply cannot be serialised");
        Err(ErrorReply::new(INTERNAL))
    }

    /// No parameters.
    pub fn empty() -> Body {
        Body(b"{}".to_vec())
    }

    /// The JSON text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Outcome {
    /// A reply with these parameters (or `Internal` when they cannot be serialised).
    pub fn reply(parameters: &impl Serialize) -> Outcome {
        match Body::of(parameters) {
            Ok(body) => Outcome::Reply(body),
            Err(error) => Outcome::Error(error),
        }
    }
}

impl Item {
    /// A reply after which more follow.
    pub fn next(parameters: &impl Serialize) -> Item {
        Body::of(parameters).map_or_else(Item::Error, Item::Next)
    }

    /// The last reply.
    pub fn last(parameters: &impl Serialize) -> Item {
        Body::of(parameters).map_or_else(Item::Error, Item::Last)
    }
}

impl From<ErrorReply> for Outcome {
    fn from(error: ErrorReply) -> Outcome {
        Outcome::Error(error)
    }
}

/// So that a service can use `?` inside: `Err` is the error reply.
impl From<Result<Body, ErrorReply>> for Outcome {
    fn from(result: Result<Body, ErrorReply>) -> Outcome {
        result.map_or_else(Outcome::Error, Outcome::Reply)
    }
}
