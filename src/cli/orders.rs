//! Work Orders: commands on them, lists, and all about one.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::act::{Step, told};
use super::args::{Create, List, PAGE_MOST};
use super::args_call::CallArgs;
use super::failure::Failure;
use super::fields::FormOf;
use super::session::Session;
use super::view::evaluation as evaluation_view;
use super::view::explain as explain_view;
use super::view::list::ListView;
use super::view::times::read_time;
use super::view::why as why_view;
use super::view::{fields, history, qr, show, width};
use crate::protocol::work_orders::{self as shapes, Accepted, Explained, Explanation, Got, HistoryTold, Listed};

/// Steps of the history below `show`.
pub const HISTORY_SHOWN: i64 = 20;

fn method(member: &str) -> String {
    format!("{}.{member}", shapes::NAME)
}

/// A command on one Work Order.
///
/// # Errors
/// What the daemon says.
pub fn act(session: &mut Session<'_, '_>, step: Step) -> Result<(), Failure> {
    let act = shapes::Act { request_id: session.request_id.clone(), expected_revision: session.expected_revision(), ..step.act };
    let reply = session.change(&method(step.method), &act)?;
    session.print(reply, |accepted: &Accepted, _| told(&accepted.receipt, &step.done))
}

/// Rings somebody up.
///
/// # Errors
/// What the daemon says.
pub fn call(session: &mut Session<'_, '_>, of: CallArgs) -> Result<(), Failure> {
    let (request_id, expected_revision) = (session.request_id.clone(), session.expected_revision());
    let CallArgs { of, to, phone } = of;
    let whom = match (&to, &phone) {
        (_, Some(phone)) => width::line(phone),
        (Some(to), None) => format!("the {to}"),
        (None, None) => "the customer".to_owned(),
    };
    let parameters = shapes::StartCall { number: of.number, request_id, expected_revision, to, phone };
    let reply = session.change(&method("StartCall"), &parameters)?;
    let done = format!("calls {whom}; \"show\" tells what came of it");
    session.print(reply, |accepted: &Accepted, _| told(&accepted.receipt, &done))
}

/// Intake.
///
/// # Errors
/// What the daemon says.
pub fn create(session: &mut Session<'_, '_>, create: Create) -> Result<(), Failure> {
    let parameters = shapes::Create {
        request_id: session.request_id.clone(),
        record_type: create.record_type,
        subject: create.subject,
        description: create.description,
        reference: create.reference,
        account: create.account,
        contact: create.contact,
        priority: create.priority,
        channel: create.channel,
        entry_point: create.entry_point,
        submitter: create.submitter,
        fields: create.fields.object(),
    };
    let reply = session.change(&method("Create"), &parameters)?;
    session.print(reply, |accepted: &Accepted, _| told(&accepted.receipt, "created"))
}

/// A list, page by page until what was asked for is there.
///
/// # Errors
/// What the daemon says.
pub fn list(session: &mut Session<'_, '_>, list: List) -> Result<(), Failure> {
    let mut parameters = asked(session, &list)?;
    let (mut view, mut got) = (ListView::default(), 0);
    loop {
        let reply = session.ask(&method("List"), &parameters)?;
        let page: Listed = session.shape(reply.clone())?;
        if session.json() {
            session.print_json_line(&reply)?;
        } else {
            let text = view.page(&page.lines, &session.page);
            session.write(&text)?;
        }
        let lines = i64::try_from(page.lines.len()).unwrap_or(i64::MAX);
        got += lines;
        if page.next.is_none() || !list.paging.wants_more(lines, got) {
            let end = view.end(page.total, page.next.as_deref(), &session.page);
            return if session.json() { Ok(()) } else { session.write(&end) };
        }
        (parameters.after, parameters.limit) = (page.next, list.paging.next_limit(got));
    }
}

