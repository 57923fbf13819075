//! A journal that was put together elsewhere is proven before it is used: the whole chain, whose it is, and where it ends.

use crate::journal::{Head, Journal, JournalError, Options, Storage, verify_chain};
use data_encoding::HEXLOWER;
use std::sync::Arc;

/// Any size will do: nothing is written behind the last record here.
const SEGMENT_BYTES: u32 = 64 << 20;

/// Why it is not what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    #[error("the journal is not whole: {0}")]
    Journal(#[from] JournalError),
    #[error("the journal ends with head {found}, and {wanted} was promised: something was altered")]
    Head { found: String, wanted: String },
    #[error("the journal is of installation {found}, and {wanted} was promised")]
    Installation { found: String, wanted: String },
}

/// Proves a journal, and makes its head mark.
///
/// # Errors
/// See [`ProveError`].
pub fn prove(storage: Arc<dyn Storage>, installation: &[u8; 16], head: &str) -> Result<Head, ProveError> {
    let verified = verify_chain(Arc::clone(&storage), &mut |_| Ok(()))?;
    if verified.installation != *installation {
        let [found, wanted] = [&verified.installation, installation].map(|id| HEXLOWER.encode(id));
        return Err(ProveError::Installation { found, wanted });
    }
    if verified.head.to_string() != head || verified.torn.is_some() {
        return Err(ProveError::Head { found: verified.head.to_string(), wanted: head.to_owned() });
    }
    // Opening it makes the mark.
    let options = Options { segment_bytes: SEGMENT_BYTES, installation: *installation, epoch: 1 };
    drop(Journal::open(storage, options, None, &mut |_| Ok(()))?);
    Ok(verified.head)
}
