//! Definitions at random: whatever they are, their export applies to exactly the same.
//!
//! They are made from a stream of numbers, and a stream that shrinks makes simpler ones: what fails is shown at its smallest.

use crate::definitions_dice::{Dice, PIECES};
use crate::definitions_export::{catalogue, there_and_back};
use crate::definitions_words::{sms, template, wechat};
use proptest::prelude::*;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use workorderd::domain::currency::Currency;
use workorderd::domain::decimal::Decimal;
use workorderd::domain::definition::{
    AssignTo, AssignmentRule, Button, Check, Condition, Constant, Definitions, EvaluationRule, FollowUpBy, FollowUpRule, HandlerSpec,
    Limits, MessageTemplate, NodeSpec, Person, PlugIn, Process, ProcessNode, Recipient, RecordType, Right, RoleDefinition, ShareFrom,
    ShareTo, SharingRule, Sop, SopStep, Subject, Test, TypeState, Wording,
};
use workorderd::domain::directory::Directory;
use workorderd::domain::form::date::{Date, parse_time};
use workorderd::domain::form::{Cell, Choice, DetailTable, Field, Form, Given, Kind, Pattern, SingleField, Target, cell};
use workorderd::domain::ids::{DepartmentId, Name, ServiceGroupId, Skill, StaffUserId, UserGroupId};
use workorderd::domain::number::NumberPattern;
use workorderd::domain::process::{accept, assign, confirm, evaluate, follow_up, on_site, task};
use workorderd::domain::text;
use workorderd::domain::time::Span;
use workorderd::domain::work_order::mail::{FALL_BACK_AFTER, MessageChannel};
use workorderd::domain::work_order::state::{Channel, Priority};
use workorderd::domain::work_order::team::Access;
use workorderd::settings::definitions::{Surroundings, parse_into, write};

fn name(text: &str) -> Name {
    Name::new(text).expect(text)
}

fn names<const N: usize>(texts: [&str; N]) -> [Name; N] {
    texts.map(name)
}

const NUMBERS: [&str; 8] = ["-999999999999999999", "-99.50", "-1", "0", "0.000000001", "1.50", "7", "999999999999999999"];
const WHOLE: [&str; 5] = ["-3", "0", "1", "12", "1000000"];
const DATES: [&str; 3] = ["0001-01-01", "2026-02-28", "9999-12-31"];
const TIMES: [&str; 4] = ["1969-12-31T23:59:59.999Z", "2026-01-01T00:00:00.250Z", "2026-11-22T14:00+08:00", "2030-06-01T00:00:00Z"];
const PATTERNS: [&str; 4] = [".*", "(?s).+", "\\d{2}['\"]?", "[维修]+"];

fn numbers(texts: &[&str]) -> Vec<Decimal> {
    texts.iter().map(|text| Decimal::parse(text).expect(text)).collect()
}

fn choices(dice: &mut Dice) -> Vec<Choice> {
    let all = names(["leak", "噪音", "x_1"]);
    let choice = |dice: &mut Dice, n: usize| {
        let name = all[n].clone();
        Choice { title: if dice.flag() { dice.label() } else { name.as_str().into() }, name }
    };
    dice.some(1, 3, choice)
}

