//! The catalogue: every definition in every version that was ever applied.
//!
//! An aggregate of its own: applying files is one command and one event. Old versions stay, because running Work Orders pin them.

use super::assignment::AssignmentRule;
use super::evaluation::{EvaluationRule, EvaluationTemplate};
use super::message::MessageTemplate;
use super::process::{Process, RecordType};
use super::role::{Right, RoleDefinition, built_in};
use crate::domain::form::Form;
use crate::domain::ids::Name;
use crate::domain::rejection::Rejection;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A name with the version that is pinned, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionedName {
    pub name: Name,
    pub version: u32,
}

/// All versions of one definition, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf<T>(Vec<T>);

/// One validated set of definitions, as files say it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Definitions {
    pub forms: Vec<Form>,
    pub record_types: Vec<RecordType>,
    pub processes: Vec<Process>,
    pub templates: Vec<EvaluationTemplate>,
    /// In order of precedence; they stand as a whole. None: as they are.
    pub rules: Option<Vec<EvaluationRule>>,
    pub messages: Vec<MessageTemplate>,
    pub roles: Vec<RoleDefinition>,
    /// In order of precedence; they stand as a whole. None: as they are.
    pub assignment_rules: Option<Vec<AssignmentRule>>,
}

/// Every definition in every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Catalogue {
    forms: BTreeMap<Name, Shelf<Form>>,
    record_types: BTreeMap<Name, Shelf<RecordType>>,
    processes: BTreeMap<Name, Shelf<Process>>,
    templates: BTreeMap<Name, Shelf<EvaluationTemplate>>,
    messages: BTreeMap<Name, Shelf<MessageTemplate>>,
    rules: Vec<EvaluationRule>,
    roles: BTreeMap<Name, RoleDefinition>,
    assignment_rules: Vec<AssignmentRule>,
}

/// Commands to the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CatalogueCommand {
    ApplyDefinitions(Box<Definitions>),
}

/// What happened to the catalogue: only what differs from the latest version is in the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CatalogueEvent {
    DefinitionsApplied(Box<Definitions>),
}

impl<T: PartialEq> Shelf<T> {
    fn put(shelf: &mut BTreeMap<Name, Self>, name: Name, item: T) {
        let versions = shelf.entry(name).or_insert_with(|| Self(Vec::new()));
        if versions.0.last() != Some(&item) {
            versions.0.push(item);
        }
    }

    fn latest(&self) -> Option<&T> {
        self.0.last()
    }
}

fn latest<'a, T: PartialEq>(shelf: &'a BTreeMap<Name, Shelf<T>>, name: &Name) -> Option<(&'a T, VersionedName)> {
    let versions = shelf.get(name)?;
    let item = versions.latest()?;
    Some((item, VersionedName { name: name.clone(), version: versions.0.len() as u32 }))
}

fn pinned<'a, T>(shelf: &'a BTreeMap<Name, Shelf<T>>, pin: &VersionedName) -> Option<&'a T> {
    shelf.get(&pin.name)?.0.get(pin.version.checked_sub(1)? as usize)
}

impl Catalogue {
    /// The latest version of a form, and the pin for it.
    pub fn form(&self, name: &Name) -> Option<(&Form, VersionedName)> {
        latest(&self.forms, name)
    }

    /// A pinned version of a form.
    pub fn pinned_form(&self, pin: &VersionedName) -> Option<&Form> {
        pinned(&self.forms, pin)
    }

    /// The latest version of a record type.
    pub fn record_type(&self, name: &Name) -> Option<&RecordType> {
        latest(&self.record_types, name).map(|(t, _)| t)
    }

    /// The latest version of a process, and the pin for it.
    pub fn process(&self, name: &Name) -> Option<(&Process, VersionedName)> {
        latest(&self.processes, name)
    }

    /// A pinned version of a process.
    pub fn pinned_process(&self, pin: &VersionedName) -> Option<&Process> {
        pinned(&self.processes, pin)
    }

    /// The latest version of an evaluation template, and the pin for it.
    pub fn template(&self, name: &Name) -> Option<(&EvaluationTemplate, VersionedName)> {
        latest(&self.templates, name)
    }

    /// A pinned version of an evaluation template.
    pub fn pinned_template(&self, pin: &VersionedName) -> Option<&EvaluationTemplate> {
        pinned(&self.templates, pin)
    }

    /// The pin for the latest version of a message template.
    pub fn message(&self, name: &Name) -> Option<VersionedName> {
        latest(&self.messages, name).map(|(_, pin)| pin)
    }

    /// A pinned version of a message template.
    pub fn pinned_message(&self, pin: &VersionedName) -> Option<&MessageTemplate> {
        pinned(&self.messages, pin)
    }

