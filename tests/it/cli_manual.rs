//! Manual pages and completions: every command of both programs has them, and `man` can read them.

use std::path::Path;
use std::process::Command;

use clap::CommandFactory;
use workorderd::cli::args::Arguments;

use crate::cli_stage::run_at;

const NOWHERE: &str = "/nonexistent";

/// Every command with the commands above it, such as `staff-user put`.
fn commands(of: &clap::Command, above: &[&str], out: &mut Vec<Vec<String>>) {
    for command in of.get_subcommands().filter(|c| c.get_name() != "help") {
        let path: Vec<&str> = above.iter().copied().chain([command.get_name()]).collect();
        out.push(path.iter().map(|&word| word.to_owned()).collect());
        commands(command, &path, out);
    }
}

fn all() -> Vec<Vec<String>> {
    let mut all = Vec::new();
    commands(&Arguments::command(), &[], &mut all);
    all
}

/// Every page in the folder is read by `man` without a warning; false if there is no `man` here.
fn readable(folder: &Path) -> bool {
    if Command::new("man").arg("--version").output().is_err() {
        println!("skipped: there is no man");
        return false;
    }
    for page in std::fs::read_dir(folder).unwrap() {
        let page = page.unwrap().path();
        let mut man = Command::new("man");
        man.env("MANWIDTH", "80").env("LC_ALL", "C.UTF-8").args(["--warnings=w", "-l"]).arg(&page);
        let read = man.output().unwrap();
        let told = String::from_utf8_lossy(&read.stderr);
        // Some slim systems have a `man` that says that it was left out.
        if told.contains("minimized") || String::from_utf8_lossy(&read.stdout).contains("minimized") {
            println!("skipped: man is left out of this system");
            return false;
        }
        assert!(read.status.success() && told.is_empty(), "{}: {told}", page.display());
        let text = String::from_utf8_lossy(&read.stdout);
        assert!(text.contains("SYNOPSIS"), "{}: {text}", page.display());
    }
    true
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("share/man/man1");
    let ran = run_at(NOWHERE.as_ref(), &["man", dir.to_str().unwrap()]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(dir.join("workorderctl.1").exists());
    for words in all() {
        let page = dir.join(format!("workorderctl-{}.1", words.join("-")));
        let text = std::fs::read_to_string(&page).unwrap_or_else(|e| panic!("{}: {e}", page.display()));
        assert!(text.contains(".SH SYNOPSIS"), "{}", page.display());
    }
    let text = std::fs::read_to_string(dir.join("workorderctl.1")).unwrap();
    assert!(text.contains("Exit codes") && text.contains("\\-\\-socket"), "{text}");
    readable(&dir);
}

#[test]
fn every_command_of_the_daemon_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_workorderd")).arg("man").arg(folder.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for page in [
        "workorderd.1",
        "workorderd-run.1",
        "workorderd-verify.1",
        "workorderd-restore.1",
        "workorderd-export.1",
        "workorderd-import.1",
        "workorderd-salvage.1",
        "workorderd-demo.1",
        "workorderd-torture.1",
        "workorderd-man.1",
    ] {
        assert!(folder.path().join(page).exists(), "{page}");
    }
    readable(folder.path());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let ran = run_at(NOWHERE.as_ref(), &["man", "/proc/nothing/here"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("/proc/nothing/here"), "{}", ran.err);
}

#[test]
fn every_command_has_completions_in_every_shell() {
    for shell in ["bash", "zsh", "fish"] {
        let ran = run_at(NOWHERE.as_ref(), &["completions", shell]);
        assert_eq!(ran.code, 0);
        for words in all() {
            let name = words.last().unwrap();
            assert!(ran.out.contains(name.as_str()), "{shell} knows nothing of {}", words.join(" "));
        }
    }
}

/// Asks bash itself what it would complete.
#[test]
fn bash_completes_commands_and_their_options() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("workorderctl");
    std::fs::write(&file, run_at(NOWHERE.as_ref(), &["completions", "bash"]).out).unwrap();
    let complete = |words: &str| {
        let count = words.split_whitespace().count() - usize::from(!words.ends_with(' '));
        let script = format!(
            "source {}; COMP_WORDS=({words}{}); COMP_CWORD={count}; _workorderctl workorderctl \"${{COMP_WORDS[{count}]}}\" \"${{COMP_WORDS[{}]}}\"; echo \"${{COMPREPLY[*]}}\"",
            file.display(),
            if words.ends_with(' ') { "''" } else { "" },
            count - 1,
        );
        let ran = Command::new("bash").args(["-c", &script]).output();
        ran.map(|ran| String::from_utf8_lossy(&ran.stdout).into_owned()).unwrap_or_default()
    };
    if Command::new("bash").arg("--version").output().is_err() {
        println!("skipped: there is no bash");
        return;
    }
    assert_eq!(complete("workorderctl assign-to").trim(), "assign-to-group assign-to-engineer");
    assert!(complete("workorderctl create --pri").contains("--priority"));
    assert!(complete("workorderctl staff-user ").contains("put"));
}

#[test]
fn completions_need_no_daemon() {
    let ran = crate::cli_stage::run_at("/nonexistent".as_ref(), &["completions", "bash"]);
    assert!(ran.code == 0 && ran.out.contains("assign-to-engineer"));
}
