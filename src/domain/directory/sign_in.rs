//! How a contact comes into the portal (INT-6): links to sign in, each mailed once and for one use, and the sessions that they open.
//!
//! All of it is part of the contact's entry. So a link and the intent to mail it are one record; whoever disables a contact or changes
//! its address ends its links and sessions with the same step; and there are never more than a few of each. Tokens are made
//! elsewhere, of the numbers here: nothing that is kept is secret.

use super::entry::{Contact, DirectoryEvent};
use super::read_model::Directory;
use crate::domain::context::Context;
use crate::domain::definition::VersionedName;
use crate::domain::erasure::{Of, See};
use crate::domain::ids::{ContactId, Name, SignInNo, TerminalUserId};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};
use crate::domain::work_order::mail::{MailOutcome, MailStatus};
use serde::{Deserialize, Serialize};

/// Most links of a contact that are good at a time. None gives way to a newer one: whoever asks for many takes none from the contact.
pub const LINKS_MAX: usize = 5;
/// Most sessions of a contact at a time; the oldest gives way.
pub const SESSIONS_MAX: usize = 8;
/// At least so long between two links of a contact, and so between two mails.
pub const PAUSE: Span = Span::minutes(1);
/// The message template that words the mail, where there is one of that name.
pub const MESSAGE: &str = "sign-in";

/// The links and sessions of a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIns {
    pub id: TerminalUserId,
    /// Links made so far. It never goes back, so that no number is used twice.
    pub made: u32,
    /// Oldest first.
    pub links: Vec<SignInLink>,
    pub sessions: Vec<Session>,
}

/// A link to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInLink {
    pub no: SignInNo,
    pub made_at: Timestamp,
    pub ends_at: Timestamp,
    pub used: bool,
    pub mail: SignInMail,
}

/// The intent to mail a link; it is over when the link is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInMail {
    /// None: the words of the program.
    pub template: Option<VersionedName>,
    pub to: PersonalText,
    pub name: PersonalText,
    pub language: Box<str>,
    pub attempts: u32,
    pub status: MailStatus,
}

/// What a link has opened; it has the number of the link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub no: SignInNo,
    pub since: Timestamp,
    pub ends_at: Timestamp,
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInCommand {
    /// Mail a link; without a language in that of the contact.
    Request {
        id: TerminalUserId,
        language: Option<Box<str>>,
        ends_after: Span,
    },
    /// By the system: what came of the n-th attempt, counted from 1.
    RecordMail {
        no: SignInNo,
        attempt: u32,
        outcome: MailOutcome,
    },
    /// By whoever holds the link; it is used with that.
    SignIn {
        no: SignInNo,
        ends_after: Span,
    },
    SignOut {
        no: SignInNo,
    },
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SignInEvent {
    Requested { id: TerminalUserId, link: SignInLink },
    MailTried { no: SignInNo, status: MailStatus },
    SignedIn(Session),
    SignedOut { no: SignInNo },
}

impl SignInCommand {
    /// The command's name in histories.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Request { .. } => "RequestSignIn",
            Self::RecordMail { .. } => "RecordSignInMail",
            Self::SignIn { .. } => "SignIn",
            Self::SignOut { .. } => "SignOut",
        }
    }
}

impl SignInEvent {
    /// The event's name in histories and streams.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Requested { .. } => "SignInRequested",
            Self::MailTried { .. } => "SignInMailTried",
            Self::SignedIn(_) => "SignedIn",
            Self::SignedOut { .. } => "SignedOut",
        }
    }
}

impl SignInEvent {
    /// Shows each of its personal values: all of them are the contact's.
    pub fn personal(&mut self, see: &mut See<'_>) {
        let status = match self {
            Self::Requested { link, .. } => {
                see(Of::Text, &mut link.mail.to);
                see(Of::Text, &mut link.mail.name);
                &mut link.mail.status
            }
            Self::MailTried { status, .. } => status,
            Self::SignedIn(_) | Self::SignedOut { .. } => return,
        };
        status.personal_mut().into_iter().for_each(|why| see(Of::Text, why));
    }
}

impl SignIns {
    /// A session that has not ended.
    pub fn session(&self, no: SignInNo, now: Timestamp) -> Option<&Session> {
        self.sessions.iter().find(|session| session.no == no && (now < session.ends_at || mutant!("session-never-ends")))
    }

