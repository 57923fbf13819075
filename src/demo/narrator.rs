//! Tells the story: one sentence a line, with the time of the daemon's clock, within 80 columns, wide characters counted as wide.
//! A reader that goes away does not end the play: what cannot be written is not written.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use std::io::{IsTerminal, Write};

/// Columns of a line.
pub const COLUMNS: u16 = 80;
/// Columns of the time and the gap behind it.
const MARGIN: u16 = 7;

/// Whoever speaks.
#[derive(Debug)]
pub struct Narrator {
    colours: bool,
    /// The day that was told last.
    day: String,
}

impl Narrator {
    /// Speaks to standard output.
    pub fn new() -> Self {
        let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self { colours, day: String::new() }
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    fn put(&self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}");
        let _ = out.flush();
    }

    /// The title of a part.
    pub fn scene(&mut self, title: &str) {
        let rule = "-".repeat(title.chars().count());
        self.put(&format!("\n{}\n{}", self.paint("1", title), self.paint("2", &rule)));
        self.day.clear();
    }

    /// Something happens, at a time in milliseconds since 1970.
    pub fn tell(&mut self, at: i64, text: &str) {
        let zoned = jiff::Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
        let day = zoned.strftime("%A, %-d %B %Y").to_string();
        if day != self.day {
            self.put(&self.paint("2", &day));
            self.day = day;
        }
        self.put(&beside(&zoned.strftime("%H:%M").to_string(), text));
    }

    /// Goes on with what was told.
    pub fn more(&self, text: &str) {
        self.put(&beside("", text));
    }

    /// Text that must stay in one piece, such as a link or a command.
    pub fn verbatim(&self, text: &str) {
        self.put(&format!("{}{text}", " ".repeat(usize::from(MARGIN))));
    }

    /// A line, or a block of lines, as it is.
    pub fn plain(&self, text: &str) {
        self.put(text);
    }

    /// How a check came out.
    pub fn verdict(&self, good: bool, text: &str) {
        let mark = if good { "ok" } else { "WRONG" };
        let line = beside(mark, text);
        match line.strip_prefix(mark) {
            Some(rest) => self.put(&format!("{}{rest}", self.paint(if good { "32" } else { "1;31" }, mark))),
            None => self.put(&line),
        }
    }
}

/// A margin and a text beside it, wrapped.
pub fn beside(margin: &str, text: &str) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(COLUMNS);
    table.add_row([margin, text]);
    if let Some(column) = table.column_mut(0) {
        column.set_padding((0, 0)).set_constraint(ColumnConstraint::Absolute(Width::Fixed(MARGIN)));
    }
    if let Some(column) = table.column_mut(1) {
        column.set_padding((0, 0));
    }
    table.trim_fmt()
}

/// `★★★★☆`.
pub fn stars(given: i64, of: i64) -> String {
    let count = |n: i64| usize::try_from(n.clamp(0, 10)).unwrap_or_default();
    format!("{}{}", "★".repeat(count(given)), "☆".repeat(count(of - given)))
}
