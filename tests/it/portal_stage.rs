//! The stage of the portal's tests: the sample company, whose customers sign in. The links that are mailed to them are made here again,
//! with the secret of the data folder, where a test is not about the mail.

use std::path::Path;

use serde_json::{Value, json};
use workorderd::domain::ids::{ContactId, SignInNo};
use workorderd::runtime::Runtime;
use workorderd::runtime::folder::read_secret;
use workorderd::runtime::links::Token;

use crate::real_stage::{BEGIN, Caller, Daemon, Home, seed};

/// What stands before a token.
pub const LINKS: &str = "https://service.example/e/";

/// The n-th link to sign in of a contact, as a data folder makes it.
pub fn link(data: &Path, contact: &str, no: u32) -> String {
    token(data, contact, no, Token::SignIn)
}

/// The session that the link opens.
pub fn session(data: &Path, contact: &str, no: u32) -> String {
    token(data, contact, no, Token::Session)
}

fn token(data: &Path, contact: &str, no: u32, of: fn(workorderd::domain::ids::TerminalUserId, SignInNo) -> Token) -> String {
    let id = Runtime::terminal_user_id(&ContactId::new(contact).unwrap());
    of(id, SignInNo(no)).write(&read_secret(data).unwrap())
}

/// Puts a contact with an address of its own into the directory.
pub fn contact(admin: &mut Caller, id: &str, account: Option<&str>) {
    let entry =
        json!({ "id": id, "name": format!("{id} 先生"), "account": account, "email": format!("{id}@customer.example"), "language": "zh" });
    admin.ok("Directory1.PutContact", json!({ "contact": entry }));
}

/// Signs a contact in for the first time.
pub fn sign_in(admin: &mut Caller, data: &Path, id: &str) -> String {
    admin.ok("Guest1.RequestSignIn", json!({ "email": format!("{id}@customer.example") }));
    let reply = admin.ok("Guest1.SignIn", json!({ "token": link(data, id, 1) }));
    assert_eq!(reply["session"], session(data, id, 1));
    reply["session"].as_str().unwrap().to_owned()
}

/// A new contact, signed in.
pub fn customer(admin: &mut Caller, data: &Path, id: &str, account: Option<&str>) -> String {
    contact(admin, id, account);
    sign_in(admin, data, id)
}

/// The parameters of a call in a session.
pub fn within(session: &str, mut parameters: Value) -> Value {
    parameters["session"] = session.into();
    parameters
}

/// The name of a refusal.
pub fn name(refused: (String, Value)) -> String {
    refused.0.rsplit('.').next().unwrap().to_owned()
}

/// A daemon with the sample company, whose customers may come in.
pub struct Portal {
    pub home: Home,
    pub daemon: Option<Daemon>,
    pub sets: Vec<String>,
}

impl Portal {
    pub fn new(more: &[&str]) -> Portal {
        let sets = more.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]).collect();
        let mut portal = Portal { home: Home::new(), daemon: None, sets };
        portal.start();
        seed(&mut portal.admin());
        portal
    }

    pub fn with_mail(port: u16, more: &[&str]) -> Portal {
        let (port, base) = (format!("mail.port={port}"), format!("links.base_url={LINKS}"));
        let from = "mail.from=现场服务 <service@example.com>";
        let mut sets = vec!["mail.enabled=true", "mail.host=127.0.0.1", "mail.security=none", "mail.timeout=3s", &port, from, &base];
        sets.extend(more);
        Portal::new(&sets)
    }

    pub fn start(&mut self) {
        let begin = BEGIN.to_string();
        let mut arguments = vec!["--clock", "manual", "--clock-start", &begin];
        arguments.extend(self.sets.iter().map(String::as_str));
        self.daemon = Some(self.home.start_with(&arguments));
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    pub fn admin(&self) -> Caller {
        self.daemon().admin()
    }

    pub fn customer(&self, id: &str, account: Option<&str>) -> String {
        customer(&mut self.admin(), &self.home.data(), id, account)
    }

    /// Raises a repair.
    pub fn raise(&self, session: &str, more: Value) -> String {
        let mut parameters = json!({ "session": session, "recordType": "repair", "subject": "电梯坏了" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.admin().ok("Guest1.Create", parameters)["number"].as_str().unwrap().to_owned()
    }

    pub fn own(&self, session: &str) -> Vec<String> {
        let listed = self.admin().ok("Guest1.ListOwn", json!({ "session": session }));
        let numbers: Vec<String> = listed["lines"].as_array().unwrap().iter().map(|line| line["number"].as_str().unwrap().into()).collect();
        assert_eq!(listed["total"], numbers.len());
        numbers
    }

    pub fn get(&self, session: &str, number: &str) -> Value {
        self.admin().ok("Guest1.GetOwn", json!({ "session": session, "number": number }))["workOrder"].clone()
    }
}
