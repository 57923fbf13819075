//! Starting: lock, journal, store, and from these everything else. Every case says what it found (clean, behind, torn, rebuilt).

use super::actor::CellActor;
use super::applier;
use super::archiver::{self, Archiver};
use super::attachments::Attachments;
use super::clock::Clock;
use super::defects::Defects;
use super::deliver;
use super::dialer::{self, CallQueue};
use super::eraser;
use super::folder::{Folder, FolderError};
use super::handle::Runtime;
use super::mailer::{self, MailQueue, Office, Post};
use super::marker::{Left, Marker};
use super::recovery::{Overlay, RecoveryError, load_entity, load_letters, put_overlay};
use super::registry::Registry;
use super::room::{self, Room};
use super::scan::scan;
use super::shared::Shared;
use super::step;
use super::sweeper::{self, Sweeper};
use super::timers::{self, Outgoing};
use super::writer::{self, WriterQueue};
use crate::domain::aggregate::{Command, Key};
use crate::domain::installation::InstallationCommand;
use crate::domain::time::Timestamp;
use crate::engine::commit::Committer;
use crate::engine::entity::Entity;
use crate::engine::pending::{Pending, Place};
use crate::engine::views::Views;
use crate::journal::{self, Archived, Checkpoint, Journal, JournalError, OpenReport, Position, WithArchive};
use crate::store::{Store, StoreError};
use actix_rt::ArbiterHandle;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::watch;

/// What a runtime is started with.
pub struct Options {
    pub data: PathBuf,
    pub segment_bytes: u32,
    /// Bytes of the disk that are kept free of new steps; 0: none.
    pub reserve_bytes: u64,
    /// Bytes of the journal that stay; older segments move to the archive. 0: nothing is moved.
    pub journal_keep_bytes: u64,
    /// How long an attachment is kept that no step names.
    pub keep_unnamed: Duration,
    pub store_cache_bytes: u64,
    pub time_zone: jiff::tz::TimeZone,
    /// Some: a clock set by hand, beginning there; works on folders that were created so.
    pub manual_clock: Option<Timestamp>,
    pub arbiters: Vec<ArbiterHandle>,
    pub keep_idle: usize,
    pub post: Post,
    /// Nodes complete by themselves only when something keeps the machine's clock right at the start (NTP, say).
    pub clock_must_be_synchronised: bool,
    /// A secret for links that replaces the one of the data folder.
    pub secret: Option<[u8; 32]>,
    /// Told how a long start gets on; not told anything while it is stuck.
    pub progress: Box<dyn Fn(Progress)>,
}

/// How a start gets on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The store did not match and is built anew from the journal.
    Rebuilding,
    /// So many records of the journal and rows of the store were read.
    Read(u64),
}

/// Records and rows between two reports.
const PROGRESS_EVERY: u64 = 1024;

/// Rows of the store that room is made for before they are read, at most.
const ROOM_AHEAD: u64 = 2 << 20;

/// Why the daemon cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the journal cannot be used: {0}")]
    Journal(#[from] JournalError),
    #[error("the journal's records do not fit together: {0}")]
    Recovery(#[from] RecoveryError),
    #[error("the store cannot be used, even newly made: {0}")]
    Store(#[from] StoreError),
    #[error("the journal folder cannot be used: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "the journal ends at record {head}, but the store has seen record {applied}: the journal was cut or replaced; restore it from a back-up"
    )]
    JournalBehindStore { head: u64, applied: u64 },
    #[error("this data folder was created with {has}; start with --clock {has}")]
    OtherClock { has: &'static str },
    #[error("the new data folder could not be founded: {0}")]
    Found(String),
}

/// How a start went, for people and tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartReport {
    /// Sentences, in order.
    pub said: Vec<String>,
    pub work_orders: usize,
    pub actors: usize,
    /// Records folded in that the store had not seen.
    pub replayed: u64,
    pub rebuilt: bool,
    pub torn: bool,
}

/// The running engine with its threads.
pub struct Running {
    pub runtime: Runtime,
    pub report: StartReport,
    writer: JoinHandle<()>,
    applier: JoinHandle<()>,
    stop_applier: Arc<AtomicBool>,
    office: watch::Sender<Office>,
    _folder: Folder,
}

