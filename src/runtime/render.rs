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
    let url = url(order, mail, &letterhead.base_url, secret);
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
    let value = value(order, mail, url, catalogue, directory);
    Some(Filled {
        language: wording.language.clone(),
        subject: message::fill(&wording.subject, &value).replace(['\r', '\n'], " "),
        text: message::fill(&wording.text, &value),
        html: wording.html.as_ref().map(|html| message::fill(html, |name| value(name).map(|v| escape(&v)))),
    })
}

/// The words of a short message: those for it, or the text.
pub struct Short {
    pub text: String,
    /// Code of the gateway's template, and what is put into it.
    pub template: Option<(String, Vec<(String, String)>)>,
}

/// Fills a short message in; none: the message has no wording.
pub fn short(
    order: &WorkOrder,
    mail: &Mail,
    template: &MessageTemplate,
    url: &str,
    (catalogue, directory): (&Catalogue, &Directory),
) -> Option<Short> {
    let wording = template.wording(&mail.language)?;
    let value = value(order, mail, url, catalogue, directory);
    let words = wording.sms.as_ref();
    let template = words.and_then(|words| Some((words.template.as_ref()?.to_string(), pairs(&words.parameters, &value))));
    let text = words.and_then(|words| words.text.as_deref()).unwrap_or(&wording.text);
    Some(Short { text: message::fill(text, &value), template })
}

/// The words of a WeChat message.
pub struct Chat {
    pub template: String,
    pub data: Vec<(String, String)>,
    /// Of the mini program: its template, and the page that opens.
    pub mini_program: Option<(String, String)>,
}

/// Fills a WeChat message in; none: the message has no words for WeChat.
pub fn chat(
    order: &WorkOrder,
    mail: &Mail,
    template: &MessageTemplate,
    url: &str,
    (catalogue, directory): (&Catalogue, &Directory),
) -> Option<Chat> {
    let words = template.wording(&mail.language)?.wechat.as_ref()?;
    let value = value(order, mail, url, catalogue, directory);
    // The page is an address itself: what is put into it must not break out of its place.
    let encoded = |name: &str| value(name).map(|text| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>());
    Some(Chat {
        template: words.template.to_string(),
        data: pairs(&words.data, &value),
        mini_program: words.mini_program.as_ref().map(|mini| (mini.template.to_string(), message::fill(&mini.page, encoded))),
    })
}

fn pairs(pairs: &[message::Pair], value: impl Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    pairs.iter().map(|(name, words)| (name.to_string(), message::fill(words, &value).replace(['\r', '\n'], " "))).collect()
}

/// The link of a mail; nothing where it has none.
pub fn url(order: &WorkOrder, mail: &Mail, base_url: &str, secret: &[u8; 32]) -> String {
    mail.invitation.map(|no| format!("{base_url}{}", Token::Invitation(order.id, no).write(secret))).unwrap_or_default()
}

/// What stands for a variable.
fn value<'a>(
    order: &'a WorkOrder,
    mail: &'a Mail,
    url: &'a str,
    catalogue: &'a Catalogue,
    directory: &'a Directory,
) -> impl Fn(&str) -> Option<String> + 'a {
    move |name: &str| {
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
    }
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
