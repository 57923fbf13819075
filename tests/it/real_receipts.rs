//! Receipts that providers bring by themselves: who may, what of, and that each is taken once (NTF-2).

use std::fs;

use serde_json::{Value, json};
use workorderd::gateway::twilio_signature;

use crate::gateway_stage::{Does, Seen};
use crate::portal::{request, start};
use crate::real_fallback::{Gate, LADDER, RECEIPTS, Stage, link, twilio};

#[test]
fn twilio_brings_a_receipt_that_is_signed_and_nobody_else_can() {
    let stage = Stage::new(Gate::start(twilio("sent")), "twilio", &["sms.receipts=push"], LADDER);
    let number = stage.order(json!({}));
    stage.stands(&number, "sms accepted");
    let callback = stage.gate.seen("/Messages.json")[0].form()["StatusCallback"].clone();
    let token = callback.strip_prefix(&format!("{RECEIPTS}sms/")).unwrap().to_owned();
    let form: Vec<(String, String)> =
        [("MessageSid", "SM8613800138000"), ("MessageStatus", "delivered")].map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let mut portal = stage.daemon().admin();
    let bring =
        |token: &str, signature: &str, body: &str| json!({ "provider": "twilio", "token": token, "signature": signature, "body": body });
    let signature = twilio_signature("hush-hush", &callback, &form);
    let other = twilio_signature("wrong", &callback, &form);
    for wrong in [
        bring(&token, &other, &body),
        bring(&token, "", &body),
        bring("AAAA", &signature, &body),
        bring(&token, &signature, "MessageStatus=failed"),
    ] {
        assert_eq!(portal.refused("Guest1.TakeReceipt", wrong).0, "org.workorderd.InvalidField");
    }
    stage.stands(&number, "sms accepted");
    portal.ok("Guest1.TakeReceipt", bring(&token, &signature, &body));
    stage.stands(&number, "sms delivered");
    // Brought again it changes nothing, and a token of a receipt opens nothing else.
    portal.ok("Guest1.TakeReceipt", bring(&token, &signature, &body));
    stage.stands(&number, "sms delivered");
    assert_eq!(portal.refused("Guest1.Show", json!({ "token": token })).0, "org.workorderd.UnknownInvitation");
    assert_eq!(portal.refused("Guest1.TakeReceipt", json!({ "provider": "aliyun", "body": "[]" })).0, "org.workorderd.InvalidField");
    assert_eq!(stage.gate.seen(".json").iter().filter(|seen| seen.method == "GET").count(), 0, "nobody is asked");
    stage.ends();
}

