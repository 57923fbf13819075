//! The shell over the engine, as actor, registry, writer and applier are: letters go to cells, steps to the writer, rows to the store.
//!
//! No rule is here. Each method is one thing that can happen next; `world` picks which.

use super::daemon::{Letter, Ticket};
use super::disk::Fault;
use super::world::World;
use std::collections::VecDeque;
use workorderd::codec;
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::context::Context;
use workorderd::domain::principal::Principal;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::deadline::{Deadline, deadlines};
use workorderd::engine::cell::{Cell, Output, Refusal, Submission};
use workorderd::engine::commit::{Admission, Previous};
use workorderd::engine::pending::Place;
use workorderd::engine::views::Views;
use workorderd::journal::{self, Entry, Position};
use workorderd::runtime::step::{self, EncodedStep};

/// Longest record here: small, so that some steps are too long for it.
pub const RECORD_MAX: usize = 8 << 10;
/// How many cells that need not stay are kept.
const KEEP_IDLE: usize = 4;

fn with_context<R>(views: &Views, now: Timestamp, judge: impl FnOnce(&Context<'_>) -> R) -> R {
    let reference = views.reference();
    judge(&Context { now, principal: &Principal::System, catalogue: &reference.catalogue, directory: &reference.directory })
}

impl World {
    /// Puts a letter into a cell's mailbox; the cell is loaded if it is not there.
    pub fn send(&mut self, key: &Key, letter: Letter) {
        if !self.daemon.cells.contains_key(key) {
            let bytes = codec::key::encode(key);
            let row = self.daemon.pending.get(&bytes).map(|row| row.to_vec()).or_else(|| self.store.get(&bytes));
            let entity = row.map(|row| step::decode_row(&row).expect("a row can be read")).unwrap_or_default();
            let resident = entity.state.as_ref().is_some_and(|s| s.is_resident());
            assert_eq!(entity.revision, self.audit.revision(key), "{key} was loaded as the journal has it");
            self.coverage.count("cell", if entity.state.is_some() { "loaded" } else { "made" });
            self.daemon.cells.insert(key.clone(), Cell::new(key.clone(), entity));
            self.daemon.handed.remove(key);
            self.used(key, resident);
        }
        self.daemon.mailboxes.entry(key.clone()).or_default().push_back(letter);
    }

    /// Submits as the system. The caller may be told Busy, also though the step goes through (its time was up).
    pub fn send_as_system(&mut self, key: &Key, ticket: Ticket, command: Command) {
        let submission = Submission { command, principal: Principal::System, request: None, expected_revision: None };
        match self.rng.u32(..100) {
            _ if self.calm => self.send(key, Letter::Submit(ticket, Box::new(submission))),
            _ if self.busy => self.daemon.replies.push((ticket, Err(Refusal::Busy))),
            0 => {
                self.lingers_since = self.lingers_since.min(Timestamp(self.audit.completes_until));
                self.send(key, Letter::Submit(Ticket::Nobody, Box::new(submission)));
                self.daemon.replies.push((ticket, Err(Refusal::Busy)));
                self.coverage.count("system", "timed out");
            }
            _ => self.send(key, Letter::Submit(ticket, Box::new(submission))),
        }
    }

    fn used(&mut self, key: &Key, resident: bool) {
        if resident {
            self.daemon.residency.forget(key);
            return;
        }
        self.daemon.residency.touch(key);
        for key in self.daemon.residency.surplus(KEEP_IDLE) {
            if self.daemon.cells.contains_key(&key) {
                self.daemon.mailboxes.entry(key).or_default().push_back(Letter::Leave);
            }
        }
    }

    /// Some cell takes its next letter.
    pub fn cell_takes_letter(&mut self) {
        let index = self.rng.usize(..self.daemon.mailboxes.len());
        let key = self.daemon.mailboxes.keys().nth(index).expect("there are letters").clone();
        let mailbox = self.daemon.mailboxes.get_mut(&key).expect("it was found");
        let letter = mailbox.pop_front().expect("no mailbox is empty");
        if mailbox.is_empty() {
            self.daemon.mailboxes.remove(&key);
        }
        let now = self.now;
        let no_room = match &letter {
            Letter::Submit(_, submission) => self.no_room(self.daemon.cells.get(&key).is_some_and(|cell| cell.needs_room(submission))),
            _ => None,
        };
        let may_begin = matches!(&letter, Letter::Submit(_, submission) if self.may_begin(submission));
        let daemon = &mut self.daemon;
        let cell = daemon.cells.get_mut(&key).unwrap_or_else(|| panic!("{key} left while it had work"));
        match letter {
            Letter::Submit(ticket, submission) => {
                if let Ticket::Client(attempt) = &ticket {
                    let handed = daemon.handed.get(&key).copied().unwrap_or(0);
                    self.clients.judged(*attempt, handed, &self.audit);
                }
                if let Some(refusal) = no_room {
                    return self.answer(&key, ticket, Err(refusal));
                }
                let output = with_context(&daemon.views, now, |cx| cell.submit(ticket, *submission, cx));
                let begun = matches!(&output, Some(Output::Append(_)));
                assert!(may_begin || !begun, "{key}: a step of a person was begun while the disk was nearly full");
                self.perform(&key, output.into_iter().collect());
            }
            Letter::Read(errand, published) => {
                let behind = cell.last_revision();
                daemon.reads.entry(key.clone()).or_default().push_back((behind, published, errand));
            }
            Letter::Appended { revision, sequence, position, state } => {
                let outputs = cell.appended(revision, sequence, position);
                let row = step::encode_row(cell.durable(), &state).expect("a row can be encoded");
                let resident = cell.durable().state.as_ref().is_some_and(|s| s.is_resident());
                daemon.pending.put(&codec::key::encode(&key), row.into(), Place { sequence, position });
                self.used(&key, resident);
                self.perform(&key, outputs.into());
            }
            Letter::NotAppended { revision, rejection } => {
                self.clients.judged_anew(&key);
                daemon.handed.remove(&key);
                let outputs = with_context(&daemon.views, now, |cx| cell.refused(revision, rejection, cx));
                self.perform(&key, outputs.into());
            }
            Letter::Leave if cell.may_go() => {
                self.coverage.count("cell", "left");
                daemon.cells.remove(&key);
                for letter in daemon.mailboxes.remove(&key).unwrap_or_default() {
                    match letter {
                        Letter::Submit(ticket, _) => daemon.replies.push((ticket, Err(Refusal::Busy))),
                        Letter::Read(errand, _) => match daemon.dialings.get_mut(&errand) {
                            Some(dialing) => dialing.unread(),
                            None => daemon.errands.get_mut(&errand).expect("it waits").unread(),
                        },
                        Letter::Appended { .. } | Letter::NotAppended { .. } => panic!("{key} left while a step was under way"),
                        Letter::Leave => {}
                    }
                }
            }
            Letter::Leave => {
                let resident = cell.durable().state.as_ref().is_some_and(|s| s.is_resident());
                self.used(&key, resident);
            }
        }
        self.answer_reads(&key);
    }

    /// Reads are answered when all they came behind is durable: what was seen elsewhere is never older here.
    fn answer_reads(&mut self, key: &Key) {
        while let Some(reads) = self.daemon.reads.get_mut(key) {
            let Some(cell) = self.daemon.cells.get(key) else { panic!("{key} left with reads that wait") };
            let Some((behind, published, errand)) = reads.front().copied() else {
                self.daemon.reads.remove(key);
                return;
            };
            let entity = cell.durable();
            if behind > entity.revision && !cell.is_idle() {
                return;
            }
            reads.pop_front();
            assert!(entity.revision >= published, "{key}: a read shows revision {} after {published} was seen elsewhere", entity.revision);
            let state = entity.state.clone();
            if self.daemon.dialings.contains_key(&errand) {
                self.dialing_reads(errand, state);
            } else {
                self.errand_reads(errand, state);
            }
        }
    }

    fn perform(&mut self, key: &Key, mut outputs: VecDeque<Output<Ticket>>) {
        let mut rounds = 0;
        while let Some(output) = outputs.pop_front() {
            rounds += 1;
            assert!(rounds < 1000, "{key} never comes to an end with what it was told");
            match output {
                Output::Answer(ticket, result) => self.answer(key, ticket, result),
                Output::Append(pending) if !self.daemon.cells[key].is_current(&pending) => self.coverage.count("cell", "dropped a step"),
                Output::Append(pending) => {
                    let revision = pending.revision;
                    let large = matches!(pending.key, Key::Catalogue);
                    let step = step::encode(pending).expect("a step can be encoded");
                    if large || step.parts.size() <= RECORD_MAX {
                        self.daemon.handed.insert(key.clone(), revision);
                        self.daemon.steps.push_back(step);
                        continue;
                    }
                    let rejection = Rejection::TooMany { what: "bytes in one step", limit: RECORD_MAX };
                    let cell = self.daemon.cells.get_mut(key).expect("it was just asked");
                    let more = with_context(&self.daemon.views, self.now, |cx| cell.unfit(revision, rejection, cx));
                    for output in more.into_iter().rev() {
                        outputs.push_front(output);
                    }
                }
            }
        }
    }

    fn answer(&mut self, key: &Key, ticket: Ticket, result: Result<workorderd::engine::entity::Receipt, Refusal>) {
        match &result {
            Ok(receipt) => {
                let line =
                    self.audit.lines.get(receipt.sequence as usize - 1).unwrap_or_else(|| panic!("{key}: {receipt:?} is not durable"));
                assert_eq!((&line.key, line.revision), (key, receipt.revision), "a receipt names its record");
            }
            Err(Refusal::Internal(defect)) => panic!("the rules panicked: {}", defect.told),
            Err(Refusal::Busy) => self.coverage.count("refusal", "Busy"),
            Err(Refusal::DiskNearlyFull { .. }) => self.coverage.count("refusal", "DiskNearlyFull"),
            Err(Refusal::Rejected(rejection)) => {
                self.coverage.count("refusal", rejection.name());
                if let Rejection::Conflict { actual, .. } = rejection {
                    assert!(*actual <= self.audit.revision(key), "{key}: a conflict shows a revision that is not durable");
                }
            }
        }
        if let Ticket::Client(attempt) = &ticket {
            self.clients.answered(*attempt, &result, &self.audit);
        }
        self.daemon.replies.push((ticket, result));
    }

    /// The writer takes some of what waits as one group; the disk may fail in the middle of it.
    pub fn write_group(&mut self) {
        let wanted = 1 + self.rng.usize(..self.daemon.steps.len());
        let (mut group, mut bytes) = (Vec::new(), 0);
        while group.len() < wanted
            && bytes < self.settings.segment_bytes as usize / 2
            && let Some(step) = self.daemon.steps.pop_front()
        {
            bytes += 256 + step.key.len() + step.parts.size();
            group.push(step);
        }
        let mut admitted = Vec::new();
        for step in group {
            match self.daemon.committer.admit(&step.pending) {
                Admission::Append { previous } => admitted.push((step, previous)),
                Admission::Void => self.coverage.count("writer", "void"),
                Admission::Refuse(rejection) => {
                    let revision = step.pending.revision;
                    self.coverage.count("writer", "refused");
                    self.daemon.told.push_back((step.pending.key.clone(), Letter::NotAppended { revision, rejection }));
                }
                Admission::Broken { expected, found } => panic!("{}: expected revision {expected}, found {found}", step.pending.key),
            }
        }
        if admitted.is_empty() {
            return;
        }
        let seeds: Vec<[u8; 16]> = admitted.iter().map(|_| self.rng.u128(..).to_le_bytes()).collect();
        let entries: Vec<Entry<'_>> = admitted.iter().zip(&seeds).map(|((step, previous), seed)| entry(step, *previous, *seed)).collect();
        self.inject_fault();
        let appended = self.daemon.journal.append(&entries);
        drop(entries);
        let (Ok(places), false) = (appended, self.disk.is_off()) else {
            self.coverage.count("writer", "failed");
            self.crash();
            return;
        };
        self.disk.forgive();
        self.published(admitted.into_iter().map(|(step, _)| step).collect(), &places);
        if self.daemon.journal.is_poisoned() {
            // The answers of this group went out; the next group would find the disk failed.
            self.coverage.count("writer", "poisoned");
        }
    }

    fn published(&mut self, steps: Vec<EncodedStep>, places: &[journal::Appended]) {
        let daemon = &mut self.daemon;
        daemon.committer.appended(places.iter().map(|p| p.position.0));
        for place in places {
            daemon.pending.announce(Place { sequence: place.sequence, position: place.position.0 });
        }
        for (step, place) in steps.iter().zip(places) {
            let record = daemon.reader.read(place.position).expect("what is durable can be read");
            completed_in_time(step, self.trusted_until);
            self.audit.take(&record, Some(&mut self.coverage));
            let parcels = daemon.views.publish(&step.pending, place.sequence, place.position.0);
            daemon.parcels.extend(parcels);
            if let State::Installation(installation) = &*step.pending.after {
                self.anchor_seen = installation.anchor;
            }
            if let State::Installation(installation) = &*step.pending.after
                && let Some(now) = installation.manual_clock
            {
                self.now = self.now.max(now);
            }
        }
        if daemon.preparation.is_none() {
            daemon.preparation = daemon.journal.wants_next();
        }
        for (step, place) in steps.into_iter().zip(places) {
            let (sequence, position) = (place.sequence, place.position.0);
            let letter = Letter::Appended { revision: step.pending.revision, sequence, position, state: step.state };
            self.daemon.told.push_back((step.pending.key.clone(), letter));
        }
        self.check_each_step();
    }

    /// The writer tells the next cell that its step is on disk.
    pub fn tell_cell(&mut self) {
        if let Some((key, letter)) = self.daemon.told.pop_front() {
            assert!(self.daemon.cells.contains_key(&key), "{key} left while a step was under way");
            self.send(&key, letter);
        }
    }

    pub fn inject_fault(&mut self) {
        if !self.calm && self.rng.u32(..1000) < self.fault_rate {
            self.spoil_the_disk();
        }
    }

    /// One of its next calls fails, or it is the last.
    pub fn spoil_the_disk(&mut self) {
        let n = self.rng.u64(..6);
        self.disk.inject(match self.rng.u32(..9) {
            0 => Fault::Write(n / 3),
            1 => Fault::Sync(n / 3),
            2 => Fault::Full(n / 3),
            3 => Fault::ShortWrite(n / 3),
            4 => Fault::Power(n),
            _ => Fault::Power(n / 4),
        });
    }

    /// The helper thread has made the next segment.
    pub fn prepare_segment(&mut self) {
        if let Some(preparation) = self.daemon.preparation.take()
            && let Ok(prepared) = preparation.run()
        {
            self.daemon.journal.adopt(prepared);
        }
    }

    /// The applier goes on: takes a batch, brings it into the store, says so, or makes a checkpoint.
    pub fn apply_rows(&mut self) {
        match self.daemon.batch.take() {
            Some((batch, false)) => {
                let read_from = self.daemon.views.delivery().oldest_position().unwrap_or(0);
                self.store.apply(&batch, read_from);
                self.daemon.batch = Some((batch, true));
            }
            Some((_, true)) => self.daemon.pending.applied(),
            None if self.rng.u32(..4) == 0 => self.store.checkpoint(),
            None => self.daemon.batch = self.daemon.pending.begin().map(|batch| (batch, false)),
        }
    }
}

/// A node completes by itself only for what was due while the clock could be trusted.
fn completed_in_time(step: &EncodedStep, trusted_until: Timestamp) {
    let (before, after) = (step.pending.before.as_ref().and_then(|s| s.work_order()), step.pending.after.work_order());
    let Some((visit, before)) = before.and_then(|o| Some((o.visit()?.no, o))) else { return };
    if step.pending.command != "Fire" || after.and_then(|o| o.visit()).is_some_and(|v| v.no == visit) {
        return;
    }
    let due = deadlines(before).into_iter().find(|(_, d)| *d == Deadline::AutoComplete(visit)).map(|(due, _)| due);
    assert!(due.is_some_and(|due| due <= trusted_until), "a node completed by itself by a clock that is doubted: due {due:?}");
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
