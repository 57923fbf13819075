//! A small company: its definitions in several editions, its staff, groups, accounts and contacts.
//!
//! Every node kind, every way out of a node and every kind of rule is somewhere in it; editions differ so that moving a
//! running Work Order to another version meets nodes that stand elsewhere or are gone. Who does what is left to `people`.

use workorderd::domain::aggregate::{Command, Key};
use workorderd::domain::decimal::Decimal;
use workorderd::domain::definition::message::{MiniProgramWording, WeChatWording};
use workorderd::domain::definition::{
    AnswerOption, AssignTo, AssignmentRule, CatalogueCommand, Check, Condition, Constant, Definitions, EvaluationRule, EvaluationTemplate,
    FieldKind, HandlerSpec, Limits, MessageTemplate, NodeSpec, Person, Process, ProcessNode, Recipient, RecordType, Sop, SopStep, Subject,
    TemplateField, Test, Wording,
};
use workorderd::domain::directory::entry::{Through, WeChat};
use workorderd::domain::directory::{Account, Contact, Department, DirectoryCommand, StaffUser};
use workorderd::domain::form::{Choice, DetailTable, Field, Form, Kind, SingleField};
use workorderd::domain::ids::{AccountId, ContactId, DepartmentId, Name, Region, ServiceGroupId, Skill, SlugProblem, StaffUserId};
use workorderd::domain::number::NumberPattern;
use workorderd::domain::process::evaluate::{self, Method};
use workorderd::domain::process::{accept, assign, confirm, on_site, task};
use workorderd::domain::service_group::{GroupEntry, GroupRule, ServiceGroupCommand};
use workorderd::domain::text::PersonalText;
use workorderd::domain::time::Span;
use workorderd::domain::work_order::mail::MessageChannel;
use workorderd::domain::work_order::state::Priority;

pub const RECORD_TYPES: [&str; 4] = ["repair", "installation", "ticket", "strict"];
pub const GROUPS: [&str; 3] = ["north", "south", "东区"];
pub const ENGINEERS: [&str; 6] = ["lead-a", "eng-1", "eng-2", "eng-3", "eng-4", "王芳"];
/// Everybody with their roles, e-mail or none, and superior.
pub const STAFF: [(&str, &str, bool, Option<&str>); 11] = [
    ("root", "admin", true, None),
    ("disp-1", "dispatcher", true, Some("root")),
    ("disp-2", "dispatcher", false, Some("root")),
    ("staff-1", "service-staff", true, Some("disp-1")),
    ("helper", "desk", true, Some("disp-1")),
    ("lead-a", "engineer", true, Some("disp-1")),
    ("eng-1", "engineer", true, Some("lead-a")),
    ("eng-2", "engineer", true, Some("lead-a")),
    ("eng-3", "engineer", false, Some("lead-a")),
    ("eng-4", "engineer", true, Some("lead-a")),
    ("王芳", "engineer", false, Some("disp-2")),
];
/// Contacts with their name, account, whether they have e-mail, and language.
pub const CONTACTS: [(&str, &str, Option<&str>, bool, &str); 5] = [
    ("li-lei", "李雷", Some("huadong"), true, "zh"),
    ("han-meimei", "韩梅梅", Some("huadong"), false, "zh"),
    ("grace", "Grace Hopper", Some("acme"), true, "en"),
    ("ada", "Ada, Countess of Lovelace", Some("acme"), true, "fr"),
    ("walk-in", "Jo", None, false, "en"),
];
pub const ACCOUNTS: [(&str, &str); 2] = [("acme", "Acme Ltd."), ("huadong", "华东机电有限公司")];
/// Departments with their head, below which one.
pub const DEPARTMENTS: [(&str, &str, Option<&str>); 2] = [("service", "disp-1", None), ("field", "lead-a", Some("service"))];
/// How many editions of the definitions there are.
pub const EDITIONS: u32 = 6;

pub fn name(text: &str) -> Name {
    Name::new(text).expect("a good slug")
}

pub fn user(text: &str) -> StaffUserId {
    StaffUserId::new(text).expect("a good slug")
}

pub fn group(text: &str) -> ServiceGroupId {
    ServiceGroupId::new(text).expect("a good slug")
}

