//! What each misbehaviour of a mail server means for a mail: the table, and the cases around the final dot.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::sleep;
use workorderd::demo::mail_catcher::Reaction::{Answer, Cut, Delay, Silence};
use workorderd::demo::mail_catcher::{Behaviour, Verb};
use workorderd::mail::{MAX_BODY_BYTES, Message, Outcome, Settings, Smtp};

use crate::mail_stage::{PATIENCE, catcher, impatient, kind, message, run, send, settings, smtp};

#[test]
fn a_mail_is_sent_and_the_answer_of_the_server_is_kept() {
    let catcher = catcher(Behaviour::default());
    let outcome = send(&smtp(&catcher), &message(1));
    assert_eq!(outcome, Outcome::Sent { response: "250 2.0.0 caught".to_owned() });
    let caught = catcher.wait_for(|mail| mail.subject.contains("WO-7"), PATIENCE).unwrap();
    assert_eq!(caught.text, message(1).text);
    assert!(!caught.encrypted);
}

/// For each moment: what 4xx, 5xx, silence and a cut connection mean.
#[test]
fn each_verb_refused_unanswered_or_cut_gives_its_outcome() {
    let table = [
        (Verb::Greeting, ["deferred", "deferred", "deferred", "deferred"]),
        (Verb::Ehlo, ["deferred", "deferred", "deferred", "deferred"]),
        (Verb::Mail, ["deferred", "deferred", "deferred", "deferred"]),
        (Verb::Rcpt, ["deferred", "failed", "deferred", "deferred"]),
        (Verb::Data, ["deferred", "failed", "deferred", "deferred"]),
        (Verb::FinalDot, ["deferred", "failed", "unknown", "unknown"]),
    ];
    for (verb, expected) in table {
        let reactions = [Answer("451 4.3.0 later".to_owned()), Answer("550 5.7.1 never".to_owned()), Silence, Cut];
        for (reaction, expected) in reactions.into_iter().zip(expected) {
            let catcher = catcher(Behaviour::default().always(verb, reaction.clone()));
            let outcome = send(&impatient(&catcher), &message(1));
            assert_eq!(kind(&outcome), expected, "{verb:?} {reaction:?}: {outcome:?}");
            if let (Answer(answer), Outcome::Deferred { why } | Outcome::Failed { why }) = (&reaction, &outcome) {
                assert!(why.contains(answer), "{verb:?}: the answer is missing in `{why}`");
            }
        }
    }
}

/// A server by hand that stops reading within the content, with so small a window that the kernel cannot take the rest
/// off the client's hands. Closes after a while, or holds the connection until the test is over.
async fn stops_reading(socket: TcpListener, close: bool) {
    let (mut stream, _) = socket.accept().await.unwrap();
    for answer in ["220 hi", "250 hi", "250 ok", "250 ok", "354 go"] {
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        let mut some = [0; 256];
        assert!(stream.read(&mut some).await.unwrap() > 0);
    }
    sleep(Duration::from_millis(300)).await;
    if !close {
        std::future::pending::<()>().await;
    }
}

#[test]
fn a_connection_that_ends_or_stalls_within_the_content_has_not_delivered() {
    // Each byte takes three in quoted-printable: over 6 MB, more than the kernel buffers for one side.
    let large = "=".repeat(MAX_BODY_BYTES);
    let large = Message { text: large.clone(), html: Some(large), ..message(1) };
    for (close, expected) in [(true, "reset"), (false, "timed out")] {
        let outcome = run(async {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_recv_buffer_size(4096).unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let socket = socket.listen(1).unwrap();
            let port = socket.local_addr().unwrap().port();
            tokio::spawn(stops_reading(socket, close));
            let timeout = Duration::from_secs(2);
            Smtp::new(Settings { timeout, ..settings(port) }).unwrap().send(&large).await
        });
        let Outcome::Deferred { why } = &outcome else { panic!("{outcome:?}") };
        assert!(why.contains(expected) && why.ends_with("while sending the content"), "{why}");
    }
}

/// The content is in the kernel's buffers, dot and all, when the server hangs up: nobody can know, so nothing is claimed.
#[test]
fn a_connection_cut_within_a_short_content_is_never_taken_for_an_answer() {
    let catcher = catcher(Behaviour::default().always(Verb::Content, Cut));
    let outcome = send(&smtp(&catcher), &message(1));
    assert!(["deferred", "unknown"].contains(&kind(&outcome)), "{outcome:?}");
    assert_eq!(catcher.mails(), []);
}

