//! The writer's checks before an append: claims that hold across aggregates, and revisions without a gap.
//!
//! Everything it holds is a function of the stored states, so that it is rebuilt at start.

use super::cell::PendingStep;
use super::labor_guard::LaborGuard;
use super::messages::SmsUse;
use crate::domain::aggregate::{Claim, Key, State, open_work};
use crate::domain::ids::{DepartmentId, ServiceGroupId, StaffUserId};
use crate::domain::rejection::Rejection;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};

/// What becomes of a pending step.
#[derive(Debug, PartialEq, Eq)]
pub enum Admission {
    /// Append it; this is the position of the aggregate's previous record, if that one is durable already.
    Append { previous: Previous },
    /// A claim is taken by another.
    Refuse(Rejection),
    /// It was judged on a step that was refused meanwhile: forget it, the cell has judged anew.
    Void,
    /// The revision is not the last plus one: two cells for one aggregate, or a defect. The daemon must stop (exit 70).
    Broken { expected: u64, found: u64 },
}

/// Where the previous record of the same aggregate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Previous {
    None,
    At(u64),
    /// In the group that is being put together, at this index.
    InGroup(usize),
}

#[derive(Debug, Clone, Copy)]
struct Last {
    revision: u32,
    /// Index in the open group, or none when the position is known.
    in_group: Option<u16>,
    position: u64,
}

/// Claims and last revisions of everything that exists.
#[derive(Debug, Default)]
pub struct Committer {
    hasher: RandomState,
    /// Digest of a claim. A collision would refuse a free number, which is then spelled anew; it can never let one through.
    claims: HashSet<u64>,
    last: HashMap<u64, Last>,
    /// Who reports to whom.
    superiors: HashMap<StaffUserId, StaffUserId>,
    /// Which department stands below which.
    parents: HashMap<DepartmentId, DepartmentId>,
    /// How many open Work Orders of a group an engineer carries.
    work: HashMap<(ServiceGroupId, StaffUserId), u32>,
    labor: LaborGuard,
    sms: SmsUse,
    /// Aggregates of which a step was refused, until their cells have heard of it.
    void: HashSet<Key>,
    group: Vec<u64>,
}

impl Committer {
    /// About so many are to be taken in.
    pub fn reserve(&mut self, aggregates: usize) {
        self.claims.reserve(aggregates);
        self.last.reserve(aggregates);
    }

    /// Takes in what is durable, at start.
    pub fn load(&mut self, key: &Key, revision: u64, position: u64, claims: &[Claim]) {
        self.make(claims);
        self.last.insert(self.hasher.hash_one(key), Last { revision: revision as u32, in_group: None, position });
    }

    /// Judges one pending step; those that are admitted are to be appended in this order, as one group.
    pub fn admit(&mut self, step: &PendingStep) -> Admission {
        if self.void.contains(&step.key) {
            if !step.first {
                return Admission::Void;
            }
            self.void.remove(&step.key);
        }
        let digest = self.hasher.hash_one(&step.key);
        let last = self.last.get(&digest).copied();
        let expected = last.map_or(0, |l| u64::from(l.revision)) + 1;
        if step.revision != expected {
            return Admission::Broken { expected, found: step.revision };
        }
        if let Some(rejection) = step.claims.iter().find_map(|claim| self.refusal(claim)).filter(|_| !mutant!("guard-after-the-append")) {
            self.void.insert(step.key.clone());
            return Admission::Refuse(rejection);
        }
        self.release(step);
        self.make(&step.claims);
        let previous = match last {
            None => Previous::None,
            Some(Last { in_group: Some(index), .. }) => Previous::InGroup(usize::from(index)),
            Some(Last { position, .. }) => Previous::At(position),
        };
        let index = self.group.len() as u16;
        self.group.push(digest);
        self.last.insert(digest, Last { revision: step.revision as u32, in_group: Some(index), position: 0 });
        Admission::Append { previous }
    }

