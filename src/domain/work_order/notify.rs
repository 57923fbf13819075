//! Who of the staff is told of what a step did, and the mails that tell them (OPS-4, NTF-3). Asked once, at the end of every step, and
//! told by comparing the Work Order with what it was.

use super::draft::{Draft, Reachable};
use super::notice::{NoticeKind, NoticeSettings, goes_out};
use super::remind::MAILED_MAX;
use super::state::{Handler, Party, Visit, WorkOrder};
use super::to_do::PersonalToDo;
use crate::domain::directory::{Directory, StaffUser};
use crate::domain::ids::StaffUserId;
use crate::domain::text::PersonalText;

/// What somebody is told, once in a step: the first that is found counts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Notice {
    user: StaffUserId,
    kind: NoticeKind,
    note: Option<Note>,
    /// It waits for a role or a group of theirs, and not for them by name.
    pool: bool,
}

/// What one of the staff wrote for another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub text: PersonalText,
    pub by: Option<StaffUserId>,
}

impl Note {
    fn of(to_do: &PersonalToDo) -> Option<Self> {
        to_do.note.clone().map(|text| Self { text, by: to_do.by.clone() })
    }
}

/// Queues the mails of a step; `before` is how the Work Order was.
pub fn notify(before: Option<&WorkOrder>, draft: &mut Draft<'_>) {
    if !draft.order.life.is_normal() {
        return;
    }
    let mut notices = Vec::new();
    personal(before, &draft.order, &mut notices);
    node(before, draft, &mut notices);
    owner(before, &draft.order, &mut notices);
    let (actor, directory) = (draft.cx.principal.user(), draft.cx.directory);
    let mut told: Vec<&StaffUserId> = Vec::new();
    for notice in &notices {
        let own = actor == Some(&notice.user) && notice.kind != NoticeKind::Reminder;
        if own || told.contains(&&notice.user) || told.len() >= MAILED_MAX {
            continue;
        }
        let Some(user) = directory.active(&notice.user) else { continue };
        let settings = user.notices.as_deref();
        let wanted = NoticeSettings::mails(settings, notice.kind) && (!notice.pool || settings.is_some_and(|s| s.pools));
        if wanted && user.email.is_some() {
            told.push(&notice.user);
            mail(draft, user, notice);
        }
    }
}

fn mail(draft: &mut Draft<'_>, user: &StaffUser, notice: &Notice) {
    let Some(to) = user.email.clone() else { return };
    let goes_out = goes_out(user.notices.as_deref(), draft.cx.now);
    let party = Some(Party::Staff(user.id.clone()));
    let to = Reachable { party, to, name: user.name.clone(), language: user.language.clone() };
    draft.mail_notice(to, (notice.kind, notice.note.clone()), goes_out);
}

/// What is meant for one person, and waits only now.
fn personal(before: Option<&WorkOrder>, after: &WorkOrder, notices: &mut Vec<Notice>) {
    let waited = |no: u32| before.is_some_and(|before| before.to_dos().iter().any(|earlier| earlier.no == no && earlier.waits()));
    let new = after.to_dos().iter().filter(|to_do| to_do.waits() && !waited(to_do.no));
    notices.extend(new.map(|to_do| Notice { user: to_do.user.clone(), kind: to_do.kind, note: Note::of(to_do), pool: false }));
}

/// What waits at the node, for whom it did not wait before.
fn node(before: Option<&WorkOrder>, draft: &Draft<'_>, notices: &mut Vec<Notice>) {
    let Some(visit) = draft.order.visit() else { return };
    let earlier: Option<&Visit> = before.and_then(WorkOrder::visit).filter(|earlier| earlier.no == visit.no);
    let overdue = visit.overdue && earlier.is_some_and(|earlier| !earlier.overdue);
    let escalated = visit.limits.escalate_to.iter().filter(|_| overdue);
    let kind = if overdue { NoticeKind::Overdue } else { visit.came };
    let new = |handler: &&Handler| overdue || earlier.is_none_or(|earlier| !earlier.handlers.contains(handler));
    for handler in visit.handlers.iter().filter(new).chain(escalated) {
        let (people, pool) = behind(handler, &draft.order, draft.cx.directory);
        notices.extend(people.into_iter().map(|user| Notice { user, kind, note: None, pool }));
    }
}

/// It was given to somebody else; whoever accepts it knows.
fn owner(before: Option<&WorkOrder>, after: &WorkOrder, notices: &mut Vec<Notice>) {
    let given = before.zip(after.owner.as_ref()).filter(|(before, owner)| before.owner.as_ref() != Some(owner));
    notices.extend(given.map(|(_, owner)| Notice { user: owner.clone(), kind: NoticeKind::PassedOn, note: None, pool: false }));
}

/// The staff users a handler stands for, and whether it is as one of many: of a role or a group only those who want to be told of such.
fn behind(handler: &Handler, order: &WorkOrder, directory: &Directory) -> (Vec<StaffUserId>, bool) {
    let named = |user: Option<&StaffUserId>| (user.cloned().into_iter().collect(), false);
    let of_pool = |is: &dyn Fn(&StaffUser) -> bool| {
        let users = directory.told_of_pools().filter_map(|id| directory.active(id));
        (users.filter(|user| is(user)).map(|user| user.id.clone()).collect(), true)
    };
    match handler {
        Handler::User(user) => named(Some(user)),
        Handler::Leader(group) => named(directory.group(group).and_then(|group| group.leader.as_ref())),
        Handler::Submitter => match &order.submitter {
            Party::Staff(user) => named(Some(user)),
            Party::Contact(_) | Party::Guest(_) => named(None),
        },
        Handler::Role(role) => of_pool(&|user| user.provider.is_none() && user.roles.contains(role)),
        Handler::Members(group) => of_pool(&|user| directory.is_member(group, &user.id)),
    }
}
