//! Every way a start can find its folder, each with what it says: clean, behind, torn, damaged, store gone, store that does not
//! match, leftovers, in use, another clock, another installation. What is rebuilt equals what was.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::real_stage::{BEGIN, Daemon, HOUR, Home, copy, program, seed, until, work};

/// A folder that was stopped in order, the store of an earlier moment, and what everything looked like at the end.
struct Made {
    folder: TempDir,
    seen: Value,
}

impl Made {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Made once; each test works on a copy.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let home = Home::new();
        let folder = tempfile::tempdir().unwrap();
        let daemon = home.start();
        seed(&mut daemon.admin());
        daemon.admin().ok("Directory1.PutProduct", json!({ "product": { "id": "lift-500", "name": "客梯 500 型" } }));
        let terminal = json!({ "id": "L-1", "name": "一号楼客梯", "product": "lift-500", "account": "acme" });
        daemon.admin().ok("Directory1.PutTerminal", json!({ "terminal": terminal }));
        for subject in 0..12 {
            let number = daemon.user("dora").create(json!({ "subject": format!("lift {subject}") }));
            if subject % 2 == 0 {
                work(&daemon, &number);
            }
            if subject % 3 == 0 {
                daemon.user("dora").act(&number, "Hold", json!({ "reason": "parts" }));
            }
        }
        daemon.admin().ahead(3 * HOUR);
        daemon.stop();
        copy(&home.data(), &folder.path().join("earlier"));
        let daemon = home.start_with(&[]);
        for subject in 0..6 {
            let number = daemon.user("dora").create(json!({ "subject": format!("later {subject}") }));
            work(&daemon, &number);
        }
        let seen = see(&daemon);
        daemon.stop();
        copy(&home.data(), &folder.path().join("data"));
        Made { folder, seen }
    })
}

fn home() -> Home {
    Home::copy_of(&made().path("data"))
}

/// Everything that the protocol shows of the state.
fn see(daemon: &Daemon) -> Value {
    let mut admin = daemon.admin();
    // Without a mail server each mail is deferred once at the beginning, and then nothing moves.
    let numbers = admin.numbers();
    until("a quiet daemon", || {
        let now = admin.status()["now"].as_i64();
        let quiet = numbers.iter().all(|n| admin.get(n)["timers"].as_array().unwrap().iter().all(|t| t["due"].as_i64() > now));
        (quiet && admin.status()["messagesUnderWay"] == 0).then_some(())
    });
    let before = admin.status();
    let orders: BTreeMap<_, _> = numbers.iter().map(|n| (n.clone(), json!([admin.get(n), admin.history(n)]))).collect();
    let lists = ["ListStaffUsers", "ListServiceGroups", "ListAccounts", "ListContacts", "ListProducts", "ListTerminals"]
        .map(|m| admin.ok(&format!("Directory1.{m}"), json!({})));
    let status = admin.status();
    assert_eq!(before["head"], status["head"], "nothing moves");
    let parts = ["head", "now", "workOrders", "byStatus", "timers", "nextTimer"].map(|key| (key, status[key].clone()));
    json!({
        "orders": orders, "lists": lists, "status": BTreeMap::from(parts),
        "definitions": admin.ok("Definitions1.List", json!({})),
        "group": admin.ok("Directory1.GetServiceGroup", json!({ "id": "hydraulics" })),
    })
}

#[track_caller]
fn assert_same(found: &Value, wanted: &Value) {
    let mut differences = Vec::new();
    compare("", found, wanted, &mut differences);
    assert!(differences.is_empty(), "{} differences, such as {:#?}", differences.len(), &differences[..differences.len().min(5)]);
}

fn compare(path: &str, found: &Value, wanted: &Value, differences: &mut Vec<String>) {
    let none = Value::Null;
    match (found, wanted) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|k| !a.contains_key(*k)));
            names.for_each(|k| compare(&format!("{path}.{k}"), a.get(k).unwrap_or(&none), b.get(k).unwrap_or(&none), differences));
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().for_each(|(n, (a, b))| compare(&format!("{path}[{n}]"), a, b, differences));
        }
        (a, b) if a == b => {}
        (a, b) => differences.push(format!("{path}: {a} instead of {b}")),
    }
}

