//! What may be done with a Work Order now, and what is ahead of it. Told by trying the rules themselves on a copy, so that no rule
//! is said twice: a command is possible if `decide` would accept it from that person, with a choice that makes sense.

use super::WorkOrder;
use super::call::CallTo;
use super::command::{Command, TransferTo};
use super::decide::decide;
use super::draft::Draft;
use super::edit::Edit;
use super::follow_up::{Missed, Way};
use super::labor;
use super::plan;
use super::state::{Handler, HoldReason, Outcome, Priority, RecordKind};
use super::team::Access;
use crate::domain::context::Context;
use crate::domain::definition::evaluation::{GivenAnswer, PHOTO_TYPES, Said};
use crate::domain::definition::{FieldKind, NodeSpec, ProcessNode, SopStep, TemplateField};
use crate::domain::form::given::GivenFields;
use crate::domain::form::value::StoredFile;
use crate::domain::ids::{Name, ServiceGroupId, StaffUserId};
use crate::domain::process::{NodeState, door, follow_up, handlers, on_site};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::{Span, Timestamp};

/// A command of the staff, and what it would come to if the principal gave it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible {
    /// The command's name in the protocol.
    pub command: &'static str,
    pub verdict: Verdict,
}

/// What a command would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Leads(Place),
    /// It would be accepted once this field of the form is given, with it or before.
    Asks {
        field: String,
    },
    Refused(Rejection),
}

/// Where a Work Order would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At the node where it is.
    Here,
    At {
        node: Name,
        handlers: Vec<Handler>,
    },
    Ended(Outcome),
}

/// A node after the one the Work Order is at, as things stand.
#[derive(Debug)]
pub struct Ahead<'a> {
    pub node: &'a ProcessNode,
    /// Why it would be passed over.
    pub passed_over: Option<String>,
    /// Who would handle it; empty if it is passed over.
    pub handlers: Vec<Handler>,
}

/// Every command that belongs to where the Work Order is, in the order of the protocol. The writer may still refuse one for what
/// others do at the same time: a limit of open work, say.
pub fn commands(order: &WorkOrder, cx: &Context<'_>) -> Vec<Possible> {
    let mut told = Vec::new();
    for alternatives in trials(order, cx) {
        let Some(name) = alternatives.first().map(Command::name) else { continue };
        let verdicts: Vec<Verdict> = alternatives.iter().map(|command| verdict(order, command, cx)).collect();
        let refused = |verdict: &&Verdict| matches!(verdict, Verdict::Refused(_));
        let best = verdicts.iter().find(|verdict| !refused(verdict)).or(verdicts.first()).cloned();
        match best {
            None => {}
            Some(Verdict::Refused(rejection)) if is_out_of_place(&rejection) => {}
            Some(verdict) => told.push(Possible { command: name, verdict }),
        }
    }
    told
}

/// Whether a command has no business where the Work Order is, whoever gave it.
fn is_out_of_place(rejection: &Rejection) -> bool {
    matches!(rejection, Rejection::WrongNode { .. } | Rejection::Ended { .. } | Rejection::NotOnHold | Rejection::NothingToChange)
}

fn verdict(order: &WorkOrder, command: &Command, cx: &Context<'_>) -> Verdict {
    match decide(order, command, cx) {
        Ok((after, _)) => Verdict::Leads(place(order, &after)),
        // Nothing was given, so nothing would be saved: with something it would.
        Err(Rejection::NothingToChange) if matches!(command, Command::SaveFields { .. }) => Verdict::Leads(Place::Here),
        Err(Rejection::InvalidFormField { field, rule: "required", .. }) => Verdict::Asks { field },
        Err(rejection) => Verdict::Refused(rejection),
    }
}

fn place(before: &WorkOrder, after: &WorkOrder) -> Place {
    match (after.outcome, after.visit()) {
        (Some(outcome), _) => Place::Ended(outcome),
        (None, Some(visit)) if before.visit().is_none_or(|earlier| earlier.no != visit.no) => {
            Place::At { node: visit.name.clone(), handlers: visit.handlers.clone() }
        }
        (None, _) => Place::Here,
    }
}

