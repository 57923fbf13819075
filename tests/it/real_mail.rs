//! Mail with a real server: what arrives, and what is shown of a mail that does not. The daemon's clock is set by hand, so that
//! pauses and ends come when a test wants them.

use std::collections::BTreeSet;
use std::fs;
use std::sync::Arc;

use serde_json::{Value, json};
use workorderd::demo::mail_catcher::{Behaviour, Caught, MailCatcher, Protection, Reaction, Verb};

use crate::real_stage::{BEGIN, DAY, Daemon, HOUR, Home, PATIENCE, seed, until, work};
use crate::tls::TestTls;

const MINUTE: i64 = 60_000;
const LINKS: &str = "https://service.example/e/";

pub struct Post {
    daemon: Option<Daemon>,
    home: Home,
    sets: Vec<String>,
}

impl Post {
    pub fn new(port: u16, more: &[&str]) -> Post {
        let port = format!("mail.port={port}");
        let from = "mail.from=现场服务 <service@example.com>";
        let base = format!("links.base_url={LINKS}");
        let mut sets = vec!["mail.enabled=true", "mail.host=127.0.0.1", "mail.security=none", "mail.timeout=3s", &port, from, &base];
        sets.extend(more);
        let sets = sets.iter().flat_map(|set| ["--set".to_owned(), (*set).to_owned()]).collect();
        let mut post = Post { home: Home::new(), sets, daemon: None };
        post.start();
        seed(&mut post.daemon().admin());
        post
    }

    pub fn start(&mut self) {
        let begin = BEGIN.to_string();
        let mut arguments = vec!["--clock", "manual", "--clock-start", &begin];
        arguments.extend(self.sets.iter().map(String::as_str));
        self.daemon = Some(self.home.start_with(&arguments));
    }

    pub fn daemon(&self) -> &Daemon {
        self.daemon.as_ref().unwrap()
    }

    pub fn kill(&mut self) {
        self.daemon.take().unwrap().kill();
    }

    pub fn ahead(&self, ms: i64) {
        self.daemon().admin().ahead(ms);
    }

    /// A repair that asks the customer whether it is solved.
    pub fn asked(&self) -> String {
        let number = self.daemon().user("dora").create(json!({}));
        work(self.daemon(), &number);
        number
    }

    /// The last mail of this template, once it is in this state.
    pub fn mail(&self, number: &str, template: &str, status: &str) -> Value {
        let mut admin = self.daemon().admin();
        until(&format!("a mail {template} that is {status}"), || {
            let order = admin.get(number);
            order["mails"].as_array().unwrap().iter().rev().find(|m| m["template"] == template && m["status"] == status).cloned()
        })
    }

    fn why(&self, number: &str, status: &str) -> String {
        self.mail(number, "please-confirm", status)["why"].as_str().unwrap().to_owned()
    }
}

pub fn link(mail: &Caught) -> String {
    let text = &mail.text;
    let begin = text.find(LINKS).unwrap_or_else(|| panic!("no link in {text}"));
    text[begin..].split_whitespace().next().unwrap().to_owned()
}

pub fn arrived(catcher: &MailCatcher, subject: &str) -> Caught {
    catcher
        .wait_for(|mail| mail.subject.contains(subject), PATIENCE)
        .unwrap_or_else(|| panic!("no mail {subject:?}: {:?}", catcher.mails()))
}

