//! Attachments: what was answered for is on disk and the same, whatever happens; what is named is there; what is not named is not given.

use std::fs;

use serde_json::json;
use workorderd::domain::time::Timestamp;
use workorderd::runtime::attachments::{self, AttachmentError, Attachments, PIECE_MAX, SIZE_MAX};
use workorderd::runtime::naming::Moment;

use crate::cli_stage::{Ran, run_at};
use crate::real_stage::{Home, seed};

/// Of the staff.
const MOST: usize = attachments::BEGUN_MAX;
const NOW: Moment = Moment { at: Timestamp(1_780_000_000_000), position: 64 };

#[test]
fn pieces_follow_one_another_and_a_piece_may_come_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = Attachments::open(folder.path()).unwrap();
    assert_eq!(store.take("emil photo", 0, b"one ", NOW.at, MOST).unwrap(), 4);
    assert!(matches!(store.take("emil photo", 5, b"two", NOW.at, MOST), Err(AttachmentError::Gap { received: 4 })));
    assert_eq!(store.take("emil photo", 4, b"tw", NOW.at, MOST).unwrap(), 6);
    assert_eq!(store.take("emil photo", 4, b"two", NOW.at, MOST).unwrap(), 7);
    assert!(matches!(store.finish("mei photo", NOW), Err(AttachmentError::Empty)), "what one brings is nobody else's");
    let (hash, size) = store.finish("emil photo", NOW).unwrap();
    assert_eq!((hash.as_str(), size), (blake3::hash(b"one two").to_hex().as_str(), 7));
    assert_eq!((store.size(&hash), store.piece(&hash, 4).unwrap()), (Some(7), b"two".to_vec()));
    store.take("mei photo", 0, b"one two", NOW.at, MOST).unwrap();
    assert_eq!(store.finish("mei photo", NOW).unwrap().0, hash, "the same content has the same place");
    for odd in ["", "../../etc/passwd", &hash[..10], &hash.to_uppercase()] {
        assert_eq!(store.size(odd), None, "{odd}");
    }
}

#[test]
fn there_is_a_limit_and_what_was_begun_is_gone_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let store = Attachments::open(folder.path()).unwrap();
    assert!(matches!(store.take("a", SIZE_MAX, b"x", NOW.at, MOST), Err(AttachmentError::Gap { received: 0 })));
    for n in 0..attachments::BEGUN_MAX {
        store.take(&n.to_string(), 0, b"x", NOW.at, MOST).unwrap();
    }
    assert!(matches!(store.take("one more", 0, b"x", NOW.at, MOST), Err(AttachmentError::TooMany { most: MOST })));
    assert_eq!(store.take("0", 1, b"x", NOW.at, MOST).unwrap(), 2, "those that are begun go on");
    let store = Attachments::open(folder.path()).unwrap();
    assert!(matches!(store.finish("0", NOW), Err(AttachmentError::Empty)));
    assert_eq!(store.take("one more", 0, b"x", NOW.at, MOST).unwrap(), 1);
}

fn run(home: &Home, words: &[&str]) -> Ran {
    run_at(&home.socket(), words)
}

fn does(home: &Home, words: &[&str]) -> String {
    let ran = run(home, words);
    assert_eq!(ran.code, 0, "{words:?}: {}{}", ran.out, ran.err);
    ran.out
}

#[test]
fn photos_and_a_signature_go_in_with_a_command_outlive_a_kill_and_come_out_again() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let number = daemon.user("dora").create(json!({}));
    daemon.user("dora").act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    daemon.user("emil").act(&number, "AcceptAssignment", json!({}));
    // More than two pieces.
    let photo: Vec<u8> = (0..2 * PIECE_MAX + 77).map(|n| (n % 251) as u8).collect();
    let paths = ["门.jpg", "door.png", "sign.png"].map(|name| home.path(name));
    fs::write(&paths[0], &photo).unwrap();
    fs::write(&paths[1], b"png").unwrap();
    fs::write(&paths[2], b"signed").unwrap();
    let attach: Vec<String> =
        ["photos", "photos", "customer-signature"].iter().zip(&paths).map(|(n, p)| format!("{n}={}", p.display())).collect();
    let complete = ["--as", "emil", "complete", &number, "--attach", &attach[0], "--attach", &attach[1], "--attach", &attach[2]];
    does(&home, &complete);
    daemon.kill();
    let daemon = home.start();
    let shown = does(&home, &["show", &number]);
    assert!(shown.contains(&format!("门.jpg ({} bytes), door.png (3 bytes)", photo.len())), "{shown}");
    let back = home.path("back");
    does(&home, &["save-attachment", &number, "门.jpg", "--to", back.to_str().unwrap()]);
    assert!(fs::read(&back).unwrap() == photo, "it is the same");
    let ran = run(&home, &["save-attachment", &number, "门.jpg", "--to", back.to_str().unwrap()]);
    assert!(ran.code != 0 && ran.err.contains("File exists"), "what is there is not written over: {}", ran.err);
    let ran = run(&home, &["save-attachment", &number, "roof.jpg"]);
    assert!(ran.err.contains("has no attachment \"roof.jpg\" (there is: "), "{}", ran.err);
    // Somebody who knows the hash alone gets it from no other Work Order.
    let (other, hash) = (daemon.user("dora").create(json!({})), blake3::hash(b"png").to_hex().to_string());
    assert_eq!(
        daemon.user("dora").refused("WorkOrders1.ReadAttachment", json!({ "number": other, "hash": hash })).0,
        "org.workorderd.NotFound"
    );
    daemon.stop();
    assert!(home.verify(None).unwrap().contains("3 attachments"));
    let place = home.data().join("attachments").join(&hash[..2]).join(&hash);
    fs::write(&place, b"pgn").unwrap();
    let told = home.verify(None).unwrap_err();
    assert!(told.contains(&format!("attachment {hash}: its content is not what it was")), "{told}");
    fs::remove_file(&place).unwrap();
    assert!(home.verify(None).unwrap_err().contains("No such file"));
}

#[test]
fn what_the_form_does_not_take_is_refused_and_changes_nothing() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let number = daemon.user("dora").create(json!({}));
    daemon.user("dora").act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    daemon.user("emil").act(&number, "AcceptAssignment", json!({}));
    let text = home.path("notes.txt");
    fs::write(&text, "not an image").unwrap();
    let before = daemon.admin().get(&number)["revision"].clone();
    for (words, why) in [
        (["--attach", &format!("photos={}", text.display())], "is of the kind \"text/plain\"; image/* is taken"),
        (["--attach", &format!("cause={}", text.display())], "cause"),
        (["--attach", "photos=/nowhere/x.jpg"], "/nowhere/x.jpg cannot be read: No such file"),
        (["--attach", "photos"], "NAME=FILE"),
    ] {
        let ran = run(&home, &[&["--as", "emil", "save-fields", &number][..], &words[..]].concat());
        assert!(ran.code != 0 && ran.err.contains(why), "{words:?}: {}{}", ran.out, ran.err);
    }
    assert_eq!(daemon.admin().get(&number)["revision"], before);
}
