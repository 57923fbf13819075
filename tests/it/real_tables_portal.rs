//! The rows of `real_tables` about people outside who come in by themselves: who may bring their calls, good parameters, and refusals.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};

use crate::portal_stage::{contact, customer, link, within};
use crate::real_places::Stage;
use crate::real_tables::Case;

/// Who may call what, as in `real_tables`: a gateway, and nobody of the staff.
pub const ROLES: [(&str, &str); 13] = [
    ("Guest1.RequestSignIn", "ynnnnnyn"),
    ("Guest1.SignIn", "ynnnnnyn"),
    ("Guest1.SignOut", "ynnnnnyn"),
    ("Guest1.ListRecordTypes", "ynnnnnyn"),
    ("Guest1.DescribeForm", "ynnnnnyn"),
    ("Guest1.Create", "ynnnnnyn"),
    ("Guest1.ListOwn", "ynnnnnyn"),
    ("Guest1.GetOwn", "ynnnnnyn"),
    ("Guest1.ConfirmOwn", "ynnnnnyn"),
    ("Guest1.CancelOwn", "ynnnnnyn"),
    ("Guest1.LookUpTerminal", "ynnnnnyn"),
    ("Guest1.TakeReceipt", "-nnnnn-n"),
    ("Guest1.BringPhoto", "ynnnnnyn"),
];

/// A contact that no test has met.
fn newcomer() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("customer-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The session of a new customer of acme.
fn session(stage: &Stage) -> String {
    customer(&mut stage.daemon.admin(), &stage.data(), &newcomer(), Some("acme"))
}

/// A Work Order that the customer has raised.
fn own(stage: &Stage, session: &str) -> Value {
    let create = json!({ "session": session, "recordType": "repair", "subject": "x" });
    stage.daemon.admin().ok("Guest1.Create", create)["number"].clone()
}

/// Parameters with which the method is accepted from whoever may bring it; none, if it is another table's.
pub fn good(stage: &Stage, method: &str) -> Option<Value> {
    let within = |parameters| within(&session(stage), parameters);
    Some(match method.strip_prefix("Guest1.")? {
        "RequestSignIn" => json!({ "email": "wang@example.cn" }),
        "SignIn" => {
            let id = newcomer();
            let mut admin = stage.daemon.admin();
            contact(&mut admin, &id, None);
            admin.ok("Guest1.RequestSignIn", json!({ "email": format!("{id}@customer.example") }));
            json!({ "token": link(&stage.data(), &id, 1) })
        }
        "SignOut" | "ListRecordTypes" | "ListOwn" => within(json!({})),
        "DescribeForm" => within(json!({ "recordType": "repair" })),
        "Create" => within(json!({ "recordType": "repair", "subject": "x" })),
        "GetOwn" | "CancelOwn" => {
            let session = session(stage);
            json!({ "number": own(stage, &session), "session": session })
        }
        "ConfirmOwn" => {
            let session = session(stage);
            let number = own(stage, &session);
            let (mut dora, mut emil) = (stage.caller("dora"), stage.caller("emil"));
            dora.act(number.as_str().unwrap(), "AssignToEngineer", json!({ "engineer": "emil" }));
            emil.act(number.as_str().unwrap(), "AcceptAssignment", json!({}));
            emil.act(number.as_str().unwrap(), "CompleteTask", json!({}));
            json!({ "number": number, "session": session, "solved": true })
        }
        // No provider is configured here: whoever may bring one is told so.
        "TakeReceipt" => json!({ "provider": "twilio", "token": "x", "body": "" }),
        "LookUpTerminal" => {
            let terminal =
                json!({ "id": "L-7", "name": "七号楼客梯", "product": "lift-500", "account": "acme", "serialNumber": "AB700000" });
            let _ = stage.daemon.admin().call("Directory1.PutTerminal", json!({ "terminal": terminal }));
            within(json!({ "serialNumber": "AB700000" }))
        }
        _ => return None,
    })
}

/// Refusals.
pub fn cases(stage: &Stage) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut case = |method, error, says, parameters| cases.push(Case { who: "gate", method, parameters, error, says });
    let session = session(stage);
    let number = own(stage, &session);
    let with = |parameters| within(&session, parameters);
    case("Guest1.RequestSignIn", "InvalidField", "email", json!({ "email": "nobody" }));
    case("Guest1.RequestSignIn", "InvalidField", "language", json!({ "email": "wang@example.cn", "language": "!" }));
    case("Guest1.SignIn", "UnknownInvitation", "not known", json!({ "token": "AAAA" }));
    case("Guest1.SignIn", "UnknownInvitation", "not known", json!({ "token": session }));
    for method in ["Guest1.SignOut", "Guest1.ListRecordTypes", "Guest1.ListOwn"] {
        case(method, "SessionEnded", "sign in again", json!({ "session": "AAAA" }));
    }
    case("Guest1.ListRecordTypes", "SignInNeeded", "guests are not let in", json!({}));
    case("Guest1.DescribeForm", "UnknownReference", "recordType", with(json!({ "recordType": "installation" })));
    case("Guest1.DescribeForm", "InvalidField", "language", with(json!({ "recordType": "repair", "language": "" })));
    case("Guest1.Create", "SignInNeeded", "sign in first", json!({ "recordType": "repair", "subject": "x" }));
    case("Guest1.Create", "UnknownReference", "recordType", with(json!({ "recordType": "installation", "subject": "x" })));
    case("Guest1.Create", "InvalidField", "subject", with(json!({ "recordType": "repair", "subject": " " })));
    let late = json!({ "recordType": "repair", "subject": "x", "fields": { "wanted-on": "tomorrow" } });
    case("Guest1.Create", "InvalidFormField", "fields.wanted-on", with(late));
    case("Guest1.Create", "InvalidField", "requestId", with(json!({ "recordType": "repair", "subject": "x", "requestId": "a b" })));
    case("Guest1.ListOwn", "InvalidField", "limit", with(json!({ "limit": 0 })));
    case("Guest1.GetOwn", "NotFound", "WO-1", with(json!({ "number": "WO-1" })));
    case("Guest1.ConfirmOwn", "WrongNode", "assign", with(json!({ "number": number, "solved": true })));
    case("Guest1.ConfirmOwn", "NotFound", "WO-1", with(json!({ "number": "WO-1", "solved": true })));
    case("Guest1.CancelOwn", "NotFound", "WO-1", with(json!({ "number": "WO-1" })));
    case("Guest1.CancelOwn", "InvalidField", "reason", with(json!({ "number": number, "reason": "" })));
    case("Guest1.LookUpTerminal", "NotFound", "terminal AB0", with(json!({ "serialNumber": "AB0" })));
    let photo = |token: &Value, content: &str| json!({ "token": token, "upload": "u", "offset": 0, "content": content, "last": true });
    case("Guest1.BringPhoto", "UnknownInvitation", "not known", photo(&json!("AAAA"), "iVBORw0KGgo="));
    let (rate, other) = (stage.link(&stage.at("evaluate")), stage.link(&stage.at("skip")));
    case("Guest1.BringPhoto", "InvalidField", "is no photo that is taken here", photo(&rate, "PHN2Zz48L3N2Zz4="));
    case("Guest1.BringPhoto", "InvalidField", "asks for no photo", photo(&other, "iVBORw0KGgo="));
    case("Guest1.TakeReceipt", "InvalidField", "none that is configured", json!({ "provider": "twilio", "token": "x" }));
    cases
}
