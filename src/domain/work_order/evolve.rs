//! The only writer of a Work Order's state: events in, state out. Total, without rules, without a clock.

use super::call;
use super::edit;
use super::event::{Created, Event};
use super::field_work::{FieldWork, ServiceRecord};
use super::follow_up::{self, Attempt};
use super::labor::Labor;
use super::life::{self, Life, Lock};
use super::mail::{MailStatus, SETTLED_KEPT};
use super::notice::NoticeKind;
use super::personal;
use super::plan::{self, PlannedVisit};
use super::state::{Hold, WorkOrder};
use super::team::{self, Access, TeamMember};
use super::to_do;
use crate::domain::definition::VersionedName;
use crate::domain::ids::{NodeIndex, StaffUserId, VisitNo};
use crate::domain::process::{NodeEvent, NodeState, accept, assign, confirm, follow_up as following, task};
use crate::domain::time::{Span, Timestamp};
use crate::domain::work_order::state::Handler;

/// The state that the first event makes.
pub fn create(created: &Created, at: Timestamp) -> WorkOrder {
    WorkOrder {
        id: created.id,
        number: created.number.clone(),
        record_type: created.record_type.clone(),
        process: created.process.clone(),
        subject: created.subject.clone(),
        description: created.description.clone(),
        reference: created.reference.clone(),
        account: created.account.clone(),
        contact: created.contact.clone(),
        region: created.region.clone(),
        priority: created.priority,
        channel: created.channel,
        entry_point: created.entry_point,
        submitter: created.submitter.clone(),
        created_by: created.created_by.clone(),
        created_at: at,
        owner: created.created_by.clone(),
        team: Vec::new(),
        life: Life::Normal,
        lock: None,
        group: None,
        engineer: None,
        assigned_by: None,
        assigned_at: None,
        visit: None,
        visits: 0,
        passed_over: Vec::new(),
        reached: None,
        hold: None,
        held_total: Span(0),
        first_accepted_at: None,
        first_completed_at: None,
        last_completed_at: None,
        last_completed_by: None,
        last_completed_node: None,
        reopened: 0,
        reassigned: 0,
        outcome: None,
        ended_at: None,
        invitations: Vec::new(),
        evaluations: Vec::new(),
        mails: Vec::new(),
        mails_made: 0,
        sms_segments: 0,
        fields: created.fields.clone(),
        forms: created.form.iter().cloned().collect(),
        field_work: None,
        to_dos: None,
        attempts: None,
        calls: None,
    }
}

