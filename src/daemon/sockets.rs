//! The sockets that are served: those that systemd passed (`FileDescriptorName=control` and `guest`), else bound by the settings.
//! Keeps: a socket that systemd made is not removed at the stop, so that callers wait in it for the next start.

use crate::control::listener::{self, BindError};
use crate::settings::daemon::Control;
use rustix::net::sockopt;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;

/// Names for the two sockets; the second of each is what systemd says where the unit gives no name.
const CONTROL: [&str; 2] = ["control", "workorderd.socket"];
const GUEST: [&str; 2] = ["guest", "workorderd-guest.socket"];

/// Why passed sockets cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    #[error("the sockets passed by systemd cannot be used: {0}")]
    Passed(#[from] std::io::Error),
    #[error("systemd passed a socket named {0:?}; write FileDescriptorName=control or FileDescriptorName=guest into its unit")]
    Unknown(String),
    #[error("the socket {0:?} that systemd passed is no listening stream socket of the Unix kind")]
    NotListening(String),
    #[error(transparent)]
    Bind(#[from] BindError),
}

/// The sockets.
pub struct Sockets {
    pub control: Vec<UnixListener>,
    /// Served for guests alone.
    pub guest: Vec<UnixListener>,
    /// Files that are ours to remove.
    pub ours: Vec<PathBuf>,
}

/// What systemd passed, by name. To be called once, before anything else.
///
/// # Errors
/// The variables do not fit together, or do not fit what there is.
pub fn passed() -> Result<Vec<(String, OwnedFd)>, SocketError> {
    let fds = sd_notify::listen_fds_with_names()?;
    // SAFETY: the variables name this process, and sd_notify has looked that each descriptor is open; whoever started the process
    // left them to it, nothing else in it knows of them, and this is the only call.
    Ok(fds.map(|(fd, name)| (name, unsafe { OwnedFd::from_raw_fd(fd) })).collect())
}

/// Takes what was passed, and binds what was not.
///
/// # Errors
/// See [`SocketError`].
pub fn open(passed: Vec<(String, OwnedFd)>, settings: &Control) -> Result<Sockets, SocketError> {
    let mut sockets = Sockets { control: Vec::new(), guest: Vec::new(), ours: Vec::new() };
    for (name, fd) in passed {
        let listens = sockopt::socket_domain(&fd).is_ok_and(|d| d == rustix::net::AddressFamily::UNIX)
            && sockopt::socket_type(&fd).is_ok_and(|t| t == rustix::net::SocketType::STREAM)
            && sockopt::socket_acceptconn(&fd).unwrap_or(false);
        if !listens {
            return Err(SocketError::NotListening(name));
        }
        if CONTROL.contains(&name.as_str()) {
            sockets.control.push(fd.into());
        } else if GUEST.contains(&name.as_str()) {
            sockets.guest.push(fd.into());
        } else {
            return Err(SocketError::Unknown(name));
        }
    }
    if sockets.control.is_empty() {
        sockets.control.push(listener::bind(&settings.socket, 0o660)?);
        sockets.ours.push(settings.socket.clone());
    }
    if let Some(path) = settings.guest_socket.as_ref().filter(|_| sockets.guest.is_empty()) {
        sockets.guest.push(listener::bind(path, 0o660)?);
        sockets.ours.push(path.clone());
    }
    Ok(sockets)
}

impl Sockets {
    /// Where they are, for the log.
    pub fn paths(listeners: &[UnixListener]) -> String {
        let path = |l: &UnixListener| l.local_addr().ok().and_then(|a| Some(a.as_pathname()?.display().to_string()));
        listeners.iter().filter_map(path).collect::<Vec<_>>().join(" ")
    }
}
