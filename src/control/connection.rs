//! One client's connection: reads calls, has the service run them, writes replies in the order of the calls.
//! Keeps: nothing a client sends or fails to read holds up another client, panics, or makes this one hold more than its
//! `Limits`; calls that were started run to their end even if the client has gone; all that is ready leaves in one write.
//! Leaves to others: accepting and counting (`listener`), order and panics of calls (`calls`), framing (`frames`, `output`).

use std::future::Future;
use std::io;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::SendFlags;
use tokio::time::{Instant, Sleep};

use super::calls::Calls;
use super::frames::{Frames, Next};
use super::limits::Limits;
use super::output::{Output, error_frame};
use super::service::Service;
use super::socket::Socket;
use super::stop::{Ear, Stop};
use crate::protocol::varlink::{Call, ErrorReply, FrameError, INVALID_FRAME};

/// Calls or stream items after which others on the thread get their turn.
const TURN: usize = 128;

/// Bytes of replies after which others have their turn, and which may wait behind a call that takes longer.
const TURN_BYTES: usize = 64 << 10;

/// While nothing is read, how often to look whether the client has gone.
const LOOK: Duration = Duration::from_secs(1);

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The client closed it.
    Client,
    /// The client sent what is no call.
    BadFrame,
    /// The client left a frame incomplete for too long.
    FrameTimeout,
    /// The client did not read its replies.
    SlowReader,
    /// The daemon stops.
    Stopped,
}

pub(super) struct Connection<S: Service> {
    socket: Socket,
    limits: Arc<Limits>,
    ear: Ear,
    frames: Frames,
    calls: Calls<S>,
    output: Output,
    /// Set once: no more calls are taken, the rest is finished.
    ending: Option<Ended>,
    /// The client sends no more.
    eof: bool,
    /// The client cannot be reached: replies are thrown away.
    gone: bool,
    /// When the frame that has begun must be whole.
    frame_deadline: Option<Instant>,
    /// When to give up on calls that still run.
    give_up: Option<Instant>,
    /// When to look whether the client has gone.
    look: Option<Instant>,
    timer: Timer,
}

/// One sleep per connection, set anew only when it rings: most deadlines are over before.
#[derive(Default)]
struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    armed: Option<Instant>,
}

impl<S: Service> Connection<S> {
    pub(super) fn new(socket: Socket, service: Rc<S>, session: S::Session, limits: Arc<Limits>, stop: &Rc<Stop>) -> Connection<S> {
        Connection {
            socket,
            limits,
            ear: Ear::new(stop),
            frames: Frames::default(),
            calls: Calls::new(service, Rc::new(session)),
            output: Output::default(),
            ending: None,
            eof: false,
            gone: false,
            frame_deadline: None,
            give_up: None,
            look: None,
            timer: Timer::default(),
        }
    }

    /// Takes whole frames as long as there is room for calls; returns how many.
    fn take_frames(&mut self, most: usize, cx: &mut Context<'_>) -> usize {
        let mut taken = 0;
        while taken < most && self.may_take() {
            let frame = match self.frames.next(self.limits.frame_bytes) {
                Next::Empty => {
                    self.frame_deadline = None;
                    break;
                }
                Next::Partial => {
                    if self.frame_deadline.is_none() {
                        self.frame_deadline = Some(Instant::now() + self.limits.frame_time);
                    }
                    break;
                }
                Next::Broken(reason) => {
                    self.refuse_bytes(ErrorReply::new(INVALID_FRAME).with("reason", reason), Ended::BadFrame);
                    return taken + 1;
                }
                Next::Frame(frame) => frame,
            };
            taken += 1;
            self.frame_deadline = None;
            let bytes = frame.len();
            match Call::parse(frame) {
                Ok(call) if call.upgrade => {
                    if !call.oneway {
                        self.calls.refuse(ErrorReply::invalid_parameter("upgrade", "is not offered by this service"));
                    }
                }
                // Nobody is left to be told.
                Ok(call) if self.gone && !call.oneway && !mutant!("works-for-nobody") => {}
                Ok(call) => self.calls.start(call, bytes, cx),
                Err(FrameError::Field { oneway: true, .. }) => {}
                Err(error @ FrameError::Field { .. }) => self.calls.refuse(error.into()),
                Err(error) => self.refuse_bytes(error.into(), Ended::BadFrame),
            }
        }
        taken
    }

