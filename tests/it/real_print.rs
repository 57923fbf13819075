//! The printed page with a real daemon: what a role does not see is not on it, what was done is there in full, in the customer's language.

use serde_json::json;

use crate::print_stage::{Ran, chinese_font, close, program, text_of};
use crate::real_places::Stage;

fn printed(stage: &Stage, who: &str, number: &str, more: &[&str]) -> Ran {
    program(stage.daemon.socket(), &[&["--as", who, "print", number], more].concat())
}

fn html(stage: &Stage, who: &str, number: &str) -> String {
    let ran = printed(stage, who, number, &["--html", "-"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    String::from_utf8(ran.out).unwrap()
}

/// A repair that emil works on, with what it cost.
fn repaired(stage: &Stage) -> String {
    let number = stage.at("task");
    let parts = json!([{ "part": "Zeisig 黄雀", "quantity": 1 }]);
    stage.caller("emil").act(&number, "SaveFields", json!({ "fields": { "cause": "wear", "cost": "4711.00", "parts-used": parts } }));
    number
}

#[test]
fn a_field_that_the_callers_role_hides_is_on_neither_page() {
    let stage = Stage::new();
    let number = repaired(&stage);
    let role =
        "[[role]]\nname = \"engineer\"\nrights = [\"read_work_orders\", \"read_directory\"]\nhidden_fields = [\"cost\", \"parts-used\"]\n";
    stage.daemon.admin().ok("Definitions1.Apply", json!({ "files": [{ "path": "layouts.toml", "text": role }] }));
    let folder = tempfile::tempdir().unwrap();
    for (who, sees) in [("emil", false), ("dora", true)] {
        let page = html(&stage, who, &number);
        assert!(page.contains("正常磨损"), "{page}");
        for hidden in ["4711.00", "Zeisig", "黄雀", "费用合计", "使用配件"] {
            assert_eq!(page.contains(hidden), sees, "{who} {hidden}");
        }
        let Some(font) = chinese_font() else { return };
        let file = folder.path().join(format!("{who}.pdf"));
        let ran = printed(&stage, who, &number, &[file.to_str().unwrap(), "--font", font.to_str().unwrap()]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let Some(sheets) = text_of(&file) else { return };
        for hidden in ["4711.00", "Zeisig", "费用合计"] {
            assert_eq!(close(&sheets.concat()).contains(hidden), sees, "{who} {hidden}");
        }
    }
}

#[test]
fn whoever_does_not_see_it_is_told_the_same_as_of_a_number_that_never_was() {
    let stage = Stage::new();
    let number = repaired(&stage);
    let there = printed(&stage, "rita", &number, &["--html", "-"]);
    let never = printed(&stage, "rita", "WO-20251103-999999", &["--html", "-"]);
    assert_eq!((there.code, there.out.as_slice()), (1, &b""[..]));
    assert_eq!(there.err.replace(&number, "X"), never.err.replace("WO-20251103-999999", "X"));
}

#[test]
fn a_role_without_the_directory_prints_names_and_neither_phone_nor_mail_nor_equipment() {
    let stage = Stage::new();
    let mut dora = stage.caller("dora");
    let number = dora.create(json!({ "account": "acme", "fields": { "under-warranty": true, "terminal": "L-1" } }));
    dora.act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    stage.daemon.admin().ok(
        "Directory1.PutTerminal",
        json!({ "terminal": { "id": "L-1", "name": "一号楼客梯", "product": "lift-500", "account": "acme", "serialNumber": "SN4711" } }),
    );
    let full = html(&stage, "emil", &number);
    for told in ["王伟", "ACME", "wang@example.cn", "SN4711", "客梯 500 型", "EMIL"] {
        assert!(full.contains(told), "{told}: {full}");
    }
    assert!(!full.contains("L-1"), "equipment that is told stands in one place");
    let role = "[[role]]\nname = \"engineer\"\nrights = [\"read_work_orders\"]\n";
    stage.daemon.admin().ok("Definitions1.Apply", json!({ "files": [{ "path": "roles.toml", "text": role }] }));
    let less = html(&stage, "emil", &number);
    for told in ["王伟", "ACME", "一号楼客梯 (L-1)", "EMIL"] {
        assert!(less.contains(told), "{told}: {less}");
    }
    for hidden in ["wang@example.cn", "SN4711", "客梯 500 型"] {
        assert!(!less.contains(hidden), "{hidden}");
    }
}

#[test]
fn every_service_record_is_printed_in_full_and_oldest_first_and_no_remark_is() {
    let stage = Stage::new();
    let number = repaired(&stage);
    let mut emil = stage.caller("emil");
    let long = format!("长{}完", "记录很长。".repeat(700));
    for at in 0..30 {
        let text = if at == 3 { long.clone() } else { format!("第{at:02}次联系客户") };
        emil.act(&number, "AddServiceRecord", json!({ "kind": "call", "text": text }));
        emil.act(&number, "AddServiceRecord", json!({ "text": format!("内部{at}") }));
    }
    let page = html(&stage, "emil", &number);
    assert!(page.contains(&long), "Get keeps 500 characters of it");
    let at: Vec<_> =
        (0..30).filter(|at| *at != 3).map(|at| page.find(&format!("电话：第{at:02}次联系客户")).expect("each is there")).collect();
    assert!(at.is_sorted() && !page.contains("内部"), "remarks are for the company alone");
}

#[test]
fn what_was_done_before_the_customer_sent_it_back_is_there_as_well() {
    let stage = Stage::new();
    let number = stage.at("task");
    let (mut emil, mut dora) = (stage.caller("emil"), stage.caller("dora"));
    emil.act(&number, "CompleteTask", json!({ "note": "换了阀 one" }));
    dora.act(&number, "ConfirmNotSolved", json!({ "reason": "it still drips" }));
    emil.act(&number, "CompleteTask", json!({ "note": "换了泵 two" }));
    let page = html(&stage, "emil", &number);
    let (one, two) = (page.find("已完成：换了阀 one").unwrap(), page.find("已完成：换了泵 two").unwrap());
    assert!(one < two);
}

#[test]
fn a_visit_is_printed_step_by_step_in_the_language_of_the_contact_and_its_code_for_those_who_may_show_it() {
    let stage = Stage::new();
    let number = stage.at("site");
    let mut emil = stage.caller("emil");
    emil.act(&number, "SkipStep", json!({ "step": "photos", "reason": "SECRET" }));
    crate::real_tables_on_site::complete_steps(&mut emil, &number);
    emil.act(&number, "CompleteTask", json!({ "note": "已交付" }));
    let page = html(&stage, "emil", &number);
    for told in ["安装", "到达客户现场", "与客户一起试运行", "拍照：未执行", "已完成：已交付", "EMIL", "<svg"]
    {
        assert!(page.contains(told), "{told}: {page}");
    }
    assert!(!page.contains("31.23") && !page.contains("SECRET"), "{page}");
    stage.caller("dora").act(&number, "AddTeamMember", json!({ "user": "lena", "access": "read" }));
    assert!(!html(&stage, "lena", &number).contains("<svg"), "who may not handle it is not told the link");
    let english = printed(&stage, "emil", &number, &["--html", "-", "--language", "en"]);
    let page = String::from_utf8(english.out).unwrap();
    for told in ["Installation", "Arrive at the customer&#39;s", "Take photos: not carried out", "Work completed: 已交付"] {
        assert!(page.contains(told) || page.contains(&told.replace("&#39;", "'")), "{told}: {page}");
    }
}

#[test]
fn the_names_of_people_are_told_with_a_work_order_and_what_was_done_with_its_history() {
    let stage = Stage::new();
    let number = repaired(&stage);
    let mut emil = stage.caller("emil");
    emil.act(&number, "AddServiceRecord", json!({ "kind": "visit", "text": "x" }));
    let order = emil.get(&number);
    assert_eq!(order["people"], json!([{ "id": "dora", "name": "DORA" }, { "id": "emil", "name": "EMIL" }]));
    assert_eq!(
        (&order["recordTypeTitle"], &order["contactName"], &order["contactLanguage"]),
        (&json!("Repair"), &json!("王伟"), &json!("zh"))
    );
    let fields = order["fields"].as_array().unwrap();
    let parts = fields.iter().find(|field| field["name"] == "parts-used").unwrap();
    assert_eq!((&parts["form"], &parts["columnKinds"]), (&json!("Repair report"), &json!(["text", "number", "money"])));
    let lines = emil.ok("WorkOrders1.History", json!({ "number": number }))["lines"].clone();
    assert_eq!(lines[0]["done"], json!({ "kind": "visit", "by": { "id": "emil", "name": "EMIL" }, "note": "x" }));
    assert!(lines.as_array().unwrap().iter().skip(1).all(|line| line.get("done").is_none()));
}
