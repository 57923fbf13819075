//! The runtime as its users see it: submit a command, read a state, ask the views. Cheap to clone.

use super::actor::{Read, Submit};
use super::archiver;
use super::attachments::Attachments;
use super::history::{self, HistoryError, Past, Told};
use super::links::Token;
use super::naming::{Moment, Naming};
use super::registry;
use super::room::Space;
use super::shared::Shared;
use crate::domain::aggregate::{Command, Key};
use crate::domain::directory::Reach;
use crate::domain::ids::{ContactId, Name, RequestId, TerminalUserId, WorkOrderId};
use crate::domain::installation::ClockAnchor;
use crate::domain::number::WorkOrderNumber;
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::engine::cell::{Refusal, Submission};
use crate::engine::defect::Defect;
use crate::engine::entity::{Entity, Receipt, Request};
use crate::engine::views::Views;
use crate::journal::{Head, Position};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// How long one command may take before the client is told that its outcome is open.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A handle to the running engine.
#[derive(Clone)]
pub struct Runtime {
    pub(super) shared: Arc<Shared>,
}

impl Runtime {
    /// Submits a command and waits until its step is durable.
    ///
    /// # Errors
    /// A refusal; the state is then as before. `Busy`: nothing was done, or (after a time-out) ask again with the same request id.
    pub async fn submit(&self, key: &Key, submission: Submission) -> Result<Receipt, Refusal> {
        self.submit_then(key, submission, || {}).await
    }

    /// The same; `sent` is called when it is on its way: from then on `Busy` means that it is not known what comes of it.
    async fn submit_then(&self, key: &Key, submission: Submission, sent: impl FnOnce()) -> Result<Receipt, Refusal> {
        let mut waited = 0;
        while self.shared.pending().is_full() {
            // The store is behind: slow down rather than grow.
            waited += 1;
            if waited > 1000 {
                return Err(Refusal::Busy);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if self.shared.writer.is_full() {
            return Err(Refusal::Busy);
        }
        let actor = self.shared.registry.actor(key, &self.shared).map_err(|error| broken(key, &error))?;
        let (answer, answered) = oneshot::channel();
        actor.try_send(Submit { submission, answer }).map_err(|_| Refusal::Busy)?;
        sent();
        match tokio::time::timeout(ANSWER_LIMIT, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Refusal::Busy),
        }
    }

    /// Submits what names attachments: they do not go while it is under way.
    ///
    /// # Errors
    /// As of `submit`.
    pub async fn submit_naming(&self, key: &Key, submission: Submission, mut naming: Naming) -> Result<Receipt, Refusal> {
        let result = self.submit_then(key, submission, || naming.submitted()).await;
        match &result {
            Ok(_) => naming.named(),
            Err(Refusal::Rejected(_) | Refusal::Internal(_) | Refusal::DiskNearlyFull { .. }) => naming.refused(),
            // It took too long, and the step may still come.
            Err(Refusal::Busy) => drop(naming),
        }
        result
    }

    /// Now: the time, and where the journal ends.
    pub fn moment(&self) -> Moment {
        Moment { at: self.now(), position: self.shared.reader.end().0 }
    }

    /// Submits as the system, without a request id.
    pub async fn submit_as_system(&self, key: &Key, command: Command) -> Result<Receipt, Refusal> {
        self.submit(key, Submission { command, principal: Principal::System, request: None, expected_revision: None }).await
    }

    /// The durable state of an aggregate; without a state it does not exist.
    ///
    /// # Errors
    /// `Busy`, also where the disk fails, or `Internal` if the stored state makes no sense.
    pub async fn read(&self, key: &Key) -> Result<Entity, Refusal> {
        let actor = self.shared.registry.actor(key, &self.shared).map_err(|error| broken(key, &error))?;
        let (answer, answered) = oneshot::channel();
        actor.try_send(Read { answer }).map_err(|_| Refusal::Busy)?;
        answered.await.map_err(|_| Refusal::Busy)
    }

    /// The id of the Work Order that this principal makes with this request id: the same again meets the same.
    pub fn work_order_id(principal: &Principal, request: &RequestId) -> WorkOrderId {
        let mut hasher = blake3::Hasher::new_derive_key("workorderd work order 1 id");
        let key = principal.key();
        hasher.update(&(key.len() as u64).to_le_bytes()).update(key.as_bytes()).update(request.as_str().as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        WorkOrderId(u128::from_be_bytes(id))
    }

    /// Proposes the next number for a record type.
    ///
    /// # Errors
    /// There is no such record type, or it is not published.
    pub fn next_number(&self, record_type: &Name) -> Result<WorkOrderNumber, Rejection> {
        let scope = {
            let reference = self.shared.views.reference();
            reference.catalogue.published_type(record_type)?.number.scope(self.now(), &self.shared.time_zone)
        };
        Ok(self.shared.views.numbers().propose(&scope))
    }

    /// A request with the digest of its parameters (any stable text or bytes of them).
    pub fn request(id: RequestId, parameters: &[u8]) -> Request {
        let hash = blake3::hash(parameters);
        let digest = hash.as_bytes().iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b));
        Request { id, digest }
    }

    /// Lists, directory, definitions, timers.
    pub fn views(&self) -> &Views {
        &self.shared.views
    }

    /// The time that rules see.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// Milliseconds since the start.
    pub fn uptime_ms(&self) -> u64 {
        self.shared.clock.uptime_ms()
    }

    /// The machine's clock as it is now, for an admin who says that it is right.
    pub fn clock_anchor(&self) -> ClockAnchor {
        self.shared.clock.reading().anchor()
    }

