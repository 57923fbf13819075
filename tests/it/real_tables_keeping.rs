//! The rows of `real_tables` about whose a Work Order is and whether it counts, about calls, and about erasing people: good parameters, and
//! refusals.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{BEGIN, DAY};
use crate::real_tables::Case;

/// Who may call what, as in `real_tables`.
pub const ROLES: [(&str, &str); 19] = [
    ("WorkOrders1.Why", "yyyhhhhh"),
    ("WorkOrders1.Edit", "yynhhhhh"),
    ("WorkOrders1.ChangeOwner", "yynhhhhh"),
    ("WorkOrders1.AddTeamMember", "yynhhhhh"),
    ("WorkOrders1.RemoveTeamMember", "yynhhhhh"),
    ("WorkOrders1.ListToDos", "yyyyyynn"),
    ("WorkOrders1.Forward", "yyyyhhhh"),
    // Somebody's own: a peer that is nobody has none.
    ("WorkOrders1.RemindMe", "-yyhhhhh"),
    ("WorkOrders1.FinishToDo", "-yhhhhhh"),
    // Over an account of one's own.
    ("WorkOrders1.StartCall", "-yyhhhhh"),
    // mei herself, and admins.
    ("Directory1.SetNotices", "ynnynnnn"),
    ("WorkOrders1.Lock", "yynhhhhh"),
    ("WorkOrders1.Unlock", "yynhhhhh"),
    ("WorkOrders1.Void", "yynhhhhh"),
    // What is void admins alone see.
    ("WorkOrders1.Restore", "yhhhhhhh"),
    ("WorkOrders1.Delete", "yhhhhhhh"),
    ("Directory1.ErasePerson", "ynnnnnnn"),
    ("Directory1.JudgeErasePerson", "ynnnnnnn"),
    ("Directory1.GetErasure", "ynnnnnnn"),
];

/// A Work Order of emil's, on whose team dora is, after this of dora's.
fn after(stage: &Stage, command: &str) -> String {
    let number = stage.at("task");
    let reason = if command == "Void" { json!({ "reason": "entered twice" }) } else { json!({}) };
    stage.caller("dora").act(&number, command, reason);
    number
}

/// A contact whom no Work Order knows; whether they are there already, or erased, is all the same.
fn contact(stage: &Stage, id: &str) -> Value {
    let _ = stage.daemon.admin().call("Directory1.PutContact", json!({ "contact": { "id": id, "name": "赵离" } }));
    json!({ "kind": "contact", "id": id })
}

/// One who is erased.
fn erased(stage: &Stage) -> Value {
    let gone = contact(stage, "gone");
    let _ = stage.daemon.admin().call("Directory1.ErasePerson", gone.clone());
    gone
}

/// Parameters with which the method is accepted from whoever may call it; none, if it is another table's.
pub fn good(stage: &Stage, method: &str) -> Option<Value> {
    Some(match method {
        "WorkOrders1.Why" | "WorkOrders1.Lock" => json!({ "number": stage.at("task") }),
        "WorkOrders1.ListToDos" => json!({}),
        "WorkOrders1.Forward" => {
            let number = stage.at("task");
            stage.caller("dora").act(&number, "AddTeamMember", json!({ "user": "mei", "access": "read" }));
            stage.caller("mei").act(&number, "Forward", json!({ "users": ["emil"] }));
            json!({ "number": number, "users": ["mei"], "note": "看一下" })
        }
        "WorkOrders1.RemindMe" => json!({ "number": stage.at("task"), "at": BEGIN + 100 * DAY, "note": "再看" }),
        "WorkOrders1.FinishToDo" => {
            let number = stage.at("task");
            stage.caller("emil").act(&number, "Forward", json!({ "users": ["dora"] }));
            json!({ "number": number, "toDo": 1 })
        }
        "WorkOrders1.StartCall" => json!({ "number": stage.at("task"), "phone": "+86 138 0013 8000" }),
        "Directory1.SetNotices" => {
            // Whatever she said before, it is something else now.
            let _ = stage.daemon.admin().call("Directory1.SetNotices", json!({ "id": "mei" }));
            json!({ "id": "mei", "notices": { "mail": ["new"], "pools": true, "quiet": { "from": "22:00", "until": "07:00", "zone": "UTC" } } })
        }
        "WorkOrders1.Edit" => json!({ "number": stage.at("task"), "subject": "另一个", "fields": { "cause": "wear" } }),
        "WorkOrders1.ChangeOwner" => json!({ "number": stage.at("task"), "owner": "mei" }),
        "WorkOrders1.AddTeamMember" => json!({ "number": stage.at("task"), "user": "mei" }),
        "WorkOrders1.RemoveTeamMember" => json!({ "number": stage.at("task"), "user": "dora" }),
        "WorkOrders1.Unlock" => json!({ "number": after(stage, "Lock") }),
        "WorkOrders1.Void" => json!({ "number": stage.at("task"), "reason": "entered twice" }),
        "WorkOrders1.Restore" => json!({ "number": after(stage, "Void") }),
        "WorkOrders1.Delete" => json!({ "number": after(stage, "Void"), "reason": "entered twice" }),
        "Directory1.ErasePerson" => contact(stage, "leaver"),
        "Directory1.JudgeErasePerson" => contact(stage, "stayer"),
        "Directory1.GetErasure" => erased(stage),
        _ => return None,
    })
}

