//! Outbound calls over a call center (FUP-5): who calls whom over which account, and what came of it.
//!
//! A call is handed over soon or not at all: nobody wants to be rung up hours later. The call center starts nothing twice for the same
//! call, so an attempt whose end is not known is made again in that time; then it is asked how the call went, until it has ended.

use super::draft::Draft;
use super::event::Event;
use super::mail::MessageChannel;
use super::reach;
use super::state::{Party, WorkOrder};
use crate::domain::erasure::{Of, See};
use crate::domain::ids::{CallNo, StaffUserId};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText};
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// A call that was not handed over by then is given up.
pub const HAND_OVER_WITHIN: Span = Span::minutes(2);
/// The pause before the next attempt to hand it over.
pub const AGAIN_AFTER: Span = Span::seconds(10);
/// The call center is asked how the call went after this time at the earliest.
pub const LOOK_AFTER: Span = Span::seconds(15);
/// A call of which no end is known by then is given up.
pub const OUTCOME_WITHIN: Span = Span::hours(4);
/// How many calls stay in the state; older ones are in the history alone.
pub const KEPT: usize = 20;
/// Longest call account.
pub const ACCOUNT_MAX: usize = 64;

/// Longest number, and its digits.
const NUMBER_MAX: usize = 40;
const DIGITS: std::ops::RangeInclusive<usize> = 3..=15;

/// Who is to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallTo {
    /// The contact; without one, the submitter.
    Anybody,
    Contact,
    Submitter,
    /// A number that the caller gives.
    Number(String),
}

/// The calls of a Work Order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PhoneCalls {
    pub made: u32,
    /// In the order in which they were started.
    pub list: Vec<PhoneCall>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneCall {
    pub no: CallNo,
    /// Whom of the directory it is to; none: a number that was given, or left by a guest.
    pub party: Option<Party>,
    pub number: PersonalText,
    pub by: StaffUserId,
    /// The caller's call account.
    pub account: PersonalText,
    pub at: Timestamp,
    /// How often something was recorded of it: attempts, looks and reports.
    pub told: u32,
    pub status: CallStatus,
}

/// How far a call is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallStatus {
    /// Written down, not handed over as far as is known; why it is not, once it was tried.
    Waiting {
        again_at: Timestamp,
        why: Option<PersonalText>,
    },
    /// The call center has it since `at`, and is asked at `look_at`; `looks`: how often it was asked in vain.
    UnderWay {
        at: Timestamp,
        reference: PersonalText,
        talking: bool,
        looks: u8,
        look_at: Timestamp,
    },
    Ended {
        at: Timestamp,
        end: CallEnd,
    },
    /// It was not handed over in time, or no end became known.
    GivenUp {
        at: Timestamp,
        why: PersonalText,
    },
    /// Who calls or is called was erased before it ended.
    CalledOff {
        at: Timestamp,
    },
}

/// How a call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallEnd {
    /// People have talked, for so long.
    Answered {
        seconds: u32,
    },
    NoAnswer,
    Busy,
    /// It could not be started, or not be put through.
    Failed {
        why: PersonalText,
    },
}

/// What the dialer reports of one attempt or look, or the call center by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallOutcome {
    /// It could not be handed over, or it is not known whether it was.
    Deferred {
        why: PersonalText,
    },
    /// The call center has it.
    UnderWay {
        reference: PersonalText,
        talking: bool,
    },
    /// A look came to no end; `talking` is none where nothing could be learned.
    NoEndYet {
        talking: Option<bool>,
        look_at: Timestamp,
    },
    Ended(CallEnd),
}

/// What is to be done about a call whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallErrand {
    /// Hand it over.
    HandOver,
    /// Ask how it went; `looks`: how often it was asked in vain.
    Look { reference: PersonalText, looks: u8 },
    /// Nothing but to record this.
    Record(CallOutcome),
}