impl StartError {
    /// Whether a store that lost or aged a row, or does not open, explains it: then it is rebuilt.
    fn may_be_the_stores(&self) -> bool {
        match self {
            Self::Store(_) => true,
            Self::Recovery(error) => error.may_be_the_stores(),
            Self::Journal(JournalError::Visitor { source, .. }) => source.downcast_ref().is_some_and(RecoveryError::may_be_the_stores),
            Self::Folder(_)
            | Self::Journal(_)
            | Self::Io(_)
            | Self::JournalBehindStore { .. }
            | Self::OtherClock { .. }
            | Self::Found(_) => false,
        }
    }
}

struct Loaded {
    journal: Journal,
    storage: Arc<WithArchive>,
    moved: Option<Archived>,
    store: Store,
    views: Views,
    committer: Committer,
    entities: Vec<(Key, Entity)>,
    pending: Pending,
    /// None: not founded yet; else the manual clock, if it has one.
    clock: Option<Option<Timestamp>>,
}

/// Starts the engine. Must run within an actix system.
///
/// # Errors
/// See [`StartError`]; nothing was changed that would make another try worse.
pub async fn start(options: Options) -> Result<Running, StartError> {
    let folder = Folder::open(&options.data)?;
    let mut report = StartReport::default();
    let loaded = load(&folder, &options, &mut report)?;
    let Loaded { journal, storage, moved, store, views, committer, entities, pending, clock } = loaded;
    let clock = match (options.manual_clock, clock) {
        (Some(at), None) => Clock::manual(at),
        // It stands where it stood: a step ahead that is in no record would be forgotten by the next start.
        (_, Some(Some(stored))) => Clock::manual(stored),
        (Some(_), Some(None)) => return Err(StartError::OtherClock { has: "system" }),
        (None, None | Some(None)) => Clock::system(),
    };
    report.actors = entities.len();

    let (marker, left) = Marker::open(folder.path())?;
    let attachments = Attachments::open(folder.path())?;
    let (queue, orders) = WriterQueue::new();
    let (sendings, sendings_out) = tokio::sync::mpsc::unbounded_channel();
    let shared = Arc::new(Shared::new(
        views,
        clock,
        queue,
        Registry::new(options.arbiters, options.keep_idle),
        store.reader(),
        pending,
        marker,
        (Arc::new(attachments), Defects::of(folder.path())),
        (
            Room::new(folder.path(), options.reserve_bytes, options.segment_bytes)?,
            Archiver::new(folder.path(), storage, journal.reader(), options.journal_keep_bytes, moved),
            Sweeper::new(options.keep_unnamed),
        ),
        sendings,
        journal.head(),
        journal.reader(),
        options.secret.unwrap_or(folder.secret),
        folder.installation,
        options.time_zone,
        step::RECORD_MAX.min(options.segment_bytes as usize / 4),
    ));
    order_and_people(&shared, entities).await?;
    report.work_orders = shared.views.board().len();
    tell_suspects(&shared, &left, &mut report)?;
    shared.views.clock().must_be_synchronised(options.clock_must_be_synchronised);
    shared.look_at_room();
    let runtime = Runtime { shared: Arc::clone(&shared) };
    let for_writer = Arc::clone(&shared);
    let writer = std::thread::Builder::new().name("writer".into()).spawn(move || writer::run(journal, committer, &orders, &for_writer))?;
    let stop_applier = Arc::new(AtomicBool::new(false));
    let (for_applier, stop) = (Arc::clone(&shared), Arc::clone(&stop_applier));
    let applier = std::thread::Builder::new().name("applier".into()).spawn(move || applier::run(store, &for_applier, &stop))?;

    if shared.views.reference().installation.is_none() {
        let manual_clock = shared.clock.is_manual().then(|| shared.clock.now());
        let anchor = shared.views.clock().look(&shared.clock.reading()).record.filter(|_| manual_clock.is_none());
        let command = Command::Installation(InstallationCommand::Found { manual_clock, anchor });
        runtime.submit_as_system(&Key::Installation, command).await.map_err(|e| StartError::Found(e.to_string()))?;
    }
    let (mails, due) = MailQueue::new();
    let (calls, calls_due) = CallQueue::new();
    actix_rt::spawn(room::run(Arc::clone(&shared)));
    actix_rt::spawn(archiver::run(Arc::clone(&shared)));
    actix_rt::spawn(sweeper::run(Arc::clone(&shared)));
    actix_rt::spawn(eraser::run(runtime.clone()));
    actix_rt::spawn(deliver::run(runtime.clone(), sendings_out));
    shared.set_gateways(options.post.gateways.clone());
    let office = watch::Sender::new(Office::new(options.post));
    actix_rt::spawn(mailer::run(runtime.clone(), office.subscribe(), due));
    actix_rt::spawn(dialer::run(runtime.clone(), calls_due));
    actix_rt::spawn(timers::run(runtime.clone(), Outgoing { mails, calls }));
    restart_deliveries(&shared);
    Ok(Running { runtime, report, writer, applier, stop_applier, office, _folder: folder })
}

