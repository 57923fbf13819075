//! The description language: what is whole is read and written back the same, what is broken is refused with its line.

use proptest::prelude::*;
use serde_json::json;
use workorderd::protocol::catalogue::{Catalogue, CatalogueError, SERVICE_DESCRIPTION};
use workorderd::protocol::check::check_fields;
use workorderd::protocol::idl::{ErrorDefinition, Field, Interface, Method, Type, TypeDefinition};
use workorderd::protocol::varlink::{
    EXPECTED_MORE, INTERFACE_NOT_FOUND, INVALID_PARAMETER, METHOD_NOT_FOUND, METHOD_NOT_IMPLEMENTED, PERMISSION_DENIED, ServiceInfo,
};

use crate::varlink_service::STOCK;

#[test]
fn a_description_becomes_a_tree_with_its_comments() {
    let stock = Interface::parse(STOCK).unwrap();
    assert_eq!((stock.name.as_str(), stock.doc.as_str()), ("org.example.stock", "A stock room for tests."));
    let Some(Type::Struct(contact)) = stock.type_named("Contact") else { panic!("no struct") };
    assert_eq!(contact[0], Field { name: "name".into(), doc: "A full name.".into(), kind: Type::String });
    assert_eq!(contact[1].kind, Type::Optional(Box::new(Type::String)));
    let order = stock.method("Order").unwrap();
    assert_eq!(order.doc, "Takes an order.");
    assert_eq!(order.input[1].kind, Type::Array(Box::new(Type::Named("Line".into()))));
    assert_eq!(order.input[3].kind, Type::Optional(Box::new(Type::Map(Box::new(Type::Struct(Vec::new()))))));
    assert_eq!(stock.error("Short").unwrap().fields.len(), 2);
}

#[test]
fn the_standard_errors_are_those_described() {
    let service = Interface::parse(SERVICE_DESCRIPTION).unwrap();
    let described: Vec<String> = service.errors.iter().map(|e| format!("{}.{}", service.name, e.name)).collect();
    let named = [INTERFACE_NOT_FOUND, METHOD_NOT_FOUND, METHOD_NOT_IMPLEMENTED, INVALID_PARAMETER, PERMISSION_DENIED, EXPECTED_MORE];
    assert_eq!(described, named);
}

#[test]
fn a_comment_behind_something_documents_nothing() {
    let text = "interface a.b # not this\n# this\n# and this\ntype T ( # no\n  x: int, # no\n  # yes\n  y: int\n)\n";
    let parsed = Interface::parse(text).unwrap();
    assert_eq!((parsed.doc.as_str(), parsed.types[0].doc.as_str()), ("", "this\nand this"));
    let Type::Struct(fields) = &parsed.types[0].body else { panic!("no struct") };
    assert_eq!((fields[0].doc.as_str(), fields[1].doc.as_str()), ("", "yes"));
}

#[test]
fn broken_descriptions_are_refused_with_their_line() {
    for (text, told) in [
        ("", "line 1: expected `interface`, found the end"),
        ("type A (a: int)", "line 1: expected `interface`, found `type`"),
        ("interface stock", "line 1: `stock` is not an interface name such as `org.example.stock`"),
        ("interface a..b", "line 1: `a..b` is not an interface name such as `org.example.stock`"),
        ("interface a.b\n\nsing", "line 3: expected `type`, `method` or `error`, found `sing`"),
        ("interface a.b\n# c\ntype t (a: int)", "line 3: `t` is not a member name: an upper-case letter, then letters and digits"),
        ("interface a.b\ntype T (a: int)\nmethod T() -> ()", "line 3: `T` is defined twice"),
        ("interface a.b\ntype T (\n  a: int,\n  a: int\n)", "line 4: `a` stands twice"),
        ("interface a.b\ntype T (a: int,)", "line 2: expected a field name, found `)`"),
        ("interface a.b\ntype T (a: int b: int)", "line 2: expected `,` or `)`, found `b`"),
        ("interface a.b\ntype T (a: whole)", "line 2: expected a type, found `whole`"),
        ("interface a.b\n\ntype T (\n  a: []Missing\n)", "line 4: type `Missing` is not defined"),
        ("interface a.b\ntype T (a: ??int)", "line 2: `??` says no more than `?`"),
        ("interface a.b\ntype T (a, b: int)", "line 2: `b`: an enum has values alone, a struct has fields with types alone"),
        ("interface a.b\ntype T (a)", "line 2: an enum needs two values at least (the Python client cannot read one)"),
        ("interface a.b\ntype T (_a: int)", "line 2: `_a` is not a field name: letters, digits and single `_` inside"),
        ("interface a.b\ntype T int", "line 2: expected `(`, found `int`"),
        ("interface a.b\nmethod M() -> (a, b)", "line 2: fields need a type, such as `name: string`"),
        ("interface a.b\nmethod M()\n\nmethod N() -> ()", "line 4: expected `->`, found `method`"),
        ("interface a.b\nerror E\n", "line 3: expected `(`, found the end"),
        ("interface a.b\r\n", "line 1: unexpected character '\\r'"),
        ("interface a.b\ntype T (a: [int]int)", "line 2: unexpected character '['"),
        ("interface a.b\ntype T (a: int", "line 2: expected `,` or `)`, found the end"),
    ] {
        assert_eq!(Interface::parse(text).unwrap_err().to_string(), told, "{text}");
    }
    let deep = format!("interface a.b\ntype T (a: {}int)", "[]".repeat(100_000));
    assert_eq!(Interface::parse(&deep).unwrap_err().to_string(), "line 2: types nested deeper than 32");
    let deep = format!("interface a.b\ntype T {}", "(a: ".repeat(100_000));
    assert_eq!(Interface::parse(&deep).unwrap_err().to_string(), "line 2: types nested deeper than 32");
}

