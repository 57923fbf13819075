//! Errors for people and exit codes for programs, against a service that refuses, lags, falls silent or is not there.

use std::os::unix::net::UnixListener;
use std::path::Path;

use serde_json::{Value, json};
use workorderd::cli::failure::exit_code_of;
use workorderd::protocol::ERRORS;
use workorderd::protocol::idl::Interface;

use crate::cli_stage::{Ran, Stage, error, refusal, reply, run_at};

fn failed(code: u8, err: &str) -> Ran {
    Ran { code, out: String::new(), err: err.into() }
}

#[test]
fn a_refusal_is_the_daemons_sentence() {
    let stage = Stage::new(|_| refusal("NothingToChange", "nothing to change: it is so already"));
    assert_eq!(stage.run(&["accept", "WO-1"]), failed(1, "workorderctl: nothing to change: it is so already\n"));
}

#[test]
fn a_conflict_has_a_hint_and_a_code_of_its_own() {
    let stage = Stage::new(|_| refusal("Conflict", "expected revision 3, the actual one is 4"));
    let err = "workorderctl: expected revision 3, the actual one is 4\nhint: somebody was faster; look again before you repeat it\n";
    assert_eq!(stage.run(&["accept", "WO-1", "--expected-revision", "3"]), failed(5, err));
}

#[test]
fn labor_in_the_way_is_told_in_times_that_people_read() {
    let parameters = json!({ "message": "from 1762160400000 ms", "engineer": "王芳", "number": "IN-1", "from": 1_762_160_400_000_i64 });
    let enter = ["labor", "enter", "IN-1", "--from", "2025-11-03T08:00:00Z", "--to", "2025-11-03T10:00:00Z"];
    for (to, told) in [(json!(1_762_167_600_000_i64), "to 2025-11-03 11:00"), (Value::Null, "on, and it runs")] {
        let mut parameters = parameters.clone();
        parameters["to"] = to;
        let stage = Stage::new(move |_| error("org.workorderd.LaborOverlaps", &parameters));
        assert_eq!(stage.run(&enter), failed(1, &format!("workorderctl: 王芳 has labor on IN-1 from 2025-11-03 09:00 {told}\n")));
    }
}

#[test]
fn wrong_definitions_are_listed_with_file_and_line() {
    let problems = json!([
        { "file": "repair.toml", "line": 12, "key": "process.node[2].kind", "problem": "unknown kind \"taks\"", "hint": "did you mean task?" },
        { "file": "roles.toml", "line": 0, "key": "", "problem": "is empty" },
    ]);
    let stage = Stage::new(move |_| error("org.workorderd.InvalidDefinitions", &json!({ "message": "2 problems", "problems": problems })));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("repair.toml"), "").unwrap();
    let err = "workorderctl: 2 problems\n\
               repair.toml:12: process.node[2].kind: unknown kind \"taks\" (did you mean task?)\n\
               roles.toml: is empty\n";
    assert_eq!(stage.run(&["apply", folder.path().to_str().unwrap()]), failed(1, err));
}

#[test]
fn foreign_text_in_errors_does_not_steer_the_terminal() {
    let stage = Stage::new(|_| refusal("NotFound", "there is no Work Order \u{1b}[2J\nx"));
    assert_eq!(stage.run(&["show", "x"]).err, "workorderctl: there is no Work Order \u{fffd}[2J x\n");
}

#[test]
fn a_daemon_that_is_not_there_is_told_with_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("none");
    let ran = run_at(&socket, &["status"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.err.starts_with(&format!("workorderctl: the daemon cannot be reached at {}: No such file", socket.display())),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("hint: is workorderd running?"), "{}", ran.err);
    let deserted = folder.path().join("deserted");
    drop(UnixListener::bind(&deserted).unwrap());
    let ran = run_at(&deserted, &["status"]);
    assert!(ran.code == 3 && ran.err.contains("nobody listens"), "{ran:?}");
}

