//! What `explain` tells is held against what then happens: in every story each command must have been told before, as what it became.

use crate::cli_stage::{Stage, reply};
use crate::cli_views::{DAY, HOUR, NOW, golden, order, page};
use serde_json::json;
use workorderd::cli::view::explain::explanation;
use workorderd::domain::context::Context;
use workorderd::domain::principal::Principal;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::work_order::explain::{Place, Possible, Verdict, ahead, commands};
use workorderd::domain::work_order::{Command, WorkOrder};
use workorderd::protocol::work_orders::Explanation;

/// What was told before a command of the staff.
pub struct Foretold {
    commands: Vec<Possible>,
    next: Option<String>,
    name: &'static str,
    /// Where it leads hangs on what is chosen or given with it, which nobody knows before.
    open: bool,
    visit: Option<u32>,
}

impl Foretold {
    /// Before the command is decided.
    pub fn by(order: Option<&WorkOrder>, command: &Command, cx: &Context<'_>) -> Option<Self> {
        let order = order.filter(|_| matches!(cx.principal, Principal::Staff { .. }))?;
        let open = match command {
            Command::Transfer { .. } | Command::AssignToEngineer { .. } | Command::AssignToGroup { .. } | Command::MoveToVersion { .. } => {
                true
            }
            Command::CompleteTask { fields, .. } | Command::CompleteStep { fields, .. } | Command::ConfirmSolved { fields } => {
                !fields.is_empty()
            }
            _ => false,
        };
        Some(Self {
            commands: commands(order, cx),
            next: ahead(order, cx).into_iter().find(|node| node.passed_over.is_none()).map(|node| node.node.name.to_string()),
            name: command.name(),
            open,
            visit: order.visit().map(|visit| visit.no.0),
        })
    }

    /// After it was decided.
    pub fn holds(&self, after: Result<&WorkOrder, &Rejection>) {
        let told = self.commands.iter().find(|possible| possible.command == self.name).map(|possible| &possible.verdict);
        match (after, told) {
            (Ok(_), Some(Verdict::Asks { .. } | Verdict::Leads(_))) if self.open => {}
            (Ok(after), Some(Verdict::Leads(place))) => {
                let there = match (after.outcome, after.visit()) {
                    (Some(outcome), _) => Place::Ended(outcome),
                    (None, Some(visit)) if self.visit != Some(visit.no.0) => {
                        Place::At { node: visit.name.clone(), handlers: visit.handlers.clone() }
                    }
                    (None, _) => Place::Here,
                };
                assert_eq!(*place, there, "{} was told to lead there", self.name);
                let forward = ["AcceptAssignment", "CompleteTask", "ConfirmSolved", "SkipEvaluation"].contains(&self.name);
                if forward && let Place::At { node, .. } = there {
                    assert_eq!(self.next, Some(node.to_string()), "what is ahead");
                }
            }
            (Err(Rejection::WrongNode { .. } | Rejection::Ended { .. }), told) => {
                assert_eq!(told, None, "{} does not belong here", self.name)
            }
            (Err(refused @ Rejection::NotPermitted { .. }), Some(Verdict::Refused(told))) => assert_eq!(refused, told, "{}", self.name),
            // What is wrong with what was given, or said when nothing could be chosen.
            (Err(_), _) => {}
            (Ok(_), told) => panic!("{} was accepted, and told before was {told:?} of {:?}", self.name, self.commands),
        }
    }
}

