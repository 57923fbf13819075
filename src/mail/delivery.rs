//! One attempt to hand one mail to a mail server, command by command.
//! Invariant: [`Progress`] stands at [`Step::FinalDot`] before the first byte of the final dot is written; an attempt that
//! ends earlier has certainly not delivered, one that ends later without an answer may have.
//! lettre's own `send` is one step and its errors do not tell, so it is not used. Time limits, reuse of connections and
//! when to try again are left to the transport and the engine.

use std::error::Error as _;
use std::fmt::Display;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::{Response, Severity};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::socket::Socket;
use super::transport::Outcome;

/// The longest text of a server that is kept, in characters.
const MAX_ANSWER_CHARACTERS: usize = 300;
/// A 5xx answer with one of these codes is about the login, not about the mail (RFC 4954).
const LOGIN_CODES: [u16; 4] = [530, 534, 535, 538];
/// The server closes the connection (RFC 5321, 3.8).
const CLOSING: u16 = 421;

/// How far an attempt has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Step {
    Connect,
    Login,
    MailFrom,
    RcptTo,
    Data,
    Content,
    FinalDot,
}

/// How far an attempt has come, readable after the attempt was cut off by its time limit.
pub(super) struct Progress(AtomicU8);

impl Progress {
    pub(super) fn new() -> Self {
        Self(AtomicU8::new(Step::Connect as u8))
    }

    fn at(&self, step: Step) {
        self.0.store(step as u8, Ordering::SeqCst);
    }

    fn final_dot_may_be_out(&self) -> bool {
        self.0.load(Ordering::SeqCst) >= Step::FinalDot as u8
    }

    fn doing(&self) -> &'static str {
        const DOING: [&str; 7] = [
            "connecting",
            "logging in",
            "sending MAIL FROM",
            "sending RCPT TO",
            "sending DATA",
            "sending the content",
            "waiting for the answer to the final dot",
        ];
        DOING[usize::from(self.0.load(Ordering::SeqCst)).min(DOING.len() - 1)]
    }

    /// What a connection that broke, or a time limit that ran out, means at this point.
    pub(super) fn interrupted(&self, why: &str) -> Outcome {
        let why = format!("{why} while {}", self.doing());
        if self.final_dot_may_be_out() { Outcome::Unknown { why } } else { Outcome::Deferred { why } }
    }
}

/// Where and how to connect; everything in it has been checked.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Encryption,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello_name: ClientId,
    pub(super) limit: Duration,
}

pub(super) enum Encryption {
    None,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

/// One mail, ready to be sent.
pub(super) struct Parcel {
    pub(super) from: lettre::Address,
    pub(super) to: lettre::Address,
    pub(super) bytes: Vec<u8>,
}

/// How an attempt ended, and whether the connection can take another mail.
pub(super) struct Attempt {
    pub(super) outcome: Outcome,
    pub(super) connection_usable: bool,
    /// The connection was gone, or going, before anything was decided about the mail.
    pub(super) connection_lost: bool,
}

/// Connects, encrypts and logs in.
///
/// # Errors
/// Why it failed, in words. Nothing that goes wrong here is the fault of a mail, a 5xx answer neither.
pub(super) async fn open(server: &Server, progress: &Progress) -> Result<AsyncSmtpConnection, String> {
    progress.at(Step::Connect);
    let mut connection = match &server.tls {
        Encryption::Tls(tls) => AsyncSmtpConnection::connect_tokio1(
            (server.host.as_str(), server.port),
            Some(server.limit / 2),
            &server.hello_name,
            Some(tls.clone()),
            None,
        )
        .await
        .map_err(|error| format!("cannot connect over tls: {}", explain(&error)))?,
        Encryption::None | Encryption::StartTls(_) => {
            let socket = Socket::new(connect(server).await?);
            AsyncSmtpConnection::connect_with_transport(Box::new(socket), &server.hello_name)
                .await
                .map_err(|error| format!("mail server does not greet: {}", explain(&error)))?
        }
    };
    if let Encryption::StartTls(tls) = &server.tls {
        // After a failure here the connection is dropped as it is: lettre panics in a debug build if one says goodbye on it.
        connection.starttls(tls.clone(), &server.hello_name).await.map_err(|error| format!("starttls failed: {}", explain(&error)))?;
    }
    if let Some(credentials) = &server.credentials {
        progress.at(Step::Login);
        connection.auth(DEFAULT_MECHANISMS, credentials).await.map_err(|error| match error.status() {
            // The code alone: a server that repeats what it was given must not bring the secret into a log.
            Some(code) => format!("login refused by the mail server with code {code}"),
            None => format!("login failed: {}", explain(&error)),
        })?;
    }
    Ok(connection)
}

/// Tries each address of the host, each for half the time limit of the whole attempt.
async fn connect(server: &Server) -> Result<TcpStream, String> {
    let name = format!("{}:{}", server.host, server.port);
    let addresses = lookup_host((server.host.as_str(), server.port)).await.map_err(|error| format!("cannot look up {name}: {error}"))?;
    let mut why = "no address".to_owned();
    for address in addresses {
        match timeout(server.limit / 2, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => why = error.to_string(),
            Err(_) => why = "timed out".to_owned(),
        }
    }
    Err(format!("cannot connect to {name}: {why}"))
}

/// Hands one mail over on an open connection.
pub(super) async fn deliver(connection: &mut AsyncSmtpConnection, parcel: &Parcel, progress: &Progress) -> Attempt {
    progress.at(Step::MailFrom);
    let mail = Mail::new(Some(parcel.from.clone()), Vec::new());
    if let Err(wrong) = command(connection, mail, Severity::PositiveCompletion).await {
        // Nothing but our own sender has been named so far: a refusal is about this installation, not about the mail.
        return refused("the sender", wrong, Fault::Ours, progress);
    }

    progress.at(Step::RcptTo);
    let rcpt = Rcpt::new(parcel.to.clone(), Vec::new());
    if let Err(wrong) = command(connection, rcpt, Severity::PositiveCompletion).await {
        return refused("the recipient", wrong, Fault::TheMails, progress);
    }

    progress.at(Step::Data);
    if let Err(wrong) = command(connection, Data, Severity::PositiveIntermediate).await {
        return refused("the mail", wrong, Fault::TheMails, progress);
    }

    progress.at(Step::Content);
    // The library writes the parts one by one, and asks for the next when one is out: when it learns that there is none,
    // all of the content is out and the final dot is not. It writes CR LF before that dot, so ours is taken off.
    let content = parcel.bytes.strip_suffix(b"\r\n").unwrap_or(&parcel.bytes);
    let mut content = Some(content);
    let parts = std::iter::from_fn(|| {
        if content.is_none() {
            progress.at(Step::FinalDot);
        }
        content.take()
    });
    match connection.message_iter(parts).await {
        Ok(response) if response.code().severity == Severity::PositiveCompletion => Attempt {
            outcome: Outcome::Sent {
                response: one_line(&format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" "))),
            },
            connection_usable: true,
            connection_lost: false,
        },
        Ok(response) => lost(progress.interrupted(&format!("mail server answered {} where it should say yes or no", response.code()))),
        Err(error) => refused("the mail", Wrong::Smtp(error), Fault::TheMails, progress),
    }
}

