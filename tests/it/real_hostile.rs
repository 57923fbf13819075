//! Clients that mean harm, at scale: frames changed at random, writers and readers that dawdle, crowds, and few files that may be open.
//! Meanwhile honest people work, and every one of their calls is timed. `WO_LONG=1` sends a million frames instead of 40,000 and then
//! holds the honest to 100 ms at the 99th percentile; otherwise other tests share the machine, and it is a second.

use std::collections::BTreeMap;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::real_archive::fill;
use crate::real_bad_input::{all_right, interfaces, seeded};
use crate::real_stage::{Daemon, Home, Pipe, frame, full, seed, until};
use crate::varlink_hostile::mutate;

/// Most that the daemon may grow by under any of this, in KiB. The bounds of the settings would allow for more: 256 connections
/// of a frame and a queue of replies, a MiB each.
const GROWTH: u64 = 256 << 10;
/// What a client may be told on a frame that is wrong, or right and refused; but for `Internal`, everything.
const DEFECT: &str = "org.workorderd.Internal";

fn long() -> bool {
    std::env::var_os("WO_LONG").is_some()
}

/// Resident memory of the daemon, in KiB.
fn resident(daemon: &Daemon) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Lets three people work while something happens; then tells how they fared, and holds it against the limits.
fn meanwhile(what: &str, daemon: &Daemon, happens: impl FnOnce()) {
    let before = resident(daemon);
    let over = AtomicBool::new(false);
    let times = Mutex::new(Vec::new());
    let most = AtomicUsize::new(0);
    // They have their places before anybody else comes.
    let honest: Vec<_> = (0..3).map(|_| daemon.user("dora")).collect();
    std::thread::scope(|scope| {
        for mut dora in honest {
            let (over, times, most) = (&over, &times, &most);
            scope.spawn(move || {
                let mut mine = Vec::new();
                while !over.load(Ordering::Relaxed) || mine.len() < 30 {
                    let mut timed = |call: &mut dyn FnMut() -> String| {
                        let began = Instant::now();
                        let told = call();
                        mine.push(began.elapsed());
                        told
                    };
                    let number = timed(&mut || dora.create(json!({})));
                    timed(&mut || dora.act(&number, "AddServiceRecord", json!({ "text": "阀门漏了" })).to_string());
                    timed(&mut || dora.get(&number).to_string());
                    most.fetch_max(resident(daemon) as usize, Ordering::Relaxed);
                    std::thread::sleep(Duration::from_millis(5));
                }
                times.lock().unwrap().extend(mine);
            });
        }
        // Also when it panics the honest must come to an end.
        let happened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(happens));
        over.store(true, Ordering::Relaxed);
        if let Err(panic) = happened {
            std::panic::resume_unwind(panic);
        }
    });
    let mut times = times.into_inner().unwrap();
    times.sort();
    let at = |share: f64| times[(times.len() as f64 * share) as usize];
    let grown = (most.load(Ordering::Relaxed) as u64).saturating_sub(before);
    println!(
        "{what}: {} honest calls, p50 {:.1?}, p99 {:.1?}, slowest {:.1?}; {} MiB more",
        times.len(),
        at(0.5),
        at(0.99),
        times[times.len() - 1],
        grown >> 10
    );
    let limit = Duration::from_millis(if long() { 100 } else { 1_000 });
    assert!(at(0.99) < limit, "{what}: p99 {:?}", at(0.99));
    assert!(grown < GROWTH, "{what}: {grown} KiB more");
}

/// A right call of each method.
fn right_calls(daemon: &Daemon) -> Vec<Vec<u8>> {
    let all = interfaces(&mut daemon.admin());
    let calls = all.iter().flat_map(|interface| {
        let call = |method: &workorderd::protocol::idl::Method| {
            let parameters = all_right(&method.input, interface);
            json!({ "method": format!("{}.{}", interface.name, method.name), "parameters": parameters }).to_string().into_bytes()
        };
        interface.methods.iter().map(call).collect::<Vec<_>>()
    });
    calls.collect()
}

