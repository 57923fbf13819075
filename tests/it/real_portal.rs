//! Customers sign in by a mailed link, once and for a while (INT-6); whoever is outside learns of nobody, and however many ask, it costs
//! next to nothing. With a real daemon and a real mail server.

use serde_json::{Value, json};
use workorderd::demo::mail_catcher::{Behaviour, Caught, MailCatcher};

use crate::portal_stage::{LINKS, Portal, contact, link, name, session};
use crate::real_stage::{BEGIN, Caller, DAY, HOUR, PATIENCE, steps_after, until, work};

const MINUTE: i64 = 60_000;

fn mailed(mail: &Caught) -> String {
    let begin = mail.text.find(LINKS).unwrap_or_else(|| panic!("no link in {}", mail.text));
    mail.text[begin..].split_whitespace().next().unwrap().to_owned()
}

fn is_sign_in(mail: &Caught) -> bool {
    mail.subject.contains("sign in") || mail.subject.contains("登录")
}

fn sign_in_mails(catcher: &MailCatcher) -> Vec<Caught> {
    catcher.mails().into_iter().filter(is_sign_in).collect()
}

#[test]
fn a_customer_signs_in_by_a_mailed_link_raises_a_work_order_and_says_that_it_is_solved() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let portal = Portal::with_mail(catcher.addr().port(), &[]);
    let mut gate = portal.admin();
    let asked = gate.ok("Guest1.RequestSignIn", json!({ "email": " Wang@EXAMPLE.cn " }));
    assert_eq!(asked, json!({ "goodFor": 15 * MINUTE }));
    let mail = catcher.wait_for(is_sign_in, PATIENCE).unwrap();
    assert_eq!((mail.subject.as_str(), mail.to.as_slice()), ("您的登录链接", ["wang@example.cn".to_owned()].as_slice()));
    assert!(mail.text.contains("尊敬的王伟") && mail.header("Auto-Submitted").as_deref() == Some("auto-generated"), "{}", mail.text);
    let link = mailed(&mail);

    // A mail scanner looks at it: that uses nothing up.
    for _ in 0..3 {
        let shown = gate.ok("Guest1.Show", json!({ "token": link }));
        assert_eq!((&shown["purpose"], &shown["open"], &shown["number"]), (&json!("sign-in"), &json!(true), &json!("")), "{shown}");
    }
    let signed_in = gate.ok("Guest1.SignIn", json!({ "token": link, "requestId": "first" }));
    assert_eq!((&signed_in["name"], &signed_in["language"]), (&json!("王伟"), &json!("zh")));
    assert_eq!(signed_in["endsAt"], BEGIN + 7 * DAY);
    let again = gate.ok("Guest1.SignIn", json!({ "token": link, "requestId": "first" }));
    assert_eq!(again, signed_in, "whoever lost the answer gets it again");
    assert_eq!(name(gate.refused("Guest1.SignIn", json!({ "token": link }))), "InvitationUsed");
    assert_eq!(gate.ok("Guest1.Show", json!({ "token": link }))["open"], false);

    // What can be raised is said in the customer's language, or in another.
    let session = signed_in["session"].as_str().unwrap();
    let types = gate.ok("Guest1.ListRecordTypes", json!({ "session": session }));
    let titles = json!([{ "name": "maintenance", "title": "保养", "form": true }, { "name": "repair", "title": "维修", "form": true }]);
    assert_eq!(types["recordTypes"], titles);
    let form = gate.ok("Guest1.DescribeForm", json!({ "session": session, "recordType": "repair", "language": "en" }))["form"].clone();
    assert_eq!((&form["name"], &form["fields"][0]["title"]), (&json!("repair-intake"), &json!("Fault description")));
    let number = portal.raise(session, json!({ "description": "三楼", "reference": "PO-7", "fields": { "fault-kind": "noise" } }));

    // To the staff it says who raised it, by which channel and where (INT-1, reading 23).
    let order = gate.get(&number);
    let told = ["submitter", "contact", "account", "channel", "entryPoint", "priority"].map(|key| order[key].as_str().unwrap_or("-"));
    assert_eq!(told, ["contact:wang", "wang", "acme", "portal", "portal", "normal"]);
    let history = gate.history(&number);
    assert!(history.iter().all(|line| line["by"] == "customer wang"), "{history:?}");

    // They follow it. What is noted, who works on it and how long it took is not told.
    work(portal.daemon(), &number);
    gate.act(&number, "AddServiceRecord", json!({ "text": "geheim" }));
    let own = portal.get(session, &number);
    assert_eq!(own["line"]["statusText"], "已处理，请确认是否解决");
    assert_eq!((&own["mayConfirm"], &own["mayCancel"], &own["line"]["waitsForYou"]), (&json!(true), &json!(false), &json!(true)));
    assert_eq!((&own["fields"][0]["title"], &own["fields"][0]["text"]), (&json!("故障类型"), &json!("异响")), "{own}");
    let text = own.to_string().to_lowercase();
    for secret in ["emil", "dora", "lena", "hydraulics", "geheim", "换了", "repair-report"] {
        assert!(!text.contains(secret), "{secret}: {own}");
    }
    assert_eq!(name(gate.refused("Guest1.CancelOwn", json!({ "session": session, "number": number }))), "TooLateToCancel");
    gate.ok("Guest1.ConfirmOwn", json!({ "session": session, "number": number, "solved": false, "reason": "还在漏" }));
    portal.daemon().user("emil").act(&number, "CompleteTask", json!({}));
    gate.ok("Guest1.ConfirmOwn", json!({ "session": session, "number": number, "solved": true }));
    let own = portal.get(session, &number);
    assert_eq!((&own["line"]["status"], &own["mayConfirm"]), (&json!("resolved"), &json!(false)), "it waits to be rated, by the link");

    // Another is cancelled while there is time.
    let second = portal.raise(session, json!({}));
    gate.ok("Guest1.CancelOwn", json!({ "session": session, "number": second, "reason": "自己修好了" }));
    assert_eq!(portal.get(session, &second)["line"]["statusText"], "已取消");
    assert_eq!(portal.own(session), [second, number]);

    gate.ok("Guest1.SignOut", json!({ "session": session }));
    gate.ok("Guest1.SignOut", json!({ "session": session }));
    assert_eq!(name(gate.refused("Guest1.ListOwn", json!({ "session": session }))), "SessionEnded");
    assert_eq!(sign_in_mails(&catcher).len(), 1);
    let log = portal.daemon().log();
    let token = link.strip_prefix(LINKS).unwrap();
    assert!(![token, session].iter().any(|secret| log.contains(secret)), "a token is in the log");
}

