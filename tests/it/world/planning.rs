//! Visits that are planned, moved and called off; and the calendar held against a plain list that knows the events alone.

use super::company::{self, ENGINEERS};
use super::people::administrator;
use super::world::World;
use std::collections::BTreeMap;
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::ids::{PlannedNo, StaffUserId, WorkOrderId};
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::life::Life;
use workorderd::domain::work_order::{Command as Order, Event, WorkOrder};
use workorderd::engine::calendar::{Cursor, During, Entry, OVERLAPS_MAX};

const HOUR: i64 = 3_600_000;

/// What is planned, by Work Order and number of the visit: for whom, from when until when.
#[derive(Default)]
pub struct PlanBook(BTreeMap<(WorkOrderId, PlannedNo), (StaffUserId, i64, i64)>);

/// A visit as a plain list has it: in the order of a calendar.
type Plain = (i64, StaffUserId, WorkOrderId, PlannedNo, i64);

impl PlanBook {
    /// Takes an event in, with the time of its record.
    pub fn take(&mut self, order: WorkOrderId, event: &Event, at: i64) {
        match event {
            Event::VisitPlanned { visit, engineer, from, until, .. } => {
                let last = self.0.range((order, PlannedNo(0))..=(order, PlannedNo(u32::MAX))).next_back();
                assert!(last.is_none_or(|((_, no), _)| no < visit), "the number {} of a visit is given again", visit.0);
                self.put(order, *visit, engineer, from.0, until.0);
            }
            Event::VisitMoved { visit, engineer, from, until } => {
                assert!(self.0.contains_key(&(order, *visit)), "visit {} was moved, and there is none", visit.0);
                self.put(order, *visit, engineer, from.0, until.0);
            }
            Event::VisitCancelled { visit, .. } => {
                assert!(self.0.remove(&(order, *visit)).is_some(), "visit {} was called off, and there is none", visit.0);
            }
            Event::Ended { .. } => self.0.retain(|(of, _), (_, from, _)| *of != order || *from < at),
            _ => {}
        }
    }

    fn put(&mut self, order: WorkOrderId, no: PlannedNo, engineer: &StaffUserId, from: i64, until: i64) {
        assert!(from >= 0 && from < until && until - from <= 24 * HOUR, "a visit from {from} until {until}");
        self.0.insert((order, no), (engineer.clone(), from, until));
    }

    /// After a record: the state keeps what the events tell of.
    pub fn rests(&self, order: &WorkOrder) {
        let told: Vec<_> = self.0.range((order.id, PlannedNo(0))..=(order.id, PlannedNo(u32::MAX))).collect();
        let mut kept: Vec<_> = order.planned().iter().map(|v| ((order.id, v.no), (v.engineer.clone(), v.from.0, v.until.0))).collect();
        kept.sort();
        assert!(kept.iter().map(|(key, value)| (key, value)).eq(told), "{} keeps the visits that its events tell of", order.number);
    }

    /// What stands on calendars, when only these count.
    fn standing(&self, counts: impl Fn(WorkOrderId) -> bool) -> Vec<Plain> {
        let visits = self.0.iter().filter(|((order, _), _)| counts(*order));
        let mut all: Vec<Plain> = visits.map(|((order, no), (who, from, until))| (*from, who.clone(), *order, *no, *until)).collect();
        all.sort();
        all
    }
}

fn plain(entry: &Entry) -> Plain {
    (entry.slot.from.0, entry.engineer.clone(), entry.slot.order, entry.slot.no, entry.until.0)
}

