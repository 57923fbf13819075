//! States and steps as the protocol's shapes.

use super::{calendar, done, field_work, fields, follow_ups, tell, to_dos};
use crate::domain::aggregate::{Event, Key};
use crate::domain::context::Context;
use crate::domain::definition::{Answer, ProcessNode};
use crate::domain::form::value::StoredFile;
use crate::domain::ids::{Name, NodeIndex};
use crate::domain::may::{self, Layout};
use crate::domain::principal::Principal;
use crate::domain::process::NodeState;
use crate::domain::text::PersonalText;
use crate::domain::work_order::call::PhoneCall;
use crate::domain::work_order::deadline::{Deadline, deadlines};
use crate::domain::work_order::mail::{Mail, MailStatus};
use crate::domain::work_order::state::{Evaluation, Invitation, Party, Purpose, Source, WorkOrder};
use crate::engine::board::Board;
use crate::engine::entity::{Entity, Receipt};
use crate::engine::row::Row;
use crate::engine::suspects;
use crate::protocol::work_orders as shape;
use crate::runtime::Runtime;
use crate::runtime::history::Told;
use crate::runtime::links::Token;

/// A receipt with the number it is about.
pub fn receipt(number: String, receipt: Receipt) -> shape::Receipt {
    shape::Receipt { number, revision: receipt.revision as i64, sequence: receipt.sequence as i64 }
}

fn text<T: ToString>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

/// A text as people may read it.
pub(super) fn shown(value: Option<&PersonalText>) -> Option<String> {
    value.map(|t| t.shown().to_owned())
}

/// One line of a list.
pub fn line(row: &Row) -> shape::Line {
    shape::Line {
        number: row.number.to_string(),
        record_type: row.record_type.to_string(),
        subject: row.subject.shown().into(),
        priority: row.priority.name().into(),
        status: row.status.name().into(),
        outcome: row.outcome.map(|o| o.name().into()),
        node: text(row.node.as_ref()),
        group: text(row.group.as_ref()),
        engineer: text(row.engineer.as_ref()),
        account: text(row.account.as_ref()),
        contact: text(row.contact.as_ref()),
        reference: shown(row.reference.as_ref()),
        created_at: row.created_at.0,
        on_hold: row.on_hold,
        overdue: row.overdue,
        evaluation_awaited: row.gate,
        mail_trouble: row.mail_trouble,
        owner: text(row.owner.as_ref()),
        life: (!row.life.is_normal()).then(|| row.life.name().into()),
        locked: row.locked,
    }
}

/// A Work Order in full.
pub fn work_order(
    order: &WorkOrder,
    entity: &Entity,
    cx: &Context<'_>,
    runtime: &Runtime,
    (base_url, language): (&str, &str),
) -> shape::WorkOrder {
    let visit = order.visit();
    let (sop, steps) = field_work::sop(order, language, cx);
    let contact = order.contact.as_ref().and_then(|id| cx.directory.contact(id));
    let record_type = cx.catalogue.record_type(&order.record_type).map(|found| found.title.text(language));
    let may_show_links = may::is_handler(order, cx) || may::has_right(crate::domain::definition::Right::HandleWorkOrders, cx);
    shape::WorkOrder {
        number: order.number.to_string(),
        revision: entity.revision as i64,
        record_type: order.record_type.to_string(),
        record_type_title: record_type.unwrap_or(order.record_type.as_str()).to_owned(),
        process: order.process.name.to_string(),
        process_version: order.process.version.into(),
        subject: order.subject.shown().into(),
        description: shown(order.description.as_ref()),
        reference: shown(order.reference.as_ref()),
        account: text(order.account.as_ref()),
        account_name: order.account.as_ref().and_then(|id| Some(cx.directory.account(id)?.name.shown().to_owned())),
        contact: text(order.contact.as_ref()),
        contact_name: contact.map(|contact| contact.name.shown().to_owned()),
        contact_language: contact.map(|contact| contact.language.to_string()).filter(|language| !language.is_empty()),
        priority: order.priority.name().into(),
        channel: order.channel.name().into(),
        entry_point: order.entry_point.name().into(),
        submitter: party(&order.submitter),
        guest: guest(&order.submitter),
        created_by: text(order.created_by.as_ref()),
        created_at: order.created_at.0,
        owner: text(order.owner.as_ref()),
        team: order.team.iter().map(|m| shape::TeamMember { user: m.user.to_string(), access: m.access.name().into() }).collect(),
        life: (!order.life.is_normal()).then(|| order.life.name().into()),
        locked_by: order.lock.as_ref().map(|lock| lock.by.as_ref().map_or_else(|| "an admin".to_owned(), ToString::to_string)),
        group: text(order.group.as_ref()),
        engineer: text(order.engineer.as_ref()),
        status: order.status().name().into(),
        outcome: order.outcome.map(|o| o.name().into()),
        ended_at: order.ended_at.map(|t| t.0),
        first_accepted_at: order.first_accepted_at.map(|t| t.0),
        last_completed_at: order.last_completed_at.map(|t| t.0),
        last_completed_by: text(order.last_completed_by.as_ref()),
        on_hold: order.hold.as_ref().map(|h| h.reason.name().into()),
        held_ms: order.held_total.0 as i64,
        reopened: order.reopened.into(),
        reassigned: order.reassigned.into(),
        node: visit.map(|v| v.name.to_string()),
        node_kind: visit.map(|v| v.state.kind().into()),
        handlers: visit.map(|v| v.handlers.iter().map(ToString::to_string).collect()).unwrap_or_default(),
        taken_by: text(visit.and_then(|v| v.state.task()?.taken_by.as_ref())),
        mandatory: matches!(visit.map(|v| &v.state), Some(NodeState::Evaluate(state)) if state.mandatory),
        nodes: nodes(order, language, cx),
        timers: deadlines(order).into_iter().map(|(due, deadline)| timer(due.0, deadline)).collect(),
        mails: order.mails.iter().map(mail).collect(),
        calls: order.calls().iter().map(call).collect(),
        invitations: order.invitations.iter().map(|i| invitation(order, i, may_show_links, runtime, base_url)).collect(),
        evaluations: order.evaluations.iter().map(evaluation).collect(),
        form: visit.and_then(|v| v.form.as_ref()).map(|pin| pin.name.to_string()),
        fields: fields::fields(order, language, cx),
        values: fields::values(order, cx),
        sop,
        steps,
        planned: calendar::planned(order),
        labor: field_work::labor(order),
        labor_ms: order.labor().iter().map(|l| l.span(cx.now).0 as i64).sum(),
        service_records: field_work::records(order),
        service_records_made: order.service_records().1.into(),
        people: done::people(order, cx),
        to_dos: to_dos::own(order, cx),
        follow_up: follow_ups::now(order, language, cx),
        attempts: order.attempts().0.iter().map(follow_ups::attempt).collect(),
        attempts_made: order.attempts().1.into(),
    }
}

