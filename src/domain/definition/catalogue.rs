//! The catalogue: every definition in every version that was ever applied.
//!
//! An aggregate of its own: applying files is one command and one event. Old versions stay, because running Work Orders pin them.

use super::assignment::AssignmentRule;
use super::evaluation::{EvaluationRule, EvaluationTemplate};
use super::follow_up::FollowUpRule;
use super::message::MessageTemplate;
use super::plug_in::PlugIn;
use super::process::{Process, RecordType};
use super::role::{Right, RoleDefinition, built_in};
use super::sharing::SharingRule;
use super::sop::Sop;
use super::type_state::{self, TypeState};
use crate::domain::form::{Field, Form};
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
    /// Where record types are to stand. Not named: new ones are published, others stay where they are.
    pub type_states: Vec<(Name, TypeState)>,
    /// In order of precedence; they stand as a whole. None: as they are.
    pub assignment_rules: Option<Vec<AssignmentRule>>,
    pub sops: Vec<Sop>,
    /// They stand as a whole. None: as they are.
    pub sharing_rules: Option<Vec<SharingRule>>,
    /// In order of precedence; they stand as a whole. None: as they are.
    pub follow_up_rules: Option<Vec<FollowUpRule>>,
    /// Which are on, and which off; not named: as they are.
    pub plug_ins: Vec<PlugIn>,
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
    assignment_rules: Vec<AssignmentRule>,
    sops: BTreeMap<Name, Shelf<Sop>>,
    roles: BTreeMap<Name, Shelf<RoleDefinition>>,
    /// Of every record type that there ever was.
    type_states: BTreeMap<Name, TypeState>,
    sharing_rules: Vec<SharingRule>,
    follow_up_rules: Vec<FollowUpRule>,
    plug_ins: BTreeMap<Name, Shelf<PlugIn>>,
}

/// One definition as lists tell of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub kind: &'static str,
    pub name: Name,
    /// How many there are; a rule has no versions, it stands as it is.
    pub versions: u32,
    /// Of a record type.
    pub state: Option<TypeState>,
}

/// Commands to the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CatalogueCommand {
    ApplyDefinitions(Box<Definitions>),
    /// From now on Work Orders can be created under the record type.
    PublishRecordType(Name),
    /// From now on none can; work under it runs on.
    RetireRecordType(Name),
    /// It is no live type any more, and its name may be used again.
    DeleteRecordType(Name),
}

/// What happened to the catalogue: only what differs from the latest version is in the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CatalogueEvent {
    DefinitionsApplied(Box<Definitions>),
    RecordTypePublished(Name),
    RecordTypeRetired(Name),
    RecordTypeDeleted(Name),
}

impl<T> Shelf<T> {
    fn latest(&self) -> Option<&T> {
        self.0.last()
    }
}

impl<T: PartialEq> Shelf<T> {
    fn put(shelf: &mut BTreeMap<Name, Self>, name: Name, item: T) {
        let versions = shelf.entry(name).or_insert_with(|| Self(Vec::new()));
        if versions.0.last() != Some(&item) {
            versions.0.push(item);
        }
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

    /// All fields of all forms there ever were, those of newer versions first; one name is of one kind everywhere.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.forms.values().flat_map(|versions| versions.0.iter().rev()).flat_map(|form| &form.fields)
    }

