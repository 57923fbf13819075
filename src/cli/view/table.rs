//! Tables that fit: columns aligned by display width, the widest of those that may shrink is cut until the line fits.
//! The layout can be kept, so that the pages of a long list stand under one another.

use super::page::Page;
use super::paint::Tone;
use super::width::{cut, line, pad, pad_left, width};

/// Columns between two columns.
const GAP: usize = 2;

/// What a column is.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Heading.
    pub title: &'static str,
    /// It may shrink to this; `None`: never cut.
    pub least: Option<usize>,
    /// Numbers stand right.
    pub right: bool,
}

/// A column that is never cut.
pub const fn whole(title: &'static str) -> Column {
    Column { title, least: None, right: false }
}

/// A column that may be cut to `least` columns.
pub const fn pliant(title: &'static str, least: usize) -> Column {
    Column { title, least: Some(least), right: false }
}

/// A column of numbers.
pub const fn number(title: &'static str) -> Column {
    Column { title, least: None, right: true }
}

/// A text of a table, with its tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Option<Tone>,
}

impl Cell {
    /// The cell in a tone.
    pub fn toned(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone: Some(tone) }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell { text: text.into(), tone: None }
    }
}

/// Columns with their widths.
#[derive(Debug, Clone)]
pub struct Layout {
    columns: Vec<(Column, usize)>,
}

impl Layout {
    /// Widths for these rows on a page of `page_width`; columns without any content are left out.
    pub fn fit(columns: &[Column], rows: &[Vec<Cell>], page_width: usize) -> Layout {
        let mut fitted = Vec::new();
        for (i, column) in columns.iter().enumerate() {
            let content = rows.iter().filter_map(|row| row.get(i)).map(|cell| width(&cell.text)).max().unwrap_or(0);
            fitted.push((*column, if content == 0 { 0 } else { content.max(width(column.title)) }));
        }
        let mut layout = Layout { columns: fitted };
        while layout.width() > page_width {
            let widest = layout.columns.iter_mut().filter(|(c, w)| c.least.is_some_and(|least| *w > least)).max_by_key(|(_, w)| *w);
            let Some((_, width)) = widest else { break };
            *width -= 1;
        }
        layout
    }

    fn width(&self) -> usize {
        let shown = self.columns.iter().filter(|(_, w)| *w > 0);
        shown.map(|(_, w)| w + GAP).sum::<usize>().saturating_sub(GAP)
    }

    /// The line of headings.
    pub fn head(&self, page: &Page) -> String {
        let cells: Vec<Cell> = self.columns.iter().map(|(column, _)| Cell::toned(column.title, Tone::Dim)).collect();
        self.row(&cells, page)
    }

    /// One line.
    pub fn row(&self, cells: &[Cell], page: &Page) -> String {
        let mut line = String::new();
        let last = self.columns.iter().rposition(|(_, w)| *w > 0);
        for (i, ((column, columns), cell)) in self.columns.iter().zip(cells).enumerate() {
            if *columns == 0 {
                continue;
            }
            if !line.is_empty() {
                line.push_str(&" ".repeat(GAP));
            }
            let text = if column.least.is_some() { cut(&cell.text, *columns) } else { cell.text.clone() };
            let filled = match (column.right, Some(i) == last) {
                (true, _) => pad_left(&text, *columns),
                (false, true) => text,
                (false, false) => pad(&text, *columns),
            };
            line.push_str(&cell.tone.map_or_else(|| filled.clone(), |tone| page.paint.tone(tone, &filled)));
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }
}

/// A table that is written page by page: the first one that is not empty lays out the columns and has the headings.
#[derive(Debug, Default)]
pub struct Pages {
    layout: Option<Layout>,
    shown: usize,
}

impl Pages {
    /// The next page.
    pub fn page(&mut self, columns: &[Column], rows: &[Vec<Cell>], page: &Page) -> String {
        let mut out = String::new();
        if self.layout.is_none() && !rows.is_empty() {
            let layout = Layout::fit(columns, rows, page.width);
            out.push_str(&layout.head(page));
            self.layout = Some(layout);
        }
        if let Some(layout) = &self.layout {
            rows.iter().for_each(|row| out.push_str(&layout.row(row, page)));
        }
        self.shown += rows.len();
        out
    }

    /// The line below the last page: `12 Work Orders of 300; more with --after 7f or --all`.
    pub fn end(&self, none: &str, total: Option<i64>, next: Option<&str>, page: &Page) -> String {
        let count = match self.shown {
            0 => none.to_owned(),
            1 => "1 Work Order".to_owned(),
            n => format!("{n} Work Orders"),
        };
        let fewer = |total: &i64| i64::try_from(self.shown).is_ok_and(|shown| shown < *total);
        let all = total.filter(fewer).map_or_else(String::new, |total| format!(" of {total}"));
        let more = next.map_or_else(String::new, |next| format!("; more with --after {} or --all", line(next)));
        format!("{}\n", page.paint.tone(Tone::Dim, &format!("{count}{all}{more}")))
    }
}

/// A whole table with headings.
pub fn table(columns: &[Column], rows: &[Vec<Cell>], page: &Page) -> String {
    let layout = Layout::fit(columns, rows, page.width);
    let mut out = layout.head(page);
    for row in rows {
        out.push_str(&layout.row(row, page));
    }
    out
}
