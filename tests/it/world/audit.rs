//! The auditor: reads the journal's records back and keeps what follows from them, beside the daemon and without its memory.
//!
//! Invariant: it knows durable records alone. Revisions, request ids, numbers, mails and gates are checked record by record;
//! whatever the daemon shows is compared with what is kept here.

use super::coverage::Coverage;
use super::customers::{self, SignInBook};
use super::dialer::CallBook;
use super::gate::Gate;
use super::labor::LaborBook;
use super::planning::PlanBook;
use super::post::Intent;
use super::rights::Rights;
use super::steps::Steps;
use super::work::Work;
use super::world::World;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use workorderd::codec::{self, StepBody};
use workorderd::domain::aggregate::{Event, Key, State};
use workorderd::domain::definition::Catalogue;
use workorderd::domain::directory::{Contact, DirectoryEvent, SignInEvent};
use workorderd::domain::ids::{RequestId, ServiceGroupId, SignInNo, StaffUserId, WorkOrderId};
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::process::assign::Choice;
use workorderd::domain::service_group::ServiceGroupEvent;
use workorderd::domain::service_group::group::LoadChange;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::Event as OrderEvent;
use workorderd::domain::work_order::deadline::Deadline;
use workorderd::domain::work_order::mail::MailStatus;
use workorderd::engine::entity::{REQUESTS_KEPT, Receipt};
use workorderd::engine::schedule::Holder;
use workorderd::journal::Record;
use workorderd::runtime::recovery;

/// One record, as far as replies are compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub key: Key,
    pub revision: u64,
    pub request: Option<RequestId>,
    pub command: Box<str>,
    pub at: i64,
    pub hash: [u8; 32],
}

/// What the journal says of one aggregate.
#[derive(Debug)]
pub struct Known {
    pub state: State,
    pub revision: u64,
    pub position: u64,
    pub sequence: u64,
    /// The requests that must be remembered, oldest first.
    pub recent: Vec<(RequestId, u64, Receipt)>,
}

/// The life of a mail intent.
#[derive(Debug, Default)]
pub struct MailStory {
    pub tried: u32,
    pub cancelled: bool,
    /// How it ended by an attempt, or that it could not be addressed.
    pub ended: Option<&'static str>,
}

impl MailStory {
    /// Whether nothing more is to happen to it.
    pub fn is_over(&self) -> bool {
        self.cancelled || self.ended.is_some()
    }
}

/// All of it.
#[derive(Default)]
pub struct Audit {
    pub lines: Vec<Line>,
    pub known: BTreeMap<Key, Known>,
    pub gates: BTreeMap<WorkOrderId, Gate>,
    pub mails: BTreeMap<Intent, MailStory>,
    pub calls: CallBook,
    /// Segments of short messages that Work Orders use.
    segments: BTreeMap<WorkOrderId, u32>,
    quota: u64,
    sign_ins: SignInBook,
    /// Every acceptance of a request, oldest first.
    pub accepted: BTreeMap<(Key, Box<str>), Vec<u64>>,
    /// Up to when nodes could complete by themselves, as the firings under way were told.
    pub completes_until: i64,
    /// Records behind which an aggregate remembers no request from before.
    forgot: BTreeMap<Key, Vec<u64>>,
    pub numbers: BTreeSet<WorkOrderNumber>,
    pub labor: LaborBook,
    pub plans: PlanBook,
    steps: Steps,
    rights: Rights,
    /// Messages that groups have not taken yet, in order.
    messages: BTreeMap<ServiceGroupId, VecDeque<(u64, LoadChange)>>,
    /// Open work, limits and absences.
    pub work: Work,
    /// Whose turn it was last in each group.
    turns: BTreeMap<ServiceGroupId, Option<StaffUserId>>,
    /// Definitions that a step in flight may have been judged by: the latest, and those that were replaced a moment ago.
    catalogues: Vec<(u64, Catalogue)>,
}

/// For how many records a replaced edition of the definitions may still show in new steps.
const IN_FLIGHT: u64 = 300;

