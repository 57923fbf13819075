//! Calls through a call center: our own small interface, and what each answer means.

use serde_json::json;
use workorderd::gateway::{Answer, Call, CallCenter, CallReport, CallState, Http, PushProblem};

use crate::gateway_stage::{IMPATIENCE, PATIENCE, Provider, faults, fit, kind, nobody, run, words};

const TOKEN: &str = "t0ken-t0ken-t0ken";
const PUSH: &str = "push-push-push";

fn center(http: Http) -> CallCenter {
    CallCenter::new(http, TOKEN.to_owned(), PUSH.to_owned())
}

fn call() -> Call {
    Call {
        call: "c-7".to_owned(),
        account: "8001".to_owned(),
        number: "+8613800000001".to_owned(),
        work_order: "WO-7".to_owned(),
        receipt: Some("https://f.example/gateway/call".to_owned()),
    }
}

#[test]
fn a_call_is_started_with_our_id_and_the_token() {
    run(async {
        let provider = Provider::says(202, "{\"reference\":\"r-1\"}").await;
        assert_eq!(center(provider.http()).start(&call()).await, Answer::Accepted { reference: "r-1".to_owned() });
        let seen = provider.only();
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/calls"));
        assert_eq!(seen.headers["authorization"], format!("Bearer {TOKEN}"));
        let expected = json!({
            "call": "c-7", "account": "8001", "number": "+8613800000001", "work_order": "WO-7", "receipt": "https://f.example/gateway/call"
        });
        assert_eq!(seen.json(), expected);
        center(provider.http()).start(&Call { receipt: None, ..call() }).await;
        assert_eq!(provider.seen()[1].json()["receipt"], json!(null));
    });
}

#[test]
fn each_answer_to_a_start_is_sorted() {
    run(async {
        let why = json!({ "why": "account 8001 may not call +86 138-0000-0001\n" }).to_string();
        let table = [
            (400, "failed"),
            (404, "failed"),
            (409, "failed"),
            (422, "failed"),
            (401, "deferred"),
            (403, "deferred"),
            (429, "deferred"),
            (503, "deferred"),
            (500, "unknown"),
        ];
        for (status, expected) in table {
            let provider = Provider::says(status, &why).await;
            let answer = center(provider.http()).start(&call()).await;
            assert_eq!(kind(&answer), expected, "{status}");
            assert_eq!(words(&answer), format!("the call center answered {status}: account 8001 may not call (number)"));
        }
        for (name, does, expected) in faults() {
            let provider = Provider::always(does).await;
            let answer = center(provider.impatient()).start(&call()).await;
            assert_eq!(kind(&answer), expected, "{name}: {answer:?}");
            fit(words(&answer), &["13800000001", TOKEN]);
        }
        let http = Http::new(&nobody().await, None, PATIENCE).unwrap();
        assert_eq!(kind(&center(http).start(&call()).await), "deferred");
    });
}

#[test]
fn how_far_a_call_is_can_be_asked() {
    run(async {
        let table = [
            ("ringing", CallState::Ringing),
            ("answered", CallState::Answered),
            ("no-answer", CallState::NoAnswer),
            ("busy", CallState::Busy),
            ("failed", CallState::Failed),
            ("ended", CallState::Ended),
        ];
        for (text, state) in table {
            let provider = Provider::says(200, &json!({ "state": text, "seconds": 61 }).to_string()).await;
            let report = center(provider.http()).ask("r/1", "+8613800000001").await.unwrap();
            assert_eq!(report, CallReport { reference: "r/1".to_owned(), call: None, state, seconds: 61 });
            assert_eq!(provider.only().path, "/calls/r%2F1");
            assert_eq!(provider.only().headers["authorization"], format!("Bearer {TOKEN}"));
        }
        for odd in
            ["{\"state\":\"flying\"}", "{}", "[]", "{\"state\":\"ended\",\"seconds\":-1}", "{\"state\":\"ended\",\"seconds\":\"1\"}", "no"]
        {
            let provider = Provider::says(200, odd).await;
            fit(&center(provider.http()).ask("r-1", "+8613800000001").await.unwrap_err(), &[TOKEN]);
        }
        for (_, does, _) in faults() {
            let provider = Provider::always(does).await;
            fit(&center(provider.impatient()).ask("r-1", "+8613800000001").await.unwrap_err(), &[TOKEN]);
        }
    });
}

#[test]
fn a_report_is_read_if_it_shows_the_push_token() {
    let http = || Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap();
    let center_ = center(http());
    let body = json!({ "reference": "r-1", "call": "c-7", "state": "ended", "seconds": 61 }).to_string();
    let report = CallReport { reference: "r-1".to_owned(), call: Some("c-7".to_owned()), state: CallState::Ended, seconds: 61 };
    for authorization in ["Bearer push-push-push", "bearer push-push-push"] {
        assert_eq!(center_.report(authorization, body.as_bytes()), Ok(report.clone()));
    }
    for authorization in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer push-push-pusH",
        "Bearer push-push-push-",
        "Basic push-push-push",
        "push-push-push",
        "Bearer t0ken-t0ken-t0ken",
    ] {
        assert_eq!(center_.report(authorization, body.as_bytes()), Err(PushProblem::NotSigned), "{authorization}");
    }
    for body in ["", "[]", "{}", "{\"state\":\"ended\"}", "{\"reference\":\"r-1\"}", "{\"reference\":\"r-1\",\"state\":\"flying\"}"] {
        let problem = center_.report("Bearer push-push-push", body.as_bytes()).unwrap_err();
        assert!(matches!(problem, PushProblem::Unreadable { .. }), "{body}");
    }
    let closed = CallCenter::new(http(), TOKEN.to_owned(), String::new());
    for authorization in ["", "Bearer", "Bearer "] {
        assert_eq!(closed.report(authorization, body.as_bytes()), Err(PushProblem::NotSigned));
    }
}

#[test]
fn debug_shows_neither_tokens_nor_the_number() {
    let shown = format!("{:?} {:?}", center(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap()), call());
    for hidden in [TOKEN, PUSH, "13800000001"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