impl CallStatus {
    /// Whether something is still to become of it.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Waiting { .. } | Self::UnderWay { .. } => true,
            Self::Ended { .. } | Self::GivenUp { .. } | Self::CalledOff { .. } => false,
        }
    }

    /// When it is to be handed over, or asked about, next.
    pub fn due(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { again_at, .. } => Some(*again_at),
            Self::UnderWay { look_at, .. } => Some(*look_at),
            Self::Ended { .. } | Self::GivenUp { .. } | Self::CalledOff { .. } => None,
        }
    }

    /// The word for tables.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Waiting { .. } => "waiting",
            Self::UnderWay { talking: false, .. } => "ringing",
            Self::UnderWay { talking: true, .. } => "talking",
            Self::Ended { end: CallEnd::Answered { .. }, .. } => "answered",
            Self::Ended { end: CallEnd::NoAnswer, .. } => "no-answer",
            Self::Ended { end: CallEnd::Busy, .. } => "busy",
            Self::Ended { end: CallEnd::Failed { .. }, .. } => "failed",
            Self::GivenUp { .. } => "given-up",
            Self::CalledOff { .. } => "called-off",
        }
    }

    /// Why, where there is a reason.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Waiting { why, .. } => why.as_ref().map(PersonalText::shown),
            Self::Ended { end: CallEnd::Failed { why }, .. } | Self::GivenUp { why, .. } => Some(why.shown()),
            Self::UnderWay { .. } | Self::Ended { .. } | Self::CalledOff { .. } => None,
        }
    }

    /// How long people have talked, once that is known.
    pub fn seconds(&self) -> Option<u32> {
        match self {
            Self::Ended { end: CallEnd::Answered { seconds }, .. } => Some(*seconds),
            Self::Waiting { .. } | Self::UnderWay { .. } | Self::Ended { .. } | Self::GivenUp { .. } | Self::CalledOff { .. } => None,
        }
    }

    /// When the call center had it, or when it ended; none while it waits.
    pub fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Waiting { .. } => None,
            Self::UnderWay { at, .. } | Self::Ended { at, .. } | Self::GivenUp { at, .. } | Self::CalledOff { at } => Some(*at),
        }
    }

    /// What of it is personal: what a call center said, or calls it.
    fn personal_mut(&mut self) -> Option<&mut PersonalText> {
        match self {
            Self::Waiting { why, .. } => why.as_mut(),
            Self::UnderWay { reference, .. } => Some(reference),
            Self::Ended { end: CallEnd::Failed { why }, .. } | Self::GivenUp { why, .. } => Some(why),
            Self::Ended { .. } | Self::CalledOff { .. } => None,
        }
    }
}

impl PhoneCall {
    /// What an attempt, a look or a report makes of it; none, where that is no news or comes too late.
    pub fn after(&self, outcome: &CallOutcome, now: Timestamp) -> Option<CallStatus> {
        // Nothing more is kept of whom it was to.
        self.number.0.as_ref()?;
        // A timer that was set anew for the same time would be taken for the one that fired.
        let apart = |at: Timestamp| if self.status.due() == Some(at) { at.plus(Span(1)) } else { at };
        let gives_up = self.at.plus(OUTCOME_WITHIN);
        let given_up = |why: String| CallStatus::GivenUp { at: now, why: PersonalText(Some(why.into())) };
        Some(match (&self.status, outcome) {
            // What was given up may have come about all the same: what is true is told.
            (CallStatus::Waiting { .. } | CallStatus::UnderWay { .. } | CallStatus::GivenUp { .. }, CallOutcome::Ended(end)) => {
                CallStatus::Ended { at: now, end: end.clone() }
            }
            (CallStatus::Ended { .. }, CallOutcome::Ended(end)) if mutant!("call-ends-twice") => {
                CallStatus::Ended { at: now, end: end.clone() }
            }
            (CallStatus::Waiting { .. }, CallOutcome::Deferred { why }) if self.may_be_handed_over(now) => {
                let again_at = apart(now.plus(AGAIN_AFTER).min(self.at.plus(HAND_OVER_WITHIN)));
                CallStatus::Waiting { again_at, why: Some(why.clone()) }
            }
            (CallStatus::Waiting { .. }, CallOutcome::Deferred { why }) => {
                given_up(format!("it was not handed over within {} minutes: {}", HAND_OVER_WITHIN.0 / 60_000, why.shown()))
            }
            (CallStatus::Waiting { .. }, CallOutcome::UnderWay { reference, talking }) => CallStatus::UnderWay {
                at: now,
                reference: reference.clone(),
                talking: *talking,
                looks: 0,
                look_at: apart(now.plus(LOOK_AFTER).min(gives_up)),
            },
            (CallStatus::UnderWay { at, reference, talking: before, looks, look_at }, CallOutcome::UnderWay { talking, .. })
                if before != talking =>
            {
                CallStatus::UnderWay { at: *at, reference: reference.clone(), talking: *talking, looks: *looks, look_at: *look_at }
            }
            (CallStatus::UnderWay { .. }, CallOutcome::NoEndYet { .. }) if now >= gives_up => {
                given_up(format!("no outcome became known within {} hours", OUTCOME_WITHIN.0 / 3_600_000))
            }
            (CallStatus::UnderWay { at, reference, talking: before, looks, .. }, CallOutcome::NoEndYet { talking, look_at }) => {
                let look_at = apart((*look_at).max(now.plus(AGAIN_AFTER)).min(gives_up));
                let (talking, looks) = (talking.unwrap_or(*before), looks.saturating_add(1));
                CallStatus::UnderWay { at: *at, reference: reference.clone(), talking, looks, look_at }
            }
            (
                CallStatus::Waiting { .. }
                | CallStatus::UnderWay { .. }
                | CallStatus::Ended { .. }
                | CallStatus::GivenUp { .. }
                | CallStatus::CalledOff { .. },
                CallOutcome::Deferred { .. } | CallOutcome::UnderWay { .. } | CallOutcome::NoEndYet { .. } | CallOutcome::Ended(_),
            ) => return None,
        })
    }