#[test]
fn frames_changed_at_random_are_answered_or_closed_and_honest_people_go_on() {
    let (home, daemon) = seeded(&[]);
    let calls = right_calls(&daemon);
    let frames = if long() { 1_000_000 } else { 40_000 };
    let seed = std::env::var("WO_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("WO_SEED={seed} repeats it");
    let sent = AtomicUsize::new(0);
    let told = Mutex::new(BTreeMap::<String, usize>::new());
    meanwhile("frames changed at random", &daemon, || {
        std::thread::scope(|scope| {
            for thread in 0..2 {
                let (sent, told, daemon, calls) = (&sent, &told, &daemon, &calls);
                scope.spawn(move || {
                    let mut random = fastrand::Rng::with_seed(seed ^ thread);
                    let mut mine = BTreeMap::<String, usize>::new();
                    while sent.load(Ordering::Relaxed) < frames {
                        let batch = random.usize(1..16);
                        let mut bytes = Vec::new();
                        for _ in 0..batch {
                            let mut call = calls[random.usize(..calls.len())].clone();
                            if random.u8(..8) > 0 {
                                mutate(&mut random, &mut call);
                            }
                            bytes.extend(call);
                            bytes.push(0);
                        }
                        sent.fetch_add(batch, Ordering::Relaxed);
                        let mut pipe = daemon.pipe();
                        // It may hang up before it has taken all of it.
                        if pipe.send(&bytes).is_ok() {
                            let _ = pipe.socket.shutdown(std::net::Shutdown::Write);
                        }
                        while let Some(reply) = pipe.reply() {
                            let name = reply.error.unwrap_or_else(|| "a reply".into());
                            assert_ne!(name, DEFECT, "seed {seed}: one of {:?}", String::from_utf8_lossy(&bytes));
                            *mine.entry(name).or_default() += 1;
                        }
                    }
                    mine.into_iter().for_each(|(name, n)| *told.lock().unwrap().entry(name).or_default() += n);
                });
            }
        });
    });
    let (sent, told) = (sent.into_inner(), told.into_inner().unwrap());
    let answered: usize = told.values().sum();
    println!(
        "{sent} frames sent; {answered} answered, each with one reply or error; {} sent behind a frame that was no call, at which the \
         connection is closed, and so not looked at; the answers: {told:?}",
        sent - answered
    );
    assert!(told.len() > 10, "they are of many kinds");
    assert_eq!(daemon.admin().status()["panics"], 0);
    daemon.stop();
    home.verify(None).unwrap();
}

#[test]
fn those_who_dawdle_and_those_who_never_read_cost_the_others_nothing() {
    let (home, daemon) = seeded(&["--set", "control.frame_timeout=2s"]);
    let mut dora = daemon.user("dora");
    let number = dora.create(json!({}));
    let text = "阀门漏了 ".repeat(150);
    for _ in 0..100 {
        dora.act(&number, "AddServiceRecord", json!({ "text": text }));
    }
    drop(dora);
    let watch = json!({ "method": full("WorkOrders1.Watch"), "parameters": { "after": 0 }, "more": true }).to_string() + "\0";
    let history = frame("WorkOrders1.History", &json!({ "number": number, "limit": 1000 }));
    let time = Duration::from_secs(if long() { 30 } else { 4 });
    meanwhile("dawdlers and never-readers", &daemon, || {
        let mut deaf: Vec<UnixStream> = Vec::new();
        let mut slow: Vec<UnixStream> = Vec::new();
        let began = Instant::now();
        let mut bytes = frame("System1.Status", &json!({})).into_iter().cycle();
        while began.elapsed() < time {
            while deaf.len() < 60 {
                let mut stream = UnixStream::connect(daemon.socket()).unwrap();
                stream.set_nonblocking(true).unwrap();
                // Half of them ask for all that a connection may have in flight at once, half by and by.
                if deaf.len().is_multiple_of(2) {
                    let _ = std::io::Write::write(&mut stream, &history.repeat(40));
                }
                deaf.push(stream);
            }
            while slow.len() < 60 {
                slow.push(UnixStream::connect(daemon.socket()).unwrap());
            }
            // Who is cut off makes room for another.
            deaf.retain_mut(|stream| {
                let call = if fastrand::bool() { watch.as_bytes() } else { &history };
                !matches!(std::io::Write::write(stream, call), Err(error) if error.kind() != std::io::ErrorKind::WouldBlock)
            });
            let byte = [bytes.next().unwrap()];
            slow.retain_mut(|stream| std::io::Write::write(stream, &byte).is_ok());
            std::thread::sleep(Duration::from_millis(20));
        }
    });
    assert_eq!(daemon.admin().status()["panics"], 0);
    daemon.stop();
    home.verify(None).unwrap();
}

/// As many connections as may be had here; how many answered, and how many were turned away.
fn crowd(daemon: &Daemon, size: usize) -> (Vec<Pipe>, usize) {
    let (mut inside, mut turned_away) = (Vec::new(), 0);
    for _ in 0..size {
        let mut pipe = Pipe::connect(daemon.socket()).unwrap();
        let _ = pipe.send(&frame("System1.WhoAmI", &json!({})));
        match pipe.reply() {
            Some(reply) if reply.error.is_none() => inside.push(pipe),
            Some(reply) => {
                assert_eq!(reply.error.as_deref(), Some("org.workorderd.TooManyConnections"));
                turned_away += 1;
            }
            None => turned_away += 1,
        }
    }
    (inside, turned_away)
}

#[test]
fn a_crowd_of_thousands_leaves_the_honest_their_place() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    if limit.maximum.is_some_and(|most| most < 8_000) {
        println!("skipped: no more than {:?} files may be open here", limit.maximum);
        return;
    }
    let many = ["--set", "control.connections_per_uid=3000", "--set", "control.connections_total=4000"];
    let (home, daemon) = seeded(&many);
    let mut inside = Vec::new();
    meanwhile("a crowd of 3,500", &daemon, || {
        let (those, turned_away) = crowd(&daemon, 3_500);
        assert!(those.len() > 2_900 && turned_away >= 500, "{} inside, {turned_away} turned away", those.len());
        inside = those;
        // They all ask at once, again and again.
        for _ in 0..if long() { 20 } else { 2 } {
            inside.iter_mut().for_each(|pipe| pipe.call("WorkOrders1.List", &json!({ "limit": 10 })));
            inside.iter_mut().for_each(|pipe| assert_eq!(pipe.reply().unwrap().error, None));
        }
    });
    drop(inside);
    until("places", || (crowd(&daemon, 50).1 == 0).then_some(()));
    daemon.stop();
    home.verify(None).unwrap();
}