fn told() -> Explanation {
    let possible = |command: &str, rest: serde_json::Value| {
        let mut told = json!({ "command": command, "allowed": rest.get("why").is_none() });
        told.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        told
    };
    serde_json::from_value(json!({
        "number": "WO-20261122-000017", "subject": "三楼会议室的打印机无法启动", "status": "in progress", "now": NOW, "node": "repair",
        "title": "维修", "kind": "task", "since": NOW - 2 * HOUR, "onHold": "parts",
        "cause": { "at": NOW - 2 * HOUR, "by": "wang.wei (uid:1001)", "command": "AcceptAssignment", "details": [
            "AssignmentAccepted: by wang.wei", "NodeLeft: accepted", "NodePassedOver: parts, its condition does not hold: priority is urgent",
            "NodeEntered: repair, for wang.wei",
        ] },
        "handlers": [
            { "handler": "wang.wei", "people": [{ "id": "wang.wei", "name": "王伟" }] },
            { "handler": "role dispatcher", "people": [{ "id": "dora", "name": "Dora Klein" }, { "id": "li", "name": "李娜" }] },
            { "handler": "leader of north", "people": [] },
        ],
        "timers": [
            { "due": NOW + DAY, "kind": "overdue", "what": "the node is overdue" },
            { "due": NOW + HOUR, "kind": "remind", "what": "a reminder" },
        ],
        "notes": ["the node's time limits stand still while it is on hold"],
        "commands": [
            possible("CompleteTask", json!({ "asks": "cause" })),
            possible("Hold", json!({ "error": "OnHold", "why": "the Work Order is on hold (parts); resume it first" })),
            possible("Resume", json!({})),
            possible("Reject", json!({ "leadsTo": "rejected" })),
            possible("Cancel", json!({ "error": "NotPermitted", "why": "wang.wei (engineer) may not: this is for the submitter" })),
        ],
        "ahead": [
            { "name": "confirm", "title": "客户确认", "kind": "confirm", "handlers": ["submitter"] },
            { "name": "rate", "title": "", "kind": "evaluate", "passedOver": "no rule matched", "handlers": [] },
        ],
    }))
    .unwrap()
}

#[test]
fn an_explanation_is_told_in_full() {
    golden("explain", &explanation(&told(), &page()));
    let ended = Explanation {
        outcome: Some("completed".into()),
        node: None,
        on_hold: None,
        handlers: Vec::new(),
        commands: Vec::new(),
        ahead: Vec::new(),
        timers: Vec::new(),
        notes: Vec::new(),
        ..told()
    };
    let text = explanation(&ended, &page());
    assert!(text.contains("\nnow at       ended: completed since") && !text.contains("next"), "{text}");
}

#[test]
fn show_tells_what_the_reader_may_do() {
    let stage = Stage::new(|call| {
        reply(&match call.member() {
            "Get" => json!({ "workOrder": order() }),
            "History" => json!({ "lines": [], "more": false }),
            _ => json!({ "explanation": told() }),
        })
    });
    let text = stage.run(&["show", "W"]).out;
    assert!(text.contains("you may      complete, resume, reject\n"), "{text}");
    let text = stage.run(&["explain", "W"]).out;
    assert!(text.contains("complete, once the field cause is given"), "{text}");
}

#[test]
fn which_rule_evaluates_is_told_with_why_not_the_others_and_what_was_frozen_stays() {
    let stage = crate::real_places::Stage::new();
    let explained = |number: &str| stage.caller("dora").ok("WorkOrders1.ExplainEvaluation", json!({ "number": number }));
    let number = stage.at("accept");
    let told = explained(&number);
    let verdicts = |told: &serde_json::Value| {
        let rules = told["rules"].as_array().unwrap().clone();
        rules
            .iter()
            .map(|rule| (rule["rule"].as_str().unwrap().to_owned(), rule["verdict"].as_str().unwrap().to_owned()))
            .collect::<Vec<_>>()
    };
    let pair = |rule: &str, verdict: &str| (rule.to_owned(), verdict.to_owned());
    assert_eq!(verdicts(&told), [pair("urgent-repairs", "wins"), pair("everything-else", "comes-later")]);
    assert_eq!(told.get("frozen"), None);
    let number = stage.at("evaluate");
    // Rules that are changed later change nothing for what waits.
    let mut files = crate::real_stage::definitions();
    for file in &mut files {
        file["text"] = file["text"].as_str().unwrap().replace("in = [\"urgent\"]", "in = [\"low\"]").into();
    }
    stage.caller("").ok("Definitions1.Apply", json!({ "files": files }));
    let told = explained(&number);
    assert_eq!((&told["frozen"]["rule"], &told["frozen"]["mandatory"]), (&json!("urgent-repairs"), &json!(true)));
    assert_eq!(verdicts(&told), [pair("urgent-repairs", "no"), pair("everything-else", "wins")]);
    let why = told["rules"][0]["why"].as_str().unwrap();
    assert!(why.contains("priority") && why.contains("urgent") && why.contains("low"), "{why}");
}
