//! Calls over a call center (FUP-5), with the real daemon and a call center that does as its interface says: how a call ends, a call center
//! that is down, kills in between, reports that are brought, and who may call.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, mpsc};

use serde_json::{Value, json};
use workorderd::portal::receipts;
use workorderd::portal::route::{Daemon as Guests, Request};

use crate::cli_stage::run_at;
use crate::gateway_stage::{Does, Provider, Seen};
use crate::real_stage::{BEGIN, Daemon, Home, seed, until};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;
const RECEIPTS: &str = "https://service.example/receipts/";
const TOKEN: &str = "our-token";
const PUSH: &str = "their-token";

/// What the call center does.
#[derive(Default)]
struct Mind {
    /// Instead of all else.
    does: Option<Does>,
    /// State and seconds of every call.
    state: (&'static str, u32),
    /// References by our ids of calls: the same id starts nothing twice.
    calls: BTreeMap<String, String>,
}

/// A call center on a thread of its own.
struct Center {
    provider: Provider,
    mind: Arc<Mutex<Mind>>,
}

impl Center {
    fn start() -> Center {
        let mind = Arc::new(Mutex::new(Mind { state: ("ringing", 0), ..Mind::default() }));
        let (asked, (told, provider)) = (Arc::clone(&mind), mpsc::channel());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            told.send(runtime.block_on(Provider::start(move |seen| answer(&mut asked.lock().unwrap(), seen)))).unwrap();
            runtime.block_on(std::future::pending::<()>());
        });
        Center { provider: provider.recv().unwrap(), mind }
    }

    fn does(&self, does: Option<Does>) {
        self.mind.lock().unwrap().does = does;
    }

    fn state(&self, state: &'static str, seconds: u32) {
        self.mind.lock().unwrap().state = (state, seconds);
    }

    /// Calls that ring, or rang.
    fn calls(&self) -> usize {
        self.mind.lock().unwrap().calls.len()
    }

    fn of(&self, method: &str) -> Vec<Seen> {
        self.provider.seen().into_iter().filter(|seen| seen.method == method).collect()
    }
}

fn answer(mind: &mut Mind, seen: &Seen) -> Does {
    if let Some(does) = &mind.does {
        return does.clone();
    }
    assert_eq!(seen.headers["authorization"], format!("Bearer {TOKEN}"));
    if seen.method == "POST" {
        let next = format!("ref-{}", mind.calls.len() + 1);
        let reference = mind.calls.entry(seen.json()["call"].as_str().unwrap().to_owned()).or_insert(next);
        return Does::Say(202, json!({ "reference": reference }).to_string());
    }
    assert!(mind.calls.values().any(|reference| seen.path == format!("/calls/{reference}")), "{}", seen.path);
    Does::Say(200, json!({ "state": mind.state.0, "seconds": mind.state.1 }).to_string())
}

struct Stage {
    home: Home,
    center: Center,
    sets: Vec<String>,
    daemon: Option<Daemon>,
}

impl Stage {
    /// With a call center that brings reports, or that is asked alone.
    fn new(brings: bool) -> Stage {
        let (home, center) = (Home::new(), Center::start());
        let file = |name: &str, text: &str| {
            fs::write(home.path(name), format!("{text}\n")).unwrap();
            home.path(name).display().to_string()
        };
        let mut sets = vec![
            format!("calls.base_url={}/", center.provider.base()),
            format!("calls.token_file={}", file("token", TOKEN)),
            "calls.country=+86".to_owned(),
            "gateways.timeout=1s".to_owned(),
        ];
        if brings {
            sets.push(format!("calls.push_token_file={}", file("push-token", PUSH)));
            sets.push(format!("gateways.receipt_url={RECEIPTS}"));
        }
        Stage::of(home, center, sets)
    }

    fn of(home: Home, center: Center, sets: Vec<String>) -> Stage {
        let mut stage = Stage { home, center, sets, daemon: None };
        stage.start();
        let mut admin = stage.daemon().admin();
        seed(&mut admin);
        let wang = json!({ "id": "wang", "name": "王伟", "account": "acme", "mobile": "138 0013 8000", "language": "zh" });
        admin.ok("Directory1.PutContact", json!({ "contact": wang }));
        stage
    }

    fn start(&mut self) {
        let begin = BEGIN.to_string();
        let mut arguments = vec!["--clock", "manual", "--clock-start", &begin];
        arguments.extend(self.sets.iter().flat_map(|set| ["--set", set.as_str()]));
        self.daemon = Some(self.home.start_with(&arguments));
    }