/// Starts; what it shows is what was seen, and what it says has this sentence in it.
fn starts_saying(home: &Home, sentence: &str) {
    let daemon = home.start_with(&[]);
    let said = daemon.admin().status()["said"].clone();
    assert!(said.as_array().unwrap().iter().any(|s| s.as_str().unwrap().contains(sentence)), "{said} lacks {sentence:?}");
    assert!(daemon.log().contains(sentence), "it is in the log too: {}", daemon.log());
    let seen = see(&daemon);
    assert_same(&seen, &made().seen);
    // It works, and what it has brought up is what the next start finds.
    let number = daemon.user("dora").create(json!({}));
    work(&daemon, &number);
    daemon.stop();
    let told = home.verify(made().seen["status"]["head"].as_str()).unwrap();
    assert!(told.contains("the history is whole"), "{told}");
    assert!(home.start_with(&[]).log().contains("clean: the store has everything"));
}

/// Must not start: exit code 1, a message with these fragments, and the journal as it was.
fn does_not_start(home: &Home, arguments: &[&str], fragments: &[&str]) {
    let before = contents(&home.data());
    let (code, log) = home.refused(arguments);
    assert_eq!(code, 1, "{log}");
    for fragment in fragments {
        assert!(log.contains(fragment), "{log} lacks {fragment:?}");
    }
    assert_eq!(log.lines().filter(|l| l.starts_with("workorderd: ")).count(), 1, "one sentence says it all: {log}");
    for (name, bytes) in contents(&home.data()) {
        // The head mark may be written anew, in both its slots.
        assert!(!arguments.is_empty() && name.ends_with("head") || before.get(&name) == Some(&bytes), "{} was changed", name.display());
    }
}

/// The files that must not change: journal, installation, secret.
fn contents(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let journal = fs::read_dir(data.join("journal")).unwrap().map(|e| e.unwrap().path());
    journal.chain([data.join("installation"), data.join("secret")]).map(|p| (p.clone(), fs::read(&p).unwrap())).collect()
}

/// The only segment, and where what was written in it ends.
fn segment(data: &Path) -> (PathBuf, u64) {
    let mut names: Vec<_> = fs::read_dir(data.join("journal")).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|p| !p.ends_with("head"));
    names.sort();
    // The next one is prepared ahead and has a header alone.
    let path = names.into_iter().next().unwrap();
    let bytes = fs::read(&path).unwrap();
    let end = bytes.iter().rposition(|b| *b != 0).unwrap() + 1;
    (path, end as u64)
}

fn overwrite(path: &Path, at: u64, bytes: &[u8]) {
    fs::OpenOptions::new().write(true).open(path).unwrap().write_all_at(bytes, at).unwrap();
}

fn flip(path: &Path, at: u64) {
    let mut byte = [0];
    fs::File::open(path).unwrap().read_exact_at(&mut byte, at).unwrap();
    overwrite(path, at, &[byte[0] ^ 0x10]);
}

/// The store of an earlier moment, while the journal went on.
fn put_earlier_store(home: &Home) {
    fs::remove_dir_all(home.data().join("store")).unwrap();
    copy(&made().path("earlier").join("store"), &home.data().join("store"));
}

#[test]
fn a_published_head_is_found_in_the_history_and_another_is_not() {
    let home = home();
    let daemon = home.start_with(&[]);
    let head = daemon.admin().head();
    daemon.stop();
    home.verify(Some(&head)).unwrap();
    let (sequence, hash) = head.split_once(':').unwrap();
    let other = format!("{sequence}:{}", hash.chars().rev().collect::<String>());
    let later = format!("{}:{hash}", sequence.parse::<u64>().unwrap() + 1);
    for wrong in [other, later] {
        let told = home.verify(Some(&wrong)).unwrap_err();
        assert!(told.contains(&format!("the published head {wrong} is not in this history")), "{told}");
    }
}

#[test]
fn a_clean_stop_starts_clean() {
    starts_saying(&home(), "clean: the store has everything");
}

#[test]
fn a_killed_daemon_catches_up_from_the_journal() {
    let home = home();
    put_earlier_store(&home);
    starts_saying(&home, "the store was behind: ");
}

#[test]
fn a_kill_in_the_midst_of_work_loses_nothing_that_was_seen() {
    let home = home();
    let daemon = home.start_with(&[]);
    let number = daemon.user("dora").create(json!({}));
    work(&daemon, &number);
    let seen = see(&daemon);
    daemon.kill();
    assert_same(&see(&home.start_with(&[])), &seen);
}

