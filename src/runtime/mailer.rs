//! Sends mails whose time has come, and records how it went. What waits is in the states of Work Orders and contacts, not here.

use super::gateways::{self, Gateways};
use super::handle::Runtime;
use super::notices::{self, Due, Gathering};
use super::render::{self, Letterhead};
use super::shared::Shared;
use super::{sign_in, timers};
use crate::domain::aggregate::{Command, Key};
use crate::domain::ids::MailNo;
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::work_order::deadline::Deadline;
use crate::domain::work_order::mail::{Errand, Mail, MailOutcome};
use crate::domain::work_order::{self, WorkOrder};
use crate::engine::backoff;
use crate::engine::cell::Refusal;
use crate::engine::schedule::Timer;
use crate::mail::{Message, Outcome, Smtp};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::{Semaphore, mpsc, watch};

/// Where mails go.
#[derive(Clone)]
pub struct Post {
    /// None: no mail server is configured; mails are deferred and say so.
    pub smtp: Option<Smtp>,
    pub letterhead: Letterhead,
    pub gateways: Gateways,
    /// How many mails are worked on at a time.
    pub at_once: usize,
}

/// Where mails go now, and the places for those under way. A new post office has places of its own; what is under way ends in the old one.
#[derive(Clone)]
pub struct Office {
    post: Arc<Post>,
    places: Arc<Semaphore>,
}

impl Office {
    /// An office for this post.
    pub fn new(post: Post) -> Self {
        let places = Arc::new(Semaphore::new(post.at_once.max(1)));
        Self { post: Arc::new(post), places }
    }
}

/// The way to the mailer.
#[derive(Clone)]
pub struct MailQueue(mpsc::UnboundedSender<Timer>);

impl MailQueue {
    /// A queue and its other end. It holds timers that are lent out, so it is bounded by the mails there are.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Timer>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// A mail is due.
    pub fn put(&self, timer: Timer) {
        let _ = self.0.send(timer);
    }
}

/// Runs for ever on the arbiter it is spawned on.
pub async fn run(runtime: Runtime, office: watch::Receiver<Office>, mut due: mpsc::UnboundedReceiver<Timer>) {
    let gathering = Arc::new(Gathering::default());
    while let Some(timer) = due.recv().await {
        // What is sent must be recorded, so nothing is sent while the disk is nearly full.
        runtime.shared.room.wait().await;
        let places = Arc::clone(&office.borrow().places);
        let Ok(place) = places.acquire_owned().await else { return };
        let (runtime, post, gathering) = (runtime.clone(), Arc::clone(&office.borrow().post), Arc::clone(&gathering));
        actix_rt::spawn(async move {
            let views = runtime.clone();
            if actix_rt::spawn(async move { send(&runtime, &post, &gathering, timer).await }).await.is_err() {
                tracing::error!(of = %timer.of, "sending a mail panicked");
                views.views().schedule().failed(timer);
            }
            drop(place);
        });
    }
}

async fn send(runtime: &Runtime, post: &Arc<Post>, gathering: &Gathering, timer: Timer) {
    let no = match timer.deadline {
        Deadline::Mail(no) => no,
        Deadline::SignInMail(no) => return sign_in::send(runtime, post, timer, no).await,
        Deadline::AutoComplete(_) | Deadline::Overdue(_) | Deadline::Remind(_) | Deadline::ToDo(_) | Deadline::Call(_) => return,
    };
    let Some(due) = read(runtime, timer, no).await else { return };
    match due.mail().filter(|mail| mail.notice.is_some()).and_then(|mail| mail.to.0.clone()) {
        None => {
            let Some((order, mail)) = due.order().zip(due.mail()) else { return runtime.views().schedule().settled(timer, true) };
            let attempt = mail.attempts + 1;
            let outcome = match mail.errand(runtime.now()) {
                None => return runtime.views().schedule().settled(timer, true),
                Some(Errand::HandOver) => outcome(runtime, post, order, mail).await,
                Some(Errand::Record(outcome)) => outcome,
                Some(Errand::Begin) => match gateways::hand_over(runtime, post, timer, order, mail).await {
                    Some(outcome) => outcome,
                    None => return,
                },
                Some(Errand::Ask { reference, sent_at }) => gateways::ask(runtime, post, order, mail, (reference.as_ref(), sent_at)).await,
            };
            count(runtime, &outcome);
            record_of_order(runtime, timer, no, attempt, outcome).await;
        }
        Some(address) => {
            let mut timers = gathering.join(&address, timer).await;
            while !timers.is_empty() {
                let (told, again) = (timers.clone(), (runtime.clone(), Arc::clone(post)));
                if actix_rt::spawn(async move { tell(&again.0, &again.1, told).await }).await.is_err() {
                    tracing::error!("sending notices panicked");
                    timers.into_iter().for_each(|timer| runtime.views().schedule().failed(timer));
                }
                timers = gathering.take(&address);
            }
        }
    }
}

/// The mail of a timer; none if it is no longer wanted, or cannot be read now, which the schedule knows then.
async fn read(runtime: &Runtime, timer: Timer, no: MailNo) -> Option<Due> {
    match Due::read(runtime, timer, no).await {
        Ok(Some(due)) => return Some(due),
        Ok(None) => runtime.views().schedule().settled(timer, true),
        Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => timers::later(runtime, timer),
        Err(refusal) => {
            tracing::error!(of = %timer.of, mail = no.0, %refusal, "the Work Order of a mail cannot be read");
            runtime.views().schedule().failed(timer);
        }
    }
    None
}

