//! The calendar with a real daemon and the real command line (OPS-5): planned, moved, called off; overlaps and absences are told; who may
//! look at whose, and what they see of it; after a restart and a kill it is the same.

use std::process::Command;

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{BEGIN, Caller, DAY, HOUR};

const ALL: (i64, i64) = (BEGIN - 30 * DAY, BEGIN + 300 * DAY);

fn calendar(caller: &mut Caller, more: Value) -> Vec<Value> {
    let mut asked = json!({ "from": ALL.0, "until": ALL.1, "limit": 2 });
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let mut entries = Vec::new();
    loop {
        let page = caller.ok("WorkOrders1.GetCalendar", asked.clone());
        entries.extend(page["entries"].as_array().unwrap().iter().cloned());
        match page.get("next") {
            Some(next) => asked["after"] = next.clone(),
            None => return entries,
        }
    }
}

/// `NUMBER#VISIT`, or `busy`.
fn short(entries: &[Value]) -> Vec<String> {
    let one = |e: &Value| e["number"].as_str().map_or("busy".to_owned(), |number| format!("{number}#{}", e["visit"]));
    entries.iter().map(one).collect()
}

fn plan(caller: &mut Caller, number: &str, from: i64, hours: i64, more: Value) -> Value {
    let mut asked = json!({ "number": number, "from": BEGIN + from, "until": BEGIN + from + hours * HOUR });
    asked.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    caller.ok("WorkOrders1.PlanVisit", asked)
}

#[test]
fn visits_are_planned_moved_and_called_off_and_what_overlaps_is_told() {
    let stage = Stage::new();
    let (mut dora, mut emil) = (stage.caller("dora"), stage.caller("emil"));
    let (one, two) = (stage.at("task"), stage.at("task"));
    let first = plan(&mut dora, &one, DAY, 2, json!({ "note": "带上阀门" }));
    assert_eq!((&first["visit"], &first["absent"], &first["overlaps"]), (&json!(1), &json!(false), &json!([])));
    let second = plan(&mut dora, &two, DAY + HOUR, 2, json!({}));
    let overlap = json!([{ "from": BEGIN + DAY, "until": BEGIN + DAY + 2 * HOUR, "number": one, "visit": 1 }]);
    assert_eq!(second["overlaps"], overlap, "it is told, and planned all the same");
    let entries = calendar(&mut emil, json!({}));
    assert_eq!(short(&entries), [format!("{one}#1"), format!("{two}#1")]);
    assert_eq!(
        (&entries[0]["note"], &entries[0]["subject"], &entries[0]["account"]),
        (&json!("带上阀门"), &json!("电梯坏了"), &json!("acme"))
    );
    assert_eq!(entries[0]["overlaps"][0]["number"], json!(two), "each tells of the other");
    // The same request again is the same visit.
    let again = json!({ "number": two, "from": BEGIN + 9 * DAY, "until": BEGIN + 9 * DAY + HOUR, "requestId": "again" });
    let answers = [dora.ok("WorkOrders1.PlanVisit", again.clone()), dora.ok("WorkOrders1.PlanVisit", again)];
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0]["visit"], 2);
    // Moved out of the way, it is the same visit at another time.
    let away = json!({ "number": two, "visit": 1, "from": BEGIN + 2 * DAY, "until": BEGIN + 2 * DAY + HOUR });
    let moved = dora.ok("WorkOrders1.MoveVisit", away);
    assert_eq!((&moved["visit"], &moved["overlaps"]), (&json!(1), &json!([])));
    let after = calendar(&mut emil, json!({}));
    assert_eq!((&after[1]["uid"], &after[1]["moved"]), (&entries[1]["uid"], &json!(1)));
    assert_eq!(after[0]["overlaps"], json!([]));
    // An absence is told with what falls into it, and by itself.
    let absence = json!({ "id": "emil", "from": BEGIN + 2 * DAY - HOUR, "until": BEGIN + 3 * DAY });
    emil.ok("Directory1.SetAbsence", absence);
    let late = plan(&mut dora, &one, 2 * DAY + 4 * HOUR, 1, json!({}));
    assert_eq!(late["absent"], true);
    let told = emil.ok("WorkOrders1.GetCalendar", json!({ "from": ALL.0, "until": ALL.1 }));
    let absent: Vec<&Value> = told["entries"].as_array().unwrap().iter().map(|e| &e["absent"]).collect();
    assert_eq!(absent, [false, true, true, false]);
    assert_eq!(told["absences"], json!([{ "engineer": "emil", "from": BEGIN + 2 * DAY - HOUR, "until": BEGIN + 3 * DAY }]));
    // Called off, it is history.
    dora.act(&one, "CancelVisit", json!({ "visit": 1, "reason": "客户取消" }));
    assert_eq!(short(&calendar(&mut emil, json!({}))), [format!("{two}#1"), format!("{one}#2"), format!("{two}#2")]);
    let history: Vec<String> =
        dora.history(&one).iter().map(|l| format!("{}: {}", l["event"].as_str().unwrap(), l["details"].as_str().unwrap())).collect();
    assert!(history.contains(&"VisitPlanned: visit 1 of emil, 2025-11-04 09:00 UTC to 11:00 UTC: 带上阀门".to_owned()), "{history:?}");
    assert!(history.contains(&"VisitCancelled: visit 1: 客户取消".to_owned()), "{history:?}");
    let history = dora.history(&two);
    let moved = history.iter().find(|l| l["event"] == "VisitMoved").unwrap();
    assert_eq!(moved["details"], "visit 1 of emil, now 2025-11-05 09:00 UTC to 10:00 UTC");
}

