//! The disk as the journal sees it: one flat folder of files. A simulated disk can stand in for the real one.
//! Kept here: interrupted calls are repeated and short reads and writes completed; a failed sync never is.
//! Left to implementors: what durable means; left to callers: when to sync.

use std::io;

/// One folder. Names are plain file names.
pub trait Storage: Send + Sync + 'static {
    /// Names of all files in the folder, in any order.
    fn list(&self) -> io::Result<Vec<String>>;
    /// Creates a file for reading and writing; fails with `AlreadyExists` if there is one.
    fn create(&self, name: &str) -> io::Result<Box<dyn StorageFile>>;
    /// Opens a file for reading and, if asked, writing; fails with `NotFound` if there is none.
    fn open(&self, name: &str, write: bool) -> io::Result<Box<dyn StorageFile>>;
    /// Renames a file; fails with `AlreadyExists` instead of replacing one.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes creations, renames and removals durable.
    fn sync_dir(&self) -> io::Result<()>;
}

/// An open file. All calls may come from several threads.
#[expect(clippy::len_without_is_empty, reason = "a file is not a collection")]
pub trait StorageFile: Send + Sync {
    /// Length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Reads at most `buf.len()` bytes at `offset` (bytes); 0 means the end of the file.
    fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize>;
    /// Writes at most `buf.len()` bytes at `offset` (bytes).
    fn write_at(&self, buf: &[u8], offset: u64) -> io::Result<usize>;
    /// Makes the contents durable, and the length if it has changed.
    fn sync_data(&self) -> io::Result<()>;
    /// Makes contents and all metadata durable.
    fn sync_all(&self) -> io::Result<()>;
}

/// Writes all of `bytes`, going on after interruptions and short writes.
pub(super) fn write_all(file: &dyn StorageFile, bytes: &[u8], offset: u64) -> io::Result<()> {
    let mut done = 0;
    while done < bytes.len() {
        match file.write_at(&bytes[done..], offset + done as u64) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Fills `buf` as far as the file goes; returns the number of bytes read.
pub(super) fn read_up_to(file: &dyn StorageFile, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut done = 0;
    while done < buf.len() {
        match file.read_at(&mut buf[done..], offset + done as u64) {
            Ok(0) => break,
            Ok(n) => done += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(done)
}

/// Bytes of zeros written at a time.
const ZEROS: usize = 1 << 20;

/// Overwrites `from..to` (bytes) with zeros; with `sync_each`, every chunk is made durable on its own, so that a
/// large file does not hold up another thread's fsync.
pub(super) fn write_zeros(file: &dyn StorageFile, from: u64, to: u64, sync_each: bool) -> io::Result<()> {
    let zeros = vec![0; ZEROS.min(to.saturating_sub(from) as usize)];
    let mut at = from;
    while at < to {
        let n = zeros.len().min((to - at) as usize);
        write_all(file, &zeros[..n], at)?;
        at += n as u64;
        if sync_each && at < to {
            file.sync_data()?;
        }
    }
    Ok(())
}
