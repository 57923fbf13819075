//! The real disk: a folder, positioned reads and writes, fdatasync and fsync.
//! Kept here: files are closed on exec and a rename never replaces. No retry, no buffering.
//! Whether the drive keeps what it says is synced is left to the drive.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use super::storage::{Storage, StorageFile};

/// A folder on disk.
#[derive(Debug)]
pub struct RealStorage {
    dir: PathBuf,
}

impl RealStorage {
    /// Uses `dir`, creating it (and making its entry in the parent folder durable) if it is not there.
    pub fn new(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        match std::fs::create_dir(&dir) {
            Ok(()) => {
                let parent = dir.parent().filter(|p| !p.as_os_str().is_empty());
                File::open(parent.unwrap_or(".".as_ref()))?.sync_all()?;
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && dir.is_dir() => {}
            Err(e) => return Err(e),
        }
        Ok(RealStorage { dir })
    }

    /// Uses `dir`, which may come and go.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        RealStorage { dir: dir.into() }
    }

    /// Uses `dir`, which must be there; changes nothing.
    pub fn existing(dir: impl Into<PathBuf>) -> io::Result<Self> {
        let dir = dir.into();
        read_dir(&dir)?;
        Ok(RealStorage { dir })
    }
}

impl Storage for RealStorage {
    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in read_dir(&self.dir)? {
            // A name that is not UTF-8 is none of ours.
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true).mode(0o600);
        Ok(Box::new(RealFile(options.open(self.dir.join(name))?)))
    }

    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>> {
        let mut options = OpenOptions::new();
        options.read(true).write(write);
        Ok(Box::new(RealFile(options.open(self.dir.join(name))?)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.dir.join(from), self.dir.join(to));
        match rustix::fs::renameat_with(CWD, &from, CWD, &to, RenameFlags::NOREPLACE) {
            // The file system cannot: a link does not replace either.
            Err(Errno::INVAL | Errno::NOSYS) => {
                std::fs::hard_link(&from, &to)?;
                std::fs::remove_file(&from)
            }
            other => Ok(other?),
        }
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.dir.join(name))
    }

    fn sync_dir(&self) -> io::Result<()> {
        File::open(&self.dir)?.sync_all()
    }
}

struct RealFile(File);

impl StorageFile for RealFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(buf, offset)
    }

    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize> {
        self.0.write_at(buf, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// Reads a folder. The library goes on by itself where a signal interrupts the opening of a file, but not of a folder.
fn read_dir(dir: &Path) -> io::Result<std::fs::ReadDir> {
    loop {
        match std::fs::read_dir(dir) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