    /// What is to be done now that its time has come; none where it is settled.
    pub fn errand(&self, now: Timestamp) -> Option<CallErrand> {
        match &self.status {
            CallStatus::Waiting { .. } if self.may_be_handed_over(now) => Some(CallErrand::HandOver),
            CallStatus::Waiting { why, .. } => {
                let why = why.clone().unwrap_or_else(|| PersonalText::new("nothing could be done in that time"));
                Some(CallErrand::Record(CallOutcome::Deferred { why }))
            }
            CallStatus::UnderWay { reference, looks, .. } => Some(CallErrand::Look { reference: reference.clone(), looks: *looks }),
            CallStatus::Ended { .. } | CallStatus::GivenUp { .. } | CallStatus::CalledOff { .. } => None,
        }
    }

    /// Whether whoever asked for it is still there to talk.
    fn may_be_handed_over(&self, now: Timestamp) -> bool {
        now < self.at.plus(HAND_OVER_WITHIN) || mutant!("rung-up-hours-later")
    }

    /// Shows each of its personal values.
    pub(super) fn personal(&mut self, see: &mut See<'_>) {
        let Self { no: _, party, number, by, account, at: _, told: _, status } = self;
        see(of(party.as_ref()), number);
        see(Of::CallAccount(by), account);
        told_of(party.as_ref(), status, see);
    }
}

impl WorkOrder {
    /// Its calls, in the order in which they were started; the last ones.
    pub fn calls(&self) -> &[PhoneCall] {
        self.calls.as_ref().map_or(&[], |calls| &calls.list)
    }

    /// A call by its number.
    pub fn call(&self, no: CallNo) -> Option<&PhoneCall> {
        self.calls().iter().find(|call| call.no == no)
    }
}

/// Shows what is personal of how far a call is.
pub(super) fn told_of(party: Option<&Party>, status: &mut CallStatus, see: &mut See<'_>) {
    status.personal_mut().into_iter().for_each(|text| see(of(party), text));
}

/// Whose a number is: of the directory somebody's own; else it was typed for the Work Order.
fn of(party: Option<&Party>) -> Of<'_> {
    party.map_or(Of::Text, |party| Of::Address(Some(party)))
}

