//! Node kind "assign": to a service group and by it to an engineer, or straight to an engineer (ASG-1, ASG-2).
//!
//! A group passes work on by its leader's hand, by its own rule (it is asked by a message and answers with `AssignByRule`), or has
//! its members claim it. Assignment rules are tried when the node is entered (ASG-7). The limit of open work is kept by the writer.

use super::{NodeState, accept, handlers};
use crate::domain::definition::{AssignTo, Right};
use crate::domain::ids::{Name, NodeIndex, ServiceGroupId, Skill, StaffUserId, VisitNo};
use crate::domain::may::{self, Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::service_group::{GroupRule, Needs};
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::state::{Exit, Handler};
use serde::{Deserialize, Serialize};

/// How the node may be passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// Whether its handlers may choose a service group, whose leader then chooses the engineer.
    pub to_group: bool,
    /// Whether its handlers may choose an engineer straight away.
    pub straight: bool,
    /// Message to the other members when one of them has claimed it from the pool (ASG-5).
    pub taken_message: Option<Name>,
}

/// What a Work Order asks its service group for: that its rule chooses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    pub visit: VisitNo,
    pub needs: Needs,
}

/// What a group's rule came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Choice {
    Engineer(StaffUserId),
    /// With why nobody is chosen: people decide.
    Nobody(Box<str>),
}

/// How an engineer came to be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    ByHand,
    Claimed,
    /// By the group's own rule.
    ByGroup(GroupRule),
    /// By an assignment rule of the definitions.
    ByRule(Name),
}

/// Where the assignment stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub spec: Spec,
    /// The group's rule is to choose.
    pub ask: Option<Ask>,
}

/// What happens here. Who did it is the actor of the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// The group's leader is the handler from now on; where it has none, any member.
    GroupChosen {
        group: ServiceGroupId,
        handler: Handler,
        ask: Option<Ask>,
        /// The assignment rule that chose it.
        rule: Option<Name>,
    },
    EngineerChosen {
        engineer: StaffUserId,
        by: Option<StaffUserId>,
        at: NodeIndex,
        how: How,
    },
    /// A rule could not be followed, for that reason: people decide.
    NotChosen {
        rule: Option<Name>,
        why: Box<str>,
    },
}

impl Event {
    /// The event's name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::GroupChosen { .. } => "AssignedToGroup",
            Self::EngineerChosen { .. } => "AssignedToEngineer",
            Self::NotChosen { .. } => "NotAssigned",
        }
    }
}

/// The state at entry.
pub fn open(spec: &Spec) -> State {
    State { spec: spec.clone(), ask: None }
}

/// Assigns to a service group; also again, while no engineer is chosen.
pub fn to_group(draft: &mut Draft<'_>, group: &ServiceGroupId) -> Result<(), Rejection> {
    let state = state(draft, "AssignToGroup")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    if !state.spec.to_group {
        return Err(Rejection::NotAllowedHere { what: "assigning to a service group" });
    }
    if draft.order.group.as_ref() == Some(group) {
        return Err(Rejection::NothingToChange);
    }
    choose_group(draft, group, None, &[])
}

/// The group is recorded. The node stays open for its leader, or for its members who claim it; or the group's rule is asked.
pub fn choose_group(draft: &mut Draft<'_>, group: &ServiceGroupId, rule: Option<&Name>, skills: &[Skill]) -> Result<(), Rejection> {
    let Some(entry) = draft.cx.directory.active_group(group) else {
        return Err(Rejection::unknown("group", group.as_str()));
    };
    let led = entry.leader.as_ref().is_some_and(|leader| draft.cx.directory.active(leader).is_some());
    let (pool, asks) = match entry.rule {
        GroupRule::ByLeader => (false, false),
        GroupRule::RoundRobin | GroupRule::LeastLoaded => (false, true),
        GroupRule::Pool => (true, false),
    };
    let handler = if led && !pool { Handler::Leader(group.clone()) } else { Handler::Members(group.clone()) };
    let visit = draft.open_visit()?.no;
    let ask = asks.then(|| Ask { visit, needs: needs(draft, skills) });
    draft.push(OrderEvent::Node(super::NodeEvent::Assign(Event::GroupChosen { group: group.clone(), handler, ask, rule: rule.cloned() })));
    Ok(())
}

fn needs(draft: &Draft<'_>, more: &[Skill]) -> Needs {
    let record_type = draft.cx.catalogue.record_type(&draft.order.record_type);
    let mut skills: Vec<Skill> = record_type.into_iter().flat_map(|t| &t.skills).chain(more).cloned().collect();
    skills.sort();
    skills.dedup();
    Needs { skills, region: draft.order.region.clone(), turn: false }
}