#[test]
fn after_a_cut_behind_the_final_dot_the_repeat_has_the_same_message_id_and_bytes() {
    let catcher = catcher(Behaviour::default().once(Verb::FinalDot, Cut));
    let smtp = smtp(&catcher);
    let outcome = send(&smtp, &message(1));
    let Outcome::Unknown { why } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(why, "connection closed while waiting for the answer to the final dot");
    assert_eq!(catcher.mails().len(), 1, "nothing is repeated by itself");
    assert_eq!(kind(&send(&smtp, &message(1))), "sent");
    let mails = catcher.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails[0].raw, mails[1].raw);
    assert_eq!(mails[1].header("Message-ID"), Some(message(1).message_id()));
}

#[test]
fn an_answer_nobody_can_read_behind_the_final_dot_is_unknown() {
    for answer in ["nonsense", "354 go on", "250-unfinished"] {
        let catcher = catcher(Behaviour::default().always(Verb::FinalDot, Answer(answer.to_owned())));
        let outcome = send(&impatient(&catcher), &message(1));
        assert_eq!(kind(&outcome), "unknown", "{answer}: {outcome:?}");
    }
}

#[test]
fn a_server_that_says_yes_to_data_without_asking_for_the_content_gets_none() {
    let catcher = catcher(Behaviour::default().always(Verb::Data, Answer("250 fine".to_owned())));
    let outcome = send(&smtp(&catcher), &message(1));
    assert_eq!(kind(&outcome), "deferred", "{outcome:?}");
}

#[test]
fn a_server_that_is_down_or_unknown_defers() {
    let port = {
        let gone = catcher(Behaviour::default());
        gone.addr().port()
    };
    let outcome = send(&Smtp::new(settings(port)).unwrap(), &message(1));
    let Outcome::Deferred { why } = &outcome else { panic!("{outcome:?}") };
    assert!(why.contains("cannot connect to 127.0.0.1") && why.contains("refused"), "{why}");

    let nowhere = Settings { host: "mail.invalid".to_owned(), ..settings(25) };
    let outcome = send(&Smtp::new(nowhere).unwrap(), &message(1));
    assert_eq!(kind(&outcome), "deferred", "{outcome:?}");
}

#[test]
fn an_unknown_recipient_fails_for_good_and_spoils_nothing_for_the_next() {
    let behaviour = Behaviour { unknown_recipients: vec!["li@example.org".to_owned()], ..Behaviour::default() };
    let catcher = catcher(behaviour);
    let smtp = smtp(&catcher);
    run(async {
        let outcome = smtp.send(&message(1)).await;
        let why = "mail server refused the recipient: 550 5.1.1 nobody here is called li@example.org";
        assert_eq!(outcome, Outcome::Failed { why: why.to_owned() });
        let mut other = message(2);
        other.to = crate::mail_stage::address("", "wang@example.org");
        assert_eq!(kind(&smtp.send(&other).await), "sent");
    });
    assert_eq!(catcher.mails()[0].to, ["wang@example.org"]);
    assert_eq!(catcher.counts().connections, 1);
}

#[test]
fn a_mail_over_the_servers_size_limit_fails_for_good() {
    let catcher = catcher(Behaviour { size_limit: 2_000, ..Behaviour::default() });
    let mut long = message(1);
    long.text = "x".repeat(3_000);
    let outcome = send(&smtp(&catcher), &long);
    assert_eq!(outcome, Outcome::Failed { why: "mail server refused the mail: 552 5.3.4 too large".to_owned() });
}

#[test]
fn the_time_limit_holds_for_the_whole_of_a_mail_and_a_slow_server_within_it_is_fine() {
    let pause = Delay(Duration::from_millis(300));
    let slow = Behaviour::default().always(Verb::Mail, pause.clone()).always(Verb::Rcpt, pause.clone()).always(Verb::Data, pause);
    let catcher = catcher(slow);
    let outcome = send(&impatient(&catcher), &message(1));
    let Outcome::Deferred { why } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(why, "timed out after 400ms while sending RCPT TO");
    assert_eq!(kind(&send(&smtp(&catcher), &message(1))), "sent");
}

#[test]
fn a_server_that_ends_its_answer_with_control_characters_cannot_write_into_a_log() {
    let nasty = format!("550 no\u{1b}[2Jx\u{7}{}", "y".repeat(900));
    let catcher = catcher(Behaviour::default().always(Verb::Rcpt, Answer(nasty)));
    let outcome = send(&smtp(&catcher), &message(1));
    let Outcome::Failed { why } = &outcome else { panic!("{outcome:?}") };
    assert!(!why.contains(char::is_control) && why.chars().count() < 400, "{why}");
}
