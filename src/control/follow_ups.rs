//! Follow-ups (FUP-2 to FUP-4): the list of those who may follow up, by which rule it came to somebody, and the commands of the node.

use super::desk::Visit;
use super::explain::told;
use super::guest;
use super::photos;
use super::present;
use super::refuse::{field, slug, word};
use super::service::Outcome;
use super::work_orders::{PAGE_MAX, bounded, read, shown_through};
use crate::domain::context::Context;
use crate::domain::definition::{Right, plug_in};
use crate::domain::ids::StaffUserId;
use crate::domain::process::{NodeState, evaluate, follow_up};
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::command::Command;
use crate::domain::work_order::deadline::{Deadline, deadlines, overdue_at};
use crate::domain::work_order::follow_up::{Attempt, Missed, Way};
use crate::domain::work_order::state::Visit as Stay;
use crate::engine::row::Row;
use crate::engine::scope::Scope;
use crate::engine::sorting::{Cursor, Sort};
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::protocol::work_orders as shape;
use crate::runtime::naming::Naming;

/// The follow-up that is open, if one is.
fn open(order: &WorkOrder) -> Option<(&Stay, &follow_up::State)> {
    let visit = order.visit()?;
    match &visit.state {
        NodeState::FollowUp(state) => Some((visit, state)),
        NodeState::Assign(_)
        | NodeState::Accept(_)
        | NodeState::Task(_)
        | NodeState::OnSite(_)
        | NodeState::Confirm(_)
        | NodeState::Evaluate(_) => None,
    }
}

fn text<T: ToString>(value: Option<&T>) -> Option<String> {
    value.map(ToString::to_string)
}

/// A page of the follow-ups that are open: for who may follow up, and for admins.
pub async fn list(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::FollowUp).or_else(|refusal| visit.need(Right::Administer).map_err(|_| refusal))?;
    let p: shape::ListFollowUps = visit.parameters()?;
    let most = bounded("limit", p.limit, 50, PAGE_MAX)?;
    let sort = p.sort.map(|t| word("sort", &t, &Sort::NAMES, Sort::from_name)).transpose()?.unwrap_or(Sort::Oldest);
    let odd = |text: &str| field("after", format!("{text:?} is not what a list gave as next"));
    let after = p.after.map(|text| text.parse::<Cursor>().map_err(|_| odd(&text))).transpose()?;
    if let Some(sequence) = p.at_least {
        shown_through(visit, sequence).await?;
    }
    let scope = visit.judge(Scope::of);
    let board = visit.desk.runtime.views().board();
    if let Some(after) = after.filter(|after| !board.has(after.id)) {
        return Err(odd(&after.to_string()));
    }
    let (orders, total, next) = board.follow_ups(&scope, p.mine.unwrap_or(false), sort, after, most);
    let follow_ups = orders.into_iter().filter_map(line).collect();
    drop(board);
    let next = next.map(|cursor| cursor.to_string());
    Ok(Outcome::reply(&shape::FollowUpsListed { follow_ups, next, total: total as i64, now: visit.desk.runtime.now().0 }))
}

fn line(order: &WorkOrder) -> Option<shape::FollowUpLine> {
    let (visit, state) = open(order)?;
    let completes = || deadlines(order).into_iter().find(|(_, deadline)| matches!(deadline, Deadline::AutoComplete(_))).map(|(at, _)| at);
    let here = || order.attempts().0.iter().filter(|attempt| attempt.visit == visit.no);
    Some(shape::FollowUpLine {
        line: present::line(&Row::of(order)),
        person: text(state.person.as_ref()),
        template: state.template.name.to_string(),
        attempts: here().count() as i64,
        last_attempt: here().next_back().map(attempt),
        since: visit.entered_at.0,
        due: overdue_at(order).or_else(completes).map(|at| at.0),
    })
}

