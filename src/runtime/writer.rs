//! The writer: one thread takes all that waits, one write, one fdatasync, then everybody is told (promises 1, 2 and 7).
//!
//! After the first failed write or fsync the process ends with exit code 74; that fsync is not tried again.

use super::actor::{Appended, CellActor, NotAppended};
use super::clock;
use super::shared::Shared;
use super::step::EncodedStep;
use crate::domain::aggregate::State;
use crate::engine::commit::{Admission, Committer, Previous};
use crate::engine::pending::Place;
use crate::journal::{self, AppendError, Entry, Journal, Position, ReadError};
use actix::Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Most steps of one group.
const GROUP_STEPS: usize = 1024;
/// Most bytes of one group; a segment must hold it (see `Shared::record_max`, a quarter of a segment at most).
const GROUP_BYTES: usize = 4 << 20;
/// Most steps that may wait for the writer; above it new commands are answered with Busy.
const WAITING_MAX: usize = 8192;

/// Behind this command there is more to do.
const ERASE_PERSON: &str = "ErasePerson";
/// How long the writer asks for the next step before it sleeps: about as long as somebody takes who answers each reply with the next
/// call. To be woken takes a good part of that, and is on the way of such a step.
const AWAKE: Duration = Duration::from_micros(150);

/// Exit code after the journal failed (`EX_IOERR`).
pub const EXIT_JOURNAL: i32 = 74;
/// Exit code after an invariant of our own was found broken (`EX_SOFTWARE`).
pub const EXIT_BROKEN: i32 = 70;

/// A step with the actor that is to be told.
pub struct Request {
    pub step: EncodedStep,
    pub from: Addr<CellActor>,
}

/// What the writer is told.
pub enum Order {
    Append(Request),
    /// Adopt a segment that was prepared ahead.
    Prepared(Box<journal::Prepared>),
    /// The next segment could not be made for want of room.
    NotPrepared,
    /// There may be room for the next segment now.
    MakeSegment,
    /// Say that you are at work: what came before is written.
    Probe(tokio::sync::oneshot::Sender<()>),
    /// Erase these personal values, between two groups; say how many were erased, or why none.
    Erase(Vec<journal::Erase>, Erased),
    /// Write what waits and end.
    Stop,
}

/// How an erasure is answered.
pub type Erased = tokio::sync::oneshot::Sender<Result<usize, ReadError>>;

/// The way to the writer.
#[derive(Debug, Clone)]
pub struct WriterQueue {
    sender: Sender<Order>,
    waiting: Arc<AtomicUsize>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Append(_) => "Append",
            Self::Prepared(_) => "Prepared",
            Self::NotPrepared => "NotPrepared",
            Self::MakeSegment => "MakeSegment",
            Self::Probe(_) => "Probe",
            Self::Erase(..) => "Erase",
            Self::Stop => "Stop",
        })
    }
}

impl WriterQueue {
    /// A queue and its other end.
    pub fn new() -> (Self, Receiver<Order>) {
        let (sender, receiver) = channel();
        (Self { sender, waiting: Arc::default() }, receiver)
    }

    /// Whether too much waits already.
    pub fn is_full(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= WAITING_MAX
    }

    /// Hands a step over.
    pub fn append(&self, request: Request) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // The writer ends only with the process.
        let _ = self.sender.send(Order::Append(request));
    }

    /// Asks the writer whether it is at work. The answer comes behind everything that waits, and writes nothing.
    pub fn probe(&self) -> tokio::sync::oneshot::Receiver<()> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let _ = self.sender.send(Order::Probe(answer));
        answered
    }

    /// Has personal values erased. Nothing may move to the archive meanwhile.
    pub fn erase(&self, records: Vec<journal::Erase>) -> tokio::sync::oneshot::Receiver<Result<usize, ReadError>> {
        let (answer, answered) = tokio::sync::oneshot::channel();
        let _ = self.sender.send(Order::Erase(records, answer));
        answered
    }

    /// Tells the writer that there may be room for the segment that it could not make.
    pub fn make_segment(&self) {
        let _ = self.sender.send(Order::MakeSegment);
    }

    /// Tells the writer to write what waits and end.
    pub fn stop(&self) {
        let _ = self.sender.send(Order::Stop);
    }
}

