//! Node kind "evaluate": the customer rates the work; mandatory or not, skipped or not, completed by time (EVA-2, 10, 11).
//!
//! What holds is worked out when the node is entered and frozen (reading 2). Mandatory is kept by `door`, for every path alike.

use super::NodeState;
use super::door;
use crate::domain::definition::evaluation::GivenAnswer;
use crate::domain::definition::precedence::Ranked;
use crate::domain::definition::{Recipient, VersionedName};
use crate::domain::ids::{InvitationNo, Name};
use crate::domain::may::{Action, may};
use crate::domain::rejection::Rejection;
use crate::domain::text::PersonalText;
use crate::domain::time::Span;
use crate::domain::work_order::WorkOrder;
use crate::domain::work_order::draft::Draft;
use crate::domain::work_order::event::Event as OrderEvent;
use crate::domain::work_order::mail::MessageChannel;
use crate::domain::work_order::reach::{self, Ladder, Way};
use crate::domain::work_order::state::{Evaluation, Exit, Invitation, Outcome, Purpose, Source};
use serde::{Deserialize, Serialize};

/// Most evaluations kept for one Work Order.
pub const EVALUATIONS_MAX: usize = 200;

/// How the node evaluates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    pub method: Method,
    /// Whether skip is offered; a mandatory evaluation takes it away whatever stands here (reading 1).
    pub skip: bool,
    /// How long a link stays open after the node was entered; 30 days by default (reading 5).
    pub link_ends_after: Span,
}

/// By QR code with a template of the node, or by the rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    QrCode { template: Name, mandatory: bool },
    Rules,
}

/// What was frozen at entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    pub mandatory: bool,
    pub skip: bool,
    /// The rule that matched, where rules decide.
    pub rule: Option<Name>,
    pub template: VersionedName,
    /// Ordered fall-back of its messages, where the rule has it.
    pub ladder: Option<Box<Ladder>>,
}

/// What the node will do for this Work Order, or why it is passed over.
#[derive(Debug, Clone)]
pub enum Opening {
    Enter(State, Box<Plan>),
    PassOver(&'static str),
}

/// Whom to invite, once the node has been entered.
#[derive(Debug, Clone)]
pub struct Plan {
    qr: bool,
    recipients: Vec<Recipient>,
    channels: Vec<MessageChannel>,
    fall_back_after: Option<Span>,
    message: Option<VersionedName>,
    link_ends_after: Span,
}

/// Works out rule, template and invitations (reading 3).
pub fn open(draft: &Draft<'_>, spec: &Spec) -> Opening {
    let (rule, template, mandatory, plan) = match &spec.method {
        Method::QrCode { template, mandatory } => {
            let plan = Plan {
                qr: true,
                recipients: Vec::new(),
                channels: Vec::new(),
                fall_back_after: None,
                message: None,
                link_ends_after: spec.link_ends_after,
            };
            (None, template, *mandatory, plan)
        }
        Method::Rules => {
            let Some(rule) = first(draft.cx.catalogue.rules(), &draft.order) else {
                return Opening::PassOver("no rule matched");
            };
            let plan = Plan {
                qr: rule.qr,
                recipients: rule.recipients.clone(),
                channels: rule.channels.clone(),
                fall_back_after: rule.message_priority.then_some(rule.fall_back_after),
                message: rule.message.as_ref().and_then(|message| draft.cx.catalogue.message(message)),
                link_ends_after: spec.link_ends_after,
            };
            (Some(rule.name.clone()), &rule.template, rule.mandatory, plan)
        }
    };
    let Some((_, template)) = draft.cx.catalogue.template(template) else {
        return Opening::PassOver("its evaluation template does not exist");
    };
    let ladder = plan
        .fall_back_after
        .zip(plan.message.clone())
        .map(|(fall_back_after, message)| Box::new(Ladder { message, channels: plan.channels.clone(), fall_back_after }));
    Opening::Enter(State { mandatory, skip: spec.skip && !mandatory, rule, template, ladder }, Box::new(plan))
}

/// How a rule stands to a Work Order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuleVerdict {
    /// The first that matches: it counts.
    Wins,
    /// It matches, but one before it does as well.
    ComesLater,
    /// Why its scope does not hold.
    No(String),
}

/// The rule that counts, if any matches: the first in order of precedence (reading 3).
pub fn first<'a, R: Ranked>(rules: &'a [R], order: &WorkOrder) -> Option<&'a R> {
    rules.iter().find(|rule| rule.scope().holds(order))
}

