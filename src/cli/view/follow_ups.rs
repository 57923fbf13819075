//! Follow-ups: as a table, one with what is asked and what was tried, and by which rule it came to somebody.

use super::evaluation::verdict;
use super::page::Page;
use super::paint::Tone;
use super::show::{fact, head, section};
use super::show_parts::evaluations;
use super::table::{Cell, Column, Pages, number, pliant, whole};
use super::times::span;
use super::width::{line, pad, width};
use crate::protocol::work_orders::{FollowUp, FollowUpAttempt, FollowUpExplained, FollowUpLine, Question, WorkOrder};

const COLUMNS: [Column; 7] =
    [whole("NUMBER"), whole("SINCE"), whole("DUE"), pliant("PERSON", 6), number("TRIED"), pliant("LAST", 9), pliant("SUBJECT", 16)];

/// A list of follow-ups that is written page by page.
#[derive(Debug, Default)]
pub struct FollowUpsView(Pages);

impl FollowUpsView {
    /// One page; the first begins with the headings.
    pub fn page(&mut self, lines: &[FollowUpLine], page: &Page) -> String {
        self.0.page(&COLUMNS, &lines.iter().map(|one| cells(one, page)).collect::<Vec<_>>(), page)
    }

    /// What comes after the last page: how many there were, how to go on.
    pub fn end(&self, next: Option<&str>, page: &Page) -> String {
        self.0.end("nothing is to be followed up", None, next, page)
    }
}

fn cells(one: &FollowUpLine, page: &Page) -> Vec<Cell> {
    let now = page.times.now;
    let due = match (one.line.overdue, one.due) {
        (_, None) => String::new(),
        (true, Some(due)) => format!("overdue {}", span(now.saturating_sub(due))),
        (false, Some(due)) if due <= now => "now".to_owned(),
        (false, Some(due)) => format!("in {}", span(due.saturating_sub(now))),
    };
    let mut subject = line(&one.line.subject);
    if one.line.on_hold {
        subject.push_str(" (on hold)");
    }
    vec![
        line(&one.line.number).into(),
        span(now.saturating_sub(one.since)).into(),
        if one.line.overdue { Cell::toned(due, Tone::Bad) } else { due.into() },
        one.person.as_deref().map_or_else(|| "anyone".to_owned(), line).into(),
        one.attempts.to_string().into(),
        one.last_attempt.as_ref().map(|last| line(&last.outcome)).unwrap_or_default().into(),
        subject.into(),
    ]
}

/// One of them: whom to reach, what is asked, what was tried, what was answered.
pub fn follow_up(order: &WorkOrder, page: &Page) -> String {
    let mut out = head(&order.number, &order.subject, page);
    let contact = order.contact_name.as_deref().or(order.contact.as_deref()).map(line);
    let account = order.account_name.as_deref().or(order.account.as_deref()).map(line);
    let customer = contact.into_iter().chain(account).collect::<Vec<_>>().join(", ");
    if !customer.is_empty() {
        fact(&mut out, "customer", &customer, page);
    }
    match &order.follow_up {
        Some(now) => at_node(&mut out, now, page),
        None => fact(&mut out, "it waits", "at no follow-up node", page),
    }
    section(&mut out, "attempts", &attempts(order, page), page);
    section(&mut out, "evaluations", &evaluations(order, page), page);
    out
}

fn at_node(out: &mut String, now: &FollowUp, page: &Page) {
    fact(out, "by", &who(now), page);
    let by = now.rule.as_deref().map_or_else(|| "the node itself".to_owned(), |rule| format!("rule {}", line(rule)));
    fact(out, "decided by", &by, page);
    let questions: String = {
        let widest = now.questions.iter().map(|question| width(&line(&question.name))).max().unwrap_or(0);
        now.questions.iter().map(|question| asked(question, widest)).collect()
    };
    section(out, &format!("questions of {}", line(&now.template_title)), &questions, page);
}

/// `mei`, or who takes it, and why.
pub fn who(now: &FollowUp) -> String {
    match (&now.person, &now.nobody, &now.rotation) {
        (Some(person), _, _) => line(person),
        (None, Some(why), _) => format!("whoever takes it: {}", line(why)),
        (None, None, Some(group)) => format!("whose turn it is in {}, which is being asked", line(group)),
        (None, None, None) => "whoever takes it".to_owned(),
    }
}

/// `  overall  stars-5, required  How was it?`
fn asked(question: &Question, widest: usize) -> String {
    let options = match question.kind.as_str() {
        "choice" | "yes-no" => {
            let names: Vec<String> = question.options.iter().map(|option| line(&option.name)).collect();
            names.join("|")
        }
        kind => line(kind),
    };
    let required = if question.required { ", required" } else { "" };
    format!("  {}  {options}{required}: {}\n", pad(&line(&question.name), widest), line(&question.title))
}

/// What was tried in vain: `2026-11-25 10:00  phone    no-answer  by mei: ...`; the newest, and how many there were.
pub fn attempts(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    let earlier = order.attempts_made - order.attempts.len() as i64;
    if earlier > 0 {
        out.push_str(&format!("  {earlier} earlier ones are in the history\n"));
    }
    order.attempts.iter().for_each(|one| out.push_str(&attempt(one, page)));
    out
}

fn attempt(one: &FollowUpAttempt, page: &Page) -> String {
    let by = one.by.as_deref().map(|by| format!(" by {}", line(by))).unwrap_or_default();
    let note = one.note.as_deref().map(|note| format!(": {}", line(note))).unwrap_or_default();
    format!("  {}  {}, {}{by}{note}\n", page.times.minute(one.at), line(&one.way), line(&one.outcome))
}

/// By which rule, and why not by the others.
pub fn explained(told: &FollowUpExplained, page: &Page) -> String {
    let mut out = format!("{}\n", page.paint.tone(Tone::Strong, &format!("how {} is followed up", line(&told.number))));
    match &told.frozen {
        Some(frozen) => {
            let by = frozen.rule.as_deref().map_or_else(|| "the node itself".to_owned(), |rule| format!("rule {}", line(rule)));
            let since = page.times.both(frozen.since);
            fact(&mut out, "it waits at", &format!("{}, since {since}", line(&frozen.node)), page);
            fact(&mut out, "decided by", &format!("{by}, when it came there; rules changed later change nothing"), page);
            fact(&mut out, "template", &line(&frozen.template), page);
            let (person, rotation, nobody) = (frozen.person.clone(), frozen.rotation.clone(), frozen.nobody.clone());
            fact(&mut out, "by", &who(&FollowUp { person, rotation, nobody, ..FollowUp::default() }), page);
        }
        None => fact(&mut out, "it waits", "at no follow-up node", page),
    }
    if !told.on {
        fact(&mut out, "plug-in", "the follow-up plug-in is off: follow-up nodes are passed over", page);
    }
    out.push_str(match told.rules.is_empty() {
        true => "\nthere are no rules: a node with rules would be passed over\n",
        false => "\nrules as they are now\n",
    });
    let widest = told.rules.iter().map(|rule| width(&line(&rule.rule))).max().unwrap_or(0).min(30);
    for rule in &told.rules {
        let wins = format!("{}, by {}", line(&rule.template), line(&rule.by));
        verdict(&mut out, (rule.precedence, &rule.rule, &rule.verdict, rule.why.as_deref()), &wins, widest, page);
    }
    if !told.rules.is_empty() && !told.rules.iter().any(|rule| rule.verdict == "wins") {
        out.push_str("no rule matches: a node with rules would be passed over\n");
    }
    out
}
