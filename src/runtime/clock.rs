//! The only reader of time. Either the machine's clock, or one that is set by hand (on data folders created so).

use crate::domain::time::Timestamp;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where "now" comes from.
#[derive(Debug)]
pub struct Clock {
    /// Milliseconds since 1970, if the clock is set by hand.
    manual: Option<AtomicI64>,
    started: Instant,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { manual: None, started: Instant::now() }
    }

    /// A clock that stands where it is set.
    pub fn manual(at: Timestamp) -> Self {
        Self { manual: Some(AtomicI64::new(at.0)), started: Instant::now() }
    }

    /// The time that rules see.
    pub fn now(&self) -> Timestamp {
        match &self.manual {
            Some(at) => Timestamp(at.load(Ordering::Acquire)),
            None => wall_time(),
        }
    }

    /// Whether it is set by hand.
    pub fn is_manual(&self) -> bool {
        self.manual.is_some()
    }

    /// Sets a manual clock ahead; never back.
    pub fn advance(&self, to: Timestamp) {
        if let Some(at) = &self.manual {
            at.fetch_max(to.0, Ordering::AcqRel);
        }
    }

    /// Milliseconds since this clock was made, for measuring; runs also where the clock is manual.
    pub fn uptime_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// The machine's wall clock.
pub fn wall_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as i64)
}
