//! Back-ups of a running daemon, and what is restored from them: nothing acknowledged before is missing, and nothing half-made or
//! altered passes for a back-up.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::real_stage::{Daemon, Home, program, seed, until};

pub fn client(daemon: &Daemon) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
    command.env_clear().arg("--socket").arg(daemon.socket()).stdin(Stdio::null());
    command
}

pub fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// Backs up; what the command tells programs.
#[track_caller]
pub fn back_up(daemon: &Daemon, dest: &Path, more: &[&str]) -> Value {
    let output = client(daemon).args(["--json", "backup"]).arg(dest).args(more).output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn refused(daemon: &Daemon, dest: &Path) -> (i32, String) {
    let output = client(daemon).arg("backup").arg(dest).output().unwrap();
    assert!(!output.status.success(), "{}", told(&output));
    (output.status.code().unwrap(), told(&output))
}

pub fn restore(from: &Path, dir: &Path) -> Result<String, String> {
    let output = program().arg("restore").arg(from).arg(dir).output().unwrap();
    if output.status.success() { Ok(told(&output)) } else { Err(told(&output)) }
}

fn manifest(dest: &Path) -> Value {
    serde_json::from_slice(&fs::read(dest.join("manifest.json")).unwrap()).unwrap()
}

/// A Work Order with about 12 kB of text, so that segments of 4 MiB fill up.
fn long(n: usize) -> Value {
    json!({ "subject": format!("电梯 {n}"), "description": format!("{n} {}", "阀门漏了".repeat(990)) })
}

#[test]
fn a_back_up_while_clients_write_holds_every_step_up_to_its_head() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let dest = home.path("back-up");
    let stop = AtomicBool::new(false);
    let steps = Mutex::new(Vec::new());
    let backed_up = std::thread::scope(|scope| {
        for who in 0..6 {
            let (daemon, stop, steps) = (&daemon, &stop, &steps);
            scope.spawn(move || {
                let mut dora = daemon.user("dora");
                for n in (who..).step_by(6).take_while(|_| !stop.load(Ordering::Relaxed)) {
                    let number = dora.create(long(n));
                    let sequence = dora.act(&number, "AddServiceRecord", json!({ "text": "看过了" }))["sequence"].as_i64().unwrap();
                    steps.lock().unwrap().push((sequence, number));
                }
            });
        }
        until("some hundred steps", || (steps.lock().unwrap().len() > 400).then_some(()));
        back_up(&daemon, &dest, &[]);
        let so_far = steps.lock().unwrap().len();
        until("some more steps", || (steps.lock().unwrap().len() > so_far + 100).then_some(()));
        let backed_up = back_up(&daemon, &dest, &[]);
        stop.store(true, Ordering::Relaxed);
        backed_up
    });
    let steps = steps.into_inner().unwrap();
    let manifest = manifest(&dest);
    assert!(manifest["files"].as_array().unwrap().len() >= 3, "too little was written for several segments: {manifest}");
    assert_eq!(manifest["head"], backed_up["head"]);
    let sequence = manifest["sequence"].as_i64().unwrap();
    let held: Vec<_> = steps.iter().filter(|(at, _)| *at <= sequence).collect();
    assert!(held.len() > 400 && held.len() < steps.len(), "{} of {} are to be in it", held.len(), steps.len());

    let other = Home::new();
    let said = restore(&dest, &other.data()).unwrap();
    let head = manifest["head"].as_str().unwrap();
    assert!(said.contains(&format!("sequence {sequence}, head {head}")), "{said}");
    other.verify(Some(head)).unwrap();
    home.verify(Some(head)).unwrap();
    let restored = other.start();
    let (mut before, mut after) = (daemon.user("dora"), restored.user("dora"));
    for (_, number) in held {
        assert_eq!(before.get(number), after.get(number));
        assert_eq!(before.history(number), after.history(number));
    }
    // It goes on from there.
    after.create(json!({}));
    other.verify(Some(head)).unwrap();
}

