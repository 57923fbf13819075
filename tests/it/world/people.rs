//! The people of the company: what they ask for, sensibly or not, one at a time or in a burst, once or again.
//!
//! They look at what is durable, as people do, and so they are often late. Nothing here judges.

use super::clients::Call;
use super::company::{self, ACCOUNTS, CONTACTS, ENGINEERS, GROUPS, RECORD_TYPES, STAFF};
use super::daemon::{Letter, Ticket};
use super::world::World;
use workorderd::domain::aggregate::{Command, Key, State};
use workorderd::domain::definition::CatalogueCommand;
use workorderd::domain::directory::{Absence, DirectoryCommand};
use workorderd::domain::ids::{RequestId, WorkOrderId};
use workorderd::domain::installation::InstallationCommand;
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::principal::Principal;
use workorderd::domain::process::NodeState;
use workorderd::domain::service_group::{GroupRule, ServiceGroupCommand};
use workorderd::domain::time::Span;
use workorderd::domain::work_order::command::{Create, TransferTo};
use workorderd::domain::work_order::state::{Channel, EntryPoint, Handler, HoldReason, Party, Priority, RecordKind};
use workorderd::domain::work_order::{Command as Order, WorkOrder};
use workorderd::engine::cell::Submission;
use workorderd::runtime::Runtime;

/// Most Work Orders of one run.
const ORDERS_MAX: usize = 40;

/// A member of the staff, as the peer they come through knows them.
pub fn staff(id: &str) -> Principal {
    let roles = STAFF.iter().filter(|(known, ..)| *known == id).map(|(_, role, ..)| company::name(role)).collect();
    Principal::Staff { user: Some(company::user(id)), roles, through: "uid:1000".into() }
}

/// An admin who is nobody in the directory.
pub fn administrator() -> Principal {
    Principal::Staff { user: None, roles: vec![company::name("admin")], through: "uid:0".into() }
}

