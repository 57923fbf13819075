//! A step in the making: events are taken in as they are decided, so that each rule sees what the ones before it did.

use super::event::Event;
use super::evolve;
use super::mail::{GIVE_UP_AFTER, Mail, MailStatus, MessageChannel};
use super::notice::{NOTICE, NoticeKind, QUIET_HOURS, quiet_until};
use super::notify::Note;
use super::reach;
use super::state::{Invitation, Party, Purpose, Source, Visit, WorkOrder};
use crate::domain::context::Context;
use crate::domain::definition::{Process, Recipient, VersionedName};
use crate::domain::ids::{InvitationNo, MailNo, Name};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};

/// Where somebody is reached: an address, a number or an open id, with whose it is and how they are spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reachable {
    /// Whom of the directory, if anybody.
    pub party: Option<Party>,
    pub to: PersonalText,
    pub name: PersonalText,
    pub language: Box<str>,
}

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
        to: Option<&Recipient>,
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
            to: to.cloned().map(Box::new),
            expires_at: self.cx.now.plus(ends_after),
            used: 0,
        }));
        no
    }

    /// Queues an e-mail to a person of the directory; what cannot be sent is recorded with why (EVA-5). In the quiet hours of one of the
    /// staff it waits for their end (NTF-3).
    pub fn mail_party(&mut self, message: &Name, party: &Party, invitation: Option<InvitationNo>, reason: Option<PersonalText>) {
        let Some(template) = self.cx.catalogue.message(message) else { return };
        let directory = self.cx.directory;
        match reach::of_party(party, MessageChannel::Email, directory) {
            Ok(found) => {
                let quiet_until = match party {
                    Party::Staff(id) => directory.staff_user(id).and_then(|user| quiet_until(user.notices.as_deref(), self.cx.now)),
                    Party::Contact(_) | Party::Guest(_) => None,
                };
                let mut mail = Mail { reason, ..self.intent(MessageChannel::Email, template, found, invitation) };
                if let Some(until) = quiet_until.filter(|until| *until < mail.ends_at) {
                    mail.status = MailStatus::Deferred { until, why: PersonalText::new(QUIET_HOURS) };
                }
                self.push(Event::MailQueued(Box::new(mail)));
            }
            Err(why) => self.mail_impossible_over(MessageChannel::Email, template, invitation, &why),
        }
    }

    /// Queues a message over a channel, for its usual time or `within` a shorter one.
    pub fn mail_over(
        &mut self,
        channel: MessageChannel,
        template: VersionedName,
        to: Reachable,
        invitation: InvitationNo,
        within: Option<Span>,
    ) {
        let mut mail = self.intent(channel, template, to, Some(invitation));
        if let Some(within) = within {
            mail.ends_at = mail.ends_at.min(self.cx.now.plus(within));
        }
        self.push(Event::MailQueued(Box::new(mail)));
    }

    /// Queues the words of another message, to where this mail went.
    pub fn mail_again(&mut self, message: &Name, mail: &Mail) {
        let Some(template) = self.cx.catalogue.message(message) else { return };
        let to = Reachable { party: mail.party.clone(), to: mail.to.clone(), name: mail.name.clone(), language: mail.language.clone() };
        let again = self.intent(mail.channel, template, to, mail.invitation);
        self.push(Event::MailQueued(Box::new(again)));
    }

    /// Records that an e-mail cannot be sent.
    pub fn mail_impossible(&mut self, message: &Name, invitation: Option<InvitationNo>, why: &str) {
        let Some(template) = self.cx.catalogue.message(message) else { return };
        self.mail_impossible_over(MessageChannel::Email, template, invitation, why);
    }

    /// Records that a message cannot be sent over a channel.
    pub fn mail_impossible_over(&mut self, channel: MessageChannel, template: VersionedName, invitation: Option<InvitationNo>, why: &str) {
        let nobody = Reachable { party: None, to: PersonalText::new("-"), name: PersonalText::new("-"), language: "en".into() };
        let status = MailStatus::Failed { why: PersonalText::new(why) };
        let mail = Mail { status, ..self.intent(channel, template, nobody, invitation) };
        self.push(Event::MailQueued(Box::new(mail)));
    }

    /// Queues a notice to one of the staff, which goes out at a time, together with others.
    pub fn mail_notice(&mut self, to: Reachable, (kind, note): (NoticeKind, Option<Note>), (until, why): (Timestamp, &str)) {
        let Ok(name) = Name::new(NOTICE) else { return };
        let status = MailStatus::Deferred { until, why: PersonalText::new(why) };
        let template = VersionedName { name, version: 0 };
        let (reason, by) = note.map_or((None, None), |note| (Some(note.text), note.by));
        let mail = Mail { reason, by, status, notice: Some(kind), ..self.intent(MessageChannel::Email, template, to, None) };
        self.push(Event::MailQueued(Box::new(mail)));
    }

    /// A mail that is to be sent.
    fn intent(&self, channel: MessageChannel, template: VersionedName, to: Reachable, invitation: Option<InvitationNo>) -> Mail {
        let now = self.cx.now;
        let link_ends = invitation.and_then(|no| self.order.invitation(no)).map(|i| i.expires_at);
        Mail {
            no: MailNo(self.order.mails_made + 1),
            channel,
            template,
            party: to.party,
            to: to.to,
            name: to.name,
            language: to.language,
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
