//! What a customer behind a link may do, for trying it out and for those who take answers by phone.

use super::args_more::GuestCommand;
use super::failure::Failure;
use super::session::Session;
use super::view::guest as view;
use crate::protocol::guest::{Answer, Confirm, Confirmed, Evaluate, Evaluated, NAME, Show, Shown};

/// Shows, evaluates, confirms.
///
/// # Errors
/// What the daemon says.
pub fn guest(session: &mut Session<'_, '_>, command: GuestCommand) -> Result<(), Failure> {
    match command {
        GuestCommand::Show { link } => {
            let reply = session.ask(&format!("{NAME}.Show"), &Show { token: token(&link).to_owned(), language: None })?;
            session.print(reply, |shown: &Shown, page| view::shown(shown, page))
        }
        GuestCommand::Evaluate { link, answers } => {
            let answers = answers.into_iter().map(|(field, value)| Answer { field, value }).collect();
            let evaluate = Evaluate { token: token(&link).to_owned(), request_id: session.request_id.clone(), answers };
            let reply = session.change(&format!("{NAME}.Evaluate"), &evaluate)?;
            session.print(reply, |evaluated: &Evaluated, _| view::evaluated(evaluated))
        }
        GuestCommand::Confirm { link, solved, not_solved } => {
            let (token, request_id) = (token(&link).to_owned(), session.request_id.clone());
            let reply = session.change(&format!("{NAME}.Confirm"), &Confirm { token, request_id, solved, reason: not_solved })?;
            session.print(reply, |confirmed: &Confirmed, _| view::confirmed(confirmed, solved))
        }
    }
}

/// The token of a link: its end, without what browsers and mail programs put behind it.
pub fn token(link: &str) -> &str {
    let link = link.trim();
    let link = link.split(['?', '#']).next().unwrap_or(link).trim_end_matches('/');
    link.rsplit('/').next().unwrap_or(link)
}
