//! Service providers and who leaves: whose people can act, who can be given work, and what somebody who is disabled still carries.
//! That companies never mix is watched by `world/companies`, and its refusals stand in `real_tables`.

use serde_json::json;

use crate::real_stage::{Home, seed};

#[test]
fn who_is_disabled_is_told_with_what_they_carry_and_none_of_it_is_lost() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let lotte = |more: serde_json::Value| {
        let mut lotte = json!({ "id": "lotte", "name": "Lotte", "roles": ["engineer"] });
        lotte.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "staffUser": lotte })
    };
    admin.ok("Directory1.PutStaffUser", lotte(json!({})));
    admin.ok("Directory1.PutStaffUser", json!({ "staffUser": { "id": "li", "name": "李雷", "roles": ["engineer"], "superior": "lotte" } }));
    admin.ok("Directory1.PutDepartment", json!({ "department": { "id": "工程部", "name": "工程部", "head": "lotte" } }));
    admin.ok("Directory1.PutDepartment", json!({ "department": { "id": "old", "name": "Old", "head": "lotte", "disabled": true } }));
    let groups = [("north", Some("lotte"), vec!["li"]), ("south", None, vec!["lotte", "li"]), ("west", None, vec!["li"])];
    for (id, leader, members) in groups {
        let group = json!({ "id": id, "name": id, "leader": leader, "members": members });
        admin.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
    }
    admin.ok("Directory1.PutUserGroup", json!({ "userGroup": { "id": "夜班", "name": "夜班", "members": ["li", "lotte"] } }));
    let carried =
        json!({ "superiorOf": ["li"], "headOf": ["工程部"], "leaderOf": ["north"], "memberOf": ["south"], "userGroups": ["夜班"] });
    // Nothing is said of somebody who stays.
    assert!(admin.ok("Directory1.PutStaffUser", lotte(json!({ "language": "de" }))).get("carried").is_none());
    let put = admin.ok("Directory1.PutStaffUser", lotte(json!({ "disabled": true })));
    assert_eq!(put["carried"], carried);
    let got = admin.ok("Directory1.GetStaffUser", json!({ "id": "lotte" }));
    assert_eq!((&got["carried"], &got["canAct"]), (&carried, &json!(false)));
    assert_eq!(admin.ok("Directory1.GetServiceGroup", json!({ "id": "north" }))["serviceGroup"]["leader"], "lotte");
    assert_eq!(admin.ok("Directory1.GetUserGroup", json!({ "id": "夜班" }))["members"].as_array().unwrap().len(), 2);
}

#[test]
fn a_disabled_provider_has_nobody_who_acts_and_no_group_that_gets_work() {
    let home = Home::new();
    let mut daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let provider = |disabled: bool| json!({ "serviceProvider": { "id": "nordlift", "name": "Nordlift", "disabled": disabled } });
    admin.ok("Directory1.PutServiceProvider", provider(false));
    for (id, superior) in [("nora", None), ("nils", Some("nora"))] {
        let user = json!({ "id": id, "name": id, "roles": ["engineer"], "provider": "nordlift", "superior": superior });
        admin.ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
    }
    let group = json!({ "id": "nord", "name": "Nord", "leader": "nora", "members": ["nils"], "provider": "nordlift" });
    admin.ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
    let number = daemon.user("dora").create(json!({}));
    let mut nora = daemon.user("nora");
    nora.ok("WorkOrders1.List", json!({}));
    admin.ok("Directory1.PutServiceProvider", provider(true));
    // Whoever is connected is stopped, too.
    let (name, _) = nora.refused("WorkOrders1.List", json!({}));
    assert!(name.ends_with("NotPermitted"), "{name}");
    daemon.stop();
    daemon = home.start();
    let mut admin = daemon.admin();
    let (name, with) = admin.refused("System1.ActAs", json!({ "user": "nora" }));
    assert!(with.to_string().contains("nora"), "{name} {with}");
    let (name, with) = daemon.user("dora").refused("WorkOrders1.AssignToGroup", json!({ "number": number, "group": "nord" }));
    assert!(name.ends_with("UnknownReference"), "{name} {with}");
    let got = admin.ok("Directory1.GetStaffUser", json!({ "id": "nils" }));
    assert_eq!((&got["canAct"], &got["staffUser"]["disabled"]), (&json!(false), &json!(false)));
    let new = json!({ "staffUser": { "id": "nele", "name": "Nele", "roles": ["engineer"], "provider": "nordlift" } });
    let (_, with) = admin.refused("Directory1.PutStaffUser", new);
    assert!(with.to_string().contains("service provider nordlift is disabled"), "{with}");
    let shown = admin.ok("Directory1.GetServiceProvider", json!({ "id": "nordlift" }));
    assert_eq!((shown["staffUsers"].as_array().unwrap().len(), &shown["serviceGroups"][0]["id"]), (2, &json!("nord")));
    admin.ok("Directory1.PutServiceProvider", provider(false));
    daemon.user("dora").ok("WorkOrders1.AssignToGroup", json!({ "number": number, "group": "nord" }));
}
