//! Node kind "on-site": a task done at the customer's, by the steps of an SOP and with labor time (ONS-1, ONS-2).
//!
//! It is taken, completed and transferred as a task is (`task`); what is more, it cannot be completed while a required step is open.

use super::task;
use super::{NodeEvent, NodeState};
use crate::domain::definition::sop::{Sop, SopStep};
use crate::domain::definition::{Catalogue, VersionedName};
use crate::domain::form::given::GivenFields;
use crate::domain::ids::{Name, StaffUserId};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText};
use crate::domain::time::Timestamp;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::{fields, labor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest note on a step, in characters as a person counts them: the state keeps it.
pub const STEP_NOTE_MAX: usize = 1_000;

/// What the node asks for and allows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub task: task::Spec,
    pub sop: Option<Name>,
    /// Whether labor time booked here may overlap other labor of the same engineer (ONS-2).
    pub overlapping_labor: bool,
}

/// Who has it, and which steps are behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub task: task::State,
    pub sop: Option<VersionedName>,
    /// Forms of its steps, in the versions that were there at the beginning.
    pub forms: Vec<VersionedName>,
    pub overlapping_labor: bool,
    /// In the order in which they were settled.
    pub steps: Vec<SettledStep>,
}

/// A step that was completed or skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettledStep {
    pub step: Name,
    pub by: Option<StaffUserId>,
    pub at: Timestamp,
    pub skipped: bool,
    /// Latitude and longitude in degrees, as `31.230416,121.473701`.
    pub location: Option<PersonalText>,
    /// What was noted, or why it was skipped.
    pub note: Option<PersonalText>,
}

/// What happens here beside what happens to a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    StepCompleted { step: Name, by: Option<StaffUserId>, location: Option<PersonalText>, note: Option<PersonalText> },
    StepSkipped { step: Name, by: Option<StaffUserId>, reason: PersonalText },
}

impl Event {
    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::StepCompleted { .. } => "StepCompleted",
            Self::StepSkipped { .. } => "StepSkipped",
        }
    }
}

impl State {
    /// The pinned form of a step, if it has one.
    pub fn form_of(&self, step: &SopStep) -> Option<&VersionedName> {
        step.form.as_ref().and_then(|form| self.forms.iter().find(|pin| pin.name == *form))
    }

    /// What became of a step, if it is behind the visit.
    pub fn settled(&self, step: &Name) -> Option<&SettledStep> {
        self.steps.iter().find(|s| s.step == *step)
    }

    /// Required steps that are open.
    pub fn missing<'a>(&self, sop: &'a Sop) -> Vec<&'a SopStep> {
        sop.steps.iter().filter(|s| s.required && self.settled(&s.name).is_none()).collect()
    }

    /// Takes an event in.
    pub fn evolve(&mut self, event: &Event, at: Timestamp) {
        self.steps.push(match event {
            Event::StepCompleted { step, by, location, note } => {
                SettledStep { step: step.clone(), by: by.clone(), at, skipped: false, location: location.clone(), note: note.clone() }
            }
            Event::StepSkipped { step, by, reason } => {
                SettledStep { step: step.clone(), by: by.clone(), at, skipped: true, location: None, note: Some(reason.clone()) }
            }
        });
    }
}

/// The state at entry: the latest versions of the SOP and of its forms are pinned.
pub fn open(spec: &Spec, catalogue: &Catalogue) -> State {
    let found = spec.sop.as_ref().and_then(|name| catalogue.sop(name));
    let names: BTreeSet<&Name> = found.iter().flat_map(|(sop, _)| &sop.steps).filter_map(|step| step.form.as_ref()).collect();
    State {
        task: task::open(&spec.task),
        forms: names.into_iter().filter_map(|name| catalogue.form(name)).map(|(_, pin)| pin).collect(),
        sop: found.map(|(_, pin)| pin),
        overlapping_labor: spec.overlapping_labor,
        steps: Vec::new(),
    }
}

/// The pinned SOP of a visit; none where the node has no SOP.
pub fn sop<'a>(state: &State, catalogue: &'a Catalogue) -> Option<&'a Sop> {
    catalogue.pinned_sop(state.sop.as_ref()?)
}