    fn kill(&mut self) {
        self.daemon.take().unwrap().kill();
    }

    fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    fn ahead(&self, ms: i64) {
        self.daemon().admin().ahead(ms);
    }

    /// A Work Order of dora's, about which she calls.
    fn called(&self, more: Value) -> String {
        let number = self.daemon().user("dora").create(json!({}));
        self.daemon().user("dora").act(&number, "StartCall", more);
        number
    }

    fn call(&self, number: &str, at: usize) -> Value {
        self.daemon().admin().get(number)["calls"][at].clone()
    }

    /// Waits until the first call stands so.
    fn stands(&self, number: &str, wanted: &str) -> Value {
        let mut last = Value::Null;
        let end = std::time::Instant::now() + crate::real_stage::PATIENCE;
        while std::time::Instant::now() < end {
            last = self.call(number, 0);
            if last["status"] == wanted {
                return last;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("the call stands at {last}, not at {wanted:?}\n{}", self.daemon().log());
    }

    /// What the history tells of calls.
    fn history(&self, number: &str) -> Vec<String> {
        let lines = self.daemon().admin().history(number).into_iter().filter(|line| line["event"].as_str().unwrap().starts_with("Call"));
        lines.map(|line| line["details"].as_str().unwrap().to_owned()).collect()
    }

    /// The daemon ends in order, and its history is whole.
    fn ends(mut self) {
        self.daemon.take().unwrap().stop();
        self.home.verify(None).unwrap();
    }
}

#[test]
fn a_call_is_started_over_the_callers_account_and_its_outcome_is_kept_with_the_seconds() {
    let stage = Stage::new(false);
    let number = stage.called(json!({}));
    let call = stage.stands(&number, "ringing");
    assert_eq!((&call["to"], &call["phone"]), (&json!("contact:wang"), &json!("138 0013 8000")));
    assert_eq!((&call["by"], &call["account"], &call["at"]), (&json!("dora"), &json!("8001"), &json!(BEGIN)));
    let posted = stage.center.of("POST");
    assert_eq!(posted.len(), 1);
    let told = posted[0].json();
    assert_eq!((&told["account"], &told["number"], &told["work_order"]), (&json!("8001"), &json!("+8613800138000"), &json!(number)));
    assert_eq!(told["receipt"], Value::Null, "it is not told where to bring reports");

    stage.center.state("answered", 0);
    stage.ahead(16 * SECOND);
    stage.stands(&number, "talking");
    stage.center.state("ended", 125);
    stage.ahead(MINUTE);
    assert_eq!(stage.stands(&number, "answered")["seconds"], 125);
    stage.ahead(5 * 60 * MINUTE);
    let history = stage.history(&number);
    assert_eq!(history.first().unwrap(), "call 1 to 138 0013 8000 by dora over 8001");
    assert_eq!(history.iter().filter(|line| *line == "call 1 answered, 125 s").count(), 1, "{history:?}");
    assert_eq!(history.last().unwrap(), "call 1 answered, 125 s");
    let shown = run_at(stage.daemon().socket(), &["--as", "dora", "show", &number]);
    let lines = ["#1 dora to 138 0013 8000 (contact:wang) over 8001", "answered, 2:05 min, started"];
    assert!(lines.iter().all(|line| shown.out.contains(line)), "{}{}", shown.out, shown.err);
    let json = run_at(stage.daemon().socket(), &["--json", "--as", "dora", "show", &number]);
    assert!(json.out.contains("\"seconds\": 125") || json.out.contains("\"seconds\":125"), "{}", json.out);

    // What has ended is followed up as well; the command tells where to look.
    stage.daemon().user("dora").act(&number, "Cancel", json!({}));
    let ran = run_at(stage.daemon().socket(), &["--as", "dora", "call", &number, "--phone", "021 5888 0000"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("calls 021 5888 0000; \"show\" tells what came of it"), "{}", ran.out);
    until("it is handed over", || (stage.center.calls() == 2).then_some(()));
    assert_eq!(stage.center.of("POST")[1].json()["number"], "+862158880000");
    let log = stage.daemon().log();
    for hidden in ["13800138000", "8000", TOKEN] {
        assert!(!log.contains(hidden), "{hidden} is in the log: {log}");
    }
    stage.ends();
}

#[test]
fn busy_no_answer_and_a_refusal_are_told_as_such_once() {
    let stage = Stage::new(false);
    for (state, wanted) in [("busy", "busy"), ("no-answer", "no-answer"), ("failed", "failed")] {
        stage.center.state("ringing", 0);
        let number = stage.called(json!({ "to": "contact" }));
        stage.stands(&number, "ringing");
        stage.center.state(state, 0);
        stage.ahead(16 * SECOND);
        let call = stage.stands(&number, wanted);
        assert_eq!(call["seconds"], Value::Null);
        // Asked no more: the end is kept as it came.
        stage.center.state("ended", 7);
        stage.ahead(60 * MINUTE);
        stage.stands(&number, wanted);
        let ends = stage.history(&number).iter().filter(|line| line.starts_with(&format!("call 1 {wanted}"))).count();
        assert_eq!(ends, 1, "{:?}", stage.history(&number));
    }
    let why = json!({ "why": "account 8001 may not call +8613800138000" }).to_string();
    stage.center.does(Some(Does::Say(422, why)));
    let refused = stage.called(json!({}));
    let why = stage.stands(&refused, "failed")["why"].as_str().unwrap().to_owned();
    assert_eq!(why, "the call center answered 422: account 8001 may not call (number)");
    stage.ends();
}

#[test]
fn a_call_center_that_is_down_is_tried_for_two_minutes_and_nobody_is_rung_up_later() {
    let stage = Stage::new(false);
    stage.center.does(Some(Does::HangUp));
    let number = stage.called(json!({}));
    let id = until("it was tried", || stage.center.of("POST").first().map(|seen| seen.json()["call"].clone()));
    until("why is told", || stage.call(&number, 0)["why"].as_str().map(ToOwned::to_owned));
    stage.stands(&number, "waiting");
    // Up again in time: the same call, as whether it was started before is not known.
    stage.center.does(None);
    stage.ahead(11 * SECOND);
    stage.stands(&number, "ringing");
    let posted = stage.center.of("POST");
    assert!(posted.len() >= 2 && posted.iter().all(|seen| seen.json()["call"] == id));
    assert_eq!(stage.center.calls(), 1);

    stage.center.does(Some(Does::Say(503, "{}".into())));
    let late = stage.called(json!({}));
    until("it was tried", || stage.call(&late, 0)["why"].as_str().map(ToOwned::to_owned));
    stage.ahead(3 * MINUTE);
    let why = stage.stands(&late, "given-up")["why"].as_str().unwrap().to_owned();
    assert_eq!(why, "it was not handed over within 2 minutes: the call center answered 503");
    stage.center.does(None);
    stage.ahead(60 * MINUTE);
    stage.stands(&late, "given-up");
    assert_eq!(stage.center.calls(), 1, "nobody is rung up an hour later");

    // No end becomes known.
    stage.center.does(Some(Does::Say(500, "{}".into())));
    for _ in 0..5 {
        stage.ahead(60 * MINUTE);
    }
    let why = stage.stands(&number, "given-up")["why"].as_str().unwrap().to_owned();
    assert_eq!(why, "no outcome became known within 4 hours");
    stage.ends();
}

#[test]
fn after_a_kill_a_call_is_handed_over_again_as_the_same_one_and_only_while_it_is_wanted() {
    let mut stage = Stage::new(false);
    // The call center has it, and its answer never comes.
    stage.center.does(Some(Does::Silence));
    let number = stage.called(json!({}));
    let first = until("it is on its way", || stage.center.of("POST").first().map(|seen| seen.json()["call"].clone()));
    stage.kill();
    stage.center.does(None);
    stage.start();
    stage.stands(&number, "ringing");
    assert_eq!(stage.center.of("POST").last().unwrap().json()["call"], first);
    assert_eq!(stage.center.calls(), 1);
    // Killed while people talk: it goes on being asked about.
    stage.center.state("ended", 61);
    stage.kill();
    stage.start();
    stage.ahead(16 * SECOND);
    assert_eq!(stage.stands(&number, "answered")["seconds"], 61);
    stage.kill();
    stage.start();
    stage.ahead(60 * MINUTE);
    assert_eq!(stage.history(&number).iter().filter(|line| line.contains("answered")).count(), 1);

    stage.center.does(Some(Does::Deaf));
    let late = stage.called(json!({}));
    // It was tried, in vain: what is being tried at the moment may still come about.
    until("it was tried", || stage.call(&late, 0)["why"].is_string().then_some(()));
    stage.stands(&late, "waiting");
    stage.kill();
    stage.start();
    stage.ahead(2 * MINUTE);
    stage.center.does(None);
    stage.stands(&late, "given-up");
    assert_eq!(stage.center.calls(), 1);
    stage.ends();
}

#[test]
fn the_call_center_brings_how_a_call_goes_by_its_token_and_nobody_else_can() {
    let stage = Stage::new(true);
    let number = stage.called(json!({}));
    stage.stands(&number, "ringing");
    let posted = stage.center.of("POST")[0].json();
    assert_eq!(posted["receipt"], format!("{RECEIPTS}calls"));
    let report = |call: &str, state: &str, seconds: u32| json!({ "reference": "ref-1", "call": call, "state": state, "seconds": seconds });
    let bring =
        |authorization: &str, report: &Value| json!({ "provider": "calls", "signature": authorization, "body": report.to_string() });
    let call = posted["call"].as_str().unwrap();
    let (good, mut portal) = (format!("Bearer {PUSH}"), stage.daemon().admin());
    for authorization in ["", "Bearer", "Bearer wrong", &format!("Bearer {TOKEN}"), &format!("Basic {PUSH}")] {
        let refused = portal.refused("Guest1.TakeReceipt", bring(authorization, &report(call, "ended", 5)));
        assert_eq!(refused.0, "org.workorderd.InvalidField", "{authorization}");
    }
    for wrong in [json!([]), json!({}), report(call, "flying", 5), json!({ "reference": "ref-1", "state": "ended", "seconds": -1 })] {
        assert_eq!(portal.refused("Guest1.TakeReceipt", bring(&good, &wrong)).0, "org.workorderd.InvalidField", "{wrong}");
    }
    for unknown in ["", "guessed", &"A".repeat(50)] {
        let refused = portal.refused("Guest1.TakeReceipt", bring(&good, &report(unknown, "ended", 5)));
        assert_eq!(refused.0, "org.workorderd.UnknownInvitation", "{unknown}");
    }
    stage.stands(&number, "ringing");
    portal.ok("Guest1.TakeReceipt", bring(&good, &report(call, "answered", 0)));
    stage.stands(&number, "talking");
    let steps = stage.history(&number).len();
    portal.ok("Guest1.TakeReceipt", bring(&good, &report(call, "answered", 0)));
    assert_eq!(stage.history(&number).len(), steps, "what is no news is not recorded");

    // As the portal hands it on.
    let guests = Guests(stage.daemon().socket().to_owned());
    let posted = |authorization: &str, state: &str, seconds: u32| {
        let body = report(call, state, seconds).to_string().into_bytes();
        let request = Request { method: "POST".into(), authorization: authorization.into(), body, ..Request::default() };
        let reply = receipts::answer(&request, "calls", &guests);
        (reply.status, reply.unknown)
    };
    assert_eq!(posted("Bearer wrong", "ended", 5), (403, true));
    stage.stands(&number, "talking");
    assert_eq!(posted(&good, "ended", 3601), (204, false));
    let ended = stage.stands(&number, "answered");
    assert_eq!(ended["seconds"], 3601);
    // Whatever comes later: it has ended.
    assert_eq!(posted(&good, "busy", 0), (204, false));
    assert_eq!(posted(&good, "ended", 9), (204, false));
    assert_eq!(stage.stands(&number, "answered"), ended);
    // What names a call opens nothing else.
    assert_eq!(portal.refused("Guest1.Show", json!({ "token": call })).0, "org.workorderd.UnknownInvitation");

    // Given up, and then it becomes known how it went after all.
    let late = stage.called(json!({}));
    stage.stands(&late, "ringing");
    stage.center.does(Some(Does::HangUp));
    (0..5).for_each(|_| stage.ahead(60 * MINUTE));
    stage.stands(&late, "given-up");
    let call = stage.center.of("POST").last().unwrap().json()["call"].as_str().unwrap().to_owned();
    portal.ok("Guest1.TakeReceipt", bring(&good, &report(&call, "no-answer", 0)));
    stage.stands(&late, "no-answer");
    stage.ends();
}

#[test]
fn without_a_call_center_or_an_account_nobody_is_called_and_it_is_said_why() {
    let stage = Stage::of(Home::new(), Center::start(), Vec::new());
    let number = stage.called(json!({}));
    assert_eq!(stage.stands(&number, "failed")["why"], "no call center is configured (settings, [calls])");
    let (mut dora, mut admin) = (stage.daemon().user("dora"), stage.daemon().admin());
    dora.act(&number, "AssignToEngineer", json!({ "engineer": "mei" }));
    let ran = run_at(stage.daemon().socket(), &["--as", "mei", "call", &number]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("mei is bound to no call account") && ran.err.contains("--call-account"), "{}", ran.err);
    assert_eq!(admin.get(&number)["calls"].as_array().unwrap().len(), 1);
    // Bound, shown, and unbound by a put without it.
    let put = ["staff-user", "put", "mei", "--name", "梅", "--role", "engineer", "--call-account", "sip:mei@pbx.example"];
    assert_eq!(run_at(stage.daemon().socket(), &put).code, 0);
    let shown = run_at(stage.daemon().socket(), &["staff-user", "show", "mei"]);
    assert!(shown.out.contains("call account sip:mei@pbx.example"), "{}", shown.out);
    stage.daemon().user("mei").act(&number, "StartCall", json!({}));
    let calls = admin.get(&number)["calls"].clone();
    assert_eq!((&calls[1]["by"], &calls[1]["account"]), (&json!("mei"), &json!("sip:mei@pbx.example")));
    stage.ends();
}

#[test]
fn one_calls_once_at_a_time_and_others_may_call_as_well() {
    let stage = Stage::new(false);
    let number = stage.called(json!({}));
    stage.stands(&number, "ringing");
    let again = stage.daemon().user("dora").refused("WorkOrders1.StartCall", json!({ "number": number }));
    assert_eq!((again.0.as_str(), &again.1["call"], &again.1["status"]), ("org.workorderd.CallUnderWay", &json!(1), &json!("ringing")));
    // Whoever hangs up and calls again does not wait until it is asked of itself.
    stage.center.state("no-answer", 0);
    stage.daemon().user("dora").act(&number, "StartCall", json!({}));
    stage.stands(&number, "no-answer");
    until("it rings again", || (stage.center.calls() == 2).then_some(()));
    stage.center.state("ringing", 0);
    stage.daemon().user("dora").act(&number, "AssignToEngineer", json!({ "engineer": "emil" }));
    stage.daemon().user("emil").act(&number, "StartCall", json!({ "to": "submitter" }));
    // About another one she may call, and about this one once it has ended.
    stage.called(json!({}));
    until("all ring", || (stage.center.calls() == 4).then_some(()));
    stage.center.state("ended", 1);
    stage.ahead(20 * SECOND);
    until("the second has ended", || (stage.call(&number, 1)["status"] == "answered").then_some(()));
    stage.daemon().user("dora").act(&number, "StartCall", json!({}));
    // The last twenty are at hand, the others in the history.
    for _ in 0..20 {
        until("the call has ended", || {
            // What is not handed over yet must not become too old meanwhile.
            let calls = stage.daemon().admin().get(&number)["calls"].clone();
            let last = calls.as_array().unwrap().last().unwrap()["status"].clone();
            if last == "ringing" {
                stage.ahead(20 * SECOND);
            }
            (last == "answered").then_some(())
        });
        stage.daemon().user("dora").act(&number, "StartCall", json!({}));
    }
    let calls = stage.daemon().admin().get(&number)["calls"].clone();
    let numbers: Vec<i64> = calls.as_array().unwrap().iter().map(|call| call["no"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (5..=24).collect::<Vec<_>>());
    assert_eq!(stage.history(&number).iter().filter(|line| line.contains(" over ")).count(), 24);
    stage.ends();
}

#[test]
fn what_is_void_stands_still_and_is_not_called_about_later() {
    let stage = Stage::new(false);
    stage.center.does(Some(Does::Deaf));
    let number = stage.called(json!({}));
    until("it was tried", || stage.call(&number, 0)["why"].as_str().map(ToOwned::to_owned));
    let mut admin = stage.daemon().admin();
    admin.act(&number, "Void", json!({ "reason": "输错了" }));
    stage.center.does(None);
    stage.ahead(MINUTE);
    assert_eq!(stage.center.calls(), 0);
    assert_eq!(admin.refused("WorkOrders1.StartCall", json!({ "number": number, "phone": "110" })).0, "org.workorderd.Void");
    stage.ahead(60 * MINUTE);
    admin.act(&number, "Restore", json!({}));
    stage.stands(&number, "given-up");
    assert_eq!(stage.center.calls(), 0);
    stage.ends();
}
