//! Imports from spreadsheets into a real daemon: what is good goes in as it stands, what is bad is named with its line and field,
//! and a second time nothing is made twice.

use std::path::Path;

use serde_json::{Value, json};

use crate::import_stage::{Stage, text, xlsx};
use crate::real_tables::sequence;

/// Between the cells of the bad lines: as in the file that they come from, so that one mapping is for both.
fn separator(name: &str) -> &str {
    match name {
        "b.csv" | "e.XLSX" => ",",
        "c.csv" => "\t",
        _ => ";",
    }
}

#[test]
fn one_table_goes_in_the_same_from_every_form_of_file() {
    let rows = "id;name;mobile;email;account\nli.na;李娜;013800000000;li@example.cn;acme\n\n\"m ü\";\"Müller; Anna\";;;\n";
    let comma = rows.replace(';', ",").replace("Müller, Anna", "Müller; Anna");
    let (gb, _, lost) = encoding_rs::GB18030.encode(rows);
    assert!(!lost);
    let tabs = rows.replace("Müller; Anna", "Müller# Anna").replace(';', "\t").replace('#', ";");
    let files: [(&str, Vec<u8>, &[&str]); 5] = [
        ("a.csv", rows.as_bytes().to_vec(), &[]),
        ("b.csv", [b"\xef\xbb\xbf", comma.as_bytes()].concat(), &[]),
        ("c.csv", tabs.replace('\n', "\r\n").into_bytes(), &[]),
        ("d.csv", gb.into_owned(), &["--encoding", "gb18030"]),
        (
            "e.XLSX",
            xlsx(&format!(
                "<row r=\"1\">{}</row><row r=\"2\">{}</row><row r=\"4\">{}</row>",
                ["id", "name", "mobile", "email", "account"]
                    .iter()
                    .zip(["A1", "B1", "C1", "D1", "E1"])
                    .map(|(t, at)| text(at, t))
                    .collect::<String>(),
                ["li.na", "李娜", "013800000000", "li@example.cn", "acme"]
                    .iter()
                    .zip(["A2", "B2", "C2", "D2", "E2"])
                    .map(|(t, at)| text(at, t))
                    .collect::<String>(),
                text("A4", "m ü") + &text("B4", "Müller; Anna"),
            )),
            &[],
        ),
    ];
    for (name, bytes, more) in files {
        let stage = Stage::new();
        let file = stage.file(name, bytes);
        let arguments: Vec<&str> = [file.as_str(), "--kind", "contact"].iter().chain(more).copied().collect();
        // Of the second line the id is bad: ids have no blanks. It is told with its own number, behind an empty one.
        stage.refused(&arguments, 1, &[":4: id: \"m ü\"", "1 bad", "nothing was imported"]);
        let kept = stage.path("bad.csv");
        let ran = stage.import(&[&arguments[..], &["--good-lines", kept.to_str().unwrap()]].concat());
        assert_eq!(ran.code, 1, "{name}: {ran:?}");
        assert!(ran.out.contains("2 lines: 1 imported, 0 already there, 1 bad"), "{name}: {ran:?}");
        let contact = stage.contact("li.na");
        assert_eq!(
            (&contact["name"], &contact["mobile"], &contact["account"]),
            (&json!("李娜"), &json!("013800000000"), &json!("acme")),
            "{name}"
        );
        // The bad line, mended, goes in; its column `error` stands for nothing.
        let bad = std::fs::read_to_string(&kept).unwrap();
        let separator = separator(name);
        let heading = format!("{separator}error\n");
        assert!(bad.contains("Müller; Anna") && bad.lines().count() == 2 && bad.contains(&heading), "{name}: {bad}");
        let (id, mended) = (format!("\nm ü{separator}"), format!("\nmueller{separator}"));
        let mended = stage.file("mended.csv", bad.replace(&id, &mended));
        let ran = stage.import(&[&mended, "--kind", "contact"]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "1 line: 1 imported, 0 already there, 0 bad\n"), "{name}: {ran:?}");
        assert_eq!(stage.contact("mueller")["name"], "Müller; Anna", "{name}");
        // A third time, nothing is left to do.
        let before = sequence(&stage.daemon);
        assert_eq!(stage.import(&[&mended, "--kind", "contact"]).out, "1 line: 0 imported, 1 already there, 0 bad\n");
        assert_eq!(sequence(&stage.daemon), before);
    }
}