/// An attempt in vain.
pub fn attempt(attempt: &Attempt) -> shape::FollowUpAttempt {
    shape::FollowUpAttempt {
        at: attempt.at.0,
        by: text(attempt.by.as_ref()),
        way: attempt.way.name().into(),
        outcome: attempt.outcome.name().into(),
        note: present::shown(attempt.note.as_ref()),
    }
}

/// The follow-up that is open, with what is asked.
pub fn now(order: &WorkOrder, language: &str, cx: &Context<'_>) -> Option<shape::FollowUp> {
    let (_, state) = open(order)?;
    let template = cx.catalogue.pinned_template(&state.template)?;
    let question = |asked| {
        let guest_shape = guest::field(asked, language);
        let options = guest_shape.options.into_iter().map(|option| shape::Choice { name: option.name, title: option.title });
        shape::Question {
            name: guest_shape.name,
            title: guest_shape.title,
            kind: guest_shape.kind,
            required: guest_shape.required,
            max: guest_shape.max,
            options: options.collect(),
        }
    };
    Some(shape::FollowUp {
        rule: text(state.rule.as_ref()),
        template: state.template.name.to_string(),
        template_title: template.title.text(language).to_owned(),
        person: text(state.person.as_ref()),
        rotation: text(state.rotation.as_ref()),
        nobody: text(state.nobody.as_ref()),
        questions: template.fields.iter().map(question).collect(),
    })
}

/// What was frozen at the node, and how the rules would be judged now.
pub async fn explain(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ExplainFollowUp = visit.parameters()?;
    let entity = read(visit, &p.number).await?;
    let Some(order) = entity.state.as_ref().and_then(|s| s.work_order()) else {
        return Err(ErrorReply::new(INTERNAL));
    };
    let frozen = open(order).map(|(at, state)| shape::FrozenFollowUp {
        node: at.name.to_string(),
        since: at.entered_at.0,
        rule: text(state.rule.as_ref()),
        template: format!("{} version {}", state.template.name, state.template.version),
        person: text(state.person.as_ref()),
        rotation: text(state.rotation.as_ref()),
        nobody: text(state.nobody.as_ref()),
    });
    Ok(visit.judge(|cx| {
        let rules = evaluate::judged(cx.catalogue.follow_up_rules(), order).into_iter().map(|(rule, verdict)| {
            let (word, why) = told(verdict);
            shape::FollowUpVerdict {
                rule: rule.name.to_string(),
                precedence: rule.precedence.into(),
                verdict: word.into(),
                why,
                template: rule.template.to_string(),
                by: rule.by.to_string(),
            }
        });
        let (rules, on) = (rules.collect(), cx.catalogue.is_on(plug_in::FOLLOW_UP));
        Outcome::reply(&shape::FollowUpExplained { number: order.number.to_string(), now: cx.now.0, on, frozen, rules })
    }))
}

/// The command of a method; its required parameters are there, as the description says.
pub fn command(method: &str, p: shape::Act, naming: &mut Naming) -> Result<Command, ErrorReply> {
    let way = |text: Option<String>| word("way", &text.unwrap_or_default(), &Way::NAMES, Way::from_name);
    Ok(match method {
        "RecordFollowUpAttempt" => {
            let outcome = word("outcome", &p.outcome.unwrap_or_default(), &Missed::NAMES, Missed::from_name)?;
            Command::RecordFollowUpAttempt { way: way(p.way)?, outcome, note: p.note }
        }
        "SubmitFollowUp" => {
            let answer = |given: shape::GivenAnswer| photos::answer(given.field, given.value, given.photo, naming);
            let answers = p.answers.unwrap_or_default().into_iter().map(answer).collect::<Result<_, _>>()?;
            Command::SubmitFollowUp { way: way(p.way)?, answers }
        }
        "CloseFollowUp" => Command::CloseFollowUp { reason: p.reason.unwrap_or_default() },
        "PassFollowUpOn" => {
            let to = slug("user", &p.user.unwrap_or_default(), StaffUserId::new)?;
            Command::PassFollowUpOn { to, reason: p.reason }
        }
        other => return Err(ErrorReply::method_not_found(other)),
    })
}