impl Running {
    /// From now on mails go this way; those under way end as they began.
    pub fn set_post(&self, post: Post) {
        self.runtime.shared.set_gateways(post.gateways.clone());
        self.office.send_replace(Office::new(post));
    }

    /// Ends in order: what was acknowledged is in the journal anyway; the store is brought up to it, so that the next start is quick.
    ///
    /// # Errors
    /// Which thread did not come to its end in time. Nothing is lost, but the process must be left without waiting for it.
    pub async fn stop(self, limit: Duration) -> Result<(), &'static str> {
        let Self { runtime, writer, applier, stop_applier, .. } = self;
        runtime.shared.eraser.stop();
        runtime.shared.writer.stop();
        let ended_writer = ended(writer, limit).await.map_err(|()| "writer");
        // What was under way ends with an order, and not because of a timer.
        runtime.shared.marker.close();
        ended_writer?;
        // Actors still have to hand over the rows of the last group.
        stop_applier.store(true, Ordering::Release);
        ended(applier, limit).await.map_err(|()| "applier")
    }
}

/// Puts lists and timers in order while the actors start.
async fn order_and_people(shared: &Arc<Shared>, entities: Vec<(Key, Entity)>) -> std::io::Result<()> {
    let for_order = Arc::clone(shared);
    let ordered = std::thread::Builder::new().name("order".into()).spawn(move || for_order.views.loaded())?;
    shared.registry.start_residents(entities, shared).await;
    ordered.join().map_err(|_| std::io::Error::other("putting the lists in order panicked"))
}

/// Who is suspected of the last end, now that the timers are known.
fn tell_suspects(shared: &Shared, left: &Left, report: &mut StartReport) -> std::io::Result<()> {
    let suspects = shared.marker.after_start(left, &mut shared.views.schedule())?;
    if !suspects.is_empty() {
        let parked = shared.views.schedule().parked().len();
        let sentence = format!(
            "timers were being fired when the daemon last ended: {} are fired one by one, {parked} that did so again and again are parked",
            suspects.len() - parked
        );
        report.said.push(sentence);
    }
    *shared.suspects() = suspects;
    Ok(())
}

