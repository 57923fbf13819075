//! What a back-up takes from the data folder while the daemon goes on: the journal up to an end, attachments, and whose it is.
//!
//! Nothing is kept between two calls, and the writer is never asked for anything. All of it reads the disk: for blocking threads.

use super::attachments::{AttachmentError, PIECE_MAX};
use super::folder;
use super::handle::Runtime;
use crate::journal::{Position, ReadError, SegmentName};
use data_encoding::HEXLOWER;
use std::io;

/// Attachments of one answer.
const PAGE: usize = 500;

/// A file of a back-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackUpFile {
    pub name: String,
    pub bytes: u64,
    /// Behind these there are only zeros.
    pub written: u64,
    pub hash: String,
    /// First and last record of a segment.
    pub records: Option<(u64, u64)>,
}

/// Some files, and the chain hash of the record that was asked for if it is in them.
pub type Listed = (Vec<BackUpFile>, Option<[u8; 32]>);

/// Why a back-up cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum BackUpError {
    #[error("there is no file {0} of a back-up")]
    NoSuchFile(String),
    #[error("is not where a back-up of this daemon ends: {0}")]
    End(Box<ReadError>),
    #[error("{file} on the daemon's disk is damaged: {source}")]
    Damaged { file: String, source: Box<ReadError> },
    #[error("{file} on the daemon's disk cannot be read: {source}")]
    Io { file: String, source: io::Error },
}

enum Name {
    Installation,
    Secret,
    Segment(u32),
    Attachment(String),
}

fn parse(name: &str) -> Option<Name> {
    match name {
        "installation" => Some(Name::Installation),
        "secret" => Some(Name::Secret),
        _ => {
            if let Some(segment) = name.strip_prefix("journal/") {
                return SegmentName::parse(segment).map(|segment| Name::Segment(segment.0));
            }
            let (start, hash) = name.strip_prefix("attachments/")?.split_once('/')?;
            (hash.len() == 64 && hash.is_ascii() && *start == hash[..2]).then(|| Name::Attachment(hash.to_owned()))
        }
    }
}

fn segment_name(number: u32) -> String {
    format!("journal/{}", SegmentName(number))
}

fn read_error(file: String, source: ReadError) -> BackUpError {
    match source {
        ReadError::Beyond { .. } => BackUpError::End(Box::new(source)),
        ReadError::NotARecord { .. } | ReadError::Segment(_) => BackUpError::Damaged { file, source: Box::new(source) },
        ReadError::Io(error) => BackUpError::Io { file, source: error.source },
    }
}

impl Runtime {
    /// The files behind `after` of a back-up that ends at `end`; none: there are no more. A segment is read and checked, so it comes
    /// alone.
    ///
    /// # Errors
    /// See [`BackUpError`].
    pub fn back_up_files(&self, end: Position, after: Option<&str>, secret: bool, known: Option<u64>) -> Result<Listed, BackUpError> {
        let after = after.map(|name| parse(name).ok_or_else(|| BackUpError::NoSuchFile(name.to_owned()))).transpose()?;
        let durable = self.shared.reader.end();
        if end > durable {
            return Err(BackUpError::End(Box::new(ReadError::Beyond { position: end, end: durable })));
        }
        let segment = match after {
            None => {
                let mut files = vec![self.small("installation")?];
                if secret {
                    files.push(self.small("secret")?);
                }
                return Ok((files, None));
            }
            Some(Name::Installation | Name::Secret) => 1,
            Some(Name::Segment(number)) => number.saturating_add(1),
            Some(Name::Attachment(hash)) => return Ok((self.attachments_after(Some(&hash))?, None)),
        };
        if segment > end.segment() {
            return Ok((self.attachments_after(None)?, None));
        }
        let name = segment_name(segment);
        let image = self.shared.reader.image(segment, end, known).map_err(|error| read_error(name.clone(), error))?;
        let hash = HEXLOWER.encode(&image.hash);
        Ok((vec![BackUpFile { name, bytes: image.bytes, written: image.written, hash, records: image.records }], image.known))
    }

    /// A piece of a file; empty where it ends.
    ///
    /// # Errors
    /// See [`BackUpError`].
    pub fn back_up_piece(&self, end: Position, name: &str, offset: u64) -> Result<Vec<u8>, BackUpError> {
        let at = |source| BackUpError::Io { file: name.to_owned(), source };
        match parse(name).ok_or_else(|| BackUpError::NoSuchFile(name.to_owned()))? {
            file @ (Name::Installation | Name::Secret) => {
                let text = self.small_text(if matches!(file, Name::Secret) { "secret" } else { "installation" })?;
                Ok(text.into_bytes().into_iter().skip(usize::try_from(offset).unwrap_or(usize::MAX)).collect())
            }
            Name::Segment(number) => {
                self.shared.reader.piece(number, end, offset, PIECE_MAX).map_err(|error| read_error(name.to_owned(), error))
            }
            Name::Attachment(hash) => match self.shared.attachments.size(&hash) {
                None => Err(BackUpError::NoSuchFile(name.to_owned())),
                Some(_) => self.shared.attachments.piece(&hash, offset).map_err(|error| match error {
                    AttachmentError::Io(source) => at(source),
                    other => at(io::Error::other(other.to_string())),
                }),
            },
        }
    }

    fn attachments_after(&self, after: Option<&str>) -> Result<Vec<BackUpFile>, BackUpError> {
        let listed = self.shared.attachments.list(after, PAGE);
        let listed = listed.map_err(|source| BackUpError::Io { file: "attachments".to_owned(), source })?;
        let file = |(hash, bytes): (String, u64)| BackUpFile {
            name: format!("attachments/{}/{hash}", &hash[..2]),
            bytes,
            written: bytes,
            hash,
            records: None,
        };
        Ok(listed.into_iter().map(file).collect())
    }

    fn small_text(&self, name: &str) -> Result<String, BackUpError> {
        match name {
            "secret" => folder::read_secret(self.shared.marker.folder())
                .map(|secret| HEXLOWER.encode(&secret) + "\n")
                .map_err(|error| BackUpError::Io { file: name.to_owned(), source: io::Error::other(error.to_string()) }),
            _ => Ok(HEXLOWER.encode(&self.shared.installation) + "\n"),
        }
    }

    fn small(&self, name: &str) -> Result<BackUpFile, BackUpError> {
        let text = self.small_text(name)?;
        let bytes = text.len() as u64;
        let hash = blake3::hash(text.as_bytes()).to_hex().to_string();
        Ok(BackUpFile { name: name.to_owned(), bytes, written: bytes, hash, records: None })
    }
}
