//! Every command makes the call it should, and prints what came of it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use workorderd::cli::act::typed;
use workorderd::cli::guest::token;
use workorderd::protocol::varlink::{Call, Reply};

use crate::cli_people::{self, words};
use crate::cli_stage::{Stage, catalogue, error, refusal, reply};
use crate::cli_views::{NOW, history_lines, order};
use crate::{cli_follow_up, cli_guest, cli_import, cli_keeping};

/// A service that says yes to everything.
fn willing() -> Stage {
    Stage::new(|call| reply(&answer(call)))
}

fn answer(call: &Call) -> Value {
    let number = call.parameters.get("number").cloned().unwrap_or_else(|| json!("WO-1"));
    match call.member() {
        "Get" => {
            let photo = json!({ "hash": blake3::hash(b"a").to_hex().as_str(), "mediaType": "image/jpeg", "name": "photo.jpg" });
            let mut order = order();
            order.values.insert("photos".into(), json!([photo]));
            json!({ "workOrder": order })
        }
        "BringAttachment" | "BringPhoto" => json!({ "received": 1, "hash": "ab" }),
        "ReadAttachment" => json!({ "content": "YQ==", "size": 1, "mediaType": "image/jpeg", "name": "photo.jpg" }),
        "DescribeForm" => json!({ "form": { "name": "intake", "version": 1, "title": "Intake", "fields": [] } }),
        "Explain" => json!({ "explanation": { "number": "W", "now": NOW } }),
        "ExplainEvaluation" => json!({ "number": "W", "now": NOW, "rules": [] }),
        "History" if call.interface().ends_with("Definitions1") => json!({ "steps": [
            { "sequence": 7, "at": NOW, "by": "lei", "event": "DefinitionsApplied", "changes": [
                { "kind": "process", "name": "维修", "change": "changed", "from": 1, "to": 2 },
            ] },
        ], "more": false }),
        "Show" if call.interface().ends_with("Definitions1") => {
            json!({ "kind": "record type", "name": "维修", "version": 2, "state": "retired", "text": "[[record_type]]\n" })
        }
        "Export" => json!({ "files": [{ "path": "roles.toml", "text": "[[role]]\n" }] }),
        "Publish" | "Retire" | "Delete" => json!({ "sequence": 8 }),
        "History" => json!({ "lines": history_lines(), "more": false }),
        "Watch" => json!({ "steps": [] }),
        "List" if call.interface().ends_with("Definitions1") => {
            json!({ "definitions": [{ "kind": "process", "name": "repair", "versions": 2 }, { "kind": "record type", "name": "维修", "versions": 1, "state": "retired" }] })
        }
        "List" => json!({ "lines": [], "total": 0 }),
        "GetBackUp" => json!({ "installation": "ab", "version": "1", "at": NOW, "sequence": 0, "head": "0:00", "end": 7 }),
        "ListBackUpFiles" if call.parameters.contains_key("after") => json!({ "files": [] }),
        "ListBackUpFiles" => {
            json!({ "files": [{ "name": "installation", "bytes": 3, "written": 3, "hash": blake3::hash(b"ab\n").to_hex().as_str() }] })
        }
        "ReadBackUpFile" => json!({ "content": "YWIK" }),
        "GetQueues" => json!({ "all": { "open": 0, "unassigned": 0, "overdue": 0 }, "groups": [] }),
        "ListPressing" => json!({ "lines": [], "now": NOW }),
        "GetCalendar" => json!({ "entries": [], "absences": [], "now": NOW }),
        "LaborTotals" => json!({ "totals": [] }),
        "ListServiceGroups" => json!({ "serviceGroups": [] }),
        "ListAccounts" => json!({ "accounts": [{ "id": "acme", "name": "Acme" }] }),
        "ListContacts" => json!({ "contacts": [] }),
        "GetAccount" => json!({ "account": { "id": "acme", "name": "Acme" }, "contacts": [], "terminals": [] }),
        "ListProducts" => json!({ "products": [] }),
        "ListTerminals" => json!({ "terminals": [] }),
        "GetTerminal" => json!({ "terminal": { "id": "L-1", "name": "客梯", "product": "lift", "account": "acme" } }),
        "GetContact" => json!({ "contact": { "id": "li", "name": "李娜" } }),
        "GetServiceGroup" => json!({ "serviceGroup": { "id": "north", "name": "North", "members": [] }, "open": 0, "loads": [] }),
        "Apply" => json!({ "changes": [{ "kind": "process", "name": "repair", "change": "added", "to": 1 }], "sequence": 3 }),
        "Status" => json!({ "status": { "now": NOW } }),
        "WhoAmI" => json!({ "uid": 1000, "user": "lei", "roles": ["dispatcher"], "through": "uid:1000", "mayActAs": true }),
        "ActAs" => json!({ "user": "lei", "roles": [] }),
        "ListParkedTimers" => json!({ "timers": [] }),
        "RetryTimers" => json!({ "timers": 2 }),
        "SetClock" | "TrustClock" => json!({ "now": NOW }),
        "Show" => json!({ "purpose": "evaluate", "number": "WO-1", "subject": "Lift", "fields": [
            { "name": "overall", "title": "All in all", "kind": "stars-5", "required": true, "options": ["1", "2", "3", "4", "5"] },
        ], "used": 0, "open": true }),
        "Evaluate" => json!({ "number": "WO-1", "sequence": 9, "afterCompletion": false }),
        "Confirm" => json!({ "number": "WO-1", "sequence": 9 }),
        _ if cli_people::answer(call).is_some() => cli_people::answer(call).unwrap(),
        put if put.starts_with("Put") => json!({ "receipt": { "revision": 2, "sequence": 9 } }),
        _ => json!({ "receipt": { "number": number, "revision": 3, "sequence": 9 } }),
    }
}

