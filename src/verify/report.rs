//! `workorderd verify`: reads a whole data folder and says what it found.

use super::attachments::Attachments;
use super::gate::Gate;
use super::page::{self, Language};
use crate::journal::{Head, JournalError, WithArchive, verify_chain};
use crate::runtime::{folder, recovery};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Most findings that are told one by one.
const TOLD_MAX: usize = 100;

/// What was found.
#[derive(Debug)]
pub struct Findings {
    pub head: Head,
    pub records: u64,
    pub wrong: Vec<String>,
    pub gate: Gate,
    /// Attachments that the history names.
    pub attachments: usize,
    /// Intervals of labor.
    pub labor: usize,
    /// A tail that a crash left; nothing acknowledged is in it.
    pub torn: Option<String>,
    /// Whose history it is.
    pub installation: [u8; 16],
    /// Times of the first record and the last.
    pub times: Option<(i64, i64)>,
}

/// Why the history could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{path}: {source}")]
    Io { path: String, source: std::io::Error },
}

/// Reads the journal of a data folder from its first record to its last. `head`: `sequence:hash` that must be in it.
///
/// # Errors
/// The journal is damaged or cannot be read.
pub fn verify(dir: &Path, head: Option<&str>) -> Result<Findings, VerifyError> {
    read(dir, head, Gate::default())
}

fn read(dir: &Path, head: Option<&str>, mut gate: Gate) -> Result<Findings, VerifyError> {
    let journal = dir.join("journal");
    let storage = WithArchive::existing(dir).map_err(|source| VerifyError::Io { path: journal.display().to_string(), source })?;
    let mut times = None;
    let mut attachments = Attachments::default();
    let mut wrong = Vec::new();
    let mut records = 0;
    let mut head_seen = head.is_none();
    let verified = verify_chain(Arc::new(storage), &mut |record| {
        records += 1;
        times = Some((times.map_or(record.time(), |(first, _)| first), record.time()));
        match recovery::step_of(&record) {
            Ok((key, step)) => {
                attachments.take(record.sequence(), &step);
                let found = gate.take(&key, record.revision(), (record.time(), record.sequence()), &step);
                wrong.extend(found.into_iter().map(|w| format!("record {}: {w}", record.sequence())));
            }
            Err(error) => wrong.push(error.to_string()),
        }
        if let Some(head) = head
            && head.split_once(':').is_some_and(|(sequence, _)| sequence.parse() == Ok(record.sequence()))
        {
            head_seen =
                format!("{}:{}", record.sequence(), data_encoding::HEXLOWER.encode(&record.hash())) == head || mutant!("any-head-is-right");
        }
        Ok(())
    })?;
    if let (false, Some(head)) = (head_seen, head) {
        wrong.push(format!("the published head {head} is not in this history: it was cut, replaced or altered"));
    }
    // A journal of another installation has other sums throughout, and without its head mark would pass for a torn beginning.
    if folder::installation_of(dir).is_ok_and(|own| own != verified.installation) {
        wrong.push("the journal is of another installation than the data folder: it was replaced or altered".to_owned());
    }
    let (named, damaged) = attachments.check(dir);
    wrong.extend(damaged);
    let (labor, found) = gate.labor();
    wrong.extend(found);
    let torn = verified.torn.as_ref().map(|t| format!("{} bytes at offset {} of {}", t.bytes, t.offset, t.segment));
    let installation = verified.installation;
    Ok(Findings { head: verified.head, records, wrong, gate, attachments: named, labor, torn, installation, times })
}

/// The whole subcommand: prints what was found, and writes the page for an auditor if there is to be one; 0 only if nothing is wrong.
pub fn main(dir: &Path, head: Option<&str>, page: Option<(&Path, Language)>) -> ExitCode {
    let gate = if page.is_some() { Gate::remembering() } else { Gate::default() };
    let findings = match read(dir, head, gate) {
        Ok(findings) => findings,
        Err(error) => {
            eprintln!("workorderd: {error}");
            return ExitCode::FAILURE;
        }
    };
    if let Some((file, language)) = page
        && let Err(error) = page::write(file, &findings, head, language)
    {
        eprintln!("workorderd: {} cannot be written: {error}", file.display());
        return ExitCode::FAILURE;
    }
    let Findings { head, records, wrong, gate, attachments, labor, torn, installation: _, times: _ } = findings;
    println!("records    {records}");
    println!("head       {head}");
    println!(
        "mandatory  {} evaluated, {} auto-completed, {} waiting, {} ended while waiting",
        gate.evaluated, gate.auto_completed, gate.waiting, gate.ended_while_waiting
    );
    println!("labor      {labor} intervals");
    if attachments > 0 {
        println!("attached   {attachments} attachments");
    }
    if let Some(torn) = torn {
        println!("tail       an interrupted write, {torn}; the next start cuts it off");
    }
    for finding in wrong.iter().take(TOLD_MAX) {
        println!("WRONG      {finding}");
    }
    if wrong.is_empty() {
        println!("the history is whole, and no mandatory evaluation was passed by");
        ExitCode::SUCCESS
    } else {
        println!("{} findings", wrong.len());
        ExitCode::FAILURE
    }
}
