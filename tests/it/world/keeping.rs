//! Whose a Work Order is, whether it counts, and who sees it: random commands about it, and the predicate, the lists and a plain, slow
//! reading of the rules held against each other for everybody.

use super::companies::{self, OUTSIDERS};
use super::company::{self, STAFF, name, user};
use super::people::{administrator, staff};
use super::world::World;
use std::collections::BTreeSet;
use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::context::Context;
use workorderd::domain::definition::{Right, RoleDefinition, ShareFrom, ShareTo, SharingRule};
use workorderd::domain::directory::{Directory, DirectoryCommand};
use workorderd::domain::form::given::Given;
use workorderd::domain::ids::{ContactId, InvitationNo, StaffUserId, UserGroupId, WorkOrderId};
use workorderd::domain::may;
use workorderd::domain::may::calendars::Calendars;
use workorderd::domain::principal::Principal;
use workorderd::domain::time::Span;
use workorderd::domain::work_order::edit::Edit;
use workorderd::domain::work_order::life::Life;
use workorderd::domain::work_order::notice::{NoticeKind, NoticeSettings, QuietHours};
use workorderd::domain::work_order::state::{Handler, Party, Priority, Status};
use workorderd::domain::work_order::team::Access;
use workorderd::domain::work_order::{Command as Order, WorkOrder};
use workorderd::engine::listing::{Ask, Filter, LifeOf};
use workorderd::engine::queues::{Only, Queue};
use workorderd::engine::scope::{Scene, Scope};
use workorderd::engine::sorting::Sort;

/// The role of the help desk: in some editions about some record types alone.
pub fn desk(edition: u32) -> RoleDefinition {
    let record_types = (edition % 3 == 1).then(|| vec![name("repair"), name("ticket")]);
    let rights = vec![Right::ReadWorkOrders, Right::CreateWorkOrders, Right::FollowUp];
    let hidden_fields = if edition % 5 == 2 { vec![name("floor")] } else { Vec::new() };
    RoleDefinition { name: name("desk"), rights, record_types, hidden_fields, read_only_fields: Vec::new() }
}

/// What is shared, by edition.
pub fn sharing(edition: u32) -> Vec<SharingRule> {
    let rule = |id: &str, from, to, access| SharingRule { name: name(id), from, to, access };
    let branch = ShareTo::UserGroup(UserGroupId::new("branch").expect("a good slug"));
    let field = || company::department_id("field");
    let all = [
        rule("one", ShareFrom::User(user("eng-2")), ShareTo::User(user("eng-3")), Access::ReadWrite),
        rule("field", ShareFrom::Department(field()), branch, Access::Read),
        rule("desk", ShareFrom::User(user("helper")), ShareTo::Department(field()), Access::ReadWrite),
    ];
    all.into_iter().take((edition % 4) as usize).collect()
}

/// Everybody whose sight is compared.
fn everybody() -> Vec<Principal> {
    let outsiders = OUTSIDERS.iter().enumerate().map(|(n, (id, ..))| {
        let roles = companies::outsider(n).roles;
        Principal::Staff { user: Some(user(id)), roles, through: "uid:2000".into() }
    });
    let nobody = Principal::Staff { user: None, roles: vec![name("engineer")], through: "uid:3000".into() };
    STAFF.iter().map(|(id, ..)| staff(id)).chain(outsiders).chain([administrator(), nobody]).collect()
}

impl World {
    /// What somebody may see of lists.
    pub fn scope(&self, principal: &Principal) -> Scope {
        let reference = self.daemon.views.reference();
        Scope::of(&Context { now: self.now, principal, catalogue: &reference.catalogue, directory: &reference.directory })
    }

    /// Whoever it may be.
    pub fn anybody(&mut self, order: &WorkOrder) -> Principal {
        match self.rng.u32(..10) {
            0 => administrator(),
            1 => Principal::Guest { order: order.id, invitation: InvitationNo(self.rng.u16(1..6)) },
            2 => Principal::Guest { order: WorkOrderId(1), invitation: InvitationNo(1) },
            _ => staff(STAFF[self.rng.usize(..STAFF.len())].0),
        }
    }

