//! The promises, compared: what the daemon holds and shows against what the journal says.
//!
//! Cheap ones after each group, all of them at rest and after each crash. None of them asks the rules.

use super::audit::Known;
use super::people::administrator;
use super::work::Work;
use super::world::World;
use std::collections::{BTreeMap, BTreeSet};
use workorderd::codec;
use workorderd::domain::aggregate::{Key, State};
use workorderd::domain::ids::{DepartmentId, ServiceGroupId, StaffUserId, WorkOrderId};
use workorderd::domain::work_order::WorkOrder;
use workorderd::engine::queues::{Counts, Only, Queue};
use workorderd::engine::row::Row;
use workorderd::engine::schedule::{Parked, Timer};
use workorderd::engine::suspects::CRASHES_MAX;
use workorderd::runtime::step;

impl World {
    /// After each group: the end of the chain, and what lists and timers show of the last step.
    pub fn check_each_step(&self) {
        let head = self.daemon.journal.head();
        assert_eq!((head.sequence, head.hash), (self.audit.lines.len() as u64, self.audit.head()), "the head is the last record");
        assert_eq!(self.daemon.views.board().through(), head.sequence, "lists show everything up to the head");
        if let Some(line) = self.audit.lines.last()
            && let Some(State::WorkOrder(order)) = self.audit.known.get(&line.key).map(|k| &k.state)
        {
            assert_eq!(self.daemon.views.board().row(order.id), Some(Row::of(order)), "the list shows the last step");
        }
    }

    /// Holds at any moment: views are a function of what is durable, no more and no less.
    pub fn check_views(&self) {
        self.check_each_step();
        let board = self.daemon.views.board();
        let mut expected = BTreeSet::new();
        let mut orders = 0;
        for known in self.audit.known.values() {
            if let State::Contact(contact) = &known.state
                && let Some(sign_ins) = &contact.sign_ins
            {
                expected.extend(known.state.deadlines().into_iter().map(|(due, deadline)| Timer { due, of: sign_ins.id.into(), deadline }));
            }
            let State::WorkOrder(order) = &known.state else { continue };
            orders += 1;
            assert_eq!(board.row(order.id), Some(Row::of(order)), "the board shows {} as it is", order.number);
            assert_eq!(board.find(&order.number.0), Some(order.id), "{} is found by its number", order.number);
            expected.extend(known.state.deadlines().into_iter().map(|(due, deadline)| Timer { due, of: order.id.into(), deadline }));
        }
        assert_eq!(board.len(), orders, "the board shows no more than there is");
        drop(board);
        let scope = self.scope(&administrator());
        let counted: u64 = self.daemon.views.board().counts(&scope).map(|(_, n)| n).sum();
        let void = |known: &&Known| known.state.work_order().is_some_and(|order| !order.life.is_normal());
        let void = self.audit.known.values().filter(void).count();
        assert_eq!(counted, (orders - void) as u64, "counts by status add up");
        self.check_sight();
        self.check_customers_sight();
        self.check_queues();
        self.check_follow_ups();
        self.check_lists();
        self.check_calendar();
        let set: BTreeSet<Timer> = self.daemon.views.schedule().all().collect();
        let parked: Vec<_> = self.daemon.views.schedule().parked().collect();
        let innocent = |(timer, why): &(Timer, Parked)| match why {
            // Others may have been fired alone at three crashes by chance; nothing is lost of them.
            Parked::Crashed { times } => *times < CRASHES_MAX || self.life < CRASHES_MAX,
            Parked::Failed { .. } => self.poison != Some(*timer),
        };
        assert!(!parked.iter().any(innocent), "timers were parked though nothing is wrong with them: {parked:?}");
        let lost: Vec<_> = expected.difference(&set).collect();
        let stray: Vec<_> = set.difference(&expected).collect();
        assert!(lost.is_empty() && stray.is_empty(), "timers are those of the states; lost: {lost:?}, stray: {stray:?}");
        self.check_reference();
    }

