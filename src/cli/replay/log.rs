//! The log as it is read: rows of typed values, by incident, in the order of the file.
//! Keeps: a row that cannot be understood is named with its line and column, and nothing of the file is used then.
//! Leaves to others: what a difference between two rows means (`steps`).

use std::path::Path;

use jiff::civil::DateTime;
use jiff::fmt::strtime;

/// Minutes to milliseconds; the log tells whole minutes.
pub const MINUTE: i64 = 60_000;

/// Why a log cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The file, or its form as CSV.
    #[error("{file}: {source}")]
    Csv {
        /// The file.
        file: String,
        /// What is wrong.
        source: csv::Error,
    },
    /// A column is missing.
    #[error("{file}: there is no column {column}; expected is a ServiceNow incident event log")]
    NoColumn {
        /// The file.
        file: String,
        /// The column.
        column: &'static str,
    },
    /// A value is not understood.
    #[error("{file}:{line}: {column}: {value:?} {problem}")]
    Value {
        /// The file.
        file: String,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There is nothing in it.
    #[error("{file}: the log has no rows")]
    Empty {
        /// The file.
        file: String,
    },
}

/// What an incident waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Awaiting {
    /// "Awaiting User Info".
    UserInfo,
    /// "Awaiting Problem": for the root cause to be dealt with elsewhere.
    Problem,
    /// "Awaiting Vendor".
    Vendor,
    /// "Awaiting Evidence".
    Evidence,
}

/// The log's `incident_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Raised, nobody works on it.
    New,
    /// Worked on.
    Active,
    /// On hold.
    Awaiting(Awaiting),
    /// The work is done.
    Resolved,
    /// Over.
    Closed,
}

impl State {
    /// Whether the work was done before: nothing is assigned from here on.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Resolved | Self::Closed)
    }
}

/// One update of an incident. Names are slugs (`group-56`, `resolver-149`); what the log leaves empty is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line in the file, from 1 (the headings).
    pub line: u64,
    /// The log's number of the incident.
    pub number: String,
    /// State after the update.
    pub state: State,
    /// The log's own time of the update, in milliseconds since 1970 (its local time, taken as UTC).
    pub updated_at: i64,
    /// `updated_at`, or the latest one of the incident's rows before, if that is later: a clock does not go back.
    pub at: i64,
    /// Who made the update.
    pub updated_by: String,
    /// Who called.
    pub caller: String,
    /// Where from.
    pub location: Option<String>,
    /// Our channel of `contact_type`.
    pub channel: &'static str,
    /// Our priority of `priority`.
    pub priority: &'static str,
    /// The group.
    pub group: Option<String>,
    /// The person.
    pub assigned: Option<String>,
    /// The log's count of reassignments.
    pub reassignments: i64,
    /// The log's count of reopenings.
    pub reopenings: i64,
    /// The log's time of resolution, the same in all rows of an incident.
    pub resolved_at: Option<i64>,
    /// The log's time of closing, the same in all rows of an incident.
    pub closed_at: Option<i64>,
}

/// All rows of one incident, in the order of the file. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The log's number.
    pub number: String,
    /// Its updates.
    pub rows: Vec<Row>,
}

impl Incident {
    /// Each row with the one before it.
    pub fn updates(&self) -> impl Iterator<Item = (Option<&Row>, &Row)> {
        let before = std::iter::once(None).chain(self.rows.iter().map(Some));
        before.zip(&self.rows)
    }

    /// Successive rows.
    pub fn pairs(&self) -> impl Iterator<Item = (&Row, &Row)> {
        self.rows.iter().zip(self.rows.iter().skip(1))
    }

    /// The last row.
    pub fn last(&self) -> &Row {
        &self.rows[self.rows.len() - 1]
    }
}

