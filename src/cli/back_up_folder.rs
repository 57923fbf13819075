//! The folder of a back-up on this machine: whose it is, what of it is there already, and how a new one takes the place of the old.
//! Keeps: the back-up that is there stays whole until all of the new one is on disk; a file appears under its name complete or not.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::protocol::back_up::{MANIFEST, Manifest, is_name};
use crate::protocol::system::BackUpFile;

/// The manifest while its files are being replaced: whoever finds it and none of its right name has a half-made back-up.
const REPLACED: &str = "manifest.replaced.json";
/// What is there of a new version of a file, as long as the old one is needed.
const NEW: &str = ".new";
/// A file that is being written.
const PART: &str = ".part";

/// Opened and locked.
pub struct Folder {
    path: PathBuf,
    /// The back-up that is whole, or was before it was interrupted.
    pub manifest: Option<Manifest>,
    /// Whose it is, if that is known.
    pub installation: Option<String>,
    /// Files that wait to take the place of others.
    waiting: Vec<String>,
    /// Folders in which names have changed.
    touched: BTreeSet<PathBuf>,
    _lock: File,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |error| Failure::File(path, error)
}

fn read_if_there(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::File(path.to_owned(), error)),
    }
}

/// Names in a folder; none where there is no folder.
fn names(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(at(folder))?,
    };
    let name = |entry: io::Result<fs::DirEntry>| entry.map(|entry| entry.file_name().into_string().ok());
    let names: io::Result<Vec<Option<String>>> = entries.map(name).collect();
    Ok(names.map_err(at(folder))?.into_iter().flatten().collect())
}

fn make(folder: &Path) -> Result<(), Failure> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))
}

