//! Whether the daemon is alive in all its parts: what the watchdog is fed by. Writes nothing.
//!
//! A check goes over every thread that actors live on, through the writer's queue behind all steps that wait (so a write or fsync
//! that hangs shows), through an actor's mailbox (the installation's), and looks when the store's thread was last seen. It runs on
//! the main loop, and so finds that alive too. It says nothing of a disk that fails while nobody writes: the first step finds out,
//! and the daemon ends.

use super::handle::Runtime;
use crate::domain::aggregate::Key;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::sync::oneshot;

/// A batch or a checkpoint of the store may take that long on a bad day.
const APPLIER_UNSEEN_MS: u64 = 120_000;

/// The part that does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stuck {
    #[error("actor thread {0} does not answer")]
    Arbiter(usize),
    #[error("an actor does not answer")]
    Actor,
    #[error("the journal's writer does not answer")]
    Writer,
    #[error("the store's thread has not been seen for two minutes")]
    Applier,
}

impl Runtime {
    /// Checks all parts, each within the limit.
    ///
    /// # Errors
    /// The first part that did not answer.
    pub async fn check(&self, limit: Duration) -> Result<(), Stuck> {
        let shared = &self.shared;
        let written = shared.writer.probe();
        let mut answers = Vec::new();
        for arbiter in shared.registry.arbiters() {
            let (answer, answered) = oneshot::channel();
            arbiter.spawn_fn(move || {
                let _ = answer.send(());
            });
            answers.push(answered);
        }
        for (index, answered) in answers.into_iter().enumerate() {
            within(limit, answered).await.map_err(|()| Stuck::Arbiter(index))?;
        }
        within(limit, written).await.map_err(|()| Stuck::Writer)?;
        within(limit, self.read(&Key::Installation)).await.map_err(|()| Stuck::Actor)?;
        let unseen = self.uptime_ms().saturating_sub(shared.counters.applier_seen.load(Ordering::Relaxed));
        if unseen > APPLIER_UNSEEN_MS { Err(Stuck::Applier) } else { Ok(()) }
    }
}

impl Runtime {
    /// Waits until everything that was judged before is written, or refused.
    pub async fn barrier(&self) {
        let mut answers = Vec::new();
        for arbiter in self.shared.registry.arbiters() {
            let (answer, answered) = oneshot::channel();
            arbiter.spawn_fn(move || {
                let _ = answer.send(());
            });
            answers.push(answered);
        }
        // Who does not answer has ended, with all that it judged.
        for answered in answers {
            let _ = answered.await;
        }
        let _ = self.shared.writer.probe().await;
    }
}

async fn within<T, E>(limit: Duration, answered: impl Future<Output = Result<T, E>>) -> Result<(), ()> {
    match tokio::time::timeout(limit, answered).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}
