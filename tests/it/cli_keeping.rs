//! The calls that the commands about whose a Work Order is make, for `cli_commands`; and how `why` is printed.

use serde_json::{Value, json};
use workorderd::cli::rules::Found;
use workorderd::cli::view::{evaluation, rules, why};
use workorderd::engine::scope::Scene;
use workorderd::engine::sorting::Sort;
use workorderd::protocol::definitions::Tried;
use workorderd::protocol::work_orders::{EvaluationExplained, SCENES, SORTS, WhyTold};

use crate::cli_people::words;
use crate::cli_views::{NOW, golden, page};

/// A command line, the method it calls, and the parameters.
pub fn cases() -> Vec<(Vec<String>, &'static str, Value)> {
    let act = |line: &str, method, more: Value| {
        let mut parameters = json!({ "requestId": "r-1", "number": "W" });
        more.as_object().unwrap().iter().for_each(|(key, value)| parameters[key] = value.clone());
        (words(&format!("{line}|--request-id|r-1")), method, parameters)
    };
    vec![
        (words("sms|quota"), "System1.GetSmsQuota", json!({})),
        (words("sms|quota|--add|100|--request-id|r-1"), "System1.ChangeSmsQuota", json!({ "requestId": "r-1", "by": 100 })),
        (words("sms|quota|--take|5|--request-id|r-1"), "System1.ChangeSmsQuota", json!({ "requestId": "r-1", "by": -5 })),
        act(
            "edit|W|--subject|另一个|--description||--contact|li|--priority|high|--field|cause=wear",
            "WorkOrders1.Edit",
            json!({ "subject": "另一个", "description": "", "contact": "li", "priority": "high", "fields": { "cause": "wear" } }),
        ),
        act("change-owner|W|mei", "WorkOrders1.ChangeOwner", json!({ "owner": "mei" })),
        act("team|add|W|mei|--access|read", "WorkOrders1.AddTeamMember", json!({ "user": "mei", "access": "read" })),
        act("team|remove|W|mei", "WorkOrders1.RemoveTeamMember", json!({ "user": "mei" })),
        act("forward|W|--to|mei,emil|--note|看一下", "WorkOrders1.Forward", json!({ "users": ["mei", "emil"], "note": "看一下" })),
        act("finish-to-do|W|3", "WorkOrders1.FinishToDo", json!({ "toDo": 3 })),
        act(
            "remind-me|W|--at|2025-11-03T09:00Z|--note|打电话",
            "WorkOrders1.RemindMe",
            json!({ "at": 1_762_160_400_000_i64, "note": "打电话" }),
        ),
        (words("to-dos|--sort|oldest|--limit|7"), "WorkOrders1.ListToDos", json!({ "sort": "oldest", "limit": 7 })),
        (
            words("notices|set|mei|--mail|new,overdue|--pools|--quiet|22:00-07:00|--zone|Asia/Shanghai|--request-id|r-1"),
            "Directory1.SetNotices",
            json!({
                "requestId": "r-1", "id": "mei",
                "notices": { "mail": ["new", "overdue"], "pools": true, "quiet": { "from": "22:00", "until": "07:00", "zone": "Asia/Shanghai" } },
            }),
        ),
        (words("notices|clear|mei|--request-id|r-1"), "Directory1.SetNotices", json!({ "requestId": "r-1", "id": "mei" })),
        act("call|W", "WorkOrders1.StartCall", json!({})),
        act("call|W|--to|submitter", "WorkOrders1.StartCall", json!({ "to": "submitter" })),
        act(
            "call|W|--phone|+86 138 0013 8000|--expected-revision|3",
            "WorkOrders1.StartCall",
            json!({ "phone": "+86 138 0013 8000", "expectedRevision": 3 }),
        ),
        act("lock|W", "WorkOrders1.Lock", json!({})),
        act("unlock|W|--expected-revision|3", "WorkOrders1.Unlock", json!({ "expectedRevision": 3 })),
        act("void|W|--reason|twice", "WorkOrders1.Void", json!({ "reason": "twice" })),
        act("restore|W", "WorkOrders1.Restore", json!({})),
        act("delete|W|--reason|twice", "WorkOrders1.Delete", json!({ "reason": "twice" })),
        act(
            "plan|W|--from|2026-11-23T09:00Z|--for|90m|--note|Bring it",
            "WorkOrders1.PlanVisit",
            json!({ "from": 1_795_424_400_000_i64, "until": 1_795_429_800_000_i64, "note": "Bring it" }),
        ),
        act(
            "move-visit|W|2|--from|2026-11-23T09:00Z|--until|2026-11-23T10:30Z|--engineer|mei",
            "WorkOrders1.MoveVisit",
            json!({ "visit": 2, "from": 1_795_424_400_000_i64, "until": 1_795_429_800_000_i64, "engineer": "mei" }),
        ),
        act("cancel-visit|W|2|--reason|ill", "WorkOrders1.CancelVisit", json!({ "visit": 2, "reason": "ill" })),
        (
            words("calendar|--engineer|mei|--from|2026-11-23T09:00Z|--until|2026-11-23T10:30Z"),
            "WorkOrders1.GetCalendar",
            json!({ "engineer": "mei", "from": 1_795_424_400_000_i64, "until": 1_795_429_800_000_i64, "limit": 1000 }),
        ),
        (words("evaluation|explain|W"), "WorkOrders1.ExplainEvaluation", json!({ "number": "W" })),
        (
            words("definitions|preview-message|please-rate|W|--language|zh"),
            "Definitions1.PreviewMessage",
            json!({ "number": "W", "message": "please-rate", "language": "zh" }),
        ),
        (
            words("definitions|move-rule|evaluation-rule|紧急|--before|其他|--dry-run|--request-id|r-1"),
            "Definitions1.MoveRule",
            json!({ "requestId": "r-1", "kind": "evaluation rule", "name": "紧急", "before": "其他", "dryRun": true }),
        ),
        (
            words("definitions|move-rule|assignment-rule|near|--precedence|7|--request-id|r-1"),
            "Definitions1.MoveRule",
            json!({ "requestId": "r-1", "kind": "assignment rule", "name": "near", "precedence": 7 }),
        ),
        (
            words("evaluation|dry-run|--record-type|repair|--created-from|2025-11-03T09:00Z|--newest|7"),
            "Definitions1.TryRules",
            json!({ "recordType": "repair", "createdFrom": 1_762_160_400_000_i64, "limit": 7 }),
        ),
        (words("why|W"), "WorkOrders1.Why", json!({ "number": "W" })),
        (words("why|mei|W"), "WorkOrders1.Why", json!({ "number": "W", "user": "mei" })),
        (
            words("list|--scene|shared-to-me|--owner|mei|--void"),
            "WorkOrders1.List",
            json!({ "scene": "shared-to-me", "owner": "mei", "life": "void" }),
        ),
        (
            words(
                "list|--field|cause=wear|--field|parts-used.part=阀 4|--handler|emil|--submitter|dora|--created-from|2025-11-03T09:00Z|--sort|changed",
            ),
            "WorkOrders1.List",
            json!({
                "fields": { "cause": "wear", "parts-used.part": "阀 4" }, "handler": "emil", "submitter": "dora",
                "createdFrom": 1_762_160_400_000_i64, "sort": "changed",
            }),
        ),
        (words("list|--deleted"), "WorkOrders1.List", json!({ "life": "deleted" })),
    ]
}

