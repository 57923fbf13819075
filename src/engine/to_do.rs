//! The to-do list of somebody (OPS-4): what waits at nodes for them, by name or as one of many; and what waits for them alone.

use crate::domain::ids::StaffUserId;
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::notice::NoticeKind;
use crate::domain::work_order::state::Handler;
use crate::domain::work_order::to_do::PersonalToDo;
use crate::engine::row::Row;

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToDo {
    pub row: Row,
    pub kind: NoticeKind,
    pub since: Timestamp,
    /// It waits for a role or a group of theirs: whoever takes it first has it.
    pub claimable: bool,
    /// It waits for them alone; none: at the node.
    pub personal: Option<PersonalToDo>,
}

/// A page of the list; Work Orders are counted, of which each may have several entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToDos {
    pub list: Vec<ToDo>,
    pub next: Option<crate::engine::sorting::Cursor>,
    pub total: u64,
}

/// What waits at the node of a Work Order that they handle.
pub fn at_node(order: &WorkOrder, me: Option<&StaffUserId>, row: Row) -> Option<ToDo> {
    let visit = order.visit()?;
    let named = |handler: &Handler| match handler {
        Handler::User(user) => Some(user) == me,
        Handler::Leader(_) | Handler::Submitter => true,
        Handler::Role(_) | Handler::Members(_) => false,
    };
    let taken = visit.state.task().is_some_and(|task| task.taken_by.is_some());
    let kind = if visit.overdue { NoticeKind::Overdue } else { visit.came };
    let claimable = !taken && !visit.handlers.iter().any(named);
    Some(ToDo { row, kind, since: visit.entered_at, claimable, personal: None })
}

/// What waits for them alone.
pub fn personal<'a>(to_dos: &'a [PersonalToDo], me: &'a StaffUserId, row: &'a Row) -> impl Iterator<Item = ToDo> + 'a {
    let mine = to_dos.iter().filter(move |to_do| to_do.user == *me && to_do.waits());
    mine.map(|to_do| ToDo { row: row.clone(), kind: to_do.kind, since: to_do.at, claimable: false, personal: Some(to_do.clone()) })
}
