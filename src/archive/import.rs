//! `workorderd import`: a data folder of the lines of an export. Every line must say exactly what its record says, and the chain
//! must come out as it was; else nothing stays, and the line and field that are wrong are named.

use super::building::{Building, BuildingError, at};
use super::line::{AttachmentLine, EndLine, FORMAT, First, Line, PersonalLine, RecordLine, VERSION, record_line};
use super::prove::{ProveError, prove};
use crate::codec;
use crate::journal::{Given, Head, Personal, Position, RealStorage, Rebuild, RebuildError, Storage};
use data_encoding::{BASE64, Encoding, HEXLOWER};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::sync::Arc;

/// Longest line, bytes.
const LINE_MAX: u64 = 64 << 20;

/// Why an export cannot be imported. Nothing is there then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("line {line}, {field}: {problem}; nothing was written: put the line back as it was exported, or export anew")]
    Line { line: u64, field: String, problem: String },
    #[error("{0}")]
    Format(String),
    #[error("the export cannot be read: {0}")]
    Input(io::Error),
    #[error(transparent)]
    Prove(#[from] ProveError),
    #[error(transparent)]
    Building(#[from] BuildingError),
    #[error("the journal cannot be written: {0}")]
    Write(RebuildError),
}

/// A field that is wrong, before the number of its line is known.
#[derive(Debug)]
enum Wrong {
    Field(String, String),
    Error(ImportError),
}

impl From<ImportError> for Wrong {
    fn from(error: ImportError) -> Self {
        Wrong::Error(error)
    }
}

impl From<BuildingError> for Wrong {
    fn from(error: BuildingError) -> Self {
        Wrong::Error(error.into())
    }
}

fn wrong(field: &str, problem: impl Into<String>) -> Wrong {
    Wrong::Field(field.to_owned(), problem.into())
}

impl From<RebuildError> for Wrong {
    fn from(error: RebuildError) -> Self {
        match error {
            RebuildError::Wrong { field, problem } => wrong(field, problem),
            io @ RebuildError::Io(_) => Wrong::Error(ImportError::Write(io)),
        }
    }
}

/// Imports an export (`-`: from standard input) into a new data folder.
///
/// # Errors
/// See [`ImportError`]; nothing is there then.
pub fn import(file: &Path, dir: &Path) -> Result<(Head, u64), ImportError> {
    if file == Path::new("-") {
        return import_from(&mut io::stdin().lock(), dir);
    }
    let opened = File::open(file).map_err(at(file))?;
    import_from(&mut BufReader::with_capacity(1 << 20, opened), dir)
}

/// Imports lines into a new data folder; gives head and number of attachments.
///
/// # Errors
/// See [`ImportError`]; nothing is there then.
pub fn import_from(input: &mut dyn BufRead, dir: &Path) -> Result<(Head, u64), ImportError> {
    let building = Building::begin(dir)?;
    let path = building.path().join("journal");
    let storage: Arc<dyn Storage> = Arc::new(RealStorage::new(&path).map_err(at(&path))?);
    let read = read(input, &storage, Some(&building))?;
    let mut file = building.create("installation")?;
    let text = HEXLOWER.encode(&read.installation) + "\n";
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(at(building.path()))?;
    let head = prove(storage, &read.installation, &read.end.head)?;
    building.finish()?;
    Ok((head, read.end.attachments))
}

/// Imports the journal alone.
///
/// # Errors
/// See [`ImportError`]; what is in the storage then is of no use.
pub fn import_journal(input: &mut dyn BufRead, storage: Arc<dyn Storage>) -> Result<Head, ImportError> {
    let read = read(input, &storage, None)?;
    Ok(prove(storage, &read.installation, &read.end.head)?)
}

struct Whole {
    installation: [u8; 16],
    end: EndLine,
}

struct Reading<'a> {
    rebuild: Rebuild,
    building: Option<&'a Building>,
    attachment: Option<(AttachmentLine, File, blake3::Hasher)>,
    attachments: u64,
    records: u64,
    head: String,
    last_attachment: String,
}

fn read(input: &mut dyn BufRead, storage: &Arc<dyn Storage>, building: Option<&Building>) -> Result<Whole, ImportError> {
    let mut number = 0;
    let mut next = || -> Result<Option<(u64, String)>, ImportError> {
        number += 1;
        let problem = |problem: &str| ImportError::Line { line: number, field: "the line".to_owned(), problem: problem.to_owned() };
        let mut bytes = Vec::new();
        input.take(LINE_MAX + 1).read_until(b'\n', &mut bytes).map_err(ImportError::Input)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.pop() != Some(b'\n') {
            return Err(problem(if bytes.len() as u64 >= LINE_MAX { "is too long" } else { "is cut off: it has no end" }));
        }
        Ok(Some((number, String::from_utf8(bytes).map_err(|_| problem("is not UTF-8"))?)))
    };
    let Some((_, first)) = next()? else { return Err(ImportError::Format("the file is empty".to_owned())) };
    let installation = first_line(&first)?;
    let mut reading = Reading {
        rebuild: Rebuild::new(Arc::clone(storage), installation),
        building,
        attachment: None,
        attachments: 0,
        records: 0,
        head: String::new(),
        last_attachment: String::new(),
    };
    let mut end = None;
    while let Some((line, text)) = next()? {
        if end.is_some() {
            return Err(ImportError::Line { line, field: "the line".to_owned(), problem: "stands behind the end".to_owned() });
        }
        end = reading.line(&text).map_err(|wrong| match wrong {
            Wrong::Field(field, problem) => ImportError::Line { line, field, problem },
            Wrong::Error(error) => error,
        })?;
    }
    let Some(end) = end else {
        return Err(ImportError::Format("the export is cut off: its line `end` is missing; take one that is whole".to_owned()));
    };
    reading.rebuild.finish().map_err(ImportError::Write)?;
    Ok(Whole { installation, end })
}

