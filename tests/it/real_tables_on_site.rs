//! The rows of `real_tables` that are about on-site work: good parameters, and refusals.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{BEGIN, Caller, DAY};
use crate::real_tables::Case;

/// Who may call what, as in `real_tables`.
pub const ROLES: [(&str, &str); 6] = [
    ("WorkOrders1.CompleteStep", "nnyhhhhh"),
    ("WorkOrders1.SkipStep", "nnyhhhhh"),
    ("WorkOrders1.StartLabor", "nnyhhhhh"),
    ("WorkOrders1.StopLabor", "nnyhhhhh"),
    ("WorkOrders1.EnterLabor", "nnyhhhhh"),
    ("WorkOrders1.LaborTotals", "yyyyyynn"),
];

/// Every required step of the sample's installation, in order.
pub fn complete_steps(emil: &mut Caller, number: &str) {
    install(emil, number);
    emil.act(number, "CompleteStep", json!({ "step": "test", "fields": { "test-result": "passed", "load-tested": 630 } }));
    emil.act(number, "CompleteStep", json!({ "step": "sign-off" }));
}

/// The steps before the one that has a form.
pub fn install(emil: &mut Caller, number: &str) {
    emil.act(number, "CompleteStep", json!({ "step": "arrive", "location": "31.2304,121.4737" }));
    ["inspect", "install"].iter().for_each(|step| drop(emil.act(number, "CompleteStep", json!({ "step": step }))));
}

/// Nothing of emil's runs any more.
fn stop_labor(stage: &Stage) {
    let totals = stage.daemon.admin().ok("WorkOrders1.LaborTotals", json!({ "engineer": "emil" }))["totals"].clone();
    for number in totals.as_array().unwrap().iter().flat_map(|t| t["running"].as_array().unwrap()) {
        stage.caller("emil").act(number.as_str().unwrap(), "StopLabor", json!({}));
    }
}

/// Parameters with which the method is accepted from whoever may call it.
pub fn good(stage: &Stage, method: &str) -> Value {
    let number = |place: &str| json!(stage.at(place));
    match method.rsplit('.').next().unwrap() {
        "CompleteStep" => json!({ "number": number("site"), "step": "arrive", "location": "-33.86,151.2" }),
        "SkipStep" => json!({ "number": number("site"), "step": "photos", "reason": "no camera" }),
        "StartLabor" => {
            stop_labor(stage);
            json!({ "number": number("site"), "step": "install" })
        }
        "StopLabor" => {
            stop_labor(stage);
            let number = stage.at("site");
            stage.caller("emil").act(&number, "StartLabor", json!({}));
            json!({ "number": number })
        }
        "EnterLabor" => json!({ "number": number("site"), "from": BEGIN - 2 * DAY, "to": BEGIN - 2 * DAY + 1 }),
        other => panic!("{other}"),
    }
}

/// Refusals.
pub fn cases(stage: &Stage, task: &str) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |who, method, error, says, parameters| cases.push(Case { who, method, parameters, error, says });
    let n = |number: &str, more: Value| {
        let mut all = more;
        all["number"] = number.into();
        all
    };
    let site = stage.at("site");
    case("emil", "WorkOrders1.CompleteTask", "StepsMissing", "sign-off", n(&site, json!({})));
    case("emil", "WorkOrders1.CompleteStep", "StepOutOfOrder", "arrive", n(&site, json!({ "step": "inspect" })));
    case("emil", "WorkOrders1.CompleteStep", "InvalidField", "location", n(&site, json!({ "step": "arrive" })));
    case("emil", "WorkOrders1.CompleteStep", "InvalidField", "latitude", n(&site, json!({ "step": "arrive", "location": "91,0" })));
    case("emil", "WorkOrders1.CompleteStep", "UnknownReference", "dance", n(&site, json!({ "step": "dance" })));
    case("emil", "WorkOrders1.SkipStep", "NotAllowedHere", "required", n(&site, json!({ "step": "arrive", "reason": "x" })));
    case("emil", "WorkOrders1.SkipStep", "WrongNode", "task", n(task, json!({ "step": "arrive", "reason": "x" })));
    case("emil", "WorkOrders1.StartLabor", "InvalidField", "no labor", n(&site, json!({ "step": "inspect" })));
    case("emil", "WorkOrders1.StopLabor", "LaborNotRunning", "emil", n(&site, json!({})));
    let form = |fields: Value| n(&site, json!({ "step": "arrive", "location": "1,2", "fields": fields }));
    case("emil", "WorkOrders1.CompleteStep", "InvalidFormField", "the step arrive has no form", form(json!({ "cause": "wear" })));
    let tested = stage.at("installed");
    let form = |fields: Value| n(&tested, json!({ "step": "test", "fields": fields }));
    case("emil", "WorkOrders1.CompleteStep", "InvalidFormField", "is required", n(&tested, json!({ "step": "test" })));
    case("emil", "WorkOrders1.CompleteStep", "InvalidFormField", "did you mean passed", form(json!({ "test-result": "pased" })));
    case("emil", "WorkOrders1.CompleteStep", "InvalidFormField", "no such field", form(json!({ "test-resalt": "passed" })));
    let (from, to) = (BEGIN - DAY, BEGIN - DAY + 3_600_000);
    let _ = stage.caller("emil").call("WorkOrders1.EnterLabor", n(&site, json!({ "from": from, "to": to })));
    case("emil", "WorkOrders1.EnterLabor", "LaborOverlaps", "has labor on IN-", n(&site, json!({ "from": to - 1, "to": to + 1 })));
    case("emil", "WorkOrders1.EnterLabor", "InvalidField", "not after", n(&site, json!({ "from": to, "to": to })));
    case("emil", "WorkOrders1.EnterLabor", "InvalidField", "future", n(&site, json!({ "from": BEGIN, "to": BEGIN + DAY / 2 })));
    case("emil", "WorkOrders1.EnterLabor", "InvalidField", "24 hours", n(&site, json!({ "from": from - DAY, "to": to })));
    case("", "WorkOrders1.LaborTotals", "InvalidField", "limit", json!({ "limit": 0 }));
    cases
}
