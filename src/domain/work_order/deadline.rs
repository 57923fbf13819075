//! Timers as a function of the state (PRC-4, EVA-11). A timer that fires is a command, and the state decides again.

use super::state::{Visit, WorkOrder};
use crate::domain::ids::{CallNo, MailNo, SignInNo, VisitNo};
use crate::domain::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

/// What is due. Ordered so that, at the same time, an overtaken reminder comes after what overtook it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Deadline {
    /// The node's time is up: it completes by itself.
    AutoComplete(VisitNo),
    Overdue(VisitNo),
    Remind(VisitNo),
    /// A mail is to be tried; this one goes to the mailer and not to the Work Order.
    Mail(MailNo),
    /// Somebody is to be reminded, who asked for it.
    ToDo(u32),
    /// The mail of a contact's link to sign in is to be tried; to the mailer as well, and of no Work Order.
    SignInMail(SignInNo),
    /// A call is to be handed over, or asked about; this one goes to the dialer.
    Call(CallNo),
}

/// All deadlines of a Work Order, each with its time.
pub fn deadlines(order: &WorkOrder) -> Vec<(Timestamp, Deadline)> {
    let mut all = Vec::new();
    if !order.life.is_normal() && !mutant!("void-timers-run") {
        return all;
    }
    if let Some(visit) = &order.visit {
        node_deadlines(order, visit, &mut all);
    }
    all.extend(order.to_dos().iter().filter(|to_do| to_do.ahead).map(|to_do| (to_do.at, Deadline::ToDo(to_do.no))));
    all.extend(order.mails.iter().filter_map(|mail| Some((mail.due()?, Deadline::Mail(mail.no)))));
    all.extend(order.calls().iter().filter_map(|call| Some((call.status.due()?, Deadline::Call(call.no)))));
    all
}

fn node_deadlines(order: &WorkOrder, visit: &Visit, all: &mut Vec<(Timestamp, Deadline)>) {
    let limits = &visit.limits;
    if order.hold.is_some() && limits.stand_still_on_hold && !mutant!("no-standing-still") {
        return;
    }
    let at = |after: Span| due_at(visit, after);
    if let Some(after) = limits.auto_complete_after {
        all.push((at(after), Deadline::AutoComplete(visit.no)));
    }
    if let Some(due) = overdue_at(order).filter(|_| !visit.overdue) {
        all.push((due, Deadline::Overdue(visit.no)));
    }
    if let Some(after) = limits.remind_after.get(usize::from(visit.reminded)) {
        all.push((at(*after), Deadline::Remind(visit.no)));
    }
}

fn due_at(visit: &Visit, after: Span) -> Timestamp {
    visit.entered_at.plus(visit.stood_still).plus(after)
}

/// When the node it is at is overdue, or has been since; none without such a limit, and none while that stands still on hold.
pub fn overdue_at(order: &WorkOrder) -> Option<Timestamp> {
    let visit = order.visit.as_ref()?;
    let on_hold = order.hold.is_some() && visit.limits.stand_still_on_hold;
    let stands_still = (on_hold || !order.life.is_normal()) && !visit.overdue;
    visit.limits.overdue_after.filter(|_| !stands_still).map(|after| due_at(visit, after))
}

/// How many of the open visit's reminders are due at that time, past ones included.
pub fn reminders_until(order: &WorkOrder, now: Timestamp) -> u8 {
    let Some(visit) = order.visit.as_ref() else { return 0 };
    let due = |after: &&Span| due_at(visit, **after) <= now;
    visit.limits.remind_after.iter().take_while(due).count().min(usize::from(u8::MAX)) as u8
}