#[test]
fn invitations_arrive_in_chinese_with_links_that_work() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let number = post.asked();
    let confirm = arrived(&catcher, "问题是否已解决？");
    assert_eq!((confirm.from.as_str(), confirm.to.as_slice()), ("service@example.com", ["wang@example.cn".to_owned()].as_slice()));
    assert!(confirm.header("From").unwrap().contains("现场服务"), "{:?}", confirm.header("From"));
    assert!(confirm.header("To").unwrap().contains("王伟"), "{:?}", confirm.header("To"));
    assert_eq!(confirm.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert!(
        confirm.subject.contains(&number) && confirm.text.contains("尊敬的王伟") && confirm.text.contains("电梯坏了"),
        "{}",
        confirm.text
    );
    let html = confirm.html.as_ref().unwrap();
    assert!(html.contains(&format!("href=\"{}\"", link(&confirm))) && html.contains("请确认问题是否已解决"), "{html}");

    // The link alone is the customer's right: looking does not use it up, answering does.
    let mut portal = post.daemon().admin();
    let token = link(&confirm);
    for _ in 0..3 {
        let shown = portal.ok("Guest1.Show", json!({ "token": token }));
        assert_eq!(
            (shown["purpose"].as_str(), shown["number"].as_str(), shown["open"].as_bool()),
            (Some("confirm"), Some(&*number), Some(true))
        );
    }
    let answers = json!([{ "field": "overall", "value": "5" }]);
    let wrong = json!({ "token": token, "answers": answers });
    assert_eq!(portal.refused("Guest1.Evaluate", wrong).0, "org.workorderd.InvitationPurpose");
    portal.ok("Guest1.Confirm", json!({ "token": token, "solved": true }));
    assert_eq!(portal.refused("Guest1.Confirm", json!({ "token": token, "solved": true })).0, "org.workorderd.InvitationUsed");
    assert_eq!(portal.ok("Guest1.Show", json!({ "token": token }))["open"], false);

    let rate = arrived(&catcher, "请评价我们的服务");
    let token = link(&rate);
    let shown = portal.ok("Guest1.Show", json!({ "token": token }));
    assert_eq!(shown["fields"].as_array().unwrap().len(), 5, "{shown}");
    assert_eq!(portal.get(&number)["mandatory"], true);
    let forged = token.replace(&token[token.len() - 4..], "AAAA");
    assert_eq!(portal.refused("Guest1.Show", json!({ "token": forged })).0, "org.workorderd.UnknownInvitation");
    let comment = json!([{ "field": "overall", "value": "5" }, { "field": "comment", "value": "谢谢" }]);
    let reply = portal.ok("Guest1.Evaluate", json!({ "token": token, "answers": comment.clone() }));
    assert_eq!(reply["afterCompletion"], false);
    // The second click shows what was given, and cannot give it again.
    assert_eq!(shown["given"], json!(null));
    let again = portal.ok("Guest1.Show", json!({ "token": token }));
    assert_eq!((&again["open"], &again["given"]["answers"], &again["given"]["afterCompletion"]), (&json!(false), &comment, &json!(false)));
    let twice = json!({ "token": token, "answers": comment });
    assert_eq!(portal.refused("Guest1.Evaluate", twice).0, "org.workorderd.InvitationUsed");
    let order = portal.get(&number);
    assert_eq!((order["outcome"].as_str(), order["evaluations"][0]["answers"][1]["value"].as_str()), (Some("completed"), Some("谢谢")));
    assert_eq!(catcher.mails().len(), 2);
    // Not a token in any log.
    let secret = token.rsplit('/').next().unwrap();
    assert!(!post.daemon().log().contains(secret), "{}", post.daemon().log());
}

#[test]
fn a_server_that_is_down_defers_and_the_mail_comes_when_it_is_back() {
    let port = {
        let gone = MailCatcher::start(Behaviour::default()).unwrap();
        gone.addr().port()
    };
    let mut post = Post::new(port, &[]);
    let number = post.asked();
    assert!(post.why(&number, "deferred").contains("refused"), "{}", post.why(&number, "deferred"));
    let mail = post.mail(&number, "please-confirm", "deferred");
    let next = mail["nextAt"].as_i64().unwrap() - BEGIN;
    assert!((27_000..=33_000 + 3_000).contains(&next) && mail["attempts"] == 1, "{mail}");
    // It is in the state, not in the process.
    post.kill();
    post.start();
    assert_eq!(post.mail(&number, "please-confirm", "deferred"), mail);
    let catcher = MailCatcher::start_with(port, Behaviour::default(), Protection::None).unwrap();
    post.ahead(next - 1);
    post.daemon().admin().status();
    assert_eq!(catcher.mails().len(), 0, "not before its time");
    post.ahead(1);
    arrived(&catcher, &number);
    let mail = post.mail(&number, "please-confirm", "sent");
    assert_eq!((&mail["attempts"], &mail["why"]), (&json!(2), &Value::Null));
    assert_eq!(catcher.mails().len(), 1);
}

/// Orders whose first node asks the customer.
const ASK: &str = r#"
[[record_type]]
name = "ask"
title = { en = "Asked" }
number = "A-{date}-{counter}"
process = "ask"
[[process]]
name = "ask"
[[process.node]]
name = "done"
kind = "task"
handlers = ["role:dispatcher"]
[[process.node]]
name = "asked"
kind = "confirm"
message = "please-confirm"
"#;

