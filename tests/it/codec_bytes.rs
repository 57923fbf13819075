//! Stored bytes are promises: golden bytes of every kind of event, of a row and of keys; and nothing hostile is taken for a value.
//! `WO_WRITE_GOLDEN=1` writes the golden file anew; a difference means that a new schema version is needed.

use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use workorderd::codec::{self, Asked, RecordParts, StepBody};
use workorderd::domain::aggregate::{Claim, Event, Key, State};
use workorderd::domain::currency::Currency;
use workorderd::domain::decimal::Decimal;
use workorderd::domain::definition::{Answer, CatalogueEvent, Recipient, VersionedName};
use workorderd::domain::directory::{DirectoryEvent, Product, ServiceProvider, Terminal, UserGroup};
use workorderd::domain::erasure::{Done, Sums};
use workorderd::domain::form::date::Date;
use workorderd::domain::form::value::{Reference, StoredFile};
use workorderd::domain::form::{Cell, Fields, Row, Value};
use workorderd::domain::ids::*;
use workorderd::domain::number::WorkOrderNumber;
use workorderd::domain::principal::Actor;
use workorderd::domain::process::{NodeEvent, NodeState, accept, assign, confirm, evaluate, on_site, task};
use workorderd::domain::service_group::group::{LoadChange, Offer};
use workorderd::domain::service_group::{GroupRule, Needs, ServiceGroupEvent};
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::{Span, Timestamp};
use workorderd::domain::work_order::event::{Created, Event as OrderEvent};
use workorderd::domain::work_order::mail::{Mail, MailStatus, MessageChannel};
use workorderd::domain::work_order::notice::NoticeKind;
use workorderd::domain::work_order::reach::Ladder;
use workorderd::domain::work_order::reaction::LoadChanged;
use workorderd::domain::work_order::state::*;
use workorderd::engine::entity::{Entity, Receipt};
use workorderd::runtime::step;

pub fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub fn user(text: &str) -> StaffUserId {
    StaffUserId::new(text).unwrap()
}

pub fn pin(text: &str) -> VersionedName {
    VersionedName { name: name(text), version: 3 }
}

pub fn created() -> Created {
    Created {
        id: WorkOrderId(0x0102_0304_0506_0708_090a_0b0c_0d0e_0f10),
        number: WorkOrderNumber("WO-20261122-000017".into()),
        record_type: name("repair"),
        process: pin("repair"),
        subject: PersonalText::new("电梯坏了"),
        description: Some(PersonalText::new("since this morning")),
        reference: Some(PersonalText::new("INC-1")),
        account: Some(AccountId::new("acme").unwrap()),
        contact: Some(ContactId::new("wang").unwrap()),
        region: Some(Region::new("east").unwrap()),
        priority: Priority::Urgent,
        channel: Channel::Phone,
        entry_point: EntryPoint::List,
        submitter: Party::Contact(ContactId::new("wang").unwrap()),
        created_by: Some(user("dora")),
        form: Some(pin("repair-intake")),
        fields: Fields::from([(name("fault"), one(Cell::Text(PersonalText::new("漏水"))))]),
    }
}

fn one(cell: Cell) -> Value {
    Value::One(cell)
}

/// A value of every kind.
fn changes() -> Vec<(Name, Option<Value>)> {
    let decimal = |text: &str| Decimal::parse(text).unwrap();
    let file = StoredFile { hash: "ab".repeat(32).into(), size: 77, media_type: "image/png".into(), name: PersonalText::new("王伟.png") };
    let cells = [
        Cell::Text(PersonalText::new("the seal was dry")),
        Cell::Number(decimal("-12.50")),
        Cell::Money { amount: decimal("99.90"), currency: Currency::new("CNY").unwrap() },
        Cell::Date(Date::parse("2026-11-22").unwrap()),
        Cell::Time(Timestamp(1_795_000_000_000)),
        Cell::Choice(name("leak")),
        Cell::Choices(vec![name("smoke"), name("water")]),
        Cell::Flag(true),
        Cell::Location(PersonalText::new("48.137154,11.576124")),
        Cell::Reference(Reference::Account(AccountId::new("acme").unwrap())),
        Cell::Reference(Reference::Contact(ContactId::new("wang").unwrap())),
        Cell::Reference(Reference::StaffUser(user("emil"))),
        Cell::Reference(Reference::Terminal(TerminalId::new("L-20415").unwrap())),
        Cell::Reference(Reference::Product(ProductId::new("客梯").unwrap())),
        Cell::Files(vec![file]),
        Cell::Stars { value: 4, scale: 5 },
    ];
    let mut all: Vec<_> = cells.into_iter().enumerate().map(|(i, cell)| (name(&format!("f{i}")), Some(one(cell)))).collect();
    let row = |part: &str| Row::from([(name("count"), Cell::Number(decimal("2"))), (name("part"), Cell::Text(PersonalText::new(part)))]);
    all.push((name("parts"), Some(Value::Table(vec![row("seal 密封圈"), row("bolt")]))));
    all.push((name("gone"), None));
    all
}