    /// The group was appended; positions in the order of admission.
    pub fn appended(&mut self, positions: impl IntoIterator<Item = u64>) {
        for (index, (digest, position)) in std::mem::take(&mut self.group).into_iter().zip(positions).enumerate() {
            if let Some(last) = self.last.get_mut(&digest)
                && last.in_group == Some(index as u16)
            {
                last.in_group = None;
                last.position = position;
            }
        }
    }

    /// Work that somebody no longer carries after the step, and short messages that did not go out.
    fn release(&mut self, step: &PendingStep) {
        let segments = |state: Option<&State>| state.and_then(State::work_order).map_or(0, |order| u64::from(order.sms_segments));
        let given_back = segments(step.before.as_deref()).saturating_sub(segments(Some(&step.after)));
        self.sms.used = self.sms.used.saturating_sub(given_back);
        let Some(before) = step.before.as_deref().and_then(State::work_order).and_then(open_work) else { return };
        let after = step.after.work_order().and_then(open_work);
        if after != Some(before)
            && let Some(open) = self.work.get_mut(&(before.0.clone(), before.1.clone()))
        {
            *open = open.saturating_sub(1);
        }
    }

    /// Why a claim cannot be made, as far as is known here.
    pub fn refusal(&self, claim: &Claim) -> Option<Rejection> {
        match claim {
            Claim::Number(number) => {
                let taken = self.claims.contains(&self.hasher.hash_one(claim));
                taken.then(|| Rejection::NumberTaken { number: number.to_string() })
            }
            Claim::Superior { of, above } => closes_a_circle(&self.superiors, of, above.as_ref())
                .then(|| Rejection::invalid("superior", format!("the reporting line would be a cycle: {of}"))),
            Claim::OpenWork { group, engineer, limit } => {
                let open = self.work.get(&(group.clone(), engineer.clone())).copied().unwrap_or(0);
                let limit = limit.filter(|limit| open >= *limit)?;
                Some(Rejection::OverLimit { engineer: engineer.to_string(), group: group.to_string(), open, limit })
            }
            Claim::Parent { of, above } => closes_a_circle(&self.parents, of, above.as_ref())
                .then(|| Rejection::invalid("parent", format!("{of} would stand below itself"))),
            Claim::Labor { engineer, from, to, .. } => self.labor.refusal(engineer, *from, *to),
            // It was booked up to any time.
            Claim::LaborEnded { .. } => None,
            Claim::SmsSegments { segments } => {
                let left = self.sms.left();
                (left < u64::from(*segments) && !mutant!("quota-not-kept")).then_some(Rejection::SmsQuotaUsedUp { left, needed: *segments })
            }
            Claim::SmsQuota { total } => {
                let used = self.sms.used;
                (*total < used).then(|| Rejection::invalid("segments", format!("{used} segments are used, so the quota cannot be {total}")))
            }
        }
    }

    fn make(&mut self, claims: &[Claim]) {
        for claim in claims {
            match claim {
                Claim::Number(_) => {
                    self.claims.insert(self.hasher.hash_one(claim));
                }
                Claim::Superior { of, above } => put(&mut self.superiors, of, above.as_ref()),
                Claim::OpenWork { group, engineer, .. } => *self.work.entry((group.clone(), engineer.clone())).or_insert(0) += 1,
                Claim::Parent { of, above } => put(&mut self.parents, of, above.as_ref()),
                Claim::Labor { engineer, number, from, to } => self.labor.book(engineer, number, *from, *to),
                Claim::LaborEnded { engineer, from, to } => self.labor.end(engineer, *from, *to),
                Claim::SmsSegments { segments } => self.sms.used += u64::from(*segments),
                Claim::SmsQuota { total } => self.sms.total = *total,
            }
        }
    }
}

fn put<T: Clone + Eq + Hash>(lines: &mut HashMap<T, T>, of: &T, above: Option<&T>) {
    match above {
        Some(above) => lines.insert(of.clone(), above.clone()),
        None => lines.remove(of),
    };
}

fn closes_a_circle<T: Eq + Hash>(lines: &HashMap<T, T>, of: &T, above: Option<&T>) -> bool {
    // There is no circle yet, so the line ends.
    std::iter::successors(above, |one| lines.get(one)).any(|one| one == of)
}
