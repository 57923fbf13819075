//! Export and import: everything goes out as lines of JSON and comes back with the same bytes and the same chain; lines that were
//! changed are refused by number and field, and leave nothing.

use std::fs;
use std::io::Cursor;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use serde_json::{Value, json};
use workorderd::archive::{ImportError, export_journal, first_lines, import_journal, last_line};
use workorderd::journal::{Journal, Options, RealStorage};

use crate::back_up::told;
use crate::real_places::Stage;
use crate::real_stage::{Home, program, seed, work};
use crate::world::disk::SimDisk;
use crate::world::folders::bring_back;
use crate::world::ledger::{self, Item};
use crate::world::restart::INSTALLATION;
use crate::world::world::World;

/// The lines of a journal.
fn exported(disk: &SimDisk, installation: &[u8; 16]) -> String {
    let mut out = Vec::new();
    first_lines(installation, None, &mut out).unwrap();
    let verified = export_journal(Arc::new(disk.copy()), &mut out).unwrap();
    last_line(&verified, 0, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn imported(text: &[u8]) -> Result<SimDisk, ImportError> {
    let disk = SimDisk::default();
    import_journal(&mut Cursor::new(text), Arc::new(disk.clone()))?;
    Ok(disk)
}

/// Erases every n-th personal part.
fn erase(disk: &SimDisk, options: Options, n: usize) -> usize {
    let mut places = Vec::new();
    let opened = Journal::open(Arc::new(disk.clone()), options, None, &mut |record| {
        places.push(record.position());
        Ok(())
    });
    let (mut journal, _) = opened.unwrap();
    journal.erase_personal(&places.into_iter().step_by(n).map(ledger::all_of).collect::<Vec<_>>()).unwrap()
}

fn same_segments(before: &SimDisk, after: &SimDisk) {
    let mut compared = 0;
    for number in 1.. {
        let name = format!("{number:08}.seg");
        let Some(segment) = after.bytes(&name) else { break };
        assert!(before.bytes(&name) == Some(segment), "{name} differs");
        compared += 1;
    }
    assert!(compared > 0);
}

fn simulated(seed: u64, steps: usize) -> SimDisk {
    let mut world = World::new(seed);
    world.run(steps);
    let disk = world.disk.copy();
    bring_back(&disk);
    let options = Options { segment_bytes: 1 << 16, installation: INSTALLATION, epoch: 1 };
    assert!(erase(&disk, options, 7) > 0);
    disk
}

#[test]
fn what_a_simulated_company_did_comes_back_with_the_same_bytes() {
    let mut lines = 0;
    for seed in [1, 2, 3] {
        let disk = simulated(seed, 2_500);
        let text = exported(&disk, &INSTALLATION);
        lines += text.lines().count();
        assert!(!text.contains("bodyBytes"), "a step does not come back from its JSON");
        let again = imported(text.as_bytes()).unwrap();
        assert!(exported(&again, &INSTALLATION) == text);
        same_segments(&disk, &again);
    }
    assert!(lines > 300, "only {lines} lines");
}

#[test]
fn records_that_this_program_cannot_read_come_back_as_bytes() {
    let disk = SimDisk::default();
    let (mut journal, ..) = ledger::open(&disk).unwrap();
    let mut rng = fastrand::Rng::with_seed(8);
    for _ in 0..60 {
        let group: Vec<_> = (0..rng.usize(1..4)).map(|_| Item::random(&mut rng)).collect();
        ledger::append(&mut journal, &group).unwrap();
    }
    drop(journal);
    assert!(erase(&disk, ledger::options(), 3) > 3);
    let text = exported(&disk, &ledger::ID);
    let again = imported(text.as_bytes()).unwrap();
    assert!(exported(&again, &ledger::ID) == text);
    same_segments(&disk, &again);
}

/// The export of a small company.
fn small() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| exported(&simulated(4, 260), &INSTALLATION))
}

