//! The page as it is handed over, before it is drawn: texts in their order, and nothing of how they look.

use qrcode::{Color, QrCode};

use super::words::Words;

/// A page for the customer.
#[derive(Debug)]
pub struct Sheet {
    /// Its own words, and their language.
    pub words: &'static Words,
    /// A word or two in the place of a logo.
    pub logo: Option<String>,
    /// Name of the company.
    pub company: Option<String>,
    pub number: String,
    pub subject: String,
    /// That it does not count, if it does not.
    pub mark: Option<&'static str>,
    /// What stands below the subject.
    pub facts: Vec<Fact>,
    pub sections: Vec<Section>,
    /// The link by which the customer evaluates, and until when.
    pub evaluation: Option<Evaluation>,
    /// When it was printed, and the zone of its times.
    pub printed: String,
}

/// Something by its title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub title: String,
    pub text: String,
}

/// A part of the page with its title.
#[derive(Debug)]
pub struct Section {
    pub title: String,
    pub blocks: Vec<Block>,
}

/// A piece of a part.
#[derive(Debug)]
pub enum Block {
    Facts(Vec<Fact>),
    Text(String),
    Table(Table),
}

/// Rows under titles; `title` is empty where the part's is enough.
#[derive(Debug)]
pub struct Table {
    pub title: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// What it comes to, under the last column.
    pub total: Option<String>,
}

/// An invitation to evaluate.
#[derive(Debug)]
pub struct Evaluation {
    pub link: String,
    pub until: String,
    pub code: Code,
}

/// A QR code.
#[derive(Debug)]
pub struct Code {
    /// Modules of a side, without the quiet zone.
    pub side: usize,
    /// The dark ones; those side by side are one bar, so that no light shows between them: column, row, how many.
    pub bars: Vec<(usize, usize, usize)>,
}

impl Code {
    /// Of a link; none if it is too long for a code.
    pub fn of(link: &str) -> Option<Code> {
        let code = QrCode::new(link).ok()?;
        let side = code.width();
        let mut bars: Vec<(usize, usize, usize)> = Vec::new();
        let all = (0..side).flat_map(|y| (0..side).map(move |x| (x, y)));
        for (x, y) in all.filter(|at| code[*at] == Color::Dark) {
            match bars.last_mut() {
                Some((column, row, long)) if *row == y && *column + *long == x => *long += 1,
                _ => bars.push((x, y, 1)),
            }
        }
        Some(Code { side, bars })
    }
}

impl Fact {
    /// Something by its title.
    pub fn new(title: &str, text: impl Into<String>) -> Fact {
        Fact { title: title.to_owned(), text: text.into() }
    }
}
