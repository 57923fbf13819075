//! Notices to the staff with a real mail server (OPS-4, NTF-3): what each wants to be told, not in their quiet hours, in their language,
//! and several at once as one mail.

use serde_json::{Value, json};
use workorderd::demo::mail_catcher::{Behaviour, Caught, MailCatcher, Reaction, Verb};

use crate::real_mail::Post;
use crate::real_stage::{BEGIN, DAY, HOUR, PATIENCE, until};

const MINUTE: i64 = 60_000;

fn set(post: &Post, who: &str, notices: Value) {
    post.daemon().user(who).ok("Directory1.SetNotices", json!({ "id": who, "notices": notices }));
}

fn to<'a>(mails: &'a [Caught], address: &str) -> Vec<&'a Caught> {
    mails.iter().filter(|mail| mail.header("To").is_some_and(|to| to.contains(address))).collect()
}

/// Those of them that are notices, and not what a node's time limit tells whom.
fn notices<'a>(mails: &'a [Caught], address: &str) -> Vec<&'a Caught> {
    to(mails, address).into_iter().filter(|mail| mail.text.contains("workorderctl notices set")).collect()
}

fn wait_for(catcher: &MailCatcher, address: &str) -> Caught {
    let fits = |mail: &Caught| mail.header("To").is_some_and(|to| to.contains(address));
    catcher.wait_for(fits, PATIENCE).unwrap_or_else(|| panic!("no mail to {address}: {:?}", catcher.mails().len()))
}

/// The last notice of a Work Order, once it is in this state.
fn notice(post: &Post, number: &str, status: &str) -> Value {
    post.mail(number, "notice", status)
}

fn assigned(post: &Post, engineer: &str, subject: &str) -> String {
    let mut dora = post.daemon().user("dora");
    let number = dora.create(json!({ "subject": subject }));
    dora.act(&number, "AssignToEngineer", json!({ "engineer": engineer }));
    number
}

#[test]
fn several_notices_at_once_are_one_mail_in_the_language_of_who_is_told() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let mut admin = post.daemon().admin();
    let emil = json!({ "id": "emil", "name": "埃米尔", "email": "emil@service.example", "language": "zh", "roles": ["engineer"] });
    admin.ok("Directory1.PutStaffUser", json!({ "staffUser": emil }));
    set(&post, "emil", json!({ "mail": ["new", "passed-on"], "pools": false }));
    let numbers = ["漏水 one", "two", "three"].map(|subject| assigned(&post, "emil", subject));
    // They wait for each other, and say so.
    let waiting = notice(&post, &numbers[0], "deferred");
    assert_eq!(waiting["why"], "waits for others, so that several are one mail");
    assert!(to(&catcher.mails(), "emil@").is_empty());
    admin.ahead(MINUTE);
    let mail = wait_for(&catcher, "emil@service.example");
    numbers.iter().for_each(|number| drop(notice(&post, number, "sent")));
    assert_eq!(to(&catcher.mails(), "emil@").len(), 1, "three notices are one mail");
    assert!(mail.header("Subject").unwrap().starts_with("3 条通知："), "{:?}", mail.header("Subject"));
    let text = mail.text;
    for number in &numbers {
        assert!(text.contains(&format!("{number} · 新待办")), "{text}");
    }
    assert!(text.contains("埃米尔，您好") && text.contains("漏水 one"), "{text}");
    // A put of the entry leaves what he said; a restart too.
    let told = admin.ok("Directory1.GetStaffUser", json!({ "id": "emil" }))["staffUser"]["notices"].clone();
    assert_eq!(told, json!({ "mail": ["new", "passed-on"], "pools": false }));
}

#[test]
fn in_quiet_hours_nothing_is_mailed_and_what_came_goes_out_at_their_end_as_one_mail() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let mut post = Post::new(catcher.addr().port(), &[]);
    // The stage begins at 09:00 UTC, 17:00 in Shanghai. The node reminds emil after two hours, which is quiet as well.
    set(&post, "emil", json!({ "mail": ["new"], "pools": false, "quiet": { "from": "16:00", "until": "20:00", "zone": "Asia/Shanghai" } }));
    let first = assigned(&post, "emil", "first");
    post.ahead(HOUR);
    let second = assigned(&post, "emil", "second");
    assert_eq!(notice(&post, &first, "deferred")["nextAt"], BEGIN + 3 * HOUR);
    assert_eq!(notice(&post, &second, "deferred")["why"], "quiet hours");
    post.kill();
    post.start();
    post.daemon().admin().ahead(2 * HOUR - MINUTE);
    assert!(to(&catcher.mails(), "emil@").is_empty());
    post.ahead(MINUTE);
    notice(&post, &second, "sent");
    until("the node's reminders of both", || (to(&catcher.mails(), "emil@").len() == 3).then_some(()));
    let mails = catcher.mails();
    let told = notices(&mails, "emil@");
    assert!(told[0].header("Subject").unwrap().starts_with("2 notices: "), "{:?}", told[0].header("Subject"));
    assert_eq!(told.len(), 1);
}

