//! Customers who come in by themselves (INT-6): who a call of the portal is by, and signing in and out.
//!
//! Keeps: whoever asks for a link learns nothing of who is known here, neither by an answer nor by how long it takes; a wrong token, a
//! guessed one and a cut one are answered alike; and however many ask, it costs a few numbers and one mail a minute and address.

use super::desk::Visit;
use super::photos::Photos;
use super::refuse;
use super::service::{Body, Outcome};
use super::throttle::Throttle;
use crate::domain::aggregate::{Command, Key};
use crate::domain::directory::{DirectoryCommand, SignInCommand};
use crate::domain::ids::{ContactId, SignInNo};
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::engine::cell::{Refusal, Submission};
use crate::engine::entity::Request;
use crate::protocol::guest as shape;
use crate::protocol::varlink::ErrorReply;
use crate::runtime::Runtime;
use crate::runtime::links::Token;
use crate::settings::daemon::PortalRules;
use std::cell::Cell;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Requests for a link are answered at multiples of this after they came, whatever was done meanwhile.
const ANSWER_EVERY: Duration = Duration::from_millis(200);
/// Wrong tokens in a minute that are answered as such; who holds a right one is never kept waiting by them.
const WRONG_PER_MINUTE: u32 = 120;

/// What all sockets share about people outside.
#[derive(Debug, Default)]
pub struct Portal {
    rules: Cell<PortalRules>,
    sign_ins: Throttle,
    guests: Throttle,
    wrong: Throttle,
    /// Photos that come through links.
    pub photos: Photos,
    /// It was said that many wrong tokens come.
    said: Cell<bool>,
}

impl Portal {
    /// From now on these rules hold.
    pub fn set(&self, rules: PortalRules) {
        self.rules.set(rules);
    }

    /// The rules that hold.
    pub fn rules(&self) -> PortalRules {
        self.rules.get()
    }
}

pub(super) fn too_many(what: &str, wait_ms: u64) -> ErrorReply {
    ErrorReply::new("org.workorderd.TooManyRequests")
        .with("message", format!("{what} at the moment; ask again later"))
        .with("retryAfter", wait_ms)
}

fn session_ended() -> ErrorReply {
    ErrorReply::new("org.workorderd.SessionEnded").with("message", "there is no such session, or it has ended; sign in again")
}

/// The answer to a token that opens nothing here, whatever is wrong with it; where there are very many, that.
pub(super) fn wrong_token(visit: &Visit<'_>, answer: ErrorReply) -> ErrorReply {
    let portal = &visit.desk.portal;
    match portal.wrong.take(visit.desk.runtime.uptime_ms(), WRONG_PER_MINUTE) {
        Ok(()) => {
            portal.said.set(false);
            answer
        }
        Err(wait) => {
            if !portal.said.replace(true) {
                tracing::warn!("many tokens that are not ours come to the guest interface: somebody may be guessing");
            }
            too_many("too many wrong tokens are sent", wait)
        }
    }
}

/// What the end of a link or a session is for; the whole link is taken as well.
pub(super) fn token(visit: &Visit<'_>, token: &str) -> Option<Token> {
    visit.desk.runtime.open_token(token.rsplit('/').next().unwrap_or(token))
}

/// Refuses a guest where there are to be none, and where there are too many.
pub(super) fn guest_call(visit: &Visit<'_>) -> Result<(), ErrorReply> {
    if !matches!(visit.principal, Principal::TerminalUser { contact: None }) {
        return Ok(());
    }
    let portal = &visit.desk.portal;
    let taken = portal.guests.take(visit.desk.runtime.uptime_ms(), portal.rules().guest_calls_per_minute);
    taken.map_err(|wait| too_many("too many people who have not signed in ask for this", wait))
}

impl<'a> Visit<'a> {
    /// The same call, as whose session it is; without a session as a guest's.
    ///
    /// # Errors
    /// The session has ended, or guests are not let in.
    pub(super) fn of_terminal_user(&self, session: Option<&str>) -> Result<Visit<'a>, ErrorReply> {
        let contact = match session {
            Some(session) => Some(signed_in(self, session)?.0),
            None if self.desk.portal.rules().guests || mutant!("guests-always-in") => None,
            None => {
                let message = "guests are not let in here; sign in first";
                return Err(ErrorReply::new("org.workorderd.SignInNeeded").with("message", message));
            }
        };
        Ok(Visit { desk: self.desk, session: self.session, principal: Principal::TerminalUser { contact }, call: self.call })
    }
}

/// Whose a session is, as long as it lasts.
fn signed_in(visit: &Visit<'_>, session: &str) -> Result<(ContactId, SignInNo), ErrorReply> {
    let found = match token(visit, session) {
        Some(Token::Session(id, no)) => {
            let reference = visit.desk.runtime.views().reference();
            let contact =
                reference.terminal_user(id).and_then(|contact| reference.directory.signed_in(contact, no, visit.desk.runtime.now()));
            contact.map(|contact| (contact.id.clone(), no))
        }
        Some(Token::Invitation(..) | Token::SignIn(..) | Token::Receipt(..) | Token::Call(..)) | None => None,
    };
    found.ok_or_else(|| wrong_token(visit, session_ended()))
}

