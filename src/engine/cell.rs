//! The cell of one aggregate: its durable state, its tentative one, and what waits for the disk.
//!
//! Commands are judged against the tentative state, so that they can follow each other without waiting for the disk; replies
//! and refusals wait until all that they were judged on is durable (promises 1 and 2). Reads see the durable state alone.

use super::defect::Defect;
use super::entity::{Entity, Receipt, Request};
use crate::domain::aggregate::{Claim, Command, Event, Key, State};
use crate::domain::context::Context;
use crate::domain::principal::{Actor, Principal};
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::transition::{Step, hidden, transition};
use crate::domain::work_order::reaction::LoadChanged;
use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Most commands that wait in one cell.
pub const WAITING_MAX: usize = 256;

/// A command with who brought it and what they expect.
#[derive(Debug, Clone)]
pub struct Submission {
    pub command: Command,
    pub principal: Principal,
    pub request: Option<Request>,
    pub expected_revision: Option<u64>,
}

/// How a submission ends.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The rules panicked; the state is as before, and the log has the details.
    #[error("internal error while handling {}; nothing was changed", .0.command)]
    Internal(Box<Defect>),
    /// Too much waits already; nothing was changed.
    #[error("busy: try again in a moment")]
    Busy,
    /// The disk has less room than is kept in reserve (bytes); nothing was changed.
    #[error(
        "the daemon's disk is nearly full ({} MiB free, {} MiB are kept in reserve): nothing was changed; \
         it goes on by itself as soon as there is room", .free >> 20, .reserve >> 20
    )]
    DiskNearlyFull { free: u64, reserve: u64 },
}

/// A step that is to be appended to the journal.
#[derive(Debug, Clone)]
pub struct PendingStep {
    pub key: Key,
    pub revision: u64,
    /// Grows each time the cell had to judge anew; the shell drops steps of an older generation that it has not handed over yet.
    pub generation: u32,
    /// The first step that the cell hands over since it was made, or since it heard of the writer's last refusal: what the
    /// writer gets before it was judged on a step that it has refused, and is void.
    pub first: bool,
    /// Position of the aggregate's last durable record, as far as the cell knows.
    pub base_position: u64,
    pub at: Timestamp,
    pub actor: Actor,
    pub command: &'static str,
    pub request: Option<Request>,
    pub events: Vec<Event>,
    pub messages: Vec<LoadChanged>,
    pub claims: Vec<Claim>,
    pub before: Option<Arc<State>>,
    pub after: Arc<State>,
}

/// What the shell has to do next.
#[derive(Debug)]
pub enum Output<T> {
    Append(Box<PendingStep>),
    Answer(T, Result<Receipt, Refusal>),
}

struct Waiting<T> {
    ticket: T,
    submission: Submission,
    judged: Judged,
}

enum Judged {
    /// Handed to the writer.
    Step { revision: u64, first: bool, after: Arc<State>, forgets: bool },
    /// To be answered when all before it is durable.
    Refused(Refusal),
    /// The same request again, while the first one is not durable yet: it gets that one's receipt.
    SameAs { revision: u64 },
}

/// One aggregate. `T` is what the shell answers with.
pub struct Cell<T> {
    key: Key,
    entity: Entity,
    waiting: VecDeque<Waiting<T>>,
    generation: u32,
    first: bool,
}

impl<T> Cell<T> {
    /// A cell over what is durable.
    pub fn new(key: Key, entity: Entity) -> Self {
        Self { key, entity, waiting: VecDeque::new(), generation: 0, first: true }
    }

    /// What is durable.
    pub fn durable(&self) -> &Entity {
        &self.entity
    }

    /// The key.
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Whether nothing waits.
    pub fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The revision that the steps in flight lead to; the durable one, if there are none.
    pub fn last_revision(&self) -> u64 {
        self.tentative().0
    }

    /// Whether the cell may be let go: nothing waits, and it need not stay (it may have become an open Work Order meanwhile).
    pub fn may_go(&self) -> bool {
        self.is_idle() && !self.entity.state.as_ref().is_some_and(|s| s.is_resident())
    }

