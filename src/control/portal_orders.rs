//! Work Orders as people outside see and raise them (INT-1, INT-5, INT-6). Of what they may see that is told which is meant for customers,
//! and never who works on it, what is noted or how long it took.

use super::desk::Visit;
use super::portal::guest_call;
use super::refuse::{self, field, slug, word};
use super::service::Outcome;
use super::work_orders::{bounded, find, read, shown_through};
use super::{fields, portal_words};
use crate::domain::aggregate::{Command, Key};
use crate::domain::context::Context;
use crate::domain::form::given::GivenFields;
use crate::domain::ids::Name;
use crate::domain::may::{self, Layout, portal};
use crate::domain::principal::Principal;
use crate::domain::process::NodeState;
use crate::domain::rejection::Rejection;
use crate::domain::text;
use crate::domain::work_order::command::{Command as OrderCommand, Create};
use crate::domain::work_order::explain::{Verdict, commands};
use crate::domain::work_order::guest::{GivenGuest, Guest};
use crate::domain::work_order::state::{Channel, EntryPoint, Party, Priority};
use crate::domain::work_order::{WorkOrder, fields as order_fields};
use crate::engine::board::Board;
use crate::engine::cell::Submission;
use crate::engine::entity::Receipt;
use crate::engine::listing::{Ask, Filter};
use crate::engine::row::Row;
use crate::engine::scope::Scope;
use crate::engine::sorting::{Cursor, Sort};
use crate::protocol::guest as shape;
use crate::protocol::varlink::{ErrorReply, INTERNAL, Parameters};
use crate::protocol::work_orders as orders;
use crate::runtime::Runtime;
use crate::runtime::naming::Naming;
use serde_json::Value as Json;

/// Lines of one page at most.
const PAGE_MAX: i64 = 200;

/// The language of the call, else that of the contact.
pub(super) fn language_of(visit: &Visit<'_>, asked: Option<String>) -> Result<String, ErrorReply> {
    let asked = asked.map(|tag| text::language("language", &tag)).transpose().map_err(|rejection| refuse::rejection(&rejection))?;
    let own = || visit.judge(|cx| portal::contact(cx).map(|contact| contact.language.clone()));
    Ok(asked.or_else(own).unwrap_or_default().into())
}

/// What the caller may raise.
pub(super) fn list_record_types(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ListRecordTypes = visit.parameters()?;
    let visit = visit.of_terminal_user(p.session.as_deref())?;
    let language = language_of(&visit, p.language)?;
    let record_types = visit.judge(|cx| {
        let told = |found: &crate::domain::definition::RecordType| shape::RecordType {
            name: found.name.to_string(),
            title: found.title.text(&language).to_owned(),
            form: found.form.is_some(),
        };
        portal::all_offered(cx).into_iter().map(told).collect()
    });
    Ok(Outcome::reply(&shape::RecordTypes { record_types }))
}

/// What is asked of whoever raises one.
pub(super) fn describe_form(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::DescribeForm = visit.parameters()?;
    let visit = visit.of_terminal_user(p.session.as_deref())?;
    let language = language_of(&visit, p.language)?;
    let name = slug("recordType", &p.record_type, Name::new)?;
    let form = visit.judge(|cx| {
        let found = portal::offered(&name, cx)?;
        let form = found.form.as_ref().and_then(|form| cx.catalogue.form(form));
        let (form, pin) = form.ok_or_else(|| Rejection::NotFound { what: "form of record type", id: name.to_string() })?;
        Ok(fields::form(form, pin.version, &language, &Layout::of(Some(&name), cx), cx))
    });
    let form = form.map_err(|rejection: Rejection| refuse::rejection(&rejection))?;
    Ok(Outcome::reply(&orders::DescribedForm { form }))
}

