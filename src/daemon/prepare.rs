//! From settings to what the daemon works with: names are resolved, secrets and certificates read, all problems told at once.
//!
//! `--check`, a start and a reload go through here, so that what one of them finds good is good for the others.

use super::descriptors;
use super::gateways;
use super::peers;
use crate::control::limits::Limits;
use crate::control::peers::PeerMap;
use crate::mail::{self, Address, Smtp};
use crate::runtime::mailer::Post;
use crate::runtime::render::Letterhead;
use crate::settings::daemon::{Loaded, Mail, Security, SettingProblem};
use jiff::tz::TimeZone;
use std::io::Read;
use std::path::Path;

/// Longest secret or certificate file, in bytes.
const SECRET_MAX: u64 = 1 << 20;

/// Everything that is made of the settings and may fail.
pub struct Prepared {
    pub peers: PeerMap,
    pub zone: TimeZone,
    pub post: Post,
    /// For links, if it does not come from the data folder.
    pub secret: Option<[u8; 32]>,
    pub limits: Limits,
}

pub(super) struct Problems<'a> {
    loaded: &'a Loaded,
    found: Vec<SettingProblem>,
}

impl Problems<'_> {
    pub(super) fn report(&mut self, key: &str, problem: impl std::fmt::Display, hint: Option<&str>) {
        self.found.push(SettingProblem {
            source: self.loaded.origin(key).unwrap_or("default").to_owned(),
            key: key.to_owned(),
            problem: problem.to_string(),
            hint: hint.map(ToOwned::to_owned),
        });
    }

    pub(super) fn take<T, E: std::fmt::Display>(&mut self, key: &str, result: Result<T, E>, hint: Option<&str>) -> Option<T> {
        result.map_err(|error| self.report(key, error, hint)).ok()
    }
}

/// Prepares.
///
/// # Errors
/// All problems, each with where its setting stands.
pub fn prepare(loaded: &Loaded) -> Result<Prepared, Vec<SettingProblem>> {
    let settings = &loaded.settings;
    let mut problems = Problems { loaded, found: Vec::new() };
    let peers = peers::resolve(loaded, rustix::process::getuid().as_raw(), &mut problems.found);
    let zone = problems.take("time.zone", TimeZone::get(&settings.time.zone), None);
    let from = from(settings.mail.from.as_ref(), &mut problems);
    let smtp = if settings.mail.enabled { smtp(&settings.mail, &mut problems) } else { None };
    let gateways = gateways::prepare(&settings.gateways, &mut problems);
    let secret = settings.links.secret_file.as_ref().and_then(|path| link_secret(path, &mut problems));
    let control = &settings.control;
    let (connections, connections_per_uid) = descriptors::connections(control.connections_total, control.connections_per_uid);
    let limits = Limits {
        frame_bytes: control.max_frame_bytes,
        frame_time: control.frame_timeout,
        calls_in_flight: control.calls_in_flight,
        connections_per_uid,
        connections,
        stop_time: control.drain_timeout,
        ..Limits::default()
    };
    match (zone, from) {
        (Some(zone), Some(from)) if problems.found.is_empty() => {
            let letterhead = Letterhead { from, base_url: settings.links.base_url.clone() };
            Ok(Prepared { peers, zone, post: Post { smtp, letterhead, gateways, at_once: settings.mail.connections }, secret, limits })
        }
        _ => Err(problems.found),
    }
}

fn from(written: Option<&crate::settings::daemon::Mailbox>, problems: &mut Problems<'_>) -> Option<Address> {
    let cleaned = match written {
        Some(from) => mail::clean(from.name.as_deref().unwrap_or(""), &from.address),
        None => mail::clean("workorderd", "workorderd@localhost.localdomain"),
    };
    problems.take("mail.from", cleaned, None)
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let wrong = |problem: String| format!("{}: {problem}", path.display());
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    file.take(SECRET_MAX + 1).read_to_end(&mut bytes).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    if bytes.len() as u64 > SECRET_MAX { Err(wrong(format!("is larger than {SECRET_MAX} bytes"))) } else { Ok(bytes) }
}

fn smtp(mail: &Mail, problems: &mut Problems<'_>) -> Option<Smtp> {
    let before = problems.found.len();
    let credentials = match (&mail.user, &mail.password_file) {
        (Some(user), Some(file)) => password(file, problems).map(|secret| (user.clone(), secret)),
        _ => None,
    };
    let extra_root_pem = mail.extra_root.as_ref().and_then(|path| problems.take("mail.extra_root", read(path), None));
    if problems.found.len() > before {
        return None;
    }
    let made = Smtp::new(mail::Settings {
        host: mail.host.clone(),
        port: mail.port,
        security: match mail.security {
            Security::None => mail::Security::None,
            Security::StartTls => mail::Security::StartTls,
            Security::Tls => mail::Security::Tls,
        },
        credentials,
        extra_root_pem,
        timeout: mail.timeout,
        connections: mail.connections,
        hello_name: rustix::system::uname().nodename().to_string_lossy().into_owned(),
    });
    problems.take("mail.host", made, None)
}

fn password(path: &Path, problems: &mut Problems<'_>) -> Option<String> {
    let hint = "the file holds the password and nothing else; under systemd use the credential smtp-password";
    text_secret("mail.password_file", path, hint, problems)
}

/// A secret of one line; what is wrong with it is told.
pub(super) fn text_secret(key: &str, path: &Path, hint: &str, problems: &mut Problems<'_>) -> Option<String> {
    let bytes = problems.take(key, read(path), Some(hint))?;
    match String::from_utf8(bytes).map(|text| text.trim_end_matches(['\r', '\n']).to_owned()) {
        Ok(text) if !text.is_empty() => return Some(text),
        Ok(_) => problems.report(key, format!("{}: is empty", path.display()), Some(hint)),
        Err(_) => problems.report(key, format!("{}: is not UTF-8", path.display()), Some(hint)),
    }
    None
}

fn link_secret(path: &Path, problems: &mut Problems<'_>) -> Option<[u8; 32]> {
    let hint = Some("make one with: head -c 32 /dev/urandom | base64");
    let bytes = problems.take("links.secret_file", read(path), hint)?;
    if bytes.len() < 32 {
        let problem = format!("{}: {} bytes are too few for a secret; at least 32", path.display(), bytes.len());
        problems.report("links.secret_file", problem, hint);
        return None;
    }
    Some(blake3::derive_key("workorderd links 1 secret", &bytes))
}
