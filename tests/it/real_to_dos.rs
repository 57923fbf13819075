//! To-dos with a real daemon (OPS-1, OPS-4): new, passed on, returned, overdue; claimed by one and gone for the others; forwarded, and to
//! be reminded of; in the list and live to whoever watches.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{BEGIN, DAY, HOUR, Pipe, full, until};

/// What waits for somebody: number, kind, and whether it is for whoever takes it first.
fn to_dos(stage: &Stage, who: &str) -> Vec<(String, String, bool)> {
    let told = stage.caller(who).ok("WorkOrders1.ListToDos", json!({ "sort": "oldest", "limit": 100 }));
    let each = |one: &Value| {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&one["line"]["number"]), text(&one["kind"]), one["claimable"].as_bool().unwrap())
    };
    told["toDos"].as_array().unwrap().iter().map(each).collect()
}

fn of(stage: &Stage, who: &str, number: &str) -> Vec<String> {
    to_dos(stage, who).into_iter().filter(|(n, ..)| n == number).map(|(_, kind, _)| kind).collect()
}

#[test]
fn what_comes_to_somebody_is_new_passed_on_returned_or_overdue_and_leaves_when_it_is_done() {
    let stage = Stage::new();
    let number = stage.at("assign");
    let (mut dora, mut emil, mut mei) = (stage.caller("dora"), stage.caller("emil"), stage.caller("mei"));
    assert_eq!(of(&stage, "dora", &number), ["new"]);
    dora.act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    assert_eq!((of(&stage, "emil", &number), of(&stage, "mei", &number)), (vec!["new".to_owned()], vec![]));
    emil.act(&number, "DeclineAssignment", json!({ "reason": "no time" }));
    assert_eq!((of(&stage, "dora", &number), of(&stage, "emil", &number)), (vec!["passed-on".to_owned()], vec![]));
    dora.act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    emil.act(&number, "AcceptAssignment", json!({}));
    assert_eq!(of(&stage, "emil", &number), ["new"]);
    emil.act(&number, "Transfer", json!({ "engineer": "mei" }));
    assert_eq!((of(&stage, "emil", &number), of(&stage, "mei", &number)), (vec![], vec!["passed-on".to_owned()]));
    mei.act(&number, "AcceptAssignment", json!({}));
    mei.act(&number, "CompleteTask", json!({}));
    dora.act(&number, "ConfirmNotSolved", json!({ "reason": "it still leaks" }));
    assert_eq!(of(&stage, "mei", &number), ["returned"]);
    stage.daemon.admin().ahead(30 * DAY);
    let waits = until("it is overdue", || Some(of(&stage, "mei", &number)).filter(|kinds| kinds == &["overdue"]));
    assert_eq!(waits.len(), 1);
    mei.act(&number, "CompleteTask", json!({}));
    assert_eq!(of(&stage, "mei", &number), [""; 0]);
}

#[test]
fn what_waits_for_many_is_claimed_by_one_and_leaves_the_lists_of_the_others() {
    let stage = Stage::new();
    let pooled = stage.at("pool");
    assert_eq!(to_dos(&stage, "emil"), [(pooled.clone(), "new".to_owned(), true)]);
    assert!(to_dos(&stage, "mei").contains(&(pooled.clone(), "new".to_owned(), true)), "the leader is one of them");
    stage.caller("emil").act(&pooled, "Claim", json!({}));
    assert_eq!((of(&stage, "mei", &pooled), of(&stage, "emil", &pooled).len()), (vec![], 1));
    // A task that one of several has taken waits for that one.
    let ticket = stage.at("ticket");
    let handlers = stage.daemon.admin().get(&ticket)["handlers"].clone();
    assert!(handlers.as_array().unwrap().len() > 1, "{handlers}");
    assert!(!of(&stage, "dora", &ticket).is_empty());
    stage.caller("emil").act(&ticket, "TakeTask", json!({}));
    assert_eq!((of(&stage, "dora", &ticket), of(&stage, "emil", &ticket).len()), (vec![], 1));
}

