//! From a request to a reply: which page, and what the daemon is told. No sockets; the daemon is behind [`Daemon`].
//!
//! A form that was handed in is answered by a redirect to a page that says so, so that going back or reloading hands nothing in again.
//! Another site cannot hand a form in for a customer: it does not know the link; and what a browser says comes from elsewhere is refused.

use super::answers::Filled;
use super::page::{self, Look, Notice, STYLE};
use super::receipts;
use super::uploads::Uploaded;
use super::words::{Language, Words};
use crate::client::connection::{Client, ClientError};
use crate::protocol::guest::{self, Confirm, Confirmed, Evaluate, Evaluated, Show, Shown};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::PathBuf;
use std::time::Duration;

/// How long the daemon may take for an answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest token that is asked about, in bytes; the daemon's are shorter.
const TOKEN_MAX: usize = 200;

/// What is looked at of a request.
#[derive(Debug, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub content_type: String,
    pub accept_language: String,
    /// Whether the browser says that another site made it.
    pub from_elsewhere: bool,
    /// `X-Twilio-Signature`.
    pub signature: String,
    /// `Authorization`.
    pub authorization: String,
    pub body: Vec<u8>,
    /// What was filled in, where it came with photos.
    pub filled: Option<Uploaded>,
}

/// What is answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
    /// Where to go on.
    pub location: Option<String>,
    /// It may be kept by browsers.
    pub kept: bool,
    /// The link does not exist.
    pub unknown: bool,
}

/// The guest interface of a daemon.
#[derive(Debug, Clone)]
pub struct Daemon(pub PathBuf);

/// Why the daemon did not do it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There is no such link.
    Unknown,
    /// Nothing can be given through it any more.
    Closed,
    /// A field was not answered well.
    Wrong(String),
    /// What was sent makes no sense.
    Bad,
    /// It cannot be reached, or cannot take it now.
    Later,
}

impl Daemon {
    pub(super) fn call<P: Serialize, R: DeserializeOwned>(&self, method: &str, parameters: &P) -> Result<R, Trouble> {
        let mut client = Client::connect(&self.0).map_err(|error| later(&error))?.with_limit(PATIENCE);
        client.call(&format!("{}.{method}", guest::NAME), parameters).map_err(|error| match &error {
            ClientError::Refused { name, parameters } => match name.rsplit('.').next().unwrap_or_default() {
                "UnknownInvitation" => Trouble::Unknown,
                "InvitationUsed" | "InvitationExpired" | "WrongNode" | "Ended" | "Void" => Trouble::Closed,
                "InvalidAnswer" | "InvalidField" => {
                    Trouble::Wrong(parameters.get("field").and_then(|field| field.as_str()).unwrap_or_default().to_owned())
                }
                "InvitationPurpose" | "InvalidParameter" | "RequestIdReused" => Trouble::Bad,
                _ => later(&error),
            },
            ClientError::Io { .. } | ClientError::Protocol { .. } => later(&error),
        })
    }

    /// Whether it can be reached.
    pub fn is_there(&self) -> bool {
        Client::connect(&self.0).is_ok()
    }
}

/// The reason is the operator's to see; no link is in it.
fn later(error: &ClientError) -> Trouble {
    tracing::warn!(%error, "the daemon cannot be asked");
    Trouble::Later
}

impl Reply {
    fn page(status: u16, body: String) -> Self {
        Self { status, content_type: "text/html; charset=utf-8", body, location: None, kept: false, unknown: false }
    }

    /// A page that says why there is nothing else.
    pub fn notice(status: u16, look: &Look, language: Language, say: impl Fn(&Words) -> (&str, &str)) -> Self {
        let (title, text) = say(language.words());
        Self::page(status, page::notice(look, language, &Notice { title, text }, None))
    }

    /// Too much was asked.
    pub fn too_many(look: &Look, accept_language: &str) -> Self {
        Self::notice(429, look, Language::preferred(accept_language), |words| (words.too_many, words.too_many_text))
    }

    /// Too much or too slowly was sent, or nothing that makes sense; or it cannot be taken now (503).
    pub fn bad(status: u16, look: &Look, accept_language: &str) -> Self {
        if status == 503 {
            return Self::notice(503, look, Language::preferred(accept_language), |words| (words.later, words.later_text));
        }
        Self::notice(status, look, Language::preferred(accept_language), |words| (words.bad, words.bad_text))
    }
}

/// Answers a request. `request_id` is a new one, for the form that is shown.
pub fn answer(request: &Request, look: &Look, daemon: &Daemon, request_id: String) -> Reply {
    let reads = matches!(request.method.as_str(), "GET" | "HEAD");
    if request.path == "/healthz" && reads {
        let (status, body) = if daemon.is_there() { (200, "ok\n") } else { (503, "the daemon cannot be reached\n") };
        return Reply { content_type: "text/plain; charset=utf-8", ..Reply::page(status, body.to_owned()) };
    }
    if let Some(rest) = request.path.strip_prefix(look.receipts.as_str()) {
        return receipts::answer(request, rest, daemon);
    }
    if request.path.strip_prefix(look.path.as_str()) == Some("style.css") && reads {
        return Reply { content_type: "text/css; charset=utf-8", kept: true, ..Reply::page(200, STYLE.to_owned()) };
    }
    let Some(token) = token(&request.path, look) else { return unknown(look, &request.accept_language) };
    match request.method.as_str() {
        "GET" | "HEAD" => show(request, look, daemon, token, request_id),
        "POST" if request.from_elsewhere => Reply::bad(403, look, &request.accept_language),
        "POST" if request.filled.is_none() && !request.content_type.starts_with("application/x-www-form-urlencoded") => {
            Reply::bad(415, look, &request.accept_language)
        }
        "POST" => submit(request, look, daemon, token, request_id),
        _ => Reply::bad(405, look, &request.accept_language),
    }
}