#[track_caller]
fn refused(text: &str, says: &[&str]) {
    let Err(error) = imported(text.as_bytes()) else { panic!("was imported") };
    let error = error.to_string();
    assert!(says.iter().all(|says| error.contains(says)), "{error}");
}

#[test]
fn what_was_changed_is_named_with_line_and_field() {
    let text = small();
    let line = |n: usize| text.lines().nth(n - 1).unwrap().to_owned();
    let with = |n: usize, change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&line(n)).unwrap();
        change(&mut value);
        text.replace(&line(n), &value.to_string())
    };
    // Other blanks and another order of fields are the same JSON.
    assert!(exported(&imported(with(9, &|_| ()).as_bytes()).unwrap(), &INSTALLATION) == text);
    refused(&with(9, &|v| v["record"]["time"] = 5.into()), &["line 9, record.hash", "nothing was written"]);
    refused(&with(9, &|v| v["record"]["body"]["command"] = "else".into()), &["line 9, record.hash"]);
    refused(&with(9, &|v| v["record"]["at"] = "2000-01-01T00:00:00Z".into()), &["line 9, record.at: is \"2000-"]);
    refused(&with(9, &|v| v["record"]["of"] = "a friend".into()), &["line 9, record.of"]);
    refused(&with(9, &|v| v["record"]["sequence"] = 99.into()), &["line 9, sequence: is 99, 7 comes next"]);
    refused(&with(9, &|v| v["record"]["group"] = 0.into()), &["line 9, group"]);
    refused(&with(9, &|v| v["record"]["key"] = "0g".into()), &["line 9, record.key"]);
    refused(&with(9, &|v| v["record"]["more"] = 1.into()), &["line 9", "more"]);
    refused(&with(9, &|v| v["record"]["body"]["actor"] = 1.into()), &["line 9", "column"]);
    refused(&with(9, &|v| v["record"]["body"] = Value::Null), &["line 9, record.body: is missing"]);
    refused(&with(9, &|v| v["record"]["body"]["more"] = 1.into()), &["line 9, record.body.more: does not belong there"]);
    refused(&with(2, &|v| v["segment"]["bytes"] = 77.into()), &["line 2, bytes"]);
    refused(&with(2, &|v| v["segment"]["number"] = 2.into()), &["line 2, number"]);
    refused(&text.replace(&format!("{}\n", line(9)), ""), &["line 9, sequence: is 8, 7 comes next"]);
    refused(&text.replace("\"formatVersion\":1", "\"formatVersion\":2"), &["format version 2"]);
    refused(&text.replace("workorderd export", "shopping list"), &["no export"]);
    refused("", &["empty"]);
    let cut = text.trim_end().rfind('\n').unwrap();
    refused(&text[..cut + 1], &["`end` is missing"]);
    refused(&text[..cut], &["cut off"]);
    refused(&format!("{text}{}\n", line(9)), &["behind the end"]);
    refused(&text.replace("\"records\":", "\"records\":1"), &["end.records"]);
    // Names and texts of people are covered by their own hash.
    let (n, named) = text.lines().enumerate().find(|(_, line)| line.contains("\"salt\"")).unwrap();
    let value: Value = serde_json::from_str(named).unwrap();
    let salt = value["record"]["personal"][0]["salt"].as_str().unwrap();
    refused(&text.replace(salt, &"0".repeat(32)), &[&format!("line {}, record.hash", n + 1)]);
    assert!(text.contains("{\"erased\":true}"), "nothing was erased");
}

