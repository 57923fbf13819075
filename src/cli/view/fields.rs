//! Fields of forms: what they hold, tables as small tables; and forms as they are asked.

use super::page::Page;
use super::paint::Tone;
use super::table::{Cell, Layout, pliant};
use super::width::{cut, line, lines, pad, width, wrap};
use crate::protocol::work_orders::{Field, Form, FormField, WorkOrder};

const INDENT: usize = 2;

/// All fields: title and value side by side, tables under their title.
pub fn values(order: &WorkOrder, page: &Page) -> String {
    told(&order.fields, page)
}

/// Fields with what they hold.
pub fn told(fields: &[Field], page: &Page) -> String {
    let most = page.width / 3;
    let titles: Vec<String> = fields.iter().map(|field| cut(&title(&field.title, &field.name), most)).collect();
    let widest = titles.iter().map(|title| width(title)).max().unwrap_or(0);
    let mut out = String::new();
    for (field, title) in fields.iter().zip(&titles) {
        let lead = format!("{}{}  ", " ".repeat(INDENT), pad(title, widest));
        if field.columns.is_empty() {
            side_by_side(&mut out, &lead, &lines(&field.text), page);
        } else {
            out.push_str(lead.trim_end());
            out.push('\n');
            out.push_str(&table(field, page));
        }
    }
    out
}

fn title(title: &str, name: &str) -> String {
    line(if title.is_empty() { name } else { title })
}

fn side_by_side(out: &mut String, lead: &str, text: &str, page: &Page) {
    for (i, piece) in wrap(text.trim_end(), page.width.saturating_sub(width(lead))).into_iter().enumerate() {
        let lead = if i == 0 { lead.to_owned() } else { " ".repeat(width(lead)) };
        out.push_str(format!("{lead}{piece}").trim_end());
        out.push('\n');
    }
}

fn table(field: &Field, page: &Page) -> String {
    let indent = " ".repeat(INDENT * 2);
    let head: Vec<Cell> = field.columns.iter().map(|title| Cell::toned(line(title), Tone::Dim)).collect();
    let cells = |row: &Vec<String>| row.iter().map(|text| Cell::from(line(text))).collect::<Vec<_>>();
    let rows: Vec<Vec<Cell>> = std::iter::once(head).chain(field.rows.iter().map(cells)).collect();
    let columns: Vec<_> = field.columns.iter().map(|_| pliant("", 4)).collect();
    let layout = Layout::fit(&columns, &rows, page.width.saturating_sub(indent.len()));
    rows.iter().map(|row| format!("{indent}{}", layout.row(row, page))).collect()
}

/// A form as it is asked: each field with its rules.
pub fn form(form: &Form, page: &Page) -> String {
    let head = format!("{}  {} (version {})", line(&form.name), line(&form.title), form.version);
    let mut out = format!("{}\n\n", page.paint.tone(Tone::Strong, &head));
    let widest = form.fields.iter().map(|field| width(&name(field))).max().unwrap_or(0).min(page.width / 3);
    for field in &form.fields {
        let lead = format!("{}{}  ", " ".repeat(INDENT), pad(&name(field), widest));
        let mut text = line(&field.title);
        text.push_str(&format!(" · {}", rules(field).join(" · ")));
        if let Some(help) = &field.help {
            text.push_str(&format!("\n{}", line(help)));
        }
        side_by_side(&mut out, &lead, &text, page);
    }
    out
}

fn name(field: &FormField) -> String {
    match &field.table {
        Some(_) => format!("  {}", line(&field.name)),
        None => line(&field.name),
    }
}

fn rules(field: &FormField) -> Vec<String> {
    let mut rules = vec![line(&field.kind)];
    if field.required {
        rules.push("required".to_owned());
    }
    if field.read_only {
        rules.push("read only for you".to_owned());
    }
    for (word, value) in [
        ("in", &field.currency),
        ("to", &field.to),
        ("at least", &field.min.clone().filter(|min| min != "0")),
        ("at most", &field.max),
        ("pattern", &field.pattern),
        ("default", &field.default),
    ] {
        if let Some(value) = value {
            rules.push(format!("{word} {}", line(value)));
        }
    }
    if !field.media_types.is_empty() {
        rules.push(line(&field.media_types.join(", ")));
    }
    if !field.choices.is_empty() {
        let choice = |c: &crate::protocol::work_orders::Choice| {
            if c.name == c.title { line(&c.name) } else { format!("{} ({})", line(&c.name), line(&c.title)) }
        };
        rules.push(format!("one of {}", field.choices.iter().map(choice).collect::<Vec<_>>().join(", ")));
    }
    rules
}
