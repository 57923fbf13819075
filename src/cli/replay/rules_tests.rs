//! Each rule's predicate on made-up rows: where it holds, and where it must not.
//! Keeps: no rule holds where our value is another than the rule says.

use super::compare::explain_refusal;
use super::drive::Refused;
use super::facts::Phase;
use super::log::{MINUTE, State};
use super::made_up::{WAITING, incident, judged};
use super::rules::RULES;
use State::{Active, Closed, New, Resolved};

#[test]
fn what_is_alike_needs_no_rule() {
    let made = incident(&[(0, New, "g", "e"), (1, Resolved, "g", "e"), (2, Closed, "g", "e")]);
    assert_eq!(judged(&made, |_| {}), (vec![], 0));
}

#[test]
fn no_rule_covers_a_wrong_final_state_caller_channel_or_reopening() {
    let made = incident(&[(0, Resolved, "g", "e"), (1, Closed, "g", "e")]);
    assert_eq!(judged(&made, |o| o.facts.state = Phase::Resolved), (vec![], 1));
    assert_eq!(judged(&made, |o| o.facts.caller = None), (vec![], 1));
    assert_eq!(judged(&made, |o| o.facts.channel = "portal".into()), (vec![], 1));
    assert_eq!(judged(&made, |o| o.facts.reopenings = 1), (vec![], 1));
    assert_eq!(judged(&made, |o| o.facts.waited = 1), (vec![], 1));
}

#[test]
fn priority_and_location_are_those_of_intake() {
    let mut made = incident(&[(0, New, "g", "e"), (1, New, "g", "e")]);
    made.rows[1].priority = "high";
    made.rows[1].location = None;
    assert_eq!(judged(&made, |o| o.facts.priority = "normal".into()), (vec!["priority-set-at-intake"], 0));
    assert_eq!(judged(&made, |o| o.facts.priority = "low".into()), (vec![], 1));
    assert_eq!(judged(&made, |o| o.facts.account = Some("here".into())), (vec!["location-set-at-intake"], 0));
    assert_eq!(judged(&made, |o| o.facts.account = Some("there".into())), (vec![], 1));
}

#[test]
fn an_emptied_group_stays_and_its_changes_are_not_counted() {
    let made = incident(&[(0, New, "g", "-"), (1, New, "-", "-"), (2, New, "h", "-"), (3, New, "-", "-")]);
    assert_eq!(made.last().reassignments, 3);
    let change = |group: &'static str, changes| {
        judged(&made, |o| {
            o.facts.group = Some(group.into());
            o.facts.group_changes = changes;
        })
    };
    assert_eq!(change("h", 1), (vec!["group-emptied", "group-emptied"], 0));
    assert_eq!(change("g", 1), (vec!["group-emptied"], 1), "not the last group");
    assert_eq!(change("h", 2), (vec!["group-emptied"], 1), "the parts do not add up");
}

#[test]
fn a_counter_that_rises_without_a_change() {
    let mut made = incident(&[(0, New, "g", "-"), (1, New, "h", "-"), (2, New, "h", "-")]);
    made.rows[2].reassignments = 2;
    assert_eq!(judged(&made, |o| o.facts.group_changes = 1), (vec!["counter-without-change"], 0));
    assert_eq!(judged(&made, |o| o.facts.group_changes = 0), (vec![], 1));
}

#[test]
fn a_change_after_resolution_does_not_reach_us() {
    let made = incident(&[(0, Resolved, "g", "e"), (1, Resolved, "h", "f"), (2, Closed, "h", "f")]);
    let name = "reassigned-after-resolution";
    let late = judged(&made, |o| {
        o.facts.group = Some("g".into());
        o.facts.engineer = Some("e".into());
        o.facts.group_changes = 0;
    });
    assert_eq!(late, (vec![name, name, name], 0));
    assert_eq!(judged(&made, |o| o.facts.engineer = Some("x".into())), (vec![], 1));
    let early = incident(&[(0, Active, "g", "e"), (1, Active, "h", "f"), (2, Closed, "h", "f")]);
    assert_eq!(judged(&early, |o| o.facts.engineer = Some("e".into())), (vec![], 1), "the work was not done");
}

#[test]
fn a_refusal_has_a_rule_only_after_resolution() {
    let made = incident(&[(0, Active, "g", "e"), (1, Resolved, "g", "f"), (2, Resolved, "h", "f"), (3, Closed, "h", "f")]);
    let refused = |line, command, error: &str| Refused { incident: 0, line, command, error: error.into(), message: String::new() };
    let rule = |refused: &Refused| explain_refusal(&made, refused).map(|rule| RULES[rule].name);
    assert_eq!(rule(&refused(4, "Transfer", "WrongNode")), Some("reassigned-after-resolution"));
    assert_eq!(rule(&refused(3, "Transfer", "WrongNode")), None);
    assert_eq!(rule(&refused(4, "Transfer", "NotPermitted")), None);
    assert_eq!(rule(&refused(4, "ConfirmSolved", "WrongNode")), None);
}

