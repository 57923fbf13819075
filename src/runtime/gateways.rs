//! Messages over gateways: what an attempt is made of, and what became of it. When one is made, and that it is made once, is the domain's
//! (`work_order::mail`); how a provider is spoken to is `gateway`'s.
//!
//! That an attempt begins is durable before anything is sent, with the segments of the quota that it takes: so the quota is exact, and
//! what is not known to have failed is not sent again.

use super::dialer::Center;
use super::handle::Runtime;
use super::links::Token;
use super::mailer::{Post, backoff_until};
use super::render::{self, Chat, Short};
use super::timers;
use crate::domain::aggregate::{Command, Key};
use crate::domain::definition::MessageTemplate;
use crate::domain::ids::{MailNo, WorkOrderId};
use crate::domain::rejection::Rejection;
use crate::domain::text::{self, PersonalText};
use crate::domain::time::Timestamp;
use crate::domain::work_order::mail::{ASK_AFTER, MINI_PROGRAM, Mail, MailOutcome, MailStatus, MessageChannel};
use crate::domain::work_order::{self, WorkOrder};
use crate::engine::cell::Refusal;
use crate::engine::schedule::Timer;
use crate::gateway::{
    ALIYUN_RECEIVED, Answer, Callback, Gateway, PushProblem, Receipt, Report, Sms, SmsTemplate, Stamp, WECHAT_RECEIVED, WeChat,
    WeChatMessage, WeChatPush, aliyun_reports, segments, ucs2_segments,
};
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked again whether the mail of a receipt is recorded as taken, and how long in between.
const RECEIPT_TRIES: usize = 30;
const RECEIPT_PAUSE: Duration = Duration::from_millis(100);

/// The gateways there are.
#[derive(Clone, Default)]
pub struct Gateways {
    pub sms: Option<Arc<SmsGateway>>,
    pub wechat: Option<Arc<WeChat>>,
    pub mini_program: Option<Arc<WeChat>>,
    /// For what WeChat brings; without it there are no receipts, and what it takes counts as sent.
    pub wechat_push: Option<Arc<WeChatPush>>,
    /// Without one, calls fail.
    pub call_center: Option<Arc<Center>>,
    /// Where providers bring receipts; ends in `/`.
    pub receipt_url: Option<String>,
}

/// The gateway of short messages.
pub struct SmsGateway {
    pub gateway: Gateway,
    /// Before numbers without a country.
    pub country: Option<String>,
    /// Before the text in carriers' counting, where the provider puts it there.
    pub signature: Option<String>,
    pub receipts: Receipts,
}

/// How it becomes known whether a message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipts {
    Asked,
    Pushed,
    /// Not at all: taken counts as sent.
    None,
}

/// What is handed over.
enum Parcel {
    Sms(Arc<SmsGateway>, Sms),
    WeChat(Arc<WeChat>, WeChatMessage),
}

/// One attempt: it is written down that it begins, then it is made. None: it is not to be made now, which the schedule knows then.
pub async fn hand_over(runtime: &Runtime, post: &Post, timer: Timer, order: &WorkOrder, mail: &Mail) -> Option<MailOutcome> {
    let failed = |why: String| Some(MailOutcome::Failed { why: PersonalText(Some(why.into())) });
    let (parcel, segments) = match parcel(runtime, post, order, mail) {
        Ok(found) => found,
        Err(why) => return failed(why),
    };
    let Some(stamp) = stamp(runtime) else {
        timers::later(runtime, timer);
        return None;
    };
    let command = Command::WorkOrder(work_order::Command::BeginMail { mail: mail.no, attempt: mail.attempts + 1, segments });
    match runtime.submit_as_system(&Key::WorkOrder(order.id), command).await {
        Ok(_) => {}
        Err(Refusal::Rejected(Rejection::TimerStale)) => {
            runtime.views().schedule().settled(timer, true);
            return None;
        }
        // The quota is used up, or its Work Order does not want it: the next channel may be tried.
        Err(Refusal::Rejected(rejection)) => return failed(rejection.to_string()),
        Err(Refusal::Busy | Refusal::DiskNearlyFull { .. }) => {
            timers::later(runtime, timer);
            return None;
        }
        Err(refusal @ Refusal::Internal(_)) => {
            tracing::error!(of = %timer.of, mail = mail.no.0, %refusal, "it could not be recorded that a message begins");
            runtime.views().schedule().failed(timer);
            return None;
        }
    }
    let receipts = receipts(post, mail);
    let answer = match &parcel {
        Parcel::Sms(sms, message) => sms.gateway.send(message, stamp).await,
        Parcel::WeChat(wechat, message) => wechat.send(message, stamp).await,
    };
    let now = runtime.now();
    Some(match answer {
        Answer::Accepted { .. } if receipts == Receipts::None => MailOutcome::Sent,
        Answer::Accepted { reference } => {
            MailOutcome::Accepted { reference: PersonalText(Some(reference.into())), ask_at: ask_at(receipts, mail, now) }
        }
        Answer::Failed { why } => MailOutcome::Failed { why: PersonalText(Some(why.into())) },
        Answer::Deferred { why } => {
            MailOutcome::Deferred { until: backoff_until(runtime, order, mail), why: PersonalText(Some(why.into())) }
        }
        Answer::Unknown { why } => {
            let why = format!("it may have gone out, and is not sent again: {why}");
            MailOutcome::Unknown { why: PersonalText(Some(why.into())), ask_at: ask_at(receipts, mail, now) }
        }
    })
}