/// Raises one.
pub(super) async fn create(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Create = visit.parameters()?;
    let visit = &visit.of_terminal_user(p.session.as_deref())?;
    guest_call(visit)?;
    let runtime = &visit.desk.runtime;
    let language = language_of(visit, p.language)?;
    let request = visit.request(&p.request_id)?;
    let id = Runtime::work_order_id(&visit.principal, &request.id);
    let record_type = slug("recordType", &p.record_type, Name::new)?;
    // Before a number is asked for, which tells more of record types than everybody may know.
    visit.judge(|cx| portal::offered(&record_type, cx).map(drop)).map_err(|rejection| refuse::rejection(&rejection))?;
    let create = Create {
        id,
        number: runtime.next_number(&record_type).map_err(|rejection| refuse::rejection(&rejection))?,
        record_type,
        subject: p.subject,
        description: p.description,
        reference: p.reference,
        account: None,
        contact: None,
        priority: Priority::Normal,
        channel: Channel::Portal,
        entry_point: EntryPoint::Portal,
        submitter: guest(visit, p.guest, language)?,
        fields: given(visit, p.fields)?,
    };
    let command = Command::WorkOrder(OrderCommand::Create(Box::new(create)));
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision: None };
    let key = Key::WorkOrder(id);
    let receipt = runtime.submit(&key, submission).await.map_err(refuse::refusal)?;
    // A repeat gets the number of the first time.
    let entity = runtime.read(&key).await.map_err(refuse::refusal)?;
    let order = entity.state.as_ref().and_then(|state| state.work_order()).ok_or_else(|| ErrorReply::new(INTERNAL))?;
    Ok(told(order.number.to_string(), receipt))
}

fn told(number: String, receipt: Receipt) -> Outcome {
    Outcome::reply(&shape::Confirmed { number, sequence: receipt.sequence as i64 })
}

/// What a guest leaves of themselves, as the settings ask. Of a contact it is known who they are.
fn guest(visit: &Visit<'_>, given: Option<orders::Guest>, language: String) -> Result<Option<Party>, ErrorReply> {
    match (&visit.principal, given) {
        (Principal::TerminalUser { contact: None }, Some(orders::Guest { name, phone, email })) => {
            let given = GivenGuest { name, phone, email, language: Some(language) };
            let guest = Guest::new(&given, visit.desk.portal.rules().guests_leave).map_err(|rejection| refuse::rejection(&rejection))?;
            Ok(Some(Party::Guest(Box::new(guest))))
        }
        (_, Some(_)) => Err(field("guest", "is for people who have not signed in")),
        (_, None) => Ok(None),
    }
}

/// Fields as they are given. There is no way to bring an attachment here, and those that others brought are not theirs to name.
fn given(visit: &Visit<'_>, given: Option<Parameters>) -> Result<GivenFields, ErrorReply> {
    fn names_a_file(value: &Json) -> bool {
        match value {
            Json::Object(map) => map.contains_key("hash") || map.values().any(names_a_file),
            Json::Array(list) => list.iter().any(names_a_file),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
        }
    }
    if let Some((name, _)) = given.iter().flatten().find(|(_, value)| names_a_file(value)) {
        let field = format!("fields.{}", name.chars().take(80).collect::<String>());
        let problem = "attachments cannot be given here".to_owned();
        return Err(refuse::rejection(&Rejection::InvalidFormField { field, rule: "kind", problem }));
    }
    fields::given(given, &mut Naming::new(visit.desk.runtime.attachments()))
}

/// What the caller sees, a page of it.
pub(super) async fn list_own(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ListOwn = visit.parameters()?;
    let visit = &visit.of_terminal_user(Some(&p.session))?;
    let language = language_of(visit, p.language)?;
    let most = bounded("limit", p.limit, 50, PAGE_MAX)?;
    let sort = match p.order.as_deref() {
        None | Some("newest") => Sort::Newest,
        Some("changed") => Sort::Changed,
        Some(other) => word("order", other, &shape::ORDERS, |_| None)?,
    };
    let odd = |text: &str| field("after", format!("{text:?} is not what a list gave as next"));
    let after = p.after.map(|text| text.parse::<Cursor>().map_err(|_| odd(&text))).transpose()?;
    if let Some(sequence) = p.at_least {
        shown_through(visit, sequence).await?;
    }
    let filter = Filter { open: p.open, ..Filter::default() };
    let (lines, next, total) = visit.judge(|cx| {
        let board = visit.desk.runtime.views().board();
        if let Some(after) = after.filter(|after| !board.has(after.id)) {
            return Err(odd(&after.to_string()));
        }
        let listed = board.list(&Scope::of(cx), &Ask { scene: None, filter: &filter, handler: None, sort, after, most });
        let lines = listed.rows.iter().map(|row| line(row, &board, &language, cx)).collect();
        Ok((lines, listed.next.map(|cursor| cursor.to_string()), listed.total as i64))
    })?;
    Ok(Outcome::reply(&shape::OwnListed { lines, next, total }))
}