/// A command line, the method it calls, the parameters beside `requestId`, and what it prints.
pub type Case = (&'static [&'static str], &'static str, Value, &'static str);

fn steps() -> Vec<Case> {
    vec![
        (&["assign-to-group", "W", "north"], "AssignToGroup", json!({ "group": "north" }), "W assigned to service group north"),
        (&["assign-to-engineer", "W", "wang"], "AssignToEngineer", json!({ "engineer": "wang" }), "W assigned to wang"),
        (&["accept", "W"], "AcceptAssignment", json!({}), "W accepted"),
        (&["decline", "W", "--reason", "ill"], "DeclineAssignment", json!({ "reason": "ill" }), "W declined"),
        (
            &["transfer", "W", "--engineer", "li", "--reason", "far"],
            "Transfer",
            json!({ "engineer": "li", "reason": "far" }),
            "W transferred to li",
        ),
        (&["transfer", "W", "--group", "south"], "Transfer", json!({ "group": "south" }), "W transferred to service group south"),
        (&["claim", "W"], "Claim", json!({}), "W claimed"),
        (
            &["assign-to-engineer", "W", "li", "--over-limit"],
            "AssignToEngineer",
            json!({ "engineer": "li", "overLimit": true }),
            "W assigned to li",
        ),
        (&["take", "W"], "TakeTask", json!({}), "W taken"),
        (
            &["save-fields", "W", "--field", "cause=wear", "--field", "parts=[{\"part\": \"密封圈\", \"count\": 2}]"],
            "SaveFields",
            json!({ "fields": { "cause": "wear", "parts": [{ "part": "密封圈", "count": 2 }] } }),
            "W kept",
        ),
        (&["complete", "W", "--field", "cost=12.50"], "CompleteTask", json!({ "fields": { "cost": "12.50" } }), "W completed"),
        (&["complete", "W", "--note", "fuse"], "CompleteTask", json!({ "note": "fuse" }), "W completed"),
        (&["confirm-solved", "W"], "ConfirmSolved", json!({}), "W confirmed as solved"),
        (
            &["confirm-solved", "W", "--field", "hours-lost=2"],
            "ConfirmSolved",
            json!({ "fields": { "hours-lost": "2" } }),
            "W confirmed as solved",
        ),
        (
            &["save-fields", "W", "--step", "test", "--field", "load-tested=630"],
            "SaveFields",
            json!({ "step": "test", "fields": { "load-tested": "630" } }),
            "W kept",
        ),
        (&["confirm-not-solved", "W", "--reason", "dark"], "ConfirmNotSolved", json!({ "reason": "dark" }), "W returned as not solved"),
        (
            &["step", "complete", "W", "arrive", "--location", "-33.86,151.2", "--note", "gate 3"],
            "CompleteStep",
            json!({ "step": "arrive", "location": "-33.86,151.2", "note": "gate 3" }),
            "W step arrive completed",
        ),
        (
            &["step", "skip", "W", "depart", "--reason", "near"],
            "SkipStep",
            json!({ "step": "depart", "reason": "near" }),
            "W step depart skipped",
        ),
        (&["labor", "start", "W", "--step", "fix"], "StartLabor", json!({ "step": "fix" }), "W labor started"),
        (&["labor", "stop", "W"], "StopLabor", json!({}), "W labor stopped"),
        (
            &["labor", "enter", "W", "--from", "1970-01-01T00:00:01Z", "--to", "1970-01-01T00:00:02Z"],
            "EnterLabor",
            json!({ "from": 1000, "to": 2000 }),
            "W labor entered",
        ),
        (&["skip-evaluation", "W"], "SkipEvaluation", json!({}), "W passed on without evaluation"),
        (&["hold", "W", "--reason", "customer"], "Hold", json!({ "reason": "customer" }), "W put on hold, waiting for the customer"),
        (
            &["hold", "W", "--reason", "parts", "--note", "fuse"],
            "Hold",
            json!({ "reason": "parts", "note": "fuse" }),
            "W put on hold, waiting for parts",
        ),
        (&["resume", "W"], "Resume", json!({}), "W resumed"),
        (&["cancel", "W", "--reason", "gone"], "Cancel", json!({ "reason": "gone" }), "W cancelled"),
        (&["reject", "W", "--reason", "twice"], "Reject", json!({ "reason": "twice" }), "W rejected"),
        (&["move-to-version", "W", "2"], "MoveToVersion", json!({ "version": 2 }), "W moved to version 2 of its process"),
        (&["note", "W", "called"], "AddServiceRecord", json!({ "text": "called" }), "W annotated"),
    ]
}

