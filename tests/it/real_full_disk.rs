//! Promise 7 on the real daemon: a disk that is full ends it with exit code 74; what was acknowledged is there when there is
//! room again, and nobody is told something untrue meanwhile.
//!
//! The full disk is a small tmpfs in a mount namespace; where that is not allowed, and beside it, a limit on the size of files.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::json;

use crate::real_stage::{Daemon, Home, Pipe, definitions, frame, request_id, steps_after, until};

const ORDERS: usize = 6;

/// What the clients saw.
struct Seen {
    /// What was acknowledged: the sequence and the Work Order.
    steps: Vec<(i64, String)>,
    errors: BTreeSet<String>,
}

/// Steps until the daemon is gone: from one client to each of some Work Orders (notes, or copies of it), while others look.
fn write_until_the_end(daemon: &Daemon, method: &str, numbers: &[String], closed: &[String]) -> Seen {
    let errors = Mutex::new(BTreeSet::new());
    let padding = "阀门漏了 ".repeat(150);
    let write = |number: &String| {
        let mut steps = Vec::new();
        let Ok(mut pipe) = Pipe::connect(daemon.socket()) else { return steps };
        loop {
            let parameters = match method {
                "Create" => {
                    json!({ "recordType": "repair", "subject": "Lift", "contact": "wang", "description": padding, "requestId": request_id() })
                }
                _ => json!({ "number": number, "text": padding, "requestId": request_id() }),
            };
            if pipe.send(&frame(&format!("WorkOrders1.{method}"), &parameters)).is_err() {
                return steps;
            }
            let Some(reply) = pipe.reply() else { return steps };
            match reply.error {
                None => {
                    let receipt = &reply.parameters["receipt"];
                    steps.push((receipt["sequence"].as_i64().unwrap(), receipt["number"].as_str().unwrap().to_owned()));
                }
                Some(error) => drop(errors.lock().unwrap().insert(error)),
            }
        }
    };
    let look = || {
        let Ok(mut pipe) = Pipe::connect(daemon.socket()) else { return };
        for (n, number) in closed.iter().chain(numbers).cycle().enumerate() {
            // Closed ones are read from the store each time; histories from the journal.
            let method = if n % 5 == 0 { "History" } else { "Get" };
            if pipe.send(&frame(&format!("WorkOrders1.{method}"), &json!({ "number": number }))).is_err() {
                return;
            }
            let Some(reply) = pipe.reply() else { return };
            errors.lock().unwrap().extend(reply.error);
        }
    };
    let steps = std::thread::scope(|scope| {
        let looking = [scope.spawn(look), scope.spawn(look)];
        let writing: Vec<_> = numbers.iter().map(|number| scope.spawn(|| write(number))).collect();
        let steps = writing.into_iter().flat_map(|w| w.join().unwrap()).collect();
        looking.into_iter().for_each(|l| l.join().unwrap());
        steps
    });
    Seen { steps, errors: errors.into_inner().unwrap() }
}

/// The company, open Work Orders, and closed ones that are loaded from the store when somebody asks.
fn prepare(daemon: &Daemon) -> (Vec<String>, Vec<String>) {
    let mut admin = daemon.admin();
    admin.ok("Definitions1.Apply", json!({ "files": definitions() }));
    admin.ok("Directory1.PutStaffUser", json!({ "staffUser": { "id": "dora", "name": "Dora", "roles": ["dispatcher"] } }));
    admin.ok("Directory1.PutContact", json!({ "contact": { "id": "wang", "name": "王伟" } }));
    let mut dora = daemon.user("dora");
    let open = (0..ORDERS).map(|_| dora.create(json!({}))).collect();
    let closed: Vec<_> = (0..ORDERS).map(|_| dora.create(json!({}))).collect();
    for number in &closed {
        dora.act(number, "Cancel", json!({}));
    }
    (open, closed)
}