/// Takes one event in. `at` is the time of its record.
pub fn evolve(order: &mut WorkOrder, event: &Event, at: Timestamp) {
    match event {
        Event::Created(created) => *order = create(created, at),
        Event::NodePassedOver { node, .. } => {
            forget_way_from(order, *node);
            order.passed_over.push(*node);
            order.reached = Some(*node);
        }
        Event::ServiceRecordAdded { kind, by, text } => {
            field_work(order).note(ServiceRecord { at, kind: *kind, by: by.clone(), text: text.clone() });
        }
        Event::LaborStarted { engineer, from, step, may_overlap } => {
            let labor = Labor { engineer: engineer.clone(), from: *from, to: None, step: step.clone(), may_overlap: *may_overlap };
            field_work(order).begin(labor);
        }
        Event::LaborStopped { engineer, to } => field_work(order).end(engineer, *to),
        Event::LaborEntered { engineer, from, to, step, may_overlap } => {
            let labor = Labor { engineer: engineer.clone(), from: *from, to: Some(*to), step: step.clone(), may_overlap: *may_overlap };
            field_work(order).begin(labor);
        }
        Event::NodeEntered(visit) => {
            order.visits = visit.no.0;
            forget_way_from(order, visit.node);
            order.reached = Some(visit.node);
            if let (NodeState::Assign(_), Some(_)) = (&visit.state, &order.engineer) {
                order.engineer = None;
            }
            if let Some(form) = &visit.form {
                know_form(order, form);
            }
            order.visit = Some((**visit).clone());
        }
        Event::Node(event) => node(order, event, at),
        Event::NodeLeft { visit, exit, .. } => {
            resume(order, at);
            leave(order);
            if *exit == super::state::Exit::NotSolved {
                order.reopened += 1;
            }
            cancel_mails(order, Some(*visit), at);
        }
        Event::Invited(invitation) => {
            order.invitations.reserve_exact(1);
            order.invitations.push(invitation.clone());
        }
        Event::EvaluationRecorded(evaluation) => {
            if let Some(invitation) = order.invitations.iter_mut().find(|i| Some(i.no) == evaluation.invitation) {
                invitation.used += 1;
            }
            order.evaluations.push(evaluation.clone());
        }
        Event::Held { reason, .. } => order.hold = Some(Hold { reason: *reason, since: at }),
        Event::Resumed => resume(order, at),
        Event::Ended { outcome, .. } => {
            resume(order, at);
            leave(order);
            order.outcome = Some(*outcome);
            order.ended_at = Some(at);
            plan::take_ended(order, at);
            match outcome {
                super::state::Outcome::Completed => {}
                super::state::Outcome::Cancelled | super::state::Outcome::Rejected => cancel_mails(order, None, at),
            }
        }
        Event::MovedToVersion { version, node } => {
            order.process.version = *version;
            if let Some(visit) = &mut order.visit {
                visit.node = *node;
            }
        }
        Event::Reminded { times, .. } => {
            if let Some(visit) = &mut order.visit {
                visit.reminded = *times;
            }
        }
        Event::BecameOverdue { .. } => {
            if let Some(visit) = &mut order.visit {
                visit.overdue = true;
            }
        }
        Event::MailQueued(mail) => {
            order.mails_made = mail.no.0;
            order.mails.reserve_exact(1);
            order.mails.push((**mail).clone());
            forget_settled(order);
        }
        Event::MailTried { mail, status, .. } => {
            if let Some(mail) = order.mails.iter_mut().find(|m| m.no == *mail) {
                mail.attempts += 1;
                let given_back = mail.status.given_back(status);
                order.sms_segments = order.sms_segments.saturating_sub(if mutant!("quota-not-given-back") { 0 } else { given_back });
                mail.status = status.clone();
            }
            forget_settled(order);
        }
        Event::MailBegun { mail, segments } => {
            if let Some(mail) = order.mails.iter_mut().find(|m| m.no == *mail)
                && let Some(due) = mail.due()
            {
                mail.status = MailStatus::Begun { due, segments: *segments };
                order.sms_segments = order.sms_segments.saturating_add(*segments);
            }
        }
        Event::CallStarted { call } => call::take_started(order, call),
        Event::CallTold { call, status, .. } => call::take_told(order, *call, status),
        Event::FieldsSaved { form, changes } => {
            know_form(order, form);
            super::fields::take(&mut order.fields, changes);
        }
        Event::OwnerChanged { owner } => {
            team::take_owner(order, owner);
            order.reassigned += 1;
        }
        Event::TeamMemberAdded(member) => team::join(order, member.clone()),
        Event::TeamMemberRemoved { user } => order.team.retain(|member| member.user != *user),
        Event::Locked { by } => order.lock = Some(Box::new(Lock { by: by.clone(), since: at })),
        Event::Unlocked => order.lock = None,
        Event::Voided { .. } => life::take_voided(order, at),
        Event::Restored => life::take_restored(order, at),
        Event::Deleted { .. } => order.life = Life::Deleted,
        Event::Edited(edited) => edit::take(order, edited),
        Event::ToDoMade(to_do) => to_do::take_made(order, to_do),
        Event::ToDoFinished { no } => to_do::take_finished(order, *no),
        Event::ReminderDue { no } => to_do::take_due(order, *no, at),
        Event::VisitPlanned { visit, engineer, from, until, note } => field_work(order).plan(PlannedVisit {
            no: *visit,
            engineer: engineer.clone(),
            from: *from,
            until: *until,
            note: note.clone(),
            moved: 0,
            changed_at: at,
        }),
        Event::VisitMoved { visit, engineer, from, until } => {
            if let Some(planned) = field_work(order).planned.iter_mut().find(|v| v.no == *visit) {
                planned.engineer.clone_from(engineer);
                (planned.from, planned.until, planned.changed_at) = (*from, *until, at);
                planned.moved += 1;
            }
        }
        Event::VisitCancelled { visit, .. } => field_work(order).planned.retain(|v| v.no != *visit),
        Event::PersonErased { who, whole } => personal::erase(order, who, *whole, at),
    }
}

