//! Products and terminals (PER-1, INT-4): through `workorderctl` on a real daemon, over a kill; in fields that lead to them (REC-3), in
//! conditions on these, and as they are shown.

use serde_json::{Value, json};
use workorderd::cli::view::equipment;
use workorderd::domain::directory::{Directory, DirectoryEvent, Product, Terminal};
use workorderd::domain::form::kind::Target;
use workorderd::domain::form::{Given, Kind, cell, shown};
use workorderd::domain::ids::{AccountId, ProductId, TerminalId};
use workorderd::domain::text::PersonalText;
use workorderd::protocol::directory as shapes;

use crate::cli_stage::{Ran, run_at};
use crate::cli_views::{golden, page};
use crate::real_stage::{Home, seed};

fn directory() -> Directory {
    let mut directory = Directory::default();
    for (id, disabled) in [("lift-500", false), ("lift-1", true)] {
        let id = ProductId::new(id).unwrap();
        directory.take(&DirectoryEvent::ProductPut(Product { id, name: "客梯 500 型".into(), model: None, category: None, disabled }));
    }
    for (id, disabled) in [("L-20415", false), ("电梯-2", true)] {
        directory.take(&DirectoryEvent::TerminalPut(Terminal {
            id: TerminalId::new(id).unwrap(),
            name: PersonalText::new("一号楼客梯"),
            product: ProductId::new("lift-500").unwrap(),
            account: AccountId::new("acme").unwrap(),
            contact: None,
            serial_number: None,
            site: None,
            warranty_end: None,
            disabled,
        }));
    }
    directory
}

#[test]
fn a_field_leads_to_a_product_or_a_terminal_that_is_there_and_in_use() {
    let directory = directory();
    for (target, good, told, bad) in [
        (Target::Terminal, "L-20415", "一号楼客梯 (L-20415)", ["电梯-2", "lift-500", "a b"]),
        (Target::Product, "lift-500", "客梯 500 型 (lift-500)", ["lift-1", "L-20415", ""]),
    ] {
        let kind = Kind::Reference(target);
        let value = cell::check(&kind, &Given::text(good), cell::Known::all(&directory)).unwrap();
        assert_eq!(shown::cell(&value, Some(&kind), "zh", &directory), told);
        assert_eq!(value.to_given(), Given::text(good));
        for bad in bad {
            let flaw = cell::check(&kind, &Given::text(bad), cell::Known::all(&directory)).unwrap_err();
            assert_eq!(flaw.problem, format!("there is no {} {bad:?}", target.name()));
        }
    }
}

#[test]
fn products_and_terminals_are_shown_within_the_page() {
    let product = |id: &str, name: &str, disabled| shapes::Product { id: id.into(), name: name.into(), disabled, ..Default::default() };
    let lift = shapes::Product {
        model: Some("MonoSpace 500 DX".into()),
        category: Some("乘客电梯".into()),
        ..product("lift-500", "客梯 500 型", None)
    };
    let products =
        [lift.clone(), product("pump", "A pump with a name that takes more than the whole line has room for, really", Some(true))];
    let terminal: shapes::Terminal = serde_json::from_value(json!({
        "id": "L-20415", "name": "一号楼客梯", "product": "lift-500", "account": "oriental", "contact": "li-na", "serialNumber": "AB12345678",
        "site": "上海市黄浦区南京东路 100 号东方大厦一号楼西侧候梯厅，从停车场入口进，向门卫出示工作证", "warrantyEnd": "2026-11-22",
    }))
    .unwrap();
    let ended = shapes::Terminal { warranty_end: Some("2026-11-21".into()), disabled: Some(true), contact: None, ..terminal.clone() };
    let account = shapes::Account { id: "oriental".into(), name: "上海东方物业有限公司".into(), ..Default::default() };
    let contact = shapes::Contact { id: "li-na".into(), name: "李娜".into(), ..Default::default() };
    let mut text = equipment::products(&products, &page()) + "\n" + &equipment::terminals(&[terminal.clone(), ended.clone()], &page());
    for got in [
        shapes::GotTerminal { terminal, product: Some(lift), account: Some(account), contact: Some(contact) },
        shapes::GotTerminal { terminal: ended, ..Default::default() },
    ] {
        text = text + "\n" + &equipment::terminal(&got, &page());
    }
    golden("terminals", &text);
}

struct Desk(Home);

impl Desk {
    fn run(&self, words: &[&str]) -> Ran {
        run_at(&self.0.socket(), words)
    }

