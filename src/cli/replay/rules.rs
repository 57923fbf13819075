//! The rules that explain why our outcome is not the log's. Each has a name, a sentence, and what it explains, with its predicate.
//! Keeps: predicates look at the log's rows (and our values), never at an incident's name; how to add one: a predicate in
//! `rules_part`, an entry here, a made-up incident in `rules_tests`.

use super::compare::Case;
use super::drive::Refused;
use super::facts::Field;
use super::log::Incident;
use super::rules_part as part;

/// What a rule explains.
#[derive(Clone, Copy)]
pub enum Share {
    /// A whole difference of a field, where this holds.
    Whole(Field, fn(&Case<'_>) -> bool),
    /// So much of the difference of a count: ours less the log's.
    Part(Field, fn(&Case<'_>) -> i64),
    /// A refused command, where this holds.
    Refusal(fn(&Incident, &Refused) -> bool),
}

/// A named rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// What it says, for people.
    pub says: &'static str,
    /// What it explains.
    pub shares: &'static [Share],
}

/// All rules.
pub const RULES: &[Rule] = &[
    Rule {
        name: "priority-set-at-intake",
        says: "the log changes the priority after the first row; the daemon has no command for it, ours is the first row's",
        shares: &[Share::Whole(Field::Priority, part::priority_changed_later)],
    },
    Rule {
        name: "location-set-at-intake",
        says: "the log changes the location after the first row; the daemon has no command for it, ours is the first row's",
        shares: &[Share::Whole(Field::Account, part::location_changed_later)],
    },
    Rule {
        name: "group-emptied",
        says: "the log empties the group, or has none at first, and counts each change from or to nothing; the daemon keeps the last group",
        shares: &[
            Share::Whole(Field::Group, part::group_emptied_at_the_end),
            Share::Part(Field::GroupChanges, part::changes_from_or_to_no_group),
        ],
    },
    Rule {
        name: "counter-without-change",
        says: "the log's reassignment_count rises between two rows of the same group",
        shares: &[Share::Part(Field::GroupChanges, part::counted_without_change)],
    },
    Rule {
        name: "reassigned-after-resolution",
        says: "the log changes group or person while the incident is resolved; with us the work is done then, and a transfer is refused",
        shares: &[
            Share::Whole(Field::Group, part::group_changed_after_resolution),
            Share::Whole(Field::Engineer, part::engineer_changed_after_resolution),
            Share::Part(Field::GroupChanges, part::group_changes_after_resolution),
            Share::Refusal(part::refused_after_resolution),
        ],
    },
    Rule {
        name: "resolved-by-nobody-named",
        says: "the log resolves it with nobody assigned; with us it is whoever updated it to resolved",
        shares: &[Share::Whole(Field::Engineer, part::resolved_by_nobody_named)],
    },
    Rule {
        name: "taken-from-who-works-on-it",
        says: "the log takes it from somebody who works on it and names nobody; the daemon passes work on, but not to nobody: the engineer stays",
        shares: &[Share::Whole(Field::Engineer, part::taken_from_who_works_on_it)],
    },
    Rule {
        name: "active-with-nobody-named",
        says: "the log calls it active while nobody is assigned; with us nobody has taken it on",
        shares: &[Share::Whole(Field::Course, part::active_with_nobody_named)],
    },
    Rule {
        name: "reassigned-while-waiting",
        says: "the log changes group or person while it waits; the daemon wants the hold ended first, so one hold becomes two without a gap",
        shares: &[Share::Part(Field::Holds, part::holds_interrupted_by_a_change)],
    },
    Rule {
        name: "resolved-again",
        says: "the log's resolved_at is a later update of an incident that was resolved already; ours is when it was resolved",
        shares: &[Share::Whole(Field::ResolvedAt, part::resolved_again)],
    },
    Rule {
        name: "no-resolved-at",
        says: "the log leaves resolved_at empty; ours is the row that went to resolved",
        shares: &[Share::Whole(Field::ResolvedAt, part::no_resolved_at)],
    },
    Rule {
        name: "time-goes-back",
        says: "the log's rows go back in time, our clock does not: it was resolved at the latest time told before",
        shares: &[Share::Whole(Field::ResolvedAt, part::resolved_at_a_time_gone_back)],
    },
    Rule {
        name: "closed-again",
        says: "the log's closed_at is a later update of an incident that was closed already; ours is when it was closed",
        shares: &[Share::Whole(Field::ClosedAt, part::closed_again)],
    },
];