#[test]
fn what_a_spreadsheet_keeps_as_numbers_days_and_formulas_is_what_people_see() {
    let stage = Stage::new();
    let head = ["id", "name", "product", "account", "serial_number", "warranty_end", "site"];
    let places = ["A", "B", "C", "D", "E", "F", "G"];
    let headings: String = head.iter().zip(places).map(|(t, at)| text(&format!("{at}1"), t)).collect();
    let start = |row: u8, id: &str| {
        format!("{}{}", text(&format!("A{row}"), id), text(&format!("C{row}"), "pump") + &text(&format!("D{row}"), "acme"))
    };
    stage.daemon.admin().ok("Directory1.PutProduct", json!({ "product": { "id": "pump", "name": "Pump" } }));
    let good = format!(
        "<row r=\"1\">{headings}</row><row r=\"2\">{}{}<c r=\"E2\"><v>13800000000</v></c><c r=\"F2\" s=\"1\"><v>46348</v></c>\
         <c r=\"G2\" t=\"str\"><f>A1&amp;B1</f><v>二号楼</v></c></row>",
        start(2, "T-1"),
        text("B2", "一号泵"),
    );
    let file = stage.file("good.xlsx", xlsx(&good));
    let ran = stage.import(&[&file, "--kind", "terminal"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let terminal = stage.daemon.admin().ok("Directory1.GetTerminal", json!({ "id": "T-1" }))["terminal"].clone();
    assert_eq!(
        (&terminal["serialNumber"], &terminal["warrantyEnd"], &terminal["site"]),
        (&json!("13800000000"), &json!("2026-11-22"), &json!("二号楼"))
    );
    let broken =
        format!("<row r=\"1\">{headings}</row><row r=\"2\">{}<c r=\"B2\" t=\"e\"><f>1/0</f><v>#DIV/0!</v></c></row>", start(2, "T-2"));
    let file = stage.file("broken.xlsx", xlsx(&broken));
    stage.refused(&[&file, "--kind", "terminal"], 1, &["broken.xlsx[人员]:2: name: has an error: #DIV/0!"]);
    // Mended in its own file, its day is still one, though the mapping has another way to write days.
    let day = broken.replacen("#DIV/0!</v></c>", "#DIV/0!</v></c><c r=\"F2\" s=\"1\"><v>46348</v></c>", 1);
    let (file, kept) = (stage.file("day.xlsx", xlsx(&day)), stage.path("kept.csv"));
    let mapping = head.iter().map(|field| format!("{field} = {field:?}\n")).collect::<String>();
    let mapping = stage.file("days.toml", format!("kind = \"terminal\"\ndate_format = \"%d.%m.%Y\"\n[columns]\n{mapping}"));
    assert_eq!(stage.import(&[&file, "--mapping", &mapping, "--good-lines", kept.to_str().unwrap()]).code, 1);
    let mended = std::fs::read_to_string(&kept).unwrap().replace("T-2,,", "T-2,二号泵,");
    let mended = stage.file("mended.csv", mended);
    let ran = stage.import(&[&mended, "--mapping", &mapping]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let terminal = stage.daemon.admin().ok("Directory1.GetTerminal", json!({ "id": "T-2" }))["terminal"].clone();
    assert_eq!((&terminal["name"], &terminal["warrantyEnd"]), (&json!("二号泵"), &json!("2026-11-22")));
    let file = stage.file("none.xlsx", "id,name\n");
    stage.refused(&[&file, "--kind", "terminal"], 2, &["no XLSX"]);
    // One cell far out is no table of millions of cells; and too far out, it is told where.
    let far = good.replacen("</row>", &format!("</row><row r=\"1048576\">{}</row>", text("A1048576", "x")), 1);
    let file = stage.file("far.xlsx", xlsx(&far));
    stage.refused(&[&file, "--kind", "terminal"], 1, &["far.xlsx[人员]:1048576: name: is needed"]);
    let file = stage.file("wide.xlsx", xlsx(&format!("{good}<row r=\"3\">{}</row>", text("XFD3", "x"))));
    stage.refused(&[&file, "--kind", "terminal"], 2, &["wide.xlsx[人员]:3: something stands behind the first 1024 columns"]);
    let file = stage.file("sheet.xlsx", xlsx(&good));
    stage.refused(&[&file, "--kind", "terminal", "--sheet", "Terminals"], 2, &["no sheet \"Terminals\"; there are: 人员"]);
}

#[test]
fn every_bad_file_and_every_bad_line_is_refused_by_its_own_words() {
    let stage = Stage::new();
    let long = format!("id,name\na,{}\n", "x".repeat(40_000));
    let files: [(&str, &[u8], u8, &[&str]); 15] = [
        ("contact", b"", 2, &["the file is empty"]),
        ("contact", b"id,name\n", 2, &["no line below the headings"]),
        ("contact", b"id,email\na,b@example.org\n", 2, &[":1: there is no column for the field name"]),
        ("contact", b"id,name,name\na,b,c\n", 2, &[":1: two columns are called \"name\""]),
        ("contact", b"id,name,shoe\na,b,44\n", 2, &["the column \"shoe\"", "mapping file"]),
        ("contact", b"id,name\na,b,c\n", 1, &[":2: has 3 cells for 2 columns"]),
        ("contact", b"id,name\na,ok\nb,M\xfcller\n", 2, &[":3: there are bytes that are no UTF-8", "gb18030"]),
        ("contact", b"id,name\na,b\0c\n", 1, &[":2: name: has a NUL character"]),
        ("contact", long.as_bytes(), 1, &[":2: name: has more than 32767 characters"]),
        ("contact", b"id,name,account\na,b,nowhere\n", 1, &[":2: account: there is no \"nowhere\""]),
        ("contact", b"id,name\na,b\nc,d\na,e\n", 1, &[":4: has the key \"a\", as line 2 has"]),
        ("contact", b"id,name,email\na,,x@y\nb,B,nobody\n", 1, &[":2: name: is needed", ":3: email:", "2 bad"]),
        ("account", b"id,name,disabled\na,b,maybe\n", 1, &[":2: disabled: \"maybe\" is neither yes nor no"]),
        ("terminal", b"id,name,product,account,warranty_end\na,b,p,acme,2026-02-31\n", 1, &[":2: warranty_end: \"2026-02-31\" is no day"]),
        ("department", b"id,name,parent\na,A,b\nb,B,c\nc,C,a\nd,D,\n", 1, &[":2: parent: stands below itself", ":4:", "3 bad"]),
    ];
    for (kind, bytes, code, words) in files {
        let file = stage.file("bad.csv", bytes);
        stage.refused(&[&file, "--kind", kind], code, words);
        stage.refused(&[&file, "--kind", kind, "--dry-run"], code, words);
    }
    let good = stage.file("good.csv", "number,what,floor\n1,a,3\n");
    // A mapping file by itself is looked at in `cli_import`.
    let mapping =
        "kind = \"work-order\"\nkey = \"no\"\n[columns]\nsubject = \"what\"\nshoe = \"floor\"\n[fixed]\nrecord_type = \"repair\"\n";
    let mapping = stage.file("mapping.toml", mapping);
    stage.refused(
        &[&good, "--mapping", &mapping],
        2,
        &["mapping.toml:2: there is no column \"no\"", "mapping.toml:5: there is no field \"shoe\""],
    );
    stage.refused(&[&good], 2, &["say what the lines are"]);
    let bad = stage.file("gb.csv", b"id,name\na,b\nc,\xff\xff\n");
    stage.refused(&[&bad, "--kind", "contact", "--encoding", "gb18030"], 2, &[":3: there are bytes that are no GB18030"]);
}

#[test]
fn people_may_stand_in_the_file_before_those_they_report_to() {
    let stage = Stage::new();
    let file =
        stage.file("staff.csv", "id,name,roles,superior\nlow,L,\"engineer, dispatcher\",mid\nmid,M,engineer,top\ntop,T,admin,dora\n");
    let ran = stage.import(&[&file, "--kind", "staff-user"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "3 lines: 3 imported, 0 already there, 0 bad\n"), "{ran:?}");
    let low = stage.daemon.admin().ok("Directory1.GetStaffUser", json!({ "id": "low" }))["staffUser"].clone();
    assert_eq!((&low["superior"], &low["roles"]), (&json!("mid"), &json!(["engineer", "dispatcher"])));
    // What is not for somebody ends the import at once, with its own exit code.
    let ran = stage.import(&[&file, "--kind", "staff-user", "--as", "dora"]);
    assert_eq!(ran.code, 4, "{ran:?}");
}

#[test]
fn service_groups_come_with_their_members_rule_and_limit() {
    let stage = Stage::new();
    let bad = stage.file("bad.csv", "id,name,members,limit,rule\nsouth,南区,emil、mei,five,turn\nwest,西区,nobody,,dice\n");
    let words = [":2: limit: \"five\" is not a whole number", "nothing was imported"];
    stage.refused(&[&bad, "--kind", "service-group"], 1, &words);
    let file = stage.file("groups.csv", "id,name,leader,members,limit,rule\nsouth,南区,lena,emil、mei,5,round-robin\n");
    let ran = stage.import(&[&file, "--kind", "service-group"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "1 line: 1 imported, 0 already there, 0 bad\n"), "{ran:?}");
    let south = stage.daemon.admin().ok("Directory1.GetServiceGroup", json!({ "id": "south" }))["serviceGroup"].clone();
    let wanted = json!({ "id": "south", "name": "南区", "leader": "lena", "members": ["emil", "mei"], "rule": "round-robin", "limit": 5, "disabled": false });
    assert_eq!(south, wanted);
    let again = stage.import(&[&file, "--kind", "service-group"]);
    assert_eq!(again.out, "1 line: 0 imported, 1 already there, 0 bad\n", "{again:?}");
}

const REPAIRS: &str = r#"
kind = "work-order"
key = "Nr"
date_format = "%d.%m.%Y"
empty = ["-"]
[columns]
subject = ["Was", "Wo"]
reference = "Nr"
priority = "Dringend"
contact = "Kunde"
"fields.wanted-on" = "Wunschtag"
[fixed]
record_type = "repair"
[values.priority]
ja = "urgent"
nein = "normal"
"#;

#[test]
fn work_orders_come_with_the_fields_of_their_form_and_never_twice() {
    let stage = Stage::new();
    let mapping = stage.file("repairs.toml", REPAIRS);
    let all = |daemon: &crate::real_stage::Daemon| daemon.admin().ok("WorkOrders1.List", json!({ "limit": 100 }));
    let bad = stage.file("bad.csv", "Nr;Was;Wo;Dringend;Kunde;Wunschtag\nA-1;Pumpe;Keller;ja;wang;31.02.2026\nA-2;Tür;-;bald;nobody;-\n");
    stage.refused(
        &[&bad, "--mapping", &mapping],
        1,
        &[":2: fields.wanted-on (column Wunschtag): \"31.02.2026\" is no day", ":3: priority (column Dringend)"],
    );
    let good = stage.file("good.csv", "Nr;Was;Wo;Dringend;Kunde;Wunschtag\nA-1;Pumpe;Keller;ja;wang;28.02.2026\nA-2;Tür;-;nein;wang;-\n");
    stage.import(&[&good, "--mapping", &mapping, "--dry-run"]);
    assert_eq!(all(&stage.daemon)["total"], 0, "a dry run has created something");
    let ran = stage.import(&[&good, "--mapping", &mapping]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "2 lines: 2 imported, 0 already there, 0 bad\n"), "{ran:?}");
    let listed = all(&stage.daemon);
    let line = listed["lines"].as_array().unwrap().iter().find(|l| l["reference"] == "A-1").unwrap().clone();
    assert_eq!((&line["subject"], &line["priority"], &line["contact"]), (&json!("Pumpe · Keller"), &json!("urgent"), &json!("wang")));
    assert_eq!(stage.daemon.admin().get(line["number"].as_str().unwrap())["values"]["wanted-on"], "2026-02-28");
    // Numbers are not used up by judging.
    let numbers: Vec<&str> = listed["lines"].as_array().unwrap().iter().map(|l| l["number"].as_str().unwrap()).collect();
    assert!(numbers.iter().any(|n| n.ends_with("-000001") || n.ends_with("-1")), "{numbers:?}");
    // From another file, in another order, with one more.
    let more =
        stage.file("more.csv", "Nr;Was;Wo;Dringend;Kunde;Wunschtag\nA-3;Licht;-;nein;wang;-\nA-2;Tür;-;nein;wang;-\nA-1;x;y;ja;wang;-\n");
    assert_eq!(stage.import(&[&more, "--mapping", &mapping]).out, "3 lines: 1 imported, 2 already there, 0 bad\n");
    assert_eq!(all(&stage.daemon)["total"], 3);
    // Who may not create cannot ask either; and an import is somebody's own: what dora imports stands beside what others did.
    stage.refused(&[&more, "--mapping", &mapping, "--as", "emil"], 4, &["emil (engineer) may not"]);
    stage.refused(&[&more, "--mapping", &mapping, "--as", "emil", "--dry-run"], 4, &["emil (engineer) may not"]);
    let one = stage.file("one.csv", "Nr;Was;Wo;Dringend;Kunde;Wunschtag\nA-1;Pumpe;Keller;ja;wang;-\n");
    assert_eq!(stage.import(&[&one, "--mapping", &mapping, "--as", "dora"]).out, "1 line: 1 imported, 0 already there, 0 bad\n");
    assert_eq!(stage.import(&[&one, "--mapping", &mapping, "--as", "dora"]).out, "1 line: 0 imported, 1 already there, 0 bad\n");
    let owners = stage.daemon.user("dora").ok("WorkOrders1.List", json!({ "reference": "A-1", "owner": "dora" }));
    assert_eq!(owners["total"], 1, "{owners}");
    // A line that has no key could be imported for ever.
    let none = stage.file("none.csv", "Nr;Was;Wo;Dringend;Kunde;Wunschtag\n-;x;y;ja;wang;-\n");
    stage.refused(&[&none, "--mapping", &mapping], 1, &[":2: has no key"]);
    let Ok(report) = serde_json::from_str::<Value>(&stage.import(&[&more, "--mapping", &mapping, "--json"]).out) else { panic!("no JSON") };
    assert_eq!((&report["there"], &report["done"], &report["problems"]), (&json!(3), &json!(0), &json!([])));
}

#[test]
fn the_mapping_file_that_explains_itself_is_one_also_with_all_that_it_only_names() {
    let stage = Stage::new();
    let shipped = std::fs::read_to_string(format!("{}/config/import/contacts.toml", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let head = "Customer no.,Name,Company no.,E-Mail,Phone,Language\n";
    let file = stage.file("people.csv", format!("{head}li.na,李娜,acme,li@example.cn,-,Chinese\nbob,Bob,?,-,+49 30 1,\n"));
    let mapping = stage.file("contacts.toml", &shipped);
    let ran = stage.import(&[&file, "--mapping", &mapping]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "2 lines: 2 imported, 0 already there, 0 bad\n"), "{ran:?}");
    let (li, bob) = (stage.contact("li.na"), stage.contact("bob"));
    assert_eq!((&li["language"], li.get("mobile"), &bob["language"]), (&json!("zh"), None, &json!("en")));
    // With all that stands behind a #: a column more, another separator, another encoding.
    let named = |line: &&str| line.contains(" = \"") || line.contains(" = [");
    let all: String = shipped.lines().map(|line| line.strip_prefix("# ").filter(named).unwrap_or(line).to_owned() + "\n").collect();
    assert_eq!(all.lines().filter(|line| !line.starts_with('#') && named(line)).count(), 20, "{all}");
    let rows =
        "Ticket;Customer no.;Name;Company no.;E-Mail;Phone;Language\n1;li.na;李娜;ACME;li@example.cn;-;Chinese\n2;bob;Bob;?;-;+49 30 1;\n";
    let file = stage.file("all.csv", encoding_rs::GB18030.encode(rows).0);
    let mapping = stage.file("all.toml", &all);
    let ran = stage.import(&[&file, "--mapping", &mapping]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "2 lines: 0 imported, 2 already there, 0 bad\n"), "{ran:?}");
}

#[test]
fn the_log_of_a_real_help_desk_goes_in_by_the_mappings_that_ship() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/servicenow-incidents.csv");
    let Ok(content) = std::fs::read_to_string(log) else {
        println!("skipped: no ../shared/data");
        return;
    };
    let stage = Stage::new();
    let part: String = content.lines().take(1_500).flat_map(|line| [line, "\n"]).collect();
    let file = stage.file("log.csv", part);
    let mapping = |name: &str| format!("{}/config/import/{name}", env!("CARGO_MANIFEST_DIR"));
    let rows: Vec<csv::StringRecord> = csv::Reader::from_path(&file).unwrap().records().map(Result::unwrap).collect();
    let count = |column: usize| rows.iter().map(|row| row[column].to_owned()).collect::<std::collections::BTreeSet<_>>().len();
    let (incidents, callers) = (count(0), count(7));
    for (name, made) in [("servicenow-contacts.toml", callers), ("servicenow.toml", incidents)] {
        let ran = stage.import(&[&file, "--mapping", &mapping(name)]);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
        let told = format!("{} lines: {made} imported, 0 already there, 0 bad, {} passed over (same key)\n", rows.len(), rows.len() - made);
        assert_eq!(ran.out, told, "{name}");
    }
    let total = stage.daemon.admin().ok("WorkOrders1.List", json!({ "limit": 1 }))["total"].clone();
    assert_eq!(total, json!(incidents));
    let one = stage.daemon.admin().ok("WorkOrders1.List", json!({ "reference": "INC0000045" }))["lines"][0].clone();
    assert_eq!(
        (&one["subject"], &one["priority"], &one["contact"]),
        (&json!("Category 55 · Subcategory 170 · Symptom 72"), &json!("normal"), &json!("caller-2403"))
    );
}
