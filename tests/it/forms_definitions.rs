//! Forms and conditions in definition files: what is taken, and exactly what is said about what is not.

use workorderd::domain::definition::Definitions;
use workorderd::domain::form::{Field, Kind};
use workorderd::settings::definitions::parse;

/// A form with fields of several kinds, for conditions and messages to name.
const FORM: &str = r#"
[[form]]
name = "intake"
title = { en = "Intake", zh = "报修" }
[[form.field]]
name = "fault"
kind = "long-text"
required = true
[[form.field]]
name = "cost"
kind = "money"
currency = "CNY"
max = 10000
[[form.field]]
name = "floor"
kind = "number"
[[form.field]]
name = "seen-on"
kind = "date"
[[form.field]]
name = "kind-of-fault"
kind = "choice"
choices = ["leak", { name = "noise", title = { en = "Noise", zh = "异响" } }]
[[form.field]]
name = "seen"
kind = "choices"
choices = ["smoke", "water"]
[[form.field]]
name = "safe"
kind = "yes-no"
[[form.field]]
name = "parts"
kind = "table"
[[form.field.column]]
name = "part"
kind = "text"
required = true
[[form.field.column]]
name = "count"
kind = "number"
min = 1
decimals = 0
"#;

fn read(text: &str) -> Result<Definitions, Vec<String>> {
    let files = [("form.toml".to_owned(), FORM.to_owned()), ("x.toml".to_owned(), text.to_owned())];
    parse(&files).map_err(|problems| problems.iter().map(ToString::to_string).collect())
}

#[track_caller]
fn expect(text: &str, expected: &[&str]) {
    assert_eq!(read(text).err().unwrap_or_default(), expected, "{text}");
}

fn field(keys: &str) -> String {
    format!("[[form]]\nname = \"f\"\n[[form.field]]\nname = \"x\"\n{keys}\n")
}

fn node(when: &str) -> String {
    format!("[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nwhen = {when}\n")
}

#[test]
fn a_form_may_have_every_kind_of_field() {
    let kinds = "text long-text number date date-time yes-no phone e-mail address location attachment signature stars-5 stars-10";
    for kind in kinds.split(' ') {
        let read = read(&field(&format!("kind = \"{kind}\""))).unwrap();
        assert_eq!(read.forms[1].fields[0].kind(), kind);
    }
    for (keys, kind) in [
        ("kind = \"money\"\ncurrency = \"JPY\"\nmin = 0", "money"),
        ("kind = \"choice\"\nchoices = [\"a\"]", "choice"),
        ("kind = \"choices\"\nchoices = [\"a\", \"b\"]\nmax = 1", "choices"),
        ("kind = \"reference\"\nto = \"staff-user\"", "reference"),
        ("kind = \"table\"\nmax = 3\n[[form.field.column]]\nname = \"c\"\nkind = \"text\"", "table"),
    ] {
        assert_eq!(read(&field(keys)).unwrap().forms[1].fields[0].kind(), kind);
    }
}

