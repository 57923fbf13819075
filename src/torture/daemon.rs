//! The daemon under torture: a process of its own in a folder of its own. Killed, when dropped.

use crate::client::connection::Client;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where one life of the daemon happens.
#[derive(Debug)]
pub struct Place {
    folder: PathBuf,
    program: PathBuf,
}

/// A process.
#[derive(Debug)]
pub struct Running {
    child: Child,
    began: Instant,
}

impl Place {
    /// Makes the folder and the settings.
    ///
    /// # Errors
    /// They cannot be made.
    pub fn new(folder: PathBuf, program: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let place = Self { folder, program };
        place.write_settings(0)?;
        Ok(place)
    }

    /// Writes the settings, with something in them that a reload takes over.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn write_settings(&self, turn: u64) -> Result<(), String> {
        let per_uid = 200 + turn % 50;
        let text = format!(
            "[data]\nsegment_mib = 4\nstore_cache_mib = 16\n\n[control]\nconnections_per_uid = {per_uid}\n\n[log]\nlevel = \"warn\"\n"
        );
        let path = self.folder.join("workorderd.toml");
        fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where one connects.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("s")
    }

    /// Everything of this life.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Throws away what can be rebuilt from the journal.
    pub fn forget_store(&self) {
        let _ = fs::remove_dir_all(self.data().join("store"));
    }

    /// Starts a process, and does not wait for anything.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(&self) -> Result<Running, String> {
        let log = OpenOptions::new().create(true).append(true).open(self.folder.join("daemon.log")).map_err(|e| e.to_string())?;
        let mut command = Command::new(&self.program);
        command.arg("run").arg("--config").arg(self.folder.join("workorderd.toml"));
        command.arg("--data").arg(self.data()).arg("--socket").arg(self.socket()).args(["--clock", "manual"]);
        // Settings of another daemon on this machine are none of ours.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("WORKORDERD_")) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().map_err(|e| format!("{}: {e}", self.program.display()))?;
        Ok(Running { child, began: Instant::now() })
    }

    /// Waits until it answers; gives a client.
    ///
    /// # Errors
    /// It ended, or does not answer in time: this must not happen, whatever was killed before.
    pub fn wait(&self, running: &mut Running) -> Result<Client, String> {
        loop {
            if let Ok(client) = Client::connect(self.socket()) {
                return Ok(client.with_limit(PATIENCE));
            }
            if let Ok(Some(status)) = running.child.try_wait() {
                return Err(format!("it does not start any more: {status}{}", self.end_of_log()));
            }
            if running.began.elapsed() > PATIENCE {
                return Err(format!("it does not answer after {} s{}", PATIENCE.as_secs(), self.end_of_log()));
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn end_of_log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("daemon.log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let end = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default();
        if end.is_empty() { String::new() } else { format!("; its log ends:\n  {}", end.join("\n  ")) }
    }
}

impl Running {
    /// Asks it to read its settings again.
    pub fn reload(&self) {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, Signal::HUP);
        }
    }

    /// Whether it ended by itself, and how.
    pub fn ended(&mut self) -> Option<String> {
        self.child.try_wait().ok().flatten().map(|status| status.to_string())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