fn kind(dice: &mut Dice) -> Kind {
    let pattern = |dice: &mut Dice| dice.maybe(|dice| Pattern::new(dice.word(&PATTERNS)).expect("good"));
    let (min, more) = (dice.roll(4) as u32, [1, 76, 197, 200, 400, 700][dice.roll(6)]);
    let max = min + more;
    let few = (dice.roll(4) as u16, 4 + dice.roll(8) as u16);
    match dice.roll(17) {
        0 => Kind::Text { min, max, pattern: pattern(dice) },
        1 => Kind::LongText { min, max, pattern: pattern(dice) },
        2 => Kind::Address { min, max },
        3 => {
            let (min, max) = dice.limits(&numbers(&NUMBERS));
            Kind::Number { min, max, decimals: dice.maybe(|dice| dice.roll(10) as u8) }
        }
        4 => {
            let currency = Currency::new(dice.word(&["CNY", "JPY"])).expect("good");
            let (min, max) = dice.limits(&numbers(&WHOLE));
            let exact = |limit: Option<Decimal>| limit.and_then(|limit| limit.with_decimals(currency.decimals()));
            Kind::Money { currency, min: exact(min), max: exact(max) }
        }
        5 => {
            let (min, max) = dice.limits(&DATES.map(|date| Date::parse(date).expect("good")));
            Kind::Date { min, max }
        }
        6 => {
            let (min, max) = dice.limits(&TIMES.map(|time| parse_time(time).expect("good")));
            Kind::Time { min, max }
        }
        7 => Kind::Choice { choices: choices(dice) },
        8 => {
            let choices = choices(dice);
            let max = 1 + dice.roll(choices.len());
            Kind::Choices { min: dice.roll(max + 1) as u16, max: max as u16, choices }
        }
        9 => Kind::YesNo,
        10 => Kind::Phone { pattern: pattern(dice) },
        11 => Kind::Email { pattern: pattern(dice) },
        12 => Kind::Location,
        13 => Kind::Reference(dice.of(&Target::ALL).1),
        14 => {
            let media_types = dice.subset(&["image/*", "application/pdf", "text/x.y+z"]).into_iter().map(Into::into).collect();
            Kind::Attachment { min: few.0, max: few.1, media_types }
        }
        15 => Kind::Signature,
        _ => Kind::Stars { scale: *dice.of(&[5, 10]) },
    }
}

/// Values that such a field might have, ascending.
fn values(kind: &Kind, dice: &mut Dice) -> Vec<Given> {
    let numbers = |texts: &[&str]| texts.iter().map(|text| Given::Number((*text).into())).collect();
    let texts = |texts: &[&str]| texts.iter().map(|text| Given::text(text)).collect();
    match kind {
        Kind::Text { .. } => vec![Given::Text(dice.line())],
        Kind::LongText { .. } | Kind::Address { .. } => vec![Given::Text(dice.long())],
        Kind::Number { .. } => numbers(&NUMBERS),
        Kind::Money { .. } => numbers(&WHOLE),
        Kind::Date { .. } => texts(&DATES),
        Kind::Time { .. } => texts(&TIMES),
        Kind::Choice { choices } => choices.iter().map(|choice| Given::text(choice.name.as_str())).collect(),
        Kind::Choices { choices, .. } => vec![Given::List(choices.iter().rev().map(|choice| Given::text(choice.name.as_str())).collect())],
        Kind::YesNo => vec![Given::Flag(false), Given::Flag(true)],
        Kind::Phone { .. } => texts(&["+43 1 23456"]),
        Kind::Email { .. } => texts(&["a'b@example.org"]),
        Kind::Location => texts(&["48.2,16.37"]),
        Kind::Stars { .. } => numbers(&["1", "3", "5"]),
        Kind::Reference(_) | Kind::Attachment { .. } | Kind::Signature => Vec::new(),
    }
}

fn single(dice: &mut Dice, name: Name) -> SingleField {
    let kind = kind(dice);
    let values = values(&kind, dice);
    let default = dice.maybe(|dice| values.get(dice.roll(values.len().max(1))).cloned());
    let default = default.flatten().and_then(|given| cell::check(&kind, &given, cell::Known::all(&Directory::default())).ok());
    let title = if dice.flag() { dice.label() } else { name.as_str().into() };
    SingleField { title, help: dice.maybe(Dice::label), required: dice.flag(), default, kind, name }
}