    /// Whether the step still stands; it does not if the cell has judged anew since.
    pub fn is_current(&self, step: &PendingStep) -> bool {
        step.generation == self.generation
    }

    /// Whether this request was accepted before, or is about to be: its answer takes no new step.
    pub fn knows(&self, request: &Request) -> bool {
        self.entity.recent.iter().any(|a| a.request.id == request.id) || self.in_flight(request).is_some()
    }

    /// Whether a submission waits for room on the disk: new steps of people do. The system's own is what accepted steps still ask for
    /// (what it begins anew it holds back: timers, mails), and what is repeated takes no new step.
    pub fn needs_room(&self, submission: &Submission) -> bool {
        let repeated = submission.request.as_ref().is_some_and(|request| self.knows(request) && !mutant!("reserve-asked-of-repeats"));
        !matches!(submission.principal, Principal::System) && !repeated && !mutant!("reserve-not-asked")
    }

    /// Judges a command; what comes out is to be done by the shell, in order.
    pub fn submit(&mut self, ticket: T, submission: Submission, cx: &Context<'_>) -> Option<Output<T>> {
        if self.waiting.len() >= WAITING_MAX {
            return Some(Output::Answer(ticket, Err(Refusal::Busy)));
        }
        if let Some(request) = &submission.request
            && let Some(known) = self.entity.recent.iter().find(|a| a.request.id == request.id && !mutant!("repeat-forgotten"))
        {
            let answer = if known.request.digest == request.digest || mutant!("repeat-with-other-parameters") {
                Ok(known.receipt)
            } else {
                Err(self.concealed(&submission, cx).unwrap_or_else(|| reused(request)))
            };
            return Some(Output::Answer(ticket, answer));
        }
        let (judged, step) = self.judge(&submission, cx);
        self.first &= step.is_none();
        match judged {
            Judged::Refused(refusal) if self.waiting.is_empty() || mutant!("refusal-does-not-wait") => {
                Some(Output::Answer(ticket, Err(refusal)))
            }
            Judged::Refused(_) | Judged::Step { .. } | Judged::SameAs { .. } => {
                self.waiting.push_back(Waiting { ticket, submission, judged });
                step.map(Output::Append)
            }
        }
    }

    /// The step of that revision is on disk: its state is the durable one now, and what waited for it is answered.
    pub fn appended(&mut self, revision: u64, sequence: u64, position: u64) -> Vec<Output<T>> {
        let mut out = Vec::new();
        match self.waiting.front() {
            Some(Waiting { judged: Judged::Step { revision: expected, .. }, .. }) if *expected == revision => {}
            _ => return out,
        }
        if let Some(Waiting { ticket, submission, judged: Judged::Step { after, forgets, .. } }) = self.waiting.pop_front() {
            if forgets {
                self.entity.forget_requests();
            }
            self.entity.take(after, revision, sequence, position, submission.request.as_ref());
            out.push(Output::Answer(ticket, Ok(Receipt { revision, sequence })));
        }
        self.answer_front(&mut out);
        if self.waiting.is_empty() {
            // Most cells are idle most of the time, and there may be a million: the queue's room is given back.
            self.waiting = VecDeque::new();
        }
        out
    }

    /// The writer refused the step of that revision because of a claim. All that was judged on it is judged anew.
    pub fn refused(&mut self, revision: u64, rejection: Rejection, cx: &Context<'_>) -> Vec<Output<T>> {
        self.first = true;
        self.judge_anew(revision, rejection, cx)
    }

    /// The shell cannot hand the step of that revision to the writer (it is too large); the writer knows nothing of it.
    pub fn unfit(&mut self, revision: u64, rejection: Rejection, cx: &Context<'_>) -> Vec<Output<T>> {
        self.judge_anew(revision, rejection, cx)
    }

