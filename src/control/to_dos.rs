//! To-dos: the list of whoever asks, what of a step is one for who watches, and what somebody is told by mail (OPS-4, NTF-3).

use super::desk::Visit;
use super::directory::submit;
use super::entries::keyed;
use super::present;
use super::refuse::{field, slug, word};
use super::service::Outcome;
use super::work_orders::{PAGE_MAX, bounded, shown_through};
use crate::domain::aggregate::{Event, Key};
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::directory::DirectoryCommand;
use crate::domain::ids::StaffUserId;
use crate::domain::may;
use crate::domain::principal::Actor;
use crate::domain::process::{NodeEvent, accept, assign, follow_up, task};
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::notice::{NoticeKind, NoticeSettings, QuietHours};
use crate::domain::work_order::to_do::PersonalToDo;
use crate::engine::board::Board;
use crate::engine::scope::Scope;
use crate::engine::sorting::{Cursor, Sort};
use crate::engine::to_do::ToDo;
use crate::protocol::directory as directory_shape;
use crate::protocol::varlink::ErrorReply;
use crate::protocol::work_orders as shape;
use crate::runtime::history::Told;

/// A page of what waits for the caller.
pub async fn list(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    visit.need(Right::ReadWorkOrders)?;
    let p: shape::ListToDos = visit.parameters()?;
    let most = bounded("limit", p.limit, 50, PAGE_MAX)?;
    let sort = p.sort.map(|t| word("sort", &t, &Sort::NAMES, Sort::from_name)).transpose()?.unwrap_or(Sort::Priority);
    let odd = |text: &str| field("after", format!("{text:?} is not what a list gave as next"));
    let after = p.after.map(|text| text.parse::<Cursor>().map_err(|_| odd(&text))).transpose()?;
    if let Some(sequence) = p.at_least {
        shown_through(visit, sequence).await?;
    }
    let scope = visit.judge(Scope::of);
    let board = visit.desk.runtime.views().board();
    if let Some(after) = after.filter(|after| !board.has(after.id)) {
        return Err(odd(&after.to_string()));
    }
    let listed = board.to_dos(&scope, sort, after, most);
    drop(board);
    let to_dos = listed.list.iter().map(to_do).collect();
    let next = listed.next.map(|cursor| cursor.to_string());
    Ok(Outcome::reply(&shape::ToDosListed { to_dos, next, total: listed.total as i64 }))
}

fn to_do(to_do: &ToDo) -> shape::ToDo {
    let personal = to_do.personal.as_ref();
    shape::ToDo {
        line: present::line(&to_do.row),
        kind: to_do.kind.name().into(),
        since: to_do.since.0,
        claimable: to_do.claimable,
        no: personal.map(|own| own.no.into()),
        by: personal.and_then(|own| own.by.as_ref()).map(ToString::to_string),
        note: personal.and_then(|own| own.note.as_ref()).map(|note| note.shown().into()),
    }
}

/// What of a Work Order waits for who asks alone, or will.
pub fn own(order: &WorkOrder, cx: &Context<'_>) -> Vec<shape::PersonalToDo> {
    let told = |own: &PersonalToDo| shape::PersonalToDo {
        no: own.no.into(),
        kind: own.kind.name().into(),
        by: own.by.as_ref().map(ToString::to_string),
        note: own.note.as_ref().map(|note| note.shown().into()),
        at: own.at.0,
        ahead: own.ahead,
    };
    order.to_dos().iter().filter(|own| cx.principal.user() == Some(&own.user)).map(told).collect()
}

