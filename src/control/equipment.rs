//! Products and terminals in the room of `org.workorderd.Directory1`: what customers have, and where.

use super::desk::Visit;
use super::directory::{PAGE_MAX, account, contact, not_found, page, shown};
use super::refuse::{optional_slug, slug};
use super::service::Outcome;
use super::work_orders::bounded;
use crate::domain::definition::Right;
use crate::domain::directory::{Directory, Product, Terminal};
use crate::domain::ids::{AccountId, ProductId, TerminalId};
use crate::protocol::directory as shape;
use crate::protocol::varlink::ErrorReply;

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
