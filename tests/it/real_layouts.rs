//! Layouts with a real daemon (PER-2): what a role hides is in no answer and taken from nobody, what it makes read only is taken from
//! nobody who has no other role.

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{Caller, request_id};

/// Engineers do not see what it cost and what the parts are, and what the customer said stays as it was said.
const ROLES: &str = r#"
[[role]]
name = "engineer"
rights = ["read_work_orders", "read_directory", "create_work_orders"]
hidden_fields = ["cost", "photos", "parts-used"]
read_only_fields = ["cause"]

[[role]]
name = "foreman"
rights = ["read_work_orders", "read_directory"]
record_types = ["installation"]
hidden_fields = ["cause", "cost"]
"#;

fn apply(stage: &Stage, text: &str) {
    stage.daemon.admin().ok("Definitions1.Apply", json!({ "files": [{ "path": "layouts.toml", "text": text }] }));
}

/// What emil filled in while he saw everything; the hash of the photo.
fn filled(stage: &Stage) -> (String, String) {
    let number = stage.at("task");
    let mut emil = stage.caller("emil");
    let brought = json!({ "upload": "u", "offset": 0, "content": "emVpc2ln", "last": true });
    let hash = emil.ok("WorkOrders1.BringAttachment", brought)["hash"].as_str().unwrap().to_owned();
    let fields = json!({
        "cause": "wear", "cost": "4711.00", "parts-used": [{ "part": "Zeisig 黄雀", "quantity": 1 }],
        "photos": { "hash": hash, "mediaType": "image/png", "name": "Zeisig.png" },
    });
    emil.act(&number, "SaveFields", json!({ "fields": fields }));
    (number, hash)
}

fn names(of: &Value) -> Vec<&str> {
    of.as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect()
}

fn found(caller: &mut Caller, fields: Value) -> i64 {
    caller.ok("WorkOrders1.List", json!({ "fields": fields }))["total"].as_i64().unwrap()
}

