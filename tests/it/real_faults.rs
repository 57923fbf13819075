//! Failing system calls on the real daemon, let fail by strace: for each n of a short life the n-th sync, write, open, rename of
//! its files fails once. It ends with exit code 74 (or 1, if it was not ready yet) and names what failed, or it goes on; it never
//! hangs, and what it acknowledged is there at the next start.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use workorderd::verify::verify;

use crate::real_stage::{Home, Pipe, frame, full, request_id, steps_after};

/// Files that a life uses, below the data folder.
const FILES: [&str; 10] = [
    "journal",
    "journal/00000001.seg",
    "journal/00000001.now.tmp",
    "journal/head",
    "store/db",
    "store",
    "lock",
    "installation.tmp",
    "secret.tmp",
    "",
];

/// Which call fails how, for n-th times up to a bound, and whether the daemon must not mind.
const FAULTS: [(&str, &str, usize, bool); 11] = [
    ("fdatasync", "error=EIO", 7, false),
    ("fsync", "error=EIO", 8, false),
    ("pwrite64", "error=EIO", 8, false),
    ("pwrite64", "error=ENOSPC", 4, false),
    ("pwrite64", "error=EINTR", 6, true),
    ("openat", "error=EIO", 8, false),
    ("openat", "error=EINTR", 9, true),
    ("renameat2,rename", "error=EIO", 2, false),
    ("pread64", "error=EIO", 4, false),
    ("ftruncate", "error=EIO", 2, false),
    ("sync_file_range", "error=EIO", 2, false),
];

enum End {
    /// It went on to its end.
    Worked,
    /// It ended by itself, with this code.
    Ended(i32),
}

/// A life under strace: start, some steps, stop. What was acknowledged, how it ended, and what it said.
fn life(home: &Home, call: &str, how: &str, n: usize) -> (Vec<i64>, End, String) {
    let run = home.command(&["--clock", "manual", "--set", "data.segment_mib=1", "--set", "data.store_cache_mib=16"]);
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(home.path("strace"));
    strace.arg("-e").arg(format!("trace={call}")).arg("-e").arg(format!("inject={call}:{how}:when={n}"));
    for file in FILES {
        let path: PathBuf = home.data().join(file);
        strace.arg("-P").arg(path.to_str().unwrap().trim_end_matches('/'));
    }
    strace.arg("--").arg(run.get_program()).args(run.get_args());
    let log = home.path("log");
    // strace gives the daemon's words and its exit code on; the daemon is its child and gets its signals by pid.
    let mut process = strace.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
    let told = || String::from_utf8_lossy(&fs::read(&log).unwrap_or_default()).into_owned();
    let begin = Instant::now();
    let patient = |what: &str| assert!(begin.elapsed() < Duration::from_secs(60), "{call} {how} {n}: it hangs at {what}: {}", told());
    let mut sequences = Vec::new();
    let mut pipe = loop {
        if let Some(status) = process.try_wait().unwrap() {
            return (sequences, End::Ended(status.code().unwrap_or(-1)), told());
        }
        match Pipe::connect(&home.socket()) {
            Ok(pipe) => break pipe,
            Err(_) => std::thread::sleep(Duration::from_millis(3)),
        }
        patient("the start");
    };
    for step in 0..6 {
        let contact = json!({ "id": format!("c{n}-{step}"), "name": "王伟" });
        let call = frame("Directory1.PutContact", &json!({ "contact": contact, "requestId": request_id() }));
        if pipe.send(&call).is_err() {
            break;
        }
        match pipe.reply() {
            None => break,
            Some(reply) if reply.error.is_none() => sequences.push(reply.parameters["receipt"]["sequence"].as_i64().unwrap()),
            Some(reply) => assert_eq!(reply.error.as_deref(), Some("org.workorderd.Busy"), "{call:?} {how} {n}"),
        }
    }
    let _ = pipe.send(&(json!({ "method": full("System1.Status") }).to_string() + "\0").into_bytes());
    let pid = pipe.reply().and_then(|reply| reply.parameters["status"]["pid"].as_i64());
    if let Some(pid) = pid.and_then(|pid| rustix::process::Pid::from_raw(i32::try_from(pid).unwrap())) {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            let end = if status.success() { End::Worked } else { End::Ended(status.code().unwrap_or(-1)) };
            return (sequences, end, told());
        }
        std::thread::sleep(Duration::from_millis(3));
        patient("the end");
    }
}

fn one(call: &str, how: &str, n: usize, no_matter: bool) -> (bool, bool) {
    let home = Home::new();
    // The first half of the rounds on a new folder, the second on one that was used.
    if n.is_multiple_of(2) {
        home.start_with(&["--clock", "manual", "--set", "data.segment_mib=1"]).stop();
    }
    let (sequences, end, log) = life(&home, call, how, n);
    let happened = fs::read_to_string(home.path("strace")).unwrap_or_default().contains("(INJECTED)");
    let what = format!("{call} {how}, number {n}");
    let ended = match end {
        End::Worked => false,
        End::Ended(code) => {
            assert!(happened && !no_matter, "{what}: it ended with {code} although nothing failed for good: {log}");
            assert!(code == 74 || code == 1 && sequences.is_empty(), "{what}: exit code {code}: {log}");
            let tells = (log.contains("(os error") || log.contains("Os { code"))
                && (log.contains("journal") || log.contains("store") || log.contains("data"));
            assert!(tells, "{what}: it does not say what failed: {log}");
            if std::env::var_os("WO_SHOW").is_some() {
                println!("{what}: {code}: {}", log.lines().last().unwrap_or_default());
            }
            true
        }
    };
    let daemon = home.start_with(&["--clock", "manual", "--set", "data.segment_mib=1"]);
    let found: Vec<i64> = steps_after(&daemon, 0).iter().map(|step| step["sequence"].as_i64().unwrap()).collect();
    assert!(sequences.iter().all(|s| found.contains(s)), "{what}: of {sequences:?} only {found:?} are there");
    daemon.stop();
    assert_eq!(verify(&home.data(), None).unwrap().wrong, [""; 0], "{what}");
    (happened, ended)
}

#[test]
fn whichever_call_fails_nothing_acknowledged_is_lost_and_nothing_hangs() {
    if Command::new("strace").arg("--version").output().is_err() {
        println!("skipped: no strace");
        return;
    }
    let factor = if std::env::var_os("WO_LONG").is_some() { 6 } else { 1 };
    let rounds: Vec<_> =
        FAULTS.iter().flat_map(|&(call, how, most, no_matter)| (1..=most * factor).map(move |n| (call, how, n, no_matter))).collect();
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(&(call, how, n, no_matter)) = rounds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // All are tried, whatever becomes of one.
                    let result = std::panic::catch_unwind(|| one(call, how, n, no_matter));
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    let results = results.into_inner().unwrap();
    let wrong = results.iter().filter(|r| r.is_err()).count();
    let results: Vec<_> = results.into_iter().flatten().collect();
    let (happened, ended) = (results.iter().filter(|r| r.0).count(), results.iter().filter(|r| r.1).count());
    println!("{} rounds: in {happened} a call failed, {ended} ended the daemon", results.len());
    assert_eq!(wrong, 0, "rounds went wrong");
    assert!(happened > rounds.len() / 2 && ended > 5, "{happened} failed, {ended} ended");
}
