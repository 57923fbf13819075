//! Aliyun: what goes over the wire and how it is signed, what each answer means, what became of a text, and what is pushed.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use workorderd::gateway::{Aliyun, Answer, Gateway, Http, PushProblem, Receipt, Report, Sms, Stamp, aliyun_reports, aliyun_signature};

use crate::gateway_stage::{Does, IMPATIENCE, NOW_MS, PATIENCE, Provider, STAMP, Seen, faults, fit, kind, nobody, run, sms, words};

const KEY: &str = "LTAI-key-id";
const SECRET: &str = "s3cret-s3cret-s3cret";

fn aliyun(http: Http) -> Aliyun {
    Aliyun::new(http, KEY.to_owned(), SECRET.to_owned(), "示例".to_owned())
}

/// As on the page "SendSms".
fn accepted() -> String {
    json!({ "BizId": "9006197469364984^0", "Code": "OK", "Message": "OK", "RequestId": "F655A8D5-B967-440B-8683-DAD6FF8DE990" }).to_string()
}

fn refused(status: u16, code: &str, message: &str) -> Does {
    Does::Say(status, json!({ "RequestId": "F655A8D5", "Code": code, "Message": message }).to_string())
}

/// The signature is made anew from what was seen, and must be the one that was sent.
fn signed(seen: &Seen) -> Vec<(String, String)> {
    let mut form = seen.form();
    let signature = form.remove("Signature").unwrap();
    let parameters: Vec<(&str, String)> = form.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    assert_eq!(signature, aliyun_signature("POST", SECRET, &parameters));
    form.into_iter().collect()
}

#[test]
fn the_signatures_are_those_of_aliyuns_examples() {
    let example = |parameters: &[(&'static str, &str)]| -> Vec<(&'static str, String)> {
        parameters.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
    };
    // SMS, "请求签名".
    let parameters = example(&[
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "45e25e9b-0a6f-4070-8c85-2956eda1b466"),
        ("AccessKeyId", "testId"),
        ("SignatureVersion", "1.0"),
        ("Timestamp", "2017-07-12T02:42:19Z"),
        ("Format", "XML"),
        ("Action", "SendSms"),
        ("Version", "2017-05-25"),
        ("RegionId", "cn-hangzhou"),
        ("PhoneNumbers", "15300000001"),
        ("SignName", "阿里云短信测试专用"),
        ("TemplateParam", "{\"customer\":\"test\"}"),
        ("TemplateCode", "SMS_71390007"),
        ("OutId", "123"),
    ]);
    assert_eq!(aliyun_signature("GET", "testSecret", &parameters), "zJDF+Lrzhj/ThnlvIToysFRq6t4=");
    // ECS, "签名机制".
    let parameters = example(&[
        ("Format", "XML"),
        ("AccessKeyId", "testid"),
        ("Action", "DescribeRegions"),
        ("SignatureMethod", "HMAC-SHA1"),
        ("SignatureNonce", "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf"),
        ("SignatureVersion", "1.0"),
        ("Version", "2014-05-26"),
        ("Timestamp", "2016-02-23T12:46:24Z"),
    ]);
    assert_eq!(aliyun_signature("GET", "testsecret", &parameters), "OLeaidS1JvxuMvnyHOwuJ+uX5qY=");
}