/// Commands to try, with choices that the directory offers; of several for the same command, one that is accepted is enough.
fn trials(order: &WorkOrder, cx: &Context<'_>) -> Vec<Vec<Command>> {
    let text = || "-".to_owned();
    let (engineer, group) = (engineer(order, cx), group(order, cx));
    let version = cx.catalogue.process(&order.process.name).map_or(order.process.version, |(_, newest)| newest.version);
    let to = |to| Command::Transfer { to, reason: Some(text()) };
    let labor_running = cx.principal.user().is_some_and(|user| labor::running(order, user).is_some());
    let save = |step| Command::SaveFields { step, fields: GivenFields::default() };
    let step_with_form = open_steps(order, cx).find(|step| step.form.is_some()).map(|step| step.name.to_string());
    let has_form = order.visit().is_some_and(|visit| visit.form.is_some());
    vec![
        group.clone().map(|group| Command::AssignToGroup { group }).into_iter().collect(),
        engineer.clone().map(|engineer| Command::AssignToEngineer { engineer, over_limit: false }).into_iter().collect(),
        vec![Command::Claim],
        vec![Command::AcceptAssignment],
        vec![Command::DeclineAssignment { reason: text() }],
        engineer.map(TransferTo::Engineer).into_iter().chain(group.map(TransferTo::Group)).map(to).collect(),
        vec![Command::TakeTask],
        vec![Command::CompleteTask { note: None, fields: GivenFields::default() }],
        has_form.then_some(None).into_iter().chain(step_with_form.map(Some)).map(save).collect(),
        steps(order, cx, |step| Command::CompleteStep {
            step: step.name.to_string(),
            location: step.location.then(|| "0,0".into()),
            note: None,
            fields: GivenFields::default(),
        }),
        steps(order, cx, |step| Command::SkipStep { step: step.name.to_string(), reason: text() }),
        labor_running.then_some(Command::StopLabor { at: None }).or(Some(Command::StartLabor { step: None })).into_iter().collect(),
        vec![Command::EnterLabor { from: Timestamp(cx.now.0 - 1), to: cx.now, step: None }],
        vec![Command::ConfirmSolved { fields: GivenFields::default() }],
        vec![Command::ConfirmNotSolved { reason: text() }],
        vec![Command::SkipEvaluation { reason: None }],
        vec![Command::RecordFollowUpAttempt { way: Way::Phone, outcome: Missed::NoAnswer, note: None }],
        vec![Command::SubmitFollowUp { way: Way::Phone, answers: answers(order, cx) }],
        vec![Command::CloseFollowUp { reason: text() }],
        colleague(order, cx).into_iter().map(|to| Command::PassFollowUpOn { to, reason: None }).collect(),
        vec![Command::Hold { reason: HoldReason::Customer, note: None }],
        vec![Command::Resume],
        vec![Command::Cancel { reason: None }],
        vec![Command::Reject { reason: text() }],
        vec![Command::MoveToVersion { version }],
        vec![Command::AddServiceRecord { kind: RecordKind::Remark, text: text() }],
        vec![Command::Edit(Box::new(Edit { priority: Some(other_priority(order)), ..Edit::default() }))],
        planning(order, cx),
        moving(order, cx).into_iter().collect(),
        order.planned().iter().take(1).map(|visit| Command::CancelVisit { visit: visit.no, reason: None }).collect(),
        calling(cx).into_iter().collect(),
        owner(order, cx).into_iter().map(|owner| Command::ChangeOwner { owner }).collect(),
        newcomer(order, cx).into_iter().map(|user| Command::AddTeamMember { user, access: Access::Read }).collect(),
        order.team.iter().take(1).map(|member| Command::RemoveTeamMember { user: member.user.clone() }).collect(),
        vec![if order.lock.is_some() { Command::Unlock } else { Command::Lock }],
        if order.life.is_normal() { vec![Command::Void { reason: text() }] } else { Vec::new() },
        if order.life.is_normal() { Vec::new() } else { vec![Command::Restore] },
        if order.life.is_normal() { Vec::new() } else { vec![Command::Delete { reason: text() }] },
    ]
}

/// Answers that the template of the follow-up takes.
fn answers(order: &WorkOrder, cx: &Context<'_>) -> Vec<GivenAnswer> {
    let Some(NodeState::FollowUp(state)) = order.visit().map(|visit| &visit.state) else { return Vec::new() };
    let answer = |field: &TemplateField| {
        let value = match &field.kind {
            FieldKind::Rating { .. } => Said::from("1"),
            FieldKind::Text => "-".into(),
            FieldKind::Choice { options } => Said::Text(options.first().map(|option| option.name.clone()).unwrap_or_default()),
            FieldKind::YesNo => "yes".into(),
            // A photo that somebody has: none is brought for an explanation.
            FieldKind::Photos { .. } => Said::Photo(StoredFile {
                hash: "".into(),
                size: 1,
                media_type: PHOTO_TYPES[0].into(),
                name: PersonalText(Some("-".into())),
            }),
        };
        (field.name.as_str().into(), value)
    };
    cx.catalogue.pinned_template(&state.template).into_iter().flat_map(|template| &template.fields).map(answer).collect()
}

/// Somebody else who could follow up; else whoever there is, who is refused with why.
fn colleague(order: &WorkOrder, cx: &Context<'_>) -> Option<StaffUserId> {
    let Some(NodeState::FollowUp(state)) = order.visit().map(|visit| &visit.state) else { return None };
    let draft = Draft::new(order.clone(), cx);
    let others = || cx.directory.staff_users().map(|user| &user.id).filter(|user| state.person.as_ref() != Some(*user));
    others().find(|user| follow_up::may_follow_up(user, &draft) == Ok(true)).or_else(|| others().next()).cloned()
}

