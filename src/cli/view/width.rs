//! Text by the columns it takes on a terminal: a Chinese character takes two, a combining mark none.
//! Keeps: foreign text cannot steer the terminal (control characters and direction overrides are replaced), and nothing is cut
//! inside of what people see as one character.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// Foreign text for one line: line breaks and tabs become spaces, other control characters and direction overrides `�`.
pub fn line(text: &str) -> String {
    text.trim().chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { harmless(c) }).collect()
}

/// Foreign text of several lines; line breaks stay.
pub fn lines(text: &str) -> String {
    let kept = |c| if c == '\n' { c } else { harmless(c) };
    text.replace("\r\n", "\n").replace('\t', "    ").chars().map(kept).collect()
}

fn harmless(c: char) -> char {
    let steers = c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}');
    if steers { '\u{fffd}' } else { c }
}

/// `text` cut to at most `columns`, with `…` for what was cut off.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let (mut kept, mut used) = (String::new(), 0);
    for piece in text.graphemes(true) {
        if used + width(piece) + 1 > columns {
            break;
        }
        used += width(piece);
        kept.push_str(piece);
    }
    if columns > 0 {
        kept.truncate(kept.trim_end().len());
        kept.push('…');
    }
    kept
}

/// `text` filled up with spaces to `columns`; longer text stays as it is.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}

/// `text` filled up with spaces in front.
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(width(text))))
}

/// Does not begin a line.
const CLOSING: &str = "，。；：！？、）」』》〉】”’…,.;:!?)]}";
/// Does not end a line.
const OPENING: &str = "（「『《〈【“‘([{";

/// `text` in lines of at most `columns` (8 at least), broken at spaces and between wide characters, as Chinese is; what is longer
/// than a line is broken anywhere.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(8);
    let mut out = Vec::new();
    for paragraph in text.split('\n') {
        let mut current = String::new();
        for unit in units(paragraph) {
            if width(&current) + width(unit.trim_end()) > columns && !current.is_empty() {
                out.push(current.trim_end().to_owned());
                current.clear();
            }
            for piece in unit.graphemes(true) {
                if width(&current) + width(piece) > columns && piece != " " {
                    out.push(current.trim_end().to_owned());
                    current.clear();
                }
                current.push_str(piece);
            }
        }
        out.push(current.trim_end().to_owned());
    }
    out
}

/// Words with the spaces behind them, and single wide characters with their punctuation.
fn units(text: &str) -> Vec<String> {
    let mut units: Vec<String> = Vec::new();
    let mut before = "";
    for piece in text.graphemes(true) {
        let wide = |piece: &str| width(piece) > 1;
        let joins = match (before, piece) {
            ("", _) => false,
            (_, " ") => true,
            (" ", _) => false,
            _ => CLOSING.contains(piece) || OPENING.contains(before) || !(wide(before) || wide(piece)),
        };
        match units.last_mut() {
            Some(unit) if joins => unit.push_str(piece),
            _ => units.push(piece.to_owned()),
        }
        before = piece;
    }
    units
}
