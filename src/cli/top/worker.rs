//! Carries out the board's calls on a connection of its own, one after the other.
//! Keeps: a call is asked again until the daemon has answered it, a change with the same request id, so it is not done twice.

use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::event::{Answer, Call, Counts, Engineer, Event, GroupRow, Looked, Query, Queue, Queues, Target, Write};
use super::shell::Input;
use crate::cli::args::Global;
use crate::cli::failure::{self, Failure};
use crate::cli::orders::HISTORY_SHOWN;
use crate::cli::session::connect;
use crate::client::connection::{Client, ClientError};
use crate::protocol::directory::{self, GetServiceGroup, GotServiceGroup, ServiceGroups, StaffUser, StaffUsers};
use crate::protocol::system::{self, StatusTold, Who};
use crate::protocol::work_orders::{
    self as orders, Accepted, Act, Explained, Get, Got, HistoryTold, PossibleCommand, PressingListed, QueuesTold,
};

/// Most lines of a page.
pub const PAGE: i64 = 200;
/// Most service groups on the board.
const GROUPS: i64 = 200;
/// Most names of staff users that are kept.
const STAFF: i64 = 1_000;
/// Between two tries to reach the daemon.
const PAUSE: Duration = Duration::from_millis(300);

/// The connection, and what it takes to make another.
pub struct Worker {
    global: Global,
    client: Option<Client>,
    begin: Instant,
}

impl Worker {
    /// On a connection that is there.
    pub fn new(global: Global, client: Client, begin: Instant) -> Worker {
        Worker { global, client: Some(client), begin }
    }

    /// Carries out calls until nobody makes any more, or nobody hears the answers.
    pub fn run(mut self, calls: &Receiver<Call>, answers: &Sender<Input>) {
        while let Ok(call) = calls.recv() {
            loop {
                let (event, again) = match self.answer(&call) {
                    Ok(answer) => (Event::Answered(Box::new(answer)), false),
                    Err(failure) if passes(&failure) => {
                        self.client = None;
                        (Event::Lost(sentence(&failure)), true)
                    }
                    Err(failure) => (Event::Answered(Box::new(Answer::Refused(call.clone(), sentence(&failure)))), false),
                };
                if answers.send(Input::Event(event)).is_err() {
                    return;
                }
                if !again {
                    break;
                }
                std::thread::sleep(PAUSE);
            }
        }
    }

    fn answer(&mut self, call: &Call) -> Result<Answer, Failure> {
        match call {
            Call::Look { query, at_least, groups, people } => {
                let looked = self.look(query, *at_least, *groups, *people)?;
                Ok(Answer::Looked(query.clone(), Box::new(looked)))
            }
            Call::Open(number) => {
                let got: Got = self.ask(orders::NAME, "Get", &Get { number: number.clone(), language: None })?;
                let history = orders::History { number: number.clone(), limit: Some(HISTORY_SHOWN) };
                let steps: HistoryTold = self.ask(orders::NAME, "History", &history)?;
                let explained = self.explain(number)?;
                Ok(Answer::Opened(Box::new(got.work_order), steps, Box::new(explained.explanation)))
            }
            Call::Choices { number, group } => {
                let commands = self.explain(number)?.explanation.commands;
                let method = command(&commands, "AssignToEngineer")?;
                let engineers = match group {
                    Some(group) => self.members(group)?,
                    None => self.staff()?.into_iter().filter(|user| user.disabled != Some(true)).map(engineer_of).collect(),
                };
                Ok(Answer::Choices(number.clone(), method, engineers))
            }
            Call::GroupChoices(number) => {
                let commands = self.explain(number)?.explanation.commands;
                Ok(Answer::GroupChoices(number.clone(), command(&commands, "AssignToGroup")?))
            }
            Call::Write(write) => {
                let accepted: Accepted = self.ask(orders::NAME, write.method, &act(write))?;
                Ok(Answer::Written(write.clone(), accepted.receipt))
            }
        }
    }

