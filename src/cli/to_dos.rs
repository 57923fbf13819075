//! What waits for one, reminders, and what somebody is told by mail.

use super::act::Step;
use super::args_to_do::{NoticesCommand, RemindMeArgs, ToDosArgs};
use super::directory;
use super::failure::Failure;
use super::orders;
use super::session::Session;
use super::view::times::read_time;
use super::view::to_dos::ToDosView;
use super::view::width::line;
use crate::protocol::directory as shapes;
use crate::protocol::work_orders::{Act, ListToDos, NAME, ToDosListed};

/// What waits for whoever asks, page by page as far as is wanted.
///
/// # Errors
/// What the daemon says.
pub fn list(session: &mut Session<'_, '_>, of: ToDosArgs) -> Result<(), Failure> {
    let (limit, after) = (of.paging.next_limit(0), of.paging.after.clone());
    let mut parameters = ListToDos { sort: of.sort, limit, after, at_least: None };
    if !session.json() {
        session.take_daemon_time()?;
    }
    let (mut view, mut got) = (ToDosView::default(), 0);
    loop {
        let reply = session.ask(&format!("{NAME}.ListToDos"), &parameters)?;
        let listed: ToDosListed = session.shape(reply.clone())?;
        if session.json() {
            session.print_json_line(&reply)?;
        } else {
            let text = view.page(&listed.to_dos, &session.page);
            session.write(&text)?;
        }
        // Work Orders are counted: one may have several entries, which stand together.
        let orders = listed.to_dos.chunk_by(|a, b| a.line.number == b.line.number).count() as i64;
        got += orders;
        if listed.next.is_none() || !of.paging.wants_more(orders, got) {
            let end = view.end(listed.next.as_deref(), &session.page);
            return if session.json() { Ok(()) } else { session.write(&end) };
        }
        (parameters.after, parameters.limit) = (listed.next, of.paging.next_limit(got));
    }
}

/// Sets a reminder.
///
/// # Errors
/// A time that is none, or what the daemon says.
pub fn remind_me(session: &mut Session<'_, '_>, of: RemindMeArgs) -> Result<(), Failure> {
    let at = read_time(&of.at, &session.page.times.zone).map_err(Failure::Usage)?;
    let done = format!("is on your to-do list from {} on", session.page.times.minute(at));
    let act = Act { number: of.of.number, at: Some(at), note: of.note, ..Act::default() };
    orders::act(session, Step { method: "RemindMe", act, done })
}

/// What somebody is told by mail.
///
/// # Errors
/// What the daemon says.
pub fn notices(session: &mut Session<'_, '_>, command: NoticesCommand) -> Result<(), Failure> {
    let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
    let (id, notices) = match command {
        NoticesCommand::Set { id, mail, pools, quiet, zone } => {
            let quiet = quiet.zip(zone).map(|((from, until), zone)| shapes::Quiet { from, until, zone });
            (id, Some(shapes::Notices { mail, pools, quiet }))
        }
        NoticesCommand::Clear { id } => (id, None),
    };
    let told = match &notices {
        Some(notices) => format!("{} is mailed about: {}\n", line(&id), super::view::to_dos::notices(notices)),
        None => format!("{} is mailed what is forwarded to them, and what they want to be reminded of\n", line(&id)),
    };
    let parameters = shapes::SetNotices { request_id, expected_revision, id, notices };
    let reply = session.change(&directory::method("SetNotices"), &parameters)?;
    session.print(reply, |_: &shapes::Accepted, _| told)
}