#[test]
fn why_tells_yes_and_no_by_the_rules_within_80_columns() {
    let told: WhyTold = serde_json::from_value(json!({
        "number": "WO-20261122-000017",
        "user": "mei",
        "relations": ["is on the team, to read", "is in its service group"],
        "verdicts": [
            { "action": "see", "allowed": true, "because": ["the role engineer has the right read_work_orders", "is on the team, to read"] },
            { "action": "reassign", "allowed": false, "because": [
                "data gate: is neither the owner, nor a superior of theirs, nor on the team to write",
                "role gate: no role has the right reassign_work_orders for the record type 维修",
            ] },
        ],
    }))
    .unwrap();
    golden("why", &why::why(&told, &page()));
}

#[test]
fn which_rule_counts_and_why_not_the_others_fits_80_columns() {
    let rule = |rule: &str, precedence: i64, verdict: &str, why: Option<&str>| json!({ "rule": rule, "precedence": precedence, "verdict": verdict, "why": why, "template": "service-rating", "mandatory": precedence == 10, "channels": if precedence == 5 { json!([]) } else { json!(["sms", "e-mail"]) }, "messagePriority": true });
    let told = json!({
        "number": "WO-20261122-000017",
        "now": NOW,
        "frozen": { "node": "evaluate", "since": NOW - 3_600_000, "rule": "urgent-repairs", "template": "service-rating version 2", "mandatory": true, "skip": false, "channels": ["wechat", "sms", "e-mail"], "fallBackAfter": 1_800_000 },
        "rules": [
            rule("北区客户", 5, "no", Some("region is west, not north; account is empty, which is none of acme, globex, initech, umbrella")),
            rule("urgent-repairs", 10, "wins", None),
            rule("everything-else", 100, "comes-later", None),
        ],
    });
    let frozen: EvaluationExplained = serde_json::from_value(told).unwrap();
    let none: EvaluationExplained = serde_json::from_value(json!({ "number": "W", "now": NOW, "rules": [] })).unwrap();
    golden("evaluation", &format!("{}\n{}", evaluation::explained(&frozen, &page()), evaluation::explained(&none, &page())));
}

#[test]
fn a_dry_run_of_rules_tells_for_how_many_each_counts_and_for_which_another_would() {
    let rule = |name: Option<&str>, now, then| (name.map(str::to_owned), [now, then]);
    let tried = |number: &str, now: Option<&str>, then: Option<&str>| Tried {
        number: number.into(),
        record_type: "repair".into(),
        created_at: NOW,
        now: now.map(Into::into),
        then: then.map(Into::into),
    };
    let mut found = Found {
        tried: 1_204,
        total: 5_000,
        with_files: true,
        rules: vec![
            rule(Some("北区的重要客户在周末报修的时候要评价"), 0, 12),
            rule(Some("everything-else"), 1_140, 1_130),
            rule(None, 64, 62),
        ],
        otherwise: 12,
        listed: vec![
            tried("WO-20261122-000017", Some("everything-else"), Some("北区的重要客户在周末报修的时候要评价")),
            tried("WO-20261122-000003", None, Some("everything-else")),
        ],
    };
    let with_files = rules::found(&found, &page());
    (found.with_files, found.total) = (false, 1_204);
    golden("rules", &format!("{with_files}\n{}", rules::found(&found, &page())));
}

#[test]
fn the_scenes_and_orders_that_can_be_typed_are_those_that_there_are() {
    assert_eq!(SCENES, Scene::NAMES);
    assert_eq!(SORTS, Sort::NAMES);
}