    /// Counted and sorted anew from what is durable, the queues are the same.
    fn check_queues(&self) {
        let scope = self.scope(&administrator());
        let board = self.daemon.views.board();
        let states = self.audit.known.values().filter_map(|known| known.state.work_order());
        let open: Vec<_> = states.filter(|order| order.is_open() && order.life.is_normal()).collect();
        let overdue = |order: &WorkOrder| order.visit().is_some_and(|v| v.overdue);
        let mut expected: BTreeMap<Option<&ServiceGroupId>, Counts> = BTreeMap::new();
        for order in &open {
            let counts = expected.entry(order.group.as_ref()).or_default();
            counts.open += 1;
            counts.unassigned += u64::from(order.engineer.is_none());
            counts.overdue += u64::from(overdue(order));
        }
        assert_eq!(board.group_queues(&scope).collect::<BTreeMap<_, _>>(), expected, "the queues count what is open");
        for engineer in open.iter().filter_map(|order| order.engineer.clone()).collect::<BTreeSet<_>>() {
            let his = open.iter().filter(|order| order.engineer.as_ref() == Some(&engineer)).count() as u64;
            assert_eq!(board.queue(&scope, &Queue::Engineer(engineer)).open, his, "the queue of an engineer counts what is open");
        }
        let (lines, more) = board.pressing(&scope, &Queue::All, Only::default(), None, usize::MAX);
        assert!(more.is_none() && lines.len() == open.len(), "every open Work Order is in the queue of all, once");
        let pressing = lines.iter().map(|(row, due)| (!row.overdue, due.map_or(i64::MAX, |due| due.0)));
        assert!(pressing.is_sorted_by_key(|(calm, due)| if calm { (1, due) } else { (0, due) }), "the most pressing come first");
        let (lines, _) = board.pressing(&scope, &Queue::All, Only { overdue: true, unassigned: true }, None, usize::MAX);
        let wanted = open.iter().filter(|order| overdue(order) && order.engineer.is_none()).count();
        assert_eq!(lines.len(), wanted, "those overdue and without an engineer");
    }

    fn check_reference(&self) {
        let reference = self.daemon.views.reference();
        let states = self.audit.known.values().map(|known| &known.state);
        super::companies::check(states, &reference.directory);
        for known in self.audit.known.values() {
            let same = match &known.state {
                State::Installation(installation) => reference.installation.as_ref() == Some(installation),
                State::Catalogue(catalogue) => reference.catalogue == **catalogue,
                State::StaffUser(user) => reference.directory.staff_user(&user.id) == Some(user),
                State::Account(account) => reference.directory.account(&account.id) == Some(account),
                State::Contact(contact) => reference.directory.contact(&contact.id) == Some(contact),
                State::Department(department) => reference.directory.department(&department.id) == Some(department),
                State::Product(product) => reference.directory.product(&product.id) == Some(product),
                State::Terminal(terminal) => reference.directory.terminal(&terminal.id) == Some(terminal),
                State::UserGroup(group) => reference.directory.user_group(&group.id) == Some(group),
                State::ServiceProvider(provider) => reference.directory.provider(&provider.id) == Some(provider),
                State::ServiceGroup(group) => reference.directory.group(&group.id) == Some(&group.as_members()),
                State::WorkOrder(_) => true,
            };
            assert!(same, "{} is looked up as it is", known.state.key());
        }
    }

    /// Holds at rest: cells and store are what the journal says, groups agree with Work Orders, nobody waits.
    pub fn check_at_rest(&self) {
        self.check_views();
        for (key, cell) in &self.daemon.cells {
            let entity = cell.durable();
            let Some(known) = self.audit.known.get(key) else {
                assert!(entity.state.is_none() && entity.revision == 0, "{key} has a state without a record");
                continue;
            };
            assert!(cell.is_idle(), "{key} waits for something at rest");
            let place = (entity.revision, entity.position, entity.sequence);
            assert_eq!(place, (known.revision, known.position, known.sequence), "the cell of {key} stands at its last record");
            assert_eq!(entity.state.as_deref(), Some(&known.state), "the cell of {key} is the fold of its history");
            let recent: Vec<_> = entity.recent.iter().map(|a| (a.request.id.clone(), a.request.digest, a.receipt)).collect();
            assert_eq!(recent, known.recent, "{key} remembers its requests");
        }
        for (key, known) in &self.audit.known {
            assert!(!known.state.is_resident() || self.daemon.cells.contains_key(key), "{key} has no cell");
            let bytes = codec::key::encode(key);
            assert!(self.daemon.pending.get(&bytes).is_none(), "{key} is in the store at rest");
            let row = self.store.get(&bytes).unwrap_or_else(|| panic!("{key} is not in the store"));
            let entity = step::decode_row(&row).expect("a row can be read");
            assert_eq!((entity.revision, entity.state.as_deref()), (known.revision, Some(&known.state)), "the row of {key} is its newest");
            assert_eq!(entity.recent.len(), known.recent.len(), "the row of {key} remembers its requests");
        }
        let applied = self.daemon.pending.applied_through().sequence;
        assert_eq!(applied, self.audit.lines.len() as u64, "the store is complete at rest");
        self.check_groups();
        self.check_labor();
        let told = self.daemon.views.messages().sms();
        assert_eq!((told.used, told.total), self.audit.sms(), "the quota is what the journal says");
        self.check_reporting_lines();
        self.check_calls();
        assert_eq!(self.clients.waiting(), 0, "everybody was answered: {:?}", self.daemon.is_idle());
        self.clients.check(&self.audit);
        for (intent, story) in &self.audit.mails {
            let tries = self.post.tries.get(intent).copied().unwrap_or(0) + u32::from(story.ended.is_some());
            assert!(story.tried <= tries, "mail {intent:?}: {} outcomes of {tries} attempts were recorded", story.tried);
        }
    }

