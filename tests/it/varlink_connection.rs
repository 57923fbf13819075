//! The connection loop as an honest client sees it: order, streams, one-way calls, panics, time limits, slow readers.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use workorderd::control::limits::Limits;
use workorderd::protocol::varlink::{Call, EXPECTED_MORE, INTERNAL, INVALID_FRAME, INVALID_PARAMETER, STREAM_ENDED};

use crate::varlink_stage::{Raw, Stage, call, echo, eventually};

fn text(raw: &mut Raw) -> String {
    let reply = raw.reply().expect("a reply");
    assert_eq!(reply.error, None);
    reply.parameters["text"].as_str().unwrap().to_owned()
}

fn more(method: &str, parameters: &Value) -> Call {
    Call { more: true, ..call(method, parameters) }
}

#[test]
fn pipelined_calls_run_beside_one_another_and_are_answered_in_order() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    let begin = Instant::now();
    for i in 0..20 {
        raw.call(&call("Later", &json!({ "milliseconds": 200 - i * 10, "text": i.to_string() })));
    }
    for i in 0..20 {
        assert_eq!(text(&mut raw), i.to_string());
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "one after the other would take 2.1 s: {:?}", begin.elapsed());
}

#[test]
fn many_more_calls_than_may_be_in_flight_are_all_answered_in_order() {
    let stage = Stage::with(Limits { calls_in_flight: 3, ..Limits::default() });
    let mut raw = stage.raw();
    for i in 0..200 {
        let method = if i % 7 == 0 { "Later" } else { "Echo" };
        let mut sent = call(method, &json!({ "text": i.to_string() }));
        if i % 7 == 0 {
            sent.parameters.insert("milliseconds".to_owned(), json!(i % 5));
        }
        raw.call(&sent);
    }
    for i in 0..200 {
        assert_eq!(text(&mut raw), i.to_string());
    }
}

#[test]
fn no_more_calls_than_allowed_are_in_flight() {
    let stage = Stage::with(Limits { calls_in_flight: 4, ..Limits::default() });
    let mut raw = stage.raw();
    let begin = Instant::now();
    for _ in 0..12 {
        raw.call(&call("Later", &json!({ "milliseconds": 100, "text": "" })));
    }
    for _ in 0..12 {
        text(&mut raw);
    }
    assert!(begin.elapsed() >= Duration::from_millis(300), "twelve in fours: {:?}", begin.elapsed());
}

#[test]
fn a_stream_announces_more_until_its_last_reply_and_later_calls_wait_for_it() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&more("Count", &json!({ "to": 5, "pause": 5 })));
    raw.call(&call("Echo", &json!({ "text": "after" })));
    for number in 1..=5 {
        let reply = raw.reply().unwrap();
        assert_eq!(reply.parameters["number"], number);
        assert_eq!(reply.continues, number < 5);
    }
    assert_eq!(text(&mut raw), "after");
}

#[test]
fn a_method_with_a_stream_must_be_called_with_more() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&call("Count", &json!({ "to": 5, "pause": 0 })));
    raw.call(&call("Echo", &json!({ "text": "after" })));
    raw.error(EXPECTED_MORE);
    assert_eq!(text(&mut raw), "after");
}

#[test]
fn a_method_without_a_stream_may_be_called_with_more() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&more("Echo", &json!({ "text": "one" })));
    let reply = raw.reply().unwrap();
    assert!(!reply.continues && reply.error.is_none());
}

#[test]
fn a_oneway_call_is_done_without_reply_and_holds_up_no_other() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&Call { oneway: true, ..call("Note", &json!({ "text": "quiet", "milliseconds": 200 })) });
    raw.call(&Call { oneway: true, ..call("Nothing", &json!({})) });
    let begin = Instant::now();
    raw.call(&call("Echo", &json!({ "text": "loud" })));
    assert_eq!(text(&mut raw), "loud");
    assert!(begin.elapsed() < Duration::from_millis(150));
    eventually("the note", || notes(&stage) == ["quiet"]);
}

#[test]
fn calls_of_a_client_that_has_gone_are_carried_out() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    for i in 0..40 {
        raw.call(&call("Note", &json!({ "text": i.to_string(), "milliseconds": 10 })));
    }
    drop(raw);
    eventually("forty notes", || notes(&stage).len() == 40);
    eventually("the end of the connection", || stage.census.connections() == 0);
}

#[test]
fn a_client_that_only_stops_sending_gets_its_replies() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&call("Later", &json!({ "milliseconds": 50, "text": "late" })));
    raw.call(&more("Count", &json!({ "to": 3, "pause": 20 })));
    raw.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert_eq!(text(&mut raw), "late");
    for _ in 0..3 {
        assert_eq!(raw.reply().unwrap().error, None);
    }
    raw.assert_closed();
}

