//! STARTTLS, TLS and logins: what is protected stays protected, and a wrong setting is never held against a mail.

use std::sync::Arc;

use workorderd::demo::mail_catcher::Reaction::{Answer, Inject};
use workorderd::demo::mail_catcher::{Behaviour, MailCatcher, Protection, Verb};
use workorderd::mail::{Outcome, Security, Settings, SettingsProblem, Smtp};

use crate::mail_stage::{catcher, kind, message, run, send, settings};
use crate::tls::TestTls;

const SECRET: &str = "correct horse";

struct Encrypted {
    catcher: MailCatcher,
    settings: Settings,
}

fn encrypted(security: Security, behaviour: Behaviour, certificate_for: &str) -> Encrypted {
    let tls = TestTls::for_host(certificate_for);
    let root = tls.root_pem.clone();
    let protection = match security {
        Security::None => Protection::None,
        Security::StartTls => Protection::StartTls(Arc::new(tls)),
        Security::Tls => Protection::Tls(Arc::new(tls)),
    };
    let catcher = MailCatcher::start_with(0, behaviour, protection).unwrap();
    let settings = Settings { security, extra_root_pem: Some(root), ..settings(catcher.addr().port()) };
    Encrypted { catcher, settings }
}

fn with_login(settings: Settings, secret: &str) -> Smtp {
    Smtp::new(Settings { credentials: Some(("wo".to_owned(), secret.to_owned())), ..settings }).unwrap()
}

#[test]
fn mails_go_over_starttls_and_tls_with_a_root_of_ones_own_and_a_login() {
    for security in [Security::StartTls, Security::Tls] {
        let stage = encrypted(security, Behaviour::default().with_login("wo", SECRET), "127.0.0.1");
        let smtp = with_login(stage.settings, SECRET);
        run(async {
            for number in 0..5 {
                let outcome = smtp.send(&message(number)).await;
                assert_eq!(kind(&outcome), "sent", "{security:?}: {outcome:?}");
            }
        });
        let mails = stage.catcher.mails();
        assert_eq!(mails.len(), 5);
        assert!(mails.iter().all(|mail| mail.encrypted));
        assert_eq!(mails[4].raw, message(4).render().unwrap());
        assert_eq!(stage.catcher.counts().connections, 1, "one connection serves them all");
    }
}

#[test]
fn a_wrong_or_untrusted_certificate_defers_and_nothing_is_sent() {
    for security in [Security::StartTls, Security::Tls] {
        let stage = encrypted(security, Behaviour::default(), "mail.example.com");
        let outcome = send(&Smtp::new(stage.settings).unwrap(), &message(1));
        let Outcome::Deferred { why } = &outcome else { panic!("{security:?}: {outcome:?}") };
        assert!(why.contains("certificate"), "{why}");

        let stage = encrypted(security, Behaviour::default(), "127.0.0.1");
        let untrusting = Settings { extra_root_pem: None, ..stage.settings };
        let outcome = send(&Smtp::new(untrusting).unwrap(), &message(1));
        assert_eq!(kind(&outcome), "deferred", "{security:?}: {outcome:?}");
        assert_eq!(stage.catcher.mails(), []);
    }
}

#[test]
fn a_server_that_does_not_offer_or_refuses_starttls_gets_no_mail_in_plain_text() {
    let plain = catcher(Behaviour::default());
    let wanted = Settings { security: Security::StartTls, ..settings(plain.addr().port()) };
    let outcome = send(&Smtp::new(wanted).unwrap(), &message(1));
    let Outcome::Deferred { why } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("STARTTLS is not supported"), "{why}");
    assert_eq!(plain.mails(), []);

    let refusing = Behaviour::default().always(Verb::StartTls, Answer("454 no certificate today".to_owned()));
    let stage = encrypted(Security::StartTls, refusing, "127.0.0.1");
    let outcome = send(&Smtp::new(stage.settings).unwrap(), &message(1));
    let Outcome::Deferred { why } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("454 no certificate today"), "{why}");
}

