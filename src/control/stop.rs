//! The signal by which a listener tells its connections to finish.
//! Keeps: it costs a connection nothing per call: wakers are left once, and all are woken when the flag goes up.
//! Leaves to others: what finishing means.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::task::Waker;

#[derive(Debug, Default)]
pub(super) struct Stop {
    raised: Cell<bool>,
    next: Cell<u64>,
    wakers: RefCell<HashMap<u64, Waker>>,
}

impl Stop {
    pub(super) fn raised(&self) -> bool {
        self.raised.get()
    }

    pub(super) fn raise(&self) {
        self.raised.set(true);
        let wakers = self.wakers.take();
        wakers.into_values().for_each(Waker::wake);
    }
}

/// One connection's ear for the signal.
#[derive(Debug)]
pub(super) struct Ear {
    stop: Rc<Stop>,
    key: u64,
    listening: bool,
}

impl Ear {
    pub(super) fn new(stop: &Rc<Stop>) -> Ear {
        let key = stop.next.get();
        stop.next.set(key + 1);
        Ear { stop: Rc::clone(stop), key, listening: false }
    }

    /// Whether the signal was given; if not, `waker` is woken when it is. A task keeps its waker for life, so the first is kept.
    pub(super) fn hears(&mut self, waker: &Waker) -> bool {
        if !self.listening && !self.stop.raised() {
            self.listening = true;
            self.stop.wakers.borrow_mut().insert(self.key, waker.clone());
        }
        self.stop.raised()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.stop.wakers.borrow_mut().remove(&self.key);
    }
}
