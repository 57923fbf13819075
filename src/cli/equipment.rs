//! Products and terminals: put, list, show.

use super::args_equipment::{ListTerminals, ProductCommand, PutTerminal, TerminalCommand};
use super::directory::{list, method, pages, put};
use super::failure::Failure;
use super::session::Session;
use super::view::equipment as view;
use crate::protocol::directory::{self as shapes, GotTerminal, Products, Terminals};

/// Products.
///
/// # Errors
/// What the daemon says.
pub fn product(session: &mut Session<'_, '_>, command: ProductCommand) -> Result<(), Failure> {
    match command {
        ProductCommand::Put { id, name, model, category, disabled } => {
            let product = shapes::Product { id: id.clone(), name, model, category, disabled: disabled.then_some(true) };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            put(session, "PutProduct", &shapes::PutProduct { request_id, expected_revision, product }, &format!("product {id}"))
        }
        ProductCommand::List(paging) => list(session, "ListProducts", paging, |r: Products| (r.products, r.next), view::products),
    }
}

/// Terminals.
///
/// # Errors
/// What the daemon says.
pub fn terminal(session: &mut Session<'_, '_>, command: TerminalCommand) -> Result<(), Failure> {
    match command {
        TerminalCommand::Put(PutTerminal { id, name, product, account, contact, serial_number, site, warranty_end, disabled }) => {
            let terminal = shapes::Terminal {
                id: id.clone(),
                name,
                product,
                account,
                contact,
                serial_number,
                site,
                warranty_end,
                disabled: disabled.then_some(true),
            };
            let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
            put(session, "PutTerminal", &shapes::PutTerminal { request_id, expected_revision, terminal }, &format!("terminal {id}"))
        }
        TerminalCommand::Show { id } => {
            // Whether the warranty has ended depends on what day it is there.
            session.take_daemon_time()?;
            let reply = session.ask(&method("GetTerminal"), &shapes::GetEntry { id })?;
            session.print(reply, |got: &GotTerminal, page| view::terminal(got, page))
        }
        TerminalCommand::List(ListTerminals { account, product, serial_number, paging }) => {
            session.take_daemon_time()?;
            let ask = |after, limit| {
                let (account, product, serial_number) = (account.clone(), product.clone(), serial_number.clone());
                shapes::ListTerminals { account, product, serial_number, after, limit }
            };
            pages(session, "ListTerminals", paging, ask, |r: Terminals| (r.terminals, r.next), view::terminals)
        }
    }
}
