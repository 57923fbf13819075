//! What goes on around a Work Order: its description, timers, mails, invitations and evaluations.

use super::page::Page;
use super::paint::Tone;
use super::width::{line, lines, pad, width, wrap};
use crate::protocol::work_orders::{Answer, Timer, WorkOrder};

const INDENT: &str = "  ";

/// The description, wrapped.
pub fn description(order: &WorkOrder, page: &Page) -> String {
    order.description.as_deref().map_or_else(String::new, |text| indented(lines(text).trim_end(), INDENT, page))
}

/// Timers by due time: `in 3 h   2026-11-22 17:03   overdue`.
pub fn timers(timers: &[Timer], page: &Page) -> String {
    let mut timers: Vec<_> = timers.iter().collect();
    timers.sort_by_key(|timer| timer.due);
    let told: Vec<_> = timers.iter().map(|timer| (page.times.from_now(timer.due), timer)).collect();
    let widest = told.iter().map(|(when, _)| width(when)).max().unwrap_or(0);
    let one = |(when, timer): &(String, &&_)| {
        let timer: &Timer = timer;
        format!("{INDENT}{}  {}  {}\n", pad(when, widest), page.times.minute(timer.due), line(&timer.what))
    };
    told.iter().map(one).collect()
}

/// Mails: what became of each, and why.
pub fn mails(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    for mail in &order.mails {
        let tone = match mail.status.as_str() {
            "sent" | "delivered" => Some(Tone::Good),
            "failed" | "expired" => Some(Tone::Bad),
            "deferred" | "unknown" => Some(Tone::Now),
            _ => None,
        };
        let status = line(&mail.status);
        let status = tone.map_or_else(|| status.clone(), |tone| page.paint.tone(tone, &status));
        let mut rest = format!(", queued {}", page.times.from_now(mail.queued_at));
        if mail.attempts > 0 {
            rest.push_str(&format!(", {} {}", mail.attempts, if mail.attempts == 1 { "attempt" } else { "attempts" }));
        }
        if let Some(at) = mail.next_at {
            let what = if mail.status == "deferred" { "next" } else { "receipt until" };
            rest.push_str(&format!(", {what} {}", page.times.from_now(at)));
        }
        let (channel, template, to) = (line(&mail.channel), line(&mail.template), line(&mail.to));
        out.push_str(&format!("{INDENT}#{} {channel} {template} to {to}\n    {status}{rest}\n", mail.no));
        if let Some(why) = &mail.why {
            out.push_str(&indented(&line(why), "    ", page));
        }
    }
    out
}

/// Calls: who rang whom up, and what came of it.
pub fn calls(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    for call in &order.calls {
        let tone = match call.status.as_str() {
            "answered" => Some(Tone::Good),
            "no-answer" | "busy" | "failed" | "given-up" => Some(Tone::Bad),
            "waiting" | "ringing" | "talking" => Some(Tone::Now),
            _ => None,
        };
        let status = match call.status.as_str() {
            "no-answer" => "no answer".to_owned(),
            "given-up" => "given up".to_owned(),
            "called-off" => "called off".to_owned(),
            other => line(other),
        };
        let status = tone.map_or_else(|| status.clone(), |tone| page.paint.tone(tone, &status));
        let talked = call.seconds.map_or_else(String::new, |seconds| format!(", {}:{:02} min", seconds / 60, seconds % 60));
        let of = call.to.as_deref().map_or_else(String::new, |to| format!(" ({})", line(to)));
        let (phone, by, account) = (line(&call.phone), line(&call.by), line(&call.account));
        let head = format!("#{} {by} to {phone}{of} over {account}", call.no);
        out.push_str(&indented(&head, INDENT, page));
        out.push_str(&format!("    {status}{talked}, started {}\n", page.times.from_now(call.at)));
        if let Some(why) = &call.why {
            out.push_str(&indented(&line(why), "    ", page));
        }
    }
    out
}

/// Invitations: for what, how, how long, how often used.
pub fn invitations(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    for one in &order.invitations {
        let used = match one.used {
            0 => "not used yet".to_owned(),
            1 => "used once".to_owned(),
            n => format!("used {n} times"),
        };
        let ends = if one.expires_at > page.times.now { "ends" } else { "ended" };
        let source = match one.source.as_str() {
            "qr-code" => "QR code".to_owned(),
            other => line(other),
        };
        out.push_str(&format!(
            "{INDENT}#{} {source} to {}, {used}, {ends} {}\n",
            one.no,
            line(&one.purpose),
            page.times.from_now(one.expires_at)
        ));
        if let Some(link) = &one.link {
            out.push_str(&format!("    {}\n", line(link)));
        }
    }
    out
}

/// Evaluations: stars for ratings, texts as they are.
pub fn evaluations(order: &WorkOrder, page: &Page) -> String {
    let mut out = String::new();
    for one in &order.evaluations {
        let late = if one.after_completion { ", after completion" } else { "" };
        let source = match (one.source.as_str(), &one.by, &one.way) {
            ("staff", by, way) => {
                let by = by.as_deref().map_or_else(|| "the staff".to_owned(), line);
                format!("{by} of the staff over {}", line(way.as_deref().unwrap_or("?")))
            }
            ("qr-code", ..) => "QR code".to_owned(),
            (other, ..) => line(other),
        };
        out.push_str(&format!("{INDENT}{} by {source}, {}{late}\n", line(&one.template), page.times.both(one.at)));
        let widest = one.answers.iter().map(|answer| width(&line(&answer.field))).max().unwrap_or(0);
        for answer in &one.answers {
            let lead = format!("    {}  ", pad(&line(&answer.field), widest));
            let columns = page.width.saturating_sub(width(&lead));
            for (i, piece) in wrap(&answered(answer), columns).into_iter().enumerate() {
                let lead = if i == 0 { lead.clone() } else { " ".repeat(width(&lead)) };
                out.push_str(&format!("{lead}{piece}\n"));
            }
        }
    }
    out
}

fn answered(answer: &Answer) -> String {
    match (answer.scale, answer.value.parse::<i64>()) {
        (Some(scale), Ok(value)) => stars(value, scale),
        _ => lines(&answer.value),
    }
}

/// `★★★★☆ 4 of 5`.
pub fn stars(value: i64, scale: i64) -> String {
    let scale = scale.clamp(0, 20);
    let full = value.clamp(0, scale);
    let repeat = |mark: &str, n: i64| mark.repeat(usize::try_from(n).unwrap_or(0));
    format!("{}{} {value} of {scale}", repeat("★", full), repeat("☆", scale - full))
}

fn indented(text: &str, indent: &str, page: &Page) -> String {
    wrap(text, page.width.saturating_sub(indent.len())).into_iter().map(|l| format!("{}\n", format!("{indent}{l}").trim_end())).collect()
}
