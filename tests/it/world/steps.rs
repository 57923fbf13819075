//! Steps of visits, checked from events alone and by what the company's SOP says, put down here by hand: each is settled once,
//! in its order, at a place where it has one; required ones are not left out.

use std::collections::{BTreeMap, BTreeSet};
use workorderd::domain::ids::{VisitNo, WorkOrderId};
use workorderd::domain::process::on_site::Event as SiteEvent;
use workorderd::domain::process::{NodeEvent, NodeState};
use workorderd::domain::work_order::WorkOrder;
use workorderd::domain::work_order::event::Event;
use workorderd::domain::work_order::state::Exit;

/// Steps, and those that must be behind the visit before them.
const FIRST: [(&str, &[&str]); 6] =
    [("depart", &[]), ("arrive", &["depart"]), ("fix", &[]), ("photos", &[]), ("sign", &["depart", "arrive", "fix"]), ("dance", &[])];
const REQUIRED: [&str; 3] = ["arrive", "fix", "sign"];

/// What was settled on each visit, and what of it was done.
#[derive(Default)]
pub struct Steps(BTreeMap<(WorkOrderId, VisitNo), (BTreeSet<String>, BTreeSet<String>)>);

impl Steps {
    /// Takes an event in; `order` is the state before it.
    pub fn take(&mut self, event: &Event, order: Option<&WorkOrder>) {
        let Some((order, visit)) = order.and_then(|order| Some((order, order.visit()?))) else { return };
        let (settled, done) = self.0.entry((order.id, visit.no)).or_default();
        match event {
            Event::Node(NodeEvent::OnSite(SiteEvent::StepCompleted { step, by, location, .. })) => {
                let (step, first) = *FIRST.iter().find(|(name, _)| *name == step.as_str()).expect("a step of the SOP");
                assert!(first.iter().all(|f| settled.contains(*f)), "{step} was completed after {settled:?} alone");
                assert_eq!(location.is_some(), step == "arrive", "{step} has a place if it asks for one");
                assert!(settled.insert(step.into()) && done.insert(step.into()), "{step} was settled twice");
                let cause = order.fields.keys().any(|name| name.as_str() == "cause");
                assert!(step != "fix" || cause, "{step} was completed without what its form requires");
                let on_it = |l: &&workorderd::domain::work_order::labor::Labor| l.step.as_ref().is_some_and(|s| s.as_str() == step);
                let runs = order.labor().iter().filter(on_it).any(|l| l.to.is_none() && by.as_ref() == Some(&l.engineer));
                assert!(!runs, "labor on {step} goes on after it is done");
            }
            Event::Node(NodeEvent::OnSite(SiteEvent::StepSkipped { step, .. })) => {
                assert!(!REQUIRED.contains(&step.as_str()), "{step} is required and was skipped");
                assert!(settled.insert(step.as_str().into()), "{step} was settled twice");
            }
            Event::NodeLeft { exit: Exit::Completed, .. } => {
                let by_steps = matches!(&visit.state, NodeState::OnSite(state) if state.sop.is_some());
                assert!(!by_steps || REQUIRED.iter().all(|step| done.contains(*step)), "the visit was completed with {done:?} alone");
            }
            _ => {}
        }
    }
}