/// What of a step waits for who watches from now on; what they did themselves they know.
pub fn of_step(told: &Told, board: &Board, cx: &Context<'_>) -> Option<NoticeKind> {
    let Key::WorkOrder(id) = &told.key else { return None };
    let (me, subject) = (cx.principal.user(), board.subject(*id)?);
    let mut found = None;
    for event in &told.step.events {
        let Event::WorkOrder(event) = event else { continue };
        let new = match event {
            OrderEvent::NodeEntered(visit) => {
                visit.handlers.iter().any(|handler| may::stands_for(handler, &subject, cx)).then_some(visit.came)
            }
            OrderEvent::NodeLeft { .. } => {
                found = found.filter(|kind: &NoticeKind| !kind.is_of_node());
                None
            }
            OrderEvent::Node(NodeEvent::Assign(assign::Event::GroupChosen { handler, .. })) => {
                may::stands_for(handler, &subject, cx).then_some(NoticeKind::New)
            }
            OrderEvent::Node(
                NodeEvent::Accept(accept::Event::Transferred { engineer, .. }) | NodeEvent::Task(task::Event::Transferred { engineer, .. }),
            ) => (me == Some(engineer)).then_some(NoticeKind::PassedOn),
            OrderEvent::Node(NodeEvent::FollowUp(follow_up::Event::PersonChosen { person, .. })) => {
                (me == Some(person)).then_some(NoticeKind::New)
            }
            OrderEvent::Node(NodeEvent::FollowUp(follow_up::Event::PassedOn { to, .. })) => {
                (me == Some(to)).then_some(NoticeKind::PassedOn)
            }
            OrderEvent::OwnerChanged { owner } => (me == Some(owner)).then_some(NoticeKind::PassedOn),
            OrderEvent::BecameOverdue { .. } => {
                subject.handlers.iter().any(|handler| may::stands_for(handler, &subject, cx)).then_some(NoticeKind::Overdue)
            }
            OrderEvent::ToDoMade(to_do) => (me == Some(&to_do.user) && to_do.waits()).then_some(to_do.kind),
            OrderEvent::ReminderDue { no } => {
                let row = board.row(*id)?;
                let mine = row.to_dos.iter().flatten().any(|to_do| to_do.no == *no && me == Some(&to_do.user));
                mine.then_some(NoticeKind::Reminder)
            }
            _ => None,
        };
        found = new.or(found);
    }
    let by_me = matches!(&told.step.actor, Actor::Staff { user: Some(user), .. } if Some(user) == me);
    found.filter(|_| !by_me)
}

/// Says what somebody is told by mail.
pub async fn set_notices(visit: &Visit<'_>) -> Result<Outcome, ErrorReply> {
    let p: directory_shape::SetNotices = visit.parameters()?;
    let user = slug("id", &p.id, StaffUserId::new)?;
    let command = keyed(DirectoryCommand::SetNotices { user, notices: p.notices.map(settings).transpose()? });
    let receipt = submit(visit, command, &p.request_id, p.expected_revision).await?;
    Ok(Outcome::reply(&directory_shape::Accepted { receipt }))
}

fn settings(notices: directory_shape::Notices) -> Result<NoticeSettings, ErrorReply> {
    let kind = |text: &String| word("notices.mail", text, &NoticeKind::NAMES, NoticeKind::from_name);
    let quiet = |quiet: directory_shape::Quiet| {
        let (from, until) = (minutes("notices.quiet.from", &quiet.from)?, minutes("notices.quiet.until", &quiet.until)?);
        Ok::<_, ErrorReply>(QuietHours { from, until, zone: quiet.zone.into() })
    };
    Ok(NoticeSettings {
        mail: notices.mail.iter().map(kind).collect::<Result<_, _>>()?,
        pools: notices.pools,
        quiet: notices.quiet.map(quiet).transpose()?,
    })
}

/// `22:00` as minutes since midnight.
fn minutes(name: &str, text: &str) -> Result<u16, ErrorReply> {
    let part = |text: &str| (text.len() == 2).then(|| text.parse::<u16>().ok()).flatten();
    let read = text.split_once(':').and_then(|(hour, minute)| Some((part(hour)?, part(minute)?)));
    let minutes = read.filter(|(hour, minute)| *hour < 24 && *minute < 60).map(|(hour, minute)| hour * 60 + minute);
    minutes.ok_or_else(|| field(name, format!("{text:?} is not a time of day such as 22:00")))
}

/// What somebody is told by mail, as they said it.
pub fn notices(settings: &NoticeSettings) -> directory_shape::Notices {
    let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    directory_shape::Notices {
        mail: settings.mail.iter().map(|kind| kind.name().into()).collect(),
        pools: settings.pools,
        quiet: settings.quiet.as_ref().map(|quiet| directory_shape::Quiet {
            from: time(quiet.from),
            until: time(quiet.until),
            zone: quiet.zone.to_string(),
        }),
    }
}
