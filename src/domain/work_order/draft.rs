//! A step in the making: events are taken in as they are decided, so that each rule sees what the ones before it did.

use super::event::Event;
use super::evolve;
use super::mail::{GIVE_UP_AFTER, Mail, MailStatus};
use super::notice::{NOTICE, NoticeKind, QUIET_HOURS, quiet_until};
use super::notify::Note;
use super::state::{Invitation, Party, Purpose, Source, Visit, WorkOrder};
use crate::domain::context::Context;
use crate::domain::definition::{Process, VersionedName};
use crate::domain::ids::{InvitationNo, MailNo, Name};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};

/// Whom of the directory a mail is to, if anybody; address, name, language.
pub type Addressee<'a> = (Option<&'a Party>, PersonalText, PersonalText, &'a str);

/// The Work Order as it would be, with the events that make it so.
pub struct Draft<'a> {
    pub order: WorkOrder,
    pub events: Vec<Event>,
    pub cx: &'a Context<'a>,
}

impl<'a> Draft<'a> {
    /// Begins from a state.
    pub fn new(order: WorkOrder, cx: &'a Context<'a>) -> Self {
        Self { order, events: Vec::new(), cx }
    }

    /// Takes an event in.
    pub fn push(&mut self, event: Event) {
        evolve::evolve(&mut self.order, &event, self.cx.now);
        self.events.push(event);
    }

    /// The open visit, or the refusal that the Work Order has ended.
    pub fn open_visit(&self) -> Result<&Visit, Rejection> {
        self.order.visit().ok_or_else(|| Rejection::Ended { outcome: self.order.outcome.map_or("?", |o| o.name()).to_owned() })
    }

    /// Refuses if the Work Order is on hold.
    pub fn not_on_hold(&self) -> Result<(), Rejection> {
        match &self.order.hold {
            Some(hold) => Err(Rejection::OnHold { reason: hold.reason.name().to_owned() }),
            None => Ok(()),
        }
    }

    /// The refusal that a command does not belong to the node.
    pub fn wrong_node(&self, command: &'static str) -> Rejection {
        match self.order.visit() {
            Some(visit) => Rejection::WrongNode { command, node: visit.name.to_string(), kind: visit.state.kind() },
            None => Rejection::Ended { outcome: self.order.outcome.map_or("?", |o| o.name()).to_owned() },
        }
    }

