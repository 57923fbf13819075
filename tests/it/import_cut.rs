//! Imports that are cut in their middle, by the end of the client or of the daemon: the same command again makes what is missing, and
//! nothing twice. And judgements: what is judged is what the command itself then says, for everybody, and leaves nothing behind.

use std::collections::BTreeSet;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::import_stage::Stage;
use crate::real_places;
use crate::real_stage::{Caller, until};
use crate::real_tables::{PEOPLE, sequence};

const CONTACTS: i64 = 20_000;
const ORDERS: i64 = 4_000;

fn contacts() -> String {
    let line = |n| format!("c-{n:06},客户 {n},acme,13{n:09}\n");
    ["id,name,account,mobile\n".to_owned()].into_iter().chain((0..CONTACTS).map(line)).collect()
}

fn orders() -> String {
    let line = |n| format!("repair,电梯 {n},LOG-{n},wang\n");
    ["record_type,subject,reference,contact\n".to_owned()].into_iter().chain((0..ORDERS).map(line)).collect()
}

/// `import` as a program of its own; its standard error can be read.
fn program(stage: &Stage, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
    command.env_clear().arg("--socket").arg(stage.daemon.socket()).arg("import").args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

fn behind(stage: &Stage, sequence_then: i64) {
    until("the first lines to be in", || (sequence(&stage.daemon) > sequence_then).then_some(()));
}

/// Imports until nothing is left; how many lines this run imported.
fn the_rest(stage: &Stage, arguments: &[&str], lines: i64) -> i64 {
    let ran = stage.import(&[arguments, &["--json"]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(report["done"].as_i64().unwrap() + report["there"].as_i64().unwrap(), lines, "{report}");
    report["done"].as_i64().unwrap()
}

#[test]
fn a_client_that_is_killed_in_the_midst_of_an_import_is_followed_by_one_that_does_the_rest() {
    let stage = Stage::new();
    let file = stage.file("contacts.csv", contacts());
    let arguments = [file.as_str(), "--kind", "contact"];
    let before = sequence(&stage.daemon);
    let mut child = program(&stage, &arguments);
    behind(&stage, before + 1_000);
    child.kill().unwrap();
    child.wait().unwrap();
    let done = the_rest(&stage, &arguments, CONTACTS);
    assert!(0 < done && done <= CONTACTS - 1_000, "{done} of {CONTACTS} were left: the kill came too late or changed nothing");
    // One record each, whoever wrote it.
    assert_eq!(sequence(&stage.daemon) - before, CONTACTS);
    assert_eq!(the_rest(&stage, &arguments, CONTACTS), 0);
    assert_eq!(sequence(&stage.daemon) - before, CONTACTS, "a repeat has changed something");
    assert_eq!(stage.contact("c-012345")["mobile"], "13000012345");
}

#[test]
fn a_daemon_that_is_killed_in_the_midst_of_an_import_has_each_work_order_once_after_a_repeat() {
    let mut stage = Stage::new();
    let file = stage.file("log.csv", orders());
    let arguments = [file.as_str(), "--kind", "work-order"];
    let before = sequence(&stage.daemon);
    let child = program(&stage, &arguments);
    behind(&stage, before + 500);
    stage.daemon.signal(rustix::process::Signal::KILL);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(3), "{said}");
    assert!(said.contains("the import broke off") && said.contains("the same command again goes on where it stopped"), "{said}");
    stage.daemon = stage.home.start();
    let there = stage.daemon.admin().numbers().len() as i64;
    assert_eq!(the_rest(&stage, &arguments, ORDERS), ORDERS - there);
    assert!((500..ORDERS).contains(&there), "{there} of {ORDERS} were there after the kill");
    let numbers = stage.daemon.admin().numbers();
    assert_eq!((numbers.len(), numbers.iter().collect::<BTreeSet<_>>().len()), (ORDERS as usize, ORDERS as usize));
    for n in [0, 499, ORDERS - 1] {
        let found = stage.daemon.admin().ok("WorkOrders1.List", json!({ "reference": format!("LOG-{n}") }));
        assert_eq!((&found["total"], &found["lines"][0]["subject"]), (&json!(1), &json!(format!("电梯 {n}"))));
    }
    let head = stage.daemon.admin().head();
    stage.daemon.signal(rustix::process::Signal::TERM);
    assert_eq!(stage.daemon.wait_for_end(), 0);
    stage.home.verify(Some(&head)).unwrap_or_else(|told| panic!("{told}"));
}

/// What a call says, without the words that name its method.
fn said(called: Result<Value, (String, Value)>) -> Result<(), (String, Value)> {
    called.map(drop)
}

#[test]
fn a_put_is_judged_as_it_is_then_done_whoever_asks() {
    let stage = real_places::Stage::new();
    let puts = [
        ("PutStaffUser", "staffUser", json!({ "id": "ann", "name": "Ann", "roles": ["engineer"], "superior": "dora" })),
        ("PutStaffUser", "staffUser", json!({ "id": "ann", "name": "Ann", "roles": ["wizard"] })),
        ("PutStaffUser", "staffUser", json!({ "id": "ann", "name": "Ann", "roles": [], "superior": "nobody" })),
        ("PutStaffUser", "staffUser", json!({ "id": "ann", "name": "Ann", "roles": [], "superior": "ann" })),
        ("PutStaffUser", "staffUser", json!({ "id": "a n", "name": "Ann", "roles": [] })),
        ("PutDepartment", "department", json!({ "id": "field", "name": "Field", "head": "nobody" })),
        ("PutDepartment", "department", json!({ "id": "field", "name": "Field", "head": "dora" })),
        ("PutUserGroup", "userGroup", json!({ "id": "night", "name": "Night", "members": ["dora", "emil"] })),
        ("PutUserGroup", "userGroup", json!({ "id": "night", "name": "Night", "members": ["dora", "nobody"] })),
        ("PutServiceProvider", "serviceProvider", json!({ "id": "subco", "name": "" })),
        ("PutServiceProvider", "serviceProvider", json!({ "id": "subco", "name": "Subco" })),
        ("PutServiceGroup", "serviceGroup", json!({ "id": "south", "name": "南区", "leader": "lena", "members": ["emil"], "limit": 5 })),
        ("PutServiceGroup", "serviceGroup", json!({ "id": "south", "name": "南区", "members": ["nobody"] })),
        ("PutServiceGroup", "serviceGroup", json!({ "id": "south", "name": "南区", "members": [], "rule": "dice" })),
        ("PutServiceGroup", "serviceGroup", json!({ "id": "south", "name": "南区", "leader": "lena", "members": ["emil"], "limit": 0 })),
        ("PutAccount", "account", json!({ "id": "globex", "name": "x".repeat(300) })),
        ("PutAccount", "account", json!({ "id": "globex", "name": "Globex" })),
        ("PutContact", "contact", json!({ "id": "zoe", "name": "Zoé", "email": "nobody" })),
        ("PutContact", "contact", json!({ "id": "zoe", "name": "Zoé", "account": "nowhere" })),
        ("PutContact", "contact", json!({ "id": "zoe", "name": "Zoé", "account": "globex" })),
        ("PutProduct", "product", json!({ "id": "pump", "name": "a\nb" })),
        ("PutProduct", "product", json!({ "id": "pump", "name": "Pump" })),
        ("PutTerminal", "terminal", json!({ "id": "T-9", "name": "Pump", "product": "nothing", "account": "acme" })),
        ("PutTerminal", "terminal", json!({ "id": "T-9", "name": "Pump", "product": "pump", "account": "acme" })),
    ];
    let (mut good, mut bad, mut same) = (0, 0, 0);
    // And the first one again, for whom all is as they want it.
    for who in PEOPLE.into_iter().chain([PEOPLE[0]]) {
        for (method, parameter, entry) in &puts {
            let before = sequence(&stage.daemon);
            let judged = stage.caller(who).call("Directory1.JudgePut", json!({ *parameter: entry }));
            assert_eq!(sequence(&stage.daemon), before, "a judgement has left something");
            let done = said(stage.caller(who).call(&format!("Directory1.{method}"), json!({ *parameter: entry })));
            match (judged, done) {
                (Ok(told), Ok(())) if told["change"] == true => good += 1,
                (Ok(told), Err((name, _))) if told["change"] == false && name.ends_with(".NothingToChange") => same += 1,
                (Err(judged), Err(done)) if judged == done => bad += 1,
                (judged, done) => panic!("{method} {entry} by {who:?}: judged {judged:?}, but then {done:?}"),
            }
        }
    }
    assert!(good >= 8 && bad > 90 && same > 0, "{good} good, {bad} bad, {same} the same");
    // What has no entry, or two, is no question.
    let two = json!({ "account": { "id": "a", "name": "A" }, "product": { "id": "p", "name": "P" } });
    let told = stage.caller("").refused("Directory1.JudgePut", two);
    assert_eq!(told.0, "org.workorderd.InvalidField");
}

#[test]
fn a_creation_is_judged_as_it_is_then_done_and_tells_nobody_elses_work_order() {
    let stage = real_places::Stage::new();
    stage.caller("").ok("Directory1.PutContact", json!({ "contact": { "id": "gone", "name": "Gone", "disabled": true } }));
    let creations = [
        json!({ "recordType": "repair", "subject": "x", "contact": "wang" }),
        json!({ "recordType": "repair", "subject": "x", "contact": "nobody" }),
        json!({ "recordType": "repair", "subject": "x", "contact": "gone" }),
        json!({ "recordType": "nothing", "subject": "x", "contact": "wang" }),
        json!({ "recordType": "r r", "subject": "x", "contact": "wang" }),
        json!({ "recordType": "repair", "subject": "", "contact": "wang" }),
        json!({ "recordType": "repair", "subject": "x" }),
        json!({ "recordType": "repair", "subject": "x", "contact": "wang", "priority": "soon" }),
        json!({ "recordType": "repair", "subject": "x", "submitter": "staff:nobody" }),
        json!({ "recordType": "repair", "subject": "x", "contact": "wang", "fields": { "shoe": "44" } }),
        json!({ "recordType": "repair", "subject": "x", "contact": "wang", "fields": { "wanted-on": "2026-02-31" } }),
    ];
    let with = |creation: &Value, id: String| {
        let mut creation = creation.clone();
        creation["requestId"] = id.into();
        creation
    };
    let (mut made, mut bad) = (0, 0);
    for who in PEOPLE {
        for (index, creation) in creations.iter().enumerate() {
            // The same request ids for everybody: they are each one's own.
            let asked = with(creation, format!("row-{index}"));
            let (before, mut caller) = (sequence(&stage.daemon), stage.caller(who));
            let judged = caller.call("WorkOrders1.JudgeCreate", asked.clone());
            let open = caller.call("WorkOrders1.JudgeCreate", creation.clone());
            assert_eq!(judged, open, "{creation} by {who:?}: the request id made a difference before there was anything");
            assert_eq!(sequence(&stage.daemon), before, "a judgement has left something");
            match (judged, caller.call("WorkOrders1.Create", asked.clone())) {
                (Ok(told), Ok(done)) if told.get("number").is_none_or(Value::is_null) => {
                    let again = caller.ok("WorkOrders1.JudgeCreate", asked);
                    assert_eq!(again["number"], done["receipt"]["number"]);
                    made += 1;
                }
                (Err(judged), Err(done)) if judged == done => bad += 1,
                (judged, done) => panic!("{creation} by {who:?}: judged {judged:?}, but then {done:?}"),
            }
        }
    }
    assert!(made >= 4 && bad > 60, "{made} made, {bad} bad");
    // No number is used up by a question.
    let place = |number: String| number.rsplit('-').next().unwrap().parse::<u32>().unwrap();
    let mut dora = stage.caller("dora");
    let before = place(dora.create(json!({})));
    (0..5).for_each(|_| drop(dora.ok("WorkOrders1.JudgeCreate", creations[0].clone())));
    assert_eq!(place(dora.create(json!({}))), before + 1);
    a_role_that_was_taken_away(&stage, &with(&creations[0], "row-0".to_owned()));
}

/// Who may not create any more is not told what they created by that request.
fn a_role_that_was_taken_away(stage: &real_places::Stage, asked: &Value) {
    let mut sina: Caller = stage.caller("sina");
    assert!(sina.ok("WorkOrders1.JudgeCreate", asked.clone())["number"].is_string());
    let user = json!({ "id": "sina", "name": "sina", "roles": ["engineer"] });
    stage.caller("").ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
    assert_eq!(sina.refused("WorkOrders1.JudgeCreate", asked.clone()).0, "org.workorderd.NotPermitted");
}
