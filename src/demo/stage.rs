//! The stage: a daemon, a mail catcher, a clock set by hand, and one connection to the control socket per person.
//! Everything that happens goes through the socket, as with any other client. Leaves to others: what is played.

use super::cast;
use super::checks::Checks;
use super::daemon_process::{BASE_URL, Daemon};
use super::error::{DemoError, Result};
use super::mail_catcher::{Behaviour, Caught, MailCatcher, Reaction, Verb};
use super::narrator::Narrator;
use super::sms_provider::SmsProvider;
use crate::client::connection::{Client, ClientError};
use crate::protocol::directory::{self, GetServiceGroup, GotServiceGroup};
use crate::protocol::guest::{self, Answer, Confirm, Confirmed, Evaluate, Evaluated};
use crate::protocol::system::{self, ActAs, Acting, ClockSet, SetClock, Status, StatusTold};
use crate::protocol::work_orders::{
    self, Accepted, Act, Create, Get, Got, History, HistoryLine, HistoryTold, Line, List, Listed, WorkOrder,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// How long something that happens by itself (a mail, a timer) may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// A minute of the daemon's clock, in milliseconds.
pub const MINUTE: i64 = 60_000;

/// Everything that is needed to play.
pub struct Stage {
    /// Tells what happens.
    pub narrator: Narrator,
    /// What was held against what should be.
    pub checks: Checks,
    /// The mail server.
    pub catcher: MailCatcher,
    /// The provider of short messages.
    pub sms: SmsProvider,
    /// The daemon.
    pub daemon: Daemon,
    /// By who acts; the empty name is the one who runs the demo.
    people: HashMap<String, Client>,
    /// Mails that were read, by Message-ID.
    read: HashSet<String>,
    requests: u64,
    now: i64,
}

impl Stage {
    /// A stage whose daemon runs.
    pub fn new(narrator: Narrator, catcher: MailCatcher, sms: SmsProvider, daemon: Daemon, now: i64) -> Self {
        let (checks, people, read) = (Checks::default(), HashMap::new(), HashSet::new());
        Self { narrator, checks, catcher, sms, daemon, people, read, requests: 0, now }
    }

    /// Tells what happens, at the time of the daemon's clock.
    pub fn tell(&mut self, text: &str) {
        self.narrator.tell(self.now, text);
    }

    /// A request id that was not used before.
    pub fn request(&mut self) -> String {
        self.requests += 1;
        format!("demo-{}", self.requests)
    }

    /// A new connection that acts as `who`.
    ///
    /// # Errors
    /// The daemon cannot be reached, or does not know that person.
    pub fn connect(&self, who: &str) -> Result<Client> {
        let refused = |source| DemoError::Call { who: who.to_owned(), method: "ActAs".to_owned(), source };
        let mut client = Client::connect(self.daemon.socket()).map_err(refused)?;
        if !who.is_empty() {
            let _: Acting = client.call(&method(system::NAME, "ActAs"), &ActAs { user: who.to_owned() }).map_err(refused)?;
        }
        Ok(client)
    }

    /// After the daemon has gone: everybody connects anew.
    pub fn hang_up(&mut self) {
        self.people.clear();
    }

    fn try_call<P: Serialize, R: DeserializeOwned>(
        &mut self,
        who: &str,
        interface: &str,
        member: &str,
        parameters: &P,
    ) -> Result<std::result::Result<R, ClientError>> {
        if !self.people.contains_key(who) {
            let client = self.connect(who)?;
            self.people.insert(who.to_owned(), client);
        }
        let Some(client) = self.people.get_mut(who) else {
            return Err(DemoError::Unexpected(format!("{who} has no connection")));
        };
        Ok(client.call(&method(interface, member), parameters))
    }

    /// A call that is accepted.
    ///
    /// # Errors
    /// It was not.
    pub fn call<P: Serialize, R: DeserializeOwned>(&mut self, who: &str, interface: &str, member: &str, parameters: &P) -> Result<R> {
        let failed = |source| DemoError::Call { who: cast::name(who).to_owned(), method: member.to_owned(), source };
        self.try_call(who, interface, member, parameters)?.map_err(failed)
    }

    /// A call that must be refused with the error `wanted`; gives its message for people.
    ///
    /// # Errors
    /// The connection broke. An acceptance is a failed check.
    pub fn refused<P: Serialize>(&mut self, who: &str, (interface, member): (&str, &str), parameters: &P, wanted: &str) -> Result<String> {
        let answer = self.try_call::<P, serde_json::Value>(who, interface, member, parameters)?;
        let whose = if who.is_empty() { "the customer" } else { cast::name(who) };
        let what = format!("{whose}'s {member} is refused with {wanted}");
        match answer {
            Ok(_) => {
                self.checks.that(what, false, "it was accepted");
                Ok("(it was accepted)".to_owned())
            }
            Err(ClientError::Refused { name, parameters }) => {
                let short = name.strip_prefix("org.workorderd.").unwrap_or(&name);
                self.checks.that(what, short == wanted, short);
                let message = parameters.get("message").and_then(|m| m.as_str()).unwrap_or_default();
                Ok(format!("{short}: {message}"))
            }
            Err(source) => Err(DemoError::Call { who: who.to_owned(), method: member.to_owned(), source }),
        }
    }

    /// A new Work Order; its number.
    ///
    /// # Errors
    /// It was refused.
    pub fn create(&mut self, who: &str, create: Create) -> Result<String> {
        let create = Create { request_id: self.request(), ..create };
        let accepted: Accepted = self.call(who, work_orders::NAME, "Create", &create)?;
        Ok(accepted.receipt.number)
    }

    /// A command on a Work Order.
    ///
    /// # Errors
    /// It was refused.
    pub fn act(&mut self, who: &str, command: &str, act: Act) -> Result<()> {
        let act = Act { request_id: self.request(), ..act };
        self.call::<_, Accepted>(who, work_orders::NAME, command, &act).map(drop)
    }

    /// A command on a Work Order that must be refused.
    ///
    /// # Errors
    /// See [`Self::refused`].
    pub fn act_refused(&mut self, who: &str, command: &str, act: Act, wanted: &str) -> Result<String> {
        let act = Act { request_id: self.request(), ..act };
        self.refused(who, (work_orders::NAME, command), &act, wanted)
    }

    /// A Work Order as it is, seen by who runs the demo.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn get(&mut self, number: &str) -> Result<WorkOrder> {
        let got: Got = self.call("", work_orders::NAME, "Get", &Get { number: number.to_owned(), language: None })?;
        Ok(got.work_order)
    }

    /// All Work Orders, newest first.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn list(&mut self) -> Result<Vec<Line>> {
        self.call::<_, Listed>("", work_orders::NAME, "List", &List::default()).map(|listed| listed.lines)
    }

    /// The time of the daemon's clock, in milliseconds since 1970.
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The whole history, oldest first.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn history(&mut self, number: &str) -> Result<Vec<HistoryLine>> {
        let told: HistoryTold = self.call("", work_orders::NAME, "History", &History { number: number.to_owned(), limit: Some(1000) })?;
        Ok(told.lines.into_iter().rev().collect())
    }

    /// How the daemon is doing.
    ///
    /// # Errors
    /// It does not say.
    pub fn status(&mut self) -> Result<Status> {
        self.call::<_, StatusTold>("", system::NAME, "Status", &serde_json::json!({})).map(|told| told.status)
    }

    /// Open work of the service group: in all, and by engineer.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn group(&mut self) -> Result<GotServiceGroup> {
        self.call("", directory::NAME, "GetServiceGroup", &GetServiceGroup { id: cast::GROUP.to_owned() })
    }

    /// The customer evaluates by the link's token.
    ///
    /// # Errors
    /// It was refused.
    pub fn evaluate(&mut self, token: &str, answers: &[(&str, &str)]) -> Result<Evaluated> {
        let evaluate = self.evaluation(token, answers);
        self.call("", guest::NAME, "Evaluate", &evaluate)
    }

    /// The parameters of an evaluation.
    pub fn evaluation(&mut self, token: &str, answers: &[(&str, &str)]) -> Evaluate {
        let answers = answers.iter().map(|(field, value)| Answer { field: (*field).into(), value: (*value).into(), photo: None }).collect();
        Evaluate { token: token.to_owned(), request_id: self.request(), answers }
    }

    /// The customer says by the link whether it is solved; without a reason it is.
    ///
    /// # Errors
    /// It was refused.
    pub fn confirm(&mut self, token: &str, not_solved: Option<&str>) -> Result<()> {
        let (solved, reason) = (not_solved.is_none(), not_solved.map(ToOwned::to_owned));
        let confirm = Confirm { token: token.to_owned(), request_id: self.request(), solved, reason };
        self.call::<_, Confirmed>("", guest::NAME, "Confirm", &confirm).map(drop)
    }

    /// Sets the daemon's clock ahead by so many minutes.
    ///
    /// # Errors
    /// It was refused.
    pub fn later(&mut self, minutes: i64) -> Result<()> {
        self.clock_to(self.now + minutes * MINUTE)
    }

    /// Sets the daemon's clock to a time in milliseconds since 1970.
    ///
    /// # Errors
    /// It was refused.
    pub fn clock_to(&mut self, to: i64) -> Result<()> {
        let request_id = self.request();
        let set: ClockSet = self.call("", system::NAME, "SetClock", &SetClock { request_id, to: Some(to), ahead_ms: None })?;
        self.now = set.now;
        Ok(())
    }

    /// Waits until something is so; asks again and again.
    ///
    /// # Errors
    /// It is not, in time.
    pub fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&mut Self) -> Result<Option<T>>) -> Result<T> {
        let began = Instant::now();
        loop {
            if let Some(found) = ask(self)? {
                return Ok(found);
            }
            if began.elapsed() > PATIENCE {
                return Err(DemoError::Unexpected(format!("waited {} s in vain: {what}", PATIENCE.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The next mail to somebody that was not read yet; told, and marked as read.
    ///
    /// # Errors
    /// None came in time.
    pub fn next_mail(&mut self, to: &str) -> Result<Caught> {
        let address = cast::address(to);
        let mail = self.until(&format!("a mail to {address}"), |stage| {
            let unread = |mail: &Caught| mail.to.contains(&address) && !stage.read.contains(&message_id(mail));
            Ok(stage.catcher.mails().into_iter().find(unread))
        })?;
        self.read.insert(message_id(&mail));
        self.tell(&format!("A mail arrives for {} <{address}>:", cast::name(to)));
        self.narrator.verbatim(&format!("\"{}\"", mail.subject));
        Ok(mail)
    }

    /// The token at the end of a mail's link; the link is shown.
    ///
    /// # Errors
    /// There is none in it.
    pub fn link(&mut self, mail: &Caught) -> Result<String> {
        let link = mail.text.split_whitespace().find(|word| word.starts_with(BASE_URL));
        let link = link.ok_or_else(|| DemoError::Unexpected(format!("no link in the mail {:?}", mail.subject)))?;
        self.narrator.verbatim(link);
        Ok(link[BASE_URL.len()..].to_owned())
    }
}

/// The Message-ID of a mail.
pub fn message_id(mail: &Caught) -> String {
    mail.header("Message-ID").unwrap_or_default()
}

/// The full name of a method.
pub fn method(interface: &str, member: &str) -> String {
    format!("{interface}.{member}")
}

/// The parameters of a command on a Work Order, to be filled up.
pub fn on(number: &str) -> Act {
    Act { number: number.to_owned(), ..Act::default() }
}

/// A mail server that does nothing but this, on connections that the mailer keeps open as well.
pub fn trouble(reaction: &Reaction) -> Behaviour {
    [Verb::Greeting, Verb::Noop, Verb::Rset, Verb::Mail].into_iter().fold(Behaviour::default(), |b, verb| b.always(verb, reaction.clone()))
}
