//! A blocking Varlink client on a Unix socket: one call, many at once, or a stream of replies.
//! Keeps: every wait has an end (but for streams, which may be quiet), replies belong to their calls in order, and an error
//! says which socket, and what the caller could do about it. After an error of the connection itself it is not used again.
//! Leaves to others: the meaning of replies.

use std::io::{self, Read, Write};
use std::marker::PhantomData;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::protocol::varlink::{Parameters, Reply};

/// Longest reply a client takes, in bytes.
const LONGEST_REPLY: usize = 256 << 20;
/// Below this many bytes, calls of a pipeline are written in one go: the socket holds them.
const AT_ONCE: usize = 32 << 10;

/// Why a call did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The service has answered with an error.
    #[error("{name}{}", told(parameters))]
    Refused {
        /// Full name, such as `org.varlink.service.InvalidParameter`.
        name: String,
        /// What came with it.
        parameters: Parameters,
    },
    /// The socket cannot be reached, or stopped working.
    #[error("socket {}: {source}{hint}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// What might be the reason, beginning with ": ", or nothing.
        hint: &'static str,
    },
    /// What came is not what Varlink, or the caller, expects.
    #[error("socket {}: {reason}", path.display())]
    Protocol {
        /// The socket.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// A connection to a Varlink service.
#[derive(Debug)]
pub struct Client {
    path: PathBuf,
    socket: UnixStream,
    input: Vec<u8>,
    /// Bytes of `input` that were handed out.
    taken: usize,
    /// How long to wait for a reply or for room to write.
    limit: Duration,
    /// Why it cannot be used any more.
    spent: Option<&'static str>,
}

#[derive(Serialize)]
struct Outgoing<'a, P> {
    method: &'a str,
    parameters: &'a P,
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oneway: Option<bool>,
}

impl Client {
    /// Connects to the socket at `path`; waits for replies 30 s at most.
    ///
    /// # Errors
    /// [`ClientError::Io`].
    pub fn connect(path: impl AsRef<Path>) -> Result<Client, ClientError> {
        let path = path.as_ref().to_owned();
        match UnixStream::connect(&path) {
            Ok(socket) => {
                let limit = Duration::from_secs(30);
                Ok(Client { path, socket, input: Vec::new(), taken: 0, limit, spent: None })
            }
            Err(source) => Err(io_error(&path, source)),
        }
    }