impl Audit {
    /// Takes the next record in.
    pub fn take(&mut self, record: &Record<'_>, mut coverage: Option<&mut Coverage>) {
        let (key, body) = recovery::step_of(record).expect("a durable record can be read");
        let (sequence, position, at) = (record.sequence(), record.position().0, record.time());
        assert_eq!(sequence, self.lines.len() as u64 + 1, "sequences follow each other");
        let before = self.known.remove(&key);
        let (revision, previous) = before.as_ref().map_or((0, 0), |k| (k.revision, k.position));
        assert_eq!(record.revision(), revision + 1, "record {sequence} of {key}: revisions follow each other");
        assert_eq!(record.previous().0, previous, "record {sequence} of {key} names its predecessor");
        let mut recent = before.as_ref().map(|k| k.recent.clone()).unwrap_or_default();
        let collected = record.personal().count() - usize::from(body.request.is_some());
        World::check_values(&key, sequence, &body.events, collected);
        if body.events.iter().any(Event::forgets_requests) {
            recent.clear();
            self.forgot.entry(key.clone()).or_default().push(sequence);
        }
        self.request(&key, &body, sequence, record.revision(), &mut recent);

        let mut state = before.map(|k| k.state);
        for event in &body.events {
            self.event(&key, &body, event, state.as_ref(), sequence, at);
            state = State::evolve(state, event, Timestamp(at));
            if let Some(coverage) = &mut coverage {
                coverage.event(event);
            }
        }
        let state = state.unwrap_or_else(|| panic!("record {sequence} of {key} makes a state"));
        let bytes = codec::row::encode_state(&state).expect("a state can be encoded");
        World::check_state_values(&state, sequence);
        assert_eq!(bytes.checksum, body.checksum, "record {sequence} of {key}: the fold leads to the state that was decided on");
        for message in &body.messages {
            let load = LoadChange { order: message.order, engineer: message.engineer.clone(), change: message.change };
            self.messages.entry(message.group.clone()).or_default().push_back((sequence, load));
        }
        self.work.take(&state, &body, sequence, at);
        self.after(&key, &state, &body, sequence);
        if let Some(coverage) = coverage {
            coverage.count("command", &body.command);
        }
        let line = Line {
            key: key.clone(),
            revision: record.revision(),
            request: body.request.map(|r| r.id),
            command: body.command,
            at,
            hash: record.hash(),
        };
        self.lines.push(line);
        self.known.insert(key, Known { state, revision: record.revision(), position, sequence, recent });
    }

    fn request(&mut self, key: &Key, body: &StepBody, sequence: u64, revision: u64, recent: &mut Vec<(RequestId, u64, Receipt)>) {
        let Some(asked) = &body.request else { return };
        let id = &asked.id;
        self.accepted.entry((key.clone(), id.as_str().into())).or_default().push(sequence);
        let Some(digest) = asked.digest() else { return };
        let doubled = recent.iter().any(|(known, ..)| known == id);
        assert!(!doubled, "record {sequence} of {key}: request {id:?} was accepted twice");
        if recent.len() >= REQUESTS_KEPT {
            recent.remove(0);
        }
        recent.push((id.clone(), digest, Receipt { revision, sequence }));
    }

    /// A group takes each message once, in order, and none is left out.
    fn load_taken(&mut self, group: &ServiceGroupId, sequence: u64, changes: &[LoadChange]) {
        let waiting = self.messages.entry(group.clone()).or_default();
        let count = waiting.iter().take_while(|(from, _)| *from <= sequence).count();
        let due: Vec<LoadChange> = waiting.drain(..count).map(|(_, load)| load).collect();
        assert!(!due.is_empty() && due == changes, "{group} took {changes:?} up to {sequence}, due were {due:?}");
    }