fn mail() -> Mail {
    Mail {
        no: MailNo(1),
        channel: MessageChannel::Email,
        template: pin("please-rate"),
        party: Some(Party::Contact(ContactId::new("wang").unwrap())),
        to: PersonalText::new("wang@example.cn"),
        name: PersonalText::new("王伟"),
        language: "zh".into(),
        invitation: Some(InvitationNo(1)),
        reason: None,
        by: Some(user("emil")),
        node: name("evaluate"),
        queued_at: Timestamp(1_795_000_000_000),
        ends_at: Timestamp(1_795_259_200_000),
        attempts: 0,
        status: MailStatus::Pending,
        notice: Some(NoticeKind::Returned),
    }
}

pub fn visit() -> Visit {
    Visit {
        node: NodeIndex(4),
        name: name("evaluate"),
        no: VisitNo(7),
        entered_at: Timestamp(1_795_000_000_000),
        came: NoticeKind::New,
        handlers: vec![Handler::User(user("emil")), Handler::Role(name("dispatcher")), Handler::Submitter],
        fallback: Some("nobody is there for leader".into()),
        limits: FrozenLimits {
            remind_after: vec![Span::days(1), Span::days(3)],
            remind: vec![Handler::User(user("emil"))],
            overdue_after: None,
            escalate_to: vec![Handler::Leader(ServiceGroupId::new("hydraulics").unwrap())],
            auto_complete_after: Some(Span::days(7)),
            stand_still_on_hold: true,
            message: Some(pin("please-act")),
            customer_message: Some(pin("please-rate-again")),
        },
        stood_still: Span(0),
        reminded: 0,
        overdue: false,
        form: Some(pin("repair-report")),
        state: NodeState::Evaluate(evaluate::State {
            mandatory: true,
            skip: false,
            rule: Some(name("urgent")),
            template: pin("service-rating"),
            ladder: Some(Box::new(Ladder {
                message: pin("please-rate"),
                channels: vec![MessageChannel::WeChat, MessageChannel::Sms, MessageChannel::Email],
                fall_back_after: Span::minutes(30),
            })),
        }),
    }
}

fn events() -> Vec<OrderEvent> {
    most_events().into_iter().chain(crate::codec_messages::events()).chain(crate::codec_calls::events()).collect()
}

