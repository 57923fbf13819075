//! The check that feeds the watchdog: it finds a stuck actor thread and a stuck writer, names them, recovers, and writes nothing.

use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_rt::{Arbiter, System};
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::installation::InstallationCommand;
use workorderd::domain::time::Timestamp;
use workorderd::engine::cell::Refusal;
use workorderd::engine::entity::Receipt;
use workorderd::runtime::health::Stuck;
use workorderd::runtime::start::Running;
use workorderd::runtime::{Options, start};

use crate::in_process::options;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(30);

async fn daemon(folder: &Path, arbiter: &Arbiter) -> Running {
    let options = Options { arbiters: vec![arbiter.handle()], ..options(folder.join("data")) };
    start(options).await.unwrap()
}

/// Holds the board for reading, so that the writer cannot publish what it has written.
struct Hold {
    go_on: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

impl Hold {
    fn board(running: &Running) -> Hold {
        let (go_on, waiting) = mpsc::channel::<()>();
        let (holding, held) = mpsc::channel();
        let runtime = running.runtime.clone();
        let thread = std::thread::spawn(move || {
            let board = runtime.views().board();
            holding.send(()).unwrap();
            let _ = waiting.recv();
            drop(board);
        });
        held.recv().unwrap();
        Hold { go_on, thread }
    }

    fn let_go(self) {
        drop(self.go_on);
        self.thread.join().unwrap();
    }
}

fn set_clock(running: &Running, to: i64) -> impl Future<Output = Result<Receipt, Refusal>> + use<> {
    let runtime = running.runtime.clone();
    let command = Command::Installation(InstallationCommand::SetClock { to: Timestamp(to) });
    async move { runtime.submit_as_system(&Key::Installation, command).await }
}

#[test]
fn the_check_finds_a_stuck_actor_thread_and_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    System::new().block_on(async {
        let arbiter = Arbiter::new();
        let running = daemon(folder.path(), &arbiter).await;
        let runtime = running.runtime.clone();
        let head = runtime.head();
        for _ in 0..20 {
            assert_eq!(runtime.check(LONG).await, Ok(()));
        }
        let (go_on, waiting) = mpsc::channel::<()>();
        arbiter.spawn_fn(move || {
            let _ = waiting.recv();
        });
        assert_eq!(runtime.check(SHORT).await, Err(Stuck::Arbiter(0)));
        drop(go_on);
        assert_eq!(runtime.check(LONG).await, Ok(()));
        assert_eq!(runtime.head(), head, "the check writes nothing");
        running.stop(LONG).await.unwrap();
    });
}

#[test]
fn the_check_finds_a_stuck_writer() {
    let folder = tempfile::tempdir().unwrap();
    System::new().block_on(async {
        let arbiter = Arbiter::new();
        let running = daemon(folder.path(), &arbiter).await;
        let runtime = running.runtime.clone();
        let hold = Hold::board(&running);
        let step = actix_rt::spawn(set_clock(&running, 1_762_160_500_000));
        // The step is on its way to the writer.
        tokio::time::sleep(SHORT).await;
        assert_eq!(runtime.check(SHORT).await, Err(Stuck::Writer));
        hold.let_go();
        step.await.unwrap().unwrap();
        assert_eq!(runtime.check(LONG).await, Ok(()));
        running.stop(LONG).await.unwrap();
    });
}

#[test]
fn a_stop_does_not_wait_for_a_stuck_writer_for_ever() {
    // Kept: the store's thread has no end there, and must not find its files gone.
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("watchdog-stuck");
    let _ = std::fs::remove_dir_all(&folder);
    System::new().block_on(async {
        let arbiter = Arbiter::new();
        let running = daemon(&folder, &arbiter).await;
        let hold = Hold::board(&running);
        let step = actix_rt::spawn(set_clock(&running, 1_762_160_500_000));
        tokio::time::sleep(SHORT).await;
        assert_eq!(running.stop(SHORT).await, Err("writer"));
        hold.let_go();
        step.await.unwrap().unwrap();
    });
}
