//! `workorderd demo` as people run it, and its checks: a demo in which something went wrong must say so.
//! The demo is a process of its own here, with a daemon as its child; neither may be left behind.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use workorderd::demo::checks::{self, Arrived, Checks, Ending};
use workorderd::protocol::work_orders::{Answer, Evaluation, HistoryLine, Timer, WorkOrder};

/// A folder for the demo's folder, so that what it leaves can be seen.
fn own_temporary_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/tmp").unwrap()
}

fn demo(temporary: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workorderd"));
    command.arg("demo").args(arguments).env("TMPDIR", temporary).stdin(Stdio::null());
    command
}

fn left_in(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Processes whose command line names this folder.
fn processes_of(folder: &Path) -> Vec<String> {
    let folder = folder.to_string_lossy().into_owned();
    let processes = std::fs::read_dir("/proc").unwrap().filter_map(|entry| std::fs::read(entry.unwrap().path().join("cmdline")).ok());
    processes.map(|line| String::from_utf8_lossy(&line).into_owned()).filter(|line| line.contains(&folder)).collect()
}

#[test]
fn the_demo_does_the_main_job_and_leaves_nothing_behind() {
    let temporary = own_temporary_folder();
    let output = demo(temporary.path(), &[]).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    // Lines are wrapped: sentences are looked for without regard to how.
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    for sentence in [
        "Emil declines: \"I am at another customer's until tomorrow\".",
        "waiting for parts",
        "says: not solved, 门还是关不上",
        "He answers ★★★★☆",
        "InvitationUsed: this link was used already",
        "EvaluationMissing: the node cannot be left: a mandatory evaluation has not come in, and nobody can skip it",
        "NotPermitted: ada (admin) may not",
        "WouldDropGate: moving to version 2 would drop the gate",
        "kill -9",
        "calls were in flight and got no answer",
        "The history says: \"auto-completed, not evaluated\".",
        "Sue, who raised it, cancels",
        "is deferred: ",
        "Head of the history, sequence and hash: ",
        "checks are good",
    ] {
        assert!(words.contains(sentence), "{sentence:?} is missing in:\n{told}");
    }
    assert!(!told.contains("WRONG") && !told.contains('\x1b'), "{told}");
    let too_wide = told.lines().find(|line| line.chars().count() > 80);
    assert_eq!(too_wide, None);
    assert_eq!(left_in(temporary.path()), Vec::<PathBuf>::new());
    assert_eq!(processes_of(temporary.path()), Vec::<String>::new());
}

#[test]
fn an_interrupted_demo_leaves_no_process_and_no_folder() {
    let temporary = own_temporary_folder();
    let mut child = demo(temporary.path(), &[]).stdout(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while !processes_of(temporary.path()).iter().any(|line| line.contains("run")) {
        assert!(began.elapsed() < Duration::from_secs(30), "no daemon was started");
        std::thread::sleep(Duration::from_millis(2));
    }
    let pid = rustix::process::Pid::from_raw(child.id() as i32).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(left_in(temporary.path()), Vec::<PathBuf>::new());
    assert_eq!(processes_of(temporary.path()), Vec::<String>::new());
}

fn good_order() -> WorkOrder {
    let overall = Answer { field: "overall".into(), value: "4".into(), scale: Some(5), photo: None };
    WorkOrder {
        status: "closed".into(),
        outcome: Some("completed".into()),
        engineer: Some("mei".into()),
        evaluations: vec![Evaluation { answers: vec![overall], ..Evaluation::default() }],
        ..WorkOrder::default()
    }
}

fn wanted() -> Ending<'static> {
    let history = &[("Created", "lift"), ("Held", "parts"), ("Ended", "completed")];
    Ending { name: "it", outcome: "completed", engineer: Some("mei"), stars: &["4"], history, ..Ending::default() }
}

fn line(revision: i64, event: &str, details: &str) -> HistoryLine {
    HistoryLine { revision, event: event.into(), details: details.into(), ..HistoryLine::default() }
}

/// How many checks find fault.
fn faults(look: impl FnOnce(&mut Checks)) -> usize {
    let mut checks = Checks::default();
    look(&mut checks);
    checks.wrong()
}

#[test]
fn an_order_that_ended_otherwise_is_noticed() {
    assert_eq!(faults(|c| checks::ended(c, &good_order(), &wanted())), 0);
    let changes: [fn(&mut WorkOrder); 7] = [
        |order| order.status = "open".into(),
        |order| order.outcome = Some("cancelled".into()),
        |order| order.engineer = Some("emil".into()),
        |order| order.reopened = 1,
        |order| order.held_ms = 60_000,
        |order| order.evaluations.clear(),
        |order| order.timers.push(Timer::default()),
    ];
    for change in changes {
        let mut order = good_order();
        change(&mut order);
        assert_eq!(faults(|c| checks::ended(c, &order, &wanted())), 1, "{order:?}");
    }
}

#[test]
fn a_history_with_something_missing_or_out_of_order_is_noticed() {
    let good =
        [line(1, "Created", "a lift"), line(1, "NodeEntered", ""), line(2, "Held", "waiting for parts"), line(3, "Ended", "completed")];
    assert_eq!(faults(|c| checks::history(c, &good, &wanted())), 0);
    let without_hold: Vec<_> = good.iter().filter(|l| l.event != "Held").cloned().collect();
    assert_eq!(faults(|c| checks::history(c, &without_hold, &wanted())), 2, "an event is missing, and so is a revision");
    let mut swapped = good.clone();
    swapped.swap(2, 3);
    assert_eq!(faults(|c| checks::history(c, &swapped, &wanted())), 2);
}

#[test]
fn a_note_that_is_missing_or_there_twice_is_noticed() {
    let lines = [line(1, "ServiceRecordAdded", "one"), line(2, "ServiceRecordAdded", "two"), line(3, "Held", "")];
    let texts = |all: &[&str]| all.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    assert_eq!(faults(|c| checks::notes(c, "notes", &lines, &texts(&["two", "one"]))), 0);
    assert_eq!(faults(|c| checks::notes(c, "notes", &lines, &texts(&["one", "two", "three"]))), 1);
    assert_eq!(faults(|c| checks::notes(c, "notes", &lines, &texts(&["one"]))), 1);
    let twice = [lines[0].clone(), lines[1].clone(), lines[1].clone()];
    assert_eq!(faults(|c| checks::notes(c, "notes", &twice, &texts(&["one", "two"]))), 1);
}

#[test]
fn a_mail_that_is_missing_or_came_twice_is_noticed() {
    let mail = |to: &str, id: &str| Arrived { to: to.into(), subject: "s".into(), id: id.into() };
    let wanted = [("a@x".to_owned(), "s".to_owned()), ("b@x".to_owned(), "s".to_owned())];
    assert_eq!(faults(|c| checks::mails(c, &[mail("a@x", "1"), mail("b@x", "2")], &wanted)), 0);
    assert_eq!(faults(|c| checks::mails(c, &[mail("a@x", "1")], &wanted)), 1);
    assert_eq!(faults(|c| checks::mails(c, &[mail("a@x", "1"), mail("b@x", "1")], &wanted)), 1);
    assert_eq!(faults(|c| checks::mails(c, &[mail("a@x", "1"), mail("b@x", "2"), mail("b@x", "2")], &wanted)), 2);
    assert_eq!(faults(|c| checks::mails(c, &[mail("a@x", "1"), mail("b@x", "")], &wanted)), 1);
}
