//! Where defects of our own are told in full: files in `defects/` of the data folder, for their owner alone, the newest hundred.

use crate::domain::time::Timestamp;
use crate::engine::defect::Defect;
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