impl Folder {
    /// Opens the folder, makes it if it is not there, and locks it.
    ///
    /// # Errors
    /// It is not the folder of a back-up, another command is at work on it, or the disk fails.
    pub fn open(path: &Path) -> Result<Folder, Failure> {
        make(path)?;
        let empty = fs::read_dir(path).map_err(at(path))?.next().is_none();
        let manifest = match read_if_there(&path.join(MANIFEST))? {
            Some(text) => Some(text),
            None => read_if_there(&path.join(REPLACED))?,
        };
        let problem = |problem: String| Failure::Nothing(format!("{}: {problem}; take another folder", path.join(MANIFEST).display()));
        let manifest = manifest.map(|text| Manifest::parse(&text)).transpose().map_err(problem)?;
        let written = read_if_there(&path.join("installation"))?.map(|text| text.trim().to_owned());
        if !empty && manifest.is_none() && written.is_none() && !path.join("lock").exists() {
            return Err(Failure::Nothing(format!("{} is not empty and holds no back-up; take another folder", path.display())));
        }
        if path.join("store").exists() || path.join("journal/head").exists() {
            let problem = "looks like a data folder: a back-up into it would spoil it; take another folder";
            return Err(Failure::Nothing(format!("{} {problem}", path.display())));
        }
        let name = path.join("lock");
        let lock = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&name).map_err(at(&name))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Failure::Nothing(format!("another back-up into {} is under way", path.display())));
            }
            Err(fs::TryLockError::Error(error)) => return Err(Failure::File(name, error)),
        }
        let installation = manifest.as_ref().map(|m| m.installation.clone()).or(written);
        Ok(Folder { path: path.to_owned(), manifest, installation, waiting: Vec::new(), touched: BTreeSet::new(), _lock: lock })
    }

    /// Whether a file is there as it should be; also if it was fetched before and waits for the others.
    ///
    /// # Errors
    /// The disk fails.
    pub fn has(&mut self, file: &BackUpFile) -> Result<bool, Failure> {
        if is(&self.path.join(&file.name), file)? {
            return Ok(true);
        }
        let new = format!("{}{NEW}", file.name);
        let waits = is(&self.path.join(&new), file)?;
        if waits {
            self.waiting.push(file.name.clone());
        }
        Ok(waits)
    }

    /// Begins a file that is not there as it should be.
    ///
    /// # Errors
    /// The disk fails.
    pub fn begin(&self, file: &BackUpFile) -> Result<Incoming, Failure> {
        let path = self.path.join(format!("{}{PART}", file.name));
        if let Some(folder) = path.parent() {
            make(folder)?;
        }
        let opened = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).map_err(at(&path))?;
        Ok(Incoming { path, file: opened, hasher: blake3::Hasher::new() })
    }

    /// Takes a file that has come in whole: at its place, or beside it if there is another.
    ///
    /// # Errors
    /// The disk fails.
    pub fn take(&mut self, incoming: Incoming, file: &BackUpFile) -> Result<(), Failure> {
        let place = self.path.join(&file.name);
        incoming.file.set_len(file.bytes as u64).and_then(|()| incoming.file.sync_all()).map_err(at(&incoming.path))?;
        let to = if place.exists() {
            self.waiting.push(file.name.clone());
            self.path.join(format!("{}{NEW}", file.name))
        } else {
            place
        };
        fs::rename(&incoming.path, &to).map_err(at(&to))?;
        // The folder and those above it: they may have been made just now.
        let mut folder = to.parent();
        while let Some(above) = folder.filter(|above| above.starts_with(&self.path)) {
            self.touched.insert(above.to_owned());
            folder = above.parent();
        }
        Ok(())
    }

    /// All files are there: the new ones take the place of the old, and the manifest says so.
    ///
    /// # Errors
    /// The disk fails. The folder then holds the old back-up, or none until the command is given again.
    pub fn finish(mut self, manifest: &Manifest) -> Result<(), Failure> {
        self.sync()?;
        let (name, replaced) = (self.path.join(MANIFEST), self.path.join(REPLACED));
        if !self.waiting.is_empty() && name.exists() {
            fs::rename(&name, &replaced).map_err(at(&name))?;
            self.touched.insert(self.path.clone());
            self.sync()?;
        }
        for file in std::mem::take(&mut self.waiting) {
            let to = self.path.join(&file);
            fs::rename(self.path.join(format!("{file}{NEW}")), &to).map_err(at(&to))?;
            self.touched.extend(to.parent().map(Path::to_owned));
        }
        self.sync()?;
        let part = self.path.join(format!("{MANIFEST}{PART}"));
        let text = serde_json::to_string_pretty(manifest).map_err(|e| Failure::File(part.clone(), e.into()))? + "\n";
        let write = || {
            let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&part, &name)
        };
        write().map_err(at(&part))?;
        self.touched.insert(self.path.clone());
        self.sync()?;
        match fs::remove_file(&replaced) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(Failure::File(replaced, error)),
            Ok(()) | Err(_) => {}
        }
        self.clear_away(manifest)
    }

    /// What is there of earlier back-ups and is no part of this one goes: it may have been erased since.
    fn clear_away(&mut self, manifest: &Manifest) -> Result<(), Failure> {
        let wanted: BTreeSet<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
        let attachments = self.path.join("attachments");
        let starts = names(&attachments)?.into_iter().map(|start| format!("attachments/{start}"));
        for folder in std::iter::once("journal".to_owned()).chain(starts) {
            for name in names(&self.path.join(&folder))? {
                let name = format!("{folder}/{name}");
                let whole = [NEW, PART].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
                if is_name(whole) && !wanted.contains(name.as_str()) {
                    let path = self.path.join(&name);
                    fs::remove_file(&path).map_err(at(&path))?;
                    self.touched.insert(self.path.join(&folder));
                }
            }
        }
        self.sync()
    }

    fn sync(&mut self) -> Result<(), Failure> {
        std::mem::take(&mut self.touched).iter().try_for_each(|folder| {
            let synced = File::open(folder).and_then(|opened| opened.sync_all());
            synced.map_err(at(folder))
        })
    }
}

fn is(path: &Path, wanted: &BackUpFile) -> Result<bool, Failure> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(Failure::File(path.to_owned(), error)),
    };
    if file.metadata().map_err(at(path))?.len() != wanted.bytes as u64 {
        return Ok(false);
    }
    let mut hasher = blake3::Hasher::new();
    let mut bytes = vec![0; 1 << 20];
    loop {
        match file.read(&mut bytes) {
            Ok(0) => return Ok(hasher.finalize().to_hex().as_str() == wanted.hash),
            Ok(n) => drop(hasher.update(&bytes[..n])),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // A disk that cannot give it back has not got it.
            Err(_) => return Ok(false),
        }
    }
}

/// A file that is coming in.
pub struct Incoming {
    path: PathBuf,
    file: File,
    hasher: blake3::Hasher,
}

impl Incoming {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// The disk fails.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.hasher.update(bytes);
        self.file.write_all(bytes).map_err(at(&self.path))
    }

    /// Whether what has come in, and zeros up to its length, is what was announced.
    pub fn is(&mut self, file: &BackUpFile) -> bool {
        let zeros = vec![0; 64 << 10];
        let mut left = (file.bytes - file.written).max(0) as usize;
        while left > 0 {
            let n = left.min(zeros.len());
            self.hasher.update(&zeros[..n]);
            left -= n;
        }
        self.hasher.finalize().to_hex().as_str() == file.hash
    }

    /// Removes what has come in.
    pub fn discard(self) {
        let _ = fs::remove_file(&self.path);
    }
}
