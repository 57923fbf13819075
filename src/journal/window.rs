//! A sliding view of one file: reads that grow as it goes on, small steps, at most a few MiB in memory whatever the file says.
//! Invariant: what it hands out is what the file held, with unfinished erasures (`Patch`) already applied.
//! What the bytes mean is left to `view`.

use std::io;

use super::erase::Patch;
use super::storage::{StorageFile, read_up_to};

/// Bytes read at first: most who look want a header or the newest record.
const FIRST: usize = 4 << 10;
/// Bytes read at a time by who reads on and on.
const AHEAD: usize = 1 << 20;
/// How much more is read each time.
const GROWTH: usize = 4;

pub(super) struct Window {
    file: Box<dyn StorageFile>,
    length: u64,
    start: u64,
    bytes: Vec<u8>,
    /// Bytes of the next read.
    ahead: usize,
    patches: Vec<Patch>,
}

impl Window {
    /// Looks at `file`; `patches` are those of this file.
    pub(super) fn new(file: Box<dyn StorageFile>, patches: Vec<Patch>) -> io::Result<Self> {
        let length = file.len()?;
        Ok(Window { file, length, start: 0, bytes: Vec::new(), ahead: FIRST, patches })
    }

    /// Length of the file when it was opened, bytes.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The `need` bytes at `offset`, fewer at the end of the file.
    pub(super) fn at(&mut self, offset: u64, need: usize) -> io::Result<&[u8]> {
        let need = need.min(self.length.saturating_sub(offset) as usize);
        let held = self.start..self.start + self.bytes.len() as u64;
        if offset < held.start || offset + need as u64 > held.end {
            let ahead = need.max(self.ahead).min(self.length.saturating_sub(offset) as usize);
            self.bytes.resize(ahead, 0);
            let n = read_up_to(self.file.as_ref(), &mut self.bytes, offset)?;
            self.bytes.truncate(n);
            self.start = offset;
            self.ahead = (self.ahead * GROWTH).min(AHEAD);
            for patch in &self.patches {
                patch.apply(&mut self.bytes, offset);
            }
        }
        let from = (offset - self.start) as usize;
        Ok(&self.bytes[from..self.bytes.len().min(from + need)])
    }

    /// What was handed out by `at` last, without reading.
    pub(super) fn held(&self, offset: u64, length: usize) -> &[u8] {
        let from = (offset - self.start) as usize;
        &self.bytes[from..from + length]
    }

    /// Forgets what was read: another process may have written since.
    pub(super) fn refresh(&mut self) {
        self.bytes.clear();
    }
}
