//! Reading TOML tables key by key, so that every problem has its line and none hides the next.
//!
//! A `Table` remembers which keys were asked for; `finish` reports the others as unknown. Values that cannot be read count
//! as missing for whoever asks, and are reported here. What the values mean is left to the callers.

use super::problem::{Place, Sink};
use super::span::parse_span;
use crate::domain::form::Given;
use crate::domain::label::{LANGUAGES_MAX, Label};
use crate::domain::nearest;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::time::Span;
use std::cell::RefCell;
use std::collections::BTreeSet;
use toml::de::{DeTable, DeValue};

/// Most entries of any list in a file.
pub const LIST_MAX: usize = 100;

/// A file's name, its line starts, and where its problems go.
pub struct File<'a> {
    pub name: &'a str,
    pub sink: &'a Sink,
    line_starts: Vec<usize>,
}

/// A value with its place.
#[derive(Debug, Clone)]
pub struct Located<T> {
    pub value: T,
    pub place: Place,
}

/// One table of a file.
pub struct Table<'a> {
    pub place: Place,
    file: &'a File<'a>,
    items: &'a DeTable<'a>,
    asked: RefCell<Vec<&'static str>>,
    /// Of these, what does not belong here.
    misplaced: RefCell<BTreeSet<&'static str>>,
    /// The keys that lead here, without numbers and names.
    path: String,
}

/// An entry of a list that holds texts and tables.
pub enum Entry<'a> {
    Text(Located<&'a str>),
    Table(Table<'a>),
}

impl<'a> File<'a> {
    /// Prepares a file's text for look-ups of lines.
    pub fn new(name: &'a str, text: &str, sink: &'a Sink) -> Self {
        let line_starts = std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1)).collect();
        Self { name, sink, line_starts }
    }

    /// The line of a byte position, counted from 1.
    pub fn line(&self, position: usize) -> u32 {
        self.line_starts.partition_point(|start| *start <= position) as u32
    }

    /// A place in this file.
    pub fn place(&self, position: usize, key: String) -> Place {
        Place { file: self.name.to_owned(), line: self.line(position), key }
    }

    /// The whole file as a table.
    pub fn root(&'a self, items: &'a DeTable<'a>) -> Table<'a> {
        Table::new(self.place(0, String::new()), self, items, String::new())
    }
}

