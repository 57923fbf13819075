//! The sled database: opened, checked, read and written in batches by one thread.

use super::meta::{Meta, row_hash};
use crate::codec::CodecError;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

/// Largest piece of a row; larger rows are cut, because sled never syncs what it puts into `blobs/`.
const PIECE: usize = 24 << 10;
/// Rows begin with this byte, so that the meta row sorts apart.
pub(super) const ROW: u8 = b'r';
pub(super) const META: &[u8] = b"meta";

/// What went wrong with the store. None of these loses anything: the store can be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the store {path} does not open: {source}")]
    Open { path: PathBuf, source: sled::Error },
    #[error("the store cannot be read or written: {0}")]
    Sled(#[from] sled::Error),
    #[error("the store's files cannot be handled: {0}")]
    Io(#[from] std::io::Error),
    #[error("a row of the store is broken: {0}")]
    Codec(#[from] CodecError),
    #[error(
        "the store does not match its own sums: {found} rows with sum {found_hash:016x}, expected {expected} with {expected_hash:016x}"
    )]
    Mismatch { expected: u64, expected_hash: u64, found: u64, found_hash: u64 },
    #[error("the store belongs to another installation")]
    OtherInstallation,
}

impl StoreError {
    /// Whether the disk failed, rather than what is on it. sled says the latter of its own state after the former.
    pub fn is_the_disks(&self) -> bool {
        matches!(self, Self::Io(_) | Self::Sled(sled::Error::Io(_) | sled::Error::ReportableBug(_)))
    }
}

/// What opening found.
pub struct Opened {
    pub store: Store,
    /// None if the store is new.
    pub meta: Option<Meta>,
}

/// What rows sum up to, in any order and in parts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sums {
    count: u64,
    hash: u64,
}

impl std::ops::Add for Sums {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { count: self.count + other.count, hash: self.hash.wrapping_add(other.hash) }
    }
}

/// The open database.
pub struct Store {
    pub(super) db: sled::Db,
    /// The same, for readers: a rewritten database takes its place.
    pub(super) shared: Arc<RwLock<sled::Db>>,
    pub(super) path: PathBuf,
    pub(super) meta: Meta,
    pub(super) cache_bytes: u64,
}

impl Store {
    /// Opens (or makes) the store in a folder. Leftovers of a snapshot that was interrupted are removed first: they make sled fail.
    pub fn open(path: &Path, cache_bytes: u64, installation: [u8; 16]) -> Result<Opened, StoreError> {
        remove_interrupted_snapshots(path)?;
        let config = sled::Config::new()
            .path(path)
            .cache_capacity(cache_bytes)
            .segment_size(4 << 20)
            // Durability is the journal's; a checkpoint flushes and syncs by itself.
            .flush_every_ms(None)
            .use_compression(false);
        let db = config.open().map_err(|source| StoreError::Open { path: path.to_owned(), source })?;
        let meta = db.get(META)?.map(|bytes| Meta::decode(&bytes)).transpose()?;
        if meta.as_ref().is_some_and(|m| m.installation != installation) {
            return Err(StoreError::OtherInstallation);
        }
        let known = meta.clone().unwrap_or(Meta { installation, ..Meta::default() });
        let shared = Arc::new(RwLock::new(db.clone()));
        Ok(Opened { store: Self { db, shared, path: path.to_owned(), meta: known, cache_bytes }, meta })
    }

    /// Reads every row, in order of keys, and compares count and sum at the end.
    pub fn scan(&self, row: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.hold_against(self.scan_part(&[], None, row)?)
    }

