//! The daemon that is measured: a child process of its own on the disk that is measured, with a small company in it.

use crate::client::connection::{Client, ClientError};
use crate::protocol::{definitions, directory, system};
use crate::runtime::measure;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process for measuring: assign and accept (each with a time limit, so that a timer is set), task, confirm.
const DEFINITIONS: &str = r#"
[[record_type]]
name = "bench"
title = "Bench"
number = "B-{date}-{counter}"
process = "bench"

[[process]]
name = "bench"
title = "Bench"

[[process.node]]
name = "assign"
kind = "assign"
handlers = ["role:dispatcher"]
overdue_after = "30d"

[[process.node]]
name = "accept"
kind = "accept"
overdue_after = "30d"

[[process.node]]
name = "task"
kind = "task"

[[process.node]]
name = "confirm"
kind = "confirm"
handlers = ["role:dispatcher"]

# The customer is invited as soon as it is made.
[[record_type]]
name = "invited"
number = "I-{counter}"
process = "invited"

[[process]]
name = "invited"

[[process.node]]
name = "rate"
kind = "evaluate"
handlers = ["role:dispatcher"]

# Mandatory, and completed by itself after a day.
[[record_type]]
name = "awaited"
number = "A-{counter}"
process = "awaited"

[[process]]
name = "awaited"

[[process.node]]
name = "rate"
kind = "evaluate"
method = "qr-code"
template = "stars"
mandatory = true
handlers = ["role:dispatcher"]
auto_complete_after = "1d"

[[evaluation_template]]
name = "stars"

[[evaluation_template.field]]
name = "overall"
kind = "stars-5"
required = true

[[evaluation_rule]]
name = "all"
precedence = 1
template = "stars"
recipients = ["contact"]
channels = ["sms", "e-mail"]
message_priority = true
message = "rate"

[[message]]
name = "rate"

[[message.wording]]
language = "en"
subject = "How did we do? #WorkOrderNumber#"
text = "Dear #RecipientName#, please tell us: #URL#"
"#;

/// The customer of Work Orders that invite one.
pub const CUSTOMER: &str = "customer";

/// The staff user who does everything.
pub const USER: &str = "bench";

/// A running daemon; killed and its folder removed when dropped.
pub struct Stage {
    child: Child,
    program: PathBuf,
    folder: PathBuf,
    manual_clock: bool,
}

impl Stage {
    /// Makes a folder in `dir` and starts the daemon there.
    pub fn start(program: &Path, dir: &Path, manual_clock: bool) -> Result<Self, String> {
        let folder = dir.join(format!("workorderd-bench-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let child = spawn(program, &folder, manual_clock)?;
        let mut stage = Self { child, program: program.to_owned(), folder, manual_clock };
        stage.wait()?;
        stage.seed()?;
        Ok(stage)
    }

    /// Where its data is.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where one connects.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("control.sock")
    }

    /// A blocking client.
    pub fn client(&self) -> Result<Client, String> {
        Client::connect(self.socket()).map(|c| c.with_limit(Duration::from_secs(120))).map_err(|e| e.to_string())
    }

    /// The status.
    pub fn status(&self) -> Result<system::Status, String> {
        let told: system::StatusTold = self.client()?.call("org.workorderd.System1.Status", &Empty {}).map_err(|e| e.to_string())?;
        Ok(told.status)
    }

    /// Resident memory of the daemon, in bytes.
    pub fn resident(&self) -> u64 {
        measure::resident_of(&self.child.id().to_string())
    }

    /// Waits until the store has everything.
    pub fn caught_up(&self) -> Result<(), String> {
        while self.status()?.store_behind > 0 {
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Sets its clock ahead.
    pub fn ahead(&self, ms: i64) -> Result<(), String> {
        let set = system::SetClock { request_id: format!("bench-{}", fastrand::u64(..)), to: None, ahead_ms: Some(ms) };
        let told: Result<system::ClockSet, _> = self.client()?.call("org.workorderd.System1.SetClock", &set);
        told.map(drop).map_err(|e| e.to_string())
    }

    /// Stops it, in order or not, starts it again, and tells how long the new one took to be ready.
    pub fn restart(&mut self, in_order: bool) -> Result<Duration, String> {
        self.stop(in_order)?;
        let began = Instant::now();
        self.child = spawn(&self.program, &self.folder, self.manual_clock)?;
        self.wait()?;
        Ok(began.elapsed())
    }

    /// Stops it, in order or not.
    pub fn stop(&mut self, in_order: bool) -> Result<(), String> {
        let signal = if in_order { rustix::process::Signal::TERM } else { rustix::process::Signal::KILL };
        if let Some(pid) = rustix::process::Pid::from_raw(self.child.id() as i32) {
            rustix::process::kill_process(pid, signal).map_err(|e| e.to_string())?;
        }
        self.child.wait().map(drop).map_err(|e| e.to_string())
    }

    fn wait(&mut self) -> Result<(), String> {
        let limit = Instant::now() + Duration::from_secs(600);
        while Instant::now() < limit {
            if Client::connect(self.socket()).is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                return Err(format!("the daemon ended: {status}"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Err("the daemon did not get ready".into())
    }

    fn seed(&self) -> Result<(), String> {
        let mut client = self.client()?;
        let files = vec![definitions::File { path: "bench.toml".into(), text: DEFINITIONS.into() }];
        let apply = definitions::Apply { request_id: "bench-definitions".into(), files, dry_run: None };
        let told = |e: ClientError| e.to_string();
        let _: definitions::Applied = client.call("org.workorderd.Definitions1.Apply", &apply).map_err(told)?;
        let staff_user = directory::StaffUser {
            id: USER.into(),
            name: "Bench".into(),
            roles: vec!["dispatcher".into(), "engineer".into()],
            ..Default::default()
        };
        let put = directory::PutStaffUser { request_id: "bench-user".into(), expected_revision: None, staff_user };
        let _: directory::Accepted = client.call("org.workorderd.Directory1.PutStaffUser", &put).map_err(told)?;
        let contact = directory::Contact {
            id: CUSTOMER.into(),
            name: "王伟".into(),
            email: Some("wang@example.cn".into()),
            mobile: Some("+86 138 0013 8000".into()),
            ..Default::default()
        };
        let put = directory::PutContact { request_id: "bench-contact".into(), expected_revision: None, contact };
        let _: directory::Accepted = client.call("org.workorderd.Directory1.PutContact", &put).map_err(told)?;
        Ok(())
    }
}

#[derive(serde::Serialize)]
struct Empty {}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn spawn(program: &Path, folder: &Path, manual_clock: bool) -> Result<Child, String> {
    Command::new(program)
        .arg("run")
        .arg("--data")
        .arg(folder.join("data"))
        .arg("--socket")
        .arg(folder.join("control.sock"))
        .args(manual_clock.then_some(["--clock", "manual"]).into_iter().flatten())
        .args(["--set", "log.level=warn", "--set", "control.connections_per_uid=1024"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|e| format!("{}: {e}", program.display()))
}
