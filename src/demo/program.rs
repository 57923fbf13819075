//! The subcommand: sets the stage, plays, looks at the result, tells it. Exit code 0 only if all was as it should be.

use super::cast;
use super::daemon_process::Daemon;
use super::emergency::Keeper;
use super::error::{DemoError, Result};
use super::folder::Folder;
use super::mail_catcher::{Behaviour, MailCatcher};
use super::narrator::Narrator;
use super::outcome::{self, Played};
use super::sms_provider::SmsProvider;
use super::stage::Stage;
use super::{stay, story_follow_up, story_gate, story_group, story_short};
use std::process::ExitCode;
use std::time::Instant;

/// Where the daemon's clock begins, in milliseconds since 1970: Monday, 2 March 2026, 08:00 UTC.
const BEGIN: i64 = 1_772_438_400_000;

/// The whole subcommand.
pub fn main(stay: bool) -> ExitCode {
    let mut narrator = Narrator::new();
    narrator.plain("workorderd demo: a daemon and a mail server of its own, in a temporary folder.");
    narrator.plain("The clock is set by hand, so that weeks pass in seconds.");
    match run(narrator, stay) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            narrator = Narrator::new();
            narrator.plain("");
            narrator.verdict(false, &format!("the demo could not go on: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Plays all; how many checks were wrong.
fn run(narrator: Narrator, staying: bool) -> Result<usize> {
    let began = Instant::now();
    let folder = Folder::new()?;
    let keeper = Keeper::default();
    keeper.watch(folder.path())?;
    let catcher = MailCatcher::start(Behaviour::default()).map_err(DemoError::io("starting the mail catcher"))?;
    let sms = SmsProvider::start().map_err(DemoError::io("starting the provider of short messages"))?;
    let mut daemon = Daemon::prepare(keeper, folder.path(), catcher.addr(), sms.addr(), BEGIN)?;
    let took = daemon.start()?;
    let mut stage = Stage::new(narrator, catcher, sms, daemon, BEGIN);
    stage.narrator.scene("A small company");
    let pid = stage.daemon.pid();
    stage
        .tell(&format!("The daemon runs (pid {pid}) and answers after {} ms. All that follows goes through its socket.", took.as_millis()));
    cast::enter(&mut stage)?;
    let played = Played {
        group: story_group::play(&mut stage)?,
        gate: story_gate::play(&mut stage)?,
        cancelled: story_short::cancelled(&mut stage)?,
        ticket: story_short::mail_waits(&mut stage)?,
        follow_up: story_follow_up::play(&mut stage)?,
    };
    stage.narrator.scene("Was it as it should be?");
    let table = outcome::look(&mut stage, &played)?;
    let head = outcome::close(&mut stage)?;
    let wrong = stage.checks.wrong();
    for check in &stage.checks.0 {
        let found = check.wrong.as_ref().map(|found| format!(": {found}")).unwrap_or_default();
        stage.narrator.verdict(check.wrong.is_none(), &format!("{}{found}", check.what));
    }
    stage.narrator.plain(&format!("\n{}", table.trim_fmt()));
    stage.narrator.plain(&format!("\nHead of the history, sequence and hash:\n{head}\n"));
    let checks = stage.checks.0.len();
    let seconds = began.elapsed().as_secs_f64();
    stage.narrator.plain(&match wrong {
        0 => format!("All {checks} checks are good. It took {seconds:.1} s."),
        n => format!("{n} of {checks} checks are WRONG."),
    });
    if staying && wrong == 0 {
        stay::stay(&mut stage)?;
    }
    Ok(wrong)
}
