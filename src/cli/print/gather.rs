//! What the daemon tells the caller of a Work Order, its customer and its equipment, and what was done.
//! Keeps: what the caller may not read is left out, whatever else goes wrong is told.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::words::Words;
use crate::cli::failure::{Failure, NOT_PERMITTED};
use crate::cli::session::Session;
use crate::client::connection::ClientError;
use crate::protocol::directory::{self, GetEntry, GotContact, GotTerminal};
use crate::protocol::work_orders::{self as shapes, Got, HistoryLine, HistoryTold, WorkOrder};

/// Steps of the history that are looked through: as many as the daemon tells at once.
const STEPS_MOST: i64 = 1_000;

/// All that a page is made of.
#[derive(Debug)]
pub struct Gathered {
    pub words: &'static Words,
    pub order: WorkOrder,
    pub contact: Option<GotContact>,
    /// Those that fields of the forms lead to, with the names of these fields.
    pub terminals: Vec<(String, GotTerminal)>,
    /// Oldest first; each has something that was done.
    pub done: Vec<HistoryLine>,
    /// Why what was done before is not there.
    pub older: Option<String>,
}

/// Asks for all of it. Without a language, it is the contact's.
///
/// # Errors
/// What the daemon says.
pub fn gather(session: &mut Session<'_, '_>, number: &str, language: Option<String>) -> Result<Gathered, Failure> {
    let language = match language {
        Some(language) => language,
        None => {
            let known = |tag: &String| matches!(tag.split(['-', '_']).next(), Some("zh" | "en"));
            get(session, number, None)?.contact_language.filter(known).unwrap_or_else(|| "en".to_owned())
        }
    };
    let order = get(session, number, Some(language.clone()))?;
    let contact = match &order.contact {
        Some(id) => told(session, "GetContact", &GetEntry { id: id.clone() })?,
        None => None,
    };
    let mut terminals = Vec::new();
    for field in order.fields.iter().filter(|field| field.to.as_deref() == Some("terminal")) {
        if let Some(id) = order.values.get(&field.name).and_then(Value::as_str)
            && let Some(terminal) = told(session, "GetTerminal", &GetEntry { id: id.to_owned() })?
        {
            terminals.push((field.name.clone(), terminal));
        }
    }
    let parameters = shapes::History { number: number.to_owned(), limit: Some(STEPS_MOST) };
    let reply = session.ask(&format!("{}.History", shapes::NAME), &parameters)?;
    let HistoryTold { lines, more, away } = session.shape(reply)?;
    let done = lines.into_iter().filter(|line| line.done.is_some()).rev().collect();
    let older = away.or_else(|| more.then(|| format!("only the newest {STEPS_MOST} steps of the history are looked through")));
    Ok(Gathered { words: Words::of(&language), order, contact, terminals, done, older })
}

fn get(session: &mut Session<'_, '_>, number: &str, language: Option<String>) -> Result<WorkOrder, Failure> {
    let reply = session.ask(&format!("{}.Get", shapes::NAME), &shapes::Get { number: number.to_owned(), language })?;
    let got: Got = session.shape(reply)?;
    Ok(got.work_order)
}

/// An entry of the directory; none, if the caller may not read it, or it is not there any more.
fn told<R: DeserializeOwned + Serialize>(session: &mut Session<'_, '_>, method: &str, of: &GetEntry) -> Result<Option<R>, Failure> {
    match session.ask(&format!("{}.{method}", directory::NAME), of) {
        Ok(reply) => session.shape(reply).map(Some),
        Err(failure @ Failure::Client(ClientError::Refused { .. })) if failure.exit_code() == NOT_PERMITTED => Ok(None),
        Err(Failure::Client(ClientError::Refused { name, .. })) if name.ends_with(".NotFound") => Ok(None),
        Err(failure) => Err(failure),
    }
}
