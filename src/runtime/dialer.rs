//! Hands calls to the call center and asks how they went (FUP-5). What waits is in the states of Work Orders, not here; when something is to
//! be done, and that it is recorded once, is the domain's (`work_order::call`).
//!
//! What a call center knows a call by is always the same for the same call, so after a kill it may be handed over again.

use super::gateways::{ProviderReceipt, WrongReceipt, with_country};
use super::handle::Runtime;
use super::links::Token;
use super::{mailer, timers};
use crate::domain::aggregate::{Command, Key};
use crate::domain::ids::{CallNo, StaffUserId, WorkOrderId};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::work_order::call::{CallEnd, CallErrand, CallOutcome, CallStatus, PhoneCall};
use crate::domain::work_order::deadline::Deadline;
use crate::domain::work_order::{self, WorkOrder};
use crate::engine::backoff;
use crate::engine::cell::Refusal;
use crate::engine::schedule::Timer;
use crate::gateway::{Answer, Call, CallCenter, CallReport, CallState, PushProblem};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// How many calls are worked on at a time.
const AT_ONCE: usize = 16;
/// How often a report is recorded anew that something else came before.
const REPORT_TRIES: usize = 10;
/// How long somebody waits who wants to call again.
const LOOK_NOW: Duration = Duration::from_secs(5);

/// The call center there is.
pub struct Center {
    pub center: CallCenter,
    /// Before numbers without a country.
    pub country: Option<String>,
    /// Whether it is told where to bring reports.
    pub reports: bool,
}

/// The way to the dialer.
#[derive(Clone)]
pub struct CallQueue(mpsc::UnboundedSender<Timer>);

impl CallQueue {
    /// A queue and its other end. It holds timers that are lent out, so it is bounded by the calls there are.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Timer>) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// A call is due.
    pub fn put(&self, timer: Timer) {
        let _ = self.0.send(timer);
    }
}

/// Runs for ever on the arbiter it is spawned on.
pub async fn run(runtime: Runtime, mut due: mpsc::UnboundedReceiver<Timer>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(timer) = due.recv().await {
        // What is started must be recorded, so nothing is started while the disk is nearly full.
        runtime.shared.room.wait().await;
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let runtime = runtime.clone();
        actix_rt::spawn(async move {
            let views = runtime.clone();
            if actix_rt::spawn(async move { go_on(&runtime, timer).await }).await.is_err() {
                tracing::error!(of = %timer.of, "a call panicked");
                views.views().schedule().failed(timer);
            }
            drop(place);
        });
    }
}

async fn go_on(runtime: &Runtime, timer: Timer) {
    let (Deadline::Call(no), Some(order)) = (timer.deadline, timer.work_order()) else { return };
    let key = Key::WorkOrder(order);
    let entity = match runtime.read(&key).await {
        Ok(entity) => entity,
        Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => return timers::later(runtime, timer),
        Err(refusal) => {
            tracing::error!(of = %timer.of, call = no.0, %refusal, "the Work Order of a call cannot be read");
            return runtime.views().schedule().failed(timer);
        }
    };
    // What is void stands still.
    let order = entity.state.as_ref().and_then(|state| state.work_order()).filter(|order| order.life.is_normal());
    let found = order.and_then(|order| Some((order, order.call(no)?)));
    let Some((order, call, errand)) = found.and_then(|(order, call)| Some((order, call, call.errand(runtime.now())?))) else {
        return runtime.views().schedule().settled(timer, true);
    };
    let outcome = match errand {
        CallErrand::HandOver => hand_over(runtime, order, call).await,
        CallErrand::Look { reference, looks } => look(runtime, order, call, &reference, looks).await,
        CallErrand::Record(outcome) => outcome,
    };
    let command = work_order::Command::RecordCall { call: no, told: call.told + 1, outcome };
    mailer::record(runtime, timer, key, Command::WorkOrder(command)).await;
}

async fn hand_over(runtime: &Runtime, order: &WorkOrder, call: &PhoneCall) -> CallOutcome {
    let gateways = runtime.shared.gateways();
    let prepared = || {
        let center = gateways.call_center.clone().ok_or("no call center is configured (settings, [calls])")?;
        let number = number(&center, call)?;
        let account = call.account.0.as_deref().ok_or("the call account was erased")?.to_owned();
        Ok::<_, String>((center, number, account))
    };
    let (center, number, account) = match prepared() {
        Ok(prepared) => prepared,
        Err(why) => return failed(why),
    };
    let receipt = gateways.receipt_url.as_ref().filter(|_| center.reports).map(|base| format!("{base}calls"));
    let token = runtime.token(Token::Call(order.id, call.no));
    let call = Call { call: token, account, number, work_order: order.number.to_string(), receipt };
    match center.center.start(&call).await {
        Answer::Accepted { reference } => CallOutcome::UnderWay { reference: PersonalText(Some(reference.into())), talking: false },
        Answer::Failed { why } => failed(why),
        Answer::Deferred { why } => CallOutcome::Deferred { why: PersonalText(Some(why.into())) },
        // The same call starts nothing twice, so it is tried again.
        Answer::Unknown { why } => {
            CallOutcome::Deferred { why: PersonalText(Some(format!("it may have been started all the same: {why}").into())) }
        }
    }
}

