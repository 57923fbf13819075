//! What an erasure takes, and what stays and why.

use super::page::Page;
use super::paint::Tone;
use super::show::{fact, section};
use super::width::line;
use crate::cli::erase::Kind;
use crate::protocol::directory::{ErasureJudged, ErasureLeft, ErasureSums, GotErasure};

/// What would go.
pub fn judged(kind: Kind, id: &str, judged: &ErasureJudged, page: &Page) -> String {
    let head = format!("{} {} would be erased; nothing was changed\n", kind.words(), line(id));
    told(page.paint.tone(Tone::Strong, &head), kind, id, &judged.sums, &judged.left, page)
}

/// What went.
pub fn finished(kind: Kind, id: &str, got: &GotErasure, page: &Page) -> String {
    let at = got.erasure.finished_at.map(|at| page.times.minute(at)).unwrap_or_default();
    let head = format!("{} {} is erased; nothing is left since {at}\n", kind.words(), line(id));
    let sums = got.erasure.sums.clone().unwrap_or_default();
    told(page.paint.tone(Tone::Strong, &head), kind, id, &sums, &got.left, page)
}

fn told(mut out: String, kind: Kind, id: &str, sums: &ErasureSums, left: &ErasureLeft, page: &Page) -> String {
    let count = |n: i64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let mut goes = String::new();
    let orders = match (sums.work_orders, sums.others) {
        (theirs, 0) => format!("{theirs} of theirs, with all texts"),
        (0, others) => format!("{others}: what was theirs in them"),
        (theirs, others) => format!("{theirs} of theirs, with all texts; {others} others: what was theirs in them"),
    };
    fact(&mut goes, "Work Orders", &orders, page);
    let records = count(sums.records, "record", "records");
    fact(&mut goes, "history", &format!("{} in {records}", count(sums.values, "value", "values")), page);
    fact(&mut goes, "mails", &count(sums.mails, "mail to them", "mails to them"), page);
    fact(&mut goes, "attachments", &sums.attachments.to_string(), page);
    section(&mut out, "goes", &goes, page);
    let mut stays = String::new();
    let mut tell = |key: &str, text: String| fact(&mut stays, key, &text, page);
    tell("id", format!("{}: it is given to nobody else", line(id)));
    tell("figures", "numbers, times, choices, amounts and stars: counts and averages are as before".to_owned());
    if sums.attachments_kept > 0 {
        let kept = count(sums.attachments_kept, "attachment", "attachments");
        tell("attachments", format!("{kept} that somebody else's Work Order names too"));
    }
    if sums.written > 0 {
        let records = count(sums.written, "record", "records");
        tell("texts", format!("{records} with what they wrote about others' Work Orders: the company's"));
    }
    if sums.named > 0 {
        let orders = count(sums.named, "Work Order", "Work Orders");
        tell("fields", format!("in {orders} of others, a field that leads to them shows that they were erased"));
    }
    match (&left.account, left.terminals.is_empty()) {
        (Some(account), true) => tell("account", format!("{}: see whether its name tells of them", line(account))),
        (Some(account), false) => {
            let terminals = line(&left.terminals.join(", "));
            tell("account", format!("{}, terminals {terminals}: see whether names and sites tell of them", line(account)));
        }
        (None, false) => tell("terminals", format!("{}: see whether names and sites tell of them", line(&left.terminals.join(", ")))),
        (None, true) => {}
    }
    if kind == Kind::StaffUser {
        tell("directory", "what they carry there: see \"staff-user show\"".to_owned());
    }
    tell("elsewhere", "back-ups and exports of before: remove them once there are new ones".to_owned());
    section(&mut out, "stays", &stays, page);
    out
}