/// Without the guard in `mail/socket.rs` the first of these is taken for the answer to the EHLO inside TLS.
#[test]
fn answers_slipped_in_before_the_encryption_are_not_taken_for_answers_from_inside() {
    let forged = "250 forged\r\n250 ok\r\n250 ok\r\n354 go\r\n250 all yours".to_owned();
    let stage = encrypted(Security::StartTls, Behaviour::default().always(Verb::StartTls, Inject(forged)), "127.0.0.1");
    let outcome = send(&Smtp::new(stage.settings).unwrap(), &message(1));
    let Outcome::Deferred { why } = &outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("starttls failed"), "{why}");
    assert_eq!(stage.catcher.mails(), []);
}

#[test]
fn the_right_login_sends_by_plain_and_by_login_and_a_wrong_one_defers() {
    for mechanism in ["PLAIN", "LOGIN"] {
        let behaviour = Behaviour { mechanisms: vec![mechanism], ..Behaviour::default().with_login("wo", SECRET) };
        let catcher = catcher(behaviour);
        let there = settings(catcher.addr().port());
        assert_eq!(kind(&send(&with_login(there.clone(), SECRET), &message(1))), "sent", "{mechanism}");
        let outcome = send(&with_login(there.clone(), "wrong"), &message(2));
        let why = "login refused by the mail server with code 535";
        assert_eq!(outcome, Outcome::Deferred { why: why.to_owned() });
        let outcome = send(&Smtp::new(there).unwrap(), &message(3));
        let Outcome::Deferred { why } = &outcome else { panic!("{outcome:?}") };
        assert!(why.contains("530 5.7.0 login first"), "{why}");
        assert_eq!(catcher.mails().len(), 1);
    }
}

#[test]
fn a_server_that_repeats_the_secret_does_not_get_it_into_an_outcome() {
    let talkative = Behaviour::default().with_login("wo", SECRET).always(Verb::Auth, Answer(format!("535 `{SECRET}` is wrong")));
    let catcher = catcher(talkative);
    let outcome = send(&with_login(settings(catcher.addr().port()), SECRET), &message(1));
    assert_eq!(kind(&outcome), "deferred");
    assert!(!format!("{outcome:?}").contains(SECRET), "{outcome:?}");
}

#[test]
fn a_login_refused_at_the_recipient_is_not_held_against_the_mail() {
    let catcher = catcher(Behaviour::default().always(Verb::Rcpt, Answer("530 5.7.0 login first".to_owned())));
    let outcome = send(&Smtp::new(settings(catcher.addr().port())).unwrap(), &message(1));
    assert_eq!(kind(&outcome), "deferred", "{outcome:?}");
}

#[test]
fn secrets_show_in_no_debug_output() {
    let settings = Settings { credentials: Some(("wo".to_owned(), SECRET.to_owned())), ..settings(25) };
    let smtp = Smtp::new(settings.clone()).unwrap();
    let shown = format!("{settings:?} {smtp:?}");
    assert!(shown.contains("login: true") && !shown.contains(SECRET), "{shown}");
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    let refusal = |settings| Smtp::new(settings).unwrap_err().to_string();
    let host = "mail.example.com".to_owned();
    let login = Some(("wo".to_owned(), SECRET.to_owned()));
    let in_the_clear = Settings { host: host.clone(), credentials: login, ..settings(25) };
    assert_eq!(Smtp::new(in_the_clear).unwrap_err(), SettingsProblem::LoginInPlainText { host });
    assert_eq!(refusal(settings(0)), "port: must be more than 0");
    assert_eq!(refusal(Settings { connections: 0, ..settings(25) }), "connections: must be more than 0");
    assert_eq!(
        refusal(Settings { hello_name: "a\r\nMAIL FROM:<x>".to_owned(), ..settings(25) }),
        "hello_name: `a\r\nMAIL FROM:<x>` is neither a host name nor an ip address"
    );
    let junk = Settings { security: Security::Tls, extra_root_pem: Some(b"junk".to_vec()), ..settings(25) };
    assert_eq!(refusal(junk), "extra_root_pem: holds no certificate in pem form");
}
