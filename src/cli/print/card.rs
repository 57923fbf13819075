//! The code of the evaluation on a card of A6, to hand over or to stick on the equipment; as HTML and as marks of a PDF.
//! Keeps: nothing of the customer is on it, for whoever comes by reads it; all that is on it stands whole, or there is no card.

use std::borrow::Cow;

use maud::{DOCTYPE, PreEscaped, html};

use super::face::Face;
use super::html::{POLICY, code};
use super::layout::{Ink, Mark, Style};
use super::set::set;
use super::sheet::{Evaluation, Sheet};

/// A6, in points.
pub const WIDTH: f32 = 297.64;
pub const HEIGHT: f32 = 419.53;
const MARGIN: f32 = 24.0;
const GAP: f32 = 10.0;
/// Sides of the code: what is smaller is hard to scan from a hand's breadth away.
const CODE_MOST: f32 = 200.0;
const CODE_LEAST: f32 = 110.0;
/// Height of a line, and where its letters stand, as parts of the size.
const LEADING: f32 = 1.4;
const BASE: f32 = 1.08;

const STYLE: &str = include_str!("card.css");

const LOGO: Style = Style { size: 17.0, bold: true, ink: Ink::Black };
const COMPANY: Style = Style { size: 12.0, bold: true, ink: Ink::Black };
const WORDS: Style = Style { size: 12.0, bold: false, ink: Ink::Black };
const SMALL: Style = Style { size: 8.0, bold: false, ink: Ink::Grey };

/// Texts below each other, and how they look.
type Texts<'a> = Vec<(Cow<'a, str>, Style)>;

/// What stands above the code and below it.
fn texts<'a>(sheet: &'a Sheet, one: &'a Evaluation) -> (Texts<'a>, Texts<'a>) {
    let head = [(sheet.logo.as_deref(), LOGO), (sheet.company.as_deref(), COMPANY), (Some(sheet.words.evaluate), WORDS)];
    let until = format!("{} {}", sheet.words.valid_until, one.until);
    let foot = [format!("{} {}", sheet.words.work_order, sheet.number).into(), until.into(), Cow::from(&one.link)];
    let head = head.into_iter().filter_map(|(text, style)| Some((text?.into(), style)));
    (head.collect(), foot.map(|text| (text, SMALL)).to_vec())
}

/// What is drawn.
///
/// # Errors
/// In words: there is too much above the code.
pub fn lay_out<'a>(sheet: &'a Sheet, one: &'a Evaluation, face: &Face<'_>) -> Result<Vec<Mark<'a>>, String> {
    let width = WIDTH - 2.0 * MARGIN;
    let (head, foot) = texts(sheet, one);
    let lines = |text: &str, style: Style| set(face, text, width / style.size).into_iter().map(move |line| (line, style));
    let head: Vec<_> = head.iter().flat_map(|(text, style)| lines(text, *style)).collect();
    let foot: Vec<_> = foot.iter().flat_map(|(text, style)| lines(text, *style)).collect();
    let height = |lines: &[(_, Style)]| lines.iter().map(|(_, style)| style.size * LEADING).sum::<f32>();
    let room = HEIGHT - 2.0 * MARGIN - height(&head) - height(&foot) - 2.0 * GAP;
    let side = room.min(width).min(CODE_MOST);
    if side < CODE_LEAST {
        return Err("the company's name leaves no room for the code on a card; a shorter one does (--company, --logo)".to_owned());
    }
    let mut marks = Vec::new();
    let mut y = MARGIN + (room - side) / 2.0;
    let code_y = y + height(&head) + GAP;
    let mut column = |lines: Vec<(_, Style)>, mut y: f32| {
        for (line, style) in lines {
            let line: super::set::Line = line;
            marks.push(Mark::Text { x: (WIDTH - line.width * style.size) / 2.0, y: y + style.size * BASE, line, style });
            y += style.size * LEADING;
        }
    };
    column(head, y);
    y = code_y + side + GAP;
    column(foot, y);
    marks.push(Mark::Code { x: (WIDTH - side) / 2.0, y: code_y, side, code: &one.code });
    Ok(marks)
}

/// The whole file.
pub fn page(sheet: &Sheet, one: &Evaluation) -> String {
    let (head, foot) = texts(sheet, one);
    let page = html! {
        (DOCTYPE)
        html lang=(sheet.words.tag) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (sheet.number) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                @for (text, style) in &head { p.logo[*style == LOGO].company[*style == COMPANY] dir="auto" { (text) } }
                (code(&one.code))
                @for (text, _) in &foot { p.small { (text) } }
            }
        }
    };
    page.into_string() + "\n"
}
