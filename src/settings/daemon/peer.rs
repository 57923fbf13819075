//! `[[control.peers]]`: who comes in by the control socket, as whom, with which roles.
//!
//! Names of the machine's users and groups are resolved where connections are taken, not here.

use crate::domain::ids::{Name, StaffUserId};
use crate::settings::toml_reader::Table;
use config::{Map, Value, ValueKind};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Which peers of the socket are meant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeerMatch {
    Uid(u32),
    /// A user of this machine, by name.
    Login(String),
    Gid(u32),
    /// A group of this machine, by name.
    Group(String),
}

/// What a peer may be. The first entry that matches counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    pub matches: PeerMatch,
    /// The staff user that it is; none: it acts with its roles alone.
    pub user: Option<StaffUserId>,
    /// Roles beside those that the staff user has in the directory.
    pub roles: Vec<Name>,
    /// Whether it may act in the name of any staff user; both names enter the history.
    pub act_as: bool,
}

/// A peer on its way through the layers.
#[derive(Debug, Deserialize)]
struct Fields {
    uid: Option<u32>,
    login: Option<String>,
    group: Option<String>,
    user: Option<String>,
    roles: Vec<String>,
    act_as: bool,
}

impl super::Control {
    /// The peers as written; where none is, the daemon's own uid and root are admins who may act in anybody's name.
    pub fn peers_or_default(&self, own_uid: u32) -> Vec<Peer> {
        if !self.peers.is_empty() {
            return self.peers.clone();
        }
        let admin = |uid| Peer { matches: PeerMatch::Uid(uid), user: None, roles: Name::new("admin").into_iter().collect(), act_as: true };
        let mut uids = vec![own_uid, 0];
        uids.dedup();
        uids.into_iter().map(admin).collect()
    }
}

/// Reads the tables of one file; what is wrong is reported.
pub fn read(control: &Table<'_>, origin: impl Fn(&crate::settings::problem::Place) -> String) -> Vec<Value> {
    let mut seen: BTreeMap<(&str, String), u32> = BTreeMap::new();
    let mut peers = Vec::new();
    for table in control.tables("peers", 1_000) {
        let matches = read_match(&table);
        if let Some((key, text)) = &matches
            && let Some(first) = seen.insert((key, text.clone()), table.place.line)
        {
            table.sink().report_with(&table.place, format!("{key} {text} is mapped twice"), format!("the first is in line {first}"));
        }
        let user = table.text("user").and_then(|found| match StaffUserId::new(found.value) {
            Ok(user) => Some(user),
            Err(problem) => {
                table.sink().report(&found.place, format!("the staff user {problem}"));
                None
            }
        });
        let mut roles = Vec::new();
        for found in table.texts("roles").map(|list| list.value).unwrap_or_default() {
            match Name::new(found.value) {
                Ok(role) => roles.push(role),
                Err(problem) => table.sink().report(&found.place, format!("the role {problem}")),
            }
        }
        let act_as = table.flag("act_as", false);
        if !table.has("user") && table.count("roles") == 0 {
            table.sink().report_with(
                &table.place,
                "the peer is nobody and has no roles",
                "add user = \"anna\" or roles = [\"dispatcher\"]",
            );
        }
        table.finish();
        if let Some((key, text)) = matches {
            let origin = origin(&table.place);
            let value = |kind: ValueKind| Value::new(Some(&origin), kind);
            let mut fields = Map::new();
            let kind = if key == "uid" { ValueKind::I64(text.parse().unwrap_or_default()) } else { ValueKind::String(text) };
            fields.insert(key.to_owned(), value(kind));
            if let Some(user) = user {
                fields.insert("user".to_owned(), value(ValueKind::String(user.as_str().to_owned())));
            }
            let roles = roles.iter().map(|role| value(ValueKind::String(role.as_str().to_owned()))).collect();
            fields.insert("roles".to_owned(), value(ValueKind::Array(roles)));
            fields.insert("act_as".to_owned(), value(ValueKind::Boolean(act_as)));
            peers.push(value(ValueKind::Table(fields)));
        }
    }
    peers
}

fn read_match(table: &Table<'_>) -> Option<(&'static str, String)> {
    let (uid, login, group) = (table.number("uid"), table.text("login"), table.text_or_number("group"));
    match ["uid", "login", "group"].iter().filter(|key| table.has(key)).count() {
        1 => {}
        0 => {
            table.sink().report_with(&table.place, "says not whom it maps", "add one of uid = 1000, login = \"anna\", group = \"service\"");
            return None;
        }
        _ => {
            table.sink().report_with(
                &table.place,
                "maps more than one thing",
                "keep one of uid, login, group, and write a second table for the other",
            );
            return None;
        }
    }
    if let Some(found) = uid {
        if u32::try_from(found.value).is_ok_and(|uid| uid != u32::MAX) {
            return Some(("uid", found.value.to_string()));
        }
        table.sink().report(&found.place, format!("{} is not a uid", found.value));
        return None;
    }
    let (key, text, place) = match (login, group) {
        (Some(found), _) => ("login", found.value.to_owned(), found.place),
        (None, Some(found)) => ("group", found.value, found.place),
        (None, None) => return None,
    };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let good = !text.is_empty() && text.len() <= 255 && !text.contains(|c: char| c.is_control() || c.is_whitespace() || c == ':');
    if !good || (digits && (key == "login" || text.parse::<u32>().is_err())) {
        let hint = (key == "login" && digits).then(|| format!("for a number write uid = {text}"));
        table.sink().put(&place, format!("{text:?} is not the name of a {}", if key == "login" { "user" } else { "group" }), hint);
        return None;
    }
    Some((key, text))
}

/// A peer from a merged value; the values were checked when they were read.
pub fn build(value: Value) -> Result<Peer, String> {
    let fields: Fields = value.try_deserialize().map_err(|e| e.to_string())?;
    let matches = match (fields.uid, fields.login, fields.group) {
        (Some(uid), ..) => PeerMatch::Uid(uid),
        (None, Some(login), _) => PeerMatch::Login(login),
        (None, None, Some(group)) => group.parse().map_or(PeerMatch::Group(group), PeerMatch::Gid),
        (None, None, None) => return Err("says not whom it maps".to_owned()),
    };
    let user = fields.user.map(|user| StaffUserId::new(&user)).transpose().map_err(|e| e.to_string())?;
    let roles = fields.roles.iter().map(|role| Name::new(role)).collect::<Result<_, _>>().map_err(|e| e.to_string())?;
    Ok(Peer { matches, user, roles, act_as: fields.act_as })
}
