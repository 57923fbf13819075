//! One Work Order in full: the process as a line of nodes, who may act and what comes next, facts, and what goes on around it.

use super::calendar;
use super::field_work;
use super::fields;
use super::follow_ups::{attempts, who};
use super::history;
use super::page::Page;
use super::paint::Tone;
use super::show_parts::{calls, description, evaluations, invitations, mails, timers};
use super::times::span;
use super::width::{cut, line, pad, width, wrap};
use crate::cli::act::typed;
use crate::protocol::work_orders::{HistoryTold, Node, PossibleCommand, WorkOrder};

/// Everything about it, with the newest of its history.
pub fn with_history(order: &WorkOrder, may: &[PossibleCommand], steps: &HistoryTold, page: &Page) -> String {
    let mut out = work_order(order, may, page);
    section(&mut out, "history", &history::history(steps, page), page);
    out
}

/// Everything about it but its history; `may` is what the reader may do with it.
pub fn work_order(order: &WorkOrder, may: &[PossibleCommand], page: &Page) -> String {
    let mut out = head(&order.number, &order.subject, page);
    out.push_str(&process(&order.nodes, page));
    out.push('\n');
    out.push_str(&now_and_next(order, may, page));
    out.push('\n');
    out.push_str(&facts(order, page));
    let sop_title = format!("SOP {}", line(order.sop.as_deref().unwrap_or_default()));
    for (title, text) in [
        ("description", description(order, page)),
        ("fields", fields::values(order, page)),
        ("timers", timers(&order.timers, page)),
        ("mails", mails(order, page)),
        ("calls", calls(order, page)),
        ("invitations", invitations(order, page)),
        (&sop_title, field_work::sop(order, page)),
        ("planned visits", calendar::planned(order, page)),
        ("labor", field_work::labor(order, page)),
        ("service records", field_work::records(order, page)),
        ("attempts to follow up", attempts(order, page)),
        ("evaluations", evaluations(order, page)),
    ] {
        section(&mut out, title, &text, page);
    }
    out
}

/// Adds a titled part, unless it is empty.
pub fn section(out: &mut String, title: &str, text: &str, page: &Page) {
    if !text.is_empty() {
        out.push('\n');
        out.push_str(&page.paint.tone(Tone::Dim, title));
        out.push('\n');
        out.push_str(text);
    }
}

/// Number and subject.
pub fn head(number: &str, subject: &str, page: &Page) -> String {
    let number = line(number);
    let subject = cut(&line(subject), page.width.saturating_sub(width(&number) + 2));
    format!("{}  {}\n", page.paint.tone(Tone::Strong, &number), page.paint.tone(Tone::Strong, &subject))
}

/// `✓ Assign ─ ✓ Accept ─ ● Task ─ ○ Confirm`, in as many lines as it takes.
pub fn process(nodes: &[Node], page: &Page) -> String {
    const LINK: &str = " ─ ";
    let (mut out, mut used) = (String::new(), 0);
    for (i, node) in nodes.iter().enumerate() {
        let (mark, tone) = match node.state.as_str() {
            "done" => ("✓", Tone::Good),
            "passed-over" => ("⊘", Tone::Dim),
            "now" => ("●", Tone::Now),
            _ => ("○", Tone::Dim),
        };
        let text = format!("{mark} {}", title(node));
        let link = if i == 0 { 0 } else { width(LINK) };
        // A line that goes on ends in half a link.
        let more = if i + 1 < nodes.len() { 2 } else { 0 };
        if i > 0 && used + link + width(&text) + more > page.width {
            out.push_str(" ─\n  ");
            used = 2;
        } else if i > 0 {
            out.push_str(LINK);
            used += link;
        }
        used += width(&text);
        out.push_str(&page.paint.tone(tone, &text));
    }
    out.push('\n');
    if nodes.iter().any(|node| node.state == "passed-over") {
        out.push_str(&page.paint.tone(Tone::Dim, "⊘ passed over: its condition did not hold"));
        out.push('\n');
    }
    out
}

fn title(node: &Node) -> String {
    line(if node.title.is_empty() { &node.name } else { &node.title })
}

