//! Holds what happened against what should have: pure functions over what the socket and the mail catcher gave.
//! A check never stops the play; at the end all of them are told, and one that is wrong makes the exit code 1.

use crate::protocol::work_orders::{HistoryLine, WorkOrder};
use crate::verify::Findings;
use std::fmt::{Debug, Display};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What should be so.
    pub what: String,
    /// What was found instead; none: it is so.
    pub wrong: Option<String>,
}

/// All that was looked at, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checks(pub Vec<Check>);

impl Checks {
    /// Notes whether something holds, and what was found.
    pub fn that(&mut self, what: impl Into<String>, holds: bool, found: impl Display) {
        let wrong = (!holds).then(|| format!("found: {found}"));
        self.0.push(Check { what: what.into(), wrong });
    }

    /// Notes whether two things are equal.
    pub fn equal<T: PartialEq + Debug + ?Sized>(&mut self, what: impl Into<String>, found: &T, expected: &T) {
        let wrong = (found != expected).then(|| format!("found: {found:?}; expected: {expected:?}"));
        self.0.push(Check { what: what.into(), wrong });
    }

    /// How many are wrong.
    pub fn wrong(&self) -> usize {
        self.0.iter().filter(|check| check.wrong.is_some()).count()
    }
}

/// How a Work Order should have ended.
#[derive(Debug, Clone, Default)]
pub struct Ending<'a> {
    /// For people: "the group's order".
    pub name: &'a str,
    /// How it ended: completed, cancelled, rejected.
    pub outcome: &'a str,
    /// Who worked on it last.
    pub engineer: Option<&'a str>,
    /// How often it came back as not solved.
    pub reopened: i64,
    /// How long it was on hold, in milliseconds.
    pub held_ms: i64,
    /// The stars of its evaluations (field `overall`), in order.
    pub stars: &'a [&'a str],
    /// Channels over which the customer could not be reached, so that the next one was taken.
    pub failed: &'a [&'a str],
    /// What its history must tell, oldest first: an event, and a piece of its details. Other lines may stand between them.
    pub history: &'a [(&'a str, &'a str)],
}

/// A Work Order has ended as it should: closed, with nothing left that could still happen to it.
pub fn ended(checks: &mut Checks, order: &WorkOrder, want: &Ending<'_>) {
    let name = want.name;
    let found = (order.status.as_str(), order.outcome.as_deref(), order.node.as_deref());
    checks.equal(format!("{name} is closed: {}", want.outcome), &found, &("closed", Some(want.outcome), None));
    let answers = order.evaluations.iter().flat_map(|e| &e.answers).filter(|a| a.field == "overall");
    let stars: Vec<&str> = answers.map(|a| a.value.as_str()).collect();
    let hours = want.held_ms / 3_600_000;
    let told = if want.stars.is_empty() { "not evaluated".to_owned() } else { format!("{} stars", want.stars.join(", ")) };
    let what = format!("{name}: {}, {hours} h on hold, reopened {} times, {told}", want.engineer.unwrap_or("nobody"), want.reopened);
    let found = (order.engineer.as_deref(), order.held_ms, order.reopened, stars.as_slice());
    checks.equal(what, &found, &(want.engineer, want.held_ms, want.reopened, want.stars));
    let mut left: Vec<_> = order.timers.iter().map(|t| t.what.clone()).collect();
    left.extend(
        order
            .mails
            .iter()
            .filter(|m| m.status != "sent" && !want.failed.contains(&m.channel.as_str()))
            .map(|m| format!("mail {} {}", m.no, m.status)),
    );
    checks.that(format!("{name}: no timer is left, every mail that had to go out is recorded as sent"), left.is_empty(), left.join(", "));
}

/// The history tells what it should, in this order, and its steps are numbered without a gap.
pub fn history(checks: &mut Checks, lines: &[HistoryLine], want: &Ending<'_>) {
    let mut rest = lines.iter();
    let fits = |line: &HistoryLine, (event, piece): &(&str, &str)| line.event == *event && line.details.contains(piece);
    let missing = want.history.iter().find(|wanted| !rest.any(|line| fits(line, wanted)));
    let what = format!("{}: the history tells {} events in order", want.name, want.history.len());
    checks.that(
        what,
        missing.is_none(),
        missing.map(|(event, piece)| format!("no {event} ({piece}) where it should be")).unwrap_or_default(),
    );
    let mut revisions: Vec<_> = lines.iter().map(|line| line.revision).collect();
    revisions.dedup();
    let whole = revisions.iter().copied().eq(1..=revisions.len() as i64);
    checks.that(format!("{}: {} steps without a gap", want.name, revisions.len()), whole, format_args!("revisions {revisions:?}"));
}

/// The text of a note, as it was put down.
pub fn note(line: &HistoryLine) -> String {
    line.details.strip_prefix("remark: ").unwrap_or(&line.details).to_owned()
}

/// Each of these notes is in the history exactly once, and no other.
pub fn notes(checks: &mut Checks, what: &str, lines: &[HistoryLine], wanted: &[String]) {
    let mut found: Vec<_> = lines.iter().filter(|line| line.event == "ServiceRecordAdded").map(note).collect();
    let mut wanted = wanted.to_vec();
    found.sort_unstable();
    wanted.sort_unstable();
    let differs = found.iter().filter(|n| !wanted.contains(n)).chain(wanted.iter().filter(|n| !found.contains(n)));
    let differs: Vec<_> = differs.cloned().collect();
    checks.that(what, found == wanted, format_args!("{} notes; differing: {}", found.len(), differs.join(", ")));
}

/// A mail that arrived: recipient, subject, Message-ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// The recipient in the envelope.
    pub to: String,
    /// The subject, decoded.
    pub subject: String,
    /// The Message-ID.
    pub id: String,
}

/// Exactly these mails came, each once.
pub fn mails(checks: &mut Checks, arrived: &[Arrived], wanted: &[(String, String)]) {
    let found: Vec<_> = arrived.iter().map(|m| (m.to.clone(), m.subject.clone())).collect();
    checks.equal(format!("exactly {} mails came, to whom they should", wanted.len()), found.as_slice(), wanted);
    let mut ids: Vec<_> = arrived.iter().map(|m| m.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let once = ids.len() == arrived.len() && !ids.contains(&"");
    checks.that("no mail came twice: every Message-ID is there once", once, format_args!("{} of {} differ", ids.len(), arrived.len()));
}

/// What the offline checker should find: a whole history, and one mandatory evaluation that ended by time.
pub fn verified(checks: &mut Checks, found: &Findings) {
    checks.that("verify: the history is whole and holds the published head", found.wrong.is_empty(), found.wrong.join("; "));
    let gate = (found.gate.evaluated, found.gate.auto_completed, found.gate.waiting, found.gate.ended_while_waiting);
    checks.equal("verify: one mandatory evaluation, ended by auto-completion", &gate, &(0, 1, 0, 0));
}
