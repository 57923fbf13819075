//! A reserve of the disk: before it is full, new steps are refused by name while everything can be read; the daemon does not end,
//! and goes on by itself when there is room. What was acknowledged is there, what was refused left nothing behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use workorderd::domain::aggregate::{Command as Step, Key};
use workorderd::domain::installation::InstallationCommand;
use workorderd::domain::time::Timestamp;
use workorderd::engine::cell::{Refusal, Submission};
use workorderd::runtime::start;

use crate::cli_stage::run_at;
use crate::in_process::options;
use crate::real_poison::{ORDERS, orders};
use crate::real_stage::{BEGIN, Caller, Daemon, HOUR, Home, PATIENCE, Pipe, frame, program, request_id, seed, steps_after, until};
use crate::world::people::administrator;

const REFUSED: &str = "org.workorderd.DiskNearlyFull";

/// More than any disk here has: whatever is free, it is too little.
const TOO_MUCH: u64 = 1 << 24;

fn is_scarce(caller: &mut Caller) -> bool {
    caller.status()["diskNearlyFull"] == true
}

/// Notes from one client to each Work Order until each is refused; gives what was acknowledged.
fn write_until_refused(daemon: &Daemon, numbers: &[String]) -> Vec<i64> {
    let padding = "阀门漏了 ".repeat(150);
    let write = |number: &String| {
        let mut pipe = Pipe::connect(daemon.socket()).unwrap();
        let mut sequences = Vec::new();
        loop {
            let parameters = json!({ "number": number, "text": padding, "requestId": request_id() });
            pipe.send(&frame("WorkOrders1.AddServiceRecord", &parameters)).unwrap();
            let reply = pipe.reply().unwrap_or_else(|| panic!("the daemon is gone: {}", daemon.log()));
            match reply.error.as_deref() {
                None => sequences.push(reply.parameters["receipt"]["sequence"].as_i64().unwrap()),
                Some(REFUSED) => return sequences,
                Some("org.workorderd.Busy") => {}
                // The most that a Work Order takes.
                Some("org.workorderd.TooMany") => return sequences,
                Some(other) => panic!("{other}: {:?}", reply.parameters),
            }
        }
    };
    std::thread::scope(|scope| {
        let writing: Vec<_> = numbers.iter().map(|number| scope.spawn(|| write(number))).collect();
        writing.into_iter().flat_map(|w| w.join().unwrap()).collect()
    })
}

/// A daemon on a small tmpfs of its own with a file of ballast, in MiB. What is on it is carried out at the end. None: not allowed here.
fn on_a_small_disk(home: &Home, size: u32, ballast: u32, reserve: u32) -> Option<Daemon> {
    let allowed = Command::new("unshare").args(["-rm", "true"]).stderr(Stdio::null()).status().is_ok_and(|s| s.success());
    if !allowed {
        println!("skipped: a mount namespace needs root here");
        return None;
    }
    let reserve = format!("data.reserve_mib={reserve}");
    let run = home.command(&["--clock", "manual", "--set", &reserve, "--set", "data.store_cache_mib=16"]);
    fs::create_dir_all(home.data()).unwrap();
    let script = r#"
        mount -t tmpfs -o size=${SIZE}m,nr_inodes=200 tmpfs "$DATA" && head -c ${BALLAST}m /dev/zero > "$DATA/ballast" || exit 1
        "$@"; code=$?
        cp -r "$DATA" "$OUT/carried"
        exit $code
    "#;
    let mut command = Command::new("unshare");
    command.args(["-rm", "sh", "-c", script, "sh"]).arg(run.get_program()).args(run.get_args());
    command.env("DATA", home.data()).env("OUT", home.path("")).env("SIZE", size.to_string()).env("BALLAST", ballast.to_string());
    let mut shell = home.spawn(command);
    shell.wait_until_ready();
    Some(shell)
}