pub(super) fn count(runtime: &Runtime, outcome: &MailOutcome) {
    let counters = &runtime.shared.counters;
    match outcome {
        MailOutcome::Sent | MailOutcome::Accepted { .. } => {
            Shared::count(&counters.mails_sent);
            counters.mail_trouble.store(0, Ordering::Relaxed);
        }
        MailOutcome::Failed { .. } => Shared::count(&counters.mails_failed),
        MailOutcome::Deferred { .. } | MailOutcome::Unknown { .. } => Shared::count(&counters.mail_trouble),
        // Of what was counted when it was taken.
        MailOutcome::Delivered | MailOutcome::Waiting { .. } => {}
    }
}

async fn record_of_order(runtime: &Runtime, timer: Timer, no: MailNo, attempt: u32, outcome: MailOutcome) {
    let Some(order) = timer.work_order() else { return };
    let command = Command::WorkOrder(work_order::Command::RecordMail { mail: no, attempt, outcome });
    record(runtime, timer, Key::WorkOrder(order), command).await;
}

/// What came of an attempt is recorded: a busy moment is waited out.
pub(super) async fn record(runtime: &Runtime, timer: Timer, key: Key, command: Command) {
    loop {
        match runtime.submit_as_system(&key, command.clone()).await {
            Ok(_) => return runtime.views().schedule().settled(timer, false),
            Err(Refusal::Rejected(Rejection::TimerStale)) => return runtime.views().schedule().settled(timer, true),
            Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => tokio::time::sleep(std::time::Duration::from_millis(100)).await,
            Err(refusal) => {
                tracing::error!(%key, timer = ?timer.deadline, %refusal, "what came of it could not be recorded");
                return runtime.views().schedule().failed(timer);
            }
        }
    }
}

/// Notices to one person that are due together: one mail, whose outcome is that of each of them.
async fn tell(runtime: &Runtime, post: &Post, timers: Vec<Timer>) {
    let mut all = Vec::new();
    for timer in timers {
        // Read again: the node may have been left meanwhile.
        if let Deadline::Mail(no) = timer.deadline {
            all.extend(read(runtime, timer, no).await);
        }
    }
    if all.is_empty() {
        return;
    }
    let message = {
        let reference = runtime.views().reference();
        notices::render(&mut all, &reference.catalogue, &post.letterhead, &runtime.shared.installation)
    };
    let Some((order, first)) = all.first().and_then(|due| due.order().zip(due.mail())) else { return };
    let outcome = deliver(runtime, post, &attempt(runtime, order, first), message).await;
    count(runtime, &outcome);
    for due in &all {
        if let Some(mail) = due.mail() {
            record_of_order(runtime, due.timer, due.no, mail.attempts + 1, outcome.clone()).await;
        }
    }
}

async fn outcome(runtime: &Runtime, post: &Post, order: &WorkOrder, mail: &Mail) -> MailOutcome {
    let message = {
        let reference = runtime.views().reference();
        let keys = (&runtime.shared.installation, &runtime.shared.secret);
        render::render(order, mail, &reference.catalogue, &reference.directory, &post.letterhead, keys)
    };
    deliver(runtime, post, &attempt(runtime, order, mail), message).await
}

/// What an attempt at a mail goes by.
pub(super) struct Attempt {
    pub intent: [u8; 16],
    /// Those before this one.
    pub attempts: u32,
    pub ends_at: Timestamp,
}

fn attempt(runtime: &Runtime, order: &WorkOrder, mail: &Mail) -> Attempt {
    let intent = render::intent(&runtime.shared.installation, order.id, mail.no);
    Attempt { intent, attempts: mail.attempts, ends_at: mail.ends_at }
}

/// When a mail is tried again, or a message asked about again.
fn put_off(runtime: &Runtime, of: &Attempt) -> Timestamp {
    let spread = of.intent.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b)).rotate_left(of.attempts);
    runtime.now().plus(backoff::pause(of.attempts + 1, spread))
}

/// The same, of a mail of a Work Order.
pub(super) fn backoff_until(runtime: &Runtime, order: &WorkOrder, mail: &Mail) -> Timestamp {
    put_off(runtime, &attempt(runtime, order, mail))
}

/// One attempt, or how long it is put off if it fails.
pub(super) async fn deliver(runtime: &Runtime, post: &Post, of: &Attempt, message: Result<Message, String>) -> MailOutcome {
    let later = |why: String| MailOutcome::Deferred { until: put_off(runtime, of), why: PersonalText(Some(why.into())) };
    if runtime.now() >= of.ends_at {
        return later("its time is up".into());
    }
    let Some(smtp) = &post.smtp else { return later("no mail server is configured".into()) };
    let message = match message {
        Ok(message) => message,
        Err(why) => return MailOutcome::Failed { why: PersonalText(Some(why.into())) },
    };
    match smtp.send(&message).await {
        Outcome::Sent { .. } => MailOutcome::Sent,
        Outcome::Failed { why } => MailOutcome::Failed { why: PersonalText(Some(why.into())) },
        Outcome::Deferred { why } => later(why),
        // It may have arrived: tried again with the same Message-ID, so that the recipient's server can tell.
        Outcome::Unknown { why } => later(format!("outcome unknown: {why}")),
    }
}
