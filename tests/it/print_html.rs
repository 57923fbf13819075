//! The printed page as HTML: what is on it, byte for byte (`WO_WRITE_GOLDEN=1` writes that anew), what is not, and what no text can do to it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cli_views::{DAY, NOW};
use crate::print_stage::{Told, chinese, done, english, field, print};

fn golden(name: &str, page: &str) {
    let path = format!("{}/tests/golden/print/{name}.html", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("WO_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap();
    let (mut lines, mut known) = (page.lines(), known.lines());
    loop {
        let (line, before) = (lines.next(), known.next());
        assert_eq!(line, before, "{name} has changed");
        if line.is_none() {
            break;
        }
    }
}

const COMPANY: [&str; 4] = ["--company", "上海安达电梯服务有限公司", "--logo", "安达 <&>"];

#[test]
fn a_page_in_chinese_is_as_it_was_looked_at() {
    golden("zh", &chinese().html(&COMPANY));
}

#[test]
fn a_page_in_english_is_as_it_was_looked_at() {
    golden("en", &english().html(&["--company", "Nordlift", "--logo", "N"]));
}

#[test]
fn the_language_is_the_contacts_unless_another_is_asked_for() {
    let language = |told: &Told, more: &[&str]| {
        let page = told.html(more);
        page.split("<html lang=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    };
    assert_eq!(language(&chinese(), &[]), "zh-CN");
    assert_eq!(language(&chinese(), &["--language", "en"]), "en");
    assert_eq!(language(&english(), &[]), "en", "there are no words in the contact's language");
    assert_eq!(language(&english(), &["--language", "zh"]), "zh-CN");
    let mut nobody = chinese();
    nobody.order["contactLanguage"] = Value::Null;
    assert_eq!(language(&nobody, &[]), "en");
    // Titles are asked for in the language of the page.
    let stage = chinese().stage();
    let asked = |more: &[&str]| {
        let arguments = ["print", "WO-1", "--html", "-"];
        stage.run(&[&arguments, more].concat());
        stage.methods().iter().filter(|method| method.ends_with(".Get")).count()
    };
    assert_eq!(asked(&["--language", "en"]), 1);
    assert_eq!(asked(&[]), 3, "the language of the contact is known only when one has asked");
}

#[test]
fn what_is_for_the_company_alone_is_not_on_the_page() {
    let page = chinese().html(&[]);
    for kept in ["NOT FOR CUSTOMERS", "not for paper", "31.23", "bytes", "wang<", "harbour"] {
        assert!(!page.contains(kept), "{kept}");
    }
    for told in ["拍照：未执行", "到达现场：保安带路", "电话：已约好时间", "door.jpg, K3.jpg"] {
        assert!(page.contains(told), "{told}");
    }
}

#[test]
fn who_may_not_read_the_directory_prints_the_names_they_see_and_no_more() {
    let told = Told { contact: None, terminal: None, ..chinese() };
    let page = told.html(&[]);
    assert!(page.contains("王伟") && page.contains("海港酒店"));
    assert!(page.contains("一号楼客梯 (L-1)"), "the value of the field remains");
    for hidden in ["138 0013", "wang@", "NK00123456", "2027-06-30"] {
        assert!(!page.contains(hidden), "{hidden}");
    }
}

#[test]
fn a_daemon_that_fails_is_told_and_leaves_no_page_behind() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("page.html");
    let stage = crate::cli_stage::Stage::new(|call| match call.member() {
        "GetContact" => crate::cli_stage::refusal("Busy", "too much to do"),
        "Status" => crate::cli_stage::refusal("NotPermitted", "no"),
        _ => crate::cli_stage::reply(&json!({ "workOrder": chinese().order })),
    });
    let ran = print(&stage.socket(), &[file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.lines().next()), (75, Some("workorderctl: too much to do")));
    assert!(!file.exists());
}

#[test]
fn times_are_those_of_the_zone_that_was_asked_for() {
    let page = chinese().html(&[]);
    // 14:03:05 UTC is 22:03 in Shanghai.
    assert!(page.contains("打印时间 2026-11-22 22:03（时区 Asia/Shanghai）"));
    assert!(page.contains("2026-11-22 08:30") && page.contains("2026-11-22 11:05"), "points in time in fields and in tables too");
    assert!(!page.contains("T00:30"));
}

#[test]
fn what_does_not_count_says_so() {
    for (life, word) in [("void", "已作废"), ("deleted", "已删除")] {
        let mut told = chinese();
        told.order["life"] = json!(life);
        assert!(told.html(&[]).contains(&format!("<em class=\"mark\">{word}</em>")));
    }
    assert!(!chinese().html(&[]).contains("class=\"mark\""));
}

#[test]
fn the_code_is_there_where_an_invitation_is_open_and_its_link_is_shown() {
    assert!(chinese().html(&[]).contains("<svg"));
    assert!(!chinese().html(&["--no-code"]).contains("<svg"));
    for (key, value) in [("link", Value::Null), ("expiresAt", json!(NOW - DAY)), ("source", json!("link")), ("purpose", json!("confirm"))] {
        let mut told = chinese();
        told.order["invitations"][1][key] = value;
        assert!(!told.html(&[]).contains("<svg"), "{key}");
    }
    let mut told = chinese();
    told.order["invitations"][1]["link"] = json!("x".repeat(5_000));
    assert!(!told.html(&[]).contains("<svg"), "no code holds this");
}

#[test]
fn a_table_of_many_columns_is_told_row_by_row() {
    let mut told = english();
    let mut wide = field("wide", "Readings", "table", "Commissioning", "");
    wide["columns"] = (0..12).map(|at| format!("Column {at}")).collect();
    wide["columnKinds"] = (0..12).map(|_| "text").collect();
    wide["rows"] = json!([(0..12).map(|at| format!("a{at}")).collect::<Vec<_>>(), (0..12).map(|_| "").collect::<Vec<_>>()]);
    told.order["fields"] = json!([wide]);
    let page = told.html(&[]);
    assert!(
        page.contains("<dt class=\"over\" dir=\"auto\">Readings 1</dt><dt dir=\"auto\">Column 0</dt><dd dir=\"auto\">a0</dd>"),
        "{page}"
    );
    assert!(page.contains("Readings 2"));
}

/// Puts the text in the place of every text that people write, at any depth.
fn poison(value: &mut Value, text: &str) {
    const KEPT: [&str; 15] = [
        "kind",
        "state",
        "source",
        "purpose",
        "life",
        "to",
        "columnKinds",
        "status",
        "contactLanguage",
        "language",
        "engineer",
        "id",
        "hash",
        "mediaType",
        "sequence",
    ];
    match value {
        Value::String(one) => *one = text.to_owned(),
        Value::Array(all) => all.iter_mut().for_each(|one| poison(one, text)),
        Value::Object(map) => map.iter_mut().filter(|(key, _)| !KEPT.contains(&key.as_str())).for_each(|(_, one)| poison(one, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn poisoned(text: &str) -> Told {
    let mut told = chinese();
    told.order["outcome"] = json!("x");
    for value in [Some(&mut told.order), told.contact.as_mut(), told.terminal.as_mut()].into_iter().flatten() {
        poison(value, text);
    }
    told.lines =
        ["completed", "step", "visit", "call", "e-mail"].iter().map(|kind| done(1, NOW, kind, ("a", text), Some(text), text)).collect();
    told
}

#[test]
fn no_text_becomes_an_element_or_steers_what_stands_around_it() {
    let elements = |page: &str| -> BTreeSet<String> {
        page.split('<').skip(1).map(|rest| rest.split([' ', '>', '/', '\n']).next().unwrap().to_owned()).collect()
    };
    let known: BTreeSet<String> = elements(&(chinese().html(&COMPANY) + &english().html(&[])));
    assert!(known.len() > 20 && !known.contains("script"), "{known:?}");
    for text in [
        "<script>alert(1)</script>",
        "</style></title></dd><script src=//evil.example/x.js>",
        "\"><img src=x onerror=alert(1)>' onload='x",
        "&lt;script&gt; &amp; &#60;script&#62;",
        "<!-- --> <![CDATA[ ]]> <?php ?>",
        "a\0b\u{1b}[2J\u{202e}c\u{2066}d\u{feff}",
        "url(http://evil.example) @import 'x'; } body { display: none",
    ] {
        let page = poisoned(text).html(&["--company", text, "--logo", text]);
        assert!(elements(&page).is_subset(&known), "{text:?}: {:?}", elements(&page).difference(&known));
        assert!(!page.contains("onerror=alert(1)>") && !page.contains("<script"), "{text:?}");
        assert!(!page.contains(['\0', '\u{1b}', '\u{202e}', '\u{2066}', '\u{feff}']), "{text:?}");
        let head = page.split("</head>").next().unwrap();
        assert!(!head.split("<style>").nth(1).unwrap().contains("evil"), "{text:?}");
    }
}

#[test]
fn the_page_refers_to_nothing_outside_of_it() {
    let page = chinese().html(&COMPANY) + &english().html(&[]);
    for word in ["src=", "href=", "url(", "@import", "<link", "<script", "<iframe"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'") && page.contains("@page { size: A4;"));
}