/// Who may act at the node, with which commands, and what comes then.
pub fn now_and_next(order: &WorkOrder, may: &[PossibleCommand], page: &Page) -> String {
    let mut out = String::new();
    let mut tell = |key: &str, text: &str| fact(&mut out, key, text, page);
    if let Some(outcome) = &order.outcome {
        let at = order.ended_at.map_or_else(String::new, |at| format!(" {}", page.times.both(at)));
        tell("ended", &format!("{}{at}", line(outcome)));
        return out;
    }
    match order.life.as_deref() {
        Some("void") => tell("void", "it does not count, and nothing goes on; restore goes on where it was"),
        Some(life) => tell(life, "it does not count, and nothing goes on"),
        None => {}
    }
    if let Some(by) = &order.locked_by {
        tell("locked", &format!("by {}; unlock lets it be changed again", line(by)));
    }
    let here = order.nodes.iter().find(|node| node.state == "now");
    let place = here.map(title).or_else(|| order.node.as_deref().map(line)).unwrap_or_else(|| "no node".into());
    let taken = order.taken_by.as_deref().map_or_else(String::new, |by| format!(", taken by {}", line(by)));
    tell("now at", &format!("{place}{taken}"));
    if let Some(reason) = &order.on_hold {
        tell(
            "on hold",
            &format!("waiting for {}; resume goes on", if reason == "customer" { "the customer".into() } else { line(reason) }),
        );
    }
    let handlers: Vec<String> = order.handlers.iter().map(|handler| line(handler)).collect();
    tell("may act", if handlers.is_empty() { "nobody".to_owned() } else { handlers.join(", ") }.as_str());
    let commands: Vec<String> = may.iter().filter(|command| command.allowed).map(labelled).collect();
    if !commands.is_empty() {
        tell("you may", &commands.join(", "));
    }
    if order.node_kind.as_deref() == Some("evaluate") {
        let waits = if order.mandatory { "; it stays here until an evaluation is in or its time is up" } else { "" };
        tell("customer", &format!("evaluates by the link of a mail, or by the code that qr draws{waits}"));
    }
    if let Some(now) = &order.follow_up {
        tell("follow-up", &format!("by {}; follow-up show tells what is asked", who(now)));
    }
    let ahead: Vec<String> = order.nodes.iter().filter(|node| node.state == "ahead").map(title).collect();
    tell("next", &if ahead.is_empty() { "it ends".to_owned() } else { format!("{}, then it ends", ahead.join(", ")) });
    out
}

/// As it is typed, with the words that the definitions have for it: `follow-up submit (回访完成)`.
pub fn labelled(command: &PossibleCommand) -> String {
    match &command.label {
        Some(label) => format!("{} ({})", typed(&command.command), line(label)),
        None => typed(&command.command).to_owned(),
    }
}

/// `key   text`, wrapped under itself.
pub fn fact(out: &mut String, key: &str, text: &str, page: &Page) {
    const KEY: usize = 13;
    for (i, piece) in wrap(text, page.width.saturating_sub(KEY)).into_iter().enumerate() {
        let key = pad(if i == 0 { key } else { "" }, KEY);
        out.push_str(&page.paint.tone(Tone::Dim, &key));
        out.push_str(&piece);
        out.push('\n');
    }
}

fn facts(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    let mut tell = |key: &str, text: String| fact(&mut out, key, &text, page);
    let of_process = format!("process {}, version {}", line(&order.process), order.process_version);
    tell("status", format!("{}, priority {}, revision {}", line(&order.status), line(&order.priority), order.revision));
    tell("record type", format!("{} ({of_process})", line(&order.record_type)));
    let mut submitter = format!("{}, by {}, from {}", line(&order.submitter), line(&order.channel), line(&order.entry_point));
    if let Some(by) = &order.created_by {
        submitter.push_str(&format!(", taken down by {}", line(by)));
    }
    tell("submitter", submitter);
    if let Some(guest) = &order.guest {
        let reached = guest.phone.iter().chain(&guest.email).map(|text| line(text));
        tell("guest", std::iter::once(line(&guest.name)).chain(reached).collect::<Vec<_>>().join(", "));
    }
    let together = |pairs: &[(&str, &Option<String>)]| {
        let there = pairs.iter().filter_map(|(key, value)| Some(format!("{key} {}", line(value.as_deref()?))));
        there.collect::<Vec<_>>().join(", ")
    };
    for (key, pairs) in [
        ("customer", vec![("account", &order.account), ("contact", &order.contact), ("reference", &order.reference)]),
        ("people", vec![("engineer", &order.engineer), ("service group", &order.group), ("owner", &order.owner)]),
    ] {
        let text = together(&pairs);
        if !text.is_empty() {
            tell(key, text);
        }
    }
    let team: Vec<_> = order.team.iter().map(|m| format!("{} ({})", line(&m.user), line(&m.access))).collect();
    if !team.is_empty() {
        tell("team", team.join(", "));
    }
    tell("created", page.times.both(order.created_at));
    if let Some(at) = order.first_accepted_at {
        tell("accepted", page.times.both(at));
    }
    if let Some(at) = order.last_completed_at {
        let by = order.last_completed_by.as_deref().map_or_else(String::new, |by| format!(" by {}", line(by)));
        tell("completed", format!("{}{by}", page.times.both(at)));
    }
    let times = |n: i64| if n == 1 { "once".to_owned() } else { format!("{n} times") };
    let mut detours = Vec::new();
    if order.reopened > 0 {
        detours.push(format!("came back as not solved {}", times(order.reopened)));
    }
    if order.reassigned > 0 {
        detours.push(format!("reassigned {}", times(order.reassigned)));
    }
    if order.held_ms > 0 {
        detours.push(format!("on hold for {} in all", span(order.held_ms)));
    }
    if !detours.is_empty() {
        tell("detours", detours.join(", "));
    }
    out
}
