//! Editing with a real daemon (OPS-1): what was said at intake and what stands in the forms, by their rules, open and ended.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::Caller;

fn total(caller: &mut Caller, filter: Value) -> Value {
    caller.ok("WorkOrders1.List", filter)["total"].clone()
}

fn details(caller: &mut Caller, number: &str, event: &str) -> Vec<String> {
    let lines = caller.ok("WorkOrders1.History", json!({ "number": number }))["lines"].clone();
    let of = lines.as_array().unwrap().iter().filter(|line| line["event"] == event);
    of.map(|line| line["details"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn everything_that_was_said_can_be_said_otherwise_and_lists_find_it_so() {
    let stage = Stage::new();
    let mut dora = stage.caller("dora");
    let mut admin = stage.daemon.admin();
    admin.ok("Directory1.PutAccount", json!({ "account": { "id": "globex", "name": "Globex", "region": "at-wien" } }));
    admin.ok("Directory1.PutContact", json!({ "contact": { "id": "li", "name": "李娜", "account": "globex", "email": "li@example.cn" } }));
    let number = dora.create(json!({ "contact": "wang", "fields": { "under-warranty": true, "fault-kind": "noise" } }));
    let before = dora.get(&number);
    dora.act(
        &number,
        "Edit",
        json!({
            "subject": "电梯 2 号不动", "description": "since Monday", "reference": "PO-7", "priority": "high", "contact": "li",
            "fields": { "fault-kind": "leak", "site": "二楼" },
        }),
    );
    let after = dora.get(&number);
    let told = ["subject", "description", "reference", "priority", "contact", "account"].map(|key| after[key].as_str().unwrap());
    assert_eq!(told, ["电梯 2 号不动", "since Monday", "PO-7", "high", "li", "globex"]);
    assert_eq!((&after["values"]["fault-kind"], &after["values"]["site"]), (&json!("leak"), &json!("二楼")));
    // It moved nothing, and whoever raised it did.
    for key in ["node", "handlers", "timers", "submitter", "createdAt", "owner", "status"] {
        assert_eq!(after[key], before[key], "{key}");
    }
    assert_eq!(after["revision"], before["revision"].as_i64().unwrap() + 1);
    for filter in [
        json!({ "contact": "li" }),
        json!({ "account": "globex" }),
        json!({ "priority": "high" }),
        json!({ "reference": "PO-7" }),
        json!({ "fields": { "fault-kind": "leak", "site": "二楼" } }),
    ] {
        assert_eq!(total(&mut dora, filter.clone()), 1, "{filter}");
    }
    for filter in [json!({ "contact": "wang" }), json!({ "fields": { "fault-kind": "noise" } })] {
        assert_eq!(total(&mut dora, filter.clone()), 0, "{filter}");
    }
    let told = details(&mut dora, &number, "Edited");
    assert_eq!(told, ["subject: 电梯 2 号不动, another description, reference: PO-7, account: globex, contact: li, priority: high"]);
    // Taken away, and kept over a restart.
    dora.act(&number, "Edit", json!({ "description": "", "reference": " ", "contact": "", "fields": { "site": "" } }));
    dora.act(&number, "Cancel", json!({}));
    dora.act(&number, "Edit", json!({ "priority": "low", "account": "", "fields": { "fault-kind": "display" } }));
    let before = dora.get(&number);
    drop((dora, admin));
    let stage = stage.restarted();
    let mut dora = stage.caller("dora");
    assert_eq!(dora.get(&number), before);
    for gone in ["description", "reference", "contact", "account"] {
        assert!(before.get(gone).is_none_or(Value::is_null), "{gone} of {before}");
    }
    assert_eq!(total(&mut dora, json!({ "open": false, "priority": "low", "fields": { "fault-kind": "display" } })), 1);
    assert_eq!(total(&mut dora, json!({ "fields": { "site": "二楼" } })), 0);
    assert!(details(&mut dora, &number, "Edited").contains(&"no description, reference: none, contact: none".to_owned()));
}

#[test]
fn who_edits_is_of_both_gates_and_nobody_edits_what_is_locked_or_void() {
    let stage = Stage::new();
    let number = stage.at("task");
    let edit = json!({ "number": number, "requestId": "e-1", "subject": "x" });
    // He handles the node, but his role does not edit; she has nothing to do with it.
    assert_eq!(stage.caller("emil").refused("WorkOrders1.Edit", edit.clone()).0, "org.workorderd.NotPermitted");
    assert_eq!(stage.caller("sina").refused("WorkOrders1.Edit", edit.clone()).0, "org.workorderd.NotFound");
    let mut dora = stage.caller("dora");
    let first = dora.ok("WorkOrders1.Edit", edit.clone());
    assert_eq!(dora.ok("WorkOrders1.Edit", edit), first, "the same request again");
    let revision = dora.get(&number)["revision"].clone();
    let stale = json!({ "number": number, "requestId": "e-2", "expectedRevision": 1, "subject": "y" });
    assert_eq!(dora.refused("WorkOrders1.Edit", stale).0, "org.workorderd.Conflict");
    assert_eq!(dora.get(&number)["revision"], revision);
    dora.act(&number, "Lock", json!({}));
    let locked = json!({ "number": number, "requestId": "e-3", "subject": "z" });
    assert_eq!(dora.refused("WorkOrders1.Edit", locked.clone()).0, "org.workorderd.Locked");
    dora.act(&number, "Unlock", json!({}));
    dora.act(&number, "Void", json!({ "reason": "twice" }));
    assert_eq!(stage.daemon.admin().refused("WorkOrders1.Edit", locked).0, "org.workorderd.Void");
}

#[test]
fn a_mandatory_gate_stays_shut_whatever_is_edited() {
    let stage = Stage::new();
    let number = stage.at("evaluate");
    let before = stage.daemon.admin().get(&number);
    assert_eq!((&before["node"], &before["mandatory"]), (&json!("evaluate"), &json!(true)));
    stage.daemon.admin().act(&number, "Edit", json!({ "priority": "low", "contact": "", "account": "", "fields": { "cause": "wear" } }));
    let after = stage.daemon.admin().get(&number);
    for key in ["node", "mandatory", "handlers", "invitations", "timers", "status"] {
        assert_eq!(after[key], before[key], "{key}");
    }
}
