//! The only reader of time. Either the machine's clock, or one that is set by hand (on data folders created so).

use crate::domain::time::{Span, Timestamp};
use crate::engine::clock_guard::Reading;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where "now" comes from.
#[derive(Debug)]
pub struct Clock {
    /// Milliseconds since 1970, if the clock is set by hand.
    manual: Option<AtomicI64>,
    /// Which start of the machine.
    boot: u128,
    started: Instant,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { manual: None, boot: boot(), started: Instant::now() }
    }

    /// A clock that stands where it is set.
    pub fn manual(at: Timestamp) -> Self {
        Self { manual: Some(AtomicI64::new(at.0)), boot: 0, started: Instant::now() }
    }

    /// The time that rules see.
    pub fn now(&self) -> Timestamp {
        match &self.manual {
            Some(at) => Timestamp(at.load(Ordering::Acquire)),
            None => wall_time(),
        }
    }

    /// Everything that tells whether the clock can be trusted.
    pub fn reading(&self) -> Reading {
        match self.manual {
            Some(_) => Reading { wall: self.now(), boot: 0, since_boot: Span(0), synchronised: true },
            None => Reading { wall: wall_time(), boot: self.boot, since_boot: since_boot(), synchronised: synchronised() },
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

/// Asks again and again until there is something or the time is up; whoever else wants this core has it in between.
pub fn ask_until<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let began = Instant::now();
    loop {
        let found = ask();
        if found.is_some() || began.elapsed() >= limit {
            return found;
        }
        std::thread::yield_now();
    }
}

/// The machine's wall clock.
pub fn wall_time() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(since.as_millis() as i64)
}

/// The kernel's name for this start of the machine. Where it does not tell, another each time: nothing is held against it then.
fn boot() -> u128 {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    u128::from_str_radix(&text.trim().replace('-', ""), 16).unwrap_or_else(|_| {
        tracing::warn!("the machine does not name its start; a clock that is set while the daemon is stopped will not be noticed");
        super::folder::random().map_or(0, u128::from_ne_bytes)
    })
}

fn since_boot() -> Span {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Span((time.tv_sec.unsigned_abs()) * 1_000 + time.tv_nsec.unsigned_abs() / 1_000_000)
}

/// Whether something (NTP, PTP) tells the kernel that the clock is right. Where the kernel may not be asked, the answer is no.
fn synchronised() -> bool {
    // SAFETY: all-zero bytes are a timex; with `modes` 0 the kernel changes nothing and only writes into it during the call.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    state >= 0 && timex.status & libc::STA_UNSYNC == 0
}