pub fn contact_id(text: &str) -> ContactId {
    ContactId::new(text).expect("a good slug")
}

pub fn account_id(text: &str) -> AccountId {
    AccountId::new(text).expect("a good slug")
}

pub fn department_id(text: &str) -> DepartmentId {
    slug(text, DepartmentId::new)
}

fn slug<T>(text: &str, make: fn(&str) -> Result<T, SlugProblem>) -> T {
    make(text).expect("a good slug")
}

pub fn personal(text: &str) -> PersonalText {
    PersonalText::new(text)
}

/// The commands that found the company, in order.
pub fn founding() -> Vec<(Key, Command)> {
    let mut all = vec![(Key::Catalogue, apply(0))];
    all.extend(DEPARTMENTS.iter().map(|(id, _, parent)| put_department(id, None, *parent)));
    all.extend(STAFF.iter().map(|(id, ..)| (Key::StaffUser(user(id)), Command::Directory(DirectoryCommand::PutStaffUser(staff(id))))));
    all.extend(DEPARTMENTS.iter().map(|(id, head, parent)| put_department(id, Some(head), *parent)));
    for (id, title) in ACCOUNTS {
        let account = Account {
            id: account_id(id),
            name: personal(title),
            region: (id == "acme").then(|| slug("east", Region::new)),
            disabled: false,
        };
        all.push((Key::Account(account.id.clone()), Command::Directory(DirectoryCommand::PutAccount(account))));
    }
    for (id, ..) in CONTACTS {
        all.push((Key::Contact(contact_id(id)), Command::Directory(DirectoryCommand::PutContact(contact(id)))));
    }
    all.extend(super::equipment::founding());
    all.extend(super::companies::founding());
    all.extend(GROUPS.iter().map(|id| (Key::ServiceGroup(group(id)), Command::ServiceGroup(put_group(id)))));
    all
}

/// A department with this head below that one.
pub fn put_department(id: &str, head: Option<&str>, parent: Option<&str>) -> (Key, Command) {
    let department = Department {
        id: department_id(id),
        name: format!("Department {id}").into(),
        head: head.map(user),
        parent: parent.map(department_id),
        disabled: false,
    };
    (Key::Department(department.id.clone()), Command::Directory(DirectoryCommand::PutDepartment(department)))
}

/// A staff user as founded.
pub fn staff(id: &str) -> StaffUser {
    let (_, role, mail, superior) = STAFF.iter().find(|(known, ..)| *known == id).expect("of the company");
    StaffUser {
        id: user(id),
        name: personal(&format!("{id} 员工")),
        email: mail.then(|| personal(&format!("{}@example.org", if id.is_ascii() { id } else { "wang" }))),
        language: if id.is_ascii() { "en".into() } else { "zh".into() },
        roles: vec![name(role)],
        superior: superior.map(user),
        department: Some(department_id(if *role == "engineer" { "field" } else { "service" })),
        skills: if matches!(id, "eng-1" | "eng-3" | "王芳") { vec![slug("pumps", Skill::new)] } else { Vec::new() },
        regions: if id == "eng-4" { vec![slug("west", Region::new)] } else { Vec::new() },
        provider: None,
        call_account: super::dialer::account(id),
        absence: None,
        notices: None,
        disabled: false,
        erased: None,
    }
}

/// A contact as founded.
pub fn contact(id: &str) -> Contact {
    let (_, title, account, mail, language) = CONTACTS.iter().find(|(known, ..)| *known == id).expect("of the company");
    Contact {
        id: contact_id(id),
        account: account.map(account_id),
        name: personal(title),
        email: mail.then(|| personal(&format!("{id}@customer.example"))),
        mobile: Some(personal("+86 139 0000 0000")),
        // Some of them follow the public account, one came in through the mini program.
        wechat: (*account == Some("acme")).then(|| {
            let through = if id == "grace" { Through::Account } else { Through::MiniProgram };
            Box::new(WeChat { open_id: personal(&format!("o-{id}")), through })
        }),
        language: (*language).into(),
        sign_ins: None,
        disabled: false,
        erased: None,
    }
}

