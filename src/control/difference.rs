//! What changes, told definition by definition: for what is about to be applied, and for what once was.

use super::tell;
use crate::domain::aggregate::Event;
use crate::domain::definition::{Catalogue, CatalogueEvent, Definitions, Listed, TypeState};
use crate::domain::ids::Name;
use crate::protocol::definitions as shape;
use crate::runtime::history::Told;
use crate::settings::definitions::write;
use std::collections::BTreeMap;

const TYPE: &str = "record type";
/// Kinds of which all stand together, without versions.
const RULES: [&str; 4] = ["evaluation rule", "assignment rule", "sharing rule", "follow-up rule"];

/// What is said to be added, changed or gone.
fn change(kind: &str, name: &str, change: &str) -> shape::Change {
    let (kind, name, change) = (kind.to_owned(), name.to_owned(), change.to_owned());
    shape::Change { kind, name, change, from: None, to: None, state: None, before: None, after: None }
}

/// What applying these would change; with `texts` also how each reads before and after.
pub fn of(catalogue: &Catalogue, wanted: &Definitions, texts: bool) -> Vec<shape::Change> {
    let difference = catalogue.difference(wanted);
    let mut there: BTreeMap<_, _> = catalogue.list().into_iter().map(|listed| ((listed.kind, listed.name.clone()), listed)).collect();
    let mut before: BTreeMap<_, _> = write::each(&catalogue.definitions()).into_iter().map(|w| ((w.kind, w.name), w.text)).collect();
    let mut shown = difference.clone();
    // A type that only moves is shown as it is; one that only changes, where it stands.
    for (name, _) in &difference.type_states {
        if !shown.record_types.iter().any(|t| t.name == *name) {
            shown.record_types.extend(catalogue.record_type(name).cloned());
        }
    }
    for record_type in &shown.record_types {
        if !shown.type_states.iter().any(|(name, _)| *name == record_type.name) {
            shown.type_states.extend(catalogue.type_state(&record_type.name).map(|state| (record_type.name.clone(), state)));
        }
    }
    let mut changes = Vec::new();
    for written in write::each(&shown) {
        let key = (written.kind, written.name.clone());
        let was = before.remove(&key);
        if was.as_ref() == Some(&written.text) {
            continue;
        }
        let name = written.name.as_str();
        let mut told = change(written.kind, name, if was.is_some() { "changed" } else { "added" });
        if !RULES.contains(&written.kind) {
            let versions = there.remove(&key).map(|listed| i64::from(listed.versions));
            let moves_only = written.kind == TYPE && !difference.record_types.iter().any(|t| t.name == written.name);
            told.from = versions;
            told.to = Some(versions.unwrap_or(0) + i64::from(!moves_only));
        }
        if written.kind == TYPE {
            told.state = moved(&difference, &written.name).map(|state| state.name().to_owned());
        }
        if texts {
            (told.before, told.after) = (was, Some(written.text));
        }
        changes.push(told);
    }
    for (kind, name) in gone(catalogue, &difference) {
        let before = texts.then(|| before.remove(&(kind, name.clone()))).flatten();
        changes.push(shape::Change { before, ..change(kind, name.as_str(), "gone") });
    }
    changes
}

/// Rules that are there and not among the new ones.
fn gone<'a>(catalogue: &'a Catalogue, difference: &'a Definitions) -> impl Iterator<Item = (&'static str, &'a Name)> {
    let [evaluation, assignment, sharing, follow_up] = RULES;
    let rules = catalogue.rules().iter().map(|r| &r.name);
    let rules = rules.filter(|name| difference.rules.as_ref().is_some_and(|rules| !rules.iter().any(|r| r.name == **name)));
    let others = catalogue.assignment_rules().iter().map(|r| &r.name);
    let others = others.filter(|name| difference.assignment_rules.as_ref().is_some_and(|rules| !rules.iter().any(|r| r.name == **name)));
    let shared = catalogue.sharing_rules().iter().map(|r| &r.name);
    let shared = shared.filter(|name| difference.sharing_rules.as_ref().is_some_and(|rules| !rules.iter().any(|r| r.name == **name)));
    let followed = catalogue.follow_up_rules().iter().map(|r| &r.name);
    let followed = followed.filter(|name| difference.follow_up_rules.as_ref().is_some_and(|rules| !rules.iter().any(|r| r.name == **name)));
    let all = rules.map(move |name| (evaluation, name)).chain(others.map(move |name| (assignment, name)));
    all.chain(shared.map(move |name| (sharing, name))).chain(followed.map(move |name| (follow_up, name)))
}

