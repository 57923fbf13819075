//! The page for an auditor (EVA-10): what let each Work Order pass a mandatory evaluation, read from the history alone.

use std::fs;
use std::path::Path;

use serde_json::json;
use workorderd::domain::aggregate::{Event, Key};
use workorderd::domain::ids::{NodeIndex, VisitNo};

use workorderd::domain::work_order::event::Event as OrderEvent;
use workorderd::domain::work_order::state::{Exit, Visit};
use workorderd::verify::gate::Gate;
use workorderd::verify::{Findings, Language, page, verify};

use crate::codec_bytes::{body, created, visit};
use crate::real_stage::{BEGIN, DAY, Daemon, Home, program, seed, until, work};

/// An urgent repair at its mandatory evaluation.
fn to_be_rated(daemon: &Daemon) -> String {
    let number = daemon.user("dora").create(json!({ "priority": "urgent" }));
    work(daemon, &number);
    daemon.user("dora").act(&number, "ConfirmSolved", json!({}));
    number
}

fn said(data: &Path, more: &[&str]) -> (i32, String) {
    let output = program().arg("verify").arg(data).args(more).output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), out + &err)
}

/// The row of a Work Order, without its tags.
fn row(page: &str, number: &str) -> Vec<String> {
    let row = page.split("<tr").find(|row| row.contains(&format!("<td>{number}</td>"))).unwrap_or_else(|| panic!("no {number} in {page}"));
    row.split("<td>").skip(1).map(|cell| cell.split("</td>").next().unwrap().to_owned()).collect()
}

#[test]
fn an_auditor_reads_what_let_each_work_order_pass_in_english_and_in_chinese() {
    let home = Home::new();
    let daemon = home.start_with(&["--clock", "manual", "--clock-start", &BEGIN.to_string()]);
    let mut admin = daemon.admin();
    seed(&mut admin);
    let [rated, forgotten] = [(); 2].map(|()| to_be_rated(&daemon));
    let invitations = admin.get(&rated)["invitations"].clone();
    let by_qr_code =
        invitations.as_array().unwrap().iter().find(|one| one["source"] == "qr-code").unwrap_or_else(|| panic!("{invitations}"));
    admin.ok("Guest1.Evaluate", json!({ "token": by_qr_code["link"], "answers": [{ "field": "overall", "value": "4" }] }));
    let called_off = to_be_rated(&daemon);
    admin.act(&called_off, "Void", json!({ "reason": "twice" }));
    admin.ahead(31 * DAY);
    until("the auto-completion", || (admin.get(&forgotten)["outcome"] == "completed").then_some(()));
    let waiting = to_be_rated(&daemon);
    let head = admin.head();
    daemon.stop();

    let place = home.path("gate.html");
    let (code, told) = said(&home.data(), &["--head", &head, "--page", place.to_str().unwrap()]);
    assert_eq!(code, 0, "{told}");
    let text = fs::read_to_string(&place).unwrap();
    assert!(text.starts_with("<!DOCTYPE html>") && text.ends_with("</html>\n") && text.contains(&head), "{text}");
    assert!(text.contains("class=\"good\"") && !text.contains("VIOLATION:"), "{text}");
    let [rated_row, forgotten_row, waiting_row] = [&rated, &forgotten, &waiting].map(|number| row(&text, number));
    assert!(rated_row[4].starts_with("evaluation by QR code, received 2025-11-03 "), "{rated_row:?}");
    assert_eq!(rated_row[5].split(", ").count(), 2, "the record that came there, and the one with the evaluation: {rated_row:?}");
    assert!(forgotten_row[4].starts_with("auto-completion: no evaluation came in time; due 2025-11-"), "{forgotten_row:?}");
    assert_eq!((waiting_row[3].as_str(), waiting_row[4].as_str()), ("", "waits there"));
    assert_eq!(row(&text, &called_off)[4], "waits there", "a void one has not passed");

    let (code, told) = said(&home.data(), &["--page", place.to_str().unwrap(), "--language", "zh"]);
    assert_eq!(code, 0, "{told}");
    let text = fs::read_to_string(&place).unwrap();
    assert!(text.contains("lang=\"zh-CN\"") && row(&text, &rated)[4].starts_with("通过二维码评价，收到于 2025-11-03"), "{text}");
    assert!(row(&text, &forgotten)[4].starts_with("自动完成：期限内没有评价；到期于"), "{text}");

    assert_eq!(said(&home.data(), &["--page", "x.html", "--language", "de"]).0, 2);
    assert_eq!(said(&home.data(), &["--language", "zh"]).0, 2, "a language of no page");
    let (code, told) = said(&home.data(), &["--page", home.path("no/such/folder.html").to_str().unwrap()]);
    assert!(code == 1 && told.contains("no/such/folder.html cannot be written"), "{told}");
}

#[test]
fn a_way_around_is_told_in_red_and_in_words() {
    let home = Home::new();
    home.start().stop();
    let mut gate = Gate::remembering();
    let order = created();
    let entered = OrderEvent::NodeEntered(Box::new(Visit { no: VisitNo(1), ..visit() }));
    let left = OrderEvent::NodeLeft { node: NodeIndex(4), visit: VisitNo(1), exit: Exit::Skipped, reason: None };
    let events = [OrderEvent::Created(Box::new(order.clone())), entered, left].map(Event::WorkOrder);
    let wrong = gate.take(&Key::WorkOrder(order.id), 1, (BEGIN, 7), &body(events.to_vec()));
    assert_eq!(wrong, [format!("{} leaves visit 1, a mandatory evaluation, as \"skipped\"", order.number)]);
    let findings = Findings { gate, wrong, ..verify(&home.data(), None).unwrap() };
    let place = home.path("gate.html");
    page::write(&place, &findings, None, Language::En).unwrap();
    let text = fs::read_to_string(&place).unwrap();
    assert!(text.contains("class=\"bad\">Findings: 1. ") && text.contains("none was given: "), "{text}");
    let number = order.number.to_string();
    assert_eq!(row(&text, &number)[4..], ["VIOLATION: left as skipped", "7"]);
    assert!(text.contains("<tr class=\"wrong\">"), "{text}");
}
