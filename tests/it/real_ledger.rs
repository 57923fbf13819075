//! What a crowd of clients knows outside the daemon: every call that was sent, and which of them were answered.
//! Keeps: a call is in the ledger before its bytes leave, so that an answer, a loss and a half-known state can be told apart.
//! Judging the daemon by it is left to `real_kill`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};

use crate::real_stage::{Caller, Pipe, frame, request_id};

/// One mutation as it was sent.
#[derive(Clone, Debug)]
pub struct Entry {
    pub method: String,
    pub parameters: Value,
    /// (revision, sequence) of the receipt, once there is one.
    pub receipt: Option<(i64, i64)>,
}

/// One Work Order of a client; its steps in the order they were sent.
#[derive(Clone, Debug)]
pub struct Order {
    pub number: Option<String>,
    pub entries: Vec<Entry>,
    /// How many steps of the script this one takes.
    pub length: usize,
}

/// What one client works on; the script is the same for all, how far they go differs.
pub struct Worker {
    pub name: String,
    pub orders: Vec<Order>,
    random: fastrand::Rng,
}

/// Commands of an order behind its creation.
pub const SCRIPT: [&str; 7] =
    ["AssignToGroup", "AddServiceRecord", "AssignToEngineer", "AcceptAssignment", "AddServiceRecord", "CompleteTask", "ConfirmSolved"];
/// Orders that one client works on at a time.
const AT_A_TIME: usize = 5;

impl Entry {
    pub fn command(&self) -> &str {
        self.method.rsplit('.').next().unwrap()
    }
}

impl Order {
    fn is_done(&self) -> bool {
        self.entries.len() > self.length && self.entries.iter().all(|e| e.receipt.is_some())
    }

    /// The customer has been asked for an evaluation.
    pub fn evaluates(&self) -> bool {
        self.entries.last().is_some_and(|e| e.command() == "ConfirmSolved" && e.receipt.is_some())
    }
}

impl Worker {
    pub fn new(name: &str, seed: u64) -> Worker {
        Worker { name: name.to_owned(), orders: Vec::new(), random: fastrand::Rng::with_seed(seed) }
    }

    fn begin(&mut self) -> (usize, usize) {
        let urgent = if self.random.bool() { "urgent" } else { "normal" };
        let mut parameters =
            json!({ "requestId": request_id(), "recordType": "repair", "subject": format!("lift of {}", self.name), "priority": urgent });
        if self.random.bool() {
            parameters["contact"] = "wang".into();
        }
        let entry = Entry { method: "WorkOrders1.Create".into(), parameters, receipt: None };
        let length = if self.random.u8(..3) == 0 { self.random.usize(1..SCRIPT.len()) } else { SCRIPT.len() };
        self.orders.push(Order { number: None, entries: vec![entry], length });
        (self.orders.len() - 1, 0)
    }

    fn go_on(&mut self, at: usize) -> (usize, usize) {
        let order = &mut self.orders[at];
        let command = SCRIPT[order.entries.len() - 1];
        let mut parameters = json!({ "requestId": request_id(), "number": order.number });
        match command {
            "AssignToGroup" => parameters["group"] = format!("g-{}", self.name).into(),
            "AssignToEngineer" => parameters["engineer"] = self.name.as_str().into(),
            "AddServiceRecord" => parameters["text"] = format!("note {}", self.random.u32(..)).into(),
            _ => {}
        }
        order.entries.push(Entry { method: format!("WorkOrders1.{command}"), parameters, receipt: None });
        (at, order.entries.len() - 1)
    }

    /// Writes the next calls into the ledger: up to two steps of each order that is under way, and new orders.
    fn next_batch(&mut self, more_orders: bool) -> Vec<(usize, usize)> {
        let under_way: Vec<_> = (0..self.orders.len()).filter(|n| !self.orders[*n].is_done()).collect();
        let mut batch = Vec::new();
        for &at in &under_way {
            for _ in 0..self.random.usize(1..=2) {
                let order = &self.orders[at];
                if order.number.is_some() && order.entries.len() <= order.length {
                    batch.push(self.go_on(at));
                }
            }
        }
        for _ in under_way.len()..if more_orders { AT_A_TIME } else { 0 } {
            batch.push(self.begin());
        }
        batch
    }

    /// Calls in batches, several in flight, until the daemon is gone or told to stop.
    pub fn run(&mut self, socket: &Path, stop: &AtomicBool) {
        let Ok(mut pipe) = Pipe::connect(socket) else { return };
        if pipe.send(&frame("System1.ActAs", &json!({ "user": self.name }))).is_err() || pipe.reply().is_none() {
            return;
        }
        // Old orders are not heaped up for ever: what a long run keeps in memory is the ledger alone.
        while !stop.load(Ordering::Relaxed) {
            let batch = self.next_batch(true);
            let mut bytes = Vec::new();
            for &(order, entry) in &batch {
                let entry = &self.orders[order].entries[entry];
                bytes.extend(frame(&entry.method, &entry.parameters));
            }
            if pipe.send(&bytes).is_err() {
                return;
            }
            for place in batch {
                let Some(reply) = pipe.reply() else { return };
                match &reply.error {
                    None => self.accepted(place, &reply.parameters["receipt"]),
                    // Nothing was done; it is still in the ledger and is sent again after the next start.
                    Some(name) if name.ends_with(".Busy") || name.ends_with(".Stopping") => return,
                    Some(name) => panic!("{:?}: {name} {:?}", self.orders[place.0].entries[place.1], reply.parameters),
                }
            }
        }
    }