#[test]
fn nobody_named_is_who_resolved_it() {
    let made = incident(&[(0, New, "g", "-"), (1, Resolved, "g", "-"), (2, Closed, "g", "-")]);
    assert_eq!(judged(&made, |o| o.facts.engineer = Some("u2".into())), (vec!["resolved-by-nobody-named"], 0));
    assert_eq!(judged(&made, |o| o.facts.engineer = Some("u3".into())), (vec![], 1));
}

#[test]
fn who_works_on_it_cannot_be_taken_off_it() {
    let made = incident(&[(0, Active, "g", "e"), (1, Active, "g", "-"), (2, Resolved, "g", "-")]);
    assert_eq!(judged(&made, |o| o.facts.engineer = Some("e".into())), (vec!["taken-from-who-works-on-it"], 0));
    let passed_on = incident(&[(0, Active, "g", "e"), (1, Active, "h", "-"), (2, Resolved, "h", "-")]);
    assert_eq!(judged(&passed_on, |o| o.facts.engineer = Some("e".into())), (vec![], 1), "with the group goes the person");
    let not_begun = incident(&[(0, New, "g", "e"), (1, New, "g", "-"), (2, Resolved, "g", "-")]);
    assert_eq!(judged(&not_begun, |o| o.facts.engineer = Some("e".into())), (vec![], 1), "that can be declined");
}

#[test]
fn active_with_nobody_named_is_new_with_us() {
    let made = incident(&[(0, New, "g", "-"), (1, Active, "g", "-"), (2, Active, "g", "e")]);
    assert_eq!(judged(&made, |o| o.course[1].1 = Phase::New), (vec!["active-with-nobody-named"], 0));
    assert_eq!(judged(&made, |o| o.course[2].1 = Phase::New), (vec![], 1), "somebody is named");
    assert_eq!(judged(&made, |o| o.course[1].1 = Phase::Awaiting), (vec![], 1));
}

#[test]
fn a_change_in_the_midst_of_waiting_makes_two_holds_of_one() {
    let made =
        incident(&[(0, New, "g", "-"), (1, WAITING, "g", "-"), (5, WAITING, "h", "-"), (6, WAITING, "h", "-"), (9, Active, "h", "e")]);
    let change = |at: &[i64], holds| {
        let interruptions = at.iter().map(|at| at * MINUTE).collect();
        judged(&made, |o| {
            o.interruptions = interruptions;
            o.facts.holds = holds;
        })
    };
    assert_eq!(change(&[5], 2), (vec!["reassigned-while-waiting"], 0));
    assert_eq!(change(&[6], 2), (vec![], 1), "nothing changed there");
    assert_eq!(change(&[5], 3), (vec![], 1));
}

#[test]
fn times_of_resolution_and_closing() {
    let mut made = incident(&[(1, Resolved, "g", "e"), (5, Resolved, "g", "e"), (8, Closed, "g", "e"), (9, Closed, "g", "e")]);
    made.rows[3].resolved_at = Some(5 * MINUTE);
    made.rows[3].closed_at = Some(9 * MINUTE);
    assert_eq!(judged(&made, |o| o.facts.resolved_at = Some(MINUTE)), (vec!["resolved-again"], 0));
    assert_eq!(judged(&made, |o| o.facts.resolved_at = Some(2 * MINUTE)), (vec![], 1));
    assert_eq!(judged(&made, |o| o.facts.closed_at = Some(8 * MINUTE)), (vec!["closed-again"], 0));
    assert_eq!(judged(&made, |o| o.facts.closed_at = None), (vec![], 1));
    made.rows[3].resolved_at = None;
    assert_eq!(judged(&made, |o| o.facts.resolved_at = Some(MINUTE)), (vec!["no-resolved-at"], 0));
    assert_eq!(judged(&made, |o| o.facts.resolved_at = Some(5 * MINUTE)), (vec![], 1));
}

#[test]
fn a_time_that_goes_back_is_the_latest_one_told() {
    let mut made = incident(&[(7, New, "g", "e"), (3, Resolved, "g", "e"), (8, Closed, "g", "e")]);
    made.rows[2].resolved_at = Some(3 * MINUTE);
    assert_eq!(judged(&made, |o| o.facts.resolved_at = Some(7 * MINUTE)), (vec!["time-goes-back"], 0));
    assert_eq!(judged(&made, |o| o.facts.resolved_at = Some(8 * MINUTE)), (vec![], 1));
}

#[test]
fn names_of_rules_are_told_apart() {
    let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
}