/// Runs until told to stop; gives the journal's head.
pub fn run(mut journal: Journal, mut committer: Committer, orders: &Receiver<Order>, shared: &Arc<Shared>) {
    let group_bytes = GROUP_BYTES.min(shared.record_max * 3);
    let mut stopping = false;
    // The next segment could not be made, and nobody has said that it may be tried again.
    let mut in_vain = false;
    let mut awake = false;
    prepare_ahead(&mut journal, shared);
    while !stopping {
        let next = if awake { clock::ask_until(AWAKE, || orders.try_recv().ok()) } else { None };
        let Some(first) = next.or_else(|| orders.recv().ok()) else { return };
        let mut group = Vec::new();
        let mut bytes = 0;
        let mut probe = None;
        let mut segment = false;
        let mut erasures = Vec::new();
        for order in std::iter::once(first).chain(orders.try_iter()) {
            match order {
                Order::Append(request) => {
                    bytes += size(&request.step);
                    group.push(request);
                }
                Order::Prepared(prepared) => {
                    journal.adopt(*prepared);
                    shared.segment_failed(false);
                }
                // Not at once again: whoever looks at the room each second asks for it.
                Order::NotPrepared => {
                    in_vain = true;
                    journal.not_prepared();
                    shared.segment_failed(true);
                }
                Order::MakeSegment => (segment, in_vain) = (true, false),
                Order::Probe(answer) => probe = Some(answer),
                Order::Erase(records, answer) => erasures.push((records, answer)),
                Order::Stop => stopping = true,
            }
            if group.len() >= GROUP_STEPS || bytes + shared.record_max >= group_bytes {
                break;
            }
        }
        awake = !group.is_empty();
        if awake {
            shared.writer.waiting.fetch_sub(group.len(), Ordering::Relaxed);
            write_group(&mut journal, &mut committer, group, shared);
            segment |= !in_vain;
        }
        if segment {
            prepare_ahead(&mut journal, shared);
        }
        for (records, answer) in erasures {
            // Who asked may have given up.
            let _ = answer.send(erase(&mut journal, &records, shared));
        }
        let _ = probe.map(|answer| answer.send(()));
    }
}

/// Erases; a disk that fails ends the process, and the next start finishes it.
fn erase(journal: &mut Journal, records: &[journal::Erase], shared: &Arc<Shared>) -> Result<usize, ReadError> {
    match journal.erase_personal(records) {
        Ok(erased) => Ok(erased),
        Err(AppendError::Read(error)) => Err(error),
        Err(error) => {
            shared.marker.close();
            tracing::error!(%error, "personal values cannot be erased; stopping, the next start goes on with it");
            std::process::exit(EXIT_JOURNAL);
        }
    }
}

fn size(step: &EncodedStep) -> usize {
    256 + step.key.len() + step.parts.size()
}

