//! Wiping the torn tail, so that stale records never come back behind new ones.
//! Invariant: a file named after the cut stands before the first byte is wiped and goes only after the wipe is
//! durable; so a wipe whose fsync failed (it then reads as done without being on disk) is done again at the next open.
//! What counts as torn is left to `walk`.

use std::io;

use super::error::IoFailure;
use super::position::SegmentName;
use super::storage::{Storage, write_zeros};
use super::walk::Tail;

/// Bytes to wipe in one segment; as a file name `cut.<segment>.<from>.<to>.tmp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut {
    segment: u32,
    from: u32,
    to: u32,
}

impl Cut {
    fn parse(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix("cut.")?.strip_suffix(".tmp")?.split('.').map(|part| part.parse().ok());
        Some(Cut { segment: parts.next()??, from: parts.next()??, to: parts.next()?? })
    }

    fn name(&self) -> String {
        format!("cut.{}.{}.{}.tmp", self.segment, self.from, self.to)
    }
}

/// Wipes what is torn, and what an earlier open began to wipe (`leftovers` of the folder). Returns the file names
/// that the caller has to remove.
pub(super) fn wipe(storage: &dyn Storage, leftovers: &[String], tail: &Tail) -> Result<Vec<String>, IoFailure> {
    let mut names = leftovers.to_vec();
    if let Some(torn) = tail.torn {
        let cut = Cut { segment: torn.segment.0, from: torn.offset, to: torn.offset + torn.bytes };
        match storage.create(&cut.name()) {
            Ok(_) => names.push(cut.name()),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(IoFailure::of("create", cut.name())(e)),
        }
        storage.sync_dir().map_err(IoFailure::of("sync", "."))?;
    }
    for cut in names.iter().filter_map(|name| Cut::parse(name)) {
        let segment = SegmentName(cut.segment);
        // Never before the end: records are only ever written once no cut is left over.
        let end = match cut.segment {
            s if s == tail.end.segment() => tail.end.offset(),
            s if Some(s) == tail.spare => super::segment::SEGMENT_HEADER,
            _ => continue,
        };
        let file = storage.open(&segment.to_string(), true).map_err(IoFailure::of("open", segment))?;
        let length = file.len().map_err(IoFailure::of("measure", segment))?;
        let (from, to) = (cut.from.max(end), u64::from(cut.to).min(length));
        write_zeros(file.as_ref(), from.into(), to, false).map_err(IoFailure::of("write", segment))?;
        file.sync_data().map_err(IoFailure::of("sync", segment))?;
    }
    Ok(names)
}
