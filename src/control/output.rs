//! The outgoing side of a connection: replies framed into one buffer, as many as are ready in one write.
//! Keeps: bytes leave in the order they were put in, and `overdue` tells when bytes have waited longer than allowed: what
//! waits at one moment has to be gone a drain time later, so a trickle does not count as reading.
//! Leaves to others: bounding what is put in, and cutting the client off.

use std::io;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use super::service::Body;
use super::socket::Socket;
use crate::protocol::varlink::ErrorReply;

/// A larger buffer is given back once it is empty, in bytes.
const KEEP: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Output {
    bytes: Vec<u8>,
    /// How much of `bytes` the socket has taken.
    written: usize,
    /// How much must leave before `deadline`; counted down.
    owed: usize,
    deadline: Option<Instant>,
}

impl Output {
    pub(super) fn reply(&mut self, body: &Body, continues: bool) {
        self.bytes.extend_from_slice(b"{\"parameters\":");
        self.bytes.extend_from_slice(body.as_bytes());
        self.bytes.extend_from_slice(if continues { b",\"continues\":true}\0" } else { b"}\0" });
    }

    pub(super) fn error(&mut self, error: &ErrorReply) {
        self.bytes.extend_from_slice(&error_frame(error));
    }

    /// Bytes that wait.
    pub(super) fn waiting(&self) -> usize {
        self.bytes.len() - self.written
    }

    /// When the client has to have taken what waits.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Writes all that waits.
    pub(super) fn poll_flush(&mut self, socket: &mut Socket, cx: &mut Context<'_>, drain_time: Duration) -> Poll<io::Result<()>> {
        while self.waiting() > 0 {
            let poll = socket.poll_write(&self.bytes[self.written..], cx);
            if poll.is_pending() {
                if self.deadline.is_none() {
                    self.owed = self.waiting();
                    self.deadline = Some(Instant::now() + drain_time);
                }
                // What has been written need not be kept while the rest grows.
                if self.written >= KEEP {
                    self.bytes.drain(..self.written);
                    self.written = 0;
                }
            }
            let written = ready!(poll)?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
            self.owed = self.owed.saturating_sub(written);
            if self.owed == 0 {
                self.deadline = None;
            }
        }
        self.clear();
        Poll::Ready(Ok(()))
    }

    /// Forgets all that waits.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        if self.bytes.capacity() > KEEP {
            self.bytes.shrink_to(KEEP);
        }
        self.written = 0;
        self.owed = 0;
        self.deadline = None;
    }
}

/// An error reply with its NUL.
pub(super) fn error_frame(error: &ErrorReply) -> Vec<u8> {
    // Names and parameters are strings and JSON values, which always serialise.
    let name = serde_json::to_string(&error.name).unwrap_or_default();
    let parameters = serde_json::to_string(&error.parameters).unwrap_or_default();
    format!("{{\"error\":{name},\"parameters\":{parameters}}}\0").into_bytes()
}
