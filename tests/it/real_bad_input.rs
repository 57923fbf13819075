//! Bad input through the real socket: frames that are none, parameters of all wrong kinds for every method, definitions with
//! mistakes, strangers. Each gets a named error and changes nothing; the daemon stays as fast for others meanwhile.

use std::fs;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use workorderd::client::connection::ClientError;
use workorderd::protocol::idl::{Field, Interface, Type};

use crate::real_stage::{Caller, Daemon, Home, PATIENCE, definitions, frame, full, request_id, seed, steps_after, until};

/// A daemon with the sample company.
pub fn seeded(more: &[&str]) -> (Home, Daemon) {
    let home = Home::new();
    let mut arguments = vec!["--clock", "manual"];
    arguments.extend(more);
    let daemon = home.start_with(&arguments);
    seed(&mut daemon.admin());
    (home, daemon)
}

/// The rest of a connection's life: error names until it is closed.
fn errors_until_end(pipe: &mut crate::real_stage::Pipe) -> Vec<(String, String)> {
    let mut errors = Vec::new();
    while let Some(reply) = pipe.reply() {
        let reason = reply.parameters.get("reason").and_then(Value::as_str).unwrap_or_default().to_owned();
        errors.push((reply.error.unwrap_or_default(), reason));
    }
    errors
}

#[test]
fn frames_that_are_none_are_named_and_end_that_connection_alone() {
    let (_home, daemon) = seeded(&["--set", "control.frame_timeout=1s"]);
    let head = daemon.admin().head();
    let mut other = daemon.admin();
    let too_long = format!("{{\"method\":\"{}", "x".repeat(1 << 20));
    let deep = format!("{{\"method\":\"a.b.C\",\"parameters\":{{\"a\":{}1{}}}}}\0", "[".repeat(200), "]".repeat(200));
    let cases: [(&str, Vec<u8>, &str); 9] = [
        ("no JSON", b"GET / HTTP/1.1\r\n\r\n\0".to_vec(), "frame must begin with `{`, found byte 0x47"),
        ("half JSON", b"{\"method\":\0".to_vec(), "frame is not a JSON object"),
        ("an array", b"[]\0".to_vec(), "frame must begin with `{`"),
        ("nothing at all", b"\0\0\0".to_vec(), "frame must begin with `{`, found byte 0x00"),
        ("no UTF-8", b"{\"method\":\"\xff\xfe\"}\0".to_vec(), "frame is not UTF-8 from byte 11 on"),
        ("too deep", deep.into_bytes(), "frame is not a JSON object"),
        ("too long, not ended", too_long.clone().into_bytes(), "frame is longer than 1048576 bytes"),
        ("too long, ended", format!("{too_long}\"}}\0").into_bytes(), "frame is longer than 1048576 bytes"),
        ("never ended", b"{\"method\":\"org.workorderd.System1.Status\"".to_vec(), "frame is not complete after 1s"),
    ];
    for (what, bytes, reason) in cases {
        let mut pipe = daemon.pipe();
        // It may hang up before it has taken all of it.
        let _ = pipe.send(&bytes);
        let errors = errors_until_end(&mut pipe);
        assert_eq!(errors.len(), 1, "{what}: {errors:?}");
        assert!(errors[0].0 == "org.workorderd.InvalidFrame" && errors[0].1.contains(reason), "{what}: {errors:?}");
        other.status();
    }
    // Cut off: the calls before it are answered, and what is half is dropped in silence.
    let mut pipe = daemon.pipe();
    pipe.call("System1.WhoAmI", &json!({}));
    pipe.send(b"{\"method\":\"org.workorderd.System1.Sta").unwrap();
    pipe.no_more_from_us();
    assert_eq!(pipe.reply().unwrap().error, None);
    assert!(pipe.reply().is_none_or(|r| r.error.as_deref() == Some("org.workorderd.InvalidFrame")));
    // What is a call, but not one of ours.
    for (bytes, name) in [
        (&b"{}\0"[..], "org.varlink.service.InvalidParameter"),
        (b"{\"method\":5}\0", "org.varlink.service.InvalidParameter"),
        (b"{\"method\":\"Status\"}\0", "org.varlink.service.InterfaceNotFound"),
        (b"{\"method\":\"org.example.Shop.Buy\"}\0", "org.varlink.service.InterfaceNotFound"),
        (b"{\"method\":\"org.workorderd.System1.Explode\"}\0", "org.varlink.service.MethodNotFound"),
        (b"{\"method\":\"org.workorderd.System1.Status\",\"parameters\":[]}\0", "org.varlink.service.InvalidParameter"),
        (b"{\"method\":\"org.workorderd.System1.Status\",\"upgrade\":true}\0", "org.varlink.service.InvalidParameter"),
        (b"{\"method\":\"org.workorderd.System1.Status\",\"verbose\":true}\0", "org.varlink.service.InvalidParameter"),
    ] {
        let mut pipe = daemon.pipe();
        pipe.send(bytes).unwrap();
        let reply = pipe.reply().unwrap();
        assert_eq!(reply.error.as_deref(), Some(name), "{}: {reply:?}", String::from_utf8_lossy(bytes));
        pipe.call("System1.WhoAmI", &json!({}));
        assert_eq!(pipe.reply().unwrap().error, None, "the connection goes on");
    }
    assert_eq!(daemon.admin().head(), head);
}