/// Brings a connection that has been idle back to the start of a mail; false if it is gone.
pub(super) async fn renew(connection: &mut AsyncSmtpConnection, limit: Duration) -> bool {
    let reset = command(connection, "RSET\r\n", Severity::PositiveCompletion);
    matches!(timeout(limit, reset).await, Ok(Ok(_)))
}

enum Wrong {
    Smtp(Error),
    Unexpected(Response),
}

async fn command(connection: &mut AsyncSmtpConnection, command: impl Display, expected: Severity) -> Result<(), Wrong> {
    let response = connection.command(command).await.map_err(Wrong::Smtp)?;
    if response.code().severity == expected { Ok(()) } else { Err(Wrong::Unexpected(response)) }
}

enum Fault {
    Ours,
    TheMails,
}

/// Sorts what went wrong by whether the server has said no, and for how long.
fn refused(what: &str, wrong: Wrong, fault: Fault, progress: &Progress) -> Attempt {
    let error = match wrong {
        Wrong::Smtp(error) => error,
        Wrong::Unexpected(response) => {
            let why = format!("mail server answered {} out of turn", response.code());
            return lost(progress.interrupted(&why));
        }
    };
    let Some(code) = error.status().map(u16::from) else {
        return lost(progress.interrupted(&explain(&error)));
    };
    let why = format!("mail server refused {what}: {}", explain(&error));
    let permanent = error.is_permanent() && matches!(fault, Fault::TheMails) && !LOGIN_CODES.contains(&code);
    Attempt {
        outcome: if permanent { Outcome::Failed { why } } else { Outcome::Deferred { why } },
        connection_usable: code != CLOSING,
        connection_lost: code == CLOSING && !progress.final_dot_may_be_out(),
    }
}

fn lost(outcome: Outcome) -> Attempt {
    Attempt { connection_lost: matches!(outcome, Outcome::Deferred { .. }), connection_usable: false, outcome }
}

/// An error of the library in our words: the server's answer if there is one, else what happened to the connection.
fn explain(error: &Error) -> String {
    let source = error.source().map(ToString::to_string);
    let text = match (error.status(), source) {
        (Some(code), source) => format!("{code} {}", source.unwrap_or_default()),
        (None, Some(source)) if error.is_response() && source == "incomplete response" => "connection closed".to_owned(),
        (None, Some(source)) => source,
        (None, None) => error.to_string(),
    };
    one_line(&text)
}

/// Text from outside, fit for one line of a log or a history.
fn one_line(text: &str) -> String {
    text.trim().chars().map(|character| if character.is_control() { ' ' } else { character }).take(MAX_ANSWER_CHARACTERS).collect()
}