fn first_line(text: &str) -> Result<[u8; 16], ImportError> {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(ImportError::Format("this is no export of workorderd: its first line does not say so".to_owned()));
    }
    if value.get("formatVersion").and_then(Value::as_u64) != Some(u64::from(VERSION)) {
        let found = value.get("formatVersion").cloned().unwrap_or_default();
        return Err(ImportError::Format(format!(
            "the export is of format version {found}, this program knows {VERSION}: use the program that wrote it"
        )));
    }
    let problem = |field: &str, problem: String| ImportError::Line { line: 1, field: field.to_owned(), problem };
    let first: First = serde_json::from_str(text).map_err(|error| problem("the line", error.to_string()))?;
    bytes(HEXLOWER, "installation", &first.installation)
        .ok()
        .and_then(|id| id.try_into().ok())
        .ok_or_else(|| problem("installation", "is not 32 hexadecimal digits".to_owned()))
}

fn bytes(encoding: Encoding, field: &str, text: &str) -> Result<Vec<u8>, Wrong> {
    encoding.decode(text.as_bytes()).map_err(|error| wrong(field, format!("cannot be decoded: {error}")))
}

fn array<const N: usize>(field: &str, text: &str) -> Result<[u8; N], Wrong> {
    bytes(HEXLOWER, field, text)?.try_into().map_err(|_| wrong(field, format!("is not {} hexadecimal digits", 2 * N)))
}

