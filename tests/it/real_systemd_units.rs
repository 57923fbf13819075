//! The units that ship: systemd's own tools find nothing wrong with them and little exposed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The units as files, with the program where it is built.
pub fn units(folder: &Path) -> Vec<PathBuf> {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd");
    ["workorderd.service", "workorderd.socket", "workorderd-guest.socket"]
        .iter()
        .map(|name| {
            let text = fs::read_to_string(shipped.join(name)).unwrap();
            let path = folder.join(name);
            fs::write(&path, text.replace("/usr/bin/workorderd", env!("CARGO_BIN_EXE_workorderd"))).unwrap();
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
fn the_daemon_s_unit_exposes_little() {
    let folder = tempfile::tempdir().unwrap();
    let unit = &units(folder.path())[0];
    let Some(found) = analyze(&["security", "--offline=true", "--no-pager", "--threshold=15"], unit) else { return };
    found.unwrap_or_else(|told| panic!("exposed by more than 1.5: {told}"));
}