#[test]
fn whoever_asks_for_a_link_learns_nothing_of_who_is_known() {
    let portal = Portal::new(&[]);
    let mut gate = portal.admin();
    contact(&mut gate, "gone", None);
    gate.ok(
        "Directory1.PutContact",
        json!({ "contact": { "id": "gone", "name": "Gone", "email": "gone@customer.example", "disabled": true } }),
    );
    contact(&mut gate, "mute", None);
    gate.ok("Directory1.PutContact", json!({ "contact": { "id": "mute", "name": "mute@customer.example" } }));
    let before = gate.status()["sequence"].as_i64().unwrap();
    let mut slowest = [0, 0];
    for round in 0..6 {
        // Known; known, and mailed a moment ago; nobody's; of one who has left; one that is somebody's name.
        for email in ["wang@example.cn", "WANG@example.cn", "nobody@example.cn", "gone@customer.example", "mute@customer.example"] {
            let begun = std::time::Instant::now();
            let reply = gate.ok("Guest1.RequestSignIn", json!({ "email": email, "language": "en" }));
            let took = begun.elapsed().as_millis();
            assert_eq!(reply, json!({ "goodFor": 15 * MINUTE }), "{email} in round {round}");
            assert!(took >= 195, "{email} was answered after {took} ms");
            let group = usize::from(email.starts_with("nobody"));
            slowest[group] = slowest[group].max(took);
        }
    }
    println!("slowest answers: {} ms about others, {} ms about nobody", slowest[0], slowest[1]);
    let steps = steps_after(portal.daemon(), before);
    let asked: Vec<_> = steps.iter().filter(|step| step["command"] == "RequestSignIn").collect();
    assert_eq!(asked.len(), 1, "{steps:?}");
    assert_eq!((&asked[0]["what"], &asked[0]["by"]), (&json!("contact wang"), &json!("guest")));
}

