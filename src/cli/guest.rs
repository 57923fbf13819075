//! What people outside may do, for trying it out and for those who take answers by phone.

use super::args_guest::{AsGuest, GuestCommand, GuestCreate, GuestList};
use super::attachments;
use super::failure::Failure;
use super::session::Session;
use super::view::{fields as form_view, guest as view};
use crate::protocol::guest as shape;
use crate::protocol::guest::{Answer, Confirm, Confirmed, Evaluate, Evaluated, NAME, Show, Shown};
use crate::protocol::work_orders;

fn method(name: &str) -> String {
    format!("{NAME}.{name}")
}

/// Shows, evaluates, confirms; signs in, raises, lists, looks up.
///
/// # Errors
/// What the daemon says.
pub fn guest(session: &mut Session<'_, '_>, command: GuestCommand) -> Result<(), Failure> {
    let request_id = session.request_id.clone();
    match command {
        GuestCommand::Show { link } => {
            let reply = session.ask(&method("Show"), &Show { token: token(&link).to_owned(), language: None })?;
            session.print(reply, |shown: &Shown, page| view::shown(shown, page))
        }
        GuestCommand::Evaluate { link, answers, photos } => {
            let photos = attachments::photos(session, photos, Some(token(&link)))?;
            let photos = photos.into_iter().map(|(field, photo)| Answer { field, value: String::new(), photo: Some(photo) });
            let answers = answers.into_iter().map(|(field, value)| Answer { field, value, photo: None }).chain(photos).collect();
            let evaluate = Evaluate { token: token(&link).to_owned(), request_id, answers };
            let reply = session.change(&method("Evaluate"), &evaluate)?;
            session.print(reply, |evaluated: &Evaluated, _| view::evaluated(evaluated))
        }
        GuestCommand::Confirm { link, solved, not_solved } => {
            let token = token(&link).to_owned();
            let reply = session.change(&method("Confirm"), &Confirm { token, request_id, solved, reason: not_solved })?;
            session.print(reply, |confirmed: &Confirmed, _| view::confirmed(confirmed, solved))
        }
        GuestCommand::RequestSignIn { email, language } => {
            let reply = session.ask(&method("RequestSignIn"), &shape::RequestSignIn { email, language })?;
            session.print(reply, |asked: &shape::SignInRequested, _| view::sign_in_requested(asked))
        }
        GuestCommand::SignIn { link } => {
            let reply = session.change(&method("SignIn"), &shape::SignIn { token: token(&link).to_owned(), request_id })?;
            session.print(reply, |signed_in: &shape::SignedIn, page| view::signed_in(signed_in, page))
        }
        GuestCommand::SignOut(of) => {
            let reply = session.change(&method("SignOut"), &shape::SignOut { session: of.session, request_id })?;
            session.print(reply, |_: &shape::SignedOut, _| "signed out\n".to_owned())
        }
        GuestCommand::RecordTypes(AsGuest { session: of, language }) => {
            let reply = session.ask(&method("ListRecordTypes"), &shape::ListRecordTypes { session: of, language })?;
            session.print(reply, |types: &shape::RecordTypes, page| view::record_types(&types.record_types, page))
        }
        GuestCommand::Form { record_type, as_guest: AsGuest { session: of, language } } => {
            let reply = session.ask(&method("DescribeForm"), &shape::DescribeForm { session: of, record_type, language })?;
            session.print(reply, |described: &work_orders::DescribedForm, page| form_view::form(&described.form, page))
        }
        GuestCommand::Create(create) => self::create(session, create),
        GuestCommand::List(list) => self::list(session, list),
        GuestCommand::Get { number, of, language } => {
            let reply = session.ask(&method("GetOwn"), &shape::GetOwn { session: of.session, number, language })?;
            session.print(reply, |got: &shape::OwnGot, page| view::work_order(&got.work_order, page))
        }
        GuestCommand::ConfirmOwn { number, solved, not_solved, of } => {
            let confirm = shape::ConfirmOwn { session: of.session, number, request_id, solved, reason: not_solved };
            let reply = session.change(&method("ConfirmOwn"), &confirm)?;
            session.print(reply, |confirmed: &Confirmed, _| view::confirmed(confirmed, solved))
        }
        GuestCommand::Cancel { number, reason, of } => {
            let reply = session.change(&method("CancelOwn"), &shape::CancelOwn { session: of.session, number, request_id, reason })?;
            session.print(reply, |cancelled: &Confirmed, _| view::done(cancelled, "cancelled"))
        }
        GuestCommand::Terminal { serial_number, as_guest: AsGuest { session: of, language } } => {
            let reply = session.ask(&method("LookUpTerminal"), &shape::LookUpTerminal { session: of, serial_number, language })?;
            session.print(reply, |found: &shape::Terminals, page| view::terminals(&found.terminals, page))
        }
        GuestCommand::Receipt { provider, token, query, signature, body } => {
            let receipt = shape::TakeReceipt { provider, token, query, signature, body };
            let reply = session.ask(&method("TakeReceipt"), &receipt)?;
            session.print(reply, |taken: &shape::ReceiptTaken, _| format!("taken; the provider is answered {:?}\n", taken.answer))
        }
    }
}

fn create(session: &mut Session<'_, '_>, create: GuestCreate) -> Result<(), Failure> {
    let left = create.name.is_some() || create.phone.is_some() || create.email.is_some();
    let parameters = shape::Create {
        session: create.as_guest.session,
        request_id: session.request_id.clone(),
        record_type: create.record_type,
        subject: create.subject,
        description: create.description,
        reference: create.reference,
        fields: (!create.fields.is_empty()).then(|| create.fields.into_iter().collect()),
        guest: left.then(|| work_orders::Guest { name: create.name.unwrap_or_default(), phone: create.phone, email: create.email }),
        language: create.as_guest.language,
    };
    let reply = session.change(&method("Create"), &parameters)?;
    session.print(reply, |created: &Confirmed, _| view::done(created, "created"))
}

fn list(session: &mut Session<'_, '_>, list: GuestList) -> Result<(), Failure> {
    let parameters = shape::ListOwn {
        session: list.of.session,
        open: list.open,
        order: list.changed.then(|| "changed".to_owned()),
        language: list.language,
        limit: list.limit,
        after: list.after,
        at_least: None,
    };
    let reply = session.ask(&method("ListOwn"), &parameters)?;
    session.print(reply, |listed: &shape::OwnListed, page| view::listed(listed, page))
}

/// The token of a link: its end, without what browsers and mail programs put behind it.
pub fn token(link: &str) -> &str {
    let link = link.trim();
    let link = link.split(['?', '#']).next().unwrap_or(link).trim_end_matches('/');
    link.rsplit('/').next().unwrap_or(link)
}
