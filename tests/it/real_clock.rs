//! The clock guard on the real daemon: the wall clock runs away from the time since the machine's start (a time namespace moves
//! that one, since no test may set the machine's clock), and nothing completes by itself until an admin says that it is right.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::real_stage::{Daemon, Home, until};

/// By how much the time since the machine's start is moved, in seconds: 55 h 33 min.
const MOVED: &str = "200000";
const SOON: &str = r#"
[[record_type]]
name = "ticket"
number = "T-{counter}"
process = "ticket"

[[process]]
name = "ticket"

[[process.node]]
name = "rate"
kind = "evaluate"
method = "qr-code"
template = "stars"
mandatory = true
handlers = ["role:admin"]
auto_complete_after = "2s"
remind_after = "1s"

[[evaluation_template]]
name = "stars"

[[evaluation_template.field]]
name = "overall"
kind = "stars-5"
"#;

/// A command in a time namespace; none where that is not allowed.
fn moved(command: &Command) -> Option<Command> {
    let unshare = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--time", "--boottime", MOVED]);
        unshare
    };
    let works = unshare().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let mut wrapped = unshare();
    wrapped.arg(command.get_program()).args(command.get_args());
    works.then_some(wrapped)
}

fn at(daemon: &Daemon, number: &str) -> String {
    let order = daemon.admin().get(number);
    order["outcome"].as_str().or(order["node"].as_str()).unwrap().to_owned()
}

#[test]
fn a_clock_that_ran_away_completes_nothing_until_an_admin_trusts_it() {
    let home = Home::new();
    let Some(command) = moved(&home.command(&[])) else {
        println!("skipped: a time namespace needs root here");
        return;
    };
    let mut daemon = home.spawn(command);
    daemon.wait_until_ready();
    let mut admin = daemon.admin();
    admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "soon.toml", "text": SOON }] }));
    let contact = json!({ "id": "wang", "name": "王伟" });
    admin.ok("Directory1.PutContact", json!({ "contact": contact }));
    let early = admin.create(json!({ "recordType": "ticket" }));
    until("the completion of one by a clock that is right", || (at(&daemon, &early) == "completed").then_some(()));
    let number = admin.create(json!({ "recordType": "ticket" }));
    daemon.stop();

    // Outside the namespace the machine seems to have started later: the wall clock was "set ahead".
    for _ in 0..2 {
        let daemon = home.start_with(&[]);
        let mut admin = daemon.admin();
        let held = until("the guard's doubt", || {
            let status = admin.status();
            (status["timersHeld"] == 1).then_some(status)
        });
        assert_eq!(held["clockDoubt"], "the clock was set ahead by 55 h 33 min");
        // Other timers go on.
        until("the reminder", || admin.history(&number).iter().any(|line| line["event"] == "Reminded").then_some(()));
        assert_eq!(at(&daemon, &number), "rate");
        assert!(daemon.log().contains("auto-completions wait"), "{}", daemon.log());
        daemon.stop();
    }
    let daemon = home.start_with(&[]);
    let mut admin = daemon.admin();
    admin.ok("System1.TrustClock", json!({}));
    until("the completion", || (at(&daemon, &number) == "completed").then_some(()));
    let status = admin.status();
    assert_eq!((&status["clockDoubt"], &status["timersHeld"]), (&json!(null), &json!(0)));
    daemon.stop();
    home.verify(None).unwrap();
}

#[test]
fn where_the_settings_ask_for_it_a_clock_that_is_not_synchronised_is_waited_for() {
    let home = Home::new();
    let daemon = home.start_with(&["--set", "time.require_synchronised=true"]);
    let mut admin = daemon.admin();
    let status =
        until("a look at the clock", || Some(admin.status()).filter(|s| s["clockSynchronised"] == true || !s["clockDoubt"].is_null()));
    if status["clockSynchronised"] == true {
        assert_eq!(status["clockDoubt"], json!(null));
        return;
    }
    assert_eq!(status["clockDoubt"], "the clock is not synchronised");
    admin.ok("System1.TrustClock", json!({}));
    until("the end of the doubt", || admin.status()["clockDoubt"].is_null().then_some(()));
}