/// Somebody of the staff wants to call. What has ended is followed up as well.
pub fn start(draft: &mut Draft<'_>, to: &CallTo) -> Result<(), Rejection> {
    may(Action::Handle, Some(&draft.order), draft.cx)?;
    let nobody = || Rejection::invalid("requestId", "only a staff user has a call account, and the caller is none");
    let by = draft.cx.principal.user().ok_or_else(nobody)?.clone();
    let account = draft.cx.directory.staff_user(&by).and_then(|user| user.call_account.clone());
    let account = account.ok_or_else(|| Rejection::NoCallAccount { user: by.to_string() })?;
    let (party, number) = find(draft, to)?;
    if let Some(open) = draft.order.calls().iter().find(|call| call.by == by && call.status.is_open() && !mutant!("two-calls-at-once")) {
        return Err(Rejection::CallUnderWay { user: by.to_string(), call: open.no.0, status: open.status.name() });
    }
    if draft.order.calls().iter().filter(|call| call.status.is_open()).count() >= KEPT {
        return Err(Rejection::TooMany { what: "calls of one Work Order at the same time", limit: KEPT });
    }
    let (no, at) = (CallNo(draft.order.calls.as_ref().map_or(0, |calls| calls.made).saturating_add(1)), draft.cx.now);
    let status = CallStatus::Waiting { again_at: at, why: None };
    draft.push(Event::CallStarted { call: Box::new(PhoneCall { no, party, number, by, account, at, told: 0, status }) });
    Ok(())
}

/// Whose number it is, if it is somebody's of the directory, and the number; else why there is none.
fn find(draft: &Draft<'_>, to: &CallTo) -> Result<(Option<Party>, PersonalText), Rejection> {
    let of_party = |party: &Party| {
        let found = reach::of_party(party, MessageChannel::Sms, draft.cx.directory).map_err(|why| Rejection::invalid("to", why))?;
        Ok((found.party, found.to))
    };
    match (to, &draft.order.contact) {
        (CallTo::Contact | CallTo::Anybody, Some(contact)) => of_party(&Party::Contact(contact.clone())),
        (CallTo::Contact, None) => Err(Rejection::invalid("to", "the Work Order has no contact")),
        (CallTo::Submitter, _) | (CallTo::Anybody, None) => of_party(&draft.order.submitter),
        (CallTo::Number(number), _) => Ok((None, PersonalText(Some(typed(number)?)))),
    }
}

/// A number as people type it.
fn typed(number: &str) -> Result<Box<str>, Rejection> {
    let number = text::line("phone", number, NUMBER_MAX)?;
    let rest = number.strip_prefix('+').unwrap_or(&number);
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    if !DIGITS.contains(&digits) || !rest.chars().all(|c| c.is_ascii_digit() || " -./()".contains(c)) {
        return Err(Rejection::invalid("phone", format!("{number:?} is no phone number such as 021 5888 0000 or +86 138 0013 8000")));
    }
    Ok(number)
}

/// What came of an attempt or a look is recorded once, however often it is reported.
pub fn record(draft: &mut Draft<'_>, no: CallNo, told: u32, outcome: &CallOutcome) -> Result<(), Rejection> {
    may(Action::ActAsSystem, Some(&draft.order), draft.cx)?;
    let call = draft.order.call(no).filter(|call| call.told + 1 == told).ok_or(Rejection::TimerStale)?;
    let status = call.after(outcome, draft.cx.now).ok_or(Rejection::TimerStale)?;
    let party = call.party.clone();
    draft.push(Event::CallTold { call: no, party, status });
    Ok(())
}

/// Part of `evolve`: another one.
pub(super) fn take_started(order: &mut WorkOrder, call: &PhoneCall) {
    let calls = order.calls.get_or_insert_default();
    calls.made = call.no.0;
    calls.list.push(call.clone());
    forget_old(calls);
}

/// Part of `evolve`.
pub(super) fn take_told(order: &mut WorkOrder, no: CallNo, status: &CallStatus) {
    let Some(calls) = &mut order.calls else { return };
    if let Some(call) = calls.list.iter_mut().find(|call| call.no == no) {
        call.told += 1;
        call.status = status.clone();
    }
}

/// Part of `evolve`: somebody was erased. What is to them, or would go over an account of theirs, is called off.
pub(super) fn take_erased(order: &mut WorkOrder, who: &Party, whole: bool, at: Timestamp) {
    for call in order.calls.iter_mut().flat_map(|calls| &mut calls.list).filter(|call| call.status.is_open()) {
        let waits = matches!(call.status, CallStatus::Waiting { .. });
        if of(call.party.as_ref()).is_of(who, whole) || waits && *who == Party::Staff(call.by.clone()) {
            call.status = CallStatus::CalledOff { at };
        }
    }
}

fn forget_old(calls: &mut PhoneCalls) {
    if calls.list.len() > KEPT
        && let Some(oldest) = calls.list.iter().position(|call| !call.status.is_open())
    {
        calls.list.remove(oldest);
    }
}