impl Reading<'_> {
    /// Takes a line; the last one is given back.
    fn line(&mut self, text: &str) -> Result<Option<EndLine>, Wrong> {
        let line: Line = serde_json::from_str(text).map_err(|error| wrong("the line", format!("cannot be read: {error}")))?;
        if self.attachment.is_some() && !matches!(line, Line::Attachment(_)) {
            return Err(wrong("attachment", "the one before is not complete"));
        }
        match line {
            Line::Secret(secret) => {
                array::<32>("secret", &secret)?;
                if self.records > 0 {
                    return Err(wrong("secret", "stands before the journal"));
                }
                if let Some(building) = self.building {
                    let mut file = building.create("secret")?;
                    let written = file.write_all(format!("{secret}\n").as_bytes()).and_then(|()| file.sync_all());
                    written.map_err(at(&building.path().join("secret")))?;
                }
            }
            Line::Segment(segment) if self.attachments == 0 => self.rebuild.segment(segment.number, segment.bytes)?,
            Line::Record(record) if self.attachments == 0 => self.record(&record, text)?,
            Line::Segment(_) | Line::Record(_) => return Err(wrong("the line", "stands behind attachments")),
            Line::Attachment(piece) => self.piece(piece)?,
            Line::End(end) => {
                let found = EndLine { records: self.records, attachments: self.attachments, head: self.head.clone() };
                if end.records != found.records {
                    return Err(wrong("end.records", format!("is {}, and there are {}: lines are missing", end.records, found.records)));
                }
                if end.attachments != found.attachments {
                    let problem = format!("is {}, and there are {}: lines are missing", end.attachments, found.attachments);
                    return Err(wrong("end.attachments", problem));
                }
                if end.head != found.head {
                    return Err(wrong("end.head", format!("is {}, and the records lead to {}", end.head, found.head)));
                }
                return Ok(Some(end));
            }
        }
        Ok(None)
    }

    fn record(&mut self, line: &RecordLine, text: &str) -> Result<(), Wrong> {
        let key = bytes(HEXLOWER, "record.key", &line.key)?;
        let mut contents = Vec::with_capacity(line.personal.len());
        let body = match (&line.body_bytes, &line.body) {
            (Some(body), _) => {
                for (n, value) in line.personal.iter().enumerate() {
                    let content = value.content.as_ref().map(|content| bytes(BASE64, &field(n, "content"), content));
                    contents.push(content.transpose()?);
                }
                bytes(BASE64, "record.bodyBytes", body)?
            }
            (None, Some(body)) => {
                let parts = codec::record::encode(body).map_err(|error| wrong("record.body", error.to_string()))?;
                contents.extend(parts.personal.into_iter().map(|value| value.map(Vec::from)));
                parts.body
            }
            (None, None) => return Err(wrong("record.body", "is missing")),
        };
        let personal = personal(&line.personal, &contents)?;
        let given = Given {
            sequence: line.sequence,
            group_first: line.group,
            epoch: line.epoch,
            time: line.time,
            revision: line.revision,
            previous: line.previous.map_or(Position::NONE, |place| Position::new(place.segment, place.offset)),
            key: &key,
            body: &body,
            personal: &personal,
        };
        let record = self.rebuild.record(&given)?;
        let found = record_line(&record);
        if found.hash != line.hash {
            let problem = "something in this line, or the order of lines, is not as it was exported: its chain hash would be ";
            return Err(wrong("record.hash", format!("{problem}{}", found.hash)));
        }
        // What no hash covers, and what is told twice, must be as it would be told.
        let again = serde_json::to_string(&Line::Record(Box::new(found))).map_err(|error| wrong("record", error.to_string()))?;
        if again != text {
            let values = (serde_json::from_str::<Value>(&again), serde_json::from_str::<Value>(text));
            if let (Ok(again), Ok(given)) = values
                && let Some((field, problem)) = difference("", &again, &given)
            {
                return Err(Wrong::Field(field, problem));
            }
        }
        self.records += 1;
        self.head = format!("{}:{}", line.sequence, line.hash);
        Ok(())
    }

    fn piece(&mut self, piece: AttachmentLine) -> Result<(), Wrong> {
        array::<32>("attachment.hash", &piece.hash)?;
        let content = bytes(BASE64, "attachment.content", &piece.content)?;
        let (begun, mut file, mut hasher) = match self.attachment.take() {
            Some(begun) => begun,
            None if piece.hash <= self.last_attachment => return Err(wrong("attachment.hash", "is not behind the one before")),
            None => {
                let place = format!("attachments/{}/{}", &piece.hash[..2], piece.hash);
                let file = match self.building {
                    Some(building) => building.create(&place)?,
                    None => File::options().write(true).open("/dev/null").map_err(ImportError::Input)?,
                };
                (AttachmentLine { offset: 0, content: String::new(), ..piece.clone() }, file, blake3::Hasher::new())
            }
        };
        let offset = begun.offset;
        if (&piece.hash, piece.bytes, piece.offset) != (&begun.hash, begun.bytes, offset) {
            return Err(wrong("attachment.offset", format!("byte {offset} of {} is expected", begun.hash)));
        }
        if content.is_empty() || offset + content.len() as u64 > piece.bytes {
            return Err(wrong("attachment.content", "is empty, or longer than the attachment"));
        }
        hasher.update(&content);
        file.write_all(&content).map_err(at(Path::new(&piece.hash)))?;
        let offset = offset + content.len() as u64;
        if offset < piece.bytes {
            self.attachment = Some((AttachmentLine { offset, ..begun }, file, hasher));
            return Ok(());
        }
        if hasher.finalize().to_hex().as_str() != piece.hash {
            return Err(wrong("attachment.content", "is not what the hash says"));
        }
        if self.building.is_some() {
            file.sync_all().map_err(at(Path::new(&piece.hash)))?;
        }
        self.attachments += 1;
        self.last_attachment = piece.hash;
        Ok(())
    }
}

fn field(n: usize, name: &str) -> String {
    format!("record.personal[{n}].{name}")
}

/// The values of a record from what the line says of each and what they are.
fn personal<'a>(lines: &[PersonalLine], contents: &'a [Option<Vec<u8>>]) -> Result<Vec<Personal<'a>>, Wrong> {
    if lines.len() != contents.len() {
        return Err(wrong("record.personal", format!("has {} values, the body has {}", lines.len(), contents.len())));
    }
    let one = |(n, (line, content)): (usize, (&PersonalLine, &'a Option<Vec<u8>>))| match (line, content) {
        (PersonalLine { salt: Some(salt), .. }, Some(bytes)) => Ok(Personal::Kept { salt: array(&field(n, "salt"), salt)?, bytes }),
        (PersonalLine { hash: Some(hash), bytes: Some(length), .. }, None) => {
            Ok(Personal::Erased { length: *length, hash: array(&field(n, "hash"), hash)? })
        }
        (_, Some(_)) => Err(wrong(&field(n, "salt"), "is missing")),
        (_, None) => Err(wrong(&field(n, "hash"), "is missing, or its bytes are")),
    };
    lines.iter().zip(contents).enumerate().map(one).collect()
}

/// The first field in which two documents differ, and how.
fn difference(path: &str, ours: &Value, given: &Value) -> Option<(String, String)> {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (ours, given) {
        (Value::Object(a), Value::Object(b)) => {
            if let Some(name) = b.keys().find(|name| !a.contains_key(*name)) {
                return Some((below(name), "does not belong there".to_owned()));
            }
            a.iter().find_map(|(name, ours)| match b.get(name) {
                Some(given) => difference(&below(name), ours, given),
                None => Some((below(name), "is missing".to_owned())),
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (ours, given))| difference(&format!("{path}[{i}]"), ours, given))
        }
        _ if ours == given => None,
        _ => Some((path.to_owned(), format!("is {}, and the record has {}", short(given), short(ours)))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= 80 { text } else { format!("{}…", text.chars().take(80).collect::<String>()) }
}
