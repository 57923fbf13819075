//! Terminals by their serial numbers (INT-5, reading 24): to those whose account has one all of it, to everybody else product and
//! warranty. What there is not and what is not shown are answered alike.

use super::desk::Visit;
use super::portal::guest_call;
use super::portal_orders::{language_of, line};
use super::refuse;
use super::service::Outcome;
use crate::domain::context::Context;
use crate::domain::directory::Terminal;
use crate::domain::form::{Field, Kind, Target, sought};
use crate::domain::may::portal::{Sight, sight};
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::text::PersonalText;
use crate::engine::board::Board;
use crate::engine::listing::{Ask, FieldIs, Filter};
use crate::engine::row::Row;
use crate::engine::scope::Scope;
use crate::protocol::guest as shape;
use crate::protocol::varlink::ErrorReply;
use std::cmp::Reverse;

/// Longest serial number that is looked at, in characters.
const SERIAL_MAX: usize = 60;
/// Most terminals that are told of, should many have one number.
const TERMINALS_MAX: usize = 10;
/// Most Work Orders of one terminal.
const WORK_ORDERS_MAX: usize = 50;

/// Those with a serial number.
pub(super) fn look_up(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::LookUpTerminal = visit.parameters()?;
    let visit = &visit.of_terminal_user(p.session.as_deref())?;
    guest_call(visit)?;
    let language = language_of(visit, p.language)?;
    let serial = text::line("serialNumber", &p.serial_number, SERIAL_MAX).map_err(|rejection| refuse::rejection(&rejection))?;
    let runtime = &visit.desk.runtime;
    let today = jiff::Timestamp::from_millisecond(runtime.now().0).ok().map(|now| now.to_zoned(runtime.time_zone().clone()).date());
    let today = today.map(|date| date.to_string());
    let terminals: Vec<shape::Terminal> = visit.judge(|cx| {
        let board = runtime.views().board();
        let found = cx.directory.with_serial_number(&serial).filter_map(|terminal| Some((terminal, sight(terminal, cx)?)));
        let told = |(terminal, sight)| match sight {
            Sight::Own => own(terminal, today.as_deref(), &board, &language, cx),
            Sight::Product => product(terminal, today.as_deref(), cx),
        };
        found.take(TERMINALS_MAX).map(told).collect()
    });
    if terminals.is_empty() {
        return Err(refuse::rejection(&Rejection::NotFound { what: "terminal", id: serial.into() }));
    }
    Ok(Outcome::reply(&shape::Terminals { terminals }))
}

/// Product and warranty.
fn product(terminal: &Terminal, today: Option<&str>, cx: &Context<'_>) -> shape::Terminal {
    let product = cx.directory.product(&terminal.product);
    let warranty_end = terminal.warranty_end.as_ref().map(ToString::to_string);
    shape::Terminal {
        product: product.map_or_else(|| terminal.product.to_string(), |product| product.name.to_string()),
        model: product.and_then(|product| product.model.as_deref().map(Into::into)),
        in_warranty: warranty_end.as_deref().zip(today).map(|(end, today)| today <= end),
        warranty_end,
        ..shape::Terminal::default()
    }
}

/// All of it, with the Work Orders about it that the caller sees.
fn own(terminal: &Terminal, today: Option<&str>, board: &Board, language: &str, cx: &Context<'_>) -> shape::Terminal {
    let mut rows = about(terminal, board, cx);
    rows.sort_by_key(|row| Reverse((row.created_at, row.id)));
    rows.dedup_by_key(|row| row.id);
    rows.truncate(WORK_ORDERS_MAX);
    shape::Terminal {
        own: true,
        id: Some(terminal.id.to_string()),
        name: Some(terminal.name.shown().into()),
        site: terminal.site.as_ref().map(|site: &PersonalText| site.shown().into()),
        work_orders: rows.iter().map(|row| line(row, board, language, cx)).collect(),
        ..product(terminal, today, cx)
    }
}

/// Those in one of whose fields the terminal is named.
fn about(terminal: &Terminal, board: &Board, cx: &Context<'_>) -> Vec<Row> {
    let scope = Scope::of(cx);
    let mut asked: Vec<FieldIs> = Vec::new();
    let mut ask = |is: FieldIs| {
        if !asked.contains(&is) {
            asked.push(is);
        }
    };
    let leads_there = |kind: &Kind| matches!(kind, Kind::Reference(Target::Terminal));
    for field in cx.catalogue.fields() {
        let (name, columns) = match field {
            Field::Single(single) => (single.name.clone(), vec![(None, &single.kind)]),
            Field::Table(table) => (table.name.clone(), table.columns.iter().map(|c| (Some(c.name.clone()), &c.kind)).collect()),
        };
        for (column, kind) in columns.into_iter().filter(|(_, kind)| leads_there(kind)) {
            if let Ok(text) = sought::wanted(kind, terminal.id.as_str()) {
                ask(FieldIs { field: name.clone(), column, text });
            }
        }
    }
    let found = |is: FieldIs| {
        let filter = Filter { fields: vec![is], ..Filter::default() };
        board.list(&scope, &Ask { most: WORK_ORDERS_MAX, ..Ask::all(&filter) }).rows
    };
    asked.into_iter().flat_map(found).collect()
}
