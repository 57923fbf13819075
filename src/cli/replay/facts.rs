//! What is compared of an incident: the same facts of the log and of our history, and where they differ.
//! Leaves to others: reading ours (`ours`), and why they differ (`rules`).

use super::log::{Incident, State};

/// What an incident is doing, as far as log and daemon both tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nobody has taken it on.
    New,
    /// Worked on.
    Active,
    /// On hold.
    Awaiting,
    /// The work is done.
    Resolved,
    /// Over, as completed.
    Closed,
    /// Over in another way; never in the log.
    Dropped,
}

impl Phase {
    /// The log's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Active => "Active",
            Self::Awaiting => "Awaiting",
            Self::Resolved => "Resolved",
            Self::Closed => "Closed",
            Self::Dropped => "dropped",
        }
    }
}

impl From<State> for Phase {
    fn from(state: State) -> Self {
        match state {
            State::New => Self::New,
            State::Active => Self::Active,
            State::Awaiting(_) => Self::Awaiting,
            State::Resolved => Self::Resolved,
            State::Closed => Self::Closed,
        }
    }
}

/// The facts of one incident. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// At the end.
    pub state: Phase,
    /// At the end.
    pub group: Option<String>,
    /// At the end.
    pub engineer: Option<String>,
    /// At the end.
    pub priority: String,
    /// Who called.
    pub caller: Option<String>,
    /// How it came in.
    pub channel: String,
    /// Where the caller is.
    pub account: Option<String>,
    /// How often it went to another group.
    pub group_changes: i64,
    /// How often it came back from resolved.
    pub reopenings: i64,
    /// How often it began to wait.
    pub holds: i64,
    /// How long it waited, in milliseconds.
    pub waited: i64,
    /// When it was resolved, the last time.
    pub resolved_at: Option<i64>,
    /// When it was closed.
    pub closed_at: Option<i64>,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// [`Facts::state`].
    State,
    /// [`Facts::group`].
    Group,
    /// [`Facts::engineer`].
    Engineer,
    /// [`Facts::priority`].
    Priority,
    /// [`Facts::caller`].
    Caller,
    /// [`Facts::channel`].
    Channel,
    /// [`Facts::account`].
    Account,
    /// [`Facts::group_changes`].
    GroupChanges,
    /// [`Facts::reopenings`].
    Reopenings,
    /// [`Facts::holds`].
    Holds,
    /// [`Facts::waited`].
    Waited,
    /// [`Facts::resolved_at`].
    ResolvedAt,
    /// [`Facts::closed_at`].
    ClosedAt,
    /// What it was doing after every row of the log, from the first to the last.
    Course,
}

impl Field {
    /// All, in the order of reports.
    pub const ALL: [Self; 14] = [
        Self::State,
        Self::Group,
        Self::Engineer,
        Self::Priority,
        Self::Caller,
        Self::Channel,
        Self::Account,
        Self::GroupChanges,
        Self::Reopenings,
        Self::Holds,
        Self::Waited,
        Self::ResolvedAt,
        Self::ClosedAt,
        Self::Course,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "final state",
            Self::Group => "final group",
            Self::Engineer => "final engineer",
            Self::Priority => "priority",
            Self::Caller => "caller",
            Self::Channel => "channel",
            Self::Account => "location",
            Self::GroupChanges => "changes of group",
            Self::Reopenings => "reopenings",
            Self::Holds => "holds",
            Self::Waited => "time on hold",
            Self::ResolvedAt => "resolved at",
            Self::ClosedAt => "closed at",
            Self::Course => "state after each row",
        }
    }

    /// The values of a field, for people.
    pub fn shown(self, facts: &Facts) -> String {
        let name = |n: &Option<String>| n.clone().unwrap_or_else(|| "-".into());
        let time = |t: Option<i64>| t.map_or_else(|| "-".into(), minute);
        match self {
            Self::State => facts.state.name().into(),
            Self::Group => name(&facts.group),
            Self::Engineer => name(&facts.engineer),
            Self::Priority => facts.priority.clone(),
            Self::Caller => name(&facts.caller),
            Self::Channel => facts.channel.clone(),
            Self::Account => name(&facts.account),
            Self::GroupChanges => facts.group_changes.to_string(),
            Self::Reopenings => facts.reopenings.to_string(),
            Self::Holds => facts.holds.to_string(),
            Self::Waited => format!("{} min", facts.waited / super::log::MINUTE),
            Self::ResolvedAt => time(facts.resolved_at),
            Self::ClosedAt => time(facts.closed_at),
            Self::Course => String::new(),
        }
    }

    /// The number of a field that counts.
    pub fn count(self, facts: &Facts) -> Option<i64> {
        match self {
            Self::GroupChanges => Some(facts.group_changes),
            Self::Reopenings => Some(facts.reopenings),
            Self::Holds => Some(facts.holds),
            Self::Waited => Some(facts.waited),
            Self::State
            | Self::Group
            | Self::Engineer
            | Self::Priority
            | Self::Caller
            | Self::Channel
            | Self::Account
            | Self::ResolvedAt
            | Self::ClosedAt
            | Self::Course => None,
        }
    }
}

