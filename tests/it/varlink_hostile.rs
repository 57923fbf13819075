//! Clients that send what is no call: each gets a named error or is closed, and nobody else notices.

use std::io::{Read, Write};
use std::time::Duration;

use serde_json::{Value, json};
use workorderd::control::limits::Limits;
use workorderd::protocol::varlink::{Call, FrameError, INVALID_FRAME, INVALID_PARAMETER, Reply};

use crate::varlink_stage::{Stage, call};

/// Sends bytes alone on a connection: the error named, then the end; and the service is well.
#[track_caller]
fn closes(stage: &Stage, bytes: &[u8], reason: &str) {
    let mut raw = stage.raw();
    raw.send(bytes);
    let told = raw.error(INVALID_FRAME);
    assert!(told["reason"].as_str().unwrap().contains(reason), "{told}");
    raw.assert_closed();
    stage.assert_well();
}

#[test]
fn bytes_that_are_no_call_get_a_named_error_and_the_end() {
    let stage = Stage::new();
    closes(&stage, b"GET / HTTP/1.1\r\n", "must begin with `{`, found byte 0x47");
    closes(&stage, b"\0", "found byte 0x00");
    closes(&stage, b"[]\0", "found byte 0x5b");
    closes(&stage, b" {}\0", "found byte 0x20");
    closes(&stage, b"{nonsense}\0", "is not a JSON object: key must be a string");
    closes(&stage, b"{\"method\":\"a.b\"} {}\0", "trailing characters");
    closes(&stage, b"{\"method\":\"a.b\0", "EOF while parsing");
    closes(&stage, b"{\"method\":\"\xff\xfe\"}\0", "is not UTF-8 from byte 11 on");
    let deep = format!("{{\"method\":\"a.b\",\"parameters\":{}\0", "{\"a\":".repeat(100_000));
    closes(&stage, deep.as_bytes(), "recursion limit exceeded");
}

#[test]
fn a_frame_longer_than_allowed_is_refused_whether_whole_or_not() {
    let stage = Stage::with(Limits { frame_bytes: 1000, ..Limits::default() });
    let exact = |length: usize| {
        let frame = |text: &str| serde_json::to_vec(&call("Echo", &json!({ "text": text }))).unwrap();
        let mut frame = frame(&"x".repeat(length - frame("").len()));
        assert_eq!(frame.len(), length);
        frame.push(0);
        frame
    };
    let mut raw = stage.raw();
    raw.send(exact(1000));
    assert_eq!(raw.reply().unwrap().error, None);
    closes(&stage, &exact(1001), "longer than 1000 bytes");
    closes(&stage, &[b'{'; 5000], "longer than 1000 bytes");
}

#[test]
fn a_frame_cut_off_by_the_end_is_dropped() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&call("Echo", &json!({ "text": "whole" })));
    raw.send(b"{\"method\":\"org.exa");
    raw.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(raw.reply().unwrap().parameters["text"], "whole");
    raw.assert_closed();
    stage.assert_well();
}

#[test]
fn replies_before_a_broken_frame_still_come_first() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&call("Later", &json!({ "milliseconds": 50, "text": "first" })));
    raw.send(b"broken\0");
    assert_eq!(raw.reply().unwrap().parameters["text"], "first");
    raw.error(INVALID_FRAME);
    raw.assert_closed();
}