/// The token in a path that leads to a form.
pub fn token<'a>(path: &'a str, look: &Look) -> Option<&'a str> {
    let token = path.strip_prefix(look.path.as_str())?;
    (!token.is_empty() && token.len() <= TOKEN_MAX && !token.contains('/')).then_some(token)
}

fn unknown(look: &Look, accept_language: &str) -> Reply {
    let reply = Reply::notice(404, look, Language::preferred(accept_language), |words| (words.unknown, words.unknown_text));
    Reply { unknown: true, ..reply }
}

fn asked<'a>(request: &'a Request, key: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(request.query.as_bytes());
    pairs.find(|(name, _)| name == key).map(|(_, value)| std::borrow::Cow::<'a, str>::into_owned(value))
}

/// A language that was asked for, if it is one of ours.
fn language(asked: Option<String>) -> Option<String> {
    asked.filter(|tag| ["en", "zh"].contains(&tag.as_str()))
}

fn show(request: &Request, look: &Look, daemon: &Daemon, token: &str, request_id: String) -> Reply {
    let asks = Show { token: token.to_owned(), language: language(asked(request, "lang")) };
    let shown: Shown = match daemon.call("Show", &asks) {
        Ok(shown) => shown,
        Err(trouble) => return refused(&trouble, look, &request.accept_language),
    };
    let words = Language::of(&shown.language).words();
    let done = match asked(request, "done").as_deref() {
        Some("evaluated") => Some(words.thanks_text),
        Some("solved") => Some(words.confirmed_text),
        Some("returned") => Some(words.returned_text),
        _ => None,
    };
    // Only of what has been used it is said that it has arrived; what was to be confirmed is over then.
    let arrived = shown.used > 0 || (shown.purpose == "confirm" && !shown.open);
    if let Some(text) = done.filter(|_| arrived) {
        let thanks = Notice { title: words.thanks, text };
        return Reply::page(200, page::notice(look, Language::of(&shown.language), &thanks, Some(&Shown { open: false, ..shown })));
    }
    if shown.open {
        let filled = Filled { request: request_id, ..Filled::default() };
        return Reply::page(200, page::form(look, &shown, &filled, None));
    }
    closed(look, &shown, 200)
}

/// A link through which nothing can be given any more: what was given, or why.
fn closed(look: &Look, shown: &Shown, status: u16) -> Reply {
    if let Some(given) = &shown.given {
        return Reply::page(status, page::given(look, shown, given));
    }
    let words = Language::of(&shown.language).words();
    let text = if shown.closed.as_deref() == Some("called-off") { words.called_off_text } else { words.over_text };
    Reply::page(status, page::notice(look, Language::of(&shown.language), &Notice { title: words.over, text }, Some(shown)))
}

fn submit(request: &Request, look: &Look, daemon: &Daemon, token: &str, request_id: String) -> Reply {
    let Uploaded { mut filled, wrong } = request.filled.clone().unwrap_or_else(|| Filled::read(&request.body).into());
    if filled.request.is_empty() {
        filled.request = request_id;
    }
    let asks = Show { token: token.to_owned(), language: language(filled.language.clone()) };
    let shown: Shown = match daemon.call("Show", &asks) {
        Ok(shown) => shown,
        Err(trouble) => return refused(&trouble, look, &request.accept_language),
    };
    let done = match (shown.purpose.as_str(), filled.solved) {
        _ if wrong.is_some() && shown.open => Err(Trouble::Wrong(wrong.unwrap_or_default())),
        ("confirm", Some(solved)) => {
            let reason = (!solved).then(|| filled.reason.clone());
            let confirm = Confirm { token: token.to_owned(), request_id: filled.request.clone(), solved, reason };
            daemon.call("Confirm", &confirm).map(|_: Confirmed| if solved { "solved" } else { "returned" })
        }
        ("evaluate", None) => {
            let evaluate = Evaluate { token: token.to_owned(), request_id: filled.request.clone(), answers: filled.answers.clone() };
            daemon.call("Evaluate", &evaluate).map(|_: Evaluated| "evaluated")
        }
        _ => Err(Trouble::Bad),
    };
    match done {
        Ok(done) => {
            let location = format!("{}{token}?done={done}&lang={}", look.path, Language::of(&shown.language).words().tag);
            Reply { location: Some(location), ..Reply::page(303, String::new()) }
        }
        Err(Trouble::Wrong(field)) => Reply::page(422, page::form(look, &shown, &filled, Some(&field))),
        // It was closed in between: by another answer, or because its time was up.
        Err(Trouble::Closed) => match daemon.call("Show", &asks) {
            Ok(shown) => closed(look, &shown, 409),
            Err(trouble) => refused(&trouble, look, &request.accept_language),
        },
        Err(trouble) => refused(&trouble, look, &request.accept_language),
    }
}

fn refused(trouble: &Trouble, look: &Look, accept_language: &str) -> Reply {
    let language = Language::preferred(accept_language);
    match trouble {
        Trouble::Unknown => unknown(look, accept_language),
        Trouble::Closed => Reply::notice(410, look, language, |words| (words.over, words.over_text)),
        Trouble::Wrong(_) | Trouble::Bad => Reply::bad(400, look, accept_language),
        Trouble::Later => Reply::bad(503, look, accept_language),
    }
}
