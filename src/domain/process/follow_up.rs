//! Node kind "follow-up": one of the staff asks the customer after the work, and records the answers as an evaluation (FUP-2, FUP-4).
//!
//! Template and person are worked out when the node is entered and frozen (reading 2). Where a service group takes turns it is asked as
//! by an assign node; until it has answered, and where nobody can be chosen, the handlers of the node are there for whoever takes it.
//! It is no gate of a mandatory evaluation: what comes in here counts for this visit alone.

use super::assign::{Ask, Choice};
use super::{NodeState, door};
use crate::domain::context::Context;
use crate::domain::definition::evaluation::GivenAnswer;
use crate::domain::definition::{FollowUpBy, Right, VersionedName, plug_in};
use crate::domain::ids::{Name, ServiceGroupId, StaffUserId, VisitNo};
use crate::domain::may::{self, Action, may};
use crate::domain::principal::Principal;
use crate::domain::process::evaluate;
use crate::domain::rejection::Rejection;
use crate::domain::service_group::Needs;
use crate::domain::text::{self, LONG_TEXT_MAX, PersonalText};
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::follow_up::{Missed, Way};
use crate::domain::work_order::state::{Evaluation, Exit, Handler, Source, TakenBy};
use serde::{Deserialize, Serialize};

/// How the node follows up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub method: Method,
}

/// With template and person of the node, or by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    Standard { template: Name, person: StaffUserId },
    Rules,
}

/// What was frozen at entry, and who has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The rule that matched, where rules decide.
    pub rule: Option<Name>,
    pub template: VersionedName,
    /// The service group that takes turns.
    pub rotation: Option<ServiceGroupId>,
    /// Its turn is asked for, and has not been told yet.
    pub ask: Option<Ask>,
    /// Who is to do it; none: whoever of the handlers takes it.
    pub person: Option<StaffUserId>,
    /// Why nobody was chosen.
    pub nobody: Option<Box<str>>,
}

/// What happens here. An evaluation is an event of the Work Order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It is their turn in the service group.
    PersonChosen {
        person: StaffUserId,
        group: ServiceGroupId,
    },
    NobodyChosen {
        why: Box<str>,
    },
    Taken {
        by: StaffUserId,
    },
    PassedOn {
        to: StaffUserId,
        reason: Option<PersonalText>,
    },
    /// The customer was tried to reach, in vain.
    Attempted {
        by: Option<StaffUserId>,
        way: Way,
        outcome: Missed,
        note: Option<PersonalText>,
    },
}

impl Event {
    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::PersonChosen { .. } => "FollowUpAssigned",
            Self::NobodyChosen { .. } => "FollowUpNotAssigned",
            Self::Taken { .. } => "FollowUpTaken",
            Self::PassedOn { .. } => "FollowUpPassedOn",
            Self::Attempted { .. } => "FollowUpAttempted",
        }
    }
}