#[test]
fn what_is_void_is_on_no_calendar_and_of_what_has_ended_what_had_begun() {
    let stage = Stage::new();
    let (mut dora, mut emil) = (stage.caller("dora"), stage.caller("emil"));
    let (void, over) = (stage.at("task"), stage.at("task"));
    plan(&mut dora, &void, DAY, 1, json!({}));
    plan(&mut dora, &over, HOUR, 1, json!({}));
    plan(&mut dora, &over, 40 * DAY, 1, json!({}));
    dora.act(&void, "Void", json!({ "reason": "twice" }));
    let both = [format!("{over}#1"), format!("{over}#2")];
    assert_eq!(
        (short(&calendar(&mut emil, json!({}))), short(&calendar(&mut stage.daemon.admin(), json!({})))),
        (both.to_vec(), both.to_vec())
    );
    stage.daemon.admin().act(&void, "Restore", json!({}));
    assert_eq!(short(&calendar(&mut emil, json!({}))), [both[0].clone(), format!("{void}#1"), both[1].clone()]);
    stage.daemon.admin().ahead(3 * HOUR);
    dora.act(&over, "Cancel", json!({}));
    let stands = [both[0].clone(), format!("{void}#1")];
    assert_eq!(short(&calendar(&mut emil, json!({}))), stands);
    assert_eq!(dora.get(&over)["planned"].as_array().unwrap().len(), 1);
    drop((dora, emil));
    // The same after a stop in order, and after none.
    let stage = stage.restarted();
    assert_eq!(short(&calendar(&mut stage.caller("emil"), json!({}))), stands);
    let stage = stage.killed();
    assert_eq!(short(&calendar(&mut stage.caller("emil"), json!({}))), stands);
}

#[test]
fn one_looks_at_ones_own_calendar_and_leaders_superiors_and_dispatchers_at_more_but_at_nothing_of_a_hidden_work_order() {
    let stage = Stage::new();
    let mut dora = stage.caller("dora");
    let (emils, meis) = (stage.at("task"), stage.at("task"));
    dora.act(&meis, "AddTeamMember", json!({ "user": "mei", "access": "read" }));
    plan(&mut dora, &emils, DAY, 2, json!({ "note": "geheim" }));
    plan(&mut dora, &meis, DAY, 2, json!({ "engineer": "mei" }));
    let seen = |who: &str, of: Value| short(&calendar(&mut stage.caller(who), of));
    let whole = [format!("{emils}#1"), format!("{meis}#1")];
    assert_eq!(seen("emil", json!({})), whole[..1], "his own");
    assert_eq!(seen("mei", json!({})), ["busy", &whole[1]], "her own, and that of a member of groups she leads");
    assert_eq!((seen("dora", json!({})), seen("", json!({}))), (whole.to_vec(), whole.to_vec()), "who reads all");
    assert_eq!((seen("sina", json!({})), seen("rita", json!({})), seen("nora", json!({}))), (vec![], vec![], vec![]), "others none");
    // lena leads the group of both, but these Work Orders are in no group of hers: they are busy, and that is all.
    assert_eq!(seen("lena", json!({})), ["busy", "busy"]);
    let busy = calendar(&mut stage.caller("lena"), json!({ "engineer": "emil" }));
    let text = busy[0].to_string();
    assert!(busy.len() == 1 && ![emils.as_str(), "电梯", "geheim", "acme"].iter().any(|secret| text.contains(secret)), "{text}");
    let meis_calendar = json!({ "engineer": "mei", "from": 0, "until": 1 });
    assert_eq!(stage.caller("emil").refused("WorkOrders1.GetCalendar", meis_calendar).0, "org.workorderd.NotPermitted");
    let superior = json!({ "id": "emil", "name": "Emil", "roles": ["engineer"], "superior": "sina" });
    stage.daemon.admin().ok("Directory1.PutStaffUser", json!({ "staffUser": superior }));
    assert_eq!(seen("sina", json!({})), whole[..1], "a superior; and the Work Order is her subordinate's, so she sees it");
    // Whoever plans is told of what overlaps as far as they may look: emil on his own Work Order knows nothing of mei's calendar.
    dora.act(&emils, "AddTeamMember", json!({ "user": "mei" }));
    let told = plan(&mut stage.caller("emil"), &emils, DAY, 1, json!({ "engineer": "mei" }));
    assert_eq!((&told["absent"], &told["overlaps"]), (&json!(false), &json!([])));
    assert_eq!(plan(&mut dora, &emils, DAY, 1, json!({ "engineer": "mei" }))["overlaps"].as_array().unwrap().len(), 2);
}

