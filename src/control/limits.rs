//! How much the control socket may be asked for, and the count of its connections.
//! Keeps: no client can make the daemon hold more than these numbers multiply to, and a place that was taken is given back
//! when its holder is dropped, however that came about.
//! Leaves to others: reading the numbers from the settings, and acting on them (`connection`, `listener`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::protocol::varlink::{ErrorReply, TOO_MANY_CONNECTIONS};

/// The bounds of one or several sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest frame, in bytes without its NUL; also the sum of the frames in flight on a connection, but for one.
    pub frame_bytes: usize,
    /// How long a frame may stay incomplete.
    pub frame_time: Duration,
    /// Calls in flight on a connection; while there are as many, nothing more is read.
    pub calls_in_flight: usize,
    /// Connections of one user at a time.
    pub connections_per_uid: usize,
    /// Connections at a time.
    pub connections: usize,
    /// Bytes of replies waiting on a connection; above, streams wait and nothing more is read. One reply may be longer.
    pub queue_bytes: usize,
    /// How long replies may wait for a client that does not read: what waits now must be taken by then.
    pub drain_time: Duration,
    /// How long calls in flight are waited for when the client has gone or the daemon stops.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            frame_bytes: 1 << 20,
            frame_time: Duration::from_secs(10),
            calls_in_flight: 32,
            connections_per_uid: 256,
            connections: 4096,
            queue_bytes: 1 << 20,
            drain_time: Duration::from_secs(10),
            stop_time: Duration::from_secs(10),
        }
    }
}

/// The bounds in force, which may change while sockets are served. A connection keeps those it began with.
#[derive(Clone, Debug)]
pub struct Bounds {
    limits: Arc<Mutex<Arc<Limits>>>,
}

impl Bounds {
    /// Bounds that begin with these.
    pub fn new(limits: Limits) -> Bounds {
        Bounds { limits: Arc::new(Mutex::new(Arc::new(limits))) }
    }

    /// Those that hold now.
    pub fn now(&self) -> Arc<Limits> {
        Arc::clone(&self.limits.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on new connections, and a stop, go by these.
    pub fn set(&self, limits: Limits) {
        *self.limits.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(limits);
    }
}

/// The connections there are, by user. Clones count together, on all threads.
#[derive(Clone, Debug, Default)]
pub struct Census {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_uid: HashMap<u32, usize>,
}

/// A bound on connections that is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Full {
    /// This user has as many as one may have.
    #[error("user {uid} has {limit} connections already")]
    User {
        /// The user.
        uid: u32,
        /// Connections a user may have.
        limit: usize,
    },
    /// There are as many as there may be.
    #[error("there are {limit} connections already")]
    All {
        /// Connections there may be.
        limit: usize,
    },
}

impl From<Full> for ErrorReply {
    fn from(full: Full) -> ErrorReply {
        let (Full::User { limit, .. } | Full::All { limit }) = full;
        ErrorReply::new(TOO_MANY_CONNECTIONS).with("limit", limit).with("reason", full.to_string())
    }
}

impl Census {
    /// Takes a place for a connection of `uid`; it is given back when the [`Place`] is dropped.
    ///
    /// # Errors
    /// [`Full`] with the bound that is reached.
    pub fn enter(&self, uid: u32, limits: &Limits) -> Result<Place, Full> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.all >= limits.connections {
            return Err(Full::All { limit: limits.connections });
        }
        let of_user = counts.by_uid.entry(uid).or_default();
        if *of_user >= limits.connections_per_uid && !mutant!("connections-without-end") {
            let limit = limits.connections_per_uid;
            if *of_user == 0 {
                counts.by_uid.remove(&uid);
            }
            return Err(Full::User { uid, limit });
        }
        *of_user += 1;
        counts.all += 1;
        Ok(Place { census: self.clone(), uid })
    }

    /// Connections there are now.
    pub fn connections(&self) -> usize {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

/// A counted connection.
#[derive(Debug)]
pub struct Place {
    census: Census,
    uid: u32,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.census.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counts.all -= 1;
        if let Some(of_user) = counts.by_uid.get_mut(&self.uid) {
            *of_user -= 1;
            if *of_user == 0 {
                counts.by_uid.remove(&self.uid);
            }
        }
    }
}