#[test]
fn a_call_that_panics_fails_alone() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    for method in ["PanicAtOnce", "PanicLater"] {
        raw.call(&call("Later", &json!({ "milliseconds": 20, "text": "before" })));
        raw.call(&call(method, &json!({})));
        raw.call(&call("Echo", &json!({ "text": "after" })));
        assert_eq!(text(&mut raw), "before");
        raw.error(INTERNAL);
        assert_eq!(text(&mut raw), "after");
    }
    stage.assert_well();
}

#[test]
fn a_stream_whose_feeder_dies_ends_with_an_error() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&more("StreamThatPanics", &json!({})));
    assert!(raw.reply().unwrap().continues);
    raw.error(STREAM_ENDED);
    raw.call(&call("Echo", &json!({ "text": "after" })));
    assert_eq!(text(&mut raw), "after");
}

#[test]
fn a_stream_to_a_vanished_client_ends() {
    let stage = Stage::new();
    for (method, parameters) in [("Count", json!({ "to": 9, "pause": 3_600_000 })), ("Flood", json!({ "bytes": 10_000 }))] {
        let mut raw = stage.raw();
        raw.call(&more(method, &parameters));
        eventually("the stream", || streams(&stage) == 1);
        let begin = Instant::now();
        drop(raw);
        eventually("the end of the stream", || streams(&stage) == 0);
        assert!(begin.elapsed() < Duration::from_millis(500), "{method} noticed only after {:?}", begin.elapsed());
    }
}

#[test]
fn a_quiet_stream_to_a_client_that_vanished_with_a_full_pipeline_ends() {
    let stage = Stage::with(Limits { calls_in_flight: 4, ..Limits::default() });
    let mut raw = stage.raw();
    raw.call(&more("Count", &json!({ "to": 9, "pause": 3_600_000 })));
    for _ in 0..50 {
        raw.call(&call("Echo", &json!({ "text": "queued" })));
    }
    eventually("the stream", || streams(&stage) == 1);
    drop(raw);
    eventually("the end of the stream", || streams(&stage) == 0);
    eventually("the end of the connection", || stage.census.connections() == 0);
}

#[test]
fn what_is_left_of_a_client_that_has_gone_is_begun_only_where_no_reply_is_wanted() {
    let stage = Stage::with(Limits { calls_in_flight: 2, ..Limits::default() });
    let mut raw = stage.raw();
    // All in one go, so that it lies here when the client goes.
    let mut bytes = Vec::new();
    let mut send = |call: &Call| bytes.extend([serde_json::to_vec(call).unwrap(), vec![0]].concat());
    for text in ["first", "second"] {
        send(&call("Note", &json!({ "text": text, "milliseconds": 1_500 })));
    }
    (0..20).for_each(|n| send(&call("Note", &json!({ "text": format!("nobody asks {n}"), "milliseconds": 1 }))));
    send(&Call { oneway: true, ..call("Note", &json!({ "text": "quiet", "milliseconds": 1 })) });
    raw.send(bytes);
    drop(raw);
    eventually("the quiet note", || notes(&stage).contains(&"quiet".to_owned()));
    eventually("the end of the connection", || stage.census.connections() == 0);
    let mut noted = notes(&stage);
    noted.sort();
    assert_eq!(noted, ["first", "quiet", "second"]);
}

#[test]
fn nothing_is_begun_behind_a_stream() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    for _ in 0..5 {
        raw.call(&more("Count", &json!({ "to": 1, "pause": 300 })));
    }
    eventually("the first stream", || streams(&stage) == 1);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(200) {
        assert_eq!(streams(&stage), 1, "what they give would wait here");
    }
    raw.call(&call("Echo", &json!({ "text": "after" })));
    while raw.reply().expect("a reply").parameters.get("text").is_none_or(|text| text != "after") {}
}

#[test]
fn a_slow_reader_is_cut_off_while_others_stay_fast() {
    let limits = Limits { drain_time: Duration::from_millis(300), queue_bytes: 1 << 18, ..Limits::default() };
    let stage = Stage::with(limits);
    let mut slow: Vec<Raw> = (0..3).map(|_| stage.raw()).collect();
    slow[0].call(&more("Flood", &json!({ "bytes": 10_000 })));
    slow[1].call(&call("Big", &json!({ "bytes": 3_000_000 })));
    for _ in 0..30 {
        slow[2].call(&call("Big", &json!({ "bytes": 100_000 })));
    }
    let mut other = stage.client();
    let (begin, mut worst) = (Instant::now(), Duration::ZERO);
    while begin.elapsed() < Duration::from_millis(600) || stage.census.connections() > 1 {
        let one = Instant::now();
        assert_eq!(echo(&mut other, "quick"), "quick");
        worst = worst.max(one.elapsed());
        assert!(begin.elapsed() < Duration::from_secs(10), "the slow readers are still there");
    }
    assert!(worst < Duration::from_millis(250), "somebody else waited {worst:?}");
    eventually("the end of the stream", || streams(&stage) == 0);
    for mut raw in slow {
        // What was in the socket may still be read; then it is over.
        let mut bytes = vec![0; 1 << 16];
        let mut all = 0;
        while let Ok(read @ 1..) = std::io::Read::read(&mut raw.socket, &mut bytes) {
            all += read;
        }
        assert!(all < 1_500_000, "{all} bytes after the cut");
    }
}

