//! Which commands the difference of two rows gives, on made-up rows.
//! Leaves to others: whether the daemon takes them, which `tests/it/replay.rs` shows on the real log.

use super::desk::{Desk, Node};
use super::log::{Awaiting, Incident, State};
use super::made_up::{WAITING, incident};
use super::steps::steps;
use State::{Active, Closed, New, Resolved};

/// The commands of each row as `user:Command argument`, if all are accepted.
fn told(incident: &Incident) -> Vec<Vec<String>> {
    let mut desk = Desk::default();
    let mut told = Vec::new();
    for (before, row) in incident.updates() {
        let steps = steps(&desk, before, row);
        told.push(steps.iter().map(|s| format!("{}:{:?}", s.by, s.command).replace(['"', ')'], "").replace('(', " ")).collect());
        steps.iter().for_each(|step| desk.take(step));
    }
    told
}

#[test]
fn a_plain_life_from_call_to_closing() {
    let told =
        told(&incident(&[(0, New, "g", "-"), (1, New, "g", "e"), (2, Active, "g", "e"), (3, Resolved, "g", "e"), (9, Closed, "g", "e")]));
    assert_eq!(told[0], ["u1:AssignToGroup g"]);
    assert_eq!(told[1], ["u2:AssignToEngineer e"]);
    assert_eq!(told[2], ["e:Accept"]);
    assert_eq!(told[3], ["u4:Complete"]);
    assert_eq!(told[4], ["u5:Solved"]);
}

#[test]
fn a_row_that_changes_nothing_gives_no_command() {
    let told = told(&incident(&[(0, Active, "g", "e"), (1, Active, "g", "e"), (2, WAITING, "g", "e"), (3, WAITING, "g", "e")]));
    assert_eq!(told[1..], [vec![], vec!["u3:Hold UserInfo".to_owned()], vec![]]);
}

#[test]
fn a_first_row_in_the_middle_of_things_passes_what_lies_before() {
    let told = told(&incident(&[(0, Resolved, "g", "e"), (1, Closed, "g", "e")]));
    assert_eq!(told[0], ["u1:AssignToGroup g", "u1:AssignToEngineer e", "e:Accept", "u1:Complete"]);
}

#[test]
fn what_is_resolved_with_nobody_named_was_done_by_who_says_so() {
    let told = told(&incident(&[(0, New, "g", "-"), (1, Active, "g", "-"), (2, Resolved, "g", "-")]));
    assert_eq!(told[1], [""; 0], "active with nobody: nobody can take it on");
    assert_eq!(told[2], ["u3:AssignToEngineer u3", "u3:Accept", "u3:Complete"]);
}

#[test]
fn another_group_keeps_the_person_that_the_row_still_names() {
    let told = told(&incident(&[(0, Active, "g", "e"), (1, Active, "h", "e"), (2, Active, "i", "-"), (3, Active, "i", "f")]));
    assert_eq!(told[1], ["u2:TransferToGroup h", "u2:AssignToEngineer e", "e:Accept"]);
    assert_eq!(told[2], ["u3:TransferToGroup i"]);
    assert_eq!(told[3], ["u4:AssignToEngineer f", "f:Accept"]);
}

#[test]
fn an_emptied_group_gives_no_command_and_the_next_one_counts_from_the_last() {
    let told = told(&incident(&[(0, New, "g", "-"), (1, New, "-", "-"), (2, New, "g", "-"), (3, New, "-", "-"), (4, New, "h", "-")]));
    assert_eq!(told[1..4], [vec![""; 0], vec![], vec![]]);
    assert_eq!(told[4], ["u5:AssignToGroup h"]);
}

#[test]
fn the_one_who_was_handed_it_passes_it_on() {
    let told = told(&incident(&[(0, New, "g", "e"), (1, New, "g", "f"), (2, New, "g", "h"), (3, Active, "g", "h"), (4, Active, "g", "e")]));
    assert_eq!(told[1], ["u2:TransferToEngineer f"]);
    assert_eq!(told[2], ["f:TransferToEngineer h"]);
    assert_eq!(told[4], ["u5:TransferToEngineer e", "e:Accept"]);
}

#[test]
fn taken_back_before_work_began_is_declined_and_after_that_not_possible() {
    let told_new = told(&incident(&[(0, New, "g", "e"), (1, New, "g", "-"), (2, New, "h", "-")]));
    assert_eq!(told_new[1], ["u2:Decline"]);
    assert_eq!(told_new[2], ["u1:AssignToGroup h"], "it is back with the one who assigned it");
    let told_active = told(&incident(&[(0, Active, "g", "e"), (1, Active, "g", "-")]));
    assert_eq!(told_active[1], [""; 0]);
}

#[test]
fn waiting_is_ended_for_a_change_and_begun_again() {
    let problem = State::Awaiting(Awaiting::Problem);
    let told = told(&incident(&[(0, WAITING, "g", "-"), (1, WAITING, "h", "-"), (2, problem, "h", "-"), (3, Resolved, "h", "e")]));
    assert_eq!(told[0], ["u1:AssignToGroup g", "u1:Hold UserInfo"]);
    assert_eq!(told[1], ["u2:Resume", "u2:AssignToGroup h", "u2:Hold UserInfo"]);
    assert_eq!(told[2], ["u3:Resume", "u3:Hold Problem"]);
    assert_eq!(told[3], ["u4:Resume", "u4:AssignToEngineer e", "e:Accept", "u4:Complete"]);
}

#[test]
fn back_from_resolved_is_not_solved_and_goes_to_who_completed_it() {
    let rows = [(0, Resolved, "g", "e"), (1, Active, "g", "e"), (2, Resolved, "g", "e"), (3, Resolved, "g", "f"), (4, Closed, "g", "f")];
    let incident = incident(&rows);
    let told = told(&incident);
    assert_eq!(told[1], ["u2:NotSolved"]);
    assert_eq!(told[2], ["u1:Complete"]);
    assert_eq!(told[3], ["u4:TransferToEngineer f"], "sent, and refused by the daemon");
}

#[test]
fn a_refused_command_leaves_the_desk_where_it_was() {
    let incident = incident(&[(0, Resolved, "g", "e"), (1, Resolved, "h", "e"), (2, Closed, "h", "e")]);
    let mut desk = Desk::default();
    steps(&desk, None, &incident.rows[0]).iter().for_each(|step| desk.take(step));
    assert_eq!(desk.node, Node::Confirm);
    let refused = steps(&desk, Some(&incident.rows[0]), &incident.rows[1]);
    assert_eq!(refused.len(), 1);
    let next = steps(&desk, Some(&incident.rows[1]), &incident.rows[2]);
    assert_eq!(next.iter().map(|s| s.command.name()).collect::<Vec<_>>(), ["ConfirmSolved"], "it is not tried again");
}
