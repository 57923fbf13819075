//! Words of the stories about follow-ups.

use workorderd::domain::work_order::WorkOrder;
use workorderd::domain::work_order::command::Command as OrderCommand;
use workorderd::domain::work_order::follow_up::{Missed, Way};

/// How they begin.
pub const VERBS: [&str; 2] = ["tries by ", "takes down "];

/// `tries by phone`, with what came of it and a note; or `takes down 5 by wechat`.
pub fn command(what: &str, text: Option<String>) -> OrderCommand {
    if let Some(way) = what.strip_prefix("tries by ") {
        let text = text.unwrap();
        let (outcome, note) = text.split_once(", ").map_or((&*text, None), |(outcome, note)| (outcome, Some(note.to_owned())));
        let (way, outcome) = (Way::from_name(way).unwrap(), Missed::from_name(outcome).unwrap());
        return OrderCommand::RecordFollowUpAttempt { way, outcome, note };
    }
    let (stars, way) = what.strip_prefix("takes down ").and_then(|rest| rest.split_once(" by ")).unwrap();
    let answers = vec![("overall".into(), stars.into()), ("comment".into(), "很满意".into())];
    OrderCommand::SubmitFollowUp { way: Way::from_name(way).unwrap(), answers }
}

/// `down by mei over phone`: who took the last evaluation down.
pub fn taken(order: &WorkOrder) -> String {
    let taken = order.evaluations.last().and_then(|evaluation| evaluation.taken.as_ref());
    taken.map_or_else(
        || "nobody".to_owned(),
        |taken| format!("down by {} over {}", taken.by.as_ref().map_or("nobody", |by| by.as_str()), taken.way.name()),
    )
}
