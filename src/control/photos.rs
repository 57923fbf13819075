//! Photos that answer a question of an evaluation (EVA-1): brought through a link, a piece a call, and then named by the answer.
//!
//! Keeps: whoever has a link brings photos and nothing else, and no more than the questions of that link can need; all links together
//! bring no more in a day than the room that is set aside for them. What no answer names goes after a day, like all attachments.

use super::attachments::{self, Piece};
use super::desk::Visit;
use super::guest;
use super::refuse::{self, field};
use super::service::Outcome;
use crate::domain::definition::evaluation::{EvaluationTemplate, FieldKind, GivenAnswer, PHOTO_SIZE_MAX, PHOTO_TYPES, Said};
use crate::domain::form::value::StoredFile;
use crate::domain::ids::{InvitationNo, WorkOrderId};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText};
use crate::protocol::guest as shape;
use crate::protocol::varlink::ErrorReply;
use crate::protocol::work_orders;
use crate::runtime::attachments::{BEGUN_MAX, HEAD_BYTES};
use crate::runtime::naming::Naming;
use std::cell::RefCell;
use std::collections::HashMap;

/// Characters of the name of a photo.
const NAME_MAX: usize = 200;
/// How often as many photos as a link's questions take may be begun through it, until they are named or a day has passed: phones lose
/// their connection, and people change their minds.
const TRIES: u32 = 5;
/// Bytes of photos that no answer names yet, through all links, in a day.
const UNNAMED_MAX: u64 = 2 << 30;
const DAY_MS: u64 = 86_400_000;

/// What came through links and is named by no answer yet.
#[derive(Debug, Default)]
pub struct Brought {
    day: u64,
    begun: HashMap<(WorkOrderId, InvitationNo), u32>,
    bytes: u64,
}

impl Brought {
    /// Begins another one through a link. `now` in milliseconds, and only ahead.
    ///
    /// # Errors
    /// There were too many; in how many milliseconds it is tried again.
    fn begin(&mut self, link: (WorkOrderId, InvitationNo), most: u32, now: u64) -> Result<(), u64> {
        if now / DAY_MS != self.day {
            *self = Self { day: now / DAY_MS, ..Self::default() };
        }
        let begun = self.begun.get(&link).copied().unwrap_or_default();
        if begun >= most || self.bytes >= UNNAMED_MAX {
            return Err(DAY_MS - now % DAY_MS);
        }
        self.begun.insert(link, begun + 1);
        Ok(())
    }

