//! The board: what lists show of every Work Order, fed by durable records, rebuilt at start.
//!
//! An open Work Order is in memory anyway, for its actor: the board holds on to the same state. Of a closed one it keeps the line alone.

use crate::domain::aggregate::State;
use crate::domain::ids::{AccountId, ContactId, Name, ServiceGroupId, StaffUserId, WorkOrderId};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::NodeState;
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::deadline::overdue_at;
use crate::domain::work_order::state::{Outcome, Priority, Status};
use crate::engine::queues::{Only, Place, Queue, Queues, Standing};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

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
    pub contact: Option<ContactId>,
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
    pub contact: Option<ContactId>,
    pub reference: Option<Box<str>>,
    pub on_hold: Option<bool>,
    pub overdue: Option<bool>,
}

/// Where a page begins: older than this (created, id).
pub type Cursor = (Timestamp, WorkOrderId);

/// What is kept of a Work Order.
#[derive(Debug)]
enum Kept {
    Open(Arc<State>),
    Closed(Box<Row>),
}

/// What filters look at, borrowed from wherever it is.
struct Seen<'a> {
    status: Status,
    open: bool,
    priority: Priority,
    record_type: &'a Name,
    group: Option<&'a ServiceGroupId>,
    engineer: Option<&'a StaffUserId>,
    account: Option<&'a AccountId>,
    contact: Option<&'a ContactId>,
    reference: Option<&'a str>,
    on_hold: bool,
    overdue: bool,
}

/// All rows: newest first by creation.
#[derive(Debug, Default)]
pub struct Board {
    rows: HashMap<WorkOrderId, Kept>,
    order: BTreeSet<Cursor>,
    numbers: HashMap<WorkOrderNumber, WorkOrderId>,
    by_status: BTreeMap<Status, u64>,
    queues: Queues,
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
            contact: order.contact.clone(),
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
    fn matches(&self, seen: &Seen<'_>) -> bool {
        fn same<T: PartialEq + ?Sized>(wanted: Option<&T>, value: Option<&T>) -> bool {
            wanted.is_none() || wanted == value
        }
        same(self.status.as_ref(), Some(&seen.status))
            && same(self.open.as_ref(), Some(&seen.open))
            && same(self.priority.as_ref(), Some(&seen.priority))
            && same(self.record_type.as_ref(), Some(seen.record_type))
            && same(self.group.as_ref(), seen.group)
            && same(self.engineer.as_ref(), seen.engineer)
            && same(self.account.as_ref(), seen.account)
            && same(self.contact.as_ref(), seen.contact)
            && same(self.reference.as_deref(), seen.reference)
            && same(self.on_hold.as_ref(), Some(&seen.on_hold))
            && same(self.overdue.as_ref(), Some(&seen.overdue))
    }
}

impl Kept {
    fn of(state: &Arc<State>, order: &WorkOrder) -> Self {
        if order.is_open() { Self::Open(Arc::clone(state)) } else { Self::Closed(Box::new(Row::of(order))) }
    }

    /// The Work Order or the line, whichever is kept.
    fn either(&self) -> Result<&WorkOrder, Option<&Row>> {
        match self {
            Self::Open(state) => state.work_order().ok_or(None),
            Self::Closed(row) => Err(Some(row)),
        }
    }

    fn standing(&self) -> Option<Standing<'_>> {
        self.either().ok().and_then(Standing::of)
    }

    fn status(&self) -> Option<Status> {
        match self.either() {
            Ok(order) => Some(order.status()),
            Err(row) => row.map(|row| row.status),
        }
    }

    fn row(&self) -> Option<Row> {
        match self.either() {
            Ok(order) => Some(Row::of(order)),
            Err(row) => row.cloned(),
        }
    }

    fn seen(&self) -> Option<Seen<'_>> {
        Some(match self.either() {
            Ok(order) => Seen {
                status: order.status(),
                open: order.is_open(),
                priority: order.priority,
                record_type: &order.record_type,
                group: order.group.as_ref(),
                engineer: order.engineer.as_ref(),
                account: order.account.as_ref(),
                contact: order.contact.as_ref(),
                reference: order.reference.as_deref(),
                on_hold: order.hold.is_some(),
                overdue: order.visit().is_some_and(|v| v.overdue),
            },
            Err(row) => {
                let row = row?;
                Seen {
                    status: row.status,
                    open: row.outcome.is_none(),
                    priority: row.priority,
                    record_type: &row.record_type,
                    group: row.group.as_ref(),
                    engineer: row.engineer.as_ref(),
                    account: row.account.as_ref(),
                    contact: row.contact.as_ref(),
                    reference: row.reference.as_deref(),
                    on_hold: row.on_hold,
                    overdue: row.overdue,
                }
            }
        })
    }
}

impl Board {
    /// Takes the durable state of a Work Order in.
    pub fn take(&mut self, state: &Arc<State>, sequence: u64) {
        let Some(order) = state.work_order() else { return };
        *self.by_status.entry(order.status()).or_insert(0) += 1;
        let old = self.rows.insert(order.id, Kept::of(state, order));
        self.queues.change(old.as_ref().and_then(Kept::standing), Standing::of(order));
        match old {
            Some(old) => {
                if let Some(count) = old.status().and_then(|status| self.by_status.get_mut(&status)) {
                    *count -= 1;
                }
            }
            None => {
                self.order.insert((order.created_at, order.id));
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

    /// Whether there is such a Work Order.
    pub fn has(&self, id: WorkOrderId) -> bool {
        self.rows.contains_key(&id)
    }

    /// One line.
    pub fn row(&self, id: WorkOrderId) -> Option<Row> {
        self.rows.get(&id).and_then(Kept::row)
    }

    /// Up to `most` lines that match, newest first, older than the cursor; and the cursor of the next page, if there may be one.
    pub fn list(&self, filter: &Filter, after: Option<Cursor>, most: usize) -> (Vec<Row>, Option<Cursor>) {
        let mut found = Vec::new();
        let keys: Box<dyn Iterator<Item = &Cursor>> = match &after {
            Some(cursor) => Box::new(self.order.range(..*cursor).rev()),
            None => Box::new(self.order.iter().rev()),
        };
        for key in keys {
            let Some(kept) = self.rows.get(&key.1).filter(|kept| kept.seen().is_some_and(|seen| filter.matches(&seen))) else { continue };
            if found.len() == most {
                let last = found.last().map(|r: &Row| (r.created_at, r.id));
                return (found, last);
            }
            found.extend(kept.row());
        }
        (found, None)
    }

    /// Up to `most` lines of a queue, most pressing first, each with when it is overdue; and the place to go on behind, if there are
    /// more.
    pub fn pressing(&self, queue: &Queue, only: Only, after: Option<Place>, most: usize) -> (Vec<(Row, Option<Timestamp>)>, Option<Place>) {
        let (places, more) = self.queues.list(queue, only, after, most);
        let order = |place: &Place| self.rows.get(&place.id()).and_then(|kept| kept.either().ok());
        let lines = places.iter().filter_map(order).map(|order| (Row::of(order), overdue_at(order))).collect();
        (lines, places.last().copied().filter(|_| more))
    }

    /// What is counted of open Work Orders.
    pub fn queues(&self) -> &Queues {
        &self.queues
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
}