#[test]
fn what_no_field_can_be_is_refused_with_its_place() {
    let at = |problem: &str| format!("x.toml:{problem}");
    for (keys, expected) in [
        ("kind = \"txt\"", "5: form.f.field[1].kind: there is no kind of field \"txt\" (did you mean text?)"),
        ("kind = \"text\"\nmin = 5\nmax = 4", "7: form.f.field[1].max: nothing could be given: at least 5 and at most 4"),
        ("kind = \"text\"\nmax = 1001", "6: form.f.field[1].max: 1001 is not between 0 and 1000"),
        ("kind = \"number\"\nmin = 2\nmax = 1.5", "7: form.f.field[1].max: nothing could be given: min is above max"),
        (
            "kind = \"money\"\ncurrency = \"RMB\"",
            "6: form.f.field[1].currency: there is no currency \"RMB\" (write an ISO 4217 code such as CNY or EUR)",
        ),
        ("kind = \"money\"\ncurrency = \"JPY\"\nmax = 1.5", "7: form.f.field[1].max: 1.5 has more digits behind the point than JPY"),
        (
            "kind = \"reference\"\nto = \"terminals\"",
            "6: form.f.field[1].to: a reference cannot lead to \"terminals\" (did you mean terminal?)",
        ),
        ("kind = \"choice\"\nchoices = [\"a\", \"a\"]", "6: form.f.field[1].choices[2]: the choice a stands there twice"),
        (
            "kind = \"yes-no\"\npattern = \"a\"",
            "6: form.f.field[1].pattern: a field of the kind yes-no has no such key (it belongs to fields of the kind text, long-text, phone, e-mail)",
        ),
        (
            "kind = \"text\"\ndefault = \"abc\"\nmax = 2",
            "6: form.f.field[1].default: the default breaks the rule max of its own field: has 3 characters, at most 2 are allowed",
        ),
        (
            "kind = \"signature\"\ndefault = \"x\"",
            "6: form.f.field[1].default: a field of the kind signature cannot have a default (leave it out)",
        ),
        ("kind = \"table\"", "3: form.f.field[1]: the table has no columns (add at least one table [[form.field.column]])"),
        (
            "kind = \"table\"\n[[form.field.column]]\nname = \"c\"\nkind = \"table\"",
            "8: form.f.field[1].column[1].kind: a table within a table is not possible (make it a field of its own)",
        ),
        (
            "kind = \"attachment\"\nmedia_types = [\"jpeg\"]",
            "6: form.f.field[1].media_types: \"jpeg\" is not a media type (write image/jpeg or image/*)",
        ),
        (
            "kind = \"text\"\ntitle = { en = \"X\", \"中文\" = \"Y\" }",
            "6: form.f.field[1].title.中文: \"中文\" is not a language tag (write a tag such as en, zh or pt-BR)",
        ),
    ] {
        expect(&field(keys), &[&at(expected)]);
    }
    expect(
        "[[form]]\nname = \"f\"\n[[form.field]]\nname = \"priority\"\nkind = \"text\"\n",
        &["x.toml:4: form.f.field[1].name: priority is a field that every Work Order has already (choose another name)"],
    );
}

#[test]
fn one_name_is_one_field_over_all_forms() {
    let text = |kind: &str| format!("[[form]]\nname = \"f\"\n[[form.field]]\nname = \"floor\"\n{kind}\n");
    assert!(read(&text("kind = \"number\"\nmax = 3")).is_ok());
    expect(
        &text("kind = \"text\""),
        &["x.toml:4: form.f.field[1].name: the field floor is text here and number in the form intake \
           (one name is one field: rename one of them; the other is at form.toml:15)"],
    );
    let cost =
        |currency: &str| format!("[[form]]\nname = \"f\"\n[[form.field]]\nname = \"cost\"\nkind = \"money\"\ncurrency = \"{currency}\"\n");
    assert!(read(&cost("CNY")).is_ok());
    assert!(read(&cost("EUR")).unwrap_err()[0].contains("the field cost is money in EUR here and money in CNY in the form intake"));
}

#[test]
fn patterns_that_would_run_for_ever_run_in_linear_time_or_are_refused() {
    let pattern = |pattern: &str| field(&format!("kind = \"text\"\npattern = '{pattern}'"));
    for (bad, says) in [
        ("(", "unclosed group"),
        ("a)(b", "unopened group"),
        ("(?=a)b", "look-around"),
        (r"(a)\1", "backreferences are not supported"),
        ("((a{1000}){1000}){1000}", "needs more than 1048576 bytes of memory to run; repeat less"),
        (&"a".repeat(501), "has 501 bytes, at most 500 are allowed"),
        ("", "is empty; leave it out"),
        (&("(".repeat(100) + &")".repeat(100)), "nest"),
    ] {
        let problems = read(&pattern(bad)).unwrap_err();
        assert_eq!(problems.len(), 1, "{bad}");
        assert!(problems[0].starts_with("x.toml:6: form.f.field[1].pattern: ") && problems[0].contains(says), "{bad}: {}", problems[0]);
    }
    // The classic one: with 5,000 characters a backtracking engine would not come back.
    let read = read(&pattern("(a+)+b")).unwrap();
    let Field::Single(single) = &read.forms[1].fields[0] else { panic!("no table") };
    let Kind::Text { pattern: Some(pattern), .. } = &single.kind else { panic!("no text") };
    assert!(!pattern.matches(&"a".repeat(5_000)));
    assert!(pattern.matches(&("a".repeat(5_000) + "b")) && !pattern.matches("xab") && !pattern.matches("ab\n"));
}

