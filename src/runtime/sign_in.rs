//! Mails with a link to sign in: the mailer's way for what waits in a contact's entry, and the words. Rendering again gives the same.

use super::handle::Runtime;
use super::links::Token;
use super::mailer::{Attempt, Post, count, deliver, record};
use super::render::Letterhead;
use super::timers;
use crate::domain::aggregate::{Command, Key, State};
use crate::domain::definition::{Catalogue, message};
use crate::domain::directory::sign_in::{SignInCommand, SignInLink};
use crate::domain::directory::{Contact, DirectoryCommand};
use crate::domain::ids::{SignInNo, TerminalUserId};
use crate::engine::cell::Refusal;
use crate::engine::schedule::{Of, Timer};
use crate::mail::{self, Message};

/// Tries the mail of a link, if it is still wanted, and records what came of it.
pub(super) async fn send(runtime: &Runtime, post: &Post, timer: Timer, no: SignInNo) {
    let Of::TerminalUser(id) = timer.of() else { return };
    let known = runtime.views().reference().terminal_user(id).cloned();
    let Some(contact) = known else { return runtime.views().schedule().settled(timer, true) };
    let key = Key::Contact(contact.clone());
    let entity = match runtime.read(&key).await {
        Ok(entity) => entity,
        Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => return timers::later(runtime, timer),
        Err(refusal) => {
            tracing::error!(%key, %refusal, "the contact of a mail cannot be read");
            return runtime.views().schedule().failed(timer);
        }
    };
    let Some(link) = entity.state.as_deref().and_then(as_contact).and_then(|contact| wanted(contact, no)) else {
        return runtime.views().schedule().settled(timer, true);
    };
    let of = Attempt { intent: intent(&runtime.shared.installation, id, no), attempts: link.mail.attempts, ends_at: link.ends_at };
    let message = {
        let reference = runtime.views().reference();
        let url = format!("{}{}", post.letterhead.base_url, runtime.token(Token::SignIn(id, no)));
        render(link, &url, &reference.catalogue, &post.letterhead, of.intent)
    };
    let outcome = deliver(runtime, post, &of, message).await;
    count(runtime, &outcome);
    let command = SignInCommand::RecordMail { no, attempt: of.attempts + 1, outcome };
    record(runtime, timer, key, Command::Directory(DirectoryCommand::SignIn { contact, command })).await;
}

fn as_contact(state: &State) -> Option<&Contact> {
    match state {
        State::Contact(contact) => Some(contact),
        _ => None,
    }
}

/// The link, if its mail is still to go out.
fn wanted(contact: &Contact, no: SignInNo) -> Option<&SignInLink> {
    contact.sign_ins.as_ref()?.link(no).filter(|link| !link.mail.status.is_settled())
}

/// The name of the intent, for ever: Message-ID, Date and boundary derive from it.
fn intent(installation: &[u8; 16], id: TerminalUserId, no: SignInNo) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new_derive_key("workorderd mail 1 sign-in intent");
    hasher.update(installation).update(&id.0.to_be_bytes()).update(&no.0.to_be_bytes());
    let mut out = [0; 16];
    out.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    out
}

/// Renders the mail of a link.
///
/// # Errors
/// In words: what of it cannot be rendered. Such a mail can never be sent.
pub fn render(link: &SignInLink, url: &str, catalogue: &Catalogue, letterhead: &Letterhead, intent: [u8; 16]) -> Result<Message, String> {
    let mail = &link.mail;
    let address = mail.to.0.as_deref().ok_or("the address was erased")?;
    let to = mail::clean(mail.name.0.as_deref().unwrap_or(""), address).map_err(|error| error.to_string())?;
    let minutes = link.ends_at.since(link.made_at).0 / 60_000;
    let wording =
        mail.template.as_ref().and_then(|pin| catalogue.pinned_message(pin)).and_then(|template| template.wording(&mail.language));
    let (subject, text, html) = match wording {
        Some(wording) => {
            let value = |name: &str| match name {
                "URL" => Some(url.to_owned()),
                "RecipientName" => Some(mail.name.shown().to_owned()),
                // What a Work Order has, and a link to sign in has not.
                _ => Some(String::new()),
            };
            let escaped = |name: &str| value(name).map(|text| super::render::escape(&text));
            let html = wording.html.as_ref().map(|html| message::fill(html, escaped));
            (message::fill(&wording.subject, value), message::fill(&wording.text, value), html)
        }
        None => {
            let (subject, text) = words(&mail.language, mail.name.shown(), url, minutes);
            (subject, text, None)
        }
    };
    Ok(Message {
        intent,
        date_ms: link.made_at.0,
        from: letterhead.from.clone(),
        reply_to: None,
        to,
        subject: subject.replace(['\r', '\n'], " "),
        text,
        html,
    })
}

/// The words of the program, for whoever has no message template for it.
fn words(language: &str, name: &str, url: &str, minutes: u64) -> (String, String) {
    match language.split(['-', '_']).next() {
        Some("zh") => (
            "您的登录链接".to_owned(),
            format!(
                "{name}，您好：\n\n请点击以下链接登录：\n\n{url}\n\n链接 {minutes} 分钟内有效，只能使用一次。如非本人操作，请忽略此邮件。\n"
            ),
        ),
        _ => (
            "Your link to sign in".to_owned(),
            format!(
                "Hello {name},\n\nthis link signs you in:\n\n{url}\n\nIt is good for {minutes} minutes, and once. If you did not ask for it, \
                 there is nothing you need do.\n"
            ),
        ),
    }
}