pub fn interfaces(caller: &mut Caller) -> Vec<Interface> {
    let names = caller.ok("org.varlink.service.GetInfo", json!({}))["interfaces"].clone();
    let describe = |name: &Value| {
        let reply = caller.ok("org.varlink.service.GetInterfaceDescription", json!({ "interface": name }));
        Interface::parse(reply["description"].as_str().unwrap()).unwrap()
    };
    names.as_array().unwrap().iter().map(describe).collect()
}

/// A value of the type, and one that is not.
fn right(kind: &Type, interface: &Interface) -> Value {
    match kind {
        Type::Bool => true.into(),
        Type::Int => 1.into(),
        Type::Float => json!(1.5),
        Type::String => "x".into(),
        Type::Object | Type::Map(_) => json!({}),
        Type::Named(name) => right(interface.type_named(name).unwrap(), interface),
        Type::Struct(fields) => all_right(fields, interface),
        Type::Enum(values) => values[0].clone().into(),
        Type::Array(inner) => json!([right(inner, interface)]),
        Type::Optional(inner) => right(inner, interface),
    }
}

/// A value for each field.
pub fn all_right(fields: &[Field], interface: &Interface) -> Value {
    fields.iter().map(|f| (f.name.clone(), right(&f.kind, interface))).collect::<Map<_, _>>().into()
}

fn wrong(kind: &Type) -> Value {
    match kind {
        Type::String | Type::Enum(_) => 5.into(),
        Type::Optional(inner) => wrong(inner),
        Type::Int => json!(1.5),
        Type::Named(_) | Type::Struct(_) | Type::Object | Type::Map(_) => json!([]),
        Type::Bool | Type::Float | Type::Array(_) => "x".into(),
    }
}

