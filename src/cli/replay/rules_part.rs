//! The predicates of the rules: what must be so in the log's rows of an incident (and in our values) for a rule to explain a difference.
//! Keeps: pure; each says what our value must then be, so that a rule cannot cover for a defect of the daemon.

use super::compare::Case;
use super::drive::Refused;
use super::facts::course_of_log;
use super::log::{Incident, Row, State};

/// Ours is the first row's priority, and the log has another one at the end.
pub fn priority_changed_later(case: &Case<'_>) -> bool {
    let first = &case.incident.rows[0];
    first.priority != case.incident.last().priority && case.ours.facts.priority == first.priority
}

/// Ours is the first row's location, and the log has another one at the end.
pub fn location_changed_later(case: &Case<'_>) -> bool {
    let first = &case.incident.rows[0];
    first.location != case.incident.last().location && case.ours.facts.account == first.location
}

/// The last row has no group, and ours is the last that the log had.
pub fn group_emptied_at_the_end(case: &Case<'_>) -> bool {
    let known = case.incident.rows.iter().rev().find_map(|row| row.group.as_ref());
    case.incident.last().group.is_none() && known.is_some() && case.ours.facts.group.as_ref() == known
}

/// Changes from or to no group, which the log counts, less those between the groups on both sides, which we count.
pub fn changes_from_or_to_no_group(case: &Case<'_>) -> i64 {
    let one_is_empty = |(a, b): &(&Row, &Row)| a.group != b.group && (a.group.is_none() || b.group.is_none());
    let counted = case.incident.pairs().filter(one_is_empty).count();
    let mut last: Option<&String> = None;
    let mut bridged = 0;
    for (before, row) in case.incident.updates() {
        if let Some(group) = &row.group {
            if before.is_some_and(|b| b.group.is_none()) && last.is_some_and(|l| l != group) {
                bridged += 1;
            }
            last = Some(group);
        }
    }
    bridged - counted as i64
}

/// How far the log's count rises beyond the changes that its rows show.
pub fn counted_without_change(case: &Case<'_>) -> i64 {
    let silent = |(a, b): (&Row, &Row)| b.reassignments - a.reassignments - i64::from(a.group != b.group);
    -(case.incident.rows[0].reassignments + case.incident.pairs().map(silent).sum::<i64>())
}

/// A row of an incident that was and stays resolved or closed.
fn after_resolution((before, row): &(&Row, &Row)) -> bool {
    before.state.is_done() && row.state.is_done()
}

/// The last change of group is one of a resolved incident, and ours is the group before it.
pub fn group_changed_after_resolution(case: &Case<'_>) -> bool {
    let change = case.incident.pairs().filter(|(a, b)| a.group != b.group && b.group.is_some()).last();
    change.is_some_and(|pair| after_resolution(&pair) && pair.0.group.is_some() && case.ours.facts.group == pair.0.group)
}

/// The last change of person is one of a resolved incident, and ours is who had it before, or else who resolved it.
pub fn engineer_changed_after_resolution(case: &Case<'_>) -> bool {
    let change = case.incident.pairs().filter(|(a, b)| a.assigned != b.assigned && b.assigned.is_some()).last();
    let Some(pair) = change.filter(after_resolution) else { return false };
    let before = pair.0.assigned.as_ref().map_or_else(|| was_resolver(case), |had| case.ours.facts.engineer.as_ref() == Some(had));
    before && case.incident.last().assigned == pair.1.assigned
}

/// Changes of group of a resolved incident: the log counts them, with us they are refused.
pub fn group_changes_after_resolution(case: &Case<'_>) -> i64 {
    let changed =
        |pair: &(&Row, &Row)| after_resolution(pair) && pair.0.group.is_some() && pair.1.group.is_some() && pair.0.group != pair.1.group;
    -(case.incident.pairs().filter(changed).count() as i64)
}

/// A transfer at a row of a resolved incident that changes group or person.
pub fn refused_after_resolution(incident: &Incident, refused: &Refused) -> bool {
    let changed =
        |(a, b): (&Row, &Row)| b.line == refused.line && after_resolution(&(a, b)) && (a.group != b.group || a.assigned != b.assigned);
    refused.command == "Transfer" && matches!(refused.error.as_str(), "WrongNode" | "Ended") && incident.pairs().any(changed)
}

/// Nobody is named at the end, and ours is who updated it to resolved while nobody was.
pub fn resolved_by_nobody_named(case: &Case<'_>) -> bool {
    case.incident.last().assigned.is_none() && was_resolver(case)
}

