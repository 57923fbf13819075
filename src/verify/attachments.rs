//! Attachments that the history names: each must be there, with the content that its hash says.

use crate::codec::StepBody;
use crate::domain::aggregate::Event;
use crate::domain::definition::evaluation::Answer;
use crate::domain::form::Value;
use crate::domain::form::value::StoredFile;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::runtime::attachments;
use std::collections::BTreeMap;
use std::path::Path;

/// Named attachments, with the first record that names each.
#[derive(Debug, Default)]
pub struct Attachments {
    named: BTreeMap<Box<str>, u64>,
}

impl Attachments {
    /// Takes a step in.
    pub fn take(&mut self, sequence: u64, step: &StepBody) {
        for event in &step.events {
            match event {
                Event::WorkOrder(OrderEvent::Created(created)) => created.fields.values().for_each(|value| self.name(value, sequence)),
                Event::WorkOrder(OrderEvent::FieldsSaved { changes, .. }) => {
                    changes.iter().filter_map(|(_, value)| value.as_ref()).for_each(|value| self.name(value, sequence));
                }
                Event::WorkOrder(OrderEvent::EvaluationRecorded(evaluation)) => {
                    evaluation.answers.iter().flat_map(Answer::files).for_each(|file| self.name_file(file, sequence));
                }
                _ => {}
            }
        }
    }

    fn name(&mut self, value: &Value, sequence: u64) {
        value.files().for_each(|file| self.name_file(file, sequence));
    }

    fn name_file(&mut self, file: &StoredFile, sequence: u64) {
        // Where the name was erased, the content may be gone.
        if file.name.0.is_some() {
            self.named.entry(file.hash.clone()).or_insert(sequence);
        }
    }

    /// How many there are, and what is wrong with them.
    pub fn check(&self, data: &Path) -> (usize, Vec<String>) {
        let named = self.named.iter();
        let wrong = named.filter_map(|(hash, sequence)| {
            let problem = attachments::check(data, hash).err()?;
            Some(format!("record {sequence}: attachment {hash}: {problem}"))
        });
        (self.named.len(), wrong.collect())
    }
}
