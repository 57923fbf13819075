//! Over which channel a recipient of an invitation can be reached, and where; and ordered fall-back over channels (EVA-4, EVA-5).
//!
//! A channel that cannot reach somebody is a mail that failed, with why, so that the Work Order tells it. Whether one that was tried did
//! is judged by its outcome (reading 4): `fall_back` is called for each that failed for good.

use super::draft::{Draft, Reachable};
use super::mail::MessageChannel;
use super::state::Party;
use crate::domain::definition::message::MessageTemplate;
use crate::domain::definition::{Recipient, VersionedName};
use crate::domain::directory::Directory;
use crate::domain::directory::entry::Through;
use crate::domain::form::value::Reference;
use crate::domain::form::{Cell, Value};
use crate::domain::ids::{InvitationNo, MailNo};
use crate::domain::process::NodeState;
use crate::domain::text::{self, PersonalText};
use crate::domain::time::Span;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::mail::MINI_PROGRAM;
use serde::{Deserialize, Serialize};

/// What was worked out of a rule when its node was entered, as far as it is still needed: over which channels, one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    pub message: VersionedName,
    pub channels: Vec<MessageChannel>,
    pub fall_back_after: Span,
}

/// How the messages of an invitation go out.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    pub message: &'a VersionedName,
    pub channels: &'a [MessageChannel],
    /// One after the other, each for so long; none: all at once.
    pub fall_back_after: Option<Span>,
}

/// Sends an invitation to its recipient.
pub fn send(draft: &mut Draft<'_>, invitation: InvitationNo, recipient: &Recipient, way: Way<'_>) {
    let Some(template) = draft.cx.catalogue.pinned_message(way.message) else { return };
    for (index, channel) in way.channels.iter().enumerate() {
        let found = find(&draft.order, recipient, *channel, draft.cx.directory)
            .and_then(|found| speaks(template, &found, *channel).map(|()| found));
        match found {
            Ok(found) => {
                let is_last = index + 1 == way.channels.len();
                let within = way.fall_back_after.filter(|_| !is_last);
                draft.mail_over(*channel, way.message.clone(), found, invitation, within);
                if way.fall_back_after.is_some() {
                    return;
                }
            }
            Err(why) => draft.mail_impossible_over(*channel, way.message.clone(), Some(invitation), &why),
        }
    }
}

/// A mail has failed for good: with ordered fall-back the next channel is tried, where nothing of the invitation has arrived or is on its way.
pub fn fall_back(draft: &mut Draft<'_>, failed: MailNo) {
    let order = &draft.order;
    let Some((channel, no)) = order.mails.iter().find(|mail| mail.no == failed).and_then(|mail| Some((mail.channel, mail.invitation?)))
    else {
        return;
    };
    let Some(NodeState::Evaluate(state)) = order.visit().map(|visit| &visit.state) else { return };
    let Some(ladder) = state.ladder.clone() else { return };
    let Some(invitation) = order.invitation(no).filter(|invitation| order.visit().is_some_and(|visit| visit.no == invitation.visit)) else {
        return;
    };
    let others = || order.mails.iter().filter(|mail| mail.invitation == Some(no) && mail.no != failed);
    let is_needless = others().any(|mail| mail.status.has_arrived() || !mail.status.is_settled());
    // What is void stands still; it goes on when it is restored.
    let is_void = !order.life.is_normal();
    if is_needless || is_void || invitation.used > 0 || draft.cx.now >= invitation.expires_at || mutant!("no-fall-back") {
        return;
    }
    let Some(recipient) = invitation.to.clone() else { return };
    let below = ladder.channels.iter().position(|one| *one == channel).map_or(ladder.channels.len(), |at| at + 1);
    let way = Way { message: &ladder.message, channels: &ladder.channels[below..], fall_back_after: Some(ladder.fall_back_after) };
    send(draft, no, &recipient, way);
}

/// A Work Order is restored: of each invitation whose last channel failed while it was void, the next one is tried.
pub fn resume(draft: &mut Draft<'_>) {
    let Some(visit) = draft.order.visit().map(|visit| visit.no) else { return };
    let of_visit: Vec<InvitationNo> = draft.order.invitations.iter().filter(|i| i.visit == visit).map(|i| i.no).collect();
    for no in of_visit {
        let last = draft.order.mails.iter().rfind(|mail| mail.invitation == Some(no)).filter(|mail| mail.status.has_failed());
        if let Some(failed) = last.map(|mail| mail.no) {
            fall_back(draft, failed);
        }
    }
}