#[test]
fn odd_addresses_are_refused_before_anybody_looks_for_them_and_ten_thousand_requests_are_one_mail_a_minute() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let portal = Portal::with_mail(catcher.addr().port(), &["portal.sign_ins_per_minute=1000000"]);
    let mut gate = portal.admin();
    let long = format!("{}@example.cn", "w".repeat(300));
    for odd in [
        "",
        "wang",
        "wang@example.cn\r\nBcc: eve@evil.example",
        "wang@example.cn\nRCPT TO:<eve@evil.example>",
        "wang@example.cn\0",
        "ｗａｎｇ@example.cn",
        "wang@exаmple.cn",
        "wang@example.cn,eve@evil.example",
        "<wang@example.cn>",
        "\"wang\"@example.cn",
        "wang@example.cn eve@evil.example",
        "wang\u{202e}@example.cn",
        "王伟@example.cn",
        &long,
    ] {
        assert_eq!(name(gate.refused("Guest1.RequestSignIn", json!({ "email": odd }))), "InvalidField", "{odd:?}");
    }
    for tag in ["", "zh\r\nX: y", "中文", "a-very-long-language-tag"] {
        let odd = json!({ "email": "wang@example.cn", "language": tag });
        assert_eq!(name(gate.refused("Guest1.RequestSignIn", odd)), "InvalidField", "{tag:?}");
    }
    let flood = |count: usize| {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let mut pipe = portal.daemon().pipe();
                    for chunk in (0..count / 8).collect::<Vec<_>>().chunks(25) {
                        chunk.iter().for_each(|_| pipe.call("Guest1.RequestSignIn", &json!({ "email": "wang@example.cn" })));
                        for _ in chunk {
                            let reply = pipe.reply().unwrap();
                            assert_eq!((reply.error, reply.parameters["goodFor"].as_i64()), (None, Some(15 * MINUTE)));
                        }
                    }
                });
            }
        });
    };
    flood(10_000);
    let first = catcher.wait_for(is_sign_in, PATIENCE).unwrap();
    assert_eq!(sign_in_mails(&catcher).len(), 1);
    // A minute later another; and of all that are good, no more than five.
    for minute in 1..15 {
        gate.ahead(MINUTE);
        flood(16);
        let wanted = (minute + 1).min(5);
        until("the mail of that minute", || (sign_in_mails(&catcher).len() == wanted).then_some(()));
    }
    // Whoever asks for many takes no link from the customer: the first one is good until its end.
    gate.ok("Guest1.SignIn", json!({ "token": mailed(&first) }));
    gate.ahead(MINUTE);
    flood(16);
    until("another, as the first has ended", || (sign_in_mails(&catcher).len() == 6).then_some(()));
    let ids: std::collections::BTreeSet<_> = sign_in_mails(&catcher).iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), 6, "each has a name of its own");
}

#[test]
fn more_requests_than_all_together_may_make_are_told_so_whoever_is_asked_for() {
    let portal = Portal::new(&["portal.sign_ins_per_minute=3"]);
    let mut gate = portal.admin();
    for email in ["wang@example.cn", "nobody@example.cn", "nobody@example.cn"] {
        gate.ok("Guest1.RequestSignIn", json!({ "email": email }));
    }
    for email in ["wang@example.cn", "nobody@example.cn"] {
        let (name, with) = gate.refused("Guest1.RequestSignIn", json!({ "email": email }));
        assert_eq!(name, "org.workorderd.TooManyRequests");
        assert!((1..=20_000).contains(&with["retryAfter"].as_i64().unwrap()), "{with}");
    }
}

