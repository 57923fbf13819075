//! The stage of the mail tests: a catcher that behaves as told, settings that lead to it, and mails to send.

use std::time::Duration;

use workorderd::demo::mail_catcher::{Behaviour, MailCatcher};
use workorderd::mail::{Address, Message, Outcome, Security, Settings, Smtp, clean};

/// Long enough for any answer on this machine, however busy.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn catcher(behaviour: Behaviour) -> MailCatcher {
    MailCatcher::start(behaviour).unwrap()
}

pub fn settings(port: u16) -> Settings {
    Settings {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::None,
        credentials: None,
        extra_root_pem: None,
        timeout: PATIENCE,
        connections: 2,
        hello_name: "workorderd.example.com".to_owned(),
    }
}

pub fn smtp(catcher: &MailCatcher) -> Smtp {
    Smtp::new(settings(catcher.addr().port())).unwrap()
}

/// Gives up soon, for servers that fall silent.
pub fn impatient(catcher: &MailCatcher) -> Smtp {
    Smtp::new(Settings { timeout: Duration::from_millis(400), ..settings(catcher.addr().port()) }).unwrap()
}

pub fn address(name: &str, address: &str) -> Address {
    clean(name, address).unwrap()
}

pub fn message(number: u8) -> Message {
    Message {
        intent: [number; 16],
        date_ms: 1_700_000_000_000,
        from: address("Field Service", "service@example.com"),
        reply_to: None,
        to: address("Ms Li", "li@example.org"),
        subject: "Your Work Order WO-7".to_owned(),
        text: "How was it?\n.\nTell us.\n".to_owned(),
        html: Some("<p>How was it?</p>".to_owned()),
    }
}

/// Runs on a runtime of one thread, as an arbiter of the daemon does.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

pub fn send(smtp: &Smtp, message: &Message) -> Outcome {
    run(smtp.send(message))
}

/// The outcome's name alone.
pub fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Sent { .. } => "sent",
        Outcome::Deferred { .. } => "deferred",
        Outcome::Failed { .. } => "failed",
        Outcome::Unknown { .. } => "unknown",
    }
}