/// Asks what became of a message; without a reference, whether the gateway has it at all.
pub async fn ask(
    runtime: &Runtime,
    post: &Post,
    order: &WorkOrder,
    mail: &Mail,
    (reference, sent_at): (Option<&PersonalText>, Timestamp),
) -> MailOutcome {
    let wait = |until: Timestamp| MailOutcome::Waiting { ask_at: until };
    let Some(sms) = post.gateways.sms.as_ref().filter(|sms| mail.channel == MessageChannel::Sms && sms.receipts != Receipts::None) else {
        // Receipts are brought, or nobody is left who could be asked.
        return wait(mail.ends_at);
    };
    let later = backoff_until(runtime, order, mail);
    let Some((to, stamp)) = number(sms, mail).ok().zip(stamp(runtime)) else { return wait(later) };
    let reference = reference.and_then(|reference| reference.0.as_deref()).filter(|reference| !reference.is_empty());
    let told = match reference {
        Some(reference) => sms.gateway.ask(reference, &to, sent_at.0, stamp).await,
        None => {
            let token = runtime.token(Token::Receipt(order.id, mail.no));
            sms.gateway.find(&token, &to, sent_at.0, stamp).await.map(|found| found.unwrap_or(Receipt::NotYet))
        }
    };
    match told {
        Ok(receipt) => outcome(receipt).unwrap_or_else(|| wait(later)),
        Err(why) => {
            tracing::warn!(order = %order.number, mail = mail.no.0, why, "it could not be asked what became of a short message");
            wait(later)
        }
    }
}

/// What a receipt says; none: nothing yet.
pub fn outcome(receipt: Receipt) -> Option<MailOutcome> {
    match receipt {
        Receipt::Delivered => Some(MailOutcome::Delivered),
        Receipt::Failed { why } => Some(MailOutcome::Failed { why: PersonalText(Some(format!("not delivered: {why}").into())) }),
        Receipt::NotYet => None,
    }
}

fn receipts(post: &Post, mail: &Mail) -> Receipts {
    match mail.channel {
        MessageChannel::Sms => post.gateways.sms.as_ref().map_or(Receipts::None, |sms| sms.receipts),
        // The mini program tells of no receipts.
        MessageChannel::WeChat if is_of_mini_program(mail) => Receipts::None,
        MessageChannel::WeChat if post.gateways.wechat_push.is_some() => Receipts::Pushed,
        MessageChannel::WeChat | MessageChannel::Email => Receipts::None,
    }
}

fn ask_at(receipts: Receipts, mail: &Mail, now: Timestamp) -> Timestamp {
    match receipts {
        Receipts::Asked => now.plus(ASK_AFTER),
        Receipts::Pushed | Receipts::None => mail.ends_at,
    }
}

fn is_of_mini_program(mail: &Mail) -> bool {
    mail.to.0.as_deref().is_some_and(|to| to.starts_with(MINI_PROGRAM))
}