#[test]
fn aliyun_gets_the_approved_template_and_its_receipts_come_by_the_token_that_it_alone_knows() {
    let says = |seen: &Seen| match seen.form().get("Action").map(String::as_str) {
        Some("SendSms") => Does::Say(200, r#"{"Code":"OK","Message":"OK","BizId":"900619746936498440^0","RequestId":"F655A8D5"}"#.into()),
        _ => Does::Say(200, r#"{"Code":"OK","TotalCount":0,"SmsSendDetailDTOs":{"SmsSendDetailDTO":[]}}"#.into()),
    };
    let stage = Stage::new(Gate::start(says), "aliyun", &["sms.receipts=push"], LADDER);
    let number = stage.order(json!({}));
    stage.stands(&number, "sms accepted");
    let form = stage.gate.provider.seen()[0].form();
    assert_eq!((form["SignName"].as_str(), form["TemplateCode"].as_str()), ("现场服务", "SMS_71390007"));
    let parameters: Value = serde_json::from_str(&form["TemplateParam"]).unwrap();
    assert_eq!(parameters["number"], number);
    assert!(parameters["url"].as_str().unwrap().starts_with("https://service.example/e/"), "{parameters}");
    let token = form["OutId"].clone();
    let report = |token: &str, success: bool| {
        let one = json!({ "phone_number": "13800138000", "success": success, "err_code": "DELIVERED", "err_msg": "用户接收成功", "sms_size": "1",
            "biz_id": "900619746936498440^0", "out_id": token, "send_time": "2026-12-01 00:00:00", "report_time": "2026-12-01 00:00:10" });
        json!({ "provider": "aliyun", "body": json!([one]).to_string() })
    };
    let mut portal = stage.daemon().admin();
    assert_eq!(portal.refused("Guest1.TakeReceipt", report("guessed", true)).0, "org.workorderd.UnknownInvitation");
    let invitation = link(parameters["url"].as_str().unwrap());
    let of_the_link = invitation.rsplit('/').next().unwrap();
    assert_eq!(portal.refused("Guest1.TakeReceipt", report(of_the_link, true)).0, "org.workorderd.UnknownInvitation");
    let answered = portal.ok("Guest1.TakeReceipt", report(&token, true));
    assert!(answered["answer"].as_str().unwrap().contains("\"code\":0"), "{answered}");
    stage.stands(&number, "sms delivered");
    stage.ends();
}

#[test]
fn wechat_brings_receipts_of_its_own_which_are_found_by_its_number_after_a_kill_too() {
    let says = |seen: &Seen| match seen.path.as_str() {
        "/cgi-bin/stable_token" => Does::Say(200, r#"{"access_token":"TOKEN","expires_in":7200}"#.into()),
        "/cgi-bin/user/info" => Does::Say(200, json!({ "subscribe": 1 }).to_string()),
        _ => Does::Say(200, json!({ "errcode": 0, "errmsg": "ok", "msgid": 200_163_836 }).to_string()),
    };
    let rule = LADDER.replace("[\"sms\"", "[\"wechat\"");
    let token_file = std::env::temp_dir().join(format!("wechat-token-{}", std::process::id()));
    fs::write(&token_file, "push-token").unwrap();
    let push = format!("wechat.push_token_file={}", token_file.display());
    let mut stage = Stage::new(Gate::start(says), "twilio", &[&push], &rule);
    let number = stage.order(json!({}));
    stage.stands(&number, "wechat accepted");
    stage.daemon.take().unwrap().kill();
    stage.start();
    let query = {
        let mut parts = ["push-token", "1796086923", "nonce1"];
        parts.sort_unstable();
        let hash = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes());
        format!("signature={}&timestamp=1796086923&nonce=nonce1", data_encoding::HEXLOWER.encode(hash.as_ref()))
    };
    let event = |id: u64, status: &str| {
        format!(
            "<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[oWang]]></FromUserName><CreateTime>1395658920</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[TEMPLATESENDJOBFINISH]]></Event><MsgID>{id}</MsgID><Status><![CDATA[{status}]]></Status></xml>"
        )
    };
    let mut portal = stage.daemon().admin();
    let greeted = portal.ok("Guest1.TakeReceipt", json!({ "provider": "wechat", "query": format!("{query}&echostr=hello") }));
    assert_eq!(greeted["answer"], "hello");
    let bring = |query: &str, body: String| json!({ "provider": "wechat", "query": query, "body": body });
    assert_eq!(
        portal.refused("Guest1.TakeReceipt", bring("signature=00&timestamp=1&nonce=2", event(200_163_836, "success"))).0,
        "org.workorderd.InvalidField"
    );
    portal.ok("Guest1.TakeReceipt", bring(&query, event(1, "success")));
    stage.stands(&number, "wechat accepted");
    portal.ok("Guest1.TakeReceipt", bring(&query, event(200_163_836, "failed:user block")));
    stage.stands(&number, "wechat failed, e-mail sent");
    assert!(stage.why(&number, 0).contains("user block"), "{}", stage.why(&number, 0));
    stage.ends();
    fs::remove_file(token_file).unwrap();
}

#[test]
fn a_receipt_comes_over_http_through_the_portal_with_what_the_provider_wants_to_hear() {
    let folder = tempfile::tempdir().unwrap();
    let (socket, log) = (folder.path().join("guest"), folder.path().join("log"));
    let guest = format!("control.guest_socket={}", socket.display());
    let stage = Stage::new(Gate::start(twilio("sent")), "twilio", &["sms.receipts=push", &guest], LADDER);
    let number = stage.order(json!({}));
    stage.stands(&number, "sms accepted");
    let (mut portal, address) = start(&socket, &log, &[]);
    let callback = stage.gate.seen("/Messages.json")[0].form()["StatusCallback"].clone();
    let path = callback.strip_prefix("https://service.example").unwrap();
    let form: Vec<(String, String)> =
        [("MessageSid", "SM8613800138000"), ("MessageStatus", "delivered")].map(|(k, v)| (k.to_owned(), v.to_owned())).to_vec();
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form).finish();
    let bring = |path: &str, secret: &str| {
        let signature = twilio_signature(secret, &callback, &form);
        let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", &*signature)];
        request(address, ("POST", path), &headers, body.as_bytes()).status
    };
    assert_eq!((bring(path, "wrong"), bring("/receipts/sms/AAAA", "hush-hush"), bring("/receipts/else", "hush-hush")), (403, 403, 404));
    stage.stands(&number, "sms accepted");
    assert_eq!(bring(path, "hush-hush"), 200);
    stage.stands(&number, "sms delivered");
    // Providers bring a receipt again when they did not hear the answer.
    assert_eq!(bring(path, "hush-hush"), 200);
    let told = fs::read_to_string(&log).unwrap();
    assert!(told.contains("status=200") && !told.contains("/receipts/sms/") && !told.contains(path), "no token is in the log: {told}");
    portal.kill().unwrap();
    portal.wait().unwrap();
    stage.ends();
}