/// What the node will do for this Work Order, or why it is passed over.
#[derive(Debug, Clone)]
pub enum Opening {
    Enter(Box<State>),
    PassOver(&'static str),
}

/// Works out rule, template and person.
pub fn open(draft: &Draft<'_>, spec: &Spec) -> Opening {
    let catalogue = draft.cx.catalogue;
    if !catalogue.is_on(plug_in::FOLLOW_UP) && !mutant!("plug-in-always-on") {
        return Opening::PassOver("the follow-up plug-in is off");
    }
    let (rule, template, by) = match &spec.method {
        Method::Standard { template, person } => (None, template, &FollowUpBy::Person(person.clone())),
        Method::Rules => match evaluate::first(catalogue.follow_up_rules(), &draft.order) {
            Some(rule) => (Some(rule.name.clone()), &rule.template, &rule.by),
            None => return Opening::PassOver("no rule matched"),
        },
    };
    let Some((_, template)) = catalogue.template(template) else {
        return Opening::PassOver("its evaluation template does not exist");
    };
    let mut state = State { rule, template, rotation: None, ask: None, person: None, nobody: None };
    match by {
        FollowUpBy::Person(person) => match unavailable(person, draft.cx) {
            None => state.person = Some(person.clone()),
            Some(why) => state.nobody = Some(why.into()),
        },
        FollowUpBy::Rotation(group) if draft.cx.directory.active_group(group).is_some() => {
            state.rotation = Some(group.clone());
            state.ask = Some(Ask { visit: VisitNo(draft.order.visits + 1), needs: Needs::turn() });
        }
        FollowUpBy::Rotation(group) => state.nobody = Some(format!("there is no service group {group}").into()),
    }
    Opening::Enter(Box::new(state))
}

/// Who handles the node, where somebody is to do it.
pub fn handlers(state: &State) -> Option<Vec<Handler>> {
    state.person.clone().map(|person| vec![Handler::User(person)])
}

/// Who would handle the node, were it reached as things stand and somebody is named to do it.
pub fn would_handle(draft: &Draft<'_>, spec: &Spec) -> Option<Vec<Handler>> {
    match open(draft, spec) {
        Opening::Enter(state) => handlers(&state),
        Opening::PassOver(_) => None,
    }
}

fn unavailable(person: &StaffUserId, cx: &Context<'_>) -> Option<String> {
    match cx.directory.active(person) {
        None => Some(format!("{person} is not there")),
        Some(entry) if entry.is_absent(cx.now) => Some(format!("{person} is absent")),
        Some(_) => None,
    }
}

/// What the service group says whose turn it is, if it is still waited for: somebody, or nobody, and then somebody takes it.
pub fn by_turn(draft: &mut Draft<'_>, group: &ServiceGroupId, visit: VisitNo, choice: &Choice) -> Result<(), Rejection> {
    may(Action::ActAsSystem, Some(&draft.order), draft.cx)?;
    let asked = draft.order.asks_for_turn().is_some_and(|(asked, ask)| asked == group && ask.visit == visit);
    if !asked {
        return Err(Rejection::ChoiceStale);
    }
    let event = match choice {
        Choice::Engineer(person) => match unavailable(person, draft.cx) {
            Some(why) => return Err(Rejection::invalid("person", why)),
            None => Event::PersonChosen { person: person.clone(), group: group.clone() },
        },
        Choice::Nobody(why) => Event::NobodyChosen { why: why.clone() },
    };
    push(draft, event);
    Ok(())
}

/// Whoever takes it has it.
pub fn take(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    let (state, _) = in_hand(draft, "TakeTask")?;
    let user = draft.cx.principal.user().cloned();
    let user = user.ok_or_else(|| Rejection::invalid("user", "a follow-up is taken by a person; act as one"))?;
    if state.person.as_ref() == Some(&user) {
        return Err(Rejection::NothingToChange);
    }
    push(draft, Event::Taken { by: user });
    Ok(())
}

/// The customer was tried to reach, in vain.
pub fn attempt(draft: &mut Draft<'_>, way: Way, outcome: Missed, note: Option<PersonalText>) -> Result<(), Rejection> {
    in_hand(draft, "RecordFollowUpAttempt")?;
    let by = draft.cx.principal.user().cloned();
    push(draft, Event::Attempted { by, way, outcome, note });
    Ok(())
}

/// The customer's answers, as told to the staff: an evaluation that says so, and on to the next node.
pub fn submit(draft: &mut Draft<'_>, way: Way, given: &[GivenAnswer]) -> Result<(), Rejection> {
    let (template, visit, exit) = answered(draft)?;
    let definition = draft.cx.catalogue.pinned_template(&template);
    let definition = definition.ok_or_else(|| Rejection::NotFound { what: "evaluation template", id: template.name.to_string() })?;
    let answers = definition.check(given)?;
    evaluate::room_for_one_more(draft)?;
    let by = draft.cx.principal.user().cloned();
    draft.push(OrderEvent::EvaluationRecorded(Evaluation {
        invitation: None,
        visit,
        source: Source::Staff,
        template,
        answers,
        at: draft.cx.now,
        after_completion: false,
        taken: Some(Box::new(TakenBy { by, way })),
    }));
    door::leave_to_next(draft, exit, None)
}

/// What is asked, of which visit it is, and how that is left.
fn answered(draft: &Draft<'_>) -> Result<(VersionedName, VisitNo, Exit), Rejection> {
    if let Some(NodeState::Evaluate(state)) = draft.order.visit().map(|visit| &visit.state)
        && mutant!("follow-up-counts-as-evaluation")
    {
        may(Action::HandleNode, Some(&draft.order), draft.cx)?;
        return Ok((state.template.clone(), draft.open_visit()?.no, Exit::Evaluated));
    }
    let (state, visit) = in_hand(draft, "SubmitFollowUp")?;
    Ok((state.template, visit, Exit::FollowedUp))
}

/// The customer could not be reached: on to the next node without answers, once it has been tried.
pub fn close(draft: &mut Draft<'_>, reason: &str) -> Result<(), Rejection> {
    let (_, visit) = in_hand(draft, "CloseFollowUp")?;
    let reason = PersonalText(Some(text::long("reason", reason, LONG_TEXT_MAX)?));
    if !draft.order.was_attempted_at(visit) && !mutant!("closed-without-an-attempt") {
        return Err(Rejection::NotAttempted);
    }
    door::leave_to_next(draft, Exit::NotReached, Some(reason))
}

/// To another who may follow up; by who has it, or by an admin.
pub fn pass_on(draft: &mut Draft<'_>, to: &StaffUserId, reason: Option<PersonalText>) -> Result<(), Rejection> {
    let state = state(draft, "PassFollowUpOn")?;
    let handles = may(Action::HandleNode, Some(&draft.order), draft.cx);
    handles.or_else(|refusal| if may::has_right(Right::Administer, draft.cx) { Ok(()) } else { Err(refusal) })?;
    if !may_follow_up(to, draft)? {
        return Err(Rejection::invalid("user", format!("{to} has no role with the right {}", Right::FollowUp.name())));
    }
    if state.person.as_ref() == Some(to) {
        return Err(Rejection::NothingToChange);
    }
    push(draft, Event::PassedOn { to: to.clone(), reason });
    Ok(())
}

/// Whether somebody has the right, where this Work Order is concerned.
pub fn may_follow_up(user: &StaffUserId, draft: &Draft<'_>) -> Result<bool, Rejection> {
    let known = draft.cx.directory.active(user).ok_or_else(|| Rejection::unknown("user", user.as_str()))?;
    let principal = Principal::Staff { user: Some(user.clone()), roles: known.roles.clone(), through: user.as_str().into() };
    Ok(may::has_right_for(Right::FollowUp, Some(&draft.order), &Context { principal: &principal, ..*draft.cx }))
}

fn push(draft: &mut Draft<'_>, event: Event) {
    draft.push(OrderEvent::Node(super::NodeEvent::FollowUp(event)));
}

fn state(draft: &Draft<'_>, command: &'static str) -> Result<State, Rejection> {
    match &draft.open_visit()?.state {
        NodeState::FollowUp(state) => Ok((**state).clone()),
        NodeState::Assign(_)
        | NodeState::Accept(_)
        | NodeState::Task(_)
        | NodeState::OnSite(_)
        | NodeState::Confirm(_)
        | NodeState::Evaluate(_) => Err(draft.wrong_node(command)),
    }
}

/// Whether the caller may go on with it: a handler, and it does not wait for anything else.
fn in_hand(draft: &Draft<'_>, command: &'static str) -> Result<(State, VisitNo), Rejection> {
    let state = state(draft, command)?;
    draft.not_on_hold()?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    Ok((state, draft.open_visit()?.no))
}
