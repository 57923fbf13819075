//! What each fault of a connection means: nothing was sent, the whole answer is there, or nobody knows.

use std::time::{Duration, Instant};

use tokio::net::TcpListener;
use workorderd::gateway::{Exchange, Http, HttpProblem, MAX_ANSWER_BYTES, Request};

use crate::gateway_stage::{Does, IMPATIENCE, PATIENCE, Provider, fit, nobody, run};

fn get(path: &str) -> Request {
    Request { path: path.to_owned(), ..Request::default() }
}

fn post(body: &str) -> Request {
    Request { body: Some(("text/plain", body.to_owned())), path: "/p".to_owned(), authorization: Some("Bearer s3cret-s3cret".to_owned()) }
}

fn name(exchange: &Exchange) -> &'static str {
    match exchange {
        Exchange::NotSent { why } => {
            fit(why, &["s3cret"]);
            "not sent"
        }
        Exchange::Answered { .. } => "answered",
        Exchange::Unknown { why } => {
            fit(why, &["s3cret"]);
            "unknown"
        }
    }
}

#[test]
fn a_request_goes_out_as_it_was_given_below_the_path_of_the_base() {
    run(async {
        let provider = Provider::says(201, "{\"a\":1}").await;
        let http = Http::new(&format!("http://127.0.0.1:{}/under/it/", provider.port), None, PATIENCE).unwrap();
        let exchange = http.exchange(&post("你好")).await;
        assert_eq!(exchange, Exchange::Answered { status: 201, body: b"{\"a\":1}".to_vec() });
        let seen = provider.only();
        assert_eq!((seen.method.as_str(), seen.path.as_str(), seen.body.as_str()), ("POST", "/under/it/p", "你好"));
        assert_eq!(seen.headers["host"], format!("127.0.0.1:{}", provider.port));
        assert_eq!(seen.headers["authorization"], "Bearer s3cret-s3cret");
        assert_eq!(seen.headers["connection"], "close");
        assert_eq!(seen.headers["content-length"], "6");

        assert_eq!(name(&http.exchange(&get("/q?a=b%20c&d=%E4%BD%A0")).await), "answered");
        let seen = &provider.seen()[1];
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", "/under/it/q"));
        assert_eq!((seen.query["a"].as_str(), seen.query["d"].as_str()), ("b c", "你"));
        assert!(!seen.headers.contains_key("authorization"));
    });
}

#[test]
fn what_stops_before_the_request_has_certainly_not_been_sent() {
    run(async {
        let refused = Http::new(&nobody().await, None, PATIENCE).unwrap();
        assert_eq!(name(&refused.exchange(&post("x")).await), "not sent");

        let no_such_host = Http::new("https://no-such-host.invalid", None, IMPATIENCE).unwrap();
        assert_eq!(name(&no_such_host.exchange(&post("x")).await), "not sent");

        // Somebody who takes the connection and never speaks TLS.
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("https://127.0.0.1:{}", silent.local_addr().unwrap().port());
        let http = Http::new(&base, None, IMPATIENCE).unwrap();
        assert_eq!(name(&http.exchange(&post("x")).await), "not sent");

        // Somebody who speaks something else.
        let plain = Provider::says(200, "{}").await;
        let http = Http::new(&format!("https://127.0.0.1:{}", plain.port), None, IMPATIENCE).unwrap();
        assert_eq!(name(&http.exchange(&post("x")).await), "not sent");

        // Somebody who hangs up during the handshake.
        let deaf = Provider::always(Does::Deaf).await;
        let http = Http::new(&format!("https://127.0.0.1:{}", deaf.port), None, PATIENCE).unwrap();
        assert_eq!(name(&http.exchange(&post("x")).await), "not sent");

        let provider = Provider::says(200, "{}").await;
        let secret = Request { authorization: Some("Bearer s3cret\r\nX: y".to_owned()), ..post("x") };
        assert_eq!(name(&provider.http().exchange(&secret).await), "not sent");
        assert!(provider.seen().is_empty());
    });
}

#[test]
fn what_stops_behind_the_first_byte_may_have_arrived() {
    run(async {
        let raw = |text: &str| Does::Raw(text.as_bytes().to_vec());
        let table = [
            Does::HangUp,
            Does::Silence,
            Does::Late(IMPATIENCE * 3, 200, String::new()),
            raw(""),
            raw("HTTP/1.1 200 OK\r\n"),
            raw("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"),
            raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
            raw("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
            raw("SSH-2.0-OpenSSH\r\n"),
            Does::Raw(vec![0; 100_000]),
            raw(&format!("HTTP/1.1 200 OK\r\nA: {}\r\n\r\n", "b".repeat(1_000_000))),
            Does::Say(200, "x".repeat(MAX_ANSWER_BYTES + 1)),
            raw(&format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MAX_ANSWER_BYTES + 1))),
        ];
        for does in table {
            let provider = Provider::always(does.clone()).await;
            let exchange = provider.impatient().exchange(&post("x")).await;
            let does: String = format!("{does:?}").chars().take(80).collect();
            assert_eq!(name(&exchange), "unknown", "{does}: {exchange:?}");
            assert_eq!(provider.seen().len(), 1, "{does}");
        }
    });
}

/// Closing at once and sending at once race; both may win, but an answer there is none, and neither is taken for the other.
#[test]
fn a_connection_that_is_closed_at_once_gives_no_answer() {
    run(async {
        let provider = Provider::always(Does::Deaf).await;
        for _ in 0..50 {
            assert_ne!(name(&provider.http().exchange(&post("x")).await), "answered");
        }
    });
}