/// A daemon for which the shell has set a limit of open files.
fn with_files(home: &Home, limit: &str, of_user: usize) -> Daemon {
    let of_user = format!("control.connections_per_uid={of_user}");
    let run = home.command(&["--set", &of_user, "--set", "control.connections_total=4000"]);
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit {limit}; exec \"$@\""), "sh"]).arg(run.get_program()).args(run.get_args());
    let mut daemon = home.spawn(command);
    daemon.wait_until_ready();
    seed(&mut daemon.admin());
    daemon
}

#[test]
fn where_few_files_may_be_open_the_journal_has_its_own_and_the_crowd_waits() {
    let home = Home::new();
    let daemon = with_files(&home, "-n 200", 4000);
    assert!(daemon.log().contains("fewer connections are taken"), "{}", daemon.log());
    let mut inside = Vec::new();
    let mut dora = daemon.user("dora");
    meanwhile("few files", &daemon, || {
        let (those, turned_away) = crowd(&daemon, 300);
        assert!(those.len() > 40 && turned_away > 200, "{} inside, {turned_away} turned away", those.len());
        inside = those;
        // Segments are made, histories read and attachments taken all the same.
        let numbers = fill(&home, &mut dora, 3);
        assert!(!dora.history(&numbers[0]).is_empty());
        let piece = json!({ "upload": "u", "offset": 0, "content": "aGVs", "last": true });
        let _: Value = dora.ok("WorkOrders1.BringAttachment", piece);
    });
    assert!(!daemon.log().contains("Too many open files"), "{}", daemon.log());
    drop(inside);
    until("places", || (crowd(&daemon, 20).1 == 0).then_some(()));
    daemon.stop();
    home.verify(None).unwrap();
}

#[test]
fn where_few_files_may_be_open_one_user_has_half_of_the_connections_there_are() {
    let home = Home::new();
    let daemon = with_files(&home, "-n 200", 256);
    let (inside, turned_away) = crowd(&daemon, 100);
    assert_eq!((inside.len(), turned_away), (34, 66), "of 68");
    drop(inside);
    daemon.stop();
}

/// What the daemon has used of the processor, in hundredths of a second.
fn processor(daemon: &Daemon) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.pid())).unwrap();
    let fields: Vec<_> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
fn while_no_further_file_may_be_open_those_inside_work_and_nothing_spins() {
    let (home, daemon) = seeded(&[]);
    let mut dora = daemon.user("dora");
    let open = std::fs::read_dir(format!("/proc/{}/fd", daemon.pid())).unwrap().count() as u64;
    let pid = rustix::process::Pid::from_raw(daemon.pid().try_into().unwrap());
    let limit =
        |files| rustix::process::prlimit(pid, Resource::Nofile, Rlimit { current: files, maximum: getrlimit(Resource::Nofile).maximum });
    let before = limit(Some(open)).unwrap();
    // The system lets them in, the daemon cannot.
    let waiting: Vec<_> = (0..20).map(|_| UnixStream::connect(daemon.socket()).unwrap()).collect();
    let (began, used) = (Instant::now(), processor(&daemon));
    let mut most = Duration::ZERO;
    let mut steps = 0;
    while began.elapsed() < Duration::from_secs(2) {
        let called = Instant::now();
        dora.create(json!({}));
        most = most.max(called.elapsed());
        steps += 1;
        std::thread::sleep(Duration::from_millis(50));
    }
    let used = processor(&daemon) - used;
    println!("{steps} steps, the slowest {most:.1?}; {used} hundredths of a second of the processor");
    assert!(daemon.log().contains("accepting a connection failed"), "{}", daemon.log());
    assert!(steps > 3 && used < 100, "{steps} steps, {used} hundredths of a second of the processor");
    limit(before.current).unwrap();
    drop(waiting);
    until("places", || (crowd(&daemon, 20).1 == 0).then_some(()));
    daemon.stop();
    home.verify(None).unwrap();
}

#[test]
fn a_low_limit_of_open_files_that_may_be_raised_is_raised() {
    let home = Home::new();
    let daemon = with_files(&home, "-Sn 64", 4000);
    let (inside, turned_away) = crowd(&daemon, 400);
    assert_eq!((inside.len(), turned_away), (400, 0));
    daemon.stop();
}