#[test]
fn what_is_forwarded_and_what_one_is_to_be_reminded_of_waits_for_one_person_alone_until_they_are_through() {
    let stage = Stage::new();
    let number = stage.at("task");
    let (mut dora, mut emil) = (stage.caller("dora"), stage.caller("emil"));
    dora.act(&number, "AddTeamMember", json!({ "user": "mei", "access": "read" }));
    dora.act(&number, "Forward", json!({ "users": ["emil", "mei"], "note": "请看一下 the valve" }));
    emil.act(&number, "RemindMe", json!({ "at": BEGIN + HOUR, "note": "call 王伟" }));
    assert_eq!(of(&stage, "mei", &number), ["forwarded"]);
    assert_eq!(of(&stage, "emil", &number), ["new", "forwarded"]);
    let told = stage.caller("mei").ok("WorkOrders1.ListToDos", json!({}))["toDos"][0].clone();
    assert_eq!((&told["by"], &told["note"], &told["no"]), (&json!("dora"), &json!("请看一下 the valve"), &json!(2)));
    // Reminders ahead are told to whose they are alone.
    assert_eq!(emil.get(&number)["toDos"][1]["ahead"], true);
    assert_eq!(dora.get(&number)["toDos"], json!([]));
    let history = dora.ok("WorkOrders1.History", json!({ "number": number })).to_string();
    assert!(history.contains("to mei: 请看一下 the valve") && !history.contains("call 王伟"), "{history}");
    stage.daemon.admin().ahead(HOUR);
    until("the reminder", || of(&stage, "emil", &number).contains(&"reminder".to_owned()).then_some(()));
    // Also of what has ended, and after a restart.
    drop((dora, emil));
    stage.daemon.admin().act(&number, "Edit", json!({ "subject": "changed meanwhile" }));
    stage.caller("emil").act(&number, "CompleteTask", json!({}));
    stage.caller("dora").act(&number, "ConfirmSolved", json!({}));
    stage.daemon.admin().ahead(60 * DAY);
    until("its end", || stage.daemon.admin().get(&number)["outcome"].is_string().then_some(()));
    let stage = stage.restarted();
    assert_eq!(of(&stage, "emil", &number), ["forwarded", "reminder"]);
    let (mut emil, mut mei) = (stage.caller("emil"), stage.caller("mei"));
    // Of somebody else's nobody is through.
    let not_hers = json!({ "number": number, "toDo": 1 });
    assert_eq!(mei.refused("WorkOrders1.FinishToDo", not_hers).0, "org.workorderd.NotFound");
    emil.act(&number, "FinishToDo", json!({ "toDo": 1 }));
    mei.act(&number, "FinishToDo", json!({ "toDo": 2 }));
    assert_eq!((of(&stage, "emil", &number), of(&stage, "mei", &number)), (vec!["reminder".to_owned()], vec![]));
    emil.act(&number, "FinishToDo", json!({ "toDo": 3 }));
    assert_eq!(of(&stage, "emil", &number), [""; 0]);
    // A lock does not stand in the way of it, what is void does.
    let locked = stage.at("task");
    stage.caller("dora").act(&locked, "Lock", json!({}));
    stage.caller("dora").act(&locked, "Forward", json!({ "users": ["emil"] }));
    assert_eq!(of(&stage, "emil", &locked), ["new", "forwarded"]);
    stage.daemon.admin().act(&locked, "Unlock", json!({}));
    stage.daemon.admin().act(&locked, "Void", json!({ "reason": "twice" }));
    assert_eq!(of(&stage, "emil", &locked), [""; 0], "it is void");
}