/// A step is done; what its form asks for is given with it, or is there already.
pub fn complete_step(
    draft: &mut Draft<'_>,
    step: &str,
    location: Option<&str>,
    note: Option<&str>,
    given: &GivenFields,
) -> Result<(), Rejection> {
    let (state, step, above) = open_step(draft, "CompleteStep", step)?;
    let waits_for = |s: &&SopStep| (s.required || s.ordered) && state.settled(&s.name).is_none();
    let first: Vec<String> = above.iter().filter(waits_for).map(|s| s.name.to_string()).collect();
    if step.ordered && !first.is_empty() {
        return Err(Rejection::StepOutOfOrder { step: step.name.to_string(), first });
    }
    let location = match (location, step.location) {
        (Some(text), true) => Some(PersonalText(Some(check_location(text)?))),
        (None, true) => {
            return Err(Rejection::invalid("location", format!("step {} needs it: LATITUDE,LONGITUDE in degrees", step.name)));
        }
        (Some(_), false) => return Err(Rejection::invalid("location", format!("step {} does not ask for one", step.name))),
        (None, false) => None,
    };
    let note = note.map(|n| text::long("note", n, STEP_NOTE_MAX).map(|n| PersonalText(Some(n)))).transpose()?;
    match state.form_of(step) {
        Some(pin) => fields::complete_with(draft, pin, given)?,
        None => fields::none_asked(&format!("the step {}", step.name), given)?,
    }
    let by = draft.cx.principal.user().cloned();
    if let Some(by) = &by {
        labor::stop_step(draft, by, &step.name);
    }
    draft.push(OrderEvent::Node(NodeEvent::OnSite(Event::StepCompleted { step: step.name.clone(), by, location, note })));
    Ok(())
}

/// What is known so far of a step's form is kept; whether anything is different now.
pub fn save_step(draft: &mut Draft<'_>, step: &str, given: &GivenFields) -> Result<bool, Rejection> {
    let (state, step, _) = open_step(draft, "SaveFields", step)?;
    match state.form_of(step) {
        Some(pin) => fields::save_pinned(draft, pin, given),
        None => fields::none_asked(&format!("the step {}", step.name), given).map(|()| false),
    }
}

/// A step that is not required is left out, with a reason.
pub fn skip_step(draft: &mut Draft<'_>, step: &str, reason: &str) -> Result<(), Rejection> {
    let (_, step, _) = open_step(draft, "SkipStep", step)?;
    if step.required {
        return Err(Rejection::NotAllowedHere { what: "skipping a required step" });
    }
    let reason = PersonalText(Some(text::long("reason", reason, STEP_NOTE_MAX)?));
    let by = draft.cx.principal.user().cloned();
    draft.push(OrderEvent::Node(NodeEvent::OnSite(Event::StepSkipped { step: step.name.clone(), by, reason })));
    Ok(())
}

/// Whether the visit may be completed: every required step is behind it.
pub fn may_complete(draft: &Draft<'_>, state: &State) -> Result<(), Rejection> {
    let Some(sop) = sop(state, draft.cx.catalogue) else { return Ok(()) };
    let steps: Vec<String> = state.missing(sop).iter().map(|s| s.name.to_string()).collect();
    if steps.is_empty() { Ok(()) } else { Err(Rejection::StepsMissing { steps }) }
}

/// A step that can still be settled by the caller, with the steps above it.
fn open_step<'a>(draft: &Draft<'a>, command: &'static str, name: &str) -> Result<(State, &'a SopStep, &'a [SopStep]), Rejection> {
    let NodeState::OnSite(state) = &draft.open_visit()?.state else { return Err(draft.wrong_node(command)) };
    let state = (**state).clone();
    task::in_hand(draft, command)?;
    let found = sop(&state, draft.cx.catalogue).and_then(|sop| sop.find(name));
    let (step, above) = found.ok_or_else(|| Rejection::unknown("step", name.chars().take(64).collect::<String>()))?;
    match state.settled(&step.name) {
        Some(settled) if settled.skipped => Err(Rejection::invalid("step", format!("{} was skipped", step.name))),
        Some(_) => Err(Rejection::NothingToChange),
        None => Ok((state, step, above)),
    }
}

/// `LATITUDE,LONGITUDE` in degrees, with the comma of either script; kept with six decimals, a tenth of a metre.
fn check_location(given: &str) -> Result<Box<str>, Rejection> {
    let bad = |problem: &str| {
        Rejection::invalid("location", format!("{problem}; LATITUDE,LONGITUDE in degrees is expected, as 31.2304,121.4737"))
    };
    let degrees = |text: &str, most: f64, what: &str| match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() && value.abs() <= most => Ok(value),
        Ok(_) => Err(bad(&format!("the {what} is not between -{most} and {most}"))),
        Err(_) => Err(bad(&format!("the {what} is no number"))),
    };
    let (latitude, longitude) = given.split_once([',', '，']).ok_or_else(|| bad("there is no comma"))?;
    Ok(format!("{:.6},{:.6}", degrees(latitude, 90.0, "latitude")?, degrees(longitude, 180.0, "longitude")?).into())
}
