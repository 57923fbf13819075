//! The comparison: what differs, and which rules explain it.
//! Keeps: a difference is explained only by rules whose predicate holds for this incident; a difference of a count only if the
//! parts that rules give add up to it exactly; there is no rule for "the rest".

use super::drive::Refused;
use super::facts::{Facts, Field, course_of_log, minute};
use super::log::Incident;
use super::ours::Ours;
use super::rules::{RULES, Share};

/// One incident, as both sides tell it.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The log's rows.
    pub incident: &'a Incident,
    /// The log's facts.
    pub log: &'a Facts,
    /// Our history's facts.
    pub ours: &'a Ours,
}

/// A difference that no rule explains.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Unexplained {
    /// The log's number.
    pub incident: String,
    /// What differs.
    pub what: &'static str,
    /// The log's value.
    pub log: String,
    /// Ours.
    pub ours: String,
}

/// What came out for one incident.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verdict {
    /// Rules (their place in [`RULES`]) with what they explain.
    pub explained: Vec<(usize, Field)>,
    /// What is left.
    pub unexplained: Vec<Unexplained>,
}

impl Case<'_> {
    /// Whether a field differs.
    pub fn differs(&self, field: Field) -> bool {
        let (log, ours) = (self.log, &self.ours.facts);
        match field {
            Field::State => log.state != ours.state,
            Field::Group => log.group != ours.group,
            Field::Engineer => log.engineer != ours.engineer,
            Field::Priority => log.priority != ours.priority,
            Field::Caller => log.caller != ours.caller,
            Field::Channel => log.channel != ours.channel,
            Field::Account => log.account != ours.account,
            Field::GroupChanges => log.group_changes != ours.group_changes,
            Field::Reopenings => log.reopenings != ours.reopenings,
            Field::Holds => log.holds != ours.holds,
            Field::Waited => log.waited != ours.waited,
            Field::ResolvedAt => log.resolved_at != ours.resolved_at,
            Field::ClosedAt => log.closed_at != ours.closed_at,
            Field::Course => course_of_log(self.incident).iter().any(|(at, phase)| self.ours.phase_at(*at) != Some(*phase)),
        }
    }

    /// Holds every field against the rules.
    pub fn judge(&self) -> Verdict {
        let mut verdict = Verdict::default();
        for field in Field::ALL.into_iter().filter(|field| self.differs(*field)) {
            let rules = self.explain(field);
            if rules.is_empty() {
                verdict.unexplained.push(self.unexplained(field));
            }
            verdict.explained.extend(rules.into_iter().map(|rule| (rule, field)));
        }
        verdict
    }

    /// The rules that explain a difference: one that explains it whole, or those whose parts add up to it.
    fn explain(&self, field: Field) -> Vec<usize> {
        let mut parts = Vec::new();
        let mut sum = 0;
        for (rule, share) in RULES.iter().enumerate().flat_map(|(i, rule)| rule.shares.iter().map(move |share| (i, share))) {
            match share {
                Share::Whole(of, holds) if *of == field && holds(self) => return vec![rule],
                Share::Part(of, part) if *of == field => {
                    let part = part(self);
                    sum += part;
                    if part != 0 {
                        parts.push(rule);
                    }
                }
                Share::Whole(..) | Share::Part(..) | Share::Refusal(_) => {}
            }
        }
        let difference = field.count(&self.ours.facts).zip(field.count(self.log)).map(|(ours, log)| ours - log);
        if difference == Some(sum) { parts } else { Vec::new() }
    }

    fn unexplained(&self, field: Field) -> Unexplained {
        let (log, ours) = match field {
            Field::Course => self.first_deviation(),
            other => (other.shown(self.log), other.shown(&self.ours.facts)),
        };
        Unexplained { incident: self.incident.number.clone(), what: field.name(), log, ours }
    }

    fn first_deviation(&self) -> (String, String) {
        let course = course_of_log(self.incident);
        let found = course.iter().find(|(at, phase)| self.ours.phase_at(*at) != Some(*phase));
        found.map_or_else(Default::default, |(at, phase)| {
            let ours = self.ours.phase_at(*at).map_or("nothing", super::facts::Phase::name);
            (format!("{} at {}", phase.name(), minute(*at)), ours.to_owned())
        })
    }
}

/// The rule that explains a refused command.
pub fn explain_refusal(incident: &Incident, refused: &Refused) -> Option<usize> {
    let explains = |share: &Share| matches!(share, Share::Refusal(holds) if holds(incident, refused));
    RULES.iter().position(|rule| rule.shares.iter().any(explains))
}