#[test]
fn a_mail_that_was_asked_for_survives_a_kill_and_goes_out_once() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    // Nobody listens there.
    let mut portal = Portal::with_mail(1, &[]);
    portal.admin().ok("Guest1.RequestSignIn", json!({ "email": "wang@example.cn", "language": "en" }));
    portal.daemon.take().unwrap().kill();
    let port = format!("mail.port={}", catcher.addr().port());
    portal.sets.extend(["--set".to_owned(), port]);
    portal.start();
    // It was put off, perhaps.
    portal.admin().ahead(MINUTE);
    let mail = catcher.wait_for(is_sign_in, PATIENCE).unwrap();
    assert_eq!(mail.subject, "Your link to sign in");
    portal.daemon.take().unwrap().kill();
    portal.start();
    portal.admin().ahead(MINUTE);
    portal.admin().ok("Guest1.SignIn", json!({ "token": mailed(&mail) }));
    let names: std::collections::BTreeSet<_> = sign_in_mails(&catcher).iter().map(|mail| mail.header("Message-ID")).collect();
    // A kill right behind the final dot may have it sent again: under the same name.
    assert_eq!(names.len(), 1);
    portal.daemon.take().unwrap().stop();
    portal.home.verify(None).unwrap();
}

#[test]
fn a_link_and_a_session_end_by_time_by_the_staff_and_by_being_many() {
    let portal = Portal::new(&[]);
    let (mut gate, data) = (portal.admin(), portal.home.data());
    contact(&mut gate, "li", Some("acme"));
    let ask = |gate: &mut Caller| gate.ok("Guest1.RequestSignIn", json!({ "email": "li@customer.example" }));
    let ended = |gate: &mut Caller, session: &str| match gate.call("Guest1.ListOwn", json!({ "session": session })) {
        Ok(_) => false,
        Err(refused) => name(refused) == "SessionEnded",
    };
    ask(&mut gate);
    gate.ahead(15 * MINUTE);
    assert_eq!(name(gate.refused("Guest1.SignIn", json!({ "token": link(&data, "li", 1) }))), "InvitationExpired");
    // One that was never made, and one that is forgotten by now.
    assert_eq!(name(gate.refused("Guest1.SignIn", json!({ "token": link(&data, "li", 9) }))), "InvitationExpired");
    assert_eq!(name(gate.refused("Guest1.SignIn", json!({ "token": link(&data, "nobody", 1) }))), "UnknownInvitation");
    ask(&mut gate);
    let first = gate.ok("Guest1.SignIn", json!({ "token": link(&data, "li", 2) }))["session"].as_str().unwrap().to_owned();
    assert_eq!(portal.own(&first), [""; 0]);
    gate.ahead(7 * DAY - 1);
    assert!(!ended(&mut gate, &first));
    gate.ahead(1);
    assert!(ended(&mut gate, &first));

    // Eight at a time; the oldest gives way.
    for no in 3..12 {
        ask(&mut gate);
        gate.ok("Guest1.SignIn", json!({ "token": link(&data, "li", no) }));
        gate.ahead(HOUR);
    }
    assert!(ended(&mut gate, &session(&data, "li", 3)));
    assert!((4..12).all(|no| !ended(&mut gate, &session(&data, "li", no))));

    // Another name ends nothing; another address, or being disabled, ends all at once and for good.
    let put = |gate: &mut Caller, more: Value| {
        let mut entry = json!({ "id": "li", "name": "李娜", "account": "acme", "email": "li@customer.example" });
        entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        gate.ok("Directory1.PutContact", json!({ "contact": entry }));
    };
    put(&mut gate, json!({}));
    ask(&mut gate);
    assert!(!ended(&mut gate, &session(&data, "li", 11)));
    put(&mut gate, json!({ "email": "lina@customer.example" }));
    assert!((4..12).all(|no| ended(&mut gate, &session(&data, "li", no))));
    assert_eq!(name(gate.refused("Guest1.SignIn", json!({ "token": link(&data, "li", 12) }))), "InvitationExpired");
    put(&mut gate, json!({}));
    assert!(ended(&mut gate, &session(&data, "li", 11)));
    ask(&mut gate);
    gate.ok("Guest1.SignIn", json!({ "token": link(&data, "li", 13) }));
    let last = session(&data, "li", 13);
    let number = portal.raise(&last, json!({}));
    gate.ahead(MINUTE);
    ask(&mut gate);
    put(&mut gate, json!({ "disabled": true }));
    for call in ["Guest1.ListOwn", "Guest1.ListRecordTypes"] {
        assert_eq!(name(gate.refused(call, json!({ "session": last }))), "SessionEnded");
    }
    let cancel = json!({ "session": last, "number": number });
    assert_eq!(name(gate.refused("Guest1.CancelOwn", cancel)), "SessionEnded");
    assert_eq!(name(gate.refused("Guest1.SignIn", json!({ "token": link(&data, "li", 14) }))), "UnknownInvitation");
    put(&mut gate, json!({}));
    assert!(ended(&mut gate, &last), "what has ended does not begin again");
    let bytes = std::fs::read(data.join("journal").read_dir().unwrap().next().unwrap().unwrap().path()).unwrap();
    let kept = |secret: &str| bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
    assert!(!kept(&last) && !kept(&link(&data, "li", 13)), "a token is in the journal");
}

