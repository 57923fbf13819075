//! The mapping file: which column is which field, what is the same in all lines, and how values are written.
//! Without one, columns are called as fields are.
//! Keeps: what is wrong with a mapping file is told with its file and line, all of it at once.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil;
use jiff::fmt::strtime;
use serde::Deserialize;
use toml::de::{DeTable, DeValue};

use super::super::failure::Failure;
use super::kinds::{Kind, Type, WORK_ORDER};
use super::table::Table;

/// As it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Kind of the lines.
    pub kind: Option<String>,
    /// Column that tells the lines apart, for ever; entries have their id.
    pub key: Option<String>,
    /// Of lines with one key: `refuse`, or `first`.
    pub same_key: Option<String>,
    /// `utf-8` or `gb18030`.
    pub encoding: Option<String>,
    /// `,`, `;` or a tab.
    pub separator: Option<char>,
    /// Sheet of an XLSX.
    pub sheet: Option<String>,
    /// How days are written, such as `%d.%m.%Y`.
    pub date_format: Option<String>,
    /// How points in time are written, such as `%d.%m.%Y %H:%M`.
    pub time_format: Option<String>,
    /// Where their clocks hang.
    pub time_zone: Option<String>,
    /// Texts that mean nothing, such as `?`.
    #[serde(default)]
    pub empty: Vec<String>,
    /// Fields whose texts become ids: small letters, `-` for blanks.
    #[serde(default)]
    pub ids: Vec<String>,
    /// Columns of fields.
    #[serde(default)]
    pub columns: BTreeMap<String, Columns>,
    /// Values of fields that are the same in all lines, where the column does not have one.
    #[serde(default)]
    pub fixed: BTreeMap<String, String>,
    /// Other words for values, by field.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Where all of it is written.
    #[serde(skip)]
    places: Places,
}

/// A mapping file's name, and the lines of its keys, such as `columns.id`.
#[derive(Debug, Clone, Default)]
struct Places {
    file: String,
    lines: BTreeMap<String, usize>,
}

impl Places {
    fn of(file: String, text: &str) -> Self {
        let mut lines = BTreeMap::new();
        // What is no TOML has been told.
        if let Ok(table) = DeTable::parse(text) {
            note(table.get_ref(), "", text, &mut lines);
        }
        Self { file, lines }
    }

    /// A problem with its place.
    fn told(&self, key: &str, problem: &str) -> String {
        format!("{}:{}: {problem}", self.file, self.lines.get(key).copied().unwrap_or(1))
    }
}

fn note(table: &DeTable<'_>, above: &str, text: &str, lines: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let name = format!("{above}{}", key.get_ref());
        if let DeValue::Table(below) = value.get_ref() {
            note(below, &format!("{name}."), text, lines);
        }
        lines.insert(name, line_of(text, key.span().start));
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

/// One column, or several that are put together.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "the name of a column, or a list of such names")]
pub enum Columns {
    /// One.
    One(String),
    /// Several; what stands there is told one behind the other, with ` · ` between.
    Several(Vec<String>),
}

impl Columns {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// Where a field comes from.
#[derive(Debug, Clone)]
pub struct Source {
    /// The field; those of a form begin with `fields.`.
    pub field: String,
    /// What it holds.
    pub kind: Type,
    /// Whether a line must have it.
    pub required: bool,
    /// Columns by their places.
    pub columns: Vec<usize>,
    /// The same in all lines.
    pub fixed: Option<String>,
}

/// Reads a mapping file.
///
/// # Errors
/// It cannot be read, or something in it is not known; with its line.
pub fn read(path: &Path) -> Result<Mapping, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| Failure::Usage(format!("{name}: {e}")))?;
    let mut mapping: Mapping = toml::from_str(&text).map_err(|e| {
        let line = e.span().map_or(1, |span| line_of(&text, span.start));
        Failure::Usage(format!("{name}:{line}: {}", e.message().trim_end()))
    })?;
    mapping.places = Places::of(name.to_string(), &text);
    let problems = problems(&mapping);
    if problems.is_empty() { Ok(mapping) } else { Err(Failure::Places("the mapping file is wrong; nothing was read", problems)) }
}

