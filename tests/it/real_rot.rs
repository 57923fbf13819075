//! Bit rot in a real data folder: whatever is altered, cut off or blanked in the journal is found and named, or provably harmless
//! (behind the end of the records, where the next ones go); whatever happens to the store, it is used only if it is right, and else
//! built anew, so that every state is the fold of the history.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use workorderd::codec;
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::installation::InstallationCommand;
use workorderd::domain::time::Span;
use workorderd::journal::{JournalError, RealStorage, Why, verify_chain};
use workorderd::runtime::recovery::Overlay;
use workorderd::runtime::start;
use workorderd::verify::report::VerifyError;
use workorderd::verify::verify;

use crate::in_process::options;
use crate::real_salvage::{made, records};
use crate::real_stage::{Home, copy};

const CHILD: &str = "WORKORDERD_TEST_ROT";

fn long() -> bool {
    std::env::var_os("WO_LONG").is_some()
}

/// Alters some bytes of a file, or its length; tells how, and where the first byte is that is not as before. None: it would be as before.
fn spoil(path: &Path, at: u64, rng: &mut fastrand::Rng) -> Option<(String, u64)> {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    let some = [1, 1, 1, 8, 512, 4096][rng.usize(..6)];
    let mut old = vec![0; some.min((length - at) as usize)];
    file.read_exact_at(&mut old, at).unwrap();
    let mut new = old.clone();
    let how = match rng.u8(..10) {
        0 => {
            file.set_len(at).unwrap();
            return Some((format!("cut at {at}"), at));
        }
        1 | 2 => {
            new.fill(0);
            format!("{some} blanked at {at}")
        }
        3 | 4 => {
            new.iter_mut().for_each(|b| *b = rng.u8(..));
            format!("{some} random at {at}")
        }
        _ => {
            let bit = rng.u8(..8);
            *new.first_mut()? ^= 1 << bit;
            format!("bit {bit} flipped at {at}")
        }
    };
    file.write_all_at(&new, at).unwrap();
    let same = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    (old != new).then_some((how, at + same as u64))
}

/// Found by the fuzzer of the journal: with its sums sealed anew, such a segment passed for one in which nothing had been written.
#[test]
fn a_journal_whose_installation_was_replaced_is_not_verified() {
    let home = Home::new();
    home.start().stop();
    let segment = home.data().join("journal/00000001.seg");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[32] ^= 1;
    let sum = crc32fast::hash(&bytes[..60]);
    bytes[60..64].copy_from_slice(&sum.to_le_bytes());
    fs::write(&segment, bytes).unwrap();
    let told = home.verify(None).unwrap_err();
    assert!(told.contains("another installation"), "{told}");
}

