//! A spreadsheet as it is read: headings, and rows of cells with the numbers that the file shows.
//! Keeps: what cannot be read is named with its line; a number of a cell is never told in another way than it was typed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use calamine::{Data, Reader, Xlsx};

use super::super::failure::Failure;

/// Largest file, in bytes.
const FILE_MAX: u64 = 256 << 20;
/// Columns of a sheet.
const COLUMNS_MAX: usize = 1024;
/// Longest cell, in characters: as in spreadsheets.
const CELL_MAX: usize = 32_767;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// A text, without blanks around it.
    Text(String),
    /// A point in time by a clock on the wall, as a spreadsheet keeps it: `2026-11-22T14:00:00`.
    Moment(String),
    /// Something that no value can be made of, and why.
    Wrong(String),
}

/// A line below the headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number in the file; the headings are 1.
    pub line: u64,
    /// From the left; those behind the last may be missing.
    pub cells: Vec<Cell>,
}

/// A table with headings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The file, and the sheet where there are such.
    pub name: String,
    /// Of the columns.
    pub headings: Vec<String>,
    /// Without those where nothing stands.
    pub rows: Vec<Row>,
    /// Between the cells of a CSV; a comma for others.
    pub separator: u8,
}

/// How a file is to be read, where that does not show.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// `utf-8` or `gb18030`.
    pub encoding: Option<String>,
    /// `,`, `;` or a tab.
    pub separator: Option<u8>,
    /// Which sheet; else the first.
    pub sheet: Option<String>,
}

fn text(text: &str) -> Cell {
    let trimmed = text.trim();
    if trimmed.contains('\0') {
        return Cell::Wrong("has a NUL character".to_owned());
    }
    if trimmed.chars().count() > CELL_MAX {
        return Cell::Wrong(format!("has more than {CELL_MAX} characters"));
    }
    Cell::Text(trimmed.to_owned())
}

impl Cell {
    /// Whether nothing stands there.
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }
}

/// Reads a file: XLSX by the end of its name, else CSV.
///
/// # Errors
/// It cannot be read, is none of these, or has no line below its headings.
pub fn read(path: &Path, reading: &Reading) -> Result<Table, Failure> {
    let name = path.display().to_string();
    let unreadable = |e: std::io::Error| Failure::Usage(format!("{name}: {e}"));
    let size = fs::metadata(path).map_err(unreadable)?.len();
    if size > FILE_MAX {
        return Err(Failure::Usage(format!("{name} has {size} bytes; at most {FILE_MAX} are read at a time: divide it")));
    }
    let table = if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("xlsx")) {
        xlsx(path, &name, reading)?
    } else {
        csv(&fs::read(path).map_err(unreadable)?, &name, reading)?
    };
    for (index, heading) in table.headings.iter().enumerate() {
        if !heading.is_empty() && table.headings[..index].contains(heading) {
            return Err(Failure::Usage(format!("{}:1: two columns are called {heading:?}; rename one", table.name)));
        }
    }
    if table.rows.is_empty() {
        return Err(Failure::Usage(format!("{}: there is no line below the headings", table.name)));
    }
    Ok(table)
}

/// CSV from its bytes.
fn csv(bytes: &[u8], name: &str, reading: &Reading) -> Result<Table, Failure> {
    let text = decoded(bytes, name, reading.encoding.as_deref())?;
    let separator = reading.separator.unwrap_or_else(|| separator(&text));
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 };
    let (mut headings, mut rows) = (None, Vec::new());
    for record in reader.records() {
        let record = record.map_err(|e| Failure::Usage(format!("{name}: {e}")))?;
        let line = lines.of(record.position().map_or(0, csv::Position::byte));
        match headings {
            None => headings = Some(record.iter().map(|h| h.trim().to_owned()).collect::<Vec<_>>()),
            Some(_) if record.iter().all(|cell| cell.trim().is_empty()) => {}
            Some(_) => rows.push(Row { line, cells: record.iter().map(self::text).collect() }),
        }
    }
    let headings = headings.ok_or_else(|| Failure::Usage(format!("{name}: the file is empty")))?;
    Ok(Table { name: name.to_owned(), headings, rows, separator })
}