/// A service group as founded: one with a leader, one without, one small.
pub fn put_group(id: &str) -> ServiceGroupCommand {
    let (leader, members): (_, &[&str]) = match id {
        "north" => (Some("lead-a"), &["eng-1", "eng-2", "eng-3"]),
        "south" => (None, &["eng-3", "eng-4"]),
        _ => (Some("王芳"), &["eng-1"]),
    };
    let members = members.iter().map(|m| user(m)).collect();
    let (rule, limit) = match id {
        "north" => (GroupRule::ByLeader, Some(2)),
        "south" => (GroupRule::LeastLoaded, Some(2)),
        _ => (GroupRule::RoundRobin, None),
    };
    let (id, name) = (group(id), format!("Group {id}").into());
    ServiceGroupCommand::Put(GroupEntry { id, name, leader: leader.map(user), members, rule, limit, provider: None, disabled: false })
}

/// Applies an edition.
pub fn apply(edition: u32) -> Command {
    Command::Catalogue(CatalogueCommand::ApplyDefinitions(Box::new(definitions(edition))))
}

/// All definitions in an edition.
pub fn definitions(edition: u32) -> Definitions {
    let patterns = ["WO-{date}-{counter}", "IN-{counter}", "T{date}/{counter}", "WO-{date}-{counter}"];
    let record_type = |(id, pattern): (&&str, &str)| RecordType {
        name: name(id),
        title: format!("A {id}").into(),
        description: "".into(),
        number: NumberPattern::new(pattern).expect("a good pattern"),
        process: name(id),
        form: (*id == "repair").then(|| name("intake")),
        service_ticket: false,
        skills: Vec::new(),
    };
    Definitions {
        forms: vec![intake(edition), report(edition)],
        sops: vec![sop(edition)],
        record_types: RECORD_TYPES.iter().zip(patterns).map(record_type).collect(),
        processes: vec![repair(edition % 3), installation(edition % 2), ticket(), strict(edition % 2)],
        templates: vec![template("stars", 5, false), template("marks", 10, true)],
        rules: Some(rules(edition / 3)),
        messages: vec![message("ask", true), message("remind", false), message("returned", false)],
        type_states: Vec::new(),
        assignment_rules: (edition % 2 == 1).then(assignment_rules),
        roles: [super::keeping::desk(edition)].into_iter().chain(super::customers::roles()).collect(),
        sharing_rules: Some(super::keeping::sharing(edition)),
        follow_up_rules: Some(super::follow_up::rules(edition)),
        plug_ins: vec![super::follow_up::plug_in(edition)],
    }
}

pub fn asked(id: &str, required: bool, kind: Kind) -> SingleField {
    SingleField { name: name(id), title: id.into(), help: None, required, default: None, kind }
}

fn intake(edition: u32) -> Form {
    let fault = asked("fault", true, Kind::LongText { min: 1, max: 500 + edition, pattern: None });
    let floor = asked("floor", false, Kind::Number { min: Some(Decimal::whole(-3)), max: None, decimals: None });
    Form {
        name: name("intake"),
        title: "Intake".into(),
        fields: vec![Field::Single(fault), Field::Single(floor), super::equipment::field()],
    }
}

/// What nobody completes the work of a repair without; later editions ask for more than the running orders know of.
fn report(edition: u32) -> Form {
    let choice = |id: &str| Choice { name: name(id), title: id.into() };
    let cause = asked("cause", true, Kind::Choice { choices: ["wear", "misuse", "weather"].map(choice).to_vec() });
    let columns = vec![
        asked("part", true, Kind::Text { min: 1, max: 40, pattern: None }),
        asked("count", true, Kind::Number { min: Some(Decimal::whole(1)), max: None, decimals: Some(0) }),
    ];
    let parts = DetailTable {
        name: name("parts"),
        title: "零件".into(),
        help: None,
        required: false,
        columns,
        min: 0,
        max: 9 - (edition % 2) as u16,
    };
    Form { name: name("report"), title: "Report".into(), fields: vec![Field::Single(cause), Field::Table(parts)] }
}

pub fn node(id: &str, handlers: &[HandlerSpec], limits: Limits, spec: NodeSpec) -> ProcessNode {
    let condition = Condition::default();
    ProcessNode { name: name(id), title: id.into(), handlers: handlers.to_vec(), condition, limits, form: None, spec, labels: Vec::new() }
}