    /// Evaluation rules in order of precedence.
    pub fn rules(&self) -> &[EvaluationRule] {
        &self.rules
    }

    /// Assignment rules in order of precedence.
    pub fn assignment_rules(&self) -> &[AssignmentRule] {
        &self.assignment_rules
    }

    /// Names and versions of what is there: (kind, name, number of versions).
    pub fn list(&self) -> Vec<(&'static str, Name, u32)> {
        fn rows<'a, T>(kind: &'static str, shelf: &'a BTreeMap<Name, Shelf<T>>) -> impl Iterator<Item = (&'static str, Name, u32)> + 'a {
            shelf.iter().map(move |(name, versions)| (kind, name.clone(), versions.0.len() as u32))
        }
        rows("form", &self.forms)
            .chain(rows("record type", &self.record_types))
            .chain(rows("process", &self.processes))
            .chain(rows("evaluation template", &self.templates))
            .chain(self.rules.iter().map(|r| ("evaluation rule", r.name.clone(), 1)))
            .chain(self.assignment_rules.iter().map(|r| ("assignment rule", r.name.clone(), 1)))
            .chain(rows("message", &self.messages))
            .chain(self.roles.keys().map(|name| ("role", name.clone(), 1)))
            .collect()
    }

    /// Whether a role has a right; unknown roles have none.
    pub fn role_has(&self, role: &str, right: Right) -> bool {
        let defined = Name::new(role).ok().and_then(|name| self.roles.get(&name));
        match defined {
            Some(definition) => definition.rights.contains(&right),
            None => built_in(role).is_some_and(|rights| rights.contains(&right)),
        }
    }

    /// What of `wanted` differs from the latest versions here; rules stand as a whole.
    pub fn difference(&self, wanted: &Definitions) -> Definitions {
        fn changed<T: Clone + PartialEq>(shelf: &BTreeMap<Name, Shelf<T>>, items: &[T], name: impl Fn(&T) -> &Name) -> Vec<T> {
            let differs = |item: &&T| shelf.get(name(item)).and_then(Shelf::latest) != Some(*item);
            items.iter().filter(differs).cloned().collect()
        }
        Definitions {
            forms: changed(&self.forms, &wanted.forms, |f| &f.name),
            record_types: changed(&self.record_types, &wanted.record_types, |t| &t.name),
            processes: changed(&self.processes, &wanted.processes, |p| &p.name),
            templates: changed(&self.templates, &wanted.templates, |t| &t.name),
            rules: wanted.rules.clone().filter(|rules| *rules != self.rules),
            messages: changed(&self.messages, &wanted.messages, |m| &m.name),
            assignment_rules: wanted.assignment_rules.clone().filter(|rules| *rules != self.assignment_rules),
            roles: wanted.roles.iter().filter(|r| self.roles.get(&r.name) != Some(*r)).cloned().collect(),
        }
    }

    /// Applies files: the event holds what differs. Nothing different is refused, so that a repeat makes no version.
    pub fn decide(&self, command: &CatalogueCommand) -> Result<Vec<CatalogueEvent>, Rejection> {
        let CatalogueCommand::ApplyDefinitions(wanted) = command;
        let difference = self.difference(wanted);
        if difference.is_empty() {
            return Err(Rejection::NothingToChange);
        }
        Ok(vec![CatalogueEvent::DefinitionsApplied(Box::new(difference))])
    }

    /// Takes an event in; total.
    pub fn evolve(&mut self, event: &CatalogueEvent) {
        let CatalogueEvent::DefinitionsApplied(change) = event;
        for item in &change.forms {
            Shelf::put(&mut self.forms, item.name.clone(), item.clone());
        }
        for item in &change.record_types {
            Shelf::put(&mut self.record_types, item.name.clone(), item.clone());
        }
        for item in &change.processes {
            Shelf::put(&mut self.processes, item.name.clone(), item.clone());
        }
        for item in &change.templates {
            Shelf::put(&mut self.templates, item.name.clone(), item.clone());
        }
        for item in &change.messages {
            Shelf::put(&mut self.messages, item.name.clone(), item.clone());
        }
        if let Some(rules) = &change.rules {
            self.rules.clone_from(rules);
        }
        if let Some(rules) = &change.assignment_rules {
            self.assignment_rules.clone_from(rules);
        }
        for item in &change.roles {
            self.roles.insert(item.name.clone(), item.clone());
        }
    }
}

impl Definitions {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        let Self { forms, record_types, processes, templates, rules, messages, roles, assignment_rules } = self;
        forms.is_empty()
            && record_types.is_empty()
            && processes.is_empty()
            && templates.is_empty()
            && rules.is_none()
            && assignment_rules.is_none()
            && messages.is_empty()
            && roles.is_empty()
    }
}