fn most_events() -> Vec<OrderEvent> {
    let group = ServiceGroupId::new("hydraulics").unwrap();
    let reason = || Some(PersonalText::new("because"));
    vec![
        OrderEvent::Created(Box::new(created())),
        OrderEvent::NodePassedOver { node: NodeIndex(1), name: name("accept"), reason: "its condition does not hold".into() },
        OrderEvent::NodeEntered(Box::new(visit())),
        OrderEvent::Node(NodeEvent::Assign(assign::Event::GroupChosen {
            group: group.clone(),
            handler: Handler::Members(group),
            ask: Some(ask()),
            rule: Some(name("lifts")),
        })),
        OrderEvent::Node(NodeEvent::Assign(assign::Event::EngineerChosen {
            engineer: user("emil"),
            by: Some(user("lena")),
            at: NodeIndex(0),
            how: assign::How::ByGroup(GroupRule::RoundRobin),
        })),
        OrderEvent::Node(NodeEvent::Assign(assign::Event::NotChosen { rule: None, why: "nobody fits: 2 absent".into() })),
        OrderEvent::Node(NodeEvent::Accept(accept::Event::Accepted { engineer: Some(user("emil")) })),
        OrderEvent::Node(NodeEvent::Accept(accept::Event::Transferred { engineer: user("mei"), reason: reason() })),
        OrderEvent::Node(NodeEvent::Task(task::Event::Taken { by: user("mei") })),
        OrderEvent::Node(NodeEvent::Task(task::Event::Completed { by: Some(user("mei")), at: NodeIndex(2), note: reason() })),
        OrderEvent::Node(NodeEvent::Task(task::Event::Transferred { engineer: user("emil"), reason: None })),
        OrderEvent::Node(NodeEvent::Confirm(confirm::Event::Solved)),
        OrderEvent::Node(NodeEvent::Confirm(confirm::Event::NotSolved { reason: PersonalText::new("again") })),
        OrderEvent::NodeLeft { node: NodeIndex(4), visit: VisitNo(7), exit: Exit::AutoCompleted, reason: None },
        OrderEvent::Invited(Invitation {
            no: InvitationNo(1),
            visit: VisitNo(7),
            purpose: Purpose::Evaluate,
            source: Source::Link,
            template: Some(pin("service-rating")),
            single_use: true,
            for_submitter: false,
            to: Some(Box::new(Recipient::Field(name("reporter")))),
            expires_at: Timestamp(1_797_592_000_000),
            used: 0,
        }),
        OrderEvent::EvaluationRecorded(Evaluation {
            invitation: Some(InvitationNo(1)),
            visit: VisitNo(7),
            source: Source::QrCode,
            template: pin("service-rating"),
            answers: vec![
                Answer::Rating { field: name("overall"), value: 4, scale: 5 },
                Answer::Text { field: name("comment"), text: PersonalText::new("谢谢") },
                Answer::Choice { field: name("punctuality"), option: "on time".into() },
                Answer::YesNo { field: name("solved"), yes: true },
            ],
            at: Timestamp(1_795_000_100_000),
            after_completion: true,
            taken: None,
        }),
        OrderEvent::Held { reason: HoldReason::Parts, note: reason() },
        OrderEvent::Resumed,
        OrderEvent::Ended { outcome: Outcome::Rejected, reason: reason() },
        OrderEvent::MovedToVersion { version: 2, node: NodeIndex(3) },
        OrderEvent::ServiceRecordAdded { kind: RecordKind::Call, by: Some(user("emil")), text: PersonalText::new("called back") },
        OrderEvent::Node(NodeEvent::OnSite(on_site::Event::StepCompleted {
            step: name("arrive"),
            by: Some(user("emil")),
            location: Some(PersonalText::new("31.230400,121.473700")),
            note: reason(),
        })),
        OrderEvent::Node(NodeEvent::OnSite(on_site::Event::StepSkipped {
            step: name("depart"),
            by: None,
            reason: PersonalText::new("because"),
        })),
        OrderEvent::LaborStarted {
            engineer: user("emil"),
            from: Timestamp(1_795_000_000_000),
            step: Some(name("fix")),
            may_overlap: false,
        },
        OrderEvent::LaborStopped { engineer: user("emil"), to: Timestamp(1_795_000_060_000) },
        OrderEvent::LaborEntered {
            engineer: user("mei"),
            from: Timestamp(1_794_000_000_000),
            to: Timestamp(1_794_003_600_000),
            step: None,
            may_overlap: true,
        },
        OrderEvent::Reminded { visit: VisitNo(7), times: 2 },
        OrderEvent::BecameOverdue { visit: VisitNo(7) },
        OrderEvent::MailQueued(Box::new(mail())),
        OrderEvent::MailTried {
            mail: MailNo(1),
            party: Some(Party::Contact(ContactId::new("wang").unwrap())),
            status: MailStatus::Deferred { until: Timestamp(1_795_000_030_000), why: PersonalText::new("421") },
        },
        OrderEvent::MailTried { mail: MailNo(1), party: None, status: MailStatus::Sent { at: Timestamp(1_795_000_030_000) } },
        OrderEvent::FieldsSaved { form: pin("repair-report"), changes: changes() },
        OrderEvent::VisitPlanned {
            visit: PlannedNo(1),
            engineer: user("emil"),
            from: Timestamp(1_795_100_000_000),
            until: Timestamp(1_795_107_200_000),
            note: Some(PersonalText::new("带上阀门")),
        },
        OrderEvent::VisitMoved {
            visit: PlannedNo(1),
            engineer: user("mei"),
            from: Timestamp(1_795_200_000_000),
            until: Timestamp(1_795_203_600_000),
        },
        OrderEvent::VisitCancelled { visit: PlannedNo(2), reason: reason() },
        OrderEvent::PersonErased { who: Party::Staff(user("emil")), whole: false },
    ]
    .into_iter()
    .chain(crate::codec_follow_up::events())
    .collect()
}

fn ask() -> assign::Ask {
    let needs = Needs { skills: vec![Skill::new("电梯").unwrap()], region: Some(Region::new("east").unwrap()), turn: false };
    assign::Ask { visit: VisitNo(7), needs }
}

/// That somebody was erased, and is.
fn erasure() -> [DirectoryEvent; 2] {
    let who = Party::Contact(ContactId::new("wang").unwrap());
    let sums =
        Sums { work_orders: 1, others: 2, records: 3, values: 4, mails: 5, attachments: 6, attachments_kept: 7, written: 8, named: 9 };
    let (at, done) = (Timestamp(1_795_000_000_000), Done { at: Timestamp(1_795_000_060_000), sums });
    [DirectoryEvent::PersonErased { who: who.clone(), at }, DirectoryEvent::ErasureFinished { who, done }]
}

