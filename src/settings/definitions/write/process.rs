//! `[[process]]` with its nodes, and the keys of each node kind.

use super::condition;
use super::sheet::{Sheet, words};
use crate::domain::definition::{Limits, NodeSpec, Process, ProcessNode};
use crate::domain::process::{accept, assign, confirm, evaluate, follow_up, on_site, task};
use crate::domain::time::Span;
use crate::settings::show_span;

/// Writes one.
pub fn write(process: &Process, sheet: &mut Sheet) {
    let Process { name, title, nodes } = process;
    sheet.table("process");
    sheet.text("name", name.as_str());
    sheet.title(title, name.as_str());
    nodes.iter().for_each(|node| write_node(node, sheet));
}

fn write_node(node: &ProcessNode, sheet: &mut Sheet) {
    let ProcessNode { name, title, handlers, condition, limits, form, spec, labels } = node;
    sheet.table("process.node");
    sheet.text("name", name.as_str());
    sheet.title(title, name.as_str());
    sheet.text("kind", spec.kind());
    sheet.texts("handlers", handlers.iter().map(ToString::to_string));
    condition::write(condition, sheet);
    sheet.some("form", form.as_ref().map(|f| f.as_str()));
    write_spec(spec, sheet);
    if !labels.is_empty() {
        let labels: Vec<_> = labels.iter().map(|(button, label)| format!("{} = {}", button.name(), words(label))).collect();
        sheet.raw("labels", &format!("{{ {} }}", labels.join(", ")));
    }
    write_limits(limits, sheet);
}

fn write_spec(spec: &NodeSpec, sheet: &mut Sheet) {
    match spec {
        NodeSpec::Assign(assign::Spec { to_group, straight, taken_message }) => {
            sheet.flag("to_group", *to_group, true);
            sheet.flag("straight", *straight, true);
            sheet.some("taken_message", taken_message.as_ref().map(|m| m.as_str()));
        }
        NodeSpec::Accept(accept::Spec { may_decline, may_transfer, beyond_group }) => {
            sheet.flag("decline", *may_decline, true);
            sheet.flag("transfer", *may_transfer, true);
            sheet.flag("beyond_group", *beyond_group, false);
        }
        NodeSpec::Task(spec) => write_task(spec, sheet),
        NodeSpec::OnSite(on_site::Spec { task, sop, overlapping_labor }) => {
            sheet.some("sop", sop.as_ref().map(|s| s.as_str()));
            sheet.flag("overlapping_labor", *overlapping_labor, false);
            write_task(task, sheet);
        }
        NodeSpec::Confirm(confirm::Spec { message, returned_message, link_ends_after }) => {
            sheet.some("message", message.as_ref().map(|m| m.as_str()));
            sheet.some("returned_message", returned_message.as_ref().map(|m| m.as_str()));
            link(*link_ends_after, sheet);
        }
        NodeSpec::Evaluate(evaluate::Spec { method, skip, link_ends_after }) => {
            match method {
                evaluate::Method::Rules => sheet.text("method", "rules"),
                evaluate::Method::QrCode { template, mandatory } => {
                    sheet.text("method", "qr-code");
                    sheet.text("template", template.as_str());
                    sheet.flag("mandatory", *mandatory, false);
                }
            }
            sheet.flag("skip", *skip, true);
            link(*link_ends_after, sheet);
        }
        NodeSpec::FollowUp(follow_up::Spec { method }) => match method {
            follow_up::Method::Rules => sheet.text("method", "rules"),
            follow_up::Method::Standard { template, person } => {
                sheet.text("method", "standard");
                sheet.text("template", template.as_str());
                sheet.text("person", person.as_str());
            }
        },
    }
}

fn write_task(spec: &task::Spec, sheet: &mut Sheet) {
    let task::Spec { may_transfer, beyond_group, taken_message } = spec;
    sheet.flag("transfer", *may_transfer, true);
    sheet.flag("beyond_group", *beyond_group, false);
    sheet.some("taken_message", taken_message.as_ref().map(|m| m.as_str()));
}

fn link(span: Span, sheet: &mut Sheet) {
    sheet.span("link_ends_after", Some(span).filter(|span| *span != super::super::node::LINK_ENDS_AFTER));
}

fn write_limits(limits: &Limits, sheet: &mut Sheet) {
    let Limits { remind_after, remind, overdue_after, escalate_to, auto_complete_after, stand_still_on_hold, message, customer_message } =
        limits;
    match remind_after.as_slice() {
        [one] => sheet.span("remind_after", Some(*one)),
        several => sheet.names("remind_after", several.iter().map(|span| show_span(*span))),
    }
    sheet.names("remind", remind.iter().map(ToString::to_string));
    sheet.some("remind_customer", customer_message.as_ref().map(|m| m.as_str()));
    sheet.span("overdue_after", *overdue_after);
    sheet.some("escalate_to", escalate_to.as_ref().map(ToString::to_string));
    sheet.span("auto_complete_after", *auto_complete_after);
    sheet.flag("stand_still_on_hold", *stand_still_on_hold, false);
    sheet.some("limit_message", message.as_ref().map(|m| m.as_str()));
}