#[test]
fn every_parameter_of_every_method_is_held_against_its_description() {
    let (_home, daemon) = seeded(&[]);
    let mut caller = daemon.admin();
    let head = caller.head();
    let mut calls = 0;
    let mut expect = |method: &str, parameters: Value, parameter: &str| {
        let (name, with) = match daemon.admin().client.call::<_, Value>(&full(method), &parameters) {
            Err(ClientError::Refused { name, parameters }) => (name, parameters),
            other => panic!("{method} {parameters}: {other:?}"),
        };
        assert_eq!(
            (name.as_str(), with["parameter"].as_str()),
            ("org.varlink.service.InvalidParameter", Some(parameter)),
            "{method} {parameters}"
        );
        assert!(with["reason"].as_str().is_some_and(|r| !r.is_empty()));
        calls += 1;
    };
    for interface in interfaces(&mut caller) {
        for method in &interface.methods {
            let name = format!("{}.{}", interface.name, method.name);
            let good = all_right(&method.input, &interface);
            let mut more = good.clone();
            more["andMore"] = 1.into();
            expect(&name, more, "andMore");
            for field in &method.input {
                let mut other = good.clone();
                other[&field.name] = wrong(&field.kind);
                expect(&name, other, &field.name);
                if !matches!(field.kind, Type::Optional(_)) {
                    let mut fewer = good.clone();
                    fewer.as_object_mut().unwrap().remove(&field.name);
                    expect(&name, fewer, &field.name);
                }
                // One level in: the fields of a struct that is a parameter.
                if let Type::Named(inner) = &field.kind
                    && let Some(Type::Struct(fields)) = interface.type_named(inner)
                {
                    for inner in fields {
                        let mut other = good.clone();
                        other[&field.name][&inner.name] = wrong(&inner.kind);
                        expect(&name, other, &format!("{}.{}", field.name, inner.name));
                    }
                }
            }
        }
    }
    println!("{calls} calls with a wrong parameter");
    assert!(calls > 200);
    assert_eq!(caller.head(), head);
}

#[test]
fn definitions_with_mistakes_are_refused_with_file_line_and_key() {
    let (_home, daemon) = seeded(&[]);
    let mut admin = daemon.admin();
    let head = admin.head();
    let long = "n".repeat(61);
    let process = |node: &str| {
        format!(
            "[[process]]\nname = \"p\"\ntitle = \"P\"\n\n[[process.node]]\nname = \"a\"\nkind = \"assign\"\n\n[[process.node]]\n{node}\n"
        )
    };
    let cases: Vec<(String, u64, &str, &str)> = vec![
        ("[[role]]\nname = \"a\"\nincludes = [\"b\"]\n\n[[role]]\nname = \"b\"\nincludes = [\"a\"]\n".into(), 3, "includes", "a > b > a"),
        (
            "[[record_type]]\nname = \"r\"\ntitle = \"R\"\nnumber = \"R-{date}-{counter}\"\nprocess = \"nowhere\"\n".into(),
            5,
            "process",
            "nowhere",
        ),
        (format!("[[role]]\nname = \"{long}\"\n"), 2, "name", "at most 60"),
        (process("name = \"t\"\nkind = \"tasc\""), 11, "kind", "tasc"),
        (process("name = \"t\"\nkind = \"task\"\nremind_after = \"soon\""), 12, "remind_after", "soon"),
        (process("name = \"t\"\nkind = \"evaluate\"\nmethod = \"qr-code\"\ntemplate = \"nothing\""), 13, "template", "nothing"),
        (process("name = \"a\"\nkind = \"task\""), 10, "name", "a"),
        ("[[role]]\nname = \"r\"\nrihgts = []\n".into(), 3, "rihgts", ""),
        ("[[role]]\nname = \"r\"\nrights = [\"fly\"]\n".into(), 3, "rights", "fly"),
        ("[[role]\nname = 1\n".into(), 1, "", ""),
    ];
    for (text, line, key, says) in cases {
        let mut files = definitions();
        files.push(json!({ "path": "site/wrong.toml", "text": text }));
        for dry_run in [true, false] {
            let (name, with) = admin.refused("Definitions1.Apply", json!({ "files": files, "dryRun": dry_run }));
            assert_eq!(name, "org.workorderd.InvalidDefinitions", "{text}");
            let problems = with["problems"].as_array().unwrap();
            let found =
                problems.iter().find(|p| p["file"] == "site/wrong.toml" && p["line"] == line && p["key"].as_str().unwrap().contains(key));
            let found = found.unwrap_or_else(|| panic!("no problem at line {line}, key {key}: {with:#}\n{text}"));
            let told = format!("{} {}", found["problem"], found["key"]);
            assert!(told.contains(says), "{found} lacks {says:?}");
        }
    }
    // Far too much of it.
    let files = json!([{ "path": "a.toml", "text": "[[role]]\n".repeat(40_000) }]);
    let (name, with) = admin.refused("Definitions1.Apply", json!({ "files": files }));
    assert_eq!(name, "org.workorderd.InvalidDefinitions");
    assert!(with["problems"].as_array().unwrap().len() <= 101, "bounded");
    assert_eq!(admin.head(), head);
}

