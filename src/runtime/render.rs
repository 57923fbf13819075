//! Words for a mail intent: the pinned wording filled in with facts of the Work Order. Rendering again gives the same.

use super::links::Token;
use crate::domain::definition::{Catalogue, MessageTemplate, message};
use crate::domain::directory::Directory;
use crate::domain::form::shown;
use crate::domain::ids::{MailNo, Name, WorkOrderId};
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::fields;
use crate::domain::work_order::mail::Mail;
use crate::mail::{self, Address};

/// Who mails come from, and where links lead.
#[derive(Debug, Clone)]
pub struct Letterhead {
    pub from: Address,
    /// The token is put behind it.
    pub base_url: String,
}

/// The name of an intent, for ever: Message-ID, Date and boundary derive from it.
pub fn intent(installation: &[u8; 16], order: WorkOrderId, mail: MailNo) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key("workorderd mail 1 intent");
    hasher.update(installation).update(&order.0.to_be_bytes()).update(&mail.0.to_be_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    out
}

/// Renders an intent.
///
/// # Errors
/// In words: what of it cannot be rendered. Such a mail can never be sent.
pub fn render(
    order: &WorkOrder,
    mail: &Mail,
    catalogue: &Catalogue,
    directory: &Directory,
    letterhead: &Letterhead,
    keys: (&[u8; 16], &[u8; 32]),
) -> Result<mail::Message, String> {
    let (installation, secret) = keys;
    let template = catalogue.pinned_message(&mail.template).ok_or_else(|| format!("there is no message {}", mail.template.name))?;
    let address = mail.to.0.as_deref().ok_or("the address was erased")?;
    let to = mail::clean(mail.name.0.as_deref().unwrap_or(""), address).map_err(|e| e.to_string())?;
    let link = |no| format!("{}{}", letterhead.base_url, Token::Invitation(order.id, no).write(secret));
    let url = mail.invitation.map(link).unwrap_or_default();
    let filled = filled(order, mail, template, &url, catalogue, directory)
        .ok_or_else(|| format!("message {} has no wording", mail.template.name))?;
    Ok(mail::Message {
        intent: intent(installation, order.id, if mutant!("message-id-by-try") { MailNo(mail.attempts) } else { mail.no }),
        date_ms: mail.queued_at.0,
        from: letterhead.from.clone(),
        reply_to: None,
        to,
        subject: filled.subject,
        text: filled.text,
        html: filled.html,
    })
}

/// A message's wording with the facts filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// Of the wording.
    pub language: Box<str>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
}

/// Fills a message in, in the language of the mail, with `url` where the link is to stand; none: it has no wording.
pub fn filled(
    order: &WorkOrder,
    mail: &Mail,
    template: &MessageTemplate,
    url: &str,
    catalogue: &Catalogue,
    directory: &Directory,
) -> Option<Filled> {
    let wording = template.wording(&mail.language)?;
    let value = |name: &str| {
        Some(match name {
            "WorkOrderNumber" => order.number.to_string(),
            "Subject" => order.subject.shown().to_owned(),
            "URL" => url.to_owned(),
            "RecipientName" => mail.name.shown().to_owned(),
            "RecordType" => catalogue
                .record_type(&order.record_type)
                .map_or_else(|| order.record_type.to_string(), |t| t.title.text(&mail.language).to_owned()),
            "Engineer" => {
                let engineer = order.engineer.as_ref();
                engineer
                    .map(|id| directory.staff_user(id).map_or_else(|| id.to_string(), |u| u.name.shown().to_owned()))
                    .unwrap_or_default()
            }
            "Reason" => mail.reason.as_ref().map(|r| r.shown().to_owned()).unwrap_or_default(),
            "Node" => mail.node.to_string(),
            // Any field of a form (EVA-6); one that is not filled in is nothing.
            field => {
                let field = Name::new(field).ok()?;
                let spec = fields::definition(order, &field, catalogue);
                order.fields.get(&field).map(|value| shown::value(value, spec, &mail.language, directory)).unwrap_or_default()
            }
        })
    };
    Some(Filled {
        language: wording.language.clone(),
        subject: message::fill(&wording.subject, value).replace(['\r', '\n'], " "),
        text: message::fill(&wording.text, value),
        html: wording.html.as_ref().map(|html| message::fill(html, |name| value(name).map(|v| escape(&v)))),
    })
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