#[test]
fn guessed_cut_and_borrowed_tokens_are_all_answered_alike_and_do_not_keep_right_ones_out() {
    let portal = Portal::new(&[]);
    let (mut gate, data) = (portal.admin(), portal.home.data());
    let session = portal.customer("li", None);
    let good = link(&data, "li", 1);
    let invitation = {
        let number = portal.daemon().user("dora").create(json!({}));
        work(portal.daemon(), &number);
        portal.daemon().user("dora").act(&number, "ConfirmSolved", json!({}));
        gate.get(&number)["invitations"].as_array().unwrap().iter().find_map(|i| i["link"].as_str()).unwrap().to_owned()
    };
    let mut wrong: Vec<String> = vec!["".into(), "x".into(), "é".into(), "A".repeat(50), "A".repeat(5_000), " ".into(), "../../x".into()];
    wrong.extend((1..session.len()).step_by(7).map(|at| session[..at].to_owned()));
    wrong.push(format!("{session}A"));
    wrong.push(session.replace(&session[20..24], "AAAA"));
    wrong.extend([good.clone(), invitation.clone()]);
    let answers: std::collections::BTreeSet<String> =
        wrong.iter().map(|token| format!("{:?}", gate.refused("Guest1.ListOwn", json!({ "session": token })))).collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    let wrong_links = wrong.iter().filter(|token| **token != good && **token != invitation).chain([&session]);
    let answers: std::collections::BTreeSet<String> =
        wrong_links.map(|token| format!("{:?}", gate.refused("Guest1.SignIn", json!({ "token": token })))).collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers.first().unwrap().contains("UnknownInvitation"));
    assert_eq!(name(gate.refused("Guest1.SignIn", json!({ "token": invitation }))), "InvitationPurpose");
    assert_eq!(name(gate.refused("Guest1.Confirm", json!({ "token": good, "solved": true }))), "InvitationPurpose");
    assert_eq!(name(gate.refused("Guest1.Show", json!({ "token": session }))), "UnknownInvitation");
    // Somebody guesses, for hours.
    let told: Vec<String> = (0..300).map(|n| name(gate.refused("Guest1.ListOwn", json!({ "session": format!("guess{n}") })))).collect();
    assert_eq!(told.last().unwrap(), "TooManyRequests");
    assert_eq!(portal.own(&session), [""; 0], "who holds a right one is let in all the same");
    let log = portal.daemon().log();
    assert!(log.contains("somebody may be guessing") && !log.contains("guess2"), "{log}");
    assert_eq!(log.matches("somebody may be guessing").count(), 1);
    assert!(![&session, &good].iter().any(|secret| log.contains(*secret)));
}