    fn event(&mut self, key: &Key, body: &StepBody, event: &Event, before: Option<&State>, sequence: u64, at: i64) {
        if let (Key::ServiceGroup(group), Event::ServiceGroup(ServiceGroupEvent::LoadTaken { sequence, changes })) = (key, event) {
            self.load_taken(group, *sequence, changes);
        }
        if let (Event::ServiceGroup(ServiceGroupEvent::Chosen { offer, .. }), Some(State::ServiceGroup(group))) = (event, before)
            && offer.needs.turn
        {
            self.work.turn(group, offer, sequence, at);
            let last = self.turns.entry(group.id.clone()).or_default();
            assert_eq!(group.last_turn, *last, "record {sequence}: the turn in {} stands where it was left", group.id);
            if let Choice::Engineer(person) = &offer.choice {
                *last = Some(person.clone());
            }
        }
        if let (Key::Contact(id), Event::Directory(DirectoryEvent::SignIn { event, .. })) = (key, event) {
            let before = match before {
                Some(State::Contact(contact)) => Some(&**contact),
                _ => None,
            };
            self.sign_ins.take(id, event, before, at);
            self.sign_in_mail(event, before, sequence);
        }
        if let (Event::Directory(DirectoryEvent::PersonErased { .. }), Some(State::Contact(contact))) = (event, before) {
            self.call_off_sign_ins(contact, |_| true);
        }
        let (Key::WorkOrder(id), Event::WorkOrder(event)) = (key, event) else { return };
        if let OrderEvent::Created(created) = event {
            customers::raised(created, &body.actor);
            assert!(self.numbers.insert(created.number.clone()), "number {} was given twice", created.number);
            assert!(self.gates.insert(*id, Gate::new(created.process.clone())).is_none(), "{key} was created twice");
        }
        let editions: Vec<&Catalogue> = self.catalogues.iter().map(|(_, c)| c).collect();
        let gate = self.gates.get_mut(id).unwrap_or_else(|| panic!("{key} was created before anything else"));
        gate.take(event, before.and_then(State::work_order), &body.command, (at, self.completes_until), &editions);
        self.mail(*id, event, sequence);
        self.calls.take(*id, event, before.and_then(State::work_order), at);
        self.labor.take(*id, event, at);
        self.plans.take(*id, event, at);
        self.steps.take(event, before.and_then(State::work_order));
        self.rights.take(event, before.and_then(State::work_order), &body.actor, at);
    }

    fn mail(&mut self, id: WorkOrderId, event: &OrderEvent, sequence: u64) {
        match event {
            OrderEvent::MailQueued(mail) => {
                self.queued((id.into(), Deadline::Mail(mail.no)), &mail.status, sequence);
            }
            OrderEvent::MailTried { mail, status, .. } => self.tried((id.into(), Deadline::Mail(*mail)), status, sequence),
            _ => {}
        }
    }

    fn sign_in_mail(&mut self, event: &SignInEvent, before: Option<&Contact>, sequence: u64) {
        match event {
            SignInEvent::Requested { id, link } => self.queued(((*id).into(), Deadline::SignInMail(link.no)), &link.mail.status, sequence),
            SignInEvent::MailTried { no, status } => {
                let id = before.and_then(|contact| contact.sign_ins.as_ref()).expect("there is the link").id;
                self.tried((id.into(), Deadline::SignInMail(*no)), status, sequence);
            }
            SignInEvent::SignedIn(_) | SignInEvent::SignedOut { .. } => {}
        }
    }

    fn queued(&mut self, intent: Intent, status: &MailStatus, sequence: u64) {
        let story = MailStory { ended: status.is_settled().then(|| status.name()), ..MailStory::default() };
        assert!(self.mails.insert(intent, story).is_none(), "record {sequence}: mail {intent:?} was queued twice");
    }

    fn tried(&mut self, intent: Intent, status: &MailStatus, sequence: u64) {
        let story = self.mails.get_mut(&intent).unwrap_or_else(|| panic!("record {sequence}: no such mail {intent:?}"));
        // What went out, and nobody waited for, may still be told to have arrived.
        let arrives = story.ended == Some("sent") && matches!(status, MailStatus::Delivered { .. });
        assert!(
            story.ended.is_none() || arrives,
            "record {sequence}: mail {intent:?} had ended as {:?}, now {}",
            story.ended,
            status.name()
        );
        let sent = matches!(status, MailStatus::Sent { .. });
        assert!(sent || !story.cancelled, "record {sequence}: a cancelled mail can only have gone out, not {}", status.name());
        story.tried += 1;
        story.ended = status.is_settled().then(|| status.name());
    }

    /// Mails of links that were used, or are known no more, are not wanted any longer.
    fn sign_ins_rest(&mut self, contact: &Contact, sequence: u64) {
        self.sign_ins.rests(contact, sequence);
        let waits = |no| contact.sign_ins.as_ref().and_then(|known| known.link(no)).is_some_and(|link| !link.mail.status.is_settled());
        self.call_off_sign_ins(contact, |no| !waits(no));
    }

