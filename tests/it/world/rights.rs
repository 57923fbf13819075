//! Who did it, checked from events alone: evaluations are the customer's, through an invitation that is open; orders are cancelled and
//! rejected only before the work is to be confirmed; and nobody acts who has been disabled for a while.

use std::collections::BTreeMap;
use workorderd::codec::StepBody;
use workorderd::domain::directory::StaffUser;
use workorderd::domain::ids::StaffUserId;
use workorderd::domain::principal::Actor;
use workorderd::domain::process::NodeState;
use workorderd::domain::work_order::event::Event;
use workorderd::domain::work_order::state::{Outcome, Purpose, Source, WorkOrder};

/// Since which record whom is disabled.
#[derive(Default)]
pub struct Rights(BTreeMap<StaffUserId, u64>);

impl Rights {
    /// Somebody was put into the directory.
    pub fn put(&mut self, user: &StaffUser, sequence: u64) {
        match user.disabled {
            true => drop(self.0.entry(user.id.clone()).or_insert(sequence)),
            false => drop(self.0.remove(&user.id)),
        }
    }

    /// Takes a step in that leads to `state`; it may have been judged before the last `in_flight` records.
    pub fn step(&self, body: &StepBody, sequence: u64, in_flight: u64) {
        if let Actor::Staff { user: Some(user), .. } = &body.actor
            && let Some(since) = self.0.get(user)
        {
            assert!(sequence - since < in_flight, "record {sequence}: {} by {user}, who is disabled since record {since}", body.command);
        }
    }

    /// Takes an event of a Work Order in; `order` is the state before it.
    pub fn take(&self, event: &Event, order: Option<&WorkOrder>, actor: &Actor, at: i64) {
        let Some(order) = order else { return };
        // What one wants to be reminded of and whom it is shown to, with the notice of it, changes nothing of it.
        let aside = matches!(event, Event::ToDoMade(_) | Event::ToDoFinished { .. } | Event::MailQueued(_));
        let opens = *event == Event::Unlocked;
        assert!(opens || aside || order.lock.is_none() || !matches!(actor, Actor::Staff { .. }), "{} of what is locked", event.name());
        match event {
            Event::EvaluationRecorded(evaluation) if evaluation.source == Source::Staff => {
                let Actor::Staff { user, .. } = actor else { panic!("a follow-up by {actor:?}") };
                let taken = evaluation.taken.as_ref().expect("who took it down");
                assert_eq!((&taken.by, evaluation.invitation), (user, None), "who took the answers of a follow-up down");
            }
            Event::EvaluationRecorded(evaluation) => {
                let no = evaluation.invitation.expect("a customer's evaluation has its link");
                let of = Actor::Guest { invitation: no };
                assert_eq!(*actor, of, "an evaluation is the customer's, through its own link");
                let invitation = order.invitation(no).expect("there is the invitation");
                assert!(invitation.purpose == Purpose::Evaluate, "an evaluation by an invitation to {:?}", invitation.purpose);
                assert!(at < invitation.expires_at.0, "an evaluation through a link that had ended");
                let before = order.evaluations.iter().filter(|e| e.invitation == Some(invitation.no)).count();
                assert!(!invitation.single_use || before == 0, "a link for one evaluation was used {} times", before + 1);
                let over = matches!(order.outcome, Some(Outcome::Cancelled | Outcome::Rejected));
                assert!(!over, "an evaluation of what was called off");
            }
            Event::Ended { outcome: outcome @ (Outcome::Cancelled | Outcome::Rejected), .. } => {
                let state = order.visit().map(|v| &v.state);
                let late = matches!(state, Some(NodeState::Confirm(_) | NodeState::Evaluate(_) | NodeState::FollowUp(_)));
                assert!(!late, "{} while the work was to be confirmed or rated", outcome.name());
            }
            _ => {}
        }
    }
}
