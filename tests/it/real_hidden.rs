//! What one may not see does not exist for one (PER-8): every method of the interface is walked through as somebody who has nothing
//! to do with a Work Order, and nothing of it may be in any answer.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use workorderd::protocol::idl::Interface;

use crate::real_places::Stage;
use crate::real_stage::{Caller, full, request_id};

/// A number that was never given out.
const NEVER: &str = "WO-20251103-000999";
/// Stands in everything that is written about the hidden one.
const CANARY: &str = "Zeisig";
/// Of the staff, without any part in it; of a service provider; with a role for other things; and those who are hardly let in.
const OUTSIDERS: [&str; 5] = ["sina", "nora", "rita", "gate", "gast"];

/// The methods that are served, each with whether it takes a Work Order's number.
fn methods(stage: &Stage) -> Vec<(String, bool)> {
    let mut admin = stage.daemon.admin();
    let interfaces = admin.ok("org.varlink.service.GetInfo", json!({}))["interfaces"].clone();
    let mut methods = Vec::new();
    for name in interfaces.as_array().unwrap() {
        let text = admin.ok("org.varlink.service.GetInterfaceDescription", json!({ "interface": name }))["description"].clone();
        let interface = Interface::parse(text.as_str().unwrap()).unwrap();
        methods.extend(interface.methods.iter().map(|m| {
            let takes_a_number = m.input.iter().any(|field| field.name == "number");
            let interface = interface.name.strip_prefix("org.workorderd.").unwrap_or(&interface.name);
            (format!("{interface}.{}", m.name), takes_a_number)
        }));
    }
    methods
}

/// With a customer beside the one who is signed in to the portal.
fn stage() -> Stage {
    let stage = Stage::new();
    let mut admin = stage.daemon.admin();
    admin.ok("Directory1.PutAccount", json!({ "account": { "id": "umbrella", "name": "Umbrella" } }));
    admin.ok("Directory1.PutContact", json!({ "contact": { "id": "li", "name": "李", "account": "umbrella" } }));
    stage
}

/// One of that customer's that dora and emil worked on, with the canary in every place that takes a text; and the hash of its attachment.
fn hidden(stage: &Stage) -> (String, Value) {
    let (mut dora, mut emil) = (stage.caller("dora"), stage.caller("emil"));
    let number = dora.create(json!({ "contact": "li", "subject": format!("{CANARY} 秘密"), "description": CANARY }));
    dora.act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    emil.act(&number, "AcceptAssignment", json!({}));
    let brought = json!({ "upload": "hidden", "offset": 0, "content": "emVpc2ln", "last": true });
    let hash = emil.ok("WorkOrders1.BringAttachment", brought)["hash"].clone();
    let photo = json!({ "hash": hash, "mediaType": "image/png", "name": format!("{CANARY}.png") });
    emil.act(&number, "SaveFields", json!({ "fields": { "photos": photo } }));
    emil.act(&number, "AddServiceRecord", json!({ "text": CANARY }));
    emil.act(&number, "Hold", json!({ "reason": "parts", "note": CANARY }));
    emil.act(&number, "Resume", json!({}));
    let tomorrow = crate::real_stage::BEGIN + crate::real_stage::DAY;
    emil.act(&number, "PlanVisit", json!({ "from": tomorrow, "until": tomorrow + 1, "note": CANARY }));
    (number, hash)
}

/// What came back, as one text; of a stream, the first of it.
fn answer(stage: &Stage, who: &str, method: &str, parameters: &Value) -> String {
    if !method.ends_with(".Watch") {
        return match stage.caller(who).call(method, parameters.clone()) {
            Ok(reply) => reply.to_string(),
            Err((name, more)) => format!("{name} {more}"),
        };
    }
    let mut pipe = stage.daemon.pipe();
    pipe.call("System1.ActAs", &json!({ "user": who }));
    pipe.reply().unwrap();
    let call = json!({ "method": full(method), "parameters": parameters, "more": true }).to_string() + "\0";
    pipe.send(call.as_bytes()).unwrap();
    let reply = pipe.reply().unwrap();
    format!("{} {}", reply.error.unwrap_or_default(), Value::Object(reply.parameters))
}

