//! The rows of `real_tables` about planned visits: who may, good parameters, and refusals.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{BEGIN, DAY, HOUR};
use crate::real_tables::Case;

/// Who may call what, as in `real_tables`.
pub const ROLES: [(&str, &str); 4] = [
    ("WorkOrders1.PlanVisit", "yyyhhhhh"),
    ("WorkOrders1.MoveVisit", "yyyhhhhh"),
    ("WorkOrders1.CancelVisit", "yyyhhhhh"),
    // Each is told of the calendars that are theirs to look at.
    ("WorkOrders1.GetCalendar", "yyyyyynn"),
];

/// A Work Order of emil's with visit 1 planned for tomorrow.
fn planned(stage: &Stage) -> String {
    let number = stage.at("task");
    stage.caller("emil").act(&number, "PlanVisit", json!({ "from": BEGIN + DAY, "until": BEGIN + DAY + HOUR }));
    number
}

/// Parameters with which the method is accepted from whoever may call it; none, if it is another table's.
pub fn good(stage: &Stage, method: &str) -> Option<Value> {
    let (from, until) = (BEGIN + 2 * DAY, BEGIN + 2 * DAY + HOUR);
    Some(match method {
        "WorkOrders1.PlanVisit" => json!({ "number": stage.at("task"), "from": from, "until": until, "note": "bring the valve" }),
        "WorkOrders1.MoveVisit" => json!({ "number": planned(stage), "visit": 1, "from": from, "until": until }),
        "WorkOrders1.CancelVisit" => json!({ "number": planned(stage), "visit": 1 }),
        "WorkOrders1.GetCalendar" => json!({ "from": BEGIN, "until": BEGIN + 100 * DAY }),
        _ => return None,
    })
}

/// Refusals.
pub fn cases(stage: &Stage) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |who, method, error, says, parameters| cases.push(Case { who, method, parameters, error, says });
    let (task, unassigned, over) = (planned(stage), stage.at("assign"), stage.at("cancelled"));
    let plan = |number: &str, from: i64, until: i64, more: Value| {
        let mut all = more;
        (all["number"], all["from"], all["until"]) = (number.into(), (BEGIN + from).into(), (BEGIN + until).into());
        all
    };
    for (from, until, says) in [
        (DAY, DAY, "until: is not after from"),
        (DAY, DAY - 1, "until: is not after from"),
        (DAY, 2 * DAY + 1, "more than 24 hours"),
        (-8 * DAY, -8 * DAY + HOUR, "more than 7 days ago"),
        (732 * DAY, 732 * DAY + HOUR, "more than two years ahead"),
        (-BEGIN - 1, -BEGIN, "before 1970"),
    ] {
        case("emil", "WorkOrders1.PlanVisit", "InvalidField", says, plan(&task, from, until, json!({})));
        case("emil", "WorkOrders1.MoveVisit", "InvalidField", says, plan(&task, from, until, json!({ "visit": 1 })));
    }
    let tomorrow = |number: &str, more| plan(number, DAY, DAY + HOUR, more);
    for (engineer, error, says) in [
        ("nobody", "UnknownReference", "nobody"),
        ("gate", "InvalidField", "gate is no service staff"),
        ("mei", "InvalidField", "mei may not see this Work Order; assign it to them first"),
    ] {
        case("dora", "WorkOrders1.PlanVisit", error, says, tomorrow(&task, json!({ "engineer": engineer })));
        case("dora", "WorkOrders1.MoveVisit", error, says, tomorrow(&task, json!({ "visit": 1, "engineer": engineer })));
    }
    case("dora", "WorkOrders1.PlanVisit", "InvalidField", "has no engineer yet", tomorrow(&unassigned, json!({})));
    case("dora", "WorkOrders1.PlanVisit", "Ended", "cancelled", tomorrow(&over, json!({ "engineer": "dora" })));
    case("dora", "WorkOrders1.PlanVisit", "InvalidField", "note", tomorrow(&task, json!({ "note": "长".repeat(201) })));
    case("emil", "WorkOrders1.MoveVisit", "NothingToChange", "so already", tomorrow(&task, json!({ "visit": 1 })));
    case("emil", "WorkOrders1.MoveVisit", "UnknownReference", "visit", tomorrow(&task, json!({ "visit": 2 })));
    case("emil", "WorkOrders1.CancelVisit", "UnknownReference", "visit", json!({ "number": task, "visit": 2 }));
    case("emil", "WorkOrders1.CancelVisit", "InvalidField", "-1 is no visit", json!({ "number": task, "visit": -1 }));
    case("emil", "WorkOrders1.CancelVisit", "InvalidField", "reason", json!({ "number": task, "visit": 1, "reason": "" }));
    let during = |more: Value| {
        let mut all = more;
        (all["from"], all["until"]) = (BEGIN.into(), (BEGIN + DAY).into());
        all
    };
    case("emil", "WorkOrders1.GetCalendar", "NotPermitted", "the calendar of mei is for themselves", during(json!({ "engineer": "mei" })));
    case("emil", "WorkOrders1.GetCalendar", "UnknownReference", "nobody", during(json!({ "engineer": "nobody" })));
    case("emil", "WorkOrders1.GetCalendar", "InvalidField", "after", during(json!({ "after": "x" })));
    case("emil", "WorkOrders1.GetCalendar", "InvalidField", "limit", during(json!({ "limit": 0 })));
    case("emil", "WorkOrders1.GetCalendar", "InvalidField", "until", json!({ "from": BEGIN, "until": BEGIN }));
    let locked = planned(stage);
    stage.caller("dora").act(&locked, "Lock", json!({}));
    case("dora", "WorkOrders1.PlanVisit", "Locked", "by dora", tomorrow(&locked, json!({})));
    case("emil", "WorkOrders1.CancelVisit", "Locked", "by dora", json!({ "number": locked, "visit": 1 }));
    let void = planned(stage);
    stage.caller("dora").act(&void, "Void", json!({ "reason": "entered twice" }));
    case("", "WorkOrders1.MoveVisit", "Void", "void", tomorrow(&void, json!({ "visit": 1 })));
    cases
}
