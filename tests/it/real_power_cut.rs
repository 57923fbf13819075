//! Power cuts: the data folder lies on a file system in an image file, and the image is copied while the daemon is stopped in the midst
//! of its work. The copy has what had been forced to the disk, and no more; whatever was acknowledged must be in it.
//!
//! Needs root and loop devices. `WO_LONG=1` cuts 500 times instead of 50.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::json;

use crate::real_stage::{Daemon, Home, seed, steps_after, until};

const CLIENTS: usize = 6;
/// In one life of a daemon.
const CUTS: usize = 50;

/// A command in a namespace of its own, where the image is mounted as the data folder. Nothing is written back by time meanwhile.
fn mounted(image: &Path, home: &Home, command: &Command) -> Command {
    let mut wrapped = Command::new("unshare");
    let script = r#"mount -o loop,commit=300 "$1" "$2" && shift 2 && exec "$@""#;
    wrapped.args(["-m", "sh", "-c", script, "sh"]).arg(image).arg(home.data());
    wrapped.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        value.map(|value| wrapped.env(name, value));
    }
    wrapped
}

/// The image is smaller than the reserve that is usual.
fn start(image: &Path, home: &Home) -> Daemon {
    fs::create_dir_all(home.data()).unwrap();
    let mut daemon = home.spawn(mounted(image, home, &home.command(&["--set", "data.reserve_mib=0"])));
    daemon.wait_until_ready();
    daemon
}

/// Why it cannot be done here.
fn impossible(image: &Path, home: &Home) -> Option<String> {
    fs::File::create(image).unwrap().set_len(256 << 20).unwrap();
    let made = Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image).output();
    if !made.is_ok_and(|made| made.status.success()) {
        return Some("no mkfs.ext4".to_owned());
    }
    fs::create_dir_all(home.data()).unwrap();
    let tried = mounted(image, home, &Command::new("true")).output();
    let failed =
        tried.map_or_else(|e| Some(e.to_string()), |t| (!t.status.success()).then(|| String::from_utf8_lossy(&t.stderr).into_owned()));
    failed.map(|why| format!("mounting an image in a namespace needs root and loop devices: {}", why.trim()))
}

fn stopped(pid: u32) -> Option<()> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    stat.rsplit(')').next().unwrap().trim_start().starts_with('T').then_some(())
}

struct EndOfWork<'a>(&'a AtomicBool);

impl Drop for EndOfWork<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What came of the cuts of one life.
#[derive(Default)]
struct Came {
    steps: usize,
    beyond: usize,
    torn: usize,
}

#[test]
fn whatever_was_acknowledged_is_there_after_the_power_was_cut() {
    let lives = if std::env::var_os("WO_LONG").is_some() { 10 } else { 1 };
    let mut all = Came::default();
    for _ in 0..lives {
        let home = Home::new();
        let image = home.path("image");
        if let Some(why) = impossible(&image, &home) {
            println!("skipped: {why}");
            return;
        }
        let came = cut_power(&home, &image);
        (all.steps, all.beyond, all.torn) = (all.steps + came.steps, all.beyond + came.beyond, all.torn + came.torn);
    }
    let Came { steps, beyond, torn } = all;
    let cuts = lives * CUTS;
    println!(
        "{cuts} power cuts: {steps} steps acknowledged, none lost; {beyond} unanswered ones had reached the disk; {torn} torn tails were cut off"
    );
}

/// One life of a daemon on a new image, with many cuts.
fn cut_power(home: &Home, image: &Path) -> Came {
    let daemon = start(image, home);
    seed(&mut daemon.admin());
    let ledger = Mutex::new(Vec::new());
    let over = AtomicBool::new(false);
    let work = |client: usize| {
        let mut dora = daemon.user("dora");
        let number = dora.create(json!({}));
        for round in 0.. {
            if over.load(Ordering::Relaxed) {
                return;
            }
            let text = format!("记录 {client} {round} {}", "x".repeat(round % 700));
            let receipt = dora.act(&number, "AddServiceRecord", json!({ "text": text }));
            ledger.lock().unwrap().push((receipt["sequence"].as_i64().unwrap(), number.clone()));
            std::thread::sleep(Duration::from_micros(300));
        }
    };
    let (mut torn, mut checked, mut beyond) = (0, 0, 0);
    std::thread::scope(|scope| {
        // Also where a check fails.
        let end = EndOfWork(&over);
        let workers: Vec<_> = (0..CLIENTS).map(|client| scope.spawn(move || work(client))).collect();
        for cut in 1..=CUTS as u64 {
            std::thread::sleep(Duration::from_millis(10 + 37 * cut % 90));
            daemon.signal(Signal::STOP);
            until("the daemon stands still", || stopped(daemon.pid()));
            // What it has answered already is on its way to the clients.
            std::thread::sleep(Duration::from_millis(3));
            let acknowledged = ledger.lock().unwrap().clone();
            let after = Home::new();
            let copy = after.path("image");
            let copied = Command::new("cp").arg("--sparse=always").arg(image).arg(&copy).status().unwrap();
            daemon.signal(Signal::CONT);
            assert!(copied.success());
            let there = start(&copy, &after);
            torn += usize::from(there.log().contains("the last write had been interrupted"));
            // The last cut looks at everything, each at what came since the one before.
            let from = if cut == CUTS as u64 { 0 } else { checked };
            let found: std::collections::HashMap<i64, String> = steps_after(&there, from)
                .iter()
                .map(|step| (step["sequence"].as_i64().unwrap(), step["number"].as_str().unwrap_or_default().to_owned()))
                .collect();
            for (sequence, number) in acknowledged.iter().filter(|(sequence, _)| *sequence > from) {
                assert_eq!(found.get(sequence), Some(number), "cut {cut}: step {sequence} was acknowledged before the power was cut");
            }
            let last = acknowledged.iter().map(|(sequence, _)| *sequence).max().unwrap_or(0);
            beyond += found.keys().filter(|sequence| **sequence > last).count();
            checked = checked.max(last);
            there.stop();
            if cut % 10 == 0 {
                let verify = mounted(&copy, &after, &after.verification(&after.data())).output().unwrap();
                assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stderr));
            }
        }
        drop(end);
        workers.into_iter().for_each(|w| w.join().unwrap());
    });
    daemon.stop();
    let steps = ledger.into_inner().unwrap().len();
    assert!(steps > 20 * CUTS, "there was work to lose: {steps}");
    Came { steps, beyond, torn }
}
