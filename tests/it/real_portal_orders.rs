//! What customers raise and follow, and what guests may, in the portal (INT-1, INT-5, INT-6, PER-8, reading 24): their own, and nothing
//! of anybody else's.

use serde_json::{Value, json};

use crate::portal_stage::{Portal, contact, name, sign_in, within};
use crate::real_stage::{Caller, DAY, work};

#[test]
fn of_other_customers_and_of_the_staffs_own_work_a_customer_learns_nothing() {
    let portal = Portal::new(&[]);
    let mut gate = portal.admin();
    gate.ok("Directory1.PutAccount", json!({ "account": { "id": "globex", "name": "Globex" } }));
    let (li, zoe) = (portal.customer("li", Some("acme")), portal.customer("zoe", Some("globex")));
    let mut dora = portal.daemon().user("dora");
    let of_li = portal.raise(&li, json!({}));
    // About acme, raised by the staff; of a type that customers are not shown; about nobody.
    let of_acme = dora.create(json!({ "contact": null, "account": "acme" }));
    let installation = dora.create(json!({ "recordType": "installation", "contact": null, "account": "acme" }));
    let internal = dora.create(json!({ "recordType": "service-ticket", "contact": null }));
    let about_li = dora.create(json!({ "recordType": "installation", "contact": "li", "submitter": "staff:dora" }));
    let for_li = dora.create(json!({ "recordType": "installation", "contact": "li" }));
    let void = portal.raise(&li, json!({}));
    dora.act(&void, "Lock", json!({}));
    portal.daemon().admin().act(&void, "Unlock", json!({}));
    portal.daemon().admin().act(&void, "Void", json!({ "reason": "entered twice" }));
    assert_eq!(portal.own(&li), [for_li.clone(), of_acme.clone(), of_li.clone()]);
    assert_eq!(portal.own(&zoe), [""; 0]);
    let never = "WO-20251103-000999";
    for (who, hidden) in [
        (&zoe, [&of_li, &of_acme, &installation, &internal, &for_li, &void]),
        (&li, [&installation, &internal, &about_li, &void, &void, &void]),
    ] {
        for method in ["Guest1.GetOwn", "Guest1.CancelOwn", "Guest1.ConfirmOwn"] {
            for number in hidden {
                let [there, not] = [number.as_str(), never].map(|number| {
                    let mut parameters = json!({ "session": who, "number": number });
                    if method == "Guest1.ConfirmOwn" {
                        parameters["solved"] = true.into();
                    }
                    format!("{:?}", gate.refused(method, parameters)).replace(number, "N")
                });
                assert_eq!(there, not, "{method} of {number}");
                assert!(there.contains("NotFound"), "{there}");
            }
        }
    }
    // Of their own account they look, and do nothing: it is not theirs.
    assert_eq!(portal.get(&li, &of_acme)["mayCancel"], false);
    assert_eq!(name(gate.refused("Guest1.CancelOwn", json!({ "session": li, "number": of_acme }))), "NotPermitted");
    assert_eq!(portal.get(&li, &of_acme)["line"]["mine"], false);

    // Types that are not theirs, drafts, and those that there are not: one answer.
    let spare = "[[record_type]]\nname = \"spare\"\nstate = \"draft\"\nnumber = \"SP-{counter}\"\nprocess = \"repair\"\n";
    gate.ok("Definitions1.Apply", json!({ "files": [{ "path": "spare.toml", "text": spare }] }));
    let answers: std::collections::BTreeSet<String> = ["installation", "service-ticket", "spare", "nothing"]
        .into_iter()
        .flat_map(|name| {
            let create = gate.refused("Guest1.Create", json!({ "session": li, "recordType": name, "subject": "x" }));
            let form = gate.refused("Guest1.DescribeForm", json!({ "session": li, "recordType": name }));
            [format!("{create:?}").replace(name, "T"), format!("{form:?}").replace(name, "T")]
        })
        .collect();
    assert_eq!(answers.len(), 1, "{answers:?}");

    // Nor do the fields of a form tell what there is: another's terminal is one that there is not.
    gate.ok("Directory1.PutProduct", json!({ "product": { "id": "lift-500", "name": "客梯 500 型" } }));
    for (id, account) in [("L-1", "acme"), ("L-2", "globex")] {
        let terminal = json!({ "id": id, "name": id, "product": "lift-500", "account": account });
        gate.ok("Directory1.PutTerminal", json!({ "terminal": terminal }));
    }
    let name_it = |gate: &mut Caller, id: &str| {
        let fields = json!({ "terminal": id, "wanted-on": "tomorrow" });
        let create = json!({ "session": li, "recordType": "repair", "subject": "x", "fields": fields });
        format!("{:?}", gate.refused("Guest1.Create", create)).replace(id, "T")
    };
    assert_eq!(name_it(&mut gate, "L-2"), name_it(&mut gate, "L-9"));
    assert!(name_it(&mut gate, "L-1").contains("wanted-on"), "their own is taken");
    let file = json!({ "hash": "0".repeat(64), "mediaType": "image/png", "name": "x" });
    let with_file = json!({ "session": li, "recordType": "repair", "subject": "x", "fields": { "fault": { "a": [file] } } });
    assert_eq!(name(gate.refused("Guest1.Create", with_file)), "InvalidFormField");
}

