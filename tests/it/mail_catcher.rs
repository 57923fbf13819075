//! The catcher by itself, spoken to by hand: what a real client may do that ours does not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use workorderd::demo::mail_catcher::{Behaviour, MailCatcher};

use crate::mail_stage::{PATIENCE, catcher, kind, message, send, smtp};

/// Writes all at once and reads until the server hangs up.
fn talk(catcher: &MailCatcher, lines: &str) -> String {
    let mut stream = TcpStream::connect(catcher.addr()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(lines.as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    answers
}

#[test]
fn pipelined_commands_are_answered_in_order_and_dots_are_unstuffed() {
    let catcher = catcher(Behaviour::default());
    let answers = talk(
        &catcher,
        "EHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\nSubject: s\r\n\r\n..\r\n...x\r\nno\n.\nend\r\n.\r\nNOOP\r\nRSET\r\nWHAT\r\nQUIT\r\n",
    );
    let codes: Vec<&str> = answers.split("\r\n").filter(|line| !line.contains('-')).filter_map(|line| line.get(..3)).collect();
    assert_eq!(codes, ["220", "250", "250", "250", "250", "354", "250", "250", "250", "500", "221"]);
    let caught = catcher.wait_for(|_| true, PATIENCE).unwrap();
    assert_eq!(caught.to, ["b@y", "c@y"]);
    assert_eq!(caught.raw, b"Subject: s\r\n\r\n.\r\n..x\r\nno\n.\nend\r\n");
}

#[test]
fn commands_out_of_order_are_refused() {
    let catcher = catcher(Behaviour::default());
    let answers = talk(&catcher, "DATA\r\nRCPT TO:<a@x>\r\nMAIL FROM:a@x\r\nSTARTTLS\r\nAUTH PLAIN AAAA\r\nQUIT\r\n");
    let codes: Vec<&str> = answers.split("\r\n").filter_map(|line| line.get(..3)).collect();
    assert_eq!(codes, ["220", "503", "503", "501", "502", "503", "221"]);
}

#[test]
fn endless_lines_are_cut_off() {
    let catcher = catcher(Behaviour::default());
    let answers = talk(&catcher, &"x".repeat(4200));
    assert!(answers.ends_with("500 line too long\r\n"), "{answers}");
}

#[test]
fn mails_are_written_into_the_folder_too() {
    let folder = tempfile::tempdir().unwrap();
    let catcher = catcher(Behaviour { folder: Some(folder.path().to_owned()), ..Behaviour::default() });
    assert_eq!(kind(&send(&smtp(&catcher), &message(1))), "sent");
    let written = std::fs::read(folder.path().join("000001.eml")).unwrap();
    assert_eq!(written, message(1).render().unwrap());
}

#[test]
fn waiting_for_a_mail_that_does_not_come_ends_with_nothing() {
    let catcher = catcher(Behaviour::default());
    assert_eq!(catcher.wait_for(|_| true, Duration::from_millis(30)), None);
}
