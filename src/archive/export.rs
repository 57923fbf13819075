//! `workorderd export`: everything in a data folder as lines of JSON, once its chain is proven record by record.

use super::building::{BuildingError, at};
use super::line::{AttachmentLine, EndLine, FORMAT, First, Line, SegmentLine, VERSION, record_line};
use crate::journal::{JournalError, Storage, Verified, WithArchive, verify_chain};
use crate::runtime::attachments;
use crate::runtime::folder::{self, FolderError};
use data_encoding::{BASE64, HEXLOWER};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of an attachment in one line.
const PIECE: u64 = 384 << 10;

/// Why a data folder cannot be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{0}; for an export while it runs: `workorderctl backup`, `workorderd restore`, and export what was restored")]
    InUse(FolderError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the journal is not whole: {0}")]
    Journal(#[from] JournalError),
    #[error("the export cannot be written: {0}")]
    Output(#[from] io::Error),
    #[error("{0} is there already; name a new file")]
    Exists(PathBuf),
    #[error("attachment {hash} is damaged: its content is not what its hash says; restore it from a back-up")]
    Attachment { hash: String },
    #[error(transparent)]
    Read(#[from] BuildingError),
}

/// Exports a data folder that no daemon uses, into a new file or to standard output.
///
/// # Errors
/// See [`ExportError`]. A file that was begun is removed.
pub fn export(dir: &Path, to: Option<&Path>, with_secret: bool) -> Result<Verified, ExportError> {
    let Some(to) = to else {
        let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
        let verified = export_to(dir, &mut out, with_secret)?;
        out.flush()?;
        return Ok(verified);
    };
    if to.exists() {
        return Err(ExportError::Exists(to.to_owned()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&part).map_err(at(&part))?;
    let write = || {
        let mut out = BufWriter::with_capacity(1 << 20, file);
        let verified = export_to(dir, &mut out, with_secret)?;
        out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        std::fs::rename(&part, to)?;
        Ok(verified)
    };
    let written = write();
    if written.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    written
}

/// Exports a data folder that no daemon uses.
///
/// # Errors
/// See [`ExportError`].
pub fn export_to(dir: &Path, out: &mut dyn Write, with_secret: bool) -> Result<Verified, ExportError> {
    let journal = dir.join("journal");
    let storage = WithArchive::existing(dir).map_err(at(&journal))?;
    let _lock = folder::lock_existing(dir).map_err(|error| match error {
        error @ FolderError::InUse { .. } => ExportError::InUse(error),
        other => ExportError::Folder(other),
    })?;
    let secret = with_secret.then(|| folder::read_secret(dir)).transpose()?;
    let installation = folder::installation_of(dir)?;
    first_lines(&installation, secret.as_ref(), out)?;
    let verified = export_journal(Arc::new(storage), out)?;
    let attachments = export_attachments(&dir.join("attachments"), out)?;
    last_line(&verified, attachments, out)?;
    Ok(verified)
}

/// The lines before the journal.
///
/// # Errors
/// The output cannot be written.
pub fn first_lines(installation: &[u8; 16], secret: Option<&[u8; 32]>, out: &mut dyn Write) -> io::Result<()> {
    let program = env!("CARGO_PKG_VERSION").into();
    write(out, &First { format: FORMAT.into(), format_version: VERSION, program, installation: HEXLOWER.encode(installation) })?;
    secret.map_or(Ok(()), |secret| write(out, &Line::Secret(HEXLOWER.encode(secret))))
}

/// The line behind all others.
///
/// # Errors
/// The output cannot be written.
pub fn last_line(verified: &Verified, attachments: u64, out: &mut dyn Write) -> io::Result<()> {
    let head = verified.head;
    write(out, &Line::End(EndLine { records: head.sequence, attachments, head: head.to_string() }))
}

/// The lines of a journal.
///
/// # Errors
/// It is not whole, or the output cannot be written.
pub fn export_journal(storage: Arc<dyn Storage>, out: &mut dyn Write) -> Result<Verified, ExportError> {
    let mut segment = 0;
    let mut failed = None;
    let files = Arc::clone(&storage);
    let verified = verify_chain(storage, &mut |record| {
        let name = record.position().file();
        let written = (|| {
            if name.0 != segment {
                segment = name.0;
                let bytes = files.open(&name.to_string(), false)?.len()?;
                write(out, &Line::Segment(SegmentLine { number: segment, bytes }))?;
            }
            write(out, &Line::Record(Box::new(record_line(&record))))
        })();
        written.map_err(|error: io::Error| {
            failed = Some(error);
            "the export cannot be written".into()
        })
    });
    match failed {
        Some(error) => Err(ExportError::Output(error)),
        None => Ok(verified?),
    }
}

fn export_attachments(folder: &Path, out: &mut dyn Write) -> Result<u64, ExportError> {
    if !folder.exists() {
        return Ok(0);
    }
    let mut after: Option<String> = None;
    let mut count = 0;
    loop {
        let page = attachments::list(folder, after.as_deref(), 500).map_err(at(folder))?;
        if page.is_empty() {
            return Ok(count);
        }
        for (hash, bytes) in page {
            let path = folder.join(&hash[..2]).join(&hash);
            let mut file = File::open(&path).map_err(at(&path))?;
            let (mut offset, mut hasher) = (0, blake3::Hasher::new());
            loop {
                let mut piece = Vec::new();
                (&mut file).take(PIECE).read_to_end(&mut piece).map_err(at(&path))?;
                if piece.is_empty() {
                    break;
                }
                hasher.update(&piece);
                let content = BASE64.encode(&piece);
                write(out, &Line::Attachment(AttachmentLine { hash: hash.clone(), bytes, offset, content }))?;
                offset += piece.len() as u64;
            }
            if hasher.finalize().to_hex().as_str() != hash || offset != bytes {
                return Err(ExportError::Attachment { hash });
            }
            count += 1;
            after = Some(hash);
        }
    }
}

fn write(out: &mut dyn Write, line: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