#[test]
fn commands_on_a_work_order() {
    let stage = willing();
    for (arguments, method, mut expected, told) in steps().into_iter().chain(cli_follow_up::steps()) {
        let ran = stage.run(arguments);
        assert_eq!((ran.code, ran.out, ran.err), (0, format!("{told} (revision 3)\n"), String::new()), "{arguments:?}");
        let words = typed(method).split(' ').count();
        assert_eq!(typed(method), arguments[..words].join(" "), "how it is told where people read what they may do");
        let with_options = [arguments, &["--request-id", "r-1", "--expected-revision", "2"]].concat();
        expected["number"] = json!("W");
        expected["requestId"] = json!("r-1");
        expected["expectedRevision"] = json!(2);
        assert_eq!(stage.last_call(&with_options), (format!("org.workorderd.WorkOrders1.{method}"), expected));
    }
}

#[test]
fn request_ids_are_new_each_time() {
    let stage = willing();
    let id = || stage.last_call(&["accept", "W"]).1["requestId"].as_str().unwrap().to_owned();
    let ids: BTreeSet<String> = (0..8).map(|_| id()).collect();
    assert_eq!(ids.len(), 8);
    assert!(ids.iter().all(|id| id.len() == 32));
}

/// Command lines of everything else, with method and parameters.
fn others(folder: &str) -> Vec<(Vec<String>, &'static str, Value)> {
    let r = "r-1";
    vec![
        (
            words("create|repair|Lift stuck|--contact|li-na|--priority|urgent|--channel|phone|--request-id|r-1"),
            "WorkOrders1.Create",
            json!({ "requestId": r, "recordType": "repair", "subject": "Lift stuck", "contact": "li-na", "priority": "urgent", "channel": "phone" }),
        ),
        (
            words("list|--status|in-progress|--contact|li|--open|--on-hold=false|--limit|7|--after|x|--at-least|9"),
            "WorkOrders1.List",
            json!({ "status": "in progress", "contact": "li", "open": true, "onHold": false, "limit": 7, "after": "x", "atLeast": 9 }),
        ),
        (words("queues"), "WorkOrders1.GetQueues", json!({})),
        (
            words("pressing|--group|north|--unassigned|--overdue|--limit|7|--after|x|--at-least|9"),
            "WorkOrders1.ListPressing",
            json!({ "group": "north", "unassigned": true, "overdue": true, "limit": 7, "after": "x", "atLeast": 9 }),
        ),
        (words("pressing|--no-group"), "WorkOrders1.ListPressing", json!({ "noGroup": true })),
        (words("pressing|--engineer|mei|--all"), "WorkOrders1.ListPressing", json!({ "engineer": "mei", "limit": 1000 })),
        (words("labor|totals|--engineer|wang|--limit|5"), "WorkOrders1.LaborTotals", json!({ "engineer": "wang", "limit": 5 })),
        (words("list|--all"), "WorkOrders1.List", json!({ "limit": 1000 })),
        (words("history|W|--limit|5"), "WorkOrders1.History", json!({ "number": "W", "limit": 5 })),
        (words("explain|W|--language|zh"), "WorkOrders1.Explain", json!({ "number": "W", "language": "zh" })),
        (words("show|W|--json"), "WorkOrders1.Get", json!({ "number": "W" })),
        (words("show|W|--language|zh|--json"), "WorkOrders1.Get", json!({ "number": "W", "language": "zh" })),
        (words("form|intake|--language|zh"), "WorkOrders1.DescribeForm", json!({ "form": "intake", "language": "zh" })),
        (words("form|--record-type|repair"), "WorkOrders1.DescribeForm", json!({ "recordType": "repair" })),
        (words("form|--number|W"), "WorkOrders1.DescribeForm", json!({ "number": "W" })),
        (words("watch|W|--after|0"), "WorkOrders1.Watch", json!({ "number": "W", "after": 0 })),
        (
            words(
                "staff-user|put|lei|--name|Lei|--role|dispatcher,engineer|--role|admin|--skill|lifts,电梯|--region|east|--department|field|--request-id|r-1|--expected-revision|4",
            ),
            "Directory1.PutStaffUser",
            json!({ "requestId": r, "expectedRevision": 4, "staffUser": { "id": "lei", "name": "Lei", "roles": ["dispatcher", "engineer", "admin"], "department": "field", "skills": ["lifts", "电梯"], "regions": ["east"] } }),
        ),
        (words("staff-user|list"), "Directory1.ListStaffUsers", json!({})),
        (
            words("group|put|north|--name|North|--leader|lei|--member|lei,wang|--rule|round-robin|--limit|3|--request-id|r-1|--disabled"),
            "Directory1.PutServiceGroup",
            json!({ "requestId": r, "serviceGroup": { "id": "north", "name": "North", "leader": "lei", "members": ["lei", "wang"], "rule": "round-robin", "limit": 3, "disabled": true } }),
        ),
        (words("group|list|--limit|2000"), "Directory1.ListServiceGroups", json!({ "limit": 1000 })),
        (words("account|show|acme|--json"), "Directory1.GetAccount", json!({ "id": "acme" })),
        (words("account|show|acme"), "WorkOrders1.List", json!({ "account": "acme", "limit": 10 })),
        (words("contact|show|li|--json"), "Directory1.GetContact", json!({ "id": "li" })),
        (words("contact|show|li"), "WorkOrders1.List", json!({ "contact": "li", "limit": 10 })),
        (words("group|show|north"), "Directory1.GetServiceGroup", json!({ "id": "north" })),
        (
            words("department|put|field|--name|Field|--head|lei|--parent|service|--request-id|r-1"),
            "Directory1.PutDepartment",
            json!({ "requestId": r, "department": { "id": "field", "name": "Field", "head": "lei", "parent": "service" } }),
        ),
        (words("department|list"), "Directory1.ListDepartments", json!({})),
        (
            words("absence|set|lei|--from|2026-11-22T14:03:05|--until|2026-11-22T14:03:06|--request-id|r-1"),
            "Directory1.SetAbsence",
            json!({ "requestId": r, "id": "lei", "from": NOW, "until": NOW + 1_000 }),
        ),
        (
            words("absence|clear|lei|--request-id|r-1|--expected-revision|2"),
            "Directory1.ClearAbsence",
            json!({ "requestId": r, "expectedRevision": 2, "id": "lei" }),
        ),
        (
            words("account|put|acme|--name|Acme|--region|east|--request-id|r-1"),
            "Directory1.PutAccount",
            json!({ "requestId": r, "account": { "id": "acme", "name": "Acme", "region": "east" } }),
        ),
        (words("account|list"), "Directory1.ListAccounts", json!({})),
        (
            words("contact|put|li|--name|Li|--account|acme|--email|li@example.com|--wechat|oLi|--language|zh|--request-id|r-1"),
            "Directory1.PutContact",
            json!({ "requestId": r, "contact": { "id": "li", "name": "Li", "account": "acme", "email": "li@example.com", "wechat": "oLi", "language": "zh" } }),
        ),
        (words("contact|list"), "Directory1.ListContacts", json!({})),
        (
            words("product|put|lift|--name|客梯|--model|L500|--category|lifts|--request-id|r-1|--expected-revision|2"),
            "Directory1.PutProduct",
            json!({ "requestId": r, "expectedRevision": 2, "product": { "id": "lift", "name": "客梯", "model": "L500", "category": "lifts" } }),
        ),
        (words("product|list|--after|a"), "Directory1.ListProducts", json!({ "after": "a" })),
        (
            words(
                "terminal|put|L-1|--name|一号楼|--product|lift|--account|acme|--contact|li|--serial-number|SN 1|--site|南京路 1 号|--warranty-end|2027-12-31|--disabled|--request-id|r-1",
            ),
            "Directory1.PutTerminal",
            json!({ "requestId": r, "terminal": { "id": "L-1", "name": "一号楼", "product": "lift", "account": "acme", "contact": "li", "serialNumber": "SN 1", "site": "南京路 1 号", "warrantyEnd": "2027-12-31", "disabled": true } }),
        ),
        (words("terminal|show|L-1"), "Directory1.GetTerminal", json!({ "id": "L-1" })),
        (
            words("terminal|list|--account|acme|--product|lift|--serial-number|SN 1|--limit|3"),
            "Directory1.ListTerminals",
            json!({ "account": "acme", "product": "lift", "serialNumber": "SN 1", "limit": 3 }),
        ),
        (
            words(&format!("apply|{folder}|--dry-run|--request-id|r-1")),
            "Definitions1.Apply",
            json!({ "requestId": r, "dryRun": true, "files": [{ "path": format!("{folder}/a.toml"), "text": "a" }, { "path": format!("{folder}/b/c.toml"), "text": "c" }] }),
        ),
        (words("definitions"), "Definitions1.List", json!({})),
        (words("definitions|list"), "Definitions1.List", json!({})),
        (
            words("definitions|show|record-type|维修|--version|2"),
            "Definitions1.Show",
            json!({ "kind": "record type", "name": "维修", "version": 2 }),
        ),
        (words(&format!("definitions|export|{folder}/out|--force")), "Definitions1.Export", json!({})),
        (words("definitions|history|--limit|3"), "Definitions1.History", json!({ "limit": 3 })),
        (words("definitions|publish|repair|--request-id|r-1"), "Definitions1.Publish", json!({ "requestId": r, "recordType": "repair" })),
        (words("definitions|retire|repair|--request-id|r-1"), "Definitions1.Retire", json!({ "requestId": r, "recordType": "repair" })),
        (words("definitions|delete|repair|--request-id|r-1"), "Definitions1.Delete", json!({ "requestId": r, "recordType": "repair" })),
        (words(&format!("backup|{folder}/new")), "System1.ListBackUpFiles", json!({ "end": 7, "after": "installation", "secret": false })),
        (words("status"), "System1.Status", json!({})),
        (words("whoami"), "System1.WhoAmI", json!({})),
        (words("clock|ahead|3d|--request-id|r-1"), "System1.SetClock", json!({ "requestId": r, "aheadMs": 259_200_000 })),
        (words("clock|set|2026-11-22T14:03:05|--request-id|r-1"), "System1.SetClock", json!({ "requestId": r, "to": NOW })),
        (words("parked-timers|list"), "System1.ListParkedTimers", json!({})),
        (words("parked-timers|retry|W|--request-id|r-1"), "System1.RetryTimers", json!({ "requestId": r, "number": "W" })),
        (words("clock|trust|--request-id|r-1"), "System1.TrustClock", json!({ "requestId": r })),
        (words("guest|show|https://example.com/e/TOKEN?x=1"), "Guest1.Show", json!({ "token": "TOKEN" })),
        (
            words("guest|evaluate|TOKEN|overall=5|comment=a = b|--request-id|r-1"),
            "Guest1.Evaluate",
            json!({ "token": "TOKEN", "requestId": r, "answers": [{ "field": "overall", "value": "5" }, { "field": "comment", "value": "a = b" }] }),
        ),
        (
            words("guest|confirm|TOKEN|--solved|--request-id|r-1"),
            "Guest1.Confirm",
            json!({ "token": "TOKEN", "requestId": r, "solved": true }),
        ),
        (
            words("guest|confirm|TOKEN|--not-solved|dark|--request-id|r-1"),
            "Guest1.Confirm",
            json!({ "token": "TOKEN", "requestId": r, "solved": false, "reason": "dark" }),
        ),
    ]
}

