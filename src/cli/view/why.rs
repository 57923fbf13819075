//! Why somebody may or may not see a Work Order and act on it.

use super::page::Page;
use super::paint::Tone;
use super::show::fact;
use super::width::{line, pad, wrap};
use crate::protocol::work_orders::{Verdict, WhyTold};

/// All of it.
pub fn why(told: &WhyTold, page: &Page) -> String {
    let who = told.user.as_deref().map_or_else(|| "you".to_owned(), line);
    let mut out = format!("{}\n", page.paint.tone(Tone::Strong, &format!("{who} and {}", line(&told.number))));
    let relations: Vec<String> = told.relations.iter().map(|relation| line(relation)).collect();
    fact(&mut out, "relation", &if relations.is_empty() { "none".to_owned() } else { relations.join("; ") }, page);
    out.push('\n');
    told.verdicts.iter().for_each(|verdict| one(&mut out, verdict, page));
    out
}

/// `yes  edit                   data gate: ...`
fn one(out: &mut String, verdict: &Verdict, page: &Page) {
    const ACTION: usize = 24;
    let (word, tone) = if verdict.allowed { ("yes  ", Tone::Good) } else { ("no   ", Tone::Bad) };
    let reasons = verdict.because.iter().flat_map(|because| wrap(&line(because), page.width.saturating_sub(5 + ACTION)));
    for (i, reason) in reasons.enumerate() {
        out.push_str(&if i == 0 { page.paint.tone(tone, word) } else { " ".repeat(word.len()) });
        out.push_str(&pad(if i == 0 { verdict.action.as_str() } else { "" }, ACTION));
        out.push_str(&reason);
        out.push('\n');
    }
}
