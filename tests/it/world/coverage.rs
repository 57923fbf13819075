//! Counts what was reached: commands, events, exits, refusals, starts, fates of mails. A world that never meets a case proves nothing of it.

use std::collections::BTreeMap;
use workorderd::domain::aggregate::Event;
use workorderd::domain::work_order::Event as OrderEvent;

/// Counters by kind and name.
#[derive(Debug, Default, Clone)]
pub struct Coverage(BTreeMap<&'static str, BTreeMap<String, u64>>);

impl Coverage {
    /// Counts one.
    pub fn count(&mut self, kind: &'static str, name: &str) {
        let names = self.0.entry(kind).or_default();
        match names.get_mut(name) {
            Some(count) => *count += 1,
            None => {
                names.insert(name.to_owned(), 1);
            }
        }
    }

    /// Counts a durable event and what is in it.
    pub fn event(&mut self, event: &Event) {
        self.count("event", event.name());
        match event {
            Event::WorkOrder(OrderEvent::NodeLeft { exit, .. }) => self.count("exit", exit.name()),
            Event::WorkOrder(OrderEvent::Ended { outcome, .. }) => self.count("outcome", outcome.name()),
            Event::WorkOrder(OrderEvent::NodePassedOver { reason, .. }) => self.count("passed over", reason),
            Event::WorkOrder(OrderEvent::MailTried { status, .. }) => self.count("mail", status.name()),
            Event::WorkOrder(OrderEvent::CallTold { status, .. }) => self.count("call", status.name()),
            Event::WorkOrder(OrderEvent::EvaluationRecorded(evaluation)) => {
                self.count("evaluation", if evaluation.after_completion { "after completion" } else { evaluation.source.name() });
            }
            _ => {}
        }
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        for (kind, names) in &other.0 {
            let mine = self.0.entry(kind).or_default();
            for (name, count) in names {
                *mine.entry(name.clone()).or_insert(0) += count;
            }
        }
    }

    /// How often this was reached.
    pub fn of(&self, kind: &str, name: &str) -> u64 {
        self.0.get(kind).and_then(|names| names.get(name)).copied().unwrap_or(0)
    }

    /// Those of the names that were never reached.
    pub fn missing<'a>(&self, kind: &str, names: &[&'a str]) -> Vec<&'a str> {
        names.iter().copied().filter(|name| self.of(kind, name) == 0).collect()
    }

    /// A line per kind.
    pub fn summary(&self) -> String {
        let line = |(kind, names): (&&str, &BTreeMap<String, u64>)| {
            let names: Vec<_> = names.iter().map(|(name, count)| format!("{name} {count}")).collect();
            format!("{kind}: {}\n", names.join(", "))
        };
        self.0.iter().map(line).collect()
    }
}
