//! The room of `org.workorderd.Guest1`: customers behind a link, whose token is the whole of their right; and those who come in by
//! themselves (`portal`). No token is ever logged.

use super::desk::Visit;
use super::refuse;
use super::service::Outcome;
use super::{photos, portal, portal_orders, portal_terminals, present, receipts};
use crate::domain::aggregate::{Command, Key};
use crate::domain::definition::evaluation::GivenAnswer;
use crate::domain::definition::{AnswerOption, EvaluationTemplate, FieldKind, Right};
use crate::domain::directory::Directory;
use crate::domain::form::given::GivenFields;
use crate::domain::ids::{InvitationNo, SignInNo, TerminalUserId, WorkOrderId};
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::work_order::state::{Invitation, Outcome as Ending, Purpose};
use crate::domain::work_order::{self, WorkOrder};
use crate::engine::cell::Submission;
use crate::engine::entity::{Entity, Receipt};
use crate::protocol::guest as shape;
use crate::protocol::varlink::ErrorReply;
use crate::runtime::links::Token;
use crate::runtime::naming::Naming;

/// Answers a call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ServeGuests)?;
    match visit.call.member() {
        "Show" => show(visit).await,
        "BringPhoto" => photos::bring(visit).await,
        "Evaluate" => evaluate(visit).await,
        "Confirm" => confirm(visit).await,
        "RequestSignIn" => portal::request_sign_in(visit).await,
        "SignIn" => portal::sign_in(visit).await,
        "SignOut" => portal::sign_out(visit).await,
        "ListRecordTypes" => portal_orders::list_record_types(visit),
        "DescribeForm" => portal_orders::describe_form(visit),
        "Create" => portal_orders::create(visit).await,
        "ListOwn" => portal_orders::list_own(visit).await,
        "GetOwn" => portal_orders::get_own(visit).await,
        "ConfirmOwn" => portal_orders::confirm_own(visit).await,
        "CancelOwn" => portal_orders::cancel_own(visit).await,
        "LookUpTerminal" => portal_terminals::look_up(visit),
        "TakeReceipt" => receipts::take(visit).await,
        other => Err(ErrorReply::method_not_found(other)),
    }
}

fn unknown() -> ErrorReply {
    refuse::rejection(&Rejection::UnknownInvitation)
}

/// The Work Order behind a token.
pub(super) async fn open(visit: &Visit<'_>, token: &str) -> Result<(Entity, WorkOrderId, InvitationNo), ErrorReply> {
    match portal::token(visit, token) {
        Some(Token::Invitation(order, invitation)) => {
            let entity = visit.desk.runtime.read(&Key::WorkOrder(order)).await.map_err(refuse::refusal)?;
            Ok((entity, order, invitation))
        }
        Some(Token::SignIn(..)) => Err(refuse::rejection(&Rejection::InvitationPurpose { purpose: "signing in" })),
        Some(Token::Session(..) | Token::Receipt(..) | Token::Call(..)) | None => Err(portal::wrong_token(visit, unknown())),
    }
}

/// A link to sign in, as far as it is of use.
fn show_sign_in(visit: &Visit<'_>, id: TerminalUserId, no: SignInNo) -> Result<Outcome, ErrorReply> {
    let now = visit.desk.runtime.now();
    let reference = visit.desk.runtime.views().reference();
    let contact = reference.terminal_user(id).and_then(|contact| reference.directory.active_contact(contact)).ok_or_else(unknown)?;
    let link = contact.sign_ins.as_ref().and_then(|known| known.link(no));
    Ok(Outcome::reply(&shape::Shown {
        purpose: "sign-in".into(),
        used: link.map_or(0, |link| i64::from(link.used)),
        open: link.is_some_and(|link| link.usable(now).is_ok()),
        ..shape::Shown::default()
    }))
}

fn work_order(entity: &Entity) -> Result<&WorkOrder, ErrorReply> {
    entity.state.as_ref().and_then(|s| s.work_order()).ok_or_else(unknown)
}

async fn show(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Show = visit.parameters()?;
    if let Some(Token::SignIn(id, no)) = portal::token(visit, &p.token) {
        return show_sign_in(visit, id, no);
    }
    let (entity, _, no) = open(visit, &p.token).await?;
    let order = work_order(&entity)?;
    let invitation = order.invitation(no).ok_or_else(unknown)?;
    let reference = visit.desk.runtime.views().reference();
    let template = invitation.template.as_ref().and_then(|pin| reference.catalogue.pinned_template(pin));
    let language = p.language.unwrap_or_else(|| invited_in(order, no, &reference.directory));
    let fields = template.map(|t| t.fields.iter().map(|f| field(f, &language)).collect()).unwrap_or_default();
    let closed = closed(order, invitation, visit.desk.runtime.now());
    Ok(Outcome::reply(&shape::Shown {
        purpose: match invitation.purpose {
            Purpose::Evaluate => "evaluate".into(),
            Purpose::Confirm => "confirm".into(),
        },
        number: order.number.to_string(),
        subject: order.subject.shown().into(),
        template: template.map(|t| t.title.text(&language).to_owned()),
        language,
        fields,
        used: invitation.used.into(),
        open: closed.is_none(),
        closed: closed.map(Into::into),
        given: invitation.single_use.then(|| given(order, no)).flatten(),
    }))
}

