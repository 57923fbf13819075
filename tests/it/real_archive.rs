//! The journal's archive, with the real daemon: old segments move to another folder while people work, everything goes on to be read,
//! proven, backed up and exported, and a disk that is away keeps nobody from working.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::back_up::{back_up, restore};
use crate::cli_stage::run_at;
use crate::real_stage::{Caller, Daemon, Home, program, seed, steps_after, until};

const KEEP: [&str; 2] = ["--set", "data.journal_keep_mib=1"];

fn segments(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).map(|entries| entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>());
    let mut names = entries.unwrap_or_default();
    names.retain(|name| name.ends_with(".seg"));
    names.sort();
    names
}

/// Work Orders with notes of about 2 kB each until the journal is in so many segments of 4 MiB.
pub fn fill(home: &Home, dora: &mut Caller, until_segment: usize) -> Vec<String> {
    let text = "阀门漏了 ".repeat(150);
    let mut numbers = Vec::new();
    let newest = || segments(&home.data().join("journal")).last().map_or(0, |name| name[..8].parse::<usize>().unwrap());
    while newest() < until_segment {
        let number = dora.create(json!({}));
        for _ in 0..50 {
            dora.act(&number, "AddServiceRecord", json!({ "text": text }));
        }
        numbers.push(number);
    }
    numbers
}

fn archived(admin: &mut Caller) -> i64 {
    admin.status()["archivedThrough"].as_i64().unwrap_or(0)
}

fn notes(history: &[Value]) -> usize {
    history.iter().filter(|line| line.to_string().contains("阀门漏了")).count()
}

fn everything_is_read(daemon: &Daemon, numbers: &[String]) {
    let mut dora = daemon.user("dora");
    for number in numbers {
        assert_eq!(notes(&dora.history(number)), 50, "{number}");
    }
    let sequences: Vec<i64> = steps_after(daemon, 0).iter().map(|step| step["sequence"].as_i64().unwrap()).collect();
    let last = dora.status()["sequence"].as_i64().unwrap();
    assert_eq!(sequences, (1..=last).collect::<Vec<_>>());
}

#[test]
fn old_segments_move_while_people_work_and_everything_goes_on_to_be_read() {
    let home = Home::new();
    let daemon = home.start_with(&KEEP);
    seed(&mut daemon.admin());
    let journal = home.data().join("journal");
    let archive = home.data().join("journal-archive");
    let mut numbers = fill(&home, &mut daemon.user("dora"), 5);
    until("segments in the archive", || (segments(&archive).len() >= 2).then_some(()));
    numbers.extend(fill(&home, &mut daemon.user("dora"), 6));
    daemon.kill();
    let daemon = home.start_with(&KEEP);
    until("more of them", || (segments(&archive).len() >= 3).then_some(()));
    everything_is_read(&daemon, &numbers);
    let told = run_at(&home.socket(), &["status"]);
    assert!(told.out.contains("archive") && told.out.contains("has the journal up to sequence"), "{}", told.out);
    let dest = home.path("back-up");
    let head = back_up(&daemon, &dest, &[])["head"].as_str().unwrap().to_owned();
    restore(&dest, &home.path("restored")).unwrap();
    daemon.stop();
    assert_eq!(segments(&archive)[0], "00000001.seg");
    assert!(!segments(&journal).contains(&"00000001.seg".to_owned()));
    home.verify(Some(&head)).unwrap();
    assert!(program().arg("verify").arg(home.path("restored")).args(["--head", &head]).status().unwrap().success());
    let lines = home.path("all.jsonl");
    assert!(program().arg("export").arg(home.data()).arg(&lines).status().unwrap().success());
    assert!(program().arg("import").arg(&lines).arg(home.path("imported")).status().unwrap().success());
    assert!(program().arg("verify").arg(home.path("imported")).args(["--head", &head]).status().unwrap().success());
    // The store is built anew over both.
    fs::remove_dir_all(home.data().join("store")).unwrap();
    let daemon = home.start_with(&KEEP);
    everything_is_read(&daemon, &numbers);
    daemon.stop();
}