/// The forms that were to be filled in, each in its latest version here.
fn know_form(order: &mut WorkOrder, form: &VersionedName) {
    if order.forms.last() != Some(form) {
        order.forms.retain(|known| known.name != form.name);
        order.forms.push(form.clone());
    }
}

/// Going back to a node: what lay behind it is ahead again.
fn forget_way_from(order: &mut WorkOrder, node: NodeIndex) {
    order.passed_over.retain(|passed| *passed < node);
}

fn node(order: &mut WorkOrder, event: &NodeEvent, at: Timestamp) {
    match event {
        NodeEvent::Assign(assign::Event::GroupChosen { group, handler, ask, .. }) => {
            if order.group.as_ref().is_some_and(|g| g != group) {
                order.reassigned += 1;
            }
            order.group = Some(group.clone());
            if let Some(visit) = &mut order.visit {
                visit.handlers = vec![handler.clone()];
                if let NodeState::Assign(state) = &mut visit.state {
                    state.ask.clone_from(ask);
                }
            }
        }
        NodeEvent::Assign(assign::Event::NotChosen { .. }) => {
            if let Some(NodeState::Assign(state)) = order.visit.as_mut().map(|v| &mut v.state) {
                state.ask = None;
            }
        }
        NodeEvent::Assign(assign::Event::EngineerChosen { engineer, by, at, .. }) => {
            order.engineer = Some(engineer.clone());
            order.assigned_by.clone_from(by);
            if let Some(by) = by {
                team::join(order, TeamMember { user: by.clone(), access: Access::ReadWrite });
            }
            if let Some(NodeState::Assign(_)) = order.visit.as_ref().map(|v| &v.state) {
                order.assigned_at = Some(*at);
            } else {
                // Chosen from a task node it is a transfer, and the place to go back to stays the assign node.
                order.reassigned += 1;
            }
        }
        NodeEvent::Accept(accept::Event::Accepted { engineer }) => {
            if let Some(engineer) = engineer {
                order.engineer = Some(engineer.clone());
                team::take_owner(order, engineer);
            }
            order.first_accepted_at.get_or_insert(at);
        }
        NodeEvent::Accept(accept::Event::Transferred { engineer, .. }) | NodeEvent::Task(task::Event::Transferred { engineer, .. }) => {
            let former = order.engineer.replace(engineer.clone()).map(Handler::User);
            order.reassigned += 1;
            if let Some(visit) = &mut order.visit {
                // The new engineer in place of the former one; preset handlers stay (reading 13).
                let new = Handler::User(engineer.clone());
                visit.handlers.retain(|handler| Some(handler) != former.as_ref() && *handler != new);
                visit.handlers.insert(0, new);
                visit.came = NoticeKind::PassedOn;
                if let Some(task) = visit.state.task_mut() {
                    task.taken_by = None;
                }
            }
        }
        NodeEvent::Task(task::Event::Taken { by }) => {
            if let Some(state) = order.visit.as_mut().and_then(|v| v.state.task_mut()) {
                state.taken_by = Some(by.clone());
            }
        }
        NodeEvent::Task(task::Event::Completed { by, at: node, .. }) => {
            order.first_completed_at.get_or_insert(at);
            order.last_completed_at = Some(at);
            order.last_completed_by.clone_from(by);
            order.last_completed_node = Some(*node);
        }
        NodeEvent::OnSite(event) => {
            if let Some(NodeState::OnSite(state)) = order.visit.as_mut().map(|v| &mut v.state) {
                state.evolve(event, at);
            }
        }
        NodeEvent::Confirm(confirm::Event::Solved | confirm::Event::NotSolved { .. }) => {}
        NodeEvent::FollowUp(following::Event::PersonChosen { person, .. }) => to_follow_up(order, person),
        NodeEvent::FollowUp(following::Event::Taken { by }) => to_follow_up(order, by),
        NodeEvent::FollowUp(following::Event::PassedOn { to, .. }) => {
            to_follow_up(order, to);
            if let Some(visit) = &mut order.visit {
                visit.came = NoticeKind::PassedOn;
            }
        }
        NodeEvent::FollowUp(following::Event::NobodyChosen { why }) => {
            if let Some(NodeState::FollowUp(state)) = order.visit.as_mut().map(|v| &mut v.state) {
                (state.ask, state.nobody) = (None, Some(why.clone()));
            }
        }
        NodeEvent::FollowUp(following::Event::Attempted { by, way, outcome, note }) => {
            let Some(visit) = order.visit().map(|v| v.no) else { return };
            follow_up::take(order, Attempt { visit, at, by: by.clone(), way: *way, outcome: *outcome, note: note.clone() });
        }
    }
}

