//! WeChat: what goes over the wire, what each answer means, who follows, and one access token for all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use workorderd::gateway::{Answer, Http, Stamp, WeChat, WeChatKind, WeChatMessage};

use crate::gateway_stage::{Does, IMPATIENCE, NOW_MS, PATIENCE, Provider, STAMP, Seen, faults, fit, kind, nobody, run, words};

const SECRET: &str = "s3cret-s3cret-s3cret-s3cret";
const TOKENS: &str = "/cgi-bin/stable_token";
const TEMPLATE: &str = "/cgi-bin/message/template/send";
const SUBSCRIBE: &str = "/cgi-bin/message/subscribe/send";
const USER: &str = "/cgi-bin/user/info";
const OPENID: &str = "o6_bmjrPTlm6_2sgVt7hMZOPfL2M";

fn account(http: Http) -> WeChat {
    WeChat::new(http, WeChatKind::ServiceAccount, "wx-account".to_owned(), SECRET.to_owned())
}

fn mini_program(http: Http, state: Option<&str>) -> WeChat {
    WeChat::new(http, WeChatKind::MiniProgram { state: state.map(str::to_owned) }, "wx-mini".to_owned(), SECRET.to_owned())
}

fn message() -> WeChatMessage {
    WeChatMessage {
        id: Some("m-7".to_owned()),
        openid: OPENID.to_owned(),
        template_id: "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY".to_owned(),
        link: Some("https://f.example/x7".to_owned()),
        data: vec![("thing1".to_owned(), "李女士的空调维修".to_owned()), ("time2".to_owned(), "2026-12-01".to_owned())],
    }
}

fn token(number: usize) -> Does {
    Does::Say(200, json!({ "access_token": format!("TOKEN_{number}/+="), "expires_in": 7200 }).to_string())
}

fn said(code: i64, message: &str) -> Does {
    Does::Say(200, json!({ "errcode": code, "errmsg": message }).to_string())
}

/// A provider that gives tokens and does this with everything else.
async fn provider(does: Does) -> Provider {
    Provider::start(move |seen| if seen.path == TOKENS { token(1) } else { does.clone() }).await
}

fn sent() -> Does {
    Does::Say(200, "{\"errcode\":0,\"errmsg\":\"ok\",\"msgid\":3557254367693750277}".to_owned())
}

#[test]
fn a_template_message_goes_out_as_the_documentation_says() {
    run(async {
        let provider = provider(sent()).await;
        let answer = account(provider.http()).send(&message(), STAMP).await;
        // More than a double can hold.
        assert_eq!(answer, Answer::Accepted { reference: "3557254367693750277".to_owned() });
        let seen = provider.seen();
        assert_eq!(
            seen.iter().map(|seen| (seen.method.as_str(), seen.path.as_str())).collect::<Vec<_>>(),
            [("POST", TOKENS), ("POST", TEMPLATE)]
        );
        assert_eq!(seen[0].json(), json!({ "grant_type": "client_credential", "appid": "wx-account", "secret": SECRET }));
        assert!(seen[0].query.is_empty());
        assert_eq!(
            seen[1].query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(),
            [("access_token", "TOKEN_1/+=")]
        );
        let expected = json!({
            "touser": OPENID, "template_id": "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY", "url": "https://f.example/x7", "client_msg_id": "m-7",
            "data": { "thing1": { "value": "李女士的空调维修" }, "time2": { "value": "2026-12-01" } }
        });
        assert_eq!(seen[1].json(), expected);
    });
}

#[test]
fn a_subscription_message_goes_out_as_the_documentation_says() {
    run(async {
        let provider = provider(sent()).await;
        let page = WeChatMessage { link: Some("pages/order/index?id=7".to_owned()), ..message() };
        assert_eq!(kind(&mini_program(provider.http(), Some("trial")).send(&page, STAMP).await), "accepted");
        let seen = provider.seen();
        assert_eq!(seen[0].json()["appid"], "wx-mini");
        assert_eq!((seen[1].method.as_str(), seen[1].path.as_str()), ("POST", SUBSCRIBE));
        let expected = json!({
            "touser": OPENID, "template_id": "ngqIpbwh8bUfcSsECmogfXcV14J0tQlEpBO27izEYtY", "page": "pages/order/index?id=7", "miniprogram_state": "trial",
            "data": { "thing1": { "value": "李女士的空调维修" }, "time2": { "value": "2026-12-01" } }
        });
        assert_eq!(seen[1].json(), expected);

        let least = WeChatMessage { id: None, link: None, ..message() };
        assert_eq!(kind(&mini_program(provider.http(), None).send(&least, STAMP).await), "accepted");
        let body = provider.seen().last().unwrap().json();
        assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["data", "template_id", "touser"]);
    });
}