/// What a mail is handed over as, and how many segments of the quota that takes; else why it cannot be, for good.
fn parcel(runtime: &Runtime, post: &Post, order: &WorkOrder, mail: &Mail) -> Result<(Parcel, u32), String> {
    let reference = runtime.views().reference();
    let (catalogue, directory) = (&reference.catalogue, &reference.directory);
    let message = catalogue.pinned_message(&mail.template).ok_or_else(|| format!("there is no message {}", mail.template.name))?;
    let url = render::url(order, mail, &post.letterhead.base_url, &runtime.shared.secret);
    match mail.channel {
        MessageChannel::Email => Err("an e-mail goes through no gateway".to_owned()),
        MessageChannel::Sms => {
            let sms = post.gateways.sms.as_ref().ok_or("no provider of short messages is configured")?;
            let short = render::short(order, mail, message, &url, (catalogue, directory)).ok_or_else(|| no_words(message))?;
            let to = number(sms, mail)?;
            let segments = counted(sms, &short.text);
            let Short { text, template } = short;
            let token = runtime.token(Token::Receipt(order.id, mail.no));
            let pushed = post.gateways.receipt_url.as_ref().filter(|_| sms.receipts == Receipts::Pushed);
            let callback = pushed.map(|base| format!("{base}sms/{token}")).unwrap_or_default();
            let template = template.map(|(code, parameters)| SmsTemplate { code, parameters });
            let sms_message = Sms { to, text, template, receipt: Some(Callback { url: callback, token }) };
            Ok((Parcel::Sms(Arc::clone(sms), sms_message), segments))
        }
        MessageChannel::WeChat => {
            let mini = is_of_mini_program(mail);
            let chat = render::chat(order, mail, message, &url, (catalogue, directory)).ok_or_else(|| no_words(message))?;
            let to = mail.to.0.as_deref().ok_or("the open id was erased")?;
            let gateway = if mini { &post.gateways.mini_program } else { &post.gateways.wechat };
            let gateway = gateway.as_ref().ok_or(if mini {
                "no WeChat mini program is configured"
            } else {
                "no WeChat public account is configured"
            })?;
            let openid = to.strip_prefix(MINI_PROGRAM).unwrap_or(to).to_owned();
            let Chat { template, data, mini_program } = chat;
            let (template_id, link) = match (mini, mini_program) {
                (false, _) => (template, url),
                (true, Some(found)) => found,
                (true, None) => return Err(no_words(message)),
            };
            // No id of ours: with one, WeChat's event has no number by which it could be told which message it is of; and it is handed
            // over once anyway.
            let chat = WeChatMessage { id: None, openid, template_id, link: Some(link).filter(|link| !link.is_empty()), data };
            Ok((Parcel::WeChat(Arc::clone(gateway), chat), 0))
        }
    }
}

fn no_words(template: &MessageTemplate) -> String {
    format!("the message {} has no words for it", template.name)
}

/// The number as providers want it.
fn number(sms: &SmsGateway, mail: &Mail) -> Result<String, String> {
    let written = mail.to.0.as_deref().ok_or("the number was erased")?;
    with_country(written, sms.country.as_deref(), "sms.country")
}

/// A number as people write it, with its country; without one it is that of the setting `key`.
pub(super) fn with_country(written: &str, country: Option<&str>, key: &str) -> Result<String, String> {
    let written = written.trim();
    let with_country = match (written.strip_prefix("00"), country) {
        _ if written.starts_with('+') => written.to_owned(),
        (Some(rest), _) => format!("+{rest}"),
        // The 0 before an area is not part of an international number.
        (None, Some(country)) => format!("{country}{}", written.trim_start_matches('0')),
        (None, None) => return Err(format!("the number has no country, and {key} is not set")),
    };
    // The number itself is told beside it.
    let checked = text::international_phone("to", &with_country).map_err(|_| "it is no phone number with its country")?;
    Ok(checked.into())
}

/// Segments that a text takes, at least one.
fn counted(sms: &SmsGateway, text: &str) -> u32 {
    let count = match (&sms.gateway, &sms.signature) {
        (Gateway::Aliyun(_), Some(signature)) => ucs2_segments(&format!("【{signature}】{text}")),
        (Gateway::Aliyun(_) | Gateway::Twilio(_), _) => segments(text).count,
    };
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

fn stamp(runtime: &Runtime) -> Option<Stamp> {
    let mut nonce = [0; 16];
    rustix::rand::getrandom(&mut nonce, rustix::rand::GetRandomFlags::empty()).ok()?;
    Some(Stamp { now_ms: runtime.now().0, nonce })
}

/// What a provider brought.
#[derive(Debug, Clone, Default)]
pub struct ProviderReceipt {
    /// `twilio`, `aliyun` or `wechat`.
    pub provider: String,
    /// Behind the address.
    pub token: String,
    /// Of the address, without `?`.
    pub query: String,
    pub signature: String,
    pub body: String,
}

/// Why it is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrongReceipt {
    UnknownProvider,
    NotSigned,
    Unreadable(String),
}

/// What a receipt is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// A token that stands for the mail.
    Token(String),
    /// What the provider calls it.
    Reference(String),
}