fn write_group(journal: &mut Journal, committer: &mut Committer, group: Vec<Request>, shared: &Arc<Shared>) {
    let mut admitted = Vec::with_capacity(group.len());
    for request in group {
        match committer.admit(&request.step.pending) {
            Admission::Append { previous } => admitted.push((request, previous)),
            Admission::Void => {}
            Admission::Refuse(rejection) => {
                request.from.do_send(NotAppended { revision: request.step.pending.revision, rejection });
            }
            Admission::Broken { expected, found } => {
                let key = &request.step.pending.key;
                tracing::error!(%key, expected, found, "a step does not follow the last one; stopping before harm is done");
                std::process::exit(EXIT_BROKEN);
            }
        }
    }
    if admitted.is_empty() {
        return;
    }
    let seeds = seeds(admitted.len());
    let entries: Vec<Entry<'_>> =
        admitted.iter().zip(seeds).map(|((request, previous), seed)| entry(&request.step, *previous, seed)).collect();
    if mutant!("answer-before-the-append") {
        for (sequence, (request, _)) in (journal.head().sequence + 1..).zip(&admitted) {
            let (revision, state) = (request.step.pending.revision, request.step.state.clone());
            request.from.do_send(Appended { revision, sequence, position: 0, state });
        }
    }
    let places = match journal.append(&entries) {
        Ok(places) => places,
        Err(error) => {
            // No timer is to blame.
            shared.marker.close();
            tracing::error!(%error, "the journal cannot be written; stopping, nothing unwritten was acknowledged");
            std::process::exit(EXIT_JOURNAL);
        }
    };
    drop(entries);
    committer.appended(places.iter().map(|p| p.position.0));
    {
        let mut pending = shared.pending();
        for place in &places {
            pending.announce(Place { sequence: place.sequence, position: place.position.0 });
        }
    }
    for ((request, _), place) in admitted.iter().zip(&places) {
        let pending = &request.step.pending;
        for sending in shared.views.publish(pending, place.sequence, place.position.0) {
            // The receiver lives as long as the process.
            let _ = shared.sendings.send(sending);
        }
        if pending.command == ERASE_PERSON {
            shared.eraser.wake();
        }
        if let State::Installation(installation) = &*pending.after {
            if let Some(now) = installation.manual_clock {
                shared.clock.advance(now);
            }
            shared.timers.notify_one();
        }
    }
    shared.counters.steps.fetch_add(places.len() as u64, Ordering::Relaxed);
    shared.counters.groups.fetch_add(1, Ordering::Relaxed);
    shared.head.send_replace(journal.head());
    shared.timers_may_have_moved();
    for ((request, _), place) in admitted.into_iter().zip(places) {
        let Request { step, from } = request;
        from.do_send(Appended { revision: step.pending.revision, sequence: place.sequence, position: place.position.0, state: step.state });
    }
}

fn entry(step: &EncodedStep, previous: Previous, seed: [u8; 16]) -> Entry<'_> {
    Entry {
        key: &step.key,
        revision: step.pending.revision,
        previous: match previous {
            Previous::None => journal::Previous::None,
            Previous::At(position) => journal::Previous::At(Position(position)),
            Previous::InGroup(index) => journal::Previous::InGroup(index),
        },
        time: step.pending.at.0,
        body: &step.parts.body,
        personal: &step.parts.personal,
        seed,
    }
}

/// Fresh random numbers of the operating system, for the salts of each record.
fn seeds(count: usize) -> Vec<[u8; 16]> {
    let mut seeds = vec![[0u8; 16]; count];
    let mut rest = seeds.as_flattened_mut();
    while !rest.is_empty() {
        match rustix::rand::getrandom(&mut *rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(n) => rest = &mut rest[n..],
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => {
                tracing::error!(%error, "no random numbers to be had; stopping");
                std::process::exit(EXIT_BROKEN);
            }
        }
    }
    seeds
}

/// Makes the next segment on a thread of its own, so that no step waits for it. Where it would take the reserve of the disk, it
/// waits, and steps are refused before the segment in use is full.
fn prepare_ahead(journal: &mut Journal, shared: &Arc<Shared>) {
    if !journal.is_next_wanted() || !shared.room_for_segment() {
        return;
    }
    let Some(preparation) = journal.wants_next() else { return };
    let sender = shared.writer.sender.clone();
    let keeps_a_reserve = shared.room.space().reserve > 0;
    std::thread::spawn(move || match preparation.run() {
        Ok(prepared) => {
            let _ = sender.send(Order::Prepared(Box::new(prepared)));
        }
        Err(error) if keeps_a_reserve && error.is_for_want_of_room() => {
            tracing::warn!(%error, "there is no room for the next segment");
            let _ = sender.send(Order::NotPrepared);
        }
        Err(error) => tracing::warn!(%error, "the next segment could not be prepared ahead; it will be made when it is needed"),
    });
}
