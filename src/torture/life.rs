//! One life: a data folder from its first start through many kills to its end, when every timer has fired and all is looked at once more.

use super::daemon::{Place, Running};
use super::judge;
use super::ledger::Ledger;
use super::load;
use crate::client::connection::Client;
use crate::protocol::work_orders::{Got, HistoryTold};
use crate::protocol::{definitions, directory, system};
use crate::verify::verify;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The evaluation's time limit is a day; a year is more than any.
const YEAR: i64 = 365 * 86_400_000;
/// Kills between two checks of the whole history.
const KILLS_PER_VERIFY: u64 = 25;
/// How long overdue timers may take to fire at the end.
const PATIENCE: Duration = Duration::from_secs(300);
/// Lines of one history: more than any Work Order here has.
const LINES: i64 = 1_000;

/// A process in which every Work Order ends by a timer at a mandatory gate.
const DEFINITIONS: &str = r#"
[[record_type]]
name = "torture"
number = "T-{date}-{counter}"
process = "torture"

[[process]]
name = "torture"

[[process.node]]
name = "assign"
kind = "assign"
handlers = ["role:dispatcher"]

[[process.node]]
name = "accept"
kind = "accept"
remind_after = "2h"

[[process.node]]
name = "repair"
kind = "task"

[[process.node]]
name = "rate"
kind = "evaluate"
method = "qr-code"
template = "stars"
mandatory = true
handlers = ["role:admin"]
auto_complete_after = "1d"

[[evaluation_template]]
name = "stars"

[[evaluation_template.field]]
name = "overall"
kind = "stars-5"
"#;

/// What was tried, and what came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// SIGKILL in the midst of load.
    pub kills: u64,
    /// SIGKILL while it started.
    pub kills_starting: u64,
    /// Of these, starts that had to rebuild the store.
    pub kills_rebuilding: u64,
    /// Of the kills under load, those with a reload of the settings just before.
    pub kills_reloading: u64,
    /// Starts whose store had been thrown away.
    pub rebuilds: u64,
    /// Steps that were acknowledged.
    pub acknowledged: u64,
    /// Calls without an answer at a kill.
    pub unanswered: u64,
    /// Of these, those that had reached the disk.
    pub survived: u64,
    /// Times the whole history was verified, offline.
    pub verified: u64,
    /// Auto-completions, each there once.
    pub completions: u64,
}

/// A life that goes on.
pub struct Life {
    place: Place,
    ledgers: Vec<Ledger>,
    random: fastrand::Rng,
    head: Option<String>,
    /// What was tried so far.
    pub tally: Tally,
}

impl Life {
    /// Founds it: first start, definitions, people.
    ///
    /// # Errors
    /// The daemon cannot be started here.
    pub fn found(folder: PathBuf, program: PathBuf, connections: usize, seed: u64) -> Result<(Self, Running), String> {
        let ledgers = (0..connections as u64).map(|n| Ledger::new(format!("w{n}"), seed ^ (n << 32))).collect();
        let place = Place::new(folder, program)?;
        let random = fastrand::Rng::with_seed(seed);
        let life = Self { place, ledgers, random, head: None, tally: Tally::default() };
        let mut running = life.place.spawn()?;
        let mut client = life.place.wait(&mut running)?;
        let files = vec![definitions::File { path: "torture.toml".into(), text: DEFINITIONS.into() }];
        let apply = definitions::Apply { request_id: "definitions".into(), files, dry_run: None };
        let _: Value = life.ask(&mut client, "Definitions1.Apply", &json!(apply))?;
        for user in life.ledgers.iter().map(|ledger| ledger.user.clone()).collect::<Vec<_>>() {
            let roles = vec!["dispatcher".into(), "engineer".into()];
            let staff_user = directory::StaffUser { id: user.clone(), name: user.clone(), roles, ..Default::default() };
            let put = directory::PutStaffUser { request_id: format!("put-{user}"), expected_revision: None, staff_user };
            let _: Value = life.ask(&mut client, "Directory1.PutStaffUser", &json!(put))?;
        }
        Ok((life, running))
    }

    /// Load and a kill in its midst, perhaps some starts that are killed, and a start after which everything is held against the ledgers.
    ///
    /// # Errors
    /// What is wrong, for people; the first thing found ends it.
    pub fn cycle(&mut self, running: Running) -> Result<Running, String> {
        self.load_and_kill(running)?;
        if self.tally.kills.is_multiple_of(KILLS_PER_VERIFY) {
            self.verify()?;
        }
        let mut running = self.start()?;
        let mut client = self.place.wait(&mut running)?;
        self.hold(&mut client)?;
        Ok(running)
    }

