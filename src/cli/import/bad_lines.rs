//! The bad lines of an import, kept in a file of their own, to be mended and imported.
//! Keeps: what is there already is not written over; until the import has ended, the file has another name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::failure::Failure;
use super::run::sentence;
use super::table::{Cell, Table};
use super::values::Flaw;

/// A file of bad lines that is being made.
#[derive(Debug)]
pub struct BadLines {
    path: PathBuf,
    partial: PathBuf,
    file: File,
}

impl BadLines {
    /// Sees that it can be written.
    ///
    /// # Errors
    /// There is such a file already, or none can be made.
    pub fn begin(path: &Path) -> Result<Self, Failure> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(Failure::Usage(format!("{}: this file is there already; nothing was imported, name a new one", path.display())));
        }
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        let file = File::create(&partial).map_err(|e| Failure::File(partial.clone(), e))?;
        Ok(Self { path: path.to_owned(), partial, file })
    }

    /// Writes the bad lines as they were, with what is wrong behind them; where none are bad, there is no file.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn end(self, table: &Table, flaws: &[Flaw]) -> Result<(), Failure> {
        if flaws.is_empty() {
            return Ok(());
        }
        let written = write(&self.file, table, flaws).and_then(|()| fs::rename(&self.partial, &self.path));
        written.map_err(|e| Failure::File(self.path.clone(), e))
    }
}

impl Drop for BadLines {
    fn drop(&mut self) {
        // Where the import has ended with bad lines, it has its own name by now.
        let _ = fs::remove_file(&self.partial);
    }
}

fn write(mut file: &File, table: &Table, flaws: &[Flaw]) -> io::Result<()> {
    // With a mark, so that spreadsheets read it as UTF-8.
    file.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::WriterBuilder::new().flexible(true).delimiter(table.separator).from_writer(file);
    let error_at = table.headings.iter().position(|heading| heading == "error");
    let put = |mut cells: Vec<String>, error: String| {
        match error_at {
            Some(at) if at < cells.len() => cells[at] = error,
            Some(_) | None => cells.push(error),
        }
        cells
    };
    writer.write_record(put(table.headings.clone(), "error".to_owned()))?;
    // Both are in the order of the lines.
    let mut rest = flaws;
    for row in &table.rows {
        let of = rest.partition_point(|flaw| flaw.line <= row.line);
        let (own, later) = rest.split_at(of);
        rest = later;
        if own.is_empty() {
            continue;
        }
        let cell = |cell: &Cell| match cell {
            Cell::Text(text) | Cell::Moment(text) => text.clone(),
            Cell::Wrong(_) => String::new(),
        };
        let mut cells: Vec<String> = row.cells.iter().map(cell).collect();
        cells.resize(table.headings.len().max(cells.len()), String::new());
        writer.write_record(put(cells, own.iter().map(sentence).collect::<Vec<_>>().join("; ")))?;
    }
    writer.flush()
}