    #[track_caller]
    fn does(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{words:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    #[track_caller]
    fn is_refused(&self, words: &[&str], why: &str) {
        let ran = self.run(words);
        assert!(ran.code == 1 && ran.err.contains(why), "{words:?}: {} {}{}", ran.code, ran.out, ran.err);
    }
}

#[test]
fn terminals_are_put_listed_and_shown_and_survive_a_kill() {
    let desk = Desk(Home::new());
    let daemon = desk.0.start();
    seed(&mut daemon.admin());
    desk.does(&["account", "put", "oriental", "--name", "上海东方物业有限公司"]);
    let lift = ["terminal", "put", "L-20415", "--name", "一号楼客梯", "--product", "lift-500", "--account", "oriental"];
    desk.is_refused(&lift, "product: there is no \"lift-500\"");
    assert_eq!(
        desk.does(&["product", "put", "lift-500", "--name", "客梯 500 型", "--model", "M500"]),
        "product lift-500 put (revision 1)\n"
    );
    assert_eq!(desk.does(&lift), "terminal L-20415 put (revision 1)\n");
    desk.is_refused(&[&lift[..], &["--contact", "wang"]].concat(), "contact: wang is a person at the account acme, not at oriental");
    desk.is_refused(&[&lift[..], &["--warranty-end", "soon"]].concat(), "terminal.warrantyEnd");
    desk.is_refused(&[&lift[..], &["--site", "one\ntwo"]].concat(), "site");
    let more = ["--serial-number", " AB12345678 ", "--site", "南京东路 100 号", "--warranty-end", "2027-12-31", "--expected-revision", "1"];
    assert_eq!(desk.does(&[&lift[..], &more[..]].concat()), "terminal L-20415 put (revision 2)\n");
    desk.does(&[
        "terminal",
        "put",
        "P-1",
        "--name",
        "Pump",
        "--product",
        "lift-500",
        "--account",
        "acme",
        "--contact",
        "wang",
        "--disabled",
    ]);
    daemon.kill();

    let daemon = desk.0.start();
    let ids = |filter: Value| {
        let told = daemon.admin().ok("Directory1.ListTerminals", filter);
        told["terminals"].as_array().unwrap().iter().map(|t| t["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(json!({})), ["L-20415", "P-1"]);
    assert_eq!(ids(json!({ "account": "oriental" })), ["L-20415"]);
    assert_eq!(ids(json!({ "serialNumber": "AB12345678", "product": "lift-500" })), ["L-20415"]);
    assert_eq!(ids(json!({ "serialNumber": "AB1" })), [""; 0]);
    assert_eq!(ids(json!({ "limit": 1, "after": "L-20415" })), ["P-1"]);
    let listed = desk.does(&["terminal", "list", "--account", "acme"]);
    assert!(listed.contains("P-1") && listed.contains("disabled") && !listed.contains("L-20415"), "{listed}");
    assert!(desk.does(&["product", "list"]).contains("客梯 500 型"));
    let told = desk.does(&["terminal", "show", "L-20415"]);
    for part in [
        "lift-500, 客梯 500 型",
        "oriental, 上海东方物业有限公司",
        "AB12345678",
        "南京东路 100 号",
        "until 2027-12-31",
        "--account oriental\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let account = desk.does(&["account", "show", "oriental"]);
    assert!(account.contains("\nterminals\n") && account.contains("一号楼客梯"), "{account}");
    desk.is_refused(&["terminal", "show", "L-9"], "there is no terminal L-9");
}

/// A process whose step depends on the terminal and the product that are named at intake.
const TICKETS: &str = r#"
[[form]]
name = "which-one"
[[form.field]]
name = "device"
kind = "reference"
to = "terminal"
[[form.field]]
name = "model"
kind = "reference"
to = "product"
[[process]]
name = "look"
[[process.node]]
name = "lifts"
kind = "task"
handlers = ["role:dispatcher"]
when = [{ field = "device", in = ["L-1", "电梯-2"] }, { field = "model", equals = "lift-500" }]
[[process.node]]
name = "rest"
kind = "task"
handlers = ["role:dispatcher"]
[[record_type]]
name = "look"
number = "LK-{counter}"
process = "look"
form = "which-one"
"#;

#[test]
fn a_step_may_depend_on_the_terminal_and_the_product_of_an_order() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    admin.ok("Directory1.PutProduct", json!({ "product": { "id": "lift-500", "name": "客梯 500 型" } }));
    for id in ["L-1", "电梯-2", "L-3"] {
        admin.ok("Directory1.PutTerminal", json!({ "terminal": { "id": id, "name": "客梯", "product": "lift-500", "account": "acme" } }));
    }
    admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "look.toml", "text": TICKETS }] }));
    let asked = admin.ok("WorkOrders1.DescribeForm", json!({ "recordType": "look" }));
    assert_eq!([&asked["form"]["fields"][0]["to"], &asked["form"]["fields"][1]["to"]], ["terminal", "product"]);
    let mut dora = daemon.user("dora");
    for (fields, node) in [
        (json!({ "device": "电梯-2", "model": "lift-500" }), "lifts"),
        (json!({ "device": "L-3", "model": "lift-500" }), "rest"),
        (json!({ "device": "L-1" }), "rest"),
    ] {
        let number = dora.create(json!({ "recordType": "look", "fields": fields }));
        assert_eq!(dora.get(&number)["node"], node, "{fields}");
    }
    // What the definitions test for may be gone by then, but it must be an id.
    let text = TICKETS.replace("equals = \"lift-500\"", "equals = \"a b\"");
    let (error, with) = admin.refused("Definitions1.Apply", json!({ "files": [{ "path": "look.toml", "text": text }] }));
    assert!(error.ends_with("InvalidDefinitions") && with.to_string().contains("the name of the product has the character"), "{with}");
}
