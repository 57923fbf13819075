//! The page on sheets of A4: what stands where, in points from the upper left corner.
//! Keeps: nothing reaches beyond the margins; a title is never alone at the foot of a sheet, and the lines for signatures stay together.

use super::face::Face;
use super::set::{Line, natural, set};
use super::sheet::{Block, Code, Evaluation, Fact, Section, Sheet, Table};
use super::tables::columns;

/// A4.
pub const WIDTH: f32 = 595.28;
pub const HEIGHT: f32 = 841.89;
const LEFT: f32 = 51.0;
const RIGHT: f32 = WIDTH - 51.0;
const ALL: f32 = RIGHT - LEFT;
const TOP: f32 = 51.0;
/// On the sheets after the first, below the line that says what they belong to.
const TOP_AFTER: f32 = 68.0;
const BOTTOM: f32 = HEIGHT - 62.0;
const FOOT: f32 = HEIGHT - 46.0;
/// Between columns.
const GAP: f32 = 12.0;
const CODE: f32 = 100.0;
/// Height of a line, and where its letters stand, as parts of the size.
const LEADING: f32 = 1.45;
const BASE: f32 = 1.1;

/// How letters look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub size: f32,
    pub bold: bool,
    pub ink: Ink,
}

/// Colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    Black,
    Grey,
    Pale,
    Red,
}

const BODY: Style = Style { size: 10.0, bold: false, ink: Ink::Black };
const GREY: Style = Style { ink: Ink::Grey, ..BODY };
const STRONG: Style = Style { bold: true, ..BODY };
const SMALL: Style = Style { size: 8.5, ..GREY };
const TITLE: Style = Style { size: 11.5, ..STRONG };
const SUBJECT: Style = Style { size: 15.0, ..STRONG };
const LOGO: Style = Style { size: 20.0, ..STRONG };
const COMPANY: Style = Style { size: 12.0, ..BODY };
const NUMBER: Style = Style { size: 13.0, ..STRONG };
const MARK: Style = Style { ink: Ink::Red, ..NUMBER };

impl Style {
    fn leading(self) -> f32 {
        self.size * LEADING
    }
}

/// Something that is drawn.
#[derive(Debug)]
pub enum Mark<'a> {
    /// A line of text; `y` is where its letters stand.
    Text { x: f32, y: f32, line: Line, style: Style },
    /// A rule across.
    Rule { x: f32, y: f32, width: f32, weight: f32, ink: Ink },
    /// A QR code with its quiet zone.
    Code { x: f32, y: f32, side: f32, code: &'a Code },
}

/// The sheets of a page.
pub fn lay_out<'a>(sheet: &'a Sheet, face: &Face<'_>) -> Vec<Vec<Mark<'a>>> {
    let mut flow = Flow { face, sheets: vec![Vec::new()], y: TOP, titles: 0.0 };
    let blocks = sheet.sections.iter().flat_map(|part| &part.blocks);
    let told = blocks.filter_map(|block| if let Block::Facts(facts) = block { Some(facts) } else { None }).chain([&sheet.facts]);
    let titles = told.flatten().filter(|fact| !fact.text.is_empty()).map(|fact| flow.natural(&fact.title, GREY));
    flow.titles = titles.fold(0.0, f32::max).min(ALL * 0.3);
    flow.head(sheet);
    flow.text(&sheet.subject, LEFT, ALL, SUBJECT);
    flow.y += 6.0;
    flow.facts(&sheet.facts);
    sheet.sections.iter().for_each(|part| flow.section(part));
    if let Some(one) = &sheet.evaluation {
        flow.evaluation(one, sheet);
    }
    flow.signatures(sheet);
    flow.margins(sheet);
    flow.sheets
}

struct Flow<'a, 'f> {
    face: &'f Face<'f>,
    sheets: Vec<Vec<Mark<'a>>>,
    y: f32,
    /// How wide the titles of facts are, on the whole page.
    titles: f32,
}

/// A cell of a row.
struct Cell {
    x: f32,
    width: f32,
    lines: Vec<Line>,
    style: Style,
}