impl World {
    pub fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.rng.usize(..of.len())]
    }

    pub fn text(&mut self) -> String {
        match self.rng.u32(..40) {
            0 => String::new(),
            1 => "bell \u{7}".into(),
            2 | 3 => "长".repeat(3_200),
            4..20 => "客户不在家，明天再来".into(),
            _ => "the customer was not at home".into(),
        }
    }

    /// Somebody does something.
    pub fn people_act(&mut self) {
        match self.rng.u32(..100) {
            0..14 if self.audit.gates.len() < ORDERS_MAX => self.create(),
            14..19 => self.administer(),
            19 if self.rng.u32(..4) == 0 => self.chatter(),
            19..23 => self.repeat(),
            23..26 => self.customer_acts(),
            26..32 => {
                // Several at once, to one Work Order, without waiting for the answers.
                let Some(order) = self.some_order() else { return };
                for _ in 0..self.rng.usize(2..6) {
                    self.work_on(&order);
                }
            }
            _ => {
                if let Some(order) = self.some_order() {
                    self.work_on(&order);
                }
            }
        }
    }

    /// A Work Order as it is known, an open one rather than not.
    fn some_order(&mut self) -> Option<WorkOrder> {
        let ids: Vec<WorkOrderId> = self.audit.gates.keys().copied().collect();
        let mut found = None;
        for _ in 0..3 {
            let id = *ids.get(self.rng.usize(..ids.len().max(1)))?;
            let order = self.audit.known.get(&Key::WorkOrder(id))?.state.work_order()?.clone();
            let open = order.is_open();
            found = Some(order);
            if open {
                break;
            }
        }
        found
    }

    fn create(&mut self) {
        let pick = |world: &mut Self, count: usize| world.rng.usize(..count);
        let record_type = RECORD_TYPES[pick(self, RECORD_TYPES.len())];
        let contact = (self.rng.u32(..4) > 0).then(|| company::contact_id(CONTACTS[self.rng.usize(..CONTACTS.len())].0));
        let account = (self.rng.u32(..3) == 0).then(|| company::account_id(ACCOUNTS[self.rng.usize(..ACCOUNTS.len())].0));
        let submitter = (self.rng.u32(..5) == 0).then(|| Party::Staff(company::user(STAFF[self.rng.usize(..STAFF.len())].0)));
        let create = Create {
            id: WorkOrderId(0),
            number: WorkOrderNumber("".into()),
            record_type: company::name(if self.rng.u32(..60) == 0 { "unheard-of" } else { record_type }),
            subject: if self.rng.u32(..40) == 0 { self.text() } else { "The compressor rattles 压缩机异响".into() },
            description: (self.rng.u32(..10) == 0).then(|| self.text()),
            reference: None,
            account,
            contact,
            priority: Priority::ALL[pick(self, Priority::ALL.len())],
            channel: Channel::ALL[pick(self, Channel::ALL.len())],
            entry_point: EntryPoint::ALL[pick(self, EntryPoint::ALL.len())],
            submitter,
            fields: self.intake(record_type),
        };
        let who = self.pick(&["disp-1", "disp-2", "staff-1", "root", "helper", "eng-1"]);
        let principal = if self.rng.u32(..12) == 0 { administrator() } else { staff(who) };
        let request = self.request_id();
        let id = Runtime::work_order_id(&principal, &request);
        let command = Command::WorkOrder(Order::Create(Box::new(Create { id, ..create })));
        self.ask(Key::WorkOrder(id), principal.clone(), command, Some(request), None);
        // Who has made the id can go on before the answer is there.
        let more = if self.rng.u32(..4) == 0 { self.rng.usize(1..5) } else { 0 };
        if more > 0 && self.rng.bool() {
            // Asked twice, with a number of its own each time.
            self.try_call(self.clients.calls.len() - 1);
        }
        for _ in 0..more {
            let command = match self.rng.u32(..5) {
                3 | 4 => Order::AddServiceRecord { kind: RecordKind::Remark, text: "长".repeat(3_000) },
                0 => Order::AssignToGroup { group: company::group("north") },
                1 => Order::AssignToEngineer { engineer: company::user("eng-1"), over_limit: false },
                _ => Order::AddServiceRecord { kind: RecordKind::Remark, text: self.text() },
            };
            let request = self.request_id();
            self.ask(Key::WorkOrder(id), principal.clone(), Command::WorkOrder(command), Some(request), None);
        }
    }

    pub fn request_id(&mut self) -> RequestId {
        RequestId::new(&format!("r{}", self.clients.calls.len())).expect("a good request id")
    }

    /// A call, and its first attempt.
    pub fn ask(&mut self, key: Key, principal: Principal, command: Command, id: Option<RequestId>, expected_revision: Option<u64>) {
        let request = id.map(|id| Runtime::request(id, format!("{} {command:?}", principal.key()).as_bytes()));
        let call =
            Call { key, principal, command, request, expected_revision, receipt: None, refused: false, open: false, shares_its_id: false };
        self.clients.calls.push(call);
        self.try_call(self.clients.calls.len() - 1);
    }

    /// An attempt at a call; a creation gets a number that seems free.
    pub fn try_call(&mut self, index: usize) {
        let attempt = self.clients.attempt(index);
        let call = self.clients.calls[index].clone();
        let mut command = call.command;
        if let Command::WorkOrder(Order::Create(create)) = &mut command {
            create.number = self.number(&create.record_type);
        }
        let submission =
            Submission { command, principal: call.principal, request: call.request, expected_revision: call.expected_revision };
        self.send(&call.key, Letter::Submit(Ticket::Client(attempt), Box::new(submission)));
    }

    fn number(&mut self, record_type: &workorderd::domain::ids::Name) -> WorkOrderNumber {
        let scope = {
            let reference = self.daemon.views.reference();
            reference.catalogue.record_type(record_type).map(|t| t.number.scope(self.now, &jiff::tz::TimeZone::UTC))
        };
        let Some(scope) = scope else { return WorkOrderNumber("none-1".into()) };
        let number = self.daemon.views.numbers().propose(&scope);
        assert!(!self.audit.numbers.contains(&number), "{number} is proposed, and used");
        match self.last_number.take() {
            // Somebody else was told the same number a moment ago.
            Some(taken) if self.rng.u32(..3) == 0 && !self.calm => taken,
            _ => {
                self.last_number = Some(number.clone());
                number
            }
        }
    }

    /// The same call again while it may be under way, or its request id for something else.
    fn repeat(&mut self) {
        let count = self.clients.calls.len();
        let Some(index) = count.checked_sub(1 + self.rng.usize(..count.clamp(1, 30))) else { return };
        let call = self.clients.calls[index].clone();
        let Some(request) = &call.request else { return };
        if self.rng.u32(..4) > 0 {
            self.coverage.count("client", "repeated");
            return self.try_call(index);
        }
        let Key::WorkOrder(_) = call.key else { return };
        let command = Command::WorkOrder(Order::AddServiceRecord { kind: RecordKind::Remark, text: format!("instead of {index}") });
        self.coverage.count("client", "reused a request id");
        self.clients.calls[index].shares_its_id = true;
        let id = request.id.clone();
        self.ask(call.key, call.principal, command, Some(id), None);
        self.clients.calls[count].shares_its_id = true;
    }

    /// More notes on one Work Order than requests are remembered, some of them sent twice.
    fn chatter(&mut self) {
        let Some(order) = self.some_order() else { return };
        for n in 0..self.rng.usize(20..45) {
            let command = Command::WorkOrder(Order::AddServiceRecord { kind: RecordKind::Remark, text: format!("note {n}") });
            let id = self.request_id();
            self.ask(Key::WorkOrder(order.id), staff("staff-1"), command, Some(id), None);
            let call = self.clients.calls.len() - 1;
            if self.rng.u32(..4) == 0 {
                self.step();
                self.try_call(call);
            }
        }
    }

    /// Types come and go, and mostly come back: only one is ever deleted, and the next edition brings it again.
    fn type_change(&mut self) -> CatalogueCommand {
        let record_type = company::name(RECORD_TYPES[self.rng.usize(..RECORD_TYPES.len())]);
        match self.rng.u32(..8) {
            0 => CatalogueCommand::RetireRecordType(record_type),
            1 | 2 => CatalogueCommand::RetireRecordType(company::name("strict")),
            3 => CatalogueCommand::DeleteRecordType(company::name("strict")),
            _ => CatalogueCommand::PublishRecordType(record_type),
        }
    }

    fn administer(&mut self) {
        let who = if self.rng.u32(..6) == 0 { staff("disp-1") } else { administrator() };
        let (key, command) = match self.rng.u32(..20) {
            17 => super::equipment::change(&mut self.rng),
            9 => super::companies::change(&mut self.rng),
            10 | 14 => return self.move_somebody(),
            11 | 12 => return self.absence(),
            18 => return self.notices(),
            19 => return self.erase_somebody(),
            13 => return self.reorganise(),
            0 | 1 => (Key::Catalogue, company::apply(self.rng.u32(..company::EDITIONS))),
            15 | 16 => (Key::Catalogue, Command::Catalogue(self.type_change())),
            2..5 => {
                let engineer = ENGINEERS[self.rng.usize(..ENGINEERS.len())];
                let mut user = company::staff(if self.rng.u32(..8) == 0 { "disp-2" } else { engineer });
                user.disabled = self.rng.u32(..3) == 0;
                if self.rng.bool() {
                    user.superior = Some(company::user(STAFF[self.rng.usize(..STAFF.len())].0));
                }
                (Key::StaffUser(user.id.clone()), Command::Directory(DirectoryCommand::PutStaffUser(user)))
            }
            5 | 6 => {
                let mut contact = company::contact(CONTACTS[self.rng.usize(..CONTACTS.len())].0);
                contact.disabled = self.rng.u32(..8) == 0;
                contact.email = if self.rng.u32(..4) == 0 { None } else { contact.email };
                (Key::Contact(contact.id.clone()), Command::Directory(DirectoryCommand::PutContact(contact)))
            }
            _ => {
                let id = GROUPS[self.rng.usize(..GROUPS.len())];
                let mut put = company::put_group(id);
                if let ServiceGroupCommand::Put(entry) = &mut put {
                    entry.disabled = self.rng.u32(..6) == 0;
                    if self.rng.u32(..3) == 0 {
                        entry.leader = None;
                    }
                    entry.members.truncate(self.rng.usize(1..4));
                    if self.rng.bool() {
                        entry.rule = GroupRule::ALL[self.rng.usize(..GroupRule::ALL.len())];
                        entry.limit = self.rng.bool().then(|| self.rng.u32(1..4));
                    }
                }
                (Key::ServiceGroup(company::group(id)), Command::ServiceGroup(put))
            }
        };
        let id = (self.rng.u32(..3) > 0).then(|| self.request_id());
        self.ask(key, who, command, id, None);
    }

    /// Sets the clock by hand, exchanges two superiors at once (which may not close a circle), or moves running Work Orders.
    fn move_somebody(&mut self) {
        match self.rng.u32(..6) {
            0 if self.rng.u32(..3) == 0 => {
                let by = self.rng.i64(-5..12);
                let command = Command::Installation(InstallationCommand::ChangeSmsQuota { by });
                self.ask(Key::Installation, administrator(), command, None, None);
            }
            0 if self.rng.bool() => self.trust_clock(),
            0 => {
                let to = self.now.plus(workorderd::domain::time::Span::minutes(1));
                self.ask(Key::Installation, administrator(), Command::Installation(InstallationCommand::SetClock { to }), None, None);
            }
            1 => {
                let n = self.rng.usize(..ENGINEERS.len());
                let (one, other) = (ENGINEERS[n], ENGINEERS[(n + 1) % ENGINEERS.len()]);
                for (id, above) in [(one, other), (other, one)] {
                    let mut user = company::staff(id);
                    user.superior = Some(company::user(above));
                    let command = Command::Directory(DirectoryCommand::PutStaffUser(user));
                    self.ask(Key::StaffUser(company::user(id)), administrator(), command, None, None);
                }
            }
            _ => {
                for _ in 0..6 {
                    // Half of them wait at a gate, which a move may not drop, or may come back to their work by an index that is another's now.
                    let gated = self.rng.bool();
                    let orders = self.audit.known.values().filter_map(|k| k.state.work_order());
                    let late =
                        |o: &&WorkOrder| o.visit().is_some_and(|v| matches!(v.state, NodeState::Evaluate(_) | NodeState::Confirm(_)));
                    let gates: Vec<_> = orders.filter(|o| o.record_type.as_str() == "repair").filter(late).cloned().collect();
                    let at_gate = gates.get(self.rng.usize(..gates.len().max(1))).filter(|_| gated).cloned();
                    let Some(order) = at_gate.or_else(|| self.some_order()) else { return };
                    // At a gate every version is tried: most have it, and one would drop it.
                    let all = matches!(order.visit().map(|v| &v.state), Some(NodeState::Evaluate(_)));
                    let version = self.rng.u32(1..5);
                    for version in if all { 1..5 } else { version..version + 1 } {
                        let (key, id) = (Key::WorkOrder(order.id), self.request_id());
                        self.ask(key, administrator(), Command::WorkOrder(Order::MoveToVersion { version }), Some(id), None);
                    }
                }
            }
        }
    }

    /// Two departments change places, at once.
    fn reorganise(&mut self) {
        // Each below the other would be a circle, whoever comes first.
        let (one, other) = (self.rng.bool().then_some("field"), self.rng.bool().then_some("service"));
        for (id, head, parent) in [("service", "disp-1", one), ("field", "lead-a", other)] {
            let (key, command) = company::put_department(id, Some(head), parent);
            self.ask(key, administrator(), command, None, None);
        }
    }

    /// Somebody is away for a while, or back.
    fn absence(&mut self) {
        let user = company::user(ENGINEERS[self.rng.usize(..ENGINEERS.len())]);
        let command = if self.rng.u32(..3) == 0 {
            DirectoryCommand::ClearAbsence { user: user.clone() }
        } else {
            let from = self.now.plus(Span::minutes(self.rng.u64(..60)));
            let absence = Absence { from, until: from.plus(Span::hours(self.rng.u64(..48))) };
            DirectoryCommand::SetAbsence { user: user.clone(), absence }
        };
        let who = if self.rng.bool() { administrator() } else { staff(user.as_str()) };
        let again = matches!(command, DirectoryCommand::SetAbsence { .. }) && self.rng.u32(..3) == 0;
        self.ask(Key::StaffUser(user.clone()), who, Command::Directory(command), None, None);
        if again {
            let command = DirectoryCommand::ClearAbsence { user: user.clone() };
            self.ask(Key::StaffUser(user), administrator(), Command::Directory(command), None, None);
        }
    }

    /// One command to a Work Order: what fits its node by one who may, mostly.
    fn work_on(&mut self, order: &WorkOrder) {
        if order.lock.is_some() || !order.life.is_normal() || self.rng.u32(..12) == 0 {
            return self.keep(order);
        }
        if self.rng.u32(..14) == 0 {
            return self.plan(order);
        }
        if self.rng.u32(..14) == 0 {
            return self.call(order);
        }
        let (mut principal, mut command) = self.sensible(order);
        if self.rng.u32(..6) == 0 {
            principal = self.anybody(order);
        }
        if self.rng.u32(..8) == 0 {
            command = self.anything(order);
        }
        let id = (self.rng.u32(..10) > 0).then(|| self.request_id());
        let key = Key::WorkOrder(order.id);
        let revision = self.audit.revision(&key);
        let expected = (self.rng.u32(..12) == 0).then(|| revision + u64::from(self.rng.u32(..4) == 0));
        self.ask(key, principal, Command::WorkOrder(command), id, expected);
    }

    pub fn handler(&mut self, order: &WorkOrder) -> Principal {
        let handlers = order.visit().map(|v| v.handlers.clone()).unwrap_or_default();
        let Some(handler) = handlers.get(self.rng.usize(..handlers.len().max(1))) else { return staff("disp-1") };
        let with_role = |role: &str| STAFF.iter().find(|(_, r, ..)| *r == role).map_or("root", |(id, ..)| id);
        match handler {
            Handler::User(user) => staff(user.as_str()),
            Handler::Role(role) => staff(with_role(role.as_str())),
            Handler::Members(group) | Handler::Leader(group) => {
                let Some(State::ServiceGroup(group)) = self.audit.known.get(&Key::ServiceGroup(group.clone())).map(|k| &k.state) else {
                    return staff("root");
                };
                let someone = group.leader.iter().chain(&group.members).next();
                staff(someone.map_or("root", |u| u.as_str()))
            }
            Handler::Submitter => self.submitter(order),
        }
    }

    fn submitter(&mut self, order: &WorkOrder) -> Principal {
        let invitation = order.invitations.iter().rev().find(|i| i.for_submitter);
        match (&order.submitter, invitation) {
            (Party::Staff(user), _) => staff(user.as_str()),
            (Party::Contact(_) | Party::Guest(_), Some(invitation)) if self.rng.u32(..4) > 0 => {
                Principal::Guest { order: order.id, invitation: invitation.no }
            }
            (Party::Contact(_) | Party::Guest(_), _) => staff(order.created_by.as_ref().map_or("root", |u| u.as_str())),
        }
    }

    fn sensible(&mut self, order: &WorkOrder) -> (Principal, Order) {
        let late = self.rng.u32(..3) == 0;
        let Some(visit) = order.visit().filter(|v| !(late && v.state.task().is_some() && !order.evaluations.is_empty())) else {
            return self.evaluation(order, None);
        };
        if order.hold.is_some() && self.rng.u32(..3) > 0 {
            return (self.handler(order), Order::Resume);
        }
        let n = self.rng.u32(..100);
        if n < 8 {
            return (self.handler(order), self.anything(order));
        }
        match &visit.state {
            NodeState::Assign(state) => {
                let group = order.group.is_none() && state.spec.to_group && (n < 70 || !state.spec.straight);
                let command = match group {
                    true => Order::AssignToGroup { group: company::group(GROUPS[self.rng.usize(..GROUPS.len())]) },
                    false if matches!(visit.handlers[..], [Handler::Members(_)]) => Order::Claim,
                    false => Order::AssignToEngineer { engineer: self.member(order), over_limit: self.rng.u32(..8) == 0 },
                };
                (self.handler(order), command)
            }
            NodeState::Accept(_) => {
                let command = match n {
                    8..65 => Order::AcceptAssignment,
                    65..80 => Order::DeclineAssignment { reason: self.text() },
                    _ => self.transfer(order),
                };
                (self.handler(order), command)
            }
            NodeState::Task(_) => {
                let command = match n {
                    8..20 => Order::TakeTask,
                    20..70 => Order::CompleteTask { note: (n < 40).then(|| self.text()), fields: self.report(order) },
                    70..75 => Order::SaveFields { step: None, fields: self.report(order) },
                    75..90 => self.transfer(order),
                    _ => Order::Hold { reason: HoldReason::Parts, note: None },
                };
                (self.handler(order), command)
            }
            NodeState::OnSite(state) => (self.handler(order), self.on_site(order, state, n)),
            NodeState::Confirm(_) if n < 70 => (self.submitter(order), Order::ConfirmSolved { fields: self.report(order) }),
            NodeState::Confirm(_) => (self.submitter(order), Order::ConfirmNotSolved { reason: self.text() }),
            NodeState::Evaluate(_) if n < 75 => self.evaluation(order, Some(visit.no)),
            NodeState::Evaluate(_) if n < 90 => (self.handler(order), Order::SkipEvaluation { reason: None }),
            NodeState::Evaluate(_) => (self.handler(order), Order::Hold { reason: HoldReason::Customer, note: None }),
            NodeState::FollowUp(state) => self.follow_up(order, state, n),
        }
    }

    fn member(&mut self, order: &WorkOrder) -> workorderd::domain::ids::StaffUserId {
        let group = order.group.as_ref().and_then(|g| self.audit.known.get(&Key::ServiceGroup(g.clone())));
        match group.map(|k| &k.state) {
            Some(State::ServiceGroup(group)) if self.rng.u32(..5) > 0 => {
                let all: Vec<_> = group.leader.iter().chain(&group.members).cloned().collect();
                let index = self.rng.usize(..all.len().max(1));
                all.get(index).cloned().unwrap_or_else(|| company::user("eng-1"))
            }
            _ => company::user(ENGINEERS[self.rng.usize(..ENGINEERS.len())]),
        }
    }

    pub fn transfer(&mut self, order: &WorkOrder) -> Order {
        let to = match self.rng.u32(..4) {
            0 => TransferTo::Group(company::group(GROUPS[self.rng.usize(..GROUPS.len())])),
            _ => TransferTo::Engineer(self.member(order)),
        };
        Order::Transfer { to, reason: Some("too far away".into()) }
    }

    fn anything(&mut self, order: &WorkOrder) -> Order {
        match self.rng.u32(..21) {
            18 | 19 => self.labor(order),
            20 => self.any_follow_up(order),
            0 => Order::AssignToGroup { group: company::group(self.pick(&["north", "south", "nowhere"])) },
            1 => Order::AssignToEngineer { engineer: company::user(self.pick(&["eng-1", "eng-4", "nobody"])), over_limit: false },
            2 => Order::AcceptAssignment,
            3 => Order::DeclineAssignment { reason: self.text() },
            4 => self.transfer(order),
            5 => Order::TakeTask,
            6 => Order::CompleteTask { note: None, fields: self.report(order) },
            7 => Order::ConfirmSolved { fields: self.report(order) },
            8 => Order::ConfirmNotSolved { reason: self.text() },
            9 => Order::SkipEvaluation { reason: Some(self.text()) },
            10 => self.evaluation(order, None).1,
            11 => Order::Hold { reason: HoldReason::Vendor, note: Some(self.text()) },
            12 => Order::Resume,
            13 => Order::Cancel { reason: None },
            14 => Order::Reject { reason: self.text() },
            15 | 16 => Order::MoveToVersion { version: self.rng.u32(1..6) },
            _ => Order::AddServiceRecord { kind: RecordKind::ALL[self.rng.usize(..4)], text: self.text() },
        }
    }
}