    /// A link, as long as it is known.
    pub fn link(&self, no: SignInNo) -> Option<&SignInLink> {
        self.links.iter().find(|link| link.no == no)
    }

    /// Without links and sessions; numbers go on behind those that were used.
    fn ended(&self) -> Self {
        Self { links: Vec::new(), sessions: Vec::new(), ..self.clone() }
    }
}

impl SignInLink {
    /// When its mail is to be tried next; none when that is settled.
    pub fn mail_due(&self) -> Option<Timestamp> {
        match self.mail.status {
            MailStatus::Pending => Some(self.made_at),
            MailStatus::Deferred { until, .. } => Some(until),
            MailStatus::Sent { .. } | MailStatus::Failed { .. } | MailStatus::Expired { .. } | MailStatus::Cancelled => None,
            // It is an e-mail.
            MailStatus::Begun { .. } | MailStatus::Accepted { .. } | MailStatus::Unknown { .. } | MailStatus::Delivered { .. } => None,
        }
    }

    /// Whether it opens something at a time.
    ///
    /// # Errors
    /// It has ended, or was used.
    pub fn usable(&self, now: Timestamp) -> Result<(), Rejection> {
        if now >= self.ends_at && !mutant!("sign-in-link-never-ends") {
            return Err(Rejection::InvitationExpired);
        }
        if self.used && !mutant!("sign-in-link-used-twice") {
            return Err(Rejection::InvitationUsed);
        }
        Ok(())
    }
}

/// What is left of the links and sessions of a contact when its entry is put: nothing, where it is disabled or has another address.
pub fn kept(known: Option<&Contact>, put: &Contact) -> Option<Box<SignIns>> {
    let known = known?;
    let sign_ins = known.sign_ins.as_deref()?;
    let ends = (put.disabled || put.email != known.email) && !mutant!("session-outlives-the-contact");
    Some(Box::new(if ends { sign_ins.ended() } else { sign_ins.clone() }))
}

/// Decides a command; `known` is the contact as it is.
pub fn decide(id: &ContactId, command: &SignInCommand, known: Option<&Contact>, cx: &Context<'_>) -> Result<DirectoryEvent, Rejection> {
    let contact = known.filter(|contact| contact.can_act());
    let event = match command {
        SignInCommand::Request { id, language, ends_after } => {
            may(Action::SignIn, None, cx)?;
            let link = request(contact, language.as_deref(), *ends_after, cx)?;
            SignInEvent::Requested { id: *id, link }
        }
        SignInCommand::RecordMail { no, attempt, outcome } => {
            may(Action::ActAsSystem, None, cx)?;
            let link = known.and_then(|contact| contact.sign_ins.as_ref()?.link(*no)).ok_or(Rejection::TimerStale)?;
            let mail = Some(&link.mail).filter(|mail| mail.attempts + 1 == *attempt).ok_or(Rejection::TimerStale)?;
            let status = mail.status.after(outcome, link.ends_at, cx.now).ok_or(Rejection::TimerStale)?;
            SignInEvent::MailTried { no: *no, status }
        }
        SignInCommand::SignIn { no, ends_after } => {
            may(Action::SignIn, None, cx)?;
            let sign_ins = contact.and_then(|contact| contact.sign_ins.as_ref()).ok_or(Rejection::UnknownInvitation)?;
            // One that is not known any more has ended, or its contact was disabled meanwhile.
            let link = sign_ins.link(*no).ok_or(Rejection::InvitationExpired)?;
            link.usable(cx.now)?;
            SignInEvent::SignedIn(Session { no: *no, since: cx.now, ends_at: cx.now.plus(*ends_after) })
        }
        SignInCommand::SignOut { no } => {
            may(Action::SignOut(id), None, cx)?;
            let session = known.and_then(|contact| contact.sign_ins.as_ref()?.session(*no, cx.now));
            session.ok_or(Rejection::NothingToChange)?;
            SignInEvent::SignedOut { no: *no }
        }
    };
    Ok(DirectoryEvent::SignIn { contact: id.clone(), event })
}