#[test]
fn a_hidden_work_order_is_answered_like_a_number_that_was_never_given_out() {
    let stage = stage();
    let (number, hash) = hidden(&stage);
    let taken = request_id();
    let with = |of: &Value, number: &str, request: &str| {
        let mut all = of.clone();
        (all["number"], all["requestId"]) = (number.into(), request.into());
        let all = all.as_object_mut().unwrap();
        if all.contains_key("hash") {
            all.insert("hash".into(), hash.clone());
        }
        all.remove("recordType");
        Value::Object(all.clone())
    };
    stage.caller("emil").act(&number, "AddServiceRecord", json!({ "text": "x", "requestId": taken }));
    let mut walked = BTreeSet::new();
    for (method, _) in methods(&stage).into_iter().filter(|(_, takes_a_number)| *takes_a_number) {
        let good = stage.good(&method);
        let reads = !crate::real_stage::is_mutation(&method);
        for who in OUTSIDERS {
            // As it should be asked; against a revision, right or wrong; again under a request id that was used there.
            for (revision, request) in [(None, request_id()), (Some(1), request_id()), (Some(7), request_id()), (None, taken.clone())] {
                let [there, never] = [number.as_str(), NEVER].map(|number| {
                    let mut parameters = with(&good, number, &request);
                    match (reads, revision) {
                        (true, _) => drop(parameters.as_object_mut().unwrap().remove("requestId")),
                        (false, Some(revision)) if method != "System1.RetryTimers" && !method.starts_with("Guest1") => {
                            parameters["expectedRevision"] = revision.into();
                        }
                        (false, _) => {}
                    }
                    answer(&stage, who, &method, &parameters).replace(number, "N")
                });
                assert_eq!(there, never, "{method} by {who} tells that there is something");
                assert!(there.starts_with("org.workorderd.Not"), "{method} by {who}: {there}");
            }
        }
        walked.insert(method);
    }
    assert!(walked.len() > 35, "{walked:?}");
}

#[test]
fn nothing_of_a_hidden_work_order_is_in_any_answer_and_no_count_counts_it() {
    let stage = stage();
    // One that they see, so that lists are not empty.
    let own = stage.caller("sina").create(json!({ "subject": "mine" }));
    let reading: Vec<(String, Value)> = {
        let all = methods(&stage).into_iter().map(|(method, _)| method);
        let reads = all.filter(|m| !crate::real_stage::is_mutation(m) && !m.ends_with("ActAs") && !m.contains("Guest1"));
        let mut reading: Vec<(String, Value)> = reads.filter(|m| !m.ends_with(".Watch")).map(|m| (m.clone(), stage.good(&m))).collect();
        let list = "WorkOrders1.List";
        for scene in workorderd::engine::scope::Scene::NAMES {
            reading.push((list.into(), json!({ "scene": scene })));
        }
        for filter in [
            json!({ "status": "in-progress" }),
            json!({ "engineer": "emil" }),
            json!({ "group": "hydraulics" }),
            json!({ "contact": "li" }),
            json!({ "recordType": "repair" }),
            json!({ "priority": "urgent" }),
            json!({ "owner": "emil" }),
            json!({ "life": "void" }),
            json!({ "life": "deleted" }),
        ] {
            reading.push((list.into(), filter));
        }
        reading
    };
    let told = |who: &str| -> Vec<String> {
        let told = reading.iter().map(|(method, parameters)| {
            let mut caller: Caller = stage.caller(who);
            let Ok(mut reply) = caller.call(method, parameters.clone()) else { return "refused".to_owned() };
            if method.ends_with("Status") {
                // How busy the daemon is as a whole is told; what is counted of Work Orders is what one sees.
                reply = json!([reply["status"]["workOrders"], reply["status"]["byStatus"]]);
            }
            format!("{method} {parameters}: {reply}")
        });
        told.collect()
    };
    let before: Vec<Vec<String>> = OUTSIDERS.iter().map(|who| told(who)).collect();
    let (number, hash) = hidden(&stage);
    let void = hidden(&stage).0;
    stage.caller("dora").act(&void, "Void", json!({ "reason": CANARY }));
    let hash = hash.as_str().unwrap();
    for (who, before) in OUTSIDERS.into_iter().zip(before) {
        for (before, after) in before.iter().zip(told(who)) {
            assert_eq!(*before, after, "{who} is told something else since");
            assert!(![CANARY, &number, &void, hash].iter().any(|secret| after.contains(*secret)), "{who}: {after}");
        }
    }
    // Whatever one sends, and whatever comes live.
    for who in OUTSIDERS {
        for (method, _) in methods(&stage) {
            let mut parameters = stage.good(&method);
            if method.ends_with(".Watch") {
                parameters = json!({ "after": 0 });
            }
            let secrets = if parameters.get("number").is_some() { vec![CANARY] } else { vec![CANARY, &number, &void, hash] };
            let after = answer(&stage, who, &method, &parameters);
            assert!(!secrets.iter().any(|secret| after.contains(*secret)), "{method} by {who}: {after}");
        }
    }
    assert!(stage.caller("sina").numbers().contains(&own), "one's own is seen");
    assert!(stage.caller("emil").numbers().contains(&number), "it is there");
}
