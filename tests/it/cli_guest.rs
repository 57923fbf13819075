//! The calls that the commands of people outside make, for `cli_commands`; and how what they are shown is printed.

use serde_json::{Value, json};
use workorderd::cli::view::guest as view;
use workorderd::protocol::guest::{Line, OwnListed, RecordType, SignedIn, Terminal, Visit, WorkOrder};
use workorderd::protocol::work_orders::Field;

use crate::cli_people::words;
use crate::cli_views::{NOW, golden, page};

/// A command line, the method it calls, and the parameters.
pub fn cases() -> Vec<(Vec<String>, &'static str, Value)> {
    let change = |line: &str, method, mut parameters: Value| {
        parameters["requestId"] = "r-1".into();
        (words(&format!("{line}|--request-id|r-1")), method, parameters)
    };
    let ask = |line: &str, method, parameters| (words(line), method, parameters);
    vec![
        ask(
            "guest|request-sign-in|wang@example.cn|--language|zh",
            "Guest1.RequestSignIn",
            json!({ "email": "wang@example.cn", "language": "zh" }),
        ),
        change("guest|sign-in|https://example.com/e/TOKEN", "Guest1.SignIn", json!({ "token": "TOKEN" })),
        change("guest|sign-out|--session|S", "Guest1.SignOut", json!({ "session": "S" })),
        ask("guest|record-types", "Guest1.ListRecordTypes", json!({})),
        ask("guest|record-types|--session|S|--language|zh", "Guest1.ListRecordTypes", json!({ "session": "S", "language": "zh" })),
        ask("guest|form|repair|--session|S", "Guest1.DescribeForm", json!({ "session": "S", "recordType": "repair" })),
        change(
            "guest|create|repair|电梯坏了|--session|S|--description|三楼|--reference|PO-7|--field|floor=3",
            "Guest1.Create",
            json!({ "session": "S", "recordType": "repair", "subject": "电梯坏了", "description": "三楼", "reference": "PO-7", "fields": { "floor": "3" } }),
        ),
        change(
            "guest|create|repair|x|--name|路人甲|--phone|139|--email|a@b.example|--language|zh",
            "Guest1.Create",
            json!({ "recordType": "repair", "subject": "x", "language": "zh", "guest": { "name": "路人甲", "phone": "139", "email": "a@b.example" } }),
        ),
        ask(
            "guest|list|--session|S|--open|--changed|--limit|3|--after|C|--language|zh",
            "Guest1.ListOwn",
            json!({ "session": "S", "open": true, "order": "changed", "limit": 3, "after": "C", "language": "zh" }),
        ),
        ask("guest|list|--session|S|--open=false", "Guest1.ListOwn", json!({ "session": "S", "open": false })),
        ask("guest|get|W|--session|S|--language|zh", "Guest1.GetOwn", json!({ "session": "S", "number": "W", "language": "zh" })),
        change("guest|confirm-own|W|--session|S|--solved", "Guest1.ConfirmOwn", json!({ "session": "S", "number": "W", "solved": true })),
        change(
            "guest|confirm-own|W|--session|S|--not-solved|还在漏",
            "Guest1.ConfirmOwn",
            json!({ "session": "S", "number": "W", "solved": false, "reason": "还在漏" }),
        ),
        change("guest|cancel|W|--session|S|--reason|x", "Guest1.CancelOwn", json!({ "session": "S", "number": "W", "reason": "x" })),
        ask(
            "guest|receipt|twilio|--token|T|--query|q=1|--signature|S|--body|B",
            "Guest1.TakeReceipt",
            json!({ "provider": "twilio", "token": "T", "query": "q=1", "signature": "S", "body": "B" }),
        ),
        ask("guest|terminal|AB1", "Guest1.LookUpTerminal", json!({ "serialNumber": "AB1" })),
    ]
}

fn line(number: &str, status: &str, waits_for_you: bool) -> Line {
    Line {
        number: number.into(),
        record_type: "维修".into(),
        subject: "三楼的电梯又坏了，门打不开，请尽快来看一下".into(),
        status: "resolved".into(),
        outcome: None,
        status_text: status.into(),
        created_at: NOW - 86_400_000,
        mine: waits_for_you,
        waits_for_you,
    }
}

#[test]
fn what_people_outside_are_shown_fits_the_page() {
    let page = page();
    let signed_in = SignedIn { session: "AgTOKEN".into(), ends_at: NOW + 86_400_000, name: "王伟".into(), language: "zh".into() };
    let lines = vec![line("WO-20261122-000017", "已处理，请确认是否解决", true), line("WO-20261121-000003", "处理中", false)];
    let types = [("repair", "维修", true), ("maintenance", "保养", false)].map(|(name, title, form)| RecordType {
        name: name.into(),
        title: title.into(),
        form,
    });
    let order = WorkOrder {
        line: lines[0].clone(),
        record_type_name: "repair".into(),
        description: Some("自上周四起".into()),
        reference: Some("PO-7".into()),
        on_hold: true,
        accepted_at: Some(NOW - 3_600_000),
        visits: vec![Visit { from: NOW + 3_600_000, until: NOW + 7_200_000 }],
        fields: vec![Field {
            name: "fault".into(),
            title: "故障描述".into(),
            kind: "long-text".into(),
            text: "门打不开".into(),
            ..Field::default()
        }],
        may_confirm: true,
        ..WorkOrder::default()
    };
    let other = Terminal { product: "客梯 500 型".into(), model: Some("L500".into()), ..Terminal::default() };
    let own = Terminal {
        warranty_end: Some("2027-02-28".into()),
        in_warranty: Some(true),
        own: true,
        id: Some("L-1".into()),
        name: Some("一号楼客梯".into()),
        site: Some("南京路 1 号".into()),
        work_orders: lines.clone(),
        ..other.clone()
    };
    let listed = OwnListed { lines, next: Some("CURSOR".into()), total: 9 };
    let told = [
        view::signed_in(&signed_in, &page),
        view::record_types(&types, &page),
        view::listed(&listed, &page),
        view::work_order(&order, &page),
        view::terminals(&[own, other], &page),
        view::listed(&OwnListed::default(), &page),
    ];
    golden("guest", &told.join("\n"));
}
