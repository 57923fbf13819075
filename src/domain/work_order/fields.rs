//! The fields of a Work Order: filled in at intake, and at the nodes that have a form (REC-3).
//!
//! What the form of a node requires is asked for by `process::door` when a person passes the node on; saving before asks for nothing.

use super::draft::Draft;
use super::event::Event;
use super::state::WorkOrder;
use crate::domain::context::Context;
use crate::domain::definition::{Catalogue, RecordType, VersionedName};
use crate::domain::form::cell::Known;
use crate::domain::form::check::bounded;
use crate::domain::form::given::GivenFields;
use crate::domain::form::value::Changes;
use crate::domain::form::{Field, Fields, Form};
use crate::domain::ids::Name;
use crate::domain::may::{Action, Layout, may};
use crate::domain::process::on_site;
use crate::domain::rejection::Rejection;

fn no_form(what: String) -> Rejection {
    Rejection::InvalidFormField { field: "fields".to_owned(), rule: "unknown", problem: format!("{what} has no form") }
}

/// What intake keeps: the pinned form of the record type, and the values, defaults included.
pub fn at_intake(record_type: &RecordType, given: &GivenFields, cx: &Context<'_>) -> Result<(Option<VersionedName>, Fields), Rejection> {
    let Some(name) = &record_type.form else {
        return if given.is_empty() { Ok((None, Fields::new())) } else { Err(no_form(format!("the record type {}", record_type.name))) };
    };
    let (form, pin) = cx.catalogue.form(name).ok_or_else(|| Rejection::unknown("form", name.as_str()))?;
    allowed(&record_type.name, given, cx)?;
    let mut fields = Fields::new();
    take(&mut fields, &form.check(given, Known::of(cx))?);
    let defaults = form.defaults(&fields);
    take(&mut fields, &defaults);
    asked(form, &fields, &record_type.name, cx)?;
    bounded(&fields)?;
    Ok((Some(pin), fields))
}

/// Puts changes into values.
pub fn take(fields: &mut Fields, changes: &Changes) {
    for (name, value) in changes {
        match value {
            Some(value) => fields.insert(name.clone(), value.clone()),
            None => fields.remove(name),
        };
    }
}

/// Refuses what the roles of who acts do not let them change.
fn allowed(record_type: &Name, given: &GivenFields, cx: &Context<'_>) -> Result<(), Rejection> {
    let layout = Layout::of(Some(record_type), cx);
    given.iter().try_for_each(|(name, _)| layout.takes(name))
}

/// The form of the open visit, as it was pinned when the node was entered.
fn form<'a>(draft: &Draft<'a>) -> Result<Option<(&'a Form, VersionedName)>, Rejection> {
    let Some(pin) = draft.open_visit()?.form.clone() else { return Ok(None) };
    Ok(Some((pinned(draft, &pin)?, pin)))
}

fn pinned<'a>(draft: &Draft<'a>, pin: &VersionedName) -> Result<&'a Form, Rejection> {
    let missing = || Rejection::NotFound { what: "form", id: format!("{} version {}", pin.name, pin.version) };
    draft.cx.catalogue.pinned_form(pin).ok_or_else(missing)
}

/// Takes what was given of the node's form; nothing given, nothing done. Says whether anything is different now.
pub fn save(draft: &mut Draft<'_>, given: &GivenFields) -> Result<bool, Rejection> {
    if given.is_empty() {
        return Ok(false);
    }
    let Some((form, pin)) = form(draft)? else {
        return Err(no_form(format!("the node {}", draft.open_visit()?.name)));
    };
    save_in(draft, form, pin, given)
}

fn save_in(draft: &mut Draft<'_>, form: &Form, pin: VersionedName, given: &GivenFields) -> Result<bool, Rejection> {
    allowed(&draft.order.record_type, given, draft.cx)?;
    let mut changes = form.check(given, Known::of(draft.cx))?;
    changes.retain(|(name, value)| draft.order.fields.get(name) != value.as_ref());
    if changes.is_empty() {
        return Ok(false);
    }
    draft.push(Event::FieldsSaved { form: pin, changes });
    bounded(&draft.order.fields)?;
    Ok(true)
}

/// As [`save`], of the form of a step.
pub fn save_pinned(draft: &mut Draft<'_>, pin: &VersionedName, given: &GivenFields) -> Result<bool, Rejection> {
    let form = pinned(draft, pin)?;
    save_in(draft, form, pin.clone(), given)
}