fn field(dice: &mut Dice, n: usize) -> Field {
    let name = name(&format!("f{n}"));
    if n == 0 {
        let kind = Kind::Reference(Target::StaffUser);
        return Field::Single(SingleField { title: "f0".into(), name, help: None, required: false, default: None, kind });
    }
    if dice.roll(8) != 1 {
        return Field::Single(single(dice, name));
    }
    let columns = dice.some(1, 3, |dice, n| single(dice, Name::new(&format!("c{n}")).expect("good")));
    let min = dice.roll(4) as u16;
    let max = min + [1, 50, 100, 200][dice.roll(4)];
    Field::Table(DetailTable { title: dice.label(), help: dice.maybe(Dice::label), required: dice.flag(), columns, min, max, name })
}

fn constant(kind: &Kind, given: &Given) -> Option<Constant> {
    let free = match kind {
        Kind::Number { .. } => Kind::Number { min: None, max: None, decimals: None },
        Kind::Money { currency, .. } => Kind::Money { currency: *currency, min: None, max: None },
        Kind::Date { .. } => Kind::Date { min: None, max: None },
        Kind::Time { .. } => Kind::Time { min: None, max: None },
        other => other.clone(),
    };
    match (cell::check(&free, given, cell::Known::all(&Directory::default())).ok()?, given) {
        (Cell::Number(number), _) => Some(Constant::Number(number)),
        (Cell::Money { amount, currency }, _) => Some(Constant::Money(amount, currency)),
        (Cell::Date(date), _) => Some(Constant::Date(date)),
        (Cell::Time(time), _) => Some(Constant::Time(time)),
        (Cell::Choice(name), _) => Some(Constant::Word(name.as_str().into())),
        (Cell::Flag(flag), _) => Some(Constant::Flag(flag)),
        (Cell::Stars { value, .. }, _) => Some(Constant::Stars(value)),
        (_, Given::Text(text)) => Some(Constant::Word(text.trim().into())),
        _ => None,
    }
}

/// A check of values that are ascending, where that means something.
fn check(dice: &mut Dice, values: &[Constant], amounts: bool, may_be_empty: bool) -> Check {
    let some = |dice: &mut Dice| dice.some(1, 3, |dice, _| dice.of(values).clone());
    match dice.roll(if amounts { 9 } else { 4 }) {
        _ if values.is_empty() => dice.of(&[Check::Empty, Check::NotEmpty]).clone(),
        0 => Check::OneOf(some(dice)),
        1 => Check::NoneOf(some(dice)),
        2 if may_be_empty => Check::Empty,
        3 if may_be_empty => Check::NotEmpty,
        2 | 3 => Check::OneOf(vec![dice.of(values).clone()]),
        4 => Check::Less(dice.of(values).clone()),
        5 => Check::AtMost(dice.of(values).clone()),
        6 => Check::More(dice.of(values).clone()),
        7 => Check::AtLeast(dice.of(values).clone()),
        _ => {
            let (a, b) = (dice.of(values).clone(), dice.of(values).clone());
            let ordered = a.compare(&b).is_some_and(Ordering::is_le);
            if ordered { Check::Between(a, b) } else { Check::Between(b, a) }
        }
    }
}

fn words<const N: usize>(texts: [&str; N]) -> Vec<Constant> {
    texts.map(|text| Constant::Word(text.into())).to_vec()
}