    fn call_off_sign_ins(&mut self, contact: &Contact, unwanted: impl Fn(SignInNo) -> bool) {
        let Some(known) = &contact.sign_ins else { return };
        for (intent, story) in &mut self.mails {
            if let (Holder(id), Deadline::SignInMail(no)) = intent
                && *id == known.id.0
                && !story.is_over()
                && unwanted(*no)
            {
                story.cancelled = true;
            }
        }
    }

    fn after(&mut self, key: &Key, state: &State, body: &StepBody, sequence: u64) {
        match (key, state) {
            (Key::WorkOrder(id), State::WorkOrder(order)) => {
                self.labor.rests(order);
                self.plans.rests(order);
                self.calls.rests(order);
                for mail in order.mails.iter().filter(|m| m.status == MailStatus::Cancelled) {
                    if let Some(story) = self.mails.get_mut(&((*id).into(), Deadline::Mail(mail.no))) {
                        story.cancelled = true;
                    }
                }
                // What had gone out when its node was left waits for no receipt.
                for mail in order.mails.iter().filter(|m| matches!(m.status, MailStatus::Sent { .. })) {
                    if let Some(story) = self.mails.get_mut(&((*id).into(), Deadline::Mail(mail.no))) {
                        story.ended.get_or_insert("sent");
                    }
                }
                self.segments.insert(*id, order.sms_segments);
                self.quota_is_kept(sequence);
                for mail in order.mails.iter().filter(|m| !m.status.is_settled() && !matches!(m.status, MailStatus::Begun { .. })) {
                    let visit = mail.invitation.and_then(|no| order.invitation(no)).map(|i| i.visit);
                    let wanted = visit.is_none() || visit == order.visit().map(|v| v.no);
                    assert!(wanted, "record {sequence}: mail {:?} of {key} carries a link of a node that was left", mail.no);
                }
                let moved = self.gates.get(id).is_some_and(|g| g.rests(order));
                assert!(moved, "record {sequence}: {key} stands where its events put it");
            }
            (_, State::Catalogue(catalogue)) => {
                if let Some(last) = self.catalogues.last_mut() {
                    last.0 = sequence;
                }
                self.catalogues.push((u64::MAX, (**catalogue).clone()));
            }
            (_, State::Installation(installation)) => {
                self.quota = installation.sms_quota;
                self.quota_is_kept(sequence);
            }
            (_, State::StaffUser(user)) => self.rights.put(user, sequence),
            (_, State::Contact(contact)) => self.sign_ins_rest(contact, sequence),
            _ => {}
        }
        self.rights.step(body, sequence, IN_FLIGHT);
        self.sign_ins.step(body, sequence, IN_FLIGHT);
        self.catalogues.retain(|(until, _)| until.saturating_add(IN_FLIGHT) > sequence);
        assert!(!body.events.is_empty(), "record {sequence} of {key} has no event");
    }

    fn quota_is_kept(&self, sequence: u64) {
        let (used, quota) = self.sms();
        assert!(used <= quota, "record {sequence}: {used} segments are used of a quota of {quota}");
    }

    /// Segments of short messages that are used, and that there are.
    pub fn sms(&self) -> (u64, u64) {
        (self.segments.values().map(|segments| u64::from(*segments)).sum(), self.quota)
    }

    /// The revision of an aggregate as the journal has it.
    pub fn revision(&self, key: &Key) -> u64 {
        self.known.get(key).map_or(0, |k| k.revision)
    }

    /// The receipt that a request must get again, if it is remembered: with the same parameters, or none for others.
    pub fn receipt(&self, key: &Key, id: &RequestId, digest: u64) -> Option<Option<Receipt>> {
        let (_, known, receipt) = self.known.get(key)?.recent.iter().find(|(known, ..)| known == id)?;
        Some((*known == digest).then_some(*receipt))
    }

    /// Whether so many other requests were accepted between two records of an aggregate that the first one was forgotten.
    pub fn forgot_between(&self, key: &Key, first: u64, second: u64) -> bool {
        let between = &self.lines[first as usize..second as usize - 1];
        let erased = |forgot: &u64| (first..second).contains(forgot);
        if self.forgot.get(key).is_some_and(|all| all.iter().any(erased)) {
            return true;
        }
        between.iter().filter(|line| line.key == *key && line.request.is_some()).count() >= REQUESTS_KEPT
    }

    /// The hash at the end of the chain.
    pub fn head(&self) -> [u8; 32] {
        self.lines.last().map_or([0; 32], |l| l.hash)
    }
}