    fn may_take(&self) -> bool {
        self.ending.is_none()
            && self.calls.len() < self.limits.calls_in_flight
            && self.calls.bytes() < self.limits.frame_bytes
            && self.calls.waiting() < TURN_BYTES
            && (!self.calls.follows() || mutant!("streams-without-end"))
            && self.output.waiting() < self.limits.queue_bytes
    }

    /// Behind a stream something is read once, so that it shows when the client goes.
    fn may_read(&self) -> bool {
        self.may_take() || (self.ending.is_none() && self.calls.follows() && self.frames.is_empty())
    }

    /// The bytes after this cannot be told apart: the error is the last reply.
    fn refuse_bytes(&mut self, error: ErrorReply, why: Ended) {
        tracing::debug!(?error, ?why, "a connection is closed");
        self.calls.refuse(error);
        self.end(why);
    }

    fn end(&mut self, why: Ended) {
        if self.ending.is_none() {
            self.ending = Some(why);
            self.give_up = Some(Instant::now() + self.limits.stop_time);
        }
        self.frame_deadline = None;
        self.frames.clear();
        self.calls.end_streams();
    }

    /// Nobody reads any more: replies and streams are dropped, calls in flight run on, and only those that want no reply are begun.
    fn lose_client(&mut self) {
        if !self.gone {
            self.gone = true;
            self.output.clear();
            self.calls.end_streams();
            self.give_up.get_or_insert_with(|| Instant::now() + self.limits.stop_time);
        }
    }

    fn check_deadlines(&mut self, now: Instant) {
        let past = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if past(self.output.deadline()) && !mutant!("slow-reader-kept") {
            tracing::info!(bytes = self.output.waiting(), "a client that does not read its replies is cut off");
            self.end(Ended::SlowReader);
            self.lose_client();
            self.shut_down();
        }
        if past(self.frame_deadline) {
            let time = self.limits.frame_time;
            let error = ErrorReply::new(INVALID_FRAME).with("reason", format!("frame is not complete after {time:?}"));
            self.refuse_bytes(error, Ended::FrameTimeout);
        }
        if past(self.look) {
            self.look = None;
            if self.hung_up() {
                self.lose_client();
            }
        }
    }

