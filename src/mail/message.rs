//! One mail as values, and its RFC 5322 bytes.
//! Invariant: the same values give the same bytes for ever. Message-ID and MIME boundary derive from the intent, the date
//! comes in, and nothing is random; a golden file holds the bytes. No value can add a header, a part, or the end of DATA:
//! bodies are always quoted-printable or base64, in which the boundary (it starts with `=_`) cannot occur.
//! The wording comes from elsewhere.

use std::fmt::{self, Write as _};
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{self, ContentTransferEncoding, ContentType, HeaderName, HeaderValue, Headers, MIME_VERSION_1_0};
use lettre::message::{Body, Mailbox, Mailboxes, MultiPart, MultiPartKind, SinglePart};

use super::address::{Address, breaks_line, changes_direction};

/// The longest subject, in characters; longer ones are cut and end in `…`.
pub const MAX_SUBJECT_CHARACTERS: usize = 250;
/// The longest text or HTML body, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// The first millisecond of the year 10000: a date header has four digits for the year.
const YEAR_10000_MS: i64 = 253_402_300_800_000;

/// What an encoded word (RFC 2047) starts with.
pub(super) const ENCODED_WORD_START: &str = "=?";
/// Of at most four bytes each, three characters a byte, within the 75 an encoded word may have.
const ENCODED_WORD_CHARACTERS: usize = 5;

/// A mail to one recipient. `Debug` shows the intent alone: bodies hold personal links.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Which decision to send this mail carries out. A repeat has the same.
    pub intent: [u8; 16],
    /// The `Date`, in milliseconds since 1970-01-01T00:00:00Z, up to the year 9999; cut to seconds.
    pub date_ms: i64,
    /// The sender, in the envelope too. Its domain is that of the Message-ID.
    pub from: Address,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<Address>,
    /// The recipient, in the envelope too.
    pub to: Address,
    /// In any script. Line breaks and control characters become a space; cut at [`MAX_SUBJECT_CHARACTERS`].
    pub subject: String,
    /// The plain text. Any line ends; control characters are left out.
    pub text: String,
    /// The same as HTML, finished and escaped; `None` makes a mail of plain text alone.
    pub html: Option<String>,
}

/// Why a message has no bytes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageProblem {
    /// Before 1970 or after 9999.
    #[error("date: {date_ms} ms lies outside the years 1970 to 9999")]
    Date {
        /// Milliseconds since 1970.
        date_ms: i64,
    },
    /// A body over [`MAX_BODY_BYTES`].
    #[error("{field}: {bytes} bytes are more than {MAX_BODY_BYTES}")]
    TooLong {
        /// `text` or `html`.
        field: &'static str,
        /// How long it is, in bytes.
        bytes: usize,
    },
    /// The mail library does not take what passed our own checks.
    #[error("{field}: {why}")]
    Refused {
        /// Which part of the message.
        field: &'static str,
        /// What the library says.
        why: String,
    },
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("intent", &hex(&self.intent)).finish_non_exhaustive()
    }
}

impl Message {
    /// The Message-ID, with its angle brackets: stable for an intent, so that a repeat can be recognised (NTF-1).
    pub fn message_id(&self) -> String {
        format!("<{}@{}>", hex(&self.intent), self.from.domain())
    }

    /// The mail as it goes over the wire, before dot-stuffing: ASCII, lines of at most 998 bytes, each ended by CR LF.
    ///
    /// # Errors
    /// A [`MessageProblem`] for a date no header can hold or a body that is too long; trying again does not help.
    pub fn render(&self) -> Result<Vec<u8>, MessageProblem> {
        if !(0..YEAR_10000_MS).contains(&self.date_ms) {
            return Err(MessageProblem::Date { date_ms: self.date_ms });
        }
        let date = UNIX_EPOCH + Duration::from_millis(self.date_ms.unsigned_abs());
        let mut headers = Headers::new();
        headers.set(header::Date::new(date));
        headers.set(header::MessageId::from(self.message_id()));
        headers.set(header::From::from(mailbox("from", &self.from)?));
        if let Some(reply_to) = &self.reply_to {
            headers.set(header::ReplyTo::from(mailbox("reply-to", reply_to)?));
        }
        headers.set(header::To::from(mailbox("to", &self.to)?));
        let subject = clean_subject(&self.subject);
        if subject.contains(ENCODED_WORD_START) {
            headers.insert_raw(HeaderValue::dangerous_new_pre_encoded(
                HeaderName::new_from_ascii_str("Subject"),
                subject.clone(),
                encoded_words(&subject),
            ));
        } else {
            headers.set(header::Subject::from(subject));
        }
        headers.insert_raw(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned()));
        headers.set(MIME_VERSION_1_0);