    /// Somebody gives it away, lets somebody in, locks it, makes it void or what comes after that.
    pub fn keep(&mut self, order: &WorkOrder) {
        let someone = user(STAFF[self.rng.usize(..STAFF.len())].0);
        let member = order.team.first().map_or_else(|| someone.clone(), |m| m.user.clone());
        let access = Access::ALL[self.rng.usize(..2)];
        let first = match (order.life, &order.lock) {
            (Life::Void { .. }, _) => 8,
            (Life::Deleted, _) => 9,
            (Life::Normal, Some(_)) => 5,
            (Life::Normal, None) => self.rng.u32(..20),
        };
        let n = if self.rng.u32(..5) == 0 { self.rng.u32(..11) } else { first };
        let command = match n {
            0 | 1 => Order::ChangeOwner { owner: someone },
            2 => Order::RemoveTeamMember { user: member },
            3 => Order::AddTeamMember { user: someone, access },
            4 => Order::Lock,
            5 => Order::Unlock,
            6 | 7 => Order::Void { reason: self.text() },
            8 if self.rng.u32(..4) > 0 => Order::Restore,
            11..14 => self.an_edit(),
            14..20 => self.a_to_do(order),
            8 | 9 => Order::Delete { reason: self.text() },
            _ => Order::AddTeamMember { user: user("out-1"), access },
        };
        let principal = match self.rng.u32(..5) {
            0 => self.anybody(order),
            1 => staff("staff-1"),
            2 => staff("disp-1"),
            _ => administrator(),
        };
        let principal = match (&command, order.to_dos().first()) {
            (Order::FinishToDo { .. }, Some(own)) if self.rng.u32(..4) > 0 => staff(own.user.as_str()),
            (Order::RemindMe { .. }, _) => staff(STAFF[self.rng.usize(..STAFF.len())].0),
            _ => principal,
        };
        let id = (self.rng.u32(..10) > 0).then(|| self.request_id());
        self.ask(Key::WorkOrder(order.id), principal, Command::WorkOrder(command), id, None);
    }

    /// It is forwarded, somebody wants to be reminded, or is through with it.
    fn a_to_do(&mut self, order: &WorkOrder) -> Order {
        let note = (self.rng.u32(..2) == 0).then(|| self.text());
        match self.rng.u32(..4) {
            0 => {
                let to = (0..self.rng.u32(..3)).map(|_| user(STAFF[self.rng.usize(..STAFF.len())].0)).collect();
                Order::Forward { to, note }
            }
            1 => Order::RemindMe { at: self.now.plus(Span::minutes(self.rng.u64(..600))), note },
            _ => Order::FinishToDo { no: order.to_dos().first().map_or(1, |own| own.no) },
        }
    }

    /// Somebody says what they want to be told by mail.
    pub fn notices(&mut self) {
        let of = user(STAFF[self.rng.usize(..STAFF.len())].0);
        let mail = NoticeKind::ALL.into_iter().filter(|_| self.rng.bool()).collect();
        let hour = |world: &mut Self| world.rng.u16(..25) * 60;
        let quiet = (self.rng.u32(..3) == 0).then(|| QuietHours { from: hour(self), until: hour(self), zone: "Asia/Shanghai".into() });
        let notices = (self.rng.u32(..5) > 0).then(|| NoticeSettings { mail, pools: self.rng.bool(), quiet });
        let who = if self.rng.bool() { administrator() } else { staff(STAFF[self.rng.usize(..STAFF.len())].0) };
        let command = DirectoryCommand::SetNotices { user: of.clone(), notices };
        self.ask(Key::StaffUser(of), who, Command::Directory(command), None, None);
    }

    /// Something else is said of it, of the forms too; now and then what cannot be.
    fn an_edit(&mut self) -> Order {
        let some = |world: &mut Self, n: u32| world.rng.u32(..n) == 0;
        let mut edit = Edit::default();
        if some(self, 3) {
            edit.subject = Some(self.text());
        }
        if some(self, 4) {
            edit.description = Some(if some(self, 3) { String::new() } else { self.text() });
        }
        if some(self, 4) {
            edit.reference = Some(format!("PO-{}", self.rng.u32(..3)));
        }
        if some(self, 3) {
            edit.priority = Some(Priority::ALL[self.rng.usize(..4)]);
        }
        if some(self, 4) {
            edit.contact = Some((!some(self, 3)).then(|| ContactId::new("wang").expect("a good slug")));
        }
        if some(self, 6) {
            edit.account = Some(None);
        }
        if some(self, 3) {
            edit.fields = vec![(["cause", "fault", "cots"][self.rng.usize(..3)].into(), Given::text(&self.text()))];
        }
        Order::Edit(Box::new(edit))
    }