async fn look(runtime: &Runtime, order: &WorkOrder, call: &PhoneCall, reference: &PersonalText, looks: u8) -> CallOutcome {
    let spread = (order.id.0 as u64 ^ u64::from(call.no.0)).rotate_left(looks.into());
    let look_at = runtime.now().plus(backoff::pause(u32::from(looks) + 1, spread));
    let nothing = CallOutcome::NoEndYet { talking: None, look_at };
    let Some(center) = runtime.shared.gateways().call_center else { return nothing };
    let (Ok(number), Some(reference)) = (number(&center, call), &reference.0) else { return nothing };
    match center.center.ask(reference, &number).await {
        Ok(report) => match told(&report) {
            Told::UnderWay { talking } => CallOutcome::NoEndYet { talking: Some(talking), look_at },
            Told::Ended(end) => CallOutcome::Ended(end),
        },
        Err(why) => {
            tracing::warn!(order = %order.number, call = call.no.0, why, "it could not be asked how a call went");
            nothing
        }
    }
}

/// The number as the call center wants it.
fn number(center: &Center, call: &PhoneCall) -> Result<String, String> {
    let written = call.number.0.as_deref().ok_or("the number was erased")?;
    with_country(written, center.country.as_deref(), "calls.country")
}

fn failed(why: String) -> CallOutcome {
    CallOutcome::Ended(CallEnd::Failed { why: PersonalText(Some(why.into())) })
}

enum Told {
    UnderWay { talking: bool },
    Ended(CallEnd),
}

fn told(report: &CallReport) -> Told {
    match report.state {
        CallState::Ringing => Told::UnderWay { talking: false },
        CallState::Answered => Told::UnderWay { talking: true },
        CallState::NoAnswer => Told::Ended(CallEnd::NoAnswer),
        CallState::Busy => Told::Ended(CallEnd::Busy),
        CallState::Failed => Told::Ended(CallEnd::Failed { why: PersonalText::new("the call center could not put it through") }),
        CallState::Ended => Told::Ended(CallEnd::Answered { seconds: report.seconds }),
    }
}

impl Runtime {
    /// Reads what a call center brought; whether the call is ours, whoever asks finds out.
    ///
    /// # Errors
    /// It is not from the call center that is configured, or makes no sense.
    pub fn read_call_report(&self, brought: &ProviderReceipt) -> Result<CallReport, WrongReceipt> {
        let center = self.shared.gateways().call_center.ok_or(WrongReceipt::UnknownProvider)?;
        center.center.report(&brought.signature, brought.body.as_bytes()).map_err(|problem| match problem {
            PushProblem::NotSigned => WrongReceipt::NotSigned,
            PushProblem::Unreadable { why } => WrongReceipt::Unreadable(why),
        })
    }
}

/// Asks at once how the call of somebody goes who wants to call again; whether it has ended.
pub async fn look_now(runtime: &Runtime, order: WorkOrderId, by: &StaffUserId) -> bool {
    let Ok(entity) = runtime.read(&Key::WorkOrder(order)).await else { return false };
    let calls = entity.state.as_ref().and_then(|state| state.work_order()).map_or(&[][..], WorkOrder::calls);
    let Some(call) = calls.iter().find(|call| call.by == *by && call.status.is_open()) else { return false };
    let (Some(center), CallStatus::UnderWay { reference, .. }) = (runtime.shared.gateways().call_center, &call.status) else {
        return false;
    };
    let (Ok(number), Some(reference)) = (number(&center, call), &reference.0) else { return false };
    let Ok(Ok(report)) = tokio::time::timeout(LOOK_NOW, center.center.ask(reference, &number)).await else { return false };
    matches!(told(&report), Told::Ended(_)) && take(runtime, order, call.no, &report).await.is_ok()
}

/// Records what a call center brought. What is no news, or of a call that is forgotten, is not recorded.
///
/// # Errors
/// `Busy`: it may be brought again.
pub async fn take(runtime: &Runtime, order: WorkOrderId, no: CallNo, report: &CallReport) -> Result<(), Refusal> {
    let outcome = match told(report) {
        Told::UnderWay { talking } => CallOutcome::UnderWay { reference: PersonalText::new(&report.reference), talking },
        Told::Ended(end) => CallOutcome::Ended(end),
    };
    for _ in 0..REPORT_TRIES {
        let entity = runtime.read(&Key::WorkOrder(order)).await?;
        let call = entity.state.as_ref().and_then(|state| state.work_order()).and_then(|order| order.call(no));
        let Some(call) = call.filter(|call| call.after(&outcome, runtime.now()).is_some()) else { return Ok(()) };
        let command = work_order::Command::RecordCall { call: no, told: call.told + 1, outcome: outcome.clone() };
        match runtime.submit_as_system(&Key::WorkOrder(order), Command::WorkOrder(command)).await {
            Ok(_) => return Ok(()),
            // Something else of it was recorded at the same moment.
            Err(Refusal::Rejected(Rejection::TimerStale)) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::Busy)
}
