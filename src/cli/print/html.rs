//! The page as HTML: one file that refers to nothing outside of it, for a screen and for A4.
//! Keeps: every text is escaped, because only `maud` writes; the style sheet, which is not, is a constant.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::sheet::{Block, Code, Evaluation, Fact, Section, Sheet, Table};
use super::words::Words;
use crate::cli::view::qr::QUIET;
use crate::cli::view::width::width;

/// No script, no picture, no font from anywhere, whatever a text should hold.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = include_str!("page.css");

/// The whole file.
pub fn page(sheet: &Sheet) -> String {
    let words = sheet.words;
    let page = html! {
        (DOCTYPE)
        html lang=(words.tag) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (sheet.number) " " (sheet.subject) }
                style { (PreEscaped(STYLE)) (PreEscaped(words.page_numbers)) }
            }
            body {
                (head(sheet))
                "\n"
                main {
                    h1 dir="auto" { (sheet.subject) }
                    (facts(&sheet.facts))
                    @for part in &sheet.sections { "\n" (section(part)) }
                    @if let Some(one) = &sheet.evaluation { "\n" (evaluation(one, words)) }
                    "\n"
                    (signatures(words))
                }
                "\n"
                footer { (sheet.printed) }
            }
        }
    };
    page.into_string() + "\n"
}

fn head(sheet: &Sheet) -> Markup {
    html! {
        header {
            div.letterhead {
                @if let Some(logo) = &sheet.logo { span.logo dir="auto" { (logo) } }
                @if let Some(company) = &sheet.company { span.company dir="auto" { (company) } }
            }
            div.number {
                span { (sheet.words.work_order) }
                strong { (sheet.number) }
                @if let Some(mark) = sheet.mark { em.mark { (mark) } }
            }
        }
    }
}

fn facts(facts: &[Fact]) -> Markup {
    html! {
        dl {
            @for fact in facts {
                @if fact.text.is_empty() {
                    dt.over dir="auto" { (fact.title) }
                } @else {
                    dt dir="auto" { (fact.title) }
                    dd dir="auto" { (fact.text) }
                }
            }
        }
    }
}

fn section(part: &Section) -> Markup {
    html! {
        section {
            h2 dir="auto" { (part.title) }
            @for block in &part.blocks {
                @match block {
                    Block::Facts(list) => (facts(list)),
                    Block::Text(text) => p.text dir="auto" { (text) },
                    Block::Table(of) => (table(of)),
                }
            }
        }
    }
}

fn table(table: &Table) -> Markup {
    html! {
        table {
            @if !table.title.is_empty() { caption dir="auto" { (table.title) } }
            thead { tr { @for title in &table.columns { th scope="col" dir="auto" { (title) } } } }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for cell in row { td class=[kept(cell, table).then_some("kept")] dir="auto" { (cell) } }
                    }
                }
            }
            @if let Some(total) = &table.total {
                tfoot { tr { td colspan=(table.columns.len()) { (total) } } }
            }
        }
    }
}

/// Whether a cell is short enough to stay on one line whatever its neighbours need, such as a time or a name.
fn kept(cell: &str, table: &Table) -> bool {
    table.columns.len() <= 4 && !cell.contains('\n') && width(cell) <= 16
}

fn evaluation(one: &Evaluation, words: &Words) -> Markup {
    html! {
        section.evaluation {
            (code(&one.code))
            div {
                p { strong { (words.evaluate) } }
                p.link { (one.link) }
                p { (words.valid_until) " " (one.until) }
            }
        }
    }
}

/// A code, with its quiet zone.
pub(super) fn code(code: &Code) -> Markup {
    let side = code.side + 2 * QUIET;
    let path: String = code.bars.iter().map(|(x, y, long)| format!("M{} {}h{long}v1h-{long}z", x + QUIET, y + QUIET)).collect();
    html! {
        svg viewBox={ "0 0 " (side) " " (side) } role="img" aria-label="QR" shape-rendering="crispEdges" {
            rect width=(side) height=(side) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    }
}

fn signatures(words: &Words) -> Markup {
    html! {
        section.signatures {
            h2 { (words.signatures) }
            @for who in [words.customer_signature, words.engineer_signature] {
                div {
                    span.line {} span.line.date {}
                    span { (who) } span { (words.date) }
                }
            }
        }
    }
}
