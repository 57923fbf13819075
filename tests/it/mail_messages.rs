//! The bytes of a mail: always the same, readable in every script, and closed against whatever a value holds.

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use workorderd::demo::mail_catcher::Behaviour;
use workorderd::mail::{MAX_BODY_BYTES, Message, MessageProblem, Outcome, clean};

use crate::mail_stage::{PATIENCE, address, catcher, kind, message, run, send, smtp};

fn chinese() -> Message {
    Message {
        intent: *b"0123456789abcdef",
        from: address("现场服务", "service@example.com"),
        reply_to: Some(address("调度中心", "dispatch@example.com")),
        to: address("李小龙", "li@example.org"),
        subject: "工单 WO-7 已完成,请评价我们的服务——您的意见对我们非常重要,谢谢您的支持!🙂".to_owned(),
        text: "您好:\n\n工单已完成。\n.\n..\nhttps://example.com/e/abc=def\n".to_owned(),
        html: Some("<p>您好 &amp; <a href=\"https://example.com/e/abc=def\">评价</a></p>\n".to_owned()),
        ..message(0)
    }
}

#[test]
fn the_same_intent_gives_the_same_bytes_for_ever() {
    for (name, mail) in [("english", message(7)), ("chinese", chinese()), ("text-only", Message { html: None, ..message(8) })] {
        let bytes = mail.render().unwrap();
        assert_eq!(bytes, mail.clone().render().unwrap());
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/mail/{name}.eml"));
        if std::env::var_os("WO_WRITE_GOLDEN").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let golden = std::fs::read(&path).unwrap();
        assert!(bytes == golden, "{name}: the bytes of a mail have changed:\n{}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn message_id_date_and_boundary_come_from_the_message_alone() {
    let mail = chinese();
    let text = String::from_utf8(mail.render().unwrap()).unwrap();
    assert_eq!(mail.message_id(), "<30313233343536373839616263646566@example.com>");
    assert!(text.contains(&format!("\r\nMessage-ID: {}\r\n", mail.message_id())), "{text}");
    assert!(text.contains("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"), "{text}");
    assert!(text.contains("\r\nAuto-Submitted: auto-generated\r\n"), "{text}");
    assert!(text.contains("boundary=\"=_30313233343536373839616263646566\""), "{text}");
    let other = Message { intent: [9; 16], ..mail.clone() };
    assert_ne!(other.render().unwrap(), mail.render().unwrap());
}

#[test]
fn chinese_names_subjects_and_texts_arrive_readable() {
    let catcher = catcher(Behaviour::default());
    let mail = chinese();
    assert_eq!(kind(&send(&smtp(&catcher), &mail)), "sent");
    let caught = catcher.wait_for(|_| true, PATIENCE).unwrap();
    assert_eq!(caught.subject, mail.subject);
    assert_eq!(caught.header("From").unwrap(), "现场服务 <service@example.com>");
    assert_eq!(caught.header("Reply-To").unwrap(), "调度中心 <dispatch@example.com>");
    assert_eq!(caught.header("To").unwrap(), "李小龙 <li@example.org>");
    assert_eq!(caught.text, mail.text);
    assert_eq!(caught.html, mail.html);
    assert_eq!((caught.from.as_str(), caught.to.as_slice()), ("service@example.com", &["li@example.org".to_owned()][..]));
    assert_eq!(caught.raw, mail.render().unwrap(), "the wire carries exactly the rendered bytes");
}

#[test]
fn a_mail_without_html_arrives_as_plain_text_alone() {
    let catcher = catcher(Behaviour::default());
    for text in ["", "no line end", "one\n", "two\n\n", "评价\n"] {
        let mail = Message { text: text.to_owned(), html: None, ..message(1) };
        assert_eq!(kind(&send(&smtp(&catcher), &mail)), "sent");
        let caught = catcher.mails().pop().unwrap();
        assert!(caught.header("Content-Type").unwrap().starts_with("text/plain"));
        assert_eq!(caught.text.trim_end_matches('\n'), text.trim_end_matches('\n'));
        assert!(caught.text.len() <= text.len() + 1, "{text:?} came as {:?}", caught.text);
    }
}

#[test]
fn a_subject_that_looks_encoded_arrives_as_it_was_written() {
    let catcher = catcher(Behaviour::default());
    let encoded = "=?utf-8?b?aGk=?=";
    for written in [
        encoded.to_owned(),
        format!("WO-7 {encoded} done"),
        format!("x{encoded}"),
        format!("单 {encoded}"),
        "=?utf-8?q?a?= =?utf-8?q?b?=".to_owned(),
        format!("=? {}", "🙂".repeat(100)),
    ] {
        let mail = Message { subject: written.clone(), ..message(1) };
        assert_eq!(kind(&send(&smtp(&catcher), &mail)), "sent");
        let caught = catcher.mails().pop().unwrap();
        assert_eq!(caught.subject, written);
        let lines = String::from_utf8(caught.raw).unwrap();
        assert!(lines.split("\r\n").all(|line| line.len() <= 78), "{lines}");
    }
}

#[test]
fn line_breaks_in_a_subject_become_spaces_and_long_ones_are_cut() {
    let catcher = catcher(Behaviour::default());
    let subject = format!("one\r\nBcc: x@example.com\n\n\ttwo {}", "长".repeat(300));
    send(&smtp(&catcher), &Message { subject, ..message(1) });
    let caught = catcher.wait_for(|_| true, PATIENCE).unwrap();
    assert!(caught.subject.starts_with("one Bcc: x@example.com two 长"), "{}", caught.subject);
    assert!(caught.subject.ends_with("长…"), "{}", caught.subject);
    assert_eq!(caught.subject.chars().count(), 250);
    assert_eq!(caught.header("Bcc"), None);
}

#[test]
fn dates_and_sizes_no_mail_can_have_fail_for_good_instead_of_panicking() {
    for date_ms in [-1, i64::MIN, i64::MAX, 253_402_300_800_000] {
        let mail = Message { date_ms, ..message(1) };
        assert_eq!(mail.render(), Err(MessageProblem::Date { date_ms }));
    }
    assert!(Message { date_ms: 253_402_300_799_999, ..message(1) }.render().is_ok());
    let catcher = catcher(Behaviour::default());
    let mail = Message { text: "x".repeat(MAX_BODY_BYTES + 1), ..message(1) };
    let outcome = send(&smtp(&catcher), &mail);
    assert_eq!(outcome, Outcome::Failed { why: "text: 1048577 bytes are more than 1048576".to_owned() });
    assert_eq!(catcher.counts().connections, 0);
}

#[test]
fn a_body_of_a_million_line_breaks_renders_at_once() {
    let mail = Message { text: "\n".repeat(MAX_BODY_BYTES), html: Some("\r".repeat(MAX_BODY_BYTES)), ..message(1) };
    assert!(mail.render().unwrap().len() > 2 * MAX_BODY_BYTES);
}

#[test]
fn neither_bodies_nor_links_show_in_debug_output() {
    let shown = format!("{:?}", chinese());
    assert_eq!(shown, "Message { intent: \"30313233343536373839616263646566\", .. }");
}

/// Pieces that have broken mailers before, mixed with anything.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "\r\n",
            "\n",
            "\r",
            "\r\n.\r\n",
            "\n.\n",
            "\r.\r",
            ".",
            "..",
            "\r\n\r\n",
            "Bcc: x@example.com",
            "=?utf-8?b?",
            "?=",
            "--=_01010101010101010101010101010101",
            "--",
            "\0",
            "\"",
            "\\",
            ",",
            "<",
            ">",
            "@",
            ":",
            ";",
            "(",
            ")",
            "=",
            "=\r\n",
            "\u{2028}",
            "\u{85}",
            "长",
            "🙂",
            " ",
            "\t",
            "QUIT\r\n",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn header_names(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).unwrap();
    let (head, _) = text.split_once("\r\n\r\n").unwrap();
    head.split("\r\n").filter(|line| !line.starts_with([' ', '\t'])).map(|line| line.split_once(':').unwrap().0.to_owned()).collect()
}

fn unified(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars().filter(|character| !character.is_control() || "\n\t".contains(*character)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn no_value_can_add_a_header_a_part_or_a_line_end(name in hostile(), subject in hostile(), text in hostile(), html in hostile()) {
        let to = clean(&name, "li@example.org").unwrap_or_else(|_| address("Li", "li@example.org"));
        let mail = Message { to, subject, text, html: Some(html), ..message(1) };
        let bytes = mail.render().unwrap();
        prop_assert_eq!(
            header_names(&bytes),
            ["Date", "Message-ID", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type"]
        );
        prop_assert!(bytes.is_ascii());
        let text = std::str::from_utf8(&bytes).unwrap();
        prop_assert!(text.ends_with("\r\n"));
        prop_assert!(!text.replace("\r\n", "").contains(['\r', '\n', '\0']));
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 998));
        let boundary = "\r\n--=_01010101010101010101010101010101";
        prop_assert_eq!(text.matches(boundary).count(), 3);
    }
}

#[test]
fn no_value_can_end_data_early_on_the_wire() {
    let catcher = catcher(Behaviour::default());
    let smtp = smtp(&catcher);
    let mut runner = TestRunner::new(ProptestConfig::default());
    let values = (hostile(), hostile(), hostile());
    // One runtime for all, so that a connection is used again and a mail cut short would spoil the next.
    run(async {
        for count in 1..=200 {
            let (subject, text, html) = values.new_tree(&mut runner).unwrap().current();
            let mail = Message { subject, text: text.clone(), html: Some(html.clone()), ..message(1) };
            let outcome = smtp.send(&mail).await;
            assert_eq!(outcome, Outcome::Sent { response: "250 2.0.0 caught".to_owned() });
            let mails = catcher.mails();
            assert_eq!(mails.len(), count);
            let caught = &mails[count - 1];
            assert_eq!(caught.raw, mail.render().unwrap());
            assert_eq!(caught.text, unified(&text));
            assert_eq!(caught.html.as_deref(), Some(unified(&html).as_str()));
        }
    });
    assert_eq!(catcher.counts().connections, 2, "a hundred mails go over one connection");
}
