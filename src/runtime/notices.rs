//! Notices to the staff as mails: those to one person that are due together are one mail, with the intent of the first (OPS-4, NTF-3).

use super::handle::Runtime;
use super::render::{self, Letterhead};
use crate::domain::aggregate::Key;
use crate::domain::definition::Catalogue;
use crate::domain::ids::MailNo;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::mail::Mail;
use crate::domain::work_order::notice::NoticeKind;
use crate::engine::entity::Entity;
use crate::engine::schedule::Timer;
use crate::mail::{self, Message};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Most notices of one mail.
const TOGETHER_MAX: usize = 100;
/// How long the first of one moment waits for the others of it.
const GATHER: Duration = Duration::from_millis(100);

/// Notices that are due, by the address they go to.
#[derive(Debug, Default)]
pub struct Gathering(Mutex<HashMap<Box<str>, Vec<Timer>>>);

/// A notice that is due, with the Work Order it is about.
#[derive(Debug)]
pub struct Due {
    pub timer: Timer,
    pub no: MailNo,
    entity: Entity,
}

impl Gathering {
    /// Joins those that go to the same address; whoever is first waits a moment and gets all of them, the others get nothing.
    pub async fn join(&self, address: &str, timer: Timer) -> Vec<Timer> {
        let first = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let waiting = all.entry(address.into()).or_default();
            waiting.push(timer);
            waiting.len() == 1
        };
        if !first {
            return Vec::new();
        }
        if !mutant!("notices-one-by-one") {
            tokio::time::sleep(GATHER).await;
        }
        self.take(address)
    }

    /// Those that wait for the address now, as many as go into one mail: whoever sent the first goes on with the others.
    pub fn take(&self, address: &str) -> Vec<Timer> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = all.remove(address).unwrap_or_default();
        if found.len() > TOGETHER_MAX {
            all.insert(address.into(), found.split_off(TOGETHER_MAX));
        }
        found
    }
}

impl Due {
    /// The mail, if it is still wanted.
    pub async fn read(runtime: &Runtime, timer: Timer, no: MailNo) -> Result<Option<Self>, crate::engine::cell::Refusal> {
        let Some(order) = timer.work_order() else { return Ok(None) };
        let entity = runtime.read(&Key::WorkOrder(order)).await?;
        let due = Self { timer, no, entity };
        Ok(due.mail().is_some().then_some(due))
    }

    /// What it is about.
    pub fn order(&self) -> Option<&WorkOrder> {
        self.entity.state.as_ref().and_then(|state| state.work_order())
    }

    /// What is told.
    pub fn mail(&self) -> Option<&Mail> {
        self.order()?.mails.iter().find(|mail| mail.no == self.no && !mail.status.is_settled())
    }
}

/// One mail of all of them, the oldest first; whose intent it has.
///
/// # Errors
/// In words: what of it cannot be rendered. Such a mail can never be sent.
pub fn render(all: &mut [Due], catalogue: &Catalogue, letterhead: &Letterhead, installation: &[u8; 16]) -> Result<Message, String> {
    all.sort_by_key(|due| (due.mail().map(|mail| mail.queued_at), due.timer.of, due.no));
    let found: Vec<(&WorkOrder, &Mail)> = all.iter().filter_map(|due| Some((due.order()?, due.mail()?))).collect();
    let Some((order, first)) = found.first().copied() else { return Err("there is nothing to tell".to_owned()) };
    let address = first.to.0.as_deref().ok_or("the address was erased")?;
    let to = mail::clean(first.name.0.as_deref().unwrap_or(""), address).map_err(|error| error.to_string())?;
    let words = Words::of(&first.language);
    let lines: String = found.iter().map(|(order, mail)| words.entry(order, mail, catalogue)).collect();
    Ok(Message {
        intent: render::intent(installation, order.id, first.no),
        date_ms: first.queued_at.0,
        from: letterhead.from.clone(),
        reply_to: None,
        to,
        subject: words.subject(&found),
        text: format!("{}\n\n{lines}\n{}\n", words.greeting(first.name.shown()), words.end()),
        html: None,
    })
}

/// The languages that notices are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Words {
    English,
    Chinese,
}

impl Words {
    fn of(language: &str) -> Self {
        match language.split(['-', '_']).next() {
            Some("zh") => Self::Chinese,
            _ => Self::English,
        }
    }

    fn kind(self, kind: Option<NoticeKind>) -> &'static str {
        match (self, kind.unwrap_or(NoticeKind::New)) {
            (Self::English, NoticeKind::New) => "new for you",
            (Self::English, NoticeKind::PassedOn) => "passed on to you",
            (Self::English, NoticeKind::Returned) => "returned as not solved",
            (Self::English, NoticeKind::Overdue) => "overdue",
            (Self::English, NoticeKind::Forwarded) => "forwarded to you",
            (Self::English, NoticeKind::Reminder) => "your reminder",
            (Self::Chinese, NoticeKind::New) => "新待办",
            (Self::Chinese, NoticeKind::PassedOn) => "转交给您",
            (Self::Chinese, NoticeKind::Returned) => "未解决，已退回",
            (Self::Chinese, NoticeKind::Overdue) => "已超时",
            (Self::Chinese, NoticeKind::Forwarded) => "转发给您",
            (Self::Chinese, NoticeKind::Reminder) => "您的提醒",
        }
    }

    fn subject(self, all: &[(&WorkOrder, &Mail)]) -> String {
        let one_line = |text: &str| text.replace(['\r', '\n'], " ");
        match (self, all) {
            (Self::English, [(order, mail)]) => {
                format!("{}: {} - {}", order.number, self.kind(mail.notice), one_line(order.subject.shown()))
            }
            (Self::Chinese, [(order, mail)]) => {
                format!("{}：{} - {}", order.number, self.kind(mail.notice), one_line(order.subject.shown()))
            }
            (Self::English, all) => format!("{} notices: {}", all.len(), numbers(all, ", ")),
            (Self::Chinese, all) => format!("{} 条通知：{}", all.len(), numbers(all, "、")),
        }
    }

    fn greeting(self, name: &str) -> String {
        match self {
            Self::English => format!("Hello {name},"),
            Self::Chinese => format!("{name}，您好："),
        }
    }

    fn end(self) -> &'static str {
        match self {
            Self::English => "Which of these you are mailed, and not in which hours: workorderctl notices set",
            Self::Chinese => "要更改通知种类和免打扰时间，请使用 workorderctl notices set",
        }
    }

    fn entry(self, order: &WorkOrder, mail: &Mail, catalogue: &Catalogue) -> String {
        let language = &mail.language;
        let record_type = catalogue.record_type(&order.record_type);
        let record_type = record_type.map_or_else(|| order.record_type.to_string(), |found| found.title.text(language).to_owned());
        let note = mail.reason.as_ref().map(|note| format!("  {}\n", note.shown().replace('\n', "\n  "))).unwrap_or_default();
        format!("- {} · {} · {record_type} · {}\n{note}", order.number, self.kind(mail.notice), order.subject.shown())
    }
}

/// The first few numbers, each once.
fn numbers(all: &[(&WorkOrder, &Mail)], between: &str) -> String {
    let mut numbers: Vec<String> = Vec::new();
    for (order, _) in all {
        let number = order.number.to_string();
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let more = if numbers.len() > 3 { " …" } else { "" };
    numbers.truncate(3);
    format!("{}{more}", numbers.join(between))
}
