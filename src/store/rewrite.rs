//! Writing the store anew: sled never writes over what it has, so old rows stay in its files until it happens to use their place
//! again. Where somebody is erased, what is there now is copied into a new store, which takes the place of the old one.
//!
//! It goes on beside everything else: rows that come meanwhile go into both. A kill in the middle leaves a store that is whole, or none
//! (it is built from the journal then), and what was begun, which the next start removes.

use super::db::{META, ROW, Store, StoreError};
use super::meta::row_hash;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::time::Duration;

/// sled's threads hold on to the lock of a database that was closed for a moment: so often it is tried to open it again, and after such
/// a pause.
const TRIES: u32 = 6_000;
const PAUSE: Duration = Duration::from_millis(5);

/// Beside the store: the new one while it is written, and the old one while it goes.
const NEXT: &str = "store.next";
const OLD: &str = "store.old";

/// Rows that are copied before their batch is applied.
const BATCH: usize = 500;

/// A store that is written anew.
pub struct Rewrite {
    next: Store,
    data: PathBuf,
    /// The last key that was copied.
    behind: Option<Vec<u8>>,
}

/// Removes what an interrupted rewrite has left in a data folder.
///
/// # Errors
/// It cannot be removed.
pub fn clear_away(data: &Path) -> io::Result<()> {
    let mut gone = false;
    for name in [NEXT, OLD] {
        match fs::remove_dir_all(data.join(name)) {
            Ok(()) => gone = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    // After a power cut, too, nothing of it is back.
    if gone { File::open(data)?.sync_all() } else { Ok(()) }
}

impl Store {
    /// Begins to write it anew, beside where it is.
    ///
    /// # Errors
    /// The disk fails.
    pub fn begin_rewrite(&self) -> Result<Rewrite, StoreError> {
        let data = self.path.parent().unwrap_or(&self.path).to_owned();
        clear_away(&data)?;
        let next = Self::open(&data.join(NEXT), self.cache_bytes, self.meta.installation)?.store;
        Ok(Rewrite { next, data, behind: None })
    }
}

impl Rewrite {
    /// Applies rows that were applied to the old store just now.
    ///
    /// # Errors
    /// The disk fails.
    pub fn apply<'a>(
        &mut self,
        rows: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        applied: (u64, u64),
        read_from: u64,
    ) -> Result<(), StoreError> {
        self.next.apply(rows, applied, read_from)
    }

    /// Copies some more rows of the old store; whether all are there now.
    ///
    /// # Errors
    /// The disk fails.
    pub fn copy_some(&mut self, from: &Store) -> Result<bool, StoreError> {
        // The smallest key behind the last one.
        let begin = self.behind.as_ref().map_or_else(|| vec![ROW], |last| [last.as_slice(), &[0]].concat());
        let mut batch = sled::Batch::default();
        let mut last = None;
        for item in from.db.range(begin..vec![ROW + 1]).take(BATCH) {
            let (key, value) = item?;
            // What was applied meanwhile is the newest.
            if self.next.db.get(&key)?.is_none() {
                self.next.meta.count += 1;
                self.next.meta.set_hash = self.next.meta.set_hash.wrapping_add(row_hash(&key, &value));
                batch.insert(&key, &value);
            }
            last = Some(key.to_vec());
        }
        let done = last.is_none();
        self.behind = last.or(self.behind.take());
        self.next.db.apply_batch(batch)?;
        Ok(done)
    }

    /// All rows are there: it takes the place of the old store, for readers too.
    ///
    /// # Errors
    /// The disk fails, or the rows are not those of the old store; that is still there then, or none.
    pub fn finish(self, old: Store) -> Result<Store, StoreError> {
        let Self { mut next, data, .. } = self;
        let sums = |store: &Store| (store.meta.count, store.meta.set_hash);
        if sums(&next) != sums(&old) {
            let ((found, found_hash), (expected, expected_hash)) = (sums(&next), sums(&old));
            return Err(StoreError::Mismatch { expected, expected_hash, found, found_hash });
        }
        next.meta = old.meta.clone();
        next.db.insert(META, next.meta.encode()?)?;
        next.checkpoint()?;
        let (path, cache, installation) = (old.path.clone(), old.cache_bytes, old.meta.installation);
        // sled goes by open files from now on, but for what it does when it opens: so each is opened where it stays.
        drop(next);
        fs::rename(&path, data.join(OLD))?;
        fs::rename(data.join(NEXT), &path)?;
        File::open(&data)?.sync_all()?;
        let opened = open_again(&path, cache, installation)?;
        let Store { db, shared, .. } = old;
        *shared.write().unwrap_or_else(PoisonError::into_inner) = opened.db.clone();
        drop(db);
        clear_away(&data)?;
        Ok(Store { shared, ..opened })
    }

    /// It is not gone on with.
    pub fn give_up(self) {
        let Self { next, data, .. } = self;
        drop(next);
        if let Err(error) = clear_away(&data) {
            tracing::debug!(%error, "a store that was not written to its end could not be removed");
        }
    }
}

/// Opens what was closed just now.
fn open_again(path: &Path, cache_bytes: u64, installation: [u8; 16]) -> Result<Store, StoreError> {
    let mut tries = 0;
    loop {
        match Store::open(path, cache_bytes, installation) {
            // That is all that sled tells of it.
            Err(StoreError::Open { source: sled::Error::Io(error), .. })
                if error.to_string().contains("could not acquire lock") && tries < TRIES =>
            {
                tries += 1;
                std::thread::sleep(PAUSE);
            }
            opened => return opened.map(|opened| opened.store),
        }
    }
}
