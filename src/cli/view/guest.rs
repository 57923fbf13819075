//! What people outside are shown: customers behind a link, contacts who have signed in, guests.

use super::page::Page;
use super::paint::Tone;
use super::show::{fact, head, section};
use super::table::{Cell, pliant, whole};
use super::times::span;
use super::width::line;
use super::{directory, fields};
use crate::protocol::guest::{
    Confirmed, Evaluated, Field, Line, OwnListed, RecordType, Shown, SignInRequested, SignedIn, Terminal, WorkOrder,
};

/// What a link is for, and what it asks.
pub fn shown(shown: &Shown, page: &Page) -> String {
    let about =
        if shown.number.is_empty() { "a link to sign in".to_owned() } else { format!("{}  {}", line(&shown.number), line(&shown.subject)) };
    let mut out = page.paint.tone(Tone::Strong, &about);
    out.push('\n');
    let state = match shown.closed.as_deref() {
        None => "open".to_owned(),
        Some(why) => format!("not open any more ({})", line(why)),
    };
    let used = match shown.used {
        0 => "not used yet".to_owned(),
        1 => "used once".to_owned(),
        n => format!("used {n} times"),
    };
    fact(&mut out, "to", &line(&shown.purpose), page);
    fact(&mut out, "link", &format!("{state}, {used}"), page);
    if let Some(template) = &shown.template {
        fact(&mut out, "template", &line(template), page);
    }
    if let Some(given) = &shown.given {
        let late = if given.after_completion { ", after completion" } else { "" };
        fact(&mut out, "given", &format!("{}{late}", page.times.minute(given.at)), page);
        for answer in &given.answers {
            fact(&mut out, &line(&answer.field), &line(&answer.value), page);
        }
        return out;
    }
    for field in &shown.fields {
        fact(&mut out, &line(&field.name), &question(field), page);
    }
    out
}

fn question(field: &Field) -> String {
    let mut text = format!("{} ({}", line(&field.title), line(&field.kind));
    // The stars say it themselves.
    if !field.options.is_empty() && !field.kind.starts_with("stars-") {
        let names: Vec<&str> = field.options.iter().map(|option| option.name.as_str()).collect();
        text.push_str(&format!(": {}", line(&names.join(", "))));
    }
    text.push_str(if field.required { ", required)" } else { ")" });
    text
}

/// An evaluation has come in.
pub fn evaluated(evaluated: &Evaluated) -> String {
    let late = if evaluated.after_completion { ", after completion" } else { "" };
    format!("{} evaluated{late}\n", line(&evaluated.number))
}

/// A confirmation has come in.
pub fn confirmed(confirmed: &Confirmed, solved: bool) -> String {
    format!("{} {}\n", line(&confirmed.number), if solved { "confirmed as solved" } else { "returned as not solved" })
}

/// A command on a Work Order was accepted.
pub fn done(confirmed: &Confirmed, what: &str) -> String {
    format!("{} {what}\n", line(&confirmed.number))
}

/// A link was asked for.
pub fn sign_in_requested(asked: &SignInRequested) -> String {
    format!("if a contact has this address, a link is on its way; it is good for {}\n", span(asked.good_for))
}

/// Somebody has signed in.
pub fn signed_in(signed_in: &SignedIn, page: &Page) -> String {
    let head = format!("signed in as {}, until {}", line(&signed_in.name), page.times.minute(signed_in.ends_at));
    format!("{head}\nexport WORKORDERD_GUEST_SESSION={}\n", line(&signed_in.session))
}

/// What can be raised.
pub fn record_types(all: &[RecordType], page: &Page) -> String {
    let row = |one: &RecordType| vec![line(&one.name).into(), line(&one.title).into(), if one.form { "form" } else { "" }.into()];
    directory::listed(
        &[pliant("NAME", 8), pliant("TITLE", 8), whole("ASKS FOR")],
        &all.iter().map(row).collect::<Vec<_>>(),
        "record type",
        page,
    )
}

/// One's own Work Orders.
pub fn listed(listed: &OwnListed, page: &Page) -> String {
    let mut out = lines(&listed.lines, page);
    if let Some(next) = &listed.next {
        out.push_str(
            &page.paint.tone(Tone::Dim, &format!("{} of {}; go on with --after {}\n", listed.lines.len(), listed.total, line(next))),
        );
    }
    out
}

fn lines(all: &[Line], page: &Page) -> String {
    let row = |one: &Line| {
        let tone = if one.waits_for_you { Tone::Now } else { Tone::Dim };
        let status = if one.waits_for_you || one.outcome.is_some() {
            Cell::toned(line(&one.status_text), tone)
        } else {
            line(&one.status_text).into()
        };
        vec![
            line(&one.number).into(),
            page.times.date(one.created_at).into(),
            line(&one.record_type).into(),
            status,
            line(&one.subject).into(),
            if one.mine { "you" } else { "" }.into(),
        ]
    };
    let columns = [whole("NUMBER"), whole("SINCE"), pliant("TYPE", 6), pliant("STATUS", 10), pliant("SUBJECT", 12), whole("BY")];
    directory::listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "Work Order", page)
}

/// One Work Order.
pub fn work_order(order: &WorkOrder, page: &Page) -> String {
    let mut out = head(&order.line.number, &order.line.subject, page);
    let hold = if order.on_hold { ", on hold" } else { "" };
    fact(&mut out, "status", &format!("{}{hold}", line(&order.line.status_text)), page);
    fact(&mut out, "record type", &line(&order.line.record_type), page);
    for (key, text) in [("reference", &order.reference), ("description", &order.description)] {
        if let Some(text) = text {
            fact(&mut out, key, &line(text), page);
        }
    }
    let times = [
        ("since", Some(order.line.created_at)),
        ("accepted", order.accepted_at),
        ("worked on", order.completed_at),
        ("ended", order.ended_at),
    ];
    for (key, at) in times.into_iter().filter_map(|(key, at)| Some((key, at?))) {
        fact(&mut out, key, &page.times.minute(at), page);
    }
    for visit in &order.visits {
        fact(&mut out, "visit", &format!("{} to {}", page.times.minute(visit.from), page.times.minute(visit.until)), page);
    }
    out.push_str(&fields::told(&order.fields, page));
    let may = [(order.may_confirm, "confirm-own"), (order.may_cancel, "cancel")];
    let may: Vec<_> = may.iter().filter(|(may, _)| *may).map(|(_, command)| *command).collect();
    if !may.is_empty() {
        fact(&mut out, "you may", &may.join(", "), page);
    }
    out
}

/// Terminals.
pub fn terminals(all: &[Terminal], page: &Page) -> String {
    let mut out = String::new();
    for one in all {
        out.push_str(&head(one.id.as_deref().unwrap_or("a device"), one.name.as_deref().unwrap_or(&one.product), page));
        let product = one.model.as_ref().map_or_else(|| line(&one.product), |model| format!("{}, {}", line(&one.product), line(model)));
        fact(&mut out, "product", &product, page);
        if let Some(site) = &one.site {
            fact(&mut out, "site", &line(site), page);
        }
        let warranty = match (&one.warranty_end, one.in_warranty) {
            (Some(end), Some(true)) => format!("until {}", line(end)),
            (Some(end), _) => format!("ended on {}", line(end)),
            (None, _) => "not known".to_owned(),
        };
        fact(&mut out, "warranty", &warranty, page);
        if one.own {
            section(&mut out, "work orders, newest first", &lines(&one.work_orders, page), page);
        }
    }
    out
}