#[test]
fn a_field_that_is_no_part_of_a_call_is_refused_by_name_and_the_connection_goes_on() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    for (frame, field, reason) in [
        (r#"{"method":"a.B","hurry":true}"#, "hurry", "is not a field of a call"),
        (r#"{"method":7}"#, "method", "must be a string, found a number"),
        (r#"{"parameters":{}}"#, "method", "is missing"),
        (r#"{"method":"a.B","parameters":[]}"#, "parameters", "must be an object, found an array"),
        (r#"{"method":"a.B","more":"yes"}"#, "more", "must be a boolean, found a string"),
        (r#"{"method":"a.B","oneway":1}"#, "oneway", "must be a boolean, found a number"),
        (r#"{"method":"a.B","method":"a.C"}"#, "method", "stands twice in the frame"),
    ] {
        raw.send(frame);
        raw.send([0]);
        let told = raw.error(INVALID_PARAMETER);
        assert_eq!((told["parameter"].as_str(), told["reason"].as_str()), (Some(field), Some(reason)));
    }
    // Who wants no reply gets none, not even this one.
    raw.send(b"{\"hurry\":1,\"method\":\"a.B\",\"oneway\":true}\0{\"method\":\"a.B\",\"oneway\":true,\"more\":true}\0");
    raw.call(&call("Echo", &json!({ "text": "after" })));
    assert_eq!(raw.reply().unwrap().parameters["text"], "after");
}

#[test]
fn null_is_the_same_as_absent_in_a_call() {
    let frame = br#"{"method":"a.B","parameters":null,"more":null,"oneway":null,"upgrade":null}"#;
    assert_eq!(Call::parse(frame).unwrap(), Call { method: "a.B".to_owned(), ..Call::default() });
}

#[test]
fn errors_repeat_only_a_little_of_what_was_sent() {
    let frame = json!({ "method": "a.B", "x".repeat(100_000): 1 }).to_string();
    let Err(FrameError::Field { field, .. }) = Call::parse(frame.as_bytes()) else { panic!("not refused") };
    assert!(field.len() < 100);
    let stage = Stage::new();
    let mut raw = stage.raw();
    for method in ["x".repeat(100_000), format!("org.example.stock.{}", "x".repeat(100_000))] {
        raw.call(&Call { method, ..Call::default() });
        assert!(serde_json::to_vec(&raw.reply().unwrap()).unwrap().len() < 300);
    }
}

#[test]
fn what_a_call_is_written_as_is_read_back() {
    let whole = Call { more: true, ..call("Echo", &json!({ "text": "ä\u{0}\"", "n": [1, null, { "x": 1.5 }] })) };
    assert_eq!(Call::parse(&serde_json::to_vec(&whole).unwrap()).unwrap(), whole);
    let reply = Reply { continues: true, error: Some("a.B".to_owned()), ..Reply::default() };
    assert_eq!(Reply::parse(&serde_json::to_vec(&reply).unwrap()).unwrap(), reply);
}

/// One frame changed at random: bytes flipped, cut out, doubled, or put in.
pub fn mutate(random: &mut fastrand::Rng, frame: &mut Vec<u8>) {
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..frame.len().max(1)).min(frame.len().saturating_sub(1));
        match random.u8(..5) {
            0 if !frame.is_empty() => frame[at] = random.u8(..),
            1 if !frame.is_empty() => {
                frame.remove(at);
            }
            2 => frame.insert(at, *random.choice(b"{}[]\":,\0\\0e-\xff").unwrap()),
            3 => frame.truncate(at),
            _ => {
                let piece = frame[at..].to_vec();
                frame.extend(piece);
            }
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    [
        call("Echo", &json!({ "text": "tea" })),
        Call { more: true, ..call("Count", &json!({ "to": 3, "pause": 0 })) },
        Call { oneway: true, ..call("Note", &json!({ "text": "n", "milliseconds": 1 })) },
        call("Order", &json!({ "contact": { "name": "A" }, "lines": [{ "article": "a", "amount": 1 }], "urgency": "low" })),
        call("PanicAtOnce", &json!({})),
        Call { method: "org.varlink.service.GetInfo".to_owned(), ..Call::default() },
    ]
    .iter()
    .map(|call| [serde_json::to_vec(call).unwrap(), vec![0]].concat())
    .collect()
}

#[test]
fn thousands_of_mutated_frames_never_kill_the_loop() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let stage = Stage::with(Limits { frame_time: Duration::from_millis(50), frame_bytes: 4096, ..Limits::default() });
    let (seeds, mut answers) = (seeds(), 0);
    for round in 0..3000 {
        let mut raw = stage.raw();
        let mut bytes = Vec::new();
        for _ in 0..random.usize(1..4) {
            let mut frame = random.choice(&seeds).unwrap().clone();
            if random.u8(..4) > 0 {
                mutate(&mut random, &mut frame);
            }
            bytes.extend(frame);
        }
        // The service may close in the middle of it.
        let _ = raw.socket.write_all(&bytes);
        if round % 4 == 0 {
            let _ = raw.socket.shutdown(std::net::Shutdown::Write);
            let mut all = Vec::new();
            let _ = raw.socket.read_to_end(&mut all);
            for reply in all.split(|b| *b == 0).filter(|reply| !reply.is_empty()) {
                Reply::parse(reply).unwrap();
                answers += 1;
            }
        }
        if round % 500 == 0 {
            stage.assert_well();
        }
    }
    stage.assert_well();
    assert!(answers > 300, "{answers} answers");
    stage.stop();
}

#[test]
fn mutated_frames_never_make_the_parser_panic_and_faults_name_a_field() {
    let mut random = fastrand::Rng::with_seed(7);
    let seeds = seeds();
    let mut faults = 0;
    for _ in 0..50_000 {
        let mut frame = random.choice(&seeds).unwrap().clone();
        frame.pop();
        mutate(&mut random, &mut frame);
        let _ = Reply::parse(&frame);
        if let Err(FrameError::Field { field, reason, .. }) = Call::parse(&frame) {
            assert!(!reason.is_empty() && field.chars().count() <= 67);
            faults += 1;
        }
    }
    assert!(faults > 1000, "{faults} faults");
}

#[test]
fn unknown_interfaces_methods_and_parameters_are_named() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    let mut refused = |method: &str, parameters: Value| {
        raw.call(&Call { method: method.to_owned(), parameters: parameters.as_object().unwrap().clone(), ..Call::default() });
        let reply = raw.reply().unwrap();
        let name = reply.error.expect("an error").rsplit('.').next().unwrap().to_owned();
        let told = reply.parameters.values().map(|v| v.as_str().unwrap()).collect::<Vec<_>>().join(": ");
        format!("{name}: {told}")
    };
    assert_eq!(refused("org.example.shop.Echo", json!({})), "InterfaceNotFound: org.example.shop");
    assert_eq!(refused("Echo", json!({})), "InterfaceNotFound: ");
    assert_eq!(refused("org.example.stock.Sing", json!({})), "MethodNotFound: org.example.stock.Sing");
    assert_eq!(refused("org.example.stock.", json!({})), "MethodNotFound: org.example.stock.");
    let order = "org.example.stock.Order";
    let mut with = |key: &str, value: Value| {
        let mut whole = json!({ "contact": { "name": "A", "email": "a@b" }, "lines": [] });
        whole[key] = value;
        refused(order, whole)
    };
    for (key, value, told) in [
        ("colour", json!(1), "colour: is not known here"),
        ("contact", json!({}), "contact.name: is missing"),
        ("contact", json!({ "name": "A", "email": 5 }), "contact.email: must be a string, found a number"),
        ("contact", json!({ "name": "A", "fax": "1" }), "contact.fax: is not known here"),
        ("contact", json!("A"), "contact: must be an object, found a string"),
        ("lines", json!(null), "lines: must be an array, found null"),
        ("lines", json!([{ "article": "a", "amount": 1 }, { "article": "a" }]), "lines[1].amount: is missing"),
        (
            "lines",
            json!([{ "article": "a", "amount": 1.5 }]),
            "lines[0].amount: must be a whole number of 64 bits, found a number with a fraction or beyond 64 bits",
        ),
        ("labels", json!({ "size": 1 }), "labels[size]: must be a string, found a number"),
        ("tags", json!({ "red": {}, "blue": 1 }), "tags[blue]: must be an object, found a number"),
        ("urgency", json!("tomorrow"), "urgency: must be one of low, normal, urgent, found `tomorrow`"),
        ("extra", json!([]), "extra: must be an object, found an array"),
        ("gift", json!("yes"), "gift: must be a boolean, found a string"),
    ] {
        assert_eq!(with(key, value), format!("InvalidParameter: {told}"));
    }
    assert_eq!(refused(order, json!({})), "InvalidParameter: contact: is missing");
}
