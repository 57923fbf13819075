//! What a customer behind a link is shown.

use super::page::Page;
use super::paint::Tone;
use super::show::fact;
use super::width::line;
use crate::protocol::guest::{Confirmed, Evaluated, Field, Shown};

/// What a link is for, and what it asks.
pub fn shown(shown: &Shown, page: &Page) -> String {
    let mut out = page.paint.tone(Tone::Strong, &format!("{}  {}", line(&shown.number), line(&shown.subject)));
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
