//! Time with the real daemon: a process that stands still for a while, a clock that goes away and comes back, and zones whose clocks
//! are put ahead and back. No timer is early, none is lost, none fires twice; instants are exact, and local times are told right.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;

use crate::real_stage::{Caller, Daemon, HOUR, Home, frame, request_id, until};

/// A node that reminds, is overdue and completes by itself; and a customer.
fn define(admin: &mut Caller, [remind, overdue, complete]: [&str; 3]) {
    let text = format!(
        r#"
[[record_type]]
name = "ticket"
number = "T-{{date}}-{{counter}}"
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
remind_after = "{remind}"
overdue_after = "{overdue}"
auto_complete_after = "{complete}"

[[evaluation_template]]
name = "stars"
[[evaluation_template.field]]
name = "overall"
kind = "stars-5"
"#
    );
    admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "ticket.toml", "text": text }] }));
    admin.ok("Directory1.PutContact", json!({ "contact": { "id": "wang", "name": "王伟" } }));
}

fn ticket(caller: &mut Caller) -> String {
    caller.create(json!({ "recordType": "ticket" }))
}

/// The times of these events in the history of a Work Order, in milliseconds.
fn times_of(caller: &mut Caller, number: &str, event: &str) -> Vec<i64> {
    let lines = caller.history(number);
    lines.iter().filter(|line| line["event"] == event).map(|line| line["at"].as_i64().unwrap()).collect()
}

fn created_at(caller: &mut Caller, number: &str) -> i64 {
    caller.get(number)["createdAt"].as_i64().unwrap()
}

/// What has become of it: each event once, none before its time.
fn fired_once_in_time(caller: &mut Caller, numbers: &[String], after: [(&str, i64); 3]) {
    for number in numbers {
        let created = created_at(caller, number);
        for (event, ms) in after {
            let times = times_of(caller, number, event);
            assert_eq!(times.len(), 1, "{number}: {event} at {times:?}");
            assert!(times[0] >= created + ms, "{number}: {event} {} ms early", created + ms - times[0]);
        }
    }
}

fn completed(caller: &mut Caller, numbers: &[String]) -> bool {
    numbers.iter().all(|number| caller.get(number)["outcome"] == "completed")
}

#[test]
fn a_daemon_that_stands_still_for_a_while_fires_late_once_and_never_early() {
    let home = Home::new();
    let daemon = home.start_with(&[]);
    let mut admin = daemon.admin();
    define(&mut admin, ["1s", "2s", "3s"]);
    let early: Vec<_> = (0..20).map(|_| ticket(&mut admin)).collect();
    // Others are made while it stands still, and wait in the socket.
    let mut pipes: Vec<_> = (0..5).map(|_| daemon.pipe()).collect();
    let head = admin.status()["sequence"].as_i64().unwrap();
    daemon.signal(Signal::STOP);
    for pipe in &mut pipes {
        let parameters = json!({ "recordType": "ticket", "subject": "stands still", "contact": "wang", "requestId": request_id() });
        pipe.send(&frame("WorkOrders1.Create", &parameters)).unwrap();
    }
    std::thread::sleep(Duration::from_millis(4_500));
    let woken = Instant::now();
    daemon.signal(Signal::CONT);
    let late: Vec<String> = pipes
        .iter_mut()
        .map(|pipe| pipe.reply().unwrap())
        .map(|reply| reply.parameters["receipt"]["number"].as_str().unwrap_or_else(|| panic!("{reply:?}")).to_owned())
        .collect();
    let mut admin = daemon.admin();
    until("all that was due", || completed(&mut admin, &early).then_some(()));
    assert!(woken.elapsed() < Duration::from_secs(5), "what was due fires at once, not with the next look");
    assert_eq!(admin.status()["clockDoubt"], json!(null), "the clock did not jump: it went on, as the time since the start did");
    let told = [("Reminded", 1_000), ("BecameOverdue", 2_000), ("NodeLeft", 3_000)];
    for number in &early {
        // A reminder that its own auto-completion has overtaken is dropped; what was set before it is not.
        assert!(times_of(&mut admin, number, "Reminded").len() <= 1);
        let left = times_of(&mut admin, number, "NodeLeft");
        let created = created_at(&mut admin, number);
        assert!(left.len() == 1 && left[0] >= created + 3_000, "{number}: {left:?}");
    }
    until("the later ones", || completed(&mut admin, &late).then_some(()));
    fired_once_in_time(&mut admin, &late, told);
    let status = admin.status();
    assert!(status["sequence"].as_i64().unwrap() > head && status["timers"] == 0, "{status}");
    daemon.stop();
    home.verify(None).unwrap();
}

