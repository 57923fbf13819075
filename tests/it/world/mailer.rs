//! The mailer and the timers as `runtime::mailer` and `runtime::timers` have them: due timers are lent out, fired or brought to the
//! mail server, and what came of it is recorded.
//!
//! The waiting of the real ones is here the scheduler's choice of what happens next.

use super::daemon::{Letter, Ticket};
use super::post::{Answered, Said};
use super::settings::Office;
use super::world::World;
use std::sync::Arc;
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::directory::{DirectoryCommand, SignInCommand};
use workorderd::domain::installation::InstallationCommand;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::{Span, Timestamp};
use workorderd::domain::work_order;
use workorderd::domain::work_order::WorkOrder;
use workorderd::domain::work_order::deadline::Deadline;
use workorderd::domain::work_order::mail::{Mail, MailOutcome, MessageChannel};
use workorderd::engine::backoff;
use workorderd::engine::cell::Refusal;
use workorderd::engine::entity::Receipt;
use workorderd::engine::schedule::{Of, Timer};
use workorderd::engine::suspects::{self, CRASHES_MAX};

/// Timers fired at a time.
const BATCH: usize = 8;

/// One attempt at one mail.
pub struct Errand {
    timer: Timer,
    office: Office,
    stage: Stage,
}

enum Stage {
    Reading,
    Unread,
    Sending {
        attempts: u32,
    },
    /// It is being written down that it begins.
    Beginning {
        attempts: u32,
    },
    /// It is written down.
    Begun {
        attempts: u32,
    },
    Recording {
        attempt: u32,
        outcome: MailOutcome,
    },
}

impl Errand {
    /// The cell went before it could be read.
    pub fn unread(&mut self) {
        self.stage = Stage::Unread;
    }

    fn is_ready(&self) -> bool {
        matches!(self.stage, Stage::Unread | Stage::Sending { .. } | Stage::Begun { .. })
    }
}