    /// The field of that name, of whatever form.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().find(|field| field.name().as_str() == name)
    }

    /// The latest version of a record type under which Work Orders can be created (REC-4).
    pub fn published_type(&self, name: &Name) -> Result<&RecordType, Rejection> {
        let unknown = || Rejection::unknown("recordType", name.as_str());
        let found = self.record_type(name).ok_or_else(unknown)?;
        match self.type_state(name) {
            Some(TypeState::Published) => Ok(found),
            Some(state @ (TypeState::Draft | TypeState::Retired)) => {
                Err(Rejection::RecordTypeNotPublished { record_type: name.to_string(), state: state.name() })
            }
            Some(TypeState::Deleted) | None => Err(unknown()),
        }
    }

    /// Where a record type stands, if there ever was one of that name.
    pub fn type_state(&self, name: &Name) -> Option<TypeState> {
        self.type_states.get(name).copied()
    }

    /// The names of all record types there are and were.
    pub fn type_names(&self) -> impl Iterator<Item = &Name> {
        self.record_types.keys()
    }

    /// The latest version of a record type, wherever it stands: running work goes by it.
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

    /// The latest version of an SOP, and the pin for it.
    pub fn sop(&self, name: &Name) -> Option<(&Sop, VersionedName)> {
        latest(&self.sops, name)
    }

    /// A pinned version of an SOP.
    pub fn pinned_sop(&self, pin: &VersionedName) -> Option<&Sop> {
        pinned(&self.sops, pin)
    }

    /// Evaluation rules in order of precedence.
    pub fn rules(&self) -> &[EvaluationRule] {
        &self.rules
    }

    /// Assignment rules in order of precedence.
    pub fn assignment_rules(&self) -> &[AssignmentRule] {
        &self.assignment_rules
    }

    /// Whose Work Orders are shared with whom.
    pub fn sharing_rules(&self) -> &[SharingRule] {
        &self.sharing_rules
    }

    /// Follow-up rules in order of precedence.
    pub fn follow_up_rules(&self) -> &[FollowUpRule] {
        &self.follow_up_rules
    }

    /// Whether a plug-in is on; what nobody ever switched is off.
    pub fn is_on(&self, plug_in: &str) -> bool {
        self.plug_ins.iter().any(|(name, versions)| name.as_str() == plug_in && versions.latest().is_some_and(|latest| latest.on))
    }

    /// What is there, deleted record types included.
    pub fn list(&self) -> Vec<Listed> {
        fn rows<'a, T>(kind: &'static str, shelf: &'a BTreeMap<Name, Shelf<T>>) -> impl Iterator<Item = Listed> + 'a {
            shelf.iter().map(move |(name, versions)| Listed { kind, name: name.clone(), versions: versions.0.len() as u32, state: None })
        }
        let types = rows("record type", &self.record_types).map(|row| Listed { state: self.type_state(&row.name), ..row });
        let rule = |kind, name: &Name| Listed { kind, name: name.clone(), versions: 1, state: None };
        rows("form", &self.forms)
            .chain(types)
            .chain(rows("process", &self.processes))
            .chain(rows("evaluation template", &self.templates))
            .chain(self.rules.iter().map(|r| rule("evaluation rule", &r.name)))
            .chain(self.assignment_rules.iter().map(|r| rule("assignment rule", &r.name)))
            .chain(self.sharing_rules.iter().map(|r| rule("sharing rule", &r.name)))
            .chain(self.follow_up_rules.iter().map(|r| rule("follow-up rule", &r.name)))
            .chain(rows("message", &self.messages))
            .chain(rows("SOP", &self.sops))
            .chain(rows("role", &self.roles))
            .chain(rows("plug-in", &self.plug_ins))
            .collect()
    }

    /// All of it as files could say it: latest versions, live record types with where they stand.
    pub fn definitions(&self) -> Definitions {
        fn all<T: Clone>(shelf: &BTreeMap<Name, Shelf<T>>) -> Vec<T> {
            shelf.values().filter_map(Shelf::latest).cloned().collect()
        }
        let live = |name: &Name| self.type_state(name).filter(|state| state.is_live()).map(|state| (name.clone(), state));
        let record_types: Vec<_> = all(&self.record_types).into_iter().filter(|t| live(&t.name).is_some()).collect();
        Definitions {
            forms: all(&self.forms),
            type_states: record_types.iter().filter_map(|t| live(&t.name)).collect(),
            record_types,
            processes: all(&self.processes),
            templates: all(&self.templates),
            rules: Some(self.rules.clone()),
            assignment_rules: Some(self.assignment_rules.clone()),
            sharing_rules: Some(self.sharing_rules.clone()),
            messages: all(&self.messages),
            sops: all(&self.sops),
            roles: all(&self.roles),
            follow_up_rules: Some(self.follow_up_rules.clone()),
            plug_ins: all(&self.plug_ins),
        }
    }

    /// One definition alone, in one of its versions or in its latest, with the number of that version. None: there is no such one.
    pub fn one(&self, kind: &str, name: &Name, version: Option<u32>) -> Option<(Definitions, u32)> {
        fn at<T: Clone>(shelf: &BTreeMap<Name, Shelf<T>>, name: &Name, version: Option<u32>) -> Option<(Vec<T>, u32)> {
            let version = version.unwrap_or(shelf.get(name)?.0.len() as u32);
            let item = pinned(shelf, &VersionedName { name: name.clone(), version })?;
            Some((vec![item.clone()], version))
        }
        let mut one = Definitions::default();
        let version = match kind {
            "form" => at(&self.forms, name, version).map(|(items, version)| (one.forms = items, version))?.1,
            "record type" => {
                one.type_states = self.type_state(name).map(|state| (name.clone(), state)).into_iter().collect();
                at(&self.record_types, name, version).map(|(items, version)| (one.record_types = items, version))?.1
            }
            "process" => at(&self.processes, name, version).map(|(items, version)| (one.processes = items, version))?.1,
            "evaluation template" => at(&self.templates, name, version).map(|(items, version)| (one.templates = items, version))?.1,
            "evaluation rule" => {
                let rule = self.rules.iter().find(|rule| rule.name == *name).filter(|_| version.is_none_or(|v| v == 1))?;
                one.rules = Some(vec![rule.clone()]);
                1
            }
            "assignment rule" => {
                let rule = self.assignment_rules.iter().find(|rule| rule.name == *name).filter(|_| version.is_none_or(|v| v == 1))?;
                one.assignment_rules = Some(vec![rule.clone()]);
                1
            }
            "sharing rule" => {
                let rule = self.sharing_rules.iter().find(|rule| rule.name == *name).filter(|_| version.is_none_or(|v| v == 1))?;
                one.sharing_rules = Some(vec![rule.clone()]);
                1
            }
            "follow-up rule" => {
                let rule = self.follow_up_rules.iter().find(|rule| rule.name == *name).filter(|_| version.is_none_or(|v| v == 1))?;
                one.follow_up_rules = Some(vec![rule.clone()]);
                1
            }
            "plug-in" => at(&self.plug_ins, name, version).map(|(items, version)| (one.plug_ins = items, version))?.1,
            "message" => at(&self.messages, name, version).map(|(items, version)| (one.messages = items, version))?.1,
            "SOP" => at(&self.sops, name, version).map(|(items, version)| (one.sops = items, version))?.1,
            "role" => at(&self.roles, name, version).map(|(items, version)| (one.roles = items, version))?.1,
            _ => return None,
        };
        Some((one, version))
    }

    /// Whether a role has a right at all; unknown roles have none.
    pub fn role_has(&self, role: &Name, right: Right) -> bool {
        self.role_types(role, right).is_some()
    }

    /// A role as it is defined; none: it is built in, or there is none of that name.
    pub fn role(&self, name: &Name) -> Option<&RoleDefinition> {
        self.roles.get(name).and_then(Shelf::latest)
    }

    /// Whether a role has a right where a record type is concerned (PER-2).
    pub fn role_has_for(&self, role: &Name, right: Right, record_type: &Name) -> bool {
        self.role_types(role, right).is_some_and(|types| types.is_none_or(|types| types.contains(record_type)))
    }

    /// The record types for which a role has a right, `Some(None)` meaning all; none: it has not.
    pub fn role_types(&self, role: &Name, right: Right) -> Option<Option<&[Name]>> {
        match self.roles.get(role).and_then(Shelf::latest) {
            Some(definition) => definition.rights.contains(&right).then_some(definition.record_types.as_deref()),
            None => built_in(role.as_str()).is_some_and(|rights| rights.contains(&right)).then_some(None),
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
            sharing_rules: wanted.sharing_rules.clone().filter(|rules| *rules != self.sharing_rules),
            sops: changed(&self.sops, &wanted.sops, |s| &s.name),
            roles: changed(&self.roles, &wanted.roles, |r| &r.name),
            follow_up_rules: wanted.follow_up_rules.clone().filter(|rules| *rules != self.follow_up_rules),
            plug_ins: changed(&self.plug_ins, &wanted.plug_ins, |p| &p.name),
            type_states: self.moved_types(wanted),
        }
    }

    /// Record types that stand elsewhere once these files are applied. What files do not say is published where it is new, and left
    /// alone where it is not: files seed, commands own (reading 29).
    fn moved_types(&self, wanted: &Definitions) -> Vec<(Name, TypeState)> {
        let said = |name: &Name| wanted.type_states.iter().find(|(named, _)| named == name).map(|(_, state)| *state);
        let moved = |record_type: &RecordType| {
            let name = &record_type.name;
            let now = self.type_state(name).filter(|state| state.is_live());
            let then = said(name).or(now).unwrap_or(TypeState::Published);
            (now != Some(then)).then(|| (name.clone(), then))
        };
        wanted.record_types.iter().filter_map(moved).collect()
    }

    /// Applies files: the event holds what differs. Nothing different is refused, so that a repeat makes no version.
    pub fn decide(&self, command: &CatalogueCommand) -> Result<Vec<CatalogueEvent>, Rejection> {
        let event = match command {
            CatalogueCommand::ApplyDefinitions(wanted) => {
                let difference = self.difference(wanted);
                if difference.is_empty() {
                    return Err(Rejection::NothingToChange);
                }
                CatalogueEvent::DefinitionsApplied(Box::new(difference))
            }
            CatalogueCommand::PublishRecordType(name) => {
                type_state::decide(self, name, TypeState::Published)?;
                CatalogueEvent::RecordTypePublished(name.clone())
            }
            CatalogueCommand::RetireRecordType(name) => {
                type_state::decide(self, name, TypeState::Retired)?;
                CatalogueEvent::RecordTypeRetired(name.clone())
            }
            CatalogueCommand::DeleteRecordType(name) => {
                type_state::decide(self, name, TypeState::Deleted)?;
                CatalogueEvent::RecordTypeDeleted(name.clone())
            }
        };
        Ok(vec![event])
    }

    /// Takes an event in; total.
    pub fn evolve(&mut self, event: &CatalogueEvent) {
        let mut stands = |name: &Name, state| {
            self.type_states.insert(name.clone(), state);
        };
        match event {
            CatalogueEvent::DefinitionsApplied(change) => self.take(change),
            CatalogueEvent::RecordTypePublished(name) => stands(name, TypeState::Published),
            CatalogueEvent::RecordTypeRetired(name) => stands(name, TypeState::Retired),
            CatalogueEvent::RecordTypeDeleted(name) => stands(name, TypeState::Deleted),
        }
    }

    fn take(&mut self, change: &Definitions) {
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
        if let Some(rules) = &change.sharing_rules {
            self.sharing_rules.clone_from(rules);
        }
        for item in &change.sops {
            Shelf::put(&mut self.sops, item.name.clone(), item.clone());
        }
        for item in &change.roles {
            Shelf::put(&mut self.roles, item.name.clone(), item.clone());
        }
        if let Some(rules) = &change.follow_up_rules {
            self.follow_up_rules.clone_from(rules);
        }
        for item in &change.plug_ins {
            Shelf::put(&mut self.plug_ins, item.name.clone(), item.clone());
        }
        self.type_states.extend(change.type_states.iter().cloned());
    }
}

impl Definitions {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
