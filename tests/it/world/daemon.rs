//! What the daemon holds in memory: cells and their mailboxes, the writer's queue, views, rows on their way, parcels, mails.
//!
//! Everything here is gone with a crash. Ordered maps only, so that a seed replays; how parts talk is in `shell`.

use std::collections::{BTreeMap, VecDeque};
use workorderd::codec::StateBytes;
use workorderd::domain::aggregate::Key;
use workorderd::domain::ids::ServiceGroupId;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::service_group::ServiceGroupCommand;
use workorderd::domain::time::Timestamp;
use workorderd::engine::cell::{Cell, Refusal, Submission};
use workorderd::engine::commit::Committer;
use workorderd::engine::delivery::Sending;
use workorderd::engine::entity::{Entity, Receipt};
use workorderd::engine::pending::{Batch, Pending};
use workorderd::engine::residency::Residency;
use workorderd::engine::schedule::Timer;
use workorderd::engine::views::Views;
use workorderd::journal::{Journal, Preparation, Reader};
use workorderd::runtime::step::EncodedStep;

use super::dialer::Dialing;
use super::erasing::Eraser;
use super::mailer::Errand;

/// Who is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ticket {
    /// A client's attempt, by its number.
    Client(usize),
    Fire(Timer),
    Take(ServiceGroupId),
    /// What a group chose.
    Choice(Box<Sending>),
    /// A group is to choose again.
    Reconsider(ServiceGroupId, Box<ServiceGroupCommand>),
    Mail(u64),
    Call(u64),
    /// Whoever asked has given up waiting.
    Nobody,
}

/// What lies in a cell's mailbox.
pub enum Letter {
    Submit(Ticket, Box<Submission>),
    /// For a mail errand: the durable state, and the revision that was published when it was asked for.
    Read(u64, u64),
    Appended {
        revision: u64,
        sequence: u64,
        position: u64,
        state: StateBytes,
    },
    NotAppended {
        revision: u64,
        rejection: Rejection,
    },
    Leave,
}

/// An answer under way.
pub type Reply = (Ticket, Result<Receipt, Refusal>);

/// The daemon's memory.
pub struct Daemon {
    pub journal: Journal,
    pub reader: Reader,
    pub committer: Committer,
    pub views: Views,
    pub pending: Pending,
    pub cells: BTreeMap<Key, Cell<Ticket>>,
    pub mailboxes: BTreeMap<Key, VecDeque<Letter>>,
    /// The writer's queue.
    pub steps: VecDeque<EncodedStep>,
    /// What is durable and published, and of which the cells have not been told yet, in order.
    pub told: VecDeque<(Key, Letter)>,
    /// Reads that came behind steps in flight, with the revision they wait for and the one that was published when they were asked.
    pub reads: BTreeMap<Key, VecDeque<(u64, u64, u64)>>,
    pub preparation: Option<Preparation>,
    pub replies: Vec<Reply>,
    pub parcels: Vec<Sending>,
    /// Timers of the batch that is being fired.
    pub firing: usize,
    pub mails_due: VecDeque<Timer>,
    pub errands: BTreeMap<u64, Errand>,
    pub calls_due: VecDeque<Timer>,
    pub dialings: BTreeMap<u64, Dialing>,
    /// A batch on its way to the store, and whether it is in.
    pub batch: Option<(Batch, bool)>,
    pub residency: Residency,
    pub eraser: Option<Eraser>,
    /// Revisions that cells have handed to the writer since they were loaded, for judging what a refusal waits for.
    pub handed: BTreeMap<Key, u64>,
    pub clock: Option<Timestamp>,
    pub next_errand: u64,
}

impl Daemon {
    /// A daemon over what recovery found.
    pub fn new(journal: Journal, committer: Committer, views: Views, pending: Pending, entities: Vec<(Key, Entity)>) -> Self {
        let clock = views.reference().installation.as_ref().and_then(|i| i.manual_clock);
        let cells = entities.into_iter().map(|(key, entity)| (key.clone(), Cell::new(key, entity))).collect();
        let mut daemon = Self {
            reader: journal.reader(),
            journal,
            committer,
            views,
            pending,
            cells,
            mailboxes: BTreeMap::new(),
            steps: VecDeque::new(),
            told: VecDeque::new(),
            reads: BTreeMap::new(),
            preparation: None,
            replies: Vec::new(),
            parcels: Vec::new(),
            firing: 0,
            mails_due: VecDeque::new(),
            errands: BTreeMap::new(),
            calls_due: VecDeque::new(),
            dialings: BTreeMap::new(),
            batch: None,
            residency: Residency::default(),
            eraser: None,
            handed: BTreeMap::new(),
            clock,
            next_errand: 0,
        };
        // As `start` does: what groups may not have taken is sent again.
        daemon.parcels = daemon.views.left_over();
        daemon
    }

    /// Whether nothing is under way but time.
    pub fn is_at_rest(&self, now: Timestamp) -> bool {
        let due = self.views.schedule().next_due().is_some_and(|due| due <= now);
        !due && self.is_idle()
    }

    /// What keeps it from its rest.
    pub fn told_idle(&self, now: Timestamp) -> String {
        let due = self.views.schedule().next_due().map(|due| (due.0, now.0));
        format!(
            "firing {}, due {due:?}, reads {:?}, errands {:?}, mails due {}, calls {} and {} due, batch {}, pending {}",
            self.firing,
            self.reads,
            self.errands.len(),
            self.mails_due.len(),
            self.dialings.len(),
            self.calls_due.len(),
            self.batch.is_some(),
            self.pending.len()
        )
    }

    /// Whether nothing is under way, due timers aside.
    pub fn is_idle(&self) -> bool {
        self.mailboxes.is_empty()
            && self.steps.is_empty()
            && self.told.is_empty()
            && self.reads.is_empty()
            && self.replies.is_empty()
            && self.parcels.is_empty()
            && self.firing == 0
            && self.mails_due.is_empty()
            && self.errands.is_empty()
            && self.calls_due.is_empty()
            && self.dialings.is_empty()
            && self.batch.is_none()
            && self.pending.is_empty()
            && self.eraser.is_none()
    }
}
