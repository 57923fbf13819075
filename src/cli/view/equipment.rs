//! What customers have: products and terminals as tables, and one terminal with what it leads to.

use super::customer::{head, next_one};
use super::directory::{disabled, listed, text};
use super::page::Page;
use super::show::fact;
use super::table::{pliant, whole};
use super::width::line;
use crate::protocol::directory::{GotTerminal, Product, Terminal};

/// Products.
pub fn products(all: &[Product], page: &Page) -> String {
    let row = |one: &Product| {
        let (id, name) = (line(&one.id).into(), line(&one.name).into());
        vec![id, name, text(one.model.as_ref()), text(one.category.as_ref()), disabled(one.disabled)]
    };
    let columns = [pliant("ID", 8), pliant("NAME", 8), pliant("MODEL", 8), pliant("CATEGORY", 8), whole("STATE")];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "product", page)
}

/// Terminals.
pub fn terminals(all: &[Terminal], page: &Page) -> String {
    let row = |one: &Terminal| {
        vec![
            line(&one.id).into(),
            line(&one.name).into(),
            line(&one.product).into(),
            line(&one.account).into(),
            text(one.serial_number.as_ref()),
            one.warranty_end.as_deref().map(|end| warranty(end, page)).unwrap_or_default().into(),
            disabled(one.disabled),
        ]
    };
    let columns = [
        pliant("ID", 8),
        pliant("NAME", 8),
        pliant("PRODUCT", 8),
        pliant("ACCOUNT", 7),
        pliant("SERIAL NUMBER", 13),
        whole("WARRANTY"),
        whole("STATE"),
    ];
    listed(&columns, &all.iter().map(row).collect::<Vec<_>>(), "terminal", page)
}

/// `ended`, or the last day: that day still counts.
fn warranty(end: &str, page: &Page) -> String {
    if end < page.times.date(page.times.now).as_str() { "ended".to_owned() } else { line(end) }
}

/// A terminal.
pub fn terminal(got: &GotTerminal, page: &Page) -> String {
    let one = &got.terminal;
    let mut out = head(&one.id, &one.name, one.disabled, page);
    let named = |id: &str, name: Option<&String>| match name {
        Some(name) => format!("{}, {}", line(id), line(name)),
        None => line(id),
    };
    fact(&mut out, "product", &named(&one.product, got.product.as_ref().map(|p| &p.name)), page);
    for (key, value) in got.product.iter().flat_map(|p| [("model", &p.model), ("category", &p.category)]) {
        if let Some(value) = value {
            fact(&mut out, key, &line(value), page);
        }
    }
    fact(&mut out, "account", &named(&one.account, got.account.as_ref().map(|a| &a.name)), page);
    if let Some(contact) = &one.contact {
        fact(&mut out, "contact", &named(contact, got.contact.as_ref().map(|c| &c.name)), page);
    }
    for (key, value) in [("serial no.", &one.serial_number), ("site", &one.site)] {
        if let Some(value) = value {
            fact(&mut out, key, &line(value), page);
        }
    }
    if let Some(end) = &one.warranty_end {
        let ended = end.as_str() < page.times.date(page.times.now).as_str();
        let told = if ended { format!("ended on {}", line(end)) } else { format!("until {}", line(end)) };
        fact(&mut out, "warranty", &told, page);
    }
    let contact = one.contact.as_deref().map(|id| format!(" --contact {}", line(id))).unwrap_or_default();
    next_one(&mut out, &format!("--account {}{contact}", line(&one.account)), one.disabled, page);
    out
}
