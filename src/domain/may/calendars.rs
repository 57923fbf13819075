//! Whose calendar somebody may look at (OPS-5): their own, those of people below them or in a department they head, those of the members
//! of service groups they lead, and all of them, for whom all Work Orders are open. One rule, wherever it is told who is busy when.
//!
//! It says whether one is told that somebody is busy; at what is another question: a visit of a Work Order that one may not see is
//! told without anything of the Work Order.

use super::relation::Viewer;
use crate::domain::context::Context;
use crate::domain::definition::Right;
use crate::domain::ids::StaffUserId;
use crate::domain::principal::Principal;
use std::collections::BTreeSet;

/// The people whose calendars are open to somebody; worked out once for many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calendars {
    All,
    Of(BTreeSet<StaffUserId>),
}

impl Calendars {
    /// Those that are open to who acts.
    pub fn of(cx: &Context<'_>) -> Self {
        if *cx.principal == Principal::System || mutant!("every-calendar-is-open") {
            return Self::All;
        }
        let Some(viewer) = Viewer::of(cx).filter(|viewer| viewer.has(Right::ReadWorkOrders, None, cx)) else {
            return Self::Of(BTreeSet::new());
        };
        let ours = viewer.user.is_none_or(|user| user.provider.is_none());
        let of_every_type =
            |right| viewer.roles_with(right, None, cx).iter().any(|role| cx.catalogue.role_types(role, right) == Some(None));
        if ours && (of_every_type(Right::ReadAllWorkOrders) || viewer.has(Right::Administer, None, cx)) {
            return Self::All;
        }
        let Some(me) = viewer.id() else { return Self::Of(BTreeSet::new()) };
        let led = cx.directory.groups().map(|(_, group)| group).filter(|group| group.leader.as_ref() == Some(me));
        let members = led.flat_map(|group| group.members.iter().cloned());
        let below = cx.directory.subordinates(me).into_iter().chain(cx.directory.headed_by(me));
        Self::Of(members.chain(below).chain([me.clone()]).collect())
    }

    /// Whether this one's is.
    pub fn has(&self, user: &StaffUserId) -> bool {
        match self {
            Self::All => true,
            Self::Of(people) => people.contains(user),
        }
    }
}
