//! One run of the program: the connection, the page that is written on, and how replies are printed.
//! Keeps: with `--json` exactly the daemon's replies are printed; of a change that got no answer it is said that its outcome is unknown.
//! Leaves to others: which calls are made, and how their replies look.

use std::io::Write;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::args::Global;
use super::failure::Failure;
use super::view::page::Page;
use crate::client::connection::{Client, ClientError};
use crate::protocol::{system, work_orders};

/// Where text goes, and what is known of it.
pub struct Console<'a> {
    /// Standard output.
    pub out: &'a mut dyn Write,
    /// Standard error.
    pub err: &'a mut dyn Write,
    /// Columns, if standard output is a terminal.
    pub terminal: Option<usize>,
    /// Colours are not wanted (`NO_COLOR`, a dumb terminal).
    pub plain: bool,
    /// `out` is the standard output of this process, whose reader may go away while nothing is written.
    pub piped: bool,
}

/// A connection to the daemon, and the page.
pub struct Session<'a, 'c> {
    client: Client,
    global: &'a Global,
    /// Where replies are printed.
    pub console: &'a mut Console<'c>,
    /// Width, colours, times.
    pub page: Page,
    /// Of this run's change.
    pub request_id: String,
}

impl<'a, 'c> Session<'a, 'c> {
    /// Connects, and acts as another if that is wanted.
    ///
    /// # Errors
    /// The daemon cannot be reached, or does not permit to act as this user.
    pub fn open(global: &'a Global, console: &'a mut Console<'c>, page: Page) -> Result<Session<'a, 'c>, Failure> {
        let client = connect(global)?;
        let request_id = global.request_id.clone().map_or_else(random_id, Ok)?;
        Ok(Session { client, global, console, page, request_id })
    }

    /// The connection itself, for what is more than a call or two.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// The socket.
    pub fn path(&self) -> &std::path::Path {
        self.client.path()
    }

    /// Whether replies are printed as they are.
    pub fn json(&self) -> bool {
        self.global.json
    }

    /// What `--expected-revision` says.
    pub fn expected_revision(&self) -> Option<i64> {
        self.global.expected_revision
    }

    /// One line that overwrites itself, on a terminal alone: so many of so many; of 0 it is taken away.
    pub fn progress(&mut self, done: usize, all: usize) {
        if !self.json() && self.console.terminal.is_some() {
            let text = if all == 0 { "\r\x1b[K".to_owned() } else { format!("\r\x1b[K{done} of {all}\r") };
            // Only to while away the time: that it cannot be told stops nothing.
            let _ = self.console.err.write_all(text.as_bytes());
        }
    }

    /// Asks; the reply as it came.
    ///
    /// # Errors
    /// Refused, or no answer.
    pub fn ask(&mut self, method: &str, parameters: &impl Serialize) -> Result<Value, Failure> {
        Ok(self.client.call(method, parameters)?)
    }

    /// Asks for a change; the reply as it came.
    ///
    /// # Errors
    /// Refused, or no answer: then its outcome is not known.
    pub fn change(&mut self, method: &str, parameters: &impl Serialize) -> Result<Value, Failure> {
        self.client.call(method, parameters).map_err(|error| match error {
            ClientError::Refused { .. } => Failure::Client(error),
            lost => Failure::Unknown(lost, self.request_id.clone()),
        })
    }

    /// A reply as the shape it should have.
    ///
    /// # Errors
    /// It has another.
    pub fn shape<R: DeserializeOwned + Serialize>(&self, reply: Value) -> Result<R, Failure> {
        let wrong = |why: String| {
            let reason = format!("the reply is not as expected: {why} (workorderd may be of another version)");
            Failure::Client(ClientError::Protocol { path: self.client.path().to_owned(), reason })
        };
        let names: Vec<String> = reply.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default();
        let shape: R = serde_json::from_value(reply).map_err(|e| wrong(e.to_string()))?;
        // More than is known is passed over. But a reply that has nothing of what is known would be shown as if all were empty.
        let known = serde_json::to_value(&shape).map_err(|e| wrong(e.to_string()))?;
        match known.as_object() {
            Some(known) if !known.is_empty() && !known.keys().any(|name| names.contains(name)) => {
                Err(wrong("it tells of nothing that was asked for".into()))
            }
            Some(_) | None => Ok(shape),
        }
    }

    /// Prints a reply: as it is with `--json`, else as `view` draws it.
    ///
    /// # Errors
    /// The reply has another shape, or the output cannot be written.
    pub fn print<R: DeserializeOwned + Serialize>(&mut self, reply: Value, view: impl FnOnce(&R, &Page) -> String) -> Result<(), Failure> {
        if self.json() {
            return self.print_json(&reply);
        }
        let text = view(&self.shape(reply)?, &self.page);
        self.write(&text)
    }

    /// Prints a document over several lines.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn print_json(&mut self, document: &Value) -> Result<(), Failure> {
        self.write(&format!("{document:#}\n"))
    }

    /// Prints a document in one line.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn print_json_line(&mut self, document: &Value) -> Result<(), Failure> {
        self.write(&format!("{document}\n"))
    }

    /// Writes text, and sees that it gets out.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        self.console.out.write_all(text.as_bytes())?;
        Ok(self.console.out.flush()?)
    }

    /// Tells times from the daemon's now: its clock may be set by hand. Who may not ask gets this machine's.
    ///
    /// # Errors
    /// No answer.
    pub fn take_daemon_time(&mut self) -> Result<(), Failure> {
        match self.client.call::<_, Value>("org.workorderd.System1.Status", &serde_json::json!({})) {
            Ok(reply) => {
                if let Some(now) = reply.pointer("/status/now").and_then(Value::as_i64) {
                    self.page.times.now = now;
                }
                Ok(())
            }
            Err(ClientError::Refused { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Follows steps. `each` gets every reply; its error ends the stream.
    ///
    /// # Errors
    /// What the daemon or `each` says.
    pub fn follow(
        &mut self,
        watch: &work_orders::Watch,
        mut each: impl FnMut(&mut Console<'c>, Value) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        // A stream takes its connection with it.
        let mut client = connect(self.global)?;
        for reply in client.stream::<_, Value>("org.workorderd.WorkOrders1.Watch", watch)? {
            each(self.console, reply?)?;
        }
        Ok(())
    }
}

/// A connection of its own, acting as another if that is wanted.
///
/// # Errors
/// The daemon cannot be reached, or does not permit to act as this user.
pub fn connect(global: &Global) -> Result<Client, Failure> {
    let mut client = Client::connect(&global.socket)?;
    if let Some(user) = &global.act_as {
        let _: Value = client.call("org.workorderd.System1.ActAs", &system::ActAs { user: user.clone() })?;
    }
    Ok(client)
}

/// 128 random bits: two runs never have the same.
///
/// # Errors
/// The system has no random bits.
pub fn random_id() -> Result<String, Failure> {
    let mut bytes = [0_u8; 16];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut random| std::io::Read::read_exact(&mut random, &mut bytes))
        .map_err(|e| Failure::Usage(format!("no random request id could be made ({e}); give one with --request-id")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