/// One line, of what the caller may see.
pub(super) fn line(row: &Row, board: &Board, language: &str, cx: &Context<'_>) -> shape::Line {
    let waits = board.open_order(row.id).is_some_and(|order| waits_for(order, cx));
    let title = cx.catalogue.record_type(&row.record_type).map_or(row.record_type.as_str(), |found| found.title.text(language));
    shape::Line {
        number: row.number.to_string(),
        record_type: title.to_owned(),
        subject: row.subject.shown().into(),
        status: row.status.name().into(),
        outcome: row.outcome.map(|outcome| outcome.name().into()),
        status_text: portal_words::status(language, row.status, row.outcome, waits).into(),
        created_at: row.created_at.0,
        mine: portal::contact(cx).is_some_and(|contact| row.submitter == Party::Contact(contact.id.clone())),
        waits_for_you: waits,
    }
}

/// Whether the caller is asked whether it is solved.
fn waits_for(order: &WorkOrder, cx: &Context<'_>) -> bool {
    order.visit().is_some_and(|visit| matches!(visit.state, NodeState::Confirm(_))) && may::is_handler(order, cx)
}

/// One of what the caller sees.
pub(super) async fn get_own(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::GetOwn = visit.parameters()?;
    let visit = &visit.of_terminal_user(Some(&p.session))?;
    let language = language_of(visit, p.language)?;
    let entity = read(visit, &p.number).await?;
    let order = entity.state.as_ref().and_then(|state| state.work_order()).ok_or_else(|| ErrorReply::new(INTERNAL))?;
    let work_order = visit.judge(|cx| work_order(order, &visit.desk.runtime.views().board(), &language, cx));
    Ok(Outcome::reply(&shape::OwnGot { work_order }))
}

fn work_order(order: &WorkOrder, board: &Board, language: &str, cx: &Context<'_>) -> shape::WorkOrder {
    let possible = commands(order, cx);
    let may = |name: &str| possible.iter().any(|possible| possible.command == name && !matches!(possible.verdict, Verdict::Refused(_)));
    let asked = order_fields::of_intake(order, cx.catalogue);
    let read = |told: &orders::Field| asked.and_then(|form| form.field(&told.name)).is_some_and(portal::reads);
    let at = |time: Option<crate::domain::time::Timestamp>| time.map(|at| at.0);
    shape::WorkOrder {
        line: line(&Row::of(order), board, language, cx),
        record_type_name: order.record_type.to_string(),
        description: order.description.as_ref().map(|text| text.shown().into()),
        reference: order.reference.as_ref().map(|text| text.shown().into()),
        on_hold: order.hold.is_some(),
        accepted_at: at(order.first_accepted_at),
        completed_at: at(order.last_completed_at),
        ended_at: at(order.ended_at),
        visits: order.planned().iter().map(|planned| shape::Visit { from: planned.from.0, until: planned.until.0 }).collect(),
        fields: fields::fields(order, language, cx).into_iter().filter(read).collect(),
        may_confirm: may("ConfirmSolved"),
        may_cancel: may("Cancel"),
    }
}

/// Whether it is solved, by whoever submitted it.
pub(super) async fn confirm_own(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::ConfirmOwn = visit.parameters()?;
    let command = if p.solved {
        OrderCommand::ConfirmSolved { fields: GivenFields::default() }
    } else {
        OrderCommand::ConfirmNotSolved { reason: p.reason.unwrap_or_default() }
    };
    act(visit, &p.session, p.number, &p.request_id, command).await
}

/// Cancels, by whoever submitted it.
pub(super) async fn cancel_own(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::CancelOwn = visit.parameters()?;
    act(visit, &p.session, p.number, &p.request_id, OrderCommand::Cancel { reason: p.reason }).await
}

async fn act(visit: &Visit<'_>, session: &str, number: String, request_id: &str, command: OrderCommand) -> Result<Outcome, ErrorReply> {
    let visit = &visit.of_terminal_user(Some(session))?;
    let request = visit.request(request_id)?;
    let key = Key::WorkOrder(find(visit, &number)?);
    let command = Command::WorkOrder(command);
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision: None };
    let receipt = visit.desk.runtime.submit(&key, submission).await.map_err(refuse::refusal)?;
    Ok(told(number, receipt))
}
