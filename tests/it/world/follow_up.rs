//! Follow-ups of the company: the nodes, the rules, and what its people do at them; and what of it the gate's model holds against.

use super::company::{self, STAFF, automatic, group, name, node, test, user};
use super::people::{administrator, staff};
use super::world::World;
use std::collections::BTreeSet;
use workorderd::domain::context::Context;
use workorderd::domain::definition::evaluation::GivenAnswer;
use workorderd::domain::definition::{Catalogue, FollowUpBy, FollowUpRule, HandlerSpec, NodeSpec, PlugIn, ProcessNode, Subject, plug_in};
use workorderd::domain::ids::WorkOrderId;
use workorderd::domain::principal::Principal;
use workorderd::domain::process::NodeState;
use workorderd::domain::process::follow_up::{Method, Spec, State};
use workorderd::domain::time::Span;
use workorderd::domain::work_order::follow_up::{Missed, Way};
use workorderd::domain::work_order::state::Handler;
use workorderd::domain::work_order::{Command as Order, WorkOrder};
use workorderd::engine::sorting::Sort;

/// On in most editions.
pub fn plug_in(edition: u32) -> PlugIn {
    PlugIn { name: name(plug_in::FOLLOW_UP), on: edition != 4 }
}

/// Two rotations, one of them in a group that has other work too, and a person; nobody asks those of the portal.
pub fn rules(edition: u32) -> Vec<FollowUpRule> {
    let rule = |id: &str, precedence, scope, by| FollowUpRule { name: name(id), precedence, scope, template: name("stars"), by };
    let high = test(Subject::Priority, false, &["high", "urgent"]);
    let phone = test(Subject::Channel, false, &["phone", "e-mail"]);
    let staff = test(Subject::Channel, false, &["staff", "service-provider"]);
    let team = if edition.is_multiple_of(2) { "south" } else { "north" };
    vec![
        rule("pressing", 1, high, FollowUpBy::Rotation(group(team))),
        rule("called", 2, phone, FollowUpBy::Rotation(group("东区"))),
        rule("own", 3, staff, FollowUpBy::Person(user("eng-2"))),
    ]
}

fn desk() -> [HandlerSpec; 1] {
    [HandlerSpec::Role(name("desk"))]
}

/// By the rules; it ends by itself.
pub fn by_rules() -> ProcessNode {
    node("call", &desk(), automatic(Span::days(4), Some(Span::days(1)), true), NodeSpec::FollowUp(Spec { method: Method::Rules }))
}

/// By one person, with the questions of another template.
pub fn standard() -> ProcessNode {
    let method = Method::Standard { template: name("marks"), person: user("eng-4") };
    node("call", &desk(), automatic(Span::days(6), None, false), NodeSpec::FollowUp(Spec { method }))
}

/// By which rule, and by whom, a follow-up would be if it were reached; none: it would be passed over.
pub fn asked<'a>(catalogue: &'a Catalogue, spec: &'a Spec, order: &WorkOrder) -> Option<(Option<&'a str>, FollowUpBy)> {
    if !catalogue.is_on("follow-up") {
        return None;
    }
    match &spec.method {
        Method::Standard { person, .. } => Some((None, FollowUpBy::Person(person.clone()))),
        Method::Rules => {
            let rule = catalogue.follow_up_rules().iter().find(|rule| rule.scope.holds(order))?;
            Some((Some(rule.name.as_str()), rule.by.clone()))
        }
    }
}

/// Whether what was frozen at entry is what the definitions say.
pub fn fits(catalogue: &Catalogue, spec: &NodeSpec, state: &NodeState, order: &WorkOrder) -> bool {
    let (NodeSpec::FollowUp(spec), NodeState::FollowUp(state)) = (spec, state) else { return true };
    let Some((rule, by)) = asked(catalogue, spec, order) else { return false };
    let frozen = match &by {
        FollowUpBy::Person(person) => state.rotation.is_none() && (state.person.as_ref() == Some(person) || state.nobody.is_some()),
        FollowUpBy::Rotation(group) => state.person.is_none() && (state.rotation.as_ref() == Some(group) || state.nobody.is_some()),
    };
    state.rule.as_ref().map(|rule| rule.as_str()) == rule && frozen
}

