//! Raw values against forms: every rule has its refusal, which names field, row and limit; what is taken comes back as it was.

use proptest::prelude::*;
use workorderd::domain::directory::{Directory, DirectoryEvent};
use workorderd::domain::form::cell::Known;
use workorderd::domain::form::given::{Given, GivenFields};
use workorderd::domain::form::value::StoredFile;
use workorderd::domain::form::{Cell, Fields, Form, Value};
use workorderd::domain::ids::Name;
use workorderd::domain::rejection::Rejection;
use workorderd::domain::text::PersonalText;
use workorderd::domain::work_order::fields;
use workorderd::settings::definitions::parse;

/// A field of every kind, called by its kind.
const FORM: &str = r#"
[[form]]
name = "all"
[[form.field]]
name = "text"
title = { en = "Name plate", zh = "铭牌" }
kind = "text"
min = 2
max = 12
pattern = '\w+'
[[form.field]]
name = "long-text"
kind = "long-text"
max = 20
[[form.field]]
name = "number"
kind = "number"
min = -1.5
max = 10
decimals = 2
[[form.field]]
name = "money"
kind = "money"
currency = "JPY"
max = 1000
[[form.field]]
name = "date"
kind = "date"
min = 2026-01-01
max = 2026-12-31
[[form.field]]
name = "date-time"
kind = "date-time"
min = 2026-01-01T00:00:00+08:00
[[form.field]]
name = "choice"
kind = "choice"
choices = ["red", "green"]
[[form.field]]
name = "choices"
kind = "choices"
choices = ["a", "b", "c"]
min = 1
max = 2
[[form.field]]
name = "yes-no"
kind = "yes-no"
[[form.field]]
name = "phone"
kind = "phone"
[[form.field]]
name = "e-mail"
kind = "e-mail"
pattern = '.*@example\.org'
[[form.field]]
name = "address"
kind = "address"
max = 30
[[form.field]]
name = "location"
kind = "location"
[[form.field]]
name = "reference"
kind = "reference"
to = "contact"
[[form.field]]
name = "attachment"
kind = "attachment"
max = 2
media_types = ["image/*", "application/pdf"]
[[form.field]]
name = "signature"
kind = "signature"
[[form.field]]
name = "stars-5"
kind = "stars-5"
[[form.field]]
name = "stars-10"
kind = "stars-10"
[[form.field]]
name = "table"
kind = "table"
min = 1
max = 3
[[form.field.column]]
name = "part"
title = "Part"
kind = "text"
required = true
[[form.field.column]]
name = "count"
kind = "number"
min = 1
default = 1
"#;

fn form(text: &str) -> Form {
    parse(&[("f.toml".to_owned(), text.to_owned())]).unwrap().forms.remove(0)
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    for (id, disabled) in [("wang", false), ("left", true)] {
        directory.take(&DirectoryEvent::ContactPut(workorderd::domain::directory::Contact {
            id: workorderd::domain::ids::ContactId::new(id).unwrap(),
            account: None,
            name: PersonalText::new(id),
            email: None,
            mobile: None,
            wechat: None,
            language: "zh".into(),
            sign_ins: None,
            disabled,
            erased: None,
        }));
    }
    directory
}

fn text(text: &str) -> Given {
    Given::text(text)
}

fn list(of: &[&str]) -> Given {
    Given::List(of.iter().map(|t| text(t)).collect())
}

fn map(of: &[(&str, &str)]) -> Given {
    Given::Map(of.iter().map(|(k, v)| ((*k).into(), text(v))).collect())
}

fn file(hash: &str, media_type: &str) -> Given {
    Given::File(StoredFile { hash: hash.into(), size: 5, media_type: media_type.into(), name: PersonalText::new("a.png") })
}