/// Whether our engineer is who updated the incident to resolved (or straight to closed) while nobody was assigned.
fn was_resolver(case: &Case<'_>) -> bool {
    let resolves =
        |(before, row): &(Option<&Row>, &Row)| row.state.is_done() && before.is_none_or(|b| !b.state.is_done()) && row.assigned.is_none();
    case.incident.updates().filter(resolves).any(|(_, row)| case.ours.facts.engineer.as_ref() == Some(&row.updated_by))
}

/// Nobody is named at the end; the last one who was, ours, had begun to work on it and was taken off it without another group.
pub fn taken_from_who_works_on_it(case: &Case<'_>) -> bool {
    let begun = |row: &Row| case.incident.rows.iter().any(|r| r.line <= row.line && r.assigned == row.assigned && r.state == State::Active);
    let last = case.incident.pairs().filter(|(a, b)| a.assigned.is_some() && b.assigned.is_none()).last();
    case.incident.last().assigned.is_none()
        && last.is_some_and(|(a, b)| (b.group == a.group || b.group.is_none()) && begun(a) && case.ours.facts.engineer == a.assigned)
}

/// Wherever they differ the log is active with nobody assigned, and ours is new.
pub fn active_with_nobody_named(case: &Case<'_>) -> bool {
    let mut deviations = course_of_log(case.incident).into_iter().filter(|(at, phase)| case.ours.phase_at(*at) != Some(*phase));
    deviations.all(|(at, _)| {
        let row = case.incident.rows.iter().rfind(|row| row.at == at);
        row.is_some_and(|row| row.state == State::Active && row.assigned.is_none())
            && case.ours.phase_at(at) == Some(super::facts::Phase::New)
    })
}

/// Rows at which the log changes group or person in the midst of waiting, and our hold was ended and begun anew at that moment.
pub fn holds_interrupted_by_a_change(case: &Case<'_>) -> i64 {
    let waits = |row: &Row| matches!(row.state, State::Awaiting(_));
    let mut left = case.ours.interruptions.clone();
    let mut use_up = |at: i64| left.iter().position(|i| *i == at).map(|i| left.swap_remove(i)).is_some();
    // From one kind of waiting to another is a new hold in the log too.
    for (_, row) in case.incident.pairs().filter(|(a, b)| waits(a) && waits(b) && a.state != b.state) {
        use_up(row.at);
    }
    let changed = |(a, b): &(&Row, &Row)| waits(b) && a.state == b.state && (a.group != b.group || a.assigned != b.assigned);
    case.incident.pairs().filter(changed).filter(|(_, row)| use_up(row.at)).count() as i64
}

/// The row that last went to resolved.
fn resolving(incident: &Incident) -> Option<&Row> {
    incident
        .updates()
        .filter(|(b, row)| row.state == State::Resolved && b.is_none_or(|b| b.state != State::Resolved))
        .map(|(_, row)| row)
        .last()
}

/// The log's time is that of a row that was resolved already, after the one that went to resolved, and ours is the latter.
pub fn resolved_again(case: &Case<'_>) -> bool {
    let Some(first) = resolving(case.incident) else { return false };
    let again = |(a, b): (&Row, &Row)| {
        a.line >= first.line && a.state == State::Resolved && b.state == State::Resolved && Some(b.updated_at) == case.log.resolved_at
    };
    case.ours.facts.resolved_at == Some(first.at) && case.incident.pairs().any(again)
}

/// The log has no time, and ours is the row that went to resolved.
pub fn no_resolved_at(case: &Case<'_>) -> bool {
    case.log.resolved_at.is_none() && resolving(case.incident).is_some_and(|row| case.ours.facts.resolved_at == Some(row.at))
}

/// The log's time is that of the row that went to resolved, which is earlier than a row before it; ours is that row's.
pub fn resolved_at_a_time_gone_back(case: &Case<'_>) -> bool {
    resolving(case.incident).is_some_and(|row| {
        row.updated_at < row.at && case.log.resolved_at == Some(row.updated_at) && case.ours.facts.resolved_at == Some(row.at)
    })
}

/// The log's time is that of a row that was closed already, and ours is the first that is closed.
pub fn closed_again(case: &Case<'_>) -> bool {
    let first = case.incident.rows.iter().find(|row| row.state == State::Closed);
    let again = |(a, b): (&Row, &Row)| a.state == State::Closed && b.state == State::Closed && Some(b.updated_at) == case.log.closed_at;
    first.is_some_and(|row| case.ours.facts.closed_at == Some(row.at)) && case.incident.pairs().any(again)
}