#[test]
fn everything_else_and_with_it_every_method_there_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("b/.hidden")).unwrap();
    for (name, text) in [("a.toml", "a"), ("b/c.toml", "c"), ("notes.md", "n"), (".d.toml", "d"), ("b/.hidden/e.toml", "e")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let stage = willing();
    let more = [cli_people::cases(), cli_keeping::cases(), cli_import::cases(), cli_guest::cases(), cli_follow_up::cases()].concat();
    for (arguments, method, expected) in others(folder.path().to_str().unwrap()).into_iter().chain(more) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert_eq!(stage.last_call(&arguments), (format!("org.workorderd.{method}"), expected), "{arguments:?}");
    }
    stage.run(&["whoami", "--as", "lei"]);
    let (brought, saved) = (folder.path().join("a.toml"), folder.path().join("saved.jpg"));
    stage.run(&["complete", "W", "--attach", &format!("photos={}", brought.display())]);
    stage.run(&["guest", "evaluate", "TOKEN", "--photo", &format!("photos={}", brought.display())]);
    stage.run(&["save-attachment", "W", "photo.jpg", "--to", saved.to_str().unwrap()]);
    assert_eq!(std::fs::read(saved).unwrap(), b"a");
    steps().iter().chain(&cli_follow_up::steps()).for_each(|(arguments, ..)| drop(stage.run(arguments)));
    let called: BTreeSet<String> = stage.methods().into_iter().collect();
    let catalogue = catalogue();
    let ours = catalogue.info().interfaces.iter().filter(|name| name.starts_with("org.workorderd."));
    let all: BTreeSet<String> = ours
        .flat_map(|name| catalogue.interface(name).unwrap().methods.iter().map(move |method| format!("{name}.{}", method.name)))
        .collect();
    assert_eq!(called, all, "a method without a command, or the other way round");
}

