//! `import` as a command: the calls that it makes, what it prints, where it writes, and its progress bar on a terminal.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::{Value, json};
use workorderd::protocol::varlink::Call;
use workorderd::protocol::{directory, work_orders};

use crate::cli_people::words;
use crate::cli_stage::{Ran, Stage, error, refusal, reply};
use crate::cli_views::golden;

const MAPPING: &str =
    "kind = \"contact\"\nempty = [\"-\"]\n\n[columns]\nid = \"No.\"\nname = \"Name\"\nemail = \"E-Mail\"\n\n[fixed]\nlanguage = \"zh\"\n";

fn entry(call: &Call) -> &Value {
    &call.parameters["contact"]
}

/// A service that has "old" already, and to which `@` is missing in e-mail addresses.
fn service() -> Stage {
    Stage::new(|call| match call.member() {
        "JudgePut" if entry(call)["id"] == "old" => reply(&json!({ "change": false })),
        "JudgePut" if entry(call)["email"].as_str().is_some_and(|email| !email.contains('@')) => {
            let told =
                json!({ "message": "contact.email is no address", "field": "contact.email", "problem": "is no address: there is no @" });
            error("org.workorderd.InvalidField", &told)
        }
        "JudgePut" => reply(&json!({ "change": true })),
        "PutContact" if entry(call)["id"] == "late" => refusal("Rejected", "another one was faster"),
        "PutContact" => reply(&json!({ "receipt": { "number": "", "revision": 1, "sequence": 7 } })),
        _ => refusal("NotPermitted", "no"),
    })
}

