//! What the store knows of itself; written with every batch, in the same batch.

use crate::codec::envelope::{self, CodecError, Kind};
use serde::{Deserialize, Serialize};

/// Newest schema version of the meta row.
pub const VERSION: u16 = 1;

/// How far the store reaches and what must be in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Meta {
    /// The journal this belongs to.
    pub installation: [u8; 16],
    /// All rows of records up to this one are in.
    pub applied_sequence: u64,
    pub applied_position: u64,
    /// Messages of the record at this position and of later ones may not have been delivered. Zero: all were.
    pub read_from: u64,
    /// Number of rows.
    pub count: u64,
    /// Sum of the hashes of all rows, so that a missing or altered row shows.
    pub set_hash: u64,
}

impl Meta {
    /// The bytes of the meta row.
    pub fn encode(&self) -> Result<Vec<u8>, CodecError> {
        envelope::sealed(Kind::Meta, VERSION, 64, |out| envelope::encode_into(out, self))
    }

    /// Reads a meta row.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let (_, body) = envelope::open(Kind::Meta, VERSION, bytes)?;
        envelope::decode(body)
    }
}

/// The hash of one row, for the set-hash.
pub fn row_hash(key: &[u8], value: &[u8]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u32).to_le_bytes()).update(key).update(value);
    let bytes = hasher.finalize();
    bytes.as_bytes().iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}