/// The command SaveFields: a handler saves what is known so far of the node's form, or of a step's.
pub fn save_so_far(draft: &mut Draft<'_>, step: Option<&str>, given: &GivenFields) -> Result<(), Rejection> {
    let visit = draft.open_visit()?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    draft.not_on_hold()?;
    if let Some(task) = visit.state.task()
        && let Some(by) = &task.taken_by
        && draft.cx.principal.user() != Some(by)
    {
        return Err(Rejection::TakenByAnother { by: by.to_string() });
    }
    let changed = match step {
        Some(step) => on_site::save_step(draft, step, given)?,
        None => save(draft, given)?,
    };
    if changed { Ok(()) } else { Err(Rejection::NothingToChange) }
}

/// Before a person passes the node on: defaults where nothing was given, then everything required must be there.
pub fn complete(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    let Some((form, pin)) = form(draft)? else { return Ok(()) };
    complete_in(draft, form, pin)
}

/// What a step of a visit asks for: taken, and then everything required must be there.
pub fn complete_with(draft: &mut Draft<'_>, pin: &VersionedName, given: &GivenFields) -> Result<(), Rejection> {
    save_pinned(draft, pin, given)?;
    let form = pinned(draft, pin)?;
    complete_in(draft, form, pin.clone())
}

/// Where no form is asked for, nothing can be given.
pub fn none_asked(what: &str, given: &GivenFields) -> Result<(), Rejection> {
    if given.is_empty() { Ok(()) } else { Err(no_form(what.to_owned())) }
}

fn complete_in(draft: &mut Draft<'_>, form: &Form, pin: VersionedName) -> Result<(), Rejection> {
    let defaults = form.defaults(&draft.order.fields);
    if !defaults.is_empty() {
        draft.push(Event::FieldsSaved { form: pin, changes: defaults });
    }
    asked(form, &draft.order.fields, &draft.order.record_type, draft.cx)
}

/// Whether everything required is there. What is not shown to who acts is asked for without saying what it is.
fn asked(form: &Form, fields: &Fields, record_type: &Name, cx: &Context<'_>) -> Result<(), Rejection> {
    let layout = Layout::of(Some(record_type), cx);
    let mut missing = form.missing(fields).peekable();
    if missing.peek().is_none() {
        return Ok(());
    }
    if let Some(field) = missing.find(|field| !layout.hides(field.name())) {
        return Err(form.requires(field));
    }
    let problem = format!("the form {} requires more, which is for somebody with another role to fill in", form.name);
    Err(Rejection::InvalidFormField { field: "fields".to_owned(), rule: "required", problem })
}

/// Fields of any form there has been so far, by the rules of that form in the version that was filled in. Says whether anything is
/// different now.
pub fn edit(draft: &mut Draft<'_>, given: &GivenFields) -> Result<bool, Rejection> {
    allowed(&draft.order.record_type, given, draft.cx)?;
    let pins = draft.order.forms.clone();
    let mut of_forms: Vec<GivenFields> = vec![GivenFields::new(); pins.len()];
    for (name, value) in given {
        let home = pins.iter().rposition(|pin| draft.cx.catalogue.pinned_form(pin).is_some_and(|form| form.field(name).is_some()));
        let Some(of_form) = home.and_then(|home| of_forms.get_mut(home)) else {
            let field = format!("fields.{}", name.chars().take(80).collect::<String>());
            let problem = "no form of this Work Order has such a field".to_owned();
            return Err(Rejection::InvalidFormField { field, rule: "unknown", problem });
        };
        of_form.push((name.clone(), value.clone()));
    }
    let mut changed = false;
    for (pin, given) in pins.into_iter().zip(of_forms).filter(|(_, given)| !given.is_empty()) {
        let form = pinned(draft, &pin)?;
        let emptied = given.iter().filter(|(_, value)| value.is_nothing()).filter_map(|(name, _)| form.field(name));
        if let Some(field) = emptied.into_iter().find(|field| field.required()) {
            return Err(form.requires(field));
        }
        changed |= save_in(draft, form, pin, &given)?;
    }
    Ok(changed)
}

/// The form that was asked when it was raised, in the version that was filled in last.
pub fn of_intake<'a>(order: &WorkOrder, catalogue: &'a Catalogue) -> Option<&'a Form> {
    let name = catalogue.record_type(&order.record_type)?.form.as_ref()?;
    catalogue.pinned_form(order.forms.iter().find(|pin| pin.name == *name)?)
}

/// The newest of the forms of a Work Order that has the field.
pub fn form_of<'a>(order: &WorkOrder, name: &Name, catalogue: &'a Catalogue) -> Option<&'a Form> {
    order.forms.iter().rev().filter_map(|pin| catalogue.pinned_form(pin)).find(|form| form.field(name.as_str()).is_some())
}

/// How a field of the Work Order is defined in the newest of its forms.
pub fn definition<'a>(order: &WorkOrder, name: &Name, catalogue: &'a Catalogue) -> Option<&'a Field> {
    form_of(order, name, catalogue)?.field(name.as_str())
}
