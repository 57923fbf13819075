//! Connections to the mail server: bounded, used again, and tried before use.

use std::time::{Duration, Instant};

use workorderd::demo::mail_catcher::Reaction::{Answer, Cut, Delay};
use workorderd::demo::mail_catcher::{Behaviour, MailCatcher, Protection, Verb};
use workorderd::mail::{Message, Outcome, Settings, Smtp};

use crate::mail_stage::{catcher, kind, message, run, settings, smtp};

/// Sends all of them at the same time, on one thread.
async fn all_at_once(smtp: &Smtp, mails: Vec<Message>) -> Vec<Outcome> {
    let sending: Vec<_> = mails
        .into_iter()
        .map(|mail| {
            let smtp = smtp.clone();
            tokio::spawn(async move { smtp.send(&mail).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for one in sending {
        outcomes.push(one.await.unwrap());
    }
    outcomes
}

#[test]
fn concurrent_mails_never_open_more_connections_than_allowed() {
    let catcher = catcher(Behaviour::default().always(Verb::FinalDot, Delay(Duration::from_millis(20))));
    let smtp = Smtp::new(Settings { connections: 3, ..settings(catcher.addr().port()) }).unwrap();
    let outcomes = run(all_at_once(&smtp, (0..30).map(message).collect()));
    assert!(outcomes.iter().all(|outcome| kind(outcome) == "sent"), "{outcomes:?}");
    let counts = catcher.counts();
    assert_eq!((counts.mails, counts.connections, counts.most_open), (30, 3, 3));
}

#[test]
fn a_connection_the_server_has_closed_meanwhile_costs_no_mail() {
    for gone in [Behaviour::default().once(Verb::Rset, Cut), Behaviour::default().once(Verb::Rset, Answer("421 bye".to_owned()))] {
        let catcher = catcher(Behaviour::default());
        let smtp = smtp(&catcher);
        run(async {
            assert_eq!(kind(&smtp.send(&message(1)).await), "sent");
            catcher.behave(gone);
            assert_eq!(kind(&smtp.send(&message(2)).await), "sent");
        });
        assert_eq!(catcher.counts().connections, 2);
    }
}

#[test]
fn a_used_connection_that_closes_before_the_final_dot_is_replaced_at_once() {
    for verb in [Verb::Mail, Verb::Rcpt, Verb::Data] {
        for reaction in [Cut, Answer("421 too many mails".to_owned())] {
            let catcher = catcher(Behaviour::default());
            let smtp = smtp(&catcher);
            run(async {
                assert_eq!(kind(&smtp.send(&message(1)).await), "sent");
                catcher.behave(Behaviour::default().once(verb, reaction));
                let outcome = smtp.send(&message(2)).await;
                assert_eq!(kind(&outcome), "sent", "{verb:?}: {outcome:?}");
            });
            assert_eq!(catcher.counts().mails, 2);
        }
    }
}

#[test]
fn a_used_connection_that_closes_behind_the_final_dot_is_unknown_and_not_repeated() {
    let catcher = catcher(Behaviour::default());
    let smtp = smtp(&catcher);
    run(async {
        assert_eq!(kind(&smtp.send(&message(1)).await), "sent");
        catcher.behave(Behaviour::default().once(Verb::FinalDot, Cut));
        assert_eq!(kind(&smtp.send(&message(2)).await), "unknown");
    });
    assert_eq!(catcher.counts().mails, 2);
}

#[test]
fn mails_that_could_not_be_sent_go_out_when_the_server_is_back() {
    let first = catcher(Behaviour::default());
    let port = first.addr().port();
    let smtp = smtp(&first);
    run(async {
        assert_eq!(kind(&smtp.send(&message(1)).await), "sent");
        drop(first);
        assert_eq!(kind(&smtp.send(&message(2)).await), "deferred");
        let back = MailCatcher::start_with(port, Behaviour::default(), Protection::None).unwrap();
        assert_eq!(kind(&smtp.send(&message(2)).await), "sent");
        assert_eq!(back.mails().len(), 1);
    });
}

#[test]
fn idle_connections_are_closed_after_a_few_seconds() {
    let catcher = catcher(Behaviour::default());
    let smtp = smtp(&catcher);
    run(async {
        assert_eq!(kind(&smtp.send(&message(1)).await), "sent");
        assert_eq!(catcher.counts().open, 1);
        let end = Instant::now() + Duration::from_secs(20);
        while catcher.counts().open > 0 && Instant::now() < end {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(catcher.counts().open, 0);
        assert_eq!(kind(&smtp.send(&message(2)).await), "sent");
    });
}
