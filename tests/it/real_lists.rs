//! Lists with a real daemon (OPS-3): by what stands in the forms, by time, by who raised and who handles; in every order; page by page
//! while others work.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{BEGIN, Caller, HOUR};

fn list(caller: &mut Caller, filter: Value) -> Vec<String> {
    let lines = caller.ok("WorkOrders1.List", filter)["lines"].clone();
    lines.as_array().unwrap().iter().map(|line| line["number"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_list_is_filtered_by_what_stands_in_any_field_of_a_form_also_of_what_is_closed_and_after_a_restart() {
    let stage = Stage::new();
    let (mut dora, mut emil) = (stage.caller("dora"), stage.caller("emil"));
    let intake = json!({
        "fault": "Es rattelt", "fault-kind": "noise", "serial-number": "AB000007", "under-warranty": true, "wanted-on": "2025-11-05",
        "terminal": "L-1", "site-phone": "+43 1 234567",
    });
    let noisy = dora.create(json!({ "fields": intake }));
    let leaking =
        dora.create(json!({ "fields": { "fault": "漏水", "fault-kind": "leak", "serial-number": "CD000007", "site": "Ästraße 7\n二楼", "under-warranty": false } }));
    let at = stage.at("task");
    let parts = json!([{ "part": "Ventil 阀", "quantity": "2", "price": "19.90" }, { "part": "seal", "quantity": 1 }]);
    emil.act(&at, "SaveFields", json!({ "fields": { "cause": "wear", "parts-used": parts, "cost": "120.00" } }));
    let find = |caller: &mut Caller, fields: Value| list(caller, json!({ "fields": fields }));
    for (fields, found) in [
        (json!({ "fault-kind": "noise" }), vec![&noisy]),
        (json!({ "fault": " es RATTELT " }), vec![&noisy]),
        (json!({ "fault": "漏水" }), vec![&leaking]),
        (json!({ "serial-number": "cd000007", "site": "äSTRAßE 7\n二楼" }), vec![&leaking]),
        (json!({ "serial-number": "AB00000" }), vec![]),
        (json!({ "under-warranty": true }), vec![&noisy]),
        (json!({ "under-warranty": "no", "fault-kind": "leak" }), vec![&leaking]),
        (json!({ "wanted-on": "2025-11-05" }), vec![&noisy]),
        (json!({ "terminal": "L-1", "fault-kind": "noise" }), vec![&noisy]),
        (json!({ "terminal": "L-1", "fault-kind": "leak" }), vec![]),
        (json!({ "site-phone": "+43 1 234567" }), vec![&noisy]),
        (json!({ "cause": "wear" }), vec![&at]),
        (json!({ "parts-used.part": "ventil 阀", "parts-used.quantity": "2.0" }), vec![&at]),
        (json!({ "parts-used.quantity": "1.0" }), vec![&at]),
        (json!({ "parts-used.price": "19.9" }), vec![&at]),
        (json!({ "cost": 120 }), vec![&at]),
        (json!({ "cost": "120.01" }), vec![]),
    ] {
        assert_eq!(find(&mut dora, fields.clone()).iter().collect::<Vec<_>>(), found, "{fields}");
    }
    // What was corrected is found by what it is now.
    emil.act(&at, "SaveFields", json!({ "fields": { "cause": "misuse" } }));
    assert_eq!((find(&mut dora, json!({ "cause": "wear" })), find(&mut dora, json!({ "cause": "misuse" }))), (vec![], vec![at.clone()]));
    dora.act(&noisy, "Cancel", json!({}));
    assert_eq!(list(&mut dora, json!({ "open": false, "fields": { "fault-kind": "noise" } })), std::slice::from_ref(&noisy));
    drop((dora, emil));
    let stage = stage.restarted();
    let mut dora = stage.caller("dora");
    assert_eq!(find(&mut dora, json!({ "serial-number": "ab000007" })), std::slice::from_ref(&noisy));
    assert_eq!(find(&mut dora, json!({ "cause": "misuse", "parts-used.part": "SEAL" })), [at]);
    // What is found is still only what one sees.
    assert_eq!(find(&mut stage.caller("sina"), json!({ "serial-number": "ab000007" })), [""; 0]);
}

#[test]
fn a_list_is_filtered_by_time_by_who_raised_and_by_who_handles() {
    let stage = Stage::new();
    let first = stage.at("accept");
    stage.daemon.admin().ahead(HOUR);
    let second = stage.at("assign");
    stage.daemon.admin().ahead(HOUR);
    let third = stage.caller("sina").create(json!({ "subject": "mine" }));
    let mut dora = stage.caller("dora");
    let [soon, later] = [BEGIN + HOUR / 2, BEGIN + HOUR + HOUR / 2];
    for (filter, found) in [
        (json!({ "createdUntil": soon }), vec![&first]),
        (json!({ "createdFrom": soon, "createdUntil": later }), vec![&second]),
        (json!({ "createdFrom": later }), vec![&third]),
        (json!({ "createdFrom": later, "createdUntil": soon }), vec![]),
        (json!({ "submitter": "sina" }), vec![&third]),
        (json!({ "submitter": "dora" }), vec![&second, &first]),
        (json!({ "handler": "emil" }), vec![&first]),
        (json!({ "handler": "dora" }), vec![&third, &second]),
        (json!({ "handler": "gast" }), vec![]),
        (json!({ "sort": "oldest" }), vec![&first, &second, &third]),
    ] {
        assert_eq!(list(&mut dora, filter.clone()).iter().collect::<Vec<_>>(), found, "{filter}");
    }
    stage.caller("emil").act(&first, "AddServiceRecord", json!({ "text": "x" }));
    assert_eq!(list(&mut dora, json!({ "sort": "changed" })), [first, third, second]);
}

#[test]
fn pages_hold_everything_that_stays_as_it_is_once_while_others_work() {
    let stage = Stage::new();
    let mut dora = stage.caller("dora");
    let priorities = ["low", "normal", "high", "urgent"].into_iter().cycle().take(40);
    let all: Vec<String> = priorities.map(|priority| dora.create(json!({ "priority": priority }))).collect();
    for sort in ["newest", "oldest", "priority", "changed"] {
        let (mut after, mut told, mut moved) = (Value::Null, Vec::new(), BTreeSet::new());
        for page in 0.. {
            let got = dora.ok("WorkOrders1.List", json!({ "sort": sort, "limit": 7, "after": after }));
            told.extend(got["lines"].as_array().unwrap().iter().map(|line| line["number"].as_str().unwrap().to_owned()));
            after = got["next"].clone();
            if after.is_null() {
                break;
            }
            // Steps on one that was told, on the one that the page ended with, and on one that is still to come; and a new one.
            for number in [&told[0], told.last().unwrap(), &all[(page * 11) % all.len()]].map(Clone::clone) {
                dora.act(&number, "AddServiceRecord", json!({ "text": "x" }));
                moved.insert(number);
            }
            let new = dora.create(json!({}));
            moved.insert(new);
        }
        for number in all.iter().filter(|number| sort != "changed" || !moved.contains(*number)) {
            assert_eq!(told.iter().filter(|told| *told == number).count(), 1, "{number} by {sort}");
        }
    }
}
