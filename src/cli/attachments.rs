//! Attachments: brought before the command that names them, and saved to files.

use data_encoding::BASE64;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::failure::Failure;
use super::fields::FieldArgs;
use super::session::Session;
use super::view::width::line;
use crate::protocol::guest::{self, BringPhoto, Photo};
use crate::protocol::work_orders::{self as shapes, AttachmentBrought, AttachmentRead, Got};

/// Bytes of a piece: what the daemon takes at a time.
const PIECE: u64 = 512 << 10;

/// Brings the files of `--attach`, and puts what names them into the fields; several of one name become a list.
///
/// # Errors
/// A file cannot be read, or what the daemon says.
pub fn bring(session: &mut Session<'_, '_>, fields: &mut FieldArgs) -> Result<(), Failure> {
    for (name, path) in std::mem::take(&mut fields.attachments) {
        let named = upload(session, &path)?;
        match fields.fields.iter_mut().find(|(known, _)| *known == name) {
            Some((_, Value::Array(list))) => list.push(named),
            Some((_, one)) => return Err(Failure::Usage(format!("{name} is given as {one} and as an attachment"))),
            None => fields.fields.push((name, Value::Array(vec![named]))),
        }
    }
    Ok(())
}

fn upload(session: &mut Session<'_, '_>, path: &Path) -> Result<Value, Failure> {
    let method = format!("{}.BringAttachment", shapes::NAME);
    let (hash, name) = upload_over(session, path, &method, |piece| json!(piece))?;
    let media_type = mime_guess::from_path(path).first_raw().unwrap_or("application/octet-stream");
    Ok(json!({ "hash": hash, "mediaType": media_type, "name": name }))
}

/// Brings the photos of `--photo`, over the method of whoever has a link or of the staff: for each its question, and it.
///
/// # Errors
/// A file cannot be read, or what the daemon says.
pub fn photos(session: &mut Session<'_, '_>, given: Vec<(String, PathBuf)>, link: Option<&str>) -> Result<Vec<(String, Photo)>, Failure> {
    let bring = |(field, path): (String, PathBuf)| {
        let (hash, name) = match link {
            None => upload_over(session, &path, &format!("{}.BringAttachment", shapes::NAME), |piece| json!(piece))?,
            Some(token) => upload_over(session, &path, &format!("{}.BringPhoto", guest::NAME), |piece| {
                let shapes::BringAttachment { upload, offset, content, last } = piece;
                json!(BringPhoto { token: token.to_owned(), upload, offset, content, last })
            })?,
        };
        Ok((field, Photo { hash, name }))
    };
    given.into_iter().map(bring).collect()
}

/// Brings a file piece by piece; its hash and its name.
fn upload_over(
    session: &mut Session<'_, '_>,
    path: &Path,
    method: &str,
    parameters: impl Fn(shapes::BringAttachment) -> Value,
) -> Result<(String, String), Failure> {
    let unreadable = |error: std::io::Error| Failure::Usage(format!("{} cannot be read: {error}", path.display()));
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if size == 0 {
        return Err(Failure::Usage(format!("{} is empty", path.display())));
    }
    // Of this command and this file: a repeat with the same request id begins again.
    let upload = blake3::hash(format!("{}\n{}", session.request_id, path.display()).as_bytes()).to_hex();
    let mut offset = 0;
    let hash = loop {
        let mut piece = Vec::new();
        (&mut file).take(PIECE).read_to_end(&mut piece).map_err(unreadable)?;
        let last = offset + piece.len() as u64 >= size || piece.is_empty();
        let content = BASE64.encode(&piece);
        let piece = parameters(shapes::BringAttachment { upload: upload.to_string(), offset: offset as i64, content, last });
        let reply = session.ask(method, &piece)?;
        let brought: AttachmentBrought = session.shape(reply)?;
        offset = u64::try_from(brought.received).unwrap_or_default();
        if let Some(hash) = brought.hash {
            break hash;
        }
    };
    Ok((hash, path.file_name().map_or_else(|| "attachment".to_owned(), |name| name.to_string_lossy().into_owned())))
}

/// Saves an attachment of a Work Order.
///
/// # Errors
/// There is none of that name, the file is there already, or what the daemon says.
pub fn save(session: &mut Session<'_, '_>, number: &str, wanted: &str, to: Option<PathBuf>) -> Result<(), Failure> {
    let get = shapes::Get { number: number.to_owned(), language: None };
    let reply = session.ask(&format!("{}.Get", shapes::NAME), &get)?;
    let got: Got = session.shape(reply)?;
    let mut named = Vec::new();
    got.work_order.values.values().for_each(|value| files(value, &mut named));
    for answer in got.work_order.evaluations.iter().flat_map(|evaluation| &evaluation.answers) {
        named.extend(answer.photo.as_ref().map(|hash| (hash.clone(), answer.value.clone())));
    }
    let fits = |(hash, name): &&(String, String)| name == wanted || (wanted.len() >= 4 && hash.starts_with(wanted));
    let mut found: Vec<_> = named.iter().filter(fits).collect();
    found.dedup_by_key(|(hash, _)| hash.as_str());
    let (hash, name) = match found.as_slice() {
        [one] => one,
        [] => {
            let names: Vec<String> = named.iter().map(|(_, name)| line(name)).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            return Err(Failure::Usage(format!("{number} has no attachment {wanted:?} (there is: {there})")));
        }
        _ => {
            return Err(Failure::Usage(format!(
                "several attachments are {wanted:?}: say the beginning of the hash, which --json of show tells"
            )));
        }
    };
    // A name from elsewhere leads to no other folder.
    let own = || Path::new(name).file_name().map_or_else(|| PathBuf::from(&hash[..16]), PathBuf::from);
    let path = to.unwrap_or_else(own);
    let unwritable = |error: std::io::Error| Failure::Usage(format!("{} cannot be written: {error}", path.display()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path).map_err(unwritable)?;
    let mut hasher = blake3::Hasher::new();
    let mut offset = None;
    loop {
        let parameters = shapes::ReadAttachment { number: number.to_owned(), hash: hash.clone(), offset };
        let reply = session.ask(&format!("{}.ReadAttachment", shapes::NAME), &parameters)?;
        let read: AttachmentRead = session.shape(reply)?;
        let piece =
            BASE64.decode(read.content.as_bytes()).map_err(|error| Failure::Usage(format!("the daemon sent no base64: {error}")))?;
        hasher.update(&piece);
        file.write_all(&piece).map_err(unwritable)?;
        if read.next.is_none() {
            break;
        }
        offset = read.next;
    }
    if hasher.finalize().to_hex().as_str() != hash {
        return Err(Failure::Usage(format!(
            "{}: the content is not what its hash says; ask the administrator to run workorderd verify",
            path.display()
        )));
    }
    let told = format!("{} saved\n", line(&path.display().to_string()));
    if session.json() { session.print_json(&json!({ "path": path, "hash": hash })) } else { session.write(&told) }
}

/// Hash and name of the attachments in a value, wherever they stand in it.
fn files(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| files(one, found)),
        Value::Object(map) => match (map.get("hash").and_then(Value::as_str), map.get("name").and_then(Value::as_str)) {
            (Some(hash), Some(name)) if map.contains_key("mediaType") => found.push((hash.to_owned(), name.to_owned())),
            _ => map.values().for_each(|one| files(one, found)),
        },
        _ => {}
    }
}
