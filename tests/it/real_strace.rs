//! Promise 1 as the kernel saw it: between a request's arrival and its receipt lies an fdatasync of the journal, begun after the
//! record was written and ended before the reply. The log of strace is judged by `judge`, which is tried on made-up logs first.

use std::collections::HashMap;
use std::fs::{self, File};
use std::process::{Command, Stdio};

use serde_json::json;

use crate::real_stage::{Home, seed, until};

/// One call to the system, as far as it matters here.
#[derive(Clone, Debug)]
struct Call {
    name: String,
    /// Descriptor with what it is: `9</data/journal/segment>`, `12<socket:[77]>`.
    file: String,
    text: String,
    /// Line numbers of its begin and end.
    begin: usize,
    end: usize,
    ok: bool,
}

/// The calls of a log, in order of their ends.
fn calls(log: &str) -> Vec<Call> {
    let mut open: HashMap<String, Call> = HashMap::new();
    let mut calls = Vec::new();
    for (at, line) in log.lines().enumerate() {
        let Some((pid, rest)) = line.split_once(char::is_whitespace) else { continue };
        let rest = rest.trim_start();
        if let Some(resumed) = rest.strip_prefix("<... ") {
            if let Some(mut call) = open.remove(pid) {
                call.end = at;
                call.text.push_str(resumed);
                call.ok = succeeded(resumed);
                calls.push(call);
            }
            continue;
        }
        let Some((name, arguments)) = rest.split_once('(') else { continue };
        let file = arguments.split([',', ')', ' ']).next().unwrap_or_default().to_owned();
        let mut call = Call { name: name.to_owned(), file, text: arguments.to_owned(), begin: at, end: at, ok: succeeded(arguments) };
        if rest.ends_with("<unfinished ...>") {
            call.ok = false;
            open.insert(pid.to_owned(), call);
        } else {
            calls.push(call);
        }
    }
    // Replies that had begun when the log ended count by their begin.
    calls.extend(open.into_values());
    calls
}

fn succeeded(text: &str) -> bool {
    text.rsplit_once(" = ").is_some_and(|(_, result)| !result.starts_with('-') && !result.starts_with('?'))
}

