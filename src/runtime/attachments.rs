//! Attachments: content in `attachments/`, under its BLAKE3 hash, whole and synced before any step can name it (promise 1).
//!
//! Content is brought in pieces. What was begun and not gone on with, and what was finished and named by no step, is removed after a
//! time (`sweeper`), or at the next start; which that is, `naming` knows.

use super::naming::{Moment, Names};
use crate::domain::time::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Most bytes of one attachment.
pub const SIZE_MAX: u64 = 32 << 20;
/// Most bytes of one piece: with what base64 adds, it fits into a frame.
pub const PIECE_MAX: usize = 512 << 10;
/// Most attachments that are being brought at a time.
pub const BEGUN_MAX: usize = 64;

/// Bytes by which the kind of content is told.
pub const HEAD_BYTES: u64 = 512;

/// Why content cannot be taken or given.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    #[error("has more than {SIZE_MAX} bytes")]
    TooLong,
    #[error("goes on at byte {received}; begin again at 0, or go on there")]
    Gap { received: u64 },
    #[error("has no bytes")]
    Empty,
    #[error("{most} others are being brought")]
    TooMany { most: usize },
    #[error("the same content is just being removed; bring it again in a moment")]
    Going,
    #[error("its content is not what it was: the file {path} is damaged")]
    Damaged { path: PathBuf },
    #[error("it cannot be stored or read: {0}")]
    Io(#[from] io::Error),
}

/// The folder of attachments.
#[derive(Debug)]
pub struct Attachments {
    folder: PathBuf,
    /// Pieces are taken one at a time.
    turn: Mutex<()>,
    /// Hashes of content that has its place, but of which it is not certain yet that it keeps it: no step may name it.
    unsure: Mutex<BTreeSet<String>>,
    names: Mutex<Names>,
    /// When what was begun was gone on with last, by file.
    begun: Mutex<HashMap<PathBuf, Timestamp>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Attachments {
    /// Opens the folder of a data folder, and removes what was begun and not finished.
    ///
    /// # Errors
    /// It cannot be made or read.
    pub fn open(data: &Path) -> io::Result<Self> {
        let folder = data.join("attachments");
        let begun = folder.join("begun");
        match fs::remove_dir_all(&begun) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        DirBuilder::new().recursive(true).mode(0o700).create(&begun)?;
        let named = Mutex::new(Names::open(&folder)?);
        // The daemon may have been killed between giving a place to content, which was synced before, and syncing the place.
        for start in names(&folder, 2)? {
            File::open(folder.join(start))?.sync_all()?;
        }
        File::open(&folder)?.sync_all()?;
        File::open(data)?.sync_all()?;
        Ok(Self { folder, turn: Mutex::default(), unsure: Mutex::default(), names: named, begun: Mutex::default() })
    }

    /// Takes a piece of what somebody brings; how many bytes are there then. A piece that is there already may come again.
    ///
    /// # Errors
    /// It does not follow on what is there, there would be too much, `most` are being brought already, or the disk fails.
    pub fn take(&self, who_and_what: &str, offset: u64, piece: &[u8], at: Timestamp, most: usize) -> Result<u64, AttachmentError> {
        let _turn = lock(&self.turn);
        let path = self.begun(who_and_what);
        let received = match fs::metadata(&path) {
            Ok(found) => found.len(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error.into()),
        };
        if offset > received {
            return Err(AttachmentError::Gap { received });
        }
        let end = offset + piece.len() as u64;
        if end > SIZE_MAX {
            return Err(AttachmentError::TooLong);
        }
        if !path.exists() && fs::read_dir(self.folder.join("begun"))?.count() >= most {
            return Err(AttachmentError::TooMany { most });
        }
        let write = || {
            let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
            file.write_all_at(piece, offset)?;
            file.set_len(end)
        };
        // A disk that is full gets its room back; the client begins again.
        write().inspect_err(|_| drop(fs::remove_file(&path)))?;
        lock(&self.begun).insert(path, at);
        Ok(end)
    }

    /// Forgets what somebody has begun to bring.
    pub fn forget(&self, who_and_what: &str) {
        let _turn = lock(&self.turn);
        // Nothing may have been begun.
        let _ = fs::remove_file(self.begun(who_and_what));
    }

    /// All of it is there: it gets its place. The same content again has the same place. Gives hash and size.
    ///
    /// # Errors
    /// Nothing was brought, or the disk fails; nothing of it is kept then: what could not be synced once must not be trusted when
    /// a second sync says that it could. Or the same content is just going.
    pub fn finish(&self, who_and_what: &str, moment: Moment) -> Result<(String, u64), AttachmentError> {
        let _turn = lock(&self.turn);
        let path = self.begun(who_and_what);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(AttachmentError::Empty),
            Err(error) => return Err(error.into()),
        };
        let size = file.metadata()?.len();
        if size == 0 {
            return Err(AttachmentError::Empty);
        }
        let kept = self.keep(&path, &mut file, moment);
        lock(&self.begun).remove(&path);
        if !mutant!("attachment-kept-though-not-synced") {
            kept.as_ref().inspect_err(|_| drop(fs::remove_file(&path))).ok();
        }
        Ok((kept?, size))
    }

