//! What went wrong, in a sentence for people, a hint what to do, and an exit code for programs.
//! Keeps: every error of the interfaces has its exit code here; unknown ones count as a protocol failure.

use serde_json::{Value, json};

use super::view::width;
use crate::client::connection::ClientError;
use crate::protocol::varlink::Parameters;

/// Refused by the rules.
pub const REFUSED: u8 = 1;
/// Wrong usage.
pub const USAGE: u8 = 2;
/// Cannot be reached, or speaks otherwise.
pub const UNREACHABLE: u8 = 3;
/// Not permitted, or not known.
pub const NOT_PERMITTED: u8 = 4;
/// In conflict with what is there.
pub const CONFLICT: u8 = 5;
/// Output cannot be written.
pub const OUTPUT: u8 = 74;
/// Try again later.
pub const TRY_AGAIN: u8 = 75;

/// The part that all errors of the daemon's interfaces share.
pub const ERRORS: &str = "org.workorderd.";

/// Why a command did not succeed.
#[derive(Debug)]
pub enum Failure {
    /// The daemon, or the way to it.
    Client(ClientError),
    /// The request was sent, and whether it was carried out is not known. With its request id.
    Unknown(ClientError, String),
    /// What was asked for does not make sense, or a file cannot be read.
    Usage(String),
    /// The same as `Usage`, with what to do instead.
    Hinted(String, &'static str),
    /// There is nothing that could be done.
    Nothing(String),
    /// The same as `Usage` in several places: what is wrong, and each place with its problem.
    Places(&'static str, Vec<String>),
    /// Something long broke off because the daemon went away; done again, it goes on.
    Broken(String),
    /// Standard output cannot be written.
    Output(std::io::Error),
    /// A file cannot be written or read.
    File(std::path::PathBuf, std::io::Error),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Failure {
        Failure::Client(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Failure {
        Failure::Output(error)
    }
}

impl Failure {
    /// The exit code; a reader that went away (`| head`) is none.
    pub fn exit_code(&self) -> u8 {
        match self {
            Failure::Client(ClientError::Refused { name, .. }) => exit_code_of(name),
            Failure::Client(_) | Failure::Unknown(..) | Failure::Broken(_) => UNREACHABLE,
            Failure::Usage(_) | Failure::Hinted(..) | Failure::Places(..) => USAGE,
            Failure::Nothing(_) => REFUSED,
            Failure::Output(error) if error.kind() == std::io::ErrorKind::BrokenPipe => 0,
            Failure::Output(_) | Failure::File(..) => OUTPUT,
        }
    }

    /// What to print on standard error: the sentence, problems, a hint. Ends with a line break.
    pub fn told(&self) -> String {
        let mut text = format!("workorderctl: {}\n", width::line(&self.sentence()));
        if let Failure::Client(ClientError::Refused { parameters, .. }) = self {
            for problem in problems(parameters) {
                text.push_str(&problem);
                text.push('\n');
            }
        }
        if let Failure::Places(_, places) = self {
            places.iter().for_each(|place| text.push_str(&format!("{}\n", width::line(place))));
        }
        if let Some(hint) = self.hint() {
            text.push_str(&format!("hint: {hint}\n"));
        }
        text
    }

    /// The same for programs.
    pub fn as_json(&self) -> Value {
        match self {
            Failure::Client(ClientError::Refused { name, parameters }) => json!({ "error": name, "parameters": parameters }),
            Failure::Places(_, places) => json!({ "error": null, "message": self.sentence(), "problems": places }),
            other => json!({ "error": null, "message": other.sentence() }),
        }
    }

    fn sentence(&self) -> String {
        match self {
            Failure::Client(ClientError::Refused { name, parameters }) => refusal(name, parameters),
            Failure::Client(ClientError::Io { path, source, .. }) => {
                format!("the daemon cannot be reached at {}: {source}", path.display())
            }
            Failure::Client(error @ ClientError::Protocol { .. }) => error.to_string(),
            Failure::Unknown(error, _) => format!("no answer came, so it is not known whether this was done: {error}"),
            Failure::Usage(problem) | Failure::Hinted(problem, _) | Failure::Nothing(problem) | Failure::Broken(problem) => problem.clone(),
            Failure::Places(problem, _) => (*problem).to_owned(),
            Failure::Output(error) => format!("the output cannot be written: {error}"),
            Failure::File(path, error) => format!("{}: {error}", path.display()),
        }
    }

    fn hint(&self) -> Option<String> {
        use std::io::ErrorKind as Kind;
        match self {
            Failure::Client(ClientError::Refused { name, parameters }) => hint_of(name, parameters),
            Failure::Client(ClientError::Io { source, .. }) => Some(
                match source.kind() {
                    Kind::NotFound => "is workorderd running? Does it listen elsewhere (--socket, WORKORDERD_SOCKET)?",
                    Kind::ConnectionRefused => "the socket is there, but nobody listens; is workorderd running?",
                    Kind::PermissionDenied => "this user may not use the socket; the members of its group may (ls -l)",
                    Kind::WouldBlock | Kind::TimedOut => "no answer within the time limit; the daemon's log may say why",
                    Kind::UnexpectedEof | Kind::BrokenPipe | Kind::ConnectionReset => {
                        "the daemon has closed the connection; is it stopping?"
                    }
                    _ => return None,
                }
                .into(),
            ),
            Failure::Unknown(_, id) => {
                Some(format!("give the same command again with --request-id {id}; it is not done twice, and the answer is the same"))
            }
            Failure::Hinted(_, hint) => Some((*hint).to_owned()),
            Failure::File(_, error) if matches!(error.kind(), Kind::StorageFull | Kind::QuotaExceeded) => Some(
                "the disk of this folder is full; the daemon has another and goes on, and the same command goes on where this one stopped"
                    .into(),
            ),
            _ => None,
        }
    }
}

/// The exit code of an error by its full name.
pub fn exit_code_of(name: &str) -> u8 {
    let Some(member) = name.strip_prefix(ERRORS) else {
        return if name == "org.varlink.service.PermissionDenied" { NOT_PERMITTED } else { UNREACHABLE };
    };
    match member {
        "NotPermitted" | "UnknownPeer" | "FuzzyNotAllowed" | "ExactNotAllowed" => NOT_PERMITTED,
        "Conflict" | "RequestIdReused" => CONFLICT,
        "Busy" | "DiskNearlyFull" | "Stopping" | "TooManyConnections" | "Lagged" => TRY_AGAIN,
        "InvalidFrame" | "Internal" | "StreamEnded" => UNREACHABLE,
        _ => REFUSED,
    }
}

fn refusal(name: &str, parameters: &Parameters) -> String {
    let text = |key: &str| parameters.get(key).and_then(Value::as_str);
    if let Some(message) = text("message") {
        return message.to_owned();
    }
    match name.strip_prefix(ERRORS) {
        Some("Internal") => "the daemon has a defect here; nothing was changed, and its log says more".into(),
        Some("Stopping") => "the daemon is stopping; nothing was changed".into(),
        Some("StreamEnded") => "the daemon has ended the stream".into(),
        Some("TooManyConnections") => format!("the daemon takes no more connections: {}", text("reason").unwrap_or("there are too many")),
        _ => match name.strip_prefix("org.varlink.service.") {
            Some("InterfaceNotFound") => format!("the daemon has no interface {}", text("interface").unwrap_or("of this name")),
            Some("MethodNotFound" | "MethodNotImplemented") => {
                format!("the daemon has no method {}", text("method").unwrap_or("of this name"))
            }
            Some("PermissionDenied") => "the daemon does not permit this".into(),
            Some("InvalidParameter") => {
                let reason = text("reason").map_or_else(|| "is not as the daemon expects it".to_owned(), str::to_owned);
                format!("parameter {} {reason}", text("parameter").unwrap_or("(unnamed)"))
            }
            _ => ClientError::Refused { name: name.to_owned(), parameters: parameters.clone() }.to_string(),
        },
    }
}

fn hint_of(name: &str, parameters: &Parameters) -> Option<String> {
    let hint = match name.strip_prefix(ERRORS) {
        Some("Conflict") => "somebody was faster; look again before you repeat it",
        Some("RequestIdReused") => "a new command needs a new request id; leave --request-id out to get one",
        Some("Busy" | "Stopping" | "TooManyConnections") => "ask again in a moment",
        Some("DiskNearlyFull") => "make room on the daemon's disk; `workorderctl status` tells how much is free",
        Some("WrongNode" | "TakenByAnother" | "EvaluationMissing") => "`workorderctl show NUMBER` tells where it stands and who may act",
        Some("OverLimit") => "another engineer, or --over-limit",
        Some("OnHold") => "`workorderctl resume NUMBER`",
        Some("NotPermitted") => "`workorderctl whoami` tells who you are to the daemon; --as USER acts for another, where that is allowed",
        Some("UnknownPeer") => {
            let uid = parameters.get("uid").and_then(Value::as_i64).map_or_else(|| "this user".to_owned(), |uid| format!("uid {uid}"));
            return Some(format!("an administrator maps {uid} to a staff user (settings, control.peers)"));
        }
        Some("UnknownReference") if matches!(parameters.get("field").and_then(Value::as_str), Some("contact" | "account")) => {
            "`workorderctl lookup WORDS` finds the id by a part of the name"
        }
        Some("LookUpTooShort") => "write more of the name; --exact takes a whole name, phone or e-mail of any length",
        Some("FuzzyNotAllowed") => "--exact, with the whole name, phone or e-mail; an admin may allow more (settings, look_up.staff)",
        Some("ExactNotAllowed") => "without --exact, if parts of a name are allowed; an admin may allow more (settings, look_up.staff)",
        Some("ArchiveAway") => "mount the disk of journal-archive (in the daemon's data folder); what is now is told without it",
        Some("Damaged") => "run `workorderd verify` on the data folder; the back-up that is there was not changed: keep it",
        Some("HasOpenWork") => {
            "\"workorderctl list --open\" with --contact, --engineer, --owner or --handler lists them; \"batch\" passes many on"
        }
        Some("NoCallAccount") => "an admin binds one: workorderctl staff-user put, with --call-account",
        Some("SmsQuotaUsedUp") => "workorderctl sms quota --add SEGMENTS, when more were bought",
        Some("ClockNotManual") => "only a data folder made for trials has a clock that is set by hand",
        Some(_) => return None,
        None if name.ends_with("NotFound") || name.ends_with("InvalidParameter") => {
            "daemon and workorderctl may be of different versions (workorderctl status, workorderctl --version)"
        }
        None => return None,
    };
    Some(hint.to_owned())
}

/// `repair.toml:12: nodes[2].kind: problem (hint)`, a line each.
fn problems(parameters: &Parameters) -> Vec<String> {
    let Some(Value::Array(problems)) = parameters.get("problems") else { return Vec::new() };
    let line = |problem: &Value| {
        let text = |key: &str| problem.get(key).and_then(Value::as_str).map(width::line).filter(|text| !text.is_empty());
        let mut out = text("file").unwrap_or_default();
        if let Some(line) = problem.get("line").and_then(Value::as_i64).filter(|line| *line > 0) {
            out.push_str(&format!(":{line}"));
        }
        for part in [text("key"), text("problem")].into_iter().flatten() {
            out.push_str(if out.is_empty() { "" } else { ": " });
            out.push_str(&part);
        }
        if let Some(hint) = text("hint") {
            out.push_str(&format!(" ({hint})"));
        }
        out
    };
    problems.iter().map(line).collect()
}
