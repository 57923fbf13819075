//! Drives a log through the daemon: definitions, people, then row after row at the row's own time.
//! Keeps: the order of rows within an incident and the clock; what is sent together is of one moment. What the daemon refuses by
//! its rules is counted and kept; anything else that goes wrong ends the replay.
//! Leaves to others: which commands a row gives (`steps`).

use std::collections::{BTreeMap, HashSet};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::desk::{Command, Desk, Step};
use super::log::{Awaiting, Incident, Row};
use super::people::People;
use super::run::ReplayError;
use super::steps::steps;
use crate::client::connection::{Client, ClientError};

/// The record type of the replay's definitions.
pub const RECORD_TYPE: &str = "incident";
/// The definitions that every replay applies.
/// The department all are in: a rule of the definitions shares its Work Orders among its people.
const DESK: &str = "desk";
const DEFINITIONS: &str = include_str!("../../../config/definitions-helpdesk/helpdesk.toml");
/// Calls sent in one go.
const AT_ONCE: usize = 200;

/// A command that the daemon refused by its rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Which of the incidents.
    pub incident: usize,
    /// Line of the row that gave it.
    pub line: u64,
    /// The command.
    pub command: &'static str,
    /// The error's name, without its interface.
    pub error: String,
    /// What the daemon said.
    pub message: String,
}

/// What was done.
#[derive(Debug, Clone, Default)]
pub struct Driven {
    /// Commands sent, by name; those refused are counted too.
    pub sent: BTreeMap<&'static str, u64>,
    /// Those that were refused.
    pub refused: Vec<Refused>,
    /// Commands given by the one handler of a node in place of the row's updater.
    pub in_place: u64,
    /// Times at which the clock was set ahead.
    pub moments: u64,
    /// Entries of the directory.
    pub entries: u64,
    /// The highest sequence of a receipt.
    pub sequence: i64,
    /// Time it took, without directory and definitions.
    pub took: Duration,
}

/// Two connections: one as the caller, one that acts as the people of the log.
pub struct Driver<'a> {
    admin: &'a mut Client,
    people: Client,
    acting_as: Option<String>,
    requests: u64,
    progress: bool,
    driven: Driven,
}

