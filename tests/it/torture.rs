//! `workorderd torture`: a few cycles of the real thing, and what its judge finds when something is wrong.

use serde_json::json;
use workorderd::protocol::work_orders::HistoryLine;
use workorderd::torture::judge::{completed_once, held};
use workorderd::torture::ledger::{Call, Order};

fn order(calls: &[(&'static str, Option<(i64, i64)>)]) -> Order {
    let calls = calls.iter().map(|(command, receipt)| Call { command, parameters: json!({}), receipt: *receipt });
    Order { number: Some("T-1".into()), calls: calls.collect(), touched: true }
}

/// (sequence, revision, who, command)
fn history(steps: &[(i64, i64, &str, &str)]) -> Vec<HistoryLine> {
    let line = |(sequence, revision, by, command): &(i64, i64, &str, &str)| HistoryLine {
        sequence: *sequence,
        revision: *revision,
        at: 0,
        by: (*by).into(),
        command: (*command).into(),
        event: "NodeLeft".into(),
        details: String::new(),
        done: None,
    };
    steps.iter().map(line).collect()
}

#[test]
fn a_few_dozen_kills_lose_nothing_and_leave_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let ran =
        crate::real_stage::program().arg("torture").arg(folder.path()).args(["--cycles", "15", "--connections", "4"]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{out}\n{err}");
    assert!(out.contains("nothing acknowledged was lost, halved or doubled in"), "{out}");
    let count =
        |row: &str| out.lines().find(|line| line.starts_with(row)).and_then(|line| line.split_whitespace().last()?.parse::<u64>().ok());
    assert_eq!(count("kills under load"), Some(15), "{out}");
    assert!(count("steps acknowledged").unwrap() > 100 && count("auto-completions").unwrap() > 0, "{out}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a life in which nothing was wrong is cleared away");
}

#[test]
fn the_judge_takes_what_is_as_it_was_told() {
    let sent = order(&[("Create", Some((1, 7))), ("Hold", Some((2, 9))), ("Resume", None)]);
    assert_eq!(held(&sent, &history(&[(7, 1, "w0", "Create"), (9, 2, "w0", "Hold")])), Ok(0));
    let timer = history(&[(7, 1, "w0", "Create"), (9, 2, "w0", "Hold"), (10, 3, "system", "Fire"), (11, 4, "w0", "Resume")]);
    assert_eq!(held(&sent, &timer), Ok(1), "what had no answer may be there");
}

#[test]
fn the_judge_finds_what_is_lost_halved_doubled_or_invented() {
    let sent = order(&[("Create", Some((1, 7))), ("Hold", Some((2, 9)))]);
    let wrong = |steps: &[(i64, i64, &str, &str)]| held(&sent, &history(steps)).unwrap_err();
    assert!(wrong(&[(7, 1, "w0", "Create")]).starts_with("lost: Hold"));
    assert!(wrong(&[(7, 1, "w0", "Create"), (9, 3, "w0", "Hold")]).starts_with("revision 2 is missing"));
    assert!(wrong(&[(7, 1, "w0", "Create"), (8, 2, "w0", "Hold")]).contains("was acknowledged as (2, 9) and is (2, 8)"));
    assert!(wrong(&[(7, 1, "w0", "Create"), (9, 2, "w0", "Resume")]).contains("is Resume, where Hold was sent"));
    assert!(wrong(&[(7, 1, "w0", "Create"), (9, 2, "w0", "Hold"), (12, 3, "w0", "Hold")]).contains("sent by nobody, or is there twice"));
    let gap = order(&[("Create", Some((1, 7))), ("Hold", None), ("Hold", None)]);
    assert_eq!(held(&gap, &history(&[(7, 1, "w0", "Create")])), Ok(0));
}

#[test]
fn an_auto_completion_is_there_once_or_it_is_told_how_often() {
    assert_eq!(completed_once(&history(&[(7, 1, "system", "Fire")])), Ok(()));
    assert_eq!(completed_once(&history(&[(7, 1, "w0", "Fire")])), Err("its auto-completion is there 0 times".into()));
    assert!(completed_once(&history(&[(7, 1, "system", "Fire"), (8, 2, "system", "Fire")])).is_err());
}
