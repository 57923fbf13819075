//! `[[sop]]`: the checklist of an on-site visit (ONS-1).

use super::book::{Book, Kind, name_of};
use crate::domain::definition::sop::STEPS_MAX;
use crate::domain::definition::{Sop, SopStep};
use crate::settings::toml_reader::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Reads one; none if it has problems, which are reported.
pub fn read(table: Table<'_>, book: &mut Book<'_>) -> Option<Sop> {
    let (name, table) = book.define(Kind::Sop, table);
    let title = table.label("title", name.as_ref().map_or("", |n| n.as_str()));
    let count = table.count("step");
    if count == 0 && !table.has("step") {
        table.sink().report_with(&table.place, "the SOP has no steps", "add at least one table [[sop.step]]");
    }
    if count > STEPS_MAX {
        table.sink().report(&table.place_of("step"), format!("has {count} steps, at most {STEPS_MAX} are allowed"));
    }
    let mut steps = Vec::new();
    let mut forms = BTreeSet::new();
    let mut names = BTreeMap::new();
    for step in table.tables("step", STEPS_MAX) {
        let place = step.place_of("name");
        let step_name = name_of(&step);
        if let Some(name) = &step_name
            && let Some(first) = names.insert(name.clone(), place.line)
        {
            let hint = format!("the first is in line {first}");
            table.sink().report_with(&place, format!("two steps of the SOP are called {name}"), hint);
        }
        let title = step.label("title", step_name.as_ref().map_or("", |n| n.as_str()));
        let [required, ordered, location, labor] = ["required", "ordered", "location", "labor"].map(|key| step.flag(key, false));
        let form = match step.text("form") {
            Some(form) => book.refer(Kind::Form, form.value, &form.place).map(Some),
            None => Some(None),
        };
        if step.has("form") {
            forms.insert(form.clone().flatten());
        }
        step.finish();
        steps.push((|| Some(SopStep { name: step_name?, title: title?, required, ordered, location, labor, form: form? }))());
    }
    if let Some(name) = &name {
        book.asked.sop(name, forms);
    }
    table.finish();
    Some(Sop { name: name?, title: title?, steps: steps.into_iter().collect::<Option<_>>()? })
}