fn test(dice: &mut Dice, fields: &[Field]) -> Test {
    if dice.roll(3) != 2 {
        let subject = dice.of(&Subject::OWN).1.clone();
        let check = match &subject {
            Subject::Priority => check(dice, &Priority::ALL.map(Constant::Priority), true, false),
            Subject::Channel => check(dice, &words(Channel::NAMES), false, false),
            Subject::RecordType => check(dice, &words(["t0"]), false, false),
            _ => check(dice, &words(["north", "南"]), false, true),
        };
        return Test { subject, check };
    }
    let field = dice.of(fields);
    let subject = Subject::Field(field.name().clone());
    let Field::Single(single) = field else { return Test { subject, check: check(dice, &[], false, true) } };
    let given = values(&single.kind, dice);
    let of = |kind: &Kind| given.iter().filter_map(|given| constant(kind, given)).collect::<Vec<_>>();
    let check = match &single.kind {
        Kind::Choices { choices, .. } => Check::Contains(dice.of(choices).name.as_str().into()),
        Kind::Text { .. } | Kind::LongText { .. } if dice.flag() => Check::Contains(dice.long()),
        Kind::YesNo => Check::OneOf(vec![Constant::Flag(dice.flag())]),
        Kind::Reference(_) => check(dice, &words(["anna", "李"]), false, true),
        Kind::Number { .. } | Kind::Money { .. } | Kind::Date { .. } | Kind::Time { .. } | Kind::Stars { .. } => {
            check(dice, &of(&single.kind), true, true)
        }
        Kind::Location | Kind::Attachment { .. } | Kind::Signature => check(dice, &[], false, true),
        _ => check(dice, &of(&single.kind), false, true),
    };
    Test { subject, check }
}

fn condition(dice: &mut Dice, fields: &[Field], depth: usize) -> Condition {
    match if depth == 0 { 0 } else { dice.roll(5) } {
        1 => Condition::all(dice.some(1, 3, |dice, _| condition(dice, fields, depth - 1))),
        2 => Condition::any(dice.some(1, 3, |dice, _| condition(dice, fields, depth - 1))),
        3 => condition(dice, fields, depth - 1).not(),
        _ => Condition::test(test(dice, fields)),
    }
}

fn scope(dice: &mut Dice, fields: &[Field]) -> Condition {
    dice.maybe(|dice| condition(dice, fields, 4)).unwrap_or_default()
}

fn handlers(dice: &mut Dice) -> Vec<HandlerSpec> {
    let (anna, north) = (StaffUserId::new("anna").expect("good"), ServiceGroupId::new("north").expect("good"));
    let [role, field] = names(["r0", "f0"]);
    let all = [
        HandlerSpec::Role(role.clone()),
        HandlerSpec::User(anna.clone()),
        HandlerSpec::Members(north.clone()),
        HandlerSpec::Leader,
        HandlerSpec::Engineer,
        HandlerSpec::Owner,
        HandlerSpec::Submitter,
        HandlerSpec::Field(field.clone()),
        HandlerSpec::SuperiorOf(Person::Members(north)),
        HandlerSpec::SuperiorOf(Person::Field(field)),
        HandlerSpec::DepartmentHeadOf(Person::Role(role)),
        HandlerSpec::DepartmentHeadOf(Person::User(anna)),
        HandlerSpec::DepartmentHeadOf(Person::Submitter),
    ];
    let some = dice.subset(&all);
    if some.is_empty() { vec![HandlerSpec::Engineer] } else { some }
}

