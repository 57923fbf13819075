//! What was done, as an event says it in the words of whoever did it, and the people of a Work Order by name.

use std::collections::BTreeSet;

use crate::domain::aggregate::Event;
use crate::domain::context::Context;
use crate::domain::ids::StaffUserId;
use crate::domain::process::{NodeEvent, on_site, task};
use crate::domain::text::PersonalText;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::protocol::work_orders as shape;

/// A staff user by name; of one who is not there any more, the id.
fn person(id: &StaffUserId, cx: &Context<'_>) -> shape::Person {
    let name = cx.directory.staff_user(id).map_or_else(|| id.to_string(), |user| user.name.shown().to_owned());
    shape::Person { id: id.to_string(), name }
}

/// What was done, if the event is about that.
pub fn work_done(event: &Event, cx: &Context<'_>) -> Option<shape::WorkDone> {
    let Event::WorkOrder(event) = event else { return None };
    let (kind, by, step, note) = match event {
        OrderEvent::Node(NodeEvent::Task(task::Event::Completed { by, note, .. })) => ("completed", by, None, note.as_ref()),
        OrderEvent::Node(NodeEvent::OnSite(on_site::Event::StepCompleted { step, by, note, .. })) => {
            ("step", by, Some(step), note.as_ref())
        }
        OrderEvent::Node(NodeEvent::OnSite(on_site::Event::StepSkipped { step, by, reason })) => {
            ("step-skipped", by, Some(step), Some(reason))
        }
        OrderEvent::ServiceRecordAdded { kind, by, text } => (kind.name(), by, None, Some(text)),
        _ => return None,
    };
    Some(shape::WorkDone {
        kind: kind.to_owned(),
        by: by.as_ref().map(|by| person(by, cx)),
        step: step.map(ToString::to_string),
        note: note.map(PersonalText::shown).map(ToOwned::to_owned),
    })
}

/// The staff users who are named in what `Get` tells, by id.
pub fn people(order: &WorkOrder, cx: &Context<'_>) -> Vec<shape::Person> {
    let mut ids: BTreeSet<&StaffUserId> = BTreeSet::new();
    ids.extend([&order.created_by, &order.owner, &order.engineer, &order.last_completed_by].into_iter().flatten());
    ids.extend(order.team.iter().map(|member| &member.user));
    if let Some(state) = order.on_site() {
        ids.extend(state.steps.iter().filter_map(|step| step.by.as_ref()));
    }
    ids.extend(order.labor().iter().map(|labor| &labor.engineer));
    ids.extend(order.service_records().0.iter().filter_map(|record| record.by.as_ref()));
    ids.extend(order.attempts().0.iter().filter_map(|attempt| attempt.by.as_ref()));
    ids.extend(order.evaluations.iter().filter_map(|evaluation| evaluation.taken.as_ref()?.by.as_ref()));
    ids.extend(order.planned().iter().map(|visit| &visit.engineer));
    ids.into_iter().map(|id| person(id, cx)).collect()
}