async fn ended(thread: JoinHandle<()>, limit: Duration) -> Result<(), ()> {
    let look = async {
        while !thread.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(limit, look).await.map_err(|_| ())
}

fn restart_deliveries(shared: &Arc<Shared>) {
    for sending in shared.views.left_over() {
        let _ = shared.sendings.send(sending);
    }
}

fn load(folder: &Folder, options: &Options, report: &mut StartReport) -> Result<Loaded, StartError> {
    // Anything in it counts: a kill while it was first made leaves a part.
    let existed = folder.store().read_dir().is_ok_and(|mut entries| entries.next().is_some());
    match try_load(folder, options, report) {
        // A row that is lost or old shows in the fold before it shows in the store's sums; a defect of the journal shows again.
        Err(error) if existed && error.may_be_the_stores() => {
            let aside = folder.move_store_aside()?;
            *report = StartReport::default();
            let why = match &error {
                StartError::Store(error) => error.to_string(),
                other => format!("the store is not what the journal goes on from ({other})"),
            };
            report.said.push(format!("{why}; moved aside to {}", aside.display()));
            report.rebuilt = true;
            try_load(folder, options, report).inspect_err(|_| {
                // Then it was not the store, or not the store alone: whoever can read this folder finds it as it was.
                if !mutant!("store-not-put-back")
                    && let Err(error) = folder.put_store_back(&aside)
                {
                    tracing::warn!(%error, "the store that was moved aside could not be put back");
                }
            })
        }
        result => result,
    }
}

fn try_load(folder: &Folder, options: &Options, report: &mut StartReport) -> Result<Loaded, StartError> {
    let storage = Arc::new(WithArchive::make(folder.path())?);
    crate::store::rewrite::clear_away(folder.path())?;
    let opened = Store::open(&folder.store(), options.store_cache_bytes, folder.installation)?;
    let store = opened.store;
    if opened.meta.is_none() && folder.has_journal() {
        (options.progress)(Progress::Rebuilding);
    }
    let meta = opened.meta.unwrap_or_default();
    let checkpoint =
        (meta.applied_sequence > 0).then_some(Checkpoint { sequence: meta.applied_sequence, position: Position(meta.applied_position) });
    let mut overlay = Overlay::default();
    let read = std::cell::Cell::new(0_u64);
    let read_one = || {
        read.set(read.get() + 1);
        if read.get().is_multiple_of(PROGRESS_EVERY) {
            (options.progress)(Progress::Read(read.get()));
        }
    };
    let mut letters = Vec::new();
    let journal_options = journal::Options { segment_bytes: options.segment_bytes, installation: folder.installation, epoch: 1 };
    let mut stored = |key: &[u8]| Ok(store.get(key).ok().flatten());
    let (journal, found) = Journal::open(storage.clone(), journal_options, checkpoint, &mut |record| {
        read_one();
        let step = overlay.fold(&record, &mut stored)?;
        if !step.messages.is_empty() {
            letters.push((record.sequence(), record.position().0, step.messages));
        }
        Ok(())
    })?;
    let head = journal.head();
    if head.sequence < meta.applied_sequence {
        return Err(StartError::JournalBehindStore { head: head.sequence, applied: meta.applied_sequence });
    }
    tell(report, &found, &overlay, checkpoint.is_some());
    let views = Views::default();
    let mut committer = Committer::default();
    // Room ahead for what most stores have, which are Work Orders; the store's own word is not trusted further than that.
    let rows = meta.count.min(ROOM_AHEAD) as usize;
    committer.reserve(rows);
    let mut entities = Vec::with_capacity(rows);
    scan(
        &store,
        |key| overlay.entities.contains_key(key),
        |entity| {
            read_one();
            if let Some(key) = load_entity(&views, &mut committer, &entity)
                && entity.state.as_ref().is_some_and(|s| s.is_resident())
            {
                entities.push((key, entity));
            }
        },
    )?;
    let applied = Place { sequence: meta.applied_sequence, position: meta.applied_position };
    let newest = Place { sequence: head.sequence, position: head.last.0 };
    let pending = put_overlay(overlay, applied, newest, (&views, &mut committer), &mut entities)?;
    load_letters(&journal.reader(), meta.read_from, applied, letters, &views).map_err(std::io::Error::other)?;
    let clock = views.reference().installation.as_ref().map(|i| i.manual_clock);
    Ok(Loaded { journal, storage, moved: found.archived, store, views, committer, entities, pending, clock })
}

fn tell(report: &mut StartReport, found: &OpenReport, overlay: &Overlay, had_checkpoint: bool) {
    report.replayed = overlay.records;
    if let Some(torn) = &found.torn {
        report.torn = true;
        report.said.push(format!(
            "the last write had been interrupted: {} bytes at offset {} of {} were cut off; nothing acknowledged was in them",
            torn.bytes, torn.offset, torn.segment
        ));
    }
    if let (Some(first), Some(archived)) = (found.away.first(), found.archived) {
        report.said.push(format!(
            "the journal's archive is not there: {first} is missing, and {} more (is its disk mounted?); what happened up to record {} \
             cannot all be shown",
            found.away.len() - 1,
            archived.sequence
        ));
    }
    match (found.created, had_checkpoint, overlay.records) {
        (true, _, _) => report.said.push("a new journal was made".into()),
        (false, false, n) => report.said.push(format!("the store held nothing yet: rebuilt from {n} records of the journal")),
        (false, true, 0) => report.said.push("clean: the store has everything".into()),
        (false, true, n) => report.said.push(format!("the store was behind: {n} records of the journal were folded in")),
    }
}

/// The actor type that the registry starts; named here so that the front page can point at it.
pub type WorkOrderActor = CellActor;
