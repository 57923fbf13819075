//! An aggregate as it is kept: its state, its revision, its place in the journal and the requests it remembers.

use crate::domain::aggregate::State;
use crate::domain::ids::RequestId;
use std::sync::Arc;

/// How many accepted requests are remembered.
pub const REQUESTS_KEPT: usize = 32;

/// A client's request: its id and a digest of its parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub id: RequestId,
    pub digest: u64,
}

/// An accepted request with its receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    pub request: Request,
    pub receipt: Receipt,
}

/// What a client gets for an accepted command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// The aggregate's revision after the step, counted from 1.
    pub revision: u64,
    /// The journal's sequence of the step.
    pub sequence: u64,
}

/// The durable side of an aggregate. Without a state it does not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entity {
    pub state: Option<Arc<State>>,
    pub revision: u64,
    /// Journal position of its last record.
    pub position: u64,
    pub sequence: u64,
    /// Oldest first.
    pub recent: Vec<Accepted>,
}

impl Entity {
    /// What was erased can be told by the requests before: they are remembered no longer.
    pub fn forget_requests(&mut self) {
        self.recent = Vec::new();
    }

    /// Takes a durable step in.
    pub fn take(&mut self, state: Arc<State>, revision: u64, sequence: u64, position: u64, request: Option<&Request>) {
        self.state = Some(state);
        self.revision = revision;
        self.sequence = sequence;
        self.position = position;
        if let Some(request) = request {
            if self.recent.len() >= REQUESTS_KEPT {
                self.recent.remove(0);
            }
            // Most have few, and there may be a million: no room ahead.
            self.recent.reserve_exact(1);
            self.recent.push(Accepted { request: request.clone(), receipt: Receipt { revision, sequence } });
        }
    }
}
