//! Conditions judged against Work Orders: what holds, what does not, and the sentence that says why not.

use std::collections::BTreeMap;
use workorderd::domain::decimal::Decimal;
use workorderd::domain::definition::{Check, Condition, Constant, Subject, Test};
use workorderd::domain::form::{Cell, Fields, Value};
use workorderd::domain::ids::{Name, StaffUserId, WorkOrderId};
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Timestamp;
use workorderd::domain::work_order::WorkOrder;
use workorderd::domain::work_order::event::Created;
use workorderd::domain::work_order::state::{Channel, EntryPoint, Party, Priority};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn number(text: &str) -> Constant {
    Constant::Number(Decimal::parse(text).unwrap())
}

fn order() -> WorkOrder {
    let created = Created {
        id: WorkOrderId(1),
        number: WorkOrderNumber("WO-1".into()),
        record_type: name("repair"),
        process: workorderd::domain::definition::VersionedName { name: name("repair"), version: 1 },
        subject: PersonalText::new("s"),
        description: None,
        reference: None,
        account: None,
        contact: None,
        region: None,
        priority: Priority::Normal,
        channel: Channel::Phone,
        entry_point: EntryPoint::List,
        submitter: Party::Staff(StaffUserId::new("dora").unwrap()),
        created_by: None,
        form: None,
        fields: Fields::new(),
    };
    let mut order = workorderd::domain::work_order::evolve::create(&created, Timestamp(0));
    let one = |cell| Value::One(cell);
    order.fields = Fields::from([
        (name("fault"), one(Cell::Text(PersonalText::new("Water LEAKS from the roof")))),
        (name("floor"), one(Cell::Number(Decimal::parse("12.50").unwrap()))),
        (name("seen"), one(Cell::Choices(vec![name("smoke"), name("water")]))),
        (name("safe"), one(Cell::Flag(false))),
        (name("parts"), Value::Table(vec![BTreeMap::new()])),
    ]);
    order
}

fn field(field: &str, check: Check) -> Condition {
    Condition::test(Test { subject: Subject::Field(name(field)), check })
}

fn priority(check: Check) -> Condition {
    Condition::test(Test { subject: Subject::Priority, check })
}

fn urgent() -> Condition {
    priority(Check::OneOf(vec![Constant::Priority(Priority::Urgent)]))
}

#[test]
fn tests_hold_by_the_value_that_is_there() {
    let order = order();
    let word = |text: &str| Constant::Word(text.into());
    for (condition, holds) in [
        (Condition::default(), true),
        (urgent(), false),
        (priority(Check::Less(Constant::Priority(Priority::High))), true),
        (priority(Check::AtLeast(Constant::Priority(Priority::Normal))), true),
        (field("floor", Check::OneOf(vec![number("12.5")])), true),
        (field("floor", Check::More(number("12.5"))), false),
        (field("floor", Check::AtMost(number("12.5"))), true),
        (field("floor", Check::Between(number("12.5"), number("13"))), true),
        // A value of another kind, and one that is not there, compare with nothing.
        (field("floor", Check::OneOf(vec![word("12.5")])), false),
        (field("nothing", Check::Less(number("1"))), false),
        (field("nothing", Check::NoneOf(vec![number("1")])), true),
        (field("nothing", Check::Empty), true),
        (field("fault", Check::Contains("leaks".into())), true),
        (field("fault", Check::OneOf(vec![word("Water LEAKS from the roof")])), true),
        (field("seen", Check::Contains("smoke".into())), true),
        (field("seen", Check::Contains("smok".into())), false),
        (field("safe", Check::OneOf(vec![Constant::Flag(false)])), true),
        (field("parts", Check::NotEmpty), true),
    ] {
        assert_eq!(condition.holds(&order), holds, "{condition}");
        assert_eq!(condition.why_not(&order).is_none(), holds, "{condition}");
    }
}

#[test]
fn all_any_and_not_join_as_they_read() {
    let order = order();
    let (yes, no) = (|| field("parts", Check::NotEmpty), urgent);
    for (condition, holds) in [
        (Condition::all(vec![]), true),
        (Condition::any(vec![]), false),
        (Condition::default().not(), false),
        (Condition::all(vec![yes(), Condition::default()]), true),
        (Condition::all(vec![yes(), no()]), false),
        (Condition::any(vec![no(), yes()]), true),
        (no().not(), true),
        (Condition::all(vec![yes(), Condition::any(vec![no(), no().not()])]), true),
        (Condition::any(vec![Condition::all(vec![yes(), no()]), no()]), false),
        (Condition::all(vec![Condition::any(vec![yes(), no()]), yes()]).not().not(), true),
    ] {
        assert_eq!(condition.holds(&order), holds, "{condition}");
    }
}

#[test]
fn the_reason_names_the_tests_that_failed_and_nothing_that_somebody_typed() {
    let order = order();
    let why = |condition: Condition| condition.why_not(&order).unwrap();
    assert_eq!(why(urgent()), "priority is normal, and must be urgent");
    let leak = || field("fault", Check::Contains("fire".into()));
    assert_eq!(why(leak()), "fault must be something that contains \"fire\"");
    assert_eq!(why(Condition::all(vec![field("parts", Check::NotEmpty), urgent(), leak()])), "priority is normal, and must be urgent");
    assert_eq!(
        why(Condition::any(vec![urgent(), leak()])),
        "priority is normal, and must be urgent; fault must be something that contains \"fire\""
    );
    assert_eq!(why(field("nothing", Check::More(number("3")))), "nothing is empty, and must be more than 3");
    assert_eq!(why(field("floor", Check::AtMost(number("12"))).not().not()), "floor is 12.50, and must be at most 12");
    assert_eq!(why(field("floor", Check::More(number("12"))).not()), "floor must not be more than 12");
    assert_eq!(why(Condition::any(vec![urgent(), urgent(), urgent(), urgent(), urgent()])).matches("; 2 more").count(), 1);
}