    /// The same client with another limit on waiting for a reply or for room to write.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Client {
        self.limit = limit;
        self
    }

    /// Another limit on waiting for a reply or for room to write, from now on.
    pub fn set_limit(&mut self, limit: Duration) {
        self.limit = limit;
    }

    /// The socket.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Calls `method` (full name) and waits for its reply. `parameters` is anything that serialises to an object.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub fn call<P: Serialize, R: DeserializeOwned>(&mut self, method: &str, parameters: &P) -> Result<R, ClientError> {
        self.usable()?;
        let frame = self.frame(method, parameters, None, None)?;
        self.write(&frame)?;
        let reply = self.reply(Some(self.limit))?;
        if reply.continues {
            return Err(self.spend("a reply announces more, which was not asked for"));
        }
        self.outcome(reply)
    }

    /// Calls `method` without waiting for anything.
    ///
    /// # Errors
    /// See [`ClientError`]; never `Refused`.
    pub fn call_oneway<P: Serialize>(&mut self, method: &str, parameters: &P) -> Result<(), ClientError> {
        self.usable()?;
        let frame = self.frame(method, parameters, None, Some(true))?;
        self.write(&frame)
    }

    /// Calls `method` for a stream of replies. Waits without limit for each. Dropped before its end, the stream takes the
    /// connection with it.
    ///
    /// # Errors
    /// See [`ClientError`]; a refusal comes as the stream's first item.
    pub fn stream<P: Serialize, R: DeserializeOwned>(&mut self, method: &str, parameters: &P) -> Result<Replies<'_, R>, ClientError> {
        self.usable()?;
        let frame = self.frame(method, parameters, Some(true), None)?;
        self.write(&frame)?;
        Ok(Replies { client: self, over: false, kind: PhantomData })
    }

    /// Sends many calls, then reads their replies in order. Each has its own result; the outer error is that of the connection.
    ///
    /// # Errors
    /// [`ClientError::Io`] or [`ClientError::Protocol`]; calls may have been carried out nevertheless.
    pub fn pipeline<P: Serialize, R: DeserializeOwned>(&mut self, calls: &[(&str, P)]) -> Result<Vec<Result<R, ClientError>>, ClientError> {
        self.usable()?;
        let mut frames = Vec::new();
        for (method, parameters) in calls {
            frames.extend(self.frame(method, parameters, None, None)?);
        }
        if frames.len() <= AT_ONCE {
            self.write(&frames)?;
            return self.replies(calls.len());
        }
        // The service stops reading when its replies are not read: write beside reading.
        let limit = Some(self.limit);
        let mut socket = self.socket.try_clone().map_err(|e| self.lose(e))?;
        thread::scope(|scope| {
            let writer = scope.spawn(move || {
                socket.set_write_timeout(limit)?;
                let written = socket.write_all(&frames);
                if written.is_err() {
                    // Ends the reading side too: the replies that it waits for will not come.
                    let _ = socket.shutdown(std::net::Shutdown::Both);
                }
                written
            });
            let replies = self.replies(calls.len());
            if replies.is_err() {
                let _ = self.socket.shutdown(std::net::Shutdown::Both);
            }
            match (writer.join(), replies) {
                // A service that refuses the rest says why before it closes: that error is the better one.
                (_, Err(error)) => Err(error),
                (Ok(Err(error)), Ok(_)) => Err(self.lose(error)),
                (_, replies) => replies,
            }
        })
    }

    fn replies<R: DeserializeOwned>(&mut self, count: usize) -> Result<Vec<Result<R, ClientError>>, ClientError> {
        let mut results = Vec::with_capacity(count);
        for _ in 0..count {
            let reply = self.reply(Some(self.limit))?;
            if reply.continues {
                return Err(self.spend("a reply announces more, which was not asked for"));
            }
            results.push(self.outcome(reply));
        }
        Ok(results)
    }

    fn frame<P: Serialize>(&self, method: &str, parameters: &P, more: Option<bool>, oneway: Option<bool>) -> Result<Vec<u8>, ClientError> {
        let mut frame = serde_json::to_vec(&Outgoing { method, parameters, more, oneway })
            .map_err(|e| self.protocol(format!("parameters of {method} cannot be sent: {e}")))?;
        frame.push(0);
        Ok(frame)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        self.socket.set_write_timeout(Some(self.limit)).map_err(|e| self.lose(e))?;
        match self.socket.write_all(bytes) {
            // Turned away: the service may have said why before it closed.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => match self.reply(Some(self.limit)) {
                Ok(Reply { error: Some(name), parameters, .. }) => {
                    self.spent = Some("the service has closed the connection");
                    Err(ClientError::Refused { name, parameters })
                }
                _ => Err(self.lose(error)),
            },
            written => written.map_err(|e| self.lose(e)),
        }
    }

    fn reply(&mut self, limit: Option<Duration>) -> Result<Reply, ClientError> {
        let until = limit.map(|limit| Instant::now() + limit);
        let mut scanned = self.taken;
        loop {
            if let Some(length) = self.input[scanned..].iter().position(|byte| *byte == 0) {
                let frame = self.taken..scanned + length;
                self.taken = frame.end + 1;
                return Reply::parse(&self.input[frame]).map_err(|e| {
                    self.spent = Some("the service has sent what is no reply");
                    self.protocol(format!("reply: {e}"))
                });
            }
            self.input.drain(..self.taken);
            self.taken = 0;
            scanned = self.input.len();
            if scanned > LONGEST_REPLY {
                return Err(self.spend("a reply is longer than 256 MiB"));
            }
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            if left.is_some_and(|left| left.is_zero()) {
                return Err(self.lose(io::ErrorKind::TimedOut.into()));
            }
            self.socket.set_read_timeout(left).map_err(|e| self.lose(e))?;
            self.input.resize(scanned + (16 << 10), 0);
            let read = self.socket.read(&mut self.input[scanned..]);
            self.input.truncate(scanned + read.as_ref().copied().unwrap_or(0));
            match read {
                Ok(0) => return Err(self.lose(io::ErrorKind::UnexpectedEof.into())),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.lose(error)),
            }
        }
    }

    fn outcome<R: DeserializeOwned>(&self, reply: Reply) -> Result<R, ClientError> {
        match reply.error {
            Some(name) => Err(ClientError::Refused { name, parameters: reply.parameters }),
            None => {
                serde_json::from_value(Value::Object(reply.parameters)).map_err(|e| self.protocol(format!("reply is not as expected: {e}")))
            }
        }
    }

    fn usable(&self) -> Result<(), ClientError> {
        self.spent.map_or(Ok(()), |why| Err(self.protocol(format!("connection cannot be used any more: {why}"))))
    }

    fn spend(&mut self, why: &'static str) -> ClientError {
        self.spent = Some(why);
        self.protocol(why.to_owned())
    }

    fn lose(&mut self, source: io::Error) -> ClientError {
        self.spent = Some("it has failed before");
        io_error(&self.path, source)
    }

    fn protocol(&self, reason: String) -> ClientError {
        ClientError::Protocol { path: self.path.clone(), reason }
    }
}

/// The replies of a stream, as they come. Ends after the last reply or the first error.
#[derive(Debug)]
pub struct Replies<'a, R> {
    client: &'a mut Client,
    over: bool,
    kind: PhantomData<fn() -> R>,
}

impl<R: DeserializeOwned> Iterator for Replies<'_, R> {
    type Item = Result<R, ClientError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let item = self.client.reply(None).and_then(|reply| {
            self.over = !reply.continues || reply.error.is_some();
            self.client.outcome(reply)
        });
        // What cannot be read is not followed further; the rest is still on its way.
        if item.is_err() && !self.over {
            self.over = true;
            self.client.spent.get_or_insert("a stream on it was left before its end");
        }
        Some(item)
    }
}

impl<R> Drop for Replies<'_, R> {
    fn drop(&mut self) {
        if !self.over {
            self.client.spent = Some("a stream on it was left before its end");
            // Tells the service to stop.
            let _ = self.client.socket.shutdown(std::net::Shutdown::Both);
        }
    }
}

fn io_error(path: &Path, source: io::Error) -> ClientError {
    let hint = match source.kind() {
        io::ErrorKind::NotFound => ": is the daemon running?",
        io::ErrorKind::ConnectionRefused => ": nobody listens there, the daemon may have stopped",
        io::ErrorKind::PermissionDenied => ": this user is not in the group that may use it",
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ": no answer within the time limit",
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
            ": the daemon has closed the connection, it may be stopping"
        }
        _ => "",
    };
    ClientError::Io { path: path.to_owned(), source, hint }
}

/// The parameters of an error for people: `parameter contact.email, reason is missing`.
fn told(parameters: &Parameters) -> String {
    let mut text = String::new();
    for (name, value) in parameters {
        text.push_str(if text.is_empty() { ": " } else { ", " });
        text.push_str(name);
        text.push(' ');
        match value {
            Value::String(value) => text.push_str(value),
            other => text.push_str(&other.to_string()),
        }
    }
    text
}
