//! The one door: the only place where a Work Order leaves a node, and where the mandatory gate is kept (promise 4, EVA-10).
//!
//! Nothing else makes `NodeLeft` or `NodeEntered`. `verify` proves the same from the history, without this code.

use super::{NodeState, accept, assign, confirm, evaluate, follow_up, handlers, on_site, task};
use crate::domain::definition::{NodeSpec, ProcessNode};
use crate::domain::ids::{NodeIndex, VisitNo};
use crate::domain::principal::Principal;
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::Span;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event;
use crate::domain::work_order::fields;
use crate::domain::work_order::labor;
use crate::domain::work_order::notice::NoticeKind;
use crate::domain::work_order::state::{Exit, FrozenLimits, Handler, Outcome, Visit};

/// A node to go back to, and the one who is to act there, if it is not the preset handlers.
#[derive(Debug)]
pub struct Back {
    pub node: NodeIndex,
    pub handler: Option<Handler>,
}

/// Leaves the node the Work Order is at and goes on to the next one whose condition holds, or to the end.
pub fn leave_to_next(draft: &mut Draft<'_>, exit: Exit, reason: Option<PersonalText>) -> Result<(), Rejection> {
    let from = leave(draft, exit, reason)?;
    enter_from(draft, from.0 + 1)
}

/// Leaves the node and goes back to an earlier one.
pub fn leave_back(draft: &mut Draft<'_>, exit: Exit, reason: Option<PersonalText>, back: Back) -> Result<(), Rejection> {
    leave(draft, exit, reason)?;
    let process = draft.process()?;
    let node = process.node(back.node).ok_or(Rejection::NotAllowedHere { what: "going back to a node the process does not have" })?;
    let came = if exit == Exit::NotSolved { NoticeKind::Returned } else { NoticeKind::PassedOn };
    enter(draft, node, back.node, back.handler, came)
}

/// Enters the first node, at creation.
pub fn enter_first(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    enter_from(draft, 0)
}

/// The gate: which exits a node allows.
fn leave(draft: &mut Draft<'_>, exit: Exit, reason: Option<PersonalText>) -> Result<NodeIndex, Rejection> {
    let visit = draft.open_visit()?;
    if let NodeState::Evaluate(state) = &visit.state
        && !mutant!("gate-open")
    {
        match exit {
            Exit::Evaluated | Exit::AutoCompleted => {}
            Exit::Skipped if state.mandatory => return Err(Rejection::EvaluationMissing),
            Exit::Skipped if !state.skip => return Err(Rejection::SkipNotOffered),
            Exit::Skipped => {}
            Exit::Assigned
            | Exit::AssignedByRule
            | Exit::Accepted
            | Exit::AutoAccepted
            | Exit::Declined
            | Exit::Transferred
            | Exit::Completed
            | Exit::Solved
            | Exit::AutoConfirmed
            | Exit::NotSolved
            | Exit::FollowedUp
            | Exit::NotReached
            | Exit::AutoClosed => return Err(Rejection::EvaluationMissing),
        }
    }
    match exit {
        // Passed on by a person: the node's form must be filled in. By itself, back, or by a customer, who is not shown it: it need not.
        Exit::Assigned | Exit::Accepted | Exit::Completed => fields::complete(draft)?,
        Exit::Solved if matches!(draft.cx.principal, Principal::Staff { .. }) => fields::complete(draft)?,
        Exit::AssignedByRule
        | Exit::AutoAccepted
        | Exit::Declined
        | Exit::Transferred
        | Exit::Solved
        | Exit::AutoConfirmed
        | Exit::NotSolved
        | Exit::Evaluated
        | Exit::Skipped
        | Exit::AutoCompleted
        | Exit::FollowedUp
        | Exit::NotReached
        | Exit::AutoClosed => {}
    }
    let visit = draft.open_visit()?;
    let (node, no) = (visit.node, visit.no);
    labor::stop_all(draft);
    draft.push(Event::NodeLeft { node, visit: no, exit, reason });
    Ok(node)
}

fn enter_from(draft: &mut Draft<'_>, first: u16) -> Result<(), Rejection> {
    let process = draft.process()?;
    for (index, node) in process.nodes.iter().enumerate().skip(usize::from(first)) {
        let index = NodeIndex(index as u16);
        if let Some(reason) = passes_over(draft, node) {
            pass_over(draft, node, index, &reason);
            continue;
        }
        enter(draft, node, index, None, NoticeKind::New)?;
        return match &node.spec {
            NodeSpec::Assign(spec) => assign::entered(draft, spec),
            NodeSpec::Accept(_)
            | NodeSpec::Task(_)
            | NodeSpec::OnSite(_)
            | NodeSpec::Confirm(_)
            | NodeSpec::Evaluate(_)
            | NodeSpec::FollowUp(_) => Ok(()),
        };
    }
    draft.push(Event::Ended { outcome: Outcome::Completed, reason: None });
    Ok(())
}

