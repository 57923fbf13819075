//! The rows of `real_tables` about follow-ups: who may, good parameters, and refusals.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_tables::Case;

/// Who may call what, as in `real_tables`. The follow-up is emil's; who lists needs the right, or is an admin.
pub const ROLES: [(&str, &str); 6] = [
    ("WorkOrders1.RecordFollowUpAttempt", "nnyhhhhh"),
    ("WorkOrders1.SubmitFollowUp", "nnyhhhhh"),
    ("WorkOrders1.CloseFollowUp", "nnyhhhhh"),
    // And of admins.
    ("WorkOrders1.PassFollowUpOn", "ynyhhhhh"),
    ("WorkOrders1.ListFollowUps", "ynnnnnnn"),
    ("WorkOrders1.ExplainFollowUp", "yyyhhhhh"),
];

/// A type whose only step is a follow-up by one person; wilma has the right, and iris alone follows up what presses.
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
kind = "follow-up"
method = "standard"
template = "service-rating"
person = "emil"
labels = { submit = { en = "Took down", zh = "回访完成" } }
"#;

/// The company can ask.
fn prepared(stage: &Stage) {
    let mut admin = stage.daemon.admin();
    // The second time there is nothing to change.
    drop(admin.call("Definitions1.Apply", json!({ "files": [{ "path": "asking.toml", "text": FILES }] })));
    let wilma = json!({ "id": "wilma", "name": "魏玛", "roles": ["follow-up-staff"] });
    drop(admin.call("Directory1.PutStaffUser", json!({ "staffUser": wilma })));
}

/// A Work Order that emil is to follow up.
pub fn waiting(stage: &Stage) -> String {
    prepared(stage);
    stage.caller("dora").create(json!({ "recordType": "asking" }))
}

fn tried(stage: &Stage) -> String {
    let number = waiting(stage);
    stage.caller("emil").act(&number, "RecordFollowUpAttempt", json!({ "way": "phone", "outcome": "busy" }));
    number
}

/// Parameters with which the method is accepted from whoever may call it; none, if it is another table's.
pub fn good(stage: &Stage, method: &str) -> Option<Value> {
    Some(match method {
        "WorkOrders1.RecordFollowUpAttempt" => {
            json!({ "number": waiting(stage), "way": "phone", "outcome": "no-answer", "note": "下午再打" })
        }
        "WorkOrders1.SubmitFollowUp" => {
            json!({ "number": waiting(stage), "way": "wechat", "answers": [{ "field": "overall", "value": "5" }] })
        }
        "WorkOrders1.CloseFollowUp" => json!({ "number": tried(stage), "reason": "打不通" }),
        "WorkOrders1.PassFollowUpOn" => json!({ "number": waiting(stage), "user": "wilma", "reason": "on leave" }),
        "WorkOrders1.ListFollowUps" => {
            waiting(stage);
            json!({ "mine": false })
        }
        "WorkOrders1.ExplainFollowUp" => json!({ "number": stage.at("accept") }),
        _ => return None,
    })
}

/// Refusals.
pub fn cases(stage: &Stage) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |who, method, error, says, parameters| cases.push(Case { who, method, parameters, error, says });
    let (fresh, task, evaluate) = (waiting(stage), stage.at("task"), stage.at("evaluate"));
    let n = |number: &str, more: Value| {
        let mut all = more;
        all["number"] = number.into();
        all
    };
    let answer = |value: &str| json!({ "way": "phone", "answers": [{ "field": "overall", "value": value }] });
    let attempt = |way: &str, outcome: &str| json!({ "way": way, "outcome": outcome });
    let submit = "WorkOrders1.SubmitFollowUp";
    case("emil", submit, "InvalidAnswer", "1 to 5", n(&fresh, answer("6")));
    case("emil", submit, "InvalidAnswer", "required", n(&fresh, json!({ "way": "phone", "answers": [] })));
    case(
        "emil",
        submit,
        "InvalidAnswer",
        "no such field",
        n(&fresh, json!({ "way": "phone", "answers": [{ "field": "速度", "value": "1" }] })),
    );
    case("emil", submit, "InvalidField", "phone, e-mail, wechat, visit", n(&fresh, json!({ "way": "pigeon", "answers": [] })));
    case("emil", submit, "WrongNode", "task", n(&task, answer("5")));
    // The gate of a mandatory evaluation is not for the staff to open.
    case("emil", submit, "WrongNode", "evaluate", n(&evaluate, answer("5")));
    case("emil", "WorkOrders1.RecordFollowUpAttempt", "InvalidField", "no-answer, busy", n(&fresh, attempt("phone", "gone")));
    case("emil", "WorkOrders1.RecordFollowUpAttempt", "InvalidField", "way", n(&fresh, attempt("", "busy")));
    case("emil", "WorkOrders1.RecordFollowUpAttempt", "WrongNode", "task", n(&task, attempt("phone", "busy")));
    let mut long = attempt("phone", "busy");
    long["note"] = "长".repeat(4_001).into();
    case("emil", "WorkOrders1.RecordFollowUpAttempt", "InvalidField", "note", n(&fresh, long));
    case("emil", "WorkOrders1.CloseFollowUp", "NotAttempted", "record an attempt first", n(&fresh, json!({ "reason": "x" })));
    case("emil", "WorkOrders1.CloseFollowUp", "InvalidField", "reason", n(&fresh, json!({ "reason": "" })));
    case("emil", "WorkOrders1.PassFollowUpOn", "UnknownReference", "nobody", n(&fresh, json!({ "user": "nobody" })));
    case(
        "emil",
        "WorkOrders1.PassFollowUpOn",
        "InvalidField",
        "mei has no role with the right follow_up",
        n(&fresh, json!({ "user": "mei" })),
    );
    case("", "WorkOrders1.PassFollowUpOn", "InvalidField", "emil has no role", n(&fresh, json!({ "user": "emil" })));
    case("emil", "WorkOrders1.PassFollowUpOn", "WrongNode", "task", n(&task, json!({ "user": "wilma" })));
    case("emil", "WorkOrders1.TakeTask", "NothingToChange", "so already", n(&fresh, json!({})));
    case("dora", "WorkOrders1.ExplainFollowUp", "NotFound", "WO-20200101-1", n("WO-20200101-1", json!({})));
    case("", "WorkOrders1.ListFollowUps", "InvalidField", "limit", json!({ "limit": 0 }));
    case("", "WorkOrders1.ListFollowUps", "InvalidField", "after", json!({ "after": "page two" }));
    case("wilma", "WorkOrders1.ListFollowUps", "InvalidField", "sort", json!({ "sort": "loudest" }));
    cases
}