    /// The pinned process.
    pub fn process(&self) -> Result<&'a Process, Rejection> {
        let pin = &self.order.process;
        self.cx
            .catalogue
            .pinned_process(pin)
            .ok_or_else(|| Rejection::NotFound { what: "process", id: format!("{} version {}", pin.name, pin.version) })
    }

    /// Makes an invitation for the open visit.
    pub fn invite(
        &mut self,
        purpose: Purpose,
        source: Source,
        template: Option<VersionedName>,
        single_use: bool,
        ends_after: Span,
    ) -> InvitationNo {
        let no = InvitationNo(self.order.invitations.last().map_or(0, |i| i.no.0).saturating_add(1));
        let Some(visit) = self.order.visit().map(|v| v.no) else { return no };
        self.push(Event::Invited(Invitation {
            no,
            visit,
            purpose,
            source,
            template,
            single_use,
            for_submitter: purpose == Purpose::Confirm,
            expires_at: self.cx.now.plus(ends_after),
            used: 0,
        }));
        no
    }

    /// Queues a mail to a person of the directory; what cannot be sent is recorded with why (EVA-5). In the quiet hours of one of the staff
    /// it waits for their end (NTF-3).
    pub fn mail_party(&mut self, message: &Name, party: &Party, invitation: Option<InvitationNo>, reason: Option<PersonalText>) {
        let directory = self.cx.directory;
        let found = match party {
            Party::Staff(id) => directory.staff_user(id).map(|u| (u.email.clone(), u.name.clone(), u.language.clone())),
            Party::Contact(id) => directory.contact(id).map(|c| (c.email.clone(), c.name.clone(), c.language.clone())),
            Party::Guest(guest) => Some((guest.email().cloned(), guest.name().clone(), guest.language().into())),
        };
        let quiet_until = match party {
            Party::Staff(id) => directory.staff_user(id).and_then(|user| quiet_until(user.notices.as_deref(), self.cx.now)),
            Party::Contact(_) | Party::Guest(_) => None,
        };
        match found {
            Some((Some(to), name, language)) => {
                // A guest is known to nobody but this Work Order.
                let party = Some(party).filter(|party| !matches!(party, Party::Guest(_)));
                self.mail_at(message, (party, to, name, &language), invitation, reason, quiet_until);
            }
            Some((None, ..)) => self.mail_impossible(message, invitation, &format!("{party} has no e-mail address")),
            None => self.mail_impossible(message, invitation, &format!("{party} is not in the directory")),
        }
    }

    /// Queues a mail to an address.
    pub fn mail_address(
        &mut self,
        message: &Name,
        to: PersonalText,
        name: PersonalText,
        language: &str,
        invitation: Option<InvitationNo>,
        reason: Option<PersonalText>,
    ) {
        self.mail_at(message, (None, to, name, language), invitation, reason, None);
    }

    fn mail_at(
        &mut self,
        message: &Name,
        to: Addressee<'_>,
        invitation: Option<InvitationNo>,
        reason: Option<PersonalText>,
        quiet_until: Option<Timestamp>,
    ) {
        let Some(template) = self.cx.catalogue.message(message) else { return };
        let mut mail = Mail { reason, ..self.intent(template, to, invitation) };
        if let Some(until) = quiet_until.filter(|until| *until < mail.ends_at) {
            mail.status = MailStatus::Deferred { until, why: PersonalText::new(QUIET_HOURS) };
        }
        self.push(Event::MailQueued(Box::new(mail)));
    }

    /// Records that a mail cannot be sent.
    pub fn mail_impossible(&mut self, message: &Name, invitation: Option<InvitationNo>, why: &str) {
        let Some(template) = self.cx.catalogue.message(message) else { return };
        let nobody = PersonalText::new("-");
        let status = MailStatus::Failed { why: PersonalText::new(why) };
        let mail = Mail { status, ..self.intent(template, (None, nobody.clone(), nobody, "en"), invitation) };
        self.push(Event::MailQueued(Box::new(mail)));
    }

    /// Queues a notice to one of the staff, which goes out at a time, together with others.
    pub fn mail_notice(&mut self, to: Addressee<'_>, (kind, note): (NoticeKind, Option<Note>), (until, why): (Timestamp, &str)) {
        let Ok(name) = Name::new(NOTICE) else { return };
        let status = MailStatus::Deferred { until, why: PersonalText::new(why) };
        let template = VersionedName { name, version: 0 };
        let (reason, by) = note.map_or((None, None), |note| (Some(note.text), note.by));
        let mail = Mail { reason, by, status, notice: Some(kind), ..self.intent(template, to, None) };
        self.push(Event::MailQueued(Box::new(mail)));
    }

    /// A mail that is to be sent.
    fn intent(&self, template: VersionedName, (party, to, name, language): Addressee<'_>, invitation: Option<InvitationNo>) -> Mail {
        let now = self.cx.now;
        let link_ends = invitation.and_then(|no| self.order.invitation(no)).map(|i| i.expires_at);
        Mail {
            no: MailNo(self.order.mails_made + 1),
            template,
            party: party.cloned(),
            to,
            name,
            language: language.into(),
            invitation,
            reason: None,
            by: None,
            node: self.order.visit().map_or_else(|| self.order.record_type.clone(), |v| v.name.clone()),
            queued_at: now,
            ends_at: link_ends.map_or(now.plus(GIVE_UP_AFTER), |end| end.min(now.plus(GIVE_UP_AFTER))),
            attempts: 0,
            status: MailStatus::Pending,
            notice: None,
        }
    }
}
