//! By which rule a Work Order is evaluated, and why not by the others.

use super::page::Page;
use super::paint::Tone;
use super::show::fact;
use super::times;
use super::width::{line, pad, width, wrap};
use crate::protocol::work_orders::EvaluationExplained;

/// All of it.
pub fn explained(told: &EvaluationExplained, page: &Page) -> String {
    let mut out = format!("{}\n", page.paint.tone(Tone::Strong, &format!("how {} is evaluated", line(&told.number))));
    match &told.frozen {
        Some(frozen) => {
            let by = frozen.rule.as_deref().map_or_else(|| "the node itself, by QR code".to_owned(), |rule| format!("rule {}", line(rule)));
            let since = page.times.both(frozen.since);
            fact(&mut out, "it waits at", &format!("{}, since {since}", line(&frozen.node)), page);
            fact(&mut out, "decided by", &format!("{by}, when it came there; rules changed later change nothing"), page);
            fact(&mut out, "template", &line(&frozen.template), page);
            let may = match (frozen.mandatory, frozen.skip) {
                (true, _) => "mandatory: nobody can skip it",
                (false, true) => "not mandatory: its handler may skip it",
                (false, false) => "not mandatory, but skip is not offered",
            };
            fact(&mut out, "evaluation", may, page);
            if let Some(after) = frozen.fall_back_after {
                let each = format!("{}, each for {}", frozen.channels.join(", then "), times::span(after));
                fact(&mut out, "invited over", &line(&each), page);
            }
        }
        None => fact(&mut out, "it waits", "at no evaluation node", page),
    }
    out.push_str(if told.rules.is_empty() {
        "\nthere are no rules: a node with rules would be passed over\n"
    } else {
        "\nrules as they are now\n"
    });
    let widest = told.rules.iter().map(|rule| width(&line(&rule.rule))).max().unwrap_or(0).min(30);
    for rule in &told.rules {
        let over = match rule.channels.as_slice() {
            [] => String::new(),
            channels => format!(", over {}", line(&channels.join(if rule.message_priority { ", then " } else { " and " }))),
        };
        let wins = format!("{}{}{over}", line(&rule.template), if rule.mandatory { ", mandatory" } else { "" });
        verdict(&mut out, (rule.precedence, &rule.rule, &rule.verdict, rule.why.as_deref()), &wins, widest, page);
    }
    if !told.rules.is_empty() && !told.rules.iter().any(|rule| rule.verdict == "wins") {
        out.push_str("no rule matches: a node with rules would be passed over\n");
    }
    out
}

/// `  10  urgent-repairs  no     priority is normal, not urgent`.
pub fn verdict(
    out: &mut String,
    (precedence, rule, verdict, why): (i64, &str, &str, Option<&str>),
    wins: &str,
    widest: usize,
    page: &Page,
) {
    let (word, tone, because) = match verdict {
        "wins" => ("wins", Tone::Good, format!("the first that matches: {wins}")),
        "comes-later" => ("later", Tone::Dim, "it matches, but one before it does as well".to_owned()),
        _ => ("no", Tone::Bad, line(why.unwrap_or("it never holds"))),
    };
    let lead = format!("{precedence:>5}  {}  ", pad(&line(rule), widest));
    let columns = page.width.saturating_sub(width(&lead) + 7).max(20);
    for (i, piece) in wrap(&because, columns).into_iter().enumerate() {
        match i {
            0 => out.push_str(&format!("{lead}{}", page.paint.tone(tone, &format!("{word:<7}")))),
            _ => out.push_str(&" ".repeat(width(&lead) + 7)),
        }
        out.push_str(&format!("{piece}\n"));
    }
}
