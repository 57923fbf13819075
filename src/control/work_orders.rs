//! The room of `org.workorderd.WorkOrders1`.

use super::attachments;
use super::desk::Visit;
use super::refuse::{self, field, optional_slug, slug, word};
use super::service::Outcome;
use super::{calendar, explain, field_work, fields, follow_ups, judge, list, phone_calls, present, queues, to_dos, why};
use crate::domain::aggregate::{Command, Key};
use crate::domain::definition::Right;
use crate::domain::ids::{AccountId, ContactId, Name, PlannedNo, ServiceGroupId, StaffUserId, WorkOrderId};
use crate::domain::may::Layout;
use crate::domain::number::WorkOrderNumber;
use crate::domain::rejection::Rejection;
use crate::domain::time::Timestamp;
use crate::domain::work_order::command::{Command as OrderCommand, Create, TransferTo};
use crate::domain::work_order::edit::Edit;
use crate::domain::work_order::state::{Channel, EntryPoint, HoldReason, Party, Priority, RecordKind};
use crate::domain::work_order::team::Access;
use crate::engine::cell::Submission;
use crate::engine::entity::Entity;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::protocol::work_orders as shape;
use crate::runtime::Runtime;
use crate::runtime::naming::Naming;
use std::time::Duration;

/// Lines of one page at most.
pub(super) const PAGE_MAX: i64 = 1000;
/// Steps of a history at most.
const HISTORY_MAX: i64 = 1000;

/// Answers a call.
pub async fn call(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    match visit.call.member() {
        "Create" => create(visit).await,
        "JudgeCreate" => judge::create(visit).await,
        "Get" => get(visit).await,
        "BringAttachment" => attachments::bring(visit).await,
        "ReadAttachment" => attachments::read(visit).await,
        "Explain" => explain::call(visit).await,
        "ExplainEvaluation" => explain::evaluation(visit).await,
        "ExplainFollowUp" => follow_ups::explain(visit).await,
        "ListFollowUps" => follow_ups::list(visit).await,
        "Why" => why::call(visit).await,
        "History" => history(visit).await,
        "List" => list::list(visit).await,
        "GetQueues" => queues::queues(visit).await,
        "ListPressing" => queues::pressing(visit).await,
        "ListToDos" => to_dos::list(visit).await,
        "DescribeForm" => describe_form(visit).await,
        "LaborTotals" => field_work::totals(visit),
        "GetCalendar" => calendar::get(visit).await,
        "PlanVisit" | "MoveVisit" => calendar::plan(visit).await,
        "StartCall" => phone_calls::start(visit).await,
        _ => act(visit).await,
    }
}

async fn create(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Create = visit.parameters()?;
    let runtime = &visit.desk.runtime;
    let request = visit.request(&p.request_id)?;
    let id = Runtime::work_order_id(&visit.principal, &request.id);
    let record_type = slug("recordType", &p.record_type, Name::new)?;
    let number = runtime.next_number(&record_type).map_err(|r| refuse::rejection(&r))?;
    let mut naming = Naming::new(runtime.attachments());
    let create = creation(p, id, number, &mut naming)?;
    let command = Command::WorkOrder(OrderCommand::Create(Box::new(create)));
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision: None };
    let key = Key::WorkOrder(id);
    let receipt = runtime.submit_naming(&key, submission, naming).await.map_err(refuse::refusal)?;
    // A repeat gets the number of the first time.
    let entity = runtime.read(&key).await.map_err(refuse::refusal)?;
    let number = entity.state.as_ref().and_then(|s| s.work_order()).map(|o| o.number.to_string()).unwrap_or_default();
    Ok(Outcome::reply(&shape::Accepted { receipt: present::receipt(number, receipt) }))
}

