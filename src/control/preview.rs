//! `PreviewMessage`: a message as a Work Order's recipient would get it (EVA-6).

use super::definitions::{catalogue, judged};
use super::desk::Visit;
use super::refuse::{self, slug};
use super::service::Outcome;
use super::work_orders::read;
use crate::domain::context::Context;
use crate::domain::definition::{Definitions, MessageTemplate, Right, VersionedName};
use crate::domain::ids::{MailNo, Name};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::mail::{Mail, MailStatus, MessageChannel};
use crate::domain::work_order::state::Party;
use crate::protocol::definitions as shape;
use crate::protocol::varlink::{ErrorReply, INTERNAL};
use crate::runtime::render;

/// Stands where the token of a link does; it opens nothing, and is as long, so that short messages take as many segments as they will.
const NO_TOKEN: &str = "EXAMPLE-opens-nothing-but-is-as-long-as-a-link";

/// Answers the call.
pub async fn message(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ChangeDefinitions)?;
    let p: shape::PreviewMessage = visit.parameters()?;
    let name = slug("message", &p.message, Name::new)?;
    let (_, there) = catalogue(visit).await?;
    let new = p.files.as_deref().map(|files| judged(visit, files, &there)).transpose()?;
    let found = |definitions: &Definitions| definitions.messages.iter().find(|message| message.name == name).cloned();
    let template = new.as_ref().and_then(found).or_else(|| {
        let pin = there.message(&name)?;
        there.pinned_message(&pin).cloned()
    });
    let template = template.ok_or_else(|| refuse::rejection(&Rejection::NotFound { what: "message", id: p.message.clone() }))?;
    let entity = read(visit, &p.number).await?;
    let Some(order) = entity.state.as_ref().and_then(|state| state.work_order()) else {
        return Err(ErrorReply::new(INTERNAL));
    };
    let url = format!("{}{NO_TOKEN}", visit.desk.base_url.borrow());
    let told = visit.judge(|cx| {
        let mail = mail(order, &template, p.language.as_deref(), cx);
        let filled = render::filled(order, &mail, &template, &url, cx.catalogue, cx.directory)?;
        let short = render::short(order, &mail, &template, &url, (cx.catalogue, cx.directory))?;
        let chat = render::chat(order, &mail, &template, &url, (cx.catalogue, cx.directory));
        let pairs = |pairs: Vec<(String, String)>| pairs.into_iter().map(|(name, value)| shape::Put { name, value }).collect();
        let (sms_template, sms_parameters) =
            short.template.map_or((None, Vec::new()), |(code, parameters)| (Some(code), pairs(parameters)));
        Some(shape::MessagePreviewed {
            to: mail.to.0.map(Into::into),
            name: mail.name.0.map(Into::into),
            language: filled.language.into(),
            subject: filled.subject,
            text: filled.text,
            html: filled.html,
            sms_segments: visit.desk.runtime.segments(&short.text).into(),
            sms: short.text,
            sms_template,
            sms_parameters,
            wechat_template: chat.as_ref().map(|chat| chat.template.clone()),
            wechat_data: chat.map(|chat| pairs(chat.data)).unwrap_or_default(),
        })
    });
    told.map(|told| Outcome::reply(&told)).ok_or_else(|| ErrorReply::new(INTERNAL))
}

/// The mail that its contact, or else its submitter, would get.
fn mail(order: &WorkOrder, template: &MessageTemplate, language: Option<&str>, cx: &Context<'_>) -> Mail {
    let recipient = order.contact.clone().map_or_else(|| order.submitter.clone(), Party::Contact);
    let known = match &recipient {
        Party::Contact(id) => cx.directory.contact(id).map(|c| (c.email.clone(), c.name.clone(), c.language.clone())),
        Party::Staff(id) => cx.directory.staff_user(id).map(|u| (u.email.clone(), u.name.clone(), u.language.clone())),
        Party::Guest(guest) => Some((guest.email().cloned(), guest.name().clone(), guest.language().into())),
    };
    let (to, name, own) = known.unwrap_or_else(|| (None, PersonalText(None), "en".into()));
    Mail {
        no: MailNo(0),
        channel: MessageChannel::Email,
        template: VersionedName { name: template.name.clone(), version: 0 },
        party: Some(recipient),
        to: to.unwrap_or(PersonalText(None)),
        name,
        language: language.map_or(own, Into::into),
        invitation: None,
        reason: None,
        by: None,
        node: order.visit().map_or_else(|| order.record_type.clone(), |visit| visit.name.clone()),
        queued_at: cx.now,
        ends_at: cx.now,
        attempts: 0,
        status: MailStatus::Pending,
        notice: None,
    }
}