/// How many receipts there were, each after a sync of the journal that was begun after a write that was begun after its request.
fn judge(log: &str) -> Result<usize, String> {
    let calls = calls(log);
    let is_journal = |c: &&Call| c.file.contains("/journal/") && !c.file.contains("/journal/head");
    let reads = |c: &&Call| ["read", "recvfrom", "readv", "recvmsg"].contains(&c.name.as_str());
    let writes = |c: &&Call| ["write", "writev", "sendto", "sendmsg"].contains(&c.name.as_str());
    let mut receipts = 0;
    for reply in calls.iter().filter(writes).filter(|c| c.text.contains(r#"\"receipt\""#)) {
        let same = |c: &&Call| c.file == reply.file;
        let request = calls
            .iter()
            .filter(reads)
            .filter(same)
            .filter(|c| c.end < reply.begin && c.text.contains(r#"\"requestId\""#))
            .max_by_key(|c| c.end);
        let Some(request) = request else { return Err(format!("line {}: a receipt without a request", reply.begin + 1)) };
        let written =
            calls.iter().filter(is_journal).filter(|c| c.name.contains("write") && c.ok && c.begin > request.end && c.end < reply.begin);
        let synced = |write: &Call| {
            let syncs = calls.iter().filter(is_journal).filter(|c| c.name == "fdatasync" && c.ok && c.file == write.file);
            syncs.filter(|c| c.begin > write.end && c.end < reply.begin).count() > 0
        };
        if !written.into_iter().any(synced) {
            return Err(format!(
                "line {}: a receipt without a write and an fdatasync of the journal since its request (line {})",
                reply.begin + 1,
                request.end + 1
            ));
        }
        receipts += 1;
    }
    Ok(receipts)
}

const READ: &str =
    r#"10 recvfrom(12<socket:[7]>, "{\"method\":\"Create\",\"parameters\":{\"requestId\":\"a\"}}\0", 4096, 0, NULL, NULL) = 52"#;
const WRITE: &str = r#"11 pwrite64(9</d/journal/1.seg>, "WOJ1"..., 300, 64) = 300"#;
const SYNC: &str = "11 fdatasync(9</d/journal/1.seg>) = 0";
const SYNC_BEGINS: &str = "11 fdatasync(9</d/journal/1.seg> <unfinished ...>";
const SYNC_ENDS: &str = "11 <... fdatasync resumed>) = 0";
const REPLY: &str = r#"10 sendto(12<socket:[7]>, "{\"parameters\":{\"receipt\":{}}}\0", 30, MSG_NOSIGNAL, NULL, 0) = 30"#;

#[test]
fn logs_in_the_right_order_pass_and_others_do_not() {
    let judge = |lines: &[&str]| judge(&lines.join("\n"));
    assert_eq!(judge(&[READ, WRITE, SYNC, REPLY]), Ok(1));
    assert_eq!(judge(&[READ, WRITE, SYNC_BEGINS, SYNC_ENDS, REPLY, READ, WRITE, SYNC, REPLY]), Ok(2));
    let head_mark = "11 fdatasync(8</d/journal/head>) = 0";
    let store = "11 fdatasync(8</d/store/db>) = 0";
    let failed = "11 fdatasync(9</d/journal/1.seg>) = -1 EIO (Input/output error)";
    let other = "11 fdatasync(9</d/journal/2.seg>) = 0";
    for wrong in [
        &[READ, WRITE, REPLY, SYNC][..],
        &[SYNC, READ, WRITE, REPLY],
        &[READ, SYNC, WRITE, REPLY],
        &[READ, WRITE, SYNC_BEGINS, REPLY, SYNC_ENDS],
        &[WRITE, SYNC_BEGINS, READ, SYNC_ENDS, REPLY],
        &[READ, WRITE, head_mark, REPLY],
        &[READ, WRITE, store, REPLY],
        &[READ, WRITE, failed, REPLY],
        &[READ, WRITE, other, REPLY],
        &[READ, WRITE, SYNC, REPLY, READ, REPLY],
        &[WRITE, SYNC, REPLY],
    ] {
        assert!(judge(wrong).is_err(), "{wrong:#?}");
    }
}

#[test]
fn the_kernel_saw_an_fdatasync_before_every_receipt() {
    if Command::new("strace").arg("--version").output().is_err() {
        println!("skipped: no strace");
        return;
    }
    let home = Home::new();
    let daemon = home.start();
    let mut admin = daemon.admin();
    seed(&mut admin);
    let mut dora = daemon.user("dora");
    let number = dora.create(json!({}));
    let log = home.path("strace");
    let trace = "trace=fdatasync,fsync,write,writev,pwrite64,pwritev,sendto,sendmsg,read,readv,recvfrom,recvmsg";
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-s", "200", "-e", trace, "-p", &daemon.pid().to_string(), "-o"]).arg(&log);
    // Into a file: it tells of each new thread, and would die of a pipe that nobody reads.
    let told = home.path("strace.told");
    let mut strace = strace.stdin(Stdio::null()).stderr(File::create(&told).unwrap()).spawn().unwrap();
    let ended = until("strace", || {
        let told = fs::read_to_string(&told).unwrap();
        if told.contains("attached") { Some(None) } else { strace.try_wait().unwrap().map(|_| Some(told)) }
    });
    if let Some(told) = ended {
        strace.wait().unwrap();
        println!("skipped: strace may not attach here (needs root): {}", told.trim());
        return;
    }
    for round in 0..25 {
        dora.act(&number, "AddServiceRecord", json!({ "text": format!("note {round}") }));
        dora.create(json!({ "contact": null }));
    }
    until("the log", || {
        let log = fs::read_to_string(&log).unwrap_or_default();
        (log.matches(r#"\"receipt\""#).count() >= 50).then_some(())
    });
    rustix::process::kill_process(rustix::process::Pid::from_child(&strace), rustix::process::Signal::INT).unwrap();
    strace.wait().unwrap();
    let log = fs::read_to_string(&log).unwrap();
    match judge(&log) {
        Ok(receipts) => assert_eq!(receipts, 50),
        Err(problem) => panic!("{problem}\n{log}"),
    }
    // The same log with its syncs taken out would not have passed.
    let without: Vec<_> = log.lines().filter(|l| !l.contains("fdatasync")).collect();
    assert!(judge(&without.join("\n")).is_err());
}