fn node(dice: &mut Dice, n: usize, forms: &[Form]) -> ProcessNode {
    let [with_link, plain] = names(["m0", "m1"]);
    let plain = |dice: &mut Dice| dice.maybe(|_| plain.clone());
    let link_ends_after = *dice.of(&[Span::days(30), Span::hours(36)]);
    let transfer = dice.flag();
    let beyond_group = transfer && dice.flag();
    // What stands first gives the others something to go back to.
    let spec = match if n < 2 { n } else { dice.roll(7) } {
        6 => {
            let standard = |_: &mut Dice| follow_up::Method::Standard { template: name("e0"), person: person() };
            NodeSpec::FollowUp(follow_up::Spec { method: dice.maybe(standard).unwrap_or(follow_up::Method::Rules) })
        }
        0 => {
            let to_group = dice.flag();
            NodeSpec::Assign(assign::Spec { to_group, straight: !to_group || dice.flag(), taken_message: plain(dice) })
        }
        1 => NodeSpec::Task(task::Spec { may_transfer: transfer, beyond_group, taken_message: plain(dice) }),
        2 => NodeSpec::Accept(accept::Spec { may_decline: dice.flag(), may_transfer: transfer, beyond_group }),
        5 => {
            let task = task::Spec { may_transfer: transfer, beyond_group, taken_message: plain(dice) };
            NodeSpec::OnSite(on_site::Spec { task, sop: dice.maybe(|_| name("s0")), overlapping_labor: dice.flag() })
        }
        3 => {
            let (message, returned_message) = (dice.maybe(|_| with_link.clone()), plain(dice));
            NodeSpec::Confirm(confirm::Spec { message, returned_message, link_ends_after })
        }
        _ => {
            let by_code = |dice: &mut Dice| evaluate::Method::QrCode { template: name("e0"), mandatory: dice.flag() };
            let method = dice.maybe(by_code).unwrap_or(evaluate::Method::Rules);
            NodeSpec::Evaluate(evaluate::Spec { method, skip: dice.flag(), link_ends_after })
        }
    };
    let fields = &forms[0].fields;
    // The first form has all fields, so that every condition is asked.
    let form = match &spec {
        NodeSpec::Assign(_) if n == 0 => Some(&forms[0]),
        NodeSpec::Assign(_) | NodeSpec::Accept(_) | NodeSpec::Task(_) | NodeSpec::OnSite(_) | NodeSpec::Confirm(_) => {
            dice.maybe(|dice| dice.of(forms))
        }
        NodeSpec::Evaluate(_) | NodeSpec::FollowUp(_) => None,
    };
    let buttons = [Button::OF_EVALUATE, Button::OF_FOLLOW_UP].into_iter().zip(["evaluate", "follow-up"]);
    let buttons: Vec<Button> = buttons.filter(|(_, kind)| *kind == spec.kind()).flat_map(|(of, _)| of).copied().collect();
    let labels = dice.subset(&buttons).into_iter().map(|button| (button, dice.label())).collect();
    let mut limits = Limits { stand_still_on_hold: dice.flag(), ..Limits::default() };
    limits.remind_after = dice.subset(&[Span::minutes(1), Span::minutes(90), Span::hours(24), Span::days(3)]);
    if !limits.remind_after.is_empty() {
        limits.remind = dice.maybe(handlers).unwrap_or_default();
        let asks = match &spec {
            NodeSpec::Confirm(spec) => spec.message.is_some(),
            NodeSpec::Evaluate(spec) => spec.method == evaluate::Method::Rules,
            NodeSpec::Assign(_) | NodeSpec::Accept(_) | NodeSpec::Task(_) | NodeSpec::OnSite(_) | NodeSpec::FollowUp(_) => false,
        };
        limits.customer_message = dice.maybe(|_| with_link.clone()).filter(|_| asks);
    }
    limits.overdue_after = dice.maybe(|dice| *dice.of(&[Span::hours(8), Span::days(2)]));
    if limits.overdue_after.is_some() {
        limits.escalate_to = dice.maybe(handlers).map(|all| dice.of(&all).clone());
    }
    if limits.overdue_after.is_some() || !limits.remind_after.is_empty() {
        limits.message = plain(dice);
    }
    limits.auto_complete_after = dice.maybe(|_| Span::days(9)).filter(|_| spec.may_auto_complete());
    let form = form.map(|form| form.name.clone());
    ProcessNode {
        name: name(&format!("n{n}")),
        title: dice.label(),
        handlers: handlers(dice),
        condition: scope(dice, fields),
        limits,
        form,
        spec,
        labels,
    }
}

fn message(dice: &mut Dice, id: &str, link: &str) -> MessageTemplate {
    // A number sign would begin a variable.
    let pieces = &PIECES[..PIECES.len() - 1];
    let words = |dice: &mut Dice| -> Box<str> { format!("{link}{}#Subject#", dice.pieces(pieces)).trim().into() };
    let languages = dice.subset(&["zh", "pt-BR"]).into_iter().chain(["en"]);
    let wordings = languages.map(|language| {
        let subject = text::line("", &dice.pieces(pieces), 100).unwrap_or_else(|_| "x".into());
        let (sms, wechat) = (dice.maybe(|dice| sms(dice, link)), dice.maybe(|dice| wechat(dice, link)));
        Wording { language: language.into(), subject, text: words(dice), html: dice.maybe(words), sms, wechat }
    });
    MessageTemplate { name: name(id), wordings: wordings.collect() }
}

