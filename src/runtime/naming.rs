//! Which attachments steps are about to name, which no step has named yet, and which are going. Content goes only when nobody is about
//! to name it and the history does not: whoever removes it keeps it from being named first, and then reads the history.
//!
//! That content is not named yet stands in a file of its own, `attachments/unnamed/HASH`, synced before the content has its place:
//! since when, and where the journal ended then. What has no such file is named, or was once.

use super::attachments::Attachments;
use crate::domain::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// When something was brought: the time, and where the journal ended. A step that names it lies behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    pub at: Timestamp,
    pub position: u64,
}

/// All that is known of names.
#[derive(Debug, Default)]
pub struct Names {
    folder: PathBuf,
    held: HashMap<String, usize>,
    going: BTreeSet<String>,
    unnamed: BTreeMap<String, Moment>,
}

impl Names {
    /// Of a folder of attachments.
    ///
    /// # Errors
    /// It cannot be read or written.
    pub fn open(attachments: &Path) -> io::Result<Self> {
        let folder = attachments.join("unnamed");
        DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        let mut unnamed = BTreeMap::new();
        for entry in fs::read_dir(&folder)? {
            let Ok(hash) = entry?.file_name().into_string() else { continue };
            let text = fs::read_to_string(folder.join(&hash))?;
            let mut words = text.split_whitespace().map(str::parse);
            // A file that was cut off: from the beginning of time, and of the journal.
            let moment = match (words.next(), words.next()) {
                (Some(Ok(at)), Some(Ok(position))) => Moment { at: Timestamp(at), position: position as u64 },
                _ => Moment::default(),
            };
            unnamed.insert(hash, moment);
        }
        Ok(Self { folder, held: HashMap::new(), going: BTreeSet::new(), unnamed })
    }

    /// Content gets its place that had none: no step names it yet.
    pub fn brought(&mut self, hash: &str, moment: Moment) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.folder.join(hash))?;
        file.write_all(format!("{} {}\n", moment.at.0, moment.position).as_bytes())?;
        file.sync_all()?;
        File::open(&self.folder)?.sync_all()?;
        self.unnamed.insert(hash.to_owned(), moment);
        Ok(())
    }

    /// It was brought once more: it waits for its name anew. (Steps that name it may lie before this moment.)
    pub fn brought_again(&mut self, hash: &str, at: Timestamp) {
        if let Some(moment) = self.unnamed.get_mut(hash) {
            moment.at = moment.at.max(at);
        }
    }

    /// A step names it, or there is nothing of it.
    pub fn forget(&mut self, hash: &str) {
        if self.unnamed.remove(hash).is_some()
            && let Err(error) = fs::remove_file(self.folder.join(hash))
        {
            // The next look finds that it is named.
            tracing::debug!(%error, hash, "what says that an attachment is not named could not be removed");
        }
    }

    /// Somebody is about to name it; not while it is going.
    pub fn hold(&mut self, hash: &str) -> bool {
        let free = !self.is_going(hash);
        if free {
            *self.held.entry(hash.to_owned()).or_default() += 1;
        }
        free
    }

    /// They have, or have not.
    pub fn release(&mut self, hash: &str) {
        if let Some(count) = self.held.get_mut(hash) {
            *count -= 1;
            if *count == 0 {
                self.held.remove(hash);
            }
        }
    }

    /// From now on nobody names it; not while somebody is about to.
    pub fn let_go(&mut self, hash: &str) -> bool {
        let free = !self.held.contains_key(hash) || mutant!("attachment-goes-while-it-is-named");
        if free {
            self.going.insert(hash.to_owned());
        }
        free
    }

    /// It can be named again, or brought.
    pub fn gone(&mut self, hash: &str) {
        self.going.remove(hash);
    }

    /// Whether it is going.
    pub fn is_going(&self, hash: &str) -> bool {
        self.going.contains(hash)
    }

    /// What waits for its name since before a time, each with where the journal ended when it was brought first.
    pub fn unnamed_before(&self, at: Timestamp) -> Vec<(String, u64)> {
        self.unnamed.iter().filter(|(_, moment)| moment.at < at).map(|(hash, moment)| (hash.clone(), moment.position)).collect()
    }
}

/// Attachments that a call is about to name. Without a word of how it ended, they stay held: the step may still come.
#[derive(Debug)]
pub struct Naming {
    attachments: Arc<Attachments>,
    hashes: Vec<String>,
    submitted: bool,
}

impl Naming {
    /// Of a call.
    pub fn new(attachments: &Arc<Attachments>) -> Self {
        Self { attachments: Arc::clone(attachments), hashes: Vec::new(), submitted: false }
    }

    /// Is about to name this; its size, if it is there.
    pub fn name(&mut self, hash: &str) -> Option<u64> {
        let size = self.attachments.hold(hash)?;
        self.hashes.push(hash.to_owned());
        Some(size)
    }

    /// The beginning of what it is about to name.
    pub fn head(&self, hash: &str) -> Option<Vec<u8>> {
        self.attachments.head(hash).ok()
    }

    /// The step is on its way.
    pub fn submitted(&mut self) {
        self.submitted = true;
    }

    /// The step is durable: all of them are named.
    pub fn named(mut self) {
        self.attachments.named(&self.hashes);
        self.submitted = false;
    }

    /// There is no step, and there will be none.
    pub fn refused(mut self) {
        self.submitted = false;
    }
}

impl Drop for Naming {
    fn drop(&mut self) {
        if !self.submitted {
            self.attachments.release(&self.hashes);
        }
    }
}
