//! Why somebody may or may not: the rules that made it, told (`workorderctl why`). Asks the gates themselves, so that no rule is said
//! twice.

use super::layout::Layout;
use super::relation::{Relation, Subject, Viewer, data_gate, relations, sees};
use super::{Action, has_right_for, may};
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::Name;
use crate::domain::work_order::WorkOrder;

/// What is told of one thing that could be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub action: &'static str,
    pub allowed: bool,
    /// What made it, each a sentence.
    pub because: Vec<String>,
}

/// The actions that need both gates, with the right of the role gate.
const OUTSIDE: [(&str, Right); 5] = [
    ("handle outside the node", Right::HandleWorkOrders),
    ("edit", Right::EditWorkOrders),
    ("reassign", Right::ReassignWorkOrders),
    ("lock and unlock", Right::LockWorkOrders),
    ("void and restore", Right::VoidWorkOrders),
];

/// The relations somebody has to a Work Order.
pub fn related(order: &WorkOrder, cx: &Context<'_>) -> Vec<Relation> {
    relations(&Subject::of(order), cx).collect()
}

/// What somebody may do with a Work Order, each with why.
pub fn why(order: &WorkOrder, cx: &Context<'_>) -> Vec<Verdict> {
    let subject = Subject::of(order);
    let mut told = vec![seeing(&subject, cx), node(order, &subject, cx)];
    told.extend(OUTSIDE.iter().map(|(action, right)| outside(action, *right, order, &subject, cx)));
    let deletes = has_right_for(Right::Administer, Some(order), cx);
    let because = if deletes { "is an admin".to_owned() } else { "admins alone delete, and what is void alone".to_owned() };
    told.push(Verdict { action: "delete", allowed: deletes, because: vec![because] });
    told.extend(fields(order, cx));
    told
}

/// The fields of forms that are not shown, or not to be changed.
fn fields(order: &WorkOrder, cx: &Context<'_>) -> Vec<Verdict> {
    let told = |(field, hidden, roles): (&Name, bool, Vec<&Name>)| {
        let (action, does) = if hidden { ("see a field", "hidden") } else { ("change a field", "read only") };
        let roles: Vec<_> = roles.into_iter().map(Name::as_str).collect();
        Verdict { action, allowed: false, because: vec![format!("{field} is {does} for the roles: {}", roles.join(", "))] }
    };
    Layout::of(Some(&order.record_type), cx).limits().into_iter().map(told).collect()
}

fn seeing(subject: &Subject<'_>, cx: &Context<'_>) -> Verdict {
    let allowed = sees(subject, cx);
    let mut because = Vec::new();
    if !subject.life.is_normal() {
        because.push(format!("it is {}: admins alone see it", subject.life.name()));
    }
    because.push(role(Right::ReadWorkOrders, subject, cx));
    let mut related = relations(subject, cx).map(|relation| relation.words().to_owned()).peekable();
    if related.peek().is_none() {
        because.push("has nothing to do with it".to_owned());
    }
    because.extend(related);
    Verdict { action: "see", allowed, because }
}

fn node(order: &WorkOrder, subject: &Subject<'_>, cx: &Context<'_>) -> Verdict {
    let allowed = may(Action::HandleNode, Some(order), cx).is_ok();
    let handlers: Vec<_> = subject.handlers.iter().map(ToString::to_string).collect();
    let because = match order.visit() {
        None => "it has ended: there is no open node".to_owned(),
        Some(visit) if allowed => format!("is a handler of the node {}: {}", visit.name, handlers.join(", ")),
        Some(visit) => format!("the handlers of the node {} are: {}", visit.name, handlers.join(", ")),
    };
    Verdict { action: "handle the node", allowed, because: vec![because] }
}

fn outside(action: &'static str, right: Right, order: &WorkOrder, subject: &Subject<'_>, cx: &Context<'_>) -> Verdict {
    let gates = if right == Right::HandleWorkOrders { Action::Handle } else { Action::Outside(right) };
    let allowed = may(gates, Some(order), cx).is_ok();
    let writes = relations(subject, cx).find(|relation| relation.writes());
    let data = match writes {
        Some(relation) if data_gate(subject, cx) => format!("data gate: {}", relation.words()),
        _ => "data gate: is neither the owner, nor a superior of theirs, nor on the team to write, nor a superior of such a member, nor \
              has it shared to write"
            .to_owned(),
    };
    Verdict { action, allowed, because: vec![data, format!("role gate: {}", role(right, subject, cx))] }
}

fn role(right: Right, subject: &Subject<'_>, cx: &Context<'_>) -> String {
    let viewer = Viewer::of(cx);
    let with = viewer.as_ref().map(|viewer| viewer.roles_with(right, Some(subject.record_type), cx)).unwrap_or_default();
    match (viewer, with.first()) {
        (None, _) => "cannot act: disabled, or unknown".to_owned(),
        (Some(_), Some(role)) => format!("the role {role} has the right {}", right.name()),
        (Some(_), None) => format!("no role has the right {} for the record type {}", right.name(), subject.record_type),
    }
}