#[test]
fn a_reminder_that_fell_due_while_the_daemon_was_down_comes_once() {
    let stage = Stage::new();
    let number = stage.at("task");
    stage.caller("emil").act(&number, "RemindMe", json!({ "at": BEGIN + HOUR }));
    stage.daemon.admin().ahead(HOUR - 1);
    assert_eq!(of(&stage, "emil", &number), ["new"]);
    let stage = stage.restarted();
    stage.daemon.admin().ahead(DAY);
    until("the reminder", || (of(&stage, "emil", &number) == ["new", "reminder"]).then_some(()));
    let history = stage.daemon.admin().ok("WorkOrders1.History", json!({ "number": number }))["lines"].clone();
    let due = history.as_array().unwrap().iter().filter(|line| line["event"] == "ReminderDue").count();
    assert_eq!(due, 1);
}

/// Everything that waits for somebody from a sequence on, as it is told live: command and kind.
fn watched(stage: &Stage, who: &str, after: i64, number: &str, last: &str) -> Vec<(String, String)> {
    let mut pipe: Pipe = stage.daemon.pipe();
    pipe.call("System1.ActAs", &json!({ "user": who }));
    pipe.reply().unwrap();
    let call = json!({ "method": full("WorkOrders1.Watch"), "parameters": { "after": after, "number": number }, "more": true });
    pipe.send((call.to_string() + "\0").as_bytes()).unwrap();
    let mut found = Vec::new();
    loop {
        let reply = pipe.reply().unwrap();
        for step in reply.parameters["steps"].as_array().unwrap() {
            let command = step["command"].as_str().unwrap().to_owned();
            if let Some(kind) = step["toDo"].as_str() {
                found.push((command.clone(), kind.to_owned()));
            }
            if command == last {
                return found;
            }
        }
    }
}

#[test]
fn whoever_watches_is_told_live_what_of_it_waits_for_them_and_not_what_they_did_themselves() {
    let stage = Stage::new();
    let number = stage.at("assign");
    let after = stage.daemon.admin().status()["sequence"].as_i64().unwrap();
    let (mut dora, mut emil) = (stage.caller("dora"), stage.caller("emil"));
    dora.act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    emil.act(&number, "AcceptAssignment", json!({}));
    emil.act(&number, "Transfer", json!({ "engineer": "mei" }));
    dora.act(&number, "Forward", json!({ "users": ["emil"] }));
    stage.caller("mei").act(&number, "AcceptAssignment", json!({}));
    stage.caller("mei").act(&number, "CompleteTask", json!({}));
    dora.act(&number, "ConfirmNotSolved", json!({ "reason": "no" }));
    dora.act(&number, "ChangeOwner", json!({ "owner": "emil" }));
    dora.act(&number, "Lock", json!({}));
    let told = |who: &str| watched(&stage, who, after, &number, "Lock");
    let pair = |command: &str, kind: &str| (command.to_owned(), kind.to_owned());
    assert_eq!(
        told("emil"),
        [pair("AssignToEngineer", "new"), pair("Forward", "forwarded"), pair("ChangeOwner", "passed-on")],
        "accepting it he did himself"
    );
    assert_eq!(told("mei"), [pair("Transfer", "passed-on"), pair("ConfirmNotSolved", "returned")]);
    assert_eq!(told("dora"), [pair("CompleteTask", "new")], "she confirms what she submitted");
}

#[test]
fn a_long_list_comes_page_by_page_and_counts_work_orders() {
    let stage = Stage::new();
    let numbers: Vec<String> = (0..5).map(|_| stage.at("task")).collect();
    stage.caller("dora").act(&numbers[0], "Forward", json!({ "users": ["emil"] }));
    let mut emil = stage.caller("emil");
    let (mut after, mut found) = (Value::Null, Vec::new());
    for page in 1.. {
        let told = emil.ok("WorkOrders1.ListToDos", json!({ "limit": 2, "sort": "oldest", "after": after }));
        assert_eq!(told["total"], 5);
        found.extend(told["toDos"].as_array().unwrap().iter().map(|one| one["line"]["number"].as_str().unwrap().to_owned()));
        after = told["next"].clone();
        if after.is_null() {
            assert_eq!(page, 3);
            break;
        }
    }
    assert_eq!(found, [vec![numbers[0].clone()], numbers].concat());
}
