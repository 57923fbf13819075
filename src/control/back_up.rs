//! Back-ups over the socket: what one holds is fixed first, then its files are listed and read, a piece a call. A client that is slow
//! or goes away holds nothing up.

use super::desk::Visit;
use super::refuse::field;
use super::service::Outcome;
use crate::domain::definition::Right;
use crate::journal::Position;
use crate::protocol::system as shape;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::runtime::Runtime;
use crate::runtime::back_up::BackUpError;
use data_encoding::{BASE64, HEXLOWER};

/// Where a back-up that begins now ends.
pub fn get(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::Administer)?;
    let runtime = &visit.desk.runtime;
    let head = runtime.head();
    Ok(Outcome::reply(&shape::BackUp {
        installation: HEXLOWER.encode(&runtime.installation()),
        version: env!("CARGO_PKG_VERSION").into(),
        at: runtime.now().0,
        sequence: head.sequence as i64,
        head: head.to_string(),
        end: head.end.0 as i64,
    }))
}

/// The next files.
pub async fn list(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::Administer)?;
    let p: shape::ListBackUpFiles = visit.parameters()?;
    let end = position(p.end)?;
    let known = p.known.map(|known| u64::try_from(known).map_err(|_| field("known", "is negative"))).transpose()?;
    let (files, known) =
        on_disk(visit, "after", move |runtime| runtime.back_up_files(end, p.after.as_deref(), p.secret == Some(true), known)).await?;
    let shown = files.into_iter().map(|file| shape::BackUpFile {
        name: file.name,
        bytes: file.bytes as i64,
        written: file.written as i64,
        hash: file.hash,
        first: file.records.map(|(first, _)| first as i64),
        last: file.records.map(|(_, last)| last as i64),
    });
    Ok(Outcome::reply(&shape::BackUpFiles { files: shown.collect(), known_hash: known.map(|hash| HEXLOWER.encode(&hash)) }))
}

/// A piece of a file.
pub async fn read(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::Administer)?;
    let p: shape::ReadBackUpFile = visit.parameters()?;
    let end = position(p.end)?;
    let offset = u64::try_from(p.offset).map_err(|_| field("offset", "is negative"))?;
    let piece = on_disk(visit, "name", move |runtime| runtime.back_up_piece(end, &p.name, offset)).await?;
    Ok(Outcome::reply(&shape::BackUpPiece { content: BASE64.encode(&piece) }))
}

fn position(end: i64) -> Result<Position, ErrorReply> {
    match u64::try_from(end).map(Position) {
        Ok(end) if end.segment() > 0 => Ok(end),
        Ok(_) | Err(_) => Err(field("end", "is not where a back-up of this daemon ends; GetBackUp tells")),
    }
}

async fn on_disk<T: Send + 'static>(
    visit: &Visit<'_>,
    name: &'static str,
    read: impl FnOnce(&Runtime) -> Result<T, BackUpError> + Send + 'static,
) -> Result<T, ErrorReply> {
    let runtime = visit.desk.runtime.clone();
    let read = tokio::task::spawn_blocking(move || read(&runtime));
    read.await.map_err(|_| ErrorReply::new(INTERNAL))?.map_err(|error| refused(name, &error))
}

fn refused(name: &str, error: &BackUpError) -> ErrorReply {
    match error {
        BackUpError::NoSuchFile(_) => field(name, error),
        BackUpError::End(_) => field("end", error),
        BackUpError::Damaged { file, .. } | BackUpError::Io { file, .. } => {
            tracing::error!(%error, "a back-up cannot go on");
            ErrorReply::new("org.workorderd.Damaged").with("message", error.to_string()).with("file", file.as_str())
        }
    }
}
