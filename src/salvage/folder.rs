//! From a damaged data folder to a new one. The new one gets its `installation` last, so that a half-made one does not start.

use super::behind::Reading;
use crate::journal::{
    Damage, Found, IoFailure, JournalError, RealStorage, Storage, Whole, WithArchive, copy_whole, installation_of, scan_all,
};
use crate::runtime::{attachments, folder};
use serde_json::Value;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Name of the file with the records behind the damage.
pub const BEHIND: &str = "behind.jsonl";
/// Name of the file with the report.
pub const REPORT: &str = "salvage.txt";

/// What was saved, and what was not.
#[derive(Debug)]
pub struct Salvaged {
    pub whole: Whole,
    /// All that is wrong with the journal, in its order.
    pub damages: Vec<Damage>,
    pub reading: Reading,
    /// Attachments that were copied, and those whose content is not what it was.
    pub attachments: (usize, Vec<String>),
    /// What else is not as it was.
    pub remarks: Vec<String>,
}

/// Why nothing can be saved. The damaged folder is as it was in any case.
#[derive(Debug, thiserror::Error)]
pub enum SalvageError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{0} is not empty: give a folder that is not there yet")]
    NotEmpty(PathBuf),
    #[error("{0} lies in the folder that is to be saved: give another one")]
    Inside(PathBuf),
    #[error("a daemon works in {0}: stop it first")]
    InUse(PathBuf),
    #[error("no segment of the journal in {0} has a header that can be read, and the file `installation` cannot be read either")]
    Nothing(PathBuf),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Disk(#[from] IoFailure),
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SalvageError {
    let path = path.to_owned();
    move |source| SalvageError::Io { path, source }
}

/// Saves what is left of the data folder `dir` into `out`, which must not be there or be empty.
///
/// # Errors
/// See [`SalvageError`]; damage is none.
pub fn salvage(dir: &Path, out: &Path) -> Result<Salvaged, SalvageError> {
    let journal = dir.join("journal");
    let from: Arc<dyn Storage> = Arc::new(WithArchive::existing(dir).map_err(at(&journal))?);
    let dir = dir.canonicalize().map_err(at(dir))?;
    refuse_if_in_use(&dir)?;
    let mut remarks = Vec::new();
    let installation = match folder::installation_of(&dir) {
        Ok(installation) => installation,
        Err(error) => {
            remarks.push(format!("{error}; the journal itself says which installation it is"));
            installation_of(from.as_ref())?.ok_or_else(|| SalvageError::Nothing(dir.clone()))?
        }
    };
    make_empty(&dir, out)?;

    let target = out.join("journal");
    let to: Arc<dyn Storage> = Arc::new(RealStorage::new(&target).map_err(at(&target))?);
    let mut reading = Reading::default();
    let whole = copy_whole(&from, &to, installation, &mut |record| reading.before(&record))?;
    to.sync_dir().map_err(at(&target))?;
    let damages = behind(&from, &whole, &mut reading, &out.join(BEHIND))?;
    if let Some(marked) = whole.marked {
        reading.went_on_to(marked);
    }
    let attachments = copy_attachments(&dir, out)?;
    match fs::read(dir.join("secret")) {
        Ok(secret) => write(&out.join("secret"), &secret)?,
        Err(error) => remarks.push(format!("secret: {error}; with a new one, links that customers have no longer open")),
    }
    write(&out.join("installation"), format!("{}\n", data_encoding::HEXLOWER.encode(&installation)).as_bytes())?;
    File::open(out).and_then(|folder| folder.sync_all()).map_err(at(out))?;
    Ok(Salvaged { whole, damages, reading, attachments, remarks })
}

fn refuse_if_in_use(dir: &Path) -> Result<(), SalvageError> {
    // Opened for reading: nothing in the folder is changed.
    match File::open(dir.join("lock")).map(|lock| lock.try_lock()) {
        Ok(Err(fs::TryLockError::WouldBlock)) => Err(SalvageError::InUse(dir.to_owned())),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn make_empty(dir: &Path, out: &Path) -> Result<(), SalvageError> {
    // Looked at before it is made: a place within the damaged folder would change that.
    let absolute = std::path::absolute(out).map_err(at(out))?;
    let above = absolute.ancestors().find_map(|path| path.canonicalize().ok());
    if above.is_some_and(|above| above.starts_with(dir)) {
        return Err(SalvageError::Inside(out.to_owned()));
    }
    DirBuilder::new().recursive(true).mode(0o700).create(out).map_err(at(out))?;
    match fs::read_dir(out).map_err(at(out))?.next() {
        None => Ok(()),
        Some(_) => Err(SalvageError::NotEmpty(out.to_owned())),
    }
}

/// Everything that can be read behind the whole front, told; gives what is wrong with the journal.
fn behind(from: &Arc<dyn Storage>, whole: &Whole, reading: &mut Reading, file: &Path) -> Result<Vec<Damage>, SalvageError> {
    let mut damages = Vec::new();
    let mut lines = BufWriter::new(create(file)?);
    if whole.ends_with.is_none() {
        return Ok(damages);
    }
    let mut tell = |line: Value| -> io::Result<()> {
        serde_json::to_writer(&mut lines, &line)?;
        lines.write_all(b"\n")
    };
    scan_all(Arc::clone(from), &mut |found| {
        match found {
            Found::Damage(damage) => damages.push(damage),
            Found::Record(record) if record.position() >= whole.head.end => tell(reading.behind(&record))?,
            Found::Record(_) => {}
        }
        Ok(())
    })?;
    let written = lines.into_inner().map_err(io::IntoInnerError::into_error).and_then(|file| file.sync_all());
    written.map_err(at(file))?;
    Ok(damages)
}

fn create(path: &Path) -> Result<File, SalvageError> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(at(path))
}

/// Writes a new file durably.
///
/// # Errors
/// It is there already, or the disk fails.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), SalvageError> {
    let mut file = create(path)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(at(path))
}

/// Copies every attachment whose content is what its name says; names the others.
fn copy_attachments(dir: &Path, out: &Path) -> Result<(usize, Vec<String>), SalvageError> {
    let (mut copied, mut damaged) = (0, Vec::new());
    let Ok(folders) = fs::read_dir(dir.join("attachments")) else { return Ok((0, damaged)) };
    for entry in folders.flatten().filter(|entry| entry.file_name().len() == 2) {
        let into = out.join("attachments").join(entry.file_name());
        for file in fs::read_dir(entry.path()).map_err(at(&entry.path()))?.flatten() {
            let hash = file.file_name().to_string_lossy().into_owned();
            if attachments::check(dir, &hash).is_err() {
                damaged.push(hash);
                continue;
            }
            DirBuilder::new().recursive(true).mode(0o700).create(&into).map_err(at(&into))?;
            let to = into.join(&hash);
            fs::copy(file.path(), &to).and_then(|_| File::open(&to)?.sync_all()).map_err(at(&to))?;
            copied += 1;
        }
        if into.is_dir() {
            File::open(&into).and_then(|folder| folder.sync_all()).map_err(at(&into))?;
        }
    }
    Ok((copied, damaged))
}