#[test]
fn a_change_without_an_answer_says_how_to_repeat_it() {
    let stage = Stage::new(|_| vec![]);
    let ran = stage.run(&["accept", "WO-1", "--request-id", "r-1"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("it is not known whether this was done"), "{}", ran.err);
    assert!(ran.err.contains("--request-id r-1"), "{}", ran.err);
    let ran = stage.run(&["show", "WO-1"]);
    assert!(ran.code == 3 && !ran.err.contains("request-id"), "a question can simply be asked again: {ran:?}");
}

#[test]
fn programs_get_errors_as_json() {
    let stage = Stage::new(|_| refusal("Busy", "too much to do"));
    let ran = stage.run(&["take", "WO-1", "--json"]);
    assert_eq!((ran.code, ran.out.as_str()), (75, ""));
    let told: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(told, json!({ "error": "org.workorderd.Busy", "parameters": { "message": "too much to do" } }));
}

#[test]
fn every_error_of_the_interfaces_has_its_exit_code() {
    let errors = Interface::parse(ERRORS).unwrap().errors;
    assert!(errors.len() > 30);
    let mut by_code = std::collections::BTreeMap::<u8, Vec<String>>::new();
    for error in &errors {
        by_code.entry(exit_code_of(&format!("org.workorderd.{}", error.name))).or_default().push(error.name.clone());
    }
    assert_eq!(by_code[&3], ["InvalidFrame", "Internal", "StreamEnded"]);
    assert_eq!(by_code[&4], ["UnknownPeer", "NotPermitted", "FuzzyNotAllowed", "ExactNotAllowed"]);
    assert_eq!(by_code[&5], ["Conflict", "RequestIdReused"]);
    assert_eq!(by_code[&75], ["TooManyConnections", "Stopping", "Busy", "DiskNearlyFull", "Lagged"]);
    assert_eq!(by_code.keys().copied().collect::<Vec<_>>(), [1, 3, 4, 5, 75]);
    assert_eq!(exit_code_of("org.varlink.service.PermissionDenied"), 4);
    assert_eq!(exit_code_of("org.varlink.service.MethodNotFound"), 3);
    assert_eq!(exit_code_of("com.example.Whatever"), 3);
}

#[test]
fn who_is_not_known_is_told_whom_to_ask() {
    let stage = Stage::new(|_| error("org.workorderd.UnknownPeer", &json!({ "message": "uid 1007 is not mapped", "uid": 1007 })));
    let err = "workorderctl: uid 1007 is not mapped\nhint: an administrator maps uid 1007 to a staff user (settings, control.peers)\n";
    assert_eq!(stage.run(&["list"]), failed(4, err));
}

#[test]
fn a_daemon_of_another_version_is_told_as_such() {
    let stage = Stage::new(|_| error("org.varlink.service.MethodNotFound", &json!({ "method": "org.workorderd.WorkOrders1.TakeTask" })));
    let ran = stage.run(&["take", "WO-1"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("has no method org.workorderd.WorkOrders1.TakeTask") && ran.err.contains("different versions"), "{}", ran.err);
    for answer in [json!({ "workOrder": 3 }), json!({ "workOrders": 3 }), json!({})] {
        let stage = Stage::new(move |_| reply(&answer));
        let ran = stage.run(&["show", "WO-1"]);
        assert!(ran.code == 3 && ran.err.contains("not as expected"), "{ran:?}");
    }
}

#[test]
fn a_newer_daemon_may_tell_more_than_is_known_here() {
    let receipt = json!({ "receipt": { "number": "WO-1", "revision": 3, "sequence": 9, "mood": "good" }, "weather": ["rain"] });
    let stage = Stage::new(move |_| reply(&receipt));
    let ran = stage.run(&["take", "WO-1"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "WO-1 taken (revision 3)\n"));
}

#[test]
fn wrong_arguments_are_refused_before_the_daemon_is_troubled() {
    let nowhere = Path::new("/nonexistent/socket");
    for arguments in [
        &["transfer", "WO-1"][..],
        &["transfer", "WO-1", "--engineer", "a", "--group", "b"],
        &["decline", "WO-1"],
        &["hold", "WO-1", "--reason", "weather"],
        &["confirm-not-solved", "WO-1"],
        &["list", "--limit", "0"],
        &["list", "--limit", "3", "--all"],
        &["list", "--status", "broken"],
        &["list", "--expected-revision", "3"],
        &["show", "WO-1", "--request-id", "x"],
        &["create", "repair", "subject", "--expected-revision", "3"],
        &["accept", "WO-1", "--request-id", ""],
        &["accept", "WO-1", "--request-id", "ü"],
        &["accept", "WO-1", "--time-zone", "Mars/Olympus"],
        &["guest", "evaluate", "token"],
        &["guest", "evaluate", "token", "five"],
        &["guest", "confirm", "token"],
        &["guest", "confirm", "token", "--solved", "--not-solved", "no"],
        &["apply", "/nonexistent"],
        &["move-to-version", "WO-1", "0"],
        &["frobnicate"],
        &[],
    ] {
        let ran = run_at(nowhere, arguments);
        assert!(ran.code == 2 && ran.out.is_empty() && !ran.err.is_empty(), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn spans_and_times_that_are_none_are_usage_errors() {
    let stage = Stage::new(|_| reply(&json!({ "now": 0 })));
    for arguments in [["clock", "ahead", "soon"], ["clock", "set", "yesterday"]] {
        assert_eq!(stage.run(&arguments).code, 2);
    }
    assert_eq!(stage.methods(), Vec::<String>::new());
}
