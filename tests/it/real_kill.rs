//! `kill -9` at random moments, under load from many connections and during start-up; 20 rounds, or 300 with WO_LONG=1.
//! After each: what was acknowledged is there as it was told, nothing is half or double, the history is whole and holds the
//! head that was published. At the end: every timer has fired once, every mail has ended, groups agree with Work Orders.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use workorderd::demo::mail_catcher::{Behaviour, MailCatcher};

use crate::real_ledger::{Published, Worker, steps};
use crate::real_stage::{BEGIN, Caller, DAY, Daemon, Home, Pipe, frame, request_id, seed, until};

const WORKERS: u64 = 8;
/// Kills under load in the life of one folder; the long mode has fifteen such lives.
const ROUNDS: usize = 20;

/// One data folder through many lives.
struct Lives {
    home: Home,
    arguments: Vec<String>,
    catcher: MailCatcher,
    random: fastrand::Rng,
    kills: u32,
}

impl Lives {
    fn new(seed: u64) -> Lives {
        let catcher = MailCatcher::start(Behaviour::default()).unwrap();
        let port = format!("mail.port={}", catcher.addr().port());
        let sets = ["mail.enabled=true", "mail.host=127.0.0.1", "mail.security=none", &port, "mail.from=Service <service@example.com>"];
        let sets = sets.iter().chain(&["links.base_url=https://service.example/e/"]);
        let mut arguments: Vec<String> = ["--clock", "manual", "--clock-start", &BEGIN.to_string()].map(Into::into).into();
        arguments.extend(sets.flat_map(|set| ["--set".to_owned(), (*set).to_owned()]));
        Lives { home: Home::new(), arguments, catcher, random: fastrand::Rng::with_seed(seed), kills: 0 }
    }

    fn arguments(&self) -> Vec<&str> {
        self.arguments.iter().map(String::as_str).collect()
    }

    fn start(&self) -> Daemon {
        self.home.start_with(&self.arguments())
    }

    /// Some starts are killed before anybody is answered.
    fn start_at_last(&mut self) -> Daemon {
        for _ in 0..[0, 0, 1, 2][self.random.usize(..4)] {
            let daemon = self.home.spawn(self.home.command(&self.arguments()));
            std::thread::sleep(Duration::from_micros(self.random.u64(..40_000)));
            daemon.kill();
            self.kills += 1;
        }
        self.start()
    }

    /// Runs the load for a moment, and kills in its midst; gives the last head that was published.
    fn load_and_kill(&mut self, daemon: Daemon, workers: &mut [Worker]) -> Option<String> {
        let socket = self.home.socket();
        let stop = AtomicBool::new(false);
        let published = Published::default();
        let moment = Duration::from_millis(self.random.u64(5..180));
        std::thread::scope(|scope| {
            for worker in workers.iter_mut() {
                scope.spawn(|| worker.run(&socket, &stop));
            }
            scope.spawn(|| published.follow(&socket, &stop));
            scope.spawn(|| tick(&socket, &stop));
            std::thread::sleep(moment);
            daemon.kill();
            stop.store(true, Ordering::Relaxed);
        });
        self.kills += 1;
        published.last()
    }

    fn assert_whole(&self, head: Option<&str>) {
        let told = self.home.verify(head).unwrap_or_else(|told| panic!("verify: {told}"));
        assert!(told.contains("the history is whole"), "{told}");
    }
}

