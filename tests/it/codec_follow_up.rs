//! The events of a follow-up, for the golden bytes.

use crate::codec_bytes::{name, pin, user, visit};
use workorderd::domain::definition::Answer;
use workorderd::domain::form::value::StoredFile;
use workorderd::domain::ids::{NodeIndex, ServiceGroupId, VisitNo};
use workorderd::domain::process::{NodeEvent, NodeState, assign, follow_up};
use workorderd::domain::service_group::Needs;
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::event::Event as OrderEvent;
use workorderd::domain::work_order::follow_up::{Missed, Way};
use workorderd::domain::work_order::state::{Evaluation, Exit, Source, TakenBy, Visit};

/// A follow-up: whose turn it was, how it went on, and what came of it.
pub fn events() -> Vec<OrderEvent> {
    let state = follow_up::State {
        rule: Some(name("pressing")),
        template: pin("service-rating"),
        rotation: Some(ServiceGroupId::new("热线").unwrap()),
        ask: Some(assign::Ask { visit: VisitNo(8), needs: Needs::turn() }),
        person: None,
        nobody: None,
    };
    let visit = Visit { no: VisitNo(8), state: NodeState::FollowUp(Box::new(state)), ..visit() };
    let node = |event| OrderEvent::Node(NodeEvent::FollowUp(event));
    let attempted = follow_up::Event::Attempted {
        by: Some(user("mei")),
        way: Way::Phone,
        outcome: Missed::NoAnswer,
        note: Some(PersonalText::new("没有人接")),
    };
    let photo =
        StoredFile { hash: "ab".repeat(32).into(), size: 270_448, media_type: "image/png".into(), name: PersonalText::new("门 1.png") };
    vec![
        OrderEvent::NodeEntered(Box::new(visit)),
        node(follow_up::Event::NobodyChosen { why: "nobody fits: 2 absent".into() }),
        node(follow_up::Event::PersonChosen { person: user("mei"), group: ServiceGroupId::new("热线").unwrap() }),
        node(follow_up::Event::Taken { by: user("mei") }),
        node(follow_up::Event::PassedOn { to: user("emil"), reason: Some(PersonalText::new("because")) }),
        node(attempted),
        OrderEvent::EvaluationRecorded(Evaluation {
            invitation: None,
            visit: VisitNo(8),
            source: Source::Staff,
            template: pin("service-rating"),
            answers: vec![Answer::Rating { field: name("overall"), value: 5, scale: 5 }],
            at: Timestamp(1_795_000_200_000),
            after_completion: false,
            taken: Some(Box::new(TakenBy { by: Some(user("emil")), way: Way::WeChat })),
        }),
        OrderEvent::NodeLeft { node: NodeIndex(5), visit: VisitNo(8), exit: Exit::FollowedUp, reason: None },
        OrderEvent::EvaluationRecorded(Evaluation {
            invitation: None,
            visit: VisitNo(9),
            source: Source::Staff,
            template: pin("service-rating"),
            answers: vec![Answer::Photos { field: name("photos"), files: vec![photo] }],
            at: Timestamp(1_795_000_300_000),
            after_completion: false,
            taken: Some(Box::new(TakenBy { by: Some(user("emil")), way: Way::WeChat })),
        }),
    ]
}