    fn finished(&mut self, bytes: u64) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// An evaluation came through a link, and names so many bytes.
    fn named(&mut self, link: (WorkOrderId, InvitationNo), bytes: u64) {
        self.begun.remove(&link);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

/// What all sockets share about photos that come through links.
#[derive(Debug, Default)]
pub struct Photos(RefCell<Brought>);

impl Photos {
    /// An evaluation with these answers came through a link.
    pub fn named(&self, link: (WorkOrderId, InvitationNo), answers: &[GivenAnswer]) {
        let size = |(_, said): &GivenAnswer| match said {
            Said::Photo(file) => file.size,
            Said::Text(_) => 0,
        };
        self.0.borrow_mut().named(link, answers.iter().map(size).sum());
    }
}

/// Takes a piece of a photo through a link.
pub async fn bring(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::BringPhoto = visit.parameters()?;
    let (entity, order, no) = guest::open(visit, &p.token).await?;
    let template = guest::asks_for(visit, &entity, no)?;
    let most: u32 = template.as_ref().map(photos_of).unwrap_or_default();
    if most == 0 {
        return Err(field("token", "the link is to an evaluation that asks for no photo"));
    }
    let brought = work_orders::BringAttachment { upload: p.upload, offset: p.offset, content: p.content, last: p.last };
    let piece = attachments::piece(&format!("link\n{order}\n{}", no.0), &brought)?;
    check(&piece)?;
    let photos = &visit.desk.portal.photos;
    if piece.offset == 0 {
        let begun = photos.0.borrow_mut().begin((order, no), most.saturating_mul(TRIES), visit.desk.runtime.uptime_ms());
        begun.map_err(|wait| super::portal::too_many("no more photos can be brought through this link", wait))?;
    }
    // The staff can bring theirs, however many come through links.
    let taken = attachments::take(visit, piece, BEGUN_MAX / 2).await?;
    if let Some(size) = taken.size.and_then(|size| u64::try_from(size).ok()) {
        photos.0.borrow_mut().finished(size);
    }
    Ok(Outcome::reply(&taken))
}

fn photos_of(template: &EvaluationTemplate) -> u32 {
    let most = |kind: &FieldKind| match kind {
        FieldKind::Photos { max } => u32::from(*max),
        FieldKind::Rating { .. } | FieldKind::Text | FieldKind::Choice { .. } | FieldKind::YesNo => 0,
    };
    template.fields.iter().map(|field| most(&field.kind)).sum()
}

/// What is plainly no photo is not taken at all; when it is named, it is looked at once more.
fn check(piece: &Piece) -> Result<(), ErrorReply> {
    if piece.offset + piece.content.len() as u64 > PHOTO_SIZE_MAX {
        return Err(field("content", format!("a photo has at most {} MiB", PHOTO_SIZE_MAX >> 20)));
    }
    if piece.offset == 0 && media_type(&piece.content).is_none() {
        let known = PHOTO_TYPES.map(|kind| kind.trim_start_matches("image/")).join(", ");
        return Err(field("content", format!("is no photo that is taken here; {known} are")));
    }
    Ok(())
}

/// What a photo is, by its first bytes.
fn media_type(content: &[u8]) -> Option<&'static str> {
    let head = &content[..content.len().min(HEAD_BYTES as usize)];
    let found = infer::get(head)?.mime_type();
    PHOTO_TYPES.into_iter().find(|known| *known == found)
}

/// An answer as the domain takes it: of a photo, what has been brought.
pub(super) fn answer(name: String, value: String, photo: Option<shape::Photo>, naming: &mut Naming) -> Result<GivenAnswer, ErrorReply> {
    let Some(photo) = photo else { return Ok((name.into(), Said::Text(value.into()))) };
    let wrong = |problem: &str| refuse::rejection(&Rejection::answer(&name, problem));
    let size = naming.name(&photo.hash).ok_or_else(|| wrong("there is no photo of that hash; bring it first (BringPhoto)"))?;
    let media_type = naming.head(&photo.hash).as_deref().and_then(media_type).unwrap_or("application/octet-stream");
    let told = text::line("name", &photo.name, NAME_MAX).map_err(|rejection| wrong(&rejection.to_string()))?;
    let file = StoredFile { hash: photo.hash.into(), size, media_type: media_type.into(), name: PersonalText(Some(told)) };
    Ok((name.into(), Said::Photo(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(n: u16) -> (WorkOrderId, InvitationNo) {
        (WorkOrderId(7), InvitationNo(n))
    }

    #[test]
    fn a_link_brings_so_many_until_they_are_named_or_the_day_is_over() {
        let mut brought = Brought::default();
        for _ in 0..15 {
            assert_eq!(brought.begin(link(1), 15, 1_000), Ok(()));
        }
        assert_eq!(brought.begin(link(1), 15, 2_000), Err(DAY_MS - 2_000));
        assert_eq!(brought.begin(link(2), 15, 2_000), Ok(()));
        brought.named(link(1), 0);
        assert_eq!(brought.begin(link(1), 15, 2_000), Ok(()));
        assert_eq!(brought.begin(link(1), 1, DAY_MS), Ok(()));
    }

    #[test]
    fn all_links_together_bring_no_more_than_there_is_room_for() {
        let mut brought = Brought::default();
        for n in 0..1_000 {
            if brought.begin(link(n), 5, 0).is_ok() {
                brought.finished(PHOTO_SIZE_MAX);
            }
        }
        assert_eq!(brought.bytes, UNNAMED_MAX);
        brought.named(link(1), PHOTO_SIZE_MAX);
        assert_eq!(brought.begin(link(2_000), 5, 0), Ok(()));
    }

    #[test]
    fn photos_are_told_from_all_else_by_what_is_in_them() {
        assert_eq!(media_type(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"), Some("image/jpeg"));
        assert_eq!(media_type(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), Some("image/png"));
        assert_eq!(media_type(b"RIFF\x24\x00\x00\x00WEBPVP8 "), Some("image/webp"));
        assert_eq!(media_type(b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), Some("image/heif"));
        for other in [&b"<svg onload=alert(1)>"[..], b"%PDF-1.7", b"GIF89a", b"MZ", b"", b"\xff"] {
            assert_eq!(media_type(other), None, "{other:?}");
        }
    }
}