#[test]
fn a_form_of_a_thousand_fields_is_taken_and_one_of_more_is_refused() {
    let form = |n: usize| {
        let fields: String = (0..n).map(|i| format!("[[form.field]]\nname = \"x{i}\"\nkind = \"text\"\n")).collect();
        format!("[[form]]\nname = \"f\"\n{fields}")
    };
    assert_eq!(read(&form(1_000)).unwrap().forms[1].fields.len(), 1_000);
    expect(&form(1_001), &["x.toml:3: form.f.field: has 1001 fields, at most 1000 are allowed"]);
}

#[test]
fn conditions_are_nested_and_their_values_are_of_the_fields_kind() {
    for when in [
        "[{ field = \"cost\", more = 500 }]",
        "{ field = \"cost\", at_least = \"500.50 CNY\" }",
        "{ any = [{ field = \"floor\", between = [1, 2.5] }, { not = { field = \"safe\", equals = true } }] }",
        "{ all = [{ field = \"seen\", contains = \"smoke\" }, { field = \"fault\", contains = \"leak\" }] }",
        "{ not = [{ field = \"seen-on\", less = 2026-01-01 }, { field = \"priority\", at_least = \"high\" }] }",
        "[{ field = \"parts\", empty = false }, { field = \"contact\", in = [\"wang\"] }]",
    ] {
        expect(&node(when), &[]);
    }
    let says = |when: &str, expected: &str| expect(&node(when), &[&format!("x.toml:6: process.p.node[1].{expected}")]);
    says("[{ field = \"flor\", more = 1 }]", "when[1].field: there is no field \"flor\" to test (did you mean floor?)");
    says(
        "{ field = \"fault\", less = 3 }",
        "when.less: fault is a text and cannot be tested with less (possible are in, not_in, equals, contains, empty)",
    );
    says("{ field = \"kind-of-fault\", equals = \"nois\" }", "when.equals: \"nois\" is none of the choices (did you mean noise?)");
    says("{ field = \"cost\", more = \"5 EUR\" }", "when.more: is in \"EUR\", but this field is in CNY");
    says("{ field = \"floor\", between = [3, 1] }", "when.between: nothing is between 3 and 1 (write the smaller one first)");
    says("{ field = \"floor\", equals = \"two\" }", "when.equals: \"two\" is not a number; write digits, such as 12 or -3.50");
    says("{ field = \"safe\", equals = 1 }", "when.equals: expected yes or no, found a number");
    says("{ any = [] }", "when.any: the list of tests is empty (name at least one test, or leave it out)");
    says(
        "{ any = [{ field = \"safe\", empty = true }], all = [{ field = \"safe\", empty = true }] }",
        "when: has all and any side by side (nest them: { all = [{ any = [...] }, { not = {...} }] })",
    );
}

#[test]
fn a_condition_of_depth_16_is_taken_and_a_deeper_one_is_refused_with_the_limit() {
    let deep = |n: usize| node(&("{ not = ".repeat(n) + "{ field = \"floor\", more = 1 }" + &" }".repeat(n)));
    expect(&deep(15), &[]);
    for n in [16, 20, 40] {
        let problems = read(&deep(n)).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].contains("conditions are nested more than 16 deep"), "{problems:?}");
    }
    // So deep that the parser of the file itself says no.
    for n in [100, 100_000] {
        let problems = read(&deep(n)).unwrap_err();
        assert!(
            problems.iter().any(|p| p.contains("16 deep") || p.contains("recurse") || p.contains("nest") || p.contains("depth")),
            "{n}: {:?}",
            problems.first()
        );
    }
    let wide =
        node(&format!("{{ any = [{}] }}", "{ all = [{ field = \"floor\", more = 1 }, { field = \"floor\", less = 9 }] },".repeat(80)));
    expect(&wide, &["x.toml:6: process.p.node[1].when: has 241 tests and joins, at most 200 are allowed"]);
}