/// Ends in order; the history is whole.
fn ends_well(mut shell: Daemon, home: &Home) {
    let pid = i32::try_from(shell.admin().status()["pid"].as_i64().unwrap()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    assert_eq!(shell.wait_for_end(), 0, "{}", shell.log());
    let output = program().arg("verify").arg(home.path("carried")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// As the daemon's namespace sees it.
fn inside(daemon: &Daemon, path: &Path) -> PathBuf {
    PathBuf::from(format!("/proc/{}/root{}", daemon.pid(), path.display()))
}

fn everything_can_be_read(daemon: &Daemon, number: &str) {
    let mut dora = daemon.user("dora");
    assert_eq!(dora.get(number)["number"], number);
    assert!(!dora.history(number).is_empty());
    assert!(dora.numbers().contains(&number.to_owned()));
    assert!(!steps_after(daemon, 0).is_empty());
}

#[test]
fn a_disk_that_fills_up_is_met_before_it_is_full() {
    let home = Home::new();
    let Some(shell) = on_a_small_disk(&home, 64, 24, 12) else { return };
    let mut admin = shell.admin();
    seed(&mut admin);
    let mut dora = shell.user("dora");
    let quiet = dora.create(json!({}));
    let numbers: Vec<String> = (0..6).map(|_| dora.create(json!({}))).collect();
    let mut acknowledged = Vec::new();
    let mut numbers_now = numbers.clone();
    while !is_scarce(&mut admin) {
        acknowledged.extend(write_until_refused(&shell, &numbers_now));
        if !is_scarce(&mut admin) {
            numbers_now = (0..6).filter_map(|_| dora.call("WorkOrders1.Create", create()).ok()).map(|r| number_of(&r)).collect();
        }
    }
    assert!(acknowledged.len() > 100, "only {} steps before the reserve was reached", acknowledged.len());
    // For as long as one likes: the daemon does not end, refuses, and tells what is read.
    let before = admin.status()["sequence"].clone();
    for _ in 0..30 {
        let (name, parameters) = dora.refused("WorkOrders1.Create", create());
        assert_eq!(name, REFUSED);
        let (free, reserve) = (parameters["free"].as_i64().unwrap(), parameters["reserve"].as_i64().unwrap());
        assert!(reserve == 12 << 20 && free > 0, "{parameters}");
        everything_can_be_read(&shell, &quiet);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(admin.status()["sequence"], before);
    let told = shell.log().matches("the disk is nearly full").count();
    assert!((1..4).contains(&told), "told {told} times:\n{}", shell.log());

    fs::remove_file(inside(&shell, &home.data().join("ballast"))).unwrap();
    until("room", || (!is_scarce(&mut admin)).then_some(()));
    acknowledged.push(dora.act(&numbers_now[0], "AddServiceRecord", json!({ "text": "there is room" }))["sequence"].as_i64().unwrap());
    assert!(shell.log().contains("there is room on the disk again"), "{}", shell.log());
    let found: Vec<i64> = steps_after(&shell, 0).iter().map(|step| step["sequence"].as_i64().unwrap()).collect();
    assert!(acknowledged.iter().all(|sequence| found.contains(sequence)), "an acknowledged step is gone");
    ends_well(shell, &home);
}

#[test]
fn a_segment_for_which_there_is_no_room_is_met_before_it_is_needed() {
    let home = Home::new();
    let Some(shell) = on_a_small_disk(&home, 100, 1, 1) else { return };
    let mut admin = shell.admin();
    seed(&mut admin);
    let mut dora = shell.user("dora");
    let numbers: Vec<String> = (0..6).map(|_| dora.create(json!({}))).collect();
    let padding = "阀门漏了 ".repeat(150);
    // Not quite half of the first segment, of 4 MiB.
    for n in 0..700 {
        dora.act(&numbers[n % 6], "AddServiceRecord", json!({ "text": padding }));
    }
    let status = until("the store behind", || Some(admin.status()).filter(|s| s["storeBehind"] == 0));
    assert_eq!(fs::read_dir(inside(&shell, &home.data().join("journal"))).unwrap().count(), 2, "one segment, and the head mark");
    // Room for the reserve and some steps, and not for another segment.
    let ballast = inside(&shell, &home.data().join("ballast"));
    let free = status["diskFree"].as_u64().unwrap();
    fs::write(&ballast, vec![1; (free - (9 << 19) + (1 << 20)) as usize]).unwrap();
    let acknowledged = write_until_refused(&shell, &numbers);
    let (name, parameters) = dora.refused("WorkOrders1.Create", create());
    assert_eq!(name, REFUSED);
    assert!(parameters["free"].as_u64().unwrap() > 1 << 20, "the reserve itself is not touched: {parameters}");
    assert!(!acknowledged.is_empty(), "the segment in use was gone on with");
    let numbers_read = dora.numbers();
    assert!(numbers_read.contains(&numbers[0]));
    fs::remove_file(&ballast).unwrap();
    until("room", || (!is_scarce(&mut admin)).then_some(()));
    for n in 0..1_500 {
        dora.act(&numbers[n % 6], "AddServiceRecord", json!({ "text": padding }));
    }
    assert!(home.path("data").exists() && fs::metadata(inside(&shell, &home.data().join("journal/00000002.seg"))).is_ok());
    let found: Vec<i64> = steps_after(&shell, 0).iter().map(|step| step["sequence"].as_i64().unwrap()).collect();
    assert!(acknowledged.iter().all(|sequence| found.contains(sequence)), "an acknowledged step is gone");
    ends_well(shell, &home);
}

fn create() -> Value {
    json!({ "recordType": "repair", "subject": "Lift", "contact": "wang" })
}

fn number_of(reply: &Value) -> String {
    reply["receipt"]["number"].as_str().unwrap().to_owned()
}

#[test]
fn while_room_is_scarce_whoever_changes_something_is_told_and_a_reload_ends_it() {
    let home = Home::new();
    let file = home.path("w.toml");
    let write = |mib: u64| fs::write(&file, format!("[data]\nreserve_mib = {mib}\n")).unwrap();
    write(1);
    let begin = BEGIN.to_string();
    let daemon = home.start_with(&["--config", file.to_str().unwrap(), "--clock", "manual", "--clock-start", &begin]);
    let mut admin = daemon.admin();
    seed(&mut admin);
    let mut dora = daemon.user("dora");
    let first = json!({ "recordType": "repair", "subject": "Lift", "contact": "wang", "requestId": "once" });
    let receipt = dora.ok("WorkOrders1.Create", first.clone());
    let number = number_of(&receipt);
    let piece = |upload: &str, offset: i64, last: bool| json!({ "upload": upload, "offset": offset, "content": "aGVs", "last": last });
    dora.ok("WorkOrders1.BringAttachment", piece("begun", 0, false));
    let reload = |mib: u64, scarce: bool| {
        write(mib);
        daemon.signal(Signal::HUP);
        until("the reload", || (is_scarce(&mut daemon.admin()) == scarce).then_some(()));
    };
    reload(TOO_MUCH, true);
    let before = admin.status()["sequence"].clone();
    for (method, parameters) in [
        ("WorkOrders1.Create", create()),
        ("WorkOrders1.AddServiceRecord", json!({ "number": number, "text": "x" })),
        ("Directory1.PutContact", json!({ "contact": { "id": "li", "name": "李雷" } })),
        ("System1.SetClock", json!({ "aheadMs": HOUR })),
        ("WorkOrders1.BringAttachment", piece("begun", 3, true)),
        ("WorkOrders1.BringAttachment", piece("new", 0, true)),
    ] {
        assert_eq!(if method.starts_with("System1") { &mut admin } else { &mut dora }.refused(method, parameters).0, REFUSED, "{method}");
    }
    assert_eq!(admin.status()["sequence"], before);
    assert_eq!(fs::read_dir(home.data().join("attachments/begun")).unwrap().count(), 0, "nothing partial stays behind");
    assert_eq!(dora.ok("WorkOrders1.Create", first), receipt, "what was accepted is acknowledged again");
    everything_can_be_read(&daemon, &number);
    let ran = run_at(&home.socket(), &["--as", "dora", "note", &number, "x"]);
    assert_eq!(ran.code, 75, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("nearly full") && ran.err.contains("make room"), "{}", ran.err);
    let ran = run_at(&home.socket(), &["status"]);
    assert!(ran.out.contains("NEARLY FULL"), "{}", ran.out);
    // A start with as little room reads, and refuses.
    daemon.stop();
    let daemon = home.start_with(&["--config", file.to_str().unwrap(), "--clock", "manual"]);
    everything_can_be_read(&daemon, &number);
    assert_eq!(daemon.user("dora").refused("WorkOrders1.Create", create()).0, REFUSED);
    write(0);
    daemon.signal(Signal::HUP);
    until("the reload", || (!is_scarce(&mut daemon.admin())).then_some(()));
    daemon.user("dora").ok("WorkOrders1.Create", create());
    daemon.stop();
    home.verify(None).unwrap();
}

/// Bytes there are, but no room for another file: what the disk tells of its room is no help.
#[test]
fn a_segment_that_cannot_be_made_is_tried_again_now_and_then_and_not_all_the_time() {
    let home = Home::new();
    let Some(shell) = on_a_small_disk(&home, 64, 1, 8) else { return };
    seed(&mut shell.admin());
    let mut dora = shell.user("dora");
    let mut spare: Vec<PathBuf> = Vec::new();
    loop {
        let file = inside(&shell, &home.data().join(format!("spare-{}", spare.len())));
        if fs::write(&file, "").is_err() {
            break;
        }
        spare.push(file);
    }
    let tries = || shell.log().matches("there is no room for the next segment").count();
    let numbers: Vec<String> = (0..6).map(|_| dora.create(json!({}))).collect();
    let number = numbers[0].clone();
    let acknowledged = write_until_refused(&shell, &numbers);
    assert!(acknowledged.len() > 100, "{}", acknowledged.len());
    let before = tries();
    assert!((1..=2).contains(&before), "tried {before} times until steps were refused");
    let began = std::time::Instant::now();
    while began.elapsed() < Duration::from_secs(3) {
        assert_eq!(dora.refused("WorkOrders1.AddServiceRecord", json!({ "number": number, "text": "有人在" })).0, REFUSED);
        everything_can_be_read(&shell, &number);
        std::thread::sleep(Duration::from_millis(20));
    }
    let tried = tries() - before;
    assert!((1..=5).contains(&tried), "tried {tried} times in 3 s");
    let told = shell.log().matches("the disk is nearly full").count();
    assert_eq!(told, 1, "told once, not each time:\n{}", shell.log());
    let files = || fs::read_dir(inside(&shell, &home.data().join("journal"))).unwrap().count();
    let without = files();
    spare.iter().for_each(|file| fs::remove_file(file).unwrap());
    until("the next segment", || (files() > without).then_some(()));
    until("room", || (!is_scarce(&mut shell.admin())).then_some(()));
    dora.act(&number, "AddServiceRecord", json!({ "text": "有地方了" }));
    ends_well(shell, &home);
}

#[test]
fn timers_that_fall_due_meanwhile_wait_and_fire_late() {
    let folder = tempfile::tempdir().unwrap();
    actix_rt::System::new().block_on(async {
        let running = start(options(folder.path().join("data"))).await.unwrap();
        let runtime = running.runtime.clone();
        orders(&runtime).await;
        let fired = || runtime.views().schedule().fired;
        let due = || runtime.views().schedule().next_due().is_some_and(|due| due <= runtime.now());
        while due() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        runtime.set_reserve(TOO_MUCH << 20);
        let before = fired();
        let ahead = Step::Installation(InstallationCommand::SetClock { to: Timestamp(BEGIN + 2 * HOUR) });
        let submission = Submission { command: ahead.clone(), principal: administrator(), request: None, expected_revision: None };
        let refused = runtime.submit(&Key::Installation, submission).await;
        assert!(matches!(refused, Err(Refusal::DiskNearlyFull { .. })), "{refused:?}");
        // The system's own goes through, so this is how the clock gets ahead here.
        runtime.submit_as_system(&Key::Installation, ahead).await.unwrap();
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_millis(10)).await;
            assert_eq!(fired(), before, "nothing fires while room is scarce");
        }
        assert!(due());
        runtime.set_reserve(0);
        let all = async {
            // They are taken from the schedule before they are through.
            while due() || fired() < before + ORDERS as u64 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, all).await.is_ok(), "all fire as soon as there is room");
        assert_eq!(runtime.views().schedule().parked().len(), 0);
        running.stop(Duration::from_secs(10)).await.unwrap();
    });
}
