//! What all parts of the runtime share: views, clock, the way to the writer, rows that are not in the store yet.

use super::archiver::Archiver;
use super::attachments::Attachments;
use super::clock::Clock;
use super::defects::Defects;
use super::eraser::Eraser;
use super::gateways::Gateways;
use super::marker::Marker;
use super::registry::Registry;
use super::room::Room;
use super::sweeper::Sweeper;
use super::writer::WriterQueue;
use crate::engine::delivery::Sending;
use crate::engine::pending::Pending;
use crate::engine::residency::Residency;
use crate::engine::suspects::Suspects;
use crate::engine::views::Views;
use crate::journal::{Head, Reader};
use crate::store::db::StoreReader;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use tokio::sync::{Notify, mpsc, oneshot, watch};

/// Shared by actors, threads and tasks.
pub struct Shared {
    pub views: Views,
    pub clock: Clock,
    pub writer: WriterQueue,
    pub registry: Registry,
    pub store: StoreReader,
    pub residency: Mutex<Residency>,
    pending: Mutex<Pending>,
    /// Wakes the applier.
    pub rows_wait: Condvar,
    /// The store is to be written anew; told when it is.
    rewrite: Mutex<Option<oneshot::Sender<()>>>,
    /// Wakes the timers when an earlier one was set.
    pub timers: Notify,
    /// When the timers will look again, in milliseconds since 1970.
    pub armed_until: std::sync::atomic::AtomicI64,
    /// Who may have ended the daemon, and who is being fired now.
    pub suspects: Mutex<Suspects>,
    pub marker: Marker,
    pub attachments: Arc<Attachments>,
    pub defects: Defects,
    pub room: Room,
    pub archiver: Archiver,
    pub sweeper: Sweeper,
    pub eraser: Eraser,
    gateways: RwLock<Gateways>,
    pub sendings: mpsc::UnboundedSender<Sending>,
    /// The end of what is durable, for watchers.
    pub head: watch::Sender<Head>,
    pub reader: Reader,
    pub secret: [u8; 32],
    pub installation: [u8; 16],
    pub time_zone: jiff::tz::TimeZone,
    /// Longest record, in bytes: a quarter of a segment, so that groups always fit into one.
    pub record_max: usize,
    pub counters: Counters,
}

/// Figures of the status.
#[derive(Debug, Default)]
pub struct Counters {
    /// Steps that became durable since the start.
    pub steps: AtomicU64,
    /// Groups (and so fdatasyncs) since the start.
    pub groups: AtomicU64,
    pub mails_sent: AtomicU64,
    pub mails_failed: AtomicU64,
    /// Attempts put off in a row: since the last mail that was sent.
    pub mail_trouble: AtomicU64,
    /// When the applier was last seen at work, in milliseconds since the start.
    pub applier_seen: AtomicU64,
    /// Actors that are alive.
    pub actors: AtomicUsize,
    /// Rules that panicked.
    pub panics: AtomicU64,
}

impl Shared {
    /// Puts the pieces together.
    #[expect(clippy::too_many_arguments, reason = "one place where the runtime is put together")]
    pub fn new(
        views: Views,
        clock: Clock,
        writer: WriterQueue,
        registry: Registry,
        store: StoreReader,
        pending: Pending,
        marker: Marker,
        (attachments, defects): (Arc<Attachments>, Defects),
        (room, archiver, sweeper): (Room, Archiver, Sweeper),
        sendings: mpsc::UnboundedSender<Sending>,
        head: Head,
        reader: Reader,
        secret: [u8; 32],
        installation: [u8; 16],
        time_zone: jiff::tz::TimeZone,
        record_max: usize,
    ) -> Self {
        Self {
            views,
            clock,
            writer,
            registry,
            store,
            residency: Mutex::default(),
            pending: Mutex::new(pending),
            rows_wait: Condvar::new(),
            rewrite: Mutex::default(),
            timers: Notify::new(),
            armed_until: std::sync::atomic::AtomicI64::new(i64::MAX),
            suspects: Mutex::default(),
            marker,
            attachments,
            defects,
            room,
            archiver,
            sweeper,
            gateways: RwLock::default(),
            eraser: Eraser::default(),
            sendings,
            head: watch::Sender::new(head),
            reader,
            secret,
            installation,
            time_zone,
            record_max,
            counters: Counters::default(),
        }
    }

    /// Rows that are not in the store yet.
    pub fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the store written anew: what it has now, and nothing that it had before.
    pub fn rewrite_store(&self) -> oneshot::Receiver<()> {
        let (wanted, done) = oneshot::channel();
        *self.rewrite.lock().unwrap_or_else(PoisonError::into_inner) = Some(wanted);
        done
    }

    /// Whether it is wanted; asked by the applier.
    pub fn rewrite_wanted(&self) -> Option<oneshot::Sender<()>> {
        self.rewrite.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Where messages go, and receipts come from, now.
    pub fn gateways(&self) -> Gateways {
        self.gateways.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on these.
    pub fn set_gateways(&self, gateways: Gateways) {
        *self.gateways.write().unwrap_or_else(PoisonError::into_inner) = gateways;
    }

    /// Timers under suspicion.
    pub fn suspects(&self) -> MutexGuard<'_, Suspects> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes down who is suspected, for the next start.
    pub fn keep_suspects(&self) {
        if let Err(error) = self.marker.keep(&self.suspects()) {
            tracing::warn!(%error, "which timers are suspected cannot be written down");
        }
    }

    /// Waits until rows are there or the time is up.
    pub fn wait_for_rows(&self, limit: std::time::Duration) -> MutexGuard<'_, Pending> {
        let guard = self.pending();
        let (guard, _) = self.rows_wait.wait_timeout_while(guard, limit, |p| p.is_empty()).unwrap_or_else(PoisonError::into_inner);
        guard
    }

    /// Counts one.
    pub fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells the timers, if the next one is due before they would look.
    pub fn timers_may_have_moved(&self) {
        let next = self.views.schedule().next_due();
        if next.is_some_and(|due| due.0 < self.armed_until.load(Ordering::Acquire)) {
            self.timers.notify_one();
        }
    }
}