#[test]
fn applying_what_is_there_already_is_a_success() {
    let stage = Stage::new(|_| refusal("NothingToChange", "nothing to change: it is so already"));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.toml"), "").unwrap();
    let ran = stage.run(&["apply", folder.path().to_str().unwrap()]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "nothing to change: it is so already\n"));
}

#[test]
fn acting_as_another_comes_first_and_its_refusal_ends_it() {
    let stage = willing();
    stage.run(&["--as", "lei", "accept", "W"]);
    assert_eq!(stage.methods(), ["org.workorderd.System1.ActAs", "org.workorderd.WorkOrders1.AcceptAssignment"]);
    let stage = Stage::new(|_| refusal("NotPermitted", "uid:1000 may not: act as others"));
    assert_eq!(stage.run(&["--as", "lei", "accept", "W"]).code, 4);
    assert_eq!(stage.methods(), ["org.workorderd.System1.ActAs"]);
}

#[test]
fn json_is_the_reply_as_it_came() {
    let stage = Stage::new(|_| reply(&json!({ "receipt": { "number": "W", "revision": 3, "sequence": 9 }, "unknown": [1] })));
    let ran = stage.run(&["accept", "W", "--json"]);
    assert_eq!(
        serde_json::from_str::<Value>(&ran.out).unwrap(),
        json!({ "receipt": { "number": "W", "revision": 3, "sequence": 9 }, "unknown": [1] })
    );
}