#[test]
fn a_catalogue_refuses_what_it_cannot_serve() {
    let info = || ServiceInfo {
        vendor: String::new(),
        product: String::new(),
        version: String::new(),
        url: String::new(),
        interfaces: Vec::new(),
    };
    let twice = Catalogue::new(info(), &[STOCK, STOCK]).unwrap_err();
    assert!(matches!(twice, CatalogueError::Twice(ref name) if name == "org.example.stock"));
    let broken = Catalogue::new(info(), &[STOCK, "interface a"]).unwrap_err();
    assert_eq!(broken.to_string(), "description 2: line 1: `a` is not an interface name such as `org.example.stock`");
    let whole = Catalogue::new(info(), &[STOCK]).unwrap();
    assert_eq!(whole.info().interfaces, ["org.varlink.service", "org.example.stock"]);
}

#[test]
fn values_as_described_pass() {
    let stock = Interface::parse(STOCK).unwrap();
    let order = stock.method("Order").unwrap();
    let values = json!({
        "contact": { "name": "A", "email": null },
        "lines": [{ "article": "a", "amount": i64::MIN, "weight": 1 }, { "article": "a", "amount": i64::MAX, "weight": 0.5 }],
        "labels": { "any key": "x" },
        "tags": { "red": {} },
        "urgency": "low",
        "extra": { "anything": [1, { "deep": null }] },
        "gift": null,
    });
    assert_eq!(check_fields(&stock, &order.input, values.as_object().unwrap()), Ok(()));
    let big = json!({ "contact": { "name": "A" }, "lines": [{ "article": "a", "amount": 9_223_372_036_854_775_808_u64 }] });
    assert_eq!(check_fields(&stock, &order.input, big.as_object().unwrap()).unwrap_err().path, "lines[0].amount");
}

fn kinds() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::Bool),
        Just(Type::Int),
        Just(Type::Float),
        Just(Type::String),
        Just(Type::Object),
        Just(Type::Named("Known".to_owned())),
        prop::collection::hash_set("[a-zA-Z](_?[a-z0-9]){0,3}", 2..4).prop_map(|v| Type::Enum(v.into_iter().collect())),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|t| Type::Array(Box::new(t))),
            inner.clone().prop_map(|t| Type::Map(Box::new(t))),
            inner.clone().prop_filter("`??`", |t| !matches!(t, Type::Optional(_))).prop_map(|t| Type::Optional(Box::new(t))),
            fields_of(inner).prop_map(Type::Struct),
        ]
    })
}

fn fields_of(kind: impl Strategy<Value = Type>) -> impl Strategy<Value = Vec<Field>> {
    prop::collection::vec((docs(), kind), 0..4).prop_map(|fields| {
        let field = |(i, (doc, kind))| Field { name: format!("field{i}"), doc, kind };
        fields.into_iter().enumerate().map(field).collect()
    })
}

fn docs() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-zé#()\\[]{1,5}( [a-z]{1,3})?(\n[a-z]{1,5}){0,2}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tree_written_as_text_is_read_back_the_same(
        doc in docs(),
        types in prop::collection::vec((docs(), fields_of(kinds())), 0..3),
        methods in prop::collection::vec((docs(), fields_of(kinds()), fields_of(kinds())), 0..3),
        errors in prop::collection::vec((docs(), fields_of(kinds())), 0..3),
    ) {
        let mut tree = Interface { name: "org.example.x-1".to_owned(), doc, types: Vec::new(), methods: Vec::new(), errors: Vec::new() };
        tree.types.push(TypeDefinition { name: "Known".to_owned(), doc: String::new(), body: Type::Enum(vec!["a".into(), "b".into()]) });
        for (i, (doc, fields)) in types.into_iter().enumerate() {
            tree.types.push(TypeDefinition { name: format!("T{i}"), doc, body: Type::Struct(fields) });
        }
        for (i, (doc, input, output)) in methods.into_iter().enumerate() {
            tree.methods.push(Method { name: format!("M{i}"), doc, input, output });
        }
        for (i, (doc, fields)) in errors.into_iter().enumerate() {
            tree.errors.push(ErrorDefinition { name: format!("E{i}"), doc, fields });
        }
        let text = tree.to_string();
        prop_assert_eq!(Interface::parse(&text).map_err(|e| format!("{e}\n{text}")), Ok(tree));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "(interface a\\.b\n)?([a-zA-Z\\[\\]()?:,>#\n .-]|type T|method M|\\[string\\]|é){0,40}") {
        let _ = Interface::parse(&text);
    }
}