#[test]
fn a_list_is_told_page_by_page_and_stays_whole_while_others_work() {
    let portal = Portal::new(&[]);
    let mut gate = portal.admin();
    let li = portal.customer("li", Some("acme"));
    let all: Vec<String> = (0..7).map(|_| portal.raise(&li, json!({}))).collect();
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = gate.ok("Guest1.ListOwn", within(&li, json!({ "limit": 2, "after": after, "open": true })));
        found.extend(page["lines"].as_array().unwrap().iter().map(|line| line["number"].as_str().unwrap().to_owned()));
        portal.raise(&li, json!({}));
        after = page["next"].clone();
        if after.is_null() || found.len() > 20 {
            break;
        }
    }
    assert_eq!(found, all.iter().rev().cloned().collect::<Vec<_>>());
    portal.daemon().user("dora").act(&all[0], "AddServiceRecord", json!({ "text": "x" }));
    let changed = gate.ok("Guest1.ListOwn", within(&li, json!({ "order": "changed", "limit": 1 })));
    assert_eq!(changed["lines"][0]["number"], all[0]);
    for odd in [
        json!({ "limit": 0 }),
        json!({ "limit": 201 }),
        json!({ "after": "page two" }),
        json!({ "order": "best" }),
        json!({ "atLeast": -1 }),
    ] {
        assert_eq!(name(gate.refused("Guest1.ListOwn", within(&li, odd))), "InvalidField");
    }
}

#[test]
fn guests_are_let_in_where_the_settings_say_so_and_leave_who_they_are() {
    let closed = Portal::new(&[]);
    let mut gate = closed.admin();
    for (method, more) in [
        ("Guest1.ListRecordTypes", json!({})),
        ("Guest1.DescribeForm", json!({ "recordType": "repair" })),
        ("Guest1.Create", json!({ "recordType": "repair", "subject": "x", "guest": { "name": "路人甲", "phone": "139" } })),
        ("Guest1.LookUpTerminal", json!({ "serialNumber": "AB123456" })),
    ] {
        assert_eq!(name(gate.refused(method, more)), "SignInNeeded", "{method}");
    }
    let open = Portal::new(&["portal.guests=true", "portal.guest_calls_per_minute=20"]);
    let mut gate = open.admin();
    let types = gate.ok("Guest1.ListRecordTypes", json!({ "language": "zh" }));
    assert_eq!(types["recordTypes"], json!([{ "name": "repair", "title": "维修", "form": true }]));
    let create = |guest: Value| json!({ "recordType": "repair", "subject": "门打不开", "language": "zh", "guest": guest });
    for (guest, wrong) in [
        (Value::Null, "guest"),
        (json!({ "name": " ", "phone": "139 0000 0000" }), "guest.name"),
        (json!({ "name": "路人甲" }), "guest.phone"),
        (json!({ "name": "路人甲", "phone": " ", "email": "" }), "guest.phone"),
        (json!({ "name": "路人甲", "phone": "ask around" }), "guest.phone"),
        (json!({ "name": "路人甲", "email": "a@b@c" }), "guest.email"),
        (json!({ "name": "路人\n甲", "phone": "139 0000 0000" }), "guest.name"),
    ] {
        let (name, with) = gate.refused("Guest1.Create", create(guest));
        assert_eq!((name.as_str(), with["field"].as_str()), ("org.workorderd.InvalidField", Some(wrong)), "{with}");
    }
    let guest = json!({ "name": "路人甲", "phone": "139 0000 0000", "email": "jia@example.cn" });
    let number = gate.ok("Guest1.Create", create(guest.clone()))["number"].as_str().unwrap().to_owned();
    let order = gate.get(&number);
    assert_eq!((&order["submitter"], &order["channel"], &order["entryPoint"]), (&json!("guest"), &json!("portal"), &json!("portal")));
    assert_eq!((&order["guest"], &order["contact"], &order["owner"]), (&guest, &Value::Null, &Value::Null));
    assert_eq!(gate.history(&number)[0]["by"], "guest");
    // The mails of the process go to the address that was left.
    work(open.daemon(), &number);
    let mails = gate.get(&number)["mails"].clone();
    assert_eq!((&mails[0]["template"], &mails[0]["to"]), (&json!("please-confirm"), &json!("jia@example.cn")), "{mails}");
    // A guest cannot be asked for what a customer is.
    let li = open.customer("li", None);
    let odd = within(&li, json!({ "recordType": "repair", "subject": "x", "guest": guest }));
    assert_eq!(name(gate.refused("Guest1.Create", odd)), "InvalidField");
    assert_eq!(name(gate.refused("Guest1.Create", json!({ "recordType": "maintenance", "subject": "x" }))), "UnknownReference");
    // Nobody else says of themselves that they are one, or that it came by the portal.
    let mut dora = open.daemon().user("dora");
    for more in [json!({ "submitter": "guest" }), json!({ "entryPoint": "portal" })] {
        let mut create = json!({ "recordType": "repair", "subject": "x", "contact": "wang" });
        create.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(name(dora.refused("WorkOrders1.Create", create)), "InvalidField");
    }
    let number = dora.create(json!({ "entryPoint": "contact" }));
    assert_eq!(dora.get(&number)["entryPoint"], "contact");
    let many: Vec<String> = (0..20).map(|_| name(gate.refused("Guest1.LookUpTerminal", json!({ "serialNumber": "AB1" })))).collect();
    assert_eq!(many.last().unwrap(), "TooManyRequests", "{many:?}");
    assert_eq!(name(gate.refused("Guest1.LookUpTerminal", within(&li, json!({ "serialNumber": "AB1" })))), "NotFound");
}

