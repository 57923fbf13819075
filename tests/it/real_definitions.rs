//! The life of definitions in a real daemon: exported, compared, retired, deleted, told; and service ticket types within their limit.

use serde_json::{Value, json};

use crate::real_stage::{Caller, Home, definitions, seed, work};

fn file(text: &str) -> Value {
    json!({ "files": [{ "path": "more.toml", "text": text }] })
}

fn record_type(name: &str, more: &str) -> String {
    format!("[[record_type]]\nname = \"{name}\"\nnumber = \"{}-{{counter}}\"\nprocess = \"repair\"\n{more}", name.to_uppercase())
}

fn problems(caller: &mut Caller, text: &str) -> Vec<Value> {
    let (error, with) = caller.refused("Definitions1.Apply", file(text));
    assert_eq!(error, "org.workorderd.InvalidDefinitions");
    with["problems"].as_array().unwrap().clone()
}

#[test]
fn definitions_are_exported_compared_and_told() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    // What is exported changes nothing.
    let exported = admin.ok("Definitions1.Export", json!({}))["files"].clone();
    assert!(exported.as_array().unwrap().len() >= 6, "{exported}");
    let same = admin.ok("Definitions1.Apply", json!({ "files": exported, "dryRun": true }));
    assert_eq!(same["changes"].as_array().map_or(0, Vec::len), 0, "{same}");
    // A fresh daemon takes it, and exports the same.
    let other_home = Home::new();
    let other = other_home.start();
    other.admin().ok("Definitions1.Apply", json!({ "files": exported }));
    assert_eq!(other.admin().ok("Definitions1.Export", json!({}))["files"], exported);
    // A change is told with its versions and texts, and may refer to what is defined already.
    let mut files = definitions();
    for file in &mut files {
        let text = file["text"].as_str().unwrap().replace("method = \"rules\"", "method = \"rules\"\nskip = false");
        file["text"] = text.into();
    }
    let told = admin.ok("Definitions1.Apply", json!({ "files": files, "dryRun": true }))["changes"].clone();
    let repair = told.as_array().unwrap().iter().find(|c| c["name"] == "repair").unwrap().clone();
    assert_eq!((&repair["change"], &repair["from"], &repair["to"]), (&json!("changed"), &json!(1), &json!(2)), "{told}");
    assert!(!repair["before"].as_str().unwrap().contains("skip = false") && repair["after"].as_str().unwrap().contains("skip = false"));
    admin.ok("Definitions1.Apply", json!({ "files": files }));
    admin.ok("Definitions1.Apply", file("evaluation_rule = []\n"));
    let old = admin.ok("Definitions1.Show", json!({ "kind": "process", "name": "repair", "version": 1 }));
    assert!(!old["text"].as_str().unwrap().contains("skip = false"), "{old}");
    // Who applied what.
    let steps = admin.ok("Definitions1.History", json!({}))["steps"].clone();
    let steps = steps.as_array().unwrap();
    assert_eq!(steps[0]["changes"][0]["name"], "(none any more)", "{steps:?}");
    let change =
        |step: &Value| step["changes"].as_array().unwrap().iter().find(|c| c["kind"] == "process" && c["name"] == "repair").cloned();
    let (second, first) = (change(&steps[1]).unwrap(), change(steps.last().unwrap()).unwrap());
    assert_eq!((&second["from"], &second["to"], &second["change"]), (&json!(1), &json!(2), &json!("changed")));
    assert_eq!((first.get("from"), &first["to"], &first["change"]), (None, &json!(1), &json!("added")));
    assert!(steps.iter().all(|s| s["by"].as_str().is_some_and(|by| !by.is_empty())), "{steps:?}");
}