#[test]
fn rot_in_the_journal_is_found_and_named_or_harmless() {
    let data = made().data();
    let all = records(&data);
    let head = verify(&data, None).unwrap().head;
    let end_of = |segment: u32| all.iter().filter(|(_, p, _)| p.segment() == segment).map(|(_, p, n)| p.offset() + n).max();
    let segments: Vec<String> = fs::read_dir(data.join("journal"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .filter(|n| n.ends_with(".seg"))
        .collect();
    let home = Home::new();
    fs::create_dir(home.data()).unwrap();
    copy(&data.join("journal"), &home.data().join("journal"));
    let tries = if long() { 20_000 } else { 400 };
    let (mut found, mut harmless) = (0, 0);
    for round in 0..tries {
        let mut rng = fastrand::Rng::with_seed(round);
        let name = if rng.u8(..20) == 0 { "head".to_owned() } else { segments[rng.usize(..segments.len())].clone() };
        let path = home.data().join("journal").join(&name);
        let number = name.trim_start_matches('0').trim_end_matches(".seg").parse::<u32>().unwrap_or(0);
        let used = end_of(number).unwrap_or(64);
        let last_group = (number == head.last.segment()).then(|| head.last.offset()..used);
        let at = match (rng.u8(..8), last_group) {
            (0..3, Some(last)) => rng.u32(last).into(),
            (3, _) => rng.u64(..fs::metadata(&path).unwrap().len()),
            (4, _) => rng.u64(..64),
            _ if name == "head" => rng.u64(..600),
            _ => rng.u32(..used).into(),
        };
        let Some((how, at)) = spoil(&path, at.min(fs::metadata(&path).unwrap().len() - 1), &mut rng) else { continue };
        let what = format!("round {round}: {name}: {how}");
        match verify(&home.data(), None) {
            Err(VerifyError::Journal(JournalError::Damage(damage))) => {
                found += 1;
                assert!(u64::from(damage.offset) <= at || matches!(damage.why, Why::FileLength { .. }), "{what}: {damage}");
                assert_eq!(damage.segment.to_string(), name, "{what}: {damage}");
            }
            Err(VerifyError::Journal(
                JournalError::UnsupportedVersion { segment, .. } | JournalError::ForeignInstallation { segment, .. },
            )) => {
                found += 1;
                assert_eq!(segment.to_string(), name, "{what}");
            }
            Err(other) => panic!("{what}: {other}"),
            Ok(findings) => {
                harmless += 1;
                assert_eq!((findings.head, &findings.wrong), (head, &Vec::new()), "{what} was not found");
                // Nothing of it can belong to a record: it lies behind the last one, and is told as a write that was interrupted.
                let behind = name == "head" || at >= u64::from(used);
                assert!(behind && (name == "head" || findings.torn.is_some()), "{what} was not found: {findings:?}");
            }
        }
        fs::copy(data.join("journal").join(&name), &path).unwrap();
    }
    println!("{tries} tries: {found} found and named, {harmless} harmless");
    assert!(found > tries / 2 && harmless > 10, "{found} found, {harmless} harmless");
}

#[test]
fn a_start_on_a_rotten_journal_names_the_place_and_the_way_out() {
    let all = records(&made().data());
    for (n, (_, position, length)) in [all[0], all[all.len() / 2], all[all.len() - 1]].into_iter().enumerate() {
        let home = Home::copy_of(&made().data());
        fs::remove_dir_all(home.data().join("store")).unwrap();
        let path = home.data().join("journal").join(position.file().to_string());
        let file = fs::OpenOptions::new().write(true).open(path).unwrap();
        file.write_all_at(&[0xa5; 3], u64::from(position.offset() + length / 2)).unwrap();
        let (code, log) = home.refused(&[]);
        assert_eq!(code, 1, "{n}: {log}");
        let place = format!("{} at offset {}", position.file(), position.offset());
        assert!(log.contains(&place) && log.contains("workorderd salvage"), "{n}: {log} lacks {place}");
    }
}

/// Starts on a folder, holds every state against the fold of the history, makes a step, and ends.
#[test]
fn the_process_that_starts_on_a_rotten_store() {
    let Some(data) = std::env::var_os(CHILD).map(PathBuf::from) else { return };
    let mut fold = Overlay::default();
    let storage = Arc::new(RealStorage::existing(data.join("journal")).unwrap());
    verify_chain(storage, &mut |record| {
        fold.fold(&record, &mut |_| Ok(None))?;
        Ok(())
    })
    .unwrap();
    actix_rt::System::new().block_on(async {
        let running = start(options(data)).await.unwrap();
        let runtime = running.runtime.clone();
        let orders: BTreeSet<_> = fold.entities.keys().map(|k| codec::key::decode(k).unwrap()).collect();
        let wanted_orders = orders.iter().filter(|k| matches!(k, Key::WorkOrder(_))).count();
        assert_eq!(runtime.views().board().len(), wanted_orders, "Work Orders on the board");
        for (key, wanted) in &fold.entities {
            let key = codec::key::decode(key).unwrap();
            let found = runtime.read(&key).await.unwrap();
            assert!(found == *wanted, "{key} is not what its history says: {found:?} instead of {wanted:?}");
        }
        for line in &running.report.said {
            println!("said: {line}");
        }
        let to = runtime.now().plus(Span(1));
        runtime.submit_as_system(&Key::Installation, Command::Installation(InstallationCommand::SetClock { to })).await.unwrap();
        running.stop(Duration::from_secs(20)).await.unwrap();
    });
    println!("right");
}

/// One such process; what it said, or why it did not come to its end.
fn child(data: &Path, home: &Home) -> Result<String, String> {
    let log = home.path("child.log");
    let file = fs::File::create(&log).unwrap();
    let mut process = Process::new(std::env::current_exe().unwrap());
    process.args(["--exact", "real_rot::the_process_that_starts_on_a_rotten_store", "--nocapture"]).env(CHILD, data);
    process.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
    let mut process = process.spawn().unwrap();
    let begin = Instant::now();
    let status = loop {
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        if begin.elapsed() > Duration::from_secs(40) {
            process.kill().unwrap();
            process.wait().unwrap();
            return Err(format!("it hangs: {}", fs::read_to_string(&log).unwrap_or_default()));
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let told = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    if status.success() && told.contains("right\n") { Ok(told) } else { Err(format!("{status}: {told}")) }
}

#[test]
fn a_rotten_store_is_never_believed() {
    let data = made().data();
    let tries = if long() { 3_000 } else { 60 };
    let (next, rebuilt) = (AtomicU64::new(0), AtomicU64::new(0));
    let one = |round: u64, home: &Home| {
        let mut rng = fastrand::Rng::with_seed(round);
        let _ = fs::remove_dir_all(home.data());
        copy(&data, &home.data());
        let mut files: Vec<PathBuf> =
            fs::read_dir(home.data().join("store")).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_file()).collect();
        files.sort();
        let mut how = Vec::new();
        for _ in 0..rng.usize(1..4) {
            // The database most of the time.
            let db = files.iter().position(|p| p.ends_with("db")).unwrap();
            let path = &files[if rng.u8(..4) > 0 { db } else { rng.usize(..files.len()) }];
            let length = fs::metadata(path).map_or(0, |found| found.len());
            if rng.u8(..30) == 0 {
                let _ = fs::remove_file(path);
                how.push(format!("{} removed", path.display()));
            } else if length > 0 {
                let at = rng.u64(..length);
                how.extend(spoil(path, at, &mut rng).map(|(how, _)| format!("{}: {how}", path.display())));
            }
        }
        let told = child(&home.data(), home).unwrap_or_else(|told| panic!("round {round}: {how:?}: {told}"));
        rebuilt.fetch_add(u64::from(told.contains("moved aside") || told.contains("rebuilt from")), Ordering::Relaxed);
        if round.is_multiple_of(5) {
            child(&home.data(), home).unwrap_or_else(|told| panic!("round {round}, the next start: {how:?}: {told}"));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let home = Home::new();
                loop {
                    let round = next.fetch_add(1, Ordering::Relaxed);
                    if round >= tries {
                        return;
                    }
                    one(round, &home);
                }
            });
        }
    });
    println!("{tries} tries: {} stores built anew", rebuilt.load(Ordering::Relaxed));
    assert!(rebuilt.load(Ordering::Relaxed) > tries / 10);
}
