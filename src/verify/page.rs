//! The page for an auditor: which Work Orders left a mandatory evaluation, and what let each of them pass (EVA-10).

use super::gate::{How, Moment, Stay};
use super::page_words::{EN, Words, ZH};
use super::report::Findings;
use crate::domain::work_order::state::Source;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// No script, no picture, no font from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
const STYLE: &str = "html{font:11pt/1.5 \"Noto Sans CJK SC\",\"PingFang SC\",\"Microsoft YaHei\",\"Noto Sans\",\"DejaVu Sans\",sans-serif;color:#111}\
body{max-width:62rem;margin:0 auto;padding:1.5rem}h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.1rem;margin-top:2rem}\
.good,.bad{padding:.75rem 1rem;border-left:.4rem solid #1b7f3b;background:#eef7f0;font-weight:bold}.bad{border-color:#b00020;background:#fbeceb}\
.wrong{color:#b00020;font-weight:bold}dl{display:grid;grid-template-columns:minmax(10rem,max-content) 1fr;gap:.25rem 1.5rem}dt{color:#555}\
dd{margin:0;overflow-wrap:anywhere}table{border-collapse:collapse;width:100%}th,td{text-align:start;vertical-align:top;padding:.3rem .75rem .3rem 0;\
border-bottom:1px solid #ccc;overflow-wrap:anywhere}th{color:#555;font-weight:normal}td:first-child{white-space:nowrap}footer{margin-top:2rem;color:#555}\
thead{display:table-header-group}tr{break-inside:avoid}@page{margin:16mm}";

/// What the page is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    En,
    Zh,
}

impl Language {
    /// By its tag; English where there is no other.
    pub fn of(tag: &str) -> Self {
        if tag == "zh" { Self::Zh } else { Self::En }
    }

    fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::Zh => &ZH,
        }
    }
}

/// Writes the page; `published` is the head that was found in the history.
///
/// # Errors
/// The file cannot be written.
pub fn write(file: &Path, findings: &Findings, published: Option<&str>, language: Language) -> io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    page(&mut out, findings, published, language.words())?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}

/// Row by row: there may be a million.
fn page(out: &mut impl Write, findings: &Findings, published: Option<&str>, words: &Words) -> io::Result<()> {
    let mut put = |markup: Markup| out.write_all(markup.into_string().as_bytes());
    put(html! {
        (DOCTYPE)
        (PreEscaped(format!("<html lang=\"{}\">", words.tag)))
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            title { (words.title) }
            style { (PreEscaped(STYLE)) }
        }
        (PreEscaped("<body>"))
        h1 { (words.title) }
        (verdict(findings, words))
        (facts(findings, published, words))
        h2 { (words.checked) }
        ul { @for rule in words.rules { li { (rule) } } }
        h2 { (words.not_proven) }
        ul { @for limit in words.limits { li { (limit) } } }
    })?;
    let stays = findings.gate.stays();
    put(html! {
        h2 { (words.sums) }
        (sums(&stays, words))
        h2 { (words.stays) }
    })?;
    if stays.is_empty() {
        put(html! { p { (words.none) } })?;
    } else {
        put(html! {
            (PreEscaped("<table>"))
            thead { tr { @for column in words.columns { th scope="col" { (column) } } } }
            (PreEscaped("<tbody>\n"))
        })?;
        for stay in &stays {
            put(row(stay, words))?;
        }
        put(html! { (PreEscaped("</tbody></table>")) })?;
    }
    put(html! { footer { (words.footer) " " (env!("CARGO_PKG_VERSION")) } (PreEscaped("</body></html>\n")) })
}

fn verdict(findings: &Findings, words: &Words) -> Markup {
    if findings.wrong.is_empty() {
        return html! { p.good { (words.holds) } };
    }
    html! {
        p.bad { (words.broken.replace("{n}", &findings.wrong.len().to_string())) }
        ul { @for wrong in &findings.wrong { li.wrong { (wrong) } } }
    }
}

fn facts(findings: &Findings, published: Option<&str>, words: &Words) -> Markup {
    let Findings { installation, records, times, head, .. } = findings;
    let names = &words.facts;
    html! {
        dl {
            dt { (names.installation) } dd { (data_encoding::HEXLOWER.encode(installation)) }
            dt { (names.records) } dd { (records) }
            @if let Some((first, last)) = times {
                dt { (names.from) } dd { (time(*first)) }
                dt { (names.until) } dd { (time(*last)) }
            }
            dt { (names.head) } dd { (head) }
            dt { (names.published) } dd { (published.unwrap_or(names.none_published)) }
        }
    }
}

/// How many ended in which way.
fn sums(stays: &[Stay], words: &Words) -> Markup {
    let count = |is: &dyn Fn(Option<&How>) -> bool| stays.iter().filter(|stay| is(stay.over.as_ref().map(|(_, how)| how))).count();
    let by = |wanted: Source| move |how: Option<&How>| matches!(how, Some(How::Evaluated { source, .. }) if *source == wanted);
    let how = &words.how;
    html! {
        dl {
            dt { (how.by_link.0) } dd { (count(&by(Source::Link))) }
            dt { (how.by_qr_code.0) } dd { (count(&by(Source::QrCode))) }
            dt { (how.auto_completed.0) } dd { (count(&|how| matches!(how, Some(How::AutoCompleted { .. })))) }
            dt { (how.ended.0) } dd { (count(&|how| matches!(how, Some(How::Ended(_))))) }
            dt { (how.waits) } dd { (count(&|how| how.is_none())) }
            dt { (how.otherwise.0) } dd { (count(&|how| matches!(how, Some(How::Otherwise(_))))) }
        }
    }
}

fn row(stay: &Stay, words: &Words) -> Markup {
    let Stay { number, node, entered, over } = stay;
    let wrong = matches!(over, Some((_, How::Otherwise(_))));
    html! {
        tr class=[wrong.then_some("wrong")] {
            td { (number) }
            td { (node) }
            td { (time(entered.at)) }
            td { @if let Some((left, _)) = over { (time(left.at)) } }
            td { (let_pass(over.as_ref().map(|(_, how)| how), words)) }
            td { (records(*entered, over.as_ref())) }
        }
        "\n"
    }
}

fn let_pass(how: Option<&How>, words: &Words) -> String {
    let Some(how) = how else { return words.how.waits.to_owned() };
    let ((name, rest), what) = match how {
        How::Evaluated { first, source: Source::Link } => (words.how.by_link, time(first.at)),
        How::Evaluated { first, source: Source::QrCode } => (words.how.by_qr_code, time(first.at)),
        // Told as wrong where it stands: the staff take down no evaluation that a customer owes.
        How::Evaluated { first, source: Source::Staff } => (words.how.otherwise, time(first.at)),
        How::AutoCompleted { due } => (words.how.auto_completed, time(*due)),
        How::Ended(outcome) => (words.how.ended, (*outcome).to_owned()),
        How::Otherwise(exit) => (words.how.otherwise, (*exit).to_owned()),
    };
    format!("{name}{rest} {what}")
}

/// The records of the history that say so: it came there, the evaluation, it left.
fn records(entered: Moment, over: Option<&(Moment, How)>) -> String {
    let mut all = vec![entered.record];
    if let Some((left, how)) = over {
        if let How::Evaluated { first, .. } = how {
            all.push(first.record);
        }
        all.push(left.record);
    }
    all.dedup();
    all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn time(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).map_or_else(|_| at.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
