//! The permission matrix: role × relation × action, as a page that a service manager can read; `WO_BLESS=1` writes it anew.
//! And what it cannot show: record types, and a service provider's people.

use crate::world::company::{self, account_id, contact_id, department_id, group, name, user};
use std::fmt::Write;
use workorderd::domain::context::Context;
use workorderd::domain::definition::role::BUILT_IN;
use workorderd::domain::definition::{
    Catalogue, CatalogueCommand, Definitions, Right, RoleDefinition, ShareFrom, ShareTo, SharingRule, VersionedName,
};
use workorderd::domain::directory::read_model::GroupMembers;
use workorderd::domain::directory::{Contact, Department, Directory, DirectoryEvent, Reach, ServiceProvider, StaffUser};
use workorderd::domain::ids::{Name, ServiceProviderId, WorkOrderId};
use workorderd::domain::may::calendars::Calendars;
use workorderd::domain::may::relation::{Relation, Subject, relations};
use workorderd::domain::may::{Action, may, sees};
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::principal::Principal;
use workorderd::domain::service_group::GroupRule;
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::life::Life;
use workorderd::domain::work_order::state::{Channel, EntryPoint, Handler, Party, Priority};
use workorderd::domain::work_order::team::{Access, TeamMember};
use workorderd::domain::work_order::{WorkOrder, event::Created, evolve};

/// How a Work Order becomes one of a relation.
type Change<'a> = &'a dyn Fn(&mut WorkOrder);

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/permissions.txt");

