//! Attachments come in and go out, a piece a call. What a field names must be here before.

use super::desk::Visit;
use super::refuse::{self, field};
use super::service::Outcome;
use super::work_orders;
use crate::domain::definition::Right;
use crate::domain::definition::evaluation::Answer;
use crate::domain::may::Layout;
use crate::domain::rejection::Rejection;
use crate::engine::cell::Refusal;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::protocol::work_orders as shape;
use crate::runtime::attachments::{AttachmentError, BEGUN_MAX, PIECE_MAX};
use data_encoding::BASE64;
use std::io::ErrorKind;
use std::sync::Arc;

/// Characters of the client's name for what it brings.
const UPLOAD_MAX: usize = 64;

/// A piece of what somebody brings.
pub(super) struct Piece {
    /// What one brings is nobody else's: who it is, and what they call it.
    key: String,
    pub offset: u64,
    pub content: Vec<u8>,
    pub last: bool,
}

/// Checks a piece.
pub(super) fn piece(who: &str, p: &shape::BringAttachment) -> Result<Piece, ErrorReply> {
    if p.upload.is_empty() || p.upload.len() > UPLOAD_MAX || !p.upload.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(field("upload", format!("is not 1 to {UPLOAD_MAX} printable ASCII characters")));
    }
    let offset = u64::try_from(p.offset).map_err(|_| field("offset", "is negative"))?;
    let content = BASE64.decode(p.content.as_bytes()).map_err(|problem| field("content", format!("is not base64: {problem}")))?;
    if content.len() > PIECE_MAX {
        return Err(field("content", format!("has {} bytes, a piece has at most {PIECE_MAX}", content.len())));
    }
    Ok(Piece { key: format!("{who}\n{}", p.upload), offset, content, last: p.last })
}

/// Takes a piece; begins no other where so many are being brought.
pub(super) async fn take(visit: &Visit<'_>, piece: Piece, begun_max: usize) -> Result<shape::AttachmentBrought, ErrorReply> {
    let Piece { key, offset, content, last } = piece;
    let attachments = Arc::clone(visit.desk.runtime.attachments());
    if let Err(refusal) = visit.desk.runtime.need_room() {
        // What was begun gives its room back.
        let _ = tokio::task::spawn_blocking(move || attachments.forget(&key)).await;
        return Err(refuse::refusal(refusal));
    }
    let moment = visit.desk.runtime.moment();
    let taken = tokio::task::spawn_blocking(move || {
        let received = attachments.take(&key, offset, &content, moment.at, begun_max)?;
        let finished = last.then(|| attachments.finish(&key, moment)).transpose()?;
        Ok((received, finished))
    });
    let (received, finished) = taken.await.map_err(|_| ErrorReply::new(INTERNAL))?.map_err(|error| refused(visit, error))?;
    let (hash, size) = finished.map(|(hash, size)| (hash, size as i64)).unzip();
    Ok(shape::AttachmentBrought { received: received as i64, hash, size })
}

/// Takes a piece of an attachment of the staff.
pub async fn bring(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let piece = piece(&visit.principal.key(), &visit.parameters()?)?;
    Ok(Outcome::reply(&take(visit, piece, BEGUN_MAX).await?))
}

/// Gives a piece, if the Work Order names the attachment.
pub async fn read(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ReadAttachment = visit.parameters()?;
    let offset = u64::try_from(p.offset.unwrap_or(0)).map_err(|_| field("offset", "is negative"))?;
    let entity = work_orders::read(visit, &p.number).await?;
    let order = entity.state.as_ref().and_then(|s| s.work_order()).ok_or_else(|| ErrorReply::new(INTERNAL))?;
    let named = visit.judge(|cx| {
        let layout = Layout::of(Some(&order.record_type), cx);
        let shown = order.fields.iter().filter(|(name, _)| !layout.hides(name)).flat_map(|(_, value)| value.files());
        let photos = order.evaluations.iter().flat_map(|evaluation| &evaluation.answers).flat_map(Answer::files);
        // Where its name was erased, there is nothing of it for this Work Order, whoever else has the same content.
        shown.chain(photos).find(|file| *file.hash == *p.hash && file.name.0.is_some()).cloned()
    });
    let Some(file) = named else {
        return Err(refuse::rejection(&Rejection::NotFound { what: "attachment", id: p.hash.chars().take(64).collect() }));
    };
    let attachments = Arc::clone(visit.desk.runtime.attachments());
    let hash = file.hash.clone();
    let read = tokio::task::spawn_blocking(move || attachments.piece(&hash, offset));
    let piece = read.await.map_err(|_| ErrorReply::new(INTERNAL))?.map_err(|error| refused(visit, error))?;
    let next = offset.saturating_add(piece.len() as u64);
    Ok(Outcome::reply(&shape::AttachmentRead {
        content: BASE64.encode(&piece),
        size: file.size as i64,
        media_type: file.media_type.to_string(),
        name: file.name.shown().into(),
        next: (next < file.size && !piece.is_empty()).then_some(next as i64),
    }))
}

fn refused(visit: &Visit<'_>, error: AttachmentError) -> ErrorReply {
    match &error {
        AttachmentError::TooLong | AttachmentError::Empty => field("content", &error),
        AttachmentError::Gap { .. } => field("offset", &error),
        AttachmentError::TooMany { most } => refuse::rejection(&Rejection::TooMany { what: "attachments at a time", limit: *most }),
        AttachmentError::Io(failed) if matches!(failed.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
            let space = visit.desk.runtime.space();
            refuse::refusal(Refusal::DiskNearlyFull { free: space.free, reserve: space.reserve })
        }
        AttachmentError::Going => ErrorReply::new("org.workorderd.Busy").with("message", error.to_string()),
        AttachmentError::Damaged { .. } | AttachmentError::Io(_) => {
            // No step is lost by it, so the daemon goes on; nothing was changed.
            tracing::error!(%error, "an attachment cannot be stored or read");
            ErrorReply::new("org.workorderd.Busy").with("message", error.to_string())
        }
    }
}