    fn accepted(&mut self, (order, entry): (usize, usize), receipt: &Value) {
        let order = &mut self.orders[order];
        let number = receipt["number"].as_str().unwrap().to_owned();
        assert!(order.number.as_ref().is_none_or(|n| *n == number), "{order:?} {receipt}");
        order.number = Some(number);
        order.entries[entry].receipt = Some((receipt["revision"].as_i64().unwrap(), receipt["sequence"].as_i64().unwrap()));
    }

    /// Everything that is acknowledged is there, as it was told; nothing is there that was not sent.
    pub fn hold_against(&self, caller: &mut Caller, from: usize) {
        for order in self.orders.iter().skip(from) {
            let Some(number) = &order.number else { continue };
            order.hold_against(&steps(&caller.history(number)));
        }
    }

    /// Sends again what was not acknowledged, in order: each gets a receipt. Returns which these were.
    pub fn send_again(&mut self, caller: &mut Caller) -> Vec<(usize, usize)> {
        caller.ok("System1.ActAs", json!({ "user": self.name }));
        let mut places = Vec::new();
        for at in 0..self.orders.len() {
            for entry in 0..self.orders[at].entries.len() {
                if self.orders[at].entries[entry].receipt.is_none() {
                    let receipt = self.call(caller, (at, entry));
                    self.accepted((at, entry), &receipt);
                    places.push((at, entry));
                }
            }
        }
        places
    }

    /// Sends once more what has a receipt: it must be the same one.
    pub fn repeat(&self, caller: &mut Caller, places: &[(usize, usize)]) {
        for &(order, entry) in places {
            let receipt = self.call(caller, (order, entry));
            let same = (receipt["revision"].as_i64().unwrap(), receipt["sequence"].as_i64().unwrap());
            assert_eq!(self.orders[order].entries[entry].receipt, Some(same));
        }
    }

    /// The sequence in the receipt.
    pub fn sequence(&self, (order, entry): (usize, usize)) -> i64 {
        self.orders[order].entries[entry].receipt.unwrap().1
    }

    fn call(&self, caller: &mut Caller, (order, entry): (usize, usize)) -> Value {
        let Entry { method, parameters, .. } = &self.orders[order].entries[entry];
        caller.ok(method, parameters.clone())["receipt"].clone()
    }
}

impl Order {
    fn hold_against(&self, steps: &[Step]) {
        // None half, none twice: revisions without a gap, each from one record.
        for (index, step) in steps.iter().enumerate() {
            assert_eq!(step.revision, index as i64 + 1, "{self:?}\n{steps:?}");
        }
        let people: Vec<_> = steps.iter().filter(|s| s.by != "system").collect();
        let mut found = people.iter();
        let mut lost = None;
        for entry in &self.entries {
            match (found.next(), entry.receipt) {
                (Some(step), receipt) => {
                    assert_eq!(step.command, entry.command(), "{self:?}\n{steps:?}");
                    assert!(lost.is_none(), "{lost:?} is not there, but what was sent after it is: {steps:?}");
                    assert!(receipt.is_none_or(|r| r == (step.revision, step.sequence)), "{entry:?} {step:?}");
                }
                (None, None) => lost = Some(entry),
                (None, Some(_)) => panic!("acknowledged, and not there: {entry:?}\n{steps:?}"),
            }
        }
        assert_eq!(found.next(), None, "a step that nobody sent, or one twice: {self:?}");
    }
}

/// One step of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub sequence: i64,
    pub revision: i64,
    pub by: String,
    pub command: String,
    pub events: Vec<(String, String)>,
}

/// The steps of a history's lines, oldest first.
pub fn steps(lines: &[Value]) -> Vec<Step> {
    let mut steps: BTreeMap<i64, Step> = BTreeMap::new();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    for line in lines {
        let (sequence, revision) = (line["sequence"].as_i64().unwrap(), line["revision"].as_i64().unwrap());
        let step = steps.entry(sequence).or_insert_with(|| Step {
            sequence,
            revision,
            by: text(line, "by"),
            command: text(line, "command"),
            events: Vec::new(),
        });
        assert_eq!((step.revision, &step.command), (revision, &text(line, "command")));
        step.events.push((text(line, "event"), text(line, "details")));
    }
    steps.into_values().collect()
}

/// The last head that was published, whoever asked for it.
#[derive(Default)]
pub struct Published(Mutex<Option<String>>);

impl Published {
    /// Asks for the status again and again until the daemon is gone.
    pub fn follow(&self, socket: &Path, stop: &AtomicBool) {
        let Ok(mut pipe) = Pipe::connect(socket) else { return };
        while !stop.load(Ordering::Relaxed) && pipe.send(&frame("System1.Status", &json!({}))).is_ok() {
            let Some(reply) = pipe.reply() else { return };
            *self.0.lock().unwrap() = reply.parameters["status"]["head"].as_str().map(ToOwned::to_owned);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
    }

    pub fn last(&self) -> Option<String> {
        self.0.lock().unwrap().clone()
    }
}