#[test]
fn bytes_of_an_interrupted_write_are_cut_off() {
    let home = home();
    let (segment, end) = segment(&home.data());
    // Records begin at multiples of eight.
    overwrite(&segment, end.next_multiple_of(8), &[0x5a; 700]);
    let told = home.verify(None).unwrap();
    assert!(told.contains("an interrupted write") && told.contains("the next start cuts it off"), "{told}");
    starts_saying(&home, "the last write had been interrupted: ");
}

#[test]
fn a_last_group_that_is_not_whole_is_cut_off_unless_somebody_says_it_was_durable() {
    let home = home();
    put_earlier_store(&home);
    let daemon = home.start_with(&[]);
    daemon.user("dora").create(json!({ "subject": "never acknowledged" }));
    until("the store behind", || (daemon.admin().status()["storeBehind"] == 0).then_some(()));
    daemon.kill();
    put_earlier_store(&home);
    let (segment, end) = segment(&home.data());
    overwrite(&segment, end - 3, &[0; 3]);
    does_not_start(&home, &[], &["damaged journal", "head mark", "nothing was changed"]);
    fs::remove_file(home.data().join("journal/head")).unwrap();
    let daemon = home.start_with(&[]);
    assert!(daemon.log().contains("the last write had been interrupted: "), "{}", daemon.log());
    assert!(daemon.log().contains("nothing acknowledged was in them"), "{}", daemon.log());
}

#[test]
fn a_flipped_byte_in_the_midst_is_damage_and_named_with_segment_and_offset() {
    let home = home();
    let (segment, end) = segment(&home.data());
    flip(&segment, end / 2);
    let name = segment.file_name().unwrap().to_str().unwrap().to_owned();
    let told = home.verify(None).unwrap_err();
    assert!(told.contains(&format!("damaged journal: {name} at offset ")), "{told}");
    // Behind the checkpoint, or with no store at all: the start reads it, and refuses.
    fs::remove_dir_all(home.data().join("store")).unwrap();
    does_not_start(
        &home,
        &[],
        &["the journal cannot be used: ", "damaged journal: ", &format!("{name} at offset "), "nothing was changed", "restore a back-up"],
    );
    flip(&segment, end / 2);
    starts_saying(&home, "the store held nothing yet: rebuilt from ");
}

#[test]
fn a_store_that_is_gone_is_rebuilt() {
    let home = home();
    fs::remove_dir_all(home.data().join("store")).unwrap();
    starts_saying(&home, "the store held nothing yet: rebuilt from ");
}

#[test]
fn a_store_with_a_flipped_byte_is_found_out_or_does_no_harm() {
    let mut rebuilt = 0;
    for part in 1..=10 {
        let home = home();
        let db = home.data().join("store/db");
        let bytes = fs::read(&db).unwrap();
        let used = bytes.iter().rposition(|b| *b != 0).unwrap() as u64;
        flip(&db, used * part / 11);
        let daemon = home.start_with(&[]);
        rebuilt += usize::from(daemon.log().contains("moved aside to "));
        assert_same(&see(&daemon), &made().seen);
        daemon.stop();
    }
    println!("10 flipped bytes, {rebuilt} stores were rebuilt");
    assert!(rebuilt > 0);
}

#[test]
fn a_store_that_lost_a_row_is_found_out_by_its_sums() {
    let home = home();
    // Through the library, so that its own checksums hold: it is known to lose records without a word.
    let db = sled::Config::new().path(home.data().join("store")).segment_size(4 << 20).open().unwrap();
    let (key, _) = db.iter().flatten().nth(2).unwrap();
    db.remove(&key).unwrap();
    db.flush().unwrap();
    drop(db);
    starts_saying(&home, "the store does not match its own sums");
}

#[test]
fn a_store_of_other_content_is_moved_aside() {
    // Its sums hold, but it is another company's.
    let other = Home::new();
    other.start().stop();
    let home = home();
    fs::remove_dir_all(home.data().join("store")).unwrap();
    copy(&other.data().join("store"), &home.data().join("store"));
    starts_saying(&home, "the store belongs to another installation; moved aside to ");
    assert!(home.data().join("store.broken-1").exists());
    // Rubbish where the database was.
    let home = self::home();
    let store = home.data().join("store");
    fs::write(store.join("db"), vec![0x77; 100_000]).unwrap();
    fs::write(store.join("conf"), b"nonsense").unwrap();
    starts_saying(&home, "moved aside to ");
}