impl World {
    /// What somebody does at a follow-up, mostly by who has it.
    pub fn follow_up(&mut self, order: &WorkOrder, state: &State, n: u32) -> (Principal, Order) {
        let command = match n {
            ..25 if state.person.is_none() => Order::TakeTask,
            ..40 => self.an_attempt(),
            40..65 => self.answers_taken_down(),
            65..80 => Order::CloseFollowUp { reason: self.text() },
            80..95 => self.passed_on(),
            _ => self.any_follow_up(order),
        };
        let by_admin = matches!(command, Order::PassFollowUpOn { .. }) && self.rng.bool();
        let principal = if by_admin { administrator() } else { self.handler(order) };
        (principal, command)
    }

    /// One of the commands of a follow-up, wherever the Work Order is.
    pub fn any_follow_up(&mut self, _: &WorkOrder) -> Order {
        match self.rng.u32(..4) {
            0 => self.an_attempt(),
            1 => self.answers_taken_down(),
            2 => Order::CloseFollowUp { reason: "打不通".into() },
            _ => self.passed_on(),
        }
    }

    fn an_attempt(&mut self) -> Order {
        let (way, outcome) = (Way::ALL[self.rng.usize(..Way::ALL.len())], Missed::ALL[self.rng.usize(..Missed::ALL.len())]);
        Order::RecordFollowUpAttempt { way, outcome, note: self.rng.bool().then(|| self.text()) }
    }

    fn answers_taken_down(&mut self) -> Order {
        let stars = self.pick(&["1", "2", "3", "4", "5", "5", "6", "very good"]);
        let mut answers: Vec<GivenAnswer> = vec![("overall".into(), stars.into())];
        if self.rng.bool() {
            answers.push(("comment".into(), "听说很满意".into()));
        }
        if self.rng.u32(..20) == 0 {
            answers.clear();
        }
        Order::SubmitFollowUp { way: Way::ALL[self.rng.usize(..Way::ALL.len())], answers }
    }

    fn passed_on(&mut self) -> Order {
        // Of these two may, the others have no role with the right.
        let to = match self.rng.u32(..4) {
            0 => STAFF[self.rng.usize(..STAFF.len())].0,
            1 => "nobody",
            _ => self.pick(&["helper", "root"]),
        };
        Order::PassFollowUpOn { to: company::user(to), reason: self.rng.bool().then(|| self.text()) }
    }

    /// The list of follow-ups shows everybody what they may see of them, and what is theirs by name.
    pub fn check_follow_ups(&self) {
        let at_one =
            |order: &&WorkOrder| order.life.is_normal() && order.visit().is_some_and(|v| matches!(v.state, NodeState::FollowUp(_)));
        let orders: Vec<&WorkOrder> = self.audit.known.values().filter_map(|known| known.state.work_order()).filter(at_one).collect();
        for who in STAFF.iter().map(|(id, ..)| staff(id)).chain([administrator()]) {
            let scope = self.scope(&who);
            let reference = self.daemon.views.reference();
            let board = self.daemon.views.board();
            let cx = Context { now: self.now, principal: &who, catalogue: &reference.catalogue, directory: &reference.directory };
            for mine in [false, true] {
                let (listed, total, _) = board.follow_ups(&scope, mine, Sort::Oldest, None, usize::MAX);
                let listed: BTreeSet<WorkOrderId> = listed.iter().map(|order| order.id).collect();
                let own = |order: &WorkOrder| {
                    let handlers = order.visit().map(|v| v.handlers.as_slice()).unwrap_or_default();
                    handlers.iter().any(|handler| matches!(handler, Handler::User(id) if Some(id) == who.user()))
                };
                let wanted = orders.iter().filter(|order| board.sees(order.id, &cx) && (!mine || own(order)));
                let wanted: BTreeSet<WorkOrderId> = wanted.map(|order| order.id).collect();
                assert_eq!((&listed, total), (&wanted, wanted.len() as u64), "the follow-ups of {who:?}, mine {mine}");
            }
        }
    }
}