pub fn test(subject: Subject, not: bool, values: &[&str]) -> Condition {
    let constant = |text: &&str| match Priority::from_name(text) {
        Some(priority) => Constant::Priority(priority),
        None => Constant::Word((*text).into()),
    };
    let values = values.iter().map(constant).collect();
    Condition::test(Test { subject, check: if not { Check::NoneOf(values) } else { Check::OneOf(values) } })
}

fn dispatchers() -> HandlerSpec {
    HandlerSpec::Role(name("dispatcher"))
}

fn reminders(remind: Span, overdue: Span, stand_still_on_hold: bool) -> Limits {
    Limits {
        remind_after: vec![remind, Span(remind.0 * 3 / 2)],
        remind: Vec::new(),
        overdue_after: Some(overdue),
        escalate_to: Some(HandlerSpec::Leader),
        auto_complete_after: None,
        stand_still_on_hold,
        message: Some(name("remind")),
        customer_message: None,
    }
}

pub fn automatic(after: Span, remind: Option<Span>, stand_still_on_hold: bool) -> Limits {
    let message = remind.map(|_| name("remind"));
    let remind_after = remind.into_iter().flat_map(|span| [span, Span(span.0 + 600_000)]).collect();
    Limits { remind_after, auto_complete_after: Some(after), stand_still_on_hold, message, ..Limits::default() }
}

fn assigning(to_group: bool, straight: bool) -> NodeSpec {
    NodeSpec::Assign(assign::Spec { to_group, straight, taken_message: Some(name("remind")) })
}

fn accepting(may_decline: bool, may_transfer: bool, beyond_group: bool) -> NodeSpec {
    NodeSpec::Accept(accept::Spec { may_decline, may_transfer, beyond_group })
}

fn working(may_transfer: bool, beyond_group: bool) -> NodeSpec {
    NodeSpec::Task(task::Spec { may_transfer, beyond_group, taken_message: Some(name("remind")) })
}

fn on_site(sop: Option<&str>, overlapping_labor: bool) -> NodeSpec {
    let task = task::Spec { may_transfer: true, beyond_group: true, taken_message: Some(name("remind")) };
    NodeSpec::OnSite(on_site::Spec { task, sop: sop.map(name), overlapping_labor })
}

/// Steps of a visit; a later edition has one more that is not required.
fn sop(edition: u32) -> Sop {
    let step = |id: &str, required, ordered, location, labor| {
        let form = (id == "fix").then(|| name("report"));
        SopStep { name: name(id), title: id.into(), required, ordered, location, labor, form }
    };
    let mut steps = vec![
        step("depart", false, true, false, true),
        step("arrive", true, true, true, false),
        step("fix", true, false, false, true),
        step("photos", false, false, false, false),
        step("sign", true, true, false, false),
    ];
    if edition % 2 == 1 {
        steps.push(step("dance", false, false, false, false));
    }
    Sop { name: name("visit"), title: "上门服务".into(), steps }
}

fn confirming(message: Option<&str>) -> NodeSpec {
    NodeSpec::Confirm(confirm::Spec {
        message: message.map(name),
        returned_message: message.map(|_| name("returned")),
        link_ends_after: Span::days(7),
    })
}

fn by_rules(skip: bool) -> NodeSpec {
    NodeSpec::Evaluate(evaluate::Spec { method: Method::Rules, skip, link_ends_after: Span::days(30) })
}

fn by_qr(template: &str, mandatory: bool, skip: bool) -> NodeSpec {
    let method = Method::QrCode { template: name(template), mandatory };
    NodeSpec::Evaluate(evaluate::Spec { method, skip, link_ends_after: Span::days(12) })
}

