//! A sync that fails while an attachment is brought: it is not answered for, nothing of it is kept that a second sync could seem to
//! save, and brought again it is there. Each single sync of a child process is let fail by strace, once.

use std::fs;
use std::path::Path;
use std::process::Command;

use workorderd::domain::time::Timestamp;
use workorderd::runtime::attachments::{self, AttachmentError, Attachments, BEGUN_MAX};
use workorderd::runtime::naming::Moment;

const NOW: Moment = Moment { at: Timestamp(1_780_000_000_000), position: 64 };

const CHILD: &str = "WO_CHILD_ATTACHMENTS";
const CONTENT: &[u8] = b"a photo of the door";

/// What the child does; each line is one thing that came of it.
fn child(data: &Path) -> String {
    let Ok(store) = Attachments::open(data) else { return "not opened".into() };
    let hash = blake3::hash(CONTENT).to_hex();
    store.take("emil photo", 0, CONTENT, NOW.at, BEGUN_MAX).unwrap();
    let mut told = String::new();
    if store.finish("emil photo", NOW).is_err() {
        assert_eq!(store.size(&hash), None, "what was not answered for can be named by no step");
        assert!(attachments::list(&data.join("attachments"), None, 9).unwrap().is_empty(), "it is not kept");
        let again = store.finish("emil photo", NOW);
        assert!(matches!(again, Err(AttachmentError::Empty)), "a second sync must not vouch for it: {again:?}");
        store.take("emil photo", 0, CONTENT, NOW.at, BEGUN_MAX).unwrap();
        store.finish("emil photo", NOW).unwrap();
        told += "brought again ";
    }
    assert_eq!(store.size(&hash), Some(CONTENT.len() as u64));
    // The same once more, by somebody else, over what is there.
    store.take("mei photo", 0, CONTENT, NOW.at, BEGUN_MAX).unwrap();
    if store.finish("mei photo", NOW).is_err() {
        told += "the same again failed ";
    }
    assert_eq!(store.size(&hash), Some(CONTENT.len() as u64), "what steps may name already stays");
    attachments::check(data, &hash).unwrap();
    told + "good"
}

#[test]
fn whichever_sync_of_an_upload_fails_nothing_of_it_is_answered_for_or_kept() {
    if let Some(data) = std::env::var_os(CHILD) {
        return println!("\ntold: {}", child(Path::new(&data)));
    }
    if Command::new("strace").arg("--version").output().is_err() {
        println!("skipped: no strace");
        return;
    }
    let mut came = Vec::new();
    for n in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("strace");
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-e", "trace=fsync", "-e"]).arg(format!("inject=fsync:error=EIO:when={n}")).arg("-o").arg(&log);
        strace.arg("--").arg(std::env::current_exe().unwrap());
        strace.args(["attachments_faults::whichever_sync_of_an_upload_fails_nothing_of_it_is_answered_for_or_kept", "--exact"]);
        let output = strace.args(["--nocapture", "--test-threads=1"]).env(CHILD, &data).output().unwrap();
        let printed = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sync {n}: {printed}");
        let told = printed.lines().find_map(|line| line.strip_prefix("told: ")).unwrap_or_else(|| panic!("{printed}"));
        if !fs::read_to_string(&log).unwrap().contains("(INJECTED)") {
            assert_eq!(told, "good");
            break;
        }
        came.push(told.to_owned());
    }
    let often = |what: &str| came.iter().filter(|told| told.contains(what)).count();
    assert!(often("not opened") >= 2 && often("brought again") >= 3 && often("the same again failed") >= 3, "{came:?}");
}
