//! The incoming side of a connection: bytes to frames, in one buffer that is reused.
//! Keeps: no byte is looked at twice for its NUL, no more than one frame and one read beyond it is held, and an idle
//! connection gives large buffers back.
//! Leaves to others: what a frame means, and how long one may take.

use std::ffi::CStr;
use std::io;
use std::task::{Context, Poll};

use super::socket::Socket;

/// Room made for a read, in bytes.
const READ: usize = 16 << 10;
/// A larger buffer is given back once it is empty, in bytes.
const KEEP: usize = 64 << 10;

#[derive(Debug, Default)]
pub(super) struct Frames {
    bytes: Vec<u8>,
    /// Where the first frame not taken begins.
    start: usize,
    /// Up to here there is no NUL.
    scanned: usize,
}

/// What the buffer holds next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A frame without its NUL; it is taken.
    Frame(&'a [u8]),
    /// Nothing.
    Empty,
    /// The beginning of one.
    Partial,
    /// Something that cannot be a frame.
    Broken(String),
}

impl Frames {
    pub(super) fn next(&mut self, longest: usize) -> Next<'_> {
        match self.bytes.get(self.start) {
            None => return Next::Empty,
            Some(b'{') => {}
            Some(byte) => {
                return Next::Broken(format!("frame must begin with `{{`, found byte {byte:#04x}"));
            }
        }
        let end = CStr::from_bytes_until_nul(&self.bytes[self.scanned..]).map(|found| self.scanned + found.count_bytes()).ok();
        self.scanned = end.unwrap_or(self.bytes.len());
        if self.scanned - self.start > longest && !mutant!("frames-without-end") {
            return Next::Broken(format!("frame is longer than {longest} bytes"));
        }
        if end.is_none() {
            return Next::Partial;
        }
        let frame = self.start..self.scanned;
        self.start = frame.end + 1;
        self.scanned = self.start;
        Next::Frame(&self.bytes[frame])
    }

    /// Reads once; 0 bytes mean that the client sends no more.
    pub(super) fn poll_read(&mut self, socket: &mut Socket, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if self.start == self.bytes.len() {
            self.bytes.clear();
            if self.bytes.capacity() > KEEP {
                self.bytes.shrink_to(READ);
            }
        } else {
            self.bytes.drain(..self.start);
        }
        self.scanned -= self.start;
        self.start = 0;
        if self.bytes.capacity() - self.bytes.len() < READ / 4 {
            self.bytes.reserve(READ);
        }
        socket.poll_read(&mut self.bytes, cx)
    }

    /// Whether there is no byte that was not taken.
    pub(super) fn is_empty(&self) -> bool {
        self.start == self.bytes.len()
    }

    /// Forgets all that was read.
    pub(super) fn clear(&mut self) {
        *self = Frames::default();
    }
}