#[test]
fn an_answer_without_an_id_of_the_message_is_accepted_without_a_reference() {
    run(async {
        let provider = provider(said(0, "ok")).await;
        assert_eq!(mini_program(provider.http(), None).send(&message(), STAMP).await, Answer::Accepted { reference: String::new() });
    });
}

#[test]
fn each_refusal_is_for_good_or_for_later() {
    run(async {
        let table = [
            (43004, "require subscribe rid: 5f6865b5-5f35804e-757202fa", "failed"),
            (43101, "user refuse to accept the msg rid: 663dc174-071ca844-204caacb", "failed"),
            (40003, "invalid openid rid: 65eac940-1a79c8dc-1be683b5", "failed"),
            (40036, "invalid template_id size", "failed"),
            (40037, "invalid template_id rid: 65b25157-0dee551c-4eeb5d37", "failed"),
            (41028, "form id 不正确", "failed"),
            (41029, "form id used count reach limit", "failed"),
            (41030, "invalid page", "failed"),
            (43116, "This template_id is banned", "failed"),
            (47003, "argument invalid! data.thing1.value invalid", "failed"),
            (88888, "something new", "failed"),
            (-1, "system error", "deferred"),
            (45009, "reach max api daily quota limit", "deferred"),
            (45011, "api minute-quota reach limit", "deferred"),
            (45047, "out of response count limit", "deferred"),
            (43108, "Cannot make concurrent calls to the same OpenID, please try again", "deferred"),
            (43117, "Sending messages to this openid too frequently,please try later", "deferred"),
            (48001, "api unauthorized", "deferred"),
            (50002, "user limited", "deferred"),
        ];
        for (code, text, expected) in table {
            let provider = provider(said(code, text)).await;
            let answer = account(provider.http()).send(&message(), STAMP).await;
            assert_eq!(kind(&answer), expected, "{code}: {answer:?}");
            assert!(words(&answer).contains(&code.to_string()) && words(&answer).contains(text), "{answer:?}");
            fit(words(&answer), &[SECRET, OPENID, "TOKEN_1"]);
            assert_eq!(provider.seen().len(), 2);
        }
        let provider =
            provider(said(47003, &format!("bad: 李女士的空调维修 for {OPENID}\n at https://f.example/x7 with {SECRET} and TOKEN_1/+=")))
                .await;
        let answer = account(provider.http()).send(&message(), STAMP).await;
        fit(words(&answer), &["李女士", OPENID, "f.example", SECRET, "TOKEN_1"]);
    });
}

#[test]
fn a_fault_of_the_connection_is_unknown_once_the_message_may_have_gone_out() {
    run(async {
        for (name, does, expected) in faults() {
            let provider = provider(does).await;
            let answer = account(provider.impatient()).send(&message(), STAMP).await;
            assert_eq!(kind(&answer), expected, "{name}: {answer:?}");
            fit(words(&answer), &[SECRET, OPENID, "TOKEN_1"]);
        }
    });
}

#[test]
fn without_an_access_token_nothing_has_been_sent_whatever_went_wrong() {
    run(async {
        let refusals = [
            (40013, "invalid appid"),
            (40125, "invalid appsecret"),
            (40164, "invalid ip 1.2.3.4, not in whitelist"),
            (-1, "system error"),
            (45009, "limit"),
        ];
        let refusals = refusals.map(|(code, text)| ("refused", said(code, text), ""));
        let odd = [
            "{\"access_token\":\"\",\"expires_in\":7200}",
            "{\"access_token\":\"T\"}",
            "{\"access_token\":\"T\",\"expires_in\":0}",
            "{\"access_token\":7,\"expires_in\":7200}",
        ];
        let odd = odd.map(|body| ("odd", Does::Say(200, body.to_owned()), ""));
        for (name, does, _) in refusals.into_iter().chain(odd).chain(faults()) {
            let provider = Provider::always(does).await;
            let answer = account(provider.impatient()).send(&message(), STAMP).await;
            assert_eq!(kind(&answer), "deferred", "{name}: {answer:?}");
            assert!(words(&answer).starts_with("no access token: "), "{answer:?}");
            fit(words(&answer), &[SECRET, OPENID]);
            assert_eq!(provider.count(TEMPLATE), 0);
        }
        let http = Http::new(&nobody().await, None, PATIENCE).unwrap();
        assert_eq!(kind(&account(http).send(&message(), STAMP).await), "deferred");
    });
}

