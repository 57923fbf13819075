//! Twilio: what goes over the wire, what each answer means, what became of a text, and who may report it.

use serde_json::json;
use workorderd::gateway::{Answer, Callback, Gateway, Http, PushProblem, Receipt, Report, Sender, Sms, Twilio, twilio_signature};

use crate::gateway_stage::{Does, IMPATIENCE, NOW_MS, PATIENCE, Provider, STAMP, faults, fit, kind, nobody, run, sms, words};

const SID: &str = "AC0123456789abcdef0123456789abcdef";
const TOKEN: &str = "t0ken-t0ken-t0ken-t0ken";
const PATH: &str = "/2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json";

fn twilio(http: Http) -> Twilio {
    Twilio::new(http, SID.to_owned(), TOKEN.to_owned(), Sender::From("+15550001111".to_owned()))
}

fn english() -> Sms {
    Sms {
        to: "+14158675310".to_owned(),
        text: "Your Work Order WO-7 is done: https://f.example/x7".to_owned(),
        template: None,
        receipt: None,
    }
}

/// As on the page "Messages resource".
fn created() -> String {
    json!({
        "account_sid": SID, "api_version": "2010-04-01", "body": "Hi there", "date_created": "Thu, 24 Aug 2023 05:01:45 +0000",
        "date_sent": null, "direction": "outbound-api", "error_code": null, "error_message": null, "from": "+15557122661",
        "num_media": "0", "num_segments": "1", "price": null, "price_unit": null, "messaging_service_sid": null,
        "sid": "SM0123456789abcdef0123456789abcdef", "status": "queued", "to": "+15558675310",
        "uri": "/2010-04-01/Accounts/AC/Messages/SM.json"
    })
    .to_string()
}

fn refused(code: u32, message: &str, status: u16) -> Does {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    Does::Say(status, json!({ "code": code, "message": message, "more_info": more, "status": status }).to_string())
}

#[test]
fn a_text_goes_out_as_the_documentation_says() {
    run(async {
        let provider = Provider::says(201, &created()).await;
        let gateway = Gateway::Twilio(twilio(provider.http()));
        let answer = gateway.send(&sms(), STAMP).await;
        assert_eq!(answer, Answer::Accepted { reference: "SM0123456789abcdef0123456789abcdef".to_owned() });
        let seen = provider.only();
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", PATH));
        assert!(seen.query.is_empty());
        assert_eq!(seen.login(), format!("{SID}:{TOKEN}"));
        let form: Vec<(String, String)> = seen.form().into_iter().collect();
        let text = sms().text;
        let expected = [
            ("Body", text.as_str()),
            ("From", "+15550001111"),
            ("StatusCallback", "https://f.example/gateway/sms?m=7&k=a b"),
            ("To", "+8613800000001"),
        ];
        assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    });
}

#[test]
fn a_messaging_service_takes_the_place_of_a_number_and_a_callback_may_be_missing() {
    run(async {
        let provider = Provider::says(201, &created()).await;
        let sender = Sender::Service("MG0123456789abcdef0123456789abcdef".to_owned());
        let twilio = Twilio::new(provider.http(), SID.to_owned(), TOKEN.to_owned(), sender);
        assert_eq!(kind(&twilio.send(&english()).await), "accepted");
        let form = provider.only().form();
        assert_eq!(form.keys().collect::<Vec<_>>(), ["Body", "MessagingServiceSid", "To"]);
        assert_eq!(form["MessagingServiceSid"], "MG0123456789abcdef0123456789abcdef");
    });
}

