//! The daemon's word with systemd, without systemd: a socket of the test's own hears what it says, and passes sockets to it.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use workorderd::client::connection::Client;

use crate::real_stage::{Daemon, Home, PATIENCE, Pipe, frame, seed, until};

/// Hears what a daemon says to systemd.
struct Ear(UnixDatagram);

impl Ear {
    /// An ear, and the variables of a daemon that is to speak to it.
    fn new(home: &Home) -> Ear {
        let ear = UnixDatagram::bind(home.path("notify")).unwrap();
        ear.set_read_timeout(Some(PATIENCE)).unwrap();
        Ear(ear)
    }

    fn command(home: &Home, more: &[&str]) -> Command {
        let mut command = home.command(more);
        command.env("NOTIFY_SOCKET", home.path("notify"));
        command
    }

    /// The next word, as lines.
    fn next(&self) -> Vec<String> {
        let mut bytes = [0; 4096];
        let read = self.0.recv(&mut bytes).expect("a word");
        String::from_utf8_lossy(&bytes[..read]).lines().map(ToOwned::to_owned).collect()
    }

    /// Words until one begins with this; gives it.
    fn until(&self, first: &str) -> Vec<String> {
        loop {
            let word = self.next();
            if word[0].starts_with(first) {
                return word;
            }
        }
    }
}

#[test]
fn it_is_ready_once_it_answers_and_says_so_before_it_stops() {
    let home = Home::new();
    let ear = Ear::new(&home);
    let mut daemon = home.spawn(Ear::command(&home, &[]));
    let word = ear.next();
    assert_eq!(word[0], "READY=1");
    let head = daemon.admin().head();
    // The founding of the folder may not be in the store yet.
    let line = word[1].strip_prefix("STATUS=").unwrap().replace("store 1 behind", "store level");
    assert_eq!(line, format!("0 open Work Orders; 0 steps/s; head {head}; timers on time; store level; mail off; clock trusted"));
    // The line follows, head and all.
    seed(&mut daemon.admin());
    let number = daemon.user("dora").create(json!({}));
    assert!(number.starts_with("WO-"));
    let head = daemon.admin().head();
    until("a line with the new head", || {
        let word = ear.next();
        (word.len() == 1 && word[0].starts_with("STATUS=1 open Work Orders; ") && word[0].contains(&format!("head {head};"))).then_some(())
    });
    daemon.signal(Signal::TERM);
    let word = ear.until("STOPPING=1");
    assert_eq!(word[1], "STATUS=stopping: calls in flight are answered");
    assert_eq!(daemon.wait_for_end(), 0);
}

#[test]
fn a_daemon_at_rest_says_nothing() {
    let home = Home::new();
    let ear = Ear::new(&home);
    let _daemon = home.spawn(Ear::command(&home, &[]));
    assert_eq!(ear.next()[0], "READY=1");
    // The founding of the folder may still reach the store; after that the line stays as it is.
    ear.0.set_read_timeout(Some(Duration::from_millis(5_500))).unwrap();
    let _ = ear.0.recv(&mut [0; 4096]);
    ear.0.set_read_timeout(Some(Duration::from_secs(6))).unwrap();
    let mut bytes = [0; 4096];
    let heard = ear.0.recv(&mut bytes).map(|n| String::from_utf8_lossy(&bytes[..n]).into_owned());
    assert!(heard.is_err(), "{heard:?}");
}

#[test]
fn a_reload_is_announced_with_its_time_and_ends_in_ready_good_or_bad() {
    let home = Home::new();
    let ear = Ear::new(&home);
    let file = home.path("w.toml");
    fs::write(&file, "").unwrap();
    let daemon = home.spawn(Ear::command(&home, &["--config", file.to_str().unwrap()]));
    ear.until("READY=1");
    for (text, refused) in [("[log]\nlevel = \"debug\"\n", false), ("[log]\nlevel = \"loud\"\n", true), ("", false)] {
        fs::write(&file, text).unwrap();
        daemon.signal(Signal::HUP);
        let word = ear.until("RELOADING=1");
        let time: i64 = word[1].strip_prefix("MONOTONIC_USEC=").unwrap().parse().unwrap();
        assert!(time > 0);
        let word = ear.next();
        assert_eq!(word[0], "READY=1");
        assert_eq!(word[1].ends_with("; last reload REFUSED, see the log"), refused, "{word:?}");
    }
}

