//! `Watch` through a real socket: every step after a cursor, in order, without a gap, across segments and restarts; a watcher
//! that does not read is cut off and harms nobody.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use workorderd::client::connection::{Client, ClientError};

use crate::real_stage::{Caller, Daemon, Home, PATIENCE, full, seed, until};

const NARROW: [&str; 6] = ["--set", "data.segment_mib=1", "--clock", "manual", "--clock-start", "1762160400000"];

/// Reads steps after `after` until the one of this sequence has come; every sequence must come once, in order.
fn read_through(client: &mut Client, after: i64, last: i64) -> Vec<Value> {
    let mut steps: Vec<Value> = Vec::new();
    let mut stream = client.stream::<_, Value>(&full("WorkOrders1.Watch"), &json!({ "after": after })).unwrap();
    while steps.last().is_none_or(|s| s["sequence"].as_i64().unwrap() < last) && after < last {
        let reply = stream.next().unwrap().unwrap();
        steps.extend(reply["steps"].as_array().unwrap().iter().cloned());
    }
    for (step, wanted) in steps.iter().zip(after + 1..) {
        assert_eq!(step["sequence"], wanted);
    }
    steps
}

fn client(daemon: &Daemon) -> Client {
    daemon.admin().client.with_limit(PATIENCE)
}

fn sequence(caller: &mut Caller) -> i64 {
    caller.status()["sequence"].as_i64().unwrap()
}

/// Service records of several kilobytes: segments of a mebibyte are full soon.
fn fill(caller: &mut Caller, number: &str, count: usize) {
    let text = "这个阀门漏了。".repeat(500);
    for _ in 0..count {
        caller.act(number, "AddServiceRecord", json!({ "text": text }));
    }
}

fn segments(home: &Home) -> usize {
    std::fs::read_dir(home.data().join("journal")).unwrap().filter(|e| e.as_ref().unwrap().metadata().unwrap().len() >= 1 << 20).count()
}

#[test]
fn every_step_comes_in_order_across_segments_and_restarts() {
    let home = Home::new();
    let daemon = home.start_with(&NARROW);
    seed(&mut daemon.admin());
    let number = daemon.user("dora").create(json!({}));
    let begin = sequence(&mut daemon.admin());
    // Before the first segment is full, while it rolls over, and after.
    let mut live = client(&daemon);
    let watcher = std::thread::spawn(move || {
        let mut sequences = Vec::new();
        let stream = live.stream::<_, Value>(&full("WorkOrders1.Watch"), &json!({ "after": begin })).unwrap();
        for reply in stream {
            match reply {
                Ok(reply) => sequences.extend(reply["steps"].as_array().unwrap().iter().map(|s| s["sequence"].as_i64().unwrap())),
                Err(ClientError::Refused { name, .. }) => return (sequences, name),
                Err(error) => return (sequences, error.to_string()),
            }
        }
        (sequences, String::new())
    });
    let mut dora = daemon.user("dora");
    fill(&mut dora, &number, 300);
    assert!(segments(&home) >= 3, "{} segments", segments(&home));
    let last = sequence(&mut dora);
    let all = read_through(&mut client(&daemon), 0, last);
    assert_eq!(all[0]["command"], "Found");
    for after in [1, begin, begin + 77, last - 1, last] {
        assert_eq!(read_through(&mut client(&daemon), after, last), all[after as usize..]);
    }
    daemon.stop();
    let (sequences, end) = watcher.join().unwrap();
    assert_eq!(sequences, (begin + 1..=last).collect::<Vec<_>>());
    assert!(end.contains("Stopping") || end.contains("has closed the connection"), "{end}");

    let daemon = home.start_with(&NARROW);
    assert_eq!(read_through(&mut client(&daemon), begin + 5, last), all[begin as usize + 5..]);
    fill(&mut daemon.user("dora"), &number, 3);
    assert_eq!(read_through(&mut client(&daemon), last, last + 3).len(), 3);
    daemon.kill();
    let daemon = home.start_with(&NARROW);
    assert_eq!(read_through(&mut client(&daemon), 0, last + 3)[..all.len()], all[..]);
}