/// The value as it is told again, or path, rule and problem of the refusal.
fn check(form: &Form, field: &str, given: Given) -> Result<Given, (String, &'static str, String)> {
    match form.check(&vec![(field.into(), given)], Known::all(&directory())) {
        Ok(changes) => Ok(changes[0].1.as_ref().map_or(Given::Nothing, Value::to_given)),
        Err(Rejection::InvalidFormField { field, rule, problem }) => Err((field, rule, problem)),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn every_kind_takes_what_it_should_and_tells_it_again() {
    let form = form(FORM);
    for (field, given, told) in [
        ("text", text(" 工单工单工单工单工单工单 "), text("工单工单工单工单工单工单")),
        ("long-text", text("two\nlines"), text("two\nlines")),
        ("number", text("9.50"), text("9.50")),
        ("number", Given::Number("-1.5".into()), text("-1.5")),
        ("money", text("980"), map(&[("amount", "980"), ("currency", "JPY")])),
        ("money", text("980 JPY"), map(&[("amount", "980"), ("currency", "JPY")])),
        ("date", text("2026-02-28"), text("2026-02-28")),
        ("date-time", text("2026-11-22T14:00+08:00"), text("2026-11-22T06:00:00Z")),
        ("choice", text("green"), text("green")),
        ("choices", text("c, a"), list(&["a", "c"])),
        ("choices", list(&["b"]), list(&["b"])),
        ("yes-no", text("no"), Given::Flag(false)),
        ("yes-no", Given::Flag(true), Given::Flag(true)),
        ("phone", text("+86 (10) 6500-1234"), text("+86 (10) 6500-1234")),
        ("e-mail", text("wang@example.org"), text("wang@example.org")),
        ("address", text("上海市\n南京路 1 号"), text("上海市\n南京路 1 号")),
        ("location", text("48.1371, 11.5761"), map(&[("latitude", "48.1371"), ("longitude", "11.5761")])),
        ("location", map(&[("longitude", "-180"), ("latitude", "90")]), map(&[("latitude", "90"), ("longitude", "-180")])),
        ("reference", text("wang"), text("wang")),
        (
            "attachment",
            Given::List(vec![file("aa", "image/png"), file("bb", "application/pdf")]),
            Given::List(vec![file("aa", "image/png"), file("bb", "application/pdf")]),
        ),
        ("signature", file("aa", "image/png"), Given::List(vec![file("aa", "image/png")])),
        ("stars-5", text("5"), Given::Number("5".into())),
        ("stars-10", Given::Number("10".into()), Given::Number("10".into())),
        ("table", Given::List(vec![map(&[("part", "密封圈")])]), Given::List(vec![map(&[("count", "1"), ("part", "密封圈")])])),
        ("text", text("  "), Given::Nothing),
        ("table", Given::List(Vec::new()), Given::Nothing),
    ] {
        assert_eq!(check(&form, field, given.clone()), Ok(told.clone()), "{field} {given:?}");
        assert_eq!(check(&form, field, told.clone()), Ok(told), "{field}: told again it is the same");
    }
}

#[test]
fn every_rule_has_its_refusal_which_names_field_rule_and_limit() {
    let form = form(FORM);
    let family = "👨\u{200d}👩\u{200d}👧\u{200d}👦";
    let rows = |n: usize| Given::List(vec![map(&[("part", "x")]); n]);
    for (field, given, rule, says) in [
        ("text", text(&"工".repeat(13)), "max", "has 13 characters, at most 12 are allowed"),
        ("text", text("a"), "min", "has 1 characters, at least 2 are needed"),
        ("text", text("a b"), "pattern", r"does not match the pattern \w+"),
        ("text", text("a\nb"), "kind", "control character"),
        ("text", Given::Flag(true), "kind", "expected a text, found true or false"),
        ("long-text", text(&family.repeat(21)), "max", "has 21 characters, at most 20 are allowed"),
        ("number", text("1,5"), "kind", "is not a number"),
        ("number", text("1e3"), "kind", "is not a number"),
        ("number", text("-1.51"), "min", "-1.51 is less than -1.5"),
        ("number", text("10.01"), "max", "10.01 is more than 10"),
        ("number", text("1.005"), "decimals", "at most 2 decimals are kept"),
        ("number", text("1234567890123456789"), "kind", "has 19 digits, at most 18 are kept"),
        ("money", text("980.5"), "currency", "980.5 has more digits behind the point than the 0 of JPY"),
        ("money", text("980 CNY"), "currency", "is in \"CNY\", but this field is in JPY"),
        ("money", text("1001"), "max", "1001 is more than 1000"),
        ("money", map(&[("currency", "JPY")]), "kind", "the amount is missing"),
        ("date", text("2026-02-30"), "kind", "is not a date"),
        ("date", text("22.11.2026"), "kind", "write it as 2026-11-22"),
        ("date", text("2025-12-31"), "min", "2025-12-31 is less than 2026-01-01"),
        ("date", text("2027-01-01"), "max", "2027-01-01 is more than 2026-12-31"),
        ("date-time", text("2026-11-22T14:00"), "kind", "write date, time and offset"),
        ("date-time", text("2025-01-01T00:00Z"), "min", "is before 2025-12-31T16:00:00Z"),
        ("choice", text("gren"), "choices", "is none of the choices (did you mean green?)"),
        ("choices", text("a,b,c"), "max", "has 3 choices, at most 2 are allowed"),
        ("choices", text("a,a"), "choices", "a is given twice"),
        ("yes-no", text("perhaps"), "kind", "expected yes or no"),
        ("phone", text("12"), "kind", "has 2 digits; a phone number has 3 to 20"),
        ("phone", text("call me"), "kind", "holds 'c'"),
        ("e-mail", text("wang"), "kind", "there is no @"),
        ("e-mail", text("wang@example.cn"), "pattern", "does not match the pattern"),
        ("address", text(&"路".repeat(31)), "max", "has 31 characters, at most 30 are allowed"),
        ("location", text("91,0"), "kind", "the latitude 91 is not between -90 and 90 degrees"),
        ("location", text("0,180.5"), "kind", "the longitude 180.5 is not between -180 and 180 degrees"),
        ("location", text("Munich"), "kind", "expected a location"),
        ("reference", text("nobody"), "reference", "there is no contact \"nobody\""),
        ("reference", text("left"), "reference", "there is no contact \"left\""),
        ("attachment", text("ab12"), "kind", "takes attachments (hash, mediaType and name of what was brought before), and not a text"),
        ("attachment", file("aa", "text/html"), "media_types", "is of the kind \"text/html\"; image/*, application/pdf is taken"),
        (
            "attachment",
            Given::List(vec![file("a", "image/a"), file("b", "image/a"), file("c", "image/a")]),
            "max",
            "has 3 attachments, at most 2",
        ),
        ("attachment", Given::List(vec![file("a", "image/a"), file("a", "image/a")]), "kind", "the same attachment twice"),
        ("signature", file("aa", "application/pdf"), "media_types", "image/* is taken"),
        ("stars-5", text("6"), "kind", "is not a whole number of stars from 1 to 5"),
        ("stars-5", text("0"), "kind", "from 1 to 5"),
        ("stars-10", text("4.5"), "kind", "from 1 to 10"),
        ("table", text("x"), "kind", "expected a list of rows, found a text"),
        ("table", rows(4), "max", "has 4 rows, at most 3 are allowed"),
    ] {
        let (path, found, problem) = check(&form, field, given.clone()).expect_err(field);
        assert_eq!((path.as_str(), found), (format!("fields.{field}").as_str(), rule), "{given:?}: {problem}");
        assert!(problem.contains(says), "{field} {given:?}: {problem}");
    }
    for (rows, path, rule, says) in [
        (vec![map(&[("part", "a")]), map(&[("count", "2")])], "fields.table[2].part", "required", "is required in every row (Part)"),
        (vec![map(&[("part", "a"), ("count", "0")])], "fields.table[1].count", "min", "0 is less than 1"),
        (vec![map(&[("prt", "a")])], "fields.table[1].prt", "unknown", "did you mean part?"),
        (vec![map(&[("part", "a"), ("part", "b")])], "fields.table[1].part", "kind", "is given twice"),
        (vec![text("a")], "fields.table[1]", "kind", "expected a row of fields, found a text"),
    ] {
        let (found, broken, problem) = check(&form, "table", Given::List(rows)).unwrap_err();
        assert_eq!((found.as_str(), broken), (path, rule), "{problem}");
        assert!(problem.contains(says), "{problem}");
    }
    let (path, rule, problem) = check(&form, "txt", text("x")).unwrap_err();
    assert_eq!((path.as_str(), rule), ("fields.txt", "unknown"));
    assert!(problem.contains("the form all has no such field (did you mean text?)"), "{problem}");
    let twice: GivenFields = vec![("text".into(), text("ab")), ("text".into(), text("cd"))];
    assert!(
        matches!(form.check(&twice, Known::all(&directory())), Err(Rejection::InvalidFormField { field, .. }) if field == "fields.text")
    );
}

#[test]
fn required_fields_and_defaults_are_settled_when_all_is_given() {
    let form = form(
        "[[form]]\nname = \"f\"\n[[form.field]]\nname = \"a\"\ntitle = \"The A\"\nkind = \"text\"\nrequired = true\n\
         [[form.field]]\nname = \"b\"\nkind = \"number\"\ndefault = 3\nrequired = true\n",
    );
    let mut have = Fields::new();
    let defaults = form.defaults(&have);
    fields::take(&mut have, &defaults);
    assert_eq!(have.len(), 1);
    let refused = form.requires(form.missing(&have).next().unwrap());
    assert_eq!(refused.to_string(), "fields.a: is required by the form f (The A)");
    fields::take(&mut have, &form.check(&vec![("a".into(), text("x")), ("b".into(), text("4"))], Known::all(&directory())).unwrap());
    assert!(form.missing(&have).next().is_none());
    assert!(form.defaults(&have).is_empty());
    fields::take(&mut have, &form.check(&vec![("a".into(), Given::Nothing)], Known::all(&directory())).unwrap());
    assert!(form.missing(&have).next().is_some());
}

#[test]
fn all_fields_together_have_a_limit() {
    let mut have = Fields::new();
    for i in 0..14 {
        have.insert(Name::new(&format!("x{i}")).unwrap(), Value::One(Cell::Text(PersonalText::new(&"长".repeat(6_000)))));
    }
    assert!(workorderd::domain::form::check::bounded(&have).is_ok());
    have.insert(Name::new("more").unwrap(), Value::One(Cell::Text(PersonalText::new(&"长".repeat(6_000)))));
    let refused = workorderd::domain::form::check::bounded(&have).unwrap_err();
    assert!(refused.to_string().contains("at most 262144 are kept"), "{refused}");
}

fn anything() -> impl Strategy<Value = Given> {
    let words = prop_oneof![
        ".*",
        "[-+0-9.]{0,22}",
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]",
        prop::sample::select(vec!["green", "a", "wang", "yes", "5", "48,11", "1e9", "NaN", "٣", "9999999999999999999"])
            .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Given::Nothing),
        any::<bool>().prop_map(Given::Flag),
        words.clone().prop_map(|t| Given::Text(t.into())),
        words.prop_map(|t| Given::Number(t.into())),
        Just(file("aa", "image/png")),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        let keys = prop::sample::select(vec!["part", "count", "amount", "currency", "latitude", "longitude", "x"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Given::List),
            prop::collection::vec((keys.prop_map(Into::into), inner), 0..4).prop_map(Given::Map),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_is_given_is_taken_as_it_is_told_or_refused_by_its_field(at in 0usize..19, given in anything()) {
        let form = form(FORM);
        let field = form.fields[at].name().to_string();
        match check(&form, &field, given.clone()) {
            Ok(told) => prop_assert_eq!(check(&form, &field, told.clone()), Ok(told)),
            Err((path, ..)) => prop_assert!(path.starts_with(&format!("fields.{field}")), "{}", path),
        }
    }

    #[test]
    fn decimals_are_kept_digit_by_digit(whole in "[1-9][0-9]{0,8}|0", behind in "[0-9]{1,9}", negative in any::<bool>()) {
        let written = format!("{}{whole}.{behind}", if negative { "-" } else { "" });
        let number = workorderd::domain::decimal::Decimal::parse(&written).unwrap();
        prop_assert_eq!(number.decimals() as usize, behind.len());
        // Zero has no sign.
        let zero = written.bytes().all(|b| !(b'1'..=b'9').contains(&b));
        prop_assert_eq!(number.to_string(), if zero { written.trim_start_matches('-').to_owned() } else { written });
    }
}