        // Not through the library's message builder: it parses its own headers again and refuses names it cannot read back.
        let text = part("text", ContentType::TEXT_PLAIN, &self.text)?;
        let body = match &self.html {
            None => without_last_empty_line(text.formatted()),
            Some(html) => MultiPart::builder()
                .kind(MultiPartKind::Alternative)
                .boundary(self.boundary())
                .singlepart(text)
                .singlepart(part("html", ContentType::TEXT_HTML, html)?)
                .formatted(),
        };
        let mut bytes = headers.to_string().into_bytes();
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// `=_` occurs neither in quoted-printable nor in base64, so no body can hold the boundary, not even one who knows it.
    fn boundary(&self) -> String {
        format!("=_{}", hex(&self.intent))
    }
}

/// A checked address in the library's own type.
fn mailbox(field: &'static str, address: &Address) -> Result<Mailboxes, MessageProblem> {
    let checked = lettre_address(field, address)?;
    let mailbox = Mailbox::new(address.name().map(str::to_owned), checked);
    Ok(Mailboxes::from(mailbox))
}

/// The same without the name, for the envelope.
pub(super) fn lettre_address(field: &'static str, address: &Address) -> Result<lettre::Address, MessageProblem> {
    lettre::Address::new(address.local(), address.domain()).map_err(|error| MessageProblem::Refused { field, why: error.to_string() })
}

fn part(field: &'static str, content_type: ContentType, body: &str) -> Result<SinglePart, MessageProblem> {
    if body.len() > MAX_BODY_BYTES {
        return Err(MessageProblem::TooLong { field, bytes: body.len() });
    }
    let body = clean_body(body);
    // The shorter of the two encodings, near enough; readable in the raw mail where most of it is ASCII.
    let beyond_ascii = body.bytes().filter(|byte| !byte.is_ascii()).count();
    let encoding = if beyond_ascii * 6 <= body.len() { ContentTransferEncoding::QuotedPrintable } else { ContentTransferEncoding::Base64 };
    let body = Body::new_with_encoding(body, encoding)
        .map_err(|_| MessageProblem::Refused { field, why: format!("cannot be encoded as {encoding}") })?;
    Ok(SinglePart::builder().header(content_type).body(body))
}

/// The library ends a part with a line end even where the text has one already.
fn without_last_empty_line(mut body: Vec<u8>) -> Vec<u8> {
    if body.ends_with(b"\r\n\r\n") {
        body.truncate(body.len() - 2);
    }
    body
}

fn clean_subject(subject: &str) -> String {
    let spaced: String = subject
        .chars()
        .filter(|character| !changes_direction(*character))
        .map(|character| if breaks_line(character) || character.is_control() { ' ' } else { character })
        .collect();
    let words: Vec<&str> = spaced.split(' ').filter(|word| !word.is_empty()).collect();
    let subject = words.join(" ");
    if subject.chars().count() <= MAX_SUBJECT_CHARACTERS {
        return subject;
    }
    let mut cut: String = subject.chars().take(MAX_SUBJECT_CHARACTERS - 1).collect();
    cut.push('…');
    cut
}

/// RFC 2047, for a subject that itself looks encoded: the library leaves such text as it is, and whoever reads the mail
/// would be shown, or a relay would unpack into the header, whatever somebody has hidden in it.
fn encoded_words(text: &str) -> String {
    let words: Vec<String> = text
        .chars()
        .collect::<Vec<char>>()
        .chunks(ENCODED_WORD_CHARACTERS)
        .map(|characters| {
            let bytes = characters.iter().collect::<String>().into_bytes();
            let encoded = bytes.iter().fold(String::new(), |mut encoded, byte| {
                let _ = write!(encoded, "={byte:02X}");
                encoded
            });
            format!("=?utf-8?q?{encoded}?=")
        })
        .collect();
    words.join("\r\n ")
}

/// Every line end becomes CR LF; other control characters than the tab are left out.
/// Done here because the library inserts carriage returns one by one, which is quadratic in the number of lines.
fn clean_body(body: &str) -> String {
    let mut clean = String::with_capacity(body.len() + body.len() / 32);
    let mut characters = body.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\r' => {
                let _ = characters.next_if_eq(&'\n');
                clean.push_str("\r\n");
            }
            '\n' => clean.push_str("\r\n"),
            '\t' => clean.push('\t'),
            other if other.is_control() => {}
            other => clean.push(other),
        }
    }
    clean
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