/// Columns: what is done, with how it is asked.
const ACTIONS: [(&str, Action<'static>); 9] = [
    ("see", Action::See),
    ("node", Action::HandleNode),
    ("handle", Action::Handle),
    ("edit", Action::Outside(Right::EditWorkOrders)),
    ("reassign", Action::Outside(Right::ReassignWorkOrders)),
    ("lock", Action::Outside(Right::LockWorkOrders)),
    ("void", Action::Outside(Right::VoidWorkOrders)),
    ("delete", Action::Use(Right::Administer)),
    ("cancel", Action::CancelOwn),
];

/// Whom the page is about; the others are around them.
const ME: &str = "me";

/// What somebody may have to do with a Work Order: the words, and how it comes about.
type Make = fn(&mut WorkOrder);
const RELATIONS: [(&str, Make); 17] = [
    ("nothing to do with it", |_| {}),
    ("the owner", |o| o.owner = Some(user(ME))),
    ("a superior of the owner", |o| o.owner = Some(user("below"))),
    ("on the team, read-write", |o| o.team = vec![TeamMember { user: user(ME), access: Access::ReadWrite }]),
    ("on the team, read", |o| o.team = vec![TeamMember { user: user(ME), access: Access::Read }]),
    ("a superior of a member, read-write", |o| o.team = vec![TeamMember { user: user("further"), access: Access::ReadWrite }]),
    ("a superior of a member, read", |o| o.team = vec![TeamMember { user: user("further"), access: Access::Read }]),
    ("head of the owner's department", |o| o.owner = Some(user("colleague"))),
    ("the submitter", |o| o.submitter = Party::Staff(user(ME))),
    ("who raised it for a customer", |o| o.created_by = Some(user(ME))),
    ("the engineer", |o| o.engineer = Some(user(ME))),
    ("a handler of the node", |o| handlers(o, vec![Handler::User(user(ME))])),
    ("shared with them, read-write", |o| o.owner = Some(user("generous"))),
    ("shared with them, read", |o| o.owner = Some(user("open"))),
    ("in its service group", |o| o.group = Some(group("north"))),
    ("the owner, of a void one", |o| (o.owner, o.life) = (Some(user(ME)), Life::Void { since: Timestamp(5) })),
    ("nothing to do with it, and void", |o| o.life = Life::Void { since: Timestamp(5) }),
];

fn handlers(order: &mut WorkOrder, handlers: Vec<Handler>) {
    use workorderd::domain::ids::{NodeIndex, VisitNo};
    use workorderd::domain::process::NodeState;
    use workorderd::domain::work_order::state::{FrozenLimits, Visit};
    order.visit = Some(Visit {
        node: NodeIndex(0),
        name: name("work"),
        no: VisitNo(1),
        entered_at: Timestamp(0),
        came: workorderd::domain::work_order::notice::NoticeKind::New,
        handlers,
        fallback: None,
        limits: FrozenLimits::default(),
        stood_still: workorderd::domain::time::Span(0),
        reminded: 0,
        overdue: false,
        form: None,
        state: NodeState::Task(workorderd::domain::process::task::State {
            spec: workorderd::domain::process::task::Spec { may_transfer: true, beyond_group: false, taken_message: None },
            taken_by: None,
        }),
    });
}

/// Somebody else's, at a node of other people's.
fn order() -> WorkOrder {
    let created = Created {
        id: WorkOrderId(1),
        number: WorkOrderNumber("WO-1".into()),
        record_type: name("repair"),
        process: VersionedName { name: name("repair"), version: 1 },
        subject: PersonalText::new("x"),
        description: None,
        reference: None,
        account: None,
        contact: None,
        region: None,
        priority: Priority::Normal,
        channel: Channel::Phone,
        entry_point: EntryPoint::List,
        submitter: Party::Staff(user("other")),
        created_by: Some(user("other")),
        form: None,
        fields: Default::default(),
    };
    let mut order = evolve::create(&created, Timestamp(0));
    handlers(&mut order, vec![Handler::User(user("other"))]);
    order
}

fn put(directory: &mut Directory, id: &str, superior: Option<&str>, department: Option<&str>, provider: Option<&str>) {
    directory.take(&DirectoryEvent::StaffUserPut(StaffUser {
        id: user(id),
        superior: superior.map(user),
        department: department.map(department_id),
        provider: provider.map(|id| ServiceProviderId::new(id).unwrap()),
        roles: Vec::new(),
        disabled: false,
        ..company::staff("eng-1")
    }));
}

fn put_group(directory: &mut Directory, id: &str, members: &[&str], provider: Option<&str>) {
    let members = GroupMembers {
        provider: provider.map(|id| ServiceProviderId::new(id).unwrap()),
        name: id.into(),
        leader: None,
        members: members.iter().map(|id| user(id)).collect(),
        rule: GroupRule::ByLeader,
        limit: None,
        disabled: false,
    };
    directory.take_group(&group(id), members);
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    for (id, superior, department) in [
        (ME, None, None),
        ("other", None, None),
        ("below", Some(ME), None),
        ("further", Some("below"), None),
        ("colleague", None, Some("branch")),
        ("generous", None, None),
        ("open", None, None),
    ] {
        put(&mut directory, id, superior, department, None);
    }
    for (id, head, parent) in [("field", Some(ME), None), ("branch", None, Some("field"))] {
        let (id, head, parent) = (department_id(id), head.map(user), parent.map(department_id));
        directory.take(&DirectoryEvent::DepartmentPut(Department { name: "x".into(), id, head, parent, disabled: false }));
    }
    put_group(&mut directory, "north", &[ME], None);
    directory
}

fn catalogue() -> Catalogue {
    let rule = |id: &str, access| SharingRule { name: name(id), from: ShareFrom::User(user(id)), to: ShareTo::User(user(ME)), access };
    let role = |id: &str, rights: &[Right], types: Option<Vec<Name>>| RoleDefinition {
        name: name(id),
        rights: rights.to_vec(),
        record_types: types,
        hidden_fields: Vec::new(),
        read_only_fields: Vec::new(),
    };
    let definitions = Definitions {
        sharing_rules: Some(vec![rule("generous", Access::ReadWrite), rule("open", Access::Read)]),
        roles: vec![
            role("heating", &Right::ALL.map(|(_, right)| right)[..3], Some(vec![name("heating")])),
            role("all-heating", &[Right::ReadWorkOrders, Right::ReadAllWorkOrders], Some(vec![name("heating")])),
        ],
        ..Definitions::default()
    };
    let mut catalogue = Catalogue::default();
    for event in catalogue.decide(&CatalogueCommand::ApplyDefinitions(Box::new(definitions))).unwrap() {
        catalogue.evolve(&event);
    }
    catalogue
}

fn me(id: &str, role: &str) -> Principal {
    Principal::Staff { user: Some(user(id)), roles: vec![name(role)], through: "uid:1000".into() }
}

/// What is allowed, in the order of `ACTIONS`.
fn allowed(order: &WorkOrder, cx: &Context<'_>) -> Vec<bool> {
    // What one does not see one cannot do anything with, whatever else holds.
    let seen = sees(&Subject::of(order), cx);
    ACTIONS.iter().map(|(_, action)| seen && may(*action, Some(order), cx).is_ok()).collect()
}

fn page() -> String {
    let (directory, catalogue) = (directory(), catalogue());
    let mut page = "Who may do what with a Work Order: by what somebody has to do with it, and by role.\n\
                    see: it is in lists, events and answers; else it does not exist for them. node: commands of the node it is at.\n\
                    handle: hold, resume, annotate, plan visits. delete: of what is void alone. x: may.\n"
        .to_owned();
    for role in BUILT_IN {
        let principal = me(ME, role);
        let cx = Context { now: Timestamp(9), principal: &principal, catalogue: &catalogue, directory: &directory };
        write!(page, "\n{role:<36}").unwrap();
        ACTIONS.iter().for_each(|(action, _)| write!(page, "{action:<9}").unwrap());
        page = page.trim_end().to_owned() + "\n";
        for (words, make) in RELATIONS {
            let mut order = order();
            make(&mut order);
            let mut line = format!("  {words:<36}");
            allowed(&order, &cx).into_iter().for_each(|yes| line.push_str(if yes { "x        " } else { "-        " }));
            page.push_str(line.trim_end());
            page.push('\n');
        }
    }
    page + &outside(directory.clone()) + &calendars(directory, &catalogue)
}

/// What people in the portal may, by what they have to do with a Work Order.
fn outside(mut directory: Directory) -> String {
    for (id, account) in [(ME, Some("acme")), ("colleague", Some("acme")), ("stranger", None)] {
        let (id, account) = (contact_id(id), account.map(account_id));
        directory.take(&DirectoryEvent::ContactPut(Contact { id, account, ..company::contact("grace") }));
    }
    let by = |id: &str| Party::Contact(contact_id(id));
    let waits = |o: &mut WorkOrder| handlers(o, vec![Handler::Submitter]);
    let relations: [(&str, Change<'_>); 8] = [
        ("nothing to do with it", &|_| {}),
        ("they submitted it", &|o| o.submitter = by(ME)),
        ("they submitted it, for another account", &|o| (o.submitter, o.account) = (by(ME), Some(account_id("globex")))),
        ("they submitted it, and it waits for them", &|o| {
            waits(o);
            o.submitter = by(ME);
        }),
        ("of their account, by a colleague", &|o| (o.submitter, o.account) = (by("colleague"), Some(account_id("acme")))),
        ("the same, and it waits for the colleague", &|o| {
            waits(o);
            (o.submitter, o.account) = (by("colleague"), Some(account_id("acme")));
        }),
        ("about them, by the staff", &|o| o.contact = Some(contact_id(ME))),
        ("they submitted it, and it is void", &|o| (o.submitter, o.life) = (by(ME), Life::Void { since: Timestamp(5) })),
    ];
    let everything = Right::ALL.map(|(_, right)| right);
    let mut page = String::new();
    for (words, contact, rights) in [
        ("a contact, whose role says nothing", Some(ME), &[][..]),
        ("a contact, whose role says everything", Some(ME), &everything[..]),
        ("a guest, whose role says everything", None, &everything[..]),
    ] {
        let catalogue = of_roles(["terminal-user", "guest"].map(|id| (id, rights)));
        let principal = Principal::TerminalUser { contact: contact.map(contact_id) };
        let cx = Context { now: Timestamp(9), principal: &principal, catalogue: &catalogue, directory: &directory };
        write!(page, "\n{words:<44}").unwrap();
        ACTIONS.iter().chain([&("create", Action::Create(&name("repair")))]).for_each(|(action, _)| write!(page, "{action:<9}").unwrap());
        page = page.trim_end().to_owned() + "\n";
        for (words, make) in &relations {
            let mut order = order();
            make(&mut order);
            let mut line = format!("  {words:<42}");
            let create = may(Action::Create(&name("repair")), None, &cx).is_ok();
            allowed(&order, &cx).into_iter().chain([create]).for_each(|yes| line.push_str(if yes { "x        " } else { "-        " }));
            page.push_str(line.trim_end());
            page.push('\n');
        }
    }
    page
}

/// These roles alone.
fn of_roles(roles: [(&str, &[Right]); 2]) -> Catalogue {
    let role = |(id, rights): (&str, &[Right])| RoleDefinition {
        name: name(id),
        rights: rights.to_vec(),
        record_types: None,
        hidden_fields: Vec::new(),
        read_only_fields: Vec::new(),
    };
    let definitions = Definitions { roles: roles.map(role).into(), ..Definitions::default() };
    let mut catalogue = Catalogue::default();
    for event in catalogue.decide(&CatalogueCommand::ApplyDefinitions(Box::new(definitions))).unwrap() {
        catalogue.evolve(&event);
    }
    catalogue
}

/// Whose calendar is open to them.
fn calendars(mut directory: Directory, catalogue: &Catalogue) -> String {
    put(&mut directory, "led", None, None, None);
    let members = GroupMembers { leader: Some(user(ME)), members: vec![user("led")], ..directory.group(&group("north")).unwrap().clone() };
    directory.take_group(&group("south"), members);
    let whose = [
        ("themselves", ME),
        ("below them", "further"),
        ("in their department", "colleague"),
        ("in a group they lead", "led"),
        ("anybody else", "other"),
    ];
    let mut page = format!("\n{:<36}", "whose calendar they may look at");
    whose.iter().for_each(|(words, _)| write!(page, "{words:<21}").unwrap());
    page = page.trim_end().to_owned() + "\n";
    for role in BUILT_IN {
        let principal = me(ME, role);
        let open = Calendars::of(&Context { now: Timestamp(9), principal: &principal, catalogue, directory: &directory });
        let mut line = format!("  {role:<34}");
        whose.iter().for_each(|(_, id)| write!(line, "{:<21}", if open.has(&user(id)) { "x" } else { "-" }).unwrap());
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page
}

#[test]
fn the_permission_matrix_is_as_it_was_read_and_agreed() {
    let page = page();
    if std::env::var_os("WO_BLESS").is_some() {
        std::fs::write(GOLDEN, &page).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert_eq!(
        page, golden,
        "{GOLDEN} says otherwise; read the difference, and if it is meant: WO_BLESS=1 cargo test --test it -- permissions"
    );
}

#[test]
fn every_relation_stands_in_the_matrix_or_below() {
    let (directory, catalogue) = (directory(), catalogue());
    let principal = me(ME, "admin");
    let cx = Context { now: Timestamp(9), principal: &principal, catalogue: &catalogue, directory: &directory };
    let reached = |relation: &Relation| {
        RELATIONS.iter().any(|(_, make)| {
            let mut order = order();
            make(&mut order);
            relations(&Subject::of(&order), &cx).any(|found| found == *relation)
        })
    };
    let missing: Vec<_> = Relation::ALL.into_iter().filter(|relation| !reached(relation)).collect();
    assert_eq!(missing, [Relation::System, Relation::Provider, Relation::OwnAccount], "the others are not people of ours");
}

#[test]
fn rights_about_some_record_types_are_about_these_alone() {
    let (directory, catalogue) = (directory(), catalogue());
    let mut order = order();
    order.owner = Some(user(ME));
    for (record_type, allowed) in [("repair", false), ("heating", true)] {
        order.record_type = name(record_type);
        let principal = me(ME, "heating");
        let cx = Context { now: Timestamp(9), principal: &principal, catalogue: &catalogue, directory: &directory };
        assert_eq!(sees(&Subject::of(&order), &cx), allowed, "{record_type}");
        assert_eq!(may(Action::Create(&order.record_type), None, &cx).is_ok(), allowed, "{record_type}");
        assert_eq!(may(Action::Handle, Some(&order), &cx).is_ok(), allowed, "{record_type}");
        let principal = me("generous", "all-heating");
        let cx = Context { principal: &principal, ..cx };
        assert_eq!(sees(&Subject::of(&order), &cx), allowed, "{record_type}, of somebody else");
    }
}

#[test]
fn a_service_providers_people_see_what_was_given_to_their_company_and_nothing_else() {
    let mut directory = directory();
    let catalogue = catalogue();
    for id in ["nordlift", "südlift"] {
        let id = ServiceProviderId::new(id).unwrap();
        directory.take(&DirectoryEvent::ServiceProviderPut(ServiceProvider { id, name: "x".into(), disabled: false }));
    }
    put(&mut directory, "nora", None, None, Some("nordlift"));
    put(&mut directory, "nils", None, None, Some("nordlift"));
    put(&mut directory, "sven", None, None, Some("südlift"));
    put_group(&mut directory, "nord", &["nils"], Some("nordlift"));
    let given: [(&str, Make); 3] = [
        ("the group", |o| o.group = Some(group("nord"))),
        ("the engineer", |o| o.engineer = Some(user("nils"))),
        ("the owner", |o| o.owner = Some(user("nils"))),
    ];
    for role in ["admin", "dispatcher", "engineer"] {
        let (nora, sven) = (me("nora", role), me("sven", role));
        let cx = |principal| Context { now: Timestamp(9), principal, catalogue: &catalogue, directory: &directory };
        let mut ours = order();
        handlers(&mut ours, vec![Handler::Role(name(role))]);
        assert!(!sees(&Subject::of(&ours), &cx(&nora)), "a role {role} does not open what is ours");
        for (what, make) in given {
            let mut theirs = ours.clone();
            make(&mut theirs);
            assert!(sees(&Subject::of(&theirs), &cx(&nora)), "{what} is of nordlift, {role}");
            assert!(may(Action::HandleNode, Some(&theirs), &cx(&nora)).is_ok(), "{what} is of nordlift, {role}: the node is theirs too");
            assert!(!sees(&Subject::of(&theirs), &cx(&sven)), "{what} is of nordlift, not of südlift");
            theirs.life = Life::Void { since: Timestamp(5) };
            assert!(!sees(&Subject::of(&theirs), &cx(&nora)), "void");
        }
    }
}

#[test]
fn how_far_those_above_reach_is_a_setting() {
    let mut directory = directory();
    let catalogue = catalogue();
    let principal = me(ME, "service-staff");
    let mut order = order();
    for (owner, reach, seen) in [
        ("further", Reach::default(), true),
        ("further", Reach { direct_reports_only: true, ..Reach::default() }, false),
        ("below", Reach { direct_reports_only: true, ..Reach::default() }, true),
        ("colleague", Reach::default(), true),
        ("colleague", Reach { without_sub_departments: true, ..Reach::default() }, false),
    ] {
        directory.set_reach(reach);
        order.owner = Some(user(owner));
        let cx = Context { now: Timestamp(9), principal: &principal, catalogue: &catalogue, directory: &directory };
        assert_eq!(sees(&Subject::of(&order), &cx), seen, "{owner} {reach:?}");
        let below = directory.subordinates(&user(ME));
        assert_eq!(below.contains(&user("further")), !reach.direct_reports_only);
        assert_eq!(directory.headed_by(&user(ME)).contains(&user("colleague")), !reach.without_sub_departments);
    }
}