/// A creation as it comes, with the number that it shall have.
pub(super) fn creation(p: shape::Create, id: WorkOrderId, number: WorkOrderNumber, naming: &mut Naming) -> Result<Create, ErrorReply> {
    Ok(Create {
        id,
        number,
        record_type: slug("recordType", &p.record_type, Name::new)?,
        subject: p.subject,
        description: p.description,
        reference: p.reference,
        account: optional_slug("account", p.account.as_deref(), AccountId::new)?,
        contact: optional_slug("contact", p.contact.as_deref(), ContactId::new)?,
        priority: p.priority.map_or(Ok(Priority::Normal), |t| word("priority", &t, &Priority::NAMES, Priority::from_name))?,
        channel: p.channel.map_or(Ok(Channel::Staff), |t| word("channel", &t, &Channel::NAMES, Channel::from_name))?,
        entry_point: p.entry_point.map_or(Ok(EntryPoint::List), |t| word("entryPoint", &t, &EntryPoint::NAMES, EntryPoint::from_name))?,
        submitter: p.submitter.map(|t| party(&t)).transpose()?,
        fields: fields::given(p.fields, naming)?,
    })
}

fn party(text: &str) -> Result<Party, ErrorReply> {
    match text.split_once(':') {
        Some(("staff", id)) => slug("submitter", id, StaffUserId::new).map(Party::Staff),
        Some(("contact", id)) => slug("submitter", id, ContactId::new).map(Party::Contact),
        Some(_) | None => Err(field("submitter", format!("{text:?} is neither staff:ID nor contact:ID"))),
    }
}

fn not_found(number: &str) -> ErrorReply {
    refuse::rejection(&Rejection::NotFound { what: "Work Order", id: number.chars().take(64).collect() })
}

/// The id of a number that was given out, to whomever; whether who calls may see it is still to be judged.
fn numbered(visit: &Visit<'_>, number: &str) -> Result<WorkOrderId, ErrorReply> {
    visit.desk.runtime.views().board().find(number).ok_or_else(|| not_found(number))
}

/// The id of a number; what one may not see does not exist for one.
pub fn find(visit: &Visit<'_>, number: &str) -> Result<WorkOrderId, ErrorReply> {
    let found = visit.judge(|cx| {
        let board = visit.desk.runtime.views().board();
        board.find(number).filter(|id| board.sees(*id, cx))
    });
    found.ok_or_else(|| not_found(number))
}

/// The Work Order of a number, as the caller may see it.
pub async fn read(visit: &Visit<'_>, number: &str) -> Result<Entity, ErrorReply> {
    let id = find(visit, number)?;
    visit.desk.runtime.read(&Key::WorkOrder(id)).await.map_err(refuse::refusal)
}

async fn get(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::Get = visit.parameters()?;
    let entity = read(visit, &p.number).await?;
    let Some(order) = entity.state.as_ref().and_then(|s| s.work_order()) else {
        return Err(ErrorReply::new(INTERNAL));
    };
    let language = language(visit, p.language);
    let base_url = visit.desk.base_url.borrow();
    let work_order = visit.judge(|cx| present::work_order(order, &entity, cx, &visit.desk.runtime, (&base_url, &language)));
    Ok(Outcome::reply(&shape::Got { work_order }))
}

/// The language of the call, else that of the staff user who calls.
pub fn language(visit: &Visit<'_>, asked: Option<String>) -> String {
    let own = || visit.judge(|cx| Some(cx.directory.staff_user(cx.principal.user()?)?.language.to_string()));
    asked.or_else(own).unwrap_or_default()
}

