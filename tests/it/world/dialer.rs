//! The dialer as `runtime::dialer` has it, the people who call, and a call center that does as the seed says.
//!
//! Invariant: the call center is handed a call only while somebody waits for it, rings once however often it gets it, and what it
//! says of the end is what stands in the history, once.

use super::company;
use super::daemon::{Letter, Ticket};
use super::people::staff;
use super::world::World;
use std::collections::BTreeMap;
use std::sync::Arc;
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::ids::{CallNo, WorkOrderId};
use workorderd::domain::rejection::Rejection;
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::{Span, Timestamp};
use workorderd::domain::work_order::call::{
    CallEnd, CallErrand, CallOutcome, CallStatus, CallTo, HAND_OVER_WITHIN, KEPT, OUTCOME_WITHIN, PhoneCall,
};
use workorderd::domain::work_order::deadline::Deadline;
use workorderd::domain::work_order::event::Event;
use workorderd::domain::work_order::{Command as Order, WorkOrder};
use workorderd::engine::backoff;
use workorderd::engine::cell::Refusal;
use workorderd::engine::entity::Receipt;
use workorderd::engine::schedule::Timer;

/// How many calls are worked on at a time.
const AT_ONCE: usize = 2;

/// A call: of which Work Order, and which.
pub type Intent = (WorkOrderId, CallNo);

/// One errand of the dialer.
pub struct Dialing {
    timer: Timer,
    stage: Stage,
}

enum Stage {
    Reading,
    Unread,
    Recording { told: u32, outcome: CallOutcome },
}

impl Dialing {
    /// The cell went before it could be read.
    pub fn unread(&mut self) {
        self.stage = Stage::Unread;
    }

    fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Unread)
    }
}

/// What the call center has of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ring {
    /// It is not put through, ever.
    Refused,
    Rings {
        reference: String,
        end: Option<CallEnd>,
    },
}

/// The call center.
#[derive(Debug, Default)]
pub struct Center {
    book: BTreeMap<Intent, Ring>,
    is_down: bool,
}

/// The calls as the history has them.
#[derive(Debug, Default)]
pub struct CallBook(BTreeMap<Intent, Story>);

#[derive(Debug)]
struct Story {
    at: i64,
    by: String,
    is_open: bool,
    ended: Option<CallEnd>,
}

impl CallBook {
    /// Takes an event in, with the time of its record.
    pub fn take(&mut self, id: WorkOrderId, event: &Event, order: Option<&WorkOrder>, at: i64) {
        match event {
            Event::CallStarted { call } => {
                let by = call.by.to_string();
                let of_the_order = self.0.range((id, CallNo(0))..=(id, CallNo(u32::MAX)));
                let twice = of_the_order.filter(|(_, story)| story.is_open && story.by == by).count();
                assert_eq!(twice, 0, "{by} calls twice at the same time");
                assert!(order.is_some_and(|order| order.life.is_normal() && order.lock.is_none()), "{id} is not to be called about");
                let story = Story { at, by, is_open: true, ended: None };
                assert!(self.0.insert((id, call.no), story).is_none(), "call {} of {id} was started twice", call.no.0);
            }
            Event::CallTold { call, status, .. } => {
                let story = self.0.get_mut(&(id, *call)).unwrap_or_else(|| panic!("no such call {} of {id}", call.0));
                assert!(story.ended.is_none(), "call {} of {id} had ended as {:?}, now {status:?}", call.0, story.ended);
                match status {
                    CallStatus::Ended { end, .. } => story.ended = Some(end.clone()),
                    // What was given up may be told to have ended all the same, and nothing else.
                    other => assert!(story.is_open, "call {} of {id} is over, and now {other:?}", call.0),
                }
                story.is_open = status.is_open();
            }
            _ => {}
        }
    }

    /// What stands in the state is what the history says.
    pub fn rests(&mut self, order: &WorkOrder) {
        assert!(order.calls().len() <= KEPT, "{} keeps {} calls", order.id, order.calls().len());
        for call in order.calls() {
            let story = self.0.get_mut(&(order.id, call.no)).unwrap_or_else(|| panic!("{} has a call without a record", order.id));
            // Whoever was erased is called no more.
            story.is_open &= !matches!(call.status, CallStatus::CalledOff { .. });
            assert_eq!(call.status.is_open(), story.is_open, "call {} of {}", call.no.0, order.id);
        }
        let open = self.0.range((order.id, CallNo(0))..=(order.id, CallNo(u32::MAX))).filter(|(_, story)| story.is_open);
        assert_eq!(open.count(), order.calls().iter().filter(|call| call.status.is_open()).count(), "an open call was forgotten");
    }
}

impl World {
    /// Somebody calls the customer, or whomever.
    pub fn call(&mut self, order: &WorkOrder) {
        let to = match self.rng.u32(..8) {
            0 => CallTo::Submitter,
            1 => CallTo::Contact,
            2 => CallTo::Number(["+86 138 0013 8000", "021 5888 0000", "call me", ""][self.rng.usize(..4)].to_owned()),
            _ => CallTo::Anybody,
        };
        let who = match self.rng.u32(..4) {
            0 => self.anybody(order),
            1 => self.handler(order),
            _ => staff(["disp-1", "disp-2", "root"][self.rng.usize(..3)]),
        };
        let id = (self.rng.u32(..10) > 0).then(|| self.request_id());
        self.ask(Key::WorkOrder(order.id), who, Command::WorkOrder(Order::StartCall { to }), id, None);
    }

