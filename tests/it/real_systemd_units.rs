//! The units that ship: systemd's own tools find nothing wrong with them and little exposed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The units as files, with the program where it is built.
pub fn units(folder: &Path) -> Vec<PathBuf> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    ["workorderd.service", "workorder-portal.service", "workorderd.socket", "workorderd-guest.socket"]
        .iter()
        .map(|name| {
            let text = fs::read_to_string(shipped.join(name)).unwrap();
            let path = folder.join(name);
            let text = text.replace("/usr/bin/workorderd", env!("CARGO_BIN_EXE_workorderd"));
            fs::write(&path, text.replace("/usr/bin/workorder-portal", env!("CARGO_BIN_EXE_workorder-portal"))).unwrap();
            path
        })
        .collect()
}

fn analyze(arguments: &[&str], unit: &Path) -> Option<Result<(), String>> {
    let mut command = Command::new("systemd-analyze");
    let Ok(output) = command.args(arguments).arg(unit).output() else {
        println!("skipped: systemd-analyze is not installed");
        return None;
    };
    let told = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Some(if output.status.success() { Ok(()) } else { Err(told) })
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let folder = tempfile::tempdir().unwrap();
    for unit in units(folder.path()) {
        let Some(found) = analyze(&["verify", "--man=no", "--recursive-errors=yes"], &unit) else { return };
        found.unwrap_or_else(|told| panic!("{}: {told}", unit.display()));
    }
    // The tool does notice: a test that cannot fail would be none.
    let broken = folder.path().join("broken.service");
    fs::write(&broken, "[Service]\nExecStart=/bin/true\nWatchDogSec=1\n").unwrap();
    assert!(analyze(&["verify", "--man=no", "--recursive-errors=yes"], &broken).unwrap().is_err());
}

#[test]
fn the_services_expose_little() {
    let folder = tempfile::tempdir().unwrap();
    for unit in &units(folder.path())[..2] {
        let Some(found) = analyze(&["security", "--offline=true", "--no-pager", "--threshold=15"], unit) else { return };
        found.unwrap_or_else(|told| panic!("{} is exposed by more than 1.5: {told}", unit.display()));
    }
}

/// The trial in `tests/systemd`: a systemd of its own as PID 1 of fresh namespaces, with everything it writes to laid over.
#[test]
fn the_units_hold_under_a_real_systemd() {
    if !rustix::process::getuid().is_root() {
        println!("skipped: a systemd in namespaces of its own needs root");
        return;
    }
    if !Path::new("/lib/systemd/systemd").exists() {
        println!("skipped: systemd is not installed");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let programs = Path::new(env!("CARGO_BIN_EXE_workorderd")).parent().unwrap();
    let spaces = ["--kill-child", "--fork", "--pid", "--mount", "--uts", "--ipc", "--cgroup", "--mount-proc"];
    let mut boot = Command::new("unshare");
    boot.args(spaces).arg("sh").arg(root.join("tests/systemd/boot.sh")).arg(folder.path()).arg(programs).arg(root);
    let console = fs::File::create(folder.path().join("console")).unwrap();
    boot.stdin(Stdio::null()).stdout(console.try_clone().unwrap()).stderr(console);
    let mut boot = boot.spawn().unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap_or_default();
    let begin = Instant::now();
    while !read("out").contains("\nthe end\n") && boot.try_wait().unwrap().is_none() && begin.elapsed() < Duration::from_secs(240) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = boot.kill();
    let _ = boot.wait();
    let (out, console) = (read("out"), read("console"));
    if out.is_empty() && console.contains("Operation not permitted") {
        println!("skipped: this root may not make namespaces or mount in them, which needs root of the machine");
        return;
    }
    let checks = fs::read_to_string(root.join("tests/systemd/trial.sh")).unwrap();
    let missing: Vec<_> = checks
        .lines()
        .filter_map(|line| ["check '", "same '", "within '"].iter().find_map(|word| line.strip_prefix(word)))
        .map(|rest| rest.split('\'').next().unwrap())
        .filter(|name| !out.contains(&format!("ok {name}\n")))
        .collect();
    assert!(!out.contains("FAILED") && out.ends_with("the end\n"), "{out}\n--- the console\n{console}");
    assert!(missing.is_empty(), "not reached: {missing:?}\n{out}");
}
