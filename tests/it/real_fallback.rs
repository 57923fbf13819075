//! Invitations over channels (EVA-4, EVA-5, NTF-2), with the real daemon, a real mail server, and providers that answer as they document:
//! ordered fall-back by outcome, over kills too; all channels at once; the quota; receipts that are asked for and brought.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use workorderd::demo::mail_catcher::{Behaviour, MailCatcher};

use crate::cli_stage::run_at;
use crate::gateway_stage::{Does, Provider, Seen};
use crate::real_stage::{BEGIN, Daemon, Home, until};

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;
pub const RECEIPTS: &str = "https://service.example/receipts/";

/// A visit that is rated at once. What stands at RULE is the rule's.
const RATED: &str = r##"
[[record_type]]
name = "rated"
number = "R-{counter}"
process = "rated"
form = "who"
[[form]]
name = "who"
[[form.field]]
name = "reporter"
kind = "phone"
[[process]]
name = "rated"
[[process.node]]
name = "rate"
kind = "evaluate"
handlers = ["role:admin"]
remind_after = "2d"
remind_customer = "rate"
auto_complete_after = "7d"
[[evaluation_template]]
name = "stars"
[[evaluation_template.field]]
name = "overall"
kind = "stars-5"
required = true
[[evaluation_rule]]
name = "all"
precedence = 1
template = "stars"
mandatory = true
message = "rate"
RULE
[[message]]
name = "rate"
[[message.wording]]
language = "zh"
subject = "请评价 #WorkOrderNumber#"
text = "尊敬的#RecipientName#，请评价：#URL#"
[message.wording.sms]
text = "请评价#WorkOrderNumber#：#URL#"
template = "SMS_71390007"
parameters = { number = "#WorkOrderNumber#", url = "#URL#" }
[message.wording.wechat]
template = "T-1"
data = { thing1 = "#Subject#", number2 = "#WorkOrderNumber#" }
mini_program = { template = "M-1", page = "pages/rate?url=#URL#" }
"##;

type Answers = Box<dyn Fn(&Seen) -> Does + Send>;

/// A provider on a thread of its own, whose answers can be changed.
pub struct Gate {
    pub provider: Provider,
    does: Arc<Mutex<Answers>>,
}

impl Gate {
    pub fn start(does: impl Fn(&Seen) -> Does + Send + 'static) -> Gate {
        let does: Arc<Mutex<Answers>> = Arc::new(Mutex::new(Box::new(does)));
        let (asked, (started, provider)) = (Arc::clone(&does), std::sync::mpsc::channel());
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                started.send(Provider::start(move |seen| asked.lock().unwrap()(seen)).await).unwrap();
                // Until the test process ends.
                std::future::pending::<()>().await;
            });
        });
        Gate { provider: provider.recv().unwrap(), does }
    }

    fn now(&self, does: impl Fn(&Seen) -> Does + Send + 'static) {
        *self.does.lock().unwrap() = Box::new(does);
    }

    /// Requests whose path ends so.
    pub fn seen(&self, end: &str) -> Vec<Seen> {
        self.provider.seen().into_iter().filter(|seen| seen.path.ends_with(end)).collect()
    }
}

