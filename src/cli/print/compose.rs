//! What the daemon told becomes the page: which parts it has, in which order, and what of it is for customers.
//! Keeps: notes of planned visits, remarks, places where engineers were and reasons why a step was skipped are for the company alone.

use jiff::Timestamp;
use serde_json::Value;

use super::gather::Gathered;
use super::sheet::{Block, Code, Evaluation, Fact, Section, Sheet, Table};
use super::text::{line, lines};
use super::words::Words;
use crate::cli::view::page::Page;
use crate::cli::view::qr::open_invitation;
use crate::cli::view::times::Times;
use crate::protocol::directory::GotTerminal;
use crate::protocol::work_orders::{Field, HistoryLine, WorkDone, WorkOrder};

/// A table of more columns than this is told row by row, as titles and texts.
const COLUMNS_MOST: usize = 7;

/// What whoever prints says about the page.
#[derive(Debug)]
pub struct Head<'a> {
    pub company: Option<&'a str>,
    pub logo: Option<&'a str>,
    /// Whether the code of the evaluation is wanted.
    pub code: bool,
}

/// The page.
pub fn compose(told: &Gathered, head: &Head<'_>, page: &Page) -> Sheet {
    let (order, words, times) = (&told.order, told.words, &page.times);
    let written = |text: Option<&str>| text.map(line).filter(|text| !text.is_empty());
    let parts = [
        section(words.customer, vec![Block::Facts(customer(told))]),
        section(words.terminal, told.terminals.iter().map(|(_, terminal)| Block::Facts(equipment(terminal, words))).collect()),
        section(words.reported, order.description.as_deref().map(|text| Block::Text(lines(text))).into_iter().collect()),
    ];
    let mut sections: Vec<Section> = parts.into_iter().flatten().collect();
    sections.extend(forms(told, times));
    sections.extend(section(words.visits, visits(order, words, times)));
    sections.extend(section(words.done, done(told, times)));
    sections.extend(section(words.labor, labor(order, words, times)));
    Sheet {
        words,
        logo: written(head.logo),
        company: written(head.company),
        number: line(&order.number),
        subject: line(&order.subject),
        mark: match order.life.as_deref() {
            Some("deleted") => Some(words.deleted),
            Some(_) => Some(words.void),
            None => None,
        },
        facts: facts(order, words, times),
        sections,
        evaluation: if head.code { evaluation(order, page) } else { None },
        printed: words.printed(&times.minute(times.now), times.zone.iana_name()),
    }
}

/// A part, unless there is nothing in it.
fn section(title: &str, blocks: Vec<Block>) -> Option<Section> {
    let filled = |block: &Block| match block {
        Block::Facts(facts) => !facts.is_empty(),
        Block::Text(text) => !text.is_empty(),
        Block::Table(table) => !table.rows.is_empty(),
    };
    let blocks: Vec<Block> = blocks.into_iter().filter(filled).collect();
    (!blocks.is_empty()).then(|| Section { title: line(title), blocks })
}

/// Those that say something.
fn said<const N: usize>(pairs: [(&str, Option<String>); N]) -> Vec<Fact> {
    let there = pairs.into_iter().filter_map(|(title, text)| Some(Fact::new(title, text?)));
    there.filter(|fact| !fact.text.is_empty()).collect()
}

fn facts(order: &WorkOrder, words: &Words, times: &Times) -> Vec<Fact> {
    said([
        (words.record_type, Some(line(&order.record_type_title))),
        (words.status, Some(line(&words.standing(&order.status, order.outcome.as_deref())))),
        (words.received, Some(times.minute(order.created_at))),
        (words.completed, order.last_completed_at.map(|at| times.minute(at))),
        (words.engineer, order.engineer.as_deref().map(|id| name(order, id))),
        (words.reference, order.reference.as_deref().map(line)),
    ])
}

/// Of a staff user: the name, as far as it is told.
fn name(order: &WorkOrder, id: &str) -> String {
    line(order.people.iter().find(|person| person.id == id).map_or(id, |person| &person.name))
}

fn customer(told: &Gathered) -> Vec<Fact> {
    let (order, words) = (&told.order, told.words);
    let contact = told.contact.as_ref().map(|got| &got.contact);
    let named = |name: &Option<String>, id: &Option<String>| name.as_deref().or(id.as_deref()).map(line);
    said([
        (words.account, named(&order.account_name, &order.account)),
        (words.contact, named(&order.contact_name, &order.contact)),
        (words.phone, contact.and_then(|contact| contact.mobile.as_deref()).map(line)),
        (words.email, contact.and_then(|contact| contact.email.as_deref()).map(line)),
    ])
}

fn equipment(got: &GotTerminal, words: &Words) -> Vec<Fact> {
    let terminal = &got.terminal;
    let product = got.product.as_ref().map(|product| match product.model.as_deref() {
        Some(model) if model != product.name => line(&format!("{} ({model})", product.name)),
        Some(_) | None => line(&product.name),
    });
    said([
        (words.name, Some(line(&terminal.name))),
        (words.product, product),
        (words.serial_number, terminal.serial_number.as_deref().map(line)),
        (words.site, terminal.site.as_deref().map(line)),
        (words.warranty_end, terminal.warranty_end.as_deref().map(line)),
    ])
}