    /// Whether the dialer has something to do.
    pub fn dialer_is_ready(&self) -> bool {
        self.a_dialing_can_begin() || self.daemon.dialings.values().any(Dialing::is_ready)
    }

    fn a_dialing_can_begin(&self) -> bool {
        !self.daemon.calls_due.is_empty() && self.daemon.dialings.len() < AT_ONCE && !self.settings.scarce
    }

    /// The dialer begins an errand, or puts one off that could not be read.
    pub fn dialer_goes_on(&mut self) {
        if let Some(id) = self.daemon.dialings.iter().find(|(_, dialing)| dialing.is_ready()).map(|(id, _)| *id) {
            let dialing = self.daemon.dialings.remove(&id).expect("it was found");
            return self.daemon.views.schedule().again(dialing.timer);
        }
        let Some(timer) = self.daemon.calls_due.pop_front() else { return };
        self.daemon.next_errand += 1;
        let id = self.daemon.next_errand;
        self.daemon.dialings.insert(id, Dialing { timer, stage: Stage::Reading });
        let key = key_of(timer);
        let published = self.audit.revision(&key);
        self.send(&key, Letter::Read(id, published));
    }

    /// The durable state is at hand: what is to be done is done at once.
    pub fn dialing_reads(&mut self, id: u64, state: Option<Arc<State>>) {
        let timer = self.daemon.dialings[&id].timer;
        let (order_id, no) = intent(timer);
        let order = state.as_deref().and_then(State::work_order).filter(|order| order.life.is_normal());
        let found = order.and_then(|order| order.call(no)).and_then(|call| Some((call.clone(), call.errand(self.now)?)));
        let Some((call, errand)) = found else {
            self.daemon.dialings.remove(&id);
            return self.daemon.views.schedule().settled(timer, true);
        };
        let outcome = match errand {
            CallErrand::HandOver => self.dial((order_id, no), &call),
            CallErrand::Look { looks, .. } => self.look((order_id, no), looks),
            CallErrand::Record(outcome) => {
                self.coverage.count("call", "nobody waits for it any more");
                outcome
            }
        };
        self.record_call(id, call.told + 1, outcome);
    }

    fn dial(&mut self, intent: Intent, call: &PhoneCall) -> CallOutcome {
        let known = self.audit.known.get(&Key::WorkOrder(intent.0)).and_then(|known| known.state.work_order());
        assert!(known.is_some_and(|order| order.call(intent.1).is_some()), "call {intent:?} is made before it is durable");
        let latest = call.at.plus(HAND_OVER_WITHIN);
        assert!(self.now < latest, "call {intent:?} is made at {:?}, and was wanted until {latest:?}", self.now);
        assert!(call.number.0.is_some() && call.account.0.is_some(), "call {intent:?} goes nowhere");
        let deferred = |why: &str| CallOutcome::Deferred { why: PersonalText::new(why) };
        if self.center.is_down {
            self.coverage.count("call", "the center is down");
            return deferred("connection refused");
        }
        let said = self.rng.u32(..10);
        let reference = format!("ref-{}-{}", intent.0, intent.1.0);
        let fresh = if said == 0 { Ring::Refused } else { Ring::Rings { reference, end: None } };
        let is_new = !self.center.book.contains_key(&intent);
        let ring = match said {
            // Certainly not taken.
            1 if is_new => return deferred("503"),
            _ => self.center.book.entry(intent).or_insert(fresh).clone(),
        };
        self.coverage.count("call", if is_new { "handed over" } else { "handed over again" });
        if self.rng.u32(..6) == 0 {
            self.coverage.count("call", "the answer was lost");
            return deferred("it may have been started all the same");
        }
        match ring {
            Ring::Refused => CallOutcome::Ended(CallEnd::Failed { why: PersonalText::new("422 no such number") }),
            Ring::Rings { reference, .. } => CallOutcome::UnderWay { reference: PersonalText::new(&reference), talking: false },
        }
    }

    fn look(&mut self, intent: Intent, looks: u8) -> CallOutcome {
        let look_at = self.now.plus(backoff::pause(u32::from(looks) + 1, u64::from(intent.1.0)));
        if self.center.is_down {
            return CallOutcome::NoEndYet { talking: None, look_at };
        }
        match self.goes_on(intent) {
            Some(end) => CallOutcome::Ended(end),
            None => CallOutcome::NoEndYet { talking: Some(self.rng.bool()), look_at },
        }
    }

