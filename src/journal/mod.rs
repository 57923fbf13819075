//! The journal: the one durable truth, an append-only chain of records in preallocated segments.
//! Kept here: what was acknowledged is on disk, in order and unaltered; a crash tears at most the last group,
//! and everything else that is not as it was written is damage, named by segment file, offset and sequence.
//! Left to others: what the bytes mean, time, threads, logging, and a lock against two daemons in one folder.

mod append;
mod archive;
mod check;
mod copy;
mod cut;
mod erase;
mod error;
mod mark;
mod open;
mod part;
mod position;
mod prepare;
mod reader;
mod real;
mod rebuild;
mod record;
mod salvage;
mod segment;
mod storage;
mod view;
mod walk;
mod window;

pub use append::{Appended, Head, Journal};
pub use archive::{Archive, ArchiveError, Archived, WithArchive, archive_of};
pub use check::{Found, Verified, scan_all, verify_chain};
pub use copy::Image;
pub use erase::Erase;
pub use error::{AppendError, Damage, Flaw, IoFailure, JournalError, ReadError, VisitError, Why, Witness};
pub use open::{Checkpoint, OpenReport, Options};
pub use part::{Personal, Value};
pub use position::{Position, SegmentName};
pub use prepare::{Preparation, Prepared};
pub use reader::{Reader, Records};
pub use real::RealStorage;
pub use rebuild::{Given, Rebuild, RebuildError};
pub use record::{Entry, MAX_KEY, MAX_RECORD, Previous, Record};
pub use salvage::{Whole, copy_whole, installation_of};
pub use storage::{Storage, StorageFile};
pub use walk::Torn;
