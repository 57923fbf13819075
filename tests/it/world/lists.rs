//! Lists, compared with picking by hand out of what is durable: by each filter alone, by pairs of them, and page by page.

use super::people::administrator;
use super::world::World;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use workorderd::domain::form::sought;
use workorderd::domain::ids::{StaffUserId, WorkOrderId};
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::WorkOrder;
use workorderd::domain::work_order::life::Life;
use workorderd::domain::work_order::state::{Party, Priority, Status};
use workorderd::engine::listing::{Ask, FieldIs, Filter, LifeOf, Listed};
use workorderd::engine::row::Row;
use workorderd::engine::sorting::Sort;

/// Whether a line is what was asked for.
fn fits(filter: &Filter, order: &WorkOrder) -> bool {
    let Filter {
        status,
        open,
        priority,
        record_type,
        group,
        engineer,
        account,
        contact,
        reference,
        on_hold,
        overdue,
        owner,
        submitter,
        created_from,
        created_until,
        fields,
        not_types,
        life,
    } = filter;
    let row = Row::of(order);
    let raised = |user: &StaffUserId| row.submitter == Party::Staff(user.clone()) || row.created_by.as_ref() == Some(user);
    let has = |wanted: &FieldIs| {
        let mut has = false;
        sought::each(&order.fields, |field, column, text| {
            has |= *field == wanted.field && column == wanted.column.as_ref() && text == wanted.text;
        });
        has
    };
    status.is_none_or(|s| s == row.status)
        && open.is_none_or(|o| o == row.outcome.is_none())
        && priority.is_none_or(|p| p == row.priority)
        && record_type.as_ref().is_none_or(|t| *t == row.record_type)
        && !not_types.contains(&row.record_type)
        && (group.is_none() || *group == row.group)
        && (engineer.is_none() || *engineer == row.engineer)
        && (account.is_none() || *account == row.account)
        && (contact.is_none() || *contact == row.contact)
        && (reference.is_none() || reference.as_deref() == row.reference.as_ref().and_then(|text| text.0.as_deref()))
        && on_hold.is_none_or(|h| h == row.on_hold)
        && overdue.is_none_or(|o| o == row.overdue)
        && (owner.is_none() || *owner == row.owner)
        && submitter.as_ref().is_none_or(raised)
        && created_from.is_none_or(|from| from <= row.created_at)
        && created_until.is_none_or(|until| row.created_at < until)
        && fields.iter().all(has)
        && match life {
            LifeOf::Normal => row.life == Life::Normal,
            LifeOf::Void => matches!(row.life, Life::Void { .. }),
            LifeOf::Deleted => row.life == Life::Deleted,
        }
}

/// One filter for everything that some line has.
fn filters(orders: &[&WorkOrder]) -> Vec<Filter> {
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
    for order in orders.iter().take(8) {
        let row = Row::of(order);
        all.push(Filter { record_type: Some(row.record_type.clone()), ..none() });
        all.push(Filter { not_types: vec![row.record_type.clone()], ..none() });
        all.push(Filter { group: row.group.clone(), ..none() });
        all.push(Filter { engineer: row.engineer.clone(), ..none() });
        all.push(Filter { account: row.account.clone(), ..none() });
        all.push(Filter { contact: row.contact.clone(), ..none() });
        all.push(Filter { reference: row.reference.clone().and_then(|text| text.0), ..none() });
        all.push(Filter { owner: row.owner.clone(), ..none() });
        all.push(Filter { submitter: row.created_by.clone(), ..none() });
        all.push(Filter { created_from: Some(row.created_at), ..none() });
        all.push(Filter { created_until: Some(row.created_at), ..none() });
        let ever = Timestamp(row.created_at.0 + 86_400_000);
        all.push(Filter { created_from: Some(row.created_at), created_until: Some(ever), ..none() });
        all.push(Filter { created_from: Some(ever), created_until: Some(row.created_at), ..none() });
        let mut fields = Vec::new();
        sought::each(&order.fields, |field, column, text| {
            fields.push(FieldIs { field: field.clone(), column: column.cloned(), text: text.to_owned() });
        });
        all.extend(fields.chunks(1).chain(fields.chunks(3)).map(|fields| Filter { fields: fields.to_vec(), ..none() }));
        all.push(Filter { engineer: row.engineer.clone(), status: Some(row.status), overdue: Some(false), ..none() });
        all.push(Filter { contact: row.contact.clone(), account: row.account.clone(), open: Some(true), ..none() });
    }
    all
}

fn ids(listed: &Listed) -> Vec<WorkOrderId> {
    listed.rows.iter().map(|row| row.id).collect()
}

impl World {
    /// Each list holds what fits, once, and says how many; its pages are parts of it, one behind the other.
    pub fn check_lists(&self) {
        let scope = self.scope(&administrator());
        let board = self.daemon.views.board();
        let known: BTreeMap<WorkOrderId, (&WorkOrder, u64)> = self
            .audit
            .known
            .values()
            .filter_map(|known| known.state.work_order().map(|order| (order.id, (order, known.sequence))))
            .collect();
        let orders: Vec<&WorkOrder> = known.values().map(|(order, _)| *order).collect();
        for filter in filters(&orders) {
            let expected: BTreeSet<WorkOrderId> = orders.iter().filter(|order| fits(&filter, order)).map(|order| order.id).collect();
            let newest: Vec<WorkOrderId> = ids(&board.list(&scope, &Ask::all(&filter)));
            assert_eq!(newest.iter().copied().collect::<BTreeSet<_>>(), expected, "the list by {filter:?}");
            for sort in Sort::ALL {
                let ask = Ask { sort, ..Ask::all(&filter) };
                let whole = board.list(&scope, &ask);
                let found = ids(&whole);
                let mut sorted = newest.clone();
                match sort {
                    Sort::Newest => {}
                    Sort::Oldest => sorted.reverse(),
                    Sort::Priority => sorted.sort_by_key(|id| Reverse(known[id].0.priority)),
                    Sort::Changed => sorted.sort_by_key(|id| Reverse(known[id].1)),
                }
                assert_eq!(found, sorted, "{sort:?} of {filter:?}");
                assert_eq!((whole.total, whole.next), (expected.len() as u64, None), "{filter:?}");
                let (mut pages, mut after) = (Vec::new(), None);
                loop {
                    let page = board.list(&scope, &Ask { after, most: 3, ..ask });
                    assert_eq!(page.total, whole.total, "{filter:?}: a page knows how many there are");
                    pages.extend(ids(&page));
                    after = page.next;
                    let Some(next) = after else { break };
                    assert_eq!(next.to_string().parse(), Ok(next));
                }
                assert_eq!(pages, found, "{filter:?}: page by page it is the same");
            }
        }
    }
}