#[test]
fn who_follows_can_be_asked() {
    run(async {
        let follower = r#"{"subscribe":1,"openid":"o6_bmjrPTlm6_2sgVt7hMZOPfL2M","language":"zh_CN","subscribe_time":1382694957,"remark":"","groupid":0,"tagid_list":[128,2]}"#;
        let stranger = format!("{{\"subscribe\":0,\"openid\":\"{OPENID}\"}}");
        let table = [
            (Does::Say(200, follower.to_owned()), Some(true)),
            (Does::Say(200, stranger), Some(false)),
            (said(40003, "invalid openid"), Some(false)),
            (said(48001, "api unauthorized"), None),
            (said(0, "ok"), None),
            (Does::Say(200, "{}".to_owned()), None),
            (Does::HangUp, None),
        ];
        for (does, expected) in table {
            let provider = provider(does).await;
            let follows = account(provider.http()).follows(OPENID, STAMP).await;
            assert_eq!(follows.as_ref().ok(), expected.as_ref(), "{follows:?}");
            if let Err(why) = follows {
                fit(&why, &[SECRET, OPENID, "TOKEN_1"]);
            }
            let seen = &provider.seen()[1];
            assert_eq!((seen.method.as_str(), seen.path.as_str()), ("GET", USER));
            let query: Vec<_> = seen.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(query, [("access_token", "TOKEN_1/+="), ("lang", "zh_CN"), ("openid", OPENID)]);
        }
        let provider = provider(sent()).await;
        assert!(mini_program(provider.http(), None).follows(OPENID, STAMP).await.is_err());
        assert!(provider.seen().is_empty());
    });
}

/// Gives a new token at each fetch, slowly; takes the tokens that `good` says.
async fn minting(good: impl Fn(usize) -> bool + Send + Sync + 'static) -> Provider {
    let minted = AtomicUsize::new(0);
    Provider::start(move |seen: &Seen| {
        if seen.path == TOKENS {
            let Does::Say(status, body) = token(minted.fetch_add(1, Ordering::SeqCst) + 1) else { panic!() };
            return Does::Late(Duration::from_millis(100), status, body);
        }
        let number = seen.query["access_token"].trim_start_matches("TOKEN_").trim_end_matches("/+=").parse().unwrap();
        if good(number) { sent() } else { said(42001, "access_token expired rid: 1") }
    })
    .await
}

async fn crowd(wechat: &Arc<WeChat>, people: usize) -> Vec<Answer> {
    let sending: Vec<_> = (0..people)
        .map(|_| {
            let wechat = Arc::clone(wechat);
            tokio::spawn(async move { wechat.send(&message(), STAMP).await })
        })
        .collect();
    let mut answers = Vec::new();
    for sending in sending {
        answers.push(sending.await.unwrap());
    }
    answers
}

#[test]
fn fifty_at_once_share_one_fetch() {
    run(async {
        let provider = minting(|_| true).await;
        let wechat = Arc::new(account(provider.http()));
        let answers = crowd(&wechat, 50).await;
        assert!(answers.iter().all(|answer| kind(answer) == "accepted"), "{answers:?}");
        assert_eq!((provider.count(TOKENS), provider.count(TEMPLATE)), (1, 50));
    });
}

#[test]
fn a_token_that_ends_in_the_middle_is_fetched_again_once_for_fifty() {
    run(async {
        let provider = minting(|number| number == 2).await;
        let wechat = Arc::new(account(provider.http()));
        let answers = crowd(&wechat, 50).await;
        assert!(answers.iter().all(|answer| kind(answer) == "accepted"), "{answers:?}");
        assert_eq!((provider.count(TOKENS), provider.count(TEMPLATE)), (2, 100));
    });
}