/// A form by its name, of a record type, or of the node that a Work Order is at.
async fn describe_form(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let p: shape::DescribeForm = visit.parameters()?;
    // Of which type's Work Orders: by the name of a form alone it may be of any.
    let mut record_type = None;
    let pin = match (&p.form, &p.record_type, &p.number) {
        (Some(form), None, None) => {
            let name = slug("form", form, Name::new)?;
            visit.judge(|cx| cx.catalogue.form(&name).map(|(_, pin)| pin)).ok_or_else(|| Rejection::unknown("form", form.as_str()))
        }
        (None, Some(asked), None) => {
            let name = record_type.insert(slug("recordType", asked, Name::new)?);
            visit.judge(|cx| {
                let found = cx.catalogue.record_type(name).ok_or_else(|| Rejection::unknown("recordType", asked.as_str()))?;
                let pin = found.form.as_ref().and_then(|form| cx.catalogue.form(form)).map(|(_, pin)| pin);
                pin.ok_or_else(|| Rejection::NotFound { what: "form of record type", id: asked.clone() })
            })
        }
        (None, None, Some(number)) => {
            let entity = read(visit, number).await?;
            let order = entity.state.as_ref().and_then(|s| s.work_order());
            record_type = order.map(|order| order.record_type.clone());
            let pin = order.and_then(|order| order.visit()?.form.clone());
            pin.ok_or_else(|| Rejection::NotFound { what: "form of the node of", id: number.clone() })
        }
        _ => Err(Rejection::invalid("form", "name one of form, recordType and number")),
    };
    let pin = pin.map_err(|r| refuse::rejection(&r))?;
    let language = language(visit, p.language);
    let form = visit.judge(|cx| {
        let layout = Layout::of(record_type.as_ref(), cx);
        cx.catalogue.pinned_form(&pin).map(|form| fields::form(form, pin.version, &language, &layout, cx))
    });
    let form = form.ok_or_else(|| ErrorReply::new(INTERNAL))?;
    Ok(Outcome::reply(&shape::DescribedForm { form }))
}

async fn history(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: shape::History = visit.parameters()?;
    let limit = bounded("limit", p.limit, 100, HISTORY_MAX)?;
    let entity = read(visit, &p.number).await?;
    let past = visit.desk.runtime.history(&entity, limit + 1).map_err(unreadable)?;
    let more = past.steps.len() > limit || past.away.is_some();
    let record_type = entity.state.as_ref().and_then(|s| s.work_order()).map(|order| &order.record_type);
    let lines = visit.judge(|cx| {
        let layout = Layout::of(record_type, cx);
        past.steps.iter().take(limit).flat_map(|told| present::history_lines(told, &layout, cx)).collect()
    });
    Ok(Outcome::reply(&shape::HistoryTold { lines, more, away: past.away.map(|away| away.to_string()) }))
}

/// A history that cannot be read is in an archive that is away, or a defect of the machine or of ours; the log says which.
pub fn unreadable(error: crate::runtime::history::HistoryError) -> ErrorReply {
    if error.is_away() {
        tracing::warn!(%error, "a history cannot be read");
        return ErrorReply::new("org.workorderd.ArchiveAway").with("message", error.to_string());
    }
    tracing::error!(%error, "a history cannot be read");
    ErrorReply::new(INTERNAL)
}

/// A number of lines: the default, or what is asked for within bounds.
pub fn bounded(name: &str, value: Option<i64>, default: i64, most: i64) -> Result<usize, ErrorReply> {
    match value.unwrap_or(default) {
        n if (1..=most).contains(&n) => Ok(n as usize),
        n => Err(field(name, format!("{n} is not between 1 and {most}"))),
    }
}

/// Waits until lists show everything up to a sequence.
pub async fn shown_through(visit: &Visit<'_>, sequence: i64) -> Result<(), ErrorReply> {
    let sequence = u64::try_from(sequence).map_err(|_| field("atLeast", "is negative"))?;
    let mut head = visit.desk.runtime.follow_head();
    let behind = |h: &crate::journal::Head| h.sequence >= sequence;
    match tokio::time::timeout(Duration::from_secs(5), head.wait_for(behind)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(_)) | Err(_) => {
            Err(field("atLeast", format!("record {sequence} has not been written; the last one is {}", visit.desk.runtime.head().sequence)))
        }
    }
}

async fn act(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let receipt = carry_out(visit, visit.parameters()?).await?;
    Ok(Outcome::reply(&shape::Accepted { receipt }))
}

/// Carries a command on a Work Order out.
pub(super) async fn carry_out(visit: &Visit<'_>, p: shape::Act) -> Result<shape::Receipt, ErrorReply> {
    let on = On { number: p.number.clone(), request_id: p.request_id.clone(), expected_revision: p.expected_revision };
    let mut naming = Naming::new(visit.desk.runtime.attachments());
    let command = command(visit.call.member(), p, &mut naming)?;
    submit(visit, on, command, naming).await
}

/// On which Work Order, and as which request.
pub(super) struct On {
    pub number: String,
    pub request_id: String,
    pub expected_revision: Option<i64>,
}

