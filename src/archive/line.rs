//! The lines of an export, format version 1: JSON, one object a line. Every line can be read on its own; none can be left out.
//!
//! | line | what it says |
//! | --- | --- |
//! | first | `format`, `formatVersion`, `program`, `installation` (hex) |
//! | `secret` | the secret of links (hex), if it was asked for |
//! | `segment` | a file of the journal begins: `number`, `bytes` |
//! | `record` | one step, see [`RecordLine`] |
//! | `attachment` | a piece of content: `hash` (BLAKE3 of the whole), `bytes` (of the whole), `offset`, `content` (base64) |
//! | `end` | `records`, `attachments`, `head` (`sequence:hash`) |
//!
//! Segments and places are told because the chain of hashes covers them: a journal that is imported has the same heads.

use crate::codec::{self, StepBody};
use crate::journal::{Personal, Position, Record};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};

/// What the first line calls the format.
pub const FORMAT: &str = "workorderd export";
/// The newest version of the format; another one is refused.
pub const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct First {
    pub format: String,
    pub format_version: u32,
    pub program: String,
    pub installation: String,
}

/// Every other line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Line {
    Secret(String),
    Segment(SegmentLine),
    Record(Box<RecordLine>),
    Attachment(AttachmentLine),
    End(EndLine),
}

/// A file of the journal begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SegmentLine {
    pub number: u32,
    pub bytes: u64,
}

/// One step. Numbers are integers of at most 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RecordLine {
    pub sequence: u64,
    /// Sequence of the first record that became durable together with this one.
    pub group: u64,
    pub epoch: u32,
    /// Milliseconds since 1970.
    pub time: i64,
    /// The same for people, UTC.
    pub at: String,
    /// Which aggregate: its key, hex.
    pub key: String,
    /// The same for people.
    pub of: String,
    pub revision: u64,
    /// Where the record before of the same aggregate lies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous: Option<Place>,
    /// The chain up to and with this record, hex.
    pub hash: String,
    /// Its personal values in their order; the values themselves stand in the body, `{"erased":true}` for one that was erased.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<PersonalLine>,
    /// Who, which command and request, events, messages, claims, and the checksum of the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<StepBody>,
    /// The bytes of the body, base64, where this program would write them otherwise; they hold then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_bytes: Option<String>,
}

/// A place in the journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub segment: u32,
    pub offset: u32,
}

/// A personal value of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonalLine {
    /// What it is hashed with, hex; none: it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// Its bytes, base64, beside `bodyBytes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Of one that was erased: its length.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u32>,
    /// Of one that was erased: what is left of it in the chain, hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// A piece of an attachment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AttachmentLine {
    pub hash: String,
    pub bytes: u64,
    pub offset: u64,
    pub content: String,
}

/// The last line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndLine {
    pub records: u64,
    pub attachments: u64,
    pub head: String,
}

/// The line of a record.
pub fn record_line(record: &Record<'_>) -> RecordLine {
    let values: Vec<Personal<'_>> = record.personal().collect();
    let body = codec::record::decode(record.body(), values.iter().map(Personal::bytes)).ok();
    let exact = body.as_ref().is_some_and(|body| comes_back(body, record.body(), &values));
    let personal = values.iter().map(|value| match value {
        Personal::Kept { salt, bytes } => {
            PersonalLine { salt: Some(HEXLOWER.encode(salt)), content: (!exact).then(|| BASE64.encode(bytes)), bytes: None, hash: None }
        }
        Personal::Erased { length, hash } => {
            PersonalLine { salt: None, content: None, bytes: Some(*length), hash: Some(HEXLOWER.encode(hash)) }
        }
    });
    let body_bytes = (!exact).then(|| BASE64.encode(record.body()));
    let previous = record.previous();
    RecordLine {
        sequence: record.sequence(),
        group: record.group_first(),
        epoch: record.epoch(),
        time: record.time(),
        at: jiff::Timestamp::from_millisecond(record.time()).map_or_else(|_| "beyond all calendars".to_owned(), |at| at.to_string()),
        key: HEXLOWER.encode(record.key()),
        of: codec::key::decode(record.key()).map_or_else(|_| "unknown".to_owned(), |key| key.to_string()),
        revision: record.revision(),
        previous: (previous != Position::NONE).then(|| Place { segment: previous.segment(), offset: previous.offset() }),
        hash: HEXLOWER.encode(&record.hash()),
        personal: personal.collect(),
        // What cannot be told as JSON stands in the bytes alone.
        body: body.filter(|body| exact || serde_json::to_vec(body).is_ok()),
        body_bytes,
    }
}

/// Whether the body, told as JSON and read again, gives these bytes and values.
fn comes_back(body: &StepBody, bytes: &[u8], values: &[Personal<'_>]) -> bool {
    let told = serde_json::to_vec(body).ok();
    let read = told.and_then(|told| serde_json::from_slice::<StepBody>(&told).ok());
    let parts = read.and_then(|read| codec::record::encode(&read).ok());
    parts.is_some_and(|parts| parts.body == bytes && parts.personal.iter().map(Option::as_deref).eq(values.iter().map(Personal::bytes)))
}
