//! The clients' book: what was asked, what was answered, and what a crash left open.
//!
//! A client that does not know whether a call was accepted asks again with the same request id. Every answer is judged here the
//! moment it leaves the cell; what was delivered must be in the journal for ever after.

use super::audit::Audit;
use std::collections::BTreeSet;
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::principal::Principal;
use workorderd::domain::rejection::Rejection;
use workorderd::engine::cell::Refusal;
use workorderd::engine::entity::{Receipt, Request};

/// One thing a client wants.
#[derive(Debug, Clone)]
pub struct Call {
    pub key: Key,
    pub principal: Principal,
    pub command: Command,
    pub request: Option<Request>,
    pub expected_revision: Option<u64>,
    /// The receipt, once the daemon has given one.
    pub receipt: Option<Receipt>,
    pub refused: bool,
    /// An attempt of it was under way in a crash: only the journal knows what became of it.
    pub open: bool,
    /// Another call has the same request id with other parameters.
    pub shares_its_id: bool,
}

/// One try of a call.
#[derive(Debug)]
struct Attempt {
    call: usize,
    /// The last revision that its cell had handed to the writer when it was judged: a refusal waits for that.
    handed: u64,
    /// The request was in the journal when it was judged: the receipt it must get, or none if it was for other parameters.
    expected: Option<Option<Receipt>>,
}

/// What to do about a delivered answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Then {
    Nothing,
    /// Busy, or the number was taken: again.
    Again(usize),
}

/// All calls and attempts.
#[derive(Debug, Default)]
pub struct Clients {
    pub calls: Vec<Call>,
    attempts: Vec<Attempt>,
    flying: BTreeSet<usize>,
    pub acknowledged: Vec<(Key, Option<Request>, Receipt)>,
}

impl Clients {
    /// A new attempt of a call.
    pub fn attempt(&mut self, call: usize) -> usize {
        self.attempts.push(Attempt { call, handed: 0, expected: None });
        self.flying.insert(self.attempts.len() - 1);
        self.attempts.len() - 1
    }

    /// The cell is about to judge an attempt.
    pub fn judged(&mut self, attempt: usize, handed: u64, audit: &Audit) {
        let attempt = &mut self.attempts[attempt];
        let call = &self.calls[attempt.call];
        attempt.handed = handed;
        attempt.expected = call.request.as_ref().and_then(|r| audit.receipt(&call.key, &r.id, r.digest));
    }

    /// The cell judges anew what waits, because a step was refused by the writer.
    pub fn judged_anew(&mut self, key: &Key) {
        for attempt in &self.flying {
            if self.calls[self.attempts[*attempt].call].key == *key {
                self.attempts[*attempt].handed = 0;
            }
        }
    }

    /// An answer leaves the cell.
    pub fn answered(&mut self, attempt: usize, result: &Result<Receipt, Refusal>, audit: &Audit) {
        let Attempt { call, handed, expected } = &self.attempts[attempt];
        let call = &mut self.calls[*call];
        match result {
            Ok(receipt) => {
                let line = &audit.lines[receipt.sequence as usize - 1];
                let known = call.request.as_ref().map(|r| &r.id);
                assert_eq!(line.request.as_ref(), known, "{} got the receipt of another call: {receipt:?}", call.key);
                // Who asks again after more than is remembered is taken for new: the stated limit, and the only excuse.
                let forgotten =
                    |known: Receipt| known.sequence < receipt.sequence && audit.forgot_between(&call.key, known.sequence, receipt.sequence);
                let excused = call.receipt.is_none_or(|known| known == *receipt || call.request.is_some() && forgotten(known));
                assert!(excused, "{call:?} got two receipts: {receipt:?}");
                let fits = call.expected_revision.is_none_or(|expected| receipt.revision == expected + 1);
                assert!(fits, "{receipt:?} is not the revision that was expected: {call:?}");
                assert!(!matches!(expected, Some(None)), "a request id was used for two things: {call:?}");
                call.receipt = Some(*receipt);
            }
            Err(Refusal::Rejected(rejection)) => {
                // That a request id was used is known from what is durable, whatever else is under way.
                let durable = audit.revision(&call.key) >= *handed || *expected == Some(None);
                assert!(durable, "{} was told {rejection} before what it was judged on was durable", call.key);
                match expected {
                    Some(Some(receipt)) => panic!("{call:?} was accepted as {receipt:?}, now it is told: {rejection}"),
                    // To whoever does not see the Work Order it is not there, whatever they ask.
                    Some(None) => assert!(matches!(rejection.name(), "RequestIdReused" | "NotFound"), "{rejection:?}: {call:?}"),
                    None => {}
                }
                call.refused = true;
            }
            Err(refusal @ Refusal::DiskNearlyFull { .. }) => {
                assert!(expected.is_none(), "{call:?} was accepted as {expected:?}, and now there is no room to say so: {refusal}");
            }
            Err(Refusal::Busy | Refusal::Internal(_)) => {}
        }
    }