/// What was filled in, a part for each form, in the order of the forms.
fn forms(told: &Gathered, times: &Times) -> Vec<Section> {
    let shown = |field: &&Field| !told.terminals.iter().any(|(name, _)| *name == field.name);
    let mut parts: Vec<(&str, Vec<Block>)> = Vec::new();
    for field in told.order.fields.iter().filter(shown) {
        let form = field.form.as_deref().filter(|title| !title.trim().is_empty()).unwrap_or(told.words.more);
        let at = parts.iter().position(|(title, _)| *title == form).unwrap_or_else(|| {
            parts.push((form, Vec::new()));
            parts.len() - 1
        });
        let blocks = &mut parts[at].1;
        match (value(field, &told.order, times), blocks.last_mut()) {
            (Block::Facts(more), Some(Block::Facts(facts))) => facts.extend(more),
            (block, _) => blocks.push(block),
        }
    }
    parts.into_iter().filter_map(|(title, blocks)| section(title, blocks)).collect()
}

fn value(field: &Field, order: &WorkOrder, times: &Times) -> Block {
    let title = line(if field.title.is_empty() { &field.name } else { &field.title });
    if field.columns.is_empty() {
        let text = match field.kind.as_str() {
            "attachment" | "signature" => files(order.values.get(&field.name)).unwrap_or_else(|| lines(&field.text)),
            kind => cell(kind, &field.text, times),
        };
        return Block::Facts(if text.is_empty() { Vec::new() } else { vec![Fact { title, text }] });
    }
    let columns: Vec<String> = field.columns.iter().map(|title| line(title)).collect();
    let kind = |at: usize| field.column_kinds.get(at).map_or("", String::as_str);
    let row = |row: &Vec<String>| row.iter().enumerate().map(|(at, text)| cell(kind(at), text, times)).collect::<Vec<_>>();
    let rows: Vec<Vec<String>> = field.rows.iter().map(row).collect();
    if columns.len() <= COLUMNS_MOST {
        return Block::Table(Table { title, columns, rows, total: None });
    }
    let one = |(at, row): (usize, Vec<String>)| {
        let head = Fact { title: format!("{title} {}", at + 1), text: String::new() };
        let cells = columns.iter().zip(row).filter(|(_, text)| !text.is_empty());
        std::iter::once(head).chain(cells.map(|(title, text)| Fact::new(title, text))).collect::<Vec<_>>()
    };
    Block::Facts(rows.into_iter().enumerate().flat_map(one).collect())
}

/// A value as people read it; a point in time in the zone of the page.
fn cell(kind: &str, text: &str, times: &Times) -> String {
    match text.parse::<Timestamp>() {
        Ok(at) if kind == "date-time" => times.minute(at.as_millisecond()),
        Ok(_) | Err(_) => lines(text),
    }
}

/// The names of files; how long they are is nothing to the customer.
fn files(value: Option<&Value>) -> Option<String> {
    let one = |file: &Value| Some(line(file.get("name")?.as_str()?));
    let names: Vec<String> = match value? {
        Value::Array(files) => files.iter().map(one).collect::<Option<_>>()?,
        file => vec![one(file)?],
    };
    Some(names.join(", "))
}

fn visits(order: &WorkOrder, words: &Words, times: &Times) -> Vec<Block> {
    let rows = order.planned.iter().map(|visit| vec![times.minute(visit.from), times.minute(visit.until), name(order, &visit.engineer)]);
    vec![table([words.from, words.until, words.engineer], rows.collect(), None)]
}

fn table<const N: usize>(columns: [&str; N], rows: Vec<Vec<String>>, total: Option<String>) -> Block {
    Block::Table(Table { title: String::new(), columns: columns.map(ToOwned::to_owned).to_vec(), rows, total })
}

/// Steps, completions and service records, oldest first.
fn done(told: &Gathered, times: &Times) -> Vec<Block> {
    let words = told.words;
    let row = |at: &HistoryLine| {
        let done = at.done.as_ref()?;
        let by = done.by.as_ref().map(|by| line(&by.name)).unwrap_or_default();
        Some(vec![times.minute(at.at), what(done, told)?, by])
    };
    vec![table([words.when, words.what, words.by], told.done.iter().filter_map(row).collect(), None)]
}

fn what(done: &WorkDone, told: &Gathered) -> Option<String> {
    let (words, note) = (told.words, done.note.as_deref().map(lines).unwrap_or_default());
    let title = |name: &str| line(told.order.steps.iter().find(|step| step.name == name).map_or(name, |step| &step.title));
    let step = done.step.as_deref().map(title).unwrap_or_default();
    let lead = match done.kind.as_str() {
        "completed" => words.work_completed.to_owned(),
        "step" => step,
        "step-skipped" => return Some(format!("{step}{}{}", words.colon, words.step_skipped)),
        "remark" if !mutant!("remarks-are-printed") => return None,
        kind => line(&words.record(kind)),
    };
    Some(if note.is_empty() { lead } else { format!("{lead}{}{note}", words.colon) })
}

fn labor(order: &WorkOrder, words: &Words, times: &Times) -> Vec<Block> {
    let row = |labor: &crate::protocol::work_orders::Labor| {
        let end = labor.to.map_or_else(|| words.running.to_owned(), |to| times.minute(to));
        let span = labor.to.unwrap_or(times.now).saturating_sub(labor.from);
        vec![name(order, &labor.engineer), times.minute(labor.from), end, words.span(span)]
    };
    let rows: Vec<_> = order.labor.iter().map(row).collect();
    let total = Some(format!("{}{}{}", words.total, words.colon, words.span(order.labor_ms)));
    vec![table([words.engineer, words.from, words.until, words.time], rows, total)]
}

/// The invitation that `qr` draws, if it is open to evaluate and the caller is shown its link.
fn evaluation(order: &WorkOrder, page: &Page) -> Option<Evaluation> {
    let (invitation, link) = open_invitation(order, page).ok().filter(|(one, _)| one.purpose == "evaluate")?;
    Some(Evaluation { link: line(link), until: page.times.minute(invitation.expires_at), code: Code::of(link)? })
}
