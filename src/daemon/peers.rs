//! Names of the machine's users and groups, resolved to numbers for the peer map.

use crate::control::peers::{Match, PeerMap, PeerRule};
use crate::settings::daemon::{Control, PeerMatch};

/// The peer map of the settings.
///
/// # Errors
/// A name that this machine does not know.
pub fn resolve(control: &Control, own_uid: u32) -> Result<PeerMap, String> {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let group = std::fs::read_to_string("/etc/group").unwrap_or_default();
    let rule = |peer: crate::settings::daemon::Peer| {
        let who = match &peer.matches {
            PeerMatch::Uid(uid) => Match::Uid(*uid),
            PeerMatch::Gid(gid) => Match::Gid(*gid),
            PeerMatch::Login(name) => {
                Match::Uid(number(&passwd, name).ok_or_else(|| format!("control.peers: this machine has no user {name}"))?)
            }
            PeerMatch::Group(name) => {
                Match::Gid(number(&group, name).ok_or_else(|| format!("control.peers: this machine has no group {name}"))?)
            }
        };
        Ok(PeerRule { who, user: peer.user, roles: peer.roles, act_as: peer.act_as })
    };
    control.peers_or_default(own_uid).into_iter().map(rule).collect::<Result<Vec<_>, String>>().map(PeerMap)
}

/// The number of a name in a file such as /etc/passwd.
fn number(file: &str, name: &str) -> Option<u32> {
    file.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1)?.parse().ok())?
    })
}