/// A type in plain words.
fn words(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'a> Table<'a> {
    fn new(place: Place, file: &'a File<'a>, items: &'a DeTable<'a>, path: String) -> Self {
        Self { place, file, items, asked: RefCell::default(), misplaced: RefCell::default(), path }
    }

    fn inner(&self, place: Place, items: &'a DeTable<'a>, key: &str) -> Self {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) };
        Self::new(place, self.file, items, path)
    }

    /// Where problems go.
    pub fn sink(&self) -> &'a Sink {
        self.file.sink
    }

    /// Renames the table in later problems, once its own name is known.
    pub fn called(mut self, key: String) -> Self {
        self.place.key = key;
        self
    }

    /// Whether a key is there, whatever it holds. Does not count as asked for.
    pub fn has(&self, key: &str) -> bool {
        self.items.keys().any(|k| k.get_ref() == key)
    }

    /// The place of a key, or of the table where the key is missing.
    pub fn place_of(&self, key: &str) -> Place {
        let line = self.items.keys().find(|k| k.get_ref() == key).map_or(self.place.line, |k| self.file.line(k.span().start));
        Place { line, ..self.place.key(key) }
    }

    fn get(&self, key: &'static str) -> Option<(&'a DeValue<'a>, Place)> {
        self.asked.borrow_mut().push(key);
        let (_, value) = self.items.iter().find(|(k, _)| k.get_ref() == key)?;
        Some((value.get_ref(), self.place_of(key)))
    }

    fn wrong_type(&self, place: &Place, expected: &str, found: &DeValue<'_>) {
        self.sink().report(place, format!("expected {expected}, found {}", words(found)));
    }

    /// Reports that a key that is needed is not there.
    pub fn missing(&self, key: &str, hint: &str) {
        self.sink().report_with(&self.place, format!("the key {key} is missing"), hint);
    }

    /// A text, if there is one.
    pub fn text(&self, key: &'static str) -> Option<Located<&'a str>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::String(text) => Some(Located { value: text.as_ref(), place }),
            found => {
                self.wrong_type(&place, "a text in quotes", found);
                None
            }
        }
    }

    /// A text that must be there.
    pub fn required(&self, key: &'static str, hint: &str) -> Option<Located<&'a str>> {
        if !self.has(key) {
            self.missing(key, hint);
        }
        self.text(key)
    }

    /// A title in one language, or a table of languages such as `{ en = "Repair", zh = "..." }`; `default` where the key is missing.
    pub fn label(&self, key: &'static str, default: &str) -> Option<Label> {
        if !self.has(key) {
            self.asked.borrow_mut().push(key);
            return Some(default.into());
        }
        self.words(key, text::NAME_MAX)
    }

    /// A text of one line, in one language or in a table of languages.
    pub fn words(&self, key: &'static str, max: usize) -> Option<Label> {
        let (value, place) = self.get(key)?;
        let DeValue::Table(items) = value else {
            return self.line(key, max).map(|text| Label::from(&*text));
        };
        if items.is_empty() || items.len() > LANGUAGES_MAX {
            self.sink().report(&place, format!("has {} languages, 1 to {LANGUAGES_MAX} are allowed", items.len()));
            return None;
        }
        // In the order of the file: the first one is for everybody else.
        let mut entries: Vec<_> = items.iter().collect();
        entries.sort_by_key(|(tag, _)| tag.span().start);
        let mut texts = Vec::new();
        for (tag, value) in entries {
            let name: String = tag.get_ref().chars().take(40).collect();
            let place = Place { line: self.file.line(tag.span().start), ..place.key(&name) };
            let good = (2..=35).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            if !good {
                self.sink().report_with(&place, format!("{name:?} is not a language tag"), "write a tag such as en, zh or pt-BR");
            }
            match value.get_ref() {
                DeValue::String(words) => match text::line("text", words, max) {
                    Ok(words) if good => texts.push((name.into(), words)),
                    Ok(_) => {}
                    Err(refusal) => self.sink().report(&place, reason(&refusal)),
                },
                found => self.wrong_type(&place, "a text in quotes", found),
            }
        }
        (texts.len() == items.len()).then(|| Label::of(texts))
    }

    /// A table of texts with any keys, in the order of the file, such as `{ number = "#WorkOrderNumber#" }`; at most `limit`.
    pub fn pairs(&self, key: &'static str, limit: usize) -> Option<Vec<(&'a str, Located<&'a str>)>> {
        let (value, place) = self.get(key)?;
        let DeValue::Table(items) = value else {
            self.wrong_type(&place, "a table such as { name = \"text\" }", value);
            return None;
        };
        if items.len() > limit {
            self.sink().report(&place, format!("has {} keys, at most {limit} are allowed", items.len()));
            return None;
        }
        let mut entries: Vec<_> = items.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        let pair = |(name, value): (&'a toml::Spanned<std::borrow::Cow<'a, str>>, &'a toml::Spanned<DeValue<'a>>)| {
            let shown: String = name.get_ref().chars().take(40).collect();
            let place = Place { line: self.file.line(name.span().start), ..place.key(&shown) };
            match value.get_ref() {
                DeValue::String(text) => Some((name.get_ref().as_ref(), Located { value: text.as_ref(), place })),
                found => {
                    self.wrong_type(&place, "a text in quotes", found);
                    None
                }
            }
        };
        let pairs: Vec<_> = entries.into_iter().map(pair).collect();
        pairs.into_iter().collect()
    }

    /// Any value, raw, if there is one.
    pub fn given(&self, key: &'static str) -> Option<Located<Given>> {
        let (value, place) = self.get(key)?;
        Some(Located { value: given(value), place })
    }

    /// A list of raw values; none where the key is missing or not a list.
    pub fn givens(&self, key: &'static str) -> Option<Located<Vec<Located<Given>>>> {
        let (list, place) = self.list(key, "a list of values such as [\"one\", \"two\"]")?;
        let entry = |entry: &toml::Spanned<DeValue<'_>>| Located {
            value: given(entry.get_ref()),
            place: Place { line: self.file.line(entry.span().start), ..place.clone() },
        };
        Some(Located { value: list.iter().map(entry).collect(), place: place.clone() })
    }

    /// The text under a key, if it is one. Does not count as asked for, and reports nothing.
    pub fn peek_text(&self, key: &str) -> Option<&'a str> {
        self.items.iter().find(|(k, _)| k.get_ref() == key).and_then(|(_, v)| v.get_ref().as_str())
    }

    /// A list of texts and tables, each called `key[n]`, counted from 1; none where it is no list, is too long or holds something else.
    pub fn entries(&self, key: &'static str, limit: usize) -> Option<Vec<Entry<'a>>> {
        let (value, place) = self.get(key)?;
        let DeValue::Array(array) = value else {
            self.wrong_type(&place, "a list such as [\"one\", \"two\"]", value);
            return None;
        };
        if array.len() > limit {
            self.sink().report(&place, format!("has {} entries, at most {limit} are allowed", array.len()));
            return None;
        }
        let entry = |(index, entry): (usize, &'a toml::Spanned<DeValue<'a>>)| {
            let place = Place { line: self.file.line(entry.span().start), key: format!("{}[{}]", place.key, index + 1), ..place.clone() };
            match entry.get_ref() {
                DeValue::String(text) => Some(Entry::Text(Located { value: text.as_ref(), place })),
                DeValue::Table(items) => Some(Entry::Table(self.inner(place, items, key))),
                found => {
                    self.wrong_type(&place, "a text in quotes or a table", found);
                    None
                }
            }
        };
        let entries: Vec<_> = array.iter().enumerate().map(entry).collect();
        entries.into_iter().collect()
    }

    /// Whether the key holds a list. Does not count as asked for.
    pub fn is_list(&self, key: &str) -> bool {
        self.items.iter().any(|(k, v)| k.get_ref() == key && matches!(v.get_ref(), DeValue::Array(_)))
    }

    /// Whether the key holds one table, and not a list or something else. Does not count as asked for.
    pub fn is_table(&self, key: &str) -> bool {
        self.items.iter().any(|(k, v)| k.get_ref() == key && matches!(v.get_ref(), DeValue::Table(_)))
    }

    /// One line of at most `max` characters as a person counts them.
    pub fn line(&self, key: &'static str, max: usize) -> Option<Box<str>> {
        let found = self.text(key)?;
        text::line("text", found.value, max).map_err(|r| self.sink().report(&found.place, reason(&r))).ok()
    }

    /// A text of at most `max` characters as a person counts them, line breaks included.
    pub fn long(&self, key: &'static str, max: usize) -> Option<Box<str>> {
        let found = self.text(key)?;
        text::long("text", found.value, max).map_err(|r| self.sink().report(&found.place, reason(&r))).ok()
    }

    /// True or false; `default` where the key is missing or unreadable.
    pub fn flag(&self, key: &'static str, default: bool) -> bool {
        match self.get(key) {
            None => default,
            Some((DeValue::Boolean(value), _)) => *value,
            Some((found, place)) => {
                self.wrong_type(&place, "true or false without quotes", found);
                default
            }
        }
    }

    /// A whole number, if there is one.
    pub fn number(&self, key: &'static str) -> Option<Located<i64>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(value) => Some(Located { value, place }),
                Err(_) => {
                    self.sink().report(&place, format!("the number {number} is too large"));
                    None
                }
            },
            found => {
                self.wrong_type(&place, "a whole number", found);
                None
            }
        }
    }

    /// A duration such as `4h`, if there is one.
    pub fn span(&self, key: &'static str) -> Option<Located<Span>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::String(text) => match parse_span(text) {
                Ok(value) => Some(Located { value, place }),
                Err(problem) => {
                    self.sink().report(&place, problem);
                    None
                }
            },
            found => {
                self.wrong_type(&place, "a duration in quotes such as \"4h\"", found);
                None
            }
        }
    }

    /// One duration or a list of them.
    pub fn spans(&self, key: &'static str) -> Vec<Located<Span>> {
        if self.items.iter().any(|(k, v)| k.get_ref() == key && v.get_ref().is_array()) {
            let read = |text: Located<&str>| match parse_span(text.value) {
                Ok(value) => Some(Located { value, place: text.place }),
                Err(problem) => {
                    self.sink().report(&text.place, problem);
                    None
                }
            };
            return self.texts(key).map(|found| found.value.into_iter().filter_map(read).collect()).unwrap_or_default();
        }
        self.span(key).into_iter().collect()
    }

    fn list(&self, key: &'static str, expected: &str) -> Option<(&'a [toml::Spanned<DeValue<'a>>], Place)> {
        let (value, place) = self.get(key)?;
        let DeValue::Array(array) = value else {
            self.wrong_type(&place, expected, value);
            return None;
        };
        if array.len() > LIST_MAX {
            self.sink().report(&place, format!("has {} entries, at most {LIST_MAX} are allowed", array.len()));
        }
        Some((&array[..array.len().min(LIST_MAX)], place))
    }

    /// A list of texts; none where the key is missing or not a list. Entries that are no texts are reported and left out.
    pub fn texts(&self, key: &'static str) -> Option<Located<Vec<Located<&'a str>>>> {
        let (list, place) = self.list(key, "a list of texts such as [\"one\", \"two\"]")?;
        let mut texts = Vec::new();
        for entry in list {
            let place = Place { line: self.file.line(entry.span().start), ..place.clone() };
            match entry.get_ref() {
                DeValue::String(text) => texts.push(Located { value: text.as_ref(), place }),
                found => self.wrong_type(&place, "a text in quotes", found),
            }
        }
        Some(Located { value: texts, place })
    }

    /// The tables under a key, each called `key[n]`, counted from 1; none where the key is missing or holds something else.
    /// `limit` bounds how many are looked at; the rest is reported by whoever knows the limit's meaning.
    pub fn tables(&self, key: &'static str, limit: usize) -> Vec<Table<'a>> {
        let Some((value, place)) = self.get(key) else { return Vec::new() };
        let hint = if self.place.key.is_empty() {
            format!("write [[{key}]] above it, in double brackets")
        } else {
            format!("write [[...{key}]] above it, in double brackets")
        };
        let DeValue::Array(array) = value else {
            self.sink().report_with(&place, format!("expected a list of tables, found {}", words(value)), hint);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for (index, entry) in array.iter().enumerate().take(limit) {
            let place = Place { line: self.file.line(entry.span().start), key: format!("{}[{}]", place.key, index + 1), ..place.clone() };
            match entry.get_ref() {
                DeValue::Table(items) => tables.push(self.inner(place, items, key)),
                found => self.sink().report_with(&place, format!("expected a table, found {}", words(found)), hint.clone()),
            }
        }
        tables
    }

    /// The one table under a key, called by it, if there is one.
    pub fn table(&self, key: &'static str) -> Option<Table<'a>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::Table(items) => Some(self.inner(place, items, key)),
            found => {
                self.sink().report_with(
                    &place,
                    format!("expected a table, found {}", words(found)),
                    format!("write [{key}] above its keys"),
                );
                None
            }
        }
    }

    /// A whole number, written as a number or as a text of digits, or another text, as text.
    pub fn text_or_number(&self, key: &'static str) -> Option<Located<String>> {
        let (value, place) = self.get(key)?;
        match value {
            DeValue::String(text) => Some(Located { value: text.to_string(), place }),
            DeValue::Integer(number) if number.radix() == 10 => Some(Located { value: number.as_str().to_owned(), place }),
            found => {
                self.wrong_type(&place, "a text in quotes or a whole number", found);
                None
            }
        }
    }

    /// How many entries a list has; zero where there is none.
    pub fn count(&self, key: &str) -> usize {
        let value = self.items.iter().find(|(k, _)| k.get_ref() == key).map(|(_, v)| v.get_ref());
        value.and_then(DeValue::as_array).map_or(0, |array| array.len())
    }

    /// Marks a key as known although nothing is read from it.
    pub fn known(&self, key: &'static str) {
        self.asked.borrow_mut().push(key);
    }

    /// Reports a key that is there although it does not belong here.
    pub fn misplaced(&self, key: &'static str, problem: impl Into<String>, hint: &str) {
        if self.has(key) {
            self.sink().report_with(&self.place_of(key), problem, hint);
        }
        self.misplaced.borrow_mut().insert(key);
        self.known(key);
    }

    /// Reports every key that nobody asked for.
    pub fn finish(&self) {
        let asked = self.asked.borrow();
        let misplaced = self.misplaced.borrow();
        let here = asked.iter().copied().filter(|key| !misplaced.contains(key)).collect();
        self.sink().note(&self.path, self.peek_text("kind"), &here, |key| self.has(key));
        for key in self.items.keys().filter(|k| !asked.contains(&k.get_ref().as_ref())) {
            let name: String = key.get_ref().chars().take(80).collect();
            let place = Place { line: self.file.line(key.span().start), ..self.place.key(&name) };
            let mut known: Vec<_> = asked.clone();
            known.sort_unstable();
            known.dedup();
            self.sink().put(&place, "unknown key".to_owned(), nearest::hint(&name, known));
        }
    }
}

/// A value as plain as it stands there. Its depth is bounded by the parser's.
fn given(value: &DeValue<'_>) -> Given {
    match value {
        DeValue::String(text) => Given::text(text),
        DeValue::Integer(number) if number.radix() == 10 => Given::Number(number.as_str().into()),
        DeValue::Integer(number) => Given::Text(number.to_string().into()),
        DeValue::Float(number) => Given::Number(number.as_str().into()),
        DeValue::Boolean(flag) => Given::Flag(*flag),
        DeValue::Datetime(time) => Given::Text(time.to_string().into()),
        DeValue::Array(list) => Given::List(list.iter().map(|entry| given(entry.get_ref())).collect()),
        DeValue::Table(items) => Given::Map(items.iter().map(|(k, v)| (k.get_ref().as_ref().into(), given(v.get_ref()))).collect()),
    }
}

/// The reason of a refusal by the domain's checks of texts, without the name of its field.
pub fn reason(rejection: &Rejection) -> String {
    match rejection {
        Rejection::InvalidField { problem, .. } => problem.clone(),
        other => other.to_string(),
    }
}