/// The calls that an import makes, for `cli_commands`; the files stay where the build puts such.
pub fn cases() -> Vec<(Vec<String>, &'static str, Value)> {
    let file = |name: &str, content: &str| {
        let path = format!("{}/import-{name}.csv", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(&path, content).unwrap();
        path
    };
    let line = |kind: &str, path: String| words(&format!("import|{path}|--kind|{kind}|--dry-run"));
    // For ever: an import of later versions must find again what one of this version has made.
    let request = format!("import-{}", &blake3::hash(b"work-order\n\nLOG-1").to_hex()[..40]);
    let order = json!({ "requestId": request, "recordType": "repair", "subject": "Lift", "reference": "LOG-1", "contact": "wang", "entryPoint": "import" });
    let terminal = json!({ "id": "T-1", "name": "泵", "product": "p", "account": "acme", "serialNumber": "007" });
    vec![
        (
            line("work-order", file("orders", "record_type,subject,reference,contact\nrepair,Lift,LOG-1,wang\n")),
            "WorkOrders1.JudgeCreate",
            order,
        ),
        (
            line("terminal", file("terminals", "id;name;product;account;serial_number\nT-1;泵;p;acme;007\n")),
            "Directory1.JudgePut",
            json!({ "terminal": terminal }),
        ),
        (
            line("user-group", file("groups", "id,name,members\nnight,Night,\"lei, wang；李\"\n")),
            "Directory1.JudgePut",
            json!({ "userGroup": { "id": "night", "name": "Night", "members": ["lei", "wang", "李"] } }),
        ),
    ]
}

struct Desk {
    stage: Stage,
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Desk {
        Desk { stage: service(), folder: tempfile::tempdir().unwrap() }
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// Runs it; the folder is left out of what it says.
    fn import(&self, arguments: &[&str]) -> Ran {
        let ran = self.stage.run(&[&["import"], arguments].concat());
        let here = format!("{}/", self.folder.path().display());
        Ran { code: ran.code, out: ran.out.replace(&here, ""), err: ran.err.replace(&here, "") }
    }

    fn puts(&self) -> usize {
        self.stage.methods().iter().filter(|method| method.ends_with(".PutContact")).count()
    }
}

#[test]
fn each_line_is_judged_and_then_put_with_a_request_id_of_its_own() {
    let desk = Desk::new();
    let (file, mapping) = (desk.file("p.csv", "No.;Name;E-Mail\nli;李娜;-\nmo;Mo;m@o\n"), desk.file("m.toml", MAPPING));
    let (method, parameters) = desk.stage.last_call(&["import", &file, "--mapping", &mapping, "--dry-run"]);
    let contact = json!({ "id": "mo", "name": "Mo", "email": "m@o", "language": "zh" });
    assert_eq!((method.as_str(), parameters), ("org.workorderd.Directory1.JudgePut", json!({ "contact": contact })));
    assert_eq!(desk.puts(), 0, "a dry run has put something");
    let (method, mut parameters) = desk.stage.last_call(&["import", &file, "--mapping", &mapping]);
    let request = parameters.as_object_mut().unwrap().remove("requestId").unwrap();
    assert_eq!((method.as_str(), parameters), ("org.workorderd.Directory1.PutContact", json!({ "contact": contact })));
    assert!(request.as_str().is_some_and(|id| id.starts_with("import-") && id.len() == 47), "{request}");
    assert_eq!(desk.puts(), 2);
    // Two runs are two requests: what somebody else has changed in between is changed back.
    let again = desk.stage.last_call(&["import", &file, "--mapping", &mapping]).1["requestId"].clone();
    assert_ne!(again, request);
}

/// The names in the brackets that stand behind `head` in the descriptions of the interfaces.
fn described(head: &str) -> BTreeSet<String> {
    let text = format!("{}{}", directory::DESCRIPTION, work_orders::DESCRIPTION);
    let rest = &text[text.find(head).unwrap_or_else(|| panic!("no {head}")) + head.len()..];
    let names = rest[..rest.find(')').unwrap()].split(',');
    names.map(|part| part.split(':').next().unwrap().trim().to_owned()).collect()
}

#[test]
fn every_field_that_can_be_put_can_be_imported() {
    let desk = Desk::new();
    let file = desk.file("p.csv", "x\ny\n");
    for (kind, head, besides) in [
        ("staff-user", "type StaffUser (", &["absence", "notices", "erased"] as &[&str]),
        ("department", "type Department (", &[]),
        ("user-group", "type UserGroup (", &[]),
        ("service-provider", "type ServiceProvider (", &[]),
        ("service-group", "type ServiceGroup (", &[]),
        ("account", "type Account (", &[]),
        ("contact", "type Contact (", &["erased"]),
        ("product", "type Product (", &[]),
        ("terminal", "type Terminal (", &[]),
        ("work-order", "method Create(", &["requestId", "fields", "entryPoint"]),
    ] {
        let mapping = desk.file("m.toml", "[columns]\nshoe = \"x\"\n");
        let said = desk.import(&[&file, "--kind", kind, "--mapping", &mapping]).err;
        let listed = said.lines().find_map(|line| line.split_once(" has: ")).unwrap_or_else(|| panic!("{kind}: {said}")).1;
        let snake = |name: &str| name.chars().flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain(c.to_lowercase())).collect();
        let expected: BTreeSet<String> = described(head).iter().filter(|n| !besides.contains(&n.as_str())).map(|n| snake(n)).collect();
        assert_eq!(listed.split(", ").map(str::to_owned).collect::<BTreeSet<_>>(), expected, "{kind}");
    }
}

#[test]
fn what_an_import_says_fits_a_terminal_and_names_file_line_and_field() {
    let desk = Desk::new();
    let mapping = desk.file("people.toml", MAPPING);
    let file =
        desk.file("people.csv", "No.;Name;E-Mail\nli;李娜;li@example.cn\nold;Old;-\nmo;;mo.example\nli;Li again;-\nzoe;Zoé;nobody;x\n");
    let ran = desk.import(&[&file, "--mapping", &mapping]);
    assert_eq!((ran.code, desk.puts()), (1, 0));
    golden("import", &ran.out);
    assert!(ran.err.contains("3 lines are bad, so nothing was imported; --good-lines FILE takes"), "{}", ran.err);
    let ran = desk.import(&[&file, "--mapping", &mapping, "--dry-run"]);
    golden("import-dry-run", &ran.out);
    assert!(ran.err.contains("3 lines are bad; nothing was changed, this was a dry run"), "{}", ran.err);
    let wrong = desk.file(
        "wrong.toml",
        "kind = \"contact\"\n[columns]\nid = \"No.\"\nname = [\n  \"Nom\"]\nshoe = \"E-Mail\"\n[values.size]\na = \"b\"\n",
    );
    let ran = desk.import(&[&file, "--mapping", &wrong]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for said in [
        "wrong.toml:4: there is no column \"Nom\" in people.csv; there are: No., Name, E-Mail\n",
        "wrong.toml:6: there is no field \"shoe\"; contact has: id, name",
        "wrong.toml:7: there is no field \"size\"",
    ] {
        assert!(ran.err.contains(said), "{said:?} is not said: {}", ran.err);
    }
}

#[test]
fn a_wrong_mapping_file_is_told_by_its_line() {
    let desk = Desk::new();
    let file = desk.file("people.csv", "No.;Name\nli;李娜\n");
    for (text, said) in [
        ("kind = \"contact\"\n[columns]\nid = \"No.\"\nid = \"Name\"\n", "m.toml:4: duplicate key"),
        ("kind = \"contact\"\ncolums = 1\n", "m.toml:2: unknown field `colums`"),
        ("kind = \"contact\"\n\n[columns]\nid = 7\n", "m.toml:4: the name of a column, or a list of such names"),
        ("kind = \"contact\"\n[columns\n", "m.toml:2: "),
        ("\nkind = \"person\"\n", "m.toml:2: kind = \"person\" is none of: staff-user"),
        ("encoding = \"latin-1\"\n", "m.toml:1: encoding = \"latin-1\" is none of: utf-8, gb18030"),
        ("separator = \"#\"\n", "m.toml:1: separator = \"#\" is none of: ,, ;, \\t"),
        ("same_key = \"last\"\n", "m.toml:1: same_key"),
        ("time_zone = \"Mars/Olympus\"\n", "m.toml:1: there is no time zone \"Mars/Olympus\""),
        ("\n\ndate_format = \"%d.%m\"\n", "m.toml:3: date_format = \"%d.%m\" is no way to write a day"),
        ("time_format = \"%Y-%m-%d %Q %\"\n", "m.toml:1: time_format"),
        (
            "kind = \"contact\"\nkey = \"Nr\"\n[columns]\nid = \"No.\"\nname = \"Name\"\n",
            "m.toml:2: there is no column \"Nr\" in people.csv",
        ),
        ("kind = \"contact\"\nids = [\"No.\"]\n[columns]\nid = \"No.\"\nname = \"Name\"\n", "m.toml:2: there is no field \"No.\""),
        ("kind = \"contact\"\n[columns]\nid = \"No.\"\n", "people.csv:1: there is no column for the field name"),
    ] {
        let mapping = desk.file("m.toml", text);
        let ran = desk.import(&[&file, "--mapping", &mapping]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{text}: {}", ran.err);
        assert!(ran.err.contains(said), "{said:?} is not said of {text:?}: {}", ran.err);
    }
    assert!(desk.stage.methods().is_empty(), "the daemon was asked for something");
    let mapping = desk.file("m.toml", "\n\ndate_format = \"%d.%m\"\nsame_key = \"last\"\n");
    let ran = desk.import(&[&file, "--mapping", &mapping, "--json"]);
    let told: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(told["problems"].as_array().map(Vec::len), Some(2), "{told}");
}

#[test]
fn bad_lines_are_kept_in_a_new_file_and_where_they_cannot_be_nothing_is_sent() {
    let desk = Desk::new();
    let file = desk.file("p.csv", "id,name,email\nli,李娜,li@x\nmo,Mo,nobody\nlate,Late,l@x\n");
    let there = desk.file("there.csv", "mine");
    let ran = desk.import(&[&file, "--kind", "contact", "--good-lines", &there]);
    assert_eq!((ran.code, desk.puts()), (2, 0), "{ran:?}");
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "mine");
    let nowhere = format!("{}/no/bad.csv", desk.folder.path().display());
    assert_eq!((desk.import(&[&file, "--kind", "contact", "--good-lines", &nowhere]).code, desk.puts()), (74, 0));
    // Without bad lines there is no file.
    let good = desk.file("good.csv", "id,name\nli,李娜\n");
    let kept = format!("{}/bad.csv", desk.folder.path().display());
    let ran = desk.import(&[&good, "--kind", "contact", "--good-lines", &kept]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "1 line: 1 imported, 0 already there, 0 bad\n"));
    let ran = desk.import(&[&file, "--kind", "contact", "--good-lines", &kept]);
    assert_eq!((ran.code, ran.out.lines().last()), (1, Some("3 lines: 1 imported, 0 already there, 2 bad")), "{ran:?}");
    let expected = "\u{feff}id,name,email,error\nmo,Mo,nobody,email: is no address: there is no @\nlate,Late,l@x,another one was faster\n";
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), expected);
    let left: Vec<_> = std::fs::read_dir(desk.folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("partial")), "{left:?}");
    // A dry run writes none, whatever is there.
    assert_eq!(desk.import(&[&file, "--kind", "contact", "--good-lines", &there, "--dry-run"]).code, 1);
}

