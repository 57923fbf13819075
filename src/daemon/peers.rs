//! Names of the machine's users and groups, resolved to numbers for the peer map.

use crate::control::peers::{Match, PeerMap, PeerRule};
use crate::settings::daemon::{Loaded, Peer, PeerMatch, SettingProblem};

/// The peer map of the settings. A name that this machine does not know becomes a problem.
pub fn resolve(loaded: &Loaded, own_uid: u32, problems: &mut Vec<SettingProblem>) -> PeerMap {
    let origins = loaded.peer_origins();
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let group = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let mut unknown = |index: usize, kind: &str, name: &str| {
        problems.push(SettingProblem {
            source: origins.get(index).cloned().unwrap_or_else(|| "settings".to_owned()),
            key: format!("control.peers[{}]", index + 1),
            problem: format!("this machine has no {kind} {name:?}"),
            hint: Some(format!("write a name of /etc/{}", if kind == "user" { "passwd, or uid = a number" } else { "group, or a number" })),
        });
    };
    let mut rule = |(index, peer): (usize, Peer)| {
        let who = match &peer.matches {
            PeerMatch::Uid(uid) => Some(Match::Uid(*uid)),
            PeerMatch::Gid(gid) => Some(Match::Gid(*gid)),
            PeerMatch::Login(name) => number(&passwd, name).map(Match::Uid).or_else(|| {
                unknown(index, "user", name);
                None
            }),
            PeerMatch::Group(name) => number(&group, name).map(Match::Gid).or_else(|| {
                unknown(index, "group", name);
                None
            }),
        };
        Some(PeerRule { who: who?, user: peer.user, roles: peer.roles, act_as: peer.act_as })
    };
    PeerMap(loaded.settings.control.peers_or_default(own_uid).into_iter().enumerate().filter_map(&mut rule).collect())
}

/// The number of a name in a file such as /etc/passwd.
fn number(file: &str, name: &str) -> Option<u32> {
    file.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}
