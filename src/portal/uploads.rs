//! A form that comes with photos (`multipart/form-data`): each photo goes to the daemon piece by piece as it comes in, and none is held here.
//!
//! Keeps: nothing is read of a form whose link asks for no photos; and how much is read has an end, in bytes and in time.

use super::answers::{FILE, Filled};
use super::route::{Daemon, Trouble};
use crate::protocol::guest::{BringPhoto, Field, Show, Shown};
use crate::protocol::work_orders::AttachmentBrought;
use data_encoding::BASE64;
use http_body_util::BodyDataStream;
use hyper::body::{Body, Bytes, Frame, Incoming};
use multer::{Constraints, Multipart, SizeLimit};
use std::error::Error;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

/// Most bytes of a form with its photos.
const FORM_MAX: u64 = 64 << 20;
/// Most bytes of all texts in it.
const TEXT_MAX: usize = 64 << 10;
/// Bytes of a piece that goes to the daemon.
const PIECE: usize = 384 << 10;
/// Most bytes that come in without anything being made of them: the head of a part, say.
const UNUSED_MAX: usize = 256 << 10;
/// How long nothing may come in.
const SILENCE: Duration = Duration::from_secs(20);
/// Characters of the name of a photo that are kept.
const NAME_MAX: usize = 100;

/// What came in.
#[derive(Debug, Clone, Default)]
pub struct Uploaded {
    pub filled: Filled,
    /// A question whose photos were no photos, too large, or too many.
    pub wrong: Option<String>,
}

impl From<Filled> for Uploaded {
    fn from(filled: Filled) -> Self {
        Self { filled, wrong: None }
    }
}

/// Why it was not taken: what is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It makes no sense, or stopped in the middle.
    Bad,
    TooLarge,
    TooSlow,
    Later,
}

/// Reads a form; nothing of it where the link asks for no photos.
pub async fn take(
    daemon: &Daemon,
    token: &str,
    content_type: &str,
    body: Incoming,
    new_id: impl Fn() -> String,
) -> Result<Uploaded, Refused> {
    let shows = Show { token: token.to_owned(), language: None };
    let shown: Result<Shown, Trouble> = call(daemon, "Show", shows).await?;
    let fields: Vec<Field> = match shown {
        Ok(shown) if shown.open => shown.fields.into_iter().filter(|field| field.kind == "photos").collect(),
        // What is wrong with the link is told by who answers.
        Ok(_) | Err(_) => return Ok(Uploaded::default()),
    };
    if fields.is_empty() {
        return Err(Refused::Bad);
    }
    let boundary = multer::parse_boundary(content_type).map_err(|_| Refused::Bad)?;
    let limits = Constraints::new().size_limit(SizeLimit::new().whole_stream(FORM_MAX));
    let unused = Arc::new(AtomicUsize::new(0));
    let paced = Paced { body, waits: false, unused: Arc::clone(&unused) };
    let mut form = Multipart::with_constraints(BodyDataStream::new(paced), boundary, limits);
    let mut reading = Reading { daemon, token, uploaded: Uploaded::default(), texts: 0, unused };
    while let Some(part) = reading.next(form.next_field()).await? {
        let name = part.name().unwrap_or_default().to_owned();
        match name.strip_prefix(FILE).and_then(|name| fields.iter().find(|field| field.name == name)) {
            Some(field) => reading.photo(field, part, new_id()).await?,
            None => reading.text(&name, part).await?,
        }
    }
    Ok(reading.uploaded)
}

struct Reading<'a> {
    daemon: &'a Daemon,
    token: &'a str,
    uploaded: Uploaded,
    texts: usize,
    unused: Arc<AtomicUsize>,
}

