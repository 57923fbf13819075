//! A customer's evaluation and the auto-completion of its node at the same moment, thousands of times on the real daemon: one of the two
//! leaves the node, never both or neither, and the customer is told which (EVA-11).

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::real_stage::{DAY, HOUR, Home, until};

const RATED: &str = r#"
[[record_type]]
name = "rated"
number = "R-{date}-{counter}"
process = "rated"
[[process]]
name = "rated"
[[process.node]]
name = "rate"
kind = "evaluate"
method = "qr-code"
template = "stars"
mandatory = true
handlers = ["role:admin"]
auto_complete_after = "1d"
[[evaluation_template]]
name = "stars"
[[evaluation_template.field]]
name = "overall"
kind = "stars-5"
required = true
"#;

/// People who hand in at the same time.
const CUSTOMERS: usize = 6;

#[test]
fn an_evaluation_and_the_auto_completion_at_the_same_moment_are_one_of_both_and_the_customer_is_told_which() {
    let rounds = if std::env::var_os("WO_LONG").is_some() { 10 } else { 2 };
    let of_a_round = 1_000;
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    admin.ok("Directory1.PutStaffUser", json!({ "staffUser": { "id": "root", "name": "根", "roles": ["admin"] } }));
    let mut root = daemon.user("root");
    admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "rated.toml", "text": RATED }] }));
    let (mut in_time, mut late) = (0, 0);
    for _ in 0..rounds {
        let orders: Vec<(String, String)> = (0..of_a_round)
            .map(|_| {
                let created = root.ok("WorkOrders1.Create", json!({ "recordType": "rated", "subject": "评价" }));
                let number = created["receipt"]["number"].as_str().unwrap().to_owned();
                let link = admin.get(&number)["invitations"][0]["link"].as_str().unwrap().to_owned();
                (number, link)
            })
            .collect();
        let last = admin.get(&orders[of_a_round - 1].0);
        assert_eq!((&last["mandatory"], &last["node"]), (&json!(true), &json!("rate")));
        let (next, said) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
        std::thread::scope(|scope| {
            for _ in 0..CUSTOMERS {
                let mut customer = daemon.admin();
                let (next, said, orders) = (&next, &said, &orders);
                scope.spawn(move || {
                    while let Some((number, link)) = orders.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let answers = json!([{ "field": "overall", "value": "4" }]);
                        let reply = customer.ok("Guest1.Evaluate", json!({ "token": link, "answers": answers }));
                        said.lock().unwrap().push((number.clone(), reply["afterCompletion"].as_bool().unwrap()));
                    }
                });
            }
            // In the midst of it, time is up for all.
            until("a third of them", || (next.load(Ordering::Relaxed) > of_a_round / 3).then_some(()));
            daemon.admin().ahead(DAY + HOUR);
        });
        let said = said.into_inner().unwrap();
        assert_eq!(said.len(), of_a_round);
        for (number, after_completion) in said {
            let order = until("its end", || Some(admin.get(&number)).filter(|order| order["outcome"] == "completed"));
            assert_eq!(order["evaluations"].as_array().unwrap().len(), 1, "{order}");
            assert_eq!(order["evaluations"][0]["afterCompletion"], after_completion, "{order}");
            let left: Vec<String> = admin
                .history(&number)
                .iter()
                .filter(|line| line["event"] == "NodeLeft")
                .map(|line| line["details"].as_str().unwrap_or_default().to_owned())
                .collect();
            assert_eq!(left.len(), 1, "{number} left its node {left:?}");
            let by_itself = left[0].contains("auto-completed");
            assert_eq!(by_itself, after_completion, "{number}: {left:?}, but the customer was told {after_completion}");
            if after_completion { late += 1 } else { in_time += 1 }
        }
    }
    println!("{in_time} in time, {late} after completion, none both or neither");
    assert!(in_time > 0 && late > 0, "there was no race: {in_time} in time, {late} late");
    drop((admin, root));
    daemon.stop();
    home.verify(None).unwrap();
}
