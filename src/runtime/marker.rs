//! Where the timers that are being fired are written down, so that a start after a crash knows them (see `engine::suspects`).
//!
//! Without a sync: this is for the end of a process, which leaves what was written; after a power cut nobody is to blame. A batch
//! costs two writes into one file that keeps its size.

use crate::engine::schedule::{Schedule, Timer};
use crate::engine::suspects::{self, Suspects};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The batch that is being fired: the number of its bytes in a line of its own, then the timers.
const FIRING: &str = "timers.firing";
/// Suspects, with how often.
const SUSPECTS: &str = "timers.suspects";
/// Bytes of the line that says how many follow.
const LENGTH: usize = 11;

/// The two files.
#[derive(Debug)]
pub struct Marker {
    folder: PathBuf,
    firing: File,
    closed: AtomicBool,
}

/// The texts that an earlier run left.
#[derive(Debug)]
pub struct Left {
    suspects: String,
    firing: String,
}

impl Marker {
    /// Opens the files of a data folder, and reads what an earlier run left in them.
    ///
    /// # Errors
    /// They cannot be read or written.
    pub fn open(folder: &Path) -> io::Result<(Self, Left)> {
        let left = Left { suspects: read(&folder.join(SUSPECTS))?, firing: read(&folder.join(FIRING))? };
        let firing = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(FIRING))?;
        Ok((Self { folder: folder.to_owned(), firing, closed: AtomicBool::new(false) }, left))
    }

    /// Who is suspected after an end that was not in order.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn after_start(&self, left: &Left, schedule: &mut Schedule) -> io::Result<Suspects> {
        let found = Suspects::after_start(&left.suspects, firing_of(&left.firing), schedule);
        // First who is suspected, then nobody is being fired: an end in between counts once more, which harms nobody.
        if found.text() != left.suspects {
            self.keep(&found)?;
        }
        self.end();
        Ok(found)
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// These are fired now.
    pub fn begin(&self, batch: &[Timer]) {
        if self.closed.load(Ordering::Acquire) {
            return;
        }
        let timers = suspects::marker(batch);
        let text = format!("{:010}\n{timers}", timers.len());
        if let Err(error) = self.firing.write_all_at(text.as_bytes(), 0) {
            tracing::warn!(%error, "the timers that are fired cannot be written down; should they end the daemon, nobody will know which");
        }
    }

    /// The daemon ends for a reason that is none of theirs.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.end();
    }

    /// They were fired, and the daemon is still there.
    pub fn end(&self) {
        // In the bytes that are there: this works on a full disk as well.
        let _ = self.firing.write_all_at(format!("{:010}\n", 0).as_bytes(), 0);
    }

    /// Keeps who is suspected for the next start.
    ///
    /// # Errors
    /// It cannot be written; the old list is there then.
    pub fn keep(&self, suspects: &Suspects) -> io::Result<()> {
        let (temporary, name) = (self.folder.join(format!("{SUSPECTS}.tmp")), self.folder.join(SUSPECTS));
        fs::write(&temporary, suspects.text())?;
        fs::rename(temporary, name)
    }
}

fn read(path: &Path) -> io::Result<String> {
    match fs::read(path) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

fn firing_of(text: &str) -> &str {
    let length = text.get(..LENGTH).and_then(|line| line.trim_end().parse::<usize>().ok()).unwrap_or(0);
    text.get(LENGTH..LENGTH + length).unwrap_or_default()
}