fn moved(difference: &Definitions, name: &Name) -> Option<TypeState> {
    difference.type_states.iter().find(|(named, _)| named == name).map(|(_, state)| *state)
}

/// What once changed, newest first. Each record holds what differed then: counted back from the versions there are, that gives the
/// number of each.
pub fn history(catalogue: &Catalogue, steps: &[Told]) -> Vec<shape::Step> {
    let mut versions: BTreeMap<(&'static str, Name), u32> =
        catalogue.list().into_iter().map(|Listed { kind, name, versions, .. }| ((kind, name), versions)).collect();
    let step = |told: &Told| {
        let mut changes = Vec::new();
        for event in told.step.events.iter().rev() {
            let Event::Catalogue(event) = event else { continue };
            changes.extend(match event {
                CatalogueEvent::DefinitionsApplied(applied) => taken(applied, &mut versions),
                CatalogueEvent::RecordTypePublished(name) => vec![moves(name, TypeState::Published)],
                CatalogueEvent::RecordTypeRetired(name) => vec![moves(name, TypeState::Retired)],
                CatalogueEvent::RecordTypeDeleted(name) => vec![moves(name, TypeState::Deleted)],
            });
        }
        shape::Step {
            sequence: told.sequence as i64,
            at: told.at.0,
            by: tell::actor(&told.step.actor),
            event: told.step.events.first().map_or("", Event::name).to_owned(),
            changes,
        }
    };
    steps.iter().map(step).collect()
}

fn moves(name: &Name, state: TypeState) -> shape::Change {
    let what = if state.is_live() { "changed" } else { "gone" };
    shape::Change { state: Some(state.name().to_owned()), ..change(TYPE, name.as_str(), what) }
}

fn taken(applied: &Definitions, versions: &mut BTreeMap<(&'static str, Name), u32>) -> Vec<shape::Change> {
    let Definitions {
        forms,
        record_types,
        processes,
        templates,
        rules,
        messages,
        roles,
        type_states,
        assignment_rules,
        sops,
        sharing_rules,
        follow_up_rules,
        plug_ins,
    } = applied;
    let mut named: Vec<(&'static str, &Name)> = Vec::new();
    named.extend(forms.iter().map(|d| ("form", &d.name)));
    named.extend(record_types.iter().map(|d| (TYPE, &d.name)));
    named.extend(processes.iter().map(|d| ("process", &d.name)));
    named.extend(templates.iter().map(|d| ("evaluation template", &d.name)));
    named.extend(messages.iter().map(|d| ("message", &d.name)));
    named.extend(sops.iter().map(|d| ("SOP", &d.name)));
    named.extend(roles.iter().map(|d| ("role", &d.name)));
    named.extend(plug_ins.iter().map(|d| ("plug-in", &d.name)));
    let mut changes = Vec::new();
    for (kind, name) in named {
        let count = versions.entry((kind, name.clone())).or_insert(1);
        let to = (*count).max(1);
        *count = to - 1;
        let from = (to > 1).then(|| i64::from(to) - 1);
        let what = if from.is_some() { "changed" } else { "added" };
        let state = Some(()).filter(|()| kind == TYPE).and_then(|()| moved(applied, name)).map(|state| state.name().to_owned());
        changes.push(shape::Change { from, to: Some(to.into()), state, ..change(kind, name.as_str(), what) });
    }
    let only_moved = type_states.iter().filter(|(name, _)| !record_types.iter().any(|t| t.name == *name));
    changes.extend(only_moved.map(|(name, state)| moves(name, *state)));
    let rules = rules.as_ref().map(|rules| rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>());
    let assignment_rules = assignment_rules.as_ref().map(|rules| rules.iter().map(|rule| rule.name.as_str()).collect());
    let sharing_rules = sharing_rules.as_ref().map(|rules| rules.iter().map(|rule| rule.name.as_str()).collect());
    let follow_up_rules = follow_up_rules.as_ref().map(|rules| rules.iter().map(|rule| rule.name.as_str()).collect());
    for (kind, names) in RULES.into_iter().zip([rules, assignment_rules, sharing_rules, follow_up_rules]) {
        if let Some(names) = names {
            let names = if names.is_empty() { "(none any more)".to_owned() } else { names.join(", ") };
            changes.push(change(&format!("{kind}s"), &names, "changed"));
        }
    }
    changes
}
