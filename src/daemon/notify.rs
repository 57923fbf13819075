//! The daemon's word with systemd (`sd_notify`): ready, reloading, stopping, a line of status, the watchdog, more time for a start.
//!
//! Without `NOTIFY_SOCKET` nothing is said. A word that cannot be said is logged once and never stops the daemon.

use crate::runtime::Progress;
use sd_notify::NotifyState;
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

/// How much more time is asked for while a start gets on, and how often at most.
const MORE_TIME: Duration = Duration::from_secs(60);
const ASK_EVERY: Duration = Duration::from_secs(2);

/// What was said last.
#[derive(Debug, Default)]
pub struct Notifier {
    status: RefCell<String>,
    failed: Cell<bool>,
}

impl Notifier {
    fn say(&self, words: &[NotifyState<'_>]) {
        if let Err(error) = sd_notify::notify(words)
            && !self.failed.replace(true)
        {
            tracing::warn!(%error, "systemd cannot be told how the daemon is doing");
        }
    }

    fn say_with_status(&self, word: NotifyState<'_>, status: &str) {
        self.say(&[word, NotifyState::Status(status)]);
        self.status.replace(status.to_owned());
    }

    /// It answers.
    pub fn ready(&self, status: &str) {
        self.say_with_status(NotifyState::Ready, status);
    }

    /// The settings are read again; [`Notifier::ready`] follows, whether they were good or not.
    pub fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => self.say(&[NotifyState::Reloading, now]),
            Err(_) => self.say(&[NotifyState::Reloading]),
        }
    }

    /// It takes no more calls.
    pub fn stopping(&self) {
        self.say_with_status(NotifyState::Stopping, "stopping: calls in flight are answered");
    }

    /// A line for `systemctl status`; said only if it is another one than before.
    pub fn status(&self, line: &str) {
        if *self.status.borrow() != line {
            self.say(&[NotifyState::Status(line)]);
            self.status.replace(line.to_owned());
        }
    }

    /// All parts are alive.
    pub fn alive(&self) {
        self.say(&[NotifyState::Watchdog]);
    }

    /// How often systemd wants to hear that.
    pub fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled().filter(|limit| !limit.is_zero())
    }
}

/// Asks for more time as long as a start gets on.
pub fn more_time() -> impl Fn(Progress) {
    let notifier = Notifier::default();
    let asked: Cell<Option<Instant>> = Cell::new(None);
    let rebuilding = Cell::new(false);
    move |progress| {
        let status = match progress {
            Progress::Rebuilding => {
                rebuilding.set(true);
                "starting: the store is rebuilt from the journal".to_owned()
            }
            Progress::Read(_) if asked.get().is_some_and(|at| at.elapsed() < ASK_EVERY) => return,
            Progress::Read(read) if rebuilding.get() => format!("starting: the store is rebuilt from the journal, {read} records read"),
            Progress::Read(read) => format!("starting: {read} records and rows read"),
        };
        asked.set(Some(Instant::now()));
        let time = u32::try_from(MORE_TIME.as_micros()).unwrap_or(u32::MAX);
        notifier.say_with_status(NotifyState::ExtendTimeoutUsec(time), &status);
    }
}
