//! Work Orders from an account or a contact (INT-2): what is known is filled in, and both are shown with what was done for them.

use serde_json::{Value, json};
use workorderd::cli::view::customer;
use workorderd::protocol::directory::{GotAccount, GotContact};
use workorderd::protocol::work_orders::Listed;

use crate::cli_views::{NOW, golden, page};
use crate::real_stage::{Home, seed};

fn latest() -> Listed {
    let line = |number: &str, subject: &str, more: Value| {
        let mut line = json!({ "number": number, "subject": subject, "status": "in progress", "createdAt": NOW, "node": "repair" });
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    let lines = [
        line("WO-20261122-000017", "三楼会议室的打印机无法启动", json!({ "priority": "urgent", "engineer": "王伟" })),
        line("WO-20261120-000003", "Lift stands still", json!({ "outcome": "completed" })),
    ];
    serde_json::from_value(json!({ "lines": lines, "next": "1.2", "total": 17 })).unwrap()
}

#[test]
fn an_account_and_a_contact_are_shown_with_their_work() {
    let account = json!({ "id": "acme", "name": "上海东方电梯维修有限公司", "region": "east" });
    let li = json!({ "id": "li-na", "name": "李娜", "account": "acme", "email": "li@example.cn", "mobile": "+86 138 0000 0000", "language": "zh" });
    let old = json!({ "id": "zoe", "name": "Zoe Quist", "account": "acme", "disabled": true });
    let lift =
        |id: &str, name: &str, end: &str| json!({ "id": id, "name": name, "product": "lift-500", "account": "acme", "warrantyEnd": end });
    let mut old_lift = lift("L-20416", "The goods lift behind the canteen, north side", "2026-11-21");
    old_lift["disabled"] = true.into();
    let mut new_lift = lift("L-20415", "一号楼客梯", "2026-11-22");
    new_lift["serialNumber"] = "AB12345678".into();
    let terminals = json!([new_lift, old_lift]);
    let got: GotAccount = serde_json::from_value(json!({ "account": account, "contacts": [li, old], "terminals": terminals })).unwrap();
    let mut text = customer::account(&got, &latest(), &page());
    let one: GotAccount = serde_json::from_value(json!({ "account": account, "contacts": [li] })).unwrap();
    assert!(customer::account(&one, &latest(), &page()).contains("--account acme --contact li-na"), "the only one is filled in");
    let got: GotContact = serde_json::from_value(json!({ "contact": li, "account": account })).unwrap();
    text.push('\n');
    text.push_str(&customer::contact(&got, &latest(), &page()));
    let got: GotContact = serde_json::from_value(json!({ "contact": old, "account": account })).unwrap();
    text.push('\n');
    text.push_str(&customer::contact(&got, &Listed::default(), &page()));
    golden("customers", &text);
}

#[test]
fn from_a_contact_or_an_account_what_is_known_is_filled_in_and_found_again() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let contact = |id: &str, account: &str| json!({ "contact": { "id": id, "name": id, "account": account } });
    admin.ok("Directory1.PutAccount", json!({ "account": { "id": "globex", "name": "Globex", "region": "north" } }));
    admin.ok("Directory1.PutContact", contact("li", "globex"));
    let mut dora = daemon.user("dora");
    let from_contact = dora.create(json!({ "contact": "li" }));
    // Lists are in order of time; of two at the same millisecond either may come first.
    admin.ahead(1);
    let from_account = dora.ok("WorkOrders1.Create", json!({ "recordType": "repair", "subject": "x", "account": "globex" }));
    let from_account = from_account["receipt"]["number"].as_str().unwrap();
    let order = dora.get(&from_contact);
    assert_eq!([&order["account"], &order["contact"], &order["submitter"]], ["globex", "li", "contact:li"]);
    let order = dora.get(from_account);
    assert_eq!([&order["account"], &order["contact"], &order["submitter"]], [&json!("globex"), &Value::Null, &json!("staff:dora")]);
    let other = dora.create(json!({ "contact": "wang" }));
    let mut listed = |filter: Value| {
        let lines = dora.ok("WorkOrders1.List", filter)["lines"].clone();
        lines.as_array().unwrap().iter().map(|line| line["number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(json!({ "contact": "li" })), [from_contact.as_str()]);
    assert_eq!(listed(json!({ "account": "globex" })), [from_account.to_owned(), from_contact.clone()]);
    assert_eq!(listed(json!({ "contact": "wang", "account": "globex" })), [""; 0]);
    // Also when it has ended, when a list knows no more of it than a line.
    dora.act(from_account, "Cancel", json!({}));
    dora.act(&other, "Cancel", json!({}));
    assert_eq!(dora.ok("WorkOrders1.List", json!({ "contact": "wang" }))["lines"][0]["outcome"], "cancelled");
    let got = dora.ok("Directory1.GetAccount", json!({ "id": "globex" }));
    assert_eq!((&got["account"]["region"], &got["contacts"][0]["id"]), (&json!("north"), &json!("li")));
    let got = dora.ok("Directory1.GetContact", json!({ "id": "li" }));
    assert_eq!(got["account"]["name"], "Globex");
}
