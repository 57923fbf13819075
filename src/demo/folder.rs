//! The demo's temporary folder: made anew, readable by its owner alone, and gone when dropped.
//! Its path is short, because the path of a socket is at most 107 bytes long.

use super::error::{DemoError, Result};
use std::fs::DirBuilder;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Longest path of the folder, in bytes; the socket's name follows.
const PATH_MAX: usize = 80;

/// A folder that is removed with all that is in it.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes one in the system's folder for such things.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn new() -> Result<Self> {
        let base = Some(std::env::temp_dir()).filter(|p| p.as_os_str().len() <= PATH_MAX - 32).unwrap_or_else(|| PathBuf::from("/tmp"));
        let mut tries = 0;
        loop {
            let path = base.join(format!("workorderd-demo-{}-{tries}", std::process::id()));
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                // What somebody left there is not ours to use.
                Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < 100 => tries += 1,
                Err(error) => return Err(DemoError::io(format!("making {}", path.display()))(error)),
            }
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
