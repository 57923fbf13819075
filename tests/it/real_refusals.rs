//! Refusals that need a story: repeated requests, old revisions, tasks that somebody else has, links that have ended, versions
//! without the gate that is waited at. Each is refused by its name and leaves nothing behind.
//! What one call alone can bring about stands in `real_tables`.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{Caller, DAY, Home, definitions, work};
use crate::real_tables::{people_steps, sequence};

#[test]
fn refusals_that_something_must_have_happened_before() {
    let stage = Stage::new();
    let (mut admin, mut dora, mut emil) = (stage.caller(""), stage.caller("dora"), stage.caller("emil"));
    let refused = |caller: &mut Caller, method: &str, parameters: Value| {
        let before = sequence(&stage.daemon);
        let (name, with) = caller.refused(method, parameters);
        assert_eq!(people_steps(&stage.daemon, before), Vec::<Value>::new());
        assert!(with["message"].as_str().is_some_and(|m| !m.is_empty()), "{with}");
        name.rsplit('.').next().unwrap().to_owned()
    };
    // A repeated request gets the same receipt; with other parameters, or by somebody else, it is an error.
    let number = dora.create(json!({}));
    let mut parameters = json!({ "number": number, "requestId": "once", "text": "a" });
    let first = dora.ok("WorkOrders1.AddServiceRecord", parameters.clone());
    assert_eq!(dora.ok("WorkOrders1.AddServiceRecord", parameters.clone()), first);
    assert_eq!(refused(&mut admin, "WorkOrders1.AddServiceRecord", parameters.clone()), "RequestIdReused");
    // Nor does it tell somebody who does not see the Work Order that it is there.
    assert_eq!(refused(&mut stage.caller("sina"), "WorkOrders1.AddServiceRecord", parameters.clone()), "NotFound");
    parameters["text"] = "b".into();
    assert_eq!(refused(&mut dora, "WorkOrders1.AddServiceRecord", parameters), "RequestIdReused");
    let create = |subject: &str| json!({ "requestId": "create-once", "recordType": "repair", "subject": subject });
    assert_eq!(dora.ok("WorkOrders1.Create", create("a")), dora.ok("WorkOrders1.Create", create("a")));
    assert_eq!(refused(&mut dora, "WorkOrders1.Create", create("b")), "RequestIdReused");
    // The right revision is taken, the old one is not.
    let revision = admin.get(&number)["revision"].clone();
    let note = json!({ "number": number, "text": "x", "expectedRevision": revision });
    dora.ok("WorkOrders1.AddServiceRecord", note.clone());
    assert_eq!(refused(&mut stage.caller("sina"), "WorkOrders1.AddServiceRecord", note.clone()), "NotFound");
    assert_eq!(refused(&mut dora, "WorkOrders1.AddServiceRecord", note), "Conflict");
    // Groups, tasks that are taken, links.
    dora.act(&number, "AssignToGroup", json!({ "group": "hydraulics" }));
    assert_eq!(
        refused(&mut stage.caller("lena"), "WorkOrders1.AssignToEngineer", json!({ "number": number, "engineer": "sina" })),
        "NotAMember"
    );
    let ticket = dora.create(json!({ "recordType": "service-ticket" }));
    dora.act(&ticket, "AssignToEngineer", json!({ "engineer": "emil" }));
    emil.act(&ticket, "TakeTask", json!({}));
    assert_eq!(refused(&mut dora, "WorkOrders1.CompleteTask", json!({ "number": ticket })), "TakenByAnother");
    let normal = dora.create(json!({ "priority": "low" }));
    work(&stage.daemon, &normal);
    dora.act(&normal, "ConfirmSolved", json!({}));
    assert_eq!(refused(&mut emil, "WorkOrders1.SkipEvaluation", json!({ "number": normal })), "SkipNotOffered");
    let evaluated = stage.at("evaluate");
    let token = stage.link(&evaluated);
    admin.ahead(6 * DAY);
    admin.ahead(30 * DAY);
    let answers = json!({ "token": token, "answers": [{ "field": "overall", "value": "4" }] });
    assert_eq!(refused(&mut admin, "Guest1.Evaluate", answers), "InvitationExpired");
    // A new version without the node a Work Order waits at.
    let waiting = stage.at("evaluate");
    let mut files = definitions();
    let processes = files.iter_mut().find(|f| f["path"] == "processes.toml").unwrap();
    let text = processes["text"].as_str().unwrap().replacen("name = \"evaluate\"", "name = \"rated\"", 1);
    processes["text"] = text.into();
    admin.ok("Definitions1.Apply", json!({ "files": files }));
    assert_eq!(refused(&mut admin, "WorkOrders1.MoveToVersion", json!({ "number": waiting, "version": 3 })), "WouldDropGate");
    // The machine's clock cannot be set.
    let home = Home::new();
    let daemon = home.start_with(&[]);
    assert_eq!(daemon.admin().refused("System1.SetClock", json!({ "aheadMs": 5 })).0, "org.workorderd.ClockNotManual");
}