#[test]
fn each_refusal_is_for_good_for_later_or_for_nobody_to_know() {
    run(async {
        let table = [
            (21211, "The 'To' number +14158675310 is not a valid phone number.", 400, "failed"),
            (21211, "Invalid 'To' Phone Number: (415) 867-5310", 400, "failed"),
            (
                21408,
                "Permission to send an SMS has not been enabled for the region indicated by the 'To' number: +14158675310",
                400,
                "failed",
            ),
            (21610, "Attempt to send to unsubscribed recipient", 400, "failed"),
            (21610, "Attempt to send to unsubscribed recipient", 403, "failed"),
            (21612, "The 'To' phone number: +14158675310, is not currently reachable using the 'From' phone number", 400, "failed"),
            (21614, "'To' number: +14158675310, is not a valid mobile number", 400, "failed"),
            (21617, "The concatenated message body exceeds the 1600 character limit", 400, "failed"),
            (21602, "Message body is required.", 400, "failed"),
            (99999, "Something new about the message", 400, "failed"),
            (20003, "Authenticate", 401, "deferred"),
            (20003, "Permission denied", 403, "deferred"),
            (20404, "The requested resource was not found", 404, "deferred"),
            (20005, "Account not active", 403, "deferred"),
            (20429, "Too Many Requests", 429, "deferred"),
            (14107, "Message rate limit exceeded", 400, "deferred"),
            (21611, "This 'From' number has exceeded the maximum number of queued messages", 400, "deferred"),
            (63038, "Account exceeded the daily messages limit", 429, "deferred"),
            (21606, "The 'From' phone number provided is not a valid message-capable Twilio phone number", 400, "deferred"),
            (21212, "Invalid From Number (caller ID)", 400, "deferred"),
            (21703, "The Messaging Service does not have a phone number available to send a message", 400, "deferred"),
            (20503, "Service unavailable", 503, "deferred"),
            (20500, "An internal server error has occurred", 500, "unknown"),
            (30500, "Twilio internal error", 500, "unknown"),
        ];
        for (code, message, status, expected) in table {
            let provider = Provider::always(refused(code, message, status)).await;
            let answer = twilio(provider.http()).send(&english()).await;
            assert_eq!(kind(&answer), expected, "{code} {status}: {answer:?}");
            assert!(words(&answer).contains(&code.to_string()), "{answer:?}");
            fit(words(&answer), &["4158675310", "867-5310", TOKEN]);
        }
    });
}

#[test]
fn a_fault_of_the_connection_is_unknown_once_the_text_may_have_gone_out() {
    run(async {
        for (name, does, expected) in faults() {
            let provider = Provider::always(does).await;
            let answer = twilio(provider.impatient()).send(&english()).await;
            assert_eq!(kind(&answer), expected, "{name}: {answer:?}");
            fit(words(&answer), &["4158675310", TOKEN, "WO-7"]);
        }
        let http = Http::new(&nobody().await, None, PATIENCE).unwrap();
        assert_eq!(kind(&twilio(http).send(&english()).await), "deferred");
        // A certificate that nobody vouches for: the login does not go there.
        let (provider, _) = Provider::secure("localhost", Does::Say(201, created())).await;
        let http = Http::new(&format!("https://localhost:{}", provider.port), None, PATIENCE).unwrap();
        assert_eq!(kind(&twilio(http).send(&english()).await), "deferred");
        assert!(provider.seen().is_empty());
    });
}

#[test]
fn a_provider_that_repeats_everything_gets_nothing_into_the_words() {
    run(async {
        let english = english();
        let login = data_encoding::BASE64.encode(format!("{SID}:{TOKEN}").as_bytes());
        let message =
            format!("bad request:\r\n To={}&Body={}\u{7} token {TOKEN} {login} {}", english.to, english.text, "long ".repeat(200));
        let provider = Provider::always(refused(21211, &message, 400)).await;
        let answer = twilio(provider.http()).send(&english).await;
        assert_eq!(kind(&answer), "failed");
        fit(words(&answer), &["4158675310", TOKEN, &login[..12], "Work Order", "f.example"]);
        assert!(words(&answer).starts_with("twilio refused it with 21211: bad request:"), "{answer:?}");
    });
}