    /// Both directions closed by the client; a client that has only finished sending still reads.
    fn hung_up(&self) -> bool {
        let mut fds = [PollFd::new(&self.socket, PollFlags::empty())];
        let at_once = Timespec { tv_sec: 0, tv_nsec: 0 };
        poll(&mut fds, Some(&at_once)).is_ok() && fds[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
    }

    fn shut_down(&self) {
        // Already closed by the other side is as good.
        let _ = rustix::net::shutdown(&self.socket, rustix::net::Shutdown::Both);
    }

    /// All that can be done without waiting. Returns whether it stopped only to let others have their turn.
    fn work(&mut self, cx: &mut Context<'_>) -> bool {
        let mut left = true;
        let mut turn = TURN;
        loop {
            if left {
                let room = if self.output.waiting() < self.limits.queue_bytes { TURN_BYTES } else { 0 };
                left = self.calls.advance(if self.gone { usize::MAX } else { room }, cx);
            }
            let bound = if self.gone { usize::MAX } else { self.limits.queue_bytes };
            let moved = self.calls.settle(&mut self.output, bound, turn, cx);
            if self.gone {
                self.output.clear();
            }
            let taken = self.take_frames(turn, cx);
            turn = turn.saturating_sub(moved.max(taken));
            if turn == 0 || (moved + taken > 0 && self.output.waiting() >= TURN_BYTES) {
                self.flush(cx);
                return true;
            }
            if taken > 0 || (moved > 0 && (self.gone || left)) {
                continue;
            }
            // Nothing left to take: one write for all that is ready, then one read.
            let (full, gone) = (self.output.waiting() >= self.limits.queue_bytes, self.gone);
            self.flush(cx);
            if gone != self.gone || (full && self.output.waiting() < self.limits.queue_bytes) {
                continue;
            }
            if self.eof || !self.may_read() {
                return false;
            }
            match self.frames.poll_read(&mut self.socket, cx) {
                Poll::Pending => return false,
                Poll::Ready(Ok(0)) => self.read_end(),
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => self.read_failed(&error),
            }
        }
    }

    fn read_end(&mut self) {
        self.eof = true;
        if self.hung_up() {
            self.lose_client();
        }
    }

    fn read_failed(&mut self, error: &io::Error) {
        tracing::debug!(%error, "reading from a client failed");
        self.eof = true;
        self.lose_client();
    }

    fn flush(&mut self, cx: &mut Context<'_>) {
        if let Poll::Ready(Err(error)) = self.output.poll_flush(&mut self.socket, cx, self.limits.drain_time) {
            tracing::debug!(%error, "writing to a client failed");
            self.lose_client();
        }
    }

    /// Nothing runs, nothing waits, nothing more will come.
    fn finished(&self) -> bool {
        (self.eof || self.ending.is_some()) && self.calls.len() == 0 && self.output.waiting() == 0
    }

    /// Wakes the task at the next deadline; `false` when one has passed already.
    fn arm(&mut self, cx: &mut Context<'_>) -> bool {
        // Reading tells when the client goes; without it one has to look. While output waits, its own deadline tells.
        let deaf = self.eof || !self.may_read();
        if deaf {
            // A frame that is not read is not late.
            self.frame_deadline = None;
        }
        if !deaf || self.gone || self.calls.len() == 0 {
            self.look = None;
        } else if self.look.is_none() {
            self.look = Some(Instant::now() + LOOK);
        }
        let deadlines = [self.frame_deadline, self.give_up, self.look, self.output.deadline()];
        match deadlines.into_iter().flatten().min() {
            Some(next) => self.timer.arm(next, cx),
            None => true,
        }
    }
}

impl Timer {
    /// Whether it rang.
    fn rang(&mut self, cx: &mut Context<'_>) -> bool {
        if self.armed.is_none() {
            return false;
        }
        let rang = self.sleep.as_mut().is_some_and(|sleep| sleep.as_mut().poll(cx).is_ready());
        if rang {
            self.armed = None;
        }
        rang
    }

    /// Rings no later than `next`; `false` when that has passed.
    fn arm(&mut self, next: Instant, cx: &mut Context<'_>) -> bool {
        if self.armed.is_some_and(|armed| armed <= next) {
            return true;
        }
        self.armed = Some(next);
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(next)));
        if sleep.deadline() != next {
            sleep.as_mut().reset(next);
        }
        if sleep.as_mut().poll(cx).is_ready() {
            self.armed = None;
            return false;
        }
        true
    }
}

impl<S: Service> Future for Connection<S> {
    type Output = Ended;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended> {
        let this = self.get_mut();
        if this.ear.hears(cx.waker()) && this.ending.is_none() {
            this.end(Ended::Stopped);
        }
        if this.timer.rang(cx) {
            this.check_deadlines(Instant::now());
        }
        if this.work(cx) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let given_up = this.give_up.is_some_and(|deadline| deadline <= Instant::now());
        if this.finished() || given_up {
            if given_up {
                tracing::warn!(calls = this.calls.len(), "calls are dropped with the connection: they took too long");
            }
            this.shut_down();
            return Poll::Ready(this.ending.unwrap_or(Ended::Client));
        }
        if !this.arm(cx) {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }
}

impl<S: Service> Unpin for Connection<S> {}

/// Sends one error and closes: for clients that get no connection. Best effort, never waits.
pub(super) fn turn_away(stream: impl AsFd, error: &ErrorReply) {
    let _ = rustix::net::send(&stream, &error_frame(error), SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
    let _ = rustix::net::shutdown(stream, rustix::net::Shutdown::Both);
}