fn party(party: &Party) -> String {
    match party {
        Party::Staff(id) => format!("staff:{id}"),
        Party::Contact(id) => format!("contact:{id}"),
        Party::Guest(_) => "guest".into(),
    }
}

/// What a guest who raised it left of themselves.
fn guest(party: &Party) -> Option<shape::Guest> {
    match party {
        Party::Guest(guest) => {
            Some(shape::Guest { name: guest.name().shown().into(), phone: shown(guest.phone()), email: shown(guest.email()) })
        }
        Party::Staff(_) | Party::Contact(_) => None,
    }
}

/// The nodes with what became of each on the latest way through the process.
fn nodes(order: &WorkOrder, language: &str, cx: &Context<'_>) -> Vec<shape::Node> {
    let Some(process) = cx.catalogue.pinned_process(&order.process) else { return Vec::new() };
    let now = order.visit().map(|v| v.node);
    let node = |(index, node): (usize, &ProcessNode)| {
        let index = NodeIndex(index as u16);
        let state = match () {
            () if now == Some(index) => "now",
            () if order.passed_over.contains(&index) => "passed-over",
            () if order.reached.is_some_and(|reached| index <= reached) => "done",
            () => "ahead",
        };
        shape::Node {
            name: node.name.to_string(),
            title: node.title.text(language).to_owned(),
            kind: node.spec.kind().into(),
            state: state.into(),
        }
    };
    process.nodes.iter().enumerate().map(node).collect()
}

/// A timer that is set.
pub fn timer(due: i64, deadline: Deadline) -> shape::Timer {
    let what = match deadline {
        Deadline::AutoComplete(_) => "the node completes by itself".to_owned(),
        Deadline::Overdue(_) => "the node is overdue".to_owned(),
        Deadline::Remind(_) => "a reminder".to_owned(),
        Deadline::Mail(no) => format!("mail {} is tried", no.0),
        Deadline::ToDo(_) => "somebody is reminded, who asked for it".to_owned(),
        Deadline::Call(no) => format!("call {} is handed over, or asked about", no.0),
        Deadline::SignInMail(no) => format!("the mail with link {} to sign in is tried", no.0),
    };
    shape::Timer { due, kind: suspects::kind(deadline).into(), what }
}

