//! Where defects of our own are told in full: files in `defects/` of the data folder, for their owner alone, the newest hundred.

use crate::domain::time::Timestamp;
use crate::engine::defect::Defect;
use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Most files that are kept.
const KEPT: usize = 100;

/// The folder of a data folder.
#[derive(Debug)]
pub struct Defects(PathBuf);

impl Defects {
    /// In this data folder; made when there is something to tell.
    pub fn of(data: &Path) -> Self {
        Self(data.join("defects"))
    }

    /// Removes what is told of any of these ids.
    ///
    /// # Errors
    /// The disk.
    pub fn forget(&self, ids: &HashSet<String>) -> io::Result<usize> {
        let entries = match fs::read_dir(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            other => other?,
        };
        let mut removed = 0;
        for entry in entries {
            let path = entry?.path();
            let told = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
            let of_an_id = |character: char| character.is_alphanumeric() || "-_.@".contains(character);
            if told.split(|character| !of_an_id(character)).any(|word| ids.contains(word)) {
                fs::remove_file(path)?;
                removed += 1;
            }
        }
        if removed > 0 {
            fs::File::open(&self.0)?.sync_all()?;
        }
        Ok(removed)
    }

    /// Writes one down; gives its file.
    ///
    /// # Errors
    /// The disk.
    pub fn write(&self, defect: &Defect, at: Timestamp) -> io::Result<PathBuf> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        let mut there: Vec<PathBuf> = fs::read_dir(&self.0)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        there.sort();
        for old in there.iter().take((there.len() + 1).saturating_sub(KEPT)) {
            fs::remove_file(old)?;
        }
        let digest = blake3::hash(defect.told.as_bytes()).to_hex();
        let path = self.0.join(format!("{:016}-{}-{}.txt", at.0, defect.command, &digest[..8]));
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        writeln!(file, "workorderd {}", env!("CARGO_PKG_VERSION"))?;
        file.write_all(defect.told.as_bytes())?;
        Ok(path)
    }
}