/// Reads a log.
///
/// # Errors
/// See [`LogError`].
pub fn read(path: &Path) -> Result<Vec<Incident>, LogError> {
    let file = path.display().to_string();
    let csv_error = |source| LogError::Csv { file: path.display().to_string(), source };
    let mut reader = csv::Reader::from_path(path).map_err(csv_error)?;
    let headings = reader.headers().map_err(csv_error)?.clone();
    let columns = Columns::find(&headings).map_err(|column| LogError::NoColumn { file: file.clone(), column })?;
    let mut incidents: Vec<Incident> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for record in reader.records() {
        let record = record.map_err(csv_error)?;
        let line = record.position().map_or(0, csv::Position::line);
        let row = columns.row(&record, line).map_err(|flaw| LogError::Value {
            file: file.clone(),
            line,
            column: flaw.column,
            value: flaw.value,
            problem: flaw.problem,
        })?;
        let place = *places.entry(row.number.clone()).or_insert_with(|| {
            incidents.push(Incident { number: row.number.clone(), rows: Vec::new() });
            incidents.len() - 1
        });
        push(&mut incidents[place].rows, row);
    }
    if incidents.is_empty() {
        return Err(LogError::Empty { file });
    }
    Ok(incidents)
}

/// Puts a row behind those before it, at a moment that is not before theirs.
pub fn push(rows: &mut Vec<Row>, mut row: Row) {
    row.at = rows.last().map_or(row.updated_at, |before| before.at.max(row.updated_at));
    rows.push(row);
}

/// Names of the columns that are read, in the order of [`Columns`].
const NAMES: [&str; 15] = [
    "number",
    "incident_state",
    "sys_updated_at",
    "sys_updated_by",
    "caller_id",
    "location",
    "contact_type",
    "priority",
    "assignment_group",
    "assigned_to",
    "reassignment_count",
    "reopen_count",
    "resolved_at",
    "closed_at",
    "sys_mod_count",
];

struct Columns([usize; 15]);

struct Flaw {
    column: &'static str,
    value: String,
    problem: &'static str,
}

impl Columns {
    fn find(headings: &csv::StringRecord) -> Result<Self, &'static str> {
        let mut places = [0; NAMES.len()];
        for (place, name) in places.iter_mut().zip(NAMES) {
            *place = headings.iter().position(|heading| heading.trim_start_matches('\u{feff}') == name).ok_or(name)?;
        }
        Ok(Self(places))
    }

    fn row(&self, record: &csv::StringRecord, line: u64) -> Result<Row, Flaw> {
        let text = |i: usize| record.get(self.0[i]).unwrap_or("").trim();
        let flaw = |i: usize, problem| Flaw { column: NAMES[i], value: text(i).to_owned(), problem };
        let given = |i: usize| Some(text(i)).filter(|t| !t.is_empty() && *t != "?");
        let needed = |i: usize| given(i).ok_or_else(|| flaw(i, "is needed"));
        let time = |i: usize| given(i).map(|t| moment(t).ok_or_else(|| flaw(i, "is not a time such as 29-02-2016 01:16"))).transpose();
        let count = |i: usize| text(i).parse::<i64>().map_err(|_| flaw(i, "is not a number"));
        count(14)?;
        let updated_at = time(2)?.ok_or_else(|| flaw(2, "is needed"))?;
        Ok(Row {
            line,
            number: needed(0)?.to_owned(),
            state: state(text(1)).ok_or_else(|| flaw(1, "is not a state of this log"))?,
            updated_at,
            at: updated_at,
            updated_by: slug(needed(3)?),
            caller: slug(needed(4)?),
            location: given(5).map(slug),
            channel: channel(text(6)).ok_or_else(|| flaw(6, "is not a contact type of this log"))?,
            priority: priority(text(7)).ok_or_else(|| flaw(7, "is not a priority of this log"))?,
            group: given(8).map(slug),
            assigned: given(9).map(slug),
            reassignments: count(10)?,
            reopenings: count(11)?,
            resolved_at: time(12)?,
            closed_at: time(13)?,
        })
    }
}