#[test]
fn a_server_that_is_down_for_a_day_is_asked_less_and_less_and_every_mail_goes_out_once() {
    let count = if std::env::var_os("WO_LONG").is_some() { 10_000 } else { 250 };
    let port = MailCatcher::start(Behaviour::default()).unwrap().addr().port();
    let mut post = Post::new(port, &["mail.connections=4"]);
    post.daemon().admin().ok("Definitions1.Apply", json!({ "files": [{ "path": "ask.toml", "text": ASK }] }));
    let mut dora = post.daemon().user("dora");
    let numbers: Vec<String> = (0..count).map(|_| dora.create(json!({ "recordType": "ask" }))).collect();
    numbers.iter().for_each(|number| drop(dora.act(number, "CompleteTask", json!({}))));
    drop(dora);
    // Waits until each is settled or waits for a later time; gives how often they were tried.
    let rest = |post: &Post| -> Vec<i64> {
        let mut admin = post.daemon().admin();
        let now = admin.status()["now"].as_i64().unwrap();
        let mut at_rest = |number: &String| {
            until("a mail that is sent or waits", || {
                let mail = admin.get(number)["mails"][0].clone();
                let waits = mail["status"] == "deferred" && mail["nextAt"].as_i64().unwrap() > now;
                (waits || mail["status"] == "sent").then(|| mail["attempts"].as_i64().unwrap())
            })
        };
        numbers.iter().map(&mut at_rest).collect()
    };
    rest(&post);
    for hour in 1..=24 {
        if hour == 12 {
            post.kill();
            post.start();
        }
        post.ahead(HOUR);
        rest(&post);
    }
    let tries = rest(&post);
    let (least, most) = (tries.iter().min().unwrap(), tries.iter().max().unwrap());
    // Looked at each hour, pauses that do not grow would make 25.
    assert!((9..=13).contains(least) && (9..=13).contains(most), "the pauses grow: {least} to {most} tries in a day");
    let catcher = MailCatcher::start_with(port, Behaviour::default(), Protection::None).unwrap();
    for _ in 0..5 {
        post.ahead(HOUR);
        rest(&post);
    }
    let mails = catcher.mails();
    let ids: std::collections::BTreeSet<_> = mails.iter().map(|m| m.header("Message-ID").unwrap().to_owned()).collect();
    assert_eq!((mails.len(), ids.len()), (count, count), "each mail went out once");
    let mut admin = post.daemon().admin();
    let unsent = numbers.iter().filter(|n| admin.get(n)["mails"][0]["status"] != "sent").count();
    assert_eq!(unsent, 0, "and its Work Order knows");
    println!("{count} mails waited for a day, {least} to {most} tries each, all sent once within five hours");
}

#[test]
fn a_recipient_that_the_server_does_not_know_is_a_failure_and_shown() {
    let behaviour = Behaviour { unknown_recipients: vec!["wang@example.cn".to_owned()], ..Behaviour::default() };
    let catcher = MailCatcher::start(behaviour).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let number = post.asked();
    let why = post.why(&number, "failed");
    assert!(why.contains("550"), "{why}");
    let lines = post.daemon().admin().ok("WorkOrders1.List", json!({}))["lines"].clone();
    assert_eq!(lines[0]["mailTrouble"], true);
    assert!(
        post.daemon().admin().history(&number).iter().any(|l| l["event"] == "MailTried" && l["details"].as_str().unwrap().contains("550"))
    );
    post.ahead(DAY);
    assert_eq!(post.mail(&number, "please-confirm", "failed")["attempts"], 1, "it is not tried again");
    assert_eq!(post.daemon().admin().status()["mailsFailed"], 1);
}

#[test]
fn a_server_that_dies_after_the_final_dot_gets_the_same_mail_again() {
    let catcher = MailCatcher::start(Behaviour::default().once(Verb::FinalDot, Reaction::Cut)).unwrap();
    let mut post = Post::new(catcher.addr().port(), &[]);
    let number = post.asked();
    arrived(&catcher, &number);
    assert!(post.why(&number, "deferred").contains("outcome unknown"), "{}", post.why(&number, "deferred"));
    // Also by another process than the one that rendered it first.
    post.kill();
    post.start();
    post.ahead(MINUTE);
    post.mail(&number, "please-confirm", "sent");
    let mails = catcher.mails();
    assert_eq!(mails.len(), 2);
    assert!(mails[0].header("Message-ID").is_some() && mails[0].raw == mails[1].raw, "the same bytes, so the same Message-ID");
}

#[test]
fn a_mail_that_cannot_be_sent_ends_after_three_days_or_with_its_link() {
    let catcher = MailCatcher::start(Behaviour::default().always(Verb::Mail, Reaction::Answer("451 later".to_owned()))).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let (number, left) = (post.asked(), post.asked());
    // In steps, as pauses allow: 30 s, 2 m, 5 m, 15 m, 30 m, 1 h, 2 h, then 4 h each.
    let mut admin = post.daemon().admin();
    let mut attempts = 0;
    let mail = loop {
        let mail = admin.get(&number)["mails"][0].clone();
        match (mail["status"].as_str().unwrap(), mail["nextAt"].as_i64()) {
            ("deferred", Some(next)) if mail["attempts"].as_i64().unwrap() > attempts => {
                attempts += 1;
                assert!(mail["why"].as_str().unwrap().contains("451 later"), "{mail}");
                let now = admin.status()["now"].as_i64().unwrap();
                if now < next {
                    admin.ahead(next - now);
                }
            }
            ("pending" | "deferred", _) => std::thread::sleep(std::time::Duration::from_millis(2)),
            _ => break mail,
        }
        if attempts == 3 && admin.get(&left)["node"] == "confirm" {
            // Whoever leaves the node needs no mail about it any more.
            post.daemon().user("dora").act(&left, "ConfirmSolved", json!({}));
        }
    };
    assert_eq!(mail["status"], "expired", "{mail}");
    assert!(mail["why"].as_str().unwrap().contains("451 later"), "it says what the last trouble was: {mail}");
    let now = admin.status()["now"].as_i64().unwrap();
    assert!((66 * HOUR..=72 * HOUR).contains(&(now - BEGIN)), "{} h", (now - BEGIN) / HOUR);
    assert!((20..=28).contains(&attempts), "{attempts}");
    assert_eq!(post.mail(&left, "please-confirm", "cancelled")["nextAt"], Value::Null);
    assert_eq!(catcher.mails().len(), 0);
    println!("expired after {attempts} attempts in {} h", (now - BEGIN) / HOUR);
}

