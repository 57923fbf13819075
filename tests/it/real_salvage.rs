//! Salvage: a data folder whose journal is damaged is not changed; its whole front starts as a new one, and what lies behind the
//! damage is told in full, with what is missing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};
use workorderd::journal::{Found, Position, RealStorage, scan_all};
use workorderd::salvage::{SalvageError, salvage};
use workorderd::verify::verify;

use crate::real_stage::{Home, copy, program, seed, steps_after, work};

/// Files with their contents, folders by their names.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            all.insert(path, bytes);
        }
    }
    all
}

/// Sequence, place, length and key of each record.
pub fn records(data: &Path) -> Vec<(u64, Position, u32)> {
    let mut all = Vec::new();
    let storage = Arc::new(RealStorage::existing(data.join("journal")).unwrap());
    scan_all(storage, &mut |found| {
        if let Found::Record(record) = found {
            all.push((record.sequence(), record.position(), record.end().offset() - record.position().offset()));
        }
        Ok(())
    })
    .unwrap();
    all
}

fn tamper(data: &Path, segment: &str, change: impl FnOnce(&mut Vec<u8>)) {
    let path = data.join("journal").join(segment);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(&path, bytes).unwrap();
}

fn run(words: &[&str]) -> (i32, String) {
    let mut command: Command = program();
    let output = command.args(words).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output.status.code().unwrap_or(-1), text)
}

fn lines(out: &Path) -> Vec<Value> {
    fs::read_to_string(out.join("behind.jsonl")).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_front_of_a_damaged_journal_starts_anew_and_what_lies_behind_is_told() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let mut dora = daemon.user("dora");
    let early = dora.create(json!({ "subject": "早的" }));
    work(&daemon, &early);
    let hit = dora.create(json!({ "subject": "the damaged step" }));
    let hit_at = dora.get(&hit)["revision"].as_i64().unwrap();
    assert_eq!(hit_at, 1);
    dora.act(&hit, "AddServiceRecord", json!({ "text": "王伟 says: later" }));
    let late = dora.create(json!({ "subject": "晚的" }));
    daemon.kill();
    let daemon = home.start_with(&[]);
    let steps = steps_after(&daemon, 0);
    daemon.stop();
    let broken = steps.iter().find(|s| s["number"] == hit.as_str()).unwrap()["sequence"].as_u64().unwrap();
    let all = records(&home.data());
    let (_, position, _) = all.iter().find(|r| r.0 == broken).unwrap();
    tamper(&home.data(), "00000001.seg", |b| b[position.offset() as usize + 140] ^= 8);
    // A start from the store's checkpoint does not read so far back; one without the store does.
    fs::remove_dir_all(home.data().join("store")).unwrap();
    let before = contents(&home.data());
    let (code, log) = home.refused(&[]);
    assert_eq!(code, 1, "{log}");
    for fragment in ["00000001.seg", &format!("offset {}", position.offset()), "workorderd salvage"] {
        assert!(log.contains(fragment), "{log} lacks {fragment}");
    }
    fs::remove_dir_all(home.data().join("store")).unwrap();
    let (out, data) = (home.path("out"), home.data());
    let (out_text, data_text) = (out.to_str().unwrap(), data.to_str().unwrap());
    let (code, told) = run(&["salvage", data_text, out_text]);
    assert_eq!(code, 0, "{told}");
    let after = contents(&data);
    let changed: Vec<_> = before.keys().filter(|path| !path.ends_with("lock") && before.get(*path) != after.get(*path)).collect();
    assert!(changed.is_empty() && before.len() == after.len(), "the damaged folder was changed: {changed:?}");
    for fragment in [
        format!("records 1 to {}", broken - 1),
        format!("MISSING    record {broken}\n"),
        format!("offset {}", position.offset()),
        format!("Work Order {late}"),
        format!("behind     {} records", all.len() as u64 - broken),
    ] {
        assert!(told.contains(&fragment), "{told} lacks {fragment}");
    }
    assert_eq!(fs::read_to_string(out.join("salvage.txt")).unwrap(), told);

    let behind = lines(&out);
    let sequences: Vec<_> = behind.iter().map(|line| line["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (broken + 1..=all.len() as u64).collect::<Vec<_>>());
    let text = fs::read_to_string(out.join("behind.jsonl")).unwrap();
    for value in ["王伟 says: later", "晚的", "dora", &late] {
        assert!(text.contains(value), "{text} lacks {value}");
    }

    // The new folder is whole, starts, shows the front as it was, and goes on.
    let found = verify(&out, None).unwrap();
    assert_eq!((found.head.sequence, found.wrong), (broken - 1, Vec::new()));
    assert!(told.contains(&found.head.to_string()));
    let other = Home::copy_of(&out);
    let daemon = other.start_with(&[]);
    let again = steps_after(&daemon, 0);
    assert_eq!(again[..broken as usize - 1], steps[..broken as usize - 1]);
    assert_eq!(daemon.user("dora").get(&early)["subject"], "早的");
    daemon.user("dora").create(json!({}));
    daemon.stop();
    other.verify(None).unwrap();

    let (code, told) = run(&["salvage", data_text, out_text]);
    assert!(code == 1 && told.contains("not empty"), "{told}");
    let inside = data.join("new/deeper");
    let (code, told) = run(&["salvage", data_text, inside.to_str().unwrap()]);
    assert!(code == 1 && told.contains("another one") && !data.join("new").exists(), "{told}");
    let (code, told) = run(&["salvage", "/nonexistent", home.path("x").to_str().unwrap()]);
    assert!(code == 1 && told.contains("/nonexistent") && !home.path("x").exists(), "{told}");
}

#[test]
fn a_folder_in_use_is_refused_and_a_whole_one_is_copied() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    daemon.user("dora").create(json!({}));
    assert!(matches!(salvage(&home.data(), &home.path("out")), Err(SalvageError::InUse(_))));
    let head = daemon.admin().head();
    daemon.stop();
    let saved = salvage(&home.data(), &home.path("out")).unwrap();
    assert!(saved.whole.ends_with.is_none() && saved.damages.is_empty() && saved.reading.missing.is_empty());
    assert_eq!(verify(&home.path("out"), Some(&head)).unwrap().wrong, [""; 0]);
}

/// A journal of some segments, once for all tests of this kind.
pub fn made() -> &'static Home {
    static MADE: std::sync::OnceLock<Home> = std::sync::OnceLock::new();
    MADE.get_or_init(|| {
        let home = Home::new();
        let daemon = home.start_with(&["--clock", "manual", "--set", "data.segment_mib=1", "--set", "data.store_cache_mib=16"]);
        seed(&mut daemon.admin());
        let mut dora = daemon.user("dora");
        let text = "阀门漏了 ".repeat(300);
        while fs::metadata(home.data().join("journal/00000003.seg")).is_err() {
            let number = dora.create(json!({}));
            (0..40).for_each(|_| drop(dora.act(&number, "AddServiceRecord", json!({ "text": text }))));
        }
        let number = dora.create(json!({}));
        work(&daemon, &number);
        daemon.stop();
        home
    })
}