#[test]
fn settings_with_mistakes_do_not_start_and_say_where() {
    let home = Home::new();
    let file = home.path("workorderd.toml");
    fs::write(&file, "[data]\ndirr = \"/x\"\n\n[control]\nconnections_per_uid = \"many\"\n\n[mial]\n").unwrap();
    let (code, log) = home.refused(&["--config", file.to_str().unwrap()]);
    assert_eq!(code, 78, "{log}");
    for part in ["workorderd.toml:2: data.dirr", "data.dir", "workorderd.toml:5: control.connections_per_uid", "mial"] {
        assert!(log.contains(part), "{log} lacks {part}");
    }
    for (set, says) in [
        ("data.segment_mib=0", "not between 1 and"),
        ("time.zone=Mars/Olympus", "no time zone"),
        ("nothing.here=1", "nothing"),
        ("mail.enabled=true", "mail.from"),
    ] {
        let (code, log) = home.refused(&["--set", set]);
        assert!(code == 78 && log.contains(says), "{set}: {code} {log}");
    }
    assert!(!home.data().exists(), "nothing was made");
}

#[test]
fn strangers_are_turned_away_and_told_how_it_could_be_changed() {
    let home = Home::new();
    let file = home.path("workorderd.toml");
    // Somebody else than whoever runs this test.
    fs::write(&file, "[[control.peers]]\nuid = 64999\nroles = [\"admin\"]\nact_as = true\n").unwrap();
    let daemon = home.start_with(&["--config", file.to_str().unwrap()]);
    for _ in 0..3 {
        let mut pipe = daemon.pipe();
        let _ = pipe.send(&frame("System1.Status", &json!({})));
        let reply = pipe.reply().unwrap();
        assert_eq!(reply.error.as_deref(), Some("org.workorderd.UnknownPeer"));
        assert_eq!(reply.parameters["uid"], rustix::process::getuid().as_raw());
        assert!(reply.parameters["message"].as_str().unwrap().contains("control.peers"));
        assert!(pipe.reply().is_none());
    }
    // Without act_as nobody acts for others, and with roles alone one is what they say.
    drop(daemon);
    let me = rustix::process::getuid().as_raw();
    fs::write(&file, format!("[[control.peers]]\nuid = {me}\nroles = [\"gateway\"]\nact_as = false\n")).unwrap();
    let daemon = home.start_with(&["--config", file.to_str().unwrap()]);
    let mut caller = daemon.admin();
    let who = caller.ok("System1.WhoAmI", json!({}));
    assert_eq!(
        (&who["roles"], &who["mayActAs"], who["through"].as_str()),
        (&json!(["gateway"]), &json!(false), Some(&*format!("uid:{me}")))
    );
    assert_eq!(caller.refused("System1.ActAs", json!({ "user": "dora" })).0, "org.workorderd.NotPermitted");
    assert_eq!(caller.refused("WorkOrders1.List", json!({})).0, "org.workorderd.NotPermitted");
}

#[test]
fn more_connections_than_a_user_may_have_are_refused_and_those_there_go_on() {
    let (_home, daemon) = seeded(&["--set", "control.connections_per_uid=5"]);
    let mut first = daemon.admin();
    first.status();
    let crowd: Vec<_> = (0..30).map(|_| daemon.pipe()).collect();
    let mut refused = 0;
    for mut pipe in crowd {
        let _ = pipe.send(&frame("System1.WhoAmI", &json!({})));
        match pipe.reply() {
            Some(reply) if reply.error.as_deref() == Some("org.workorderd.TooManyConnections") => refused += 1,
            reply => assert_eq!(reply.unwrap().error, None),
        }
    }
    assert!(refused >= 24, "{refused}");
    first.status();
}

