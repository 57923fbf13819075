//! `Explain`: why a Work Order is where it is, who may act, what the caller may do, which time limits run, and what comes next.

use super::desk::Visit;
use super::present;
use super::service::Outcome;
use super::tell;
use super::work_orders::{language, read, unreadable};
use crate::domain::aggregate::Event;
use crate::domain::context::Context;
use crate::domain::process::evaluate::{self, RuleVerdict};
use crate::domain::process::{NodeState, handlers};
use crate::domain::work_order::deadline::{Deadline, deadlines};
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::explain::{Ahead, Place, Possible, Verdict, ahead, commands};
use crate::domain::work_order::mail::MessageChannel;
use crate::domain::work_order::state::{Handler, WorkOrder};
use crate::engine::schedule::Parked;
use crate::engine::suspects;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::protocol::work_orders as shape;
use crate::runtime::history::Told;

/// Steps that are read back in search of the one that entered the node.
const SEARCHED: usize = 500;
/// People told of one handler.
const PEOPLE_MAX: usize = 50;

/// Answers the call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Explain = visit.parameters()?;
    let entity = read(visit, &p.number).await?;
    let Some(order) = entity.state.as_ref().and_then(|s| s.work_order()) else {
        return Err(ErrorReply::new(INTERNAL));
    };
    let language = language(visit, p.language);
    let past = visit.desk.runtime.history(&entity, SEARCHED).map_err(unreadable)?;
    let cause = past.steps.iter().find(|told| brought_here(told, order)).map(cause);
    let mut explanation = visit.judge(|cx| explanation(order, &language, cx));
    explanation.notes.extend(waits(order, visit));
    Ok(Outcome::reply(&shape::Explained { explanation: shape::Explanation { cause, ..explanation } }))
}

/// Answers `ExplainEvaluation`: what was frozen at the node, and how the rules would be judged now.
pub async fn evaluation(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ExplainEvaluation = visit.parameters()?;
    let entity = read(visit, &p.number).await?;
    let Some(order) = entity.state.as_ref().and_then(|s| s.work_order()) else {
        return Err(ErrorReply::new(INTERNAL));
    };
    let frozen = order.visit().and_then(|at| match &at.state {
        NodeState::Evaluate(state) => Some(shape::FrozenEvaluation {
            node: at.name.to_string(),
            since: at.entered_at.0,
            rule: state.rule.as_ref().map(ToString::to_string),
            template: format!("{} version {}", state.template.name, state.template.version),
            mandatory: state.mandatory,
            skip: state.skip,
            channels: state.ladder.as_ref().map(|ladder| names(&ladder.channels)).unwrap_or_default(),
            fall_back_after: state.ladder.as_ref().and_then(|ladder| i64::try_from(ladder.fall_back_after.0).ok()),
        }),
        NodeState::Assign(_)
        | NodeState::Accept(_)
        | NodeState::Task(_)
        | NodeState::OnSite(_)
        | NodeState::Confirm(_)
        | NodeState::FollowUp(_) => None,
    });
    Ok(visit.judge(|cx| {
        let rules = evaluate::judged(cx.catalogue.rules(), order).into_iter().map(|(rule, verdict)| {
            let (word, why) = told(verdict);
            shape::RuleVerdict {
                rule: rule.name.to_string(),
                precedence: rule.precedence.into(),
                verdict: word.into(),
                why,
                template: rule.template.to_string(),
                mandatory: rule.mandatory,
                channels: names(&rule.channels),
                message_priority: rule.message_priority,
            }
        });
        let rules = rules.collect();
        Outcome::reply(&shape::EvaluationExplained { number: order.number.to_string(), now: cx.now.0, frozen, rules })
    }))
}

fn names(channels: &[MessageChannel]) -> Vec<String> {
    channels.iter().map(|channel| channel.name().to_owned()).collect()
}

/// How a rule stands to a Work Order, in the protocol's words, and why it does not hold.
pub(super) fn told(verdict: RuleVerdict) -> (&'static str, Option<String>) {
    match verdict {
        RuleVerdict::Wins => ("wins", None),
        RuleVerdict::ComesLater => ("comes-later", None),
        RuleVerdict::No(why) => ("no", Some(why)),
    }
}

fn explanation(order: &WorkOrder, language: &str, cx: &Context<'_>) -> shape::Explanation {
    let visit = order.visit();
    let process = cx.catalogue.pinned_process(&order.process);
    let node = process.and_then(|process| process.node(visit?.node));
    let label = |command: &str| {
        let (_, label) = node?.labels.iter().find(|(button, _)| button.command() == command)?;
        Some(label.text(language).to_owned())
    };
    let handlers = visit.map(|visit| visit.handlers.as_slice()).unwrap_or_default();
    shape::Explanation {
        number: order.number.to_string(),
        subject: order.subject.shown().into(),
        status: order.status().name().into(),
        outcome: order.outcome.map(|outcome| outcome.name().into()),
        now: cx.now.0,
        node: visit.map(|visit| visit.name.to_string()),
        title: node.map(|node| node.title.text(language).to_owned()),
        kind: visit.map(|visit| visit.state.kind().into()),
        since: visit.map_or(order.ended_at, |visit| Some(visit.entered_at)).map(|at| at.0),
        on_hold: order.hold.as_ref().map(|hold| hold.reason.name().into()),
        cause: None,
        handlers: handlers.iter().map(|handler| people(handler, order, cx)).collect(),
        timers: deadlines(order).into_iter().map(|(due, deadline)| present::timer(due.0, deadline)).collect(),
        notes: notes(order),
        commands: commands(order, cx)
            .into_iter()
            .map(|one| shape::PossibleCommand { label: label(one.command), ..possible(one) })
            .collect(),
        ahead: ahead(order, cx).into_iter().map(|node| next(node, language)).collect(),
    }
}