#[test]
fn a_store_that_was_being_made_when_the_daemon_was_killed_is_moved_aside() {
    let home = home();
    let store = home.data().join("store");
    fs::remove_dir_all(&store).unwrap();
    fs::create_dir(&store).unwrap();
    fs::write(store.join("conf"), [0x77; 64]).unwrap();
    starts_saying(&home, "moved aside to ");
}

#[test]
fn the_leftover_of_an_interrupted_snapshot_is_no_obstacle() {
    let home = home();
    let leftover = home.data().join("store/snap.0000000000001234.generating");
    fs::write(&leftover, b"half").unwrap();
    starts_saying(&home, "clean: the store has everything");
    assert!(!leftover.exists());
}

#[test]
fn a_journal_that_is_shorter_than_the_store_is_refused() {
    let home = home();
    fs::remove_dir_all(home.data().join("journal")).unwrap();
    copy(&made().path("earlier").join("journal"), &home.data().join("journal"));
    does_not_start(&home, &[], &["the journal cannot be used: ", "restore a back-up"]);
    // Also with a head mark of its own, and with none.
    fs::remove_file(home.data().join("journal/head")).unwrap();
    does_not_start(&home, &[], &["the journal cannot be used: ", "(head mark or checkpoint)"]);
}

#[test]
fn a_journal_that_is_gone_is_not_begun_anew_beside_a_store() {
    let home = home();
    for entry in fs::read_dir(home.data().join("journal")).unwrap() {
        fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let (code, log) = home.refused(&[]);
    assert_eq!(code, 1, "{log}");
    assert!(log.contains("the segment is missing"), "{log}");
    assert_eq!(fs::read_dir(home.data().join("journal")).unwrap().count(), 0);
}

#[test]
fn a_second_daemon_is_refused_and_told_the_pid_of_the_first() {
    let home = home();
    let mut daemon = home.start_with(&[]);
    let socket = home.path("other");
    let (code, log) = home.refused(&["--set", &format!("control.socket={}", socket.display())]);
    assert_eq!(code, 1);
    assert!(log.contains(&format!("is in use by another workorderd, pid {}", daemon.pid())), "{log}");
    assert!(daemon.running());
    // On another folder with the same socket: that one stays with whoever answers there.
    let other = Home::new();
    let mut command = program();
    command.args(["run", "--config", "/dev/null", "--data"]).arg(other.data()).arg("--socket").arg(home.socket());
    let mut second = other.spawn(command);
    assert_eq!(second.wait_for_end(), 1);
    assert!(second.log().contains("another process is listening there"), "{}", second.log());
    assert_same(&see(&daemon), &made().seen);
}

#[test]
fn the_clock_of_a_folder_is_for_ever() {
    let home = Home::new();
    home.start_with(&[]).stop();
    does_not_start(&home, &["--clock", "manual"], &["this data folder was created with system", "start with --clock system"]);
    // A manual one goes on where it was, whatever the start says.
    let home = Home::new();
    let daemon = home.start();
    daemon.admin().ahead(HOUR);
    daemon.kill();
    for arguments in [vec![], vec!["--clock", "manual", "--clock-start", "5"]] {
        let daemon = home.start_with(&arguments);
        let status = daemon.admin().status();
        assert_eq!((status["clock"].as_str(), status["now"].as_i64()), (Some("manual"), Some(BEGIN + HOUR)));
    }
}

#[test]
fn a_folder_put_together_from_two_installations_is_refused() {
    let other = Home::new();
    other.start().stop();
    let home = home();
    fs::copy(other.data().join("installation"), home.data().join("installation")).unwrap();
    does_not_start(&home, &[], &["belongs to installation ", "put the right folder in place"]);
    fs::write(home.data().join("installation"), "zz").unwrap();
    does_not_start(&home, &[], &["does not hold 32 hexadecimal digits"]);
    fs::remove_file(home.data().join("installation")).unwrap();
    let (code, log) = home.refused(&[]);
    assert!(code == 1 && log.contains("has a journal but no file `installation`"), "{log}");
}
