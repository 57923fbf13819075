//! The board in a real terminal, against a real daemon: what the terminal shows, what keys do, and how the terminal is left.

use std::fs::File;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use rustix::process::{Pid, Signal, ioctl_tiocsctty, kill_process, setsid};
use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};
use serde_json::json;

use crate::real_stage::{Daemon, Home, seed, until};

/// A terminal of 100 columns and 24 rows with the board in it.
struct Terminal {
    child: Child,
    ours: File,
    theirs: File,
    before: String,
    screen: Arc<Mutex<vt100::Parser>>,
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 }
}

/// How the line discipline is set, to be compared.
fn modes(terminal: &File) -> String {
    let Termios { input_modes, output_modes, control_modes, local_modes, .. } = tcgetattr(terminal).unwrap();
    format!("{input_modes:?} {output_modes:?} {control_modes:?} {local_modes:?}")
}

impl Terminal {
    fn start(daemon: &Daemon, user: &str, more: &[(&str, &str)]) -> Terminal {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let theirs = File::from(ioctl_tiocgptpeer(&ours, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
        tcsetwinsize(&ours, size(100, 24)).unwrap();
        let before = modes(&theirs);
        let mut command = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
        command.env_clear().env("TERM", "xterm-256color").envs(more.iter().copied());
        command.arg("--socket").arg(daemon.socket()).args(["--as", user, "--time-zone", "UTC", "top"]);
        let stdio = || Stdio::from(theirs.try_clone().unwrap());
        command.stdin(stdio()).stdout(stdio()).stderr(stdio());
        // SAFETY: two system calls and nothing else between fork and exec.
        unsafe {
            command.pre_exec(|| {
                setsid()?;
                Ok(ioctl_tiocsctty(std::io::stdin().as_fd())?)
            });
        }
        let child = command.spawn().unwrap();
        let ours = File::from(ours);
        let parser = vt100::Parser::new(NonZeroU16::new(24).unwrap(), NonZeroU16::new(100).unwrap(), 0);
        let screen = Arc::new(Mutex::new(parser));
        let (mut reader, seen) = (ours.try_clone().unwrap(), screen.clone());
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read) = reader.read(&mut bytes) {
                seen.lock().unwrap().process(&bytes[..read]);
            }
        });
        Terminal { child, ours, theirs, before, screen }
    }

    fn rows(&self) -> Vec<String> {
        let screen = self.screen.lock().unwrap();
        let columns = screen.screen().size().1.get();
        screen.screen().rows(0, columns).map(|row| row.trim_end().to_owned()).collect()
    }

    /// Waits until a row has this text; gives its place.
    fn sees(&self, text: &str) -> u16 {
        self.sees_that(&format!("{text:?} on the screen"), |rows| rows.iter().position(|row| row.contains(text))).try_into().unwrap()
    }

    fn sees_that<T>(&self, what: &str, look: impl Fn(&[String]) -> Option<T>) -> T {
        let begin = std::time::Instant::now();
        until(what, || {
            let rows = self.rows();
            if begin.elapsed() > crate::real_stage::PATIENCE / 2 {
                panic!("{what} did not come about:\n{}", rows.join("\n"));
            }
            look(&rows)
        })
    }

    fn types(&mut self, keys: &str) {
        self.ours.write_all(keys.as_bytes()).unwrap();
    }

    /// The columns at which a text stands in a row.
    fn columns(&self, row: u16, text: &str) -> std::ops::Range<u16> {
        let screen = self.screen.lock().unwrap();
        let columns = screen.screen().size().1.get();
        let from = |x: u16| (x..columns).filter_map(|x| screen.screen().cell(row, x)).map(vt100::Cell::contents).collect::<String>();
        let begin = (0..columns).rev().find(|x| from(*x).starts_with(text) && !from(*x + 1).starts_with(text));
        let begin = begin.unwrap_or_else(|| panic!("no {text} in row {row}: {}", from(0)));
        begin..begin + u16::try_from(unicode_width::UnicodeWidthStr::width(text)).unwrap()
    }

    /// How it ended; the terminal must be as it was.
    fn ends(mut self) -> ExitStatus {
        let status = until("the end of the board", || self.child.try_wait().unwrap());
        assert_eq!(modes(&self.theirs), self.before, "echo and lines are back");
        until("the screen that was there before", || {
            let screen = self.screen.lock().unwrap();
            let screen = screen.screen();
            (!screen.alternate_screen() && !screen.hide_cursor() && !screen.bracketed_paste()).then_some(())
        });
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A daemon with two Work Orders: one waits in the group hydraulics for its leader lena, one for a dispatcher.
fn company(home: &Home) -> (Daemon, String, String) {
    let daemon = home.start();
    seed(&mut daemon.admin());
    let mut dora = daemon.user("dora");
    let in_group = dora.create(json!({ "subject": "海港酒店的三号电梯坏了" }));
    dora.act(&in_group, "AssignToGroup", json!({ "group": "hydraulics" }));
    // What was created at the same moment would stand in any order.
    daemon.admin().ahead(1_000);
    let fresh = dora.create(json!({ "subject": "阀门漏水 in the cellar", "priority": "normal" }));
    (daemon, in_group, fresh)
}

#[test]
fn the_leader_assigns_by_keys_and_the_board_outlives_the_daemon() {
    let home = Home::new();
    let (daemon, number, fresh) = company(&home);
    let mut board = Terminal::start(&daemon, "lena", &[]);

    // The Chinese title stands under its heading, and what follows it under its own.
    let row = board.sees("海港酒店的三号电梯坏了");
    let head = board.sees("NUMBER");
    let title = board.columns(row, "海港酒店的三号电梯坏了");
    assert_eq!((title.start, title.len()), (board.columns(head, "TITLE").start, 22));
    assert_eq!(board.columns(row, "urgent").start, board.columns(head, "PRIO").start);
    assert_eq!(board.columns(row, "assign").start, board.columns(head, "NODE").start);

    // What is due soonest stands first and is chosen: that is hers.
    board.types("\r");
    board.sees("you may");
    board.types("\x1b");
    board.sees("QUEUES");
    board.types("a");
    board.sees("goes to");
    board.types("mei\r");
    board.sees(&format!("{number} given to MEI"));
    assert_eq!(daemon.admin().get(&number)["engineer"], "mei");

    // A refusal is told, and stays until a key.
    board.types("g");
    let refusal = board.sees_that("a refusal", |rows| rows[22].contains("may").then(|| rows[22].clone()));
    assert!(daemon.admin().get(&fresh)["group"].is_null(), "{refusal}");
    board.types("j");
    board.sees_that("no refusal", |rows| (!rows.contains(&refusal)).then_some(()));

    daemon.kill();
    board.sees("workorderd: reconnecting");
    let daemon = home.start();
    board.sees_that("the daemon again", |rows| rows[0].starts_with("workorderd  head").then_some(()));
    // What she may not see does not come up; what is given to her group does.
    let mut dora = daemon.user("dora");
    let new = dora.create(json!({ "subject": "新的" }));
    dora.act(&new, "AssignToGroup", json!({ "group": "hydraulics" }));
    board.types("r");
    board.sees("新的");

    board.screen.lock().unwrap().screen_mut().set_size(NonZeroU16::new(10).unwrap(), NonZeroU16::new(50).unwrap());
    tcsetwinsize(&board.ours, size(50, 10)).unwrap();
    board.sees_that("the keys in the last row", |rows| rows[9].starts_with("? help").then_some(()));

    board.types("q");
    assert_eq!(board.ends().code(), Some(0));
}

#[test]
fn the_dispatcher_gives_to_a_group_without_colours() {
    let home = Home::new();
    let (daemon, _, fresh) = company(&home);
    let mut board = Terminal::start(&daemon, "dora", &[("NO_COLOR", "1")]);
    board.sees("阀门漏水");
    board.types("jg");
    board.sees("goes to");
    board.types("hydr\r");
    board.sees(&format!("{fresh} given to service group Hydraulics"));
    assert_eq!(daemon.admin().get(&fresh)["group"], "hydraulics");
    let parser = board.screen.lock().unwrap();
    let cells = (0..24).flat_map(|y| (0..100).map(move |x| (y, x))).filter_map(|(y, x)| parser.screen().cell(y, x));
    assert!(cells.clone().all(|cell| cell.fgcolor() == vt100::Color::Default && cell.bgcolor() == vt100::Color::Default));
    assert!(cells.clone().any(vt100::Cell::inverse), "what is chosen is seen all the same");
    drop(parser);
    board.types("\x03");
    assert_eq!(board.ends().code(), Some(0));
}

#[test]
fn a_signal_leaves_the_terminal_as_it_was() {
    let home = Home::new();
    let (daemon, ..) = company(&home);
    for signal in [Signal::TERM, Signal::HUP] {
        let board = Terminal::start(&daemon, "dora", &[]);
        board.sees("阀门漏水");
        kill_process(Pid::from_child(&board.child), signal).unwrap();
        assert_eq!(board.ends().signal(), Some(signal.as_raw()));
    }
}

#[test]
fn without_a_terminal_it_says_what_it_needs() {
    let out = Command::new(env!("CARGO_BIN_EXE_workorderctl")).args(["--socket", "/nonexistent", "top"]).output().unwrap();
    let told = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{told}");
    assert!(told.contains("needs a terminal"), "{told}");
    let ran = crate::cli_stage::run_at("/nonexistent".as_ref(), &["--json", "top"]);
    assert_eq!((ran.code, ran.err.contains("--json means nothing")), (2, true), "{ran:?}");
}