/// Numbers of lines by places in the text; the reader of CSV tells where it began to look, which may be before empty lines.
struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, byte: u64) -> u64 {
        let begin = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let blank = self.text[begin..].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let to = (begin + blank).max(self.at);
        self.line += self.text[self.at..to].iter().filter(|b| **b == b'\n').count() as u64;
        self.at = to;
        self.line
    }
}

fn decoded(bytes: &[u8], name: &str, encoding: Option<&str>) -> Result<String, Failure> {
    let line_of = |at: usize| bytes[..at].iter().filter(|b| **b == b'\n').count() + 1;
    if encoding == Some("gb18030") {
        let (text, _, wrong) = encoding_rs::GB18030.decode(bytes);
        if wrong {
            // No character of GB18030 has a line break in it.
            let bad = |line: &[u8]| encoding_rs::GB18030.decode_without_bom_handling(line).1;
            let line = bytes.split(|b| *b == b'\n').position(bad).map_or(1, |index| index + 1);
            return Err(Failure::Usage(format!("{name}:{line}: there are bytes that are no GB18030; name the right one with --encoding")));
        }
        return Ok(text.into_owned());
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => Err(Failure::Usage(format!(
            "{name}:{}: there are bytes that are no UTF-8; if the file is in GB18030 (or GBK), say --encoding gb18030",
            line_of(error.valid_up_to())
        ))),
    }
}

/// The one that the headings have most of.
fn separator(text: &str) -> u8 {
    let (mut quoted, mut counts) = (false, [(b',', 0), (b';', 0), (b'\t', 0)]);
    for byte in text.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(separator, _)| *separator == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of those with as many, the first.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| *separator)
}

fn xlsx(path: &Path, name: &str, reading: &Reading) -> Result<Table, Failure> {
    let wrong = |e: calamine::XlsxError| Failure::Usage(format!("{name}: this is no XLSX that can be read: {e}"));
    let mut book: Xlsx<_> = calamine::open_workbook(path).map_err(wrong)?;
    let sheets = book.sheet_names();
    let sheet = match &reading.sheet {
        Some(sheet) if sheets.contains(sheet) => sheet.clone(),
        Some(sheet) => return Err(Failure::Usage(format!("{name}: there is no sheet {sheet:?}; there are: {}", sheets.join(", ")))),
        None => sheets.first().cloned().ok_or_else(|| Failure::Usage(format!("{name}: there is no sheet in it")))?,
    };
    let name = format!("{name}[{sheet}]");
    let mut reader = book.worksheet_cells_reader(&sheet).map_err(wrong)?;
    // Only what stands somewhere takes room: a single cell far out makes no huge table.
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    while let Some(found) = reader.next_cell().map_err(wrong)? {
        let ((row, column), content) = (found.get_position(), cell(&Data::from(found.get_value().clone())));
        let column = column as usize;
        if content.is_empty() {
            continue;
        }
        if column >= COLUMNS_MAX {
            let line = row + 1;
            return Err(Failure::Usage(format!("{name}:{line}: something stands behind the first {COLUMNS_MAX} columns; delete it there")));
        }
        let cells = rows.entry(row).or_default();
        cells.resize_with(cells.len().max(column + 1), || Cell::Text(String::new()));
        cells[column] = content;
    }
    let Some((_, headings)) = rows.pop_first() else { return Err(Failure::Usage(format!("{name}: the sheet is empty"))) };
    let heading = |cell| match cell {
        Cell::Text(text) | Cell::Moment(text) => text,
        Cell::Wrong(_) => String::new(),
    };
    let headings = headings.into_iter().map(heading).collect();
    let rows = rows.into_iter().map(|(row, cells)| Row { line: u64::from(row) + 1, cells }).collect();
    Ok(Table { name, headings, rows, separator: b',' })
}

/// A cell of a spreadsheet as people see it. Of a formula it is the value that was kept with it.
fn cell(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Text(String::new()),
        Data::String(content) => text(content),
        // Never with an exponent: a phone number kept as a number is one.
        Data::Float(number) => text(&number.to_string()),
        Data::Error(error) => Cell::Wrong(format!("has an error: {error}")),
        Data::DateTime(time) if !time.is_duration() => {
            let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
            Cell::Moment(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"))
        }
        other => text(&other.to_string()),
    }
}
