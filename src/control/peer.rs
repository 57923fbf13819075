//! Who is at the other end of a Unix socket, as the kernel knows it: process, user, group, supplementary groups.
//! Keeps: what is told was true when the client connected (the kernel stored it then), and nothing the client sends changes it.
//! Leaves to others: what a user or group may do.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// The process at the other end, at the moment it connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Process id; 0 when it is outside our PID namespace. May have been reused since.
    pub pid: u32,
    /// Effective user id.
    pub uid: u32,
    /// Effective group id.
    pub gid: u32,
    /// Supplementary group ids, in the kernel's order; need not contain `gid`.
    pub groups: Vec<u32>,
}

impl Peer {
    /// Asks the kernel (`SO_PEERCRED`, `SO_PEERGROUPS`).
    ///
    /// # Errors
    /// What `getsockopt` says; a socket that is not connected, for one.
    pub fn of(socket: impl AsFd) -> io::Result<Peer> {
        let credentials = rustix::net::sockopt::socket_peercred(&socket)?;
        Ok(Peer {
            pid: u32::try_from(credentials.pid.as_raw_nonzero().get()).unwrap_or(0),
            uid: credentials.uid.as_raw(),
            gid: credentials.gid.as_raw(),
            groups: groups(socket)?,
        })
    }
}

/// Socket option of Linux 4.13 and later; the number is another on parisc and sparc alone.
const SO_PEERGROUPS: libc::c_int = 59;

/// rustix has no call for this option.
fn groups(socket: impl AsFd) -> io::Result<Vec<u32>> {
    let mut groups: Vec<libc::gid_t> = vec![0; 32];
    loop {
        let room = groups.len() * size_of::<libc::gid_t>();
        let mut length = libc::socklen_t::try_from(room).map_err(|_| io::ErrorKind::OutOfMemory)?;
        // SAFETY: the pointer and `length` describe the vector's own initialised memory, both live through the call,
        // and the kernel writes at most `length` bytes.
        let result = unsafe {
            libc::getsockopt(socket.as_fd().as_raw_fd(), libc::SOL_SOCKET, SO_PEERGROUPS, groups.as_mut_ptr().cast(), &raw mut length)
        };
        let filled = length as usize / size_of::<libc::gid_t>();
        if result == 0 {
            groups.truncate(filled);
            return Ok(groups);
        }
        let error = io::Error::last_os_error();
        // ERANGE tells the length it needs.
        if error.raw_os_error() != Some(libc::ERANGE) || filled <= groups.len() {
            return Err(error);
        }
        groups.resize(filled, 0);
    }
}