/// A command in a time namespace in which the machine seems to have started so many seconds earlier; none where that is not allowed.
fn earlier(command: &Command, seconds: u32) -> Option<Command> {
    let unshare = || {
        let mut unshare = Command::new("unshare");
        unshare.args(["--map-root-user", "--time", "--boottime", &seconds.to_string()]);
        unshare
    };
    let works = unshare().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    let mut wrapped = unshare();
    wrapped.arg(command.get_program()).args(command.get_args());
    works.then_some(wrapped)
}

#[test]
fn a_clock_that_jumps_completes_no_gate_and_what_it_held_back_completes_once_when_it_agrees_again() {
    let home = Home::new();
    let Some(command) = earlier(&home.command(&[]), 90_030) else {
        println!("skipped: a time namespace needs root here");
        return;
    };
    // Made by a clock that is right.
    let daemon = home.start_with(&[]);
    let mut admin = daemon.admin();
    define(&mut admin, ["1s", "2s", "3s"]);
    let numbers: Vec<_> = (0..10).map(|_| ticket(&mut admin)).collect();
    daemon.stop();
    // The time since the start is 25 hours and half a minute further than the clock: the clock was "set back".
    let mut daemon = home.spawn(command);
    daemon.wait_until_ready();
    let mut admin = daemon.admin();
    let doubt = until("the doubt", || admin.status()["clockDoubt"].as_str().map(str::to_owned));
    assert_eq!(doubt, "the clock was set back by 25 h 0 min");
    until("the reminders", || numbers.iter().all(|n| times_of(&mut admin, n, "BecameOverdue").len() == 1).then_some(()));
    until("the completions that wait", || (admin.status()["timersHeld"] == 10).then_some(()));
    assert!(!numbers.iter().any(|n| admin.get(n)["outcome"] == "completed"));
    daemon.kill();
    // The clock agrees again: nobody has to say anything.
    let daemon = home.start_with(&[]);
    let mut admin = daemon.admin();
    until("the completions", || completed(&mut admin, &numbers).then_some(()));
    fired_once_in_time(&mut admin, &numbers, [("Reminded", 1_000), ("BecameOverdue", 2_000), ("NodeLeft", 3_000)]);
    let status = admin.status();
    assert_eq!((&status["clockDoubt"], &status["timersHeld"], &status["timers"]), (&json!(null), &json!(0), &json!(0)));
    daemon.stop();
    home.verify(None).unwrap();
}

/// In Berlin, with a clock set by hand that begins there.
struct Berlin {
    home: Home,
    daemon: Daemon,
    admin: Caller,
}

impl Berlin {
    fn at(begin: &str) -> Berlin {
        let home = Home::new();
        let begin = ms(begin).to_string();
        let daemon = home.start_with(&["--clock", "manual", "--clock-start", &begin, "--set", "time.zone=Europe/Berlin"]);
        let mut admin = daemon.admin();
        define(&mut admin, ["12h", "24h", "36h"]);
        Berlin { home, daemon, admin }
    }

    fn to(&mut self, at: &str) {
        self.admin.ok("System1.SetClock", json!({ "to": ms(at) }));
    }