/// The node was entered on the way ahead: the first assignment rule that matches is followed, as far as it can be (ASG-7, reading 9).
pub fn entered(draft: &mut Draft<'_>, spec: &Spec) -> Result<(), Rejection> {
    let catalogue = draft.cx.catalogue;
    let Some(rule) = catalogue.assignment_rules().iter().find(|rule| rule.scope.holds(&draft.order)) else { return Ok(()) };
    let problem = match &rule.to {
        AssignTo::Group(_) if !spec.to_group => Some("the node does not allow a service group".to_owned()),
        AssignTo::Group(group) => choose_group(draft, group, Some(&rule.name), &rule.skills).err().map(|problem| problem.to_string()),
        AssignTo::User(_) if !spec.straight => Some("the node does not allow an engineer straight away".to_owned()),
        AssignTo::User(user) if draft.cx.directory.active(user).is_some_and(|u| u.is_absent(draft.cx.now)) => {
            Some(format!("{user} is absent"))
        }
        AssignTo::User(user) => match choose_engineer(draft, user, true, How::ByRule(rule.name.clone())) {
            Ok(()) => return super::door::leave_to_next(draft, Exit::AssignedByRule, None),
            Err(problem) => Some(problem.to_string()),
        },
    };
    if let Some(why) = problem {
        let event = Event::NotChosen { rule: Some(rule.name.clone()), why: why.into() };
        draft.push(OrderEvent::Node(super::NodeEvent::Assign(event)));
    }
    Ok(())
}

/// What the group's own rule chose, if it is still waited for: somebody, or nobody, and then people decide.
pub fn by_rule(draft: &mut Draft<'_>, group: &ServiceGroupId, visit: VisitNo, choice: &Choice) -> Result<(), Rejection> {
    may(Action::ActAsSystem, Some(&draft.order), draft.cx)?;
    if draft.order.group.as_ref() != Some(group) || draft.order.ask().is_none_or(|ask| ask.visit != visit) {
        return Err(Rejection::ChoiceStale);
    }
    let why = match (choice, &draft.order.hold) {
        (Choice::Nobody(why), _) => why.clone(),
        (Choice::Engineer(_), Some(_)) => "the Work Order is on hold".into(),
        (Choice::Engineer(engineer), None) => {
            if draft.cx.directory.active(engineer).is_some_and(|u| u.is_absent(draft.cx.now)) {
                return Err(Rejection::invalid("engineer", format!("{engineer} is absent")));
            }
            let rule = draft.cx.directory.group(group).map_or(GroupRule::ByLeader, |g| g.rule);
            choose_engineer(draft, engineer, true, How::ByGroup(rule))?;
            return super::door::leave_to_next(draft, Exit::AssignedByRule, None);
        }
    };
    draft.push(OrderEvent::Node(super::NodeEvent::Assign(Event::NotChosen { rule: None, why })));
    Ok(())
}

/// A member claims it from the pool of the group; the first has it, and has accepted it thereby (reading 9).
pub fn claim(draft: &mut Draft<'_>) -> Result<(), Rejection> {
    let user = draft.cx.principal.user();
    if let (Some(by), Some(group), Some(user)) = (&draft.order.engineer, &draft.order.group, user)
        && draft.order.is_open()
        && draft.cx.directory.is_member(group, user)
    {
        return Err(if by == user { Rejection::NothingToChange } else { Rejection::TakenByAnother { by: by.to_string() } });
    }
    let state = state(draft, "Claim")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    let pooled = draft.order.group.as_ref().and_then(|g| draft.cx.directory.group(g)).is_some_and(|g| g.rule == GroupRule::Pool);
    if !pooled {
        return Err(Rejection::NotAllowedHere { what: "claiming: the Work Order is in no service group with a pool" });
    }
    let user = user.cloned().ok_or_else(|| Rejection::invalid("user", "work is claimed by a person; act as one"))?;
    choose_engineer(draft, &user, true, How::Claimed)?;
    if let Some(message) = &state.spec.taken_message {
        let all = draft.open_visit()?.handlers.clone();
        handlers::tell_others(draft, message, &all, &user);
    }
    super::door::leave_to_next(draft, Exit::Assigned, None)?;
    accept::claimed(draft, &user)
}

/// Assigns an engineer: of the group, if one is chosen, else straight.
pub fn to_engineer(draft: &mut Draft<'_>, engineer: &StaffUserId, over_limit: bool) -> Result<(), Rejection> {
    let state = state(draft, "AssignToEngineer")?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    if over_limit && !may::leads_group(&draft.order, draft.cx) {
        may(Action::Use(Right::HandleWorkOrders), Some(&draft.order), draft.cx)?;
    }
    if draft.order.group.is_none() && !state.spec.straight {
        return Err(Rejection::NotAllowedHere { what: "assigning straight to an engineer; choose the service group first" });
    }
    choose_engineer(draft, engineer, true, How::ByHand)?;
    super::door::leave_to_next(draft, Exit::Assigned, None)
}

/// The engineer is recorded, if they can be assigned to.
pub fn choose_engineer(draft: &mut Draft<'_>, engineer: &StaffUserId, within_group: bool, how: How) -> Result<(), Rejection> {
    if draft.cx.directory.active(engineer).is_none() {
        return Err(Rejection::unknown("engineer", engineer.as_str()));
    }
    if let Some(group) = &draft.order.group
        && within_group
        && !draft.cx.directory.is_member(group, engineer)
    {
        return Err(Rejection::NotAMember { engineer: engineer.to_string(), group: group.to_string() });
    }
    let by = draft.cx.principal.user().cloned();
    let at = draft.order.visit().map_or(NodeIndex(0), |v| v.node);
    draft.push(OrderEvent::Node(super::NodeEvent::Assign(Event::EngineerChosen { engineer: engineer.clone(), by, at, how })));
    Ok(())
}

fn state(draft: &Draft<'_>, command: &'static str) -> Result<State, Rejection> {
    let visit = draft.open_visit()?;
    let NodeState::Assign(state) = &visit.state else { return Err(draft.wrong_node(command)) };
    draft.not_on_hold().map(|()| state.clone())
}