#[test]
fn a_serial_number_shows_ones_own_device_with_its_work_and_of_any_other_product_and_warranty() {
    let portal = Portal::new(&["portal.guests=true"]);
    let (mut gate, data) = (portal.admin(), portal.home.data());
    gate.ok("Directory1.PutAccount", json!({ "account": { "id": "globex", "name": "Globex Geheim" } }));
    gate.ok("Directory1.PutProduct", json!({ "product": { "id": "lift-500", "name": "客梯 500 型", "model": "L500" } }));
    let put = |gate: &mut Caller, more: Value| {
        let mut terminal = json!({ "id": "L-1", "name": "一号楼客梯", "product": "lift-500", "account": "acme", "contact": "wang",
            "serialNumber": "AB123456", "site": "南京路 1 号", "warrantyEnd": "2025-11-03" });
        terminal.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        gate.ok("Directory1.PutTerminal", json!({ "terminal": terminal }));
    };
    put(&mut gate, json!({}));
    contact(&mut gate, "li", Some("acme"));
    let li = sign_in(&mut gate, &data, "li");
    let zoe = portal.customer("zoe", Some("globex"));
    let of_li = portal.raise(&li, json!({ "fields": { "terminal": "L-1" } }));
    gate.ahead(60_000);
    let mut dora = portal.daemon().user("dora");
    let of_staff = dora.create(json!({ "contact": "wang", "fields": { "terminal": "L-1" } }));
    let hidden = dora.create(json!({ "recordType": "installation", "contact": "wang" }));
    gate.ok("Guest1.CancelOwn", json!({ "session": li, "number": of_li }));

    let own = gate.ok("Guest1.LookUpTerminal", within(&li, json!({ "serialNumber": " ab123456 " })))["terminals"].clone();
    assert_eq!(own.as_array().unwrap().len(), 1);
    let told = ["id", "name", "site", "product", "model", "warrantyEnd"].map(|key| own[0][key].as_str().unwrap());
    assert_eq!(told, ["L-1", "一号楼客梯", "南京路 1 号", "客梯 500 型", "L500", "2025-11-03"]);
    assert_eq!((&own[0]["own"], &own[0]["inWarranty"]), (&json!(true), &json!(true)), "its last day counts");
    let work: Vec<&str> = own[0]["workOrders"].as_array().unwrap().iter().map(|line| line["number"].as_str().unwrap()).collect();
    assert_eq!(work, [&of_staff, &of_li], "open and past, of their own account");
    assert!(!own.to_string().contains(&hidden));

    let product = json!([{ "product": "客梯 500 型", "model": "L500", "warrantyEnd": "2025-11-03", "inWarranty": true, "own": false, "workOrders": [] }]);
    assert_eq!(gate.ok("Guest1.LookUpTerminal", json!({ "serialNumber": "AB123456" }))["terminals"], product);
    assert_eq!(gate.ok("Guest1.LookUpTerminal", within(&zoe, json!({ "serialNumber": "AB123456" })))["terminals"], product);
    gate.ahead(DAY);
    assert_eq!(gate.ok("Guest1.LookUpTerminal", json!({ "serialNumber": "AB123456" }))["terminals"][0]["inWarranty"], false);

    // One that is not shown any more, and one that there never was.
    let unknown = format!("{:?}", gate.refused("Guest1.LookUpTerminal", json!({ "serialNumber": "AB123457" })));
    put(&mut gate, json!({ "disabled": true }));
    for session in [None, Some(&li), Some(&zoe)] {
        let answer = gate.refused("Guest1.LookUpTerminal", json!({ "serialNumber": "AB123456", "session": session }));
        assert_eq!(format!("{answer:?}").replace("AB123456", "AB123457"), unknown);
    }
    put(&mut gate, json!({ "serialNumber": "AB123457" }));
    assert_eq!(name(gate.refused("Guest1.LookUpTerminal", json!({ "serialNumber": "AB123456" }))), "NotFound");
    gate.ok("Guest1.LookUpTerminal", json!({ "serialNumber": "AB123457" }));
    for odd in ["", "\n", "A\u{0}B", &"9".repeat(61)] {
        assert_eq!(name(gate.refused("Guest1.LookUpTerminal", json!({ "serialNumber": odd }))), "InvalidField", "{odd:?}");
    }
}