fn mail(mail: &Mail) -> shape::Mail {
    shape::Mail {
        no: mail.no.0.into(),
        channel: mail.channel.name().into(),
        template: mail.template.name.to_string(),
        to: mail.to.shown().into(),
        status: mail.status.name().into(),
        attempts: mail.attempts.into(),
        queued_at: mail.queued_at.0,
        next_at: match mail.status {
            MailStatus::Deferred { until, .. } => Some(until.0),
            // No receipt until then is a failure.
            MailStatus::Accepted { .. } | MailStatus::Unknown { .. } => Some(mail.ends_at.0),
            MailStatus::Pending
            | MailStatus::Begun { .. }
            | MailStatus::Sent { .. }
            | MailStatus::Delivered { .. }
            | MailStatus::Failed { .. }
            | MailStatus::Expired { .. }
            | MailStatus::Cancelled => None,
        },
        why: mail.status.why().map(ToOwned::to_owned),
    }
}

fn call(call: &PhoneCall) -> shape::PhoneCall {
    shape::PhoneCall {
        no: call.no.0.into(),
        to: call.party.as_ref().map(party),
        phone: call.number.shown().into(),
        by: call.by.to_string(),
        account: call.account.shown().into(),
        at: call.at.0,
        status: call.status.name().into(),
        since: call.status.since().map(|at| at.0),
        seconds: call.status.seconds().map(Into::into),
        why: call.status.why().map(ToOwned::to_owned),
    }
}

fn invitation(order: &WorkOrder, invitation: &Invitation, may_show: bool, runtime: &Runtime, base_url: &str) -> shape::Invitation {
    let qr = invitation.source == Source::QrCode && may_show;
    shape::Invitation {
        no: invitation.no.0.into(),
        purpose: match invitation.purpose {
            Purpose::Evaluate => "evaluate".into(),
            Purpose::Confirm => "confirm".into(),
        },
        source: invitation.source.name().into(),
        expires_at: invitation.expires_at.0,
        used: invitation.used.into(),
        link: qr.then(|| format!("{base_url}{}", runtime.token(Token::Invitation(order.id, invitation.no)))),
    }
}

/// An evaluation with its answers.
pub fn evaluation(evaluation: &Evaluation) -> shape::Evaluation {
    let said = |field: &Name, value: &str| shape::Answer { field: field.to_string(), value: value.to_owned(), ..shape::Answer::default() };
    let answers = evaluation.answers.iter().flat_map(|answer| match answer {
        Answer::Rating { field, value, scale } => {
            vec![shape::Answer { scale: Some((*scale).into()), ..said(field, &value.to_string()) }]
        }
        Answer::Text { field, text } => vec![said(field, text.shown())],
        Answer::Choice { field, option } => vec![said(field, option)],
        Answer::YesNo { field, yes } => vec![said(field, if *yes { "yes" } else { "no" })],
        Answer::Photos { field, files } => {
            let photo = |file: &StoredFile| shape::Answer { photo: Some(file.hash.to_string()), ..said(field, file.name.shown()) };
            files.iter().map(photo).collect()
        }
    });
    shape::Evaluation {
        source: evaluation.source.name().into(),
        template: evaluation.template.name.to_string(),
        at: evaluation.at.0,
        after_completion: evaluation.after_completion,
        by: evaluation.taken.as_ref().and_then(|taken| text(taken.by.as_ref())),
        way: evaluation.taken.as_ref().map(|taken| taken.way.name().into()),
        answers: answers.collect(),
    }
}

/// The events of a step as lines of a history, newest first.
pub fn history_lines(told: &Told, layout: &Layout<'_>, cx: &Context<'_>) -> Vec<shape::HistoryLine> {
    let line = |event: &Event| shape::HistoryLine {
        sequence: told.sequence as i64,
        revision: told.revision as i64,
        at: told.at.0,
        by: tell::actor(&told.step.actor),
        command: told.step.command.to_string(),
        event: event.name().into(),
        details: tell::event_without(event, &|field| layout.hides(field)),
        done: done::work_done(event, cx),
    };
    told.step.events.iter().rev().map(line).collect()
}

/// A step as watchers get it.
pub fn step(told: &Told, board: &Board, cx: &Context<'_>) -> shape::Step {
    let number = match &told.key {
        Key::WorkOrder(id) => board.row(*id).map(|r| r.number.to_string()),
        Key::Installation
        | Key::Catalogue
        | Key::StaffUser(_)
        | Key::Department(_)
        | Key::Account(_)
        | Key::Contact(_)
        | Key::Product(_)
        | Key::Terminal(_)
        | Key::UserGroup(_)
        | Key::ServiceProvider(_)
        | Key::ServiceGroup(_) => None,
    };
    shape::Step {
        sequence: told.sequence as i64,
        at: told.at.0,
        by: tell::actor(&told.step.actor),
        what: number.clone().unwrap_or_else(|| told.key.to_string()),
        number,
        command: told.step.command.to_string(),
        events: told.step.events.iter().map(|e| e.name().to_owned()).collect(),
        to_do: to_dos::of_step(told, board, cx).map(|kind| kind.name().into()),
    }
}

/// The name of a principal for logs.
pub fn who(principal: &Principal) -> String {
    tell::actor(&principal.actor())
}