#[test]
fn a_watcher_of_one_work_order_gets_its_steps_alone() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let mut dora = daemon.user("dora");
    let (one, other) = (dora.create(json!({})), dora.create(json!({})));
    let mut watcher = client(&daemon);
    let mut stream = watcher.stream::<_, Value>(&full("WorkOrders1.Watch"), &json!({ "number": one })).unwrap();
    // It begins now: a step made before the call is answered may or may not be in it, so look until it follows.
    let told = std::thread::scope(|scope| {
        let steps = scope.spawn(move || stream.next().unwrap().unwrap()["steps"].clone());
        until("a step for the watcher", || {
            dora.act(&other, "AddServiceRecord", json!({ "text": "of the other" }));
            dora.act(&one, "AddServiceRecord", json!({ "text": "of the one" }));
            steps.is_finished().then_some(())
        });
        steps.join().unwrap()
    });
    for step in told.as_array().unwrap() {
        assert_eq!((step["number"].as_str(), step["events"].clone()), (Some(one.as_str()), json!(["ServiceRecordAdded"])));
    }
    for (parameters, name) in [
        (json!({ "number": "WO-1-1" }), "org.workorderd.NotFound"),
        (json!({ "after": -1 }), "org.workorderd.InvalidField"),
        (json!({ "after": 1_000_000 }), "org.workorderd.InvalidField"),
    ] {
        let mut client = client(&daemon);
        let first = client.stream::<_, Value>(&full("WorkOrders1.Watch"), &parameters).unwrap().next().unwrap();
        assert!(matches!(&first, Err(ClientError::Refused { name: n, .. }) if n == name), "{first:?}");
    }
    assert_eq!(dora.refused("WorkOrders1.Watch", json!({})).0, "org.varlink.service.ExpectedMore");
}

#[test]
fn a_watcher_that_does_not_read_is_cut_off_and_harms_nobody() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let mut dora = daemon.user("dora");
    let (number, other) = (dora.create(json!({})), dora.create(json!({})));
    let mut deaf = daemon.pipe();
    let begin = sequence(&mut dora);
    let call = json!({ "method": full("WorkOrders1.Watch"), "parameters": { "after": 0 }, "more": true }).to_string() + "\0";
    deaf.send(call.as_bytes()).unwrap();
    let mut slowest = Duration::ZERO;
    let reason = "阀门漏了".repeat(100);
    let mut pipe = daemon.pipe();
    pipe.call("System1.ActAs", &json!({ "user": "dora" }));
    pipe.reply().unwrap();
    let pace = Instant::now();
    // Steps of a few hundred bytes each in the stream: megabytes that nobody takes.
    let mut steps = 0;
    let cut = loop {
        for _ in 0..10 {
            let id = crate::real_stage::request_id();
            pipe.call("WorkOrders1.AddServiceRecord", &json!({ "number": number, "requestId": id, "text": reason }));
        }
        for _ in 0..10 {
            let reply = pipe.reply().unwrap();
            assert_eq!(reply.error, None, "{reply:?}");
            steps += 1;
        }
        let begin = Instant::now();
        dora.get(&other);
        slowest = slowest.max(begin.elapsed());
        if daemon.log().contains("a client that does not read its replies is cut off") {
            break true;
        }
        if pace.elapsed() > Duration::from_secs(40) {
            break false;
        }
    };
    println!("cut off: {cut}, after {steps} steps; slowest Get meanwhile {slowest:?}");
    assert!(cut, "the deaf watcher is still there");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    // It finds out: what was in the socket, and then the end.
    let mut last = 0;
    while let Some(reply) = deaf.reply() {
        if let Some(steps) = reply.parameters.get("steps") {
            for step in steps.as_array().unwrap() {
                assert_eq!(step["sequence"].as_i64().unwrap(), last + 1);
                last += 1;
            }
        }
    }
    assert!(last > begin, "it had some of it: {last}");
    let steps = read_through(&mut client(&daemon), last, sequence(&mut dora));
    assert!(!steps.is_empty() || last == sequence(&mut dora), "it can go on from there");
}
