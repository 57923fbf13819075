//! Follow-ups on the command line: what is called, and how lists, one of them and the rules are told, in 80 columns and in Chinese.

use serde_json::{Value, json};

use crate::cli_commands::Case;
use crate::cli_people::words;
use crate::cli_stage::{Stage, reply};

/// Commands on one Work Order, as in `cli_commands`.
pub fn steps() -> Vec<Case> {
    vec![
        (
            &["follow-up", "attempt", "W", "--way", "phone", "--outcome", "no-answer", "--note", "下午"],
            "RecordFollowUpAttempt",
            json!({ "way": "phone", "outcome": "no-answer", "note": "下午" }),
            "W tried over phone: no-answer",
        ),
        (
            &["follow-up", "submit", "W", "--way", "wechat", "overall=5", "comment=好"],
            "SubmitFollowUp",
            json!({ "way": "wechat", "answers": [{ "field": "overall", "value": "5" }, { "field": "comment", "value": "好" }] }),
            "W followed up",
        ),
        (
            &["follow-up", "close", "W", "--reason", "gone"],
            "CloseFollowUp",
            json!({ "reason": "gone" }),
            "W closed, the customer was not reached",
        ),
        (
            &["follow-up", "pass-on", "W", "小李", "--reason", "ill"],
            "PassFollowUpOn",
            json!({ "user": "小李", "reason": "ill" }),
            "W passed on to 小李",
        ),
    ]
}

/// Command lines of everything else, with method and parameters.
pub fn cases() -> Vec<(Vec<String>, &'static str, Value)> {
    vec![
        (words("follow-up|list|--mine|--limit|7|--json"), "WorkOrders1.ListFollowUps", json!({ "mine": true, "limit": 7 })),
        (words("follow-up|show|W|--language|zh|--json"), "WorkOrders1.Get", json!({ "number": "W", "language": "zh" })),
        (words("follow-up|explain|W"), "WorkOrders1.ExplainFollowUp", json!({ "number": "W" })),
    ]
}

const NOW: i64 = 1_795_000_000_000;

fn attempt(outcome: &str, note: &str) -> Value {
    json!({ "at": NOW - 3_600_000, "by": "小李", "way": "phone", "outcome": outcome, "note": note })
}

fn line(number: &str, person: Value, more: Value) -> Value {
    let mut one = json!({
        "line": { "number": number, "recordType": "maintenance", "subject": "年度保养，用户反映电梯运行时有异响，需要回访确认处理结果", "priority": "normal", "status": "resolved",
            "createdAt": 0, "onHold": false, "overdue": false, "evaluationAwaited": false, "mailTrouble": false, "locked": false },
        "person": person, "template": "service-rating", "attempts": 0, "since": NOW - 7_200_000,
    });
    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    one
}

#[test]
fn the_list_fits_eighty_columns_and_says_who_has_it_and_what_was_tried() {
    let stage = Stage::new(|_| {
        let tried = json!({ "attempts": 2, "lastAttempt": attempt("asked-to-call-back", "x"), "due": NOW + 3_600_000 });
        let lines = [line("MT-20261122-000001", json!("小李"), tried), line("MT-20261122-000002", Value::Null, json!({}))];
        reply(&json!({ "followUps": lines, "total": 2, "now": NOW }))
    });
    let ran = stage.run(&["follow-up", "list"]);
    let wide = |line: &str| unicode_width::UnicodeWidthStr::width(line);
    assert!(ran.out.lines().all(|line| wide(line) <= 80), "{}", ran.out);
    for said in ["小李", "anyone", "in 60 min", "2 h", "asked"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
    let nothing = Stage::new(|_| reply(&json!({ "followUps": [], "total": 0, "now": NOW }))).run(&["follow-up", "list"]);
    assert_eq!(nothing.out, "nothing is to be followed up\n");
}

fn order(more: Value) -> Value {
    let mut order = json!({
        "number": "MT-1", "subject": "年度保养", "contact": "wang", "contactName": "王伟", "account": "acme", "accountName": "华东机电",
        "attempts": [attempt("no-answer", "下午再打")], "attemptsMade": 3,
        "evaluations": [{ "source": "staff", "template": "service-rating", "at": NOW, "afterCompletion": false, "by": "小李", "way": "wechat",
            "answers": [{ "field": "overall", "value": "4", "scale": 5 }] }],
    });
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "workOrder": order })
}

#[test]
fn one_of_them_tells_whom_to_reach_what_is_asked_and_what_was_tried() {
    let questions = json!([
        { "name": "overall", "title": "总体评价", "kind": "stars-5", "required": true },
        { "name": "solved", "title": "是否解决？", "kind": "yes-no", "required": false,
            "options": [{ "name": "yes", "title": "yes" }, { "name": "no", "title": "no" }] },
    ]);
    let now = json!({ "rule": "pressing", "template": "service-rating", "templateTitle": "满意度", "nobody": "小李 is absent", "questions": questions });
    let told = order(json!({ "followUp": now }));
    let stage = Stage::new(move |call| match call.member() {
        "Status" => reply(&json!({ "status": { "now": NOW } })),
        _ => reply(&told),
    });
    let out = stage.run(&["follow-up", "show", "MT-1"]).out;
    for said in [
        "王伟, 华东机电",
        "whoever takes it: 小李 is absent",
        "rule pressing",
        "questions of 满意度",
        "overall  stars-5, required: 总体评价",
        "solved   yes|no: 是否解决？",
        "2 earlier ones are in the history",
        "phone, no-answer by 小李: 下午再打",
        "service-rating by 小李 of the staff over wechat",
        "★★★★☆ 4 of 5",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
}

#[test]
fn the_rules_tell_which_one_counts_and_why_the_others_do_not() {
    let rule = |rule: &str, precedence: i64, verdict: &str, why: Value| json!({ "rule": rule, "precedence": precedence, "verdict": verdict, "why": why, "template": "service-rating", "by": "小李" });
    let told = json!({ "number": "MT-1", "now": NOW, "on": false, "rules": [
        rule("urgent", 10, "no", json!("priority is normal, not urgent")),
        rule("大客户", 20, "wins", Value::Null),
        rule("rest", 30, "comes-later", Value::Null),
    ] });
    let out = Stage::new(move |_| reply(&told)).run(&["follow-up", "explain", "MT-1"]).out;
    for said in [
        "at no follow-up node",
        "the follow-up plug-in is off",
        "priority is normal, not urgent",
        "the first that matches: service-rating, by 小李",
        "one before it does as well",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
}