/// What an open link asks for.
///
/// # Errors
/// Nothing can be given through it any more.
pub(super) fn asks_for(visit: &Visit<'_>, entity: &Entity, no: InvitationNo) -> Result<Option<EvaluationTemplate>, ErrorReply> {
    let order = work_order(entity)?;
    let invitation = order.invitation(no).ok_or_else(unknown)?;
    match closed(order, invitation, visit.desk.runtime.now()) {
        Some("used") => return Err(refuse::rejection(&Rejection::InvitationUsed)),
        Some(_) => return Err(refuse::rejection(&Rejection::InvitationExpired)),
        None => {}
    }
    let reference = visit.desk.runtime.views().reference();
    Ok(invitation.template.as_ref().and_then(|pin| reference.catalogue.pinned_template(pin)).cloned())
}

/// Why nothing can be given through a link any more.
fn closed(order: &WorkOrder, invitation: &Invitation, now: Timestamp) -> Option<&'static str> {
    let waits = order.visit().is_some_and(|visit| visit.no == invitation.visit);
    if !order.life.is_normal() || matches!(order.outcome, Some(Ending::Cancelled | Ending::Rejected)) {
        Some("called-off")
    } else if invitation.single_use && invitation.used > 0 {
        Some("used")
    } else if now >= invitation.expires_at || (invitation.purpose == Purpose::Confirm && !waits) {
        Some("over")
    } else {
        None
    }
}

/// The language of whoever was invited: that of the mail with the link, else of the Work Order's contact.
fn invited_in(order: &WorkOrder, no: InvitationNo, directory: &Directory) -> String {
    let mailed = order.mails.iter().find(|mail| mail.invitation == Some(no)).map(|mail| &mail.language);
    let contact = || order.contact.as_ref().and_then(|id| directory.contact(id)).map(|contact| &contact.language);
    mailed.or_else(contact).map_or_else(|| "en".to_owned(), ToString::to_string)
}

/// A question of a template.
pub(super) fn field(field: &crate::domain::definition::TemplateField, language: &str) -> shape::Field {
    let plain = |name: &str| shape::Choice { name: name.to_owned(), title: name.to_owned() };
    let (kind, options) = match &field.kind {
        FieldKind::Rating { scale } => (format!("stars-{scale}"), (1..=*scale).map(|n| plain(&n.to_string())).collect()),
        FieldKind::Text => ("text".to_owned(), Vec::new()),
        FieldKind::Choice { options } => {
            let option = |o: &AnswerOption| shape::Choice { name: o.name.to_string(), title: o.title.text(language).to_owned() };
            ("choice".to_owned(), options.iter().map(option).collect())
        }
        FieldKind::YesNo => ("yes-no".to_owned(), vec![plain("yes"), plain("no")]),
        FieldKind::Photos { .. } => ("photos".to_owned(), Vec::new()),
    };
    let title = field.title.text(language).to_owned();
    let max = match field.kind {
        FieldKind::Photos { max } => Some(max.into()),
        FieldKind::Rating { .. } | FieldKind::Text | FieldKind::Choice { .. } | FieldKind::YesNo => None,
    };
    shape::Field { name: field.name.to_string(), title, kind, required: field.required, max, options }
}

/// What came in through a link of one person (EVA-8).
fn given(order: &WorkOrder, no: InvitationNo) -> Option<shape::Given> {
    let evaluation = order.evaluations.iter().find(|e| e.invitation == Some(no))?;
    let answers = present::evaluation(evaluation).answers.into_iter();
    Some(shape::Given {
        at: evaluation.at.0,
        after_completion: evaluation.after_completion,
        answers: answers.map(|a| shape::Answer { field: a.field, value: a.value, photo: None }).collect(),
    })
}

async fn submit(
    visit: &Visit<'_>,
    order: WorkOrderId,
    invitation: InvitationNo,
    request_id: &str,
    command: work_order::Command,
    naming: Naming,
) -> Result<Receipt, ErrorReply> {
    let request = visit.request(request_id)?;
    let submission = Submission {
        command: Command::WorkOrder(command),
        principal: Principal::Guest { order, invitation },
        request: Some(request),
        expected_revision: None,
    };
    visit.desk.runtime.submit_naming(&Key::WorkOrder(order), submission, naming).await.map_err(refuse::refusal)
}

async fn evaluate(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Evaluate = visit.parameters()?;
    let (_, order, invitation) = open(visit, &p.token).await?;
    let mut naming = Naming::new(visit.desk.runtime.attachments());
    let answer = |given: shape::Answer| photos::answer(given.field, given.value, given.photo, &mut naming);
    let answers: Vec<GivenAnswer> = p.answers.into_iter().map(answer).collect::<Result<_, _>>()?;
    let command = work_order::Command::SubmitEvaluation { invitation, answers: answers.clone() };
    let receipt = submit(visit, order, invitation, &p.request_id, command, naming).await?;
    visit.desk.portal.photos.named((order, invitation), &answers);
    let entity = visit.desk.runtime.read(&Key::WorkOrder(order)).await.map_err(refuse::refusal)?;
    let order = work_order(&entity)?;
    let after_completion = order.evaluations.iter().rev().find(|e| e.invitation == Some(invitation)).is_some_and(|e| e.after_completion);
    Ok(Outcome::reply(&shape::Evaluated { number: order.number.to_string(), sequence: receipt.sequence as i64, after_completion }))
}

async fn confirm(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Confirm = visit.parameters()?;
    let (entity, order, invitation) = open(visit, &p.token).await?;
    let command = if p.solved {
        work_order::Command::ConfirmSolved { fields: GivenFields::default() }
    } else {
        work_order::Command::ConfirmNotSolved { reason: p.reason.unwrap_or_default() }
    };
    let naming = Naming::new(visit.desk.runtime.attachments());
    let receipt = submit(visit, order, invitation, &p.request_id, command, naming).await?;
    Ok(Outcome::reply(&shape::Confirmed { number: work_order(&entity)?.number.to_string(), sequence: receipt.sequence as i64 }))
}