    /// Whoever looks: the predicate, the lists, the queues and the slow reading agree, of every Work Order and in every scene.
    pub fn check_sight(&self) {
        let reference = self.daemon.views.reference();
        let board = self.daemon.views.board();
        let orders: Vec<&WorkOrder> = self.audit.known.values().filter_map(|known| known.state.work_order()).collect();
        let all = self.scope(&administrator());
        for principal in everybody() {
            let cx = Context { now: self.now, principal: &principal, catalogue: &reference.catalogue, directory: &reference.directory };
            let who = principal.key();
            let slow = Slow::of(&cx);
            let seen: BTreeSet<WorkOrderId> = orders.iter().filter(|o| slow.sees(o, &cx)).map(|o| o.id).collect();
            for order in &orders {
                assert_eq!(board.sees(order.id, &cx), seen.contains(&order.id), "{who} sees {}: {order:?}", order.number);
            }
            let calendars = Calendars::of(&cx);
            for user in reference.directory.staff_users() {
                assert_eq!(calendars.has(&user.id), slow.looks_at(&user.id, &cx), "{who} may look at the calendar of {}", user.id);
            }
            let scope = Scope::of(&cx);
            let mut listed = BTreeSet::new();
            for life in [LifeOf::Normal, LifeOf::Void, LifeOf::Deleted] {
                let list = board.list(&scope, &Ask::all(&Filter { life, ..Filter::default() }));
                listed.extend(list.rows.iter().map(|row| row.id));
            }
            assert_eq!(listed, seen, "what {who} sees is what is listed");
            let filter = Filter::default();
            for scene in Scene::ALL {
                let list = board.list(&scope, &Ask { scene: Some(scene), ..Ask::all(&filter) });
                let found: BTreeSet<_> = list.rows.iter().map(|row| row.id).collect();
                let belongs = |o: &&&WorkOrder| o.life.is_normal() && seen.contains(&o.id) && slow.belongs(o, scene, &cx);
                let expected: BTreeSet<_> = orders.iter().filter(belongs).map(|o| o.id).collect();
                assert_eq!(found, expected, "the scene {} of {who}", scene.name());
            }
            let handles = board.list(&all, &Ask { handler: Some(&scope), ..Ask::all(&filter) });
            let found: BTreeSet<_> = handles.rows.iter().map(|row| row.id).collect();
            let expected = orders.iter().filter(|o| o.life.is_normal() && may::is_handler(o, &cx)).map(|o| o.id);
            assert_eq!(found, expected.collect(), "what {who} is a handler of");
            let found: BTreeSet<_> = board
                .to_dos(&scope, Sort::Newest, None, usize::MAX)
                .list
                .iter()
                .map(|t| (t.row.id, t.personal.as_ref().map(|p| p.no)))
                .collect();
            let expected = orders.iter().filter(|o| o.life.is_normal() && seen.contains(&o.id)).flat_map(|o| {
                let taken_by = o.visit().and_then(|v| v.state.task()?.taken_by.as_ref());
                let node = may::is_handler(o, &cx) && taken_by.is_none_or(|by| principal.user() == Some(by));
                let own = o.to_dos().iter().filter(|p| !p.ahead && slow.active && principal.user() == Some(&p.user)).map(|p| Some(p.no));
                node.then_some(None).into_iter().chain(own).map(|no| (o.id, no)).collect::<Vec<_>>()
            });
            assert_eq!(found, expected.collect(), "what waits for {who}");
            let counted: u64 = board.counts(&scope).map(|(_, count)| count).sum();
            let normal = orders.iter().filter(|o| o.life.is_normal() && seen.contains(&o.id)).count();
            assert_eq!(counted, normal as u64, "what is counted for {who}");
            let open: BTreeSet<_> =
                orders.iter().filter(|o| o.is_open() && o.life.is_normal() && seen.contains(&o.id)).map(|o| o.id).collect();
            let (lines, more) = board.pressing(&scope, &Queue::All, Only::default(), None, usize::MAX);
            let pressing: BTreeSet<_> = lines.iter().map(|(row, _)| row.id).collect();
            assert!(more.is_none() && lines.len() == pressing.len(), "each once");
            assert_eq!(pressing, open, "what presses {who}");
            assert_eq!(board.queue(&scope, &Queue::All).open, open.len() as u64, "what is counted as open for {who}");
        }
    }
}

