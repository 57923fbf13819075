//! The sockets themselves: binding, accepting, turning away, stopping.
//! Keeps: a socket that somebody answers on is never taken away; a socket is never open wider than its mode, not even
//! between bind and chmod; a lack of file descriptors makes accepting pause, not spin; a stop lets calls finish first.
//! Leaves to others: the life of a connection (`connection`), socket activation, removing the file after a stop.

use std::future::{Future, poll_fn};
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener as StdListener, UnixStream as StdStream};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinSet;

use super::calls::contain;
use super::connection::{Connection, Ended, turn_away};
use super::limits::{Bounds, Census, Limits, Place};
use super::peer::Peer;
use super::service::Service;
use super::socket::Socket;
use super::stop::Stop;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// Pause after a failed accept.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a socket cannot be had at a path.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Somebody answers there.
    #[error("socket {}: another process is listening there", path.display())]
    InUse {
        /// The socket.
        path: PathBuf,
    },
    /// There is a file that is no socket; it is left alone.
    #[error("socket {}: there is a file of another kind", path.display())]
    NotASocket {
        /// The file.
        path: PathBuf,
    },
    /// The system refused.
    #[error("socket {}: cannot {step}: {source}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What was tried.
        step: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Binds a listening socket at `path` with `mode` (0o660, say). A socket left behind, on which nobody answers, is replaced.
///
/// # Errors
/// See [`BindError`].
pub fn bind(path: &Path, mode: u32) -> Result<StdListener, BindError> {
    let failed = |step, source: io::Error| BindError::Io { path: path.to_owned(), step, source };
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed("look at it", error)),
        Ok(file) if !file.file_type().is_socket() => {
            return Err(BindError::NotASocket { path: path.to_owned() });
        }
        Ok(_) => match StdStream::connect(path) {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                std::fs::remove_file(path).map_err(|e| failed("remove the one left behind", e))?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            // A full backlog says that somebody listens, too.
            Ok(_) | Err(_) => {
                return Err(BindError::InUse { path: path.to_owned() });
            }
        },
    }
    // Nobody can connect between bind and listen, so the mode is set there.
    let socket = rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, None)
        .map_err(|e| failed("make it", e.into()))?;
    let address = SocketAddrUnix::new(path).map_err(|e| failed("use the path", e.into()))?;
    rustix::net::bind(&socket, &address).map_err(|e| failed("bind", e.into()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).map_err(|e| failed("set its mode", e))?;
    rustix::net::listen(&socket, BACKLOG).map_err(|e| failed("listen", e.into()))?;
    Ok(StdListener::from(socket))
}

/// Serves `service` on `listeners` until `stop` is ready, then lets calls in flight finish (at most `stop_time` of the bounds).
/// Runs inside a `LocalSet` or an actix arbiter. `census` may be shared between sockets and threads.
///
/// # Errors
/// A listener that cannot be registered with the runtime.
pub async fn serve<S: Service>(
    listeners: Vec<StdListener>,
    service: Rc<S>,
    bounds: Bounds,
    census: Census,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let listeners = listeners
        .into_iter()
        .map(|listener| {
            listener.set_nonblocking(true)?;
            UnixListener::from_std(listener)
        })
        .collect::<io::Result<Vec<_>>>()?;
    let signal = Rc::new(Stop::default());
    let mut connections: JoinSet<Ended> = JoinSet::new();
    let mut stop = pin!(stop);
    let mut failures = 0_u32;
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            accepted = accept(&listeners) => match accepted {
                Ok(stream) => {
                    failures = 0;
                    if let Some(connection) = admit(stream, &service, &bounds.now(), &census, &signal) {
                        connections.spawn_local(connection);
                    }
                }
                Err(error) => {
                    failures += 1;
                    // Once a second is enough for the log.
                    if failures % 10 == 1 {
                        tracing::warn!(%error, failures, "accepting a connection failed; pausing");
                    }
                    tokio::select! {
                        () = &mut stop => break,
                        () = tokio::time::sleep(PAUSE) => {}
                    }
                }
            },
        }
    }
    drop(listeners);
    signal.raise();
    // Connections keep the time themselves; the second more is for one that does not get to run.
    let all = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(bounds.now().stop_time + Duration::from_secs(1), all).await.is_err() {
        tracing::warn!(connections = connections.len(), "connections are dropped at the stop");
    }
    Ok(())
}

/// The next connection on any of them.
async fn accept(listeners: &[UnixListener]) -> io::Result<UnixStream> {
    poll_fn(|cx| {
        for listener in listeners {
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                return Poll::Ready(accepted.map(|(stream, _)| stream));
            }
        }
        Poll::Pending
    })
    .await
}

/// A connection for this client, or `None` when it was turned away.
fn admit<S: Service>(
    stream: UnixStream,
    service: &Rc<S>,
    limits: &Arc<Limits>,
    census: &Census,
    signal: &Rc<Stop>,
) -> Option<impl Future<Output = Ended> + use<S>> {
    let peer = match Peer::of(&stream) {
        Ok(peer) => peer,
        Err(error) => {
            tracing::warn!(%error, "a client without credentials is turned away");
            return None;
        }
    };
    let place: Place = match census.enter(peer.uid, limits) {
        Ok(place) => place,
        Err(full) => {
            tracing::info!(%full, pid = peer.pid, "a client is turned away");
            turn_away(&stream, &full.into());
            return None;
        }
    };
    match contain("(connect)", || service.open(&peer)).and_then(|session| session) {
        Ok(session) => {
            let socket = match stream.into_std().and_then(Socket::new) {
                Ok(socket) => socket,
                Err(error) => {
                    tracing::warn!(%error, "a client's socket cannot be watched; it is turned away");
                    return None;
                }
            };
            let connection = Connection::new(socket, Rc::clone(service), session, Arc::clone(limits), signal);
            Some(async move {
                let _place = place;
                let ended = connection.await;
                tracing::debug!(?ended, pid = peer.pid, uid = peer.uid, "connection ended");
                ended
            })
        }
        Err(error) => {
            tracing::info!(error = %error.name, pid = peer.pid, uid = peer.uid, "a client is turned away");
            turn_away(&stream, &error);
            None
        }
    }
}