    /// The id of this installation.
    pub fn installation(&self) -> [u8; 16] {
        self.shared.installation
    }

    /// Content of attachments.
    pub fn attachments(&self) -> &Arc<Attachments> {
        &self.shared.attachments
    }

    /// Sets parked timers again, of one Work Order or all of them; gives how many.
    pub fn retry_timers(&self, order: Option<WorkOrderId>) -> usize {
        let timers = self.shared.views.schedule().unpark(order);
        for timer in &timers {
            self.shared.suspects().cleared(*timer);
        }
        self.shared.keep_suspects();
        self.shared.timers.notify_one();
        timers.len()
    }

    /// Whether the clock is set by hand.
    pub fn clock_is_manual(&self) -> bool {
        self.shared.clock.is_manual()
    }

    /// The end of the chain.
    pub fn head(&self) -> Head {
        *self.shared.head.borrow()
    }

    /// Follows the end of the chain.
    pub fn follow_head(&self) -> watch::Receiver<Head> {
        self.shared.head.subscribe()
    }

    /// Steps of one aggregate, newest first. Reads the disk: call it from a blocking thread if `most` is large.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn history(&self, entity: &Entity, most: usize) -> Result<Past, HistoryError> {
        history::backwards(&self.shared.reader, entity.position, most)
    }

    /// Steps after a sequence, reading on from a place (`Position::NONE`: from the beginning).
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn steps_after(&self, from: Position, after: u64, most: usize) -> Result<(Vec<Told>, Position), HistoryError> {
        history::forwards(&self.shared.reader, from, after, most)
    }

    /// A token as text, for whoever may hold it.
    pub fn token(&self, token: Token) -> String {
        token.write(&self.shared.secret)
    }

    /// What a token is for, if it was made here.
    pub fn open_token(&self, token: &str) -> Option<Token> {
        Token::read(&self.shared.secret, token)
    }

    /// How links name a contact: always the same, and nothing of the contact can be read from it.
    pub fn terminal_user_id(contact: &ContactId) -> TerminalUserId {
        let mut hasher = blake3::Hasher::new_derive_key("workorderd terminal user 1 id");
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.update(contact.as_str().as_bytes()).finalize().as_bytes()[..16]);
        TerminalUserId(u128::from_be_bytes(id))
    }

    /// Waits until the writer has written what waits now: what a step takes too, for whoever shall not be told apart from it.
    pub async fn writer_was_asked(&self) {
        // Whether it answered says nothing here.
        let _ = self.shared.writer.probe().await;
    }

    /// The configured time zone.
    pub fn time_zone(&self) -> &jiff::tz::TimeZone {
        &self.shared.time_zone
    }

    /// The room on the disk, as it was when it was looked at last.
    pub fn space(&self) -> Space {
        self.shared.room.space()
    }

    /// Looks at the disk now.
    ///
    /// # Errors
    /// `DiskNearlyFull`: nothing new may be written.
    pub fn need_room(&self) -> Result<(), Refusal> {
        self.shared.look_at_room();
        self.shared.room.refusal().map_or(Ok(()), Err)
    }

    /// From now on so many bytes of the disk are kept free of new steps; 0: none.
    pub fn set_reserve(&self, bytes: u64) {
        self.shared.set_reserve(bytes);
    }

    /// From now on those above reach so far.
    pub fn set_reach(&self, reach: Reach) {
        self.shared.views.set_reach(reach);
    }

    /// From now on so many bytes of the journal stay in the data folder; older segments move to the archive. 0: nothing is moved.
    pub fn set_journal_keep(&self, bytes: u64) {
        self.shared.archiver.set_keep(bytes);
    }

    /// From now on attachments that no step names are kept for so long.
    pub fn set_keep_unnamed(&self, keep: Duration) {
        self.shared.sweeper.set_keep(keep);
    }

    /// How it stands with the journal's archive.
    pub fn archive(&self) -> archiver::State {
        self.shared.archiver.state()
    }

    /// Figures for the status.
    pub fn figures(&self) -> Figures {
        use std::sync::atomic::Ordering::Relaxed;
        let counters = &self.shared.counters;
        let pending = self.shared.pending();
        Figures {
            steps: counters.steps.load(Relaxed),
            groups: counters.groups.load(Relaxed),
            mails_sent: counters.mails_sent.load(Relaxed),
            mails_failed: counters.mails_failed.load(Relaxed),
            mail_trouble: counters.mail_trouble.load(Relaxed),
            actors: counters.actors.load(Relaxed),
            panics: counters.panics.load(Relaxed),
            store_behind: pending.len(),
            store_through: pending.applied_through().sequence,
        }
    }
}

/// Figures of the running daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub steps: u64,
    pub groups: u64,
    pub mails_sent: u64,
    pub mails_failed: u64,
    /// Attempts put off in a row: since the last mail that was sent.
    pub mail_trouble: u64,
    pub actors: usize,
    pub panics: u64,
    /// Rows that are in the journal and not in the store yet.
    pub store_behind: usize,
    pub store_through: u64,
}

fn broken(key: &Key, error: &registry::LoadError) -> Refusal {
    tracing::error!(%key, %error, "an aggregate cannot be loaded");
    if error.is_the_disks() {
        // The same is about to end the daemon (exit 74): the next one answers. Nothing was done.
        return Refusal::Busy;
    }
    Refusal::Internal(Box::new(Defect { command: "load", told: error.to_string() }))
}