/// Asks for a link to sign in.
pub(super) async fn request_sign_in(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::RequestSignIn = visit.parameters()?;
    let (desk, rules) = (visit.desk, visit.desk.portal.rules());
    // How an address is written says nothing of who has it.
    let email = text::email("email", &p.email).map_err(|rejection| refuse::rejection(&rejection))?;
    let language = p.language.map(|tag| text::language("language", &tag)).transpose().map_err(|rejection| refuse::rejection(&rejection))?;
    let taken = desk.portal.sign_ins.take(desk.runtime.uptime_ms(), rules.sign_ins_per_minute);
    taken.map_err(|wait| too_many("too many links to sign in are asked for", wait))?;
    // Told to everybody, and not to those alone for whom something would be written.
    desk.runtime.need_room().map_err(refuse::refusal)?;
    let mut answers = interval(ANSWER_EVERY);
    answers.set_missed_tick_behavior(MissedTickBehavior::Skip);
    answers.tick().await;
    mail_link(&desk.runtime, &email, language, rules).await;
    answers.tick().await;
    Ok(Outcome::reply(&shape::SignInRequested { good_for: i64::try_from(rules.sign_in_link.0).unwrap_or(i64::MAX) }))
}

/// The step that makes a link, if the address is a contact's. What comes of it is nobody's business who asks.
async fn mail_link(runtime: &Runtime, email: &str, language: Option<Box<str>>, rules: PortalRules) {
    let Some(contact) = runtime.views().reference().by_address(email).cloned() else {
        return runtime.writer_was_asked().await;
    };
    let command = SignInCommand::Request { id: Runtime::terminal_user_id(&contact), language, ends_after: rules.sign_in_link };
    match submit(runtime, contact, command, None).await {
        Ok(()) => {}
        // Another was made a moment ago, say.
        Err(Refusal::Rejected(rejection)) => tracing::debug!(why = rejection.name(), "no link to sign in was made"),
        Err(refusal) => tracing::warn!(%refusal, "a link to sign in could not be made"),
    }
}

async fn submit(runtime: &Runtime, contact: ContactId, command: SignInCommand, request: Option<Request>) -> Result<(), Refusal> {
    let principal = match &command {
        SignInCommand::SignOut { .. } => Principal::TerminalUser { contact: Some(contact.clone()) },
        SignInCommand::Request { .. } | SignInCommand::SignIn { .. } | SignInCommand::RecordMail { .. } => {
            Principal::TerminalUser { contact: None }
        }
    };
    let key = Key::Contact(contact.clone());
    let command = Command::Directory(DirectoryCommand::SignIn { contact, command });
    runtime.submit(&key, Submission { command, principal, request, expected_revision: None }).await.map(drop)
}

/// Signs in by a link.
pub(super) async fn sign_in(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::SignIn = visit.parameters()?;
    let runtime = &visit.desk.runtime;
    let unknown = || wrong_token(visit, refuse::rejection(&Rejection::UnknownInvitation));
    let (id, no) = match token(visit, &p.token) {
        Some(Token::SignIn(id, no)) => (id, no),
        Some(Token::Invitation(..)) => {
            return Err(refuse::rejection(&Rejection::InvitationPurpose { purpose: "one Work Order" }));
        }
        Some(Token::Session(..) | Token::Receipt(..) | Token::Call(..)) | None => return Err(unknown()),
    };
    let request = visit.request(&p.request_id)?;
    let contact = runtime.views().reference().terminal_user(id).cloned().ok_or_else(unknown)?;
    let command = SignInCommand::SignIn { no, ends_after: visit.desk.portal.rules().session };
    submit(runtime, contact.clone(), command, Some(request)).await.map_err(refuse::refusal)?;
    let now = runtime.now();
    let reference = runtime.views().reference();
    // Signed out, or disabled, between the step and here; or the call is repeated after that.
    let found = reference.directory.signed_in(&contact, no, now).ok_or_else(session_ended)?;
    let ends_at = found.sign_ins.as_ref().and_then(|known| known.session(no, now)).map_or(now, |session| session.ends_at);
    Ok(Outcome::reply(&shape::SignedIn {
        session: runtime.token(Token::Session(id, no)),
        ends_at: ends_at.0,
        name: found.name.shown().into(),
        language: found.language.to_string(),
    }))
}

/// Ends a session. One that has ended already is no trouble.
pub(super) async fn sign_out(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::SignOut = visit.parameters()?;
    let runtime = &visit.desk.runtime;
    let request = visit.request(&p.request_id)?;
    let Some(Token::Session(id, no)) = token(visit, &p.session) else { return Err(wrong_token(visit, session_ended())) };
    let contact = runtime.views().reference().terminal_user(id).cloned().ok_or_else(session_ended)?;
    match submit(runtime, contact, SignInCommand::SignOut { no }, Some(request)).await {
        Ok(()) | Err(Refusal::Rejected(Rejection::NothingToChange)) => Ok(Outcome::Reply(Body::empty())),
        Err(refusal) => Err(refuse::refusal(refusal)),
    }
}
