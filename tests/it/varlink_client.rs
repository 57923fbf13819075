//! The blocking client: results, refusals, streams, pipelines, and errors that help.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use workorderd::client::connection::{Client, ClientError};
use workorderd::control::limits::Limits;
use workorderd::protocol::varlink::TOO_MANY_CONNECTIONS;

use crate::varlink_stage::{Stage, echo, eventually};

#[derive(Debug, Deserialize, PartialEq)]
struct Number {
    number: i64,
}

#[test]
fn a_socket_that_is_not_there_is_named_with_the_likely_reason() {
    let told = Client::connect("/nowhere/socket").unwrap_err().to_string();
    assert!(told.starts_with("socket /nowhere/socket: ") && told.ends_with(": is the daemon running?"), "{told}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let told = Client::connect(&path).unwrap_err().to_string();
    assert!(told.ends_with("nobody listens there, the daemon may have stopped"), "{told}");
}

#[test]
fn a_refusal_keeps_its_name_and_parameters() {
    let stage = Stage::new();
    let mut client = stage.client();
    let error = client.call::<_, Value>("org.example.stock.Take", &json!({ "wanted": 5 })).unwrap_err();
    assert_eq!(error.to_string(), "org.example.stock.Short: there 3, wanted 5");
    let ClientError::Refused { name, parameters } = error else { panic!("{error}") };
    assert_eq!((name.as_str(), &parameters["there"]), ("org.example.stock.Short", &json!(3)));
    assert_eq!(echo(&mut client, "after"), "after");
}

#[test]
fn a_reply_of_another_shape_is_told_and_the_connection_goes_on() {
    let stage = Stage::new();
    let mut client = stage.client();
    let error = client.call::<_, Number>("org.example.stock.Echo", &json!({ "text": "x" })).unwrap_err();
    assert!(error.to_string().contains("missing field `number`"), "{error}");
    assert_eq!(echo(&mut client, "after"), "after");
}

#[test]
fn a_stream_gives_each_reply_and_then_the_connection_back() {
    let stage = Stage::new();
    let mut client = stage.client();
    let numbers: Vec<Number> =
        client.stream("org.example.stock.Count", &json!({ "to": 4, "pause": 1 })).unwrap().map(Result::unwrap).collect();
    assert_eq!(numbers.iter().map(|n| n.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(echo(&mut client, "after"), "after");
    let mut broken = client.stream::<_, Number>("org.example.stock.StreamThatPanics", &json!({})).unwrap();
    assert_eq!(broken.next().unwrap().unwrap().number, 1);
    assert!(matches!(broken.next(), Some(Err(ClientError::Refused { .. }))));
    assert!(broken.next().is_none());
}

#[test]
fn a_stream_left_early_stops_and_takes_the_connection_with_it() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut replies = client.stream::<_, Number>("org.example.stock.Count", &json!({ "to": 9, "pause": 100 })).unwrap();
    replies.next().unwrap().unwrap();
    drop(replies);
    let told = client.call::<_, Value>("org.example.stock.Echo", &json!({ "text": "x" })).unwrap_err().to_string();
    assert!(told.contains("a stream on it was left before its end"), "{told}");
    eventually("the end of the stream", || stage.census.connections() == 0);
}

#[test]
fn a_pipeline_gives_each_call_its_own_result_in_order() {
    let stage = Stage::new();
    let mut client = stage.client();
    let mut calls = Vec::new();
    for i in 0..100 {
        calls.push(("org.example.stock.Echo", json!({ "text": i.to_string() })));
    }
    calls.push(("org.example.stock.Sing", json!({})));
    let results = client.pipeline::<_, Value>(&calls).unwrap();
    assert_eq!(results.len(), 101);
    for (i, result) in results[..100].iter().enumerate() {
        assert_eq!(result.as_ref().unwrap()["text"], i.to_string());
    }
    assert!(matches!(results[100], Err(ClientError::Refused { .. })));
}

#[test]
fn a_pipeline_of_many_megabytes_both_ways_does_not_lock_up() {
    let stage = Stage::with(Limits { queue_bytes: 1 << 16, ..Limits::default() });
    let text = "y".repeat(200_000);
    let calls: Vec<_> = (0..100).map(|_| ("org.example.stock.Echo", json!({ "text": text }))).collect();
    let results = stage.client().pipeline::<_, Value>(&calls).unwrap();
    assert!(results.iter().all(|result| result.as_ref().unwrap()["text"] == text));
}

#[test]
fn a_call_that_takes_too_long_is_given_up() {
    let stage = Stage::new();
    let mut client = stage.client().with_limit(Duration::from_millis(100));
    let begin = Instant::now();
    let later = json!({ "milliseconds": 400, "text": "" });
    let told = client.call::<_, Value>("org.example.stock.Later", &later).unwrap_err().to_string();
    assert!(told.ends_with("no answer within the time limit"), "{told}");
    assert!(begin.elapsed() < Duration::from_millis(350));
    let told = client.call::<_, Value>("org.example.stock.Echo", &json!({ "text": "" })).unwrap_err().to_string();
    assert!(told.contains("cannot be used any more"), "a late reply would belong to another call: {told}");
}

#[test]
fn a_client_that_is_turned_away_learns_why() {
    let stage = Stage::with(Limits { connections: 1, ..Limits::default() });
    let mut first = stage.client();
    echo(&mut first, "in");
    for _ in 0..20 {
        let error = stage.client().call::<_, Value>("org.example.stock.Echo", &json!({ "text": "" })).unwrap_err();
        assert!(matches!(&error, ClientError::Refused { name, .. } if name == TOO_MANY_CONNECTIONS), "{error}");
    }
}

#[test]
fn oneway_calls_need_no_reply() {
    let stage = Stage::new();
    let mut client = stage.client();
    client.call_oneway("org.example.stock.Note", &json!({ "text": "n", "milliseconds": 0 })).unwrap();
    assert_eq!(echo(&mut client, "next"), "next");
}