#[derive(Debug, Clone)]
enum Change {
    Flip(prop::sample::Index, u8),
    Cut(prop::sample::Index, usize),
    Insert(prop::sample::Index, Vec<u8>),
    Drop(prop::sample::Index),
    Twice(prop::sample::Index),
    Swap(prop::sample::Index, prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    let bit = prop_oneof![Just(1_u8), Just(2), Just(8), Just(32), Just(128)];
    let bytes =
        prop_oneof![Just(b"9".to_vec()), Just(b"-1e999".to_vec()), Just(b"[[[[".to_vec()), Just(b"\n".to_vec()), Just(b"null".to_vec())];
    prop_oneof![
        (index(), bit).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (index(), 1..40_usize).prop_map(|(at, n)| Change::Cut(at, n)),
        (index(), bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
        index().prop_map(Change::Drop),
        index().prop_map(Change::Twice),
        (index(), index()).prop_map(|(a, b)| Change::Swap(a, b)),
    ]
}

fn changed(text: &str, change: &Change) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
    match change {
        Change::Flip(at, bit) => bytes[at.index(text.len())] ^= bit,
        Change::Cut(at, n) => {
            let at = at.index(bytes.len());
            bytes.drain(at..bytes.len().min(at + n));
        }
        Change::Insert(at, more) => {
            let at = at.index(bytes.len());
            bytes.splice(at..at, more.iter().copied());
        }
        Change::Drop(at) => drop(lines.remove(at.index(lines.len()))),
        Change::Twice(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at]);
        }
        Change::Swap(a, b) => lines.swap(a.index(text.lines().count()), b.index(text.lines().count())),
    }
    match change {
        Change::Flip(..) | Change::Cut(..) | Change::Insert(..) => bytes,
        Change::Drop(_) | Change::Twice(_) | Change::Swap(..) => lines.concat().into_bytes(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mutated_export_panics_or_passes_for_another(change in change()) {
        let text = changed(small(), &change);
        match imported(&text) {
            // The version of the program that wrote it is told for people alone.
            Ok(disk) => prop_assert!(exported(&disk, &INSTALLATION) == small(), "{change:?} was imported as something else"),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

fn run(arguments: &[&str], paths: &[&Path]) -> Result<String, String> {
    let output = program().args(arguments).args(paths).stdin(Stdio::null()).output().unwrap();
    if output.status.success() { Ok(told(&output)) } else { Err(told(&output)) }
}

#[test]
fn a_data_folder_goes_out_and_comes_back_and_goes_on() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let number = admin.create(json!({}));
    work(&daemon, &number);
    for (name, content) in [("a", "YQ==".to_owned()), ("b", "QUJD".repeat(150_000))] {
        admin.ok("WorkOrders1.BringAttachment", json!({ "upload": name, "offset": 0, "content": content, "last": true }));
    }
    let (before, head) = (admin.get(&number), admin.head());
    let file = home.path("all.jsonl");
    let said = run(&["export"], &[&home.data(), &file]).unwrap_err();
    assert!(said.contains("in use") && said.contains("workorderctl backup"), "{said}");
    daemon.stop();
    let head = {
        // The stop may have let a mail be tried.
        let verified = home.verify(Some(&head)).unwrap();
        verified.lines().find_map(|line| line.strip_prefix("head       ").map(str::to_owned)).unwrap()
    };
    assert!(run(&["export"], &[&home.data(), &file]).unwrap().contains(&head));
    assert!(run(&["export"], &[&home.data(), &file]).unwrap_err().contains("there already"));
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("王伟") && text.contains("换了一个阀") && !text.contains("\"secret\"") && !text.contains("bodyBytes"));
    for line in text.lines() {
        serde_json::from_str::<Value>(line).unwrap();
    }

    let other = Home::new();
    let said = run(&["import"], &[&file, &other.data()]).unwrap();
    assert!(said.contains("2 attachments") && said.contains(&format!("head {head}")), "{said}");
    other.verify(Some(&head)).unwrap();
    let again = home.path("again.jsonl");
    run(&["export"], &[&other.data(), &again]).unwrap();
    assert!(fs::read_to_string(&again).unwrap() == text);
    assert!(run(&["import"], &[&file, &other.data()]).unwrap_err().contains("is not empty"));
    let daemon = other.start();
    assert_eq!(daemon.admin().get(&number), before);
    daemon.user("dora").create(json!({}));
    daemon.stop();
    other.verify(Some(&head)).unwrap();

    // With the secret it is the same installation in everything; through a pipe it goes as well.
    let piped = Command::new("sh")
        .args(["-c", "\"$0\" export --with-secret \"$1\" | \"$0\" import - \"$2\""])
        .arg(env!("CARGO_BIN_EXE_workorderd"))
        .arg(home.data())
        .arg(home.path("third"))
        .output()
        .unwrap();
    assert!(piped.status.success(), "{}", told(&piped));
    for name in ["secret", "installation"] {
        assert_eq!(fs::read(home.data().join(name)).unwrap(), fs::read(home.path("third").join(name)).unwrap());
    }

    // Nothing stays of what is wrong at its end.
    let wrong = home.path("wrong.jsonl");
    for (from, to, says) in [("QUJDQUJD", "QUJEQUJD", "attachment.content"), ("\"attachments\":2", "\"attachments\":3", "end.attachments")]
    {
        fs::write(&wrong, text.replacen(from, to, 1)).unwrap();
        let said = run(&["import"], &[&wrong, &home.path("never")]).unwrap_err();
        assert!(said.contains(says), "{said}");
        assert!(!home.path("never").exists() && !home.path("never.partial").exists());
    }
}

#[test]
fn erased_values_are_erased_in_back_ups_exports_and_what_comes_of_them() {
    let stage = Home::new();
    let daemon = stage.start();
    seed(&mut daemon.admin());
    let dest = stage.path("back-up");
    crate::back_up::back_up(&daemon, &dest, &[]);
    daemon.stop();
    let storage = Arc::new(RealStorage::existing(stage.data().join("journal")).unwrap());
    let installation = workorderd::runtime::folder::installation_of(&stage.data()).unwrap();
    let mut places = Vec::new();
    let options = Options { segment_bytes: 4 << 20, installation, epoch: 1 };
    let (mut journal, _) = Journal::open(storage, options, None, &mut |record| {
        places.push(record.position());
        Ok(())
    })
    .unwrap();
    assert!(journal.erase_personal(&places.into_iter().map(ledger::all_of).collect::<Vec<_>>()).unwrap() > 3);
    let head = journal.head().to_string();
    drop(journal);
    let file = stage.path("all.jsonl");
    run(&["export"], &[&stage.data(), &file]).unwrap();
    assert!(!fs::read_to_string(&file).unwrap().contains("wang@example.cn"));
    run(&["import"], &[&file, &stage.path("imported")]).unwrap();
    let again = stage.path("again.jsonl");
    run(&["export"], &[&stage.path("imported"), &again]).unwrap();
    assert!(fs::read(&file).unwrap() == fs::read(&again).unwrap());
    // A back-up from before is brought to it: the segment comes anew, and the head is the same.
    let daemon = stage.start();
    let told = crate::back_up::back_up(&daemon, &dest, &[]);
    assert_eq!((&told["head"], &told["fetchedFiles"]), (&json!(head), &json!(1)));
    let holds = |name: &str| String::from_utf8_lossy(&fs::read(dest.join("journal").join(name)).unwrap()).contains("wang@example.cn");
    assert!(!holds("00000001.seg"));
    crate::back_up::restore(&dest, &stage.path("restored")).unwrap();
    run(&["verify", "--head", &head], &[&stage.path("restored")]).unwrap();
}

#[test]
fn work_orders_at_every_place_come_back() {
    let stage = Stage::new();
    for place in ["assign", "pool", "full", "accept", "task", "held", "installed", "skip", "confirm", "evaluate", "cancelled"] {
        stage.at(place);
    }
    let home = Home::new();
    crate::back_up::back_up(&stage.daemon, &home.path("back-up"), &[]);
    crate::back_up::restore(&home.path("back-up"), &home.data()).unwrap();
    let (file, again) = (home.path("a.jsonl"), home.path("b.jsonl"));
    run(&["export"], &[&home.data(), &file]).unwrap();
    run(&["import"], &[&file, &home.path("imported")]).unwrap();
    run(&["export"], &[&home.path("imported"), &again]).unwrap();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text == fs::read_to_string(&again).unwrap() && !text.contains("bodyBytes"));
    assert!(crate::back_up::restore(&home.path("nothing"), &home.path("x")).is_err());
}