/// Why a node would be passed over, were it reached as things stand.
pub fn passes_over(draft: &Draft<'_>, node: &ProcessNode) -> Option<String> {
    if let Some(why) = node.condition.why_not(&draft.order) {
        return Some(format!("its condition does not hold: {why}"));
    }
    match &node.spec {
        NodeSpec::Evaluate(spec) => match evaluate::open(draft, spec) {
            evaluate::Opening::PassOver(reason) => Some(reason.to_owned()),
            evaluate::Opening::Enter(..) => None,
        },
        NodeSpec::FollowUp(spec) => match follow_up::open(draft, spec) {
            follow_up::Opening::PassOver(reason) => Some(reason.to_owned()),
            follow_up::Opening::Enter(_) => None,
        },
        NodeSpec::Assign(_) | NodeSpec::Accept(_) | NodeSpec::Task(_) | NodeSpec::OnSite(_) | NodeSpec::Confirm(_) => None,
    }
}

fn pass_over(draft: &mut Draft<'_>, node: &ProcessNode, index: NodeIndex, reason: &str) {
    draft.push(Event::NodePassedOver { node: index, name: node.name.clone(), reason: reason.into() });
}

fn enter(draft: &mut Draft<'_>, node: &ProcessNode, index: NodeIndex, only: Option<Handler>, came: NoticeKind) -> Result<(), Rejection> {
    let mut chosen = only.map(|handler| vec![handler]);
    let mut evaluation = None;
    let state = match &node.spec {
        NodeSpec::Assign(spec) => NodeState::Assign(assign::open(spec)),
        NodeSpec::Accept(spec) => NodeState::Accept(accept::open(spec)),
        NodeSpec::Task(spec) => NodeState::Task(task::open(spec)),
        NodeSpec::OnSite(spec) => NodeState::OnSite(Box::new(on_site::open(spec, draft.cx.catalogue))),
        NodeSpec::Confirm(spec) => NodeState::Confirm(confirm::open(spec)),
        NodeSpec::Evaluate(spec) => match evaluate::open(draft, spec) {
            evaluate::Opening::Enter(state, plan) => {
                evaluation = Some((state.clone(), plan));
                NodeState::Evaluate(state)
            }
            evaluate::Opening::PassOver(reason) => return Err(Rejection::NotAllowedHere { what: reason }),
        },
        NodeSpec::FollowUp(spec) => match follow_up::open(draft, spec) {
            follow_up::Opening::Enter(state) => {
                chosen = chosen.or_else(|| follow_up::handlers(&state));
                NodeState::FollowUp(state)
            }
            follow_up::Opening::PassOver(reason) => return Err(Rejection::NotAllowedHere { what: reason }),
        },
    };
    let (handlers, fallback) = match chosen {
        Some(handlers) => (handlers, None),
        None => handlers::resolve(node, &draft.order, draft.cx.directory),
    };
    let visit = Visit {
        node: index,
        name: node.name.clone(),
        no: VisitNo(draft.order.visits + 1),
        entered_at: draft.cx.now,
        came,
        handlers,
        fallback,
        limits: freeze(node, draft),
        stood_still: Span(0),
        reminded: 0,
        overdue: false,
        form: node.form.as_ref().and_then(|form| draft.cx.catalogue.form(form)).map(|(_, pin)| pin),
        state,
    };
    draft.push(Event::NodeEntered(Box::new(visit)));
    if let NodeSpec::Confirm(spec) = &node.spec {
        confirm::entered(draft, spec);
    }
    if let Some((state, plan)) = evaluation {
        evaluate::entered(draft, &state, *plan);
    }
    Ok(())
}

fn freeze(node: &ProcessNode, draft: &Draft<'_>) -> FrozenLimits {
    let limits = &node.limits;
    FrozenLimits {
        remind_after: limits.remind_after.clone(),
        remind: limits.remind.iter().flat_map(|spec| handlers::resolve_one(spec, &draft.order, draft.cx.directory)).collect(),
        overdue_after: limits.overdue_after,
        escalate_to: limits
            .escalate_to
            .as_ref()
            .map(|spec| handlers::resolve_one(spec, &draft.order, draft.cx.directory))
            .unwrap_or_default(),
        auto_complete_after: limits.auto_complete_after,
        stand_still_on_hold: limits.stand_still_on_hold,
        message: limits.message.as_ref().and_then(|name| draft.cx.catalogue.message(name)),
        customer_message: limits.customer_message.as_ref().and_then(|name| draft.cx.catalogue.message(name)),
    }
}

/// The node's time is up: what "by itself" means for each kind (EVA-11, CNF-4, reading 8).
pub fn complete_by_itself(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    let visit = draft.open_visit()?;
    match &visit.state {
        NodeState::Evaluate(_) => leave_to_next(draft, Exit::AutoCompleted, None),
        NodeState::Confirm(_) => leave_to_next(draft, Exit::AutoConfirmed, None),
        NodeState::FollowUp(_) => leave_to_next(draft, Exit::AutoClosed, None),
        NodeState::Accept(_) => accept::accept_by_itself(draft),
        NodeState::Assign(_) | NodeState::Task(_) | NodeState::OnSite(_) => Err(Rejection::TimerStale),
    }
}
