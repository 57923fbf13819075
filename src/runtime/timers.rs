//! Fires what is due: in batches that share a journal group, in turn with people's commands. Never before its time.

use super::dialer::CallQueue;
use super::handle::Runtime;
use super::mailer::MailQueue;
use crate::domain::aggregate::{Command, Key};
use crate::domain::installation::InstallationCommand;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::work_order;
use crate::domain::work_order::deadline::Deadline;
use crate::engine::cell::Refusal;
use crate::engine::clock_guard::Doubt;
use crate::engine::schedule::Timer;
use crate::engine::suspects;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Timers fired at a time; people's commands come in between.
const BATCH: usize = 256;
/// The clock is read again at least this often, in milliseconds: it may be set.
const LOOK_AGAIN_MS: i64 = 30_000;

/// The ways of timers that are not fired as commands.
pub struct Outgoing {
    pub mails: MailQueue,
    pub calls: CallQueue,
}

impl Outgoing {
    /// Hands a timer on; one that is to be fired comes back.
    fn hand_on(&self, timer: Timer) -> Option<Timer> {
        match timer.deadline {
            Deadline::Mail(_) | Deadline::SignInMail(_) => self.mails.put(timer),
            Deadline::Call(_) => self.calls.put(timer),
            Deadline::AutoComplete(_) | Deadline::Overdue(_) | Deadline::Remind(_) | Deadline::ToDo(_) => return Some(timer),
        }
        None
    }
}

/// Runs for ever on the arbiter it is spawned on.
pub async fn run(runtime: Runtime, outgoing: Outgoing) {
    let shared = &runtime.shared;
    let mut doubt = None;
    shared.room.wait().await;
    fire_suspects(&runtime, &outgoing).await;
    loop {
        // Firing is a new step: what is due waits for room on the disk, and fires late, in order.
        if !mutant!("timers-ask-no-reserve") {
            shared.room.wait().await;
        }
        let (look, due) = shared.views.take_due(&shared.clock.reading(), BATCH);
        doubt = tell_doubt(shared.views.clock().doubt(), doubt);
        let now = look.now;
        if let Some(anchor) = look.record {
            let command = Command::Installation(InstallationCommand::TrustClock { anchor });
            // Tried again with the next look.
            if let Err(refusal) = runtime.submit_as_system(&Key::Installation, command).await {
                tracing::warn!(%refusal, "it could not be recorded that the clock is trusted");
            }
        }
        if due.is_empty() {
            let until = shared.views.schedule().next_due().map_or(i64::MAX, |due| due.0).min(now.0 + LOOK_AGAIN_MS);
            shared.armed_until.store(until, Ordering::Release);
            // One that was set between looking and arming has notified, or is seen here.
            if shared.views.schedule().next_due().is_some_and(|due| due.0 < until || due <= now) {
                continue;
            }
            let pause = if shared.clock.is_manual() { LOOK_AGAIN_MS } else { (until - now.0).max(1) };
            let _ = tokio::time::timeout(Duration::from_millis(pause as u64), shared.timers.notified()).await;
            continue;
        }
        let due: Vec<Timer> = due.into_iter().filter_map(|timer| outgoing.hand_on(timer)).collect();
        // Suspects whose turn could not come at the start, as the clock was doubted.
        let (suspects, due): (Vec<Timer>, Vec<Timer>) = due.into_iter().partition(|timer| shared.suspects().contains(*timer));
        for timer in suspects {
            fire_alone(&runtime, &outgoing, timer, look.completes_until).await;
        }
        fire_all(&runtime, due, look.completes_until).await;
    }
}

/// Fires timers together. They are written down meanwhile, in case they end the daemon.
async fn fire_all(runtime: &Runtime, timers: Vec<Timer>, completes_until: Timestamp) {
    if timers.is_empty() {
        return;
    }
    runtime.shared.marker.begin(&timers);
    let firing: Vec<_> = timers.into_iter().map(|t| (t, actix_rt::spawn(fire(runtime.clone(), t, completes_until)))).collect();
    for (timer, fired) in firing {
        if fired.await.is_err() {
            tracing::error!(of = %timer.of, timer = suspects::kind(timer.deadline), "firing a timer panicked");
            runtime.views().schedule().failed(timer);
        }
    }
    runtime.shared.marker.end();
}

/// Those that were being fired when the daemon last ended come first, each alone.
async fn fire_suspects(runtime: &Runtime, outgoing: &Outgoing) {
    let shared = &runtime.shared;
    let next = || shared.suspects().next_to_try();
    while let Some(timer) = next() {
        let look = shared.views.clock().look(&shared.clock.reading());
        if matches!(timer.deadline, Deadline::AutoComplete(_)) && timer.due > look.completes_until {
            continue; // It stays a suspect until the clock is trusted.
        }
        if shared.views.schedule().take(timer) {
            fire_alone(runtime, outgoing, timer, look.completes_until).await;
        } else {
            cleared(runtime, timer);
        }
    }
}

async fn fire_alone(runtime: &Runtime, outgoing: &Outgoing, timer: Timer, completes_until: Timestamp) {
    tracing::info!(of = %timer.of, timer = suspects::kind(timer.deadline), "fired alone, as the daemon may have ended because of it");
    if let Some(timer) = outgoing.hand_on(timer) {
        fire_all(runtime, vec![timer], completes_until).await;
    }
    cleared(runtime, timer);
}

fn cleared(runtime: &Runtime, timer: Timer) {
    runtime.shared.suspects().cleared(timer);
    runtime.shared.keep_suspects();
}

/// Says once that the clock is doubted, and once that it is not any more.
fn tell_doubt(now: Option<Doubt>, before: Option<Doubt>) -> Option<Doubt> {
    match (now, before) {
        (Some(doubt), None) => tracing::warn!(%doubt, "auto-completions wait until it agrees again, or workorderctl clock trust"),
        (None, Some(_)) => tracing::info!("the clock is trusted again"),
        (Some(_), Some(_)) | (None, None) => {}
    }
    now
}

async fn fire(runtime: Runtime, timer: Timer, completes_until: Timestamp) {
    tracing::debug!(of = %timer.of, timer = suspects::kind(timer.deadline), due = timer.due.0, "a timer fires");
    // The others are the mailer's and the dialer's.
    let Some(order) = timer.work_order() else { return runtime.views().schedule().failed(timer) };
    let command = Command::WorkOrder(work_order::Command::Fire { deadline: timer.deadline, completes_until });
    let result = runtime.submit_as_system(&Key::WorkOrder(order), command).await;
    match result {
        Ok(_) => runtime.views().schedule().settled(timer, false),
        Err(Refusal::Rejected(Rejection::TimerStale)) => runtime.views().schedule().settled(timer, true),
        Err(Refusal::Rejected(_) | Refusal::Internal(_)) => runtime.views().schedule().failed(timer),
        Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => later(&runtime, timer),
    }
}

/// Too much is going on, which is no fault of the timer's: it is due again in a moment.
pub(super) fn later(runtime: &Runtime, timer: Timer) {
    let runtime = runtime.clone();
    actix_rt::spawn(async move {
        tokio::time::sleep(Duration::from_millis(100)).await;
        runtime.views().schedule().again(timer);
        runtime.shared.timers.notify_one();
    });
}
