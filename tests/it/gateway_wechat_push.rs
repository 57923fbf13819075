//! What WeChat pushes: the check of the address, events, and what is not from WeChat.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use workorderd::gateway::{PushProblem, Receipt, Report, WeChatPush};

const TOKEN: &str = "push-token";

fn signature(token: &str, timestamp: &str, nonce: &str) -> String {
    let mut parts = [token, timestamp, nonce];
    parts.sort_unstable();
    data_encoding::HEXLOWER.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes()).as_ref())
}

fn query() -> String {
    format!("signature={}&timestamp=1395658920&nonce=1320562132", signature(TOKEN, "1395658920", "1320562132"))
}

fn push() -> WeChatPush {
    WeChatPush::new(TOKEN.to_owned())
}

/// The event of the page "模板消息".
fn finished(id: &str, status: &str) -> String {
    format!(
        "<xml><ToUserName><![CDATA[gh_7f083739789a]]></ToUserName><FromUserName><![CDATA[oia2TjuEGTNoeX76QEjQNrcURxG8]]></FromUserName>\
        <CreateTime>1395658920</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event>\
        <MsgID>{id}</MsgID><Status><![CDATA[{status}]]></Status></xml>"
    )
}

fn report(id: &str, receipt: Receipt) -> Report {
    Report { reference: id.to_owned(), token: None, receipt, segments: None }
}

fn failed(why: &str) -> Receipt {
    Receipt::Failed { why: why.to_owned() }
}

#[test]
fn the_check_of_the_address_gets_its_echo() {
    // SHA-1 of `1234abctoken`, computed apart.
    assert_eq!(signature("token", "1234", "abc"), "566d956a6561983b0c6547464ea1a1fceeb0a840");
    assert_eq!(push().greet(&format!("{}&echostr=5837397576500011341", query())), Ok("5837397576500011341".to_owned()));
    assert_eq!(push().greet(&format!("echostr=a%26b&{}", query().to_lowercase())), Ok("a&b".to_owned()));
    assert!(matches!(push().greet(&query()), Err(PushProblem::Unreadable { .. })));
}

#[test]
fn what_is_not_signed_with_the_token_is_refused() {
    let good = query();
    let wrong = [
        String::new(),
        "signature=&timestamp=&nonce=".to_owned(),
        good.replace("timestamp=1395658920", "timestamp=1395658921"),
        good.replace("nonce=1320562132", "nonce=1320562133"),
        good.replace("signature=", "signature=0"),
        good.replace("signature=", "signatur="),
        format!("signature={}&timestamp=1&nonce=2", signature("another", "1", "2")),
        format!("signature={}&timestamp=1&nonce=2", signature("", "1", "2")),
    ];
    for query in wrong {
        assert_eq!(push().greet(&format!("{query}&echostr=1")), Err(PushProblem::NotSigned), "{query}");
        assert_eq!(push().reports(&query, finished("1", "success").as_bytes()), Err(PushProblem::NotSigned), "{query}");
    }
    let closed = WeChatPush::new(String::new());
    let query = format!("signature={}&timestamp=1&nonce=2&echostr=1", signature("", "1", "2"));
    assert_eq!(closed.greet(&query), Err(PushProblem::NotSigned));
    assert!(!format!("{:?}", push()).contains(TOKEN));
}

#[test]
fn the_end_of_a_template_message_is_read() {
    let table = [
        ("success", Receipt::Delivered),
        ("failed:user block", failed("failed:user block")),
        ("failed: system failed", failed("failed: system failed")),
        ("failed:freq limit", failed("failed:freq limit")),
    ];
    for (status, receipt) in table {
        let body = finished("3557254367693750277", status);
        assert_eq!(push().reports(&query(), body.as_bytes()), Ok(vec![report("3557254367693750277", receipt)]));
    }
    // As text, with references to characters, spaces and a declaration.
    let plain = "<?xml version=\"1.0\"?>\n<xml> <Event>TEMPLATE&#83;ENDJOBFINISH</Event>\n <MsgID> 7 </MsgID><Status>failed: a &amp; b</Status></xml>\n";
    assert_eq!(push().reports(&query(), plain.as_bytes()), Ok(vec![report("7", failed("failed: a & b"))]));
}

/// The event of the page "订阅消息", with two messages in one.
#[test]
fn the_end_of_subscription_messages_is_read() {
    let list = |id: &str, code: &str, status: &str| {
        format!(
            "<List><TemplateId><![CDATA[VRR0UEO9VJOLs0MHlU0OilqX6MVFDwH3_3gz3Oc0NIc]]></TemplateId><MsgID>{id}</MsgID>\
            <ErrorCode>{code}</ErrorCode><ErrorStatus><![CDATA[{status}]]></ErrorStatus></List>"
        )
    };
    let event = |lists: &str| {
        format!(
            "<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><MsgType><![CDATA[event]]></MsgType>\
            <Event><![CDATA[subscribe_msg_sent_event]]></Event><SubscribeMsgSentEvent>{lists}</SubscribeMsgSentEvent></xml>"
        )
    };
    let body = event(&(list("1700827132819554304", "0", "success") + &list("17", "3", "user block")));
    let expected = vec![report("1700827132819554304", Receipt::Delivered), report("17", failed("failed with 3: user block"))];
    assert_eq!(push().reports(&query(), body.as_bytes()), Ok(expected));
    for lists in ["", "<List><MsgID>1</MsgID><ErrorStatus>success</ErrorStatus></List>"] {
        assert!(matches!(push().reports(&query(), event(lists).as_bytes()), Err(PushProblem::Unreadable { .. })), "{lists}");
    }
}

#[test]
fn other_events_and_messages_are_nothing_to_us() {
    let bodies = [
        "<xml><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event></xml>",
        "<xml><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[TEMPLATESENDJOBFINISH]]></Content><MsgId>1</MsgId></xml>",
    ];
    for body in bodies {
        assert_eq!(push().reports(&query(), body.as_bytes()), Ok(Vec::new()), "{body}");
    }
}

#[test]
fn what_cannot_be_read_is_refused() {
    let deep = "<xml>".repeat(10_000);
    let long = finished("1", &"x".repeat(70_000));
    let bodies = [
        "",
        "no xml",
        "<xml>",
        "<xml></yml>",
        "<xml/>",
        "<xml><Event>TEMPLATESENDJOBFINISH</Event></xml>",
        "<xml><Event>TEMPLATESENDJOBFINISH</Event><Status>success</Status></xml>",
        "<xml><Event>TEMPLATESENDJOBFINISH</Event><MsgID></MsgID><Status>success</Status></xml>",
        "<!DOCTYPE xml [<!ENTITY a \"b\">]><xml><Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID><Status>&a;</Status></xml>",
        "<xml><Event>TEMPLATESENDJOBFINISH</Event><MsgID>1</MsgID><Status>&a;</Status></xml>",
        deep.as_str(),
        long.as_str(),
    ];
    for body in bodies {
        let problem = push().reports(&query(), body.as_bytes());
        let start: String = body.chars().take(60).collect();
        assert!(matches!(problem, Err(PushProblem::Unreadable { .. })), "{start}: {problem:?}");
    }
    assert!(push().reports(&query(), b"<xml>\xff</xml>").is_err());
    let encrypted = "<xml><ToUserName>gh</ToUserName><Encrypt><![CDATA[MOEJ]]></Encrypt></xml>";
    let Err(PushProblem::Unreadable { why }) = push().reports(&query(), encrypted.as_bytes()) else { panic!() };
    assert!(why.contains("encrypted"), "{why}");
}
