//! Rules in another order (EVA-3): by the pure rule over random sets, and with the real daemon.

use serde_json::json;
use workorderd::domain::definition::precedence::{Ranked, To, moved};
use workorderd::domain::definition::{Condition, EvaluationRule};
use workorderd::domain::ids::Name;
use workorderd::domain::rejection::Rejection;

use crate::cli_stage::run_at;
use crate::real_stage::{Home, seed, work};

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn rule(number: usize, precedence: u32) -> EvaluationRule {
    EvaluationRule {
        name: name(&format!("r{number}")),
        precedence,
        scope: Condition::default(),
        template: name("t"),
        channels: Vec::new(),
        message_priority: false,
        fall_back_after: workorderd::domain::work_order::mail::FALL_BACK_AFTER,
        mandatory: false,
        recipients: Vec::new(),
        qr: true,
        message: None,
    }
}

fn names(rules: &[EvaluationRule]) -> Vec<&str> {
    rules.iter().map(|rule| rule.name.as_str()).collect()
}

#[test]
fn wherever_a_rule_is_put_it_stands_there_and_the_others_among_each_other_as_before() {
    let mut rng = fastrand::Rng::with_seed(20_261_201);
    let (mut anew, mut kept) = (0, 0);
    for _ in 0..20_000 {
        let mut precedence = 0;
        let rules: Vec<_> = (0..rng.usize(1..7))
            .map(|number| {
                precedence += [1, 2, 10, u32::MAX / 8][rng.usize(..4)];
                rule(number, precedence)
            })
            .collect();
        let (which, other) = (rng.usize(..rules.len()), rng.usize(..rules.len()));
        let (which, other) = (rules[which].name.clone(), rules[other].name.clone());
        let to = match rng.u8(..3) {
            0 => To::Before(other.clone()),
            1 => To::After(other.clone()),
            _ => To::Precedence([rng.u32(1..30), rng.u32(1..)][rng.usize(..2)]),
        };
        let mut wanted: Vec<&str> = names(&rules).into_iter().filter(|one| *one != which.as_str()).collect();
        let at = wanted.iter().position(|one| *one == other.as_str());
        let result = moved(&rules, &which, &to);
        match (&to, at) {
            (To::Precedence(number), _) => {
                let taken = rules.iter().find(|rule| rule.precedence == *number);
                match (result, taken) {
                    (Err(Rejection::NothingToChange), Some(own)) if own.name == which => continue,
                    (Err(Rejection::InvalidField { problem, .. }), Some(other)) if problem.contains(other.name.as_str()) => continue,
                    (Ok(new), None) => {
                        assert!(new.is_sorted_by_key(Ranked::precedence), "{new:?}");
                        let found = new.iter().find(|rule| rule.name == which).unwrap();
                        assert_eq!((found.precedence, new.len()), (*number, rules.len()));
                    }
                    (result, _) => panic!("{rules:?} {to:?}: {result:?}"),
                }
            }
            (To::Before(_) | To::After(_), None) => assert!(matches!(result, Err(Rejection::InvalidField { .. })), "{result:?}"),
            (To::Before(_) | To::After(_), Some(at)) => {
                wanted.insert(at + usize::from(matches!(to, To::After(_))), which.as_str());
                if wanted == names(&rules) {
                    assert_eq!(result, Err(Rejection::NothingToChange));
                    continue;
                }
                let new = result.unwrap();
                assert_eq!(names(&new), wanted);
                assert!(new.windows(2).all(|two| two[0].precedence < two[1].precedence) && new[0].precedence > 0, "{new:?}");
                let others = |all: &[EvaluationRule]| all.iter().filter(|rule| rule.name != which).cloned().collect::<Vec<_>>();
                match others(&new) == others(&rules) {
                    true => kept += 1,
                    false => anew += 1,
                }
            }
        }
    }
    assert!(anew > 500 && kept > 500, "{anew} times numbered anew, {kept} times not");
}

#[test]
fn rules_are_tried_on_what_there_was_and_moved_and_what_waits_stays_as_it_was() {
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let mut dora = daemon.user("dora");
    let [urgent, low] = ["urgent", "low"].map(|priority| dora.create(json!({ "priority": priority })));
    work(&daemon, &urgent);
    dora.act(&urgent, "ConfirmSolved", json!({}));
    let waits = admin.get(&urgent)["nodes"].clone();
    let ran = run_at(daemon.socket(), &["evaluation", "dry-run"]);
    assert!(ran.out.starts_with("the rules of now, on 2 Work Orders\n") && ran.out.contains("none matches"), "{}{}", ran.out, ran.err);

    // A folder in which the rules stand the other way round.
    let place = home.path("other.toml");
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/definitions/evaluation.toml")).unwrap();
    std::fs::write(&place, text.replace("precedence = 10\n", "precedence = 1000\n")).unwrap();
    let head = admin.head();
    let tried = run_at(daemon.socket(), &["--json", "evaluation", "dry-run", place.to_str().unwrap(), "--record-type", "repair"]);
    let told: serde_json::Value = serde_json::from_str(&tried.out).unwrap_or_else(|_| panic!("{}{}", tried.out, tried.err));
    assert_eq!((&told["tried"], &told["otherwise"]), (&json!(2), &json!(1)), "{told}");
    let listed = &told["listed"][0];
    assert_eq!([&listed["number"], &listed["now"], &listed["then"]], [&json!(urgent), &json!("urgent-repairs"), &json!("everything-else")]);
    let other = told["rules"].as_array().unwrap().iter().find(|one| one["rule"] == "everything-else").unwrap();
    assert_eq!((&other["now"], &other["then"]), (&json!(1), &json!(2)), "{told}; {low}");
    let broken = home.path("broken.toml");
    std::fs::write(&broken, "[[evaluation_rule]]\nname = \"x\"\n").unwrap();
    let ran = run_at(daemon.socket(), &["evaluation", "dry-run", broken.to_str().unwrap()]);
    assert!(ran.code == 1 && ran.err.contains("broken.toml"), "{}{}", ran.out, ran.err);
    assert_eq!(admin.head(), head, "nothing was changed");

    let words = ["definitions", "move-rule", "evaluation-rule", "urgent-repairs", "--after", "everything-else"];
    let dry = run_at(daemon.socket(), &[&words[..], &["--dry-run"]].concat());
    assert!(dry.out.contains("evaluation rule urgent-repairs") && dry.out.contains("nothing was applied"), "{}{}", dry.out, dry.err);
    assert_eq!(admin.head(), head);
    let ran = run_at(daemon.socket(), &words);
    assert!(ran.code == 0 && ran.out.contains("1 definition applied"), "{}{}", ran.out, ran.err);
    let explained = run_at(daemon.socket(), &["evaluation", "explain", &urgent]).out;
    assert!(explained.contains("rule urgent-repairs, when it came there") && explained.contains("110  urgent-repairs"), "{explained}");
    assert_eq!(admin.get(&urgent)["nodes"], waits, "what waits goes by what was frozen");
    let history = run_at(daemon.socket(), &["definitions", "history", "--limit", "1"]).out;
    assert!(history.contains("urgent-repairs"), "{history}");
    let again = run_at(daemon.socket(), &words);
    assert!(again.code != 0 && again.err.contains("so already"), "{}", again.err);
}
