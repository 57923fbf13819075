//! One command on many Work Orders through `workorderctl` (ASG-6): of each what became of it, nothing twice, and quickly.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::real_places::Stage;
use crate::real_stage::{Home, seed};

/// Exit code and what was printed.
fn run(socket: &std::path::Path, words: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workorderctl"));
    command.env_clear().arg("--socket").arg(socket).args(words);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), out, err)
}

fn batch(stage: &Stage, words: &str, input: &str) -> (i32, String, String) {
    let words: Vec<&str> = words.split('|').collect();
    run(stage.daemon.socket(), &words, input)
}

#[test]
fn of_each_of_a_batch_it_is_told_whether_it_was_done_or_why_not() {
    let stage = Stage::new();
    let [at_task, held, mine] = [stage.at("task"), stage.at("held"), stage.caller("sina").create(json!({}))];
    let done = stage.at("cancelled");
    let (code, out, err) = batch(&stage, "--as|dora|batch|--engineer|emil|--|change-owner|NUMBER|mei", "");
    assert_eq!((code, out.lines().count()), (0, 3), "{out}{err}");
    assert!(out.contains(&format!("{at_task} given to mei (revision ")) && out.ends_with("2 done, 0 refused\n"), "{out}");
    assert_eq!(["owner"; 2].map(|key| stage.daemon.admin().get(&held)[key].clone()), ["mei"; 2].map(Value::from));

    // One is so already, one does not exist for her, one never was.
    let numbers = format!("\u{feff}{at_task}\n\n  {mine} \n{done}\n{at_task}\nWO-20200101-000001\n");
    let (code, out, err) = batch(&stage, "--as|lena|batch|--numbers|-|--|change-owner|NUMBER|mei", &numbers);
    assert_eq!(code, 1, "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(lines.len(), 5, "each once: {out}");
    for (line, number) in lines.iter().zip([at_task.as_str(), &mine, &done, "WO-20200101-000001"]) {
        assert_eq!(*line, format!("{number} refused: there is no Work Order {number}"), "{out}");
    }
    assert_eq!((lines[4], err.as_str()), ("0 done, 4 refused", "workorderctl: 4 of 4 were refused\n"));

    let (code, out, _) = batch(&stage, "--json|batch|--all|--|hold|NUMBER|--reason|parts", "");
    let told: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |number: &String| told.iter().find(|one| one["number"] == number.as_str()).unwrap();
    assert_eq!((code, &of(&at_task)["done"], &of(&mine)["done"]), (1, &json!(true), &json!(true)), "{out}");
    assert_eq!((&of(&held)["done"], &of(&held)["error"]), (&json!(false), &json!("org.workorderd.OnHold")), "{out}");
    assert_eq!(of(&done)["error"], "org.workorderd.Ended");
    assert_eq!(told.last(), Some(&json!({ "done": 2, "refused": 2 })));
    let (_, out, _) = batch(&stage, "batch|--all|--refused-only|--|resume|NUMBER", "");
    assert_eq!(out.lines().count(), 2, "the one that has ended, and the sum: {out}");
}

#[test]
fn a_batch_that_makes_no_sense_changes_nothing() {
    let stage = Stage::new();
    let number = stage.at("task");
    let before = stage.daemon.admin().head();
    for (words, input, says) in [
        ("batch|--|lock|NUMBER", "", "say which Work Orders"),
        ("batch|--all|--|lock|WO-1", "", "write NUMBER in the place of the number"),
        ("batch|--all|--|list", "", "a command on one Work Order, such as"),
        ("batch|--all|--|lok|NUMBER", "", "unrecognized subcommand 'lok'"),
        ("batch|--all|--|lock|NUMBER|--expected-revision|3", "", "global options stand before"),
        ("batch|--all", "", "COMMAND"),
        ("batch|--numbers|/nowhere/numbers|--|lock|NUMBER", "", "/nowhere/numbers: No such file"),
        ("batch|--numbers|-|--|lock|NUMBER", "WO-1\nWO-2 and more\n", "\"WO-2 and more\" (the 2. number)"),
        ("batch|--all|--expected-revision|3|--|lock|NUMBER", "", "--expected-revision means nothing"),
    ] {
        let (code, out, err) = batch(&stage, words, input);
        assert_eq!((code, out.as_str()), (2, ""), "{words}: {err}");
        assert!(err.contains(says), "{words}: {err}");
    }
    let (code, out, _) = batch(&stage, "batch|--open|--dry-run|--|lock|NUMBER", "");
    assert_eq!((code, out), (0, format!("{number}\n1 would be asked for Lock\n")));
    assert_eq!(stage.daemon.admin().head(), before);
}

#[test]
fn a_batch_that_was_cut_off_goes_on_under_its_request_id_and_does_nothing_twice() {
    let home = Home::new();
    let daemon = home.start();
    seed(&mut daemon.admin());
    let mut dora = daemon.user("dora");
    let all: Vec<String> = (0..400).map(|_| dora.create(json!({}))).collect();
    drop(dora);
    let file = home.path("numbers");
    fs::write(&file, all.join("\n")).unwrap();
    let words =
        ["--as", "dora", "--request-id", "night-run", "batch", "--numbers", file.to_str().unwrap(), "--", "note", "NUMBER", "看过了"];
    let noted = |daemon: &crate::real_stage::Daemon| {
        let mut admin = daemon.admin();
        let notes = |number: &String| admin.get(number)["serviceRecords"].as_array().map_or(0, Vec::len);
        all.iter().map(notes).collect::<Vec<_>>()
    };
    let mut daemon = daemon;
    let mut cut = 0;
    for round in 0_u32.. {
        let socket = daemon.socket().to_owned();
        let asked = std::thread::spawn({
            let words = words.map(str::to_owned);
            move || run(&socket, &words.each_ref().map(String::as_str), "")
        });
        // Ever later, until one comes through.
        std::thread::sleep(Duration::from_millis(u64::from(15 * (round + 1))));
        if asked.is_finished() || round > 40 {
            let (code, out, err) = asked.join().unwrap();
            assert_eq!(code, 0, "{err}");
            assert!(out.ends_with("400 done, 0 refused\n"), "{out}");
            break;
        }
        daemon.kill();
        let (code, _, err) = asked.join().unwrap();
        if code != 0 {
            cut += 1;
            assert_eq!(code, 3, "{err}");
        }
        daemon = home.start();
        assert!(noted(&daemon).iter().all(|notes| *notes <= 1), "nothing twice");
    }
    assert_eq!(noted(&daemon), vec![1; all.len()], "after {cut} cuts");
    assert!(cut > 0, "no run was cut off");
}

#[test]
fn a_batch_shares_what_is_written_and_waits_for_the_disk_a_fraction_as_often() {
    let stage = Stage::new();
    let mut dora = stage.caller("dora");
    let all: Vec<String> = (0..600).map(|_| dora.create(json!({}))).collect();
    let mut admin = stage.daemon.admin();
    // Steps and writes to the disk since the start; a fast disk makes a batch hardly quicker, so that time tells nothing by itself.
    let mut counted = || {
        let status = admin.ok("System1.Status", json!({}))["status"].clone();
        ["steps", "groups"].map(|key| status[key].as_i64().unwrap())
    };
    let [before, begin] = [counted(), counted()];
    assert_eq!(before, begin, "nothing else goes on");
    let one_by_one = Instant::now();
    for number in &all[..100] {
        dora.act(number, "AddServiceRecord", json!({ "text": "one" }));
    }
    let alone = one_by_one.elapsed() / 100;
    let middle = counted();
    let together = Instant::now();
    let (code, out, err) = batch(&stage, "--as|dora|batch|--all|--|note|NUMBER|together", "");
    let each = together.elapsed() / 600;
    let end = counted();
    assert_eq!(code, 0, "{out}{err}");
    let told: BTreeSet<&str> = out.lines().filter_map(|line| line.split_once(' ').map(|(number, _)| number)).collect();
    assert!(all.iter().all(|number| told.contains(number.as_str())));
    println!("one after the other {alone:?} each, as a batch {each:?} each; {begin:?} {middle:?} {end:?}");
    assert_eq!([middle[0] - begin[0], middle[1] - begin[1]], [100, 100], "each of those waited for the disk by itself");
    assert_eq!(end[0] - middle[0], 600);
    assert!(end[1] - middle[1] <= 600 / 4, "{} writes for 600 steps", end[1] - middle[1]);
}
