//! The log of a real help desk through a real daemon: every difference between its outcome and ours has a named rule,
//! as many incidents as when this was written, and the history that came of it is sound.
//! The log is not part of the project; where it is not there, this says so and is skipped.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use workorderd::cli::replay::{Options, Report, run};
use workorderd::client::connection::Client;

/// A daemon on a folder of its own, ended when it is dropped.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The log; `REPLAY_LOG` says where it is, if it is elsewhere.
fn log() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/servicenow-incidents.csv");
    let path = std::env::var_os("REPLAY_LOG").map_or_else(beside, PathBuf::from);
    path.exists().then_some(path)
}

fn start(folder: &Path) -> (Daemon, Client) {
    let socket = folder.join("control.sock");
    let config = folder.join("none.toml");
    std::fs::write(&config, "").expect("written");
    let child = Command::new(env!("CARGO_BIN_EXE_workorderd"))
        .args(["run", "--clock", "manual", "--clock-start", "0", "--config"])
        .arg(&config)
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--socket")
        .arg(&socket)
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(folder.join("daemon.log")).expect("created"))
        .spawn()
        .expect("the daemon starts");
    let mut daemon = Daemon(child);
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        if let Ok(client) = Client::connect(&socket) {
            return (daemon, client);
        }
        if daemon.0.try_wait().expect("asked").is_some() || Instant::now() > until {
            let mut said = String::new();
            let _ = std::fs::File::open(folder.join("daemon.log")).and_then(|mut f| f.read_to_string(&mut said));
            panic!("the daemon does not answer: {said}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn verify(folder: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_workorderd")).arg("verify").arg(folder.join("data")).output().expect("verify runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

fn replayed(log: &Path) -> (Report, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut daemon, mut client) = start(folder.path());
    let report = run(&mut client, log, Options::default()).expect("replayed");
    // A second one is not let in: the clock is past the log.
    let again = run(&mut client, log, Options::default()).expect_err("refused").to_string();
    assert!(again.contains("the daemon's clock is at"), "{again}");
    drop(client);
    let pid = rustix::process::Pid::from_child(&daemon.0);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("told to stop");
    assert!(daemon.0.wait().expect("it stops").success());
    let verified = verify(folder.path());
    (report, verified)
}

#[test]
fn every_difference_from_a_real_log_has_a_named_rule() {
    let Some(log) = log() else {
        println!("skipped: no ../shared/data");
        return;
    };
    let (report, verified) = replayed(&log);
    println!("{}\n{verified}", report.text(false));
    assert!(report.is_explained(), "{}", report.text(false));
    assert_eq!((report.incidents, report.rows, report.moments), (890, 5998, 3498));
    let ends: Vec<_> = report.ends.iter().map(|(state, ends)| (*state, ends.log, ends.ours)).collect();
    assert_eq!(ends, [("Closed", 890, 890)]);
    let rules: Vec<_> = report.rules.iter().map(|rule| (rule.name, rule.incidents.len())).collect();
    assert_eq!(rules, RULES);
    assert_eq!(report.refused.iter().map(|(e, n)| (e.as_str(), *n)).collect::<Vec<_>>(), [("WrongNode", 6)]);
    let sent = |name| report.sent.get(name).copied().unwrap_or(0);
    assert_eq!((sent("Create"), sent("ConfirmSolved"), sent("ConfirmNotSolved")), (890, 890, 11));
}

/// Incidents that each rule is applied to.
const RULES: [(&str, usize); 13] = [
    ("priority-set-at-intake", 37),
    ("location-set-at-intake", 8),
    ("group-emptied", 33),
    ("counter-without-change", 3),
    ("reassigned-after-resolution", 6),
    ("resolved-by-nobody-named", 209),
    ("taken-from-who-works-on-it", 8),
    ("active-with-nobody-named", 82),
    ("reassigned-while-waiting", 69),
    ("resolved-again", 17),
    ("no-resolved-at", 29),
    ("time-goes-back", 1),
    ("closed-again", 4),
];