    fn load_and_kill(&mut self, mut running: Running) -> Result<(), String> {
        let moment = Duration::from_micros(self.random.u64(3_000..90_000));
        let reloads = self.random.u8(..8) == 0;
        let (socket, run) = (self.place.socket(), self.tally.kills);
        if reloads {
            self.place.write_settings(run)?;
        }
        let mut by_itself = None;
        let results: Vec<Result<(), String>> = std::thread::scope(|scope| {
            let workers: Vec<_> = self.ledgers.iter_mut().map(|ledger| scope.spawn(|| load::work(&socket, ledger))).collect();
            scope.spawn(|| load::tick(&socket, run));
            std::thread::sleep(moment);
            if reloads {
                running.reload();
                std::thread::sleep(moment / 8);
            }
            by_itself = running.ended();
            drop(running);
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| Err("a client panicked".into()))).collect()
        });
        self.tally.kills += 1;
        self.tally.kills_reloading += u64::from(reloads);
        if let Some(status) = by_itself {
            return Err(format!("it ended by itself under load: {status}"));
        }
        results.into_iter().collect()
    }

    fn start(&mut self) -> Result<Running, String> {
        for _ in 0..[0, 0, 0, 1, 1, 2][self.random.usize(..6)] {
            let rebuilds = self.random.u8(..3) == 0;
            if rebuilds {
                self.place.forget_store();
                self.tally.rebuilds += 1;
            }
            let running = self.place.spawn()?;
            std::thread::sleep(Duration::from_micros(self.random.u64(..60_000)));
            drop(running);
            self.tally.kills_starting += 1;
            self.tally.kills_rebuilding += u64::from(rebuilds);
        }
        if self.random.u8(..20) == 0 {
            self.place.forget_store();
            self.tally.rebuilds += 1;
        }
        self.place.spawn()
    }

    fn verify(&mut self) -> Result<(), String> {
        let findings = verify(&self.place.data(), self.head.as_deref()).map_err(|e| format!("verify: {e}"))?;
        self.tally.verified += 1;
        match findings.wrong.first() {
            Some(wrong) => Err(format!("verify: {wrong}")),
            None => Ok(()),
        }
    }

    /// Everything sent since the last time is held against the history; what had no answer is sent again, and again for the same receipt.
    fn hold(&mut self, client: &mut Client) -> Result<(), String> {
        let told: system::StatusTold = self.ask(client, "System1.Status", &json!({}))?;
        self.head = Some(told.status.head.clone());
        for at in 0..self.ledgers.len() {
            let unanswered = self.ledgers[at].unanswered();
            self.look(client, at)?;
            let user = self.ledgers[at].user.clone();
            let _: Value = self.ask(client, "System1.ActAs", &json!({ "user": user }))?;
            for &place in unanswered.iter().chain(&unanswered) {
                let call = &self.ledgers[at].orders[place.0].calls[place.1];
                let (method, mut parameters) = (format!("WorkOrders1.{}", call.command), call.parameters.clone());
                if let Some(number) = self.ledgers[at].orders[place.0].number.as_ref().filter(|_| call.command != "Create") {
                    parameters["number"] = number.as_str().into();
                }
                let reply: Value = self.ask(client, &method, &parameters)?;
                self.ledgers[at].acknowledged(place, &reply["receipt"])?;
            }
            let survived = |place: &&(usize, usize)| {
                self.ledgers[at].orders[place.0].calls[place.1].receipt.is_some_and(|(_, sequence)| sequence <= told.status.sequence)
            };
            self.tally.survived += unanswered.iter().filter(survived).count() as u64;
            self.tally.unanswered += unanswered.len() as u64;
            self.look(client, at)?;
            self.ledgers[at].orders.iter_mut().for_each(|order| order.touched = false);
        }
        let calls = self.ledgers.iter().flat_map(|ledger| &ledger.orders).map(|order| order.calls.len() as u64);
        self.tally.acknowledged = calls.sum();
        Ok(())
    }

    fn look(&mut self, client: &mut Client, at: usize) -> Result<(), String> {
        let touched: Vec<usize> = (0..self.ledgers[at].orders.len()).filter(|n| self.ledgers[at].orders[*n].touched).collect();
        for n in touched {
            // Without a number nobody knows whether it is there; it is sent again first.
            let Some(number) = self.ledgers[at].orders[n].number.clone() else { continue };
            let told = self.history(client, &number)?;
            judge::held(&self.ledgers[at].orders[n], &told.lines).map_err(|wrong| format!("{number}: {wrong}"))?;
        }
        Ok(())
    }

    /// The end: every timer falls due, everything is looked at once more, and the history is verified.
    ///
    /// # Errors
    /// What is wrong, for people.
    pub fn end(&mut self, mut running: Running) -> Result<(), String> {
        let mut client = self.place.wait(&mut running)?;
        let ahead = json!({ "requestId": "end", "aheadMs": YEAR });
        let _: Value = self.ask(&mut client, "System1.SetClock", &ahead)?;
        let began = Instant::now();
        for at in 0..self.ledgers.len() {
            self.ledgers[at].orders.iter_mut().for_each(|order| order.touched = true);
            self.look(&mut client, at)?;
            for n in 0..self.ledgers[at].orders.len() {
                let order = &self.ledgers[at].orders[n];
                let Some(number) = order.number.clone().filter(|_| order.is_done()) else { continue };
                while self.ask::<Got>(&mut client, "WorkOrders1.Get", &json!({ "number": number }))?.work_order.outcome.is_none() {
                    if began.elapsed() > PATIENCE {
                        return Err(format!("{number}: its auto-completion does not come"));
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                let told = self.history(&mut client, &number)?;
                judge::completed_once(&told.lines).map_err(|wrong| format!("{number}: {wrong}"))?;
                self.tally.completions += 1;
            }
        }
        let told: system::StatusTold = self.ask(&mut client, "System1.Status", &json!({}))?;
        self.head = Some(told.status.head);
        drop(running);
        self.verify()
    }

    fn history(&mut self, client: &mut Client, number: &str) -> Result<HistoryTold, String> {
        self.ask(client, "WorkOrders1.History", &json!({ "number": number, "limit": LINES }))
    }

    fn ask<R: serde::de::DeserializeOwned>(&self, client: &mut Client, member: &str, parameters: &Value) -> Result<R, String> {
        client.call(&format!("org.workorderd.{member}"), parameters).map_err(|e| format!("{member} {parameters}: {e}"))
    }

    /// Removes the folder of a life in which nothing was wrong.
    pub fn clear(self) {
        let _ = std::fs::remove_dir_all(self.place.folder());
    }

    /// Where everything of it is.
    pub fn folder(&self) -> PathBuf {
        self.place.folder().to_owned()
    }
}