/// Has a command judged and written.
pub(super) async fn submit(visit: &Visit<'_>, on: On, command: OrderCommand, naming: Naming) -> Result<shape::Receipt, ErrorReply> {
    let On { number, request_id, expected_revision } = on;
    let request = visit.request(&request_id)?;
    let expected_revision =
        expected_revision.map(|r| u64::try_from(r).map_err(|_| field("expectedRevision", "is negative"))).transpose()?;
    let command = Command::WorkOrder(command);
    // Whether who calls may see it is judged with the command, on what stands then; not here, on what was.
    let key = Key::WorkOrder(numbered(visit, &number)?);
    let submission = Submission { command, principal: visit.principal.clone(), request: Some(request), expected_revision };
    let receipt = visit.desk.runtime.submit_naming(&key, submission, naming).await.map_err(refuse::refusal)?;
    Ok(present::receipt(number, receipt))
}

fn planned_no(visit: Option<i64>) -> Result<PlannedNo, ErrorReply> {
    let no = visit.unwrap_or_default();
    u32::try_from(no).map(PlannedNo).map_err(|_| field("visit", format!("{no} is no visit")))
}

/// The command of a method; its required parameters are there, as the description says.
fn command(method: &str, p: shape::Act, naming: &mut Naming) -> Result<OrderCommand, ErrorReply> {
    let reason = |p: &shape::Act| p.reason.clone().unwrap_or_default();
    Ok(match method {
        "AssignToGroup" => OrderCommand::AssignToGroup { group: slug("group", &p.group.unwrap_or_default(), ServiceGroupId::new)? },
        "AssignToEngineer" => {
            let engineer = slug("engineer", &p.engineer.unwrap_or_default(), StaffUserId::new)?;
            OrderCommand::AssignToEngineer { engineer, over_limit: p.over_limit.unwrap_or(false) }
        }
        "Claim" => OrderCommand::Claim,
        "AcceptAssignment" => OrderCommand::AcceptAssignment,
        "DeclineAssignment" => OrderCommand::DeclineAssignment { reason: reason(&p) },
        "Transfer" => {
            let to = match (&p.engineer, &p.group) {
                (Some(engineer), None) => TransferTo::Engineer(slug("engineer", engineer, StaffUserId::new)?),
                (None, Some(group)) => TransferTo::Group(slug("group", group, ServiceGroupId::new)?),
                (Some(_), Some(_)) => return Err(field("group", "a transfer goes to an engineer or to a group, not to both")),
                (None, None) => return Err(field("engineer", "a transfer needs an engineer or a group")),
            };
            OrderCommand::Transfer { to, reason: p.reason }
        }
        "TakeTask" => OrderCommand::TakeTask,
        "CompleteTask" => OrderCommand::CompleteTask { note: p.note, fields: fields::given(p.fields, naming)? },
        "SaveFields" => OrderCommand::SaveFields { step: p.step, fields: fields::given(p.fields, naming)? },
        "ConfirmSolved" => OrderCommand::ConfirmSolved { fields: fields::given(p.fields, naming)? },
        "ConfirmNotSolved" => OrderCommand::ConfirmNotSolved { reason: reason(&p) },
        "SkipEvaluation" => OrderCommand::SkipEvaluation { reason: p.reason },
        "Hold" => OrderCommand::Hold { reason: word("reason", &reason(&p), &HoldReason::NAMES, HoldReason::from_name)?, note: p.note },
        "Resume" => OrderCommand::Resume,
        "Cancel" => OrderCommand::Cancel { reason: p.reason },
        "Reject" => OrderCommand::Reject { reason: reason(&p) },
        "MoveToVersion" => {
            let version = p.version.unwrap_or_default();
            OrderCommand::MoveToVersion {
                version: u32::try_from(version).map_err(|_| field("version", format!("{version} is not a version")))?,
            }
        }
        "AddServiceRecord" => OrderCommand::AddServiceRecord {
            kind: p.kind.map_or(Ok(RecordKind::Remark), |t| word("kind", &t, &RecordKind::NAMES, RecordKind::from_name))?,
            text: p.text.unwrap_or_default(),
        },
        "Edit" => OrderCommand::Edit(Box::new(edit(p, naming)?)),
        "PlanVisit" => OrderCommand::PlanVisit {
            engineer: optional_slug("engineer", p.engineer.as_deref(), StaffUserId::new)?,
            from: Timestamp(p.from.unwrap_or_default()),
            until: Timestamp(p.until.unwrap_or_default()),
            note: p.note,
        },
        "MoveVisit" => OrderCommand::MoveVisit {
            visit: planned_no(p.visit)?,
            from: Timestamp(p.from.unwrap_or_default()),
            until: Timestamp(p.until.unwrap_or_default()),
            engineer: optional_slug("engineer", p.engineer.as_deref(), StaffUserId::new)?,
        },
        "CancelVisit" => OrderCommand::CancelVisit { visit: planned_no(p.visit)?, reason: p.reason },
        "ChangeOwner" => OrderCommand::ChangeOwner { owner: slug("owner", &p.owner.unwrap_or_default(), StaffUserId::new)? },
        "AddTeamMember" => OrderCommand::AddTeamMember {
            user: slug("user", &p.user.unwrap_or_default(), StaffUserId::new)?,
            access: p.access.map_or(Ok(Access::ReadWrite), |t| word("access", &t, &Access::NAMES, Access::from_name))?,
        },
        "RemoveTeamMember" => OrderCommand::RemoveTeamMember { user: slug("user", &p.user.unwrap_or_default(), StaffUserId::new)? },
        "Forward" => {
            let users = p.users.unwrap_or_default();
            let to = users.iter().map(|user| slug("users", user, StaffUserId::new)).collect::<Result<_, _>>()?;
            OrderCommand::Forward { to, note: p.note }
        }
        "RemindMe" => OrderCommand::RemindMe { at: Timestamp(p.at.unwrap_or_default()), note: p.note },
        "FinishToDo" => {
            let no = p.to_do.unwrap_or_default();
            let no = u32::try_from(no).map_err(|_| field("toDo", format!("{no} is not the number of a to-do")))?;
            OrderCommand::FinishToDo { no }
        }
        "Lock" => OrderCommand::Lock,
        "Unlock" => OrderCommand::Unlock,
        "Void" => OrderCommand::Void { reason: reason(&p) },
        "Restore" => OrderCommand::Restore,
        "Delete" => OrderCommand::Delete { reason: reason(&p) },
        "CompleteStep" => OrderCommand::CompleteStep {
            step: p.step.unwrap_or_default(),
            location: p.location,
            note: p.note,
            fields: fields::given(p.fields, naming)?,
        },
        "SkipStep" => OrderCommand::SkipStep { step: p.step.clone().unwrap_or_default(), reason: reason(&p) },
        "StartLabor" => OrderCommand::StartLabor { step: p.step },
        "StopLabor" => OrderCommand::StopLabor { at: p.at.map(Timestamp) },
        "EnterLabor" => {
            let time = |t: Option<i64>| Timestamp(t.unwrap_or_default());
            OrderCommand::EnterLabor { from: time(p.from), to: time(p.to), step: p.step }
        }
        "RecordFollowUpAttempt" | "SubmitFollowUp" | "CloseFollowUp" | "PassFollowUpOn" => follow_ups::command(method, p, naming)?,
        other => return Err(ErrorReply::method_not_found(other)),
    })
}

/// What is to be otherwise; an empty text takes away what was there.
fn edit(p: shape::Act, naming: &mut Naming) -> Result<Edit, ErrorReply> {
    let or_nobody = |text: Option<String>| text.map(|text| Some(text).filter(|text| !text.trim().is_empty()));
    let account = or_nobody(p.account).map(|text| optional_slug("account", text.as_deref(), AccountId::new)).transpose()?;
    let contact = or_nobody(p.contact).map(|text| optional_slug("contact", text.as_deref(), ContactId::new)).transpose()?;
    let priority = p.priority.map(|t| word("priority", &t, &Priority::NAMES, Priority::from_name)).transpose()?;
    let (subject, description, reference) = (p.subject, p.description, p.reference);
    Ok(Edit { subject, description, reference, account, contact, priority, fields: fields::given(p.fields, naming)? })
}
