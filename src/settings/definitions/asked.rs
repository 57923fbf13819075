//! What a process looks at must be asked in it: a condition or a handler that names a field which no form of its process asks
//! would never find anything there.
//!
//! The forms of a process are those of its nodes, of their SOPs, and of the record types that run it. A process that none runs yet is not judged.

use crate::domain::ids::Name;
use crate::settings::problem::{Place, Sink};
use std::collections::{BTreeMap, BTreeSet};

/// What is known so far.
#[derive(Debug, Default)]
pub struct Asked {
    /// The process whose nodes are being read.
    process: Option<Name>,
    fields: BTreeMap<Name, BTreeSet<Name>>,
    forms: BTreeMap<Name, BTreeSet<Name>>,
    /// Of each SOP, the forms of its steps; none: one that could not be read.
    sops: BTreeMap<Name, BTreeSet<Option<Name>>>,
    visits: BTreeMap<Name, BTreeSet<Name>>,
    run: BTreeSet<Name>,
    uses: Vec<Use>,
    /// Processes of which not every form could be read.
    unread: BTreeSet<Name>,
}

/// Where a node looks at a field.
#[derive(Debug)]
struct Use {
    process: Name,
    field: Name,
    place: Place,
}

impl Asked {
    /// A field of a form.
    pub fn field(&mut self, form: &Name, field: &Name) {
        self.fields.entry(form.clone()).or_default().insert(field.clone());
    }

    /// From here on nodes of this process are read; none: no longer.
    pub fn in_process(&mut self, process: Option<&Name>) {
        self.process = process.cloned();
    }

    /// The form of a node; none: it has one that could not be read.
    pub fn node_form(&mut self, form: Option<&Name>) {
        if let Some(process) = self.process.clone() {
            self.form(process, form);
        }
    }

    /// A SOP, with the forms of its steps; none: one that could not be read.
    pub fn sop(&mut self, sop: &Name, forms: BTreeSet<Option<Name>>) {
        self.sops.insert(sop.clone(), forms);
    }

    /// The SOP of a node; none: it has one that could not be read.
    pub fn node_sop(&mut self, sop: Option<&Name>) {
        match (self.process.clone(), sop) {
            (Some(process), Some(sop)) => drop(self.visits.entry(process).or_default().insert(sop.clone())),
            (Some(process), None) => drop(self.unread.insert(process)),
            (None, _) => {}
        }
    }

    /// A record type runs a process.
    pub fn runs(&mut self, process: &Name) {
        self.run.insert(process.clone());
    }

    /// The form of a record type or of a node; none: it has one that could not be read.
    pub fn form(&mut self, process: Name, form: Option<&Name>) {
        match form {
            Some(form) => drop(self.forms.entry(process).or_default().insert(form.clone())),
            None => drop(self.unread.insert(process)),
        }
    }

    /// A node looks at a field.
    pub fn uses(&mut self, field: &Name, place: &Place) {
        if let Some(process) = self.process.clone() {
            self.uses.push(Use { process, field: field.clone(), place: place.clone() });
        }
    }

    /// Reports what is looked at and never asked. `unread`: fields that may stand in a form and could not be read.
    pub fn check(&self, sink: &Sink, unread: impl Fn(&Name) -> bool) {
        for Use { process, field, place } in &self.uses {
            let mut forms: BTreeSet<_> = self.forms.get(process).into_iter().flatten().map(Some).collect();
            for sop in self.visits.get(process).into_iter().flatten() {
                // One that is not there is like one with a form that could not be read.
                forms.extend(self.sops.get(sop).map_or(vec![None], |forms| forms.iter().map(Option::as_ref).collect()));
            }
            let fields = |form: &Option<&Name>| form.and_then(|form| self.fields.get(form));
            let known = forms.iter().all(|form| fields(form).is_some()) && !self.unread.contains(process);
            let asked = forms.iter().filter_map(fields).any(|fields| fields.contains(field));
            if asked || !known || !self.run.contains(process) || unread(field) {
                continue;
            }
            let elsewhere = self.fields.iter().find(|(_, fields)| fields.contains(field));
            let hint = elsewhere.map_or_else(String::new, |(form, _)| {
                format!("the form {form} does: give it to a node of the process, or to a record type that runs it")
            });
            sink.report_with(place, format!("no form of the process {process} asks the field {field:?}", field = field.as_str()), hint);
        }
    }
}
