//! Data of older builds (DMN-8): a folder that was made once, and is kept as it was, opens with every later build, says the same, and
//! goes on. A folder of a newer program is refused, by both versions and unchanged; a store alone in another format is built anew.
//!
//! Until the first release the format is nobody's but ours, and `tests/golden/data-1.txt` may be made anew; from then on it never is:
//! where the format changes, a `data-2.txt` comes beside it (`WO_WRITE_GOLDEN=1 cargo test --test it upgrade` writes what is missing).

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FlockOperation, flock};
use serde_json::{Value, json};
use workorderd::codec;
use workorderd::journal::{Entry, Journal, Options, Position, Previous, RealStorage};
use workorderd::runtime::folder::installation_of;
use workorderd::store::Store;

use crate::real_stage::{BEGIN, Caller, DAY, Daemon, HOUR, Home, copy, until};
use crate::upgrade_packed::{pack, unpack};

/// Small, so that what is kept is small.
const COMPANY: &str = r##"
[[record_type]]
name = "repair"
title = { en = "Repair", zh = "维修" }
number = "WO-{date}-{counter}"
process = "repair"

[[process]]
name = "repair"
[[process.node]]
name = "assign"
kind = "assign"
handlers = ["role:dispatcher"]
remind_after = "2h"
[[process.node]]
name = "accept"
kind = "accept"
handlers = ["engineer"]
[[process.node]]
name = "work"
kind = "task"
handlers = ["engineer"]
overdue_after = "5d"
[[process.node]]
name = "confirm"
kind = "confirm"
handlers = ["submitter"]
message = "please-confirm"
link_ends_after = "7d"
auto_complete_after = "7d"
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

[[message]]
name = "please-confirm"
[[message.wording]]
language = "en"
subject = "Is it solved? #WorkOrderNumber#"
text = "#URL#"
"##;

/// Each kept folder: its name, and how many of its records its store has not seen.
const KEPT: [(&str, &str); 1] = [("data-1", "2 records of the journal were folded in")];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// What is told of everything in it: fields that stay, whatever a later build may add.
fn told(daemon: &Daemon) -> Value {
    let mut admin = daemon.admin();
    let field = |value: &Value, names: &[&str]| -> Value {
        names.iter().map(|name| ((*name).to_owned(), value[*name].clone())).collect::<serde_json::Map<_, _>>().into()
    };
    let orders: Vec<Value> = admin
        .numbers()
        .iter()
        .map(|number| {
            let order = admin.get(number);
            let names =
                ["number", "recordType", "subject", "status", "outcome", "node", "engineer", "group", "contact", "revision", "createdAt"];
            let mut out = field(&order, &names);
            out["timers"] = order["timers"].as_array().unwrap().iter().map(|t| field(t, &["due", "kind"])).collect();
            out["mails"] = order["mails"].as_array().unwrap().iter().map(|m| field(m, &["template", "to", "status", "attempts"])).collect();
            out["history"] = admin.history(number).iter().map(|line| field(line, &["revision", "at", "event"])).collect();
            out
        })
        .collect();
    let status = field(&admin.status(), &["head", "now", "workOrders", "timers"]);
    json!({ "orders": orders, "status": status, "contacts": admin.ok("Directory1.ListContacts", json!({}))["lines"].as_array().map(Vec::len) })
}

fn seed(admin: &mut Caller) {
    admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "company.toml", "text": COMPANY }] }));
    for (id, role) in [("dora", "dispatcher"), ("emil", "engineer")] {
        admin.ok("Directory1.PutStaffUser", json!({ "staffUser": { "id": id, "name": id, "roles": [role] } }));
    }
    let wang = json!({ "id": "wang", "name": "王伟", "email": "wang@example.cn", "language": "zh" });
    admin.ok("Directory1.PutContact", json!({ "contact": wang }));
}

fn quiet(daemon: &Daemon) {
    let mut admin = daemon.admin();
    until("a quiet daemon", || {
        let status = admin.status();
        let due = status["nextTimer"].as_i64().is_some_and(|due| Some(due) <= status["now"].as_i64());
        (!due && status["messagesUnderWay"] == 0 && status["storeBehind"] == 0).then_some(())
    });
}