#[test]
fn who_said_nothing_is_mailed_what_was_meant_for_them_alone() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let number = assigned(&post, "emil", "x");
    post.daemon().user("dora").act(&number, "Forward", json!({ "users": ["emil"], "note": "look at\nthe valve" }));
    post.daemon().user("emil").act(&number, "RemindMe", json!({ "at": BEGIN + 2 * HOUR, "note": "call 王伟" }));
    post.ahead(MINUTE);
    let mail = wait_for(&catcher, "emil@service.example");
    assert_eq!(mail.header("Subject").unwrap(), format!("{number}: forwarded to you - x"));
    assert!(mail.text.contains("  look at\n  the valve"), "{}", mail.text);
    post.ahead(2 * HOUR);
    post.ahead(2 * MINUTE);
    until("the reminder", || (notices(&catcher.mails(), "emil@").len() == 2).then_some(()));
    let mails = catcher.mails();
    let reminder = notices(&mails, "emil@")[1];
    assert!(reminder.text.contains("your reminder") && reminder.text.contains("call 王伟"), "{}", reminder.text);
    let others = mails.iter().filter(|mail| !mail.header("To").unwrap().contains("emil@")).count();
    assert_eq!(others, 0, "dora did it herself, and mei has nothing to do with it");
}

#[test]
fn nobody_is_mailed_about_a_node_that_was_left_meanwhile_nor_about_what_they_did_themselves() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    for who in ["emil", "dora"] {
        set(&post, who, json!({ "mail": ["new", "passed-on", "returned", "overdue"], "pools": true }));
    }
    let number = assigned(&post, "emil", "x");
    post.daemon().user("emil").act(&number, "AcceptAssignment", json!({}));
    notice(&post, &number, "cancelled");
    post.ahead(10 * MINUTE);
    // Something that is mailed for certain, behind it.
    let later = assigned(&post, "emil", "later");
    post.ahead(MINUTE);
    notice(&post, &later, "sent");
    let mails = catcher.mails();
    assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(|mail| mail.header("Subject")).collect::<Vec<_>>());
    assert!(mails[0].text.contains(&later) && !mails[0].text.contains(&number));
}

#[test]
fn members_of_a_pool_are_mailed_who_want_that_and_those_of_others_are_not() {
    let catcher = MailCatcher::start(Behaviour::default()).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    let group = json!({ "id": "pool", "name": "pool", "leader": "lena", "members": ["emil", "mei"], "rule": "pool" });
    post.daemon().admin().ok("Directory1.PutServiceGroup", json!({ "serviceGroup": group }));
    set(&post, "emil", json!({ "mail": ["new"], "pools": true }));
    set(&post, "mei", json!({ "mail": ["new"], "pools": false }));
    let mut dora = post.daemon().user("dora");
    let number = dora.create(json!({}));
    dora.act(&number, "AssignToGroup", json!({ "group": "pool" }));
    post.ahead(MINUTE);
    wait_for(&catcher, "emil@service.example");
    notice(&post, &number, "sent");
    assert_eq!(catcher.mails().len(), 1);
}

#[test]
fn after_a_cut_behind_the_final_dot_the_same_notices_go_again_with_the_same_message_id() {
    let catcher = MailCatcher::start(Behaviour::default().once(Verb::FinalDot, Reaction::Cut)).unwrap();
    let post = Post::new(catcher.addr().port(), &[]);
    set(&post, "emil", json!({ "mail": ["new"], "pools": false }));
    let numbers = ["one", "two"].map(|subject| assigned(&post, "emil", subject));
    post.ahead(MINUTE);
    for number in &numbers {
        until("it is put off", || {
            let told = notice(&post, number, "deferred");
            told["why"].as_str().unwrap().starts_with("outcome unknown").then_some(())
        });
    }
    let next = numbers.each_ref().map(|number| notice(&post, number, "deferred")["nextAt"].clone());
    assert_eq!(next[0], next[1], "they go again together");
    post.ahead(HOUR);
    numbers.iter().for_each(|number| drop(notice(&post, number, "sent")));
    let mails = catcher.mails();
    let ids: Vec<_> = notices(&mails, "emil@").iter().map(|mail| mail.header("Message-ID")).collect();
    assert!(ids.iter().all(|id| *id == ids[0]) && !ids.is_empty(), "{ids:?}");
    post.ahead(DAY);
    assert_eq!(notices(&catcher.mails(), "emil@").len(), ids.len());
}
