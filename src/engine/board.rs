//! The board: what lists show of every Work Order, fed by durable records, rebuilt at start.

use crate::domain::ids::{AccountId, Name, ServiceGroupId, StaffUserId, WorkOrderId};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::NodeState;
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::state::{Outcome, Priority, Status};
use std::collections::{BTreeMap, HashMap};

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: WorkOrderId,
    pub number: WorkOrderNumber,
    pub record_type: Name,
    pub subject: PersonalText,
    pub priority: Priority,
    pub status: Status,
    pub outcome: Option<Outcome>,
    pub node: Option<Name>,
    pub group: Option<ServiceGroupId>,
    pub engineer: Option<StaffUserId>,
    pub account: Option<AccountId>,
    pub reference: Option<Box<str>>,
    pub created_at: Timestamp,
    pub on_hold: bool,
    pub overdue: bool,
    /// A mandatory evaluation is awaited.
    pub gate: bool,
    /// A mail failed for good.
    pub mail_trouble: bool,
}

/// What a list asks for; every field that is set must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub status: Option<Status>,
    pub open: Option<bool>,
    pub priority: Option<Priority>,
    pub record_type: Option<Name>,
    pub group: Option<ServiceGroupId>,
    pub engineer: Option<StaffUserId>,
    pub account: Option<AccountId>,
    pub reference: Option<Box<str>>,
    pub on_hold: Option<bool>,
    pub overdue: Option<bool>,
}

/// Where a page begins: older than this (created, id).
pub type Cursor = (Timestamp, WorkOrderId);

/// All rows: newest first by creation.
#[derive(Debug, Default)]
pub struct Board {
    rows: HashMap<WorkOrderId, Row>,
    order: BTreeMap<Cursor, ()>,
    numbers: HashMap<WorkOrderNumber, WorkOrderId>,
    by_status: BTreeMap<Status, u64>,
    through: u64,
}

impl Row {
    /// The line of a Work Order.
    pub fn of(order: &WorkOrder) -> Self {
        let gate = matches!(order.visit().map(|v| &v.state), Some(NodeState::Evaluate(state)) if state.mandatory);
        let failed = |m: &crate::domain::work_order::mail::Mail| m.status.is_settled() && m.status.why().is_some();
        Self {
            id: order.id,
            number: order.number.clone(),
            record_type: order.record_type.clone(),
            subject: order.subject.clone(),
            priority: order.priority,
            status: order.status(),
            outcome: order.outcome,
            node: order.visit().map(|v| v.name.clone()),
            group: order.group.clone(),
            engineer: order.engineer.clone(),
            account: order.account.clone(),
            reference: order.reference.clone(),
            created_at: order.created_at,
            on_hold: order.hold.is_some(),
            overdue: order.visit().is_some_and(|v| v.overdue),
            gate,
            mail_trouble: order.mails.iter().any(failed),
        }
    }
}

impl Filter {
    fn matches(&self, row: &Row) -> bool {
        fn same<T: PartialEq>(wanted: Option<&T>, value: Option<&T>) -> bool {
            wanted.is_none() || wanted == value
        }
        same(self.status.as_ref(), Some(&row.status))
            && same(self.open.as_ref(), Some(&row.outcome.is_none()))
            && same(self.priority.as_ref(), Some(&row.priority))
            && same(self.record_type.as_ref(), Some(&row.record_type))
            && same(self.group.as_ref(), row.group.as_ref())
            && same(self.engineer.as_ref(), row.engineer.as_ref())
            && same(self.account.as_ref(), row.account.as_ref())
            && same(self.reference.as_ref(), row.reference.as_ref())
            && same(self.on_hold.as_ref(), Some(&row.on_hold))
            && same(self.overdue.as_ref(), Some(&row.overdue))
    }
}

impl Board {
    /// Takes the durable state of a Work Order in.
    pub fn take(&mut self, order: &WorkOrder, sequence: u64) {
        let row = Row::of(order);
        *self.by_status.entry(row.status).or_insert(0) += 1;
        match self.rows.insert(row.id, row) {
            Some(old) => {
                if let Some(count) = self.by_status.get_mut(&old.status) {
                    *count -= 1;
                }
            }
            None => {
                self.order.insert((order.created_at, order.id), ());
                self.numbers.insert(order.number.clone(), order.id);
            }
        }
        self.through = self.through.max(sequence);
    }

    /// The board shows everything up to this sequence.
    pub fn passed(&mut self, sequence: u64) {
        self.through = self.through.max(sequence);
    }

    /// Everything up to this sequence is shown.
    pub fn through(&self) -> u64 {
        self.through
    }

    /// The Work Order of a number.
    pub fn find(&self, number: &str) -> Option<WorkOrderId> {
        self.numbers.get(&WorkOrderNumber(number.into())).copied()
    }

    /// One line.
    pub fn row(&self, id: WorkOrderId) -> Option<&Row> {
        self.rows.get(&id)
    }

    /// Up to `most` lines that match, newest first, older than the cursor; and the cursor of the next page, if there may be one.
    pub fn list(&self, filter: &Filter, after: Option<Cursor>, most: usize) -> (Vec<&Row>, Option<Cursor>) {
        let mut found = Vec::new();
        let keys: Box<dyn Iterator<Item = &Cursor>> = match &after {
            Some(cursor) => Box::new(self.order.range(..*cursor).rev().map(|(k, ())| k)),
            None => Box::new(self.order.keys().rev()),
        };
        for key in keys {
            let Some(row) = self.rows.get(&key.1).filter(|row| filter.matches(row)) else { continue };
            if found.len() == most {
                let last = found.last().map(|r: &&Row| (r.created_at, r.id));
                return (found, last);
            }
            found.push(row);
        }
        (found, None)
    }

    /// How many Work Orders are in each status that any is in.
    pub fn counts(&self) -> impl Iterator<Item = (Status, u64)> + '_ {
        self.by_status.iter().map(|(status, count)| (*status, *count)).filter(|(_, count)| *count > 0)
    }

    /// How many Work Orders there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// All lines, in no order.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.values()
    }
}