    fn judge_anew(&mut self, revision: u64, rejection: Rejection, cx: &Context<'_>) -> Vec<Output<T>> {
        let mut out = Vec::new();
        self.generation += 1;
        let waiting = std::mem::take(&mut self.waiting);
        let mut behind = false;
        for Waiting { ticket, submission, judged } in waiting {
            match judged {
                _ if behind => out.extend(self.submit(ticket, submission, cx)),
                Judged::Step { revision: r, first, .. } if r == revision => {
                    behind = true;
                    // The writer has not seen it, so the next one is the first.
                    self.first |= first;
                    let refusal = Refusal::Rejected(rejection.clone());
                    if self.waiting.is_empty() {
                        out.push(Output::Answer(ticket, Err(refusal)));
                    } else {
                        // What it was judged on is still on its way to the disk; the refusal waits for that (promise 1).
                        self.waiting.push_back(Waiting { ticket, submission, judged: Judged::Refused(refusal) });
                    }
                }
                // Before it: judged on what stands.
                Judged::Step { .. } | Judged::Refused(_) | Judged::SameAs { .. } => {
                    self.waiting.push_back(Waiting { ticket, submission, judged })
                }
            }
        }
        out
    }

    fn answer_front(&mut self, out: &mut Vec<Output<T>>) {
        while let Some(front) = self.waiting.front() {
            match &front.judged {
                Judged::Step { .. } => return,
                Judged::Refused(_) | Judged::SameAs { .. } => {}
            }
            let Some(Waiting { ticket, judged, .. }) = self.waiting.pop_front() else { return };
            match judged {
                Judged::Refused(refusal) => out.push(Output::Answer(ticket, Err(refusal))),
                Judged::SameAs { revision } => {
                    let receipt = self.entity.recent.iter().map(|a| a.receipt).find(|r| r.revision == revision);
                    out.push(Output::Answer(ticket, receipt.ok_or(Refusal::Busy)));
                }
                Judged::Step { .. } => {}
            }
        }
    }

    /// Revision and state that the next command is judged against.
    fn tentative(&self) -> (u64, Option<&Arc<State>>) {
        let last = self.waiting.iter().rev().find_map(|w| match &w.judged {
            Judged::Step { revision, after, .. } => Some((*revision, after)),
            Judged::Refused(_) | Judged::SameAs { .. } => None,
        });
        match last {
            Some((revision, state)) => (revision, Some(state)),
            None => (self.entity.revision, self.entity.state.as_ref()),
        }
    }

    fn judge(&self, submission: &Submission, cx: &Context<'_>) -> (Judged, Option<Box<PendingStep>>) {
        if let Some(request) = &submission.request
            && let Some((same, revision)) = self.in_flight(request)
        {
            let refused = || self.concealed(submission, cx).unwrap_or_else(|| reused(request));
            let judged = if same { Judged::SameAs { revision } } else { Judged::Refused(refused()) };
            return (judged, None);
        }
        let (revision, before) = self.tentative();
        let before = before.cloned();
        if let Some(expected) = submission.expected_revision
            && expected != revision
            && !mutant!("expected-revision-unread")
        {
            let conflict = || Rejection::Conflict { expected, actual: revision }.into();
            return (Judged::Refused(self.concealed(submission, cx).unwrap_or_else(conflict)), None);
        }
        let cx = Context { principal: &submission.principal, ..*cx };
        let judged = catch_unwind(AssertUnwindSafe(|| {
            #[cfg(feature = "mutants")]
            crate::mutants::panic_in(command_name(&submission.command));
            transition(&self.key, before.as_deref(), &submission.command, &cx)
        }));
        match judged {
            Err(panic) => {
                let name = command_name(&submission.command);
                let defect = Defect::new(name, &self.key, revision, before.as_deref(), submission, &words(&*panic));
                (Judged::Refused(Refusal::Internal(Box::new(defect))), None)
            }
            Ok(Err(rejection)) => (Judged::Refused(rejection.into()), None),
            Ok(Ok(Step { events, messages, claims, state })) => {
                let after = Arc::new(state);
                let forgets = events.iter().any(Event::forgets_requests);
                let step = PendingStep {
                    key: self.key.clone(),
                    revision: revision + 1,
                    generation: self.generation,
                    first: self.first,
                    base_position: self.entity.position,
                    at: cx.now,
                    actor: submission.principal.actor(),
                    command: command_name(&submission.command),
                    request: submission.request.clone(),
                    events,
                    messages,
                    claims,
                    before,
                    after: Arc::clone(&after),
                };
                (Judged::Step { revision: revision + 1, first: self.first, after, forgets }, Some(Box::new(step)))
            }
        }
    }

