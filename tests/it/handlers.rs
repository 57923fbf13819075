//! Who handles a node: superiors and department heads, whoever has left, lines that are a circle, and nobody at all (PRC-2).

use crate::world::company::{self, group, name, user};
use workorderd::domain::definition::{Condition, HandlerSpec, Limits, NodeSpec, Person, ProcessNode};
use workorderd::domain::directory::read_model::GroupMembers;
use workorderd::domain::directory::{Department, Directory, DirectoryEvent, StaffUser};
use workorderd::domain::form::Value;
use workorderd::domain::form::value::{Cell, Reference};
use workorderd::domain::ids::WorkOrderId;
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::process::{handlers, task};
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::state::{Channel, EntryPoint, Party, Priority};
use workorderd::domain::work_order::{WorkOrder, event::Created, evolve};

fn directory() -> Directory {
    let mut directory = Directory::default();
    for (id, ..) in company::STAFF {
        directory.take(&DirectoryEvent::StaffUserPut(company::staff(id)));
    }
    for (id, head, parent) in company::DEPARTMENTS {
        put_department(&mut directory, id, Some(head), parent);
    }
    let members = GroupMembers {
        provider: None,
        name: "North".into(),
        leader: Some(user("lead-a")),
        members: vec![user("eng-1"), user("eng-2")],
        rule: workorderd::domain::service_group::GroupRule::ByLeader,
        limit: None,
        disabled: false,
    };
    directory.take_group(&group("north"), members);
    directory
}

fn put_department(directory: &mut Directory, id: &str, head: Option<&str>, parent: Option<&str>) {
    let (head, parent) = (head.map(user), parent.map(company::department_id));
    let department = Department { id: company::department_id(id), name: id.into(), head, parent, disabled: false };
    directory.take(&DirectoryEvent::DepartmentPut(department));
}

fn change(directory: &mut Directory, id: &str, change: impl Fn(&mut StaffUser)) {
    let mut changed = directory.staff_user(&user(id)).expect("of the company").clone();
    change(&mut changed);
    directory.take(&DirectoryEvent::StaffUserPut(changed));
}

/// A Work Order of eng-1's in the north.
fn order() -> WorkOrder {
    let created = Created {
        id: WorkOrderId(1),
        number: WorkOrderNumber("WO-1".into()),
        record_type: name("repair"),
        process: workorderd::domain::definition::VersionedName { name: name("repair"), version: 1 },
        subject: workorderd::domain::text::PersonalText::new("x"),
        description: None,
        reference: None,
        account: None,
        contact: None,
        region: None,
        priority: Priority::Normal,
        channel: Channel::Phone,
        entry_point: EntryPoint::List,
        submitter: Party::Staff(user("staff-1")),
        created_by: None,
        form: None,
        fields: std::collections::BTreeMap::new(),
    };
    let mut order = evolve::create(&created, Timestamp(1));
    order.engineer = Some(user("eng-1"));
    order.group = Some(group("north"));
    let expert = Value::One(Cell::Reference(Reference::StaffUser(user("eng-4"))));
    order.fields.insert(name("expert"), expert);
    order.fields.insert(name("urgent"), Value::One(Cell::Flag(true)));
    order
}

/// The handlers, and why it is the admins if it is they.
fn told(specs: &[HandlerSpec], directory: &Directory) -> String {
    let spec = NodeSpec::Task(task::Spec { may_transfer: false, beyond_group: false, taken_message: None });
    let (condition, limits) = (Condition::default(), Limits::default());
    let node = ProcessNode {
        name: name("n"),
        title: "n".into(),
        handlers: specs.to_vec(),
        condition,
        limits,
        form: None,
        spec,
        labels: Vec::new(),
    };
    let (handlers, why) = handlers::resolve(&node, &order(), directory);
    let handlers: Vec<_> = handlers.iter().map(ToString::to_string).collect();
    format!("{}{}", handlers.join(", "), why.map(|why| format!(" ({why})")).unwrap_or_default())
}

#[test]
fn superiors_and_department_heads_are_found_for_whoever_is_named() {
    let directory = directory();
    for (spec, expected) in [
        (HandlerSpec::SuperiorOf(Person::Engineer), "lead-a"),
        (HandlerSpec::SuperiorOf(Person::Leader), "disp-1"),
        (HandlerSpec::SuperiorOf(Person::Submitter), "disp-1"),
        (HandlerSpec::SuperiorOf(Person::User(user("disp-2"))), "root"),
        // Each of several once, however many they are superior to.
        (HandlerSpec::SuperiorOf(Person::Members(group("north"))), "lead-a, disp-1"),
        (HandlerSpec::SuperiorOf(Person::Role(name("engineer"))), "lead-a, disp-1, disp-2"),
        (HandlerSpec::Field(name("expert")), "eng-4"),
        (HandlerSpec::SuperiorOf(Person::Field(name("expert"))), "lead-a"),
        (HandlerSpec::DepartmentHeadOf(Person::Engineer), "lead-a"),
        (HandlerSpec::DepartmentHeadOf(Person::Submitter), "disp-1"),
        // Who heads a department answers to the head of the one above.
        (HandlerSpec::DepartmentHeadOf(Person::Leader), "disp-1"),
    ] {
        assert_eq!(told(std::slice::from_ref(&spec), &directory), expected, "{spec}");
    }
}

#[test]
fn who_has_left_is_passed_over_on_the_way_up() {
    let mut directory = directory();
    change(&mut directory, "lead-a", |user| user.disabled = true);
    assert_eq!(told(&[HandlerSpec::SuperiorOf(Person::Engineer)], &directory), "disp-1");
    assert_eq!(told(&[HandlerSpec::DepartmentHeadOf(Person::Engineer)], &directory), "disp-1");
    assert_eq!(told(&[HandlerSpec::Leader, HandlerSpec::Engineer], &directory), "eng-1");
}

#[test]
fn a_line_that_is_a_circle_ends() {
    let mut directory = directory();
    change(&mut directory, "lead-a", |user| (user.superior, user.disabled) = (Some(company::user("eng-1")), true));
    put_department(&mut directory, "service", None, Some("field"));
    put_department(&mut directory, "field", None, Some("service"));
    let specs = [HandlerSpec::SuperiorOf(Person::Engineer), HandlerSpec::DepartmentHeadOf(Person::Engineer)];
    assert_eq!(told(&specs, &directory), "role admin (nobody is there for superior-of:engineer, department-head-of:engineer)");
}

#[test]
fn a_node_that_nobody_could_handle_falls_to_the_admins_and_says_why() {
    let mut directory = directory();
    change(&mut directory, "eng-1", |user| user.disabled = true);
    for (spec, why) in [
        (HandlerSpec::Engineer, "engineer"),
        (HandlerSpec::Owner, "owner"),
        (HandlerSpec::Field(name("urgent")), "field:urgent"),
        (HandlerSpec::User(user("nobody")), "user:nobody"),
        (HandlerSpec::Members(group("south")), "group:south"),
        (HandlerSpec::SuperiorOf(Person::User(user("root"))), "superior-of:user:root"),
        (HandlerSpec::DepartmentHeadOf(Person::Owner), "department-head-of:owner"),
    ] {
        assert_eq!(told(&[spec], &directory), format!("role admin (nobody is there for {why})"));
    }
}
