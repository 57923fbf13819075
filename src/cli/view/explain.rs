//! Why a Work Order is where it is: what brought it there, who may act, what the caller may do, time limits, and what comes next.

use super::page::Page;
use super::paint::Tone;
use super::show::{fact, head, labelled};
use super::show_parts::timers;
use super::width::line;
use crate::cli::act::typed;
use crate::protocol::work_orders::{Explanation, HandlerPeople, NodeAhead, PossibleCommand};

/// All of it.
pub fn explanation(told: &Explanation, page: &Page) -> String {
    let mut out = head(&told.number, &told.subject, page);
    let place = match (&told.outcome, &told.node) {
        (Some(outcome), _) => format!("ended: {}", line(outcome)),
        (None, Some(node)) => format!("{} ({})", shown(told.title.as_deref(), node), line(told.kind.as_deref().unwrap_or_default())),
        (None, None) => "no node".to_owned(),
    };
    let since = told.since.map_or_else(String::new, |at| format!(" since {}", page.times.both(at)));
    fact(&mut out, "now at", &format!("{place}{since}"), page);
    if let Some(reason) = &told.on_hold {
        fact(
            &mut out,
            "on hold",
            &format!("waiting for {}", if reason == "customer" { "the customer".into() } else { line(reason) }),
            page,
        );
    }
    if let Some(cause) = &told.cause {
        fact(&mut out, "because", &format!("{} by {}", line(&cause.command), line(&cause.by)), page);
        cause.details.iter().for_each(|detail| fact(&mut out, "", &line(detail), page));
    }
    told.notes.iter().for_each(|note| fact(&mut out, "note", &line(note), page));
    told.handlers.iter().enumerate().for_each(|(i, one)| fact(&mut out, if i == 0 { "may act" } else { "" }, &people(one), page));
    let (may, may_not): (Vec<_>, Vec<_>) = told.commands.iter().partition(|command| command.allowed);
    let (for_others, may_not): (Vec<_>, Vec<_>) = may_not.into_iter().partition(|command| command.error.as_deref() == Some("NotPermitted"));
    for (key, commands) in [("you may", may), ("you may not", may_not)] {
        commands.iter().enumerate().for_each(|(i, one)| fact(&mut out, if i == 0 { key } else { "" }, &command(one), page));
    }
    if !for_others.is_empty() {
        let names: Vec<&str> = for_others.iter().map(|command| typed(&command.command)).collect();
        fact(&mut out, "for others", &names.join(", "), page);
    }
    if told.outcome.is_none() {
        told.ahead.iter().enumerate().for_each(|(i, node)| fact(&mut out, if i == 0 { "next" } else { "" }, &ahead(node), page));
        fact(&mut out, if told.ahead.is_empty() { "next" } else { "" }, "it ends", page);
    }
    let limits = timers(&told.timers, page);
    if !limits.is_empty() {
        out.push_str(&format!("\n{}\n{limits}", page.paint.tone(Tone::Dim, "time limits and mails")));
    }
    out
}

fn shown(title: Option<&str>, name: &str) -> String {
    line(title.filter(|title| !title.is_empty()).unwrap_or(name))
}

fn people(handler: &HandlerPeople) -> String {
    let people: Vec<String> = handler.people.iter().map(|person| format!("{} ({})", line(&person.name), line(&person.id))).collect();
    match people.as_slice() {
        [] => line(&handler.handler),
        // A handler that is the person.
        [one] if handler.people.first().is_some_and(|person| person.id == handler.handler) => one.clone(),
        _ => format!("{}: {}", line(&handler.handler), people.join(", ")),
    }
}

fn command(command: &PossibleCommand) -> String {
    let name = labelled(command);
    match (&command.why, &command.asks, &command.leads_to) {
        (Some(why), ..) => format!("{name}: {}", line(why)),
        (None, Some(field), _) => format!("{name}, once the field {} is given", line(field)),
        (None, None, Some(place)) => format!("{name} → {}", line(place)),
        (None, None, None) => name,
    }
}

fn ahead(node: &NodeAhead) -> String {
    let title = shown(Some(&node.title), &node.name);
    match &node.passed_over {
        Some(why) => format!("⊘ {title}, passed over: {}", line(why)),
        None => format!("○ {title} ({}), by {}", line(&node.kind), line(&node.handlers.join(", "))),
    }
}