    fn look(&mut self, query: &Query, at_least: Option<i64>, groups: bool, people: bool) -> Result<Looked, Failure> {
        let told: Option<StatusTold> = permitted(self.ask(system::NAME, "Status", &json!({})))?;
        let at = u64::try_from(self.begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (group, engineer) = match &query.queue {
            Queue::All => (None, None),
            Queue::Mine(user) => (None, Some(user.clone())),
            Queue::Group(id) => (Some(id.clone()), None),
        };
        let list = orders::ListPressing {
            overdue: query.overdue.then_some(true),
            group,
            engineer,
            limit: Some(PAGE),
            after: query.after.clone(),
            at_least,
            ..orders::ListPressing::default()
        };
        let listed: PressingListed = self.ask(orders::NAME, "ListPressing", &list)?;
        let queues = if groups { Some(self.queues()?) } else { None };
        let people = if people {
            let who: Who = self.ask(system::NAME, "WhoAmI", &json!({}))?;
            Some((who.user, permitted(self.staff())?.unwrap_or_default()))
        } else {
            None
        };
        Ok(Looked {
            at,
            status: told.map(|told| told.status),
            lines: listed.lines.into_iter().map(|one| one.line).collect(),
            next: listed.next,
            queues,
            people,
        })
    }

    /// The queues with their counts; service groups, as far as one may know them.
    fn queues(&mut self) -> Result<Queues, Failure> {
        let counted: QueuesTold = self.ask(orders::NAME, "GetQueues", &json!({}))?;
        let page = directory::List { after: None, limit: Some(GROUPS) };
        let listed: Option<ServiceGroups> = permitted(self.ask(directory::NAME, "ListServiceGroups", &page))?;
        let counts = |queue: &orders::Queue| Counts { open: queue.open, overdue: queue.overdue };
        let of = |id: &String| counted.groups.iter().find(|queue| queue.group.as_ref() == Some(id)).map(counts).unwrap_or_default();
        let groups = listed.map(|listed| listed.service_groups).unwrap_or_default();
        let groups = groups.into_iter().map(|group| GroupRow { counts: of(&group.id), group }).collect();
        Ok(Queues { all: counts(&counted.all), mine: counted.mine.as_ref().map(counts), groups })
    }

    fn members(&mut self, group: &str) -> Result<Vec<Engineer>, Failure> {
        let got: GotServiceGroup = self.ask(directory::NAME, "GetServiceGroup", &GetServiceGroup { id: group.to_owned() })?;
        let told: Option<StatusTold> = permitted(self.ask(system::NAME, "Status", &json!({})))?;
        let away =
            |absence: &directory::Absence| told.as_ref().is_some_and(|told| (absence.from..absence.until).contains(&told.status.now));
        if got.open.is_none() {
            // How much they have to do is not told to us.
            let unknown = |id| Engineer { open: None, absent: false, id };
            return Ok(got.service_group.members.into_iter().map(unknown).collect());
        }
        let members = got.loads.into_iter().filter(|load| load.member && !load.disabled);
        Ok(members
            .map(|load| Engineer { open: Some(load.open), absent: load.absence.as_ref().is_some_and(away), id: load.engineer })
            .collect())
    }

    fn staff(&mut self) -> Result<Vec<StaffUser>, Failure> {
        let page = directory::List { after: None, limit: Some(STAFF) };
        Ok(self.ask::<StaffUsers>(directory::NAME, "ListStaffUsers", &page)?.staff_users)
    }

    fn explain(&mut self, number: &str) -> Result<Explained, Failure> {
        self.ask(orders::NAME, "Explain", &orders::Explain { number: number.to_owned(), language: None })
    }

    fn ask<R: DeserializeOwned>(&mut self, interface: &str, member: &str, parameters: &impl Serialize) -> Result<R, Failure> {
        let client = self.client()?;
        let reply: Value = client.call(&format!("{interface}.{member}"), parameters)?;
        serde_json::from_value(reply).map_err(|e| {
            let reason = format!("the reply is not as expected: {e} (workorderd may be of another version)");
            Failure::Nothing(reason)
        })
    }

    fn client(&mut self) -> Result<&mut Client, Failure> {
        let client = match self.client.take() {
            Some(client) => client,
            None => connect(&self.global)?,
        };
        Ok(self.client.insert(client))
    }
}

/// Whether it may go well if it is asked again on another connection.
fn passes(failure: &Failure) -> bool {
    match failure {
        Failure::Client(ClientError::Refused { name, .. }) => {
            matches!(name.strip_prefix(failure::ERRORS), Some("Stopping" | "TooManyConnections"))
        }
        Failure::Client(_) | Failure::Unknown(..) | Failure::Broken(_) => true,
        Failure::Usage(_) | Failure::Hinted(..) | Failure::Places(..) | Failure::Nothing(_) | Failure::File(..) | Failure::Output(_) => {
            false
        }
    }
}

/// What one may not know is left out.
fn permitted<T>(asked: Result<T, Failure>) -> Result<Option<T>, Failure> {
    match asked {
        Ok(told) => Ok(Some(told)),
        Err(failure) if failure.exit_code() == failure::NOT_PERMITTED => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The command that gives it: assigns it, or, where it is assigned, transfers it.
fn command(commands: &[PossibleCommand], assign: &'static str) -> Result<&'static str, Failure> {
    let possible = |name: &'static str| commands.iter().find(|one| one.command == name).map(|one| (name, one));
    let there: Vec<_> = [assign, "Transfer"].into_iter().filter_map(possible).collect();
    match there.iter().find(|(_, one)| one.allowed).or(there.first()) {
        Some((name, one)) if one.allowed => Ok(name),
        Some((_, one)) => Err(Failure::Nothing(one.why.clone().unwrap_or_else(|| "this is not allowed now".to_owned()))),
        None => Err(Failure::Nothing("it cannot be given to anybody where it is now".to_owned())),
    }
}

fn act(write: &Write) -> Act {
    let act = Act { number: write.number.clone(), request_id: write.request_id.clone(), ..Act::default() };
    match &write.to {
        Target::Engineer(id) => Act { engineer: Some(id.clone()), ..act },
        Target::Group(id) => Act { group: Some(id.clone()), ..act },
    }
}

fn engineer_of(user: StaffUser) -> Engineer {
    Engineer { id: user.id, open: None, absent: false }
}

/// The failure in a line, with what to do.
fn sentence(failure: &Failure) -> String {
    let told = failure.told();
    let mut lines = told.lines().map(|line| line.trim_start_matches("workorderctl: "));
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |text, line| format!("{text}; {}", line.trim_start_matches("hint: ")))
}