#[test]
fn an_id_that_is_none_leaves_it_unknown() {
    run(async {
        for sid in [json!(""), json!(null), json!("SM 1"), json!("SM\n1"), json!("S".repeat(201)), json!(["SM1"])] {
            let provider = Provider::says(201, &json!({ "sid": sid }).to_string()).await;
            assert_eq!(kind(&twilio(provider.http()).send(&english()).await), "unknown", "{sid}");
        }
    });
}

#[test]
fn what_became_of_a_text_is_asked_by_its_sid() {
    run(async {
        let failed = |why: &str| Ok(Receipt::Failed { why: why.to_owned() });
        let table = [
            ("accepted", json!(null), Ok(Receipt::NotYet)),
            ("scheduled", json!(null), Ok(Receipt::NotYet)),
            ("queued", json!(null), Ok(Receipt::NotYet)),
            ("sending", json!(null), Ok(Receipt::NotYet)),
            ("sent", json!(null), Ok(Receipt::NotYet)),
            ("delivered", json!(null), Ok(Receipt::Delivered)),
            ("read", json!(null), Ok(Receipt::Delivered)),
            ("undelivered", json!(30003), failed("undelivered with 30003: unreachable destination handset")),
            ("undelivered", json!(30004), failed("undelivered with 30004: message blocked")),
            ("undelivered", json!(30005), failed("undelivered with 30005: unknown destination handset")),
            ("undelivered", json!("30006"), failed("undelivered with 30006: landline or unreachable carrier")),
            ("failed", json!(30007), failed("failed with 30007: message filtered")),
            ("failed", json!(30008), failed("failed with 30008: unknown error")),
            ("failed", json!(31999), failed("failed with 31999")),
            ("canceled", json!(null), failed("canceled")),
        ];
        for (status, code, expected) in table {
            let body = json!({ "sid": "SM1", "status": status, "error_code": code, "error_message": null }).to_string();
            let provider = Provider::says(200, &body).await;
            let gateway = Gateway::Twilio(twilio(provider.http()));
            let receipt: Result<Receipt, String> = gateway.ask("SM1", "+14158675310", NOW_MS, STAMP).await;
            assert_eq!(receipt, expected, "{status}");
            let seen = provider.only();
            assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", PATH.replace(".json", "/SM1.json").as_str()));
            assert_eq!(seen.login(), format!("{SID}:{TOKEN}"));
        }
    });
}

#[test]
fn a_question_that_is_not_answered_leaves_it_open() {
    run(async {
        let odd = Does::Say(200, "{\"status\":\"levitating\"}".to_owned());
        let table = [refused(20404, "not found", 404), refused(20003, "Authenticate", 401), odd, Does::Say(200, "<html>".to_owned())];
        for does in table.into_iter().chain(faults().into_iter().map(|(_, does, _)| does)) {
            let provider = Provider::always(does.clone()).await;
            let why = twilio(provider.impatient()).ask("SM/../1", "+14158675310").await.unwrap_err();
            fit(&why, &[TOKEN]);
            // An id stays one part of the path.
            assert_eq!(provider.only().path, PATH.replace(".json", "/SM%2F..%2F1.json"));
        }
    });
}

/// The example of Twilio's own libraries (twilio-python, `test_request_validator`).
#[test]
fn the_signature_is_that_of_twilios_example() {
    let form = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(twilio_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &form), "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
}

