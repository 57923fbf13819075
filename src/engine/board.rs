//! The board: what lists show of every Work Order, fed by durable records, rebuilt at start.
//!
//! An open Work Order is in memory anyway, for its actor: the board holds on to the same state. Of a closed one it keeps the line alone.

use crate::domain::aggregate::State;
use crate::domain::context::Context;
use crate::domain::ids::{ServiceGroupId, WorkOrderId};
use crate::domain::may::{self, relation::Subject};
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::NodeState;
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::deadline::overdue_at;
use crate::domain::work_order::state::{Handler, Status};
use crate::engine::columns::{Columns, Found, Seen, Shared};
use crate::engine::listing::{Ask, Filter, Listed};
use crate::engine::queues::{Counts, Only, Place, Queue, Queues, Standing};
use crate::engine::row::Row;
use crate::engine::scope::Scope;
use crate::engine::sorting::{Cursor, Sort, Times};
use crate::engine::to_do::{self, ToDos};
use roaring::RoaringBitmap;
use std::collections::HashMap;
use std::sync::Arc;

/// What is kept of a Work Order.
#[derive(Debug)]
enum Kept {
    Open(Arc<State>),
    Closed(Box<Closed>),
}

#[derive(Debug)]
struct Closed {
    row: Row,
    /// What it is found by in its fields.
    fields: Box<[u64]>,
}

/// Taken in at a start, not at its place yet.
#[derive(Debug)]
struct Loading {
    kept: Kept,
    age: (Timestamp, WorkOrderId),
    /// Of its last record.
    sequence: u64,
}

/// All rows, each at its place: in the order in which they came, those of a start by creation.
#[derive(Debug, Default)]
pub struct Board {
    kept: Vec<Kept>,
    places: HashMap<WorkOrderId, u32>,
    numbers: HashMap<WorkOrderNumber, u32>,
    columns: Columns,
    queues: Queues,
    times: Times,
    /// What was taken in at a start so far.
    loading: Vec<Loading>,
    through: u64,
}

impl Kept {
    fn of(state: &Arc<State>, order: &WorkOrder, columns: &Columns) -> Self {
        if order.is_open() {
            return Self::Open(Arc::clone(state));
        }
        let fields = if mutant!("closed-lose-their-fields") { Box::default() } else { columns.hashes(&order.fields) };
        Self::Closed(Box::new(Closed { row: Row::of(order), fields }))
    }

    /// The Work Order or the line, whichever is kept.
    fn either(&self) -> Result<&WorkOrder, Option<&Row>> {
        match self {
            Self::Open(state) => state.work_order().ok_or(None),
            Self::Closed(closed) => Err(Some(&closed.row)),
        }
    }

    fn fields(&self) -> Found<'_> {
        match self {
            Self::Open(state) => state.work_order().map_or(Found::Hashes(&[]), |order| Found::Values(&order.fields)),
            Self::Closed(closed) => Found::Hashes(&closed.fields),
        }
    }

    fn standing(&self) -> Option<Standing<'_>> {
        self.either().ok().and_then(Standing::of)
    }

    fn subject(&self) -> Option<Subject<'_>> {
        match self.either() {
            Ok(order) => Some(Subject::of(order)),
            Err(row) => row.map(Row::subject),
        }
    }

    /// By what it is sorted at a start.
    fn age(&self) -> Option<(Timestamp, WorkOrderId)> {
        match self.either() {
            Ok(order) => Some((order.created_at, order.id)),
            Err(row) => row.map(|row| (row.created_at, row.id)),
        }
    }

    fn number(&self) -> Option<&WorkOrderNumber> {
        match self.either() {
            Ok(order) => Some(&order.number),
            Err(row) => row.map(|row| &row.number),
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
                subject: Subject::of(order),
                account: order.account.as_ref(),
                contact: order.contact.as_ref(),
                reference: order.reference.as_ref().and_then(|text| text.0.as_deref()),
                on_hold: order.hold.is_some(),
                overdue: order.visit().is_some_and(|v| v.overdue),
                fields: self.fields(),
                to_dos: order.to_dos(),
                taken_by: order.visit().and_then(|v| v.state.task()?.taken_by.as_ref()),
                follow_up: order.visit().is_some_and(|v| matches!(v.state, NodeState::FollowUp(_))),
            },
            Err(row) => {
                let row = row?;
                Seen {
                    status: row.status,
                    open: row.outcome.is_none(),
                    priority: row.priority,
                    subject: row.subject(),
                    account: row.account.as_ref(),
                    contact: row.contact.as_ref(),
                    reference: row.reference.as_ref().and_then(|text| text.0.as_deref()),
                    on_hold: row.on_hold,
                    overdue: row.overdue,
                    fields: self.fields(),
                    to_dos: row.to_dos.as_deref().unwrap_or_default(),
                    taken_by: None,
                    follow_up: false,
                }
            }
        })
    }
}

