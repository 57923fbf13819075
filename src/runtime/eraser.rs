//! Erases whom an admin wants erased (PER-9): from the moment on at which their entry says so, until it says that nothing is left.
//!
//! What is left to do is read off the history each time, so that a kill at any instant is gone on from at the next start: Work Orders
//! are told (their states lose what is theirs), then values are erased in the journal and its archive, content of attachments is
//! removed, and the store is written anew. Nothing of it is kept elsewhere, and doing it once more does no harm.

use super::erasure_reading::{self, ReadError, Reading};
use super::handle::Runtime;
use super::shared::Shared;
use crate::domain::aggregate::{Command, Key};
use crate::domain::directory::DirectoryCommand;
use crate::domain::erasure::{Erasure, Sums, told};
use crate::domain::rejection::Rejection;
use crate::domain::transition::person_key;
use crate::domain::work_order::{self, state::Party};
use crate::engine::cell::Refusal;
use crate::engine::erasing::{Erasing, Taken, Telling};
use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// How long it waits before it tries again what stood in the way.
const AGAIN_AFTER: Duration = Duration::from_secs(5);
/// How often it looks whether something that it waits for has come about.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Work Orders that are told at a time.
const AT_ONCE: usize = 64;

/// What the eraser is at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// Whom it erases; none: nobody is being erased.
    pub people: Vec<Party>,
    /// As a sentence begins: `reading the history`.
    pub step: &'static str,
    /// So much of it, if it can be counted.
    pub done: u64,
    pub of: u64,
    /// Why it does not go on; it is tried again.
    pub problem: Option<String>,
}

/// What shows it, and wakes it.
#[derive(Debug, Default)]
pub struct Eraser {
    state: Mutex<State>,
    reading: Reading,
    wake: Notify,
}

impl Eraser {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it gets on.
    pub fn shown(&self) -> State {
        State { done: self.reading.done.load(Ordering::Relaxed), ..self.state().clone() }
    }

    fn at(&self, step: &'static str, of: u64) {
        let mut state = self.state();
        (state.step, state.of, state.problem) = (step, of, None);
        self.reading.done.store(0, Ordering::Relaxed);
    }

    fn waits(&self, problem: String) {
        let mut state = self.state();
        if state.problem.as_ref() != Some(&problem) {
            tracing::warn!(%problem, "an erasure waits");
            state.problem = Some(problem);
        }
    }

    /// Somebody is to be erased.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// The daemon stops: what is being read is not read to its end. The next start goes on with it.
    pub fn stop(&self) {
        self.reading.stop.store(true, Ordering::Relaxed);
    }
}

impl Runtime {
    /// How erasures get on.
    pub fn erasing(&self) -> State {
        self.shared.eraser.shown()
    }

    /// What would be erased of somebody. Reads the whole history.
    ///
    /// # Errors
    /// It cannot be read.
    pub async fn survey(&self, who: Party) -> Result<Sums, ReadError> {
        let shared = Arc::clone(&self.shared);
        let read = move || {
            let through = shared.head.borrow().sequence;
            let uncounted = Reading::default();
            let mut erasing = Erasing::of(vec![who]);
            erasure_reading::read(&shared.reader, &mut erasing, through, &uncounted)?;
            let mut taken = erasure_reading::take(&shared.reader, &erasing, &uncounted, |_| Ok(()))?;
            erasing.count_orders(&mut taken);
            let hashes: BTreeSet<&str> = taken.attachments.keys().map(AsRef::as_ref).collect();
            let kept = erasure_reading::named_by_others(&shared.reader, &erasing, &hashes)?;
            count_attachments(&mut taken, &kept);
            Ok(taken.sums.first().copied().unwrap_or_default())
        };
        tokio::task::spawn_blocking(read).await.unwrap_or(Err(ReadError::Stopping))
    }
}

