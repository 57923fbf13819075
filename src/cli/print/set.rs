//! Texts set in lines: broken where Unicode allows it (between most Chinese characters, behind words of others), each line in the order in
//! which it is seen, whatever the direction of its scripts.

use std::ops::Range;

use krilla::text::KrillaGlyph;
use unicode_bidi::{BidiInfo, Level};
use unicode_linebreak::linebreaks;
use unicode_segmentation::UnicodeSegmentation;

use super::face::Face;

/// A line that is set; lengths are parts of the size.
#[derive(Debug, Clone, Default)]
pub struct Line {
    /// From left to right.
    pub runs: Vec<Run>,
    pub width: f32,
    /// It begins at the right.
    pub leftwards: bool,
}

/// A piece of a line that is written in one direction.
#[derive(Debug, Clone)]
pub struct Run {
    pub text: String,
    pub glyphs: Vec<KrillaGlyph>,
    pub width: f32,
}

/// A text in lines that are at most `width` wide; at least one.
pub fn set(face: &Face<'_>, text: &str, width: f32) -> Vec<Line> {
    let mut lines = Vec::new();
    for text in text.split('\n') {
        Paragraph::new(face, text).broken(width, &mut lines);
    }
    lines
}

/// How wide the widest line of a text would be, were none broken.
pub fn natural(face: &Face<'_>, text: &str) -> f32 {
    let one = |text: &str| {
        let paragraph = Paragraph::new(face, text);
        paragraph.measured(0..text.trim_end().len())
    };
    text.split('\n').map(one).fold(0.0, f32::max)
}

struct Paragraph<'a> {
    face: &'a Face<'a>,
    text: &'a str,
    bidi: BidiInfo<'a>,
    /// Where a line may end, and pieces of the text begin.
    ends: Vec<usize>,
}

impl<'a> Paragraph<'a> {
    fn new(face: &'a Face<'a>, text: &'a str) -> Self {
        let ends = if text.is_empty() { Vec::new() } else { linebreaks(text).map(|(at, _)| at).collect() };
        Paragraph { face, text, bidi: BidiInfo::new(text, None), ends }
    }

    fn leftwards(&self) -> bool {
        self.bidi.paragraphs.first().is_some_and(|paragraph| paragraph.level.is_rtl())
    }

    /// The pieces of a part that are of one direction.
    fn pieces(&self, part: Range<usize>) -> Vec<(Range<usize>, bool)> {
        let mut pieces: Vec<(Range<usize>, bool)> = Vec::new();
        for (at, c) in self.text[part.clone()].char_indices() {
            let (at, level) = (part.start + at, self.bidi.levels.get(part.start + at).copied().unwrap_or(Level::ltr()));
            match pieces.last_mut() {
                Some((piece, leftwards)) if *leftwards == level.is_rtl() => piece.end = at + c.len_utf8(),
                _ => pieces.push((at..at + c.len_utf8(), level.is_rtl())),
            }
        }
        pieces
    }

    fn measured(&self, part: Range<usize>) -> f32 {
        self.pieces(part).into_iter().map(|(piece, leftwards)| self.face.shape(&self.text[piece], leftwards).width).sum()
    }

    fn broken(&self, width: f32, lines: &mut Vec<Line>) {
        let (mut begin, mut at, mut used) = (0, 0, 0.0);
        for end in &self.ends {
            let piece = at..*end;
            let shown = self.measured(at..at + self.text[piece.clone()].trim_end().len());
            if used + shown > width && begin < at {
                lines.push(self.line(begin..at));
                (begin, used) = (at, 0.0);
            }
            if shown <= width {
                used += self.measured(piece);
            } else {
                // Longer than a line: broken between what people see as characters.
                for character in self.text[piece.clone()].graphemes(true) {
                    let wide = self.measured(at..at + character.len());
                    if used + wide > width && begin < at {
                        lines.push(self.line(begin..at));
                        (begin, used) = (at, 0.0);
                    }
                    used += wide;
                    at += character.len();
                }
            }
            at = *end;
        }
        if begin < self.text.len() || self.text.is_empty() {
            lines.push(self.line(begin..self.text.len()));
        }
    }

    fn line(&self, part: Range<usize>) -> Line {
        let part = part.start..part.start + self.text[part.clone()].trim_end().len();
        let mut line = Line { leftwards: self.leftwards(), ..Line::default() };
        let (Some(paragraph), false) = (self.bidi.paragraphs.first().filter(|_| self.bidi.has_rtl()), part.is_empty()) else {
            line.push(self.rightwards(part));
            return line;
        };
        let (levels, runs) = self.bidi.visual_runs(paragraph, part);
        for run in runs {
            if levels.get(run.start).is_some_and(|level| level.is_rtl()) {
                let shaped = self.face.shape(&self.text[run.clone()], true);
                line.push(Run { text: self.text[run].to_owned(), glyphs: shaped.glyphs.clone(), width: shaped.width });
            } else {
                line.push(self.rightwards(run));
            }
        }
        line
    }

    /// A part that is written from left to right, piece by piece as it was measured.
    fn rightwards(&self, part: Range<usize>) -> Run {
        let mut run = Run { text: self.text[part.clone()].to_owned(), glyphs: Vec::new(), width: 0.0 };
        let first = self.ends.partition_point(|end| *end <= part.start);
        let inner = self.ends[first..].iter().copied().take_while(|end| *end < part.end);
        let mut begin = part.start;
        for end in inner.chain([part.end]) {
            let shaped = self.face.shape(&self.text[begin..end], false);
            let moved = begin - part.start;
            run.glyphs.extend(shaped.glyphs.iter().cloned().map(|mut glyph| {
                glyph.text_range = glyph.text_range.start + moved..glyph.text_range.end + moved;
                glyph
            }));
            run.width += shaped.width;
            begin = end;
        }
        run
    }
}

impl Line {
    fn push(&mut self, run: Run) {
        if !run.text.is_empty() {
            self.width += run.width;
            self.runs.push(run);
        }
    }
}