#[test]
fn a_mail_whose_time_was_over_while_the_daemon_was_down_is_not_sent_late() {
    let catcher = MailCatcher::start(Behaviour::default().always(Verb::Mail, Reaction::Answer("451 later".to_owned()))).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let number = post.asked();
    post.mail(&number, "please-confirm", "deferred");
    catcher.behave(Behaviour::default());
    post.ahead(4 * DAY);
    post.mail(&number, "please-confirm", "expired");
    assert_eq!(catcher.mails().len(), 0);
}

#[test]
fn many_mails_under_a_storm_of_calls_are_all_sent() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let post = Post::new(catcher.addr().port(), &["mail.connections=2"]);
    let numbers: Vec<_> = (0..6).map(|_| post.daemon().user("dora").create(json!({}))).collect();
    for number in &numbers {
        work(post.daemon(), number);
        // Right behind the step that asks for a mail, as many calls on the same Work Order as a connection may have in flight.
        let mut storm = post.daemon().pipe();
        for _ in 0..400 {
            storm.call("WorkOrders1.Get", &json!({ "number": number }));
        }
        let busy = (0..400).filter(|_| storm.reply().unwrap().error.is_some()).count();
        assert_eq!(busy, 0, "calls within the limit of a connection are answered, not turned away");
    }
    for number in &numbers {
        post.mail(number, "please-confirm", "sent");
    }
    assert_eq!(catcher.mails().len(), numbers.len());
}

#[test]
fn mails_go_over_starttls_with_a_root_and_a_login_of_ones_own() {
    let tls = TestTls::for_host("127.0.0.1");
    let root = tls.root_pem.clone();
    let behaviour = Behaviour::default().with_login("wo", "correct horse");
    let catcher = MailCatcher::start_with(0, behaviour, Protection::StartTls(Arc::new(tls))).unwrap();
    let files = tempfile::tempdir().unwrap();
    let (root_file, password_file) = (files.path().join("root.pem"), files.path().join("password"));
    fs::write(&root_file, root).unwrap();
    fs::write(&password_file, "wrong\n").unwrap();
    let (root_set, password_set) =
        (format!("mail.extra_root={}", root_file.display()), format!("mail.password_file={}", password_file.display()));
    let mut post = Post::new(catcher.addr().port(), &["mail.security=starttls", "mail.user=wo", &root_set, &password_set]);
    let number = post.asked();
    let why = post.why(&number, "deferred");
    assert!(why.contains("login refused") && !why.contains("wrong"), "{why}");
    fs::write(&password_file, "correct horse\n").unwrap();
    post.kill();
    post.start();
    post.ahead(MINUTE);
    assert!(arrived(&catcher, &number).encrypted);
    post.mail(&number, "please-confirm", "sent");
    assert!(!post.daemon().log().contains("correct horse"));
}

#[test]
fn of_very_many_people_fifty_are_reminded_and_the_order_says_how_many_are_not() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let mut admin = post.daemon().admin();
    for n in 0..60 {
        let user =
            json!({ "id": format!("d{n}"), "name": format!("调度{n}"), "email": format!("d{n}@example.com"), "roles": ["dispatcher"] });
        admin.ok("Directory1.PutStaffUser", json!({ "staffUser": user }));
    }
    let number = post.daemon().user("dora").create(json!({}));
    post.ahead(2 * HOUR + MINUTE);
    let why = post.mail(&number, "please-act", "failed")["why"].as_str().unwrap().to_owned();
    assert!(why.contains("more people are not mailed: 50 at most"), "{why}");
    let to_all = || catcher.mails().into_iter().filter(|mail| mail.subject.contains(&number)).count() >= 50;
    until("fifty mails", || to_all().then_some(()));
    let mailed: BTreeSet<String> = catcher.mails().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!((mailed.len(), catcher.mails().len()), (50, 50), "one each");
}