#[test]
fn each_code_for_a_bad_token_has_it_fetched_again() {
    run(async {
        for code in [40001, 40014, 42001] {
            let provider = Provider::start(move |seen| match seen.path.as_str() {
                TOKENS => token(usize::try_from(code).unwrap()),
                _ => said(code, "access_token is invalid or not latest"),
            })
            .await;
            // The same token again: WeChat would refuse it again.
            let answer = account(provider.http()).send(&message(), STAMP).await;
            assert_eq!(answer, Answer::Deferred { why: "wechat refuses the access token that it gives".to_owned() });
            assert_eq!((provider.count(TOKENS), provider.count(TEMPLATE)), (2, 1), "{code}");
        }
        // Another one each time, and none works: once more is enough.
        let provider = minting(|_| false).await;
        let answer = account(provider.http()).send(&message(), STAMP).await;
        assert_eq!(kind(&answer), "deferred");
        assert!(words(&answer).contains("42001"), "{answer:?}");
        assert_eq!((provider.count(TOKENS), provider.count(TEMPLATE)), (2, 2));
    });
}

#[test]
fn fifty_at_once_share_a_failure_too() {
    run(async {
        let provider =
            Provider::start(|_| Does::Late(Duration::from_millis(100), 200, "{\"errcode\":40013,\"errmsg\":\"invalid appid\"}".to_owned()))
                .await;
        let wechat = Arc::new(account(provider.http()));
        let answers = crowd(&wechat, 50).await;
        assert!(answers.iter().all(|answer| kind(answer) == "deferred"), "{answers:?}");
        assert_eq!(provider.seen().len(), 1);
        // It is not remembered any longer than that.
        wechat.send(&message(), STAMP).await;
        assert_eq!(provider.seen().len(), 2);

        let stubborn = Provider::start(|seen| if seen.path == TOKENS { token(1) } else { said(40001, "invalid credential") }).await;
        let answers = crowd(&Arc::new(account(stubborn.http())), 50).await;
        assert!(answers.iter().all(|answer| kind(answer) == "deferred"), "{answers:?}");
        assert!(stubborn.count(TOKENS) <= 10, "{}", stubborn.count(TOKENS));
    });
}

#[test]
fn somebody_who_gives_up_while_fetching_does_not_stop_the_others() {
    run(async {
        let provider = minting(|_| true).await;
        let wechat = Arc::new(account(provider.http()));
        let first = {
            let wechat = Arc::clone(&wechat);
            tokio::spawn(async move { wechat.send(&message(), STAMP).await })
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        first.abort();
        let answers = crowd(&wechat, 5).await;
        assert!(answers.iter().all(|answer| kind(answer) == "accepted"), "{answers:?}");
    });
}

#[test]
fn a_token_is_kept_until_shortly_before_its_end() {
    run(async {
        let provider = minting(|_| true).await;
        let wechat = account(provider.http());
        let at = async |seconds: i64| {
            let stamp = Stamp { now_ms: NOW_MS + seconds * 1000, ..STAMP };
            assert_eq!(kind(&wechat.send(&message(), stamp).await), "accepted");
            provider.count(TOKENS)
        };
        assert_eq!(at(0).await, 1);
        assert_eq!(at(6_999).await, 1);
        assert_eq!(at(7_000).await, 2);
        assert_eq!(at(13_999).await, 2);
        assert_eq!(at(14_000).await, 3);
    });
}

#[test]
fn a_short_lived_token_is_used_for_half_its_life() {
    run(async {
        let provider = Provider::start(|seen| match seen.path.as_str() {
            TOKENS => Does::Say(200, "{\"access_token\":\"T\",\"expires_in\":100}".to_owned()),
            _ => sent(),
        })
        .await;
        let wechat = account(provider.http());
        for (seconds, fetches) in [(0, 1), (49, 1), (50, 2)] {
            wechat.send(&message(), Stamp { now_ms: NOW_MS + seconds * 1000, ..STAMP }).await;
            assert_eq!(provider.count(TOKENS), fetches, "{seconds}");
        }
    });
}

#[test]
fn debug_shows_neither_the_secret_nor_the_person() {
    let shown = format!("{:?} {:?}", account(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap()), message());
    for hidden in [SECRET, OPENID, "李女士", "f.example"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}