#[test]
fn a_field_that_every_role_hides_is_in_no_answer() {
    let stage = Stage::new();
    let (number, hash) = filled(&stage);
    apply(&stage, ROLES);
    let mut emil = stage.caller("emil");
    let mut answers = vec![emil.get(&number), emil.ok("WorkOrders1.Explain", json!({ "number": number }))];
    for of in [json!({ "number": number }), json!({ "form": "repair-report" })] {
        answers.push(emil.ok("WorkOrders1.DescribeForm", of));
    }
    answers.push(emil.ok("WorkOrders1.History", json!({ "number": number, "limit": 1000 })));
    answers.push(emil.ok("WorkOrders1.List", json!({})));
    for answer in &answers {
        let text = answer.to_string();
        for hidden in ["4711", "Zeisig", "黄雀", "\"cost\"", "parts-used", "photos", &hash] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    assert_eq!(names(&answers[0]["fields"]), ["fault-kind", "under-warranty", "cause"]);
    assert_eq!(answers[2]["form"], answers[3]["form"]);
    let read_only = |name: &str| {
        let fields = answers[2]["form"]["fields"].as_array().unwrap();
        fields.iter().find(|field| field["name"] == name).unwrap()["readOnly"].as_bool().unwrap()
    };
    assert!(read_only("cause") && !read_only("next-service-on"));
    // The content of an attachment neither; nor can it be looked for by its value.
    let (error, _) = emil.refused("WorkOrders1.ReadAttachment", json!({ "number": number, "hash": hash }));
    assert_eq!(error, "org.workorderd.NotFound");
    for field in ["cost", "parts-used.part", "cots"] {
        let (error, with) = emil.refused("WorkOrders1.List", json!({ "fields": { (field): "4711" } }));
        assert_eq!((error.as_str(), with["rule"].as_str()), ("org.workorderd.InvalidFormField", Some("kind")), "{with}");
        assert!(with["problem"].as_str().unwrap().starts_with("no form has such a field"), "{with}");
        assert!(!with.to_string().contains("did you mean cost"), "{with}");
    }
    // Dora, a dispatcher, sees it all.
    let mut dora = stage.caller("dora");
    assert_eq!(dora.get(&number)["values"]["cost"]["amount"], "4711.00");
    assert_eq!(found(&mut dora, json!({ "cost": "4711" })), 1);
    let text = dora.ok("WorkOrders1.History", json!({ "number": number })).to_string();
    assert!(text.contains("4711") && text.contains("parts-used"));
    // Why says so.
    let why = stage.daemon.admin().ok("WorkOrders1.Why", json!({ "number": number, "user": "emil" })).to_string();
    assert!(why.contains("cost is hidden for the roles: engineer") && why.contains("cause is read only for the roles: engineer"), "{why}");
}

#[test]
fn what_is_hidden_or_read_only_is_taken_from_nobody_and_changes_nothing() {
    let stage = Stage::new();
    let (number, _) = filled(&stage);
    apply(&stage, ROLES);
    let mut emil = stage.caller("emil");
    let before = stage.daemon.admin().get(&number);
    let create = |fields: Value| json!({ "requestId": request_id(), "recordType": "repair", "subject": "x", "fields": fields });
    for (field, value, rule) in
        [("cost", json!("1.00"), "unknown"), ("cause", json!("misuse"), "read-only"), ("cause", Value::Null, "read-only")]
    {
        let fields = json!({ (field): value });
        for method in ["WorkOrders1.SaveFields", "WorkOrders1.CompleteTask"] {
            let (error, with) = emil.refused(method, json!({ "number": number, "requestId": request_id(), "fields": fields }));
            assert_eq!((error.as_str(), with["rule"].as_str()), ("org.workorderd.InvalidFormField", Some(rule)), "{method} {with}");
            assert_eq!(with["field"], format!("fields.{field}"));
        }
        let (_, there) =
            emil.refused("WorkOrders1.SaveFields", json!({ "number": number, "requestId": request_id(), "fields": { "cost": 1 } }));
        let (_, never) =
            emil.refused("WorkOrders1.SaveFields", json!({ "number": number, "requestId": request_id(), "fields": { "cots": 1 } }));
        assert_eq!(there["rule"], never["rule"], "a field that is hidden is as one that there is not");
        for method in ["WorkOrders1.Create", "WorkOrders1.JudgeCreate"] {
            apply(&stage, &ROLES.replace("\"cost\", ", "\"fault\", ").replace("\"cause\"]", "\"site\"]"));
            for (field, rule) in [("fault", "unknown"), ("site", "read-only")] {
                let (_, with) = emil.refused(method, create(json!({ "under-warranty": true, (field): "x" })));
                assert_eq!(with["rule"], rule, "{method} {with}");
            }
            apply(&stage, ROLES);
        }
    }
    assert_eq!(stage.daemon.admin().get(&number), before);
    // What he may is taken beside it, and the node is passed on.
    emil.act(&number, "CompleteTask", json!({ "fields": { "next-service-on": "2026-11-24" } }));
    assert_eq!(stage.daemon.admin().get(&number)["values"]["cost"]["amount"], "4711.00");
}

#[test]
fn somebody_with_another_role_sees_what_that_one_shows_and_roles_about_other_record_types_do_not_count() {
    let stage = Stage::new();
    let (number, _) = filled(&stage);
    let installed = stage.at("site");
    apply(&stage, ROLES);
    let mut admin = stage.daemon.admin();
    let mut with_roles = |roles: &[&str]| {
        let emil = json!({ "id": "emil", "name": "EMIL", "email": "emil@service.example", "roles": roles });
        let _ = admin.call("Directory1.PutStaffUser", json!({ "staffUser": emil }));
        let values = stage.caller("emil").get(&number)["values"].clone();
        ["cause", "cost"].map(|field| values.get(field).is_some())
    };
    assert_eq!(with_roles(&["engineer"]), [true, false]);
    // A built-in role shows everything.
    assert_eq!(with_roles(&["engineer", "follow-up-staff"]), [true, true]);
    // The foreman's layout is about installations alone.
    assert_eq!(with_roles(&["engineer", "foreman"]), [true, false]);
    let form = |number: &str| stage.caller("emil").ok("WorkOrders1.DescribeForm", json!({ "number": number }));
    assert!(!form(&number).to_string().contains("\"cost\""));
    // Of an installation the engineer and the foreman hide it both; what one of them shows is shown.
    let mut emil = stage.caller("emil");
    assert_eq!(found(&mut emil, json!({ "cause": "wear" })), 1);
    assert_eq!(emil.refused("WorkOrders1.List", json!({ "fields": { "cost": "4711" } })).0, "org.workorderd.InvalidFormField");
    assert_eq!(with_roles(&["foreman"]), [false, false], "no role of his is about repairs, so all count");
    assert_eq!(stage.caller("emil").get(&installed)["number"], installed.as_str());
}

#[test]
fn a_field_that_one_record_type_hides_is_not_found_there_and_is_found_elsewhere() {
    let stage = Stage::new();
    apply(
        &stage,
        "[[role]]\nname = \"desk\"\nrights = [\"read_work_orders\", \"read_all_work_orders\"]\nrecord_types = [\"repair\"]\nhidden_fields = [\"site\"]\n\
         [[role]]\nname = \"crew\"\nrights = [\"read_work_orders\", \"read_all_work_orders\"]\nrecord_types = [\"installation\"]\n",
    );
    let equipment = json!([{ "model": "X", "quantity": 1 }]);
    let mut dora = stage.caller("dora");
    dora.create(json!({ "fields": { "under-warranty": true, "site": "二楼" } }));
    let there = dora.create(json!({ "recordType": "installation", "fields": { "equipment": equipment, "site": "二楼" } }));
    let zoe = json!({ "id": "zoe", "name": "Zoe", "roles": ["desk", "crew"] });
    stage.daemon.admin().ok("Directory1.PutStaffUser", json!({ "staffUser": zoe }));
    assert_eq!(found(&mut dora, json!({ "site": "二楼" })), 2);
    let listed = stage.caller("zoe").ok("WorkOrders1.List", json!({ "fields": { "site": "二楼" } }));
    assert_eq!((&listed["total"], &listed["lines"][0]["number"]), (&json!(1), &json!(there)));
    assert_eq!(stage.caller("zoe").ok("WorkOrders1.List", json!({}))["total"], 2);
}

#[test]
fn what_is_required_and_not_shown_is_asked_for_without_being_named() {
    let stage = Stage::new();
    apply(
        &stage,
        "[[role]]\nname = \"service-staff\"\nrights = [\"read_work_orders\", \"create_work_orders\"]\nhidden_fields = [\"safe-code\"]\n\
         [[form]]\nname = \"strict\"\n[[form.field]]\nname = \"safe-code\"\nkind = \"text\"\nrequired = true\n\
         [[record_type]]\nname = \"strict\"\nnumber = \"ST-{counter}\"\nprocess = \"repair\"\nform = \"strict\"\n",
    );
    let strict = json!({ "requestId": request_id(), "recordType": "strict", "subject": "x" });
    let (error, with) = stage.caller("sina").refused("WorkOrders1.Create", strict);
    assert_eq!((error.as_str(), with["rule"].as_str()), ("org.workorderd.InvalidFormField", Some("required")), "{with}");
    assert!(with["field"] == "fields" && !with.to_string().contains("safe-code"), "{with}");
}

#[test]
fn definitions_name_fields_that_there_are_and_admins_see_all() {
    let stage = Stage::new();
    let mut admin = stage.daemon.admin();
    for (text, says) in [
        ("[[role]]\nname = \"x\"\nhidden_fields = [\"cots\"]\n", "did you mean cost?"),
        ("[[role]]\nname = \"x\"\nread_only_fields = [\"no such\"]\n", "no form has a field"),
        ("[[role]]\nname = \"x\"\nread_only_fields = \"cost\"\n", "read_only_fields"),
        (
            "[[role]]\nname = \"admin\"\nrights = [\"change_definitions\", \"administer\"]\nhidden_fields = [\"cost\"]\n",
            "the role admin sees all fields",
        ),
        ("[[role]]\nname = \"x\"\nhidden_fields = [\"cost\"]\n[[role]]\nname = \"y\"\nincludes = [\"x\"]\n", "would be forgotten"),
    ] {
        let files = json!([{ "path": "roles.toml", "text": text }]);
        let (_, with) = admin.refused("Definitions1.Apply", json!({ "requestId": request_id(), "files": files }));
        assert!(with.to_string().contains(says), "{text}: {with}");
    }
    // What is applied comes out again as it was.
    apply(&stage, ROLES);
    let exported = admin.ok("Definitions1.Export", json!({}))["files"].clone();
    assert!(exported.to_string().contains("hidden_fields"));
    let again = admin.ok("Definitions1.Apply", json!({ "files": exported, "dryRun": true }));
    assert_eq!(again["changes"], json!([]));
}