fn rule(dice: &mut Dice, n: usize, fields: &[Field]) -> EvaluationRule {
    let known = [
        Recipient::Contact,
        Recipient::Submitter,
        Recipient::Address("a'b@example.org".into()),
        Recipient::Number("+8613800138000".into()),
    ];
    let recipients = dice.subset(&known);
    // Not WeChat: whether each wording has words for it is another test's.
    let both = vec![MessageChannel::Sms, MessageChannel::Email];
    let channels = if recipients.is_empty() { Vec::new() } else { dice.of(&[both, vec![MessageChannel::Email]]).clone() };
    let message_priority = channels.len() > 1 && dice.flag();
    let fall_back_after = if message_priority { *dice.of(&[FALL_BACK_AFTER, Span::minutes(7)]) } else { FALL_BACK_AFTER };
    let message = (!recipients.is_empty()).then(|| name("m0"));
    let qr = recipients.is_empty() || dice.flag();
    let (scope, mandatory) = (scope(dice, fields), dice.flag());
    EvaluationRule {
        name: name(&format!("v{n}")),
        precedence: n as u32 * 10 + 1,
        scope,
        template: name("e0"),
        mandatory,
        recipients,
        channels,
        message_priority,
        fall_back_after,
        qr,
        message,
    }
}

fn sop(dice: &mut Dice, forms: &[Form]) -> Sop {
    let step = |dice: &mut Dice, n: usize| SopStep {
        name: name(&format!("d{n}")),
        title: dice.label(),
        required: dice.flag(),
        ordered: dice.flag(),
        location: dice.flag(),
        labor: dice.flag(),
        form: dice.maybe(|dice| dice.of(forms).name.clone()),
    };
    Sop { name: name("s0"), title: dice.label(), steps: dice.some(1, 4, step) }
}

fn skills(dice: &mut Dice) -> Vec<Skill> {
    dice.subset(&["welding", "高空作业"].map(|skill| Skill::new(skill).expect("good")))
}

fn assignment(dice: &mut Dice, n: usize, fields: &[Field]) -> AssignmentRule {
    let group = dice.flag();
    let skills = if group { skills(dice) } else { Vec::new() };
    let to = if group { AssignTo::Group(ServiceGroupId::new("north").expect("good")) } else { AssignTo::User(person()) };
    AssignmentRule { name: name(&format!("a{n}")), precedence: n as u32 * 7 + 1, scope: scope(dice, fields), to, skills }
}

fn person() -> StaffUserId {
    StaffUserId::new("小李").expect("good")
}

fn follow_up_rule(dice: &mut Dice, n: usize, fields: &[Field]) -> FollowUpRule {
    let rotation = FollowUpBy::Rotation(ServiceGroupId::new("热线").expect("good"));
    let by = dice.of(&[FollowUpBy::Person(person()), rotation]).clone();
    FollowUpRule { name: name(&format!("f{n}")), precedence: n as u32 * 7 + 1, scope: scope(dice, fields), template: name("e0"), by }
}

fn sharing(dice: &mut Dice, n: usize) -> SharingRule {
    let department = || DepartmentId::new("现场").expect("good");
    let from = dice.of(&[ShareFrom::User(person()), ShareFrom::Department(department())]).clone();
    let to = [ShareTo::User(person()), ShareTo::Department(department()), ShareTo::UserGroup(UserGroupId::new("branch").expect("good"))];
    SharingRule { name: name(&format!("h{n}")), from, to: dice.of(&to).clone(), access: *dice.of(&Access::ALL) }
}