#[test]
fn whatever_is_damaged_the_front_is_whole_and_every_record_is_saved_told_or_named_as_missing() {
    let made = made();
    let all = records(&made.data());
    let last = all.len() as u64;
    let tries = if std::env::var_os("WO_LONG").is_some() { 1_500 } else { 60 };
    let (mut whole, mut told, mut lost) = (0, 0, 0);
    let home = Home::new();
    for round in 0..tries {
        let mut rng = fastrand::Rng::with_seed(round);
        let data = home.data();
        let _ = fs::remove_dir_all(&data);
        let _ = fs::remove_dir_all(home.path("out"));
        fs::create_dir(&data).unwrap();
        for name in ["installation", "secret"] {
            fs::copy(made.data().join(name), data.join(name)).unwrap();
        }
        copy(&made.data().join("journal"), &data.join("journal"));
        for _ in 0..rng.usize(1..4) {
            let segment = format!("{:08}.seg", rng.u32(1..=3));
            if !data.join("journal").join(&segment).exists() {
                continue;
            }
            match rng.u8(..10) {
                0 => fs::remove_file(data.join("journal").join(&segment)).unwrap(),
                1 => tamper(&data, &segment, |b| b.truncate(rng.usize(..b.len().max(1)))),
                2 => tamper(&data, &segment, |b| b.iter_mut().take(64).for_each(|b| *b ^= rng.u8(..))),
                3 => drop(fs::remove_file(data.join("installation"))),
                4 => drop(fs::write(data.join("journal/head"), b"nonsense")),
                _ => {
                    let (_, position, length) = all[rng.usize(..all.len())];
                    if position.file().to_string() == segment {
                        let at = (position.offset() + rng.u32(..length)) as usize;
                        tamper(&data, &segment, |b| b.iter_mut().skip(at).take(1 + rng.usize(..700)).for_each(|b| *b = rng.u8(..)));
                    }
                }
            }
        }
        let saved = salvage(&data, &home.path("out")).unwrap_or_else(|error| panic!("round {round}: {error}"));
        let front = saved.whole.head.sequence;
        let behind: BTreeSet<u64> = lines(&home.path("out")).iter().map(|line| line["sequence"].as_u64().unwrap()).collect();
        let missing: BTreeSet<u64> = saved.reading.missing.iter().flat_map(|(from, to)| *from..=*to).collect();
        for sequence in 1..=last {
            let times = usize::from(sequence <= front) + usize::from(behind.contains(&sequence)) + usize::from(missing.contains(&sequence));
            // What lay behind the last record that is left, only the head mark knows.
            let unknown = saved.whole.marked.is_none() && behind.last().is_none_or(|last| sequence > *last);
            assert!(times == 1 || times == 0 && unknown, "round {round}: record {sequence} is {times} times there: {saved:?}");
        }
        if front > 0 {
            let found = verify(&home.path("out"), None).unwrap_or_else(|error| panic!("round {round}: {error}"));
            assert_eq!((found.head.sequence, found.wrong), (front, Vec::new()), "round {round}");
        }
        whole += front;
        told += behind.len();
        lost += missing.len();
    }
    println!("{tries} tries: {whole} records whole, {told} told, {lost} missing");
    assert!(whole > 1_000 && told > 1_000 && lost > 10);
}