fn equipment() -> [DirectoryEvent; 4] {
    let product = ProductId::new("客梯").unwrap();
    let terminal = Terminal {
        id: TerminalId::new("L-20415").unwrap(),
        name: PersonalText::new("王伟家的电梯"),
        product: product.clone(),
        account: AccountId::new("acme").unwrap(),
        contact: Some(ContactId::new("wang").unwrap()),
        serial_number: Some("SN-1".into()),
        site: Some(PersonalText::new("南京路 1 号")),
        warranty_end: Some(Date::parse("2027-12-31").unwrap()),
        disabled: true,
    };
    let product = Product { id: product, name: "Lift 500".into(), model: Some("L500".into()), category: None, disabled: false };
    let members = vec![user("小李"), user("emil")];
    let group = UserGroup { id: UserGroupId::new("夜班").unwrap(), name: "Night".into(), members, disabled: false };
    let provider = ServiceProvider { id: ServiceProviderId::new("nordlift").unwrap(), name: "Nordlift".into(), disabled: true };
    [
        DirectoryEvent::ProductPut(product),
        DirectoryEvent::TerminalPut(terminal),
        DirectoryEvent::UserGroupPut(group),
        DirectoryEvent::ServiceProviderPut(provider),
    ]
}

/// The keys of what customers have.
fn equipment_keys() -> Vec<Key> {
    equipment().into_iter().map(|event| State::evolve(None, &Event::Directory(event), Timestamp(1)).unwrap().key()).collect()
}

fn department() -> Key {
    Key::Department(DepartmentId::new("工程部").unwrap())
}

pub fn body(events: Vec<Event>) -> StepBody {
    StepBody {
        actor: Actor::Staff { user: Some(user("dora")), through: "uid:1000".into() },
        command: "Create".into(),
        request: Some(Asked::new(RequestId::new("r-1").unwrap(), 77)),
        events,
        messages: vec![LoadChanged {
            group: ServiceGroupId::new("hydraulics").unwrap(),
            order: created().id,
            engineer: Some(user("emil")),
            change: -1,
            ask: Some(ask()),
        }],
        claims: vec![Claim::Number(WorkOrderNumber("WO-20261122-000017".into()))],
        checksum: 0xdead_beef,
    }
}

/// The state that the events above fold to.
fn order() -> State {
    let state =
        events().iter().fold(None, |state, event| State::evolve(state, &Event::WorkOrder(event.clone()), Timestamp(1_795_000_000_000)));
    state.unwrap()
}

fn golden(lines: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/codec.txt");
    if std::env::var_os("WO_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, lines).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (line, wanted) in lines.lines().zip(expected.lines()) {
        assert_eq!(line, wanted, "stored bytes have changed: old data could no longer be read");
    }
    assert_eq!(lines.lines().count(), expected.lines().count());
}

/// Personal values as they are, each in brackets.
fn values(parts: &RecordParts) -> String {
    parts.personal.iter().map(|value| format!("[{}]", String::from_utf8_lossy(value.as_deref().unwrap_or_default()))).collect()
}

fn decode(parts: &RecordParts) -> StepBody {
    codec::record::decode(&parts.body, parts.personal.iter().map(Option::as_deref)).unwrap()
}

