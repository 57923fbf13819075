//! One line of a list: what is shown of a Work Order where there are many, and all that is kept in memory of one that has ended.

use crate::domain::ids::{AccountId, ContactId, Name, ServiceGroupId, StaffUserId, WorkOrderId};
use crate::domain::may::relation::Subject;
use crate::domain::number::WorkOrderNumber;
use crate::domain::process::NodeState;
use crate::domain::text::PersonalText;
use crate::domain::time::Timestamp;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::life::Life;
use crate::domain::work_order::mail::Mail;
use crate::domain::work_order::state::{Outcome, Party, Priority, Status};
use crate::domain::work_order::team::TeamMember;
use crate::domain::work_order::to_do::PersonalToDo;

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
    pub reference: Option<PersonalText>,
    pub created_at: Timestamp,
    pub on_hold: bool,
    pub overdue: bool,
    /// A mandatory evaluation is awaited.
    pub gate: bool,
    /// A mail failed for good.
    pub mail_trouble: bool,
    pub owner: Option<StaffUserId>,
    pub team: Vec<TeamMember>,
    pub submitter: Party,
    pub created_by: Option<StaffUserId>,
    pub life: Life,
    pub locked: bool,
    /// What waits for one person beside the node.
    pub to_dos: Option<Box<[PersonalToDo]>>,
}

impl Row {
    /// The line of a Work Order.
    pub fn of(order: &WorkOrder) -> Self {
        let gate = matches!(order.visit().map(|v| &v.state), Some(NodeState::Evaluate(state)) if state.mandatory);
        // A channel that failed is no trouble where another one reached the customer, or is about to.
        let reached = |m: &Mail| {
            let of_same = order.mails.iter().filter(|other| m.invitation.is_some() && other.invitation == m.invitation);
            of_same.clone().any(|other| other.status.has_arrived() || !other.status.is_settled())
        };
        let failed = |m: &Mail| m.status.has_failed() && !reached(m);
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
            owner: order.owner.clone(),
            team: order.team.clone(),
            submitter: order.submitter.clone(),
            created_by: order.created_by.clone(),
            life: order.life,
            locked: order.lock.is_some(),
            to_dos: Some(order.to_dos()).filter(|all| !all.is_empty()).map(Into::into),
        }
    }

    /// What the gates look at, of a Work Order that has ended.
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            record_type: &self.record_type,
            life: self.life,
            owner: self.owner.as_ref(),
            team: &self.team,
            submitter: &self.submitter,
            account: self.account.as_ref(),
            contact: self.contact.as_ref(),
            created_by: self.created_by.as_ref(),
            engineer: self.engineer.as_ref(),
            group: self.group.as_ref(),
            handlers: &[],
        }
    }
}