    /// As somebody there sees it.
    fn tells(&self, arguments: &[&str]) -> (bool, String) {
        let mut program = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
        program.env_clear().env("TZ", "Europe/Berlin").env("WORKORDERD_SOCKET", self.home.socket());
        let output = program.args(arguments).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(told).unwrap())
    }

    fn shown(&self, number: &str) -> String {
        let (good, told) = self.tells(&["show", number]);
        assert!(good, "{told}");
        told
    }

    /// Nothing a millisecond before, and once at the time.
    fn overdue_at(&mut self, number: &str, at: &str) {
        let due = ms(at);
        self.admin.ok("System1.SetClock", json!({ "to": due - 1 }));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(times_of(&mut self.admin, number, "BecameOverdue"), [0; 0], "{number}");
        self.to(at);
        until("the timer", || (!times_of(&mut self.admin, number, "BecameOverdue").is_empty()).then_some(()));
        assert_eq!(times_of(&mut self.admin, number, "BecameOverdue"), [due], "{number}");
        assert_eq!(due - created_at(&mut self.admin, number), 24 * HOUR);
    }
}

fn ms(at: &str) -> i64 {
    at.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

#[test]
fn where_clocks_are_put_ahead_a_day_is_24_hours_and_the_hour_that_does_not_come_is_not_shown() {
    let mut berlin = Berlin::at("2026-03-28T01:30:00Z");
    let number = ticket(&mut berlin.admin);
    assert_eq!(number, "T-20260328-000001");
    // A day later by the calendar it would be 02:30, which does not come.
    assert!(berlin.shown(&number).contains("2026-03-29 03:30"), "{}", berlin.shown(&number));
    berlin.overdue_at(&number, "2026-03-29T01:30:00Z");
    berlin.to("2026-03-29T21:59:59.999Z");
    assert_eq!(ticket(&mut berlin.admin), "T-20260329-000001");
    berlin.to("2026-03-29T22:00:00Z");
    assert_eq!(ticket(&mut berlin.admin), "T-20260330-000001", "the day ends two hours before UTC's now, not one");
    berlin.daemon.stop();
    berlin.home.verify(None).unwrap();
}

#[test]
fn where_clocks_are_put_back_both_hours_are_told_apart_and_timers_of_each_fire_in_order() {
    let mut berlin = Berlin::at("2026-10-24T00:30:00Z");
    let first = ticket(&mut berlin.admin);
    berlin.to("2026-10-24T01:30:00Z");
    let second = ticket(&mut berlin.admin);
    assert_eq!([&*first, &*second], ["T-20261024-000001", "T-20261024-000002"]);
    assert!(berlin.shown(&first).contains("2026-10-25 02:30 CEST"), "{}", berlin.shown(&first));
    assert!(berlin.shown(&second).contains("2026-10-25 02:30 CET"), "{}", berlin.shown(&second));
    berlin.overdue_at(&first, "2026-10-25T00:30:00Z");
    berlin.overdue_at(&second, "2026-10-25T01:30:00Z");
    berlin.to("2026-10-25T22:59:59.999Z");
    assert_eq!(ticket(&mut berlin.admin), "T-20261025-000001");
    berlin.to("2026-10-25T23:00:00Z");
    assert_eq!(ticket(&mut berlin.admin), "T-20261026-000001");
    // What people type of the doubled hour is asked back; with its offset it is taken.
    let set = |at: &str| berlin.tells(&["clock", "set", at]);
    let (good, asked) = set("2027-10-31T02:30");
    assert!(!good && asked.contains("2027-10-31T02:30:00+01"), "{asked}");
    let (good, told) = set("2027-10-31T02:30:00+01");
    assert!(good && told.contains("2027-10-31 02:30:00 CET"), "{told}");
    let status = berlin.admin.status();
    assert_eq!((status["now"].as_i64(), &status["timeZone"]), (Some(ms("2027-10-31T01:30:00Z")), &json!("Europe/Berlin")));
    berlin.daemon.stop();
    berlin.home.verify(None).unwrap();
}