#[test]
fn only_what_is_new_is_fetched() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    (0..700).for_each(|n| drop(admin.create(long(n))));
    let dest = home.path("back-up");
    let first = back_up(&daemon, &dest, &[]);
    assert!(first["files"].as_i64().unwrap() >= 3, "{first}");
    assert_eq!(first["files"], first["fetchedFiles"]);
    let again = back_up(&daemon, &dest, &[]);
    assert_eq!((&again["fetchedFiles"], &again["fetchedBytes"]), (&json!(0), &json!(0)));
    let brought = json!({ "upload": "u", "offset": 0, "content": "YQ==", "last": true });
    admin.ok("WorkOrders1.BringAttachment", brought);
    admin.create(json!({}));
    let third = back_up(&daemon, &dest, &[]);
    assert_eq!(third["fetchedFiles"], 2, "the last segment and the attachment: {third}");
    assert!(third["fetchedBytes"].as_i64().unwrap() < 4 << 20);
    // A file that was spoiled there is mended.
    let segment = dest.join("journal/00000001.seg");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[5000] ^= 1;
    fs::write(&segment, bytes).unwrap();
    assert!(restore(&dest, &home.path("never")).unwrap_err().contains("00000001.seg is damaged"));
    assert_eq!(back_up(&daemon, &dest, &[])["fetchedFiles"], 1);
    restore(&dest, &home.path("whole")).unwrap();
}

#[test]
fn a_back_up_that_is_cut_off_leaves_the_one_before_and_is_mended_by_the_next() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let dest = home.path("back-up");
    back_up(&daemon, &dest, &[]);
    let mut cut = 0;
    for round in 0..12_u64 {
        (0..60).for_each(|n| drop(admin.create(long(n))));
        let mut running = client(&daemon).arg("backup").arg(&dest).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(2 + round * 2));
        running.kill().unwrap();
        cut += i32::from(!running.wait().unwrap().success());
        if dest.join("manifest.json").exists() {
            let target = home.path(&format!("cut-{round}"));
            restore(&dest, &target).unwrap();
            let whole = manifest(&dest)["head"].clone();
            let verified = program().arg("verify").arg(&target).args(["--head", whole.as_str().unwrap()]).output().unwrap();
            assert!(verified.status.success(), "{}", told(&verified));
        } else {
            assert!(restore(&dest, &home.path("never")).unwrap_err().contains("half-made"));
        }
        if round % 3 == 2 {
            back_up(&daemon, &dest, &[]);
            restore(&dest, &home.path(&format!("whole-{round}"))).unwrap();
        }
    }
    assert!(cut > 2, "only {cut} were cut off");
}

#[test]
fn what_was_altered_or_is_missing_is_not_restored_and_leaves_nothing() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    admin.ok("WorkOrders1.BringAttachment", json!({ "upload": "u", "offset": 0, "content": "YWJj", "last": true }));
    let dest = home.path("back-up");
    back_up(&daemon, &dest, &["--with-secret"]);
    let target = home.path("target");
    let fails = |why: &str| {
        let said = restore(&dest, &target).unwrap_err();
        assert!(said.contains(why), "{said}");
        assert!(!target.exists() && !home.path("target.partial").exists(), "something was left behind");
    };
    let names: Vec<String> = manifest(&dest)["files"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    for name in &names {
        let path = dest.join(name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 4;
        fs::write(&path, &bad).unwrap();
        fails(&format!("{} is damaged", path.display()));
        fs::write(&path, &good[..good.len() - 1]).unwrap();
        fails("is damaged");
        fs::remove_file(&path).unwrap();
        fails(&format!("{} is missing", path.display()));
        fs::write(&path, &good).unwrap();
    }
    let path = dest.join("manifest.json");
    let good = fs::read_to_string(&path).unwrap();
    let head = manifest(&dest)["head"].as_str().unwrap().to_owned();
    for (from, to, why) in [
        (head.as_str(), "7:00", "ends with head"),
        ("journal/00000001.seg", "../../00000001.seg", "no file of a back-up"),
        ("\"formatVersion\": 1", "\"formatVersion\": 2", "format version 2"),
        ("workorderd back-up", "something", "not the manifest"),
        ("\"files\"", "\"stuff\"", "damaged"),
        ("{", "", "not JSON"),
    ] {
        fs::write(&path, good.replacen(from, to, 1)).unwrap();
        fails(why);
    }
    fs::remove_file(&path).unwrap();
    fails("half-made");
    fs::write(&path, &good).unwrap();
    fs::create_dir(&target).unwrap();
    fs::write(target.join("mine"), "x").unwrap();
    assert!(restore(&dest, &target).unwrap_err().contains("is not empty"));
    assert_eq!(fs::read_dir(&target).unwrap().count(), 1);
    fs::remove_file(target.join("mine")).unwrap();
    // What an interrupted one left goes; what is somebody else's stays.
    let partial = home.path("target.partial");
    fs::create_dir_all(partial.join("journal")).unwrap();
    fs::write(partial.join("installation"), "half").unwrap();
    assert!(restore(&dest, &target).unwrap_err().contains("move it away"));
    fs::write(partial.join("unfinished"), "").unwrap();
    restore(&dest, &target).unwrap();
    assert!(!partial.exists());
    assert!(restore(&dest, &target).unwrap_err().contains("is not empty"));
    assert!(refused(&daemon, &target).1.contains("data folder"));
}

#[test]
fn a_folder_of_something_else_is_refused() {
    let (home, other) = (Home::new(), Home::new());
    let (daemon, stranger) = (home.start(), other.start());
    seed(&mut daemon.admin());
    let dest = home.path("back-up");
    back_up(&daemon, &dest, &[]);
    let ours = manifest(&dest)["installation"].as_str().unwrap().to_owned();
    let (code, said) = refused(&stranger, &dest);
    assert!(code == 1 && said.contains(&format!("a back-up of installation {ours}")), "{said}");
    let papers = home.path("papers");
    fs::create_dir(&papers).unwrap();
    fs::write(papers.join("letter"), "Dear").unwrap();
    assert!(refused(&daemon, &papers).1.contains("holds no back-up"));
    assert!(refused(&stranger, &home.data()).1.contains("data folder"));
    assert!(refused(&daemon, &home.data()).1.contains("data folder"));
    // One who may not administer.
    let output = client(&daemon).args(["--as", "dora", "backup"]).arg(home.path("never")).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", told(&output));
    assert!(!home.path("never").exists());
}

#[test]
fn a_history_that_went_another_way_does_not_replace_a_back_up() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let (early, late) = (home.path("early"), home.path("late"));
    back_up(&daemon, &early, &[]);
    admin.create(json!({}));
    back_up(&daemon, &late, &[]);
    let other = Home::new();
    restore(&early, &other.data()).unwrap();
    let restored = other.start();
    let (code, said) = refused(&restored, &late);
    assert!(code == 1 && said.contains("put back to an earlier state"), "{said}");
    let mut admin = restored.admin();
    (0..3).for_each(|_| drop(admin.create(json!({ "subject": "another way" }))));
    let (code, said) = refused(&restored, &late);
    assert!(code == 1 && said.contains("gone another way"), "{said}");
    restore(&late, &home.path("still")).unwrap();
    back_up(&restored, &early, &[]);
}

