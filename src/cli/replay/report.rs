//! The report of a replay: what was sent, what differs, and the rules that explain it; for people and as JSON.
//! Leaves to others: printing it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;

use super::compare::{Case, Unexplained, Verdict};
use super::drive::{Driven, Refused};
use super::log::Incident;
use super::rules::{RULES, Rule};

/// How many incidents ended in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Ends {
    /// In the log.
    pub log: u64,
    /// In our history.
    pub ours: u64,
}

/// What a rule explains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Applied {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Incidents, by what differs.
    pub differences: BTreeMap<&'static str, u64>,
    /// Commands that were refused.
    pub refusals: u64,
    /// The incidents it was applied to.
    pub incidents: BTreeSet<String>,
}

/// The outcome of a replay.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The log.
    pub file: String,
    /// Incidents in it.
    pub incidents: u64,
    /// Rows in it.
    pub rows: u64,
    /// Incidents of which nothing differs.
    pub alike: u64,
    /// Incidents by final state.
    pub ends: BTreeMap<&'static str, Ends>,
    /// Commands sent to Work Orders, by name.
    pub sent: BTreeMap<&'static str, u64>,
    /// Those that were refused, by the error's name.
    pub refused: BTreeMap<String, u64>,
    /// Commands given by the one handler of a node, because the row's updater was not one.
    pub given_in_place: u64,
    /// Times at which the clock was set ahead.
    pub moments: u64,
    /// Staff users, groups, accounts and contacts entered.
    pub entries: u64,
    /// Rules, in their order; also those that explain nothing.
    pub rules: Vec<Applied>,
    /// Differences and refusals without a rule.
    pub unexplained: Vec<Unexplained>,
    /// Time for all of it.
    pub seconds: f64,
    /// Time for driving the rows.
    pub driving_seconds: f64,
    /// Accepted commands and settings of the clock per second of driving.
    pub steps_per_second: f64,
}

impl Report {
    /// Whether every difference and every refusal has its rule.
    pub fn is_explained(&self) -> bool {
        self.unexplained.is_empty()
    }

    /// How many incidents a rule was applied to.
    pub fn applied(&self, rule: &str) -> usize {
        self.rules.iter().find(|r| r.name == rule).map_or(0, |r| r.incidents.len())
    }

    /// For people; `verbose` lists the incidents of every rule.
    pub fn text(&self, verbose: bool) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut out, verbose);
        out
    }

    fn write(&self, out: &mut String, verbose: bool) -> std::fmt::Result {
        let total: u64 = self.sent.values().sum();
        let refused: u64 = self.refused.values().sum();
        writeln!(out, "{}: {} incidents in {} rows", self.file, self.incidents, self.rows)?;
        writeln!(out, "\nfinal state   log  ours")?;
        for (state, ends) in &self.ends {
            writeln!(out, "{state:<12} {:>4}  {:>4}", ends.log, ends.ours)?;
        }
        writeln!(out, "\ncommands sent {total}, refused {refused}")?;
        for (name, count) in &self.sent {
            writeln!(out, "  {count:>5}  {name}")?;
        }
        for (error, count) in &self.refused {
            writeln!(out, "  {count:>5}  refused: {error}")?;
        }
        writeln!(out, "  {:>5}  given by a node's one handler in place of the row's updater", self.given_in_place)?;
        writeln!(out, "\nnothing differs in {} incidents; differences by rule:", self.alike)?;
        for rule in &self.rules {
            writeln!(out, "  {:>5}  {}: {}", rule.incidents.len(), rule.name, rule.says)?;
            let mut parts: Vec<_> = rule.differences.iter().map(|(field, count)| format!("{field} {count}")).collect();
            parts.extend((rule.refusals > 0).then(|| format!("refused commands {}", rule.refusals)));
            if !parts.is_empty() {
                writeln!(out, "         ({})", parts.join(", "))?;
            }
            if verbose && !rule.incidents.is_empty() {
                writeln!(out, "         {}", rule.incidents.iter().cloned().collect::<Vec<_>>().join(" "))?;
            }
        }
        writeln!(out, "\nwithout a rule: {}", self.unexplained.len())?;
        for difference in &self.unexplained {
            writeln!(out, "  {}  {}: log {}, ours {}", difference.incident, difference.what, difference.log, difference.ours)?;
        }
        let (all, driving, rate) = (self.seconds, self.driving_seconds, self.steps_per_second);
        writeln!(out, "\n{all:.1} s in all; {driving:.1} s for the rows at {} moments: {rate:.0} steps per second", self.moments)
    }
}

/// A report in the making.
#[derive(Debug)]
pub struct Tally {
    report: Report,
}

impl Tally {
    /// Begins one.
    pub fn new(file: &Path, incidents: &[Incident], driven: &Driven) -> Self {
        let empty = |rule: &Rule| Applied {
            name: rule.name,
            says: rule.says,
            differences: BTreeMap::new(),
            refusals: 0,
            incidents: BTreeSet::new(),
        };
        let sent: u64 = driven.sent.values().sum();
        let steps = sent - driven.refused.len() as u64 + driven.moments;
        let driving_seconds = driven.took.as_secs_f64();
        Self {
            report: Report {
                file: file.display().to_string(),
                incidents: incidents.len() as u64,
                rows: incidents.iter().map(|incident| incident.rows.len() as u64).sum(),
                alike: 0,
                ends: BTreeMap::new(),
                sent: driven.sent.clone(),
                refused: BTreeMap::new(),
                given_in_place: driven.in_place,
                moments: driven.moments,
                entries: driven.entries,
                rules: RULES.iter().map(empty).collect(),
                unexplained: Vec::new(),
                seconds: 0.0,
                driving_seconds,
                steps_per_second: if driving_seconds > 0.0 { steps as f64 / driving_seconds } else { 0.0 },
            },
        }
    }

    /// Takes an incident in.
    pub fn take(&mut self, case: &Case<'_>, verdict: Verdict) {
        let report = &mut self.report;
        report.ends.entry(case.log.state.name()).or_default().log += 1;
        report.ends.entry(case.ours.facts.state.name()).or_default().ours += 1;
        report.alike += u64::from(verdict == Verdict::default());
        for (rule, field) in verdict.explained {
            *report.rules[rule].differences.entry(field.name()).or_default() += 1;
            report.rules[rule].incidents.insert(case.incident.number.clone());
        }
        report.unexplained.extend(verdict.unexplained);
    }

    /// Takes a refused command in, with the rule that explains it.
    pub fn take_refusal(&mut self, incident: &Incident, refused: &Refused, rule: Option<usize>) {
        let report = &mut self.report;
        *report.refused.entry(refused.error.clone()).or_default() += 1;
        match rule {
            Some(rule) => {
                report.rules[rule].refusals += 1;
                report.rules[rule].incidents.insert(incident.number.clone());
            }
            None => report.unexplained.push(Unexplained {
                incident: incident.number.clone(),
                what: "refused command",
                log: format!("line {} gives {}", refused.line, refused.command),
                ours: format!("{}: {}", refused.error, refused.message),
            }),
        }
    }

    /// The report.
    pub fn report(mut self, took: Duration) -> Report {
        self.report.seconds = took.as_secs_f64();
        self.report
    }
}