    /// What is answered about a Work Order that who asks may not see, before anything else could tell that it is there (PER-8).
    fn concealed(&self, submission: &Submission, cx: &Context<'_>) -> Option<Refusal> {
        let cx = Context { principal: &submission.principal, ..*cx };
        let order = self.tentative().1.and_then(|state| state.work_order())?;
        hidden(order, &cx).map(Refusal::Rejected)
    }

    /// A step in flight for the same request id: whether its parameters are the same, and its revision.
    fn in_flight(&self, request: &Request) -> Option<(bool, u64)> {
        self.waiting.iter().find_map(|w| match (&w.judged, &w.submission.request) {
            (Judged::Step { revision, .. }, Some(known)) if known.id == request.id && !mutant!("repeat-in-flight-unseen") => {
                Some((known.digest == request.digest, *revision))
            }
            _ => None,
        })
    }
}

fn reused(request: &Request) -> Refusal {
    Rejection::RequestIdReused { request_id: request.id.as_str().to_owned() }.into()
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without words".to_owned())
}

/// The name of a command of any kind.
pub fn command_name(command: &Command) -> &'static str {
    use crate::domain::definition::CatalogueCommand;
    use crate::domain::directory::DirectoryCommand;
    use crate::domain::installation::InstallationCommand;
    use crate::domain::service_group::ServiceGroupCommand;
    match command {
        Command::WorkOrder(command) => command.name(),
        Command::ServiceGroup(ServiceGroupCommand::Put(_)) => "PutServiceGroup",
        Command::ServiceGroup(ServiceGroupCommand::Take { .. }) => "Take",
        Command::ServiceGroup(ServiceGroupCommand::Reconsider { .. }) => "Reconsider",
        Command::Directory(DirectoryCommand::PutStaffUser(_)) => "PutStaffUser",
        Command::Directory(DirectoryCommand::PutAccount(_)) => "PutAccount",
        Command::Directory(DirectoryCommand::PutContact(_)) => "PutContact",
        Command::Directory(DirectoryCommand::PutDepartment(_)) => "PutDepartment",
        Command::Directory(DirectoryCommand::PutProduct(_)) => "PutProduct",
        Command::Directory(DirectoryCommand::PutTerminal(_)) => "PutTerminal",
        Command::Directory(DirectoryCommand::PutUserGroup(_)) => "PutUserGroup",
        Command::Directory(DirectoryCommand::PutServiceProvider(_)) => "PutServiceProvider",
        Command::Directory(DirectoryCommand::SetAbsence { .. }) => "SetAbsence",
        Command::Directory(DirectoryCommand::ClearAbsence { .. }) => "ClearAbsence",
        Command::Directory(DirectoryCommand::SetNotices { .. }) => "SetNotices",
        Command::Directory(DirectoryCommand::ErasePerson { .. }) => "ErasePerson",
        Command::Directory(DirectoryCommand::FinishErasure { .. }) => "FinishErasure",
        Command::Directory(DirectoryCommand::SignIn { command, .. }) => command.name(),
        Command::Catalogue(CatalogueCommand::ApplyDefinitions(_)) => "ApplyDefinitions",
        Command::Catalogue(CatalogueCommand::PublishRecordType(_)) => "PublishRecordType",
        Command::Catalogue(CatalogueCommand::RetireRecordType(_)) => "RetireRecordType",
        Command::Catalogue(CatalogueCommand::DeleteRecordType(_)) => "DeleteRecordType",
        Command::Installation(InstallationCommand::Found { .. }) => "Found",
        Command::Installation(InstallationCommand::SetClock { .. }) => "SetClock",
        Command::Installation(InstallationCommand::TrustClock { .. }) => "TrustClock",
        Command::Installation(InstallationCommand::ChangeSmsQuota { .. }) => "ChangeSmsQuota",
    }
}