impl World {
    /// Somebody plans a visit, moves one or calls one off; at times that meet often.
    pub fn plan(&mut self, order: &WorkOrder) {
        let known = order.planned();
        let visit = known.get(self.rng.usize(..known.len() + 1)).map_or(PlannedNo(self.rng.u32(..4)), |v| v.no);
        // Full hours of the days around; now and then far away.
        let days = if self.rng.u32(..12) == 0 { self.rng.i64(-9..800) } else { self.rng.i64(-1..2) };
        let hour = self.now.0 / HOUR + days * 24 + self.rng.i64(0..24);
        let hours = if self.rng.u32(..12) == 0 { self.rng.i64(-1..30) } else { self.rng.i64(1..5) };
        let (from, until) = (Timestamp(hour * HOUR), Timestamp((hour + hours) * HOUR));
        let someone = company::user(ENGINEERS[self.rng.usize(..ENGINEERS.len())]);
        let engineer = match (&order.engineer, self.rng.u32(..6)) {
            (_, 0) => Some(someone),
            (None, 1..5) => order.owner.clone(),
            (Some(_), _) | (None, _) => None,
        };
        let command = match self.rng.u32(..6) {
            0 | 1 if !known.is_empty() => Order::MoveVisit { visit, from, until, engineer },
            2 if !known.is_empty() => Order::CancelVisit { visit, reason: self.rng.bool().then(|| self.text()) },
            3 => Order::PlanVisit { engineer, from, until, note: Some("两个人一起去".into()) },
            _ => Order::PlanVisit { engineer, from, until, note: None },
        };
        let principal = match self.rng.u32(..6) {
            0 => self.anybody(order),
            1 | 2 => self.handler(order),
            _ => administrator(),
        };
        let id = (self.rng.u32(..10) > 0).then(|| self.request_id());
        self.ask(Key::WorkOrder(order.id), principal, Command::WorkOrder(command), id, None);
    }

    /// The calendar shows what is planned in Work Orders that count: of each engineer, in each span, page by page; and what overlaps.
    pub fn check_calendar(&self) {
        let calendar = self.daemon.views.calendar();
        let life = |id| self.audit.known.get(&Key::WorkOrder(id)).and_then(|k| k.state.work_order()).map(|order| order.life);
        let all = self.audit.plans.standing(|id| life(id) == Some(Life::Normal));
        assert_eq!(calendar.len(), all.len(), "as many visits are on the calendar as are planned");
        let ever = During { from: Timestamp(i64::MIN), until: Timestamp(i64::MAX) };
        let (found, more) = calendar.page(None, ever, None, usize::MAX, |_| true);
        assert!(!more);
        assert_eq!(found.iter().map(plain).collect::<Vec<_>>(), all, "what is planned is on the calendar");
        for entry in &found {
            let (from, until) = (entry.slot.from.0, entry.until.0);
            let meets = |other: &&Plain| {
                other.1 == entry.engineer && (other.2, other.3) != (entry.slot.order, entry.slot.no) && other.0 < until && from < other.4
            };
            let others: Vec<_> = all.iter().filter(meets).map(|o| (o.0, o.2, o.3, o.4)).collect();
            let told: Vec<_> = entry.overlaps.iter().map(|(slot, until)| (slot.from.0, slot.order, slot.no, until.0)).collect();
            assert_eq!(told, others[..others.len().min(OVERLAPS_MAX)], "what overlaps a visit of {} is told", entry.engineer);
        }
        let spans = [(-30, 30), (-24, 0), (0, 1), (0, 24), (3, 27), (5, 5), (24, 24 * 900)];
        for (begin, end) in spans {
            let hour = self.now.0 / HOUR;
            let during = During { from: Timestamp((hour + begin) * HOUR), until: Timestamp((hour + end) * HOUR) };
            let within = |v: &&Plain| v.0 < during.until.0 && during.from.0 < v.4 && during.from < during.until;
            for engineer in std::iter::once(None).chain(ENGINEERS.iter().map(|id| Some(company::user(id)))) {
                let is_his = |v: &&Plain| engineer.as_ref().is_none_or(|engineer| *engineer == v.1);
                let expected: Vec<Plain> = all.iter().filter(within).filter(is_his).cloned().collect();
                let (mut pages, mut after) = (Vec::new(), None);
                loop {
                    let (page, more) = calendar.page(engineer.as_ref(), during, after.as_ref(), 2, |_| true);
                    pages.extend(page.iter().map(plain));
                    after = page.last().filter(|_| more).map(|l| Cursor { slot: l.slot, engineer: l.engineer.clone() });
                    let Some(cursor) = &after else { break };
                    assert_eq!(Cursor::read(&cursor.written()).as_ref(), Some(cursor));
                }
                assert_eq!(pages, expected, "of {engineer:?} from hour {begin} to {end}, page by page");
            }
        }
    }
}