fn pushed(status: &str, code: Option<&str>) -> Vec<(String, String)> {
    let mut form = vec![
        ("SmsSid", "SM7"),
        ("SmsStatus", status),
        ("MessageStatus", status),
        ("To", "+14158675310"),
        ("MessageSid", "SM7"),
        ("AccountSid", SID),
        ("From", "+15550001111"),
        ("ApiVersion", "2010-04-01"),
        ("Note", "你好 &=+%"),
    ];
    form.extend(code.map(|code| ("ErrorCode", code)));
    form.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn encoded(form: &[(String, String)]) -> Vec<u8> {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish().into_bytes()
}

#[test]
fn a_signed_report_tells_what_became_of_a_text() {
    let twilio = twilio(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap());
    let Some(Callback { url, .. }) = sms().receipt else { panic!() };
    let failed = Receipt::Failed { why: "undelivered with 30003: unreachable destination handset".to_owned() };
    let table = [("sent", None, Receipt::NotYet), ("delivered", None, Receipt::Delivered), ("undelivered", Some("30003"), failed)];
    for (status, code, receipt) in table {
        let form = pushed(status, code);
        let signature = twilio_signature(TOKEN, &url, &form);
        let report = twilio.report(&url, &signature, &encoded(&form)).unwrap();
        assert_eq!(report, Report { reference: "SM7".to_owned(), token: None, receipt, segments: None });
        // Whatever order they come in.
        let reversed: Vec<_> = form.iter().rev().cloned().collect();
        assert_eq!(twilio.report(&url, &signature, &encoded(&reversed)).unwrap(), report);
    }
}

#[test]
fn a_report_that_is_not_signed_for_this_address_and_these_values_is_refused() {
    let twilio = twilio(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap());
    let url = "https://f.example/gateway/sms?m=7";
    let form = pushed("delivered", None);
    let signature = twilio_signature(TOKEN, url, &form);
    let not_signed = |url: &str, signature: &str, form: &[(String, String)]| {
        assert_eq!(twilio.report(url, signature, &encoded(form)), Err(PushProblem::NotSigned), "{url} {signature}");
    };
    not_signed("https://f.example/gateway/sms?m=8", &signature, &form);
    not_signed("http://f.example/gateway/sms?m=7", &signature, &form);
    for wrong in ["", "=", "no base64!", "AAAA", &signature[1..], &signature.to_lowercase()] {
        not_signed(url, wrong, &form);
    }
    not_signed(url, &twilio_signature("another", url, &form), &form);
    for at in 0..form.len() {
        let mut changed = form.clone();
        changed[at].1.push('x');
        not_signed(url, &signature, &changed);
        let mut less = form.clone();
        less.remove(at);
        not_signed(url, &signature, &less);
    }
    let mut more = form.clone();
    more.push(("ErrorCode".to_owned(), "30003".to_owned()));
    not_signed(url, &signature, &more);
    assert!(twilio.report(url, &signature, &encoded(&form)).is_ok());
}

#[test]
fn a_port_in_the_address_may_be_signed_or_not() {
    let twilio = twilio(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap());
    let form = pushed("delivered", None);
    let url = "https://f.example:8443/gateway/sms?m=7:1";
    for signed in [url, "https://f.example/gateway/sms?m=7:1"] {
        assert!(twilio.report(url, &twilio_signature(TOKEN, signed, &form), &encoded(&form)).is_ok(), "{signed}");
    }
    let other = twilio_signature(TOKEN, "https://f.example:8444/gateway/sms?m=7:1", &form);
    assert_eq!(twilio.report(url, &other, &encoded(&form)), Err(PushProblem::NotSigned));
}

#[test]
fn a_signed_report_without_its_fields_cannot_be_read() {
    let twilio = twilio(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap());
    let url = "https://f.example/";
    for missing in ["MessageSid", "MessageStatus"] {
        let form: Vec<_> = pushed("delivered", None).into_iter().filter(|(name, _)| name != missing).collect();
        let problem = twilio.report(url, &twilio_signature(TOKEN, url, &form), &encoded(&form)).unwrap_err();
        assert!(matches!(problem, PushProblem::Unreadable { .. }), "{missing}: {problem:?}");
    }
}

#[test]
fn debug_shows_neither_the_token_nor_the_text() {
    let gateway = Gateway::Twilio(twilio(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap()));
    let shown = format!("{gateway:?} {:?}", sms());
    for hidden in [TOKEN, "13800000001", "WO-7", "李女士", "f.example"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