#[test]
fn a_retired_type_takes_nothing_new_and_its_work_runs_on() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let mut dora = daemon.user("dora");
    let running = dora.create(json!({ "priority": "low" }));
    admin.ok("Definitions1.Retire", json!({ "recordType": "repair" }));
    let (error, with) = dora.refused("WorkOrders1.Create", json!({ "recordType": "repair", "subject": "x" }));
    assert_eq!((error.as_str(), &with["state"]), ("org.workorderd.RecordTypeNotPublished", &json!("retired")));
    work(&daemon, &running);
    dora.act(&running, "ConfirmSolved", json!({}));
    // Applying files that do not say a state leaves it: files seed, commands own.
    let mut files = definitions();
    files.push(json!({ "path": "more.toml", "text": record_type("spare", "") }));
    let told = admin.ok("Definitions1.Apply", json!({ "files": files }))["changes"].clone();
    assert_eq!(told.as_array().unwrap().len(), 1, "{told}");
    let state = |admin: &mut Caller, name: &str| {
        let all = admin.ok("Definitions1.List", json!({}))["definitions"].clone();
        let found = all.as_array().unwrap().iter().find(|d| d["kind"] == "record type" && d["name"] == name).cloned();
        found.map(|d| d["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(state(&mut admin, "repair").as_deref(), Some("retired"));
    // A rule asks for repairs by name: it must go first.
    let (error, with) = admin.refused("Definitions1.Delete", json!({ "recordType": "repair" }));
    assert_eq!(error, "org.workorderd.RecordTypeInUse");
    assert!(with["why"].as_str().unwrap().contains("urgent-repairs"), "{with}");
    // So do the roles of those who come in through the portal.
    let [customers, guests] = [("terminal-user", "record_types = [\"maintenance\"]\n"), ("guest", "")]
        .map(|(name, of)| format!("[[role]]\nname = \"{name}\"\nrights = [\"create_work_orders\"]\n{of}"));
    admin.ok("Definitions1.Apply", file(&format!("evaluation_rule = []\n{customers}{guests}")));
    admin.ok("Definitions1.Delete", json!({ "recordType": "repair" }));
    assert_eq!(state(&mut admin, "repair").as_deref(), Some("deleted"));
    assert_eq!(admin.refused("Definitions1.Publish", json!({ "recordType": "repair" })).0, "org.workorderd.NotFound");
    assert_eq!(admin.refused("WorkOrders1.Create", json!({ "recordType": "repair", "subject": "x" })).0, "org.workorderd.UnknownReference");
    assert_eq!(admin.get(&running)["recordType"], "repair");
    // Its name may be used again.
    let told = admin.ok("Definitions1.Apply", file(&record_type("repair", "")))["changes"][0].clone();
    assert_eq!((&told["change"], &told["state"]), (&json!("added"), &json!("published")), "{told}");
    let head = admin.head();
    drop((admin, dora));
    daemon.stop();
    home.verify(Some(&head)).unwrap();
    let daemon = home.start();
    assert_eq!(state(&mut daemon.admin(), "repair").as_deref(), Some("published"));
}

#[test]
fn service_ticket_types_are_few_and_short_and_each_has_a_title_of_its_own() {
    let home = Home::new();
    let daemon = home.start_with(&["--set", "definitions.service_ticket_types=4"]);
    let mut admin = daemon.admin();
    seed(&mut admin);
    let ticket = |name: &str, title: &str| record_type(name, &format!("title = \"{title}\"\nservice_ticket = true\n"));
    // Twelve characters are twelve, whatever their bytes.
    admin.ok("Definitions1.Apply", file(&ticket("pc", "电脑网络打印机电话门禁灯")));
    for (text, line, key, words) in [
        (ticket("x", "电脑网络打印机电话门禁灯坏"), 5, "record_type.x.title", "13 characters"),
        (ticket("x", "电脑网络打印机电话门禁灯"), 5, "record_type.x.title", "record type pc"),
        (record_type("x", "title = \"电脑网络打印机电话门禁灯\"\n"), 5, "record_type.x.title", "record type pc"),
        (
            record_type("x", &format!("service_ticket = true\ndescription = \"{}\"\n", "长".repeat(141))),
            6,
            "record_type.x.description",
            "141",
        ),
        (record_type("x", "state = \"deleted\"\n"), 5, "record_type.x.state", "deleted"),
        (record_type("x", "state = \"drafty\"\n"), 5, "record_type.x.state", "drafty"),
    ] {
        let found = problems(&mut admin, &text);
        assert_eq!(found.len(), 1, "{found:?}");
        let (at, problem) = (&found[0], found[0]["problem"].as_str().unwrap());
        assert_eq!((&at["file"], &at["line"], &at["key"]), (&json!("more.toml"), &json!(line), &json!(key)), "{at}");
        assert!(problem.contains(words) && (at["hint"].is_string() || words == "141"), "{at}");
    }
    // Those that are there already count, that of the sample as well; a retired one is live until it is deleted.
    admin.ok("Definitions1.Apply", file(&(ticket("a", "A") + &ticket("b", "B"))));
    let found = problems(&mut admin, &ticket("c", "C"));
    assert_eq!((&found[0]["line"], &found[0]["key"]), (&json!(6), &json!("record_type.c.service_ticket")), "{found:?}");
    assert!(found[0]["problem"].as_str().unwrap().contains("at most 4"), "{found:?}");
    admin.ok("Definitions1.Retire", json!({ "recordType": "a" }));
    assert_eq!(problems(&mut admin, &ticket("c", "C")).len(), 1);
    admin.ok("Definitions1.Delete", json!({ "recordType": "a" }));
    admin.ok("Definitions1.Apply", file(&ticket("c", "A")));
    // What is there may be applied again.
    let exported = admin.ok("Definitions1.Export", json!({}))["files"].clone();
    let same = admin.ok("Definitions1.Apply", json!({ "files": exported, "dryRun": true }));
    assert_eq!(same["changes"].as_array().map_or(0, Vec::len), 0, "{same}");
}

#[test]
fn all_running_orders_of_a_process_are_moved_and_each_is_reported() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let mut dora = daemon.user("dora");
    let numbers: Vec<_> = (0..3).map(|_| dora.create(json!({}))).collect();
    let other = dora.create(json!({ "recordType": "installation" }));
    let ended = dora.create(json!({}));
    dora.act(&ended, "Cancel", json!({}));
    let mut files = definitions();
    for file in &mut files {
        file["text"] = file["text"].as_str().unwrap().replace("method = \"rules\"", "method = \"rules\"\nskip = false").into();
    }
    admin.ok("Definitions1.Apply", json!({ "files": files }));
    let run = |more: &[&str]| {
        let mut arguments = vec![
            "--socket".to_owned(),
            home.socket().display().to_string(),
            "definitions".into(),
            "move".into(),
            "repair".into(),
            "2".into(),
        ];
        arguments.extend(more.iter().map(|text| (*text).to_owned()));
        let ran = std::process::Command::new(env!("CARGO_BIN_EXE_workorderctl")).args(arguments).output().unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap() + &String::from_utf8(ran.stderr).unwrap())
    };
    let (code, text) = run(&["--dry-run"]);
    assert!(code == Some(0) && text.contains("3 would be moved") && admin.get(&numbers[0])["processVersion"] == 1, "{text}");
    let (code, text) = run(&[]);
    assert!(code == Some(0) && text.contains("3 moved to version 2 of repair, 0 stayed"), "{text}");
    for number in &numbers {
        assert!(text.contains(&format!("{number} moved from version 1")), "{text}");
        assert_eq!(admin.get(number)["processVersion"], 2);
    }
    assert_eq!((&admin.get(&other)["processVersion"], &admin.get(&ended)["processVersion"]), (&json!(1), &json!(1)));
    assert!(run(&[]).1.contains("0 moved to version 2 of repair, 0 stayed, 3 had it already"));
}
