//! What still needs a record type: without it, what is defined could not be exported and applied again.

use super::catalogue::Definitions;
use super::condition::Condition;
use super::process::{NodeSpec, Process, ProcessNode, RecordType};
use super::test::{Check, Constant, Subject};
use crate::domain::form::Form;
use crate::domain::ids::Name;

/// Why a record type cannot be taken out of these definitions; none: it can.
pub fn why(all: &Definitions, name: &Name) -> Option<String> {
    by_name(all, name).or_else(|| by_field(all, name))
}

/// The rule or process that asks for it by name.
fn by_name(all: &Definitions, name: &Name) -> Option<String> {
    let asks = |condition: &Condition| {
        condition.tests().filter(|test| test.subject == Subject::RecordType).any(|test| match &test.check {
            Check::OneOf(values) | Check::NoneOf(values) => values.iter().any(|v| matches!(v, Constant::Word(w) if **w == *name.as_str())),
            Check::Contains(_)
            | Check::Less(_)
            | Check::AtMost(_)
            | Check::More(_)
            | Check::AtLeast(_)
            | Check::Between(..)
            | Check::Empty
            | Check::NotEmpty => false,
        })
    };
    let evaluation = all.rules.iter().flatten().filter(|rule| asks(&rule.scope)).map(|rule| format!("the evaluation rule {}", rule.name));
    let assignment = all.assignment_rules.iter().flatten();
    let assignment = assignment.filter(|rule| asks(&rule.scope)).map(|rule| format!("the assignment rule {}", rule.name));
    let follow_up = all.follow_up_rules.iter().flatten();
    let follow_up = follow_up.filter(|rule| asks(&rule.scope)).map(|rule| format!("the follow-up rule {}", rule.name));
    let processes = all.processes.iter().filter(|p| p.nodes.iter().any(|n| asks(&n.condition))).map(|p| format!("the process {}", p.name));
    let roles = all.roles.iter().filter(|role| role.record_types.iter().flatten().any(|named| named == name));
    let roles = roles.map(|role| format!("the role {}", role.name));
    evaluation.chain(assignment).chain(follow_up).chain(processes).chain(roles).next().map(|who| format!("{who} asks for it by name"))
}

/// Its process looks at a field that only its form asks, and others run that process as well.
fn by_field(all: &Definitions, name: &Name) -> Option<String> {
    let record_type = all.record_types.iter().find(|t| t.name == *name)?;
    let process = all.processes.iter().find(|p| p.name == record_type.process)?;
    let others: Vec<_> = all.record_types.iter().filter(|t| t.process == process.name && t.name != *name).collect();
    if others.is_empty() {
        return None;
    }
    let field = process.nodes.iter().flat_map(looked_at).find(|field| !is_asked(all, process, &others, field))?;
    Some(format!("the process {} looks at the field {field}, which only the form of this record type asks", process.name))
}

fn looked_at(node: &ProcessNode) -> impl Iterator<Item = &Name> {
    let tested = node.condition.tests().filter_map(|test| match &test.subject {
        Subject::Field(field) => Some(field),
        Subject::RecordType
        | Subject::Priority
        | Subject::Channel
        | Subject::Account
        | Subject::Contact
        | Subject::ServiceGroup
        | Subject::Region => None,
    });
    let handlers = node.handlers.iter().chain(&node.limits.remind).chain(&node.limits.escalate_to);
    tested.chain(handlers.filter_map(|handler| handler.field()))
}

fn is_asked(all: &Definitions, process: &Process, types: &[&RecordType], field: &Name) -> bool {
    let sop = |node: &ProcessNode| match &node.spec {
        NodeSpec::OnSite(spec) => all.sops.iter().find(|sop| spec.sop.as_ref() == Some(&sop.name)),
        NodeSpec::Assign(_)
        | NodeSpec::Accept(_)
        | NodeSpec::Task(_)
        | NodeSpec::Confirm(_)
        | NodeSpec::Evaluate(_)
        | NodeSpec::FollowUp(_) => None,
    };
    let steps = process.nodes.iter().filter_map(sop).flat_map(|sop| &sop.steps).filter_map(|step| step.form.as_ref());
    let nodes = process.nodes.iter().filter_map(|node| node.form.as_ref());
    let forms = nodes.chain(steps).chain(types.iter().filter_map(|t| t.form.as_ref()));
    let form = |name: &Name| -> Option<&Form> { all.forms.iter().find(|form| form.name == *name) };
    forms.filter_map(form).any(|form| form.field(field.as_str()).is_some())
}
