//! Sockets, peers, bounds on connections, stopping.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use workorderd::control::limits::{Census, Full, Limits};
use workorderd::control::listener::{BindError, bind};
use workorderd::protocol::varlink::{Call, STOPPING, TOO_MANY_CONNECTIONS};

use crate::varlink_stage::{Stage, call, echo, eventually};

#[test]
fn a_socket_has_the_mode_asked_for_and_a_stale_one_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    drop(UnixListener::bind(&path).unwrap());
    let bound = bind(&path, 0o640).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    let in_use = bind(&path, 0o640).unwrap_err();
    assert!(matches!(in_use, BindError::InUse { .. }), "{in_use}");
    drop(bound);
    bind(&path, 0o640).unwrap();
}

#[test]
fn a_file_that_is_no_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("s");
    std::fs::write(&path, "precious").unwrap();
    assert!(matches!(bind(&path, 0o660).unwrap_err(), BindError::NotASocket { .. }));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
    let missing = bind(&folder.path().join("no/s"), 0o660).unwrap_err();
    assert!(missing.to_string().contains("cannot bind"), "{missing}");
}

#[test]
fn the_service_knows_who_calls() {
    let stage = Stage::new();
    let peer: Value = stage.client().call("org.example.stock.WhoAmI", &json!({})).unwrap();
    let mut groups: Vec<u32> = rustix::process::getgroups().unwrap().iter().map(|g| g.as_raw()).collect();
    let mut told: Vec<u32> = serde_json::from_value(peer["groups"].clone()).unwrap();
    groups.sort_unstable();
    told.sort_unstable();
    assert_eq!(peer["pid"], std::process::id());
    assert_eq!(peer["uid"], rustix::process::geteuid().as_raw());
    assert_eq!(peer["gid"], rustix::process::getegid().as_raw());
    assert_eq!(told, groups);
}

#[test]
fn the_service_knows_other_users_and_many_groups() {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: needs root to become somebody else");
        return;
    }
    let stage = Stage::new();
    std::fs::set_permissions(stage.path(), std::fs::Permissions::from_mode(0o666)).unwrap();
    std::fs::set_permissions(stage.path().parent().unwrap(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let script = format!(
        "import os, socket, sys\n\
         os.setgroups(range(5000, 5100)); os.setgid(4001); os.setuid(4002)\n\
         s = socket.socket(socket.AF_UNIX); s.connect({:?})\n\
         s.sendall(b'{{\"method\":\"org.example.stock.WhoAmI\"}}\\0')\n\
         data = b''\n\
         while not data.endswith(b'\\0'): data += s.recv(65536)\n\
         sys.stdout.buffer.write(data[:-1])",
        stage.path()
    );
    let output = match Command::new("python3").args(["-c", &script]).output() {
        Ok(output) => output,
        Err(error) => {
            println!("skipped: python3 cannot be run: {error}");
            return;
        }
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let peer: Value = serde_json::from_slice(&output.stdout).unwrap();
    let peer = &peer["parameters"];
    assert_eq!((&peer["uid"], &peer["gid"]), (&json!(4002), &json!(4001)));
    assert_eq!(peer["groups"], json!((5000..5100).collect::<Vec<_>>()));
}

#[test]
fn connections_of_one_user_are_bounded_and_places_are_given_back() {
    let stage = Stage::with(Limits { connections_per_uid: 3, ..Limits::default() });
    let mut held: Vec<_> = (0..3).map(|_| stage.client()).collect();
    for client in &mut held {
        assert_eq!(echo(client, "in"), "in");
    }
    for _ in 0..5 {
        let mut raw = stage.raw();
        let told = raw.error(TOO_MANY_CONNECTIONS);
        assert_eq!(told["limit"], 3);
        assert!(told["reason"].as_str().unwrap().contains("has 3 connections already"), "{told}");
        raw.assert_closed();
    }
    held.pop();
    eventually("a free place", || stage.census.connections() == 2);
    stage.assert_well();
    for client in &mut held {
        assert_eq!(echo(client, "still"), "still");
    }
}

#[test]
fn connections_are_bounded_for_all_together() {
    let limits = Limits { connections: 3, connections_per_uid: 2, ..Limits::default() };
    let census = Census::default();
    let places = [census.enter(1, &limits).unwrap(), census.enter(1, &limits).unwrap()];
    assert_eq!(census.enter(1, &limits).unwrap_err(), Full::User { uid: 1, limit: 2 });
    let other = census.clone().enter(2, &limits).unwrap();
    assert_eq!(census.enter(3, &limits).unwrap_err(), Full::All { limit: 3 });
    drop(places);
    drop(other);
    assert_eq!(census.connections(), 0);
    census.enter(1, &limits).unwrap();
}

#[test]
fn a_stop_lets_calls_in_flight_finish_and_ends_streams() {
    let mut stage = Stage::new();
    let (mut call_client, mut stream_client, mut idle) = (stage.raw(), stage.raw(), stage.raw());
    call_client.call(&call("Later", &json!({ "milliseconds": 300, "text": "finished" })));
    stream_client.call(&Call { more: true, ..call("Count", &json!({ "to": 9, "pause": 50 })) });
    assert!(stream_client.reply().unwrap().continues);
    let path = stage.path();
    stage.begin_stop();
    while let Some(reply) = stream_client.reply() {
        assert!(reply.continues || reply.error.as_deref() == Some(STOPPING), "{reply:?}");
    }
    idle.assert_closed();
    assert!(std::os::unix::net::UnixStream::connect(&path).is_err(), "still accepting");
    assert_eq!(call_client.reply().unwrap().parameters["text"], "finished");
    call_client.assert_closed();
    let took = stage.stop();
    assert!(took < Duration::from_secs(2), "{took:?}");
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let stage = Stage::with(Limits { stop_time: Duration::from_millis(200), ..Limits::default() });
    let mut raw = stage.raw();
    raw.call(&call("Later", &json!({ "milliseconds": 3_600_000, "text": "" })));
    raw.call(&call("Echo", &json!({ "text": "" })));
    std::thread::sleep(Duration::from_millis(50));
    let took = stage.stop();
    assert!(took >= Duration::from_millis(200) && took < Duration::from_secs(2), "{took:?}");
    raw.assert_closed();
}
