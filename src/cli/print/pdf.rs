//! The sheets as a PDF. The font is in it, with the glyphs that are used, and its text can be searched and copied.

use std::collections::BTreeSet;

use jiff::Timestamp;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::{Fill, Stroke};
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};

use super::card;
use super::face::FontFile;
use super::layout::{HEIGHT, Ink, Mark, Style, WIDTH, lay_out};
use super::set::Line;
use super::sheet::{Evaluation, Sheet};
use crate::cli::view::qr::QUIET;

/// How wide letters are drawn around to look bold, as a part of the size: the font has one weight.
const BOLD: f32 = 0.028;

/// A PDF, or what the font lacks.
pub struct Made {
    pub bytes: Vec<u8>,
    pub pages: usize,
    /// If there is anything in it, the page is not to be handed over.
    pub missing: BTreeSet<String>,
}

/// Makes it, of the page or of a card; `now` is when, in milliseconds since 1970.
///
/// # Errors
/// In words: what is wrong with the font, or does not fit on a card.
pub fn pdf(sheet: &Sheet, card: Option<&Evaluation>, font: &FontFile, now: i64) -> Result<Made, String> {
    let (sheets, missing) = font.with(sheet.words.tag, |face| {
        let sheets = match card {
            Some(one) => card::lay_out(sheet, one, face).map(|card| vec![card]),
            None => Ok(lay_out(sheet, face)),
        };
        (sheets, face.missing())
    })?;
    let sheets = sheets?;
    let (width, height) = if card.is_some() { (card::WIDTH, card::HEIGHT) } else { (WIDTH, HEIGHT) };
    let pages = sheets.len();
    if !missing.is_empty() && !mutant!("boxes-are-printed") {
        return Ok(Made { bytes: Vec::new(), pages, missing });
    }
    let mut document = Document::new_with(SerializeSettings { enable_tagging: false, ..SerializeSettings::default() });
    for marks in &sheets {
        let settings = PageSettings::from_wh(width, height).ok_or("that is no size of a page")?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        marks.iter().for_each(|mark| draw(mark, font, &mut surface));
        surface.finish();
        page.finish();
    }
    let title = if card.is_some() { sheet.number.clone() } else { format!("{} {}", sheet.number, sheet.subject) };
    let mut about = Metadata::new().title(title).language(sheet.words.tag.to_owned()).creator("workorderctl".to_owned());
    if let Some(company) = &sheet.company {
        about = about.authors(vec![company.clone()]);
    }
    document.set_metadata(about.creation_date(date(now)));
    let bytes = document.finish().map_err(|e| format!("{}: {e}", font.path.display()))?;
    Ok(Made { bytes, pages, missing })
}

fn date(now: i64) -> DateTime {
    let at = Timestamp::from_millisecond(now).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let small = |number: i8| number.unsigned_abs();
    let day = DateTime::new(at.year().unsigned_abs()).month(small(at.month())).day(small(at.day()));
    day.hour(small(at.hour())).minute(small(at.minute())).second(small(at.second())).utc_offset_hour(0).utc_offset_minute(0)
}

fn draw(mark: &Mark<'_>, font: &FontFile, surface: &mut Surface<'_>) {
    match mark {
        Mark::Text { x, y, line, style } => text(line, (*x, *y), *style, font, surface),
        Mark::Rule { x, y, width, weight, ink } => {
            fill(surface, *ink);
            rectangles(surface, [(*x, *y - weight / 2.0, *width, *weight)].into_iter());
        }
        Mark::Code { x, y, side, code } => {
            fill(surface, Ink::Black);
            let module = side / (code.side + 2 * QUIET) as f32;
            let at = |start: f32, modules: usize| start + (modules + QUIET) as f32 * module;
            let bars = code.bars.iter().map(|(column, row, long)| (at(*x, *column), at(*y, *row), *long as f32 * module, module));
            rectangles(surface, bars);
        }
    }
}

fn fill(surface: &mut Surface<'_>, ink: Ink) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill { paint: colour(ink).into(), ..Fill::default() }));
}

fn colour(ink: Ink) -> rgb::Color {
    match ink {
        Ink::Black => rgb::Color::new(17, 17, 17),
        Ink::Grey => rgb::Color::new(85, 85, 85),
        Ink::Pale => rgb::Color::new(190, 190, 190),
        Ink::Red => rgb::Color::new(176, 0, 32),
    }
}

fn rectangles(surface: &mut Surface<'_>, all: impl Iterator<Item = (f32, f32, f32, f32)>) {
    let mut path = PathBuilder::new();
    all.filter_map(|(x, y, width, height)| Rect::from_xywh(x, y, width, height)).for_each(|one| path.push_rect(one));
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn text(line: &Line, (mut x, y): (f32, f32), style: Style, font: &FontFile, surface: &mut Surface<'_>) {
    fill(surface, style.ink);
    if style.bold {
        let (paint, width) = (colour(style.ink).into(), style.size * BOLD);
        surface.set_stroke(Some(Stroke { paint, width, ..Stroke::default() }));
    }
    for run in &line.runs {
        surface.draw_glyphs(Point::from_xy(x, y), &run.glyphs, font.font.clone(), &run.text, style.size, false);
        x += run.width * style.size;
    }
}