/// The folder and what is told of it, made by this build: a life that ends in order, and a short one that is killed.
fn make(name: &str) {
    let home = Home::new();
    let small =
        ["--clock", "manual", "--clock-start", &BEGIN.to_string(), "--set", "data.segment_mib=1", "--set", "data.store_cache_mib=16"];
    let daemon = home.start_with(&small);
    seed(&mut daemon.admin());
    let mut dora = daemon.user("dora");
    let numbers: Vec<String> = (0..4).map(|n| dora.create(json!({ "subject": format!("电梯 {n}") }))).collect();
    for number in &numbers[..3] {
        dora.act(number, "AssignToEngineer", json!({ "engineer": "emil" }));
        daemon.user("emil").act(number, "AcceptAssignment", json!({}));
    }
    for number in &numbers[..2] {
        daemon.user("emil").act(number, "CompleteTask", json!({ "note": "换了一个阀" }));
    }
    quiet(&daemon);
    daemon.admin().ahead(3 * HOUR);
    quiet(&daemon);
    daemon.stop();
    // What the store has, before the last life.
    let store = home.path("store");
    copy(&home.data().join("store"), &store);
    let daemon = home.start_with(&small);
    daemon.user("dora").act(&numbers[3], "AddServiceRecord", json!({ "text": "nobody was there" }));
    daemon.user("dora").act(&numbers[3], "Hold", json!({ "reason": "parts" }));
    quiet(&daemon);
    fs::write(golden(&format!("{name}.json")), serde_json::to_string_pretty(&told(&daemon)).unwrap() + "\n").unwrap();
    daemon.kill();
    fs::remove_dir_all(home.data().join("store")).unwrap();
    copy(&store, &home.data().join("store"));
    fs::remove_file(home.data().join("lock")).unwrap();
    fs::write(golden(&format!("{name}.txt")), pack(&home.data())).unwrap();
}

fn kept(name: &str) -> (Home, Value) {
    if !golden(&format!("{name}.txt")).exists() && std::env::var_os("WO_WRITE_GOLDEN").is_some() {
        make(name);
    }
    let home = Home::new();
    unpack(&fs::read_to_string(golden(&format!("{name}.txt"))).unwrap(), &home.data());
    (home, serde_json::from_str(&fs::read_to_string(golden(&format!("{name}.json"))).unwrap()).unwrap())
}

fn head(told: &Value) -> &str {
    told["status"]["head"].as_str().unwrap()
}

#[test]
fn data_of_every_older_build_opens_says_the_same_and_goes_on() {
    for (name, behind) in KEPT {
        let (home, wanted) = kept(name);
        home.verify(Some(head(&wanted))).unwrap();
        let daemon = home.start_with(&[]);
        assert!(daemon.log().contains(behind), "{}", daemon.log());
        assert_eq!(told(&daemon), wanted, "{name}");
        // Each goes on where it stood: by hand, and by its timers.
        let mut dora = daemon.user("dora");
        let number = |n: usize| wanted["orders"][n]["number"].as_str().unwrap().to_owned();
        let held: Vec<_> = (0..4).map(number).filter(|n| dora.get(n)["node"] == "assign").collect();
        dora.act(&held[0], "Resume", json!({}));
        dora.act(&held[0], "AssignToEngineer", json!({ "engineer": "emil" }));
        let new = dora.create(json!({}));
        assert!((0..4).all(|n| number(n) != new), "{new} is given once");
        let rated: Vec<_> = (0..4).map(number).filter(|n| dora.get(n)["node"] == "confirm").collect();
        assert_eq!(rated.len(), 2);
        daemon.admin().ahead(8 * DAY);
        until("the question for stars", || rated.iter().all(|n| dora.get(n)["node"] == "rate").then_some(()));
        daemon.admin().ahead(DAY);
        until("the completion by itself", || rated.iter().all(|n| dora.get(n)["outcome"] == "completed").then_some(()));
        quiet(&daemon);
        let after = told(&daemon);
        daemon.stop();
        let daemon = home.start_with(&[]);
        assert!(daemon.log().contains("clean: the store has everything"), "{}", daemon.log());
        assert_eq!(told(&daemon), after);
        daemon.stop();
        home.verify(Some(head(&wanted))).unwrap();
        home.verify(Some(head(&after))).unwrap();
    }
}

#[test]
fn a_store_that_is_gone_or_in_another_format_is_built_anew_from_older_data() {
    for (name, _) in KEPT {
        let spoil: [(&str, Spoil); 3] = [
            ("the store held nothing yet: rebuilt from ", |data| fs::remove_dir_all(data.join("store")).unwrap()),
            ("schema version 999 is not known; this program reads up to ", newer_row),
            ("rebuilt from 25 records", |data| {
                fs::write(data.join("store/db"), [0x77; 100_000]).and(fs::write(data.join("store/conf"), b"nonsense")).unwrap()
            }),
        ];
        for (says, spoil) in spoil {
            let (home, wanted) = kept(name);
            spoil(&home.data());
            let daemon = home.start_with(&[]);
            assert!(daemon.log().contains(says), "{says}: {}", daemon.log());
            assert_eq!(told(&daemon), wanted, "{says}");
            daemon.stop();
            assert!(!says.starts_with("schema") || home.data().join("store.broken-1").exists());
        }
    }
}

/// What is done to a stopped data folder.
type Spoil = fn(&Path);

/// A row of the store as a newer program would write it.
fn newer_row(data: &Path) {
    newer_row_through(data, None);
}

