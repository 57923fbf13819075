//! What a dry run of evaluation rules has found.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, number, pliant, table, whole};
use super::width::line;
use crate::cli::rules::Found;

const NONE: &str = "none matches";

/// For how many Work Orders each rule counts, and those that would be evaluated otherwise.
pub fn found(found: &Found, page: &Page) -> String {
    let name = |rule: &Option<String>| rule.as_deref().map_or_else(|| NONE.to_owned(), line);
    let orders = |count: i64| if count == 1 { "1 Work Order".to_owned() } else { format!("{count} Work Orders") };
    let of = if found.tried < found.total { format!("the newest {} of {}", found.tried, found.total) } else { orders(found.tried) };
    let what = if found.with_files { "the rules of now, and as they would be" } else { "the rules of now" };
    let mut out = format!("{}\n\n", page.paint.tone(Tone::Strong, &format!("{what}, on {of}")));
    let rows: Vec<Vec<Cell>> = found
        .rules
        .iter()
        .map(|(rule, [now, then])| {
            let then = if found.with_files { then.to_string() } else { String::new() };
            vec![name(rule).into(), now.to_string().into(), then.into()]
        })
        .collect();
    out.push_str(&table(&[pliant("RULE", 12), number("NOW"), number("THEN")], &rows, page));
    if !found.with_files {
        return out;
    }
    out.push_str(&match found.otherwise {
        0 => "\nnone would be evaluated otherwise; nothing was changed\n".to_owned(),
        count => format!("\n{} would be evaluated otherwise; nothing was changed\n", orders(count)),
    });
    let rows: Vec<Vec<Cell>> =
        found.listed.iter().map(|one| vec![line(&one.number).into(), name(&one.now).into(), name(&one.then).into()]).collect();
    if !rows.is_empty() {
        out.push_str(&table(&[whole("NUMBER"), pliant("NOW", 12), pliant("THEN", 12)], &rows, page));
    }
    let more = found.otherwise - found.listed.len() as i64;
    if more > 0 && !rows.is_empty() {
        out.push_str(&page.paint.tone(Tone::Dim, &format!("and {more} more; --list {} lists them\n", found.otherwise)));
    }
    out
}