/// Each rule as it would be judged if the Work Order came to a node with rules now, in order of precedence (EVA-3).
pub fn judged<'a, R: Ranked>(rules: &'a [R], order: &WorkOrder) -> Vec<(&'a R, RuleVerdict)> {
    let mut won = false;
    let verdict = |rule: &'a R| {
        let verdict = match rule.scope().why_not(order) {
            Some(why) => RuleVerdict::No(why),
            None if won => RuleVerdict::ComesLater,
            None => RuleVerdict::Wins,
        };
        won |= verdict == RuleVerdict::Wins;
        (rule, verdict)
    };
    rules.iter().map(verdict).collect()
}

/// Invites, once the node has been entered.
pub fn entered(draft: &mut Draft<'_>, state: &State, plan: Plan) {
    if plan.qr {
        draft.invite(Purpose::Evaluate, Source::QrCode, Some(state.template.clone()), false, plan.link_ends_after, None);
    }
    let Some(message) = &plan.message else { return };
    let way = Way { message, channels: &plan.channels, fall_back_after: plan.fall_back_after };
    for recipient in &plan.recipients {
        // One link for one recipient, whatever the channels: an invitation counts once (EVA-8).
        let template = Some(state.template.clone());
        let no = draft.invite(Purpose::Evaluate, Source::Link, template, true, plan.link_ends_after, Some(recipient));
        reach::send(draft, no, recipient, way);
    }
}

/// A customer's evaluation through a link. In time it opens the gate; later it is kept and says so (reading 5).
pub fn submit(draft: &mut Draft<'_>, no: InvitationNo, given: &[GivenAnswer]) -> Result<(), Rejection> {
    let invitation = usable(draft, no)?;
    let template = invitation.template.clone().ok_or(Rejection::UnknownInvitation)?;
    let definition = draft.cx.catalogue.pinned_template(&template).ok_or(Rejection::UnknownInvitation)?;
    let answers = definition.check(given)?;
    room_for_one_more(draft)?;
    let in_time = draft.order.visit().is_some_and(|v| v.no == invitation.visit);
    draft.push(OrderEvent::EvaluationRecorded(Evaluation {
        invitation: Some(no),
        visit: invitation.visit,
        source: invitation.source,
        template,
        answers,
        at: draft.cx.now,
        after_completion: !in_time,
        taken: None,
    }));
    if in_time || mutant!("late-evaluation-leaves") { door::leave_to_next(draft, Exit::Evaluated, None) } else { Ok(()) }
}

/// Whether one Work Order can keep another evaluation.
pub fn room_for_one_more(draft: &Draft<'_>) -> Result<(), Rejection> {
    if draft.order.evaluations.len() >= EVALUATIONS_MAX {
        return Err(Rejection::TooMany { what: "evaluations of one Work Order", limit: EVALUATIONS_MAX });
    }
    Ok(())
}

/// The invitation, if it can still be used for an evaluation.
fn usable(draft: &Draft<'_>, no: InvitationNo) -> Result<Invitation, Rejection> {
    let invitation = draft.order.invitation(no).ok_or(Rejection::UnknownInvitation)?;
    match invitation.purpose {
        Purpose::Evaluate => {}
        Purpose::Confirm => return Err(Rejection::InvitationPurpose { purpose: "confirming that the work is done" }),
    }
    // Cancelling or rejecting ends the wait for an evaluation; completing does not close the links (reading 5).
    let ended = match draft.order.outcome {
        None | Some(Outcome::Completed) => false,
        Some(Outcome::Cancelled | Outcome::Rejected) => true,
    };
    if ended || draft.cx.now >= invitation.expires_at && !mutant!("link-never-ends") {
        return Err(Rejection::InvitationExpired);
    }
    if invitation.single_use && invitation.used > 0 && !mutant!("link-used-twice") {
        return Err(Rejection::InvitationUsed);
    }
    Ok(invitation.clone())
}

/// A handler skips the evaluation, where skip is offered and the evaluation is not mandatory.
pub fn skip(draft: &mut Draft<'_>, reason: Option<PersonalText>) -> Result<(), Rejection> {
    let visit = draft.open_visit()?;
    let NodeState::Evaluate(_) = &visit.state else { return Err(draft.wrong_node("SkipEvaluation")) };
    draft.not_on_hold()?;
    may(Action::HandleNode, Some(&draft.order), draft.cx)?;
    door::leave_to_next(draft, Exit::Skipped, reason)
}
