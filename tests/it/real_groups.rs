//! Service groups with a real daemon: many who claim one Work Order at the same moment, and `kill -9` in the midst of what a group's
//! rule chooses. Nothing is lost, nobody gets more than the limit, and the turn goes on where it was.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::{Value, json};

use crate::real_stage::{Caller, Daemon, Home, Pipe, Refused, frame, request_id, seed, until};

const CROWD: usize = 64;

fn staff(admin: &mut Caller, id: &str) {
    admin.ok("Directory1.PutStaffUser", json!({ "staffUser": { "id": id, "name": id, "roles": ["engineer"] } }));
}

fn put_group(admin: &mut Caller, id: &str, members: &[String], rule: &str, limit: Option<u64>) {
    let mut group = json!({ "id": id, "name": id, "leader": "lena", "members": members, "rule": rule });
    if let Some(limit) = limit {
        group["limit"] = limit.into();
    }
    admin.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
}

fn repair(daemon: &Daemon) -> String {
    daemon.user("dora").create(json!({ "recordType": "repair" }))
}

#[test]
fn of_64_who_claim_at_once_one_has_it_and_the_others_are_told_who() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let members: Vec<String> = (0..CROWD).map(|n| format!("u{n}")).collect();
    members.iter().for_each(|id| staff(&mut admin, id));
    put_group(&mut admin, "pool", &members, "pool", Some(3));
    let barrier = Barrier::new(CROWD);
    for _ in 0..3 {
        let number = repair(&daemon);
        daemon.user("dora").act(&number, "AssignToGroup", json!({ "group": "pool" }));
        let answers: Vec<(String, Result<Value, Refused>)> = std::thread::scope(|scope| {
            let claim = |id: &String| {
                let mut caller = daemon.user(id);
                barrier.wait();
                (id.clone(), caller.call("WorkOrders1.Claim", json!({ "number": number })))
            };
            let threads: Vec<_> = members.iter().map(|id| scope.spawn(move || claim(id))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winners: Vec<_> = answers.iter().filter(|(_, answer)| answer.is_ok()).map(|(id, _)| id).collect();
        assert_eq!(winners.len(), 1, "{winners:?}");
        for (_, answer) in &answers {
            if let Err((name, with)) = answer {
                assert_eq!((name.as_str(), &with["by"]), ("org.workorderd.TakenByAnother", &json!(winners[0])), "{with}");
            }
        }
        let order = admin.get(&number);
        assert_eq!((&order["engineer"], &order["owner"], &order["node"]), (&json!(winners[0]), &json!(winners[0]), &json!("repair")));
    }
    daemon.stop();
    home.verify(None).unwrap();
}

/// Creates repairs and gives them to the groups until the daemon is gone; nobody waits for an answer long.
fn load(socket: &std::path::Path, n: usize) {
    let Ok(mut pipe) = Pipe::connect(socket) else { return };
    if send(&mut pipe, "System1.ActAs", &json!({ "user": "dora" })).is_none() {
        return;
    }
    for round in 0_usize.. {
        let create = json!({ "requestId": request_id(), "recordType": "repair", "subject": "x", "contact": "wang" });
        let Some(number) = send(&mut pipe, "WorkOrders1.Create", &create).and_then(|r| Some(r["receipt"]["number"].as_str()?.to_owned()))
        else {
            return;
        };
        let group = if (n + round).is_multiple_of(3) { "tight" } else { "turn" };
        if send(&mut pipe, "WorkOrders1.AssignToGroup", &json!({ "requestId": request_id(), "number": number, "group": group })).is_none() {
            return;
        }
    }
}

fn send(pipe: &mut Pipe, method: &str, parameters: &Value) -> Option<Value> {
    pipe.send(&frame(method, parameters)).ok()?;
    pipe.reply().map(|reply| Value::Object(reply.parameters))
}

fn of_group(admin: &mut Caller, group: &str) -> Vec<Value> {
    let listed = admin.ok("WorkOrders1.List", json!({ "group": group, "limit": 1000 }));
    assert!(listed.get("next").is_none_or(Value::is_null), "more than one page");
    listed["lines"].as_array().unwrap().clone()
}

#[test]
fn killed_in_the_midst_of_choosing_nothing_is_lost_and_limit_and_turn_hold() {
    let home = Home::new();
    let mut daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let members: Vec<String> = ["emil", "mei"].map(str::to_owned).into_iter().chain((0..3).map(|n| format!("u{n}"))).collect();
    members[2..].iter().for_each(|id| staff(&mut admin, id));
    put_group(&mut admin, "turn", &members, "round-robin", None);
    put_group(&mut admin, "tight", &members[..3], "least-loaded", Some(4));
    drop(admin);
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..12 {
        let socket = home.socket();
        std::thread::scope(|scope| {
            for n in 0..4 {
                let socket = &socket;
                scope.spawn(move || load(socket, n));
            }
            std::thread::sleep(Duration::from_millis(random.u64(5..60)));
            daemon.kill();
        });
        daemon = home.start();
    }
    let mut admin = daemon.admin();
    let at_rest = |admin: &mut Caller| admin.status()["messagesUnderWay"] == 0;
    until("choices to arrive", || {
        let waiting = of_group(&mut admin, "turn").iter().filter(|line| line["engineer"].is_null()).count();
        (waiting == 0 && at_rest(&mut admin)).then_some(())
    });
    let mut by_engineer: BTreeMap<String, u32> = BTreeMap::new();
    for line in of_group(&mut admin, "turn") {
        *by_engineer.entry(line["engineer"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let (most, least) = (by_engineer.values().max().unwrap(), by_engineer.values().min().unwrap());
    assert!(by_engineer.len() == 5 && most - least <= 1, "the turn goes on where it was: {by_engineer:?}");
    // Of the others each engineer has four, and the leader has the rest, with the reason.
    let tight = of_group(&mut admin, "tight");
    assert!(tight.len() > 12, "only {} came into the group", tight.len());
    let (given, left): (Vec<_>, Vec<_>) = tight.iter().partition(|line| !line["engineer"].is_null());
    assert_eq!(given.len(), 12, "of {}", tight.len());
    for line in left {
        let number = line["number"].as_str().unwrap();
        let told = until("the reason to be told", || {
            admin.history(number).into_iter().find(|l| l["event"] == "NotAssigned").map(|l| l["details"].as_str().unwrap().to_owned())
        });
        assert_eq!(told, "by hand: nobody fits: 3 at the limit");
    }
    let counted = admin.ok("Directory1.GetServiceGroup", json!({ "id": "tight" }));
    assert_eq!(counted["open"].as_u64().unwrap(), tight.len() as u64);
    assert!(counted["loads"].as_array().unwrap().iter().all(|l| l["open"] == 4 && l["offered"] == 0), "{counted}");
    drop(admin);
    daemon.stop();
    home.verify(None).unwrap();
}
