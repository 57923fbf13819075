//! From the cells of a row to the parameters of a call: words translated, dates read, numbers looked at.
//! Keeps: what is wrong with a row is told for every field of it, not only for the first.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::kinds::{Kind, Type, camel};
use super::mapping::{Mapping, Source};
use super::table::{Cell, Row, Table};

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Its number in the file.
    pub line: u64,
    /// The field, and the column where it has another name; empty: the whole line.
    pub field: String,
    /// In words.
    pub problem: String,
}

/// A line that makes sense as far as can be told without the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file.
    pub line: u64,
    /// What tells it from the others.
    pub key: String,
    /// The entry, or the parameters of the creation, without a request id.
    pub fields: Map<String, Value>,
}

/// How a field is told: with its column, if that is called otherwise.
pub fn told(field: &str, sources: &[Source], table: &Table) -> String {
    let Some(source) = sources.iter().find(|source| source.field == field) else { return field.to_owned() };
    let columns: Vec<_> = source.columns.iter().map(|place| table.headings[*place].as_str()).collect();
    if columns.is_empty() || columns == [field] { field.to_owned() } else { format!("{field} (column {})", columns.join(", ")) }
}

/// Reads a row.
///
/// # Errors
/// Everything that is wrong with it.
pub fn line(row: &Row, key: Option<usize>, kind: &Kind, mapping: &Mapping, sources: &[Source], table: &Table) -> Result<Line, Vec<Flaw>> {
    let mut flaws = Vec::new();
    let mut flaw = |field: String, problem: String| flaws.push(Flaw { line: row.line, field, problem });
    let width = table.headings.len();
    if row.cells.iter().skip(width).any(|cell| !cell.is_empty()) {
        flaw(String::new(), format!("has {} cells for {width} columns; a separator in a text without quotes?", row.cells.len()));
    }
    let mut fields = Map::new();
    let mut form = Map::new();
    for source in sources {
        match value(source, row, mapping) {
            Ok(None) if source.required => flaw(told(&source.field, sources, table), "is needed".to_owned()),
            Ok(None) => {}
            Ok(Some(value)) => match source.field.strip_prefix("fields.") {
                Some(name) => drop(form.insert(name.to_owned(), value)),
                None => drop(fields.insert(camel(&source.field), value)),
            },
            Err(problem) => flaw(told(&source.field, sources, table), problem),
        }
    }
    // What is a list, and not one that may be absent, is there in every call.
    for required in kind.fields.iter().filter(|(name, ..)| ["roles", "members"].contains(name)) {
        fields.entry(required.0).or_insert_with(|| Value::Array(Vec::new()));
    }
    if !form.is_empty() {
        fields.insert("fields".to_owned(), Value::Object(form));
    }
    let own = match key.and_then(|place| row.cells.get(place)) {
        Some(Cell::Text(text) | Cell::Moment(text)) if !mapping.empty.contains(text) => text.clone(),
        Some(_) | None => String::new(),
    };
    let key = if kind.parameter.is_some() { fields.get("id").and_then(Value::as_str).map(str::to_owned).unwrap_or_default() } else { own };
    if key.is_empty() && flaws.is_empty() {
        let problem = "has no key: nothing tells it from the other lines, so that repeating the import would make it again";
        flaws.push(Flaw { line: row.line, field: String::new(), problem: problem.to_owned() });
    }
    if flaws.is_empty() { Ok(Line { line: row.line, key, fields }) } else { Err(flaws) }
}

fn value(source: &Source, row: &Row, mapping: &Mapping) -> Result<Option<Value>, String> {
    let mut parts = Vec::new();
    let mut moment = false;
    for place in &source.columns {
        match row.cells.get(*place) {
            Some(Cell::Text(text)) if !text.is_empty() && !mapping.empty.contains(text) => parts.push(text.as_str()),
            Some(Cell::Moment(text)) => {
                moment = true;
                parts.push(text);
            }
            Some(Cell::Wrong(problem)) => return Err(problem.clone()),
            Some(Cell::Text(_)) | None => {}
        }
    }
    let joined = parts.join(" · ");
    let text = match mapping.values.get(&source.field).and_then(|words| words.get(&joined)) {
        Some(word) => word.clone(),
        None if joined.is_empty() => source.fixed.clone().unwrap_or_default(),
        None => joined,
    };
    if text.is_empty() {
        return Ok(None);
    }
    let text = if mapping.ids.contains(&source.field) { id(&text) } else { text };
    Ok(Some(match source.kind {
        Type::Text => Value::String(text),
        Type::List => Value::Array(
            text.split([',', ';', '，', '；', '、'])
                .map(str::trim)
                .filter(|t| !t.is_empty())
                .map(|t| Value::String(t.to_owned()))
                .collect(),
        ),
        Type::Flag => match text.to_lowercase().as_str() {
            "yes" | "true" | "1" | "是" => Value::Bool(true),
            "no" | "false" | "0" | "否" => Value::Bool(false),
            _ => return Err(format!("{text:?} is neither yes nor no")),
        },
        Type::Number if text.contains(',') => {
            return Err(format!("{text:?} has a comma; a number has a point before its fraction, and nothing between thousands"));
        }
        Type::Number => Value::String(text),
        Type::Whole => text.parse::<i64>().map(Value::from).map_err(|_| format!("{text:?} is not a whole number"))?,
        Type::Date => Value::String(day(&text, moment, mapping)?),
        Type::Time => Value::String(time(&text, moment, mapping)?),
    }))
}

/// `Caller 2403` as `caller-2403`.
fn id(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

/// As a spreadsheet's day is written where its bad lines are kept.
fn is_moment(text: &str) -> bool {
    text.len() == 19 && text.as_bytes()[10] == b'T' && text.parse::<DateTime>().is_ok()
}

fn day(text: &str, moment: bool, mapping: &Mapping) -> Result<String, String> {
    if moment || is_moment(text) {
        return Ok(text.split('T').next().unwrap_or_default().to_owned());
    }
    let format = mapping.date_format.as_deref().unwrap_or("%Y-%m-%d");
    let date = strtime::parse(format, text).and_then(|time| time.to_date());
    date.map(|date| date.to_string()).map_err(|_| format!("{text:?} is no day as {format} has it (date_format of the mapping file)"))
}

fn time(text: &str, moment: bool, mapping: &Mapping) -> Result<String, String> {
    let format = mapping.time_format.as_deref().unwrap_or("%Y-%m-%dT%H:%M");
    let read = if moment || is_moment(text) { text.parse() } else { strtime::parse(format, text).and_then(|time| time.to_datetime()) };
    let time: DateTime = read.map_err(|_| format!("{text:?} is no point in time as {format} has it (time_format of the mapping file)"))?;
    let zone = match &mapping.time_zone {
        Some(zone) => TimeZone::get(zone).map_err(|e| e.to_string())?,
        None => TimeZone::system(),
    };
    let there = time.to_zoned(zone).map_err(|e| e.to_string())?;
    Ok(there.strftime("%Y-%m-%dT%H:%M%:z").to_string())
}