    /// A call that rings or goes on may end; once ended, it stays so.
    fn goes_on(&mut self, intent: Intent) -> Option<CallEnd> {
        let n = self.rng.u32(..8);
        let Some(Ring::Rings { end, .. }) = self.center.book.get_mut(&intent) else { panic!("{intent:?} was never handed over") };
        if end.is_none() {
            *end = match n {
                0 => Some(CallEnd::Busy),
                1 => Some(CallEnd::NoAnswer),
                2 => Some(CallEnd::Failed { why: PersonalText::new("switched off") }),
                3 => Some(CallEnd::Answered { seconds: 61 }),
                _ => None,
            };
        }
        end.clone()
    }

    /// The call center is up or down, and brings by itself how some call goes.
    pub fn call_center_changes(&mut self) {
        self.center.is_down = self.rng.u32(..4) == 0;
        let rings: Vec<(Intent, String)> = self
            .center
            .book
            .iter()
            .filter_map(|(intent, ring)| match ring {
                Ring::Rings { reference, .. } => Some((*intent, reference.clone())),
                Ring::Refused => None,
            })
            .collect();
        if rings.is_empty() {
            return;
        }
        let (intent, reference) = rings[self.rng.usize(..rings.len())].clone();
        let order = self.audit.known.get(&Key::WorkOrder(intent.0)).and_then(|known| known.state.work_order());
        // Asked for as often as it is known, right now or a moment ago.
        let Some(told) = order.and_then(|order| order.call(intent.1)).map(|call| call.told + 1) else { return };
        let outcome = match self.goes_on(intent) {
            Some(end) => CallOutcome::Ended(end),
            None => CallOutcome::UnderWay { reference: PersonalText::new(&reference), talking: self.rng.bool() },
        };
        self.coverage.count("call", "the center brings a report");
        let command = Order::RecordCall { call: intent.1, told, outcome };
        self.send_as_system(&Key::WorkOrder(intent.0), Ticket::Nobody, Command::WorkOrder(command));
    }

    /// Nothing is the matter with it any more.
    pub fn mend_call_center(&mut self) {
        self.center.is_down = false;
    }

    fn record_call(&mut self, id: u64, told: u32, outcome: CallOutcome) {
        let dialing = self.daemon.dialings.get_mut(&id).expect("it goes on");
        dialing.stage = Stage::Recording { told, outcome: outcome.clone() };
        let (order, call) = intent(dialing.timer);
        let command = Command::WorkOrder(Order::RecordCall { call, told, outcome });
        self.send_as_system(&Key::WorkOrder(order), Ticket::Call(id), command);
    }

    /// What came of it was recorded, or not yet.
    pub fn call_answered(&mut self, id: u64, result: Result<Receipt, Refusal>) {
        let dialing = self.daemon.dialings.remove(&id).expect("one answer per errand");
        let timer = dialing.timer;
        match result {
            Ok(_) => self.daemon.views.schedule().settled(timer, false),
            Err(Refusal::Rejected(Rejection::TimerStale)) => self.daemon.views.schedule().settled(timer, true),
            Err(Refusal::Busy) => {
                let Stage::Recording { told, outcome } = &dialing.stage else { panic!("it was not being recorded") };
                let (told, outcome) = (*told, outcome.clone());
                self.daemon.dialings.insert(id, dialing);
                self.record_call(id, told, outcome);
            }
            Err(refusal) => panic!("the outcome of {timer:?} could not be recorded: {refusal}"),
        }
    }

    /// What the history says of each call is what the call center said; none that it could be asked about in time is left open.
    pub fn check_calls(&self) {
        for (intent, story) in &self.audit.calls.0 {
            let ring = self.center.book.get(intent);
            match (&story.ended, ring) {
                (Some(end), Some(Ring::Rings { end: Some(told), .. })) => {
                    // Erased, it is not known why any more.
                    let same = end == told || matches!((end, told), (CallEnd::Failed { .. }, CallEnd::Failed { .. }));
                    assert!(same, "call {intent:?} ended as {told:?}, and stands as {end:?}");
                }
                (Some(end), Some(Ring::Refused)) => assert!(matches!(end, CallEnd::Failed { .. }), "call {intent:?} was refused: {end:?}"),
                (Some(end), other) => panic!("call {intent:?} ended as {end:?}, and the call center knows {other:?}"),
                (None, _) => {}
            }
            let void = self.audit.known.get(&Key::WorkOrder(intent.0)).and_then(|known| known.state.work_order());
            let stands_still = void.is_some_and(|order| !order.life.is_normal());
            let too_late = Timestamp(story.at).plus(Span(OUTCOME_WITHIN.0 + HAND_OVER_WITHIN.0));
            let parked = self.daemon.views.schedule().parked().len() > 0;
            assert!(!story.is_open || stands_still || parked || self.now < too_late, "call {intent:?} is still open");
        }
    }
}

fn intent(timer: Timer) -> Intent {
    match (timer.work_order(), timer.deadline) {
        (Some(order), Deadline::Call(no)) => (order, no),
        other => panic!("{other:?} is no call"),
    }
}

fn key_of(timer: Timer) -> Key {
    Key::WorkOrder(intent(timer).0)
}

/// The account of one of the staff; some have none.
pub fn account(id: &str) -> Option<PersonalText> {
    (!matches!(id, "eng-4" | "disp-2")).then(|| company::personal(&format!("80-{}", id.len())))
}