/// A visit by whoever it is assigned to, or by the first who could go.
fn planning(order: &WorkOrder, cx: &Context<'_>) -> Vec<Command> {
    let plan = |engineer| Command::PlanVisit { engineer, from: cx.now, until: cx.now.plus(Span::hours(1)), note: None };
    let other = cx.directory.staff_users().map(|user| &user.id).find(|user| plan::can_go(user, order, cx).is_ok());
    std::iter::once(plan(None)).chain(other.cloned().map(Some).map(plan)).collect()
}

/// Of no interest to who has no account for it.
fn calling(cx: &Context<'_>) -> Option<Command> {
    cx.directory.staff_user(cx.principal.user()?)?.call_account.as_ref()?;
    Some(Command::StartCall { to: CallTo::Anybody })
}

/// The first planned visit, at another time.
fn moving(order: &WorkOrder, cx: &Context<'_>) -> Option<Command> {
    let visit = order.planned().first()?;
    let (from, until) = (cx.now.plus(Span::hours(1)), cx.now.plus(Span::hours(2)));
    let until = if (visit.from, visit.until) == (from, until) { until.plus(Span::hours(1)) } else { until };
    Some(Command::MoveVisit { visit: visit.no, from, until, engineer: None })
}

/// A command on each step of the open visit that is not settled.
fn steps(order: &WorkOrder, cx: &Context<'_>, command: impl Fn(&SopStep) -> Command) -> Vec<Command> {
    open_steps(order, cx).map(command).collect()
}

/// The steps of the open visit that are not settled.
fn open_steps<'a>(order: &'a WorkOrder, cx: &Context<'a>) -> impl Iterator<Item = &'a SopStep> {
    let state = order.visit().and_then(|visit| match &visit.state {
        NodeState::OnSite(state) => Some(&**state),
        NodeState::Assign(_)
        | NodeState::Accept(_)
        | NodeState::Task(_)
        | NodeState::Confirm(_)
        | NodeState::Evaluate(_)
        | NodeState::FollowUp(_) => None,
    });
    let steps = state.and_then(|state| on_site::sop(state, cx.catalogue)).into_iter().flat_map(|sop| &sop.steps);
    steps.filter(move |step| state.is_some_and(|state| state.settled(&step.name).is_none()))
}

/// Another priority than it has.
fn other_priority(order: &WorkOrder) -> Priority {
    if order.priority == Priority::Normal { Priority::High } else { Priority::Normal }
}

/// Somebody else who could be responsible.
fn owner(order: &WorkOrder, cx: &Context<'_>) -> Option<StaffUserId> {
    let other = |user: &&StaffUserId| cx.directory.active(user).is_some() && order.owner.as_ref() != Some(*user);
    cx.directory.staff_users().map(|user| &user.id).find(other).cloned()
}

/// Somebody who could join the team.
fn newcomer(order: &WorkOrder, cx: &Context<'_>) -> Option<StaffUserId> {
    let on = |user: &StaffUserId| order.owner.as_ref() == Some(user) || order.team.iter().any(|member| member.user == *user);
    cx.directory.staff_users().map(|user| &user.id).find(|user| cx.directory.active(user).is_some() && !on(user)).cloned()
}

/// Somebody the work could go to: of its service group, if it is in one, and not whoever has it.
fn engineer(order: &WorkOrder, cx: &Context<'_>) -> Option<StaffUserId> {
    let other = |user: &&StaffUserId| cx.directory.active(user).is_some() && order.engineer.as_ref() != Some(*user);
    match order.group.as_ref().and_then(|group| cx.directory.group(group)) {
        Some(group) => group.members.iter().chain(&group.leader).find(other).cloned(),
        None => cx.directory.staff_users().map(|user| &user.id).find(other).cloned(),
    }
}

fn group(order: &WorkOrder, cx: &Context<'_>) -> Option<ServiceGroupId> {
    cx.directory
        .groups()
        .find(|(id, _)| cx.directory.active_group(id).is_some() && order.group.as_ref() != Some(*id))
        .map(|(id, _)| id.clone())
}

/// The nodes after the one it is at, were it passed on now. None, if it has ended.
pub fn ahead<'a>(order: &WorkOrder, cx: &'a Context<'a>) -> Vec<Ahead<'a>> {
    let draft = Draft::new(order.clone(), cx);
    let (Some(visit), Ok(process)) = (order.visit(), draft.process()) else { return Vec::new() };
    let after = process.nodes.iter().skip(usize::from(visit.node.0) + 1);
    let told = after.map(|node| {
        let passed_over = door::passes_over(&draft, node);
        let named = if let NodeSpec::FollowUp(spec) = &node.spec { follow_up::would_handle(&draft, spec) } else { None };
        let handlers = match &passed_over {
            Some(_) => Vec::new(),
            None => named.unwrap_or_else(|| handlers::resolve(node, order, cx.directory).0),
        };
        Ahead { node, passed_over, handlers }
    });
    told.collect()
}
