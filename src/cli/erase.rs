//! `contact erase` and `staff-user erase`: what would go, the word that it is meant, and how it gets on until nothing is left.
//! Leaves to others: the erasure itself, which the daemon goes on with whether anybody looks or not.

use std::time::Duration;

use super::args_people::Erase;
use super::directory::method;
use super::failure::Failure;
use super::session::Session;
use super::view::erasure as view;
use super::view::width::line;
use crate::client::connection::ClientError;
use crate::protocol::directory::{ErasePerson, ErasureJudged, GotErasure, Person};

/// How often it is looked how far it is.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long the daemon may read its whole history.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A contact.
    Contact,
    /// A staff user.
    StaffUser,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::StaffUser => "staff-user",
        }
    }

    /// As a sentence has it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Contact => "contact",
            Self::StaffUser => "staff user",
        }
    }
}

/// Erases, or tells what would go.
///
/// # Errors
/// It was not confirmed, or what the daemon says.
pub fn erase(session: &mut Session<'_, '_>, kind: Kind, of: Erase) -> Result<(), Failure> {
    let Erase { id, dry_run, confirm } = of;
    let person = Person { kind: kind.name().into(), id: id.clone() };
    if dry_run {
        session.client().set_limit(PATIENCE);
        let reply = session.ask(&method("JudgeErasePerson"), &person)?;
        return session.print(reply, |judged: &ErasureJudged, page| view::judged(kind, &id, judged, page));
    }
    if confirm.as_deref() != Some(&id) {
        let command = format!("{} erase {}", kind.name(), line(&id));
        return Err(Failure::Usage(format!(
            "this cannot be taken back: see with \"{command} --dry-run\" what goes, then give \"{command} --confirm {}\"",
            line(&id)
        )));
    }
    let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
    let parameters = ErasePerson { request_id, expected_revision, kind: person.kind.clone(), id: id.clone() };
    match session.change(&method("ErasePerson"), &parameters) {
        // Given again: they are, or are being, erased.
        Ok(_) => {}
        Err(Failure::Client(ClientError::Refused { name, .. })) if name == "org.workorderd.NothingToChange" => {}
        Err(other) => return Err(other),
    }
    let reply = follow(session, &person)?;
    session.print(reply, |got: &GotErasure, page| view::finished(kind, &id, got, page))
}

/// Looks until nothing is left.
fn follow(session: &mut Session<'_, '_>, person: &Person) -> Result<serde_json::Value, Failure> {
    let mut problem = None;
    loop {
        let reply = session.ask(&method("GetErasure"), person).map_err(|failure| match failure {
            Failure::Client(ClientError::Refused { .. }) => failure,
            _ => Failure::Broken("the daemon is away; the erasure goes on by itself as soon as it is there: give the command again".into()),
        })?;
        let got: GotErasure = session.shape(reply.clone())?;
        if got.erasure.finished_at.is_some() {
            session.progress(0, 0);
            return Ok(reply);
        }
        let of = |n: Option<i64>| usize::try_from(n.unwrap_or(0)).unwrap_or(0);
        session.progress(of(got.erasure.done), of(got.erasure.of));
        if got.erasure.problem.is_some() && got.erasure.problem != problem {
            problem = got.erasure.problem;
            let told = format!("it waits: {}\n", line(problem.as_deref().unwrap_or("")));
            session.progress(0, 0);
            session.console.err.write_all(told.as_bytes())?;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