/// The same, in a store that reaches to that record.
fn newer_row_through(data: &Path, applied: Option<(u64, u64)>) {
    let mut store = Store::open(&data.join("store"), 16 << 20, installation_of(data).unwrap()).unwrap().store;
    let mut rows = Vec::new();
    store
        .scan(|key, row| {
            rows.push((key.to_vec(), row.to_vec()));
            Ok(())
        })
        .unwrap();
    let (key, row) = rows.iter_mut().next().unwrap();
    row[1..3].copy_from_slice(&999_u16.to_le_bytes());
    let meta = store.meta().clone();
    let rows = [(key.as_slice(), row.as_slice())];
    let applied = applied.unwrap_or((meta.applied_sequence, meta.applied_position));
    store.apply(rows.into_iter(), applied, meta.read_from).unwrap();
    store.checkpoint().unwrap();
    drop(store);
    // A thread of sled's lets go of it a moment later.
    let db = fs::File::open(data.join("store/db")).unwrap();
    until("sled has let go", || flock(&db, FlockOperation::NonBlockingLockExclusive).ok());
}

fn journal_options(data: &Path) -> Options {
    Options { segment_bytes: 4 << 20, installation: installation_of(data).unwrap(), epoch: 1 }
}

/// One more record, as a newer program would write it: the last one again, in schema version 999.
fn newer_record(data: &Path) {
    let storage = Arc::new(RealStorage::new(data.join("journal")).unwrap());
    let mut last = None;
    let (mut journal, _) = Journal::open(storage, journal_options(data), None, &mut |record| {
        last = Some((record.key().to_vec(), record.revision(), record.position(), record.time(), record.body().to_vec()));
        Ok(())
    })
    .unwrap();
    let (key, revision, position, time, mut body) = last.unwrap();
    assert!(codec::record::decode(&body, []).is_ok());
    body[1..3].copy_from_slice(&999_u16.to_le_bytes());
    let previous = Previous::At(Position(position.0));
    let entry = Entry { key: &key, revision: revision + 1, previous, time, body: &body, personal: &[], seed: [0; 16] };
    journal.append(&[entry]).unwrap();
}

fn segment_of_version(data: &Path, version: u32) {
    let path = data.join("journal/00000001.seg");
    let mut bytes = fs::read(&path).unwrap();
    bytes[8..12].copy_from_slice(&version.to_le_bytes());
    let sum = crc32fast::hash(&bytes[..60]);
    bytes[60..64].copy_from_slice(&sum.to_le_bytes());
    fs::write(path, bytes).unwrap();
}

/// All but the lock, the head mark, which each start renews, and the store's own files, which sled writes anew when it opens them.
fn bytes_of(data: &Path) -> String {
    pack(data)
        .split_inclusive('\n')
        .scan(false, |skip, line| {
            if let Some(name) = line.strip_prefix("file ").and_then(|rest| rest.split_whitespace().nth(1)) {
                *skip = name.starts_with("store/") || ["lock", "journal/head"].contains(&name);
            }
            Some(if *skip { "" } else { line })
        })
        .collect()
}

#[test]
fn a_folder_of_a_newer_program_is_refused_by_both_versions_and_stays_as_it_is() {
    type Spoil = fn(&Path);
    let cases: [(&str, Spoil); 3] = [
        ("00000001.seg has format version 7, this program reads version 1", |data| segment_of_version(data, 7)),
        ("schema version 999 is not known; this program reads up to 1", newer_record),
        // The store as well, so that it looks as if the store were to blame.
        ("schema version 999 is not known; this program reads up to 1", |data| {
            newer_record(data);
            let storage = Arc::new(RealStorage::new(data.join("journal")).unwrap());
            let head = Journal::open(storage, journal_options(data), None, &mut |_| Ok(())).unwrap().0.head();
            newer_row_through(data, Some((head.sequence, head.last.0)));
        }),
    ];
    for (n, (says, spoil)) in cases.into_iter().enumerate() {
        let (home, wanted) = kept("data-1");
        // Its store has everything, so that a start that would lose it is noticed.
        let daemon = home.start_with(&[]);
        quiet(&daemon);
        daemon.stop();
        let store = home.path("whole-store");
        copy(&home.data().join("store"), &store);
        spoil(&home.data());
        let before = bytes_of(&home.data());
        for _ in 0..2 {
            let (code, log) = home.refused(&[]);
            assert!(code != 0 && log.contains(says), "{code}: {log}");
            assert!(bytes_of(&home.data()) == before, "case {n}: the folder is another one after the refusal");
        }
        let error = home.verify(None).unwrap_err();
        assert!(error.contains(says), "{error}");
        if n == 0 {
            // Whoever can read it goes on, with the store that is there.
            segment_of_version(&home.data(), 1);
            let daemon = home.start_with(&[]);
            assert!(daemon.log().contains("clean: the store has everything"), "{}", daemon.log());
            assert_eq!(head(&told(&daemon)), head(&wanted));
            daemon.stop();
        } else {
            let opened = Store::open(&home.data().join("store"), 16 << 20, installation_of(&home.data()).unwrap()).unwrap();
            let applied = opened.meta.expect("clean: the store has everything, as it had before").applied_sequence;
            let kept: u64 = head(&wanted).split(':').next().unwrap().parse().unwrap();
            assert_eq!(applied, kept + u64::from(n == 2));
            assert!(!home.data().join("store.broken-1").exists(), "a store was left aside");
        }
    }
}
