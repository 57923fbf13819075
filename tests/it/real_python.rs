//! A client that shares nothing with this repository: `tests/python/client.py` on the PyPI package `varlink`, in an environment
//! of its own under `target/`, which has what other tests want of Python too. Without python3, venv or the package it says that it was skipped, and why.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::real_stage::Home;

/// The packages that the scripts were written for.
const PACKAGES: [&str; 2] = ["varlink==31.0.0", "icalendar==7.3.0"];

/// The Python of an environment with the packages, or why there is none. Tests that run at once make it once.
pub fn environment() -> Result<PathBuf, String> {
    static ONCE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    ONCE.get_or_init(made).clone()
}

fn made() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("varlink-venv");
    let python = folder.join("bin/python");
    let run = |command: &mut Command| match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().lines().last().unwrap_or("it failed").to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let has_package = || run(Command::new(&python).args(["-c", "import varlink, icalendar"]));
    if has_package().is_ok() {
        return Ok(python);
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&folder)).map_err(|why| format!("no python3 with venv: {why}"))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(&python).args(pip).args(PACKAGES)).map_err(|why| format!("{} cannot be installed: {why}", PACKAGES.join(" and ")))?;
    has_package().map(|()| python)
}

#[test]
fn a_client_on_the_python_package_runs_a_work_order_through_and_watches() {
    let python = match environment() {
        Ok(python) => python,
        Err(why) => {
            println!("skipped: {why}");
            return;
        }
    };
    let home = Home::new();
    let daemon = home.start();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = Command::new(python);
    command.arg(root.join("tests/python/client.py")).arg(format!("unix:{}", home.socket().display()));
    let mut files: Vec<_> = std::fs::read_dir(root.join("config/definitions")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let output = command.args(files).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    println!("{told}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success());
    for sentence in ["ok  list of interfaces", "ok  it saw every step in order", "ok  it is completed"] {
        assert!(told.contains(sentence), "{sentence}");
    }
    assert_eq!(daemon.admin().status()["panics"], 0);
}
