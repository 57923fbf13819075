//! Labor with a real daemon: fifty who enter overlapping labor of one engineer at the same moment, on one Work Order and on fifty,
//! and `kill -9` in the midst of it. One of them has it, the others are told which one is in their way (ONS-2).

use std::path::Path;
use std::sync::Barrier;
use std::time::Duration;

use serde_json::{Value, json};

use crate::real_stage::{BEGIN, Caller, DAY, Daemon, HOUR, Home, Pipe, Refused, frame, request_id, seed};

const CROWD: usize = 50;

/// Installations at the customer's, all of them emil's.
fn sites(daemon: &Daemon, count: usize) -> Vec<String> {
    let (mut dora, mut emil) = (daemon.user("dora"), daemon.user("emil"));
    let site = |_| {
        let number = dora.create(json!({ "recordType": "installation" }));
        dora.act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
        emil.act(&number, "AcceptAssignment", json!({}));
        number
    };
    (0..count).map(site).collect()
}

/// The n-th of a crowd whose intervals all hold the same hour.
fn interval(day: i64, n: usize) -> (i64, i64) {
    let begin = BEGIN - day * DAY;
    (begin - n as i64 * 1_000, begin + HOUR + n as i64 * 777)
}

/// Labor that begins on that day: on which Work Orders, and from when.
fn booked(admin: &mut Caller, numbers: &[String], day: i64) -> Vec<(String, i64)> {
    let mut found = Vec::new();
    for number in numbers {
        let order = admin.get(number);
        let begins = order["labor"].as_array().unwrap().iter().map(|labor| labor["from"].as_i64().unwrap());
        found.extend(begins.filter(|from| (from - (BEGIN - day * DAY)).abs() < DAY / 2).map(|from| (number.clone(), from)));
    }
    found
}

#[test]
fn of_fifty_who_enter_labor_of_one_engineer_at_once_one_has_it() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let numbers = sites(&daemon, CROWD);
    let barrier = Barrier::new(CROWD);
    for day in 1..=6 {
        // On odd days all on one Work Order.
        let on = |n: usize| &numbers[if day % 2 == 1 { 0 } else { n }];
        let answers: Vec<Result<Value, Refused>> = std::thread::scope(|scope| {
            let enter = |n: usize| {
                let mut emil = daemon.user("emil");
                let (from, to) = interval(day, if day < 5 { n } else { 0 });
                barrier.wait();
                emil.call("WorkOrders1.EnterLabor", json!({ "number": on(n), "from": from, "to": to }))
            };
            let threads: Vec<_> = (0..CROWD).map(|n| scope.spawn(move || enter(n))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let winners: Vec<usize> = (0..CROWD).filter(|n| answers[*n].is_ok()).collect();
        assert_eq!(winners.len(), 1, "day {day}: {winners:?}");
        for (name, with) in answers.iter().filter_map(|answer| answer.as_ref().err()) {
            let told = (name.as_str(), with["engineer"].as_str(), with["number"].as_str());
            assert_eq!(told, ("org.workorderd.LaborOverlaps", Some("emil"), Some(on(winners[0]).as_str())), "{with}");
        }
        assert_eq!(booked(&mut admin, &numbers, day).len(), 1, "day {day}");
    }
    let totals = admin.ok("WorkOrders1.LaborTotals", json!({ "engineer": "emil" }))["totals"][0].clone();
    assert_eq!(totals["intervals"], 6, "{totals}");
    daemon.stop();
    assert!(home.verify(None).unwrap().contains("labor      6 intervals"));
}

/// Enters labor; whether it was, if the daemon lived to say so.
fn enter(socket: &Path, number: &str, id: &str, (from, to): (i64, i64)) -> Option<bool> {
    let mut pipe = Pipe::connect(socket).ok()?;
    pipe.send(&frame("System1.ActAs", &json!({ "user": "emil" }))).ok()?;
    pipe.reply()?;
    let parameters = json!({ "number": number, "requestId": id, "from": from, "to": to });
    pipe.send(&frame("WorkOrders1.EnterLabor", &parameters)).ok()?;
    let reply = pipe.reply()?;
    match reply.error.as_deref() {
        None => Some(true),
        Some("org.workorderd.LaborOverlaps") => Some(false),
        Some(other) => panic!("{other}: {:?}", reply.parameters),
    }
}

#[test]
fn killed_in_the_midst_of_it_and_asked_again_one_has_it_still() {
    let home = Home::new();
    let mut daemon = home.start();
    seed(&mut daemon.admin());
    let numbers = sites(&daemon, CROWD);
    let mut random = fastrand::Rng::with_seed(50);
    let mut unanswered = 0;
    for day in 1..=10 {
        let ids: Vec<String> = (0..CROWD).map(|_| request_id()).collect();
        let socket = home.socket();
        let crowd = |ids: &[String]| -> Vec<_> {
            std::thread::scope(|scope| {
                let one = |n: usize| enter(&socket, &numbers[n], &ids[n], interval(day, n));
                let threads: Vec<_> = (0..CROWD).map(|n| scope.spawn(move || one(n))).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            })
        };
        let pause = Duration::from_millis(random.u64(1..25));
        let first = std::thread::scope(|scope| {
            let asking = scope.spawn(|| crowd(&ids));
            std::thread::sleep(pause);
            daemon.kill();
            asking.join().unwrap()
        });
        daemon = home.start();
        let again = crowd(&ids);
        unanswered += first.iter().filter(|answer| answer.is_none()).count();
        let winners: Vec<usize> = (0..CROWD).filter(|n| again[*n] == Some(true)).collect();
        assert_eq!(winners.len(), 1, "day {day}: {winners:?}");
        let told_before: Vec<usize> = (0..CROWD).filter(|n| first[*n] == Some(true)).collect();
        assert!(told_before.is_empty() || told_before == winners, "who was told so has it: {told_before:?}, {winners:?}");
        let expected = vec![(numbers[winners[0]].clone(), interval(day, winners[0]).0)];
        assert_eq!(booked(&mut daemon.admin(), &numbers, day), expected);
    }
    assert!(unanswered > CROWD, "the kills came too late: {unanswered} calls were not answered");
    daemon.stop();
    assert!(home.verify(None).unwrap().contains("labor      10 intervals"));
}
