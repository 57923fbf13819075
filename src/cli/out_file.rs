//! Files that are made anew as a whole.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::Failure;

/// Writes a file, all or nothing: whoever looks at any moment sees what was there before, or all of the new.
///
/// # Errors
/// It cannot be written; then what was there before is there.
pub fn replace(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let written = || -> std::io::Result<()> {
        let mut part = File::create(&beside)?;
        part.write_all(bytes)?;
        part.sync_all()?;
        std::fs::rename(&beside, file)
    };
    written().map_err(|error| {
        // What failed is told; that its beginning stays behind as well would be no news.
        let _ = std::fs::remove_file(&beside);
        Failure::File(file.to_owned(), error)
    })
}