/// Twilio that takes each message, and says this when it is asked about one.
pub fn twilio(status: &'static str) -> impl Fn(&Seen) -> Does + Send + 'static {
    move |seen| match seen.method.as_str() {
        "POST" => {
            Does::Say(201, json!({ "sid": format!("SM{}", seen.form()["To"].trim_start_matches('+')), "status": "queued" }).to_string())
        }
        _ => Does::Say(200, json!({ "sid": "SM1", "status": status, "error_code": 30003 }).to_string()),
    }
}

pub struct Stage {
    pub home: Home,
    pub gate: Gate,
    catcher: MailCatcher,
    sets: Vec<String>,
    pub daemon: Option<Daemon>,
}

impl Stage {
    pub fn new(gate: Gate, provider: &str, more: &[&str], rule: &str) -> Stage {
        let (home, catcher) = (Home::new(), MailCatcher::start(Behaviour::default()).unwrap());
        let secret = home.path("secret");
        fs::write(&secret, "hush-hush\n").unwrap();
        let secret = secret.display();
        let (base, port) = (gate.provider.base(), catcher.addr().port());
        let user = if provider == "aliyun" { ("LTAI", "现场服务") } else { ("AC1", "+15005550006") };
        let mut sets: Vec<String> = vec![
            "mail.enabled=true".into(),
            "mail.host=127.0.0.1".into(),
            "mail.security=none".into(),
            format!("mail.port={port}"),
            "mail.from=现场服务 <service@example.com>".into(),
            "links.base_url=https://service.example/e/".into(),
            format!("sms.provider={provider}"),
            format!("sms.base_url={base}"),
            format!("sms.user={}", user.0),
            format!("sms.from={}", user.1),
            format!("sms.secret_file={secret}"),
            "sms.country=+86".into(),
            "gateways.timeout=2s".into(),
            format!("gateways.receipt_url={RECEIPTS}"),
            format!("wechat.base_url={base}"),
            "wechat.app_id=wx1".into(),
            format!("wechat.secret_file={secret}"),
        ];
        sets.extend(more.iter().map(|set| (*set).to_owned()));
        let mut stage = Stage { home, gate, catcher, sets, daemon: None };
        stage.start();
        let mut admin = stage.daemon().admin();
        admin.ok("Directory1.PutStaffUser", json!({ "staffUser": { "id": "root", "name": "根", "roles": ["admin"] } }));
        let wang = json!({
            "id": "wang", "name": "王伟", "email": "wang@example.cn", "mobile": "138 0013 8000", "wechat": "oWang", "language": "zh",
        });
        admin.ok("Directory1.PutContact", json!({ "contact": wang }));
        admin.ok("Definitions1.Apply", json!({ "files": [{ "path": "rated.toml", "text": RATED.replace("RULE", rule) }] }));
        admin.ok("System1.ChangeSmsQuota", json!({ "by": 100 }));
        stage
    }

    pub fn start(&mut self) {
        let begin = BEGIN.to_string();
        let mut arguments = vec!["--clock", "manual", "--clock-start", &begin];
        arguments.extend(self.sets.iter().flat_map(|set| ["--set", set.as_str()]));
        self.daemon = Some(self.home.start_with(&arguments));
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    pub fn order(&self, more: Value) -> String {
        let mut parameters = json!({ "recordType": "rated", "subject": "电梯坏了", "contact": "wang" });
        parameters.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.daemon().user("root").ok("WorkOrders1.Create", parameters)["receipt"]["number"].as_str().unwrap().to_owned()
    }

    /// Channel and status of each message of the Work Order, as far as told.
    fn mails(&self, number: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let order = self.daemon().admin().get(number);
        order["mails"].as_array().unwrap().iter().map(|mail| (text(&mail["channel"]), text(&mail["status"]))).collect()
    }

    fn told(&self, number: &str) -> String {
        self.mails(number).iter().map(|(channel, status)| format!("{channel} {status}")).collect::<Vec<_>>().join(", ")
    }

    /// Waits until the messages stand so: "wechat failed, sms delivered".
    pub fn stands(&self, number: &str, wanted: &str) {
        let mut last = String::new();
        let end = std::time::Instant::now() + crate::real_stage::PATIENCE;
        while std::time::Instant::now() < end {
            last = self.told(number);
            if last == wanted {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("{number} stands at {last:?}, not at {wanted:?}: {:#}", self.daemon().admin().get(number)["mails"]);
    }

    pub fn why(&self, number: &str, at: usize) -> String {
        self.daemon().admin().get(number)["mails"][at]["why"].as_str().unwrap_or_default().to_owned()
    }

    fn used(&self) -> i64 {
        self.daemon().admin().ok("System1.GetSmsQuota", json!({}))["used"].as_i64().unwrap()
    }

    /// Time goes on by such steps, a few, until the messages stand so: what asks a provider notes when to ask again a moment after
    /// it was answered, and a step of time may have passed before.
    fn ahead_until(&self, number: &str, step: i64, wanted: &str) {
        for _ in 0..8 {
            self.ahead(step);
            let end = std::time::Instant::now() + std::time::Duration::from_secs(1);
            while std::time::Instant::now() < end {
                if self.told(number) == wanted {
                    return;
                }
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        }
        self.stands(number, wanted);
    }

    fn ahead(&self, ms: i64) {
        self.daemon().admin().ahead(ms);
    }

    /// The daemon ends in order, and its history is whole.
    pub fn ends(mut self) {
        self.daemon.take().unwrap().stop();
        self.home.verify(None).unwrap();
    }
}

pub fn link(text: &str) -> String {
    let begin = text.find("https://service.example/e/").unwrap_or_else(|| panic!("no link in {text}"));
    text[begin..].split_whitespace().next().unwrap().to_owned()
}

pub const LADDER: &str = "recipients = [\"contact\"]\nchannels = [\"sms\", \"e-mail\"]\nmessage_priority = true\nfall_back_after = \"30m\"";

#[test]
fn a_short_message_that_is_not_delivered_is_followed_by_an_e_mail_with_the_same_link_and_one_that_is_ends_it() {
    let stage = Stage::new(Gate::start(twilio("sent")), "twilio", &[], LADDER);
    let number = stage.order(json!({}));
    stage.stands(&number, "sms accepted");
    let posted = stage.gate.seen("/Messages.json");
    assert_eq!(posted.len(), 1);
    let form = posted[0].form();
    assert_eq!(
        (form["To"].as_str(), form["From"].as_str(), posted[0].login().as_str()),
        ("+8613800138000", "+15005550006", "AC1:hush-hush")
    );
    assert!(form["Body"].starts_with(&format!("请评价{number}：https://service.example/e/")), "{}", form["Body"]);
    let token = link(&form["Body"]);
    // Chinese: UCS-2, 70 units fit into one.
    assert_eq!(form["Body"].encode_utf16().count().div_ceil(67), 2, "{}", form["Body"]);
    assert_eq!(stage.used(), 2);

    // On its way says nothing yet (reading 4).
    stage.ahead(16 * SECOND);
    until("it is asked about", || (!stage.gate.seen(".json").iter().all(|seen| seen.method == "POST")).then_some(()));
    stage.stands(&number, "sms accepted");
    assert_eq!(stage.catcher.mails().len(), 0, "no fall-back before the outcome is known");
    stage.gate.now(twilio("undelivered"));
    stage.ahead_until(&number, MINUTE, "sms failed, e-mail sent");
    assert!(stage.why(&number, 0).contains("not delivered") && stage.why(&number, 0).contains("30003"), "{}", stage.why(&number, 0));
    let mails = stage.catcher.mails();
    assert_eq!((mails.len(), link(&mails[0].text)), (1, token.clone()), "the same link, which counts once");

    // Delivered: the next channel stays untouched, however long it takes.
    stage.gate.now(twilio("delivered"));
    let second = stage.order(json!({}));
    stage.stands(&second, "sms accepted");
    stage.ahead_until(&second, 20 * SECOND, "sms delivered");
    stage.ahead(60 * MINUTE);
    stage.stands(&second, "sms delivered");
    assert_eq!((stage.catcher.mails().len(), stage.used()), (1, 4));

    // The table for people.
    let ran = run_at(stage.daemon().socket(), &["show", &number]);
    assert!(ran.out.contains("sms rate to 138 0013 8000") && ran.out.contains("e-mail rate to wang@example.cn"), "{}", ran.out);
    let ran = run_at(stage.daemon().socket(), &["sms", "quota"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "100 segments bought, 4 used, 96 left\n"), "{}", ran.err);

    // Two days later who has not answered is reminded over the channel that reached them.
    stage.ahead(2 * 24 * 60 * MINUTE);
    stage.stands(&second, "sms delivered, sms accepted");
    stage.stands(&number, "sms failed, e-mail sent, e-mail sent");
    // The first answer counts, and what waits for a receipt waits no longer.
    stage.daemon().admin().ok("Guest1.Evaluate", json!({ "token": token, "answers": [{ "field": "overall", "value": "5" }] }));
    assert_eq!(stage.daemon().admin().get(&number)["outcome"], "completed");
    stage.ends();
}

#[test]
fn without_a_receipt_in_time_the_next_channel_is_taken_and_what_may_have_gone_out_is_never_sent_twice() {
    let mut stage = Stage::new(Gate::start(twilio("sent")), "twilio", &[], LADDER);
    let number = stage.order(json!({}));
    stage.stands(&number, "sms accepted");
    stage.ahead(31 * MINUTE);
    stage.stands(&number, "sms failed, e-mail sent");
    assert!(stage.why(&number, 0).contains("no receipt came in time"), "{}", stage.why(&number, 0));

    // The answer never comes: it may have gone out.
    stage.gate.now(|_| Does::HangUp);
    let cut = stage.order(json!({}));
    stage.stands(&cut, "sms unknown");
    assert!(stage.why(&cut, 0).contains("not sent again"), "{}", stage.why(&cut, 0));
    stage.gate.now(twilio("sent"));

    // The daemon is killed while the provider has the request.
    stage.gate.now(|_| Does::Silence);
    let posts = stage.gate.seen("/Messages.json").len();
    let killed = stage.order(json!({}));
    until("it is on its way", || (stage.gate.seen("/Messages.json").len() > posts).then_some(()));
    stage.stands(&killed, "sms being sent");
    let used = stage.used();
    stage.daemon.take().unwrap().kill();
    stage.gate.now(twilio("sent"));
    stage.start();
    stage.stands(&killed, "sms unknown");
    assert_eq!(stage.used(), used, "the quota is as it was");
    stage.ahead(10 * MINUTE);
    assert_eq!(stage.gate.seen("/Messages.json").len(), posts + 1, "it is not handed over again");
    // Killed again while it waits: it goes on where it was.
    stage.daemon.take().unwrap().kill();
    stage.start();
    stage.ahead(32 * MINUTE);
    for number in [&cut, &killed] {
        stage.stands(number, "sms failed, e-mail sent");
    }
    assert_eq!(stage.gate.seen("/Messages.json").len(), posts + 1);
    stage.ends();
}

#[test]
fn a_provider_that_is_busy_is_tried_again_and_given_up_for_the_next_channel_and_one_that_refuses_costs_nothing() {
    let stage =
        Stage::new(Gate::start(|_| Does::Say(429, r#"{"code":20429,"message":"Too Many Requests"}"#.into())), "twilio", &[], LADDER);
    let number = stage.order(json!({}));
    stage.stands(&number, "sms deferred");
    assert_eq!(stage.used(), 0, "what certainly did not go out is given back");
    stage.gate.now(twilio("delivered"));
    stage.ahead(MINUTE);
    stage.stands(&number, "sms accepted");
    stage.ahead(5 * MINUTE);
    stage.stands(&number, "sms delivered");
    let used = stage.used();

    stage.gate.now(|_| Does::Say(503, "{}".into()));
    let down = stage.order(json!({}));
    stage.stands(&down, "sms deferred");
    for _ in 0..8 {
        stage.ahead(5 * MINUTE);
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    stage.stands(&down, "sms expired, e-mail sent");

    stage.gate.now(|_| Does::Say(400, r#"{"code":21211,"message":"Invalid 'To' Phone Number","status":400}"#.into()));
    let wrong = stage.order(json!({}));
    stage.stands(&wrong, "sms failed, e-mail sent");
    assert!(stage.why(&wrong, 0).contains("21211"), "{}", stage.why(&wrong, 0));
    assert_eq!(stage.used(), used);
    // The log tells no number, no link and no secret.
    let log = stage.daemon().log();
    for hidden in ["13800138000", "hush-hush", "service.example/e/"] {
        assert!(!log.contains(hidden), "{hidden} is in the log: {log}");
    }
    stage.ends();
}

#[test]
fn many_at_once_never_take_more_than_the_quota_and_who_comes_too_late_gets_an_e_mail() {
    let stage = Stage::new(Gate::start(twilio("delivered")), "twilio", &["sms.receipts=none", "mail.connections=8"], LADDER);
    // 100 segments, two for each.
    let numbers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..20).for_each(|_| numbers.lock().unwrap().push(stage.order(json!({})))));
        }
    });
    let numbers = numbers.into_inner().unwrap();
    let mut told: BTreeMap<String, usize> = BTreeMap::new();
    for number in &numbers {
        let mails = until("it went out", || {
            let mails = stage.mails(number);
            mails.last().is_some_and(|(_, status)| status == "sent").then_some(mails)
        });
        *told.entry(mails.iter().map(|(channel, status)| format!("{channel} {status}")).collect::<Vec<_>>().join(", ")).or_default() += 1;
    }
    let wanted = BTreeMap::from([("sms sent".to_owned(), 50), ("sms failed, e-mail sent".to_owned(), 30)]);
    assert_eq!(told, wanted);
    assert_eq!((stage.used(), stage.gate.seen("/Messages.json").len(), stage.catcher.mails().len()), (100, 50, 30));
    let late = numbers.iter().find(|number| stage.mails(number).len() == 2).unwrap();
    assert!(stage.why(late, 0).contains("quota of short messages is used up"), "{}", stage.why(late, 0));
    // Below what is used the quota does not go.
    let ran = run_at(stage.daemon().socket(), &["sms", "quota", "--take", "1"]);
    assert!(ran.code != 0 && ran.err.contains("100 segments are used"), "{}", ran.err);
    let ran = run_at(stage.daemon().socket(), &["sms", "quota", "--add", "10"]);
    assert_eq!(ran.out, "110 segments bought, 100 used, 10 left\n", "{}", ran.err);
    stage.ends();
}

#[test]
fn wechat_goes_to_who_follows_and_else_the_next_channel_is_taken() {
    let wechat = |code: i64| {
        move |seen: &Seen| match seen.path.as_str() {
            "/cgi-bin/stable_token" => Does::Say(200, r#"{"access_token":"TOKEN","expires_in":7200}"#.into()),
            "/cgi-bin/user/info" => Does::Say(200, json!({ "subscribe": 1, "openid": "oWang" }).to_string()),
            "/cgi-bin/message/template/send" => Does::Say(200, json!({ "errcode": code, "errmsg": "x", "msgid": 200_228_332 }).to_string()),
            _ => twilio("delivered")(seen),
        }
    };
    let rule = LADDER.replace("[\"sms\"", "[\"wechat\", \"sms\"");
    let stage = Stage::new(Gate::start(wechat(43004)), "twilio", &["sms.receipts=none"], &rule);
    let number = stage.order(json!({}));
    stage.stands(&number, "wechat failed, sms sent");
    assert!(stage.why(&number, 0).contains("43004"), "{}", stage.why(&number, 0));
    stage.gate.now(wechat(0));
    let taken = stage.order(json!({}));
    stage.stands(&taken, "wechat sent");
    let sent = stage.gate.seen("/cgi-bin/message/template/send").last().unwrap().json();
    assert_eq!(
        (&sent["touser"], &sent["template_id"], &sent["data"]["thing1"]["value"]),
        (&json!("oWang"), &json!("T-1"), &json!("电梯坏了"))
    );
    assert!(sent["url"].as_str().unwrap().starts_with("https://service.example/e/"), "{sent}");
    // Too much at the moment is no failure for good.
    stage.gate.now(wechat(45009));
    let later = stage.order(json!({}));
    stage.stands(&later, "wechat deferred");
    // Who is not known to WeChat, or has no number, or no address, is told so.
    let mut admin = stage.daemon().admin();
    let li = json!({ "id": "li", "name": "李雷", "language": "zh", "email": "li@example.cn" });
    admin.ok("Directory1.PutContact", json!({ "contact": li }));
    let by_mail = stage.order(json!({ "contact": "li" }));
    stage.stands(&by_mail, "wechat failed, sms failed, e-mail sent");
    assert!(stage.why(&by_mail, 0).contains("li has no WeChat open id") && stage.why(&by_mail, 1).contains("li has no mobile number"));
    admin.ok("Directory1.PutContact", json!({ "contact": { "id": "nobody", "name": "无名", "language": "zh" } }));
    let unreached = stage.order(json!({ "contact": "nobody" }));
    stage.stands(&unreached, "wechat failed, sms failed, e-mail failed");
    // Came in through the mini program, which is not configured here.
    let mei = json!({ "id": "mei", "name": "韩梅梅", "language": "zh", "wechat": "oMei", "wechatThrough": "mini-program", "mobile": "+86 139 0000 0000" });
    admin.ok("Directory1.PutContact", json!({ "contact": mei }));
    let mini = stage.order(json!({ "contact": "mei" }));
    stage.stands(&mini, "wechat failed, sms sent");
    assert!(stage.why(&mini, 0).contains("no WeChat mini program"), "{}", stage.why(&mini, 0));
    stage.ends();
}

#[test]
fn without_message_priority_all_channels_go_at_once_with_one_link_and_fields_and_numbers_are_recipients_too() {
    let rule = "recipients = [\"contact\", \"field:reporter\", \"+86 139 1111 2222\"]\nchannels = [\"sms\", \"e-mail\"]";
    let stage = Stage::new(Gate::start(twilio("delivered")), "twilio", &["sms.receipts=none"], rule);
    let number = stage.order(json!({ "fields": { "reporter": "0755 8888 6666" } }));
    stage.stands(&number, "sms sent, e-mail sent, sms sent, e-mail failed, sms sent, e-mail failed");
    let to: Vec<String> = stage.gate.seen("/Messages.json").iter().map(|seen| seen.form()["To"].clone()).collect();
    let mut sorted = to.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["+8613800138000", "+8613911112222", "+8675588886666"]);
    let wangs = stage
        .gate
        .seen("/Messages.json")
        .iter()
        .find(|seen| seen.form()["To"] == "+8613800138000")
        .map(|seen| link(&seen.form()["Body"]))
        .unwrap();
    assert_eq!(link(&stage.catcher.mails()[0].text), wangs, "one link for one recipient");
    let mut portal = stage.daemon().admin();
    portal.ok("Guest1.Evaluate", json!({ "token": wangs, "answers": [{ "field": "overall", "value": "3" }] }));
    let again = portal.refused("Guest1.Evaluate", json!({ "token": wangs, "answers": [{ "field": "overall", "value": "4" }] }));
    assert_eq!(again.0, "org.workorderd.InvitationUsed", "an invitation counts once, over however many channels it came");
    stage.ends();
}