/// The next link of a contact that has an address: one a minute, a few at a time, and none while the mail of one is on its way.
fn request(contact: Option<&Contact>, language: Option<&str>, ends_after: Span, cx: &Context<'_>) -> Result<SignInLink, Rejection> {
    let unknown = || Rejection::NotFound { what: "contact", id: String::new() };
    let contact = contact.ok_or_else(unknown)?;
    let to = contact.email.clone().filter(|email| email.0.is_some()).ok_or_else(unknown)?;
    let sign_ins = contact.sign_ins.as_deref();
    let links = sign_ins.map(|known| known.links.as_slice()).unwrap_or_default();
    // One that was made ahead of now is of a clock that was set back since: it keeps nobody out.
    let good = || links.iter().filter(|link| link.made_at <= cx.now && cx.now < link.ends_at);
    if !mutant!("sign-in-mails-without-end") {
        if good().any(|link| cx.now.since(link.made_at) < PAUSE) {
            return Err(Rejection::TooMany { what: "sign-in mails within a minute", limit: 1 });
        }
        if good().any(|link| !link.mail.status.is_settled()) {
            return Err(Rejection::TooMany { what: "sign-in mails under way", limit: 1 });
        }
        if good().count() >= LINKS_MAX {
            return Err(Rejection::TooMany { what: "links to sign in at a time", limit: LINKS_MAX });
        }
    }
    let template = Name::new(MESSAGE).ok().and_then(|name| cx.catalogue.message(&name));
    Ok(SignInLink {
        no: SignInNo(sign_ins.map_or(0, |known| known.made) + 1),
        made_at: cx.now,
        ends_at: cx.now.plus(ends_after),
        used: false,
        mail: SignInMail {
            template,
            to,
            name: contact.name.clone(),
            language: language.unwrap_or(&contact.language).into(),
            attempts: 0,
            status: MailStatus::Pending,
        },
    })
}

/// Takes an event in; total.
pub fn evolve(contact: &mut Contact, event: &SignInEvent) {
    match event {
        SignInEvent::Requested { id, link } => {
            let known =
                contact.sign_ins.get_or_insert_with(|| Box::new(SignIns { id: *id, made: 0, links: Vec::new(), sessions: Vec::new() }));
            known.links.retain(|old| old.made_at <= link.made_at && link.made_at < old.ends_at);
            known.sessions.retain(|old| link.made_at < old.ends_at);
            known.made = link.no.0;
            known.links.push(link.clone());
        }
        SignInEvent::MailTried { no, status } => {
            if let Some(mail) = link_mut(contact, *no).map(|link| &mut link.mail) {
                mail.attempts += 1;
                mail.status = status.clone();
            }
        }
        SignInEvent::SignedIn(session) => {
            if let Some(link) = link_mut(contact, session.no) {
                link.used = true;
                // It came: where nobody is sure that it went out, it is not sent again.
                if !link.mail.status.is_settled() {
                    link.mail.status = MailStatus::Cancelled;
                }
            }
            let Some(known) = &mut contact.sign_ins else { return };
            known.sessions.retain(|old| session.since < old.ends_at);
            if known.sessions.len() >= SESSIONS_MAX {
                known.sessions.remove(0);
            }
            known.sessions.push(session.clone());
        }
        SignInEvent::SignedOut { no } => {
            if let Some(known) = &mut contact.sign_ins {
                known.sessions.retain(|session| session.no != *no);
            }
        }
    }
}

fn link_mut(contact: &mut Contact, no: SignInNo) -> Option<&mut SignInLink> {
    contact.sign_ins.as_mut()?.links.iter_mut().find(|link| link.no == no)
}

impl Contact {
    /// Whether they may come into the portal, and act there: neither disabled nor erased.
    pub fn can_act(&self) -> bool {
        (!self.disabled || mutant!("disabled-contacts-act")) && self.name.0.is_some()
    }
}

impl Directory {
    /// A contact who can act.
    pub fn active_contact(&self, id: &ContactId) -> Option<&Contact> {
        self.contact(id).filter(|contact| contact.can_act())
    }

    /// Whom a session is of, as long as it lasts.
    pub fn signed_in(&self, id: &ContactId, no: SignInNo, now: Timestamp) -> Option<&Contact> {
        self.active_contact(id).filter(|contact| contact.sign_ins.as_ref().is_some_and(|known| known.session(no, now).is_some()))
    }
}