    /// Nobody is their own superior, and no department stands below itself, however far up (reading 19).
    fn check_reporting_lines(&self) {
        let reference = self.daemon.views.reference();
        for user in reference.directory.staff_users() {
            let above = |id: &StaffUserId| reference.directory.staff_user(id).and_then(|u| u.superior.clone());
            let mut line = std::iter::successors(user.superior.clone(), above).take(100);
            assert!(line.all(|id| id != user.id), "{} is their own superior", user.id);
        }
        for department in reference.directory.departments() {
            let above = |id: &DepartmentId| reference.directory.department(id).and_then(|d| d.parent.clone());
            let mut line = std::iter::successors(department.parent.clone(), above).take(100);
            assert!(line.all(|id| id != department.id), "{} stands below itself", department.id);
        }
    }

    fn check_labor(&self) {
        let told = self.daemon.views.labor().told(None, None, usize::MAX, |_| true);
        assert_eq!(told.iter().map(|(id, _)| id).collect::<Vec<_>>(), self.audit.labor.engineers(), "who has labor");
        for (engineer, total) in &told {
            let shown = (total.ended.0 as i64, total.intervals as usize, total.running.len());
            assert_eq!(shown, self.audit.labor.sum(engineer), "the labor of {engineer} is what the journal says");
        }
    }

    fn check_groups(&self) {
        type Load = (u32, BTreeMap<StaffUserId, u32>);
        let mut loads: BTreeMap<&ServiceGroupId, Load> = BTreeMap::new();
        for order in self.audit.known.values().filter_map(|known| known.state.work_order()) {
            assert_eq!(order.asks_for_turn(), None, "{} waits for whose turn it is at rest", order.number);
        }
        for known in self.audit.known.values() {
            let Some((group, engineer)) =
                known.state.work_order().filter(|o| Work::is_open_work(o)).and_then(|o| Some((o.group.as_ref()?, o.engineer.clone())))
            else {
                continue;
            };
            assert_eq!(known.state.work_order().and_then(|o| o.ask()), None, "{} waits for a choice at rest", known.state.key());
            let load = loads.entry(group).or_default();
            load.0 += 1;
            if let Some(engineer) = engineer {
                *load.1.entry(engineer).or_default() += 1;
            }
        }
        assert_eq!(self.daemon.views.delivery().waiting(), 0, "all messages were delivered");
        for (key, known) in &self.audit.known {
            let (Key::ServiceGroup(id), State::ServiceGroup(group)) = (key, &known.state) else { continue };
            let expected = loads.remove(id).unwrap_or_default();
            assert!(group.offers.is_empty(), "{key} has choices under way at rest: {:?}", group.offers);
            assert_eq!((group.open, group.open_by_engineer.clone()), expected, "{key} counts the work that Work Orders say it has");
        }
    }

    /// At the very end: time has passed all deadlines, and nothing is open any more.
    pub fn check_the_end(&self) {
        self.check_at_rest();
        self.clients.check_refused(&self.audit);
        for (intent, story) in &self.audit.mails {
            let order = self.audit.known.get(&Key::WorkOrder(WorkOrderId(intent.0.0))).and_then(|known| known.state.work_order());
            let waits_for_ever = order.is_some_and(|order| !order.life.is_normal());
            assert!(story.is_over() || waits_for_ever, "mail {intent:?} never ended");
        }
        assert!(self.daemon.views.schedule().is_empty(), "timers are left: {:?}", self.daemon.views.schedule().all().collect::<Vec<_>>());
    }
}
