//! Follows steps as they are taken. A watcher that did not keep up goes on where it was: no step is missed, none told twice.

use rustix::event::{PollFd, PollFlags, poll};
use serde_json::Value;

use super::failure::{ERRORS, Failure};
use super::session::Session;
use super::view::history;
use crate::client::connection::ClientError;
use crate::protocol::work_orders::{Step, Watch, Watched};

/// Follows until the daemon ends the stream or the reader of the output goes away.
///
/// # Errors
/// What the daemon says; on standard error then stands how to go on.
pub fn watch(session: &mut Session<'_, '_>, number: Option<String>, after: Option<i64>, to_dos: bool) -> Result<(), Failure> {
    let (page, json) = (session.page.clone(), session.json());
    if session.console.piped {
        std::thread::spawn(end_with_reader);
    }
    let mut watch = Watch { after, number };
    loop {
        let began = watch.after;
        let mut seen = began;
        let ended = session.follow(&watch, |console, reply| {
            let watched: Watched = serde_json::from_value(reply.clone())
                .map_err(|e| Failure::Nothing(format!("the reply is not as expected: {e} (workorderd may be of another version)")))?;
            let wanted = |step: &&Step| !to_dos || step.to_do.is_some();
            let text = if json && !to_dos {
                format!("{reply}\n")
            } else if json {
                let steps: Vec<Step> = watched.steps.iter().filter(wanted).cloned().collect();
                if steps.is_empty() { String::new() } else { format!("{}\n", serde_json::json!({ "steps": steps })) }
            } else {
                watched.steps.iter().filter(wanted).map(|step| history::step(step, &page)).collect()
            };
            console.out.write_all(text.as_bytes())?;
            console.out.flush()?;
            seen = watched.steps.iter().map(|step| step.sequence).max().max(seen);
            Ok(())
        });
        watch.after = seen;
        match ended {
            Err(Failure::Client(ClientError::Refused { name, parameters })) if name.strip_prefix(ERRORS) == Some("Lagged") => {
                let told = parameters.get("after").and_then(Value::as_i64).max(seen);
                if told <= began {
                    // It would go on like this for ever.
                    return Err(Failure::Client(ClientError::Refused { name, parameters }));
                }
                watch.after = told;
            }
            Err(failure @ Failure::Client(_)) => {
                if let Some(after) = seen {
                    writeln!(session.console.err, "workorderctl: the last step told was {after}; go on with --after {after}")?;
                }
                return Err(failure);
            }
            ended => return ended,
        }
    }
}

/// Ends the program when nobody reads standard output any more (`watch | head`): without a step nothing is written that could fail.
fn end_with_reader() {
    let stdout = std::io::stdout();
    // Without any wanted event, poll waits for an error or a hang-up.
    let mut wait = [PollFd::new(&stdout, PollFlags::empty())];
    loop {
        match poll(&mut wait, None) {
            Err(rustix::io::Errno::INTR) => {}
            Ok(_) if wait[0].revents().intersects(PollFlags::ERR | PollFlags::HUP) => std::process::exit(0),
            Ok(_) | Err(_) => return,
        }
    }
}