#[test]
fn links_open_on_what_is_restored_if_the_secret_was_asked_for() {
    let stage = crate::real_places::Stage::new();
    let number = stage.at("evaluate");
    let link = stage.link(&number);
    let home = Home::new();
    for (name, more, opens) in [("without", &[][..], false), ("with", &["--with-secret"][..], true), ("with", &[][..], true)] {
        let dest = home.path(name);
        let told = back_up(&stage.daemon, &dest, more);
        assert_eq!(told["withSecret"], opens);
        let other = Home::new();
        let said = restore(&dest, &other.data()).unwrap();
        assert_ne!(said.contains("links"), opens, "{said}");
        let restored = other.start();
        assert_eq!(restored.admin().call("Guest1.Show", json!({ "token": link })).is_ok(), opens);
    }
}

#[test]
fn damage_on_the_daemons_disk_is_not_backed_up() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let dest = home.path("back-up");
    let good = back_up(&daemon, &dest, &[]);
    admin.create(json!({}));
    let segment = home.data().join("journal/00000001.seg");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[3000] ^= 1;
    fs::write(&segment, &bytes).unwrap();
    let (code, said) = refused(&daemon, &dest);
    assert!(code == 1 && said.contains("journal/00000001.seg on the daemon's disk is damaged"), "{said}");
    assert_eq!(manifest(&dest)["head"], good["head"]);
    restore(&dest, &home.path("whole")).unwrap();
}

#[test]
fn a_full_disk_ends_the_back_up_and_harms_nobody() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    (0..40).for_each(|n| drop(admin.create(long(n))));
    let dest = home.path("back-up");
    let script = "trap '' XFSZ; ulimit -f 200; exec \"$0\" --socket \"$1\" backup \"$2\"";
    let mut limited = Command::new("sh");
    limited.args(["-c", script, env!("CARGO_BIN_EXE_workorderctl")]).arg(daemon.socket()).arg(&dest);
    let output = limited.output().unwrap();
    assert_eq!(output.status.code(), Some(74), "{}", told(&output));
    assert!(told(&output).contains("00000001.seg"), "{}", told(&output));
    assert!(restore(&dest, &home.path("never")).unwrap_err().contains("half-made"));
    let output = client(&daemon).args(["backup", "/proc/nothing/here"]).output().unwrap();
    assert_eq!(output.status.code(), Some(74), "{}", told(&output));
    admin.create(json!({}));
    back_up(&daemon, &dest, &[]);
    restore(&dest, &home.path("whole")).unwrap();
}
