//! Judgements without effect: whether a put or a creation would be accepted, by the rules that judge it when it comes.
//! Leaves to others: what only the writer knows (circles that two people close at the same moment, limits of open work).

use super::desk::Visit;
use super::refuse::{self, field, slug};
use super::service::Outcome;
use super::{entries, work_orders};
use crate::domain::aggregate::{Command, Key};
use crate::domain::ids::{Name, RequestId};
use crate::domain::number::WorkOrderNumber;
use crate::domain::rejection::Rejection;
use crate::domain::transition::transition;
use crate::domain::work_order::command::Command as OrderCommand;
use crate::protocol::varlink::ErrorReply;
use crate::protocol::{directory, work_orders as orders};
use crate::runtime::Runtime;
use crate::runtime::naming::Naming;

/// Whether the put of an entry would be accepted.
pub async fn put(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: directory::JudgePut = visit.parameters()?;
    let named = [
        p.staff_user.map(entries::staff_user),
        p.department.map(entries::department),
        p.user_group.map(entries::user_group),
        p.service_provider.map(entries::service_provider),
        p.service_group.map(entries::service_group),
        p.account.map(entries::account),
        p.contact.map(entries::contact),
        p.product.map(entries::product),
        p.terminal.map(entries::terminal),
    ];
    let mut named = named.into_iter().flatten();
    let (Some(entry), None) = (named.next(), named.next()) else {
        return Err(field(
            "entry",
            "name exactly one of staffUser, department, userGroup, serviceProvider, serviceGroup, account, contact, product, terminal",
        ));
    };
    let (key, command) = entry?;
    let entity = visit.desk.runtime.read(&key).await.map_err(refuse::refusal)?;
    let change = match visit.judge(|cx| transition(&key, entity.state.as_deref(), &command, cx)) {
        Ok(_) => true,
        Err(Rejection::NothingToChange) => false,
        Err(rejection) => return Err(refuse::rejection(&rejection)),
    };
    Ok(Outcome::reply(&directory::PutJudged { change }))
}

/// Whether a creation would be accepted.
pub async fn create(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: orders::JudgeCreate = visit.parameters()?;
    let runtime = &visit.desk.runtime;
    let asked = p.request_id.as_deref().unwrap_or("judged");
    let request = RequestId::new(asked).map_err(|problem| field("requestId", problem))?;
    let id = Runtime::work_order_id(&visit.principal, &request);
    let record_type = slug("recordType", &p.record_type, Name::new)?;
    // What a creation meets first, when it asks for its number.
    visit.judge(|cx| cx.catalogue.published_type(&record_type).map(drop)).map_err(|rejection| refuse::rejection(&rejection))?;
    let create = orders::Create {
        request_id: String::new(),
        record_type: p.record_type,
        subject: p.subject,
        description: p.description,
        reference: p.reference,
        account: p.account,
        contact: p.contact,
        priority: p.priority,
        channel: p.channel,
        entry_point: p.entry_point,
        submitter: p.submitter,
        fields: p.fields,
    };
    // No number is used up by a question.
    let mut naming = Naming::new(runtime.attachments());
    let create = work_orders::creation(create, id, WorkOrderNumber("judged".into()), &mut naming)?;
    let key = Key::WorkOrder(id);
    let command = Command::WorkOrder(OrderCommand::Create(Box::new(create)));
    let judged = visit.judge(|cx| transition(&key, None, &command, cx));
    // Who may not create is not told what they created when they might.
    if p.request_id.is_some() && !matches!(judged, Err(Rejection::NotPermitted { .. })) {
        let entity = runtime.read(&key).await.map_err(refuse::refusal)?;
        if let Some(order) = entity.state.as_ref().and_then(|state| state.work_order()) {
            return Ok(Outcome::reply(&orders::CreateJudged { number: Some(order.number.to_string()) }));
        }
    }
    judged.map_err(|rejection| refuse::rejection(&rejection))?;
    Ok(Outcome::reply(&orders::CreateJudged { number: None }))
}
