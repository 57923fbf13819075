//! A timer that ends the daemon must not end it at every start: found, parked, shown, and set again when that is mended.
//!
//! The daemon's engine runs here in a process of its own whose log ends the process (SIGABRT) when that one timer fires: nothing
//! of this fault is in the daemon.

use std::process::{Command as Process, ExitStatus};

use serde_json::json;
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::ids::{RequestId, WorkOrderId};
use workorderd::domain::installation::InstallationCommand;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::command::Create;
use workorderd::domain::work_order::state::{Channel, EntryPoint, Priority};
use workorderd::domain::work_order::{self};
use workorderd::engine::cell::Submission;
use workorderd::runtime::{Runtime, start};

use crate::in_process::options;
use crate::real_stage::{BEGIN, Home, until};
use crate::world::company;
use crate::world::people::administrator;

const CHILD: &str = "WORKORDERD_TEST_POISON";
pub const ORDERS: usize = 6;
const POISONED: usize = 3;

pub fn order(n: usize) -> (RequestId, WorkOrderId) {
    let request = RequestId::new(&format!("r{n}")).unwrap();
    let id = Runtime::work_order_id(&administrator(), &request);
    (request, id)
}

/// A log that ends the process when a timer of one Work Order fires.
struct Poison(String);

impl tracing::Subscriber for Poison {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "workorderd::runtime::timers"
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut text = String::new();
        event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
            text.push_str(&format!("{}={value:?} ", field.name()))
        });
        if text.contains("a timer fires") && text.contains(&self.0) {
            std::process::abort();
        }
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn the_process_that_such_a_timer_ends() {
    let Some(data) = std::env::var_os(CHILD) else { return };
    tracing::subscriber::set_global_default(Poison(order(POISONED).1.to_string())).unwrap();
    actix_rt::System::new().block_on(async {
        let running = start(options(data.into())).await.unwrap();
        let runtime = running.runtime.clone();
        if running.report.work_orders == 0 {
            seed(&runtime).await;
        }
        while runtime.views().schedule().next_due().is_some_and(|due| due <= runtime.now()) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        running.stop(std::time::Duration::from_secs(10)).await.unwrap();
    });
}

async fn seed(runtime: &Runtime) {
    orders(runtime).await;
    // Past the reminder of the first node of each.
    let to = Timestamp(BEGIN + 2 * crate::real_stage::HOUR);
    runtime.submit_as_system(&Key::Installation, Command::Installation(InstallationCommand::SetClock { to })).await.unwrap();
}

/// A company and its Work Orders, by an administrator.
pub async fn orders(runtime: &Runtime) {
    let submit = async |key: Key, command: Command, request| {
        let submission = Submission { command, principal: administrator(), request, expected_revision: None };
        runtime.submit(&key, submission).await.unwrap();
    };
    for (key, command) in company::founding() {
        submit(key, command, None).await;
    }
    for n in 0..ORDERS {
        let (request, id) = order(n);
        let record_type = company::name("ticket");
        let create = Create {
            id,
            number: runtime.next_number(&record_type).unwrap(),
            record_type,
            subject: "The printer is out of order".into(),
            description: None,
            reference: None,
            account: None,
            contact: Some(company::contact_id("walk-in")),
            priority: Priority::Normal,
            channel: Channel::Phone,
            entry_point: EntryPoint::List,
            submitter: None,
            fields: Vec::new(),
        };
        let command = Command::WorkOrder(work_order::Command::Create(Box::new(create)));
        submit(Key::WorkOrder(id), command, Some(Runtime::request(request, b""))).await;
    }
}

fn run(home: &Home) -> ExitStatus {
    let mut child = Process::new(std::env::current_exe().unwrap());
    child.args(["--exact", "real_poison::the_process_that_such_a_timer_ends", "--nocapture"]).env(CHILD, home.data());
    child.output().unwrap().status
}

#[test]
fn a_timer_that_ends_the_daemon_is_found_parked_and_set_again() {
    let home = Home::new();
    let mut ends = 0;
    while !run(&home).success() {
        ends += 1;
        assert!(ends <= 3, "it ends the daemon again and again");
    }
    assert_eq!(ends, 3, "once in its batch, and twice alone");

    let daemon = home.start();
    let mut admin = daemon.admin();
    let status = admin.status();
    assert_eq!((&status["timersParked"], &status["now"]), (&json!(1), &json!(BEGIN + 2 * crate::real_stage::HOUR)));
    assert!(status["said"].to_string().contains("1 that did so again and again are parked"), "{}", status["said"]);
    let parked = admin.ok("System1.ListParkedTimers", json!({}))["timers"][0].clone();
    let number = parked["number"].as_str().unwrap().to_owned();
    assert_eq!(parked["kind"], "remind");
    assert_eq!(parked["why"], "the daemon ended 3 times while it was fired");
    let reminded = |number: &str| daemon.admin().history(number).iter().filter(|line| line["event"] == "Reminded").count();
    let all = admin.numbers();
    assert_eq!(all.len(), ORDERS);
    for other in &all {
        assert_eq!(reminded(other), usize::from(*other != number), "the others were fired, once: {other}");
    }
    assert_eq!(admin.ok("System1.RetryTimers", json!({ "number": number }))["timers"], 1);
    until("the reminder", || (reminded(&number) == 1).then_some(()));
    assert_eq!(admin.status()["timersParked"], 0);
    daemon.stop();
    let daemon = home.start();
    assert!(!daemon.admin().status()["said"].to_string().contains("parked"), "forgotten");
}
