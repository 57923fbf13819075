//! Follow-ups: the list, one of them, by which rule, and what is done with one.

use super::act::Step;
use super::args::Number;
use super::args_follow_up::{FollowUpCommand, FollowUpList};
use super::attachments;
use super::failure::Failure;
use super::orders;
use super::session::Session;
use super::view::follow_ups::{self as view, FollowUpsView};
use crate::protocol::work_orders::{Act, ExplainFollowUp, FollowUpExplained, FollowUpsListed, Get, GivenAnswer, Got, ListFollowUps, NAME};

/// Lists, shows, explains; carries out.
///
/// # Errors
/// What the daemon says.
pub fn follow_up(session: &mut Session<'_, '_>, command: FollowUpCommand) -> Result<(), Failure> {
    let (method, of, done, act) = match command {
        FollowUpCommand::List(of) => return list(session, of),
        FollowUpCommand::Show { of, language } => {
            if !session.json() {
                session.take_daemon_time()?;
            }
            let reply = session.ask(&format!("{NAME}.Get"), &Get { number: of.number, language })?;
            return session.print(reply, |got: &Got, page| view::follow_up(&got.work_order, page));
        }
        FollowUpCommand::Explain { of: Number { number } } => {
            let reply = session.ask(&format!("{NAME}.ExplainFollowUp"), &ExplainFollowUp { number })?;
            session.page.times.now = session.shape::<FollowUpExplained>(reply.clone())?.now;
            return session.print(reply, |explained: &FollowUpExplained, page| view::explained(explained, page));
        }
        FollowUpCommand::Attempt { of, way, outcome, note } => {
            let done = format!("tried over {way}: {outcome}");
            ("RecordFollowUpAttempt", of, done, Act { way: Some(way), outcome: Some(outcome), note, ..Act::default() })
        }
        FollowUpCommand::Submit { of, way, answers, photos } => {
            let photos = attachments::photos(session, photos, None)?.into_iter();
            let photos = photos.map(|(field, photo)| GivenAnswer { field, value: String::new(), photo: Some(photo) });
            let answers = answers.into_iter().map(|(field, value)| GivenAnswer { field, value, photo: None }).chain(photos).collect();
            ("SubmitFollowUp", of, "followed up".to_owned(), Act { way: Some(way), answers: Some(answers), ..Act::default() })
        }
        FollowUpCommand::Close { of, reason } => {
            ("CloseFollowUp", of, "closed, the customer was not reached".to_owned(), Act { reason: Some(reason), ..Act::default() })
        }
        FollowUpCommand::PassOn { of, user, reason } => {
            ("PassFollowUpOn", of, format!("passed on to {user}"), Act { user: Some(user), reason, ..Act::default() })
        }
    };
    orders::act(session, Step { method, act: Act { number: of.number, ..act }, done })
}

fn list(session: &mut Session<'_, '_>, of: FollowUpList) -> Result<(), Failure> {
    let (limit, after) = (of.paging.next_limit(0), of.paging.after.clone());
    let mut parameters = ListFollowUps { mine: of.mine.then_some(true), sort: of.sort, limit, after, at_least: None };
    let (mut view, mut got) = (FollowUpsView::default(), 0);
    loop {
        let reply = session.ask(&format!("{NAME}.ListFollowUps"), &parameters)?;
        let listed: FollowUpsListed = session.shape(reply.clone())?;
        session.page.times.now = listed.now;
        if session.json() {
            session.print_json_line(&reply)?;
        } else {
            let text = view.page(&listed.follow_ups, &session.page);
            session.write(&text)?;
        }
        let page = listed.follow_ups.len() as i64;
        got += page;
        if listed.next.is_none() || !of.paging.wants_more(page, got) {
            let end = view.end(listed.next.as_deref(), &session.page);
            return if session.json() { Ok(()) } else { session.write(&end) };
        }
        (parameters.after, parameters.limit) = (listed.next, of.paging.next_limit(got));
    }
}