impl Reading<'_> {
    /// Waits for what comes next, and says that it was made use of.
    async fn next<T>(&self, comes: impl Future<Output = multer::Result<T>>) -> Result<T, Refused> {
        let come = in_time(comes).await;
        self.unused.store(0, Ordering::Relaxed);
        come
    }

    async fn text(&mut self, name: &str, mut part: multer::Field<'_>) -> Result<(), Refused> {
        let mut text = Vec::new();
        while let Some(chunk) = self.next(part.chunk()).await? {
            self.texts += chunk.len();
            if self.texts > TEXT_MAX {
                return Err(Refused::TooLarge);
            }
            text.extend_from_slice(&chunk);
        }
        self.uploaded.filled.take(name, &String::from_utf8_lossy(&text));
        Ok(())
    }

    /// What is no photo is read to its end, so that the rest of the form is not lost.
    async fn photo(&mut self, field: &Field, mut part: multer::Field<'_>, upload: String) -> Result<(), Refused> {
        let name = named(part.file_name().unwrap_or_default());
        let too_many = self.uploaded.filled.photos(&field.name).count() as i64 >= field.max.unwrap_or(1);
        let (mut come, mut offset, mut last, mut wrong) = (Vec::new(), 0, false, false);
        while !last {
            let chunk = self.next(part.chunk()).await?;
            last = chunk.is_none();
            come.extend_from_slice(&chunk.unwrap_or_default());
            wrong |= too_many && !come.is_empty();
            // Where no file was chosen, an empty one comes.
            let is_nothing = come.is_empty() && offset == 0;
            while !wrong && !is_nothing && (last || come.len() >= PIECE) {
                let piece: Vec<u8> = come.drain(..come.len().min(PIECE)).collect();
                let last = last && come.is_empty();
                let (token, content) = (self.token.to_owned(), BASE64.encode(&piece));
                let brought = BringPhoto { token, upload: upload.clone(), offset, content, last };
                let answered: Result<AttachmentBrought, Trouble> = call(self.daemon, "BringPhoto", brought).await?;
                match answered {
                    Ok(AttachmentBrought { hash: Some(hash), .. }) => self.uploaded.filled.photo(&field.name, &hash, &name),
                    Ok(_) => {}
                    Err(Trouble::Wrong(_)) => wrong = true,
                    // The link was closed in between: who answers says so.
                    Err(Trouble::Closed | Trouble::Unknown) => return Ok(()),
                    Err(Trouble::Bad) => return Err(Refused::Bad),
                    Err(Trouble::Later) => return Err(Refused::Later),
                }
                offset += piece.len() as i64;
                if last {
                    break;
                }
            }
            if wrong {
                come.clear();
            }
        }
        if wrong {
            self.uploaded.wrong.get_or_insert_with(|| field.name.clone());
        }
        Ok(())
    }
}

/// A body that gives one piece at a time: multer takes all that there is before it hands on anything, and looks through all of it again
/// where nothing begins or ends. So memory and work stay small, whatever comes.
struct Paced {
    body: Incoming,
    waits: bool,
    /// Bytes of which nothing has been made yet.
    unused: Arc<AtomicUsize>,
}

impl Body for Paced {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if std::mem::take(&mut self.waits) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        self.waits = true;
        let bytes = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()).map_or(0, Bytes::len);
        if self.unused.fetch_add(bytes, Ordering::Relaxed) + bytes > UNUSED_MAX {
            return Poll::Ready(Some(Err("nothing begins or ends in what is sent".into())));
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }
}

/// The name of a file as it is kept: some browsers put a folder before it, and a line stays a line.
fn named(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
    if name.trim().is_empty() { "photo".to_owned() } else { name.trim().to_owned() }
}

async fn in_time<T>(comes: impl Future<Output = multer::Result<T>>) -> Result<T, Refused> {
    match tokio::time::timeout(SILENCE, comes).await {
        Err(_) => Err(Refused::TooSlow),
        Ok(Ok(what)) => Ok(what),
        Ok(Err(multer::Error::StreamSizeExceeded { .. } | multer::Error::FieldSizeExceeded { .. })) => Err(Refused::TooLarge),
        Ok(Err(_)) => Err(Refused::Bad),
    }
}

/// Asks the daemon on a thread that may wait.
async fn call<P, R>(daemon: &Daemon, method: &'static str, parameters: P) -> Result<Result<R, Trouble>, Refused>
where
    P: serde::Serialize + Send + 'static,
    R: serde::de::DeserializeOwned + Send + 'static,
{
    let daemon = daemon.clone();
    tokio::task::spawn_blocking(move || daemon.call(method, &parameters)).await.map_err(|_| Refused::Later)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_a_line_without_a_folder() {
        for (given, kept) in [
            ("门.jpg", "门.jpg"),
            ("C:\\fakepath\\a b.png", "a b.png"),
            ("../../etc/passwd", "passwd"),
            ("a\r\nb.jpg", "ab.jpg"),
            ("", "photo"),
            ("dir/", "photo"),
        ] {
            assert_eq!(named(given), kept, "{given:?}");
        }
    }
}
