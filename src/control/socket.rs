//! A client's socket, watched for what is needed: for reading always, for writing only while the client does not take what is sent.
//! Keeps: no system call where it is known that there is nothing to read. A socket that is watched for both wakes this thread, and the
//! client's system calls with it, each time the other side has read something.
//! Leaves to others: frames (`frames`), and what waits to be written (`output`).

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::task::{Context, Poll, ready};

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// A connected socket.
#[derive(Debug)]
pub struct Socket {
    reading: AsyncFd<UnixStream>,
    /// There while a write has to wait; another descriptor of the same socket, as one descriptor is watched for one thing.
    writing: Option<AsyncFd<OwnedFd>>,
}

impl Socket {
    /// Takes a connected socket over.
    ///
    /// # Errors
    /// It cannot be registered with the runtime.
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { reading: watch(stream, Interest::READABLE)?, writing: None })
    }

    /// Reads what is there, up to the room that `bytes` has; 0 bytes mean that the other side sends no more.
    pub fn poll_read(&mut self, bytes: &mut Vec<u8>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            let mut guard = ready!(self.reading.poll_read_ready(cx))?;
            let room = bytes.capacity() - bytes.len();
            match rustix::net::recv(guard.get_inner(), rustix::buffer::spare_capacity(bytes), RecvFlags::DONTWAIT) {
                Ok((_, n)) => {
                    // Less than there was room for: nothing more is there now, and news come as an event of their own.
                    if n > 0 && n < room {
                        guard.clear_ready();
                    }
                    return Poll::Ready(Ok(n));
                }
                Err(Errno::AGAIN) => guard.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Writes as much as the socket takes.
    pub fn poll_write(&mut self, bytes: &[u8], cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            if let Some(writing) = &self.writing {
                let mut guard = ready!(writing.poll_write_ready(cx))?;
                guard.clear_ready();
            }
            match rustix::net::send(&self.reading, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(n) => {
                    self.writing = None;
                    return Poll::Ready(Ok(n));
                }
                Err(Errno::AGAIN) => {
                    if self.writing.is_none() {
                        let other = self.reading.get_ref().as_fd().try_clone_to_owned()?;
                        self.writing = Some(watch(other, Interest::WRITABLE)?);
                    }
                }
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }
}

fn watch<T: Into<OwnedFd> + AsRawFd>(owned: T, interest: Interest) -> io::Result<AsyncFd<T>> {
    // SAFETY: what turns into an `OwnedFd` owns its descriptor: it stays open, and the same, until the `AsyncFd` is dropped.
    unsafe { AsyncFd::register_with_interest(owned, interest) }.map_err(Into::into)
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reading.get_ref().as_fd()
    }
}
