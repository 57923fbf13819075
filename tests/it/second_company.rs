//! A second company, described in definitions alone: an elevator maintenance firm with a night shift and yearly visits
//! (`config/definitions-elevators`). It works as it would in life: through `workorderctl`, on a real daemon.

use crate::cli_stage::{Ran, run_at};
use crate::real_stage::{Daemon, Home, until};
use serde_json::Value;

struct Firm {
    home: Home,
    _daemon: Daemon,
}

impl Firm {
    fn founded() -> Firm {
        let home = Home::new();
        let daemon = home.start();
        let firm = Firm { home, _daemon: daemon };
        firm.does(&["apply", concat!(env!("CARGO_MANIFEST_DIR"), "/config/definitions-elevators")]);
        for (id, name, role, more) in [
            ("dora", "Dora", "dispatcher", &[][..]),
            ("lea", "Lea", "engineer", &[][..]),
            ("kai", "凯", "engineer", &["--superior", "lea", "--skill", "rescue"][..]),
            ("mia", "米娅", "engineer", &["--superior", "lea", "--skill", "rescue"][..]),
            ("ivo", "Ivo", "engineer", &["--superior", "lea"][..]),
        ] {
            firm.does(&[&["staff-user", "put", id, "--name", name, "--role", role], more].concat());
        }
        firm.does(&["contact", "put", "liu", "--name", "刘洋", "--email", "liu@example.cn", "--language", "zh"]);
        firm.does(&["account", "put", "oriental", "--name", "上海东方物业有限公司"]);
        firm.does(&["product", "put", "lift-500", "--name", "客梯 500 型", "--category", "乘客电梯"]);
        firm.does(&["terminal", "put", "L-1001", "--name", "一号楼客梯", "--product", "lift-500", "--account", "oriental"]);
        for (id, member, rule) in
            [("night-shift", "kai", "round-robin"), ("rescue", "kai,mia", "least-loaded"), ("inspectors", "ivo", "round-robin")]
        {
            firm.does(&["group", "put", id, "--name", id, "--leader", "lea", "--member", member, "--rule", rule]);
        }
        firm
    }

    fn run(&self, words: &[&str]) -> Ran {
        run_at(&self.home.socket(), words)
    }

    fn does(&self, words: &[&str]) -> String {
        let ran = self.run(words);
        assert_eq!(ran.code, 0, "{words:?}: {}{}", ran.out, ran.err);
        ran.out
    }

    fn is_refused(&self, words: &[&str], why: &str) {
        let ran = self.run(words);
        assert!(ran.code != 0 && ran.err.contains(why), "{words:?}: {}{}", ran.out, ran.err);
    }

    /// The number of a Work Order that the desk takes down.
    fn call(&self, record_type: &str, fields: &[&str]) -> String {
        let mut words = vec!["--as", "dora", "create", record_type, "the lift stands still", "--contact", "liu"];
        for field in fields {
            words.extend(["--field", field]);
        }
        self.does(&words).split_whitespace().next().unwrap().to_owned()
    }

    fn order(&self, number: &str) -> Value {
        let told: Value = serde_json::from_str(&self.does(&["show", number, "--json"])).unwrap();
        told.get("workOrder").cloned().unwrap_or(told)
    }

    /// Waits until it stands at the node, with this engineer.
    fn stands_at(&self, number: &str, node: &str, engineer: &str) {
        until(&format!("{number} at {node} with {engineer}"), || {
            let order = self.order(number);
            (order["node"] == node && order["engineer"] == engineer).then_some(())
        });
    }
}

#[test]
fn at_night_the_night_shift_is_sent_and_whoever_was_stuck_must_be_heard() {
    let firm = Firm::founded();
    firm.is_refused(
        &["--as", "dora", "create", "entrapment", "stuck", "--field", "lift=20415", "--field", "people-inside=2"],
        "fields.lift",
    );
    let number = firm.call("entrapment", &["lift=L-20415", "people-inside=2", "somebody-unwell=yes", "shift=night"]);
    firm.stands_at(&number, "accept", "kai");
    firm.does(&["--as", "kai", "accept", &number]);
    firm.is_refused(&["--as", "kai", "complete", &number], "cause");
    firm.does(&[
        "--as",
        "kai",
        "complete",
        &number,
        "--field",
        "cause=door",
        "--field",
        r#"parts-used=[{"part":"门机皮带","quantity":1}]"#,
    ]);
    let review = firm.order(&number);
    assert_eq!((&review["node"], &review["handlers"][0]), (&"review".into(), &"lea".into()), "somebody was unwell: the superior looks");
    firm.does(&["--as", "lea", "take", &number]);
    firm.does(&["--as", "lea", "complete", &number]);
    assert_eq!(firm.order(&number)["mandatory"], true);
    firm.is_refused(&["--as", "kai", "skip-evaluation", &number], "mandatory");
    firm.does(&["clock", "ahead", "15d"]);
    until("auto-completion", || (firm.order(&number)["status"] == "closed").then_some(()));
    assert!(firm.does(&["history", &number]).contains("auto-completed, not evaluated"));
}

#[test]
fn by_day_the_rescue_team_shares_the_calls_and_a_good_yearly_visit_passes_the_out_of_service_step_over() {
    let firm = Firm::founded();
    let first = firm.call("entrapment", &["lift=L-1001", "people-inside=1"]);
    let second = firm.call("entrapment", &["lift=L-1002", "people-inside=3"]);
    let engineers =
        [&first, &second].map(|number| until("somebody is sent", || firm.order(number)["engineer"].as_str().map(ToOwned::to_owned)));
    assert_ne!(engineers[0], engineers[1], "the least loaded is sent");

    let plan = ["--as", "dora", "create", "yearly-visit", "检验", "--contact", "liu", "--field", "terminal=L-1002"];
    firm.is_refused(&plan, "fields.terminal: there is no terminal \"L-1002\"");
    let visit = firm.call("yearly-visit", &["terminal=L-1001", "due-on=2025-12-31"]);
    assert_eq!(firm.order(&visit)["fields"][0]["text"], "一号楼客梯 (L-1001)");
    firm.stands_at(&visit, "accept", "ivo");
    firm.does(&["--as", "ivo", "accept", &visit]);
    firm.is_refused(&["--as", "ivo", "complete", &visit, "--field", "result=fine"], "fields.result");
    firm.does(&["--as", "ivo", "complete", &visit, "--field", "result=good", "--field", "next-due-on=2026-12-31"]);
    assert_eq!(firm.order(&visit)["outcome"], "completed");
    assert!(firm.does(&["history", &visit]).contains("out-of-service"), "the history says what was passed over");
}
