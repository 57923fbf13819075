//! What `workorderd salvage` says: what is whole, what is damaged and where, what is missing, and what to do now.

use super::folder::{BEHIND, REPORT, Salvaged, salvage, write};
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// Most entries of a list that are told one by one.
const TOLD_MAX: usize = 200;

/// The whole subcommand: prints the report and keeps it in the new folder; 0 if that was made, however much is missing in it.
pub fn main(dir: &Path, out: &Path) -> ExitCode {
    let done = salvage(dir, out).and_then(|salvaged| {
        let text = report(&salvaged, dir, out);
        write(&out.join(REPORT), text.as_bytes())?;
        Ok(text)
    });
    match done {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("workorderd: {error}");
            ExitCode::FAILURE
        }
    }
}

fn list<T>(out: &mut String, label: &str, entries: impl ExactSizeIterator<Item = T>, tell: impl Fn(T) -> String) {
    let more = entries.len().saturating_sub(TOLD_MAX);
    for entry in entries.take(TOLD_MAX) {
        let _ = writeln!(out, "{label:<10} {}", tell(entry));
    }
    if more > 0 {
        let _ = writeln!(out, "{label:<10} and {more} more");
    }
}

fn range(&(from, to): &(u64, u64)) -> String {
    if from == to { format!("record {from}") } else { format!("records {from} to {to}") }
}

/// The report.
pub fn report(salvaged: &Salvaged, dir: &Path, out: &Path) -> String {
    let Salvaged { whole, damages, reading, attachments: (copied, damaged), remarks } = salvaged;
    let mut text = String::new();
    let _ = writeln!(text, "from       {}", dir.display());
    let _ = writeln!(text, "into       {}", out.display());
    match whole.head.sequence {
        0 => drop(writeln!(text, "whole      nothing: not even the first record can be read")),
        last => drop(writeln!(text, "whole      records 1 to {last}, head {}", whole.head)),
    }
    let Some(ends_with) = &whole.ends_with else {
        let _ = writeln!(text, "nothing is damaged; {} is a copy", out.display());
        return text;
    };
    if damages.is_empty() {
        let _ = writeln!(text, "DAMAGE     {ends_with}");
    }
    list(&mut text, "DAMAGE", damages.iter(), |d| {
        format!("{} at offset {}, where record {} is expected: {}", d.segment, d.offset, d.sequence, d.why)
    });
    list(&mut text, "MISSING", reading.missing.iter(), range);
    let _ = writeln!(text, "behind     {} records, told in {BEHIND}; they are not part of the new folder", reading.records);
    list(&mut text, "TOUCHED", reading.touched.iter(), |(name, touched)| {
        let missing = match touched.missing.len() {
            0 => String::new(),
            n => format!(", {n} more are missing"),
        };
        format!("{name}: {} steps are in {BEHIND}{missing}", touched.found)
    });
    if *copied > 0 {
        let _ = writeln!(text, "attached   {copied} attachments were copied");
    }
    list(&mut text, "DAMAGED", damaged.iter(), |hash| format!("attachment {hash}: its content is not what it was; it was left out"));
    list(&mut text, "remark", remarks.iter(), Clone::clone);
    let _ = writeln!(text);
    let _ = writeln!(
        text,
        "The new folder starts with the state after record {}. What happened later has to be done again by hand;",
        whole.head.sequence
    );
    let _ = writeln!(text, "{BEHIND} says what of it is known. Work Orders that only missing records speak of cannot be named.");
    let _ = writeln!(text, "Its timers and mails are those of that moment: set mail.enabled = false for a first look, or customers may be");
    let _ = writeln!(text, "written to again. Links that were sent later do not open. Keep the damaged folder.");
    text
}
