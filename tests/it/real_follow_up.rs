//! Follow-ups with a real daemon: a team takes turns over kills, the command line goes the whole way, and nothing of it opens a gate.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::print_stage::program;
use crate::real_photos::png;
use crate::real_stage::{DAY, Daemon, Home, seed, until};

/// A type that is followed up as soon as it is raised: urgent ones by 小李, the others by whose turn it is.
const FILES: &str = r#"
[plug_ins]
follow_up = true

[[record_type]]
name = "asking"
number = "AS-{counter}"
process = "asking"

[[process]]
name = "asking"
[[process.node]]
name = "ask"
title = { en = "Ask the customer", zh = "电话回访" }
kind = "follow-up"
labels = { submit = { en = "Took down", zh = "回访完成" }, not_reached = { en = "Give up", zh = "放弃" } }
overdue_after = "1d"
auto_complete_after = "3d"

[[follow_up_rule]]
name = "pressing"
precedence = 10
when = [{ field = "priority", equals = "urgent" }]
template = "service-rating"
person = "小李"

[[follow_up_rule]]
name = "turn"
precedence = 20
template = "service-rating"
rotation = "热线"
"#;

fn prepare(daemon: &Daemon) {
    let mut admin = daemon.admin();
    seed(&mut admin);
    for id in ["小李", "王芳", "zoe"] {
        let user = json!({ "id": id, "name": id, "language": "zh", "roles": ["follow-up-staff"] });
        admin.ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
    }
    // Of the pool of a group that has other work, too.
    let group = json!({ "id": "热线", "name": "回访组", "members": ["小李", "王芳", "zoe"], "rule": "pool", "limit": 1 });
    admin.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
    admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "asking.toml", "text": FILES }] }));
}

fn person(daemon: &Daemon, number: &str) -> Option<String> {
    daemon.admin().get(number)["followUp"]["person"].as_str().map(ToOwned::to_owned)
}