#[test]
fn an_order_takes_as_many_calls_at_a_time_as_a_connection_may_have_in_flight() {
    let (_home, daemon) = seeded(&[]);
    let number = daemon.user("dora").create(json!({}));
    let mut pipe = daemon.pipe();
    pipe.call("System1.ActAs", &json!({ "user": "dora" }));
    let batch: Vec<u8> = (0..320)
        .flat_map(|n| frame("WorkOrders1.AddServiceRecord", &json!({ "number": number, "requestId": format!("n{n}"), "text": "x" })))
        .collect();
    pipe.send(&batch).unwrap();
    pipe.reply().unwrap();
    let refused: Vec<_> = (0..320).filter_map(|_| pipe.reply().unwrap().error).collect();
    assert!(refused.is_empty(), "{} of 320 pipelined calls: {:?}", refused.len(), refused[0]);
    assert_eq!(daemon.admin().get(&number)["revision"], 321);
}

#[test]
fn a_timer_that_falls_due_in_a_storm_on_its_work_order_is_not_given_up() {
    let (_home, daemon) = seeded(&[]);
    let number = daemon.user("dora").create(json!({}));
    let mut clock = daemon.admin();
    // More calls at a time than wait in one Work Order.
    let mut crowd: Vec<_> = (0..48).map(|_| daemon.pipe()).collect();
    let busy = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for pipe in &mut crowd {
            let (number, busy) = (&number, &busy);
            scope.spawn(move || {
                let call = || frame("WorkOrders1.AddServiceRecord", &json!({ "number": number, "requestId": request_id(), "text": "x" }));
                pipe.send(&(0..128).flat_map(|_| call()).collect::<Vec<_>>()).unwrap();
                for _ in 0..128 {
                    busy.fetch_add(usize::from(pipe.reply().unwrap().error.is_some_and(|e| e == "org.workorderd.Busy")), Ordering::Relaxed);
                }
            });
        }
        // A reminder after two hours, overdue after eight.
        for _ in 0..17 {
            clock.ahead(30 * 60_000);
        }
    });
    println!("{busy:?} calls had to be asked again");
    until("the reminder", || (clock.ok("WorkOrders1.List", json!({ "overdue": true }))["lines"][0]["number"] == *number).then_some(()));
    let events: Vec<_> = steps_after(&daemon, 0).into_iter().filter(|s| s["command"] == "Fire").map(|s| s["events"][0].clone()).collect();
    assert_eq!(events, ["Reminded", "BecameOverdue"]);
    assert_eq!(clock.status()["timersParked"], 0);
}

#[test]
fn the_daemon_stays_as_fast_for_others_under_a_storm_of_bad_input() {
    let (_home, daemon) = seeded(&["--set", "control.frame_timeout=1s"]);
    let stop = AtomicBool::new(false);
    let storms: [&[u8]; 4] = [
        b"nonsense\0",
        b"{\"method\":\"org.workorderd.WorkOrders1.Get\",\"parameters\":{\"number\":7}}\0",
        b"{\"method\":\"org.workorderd.WorkOrders1.Get\",\"parameters\":{\"number\":\"WO-1\"}}\0",
        b"{\"method\":\"never ended",
    ];
    std::thread::scope(|scope| {
        for bytes in storms {
            let (stop, daemon) = (&stop, &daemon);
            scope.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let mut pipe = daemon.pipe();
                    for _ in 0..50 {
                        if pipe.send(bytes).is_err() {
                            break;
                        }
                    }
                    pipe.reply();
                }
            });
        }
        let mut dora = daemon.user("dora");
        let (begin, mut slowest, mut steps) = (Instant::now(), Duration::ZERO, 0);
        while begin.elapsed() < Duration::from_secs(2) {
            let began = Instant::now();
            let number = dora.create(json!({}));
            dora.get(&number);
            slowest = slowest.max(began.elapsed());
            steps += 1;
        }
        stop.store(true, Ordering::Relaxed);
        println!("{steps} creations meanwhile, the slowest took {slowest:?}");
        assert!(steps > 50 && slowest < Duration::from_secs(1).min(PATIENCE), "{steps} creations, the slowest took {slowest:?}");
    });
}
