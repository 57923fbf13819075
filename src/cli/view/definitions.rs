//! Definitions: what there is, how they differ, who changed them.

use super::history::words;
use super::page::Page;
use super::paint::Tone;
use super::show::fact;
use super::table::{Cell, number, pliant, table, whole};
use super::width::line;
use crate::protocol::definitions::{Applied, Change, Definition, HistoryTold, MessagePreviewed};
use similar::{ChangeTag, TextDiff};

/// Unchanged lines shown around what changed.
const AROUND: usize = 2;

/// One line of a difference: ` `, `-` or `+`, and the text.
pub type DiffLine = (char, String);

/// A message as somebody would get it.
pub fn message(previewed: &MessagePreviewed, page: &Page) -> String {
    let mut out = String::new();
    let to = match (&previewed.name, &previewed.to) {
        (Some(name), Some(to)) => format!("{} <{}>", line(name), line(to)),
        (Some(name), None) => format!("{}, who has no e-mail address", line(name)),
        (None, to) => to.as_deref().map_or_else(|| "nobody who is known".to_owned(), line),
    };
    fact(&mut out, "to", &to, page);
    fact(&mut out, "language", &line(&previewed.language), page);
    fact(&mut out, "html", if previewed.html.is_some() { "yes; --html FILE writes it" } else { "none" }, page);
    fact(&mut out, "subject", &line(&previewed.subject), page);
    out.push('\n');
    // As the mail has it, line by line: what could drive a terminal is made visible.
    previewed.text.lines().for_each(|text| out.push_str(&format!("{}\n", line(text))));
    let segments = if previewed.sms_segments == 1 { "1 segment".to_owned() } else { format!("{} segments", previewed.sms_segments) };
    out.push('\n');
    fact(&mut out, "sms", &segments, page);
    previewed.sms.lines().for_each(|text| out.push_str(&format!("{}\n", line(text))));
    let templates = [
        ("sms template", &previewed.sms_template, &previewed.sms_parameters),
        ("wechat", &previewed.wechat_template, &previewed.wechat_data),
    ];
    for (key, template, put) in templates {
        let Some(template) = template else { continue };
        out.push('\n');
        fact(&mut out, key, &line(template), page);
        put.iter().for_each(|one| out.push_str(&format!("  {} = {}\n", line(&one.name), line(&one.value))));
    }
    out
}

/// Definitions with their versions and where record types stand.
pub fn list(all: &[Definition], page: &Page) -> String {
    if all.is_empty() {
        return "no definitions yet; workorderctl apply DIR brings them in\n".to_owned();
    }
    let row = |one: &Definition| {
        let state = one.state.as_deref().unwrap_or("");
        vec![line(&one.kind).into(), line(&one.name).into(), Cell::from(one.versions.to_string()), line(state).into()]
    };
    let rows = all.iter().map(row).collect::<Vec<_>>();
    table(&[whole("KIND"), pliant("NAME", 12), number("VERSIONS"), whole("STATE")], &rows, page)
}

/// What an apply has changed, or would, with the lines that differ where these are told.
pub fn applied(applied: &Applied, dry_run: bool, page: &Page) -> String {
    let count = applied.changes.len();
    let mut out = String::new();
    for change in &applied.changes {
        out.push_str(&format!("  {}\n", told(change)));
        for hunk in hunks(change) {
            out.push_str(&page.paint.tone(Tone::Dim, "      ..."));
            out.push('\n');
            for (mark, text) in hunk {
                let text = format!("    {mark} {}", line(&text));
                let text = match mark {
                    '+' => page.paint.tone(Tone::Good, &text),
                    '-' => page.paint.tone(Tone::Bad, &text),
                    _ => text,
                };
                out.push_str(text.trim_end());
                out.push('\n');
            }
        }
    }
    let definitions = if count == 1 { "1 definition".to_owned() } else { format!("{count} definitions") };
    out.push_str(&match (count, dry_run) {
        (0, _) => "nothing to change: it is so already\n".to_owned(),
        (_, true) => format!("{definitions} would change; nothing was applied\n"),
        (_, false) => format!("{definitions} applied\n"),
    });
    out
}

/// `record type repair: changed, version 1 to 2, retired`.
fn told(change: &Change) -> String {
    let mut text = format!("{} {}: {}", line(&change.kind), line(&change.name), line(&change.change));
    match (change.from, change.to) {
        (Some(from), Some(to)) if from != to => text.push_str(&format!(", version {from} to {to}")),
        (None, Some(to)) => text.push_str(&format!(", version {to}")),
        _ => {}
    }
    if let Some(state) = &change.state {
        text.push_str(&format!(", now {}", line(state)));
    }
    text
}

/// The lines that differ, in groups that lie together; none for what is new as a whole.
pub fn hunks(change: &Change) -> Vec<Vec<DiffLine>> {
    let Some(before) = change.before.as_deref() else { return Vec::new() };
    let after = change.after.as_deref().unwrap_or("");
    let difference = TextDiff::from_lines(before, after);
    let mark = |tag| match tag {
        ChangeTag::Equal => ' ',
        ChangeTag::Delete => '-',
        ChangeTag::Insert => '+',
    };
    let group = |operations: &Vec<similar::DiffOp>| {
        let changes = operations.iter().flat_map(|operation| difference.iter_changes(operation));
        changes.map(|one| (mark(one.tag()), one.value().trim_end_matches('\n').to_owned())).collect()
    };
    difference.grouped_ops(AROUND).iter().map(group).collect()
}

/// Who changed what, oldest first.
pub fn history(told_history: &HistoryTold, page: &Page) -> String {
    let mut out = String::new();
    if told_history.more {
        out.push_str(&page.paint.tone(Tone::Dim, "older steps are not shown (definitions history --limit N)"));
        out.push('\n');
    }
    if told_history.steps.is_empty() {
        out.push_str("nothing was ever defined\n");
    }
    for step in told_history.steps.iter().rev() {
        let by = page.paint.tone(Tone::Dim, &format!("by {}", line(&step.by)));
        out.push_str(&format!("{:>6}  {}  {} {by}\n", step.sequence, page.times.minute(step.at), words(&step.event)));
        for change in &step.changes {
            for (i, piece) in super::width::wrap(&told(change), page.width.saturating_sub(10)).into_iter().enumerate() {
                out.push_str(&format!("        {}{piece}\n", if i == 0 { "· " } else { "  " }));
            }
        }
    }
    out
}