/// What the program prints; it must go well.
#[track_caller]
fn ctl(daemon: &Daemon, who: &str, arguments: &[&str]) -> String {
    let ran = program(daemon.socket(), &[&["--as", who], arguments].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
    String::from_utf8(ran.out).unwrap()
}

#[test]
fn a_team_takes_turns_and_kills_take_nothing_from_anybody() {
    let home = Home::new();
    let mut daemon = home.start();
    prepare(&daemon);
    let mut numbers = Vec::new();
    for round in 0..6 {
        let mut dora = daemon.user("dora");
        numbers.extend((0..4).map(|_| dora.create(json!({ "recordType": "asking", "priority": "normal" }))));
        if round % 2 == 0 {
            // Whether the group has been asked, has answered, or has told its answer: it goes on from there.
            daemon.kill();
            daemon = home.start();
        }
    }
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for number in &numbers {
        let person = until("it is somebody's turn", || person(&daemon, number));
        *counts.entry(person).or_default() += 1;
    }
    assert_eq!(counts.values().copied().collect::<Vec<_>>(), [8, 8, 8], "{counts:?}");
    let group = daemon.admin().ok("Directory1.GetServiceGroup", json!({ "id": "热线" }));
    assert_eq!(group["open"], 0, "follow-ups are no work of the group: {group}");
    // Who is absent, or has left, is passed over.
    let now = daemon.admin().status()["now"].as_i64().unwrap();
    daemon.admin().ok("Directory1.SetAbsence", json!({ "id": "王芳", "from": now, "until": now + DAY }));
    let zoe = json!({ "id": "zoe", "name": "zoe", "roles": ["follow-up-staff"], "disabled": true });
    daemon.admin().ok("Directory1.PutStaffUser", json!({ "staffUser": zoe }));
    let next = daemon.user("dora").create(json!({ "recordType": "asking", "priority": "normal" }));
    assert_eq!(until("it is somebody's turn", || person(&daemon, &next)), "小李");
    daemon.stop();
    home.verify(None).unwrap();
}

#[test]
fn the_whole_way_on_the_command_line_in_chinese() {
    let home = Home::new();
    let daemon = home.start();
    prepare(&daemon);
    let number = daemon.user("dora").create(json!({ "recordType": "asking", "subject": "空调不制冷" }));
    let number = number.as_str();
    let list = ctl(&daemon, "小李", &["follow-up", "list", "--mine"]);
    assert!(list.contains(number) && list.contains("空调不制冷") && list.contains("小李"), "{list}");
    let shown = ctl(&daemon, "小李", &["follow-up", "show", number]);
    for said in ["王伟", "rule pressing", "总体评价", "stars-5, required"] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let order = ctl(&daemon, "小李", &["show", number, "--language", "zh"]);
    assert!(order.contains("follow-up submit (回访完成)") && order.contains("电话回访"), "{order}");
    let why = ctl(&daemon, "小李", &["explain", number, "--language", "zh"]);
    assert!(why.contains("follow-up close (放弃): the customer has not been tried"), "{why}");
    let rules = ctl(&daemon, "小李", &["follow-up", "explain", number]);
    assert!(rules.contains("rule pressing") && rules.contains("one before it does as well"), "{rules}");
    ctl(&daemon, "小李", &["follow-up", "attempt", number, "--way", "phone", "--outcome", "no-answer", "--note", "下午再打"]);
    ctl(&daemon, "小李", &["follow-up", "pass-on", number, "王芳", "--reason", "我明天休假"]);
    assert!(ctl(&daemon, "小李", &["follow-up", "list"]).starts_with("nothing is to be followed up"));
    let refused = program(daemon.socket(), &["--as", "dora", "follow-up", "list"]);
    assert!(refused.code == 4 && refused.err.contains("needs the right follow_up"), "{}", refused.err);
    let file = home.path("门.png");
    std::fs::write(&file, png("sent by chat")).unwrap();
    let photo = format!("photos={}", file.display());
    let submit = ["follow-up", "submit", number, "--way", "wechat", "overall=5", "comment=师傅很专业", "--photo", &photo];
    let told = ctl(&daemon, "王芳", &submit);
    assert_eq!(told, format!("{number} followed up (revision 4)\n"));
    let ended = daemon.admin().get(number);
    assert_eq!(ended["outcome"], "completed");
    assert_eq!(ended["attempts"][0]["note"], "下午再打");
    let evaluation = &ended["evaluations"][0];
    assert_eq!((&evaluation["source"], &evaluation["by"], &evaluation["way"]), (&json!("staff"), &json!("王芳"), &json!("wechat")));
    let shown = ctl(&daemon, "dora", &["show", number]);
    assert!(shown.contains("by 王芳 of the staff over wechat") && shown.contains("下午再打") && shown.contains("门.png"), "{shown}");
    let history: Vec<Value> = daemon.admin().history(number);
    let told: Vec<&str> = history.iter().map(|line| line["event"].as_str().unwrap()).collect();
    let wanted = ["Created", "NodeEntered", "FollowUpAttempted", "FollowUpPassedOn", "EvaluationRecorded", "NodeLeft", "Ended"];
    assert_eq!(told, wanted);
    assert!(history[4]["details"].as_str().unwrap().contains("taken down by 王芳 over wechat"), "{}", history[4]);
    // Nothing more than was told is in the definitions, and they are switched off like anything else that is defined.
    let off = json!({ "files": [{ "path": "off.toml", "text": "plug_ins.follow_up = false\n" }] });
    let changes = daemon.admin().ok("Definitions1.Apply", off)["changes"].clone();
    assert_eq!(changes[0]["kind"], "plug-in", "{changes}");
    assert_eq!((&changes[0]["name"], &changes[0]["change"]), (&json!("follow-up"), &json!("changed")));
    let moved = ["--as", "dora", "create", "asking", "x", "--contact", "wang"];
    let moved = program(daemon.socket(), &moved);
    assert_eq!((moved.code, moved.err.as_str()), (0, ""));
    let last = daemon.admin().numbers().into_iter().next().unwrap();
    assert!(ctl(&daemon, "dora", &["history", &last]).contains("the follow-up plug-in is off"));
    let listed = ctl(&daemon, "dora", &["definitions", "show", "plug-in", "follow-up"]);
    assert!(listed.contains("plug_ins.follow_up = false"), "{listed}");
    let moved = program(daemon.socket(), &["definitions", "move-rule", "follow-up-rule", "turn", "--before", "pressing"]);
    assert_eq!((moved.code, moved.err.as_str()), (0, ""));
    daemon.stop();
    home.verify(None).unwrap();
}

#[test]
fn what_nobody_does_in_time_ends_by_itself_and_is_no_evaluation() {
    let home = Home::new();
    let daemon = home.start();
    prepare(&daemon);
    let number = daemon.user("dora").create(json!({ "recordType": "asking" }));
    daemon.admin().ahead(2 * DAY);
    until("it is overdue", || {
        let list = daemon.user("小李").ok("WorkOrders1.ListFollowUps", json!({ "mine": true }));
        (list["followUps"][0]["line"]["overdue"] == true).then_some(())
    });
    daemon.admin().ahead(2 * DAY);
    until("it ends", || (daemon.admin().get(&number)["outcome"] == "completed").then_some(()));
    assert_eq!(daemon.admin().get(&number)["evaluations"], json!([]));
    let history = daemon.admin().history(&number);
    assert!(history.iter().any(|line| line["details"] == "auto-completed, not followed up"), "{history:?}");
    daemon.stop();
    home.verify(None).unwrap();
}