/// What is wrong with it by itself.
fn problems(mapping: &Mapping) -> Vec<String> {
    let mut problems = Vec::new();
    let mut wrong = |key: &str, problem: String| problems.push(mapping.places.told(key, &problem));
    let separator = mapping.separator.map(String::from);
    for (key, value, known) in [
        ("kind", mapping.kind.as_deref(), &super::kinds::NAMES as &[&str]),
        ("same_key", mapping.same_key.as_deref(), &["refuse", "first"]),
        ("encoding", mapping.encoding.as_deref(), &["utf-8", "gb18030"]),
        ("separator", separator.as_deref(), &[",", ";", "\t"]),
    ] {
        if let Some(value) = value.filter(|value| !known.contains(value)) {
            wrong(key, format!("{key} = {value:?} is none of: {}", known.join(", ").escape_debug()));
        }
    }
    if let Some(zone) = mapping.time_zone.as_ref().filter(|zone| jiff::tz::TimeZone::get(zone).is_err()) {
        wrong("time_zone", format!("there is no time zone {zone:?}"));
    }
    let moment = civil::date(2026, 11, 22).at(14, 30, 0, 0);
    // What cannot be written and read again cannot be read at all.
    let is_day = |format: &str| strtime::format(format, moment.date()).and_then(|day| strtime::parse(format, &day)?.to_date());
    if let Some(format) = mapping.date_format.as_ref().filter(|format| is_day(format).is_err()) {
        wrong("date_format", format!("date_format = {format:?} is no way to write a day, such as %d.%m.%Y"));
    }
    let is_time = |format: &str| strtime::format(format, moment).and_then(|time| strtime::parse(format, &time)?.to_datetime());
    if let Some(format) = mapping.time_format.as_ref().filter(|format| is_time(format).is_err()) {
        wrong("time_format", format!("time_format = {format:?} is no way to write a point in time, such as %d.%m.%Y %H:%M"));
    }
    problems
}

/// Finds the columns of all fields. `form` has those of the record type's form.
///
/// # Errors
/// A column or field is not there; all of them are told.
pub fn sources(mapping: &Mapping, kind: &Kind, form: &[(String, Type, bool)], table: &Table) -> Result<Vec<Source>, Failure> {
    let own = kind.fields.iter().map(|(name, of, required)| ((*name).to_owned(), *of, *required));
    let known: Vec<_> = own.chain(form.iter().map(|(name, of, required)| (format!("fields.{name}"), *of, *required))).collect();
    let mut problems = Vec::new();
    let place = |column: &str| table.headings.iter().position(|heading| heading == column);
    let as_named = mapping.columns.is_empty();
    let of_file = |problem: String| format!("{}:1: {problem}", table.name);
    let placed = |section: &str, field: &String| (format!("{section}.{field}"), field.clone());
    let mentioned = mapping.columns.keys().map(|field| placed("columns", field));
    let mentioned = mentioned.chain(mapping.fixed.keys().map(|field| placed("fixed", field)));
    let mentioned = mentioned.chain(mapping.values.keys().map(|field| placed("values", field)));
    for (key, field) in mentioned.chain(mapping.ids.iter().map(|field| ("ids".to_owned(), field.clone()))) {
        if !known.iter().any(|(name, ..)| *name == field) {
            let names: Vec<_> = known.iter().map(|(name, ..)| name.as_str()).collect();
            problems.push(mapping.places.told(&key, &format!("there is no field {field:?}; {} has: {}", kind.name, names.join(", "))));
        }
    }
    let mut sources = Vec::new();
    for (field, of, required) in &known {
        let mut columns = Vec::new();
        let named = mapping.columns.get(field).map(Columns::names).unwrap_or_default();
        for name in named {
            match place(name) {
                Some(place) => columns.push(place),
                None => {
                    let problem = format!("there is no column {name:?} in {}; there are: {}", table.name, table.headings.join(", "));
                    problems.push(mapping.places.told(&format!("columns.{field}"), &problem));
                }
            }
        }
        if as_named {
            columns.extend(place(field).or_else(|| place(field.strip_prefix("fields.")?)));
        }
        let fixed = mapping.fixed.get(field).cloned();
        if *required && columns.is_empty() && fixed.is_none() && named.is_empty() {
            problems.push(of_file(format!("there is no column for the field {field}, which every {} has", kind.name)));
        }
        if !columns.is_empty() || fixed.is_some() {
            sources.push(Source { field: field.clone(), kind: *of, required: *required, columns, fixed });
        }
    }
    if as_named {
        for heading in &table.headings {
            let used = known.iter().any(|(name, ..)| name == heading || name.strip_prefix("fields.") == Some(heading));
            if !used && !heading.is_empty() && mapping.key.as_ref() != Some(heading) && heading != "error" {
                problems.push(of_file(format!("no field is called as the column {heading:?}; a mapping file can say which one it is")));
            }
        }
    }
    let keyed = kind.name == WORK_ORDER || mapping.key.is_some();
    if keyed && key(mapping, kind, table).is_none() {
        problems.push(match &mapping.key {
            Some(key) => {
                let problem = format!("there is no column {key:?} in {}; there are: {}", table.name, table.headings.join(", "));
                mapping.places.told("key", &problem)
            }
            None => of_file("there is no column \"reference\" for the key of the lines; `key` in a mapping file names another".to_owned()),
        });
    }
    if problems.is_empty() { Ok(sources) } else { Err(Failure::Places("columns and fields do not fit; nothing was imported", problems)) }
}

/// The column of the lines' key.
pub fn key(mapping: &Mapping, kind: &Kind, table: &Table) -> Option<usize> {
    let field = if kind.name == WORK_ORDER { "reference" } else { "id" };
    let mapped = || mapping.columns.get(field).and_then(|columns| columns.names().first().cloned());
    let wanted = mapping.key.clone().or_else(mapped).unwrap_or_else(|| field.to_owned());
    table.headings.iter().position(|heading| *heading == wanted)
}