#[test]
fn a_message_may_name_any_field_and_nothing_else() {
    let message =
        |text: &str| format!("[[message]]\nname = \"m\"\n[[message.wording]]\nlanguage = \"en\"\nsubject = \"s\"\ntext = \"{text}\"\n");
    expect(&message("#fault# costs #cost# on #seen-on#"), &[]);
    expect(&message("#falt#"), &["x.toml:6: message.m.wording[1].text: there is no variable #falt# (did you mean #fault#?)"]);
}

#[test]
fn forms_are_referred_to_by_record_types_and_nodes_of_the_staff() {
    let process = |kind: &str| {
        format!(
            "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"a\"\nkind = \"task\"\n[[process.node]]\nname = \"n\"\nkind = \"{kind}\"\nform = \"intake\"\n"
        )
    };
    expect(&process("task"), &[]);
    expect(&process("confirm"), &[]);
    expect(
        &process("evaluate"),
        &[
            "x.toml:9: process.p.node[2].form: a node of the kind evaluate has no such key (it belongs to nodes of the kind assign or accept or task or on-site or confirm)",
        ],
    );
    expect(
        "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nform = \"intak\"\n",
        &["x.toml:6: process.p.node[1].form: there is no form \"intak\" (did you mean intake?)"],
    );
}

#[test]
fn what_a_process_looks_at_is_asked_by_one_of_its_forms() {
    let other = "[[form]]\nname = \"other\"\n[[form.field]]\nname = \"helper\"\nkind = \"reference\"\nto = \"staff-user\"\n";
    let process = "[[process]]\nname = \"p\"\n[[process.node]]\nname = \"n\"\nkind = \"task\"\nhandlers = [\"superior-of:field:helper\"]\n\
                   when = [{ field = \"channel\", in = [\"phone\"] }, { not = { field = \"floor\", more = 1 } }]\n";
    let record_type =
        |name: &str, keys: &str| format!("[[record_type]]\nname = \"{name}\"\nnumber = \"{name}-{{counter}}\"\nprocess = \"p\"\n{keys}");
    // Nobody runs it yet.
    expect(&format!("{other}{process}"), &[]);
    expect(
        &format!("{other}{process}{}", record_type("a", "")),
        &[
            "x.toml:12: process.p.node[1].handlers: no form of the process p asks the field \"helper\" (the form other does: give it to a \
             node of the process, or to a record type that runs it)",
            "x.toml:13: process.p.node[1].when[2].not.field: no form of the process p asks the field \"floor\" (the form intake does: give \
             it to a node of the process, or to a record type that runs it)",
        ],
    );
    // The form of any record type that runs it will do, and that of any node.
    let form = |name: &str| format!("form = \"{name}\"\n");
    let both = format!("{}{}", record_type("a", ""), record_type("b", &form("other")));
    expect(&format!("{other}{process}{}{both}", form("intake")), &[]);
    // So will that of a step on site.
    let sop =
        "[[sop]]\nname = \"s\"\n[[sop.step]]\nname = \"look\"\nform = \"other\"\n[[sop.step]]\nname = \"measure\"\nform = \"intake\"\n";
    let on_site = process.replace("kind = \"task\"", "kind = \"on-site\"\nsop = \"s\"");
    expect(&format!("{other}{sop}{on_site}{}", record_type("a", "")), &[]);
    // One problem does not make another: where a form is not known, nobody can say what it asks.
    let lost = read(&format!("{other}{process}{}", record_type("a", &form("intak")))).unwrap_err();
    assert!(lost.len() == 1 && lost[0].contains("there is no form \"intak\""), "{lost:?}");
}
