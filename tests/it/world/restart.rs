//! From disk and store to a daemon, as `runtime::start` does it, with the power failing in the middle of it at times.

use super::daemon::Daemon;
use super::disk::SimDisk;
use super::folders;
use super::store::SimStore;
use workorderd::engine::commit::Committer;
use workorderd::engine::pending::Place;
use workorderd::engine::views::Views;
use workorderd::journal::{Checkpoint, Journal, JournalError, Options, Position};
use workorderd::runtime::recovery::{self, Overlay, RecoveryError};
use workorderd::runtime::step;

pub const INSTALLATION: [u8; 16] = *b"simulated world.";

/// Why a start did not come to its end.
#[derive(Debug)]
pub enum StartFailure {
    /// The disk failed or the power went: the next start may do better.
    Disk,
    /// The store shows that it is broken, or the records do not fit it: it is moved aside.
    Store(String),
}

/// How a start went.
#[derive(Debug, Default, Clone, Copy)]
pub struct Started {
    pub rebuilt: bool,
    pub torn: bool,
    pub replayed: u64,
    pub behind: bool,
}

/// Starts. What cannot be repaired by another start is a broken promise and panics.
/// Segments are small, so that a run passes many.
pub fn start(disk: &SimDisk, store: &mut SimStore, segment_bytes: u32) -> Result<(Daemon, Started), StartFailure> {
    let existed = store.image().rows().next().is_some();
    match try_start(disk, store, segment_bytes) {
        Err(StartFailure::Store(_)) if existed => {
            store.clear();
            let (daemon, started) = try_start(disk, store, segment_bytes)?;
            Ok((daemon, Started { rebuilt: true, ..started }))
        }
        result => result,
    }
}

fn try_start(disk: &SimDisk, store: &SimStore, segment_bytes: u32) -> Result<(Daemon, Started), StartFailure> {
    let image = store.image();
    let applied = image.applied;
    let checkpoint = (applied.sequence > 0).then_some(Checkpoint { sequence: applied.sequence, position: Position(applied.position) });
    let mut overlay = Overlay::default();
    let mut letters = Vec::new();
    let options = Options { segment_bytes, installation: INSTALLATION, epoch: 1 };
    let mut stored = |key: &[u8]| Ok(image.get(key));
    let opened = Journal::open(folders::both(disk), options, checkpoint, &mut |record| {
        let step = overlay.fold(&record, &mut stored)?;
        if !step.messages.is_empty() {
            letters.push((record.sequence(), record.position().0, step.messages));
        }
        Ok(())
    });
    let (journal, found) = opened.map_err(failure)?;
    let head = journal.head();
    assert!(head.sequence >= applied.sequence, "the store is never ahead of the journal");
    let started = Started { rebuilt: false, torn: found.torn.is_some(), replayed: overlay.records, behind: checkpoint.is_some() };

    let views = Views::default();
    let mut committer = Committer::default();
    let mut entities = Vec::new();
    for (_, row) in image.rows().filter(|(key, _)| !overlay.entities.contains_key(*key)) {
        let entity = step::decode_row(row).expect("rows are whole");
        if let Some(key) = recovery::load_entity(&views, &mut committer, &entity)
            && entity.state.as_ref().is_some_and(|s| s.is_resident())
        {
            entities.push((key, entity));
        }
    }
    if image.broken {
        return Err(StartFailure::Store("its sums do not match".into()));
    }
    let newest = Place { sequence: head.sequence, position: head.last.0 };
    let pending = recovery::put_overlay(overlay, applied, newest, (&views, &mut committer), &mut entities).expect("states can be encoded");
    views.loaded();
    match recovery::load_letters(&journal.reader(), image.read_from, applied, letters, &views) {
        Ok(()) => {}
        Err(_) if disk.is_off() => return Err(StartFailure::Disk),
        Err(error) => panic!("messages cannot be read: {error}"),
    }
    Ok((Daemon::new(journal, committer, views, pending, entities), started))
}

fn failure(error: JournalError) -> StartFailure {
    match error {
        JournalError::Io(_) => StartFailure::Disk,
        // As `runtime::start` has it: perhaps it is the store that does not fit.
        JournalError::Visitor { source, .. } if source.downcast_ref().is_some_and(RecoveryError::may_be_the_stores) => {
            StartFailure::Store(source.to_string())
        }
        other => panic!("the daemon does not start: {other}"),
    }
}