fn paged() -> Stage {
    Stage::new(|call| {
        let from: i64 = call.parameters.get("after").map_or(0, |after| after.as_str().unwrap().parse().unwrap());
        let to = 2500.min(from + call.parameters.get("limit").and_then(Value::as_i64).unwrap_or(50));
        let accounts: Vec<Value> = (from..to).map(|i| json!({ "id": format!("a{i}"), "name": "x" })).collect();
        let mut page = json!({ "accounts": accounts });
        if to < 2500 {
            page["next"] = json!(to.to_string());
        }
        reply(&page)
    })
}

#[test]
fn pages_are_asked_for_until_there_is_enough() {
    for (arguments, pages, lines) in [
        (&["account", "list"][..], 1, 1 + 50 + 1),
        (&["account", "list", "--limit", "1200"], 2, 1 + 1200 + 1),
        (&["account", "list", "--all"], 3, 1 + 2500),
        (&["account", "list", "--all", "--json"], 3, 3),
    ] {
        let stage = paged();
        let ran = stage.run(arguments);
        assert_eq!((stage.methods().len(), ran.out.lines().count()), (pages, lines), "{arguments:?}");
    }
    assert!(paged().run(&["account", "list"]).out.ends_with("more with --after 50 or --all\n"));
}

fn step(sequence: i64) -> Value {
    json!({ "sequence": sequence, "at": NOW, "by": "lei", "what": "W", "number": "W", "command": "Resume", "events": ["Resumed"] })
}