#[test]
fn a_disk_of_the_archive_that_is_away_or_full_is_told_and_nobody_waits_for_it() {
    let home = Home::new();
    let file = home.path("w.toml");
    let write = |mib: u64| fs::write(&file, format!("[data]\njournal_keep_mib = {mib}\n")).unwrap();
    write(0);
    let daemon = home.start_with(&["--config", file.to_str().unwrap()]);
    seed(&mut daemon.admin());
    let archive = home.data().join("journal-archive");
    let mut numbers = fill(&home, &mut daemon.user("dora"), 4);
    assert_eq!(segments(&archive), Vec::<String>::new(), "nothing moves as long as nobody said so");
    // Something is in the way.
    fs::write(&archive, "").unwrap();
    write(1);
    daemon.signal(Signal::HUP);
    let problem = |daemon: &Daemon| daemon.admin().status()["archiveProblem"].as_str().map(str::to_owned);
    let why = until("the problem", || problem(&daemon));
    assert!(why.contains("journal-archive"), "{why}");
    fs::remove_file(&archive).unwrap();
    until("the first segment", || (!segments(&archive).is_empty()).then_some(()));
    until("no problem", || problem(&daemon).is_none().then_some(()));
    until("its sequence", || (archived(&mut daemon.admin()) > 0).then_some(()));

    // The disk is taken away while the daemon runs, and is not there at the next start.
    let away = home.path("away");
    fs::rename(&archive, &away).unwrap();
    numbers.extend(fill(&home, &mut daemon.user("dora"), 6));
    let why = until("the problem", || problem(&daemon));
    assert!(why.contains("is its disk mounted?"), "{why}");
    daemon.stop();
    let daemon = home.start_with(&["--config", file.to_str().unwrap()]);
    assert!(daemon.log().contains("the journal's archive is not there"), "{}", daemon.log());
    let mut dora = daemon.user("dora");
    let old = numbers[0].clone();
    assert_eq!(dora.get(&old)["number"], old, "what is now is told");
    dora.act(&old, "AddServiceRecord", json!({ "text": "有人在" }));
    let told = dora.ok("WorkOrders1.History", json!({ "number": old, "limit": 1000 }));
    assert!(told["lines"][0].to_string().contains("有人在") && told["more"] == true, "{told}");
    assert!(told["away"].as_str().is_some_and(|why| why.contains("is the archive's disk mounted?")), "{told}");
    let shown = run_at(&home.socket(), &["show", &old]);
    assert!(shown.code == 0 && shown.out.contains("older steps cannot be shown") && shown.out.contains("有人在"), "{}", shown.out);
    let (name, _) = daemon.admin().refused("Definitions1.History", json!({}));
    assert_eq!(name, "org.workorderd.ArchiveAway");
    let mut pipe = daemon.pipe();
    pipe.send(b"{\"method\":\"org.workorderd.WorkOrders1.Watch\",\"parameters\":{\"after\":0},\"more\":true}\0").unwrap();
    assert_eq!(pipe.reply().unwrap().error.as_deref(), Some("org.workorderd.ArchiveAway"));
    daemon.stop();
    let told = home.verify(None).unwrap_err();
    assert!(told.contains("00000001.seg") && told.contains("neither in the journal nor in journal-archive"), "{told}");
    fs::rename(&away, &archive).unwrap();
    home.verify(None).unwrap();
    let daemon = home.start_with(&["--config", file.to_str().unwrap()]);
    assert_eq!(notes(&daemon.user("dora").history(&old)), 50);
    daemon.stop();
}

/// On a disk of its own, with room for one segment.
#[test]
fn a_full_disk_of_the_archive_stops_nobody() {
    let allowed = Command::new("unshare").args(["-rm", "true"]).status().is_ok_and(|s| s.success());
    if !allowed {
        println!("skipped: a mount namespace needs root here");
        return;
    }
    let home = Home::new();
    let run = home.command(&KEEP);
    fs::create_dir_all(home.data().join("journal-archive")).unwrap();
    let mut command = Command::new("unshare");
    let script = r#"mount -t tmpfs -o size=6m tmpfs "$DATA/journal-archive" || exit 1; exec "$@""#;
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(run.get_program()).args(run.get_args()).env("DATA", home.data());
    let mut daemon = home.spawn(command);
    daemon.wait_until_ready();
    seed(&mut daemon.admin());
    let numbers = fill(&home, &mut daemon.user("dora"), 6);
    let why = until("the problem", || daemon.admin().status()["archiveProblem"].as_str().map(str::to_owned));
    assert!(why.contains("No space left on device"), "{why}");
    assert!(archived(&mut daemon.admin()) > 0, "the first had room");
    everything_is_read(&daemon, &numbers);
    daemon.stop();
}