/// A time of the log, as `2016-02-29 01:23`.
pub fn minute(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at).unwrap_or_default().strftime("%Y-%m-%d %H:%M").to_string()
}

/// The facts as the log tells them. What it counts itself (reassignments, reopenings) and when it says that it was resolved and
/// closed is taken as it says; holds and their time, which it does not count, come from its rows.
pub fn of_log(incident: &Incident) -> Facts {
    let last = incident.last();
    let waiting = |state| matches!(state, State::Awaiting(_));
    let holds = incident.updates().filter(|(b, row)| waiting(row.state) && b.is_none_or(|b| b.state != row.state)).count();
    Facts {
        state: last.state.into(),
        group: last.group.clone(),
        engineer: last.assigned.clone(),
        priority: last.priority.into(),
        caller: Some(last.caller.clone()),
        channel: last.channel.into(),
        account: last.location.clone(),
        group_changes: last.reassignments,
        reopenings: last.reopenings,
        holds: holds as i64,
        waited: incident.pairs().filter(|(a, _)| waiting(a.state)).map(|(a, b)| b.at - a.at).sum(),
        resolved_at: last.resolved_at,
        closed_at: last.closed_at,
    }
}

/// What the log says it was doing, at each moment that it tells of; of several rows of one moment the last counts.
pub fn course_of_log(incident: &Incident) -> Vec<(i64, Phase)> {
    let mut course: Vec<(i64, Phase)> = Vec::new();
    for row in &incident.rows {
        match course.last_mut() {
            Some((at, phase)) if *at == row.at => *phase = row.state.into(),
            Some(_) | None => course.push((row.at, row.state.into())),
        }
    }
    course
}

#[cfg(test)]
mod tests {
    use super::super::log::Awaiting;
    use super::super::made_up::{WAITING, incident};
    use super::*;
    use State::{Active, Closed, New, Resolved};

    #[test]
    fn holds_and_their_time_come_from_the_rows() {
        let vendor = State::Awaiting(Awaiting::Vendor);
        let rows = [
            (0, New, "g", "-"),
            (2, WAITING, "g", "-"),
            (4, WAITING, "h", "-"),
            (5, vendor, "h", "-"),
            (9, Active, "h", "e"),
            (9, WAITING, "h", "e"),
        ];
        let log = of_log(&incident(&rows));
        assert_eq!((log.holds, log.waited / super::super::log::MINUTE, log.group_changes), (3, 7, 1));
    }

    #[test]
    fn of_several_rows_of_a_moment_the_last_counts() {
        let made = incident(&[(0, New, "g", "-"), (3, Active, "g", "e"), (3, Resolved, "g", "e"), (8, Closed, "g", "e")]);
        let minutes: Vec<_> = course_of_log(&made).into_iter().map(|(at, phase)| (at / super::super::log::MINUTE, phase)).collect();
        assert_eq!(minutes, [(0, Phase::New), (3, Phase::Resolved), (8, Phase::Closed)]);
    }
}