/// Goes on with what is to be erased, for ever.
pub async fn run(runtime: Runtime) {
    let shared = &runtime.shared;
    loop {
        let people = unfinished(shared);
        shared.eraser.state().people.clone_from(&people);
        if people.is_empty() {
            shared.eraser.at("", 0);
            shared.eraser.wake.notified().await;
            continue;
        }
        tracing::info!(people = people.len(), "people are being erased");
        if let Err(problem) = erase(&runtime, people).await {
            shared.eraser.waits(problem);
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }
}

/// Whose entry says that they are to be erased, and not that they are.
fn unfinished(shared: &Shared) -> Vec<Party> {
    let open = |erased: &Option<Box<Erasure>>| erased.as_ref().is_some_and(|erasure| erasure.done.is_none());
    let reference = shared.views.reference();
    let staff = reference.directory.staff_users().filter(|user| open(&user.erased)).map(|user| Party::Staff(user.id.clone()));
    let contacts = reference.directory.contacts().filter(|contact| open(&contact.erased));
    staff.chain(contacts.map(|contact| Party::Contact(contact.id.clone()))).collect()
}

async fn erase(runtime: &Runtime, people: Vec<Party>) -> Result<(), String> {
    let shared = &runtime.shared;
    // What was judged while nobody knew is durable from here on.
    runtime.barrier().await;
    let erasing = tell_work_orders(runtime, Erasing::of(people)).await?;
    let erasing = Arc::new(erasing);
    let mut taken = erase_values(shared, &erasing).await?;
    erasing.count_orders(&mut taken);
    remove_attachments(shared, &erasing, &mut taken).await?;
    remove_files(shared, &erasing)?;
    rewrite_store(shared, erasing.through()).await?;
    for (who, sums) in erasing.people().iter().zip(&taken.sums) {
        let command = Command::Directory(DirectoryCommand::FinishErasure { who: who.clone(), sums: *sums });
        submit(runtime, &person_key(who), command).await?;
        tracing::info!(who = told(who), values = sums.values, records = sums.records, "erased");
    }
    Ok(())
}

/// Reads the history, and tells each Work Order that has to do with them; until there is none that was not told.
async fn tell_work_orders(runtime: &Runtime, mut erasing: Erasing) -> Result<Erasing, String> {
    let shared = &runtime.shared;
    loop {
        let through = shared.head.borrow().sequence;
        shared.eraser.at("reading the history", through);
        let reading = Arc::clone(shared);
        let read = tokio::task::spawn_blocking(move || {
            erasure_reading::read(&reading.reader, &mut erasing, through, &reading.eraser.reading).map(|()| erasing)
        });
        erasing = read.await.map_err(|_| "reading the history panicked".to_owned())?.map_err(|error| error.to_string())?;
        let untold: Vec<Telling> = erasing.untold().collect();
        if untold.is_empty() {
            return Ok(erasing);
        }
        shared.eraser.at("telling Work Orders", untold.len() as u64);
        for some in untold.chunks(AT_ONCE) {
            shared.room.wait().await;
            let told: Vec<_> = some.iter().map(|telling| actix_rt::spawn(tell(runtime.clone(), telling.clone()))).collect();
            for one in told {
                one.await.map_err(|_| "telling a Work Order panicked".to_owned())??;
            }
        }
    }
}

async fn tell(runtime: Runtime, telling: Telling) -> Result<(), String> {
    let Telling { order, who, whole } = telling;
    submit(&runtime, &Key::WorkOrder(order), Command::WorkOrder(work_order::Command::ErasePerson { who, whole })).await?;
    runtime.shared.eraser.reading.done.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

/// By the system; a busy moment is waited out.
async fn submit(runtime: &Runtime, key: &Key, command: Command) -> Result<(), String> {
    loop {
        match runtime.submit_as_system(key, command.clone()).await {
            Ok(_) | Err(Refusal::Rejected(Rejection::NothingToChange)) => return Ok(()),
            Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => tokio::time::sleep(LOOK_EVERY).await,
            Err(refusal) => return Err(format!("{key}: {refusal}")),
        }
    }
}

/// Erases values in the journal and its archive, in which nothing moves meanwhile.
async fn erase_values(shared: &Arc<Shared>, erasing: &Arc<Erasing>) -> Result<Taken, String> {
    shared.eraser.at("erasing in the history", erasing.through());
    let (shared, erasing) = (Arc::clone(shared), Arc::clone(erasing));
    let pass = tokio::task::spawn_blocking(move || {
        let still = shared.archiver.hold_still().map_err(|error| error.to_string())?;
        // An erasure that a crash interrupted comes first, also if there is nothing to erase now.
        let erase = |records| match shared.writer.erase(records).blocking_recv() {
            Ok(erased) => erased.map(|_| ()).map_err(ReadError::from),
            Err(_) => Err(ReadError::Stopping),
        };
        erase(Vec::new()).map_err(|error| error.to_string())?;
        let taken = erasure_reading::take(&shared.reader, &erasing, &shared.eraser.reading, erase);
        drop(still);
        taken.map_err(|error| error.to_string())
    });
    pass.await.map_err(|_| "erasing in the history panicked".to_owned())?
}

/// Removes content that their Work Orders name, and nobody else's.
async fn remove_attachments(shared: &Arc<Shared>, erasing: &Arc<Erasing>, taken: &mut Taken) -> Result<(), String> {
    let attachments = &shared.attachments;
    let hashes: BTreeSet<String> = taken.attachments.keys().map(|hash| hash.to_string()).collect();
    if hashes.is_empty() {
        return Ok(());
    }
    shared.eraser.at("removing attachments", hashes.len() as u64);
    for hash in &hashes {
        // Whoever is about to name it has; from then on nobody does.
        while !attachments.let_go(hash) {
            shared.eraser.waits(format!("attachment {hash} is named by a step that is under way"));
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
    let reading = (Arc::clone(shared), Arc::clone(erasing), hashes.clone());
    let removed = tokio::task::spawn_blocking(move || {
        let (shared, erasing, hashes) = reading;
        let wanted = hashes.iter().map(String::as_str).collect();
        let kept = erasure_reading::named_by_others(&shared.reader, &erasing, &wanted).map_err(|error| error.to_string())?;
        for hash in hashes.iter().filter(|hash| !kept.contains(*hash)) {
            shared.attachments.remove(hash).map_err(|error| format!("attachment {hash} cannot be removed: {error}"))?;
            shared.eraser.reading.done.fetch_add(1, Ordering::Relaxed);
        }
        Ok::<_, String>(kept)
    });
    let removed = removed.await.map_err(|_| "removing attachments panicked".to_owned());
    hashes.iter().for_each(|hash| attachments.stay(hash));
    count_attachments(taken, &removed??);
    Ok(())
}

fn count_attachments(Taken { sums, attachments }: &mut Taken, kept: &BTreeSet<String>) {
    for (hash, people) in attachments {
        for who in people.iter() {
            let Some(sums) = sums.get_mut(*who) else { continue };
            *(if kept.contains(&**hash) { &mut sums.attachments_kept } else { &mut sums.attachments }) += 1;
        }
    }
}

/// What is told of defects, and stores that were moved aside.
fn remove_files(shared: &Shared, erasing: &Erasing) -> Result<(), String> {
    let mut ids: HashSet<String> = erasing.people().iter().map(ToString::to_string).collect();
    {
        let board = shared.views.board();
        for order in erasing.orders() {
            ids.insert(order.to_string());
            ids.extend(board.number(order).map(ToString::to_string));
        }
    }
    shared.defects.forget(&ids).map_err(|error| format!("what is told of defects cannot be removed: {error}"))?;
    super::folder::remove_stores_aside(shared.marker.folder()).map_err(|error| format!("a store that was moved aside: {error}"))
}

/// Has the store written anew, once it has all that was told.
async fn rewrite_store(shared: &Arc<Shared>, through: u64) -> Result<(), String> {
    shared.eraser.at("writing the store anew", 0);
    while shared.pending().applied_through().sequence < through {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let store = super::folder::store_bytes(shared.marker.folder()).map_err(|error| format!("the store cannot be measured: {error}"))?;
    loop {
        let space = shared.room.space();
        let needed = store.saturating_add(space.reserve);
        if space.free > needed {
            break;
        }
        shared.eraser.waits(format!("the disk has no room for a second store: {} MiB more are needed", ((needed - space.free) >> 20) + 1));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    shared.eraser.at("writing the store anew", 0);
    if mutant!("store-keeps-its-old-pages") {
        return Ok(());
    }
    shared.rewrite_store().await.map_err(|_| "the store's thread has ended".to_owned())
}
