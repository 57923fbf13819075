//! Attachments that no step names go after a time; one that a step names, or is about to, never does.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use data_encoding::BASE64;
use rustix::process::Signal;
use serde_json::{Value, json};
use workorderd::domain::time::Timestamp;
use workorderd::runtime::attachments::{AttachmentError, Attachments, BEGUN_MAX};
use workorderd::runtime::naming::{Moment, Naming};

use crate::real_stage::{BEGIN, Caller, Daemon, HOUR, Home, seed, until};

const NOW: Moment = Moment { at: Timestamp(1_780_000_000_000), position: 64 };

fn kept(folder: &std::path::Path, content: &[u8]) -> (Arc<Attachments>, String) {
    let store = Attachments::open(folder).unwrap();
    store.take("emil", 0, content, NOW.at, BEGUN_MAX).unwrap();
    let hash = store.finish("emil", NOW).unwrap().0;
    (Arc::new(store), hash)
}

#[test]
fn what_a_call_is_about_to_name_does_not_go_and_what_goes_cannot_be_named_or_brought() {
    let folder = tempfile::tempdir().unwrap();
    let (store, hash) = kept(folder.path(), b"door");
    let mut naming = Naming::new(&store);
    assert_eq!(naming.name(&hash), Some(4));
    assert!(!store.let_go(&hash), "somebody is about to name it");
    naming.refused();
    assert!(store.let_go(&hash));
    assert_eq!(Naming::new(&store).name(&hash), None);
    store.take("mei", 0, b"door", NOW.at, BEGUN_MAX).unwrap();
    assert!(matches!(store.finish("mei", NOW), Err(AttachmentError::Going)));
    store.stay(&hash);
    // A step whose outcome nobody heard of may still come: it stays.
    let mut naming = Naming::new(&store);
    assert_eq!(naming.name(&hash), Some(4));
    naming.submitted();
    drop(naming);
    assert!(!store.let_go(&hash));
    assert_eq!(store.unnamed_before(Timestamp(i64::MAX)), [(hash, 64)]);
}

#[test]
fn what_waits_for_its_name_is_known_after_a_restart_too_and_what_has_one_is_not_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let (store, hash) = kept(folder.path(), b"door");
    store.take("emil", 0, b"window", NOW.at, BEGUN_MAX).unwrap();
    let window = store.finish("emil", Moment { at: Timestamp(NOW.at.0 + 10), position: 900 }).unwrap().0;
    let mut naming = Naming::new(&store);
    naming.name(&window);
    naming.submitted();
    naming.named();
    drop(store);
    let store = Attachments::open(folder.path()).unwrap();
    assert_eq!(store.unnamed_before(NOW.at), []);
    assert_eq!(store.unnamed_before(Timestamp(NOW.at.0 + 1)), [(hash.clone(), 64)]);
    // Brought once more it waits anew; where to read from is as before, for a step may have named it since.
    store.take("mei", 0, b"door", NOW.at, BEGUN_MAX).unwrap();
    store.finish("mei", Moment { at: Timestamp(NOW.at.0 + 50), position: 5_000 }).unwrap();
    assert_eq!(store.unnamed_before(Timestamp(NOW.at.0 + 50)), []);
    assert_eq!(store.unnamed_before(Timestamp(NOW.at.0 + 51)), [(hash, 64)]);
}

fn bring(caller: &mut Caller, content: &[u8]) -> String {
    let name = String::from_utf8_lossy(content).into_owned();
    let brought = json!({ "upload": name, "offset": 0, "content": BASE64.encode(content), "last": true });
    let whole = caller.ok("WorkOrders1.BringAttachment", brought);
    whole["hash"].as_str().unwrap().to_owned()
}

fn photo(hash: &str) -> Value {
    json!({ "photos": [{ "hash": hash, "mediaType": "image/png", "name": "门.png" }] })
}

fn place(home: &Home, hash: &str) -> PathBuf {
    home.data().join("attachments").join(&hash[..2]).join(hash)
}

fn mark(home: &Home, hash: &str) -> PathBuf {
    home.data().join("attachments/unnamed").join(hash)
}

/// A Work Order at a node with photos, for emil.
fn task(daemon: &Daemon) -> String {
    let number = daemon.user("dora").create(json!({}));
    daemon.user("dora").act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    daemon.user("emil").act(&number, "AcceptAssignment", json!({}));
    number
}