/// The rules once more, read out plainly: with sets of people, and no thought for speed.
struct Slow<'a> {
    me: Option<&'a StaffUserId>,
    roles: Vec<String>,
    ours: bool,
    active: bool,
    below: BTreeSet<StaffUserId>,
    headed: BTreeSet<StaffUserId>,
    shared: BTreeSet<StaffUserId>,
    company: BTreeSet<StaffUserId>,
}

impl<'a> Slow<'a> {
    fn of(cx: &Context<'a>) -> Self {
        let Principal::Staff { user: me, roles, .. } = cx.principal else { unreachable!() };
        let directory = cx.directory;
        let own = me.as_ref().and_then(|id| directory.staff_user(id));
        let below =
            directory.staff_users().map(|u| u.id.clone()).filter(|id| me.as_ref().is_some_and(|me| superiors(directory, id).contains(me)));
        let headed = directory.staff_users().filter(|u| {
            let mut department = u.department.clone();
            let mut found = false;
            for _ in 0..10 {
                let Some(d) = department.and_then(|id| directory.department(&id)) else { break };
                found |= me.is_some() && d.head == *me;
                department = d.parent.clone();
            }
            found
        });
        let within = |user: &StaffUserId, wanted: &workorderd::domain::ids::DepartmentId| {
            let mut department = directory.staff_user(user).and_then(|u| u.department.clone());
            let mut found = false;
            for _ in 0..10 {
                let Some(id) = department else { break };
                found |= id == *wanted;
                department = directory.department(&id).and_then(|d| d.parent.clone());
            }
            found
        };
        let for_me = |rule: &&SharingRule| match (&rule.to, own) {
            (_, None) => false,
            (ShareTo::User(id), Some(own)) => *id == own.id,
            (ShareTo::Department(id), Some(own)) => within(&own.id, id),
            (ShareTo::UserGroup(id), Some(own)) => directory.user_group(id).is_some_and(|g| !g.disabled && g.members.contains(&own.id)),
        };
        let rules: Vec<_> = cx.catalogue.sharing_rules().iter().filter(for_me).collect();
        let is_from = |id: &StaffUserId| {
            rules.iter().any(|rule| match &rule.from {
                ShareFrom::User(from) => from == id,
                ShareFrom::Department(from) => within(id, from),
            })
        };
        let company = directory.staff_users().filter(|u| own.is_some_and(|own| own.provider.is_some() && own.provider == u.provider));
        Self {
            me: me.as_ref(),
            roles: roles.iter().map(ToString::to_string).collect(),
            ours: own.is_none_or(|u| u.provider.is_none()),
            active: me.as_ref().is_none_or(|id| directory.active(id).is_some()),
            below: below.collect(),
            headed: headed.map(|u| u.id.clone()).collect(),
            shared: directory.staff_users().map(|u| u.id.clone()).filter(|id| is_from(id)).collect(),
            company: company.map(|u| u.id.clone()).collect(),
        }
    }

    fn reads(&self, order: &WorkOrder, cx: &Context<'_>) -> bool {
        let desk = || cx.catalogue.role_has_for(&name("desk"), Right::ReadWorkOrders, &order.record_type);
        self.roles.iter().any(|role| match role.as_str() {
            "admin" | "dispatcher" | "service-staff" | "engineer" => true,
            "desk" => desk(),
            _ => false,
        })
    }

    fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r == role)
    }

    fn is_admin(&self) -> bool {
        self.ours && self.has("admin")
    }

    fn sees(&self, order: &WorkOrder, cx: &Context<'_>) -> bool {
        if !self.active {
            return false;
        }
        if self.is_admin() || order.life != Life::Normal {
            return self.is_admin();
        }
        if self.submitted(order) || self.handles(order, cx) {
            return true;
        }
        let mut people: Vec<&StaffUserId> = order.owner.iter().chain(order.team.iter().map(|m| &m.user)).collect();
        let with_me = people.iter().any(|id| Some(*id) == self.me || self.below.contains(*id) || self.headed.contains(*id));
        people.truncate(usize::from(order.owner.is_some()));
        let shared = people.iter().any(|owner| self.shared.contains(*owner));
        let engineer = self.me.is_some() && order.engineer.as_ref() == self.me;
        let group = order.group.as_ref().zip(self.me).is_some_and(|(group, me)| cx.directory.is_member(group, me));
        let everything = self.ours && self.has("dispatcher");
        self.reads(order, cx) && (everything || with_me || shared || engineer || group || self.given(order, cx))
    }

    /// Whether somebody's calendar is open to them.
    fn looks_at(&self, user: &StaffUserId, cx: &Context<'_>) -> bool {
        let desk = cx.catalogue.role_has(&name("desk"), Right::ReadWorkOrders);
        let reads =
            |role: &String| matches!(role.as_str(), "admin" | "dispatcher" | "service-staff" | "engineer") || (desk && role == "desk");
        let leads = cx.directory.groups().any(|(_, g)| g.leader.is_some() && g.leader.as_ref() == self.me && g.members.contains(user));
        let all = self.ours && (self.has("admin") || self.has("dispatcher"));
        let theirs = self.me == Some(user) || self.below.contains(user) || self.headed.contains(user) || leads;
        self.active && self.roles.iter().any(reads) && (all || theirs)
    }

    fn given(&self, order: &WorkOrder, cx: &Context<'_>) -> bool {
        let own = self.me.and_then(|id| cx.directory.staff_user(id)).and_then(|u| u.provider.clone());
        let group = order.group.as_ref().and_then(|id| cx.directory.group(id)).and_then(|g| g.provider.clone());
        own.is_some() && (group == own || order.engineer.iter().chain(&order.owner).any(|id| self.company.contains(id)))
    }

    fn submitted(&self, order: &WorkOrder) -> bool {
        self.me.is_some_and(|me| order.submitter == Party::Staff(me.clone()) || order.created_by.as_ref() == Some(me))
    }

    fn handles(&self, order: &WorkOrder, cx: &Context<'_>) -> bool {
        order.visit().is_some_and(|visit| {
            visit.handlers.iter().any(|handler| match handler {
                Handler::User(id) => Some(id) == self.me,
                Handler::Role(role) => self.has(role.as_str()) && (self.ours || self.given(order, cx)),
                Handler::Members(group) => self.me.is_some_and(|me| cx.directory.is_member(group, me)),
                Handler::Leader(group) => self.me.is_some() && cx.directory.group(group).and_then(|g| g.leader.as_ref()) == self.me,
                Handler::Submitter => self.submitted(order),
            })
        })
    }

    fn belongs(&self, order: &WorkOrder, scene: Scene, cx: &Context<'_>) -> bool {
        let mine = self.me.is_some() && order.owner.as_ref() == self.me;
        let owned_by = |people: &BTreeSet<StaffUserId>| order.owner.as_ref().is_some_and(|owner| people.contains(owner));
        let joined_by = |people: &BTreeSet<StaffUserId>| order.team.iter().any(|m| people.contains(&m.user));
        match scene {
            Scene::All => true,
            Scene::MyResponsible => mine,
            Scene::MyParticipation => {
                let by_node = order.visit().is_some_and(|v| v.handlers.iter().any(|h| *h != Handler::Submitter));
                let other = WorkOrder { created_by: None, submitter: Party::Staff(user("nobody")), ..order.clone() };
                order.team.iter().any(|m| Some(&m.user) == self.me) || (by_node && self.handles(&other, cx))
            }
            Scene::MyDepartments => owned_by(&self.headed) || joined_by(&self.headed),
            Scene::SubordinatesResponsible => owned_by(&self.below),
            Scene::SubordinatesParticipated => joined_by(&self.below),
            Scene::SharedToMe => owned_by(&self.shared),
            Scene::Unresolved => mine && matches!(order.status(), Status::Open | Status::InProgress),
            Scene::Urgent => mine && order.priority == Priority::Urgent,
            Scene::Closed => mine && order.status() == Status::Closed,
            Scene::SubmittedByMe => self.submitted(order),
        }
    }
}

fn superiors(directory: &Directory, of: &StaffUserId) -> BTreeSet<StaffUserId> {
    let mut found = BTreeSet::new();
    let mut next = directory.staff_user(of).and_then(|u| u.superior.clone());
    while let Some(id) = next {
        next = directory.staff_user(&id).and_then(|u| u.superior.clone());
        if !found.insert(id) {
            break;
        }
    }
    found
}
