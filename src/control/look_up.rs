//! Looking customers up (INT-3): who may, how, and what of them is told.

use super::desk::Visit;
use super::directory::shown;
use super::refuse;
use super::service::Outcome;
use crate::domain::definition::Right;
use crate::domain::directory::Directory;
use crate::domain::text;
use crate::engine::look_up::{Hit, LEAST, Query, Who};
use crate::protocol::directory as shape;
use crate::protocol::varlink::ErrorReply;
use crate::settings::daemon::Staff;

/// Longest query, in characters as a person counts them.
const QUERY_MAX: usize = 200;

/// Accounts and contacts by what somebody knows of them.
pub fn look_up(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let reads_all = visit.need(Right::ReadDirectory).is_ok();
    if !reads_all {
        visit.need(Right::CreateWorkOrders)?;
    }
    let p: shape::LookUp = visit.parameters()?;
    let exact = p.exact == Some(true);
    let rules = visit.desk.look_up.get();
    if !allowed(rules.staff, exact) && visit.need(Right::Administer).is_err() && !mutant!("look-up-always-allowed") {
        return Err(not_allowed(exact));
    }
    let query = text::line("query", &p.query, QUERY_MAX).map_err(|rejection| refuse::rejection(&rejection))?;
    let query = Query::new(&query);
    if !exact && query.characters() < LEAST {
        return Err(too_short(query.characters()));
    }
    let reference = visit.desk.runtime.views().reference();
    let found =
        if exact { reference.look_up.exact(&query, rules.results) } else { reference.look_up.fuzzy(&query, rules.results, reads_all) };
    let found = shape::LookedUp {
        more: found.more,
        found: found.hits.into_iter().filter_map(|hit| told(hit, &reference.directory, reads_all)).collect(),
    };
    Ok(Outcome::reply(&found))
}

fn allowed(staff: Staff, exact: bool) -> bool {
    match staff {
        Staff::Both => true,
        Staff::Fuzzy => !exact,
        Staff::Exact => exact,
        Staff::None => false,
    }
}

fn not_allowed(exact: bool) -> ErrorReply {
    let (name, message) = if exact {
        ("ExactNotAllowed", "looking up by a whole name, phone or e-mail is not allowed to staff here")
    } else {
        ("FuzzyNotAllowed", "looking up by a part of a name is not allowed to staff here")
    };
    ErrorReply::new(format!("org.workorderd.{name}")).with("message", message)
}

fn too_short(characters: usize) -> ErrorReply {
    ErrorReply::new("org.workorderd.LookUpTooShort")
        .with("message", format!("write at least {LEAST} characters of what is looked up; there is {characters}"))
        .with("characters", characters)
        .with("least", LEAST)
}

fn told(hit: Hit, directory: &Directory, reads_all: bool) -> Option<shape::Found> {
    let matched = hit.matched.name().to_owned();
    Some(match hit.who {
        Who::Account(id) => {
            let account = directory.account(&id)?;
            shape::Found { kind: "account".into(), id: id.to_string(), name: account.name.shown().into(), matched, ..Default::default() }
        }
        Who::Contact(id) => {
            let contact = directory.contact(&id)?;
            let of = contact.account.as_ref().filter(|_| reads_all).and_then(|id| directory.account(id));
            shape::Found {
                kind: "contact".into(),
                id: id.to_string(),
                name: contact.name.shown().into(),
                matched,
                account: contact.account.as_ref().map(ToString::to_string),
                account_name: of.map(|account| account.name.shown().into()),
                email: shown(contact.email.as_ref()).filter(|_| reads_all),
                mobile: shown(contact.mobile.as_ref()).filter(|_| reads_all),
            }
        }
    })
}
