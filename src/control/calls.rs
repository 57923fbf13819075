//! The calls in flight on one connection: started in order, run beside one another, answered in order.
//! Keeps: the n-th reply belongs to the n-th call that wants one; a `oneway` call holds no reply up; a call that panics
//! becomes an internal error and takes nothing else with it.
//! Leaves to others: when to start a call, and the bytes.

use std::any::Any;
use std::collections::VecDeque;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use tokio::sync::mpsc;

use super::output::Output;
use super::service::{Item, Outcome, Service};
use crate::protocol::varlink::{Call, ErrorReply, INTERNAL, STOPPING, STREAM_ENDED};

pub(super) struct Calls<S: Service> {
    service: Rc<S>,
    session: Rc<S::Session>,
    /// Calls that want a reply, oldest first.
    slots: VecDeque<Slot>,
    /// Calls that want none.
    silent: Vec<Running>,
    /// Sum of the frames of the slots and silent calls, in bytes.
    bytes: usize,
    /// Streams end, now and later.
    streams_ended: bool,
}

struct Slot {
    more: bool,
    bytes: usize,
    state: State,
}

enum State {
    Running(Running),
    Ready(Outcome),
    Streaming(mpsc::Receiver<Item>),
}

struct Running {
    method: String,
    bytes: usize,
    future: Pin<Box<dyn Future<Output = Outcome>>>,
}

impl<S: Service> Calls<S> {
    pub(super) fn new(service: Rc<S>, session: Rc<S::Session>) -> Calls<S> {
        Calls { service, session, slots: VecDeque::new(), silent: Vec::new(), bytes: 0, streams_ended: false }
    }

    /// Calls in flight.
    pub(super) fn len(&self) -> usize {
        self.slots.len() + self.silent.len()
    }

    /// Bytes of the frames of the calls in flight.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes of replies that are ready and not moved into the output yet.
    pub(super) fn waiting(&self) -> usize {
        let bytes = |slot: &Slot| match &slot.state {
            State::Ready(Outcome::Reply(body)) => body.as_bytes().len(),
            State::Ready(Outcome::Error(_) | Outcome::Stream(_)) | State::Running(_) | State::Streaming(_) => 0,
        };
        self.slots.iter().map(bytes).sum()
    }

    /// Whether a call is in flight that may have many replies: what comes behind it would be answered when it is over.
    pub(super) fn follows(&self) -> bool {
        self.slots.iter().any(|slot| slot.more)
    }

    /// Starts a call and runs it as far as it goes at once.
    pub(super) fn start(&mut self, call: Call, bytes: usize, cx: &mut Context<'_>) {
        let (more, oneway, method) = (call.more, call.oneway, call.method.clone());
        let (service, session) = (Rc::clone(&self.service), Rc::clone(&self.session));
        let begun = contain(&method, || Box::pin(service.call(session, call)));
        let state = match begun {
            Err(error) => State::Ready(Outcome::Error(error)),
            Ok(future) => {
                let mut running = Running { method, bytes, future };
                match running.poll(cx) {
                    Poll::Ready(outcome) => State::Ready(outcome),
                    Poll::Pending => State::Running(running),
                }
            }
        };
        match state {
            State::Running(running) if oneway => {
                self.bytes += bytes;
                self.silent.push(running);
            }
            _ if oneway => {}
            state => {
                self.bytes += bytes;
                self.slots.push_back(Slot { more, bytes, state });
            }
        }
    }

    /// Puts an error in the place of a call that cannot be started.
    pub(super) fn refuse(&mut self, error: ErrorReply) {
        self.slots.push_back(Slot { more: false, bytes: 0, state: State::Ready(Outcome::Error(error)) });
    }

    /// Runs all that run as far as they go, but for the first only while fewer than `bound` bytes of replies wait; whether any was
    /// left because of that.
    pub(super) fn advance(&mut self, bound: usize, cx: &mut Context<'_>) -> bool {
        let mut waiting = self.waiting();
        let mut left = false;
        for (n, slot) in self.slots.iter_mut().enumerate() {
            if let State::Running(running) = &mut slot.state {
                if n > 0 && waiting >= bound && !mutant!("replies-without-end") {
                    left = true;
                    break;
                }
                if let Poll::Ready(outcome) = running.poll(cx) {
                    waiting += if let Outcome::Reply(body) = &outcome { body.as_bytes().len() } else { 0 };
                    slot.state = State::Ready(outcome);
                }
            }
        }
        let bytes = &mut self.bytes;
        self.silent.retain_mut(|running| {
            let runs = running.poll(cx).is_pending();
            if !runs {
                *bytes -= running.bytes;
            }
            runs
        });
        left
    }

    /// Moves what is ready, in order, into the output while fewer than `bound` bytes wait there; at most `items` of streams.
    /// Returns how many it moved.
    pub(super) fn settle(&mut self, output: &mut Output, bound: usize, items: usize, cx: &mut Context<'_>) -> usize {
        let mut streamed = 0;
        let mut moved = 0;
        while output.waiting() < bound && streamed < items {
            let Some(slot) = self.slots.front_mut() else {
                break;
            };
            let over = match &mut slot.state {
                State::Running(_) => break,
                State::Streaming(_) if self.streams_ended => {
                    output.error(&ErrorReply::new(STOPPING));
                    true
                }
                State::Streaming(items) => {
                    streamed += 1;
                    match items.poll_recv(cx) {
                        Poll::Pending => break,
                        Poll::Ready(Some(Item::Next(body))) => {
                            output.reply(&body, true);
                            false
                        }
                        Poll::Ready(Some(Item::Last(body))) => {
                            output.reply(&body, false);
                            true
                        }
                        Poll::Ready(Some(Item::Error(error))) => {
                            output.error(&error);
                            true
                        }
                        Poll::Ready(None) => {
                            output.error(&ErrorReply::new(STREAM_ENDED));
                            true
                        }
                    }
                }
                State::Ready(outcome) => {
                    let outcome = std::mem::replace(outcome, Outcome::Error(ErrorReply::new(INTERNAL)));
                    match outcome {
                        Outcome::Reply(body) => output.reply(&body, false),
                        Outcome::Error(error) => output.error(&error),
                        Outcome::Stream(items) if slot.more => {
                            slot.state = State::Streaming(items);
                            continue;
                        }
                        Outcome::Stream(_) => output.error(&ErrorReply::expected_more()),
                    }
                    true
                }
            };
            moved += 1;
            if over {
                self.bytes -= slot.bytes;
                self.slots.pop_front();
            }
        }
        moved
    }

    /// Ends streams, those that run and those to come.
    pub(super) fn end_streams(&mut self) {
        self.streams_ended = true;
    }
}

impl Running {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        let future = &mut self.future;
        match contain(&self.method, || future.as_mut().poll(cx)) {
            Ok(poll) => poll,
            Err(error) => Poll::Ready(Outcome::Error(error)),
        }
    }
}

/// Runs a piece of a service so that its panic stays here.
pub(super) fn contain<T>(method: &str, run: impl FnOnce() -> T) -> Result<T, ErrorReply> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        tracing::error!(method, panic = panic_text(panic.as_ref()), "a call panicked");
        ErrorReply::new(INTERNAL)
    })
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("not a text")
}
