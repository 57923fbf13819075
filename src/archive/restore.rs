//! `workorderd restore`: a back-up becomes a data folder, once every file and the whole chain are proven.

use super::building::{Building, BuildingError, at};
use super::prove::{ProveError, prove};
use crate::journal::{Head, RealStorage};
use crate::protocol::back_up::{self, MANIFEST, Manifest};
use crate::runtime::folder::{self, FolderError};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a back-up cannot be put in place. Nothing is there then.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("{0} has no {MANIFEST}: it is no back-up, or a half-made one; give `workorderctl backup` once more to finish it")]
    NoManifest(PathBuf),
    #[error("{path}: {problem}")]
    Manifest { path: PathBuf, problem: String },
    #[error("{0} is missing in the back-up; give `workorderctl backup` once more to mend it, or take another back-up")]
    Missing(PathBuf),
    #[error("{0} is damaged: it is not what the manifest says; give `workorderctl backup` once more to mend it, or take another back-up")]
    Damaged(PathBuf),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Prove(#[from] ProveError),
    #[error(transparent)]
    Building(#[from] BuildingError),
}

/// What was put in place.
#[derive(Debug)]
pub struct Restored {
    pub files: usize,
    pub installation: String,
    pub head: Head,
    pub with_secret: bool,
}

/// Puts a back-up in place as a data folder.
///
/// # Errors
/// See [`RestoreError`]; nothing is there then.
pub fn restore(from: &Path, dir: &Path) -> Result<Restored, RestoreError> {
    let path = from.join(MANIFEST);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(RestoreError::NoManifest(from.to_owned())),
        Err(error) => return Err(at(&path)(error).into()),
    };
    let manifest = Manifest::parse(&text).map_err(|problem| RestoreError::Manifest { path, problem })?;
    let building = Building::begin(dir)?;
    for file in &manifest.files {
        copy(from, &building, file)?;
    }
    let path = building.path().join("journal");
    let storage = Arc::new(RealStorage::new(&path).map_err(at(&path))?);
    let written = folder::installation_of(building.path())?;
    if data_encoding::HEXLOWER.encode(&written) != manifest.installation {
        return Err(RestoreError::Damaged(from.join("installation")));
    }
    let head = prove(storage, &written, &manifest.head)?;
    building.finish()?;
    Ok(Restored { files: manifest.files.len(), installation: manifest.installation, head, with_secret: manifest.with_secret })
}

/// Copies a file and holds it against the manifest. Zeros are written as such: a segment is not to grow while it is written.
fn copy(from: &Path, building: &Building, file: &back_up::File) -> Result<(), RestoreError> {
    let path = from.join(&file.name);
    let mut source = match File::open(&path) {
        Ok(source) => source,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(RestoreError::Missing(path)),
        Err(error) => return Err(at(&path)(error).into()),
    };
    let mut target = building.create(&file.name)?;
    let mut hasher = blake3::Hasher::new();
    let mut bytes = vec![0; 1 << 20];
    let mut length = 0;
    loop {
        let n = match source.read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(at(&path)(error).into()),
        };
        hasher.update(&bytes[..n]);
        length += n as u64;
        target.write_all(&bytes[..n]).map_err(at(&building.path().join(&file.name)))?;
    }
    if length != file.bytes || hasher.finalize().to_hex().as_str() != file.hash {
        return Err(RestoreError::Damaged(path));
    }
    Ok(target.sync_all().map_err(at(&building.path().join(&file.name)))?)
}
