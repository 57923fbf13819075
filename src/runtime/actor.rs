//! One actor per aggregate: a thin shell around its cell. It never awaits another actor.

use super::shared::Shared;
use super::step;
use super::writer::Request;
use crate::codec::StateBytes;
use crate::domain::context::Context;
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::engine::cell::{Cell, Output, Refusal, Submission};
use crate::engine::entity::{Entity, Receipt};
use crate::engine::pending::Place;
use actix::{Actor, ActorContext, AsyncContext, Context as ActorCx, Handler, Message};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;

/// How a client is answered.
pub type Answer = oneshot::Sender<Result<Receipt, Refusal>>;

/// The actor.
pub struct CellActor {
    cell: Cell<Answer>,
    /// Reads that came while steps were in flight: each waits until the revision it came behind is durable.
    reads: VecDeque<(u64, oneshot::Sender<Entity>)>,
    shared: Arc<Shared>,
}

/// Judge a command.
pub struct Submit {
    pub submission: Submission,
    pub answer: Answer,
}

/// Read the durable state.
pub struct Read {
    pub answer: oneshot::Sender<Entity>,
}

/// By the writer: the step of that revision is on disk.
pub struct Appended {
    pub revision: u64,
    pub sequence: u64,
    pub position: u64,
    pub state: StateBytes,
}

/// By the writer: the step was refused because of a claim.
pub struct NotAppended {
    pub revision: u64,
    pub rejection: Rejection,
}

/// Go, if nothing waits.
pub struct Leave;

macro_rules! messages {
    ($($name:ident),+) => { $(impl Message for $name { type Result = (); })+ };
}

messages!(Submit, Read, Appended, NotAppended, Leave);

impl CellActor {
    /// An actor over what is durable.
    pub fn new(cell: Cell<Answer>, shared: Arc<Shared>) -> Self {
        shared.counters.actors.fetch_add(1, Ordering::Relaxed);
        Self { cell, reads: VecDeque::new(), shared }
    }

    fn with_context<R>(shared: &Shared, judge: impl FnOnce(&Context<'_>) -> R) -> R {
        let reference = shared.views.reference();
        judge(&Context {
            now: shared.clock.now(),
            principal: &Principal::System,
            catalogue: &reference.catalogue,
            directory: &reference.directory,
        })
    }

    fn perform(&mut self, outputs: impl IntoIterator<Item = Output<Answer>>, cx: &mut ActorCx<Self>) {
        for output in outputs {
            match output {
                Output::Answer(answer, result) => self.answer(answer, result),
                // Judged on a step that turned out unfit: it was judged anew already.
                Output::Append(pending) if !self.cell.is_current(&pending) => {}
                Output::Append(pending) => {
                    let revision = pending.revision;
                    match step::encode(pending) {
                        Ok(step) if step.parts.size() <= self.shared.record_max => {
                            self.shared.writer.append(Request { step, from: cx.address() });
                        }
                        Ok(_) => self.unfit(revision, Rejection::TooMany { what: "bytes in one step", limit: self.shared.record_max }, cx),
                        Err(error) => {
                            tracing::error!(key = %self.cell.key(), %error, "a step cannot be encoded");
                            self.unfit(revision, Rejection::TooMany { what: "bytes in one state", limit: self.shared.record_max }, cx);
                        }
                    }
                }
            }
        }
    }

    fn answer(&self, answer: Answer, result: Result<Receipt, Refusal>) {
        if let Err(Refusal::Internal(defect)) = &result {
            Shared::count(&self.shared.counters.panics);
            let file = match self.shared.defects.write(defect, self.shared.clock.now()) {
                Ok(path) => path.display().to_string(),
                Err(error) => format!("could not be written: {error}"),
            };
            let command = defect.command;
            tracing::error!(key = %self.cell.key(), command, file, "the rules panicked; the state is as before, the file tells the input");
        }
        // Who asked may be gone; the step stands all the same.
        let _ = answer.send(result);
    }

    /// The writer publishes a step before this actor hears of it: whoever read of it elsewhere must not see an older state here.
    fn answer_reads(&mut self) {
        while let Some((revision, _)) = self.reads.front()
            && (*revision <= self.cell.durable().revision || self.cell.is_idle())
            && let Some((_, answer)) = self.reads.pop_front()
        {
            let _ = answer.send(self.cell.durable().clone());
        }
        if self.reads.is_empty() {
            self.reads = VecDeque::new();
        }
    }

    fn unfit(&mut self, revision: u64, rejection: Rejection, cx: &mut ActorCx<Self>) {
        let shared = Arc::clone(&self.shared);
        let outputs = Self::with_context(&shared, |context| self.cell.unfit(revision, rejection, context));
        self.perform(outputs, cx);
        self.answer_reads();
    }
}

impl Actor for CellActor {
    type Context = ActorCx<Self>;

    fn stopped(&mut self, _: &mut Self::Context) {
        self.shared.counters.actors.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Handler<Submit> for CellActor {
    type Result = ();

    fn handle(&mut self, message: Submit, cx: &mut Self::Context) {
        let shared = Arc::clone(&self.shared);
        if let Some(refusal) = shared.room.refusal()
            && self.cell.needs_room(&message.submission)
        {
            return self.answer(message.answer, Err(refusal));
        }
        let output = Self::with_context(&shared, |context| self.cell.submit(message.answer, message.submission, context));
        self.perform(output, cx);
    }
}

impl Handler<Read> for CellActor {
    type Result = ();

    fn handle(&mut self, message: Read, _: &mut Self::Context) {
        self.reads.push_back((self.cell.last_revision(), message.answer));
        self.answer_reads();
    }
}

impl Handler<Appended> for CellActor {
    type Result = ();

    fn handle(&mut self, message: Appended, cx: &mut Self::Context) {
        let outputs = self.cell.appended(message.revision, message.sequence, message.position);
        let key = crate::codec::key::encode(self.cell.key());
        match step::encode_row(self.cell.durable(), &message.state) {
            Ok(row) => {
                let place = Place { sequence: message.sequence, position: message.position };
                let mut pending = self.shared.pending();
                // The applier sleeps only while nothing waits: waking it is a system call.
                let wake = !pending.has_rows();
                pending.put(&key, row.into(), place);
                drop(pending);
                if wake {
                    self.shared.rows_wait.notify_one();
                }
            }
            // The journal has it; the store stays behind and the next start folds it in.
            Err(error) => tracing::error!(key = %self.cell.key(), %error, "a row cannot be encoded"),
        }
        let resident = self.cell.durable().state.as_ref().is_some_and(|s| s.is_resident());
        self.shared.registry.used(self.cell.key(), resident, &self.shared);
        self.perform(outputs, cx);
        self.answer_reads();
    }
}

impl Handler<NotAppended> for CellActor {
    type Result = ();

    fn handle(&mut self, message: NotAppended, cx: &mut Self::Context) {
        let shared = Arc::clone(&self.shared);
        let outputs = Self::with_context(&shared, |context| self.cell.refused(message.revision, message.rejection, context));
        self.perform(outputs, cx);
        self.answer_reads();
    }
}

impl Handler<Leave> for CellActor {
    type Result = ();

    fn handle(&mut self, _: Leave, cx: &mut Self::Context) {
        if self.cell.may_go() {
            self.shared.registry.forget(self.cell.key());
            cx.stop();
        }
    }
}