#[test]
fn the_command_line_plans_shows_and_exports_in_the_users_time_zone() {
    let stage = Stage::new();
    let number = stage.at("task");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
        command.env_clear().env("WORKORDERD_SOCKET", stage.daemon.socket()).args(["--as", "emil", "--time-zone", "Asia/Shanghai"]);
        let output = command.args(arguments).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
        (output.status.code().unwrap(), told)
    };
    let (code, told) = run(&["plan", &number, "--from", "2025-11-05T09:00", "--for", "2h", "--note", "带上阀门，停在后面"]);
    assert_eq!((code, told), (0, format!("{number} planned visit 1 (revision 4)\n")));
    let (code, told) = run(&["plan", &number, "--from", "2025-11-05T10:30", "--until", "2025-11-05T12:00"]);
    assert_eq!((code, told), (0, format!("{number} planned visit 2 (revision 5)\n  overlaps visit 1 of {number}, 09:00-11:00\n")));
    let (_, told) = run(&["calendar"]);
    assert!(told.starts_with(&format!("Wednesday 2025-11-05\n! 09:00-11:00  emil  {number}  电梯坏了\n")), "{told}");
    assert!(told.contains("overlaps visit 2") && told.contains("at acme: 带上阀门，停在后面\n"), "{told}");
    assert_eq!(run(&["calendar", "--until", "2025-11-04"]).1, "nothing is planned from 2025-11-03 00:00 until 2025-11-05 00:00\n");
    let file = tempfile::tempdir().unwrap().keep().join("emil.ics");
    let (code, told) = run(&["calendar", "--engineer", "emil", "--ics", file.to_str().unwrap()]);
    assert_eq!((code, told), (0, format!("2 visits written to {}\n", file.display())));
    let ics = std::fs::read_to_string(&file).unwrap();
    for line in ["DTSTART:20251105T010000Z", "DTEND:20251105T030000Z", "DESCRIPTION:带上阀门，停在后面", "SEQUENCE:0"] {
        assert!(ics.contains(&format!("\r\n{line}\r\n")), "{line} in {ics}");
    }
    let uid = |ics: &str| ics.split("\r\n").find(|line| line.starts_with("UID:")).unwrap().to_owned();
    let (code, told) = run(&["move-visit", &number, "1", "--from", "2025-11-05T08:00", "--for", "2h"]);
    assert_eq!((code, told), (0, format!("{number} moved visit 1 (revision 6)\n")));
    let (_, again) = run(&["calendar", "--engineer", "emil", "--ics", "-"]);
    assert_eq!(uid(&again), uid(&ics));
    assert!(again.contains("SEQUENCE:1\r\n") && again.contains("DTSTART:20251105T000000Z"), "{again}");
    let (code, told) = run(&["cancel-visit", &number, "2", "--reason", "not needed"]);
    assert_eq!((code, told), (0, format!("{number} visit 2 called off (revision 7)\n")));
    assert_eq!(run(&["calendar", "--ics", "-"]).1.matches("BEGIN:VEVENT").count(), 1);
    let (_, told) = run(&["show", &number]);
    assert!(told.contains("planned visits\n  #1 2025-11-05 08:00-10:00  emil  带上阀门，停在后面\n"), "{told}");
    let (_, told) = run(&["calendar", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&told).unwrap()["entries"][0]["moved"], 1);
    assert_eq!(run(&["plan", &number, "--from", "soon", "--for", "2h"]).0, 2);
    assert!(run(&["plan", &number, "--from", "2025-11-05T09:00"]).1.contains("--until"));
    let python = match crate::real_python::environment() {
        Ok(python) => python,
        Err(why) => return println!("skipped: {why}"),
    };
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/read_calendar.py");
    let output = Command::new(python).arg(script).stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
    let events: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(events.len(), 2);
    assert_eq!(events[0]["summary"], format!("{number} 电梯坏了"));
    assert_eq!(events[0]["dtstart"], (BEGIN + 2 * DAY - 8 * HOUR) / 1000);
}
