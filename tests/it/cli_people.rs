//! The calls that the commands on people and their companies make, for `cli_commands`; and how they print what they get.

use serde_json::{Value, json};
use workorderd::cli::view::people;
use workorderd::protocol::directory::{GotServiceProvider, GotStaffUser, GotUserGroup, PutOfStaffUser};
use workorderd::protocol::varlink::Call;

use crate::cli_views::{NOW, golden, page};

/// A command line of one line.
pub fn words(text: &str) -> Vec<String> {
    text.split('|').map(str::to_owned).collect()
}

/// A command line, the method it calls, and the parameters.
pub fn cases() -> Vec<(Vec<String>, &'static str, Value)> {
    let r = "r-1";
    vec![
        (words("staff-user|show|lei|--json"), "Directory1.GetStaffUser", json!({ "id": "lei" })),
        (words("staff-user|show|lei"), "WorkOrders1.List", json!({ "engineer": "lei", "open": true, "limit": 1 })),
        (
            words("user-group|put|night|--name|夜班|--member|lei,wang|--disabled|--request-id|r-1|--expected-revision|2"),
            "Directory1.PutUserGroup",
            json!({ "requestId": r, "expectedRevision": 2, "userGroup": { "id": "night", "name": "夜班", "members": ["lei", "wang"], "disabled": true } }),
        ),
        (words("user-group|show|night"), "Directory1.GetUserGroup", json!({ "id": "night" })),
        (words("user-group|list|--limit|5"), "Directory1.ListUserGroups", json!({ "limit": 5 })),
        (
            words("service-provider|put|nordlift|--name|Nordlift|--request-id|r-1"),
            "Directory1.PutServiceProvider",
            json!({ "requestId": r, "serviceProvider": { "id": "nordlift", "name": "Nordlift" } }),
        ),
        (words("service-provider|show|nordlift"), "Directory1.GetServiceProvider", json!({ "id": "nordlift" })),
        (words("lookup|müller|030 1"), "Directory1.LookUp", json!({ "query": "müller 030 1" })),
        (words("lookup|李娜|--exact"), "Directory1.LookUp", json!({ "query": "李娜", "exact": true })),
        (words("contact|erase|li|--dry-run"), "Directory1.JudgeErasePerson", json!({ "kind": "contact", "id": "li" })),
        // After ErasePerson.
        (words("staff-user|erase|mei|--confirm|mei"), "Directory1.GetErasure", json!({ "kind": "staff-user", "id": "mei" })),
        (words("service-provider|list"), "Directory1.ListServiceProviders", json!({})),
        (
            words("service-group|put|nord|--name|N|--provider|nordlift|--request-id|r-1"),
            "Directory1.PutServiceGroup",
            json!({ "requestId": r, "serviceGroup": { "id": "nord", "name": "N", "members": [], "provider": "nordlift" } }),
        ),
    ]
}

fn no_sums() -> Value {
    let names = ["workOrders", "others", "records", "values", "mails", "attachments", "attachmentsKept", "written", "named"];
    names.into_iter().map(|name| (name.to_owned(), json!(0))).collect::<serde_json::Map<_, _>>().into()
}

/// What the daemon answers.
pub fn answer(call: &Call) -> Option<Value> {
    Some(match call.member() {
        "ListStaffUsers" => json!({ "staffUsers": [] }),
        "ListUserGroups" => json!({ "userGroups": [] }),
        "ListServiceProviders" => json!({ "serviceProviders": [] }),
        "GetStaffUser" => {
            json!({ "staffUser": { "id": "lei", "name": "Lei", "roles": [] }, "canAct": true, "carried": { "superiorOf": [], "headOf": [], "leaderOf": [], "memberOf": [], "userGroups": [] } })
        }
        "MoveRule" => json!({ "changes": [], "sequence": 3 }),
        "PreviewMessage" => {
            json!({ "language": "zh", "subject": "请评价", "text": "王伟您好\n", "sms": "x", "smsSegments": 1, "smsParameters": [], "wechatData": [] })
        }
        "GetSmsQuota" | "ChangeSmsQuota" => json!({ "total": 10, "used": 3, "left": 7 }),
        "TakeReceipt" => json!({ "answer": "success" }),
        "TryRules" => json!({ "tried": [], "rules": [], "total": 0 }),
        "JudgeErasePerson" => json!({ "sums": no_sums(), "left": { "terminals": [] } }),
        "GetErasure" => json!({ "erasure": { "since": NOW, "finishedAt": NOW, "sums": no_sums() }, "left": { "terminals": [] } }),
        "LookUp" => json!({ "found": [], "more": false }),
        "GetUserGroup" => json!({ "userGroup": { "id": "night", "name": "夜班", "members": [] }, "members": [] }),
        "GetServiceProvider" => {
            json!({ "serviceProvider": { "id": "nordlift", "name": "Nordlift" }, "staffUsers": [], "serviceGroups": [] })
        }
        _ => return None,
    })
}

#[test]
fn people_and_companies_are_shown_with_what_hangs_on_them() {
    let got: GotStaffUser = serde_json::from_value(json!({
        "staffUser": { "id": "wang.wei", "name": "王伟", "roles": ["engineer", "dispatcher"], "email": "wang@example.cn", "language": "zh",
            "superior": "lei", "department": "工程部", "skills": ["电梯"], "disabled": true },
        "canAct": false,
        "carried": { "superiorOf": ["mei", "小李"], "headOf": ["工程部"], "leaderOf": ["north"], "memberOf": ["north", "south"], "userGroups": ["夜班"] },
    }))
    .unwrap();
    let put = PutOfStaffUser { carried: Some(got.carried.clone()), ..PutOfStaffUser::default() };
    let group: GotUserGroup = serde_json::from_value(json!({
        "userGroup": { "id": "夜班", "name": "夜班值守", "members": ["wang.wei"] }, "members": [got.staff_user],
    }))
    .unwrap();
    let provider: GotServiceProvider = serde_json::from_value(json!({
        "serviceProvider": { "id": "外包", "name": "外包维修公司", "disabled": true },
        "staffUsers": [{ "id": "nora", "name": "Nora", "roles": ["engineer"], "provider": "外包" }],
        "serviceGroups": [{ "id": "nord", "name": "Nord", "members": ["nora"], "rule": "pool", "provider": "外包" }],
    }))
    .unwrap();
    let outside = GotStaffUser { staff_user: provider.staff_users[0].clone(), ..GotStaffUser::default() };
    let parts = [
        people::staff_user(&got, 3, &page()),
        people::put("wang.wei", &put, &page()),
        people::staff_user(&outside, 1, &page()),
        people::user_groups(std::slice::from_ref(&group.user_group), &page()),
        people::user_group(&group, &page()),
        people::service_providers(std::slice::from_ref(&provider.service_provider), &page()),
        people::service_provider(&provider, &page()),
    ];
    golden("people", &parts.join("\n"));
}