#[test]
fn a_text_goes_out_as_the_documentation_says() {
    run(async {
        let provider = Provider::says(200, &accepted()).await;
        let answer = Gateway::Aliyun(aliyun(provider.http())).send(&sms(), STAMP).await;
        assert_eq!(answer, Answer::Accepted { reference: "9006197469364984^0".to_owned() });
        let seen = provider.only();
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/"));
        assert!(seen.query.is_empty() && !seen.headers.contains_key("authorization"));
        let form = signed(&seen);
        let expected = [
            ("AccessKeyId", KEY),
            ("Action", "SendSms"),
            ("Format", "JSON"),
            ("OutId", "t-7"),
            ("PhoneNumbers", "13800000001"),
            ("RegionId", "cn-hangzhou"),
            ("SignName", "示例"),
            ("SignatureMethod", "HMAC-SHA1"),
            ("SignatureNonce", "abababababababababababababababab"),
            ("SignatureVersion", "1.0"),
            ("TemplateCode", "SMS_71390007"),
            ("TemplateParam", r#"{"link":"https://f.example/x7","name":"李女士"}"#),
            ("Timestamp", "2026-12-01T01:02:03Z"),
            ("Version", "2017-05-25"),
        ];
        let expected: BTreeSet<_> = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(form.into_iter().collect::<BTreeSet<_>>(), expected);
        // No text: Aliyun makes it from the template.
        assert!(!seen.body.contains("WO-7"));
    });
}

#[test]
fn characters_that_forms_write_in_two_ways_are_signed_as_they_arrive() {
    run(async {
        let provider = Provider::says(200, &accepted()).await;
        let mut sms = sms();
        sms.template.as_mut().unwrap().parameters = vec![("a".to_owned(), "*~ +%&=/\"\\'()!你😀\n-_.".to_owned())];
        assert_eq!(kind(&aliyun(provider.http()).send(&sms, STAMP).await), "accepted");
        let form = signed(&provider.only());
        let (_, parameters) = form.iter().find(|(name, _)| name == "TemplateParam").unwrap();
        let parameters: Value = serde_json::from_str(parameters).unwrap();
        assert_eq!(parameters, json!({ "a": "*~ +%&=/\"\\'()!你😀\n-_." }));
        let body = provider.only().body;
        assert!(body.contains("%2A~%20%2B%25%26%3D%2F"), "{body}");
    });
}

#[test]
fn numbers_abroad_keep_their_country() {
    run(async {
        let provider = Provider::says(200, &accepted()).await;
        let aliyun = aliyun(provider.http());
        for (to, expected) in [("+8613800000001", "13800000001"), ("+85261234567", "85261234567"), ("+862161234567", "862161234567")] {
            aliyun.send(&Sms { to: to.to_owned(), receipt: None, ..sms() }, STAMP).await;
            let form = provider.seen().last().unwrap().form();
            assert_eq!(form["PhoneNumbers"], expected);
            assert!(!form.contains_key("OutId"));
        }
    });
}

#[test]
fn a_text_without_a_template_fails_and_nothing_is_sent() {
    run(async {
        let provider = Provider::says(200, &accepted()).await;
        let answer = aliyun(provider.http()).send(&Sms { template: None, ..sms() }, STAMP).await;
        assert_eq!(kind(&answer), "failed");
        assert!(provider.seen().is_empty());
    });
}

#[test]
fn each_refusal_is_for_good_for_later_or_for_nobody_to_know() {
    run(async {
        let table = [
            (200, "isv.MOBILE_NUMBER_ILLEGAL", "13800000001invalid mobile number", "failed"),
            (200, "isv.MOBILE_COUNT_OVER_LIMIT", "手机号码数量超过限制", "failed"),
            (200, "isv.TEMPLATE_MISSING_PARAMETERS", "模版缺少变量", "failed"),
            (200, "isv.SMS_TEMPLATE_ILLEGAL", "该账号下找不到对应模板", "failed"),
            (200, "isv.SMS_SIGNATURE_ILLEGAL", "签名不合法", "failed"),
            (200, "isv.INVALID_PARAMETERS", "参数异常", "failed"),
            (200, "isv.INVALID_JSON_PARAM", "JSON参数不合法", "failed"),
            (200, "isv.BLACK_KEY_CONTROL_LIMIT", "黑名单管控", "failed"),
            (200, "isv.PARAM_LENGTH_LIMIT", "参数超出长度限制", "failed"),
            (200, "isv.PARAM_NOT_SUPPORT_URL", "不支持URL", "failed"),
            (200, "isv.SMS_CONTENT_ILLEGAL", "短信内容包含禁止发送内容", "failed"),
            (200, "isv.DOMESTIC_NUMBER_NOT_SUPPORTED", "不支持发送境内号码", "failed"),
            (200, "isv.SOMETHING_NEW", "新的错误", "failed"),
            (200, "isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", "deferred"),
            (200, "isv.DAY_LIMIT_CONTROL", "触发日发送限额", "deferred"),
            (200, "isv.MONTH_LIMIT_CONTROL", "触发月发送限额", "deferred"),
            (200, "isv.AMOUNT_NOT_ENOUGH", "账户余额不足", "deferred"),
            (200, "isv.OUT_OF_SERVICE", "业务停机", "deferred"),
            (200, "isv.PRODUCT_UN_SUBSCRIPT", "未开通云通信产品的阿里云客户", "deferred"),
            (200, "isv.ACCOUNT_ABNORMAL", "账户异常", "deferred"),
            (200, "isv.DENY_IP_RANGE", "IP地址所在的地区被禁用", "deferred"),
            (200, "isp.SYSTEM_ERROR", "系统错误", "deferred"),
            (200, "isp.RAM_PERMISSION_DENY", "RAM权限不足", "deferred"),
            (400, "Throttling.User", "Request was denied due to user flow control.", "deferred"),
            (429, "Throttling", "Request was denied due to request throttling.", "deferred"),
            (503, "Throttling.Api", "Request was denied due to api flow control.", "deferred"),
            (400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.", "deferred"),
            (404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.", "deferred"),
            (403, "Forbidden.RAM", "User not authorized to operate on the specified resource", "deferred"),
            (503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.", "deferred"),
            (400, "SignatureNonceUsed", "Specified signature nonce was used already.", "unknown"),
            (500, "InternalError", "The request processing has failed due to some unknown error.", "unknown"),
        ];
        for (status, code, message, expected) in table {
            let provider = Provider::always(refused(status, code, message)).await;
            let answer = aliyun(provider.http()).send(&sms(), STAMP).await;
            assert_eq!(kind(&answer), expected, "{code}: {answer:?}");
            assert!(words(&answer).contains(code), "{answer:?}");
            fit(words(&answer), &["13800000001", SECRET]);
            if code.starts_with("isv.TEMPLATE") {
                assert!(words(&answer).contains(message), "{answer:?}");
            }
        }
    });
}

/// What Aliyun really says to a wrong signature is the whole request, encoded twice.
#[test]
fn a_refusal_that_quotes_the_request_gets_nothing_into_the_words() {
    run(async {
        let quoted = "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3DLTAI-key-id\
            %26PhoneNumbers%3D13800000001%26TemplateParam%3D%257B%2522name%2522%253A%2522%25E6%259D%258E%25E5%25A5%25B3%25E5%25A3%25AB%2522%257D";
        let provider = Provider::always(refused(400, "SignatureDoesNotMatch", quoted)).await;
        let answer = aliyun(provider.http()).send(&sms(), STAMP).await;
        assert_eq!(answer, Answer::Deferred { why: "aliyun refused it with SignatureDoesNotMatch".to_owned() });

        let quoted = format!("不允许：{}\n{} https://f.example/x7 {SECRET}", sms().text, sms().to);
        let provider = Provider::always(refused(200, "isv.SMS_CONTENT_ILLEGAL", &quoted)).await;
        let answer = aliyun(provider.http()).send(&sms(), STAMP).await;
        assert_eq!(kind(&answer), "failed");
        fit(words(&answer), &["13800000001", "工单", "f.example", SECRET]);
    });
}

#[test]
fn a_fault_of_the_connection_is_unknown_once_the_text_may_have_gone_out() {
    run(async {
        for (name, does, expected) in faults() {
            let provider = Provider::always(does).await;
            let answer = aliyun(provider.impatient()).send(&sms(), STAMP).await;
            assert_eq!(kind(&answer), expected, "{name}: {answer:?}");
            fit(words(&answer), &["13800000001", SECRET]);
        }
        let http = Http::new(&nobody().await, None, PATIENCE).unwrap();
        assert_eq!(kind(&aliyun(http).send(&sms(), STAMP).await), "deferred");
        let provider = Provider::says(200, "{\"Message\":\"no code\"}").await;
        assert_eq!(kind(&aliyun(provider.http()).send(&sms(), STAMP).await), "unknown");
    });
}

fn entry(out_id: &str, status: Value, code: &str) -> Value {
    // As on the page "QuerySendDetails".
    json!({
        "ErrCode": code, "TemplateCode": "SMS_71390007", "OutId": out_id, "ReceiveDate": "2026-12-01 09:02:13",
        "SendDate": "2026-12-01 09:02:04", "PhoneNum": "13800000001", "Content": "【示例】...", "SendStatus": status
    })
}

fn details(total: usize, entries: &[Value]) -> String {
    json!({
        "TotalCount": total.to_string(), "Message": "OK", "RequestId": "819BE656-D2E0-4858-8B21-B2E477085AAF",
        "SmsSendDetailDTOs": { "SmsSendDetailDTO": entries }, "Code": "OK"
    })
    .to_string()
}

#[test]
fn what_became_of_a_text_is_asked_by_its_id_number_and_day() {
    run(async {
        let failed = Receipt::Failed { why: "not delivered: MOBILE_NOT_ON_SERVICE".to_owned() };
        let table = [
            (json!(1), "", Receipt::NotYet),
            (json!(2), "MOBILE_NOT_ON_SERVICE", failed.clone()),
            (json!("2"), "MOBILE_NOT_ON_SERVICE", failed),
            (json!(3), "DELIVERED", Receipt::Delivered),
        ];
        for (status, code, expected) in table {
            let provider = Provider::says(200, &details(1, &[entry("t-7", status, code)])).await;
            let gateway = Gateway::Aliyun(aliyun(provider.http()));
            assert_eq!(gateway.ask("9006^0", "+8613800000001", NOW_MS, STAMP).await, Ok(expected));
            let form = signed(&provider.only()).into_iter().collect::<std::collections::BTreeMap<_, _>>();
            let own = ["Action", "BizId", "CurrentPage", "PageSize", "PhoneNumber", "SendDate", "Version"].map(|name| form[name].as_str());
            assert_eq!(own, ["QuerySendDetails", "9006^0", "1", "50", "13800000001", "20261201", "2017-05-25"]);
        }
    });
}

#[test]
fn the_day_is_that_of_china_and_near_midnight_both() {
    run(async {
        let provider = Provider::says(200, &details(0, &[])).await;
        let aliyun = aliyun(provider.http());
        // 2026-11-30T16:00:00Z is midnight in China.
        let midnight = 1_796_054_400_000;
        let table = [
            (midnight + 3_600_000, vec!["20261201"]),
            (midnight + 1_000, vec!["20261201", "20261130"]),
            (midnight - 1_000, vec!["20261130", "20261201"]),
            (midnight - 3_600_000, vec!["20261130"]),
        ];
        let mut before = 0;
        for (sent_at_ms, expected) in table {
            assert_eq!(aliyun.ask("9006^0", "+8613800000001", sent_at_ms, STAMP).await, Ok(Receipt::NotYet));
            let asked: Vec<_> = provider.seen()[before..]
                .iter()
                .map(|seen| (seen.form()["SendDate"].clone(), seen.form()["SignatureNonce"].clone()))
                .collect();
            assert_eq!(asked.iter().map(|(day, _)| day.as_str()).collect::<Vec<_>>(), expected);
            // A nonce is used once.
            assert_eq!(asked.iter().map(|(_, nonce)| nonce).collect::<BTreeSet<_>>().len(), expected.len());
            before = provider.seen().len();
        }
        assert!(aliyun.ask("9006^0", "+8613800000001", i64::MAX, STAMP).await.is_err());
        assert!(aliyun.ask("9006^0", "+8613800000001", 0, Stamp { now_ms: i64::MIN, ..STAMP }).await.is_err());
    });
}

#[test]
fn a_text_whose_answer_was_lost_is_found_by_its_token() {
    run(async {
        let pages = |seen: &Seen| {
            let form = seen.form();
            assert!(!form.contains_key("BizId"));
            let others: Vec<Value> = (0..50).map(|other| entry(&format!("t-other-{other}"), json!(3), "DELIVERED")).collect();
            let body = match form["CurrentPage"].as_str() {
                "1" => details(52, &others),
                "2" => details(52, &[entry("t-8", json!(2), "BLACK"), entry("t-7", json!(3), "DELIVERED")]),
                page => panic!("page {page}"),
            };
            Does::Say(200, body)
        };
        let provider = Provider::start(pages).await;
        let gateway = Gateway::Aliyun(aliyun(provider.http()));
        assert_eq!(gateway.find("t-7", "+8613800000001", NOW_MS, STAMP).await, Ok(Some(Receipt::Delivered)));
        assert_eq!(provider.seen().len(), 2);
        assert_eq!(gateway.find("t-9", "+8613800000001", NOW_MS, STAMP).await, Ok(None));
        assert_eq!(provider.seen().len(), 4);
    });
}

#[test]
fn a_question_that_is_not_answered_leaves_it_open() {
    run(async {
        let odd = Does::Say(200, details(1, &[entry("t-7", json!(9), "")]));
        let table =
            [refused(200, "isv.BUSINESS_LIMIT_CONTROL", "流控"), refused(400, "SignatureDoesNotMatch", "PhoneNumber 13800000001"), odd];
        for does in table.into_iter().chain(faults().into_iter().map(|(_, does, _)| does)) {
            let provider = Provider::always(does.clone()).await;
            let why = aliyun(provider.impatient()).ask("9006^0", "+8613800000001", NOW_MS, STAMP).await.unwrap_err();
            fit(&why, &["13800000001", SECRET]);
        }
    });
}

/// The body is that of the page "SmsReport".
#[test]
fn pushed_reports_are_read_one_by_one() {
    let body = r#"[
      { "phone_number" : "13811110000", "send_time" : "2017-01-01 00:00:00", "report_time" : "2017-01-01 00:00:00", "success" : true,
        "err_code" : "DELIVERED", "err_msg" : "用户接收成功", "sms_size" : "1", "biz_id" : "12345", "out_id" : "67890" },
      { "phone_number" : "13811110001", "send_time" : "2017-01-01 00:00:00", "report_time" : "2017-01-01 00:00:00", "success" : false,
        "err_code" : "MK:0001", "err_msg" : "空号 13811110001", "sms_size" : "2", "biz_id" : "12346" }
    ]"#;
    let reports = aliyun_reports(body.as_bytes()).unwrap();
    let delivered =
        Report { reference: "12345".to_owned(), token: Some("67890".to_owned()), receipt: Receipt::Delivered, segments: Some(1) };
    let why = "not delivered: MK:0001 空号 (number)".to_owned();
    let failed = Report { reference: "12346".to_owned(), token: None, receipt: Receipt::Failed { why }, segments: Some(2) };
    assert_eq!(reports, [delivered, failed]);
    assert_eq!(aliyun_reports(b"[]").unwrap(), []);
    assert_eq!(serde_json::from_str::<Value>(workorderd::gateway::ALIYUN_RECEIVED).unwrap(), json!({ "code": 0, "msg": "成功" }));
}

#[test]
fn pushed_reports_of_another_shape_are_refused() {
    for body in [
        "",
        "{}",
        "[1]",
        "[{}]",
        "[{\"biz_id\":\"1\"}]",
        "[{\"success\":true}]",
        "[{\"biz_id\":\"1\",\"success\":\"maybe\"}]",
        "[",
        "\u{0}",
    ] {
        let problem = aliyun_reports(body.as_bytes()).unwrap_err();
        assert!(matches!(problem, PushProblem::Unreadable { .. }), "{body}: {problem:?}");
    }
    let deep = "[".repeat(100_000);
    assert!(aliyun_reports(deep.as_bytes()).is_err());
}

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?}", Gateway::Aliyun(aliyun(Http::new("http://127.0.0.1:1", None, IMPATIENCE).unwrap())));
    assert!(!shown.contains(SECRET), "{shown}");
}
