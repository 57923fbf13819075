//! What is shown of the work in the field: SOP, labor, service records; and the labor of each engineer over all Work Orders.

use super::desk::Visit;
use super::refuse::optional_slug;
use super::service::Outcome;
use super::work_orders::bounded;
use crate::domain::context::Context;
use crate::domain::definition::{Right, SopStep};
use crate::domain::ids::StaffUserId;
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::on_site;
use crate::domain::text::PersonalText;
use crate::domain::work_order::WorkOrder;
use crate::engine::scope::Scope;
use crate::protocol::varlink::ErrorReply;
use crate::protocol::work_orders as shape;

/// Lines of one page at most.
const PAGE_MAX: i64 = 1000;

fn shown(value: Option<&PersonalText>) -> Option<String> {
    value.map(|t| t.shown().to_owned())
}

/// The SOP of the on-site visit that is open, else of the last one: its name with its version, and its steps with what became of each.
pub fn sop(order: &WorkOrder, language: &str, cx: &Context<'_>) -> (Option<String>, Vec<shape::SopStep>) {
    let Some(state) = order.on_site() else { return (None, Vec::new()) };
    let (Some(pin), Some(sop)) = (&state.sop, on_site::sop(state, cx.catalogue)) else { return (None, Vec::new()) };
    (Some(format!("{} version {}", pin.name, pin.version)), sop.steps.iter().map(|s| step(s, language, state)).collect())
}

fn step(step: &SopStep, language: &str, state: &on_site::State) -> shape::SopStep {
    let settled = state.settled(&step.name);
    shape::SopStep {
        name: step.name.to_string(),
        title: step.title.text(language).to_owned(),
        required: step.required,
        ordered: step.ordered,
        location: step.location,
        labor: step.labor,
        form: step.form.as_ref().map(ToString::to_string),
        state: settled.map_or("open", |s| if s.skipped { "skipped" } else { "done" }).into(),
        by: settled.and_then(|s| s.by.as_ref()).map(ToString::to_string),
        at: settled.map(|s| s.at.0),
        place: settled.and_then(|s| shown(s.location.as_ref())),
        note: settled.and_then(|s| shown(s.note.as_ref())),
    }
}

/// Labor, oldest first.
pub fn labor(order: &WorkOrder) -> Vec<shape::Labor> {
    let one = |l: &crate::domain::work_order::labor::Labor| shape::Labor {
        engineer: l.engineer.to_string(),
        from: l.from.0,
        to: l.to.map(|t| t.0),
        step: l.step.as_ref().map(ToString::to_string),
    };
    order.labor().iter().map(one).collect()
}

/// Service records, newest first.
pub fn records(order: &WorkOrder) -> Vec<shape::ServiceRecord> {
    let one = |r: &crate::domain::work_order::field_work::ServiceRecord| shape::ServiceRecord {
        at: r.at.0,
        kind: r.kind.name().into(),
        by: r.by.as_ref().map(ToString::to_string),
        text: r.text.shown().into(),
    };
    order.service_records().0.iter().rev().map(one).collect()
}

/// Answers `LaborTotals`.
pub fn totals(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let p: shape::LaborTotals = visit.parameters()?;
    let limit = bounded("limit", p.limit, 100, PAGE_MAX)?;
    let engineer = optional_slug("engineer", p.engineer.as_deref(), StaffUserId::new)?;
    let after = optional_slug("after", p.after.as_deref(), StaffUserId::new)?;
    let scope = visit.judge(Scope::of);
    let mut told = visit.desk.runtime.views().labor().told(engineer.as_ref(), after.as_ref(), limit + 1, |user| scope.leads(user));
    let more = told.len() > limit;
    told.truncate(limit);
    let next = told.last().filter(|_| more).map(|(id, _)| id.to_string());
    let sees = |number: &WorkOrderNumber| {
        visit.judge(|cx| {
            let board = visit.desk.runtime.views().board();
            board.find(&number.0).is_some_and(|id| board.sees(id, cx))
        })
    };
    let total = |(id, total): (StaffUserId, crate::engine::labor_totals::Total)| shape::LaborTotal {
        engineer: id.to_string(),
        labor_ms: total.ended.0 as i64,
        intervals: total.intervals as i64,
        running: total.running.keys().filter(|number| sees(number)).map(ToString::to_string).collect(),
    };
    Ok(Outcome::reply(&shape::LaborTotalsTold { totals: told.into_iter().map(total).collect(), next }))
}