#[test]
fn a_watcher_that_lags_goes_on_where_it_was() {
    let turns = AtomicUsize::new(0);
    let stage = Stage::new(move |_| match turns.fetch_add(1, Ordering::SeqCst) {
        0 => {
            [reply(&json!({ "steps": [step(1), step(2)] })), error("org.workorderd.Lagged", &json!({ "message": "too slow", "after": 2 }))]
                .concat()
        }
        _ => reply(&json!({ "steps": [step(3)] })),
    });
    let ran = stage.run(&["watch", "W"]);
    let sequences: Vec<&str> = ran.out.lines().map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!((ran.code, sequences), (0, vec!["1", "2", "3"]), "{ran:?}");
    assert_eq!(stage.last_call(&["watch", "--json"]).1, json!({}));
    assert_eq!(stage.run(&["watch", "--json"]).out, format!("{}\n", json!({ "steps": [step(3)] })));
}

#[test]
fn a_watcher_that_lags_without_getting_anywhere_gives_up() {
    let stage = Stage::new(|_| error("org.workorderd.Lagged", &json!({ "message": "too slow", "after": 7 })));
    let ran = stage.run(&["watch", "--after", "7"]);
    assert_eq!((ran.code, ran.err.as_str()), (75, "workorderctl: too slow\n"));
}

#[test]
fn a_watcher_that_was_cut_off_is_told_how_to_go_on() {
    let stage = Stage::new(|_| {
        let mut replies: Vec<Reply> = reply(&json!({ "steps": [step(4)] }));
        replies.extend(error("org.workorderd.Stopping", &json!({})));
        replies
    });
    let ran = stage.run(&["watch"]);
    assert_eq!(ran.code, 75);
    assert!(ran.err.starts_with("workorderctl: the last step told was 4; go on with --after 4\n"), "{}", ran.err);
}

#[test]
fn show_tells_times_from_the_daemons_now() {
    let ran = willing().run(&["show", "W"]);
    assert!(ran.out.contains("in 3 h") && ran.out.contains("\nhistory\n"), "{}", ran.out);
}

#[test]
fn qr_draws_the_code_and_prints_the_link() {
    let ran = willing().run(&["qr", "W"]);
    assert!(ran.out.starts_with('█') && ran.out.contains("\nhttps://example.com/e/AAAA\n"), "{}", ran.out);
    let ran = willing().run(&["qr", "W", "--json"]);
    assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["link"], "https://example.com/e/AAAA");
}

#[test]
fn the_token_is_the_end_of_a_link() {
    for link in ["AB-c_1", "https://example.com/e/AB-c_1", "https://example.com/e/AB-c_1/?utm=x#top", " http://h/AB-c_1\n"] {
        assert_eq!(token(link), "AB-c_1", "{link}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (stage, mut err) = (willing(), Vec::new());
    let arguments = ["workorderctl", "--socket", stage.socket().to_str().unwrap(), "show", "W"].map(Into::into);
    let console = &mut workorderd::cli::session::Console { out: &mut Gone, err: &mut err, terminal: None, plain: true, piped: false };
    assert_eq!((workorderd::cli::run::run(arguments, console), err), (0, Vec::new()));
}