impl<'a> Flow<'a, '_> {
    fn draw(&mut self, mark: Mark<'a>) {
        if let Some(sheet) = self.sheets.last_mut() {
            sheet.push(mark);
        }
    }

    fn rule(&mut self, x: f32, width: f32, weight: f32, ink: Ink) {
        let y = self.y;
        self.draw(Mark::Rule { x, y, width, weight, ink });
    }

    /// Whether so much more fits on the sheet.
    fn fits(&self, height: f32) -> bool {
        self.y + height <= BOTTOM
    }

    /// A new sheet, unless so much fits on this one.
    fn need(&mut self, height: f32) {
        if !self.fits(height) {
            self.sheets.push(Vec::new());
            self.y = TOP_AFTER;
        }
    }

    fn broken(&self, text: &str, width: f32, style: Style) -> Vec<Line> {
        set(self.face, text, width / style.size)
    }

    /// How wide a text needs to be to stand on one line; what is measured as a whole and in pieces may differ in the last digit.
    fn natural(&self, text: &str, style: Style) -> f32 {
        natural(self.face, text) * style.size + 0.5
    }

    /// One line at `y`; what is written from right to left begins at the right.
    fn line(&mut self, line: Line, (x, width): (f32, f32), y: f32, style: Style) {
        let x = if line.leftwards { x + width - line.width * style.size } else { x };
        self.draw(Mark::Text { x, y: y + style.size * BASE, line, style });
    }

    fn text(&mut self, text: &str, x: f32, width: f32, style: Style) {
        let lines = self.broken(text, width, style);
        self.row(vec![Cell { x, width, lines, style }], None);
    }

    /// Cells side by side, line by line. One of few lines goes whole onto the next sheet; there `head` stands above it again.
    fn row(&mut self, cells: Vec<Cell>, head: Option<&dyn Fn(&mut Self)>) {
        const WHOLE: usize = 4;
        let leading = cells.iter().map(|cell| cell.style.leading()).fold(0.0, f32::max);
        let most = cells.iter().map(|cell| cell.lines.len()).max().unwrap_or(0);
        let mut cells: Vec<_> = cells.into_iter().map(|cell| (cell.lines.into_iter(), (cell.x, cell.width), cell.style)).collect();
        for at in 0..most {
            // Of a longer one two lines stay together, at its beginning and at its end.
            let together = match most - at {
                left if most <= WHOLE => left,
                left if at == 0 || left == 2 => 2,
                _ => 1,
            };
            if !self.fits(leading * together as f32) && (most > WHOLE || at == 0) {
                self.need(f32::INFINITY);
                if let Some(head) = head {
                    head(self);
                }
            }
            let y = self.y;
            for (lines, place, style) in &mut cells {
                if let Some(line) = lines.next() {
                    self.line(line, *place, y, *style);
                }
            }
            self.y += leading;
        }
    }

    fn head(&mut self, sheet: &Sheet) {
        let right = 190.0;
        let mut y = self.y;
        let stack = [(sheet.words.work_order, GREY), (sheet.number.as_str(), NUMBER), (sheet.mark.unwrap_or_default(), MARK)];
        for (text, style) in stack.into_iter().filter(|(text, _)| !text.is_empty()) {
            for line in self.broken(text, right, style) {
                let x = RIGHT - line.width * style.size;
                self.draw(Mark::Text { x, y: y + style.size * BASE, line, style });
                y += style.leading();
            }
        }
        let width = ALL - right - GAP;
        for (text, style) in [(&sheet.logo, LOGO), (&sheet.company, COMPANY)] {
            if let Some(text) = text {
                self.text(text, LEFT, width, style);
            }
        }
        self.y = self.y.max(y) + 5.0;
        self.rule(LEFT, ALL, 1.6, Ink::Black);
        self.y += 12.0;
    }

    fn facts(&mut self, facts: &[Fact]) {
        let width = self.titles;
        for fact in facts {
            if fact.text.is_empty() {
                self.need(STRONG.leading() + BODY.leading());
                self.text(&fact.title, LEFT, ALL, STRONG);
                continue;
            }
            let x = LEFT + width + GAP;
            let title = Cell { x: LEFT, width, lines: self.broken(&fact.title, width, GREY), style: GREY };
            let text = Cell { x, width: RIGHT - x, lines: self.broken(&fact.text, RIGHT - x, BODY), style: BODY };
            self.row(vec![title, text], None);
            self.y += 1.5;
        }
        self.y += 4.0;
    }

    fn title(&mut self, title: &str, below: f32) {
        let lines = self.broken(title, ALL, TITLE);
        self.y += 8.0;
        self.need(TITLE.leading() * lines.len() as f32 + 6.0 + below);
        self.row(vec![Cell { x: LEFT, width: ALL, lines, style: TITLE }], None);
        self.y += 1.0;
        self.rule(LEFT, ALL, 0.5, Ink::Grey);
        self.y += 5.0;
    }

    fn section(&mut self, part: &'a Section) {
        self.title(&part.title, BODY.leading() * 3.0);
        for block in &part.blocks {
            match block {
                Block::Facts(facts) => self.facts(facts),
                Block::Text(text) => {
                    self.text(text, LEFT, ALL, BODY);
                    self.y += 4.0;
                }
                Block::Table(table) => self.table(table),
            }
        }
    }

    fn table(&mut self, table: &Table) {
        let count = table.columns.len();
        let needed = |at: usize| {
            let cells = table.rows.iter().filter_map(|row| row.get(at)).map(|text| self.natural(text, BODY));
            cells.fold(self.natural(&table.columns[at], GREY), f32::max)
        };
        let needed: Vec<f32> = (0..count).map(needed).collect();
        let widths = columns(&needed, ALL - GAP * count.saturating_sub(1) as f32);
        let cells = |flow: &Self, row: &[String], style: Style| -> Vec<Cell> {
            let mut x = LEFT;
            let mut cells = Vec::new();
            for (text, width) in row.iter().zip(&widths) {
                cells.push(Cell { x, width: *width, lines: flow.broken(text, *width, style), style });
                x += width + GAP;
            }
            cells
        };
        let head = |flow: &mut Self| {
            let cells = cells(flow, &table.columns, GREY);
            flow.row(cells, None);
            flow.y += 1.0;
            flow.rule(LEFT, ALL, 0.5, Ink::Grey);
            flow.y += 3.0;
        };
        self.need(BODY.leading() * 4.0);
        if !table.title.is_empty() {
            self.text(&table.title, LEFT, ALL, STRONG);
            self.y += 2.0;
        }
        head(self);
        for row in &table.rows {
            let cells = cells(self, row, BODY);
            self.row(cells, Some(&head));
            self.y += 1.5;
            self.rule(LEFT, ALL, 0.3, Ink::Pale);
            self.y += 2.5;
        }
        if let Some(total) = &table.total {
            self.need(STRONG.leading());
            let width = self.natural(total, STRONG).min(ALL);
            self.text(total, RIGHT - width, width, STRONG);
        }
        self.y += 4.0;
    }

    fn evaluation(&mut self, one: &'a Evaluation, sheet: &Sheet) {
        self.y += 10.0;
        let (x, width) = (LEFT + CODE + GAP, ALL - CODE - GAP);
        let until = format!("{} {}", sheet.words.valid_until, one.until);
        let texts = [(sheet.words.evaluate, STRONG), (one.link.as_str(), SMALL), (until.as_str(), BODY)];
        let heights = texts.map(|(text, style)| self.broken(text, width, style).len() as f32 * style.leading() + 2.0);
        let text = heights.iter().sum::<f32>();
        self.need(text.max(CODE));
        let begin = self.y;
        self.draw(Mark::Code { x: LEFT, y: begin, side: CODE, code: &one.code });
        self.y = begin + ((CODE - text) / 2.0).max(0.0);
        for (text, style) in texts {
            self.text(text, x, width, style);
            self.y += 2.0;
        }
        self.y = self.y.max(begin + CODE);
    }

    /// For each who signs a line to sign on, and one for the date.
    fn signatures(&mut self, sheet: &Sheet) {
        const ROOM: f32 = 40.0;
        let words = sheet.words;
        let below = (ROOM + BODY.leading()) * 2.0;
        self.title(words.signatures, below);
        let (date, date_width) = (LEFT + ALL * 0.68, ALL * 0.32);
        for who in [words.customer_signature, words.engineer_signature] {
            self.y += ROOM;
            self.rule(LEFT, ALL * 0.62, 0.6, Ink::Black);
            self.rule(date, date_width, 0.6, Ink::Black);
            self.y += 2.0;
            let begin = self.y;
            self.text(words.date, date, date_width, GREY);
            self.y = begin;
            self.text(who, LEFT, ALL * 0.62, GREY);
        }
    }

    /// What stands on every sheet: at the foot when it was printed and which one it is, above the later ones what they belong to.
    fn margins(&mut self, sheet: &Sheet) {
        let pages = self.sheets.len();
        let first = |flow: &Self, text: &str, width: f32| flow.broken(text, width, SMALL).into_iter().next().unwrap_or_default();
        for at in 0..pages {
            let mut marks = Vec::new();
            let mut put = |x: f32, y: f32, line: Line| marks.push(Mark::Text { x, y, line, style: SMALL });
            let page = first(self, &sheet.words.page(at + 1, pages), ALL);
            put(LEFT, FOOT, first(self, &sheet.printed, ALL * 0.75));
            put(RIGHT - page.width * SMALL.size, FOOT, page);
            if at > 0 {
                let number = first(self, &sheet.number, ALL * 0.4);
                let x = LEFT + number.width * SMALL.size + GAP;
                put(LEFT, TOP, number);
                put(x, TOP, first(self, &sheet.subject, RIGHT - x));
                marks.push(Mark::Rule { x: LEFT, y: TOP + 5.0, width: ALL, weight: 0.5, ink: Ink::Grey });
            }
            self.sheets[at].extend(marks);
        }
    }
}
