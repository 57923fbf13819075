//! `--stay`: the daemon is started again, one urgent order waits for its evaluation, and commands to try are told, until Ctrl-C.

use super::daemon_process::BASE_URL;
use super::error::Result;
use super::stage::{Stage, on};
use crate::protocol::work_orders::{Act, Create};

/// Starts the daemon again and waits.
///
/// # Errors
/// The daemon does not start, does not do what it should, or ends by itself.
pub fn stay(stage: &mut Stage) -> Result<()> {
    stage.daemon.start()?;
    stage.narrator.scene("Left running");
    let intake = Create {
        record_type: "repair".into(),
        subject: "Revolving door sticks".into(),
        contact: Some("wang".into()),
        priority: Some("urgent".into()),
        ..Create::default()
    };
    let number = stage.create("sue", intake)?;
    stage.act("dora", "AssignToEngineer", Act { engineer: Some("emil".into()), ..on(&number) })?;
    stage.act("emil", "AcceptAssignment", on(&number))?;
    stage.act("emil", "CompleteTask", on(&number))?;
    stage.tell(&format!("One more urgent order, {number}, has been worked on."));
    let mail = stage.next_mail("wang")?;
    let token = stage.link(&mail)?;
    stage.confirm(&token, None)?;
    let mail = stage.next_mail("wang")?;
    let token = stage.link(&mail)?;
    stage.narrator.more("It waits for its mandatory evaluation.");
    commands(stage, &number, &token);
    if stage.daemon.keeper().wait_for_signal() {
        stage.hang_up();
        stage.daemon.stop()?;
        stage.narrator.plain("\nStopped; the folder is removed.");
    } else {
        stage.narrator.plain("\nThe daemon has ended by itself; the folder is removed.");
    }
    Ok(())
}

fn commands(stage: &Stage, number: &str, token: &str) {
    let say = |text: &str| stage.narrator.plain(text);
    say("\nThe daemon and the mail catcher run until Ctrl-C. In another terminal:\n");
    say(&format!("  export WORKORDERD_SOCKET={}", stage.daemon.socket().display()));
    say("  workorderctl list");
    say(&format!("  workorderctl show {number}"));
    say(&format!("  workorderctl explain {number}"));
    say("  workorderctl watch");
    say("  workorderctl create repair \"Lift door squeaks\" --contact zoe --priority urgent");
    // The whole link: a token alone may begin with "-".
    say(&format!("  workorderctl guest show {BASE_URL}{token}"));
    say(&format!("  workorderctl guest evaluate {BASE_URL}{token} overall=5"));
    say("  workorderctl clock ahead 3d");
    say("  workorderctl status\n");
    say(&format!("Without the variable: workorderctl --socket {} list", stage.daemon.socket().display()));
    say("Add --as dora (sue, lena, emil, mei, ada) to act as one of the staff.");
    say(&format!("Mails are caught at {}; the log is {}.", stage.catcher.addr(), stage.daemon.log().display()));
}
