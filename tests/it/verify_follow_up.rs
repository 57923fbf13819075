//! What `verify` reads of follow-ups in a history, by its own rules: the staff open no mandatory evaluation, and nothing of a follow-up is
//! left in a way that does not go with it.

use workorderd::domain::aggregate::{Event, Key};
use workorderd::domain::ids::{NodeIndex, VisitNo};
use workorderd::domain::process::{NodeEvent, follow_up};
use workorderd::domain::work_order::event::Event as OrderEvent;
use workorderd::domain::work_order::follow_up::{Missed, Way};
use workorderd::domain::work_order::state::{Exit, Visit};
use workorderd::verify::gate::Gate;

use crate::codec_bytes::{body, created, visit};
use crate::codec_follow_up;
use crate::real_stage::BEGIN;

/// At a follow-up, as visit 1.
fn asked() -> OrderEvent {
    let Some(OrderEvent::NodeEntered(visit)) = codec_follow_up::events().into_iter().next() else { panic!("it is entered first") };
    OrderEvent::NodeEntered(Box::new(Visit { no: VisitNo(1), ..*visit }))
}

/// At a mandatory evaluation, as visit 1.
fn to_be_rated() -> OrderEvent {
    OrderEvent::NodeEntered(Box::new(Visit { no: VisitNo(1), ..visit() }))
}

/// Answers that the staff took down.
fn taken_down() -> OrderEvent {
    let found = codec_follow_up::events().into_iter().find_map(|event| match event {
        OrderEvent::EvaluationRecorded(evaluation) => Some(evaluation),
        _ => None,
    });
    let mut evaluation = found.expect("they are among them");
    evaluation.visit = VisitNo(1);
    OrderEvent::EvaluationRecorded(evaluation)
}

fn tried() -> OrderEvent {
    let (by, note) = (None, None);
    OrderEvent::Node(NodeEvent::FollowUp(follow_up::Event::Attempted { by, way: Way::Phone, outcome: Missed::Busy, note }))
}

fn left(exit: Exit) -> OrderEvent {
    OrderEvent::NodeLeft { node: NodeIndex(5), visit: VisitNo(1), exit, reason: None }
}

fn wrong(events: Vec<OrderEvent>) -> Vec<String> {
    let order = created();
    let events = std::iter::once(OrderEvent::Created(Box::new(order.clone()))).chain(events).map(Event::WorkOrder).collect();
    let wrong = Gate::default().take(&Key::WorkOrder(order.id), 1, (BEGIN, 7), &body(events));
    wrong.into_iter().map(|said| said.replace(&format!("{} ", order.number), "")).collect()
}

#[test]
fn a_follow_up_is_left_followed_up_or_not_reached_and_nothing_is_wrong_with_that() {
    assert_eq!(wrong(vec![asked(), taken_down(), left(Exit::FollowedUp)]), [""; 0]);
    assert_eq!(wrong(vec![asked(), tried(), left(Exit::NotReached)]), [""; 0]);
}

#[test]
fn what_the_staff_take_down_lets_nothing_pass_a_mandatory_evaluation() {
    let by_staff = "has an evaluation by the staff of visit 1, which is no follow-up";
    let found = wrong(vec![to_be_rated(), taken_down(), left(Exit::Evaluated)]);
    assert_eq!(found, [by_staff, "leaves visit 1 as evaluated, but no evaluation of it came in"]);
    let found = wrong(vec![to_be_rated(), taken_down(), left(Exit::FollowedUp)]);
    let otherwise = "leaves visit 1 as \"followed up\", which does not go with its kind";
    let gate = "leaves visit 1, a mandatory evaluation, as \"followed up\"";
    assert_eq!(found, [by_staff, gate, otherwise, "leaves visit 1 as followed up, but no answers of it came in"]);
}

#[test]
fn a_follow_up_is_left_by_no_other_way() {
    for (events, said) in [
        (vec![left(Exit::FollowedUp)], "leaves visit 1 as followed up, but no answers of it came in"),
        (vec![left(Exit::NotReached)], "leaves visit 1 as not reached, but nobody tried"),
        (vec![left(Exit::Skipped)], "leaves visit 1 as \"skipped\", which does not go with its kind"),
        (vec![taken_down(), left(Exit::Evaluated)], "leaves visit 1 as evaluated, but no evaluation of it came in"),
        (vec![left(Exit::AutoClosed)], "leaves visit 1 by itself before its time"),
        (vec![left(Exit::AutoCompleted)], "leaves visit 1 as not evaluated, but it is no evaluation"),
    ] {
        let found = wrong(std::iter::once(asked()).chain(events).collect());
        assert!(found.iter().any(|one| one == said), "{said}: {found:?}");
    }
    // A customer's evaluation is of an evaluate node.
    let mut by_customer = taken_down();
    if let OrderEvent::EvaluationRecorded(evaluation) = &mut by_customer {
        (evaluation.source, evaluation.taken) = (workorderd::domain::work_order::state::Source::Link, None);
    }
    assert_eq!(wrong(vec![asked(), by_customer])[0], "has an evaluation by a customer of visit 1, a follow-up");
}