#[test]
fn the_watchdog_is_fed_thrice_in_its_time_and_not_while_the_daemon_stands_still() {
    let home = Home::new();
    let ear = Ear::new(&home);
    let mut command = Ear::command(&home, &[]);
    command.env("WATCHDOG_USEC", "900000");
    let daemon = home.spawn(command);
    ear.until("READY=1");
    let begin = Instant::now();
    for _ in 0..6 {
        ear.until("WATCHDOG=1");
    }
    let took = begin.elapsed();
    assert!(took > Duration::from_millis(1_200), "not more often than needed: {took:?}");
    daemon.signal(Signal::STOP);
    ear.0.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    while ear.0.recv(&mut [0; 4096]).is_ok() {}
    ear.0.set_read_timeout(Some(Duration::from_millis(1_500))).unwrap();
    assert!(ear.0.recv(&mut [0; 4096]).is_err(), "a daemon that stands still feeds no watchdog");
    daemon.signal(Signal::CONT);
    ear.0.set_read_timeout(Some(PATIENCE)).unwrap();
    ear.until("WATCHDOG=1");
    daemon.stop();

    // A watchdog that is meant for another process is none.
    let mut command = Ear::command(&home, &[]);
    command.env("WATCHDOG_USEC", "300000").env("WATCHDOG_PID", "1");
    let _daemon = home.spawn(command);
    ear.until("READY=1");
    ear.0.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    assert!(ear.0.recv(&mut [0; 4096]).is_err());
}

#[test]
fn a_start_that_rebuilds_the_store_asks_for_more_time() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    daemon.stop();
    fs::write(home.data().join("store/db"), vec![0x77; 100_000]).unwrap();
    fs::write(home.data().join("store/conf"), b"nonsense").unwrap();
    let ear = Ear::new(&home);
    let _daemon = home.spawn(Ear::command(&home, &[]));
    let word = ear.next();
    assert_eq!(word, ["EXTEND_TIMEOUT_USEC=60000000", "STATUS=starting: the store is rebuilt from the journal"]);
    ear.until("READY=1");
}

/// Starts a daemon that is passed these sockets, as systemd passes them.
fn activated(home: &Home, sockets: [&UnixListener; 2], names: &str, count: u32) -> Daemon {
    let plain = home.command(&[]);
    let mut command = Command::new("/bin/sh");
    let pass = "exec 3<&0 4<&1 </dev/null >/dev/null; LISTEN_PID=$$ exec \"$@\"";
    command.env_clear().args(["-c", pass, "sh"]).arg(plain.get_program()).args(plain.get_args());
    command.env("LISTEN_FDS", count.to_string()).env("LISTEN_FDNAMES", names);
    let [control, guest] = sockets.map(|s| Stdio::from(OwnedFd::from(s.try_clone().unwrap())));
    command.stdin(control).stdout(guest);
    home.spawn_as_it_is(command)
}