/// Refusals.
pub fn cases(stage: &Stage) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |who, method, error, says, parameters| cases.push(Case { who, method, parameters, error, says });
    let n = |number: &str, more: Value| {
        let mut all = more;
        all["number"] = number.into();
        all
    };
    let (task, void, locked) = (stage.at("task"), after(stage, "Void"), after(stage, "Lock"));
    case("dora", "WorkOrders1.ChangeOwner", "NothingToChange", "so already", n(&task, json!({ "owner": "emil" })));
    case("dora", "WorkOrders1.ChangeOwner", "UnknownReference", "nobody", n(&task, json!({ "owner": "nobody" })));
    case("dora", "WorkOrders1.Forward", "InvalidField", "is empty", n(&task, json!({ "users": [] })));
    case("dora", "WorkOrders1.Forward", "InvalidField", "named twice", n(&task, json!({ "users": ["emil", "emil"] })));
    case("dora", "WorkOrders1.Forward", "InvalidField", "does not see it", n(&task, json!({ "users": ["sina"] })));
    case("dora", "WorkOrders1.Forward", "UnknownReference", "nobody", n(&task, json!({ "users": ["nobody"] })));
    case("dora", "WorkOrders1.Forward", "TooMany", "20", n(&task, json!({ "users": vec!["mei"; 21] })));
    case("dora", "WorkOrders1.RemindMe", "InvalidField", "not in the future", n(&task, json!({ "at": BEGIN - 1 })));
    case("dora", "WorkOrders1.RemindMe", "InvalidField", "five years", n(&task, json!({ "at": BEGIN + 2000 * DAY })));
    case("", "WorkOrders1.RemindMe", "InvalidField", "only a staff user", n(&task, json!({ "at": BEGIN + DAY })));
    case("dora", "WorkOrders1.FinishToDo", "NotFound", "to-do", n(&task, json!({ "toDo": 9 })));
    case("dora", "WorkOrders1.FinishToDo", "InvalidField", "toDo", n(&task, json!({ "toDo": -1 })));
    for (who, error, says, more) in [
        ("", "InvalidField", "only a staff user has a call account", json!({})),
        ("dora", "InvalidField", "wang has no mobile number", json!({})),
        ("dora", "InvalidField", "wang has no mobile number", json!({ "to": "submitter" })),
        ("emil", "InvalidField", "neither contact nor submitter", json!({ "to": "老板" })),
        ("emil", "InvalidField", "not to both", json!({ "to": "contact", "phone": "110" })),
        ("emil", "InvalidField", "phone: is empty", json!({ "phone": " " })),
        ("emil", "InvalidField", "no phone number", json!({ "phone": "12" })),
        ("emil", "InvalidField", "no phone number", json!({ "phone": "+86 138 0013 8000 #1" })),
        ("emil", "InvalidField", "no phone number", json!({ "phone": "１３８００１３８０００" })),
        ("emil", "InvalidField", "control character", json!({ "phone": "138\n00138000" })),
        ("emil", "InvalidField", "at most 40", json!({ "phone": "1".repeat(41) })),
    ] {
        case(who, "WorkOrders1.StartCall", error, says, n(&task, more));
    }
    case(
        "mei",
        "WorkOrders1.StartCall",
        "NoCallAccount",
        "mei is bound to no call account",
        n(&stage.at("tight"), json!({ "phone": "110" })),
    );
    case("dora", "WorkOrders1.StartCall", "Locked", "by dora", n(&locked, json!({ "phone": "110" })));
    case("", "WorkOrders1.StartCall", "Void", "void", n(&void, json!({ "phone": "110" })));
    for account in ["总机".to_owned(), "8".repeat(65), " ".to_owned() + "\u{7}"] {
        let user = json!({ "id": "zoe", "name": "Zoe", "roles": ["engineer"], "callAccount": account });
        case("", "Directory1.PutStaffUser", "InvalidField", "callAccount", json!({ "staffUser": user }));
    }
    case("dora", "WorkOrders1.ListToDos", "InvalidField", "newest, oldest", json!({ "sort": "best" }));
    case("dora", "WorkOrders1.ListToDos", "InvalidField", "after", json!({ "after": "7" }));
    let notices = |quiet: Value| json!({ "id": "mei", "notices": { "mail": [], "pools": false, "quiet": quiet } });
    let hours = |from: &str, until: &str, zone: &str| json!({ "from": from, "until": until, "zone": zone });
    case("", "Directory1.SetNotices", "InvalidField", "time of day", notices(hours("24:00", "07:00", "UTC")));
    case("", "Directory1.SetNotices", "InvalidField", "time of day", notices(hours("7 pm", "07:00", "UTC")));
    case("", "Directory1.SetNotices", "InvalidField", "different times", notices(hours("07:00", "07:00", "UTC")));
    case("", "Directory1.SetNotices", "InvalidField", "time zone", notices(hours("22:00", "07:00", "Mars/Base")));
    case("", "Directory1.SetNotices", "InvalidField", "returned", json!({ "id": "mei", "notices": { "mail": ["all"], "pools": false } }));
    case("", "Directory1.SetNotices", "NotFound", "nobody", json!({ "id": "nobody" }));
    case("", "Directory1.SetNotices", "NothingToChange", "so already", json!({ "id": "dora" }));
    case("dora", "WorkOrders1.Edit", "NothingToChange", "so already", n(&task, json!({ "reference": "" })));
    case("dora", "WorkOrders1.Edit", "InvalidField", "subject", n(&task, json!({ "subject": " " })));
    case("dora", "WorkOrders1.Edit", "InvalidField", "priority", n(&task, json!({ "priority": "asap" })));
    case("dora", "WorkOrders1.Edit", "InvalidField", "reference", n(&task, json!({ "reference": "x".repeat(65) })));
    case("dora", "WorkOrders1.Edit", "UnknownReference", "nobody", n(&task, json!({ "contact": "nobody" })));
    case("dora", "WorkOrders1.Edit", "UnknownReference", "nobody", n(&task, json!({ "account": "nobody" })));
    case("dora", "WorkOrders1.Edit", "InvalidFormField", "has such a field", n(&task, json!({ "fields": { "model": "x" } })));
    case("dora", "WorkOrders1.Edit", "InvalidFormField", "is required", n(&task, json!({ "fields": { "under-warranty": null } })));
    case("dora", "WorkOrders1.Edit", "InvalidFormField", "fields.cause", n(&task, json!({ "fields": { "cause": "bad luck" } })));
    case("dora", "WorkOrders1.AddTeamMember", "InvalidField", "is the owner", n(&task, json!({ "user": "emil" })));
    case("dora", "WorkOrders1.AddTeamMember", "InvalidField", "access", n(&task, json!({ "user": "mei", "access": "write" })));
    case("dora", "WorkOrders1.RemoveTeamMember", "InvalidField", "not on the team", n(&task, json!({ "user": "mei" })));
    case("dora", "WorkOrders1.Lock", "Locked", "by dora", n(&locked, json!({})));
    case("emil", "WorkOrders1.CompleteTask", "Locked", "unlock it first", n(&locked, json!({})));
    case("dora", "WorkOrders1.Unlock", "NotLocked", "not locked", n(&task, json!({})));
    case("", "WorkOrders1.Void", "Void", "void", n(&void, json!({ "reason": "again" })));
    case("", "WorkOrders1.AddServiceRecord", "Void", "void", n(&void, json!({ "text": "x" })));
    case("dora", "WorkOrders1.Void", "InvalidField", "reason", n(&task, json!({ "reason": " " })));
    case("", "WorkOrders1.Restore", "NotVoid", "not void", n(&task, json!({})));
    case("", "WorkOrders1.Delete", "NotVoid", "not void", n(&task, json!({ "reason": "x" })));
    case("emil", "WorkOrders1.Why", "NotPermitted", "administer", n(&task, json!({ "user": "mei" })));
    case("", "WorkOrders1.Why", "UnknownReference", "nobody", n(&task, json!({ "user": "nobody" })));
    case("dora", "WorkOrders1.List", "InvalidField", "scene", json!({ "scene": "ours" }));
    case("dora", "WorkOrders1.List", "InvalidField", "life", json!({ "life": "dead" }));
    case("dora", "WorkOrders1.List", "InvalidField", "newest, oldest, priority, changed", json!({ "sort": "best" }));
    case("dora", "WorkOrders1.List", "UnknownReference", "handler", json!({ "handler": "nobody" }));
    for (path, value, says) in [
        ("caus", json!("wear"), "did you mean cause?"),
        ("parts-used", json!("bolt"), "parts-used.part, parts-used.quantity"),
        ("parts-used.pat", json!("bolt"), "did you mean part?"),
        ("cause.part", json!("bolt"), "is no table"),
        ("cost", json!("dear"), "is not a number"),
        ("wanted-on", json!("soon"), "fields.wanted-on"),
        ("under-warranty", json!("perhaps"), "neither yes nor no"),
        ("photos", json!("a.png"), "cannot be filtered"),
        ("fault", json!("x".repeat(201)), "more than 200 characters"),
        ("fault", json!(" "), "is empty"),
        ("fault", json!(["a"]), "expected a text"),
    ] {
        case("dora", "WorkOrders1.List", "InvalidFormField", says, json!({ "fields": { (path): value } }));
    }
    let rule = |more: Value| {
        let mut all = json!({ "kind": "evaluation rule", "name": "urgent-repairs" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    case("", "Definitions1.MoveRule", "NotFound", "rarely", rule(json!({ "name": "rarely", "precedence": 5 })));
    case("", "Definitions1.MoveRule", "NotFound", "rarely", rule(json!({ "before": "rarely" })));
    case("", "Definitions1.MoveRule", "InvalidField", "evaluation rule, assignment rule", rule(json!({ "kind": "form", "precedence": 5 })));
    case("", "Definitions1.MoveRule", "InvalidField", "that of everything-else", rule(json!({ "precedence": 100 })));
    case("", "Definitions1.MoveRule", "InvalidField", "from 1", rule(json!({ "precedence": 0 })));
    case("", "Definitions1.MoveRule", "InvalidField", "the rule itself", rule(json!({ "after": "urgent-repairs" })));
    case("", "Definitions1.MoveRule", "InvalidField", "name one of", rule(json!({ "after": "everything-else", "precedence": 5 })));
    case("", "Definitions1.MoveRule", "NothingToChange", "so already", rule(json!({ "before": "everything-else" })));
    case("", "Definitions1.PreviewMessage", "NotFound", "please-pay", json!({ "number": "WO-1-1", "message": "please-pay" }));
    case("", "Definitions1.PreviewMessage", "NotFound", "WO-1-1", json!({ "number": "WO-1-1", "message": "please-rate" }));
    case("", "Definitions1.TryRules", "InvalidField", "limit", json!({ "limit": 0 }));
    case("", "Definitions1.TryRules", "InvalidField", "dry run", json!({ "after": "nonsense" }));
    let gone = erased(stage);
    let person = |kind: &str, id: &str| json!({ "kind": kind, "id": id });
    case("", "Directory1.ErasePerson", "NothingToChange", "so already", gone.clone());
    case("", "Directory1.JudgeErasePerson", "NothingToChange", "so already", gone);
    case("", "Directory1.PutContact", "Erased", "erased", json!({ "contact": { "id": "gone", "name": "another" } }));
    for method in ["Directory1.ErasePerson", "Directory1.JudgeErasePerson", "Directory1.GetErasure"] {
        case("", method, "NotFound", "nobody", person("staff-user", "nobody"));
        case("", method, "InvalidField", "contact, staff-user", person("account", "acme"));
    }
    case("", "Directory1.ErasePerson", "HasOpenWork", "open", person("staff-user", "emil"));
    case("", "Directory1.JudgeErasePerson", "HasOpenWork", "open", person("contact", "wang"));
    case("", "Directory1.GetErasure", "NotFound", "erasure of contact wang", person("contact", "wang"));
    cases
}