/// What a list is asked for.
fn asked(session: &Session<'_, '_>, list: &List) -> Result<shapes::List, Failure> {
    let zone = session.page.times.zone.clone();
    let time = |text: &Option<String>| text.as_deref().map(|text| read_time(text, &zone)).transpose().map_err(Failure::Usage);
    if let Some((twice, _)) = list.fields.iter().enumerate().find_map(|(at, one)| list.fields[..at].iter().find(|(n, _)| *n == one.0)) {
        return Err(Failure::Usage(format!("--field {twice} is given twice; a list is filtered by one value of a field")));
    }
    Ok(shapes::List {
        // The word has a space where it is shown.
        status: list.status.as_ref().map(|status| status.replace('-', " ")),
        open: list.open,
        priority: list.priority.clone(),
        record_type: list.record_type.clone(),
        group: list.group.clone(),
        engineer: list.engineer.clone(),
        account: list.account.clone(),
        contact: list.contact.clone(),
        reference: list.reference.clone(),
        on_hold: list.on_hold,
        overdue: list.overdue,
        owner: list.owner.clone(),
        life: if list.void { Some("void".to_owned()) } else { list.deleted.then(|| "deleted".to_owned()) },
        submitter: list.submitter.clone(),
        handler: list.handler.clone(),
        created_from: time(&list.created_from)?,
        created_until: time(&list.created_until)?,
        fields: (!list.fields.is_empty()).then(|| list.fields.iter().cloned().collect()),
        scene: list.scene.clone(),
        sort: list.sort.clone(),
        limit: list.paging.next_limit(0),
        after: list.paging.after.clone(),
        at_least: list.at_least,
    })
}

/// The numbers of all that are listed, or of the first so many.
///
/// # Errors
/// What the daemon says.
pub fn numbers(session: &mut Session<'_, '_>, mut list: shapes::List, most: Option<i64>) -> Result<Vec<String>, Failure> {
    let most = most.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    let mut numbers = Vec::new();
    list.limit = Some(PAGE_MOST);
    loop {
        let reply = session.ask(&method("List"), &list)?;
        let page: Listed = session.shape(reply)?;
        numbers.extend(page.lines.into_iter().map(|line| line.number).take(most - numbers.len()));
        list.after = page.next.filter(|_| numbers.len() < most);
        if list.after.is_none() {
            return Ok(numbers);
        }
    }
}

/// The same, as it is typed. Something has to be said: a batch about everything is asked for with `--all`.
///
/// # Errors
/// What the daemon says; nothing was said.
pub fn numbers_of(session: &mut Session<'_, '_>, list: &List) -> Result<Vec<String>, Failure> {
    let asked = shapes::List { limit: None, ..asked(session, list)? };
    if asked == shapes::List::default() && !list.paging.all {
        return Err(Failure::Usage("say which Work Orders: by filters as of `list`, by --numbers FILE, or --all".to_owned()));
    }
    numbers(session, asked, list.paging.limit)
}

fn get(session: &mut Session<'_, '_>, number: &str, language: Option<String>) -> Result<Value, Failure> {
    session.ask(&method("Get"), &shapes::Get { number: number.to_owned(), language })
}

fn told_history(session: &mut Session<'_, '_>, number: &str, limit: Option<i64>) -> Result<Value, Failure> {
    session.ask(&method("History"), &shapes::History { number: number.to_owned(), limit })
}

/// All about one, with the newest of its history.
///
/// # Errors
/// What the daemon says.
pub fn show(session: &mut Session<'_, '_>, number: &str, language: Option<String>) -> Result<(), Failure> {
    let reply = get(session, number, language.clone())?;
    if session.json() {
        return session.print_json(&reply);
    }
    let got: Got = session.shape(reply)?;
    let steps = told_history(session, number, Some(HISTORY_SHOWN))?;
    let steps: HistoryTold = session.shape(steps)?;
    let explanation = explained(session, number, language)?;
    session.page.times.now = explanation.now;
    let text = show::with_history(&got.work_order, &explanation.commands, &steps, &session.page);
    session.write(&text)
}

fn ask_why(session: &mut Session<'_, '_>, number: &str, language: Option<String>) -> Result<Value, Failure> {
    session.ask(&method("Explain"), &shapes::Explain { number: number.to_owned(), language })
}