#[test]
fn sockets_that_are_passed_are_served_by_their_names_and_outlive_the_daemon() {
    let home = Home::new();
    let control = UnixListener::bind(home.socket()).unwrap();
    let guest = UnixListener::bind(home.path("guest")).unwrap();
    for run in 0..2 {
        // Who calls before it runs is answered once it does.
        let mut early = Pipe::connect(&home.socket()).unwrap();
        early.call("System1.WhoAmI", &json!({}));
        let daemon = activated(&home, [&control, &guest], "control:guest", 2);
        assert_eq!(early.reply().unwrap().error, None, "run {run}");
        let mut gateway = Client::connect(home.path("guest")).unwrap().with_limit(PATIENCE);
        assert!(
            gateway
                .call::<_, serde_json::Value>("org.workorderd.Guest1.Show", &json!({ "token": "x" }))
                .unwrap_err()
                .to_string()
                .contains("UnknownInvitation")
        );
        daemon.stop();
        assert!(home.socket().exists() && home.path("guest").exists(), "they are not the daemon's to remove");
    }
    // Names decide, not the order.
    let daemon = activated(&home, [&guest, &control], "workorderd-guest.socket:workorderd.socket", 2);
    let mut pipe = Pipe::connect(&home.socket()).unwrap();
    pipe.call("System1.WhoAmI", &json!({}));
    assert_eq!(pipe.reply().unwrap().error, None);
    daemon.stop();
    // One that nobody knows is a mistake in a unit, told at once.
    let mut daemon = activated(&home, [&control, &guest], "control:gest", 2);
    assert_eq!(daemon.wait_for_end(), 1);
    assert!(daemon.log().contains("systemd passed a socket named \"gest\""), "{}", daemon.log());
}

#[test]
fn the_guest_socket_serves_customers_and_nothing_else() {
    let home = Home::new();
    let path = home.path("guest");
    let daemon = home.start_with(&["--set", &format!("control.guest_socket={}", path.display())]);
    // The daemon answers on its control socket before it has bound this one.
    let mut pipe = until("the guest socket", || Pipe::connect(&path).ok());
    let mut error = |method: &str, parameters| {
        pipe.call(method, &parameters);
        pipe.reply().unwrap().error.unwrap_or_default()
    };
    assert_eq!(error("Guest1.Show", json!({ "token": "x" })), "org.workorderd.UnknownInvitation");
    assert_eq!(error("org.varlink.service.GetInfo", json!({})), "");
    for method in ["WorkOrders1.List", "System1.Status", "System1.ActAs", "Directory1.ListStaffUsers", "Definitions1.List"] {
        assert_eq!(error(method, json!({})), "org.varlink.service.InterfaceNotFound", "{method}");
    }
    drop(daemon);
    let daemon = home.start_with(&[]);
    daemon.stop();
}

#[test]
fn a_stop_answers_the_calls_in_flight_and_takes_no_more() {
    let home = Home::new();
    let mut daemon = home.start();
    seed(&mut daemon.admin());
    let mut pipe = daemon.pipe();
    pipe.call("System1.ActAs", &json!({ "user": "dora" }));
    pipe.reply().unwrap();
    let calls: Vec<u8> = (0..30)
        .flat_map(|n| {
            frame(
                "WorkOrders1.Create",
                &json!({ "requestId": format!("c{n}"), "recordType": "repair", "subject": "lift", "contact": "wang" }),
            )
        })
        .collect();
    pipe.send(&calls).unwrap();
    // The first answer: what was sent with it has been taken.
    assert_eq!(pipe.reply().unwrap().error, None);
    daemon.signal(Signal::TERM);
    let mut answered = 1;
    while let Some(reply) = pipe.reply() {
        assert_eq!(reply.error, None);
        answered += 1;
    }
    assert_eq!(answered, 30, "every call that was taken is answered");
    assert_eq!(daemon.wait_for_end(), 0);
    let daemon = home.start();
    assert!(daemon.log().contains("clean: the store has everything"), "{}", daemon.log());
    assert_eq!(daemon.admin().numbers().len(), 30);
}

#[test]
fn a_stop_is_bounded_even_if_a_client_never_reads() {
    let home = Home::new();
    let mut daemon = home.start_with(&["--set", "control.drain_timeout=1s"]);
    let mut deaf = UnixStream::connect(home.socket()).unwrap();
    let status = frame("System1.Status", &json!({}));
    deaf.set_nonblocking(true).unwrap();
    while std::io::Write::write(&mut deaf, &status).is_ok() {}
    let begin = Instant::now();
    daemon.signal(Signal::TERM);
    assert_eq!(daemon.wait_for_end(), 0);
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
}