impl World {
    /// Lends out what is due; the next batch only when this one is answered.
    pub fn fire_timers(&mut self) {
        let now = self.now;
        if self.clock_is_right() {
            self.looked_at_right_clock();
        }
        let suspect = self.suspects.next_to_try();
        let (look, due) = self.daemon.views.take_due(&self.reading(), if suspect.is_some() { 0 } else { BATCH });
        self.audit.completes_until = look.completes_until.min(self.lingers_since).0;
        if let Some(anchor) = look.record {
            let command = Command::Installation(InstallationCommand::TrustClock { anchor });
            self.send_as_system(&Key::Installation, Ticket::Nobody, command);
        }
        if self.daemon.views.schedule().held(1) > 0 {
            self.coverage.count("clock", "doubted, and a completion waits");
        }
        if let Some(timer) = suspect {
            return self.fire_alone(timer, look.completes_until);
        }
        assert!(due.is_sorted(), "timers fire in order of due time");
        assert!(due.iter().all(|timer| timer.due <= now), "timers were lent out early, at {now:?}: {due:?}");
        let (mails, due): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|timer| matches!(timer.deadline, Deadline::Mail(_) | Deadline::SignInMail(_)));
        self.daemon.mails_due.extend(mails);
        let (calls, due): (Vec<_>, Vec<_>) = due.into_iter().partition(|timer| matches!(timer.deadline, Deadline::Call(_)));
        self.daemon.calls_due.extend(calls);
        if let Some(suspect) = due.iter().copied().find(|timer| self.suspects.contains(*timer)) {
            due.into_iter().filter(|timer| *timer != suspect).for_each(|timer| self.daemon.views.schedule().again(timer));
            self.coverage.count("timer", "a suspect fired alone later");
            return self.fire_all(&[suspect], look.completes_until);
        }
        if self.poison.is_none() && !self.calm && self.rng.u32(..80) == 0 {
            (self.poison, self.poisoned, self.parked_at) = (due.first().copied(), 0, None);
        }
        self.fire_all(&due, look.completes_until);
    }

    /// A timer that was being fired when the daemon ended.
    fn fire_alone(&mut self, timer: Timer, completes_until: Timestamp) {
        if matches!(timer.deadline, Deadline::AutoComplete(_)) && timer.due > completes_until {
            return self.coverage.count("timer", "a suspect waits for the clock");
        }
        if self.daemon.views.schedule().take(timer) {
            self.coverage.count("timer", "fired alone");
            // Whether the daemon outlives it is known when it is answered.
            return self.fire_all(&[timer], completes_until);
        }
        self.unset_suspect(timer);
        self.suspects.cleared(timer);
        self.kept = self.suspects.text();
    }

    /// At a start, what is not set is not suspected.
    pub fn look_for_poison(&mut self) {
        if let Some(gone) = self.poison.filter(|poison| !self.daemon.views.schedule().all().any(|timer| timer == *poison)) {
            self.unset_suspect(gone);
        }
    }

    /// At a start, what ended the daemon often enough is parked. It is fired again only when its Work Order went on meanwhile: a hold
    /// takes a timer away, and a resume sets the very same one again, for another try.
    pub fn look_for_parked_poison(&mut self) {
        let parked = |poison: &Timer| self.daemon.views.schedule().parked().any(|(timer, _)| timer == *poison);
        self.parked_at = self.poison.filter(parked).map(|poison| self.audit.revision(&self.key_of(poison)));
        if self.parked_at.is_some() {
            self.poisoned = 0;
        }
    }

    /// A hold takes a timer away, and a resume at the same moment sets the very same one again: then nobody suspects it any more.
    fn unset_suspect(&mut self, timer: Timer) {
        if self.poison == Some(timer) {
            self.coverage.count("timer", "the one that ends the daemon was not set for a while");
            self.poisoned = 0;
        }
    }

    fn fire_all(&mut self, timers: &[Timer], completes_until: Timestamp) {
        self.marker = suspects::marker(timers);
        if self.poison.is_some_and(|poison| timers.contains(&poison)) {
            self.poisoned += 1;
            if let (Some(parked_at), Some(poison)) = (self.parked_at, self.poison) {
                assert_ne!(self.audit.revision(&self.key_of(poison)), parked_at, "{poison:?} was fired though it was parked");
                self.coverage.count("timer", "the one that ends the daemon was set again while it was parked");
            }
            assert!(self.poisoned <= CRASHES_MAX + 1, "{:?} ends the daemon again and again", self.poison);
            self.coverage.count("end", "by a timer");
            return self.end(true);
        }
        for timer in timers {
            let completes = matches!(timer.deadline, Deadline::AutoComplete(_));
            assert!(!completes || timer.due <= self.trusted_until, "{timer:?} completes a node by a clock that is doubted");
            self.daemon.firing += 1;
            let command = Command::WorkOrder(work_order::Command::Fire { deadline: timer.deadline, completes_until });
            let order = timer.work_order().expect("the others are mails");
            self.send_as_system(&Key::WorkOrder(order), Ticket::Fire(*timer), command);
        }
    }

    /// Whether timers can be lent out.
    pub fn timers_are_due(&self) -> bool {
        !self.settings.scarce
            && self.daemon.firing == 0
            && (self.suspects.remain() || self.daemon.views.schedule().next_due().is_some_and(|due| due <= self.now))
    }

    /// A firing was answered.
    pub fn fired(&mut self, timer: Timer, result: Result<Receipt, Refusal>) {
        self.daemon.firing -= 1;
        if self.daemon.firing == 0 {
            self.marker.clear();
            self.suspects.cleared(timer);
            self.kept = self.suspects.text();
        }
        let mut schedule = self.daemon.views.schedule();
        match result {
            Ok(_) => schedule.settled(timer, false),
            Err(Refusal::Rejected(Rejection::TimerStale)) => schedule.settled(timer, true),
            Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => schedule.again(timer),
            Err(Refusal::Rejected(_) | Refusal::Internal(_)) => schedule.failed(timer),
        }
    }

    /// Whether the mailer has something to do.
    pub fn mailer_is_ready(&self) -> bool {
        self.an_errand_can_begin() || self.daemon.errands.values().any(Errand::is_ready)
    }

    /// Whether a mail waits, there is a place for it in the office, and room to record what will come of it.
    fn an_errand_can_begin(&self) -> bool {
        let office = self.settings.office;
        let places = self.daemon.errands.values().filter(|errand| errand.office.no == office.no).count();
        !self.daemon.mails_due.is_empty() && places < office.at_once && !self.settings.scarce
    }

    /// The mailer begins an errand, or goes on with one.
    pub fn mailer_goes_on(&mut self) {
        let ready: Vec<u64> = self.daemon.errands.iter().filter(|(_, e)| e.is_ready()).map(|(id, _)| *id).collect();
        let begin = self.an_errand_can_begin();
        if begin && (ready.is_empty() || self.rng.bool()) {
            let Some(timer) = self.daemon.mails_due.pop_front() else { return };
            self.daemon.next_errand += 1;
            let id = self.daemon.next_errand;
            self.daemon.errands.insert(id, Errand { timer, office: self.settings.office, stage: Stage::Reading });
            let key = self.key_of(timer);
            let published = self.audit.revision(&key);
            self.send(&key, Letter::Read(id, published));
            return;
        }
        let id = ready[self.rng.usize(..ready.len())];
        let errand = &self.daemon.errands[&id];
        match errand.stage {
            Stage::Unread => {
                let timer = errand.timer;
                self.daemon.errands.remove(&id);
                self.daemon.views.schedule().again(timer);
            }
            Stage::Sending { attempts } => self.post(id, attempts),
            Stage::Begun { attempts } => self.hand_over(id, attempts),
            Stage::Reading | Stage::Beginning { .. } | Stage::Recording { .. } => {}
        }
    }

    /// The durable state is at hand: is the mail still wanted?
    pub fn errand_reads(&mut self, id: u64, state: Option<Arc<State>>) {
        let now = self.now;
        let Errand { timer, .. } = self.daemon.errands[&id];
        let Some((attempts, ends_at, errand)) = state.as_deref().and_then(|state| wanted(state, timer.deadline, now)) else {
            self.daemon.errands.remove(&id);
            self.daemon.views.schedule().settled(timer, true);
            return;
        };
        let intent = (timer.of, timer.deadline);
        match errand {
            work_order::mail::Errand::HandOver => {
                let order = state.as_deref().and_then(State::work_order);
                let is_message = |mail: &Mail| Deadline::Mail(mail.no) == timer.deadline && mail.channel != MessageChannel::Email;
                if order.is_some_and(|order| order.mails.iter().any(is_message)) {
                    self.daemon.errands.get_mut(&id).expect("it was read").stage = Stage::Begun { attempts };
                    return;
                }
            }
            work_order::mail::Errand::Begin => return self.begin(id, attempts),
            work_order::mail::Errand::Ask { .. } => {
                self.post.looked(intent);
                let outcome = match self.rng.u32(..10) {
                    0..4 => MailOutcome::Delivered,
                    4 => MailOutcome::Failed { why: PersonalText::new("not delivered: absent") },
                    _ => MailOutcome::Waiting { ask_at: now.plus(Span::minutes(self.rng.u64(1..90))) },
                };
                self.coverage.count("gateway", if matches!(outcome, MailOutcome::Delivered) { "delivered" } else { "asked" });
                return self.record(id, attempts + 1, outcome);
            }
            work_order::mail::Errand::Record(outcome) => {
                self.post.looked(intent);
                return self.record(id, attempts + 1, outcome);
            }
        }
        if now >= ends_at {
            let outcome = self.later(id, attempts, "its time is up");
            self.record(id, attempts + 1, outcome);
        } else {
            self.daemon.errands.get_mut(&id).expect("it was read").stage = Stage::Sending { attempts };
        }
    }

    fn post(&mut self, id: u64, attempts: u32) {
        let Errand { timer, office, .. } = self.daemon.errands[&id];
        let intent = (timer.of, timer.deadline);
        if !office.enabled {
            *self.post.tries.entry(intent).or_insert(0) += 1;
            self.coverage.count("server", "none in the settings");
            let outcome = self.later(id, attempts, "no mail server is configured");
            return self.record(id, attempts + 1, outcome);
        }
        let story = self.audit.mails.get(&intent).unwrap_or_else(|| panic!("mail {intent:?} is sent before it is durable"));
        assert!(story.ended.is_none(), "mail {intent:?} is sent though it ended as {:?}", story.ended);
        let said = self.post.receive(intent, self.life, &mut self.rng);
        let why = |text: &str| PersonalText::new(text);
        let outcome = match said {
            Said::Taken => MailOutcome::Sent,
            Said::Never => MailOutcome::Failed { why: why("550 no such user") },
            Said::Later => self.later(id, attempts, "451 try again"),
            Said::Down => self.later(id, attempts, "connection refused"),
            Said::DiedAfterDot { .. } => self.later(id, attempts, "outcome unknown"),
        };
        let name = match said {
            Said::Taken => "taken",
            Said::Later => "4xx",
            Said::Never => "5xx",
            Said::Down => "down",
            Said::DiedAfterDot { taken: true } => "died after the dot, taken",
            Said::DiedAfterDot { taken: false } => "died after the dot, not taken",
        };
        self.coverage.count("server", name);
        self.record(id, attempts + 1, outcome);
    }

    /// Before a message is handed to a gateway it is written down that it begins, with what it takes of the quota.
    fn begin(&mut self, id: u64, attempts: u32) {
        let errand = self.daemon.errands.get_mut(&id).expect("it was read");
        errand.stage = Stage::Beginning { attempts };
        let (key, deadline) = (self.key_of(self.daemon.errands[&id].timer), self.daemon.errands[&id].timer.deadline);
        let Deadline::Mail(mail) = deadline else { panic!("{deadline:?} is no message") };
        let segments = self.rng.u32(..3);
        let command = work_order::Command::BeginMail { mail, attempt: attempts + 1, segments };
        self.send_as_system(&key, Ticket::Mail(id), Command::WorkOrder(command));
    }

    fn hand_over(&mut self, id: u64, attempts: u32) {
        let Errand { timer, .. } = self.daemon.errands[&id];
        let answered = self.post.hand_over((timer.of, timer.deadline), &mut self.rng);
        let ask_at = self.now.plus(Span::minutes(self.rng.u64(1..600)));
        let why = |text: &str| PersonalText::new(text);
        let (name, outcome) = match answered {
            Answered::Taken if self.rng.u32(..5) == 0 => ("taken, without receipts", MailOutcome::Sent),
            Answered::Taken => ("taken", MailOutcome::Accepted { reference: why(&format!("r{}", self.rng.u64(..))), ask_at }),
            Answered::Never => ("never", MailOutcome::Failed { why: why("no such number") }),
            Answered::Later => ("later", self.later(id, attempts, "busy")),
            Answered::Unknown => ("unknown", MailOutcome::Unknown { why: why("cut"), ask_at }),
        };
        self.coverage.count("gateway", name);
        self.record(id, attempts + 1, outcome);
    }

    /// A gateway brings a receipt by itself, of any message that went over one.
    pub fn receipt_comes(&mut self) {
        let orders = self.audit.known.values().filter_map(|known| known.state.work_order());
        let over = |order: &WorkOrder| {
            let mails = order.mails.iter().filter(|mail| mail.channel != MessageChannel::Email && mail.attempts > 0);
            mails.map(|mail| (order.id, mail.no, mail.attempts)).collect::<Vec<_>>()
        };
        let all: Vec<_> = orders.flat_map(over).collect();
        if all.is_empty() {
            return;
        }
        let (order, mail, attempts) = all[self.rng.usize(..all.len())];
        self.post.looked((order.into(), Deadline::Mail(mail)));
        let outcome =
            if self.rng.u32(..4) > 0 { MailOutcome::Delivered } else { MailOutcome::Failed { why: PersonalText::new("switched off") } };
        let command = work_order::Command::RecordMail { mail, attempt: attempts + 1, outcome };
        self.coverage.count("gateway", "brings a receipt");
        self.send_as_system(&Key::WorkOrder(order), Ticket::Nobody, Command::WorkOrder(command));
    }

    fn later(&mut self, id: u64, attempts: u32, why: &str) -> MailOutcome {
        let no = match self.daemon.errands[&id].timer.deadline {
            Deadline::SignInMail(no) => no.0,
            Deadline::Mail(no) => no.0,
            other => panic!("{other:?} is no mail"),
        };
        let spread = u64::from(no).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(attempts);
        let until = self.now.plus(backoff::pause(attempts + 1, spread));
        MailOutcome::Deferred { until, why: PersonalText::new(why) }
    }

    fn record(&mut self, id: u64, attempt: u32, outcome: MailOutcome) {
        let errand = self.daemon.errands.get_mut(&id).expect("it goes on");
        errand.stage = Stage::Recording { attempt, outcome: outcome.clone() };
        let timer = errand.timer;
        let key = self.key_of(timer);
        let command = match (&key, timer.deadline) {
            (_, Deadline::Mail(mail)) => Command::WorkOrder(work_order::Command::RecordMail { mail, attempt, outcome }),
            (Key::Contact(contact), Deadline::SignInMail(no)) => {
                let command = SignInCommand::RecordMail { no, attempt, outcome };
                Command::Directory(DirectoryCommand::SignIn { contact: contact.clone(), command })
            }
            other => panic!("{other:?} is no mail"),
        };
        self.send_as_system(&key, Ticket::Mail(id), command);
    }

    /// What the mail of a timer is in.
    fn key_of(&self, timer: Timer) -> Key {
        match timer.of() {
            Of::WorkOrder(order) => Key::WorkOrder(order),
            Of::TerminalUser(id) => {
                Key::Contact(self.daemon.views.reference().terminal_user(id).expect("what has a timer is known").clone())
            }
        }
    }

    /// The outcome was recorded, or not yet.
    pub fn mail_answered(&mut self, id: u64, result: Result<Receipt, Refusal>) {
        let mut errand = self.daemon.errands.remove(&id).expect("one answer per errand");
        let timer = errand.timer;
        if let Stage::Beginning { attempts } = errand.stage {
            match result {
                Ok(_) => {
                    errand.stage = Stage::Begun { attempts };
                    self.daemon.errands.insert(id, errand);
                }
                Err(Refusal::Rejected(Rejection::SmsQuotaUsedUp { .. })) => {
                    self.coverage.count("gateway", "the quota is used up");
                    self.post.looked((timer.of, timer.deadline));
                    self.daemon.errands.insert(id, errand);
                    let outcome = MailOutcome::Failed { why: PersonalText::new("the quota is used up") };
                    self.record(id, attempts + 1, outcome);
                }
                Err(Refusal::Rejected(Rejection::TimerStale)) => self.daemon.views.schedule().settled(timer, true),
                Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => self.daemon.views.schedule().again(timer),
                Err(refusal) => panic!("{timer:?} could not begin: {refusal}"),
            }
            return;
        }
        match result {
            Ok(_) => self.daemon.views.schedule().settled(timer, false),
            Err(Refusal::Rejected(Rejection::TimerStale)) => self.daemon.views.schedule().settled(timer, true),
            Err(Refusal::Busy) => {
                let Stage::Recording { attempt, outcome } = &errand.stage else { panic!("it was not being recorded") };
                let (attempt, outcome) = (*attempt, outcome.clone());
                self.daemon.errands.insert(id, errand);
                self.record(id, attempt, outcome);
            }
            Err(refusal) => panic!("the outcome of {timer:?} could not be recorded: {refusal}"),
        }
    }
}

/// Of a mail that is not settled: how often it was tried, until when it is, and what is to be done about it.
fn wanted(state: &State, deadline: Deadline, now: Timestamp) -> Option<(u32, Timestamp, work_order::mail::Errand)> {
    match (state, deadline) {
        (State::WorkOrder(order), Deadline::Mail(no)) => {
            let mail = order.mails.iter().find(|mail| mail.no == no && !mail.status.is_settled())?;
            Some((mail.attempts, mail.ends_at, mail.errand(now)?))
        }
        (State::Contact(contact), Deadline::SignInMail(no)) => {
            let link = contact.sign_ins.as_ref()?.link(no).filter(|link| !link.mail.status.is_settled())?;
            Some((link.mail.attempts, link.ends_at, work_order::mail::Errand::HandOver))
        }
        other => panic!("{other:?} has no mail"),
    }
}