#[test]
fn an_answer_of_the_greatest_size_is_read_whole_and_ones_without_a_length_too() {
    run(async {
        let provider = Provider::says(200, &"x".repeat(MAX_ANSWER_BYTES)).await;
        let Exchange::Answered { status: 200, body } = provider.http().exchange(&get("/")).await else { panic!() };
        assert_eq!(body.len(), MAX_ANSWER_BYTES);

        let until_the_end = Provider::always(Does::Raw(b"HTTP/1.1 200 OK\r\n\r\nto the end".to_vec())).await;
        let exchange = until_the_end.http().exchange(&get("/")).await;
        assert_eq!(exchange, Exchange::Answered { status: 200, body: b"to the end".to_vec() });

        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n".to_vec();
        let exchange = Provider::always(Does::Raw(chunked)).await.http().exchange(&get("/")).await;
        assert_eq!(exchange, Exchange::Answered { status: 200, body: b"abcde".to_vec() });
    });
}

#[test]
fn a_redirect_is_an_answer_and_is_not_followed() {
    run(async {
        let other = Provider::says(200, "{}").await;
        let redirect = format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", other.base());
        let provider = Provider::always(Does::Raw(redirect.into_bytes())).await;
        assert_eq!(provider.http().exchange(&post("x")).await, Exchange::Answered { status: 307, body: Vec::new() });
        assert!(other.seen().is_empty());
    });
}

#[test]
fn the_time_limit_is_for_the_whole_request() {
    run(async {
        let drip = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab".to_vec();
        for does in [Does::Silence, Does::Raw(drip)] {
            let provider = Provider::always(does).await;
            let begun = Instant::now();
            assert_eq!(name(&provider.impatient().exchange(&post("x")).await), "unknown");
            assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        }
    });
}

#[test]
fn a_certificate_must_be_trusted_and_be_for_the_host() {
    run(async {
        let does = Does::Say(200, "{\"a\":1}".to_owned());
        let (provider, pem) = Provider::secure("localhost", does.clone()).await;
        let base = format!("https://localhost:{}", provider.port);
        let trusting = Http::new(&base, Some(pem.as_bytes()), PATIENCE).unwrap();
        assert_eq!(trusting.exchange(&post("x")).await, Exchange::Answered { status: 200, body: b"{\"a\":1}".to_vec() });
        assert_eq!(provider.only().headers["host"], format!("localhost:{}", provider.port));

        // Not trusted: the machine's own roots do not have it.
        assert_eq!(name(&Http::new(&base, None, PATIENCE).unwrap().exchange(&post("x")).await), "not sent");
        // Trusted, but by another name.
        let by_address = Http::new(&format!("https://127.0.0.1:{}", provider.port), Some(pem.as_bytes()), PATIENCE).unwrap();
        assert_eq!(name(&by_address.exchange(&post("x")).await), "not sent");
        let (other, other_pem) = Provider::secure("api.example.com", does.clone()).await;
        let other_name = Http::new(&format!("https://localhost:{}", other.port), Some(other_pem.as_bytes()), PATIENCE).unwrap();
        assert_eq!(name(&other_name.exchange(&post("x")).await), "not sent");
        // Another one of the same name.
        let (_, another_pem) = Provider::secure("localhost", does).await;
        let mistaken = Http::new(&base, Some(another_pem.as_bytes()), PATIENCE).unwrap();
        assert_eq!(name(&mistaken.exchange(&post("x")).await), "not sent");
        assert_eq!(provider.seen().len(), 1);
        assert!(other.seen().is_empty());
    });
}

#[test]
fn the_faults_behind_tls_are_told_apart_too() {
    run(async {
        for does in [Does::HangUp, Does::Silence, Does::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab".to_vec())] {
            let (provider, pem) = Provider::secure("localhost", does.clone()).await;
            let http = Http::new(&format!("https://localhost:{}", provider.port), Some(pem.as_bytes()), IMPATIENCE).unwrap();
            assert_eq!(name(&http.exchange(&post("x")).await), "unknown", "{does:?}");
        }
    });
}

#[test]
fn a_base_that_cannot_work_is_refused() {
    let problem = |base: &str| Http::new(base, None, PATIENCE).unwrap_err();
    for base in [
        "",
        "api.example.com",
        "//api.example.com",
        "ftp://api.example.com",
        "https://",
        "https://u:p@api.example.com",
        "https://api.example.com/?a=b",
        "https://api.example.com/#a",
        "https://api.example.com:0",
        "https://api.example.com:99999",
        "https://api.example.com:",
        "https://a b",
    ] {
        assert_eq!(problem(base), HttpProblem::NotABase, "{base}");
    }
    assert_eq!(problem("http://api.example.com"), HttpProblem::PlainText { host: "api.example.com".to_owned() });
    assert_eq!(problem("http://10.0.0.1/"), HttpProblem::PlainText { host: "10.0.0.1".to_owned() });
    for base in
        ["https://api.example.com", "HTTPS://API.example.com:8443/v1/", "http://localhost:8080", "http://[::1]:8080", "http://127.0.0.1"]
    {
        assert!(Http::new(base, None, PATIENCE).is_ok(), "{base}");
    }
    assert_eq!(Http::new("https://a.example", None, Duration::ZERO).unwrap_err(), HttpProblem::NoTime);
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let problem = Http::new("https://a.example", Some(pem.as_bytes()), PATIENCE).unwrap_err();
        assert!(matches!(problem, HttpProblem::Certificate { .. }), "{pem}: {problem:?}");
    }
}

#[test]
fn debug_shows_no_secret() {
    let http = Http::new("http://localhost:1/secret-path", None, PATIENCE).unwrap();
    let shown = format!("{http:?} {:?}", post("the text"));
    for hidden in ["s3cret", "the text", "secret-path"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
