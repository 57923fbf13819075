//! Fields of forms as people type them: `--field floor=3`, tables as JSON or from a file.

use clap::Args;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

use crate::protocol::varlink::Parameters;

/// Largest file of a field, in bytes: more than a call can carry.
const FILE_MAX: u64 = 1 << 20;

/// Fields of a form.
#[derive(Debug, Clone, Default, Args)]
pub struct FieldArgs {
    /// Field of the form; several times, the last of a name counts. Lists and tables are JSON; @FILE: what is in the file
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    pub fields: Vec<(String, Value)>,
    /// File for an attachment or signature of the form; several times, also for one name
    #[arg(long = "attach", value_name = "NAME=FILE", value_parser = attachment)]
    pub attachments: Vec<(String, PathBuf)>,
}

/// Which form.
#[derive(Debug, Clone, Args)]
#[command(group(clap::ArgGroup::new("of").required(true)))]
pub struct FormOf {
    /// Name of the form
    #[arg(group = "of")]
    pub name: Option<String>,
    /// The form that is asked at the intake of this record type
    #[arg(long, group = "of", value_name = "NAME")]
    pub record_type: Option<String>,
    /// The form of the node that this Work Order is at
    #[arg(long, group = "of", value_name = "NUMBER")]
    pub number: Option<String>,
    /// Language of titles, such as zh [default: that of the staff user]
    #[arg(long, value_name = "TAG")]
    pub language: Option<String>,
}

impl FieldArgs {
    /// As a call carries them; none where none was given.
    pub fn object(&self) -> Option<Parameters> {
        (!self.fields.is_empty()).then(|| self.fields.iter().cloned().collect())
    }
}

fn attachment(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, path)) if !name.trim().is_empty() && !path.is_empty() => Ok((name.trim().to_owned(), path.into())),
        _ => Err("an attachment is written NAME=FILE, such as photo=door.jpg".to_owned()),
    }
}

/// A value that a list is filtered by, as it is written.
pub fn sought(text: &str) -> Result<(String, Value), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), Value::String(value.to_owned()))),
        _ => Err("a field is written NAME=VALUE, such as floor=3".to_owned()),
    }
}

/// A field as it is typed.
pub(super) fn field(text: &str) -> Result<(String, Value), String> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => (name.trim().to_owned(), value),
        _ => return Err("a field is written NAME=VALUE, such as floor=3".to_owned()),
    };
    let content = match value.strip_prefix('@') {
        Some(literal) if literal.starts_with('@') => return Ok((name, Value::String(literal.to_owned()))),
        Some(path) => read(path)?,
        None => value.to_owned(),
    };
    let value = if content.trim_start().starts_with(['[', '{']) {
        serde_json::from_str(&content).map_err(|error| format!("the value of {name} begins as JSON does, but is none: {error}"))?
    } else {
        Value::String(content)
    };
    Ok((name, value))
}

fn read(path: &str) -> Result<String, String> {
    let unreadable = |error: std::io::Error| format!("{path} cannot be read: {error}");
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_MAX {
        return Err(format!("{path} has {size} bytes, at most {FILE_MAX} can be sent"));
    }
    fs::read_to_string(path).map_err(unreadable)
}