/// The clock goes on in small steps, so that timers fall due in the midst of everything.
fn tick(socket: &std::path::Path, stop: &AtomicBool) {
    let Ok(mut pipe) = Pipe::connect(socket) else { return };
    while !stop.load(Ordering::Relaxed) {
        let parameters = json!({ "requestId": request_id(), "aheadMs": 600_000 });
        if pipe.send(&frame("System1.SetClock", &parameters)).is_err() || pipe.reply().is_none() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn found_company(daemon: &Daemon, workers: &[Worker]) {
    let mut admin = daemon.admin();
    seed(&mut admin);
    for worker in workers {
        let name = &worker.name;
        let user = json!({ "id": name, "name": name, "roles": ["dispatcher", "engineer"] });
        admin.ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
        let group = json!({ "id": format!("g-{name}"), "name": name, "leader": name, "members": [name] });
        admin.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
    }
}

/// What a chapter met.
#[derive(Debug, Default)]
struct Figures {
    orders: usize,
    kills: u32,
    rounds_in_flight: usize,
    unacknowledged: usize,
    survived: usize,
}

#[test]
fn nothing_acknowledged_is_lost_halved_or_doubled_by_kills_under_load() {
    let long = std::env::var_os("WO_LONG").is_some_and(|v| v == "1");
    let seed = std::env::var("WO_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    let mut all = Figures::default();
    for chapter in 0..if long { 300 / ROUNDS as u64 } else { 1 } {
        let Figures { orders, kills, rounds_in_flight, unacknowledged, survived } = chapter_of_kills(seed.wrapping_add(chapter));
        all.orders += orders;
        all.kills += kills;
        all.rounds_in_flight += rounds_in_flight;
        all.unacknowledged += unacknowledged;
        all.survived += survived;
    }
    println!("in all: {all:?}");
}

/// A data folder's life: rounds of load and kill, and at the end everything that is due.
fn chapter_of_kills(seed: u64) -> Figures {
    println!("seed {seed} (WO_SEED={seed} makes the same choices)");
    let begin = Instant::now();
    let mut lives = Lives::new(seed);
    let mut workers: Vec<_> = (0..WORKERS).map(|n| Worker::new(&format!("w{n}"), seed ^ n)).collect();
    let mut daemon = lives.start_at_last();
    found_company(&daemon, &workers);
    let mut figures = Figures::default();
    for round in 0..ROUNDS {
        // What ended before this round was looked at then; at the end everything is looked at once more.
        let from: Vec<_> = workers.iter().map(|w| w.orders.len().saturating_sub(12)).collect();
        let head = lives.load_and_kill(daemon, &mut workers);
        lives.assert_whole(head.as_deref());
        daemon = lives.start_at_last();
        let mut caller = daemon.admin();
        let sequence = caller.status()["sequence"].as_i64().unwrap();
        for (worker, from) in workers.iter().zip(&from) {
            worker.hold_against(&mut caller, *from);
        }
        let (mut sent, mut survived) = (0, 0);
        for (worker, from) in workers.iter_mut().zip(&from) {
            let again = worker.send_again(&mut caller);
            sent += again.len();
            survived += again.iter().filter(|place| worker.sequence(**place) <= sequence).count();
            // A second time: the same receipts, and no step more.
            worker.repeat(&mut caller, &again);
            worker.hold_against(&mut caller, *from);
        }
        figures.unacknowledged += sent;
        figures.survived += survived;
        figures.rounds_in_flight += usize::from(sent > 0);
        println!("round {round}: {sent} unacknowledged calls, {survived} of them had survived; head {sequence}");
    }
    assert!(figures.rounds_in_flight * 2 > ROUNDS, "too few kills met calls in flight");
    daemon = fire_everything(&mut lives, daemon);
    settle(&mut daemon.admin());
    let mut caller = daemon.admin();
    for worker in &workers {
        worker.hold_against(&mut caller, 0);
    }
    figures.orders = hold_timers_and_mails(&mut caller, &workers, &lives);
    figures.kills = lives.kills;
    hold_groups(&mut caller, &workers);
    let head = caller.head();
    daemon.stop();
    lives.assert_whole(Some(&head));
    println!("{figures:?}, {:?}", begin.elapsed());
    figures
}

/// The clock jumps ahead of every auto-completion, and the daemon is killed while they fire.
fn fire_everything(lives: &mut Lives, mut daemon: Daemon) -> Daemon {
    // Mails that wait would be over by then.
    settle(&mut daemon.admin());
    daemon.admin().ahead(15 * DAY);
    for _ in 0..4 {
        std::thread::sleep(Duration::from_micros(lives.random.u64(..60_000)));
        daemon.kill();
        lives.kills += 1;
        lives.assert_whole(None);
        daemon = lives.start();
    }
    // What was put into confirm or evaluate by those firings has begun anew.
    settle(&mut daemon.admin());
    for _ in 0..2 {
        daemon.admin().ahead(15 * DAY);
        settle(&mut daemon.admin());
    }
    daemon
}

/// Waits until nothing is due, also no mail, and no message is under way.
fn settle(caller: &mut Caller) {
    let numbers = caller.numbers();
    let mut left: Vec<_> = numbers.iter().collect();
    until("that everything due is done", || {
        let now = caller.status()["now"].as_i64();
        left.retain(|number| caller.get(number)["timers"].as_array().unwrap().iter().any(|t| t["due"].as_i64() <= now));
        (left.is_empty() && caller.status()["messagesUnderWay"] == 0).then_some(())
    });
    assert_eq!(caller.status()["timersParked"], 0);
}

/// Every node that completes by itself did so once; every mail has ended, and what says "sent" has arrived.
fn hold_timers_and_mails(caller: &mut Caller, workers: &[Worker], lives: &Lives) -> usize {
    let mut arrived: HashMap<(String, String), u32> = HashMap::new();
    for mail in lives.catcher.mails() {
        *arrived.entry((mail.header("Message-ID").unwrap(), mail.subject)).or_default() += 1;
    }
    let (mut orders, mut sent, mut repeated) = (0, 0, 0);
    for order in workers.iter().flat_map(|w| &w.orders) {
        let Some(number) = &order.number else { continue };
        orders += 1;
        let steps = steps(&caller.history(number));
        let get = caller.get(number);
        let by_itself =
            steps.iter().flat_map(|s| &s.events).filter(|(name, details)| name == "NodeLeft" && details.contains("auto")).count();
        if order.evaluates() {
            assert_eq!((get["outcome"].as_str(), by_itself), (Some("completed"), 1), "{get}\n{steps:#?}");
        }
        // A node of the sample reminds twice at most.
        for (name, most) in [("Reminded", 2), ("BecameOverdue", 1)] {
            let entered = steps.iter().flat_map(|s| &s.events).filter(|e| e.0 == "NodeEntered").count();
            assert!(steps.iter().flat_map(|s| &s.events).filter(|e| e.0 == name).count() <= most * entered, "{name}: {steps:#?}");
        }
        for mail in get["mails"].as_array().unwrap() {
            let status = mail["status"].as_str().unwrap();
            assert!(["sent", "cancelled", "failed"].contains(&status), "{mail}");
            let impossible = |why: &str| ["e-mail address", "mobile number", "no contact"].iter().any(|words| why.contains(words));
            assert!(status != "failed" || impossible(mail["why"].as_str().unwrap()), "{mail}");
            let (no, tried) = (mail["no"].as_i64().unwrap(), format!("mail {} sent", mail["no"]));
            let records = steps.iter().flat_map(|s| &s.events).filter(|e| e.0 == "MailTried" && e.1 == tried).count();
            assert_eq!(records, usize::from(status == "sent"), "mail {no} of {number}");
        }
        sent += get["mails"].as_array().unwrap().iter().filter(|m| m["status"] == "sent").count();
        repeated += arrived.iter().filter(|((_, subject), n)| subject.contains(number.as_str()) && **n > 1).count();
        let different = arrived.keys().filter(|(_, subject)| subject.contains(number.as_str())).count();
        let recorded = get["mails"].as_array().unwrap().iter().filter(|m| m["status"] == "sent").count();
        // A mail that went out in the moment of a kill and was cancelled since is one more.
        assert!(different >= recorded, "{number}: {recorded} mails say sent, {different} arrived");
    }
    println!("{sent} mails sent, {repeated} of them arrived more than once ({} kills with at most 4 connections)", lives.kills);
    assert!(repeated <= lives.kills as usize * 4, "mails were repeated without a reason");
    orders
}

/// What a group counts is what the Work Orders say.
fn hold_groups(caller: &mut Caller, workers: &[Worker]) {
    let (mut counts, mut lists) = (Vec::new(), Vec::new());
    for worker in workers {
        let group = format!("g-{}", worker.name);
        let counted = caller.ok("Directory1.GetServiceGroup", json!({ "id": group }));
        let lines = caller.ok("WorkOrders1.List", json!({ "group": group, "open": true, "limit": 1000 }));
        // Work that is resolved is carried by nobody.
        let lines: Vec<_> = lines["lines"].as_array().unwrap().iter().filter(|l| l["status"] != "resolved").collect();
        let loads: u64 = counted["loads"].as_array().unwrap().iter().map(|l| l["open"].as_u64().unwrap()).sum();
        counts.push((counted["open"].as_u64().unwrap(), loads));
        lists.push((lines.len() as u64, lines.iter().filter(|l| !l["engineer"].is_null()).count() as u64));
    }
    assert_eq!(counts, lists, "open Work Orders of each group, and of them with an engineer: as counted, as listed");
}

#[test]
fn a_folder_whose_very_first_starts_were_killed_is_founded_all_the_same() {
    let clock = BEGIN.to_string();
    let arguments = ["--clock", "manual", "--clock-start", &clock];
    let founded = |home: &Home| {
        let daemon = home.start_with(&arguments);
        let status = daemon.admin().status();
        assert_eq!((status["clock"].as_str(), status["now"].as_i64()), (Some("manual"), Some(BEGIN)));
        daemon
    };
    for after in (0..10).map(|n| n * n * 1500) {
        let home = Home::new();
        let daemon = home.spawn(home.command(&arguments));
        std::thread::sleep(Duration::from_micros(after));
        daemon.kill();
        founded(&home);
    }
    // Killed when the journal was made and its first record was not in it.
    let home = Home::new();
    founded(&home).kill();
    let journal = home.data().join("journal");
    let segment = std::fs::OpenOptions::new().write(true).open(journal.join("00000001.seg")).unwrap();
    let size = segment.metadata().unwrap().len();
    let header = 64;
    std::os::unix::fs::FileExt::write_all_at(&segment, &vec![0; (size - header) as usize], header).unwrap();
    std::fs::remove_file(journal.join("head")).unwrap();
    std::fs::remove_dir_all(home.data().join("store")).unwrap();
    founded(&home);
}
