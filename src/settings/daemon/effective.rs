//! The effective settings as TOML, with where each value came from as a comment. Reads back as the same settings.
//!
//! No setting holds a secret, only paths to files with secrets, so nothing secret can be shown.

use super::keys::{KEYS, SECTIONS, Shape};
use super::load::{Loaded, Merged};
use super::peer::{Peer, PeerMatch};
use config::ValueKind;
use std::fmt::Write;

impl Loaded {
    /// The effective settings as TOML; each line ends in a comment that says where the value came from.
    pub fn effective(&self) -> String {
        let mut out = String::new();
        for section in SECTIONS {
            if !out.is_empty() {
                out.push('\n');
            }
            let _ = writeln!(out, "[{section}]");
            for key in KEYS.iter().filter(|key| key.parts().0 == section && key.shape != Shape::Peers) {
                let _ = writeln!(out, "{}", line(key.parts().1, self.values.get(key.name), key.name, self.settings.mail.port));
            }
            if section == "control" {
                peers(&mut out, &self.settings.control.peers, &self.values);
            }
        }
        out
    }

    /// Where each of the peers came from, in order.
    pub fn peer_origins(&self) -> Vec<String> {
        peer_origins(&self.values)
    }

    /// Where the value of a key came from: `default`, a file with its line, a variable or a flag; none: it is not set.
    pub fn origin(&self, key: &str) -> Option<&str> {
        self.values.get(key)?.origin()
    }
}

fn line(name: &str, value: Option<&config::Value>, key: &str, port: u16) -> String {
    match value {
        Some(value) => format!("{name} = {}  # {}", show(&value.kind), value.origin().unwrap_or("?")),
        None if key == "mail.port" => format!("{name} = {port}  # by mail.security"),
        None => format!("# {name} is not set"),
    }
}

/// A value as in a settings file.
pub(super) fn show(kind: &ValueKind) -> String {
    match kind {
        ValueKind::Boolean(flag) => flag.to_string(),
        ValueKind::I64(number) => number.to_string(),
        ValueKind::Array(entries) => format!("{} entries", entries.len()),
        other => quoted(&other.to_string()),
    }
}

fn peer_origins(values: &Merged) -> Vec<String> {
    match values.get("control.peers").map(|value| &value.kind) {
        Some(ValueKind::Array(array)) => array.iter().map(|value| value.origin().unwrap_or("?").to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn peers(out: &mut String, peers: &[Peer], values: &Merged) {
    if peers.is_empty() {
        let _ = writeln!(out, "# no peers are mapped: the daemon's own uid and root are admins");
        return;
    }
    let origins = peer_origins(values);
    for (index, peer) in peers.iter().enumerate() {
        let origin = origins.get(index).map_or("?", String::as_str);
        let matches = match &peer.matches {
            PeerMatch::Uid(uid) => format!("uid = {uid}"),
            PeerMatch::Login(login) => format!("login = {}", quoted(login)),
            PeerMatch::Gid(gid) => format!("group = {gid}"),
            PeerMatch::Group(group) => format!("group = {}", quoted(group)),
        };
        let _ = writeln!(out, "\n[[control.peers]]  # {origin}\n{matches}");
        if let Some(user) = &peer.user {
            let _ = writeln!(out, "user = {}", quoted(user.as_str()));
        }
        let roles: Vec<_> = peer.roles.iter().map(|role| quoted(role.as_str())).collect();
        let _ = writeln!(out, "roles = [{}]\nact_as = {}", roles.join(", "), peer.act_as);
    }
}
