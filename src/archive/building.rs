//! A data folder that is being made: `DIR.partial`, which gets its name when all is done, and goes if it is not.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// In a folder that is being made: whoever finds it may throw the folder away.
const MARKER: &str = "unfinished";

/// Why a folder cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildingError {
    #[error("{0} is not empty; name a folder that is not there, or an empty one")]
    NotEmpty(PathBuf),
    #[error("{0} is no name for a new folder")]
    NoName(PathBuf),
    #[error("{0} is there already and was not left by an interrupted restore or import; move it away")]
    InTheWay(PathBuf),
    #[error("another restore or import is at work in {0}")]
    InUse(PathBuf),
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

/// For `map_err`: an I/O error with its path.
pub fn at(path: &Path) -> impl FnOnce(io::Error) -> BuildingError {
    let path = path.to_owned();
    move |source| BuildingError::Io { path, source }
}

/// The folder in the making.
#[derive(Debug)]
pub struct Building {
    target: PathBuf,
    partial: PathBuf,
    finished: bool,
    _marker: File,
}

impl Building {
    /// Begins. What an interrupted one left is removed.
    ///
    /// # Errors
    /// There is something already, or the disk fails.
    pub fn begin(target: &Path) -> Result<Building, BuildingError> {
        let taken = match fs::read_dir(target) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => true,
            Err(error) => return Err(at(target)(error)),
        };
        if taken {
            return Err(BuildingError::NotEmpty(target.to_owned()));
        }
        let mut name = target.file_name().ok_or_else(|| BuildingError::NoName(target.to_owned()))?.to_owned();
        name.push(".partial");
        let partial = target.with_file_name(name);
        let marker = partial.join(MARKER);
        if partial.exists() {
            let left = match File::open(&marker) {
                Ok(left) => left,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BuildingError::InTheWay(partial)),
                Err(error) => return Err(at(&marker)(error)),
            };
            if left.try_lock().is_err() {
                return Err(BuildingError::InUse(partial));
            }
            remove(&partial).map_err(at(&partial))?;
        }
        DirBuilder::new().mode(0o700).create(&partial).map_err(at(&partial))?;
        let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&marker).map_err(at(&marker))?;
        opened.try_lock().map_err(|_| BuildingError::InUse(partial.clone()))?;
        Ok(Building { target: target.to_owned(), partial, finished: false, _marker: opened })
    }

    /// Where to put things.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// A new file, with the folders it lies in.
    ///
    /// # Errors
    /// The disk fails.
    pub fn create(&self, name: &str) -> Result<File, BuildingError> {
        let path = self.partial.join(name);
        if let Some(folder) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        }
        OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path).map_err(at(&path))
    }

    /// All is there: it is made durable, and gets its name.
    ///
    /// # Errors
    /// The disk fails; nothing of the name is there then.
    pub fn finish(mut self) -> Result<(), BuildingError> {
        let marker = self.partial.join(MARKER);
        sync_all(&self.partial).map_err(at(&self.partial))?;
        fs::remove_file(&marker).map_err(at(&marker))?;
        File::open(&self.partial).and_then(|folder| folder.sync_all()).map_err(at(&self.partial))?;
        // An empty folder of this name is replaced.
        fs::rename(&self.partial, &self.target).map_err(at(&self.target))?;
        self.finished = true;
        let parent = self.target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent).and_then(|folder| folder.sync_all()).map_err(at(parent))
    }
}

impl Drop for Building {
    fn drop(&mut self) {
        if !self.finished {
            // The next one does it if this fails.
            let _ = remove(&self.partial);
        }
    }
}

/// Removes a folder, the marker last: until then it is known what it is.
fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(entry.path())?,
            false if entry.file_name() == MARKER => {}
            false => fs::remove_file(entry.path())?,
        }
    }
    match fs::remove_file(folder.join(MARKER)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => fs::remove_dir(folder),
    }
}

fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_all(&entry.path())?;
        }
    }
    File::open(folder)?.sync_all()
}