    fn keep(&self, path: &Path, file: &mut File, moment: Moment) -> Result<String, AttachmentError> {
        file.sync_all()?;
        let hash = hash(file)?;
        let place = self.place(&hash);
        let Some(folder) = place.parent() else { return Ok(hash) };
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        File::open(&self.folder)?.sync_all()?;
        // Content that is there already and whole is replaced by the same: a damaged one is mended thereby.
        let is_new = self.size(&hash).is_none();
        {
            let mut names = lock(&self.names);
            if names.is_going(&hash) {
                return Err(AttachmentError::Going);
            }
            if !is_new {
                names.brought_again(&hash, moment.at);
            } else if !mutant!("attachment-without-a-mark") {
                names.brought(&hash, moment)?;
            }
        }
        if is_new {
            self.unsure().insert(hash.clone());
        }
        let placed = fs::rename(path, &place).and_then(|()| File::open(folder)?.sync_all());
        if is_new && (placed.is_ok() || fs::remove_file(&place).is_ok() || !place.exists()) {
            self.unsure().remove(&hash);
        }
        Ok(placed.map(|()| hash)?)
    }

    fn unsure(&self) -> MutexGuard<'_, BTreeSet<String>> {
        lock(&self.unsure)
    }

    /// A call is about to name stored content: it does not go meanwhile. Its size, if it is there and not going.
    pub fn hold(&self, hash: &str) -> Option<u64> {
        let mut names = lock(&self.names);
        let size = self.size(hash)?;
        names.hold(hash).then_some(size)
    }

    /// What was held is named by no step, or by one that is durable.
    pub fn release(&self, hashes: &[String]) {
        let mut names = lock(&self.names);
        hashes.iter().for_each(|hash| names.release(hash));
    }

    /// Steps that are durable name these.
    pub fn named(&self, hashes: &[String]) {
        let mut names = lock(&self.names);
        hashes.iter().for_each(|hash| names.forget(hash));
    }

    /// What no step has named since before a time, as far as is known, each with where to read the journal from to be certain.
    pub fn unnamed_before(&self, at: Timestamp) -> Vec<(String, u64)> {
        lock(&self.names).unnamed_before(at)
    }

    /// From now on no call can name it; not while one is about to.
    pub fn let_go(&self, hash: &str) -> bool {
        lock(&self.names).let_go(hash)
    }

    /// Calls can name it again, or bring it if it was removed.
    pub fn stay(&self, hash: &str) {
        lock(&self.names).gone(hash);
    }

    /// Removes what was let go and no step names; whether there was anything.
    ///
    /// # Errors
    /// The disk fails; it is still there then, or its name is.
    pub fn remove(&self, hash: &str) -> io::Result<bool> {
        let _turn = lock(&self.turn);
        let place = self.place(hash);
        let removed = match fs::remove_file(&place) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            other => other.map(|()| true)?,
        };
        if let Some(folder) = place.parent().filter(|folder| folder.exists()) {
            File::open(folder)?.sync_all()?;
        }
        lock(&self.names).forget(hash);
        Ok(removed)
    }

    /// Removes what was begun and not gone on with since before a time; how many.
    pub fn forget_begun_before(&self, at: Timestamp) -> usize {
        let _turn = lock(&self.turn);
        let mut begun = lock(&self.begun);
        let before = begun.len();
        begun.retain(|path, last| {
            let stays = *last >= at;
            if !stays {
                // It may be gone already.
                let _ = fs::remove_file(path);
            }
            stays
        });
        before - begun.len()
    }

    /// The size of stored content, in bytes.
    pub fn size(&self, hash: &str) -> Option<u64> {
        let good = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        let found = good.then(|| fs::metadata(self.place(hash)).ok()).filter(|_| !self.unsure().contains(hash))??;
        found.is_file().then_some(found.len())
    }

    /// Hashes behind `after`, in order, with the sizes of their content; at most `most`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn list(&self, after: Option<&str>, most: usize) -> io::Result<Vec<(String, u64)>> {
        list(&self.folder, after, most)
    }

    /// A piece of stored content from an offset on.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn piece(&self, hash: &str, offset: u64) -> Result<Vec<u8>, AttachmentError> {
        let mut file = File::open(self.place(hash))?;
        file.seek(SeekFrom::Start(offset))?;
        let mut piece = Vec::new();
        file.take(PIECE_MAX as u64).read_to_end(&mut piece)?;
        Ok(piece)
    }

    /// The beginning of stored content, by which its kind is told.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn head(&self, hash: &str) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        File::open(self.place(hash))?.take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(head)
    }

    fn place(&self, hash: &str) -> PathBuf {
        place(&self.folder, hash)
    }

    fn begun(&self, who_and_what: &str) -> PathBuf {
        self.folder.join("begun").join(blake3::hash(who_and_what.as_bytes()).to_hex().as_str())
    }
}

