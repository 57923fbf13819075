//! The data folder: one daemon at a time, one installation for ever.
//!
//! `lock` (held while the daemon runs, with its pid), `installation` (16 bytes, hex), `secret` (for links), `journal/`, `store/`.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Why a data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{folder} is in use by another workorderd, pid {pid}; stop it first, or use another folder")]
    InUse { folder: PathBuf, pid: String },
    #[error("{path} does not hold 32 hexadecimal digits; restore it from a back-up")]
    BadInstallation { path: PathBuf },
    #[error("{folder} has a journal but no file `installation`; restore that file from a back-up")]
    InstallationGone { folder: PathBuf },
}

/// An opened and locked data folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    pub installation: [u8; 16],
    pub secret: [u8; 32],
    _lock: File,
}

impl Folder {
    /// Opens a folder, makes it if it is not there, and locks it.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| FolderError::Io { path, source }
        };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))?;
        let lock = lock(path)?;
        let journal = path.join("journal");
        let has_journal = has_files(&journal);
        DirBuilder::new().recursive(true).mode(0o700).create(&journal).map_err(at(&journal))?;
        let name = path.join("installation");
        let installation = match std::fs::read_to_string(&name) {
            Ok(text) => parse_hex(text.trim()).ok_or_else(|| FolderError::BadInstallation { path: name.clone() })?,
            Err(e) if e.kind() == io::ErrorKind::NotFound && has_journal => {
                return Err(FolderError::InstallationGone { folder: path.to_owned() });
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let id: [u8; 16] = random().map_err(at(Path::new("/dev/urandom")))?;
                write_new(path, "installation", &data_encoding::HEXLOWER.encode(&id)).map_err(at(&name))?;
                id
            }
            Err(e) => return Err(at(&name)(e)),
        };
        let name = path.join("secret");
        let secret = match std::fs::read_to_string(&name) {
            Ok(text) => parse_hex(text.trim()).ok_or_else(|| FolderError::BadInstallation { path: name.clone() })?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let secret: [u8; 32] = random().map_err(at(Path::new("/dev/urandom")))?;
                write_new(path, "secret", &data_encoding::HEXLOWER.encode(&secret)).map_err(at(&name))?;
                secret
            }
            Err(e) => return Err(at(&name)(e)),
        };
        Ok(Self { path: path.to_owned(), installation, secret, _lock: lock })
    }

    /// Where the journal's segments are.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal")
    }

    /// Whether there is anything of a journal.
    pub fn has_journal(&self) -> bool {
        has_files(&self.journal())
    }

    /// Where sled keeps its files.
    pub fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves the store aside, so that a new one can be built; gives its new place.
    pub fn move_store_aside(&self) -> Result<PathBuf, FolderError> {
        let from = self.store();
        let mut n = 1;
        let to = loop {
            let to = self.path.join(format!("store.broken-{n}"));
            if !to.exists() {
                break to;
            }
            n += 1;
        };
        std::fs::rename(&from, &to).map_err(|source| FolderError::Io { path: from, source })?;
        Ok(to)
    }

    /// Puts a store back that was moved aside, in place of the new one, which was to be built and could not be.
    pub fn put_store_back(&self, aside: &Path) -> Result<(), FolderError> {
        let to = self.store();
        let io = |source| FolderError::Io { path: to.clone(), source };
        match std::fs::remove_dir_all(&to) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io(e)),
            _ => std::fs::rename(aside, &to).map_err(io),
        }
    }
}

/// Removes the stores of a data folder that were moved aside.
pub fn remove_stores_aside(data: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(data)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("store.broken-") {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    std::fs::File::open(data)?.sync_all()
}

/// Bytes that the store of a data folder takes.
pub fn store_bytes(data: &Path) -> io::Result<u64> {
    bytes_in(&data.join("store"))
}

fn bytes_in(folder: &Path) -> io::Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        sum += if metadata.is_dir() { bytes_in(&entry.path())? } else { metadata.len() };
    }
    Ok(sum)
}

fn has_files(folder: &Path) -> bool {
    folder.read_dir().is_ok_and(|mut entries| entries.next().is_some())
}

/// Locks a folder that is there, so that no daemon begins to write in it meanwhile.
pub fn lock_existing(path: &Path) -> Result<File, FolderError> {
    lock(path)
}

/// Reads the installation id of a folder without locking it.
pub fn installation_of(path: &Path) -> Result<[u8; 16], FolderError> {
    let name = path.join("installation");
    let text = std::fs::read_to_string(&name).map_err(|source| FolderError::Io { path: name.clone(), source })?;
    parse_hex(text.trim()).ok_or(FolderError::BadInstallation { path: name })
}

/// Reads the secret of links of a folder without locking it.
pub fn read_secret(path: &Path) -> Result<[u8; 32], FolderError> {
    let name = path.join("secret");
    let text = std::fs::read_to_string(&name).map_err(|source| FolderError::Io { path: name.clone(), source })?;
    parse_hex(text.trim()).ok_or(FolderError::BadInstallation { path: name })
}

/// Random bytes of the operating system.
pub fn random<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn lock(folder: &Path) -> Result<File, FolderError> {
    let path = folder.join("lock");
    let io = |source| FolderError::Io { path: path.clone(), source };
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(io)?;
            return Err(FolderError::InUse { folder: folder.to_owned(), pid: pid.trim().to_owned() });
        }
        Err(std::fs::TryLockError::Error(source)) => return Err(io(source)),
    }
    file.set_len(0).map_err(io)?;
    file.write_all(format!("{}\n", std::process::id()).as_bytes()).map_err(io)?;
    Ok(file)
}

fn write_new(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let temporary = folder.join(format!("{name}.tmp"));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    std::fs::rename(&temporary, folder.join(name))?;
    File::open(folder)?.sync_all()
}

fn parse_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok()?.try_into().ok()
}
