//! Records behind the damage, one JSON object a line: everything that they say, so that it can be done again by hand.

use crate::codec;
use crate::control::tell;
use crate::domain::aggregate::{Event, Key};
use crate::domain::ids::WorkOrderId;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::journal::Record;
use crate::runtime::recovery;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What the records say of Work Orders and gaps, as they are read in order.
#[derive(Debug, Default)]
pub struct Reading {
    numbers: HashMap<WorkOrderId, String>,
    revisions: HashMap<Vec<u8>, u64>,
    /// The last sequence that was read.
    last: u64,
    /// Sequences that were not found, as ranges.
    pub missing: Vec<(u64, u64)>,
    /// By name: steps found behind the damage, and whether steps of it are known to be missing.
    pub touched: BTreeMap<String, Touched>,
    pub records: u64,
}

/// What is known of one aggregate that the damage touches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Touched {
    pub found: u64,
    pub missing: BTreeSet<u64>,
}

impl Reading {
    /// A record of the whole front.
    pub fn before(&mut self, record: &Record<'_>) {
        self.last = record.sequence();
        self.revisions.insert(record.key().to_vec(), record.revision());
        if let Ok((key, step)) = recovery::step_of(record) {
            self.learn(&key, &step.events);
        }
    }

    fn learn(&mut self, key: &Key, events: &[Event]) {
        if let Key::WorkOrder(id) = key {
            for event in events {
                if let Event::WorkOrder(OrderEvent::Created(created)) = event {
                    self.numbers.insert(*id, created.number.to_string());
                }
            }
        }
    }

    fn name(&self, key: &Key) -> String {
        let number = if let Key::WorkOrder(id) = key { self.numbers.get(id) } else { None };
        number.map_or_else(|| key.to_string(), |number| format!("Work Order {number}"))
    }

    /// A record behind the damage, as a line.
    pub fn behind(&mut self, record: &Record<'_>) -> Value {
        let sequence = record.sequence();
        if sequence > self.last + 1 {
            self.missing.push((self.last + 1, sequence - 1));
        }
        self.last = self.last.max(sequence);
        self.records += 1;
        let step = recovery::step_of(record);
        if let Ok((key, step)) = &step {
            self.learn(key, &step.events);
        }
        let key = codec::key::decode(record.key());
        let name = key.as_ref().map_or_else(|_| format!("unknown {}", data_encoding::HEXLOWER.encode(record.key())), |key| self.name(key));
        let known = self.revisions.insert(record.key().to_vec(), record.revision()).unwrap_or(0);
        let touched = self.touched.entry(name.clone()).or_default();
        touched.found += 1;
        // A few are named; how many there are is known from the revisions anyway.
        touched.missing.extend((known + 1..record.revision()).take(1_000));
        let personal = record.personal().map(|value| match value.bytes() {
            Some(bytes) => json!(String::from_utf8_lossy(bytes)),
            None => json!({ "erased": true }),
        });
        let mut line = json!({
            "sequence": sequence,
            "segment": record.position().file().to_string(),
            "offset": record.position().offset(),
            "about": name,
            "revision": record.revision(),
            "timeMs": record.time(),
            "time": jiff::Timestamp::from_millisecond(record.time()).map(|at| at.to_string()).ok(),
            "personal": personal.collect::<Vec<_>>(),
        });
        match step {
            Ok((_, step)) => {
                line["who"] = tell::actor(&step.actor).into();
                line["command"] = (*step.command).into();
                let told = step.events.iter().map(|event| json!({ "event": event.name(), "text": tell::event(event) }));
                line["events"] = told.collect();
            }
            Err(error) => line["unreadable"] = error.to_string().into(),
        }
        line
    }

    /// The journal is known to have gone on up to this record.
    pub fn went_on_to(&mut self, sequence: u64) {
        if sequence > self.last {
            self.missing.push((self.last + 1, sequence));
            self.last = sequence;
        }
    }
}