/// The long way: group, leader, acceptance, work, confirmation, evaluation by rules. Edition 1 has the evaluation before the
/// confirmation and a visit more, edition 2 has no evaluation.
fn repair(edition: u32) -> Process {
    let engineer = [HandlerSpec::Engineer];
    let assign = node("assign", &[dispatchers()], reminders(Span::hours(2), Span::hours(8), false), assigning(true, true));
    let accept = node("accept", &engineer, automatic(Span::hours(4), Some(Span::hours(1)), false), accepting(true, true, false));
    let inspect =
        node("inspect", &[HandlerSpec::Owner, HandlerSpec::SuperiorOf(Person::Engineer)], Limits::default(), working(false, false));
    let mut work = node("work", &engineer, reminders(Span::days(1), Span::days(2), true), working(true, false));
    work.form = Some(name("report"));
    let asking = Limits { customer_message: Some(name("ask")), ..automatic(Span::days(3), Some(Span::days(1)), true) };
    let confirm = node("confirm", &[HandlerSpec::Submitter], asking, confirming(Some("ask")));
    let waiting = Limits {
        remind: vec![HandlerSpec::Engineer, HandlerSpec::Leader],
        customer_message: Some(name("ask")),
        ..automatic(Span::days(5), Some(Span::days(2)), true)
    };
    let evaluate = node("evaluate", &[HandlerSpec::Role(name("service-staff"))], waiting, by_rules(edition == 1));
    let nodes = match edition {
        0 => vec![assign, accept, work, confirm, evaluate],
        1 => vec![inspect, assign, accept, evaluate, work, confirm],
        _ => vec![assign, accept, inspect, work, confirm],
    };
    Process { name: name("repair"), title: "Repair".into(), nodes }
}

/// Straight to an engineer; two evaluations, the first one a gate; no accept node, so that a transfer stays in the task.
fn installation(edition: u32) -> Process {
    let handlers = [HandlerSpec::Engineer];
    let mut papers = node("papers", &[HandlerSpec::Owner], reminders(Span::hours(6), Span::days(1), false), working(false, false));
    papers.condition = test(Subject::Priority, false, &["high", "urgent"]);
    let company = node("rate-company", &[dispatchers()], Limits::default(), by_rules(false));
    let engineer = node("rate-engineer", &handlers, automatic(Span::days(10), None, false), by_qr("stars", true, true));
    let confirm = node("confirm", &[HandlerSpec::Submitter], automatic(Span::days(2), None, false), confirming(Some("ask")));
    let mut nodes = vec![
        node("assign", &[dispatchers(), HandlerSpec::Role(name("service-staff"))], Limits::default(), assigning(false, true)),
        node("work", &handlers, reminders(Span::hours(12), Span::days(3), true), on_site(Some("visit"), false)),
    ];
    match edition {
        0 => nodes.extend([engineer, papers, company]),
        _ => nodes.extend([confirm, papers, company, engineer]),
    }
    nodes.push(super::follow_up::by_rules());
    Process { name: name("installation"), title: "安装".into(), nodes }
}

/// An employee's ticket: any of the desk takes it; the submitter confirms; an evaluation that can be skipped and has no end.
fn ticket() -> Process {
    let desk = [HandlerSpec::Role(name("desk")), HandlerSpec::Members(group("south"))];
    let mut confirm = node("confirm", &[HandlerSpec::Submitter], automatic(Span::days(4), None, true), confirming(None));
    confirm.form = Some(name("report"));
    let nodes = vec![
        node("handle", &desk, reminders(Span::hours(1), Span::hours(3), false), working(true, true)),
        confirm,
        node("rate", &[HandlerSpec::Engineer, HandlerSpec::Role(name("desk"))], Limits::default(), by_qr("marks", false, true)),
        super::follow_up::by_rules(),
    ];
    Process { name: name("ticket"), title: "Ticket".into(), nodes }
}

/// Transfers beyond the group; a visit by steps in edition 0, one without an SOP whose labor may overlap in edition 1; a mandatory evaluation without any end in edition 0, one that stands still on hold in edition 1.
fn strict(edition: u32) -> Process {
    let limits = match edition {
        0 => reminders(Span::days(2), Span::days(4), false),
        _ => automatic(Span::days(6), Some(Span::days(9)), true),
    };
    let by_steps = if edition == 0 { on_site(Some("visit"), false) } else { on_site(None, true) };
    let mut work = node("work", &[HandlerSpec::Engineer, HandlerSpec::Leader], Limits::default(), by_steps);
    work.form = (edition == 1).then(|| name("report"));
    let mut nodes = vec![
        node("assign", &[dispatchers()], Limits::default(), assigning(true, false)),
        node("accept", &[HandlerSpec::Engineer], Limits::default(), accepting(false, true, true)),
        work,
        node("gate", &[dispatchers()], limits, by_qr("stars", true, false)),
        node("close", &[HandlerSpec::DepartmentHeadOf(Person::Engineer)], Limits::default(), working(false, false)),
        super::follow_up::standard(),
    ];
    if edition == 1 {
        nodes.insert(0, node("look", &[dispatchers()], Limits::default(), working(false, false)));
    }
    Process { name: name("strict"), title: "Strict".into(), nodes }
}

