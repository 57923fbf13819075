//! Bytes of keys, journal records and stored rows: bincode inside an envelope (kind, schema version, checksum).
//!
//! bincode reads neither old bytes into a longer struct nor newer bytes safely, so each schema version is a frozen struct
//! with a `From`; golden files in the tests hold the bytes. A change of any stored type is a new version here.

pub mod envelope;
pub mod key;
pub mod record;
pub mod row;

pub use envelope::CodecError;
pub use record::{Asked, RecordParts, StepBody};
pub use row::{Row, StateBytes};
