//! (b) The rival: a short SQLite script, run by the machine's own Python; at its best number of connections.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const SCRIPT: &str = include_str!("rival.py");

/// Steps per second of the script, with the number of connections; none where there is no python3 with sqlite3.
pub fn run(dir: &Path, connections: usize, time: Duration, state_bytes: usize, event_bytes: usize) -> Option<f64> {
    let folder = dir.join(format!("workorderd-rival-{}-{connections}", std::process::id()));
    std::fs::create_dir_all(&folder).ok()?;
    let output = Command::new("python3")
        .arg("-c")
        .arg(SCRIPT)
        .arg(&folder)
        .args([connections.to_string(), time.as_secs().max(1).to_string(), state_bytes.to_string(), event_bytes.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    let _ = std::fs::remove_dir_all(&folder);
    let output = output.ok().filter(|o| o.status.success())?;
    String::from_utf8_lossy(&output.stdout).trim().parse().ok()
}
