//! The daemon as a process of its own: this very program with `run`, with settings in the demo's folder.
//! Invariant: dropped, killed or stopped, no process is left behind. What the daemon logs is in `daemon.log`, shown if it fails.

use super::emergency::Keeper;
use super::error::{DemoError, Result};
use crate::client::connection::Client;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, OpenOptions};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(30);

/// What customers' links begin with.
pub const BASE_URL: &str = "http://127.0.0.1:8080/e/";

/// The daemon of the demo.
#[derive(Debug)]
pub struct Daemon {
    keeper: Keeper,
    folder: PathBuf,
    /// Milliseconds since 1970 at which its clock begins.
    clock_start: i64,
    pid: u32,
}

impl Daemon {
    /// Writes the settings; nothing runs yet.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn prepare(keeper: Keeper, folder: &Path, mail_server: SocketAddr, sms_provider: SocketAddr, clock_start: i64) -> Result<Self> {
        let daemon = Self { keeper, folder: folder.to_owned(), clock_start, pid: 0 };
        let secret = folder.join("sms-secret");
        let settings = format!(
            "[data]\nsegment_mib = 8\nstore_cache_mib = 16\n\n\
             [mail]\nenabled = true\nhost = \"{}\"\nport = {}\nsecurity = \"none\"\nfrom = \"Service <service@example.org>\"\n\n\
             [sms]\nprovider = \"twilio\"\nbase_url = \"http://{sms_provider}\"\nuser = \"AC1\"\nfrom = \"+15005550006\"\nsecret_file = \"{}\"\n\n\
             [links]\nbase_url = \"{BASE_URL}\"\n",
            mail_server.ip(),
            mail_server.port(),
            secret.display(),
        );
        fs::write(&secret, "demo\n").map_err(DemoError::io("writing the provider's secret"))?;
        fs::write(daemon.settings(), settings).map_err(DemoError::io("writing the settings"))?;
        Ok(daemon)
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Its control socket.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("control.sock")
    }

    fn settings(&self) -> PathBuf {
        self.folder.join("workorderd.toml")
    }

    /// What it logs.
    pub fn log(&self) -> PathBuf {
        self.folder.join("daemon.log")
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Who ends it on Ctrl-C.
    pub fn keeper(&self) -> &Keeper {
        &self.keeper
    }

    /// Starts it and waits until it answers; says how long that took.
    ///
    /// # Errors
    /// It ended, or did not answer in time; with the end of its log.
    pub fn start(&mut self) -> Result<Duration> {
        let began = Instant::now();
        let program = std::env::current_exe().map_err(DemoError::io("finding this program"))?;
        let log = OpenOptions::new().create(true).append(true).open(self.log()).map_err(DemoError::io("opening the log"))?;
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(self.settings()).arg("--data").arg(self.data()).arg("--socket").arg(self.socket());
        command.args(["--clock", "manual", "--clock-start", &self.clock_start.to_string()]);
        // Settings of another daemon on this machine are none of ours.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WORKORDERD_")) {
            command.env_remove(name);
        }
        // Ctrl-C is for the demo, which then ends the daemon.
        command.process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.pid = self.keeper.spawn(&mut command)?;
        loop {
            if Client::connect(self.socket()).is_ok() {
                return Ok(began.elapsed());
            }
            if let Some(status) = self.keeper.ended() {
                return Err(self.failed(&format!("the daemon ended while starting, with {status}")));
            }
            if began.elapsed() > PATIENCE {
                return Err(self.failed("the daemon does not answer"));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// SIGKILL: it gets no chance to do anything any more.
    pub fn kill(&self) {
        self.keeper.kill();
    }

    /// SIGTERM, and waits until it has ended in order.
    ///
    /// # Errors
    /// It did not end in time, or not with exit code 0.
    pub fn stop(&self) -> Result<Duration> {
        let began = Instant::now();
        let pid =
            i32::try_from(self.pid).ok().and_then(Pid::from_raw).ok_or_else(|| DemoError::Unexpected("the daemon has no pid".into()))?;
        kill_process(pid, Signal::TERM).map_err(|e| DemoError::io("stopping the daemon")(e.into()))?;
        while began.elapsed() < PATIENCE {
            match self.keeper.ended() {
                Some(status) if status.success() => return Ok(began.elapsed()),
                Some(status) => return Err(self.failed(&format!("the daemon ended with {status}"))),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        }
        Err(self.failed("the daemon does not stop"))
    }

    fn failed(&self, what: &str) -> DemoError {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let end = lines.get(lines.len().saturating_sub(10)..).unwrap_or_default().join("\n  ");
        DemoError::Unexpected(if end.is_empty() { what.to_owned() } else { format!("{what}; its log ends:\n  {end}") })
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.keeper.kill();
    }
}