fn rules(edition: u32) -> Vec<EvaluationRule> {
    let rule = |id: &str, precedence, scope, mandatory, recipients: &[Recipient], qr, channels: &[MessageChannel]| EvaluationRule {
        name: name(id),
        precedence,
        scope,
        template: name(if precedence % 2 == 0 { "stars" } else { "marks" }),
        mandatory,
        recipients: recipients.to_vec(),
        channels: channels.to_vec(),
        message_priority: precedence < 4,
        fall_back_after: Span::hours(u64::from(precedence)),
        qr,
        message: (!recipients.is_empty()).then(|| name("ask")),
    };
    use MessageChannel::{Email, Sms, WeChat};
    let address = Recipient::Address("quality@example.org".into());
    let urgent = test(Subject::Priority, false, &["urgent"]);
    let acme = test(Subject::Account, false, &["acme"]);
    let phone = test(Subject::Channel, false, &["phone", "e-mail"]);
    let fixed = test(Subject::Channel, false, &["portal"]);
    vec![
        rule("urgent", 1, urgent, edition == 0, &[], true, &[]),
        rule("acme", 2, acme, true, &[Recipient::Contact, Recipient::Submitter], true, &[WeChat, Sms, Email]),
        rule("phone", 3, phone, edition == 1, &[Recipient::Contact], false, &[Sms, Email]),
        rule("fixed", 4, fixed, false, &[address, Recipient::Number("+8613800138000".into())], false, &[Email, Sms]),
    ]
}

fn assignment_rules() -> Vec<AssignmentRule> {
    let rule = |id: &str, precedence, scope, to, skills| AssignmentRule { name: name(id), precedence, scope, to, skills };
    let urgent = test(Subject::Priority, false, &["urgent"]);
    let online = test(Subject::Channel, false, &["online-service"]);
    let portal = test(Subject::Channel, false, &["portal"]);
    vec![
        rule("urgent", 1, urgent, AssignTo::Group(group("东区")), Vec::new()),
        rule("online", 2, online, AssignTo::User(user("eng-2")), Vec::new()),
        rule("portal", 3, portal, AssignTo::Group(group("south")), vec![slug("pumps", Skill::new)]),
    ]
}

fn template(id: &str, scale: u8, choice: bool) -> EvaluationTemplate {
    let field = |id: &str, required, kind| TemplateField { name: name(id), title: id.into(), required, kind };
    let mut fields = vec![field("overall", true, FieldKind::Rating { scale }), field("comment", false, FieldKind::Text)];
    if choice {
        fields.push(field("again", false, FieldKind::YesNo));
        fields.push(field("photos", false, FieldKind::Photos { max: 2 }));
        let option = |name: &str| AnswerOption { name: name.into(), title: name.into() };
        fields.push(field("when", false, FieldKind::Choice { options: vec![option("in time"), option("late")] }));
    }
    EvaluationTemplate { name: name(id), title: id.into(), fields }
}

fn message(id: &str, link: bool) -> MessageTemplate {
    let text = |words: &str| format!("{words} #WorkOrderNumber# #RecipientName#{}", if link { " #URL#" } else { "" });
    let wechat = || WeChatWording {
        template: "T-1".into(),
        data: vec![("thing1".into(), "#Subject#".into())],
        mini_program: Some(MiniProgramWording { template: "M-1".into(), page: "pages/rate?url=#URL#".into() }),
    };
    let wording = |language: &str, words: &str| Wording {
        language: language.into(),
        subject: words.into(),
        text: text(words).into(),
        html: None,
        sms: None,
        wechat: Some(wechat()).filter(|_| language == "zh" || link),
    };
    MessageTemplate { name: name(id), wordings: vec![wording("en", "About your order"), wording("zh", "关于您的工单")] }
}