#[test]
fn what_a_form_says_of_the_staff_or_is_hidden_by_the_role_is_told_to_no_customer() {
    let portal = Portal::new(&[]);
    let mut gate = portal.admin();
    let files = [(
        "house.toml",
        r#"
[[form]]
name = "house-call"
[[form.field]]
name = "what"
kind = "text"
required = true
[[form.field]]
name = "manager"
title = "Account manager"
kind = "reference"
to = "staff-user"
[[form.field]]
name = "discount"
kind = "number"
[[form.field]]
name = "people"
kind = "table"
[[form.field.column]]
name = "who"
kind = "reference"
to = "staff-user"

[[record_type]]
name = "house"
title = { en = "House call", zh = "上门" }
number = "H-{counter}"
process = "repair"
form = "house-call"

[[role]]
name = "terminal-user"
rights = ["create_work_orders"]
record_types = ["house"]
hidden_fields = ["discount"]
"#,
    )];
    let files: Vec<Value> = files.iter().map(|(path, text)| json!({ "path": path, "text": text })).collect();
    gate.ok("Definitions1.Apply", json!({ "files": files }));
    let li = portal.customer("li", Some("acme"));
    let form = gate.ok("Guest1.DescribeForm", within(&li, json!({ "recordType": "house" })))["form"].clone();
    let asked: Vec<&str> = form["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(asked, ["what", "manager", "people", "who"]);
    // Somebody of the staff cannot be named, whether there is such a one or not; and what is hidden is not there.
    let refused = |gate: &mut Caller, fields: Value| {
        let create = within(&li, json!({ "recordType": "house", "subject": "x", "fields": fields }));
        gate.refused("Guest1.Create", create).1["message"].as_str().unwrap().to_owned()
    };
    let named = |who: &str| json!({ "what": "x", "manager": who });
    assert_eq!(refused(&mut gate, named("emil")).replace("emil", "N"), refused(&mut gate, named("nobody")).replace("nobody", "N"));
    let row = |who: &str| json!({ "what": "x", "people": [{ "who": who }] });
    assert_eq!(refused(&mut gate, row("emil")).replace("emil", "N"), refused(&mut gate, row("nobody")).replace("nobody", "N"));
    assert!(refused(&mut gate, json!({ "what": "x", "discount": 5 })).contains("there is no such field"));
    let create = within(&li, json!({ "recordType": "house", "subject": "x", "fields": { "what": "门" } }));
    let number = gate.ok("Guest1.Create", create)["number"].as_str().unwrap().to_owned();
    let fields = json!({ "manager": "emil", "discount": 5, "people": [{ "who": "mei" }] });
    gate.act(&number, "Edit", json!({ "fields": fields }));
    let own = portal.get(&li, &number);
    let shown: Vec<&str> = own["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(shown, ["what"], "{own}");
    assert!(!own.to_string().to_lowercase().contains("emil") && !own.to_string().to_lowercase().contains("mei"));
}