    /// Reads the rows whose keys are from one on and before another (none: to the end), in order; gives what they sum up to.
    pub fn scan_part(
        &self,
        from: &[u8],
        before: Option<&[u8]>,
        mut row: impl FnMut(&[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<Sums, StoreError> {
        let mut sums = Sums::default();
        let mut whole: Option<(Vec<u8>, Vec<u8>)> = None;
        let from = [&[ROW], from].concat();
        let end = before.map_or(vec![ROW + 1], |before| [&[ROW], before].concat());
        for item in self.db.range(from..end) {
            let (key, value) = item?;
            sums.count += 1;
            sums.hash = sums.hash.wrapping_add(row_hash(&key, &value));
            let (name, piece) = split_key(&key);
            match &mut whole {
                Some((current, bytes)) if current == name && piece > 0 => bytes.extend_from_slice(&value),
                _ => {
                    if let Some((current, bytes)) = whole.take() {
                        row(&current, &bytes)?;
                    }
                    // A full piece may have others behind it.
                    if value.len() < PIECE {
                        row(name, &value)?;
                    } else {
                        whole = Some((name.to_vec(), value.to_vec()));
                    }
                }
            }
        }
        if let Some((current, bytes)) = whole {
            row(&current, &bytes)?;
        }
        Ok(sums)
    }

    /// Compares what all parts sum up to with what the store says of itself.
    pub fn hold_against(&self, found: Sums) -> Result<(), StoreError> {
        let expected = Sums { count: self.meta.count, hash: self.meta.set_hash };
        if found != expected && !mutant!("store-sums-unread") {
            return Err(StoreError::Mismatch {
                expected: expected.count,
                expected_hash: expected.hash,
                found: found.count,
                found_hash: found.hash,
            });
        }
        Ok(())
    }

    /// The row of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(&self.db, key)
    }

    /// A handle for reading from other threads.
    pub fn reader(&self) -> StoreReader {
        StoreReader { db: Arc::clone(&self.shared) }
    }

    /// What the store knows of itself.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Applies rows and how far they reach, in one batch.
    pub fn apply<'a>(
        &mut self,
        rows: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        applied: (u64, u64),
        read_from: u64,
    ) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        let mut meta = self.meta.clone();
        for (key, value) in rows {
            let mut old_pieces = 0u16;
            while let Some(old) = self.db.get(piece_key(key, old_pieces))? {
                meta.count -= 1;
                meta.set_hash = meta.set_hash.wrapping_sub(row_hash(&piece_key(key, old_pieces), &old));
                old_pieces += 1;
                if old.len() < PIECE {
                    break;
                }
            }
            let mut pieces = 0u16;
            for piece in value.chunks(PIECE) {
                let name = piece_key(key, pieces);
                meta.count += 1;
                meta.set_hash = meta.set_hash.wrapping_add(row_hash(&name, piece));
                batch.insert(name, piece);
                pieces += 1;
            }
            for gone in pieces..old_pieces {
                batch.remove(piece_key(key, gone));
            }
        }
        (meta.applied_sequence, meta.applied_position) = applied;
        meta.read_from = read_from;
        batch.insert(META, meta.encode()?);
        self.db.apply_batch(batch)?;
        self.meta = meta;
        Ok(())
    }

    /// Makes everything applied so far durable: sled's own flush is not enough, its file is synced besides.
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        self.db.flush()?;
        File::open(self.path.join("db"))?.sync_data()?;
        Ok(())
    }
}

/// Reads single rows; cheap to clone.
#[derive(Clone)]
pub struct StoreReader {
    db: Arc<RwLock<sled::Db>>,
}

impl StoreReader {
    /// The row of a key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(&self.db.read().unwrap_or_else(PoisonError::into_inner), key)
    }
}

fn get(db: &sled::Db, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    let mut whole: Option<Vec<u8>> = None;
    for piece in 0u16.. {
        let Some(value) = db.get(piece_key(key, piece))? else { break };
        whole.get_or_insert_default().extend_from_slice(&value);
        if value.len() < PIECE {
            break;
        }
    }
    Ok(whole)
}

fn piece_key(key: &[u8], piece: u16) -> Vec<u8> {
    let mut name = Vec::with_capacity(3 + key.len());
    name.push(ROW);
    name.extend_from_slice(key);
    name.extend_from_slice(&piece.to_be_bytes());
    name
}

fn split_key(name: &[u8]) -> (&[u8], u16) {
    let rest = name.strip_prefix(&[ROW]).unwrap_or(name);
    match rest.split_last_chunk::<2>() {
        Some((key, piece)) => (key, u16::from_be_bytes(*piece)),
        None => (rest, 0),
    }
}

fn remove_interrupted_snapshots(path: &Path) -> Result<(), StoreError> {
    let Ok(entries) = std::fs::read_dir(path) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