/// `29-02-2016 01:16` in milliseconds since 1970.
fn moment(text: &str) -> Option<i64> {
    let time: DateTime = strtime::parse("%d-%m-%Y %H:%M", text).ok()?.to_datetime().ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// `Updated by  8` as `updated-by-8`.
fn slug(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join("-")
}

fn state(text: &str) -> Option<State> {
    Some(match text {
        "New" => State::New,
        "Active" => State::Active,
        "Awaiting User Info" => State::Awaiting(Awaiting::UserInfo),
        "Awaiting Problem" => State::Awaiting(Awaiting::Problem),
        "Awaiting Vendor" => State::Awaiting(Awaiting::Vendor),
        "Awaiting Evidence" => State::Awaiting(Awaiting::Evidence),
        "Resolved" => State::Resolved,
        "Closed" => State::Closed,
        _ => return None,
    })
}

fn channel(text: &str) -> Option<&'static str> {
    Some(match text {
        "Phone" | "IVR" => "phone",
        "Email" => "e-mail",
        "Self service" => "portal",
        "Direct opening" => "staff",
        _ => return None,
    })
}

fn priority(text: &str) -> Option<&'static str> {
    Some(match text {
        "1 - Critical" => "urgent",
        "2 - High" => "high",
        "3 - Moderate" => "normal",
        "4 - Low" => "low",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADINGS: &str = "number,incident_state,sys_updated_at,sys_updated_by,caller_id,location,contact_type,priority,assignment_group,\
         assigned_to,reassignment_count,reopen_count,resolved_at,closed_at,sys_mod_count\n";

    fn read_text(rows: &str) -> Result<Vec<Incident>, LogError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.csv");
        std::fs::write(&path, format!("{HEADINGS}{rows}")).expect("written");
        read(&path)
    }

    #[test]
    fn a_row_is_read_with_question_marks_as_nothing() {
        let incidents = read_text("A1,New,01-02-2020 00:10,Updated by  7,Caller 3,?,Phone,2 - High,Group 5,?,0,0,?,02-02-2020 10:00,0\n")
            .expect("read");
        let row = &incidents[0].rows[0];
        assert_eq!(
            (row.updated_by.as_str(), row.caller.as_str(), row.channel, row.priority),
            ("updated-by-7", "caller-3", "phone", "high")
        );
        assert_eq!((row.location.as_deref(), row.group.as_deref(), row.assigned.as_deref()), (None, Some("group-5"), None));
        assert_eq!(row.updated_at, 1_580_515_800_000);
        assert_eq!((row.resolved_at, row.closed_at), (None, Some(1_580_637_600_000)));
        assert_eq!(row.line, 2);
    }

    #[test]
    fn a_row_earlier_than_the_one_before_it_happens_when_that_did() {
        let rows = "A1,New,01-02-2020 00:10,U 1,C 1,?,Phone,4 - Low,?,?,0,0,?,?,0\nA1,Active,01-02-2020 00:04,U 1,C 1,?,Phone,4 - Low,?,?,0,0,?,?,1\n";
        let rows = read_text(rows).expect("read").remove(0).rows;
        assert_eq!(rows[1].at, rows[0].at);
        assert_eq!(rows[1].updated_at, rows[0].at - 6 * MINUTE);
    }

    #[test]
    fn what_is_not_understood_is_named_with_line_and_column() {
        let error = read_text("A1,Asleep,01-02-2020 00:10,U 1,C 1,?,Phone,4 - Low,?,?,0,0,?,?,0\n").expect_err("refused").to_string();
        assert!(error.ends_with("log.csv:2: incident_state: \"Asleep\" is not a state of this log"), "{error}");
        let error = read_text("A1,New,31-02-2020 00:10,U 1,C 1,?,Phone,4 - Low,?,?,0,0,?,?,0\n").expect_err("refused").to_string();
        assert!(error.contains("sys_updated_at: \"31-02-2020 00:10\""), "{error}");
        assert!(matches!(read_text("").expect_err("refused"), LogError::Empty { .. }));
    }
}