/// The follow-up is theirs, and nobody else's.
fn to_follow_up(order: &mut WorkOrder, person: &StaffUserId) {
    let Some(visit) = &mut order.visit else { return };
    visit.handlers = vec![Handler::User(person.clone())];
    visit.fallback = None;
    if let NodeState::FollowUp(state) = &mut visit.state {
        (state.ask, state.nobody, state.person) = (None, None, Some(person.clone()));
    }
}

fn field_work(order: &mut WorkOrder) -> &mut FieldWork {
    order.field_work.get_or_insert_default()
}

/// The visit is over; the checklist of an on-site one is kept.
fn leave(order: &mut WorkOrder) {
    if let Some(NodeState::OnSite(state)) = order.visit.take().map(|v| v.state) {
        field_work(order).last_visit = Some(state);
    }
}

/// Ends the hold, if there is one; time during which the limits stood still is remembered in the visit.
fn resume(order: &mut WorkOrder, at: Timestamp) {
    let Some(hold) = order.hold.take() else { return };
    let held = at.since(hold.since);
    order.held_total = Span(order.held_total.0 + held.0);
    if let Some(visit) = &mut order.visit
        && visit.limits.stand_still_on_hold
    {
        let since = at.since(hold.since.max(visit.entered_at));
        visit.stood_still = Span(visit.stood_still.0 + since.0);
    }
}

/// Mails that carry a link of the visit (of any visit, if none is given) and were not sent yet are no longer wanted; nor are notices of
/// a node that has been left.
fn cancel_mails(order: &mut WorkOrder, left: Option<VisitNo>, at: Timestamp) {
    let invitations = &order.invitations;
    for mail in order.mails.iter_mut().filter(|m| !m.status.is_settled()) {
        let visit = mail.invitation.and_then(|no| invitations.iter().find(|i| i.no == no)).map(|i| i.visit);
        let over = mail.notice.is_some_and(NoticeKind::is_of_node) && !mutant!("told-of-what-is-over");
        if (over || visit.is_some() && (left.is_none() || visit == left))
            && let Some(called_off) = mail.status.called_off(at)
        {
            mail.status = called_off;
        }
    }
}

fn forget_settled(order: &mut WorkOrder) {
    let settled = order.mails.iter().filter(|m| m.status.is_settled()).count();
    if settled > SETTLED_KEPT
        && let Some(oldest) = order.mails.iter().position(|m| m.status.is_settled())
    {
        order.mails.remove(oldest);
    }
}