impl Board {
    /// Takes a stored state in, at start, each Work Order once. Nothing is shown of it before [`Board::loaded`].
    pub fn load(&mut self, state: &Arc<State>, sequence: u64) {
        let Some(order) = state.work_order() else { return };
        self.loading.push(Loading { kept: Kept::of(state, order, &self.columns), age: (order.created_at, order.id), sequence });
        self.through = self.through.max(sequence);
    }

    /// All that is stored was taken in. What is made of the states goes through them as they came, which is about how they lie in
    /// memory: in the order of their places it would wait for memory at each.
    pub fn loaded(&mut self) {
        let loaded = std::mem::take(&mut self.loading);
        let mut ages: Vec<_> = (0_u32..).zip(&loaded).map(|(index, one)| (one.age, index)).collect();
        ages.sort_unstable();
        let mut place_of = vec![0_u32; loaded.len()];
        for (place, (_, index)) in (0..).zip(&ages) {
            place_of[*index as usize] = place;
        }
        let placed = || place_of.iter().copied().zip(&loaded);
        let Self { places, numbers, columns, queues, times, .. } = self;
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for (place, (age, index)) in (0..).zip(&ages) {
                    times.put(place, age.0, loaded[*index as usize].sequence);
                }
                places.reserve(loaded.len());
                numbers.reserve(loaded.len());
                for (place, one) in placed() {
                    places.insert(one.age.1, place);
                    numbers.extend(one.kept.number().map(|number| (number.clone(), place)));
                }
                queues.load(loaded.iter().filter_map(|one| one.kept.standing()));
            });
            columns.load(placed().filter_map(|(place, one)| Some((place, one.kept.seen()?))));
        });
        let mut loaded: Vec<_> = loaded.into_iter().map(|one| Some(one.kept)).collect();
        self.kept.extend(ages.iter().filter_map(|(_, index)| loaded[*index as usize].take()));
    }

    /// Takes the durable state of a Work Order in.
    pub fn take(&mut self, state: &Arc<State>, sequence: u64) {
        let Some(order) = state.work_order() else { return };
        let new = Kept::of(state, order, &self.columns);
        let place = self.places.get(&order.id).copied().unwrap_or(self.kept.len() as u32);
        let old = self.kept.get_mut(place as usize);
        self.queues.change(old.as_ref().and_then(|old| old.standing()), Standing::of(order));
        if let Some(seen) = new.seen() {
            self.columns.change(place, old.as_ref().and_then(|old| old.seen()).as_ref(), &seen);
        }
        self.times.put(place, order.created_at, sequence);
        match old {
            Some(old) => *old = new,
            None => {
                self.kept.push(new);
                self.places.insert(order.id, place);
                self.numbers.insert(order.number.clone(), place);
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

    fn kept(&self, id: WorkOrderId) -> Option<&Kept> {
        self.kept.get(*self.places.get(&id)? as usize)
    }

    /// The Work Order of a number.
    pub fn find(&self, number: &str) -> Option<WorkOrderId> {
        let place = self.numbers.get(&WorkOrderNumber(number.into()))?;
        self.kept.get(*place as usize).and_then(Kept::age).map(|(_, id)| id)
    }

    /// Whether there is such a Work Order.
    pub fn has(&self, id: WorkOrderId) -> bool {
        self.places.contains_key(&id)
    }

    /// One line.
    pub fn row(&self, id: WorkOrderId) -> Option<Row> {
        self.kept(id).and_then(Kept::row)
    }

    /// One that has not ended.
    pub fn open_order(&self, id: WorkOrderId) -> Option<&WorkOrder> {
        self.kept(id)?.either().ok()
    }

    /// Its number.
    pub fn number(&self, id: WorkOrderId) -> Option<&WorkOrderNumber> {
        self.kept(id).and_then(Kept::number)
    }

    /// What the gates look at.
    pub fn subject(&self, id: WorkOrderId) -> Option<Subject<'_>> {
        self.kept(id).and_then(Kept::subject)
    }

    /// Whether there is such a Work Order and who acts may see it.
    pub fn sees(&self, id: WorkOrderId, cx: &Context<'_>) -> bool {
        self.subject(id).is_some_and(|subject| may::sees(&subject, cx))
    }

    /// A page of those that match and may be seen.
    pub fn list(&self, scope: &Scope, ask: &Ask<'_>) -> Listed {
        let filter = ask.filter;
        let mut matching = self.columns.matching(filter);
        if filter.created_from.is_some() || filter.created_until.is_some() {
            matching &= self.times.created_within(filter.created_from, filter.created_until);
        }
        if let Some(handler) = ask.handler {
            matching &= handler.handled(&self.columns);
        }
        scope.narrow(&mut matching, &self.columns);
        if let Some(scene) = ask.scene {
            scene.narrow(&mut matching, &self.columns, scope);
        }
        let total = matching.len();
        let behind = ask.after.and_then(|after| Some((after.key, *self.places.get(&after.id)?)));
        let (places, more) = self.times.page(matching, ask.sort, behind, ask.most, &self.columns);
        let cursor = |place: &u32| {
            let (_, id) = self.kept.get(*place as usize)?.age()?;
            Some(Cursor { key: self.times.key(ask.sort, *place, &self.columns), id })
        };
        let next = places.last().filter(|_| more).and_then(cursor);
        let rows = places.iter().filter_map(|place| self.kept.get(*place as usize).and_then(Kept::row)).collect();
        Listed { rows, next, total }
    }

    /// A page of what waits for somebody; a Work Order that they no longer see is not among it.
    pub fn to_dos(&self, scope: &Scope, sort: Sort, after: Option<Cursor>, most: usize) -> ToDos {
        let mut matching = self.columns.matching(&Filter::default()) & scope.waiting(&self.columns);
        scope.narrow(&mut matching, &self.columns);
        let (total, handled) = (matching.len(), scope.waiting_at_nodes(&self.columns));
        let behind = after.and_then(|after| Some((after.key, *self.places.get(&after.id)?)));
        let (places, more) = self.times.page(matching, sort, behind, most, &self.columns);
        let cursor = |place: &u32| {
            let (_, id) = self.kept.get(*place as usize)?.age()?;
            Some(Cursor { key: self.times.key(sort, *place, &self.columns), id })
        };
        let next = places.last().filter(|_| more).and_then(cursor);
        let mut list = Vec::new();
        for place in places {
            let Some((kept, row)) = self.kept.get(place as usize).and_then(|kept| Some((kept, kept.row()?))) else { continue };
            if let Ok(order) = kept.either()
                && handled.contains(place)
            {
                list.extend(to_do::at_node(order, scope.me(), row.clone()));
            }
            if let Some(me) = scope.me() {
                list.extend(to_do::personal(row.to_dos.as_deref().unwrap_or_default(), me, &row));
            }
        }
        ToDos { list, next, total }
    }

    /// A page of the follow-ups that are open and may be seen, how many there are, and where it goes on; `mine`: only those that wait for
    /// who asks by name.
    pub fn follow_ups(
        &self,
        scope: &Scope,
        mine: bool,
        sort: Sort,
        after: Option<Cursor>,
        most: usize,
    ) -> (Vec<&WorkOrder>, u64, Option<Cursor>) {
        let mut matching = self.columns.matching(&Filter::default()) & self.columns.any_of([Shared::FollowUp]);
        if mine {
            matching &= self.columns.any_of(scope.me().cloned().map(Handler::User).map(Shared::Handler));
        }
        scope.narrow(&mut matching, &self.columns);
        let total = matching.len();
        let behind = after.and_then(|after| Some((after.key, *self.places.get(&after.id)?)));
        let (places, more) = self.times.page(matching, sort, behind, most, &self.columns);
        let orders: Vec<&WorkOrder> = places.iter().filter_map(|place| self.kept.get(*place as usize)?.either().ok()).collect();
        let cursor = |place: &u32| {
            let (_, id) = self.kept.get(*place as usize)?.age()?;
            Some(Cursor { key: self.times.key(sort, *place, &self.columns), id })
        };
        (orders, total, places.last().filter(|_| more).and_then(cursor))
    }

    /// Up to `most` lines of a queue, most pressing first, of what may be seen, each with when it is overdue; and the place to go on
    /// behind, if there are more.
    pub fn pressing(
        &self,
        scope: &Scope,
        queue: &Queue,
        only: Only,
        after: Option<Place>,
        most: usize,
    ) -> (Vec<(Row, Option<Timestamp>)>, Option<Place>) {
        let order = |place: &Place| self.kept(place.id()).and_then(|kept| kept.either().ok());
        let lines = |places: &[Place]| places.iter().filter_map(order).map(|order| (Row::of(order), overdue_at(order))).collect();
        if scope.sees_all() {
            let (places, more) = self.queues.list(queue, only, after, most);
            return (lines(&places), places.last().copied().filter(|_| more));
        }
        let open = self.open(scope, queue, only);
        let standing = open.iter().filter_map(|place| self.kept.get(place as usize)?.standing());
        let mut places: Vec<Place> = standing.map(Standing::place).filter(|place| after.is_none_or(|after| *place > after)).collect();
        let more = places.len() > most;
        if more {
            places.select_nth_unstable(most);
            places.truncate(most);
        }
        places.sort_unstable();
        (lines(&places), places.last().copied().filter(|_| more))
    }

    /// The open ones of a queue that may be seen.
    fn open(&self, scope: &Scope, queue: &Queue, only: Only) -> RoaringBitmap {
        let flag = |only: bool| only.then_some(true);
        let mut filter = Filter { open: Some(true), overdue: flag(only.overdue), ..Filter::default() };
        let mut also = only.unassigned.then_some(Shared::Unassigned);
        match queue {
            Queue::All => {}
            Queue::Group(Some(group)) => filter.group = Some(group.clone()),
            Queue::Group(None) => also = also.or(Some(Shared::NoGroup)),
            Queue::Engineer(engineer) => filter.engineer = Some(engineer.clone()),
        }
        let mut open = self.columns.matching(&filter);
        if *queue == Queue::Group(None) {
            open &= self.columns.any_of([Shared::NoGroup]);
        }
        if let Some(also) = also {
            open &= self.columns.any_of([also]);
        }
        scope.narrow(&mut open, &self.columns);
        open
    }

    /// What is counted of the open Work Orders of a queue that may be seen.
    pub fn queue(&self, scope: &Scope, queue: &Queue) -> Counts {
        if scope.sees_all() {
            return self.queues.counts(queue);
        }
        let open = self.open(scope, queue, Only::default());
        let having = |what| self.columns.having(&what).map_or(0, |bitmap| open.intersection_len(bitmap));
        Counts { open: open.len(), unassigned: having(Shared::Unassigned), overdue: having(Shared::Overdue) }
    }

    /// The same of each service group that has any, and of those of none.
    pub fn group_queues<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (Option<&'a ServiceGroupId>, Counts)> + 'a {
        let counted = self
            .queues
            .groups()
            .map(move |(group, counts)| (group, if scope.sees_all() { counts } else { self.queue(scope, &Queue::Group(group.cloned())) }));
        counted.filter(|(_, counts)| counts.open > 0)
    }

    /// How many Work Orders that may be seen are in each status that any is in.
    pub fn counts<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = (Status, u64)> + 'a {
        let counted = Status::ALL.into_iter().map(move |status| {
            let mut found = self.columns.matching(&Filter { status: Some(status), ..Filter::default() });
            scope.narrow(&mut found, &self.columns);
            (status, found.len())
        });
        counted.filter(|(_, count)| *count > 0)
    }

    /// The numbers of open ones for which something holds, whoever asks: goes through all of them.
    pub fn open_for(&self, holds: impl Fn(&WorkOrder) -> bool) -> Vec<WorkOrderNumber> {
        let open = self.kept.iter().filter_map(|kept| kept.either().ok()).filter(|order| order.life.is_normal());
        open.filter(|order| holds(order)).map(|order| order.number.clone()).collect()
    }

    /// How many are open, whoever asks: for the status line.
    pub fn open_count(&self) -> u64 {
        self.columns.matching(&Filter { open: Some(true), ..Filter::default() }).len()
    }

    /// How many Work Orders there are.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }
}