    /// An answer reaches the client.
    pub fn delivered(&mut self, attempt: usize, result: Result<Receipt, Refusal>) -> Then {
        assert!(self.flying.remove(&attempt), "an attempt is answered once");
        let index = self.attempts[attempt].call;
        let call = &self.calls[index];
        match result {
            Ok(receipt) => {
                self.acknowledged.push((call.key.clone(), call.request.clone(), receipt));
                Then::Nothing
            }
            Err(Refusal::Busy | Refusal::DiskNearlyFull { .. } | Refusal::Rejected(Rejection::NumberTaken { .. }))
                if call.request.is_some() =>
            {
                Then::Again(index)
            }
            Err(_) => Then::Nothing,
        }
    }

    /// The daemon is gone: calls in flight are open. Those that can be repeated are given back.
    pub fn crashed(&mut self) -> Vec<usize> {
        let open: BTreeSet<usize> = std::mem::take(&mut self.flying).into_iter().map(|a| self.attempts[a].call).collect();
        open.iter().for_each(|call| self.calls[*call].open = true);
        open.into_iter().filter(|call| self.calls[*call].request.is_some()).collect()
    }

    /// Every acknowledged receipt is in the journal, with that sequence; what was refused for good is not.
    pub fn check(&self, audit: &Audit) {
        for (key, request, receipt) in &self.acknowledged {
            let line = audit.lines.get(receipt.sequence as usize - 1).unwrap_or_else(|| panic!("{key}: acknowledged {receipt:?} is gone"));
            let same = line.key == *key && line.revision == receipt.revision && line.request.as_ref() == request.as_ref().map(|r| &r.id);
            assert!(same, "{key}: acknowledged {receipt:?} is another step now: {line:?}");
            if let Some(request) = request {
                let accepted = &audit.accepted[&(key.clone(), request.id.as_str().into())];
                assert!(accepted.contains(&receipt.sequence), "{key}: {:?} was accepted as {accepted:?}", request.id);
                let apart = accepted.windows(2).all(|pair| audit.forgot_between(key, pair[0], pair[1]));
                assert!(apart, "{key}: {:?} was accepted again: {accepted:?}", request.id);
            }
        }
    }

    /// At the end, with nothing open: a call that was refused and never accepted left no trace.
    pub fn check_refused(&self, audit: &Audit) {
        assert!(
            self.flying.is_empty(),
            "{} calls were never answered, such as {:?}",
            self.flying.len(),
            self.flying.first().map(|a| &self.calls[self.attempts[*a].call])
        );
        for call in self.calls.iter().filter(|c| c.refused && c.receipt.is_none() && !c.open && !c.shares_its_id) {
            if let Some(request) = &call.request {
                let accepted = audit.accepted.get(&(call.key.clone(), request.id.as_str().into()));
                assert!(accepted.is_none(), "{call:?} was refused, but is record {accepted:?}");
            }
        }
    }

    /// How many attempts wait for an answer.
    pub fn waiting(&self) -> usize {
        self.flying.len()
    }
}