#[test]
fn what_no_step_names_goes_after_a_day_and_what_a_step_names_never() {
    let home = Home::new();
    let settings = home.path("w.toml");
    fs::write(&settings, "").unwrap();
    let begin = BEGIN.to_string();
    let arguments = ["--clock", "manual", "--clock-start", &begin, "--config", settings.to_str().unwrap()];
    let daemon = home.start_with(&arguments);
    seed(&mut daemon.admin());
    let (number, mut emil) = (task(&daemon), daemon.user("emil"));
    let [old, named] = [b"old", b"one"].map(|content| bring(&mut emil, content));
    emil.act(&number, "SaveFields", json!({ "fields": photo(&named) }));
    assert!(mark(&home, &old).exists() && !mark(&home, &named).exists());
    let begun = |emil: &mut Caller, offset: i64| {
        let piece = json!({ "upload": "slow", "offset": offset, "content": "QUJD", "last": false });
        emil.call("WorkOrders1.BringAttachment", piece)
    };
    begun(&mut emil, 0).unwrap();
    daemon.admin().ahead(23 * HOUR);
    let young = bring(&mut emil, b"young");
    // After a kill it is known as well.
    daemon.kill();
    let daemon = home.start_with(&arguments);
    let mut emil = daemon.user("emil");
    begun(&mut emil, 0).unwrap();
    assert!(place(&home, &old).exists());
    daemon.admin().ahead(2 * HOUR);
    until("the end of the old one", || (!place(&home, &old).exists() && !mark(&home, &old).exists()).then_some(()));
    assert!(place(&home, &young).exists() && place(&home, &named).exists());
    begun(&mut emil, 3).unwrap();
    let (name, more) = emil.refused("WorkOrders1.SaveFields", json!({ "number": number, "fields": photo(&old) }));
    assert!(name == "org.workorderd.InvalidFormField" && more.to_string().contains("bring it first"), "{name} {more}");
    assert_eq!(bring(&mut emil, b"old"), old, "it can be brought again");

    // A crash between a step and what it leaves behind: the history says that it is named.
    daemon.stop();
    fs::write(mark(&home, &named), format!("{} 64\n", BEGIN - HOUR)).unwrap();
    let cut_off = bring_by_hand(&home, b"cut off");
    let daemon = home.start_with(&arguments);
    until("the look into the history", || (!mark(&home, &named).exists()).then_some(()));
    assert!(place(&home, &named).exists());
    until("the end of what nobody knows", || (!place(&home, &cut_off).exists()).then_some(()));
    let read = daemon.user("emil").ok("WorkOrders1.ReadAttachment", json!({ "number": number, "hash": named }));
    assert_eq!(read["content"], BASE64.encode(b"one"));

    // Another time, said while it runs.
    assert!(place(&home, &young).exists());
    fs::write(&settings, "[data]\nkeep_unnamed = \"1h\"\n").unwrap();
    daemon.signal(Signal::HUP);
    until("the end of the young one", || (!place(&home, &young).exists()).then_some(()));
    assert!(place(&home, &old).exists(), "it was brought just now");
    let mut emil = daemon.user("emil");
    begun(&mut emil, 0).unwrap();
    daemon.admin().ahead(2 * HOUR);
    until("the end of what was begun", || {
        matches!(begun(&mut emil, 9), Err((_, more)) if more.to_string().contains("goes on at byte 0")).then_some(())
    });
    daemon.stop();
    assert!(home.verify(None).unwrap().contains("1 attachment"));
}

/// As a crash leaves it: with a mark that has no content yet.
fn bring_by_hand(home: &Home, content: &[u8]) -> String {
    let hash = blake3::hash(content).to_hex().to_string();
    fs::create_dir_all(place(home, &hash).parent().unwrap()).unwrap();
    fs::write(place(home, &hash), content).unwrap();
    fs::write(mark(home, &hash), "").unwrap();
    hash
}

#[test]
fn whoever_names_an_attachment_while_it_is_swept_has_it_or_is_told() {
    let home = Home::new();
    let daemon = home.start_with(&["--set", "data.keep_unnamed=1s"]);
    seed(&mut daemon.admin());
    let end = Instant::now() + Duration::from_secs(17);
    let (named, late) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for worker in 0..6 {
            let (daemon, named, late, home) = (&daemon, &named, &late, &home);
            scope.spawn(move || {
                let (number, mut emil) = (task(daemon), daemon.user("emil"));
                for n in 0.. {
                    if Instant::now() > end {
                        break;
                    }
                    let hash = bring(&mut emil, format!("{worker}-{n}").as_bytes());
                    // A little longer each time, until it may be swept in the same instant.
                    std::thread::sleep(Duration::from_millis(900 + n * 71 % 300));
                    let said = emil.call("WorkOrders1.SaveFields", json!({ "number": number, "fields": photo(&hash) }));
                    if said.is_ok() {
                        named.fetch_add(1, Ordering::Relaxed);
                        assert!(place(home, &hash).exists(), "{hash} is named and gone");
                    } else {
                        late.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    daemon.stop();
    assert!(named.load(Ordering::Relaxed) > 20, "{named:?} named, {late:?} came too late");
    let told = home.verify(None).unwrap();
    assert!(told.contains("attachments"), "{told}");
}