/// What a receipt says, and what the provider is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadReceipt {
    pub told: Vec<(Of, MailOutcome)>,
    pub answer: String,
}

impl Gateways {
    /// Reads what a provider brought; whether the mail is ours, whoever asks finds out.
    ///
    /// # Errors
    /// It is not from that provider, or makes no sense.
    pub fn read_receipt(&self, brought: &ProviderReceipt) -> Result<ReadReceipt, WrongReceipt> {
        let wrong = |problem| match problem {
            PushProblem::NotSigned => WrongReceipt::NotSigned,
            PushProblem::Unreadable { why } => WrongReceipt::Unreadable(why),
        };
        let pushed = self.sms.as_ref().filter(|sms| sms.receipts == Receipts::Pushed).map(|sms| &sms.gateway);
        let (reports, answer) = match (brought.provider.as_str(), pushed, &self.wechat_push) {
            ("twilio", Some(Gateway::Twilio(twilio)), _) => {
                let url = format!("{}sms/{}", self.receipt_url.as_deref().unwrap_or_default(), brought.token);
                let report = twilio.report(&url, &brought.signature, brought.body.as_bytes()).map_err(wrong)?;
                // Where it was brought says which mail it is of, and that is signed too.
                (vec![Report { token: Some(brought.token.clone()), ..report }], String::new())
            }
            ("aliyun", Some(Gateway::Aliyun(_)), _) => {
                (aliyun_reports(brought.body.as_bytes()).map_err(wrong)?, ALIYUN_RECEIVED.to_owned())
            }
            ("wechat", _, Some(push)) if brought.body.is_empty() => (Vec::new(), push.greet(&brought.query).map_err(wrong)?),
            ("wechat", _, Some(push)) => {
                (push.reports(&brought.query, brought.body.as_bytes()).map_err(wrong)?, WECHAT_RECEIVED.to_owned())
            }
            _ => return Err(WrongReceipt::UnknownProvider),
        };
        let is_wechat = brought.provider == "wechat";
        let told = reports.into_iter().filter_map(|report| {
            // What is sent by others over the same account has no token of ours.
            let of = if is_wechat { Of::Reference(report.reference) } else { Of::Token(report.token?) };
            Some((of, outcome(report.receipt)?))
        });
        Ok(ReadReceipt { told: told.collect(), answer })
    }
}

impl Runtime {
    /// Segments that a short message takes, as the provider that is configured counts; else as any other than Aliyun does.
    pub fn segments(&self, text: &str) -> u32 {
        match &self.shared.gateways().sms {
            Some(sms) => counted(sms, text),
            None => u32::try_from(segments(text).count.max(1)).unwrap_or(u32::MAX),
        }
    }

    /// Reads what a provider brought.
    ///
    /// # Errors
    /// It is not from a provider that is configured, or makes no sense.
    pub fn read_receipt(&self, brought: &ProviderReceipt) -> Result<ReadReceipt, WrongReceipt> {
        self.shared.gateways().read_receipt(brought)
    }
}

/// Records what a receipt says. Of a mail that waits for none, or is forgotten, nothing is recorded.
///
/// # Errors
/// `Busy`: the provider may bring it again.
pub async fn take(runtime: &Runtime, order: WorkOrderId, no: MailNo, outcome: MailOutcome) -> Result<(), Refusal> {
    for _ in 0..RECEIPT_TRIES {
        let entity = runtime.read(&Key::WorkOrder(order)).await?;
        let mail =
            entity.state.as_ref().and_then(|state| state.work_order()).and_then(|order| order.mails.iter().find(|mail| mail.no == no));
        let Some(mail) = mail else { return Ok(()) };
        if matches!(mail.status, MailStatus::Pending | MailStatus::Deferred { .. } | MailStatus::Begun { .. }) {
            // It came before the answer to what it is a receipt of was recorded.
            tokio::time::sleep(RECEIPT_PAUSE).await;
            continue;
        }
        if mail.status.after(&outcome, mail.ends_at, runtime.now()).is_none() {
            return Ok(());
        }
        let command = work_order::Command::RecordMail { mail: no, attempt: mail.attempts + 1, outcome: outcome.clone() };
        match runtime.submit_as_system(&Key::WorkOrder(order), Command::WorkOrder(command)).await {
            Ok(_) => return Ok(()),
            // Something else of it was recorded at the same moment.
            Err(Refusal::Rejected(Rejection::TimerStale)) => {}
            Err(refusal) => return Err(refusal),
        }
    }
    Err(Refusal::Busy)
}