/// What the program writes to its standard error when that is a terminal of 80 columns; and its standard output.
fn on_a_terminal(desk: &Desk, file: &str, more: &[(&str, &str)]) -> (String, String) {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let theirs = File::from(ioctl_tiocgptpeer(&ours, OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap());
    tcsetwinsize(&ours, Winsize { ws_col: 80, ws_row: 24, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut ours = File::from(ours);
    let reader = std::thread::spawn(move || {
        let (mut shown, mut bytes) = (Vec::new(), [0; 4096]);
        while let Ok(read) = ours.read(&mut bytes) {
            shown.extend_from_slice(&bytes[..read]);
        }
        String::from_utf8_lossy(&shown).into_owned()
    });
    let mut command = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
    command.env_clear().env("TERM", "xterm-256color").envs(more.iter().copied());
    command.arg("--socket").arg(desk.stage.socket()).args(["import", file, "--kind", "contact"]);
    let output = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(theirs).spawn().unwrap();
    drop(command);
    let output = output.wait_with_output().unwrap();
    (reader.join().unwrap(), String::from_utf8(output.stdout).unwrap())
}

#[test]
fn a_bar_shows_how_far_it_is_on_a_terminal_alone() {
    let desk = Desk::new();
    let lines: String = (0..2_000).map(|n| format!("c{n},Customer {n}\n")).collect();
    let file = desk.file("many.csv", &format!("id,name\n{lines}"));
    let (shown, out) = on_a_terminal(&desk, &file, &[]);
    assert!(shown.contains("/2000 judged") && shown.contains("/2000 imported"), "{shown:?}");
    assert_eq!(out, "2000 lines: 2000 imported, 0 already there, 0 bad\n");
    let (shown, _) = on_a_terminal(&desk, &file, &[("NO_COLOR", "1"), ("TERM", "dumb")]);
    assert_eq!(shown, "", "a terminal that can do nothing");
    let mut command = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
    command.env_clear().env("TERM", "xterm").arg("--socket").arg(desk.stage.socket()).args(["import", &file, "--kind", "contact"]);
    let piped = command.output().unwrap();
    assert_eq!((piped.status.code(), piped.stderr.as_slice()), (Some(0), b"".as_slice()));
}
