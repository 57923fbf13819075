//! Tells systemd how the daemon is: feeds the watchdog while all parts answer, and keeps the line of `systemctl status`.

use super::notify::Notifier;
use crate::control::desk::Desk;
use crate::runtime::Runtime;
use crate::runtime::health::Stuck;
use std::cell::Cell;
use std::fmt::Write;
use std::rc::Rc;
use std::time::Duration;

/// How often the line is made anew; it is said only if it changed.
const STATUS_EVERY: Duration = Duration::from_secs(5);

/// What both tasks know.
pub struct Health {
    pub notifier: Notifier,
    runtime: Runtime,
    desk: Rc<Desk>,
    mail_on: Cell<bool>,
    stuck: Cell<Option<Stuck>>,
    /// Steps and uptime in milliseconds when the line was made last.
    last: Cell<(u64, u64)>,
}

impl Health {
    /// Of this daemon.
    pub fn new(runtime: Runtime, desk: Rc<Desk>, mail_on: bool) -> Rc<Self> {
        let last = Cell::new((runtime.figures().steps, runtime.uptime_ms()));
        Rc::new(Self { notifier: Notifier::default(), runtime, desk, mail_on: Cell::new(mail_on), stuck: Cell::new(None), last })
    }

    /// Whether mail is sent, since a reload.
    pub fn set_mail(&self, on: bool) {
        self.mail_on.set(on);
    }

    /// Runs until dropped: three checks in the time that systemd gives, each of which may take as long as the pause between them.
    pub async fn feed_watchdog(&self) {
        let Some(limit) = Notifier::watchdog() else { return std::future::pending().await };
        let mut pulse = tokio::time::interval(limit / 3);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            pulse.tick().await;
            let found = self.runtime.check(limit / 3).await.err();
            match found {
                None => self.notifier.alive(),
                Some(stuck) => {
                    tracing::error!(%stuck, "the watchdog is not fed");
                    self.notifier.status(&format!("STUCK: {stuck}"));
                }
            }
            self.stuck.set(found);
        }
    }

    /// Runs until dropped.
    pub async fn tell_status(&self) {
        let mut pulse = tokio::time::interval(STATUS_EVERY);
        pulse.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            pulse.tick().await;
            self.notifier.status(&self.line());
        }
    }

    /// The line: what a person wants to know first, on one line, without names of people.
    pub fn line(&self) -> String {
        let runtime = &self.runtime;
        let figures = runtime.figures();
        let open = runtime.views().board().open_count();
        let due = runtime.views().schedule().next_due();
        let parked = runtime.views().schedule().parked().len();
        let mut line = String::new();
        if let Some(stuck) = self.stuck.get() {
            let _ = write!(line, "STUCK: {stuck}; ");
        }
        let _ = write!(line, "{open} open Work Orders; {} steps/s; head {}", self.rate(figures.steps), runtime.head());
        let late = due.map_or(0, |due| runtime.now().0 - due.0);
        // A timer is fired in its second; what is a second late waits for something.
        let _ = match late {
            ..1_000 => write!(line, "; timers on time"),
            late => write!(line, "; oldest timer overdue by {} s", late / 1_000),
        };
        if parked > 0 {
            let _ = write!(line, ", {parked} PARKED");
        }
        let _ = match figures.store_behind {
            0 => write!(line, "; store level"),
            behind => write!(line, "; store {behind} behind"),
        };
        let space = runtime.space();
        if space.scarce {
            let _ = write!(line, "; disk NEARLY FULL, {} MiB free: no new steps", space.free >> 20);
        }
        let _ = match (self.mail_on.get(), figures.mail_trouble) {
            (false, _) => write!(line, "; mail off"),
            (true, 0) => write!(line, "; mail well"),
            (true, times) => write!(line, "; mail: {times} attempts in a row put off"),
        };
        let doubt = runtime.views().clock().doubt().map(|doubt| doubt.to_string());
        let _ = match doubt {
            Some(doubt) => write!(line, "; clock DOUBTED: {doubt}"),
            None if runtime.clock_is_manual() => write!(line, "; clock set by hand"),
            None => write!(line, "; clock trusted"),
        };
        if !self.desk.reloaded.borrow().problems.is_empty() {
            let _ = write!(line, "; last reload REFUSED, see the log");
        }
        line
    }

    /// Steps a second since it was asked last, rounded to two figures, so that the line changes no oftener than it must.
    fn rate(&self, steps: u64) -> u64 {
        let now = self.runtime.uptime_ms();
        let (before, at) = self.last.replace((steps, now));
        let rate = (steps.saturating_sub(before) * 1_000).div_ceil((now - at).max(1_000));
        let unit = 10_u64.pow(rate.checked_ilog10().unwrap_or(0).saturating_sub(1));
        rate / unit * unit
    }
}
