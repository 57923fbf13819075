//! The envelope around every stored value, and the one configuration of bincode.

use bincode::Options;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Largest value that is encoded or decoded, in bytes.
pub const LIMIT: u64 = 4 << 20;

/// Length of what stands before the body, in bytes.
const HEAD: usize = 7;

/// What an envelope holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Record = 1,
    Row = 2,
    Meta = 3,
}

/// Why bytes could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum CodecError {
    #[error("the value is cut off: {0} bytes")]
    CutOff(usize),
    #[error("expected kind {expected:?}, found {found}")]
    WrongKind { expected: Kind, found: u8 },
    #[error("schema version {found} is not known; this program reads up to {newest}: was the data written by a newer one?")]
    UnknownVersion { found: u16, newest: u16 },
    #[error("checksum {found:08x}, expected {expected:08x}")]
    Checksum { expected: u32, found: u32 },
    #[error("the value does not decode: {0}")]
    Bincode(#[from] bincode::Error),
    #[error("a personal value is no text")]
    NoText,
    #[error("the key does not decode: {0}")]
    Key(String),
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(LIMIT)
}

/// Encodes with the one configuration: little endian, variable-length integers, limited.
pub fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::with_capacity(512);
    encode_into(&mut out, value)?;
    Ok(out)
}

/// Encodes behind what is there already. In one pass: with a limit, bincode would serialise everything twice, the first time for its
/// length alone.
pub fn encode_into<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) -> Result<(), CodecError> {
    let start = out.len();
    options().with_no_limit().serialize_into(&mut *out, value)?;
    match out.len() - start {
        length if length as u64 > LIMIT => Err(Box::new(bincode::ErrorKind::SizeLimit).into()),
        _ => Ok(()),
    }
}

/// Decodes; bytes that are left over are an error.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    Ok(options().deserialize(bytes)?)
}

/// An envelope around what is written into it: kind, schema version, CRC-32 of the body, body. `room` is the length to expect, in bytes.
pub fn sealed(
    kind: Kind,
    version: u16,
    room: usize,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), CodecError>,
) -> Result<Vec<u8>, CodecError> {
    let mut out = Vec::with_capacity(HEAD + room);
    out.push(kind as u8);
    out.extend_from_slice(&version.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    write(&mut out)?;
    let sum = crc32fast::hash(&out[HEAD..]);
    out[HEAD - 4..HEAD].copy_from_slice(&sum.to_le_bytes());
    Ok(out)
}

/// Takes an envelope apart and checks it: the schema version and the body.
pub fn open(kind: Kind, newest: u16, bytes: &[u8]) -> Result<(u16, &[u8]), CodecError> {
    let Some((head, body)) = bytes.split_at_checked(HEAD) else { return Err(CodecError::CutOff(bytes.len())) };
    if head[0] != kind as u8 {
        return Err(CodecError::WrongKind { expected: kind, found: head[0] });
    }
    let version = u16::from_le_bytes([head[1], head[2]]);
    if version == 0 || version > newest {
        return Err(CodecError::UnknownVersion { found: version, newest });
    }
    let expected = u32::from_le_bytes([head[3], head[4], head[5], head[6]]);
    let found = crc32fast::hash(body);
    if found != expected {
        return Err(CodecError::Checksum { expected, found });
    }
    Ok((version, body))
}
