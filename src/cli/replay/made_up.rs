//! Made-up rows for the tests of the replay: a short hand for what matters in each.
//! Leaves to others: what is made of them (`steps_tests`, `rules_tests`).

use super::compare::Case;
use super::facts::{self, Facts};
use super::log::{Awaiting, Incident, MINUTE, Row, State, push};
use super::ours::Ours;

/// Waiting for the user.
pub const WAITING: State = State::Awaiting(Awaiting::UserInfo);

/// An incident of rows `(minute, state, group, person)`; `-` is nobody. Row `n` is updated by `uN`.
pub fn incident(rows: &[(i64, State, &str, &str)]) -> Incident {
    let mut made = Vec::new();
    for (no, (minute, state, group, person)) in rows.iter().enumerate() {
        let given = |text: &&str| Some((*text).to_owned()).filter(|t| t != "-");
        let row = Row {
            line: no as u64 + 2,
            number: "M1".into(),
            state: *state,
            updated_at: minute * MINUTE,
            at: 0,
            updated_by: format!("u{}", no + 1),
            caller: "caller".into(),
            location: Some("here".into()),
            channel: "phone",
            priority: "normal",
            group: given(group),
            assigned: given(person),
            reassignments: 0,
            reopenings: 0,
            resolved_at: None,
            closed_at: None,
        };
        push(&mut made, row);
    }
    let mut changes = 0;
    for no in 1..made.len() {
        changes += i64::from(made[no].group != made[no - 1].group);
        made[no].reassignments = changes;
    }
    Incident { number: "M1".into(), rows: made }
}

/// Ours, the same as the log but for what `change` does.
pub fn ours(incident: &Incident, change: impl FnOnce(&mut Ours)) -> (Facts, Ours) {
    let log = facts::of_log(incident);
    let course = facts::course_of_log(incident);
    let mut ours = Ours { number: "IN-1".into(), facts: log.clone(), course, interruptions: Vec::new() };
    change(&mut ours);
    (log, ours)
}

/// Names of the rules that explain the case, and how many differences are left.
pub fn judged(incident: &Incident, change: impl FnOnce(&mut Ours)) -> (Vec<&'static str>, usize) {
    let (log, ours) = ours(incident, change);
    let verdict = Case { incident, log: &log, ours: &ours }.judge();
    (verdict.explained.iter().map(|(rule, _)| super::rules::RULES[*rule].name).collect(), verdict.unexplained.len())
}