type Call = (&'static str, Value);

impl<'a> Driver<'a> {
    /// Connects the second time.
    ///
    /// # Errors
    /// [`ReplayError::Client`].
    pub fn new(admin: &'a mut Client, progress: bool) -> Result<Self, ReplayError> {
        let people = Client::connect(admin.path())?;
        let progress = progress && std::io::stderr().is_terminal();
        Ok(Self { admin, people, acting_as: None, requests: 0, progress, driven: Driven::default() })
    }

    /// Applies the help desk's definitions.
    ///
    /// # Errors
    /// The daemon does not take them.
    pub fn apply_definitions(&mut self) -> Result<(), ReplayError> {
        let file = json!({ "path": "helpdesk.toml", "text": DEFINITIONS });
        let parameters = json!({ "requestId": self.request(), "files": [file] });
        self.admin.call::<_, Value>("org.workorderd.Definitions1.Apply", &parameters)?;
        Ok(())
    }

    /// Enters the people of the log.
    ///
    /// # Errors
    /// The daemon does not take one of them.
    pub fn enter_people(&mut self, people: &People) -> Result<(), ReplayError> {
        let mut calls: Vec<Call> = Vec::new();
        // The desk and its people first, and waited for: groups name them.
        let desk = json!({ "id": DESK, "name": "Help desk" });
        calls.push(("org.workorderd.Directory1.PutDepartment", json!({ "requestId": self.request(), "department": desk })));
        self.enter(&mut calls)?;
        for id in people.engineers.union(&people.dispatchers) {
            let roles = [(&people.engineers, "engineer"), (&people.dispatchers, "dispatcher")];
            let roles: Vec<_> = roles.iter().filter(|(of, _)| of.contains(id)).map(|(_, role)| *role).collect();
            let user = json!({ "id": id, "name": id, "roles": roles, "department": DESK });
            calls.push(("org.workorderd.Directory1.PutStaffUser", json!({ "requestId": self.request(), "staffUser": user })));
        }
        self.enter(&mut calls)?;
        for (id, members) in &people.groups {
            let group = json!({ "id": id, "name": id, "members": members });
            calls.push(("org.workorderd.Directory1.PutServiceGroup", json!({ "requestId": self.request(), "serviceGroup": group })));
        }
        for id in &people.accounts {
            let account = json!({ "id": id, "name": id });
            calls.push(("org.workorderd.Directory1.PutAccount", json!({ "requestId": self.request(), "account": account })));
        }
        for id in &people.contacts {
            let contact = json!({ "id": id, "name": id });
            calls.push(("org.workorderd.Directory1.PutContact", json!({ "requestId": self.request(), "contact": contact })));
        }
        self.enter(&mut calls)
    }

    fn enter(&mut self, calls: &mut Vec<Call>) -> Result<(), ReplayError> {
        self.driven.entries += calls.len() as u64;
        for chunk in calls.chunks(AT_ONCE) {
            for reply in self.admin.pipeline::<_, Value>(chunk)? {
                reply?;
            }
        }
        calls.clear();
        Ok(())
    }

    /// All rows, each at its time.
    ///
    /// # Errors
    /// Anything but a refusal by the daemon's rules.
    pub fn drive(mut self, incidents: &[Incident], now: i64) -> Result<Driven, ReplayError> {
        let began = Instant::now();
        let mut rows: Vec<(usize, usize)> =
            incidents.iter().enumerate().flat_map(|(i, incident)| (0..incident.rows.len()).map(move |r| (i, r))).collect();
        let at = |(i, r): &(usize, usize)| incidents[*i].rows[*r].at;
        rows.sort_by_key(|place| (at(place), incidents[place.0].rows[place.1].line));
        let mut orders: Vec<Order> = incidents.iter().map(|_| Order::default()).collect();
        let mut done = 0;
        let mut clock = now;
        for moment in rows.chunk_by(|a, b| at(a) == at(b)) {
            let to = at(&moment[0]);
            if to > clock {
                let parameters = json!({ "requestId": self.request(), "to": to });
                self.admin.call::<_, Value>("org.workorderd.System1.SetClock", &parameters)?;
                self.driven.moments += 1;
                clock = to;
            }
            for batch in without_repeats(moment) {
                self.intake(batch, incidents, &mut orders)?;
                self.carry_out(batch, incidents, &mut orders)?;
            }
            done += moment.len();
            self.tell(to, done, rows.len());
        }
        if self.progress {
            eprint!("\r\x1b[K");
        }
        self.driven.took = began.elapsed();
        Ok(self.driven)
    }

    /// Creates the Work Orders whose first rows are among these.
    fn intake(&mut self, batch: &[(usize, usize)], incidents: &[Incident], orders: &mut [Order]) -> Result<(), ReplayError> {
        let mut calls = Vec::new();
        let mut of = Vec::new();
        for (incident, _) in batch.iter().filter(|(_, row)| *row == 0) {
            let row = &incidents[*incident].rows[0];
            self.act_as(&row.updated_by, &mut calls);
            of.push((calls.len(), *incident));
            calls.push(("org.workorderd.WorkOrders1.Create", self.create(row)));
        }
        let mut replies: Vec<_> = self.send(&calls)?.into_iter().map(Some).collect();
        for (place, incident) in of {
            let Some(reply) = replies.get_mut(place).and_then(Option::take) else { continue };
            let reply = reply?;
            let receipt = &reply["receipt"];
            orders[incident].number = receipt["number"].as_str().unwrap_or_default().to_owned();
            self.driven.sequence = self.driven.sequence.max(receipt["sequence"].as_i64().unwrap_or(0));
            *self.driven.sent.entry("Create").or_default() += 1;
        }
        Ok(())
    }

    fn create(&mut self, row: &Row) -> Value {
        json!({
            "requestId": self.request(),
            "recordType": RECORD_TYPE,
            "subject": format!("Incident {}", row.number),
            "reference": row.number,
            "account": row.location,
            "contact": row.caller,
            "priority": row.priority,
            "channel": row.channel,
        })
    }

    /// Sends the commands of these rows, each of another incident, and takes in what was accepted.
    fn carry_out(&mut self, batch: &[(usize, usize)], incidents: &[Incident], orders: &mut [Order]) -> Result<(), ReplayError> {
        let mut calls = Vec::new();
        let mut sent: Vec<(usize, usize, u64, Step)> = Vec::new();
        for (incident, place) in batch {
            let rows = &incidents[*incident].rows;
            let row = &rows[*place];
            let before = place.checked_sub(1).map(|b| &rows[b]);
            for step in steps(&orders[*incident].desk, before, row) {
                self.act_as(&step.by, &mut calls);
                let call = (step.command.method(), self.parameters(&orders[*incident].number, &step.command, row));
                sent.push((calls.len(), *incident, row.line, step));
                calls.push(call);
                self.count(row, &sent[sent.len() - 1].3);
            }
        }
        let mut replies: Vec<_> = self.send(&calls)?.into_iter().map(Some).collect();
        for (place, incident, line, step) in sent {
            match replies.get_mut(place).and_then(Option::take) {
                Some(Ok(reply)) => {
                    orders[incident].desk.take(&step);
                    self.driven.sequence = self.driven.sequence.max(reply["receipt"]["sequence"].as_i64().unwrap_or(0));
                }
                Some(Err(error)) => {
                    let refused = refusal(error, incident, line, step.command.name())?;
                    self.driven.refused.push(refused);
                }
                None => {}
            }
        }
        Ok(())
    }

    fn count(&mut self, row: &Row, step: &Step) {
        *self.driven.sent.entry(step.command.name()).or_default() += 1;
        if step.by != row.updated_by && step.command != Command::Accept {
            self.driven.in_place += 1;
        }
    }

    fn parameters(&mut self, number: &str, command: &Command, row: &Row) -> Value {
        let mut parameters = json!({ "number": number, "requestId": self.request() });
        // Where it came from stands beside it in the history.
        let source = format!("line {} of the log, by {}", row.line, row.updated_by);
        let extra = match command {
            Command::AssignToGroup(group) => json!({ "group": group }),
            Command::AssignToEngineer(engineer) => json!({ "engineer": engineer }),
            Command::TransferToGroup(group) => json!({ "group": group, "reason": source }),
            Command::TransferToEngineer(engineer) => json!({ "engineer": engineer, "reason": source }),
            Command::Decline | Command::NotSolved => json!({ "reason": source }),
            Command::Complete => json!({ "note": source }),
            Command::Hold(what) => {
                let (reason, words) = hold(*what);
                json!({ "reason": reason, "note": format!("{words}; {source}") })
            }
            Command::Accept | Command::Solved | Command::Resume => json!({}),
        };
        if let (Value::Object(parameters), Value::Object(extra)) = (&mut parameters, extra) {
            parameters.extend(extra);
        }
        parameters
    }

    /// The call that makes the connection act as somebody else, where it does not yet.
    fn act_as(&mut self, user: &str, calls: &mut Vec<Call>) {
        if self.acting_as.as_deref() != Some(user) {
            calls.push(("org.workorderd.System1.ActAs", json!({ "user": user })));
            self.acting_as = Some(user.to_owned());
        }
    }

    fn send(&mut self, calls: &[Call]) -> Result<Vec<Result<Value, ClientError>>, ReplayError> {
        if calls.is_empty() {
            return Ok(Vec::new());
        }
        let replies = self.people.pipeline(calls)?;
        // Acting as somebody must succeed, or all that follows would be somebody else's.
        let mut checked = Vec::with_capacity(replies.len());
        for ((method, _), reply) in calls.iter().zip(replies) {
            match reply {
                Err(error) if method.ends_with(".ActAs") => return Err(error.into()),
                reply => checked.push(reply),
            }
        }
        Ok(checked)
    }

    fn request(&mut self) -> String {
        self.requests += 1;
        format!("replay-{}", self.requests)
    }

    fn tell(&self, at: i64, done: usize, all: usize) {
        if self.progress {
            let commands: u64 = self.driven.sent.values().sum();
            let now = jiff::Timestamp::from_millisecond(at).unwrap_or_default().strftime("%Y-%m-%d %H:%M");
            eprint!("\r\x1b[Kreplay: {now}  {done} of {all} rows, {commands} commands, {} refused", self.driven.refused.len());
            // A line that cannot be shown is no reason to stop.
            let _ = std::io::stderr().flush();
        }
    }
}

/// What is known of a Work Order while it is driven.
#[derive(Debug, Clone, Default)]
struct Order {
    number: String,
    desk: Desk,
}

/// Our reason of a hold, and the log's words for it. There is none for waiting on a problem's root cause: a part of the solution is missing.
fn hold(what: Awaiting) -> (&'static str, &'static str) {
    match what {
        Awaiting::UserInfo => ("customer", "Awaiting User Info"),
        Awaiting::Evidence => ("customer", "Awaiting Evidence"),
        Awaiting::Vendor => ("vendor", "Awaiting Vendor"),
        Awaiting::Problem => ("parts", "Awaiting Problem"),
    }
}

/// A refusal by the rules; anything else is an error of the replay.
fn refusal(error: ClientError, incident: usize, line: u64, command: &'static str) -> Result<Refused, ReplayError> {
    let ClientError::Refused { name, parameters } = error else { return Err(error.into()) };
    match name.strip_prefix("org.workorderd.") {
        Some("Internal" | "Busy" | "DiskNearlyFull" | "Stopping") | None => Err(ClientError::Refused { name, parameters }.into()),
        Some(error) => {
            let message = parameters.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
            Ok(Refused { incident, line, command, error: error.to_owned(), message })
        }
    }
}

/// Pieces of a moment in which no incident stands twice: the second row needs the outcome of the first.
fn without_repeats(moment: &[(usize, usize)]) -> Vec<&[(usize, usize)]> {
    let mut pieces = Vec::new();
    let mut seen = HashSet::new();
    let mut from = 0;
    for (place, (incident, _)) in moment.iter().enumerate() {
        if !seen.insert(*incident) {
            pieces.push(&moment[from..place]);
            from = place;
            seen = HashSet::from([*incident]);
        }
    }
    pieces.push(&moment[from..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_incident_are_never_sent_together() {
        let moment = [(1, 0), (2, 3), (1, 1), (1, 2), (3, 0)];
        let pieces = without_repeats(&moment);
        assert_eq!(pieces, [&moment[0..2], &moment[2..3], &moment[3..5]]);
    }
}
