//! Erasing people (PER-9), for admins: whom, what would be, and how it stands.

use super::desk::Visit;
use super::directory;
use super::refuse::{self, field, slug};
use super::service::Outcome;
use crate::domain::aggregate::{Command, Key};
use crate::domain::definition::Right;
use crate::domain::directory::DirectoryCommand;
use crate::domain::erasure::{self, Erasure, Sums};
use crate::domain::ids::{ContactId, StaffUserId};
use crate::domain::rejection::Rejection;
use crate::domain::transition::{person_key, transition};
use crate::domain::work_order::personal::is_needed;
use crate::domain::work_order::state::Party;
use crate::protocol::directory as shape;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::runtime::eraser::State;

/// The kinds of persons.
const KINDS: [&str; 2] = ["contact", "staff-user"];

/// Erases somebody; what follows goes on by itself.
pub async fn erase(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::Administer)?;
    let p: shape::ErasePerson = visit.parameters()?;
    let who = person(&p.kind, &p.id)?;
    let receipt = directory::submit(visit, command(visit, &who), &p.request_id, p.expected_revision).await?;
    Ok(Outcome::reply(&shape::Accepted { receipt }))
}

/// What would be erased, or why it would be refused.
pub async fn judge(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::Administer)?;
    let p: shape::Person = visit.parameters()?;
    let who = person(&p.kind, &p.id)?;
    let (key, command) = command(visit, &who);
    let entity = visit.desk.runtime.read(&key).await.map_err(refuse::refusal)?;
    visit
        .judge(|cx| transition(&key, entity.state.as_deref(), &command, cx).map(drop))
        .map_err(|rejection| refuse::rejection(&rejection))?;
    let left = left(visit, &who);
    let sums = visit.desk.runtime.survey(who).await.map_err(|error| {
        tracing::error!(%error, "what would be erased cannot be found out");
        if error.is_away() {
            return ErrorReply::new("org.workorderd.ArchiveAway").with("message", error.to_string());
        }
        ErrorReply::new(INTERNAL)
    })?;
    Ok(Outcome::reply(&shape::ErasureJudged { sums: told(&sums), left }))
}

/// How it stands.
pub fn get(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::Administer)?;
    let p: shape::Person = visit.parameters()?;
    let who = person(&p.kind, &p.id)?;
    let found = visit.judge(|cx| match &who {
        Party::Staff(id) => cx.directory.staff_user(id).and_then(|user| user.erased.as_deref().cloned()),
        Party::Contact(id) => cx.directory.contact(id).and_then(|contact| contact.erased.as_deref().cloned()),
        Party::Guest(_) => None,
    });
    let Some(Erasure { since, done }) = found else {
        return Err(refuse::rejection(&Rejection::NotFound { what: "erasure of", id: erasure::told(&who) }));
    };
    let state = Some(visit.desk.runtime.erasing()).filter(|state| done.is_none() && state.people.contains(&who));
    let erasure = shape::Erasure {
        since: since.0,
        finished_at: done.as_ref().map(|done| done.at.0),
        sums: done.as_ref().map(|done| told(&done.sums)),
        step: state.as_ref().map(|state| state.step.to_owned()),
        done: state.as_ref().map(|state| state.done as i64),
        of: state.as_ref().map(|state| state.of as i64),
        problem: state.and_then(|state| state.problem),
    };
    Ok(Outcome::reply(&shape::GotErasure { erasure, left: left(visit, &who) }))
}

fn person(kind: &str, id: &str) -> Result<Party, ErrorReply> {
    match kind {
        "contact" => slug("id", id, ContactId::new).map(Party::Contact),
        "staff-user" => slug("id", id, StaffUserId::new).map(Party::Staff),
        _ => Err(field("kind", format!("{kind:?} is none of {}", KINDS.join(", ")))),
    }
}

fn command(visit: &Visit<'_>, who: &Party) -> (Key, Command) {
    let open = visit.desk.runtime.views().board().open_for(|order| is_needed(who, order));
    (person_key(who), Command::Directory(DirectoryCommand::ErasePerson { who: who.clone(), open }))
}

/// What is not theirs alone, and may tell of them all the same.
fn left(visit: &Visit<'_>, who: &Party) -> shape::ErasureLeft {
    let Party::Contact(id) = who else { return shape::ErasureLeft::default() };
    visit.judge(|cx| {
        let terminals = cx.directory.terminals().filter(|terminal| terminal.contact.as_ref() == Some(id));
        let account = cx.directory.contact(id).and_then(|contact| contact.account.as_ref());
        shape::ErasureLeft {
            account: account.map(ToString::to_string),
            terminals: terminals.take(directory::PARTS_MAX).map(|terminal| terminal.id.to_string()).collect(),
        }
    })
}

fn told(sums: &Sums) -> shape::ErasureSums {
    let Sums { work_orders, others, records, values, mails, attachments, attachments_kept, written, named } = *sums;
    shape::ErasureSums {
        work_orders: work_orders as i64,
        others: others as i64,
        records: records as i64,
        values: values as i64,
        mails: mails as i64,
        attachments: attachments as i64,
        attachments_kept: attachments_kept as i64,
        written: written as i64,
        named: named as i64,
    }
}

/// As one sentence, for the status; none where nobody is being erased.
pub fn status(state: &State) -> Option<String> {
    let first = state.people.first()?;
    let who = match state.people.len() {
        1 => erasure::told(first),
        n => format!("{} and {} more", erasure::told(first), n - 1),
    };
    let of = if state.of > 0 { format!(", {} of {}", state.done, state.of) } else { String::new() };
    let problem = state.problem.as_ref().map(|problem| format!("; it waits: {problem}")).unwrap_or_default();
    Some(format!("{who}: {}{of}{problem}", state.step))
}