fn explained(session: &mut Session<'_, '_>, number: &str, language: Option<String>) -> Result<Explanation, Failure> {
    let reply = ask_why(session, number, language)?;
    let Explained { explanation } = session.shape(reply)?;
    Ok(explanation)
}

/// Why it is where it is.
///
/// # Errors
/// What the daemon says.
pub fn explain(session: &mut Session<'_, '_>, number: &str, language: Option<String>) -> Result<(), Failure> {
    let reply = ask_why(session, number, language)?;
    if session.json() {
        return session.print_json(&reply);
    }
    let Explained { explanation } = session.shape(reply)?;
    session.page.times.now = explanation.now;
    let text = explain_view::explanation(&explanation, &session.page);
    session.write(&text)
}

/// Which rule it is evaluated by, and why not by the others.
///
/// # Errors
/// What the daemon says.
pub fn explain_evaluation(session: &mut Session<'_, '_>, number: &str) -> Result<(), Failure> {
    let reply = session.ask(&method("ExplainEvaluation"), &shapes::ExplainEvaluation { number: number.to_owned() })?;
    session.print(reply, |explained: &shapes::EvaluationExplained, page| evaluation_view::explained(explained, page))
}

/// Why somebody may or may not: `[USER] NUMBER`.
///
/// # Errors
/// What the daemon says.
pub fn why(session: &mut Session<'_, '_>, about: Vec<String>) -> Result<(), Failure> {
    let mut about = about.into_iter().rev();
    let parameters = shapes::Why { number: about.next().unwrap_or_default(), user: about.next() };
    let reply = session.ask(&method("Why"), &parameters)?;
    session.print(reply, why_view::why)
}

/// A form, as it is asked.
///
/// # Errors
/// What the daemon says.
pub fn form(session: &mut Session<'_, '_>, of: FormOf) -> Result<(), Failure> {
    let parameters = shapes::DescribeForm { form: of.name, record_type: of.record_type, number: of.number, language: of.language };
    let reply = session.ask(&method("DescribeForm"), &parameters)?;
    session.print(reply, |described: &shapes::DescribedForm, page| fields::form(&described.form, page))
}

/// Its history.
///
/// # Errors
/// What the daemon says.
pub fn history(session: &mut Session<'_, '_>, number: &str, limit: Option<i64>) -> Result<(), Failure> {
    let reply = told_history(session, number, limit)?;
    session.print(reply, |told: &HistoryTold, page| history::history(told, page))
}

/// The QR code of its open invitation.
///
/// # Errors
/// What the daemon says, or that there is none.
pub fn qr(session: &mut Session<'_, '_>, number: &str, invert: bool, save: Option<&Path>) -> Result<(), Failure> {
    let reply = get(session, number, None)?;
    let got: Got = session.shape(reply)?;
    session.take_daemon_time()?;
    let (invitation, link) = qr::open_invitation(&got.work_order, &session.page).map_err(Failure::Nothing)?;
    if let Some(path) = save {
        save_picture(path, link)?;
    }
    if session.json() {
        return session.print_json(&json!({ "number": got.work_order.number, "expiresAt": invitation.expires_at, "link": link }));
    }
    let code = match save {
        Some(path) => format!("{} saved\n", width::line(&path.display().to_string())),
        None => qr::code(link, invert, &session.page).map_err(Failure::Nothing)?,
    };
    let text = format!(
        "{code}\n{}\nto {} {}, ends {}\n",
        width::line(link),
        width::line(&invitation.purpose),
        width::line(&got.work_order.number),
        session.page.times.both(invitation.expires_at)
    );
    session.write(&text)
}

fn save_picture(path: &Path, link: &str) -> Result<(), Failure> {
    let picture = match path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => qr::svg(link).map(String::into_bytes),
        Some("png") => qr::png(link),
        _ => return Err(Failure::Usage(format!("{}: the name of a picture ends in .svg or .png", path.display()))),
    };
    let picture = picture.map_err(Failure::Nothing)?;
    let file = OpenOptions::new().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(&picture));
    written.map_err(|error| Failure::Usage(format!("{} cannot be written: {error}", path.display())))
}