/// Where somebody is reached over a channel; else why not.
fn find(order: &WorkOrder, recipient: &Recipient, channel: MessageChannel, directory: &Directory) -> Result<Reachable, String> {
    match recipient {
        Recipient::Submitter => of_party(&order.submitter, channel, directory),
        Recipient::Contact => match &order.contact {
            Some(contact) => of_party(&Party::Contact(contact.clone()), channel, directory),
            None => Err("the Work Order has no contact".to_owned()),
        },
        Recipient::Address(address) => written(address, channel, None),
        Recipient::Number(number) => written(number, channel, None),
        Recipient::Field(field) => match order.fields.get(field) {
            None => Err(format!("the field {field} is empty")),
            Some(Value::One(Cell::Text(text))) => match &text.0 {
                Some(text) => written(text, channel, order.contact.as_ref().and_then(|id| directory.contact(id)).map(|c| &*c.language)),
                None => Err(format!("the field {field} was erased")),
            },
            Some(Value::One(Cell::Reference(Reference::Contact(id)))) => of_party(&Party::Contact(id.clone()), channel, directory),
            Some(Value::One(Cell::Reference(Reference::StaffUser(id)))) => of_party(&Party::Staff(id.clone()), channel, directory),
            Some(Value::One(_) | Value::Table(_)) => Err(format!("the field {field} names nobody who can be reached")),
        },
    }
}

/// An address or a number that stands somewhere as such.
fn written(text: &str, channel: MessageChannel, language: Option<&str>) -> Result<Reachable, String> {
    let is_address = text.contains('@');
    let to = match channel {
        MessageChannel::Email if is_address => text::email("to", text).map_err(|refusal| refusal.to_string())?,
        MessageChannel::Sms if !is_address => text.into(),
        MessageChannel::Email => return Err("a phone number gets no e-mail".to_owned()),
        MessageChannel::Sms => return Err("an e-mail address gets no short message".to_owned()),
        MessageChannel::WeChat => return Err("only a contact of the directory is reached over WeChat".to_owned()),
    };
    let to = PersonalText(Some(to));
    Ok(Reachable { party: None, name: to.clone(), to, language: language.unwrap_or("en").into() })
}

/// A person of the directory, or a guest.
pub fn of_party(party: &Party, channel: MessageChannel, directory: &Directory) -> Result<Reachable, String> {
    let unknown = || format!("{party} is not in the directory");
    let (to, name, language) = match party {
        Party::Staff(id) => {
            let user = directory.staff_user(id).ok_or_else(unknown)?;
            let to = match channel {
                MessageChannel::Email => user.email.clone(),
                MessageChannel::Sms | MessageChannel::WeChat => None,
            };
            (to, user.name.clone(), user.language.clone())
        }
        Party::Contact(id) => {
            let contact = directory.contact(id).ok_or_else(unknown)?;
            let to = match channel {
                MessageChannel::Email => contact.email.clone(),
                MessageChannel::Sms => contact.mobile.clone(),
                MessageChannel::WeChat => contact.wechat.as_ref().map(|wechat| match (wechat.through, &wechat.open_id.0) {
                    (Through::MiniProgram, Some(id)) => PersonalText::new(&format!("{MINI_PROGRAM}{id}")),
                    (Through::Account | Through::MiniProgram, _) => wechat.open_id.clone(),
                }),
            };
            (to, contact.name.clone(), contact.language.clone())
        }
        Party::Guest(guest) => {
            let to = match channel {
                MessageChannel::Email => guest.email().cloned(),
                MessageChannel::Sms => guest.phone().cloned(),
                MessageChannel::WeChat => None,
            };
            (to, guest.name().clone(), guest.language().into())
        }
    };
    let Some(to) = to else {
        let what = match channel {
            MessageChannel::Email => "e-mail address",
            MessageChannel::Sms => "mobile number",
            MessageChannel::WeChat => "WeChat open id",
        };
        return Err(format!("{party} has no {what}"));
    };
    // A guest is known to nobody but this Work Order.
    let party = Some(party).filter(|party| !matches!(party, Party::Guest(_))).cloned();
    Ok(Reachable { party, to, name, language })
}

/// Whether the message has words for a channel in the recipient's language.
fn speaks(template: &MessageTemplate, to: &Reachable, channel: MessageChannel) -> Result<(), String> {
    let wechat = template.wording(&to.language).and_then(|wording| wording.wechat.as_ref());
    let mini = to.to.0.as_deref().is_some_and(|to| to.starts_with(MINI_PROGRAM));
    match (channel, wechat) {
        (MessageChannel::Email | MessageChannel::Sms, _) => Ok(()),
        (MessageChannel::WeChat, None) => Err(format!("the message {} has no words for WeChat", template.name)),
        (MessageChannel::WeChat, Some(words)) if mini && words.mini_program.is_none() => {
            Err(format!("the message {} has no template of the mini program", template.name))
        }
        (MessageChannel::WeChat, Some(_)) => Ok(()),
    }
}
