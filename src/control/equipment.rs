//! Products and terminals in the room of `org.workorderd.Directory1`: what customers have, and where.

use super::desk::Visit;
use super::directory::{PAGE_MAX, account, contact, not_found, page, personal, put_entry, shown};
use super::refuse::{field, optional_slug, slug};
use super::service::Outcome;
use super::work_orders::bounded;
use crate::domain::definition::Right;
use crate::domain::directory::{Directory, DirectoryCommand, Product, Terminal};
use crate::domain::form::date::Date;
use crate::domain::ids::{AccountId, ContactId, ProductId, TerminalId};
use crate::domain::text::PersonalText;
use crate::protocol::directory as shape;
use crate::protocol::varlink::ErrorReply;

fn plain(text: Option<String>) -> Option<Box<str>> {
    text.filter(|t| !t.trim().is_empty()).map(Into::into)
}

/// Makes or replaces a product.
pub async fn put_product(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let put: shape::PutProduct = visit.parameters()?;
    let p = put.product;
    let product = Product {
        id: slug("product.id", &p.id, ProductId::new)?,
        name: p.name.into(),
        model: plain(p.model),
        category: plain(p.category),
        disabled: p.disabled.unwrap_or(false),
    };
    put_entry(visit, DirectoryCommand::PutProduct(product), &put.request_id, put.expected_revision).await
}

/// Makes or replaces a terminal.
pub async fn put_terminal(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let put: shape::PutTerminal = visit.parameters()?;
    let t = put.terminal;
    let warranty_end = t.warranty_end.as_deref().map(|text| Date::parse(text).map_err(|problem| field("terminal.warrantyEnd", problem)));
    let terminal = Terminal {
        id: slug("terminal.id", &t.id, TerminalId::new)?,
        name: PersonalText(Some(t.name.into())),
        product: slug("terminal.product", &t.product, ProductId::new)?,
        account: slug("terminal.account", &t.account, AccountId::new)?,
        contact: optional_slug("terminal.contact", t.contact.as_deref(), ContactId::new)?,
        serial_number: plain(t.serial_number),
        site: personal(t.site),
        warranty_end: warranty_end.transpose()?,
        disabled: t.disabled.unwrap_or(false),
    };
    put_entry(visit, DirectoryCommand::PutTerminal(terminal), &put.request_id, put.expected_revision).await
}

/// A product as it is told.
pub fn product(p: &Product) -> shape::Product {
    shape::Product {
        id: p.id.to_string(),
        name: p.name.to_string(),
        model: p.model.as_deref().map(Into::into),
        category: p.category.as_deref().map(Into::into),
        disabled: Some(p.disabled),
    }
}

/// A terminal as it is told.
pub fn terminal(t: &Terminal) -> shape::Terminal {
    shape::Terminal {
        id: t.id.to_string(),
        name: t.name.shown().into(),
        product: t.product.to_string(),
        account: t.account.to_string(),
        contact: t.contact.as_ref().map(ToString::to_string),
        serial_number: t.serial_number.as_deref().map(Into::into),
        site: shown(t.site.as_ref()),
        warranty_end: t.warranty_end.as_ref().map(ToString::to_string),
        disabled: Some(t.disabled),
    }
}

/// A terminal with what it leads to.
pub fn get_terminal(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::GetEntry = visit.parameters()?;
    let id = slug("id", &p.id, TerminalId::new)?;
    let reference = visit.desk.runtime.views().reference();
    let directory: &Directory = &reference.directory;
    let found = directory.terminal(&id).ok_or_else(|| not_found("terminal", p.id))?;
    Ok(Outcome::reply(&shape::GotTerminal {
        terminal: terminal(found),
        product: directory.product(&found.product).map(product),
        account: directory.account(&found.account).map(account),
        contact: found.contact.as_ref().and_then(|id| directory.contact(id)).map(contact),
    }))
}

/// The terminals of an account, of a product, with a serial number.
pub fn list_terminals(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadDirectory)?;
    let p: shape::ListTerminals = visit.parameters()?;
    let limit = bounded("limit", p.limit, 100, PAGE_MAX)?;
    let account = optional_slug("account", p.account.as_deref(), AccountId::new)?;
    let product = optional_slug("product", p.product.as_deref(), ProductId::new)?;
    let serial_number = p.serial_number.as_deref().map(str::trim);
    let reference = visit.desk.runtime.views().reference();
    let wanted = |t: &&Terminal| {
        account.as_ref().is_none_or(|account| t.account == *account)
            && product.as_ref().is_none_or(|product| t.product == *product)
            && serial_number.is_none_or(|number| t.serial_number.as_deref() == Some(number))
    };
    let (terminals, next) = page(reference.directory.terminals().filter(wanted), |t| t.id.as_str(), p.after.as_deref(), limit);
    Ok(Outcome::reply(&shape::Terminals { terminals: terminals.into_iter().map(terminal).collect(), next }))
}