#[test]
fn a_reader_that_keeps_up_gets_all_of_a_flood() {
    let limits = Limits { drain_time: Duration::from_millis(300), queue_bytes: 1 << 16, ..Limits::default() };
    let stage = Stage::with(limits);
    let mut raw = stage.raw();
    raw.call(&more("Flood", &json!({ "bytes": 10_000 })));
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(700) {
        assert!(raw.reply().unwrap().continues);
    }
}

#[test]
fn a_reader_that_always_lags_a_little_stays_and_one_that_trickles_is_cut_off() {
    let limits = Limits { drain_time: Duration::from_millis(300), queue_bytes: 1 << 19, ..Limits::default() };
    let stage = Stage::with(limits);
    let (mut steady, mut trickle) = (stage.raw(), stage.raw());
    for raw in [&mut steady, &mut trickle] {
        raw.call(&more("Flood", &json!({ "bytes": 10_000 })));
    }
    let mut bytes = vec![0; 100_000];
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(1) {
        std::thread::sleep(Duration::from_millis(10));
        std::io::Read::read_exact(&mut steady.socket, &mut bytes).expect("not cut off");
        let _ = std::io::Read::read(&mut trickle.socket, &mut bytes[..100]);
    }
    assert_eq!(streams(&stage), 1, "the trickle is still served");
}

#[test]
fn an_incomplete_frame_times_out_but_an_idle_connection_stays() {
    let stage = Stage::with(Limits { frame_time: Duration::from_millis(150), ..Limits::default() });
    let (mut idle, mut late) = (stage.client(), stage.raw());
    echo(&mut idle, "before");
    late.call(&call("Echo", &json!({ "text": "whole" })));
    late.send(b"{\"method\":");
    assert_eq!(text(&mut late), "whole");
    let begin = Instant::now();
    // A byte now and then does not help.
    for _ in 0..4 {
        std::thread::sleep(Duration::from_millis(30));
        late.send(b" ");
    }
    let told = late.error(INVALID_FRAME);
    assert!(told["reason"].as_str().unwrap().contains("not complete after 150ms"), "{told}");
    late.assert_closed();
    assert!(begin.elapsed() < Duration::from_secs(1));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(echo(&mut idle, "after"), "after");
}

#[test]
fn a_frame_that_waits_for_earlier_calls_is_not_late() {
    let limits = Limits { frame_time: Duration::from_millis(100), calls_in_flight: 1, ..Limits::default() };
    let stage = Stage::with(limits);
    let mut raw = stage.raw();
    raw.call(&call("Later", &json!({ "milliseconds": 400, "text": "first" })));
    raw.send(b"{\"method\":\"org.example.stock.Echo\",");
    std::thread::sleep(Duration::from_millis(300));
    raw.send(b"\"parameters\":{\"text\":\"second\"}}\0");
    assert_eq!(text(&mut raw), "first");
    assert_eq!(text(&mut raw), "second");
}

#[test]
fn a_frame_behind_a_reply_that_is_not_read_yet_is_not_late() {
    let limits = Limits { frame_time: Duration::from_millis(100), queue_bytes: 1 << 16, ..Limits::default() };
    let stage = Stage::with(limits);
    let mut raw = stage.raw();
    let mut bytes = serde_json::to_vec(&call("Big", &json!({ "bytes": 3_000_000 }))).unwrap();
    bytes.extend(b"\0{\"method\":\"org.example.stock.Echo\",");
    raw.send(bytes);
    std::thread::sleep(Duration::from_millis(300));
    raw.send(b"\"parameters\":{\"text\":\"second\"}}\0");
    assert_eq!(text(&mut raw).len(), 3_000_000);
    assert_eq!(text(&mut raw), "second");
}

#[test]
fn an_upgrade_is_refused_by_name() {
    let stage = Stage::new();
    let mut raw = stage.raw();
    raw.call(&Call { upgrade: true, ..call("Echo", &json!({ "text": "x" })) });
    assert_eq!(raw.error(INVALID_PARAMETER)["parameter"], "upgrade");
    raw.call(&call("Echo", &json!({ "text": "after" })));
    assert_eq!(text(&mut raw), "after");
}

fn state(stage: &Stage) -> Value {
    stage.client().call("org.example.stock.State", &json!({})).unwrap()
}

fn notes(stage: &Stage) -> Vec<String> {
    serde_json::from_value(state(stage)["notes"].clone()).unwrap()
}

fn streams(stage: &Stage) -> i64 {
    state(stage)["streams"].as_i64().unwrap()
}