/// Hashes in a folder of attachments behind `after`, in order, with the sizes of their content; at most `most`.
///
/// # Errors
/// The folder cannot be read.
pub fn list(folder: &Path, after: Option<&str>, most: usize) -> io::Result<Vec<(String, u64)>> {
    let mut found = Vec::new();
    for start in names(folder, 2)?.into_iter().filter(|start| after.is_none_or(|after| start.as_str() >= &after[..2])) {
        let inner = folder.join(&start);
        for hash in names(&inner, 64)?.into_iter().filter(|hash| after.is_none_or(|after| hash.as_str() > after)) {
            if found.len() == most {
                return Ok(found);
            }
            let size = fs::metadata(inner.join(&hash))?.len();
            found.push((hash, size));
        }
    }
    Ok(found)
}

/// Names in a folder that are this many digits of a hash, in order.
fn names(folder: &Path, length: usize) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let good = |name: &String| name.len() == length && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        names.extend(entry?.file_name().into_string().ok().filter(good));
    }
    names.sort_unstable();
    Ok(names)
}

/// Whether the content of a hash is in a data folder as it was stored.
///
/// # Errors
/// It is not there, is another, or cannot be read.
pub fn check(data: &Path, wanted: &str) -> Result<(), AttachmentError> {
    let path = place(&data.join("attachments"), wanted);
    if hash(&mut File::open(&path)?)? == wanted { Ok(()) } else { Err(AttachmentError::Damaged { path }) }
}

fn place(folder: &Path, hash: &str) -> PathBuf {
    folder.join(hash.get(..2).unwrap_or("00")).join(hash)
}

fn hash(file: &mut File) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    io::copy(file, &mut hasher)?;
    Ok(hasher.finalize().to_hex().to_string())
}
