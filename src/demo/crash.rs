//! The daemon is killed with SIGKILL while eight connections write notes and a mail is on its way, and comes back.
//! Keeps count: what was acknowledged must be there; what was not is asked for again with the same request id; nothing is there twice.

use super::checks;
use super::error::{DemoError, Result};
use super::mail_catcher::Behaviour;
use super::stage::{Stage, method, on};
use crate::client::connection::{Client, ClientError};
use crate::protocol::work_orders::{self, Accepted, Act};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Connections that write at the same time.
const WRITERS: usize = 8;
/// The daemon is killed when so many notes were acknowledged.
const ENOUGH: usize = 12;
/// Most notes of one connection, should the kill be late.
const NOTES_MAX: usize = 60;
/// How long the writers may take until there are enough.
const PATIENCE: Duration = Duration::from_secs(10);

/// What one connection has seen.
struct Written {
    acknowledged: Vec<String>,
    /// Sent, but the daemon was gone before it answered.
    open: Option<Act>,
}

/// Kills and revives the daemon while `who` writes notes on the Work Order, over eight connections.
///
/// # Errors
/// The daemon does not come back, or something is refused that must not be.
pub fn play(stage: &mut Stage, who: &str, number: &str) -> Result<()> {
    let mails_before = stage.catcher.counts().mails;
    let written = write_until_killed(stage, who, number)?;
    stage.hang_up();
    let acknowledged: Vec<_> = written.iter().flat_map(|w| w.acknowledged.clone()).collect();
    let open: Vec<_> = written.into_iter().filter_map(|w| w.open).collect();
    stage.tell(&format!("kill -9 {}: the daemon is gone, without a chance to put anything in order.", stage.daemon.pid()));
    stage.narrator.more(&format!(
        "{} notes had been acknowledged; {} calls were in flight and got no answer.",
        acknowledged.len(),
        open.len()
    ));
    stage.checks.that("calls were in flight when the daemon was killed", !open.is_empty(), "none");
    stage.checks.equal("the invitation had not arrived when the daemon was killed", &stage.catcher.counts().mails, &mails_before);

    stage.catcher.behave(Behaviour::default());
    let took = stage.daemon.start()?;
    let status = stage.status()?;
    stage.tell(&format!("It is started again on the same folder and answers after {} ms (pid {}). It says:", took.as_millis(), status.pid));
    for sentence in &status.said {
        stage.narrator.more(&format!("\"{sentence}\""));
    }
    stage.checks.equal("after the kill all Work Orders are there", &status.work_orders, &2);

    let kept = stage.history(number)?;
    let is_there = |note: &str| kept.iter().any(|line| line.event == "ServiceRecordAdded" && checks::note(line) == note);
    let lost: Vec<_> = acknowledged.iter().filter(|note| !is_there(note)).cloned().collect();
    stage.checks.that("after the kill every acknowledged note is there", lost.is_empty(), lost.join(", "));
    let survived = open.iter().filter(|act| is_there(act.text.as_deref().unwrap_or_default())).count();
    stage.narrator.more(&format!(
        "All {} acknowledged notes are there; of the {} unanswered ones {survived} had reached the disk.",
        acknowledged.len() - lost.len(),
        open.len()
    ));
    let mut wanted = acknowledged;
    for act in open {
        let _: Accepted = stage.call(who, work_orders::NAME, "AddServiceRecord", &act)?;
        wanted.extend(act.text);
    }
    let lines = stage.history(number)?;
    checks::notes(&mut stage.checks, "after asking again with the same request ids every note is there once", &lines, &wanted);
    stage.tell(&format!(
        "The unanswered calls are made again with the same request ids: now all {} notes are there, each once.",
        wanted.len()
    ));
    Ok(())
}

fn write_until_killed(stage: &mut Stage, who: &str, number: &str) -> Result<Vec<Written>> {
    let acknowledged = std::sync::Arc::new(AtomicUsize::new(0));
    let mut writers = Vec::with_capacity(WRITERS);
    for writer in 0..WRITERS {
        let (client, number, acknowledged) = (stage.connect(who)?, number.to_owned(), std::sync::Arc::clone(&acknowledged));
        writers.push(std::thread::spawn(move || write(client, writer, &number, &acknowledged)));
    }
    let began = Instant::now();
    while acknowledged.load(Ordering::Acquire) < ENOUGH && began.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    stage.daemon.kill();
    let joined = |writer: JoinHandle<std::result::Result<Written, ClientError>>| match writer.join() {
        Ok(written) => written.map_err(|source| DemoError::Call { who: who.to_owned(), method: "AddServiceRecord".to_owned(), source }),
        Err(_) => Err(DemoError::Unexpected("a writer panicked".into())),
    };
    writers.into_iter().map(joined).collect()
}

/// One note after the other, until the daemon is gone.
fn write(mut client: Client, writer: usize, number: &str, acknowledged: &AtomicUsize) -> std::result::Result<Written, ClientError> {
    let mut written = Written { acknowledged: Vec::new(), open: None };
    for note in 0..NOTES_MAX {
        let text = format!("note {note} of connection {writer}");
        let act = Act { request_id: format!("note-{writer}-{note}"), text: Some(text.clone()), ..on(number) };
        match client.call::<_, Accepted>(&method(work_orders::NAME, "AddServiceRecord"), &act) {
            Ok(_) => {
                written.acknowledged.push(text);
                acknowledged.fetch_add(1, Ordering::AcqRel);
            }
            Err(ClientError::Io { .. } | ClientError::Protocol { .. }) => {
                written.open = Some(act);
                break;
            }
            Err(refused @ ClientError::Refused { .. }) => return Err(refused),
        }
    }
    Ok(written)
}