#[test]
fn stored_bytes_are_as_they_were() {
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let mut lines = String::new();
    for event in events() {
        let parts = codec::record::encode(&body(vec![Event::WorkOrder(event.clone())])).unwrap();
        lines += &format!("{} {} {}\n", event.name(), hex(&parts.body), values(&parts));
    }
    for event in [CatalogueEvent::RecordTypePublished(name("repair")), CatalogueEvent::RecordTypeDeleted(name("维修"))] {
        let parts = codec::record::encode(&body(vec![Event::Catalogue(event)])).unwrap();
        lines += &format!("Catalogue {}\n", hex(&parts.body));
    }
    let change = |engineer, change| LoadChange { order: created().id, engineer, change };
    let offer = Offer { visit: VisitNo(7), needs: ask().needs, choice: assign::Choice::Engineer(user("emil")), tried: vec![user("mei")] };
    for (name, event) in [
        ("LoadTaken", ServiceGroupEvent::LoadTaken { sequence: 9, changes: vec![change(None, 1), change(Some(user("emil")), -1)] }),
        ("ChosenByRule", ServiceGroupEvent::Chosen { order: created().id, offer }),
    ] {
        let parts = codec::record::encode(&body(vec![Event::ServiceGroup(event)])).unwrap();
        lines += &format!("{name} {}\n", hex(&parts.body));
    }
    let mut entity = Entity::default();
    let request = workorderd::engine::entity::Request { id: RequestId::new("r-1").unwrap(), digest: 77 };
    entity.take(Arc::new(order()), 5, 40, 4096, Some(&request));
    assert_eq!(entity.recent[0].receipt, Receipt { revision: 5, sequence: 40 });
    let state = codec::row::encode_state(entity.state.as_ref().unwrap()).unwrap();
    lines += &format!("Row {}\n", hex(&step::encode_row(&entity, &state).unwrap()));
    for event in equipment().into_iter().chain(erasure()) {
        let parts = codec::record::encode(&body(vec![Event::Directory(event)])).unwrap();
        lines += &format!("Directory {} {}\n", hex(&parts.body), values(&parts));
    }
    let keys = [Key::Installation, Key::Catalogue, Key::StaffUser(user("王伟")), Key::WorkOrder(created().id), department()];
    for key in keys.into_iter().chain(equipment_keys()) {
        lines += &format!("Key {}\n", hex(&codec::key::encode(&key)));
    }
    golden(&lines);
}

#[test]
fn what_is_encoded_decodes_to_the_same_and_no_personal_value_is_in_the_body() {
    let mut all = body(events().into_iter().map(Event::WorkOrder).collect());
    all.events.extend(equipment().map(Event::Directory));
    let parts = codec::record::encode(&all).unwrap();
    assert_eq!(decode(&parts), all);
    for canary in [
        "电梯坏了",
        "wang@example.cn",
        "王伟",
        "谢谢",
        "called back",
        "because",
        "漏水",
        "the seal was dry",
        "48.137",
        "王伟.png",
        "密封圈",
        "王伟家的电梯",
        "南京路",
        "没有人接",
    ] {
        let within = |bytes: &[u8]| bytes.windows(canary.len()).any(|w| w == canary.as_bytes());
        assert!(!within(&parts.body) && parts.personal.iter().flatten().any(|value| within(value)), "{canary}");
    }
}

#[test]
fn an_erased_personal_part_leaves_the_rest_readable_and_the_checksum_as_it_was() {
    let all = body(events().into_iter().map(Event::WorkOrder).collect());
    let parts = codec::record::encode(&all).unwrap();
    let erased = codec::record::decode(&parts.body, []).unwrap();
    let fold = |step: &StepBody| step.events.iter().fold(None, |s, e| State::evolve(s, e, Timestamp(1))).unwrap();
    let (with, without) = (fold(&all), fold(&erased));
    assert_ne!(with, without);
    let checksum = |state: &State| codec::row::encode_state(state).unwrap().checksum;
    assert_eq!(checksum(&with), checksum(&without));
}

#[test]
fn rows_and_keys_come_back_as_they_were() {
    let mut entity = Entity::default();
    entity.take(Arc::new(order()), 5, 40, 4096, None);
    let state = codec::row::encode_state(entity.state.as_ref().unwrap()).unwrap();
    let bytes = step::encode_row(&entity, &state).unwrap();
    assert_eq!(step::decode_row(&bytes).unwrap(), entity);
    let keys = [Key::Installation, Key::Catalogue, Key::StaffUser(user("王伟")), order().key(), department()];
    for key in keys.into_iter().chain(equipment_keys()) {
        assert_eq!(codec::key::decode(&codec::key::encode(&key)).unwrap(), key);
    }
}

#[test]
fn a_newer_schema_version_is_refused_by_name() {
    let parts = codec::record::encode(&body(Vec::new())).unwrap();
    let mut newer = parts.body.clone();
    newer[1] = 9;
    let problem = codec::record::decode(&newer, []).unwrap_err().to_string();
    assert!(problem.contains("schema version 9"), "{problem}");
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused_and_nothing_more(bytes in prop::collection::vec(any::<u8>(), 0..600), at in 0usize..400, flip in 1u8..) {
        let _ = codec::record::decode(&bytes, [Some(bytes.as_slice())]);
        let _ = codec::row::decode(&bytes);
        let _ = codec::key::decode(&bytes);
        let good = codec::record::encode(&body(events().into_iter().map(Event::WorkOrder).collect())).unwrap();
        let mut bad = good.body.clone();
        let index = at % bad.len();
        bad[index] ^= flip;
        let read = codec::record::decode(&bad, good.personal.iter().map(Option::as_deref));
        prop_assert!(read.is_err(), "a flipped byte at {index} went unnoticed");
    }
}