fn people(handler: &Handler, order: &WorkOrder, cx: &Context<'_>) -> shape::HandlerPeople {
    let users = handlers::people_behind(handler, order, cx.directory);
    let person = |user: &_| {
        let user = cx.directory.active(user)?;
        Some(shape::Person { id: user.id.to_string(), name: user.name.shown().into() })
    };
    shape::HandlerPeople { handler: handler.to_string(), people: users.iter().filter_map(person).take(PEOPLE_MAX).collect() }
}

fn possible(possible: Possible) -> shape::PossibleCommand {
    let told = shape::PossibleCommand { command: possible.command.into(), allowed: true, ..Default::default() };
    match possible.verdict {
        Verdict::Leads(Place::Here) => told,
        Verdict::Leads(Place::At { node, .. }) => shape::PossibleCommand { leads_to: Some(node.to_string()), ..told },
        Verdict::Leads(Place::Ended(outcome)) => shape::PossibleCommand { leads_to: Some(outcome.name().into()), ..told },
        Verdict::Asks { field } => shape::PossibleCommand { asks: Some(field), ..told },
        Verdict::Refused(rejection) => {
            let (error, why) = (Some(rejection.name().into()), Some(rejection.to_string()));
            shape::PossibleCommand { allowed: false, error, why, ..told }
        }
    }
}

fn next(ahead: Ahead<'_>, language: &str) -> shape::NodeAhead {
    shape::NodeAhead {
        name: ahead.node.name.to_string(),
        title: ahead.node.title.text(language).to_owned(),
        kind: ahead.node.spec.kind().into(),
        passed_over: ahead.passed_over,
        handlers: ahead.handlers.iter().map(ToString::to_string).collect(),
    }
}

/// What is out of the ordinary at the node.
fn notes(order: &WorkOrder) -> Vec<String> {
    let Some(visit) = order.visit() else { return Vec::new() };
    let mut notes = Vec::new();
    if let Some(why) = &visit.fallback {
        notes.push(format!("the admins handle it: {why}"));
    }
    if let NodeState::FollowUp(state) = &visit.state {
        notes.extend(state.nobody.as_ref().map(|why| format!("whoever takes it follows up: {why}")));
    }
    let limits = &visit.limits;
    let limited = limits.overdue_after.is_some() || limits.auto_complete_after.is_some() || !limits.remind_after.is_empty();
    if order.hold.is_some() && limits.stand_still_on_hold && limited {
        notes.push("the node's time limits stand still while it is on hold".into());
    }
    if visit.overdue {
        notes.push("the node is overdue".into());
    }
    notes
}

/// Timers that do not fire though they are due.
fn waits(order: &WorkOrder, visit: &Visit<'_>) -> Vec<String> {
    let views = visit.desk.runtime.views();
    let mut notes = Vec::new();
    let completes = deadlines(order).into_iter().any(|(_, deadline)| matches!(deadline, Deadline::AutoComplete(_)));
    if let Some(doubt) = views.clock().doubt().filter(|_| completes) {
        notes.push(format!("it does not complete by itself while the clock is doubted: {doubt}"));
    }
    for (timer, why) in views.schedule().parked().filter(|(timer, _)| timer.work_order() == Some(order.id)) {
        let kind = suspects::kind(timer.deadline);
        notes.push(match why {
            Parked::Failed { times } => format!("a timer ({kind}) is parked: it failed {times} times"),
            Parked::Crashed { times } => format!("a timer ({kind}) is parked: the daemon ended {times} times while it was fired"),
        });
    }
    notes
}

fn brought_here(told: &Told, order: &WorkOrder) -> bool {
    told.step.events.iter().any(|event| match (event, order.visit()) {
        (Event::WorkOrder(OrderEvent::NodeEntered(entered)), Some(visit)) => entered.no == visit.no,
        (Event::WorkOrder(OrderEvent::Ended { .. }), None) => true,
        _ => false,
    })
}

fn cause(told: &Told) -> shape::Cause {
    let flow = |event: &&Event| {
        matches!(
            event,
            Event::WorkOrder(
                OrderEvent::NodeLeft { .. }
                    | OrderEvent::NodePassedOver { .. }
                    | OrderEvent::NodeEntered(_)
                    | OrderEvent::Node(_)
                    | OrderEvent::Ended { .. }
            )
        )
    };
    shape::Cause {
        at: told.at.0,
        by: tell::actor(&told.step.actor),
        command: told.step.command.to_string(),
        details: told.step.events.iter().filter(flow).map(|event| format!("{}: {}", event.name(), tell::event(event))).collect(),
    }
}