fn record_type(dice: &mut Dice, n: usize, processes: usize, forms: &[Form]) -> RecordType {
    let service_ticket = dice.roll(4) == 1;
    let title = if service_ticket { format!("T{n}").as_str().into() } else { dice.label() };
    RecordType {
        name: name(&format!("t{n}")),
        title,
        description: dice.maybe(Dice::long).unwrap_or_default(),
        number: NumberPattern::new(&format!("T{n}{}-{{counter}}", if dice.flag() { "-{date}" } else { "" })).expect("good"),
        process: name(&format!("p{}", dice.roll(processes))),
        form: dice.maybe(|dice| dice.of(forms).name.clone()),
        skills: skills(dice),
        service_ticket,
    }
}

fn definitions(numbers: Vec<u16>) -> Definitions {
    let dice = &mut Dice::new(numbers);
    let fields = dice.some(1, 8, field);
    let mut forms = vec![Form { name: name("o0"), title: dice.label(), fields: fields.clone() }];
    forms.extend(dice.some(0, 2, |dice, n| {
        let some = dice.subset(&fields);
        let fields = if some.is_empty() { fields[..1].to_vec() } else { some };
        Form { name: name(&format!("o{}", n + 1)), title: dice.label(), fields }
    }));
    let processes = dice.some(1, 2, |dice, n| {
        let nodes = dice.some(1, 6, |dice, n| node(dice, n, &forms));
        Process { name: name(&format!("p{n}")), title: dice.label(), nodes }
    });
    let record_types = dice.some(1, 3, |dice, n| record_type(dice, n, processes.len(), &forms));
    let type_states = record_types.iter().map(|t| (t.name.clone(), dice.of(&TypeState::IN_FILES).1)).collect();
    let types: Vec<Name> = record_types.iter().map(|t| t.name.clone()).collect();
    let some_of =
        |dice: &mut Dice, fields: &[Field]| BTreeSet::from_iter(dice.subset(fields).iter().map(|f| f.name().clone())).into_iter().collect();
    let role = |dice: &mut Dice, n: usize| {
        let rights = BTreeSet::from_iter(dice.subset(&Right::ALL.map(|(_, right)| right))).into_iter().collect();
        RoleDefinition {
            name: name(&format!("r{n}")),
            rights,
            record_types: dice.maybe(|dice| dice.subset(&types)),
            hidden_fields: some_of(dice, &fields),
            read_only_fields: some_of(dice, &fields),
        }
    };
    Definitions {
        templates: vec![template(dice)],
        sops: vec![sop(dice, &forms)],
        rules: Some(dice.some(0, 3, |dice, n| rule(dice, n, &fields))),
        messages: vec![message(dice, "m0", "#URL# "), message(dice, "m1", "")],
        roles: dice.some(1, 3, role),
        assignment_rules: Some(dice.some(0, 3, |dice, n| assignment(dice, n, &fields))),
        sharing_rules: Some(dice.some(0, 3, sharing)),
        follow_up_rules: Some(dice.some(0, 3, |dice, n| follow_up_rule(dice, n, &fields))),
        plug_ins: dice.maybe(|dice| PlugIn { name: name("follow-up"), on: dice.flag() }).into_iter().collect(),
        forms,
        record_types,
        type_states,
        processes,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_defined_its_export_applies_to_exactly_the_same(numbers in prop::collection::vec(any::<u16>(), 0..3_000)) {
        let definitions = definitions(numbers);
        there_and_back(&definitions);
        // Into a company that has it already: nothing changes. Into one that has nothing: all of it is there.
        let exported = write::files(&definitions);
        let there = catalogue(&exported);
        let surroundings = Surroundings { there: &there.definitions(), service_ticket_types: 15 };
        let again = parse_into(&exported, &surroundings).expect("good");
        prop_assert!(there.difference(&again).is_empty());
        prop_assert!(there.definitions() == definitions);
    }
}
