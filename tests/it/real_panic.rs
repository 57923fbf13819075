//! The rules of each command panic, once each, on the real daemon: who brought it gets an error, nothing was changed, everybody else
//! goes on, and what it was about is told in a file for the daemon's owner without what people typed.
//!
//! In builds with the feature `mutants`, which have a place to panic.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use crate::real_places::Stage;
use crate::real_roles::ROLES;
use crate::real_stage::{BEGIN, Home, is_mutation, until};
use crate::real_tables::{PEOPLE, people_steps, sequence};
use crate::real_tables_calendar as calendar;
use crate::real_tables_keeping as keeping;
use crate::real_tables_on_site as on_site;
use crate::real_tables_portal as portal;

/// The command of a method; none where it is none of the rules'.
fn command(method: &str) -> Option<&str> {
    let (interface, name) = method.split_once('.').unwrap();
    Some(match (interface, name) {
        ("Guest1", "Evaluate") => "SubmitEvaluation",
        ("Guest1", "ConfirmOwn") => "ConfirmSolved",
        ("Guest1", "CancelOwn") => "Cancel",
        ("Definitions1", "MoveRule") => "ApplyDefinitions",
        ("Definitions1", "Publish") => "PublishRecordType",
        ("Definitions1", "Retire") => "RetireRecordType",
        ("Definitions1", "Delete") => "DeleteRecordType",
        // Tried without effect; by a link that is for something else; and a clock that is not the machine's.
        ("Definitions1", "Apply") | ("Guest1", "Confirm") | ("System1", "TrustClock" | "RetryTimers") => return None,
        (_, name) => name,
    })
}

#[test]
fn a_panic_in_the_rules_of_any_command_is_contained_and_told() {
    let home = Home::new();
    let (switch, defects) = (home.path("panic"), home.data().join("defects"));
    let mut start = home.command(&["--clock", "manual", "--clock-start", &BEGIN.to_string()]);
    start.env("WO_PANIC_FILE", &switch);
    let mut daemon = home.spawn(start);
    daemon.wait_until_ready();
    let stage = Stage::of(home, daemon);
    let beside = stage.at("task");
    let mut tried = 0;
    for (method, row) in ROLES.into_iter().chain(on_site::ROLES).chain(keeping::ROLES).chain(calendar::ROLES).chain(portal::ROLES) {
        let Some(command) = command(method).filter(|_| is_mutation(method)) else { continue };
        let who = PEOPLE[row.find('y').unwrap()];
        let parameters = stage.good(method);
        let before = sequence(&stage.daemon);
        fs::write(&switch, command).unwrap();
        let (name, told) = stage.caller(who).refused(method, parameters.clone());
        assert_eq!(name, "org.workorderd.Internal", "{method}: {told}");
        let left = people_steps(&stage.daemon, before);
        assert!(left.is_empty(), "{method} left {left:?}");
        // Others go on meanwhile, whoever it was can go on after it.
        if command != "AddServiceRecord" {
            stage.caller("emil").act(&beside, "AddServiceRecord", json!({ "text": "王伟 was there" }));
        }
        fs::remove_file(&switch).unwrap();
        stage.caller(who).ok(method, parameters);
        tried += 1;
    }
    assert!(tried > 35, "only {tried} were tried");
    assert_eq!(stage.daemon.admin().status()["panics"], tried);
    // The one that told of whom ErasePerson erased has gone with them.
    let files = until("the end of what told of who was erased", || {
        let files: Vec<_> = fs::read_dir(&defects).unwrap().map(|e| e.unwrap()).collect();
        (files.len() + 1 == tried).then_some(files)
    });
    for file in files {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("panic: the rules of ") && text.contains("input: "), "{text}");
        for private in ["王伟", "wang@example.cn", "was there"] {
            assert!(!text.contains(private), "{private} in {text}");
        }
    }
    println!("the rules of {tried} commands panicked, each was contained");
}
