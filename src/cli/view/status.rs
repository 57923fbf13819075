//! How the daemon is doing, who one is to it, and which definitions it has.

use super::page::Page;
use super::paint::Tone;
use super::show::{fact, section};
use super::table::{pliant, table, whole};
use super::times::span;
use super::width::line;
use crate::protocol::system::{Acting, ParkedTimer, Status, Who};

/// The daemon's status; what asks for attention is coloured.
pub fn status(status: &Status, page: &Page) -> String {
    let mut out = page.paint.tone(Tone::Strong, &format!("workorderd {}", line(&status.version)));
    out.push_str(&format!("  pid {}, up for {}\n\n", status.pid, span(status.uptime_ms)));
    let mut tell = |key: &str, text: String| fact(&mut out, key, &text, page);
    tell("clock", format!("{} ({}), time zone {}", page.times.second(status.now), line(&status.clock), line(&status.time_zone)));
    if let Some(doubt) = &status.clock_doubt {
        tell("", page.paint.tone(Tone::Bad, &line(doubt)));
        tell("", format!("{} auto-completions wait until it agrees or \"clock trust\"", status.timers_held));
    }
    let counts: Vec<String> = status.by_status.iter().map(|c| format!("{} {}", c.count, line(&c.status))).collect();
    let by = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    tell("Work Orders", format!("{}{by}; {} in memory", status.work_orders, status.actors));
    tell("journal", format!("sequence {}, {} steps in {} writes since the start", status.sequence, status.steps, status.groups));
    let behind = if status.store_behind == 0 { "level with the journal".to_owned() } else { format!("{} behind", status.store_behind) };
    tell("store", format!("{behind}, at sequence {}", status.store_through));
    let mib =
        |bytes: i64| if bytes < 1 << 30 { format!("{} MiB", bytes >> 20) } else { format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)) };
    match (status.disk_nearly_full, status.disk_reserve) {
        (true, reserve) => {
            let full = format!("NEARLY FULL: {} free, {} are kept in reserve", mib(status.disk_free), mib(reserve));
            tell("disk", page.paint.tone(Tone::Bad, &full));
            tell("", "no new steps until there is room; timers and mails wait".to_owned());
        }
        (false, 0) => tell("disk", format!("{} free, nothing is kept in reserve", mib(status.disk_free))),
        (false, reserve) => tell("disk", format!("{} free, {} are kept in reserve", mib(status.disk_free), mib(reserve))),
    }
    if let Some(through) = status.archived_through {
        tell("archive", format!("has the journal up to sequence {through}"));
    }
    if let Some(problem) = &status.archive_problem {
        tell(if status.archived_through.is_some() { "" } else { "archive" }, page.paint.tone(Tone::Bad, &line(problem)));
    }
    if let Some(erasing) = &status.erasing {
        tell("erasing", page.paint.tone(Tone::Now, &line(erasing)));
    }
    let next = status.next_timer.map_or_else(String::new, |at| format!(", next {}", page.times.from_now(at)));
    let parked = if status.timers_parked > 0 { format!(", {} PARKED", status.timers_parked) } else { String::new() };
    tell(
        "timers",
        format!("{} set{next}; {} fired, {} did not apply any more{parked}", status.timers, status.timers_fired, status.timers_stale),
    );
    tell("messages", format!("{} under way", status.messages_under_way));
    tell("mails", format!("{} sent, {} failed", status.mails_sent, status.mails_failed));
    if let Some(at) = status.reloaded_at {
        let at = page.times.second(at);
        let text = match status.reload_problems.len() {
            0 => format!("reloaded {at}"),
            _ => page.paint.tone(Tone::Bad, &format!("the reload of {at} was refused; nothing changed")),
        };
        fact(&mut out, "settings", &text, page);
        for problem in &status.reload_problems {
            fact(&mut out, "", &line(problem), page);
        }
    }
    if status.panics > 0 {
        let text = format!("{} (its log says more)", status.panics);
        fact(&mut out, "defects", &page.paint.tone(Tone::Bad, &text), page);
    }
    for (i, said) in status.said.iter().enumerate() {
        fact(&mut out, if i == 0 { "it says" } else { "" }, &line(said), page);
    }
    section(&mut out, "head of the history (for workorderd verify --head)", &format!("  {}\n", line(&status.head)), page);
    out
}

/// Timers that are parked, with why.
pub fn parked(timers: &[ParkedTimer], page: &Page) -> String {
    if timers.is_empty() {
        return "no timer is parked\n".to_owned();
    }
    let row = |t: &ParkedTimer| vec![line(&t.number).into(), line(&t.kind).into(), page.times.minute(t.due).into(), line(&t.why).into()];
    table(&[whole("NUMBER"), whole("TIMER"), whole("DUE"), pliant("WHY", 20)], &timers.iter().map(row).collect::<Vec<_>>(), page)
}

/// Who one is.
pub fn who(who: &Who, page: &Page) -> String {
    let mut out = String::new();
    let user = who.user.as_deref().map_or_else(|| "no staff user".to_owned(), line);
    fact(&mut out, "you are", &user, page);
    fact(&mut out, "roles", &if who.roles.is_empty() { "none".to_owned() } else { line(&who.roles.join(", ")) }, page);
    fact(&mut out, "through", &format!("{} (uid {})", line(&who.through), who.uid), page);
    if who.may_act_as {
        fact(&mut out, "may", "act as others (--as USER)", page);
    }
    out
}

/// Whom one acts as.
pub fn acting(acting: &Acting) -> String {
    format!("acting as {} ({})\n", line(&acting.user), line(&acting.roles.join(", ")))
}
