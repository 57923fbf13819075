//! Lists, compared with picking by hand out of what is durable: by each filter alone, by pairs of them, and page by page.

use super::people::administrator;
use super::world::World;
use std::collections::BTreeSet;
use workorderd::domain::aggregate::State;
use workorderd::domain::ids::WorkOrderId;
use workorderd::domain::work_order::life::Life;
use workorderd::domain::work_order::state::{Priority, Status};
use workorderd::engine::board::{Filter, LifeOf, Row};

/// Whether a line is what was asked for.
fn fits(filter: &Filter, row: &Row) -> bool {
    let Filter { status, open, priority, record_type, group, engineer, account, contact, reference, on_hold, overdue, owner, life } =
        filter;
    status.is_none_or(|s| s == row.status)
        && open.is_none_or(|o| o == row.outcome.is_none())
        && priority.is_none_or(|p| p == row.priority)
        && record_type.as_ref().is_none_or(|t| *t == row.record_type)
        && (group.is_none() || *group == row.group)
        && (engineer.is_none() || *engineer == row.engineer)
        && (account.is_none() || *account == row.account)
        && (contact.is_none() || *contact == row.contact)
        && (reference.is_none() || *reference == row.reference)
        && on_hold.is_none_or(|h| h == row.on_hold)
        && overdue.is_none_or(|o| o == row.overdue)
        && (owner.is_none() || *owner == row.owner)
        && match life {
            LifeOf::Normal => row.life == Life::Normal,
            LifeOf::Void => matches!(row.life, Life::Void { .. }),
            LifeOf::Deleted => row.life == Life::Deleted,
        }
}

/// One filter for everything that some line has.
fn filters(rows: &[Row]) -> Vec<Filter> {
    let none = Filter::default;
    let mut all = vec![none()];
    all.extend(Status::ALL.map(|status| Filter { status: Some(status), ..none() }));
    all.extend(Priority::ALL.map(|priority| Filter { priority: Some(priority), ..none() }));
    all.extend([LifeOf::Void, LifeOf::Deleted].map(|life| Filter { life, ..none() }));
    for yes in [true, false] {
        all.push(Filter { open: Some(yes), ..none() });
        all.push(Filter { on_hold: Some(yes), ..none() });
        all.push(Filter { overdue: Some(yes), ..none() });
    }
    for row in rows.iter().take(8) {
        all.push(Filter { record_type: Some(row.record_type.clone()), ..none() });
        all.push(Filter { group: row.group.clone(), ..none() });
        all.push(Filter { engineer: row.engineer.clone(), ..none() });
        all.push(Filter { account: row.account.clone(), ..none() });
        all.push(Filter { contact: row.contact.clone(), ..none() });
        all.push(Filter { reference: row.reference.clone(), ..none() });
        all.push(Filter { owner: row.owner.clone(), ..none() });
        all.push(Filter { engineer: row.engineer.clone(), status: Some(row.status), overdue: Some(false), ..none() });
        all.push(Filter { contact: row.contact.clone(), account: row.account.clone(), open: Some(true), ..none() });
    }
    all
}

impl World {
    /// Each list holds what fits, once, and says how many; its pages are parts of it, one behind the other.
    pub fn check_lists(&self) {
        let scope = self.scope(&administrator());
        let board = self.daemon.views.board();
        let orders = self.audit.known.values().filter_map(|known| match &known.state {
            State::WorkOrder(order) => Some(Row::of(order)),
            _ => None,
        });
        let rows: Vec<Row> = orders.collect();
        for filter in filters(&rows) {
            let expected: BTreeSet<WorkOrderId> = rows.iter().filter(|row| fits(&filter, row)).map(|row| row.id).collect();
            let whole = board.list(&scope, None, &filter, None, usize::MAX);
            let found: Vec<WorkOrderId> = whole.rows.iter().map(|row| row.id).collect();
            assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), expected, "the list by {filter:?}");
            assert_eq!((whole.total, whole.next), (expected.len() as u64, None), "{filter:?}");
            let (mut pages, mut after) = (Vec::new(), None);
            loop {
                let page = board.list(&scope, None, &filter, after, 3);
                assert_eq!(page.total, whole.total, "{filter:?}: a page knows how many there are");
                pages.extend(page.rows.iter().map(|row| row.id));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(pages, found, "{filter:?}: page by page it is the same");
        }
    }
}