fn everything_is_there(daemon: &Daemon, seen: &Seen) {
    let found: HashMap<i64, String> = steps_after(daemon, 0)
        .iter()
        .map(|step| (step["sequence"].as_i64().unwrap(), step["number"].as_str().unwrap_or_default().to_owned()))
        .collect();
    for (sequence, number) in &seen.steps {
        assert_eq!(found.get(sequence), Some(number), "step {sequence} was acknowledged");
    }
    assert!(seen.steps.len() > 100, "only {} steps were acknowledged", seen.steps.len());
}

fn only_what_is_true(seen: &Seen) {
    let allowed = ["org.workorderd.Busy", "org.workorderd.Stopping"].map(str::to_owned);
    let others: Vec<_> = seen.errors.iter().filter(|e| !allowed.contains(e)).collect();
    assert!(others.is_empty(), "clients were told {others:?}");
}

#[test]
fn a_full_disk_ends_the_daemon_with_74_and_nothing_acknowledged_is_lost() {
    let allowed = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    if !allowed {
        println!("skipped: a mount namespace needs root here");
        return;
    }
    let home = Home::new();
    let run = home.command(&["--clock", "manual", "--set", "runtime.resident_closed=0", "--set", "data.reserve_mib=0"]);
    fs::create_dir_all(home.data()).unwrap();
    // The namespace lives as long as this shell; what is on the small disk is carried out of it at the end.
    let script = r#"
        mount -t tmpfs -o size=26m tmpfs "$DATA" || exit 1
        "$@"; echo $? > "$OUT/first.tmp"; mv "$OUT/first.tmp" "$OUT/first"
        while [ ! -e "$OUT/go" ]; do sleep 0.01; done
        mount -o remount,size=200m "$DATA" || exit 1
        "$@"; code=$?
        cp -r "$DATA" "$OUT/carried"
        exit $code
    "#;
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(run.get_program()).args(run.get_args());
    command.env("DATA", home.data()).env("OUT", home.path(""));
    let mut shell = home.spawn(command);
    shell.wait_until_ready();
    let (open, closed) = prepare(&shell);
    let seen = write_until_the_end(&shell, "AddServiceRecord", &open, &closed);
    let code = until("the exit code", || fs::read_to_string(home.path("first")).ok());
    assert_eq!(code.trim(), "74", "{}", shell.log());
    assert!(shell.log().contains("cannot be written; stopping"), "{}", shell.log());
    fs::write(home.path("go"), "").unwrap();
    shell.wait_until_ready();
    everything_is_there(&shell, &seen);
    let again = shell.admin().act(&open[0], "AddServiceRecord", json!({ "text": "there is room" }));
    assert!(again["sequence"].as_i64().is_some());
    let pid = shell.admin().status()["pid"].as_i64().unwrap();
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(shell.wait_for_end(), 0, "{}", shell.log());
    verified(&home.path("carried"));
    only_what_is_true(&seen);
}

#[test]
fn a_limit_on_files_ends_it_with_74_as_well() {
    let home = Home::new();
    let run = home.command(&["--clock", "manual", "--set", "runtime.resident_closed=0", "--set", "data.reserve_mib=0"]);
    let mut command = Command::new("sh");
    // In blocks of 512 bytes: a segment of the journal fits, the store's file does not for long. Without the trap the kernel kills.
    command.args(["-c", "trap '' XFSZ; ulimit -f 10000; exec \"$@\"", "sh"]).arg(run.get_program()).args(run.get_args());
    let mut daemon = home.spawn(command);
    daemon.wait_until_ready();
    let (open, closed) = prepare(&daemon);
    let seen = write_until_the_end(&daemon, "Create", &open, &closed);
    assert_eq!(daemon.wait_for_end(), 74, "{}", daemon.log());
    let daemon = home.start();
    everything_is_there(&daemon, &seen);
    daemon.stop();
    home.verify(None).unwrap();
    only_what_is_true(&seen);
}

fn verified(data: &Path) {
    let output = crate::real_stage::program().arg("verify").arg(data).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
